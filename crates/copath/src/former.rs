//! Identities that others have replaced, and what still needs their keys.

use copath_codec::Opaque;
use copath_credentials::Credential;
use copath_group::{KeyPackageSecrets, Life, StoredGroup};
use copath_messages::GroupId;
use copath_records::{MemoryStore, RecordKey, RecordKind, Store, unwrap_payload};

use crate::identity::Identity;
use crate::{Client, Error};

/// An identity of the client that another one with the same signature scheme has replaced, and what still needs its
/// key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FormerIdentity {
    /// The credential.
    pub credential: Credential,
    /// The signature key.
    pub signature_key: Opaque,
    /// The groups in which this client's leaf still has it: [`Client::rotate_identity`] moves them.
    pub groups: Vec<GroupId>,
    /// The groups that this client is about to join with it ([`Client::external_join`]): confirm or drop the joins.
    pub external_joins: Vec<GroupId>,
    /// How many key packages that others may still use have it: [`Client::key_package_stock`] replaces those of the
    /// stock, and deletes their private keys after a grace; others are deleted when they are used, when they have
    /// expired ([`Client::delete_expired_key_packages`]) or one by one ([`Client::delete_key_package`]).
    pub key_packages: usize,
    /// Whether a present identity has the same key, with another credential.
    pub shares_key: bool,
}

impl FormerIdentity {
    /// Whether nothing needs the key any more, and nothing may come to need it (a commit or an Update that waits, a
    /// group on its way to another store): delete it where it is kept ([`Identity::forget`] if this library keeps
    /// it), and build the client without it. Epochs that were left need no key for signing.
    pub fn is_unused(&self) -> bool {
        self.groups.is_empty() && self.external_joins.is_empty() && self.key_packages == 0 && !self.shares_key
    }
}

/// Whether what waits for others may give this client another leaf, of whichever identity it was made with.
fn may_change_its_leaf(group: &StoredGroup) -> bool {
    group.pending_commit.is_some() || group.own_updates > 0
}

/// Whose key something needs: credential and signature key of a leaf.
type Holder = (Credential, Opaque);

impl Client {
    /// The client's identities that others have replaced, and what still needs their keys: groups, joins under way, key
    /// packages. Reads a few records of each group, and all key packages.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the store fails or a record is damaged.
    pub fn former_identities(&self) -> Result<Vec<FormerIdentity>, Error> {
        let present = |identity: &&Identity| self.is_present(identity);
        if self.identities().iter().all(|identity| self.is_present(identity)) {
            return Ok(Vec::new());
        }
        let groups = self.stored_groups()?;
        let in_use = groups.iter().filter(|group| group.life == Life::Active);
        let groups: Vec<_> = in_use.filter_map(|group| Some((group, group.identity.as_ref()?))).collect();
        let moving = self.moved_groups()?;
        let (joins, packages) = (self.joiners()?, self.package_holders()?);
        let former = self.identities().iter().filter(|identity| !self.is_present(identity)).map(|identity| {
            let holds = |(credential, key): &Holder| identity.is(credential, key);
            let mut keys = self.identities().iter().filter(present);
            FormerIdentity {
                credential: identity.credential().clone(),
                signature_key: Opaque::from(identity.signature_key()),
                groups: groups
                    .iter()
                    .filter(|(group, holder)| holds(holder) || may_change_its_leaf(group))
                    .map(|(group, _)| &group.group_id)
                    .chain(&moving)
                    .cloned()
                    .collect(),
                external_joins: joins
                    .iter()
                    .filter(|(_, holder)| holds(holder))
                    .map(|(id, _)| id.clone())
                    .collect(),
                key_packages: packages.iter().filter(|holder| holds(holder)).count(),
                shares_key: keys.any(|present| present.signature_key() == identity.signature_key()),
            }
        });
        Ok(former.collect())
    }

    /// Whether new leaves have this identity: it is the first of its scheme.
    fn is_present(&self, identity: &Identity) -> bool {
        let present = self.0.present_identity(identity.signer().scheme());
        present.is_some_and(|present| present.is(identity.credential(), identity.signature_key()))
    }

    /// Who joins by external commits that aren't accepted yet.
    fn joiners(&self) -> Result<Vec<(GroupId, Holder)>, Error> {
        let mut joiners = Vec::new();
        for group_id in self.external_joins()? {
            let joined = MemoryStore::new();
            joined.commit(self.external_join(&group_id)?.records())?;
            let context = self.settings().registrations.decode_context();
            let stored: Option<StoredGroup> = copath_group::Group::stored(&joined, context, &group_id)?;
            joiners.extend(stored.and_then(|stored| Some((group_id, stored.identity?))));
        }
        Ok(joiners)
    }

    /// Who is in the leaves of the key packages whose private keys are here.
    fn package_holders(&self) -> Result<Vec<Holder>, Error> {
        let context = self.settings().registrations.decode_context();
        let packages = self.store().scan(&RecordKey::new(RecordKind::KEY_PACKAGE))?;
        let holders = packages.iter().map(|(_, record)| {
            let (_, payload) = unwrap_payload(record)?;
            let leaf = KeyPackageSecrets::from_record(payload, context)?.key_package.leaf_node;
            Ok((leaf.credential, leaf.signature_key))
        });
        holders.collect()
    }
}
