//! RFC 9420 §13: extensibility.

use super::rows;

rows! {
    "13.2-01" MustNot "any"
        "No non-default proposal in a Commit unless every processing member supports it"
        "see 12.2";

    "13.3-01" Algorithm "any"
        "Only credential types that every member lists are in use"
        "switch a member to a new type before all list it -> reject; afterwards accept";

    "13.4-01" Must "creator"
        "A posted KeyPackage promises only what the client supports"
        "each listed suite, version, credential type is exercised";

    "13.4-02" Must "receiver"
        "KeyPackage processing ignores unknown capabilities values and unknown types in both extension \
         lists"
        "private values everywhere -> accepted (those in leaf extensions also listed in \
         capabilities.extensions, else 7.3 refuses the leaf)";

    "13.4-03" MustNot "any"
        "No extension list has two entries of one type"
        "duplicates in LeafNode, KeyPackage, GroupContext, GroupInfo, GroupContextExtensions, ReInit -> \
         reject each";

    "13.4-04" Must "sender, receiver"
        "A new member's leaf lists every GroupContext extension that is no default. [CONTRA] the text exempts \
         none, though defaults are never listed (7.2)"
        "Add lacking one, at first and at last position of the list -> own API refuses, peers reject";

    "13.4-05" VerificationStep "receiver"
        "[ERR 8745, reported] The same check applies to Update leaves and path leaves"
        "Update or path leaf that drops a type in use -> reject";

    "13.4-06" Must "joiner"
        "The joiner supports every GroupContext extension, else the GroupInfo is invalid; thus all \
         members support all of them"
        "unsupported one -> no join, for Welcome and external; tree with a leaf lacking one -> no join";

    "13.5-01" Should "creator"
        "GREASE in capabilities (suites, extensions, proposals, credentials), LeafNode, KeyPackage and \
         GroupInfo extensions"
        "see 7.2, 10, 12.4.3";

    "13.5-02" May "sender"
        "GREASE extension bodies are arbitrary in KeyPackage and GroupInfo"
        "random length bodies accepted";

    "13.5-03" VerificationStep "creator"
        "GREASE in LeafNode.extensions is mirrored in capabilities.extensions"
        "own leaf passes own validation";

    "13.5-04" MustNot "sender"
        "No GREASE in proposal_type, credential_type, GroupContext.extensions, \
         GroupContextExtensions.extensions"
        "own API refuses, received ones are rejected as unsupported";

    "13.5-05" Must "any"
        "GREASE values occur in the permitted fields only"
        "scan all produced messages";

    "13.5-06" MustNot "receiver"
        "No special code path for GREASE values; ordinary handling of unsupported values applies"
        "behaviour equals that for f000-range unknowns in every field";

    "13.5-07" Must "any"
        "Own capabilities are represented without GREASE when computing what is common"
        "two clients sharing a GREASE value never select it";

    "13.5-08" VerificationStep "any"
        "[AMB] required_capabilities is in neither list of fields; by the rule above it may hold no \
         GREASE, which is vital since GREASE there would lock everyone out"
        "own API refuses; received requirement for a GREASE type is treated like any unsupported one";

    "13.5-09" Algorithm "any"
        "[AMB] The field list leaves capabilities.versions out, although unknown versions must be ignored \
         as well"
        "unknown version listed -> accepted";
}
