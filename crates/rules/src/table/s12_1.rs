//! RFC 9420 §12.1: proposals.

use super::rows;

rows! {
    "12.1-01" Must "receiver"
        "Verify the signature of a received Proposal"
        "broken signature -> not cached";

    "12.1-02" Must "receiver"
        "Its epoch equals the current one"
        "proposal of the previous and of the next epoch -> not cached";

    "12.1-03" Algorithm "receiver"
        "Valid proposals are cached by reference until the epoch ends"
        "Commit by reference finds it; after the next epoch the cache is empty";

    "12.1-04" VerificationStep "receiver"
        "[AMB] An unknown proposal type has no length, so the enclosing message cannot be decoded; \
         support must be known to the decoder"
        "proposal type f000 and 0a0a -> error, no state change";

    "12.1.1-01" VerificationStep "receiver"
        "Invalid if its KeyPackage is invalid (10.1)"
        "Add with each kind of broken KeyPackage -> reject";

    "12.1.1-02" Algorithm "any"
        "Adds go to the leftmost blank leaf in list order; the tree grows when there is none"
        "blanks at 1 and 3, three Adds -> leaves 1, 3, next new one";

    "12.1.1-03" Algorithm "any"
        "The new leaf index joins, in sorted position, the unmerged list of every filled node above, root \
         included. [EDIT] the text says intermediate, which by its own definition leaves the root out"
        "Add without path under a filled root -> root lists the leaf; blanks at leaves 2 and 5, two Adds \
         -> list 2,5 (leftmost placement always appends, so an insertion in the middle can be tested on \
         the tree function only)";

    "12.1.1-04" Algorithm "any"
        "The leaf becomes the KeyPackage's leaf unchanged"
        "byte comparison";

    "12.1.2-01" VerificationStep "receiver"
        "Invalid if its leaf is invalid for an Update (7.3)"
        "one test per rule of 7.3";

    "12.1.2-02" Algorithm "any"
        "It replaces the leaf of the proposal's sender, not of the committer, and blanks all parents \
         above including the root"
        "A proposes, B commits -> leaf A replaced";

    "12.1.2-03" VerificationStep "receiver"
        "The sender must be a member of the current epoch"
        "Update with sender external or new_member_proposal -> reject";

    "12.1.2-04" Algorithm "any"
        "[AMB] Paths of the Commit that covers an Update are encrypted to the new leaf key; the proposer \
         keeps old and new private key until a Commit decides"
        "A proposes, B commits with path -> A decrypts with the new key; B commits something else -> A \
         still works with the old key";

    "12.1.3-01" VerificationStep "receiver"
        "Invalid if the index is not a filled leaf"
        "blank leaf, index beyond the tree, 2^32-1 -> reject without panic";

    "12.1.3-02" Algorithm "any"
        "Blank the leaf and all parents above it (root included), then shrink the tree to the smallest \
         size whose right half is used"
        "remove leaf 4 of 5 -> tree of 4 leaves";

    "12.1.3-03" Algorithm "any"
        "[AMB] A member may propose its own removal; only the committer cannot be its target, and \
         external joiners ignore pending proposals (later work adds a SelfRemove type)"
        "A proposes Remove of A, B commits -> A is out";

    "12.1.4-01" VerificationStep "receiver"
        "Usage reinit outside a reinitialization is invalid"
        "reject, also by reference and from an external sender";

    "12.1.4-02" VerificationStep "receiver"
        "Usage branch outside a branching is invalid"
        "reject, also by reference and from an external sender";

    "12.1.4-03" VerificationStep "receiver"
        "psk_nonce length other than Nh is invalid"
        "lengths 0, Nh-1, Nh+1 -> reject";

    "12.1.4-04" Must "sender"
        "psk_nonce is random; PSK order is the proposal order"
        "two proposals for one PSK differ; permuted order -> confirmation tag differs";

    "12.1.5-01" VerificationStep "receiver"
        "version below the group's is invalid"
        "version 0 -> reject; equal version -> accept";

    "12.1.5-02" Algorithm "any"
        "Applying it means waiting for the matching Welcome"
        "after the Commit the group is closed, the new one opens";

    "12.1.5-03" VerificationStep "receiver"
        "[AMB] Unknown suite, unsupported version and re-use of the old group_id are not listed as \
         invalid; an implementation may still refuse what it cannot follow, group_id uniqueness (12.4.3) \
         hits the last case"
        "ReInit to an unsupported suite -> not sent; when received the group is closed, no crash";

    "12.1.6-01" VerificationStep "receiver"
        "Allowed in external commits only"
        "standalone proposal, or in a member's Commit by value or reference -> reject";

    "12.1.7-01" VerificationStep "receiver"
        "Invalid if required_capabilities is not met by some member of the resulting group: added ones \
         count, removed ones do not"
        "unsupporting member removed in the same Commit -> accept; unsupporting member added -> reject";

    "12.1.7-02" Algorithm "any"
        "The list replaces the old one completely"
        "extension left out -> gone; empty list -> no extensions";

    "12.1.7-03" VerificationStep "receiver"
        "[AMB] An extension type that some member does not list is invalid by the sense of 13.4, although \
         this section names only required_capabilities"
        "GroupContextExtensions with private type f001 that one member lacks -> reject";

    "12.1.7-04" VerificationStep "receiver"
        "[AMB] Types registered for other places (ratchet_tree, external_pub, application_id) do not \
         belong in a GroupContext; no text demands a reject"
        "all members act alike; never refused while decoding (the public messages vectors put type 2 into \
         ReInit.extensions)";

    "12.1.8-01" VerificationStep "receiver"
        "Sender type external needs the external_senders extension in the GroupContext"
        "extension absent -> reject";

    "12.1.8-02" Must "sender"
        "External proposals are PublicMessage"
        "only that form is produced and accepted";

    "12.1.8-03" Must "receiver"
        "From an external sender only add, remove, psk, reinit, group_context_extensions; anything else \
         is malformed"
        "update, external_init, unknown type -> reject";

    "12.1.8-04" Must "spec"
        "A new proposal type states whether external senders may use it"
        "review item; registry column honoured by the type table";

    "12.1.8-05" VerificationStep "app"
        "A self-made Add (new_member_proposal) or external proposal that the application does not \
         authorize is invalid"
        "policy hook refuses -> not committed";

    "12.1.8.1-01" Algorithm "any"
        "A list of signature key and credential pairs, position is sender_index"
        "two senders, index 1 signs -> key 1 used";
}
