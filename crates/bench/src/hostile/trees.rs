//! Trees, as joiners get them.

use std::sync::Arc;

use copath_codec::{Decode as _, DecodeContext, Encode as _, Opaque};
use copath_credentials::Credential;
use copath_crypto::{CipherSuite, Suite};
use copath_messages::{Capabilities, Extension, ExtensionType, Extensions, Node, UnsignedLeafNode};
use copath_ratchet_tree::{LifetimePolicy, RatchetTree, TreeLimits, ValidationContext};
use copath_testing::{ForgedTree, NOW};

use super::{BLAME, Case, Try};
use crate::error::Outcome;
use crate::libraries::{SUITE, provider};
use crate::member::Library;

/// Members of the trees that are large by their number.
const MEMBERS: u32 = 2_000;
/// Members of those that are large by their leaves.
const FEW: u32 = 8;
/// Entries in each list of such a leaf.
const ENTRIES: u16 = 8_000;

pub(super) fn cases() -> Outcome<Vec<Case>> {
    let suite = Suite::new(&provider(Library::CopathAwsLc), CipherSuite(SUITE)).map_err(BLAME.on("suite"))?;
    let cold = tree_of(&suite, MEMBERS, |_, _| ());
    let cold_octets = cold.tree.encode().map_err(BLAME.on("encode"))?;
    let shared = suite.generate_kem_key_pair().map_err(BLAME.on("key pair"))?.public_key;
    let repeated = tree_of(&suite, MEMBERS, |_, leaf| leaf.encryption_key = Opaque::from(shared.as_slice()));
    let repeated = repeated.tree.encode().map_err(BLAME.on("encode"))?;
    let extended = tree_of(&suite, FEW, |_, leaf| {
        leaf.extensions = extensions();
        leaf.capabilities.extensions = entries().map(Into::into).collect();
    });
    let capable = tree_of(&suite, FEW, |_, leaf| leaf.capabilities = capabilities());
    Ok(vec![
        flawed(
            &suite,
            &unmerged(&suite),
            format!("unmerged leaves: {MEMBERS} members, half of them in all lists above"),
        )?,
        flawed(&suite, &blanks(&suite), format!("blanks: a tree of {MEMBERS} leaves, one in 50 filled"))?,
        Case {
            kind: format!("duplicate keys: {MEMBERS} leaves with one encryption key"),
            octets: repeated.len(),
            valid: validate(&suite, &cold, cold_octets),
            invalid: validate(&suite, &cold, repeated),
        },
        flawed(&suite, &extended, format!("extensions: {FEW} leaves with {ENTRIES} each, all listed"))?,
        flawed(&suite, &capable, format!("capabilities: {FEW} leaves with {ENTRIES} types in each list"))?,
    ])
}

/// `tree`, and the same with a wrong signature in its last leaf.
fn flawed(suite: &Suite, tree: &ForgedTree, kind: String) -> Outcome<Case> {
    let octets = tree.tree.encode().map_err(BLAME.on("encode"))?;
    let mut nodes: Vec<Option<Node>> = Vec::from_bytes(&octets).map_err(BLAME.on("nodes"))?;
    if let Some(Some(Node::Leaf(leaf))) = nodes.last_mut() {
        let mut signature = leaf.signature.to_vec();
        signature.iter_mut().take(1).for_each(|octet| *octet ^= 1);
        leaf.signature = signature.into();
    }
    let wrong = nodes.to_bytes().map_err(BLAME.on("nodes"))?;
    Ok(Case {
        kind,
        octets: octets.len(),
        valid: validate(suite, tree, octets),
        invalid: validate(suite, tree, wrong),
    })
}

/// What a joiner does with a tree.
fn validate(suite: &Suite, tree: &ForgedTree, octets: Vec<u8>) -> Try {
    let (suite, group_id) = (suite.clone(), tree.group_id.clone());
    let (extensions, lifetimes) = (Extensions::default(), LifetimePolicy::default());
    Box::new(move || {
        let context = ValidationContext {
            group_id: &group_id,
            extensions: &extensions,
            lifetimes: &lifetimes,
            now: NOW,
        };
        let limits = TreeLimits::default();
        let tree = RatchetTree::decode(&suite, &octets, DecodeContext::rfc9420(), &limits);
        tree.and_then(|tree| tree.validate(&suite, &context)).map_err(|error| error.to_string())
    })
}

fn tree_of(suite: &Suite, members: u32, edit: impl Fn(u32, &mut UnsignedLeafNode)) -> ForgedTree {
    let mut tree = ForgedTree::new(suite, 1);
    for member in 1..members {
        tree.add(|leaf| {
            leaf.credential = Credential::basic(format!("member {member}").as_bytes());
            edit(member, leaf);
        });
    }
    tree
}

/// Every other member comes when all parents above are filled, and none of these is renewed after.
fn unmerged(suite: &Suite) -> ForgedTree {
    let mut tree = tree_of(suite, MEMBERS, |_, _| ());
    let signers: Vec<_> = tree.signers.values().map(Arc::clone).collect();
    for leaf in (1..MEMBERS).step_by(2) {
        tree.remove(leaf);
    }
    for leaf in (0..MEMBERS).step_by(4).rev() {
        tree.path(leaf, &[], |_| ());
    }
    for signer in signers.iter().skip(1).step_by(2) {
        tree.add_by(signer, |_| ());
    }
    tree
}

fn blanks(suite: &Suite) -> ForgedTree {
    let mut tree = tree_of(suite, MEMBERS, |_, _| ());
    for leaf in (1..MEMBERS - 1).filter(|leaf| leaf % 50 != 0) {
        tree.remove(leaf);
    }
    tree
}

/// Code points that nothing is registered for.
fn entries() -> impl Iterator<Item = u16> {
    (0..ENTRIES).map(|number| 0x4000 + number)
}

fn capabilities() -> Capabilities {
    let mut capabilities = Capabilities {
        versions: entries().map(Into::into).collect(),
        cipher_suites: entries().map(Into::into).collect(),
        extensions: entries().map(Into::into).collect(),
        proposals: entries().map(Into::into).collect(),
        credentials: entries().map(Into::into).collect(),
    };
    capabilities.versions.push(copath_messages::ProtocolVersion::MLS10);
    capabilities.cipher_suites.push(CipherSuite(SUITE));
    capabilities.credentials.push(copath_messages::CredentialType::BASIC);
    capabilities
}

fn extensions() -> Extensions {
    let body = Opaque::from(&[7; 8]);
    let of = |kind| Extension { extension_type: ExtensionType(kind), extension_data: body.clone() };
    Extensions(entries().map(of).collect())
}
