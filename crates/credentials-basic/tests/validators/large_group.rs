//! Joining a large group with a directory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use copath_codec::Opaque;
use copath_credentials::{Credential, CredentialQuestion, CredentialValidator, CredentialVerdict, Timestamp};
use copath_credentials_basic::{DirectoryContents, DirectoryKey, DirectoryPolicy, SignedDirectory};
use copath_crypto::{CipherSuite, Counting, CryptoProvider, SignatureScheme};
use copath_group::{Answers, CommitOptions, JoinStep, Joining, WelcomeOptions};
use copath_messages::MlsMessageBody;
use copath_records::MemoryStore;
use copath_testing::{Insecure, LargeGroup, Member, NOW, add};

/// Counts what a validator is asked.
struct Counted {
    inner: SignedDirectory,
    calls: AtomicUsize,
    questions: AtomicUsize,
}

impl CredentialValidator for Counted {
    fn validate(&self, questions: &[CredentialQuestion], now: Timestamp) -> Vec<CredentialVerdict> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.questions.fetch_add(questions.len(), Ordering::Relaxed);
        self.inner.validate(questions, now)
    }
}

/// A directory of all members of a group, signed by a real key.
fn directory_of(member: &Member) -> Counted {
    let provider = copath_provider_rustcrypto::provider();
    let algorithm = provider.signature(SignatureScheme::ED25519).unwrap();
    let keys = algorithm.generate(&mut |out| provider.random(out)).unwrap();
    let signer = algorithm.signer(&keys.private_key).unwrap();
    let entries = member.group().members().map(|member| {
        let Credential::Basic { identity } = member.credential else { panic!("not a name") };
        (identity, Opaque::from(member.signature_key.as_slice()))
    });
    let contents = DirectoryContents::new(b"large", 1, NOW.0..=NOW.0 + 1000, entries);
    let key = DirectoryKey {
        scheme: signer.scheme(),
        public_key: signer.public_key().to_vec(),
        directory_id: b"large".to_vec(),
    };
    let store = Arc::new(MemoryStore::new());
    let inner = SignedDirectory::open(store, provider, key, DirectoryPolicy::default()).unwrap();
    inner.install(&contents.sign(&*signer).unwrap(), NOW).unwrap();
    Counted { inner, calls: AtomicUsize::new(0), questions: AtomicUsize::new(0) }
}

/// Hashes, MACs and signatures verified when somebody joins a group of `size`.
fn cost_of_joining(size: u32) -> u64 {
    let counting = Arc::new(Counting::new(Arc::new(Insecure::new(1))));
    let provider: Arc<dyn CryptoProvider> = counting.clone();
    let mut group = LargeGroup::new(&provider, size);
    let mut eve = Member::new(&provider, CipherSuite(1), "eve");
    group.first.commit(CommitOptions::new().propose(add(eve.key_package()))).unwrap();
    let welcome = group.first.accept(WelcomeOptions::default()).remove(0);
    let MlsMessageBody::Welcome(welcome) = welcome.body else { panic!("no Welcome") };
    let directory = directory_of(&group.first);
    let before = counting.counts();
    let mut joining = Joining::new(&provider, &eve.settings, welcome, NOW);
    let joined = loop {
        let needs = joining.needs().clone();
        let mut answers: Answers = eve.answer(&needs);
        if !needs.credentials.is_empty() {
            answers.credentials = directory.validate(&needs.credentials, NOW);
        }
        match joining.answer(answers).unwrap() {
            JoinStep::Needs(next) => joining = *next,
            JoinStep::Joined(joined) => break joined,
        }
    };
    assert_eq!(joined.group.member_count(), size + 1);
    assert_eq!(directory.calls.load(Ordering::Relaxed), 1);
    assert_eq!(directory.questions.load(Ordering::Relaxed), usize::try_from(size).unwrap());
    let cost = counting.counts() - before;
    cost.hash + cost.hmac + cost.verify
}

#[test]
fn joining_with_a_directory_is_one_call_and_linear() {
    let [small, large] = [500, 50_000].map(cost_of_joining);
    // The trees have 512 and 65,536 leaves, blank ones included.
    assert!(large < 128 * small, "{small} for 500 members, {large} for 50,000");
    // Two hashes and a signature for each member, and little else.
    assert!(large < 50_000 * 4, "{large}");
}
