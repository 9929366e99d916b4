//! RFC 9420 §15: application messages.

use super::rows;

rows! {
    "15-01" Algorithm "receiver"
        "group_id and epoch select the secrets, sender and content type the ratchet, generation the step"
        "messages of two senders and two types interleaved";

    "15-02" VerificationStep "receiver"
        "[AMB] How many past epochs stay decryptable for application messages is left open; outside the \
         window refuse, handshake messages of old epochs always"
        "late message inside and outside the window";

    "15.1-01" May "sender"
        "Application messages may be padded"
        "padding policy configurable; equal lengths for short texts";

    "15.1-02" Should "sender"
        "Padding does not push messages over transport limits"
        "limit configured -> never exceeded by padding";

    "15.2-01" MustNot "sender"
        "Not more data per epoch than the AEAD bound allows"
        "counter with a small test bound -> error before the bound";

    "15.2-02" Must "sender"
        "A group change is applied before the next application message is encrypted"
        "after processing a Commit the next message carries the new epoch";

    "15.3-01" Should "app"
        "Limits on age and number of kept keys"
        "configured limits enforced, oldest dropped first";

    "15.3-02" Should "app"
        "Limit on forward steps of a ratchet"
        "generation = limit -> accepted, limit+1 -> refused fast; 0xffffffff costs no derivations";

    "15.3-03" VerificationStep "receiver"
        "A refused far-ahead message leaves the ratchet where it was"
        "then deliver the right generation -> accepted";

    "15.3-04" Algorithm "receiver"
        "Out-of-order delivery inside the limits works"
        "permute 20 messages of one sender -> all decrypted once";
}
