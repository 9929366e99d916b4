//! A client whose signature keys are in a PKCS#11 token: signing, a locked token, a new key for all groups.
//!
//! It runs against SoftHSM (the Debian package `softhsm2`), in tokens of its own that are gone afterwards, and says
//! `SKIPPED` where that isn't installed. `token.rs` is what an application takes from here.
//!
//! `cargo run -p copath --example pkcs11`, with `-- --library PATH` for another one. Two blank tokens of that are
//! initialized then; a library that has none is left alone, and so are tokens that are in use.
#![expect(clippy::print_stdout, reason = "an example")]

mod token;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;

use copath::{
    CipherSuite, Client, Credential, Event, FixedDirectory, Group, Identity, MemoryStore, NewGroup, RotateBy,
    Rotation, Signer, Store, Timestamp, Unavailable,
};

use token::{Token, TokenSigner};

type Error = Box<dyn std::error::Error>;

const NOW: Timestamp = Timestamp(1_700_000_000);

/// One suite for each kind of key.
const SUITES: [CipherSuite; 2] = [
    CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519,
    CipherSuite::MLS_128_DHKEMP256_AES128GCM_SHA256_P256,
];

/// Where distributions put SoftHSM.
const LIBRARIES: [&str; 5] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/lib/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
];

/// Names another library. Other arguments may come from `cargo test`.
const LIBRARY: &str = "--library";

/// Asks this program to do the work, in the environment that SoftHSM needs.
const WORK: &str = "--with-token";

