//! `copath ca`.

use crate::workbench::Workbench;

#[test]
fn every_scheme_certifies_every_key() {
    for (scheme, suite) in [("ed25519", "2"), ("p256", "7"), ("p384", "5"), ("p521", "1")] {
        let bench = Workbench::new();
        bench.run(&format!("ca init ca --scheme {scheme}"));
        bench.run(&format!("identity new alice.db --name alice --suite {suite}"));
        bench.run("identity csr alice.db --email alice@example.com --out alice.csr");
        let issued = bench.run("ca issue ca alice.csr --out alice.pem");
        assert!(issued.starts_with("serial number 2: CN=alice, valid until "), "{issued}");
        bench.run("keypackage new alice.db --chain alice.pem --out alice.kp");
        let checked = bench.run("keypackage check alice.kp --anchor ca/root.pem --expect alice@example.com");
        assert!(checked.contains("✓ credential: alice@example.com"), "{checked}");
        bench.run("ca crl ca --revoke 2 --out crl.pem");
        bench.fails("keypackage check alice.kp --anchor ca/root.pem --crl crl.pem", "1 of 1 key package");
    }
}

#[test]
fn all_that_it_writes_says_that_it_is_for_tests() {
    let bench = Workbench::with_alice();
    bench.run("ca crl ca --out crl.pem");
    for file in ["ca/root.pem", "ca/intermediate.pem", "alice.pem", "crl.pem"] {
        assert!(bench.text(file).starts_with("Made by `copath ca`, a test tool"), "{file}");
    }
    assert!(bench.text("ca/register.json").contains("a test tool"));
    assert!(bench.run("ca --help").contains("A test tool"));
    let issuer = b"copath test CA - for tests only";
    for file in ["ca/root.pem", "alice.pem", "crl.pem"] {
        let text = bench.text(file);
        let base64: String = text.lines().filter(|line| !line.contains(['-', ' '])).collect();
        let der = data_encoding::BASE64.decode(&base64.as_bytes()[..400]).unwrap();
        assert!(der.windows(issuer.len()).any(|window| window == issuer), "{file}");
    }
}

