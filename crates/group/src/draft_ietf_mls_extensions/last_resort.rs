//! KeyPackages of last resort: those that may be used more than once.
//!
//! draft-ietf-mls-extensions, "Last-Resort KeyPackages"; RFC 9420 §16.8.

use copath_codec::{BodyShape, Decode, DecodeContext, DecodeError, Encode, Opaque, Reader};
use copath_messages::draft_ietf_mls_extensions::AppDataDictionary;
use copath_messages::{CodePoints, Extension, ExtensionType, Extensions, KeyPackage};

use crate::refusal::{Refusal, RefusalReason, RegisteredType};
use crate::registrations::{ExtensionDefinition, ExtensionPlace, Registrations};
use crate::{GroupError, KeyPackageParameters, Misuse};

/// Which marks a KeyPackage of last resort gets. Both are read in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum LastResortForm {
    /// The component of its app_data_dictionary.
    #[default]
    Current,
    /// The extension of earlier revisions too, for peers and servers that know nothing else.
    Both,
}

/// What becomes of a key package's private keys when a Welcome has used it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPackageFate {
    /// They are deleted (RFC 9420 §16.8).
    Delete,
    /// They are kept: it is one of last resort, and is deleted when another one takes its place.
    Keep,
}

impl Registrations {
    /// Registers what KeyPackages of last resort are marked with; own leaves then list it as supported, as RFC 9420
    /// §7.2 asks for. The dictionary isn't understood in a group context.
    ///
    /// # Errors
    /// [`Misuse::Registration`] if a code point is taken.
    pub fn with_last_resort(self, form: LastResortForm) -> Result<Self, Misuse> {
        let places = [ExtensionPlace::KeyPackage, ExtensionPlace::LeafNode, ExtensionPlace::GroupInfo];
        let code = self.code_points().app_data_dictionary;
        let superseded = self.code_points().superseded_last_resort;
        let dictionary = ExtensionDefinition::new(code, "app_data_dictionary", &places);
        let registered = self.with_extension(dictionary.with_body(BodyShape::Walk(walk_dictionary)))?;
        match form {
            LastResortForm::Current => Ok(registered),
            LastResortForm::Both => {
                let name = "last_resort_key_package (superseded)";
                let mark = ExtensionDefinition::new(superseded, name, &[ExtensionPlace::KeyPackage]);
                registered.with_extension(mark.with_body(BodyShape::Empty))
            }
        }
    }
}

fn walk_dictionary(reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    AppDataDictionary::decode(reader).map(|_| ())
}

impl KeyPackageParameters {
    /// Marks the key package as one of last resort, in the registered forms.
    ///
    /// # Errors
    /// [`RefusalReason::Unregistered`] without [`Registrations::with_last_resort`]; a dictionary that the parameters
    /// have already is malformed.
    pub fn last_resort(mut self) -> Result<Self, GroupError> {
        let code_points = self.registrations.code_points();
        let (dictionary, superseded) = (code_points.app_data_dictionary, code_points.superseded_last_resort);
        if self.registrations.extension(dictionary).is_none() {
            let about = RegisteredType::Extension(dictionary);
            let parts = alloc::vec::Vec::new();
            return Err(Refusal { about, parts, reason: RefusalReason::Unregistered }.into());
        }
        let mut entries = match self.extensions.find(dictionary) {
            Some(present) => AppDataDictionary::from_bytes(&present.extension_data)?,
            None => AppDataDictionary::default(),
        };
        entries.insert(code_points.last_resort, Opaque::default());
        set(&mut self.extensions, dictionary, entries.to_bytes()?.into());
        if self.registrations.extension(superseded).is_some() {
            set(&mut self.extensions, superseded, Opaque::default());
        }
        Ok(self)
    }
}

fn set(extensions: &mut Extensions, extension_type: ExtensionType, extension_data: Opaque) {
    match extensions.0.iter_mut().find(|extension| extension.extension_type == extension_type) {
        Some(present) => present.extension_data = extension_data,
        None => extensions.0.push(Extension { extension_type, extension_data }),
    }
}

/// Whether a key package is marked as one of last resort, in either form.
pub fn is_last_resort(key_package: &KeyPackage, code_points: &CodePoints) -> bool {
    let extensions = &key_package.extensions;
    let superseded = extensions.find(code_points.superseded_last_resort);
    let dictionary = extensions.find(code_points.app_data_dictionary).and_then(|found| {
        AppDataDictionary::from_bytes_in(&found.extension_data, DecodeContext::rfc9420()).ok()
    });
    let component = dictionary.as_ref().and_then(|entries| entries.find(code_points.last_resort));
    superseded.map(|found| &found.extension_data).into_iter().chain(component).any(|data| data.is_empty())
}

impl KeyPackageFate {
    /// Of a key package that a Welcome has used.
    pub(crate) fn of(key_package: &KeyPackage, code_points: &CodePoints) -> Self {
        if is_last_resort(key_package, code_points) { Self::Keep } else { Self::Delete }
    }
}
