//! RFC 9420 §16: security considerations.

use super::rows;

rows! {
    "16.1-01" Should "app"
        "(RECOMMENDED) MLS messages travel over a secure transport"
        "deployment check";

    "16.3-01" Must "spec"
        "Future suites use an AE1-secure AEAD"
        "review item";

    "16.6-01" Should "app"
        "Members offline too long are evicted"
        "policy test, see 3.2";

    "16.7-01" Must "any"
        "All encryption keys and all signature keys in tree nodes are distinct"
        "duplicates by Add, Update, path leaf, path node, joined tree -> reject each";

    "16.8-01" Should "DS"
        "A used KeyPackage is deleted from the directory"
        "second fetch does not return it";

    "16.8-02" May "app"
        "A last resort KeyPackage may be reused. [AMB] no marking is defined in this RFC"
        "last resort served only when no other is left; a later extension defines a marking";

    "16.8-03" Should "DS"
        "Fetches of KeyPackages are rate limited"
        "burst of unauthenticated fetches -> throttled";

    "16.12-01" Should "app"
        "Failed Commits can be reported so that others may reinitialize"
        "failure event carries epoch and committer";

    "16.12-02" Algorithm "receiver"
        "Members that can see the damage reject, others cannot see it"
        "path with one bad ciphertext: members of that subtree reject, the rest accept; recovery by \
         external Commit or ReInit works";
}