#[cfg(unix)]
#[test]
fn private_keys_are_their_owners_alone_and_stay_in_their_files() {
    use std::os::unix::fs::PermissionsExt as _;
    let bench = Workbench::new();
    let printed = bench.run("ca init ca --intermediate");
    for file in ["ca/root.key", "ca/intermediate.key"] {
        let mode = std::fs::metadata(bench.path(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
        let key = bench.text(file).lines().nth(1).unwrap().to_owned();
        assert!(!printed.contains(&key) && !bench.text("ca/register.json").contains(&key));
    }
}

#[test]
fn nothing_is_overwritten_unasked() {
    let bench = Workbench::with_alice();
    let (key, chain) = (bench.read("ca/root.key"), bench.read("alice.pem"));
    bench.fails("ca init ca", "say --overwrite");
    bench.fails("ca issue ca alice.csr --out alice.pem", "`alice.pem` is there already");
    assert_eq!((bench.read("ca/root.key"), bench.read("alice.pem")), (key.clone(), chain.clone()));
    let issued = bench.run("ca issue ca alice.csr --out alice.pem --overwrite");
    assert!(issued.starts_with("serial number 4"), "a refused call uses no number up: {issued}");
    assert_ne!(bench.read("alice.pem"), chain);
    bench.run("ca init ca --overwrite --name Other");
    assert_ne!(bench.read("ca/root.key"), key);
    assert!(!bench.path("ca/intermediate.pem").exists() && !bench.path("ca/intermediate.key").exists());
    let refused = bench.fails("keypackage check alice.kp --anchor ca/root.pem", "1 of 1");
    assert!(refused.contains("leads to no trust anchor"), "{refused}");
}

#[test]
fn a_new_list_keeps_what_was_revoked_before() {
    let bench = Workbench::with_alice();
    bench.run("ca issue ca alice.csr --out second.pem");
    bench.run("ca crl ca --revoke 3 --out first.pem");
    let printed = bench.run("ca crl ca --revoke 4 --revoke 3 --out second-list.pem");
    assert_eq!(printed.matches("revoked: serial number").count(), 2);
    bench.run("ca crl ca --out third-list.pem");
    for list in ["first.pem", "second-list.pem", "third-list.pem"] {
        let command = format!("keypackage check alice.kp --anchor ca/root.pem --crl {list}");
        assert!(bench.fails(&command, "1 of 1").contains("has revoked it"));
    }
    // A revoked intermediate authority takes all below it along.
    let bench = Workbench::with_alice();
    bench.run("ca crl ca --revoke 2 --out list.pem");
    let refused = bench.fails("keypackage check alice.kp --anchor ca/root.pem --crl list.pem", "1 of 1");
    assert!(
        refused.contains("certificate 1 of the chain") && refused.contains("has revoked it"),
        "{refused}"
    );
}

#[test]
fn requests_that_can_not_be_granted() {
    let bench = Workbench::with_alice();
    let csr = bench.text("alice.csr");
    bench.fails("ca issue ca missing.csr --out b.pem", "`missing.csr` can't be read");
    bench.fails("ca issue ca alice.pem --out b.pem", "holds no CERTIFICATE REQUEST");
    bench.write("two.csr", format!("{csr}{csr}"));
    bench.fails(
        "ca issue ca two.csr --out b.pem",
        "holds no CERTIFICATE REQUEST in PEM or DER, or something else",
    );
    bench.write("empty.csr", "");
    bench.fails("ca issue ca empty.csr --out b.pem", "empty.csr");
    // One octet of the subject is another one: the signature is no longer right.
    let base64: String = csr.lines().filter(|line| !line.starts_with('-')).collect();
    let mut der = data_encoding::BASE64.decode(base64.as_bytes()).unwrap();
    let at = der.windows(5).position(|window| window == b"alice").unwrap();
    der[at] = b'm';
    bench.write("forged.csr", &der);
    bench.fails(
        "ca issue ca forged.csr --out b.pem",
        "`forged.csr`: it isn't signed by the key that it is for",
    );
    bench.write("cut.csr", &der[..40]);
    bench.fails("ca issue ca cut.csr --out b.pem", "the certificate request can't be read");
    bench.run("identity new ed448.db --name alice --suite 4");
    bench.run("identity csr ed448.db --out ed448.csr");
    bench.fails("ca issue ca ed448.csr --out b.pem", "use suite 1, 2, 3, 5 or 7");
    bench.run("identity csr alice.db --subject CN=Alice,OU=a,OU=b --out ous.csr");
    bench.fails("ca issue ca ous.csr --out b.pem", "one attribute of a type");
    bench.fails("ca issue ca alice.csr --out b.pem --days 4000000000", "after the year 9999");
    assert!(!bench.path("b.pem").exists());
    bench.run("ca issue ca alice.csr --out b.pem --at 2026-01-31");
}

#[test]
fn damaged_authorities() {
    let bench = Workbench::with_alice();
    bench.fails("ca issue nowhere alice.csr --out b.pem", "there is no test CA in `nowhere`");
    bench.fails("ca crl nowhere --out b.pem", "there is no test CA in `nowhere`");
    bench.fails(
        "ca crl ca --revoke 9 --out b.pem",
        "no certificate with serial number 9; its register has 1, 2, 3",
    );
    bench.fails("ca crl ca --revoke 1 --out b.pem", "is the root");
    let key = bench.read("ca/intermediate.key");
    bench.write("ca/intermediate.key", bench.read("ca/root.key"));
    bench.fails("ca issue ca alice.csr --out b.pem", "the private key isn't that of the certificate");
    bench.write("ca/intermediate.key", "no key");
    bench.fails("ca issue ca alice.csr --out b.pem", "holds no PRIVATE KEY");
    bench.write("ca/intermediate.key", key);
    let certificate = bench.read("ca/intermediate.pem");
    bench.run("ca issue ca alice.csr --out single.pem");
    let single = bench.text("single.pem");
    let end = single.find("The intermediate").unwrap();
    bench.write("ca/intermediate.pem", &single[..end]);
    bench.fails("ca issue ca alice.csr --out b.pem", "isn't that of a certification authority");
    bench.write("ca/intermediate.pem", certificate);
    let register = bench.text("ca/register.json");
    for damaged in [&register[..40], "{}", &register.replace("\"format\": 1", "\"format\": 2")] {
        bench.write("ca/register.json", damaged);
        bench.fails("ca issue ca alice.csr --out b.pem", "isn't the register of a test CA");
    }
    assert!(!bench.path("b.pem").exists());
    bench.write("ca/register.json", register);
    bench.run("ca crl ca --revoke 3 --out b.pem");
    let names =
        [("ca init other --name \x07", 2), ("ca init other --days 0", 2), ("ca init alice.pem/ca", 1)];
    for (command, code) in names {
        assert_eq!(bench.call(command).0, code, "{command}");
    }
}

#[test]
fn no_certificate_outlives_its_issuer() {
    for (init, issuer) in [("ca init ca --days 30", "root"), ("ca init ca --days 30 --intermediate", "both")]
    {
        let bench = Workbench::new();
        bench.run(&format!("{init} --at 2026-01-01"));
        bench.run("identity new alice.db --name alice");
        bench.run("identity csr alice.db --out alice.csr");
        let within = bench.run("ca issue ca alice.csr --out short.pem --days 29 --at 2026-01-01");
        assert!(
            within.contains("valid until 2026-01-30T00:00:00Z") && !within.contains("not for"),
            "{within}"
        );
        let clipped = bench.run("ca issue ca alice.csr --out long.pem --days 31 --at 2026-01-01");
        assert!(clipped.contains("valid until 2026-01-31T00:00:00Z"), "{issuer}: {clipped}");
        assert!(clipped.contains("not for 31 days: the certificate of its issuer ends then"), "{clipped}");
        let register = bench.text("ca/register.json");
        bench.fails(
            "ca issue ca alice.csr --out late.pem --at 2026-01-31",
            "the certificate of the authority ended at 2026-01-31T00:00:00Z",
        );
        assert_eq!(bench.text("ca/register.json"), register, "no number is used up");
        assert!(!bench.path("late.pem").exists());
    }
}

/// What a process finds when its turn comes is what counts.
#[test]
fn a_process_waits_for_the_one_before() {
    let bench = Workbench::with_alice();
    let file = std::fs::File::options().write(true).open(bench.path("ca/lock")).unwrap();
    let mut lock = fd_lock::RwLock::new(file);
    let alone = lock.write().unwrap();
    let mut waiting = [
        bench.begin("ca issue ca alice.csr --out late.pem"),
        bench.begin("ca crl ca --revoke 3 --out late-list.pem"),
        bench.begin("ca init ca"),
    ];
    let register = bench.text("ca/register.json");
    bench.write("ca/register.json", register.replace("\"next_serial\": 4", "\"next_serial\": 40"));
    drop(alone);
    let codes = waiting.each_mut().map(|process| process.wait().unwrap().code());
    assert_eq!(codes, [Some(0), Some(0), Some(1)]);
    let register = bench.text("ca/register.json");
    assert!(register.contains("\"serial\": 40,") && register.contains("\"next_serial\": 41"), "{register}");
    assert_eq!(register.matches("\"revoked\": null").count(), 3, "all but number 3: {register}");
}

#[test]
fn processes_at_once_give_each_number_once() {
    let bench = Workbench::with_alice();
    let mut processes: Vec<_> =
        (0..8).map(|number| bench.begin(&format!("ca issue ca alice.csr --out {number}.pem"))).collect();
    for process in &mut processes {
        assert!(process.wait().unwrap().success());
    }
    let serials: std::collections::BTreeSet<String> = (0..8)
        .map(|number| bench.text(&format!("{number}.pem")).lines().nth(1).unwrap().to_owned())
        .collect();
    assert_eq!(serials.len(), 8, "{serials:?}");
}

#[cfg(unix)]
#[test]
fn directories_links_and_devices_are_never_replaced() {
    let bench = Workbench::with_alice();
    std::fs::create_dir(bench.path("directory")).unwrap();
    std::os::unix::fs::symlink("alice.csr", bench.path("link")).unwrap();
    let request = bench.read("alice.csr");
    let cases = [
        ("directory", "a directory"),
        ("link", "a symbolic link"),
        ("/dev/null", "a device, a pipe or a socket"),
    ];
    for (name, kind) in cases {
        let expected = format!("`{name}` is {kind}, which is never replaced");
        for overwrite in ["", " --overwrite"] {
            bench.fails(&format!("ca issue ca alice.csr --out {name}{overwrite}"), &expected);
            bench.fails(&format!("ca crl ca --out {name}{overwrite}"), &expected);
            bench.fails(&format!("identity csr alice.db --out {name}{overwrite}"), &expected);
            bench.fails(&format!("keypackage new alice.db --out {name}{overwrite}"), &expected);
        }
    }
    bench.fails("ca issue ca alice.csr --out nowhere/b.pem", "`nowhere` is no directory");
    bench.fails("ca init alice.csr", "`alice.csr` is no directory");
    assert_eq!(bench.read("alice.csr"), request);
    assert!(
        bench.run("ca issue ca alice.csr --out b.pem").starts_with("serial number 4"),
        "none was used up"
    );
}
