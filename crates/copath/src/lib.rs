//! Messaging Layer Security (RFC 9420) for applications: end-to-end encryption for groups.
//!
//! A [`Client`] has an identity, key packages and [`Group`]s, all kept in one [`Store`]. It is built from four things
//! that are named explicitly: a crypto backend, a store, a [`CredentialValidator`] that says who is who, and an
//! [`Identity`].
//!
//! # A group of three
//!
//! ```
//! use std::sync::Arc;
//! use copath::{CipherSuite, Client, Credential, Event, FixedDirectory, Identity, MemoryStore, Timestamp};
//!
//! # fn main() -> Result<(), copath::Error> {
//! let now = Timestamp(1_700_000_000); // seconds since 1970: see "Time" below
//! let suite = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;
//! let provider = copath_provider_rustcrypto::provider();
//!
//! // Three people, and a directory that knows their keys. A real application asks a server, or checks certificates.
//! let mut directory = FixedDirectory::new();
//! let mut identities = Vec::new();
//! for name in ["alice", "bob", "carol"] {
//!     let identity = Identity::generate(&provider, suite, Credential::basic(name.as_bytes()))?;
//!     directory.insert(name.as_bytes(), identity.signature_key());
//!     identities.push(identity);
//! }
//! let directory = Arc::new(directory);
//! let mut clients = identities.into_iter().map(|identity| {
//!     Client::builder()
//!         .provider(provider.clone())
//!         .store(Arc::new(MemoryStore::new()))
//!         .validator(directory.clone())
//!         .suite(suite)
//!         .identity(identity)
//!         .build()
//! });
//! let mut next = || clients.next().expect("three clients");
//! let (alice, bob, carol) = (next()?, next()?, next()?);
//!
//! // Alice creates a group and adds the others by key packages that they have published.
//! let mut at_alice = alice.create_group(copath::NewGroup::new(), now)?;
//! at_alice.commit().add(&bob.key_package(now)?).add(&carol.key_package(now)?).prepare(now)?;
//! at_alice.accept_commit()?; // the delivery service has accepted the commit
//! let welcome = at_alice.welcome()?;
//! let mut at_bob = bob.join(&welcome, None, now)?;
//! let mut at_carol = carol.join(&welcome, None, now)?;
//! assert_eq!(at_alice.epoch_authenticator(), at_carol.epoch_authenticator());
//!
//! // Messages.
//! let message = at_bob.encrypt(b"hello")?;
//! for group in [&mut at_alice, &mut at_carol] {
//!     let Event::Application(received) = group.receive(&message, now)? else { panic!("not application data") };
//!     assert_eq!(received.data, b"hello");
//!     assert_eq!(received.sender.credential, Credential::basic(b"bob"));
//! }
//!
//! // Bob renews his keys. The others look at the commit before they merge it.
//! let commit = at_bob.commit().update().prepare(now)?;
//! for group in [&mut at_alice, &mut at_carol] {
//!     let Event::CommitStaged(staged) = group.receive(&commit, now)? else { panic!("not a commit") };
//!     assert!(staged.summary().added.is_empty() && staged.summary().removed.is_empty());
//!     group.merge(*staged)?;
//! }
//! at_bob.accept_commit()?;
//!
//! // Alice removes Carol.
//! let member = at_alice.find_member(carol.identities()[0].signature_key()).expect("Carol is a member");
//! let commit = at_alice.commit().remove(member.handle).prepare(now)?;
//! at_alice.accept_commit()?;
//! at_bob.receive_and_merge(&commit, now)?;
//! at_carol.receive_and_merge(&commit, now)?;
//! assert!(at_carol.is_removed());
//! assert_eq!(at_alice.epoch_authenticator(), at_bob.epoch_authenticator());
//! # Ok(())
//! # }
//! ```
//!
//! # What the application does
//!
//! - **Delivery.** All commits of a group have to come to all members in one order. A commit of one's own is
//!   *pending* until the delivery service has accepted it: then [`Group::accept_commit`]; if another commit of the
//!   epoch was first, receive that one instead, and the own one is dropped.
//! - **Authentication.** The validator decides about every credential that comes into the group. Nothing is accepted
//!   by default. Ready-made ones: `copath-credentials-basic` (trust on first use, signed directories) and
//!   `copath-credentials-x509`; [`ByCredentialType`] combines them. [`SafetyCode`]s let people compare.
//! - **Storage.** Every call stores its change, durably and as one batch, before it returns anything to be sent. A
//!   call that fails has changed nothing; after a crash, [`Client::unfinished`] lists what is pending and
//!   [`Client::load_group`] continues where the group was. docs/persistence.md has the whole story.
//!
//! # The life of a commit
//!
//! ```text
//!             asked for the same: the same octets
//!                     ┌──┐
//! commit().prepare() ─▶ prepared ── sent ──▶ published ── accept_commit() or its echo ──▶ accepted ─▶ welcome()
//!                     ▲  │  │                    │                                                  welcome_sent()
//!                     │  │  └ drop_commit()      │ merge() of another commit
//!              redo() │  └──────────┬────────────┘
//!                     └──────────  lost ── forget_lost_intents()
//! ```
//!
//! Each state is in the store and survives a crash. A commit that may have been sent is sent again, never dropped.
//!
//! # Time
//!
//! Time is an argument, so that nothing depends on a hidden clock. From the system's:
//!
//! ```
//! use std::time::{SystemTime, UNIX_EPOCH};
//! # #[allow(clippy::disallowed_methods, reason = "documentation of how to get the time")]
//! let now = copath::Timestamp(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()));
//! # assert!(now.0 > 0);
//! ```
//!
//! # Threads
//!
//! A call runs on the thread that makes it. What goes through a whole group (the tree of a group that is joined, many
//! Adds, encryption to many members) is shared with rayon's global pool, which begins with the first such call and has
//! a thread for each core. An application sets their number before that, with `RAYON_NUM_THREADS` in the environment or
//! rayon's `ThreadPoolBuilder::build_global`; or it lends a pool of its own to a call:
//!
//! ```
//! # use std::sync::Arc;
//! # use copath::{CipherSuite, Client, Credential, FixedDirectory, Identity, MemoryStore, NewGroup, Timestamp};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (now, suite) = (Timestamp(1_700_000_000), CipherSuite(1));
//! # let provider = copath_provider_rustcrypto::provider();
//! # let client = Client::builder()
//! #     .store(Arc::new(MemoryStore::new()))
//! #     .validator(Arc::new(FixedDirectory::new()))
//! #     .suite(suite)
//! #     .identity(Identity::generate(&provider, suite, Credential::basic(b"alice"))?)
//! #     .provider(provider)
//! #     .build()?;
//! let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build()?;
//! let group = pool.install(|| client.create_group(NewGroup::new(), now))?;
//! # assert_eq!(group.epoch(), 0);
//! # Ok(())
//! # }
//! ```
//!
//! With one thread, and without the feature `parallel` (`default-features = false`), everything is done in turn; then
//! rayon isn't even built, for systems without threads. What comes out is the same in each case, as randomness is drawn
//! before work is shared. A backend is called by several threads at once. Stores, validators and signers are called by
//! the thread that works for the caller, which inside of a pool may take up another task of that pool while it waits:
//! don't hold a lock over a call there that other tasks of the pool want.
//!
//! # Beyond RFC 9420
//!
//! Proposals, extensions and credentials of further types, and drafts such as SelfRemove, are registered at run time:
//! [`ClientBuilder::registrations`].
//!
//! # Errors
//!
//! [`Error`] is sorted by who has to do something. [`Error::rule`] names the rule of RFC 9420 that was broken.

