//! RFC 9420 §10: key packages.

use super::rows;

rows! {
    "10-01" ShouldNot "creator"
        "A KeyPackage is used once, last resort ones excepted"
        "after a join the init private key is deleted; a second Welcome for the same KeyPackage fails";

    "10-02" May "creator"
        "Several KeyPackages for several suites"
        "publish for two suites, both usable";

    "10-03" Must "creator"
        "init_key is a valid key for the suite's KEM"
        "wrong length or invalid point -> receiver rejects";

    "10-04" Must "creator"
        "init_key differs between all KeyPackages of the client"
        "generate 1000 -> all distinct";

    "10-05" Must "creator"
        "Leaf keys fit the suite"
        "KeyPackage with suite 2 and X25519 or Ed25519 keys -> reject";

    "10-06" Must "receiver"
        "Bad signature makes the KeyPackage malformed"
        "flip one octet of each field in turn -> reject";

    "10-07" Algorithm "creator"
        "Signature label KeyPackageTBS over all fields but the signature"
        "signature made with label LeafNodeTBS -> reject";

    "10-08" Must "receiver"
        "Inside an MLSMessage, KeyPackage.version equals MLSMessage.version"
        "differing versions -> reject";

    "10-09" Must "creator"
        "leaf source is key_package"
        "source update -> reject";

    "10-10" Must "creator"
        "[CONTRA] Types in KeyPackage.extensions and leaf extensions are listed in capabilities; section \
         13.5 asks this of GREASE in leaf extensions only. List both when sending, do not enforce for \
         KeyPackage.extensions when receiving"
        "own KeyPackages list every type used; foreign KeyPackage with unlisted GREASE extension -> \
         accepted";

    "10-11" Must "receiver"
        "Unknown KeyPackage extensions are ignored"
        "private and GREASE extension types -> accepted";

    "10-12" Should "creator"
        "Add random GREASE extensions"
        "generate 20 -> varying";

    "10.1-01" VerificationStep "receiver"
        "Checked before own use in an Add and again in every received Add"
        "one broken KeyPackage at both entry points -> reject";

    "10.1-02" VerificationStep "receiver"
        "Suite and version equal the GroupContext's"
        "other suite, other version -> reject";

    "10.1-03" VerificationStep "receiver"
        "Leaf is valid as KeyPackage leaf (7.3)"
        "broken leaf signature under a right KeyPackage signature -> reject";

    "10.1-04" VerificationStep "receiver"
        "Signature verifies. [EDIT] the key is leaf_node.signature_key; the text points to the \
         credential, which holds no key for basic"
        "KeyPackage signed by another key -> reject";

    "10.1-05" VerificationStep "receiver"
        "init_key differs from the leaf's encryption_key"
        "equal keys -> reject";
}
