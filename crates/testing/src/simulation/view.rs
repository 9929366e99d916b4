//! What clients see of a group, and how two views differ.

use copath_credentials::Credential;
use copath_group::{Group, PublicState, Queued};
use copath_messages::GroupContext;
use copath_tree_math::LeafIndex;

/// What everybody who follows a group sees of an epoch.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PublicView {
    pub(super) context: GroupContext,
    tree_hash: Vec<u8>,
    interim_transcript_hash: Vec<u8>,
    roster: Vec<(LeafIndex, Credential, Vec<u8>)>,
}

/// What all members of an epoch agree on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct View {
    pub(super) public: PublicView,
    pub(super) authenticator: Vec<u8>,
    pub(super) exported: Vec<u8>,
}

/// Everything that a group can be asked for.
#[derive(Debug, PartialEq)]
pub(super) struct Memory {
    view: View,
    own_leaf: LeafIndex,
    proposals: Vec<Queued>,
    pending_commit: Option<Vec<u8>>,
    has_welcome: bool,
    past_epochs: Vec<u64>,
    resumption: Vec<(u64, Vec<u8>)>,
    is_removed: bool,
    is_reinitialized: bool,
}

/// The first thing in which two views differ, as it should be and as it is.
pub(super) type Difference = (&'static str, String, String);

impl PublicView {
    pub(super) fn of(state: &PublicState) -> Self {
        let leaves = state.tree().members();
        Self {
            context: state.context().clone(),
            tree_hash: state.tree().tree_hash().as_slice().to_vec(),
            interim_transcript_hash: state.interim_transcript_hash().as_ref().to_vec(),
            roster: leaves
                .map(|leaf| (leaf.index(), leaf.credential(), leaf.signature_key().to_vec()))
                .collect(),
        }
    }

    /// In what `self` isn't what was `expected`.
    pub(super) fn difference(&self, expected: &Self) -> Option<Difference> {
        let (own, other) = (&self.context, &expected.context);
        let words = |view: &Self| format!("{} members", view.roster.len());
        let fields = [
            ("the group id", hex(&other.group_id), hex(&own.group_id)),
            ("the epoch", other.epoch.to_string(), own.epoch.to_string()),
            ("the tree hash", hex(&expected.tree_hash), hex(&self.tree_hash)),
            ("the context's tree hash", hex(&other.tree_hash), hex(&own.tree_hash)),
            (
                "the confirmed transcript hash",
                hex(&other.confirmed_transcript_hash),
                hex(&own.confirmed_transcript_hash),
            ),
            (
                "the interim transcript hash",
                hex(&expected.interim_transcript_hash),
                hex(&self.interim_transcript_hash),
            ),
            ("the context's extensions", types(other), types(own)),
            ("the roster", words(expected), words(self)),
        ];
        differing(fields)
            .or_else(|| (self != expected).then(|| ("the context", String::new(), String::new())))
    }
}

impl View {
    pub(super) fn of(group: &Group) -> Self {
        let exported = || group.export_secret(b"simulation", b"", 16).unwrap().expose().to_vec();
        Self {
            public: PublicView::of(group.public_state()),
            authenticator: group.epoch_authenticator().to_vec(),
            // A removed member has erased the secret behind it.
            exported: if group.is_removed() { Vec::new() } else { exported() },
        }
    }

    /// In what `self` isn't what was `expected`.
    pub(super) fn difference(&self, expected: &Self) -> Option<Difference> {
        self.public.difference(&expected.public).or_else(|| {
            differing([
                ("the epoch authenticator", hex(&expected.authenticator), hex(&self.authenticator)),
                ("an exported secret", hex(&expected.exported), hex(&self.exported)),
            ])
        })
    }
}

impl Memory {
    pub(super) fn of(group: &Group) -> Self {
        let known = (0..=group.epoch()).filter_map(|epoch| Some((epoch, group.resumption_psk(epoch)?)));
        Self {
            view: View::of(group),
            own_leaf: group.own_leaf(),
            proposals: group.pending_proposals().collect(),
            pending_commit: group.pending_commit_message().map(<[u8]>::to_vec),
            has_welcome: group.has_welcome(),
            past_epochs: group.past_epochs(),
            resumption: known.map(|(epoch, psk)| (epoch, psk.as_secret().expose().to_vec())).collect(),
            is_removed: group.is_removed(),
            is_reinitialized: group.reinit().is_some(),
        }
    }

    /// In what `self` isn't what was `expected`.
    pub(super) fn difference(&self, expected: &Self) -> Option<Difference> {
        self.view.difference(&expected.view).or_else(|| {
            let debug = |what, own: &dyn core::fmt::Debug, other: &dyn core::fmt::Debug| {
                (what, format!("{other:?}"), format!("{own:?}"))
            };
            let count = |memory: &Self| (memory.proposals.len(), memory.pending_commit.is_some());
            let epochs =
                |memory: &Self| memory.resumption.iter().map(|(epoch, _)| *epoch).collect::<Vec<_>>();
            let ends = |memory: &Self| (memory.has_welcome, memory.is_removed, memory.is_reinitialized);
            let all = [
                debug("the own leaf", &self.own_leaf, &expected.own_leaf),
                debug("proposals and pending commit", &count(self), &count(expected)),
                debug("the past epochs", &self.past_epochs, &expected.past_epochs),
                debug("the resumption PSKs' epochs", &epochs(self), &epochs(expected)),
                debug("Welcome, removal, ReInit", &ends(self), &ends(expected)),
            ];
            differing(all).or_else(|| (self != expected).then(|| ("secrets", String::new(), String::new())))
        })
    }
}

fn differing<const N: usize>(fields: [Difference; N]) -> Option<Difference> {
    fields.into_iter().find(|(_, expected, actual)| expected != actual)
}

/// The first octets.
fn hex(octets: &[u8]) -> String {
    octets.iter().take(6).map(|octet| format!("{octet:02x}")).collect()
}

fn types(context: &GroupContext) -> String {
    let types: Vec<String> =
        context.extensions.types().map(|extension_type| format!("{:#06x}", extension_type.0)).collect();
    types.join(" ")
}
