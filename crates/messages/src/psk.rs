//! Names of pre-shared keys.

use copath_codec::{Decode, DecodeError, Encode, Opaque, Reader, Writer, wire_struct};

use crate::{GroupId, PskType, ResumptionPskUsage};

wire_struct! {
    /// Which pre-shared key is injected, with a nonce for this one injection.
    ///
    /// RFC 9420 §8.4.
    #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub struct PreSharedKeyId {
        /// The key.
        pub psk: Psk,
        /// Fresh random octets: Nh of the target group's suite.
        pub psk_nonce: Opaque,
    }
}

/// Which pre-shared key.
///
/// RFC 9420 §8.4.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Psk {
    /// One from outside of MLS.
    External {
        /// Its name, in a form that the application defines.
        psk_id: Opaque,
    },
    /// The resumption PSK of a past epoch.
    Resumption {
        /// What it is used for.
        usage: ResumptionPskUsage,
        /// The group.
        psk_group_id: GroupId,
        /// The epoch of that group.
        psk_epoch: u64,
    },
}

wire_struct! {
    /// The context in which a pre-shared key is expanded.
    ///
    /// RFC 9420 §8.4.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct PskLabel {
        /// The key.
        pub id: PreSharedKeyId,
        /// Its position in the list, from 0.
        pub index: u16,
        /// How many there are.
        pub count: u16,
    }
}

impl Psk {
    /// The selector.
    pub fn psk_type(&self) -> PskType {
        match self {
            Self::External { .. } => PskType::External,
            Self::Resumption { .. } => PskType::Resumption,
        }
    }
}

impl Encode for Psk {
    fn encode(&self, writer: &mut Writer) {
        writer.value(&self.psk_type());
        match self {
            Self::External { psk_id } => writer.value(psk_id),
            Self::Resumption { usage, psk_group_id, psk_epoch } => {
                writer.value(usage).value(psk_group_id).value(psk_epoch)
            }
        };
    }
}

impl Decode for Psk {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match reader.field("PreSharedKeyID.psktype", PskType::decode)? {
            PskType::External => {
                Self::External { psk_id: reader.field("PreSharedKeyID.psk_id", Opaque::decode)? }
            }
            PskType::Resumption => Self::Resumption {
                usage: reader.field("PreSharedKeyID.usage", ResumptionPskUsage::decode)?,
                psk_group_id: reader.field("PreSharedKeyID.psk_group_id", GroupId::decode)?,
                psk_epoch: reader.field("PreSharedKeyID.psk_epoch", u64::decode)?,
            },
        })
    }
}

copath_codec::impl_tls_codec!(Psk);
