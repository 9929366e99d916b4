//! Requests for certificates.

use copath_credentials_x509::{CertificateRequest, Limits, RequestedName, X509Error};
use copath_crypto::{CryptoError, SignatureScheme};

use crate::authority::{ED25519, Key};

const SCHEMES: [SignatureScheme; 4] = [
    ED25519,
    SignatureScheme::ECDSA_SECP256R1_SHA256,
    SignatureScheme::ECDSA_SECP384R1_SHA384,
    SignatureScheme::ECDSA_SECP521R1_SHA512,
];

fn names() -> [RequestedName; 3] {
    [
        RequestedName::EmailAddress("alice@example.com".into()),
        RequestedName::Uri("im:alice@example.com".into()),
        RequestedName::DnsName("phone.example.com".into()),
    ]
}

#[test]
fn a_request_is_read_as_it_was_made() {
    let provider = copath_provider_rustcrypto::provider();
    for scheme in SCHEMES {
        let key = Key::new(scheme);
        let made = CertificateRequest::new(&*key.0, "CN=Alice,O=Example", &names()).unwrap();
        let der = made.to_der().unwrap();
        let read = CertificateRequest::from_der(&der, &*provider, &Limits::DEFAULT).unwrap();
        assert_eq!(read, made);
        assert_eq!((read.scheme(), read.public_key()), (scheme, key.public()));
        assert_eq!(read.subject().to_string(), "CN=Alice,O=Example");
        assert_eq!(read.names(), names());
        assert!(made.to_pem().unwrap().starts_with("-----BEGIN CERTIFICATE REQUEST-----\n"));
    }
}

#[test]
fn a_request_without_names_is_fine_and_bad_names_are_not() {
    let key = Key::new(ED25519);
    let request = CertificateRequest::new(&*key.0, "CN=Alice", &[]).unwrap();
    assert_eq!(request.names(), []);
    let bad = CertificateRequest::new(&*key.0, "Alice", &[]);
    assert_eq!(bad, Err(X509Error::MalformedName));
    let (mail, uri, host) = (RequestedName::EmailAddress, RequestedName::Uri, RequestedName::DnsName);
    let with = |name: RequestedName| CertificateRequest::new(&*key.0, "CN=Alice", &[name]);
    for text in
        ["älice@example.com", "", "alice", "@example.com", "alice@", "a@b@c", "a b@c", "a@b..c", "a@b\0"]
    {
        assert_eq!(with(mail(text.into())), Err(X509Error::MalformedName), "{text}");
    }
    for text in ["", "alice", ":", "im:", ":alice", "1m:alice", "i m:alice", "im:al ice", "im:älice"] {
        assert_eq!(with(uri(text.into())), Err(X509Error::MalformedName), "{text}");
    }
    for text in ["", ".", "a..b", "a.", "a b", "a@b", "phöne"] {
        assert_eq!(with(host(text.into())), Err(X509Error::MalformedName), "{text}");
    }
    for name in [mail("o'neil+x@localhost".into()), uri("urn:uuid:f81d4fae".into()), host("_a-b.c1".into())] {
        with(name.clone()).unwrap_or_else(|error| panic!("{name:?}: {error}"));
    }
}

#[test]
fn a_request_is_signed_by_its_own_key() {
    let provider = copath_provider_rustcrypto::provider();
    let key = Key::new(ED25519);
    let mut der = CertificateRequest::new(&*key.0, "CN=Alice", &names()).unwrap().to_der().unwrap();
    let at = der.windows(5).position(|window| window == b"Alice").unwrap();
    der[at] = b'M';
    let verdict = CertificateRequest::from_der(&der, &*provider, &Limits::DEFAULT);
    assert_eq!(verdict, Err(X509Error::Crypto(CryptoError::InvalidSignature)));
    let verdict = CertificateRequest::from_der(&der[..9], &*provider, &Limits::DEFAULT);
    assert_eq!(verdict, Err(X509Error::MalformedRequest));
}

#[test]
fn openssl_verifies_a_request() {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let key = Key::new(SignatureScheme::ECDSA_SECP256R1_SHA256);
    let pem = CertificateRequest::new(&*key.0, "CN=Alice,O=Example", &names()).unwrap().to_pem().unwrap();
    let arguments = ["req", "-verify", "-noout", "-text"];
    let openssl = Command::new("openssl")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut openssl) = openssl else {
        println!("skipped: there is no openssl command");
        return;
    };
    openssl.stdin.take().unwrap().write_all(pem.as_bytes()).unwrap();
    let output = openssl.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    for expected in ["O = Example, CN = Alice", "email:alice@example.com", "URI:im:alice@example.com"] {
        assert!(text.contains(expected), "{text}");
    }
}
