//! RFC 9420 §2: terminology and presentation language.

use super::rows;

rows! {
    "2-01" Must "any"
        "Every symmetric value (key or secret) stays private to the client that holds it"
        "run a full session, search every encoded output, log line, error text and debug print for the \
         known secret octets -> no hit";

    "2.1.1-01" Algorithm "any"
        "An optional is one octet, 0 for absent (nothing follows) or 1 followed by the value"
        "encode both forms of Commit.path; cut the input right after the presence octet 1 -> decode error";

    "2.1.1-02" Must "receiver"
        "A presence octet that is neither 0 nor 1 makes the input malformed"
        "put 2 and 255 in the presence octet of Commit.path, GroupSecrets.path_secret, a ratchet_tree \
         entry -> decode error";

    "2.1.2-01" Must "sender"
        "The length header takes the fewest of 1, 2 or 4 octets that can hold the length"
        "encode lengths 0, 63, 64, 16383, 16384, 1073741823 -> header sizes 1,1,2,2,4,4 (public \
         deserialization vectors)";

    "2.1.2-02" Must "receiver"
        "A header longer than needed is malformed"
        "decode headers 4000, 403f, 80000000, 80003fff -> error";

    "2.1.2-03" Must "receiver"
        "A first octet whose top two bits are 11 is rejected"
        "decode a vector starting with c0 and with ff -> error";

    "2.1.2-04" VerificationStep "receiver"
        "A declared length beyond the remaining input is malformed and must not drive an allocation"
        "header bfffffff with 10 octets behind it -> error, memory use flat";

    "2.1.2-05" VerificationStep "receiver"
        "A list must be filled exactly by whole elements: no rest octets inside the declared length"
        "unmerged_leaves of 5 octets, Capabilities.versions of 3 octets, proposals vector with one octet \
         too many -> error";

    "2.1.2-06" VerificationStep "receiver"
        "[AMB] The RFC never says it, but octets left over after a complete outermost structure must be \
         refused (only the plaintext inside PrivateMessage may carry a rest: the padding); the same holds \
         for the body of a known extension"
        "append 00 to every MLSMessage kind, to a required_capabilities body and to an external_pub body \
         -> error";

    "2.1.2-07" Algorithm "any"
        "[AMB] Prose allows lengths up to 2^30, the table only up to 2^30-1; the encoding cannot express \
         2^30, so 2^30-1 is the limit"
        "header bfffffff parses as 1073741823; asking the encoder for 2^30 octets -> local error";

    "2.1.2-08" Should "receiver"
        "A vector too large for local storage is refused with a clear, distinguishable error"
        "set a small size limit, feed a larger vector -> the specific over-limit error, not a generic one";

    "2.1.2-09" Algorithm "any"
        "Header and fixed-width integers are big endian; the length counts octets, not elements"
        "decode 9d7f3e7d -> 494878333, 7bbd -> 15293, 25 -> 37";
}
