//! What a step of a script asks for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, de};

/// All actions as a script spells them, each with its fields.
pub(crate) const ACTIONS: [(&str, &[&str]); 18] = [
    ("createGroup", &["actor", "members"]),
    ("createKeyPackage", &["actor"]),
    ("externalJoin", &["actor", "joiner", "members", "removePrior", "externalTree", "external_tree", "psks"]),
    ("installExternalPSK", &["clients"]),
    ("protect", &["actor", "authenticatedData", "plaintext"]),
    ("unprotect", &["actor", "ciphertext"]),
    ("addProposal", &["actor", "keyPackage"]),
    ("updateProposal", &["actor"]),
    ("removeProposal", &["actor", "removed"]),
    ("externalPSKProposal", &["actor", "pskID"]),
    ("resumptionPSKProposal", &["actor", "epochID"]),
    ("groupContextExtensionsProposal", &["actor", "extensions"]),
    ("newMemberAddProposal", &["actor", "joiner"]),
    ("addExternalSigner", &["actor", "signer"]),
    ("externalSignerProposal", &["actor", "member", "description"]),
    (
        "fullCommit",
        &[
            "actor",
            "byReference",
            "byValue",
            "members",
            "joiners",
            "force_path",
            "forcePath",
            "external_tree",
            "externalTree",
        ],
    ),
    (
        "reinit",
        &[
            "proposer",
            "externalReinitProposal",
            "committer",
            "welcomer",
            "members",
            "changeGroupID",
            "changeCiphersuite",
            "changeCipherSuite",
            "extensions",
            "force_path",
            "forcePath",
            "external_tree",
            "externalTree",
        ],
    ),
    (
        "branch",
        &["actor", "members", "extensions", "force_path", "forcePath", "external_tree", "externalTree"],
    ),
];

/// The number of an earlier step of the script.
pub type StepIndex = usize;

/// An extension, by its code and its body.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extension {
    /// RFC 9420 §17.3.
    pub extension_type: u16,
    /// The body.
    #[serde(deserialize_with = "base64")]
    pub extension_data: Vec<u8>,
}

/// A proposal in words.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "proposalType", deny_unknown_fields)]
pub enum Description {
    /// Add the client of a key package.
    #[serde(rename = "add", rename_all = "camelCase")]
    Add {
        /// A step that made one.
        key_package: StepIndex,
    },
    /// Remove a member.
    #[serde(rename = "remove")]
    Remove {
        /// The actor.
        removed: String,
    },
    /// Inject an external PSK.
    #[serde(rename = "externalPSK")]
    ExternalPsk {
        /// The step that installed it.
        #[serde(rename = "pskID")]
        psk: StepIndex,
    },
    /// Inject the resumption PSK of an epoch.
    #[serde(rename = "resumptionPSK")]
    ResumptionPsk {
        /// The epoch.
        #[serde(rename = "epochID")]
        epoch: u64,
    },
    /// Replace the group's extensions.
    #[serde(rename = "groupContextExtensions")]
    GroupContextExtensions {
        /// All of them.
        #[serde(default)]
        extensions: Vec<Extension>,
    },
    /// Close the group in favour of another.
    #[serde(rename = "reinit")]
    ReInit(Successor),
}

/// What is different in a group's successor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Successor {
    /// Its id.
    #[serde(default, rename = "changeGroupID")]
    pub change_group_id: bool,
    /// Its suite.
    #[serde(default, rename = "changeCiphersuite", alias = "changeCipherSuite")]
    pub change_suite: bool,
    /// Its extensions.
    #[serde(default)]
    pub extensions: Vec<Extension>,
}

/// How a Welcome is made. Both spellings occur in the harness's files, and mean the same here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Options {
    /// A path although the proposals need none.
    #[serde(default, alias = "forcePath")]
    pub force_path: bool,
    /// The tree outside of the Welcome.
    #[serde(default, alias = "externalTree")]
    pub external_tree: bool,
}

/// A commit, and who processes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FullCommit {
    /// The committer.
    pub actor: String,
    /// Steps that made proposals.
    #[serde(default)]
    pub by_reference: Vec<StepIndex>,
    /// More proposals.
    #[serde(default)]
    pub by_value: Vec<Description>,
    /// The members that process it.
    #[serde(default)]
    pub members: Vec<String>,
    /// The actors that join by its Welcome.
    #[serde(default)]
    pub joiners: Vec<String>,
    /// How it is made.
    #[serde(flatten)]
    pub options: Options,
}

