//! Octets as the vectors write them.

use std::fmt;
use std::ops::Deref;

use copath_crypto::{HashOutput, Secret};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Octets that stand in the file as a string of hexadecimal digits.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Hex(pub(crate) Vec<u8>);

impl Hex {
    /// The octets as a secret.
    pub(crate) fn secret(&self) -> Secret {
        Secret::copy_of(&self.0)
    }
}

impl Deref for Hex {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for Hex {
    fn from(octets: Vec<u8>) -> Self {
        Self(octets)
    }
}

impl From<&[u8]> for Hex {
    fn from(octets: &[u8]) -> Self {
        Self(octets.to_vec())
    }
}

impl From<&Secret> for Hex {
    fn from(secret: &Secret) -> Self {
        Self(secret.expose().to_vec())
    }
}

impl From<&HashOutput> for Hex {
    fn from(output: &HashOutput) -> Self {
        Self(output.as_slice().to_vec())
    }
}

impl fmt::Debug for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let digits = String::deserialize(deserializer)?;
        hex::decode(digits).map(Self).map_err(de::Error::custom)
    }
}

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(&self.0))
    }
}
