//! The structures of RFC 9420 once more, declared for another decoder: `tls_codec` with its derives.
//!
//! It knows the presentation language and nothing of the rules, so it takes more than Copath does, and never less.

use std::io::{Read, Write};

use tls_codec::{Deserialize, Error, Serialize, Size, TlsDeserialize, TlsSerialize, TlsSize, VLBytes};

/// Declares structures whose fields follow each other.
macro_rules! structures {
    ($($name:ident { $($field:ident: $type:ty),+ $(,)? })+) => {$(
        #[derive(Debug, TlsSize, TlsSerialize, TlsDeserialize)]
        pub(crate) struct $name { $(pub(crate) $field: $type),+ }
    )+};
}

structures! {
    HpkeCiphertext { kem_output: VLBytes, ciphertext: VLBytes }
    Capabilities {
        versions: Vec<u16>,
        cipher_suites: Vec<u16>,
        extensions: Vec<u16>,
        proposals: Vec<u16>,
        credentials: Vec<u16>,
    }
    Lifetime { not_before: u64, not_after: u64 }
    Extension { extension_type: u16, extension_data: VLBytes }
    LeafNode {
        encryption_key: VLBytes,
        signature_key: VLBytes,
        credential: Credential,
        capabilities: Capabilities,
        source: LeafNodeSource,
        extensions: Vec<Extension>,
        signature: VLBytes,
    }
    KeyPackage {
        version: u16,
        cipher_suite: u16,
        init_key: VLBytes,
        leaf_node: LeafNode,
        extensions: Vec<Extension>,
        signature: VLBytes,
    }
    ParentNode { encryption_key: VLBytes, parent_hash: VLBytes, unmerged_leaves: Vec<u32> }
    PreSharedKeyId { psk: Psk, psk_nonce: VLBytes }
    Resumption { usage: ResumptionPskUsage, psk_group_id: VLBytes, psk_epoch: u64 }
    ReInit { group_id: VLBytes, version: u16, cipher_suite: u16, extensions: Vec<Extension> }
    UpdatePathNode { encryption_key: VLBytes, encrypted_path_secret: Vec<HpkeCiphertext> }
    UpdatePath { leaf_node: LeafNode, nodes: Vec<UpdatePathNode> }
    Commit { proposals: Vec<ProposalOrRef>, path: Option<UpdatePath> }
    FramedContent {
        group_id: VLBytes,
        epoch: u64,
        sender: Sender,
        authenticated_data: VLBytes,
        body: FramedContentBody,
    }
    PrivateMessage {
        group_id: VLBytes,
        epoch: u64,
        content_type: ContentType,
        authenticated_data: VLBytes,
        encrypted_sender_data: VLBytes,
        ciphertext: VLBytes,
    }
    EncryptedGroupSecrets { new_member: VLBytes, encrypted_group_secrets: HpkeCiphertext }
    Welcome { cipher_suite: u16, secrets: Vec<EncryptedGroupSecrets>, encrypted_group_info: VLBytes }
    GroupContext {
        version: u16,
        cipher_suite: u16,
        group_id: VLBytes,
        epoch: u64,
        tree_hash: VLBytes,
        confirmed_transcript_hash: VLBytes,
        extensions: Vec<Extension>,
    }
    GroupInfo {
        group_context: GroupContext,
        extensions: Vec<Extension>,
        confirmation_tag: VLBytes,
        signer: u32,
        signature: VLBytes,
    }
    MlsMessage { version: u16, body: MlsMessageBody }
}

