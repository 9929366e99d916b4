//! One value of each structure, with every optional part present.

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use copath_codec::Opaque;
use copath_credentials::{Credential, CredentialType};
use copath_crypto::{CipherSuite, Secret, Signer, Suite};

use crate::*;

pub(crate) const SUITE: CipherSuite = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;

/// Every suite of the backend, each with a signer.
pub(crate) fn suites() -> Vec<(Suite, Arc<dyn Signer>)> {
    let suites = Suite::available(&copath_provider_rustcrypto::provider());
    suites.into_iter().map(|suite| (suite.clone(), signer(&suite))).collect()
}

pub(crate) fn signer(suite: &Suite) -> Arc<dyn Signer> {
    let pair = suite.generate_signature_key_pair().unwrap();
    suite.signature().signer(&pair.private_key).unwrap()
}

pub(crate) fn group_id() -> GroupId {
    GroupId::from(&b"group"[..])
}

pub(crate) fn extensions() -> Extensions {
    let private = Extension { extension_type: ExtensionType(0xf001), extension_data: Opaque::from(&[1, 2]) };
    let id = ApplicationId { application_id: Opaque::from(b"app") };
    [Extension::of(&id).unwrap(), private].into_iter().collect()
}

pub(crate) fn capabilities() -> Capabilities {
    Capabilities {
        versions: vec![ProtocolVersion::MLS10, ProtocolVersion(0x0a0a)],
        cipher_suites: vec![SUITE, CipherSuite(0x1a1a)],
        extensions: vec![ExtensionType(0xf001), ExtensionType(0x2a2a)],
        proposals: vec![ProposalType(0xf002), ProposalType(0x3a3a)],
        credentials: vec![CredentialType::BASIC, CredentialType(0x4a4a)],
    }
}

pub(crate) fn unsigned_leaf(signature_key: &[u8], source: LeafNodeSource) -> UnsignedLeafNode {
    UnsignedLeafNode {
        encryption_key: Opaque::from(b"encryption key"),
        signature_key: Opaque::from(signature_key),
        credential: Credential::basic(b"alice"),
        capabilities: capabilities(),
        leaf_node_source: source,
        extensions: extensions(),
    }
}

pub(crate) fn key_package_source() -> LeafNodeSource {
    LeafNodeSource::KeyPackage(Lifetime { not_before: 10, not_after: u64::MAX })
}

/// A leaf whose signature is no signature.
pub(crate) fn leaf(source: LeafNodeSource) -> LeafNode {
    unsigned_leaf(b"signature key", source).with_signature(Opaque::from(b"signature"))
}

pub(crate) fn key_package() -> KeyPackage {
    let leaf_node = leaf(key_package_source());
    UnsignedKeyPackage {
        version: ProtocolVersion::MLS10,
        cipher_suite: SUITE,
        init_key: Opaque::from(b"init key"),
        leaf_node,
        extensions: extensions(),
    }
    .with_signature(Opaque::from(b"signature"))
}

pub(crate) fn group_context() -> GroupContext {
    GroupContext {
        version: ProtocolVersion::MLS10,
        cipher_suite: SUITE,
        group_id: group_id(),
        epoch: 1 << 40,
        tree_hash: Opaque::from(&[7; 32]),
        confirmed_transcript_hash: Opaque::from(&[8; 32]),
        extensions: Extensions::new(),
    }
}

pub(crate) fn group_info() -> GroupInfo {
    UnsignedGroupInfo {
        group_context: group_context(),
        extensions: extensions(),
        confirmation_tag: Opaque::from(&[9; 64]),
        signer: 3,
    }
    .with_signature(Opaque::from(b"signature"))
}

pub(crate) fn psks() -> Vec<PreSharedKeyId> {
    let external = Psk::External { psk_id: Opaque::from(b"psk") };
    let resumption = |usage| Psk::Resumption { usage, psk_group_id: group_id(), psk_epoch: 7 };
    let all = [
        external,
        resumption(ResumptionPskUsage::Application),
        resumption(ResumptionPskUsage::Reinit),
        resumption(ResumptionPskUsage::Branch),
    ];
    all.into_iter().map(|psk| PreSharedKeyId { psk, psk_nonce: Opaque::from(&[5; 32]) }).collect()
}

pub(crate) fn group_secrets(path_secret: Option<&[u8]>) -> GroupSecrets {
    let path_secret = path_secret.map(|octets| PathSecret { path_secret: Secret::copy_of(octets) });
    GroupSecrets { joiner_secret: Secret::copy_of(&[6; 64]), path_secret, psks: psks() }
}

