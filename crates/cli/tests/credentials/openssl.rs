//! What openssl says about what `copath` writes, and the other way round. Skipped where there is no openssl.

use std::process::Command;

use crate::workbench::Workbench;

fn openssl(bench: &Workbench, command: &str) -> (bool, String) {
    let mut program = Command::new("openssl");
    let output = program.args(command.split(' ')).current_dir(bench.path("")).output().unwrap();
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    (output.status.success(), text(&output.stdout) + &text(&output.stderr))
}

fn is_missing() -> bool {
    let missing = Command::new("openssl").arg("version").output().is_err();
    if missing {
        println!("skipped: there is no openssl command");
    }
    missing
}

#[test]
fn openssl_accepts_requests_chains_lists_and_keys() {
    if is_missing() {
        return;
    }
    for (scheme, suite) in [("ed25519", 1), ("p256", 2), ("p384", 7), ("p521", 5)] {
        let bench = Workbench::new();
        bench.run(&format!("ca init ca --intermediate --scheme {scheme}"));
        bench.run(&format!("identity new alice.db --name alice --suite {suite}"));
        bench.run("identity csr alice.db --email alice@example.com --uri im:alice --dns a.example.com --out alice.csr");
        bench.run("ca issue ca alice.csr --out alice.pem");
        bench.run("ca issue ca alice.csr --out other.pem");
        bench.run("ca crl ca --revoke 3 --out crl.pem");
        let chain = "-CAfile ca/root.pem -untrusted ca/intermediate.pem";
        let with_lists = format!("{chain} -crl_check_all -CRLfile crl.pem");
        let commands = [
            (
                "req -in alice.csr -verify -noout -text".to_owned(),
                true,
                "email:alice@example.com, URI:im:alice",
            ),
            ("x509 -in alice.pem -noout -text".to_owned(), true, "DNS:a.example.com"),
            (format!("verify {chain} -x509_strict alice.pem"), true, "alice.pem: OK"),
            (format!("verify {with_lists} other.pem"), true, "other.pem: OK"),
            (format!("verify {with_lists} alice.pem"), false, "certificate revoked"),
            ("crl -in crl.pem -CAfile ca/intermediate.pem -noout".to_owned(), true, "verify OK"),
            ("pkey -in ca/root.key -check -noout".to_owned(), true, "Key is valid"),
        ];
        for (command, succeeds, expected) in commands {
            // openssl 3 checks EdDSA keys in PEM without their public half, or says that it can't.
            if scheme == "ed25519" && command.starts_with("pkey") {
                continue;
            }
            let (success, printed) = openssl(&bench, &command);
            assert!(success == succeeds && printed.contains(expected), "{scheme}: {command}\n{printed}");
        }
        // The key in the file is that of the certificate.
        let (_, of_key) = openssl(&bench, "pkey -in ca/root.key -pubout");
        let (_, of_certificate) = openssl(&bench, "x509 -in ca/root.pem -noout -pubkey");
        assert_eq!(of_key, of_certificate, "{scheme}");
    }
}

#[test]
fn requests_of_openssl_are_granted() {
    if is_missing() {
        return;
    }
    let bench = Workbench::new();
    bench.run("ca init ca");
    let subject = "/C=SE/O=Example/CN=Alice";
    let cases = [
        ("ed25519", ""),
        ("EC -pkeyopt ec_paramgen_curve:P-256", " -sha256"),
        ("EC -pkeyopt ec_paramgen_curve:P-384", " -sha384"),
        ("EC -pkeyopt ec_paramgen_curve:P-521", " -sha512"),
    ];
    for (algorithm, hash) in cases {
        let (made, said) = openssl(&bench, &format!("genpkey -algorithm {algorithm} -out alice.key"));
        assert!(made, "{said}");
        let request =
            format!("req -new -key alice.key -subj {subject} -addext subjectAltName=email:a@example.com");
        let (made, said) = openssl(&bench, &format!("{request}{hash} -out alice.csr"));
        assert!(made, "{said}");
        bench.run("ca issue ca alice.csr --out alice.pem --overwrite");
        let (good, said) = openssl(&bench, "verify -CAfile ca/root.pem alice.pem");
        assert!(good, "{said}");
        let (_, said) = openssl(&bench, "x509 -in alice.pem -noout -subject -ext subjectAltName");
        assert!(
            said.contains("C = SE, O = Example, CN = Alice") && said.contains("email:a@example.com"),
            "{said}"
        );
    }
    // The hash is that of the suite.
    openssl(&bench, &format!("req -new -key alice.key -subj {subject} -sha256 -out odd.csr"));
    bench.fails("ca issue ca odd.csr --out odd.pem", "P-521 with SHA-512");
    // RSA is none of the suites'.
    openssl(&bench, "req -new -newkey rsa:2048 -nodes -keyout rsa.key -subj /CN=Alice -out rsa.csr");
    bench.fails("ca issue ca rsa.csr --out rsa.pem", "`rsa.csr`: its key or signature is of no scheme");
}
