//! RFC 9420 §14: sequencing of state changes.

use super::rows;

rows! {
    "14-01" Must "app"
        "There is a fixed way to resolve competing Commits of one epoch"
        "two Commits for one epoch: all clients end in the same state";

    "14-02" Must "app"
        "Time in which forked or old states are kept is minimal, they are deleted promptly; a pending \
         Commit that lost goes too"
        "after acceptance or after losing the race: pending and old states and their keys are gone";

    "14-03" MustNot "committer"
        "Creating a Commit does not change the state. [CONTRA] framed as PrivateMessage it uses up a \
         handshake generation, and that must be stored even if the Commit is dropped (6.3.1, 9.1)"
        "create, drop, process another's Commit -> works; state equal before and after except the \
         position of the own handshake ratchet; a second PrivateMessage Commit uses another generation";

    "14-04" MustNot "committer"
        "The Welcome is not delivered before its Commit is known to be accepted"
        "API hands out the Welcome with the pending Commit, DS test holds it back";

    "14-05" VerificationStep "committer"
        "[AMB] The own Commit coming back from the DS is not described: match it to the pending one and \
         switch to the stored result, do not run the receiver path"
        "own Commit echoed -> pending state becomes current; another's Commit first -> pending dropped, \
         later echo refused by epoch";
}
