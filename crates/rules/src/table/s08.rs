//! RFC 9420 §8: key schedule.

use super::rows;

rows! {
    "8-01" Algorithm "any"
        "KDF label structure: uint16 length, vector 'MLS 1.0 ' plus label, context vector; DeriveSecret \
         has empty context and length Nh"
        "crypto-basics vectors";

    "8-02" Algorithm "any"
        "joiner_secret from Extract (salt init_secret, input commit_secret) by label joiner and the new \
         GroupContext; then Extract (salt joiner_secret, input psk_secret) gives welcome_secret by label \
         welcome and epoch_secret by label epoch with the new GroupContext"
        "key-schedule vectors";

    "8-03" Algorithm "any"
        "Nine secrets come off the epoch secret: sender data, encryption, exporter, external, confirm, \
         membership, resumption, authentication, init"
        "key-schedule vectors";

    "8-04" Algorithm "any"
        "Missing commit_secret or psk_secret is the all-zero string of Nh octets, never an empty string"
        "Commit without path and without PSK interoperates";

    "8-05" Algorithm "any"
        "external key pair is KEM DeriveKeyPair of external_secret"
        "external_pub in the key-schedule vectors";

    "8.1-01" Algorithm "any"
        "group_id, version and cipher_suite never change inside a group"
        "compare over many epochs";

    "8.1-02" Algorithm "any"
        "epoch is 64 bit, 0 at creation, plus one per processed Commit"
        "commit n times from epoch 0 -> n; encode 2^32; 2^64-1 does not wrap silently";

    "8.1-03" Algorithm "any"
        "tree_hash and confirmed_transcript_hash follow each Commit; extensions change by \
         GroupContextExtensions only"
        "field by field comparison among members after each proposal type";

    "8.2-01" Algorithm "any"
        "confirmed hash: old interim hash followed by wire_format, content, signature of the Commit; the \
         confirmation tag is the MAC over this hash ([EDIT] one sentence names the input structure \
         instead)"
        "transcript-hashes vectors; same Commit as public or private gives different hashes";

    "8.2-02" Algorithm "any"
        "interim hash: confirmed hash followed by the confirmation tag as a vector (two-octet header for \
         64-octet tags)"
        "transcript-hashes vectors for SHA-512 suites";

    "8.2-03" Algorithm "joiner"
        "Newcomers compute the interim hash from GroupInfo.confirmation_tag"
        "joiner processes the next Commit";

    "8.2-04" Algorithm "any"
        "[CONTRA] Here interim hash of epoch 0 is empty, section 11 computes it from the epoch 0 \
         confirmation tag; section 11 is what implementations do"
        "external Commit built from the epoch 0 GroupInfo of a one-member group -> creator accepts it; \
         repeat across implementations (a first Commit made by the creator does not show the difference \
         to its joiners)";

    "8.2-05" Algorithm "any"
        "A Proposal enters the transcript only through the Commit that covers it"
        "uncovered proposals leave the hashes unchanged";

    "8.3-01" Algorithm "external joiner"
        "init_secret is the HPKE export with the literal text 'MLS 1.0 external init secret', length Nh, \
         from a base-mode setup to external_pub with empty info"
        "external commit interop; export context is not wrapped in the label structure";

    "8.3-02" Algorithm "receiver"
        "Members redo it with the private key derived from the old epoch's external_secret"
        "members and joiner agree on the confirmation tag";

    "8.3-03" VerificationStep "receiver"
        "Bad kem_output is refused"
        "kem_output of wrong length or an invalid point -> reject, state unchanged";

    "8.4-01" Must "committer"
        "Commit and GroupSecrets name the same PSKs in the same order (again in 12.4.1)"
        "Commit with three PSKs plus Add: joiner agrees; permuted psks -> joiner fails";

    "8.4-02" Must "sender"
        "psk_nonce is fresh random of length Nh of the target group's suite for each injection"
        "same PSK twice -> two nonces";

    "8.4-03" Algorithm "any"
        "Per PSK: Extract with zero salt, expand with label derived psk over id, index (from 0) and \
         count; fold by Extract with the new input as salt and the running secret as input. [CONTRA] the \
         figure draws salt and input of the fold exchanged; the public vectors confirm the formula"
        "psk_secret vectors with two or more PSKs";

    "8.4-04" Algorithm "any"
        "Resumption PSK value is resumption_psk of the named group and epoch"
        "inject the PSK of an epoch three back, and that of another group both belong to";

    "8.4-05" VerificationStep "receiver"
        "Unknown psktype or usage value is malformed"
        "psktype 0 and 255, usage 0 and 255 -> decode error (psktype 3 is claimed by an extension draft)";

    "8.4-06" VerificationStep "receiver"
        "[AMB] index and count are uint16; more than 65535 PSKs cannot be expressed and must be refused"
        "local limit test on the list length";

    "8.5-01" Algorithm "any"
        "Derive from exporter_secret by label, then expand with label exported and the hash of the \
         context"
        "key-schedule vectors; empty context still hashed";

    "8.5-02" Should "app"
        "Each use has its own label"
        "API requires a label; two uses differ";

    "8.5-03" Should "app"
        "(RECOMMENDED) Exported values are renewed after each Commit"
        "event on epoch change; old export not equal to new";

    "8.6-01" Should "app"
        "Number of past epochs whose resumption_psk is kept is bounded"
        "set bound 2, go 4 epochs on -> oldest not available";

    "8.7-01" Algorithm "any"
        "All members have the same epoch_authenticator and it changes with each epoch"
        "compare across members and epochs; forked member differs";
}
