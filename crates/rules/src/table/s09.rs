//! RFC 9420 §9: secret tree.

use super::rows;

rows! {
    "9-01" Algorithm "any"
        "Same shape as the ratchet tree, root is encryption_secret, children by label tree with context \
         left or right"
        "secret-tree vectors for sizes 1, 8, 32";

    "9-02" Algorithm "any"
        "Leaf secret gives the two ratchet starts by labels handshake and application"
        "secret-tree vectors";

    "9.1-01" MustNot "sender"
        "A key and nonce pair encrypts at most one message"
        "concurrent sends: all generations distinct";

    "9.1-02" Algorithm "any"
        "nonce, key, secret by those labels with the generation as four octets; generation starts at 0"
        "secret-tree vectors";

    "9.1-03" Algorithm "sender"
        "[AMB] Behaviour at generation 2^32-1 is not defined; sending must stop, not wrap"
        "force the counter to the end -> error";

    "9.2-01" Must "any"
        "A consumed value is deleted at once with everything it was derived from"
        "decrypt a message -> dump shows neither its key and nonce, nor the ratchet secret, nor tree \
         nodes above the leaf";

    "9.2-02" Must "any"
        "After one message of epoch n: commit_secret, joiner_secret, epoch_secret, encryption_secret, \
         psk_secret of n, init_secret of n-1 and the secret tree nodes from root to the used leaf are \
         gone; nodes off the path stay"
        "dump after first message; other senders still decryptable";

    "9.2-03" Must "any"
        "Earlier ratchet secrets are gone, only skipped keys and nonces remain"
        "skip generation 0, decrypt 1, then 0 -> both work; repeat of either -> reject";

    "9.2-04" May "any"
        "Unconsumed values may be kept for a reasonable time for late messages"
        "late message inside the window -> decrypted, outside -> refused";

    "9.2-05" Algorithm "receiver"
        "Only successful decryption consumes; a forged message must not destroy keys. [AMB] By the letter \
         an opened message is consumed even if its signature or content is then refused"
        "forged message with a right generation, then the genuine one -> accepted";
}
