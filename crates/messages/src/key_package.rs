//! Key packages.

use core::ops::Deref;

use copath_codec::{Encode, Writer};
use copath_crypto::{CipherSuite, CryptoError, Signer, Suite};
use copath_rules::{Part, RuleId, Violation, rule};

use crate::error::refused;
use crate::signing::{USUAL_SIZE, sign};
use crate::{
    Extensions, HpkePublicKey, KeyPackageRef, LeafNode, LeafNodeSource, LeafPosition, MessageError,
    ProtocolVersion,
};

/// The label of a KeyPackage's signature (RFC 9420 §10).
const LABEL: &str = "KeyPackageTBS";
/// The label of a KeyPackageRef, in full (RFC 9420 §5.2).
const REFERENCE_LABEL: &str = "MLS 1.0 KeyPackage Reference";

signed_struct! {
    /// What a client publishes so that others can add it to groups.
    ///
    /// RFC 9420 §10.
    pub struct KeyPackage;
    /// A [`KeyPackage`] before its signature: the KeyPackageTBS.
    ///
    /// RFC 9420 §10.
    pub struct UnsignedKeyPackage;
    {
        /// The version of the protocol.
        pub version: ProtocolVersion,
        /// The suite; a client publishes one KeyPackage a suite.
        pub cipher_suite: CipherSuite,
        /// The key that the Welcome is encrypted to, used once.
        pub init_key: HpkePublicKey,
        /// The leaf that the client will have.
        pub leaf_node: LeafNode,
        /// The extensions of the KeyPackage itself.
        pub extensions: Extensions,
    }
}

/// A [`KeyPackage`] whose signatures and keys have been checked.
///
/// RFC 9420 §10 and §10.1. What depends on a group, a clock or the Authentication Service is still to be checked:
/// lifetime, credential, capabilities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedKeyPackage(KeyPackage);

impl KeyPackage {
    /// Checks what a KeyPackage can be checked for by itself and for the suite that it is to be used with.
    ///
    /// # Errors
    /// The rule that is broken: 10.1-02 (suite), 7.3-13 (source), 10-03 and 10-05 (keys of the suite), 10.1-05
    /// (distinct keys), 13.4-03 (extensions), 7.3-03 (the leaf's signature), 10-06 (its own signature).
    pub fn check(&self, suite: &Suite) -> Result<(), MessageError> {
        if self.cipher_suite != suite.cipher_suite() {
            return Err(broken(rule!("10.1-02")).at(Part::CipherSuite(self.cipher_suite.0)).into());
        }
        if !matches!(self.leaf_node.leaf_node_source, LeafNodeSource::KeyPackage(_)) {
            return Err(broken(rule!("7.3-13")).into());
        }
        self.check_keys(suite)?;
        self.extensions.check_unique()?;
        self.leaf_node.extensions.check_unique()?;
        if let Err(error) = self.leaf_node.verify_signature(suite, LeafPosition::None) {
            // Under what is no key nothing verifies, so only a failure pays for telling which of the two is at fault.
            let key = &self.leaf_node.signature_key;
            valid_key(suite.signature().check_public_key(key), rule!("10-05"))?;
            return Err(error);
        }
        self.verify_signature(suite)
    }

    /// Checks the KeyPackage as [`KeyPackage::check`] does and keeps the outcome in the type.
    ///
    /// # Errors
    /// As [`KeyPackage::check`].
    pub fn verify(self, suite: &Suite) -> Result<VerifiedKeyPackage, MessageError> {
        self.check(suite)?;
        Ok(VerifiedKeyPackage(self))
    }

    /// The hash that names the KeyPackage (RFC 9420 §5.2).
    ///
    /// # Errors
    /// A vector is too long.
    pub fn reference(&self, suite: &Suite) -> Result<KeyPackageRef, MessageError> {
        let mut writer = Writer::with_capacity(USUAL_SIZE);
        self.encode(&mut writer);
        Ok(suite.ref_hash(REFERENCE_LABEL, &writer.finish()?)?.into())
    }

    fn check_keys(&self, suite: &Suite) -> Result<(), MessageError> {
        let kem_key = |key: &[u8], rule| valid_key(suite.kem().check_public_key(key), rule);
        kem_key(&self.init_key, rule!("10-03"))?;
        kem_key(&self.leaf_node.encryption_key, rule!("10-05"))?;
        if self.init_key == self.leaf_node.encryption_key {
            return Err(broken(rule!("10.1-05")).into());
        }
        Ok(())
    }

    /// Verifies the signature of the KeyPackage itself with the key of its leaf; [`KeyPackage::check`] does this among
    /// other things.
    ///
    /// # Errors
    /// It doesn't verify (rule 10-06), or a vector is too long.
    pub fn verify_signature(&self, suite: &Suite) -> Result<(), MessageError> {
        let key = &self.leaf_node.signature_key;
        let write = |writer: &mut Writer| self.encode_unsigned(writer);
        suite
            .verify_written(key, &self.signature, (LABEL, USUAL_SIZE), write)
            .map_err(|error| refused(error, rule!("10-06"), Part::KeyPackage))
    }
}

impl UnsignedKeyPackage {
    /// Signs the KeyPackage with the key of its leaf.
    ///
    /// # Errors
    /// The signer's key isn't the leaf's, or the signer fails; a vector is too long.
    pub fn sign(self, suite: &Suite, signer: &dyn Signer) -> Result<KeyPackage, MessageError> {
        let key = &self.leaf_node.signature_key;
        let signature = sign(suite, signer, key, LABEL, |writer| self.encode(writer))?;
        Ok(self.with_signature(signature))
    }
}

impl VerifiedKeyPackage {
    /// The KeyPackage itself.
    pub fn into_key_package(self) -> KeyPackage {
        self.0
    }
}

impl Deref for VerifiedKeyPackage {
    type Target = KeyPackage;

    fn deref(&self) -> &KeyPackage {
        &self.0
    }
}

fn broken(rule: RuleId) -> Violation {
    Violation::new(rule).at(Part::KeyPackage)
}

fn valid_key(checked: Result<(), CryptoError>, rule: RuleId) -> Result<(), MessageError> {
    checked.map_err(|error| refused(error, rule, Part::KeyPackage))
}