mod answers;
mod boxes;
mod builder;
mod client;
mod commit;
mod enter;
mod error;
mod external_join;
mod former;
mod group;
mod identity;
mod inbox;
mod join;
mod key_packages;
mod last_resort;
mod left;
mod lost;
mod mark;
mod moving;
mod open_groups;
mod outbox;
mod propose;
mod qr_code;
mod receive;
mod records;
mod registrations;
mod rolled_back;
mod rotate;
mod safety_code;
mod settle;
mod snapshot;
mod stock;
mod successor;
mod suite_choice;
mod tombstone;
mod unfinished;

pub use builder::ClientBuilder;
pub use client::{Client, NewGroup};
pub use commit::CommitBuilder;
pub use error::{Bug, CredentialRejection, Error, Misuse, Rejection, Unavailable, UnsupportedSuite};
pub use external_join::ExternalJoin;
pub use former::FormerIdentity;
pub use group::Group;
pub use identity::Identity;
pub use inbox::{Inbox, Unhandled};
pub use join::Joined;
pub use last_resort::{KeyPackageOptions, Reuse};
pub use lost::Redone;
pub use moving::{Exported, NeverImported};
pub use outbox::{Outbox, Outgoing, OutgoingKind};
pub use qr_code::QrCode;
pub use receive::Event;
pub use rotate::{GroupRotation, RotateBy, Rotation};
pub use safety_code::{SafetyCode, SafetyCodeKind};
pub use settle::Settled;
pub use snapshot::{DangerousSnapshot, SnapshotKey};
pub use stock::{
    KeyPackageStock, LastResort, LastResortStock, Reconciled, Replenished, StockLevel, StockPackage,
    StockPolicy, SuiteStock,
};
pub use unfinished::Unfinished;

