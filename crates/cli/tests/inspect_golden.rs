//! What `copath inspect` prints, compared with what it printed when a person last looked at it.
//!
//! `COPATH_BLESS=1 cargo test -p copath-cli --test inspect_golden` writes the files anew.
#![expect(clippy::unwrap_used, reason = "a failure in here is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Inputs, and what else is said on the command line.
const CASES: [(&str, &[&str]); 26] = [
    ("application_message.hex", &[]),
    ("bare_commit.hex", &["--as", "commit", "--suite", "1"]),
    ("bare_group_info.hex", &[]),
    ("bare_key_package.hex", &[]),
    ("bare_key_package.base64url", &[]),
    ("commit_message.hex", &[]),
    ("custom_proposal.hex", &["--proposal", "0xf000=vector", "--suite", "7"]),
    ("external_commit.hex", &[]),
    ("group_context.hex", &["--as", "group-context"]),
    ("group_info.hex", &["--offsets"]),
    ("key_package.hex", &["--full"]),
    ("leaf_node.hex", &[]),
    ("leaf_node_odd.hex", &[]),
    ("new_member_proposal.hex", &[]),
    ("private_message.hex", &[]),
    ("proposal_external_init.hex", &["--as", "proposal"]),
    ("proposal_group_context_extensions.hex", &["--as", "proposal"]),
    ("proposal_message.hex", &[]),
    ("proposal_pre_shared_key.hex", &["--as", "proposal"]),
    ("proposal_re_init.hex", &["--as", "proposal"]),
    ("proposal_remove.hex", &["--as", "proposal"]),
    ("ratchet_tree.hex", &["--group-id", GROUP_ID]),
    ("ratchet_tree_of_suite_7.hex", &[]),
    ("two_messages.hex", &[]),
    ("update_path.hex", &[]),
    ("welcome.hex", &[]),
];
const GROUP_ID: &str = "57548b385782a35b6bad5a7647e79e94";

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/inspect").join(name)
}

/// Exit code, what was printed, and what was complained about.
fn inspect(name: &str, options: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_copath"));
    let output = command.arg("inspect").arg(data(name)).args(options).output().unwrap();
    let text = |octets: Vec<u8>| String::from_utf8(octets).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn check(file: &str, printed: &str) {
    if std::env::var_os("COPATH_BLESS").is_some() {
        fs::write(data(file), printed).unwrap();
        return;
    }
    let golden = fs::read_to_string(data(file)).unwrap();
    assert_eq!(printed, golden, "{file}");
}

#[test]
fn each_kind_in_text() {
    for (name, options) in CASES {
        let (code, printed, complaint) = inspect(name, options);
        assert_eq!((code, complaint.as_str()), (0, ""), "{name}");
        check(&format!("{name}.txt"), &printed);
    }
}

#[test]
fn each_kind_in_json() {
    for (name, options) in CASES {
        let options: Vec<&str> = options.iter().copied().chain(["--format", "json"]).collect();
        let (code, printed, complaint) = inspect(name, &options);
        assert_eq!((code, complaint.as_str()), (0, ""), "{name}");
        let value: serde_json::Value = serde_json::from_str(&printed).unwrap();
        assert!(
            value["items"].as_array().is_some_and(|items| !items.is_empty()) && value["malformed"].is_null()
        );
        check(&format!("{name}.json"), &printed);
    }
}

#[test]
fn the_tree_in_the_documentation_is_what_is_drawn() {
    let (code, printed, complaint) = inspect("ratchet_tree.hex", &["--format", "svg"]);
    assert_eq!((code, complaint.as_str()), (0, ""));
    check("../../../../../docs/inspect-tree.svg", &printed);
}

#[test]
fn only_trees_are_drawn() {
    for (name, reason) in [
        ("key_package.hex", "only a ratchet tree and a GroupInfo can be drawn"),
        ("two_messages.hex", "only a ratchet tree and a GroupInfo can be drawn"),
    ] {
        let (code, printed, complaint) = inspect(name, &["--format", "svg"]);
        let expected = format!("error: there is no tree to draw: {reason}\n");
        assert_eq!((code, printed.as_str(), complaint), (1, "", expected));
    }
    let (code, bare, _) = inspect("bare_group_info.hex", &["--format", "svg"]);
    let (_, framed, _) = inspect("group_info.hex", &["--format", "svg"]);
    assert!(code == 0 && bare == framed && bare.starts_with("<svg "), "{bare}");
}

#[test]
fn the_documentation_shows_what_is_printed() {
    let documentation = fs::read_to_string(data("../../../../../docs/inspect.md")).unwrap();
    let tree = fs::read_to_string(data("ratchet_tree.hex.txt")).unwrap();
    let drawing = &tree[tree.find("  ◐ 7").unwrap()..];
    for shown in ["leaf_node.hex.txt", "../malformed/key_package.txt"] {
        let shown = fs::read_to_string(data(shown)).unwrap();
        assert!(documentation.contains(&shown), "{shown}");
    }
    assert!(documentation.contains(drawing), "{drawing}");
}
