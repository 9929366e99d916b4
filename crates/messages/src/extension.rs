//! Extensions.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use copath_codec::{
    Decode, DecodeContext, DecodeError, Encode, EncodeError, Opaque, Reader, Writer, wire_struct,
};
use copath_rules::{Part, Violation, rule};

use crate::{
    ApplicationId, ExtensionType, ExternalPub, ExternalSender, ExternalSenders, RequiredCapabilities,
};

wire_struct! {
    /// One extension: a type and a body that only who knows the type can read.
    ///
    /// RFC 9420 §13.4.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Extension {
        /// The type.
        pub extension_type: ExtensionType,
        /// The body.
        pub extension_data: Opaque,
    }
}

/// A body that belongs to one extension type.
///
/// RFC 9420 §13.4.
pub trait ExtensionBody: Encode + Decode {
    /// The type of extensions with this body.
    const TYPE: ExtensionType;
}

impl Extension {
    /// The extension with `body`.
    ///
    /// # Errors
    /// A vector in `body` is too long.
    pub fn of<B: ExtensionBody>(body: &B) -> Result<Self, EncodeError> {
        Ok(Self { extension_type: B::TYPE, extension_data: body.to_bytes()?.into() })
    }
}

/// A list of extensions, in the order of the wire.
///
/// RFC 9420 §13.4. Decoding accepts a list that names a type twice; [`Extensions::check_unique`] doesn't.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extensions(pub Vec<Extension>);

impl Extensions {
    /// An empty list.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// The first extension of this type.
    pub fn find(&self, extension_type: ExtensionType) -> Option<&Extension> {
        self.iter().find(|extension| extension.extension_type == extension_type)
    }

    /// All extensions in their order.
    pub fn iter(&self) -> core::slice::Iter<'_, Extension> {
        self.0.iter()
    }

    /// The types in their order.
    pub fn types(&self) -> impl Iterator<Item = ExtensionType> + '_ {
        self.iter().map(|extension| extension.extension_type)
    }

    /// No type occurs twice.
    ///
    /// # Errors
    /// Rule 13.4-03, naming the first type that does.
    pub fn check_unique(&self) -> Result<(), Violation> {
        let mut seen = BTreeSet::new();
        match self.types().find(|extension_type| !seen.insert(*extension_type)) {
            None => Ok(()),
            Some(repeated) => Err(Violation::new(rule!("13.4-03")).at(Part::Extension(repeated.0))),
        }
    }

    /// The body of the extension that `B` belongs to, if there is one.
    ///
    /// # Errors
    /// The body is malformed or has octets left over. Offsets count from the start of the body.
    pub fn body<B: ExtensionBody>(&self, context: &DecodeContext) -> Result<Option<B>, DecodeError> {
        let extension = self.find(B::TYPE);
        extension.map(|found| B::from_bytes_in(&found.extension_data, context)).transpose()
    }

    /// The identifier that the application put into a leaf node; nobody vouches for it (RFC 9420 §5.3.3).
    ///
    /// # Errors
    /// The body is malformed.
    pub fn application_id(&self) -> Result<Option<ApplicationId>, DecodeError> {
        self.body(DecodeContext::rfc9420())
    }

    /// What every member has to support (RFC 9420 §11.1).
    ///
    /// # Errors
    /// The body is malformed.
    pub fn required_capabilities(&self) -> Result<Option<RequiredCapabilities>, DecodeError> {
        self.body(DecodeContext::rfc9420())
    }

    /// The key for external joins (RFC 9420 §12.4.3.2).
    ///
    /// # Errors
    /// The body is malformed.
    pub fn external_pub(&self) -> Result<Option<ExternalPub>, DecodeError> {
        self.body(DecodeContext::rfc9420())
    }

    /// Who may propose from outside (RFC 9420 §12.1.8.1), with the credential types of RFC 9420 alone.
    ///
    /// # Errors
    /// The body is malformed.
    pub fn external_senders(&self) -> Result<Option<Vec<ExternalSender>>, DecodeError> {
        self.external_senders_in(DecodeContext::rfc9420())
    }

    /// Who may propose from outside (RFC 9420 §12.1.8.1), with the credential types that `context` knows.
    ///
    /// # Errors
    /// The body is malformed.
    pub fn external_senders_in(
        &self,
        context: &DecodeContext,
    ) -> Result<Option<Vec<ExternalSender>>, DecodeError> {
        Ok(self.body::<ExternalSenders>(context)?.map(|senders| senders.0))
    }
}

impl From<Vec<Extension>> for Extensions {
    fn from(extensions: Vec<Extension>) -> Self {
        Self(extensions)
    }
}

impl FromIterator<Extension> for Extensions {
    fn from_iter<I: IntoIterator<Item = Extension>>(extensions: I) -> Self {
        Self(extensions.into_iter().collect())
    }
}

impl<'e> IntoIterator for &'e Extensions {
    type Item = &'e Extension;
    type IntoIter = core::slice::Iter<'e, Extension>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Encode for Extensions {
    fn encode(&self, writer: &mut Writer) {
        writer.list(self);
    }
}

impl Decode for Extensions {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.list().map(Self)
    }
}

copath_codec::impl_tls_codec!(Extensions);
