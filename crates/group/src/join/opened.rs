//! The group secrets of a Welcome, opened, and what follows from them.
//!
//! RFC 9420 §12.4.3.1.

use alloc::vec::Vec;

use copath_codec::{Decode, Encode};
use copath_crypto::{Secret, Suite};
use copath_hpke::Base;
use copath_key_schedule::{IntermediateSecret, JoinerSecret, KeyNonce, SecretTree};
use copath_messages::{
    CodePoints, EncryptedGroupSecrets, GroupInfo, GroupSecrets, PreSharedKeyId, Psk, ResumptionPskUsage,
    Welcome,
};
use copath_ratchet_tree::{NodeKey, TreePrivateKeys};
use copath_rules::{Part, Violation, rule};
use copath_tree_math::LeafIndex;

use crate::commit::{EpochEntry, MemberSecrets};
use crate::draft_ietf_mls_extensions::KeyPackageFate;
use crate::group::GroupSettings;
use crate::group_info::check_joiner_support;
use crate::key_package::KeyPackageSecrets;
use crate::needs::{Answers, Needs};
use crate::psk::PskPlan;
use crate::public_state::PublicState;
use crate::resumption::{MemberMatching, check_new_group, match_members, parent_need};
use crate::{Group, GroupError, Misuse, ParentGroup, ParentMember, ParentNeed};

/// Opened group secrets with the key package that opened them.
pub(super) struct OpenedSecrets {
    suite: Suite,
    package: KeyPackageSecrets,
    key_package_ref: Vec<u8>,
    secrets: GroupSecrets,
    intermediate: Option<IntermediateSecret>,
    /// The group that the new one comes out of, once it is given.
    parent: Option<ParentGroup>,
}

impl OpenedSecrets {
    /// Decrypts the entry of `package` with its init key.
    pub(super) fn open(
        suite: Suite,
        key_package_ref: Vec<u8>,
        entry: &EncryptedGroupSecrets,
        encrypted_group_info: &[u8],
        package: KeyPackageSecrets,
    ) -> Result<Self, GroupError> {
        let base = Base::new(&suite, &Suite::encrypt_context("Welcome", encrypted_group_info)?);
        let sealed = &entry.encrypted_group_secrets;
        let plaintext = base.open(
            &package.init_private_key,
            package.key_package.init_key.as_ref(),
            &sealed.kem_output,
            &[],
            &sealed.ciphertext,
        )?;
        let secrets = GroupSecrets::from_bytes(plaintext.expose())?;
        check_psks(&suite, &secrets.psks)?;
        Ok(Self { suite, package, key_package_ref, secrets, intermediate: None, parent: None })
    }

    pub(super) fn suite(&self) -> &Suite {
        &self.suite
    }

    pub(super) fn key_package_ref(&self) -> &[u8] {
        &self.key_package_ref
    }

    /// What becomes of the key package when the group is entered.
    pub(super) fn key_package_fate(&self, code_points: &CodePoints) -> KeyPackageFate {
        KeyPackageFate::of(&self.package.key_package, code_points)
    }

    /// What is needed to open the GroupInfo: the pre-shared keys that the epoch was made with, among them that of a
    /// parent.
    pub(super) fn needs(&self) -> Needs {
        let mut psks = self.secrets.psks.clone();
        let parent = parent_need(&psks).map(|(position, need)| {
            psks.remove(position);
            need
        });
        Needs { psks, parent, ..Needs::default() }
    }

    /// The values of all pre-shared keys in their order.
    ///
    /// # Errors
    /// One is missing, or the parent.
    pub(super) fn take_psks(
        &mut self,
        needs: &Needs,
        answers: &mut Answers,
    ) -> Result<Vec<Secret>, GroupError> {
        let Some((position, need)) = parent_need(&self.secrets.psks) else {
            return answers.take_psks(&needs.psks);
        };
        let parent = answers.parent.take().ok_or_else(|| GroupError::MissingParent(need.clone()))?;
        if !parent.meets(&need) {
            return Err(Misuse::WrongAnswers.into());
        }
        let mut psks = answers.take_psks(&needs.psks)?;
        psks.insert(position, parent.psk());
        self.parent = Some(parent);
        Ok(psks)
    }

    /// Which group the new one comes out of.
    pub(super) fn parent_need(&self) -> Option<ParentNeed> {
        parent_need(&self.secrets.psks).map(|(_, need)| need)
    }

    /// The questions whether the members of the new group are those of its parent, if it has one.
    pub(super) fn match_members(&self, public: &PublicState) -> Result<MemberMatching, GroupError> {
        match (&self.parent, self.parent_need()) {
            (Some(parent), Some(need)) => {
                match_members(need.usage, parent, &ParentMember::all_of(public.tree()))
            }
            _ => Ok(MemberMatching::default()),
        }
    }

