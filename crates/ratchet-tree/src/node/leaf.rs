//! Leaves as they are kept.
//!
//! In front of the octets of the LeafNode stands the length of its credential in four octets, because the body of a
//! credential type beyond RFC 9420 has no length of its own.

use alloc::vec::Vec;

use copath_codec::{BodyShape, Decode, DecodeContext, DecodeError, Reader, Registry};
use copath_credentials::{Credential, CredentialType};
use copath_messages::{Capabilities, LeafNode, LeafNodeSourceType};
use copath_tree_math::LeafIndex;

use super::{code_points, reader};
use crate::{Feature, TreeError};

/// Octets in front of a kept LeafNode.
const HEAD: usize = 4;

/// The fields of an encoded LeafNode, where they stand.
///
/// RFC 9420 §7.2.
#[derive(Clone, Copy, Default)]
pub(crate) struct LeafView<'a> {
    pub(crate) encryption_key: &'a [u8],
    pub(crate) signature_key: &'a [u8],
    /// The whole Credential, its type included.
    pub(crate) credential: &'a [u8],
    pub(crate) credential_type: u16,
    /// The content of the five lists, in the order of the wire.
    pub(crate) capabilities: [&'a [u8]; 5],
    pub(crate) source: Source<'a>,
    /// The content of the list of extensions.
    extensions: &'a [u8],
    pub(crate) signature: &'a [u8],
    /// All fields but the signature.
    pub(crate) unsigned: &'a [u8],
}

/// `leaf_node_source`, with what depends on it.
#[derive(Clone, Copy, Default)]
pub(crate) enum Source<'a> {
    KeyPackage {
        not_before: u64,
        not_after: u64,
    },
    #[default]
    Update,
    Commit {
        parent_hash: &'a [u8],
    },
}

impl<'a> LeafView<'a> {
    /// Reads a LeafNode at the cursor.
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Self::read_with(reader, |r| r.span(Credential::decode).map(|(_, octets)| octets))
    }

    /// The fields of kept octets.
    pub(crate) fn new(kept: &'a [u8]) -> Self {
        Self::read_kept(&mut reader(kept)).unwrap_or_default()
    }

    /// Reads what is kept for a leaf at the cursor.
    pub(crate) fn read_kept(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let length = u32::from_be_bytes(reader.array::<HEAD>()?);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        Self::read_with(reader, |r| r.take(length))
    }

    fn read_with(
        reader: &mut Reader<'a>,
        credential: impl FnOnce(&mut Reader<'a>) -> Result<&'a [u8], DecodeError>,
    ) -> Result<Self, DecodeError> {
        let (mut leaf, unsigned) = reader.span(|r| {
            Ok(Self {
                encryption_key: r.field("LeafNode.encryption_key", Reader::opaque)?,
                signature_key: r.field("LeafNode.signature_key", Reader::opaque)?,
                credential: r.field("LeafNode.credential", credential)?,
                capabilities: r.field("LeafNode.capabilities", read_capabilities)?,
                source: r.field("LeafNode.leaf_node_source", read_source)?,
                extensions: r.field("LeafNode.extensions", read_extensions)?,
                ..Self::default()
            })
        })?;
        leaf.unsigned = unsigned;
        leaf.credential_type = code_points(leaf.credential).next().unwrap_or(0);
        leaf.signature = reader.field("LeafNode.signature", Reader::opaque)?;
        Ok(leaf)
    }

    /// The types of the extensions, in list order.
    pub(crate) fn extension_types(&self) -> impl Iterator<Item = u16> + 'a {
        let mut list = reader(self.extensions);
        core::iter::from_fn(move || {
            let kind = u16::decode(&mut list).ok()?;
            list.opaque().ok()?;
            Some(kind)
        })
    }

    /// The parent hash of a leaf from a commit.
    pub(crate) fn parent_hash(&self) -> Option<&'a [u8]> {
        match self.source {
            Source::Commit { parent_hash } => Some(parent_hash),
            Source::KeyPackage { .. } | Source::Update => None,
        }
    }
}

/// Appends what is kept for a LeafNode: with `octets` its encoding, and the length of its credential in it.
pub(crate) fn keep_leaf(
    credential_length: usize,
    octets: &[u8],
    kept: &mut Vec<u8>,
) -> Result<(), TreeError> {
    let head: [u8; HEAD] = u32::try_from(credential_length).map_err(|_| TreeError::TooLarge)?.to_be_bytes();
    kept.extend_from_slice(&head);
    kept.extend_from_slice(octets);
    Ok(())
}

/// The encoded LeafNode in what is kept.
pub(crate) fn leaf_octets(kept: &[u8]) -> &[u8] {
    kept.get(HEAD..).unwrap_or_default()
}

