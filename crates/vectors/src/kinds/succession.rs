//! `succession`: a client that joins what comes out of its group.
//!
//! A format of our own. A case begins as one of `passive-client`; then the client, as a member of the old group, joins
//! its successor (RFC 9420 §11.2) or a branch of it (RFC 9420 §11.3). Both groups are loaded anew from their records.

use std::sync::Arc;

use copath_crypto::{CipherSuite, CryptoProvider, Suite};
use copath_group::{Group, GroupError, ParentNeed};
use copath_messages::ResumptionPskUsage;
use serde::{Deserialize, Serialize};

use super::passive_client::{self, Client};
use crate::hex_bytes::Hex;
use crate::mismatch::{At, equal, same};
use crate::{Error, Mismatch, Outcome};

/// A client in its old group, and the Welcome to the new one.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    #[serde(flatten)]
    pub(crate) old: passive_client::Case,
    pub(crate) usage: Usage,
    pub(crate) successor: Successor,
}

/// In which way the new group comes out of the old one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Usage {
    Reinit,
    Branch,
}

/// The new group.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Successor {
    pub(crate) cipher_suite: u16,
    pub(crate) key_package: Hex,
    pub(crate) signature_priv: Hex,
    pub(crate) encryption_priv: Hex,
    pub(crate) init_priv: Hex,
    pub(crate) welcome: Hex,
    pub(crate) ratchet_tree: Option<Hex>,
    pub(crate) epoch_authenticator: Hex,
}

/// Runs a file.
pub(crate) fn run(provider: &Arc<dyn CryptoProvider>, json: &str) -> Result<Outcome, Error> {
    let cases: Vec<Case> = serde_json::from_str(json)?;
    Ok(Outcome::of_suites(provider, &cases, |case| case.old.cipher_suite, run_case))
}

fn run_case(suite: &Suite, case: &Case) -> Result<(), Mismatch> {
    let mut old = passive_client::follow(suite, &case.old).at("old group")?;
    old.reload().at("stored state of the old group")?;
    let closed = case.usage == Usage::Reinit;
    equal("whether a ReInit closed the old group", old.group().reinit().is_some(), closed)?;
    let suite = Suite::new(suite.provider(), CipherSuite(case.successor.cipher_suite)).at("successor")?;
    check_refusals(&suite, case, old.group()).at("successor")?;
    join(&suite, case, old.group()).at("successor")
}

/// Joins the new group.
fn join(suite: &Suite, case: &Case, parent: &Group) -> Result<(), Mismatch> {
    let expected = &case.successor.epoch_authenticator;
    let mut follower = case.client(Some((parent, case.usage.into()))).join(suite)?;
    equal("epoch", follower.group().epoch(), 1)?;
    equal("suite", follower.group().suite().cipher_suite(), suite.cipher_suite())?;
    same("epoch_authenticator", follower.epoch_authenticator(), expected)?;
    follower.reload().at("stored state")?;
    same("stored epoch_authenticator", follower.epoch_authenticator(), expected)
}

/// Demands that the Welcome asks for the old group in the right way, and that nobody joins who doesn't have it, or
/// expects the other usage.
fn check_refusals(suite: &Suite, case: &Case, old: &Group) -> Result<(), Mismatch> {
    let (group_id, epoch) = (old.group_id().clone(), old.epoch());
    let need = ParentNeed { group_id, epoch, usage: case.usage.into() };
    let expected = Mismatch::from(GroupError::MissingParent(need)).at("joining");
    for (place, parent) in
        [("without the old group", None), ("with the other usage", Some((old, case.usage.other().into())))]
    {
        let refusal = case.client(parent).join(suite).err();
        equal(place, refusal.as_ref(), Some(&expected))?;
    }
    Ok(())
}

impl Case {
    /// The client as it joins the new group.
    fn client<'a>(&'a self, parent: Option<(&'a Group, ResumptionPskUsage)>) -> Client<'a> {
        let new = &self.successor;
        Client {
            external_psks: &self.old.external_psks,
            key_package: &new.key_package,
            signature_priv: &new.signature_priv,
            encryption_priv: &new.encryption_priv,
            init_priv: &new.init_priv,
            welcome: &new.welcome,
            ratchet_tree: new.ratchet_tree.as_ref(),
            parent,
        }
    }
}

impl Usage {
    fn other(self) -> Self {
        match self {
            Self::Reinit => Self::Branch,
            Self::Branch => Self::Reinit,
        }
    }
}

impl From<Usage> for ResumptionPskUsage {
    fn from(usage: Usage) -> Self {
        match usage {
            Usage::Reinit => Self::Reinit,
            Usage::Branch => Self::Branch,
        }
    }
}
