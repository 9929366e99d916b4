//! The labelled functions.
//!
//! RFC 9420 §5.1.2, §5.1.3, §5.2, §8 and §9.1. Every label is prefixed with `MLS 1.0 ` here, except that of
//! [`Suite::ref_hash`], which callers give in full.

use alloc::vec::Vec;

use copath_codec::{LengthHeader, Writer};

use crate::kdf::expand_into;
use crate::{CryptoError, HashOutput, Secret, Signer, Suite, extract};

const PREFIX: &str = "MLS 1.0 ";

impl Suite {
    /// KDF.Extract (RFC 9420 §5.1).
    pub fn extract(&self, salt: &Secret, ikm: &Secret) -> Secret {
        extract(self.hash_primitive(), salt.expose(), &[ikm.expose()])
    }

    /// ExpandWithLabel to `length` octets (RFC 9420 §8).
    ///
    /// # Errors
    /// [`CryptoError::LengthOutOfRange`] if `length` or the label is too long.
    pub fn expand_with_label(
        &self,
        secret: &Secret,
        label: &str,
        context: &[u8],
        length: usize,
    ) -> Result<Secret, CryptoError> {
        self.expand_with_label_bytes(secret, label.as_bytes(), context, length)
    }

    /// ExpandWithLabel with a label of any octets, as the exporter takes it (RFC 9420 §8.5).
    ///
    /// # Errors
    /// [`CryptoError::LengthOutOfRange`] if `length` or the label is too long.
    pub fn expand_with_label_bytes(
        &self,
        secret: &Secret,
        label: &[u8],
        context: &[u8],
        length: usize,
    ) -> Result<Secret, CryptoError> {
        u16::try_from(length).map_err(|_| CryptoError::LengthOutOfRange)?;
        Secret::try_fill(length, |output| self.expand_into(secret.expose(), label, context, output))
    }

    /// ExpandWithLabel to as many octets as `output` has, for secrets that lie side by side in one block.
    ///
    /// RFC 9420 §8.
    ///
    /// # Errors
    /// As [`Suite::expand_with_label`].
    pub fn expand_with_label_into(
        &self,
        secret: &[u8],
        label: &str,
        context: &[u8],
        output: &mut [u8],
    ) -> Result<(), CryptoError> {
        self.expand_into(secret, label.as_bytes(), context, output)
    }

    fn expand_into(
        &self,
        secret: &[u8],
        label: &[u8],
        context: &[u8],
        output: &mut [u8],
    ) -> Result<(), CryptoError> {
        // The encoded KDFLabel, in parts: nothing is copied together for the hash.
        let octets = u16::try_from(output.len()).map_err(|_| CryptoError::LengthOutOfRange)?.to_be_bytes();
        let label_header = header(PREFIX.len().saturating_add(label.len()))?;
        let context_header = header(context.len())?;
        let parts = [
            &octets[..],
            label_header.as_bytes(),
            PREFIX.as_bytes(),
            label,
            context_header.as_bytes(),
            context,
        ];
        expand_into(self.hash_primitive(), secret, &parts, output)
    }

    /// DeriveSecret (RFC 9420 §8).
    ///
    /// # Errors
    /// As [`Suite::expand_with_label`].
    pub fn derive_secret(&self, secret: &Secret, label: &str) -> Result<Secret, CryptoError> {
        self.expand_with_label(secret, label, &[], self.hash_length())
    }

    /// DeriveTreeSecret to `length` octets (RFC 9420 §9.1).
    ///
    /// # Errors
    /// As [`Suite::expand_with_label`].
    pub fn derive_tree_secret(
        &self,
        secret: &Secret,
        label: &str,
        generation: u32,
        length: usize,
    ) -> Result<Secret, CryptoError> {
        self.expand_with_label(secret, label, &generation.to_be_bytes(), length)
    }

