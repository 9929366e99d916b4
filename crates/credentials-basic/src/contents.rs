//! What a directory says, and its signature.

use std::collections::{BTreeMap, BTreeSet};

use copath_codec::{Decode, Encode, Opaque};
use copath_crypto::{CryptoError, CryptoProvider, Signer};

use crate::{BasicError, DirectoryKey};

/// The label of the signature. It doesn't begin with that of MLS, so no signature of MLS can be taken for one of these.
const LABEL: &[u8] = b"Copath 1.0 SignedDirectory";

copath_codec::wire_struct! {
    /// One name with its signature keys.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct DirectoryEntry {
        /// The name, as in a basic credential.
        pub identity: Opaque,
        /// Its keys, as in `LeafNode.signature_key`, in strictly ascending order.
        pub signature_keys: Vec<Opaque>,
    }
}

copath_codec::wire_struct! {
    /// What a directory says: names and their keys, as of one version, for some time.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct DirectoryContents {
        /// Which directory it is; directories signed with one key differ in it.
        pub directory_id: Opaque,
        /// Ascends with every change.
        pub version: u64,
        /// From when on it is valid, in seconds since 1970.
        pub not_before: u64,
        /// Until when it is valid, in seconds since 1970.
        pub not_after: u64,
        /// The names, in strictly ascending order.
        pub entries: Vec<DirectoryEntry>,
    }
}

copath_codec::wire_struct! {
    /// What is signed.
    struct DirectorySignContent {
        label: Opaque,
        contents: Opaque,
    }
}

copath_codec::wire_struct! {
    /// A directory with its signature, as it is handed out.
    struct SignedContents {
        contents: Opaque,
        signature: Opaque,
    }
}

impl DirectoryContents {
    /// A directory of these names and keys, in whatever order they come.
    pub fn new(
        directory_id: &[u8],
        version: u64,
        validity: core::ops::RangeInclusive<u64>,
        keys: impl IntoIterator<Item = (Opaque, Opaque)>,
    ) -> Self {
        let mut names: BTreeMap<Opaque, BTreeSet<Opaque>> = BTreeMap::new();
        for (identity, signature_key) in keys {
            names.entry(identity).or_default().insert(signature_key);
        }
        let entry = |(identity, keys): (Opaque, BTreeSet<Opaque>)| DirectoryEntry {
            identity,
            signature_keys: keys.into_iter().collect(),
        };
        Self {
            directory_id: directory_id.into(),
            version,
            not_before: *validity.start(),
            not_after: *validity.end(),
            entries: names.into_iter().map(entry).collect(),
        }
    }

    /// The directory, signed.
    ///
    /// # Errors
    /// [`BasicError::UnorderedDirectory`], [`BasicError::Encode`] if it is too large, [`BasicError::Crypto`] if the
    /// signer fails.
    pub fn sign(&self, signer: &dyn Signer) -> Result<Vec<u8>, BasicError> {
        self.check_order()?;
        let contents = Opaque::from(self.to_bytes()?);
        let signature = Opaque::from(signer.sign(&to_be_signed(&contents)?)?);
        Ok(SignedContents { contents, signature }.to_bytes()?)
    }

    /// Reads a directory whose signature is good.
    pub(crate) fn verified(
        octets: &[u8],
        key: &DirectoryKey,
        provider: &dyn CryptoProvider,
    ) -> Result<Self, BasicError> {
        let signed = SignedContents::from_bytes(octets).map_err(BasicError::MalformedDirectory)?;
        let algorithm = provider.signature(key.scheme).ok_or(CryptoError::InvalidPublicKey)?;
        algorithm.verify(&key.public_key, &to_be_signed(&signed.contents)?, &signed.signature)?;
        let contents = Self::from_bytes(&signed.contents).map_err(BasicError::MalformedDirectory)?;
        contents.check_order()?;
        if contents.directory_id.as_slice() == key.directory_id {
            Ok(contents)
        } else {
            Err(BasicError::OtherDirectory)
        }
    }

    fn check_order(&self) -> Result<(), BasicError> {
        let is_ascending = self.entries.is_sorted_by(|a, b| a.identity < b.identity);
        let mut keys = self.entries.iter().map(|entry| &entry.signature_keys);
        if is_ascending
            && keys.all(|keys| keys.is_sorted_by(|a, b| a < b))
            && self.not_before <= self.not_after
        {
            Ok(())
        } else {
            Err(BasicError::UnorderedDirectory)
        }
    }
}

fn to_be_signed(contents: &Opaque) -> Result<Vec<u8>, BasicError> {
    Ok(DirectorySignContent { label: LABEL.into(), contents: contents.clone() }.to_bytes()?)
}
