//! RFC 9420 §5: cryptographic objects.

use super::rows;

rows! {
    "5.1-01" Algorithm "any"
        "One cipher suite governs all operations of a group; AEAD output is one string with the tag \
         inside"
        "mix a KeyPackage, Welcome or tree leaf of another suite into a group -> reject";

    "5.1.1-01" VerificationStep "receiver"
        "HPKE public keys use the KEM's own serialization; wrong length or a point outside the curve is \
         refused"
        "encryption_key or init_key one octet short, or an invalid point for the NIST suites -> reject \
         before state change";

    "5.1.1-02" VerificationStep "receiver"
        "EdDSA signature keys are the raw form (32 or 57 octets)"
        "signature_key of wrong length -> reject";

    "5.1.1-03" VerificationStep "receiver"
        "ECDSA signature keys are uncompressed points (leading 04)"
        "compressed point, point at infinity or off-curve point as signature_key -> reject";

    "5.1.2-01" Must "any"
        "The suite's signature algorithm is the only one in the group and must equal the algorithm \
         implied by every leaf credential, KeyPackages for Add included"
        "Add a KeyPackage whose certificate key is of another algorithm -> reject";

    "5.1.2-02" Algorithm "any"
        "Signature encoding: DER for ECDSA, R followed by S for EdDSA"
        "raw r,s pair in an ECDSA suite -> reject; DER with trailing octets -> reject";

    "5.1.2-03" Algorithm "any"
        "Signed bytes are a two-vector structure: prefix 'MLS 1.0 ' joined with the label, then the \
         content"
        "public crypto-basics vectors; a signature made for another label -> verification fails";

    "5.1.2-04" Should "spec"
        "(lower case in the text, also in 5.1.3) Extensions that sign or HPKE-encrypt with MLS keys reuse \
         the labelled constructions with a fresh registered label"
        "review item: each extension label unique";

    "5.1.3-01" Algorithm "any"
        "HPKE base mode single shot; the encoded label and context structure is the info input, AAD is \
         empty"
        "public crypto-basics vectors; opening with another label or context -> failure";

    "5.2-01" Algorithm "any"
        "[EDIT] A reference is the plain hash (the text says KDF) of label vector plus value vector; the \
         label string already contains the MLS 1.0 text, nothing is prepended"
        "public ref_hash vectors";

    "5.2-02" Algorithm "any"
        "KeyPackageRef covers the bare encoded KeyPackage (no MLSMessage wrapper) with the hash of the \
         KeyPackage's own suite"
        "compare with new_member in a recorded Welcome";

    "5.2-03" Algorithm "any"
        "ProposalRef covers the whole AuthenticatedContent (wire format, content, auth data), not the \
         Proposal"
        "same Proposal framed as public and private -> two different references; a Commit naming the one \
         that was not sent -> reject";

    "5.3-01" Must "receiver"
        "X.509: the key inside the end-entity certificate equals LeafNode.signature_key"
        "KeyPackage with a certificate for another key -> reject";

    "5.3-02" VerificationStep "receiver"
        "X.509: end-entity certificate first, each entry one DER certificate"
        "reversed chain, empty chain, PEM instead of DER, two certificates in one entry -> reject";

    "5.3-03" May "sender"
        "X.509: non-leaf certificates may be left out if peers are known to have them"
        "chain without the intermediate validates when the verifier has it configured";

    "5.3-04" VerificationStep "receiver"
        "[AMB] The body of an unknown credential type has no length of its own, so a leaf with an unknown \
         type cannot be decoded reliably; treating the body as one opaque vector is common practice, and \
         type support then decides"
        "leaf with credential type f000 and a vector body -> either decode error or refused as \
         unsupported, never accepted";

    "5.3.1-01" Must "sender"
        "AS check: KeyPackage about to be put in an Add, by whoever proposes it (committing it or not)"
        "AS refuses -> Add cannot be created";

    "5.3.1-02" Must "joiner, external joiner"
        "AS check: all member credentials behind a GroupInfo used to join (Welcome or external)"
        "AS refuses the credential of one existing member -> join fails";

    "5.3.1-03" Must "receiver"
        "AS check: Add received"
        "AS refuses -> proposal or Commit refused, state unchanged";

    "5.3.1-04" Must "receiver"
        "AS check: Update whose leaf carries a new credential"
        "AS refuses -> reject";

    "5.3.1-05" Must "receiver"
        "AS check: Commit whose path leaf carries a new credential"
        "AS refuses -> reject";

    "5.3.1-06" Must "receiver"
        "AS check: external_senders newly added"
        "GroupContextExtensions with an external sender the AS refuses -> reject";

    "5.3.1-07" Must "receiver"
        "AS check: external_senders changed"
        "replace one sender by an unknown one -> AS consulted, refusal rejects";

    "5.3.1-08" Must "AS"
        "On replacement the AS also decides whether the new identifiers are an acceptable successor of \
         the old ones"
        "Update or path leaf with another user's valid credential -> reject";

    "5.3.1-09" Algorithm "AS"
        "Valid with the AS means: presented identifiers belong to signature_key and match the identifiers \
         the application expects"
        "valid certificate for a wrong user -> reject";

    "5.3.2-01" Should "receiver"
        "Accept Update or Commit from a member whose present credential is expired if the new one is \
         valid"
        "expired leaf sends a Commit with a fresh credential -> accepted";

    "5.3.2-02" Should "receiver"
        "Accept signatures by expired credentials on messages from the past"
        "offline catch-up with an expired sender -> messages processed";

    "5.3.3-01" MustNot "app"
        "Nobody treats application_id as vouched for by the AS"
        "API test: application_id is delivered marked as unauthenticated; no trust decision uses it";

    "5.3.3-02" Should "app"
        "Duplicate application_id values are survived gracefully"
        "two leaves with equal application_id -> no crash, look-up returns both";

    "5.3.3-03" Algorithm "app"
        "A leaf index names a member in one epoch only"
        "remove leaf 2, add another client at 2; an API call with the handle from the old epoch must not \
         hit the new client";
}
