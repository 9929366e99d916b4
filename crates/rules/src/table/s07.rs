//! RFC 9420 §7: ratchet tree operations.

use super::rows;

rows! {
    "7.1-01" Must "receiver"
        "unmerged_leaves is sorted ascending. [AMB] a repeated entry is not named, but only strictly \
         ascending makes sense"
        "node with list 3,1 and with 1,1 in a ratchet_tree extension -> reject";

    "7.2-01" MustNot "creator"
        "Default types are not listed in capabilities: proposals 1 to 7, extensions 1 to 5"
        "inspect own KeyPackages, also when external_senders or required_capabilities are in use";

    "7.2-02" VerificationStep "receiver"
        "[AMB] No rule tells the receiver what to do with a listed default; ignoring it is the \
         interoperable choice"
        "leaf listing type 3 in both lists -> accepted, support computed as without it (the KeyPackages \
         of the public messages vectors list default types)";

    "7.2-03" Must "creator"
        "versions, cipher_suites, credentials and the non-default proposals and extensions are listed in \
         full"
        "compare own lists with the configured feature set";

    "7.2-04" Must "creator"
        "Non-default types in LeafNode.extensions appear in capabilities.extensions"
        "leaf with an unlisted extension -> own API refuses, peer refuses";

    "7.2-05" Must "creator"
        "The leaf's credential type appears in capabilities.credentials"
        "leaf with x509 credential and only basic listed -> reject";

    "7.2-06" Must "receiver"
        "Unknown values in any capabilities list are ignored"
        "leaf with unknown values in all five lists (GREASE in all but versions) -> accepted";

    "7.2-07" Should "creator"
        "Put random GREASE values into capabilities"
        "generate 20 leaves -> varying GREASE values present";

    "7.2-08" VerificationStep "receiver"
        "leaf_node_source decides what follows: lifetime, nothing, parent_hash; other values are \
         malformed"
        "source 0 and 4 -> decode error";

    "7.2-09" Algorithm "creator"
        "Signature label LeafNodeTBS; for update and commit the group_id and leaf_index are appended to \
         the signed data"
        "replay an update leaf at another leaf index and in another group -> signature fails; key_package \
         leaf is position independent";

    "7.2-10" Must "app"
        "A maximum total lifetime is defined and longer ones are refused"
        "KeyPackage with not_after far beyond the bound -> reject; exactly the bound -> accept (public \
         vectors hold lifetimes 0 to 2^64-1: run them without a bound, and the length must not overflow)";

    "7.2-11" Should "app"
        "Clients keep their clocks in sync"
        "clock skew setting documented and tested with plus and minus tolerance";

    "7.2-12" VerificationStep "receiver"
        "[AMB] not_after before not_before is not discussed; treat as invalid and avoid underflow in the \
         length computation"
        "not_before 10, not_after 5 -> reject, no panic";

    "7.2-13" Must "creator"
        "Any change of leaf content needs a new signature"
        "change one extension octet in a stored leaf -> joiner rejects the tree";

    "7.3-01" VerificationStep "any"
        "The whole list is run for leaves in KeyPackages before use, in received Add, Update and Commit, \
         and for every leaf when a tree is validated at joining or after a Commit"
        "one broken leaf per entry point -> reject at each";

    "7.3-02" VerificationStep "receiver"
        "Credential is valid as described in 5.3.1"
        "AS stub refuses -> reject";

    "7.3-03" VerificationStep "receiver"
        "Signature verifies under signature_key with the context that the source requires"
        "flip one octet of signature, of extensions, of capabilities -> reject";

    "7.3-04" Must "receiver"
        "Everything in the group's required_capabilities is listed in the leaf's capabilities"
        "group requires extension, proposal and credential type; leaf lacks one each -> reject in Add, \
         Update and path";

    "7.3-05" VerificationStep "receiver"
        "[CONTRA] Defaults cannot be listed (7.2) yet two rules of this list ask for listing: default \
         types count as supported both for required_capabilities and for LeafNode.extensions \
         (application_id)"
        "required_capabilities naming extension 5 and proposal 1 -> leaves without them accepted; leaf \
         with application_id and empty extensions capability -> accepted";

    "7.3-06" VerificationStep "receiver"
        "[AMB] Compatible with the group's parameters is not spelled out for suite and version; check \
         that versions holds mls10 and cipher_suites holds the group's suite"
        "leaf whose lists lack the group's suite or version -> reject (suite 7 leaves of the treekem and \
         welcome vectors list only suites 1 to 6: skip leaf validation there)";

    "7.3-07" VerificationStep "receiver"
        "Every member's capabilities list the leaf's credential type"
        "member without x509 support, add an x509 leaf -> reject";

    "7.3-08" VerificationStep "receiver"
        "The leaf's capabilities list every credential type in use by other members"
        "group has a basic member, new leaf lists only x509 -> reject";

    "7.3-09" Must "sender"
        "Before sending, own clock is inside the lifetime of each key_package leaf that is sent"
        "commit an Add with an expired and with a not yet valid KeyPackage -> own API refuses";

    "7.3-10" Should "receiver"
        "On receipt the clock check is recommended only"
        "expired leaf in a received Add -> refused or accepted by configuration, default documented";

    "7.3-11" Should "joiner"
        "[AMB] When a tree is validated at joining, old key_package leaves may have expired; refusing \
         them locks newcomers out, so the check is a matter of policy"
        "tree with a leaf expired yesterday -> join works under the lenient setting, fails with a clear \
         error under the strict one (passive-client-welcome and tree-validation vectors are long expired: \
         lenient setting or a set clock)";

    "7.3-12" VerificationStep "receiver"
        "Each type in LeafNode.extensions is in the leaf's capabilities.extensions"
        "unlisted private extension -> reject; GREASE extension that is listed -> accept";

    "7.3-13" VerificationStep "receiver"
        "KeyPackage leaf has source key_package"
        "KeyPackage with source update or commit -> reject";

    "7.3-14" VerificationStep "receiver"
        "Update leaf has source update"
        "Update with source key_package or commit -> reject";

    "7.3-15" VerificationStep "receiver"
        "Update leaf has another encryption_key than the leaf it replaces"
        "Update re-using the old key -> reject";

    "7.3-16" VerificationStep "receiver"
        "Path leaf has source commit"
        "path leaf with source update -> reject";

    "7.3-17" VerificationStep "receiver"
        "[AMB] For leaves found in a tree any of the three sources is fine; only the signed context \
         differs"
        "tree holding all three kinds -> join accepted";

    "7.3-18" VerificationStep "receiver"
        "signature_key is unique among members"
        "Add, Update or path leaf with another member's signature key -> reject";

    "7.3-19" VerificationStep "receiver"
        "encryption_key is unique among members"
        "Add, Update or path leaf with another member's encryption key -> reject";

    "7.3-20" VerificationStep "receiver"
        "[AMB] Uniqueness and credential support are judged on the resulting tree: a key freed by a \
         Remove in the same Commit may come back, a removed member lacking a credential type does not \
         count, a member may keep its own signature key"
        "Remove plus Add of the same signature key -> accept; remove the only member lacking x509 and add \
         an x509 leaf -> accept; Update keeping the signature key -> accept";

    "7.4-01" Algorithm "committer"
        "Blank the whole direct path first, then fill only the filtered direct path"
        "dropped nodes are blank after the Commit";

    "7.4-02" Algorithm "committer"
        "Leaf key pair is freshly generated, path_secret 0 is fresh random of Nh octets; only nodes of \
         the filtered path get keys. [EDIT] a figure and one sentence differ"
        "two Commits in a row -> all public keys differ; number of keys equals the filtered path length";

    "7.4-03" Algorithm "any"
        "path_secret n+1 and node_secret n are DeriveSecret of path_secret n with labels path and node; \
         the node key pair is KEM DeriveKeyPair of node_secret"
        "public treekem vectors";

    "7.5-01" Algorithm "committer"
        "The path has one entry per node of the filtered direct path, lowest first"
        "length and order test on trees with blank subtrees";

    "7.5-02" Algorithm "any"
        "[AMB] Including the root is not always true: when every leaf outside the committer's half is \
         blank the root is filtered out, and with a sole member the path has no entries (commit secret \
         then is a secret nobody else derives, leaf parent_hash zero-length)"
        "sole member at leaf 0 and sole member left at leaf 2 of four commit -> nodes empty, next epoch \
         works, a later join succeeds";

    "7.5-03" Algorithm "committer"
        "Each path secret is encrypted to every node in the resolution of the copath child, in resolution \
         order"
        "treekem vectors with unmerged leaves";

    "7.5-04" Must "committer"
        "Leaves added by the same Commit are left out of that resolution"
        "Commit with Add and path: ciphertext count excludes the new leaf; copath child consisting only \
         of new leaves -> entry with zero ciphertexts";

    "7.5-05" Must "committer"
        "The path leaf obeys the limits of an Update leaf except for its source"
        "path leaf with unchanged encryption_key -> reject";

    "7.5-06" May "committer"
        "Signature key, capabilities, extensions and credential may change in the path leaf"
        "Commit that rotates the signature key: message signed by the old key, later ones by the new";

    "7.5-07" Algorithm "committer"
        "Parent hashes from root down, then set source commit, new key, parent_hash, then sign"
        "joiner validates the tree after the Commit";

    "7.5-08" Algorithm "receiver"
        "Merging: blank the direct path, copy public keys into the filtered path, empty their unmerged \
         lists; the highest path node (the root unless that is filtered out) gets a zero-length parent \
         hash"
        "after the merge no unmerged entries on the path; public treekem vectors";

    "7.5-09" VerificationStep "receiver"
        "parent_hash in the path leaf equals the recomputed one"
        "flip one octet of parent_hash and re-sign -> reject";

    "7.5-10" Algorithm "receiver"
        "Find the path node whose copath subtree holds the receiver, pick a resolution entry whose \
         private key it owns (own leaf if unmerged), decrypt, derive upwards"
        "treekem vectors: every leaf decrypts";

    "7.5-11" VerificationStep "receiver"
        "Every derived public key equals the one in the path"
        "replace one upper key in the path and fix hashes -> members below reject, state unchanged";

    "7.5-12" VerificationStep "receiver"
        "Decrypted path secret has Nh octets. [AMB] no text asks for the check; path secrets are made \
         with this length and HKDF-Expand is not defined for shorter keys"
        "encrypt a shorter secret -> reject";

    "7.5-13" Must "receiver"
        "Path and node secrets of the update are deleted after processing"
        "memory or state dump contains none";

    "7.5-14" Must "receiver"
        "Replaced node key pairs are deleted"
        "dump after Commit contains no old private key; an old path cannot be decrypted";

    "7.6-01" VerificationStep "receiver"
        "Number of path entries equals the length of the filtered direct path in the new tree"
        "one entry more or less -> reject";

    "7.6-02" Must "receiver"
        "The resolution used for counting excludes leaves new in this Commit"
        "Add plus path with one ciphertext for the new leaf -> reject";

    "7.6-03" Must "receiver"
        "Ciphertexts per entry equal the size of that resolution, in the same order"
        "drop, add, swap a ciphertext -> reject by count, or by failed decryption";

    "7.6-04" Algorithm "any"
        "HPKE label UpdatePathNode, context is the encoded provisional GroupContext (new epoch, new tree \
         hash, new extensions, old confirmed transcript hash)"
        "GroupContextExtensions plus Remove in one Commit -> receivers decrypt (a frequent bug uses old \
         extensions)";

    "7.7-01" Algorithm "any"
        "Growing: new blank root, old tree left, blank subtree of equal size right"
        "tree-operations vectors: Add into a full tree";

    "7.7-02" Algorithm "any"
        "Shrinking: while the right half holds nothing, drop root and right half; one leaf is the least. \
         [EDIT] the sample code for linked trees fails on a tree of one leaf"
        "remove from the right edge of 2,4,8 leaf trees; tree of one leaf stays";

    "7.8-01" Must "any"
        "The optional node in the hash input is absent for a blank and present for a filled node"
        "public tree-validation vectors (tree_hashes)";

    "7.8-02" Algorithm "any"
        "Leaf input: type 1, leaf index, optional leaf; parent input: type 2, optional parent, left and \
         right hash as vectors; the root's hash goes into the GroupContext"
        "same vectors; moving a leaf changes the hash even if blank";

    "7.9-01" Algorithm "any"
        "Input: key of P, parent hash of the next node above on the filtered path (zero-length if there \
         is none, as for the root), original tree hash of the sibling"
        "tree-validation vectors";

    "7.9-02" Algorithm "any"
        "Original sibling hash: in the sibling subtree blank every leaf in P's unmerged list and drop \
         those entries from all unmerged lists; width of the subtree stays"
        "tree-validation vectors have unmerged leaves below a blank sibling, none has the leaf also \
         listed by a node inside the sibling subtree. Build that: someone in the right half commits, then \
         someone in the left half, then a leaf is added on the right without path (root and right child \
         list it) -> joiner accepts; a joiner that leaves the inner list alone would refuse";

    "7.9-03" Algorithm "any"
        "Filtered nodes are skipped: parent_hash refers to the next filtered path node, not to the direct \
         parent. [AMB] the text gives only the root an empty parent hash; when the root is filtered out \
         the highest path node has the zero-length one (known implementations agree)"
        "tree with a blank sibling subtree: Commit accepted by all and by a later joiner; members only at \
         leaves 2 and 3 of four: the Commit has one path entry and that node an empty parent_hash";

    "7.9.1-01" Algorithm "committer"
        "parent_hash of a set parent node and of a commit leaf is the parent hash of the next filled node \
         above"
        "inspect chain from leaf to root";

    "7.9.2-01" VerificationStep "joiner"
        "Link D to P: D lies below P"
        "top-down search limited to the subtree";

    "7.9.2-02" VerificationStep "joiner"
        "Link D to P: D.parent_hash equals the recomputed parent hash of P with the sibling on the other \
         side; leaves not from a commit have none"
        "alter one parent key in a tree and refresh tree hash -> join rejected";

    "7.9.2-03" VerificationStep "joiner"
        "Link D to P: D is in the resolution of the child of P on D's side, and that resolution without D \
         equals, as a set, P's unmerged leaves below that child"
        "tree where an extra filled node sits beside D -> reject";

    "7.9.2-04" Must "joiner"
        "Every filled parent node is covered by a chain that starts at a leaf"
        "tree with a parent nobody signed for -> reject";

    "7.9.2-05" VerificationStep "joiner"
        "Exactly one descendant authenticates each filled parent"
        "count in public vectors is one for every filled parent; zero -> reject (two cannot be built \
         without a hash cycle: cover that branch with a stub hash or not at all)";

    "7.9.2-06" VerificationStep "joiner"
        "[AMB] A node whose link to the filled parent above it does not hold is normal as long as each \
         parent has one valid link from below"
        "tree after commits by members in both halves (see the appendix on parent hash evolution) -> \
         accept";

    "7.9.2-07" Must "receiver"
        "On a Commit with path recompute the parent hash for the committer's leaf and compare"
        "wrong parent_hash -> reject";
}
