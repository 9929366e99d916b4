//! GroupContext, GroupInfo, Welcome.

use copath::ExtensionType;
use copath::messages::{GroupContext, GroupInfo, Welcome};
use copath::rules::rule;

use super::extension::{Place, extensions};
use super::leaf::hpke_ciphertext;
use super::{Describer, Done};
use crate::inspect::known::Tree;
use crate::inspect::scalar::Verdict;

/// A GroupContext.
pub(in crate::inspect) fn group_context(
    d: &mut Describer<'_>,
    name: &'static str,
    context: &GroupContext,
) -> Done {
    d.structure(name, "GroupContext", |d| {
        d.code("version", context.version)?;
        d.code("cipher_suite", context.cipher_suite)?;
        d.readable("group_id", &context.group_id)?;
        d.u64("epoch", context.epoch)?;
        d.octets("tree_hash", &context.tree_hash)?;
        d.octets("confirmed_transcript_hash", &context.confirmed_transcript_hash)?;
        extensions(d, &context.extensions, Place::GroupContext)
    })
}

/// A GroupInfo, and its tree if it is inside.
pub(in crate::inspect) fn group_info(d: &mut Describer<'_>, name: &'static str, info: &GroupInfo) -> Done {
    let context = &info.group_context;
    let outside = d.known.enter_suite(context.cipher_suite);
    d.known.group_id = Some(context.group_id.clone());
    let octets = info.extensions.find(ExtensionType::RATCHET_TREE).map(|found| &found.extension_data);
    let tree = octets.map(|octets| d.known.tree(octets));
    d.structure(name, "GroupInfo", |d| {
        group_context(d, "group_context", context)?;
        extensions(d, &info.extensions, Place::GroupInfo(tree.as_ref()))?;
        d.octets("confirmation_tag", &info.confirmation_tag)?;
        d.u32("signer", info.signer)?;
        d.octets("signature", &info.signature)?;
        d.derived(|d| {
            d.verdict("signature", signature(d, info, tree.as_ref()))?;
            d.verdict("tree_hash", tree_hash(info, tree.as_ref()))?;
            d.verdict("confirmation_tag", Verdict::NotCheckable("it takes the epoch's secrets"))
        })
    })?;
    d.known.leave_suite(outside);
    Ok(())
}

const NO_TREE: Verdict = Verdict::NotCheckable("the ratchet tree isn't inside");
const BAD_TREE: Verdict = Verdict::NotCheckable("the ratchet tree can't be read");

fn signature(d: &Describer<'_>, info: &GroupInfo, tree: Option<&Tree>) -> Verdict {
    let tree = match tree {
        None => return NO_TREE,
        Some(Err(_)) => return BAD_TREE,
        Some(Ok(tree)) => tree,
    };
    let leaf = copath::tree_math::LeafIndex::new(info.signer).and_then(|index| tree.leaf(index));
    match leaf {
        // Rule 12.4.3-05 needs a key.
        None => Verdict::NotCheckable("the signer's leaf is blank or outside of the tree"),
        Some(leaf) => d.known.verdict(|suite| info.verify_signature(suite, leaf.signature_key())),
    }
}

fn tree_hash(info: &GroupInfo, tree: Option<&Tree>) -> Verdict {
    match tree {
        None => NO_TREE,
        Some(Err(_)) => BAD_TREE,
        Some(Ok(tree)) if tree.tree_hash().as_slice() == info.group_context.tree_hash.as_slice() => {
            Verdict::Valid
        }
        Some(Ok(_)) => Verdict::Invalid(rule!("12.4.3.3-06")),
    }
}

/// A Welcome.
pub(in crate::inspect) fn welcome(d: &mut Describer<'_>, name: &'static str, welcome: &Welcome) -> Done {
    d.structure(name, "Welcome", |d| {
        d.code("cipher_suite", welcome.cipher_suite)?;
        d.list("secrets", &welcome.secrets, |d, entry| {
            d.structure("", "EncryptedGroupSecrets", |d| {
                d.octets("new_member", &entry.new_member)?;
                hpke_ciphertext(d, "encrypted_group_secrets", &entry.encrypted_group_secrets)
            })
        })?;
        d.encrypted("encrypted_group_info", &welcome.encrypted_group_info)
    })
}
