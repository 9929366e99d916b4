//! The key schedule of base mode, in two steps.
//!
//! RFC 9180 §5.1, §5.1.1 and §6.

use alloc::vec::Vec;
use core::fmt;

use copath_crypto::{CryptoError, Secret, Suite};

use crate::labeled::LabeledKdf;

/// The mode octet of base mode (RFC 9180 §5, table 1).
const MODE_BASE: u8 = 0x00;

/// HPKE in base mode with one `info`, for any number of recipients.
///
/// RFC 9180 §5.1.1. It holds the `key_schedule_context`, which depends on the suite and on `info`, but not on the
/// recipient; nothing in it is secret.
#[derive(Clone)]
pub struct Base {
    suite: Suite,
    suite_id: [u8; 10],
    key_schedule_context: Vec<u8>,
}

/// An encapsulated key and what was encrypted to it.
///
/// `HPKECiphertext` of RFC 9420 §7.6 has the same two parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HpkeOutput {
    /// `enc`, Nenc octets.
    pub kem_output: Vec<u8>,
    /// The ciphertext with its tag.
    pub ciphertext: Vec<u8>,
}

impl Base {
    /// Base mode of `suite` with `info`: the part of KeySchedule that no recipient changes.
    ///
    /// RFC 9180 §5.1.
    pub fn new(suite: &Suite, info: &[u8]) -> Self {
        let suite_id = suite_id(suite);
        let kdf = LabeledKdf { hash: suite.hash_primitive(), suite_id: &suite_id };
        let psk_id_hash = kdf.extract(&[], "psk_id_hash", &[]);
        let info_hash = kdf.extract(&[], "info_hash", info);
        let mut key_schedule_context = Vec::with_capacity(1 + psk_id_hash.len() + info_hash.len());
        key_schedule_context.push(MODE_BASE);
        key_schedule_context.extend_from_slice(psk_id_hash.expose());
        key_schedule_context.extend_from_slice(info_hash.expose());
        Self { suite: suite.clone(), suite_id, key_schedule_context }
    }

    /// SealBase: encrypts one `plaintext` to `public_key`.
    ///
    /// RFC 9180 §6.1. `seed` is fresh randomness of the KEM's private key length; it must never be used again.
    ///
    /// # Errors
    /// [`CryptoError::InvalidPublicKey`] or [`CryptoError::DegenerateSharedSecret`] for a bad `public_key`;
    /// [`CryptoError::LengthOutOfRange`] for a `seed` of the wrong length.
    pub fn seal(
        &self,
        public_key: &[u8],
        seed: &Secret,
        aad: &[u8],
        plaintext: &[u8],
    ) -> Result<HpkeOutput, CryptoError> {
        let encapsulation = self.suite.kem().encap(public_key, seed.expose())?;
        let (key, nonce) = self.key_and_nonce(&encapsulation.shared_secret)?;
        let ciphertext = self.suite.seal(&key, nonce.expose(), aad, plaintext)?;
        Ok(HpkeOutput { kem_output: encapsulation.kem_output, ciphertext })
    }

    /// OpenBase: decrypts what [`Base::seal`] encrypted to the key pair.
    ///
    /// RFC 9180 §6.1.
    ///
    /// # Errors
    /// [`CryptoError::DecryptionFailed`], whatever the reason.
    pub fn open(
        &self,
        private_key: &Secret,
        public_key: &[u8],
        kem_output: &[u8],
        aad: &[u8],
        ciphertext: &[u8],
    ) -> Result<Secret, CryptoError> {
        self.try_open((private_key, public_key), kem_output, aad, ciphertext)
            .map_err(|_| CryptoError::DecryptionFailed)
    }