/// An external join, and who processes its commit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExternalJoin {
    /// The member whose GroupInfo is used.
    pub actor: String,
    /// Who joins.
    pub joiner: String,
    /// The other members that process the commit.
    #[serde(default)]
    pub members: Vec<String>,
    /// Whether the joiner's older leaf goes.
    #[serde(default)]
    pub remove_prior: bool,
    /// Whether the tree travels outside of the GroupInfo.
    #[serde(default, alias = "external_tree")]
    pub external_tree: bool,
    /// Steps that installed PSKs, which are injected.
    #[serde(default)]
    pub psks: Vec<StepIndex>,
}

/// A reinitialization.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReInit {
    /// Who proposes it.
    pub proposer: Option<String>,
    /// A step in which an external signer proposed it.
    pub external_reinit_proposal: Option<StepIndex>,
    /// Who commits it.
    pub committer: String,
    /// Who creates the successor.
    pub welcomer: String,
    /// The other members.
    #[serde(default)]
    pub members: Vec<String>,
    /// What is different in the successor.
    #[serde(flatten)]
    pub successor: Successor,
    /// How its Welcome is made.
    #[serde(flatten)]
    pub options: Options,
}

/// A branch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Branch {
    /// Who creates it.
    pub actor: String,
    /// Who joins it.
    #[serde(default)]
    pub members: Vec<String>,
    /// Its extensions.
    #[serde(default)]
    pub extensions: Vec<Extension>,
    /// How its Welcome is made.
    #[serde(flatten)]
    pub options: Options,
}

/// What a step asks for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "action", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Action {
    /// `actor` creates the group and adds `members` by one commit.
    CreateGroup {
        /// The creator.
        actor: String,
        /// Who is added.
        #[serde(default)]
        members: Vec<String>,
    },
    /// `actor` makes a key package.
    CreateKeyPackage {
        /// Its owner.
        actor: String,
    },
    /// Somebody joins by an external commit.
    ExternalJoin(ExternalJoin),
    /// `clients` learn a new PSK.
    #[serde(rename = "installExternalPSK")]
    InstallExternalPsk {
        /// The actors.
        clients: Vec<String>,
    },
    /// `actor` encrypts.
    Protect {
        /// The sender.
        actor: String,
        /// What is authenticated beside it.
        #[serde(default)]
        authenticated_data: String,
        /// The data.
        plaintext: String,
    },
    /// `actor` decrypts.
    Unprotect {
        /// The receiver.
        actor: String,
        /// The step that encrypted.
        ciphertext: StepIndex,
    },
    /// `actor` proposes an Add.
    AddProposal {
        /// The sender.
        actor: String,
        /// The step that made the key package.
        key_package: StepIndex,
    },
    /// `actor` proposes an Update.
    UpdateProposal {
        /// The sender.
        actor: String,
    },
    /// `actor` proposes a Remove.
    RemoveProposal {
        /// The sender.
        actor: String,
        /// The actor to be removed.
        removed: String,
    },
    /// `actor` proposes an external PSK.
    #[serde(rename = "externalPSKProposal")]
    ExternalPskProposal {
        /// The sender.
        actor: String,
        /// The step that installed it.
        #[serde(rename = "pskID")]
        psk: StepIndex,
    },
    /// `actor` proposes a resumption PSK.
    #[serde(rename = "resumptionPSKProposal")]
    ResumptionPskProposal {
        /// The sender.
        actor: String,
        /// The epoch.
        #[serde(rename = "epochID")]
        epoch: u64,
    },
    /// `actor` proposes other extensions of the group.
    GroupContextExtensionsProposal {
        /// The sender.
        actor: String,
        /// All of them.
        #[serde(default)]
        extensions: Vec<Extension>,
    },
    /// `joiner` proposes to add itself.
    NewMemberAddProposal {
        /// The member whose GroupInfo is used.
        actor: String,
        /// The sender.
        joiner: String,
    },
    /// `actor` proposes to make `signer` an external sender.
    AddExternalSigner {
        /// The sender of the proposal.
        actor: String,
        /// The outsider.
        signer: String,
    },
    /// The external sender `actor` proposes something.
    ExternalSignerProposal {
        /// The outsider.
        actor: String,
        /// The member whose GroupInfo is used.
        member: String,
        /// What it proposes.
        description: Description,
    },
    /// A commit.
    FullCommit(FullCommit),
    /// A reinitialization.
    #[serde(rename = "reinit")]
    ReInit(ReInit),
    /// A branch.
    Branch(Branch),
}

fn base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    STANDARD.decode(text).map_err(de::Error::custom)
}
