//! Private keys of authorities in files: PKCS #8 in PEM, which other programs read too.
//!
//! RFC 5958, RFC 8410 §7, RFC 5915 §3. Each scheme has private keys of one length, so that all before the key is fixed.

use std::path::Path;
use std::sync::Arc;

use copath::{CryptoProvider, Secret, Signer, Suite};

use crate::authority::Scheme;
use crate::failure::Failure;
use crate::files::{self, Existing, Readers};
use crate::pem::{self, Label};

/// What stands before the key, in hex.
fn prefix(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Ed25519 => "302e020100300506032b657004220420",
        Scheme::P256 => "3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420",
        Scheme::P384 => "304e020100301006072a8648ce3d020106052b81040022043730350201010430",
        Scheme::P521 => "3060020100301006072a8648ce3d020106052b81040023044930470201010442",
    }
}

const SCHEMES: [Scheme; 4] = [Scheme::Ed25519, Scheme::P256, Scheme::P384, Scheme::P521];

/// A fresh key, in the file alone.
pub(super) fn generate(
    provider: &Arc<dyn CryptoProvider>,
    scheme: Scheme,
    path: &Path,
    existing: Existing,
) -> Result<Arc<dyn Signer>, Failure> {
    let suite = Suite::new(provider, scheme.suite()).map_err(copath::Error::from)?;
    let keys = suite.generate_signature_key_pair().map_err(copath::Error::from)?;
    let signer = suite.signature().signer(&keys.private_key).map_err(copath::Error::from)?;
    let text = pem::encode(Label::PrivateKey, encode(scheme, &keys.private_key).expose());
    files::write(path, text.expose(), Readers::Owner, existing)?;
    Ok(signer)
}

/// The key in a file.
pub(super) fn read(provider: &Arc<dyn CryptoProvider>, path: &Path) -> Result<Arc<dyn Signer>, Failure> {
    let name = path.display().to_string();
    let der = pem::read_one(&name, Label::PrivateKey)?;
    let bad = || Failure::BadPrivateKey { name: name.clone() };
    let (scheme, key) = decode(&der).ok_or_else(bad)?;
    let suite = Suite::new(provider, scheme.suite()).map_err(copath::Error::from)?;
    suite.signature().signer(&key).map_err(|_| bad())
}

fn encode(scheme: Scheme, key: &Secret) -> Secret {
    let head = hex::decode(prefix(scheme)).unwrap_or_default();
    let mut der = Vec::with_capacity(head.len().saturating_add(key.len()));
    der.extend_from_slice(&head);
    der.extend_from_slice(key.expose());
    Secret::from(der)
}

fn decode(der: &Secret) -> Option<(Scheme, Secret)> {
    SCHEMES.into_iter().find_map(|scheme| {
        let head = hex::decode(prefix(scheme)).ok()?;
        let key = der.expose().strip_prefix(&head[..])?;
        // The second octet counts all that follow it.
        (usize::from(*head.get(1)?) + 2 == der.len()).then(|| (scheme, Secret::copy_of(key)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_they_were_written() {
        let provider = copath_provider_rustcrypto::provider();
        let directory = tempfile::tempdir().unwrap();
        for scheme in SCHEMES {
            let path = directory.path().join(format!("{scheme:?}.key"));
            let made = generate(&provider, scheme, &path, Existing::Keep).unwrap();
            let again = read(&provider, &path).unwrap();
            assert_eq!((again.scheme(), again.public_key()), (made.scheme(), made.public_key()));
            assert_eq!(Scheme::of(&*again), Some(scheme));
        }
    }

    #[test]
    fn other_files_hold_no_key() {
        let provider = copath_provider_rustcrypto::provider();
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        let good = encode(Scheme::Ed25519, &Secret::copy_of(&[7; 32]));
        let long = [good.expose(), b"x"].concat();
        let cases = [&good.expose()[..47], &long, b"\x30\x00", b"", b"another key"];
        for der in cases {
            std::fs::write(&path, pem::encode(Label::PrivateKey, der).expose()).unwrap();
            assert!(matches!(read(&provider, &path), Err(Failure::BadPrivateKey { .. })));
        }
        std::fs::write(&path, pem::encode(Label::Certificate, good.expose()).expose()).unwrap();
        assert!(matches!(read(&provider, &path), Err(Failure::NotPem { label: Label::PrivateKey, .. })));
        // A scalar of zero is no key.
        let zero = encode(Scheme::P256, &Secret::zero(32));
        std::fs::write(&path, pem::encode(Label::PrivateKey, zero.expose()).expose()).unwrap();
        assert!(matches!(read(&provider, &path), Err(Failure::BadPrivateKey { .. })));
    }
}