    /// Decrypts the GroupInfo with keys from the welcome secret. A group that this client can't be a member of is
    /// refused here, before its tree is looked at.
    pub(super) fn open_group_info(
        &mut self,
        welcome: &Welcome,
        psks: &[Secret],
        settings: &GroupSettings,
    ) -> Result<GroupInfo, GroupError> {
        let psk_secret = PskPlan::for_joiner(&self.secrets.psks).joiner_psk_secret(&self.suite, psks)?;
        let joiner_secret = JoinerSecret::from_secret(self.secrets.joiner_secret.duplicate());
        let intermediate = joiner_secret.with_psk(&self.suite, &psk_secret);
        let KeyNonce { key, nonce } = intermediate.welcome_secret(&self.suite)?.key_and_nonce(&self.suite)?;
        let plaintext = self.suite.open(&key, nonce.expose(), &[], &welcome.encrypted_group_info)?;
        self.intermediate = Some(intermediate);
        let group_info =
            GroupInfo::from_bytes_in(plaintext.expose(), settings.registrations.decode_context())?;
        if let (Some(parent), Some(need)) = (&self.parent, self.parent_need()) {
            check_new_group(need.usage, parent, &group_info.group_context)?;
        }
        check_joiner_support(&self.package.key_package.leaf_node, &group_info.group_context.extensions)?;
        Ok(group_info)
    }

    /// Rule 12.4.3.1-18: a leaf identical to the key package's.
    pub(super) fn find_own_leaf(&self, public: &PublicState) -> Result<LeafIndex, GroupError> {
        let leaf_node = &self.package.key_package.leaf_node;
        let encoded = leaf_node.to_bytes()?;
        let tree = public.tree();
        tree.find_signature_key(&leaf_node.signature_key)
            .filter(|leaf| tree.leaf(*leaf).is_some_and(|found| found.encoded() == encoded))
            .ok_or_else(|| Violation::new(rule!("12.4.3.1-18")).at(Part::RatchetTree).into())
    }

    /// Derives the epoch, checks the confirmation tag and enters (RFC 9420 §12.4.3.1).
    pub(super) fn enter(
        self,
        settings: &GroupSettings,
        public: PublicState,
        signer: u32,
    ) -> Result<Group, GroupError> {
        let own_leaf = self.find_own_leaf(&public)?;
        let node_keys = self.node_keys(&public, own_leaf, signer)?;
        let intermediate = self.intermediate.ok_or(Misuse::WrongAnswers)?;
        let epoch_secret = intermediate.epoch_secret(&self.suite, public.context_bytes())?;
        let (secrets, encryption_secret) = MemberSecrets::derive(&self.suite, epoch_secret)?;
        let expected =
            secrets.confirmation_key.tag(&self.suite, public.context().confirmed_transcript_hash.as_ref());
        if !expected.ct_eq(public.confirmation_tag().as_ref()) {
            return Err(Violation::new(rule!("12.4.3.1-21")).at(Part::GroupInfo).into());
        }
        let secret_tree = SecretTree::new(encryption_secret, public.tree().size());
        let entry = EpochEntry {
            public,
            own_leaf,
            secrets,
            secret_tree,
            node_keys,
            changed_leaves: Vec::new(),
            welcome: None,
            reinit: None,
        };
        Ok(Group::enter_first(settings, entry))
    }

    /// Rules 12.4.3.1-19 and 12.4.3.1-20.
    fn node_keys(
        &self,
        public: &PublicState,
        own_leaf: LeafIndex,
        signer: u32,
    ) -> Result<TreePrivateKeys, GroupError> {
        let encryption_key = self.package.key_package.leaf_node.encryption_key.to_vec();
        let leaf_key = NodeKey::new(encryption_key, self.package.leaf_private_key.duplicate());
        let signer = LeafIndex::new(signer)
            .ok_or_else(|| Violation::new(rule!("12.4.3-05")).at(Part::Leaf(signer)))?;
        let path_secret = self.secrets.path_secret.as_ref().map(|path| &path.path_secret);
        let own = (own_leaf, leaf_key);
        Ok(TreePrivateKeys::join(public.tree(), &self.suite, own, signer, path_secret)?)
    }
}

/// Rules 12.4.3.1-06 and 12.4.3.1-07.
fn check_psks(suite: &Suite, psks: &[PreSharedKeyId]) -> Result<(), Violation> {
    let mut resuming = Violation::new(rule!("12.4.3.1-06"));
    for (position, id) in (0u32..).zip(psks) {
        let at = Part::Psk(position);
        if id.psk_nonce.len() != suite.hash_length() {
            return Err(Violation::new(rule!("12.4.3.1-07")).at(at));
        }
        if matches!(&id.psk, Psk::Resumption { usage, .. } if *usage != ResumptionPskUsage::Application) {
            resuming = resuming.at(at);
        }
    }
    if resuming.parts().len() > 1 { Err(resuming) } else { Ok(()) }
}

impl core::fmt::Debug for OpenedSecrets {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("OpenedSecrets(..)")
    }
}
