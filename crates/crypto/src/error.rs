//! What can go wrong in cryptography.

use crate::CipherSuite;

/// Why a cryptographic operation failed. It never carries secret data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CryptoError {
    /// The backend lacks a primitive of this suite; choose a backend that has it.
    #[error("the crypto backend `{backend}` doesn't have cipher suite {suite}: it lacks its {missing}")]
    UnsupportedSuite {
        /// The suite asked for.
        suite: CipherSuite,
        /// The backend's name.
        backend: &'static str,
        /// The kind of primitive that is missing.
        missing: &'static str,
    },
    /// A public key has the wrong length, is not on its curve, or is otherwise refused (RFC 9420 §5.1.1).
    #[error("the public key is not valid for its algorithm")]
    InvalidPublicKey,
    /// A private key has the wrong length or is out of range.
    #[error("the private key is not valid for its algorithm")]
    InvalidPrivateKey,
    /// A signature doesn't verify, or isn't well formed.
    #[error("the signature doesn't verify")]
    InvalidSignature,
    /// An AEAD or HPKE opening failed; all such failures look alike.
    #[error("decryption failed")]
    DecryptionFailed,
    /// A Diffie-Hellman result is all zero (RFC 9180 §7.1.4).
    #[error("the shared secret is degenerate")]
    DegenerateSharedSecret,
    /// A requested output or an input is longer than the algorithm allows.
    #[error("a length is outside of what the algorithm allows")]
    LengthOutOfRange,
    /// The backend's source of randomness failed.
    #[error("no randomness is available")]
    RandomnessUnavailable,
    /// A signer that is elsewhere failed to answer.
    #[error("the signer is not available")]
    SignerUnavailable,
    /// The backend failed at an operation that can't fail on valid arguments.
    #[error("the crypto backend failed")]
    BackendFailure,
}
