//! RFC 9420 §4: ratchet trees.

use super::rows;

rows! {
    "4.1-01" Algorithm "any"
        "The tree is always perfect: 2^d leaves at equal depth, leaf indices 0 to 2^d-1 from the left, \
         2^(d+1)-1 nodes"
        "run the public tree-math vectors for root, left, right, parent, sibling";

    "4.1.1-01" Algorithm "any"
        "Resolution of a filled node: the node, then its unmerged leaves in list order"
        "compare with the resolutions of the public tree-validation vectors";

    "4.1.1-02" Algorithm "any"
        "Resolution of a blank leaf is empty"
        "filtered direct path and ciphertext counts next to a blank leaf";

    "4.1.1-03" Algorithm "any"
        "[EDIT] Resolution of a blank parent (root included, although the text only says intermediate) is \
         left child's resolution followed by right child's"
        "reorder the two halves in an implementation -> public treekem vectors fail";

    "4.1.2-01" Algorithm "any"
        "Direct path runs from the parent of the node up to the root (empty for the root); copath is the \
         sibling of the node plus the siblings of its direct path without the root"
        "tree-math test for all leaves of trees with 1 to 32 leaves";

    "4.1.2-02" Algorithm "any"
        "Filtered direct path drops a node exactly when its child on the copath has an empty resolution; \
         unmerged leaves count as content"
        "tree with a fully blank sibling subtree -> node dropped; same subtree holding one new unmerged \
         leaf -> node kept (no public vector has a node kept only because of leaves added in the Commit)";

    "4.2-01" Algorithm "any"
        "A member holds private keys only for its leaf and ancestors; at an ancestor where its leaf is \
         unmerged it holds none"
        "after Add without path the joiner owns just its leaf key; a later path gives it the keys from \
         the common ancestor up, nothing else";
}
