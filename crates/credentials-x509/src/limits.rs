//! How much work a chain may ask for.

/// Bounds on what is parsed.
///
/// A chain beyond them is refused before it is parsed, so that no client can make others work for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Certificates in a chain, the end entity's included; also in a path with the validator's own certificates.
    pub chain_length: u16,
    /// Octets of a certificate.
    pub certificate_size: usize,
    /// Extensions of a certificate, attributes in one of its names, alternative names, name constraints, and key
    /// purposes, each.
    pub entries: usize,
    /// Octets of a revocation list.
    pub revocation_list_size: usize,
}

impl Limits {
    /// 8 certificates of 16 KiB with 64 entries each, revocation lists of 16 MiB.
    pub const DEFAULT: Self = Self {
        chain_length: 8,
        certificate_size: 16 * 1024,
        entries: 64,
        revocation_list_size: 16 * 1024 * 1024,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
