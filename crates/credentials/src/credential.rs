//! Credentials on the wire.

use alloc::vec::Vec;

use copath_codec::{BodyShape, Decode, DecodeError, Encode, Opaque, Reader, Registry, Writer};

copath_codec::open_enum! {
    /// The type of a credential.
    ///
    /// RFC 9420 §5.3 and §17.5. No type is a default: clients list every type that they support.
    pub struct CredentialType {
        /// An identity that the application's Authentication Service vouches for.
        BASIC = 0x0001 => "basic",
        /// A chain of X.509 certificates.
        X509 = 0x0002 => "x509",
    }
}

/// Who a client claims to be.
///
/// RFC 9420 §5.3. Reading a credential says nothing about its truth: ask a
/// [`CredentialValidator`](crate::CredentialValidator).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Credential {
    /// A bare identity.
    Basic {
        /// The identity, in a form that the application defines.
        identity: Opaque,
    },
    /// A chain of X.509 certificates.
    X509 {
        /// One DER certificate an entry, that of the end entity first.
        certificates: Vec<Opaque>,
    },
    /// A credential of a type that this crate doesn't know.
    ///
    /// The structure of RFC 9420 gives an unknown type no length. A type whose shape is registered in the
    /// [`DecodeContext`](copath_codec::DecodeContext) is read by that shape, any other as one `opaque<V>` (rule
    /// 5.3-04); whether the type is supported is judged elsewhere.
    Other {
        /// The type; never that of another variant.
        credential_type: CredentialType,
        /// The octets after the type exactly as on the wire, a length header of their own included.
        body: Vec<u8>,
    },
}

impl Credential {
    /// A basic credential.
    pub fn basic(identity: impl Into<Opaque>) -> Self {
        Self::Basic { identity: identity.into() }
    }

    /// The type that stands before the body.
    pub fn credential_type(&self) -> CredentialType {
        match self {
            Self::Basic { .. } => CredentialType::BASIC,
            Self::X509 { .. } => CredentialType::X509,
            Self::Other { credential_type, .. } => *credential_type,
        }
    }

    fn decode_body(credential_type: CredentialType, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match credential_type {
            CredentialType::BASIC => {
                Ok(Self::Basic { identity: reader.field("Credential.identity", Opaque::decode)? })
            }
            CredentialType::X509 => {
                Ok(Self::X509 { certificates: reader.field("Credential.certificates", Reader::list)? })
            }
            _ => {
                let registered = reader.context().body(Registry::Credential, credential_type.0);
                let shape = registered.unwrap_or(BodyShape::Vector);
                let body = reader.field("Credential.body", |r| shape.read(r))?;
                Ok(Self::Other { credential_type, body: body.to_vec() })
            }
        }
    }
}

impl Encode for Credential {
    fn encode(&self, writer: &mut Writer) {
        writer.value(&self.credential_type());
        match self {
            Self::Basic { identity } => writer.value(identity),
            Self::X509 { certificates } => writer.value(certificates),
            Self::Other { body, .. } => writer.bytes(body),
        };
    }
}

impl Decode for Credential {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let credential_type = reader.field("Credential.credential_type", CredentialType::decode)?;
        Self::decode_body(credential_type, reader)
    }
}

copath_codec::impl_tls_codec!(Credential);

#[cfg(test)]
mod tests {
    use super::*;
    use copath_codec::{DecodeContext, DecodeErrorKind};
    use copath_rules::rule;

    fn round_trip(bytes: &[u8], context: &DecodeContext) -> Credential {
        let credential = Credential::from_bytes_in(bytes, context).unwrap();
        assert_eq!(credential.to_bytes().unwrap(), bytes);
        credential
    }

    // covers: 5.3-04
    #[test]
    fn every_type_survives_a_round_trip() {
        let rfc = DecodeContext::rfc9420();
        assert_eq!(round_trip(&[0, 1, 2, 7, 8], rfc), Credential::basic(&[7, 8]));
        let chain = round_trip(&[0, 2, 5, 1, 9, 2, 8, 7], rfc);
        assert_eq!(chain, Credential::X509 { certificates: [&[9][..], &[8, 7]].map(Opaque::from).to_vec() });
        let other = round_trip(&[0xf0, 0, 2, 7, 8], rfc);
        assert_eq!(other.credential_type(), CredentialType(0xf000));
        assert_eq!(other, Credential::Other { credential_type: 0xf000.into(), body: [2, 7, 8].to_vec() });
    }

    #[test]
    fn a_registered_shape_replaces_the_vector() {
        let context = DecodeContext::default().with_body(Registry::Credential, 0xf000, BodyShape::Fixed(2));
        let other = round_trip(&[0xf0, 0, 0xff, 0xff], &context);
        assert_eq!(other, Credential::Other { credential_type: 0xf000.into(), body: [0xff, 0xff].to_vec() });
        let error = Credential::from_bytes(&[0xf0, 0, 0xff, 0xff]).unwrap_err();
        assert_eq!(error.rule(), rule!("2.1.2-03"));
    }

    // covers: 2.1.2-04, 2.1.2-05
    #[test]
    fn cut_and_overlong_input_is_malformed() {
        let chain = [0, 2, 5, 1, 9, 2, 8, 7];
        for end in 0..chain.len() {
            let error = Credential::from_bytes(&chain[..end]).unwrap_err();
            assert_eq!(error.rule(), rule!("2.1.2-04"));
        }
        let error = Credential::from_bytes(&[0, 2, 1, 5]).unwrap_err();
        assert_eq!(error.kind(), DecodeErrorKind::Truncated { needed: 5 });
        let error = Credential::from_bytes(&[0, 1, 0, 0]).unwrap_err();
        assert_eq!(error.rule(), rule!("2.1.2-06"));
    }
}
