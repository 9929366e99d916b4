//! The command as it is called.
#![expect(clippy::unwrap_used, reason = "a failure in here is a failed test")]

use std::process::Command;

/// Exit code, what was printed, and what was complained about.
fn copath(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_copath")).args(arguments).output().unwrap();
    let text = |octets: Vec<u8>| String::from_utf8(octets).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// The epochs that a demo came through, each with its authenticator.
fn epochs(printed: &str) -> Vec<&str> {
    printed.lines().filter(|line| line.contains("✓ epoch")).collect()
}

#[test]
fn the_demo_runs_on_every_backend() {
    for backend in ["rustcrypto", "ring", "aws-lc"] {
        for handshake in ["private", "public"] {
            let (code, printed, complaint) =
                copath(&["demo", "--backend", backend, "--handshake", handshake, "--members", "3"]);
            assert_eq!((code, complaint.as_str()), (0, ""));
            assert_eq!(epochs(&printed).len(), 7, "{printed}");
        }
    }
}

#[test]
fn the_demo_runs_with_certificates() {
    for (backend, suite) in
        [("rustcrypto", "1"), ("ring", "2"), ("aws-lc", "3"), ("aws-lc", "5"), ("ring", "7")]
    {
        let (code, printed, complaint) = copath(&[
            "demo",
            "--credential",
            "x509",
            "--backend",
            backend,
            "--suite",
            suite,
            "--members",
            "3",
        ]);
        assert_eq!((code, complaint.as_str()), (0, ""), "{backend} {suite}");
        assert_eq!(epochs(&printed).len(), 9, "{printed}");
        for expected in [
            "A test CA in memory",
            "alice gets a new certificate for a new signature key",
            "can't be added again: the credential of proposal 0 was refused: certificate 0 of the chain: its issuer \
             has revoked it (rule 5.3.1-01)",
        ] {
            assert!(printed.contains(expected), "{printed}");
        }
    }
}

#[test]
fn a_large_group_is_sampled() {
    let (code, printed, _) = copath(&["demo", "--members", "100", "--backend", "aws-lc"]);
    assert_eq!((code, epochs(&printed).len()), (0, 7), "{printed}");
    assert!(printed.contains("▲ leaves"), "{printed}");
}

#[test]
fn a_seed_replays() {
    let run = |seed| copath(&["demo", "--seed", seed]).1;
    assert_eq!(epochs(&run("01")), epochs(&run("01")));
    assert_ne!(epochs(&run("01")), epochs(&run("02")));
    let certified = || copath(&["demo", "--credential", "x509", "--seed", "01"]).1;
    assert_eq!(epochs(&certified()), epochs(&certified()));
}

#[test]
fn what_is_asked_wrongly_exits_with_2() {
    let cases: [(&[&str], &str); 6] = [
        (&["demo", "--credential", "x509", "--suite", "4"], "suites 1, 2, 3, 5 and 7"),
        (&["demo", "--backend", "ring", "--suite", "4"], "rustcrypto has it"),
        (&["demo", "--backend", "ring", "--seed", "01"], "rustcrypto"),
        (&["demo", "--suite", "9"], "copath suites"),
        (&["demo", "--members", "2"], "3..=100000"),
        (&["explain", "99-99"], "99-99"),
    ];
    for (arguments, hint) in cases {
        let (code, printed, complaint) = copath(arguments);
        assert_eq!((code, printed.as_str()), (2, ""), "{arguments:?}");
        assert!(complaint.contains(hint), "{complaint}");
    }
}

#[test]
fn suites_and_rules_are_printed() {
    let (code, printed, _) = copath(&["suites"]);
    assert_eq!((code, printed.lines().count(), printed.matches('✓').count()), (0, 8, 16));
    let (code, printed, _) = copath(&["explain", "12.2-07"]);
    assert!(code == 0 && printed.starts_with("12.2-07 (RFC 9420 §12.2"), "{printed}");
    let (code, printed, _) = copath(&["explain", "12.2"]);
    assert!(code == 0 && printed.lines().count() > 10, "{printed}");
}

/// Whoever reads the output may have had enough.
#[test]
fn a_closed_pipe_is_no_failure() {
    let tree = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/inspect/ratchet_tree.hex");
    let key_package = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/inspect/key_package.hex");
    let cases: [&[&str]; 9] = [
        &["demo", "--members", "3"],
        &["demo", "--members", "3", "--credential", "x509"],
        &["keypackage", "show", key_package],
        &["suites"],
        &["explain", "12.2-07"],
        &["explain", "12.2"],
        &["inspect", tree],
        &["inspect", tree, "--format", "json"],
        &["inspect", tree, "--format", "svg"],
    ];
    for arguments in cases {
        let mut command = Command::new(env!("CARGO_BIN_EXE_copath"));
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command.args(arguments).stdout(writer).output().unwrap();
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{arguments:?}");
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
    }
}
