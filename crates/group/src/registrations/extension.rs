//! Types of extensions beyond RFC 9420.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use copath_codec::BodyShape;
use copath_messages::{ExtensionType, Extensions};
use copath_rules::Part;

use super::Registrations;
use super::proposal::check_shape;
use crate::refusal::{Refusal, RefusalReason, RegisteredType};

/// A type of extensions beyond RFC 9420.
///
/// RFC 9420 §13.4. Bodies are checked in a group context, which all members have to understand, by everybody; in leaves,
/// key packages and group infos by who makes or adds one and by who joins, since members that don't know the type
/// accept them.
#[derive(Clone, Debug)]
pub struct ExtensionDefinition {
    extension_type: ExtensionType,
    name: Cow<'static, str>,
    places: Vec<ExtensionPlace>,
    body: Option<BodyShape>,
}

/// A place for extensions.
///
/// RFC 9420 §13.4 and §17.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExtensionPlace {
    /// The group context, where all members have to support the type.
    GroupContext,
    /// A leaf.
    LeafNode,
    /// A key package.
    KeyPackage,
    /// A group info.
    GroupInfo,
}

impl ExtensionDefinition {
    /// A type of extensions that belong into `places`; `name` is for people.
    pub fn new(
        extension_type: ExtensionType,
        name: impl Into<Cow<'static, str>>,
        places: &[ExtensionPlace],
    ) -> Self {
        Self { extension_type, name: name.into(), places: places.to_vec(), body: None }
    }

    /// The shape of its bodies; without one, any octets will do.
    #[must_use]
    pub fn with_body(mut self, body: BodyShape) -> Self {
        self.body = Some(body);
        self
    }

    /// The type.
    pub fn extension_type(&self) -> ExtensionType {
        self.extension_type
    }

    /// Its name, for people.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where extensions of this type belong.
    pub fn places(&self) -> &[ExtensionPlace] {
        &self.places
    }
}

impl Registrations {
    /// Whether the `extensions` of registered types belong into `place`, and have the registered shape.
    pub(crate) fn check_extensions(
        &self,
        place: ExtensionPlace,
        extensions: &Extensions,
    ) -> Result<(), Refusal> {
        for extension in extensions {
            let Some(definition) = self.extension(extension.extension_type) else { continue };
            if !definition.places.contains(&place) {
                return Err(refusal(definition, place, RefusalReason::Place(place)));
            }
            if let Some(shape) = definition.body {
                check_shape(shape, &extension.extension_data, self.decode_context())
                    .map_err(|error| refusal(definition, place, RefusalReason::Body(error)))?;
            }
        }
        Ok(())
    }
}

fn refusal(definition: &ExtensionDefinition, place: ExtensionPlace, reason: RefusalReason) -> Refusal {
    let part = match place {
        ExtensionPlace::GroupContext => Part::GroupContext,
        ExtensionPlace::LeafNode => Part::LeafNode,
        ExtensionPlace::KeyPackage => Part::KeyPackage,
        ExtensionPlace::GroupInfo => Part::GroupInfo,
    };
    Refusal { about: RegisteredType::Extension(definition.extension_type), parts: [part].into(), reason }
}

impl core::fmt::Display for ExtensionPlace {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::GroupContext => "a group context",
            Self::LeafNode => "a leaf",
            Self::KeyPackage => "a key package",
            Self::GroupInfo => "a group info",
        })
    }
}
