//! RFC 9420 §6: message framing.

use super::rows;

rows! {
    "6-01" Must "sender"
        "Application data travels only in PrivateMessage. [AMB] A PublicMessage with application data is well \
         formed all the same"
        "API offers no way to send application content as PublicMessage; a crafted PublicMessage with \
         content type application -> rejected when processed (not when decoded: the public messages \
         vectors round-trip such a message)";

    "6-02" Should "sender"
        "Handshake messages travel in PrivateMessage"
        "default configuration yields PrivateMessage for proposals and commits";

    "6-03" May "sender"
        "Handshake messages may be PublicMessage where the DS has to read them"
        "group configured for public handshakes interoperates";

    "6-04" VerificationStep "receiver"
        "MLSMessage.version other than mls10 is not processed"
        "version 0 and 2 -> unsupported version error";

    "6-05" VerificationStep "receiver"
        "Unknown or reserved wire format is not processed"
        "wire format 0, 00ff, f000 -> error, no guess at the body (6 and 7 are claimed by extension \
         drafts, so do not use them as unknowns)";

    "6-06" VerificationStep "receiver"
        "Reserved or unknown ContentType and SenderType values are malformed"
        "content type 0 and 4, sender type 0 and 5 -> decode error";

    "6-07" VerificationStep "receiver"
        "group_id of the message must be the group's own"
        "flip one octet of group_id in PublicMessage and PrivateMessage -> reject as unknown group";

    "6-08" VerificationStep "receiver"
        "wire_format inside the signed and hashed data is the one of the enclosing MLSMessage"
        "unwrap a PrivateMessage and re-frame it as PublicMessage (with correct tag) -> signature fails";

    "6.1-01" Algorithm "any"
        "To-be-signed data: version, wire format, FramedContent, and for senders member and \
         new_member_commit the GroupContext of the epoch the message is sent in (old epoch for a Commit); \
         no context for external and new_member_proposal. [EDIT] prose mentions the context for member \
         only"
        "sign a new_member_commit without context, an external proposal with context, a Commit with the \
         new context -> reject each";

    "6.1-02" Must "sender, receiver"
        "member: signed with the key in the leaf at leaf_index"
        "message claiming leaf 1 signed by leaf 0 -> reject";

    "6.1-03" VerificationStep "receiver"
        "member: leaf_index must point to a filled leaf of the tree"
        "leaf_index blank or beyond the tree -> reject";

    "6.1-04" Must "sender, receiver"
        "external: key is entry sender_index of external_senders"
        "index out of range, extension absent, other entry's key -> reject";

    "6.1-05" Must "sender, receiver"
        "external: content is a proposal of a type open to external senders"
        "external Commit content, external Update, external ExternalInit -> reject";

    "6.1-06" Must "sender, receiver"
        "new_member_commit: key is the one in the path leaf, content is a commit"
        "content proposal with this sender type -> reject; signature by another key -> reject";

    "6.1-07" Must "sender, receiver"
        "new_member_proposal: key is the leaf key of the KeyPackage in the Add, content is a proposal of \
         type add"
        "content commit, type remove, or signature by a key other than that of the KeyPackage -> reject";

    "6.1-08" Must "receiver"
        "Verify the signature with the key that the sender type selects"
        "flip one bit of the signature in all four sender types -> reject";

    "6.1-09" VerificationStep "receiver"
        "confirmation_tag is there exactly for commits"
        "commit without tag, proposal with tag -> decode error or trailing octets";

    "6.1-10" VerificationStep "receiver"
        "Auth data is valid only if signature and (for commits) confirmation tag are both valid. [AMB] \
         the tag can be checked only after the new epoch is derived, so decode-time validity covers just \
         the signature"
        "wrong tag with right signature -> Commit refused, state unchanged";

    "6.2-01" Must "sender"
        "membership_tag for member senders is the MAC under membership_key over to-be-signed data plus \
         auth data"
        "public message-protection vectors";

    "6.2-02" Must "receiver"
        "Check membership_tag"
        "flip one bit, use the key of another epoch -> reject";

    "6.2-03" Must "receiver"
        "Check the auth data as well"
        "right tag over a broken signature -> reject";

    "6.2-04" VerificationStep "receiver"
        "membership_tag exists for member senders only"
        "member message without tag, external message with tag -> decode error or trailing octets";

    "6.3.1-01" Must "sender"
        "Padding is zero octets only; it is whatever follows content and auth data and may be empty"
        "inspect plaintext with padding 0, 1, 256";

    "6.3.1-02" Must "receiver"
        "Any non-zero padding octet makes the PrivateMessage malformed"
        "encrypt a plaintext with one non-zero octet at first, middle, last padding position -> reject";

    "6.3.1-03" Algorithm "sender"
        "Proposals and commits use the handshake ratchet, application data the application ratchet, each \
         with its own generations"
        "message-protection vectors; swapping ratchets -> decryption fails";

    "6.3.1-04" Must "sender"
        "Ratchet position is stored persistently"
        "save, encrypt, restart from storage, encrypt -> no generation used twice";

    "6.3.1-05" Must "sender"
        "Fresh random four-octet guard per message, XORed into the first four nonce octets"
        "two messages after state rollback have different guards; decrypt with computed nonce";

    "6.3.1-06" Must "sender"
        "The guard is carried in the sender data"
        "change the guard in the sender data -> content decryption fails";

    "6.3.1-07" Algorithm "any"
        "Content AAD: group_id, epoch, content_type, authenticated_data"
        "flip each of the four header fields -> decryption fails";

    "6.3.1-08" Must "receiver"
        "After decryption check the auth data"
        "re-encrypt with a broken signature -> reject";

    "6.3.1-09" Must "sender"
        "AAD and ciphertext size stay inside the AEAD's limits"
        "request above the limit -> local error";

    "6.3.1-10" Algorithm "receiver"
        "The signed content is rebuilt with the header's group_id, epoch, authenticated_data and sender \
         member(leaf_index from the sender data)"
        "encrypt under own ratchet while signing as another leaf -> reject";

    "6.3.1-11" VerificationStep "receiver"
        "A generation whose key is consumed or expired cannot be decrypted again"
        "replay a PrivateMessage -> reject, ratchet unchanged";

    "6.3.2-01" Must "sender"
        "Only sender type member can be turned into sender data; its leaf_index is copied. All other \
         senders, external Commits included, therefore use PublicMessage"
        "try to protect content of an external sender -> local error";

    "6.3.2-02" Algorithm "any"
        "Key and nonce from sender_data_secret with labels key and nonce and the first Nh octets of the \
         ciphertext (all of it if shorter) as context"
        "secret-tree vectors; the short case by a test of the derivation alone (no genuine message is \
         shorter than Nh, its signature alone is longer, and no public vector has a short one)";

    "6.3.2-03" Algorithm "any"
        "Sender data AAD: group_id, epoch, content_type, without authenticated_data"
        "flip each field -> sender data decryption fails; authenticated_data flip breaks content \
         decryption only";

    "6.3.2-04" Must "receiver"
        "leaf_index in the sender data points to a filled leaf"
        "sender data naming a blank leaf -> reject";

    "6.3.2-05" VerificationStep "receiver"
        "[AMB] leaf_index outside the tree is not mentioned but must be refused too, before any ratchet \
         is touched"
        "leaf_index = leaf count and 2^32-1 -> reject without panic";

    "6.3.2-06" VerificationStep "receiver"
        "Sender data plaintext is exactly 12 octets"
        "longer plaintext under a right key -> reject";

    "6.3.2-07" VerificationStep "receiver"
        "Failure in sender data decryption must not consume anything"
        "corrupt encrypted_sender_data, then deliver the right message -> accepted";
}
