//! What an implementation says about itself.

use prost::Message;

/// Asks for the implementation's name.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct NameRequest {}

/// The implementation's name.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct NameResponse {
    /// For people to read.
    #[prost(string, tag = "1")]
    pub name: String,
}

/// Asks which suites the implementation has.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct SupportedCiphersuitesRequest {}

/// The suites that the implementation has.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct SupportedCiphersuitesResponse {
    /// 16-bit values of RFC 9420 §17.1.
    #[prost(uint32, repeated, tag = "1")]
    pub ciphersuites: Vec<u32>,
}