fn read_capabilities<'a>(reader: &mut Reader<'a>) -> Result<[&'a [u8]; 5], DecodeError> {
    let mut lists: [&[u8]; 5] = [&[]; 5];
    for list in &mut lists {
        *list = reader.vector(|r| {
            let mut codes = r.clone();
            while !codes.is_empty() {
                codes.take(2)?;
            }
            Ok(r.rest())
        })?;
    }
    Ok(lists)
}

fn read_source<'a>(reader: &mut Reader<'a>) -> Result<Source<'a>, DecodeError> {
    Ok(match LeafNodeSourceType::decode(reader)? {
        LeafNodeSourceType::KeyPackage => {
            Source::KeyPackage { not_before: u64::decode(reader)?, not_after: u64::decode(reader)? }
        }
        LeafNodeSourceType::Update => Source::Update,
        LeafNodeSourceType::Commit => Source::Commit { parent_hash: reader.opaque()? },
    })
}

fn read_extensions<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], DecodeError> {
    reader.vector(|r| {
        let mut list = r.clone();
        while !list.is_empty() {
            list.take(2)?;
            list.opaque()?;
        }
        Ok(r.rest())
    })
}

/// A filled leaf of a tree.
///
/// RFC 9420 §7.2. It is read where it stands: each accessor walks over the fields in front of its own.
#[derive(Clone, Copy)]
pub struct Leaf<'a> {
    index: LeafIndex,
    kept: &'a [u8],
}

impl<'a> Leaf<'a> {
    pub(crate) fn new(index: LeafIndex, kept: &'a [u8]) -> Self {
        Self { index, kept }
    }

    /// Where the leaf stands.
    pub fn index(&self) -> LeafIndex {
        self.index
    }

    /// The encoded `LeafNode`.
    pub fn encoded(&self) -> &'a [u8] {
        leaf_octets(self.kept)
    }

    /// The public key of the leaf.
    pub fn encryption_key(&self) -> &'a [u8] {
        reader(self.encoded()).opaque().unwrap_or_default()
    }

    /// The public key that the member's signatures verify with.
    pub fn signature_key(&self) -> &'a [u8] {
        let mut fields = reader(self.encoded());
        fields.opaque().and_then(|_| fields.opaque()).unwrap_or_default()
    }

    /// The octets of the Credential, its type included.
    pub fn encoded_credential(&self) -> &'a [u8] {
        self.view().credential
    }

    /// The Credential.
    pub fn credential(&self) -> Credential {
        let octets = self.view().credential;
        let (head, body) = octets.split_at_checked(2).unwrap_or_default();
        let credential_type = CredentialType(code_points(head).next().unwrap_or(0));
        // A type beyond RFC 9420 has the shape that it had when it was decoded: all that is left.
        let other = |_| Credential::Other { credential_type, body: body.to_vec() };
        match credential_type {
            CredentialType::BASIC | CredentialType::X509 => {
                Credential::from_bytes(octets).unwrap_or_else(other)
            }
            _ => Credential::Other { credential_type, body: body.to_vec() },
        }
    }

    /// The type of the Credential.
    pub fn credential_type(&self) -> CredentialType {
        CredentialType(self.view().credential_type)
    }

    /// What the member supports.
    pub fn capabilities(&self) -> Capabilities {
        let [versions, cipher_suites, extensions, proposals, credentials] = self.view().capabilities;
        Capabilities {
            versions: code_points(versions).map(Into::into).collect(),
            cipher_suites: code_points(cipher_suites).map(Into::into).collect(),
            extensions: code_points(extensions).map(Into::into).collect(),
            proposals: code_points(proposals).map(Into::into).collect(),
            credentials: code_points(credentials).map(Into::into).collect(),
        }
    }

    /// Whether the member supports `feature`; default types are supported by all (RFC 9420 §7.2).
    pub fn supports(&self, feature: Feature) -> bool {
        feature.is_listed(&self.view().capabilities)
    }

    /// The whole `LeafNode`.
    ///
    /// # Errors
    /// None on a tree of this library: the octets were decoded before.
    pub fn to_leaf_node(&self) -> Result<LeafNode, TreeError> {
        let view = self.view();
        let (kind, body) = (view.credential_type, view.credential.len().saturating_sub(2));
        let context = DecodeContext::default().with_body(Registry::Credential, kind, BodyShape::Fixed(body));
        Ok(LeafNode::from_bytes_in(self.encoded(), &context)?)
    }

    pub(crate) fn view(&self) -> LeafView<'a> {
        LeafView::new(self.kept)
    }
}

impl core::fmt::Debug for Leaf<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Leaf").field("index", &self.index).finish_non_exhaustive()
    }
}
