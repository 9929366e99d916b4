//! Types of credentials beyond RFC 9420.

use alloc::borrow::Cow;

use copath_codec::BodyShape;
use copath_messages::CredentialType;

/// A type of credentials beyond RFC 9420.
///
/// RFC 9420 §5.3 and §13.3. What such a credential is worth says the application's validator.
#[derive(Clone, Debug)]
pub struct CredentialDefinition {
    credential_type: CredentialType,
    name: Cow<'static, str>,
    body: BodyShape,
}

impl CredentialDefinition {
    /// A type of credentials with bodies of this shape; `name` is for people. A credential of another shape is
    /// malformed.
    pub fn new(credential_type: CredentialType, name: impl Into<Cow<'static, str>>, body: BodyShape) -> Self {
        Self { credential_type, name: name.into(), body }
    }

    /// The type.
    pub fn credential_type(&self) -> CredentialType {
        self.credential_type
    }

    /// Its name, for people.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The shape of its bodies.
    pub fn body(&self) -> BodyShape {
        self.body
    }
}
