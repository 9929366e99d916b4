//! A credential from a chain.

use copath_codec::Opaque;
use copath_credentials::{CertificateDefect as D, Credential};
use copath_credentials_x509::{Limits, X509Error, credential_from_der, credential_from_pem};
use copath_crypto::{CryptoError, SignatureScheme, Signer};

use crate::authority::{ED25519, Key};
use crate::fixtures::{hierarchy, read};
use crate::hierarchy::Hierarchy;

/// Only the public half of a key.
#[derive(Debug)]
struct Public(Vec<u8>);

impl Signer for Public {
    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::ECDSA_SECP256R1_SHA256
    }

    fn public_key(&self) -> &[u8] {
        &self.0
    }

    fn sign(&self, _: &[u8]) -> Result<Vec<u8>, CryptoError> {
        Err(CryptoError::SignerUnavailable)
    }
}

#[test]
fn a_chain_in_pem_becomes_a_credential() {
    let fixture = hierarchy("p256", "leaf");
    let pem = String::from_utf8(read("p256/chain.pem")).unwrap();
    let credential = credential_from_pem(&pem, &Public(fixture.key.clone()), &Limits::DEFAULT).unwrap();
    assert_eq!(credential, Credential::X509 { certificates: fixture.chain });
    let with_text = format!("subject: Alice\n{pem}\nend\n");
    assert_eq!(credential_from_pem(&with_text, &Public(fixture.key), &Limits::DEFAULT), Ok(credential));
}

#[test]
fn what_is_not_certificates_in_pem_is_refused() {
    let fixture = hierarchy("p256", "leaf");
    let pem = String::from_utf8(read("p256/chain.pem")).unwrap();
    let read = |text: &str| credential_from_pem(text, &Public(fixture.key.clone()), &Limits::DEFAULT);
    assert_eq!(read("nothing"), Err(X509Error::EmptyChain));
    let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    assert_eq!(read(&format!("{pem}{key}")), Err(X509Error::MalformedPem));
    assert_eq!(read("-----BEGIN CERTIFICATE-----\nAAAA"), Err(X509Error::MalformedPem));
    assert_eq!(read(&pem.replace('M', "!")), Err(X509Error::MalformedPem));
}

#[test]
fn a_chain_is_checked_before_it_is_used() {
    let h = Hierarchy::new();
    let (leaf, middle, root) = (&h.leaf.der, &h.middle.der, &h.root.der);
    let own = |chain: &[&Vec<u8>]| {
        let chain = chain.iter().map(|der| (*der).clone()).collect();
        credential_from_der(chain, &*h.leaf.key.0, &Limits::DEFAULT)
    };
    let refused = |result: Result<Credential, X509Error>| match result {
        Err(X509Error::Certificate(error)) => (error.position, error.defect),
        other => panic!("no certificate was refused: {other:?}"),
    };
    let certificates = [leaf, middle, root].map(|der| Opaque::from(der.as_slice()));
    assert_eq!(own(&[leaf, middle, root]), Ok(Credential::X509 { certificates: certificates.to_vec() }));
    assert_eq!(own(&[]), Err(X509Error::EmptyChain));
    assert_eq!(own(&[leaf; 9]), Err(X509Error::ChainTooLong { length: 9, limit: 8 }));
    assert_eq!(refused(own(&[middle, root])), (0, D::KeyMismatch));
    assert_eq!(refused(own(&[leaf, root])), (1, D::WrongOrder));
    assert_eq!(refused(own(&[leaf, &vec![1, 2, 3]])), (1, D::Malformed));
    let other = credential_from_der(vec![leaf.clone()], &*Key::new(ED25519).0, &Limits::DEFAULT);
    assert_eq!(refused(other), (0, D::KeyMismatch));
}