fn main() -> Result<ExitCode, Error> {
    if let Some(library) = after(WORK)? {
        return work(&library).map(|()| ExitCode::SUCCESS);
    }
    let named = after(LIBRARY)?;
    if let Some(path) = named.as_ref().filter(|path| !path.is_file()) {
        return Err(format!("{} is no file: name the library of a PKCS#11 token", path.display()).into());
    }
    let installed = || LIBRARIES.iter().map(PathBuf::from).find(|path| path.is_file());
    let Some(library) = named.or_else(installed) else {
        println!("SKIPPED: SoftHSM IS NOT INSTALLED, SO NO KEY IN A PKCS#11 TOKEN WAS TRIED");
        println!("install the package softhsm2, or name the library of another token with --library");
        return Ok(ExitCode::SUCCESS);
    };
    // SoftHSM learns from its environment where its tokens are, and a program can't change its own safely.
    let directory = tempfile::tempdir()?;
    let configuration = directory.path().join("softhsm2.conf");
    let tokens = directory.path().join("tokens");
    std::fs::create_dir(&tokens)?;
    let lines = format!(
        "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
        tokens.display()
    );
    std::fs::write(&configuration, lines)?;
    let mut program = Command::new(std::env::current_exe()?);
    let status = program.arg(WORK).arg(&library).env("SOFTHSM2_CONF", &configuration).status()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The path that follows an option, if that is there.
fn after(option: &str) -> Result<Option<PathBuf>, Error> {
    let mut arguments = std::env::args_os().skip_while(|argument| argument != option);
    if arguments.next().is_none() {
        return Ok(None);
    }
    Ok(Some(arguments.next().map(PathBuf::from).ok_or_else(|| format!("{option}: no path follows"))?))
}

fn work(library: &Path) -> Result<(), Error> {
    let provider = copath_provider_rustcrypto::provider();
    let library = token::load(library)?;
    let token = Token::initialize(&library, "copath", &provider)?;
    for suite in SUITES {
        let first = token.generate(suite, b"first")?;
        let second = token.generate(suite, b"second")?;
        let bob = Identity::generate(&provider, suite, Credential::basic(b"bob"))?;
        assert_ne!(first.public_key(), second.public_key());
        assert!(!token.reveals(b"first")?, "the token gives its key away");
        let mut directory = FixedDirectory::new().with(b"bob", bob.signature_key());
        directory.insert(b"alice", first.public_key());
        directory.insert(b"alice", second.public_key());
        converse(&token, suite, &Arc::new(directory), bob)?;
        token.delete(b"second")?;
        println!(
            "{suite}: a key in the token made a group, was refused while the token was locked, and was replaced"
        );
    }
    let kept = token.generate(SUITES[0], b"kept")?.public_key().to_vec();
    drop(token);
    // A token that is in use is never initialized again, whatever name the other one gets.
    assert!(Token::initialize(&library, "copath", &provider).is_err(), "a token is replaced");
    let other = Token::initialize(&library, "another", &provider)?;
    assert!(other.find(SUITES[0], b"kept").is_err(), "it is the same token");
    let token = Token::open(&library, "copath", &provider)?;
    assert_eq!(token.find(SUITES[0], b"kept")?.public_key(), kept);
    Ok(())
}

/// Alice, whose keys are in the token, and Bob.
fn converse(
    token: &Token,
    suite: CipherSuite,
    directory: &Arc<FixedDirectory>,
    bob: Identity,
) -> Result<(), Error> {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let alices = |name: &[u8]| -> Result<Identity, Error> {
        let signer: TokenSigner = token.find(suite, name)?;
        Ok(Identity::new(Credential::basic(b"alice"), Arc::new(signer)))
    };
    let client = |store: &Arc<dyn Store>, identities: Vec<Identity>| {
        let builder = Client::builder()
            .provider(copath_provider_rustcrypto::provider())
            .store(Arc::clone(store))
            .validator(directory.clone())
            .suite(suite);
        identities.into_iter().fold(builder, |builder, identity| builder.identity(identity)).build()
    };
    let alice = client(&store, vec![alices(b"first")?])?;
    let bob = client(&(Arc::new(MemoryStore::new()) as Arc<dyn Store>), vec![bob])?;

    let mut at_alice = alice.create_group(NewGroup::new(), NOW)?;
    at_alice.commit().add(&bob.key_package(NOW)?).prepare(NOW)?;
    at_alice.accept_commit()?;
    let mut at_bob = bob.join(&at_alice.welcome()?, None, NOW)?;
    at_alice.welcome_sent()?;
    hears(&mut at_bob, &at_alice.encrypt(b"signed in the token")?)?;

    // While the token is locked nothing is signed, and nothing changes.
    let epoch = at_alice.epoch();
    token.lock()?;
    let refused = at_alice.commit().update().prepare(NOW);
    assert_eq!(refused, Err(copath::Error::Unavailable(Unavailable::Signer)));
    assert!(at_alice.pending_commit().is_none());
    token.unlock()?;
    let commit = at_alice.commit().update().prepare(NOW)?;
    at_bob.receive_and_merge(&commit, NOW)?;
    at_alice.accept_commit()?;
    assert_eq!((at_alice.epoch(), at_bob.epoch()), (epoch + 1, epoch + 1));

    // Another key of the token for all groups; the first one is deleted when nothing needs it any more.
    drop((at_alice, alice));
    let alice = client(&store, vec![alices(b"second")?, alices(b"first")?])?;
    for rotation in alice.rotate_identity(&mut [], RotateBy::Commit, NOW)? {
        let Rotation::Send(commit) = rotation.outcome? else { return Err("nothing to send".into()) };
        at_bob.receive_and_merge(&commit, NOW)?;
        alice.load_group(&rotation.group_id)?.accept_commit()?;
    }
    assert!(alice.former_identities()?.iter().all(copath::FormerIdentity::is_unused));
    drop(alice);
    token.delete(b"first")?;
    let alice = client(&store, vec![alices(b"second")?])?;
    let mut at_alice = alice.load_group(at_bob.group_id())?;
    hears(&mut at_bob, &at_alice.encrypt(b"signed by the second key")?)
}

fn hears(group: &mut Group, message: &[u8]) -> Result<(), Error> {
    match group.receive(message, NOW)? {
        Event::Application(received) if received.sender.credential == Credential::basic(b"alice") => Ok(()),
        other => Err(format!("no message of Alice: {other:?}").into()),
    }
}
