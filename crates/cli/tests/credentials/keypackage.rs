//! `copath keypackage`.

use std::fs;
use std::path::Path;

use crate::workbench::Workbench;

#[test]
fn key_packages_with_bare_names_in_every_suite_and_encoding() {
    let bench = Workbench::new();
    for suite in 1..=7 {
        let encoding = ["binary", "hex", "base64"][suite % 3];
        bench.run(&format!("identity new {suite}.db --name alice --suite {suite}"));
        let made = bench.run(&format!(
            "keypackage new {suite}.db --suite {suite} --count 2 --days 7 --encoding {encoding} --out {suite}.kp"
        ));
        assert!(
            made.starts_with(&format!("2 key packages of alice (basic), suite {suite}, until ")),
            "{made}"
        );
        let checked = bench.run(&format!("keypackage check {suite}.kp --suite {suite} --expect alice"));
        assert_eq!(
            (checked.matches('✓').count(), checked.matches("? credential: alice is a bare name").count()),
            (8, 2)
        );
        let shown = bench.run(&format!("keypackage show {suite}.kp"));
        assert!(shown.starts_with("2 items, each MLSMessage") && shown.contains(encoding), "{shown}");
        assert_eq!(bench.run(&format!("inspect {suite}.kp")), shown);
    }
    assert!(bench.run("state 1.db").contains("1 identities, 2 key packages"));
}

#[test]
fn each_into_a_file_of_its_own() {
    let bench = Workbench::new();
    bench.run("identity new alice.db --name alice");
    let made = bench.run("keypackage new alice.db --count 3 --split --out kp");
    assert!(made.contains("in kp.1 to kp.3"), "{made}");
    let references: Vec<String> = (1..=3)
        .map(|number| bench.run(&format!("keypackage check kp.{number}")).lines().next().unwrap().to_owned())
        .collect();
    assert!(references[0] != references[1] && references[1] != references[2]);
    bench.fails("keypackage new alice.db --count 4 --split --out kp", "`kp.1` is there already");
    assert!(!bench.path("kp.4").exists());
    assert!(bench.run("state alice.db").contains("3 key packages"), "a refused call makes none");
    bench.run("keypackage new alice.db --count 2 --split --out kp --overwrite");
    bench.fails("keypackage new alice.db --split --out -", "--split writes several files");
    bench.run("keypackage new alice.db --last-resort --out last");
    assert!(bench.run("keypackage show last").contains("extension_type: 0x0006"));
    let json = bench.run("keypackage show last --format json");
    assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok());
}

#[test]
fn what_goes_to_standard_output_is_the_key_package_alone() {
    let bench = Workbench::new();
    bench.run("identity new alice.db --name alice");
    let printed = bench.run("keypackage new alice.db --encoding hex --out -");
    assert!(printed.trim_end().chars().all(|c| c.is_ascii_hexdigit()));
    bench.write("kp", printed);
    bench.run("keypackage check kp");
}

#[test]
fn chains_that_do_not_fit() {
    let bench = Workbench::with_alice();
    bench.run("identity new bob.db --name bob");
    bench.fails(
        "keypackage new bob.db --chain alice.pem --out b.kp",
        "a key that no identity in this store has",
    );
    bench.fails("keypackage new bob.db --chain missing --out b.kp", "`missing` can't be read");
    bench.fails("keypackage new bob.db --chain alice.csr --out b.kp", "holds no CERTIFICATE in");
    bench.fails("keypackage new alice.db --chain ca/root.key --out b.kp", "holds no CERTIFICATE in");
    let chain = bench.text("alice.pem");
    let second = chain.find("The intermediate").unwrap();
    bench.write("backwards.pem", format!("{}{}", &chain[second..], &chain[..second]));
    bench.fails("keypackage new alice.db --chain backwards.pem --out b.kp", "no identity in this store has");
    bench.write("gap.pem", format!("{}{}", &chain[..second], bench.text("ca/root.pem")));
    bench.fails("keypackage new alice.db --chain gap.pem --out b.kp", "each one's issuer");
    bench.fails("keypackage new alice.db --chain alice.pem --suite 2 --out b.kp", "no such identity");
    bench.fails("keypackage new alice.db --chain alice.pem --name bob --out b.kp", "no such identity");
    bench.fails("keypackage new alice.db --out alice.kp", "`alice.kp` is there already");
    assert!(!bench.path("b.kp").exists());
    // Of several identities, the one that the certificate is for.
    bench.run("identity new alice.db --name other");
    bench.run("keypackage new alice.db --chain alice.pem --out b.kp");
    bench.run("keypackage check b.kp --anchor ca/root.pem");
}

/// Option, what is printed about it, and the rule.
const REFUSED: [(&str, &str, &str); 7] = [
    ("--at 2100-01-01", "✗ lifetime: it is over at 2100-01-01T00:00:00Z", "7.3-09"),
    ("--at 2001-09-09", "✗ lifetime: it hasn't begun at 2001-09-09T00:00:00Z", "7.3-09"),
    ("--at 2001-09-09", "it isn't valid yet", "7.3-02"),
    ("--at 2100-01-01", "it has expired", "7.3-02"),
    ("--suite 2", "✗ version and suite: Suite and version equal the GroupContext's", "10.1-02"),
    ("--expect bob@example.com", "and it is of alice@example.com, not bob@example.com", "5.3.1-09"),
    ("--identity uri", "it has no name of the kind that is the identity", "7.3-02"),
];