/// Declares choices by a number that stands before them.
macro_rules! choices {
    ($($name:ident: $repr:ident { $($variant:ident $(($type:ty))? = $number:literal),+ $(,)? })+) => {$(
        #[derive(Debug, TlsSize, TlsSerialize, TlsDeserialize)]
        #[repr($repr)]
        pub(crate) enum $name { $(#[tls_codec(discriminant = $number)] $variant $(($type))?),+ }
    )+};
}

choices! {
    LeafNodeSource: u8 { KeyPackage(Lifetime) = 1, Update = 2, Commit(VLBytes) = 3 }
    Node: u8 { Leaf(Box<LeafNode>) = 1, Parent(ParentNode) = 2 }
    Psk: u8 { External(VLBytes) = 1, Resumption(Resumption) = 2 }
    Proposal: u16 {
        Add(KeyPackage) = 1,
        Update(LeafNode) = 2,
        Remove(u32) = 3,
        PreSharedKey(PreSharedKeyId) = 4,
        ReInit(ReInit) = 5,
        ExternalInit(VLBytes) = 6,
        GroupContextExtensions(Vec<Extension>) = 7,
    }
    ProposalOrRef: u8 { Proposal(Box<Proposal>) = 1, Reference(VLBytes) = 2 }
    Sender: u8 { Member(u32) = 1, External(u32) = 2, NewMemberProposal = 3, NewMemberCommit = 4 }
    FramedContentBody: u8 { Application(VLBytes) = 1, Proposal(Proposal) = 2, Commit(Commit) = 3 }
    MlsMessageBody: u16 {
        PublicMessage(PublicMessage) = 1,
        PrivateMessage(PrivateMessage) = 2,
        Welcome(Welcome) = 3,
        GroupInfo(GroupInfo) = 4,
        KeyPackage(KeyPackage) = 5,
    }
}

/// Declares choices that are numbers alone.
macro_rules! numbers {
    ($($name:ident { $($variant:ident = $number:literal),+ })+) => {$(
        #[derive(Debug, TlsSize, TlsSerialize, TlsDeserialize)]
        #[repr(u8)]
        pub(crate) enum $name { $($variant = $number),+ }
    )+};
}

numbers! {
    ResumptionPskUsage { Application = 1, ReInit = 2, Branch = 3 }
    ContentType { Application = 1, Proposal = 2, Commit = 3 }
}

/// What a credential is follows its type; a type that isn't known has a vector (RFC 9420 §5.3).
#[derive(Debug)]
pub(crate) enum Credential {
    X509(Vec<VLBytes>),
    Other(u16, VLBytes),
}

const X509: u16 = 2;

impl Size for Credential {
    fn tls_serialized_len(&self) -> usize {
        2 + match self {
            Self::X509(chain) => chain.tls_serialized_len(),
            Self::Other(_, body) => body.tls_serialized_len(),
        }
    }
}

impl Serialize for Credential {
    fn tls_serialize<W: Write>(&self, writer: &mut W) -> Result<usize, Error> {
        Ok(match self {
            Self::X509(chain) => X509.tls_serialize(writer)? + chain.tls_serialize(writer)?,
            Self::Other(kind, body) => kind.tls_serialize(writer)? + body.tls_serialize(writer)?,
        })
    }
}

impl Deserialize for Credential {
    fn tls_deserialize<R: Read>(bytes: &mut R) -> Result<Self, Error> {
        match u16::tls_deserialize(bytes)? {
            X509 => Vec::tls_deserialize(bytes).map(Self::X509),
            kind => VLBytes::tls_deserialize(bytes).map(|body| Self::Other(kind, body)),
        }
    }
}

/// The tags are there or not, by content and sender (RFC 9420 §6.1 and §6.2).
#[derive(Debug)]
pub(crate) struct PublicMessage {
    content: FramedContent,
    signature: VLBytes,
    tags: Vec<VLBytes>,
}

impl PublicMessage {
    fn count_tags(content: &FramedContent) -> usize {
        usize::from(matches!(content.body, FramedContentBody::Commit(_)))
            + usize::from(matches!(content.sender, Sender::Member(_)))
    }
}

impl Size for PublicMessage {
    fn tls_serialized_len(&self) -> usize {
        let tags: usize = self.tags.iter().map(Size::tls_serialized_len).sum();
        self.content.tls_serialized_len() + self.signature.tls_serialized_len() + tags
    }
}

impl Serialize for PublicMessage {
    fn tls_serialize<W: Write>(&self, writer: &mut W) -> Result<usize, Error> {
        let mut length = self.content.tls_serialize(writer)? + self.signature.tls_serialize(writer)?;
        for tag in &self.tags {
            length += tag.tls_serialize(writer)?;
        }
        Ok(length)
    }
}

impl Deserialize for PublicMessage {
    fn tls_deserialize<R: Read>(bytes: &mut R) -> Result<Self, Error> {
        let content = FramedContent::tls_deserialize(bytes)?;
        let signature = VLBytes::tls_deserialize(bytes)?;
        let tags = (0..Self::count_tags(&content)).map(|_| VLBytes::tls_deserialize(bytes));
        let tags = tags.collect::<Result<_, _>>()?;
        Ok(Self { content, signature, tags })
    }
}
