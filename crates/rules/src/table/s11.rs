//! RFC 9420 §11: group creation.

use super::rows;

rows! {
    "11-01" Should "creator"
        "Fetch the KeyPackages of planned members first and choose suite and extensions from their \
         capabilities"
        "helper picks a suite that all support";

    "11-02" Must "creator"
        "Check with those capabilities that version and suite are the best all members share (downgrade \
         protection)"
        "members all list suites A and B, the creator's policy ranks A first, only KeyPackages for B are \
         served -> creator refuses";

    "11-03" Should "creator"
        "group_id collides with negligible probability even without the DS, e.g. Nh random octets"
        "create 1000 groups -> distinct ids of the expected length";

    "11-04" May "DS"
        "Refuse creation with a group_id seen before"
        "DS test: second creation refused";

    "11-05" Must "creator"
        "One member only at the start: single leaf, epoch 0, tree hash of that tree, empty confirmed \
         transcript hash, chosen group_id and extensions. [EDIT] the section's closing remark \
         on a leaf secret and a first Commit is left over from drafts"
        "inspect the state; no API builds a larger initial tree";

    "11-06" Must "creator"
        "Epoch secret of epoch 0 is fresh random of Nh octets (not run through joiner or PSK steps)"
        "two groups with equal inputs have different secrets";

    "11-07" Must "creator"
        "Interim transcript hash of epoch 0 comes from a confirmation tag over the empty confirmed hash. \
         [CONTRA] section 8.2 lets it be empty"
        "GroupInfo of epoch 0: its tag equals the recomputed one, and an external Commit built from it is \
         accepted by the creator";

    "11-08" VerificationStep "creator"
        "[AMB] Nothing tells the creator to check its own leaf against the group's extensions; do it, or \
         nobody could validate the tree"
        "create with an extension the own leaf lacks -> error";

    "11.1-01" Algorithm "any"
        "The extension lists extension, proposal and credential types every member must support; defaults \
         need no listing, credential types have no defaults"
        "round trip; group requiring credential x509 refuses a basic-only member";

    "11.1-02" VerificationStep "receiver"
        "New members are checked when the Add is applied"
        "Add of a leaf lacking a required type -> Commit rejected";

    "11.1-03" VerificationStep "receiver"
        "A GroupContextExtensions whose requirements some current member does not meet is invalid \
         (members removed by the same Commit do not count, added ones do, see 12.1.7)"
        "require a type one staying member lacks -> reject";

    "11.2-01" Must "committer"
        "The new group's version, cipher_suite, group_id and extensions equal those in the ReInit"
        "each of the four changed in turn -> joiner rejects the Welcome";

    "11.2-02" Must "committer"
        "The epoch in the Welcome is 1"
        "Welcome of epoch 2 with the reinit PSK -> reject";

    "11.2-03" Must "committer"
        "The Welcome names a resumption PSK of usage reinit with the old group_id and the epoch after the \
         ReInit Commit"
        "PSK of the epoch before, or other group -> joiner has no such PSK or rejects";

    "11.2-04" Algorithm "any"
        "Proposing, committing and re-creating may be done by three different members"
        "third member creates the new group -> others join";

    "11.2-05" MustNot "any"
        "Usage reinit appears nowhere else"
        "Welcome with usage reinit without a preceding ReInit -> reject";

    "11.2-06" Must "receiver"
        "[CONTRA] A PreSharedKey proposal with usage reinit is invalid in any normal Commit; read \
         literally this also forbids the first Commit of the new group, which 12.1.4 exempts"
        "normal Commit with usage reinit -> reject; the new group's first Commit -> accepted";

    "11.2-07" VerificationStep "app"
        "All old members are in the new group, judged by the application"
        "leave one out -> joiner rejects";

    "11.3-01" Algorithm "committer"
        "A fresh KeyPackage per subgroup member, then one initial Commit with Adds and a resumption PSK \
         of usage branch"
        "end-to-end branch with three of five members";

    "11.3-02" Must "committer"
        "psk_nonce is random of length Nh"
        "nonce of another length -> reject";

    "11.3-03" Must "joiner"
        "version and cipher_suite equal those of the parent group. [EDIT] a Welcome carries no version; \
         take it from the GroupContext"
        "branch with another suite -> reject";

    "11.3-04" Must "joiner"
        "Epoch is 1"
        "branch Welcome of epoch 2 -> reject";

    "11.3-05" Must "joiner"
        "Each leaf of the subgroup matches a leaf of the parent group in the application's sense of \
         identity"
        "outsider in the subgroup -> reject";

    "11.3-06" MustNot "any"
        "Usage branch appears nowhere else"
        "branch PSK in a group of epoch 5 -> reject";

    "11.3-07" Must "receiver"
        "[CONTRA] A PreSharedKey proposal with usage branch is invalid in normal Commits; the creation \
         Commit of the subgroup is exempt as in 12.1.4"
        "normal Commit with usage branch -> reject";

    "11.3-08" VerificationStep "joiner"
        "[AMB] Which epoch of the parent the PSK may name is open; the joiner must still hold that \
         epoch's state to compare members"
        "PSK of a forgotten epoch -> clear error";
}