pub use copath_codec::BodyShape;
pub use copath_credentials::{
    ByCredentialType, CertificateDefect, Credential, CredentialQuestion, CredentialRole, CredentialType,
    CredentialValidator, CredentialVerdict, FixedDirectory, RejectionReason, Timestamp,
};
pub use copath_crypto::{
    CipherSuite, CryptoError, CryptoProvider, Secret, SignatureScheme, Signer, Suite, SuiteParameters,
    ecdsa_from_raw,
};
pub use copath_group::draft_ietf_mls_extensions::LastResortForm;
pub use copath_group::{
    ApplicationMessage, Author, BranchParameters, CommitIntents, CommitSummary, CommittedProposal,
    CustomChange, ExternalJoinOptions, ExternalJoins, ExternalProposer, Forgone, ForgoneReason, Grease,
    GroupSettings, HandshakeFormat, IntendedMember, Intent, JoinRequests, LeafChange, Life, Member,
    MemberChange, MemberHandle, Merged, MessageSender, Padding, ParentNeed, Policy, Queued, Resync,
    StagedCommit, StoredGroup, Subject, TreeTransfer, WelcomeOptions, WelcomeSplit,
};
pub use copath_group::{
    CoveredProposal, CredentialDefinition, ExtensionDefinition, ExtensionPlace, Framing, GroupInfoOptions,
    Inclusion, PendingCustom, ProposalContext, ProposalDefinition, ProposalEffect, ProposalRule, Refusal,
    RefusalReason, RegisteredType, RegistrationRefusal, Registrations, RuleRefusal, UnregisteredProposal,
};
pub use copath_messages::{
    CodePoints, CustomProposal, Extension, ExtensionType, Extensions, GroupId, Proposal, ProposalType,
};
pub use copath_records::{CountedStore, MemoryStore, StateDelta, Store, StoreError};
pub use copath_rules::RuleId;

/// The engine below the facade: transitions that the caller carries out, needs that the caller answers.
pub use copath_group as engine;
/// The structures on the wire.
pub use copath_messages as messages;
/// The rules of RFC 9420, by number.
pub use copath_rules as rules;
/// Node and leaf indices of the ratchet tree.
pub use copath_tree_math as tree_math;

#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

#[cfg(doctest)]
#[doc = include_str!("../../../docs/identity.md")]
struct IdentityGuide;
