//! `copath identity`.

use crate::workbench::Workbench;

#[test]
fn an_identity_is_made_shown_and_never_replaced() {
    let bench = Workbench::new();
    let made = bench.run("identity new alice.db --name alice");
    assert!(made.contains("alice (basic)") && made.contains("ed25519, of suites 1 and 3"), "{made}");
    let shown = bench.run("identity show alice.db");
    assert!(made.starts_with(&shown), "{made}\n{shown}");
    bench.fails("identity new alice.db --name alice --suite 3", "alice with a key for the suite already");
    bench.run("identity new alice.db --name alice --suite 7");
    bench.run("identity new alice.db --name alice@work --suite 2");
    let all = bench.run("identity show alice.db");
    assert_eq!((all.matches("(basic)").count(), all.contains(&shown)), (3, true), "{all}");
    assert!(all.contains("ecdsa_secp384r1_sha384, of suite 7"), "{all}");
}

#[test]
fn names_reach_the_terminal_as_text_alone() {
    let bench = Workbench::new();
    let (code, printed, _) = bench.call_with(&["identity", "new", "a.db", "--name", "\x1b[31mred"], &[]);
    assert_eq!(
        (code, printed.contains('\x1b'), printed.contains("0x1b5b33316d726564 (basic)")),
        (0, false, true)
    );
}

#[cfg(unix)]
#[test]
fn a_store_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let bench = Workbench::new();
    bench.run("identity new alice.db --name alice");
    let mode = std::fs::metadata(bench.path("alice.db")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn an_encrypted_store_is_made_and_opened_by_its_secret() {
    let bench = Workbench::new();
    bench.write("key", "2a".repeat(32));
    bench.fails("identity new alice.db --name alice --key-file missing", "`missing` can't be read");
    bench.write("short", "2a");
    bench.fails("identity new alice.db --name alice --key-file short", "32 octets or 64 hexadecimal digits");
    assert_eq!(bench.files(), ["key", "short"], "no store is left behind");
    bench.run("identity new alice.db --name alice --key-file key");
    bench.run("identity show alice.db --key-file key");
    bench.run("identity csr alice.db --key-file key --out alice.csr");
    bench.run("keypackage new alice.db --key-file key --out alice.kp");
    assert!(bench.run("state alice.db --key-file key").contains("1 identities, 1 key packages"));
    bench.fails("identity show alice.db", "give --key-file or --passphrase");
    bench.write("other", "2b".repeat(32));
    bench.fails("identity show alice.db --key-file other", "alice.db");
    bench.run("identity new plain.db --name alice");
    bench.fails("identity show plain.db --key-file key", "leave the key away");
}

#[test]
fn a_passphrase_comes_from_the_environment() {
    let bench = Workbench::new();
    let passphrase = [("COPATH_PASSPHRASE", "correct horse")];
    let call = |command: &str, environment: &[(&str, &str)]| {
        bench.call_with(&command.split(' ').collect::<Vec<_>>(), environment).0
    };
    assert_eq!(call("identity new a.db --name alice --passphrase env", &[("COPATH_PASSPHRASE", "")]), 1);
    assert_eq!(bench.files(), [""; 0]);
    assert_eq!(call("identity new a.db --name alice --passphrase env", &passphrase), 0);
    assert_eq!(call("identity show a.db --passphrase env", &passphrase), 0);
    assert_eq!(call("identity show a.db --passphrase env", &[("COPATH_PASSPHRASE", "wrong")]), 1);
}

#[test]
fn a_request_has_what_it_is_told() {
    let bench = Workbench::new();
    bench.run("identity new alice.db --name alice");
    let printed =
        bench.run("identity csr alice.db --subject CN=Alice,O=Example --email a@example.com --out a.csr");
    assert!(printed.starts_with("a request for CN=Alice,O=Example with a key of ed25519"), "{printed}");
    let text = bench.text("a.csr");
    assert!(text.starts_with("-----BEGIN CERTIFICATE REQUEST-----\n"), "{text}");
    let on_stdout =
        bench.run("identity csr alice.db --subject CN=Alice,O=Example --email a@example.com --out -");
    assert_eq!(on_stdout, text, "an Ed25519 signature is the same each time");
    bench.fails("identity csr alice.db --out a.csr", "`a.csr` is there already");
    bench.run("identity csr alice.db --out a.csr --overwrite");
    assert_ne!(bench.text("a.csr"), text);
    bench.fails("identity csr alice.db --subject alice --out b.csr", "CN=Alice,O=Example");
    bench.fails(
        "identity csr alice.db --email \u{e4}lice@example.com --out b.csr",
        "the request can't be made",
    );
    bench.fails("identity csr alice.db --name bob --out b.csr", "it has alice (basic) with ed25519");
    bench.fails("identity csr alice.db --suite 2 --out b.csr", "no such identity");
    bench.run("identity new alice.db --name bob");
    bench.fails("identity csr alice.db --out b.csr", "choose with --name");
    bench.run("identity csr alice.db --name bob --out b.csr");
    bench.run("identity new odd.db --name alice,bob");
    bench.fails("identity csr odd.db --out c.csr", "say --subject");
    assert_eq!(bench.files().iter().filter(|name| name.ends_with(".csr")).count(), 2);
}

#[test]
fn what_is_no_store_is_told() {
    let bench = Workbench::new();
    bench.fails("identity show missing.db", "there is no store here");
    bench.fails("identity csr missing.db --out a.csr", "there is no store here");
    bench.write("text.db", "no database at all, but long enough to look like a file");
    bench.fails("identity show text.db", "text.db");
    bench.fails("identity new text.db --name alice", "text.db");
    bench.fails("identity new missing/a.db --name alice", "missing/a.db");
    assert_eq!(bench.files(), ["text.db"]);
    let (code, _, complaint) = bench.call_with(&["identity", "new", "a.db", "--name", ""], &[]);
    assert_eq!((code, complaint.contains("at least one octet")), (1, true));
    let (code, _, complaint) = bench.call("identity new a.db --name alice --suite 9");
    assert_eq!((code, complaint.contains("copath suites")), (2, true));
}