    /// RefHash (RFC 9420 §5.2); `label` is given in full.
    ///
    /// # Errors
    /// [`CryptoError::LengthOutOfRange`] if `value` is longer than a vector can be.
    pub fn ref_hash(&self, label: &str, value: &[u8]) -> Result<HashOutput, CryptoError> {
        let (label_header, value_header) = (header(label.len())?, header(value.len())?);
        Ok(self.hash(&[label_header.as_bytes(), label.as_bytes(), value_header.as_bytes(), value]))
    }

    /// SignWithLabel (RFC 9420 §5.1.2).
    ///
    /// # Errors
    /// The signer fails or has another scheme than the suite.
    pub fn sign_with_label(
        &self,
        signer: &dyn Signer,
        label: &str,
        content: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        if signer.scheme() != self.parameters().signature {
            return Err(CryptoError::InvalidPrivateKey);
        }
        signer.sign(&labelled(label, content)?)
    }

    /// SignWithLabel of what `write` appends, about `length` octets: it is encoded where it is signed, and not copied.
    ///
    /// # Errors
    /// As [`Suite::sign_with_label`].
    pub fn sign_written(
        &self,
        signer: &dyn Signer,
        label: &str,
        length: usize,
        write: impl FnOnce(&mut Writer),
    ) -> Result<Vec<u8>, CryptoError> {
        if signer.scheme() != self.parameters().signature {
            return Err(CryptoError::InvalidPrivateKey);
        }
        signer.sign(&labelled_by(label, length, write)?)
    }

    /// VerifyWithLabel of what `write` appends, about `length` octets.
    ///
    /// # Errors
    /// As [`Suite::verify_with_label`].
    pub fn verify_written(
        &self,
        public_key: &[u8],
        signature: &[u8],
        (label, length): (&str, usize),
        write: impl FnOnce(&mut Writer),
    ) -> Result<(), CryptoError> {
        self.signature().verify(public_key, &labelled_by(label, length, write)?, signature)
    }

    /// VerifyWithLabel (RFC 9420 §5.1.2).
    ///
    /// # Errors
    /// [`CryptoError::InvalidPublicKey`], [`CryptoError::InvalidSignature`].
    pub fn verify_with_label(
        &self,
        public_key: &[u8],
        label: &str,
        content: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        self.signature().verify(public_key, &labelled(label, content)?, signature)
    }

    /// The `info` of EncryptWithLabel: the encoded EncryptContext (RFC 9420 §5.1.3).
    ///
    /// # Errors
    /// [`CryptoError::LengthOutOfRange`] if `context` is longer than a vector can be.
    pub fn encrypt_context(label: &str, context: &[u8]) -> Result<Vec<u8>, CryptoError> {
        labelled(label, context)
    }
}

/// The prefixed label and the content, each as a vector.
fn labelled(label: &str, content: &[u8]) -> Result<Vec<u8>, CryptoError> {
    let label_header = header(PREFIX.len().saturating_add(label.len()))?;
    let content_header = header(content.len())?;
    let parts =
        [label_header.as_bytes(), PREFIX.as_bytes(), label.as_bytes(), content_header.as_bytes(), content];
    Ok(parts.concat())
}

/// The prefixed label and what `write` appends, each as a vector.
fn labelled_by(label: &str, length: usize, write: impl FnOnce(&mut Writer)) -> Result<Vec<u8>, CryptoError> {
    /// Room for the prefix and the headers.
    const HEADERS: usize = 16;
    let mut writer = Writer::with_capacity(length.saturating_add(label.len()).saturating_add(HEADERS));
    writer.vector(|w| {
        w.bytes(PREFIX.as_bytes()).bytes(label.as_bytes());
    });
    writer.vector(write);
    writer.finish().map_err(|_| CryptoError::LengthOutOfRange)
}

fn header(length: usize) -> Result<LengthHeader, CryptoError> {
    LengthHeader::of(length).ok_or(CryptoError::LengthOutOfRange)
}