#[test]
fn a_key_package_is_refused_by_the_rule_that_it_breaks() {
    let bench = Workbench::with_alice();
    bench.run("ca init other");
    for (option, what, rule) in REFUSED {
        let command = format!("keypackage check alice.kp --anchor ca/root.pem {option}");
        let printed = bench.fails(&command, "1 of 1 key package can't be used");
        let line =
            printed.lines().find(|line| line.contains(what)).unwrap_or_else(|| panic!("{option}\n{printed}"));
        assert!(line.contains(&format!("rule {rule}")) || rule == "10.1-02", "{line}");
        assert!(printed.contains(&format!("copath explain {rule}")) && printed.contains("what to do: "));
    }
    let printed = bench.fails("keypackage check alice.kp --anchor other/root.pem", "1 of 1");
    assert!(printed.contains("name it by --anchor"), "{printed}");
    // Where certificates are asked for, a bare name proves nothing.
    bench.run("identity new mallory.db --name alice@example.com");
    bench.run("keypackage new mallory.db --out bare.kp");
    let command = "keypackage check bare.kp --anchor ca/root.pem --expect alice@example.com";
    let printed = bench.fails(command, "1 of 1");
    assert!(printed.contains("no authority vouches"), "{printed}");
    let open = bench.run("keypackage check alice.kp");
    assert!(open.contains("? credential: nobody is trusted to vouch for it: give --anchor FILE"), "{open}");
    let unproven = bench.fails("keypackage check alice.kp --expect alice@example.com", "1 of 1");
    assert!(
        unproven.contains("nothing shows that it is of alice@example.com") && unproven.contains("5.3.1-09")
    );
    bench.run("identity new bob.db --name bob");
    bench.run("keypackage new bob.db --out bob.kp");
    let printed = bench.fails("keypackage check bob.kp --expect alice", "1 of 1");
    assert!(printed.contains("it claims to be bob, not alice (rule 5.3.1-09)"), "{printed}");
}

#[test]
fn one_bad_one_among_good_ones() {
    let bench = Workbench::with_alice();
    let good = bench.read("alice.kp");
    let mut bad = good.clone();
    // The last octet is of the signature.
    *bad.last_mut().unwrap() ^= 1;
    bench.write("both.kp", [good, bad].concat());
    let printed =
        bench.fails("keypackage check both.kp --anchor ca/root.pem", "1 of 2 key packages can't be used");
    assert_eq!(printed.matches("✗ keys and signatures").count(), 1, "{printed}");
    assert!(printed.contains("rule 10-06") && printed.contains("fetch it again"), "{printed}");
}

#[test]
fn what_can_not_be_read_is_told() {
    let bench = Workbench::with_alice();
    let good = bench.read("alice.kp");
    for command in ["check", "show"] {
        bench.write("cut.kp", &good[..200]);
        let (code, printed, complaint) = bench.call(&format!("keypackage {command} cut.kp"));
        assert_eq!((code, printed.as_str()), (1, ""));
        for expected in
            ["malformed MLSMessage at byte", "  field  MLSMessage.key_package.leaf_node", "copath explain"]
        {
            assert!(complaint.contains(expected), "{complaint}");
        }
        assert!(!complaint.contains("--as"), "{complaint}");
        bench.write("long.kp", [&good[..], b"\x00\x01"].concat());
        bench.fails(&format!("keypackage {command} long.kp"), "a complete MLSMessage ends at byte");
        bench.write("empty.kp", "");
        bench.fails(&format!("keypackage {command} empty.kp"), "`empty.kp` is empty");
        bench.write("text.kp", "Dear Bob,");
        bench.fails(&format!("keypackage {command} text.kp"), "neither hex nor base64");
        bench.fails(&format!("keypackage {command} missing.kp"), "`missing.kp` can't be read");
        let welcome = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/inspect/welcome.hex");
        bench.write("welcome", fs::read(welcome).unwrap());
        bench.fails(&format!("keypackage {command} welcome"), "something else than key packages");
    }
    bench.fails("keypackage check alice.kp --anchor alice.pem", "can't be trusted as an authority");
    bench.fails("keypackage check alice.kp --anchor ca/root.pem --crl alice.pem", "holds no X509 CRL");
    bench.fails("keypackage check alice.kp --anchor missing", "`missing` can't be read");
    let wrong = [
        ("keypackage check alice.kp --crl x", "--anchor"),
        ("keypackage check alice.kp --at noon", "2026-01-31T12:00:00Z"),
        ("keypackage new alice.db --count 0 --out x", "1..=1000"),
        ("keypackage new alice.db --days 366 --out x", "1..=365"),
        ("keypackage new alice.db", "--out"),
    ];
    for (command, hint) in wrong {
        let (code, _, complaint) = bench.call(command);
        assert_eq!((code, complaint.contains(hint)), (2, true), "{complaint}");
    }
}

/// The samples of `inspect` are real ones, made long ago.
#[test]
fn a_key_package_without_a_message_around_it() {
    let bench = Workbench::new();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/inspect/bare_key_package.hex");
    bench.write("bare", fs::read(sample).unwrap());
    let shown = bench.run("keypackage show bare");
    assert!(shown.starts_with("KeyPackage, "), "{shown}");
    let (_, printed, _) = bench.call("keypackage check bare --at 2024-01-01");
    assert!(printed.contains("✓ keys and signatures"), "{printed}");
}
