//! RFC 9420 §12.2 and §12.3: proposal lists.

use super::rows;

rows! {
    "12.2-01" Must "any"
        "Both committer and receivers validate the list; a bad list rejects the whole Commit"
        "each case below on both sides, state unchanged";

    "12.2-02" VerificationStep "receiver"
        "[ERR 8815, reported] A reference to a proposal the member has not received makes the list \
         invalid"
        "Commit naming an unknown reference -> reject";

    "12.2-03" VerificationStep "any"
        "No individual proposal is invalid (12.1)"
        "one invalid proposal among valid ones -> reject";

    "12.2-04" VerificationStep "any"
        "No Update by the committer"
        "own cached Update referenced, or Update by value -> reject";

    "12.2-05" VerificationStep "any"
        "No Remove of the committer"
        "by value and by reference -> reject";

    "12.2-06" VerificationStep "any"
        "At most one Update or Remove per leaf"
        "two Updates, two Removes, Update plus Remove for one leaf -> reject";

    "12.2-07" Should "committer"
        "Of several for one leaf, prefer Remove, else the latest Update"
        "cache both, commit -> Remove chosen; two Updates -> the later one";

    "12.2-08" VerificationStep "any"
        "No two Adds of the same client in the application's sense"
        "equal signature keys -> reject; same identity -> application hook decides";

    "12.2-09" VerificationStep "any"
        "No Add of a present member unless the list removes that member"
        "Add of a member -> reject; with matching Remove -> accept";

    "12.2-10" VerificationStep "any"
        "No two PreSharedKey proposals with the same PreSharedKeyID. [AMB] the id includes the nonce, so \
         the same PSK with two nonces passes the letter"
        "identical ids -> reject; the same PSK with two nonces -> accept";

    "12.2-11" VerificationStep "any"
        "At most one GroupContextExtensions"
        "two -> reject, also if equal";

    "12.2-12" VerificationStep "any"
        "ReInit stands alone"
        "ReInit plus any other, two ReInits -> reject";

    "12.2-13" Should "committer"
        "Other pending proposals go before a ReInit"
        "cache holds Add and ReInit -> Commit covers Add";

    "12.2-14" VerificationStep "any"
        "No ExternalInit in a regular Commit"
        "reject";

    "12.2-15" VerificationStep "any"
        "Non-default proposal types are supported by all members that process the Commit; members added \
         or removed by it do not count"
        "one remaining member lacks the type -> reject; only the removed one lacks it -> accept";

    "12.2-16" VerificationStep "any"
        "After applying, the tree is valid, every leaf included (7.3)"
        "two Updates with the same new encryption key; two leaves ending up with one signature key -> \
         reject";

    "12.2-17" May "app"
        "Further application rules (lower case in the text)"
        "policy hook refuses an Add -> Commit refused on both sides";

    "12.2-18" VerificationStep "any"
        "External Commit: exactly one ExternalInit"
        "none, two -> reject";

    "12.2-19" VerificationStep "any"
        "External Commit: at most one Remove, for an older self of the joiner"
        "two Removes -> reject; Remove of a stranger -> application hook rejects";

    "12.2-20" Must "any"
        "With a Remove, the path leaf meets the rules of an Update for the removed leaf (new \
         encryption_key included)"
        "path leaf re-using the removed leaf's encryption key -> reject";

    "12.2-21" Must "app"
        "Its credential is acceptable for the removed participant"
        "resync with another identity -> reject";

    "12.2-22" VerificationStep "any"
        "External Commit: PreSharedKey proposals allowed, any number. [AMB] the duplicate rule is stated \
         for regular Commits only; apply it here too"
        "one PSK -> accept; duplicate ids -> reject";

    "12.2-23" VerificationStep "any"
        "External Commit: nothing else"
        "Add, Update, GroupContextExtensions, ReInit -> reject";

    "12.3-01" Must "any"
        "Fixed order: GroupContextExtensions, Updates, Removes, Adds (list order), PSKs (list order), \
         ExternalInit, ReInit, whatever the order in the list"
        "same list in several permutations of types -> same tree; Remove plus Add re-uses the freed leaf";

    "12.3-02" Must "any"
        "The new extensions are in force when the other proposals are judged"
        "new required_capabilities plus an Add lacking them -> reject; requirement dropped plus such an \
         Add -> accept";

    "12.3-03" Algorithm "any"
        "[AMB] Shrinking after each Remove or once before the Adds gives the same tree"
        "compare both on random lists";

    "12.3-04" Must "spec"
        "A new proposal type says where it fits in the order"
        "review item";
}
