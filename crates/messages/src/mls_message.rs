//! The outermost structure.

use copath_codec::{Decode, DecodeError, DecodeErrorKind, Encode, Reader, Writer};
use copath_rules::{RuleId, rule};

use crate::signing::USUAL_SIZE;
use crate::{GroupInfo, KeyPackage, PrivateMessage, ProtocolVersion, PublicMessage, Welcome, WireFormat};

/// The outermost structure of everything that is sent.
///
/// RFC 9420 §6.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MlsMessage {
    /// The version of the protocol; only MLS 1.0 decodes (rule 6-04).
    pub version: ProtocolVersion,
    /// What is inside.
    pub body: MlsMessageBody,
}

/// What an MLSMessage holds.
///
/// RFC 9420 §6.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MlsMessageBody {
    /// A message that is signed and not encrypted.
    PublicMessage(PublicMessage),
    /// A message that is signed and encrypted.
    PrivateMessage(PrivateMessage),
    /// A Welcome.
    Welcome(Welcome),
    /// A GroupInfo.
    GroupInfo(GroupInfo),
    /// A KeyPackage.
    KeyPackage(KeyPackage),
}

impl MlsMessage {
    /// A message of MLS 1.0.
    pub fn new(body: impl Into<MlsMessageBody>) -> Self {
        Self { version: ProtocolVersion::MLS10, body: body.into() }
    }

    /// The format of what is inside.
    pub fn wire_format(&self) -> WireFormat {
        self.body.wire_format()
    }
}

impl MlsMessageBody {
    /// The selector.
    pub fn wire_format(&self) -> WireFormat {
        match self {
            Self::PublicMessage(_) => WireFormat::PUBLIC_MESSAGE,
            Self::PrivateMessage(_) => WireFormat::PRIVATE_MESSAGE,
            Self::Welcome(_) => WireFormat::WELCOME,
            Self::GroupInfo(_) => WireFormat::GROUP_INFO,
            Self::KeyPackage(_) => WireFormat::KEY_PACKAGE,
        }
    }
}

macro_rules! bodies {
    ($($name:ident),*) => {$(
        impl From<$name> for MlsMessageBody {
            fn from(body: $name) -> Self {
                Self::$name(body)
            }
        }

        impl From<$name> for MlsMessage {
            fn from(body: $name) -> Self {
                Self::new(body)
            }
        }
    )*};
}
bodies!(PublicMessage, PrivateMessage, Welcome, GroupInfo, KeyPackage);

impl Encode for MlsMessage {
    fn encode(&self, writer: &mut Writer) {
        writer.value(&self.version).value(&self.wire_format());
        match &self.body {
            MlsMessageBody::PublicMessage(message) => writer.value(message),
            MlsMessageBody::PrivateMessage(message) => writer.value(message),
            MlsMessageBody::Welcome(welcome) => writer.value(welcome),
            MlsMessageBody::GroupInfo(group_info) => writer.value(group_info),
            MlsMessageBody::KeyPackage(key_package) => writer.value(key_package),
        };
    }

    fn expected_length(&self) -> usize {
        match &self.body {
            MlsMessageBody::PrivateMessage(message) => {
                /// Room for all else: headers, the epoch, the encrypted sender data.
                const REST: usize = 80;
                let parts: [&[u8]; 3] =
                    [&message.group_id, &*message.authenticated_data, &*message.ciphertext];
                parts.into_iter().map(<[u8]>::len).fold(REST, usize::saturating_add)
            }
            MlsMessageBody::KeyPackage(_) => USUAL_SIZE,
            _ => 0,
        }
    }
}

impl Decode for MlsMessage {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let start = reader.clone();
        let version = reader.field("MLSMessage.version", ProtocolVersion::decode)?;
        if version != ProtocolVersion::MLS10 {
            return Err(broken(&start, rule!("6-04"), "MLSMessage.version"));
        }
        let start = reader.clone();
        let wire_format = reader.field("MLSMessage.wire_format", WireFormat::decode)?;
        let body = match wire_format {
            WireFormat::PUBLIC_MESSAGE => {
                reader.field("MLSMessage.public_message", PublicMessage::decode)?.into()
            }
            WireFormat::PRIVATE_MESSAGE => {
                reader.field("MLSMessage.private_message", PrivateMessage::decode)?.into()
            }
            WireFormat::WELCOME => reader.field("MLSMessage.welcome", Welcome::decode)?.into(),
            WireFormat::GROUP_INFO => reader.field("MLSMessage.group_info", GroupInfo::decode)?.into(),
            WireFormat::KEY_PACKAGE => key_package_of(version, reader)?.into(),
            _ => return Err(broken(&start, rule!("6-05"), "MLSMessage.wire_format")),
        };
        Ok(Self { version, body })
    }
}

/// A KeyPackage of the same version as the message around it (rule 10-08).
fn key_package_of(version: ProtocolVersion, reader: &mut Reader<'_>) -> Result<KeyPackage, DecodeError> {
    let start = reader.clone();
    let key_package = reader.field("MLSMessage.key_package", KeyPackage::decode)?;
    if key_package.version == version {
        Ok(key_package)
    } else {
        Err(broken(&start, rule!("10-08"), "KeyPackage.version").inside("MLSMessage.key_package"))
    }
}

fn broken(at: &Reader<'_>, rule: RuleId, field: &'static str) -> DecodeError {
    at.error(DecodeErrorKind::Rule { rule }).inside(field)
}

copath_codec::impl_tls_codec!(MlsMessage);
