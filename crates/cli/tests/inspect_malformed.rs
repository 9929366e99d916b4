//! What `copath inspect` says about malformed inputs: one of each kind, word for word.
//!
//! `COPATH_BLESS=1 cargo test -p copath-cli --test inspect_malformed` writes the files anew.
#![expect(clippy::unwrap_used, reason = "a failure in here is a failed test")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn octets(name: &str) -> Vec<u8> {
    let text = fs::read_to_string(data(&format!("inspect/{name}.hex"))).unwrap();
    hex::decode(text.split_whitespace().collect::<String>()).unwrap()
}

/// Exit code, what was printed, and what was complained about.
fn inspect(input: &[u8], options: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_copath"));
    command.args(["inspect", "-"]).args(options);
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = pipes.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |octets: Vec<u8>| String::from_utf8(octets).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// How a sample is spoilt.
enum Fault {
    /// The octet there is another one.
    Set(usize, u8),
    /// It ends there.
    Cut(usize),
    /// This follows.
    Add(&'static [u8]),
}
use Fault::{Add, Cut, Set};

/// Name of the case, sample, fault, options, the byte and the field that the complaint names.
type Case = (&'static str, &'static str, Fault, &'static [&'static str], usize, &'static str);

const CASES: [Case; 20] = [
    (
        "key_package",
        "key_package",
        Set(119, 3),
        &[],
        122,
        "MLSMessage.key_package.leaf_node.capabilities.cipher_suites[1]",
    ),
    ("welcome", "welcome", Set(6, 0xc0), &[], 6, "MLSMessage.welcome.secrets"),
    ("group_info", "group_info", Cut(600), &[], 599, "MLSMessage.group_info.signature"),
    (
        "group_info_tree",
        "group_info",
        Set(125, 9),
        &[],
        125,
        "MLSMessage.group_info.extensions[0].extension_data[0].node_type",
    ),
    (
        "external_senders",
        "group_context",
        Set(95, 0xff),
        &["--as", "group-context"],
        95,
        "GroupContext.extensions[1].extension_data[0].signature_key",
    ),
    (
        "public_message",
        "commit_message",
        Set(45, 9),
        &[],
        45,
        "MLSMessage.public_message.content.sender.sender_type",
    ),
    (
        "commit_add",
        "commit_message",
        Set(53, 9),
        &[],
        269,
        "MLSMessage.public_message.content.commit.proposals[0].proposal.add.key_package.signature",
    ),
    ("private_message", "private_message", Set(45, 4), &[], 45, "MLSMessage.private_message.content_type"),
    ("version", "welcome", Set(1, 2), &["--as", "mls-message"], 0, "MLSMessage.version"),
    ("wire_format", "welcome", Set(3, 6), &["--as", "mls-message"], 2, "MLSMessage.wire_format"),
    ("bare_key_package", "bare_key_package", Cut(200), &[], 145, "KeyPackage.leaf_node.signature"),
    (
        "bare_group_info",
        "bare_group_info",
        Cut(100),
        &[],
        79,
        "GroupInfo.group_context.confirmed_transcript_hash",
    ),
    ("ratchet_tree", "ratchet_tree", Set(3, 3), &[], 3, "ratchet_tree[0].node_type"),
    ("ratchet_tree_presence", "ratchet_tree", Set(2, 7), &[], 2, "ratchet_tree[0]"),
    ("leaf_node", "leaf_node", Cut(80), &[], 79, "LeafNode.capabilities.cipher_suites"),
    ("update_path", "update_path", Cut(300), &[], 191, "UpdatePath.nodes"),
    ("commit", "bare_commit", Cut(20), &["--as", "commit"], 2, "Commit.proposals"),
    ("proposal", "proposal_pre_shared_key", Set(2, 3), &["--as", "proposal"], 2, "Proposal.psk.psk.psktype"),
    ("custom_proposal", "custom_proposal", Cut(105), &[], 27, "MLSMessage.public_message.content.proposal"),
    ("trailing", "key_package", Add(b"\xff\xfe"), &[], 280, ""),
];

#[test]
fn each_kind_names_byte_and_field() {
    for (name, sample, fault, options, byte, field) in CASES {
        let mut input = octets(sample);
        match fault {
            Set(at, value) => input[at] = value,
            Cut(end) => input.truncate(end),
            Add(more) => input.extend(more),
        }
        let (code, _, complaint) = inspect(&input, options);
        assert_eq!(code, 1, "{name}");
        let file = data(&format!("malformed/{name}.txt"));
        if std::env::var_os("COPATH_BLESS").is_some() {
            fs::write(&file, &complaint).unwrap();
        }
        assert!(complaint.contains(&format!(" at byte {byte}: ")), "{name}: {complaint}");
        assert!(
            field.is_empty() || complaint.contains(&format!("  field  {field}\n")),
            "{name}: {complaint}"
        );
        assert_eq!(complaint, fs::read_to_string(file).unwrap(), "{name}");
    }
}

#[test]
fn a_complaint_in_json() {
    let input = octets("welcome");
    let (code, printed, _) = inspect(&input[..20], &["--format", "json"]);
    assert_eq!(code, 1);
    let value: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(value["malformed"]["field"], "MLSMessage.welcome.secrets");
    assert_eq!(value["malformed"]["offset"], 8);
    assert_eq!(value["malformed"]["rule"], "2.1.2-04");
    assert_eq!(value["items"].as_array().unwrap().len(), 0);
}

#[test]
fn a_malformed_extension_is_told_apart_from_the_rest() {
    let mut input = octets("group_info");
    input[125] = 9;
    let (code, printed, _) = inspect(&input, &["--format", "json"]);
    assert_eq!(code, 1);
    let value: serde_json::Value = serde_json::from_str(&printed).unwrap();
    let info = &value["items"][0]["group_info"];
    assert_eq!(info["extensions"][1]["extension_type"]["name"], "external_pub", "what follows is described");
    assert_eq!(info["derived"]["signature"]["verdict"], "not_checkable");
    assert_eq!(value["malformed"]["offset"], 125);
}

#[test]
fn what_is_no_structure_at_all() {
    let cases: [(&[u8], &str); 4] = [
        (b"", "error: `-` is empty\n"),
        (b"\n", "error: `-` is empty\n"),
        (
            b"0001000500010001f",
            "error: `-` is hex with an odd number of digits: it is cut, or a digit is missing\n",
        ),
        (b"Dear Bob,", "error: `-` is text that is neither hex nor base64\n"),
    ];
    for (input, expected) in cases {
        let (code, printed, complaint) = inspect(input, &[]);
        assert_eq!((code, printed.as_str(), complaint.as_str()), (1, "", expected));
    }
}