pub(crate) fn welcome() -> Welcome {
    let entry = EncryptedGroupSecrets {
        new_member: HashReference::from(&[4; 32][..]),
        encrypted_group_secrets: ciphertext(),
    };
    Welcome {
        cipher_suite: SUITE,
        secrets: vec![entry.clone(), entry],
        encrypted_group_info: Opaque::from(&[3; 100]),
    }
}

pub(crate) fn ciphertext() -> HpkeCiphertext {
    HpkeCiphertext { kem_output: Opaque::from(&[2; 32]), ciphertext: Opaque::from(&[1; 48]) }
}

/// One proposal of each type of RFC 9420.
pub(crate) fn proposals() -> Vec<Proposal> {
    vec![
        Proposal::Add(Add { key_package: key_package().into() }),
        Proposal::Update(Update { leaf_node: leaf(LeafNodeSource::Update).into() }),
        Proposal::Remove(Remove { removed: u32::MAX }),
        Proposal::PreSharedKey(PreSharedKey { psk: psks().remove(1) }),
        Proposal::ReInit(ReInit {
            group_id: group_id(),
            version: ProtocolVersion::MLS10,
            cipher_suite: SUITE,
            extensions: extensions(),
        }),
        Proposal::ExternalInit(ExternalInit { kem_output: Opaque::from(&[2; 32]) }),
        Proposal::GroupContextExtensions(GroupContextExtensions { extensions: extensions() }),
    ]
}

pub(crate) fn commit() -> Commit {
    let references = [ProposalOrRef::Reference(HashReference::from(&[4; 32][..]))];
    let node = UpdatePathNode {
        encryption_key: Opaque::from(&[1; 32]),
        encrypted_path_secret: vec![ciphertext(), ciphertext()],
    };
    let parent_hash = Opaque::from(&[2; 32]);
    Commit {
        proposals: proposals().into_iter().map(ProposalOrRef::Proposal).chain(references).collect(),
        path: Some(UpdatePath {
            leaf_node: leaf(LeafNodeSource::Commit(parent_hash)).into(),
            nodes: vec![node.clone(), UpdatePathNode { encrypted_path_secret: Vec::new(), ..node }],
        }),
    }
}

pub(crate) fn bodies() -> Vec<FramedContentBody> {
    let application = FramedContentBody::Application(Opaque::from(b"hello"));
    let proposals = proposals().into_iter().map(FramedContentBody::Proposal);
    proposals.chain([application, FramedContentBody::Commit(commit())]).collect()
}

pub(crate) fn senders() -> [Sender; 4] {
    [
        Sender::Member { leaf_index: u32::MAX },
        Sender::External { sender_index: 1 },
        Sender::NewMemberProposal,
        Sender::NewMemberCommit,
    ]
}

pub(crate) fn content(sender: Sender, body: FramedContentBody) -> FramedContent {
    FramedContent { group_id: group_id(), epoch: 5, sender, authenticated_data: Opaque::from(b"data"), body }
}

pub(crate) fn public_message(sender: Sender, body: FramedContentBody) -> PublicMessage {
    let tag = |present: bool, octet| present.then(|| Opaque::from(&[octet; 64]));
    let is_commit = body.content_type() == ContentType::Commit;
    let is_member = matches!(sender, Sender::Member { .. });
    let auth =
        FramedContentAuthData { signature: Opaque::from(b"signature"), confirmation_tag: tag(is_commit, 1) };
    PublicMessage { content: content(sender, body), auth, membership_tag: tag(is_member, 2) }
}

pub(crate) fn private_message() -> PrivateMessage {
    PrivateMessage {
        group_id: group_id(),
        epoch: 5,
        content_type: ContentType::Proposal,
        authenticated_data: Opaque::from(b"data"),
        encrypted_sender_data: Opaque::from(&[1; 28]),
        ciphertext: Opaque::from(&[2; 80]),
    }
}

/// A message of each kind, and for PublicMessage of each sender and content.
pub(crate) fn messages() -> Vec<MlsMessage> {
    let public = senders()
        .into_iter()
        .flat_map(|sender| bodies().into_iter().map(move |body| public_message(sender, body)));
    let mut messages: Vec<MlsMessage> = public.map(MlsMessage::from).collect();
    messages.push(private_message().into());
    messages.push(welcome().into());
    messages.push(group_info().into());
    messages.push(key_package().into());
    messages
}

pub(crate) fn nodes() -> Vec<Option<Node>> {
    let parent = ParentNode {
        encryption_key: Opaque::from(&[1; 32]),
        parent_hash: Opaque::from(&[2; 32]),
        unmerged_leaves: vec![0, u32::MAX],
    };
    let leaf = leaf(key_package_source());
    vec![Some(Node::Leaf(leaf.into())), Some(Node::Parent(parent.into())), None]
}
