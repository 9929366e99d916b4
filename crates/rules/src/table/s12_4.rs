//! RFC 9420 §12.4: commits, external joins, welcome.

use super::rows;

rows! {
    "12.4-01" Must "sender"
        "Having seen valid proposals in the epoch, commit before sending application data"
        "encrypt with a pending proposal -> API refuses or commits first";

    "12.4-02" Should "committer"
        "Include every received valid proposal as far as the list stays valid"
        "cache of five, one conflicting -> four covered";

    "12.4-03" ShouldNot "receiver"
        "A Commit that leaves out a valid proposal is still accepted"
        "omit one -> accept";

    "12.4-04" May "sender"
        "An omitted proposal may be sent again, adapted to the new epoch"
        "resend -> accepted; the old message is not";

    "12.4-05" May "committer"
        "Commit without proposals (path needed)"
        "empty list with path -> accept, without -> reject";

    "12.4-06" Must "committer"
        "Path is present unless there is at least one proposal and all are of types add, psk, reinit; \
         then it may be left out. [CONTRA] the list of section 12.4.2 names fewer types"
        "for each of the seven types and an empty list, without path -> accept only add, psk, reinit; Add \
         only without path -> joiner gets no path_secret";

    "12.4-07" Must "spec"
        "A new proposal type states whether it needs a path"
        "review item; type table default is path required";

    "12.4-08" Algorithm "any"
        "By value only for the committer's own new proposals, by reference for anything already sent, own \
         ones included"
        "own sent proposal by reference -> accept";

    "12.4-09" VerificationStep "receiver"
        "Proposals by value count as sent by the committer"
        "Update by value -> invalid (12.2)";

    "12.4-10" VerificationStep "receiver"
        "ProposalOrRef type other than 1 or 2 is malformed"
        "type 0 and 3 -> decode error";

    "12.4-11" VerificationStep "receiver"
        "The reference must resolve to a proposal of the current epoch"
        "reference to a proposal of the previous epoch -> reject";

    "12.4.1-01" VerificationStep "committer"
        "Validate the list before anything else"
        "API refuses an invalid list and leaves the state untouched";

    "12.4.1-02" Must "committer"
        "Populate path when needed, otherwise it is optional"
        "API adds it for Remove even if the caller asked for none; option to omit exists for Add";

    "12.4.1-03" Algorithm "any"
        "External joiner takes the leftmost blank leaf after the list is applied, growing the tree if \
         needed; receivers do the same"
        "resync frees leaf 1 while leaf 3 is blank -> joiner at 1; full tree -> doubled";

    "12.4.1-04" Algorithm "committer"
        "commit_secret is the path secret one step beyond the last; zero string without path"
        "treekem vectors";

    "12.4.1-05" Algorithm "committer"
        "Sign under the old GroupContext, then confirmed hash, new context, key schedule, confirmation \
         tag, interim hash in this order"
        "interop of one Commit of each kind";

    "12.4.1-06" Algorithm "committer"
        "Protect with old-epoch keys: membership_tag, or sender data plus next handshake generation"
        "a receiver still in the old epoch can open it";

    "12.4.1-07" Algorithm "committer"
        "GroupInfo shows the new epoch and the Commit's confirmation tag, signed by the committer with \
         the key in its new leaf. [EDIT] the field names given (tree, interim hash, group context \
         extensions) are those of a draft"
        "signature key rotated in the same Commit -> joiner verifies with the new one";

    "12.4.1-08" Algorithm "committer"
        "GroupInfo is encrypted with key and nonce from welcome_secret. [EDIT] two sentences say from \
         joiner_secret and that init_secret is sent; GroupSecrets carries joiner_secret"
        "welcome vectors";

    "12.4.1-09" Algorithm "committer"
        "GroupSecrets of each newcomer: joiner_secret, and if there is a path the path secret of the \
         lowest common ancestor with the committer"
        "newcomers in different subtrees get different secrets; without path the field is absent";

    "12.4.1-10" Must "committer"
        "The Welcomes together cover every new member"
        "three Adds -> three references over all Welcomes";

    "12.4.1-11" Must "committer"
        "After a ReInit Commit the new group is created with the ReInit's parameters and the same \
         members. [CONTRA] 11.2 allows another member to do it"
        "committer re-creates; another member re-creates";

    "12.4.1-12" Must "committer"
        "Its Welcome holds a resumption PSK of usage reinit naming the old group and the epoch after this \
         Commit"
        "see 11.2";

    "12.4.2-01" VerificationStep "receiver"
        "Message epoch equals the current epoch"
        "older and newer -> reject; second Commit of the same epoch -> reject";

    "12.4.2-02" VerificationStep "receiver"
        "Steps in order: membership tag or decryption with the named handshake generation, then \
         signature, then proposal list"
        "see 6.1, 6.2, 6.3, 12.2; error kinds tell the failing step";

    "12.4.2-03" VerificationStep "receiver"
        "Every PSK named is available"
        "unknown PSK id -> reject with a telling error, group state unchanged; once the PSK is stored the \
         same Commit succeeds (PublicMessage, or the already opened content: the message key of a \
         PrivateMessage counts as consumed, 9.2)";

    "12.4.2-04" VerificationStep "receiver"
        "Path present if needed. [CONTRA] this list names only Update, Remove and the empty list; section \
         12.4 and the registry also demand it for ExternalInit and GroupContextExtensions (and unknown \
         types); the stricter rule is right"
        "GroupContextExtensions without path -> reject; ExternalInit without path -> reject";

    "12.4.2-05" Must "receiver"
        "Path leaf valid (7.3) with source commit"
        "one test per rule";

    "12.4.2-06" VerificationStep "receiver"
        "Path leaf's encryption_key differs from the committer's present one"
        "same key -> reject";

    "12.4.2-07" VerificationStep "receiver"
        "No public key in the path occurs in any node of the new tree, taken after the proposals and \
         before the path is merged (so keys about to be replaced count too)"
        "path node key equal to a leaf key, to a parent key off the path, to the key that this path node \
         holds now, to the key of a new Add -> reject";

    "12.4.2-08" VerificationStep "receiver"
        "[AMB] Two equal keys inside the path are not named here, but 16.7 wants all distinct"
        "path with the same key in two entries or in leaf and entry -> reject";

    "12.4.2-09" VerificationStep "receiver"
        "Confirmation tag equals the own computation"
        "flip one bit -> reject";

    "12.4.2-10" VerificationStep "receiver"
        "Only after all checks does the state change"
        "for every rejected Commit in the suite: state before and after are equal and a valid Commit \
         still works (compare without the sender's handshake ratchet where a PrivateMessage was opened \
         before the refusal, 9.2)";

    "12.4.2-11" MustNot "receiver"
        "After a Commit with ReInit nothing more is sent in the group"
        "encrypt or commit -> error";

    "12.4.2-12" Must "receiver"
        "It waits for the fitting Welcome. [CONTRA] from the committer, says this line; 11.2 allows any \
         old member"
        "Welcome from another old member -> accepted";

    "12.4.2-13" Should "receiver"
        "A member removed by a Commit deletes its state soon and sends no more"
        "removed member: Commit recognised, send -> error, state deleted";

    "12.4.2-14" Algorithm "receiver"
        "[AMB] A removed member cannot derive the new epoch; it can check signature and list, not the \
         confirmation tag"
        "Commit removing the receiver with a bad signature -> not obeyed";

    "12.4.3-01" Must "joiner, external joiner"
        "Unknown GroupInfo.extensions are ignored (again in 13.4)"
        "private and GREASE types -> join works";

    "12.4.3-02" Should "sender"
        "GREASE in GroupInfo.extensions"
        "20 GroupInfos -> varying";

    "12.4.3-03" Must "joiner, external joiner"
        "Extensions in the GroupContext are supported by the joiner"
        "group with an extension the joiner lacks -> refuse to join";

    "12.4.3-04" Must "joiner, external joiner"
        "group_id is not in use among the joiner's present groups. [AMB] On a resync by external Commit \
         the client's own abandoned copy of that group does not count"
        "second Welcome with the same group_id -> refuse, first group untouched; resync of a client that \
         still has its old state -> works and replaces it";

    "12.4.3-05" Must "joiner, external joiner"
        "GroupInfo signature verifies with the key of leaf signer"
        "wrong signer, blank signer, signer beyond the tree, flipped bit -> refuse";

    "12.4.3-06" Algorithm "any"
        "confirmation_tag is that of the Commit that began the epoch, or of creation for epoch 0; it can \
         be recomputed"
        "GroupInfo exported by a non-committer carries the same tag";

    "12.4.3.1-01" Must "joiner"
        "If the tree is not in the GroupInfo, get it before processing"
        "Welcome without tree and no tree given -> clear error; tree given beside -> works";

    "12.4.3.1-02" VerificationStep "joiner"
        "One entry refers to an own KeyPackage"
        "no entry -> error; entry at the last position -> found";

    "12.4.3.1-03" VerificationStep "joiner"
        "Welcome.cipher_suite equals the KeyPackage's"
        "altered suite -> error";

    "12.4.3.1-04" Algorithm "joiner"
        "GroupSecrets opened with the init key, label Welcome, context the encrypted_group_info octets"
        "swap encrypted_group_info of two Welcomes -> error";

    "12.4.3.1-05" VerificationStep "joiner"
        "Every PSK listed is available"
        "unknown PSK -> error naming it, KeyPackage not consumed";

    "12.4.3.1-06" VerificationStep "joiner"
        "[AMB] A PSK of usage reinit or branch is the only such one; read as: at most one of these \
         usages, other PSKs may accompany it"
        "reinit plus branch, two branch -> error; branch plus external -> accept";

    "12.4.3.1-07" VerificationStep "joiner"
        "[AMB] Nonce length in GroupSecrets.psks is not in this list; check it as for proposals"
        "nonce of Nh-1 -> error";

    "12.4.3.1-08" Algorithm "joiner"
        "welcome key and nonce from welcome_secret. [AMB] AEAD with empty AAD, the text names none"
        "welcome vectors";

    "12.4.3.1-09" VerificationStep "joiner"
        "GroupInfo signature verifies under the filled signer leaf, group_id unused"
        "see 12.4.3";

    "12.4.3.1-10" VerificationStep "joiner"
        "GroupInfo's cipher_suite equals the KeyPackage's"
        "GroupContext with another suite -> error";

    "12.4.3.1-11" VerificationStep "joiner"
        "[AMB] GroupContext.version is to equal the KeyPackage's version too, though only the suite is \
         named"
        "version differs -> error";

    "12.4.3.1-12" VerificationStep "joiner"
        "Tree hash equals the GroupContext's"
        "change one leaf octet -> error";

    "12.4.3.1-13" VerificationStep "joiner"
        "Every filled parent is parent-hash valid"
        "see 7.9.2";

    "12.4.3.1-14" VerificationStep "joiner"
        "Every filled leaf is valid"
        "tree with one bad leaf signature -> error";

    "12.4.3.1-15" VerificationStep "joiner"
        "Each unmerged entry is a filled leaf below the node"
        "entry for a blank leaf, for a leaf of the other half, beyond the tree -> error";

    "12.4.3.1-16" VerificationStep "joiner"
        "Each filled parent between that leaf and the node lists it too"
        "drop the entry in the lower node -> error";

    "12.4.3.1-17" VerificationStep "joiner"
        "A parent's encryption key occurs in no other node. [EDIT] the text nests this under the unmerged \
         entries; it is meant for every filled parent"
        "two parents with one key, parent with a leaf's key, no unmerged leaves anywhere -> error";

    "12.4.3.1-18" VerificationStep "joiner"
        "A leaf identical to the own KeyPackage's leaf exists"
        "tree without it -> error; altered copy -> error";

    "12.4.3.1-19" Algorithm "joiner"
        "Own leaf private key set; with a path_secret keys from the common ancestor of own and signer \
         leaf up to the root are set. [AMB] the text says each parent; blanks of the filtered path are \
         skipped"
        "next Commit by any member can be processed; joiner below a filtered node";

    "12.4.3.1-20" Must "joiner"
        "Each private key so derived matches the public key in the tree"
        "wrong path_secret -> error";

    "12.4.3.1-21" VerificationStep "joiner"
        "Confirmation tag verifies"
        "flip one bit and re-sign -> error";

    "12.4.3.1-22" VerificationStep "joiner"
        "Usage reinit: epoch is 1, last Commit of the old group held a ReInit, and group_id, version, \
         cipher_suite and extensions agree, and all old members are there"
        "one test each";

    "12.4.3.1-23" VerificationStep "joiner"
        "Usage branch: epoch is 1, version and suite as in the old group, members a subset"
        "one test each";

    "12.4.3.2-01" VerificationStep "external joiner"
        "GroupInfo needs external_pub in its extensions"
        "absent -> error";

    "12.4.3.2-02" VerificationStep "external joiner"
        "GroupInfo and tree are verified as in 12.4.3.1 (signature, tree hash, parent hashes, leaves)"
        "each broken in turn -> error";

    "12.4.3.2-03" Must "any"
        "An external Commit has a path"
        "without -> reject";

    "12.4.3.2-04" MustNot "any"
        "No proposal by reference"
        "reference of any type -> reject";

    "12.4.3.2-05" Must "external joiner"
        "Signed by the joiner; verifies with the key of the path leaf. [EDIT] key of the credential means \
         signature_key"
        "signed by another key -> reject";

    "12.4.3.2-06" Must "any"
        "The external init secret is used by all"
        "member using the old init_secret -> confirmation tag mismatch";

    "12.4.3.2-07" Must "external joiner"
        "Sender type is new_member_commit"
        "external Commit content under sender member -> reject; regular Commit under new_member_commit -> \
         reject";

    "12.4.3.2-08" May "app"
        "(lower case in the text) Resync (with Remove) can be forbidden, or tied to a PSK. [CONTRA] the \
         text proposes a reinit PSK here, which 11.2 forbids; a resumption PSK of usage application is \
         meant"
        "policy on: resync refused; with application PSK accepted";

    "12.4.3.2-09" Algorithm "any"
        "One GroupInfo serves one external join, the next one needs the new epoch's"
        "two joiners from one GroupInfo -> second rejected by epoch";

    "12.4.3.2-10" VerificationStep "receiver"
        "[AMB] A joiner that is already a member and does not remove its old leaf is caught only by key \
         uniqueness and application rules"
        "same signature key without Remove -> reject";

    "12.4.3.3-01" MustNot "sender"
        "No blank entries after the last filled one"
        "export after removals at the right edge";

    "12.4.3.3-02" Must "receiver"
        "Last entry is filled"
        "tree ending in a blank, empty vector -> error";

    "12.4.3.3-03" Algorithm "receiver"
        "Extend with the fewest blanks to 2^(d+1)-1 nodes"
        "11 entries -> 15 nodes; 1 entry -> 1 node";

    "12.4.3.3-04" VerificationStep "receiver"
        "[AMB] Even positions hold leaves, odd ones parents, and the last entry of an honest tree is a \
         leaf; a mismatch is not named but must be refused"
        "parent at position 0, leaf at position 1, vector ending in a parent -> error, no panic";

    "12.4.3.3-05" Must "any"
        "(comment inside the sample algorithm) a node array has odd length"
        "vectors of every length 0 to 16 -> decoded or refused, never a panic; an even length ends at a \
         parent position and is refused by 12.4.3.3-02 or 12.4.3.3-04";

    "12.4.3.3-06" Must "receiver"
        "Tree hash checked before any use, wherever the tree came from"
        "tree from the DS with one changed leaf -> error";

    "12.4.3.3-07" Algorithm "any"
        "The extension does not alter GroupContext extensions"
        "context equal before and after join";
}
