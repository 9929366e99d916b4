//! RFC 9420 §17: IANA considerations.

use super::rows;

rows! {
    "17.1-01" Must "any"
        "Suite 1 is implemented"
        "suite 1 present in every build";

    "17.1-02" Must "spec"
        "Future suites fulfil the demand of 16.3"
        "review item";

    "17.1-03" Algorithm "any"
        "MAC is HMAC with the suite's hash; code points and parameters as in the registry"
        "vectors for each implemented suite";

    "17.1-04" ShouldNot "any"
        "Registry marks: D items are not to be used, Y items are recommended for their purpose"
        "no D item enabled by default; documentation lists the supported Y items";

    "17.1-05" Algorithm "any"
        "Wire formats, extension, proposal and credential types and suites: 0 is reserved, f000 to ffff \
         private"
        "type 0 never produced, refused or ignored as any unknown";

    "17.3-01" Algorithm "any"
        "Each type has places where it may occur: application_id in leaves; ratchet_tree and external_pub \
         in GroupInfo; required_capabilities and external_senders in GroupContext"
        "own API refuses other places";

    "17.4-01" Algorithm "any"
        "Columns External and Path Required drive 12.1.8 and 12.4"
        "table-driven test over all seven types";

    "17.9-01" Should "IANA"
        "Requests carry a fitting subject, refusals explain themselves, experts apply the stated criteria \
         and step back in conflicts of interest"
        "review item, no test";

    "17.9-02" Must "IANA"
        "Registry changes come from the experts only; requests are directed to their list"
        "review item, no test";

    "17.10-01" Algorithm "any"
        "The version parameter defaults to 1.0; the version inside the message wins"
        "parameter and content differ -> content decides";
}
