//! RFC 9420 §3: protocol overview.

use super::rows;

rows! {
    "3.2-01" Should "app"
        "Members refresh their leaf (Update or Commit) at regular intervals while the group is in use"
        "scheduler test: after the configured interval the client has produced an Update or a Commit";

    "3.2-02" Should "app"
        "Members that never refresh are eventually removed"
        "policy test: a leaf unchanged for longer than the bound is offered for removal";
}