    /// SendExportBase: an encapsulated key and `length` octets that the recipient can export too.
    ///
    /// RFC 9180 §6.2; for the external init secret of RFC 9420 §8.3. `seed` as in [`Base::seal`].
    ///
    /// # Errors
    /// [`CryptoError::InvalidPublicKey`] or [`CryptoError::DegenerateSharedSecret`] for a bad `public_key`;
    /// [`CryptoError::LengthOutOfRange`] for a bad `length` or `seed`.
    pub fn export_to(
        &self,
        public_key: &[u8],
        seed: &Secret,
        exporter_context: &[u8],
        length: usize,
    ) -> Result<(Vec<u8>, Secret), CryptoError> {
        let encapsulation = self.suite.kem().encap(public_key, seed.expose())?;
        let exported = self.export(&encapsulation.shared_secret, exporter_context, length)?;
        Ok((encapsulation.kem_output, exported))
    }

    /// ReceiveExportBase: the octets that [`Base::export_to`] gave the sender.
    ///
    /// RFC 9180 §6.2.
    ///
    /// # Errors
    /// [`CryptoError::InvalidPublicKey`] or [`CryptoError::DegenerateSharedSecret`] for a bad `kem_output`;
    /// [`CryptoError::InvalidPrivateKey`]; [`CryptoError::LengthOutOfRange`] for a bad `length`.
    pub fn export_from(
        &self,
        private_key: &Secret,
        public_key: &[u8],
        kem_output: &[u8],
        exporter_context: &[u8],
        length: usize,
    ) -> Result<Secret, CryptoError> {
        let shared_secret = self.suite.kem().decap(private_key.expose(), public_key, kem_output)?;
        self.export(&shared_secret, exporter_context, length)
    }

    fn try_open(
        &self,
        (private_key, public_key): (&Secret, &[u8]),
        kem_output: &[u8],
        aad: &[u8],
        ciphertext: &[u8],
    ) -> Result<Secret, CryptoError> {
        let shared_secret = self.suite.kem().decap(private_key.expose(), public_key, kem_output)?;
        let (key, nonce) = self.key_and_nonce(&shared_secret)?;
        self.suite.open(&key, nonce.expose(), aad, ciphertext)
    }

    /// The key and the nonce of the first message (RFC 9180 §5.1 and §5.2: at sequence number 0 the nonce is
    /// `base_nonce`).
    fn key_and_nonce(&self, shared_secret: &Secret) -> Result<(Secret, Secret), CryptoError> {
        let kdf = self.kdf();
        let secret = kdf.extract(shared_secret.expose(), "secret", &[]);
        let context = [self.key_schedule_context.as_slice(), &[]];
        let key = kdf.expand(&secret, "key", context, self.suite.aead().key_length())?;
        let nonce = kdf.expand(&secret, "base_nonce", context, self.suite.aead().nonce_length())?;
        Ok((key, nonce))
    }

    /// Context.Export (RFC 9180 §5.3).
    fn export(&self, shared_secret: &Secret, context: &[u8], length: usize) -> Result<Secret, CryptoError> {
        let kdf = self.kdf();
        let secret = kdf.extract(shared_secret.expose(), "secret", &[]);
        let exporter_secret =
            kdf.expand(&secret, "exp", [&self.key_schedule_context, &[]], self.suite.hash_length())?;
        kdf.expand(&exporter_secret, "sec", [context, &[]], length)
    }

    fn kdf(&self) -> LabeledKdf<'_> {
        LabeledKdf { hash: self.suite.hash_primitive(), suite_id: &self.suite_id }
    }
}

impl fmt::Debug for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Base({:?})", self.suite)
    }
}

/// `suite_id` of HPKE as a whole (RFC 9180 §5.1).
fn suite_id(suite: &Suite) -> [u8; 10] {
    let parameters = suite.parameters();
    let [k0, k1] = parameters.kem.0.to_be_bytes();
    let [h0, h1] = parameters.hash.kdf_id().to_be_bytes();
    let [a0, a1] = parameters.aead.0.to_be_bytes();
    [b'H', b'P', b'K', b'E', k0, k1, h0, h1, a0, a1]
}
