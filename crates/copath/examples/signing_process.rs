//! A client whose signature key is in another process, which signs what it is sent through a pipe.
//!
//! The engine never needs the key: what it has is a [`Signer`]. If the other process ends, calls that sign fail and
//! change nothing.
//!
//! `cargo run -p copath --example signing_process`
#![expect(clippy::print_stdout, reason = "an example")]

use std::io::{self, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use copath::{
    CipherSuite, Client, Credential, CryptoError, Event, FixedDirectory, Identity, MemoryStore, NewGroup,
    SignatureScheme, Signer, Suite, Timestamp, Unavailable,
};

type Error = Box<dyn std::error::Error>;

const NOW: Timestamp = Timestamp(1_700_000_000);
const SUITE: CipherSuite = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;

/// Asks this program to be the one that signs.
const SIGN: &str = "--sign";

/// More than any structure that is signed, and little enough to be read into memory.
const LONGEST: usize = 1 << 24;

/// Length, then octets.
fn send(to: &mut impl Write, octets: &[u8]) -> io::Result<()> {
    let length = u32::try_from(octets.len()).map_err(io::Error::other)?;
    to.write_all(&length.to_be_bytes())?;
    to.write_all(octets)?;
    to.flush()
}

fn receive(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = usize::try_from(u32::from_be_bytes(length)).map_err(io::Error::other)?;
    if length > LONGEST {
        return Err(io::Error::other("too long"));
    }
    let mut octets = vec![0; length];
    from.read_exact(&mut octets)?;
    Ok(octets)
}

/// The process with the key: tells its public key, then signs what it reads, until the pipe ends.
fn sign_for_others() -> Result<(), Error> {
    let suite = Suite::new(&copath_provider_rustcrypto::provider(), SUITE)?;
    let signer = suite.signature().signer(&suite.generate_signature_key_pair()?.private_key)?;
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    send(&mut output, signer.public_key())?;
    while let Ok(message) = receive(&mut input) {
        send(&mut output, &signer.sign(&message)?)?;
    }
    Ok(())
}

/// The client's end of the pipe.
struct PipeSigner {
    public_key: Vec<u8>,
    pipe: Mutex<(ChildStdin, ChildStdout)>,
}

impl PipeSigner {
    fn start() -> Result<(Child, Self), Error> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut process = command.arg(SIGN).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (input, output) = (process.stdin.take(), process.stdout.take());
        let (input, mut output) = input.zip(output).ok_or("the process has no pipe")?;
        let public_key = receive(&mut output)?;
        Ok((process, Self { public_key, pipe: Mutex::new((input, output)) }))
    }
}

impl Signer for PipeSigner {
    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::ED25519
    }

    fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let mut pipe = self.pipe.lock().unwrap_or_else(PoisonError::into_inner);
        let (input, output) = &mut *pipe;
        send(input, message).and_then(|()| receive(output)).map_err(|_| CryptoError::SignerUnavailable)
    }
}

impl std::fmt::Debug for PipeSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PipeSigner").finish_non_exhaustive()
    }
}

fn main() -> Result<(), Error> {
    if std::env::args().nth(1).as_deref() == Some(SIGN) {
        return sign_for_others();
    }
    let provider = copath_provider_rustcrypto::provider();
    let (mut process, signer) = PipeSigner::start()?;
    let alice = Identity::new(Credential::basic(b"alice"), Arc::new(signer));
    let bob = Identity::generate(&provider, SUITE, Credential::basic(b"bob"))?;
    let directory =
        FixedDirectory::new().with(b"alice", alice.signature_key()).with(b"bob", bob.signature_key());
    let directory = Arc::new(directory);
    let client = |identity| {
        Client::builder()
            .provider(provider.clone())
            .store(Arc::new(MemoryStore::new()))
            .validator(directory.clone())
            .suite(SUITE)
            .identity(identity)
            .build()
    };
    let (alice, bob) = (client(alice)?, client(bob)?);
    let mut at_alice = alice.create_group(NewGroup::new(), NOW)?;
    at_alice.commit().add(&bob.key_package(NOW)?).prepare(NOW)?;
    at_alice.accept_commit()?;
    let mut at_bob = bob.join(&at_alice.welcome()?, None, NOW)?;
    let message = at_alice.encrypt(b"signed elsewhere")?;
    let Event::Application(received) = at_bob.receive(&message, NOW)? else {
        return Err("no message".into());
    };
    assert_eq!(
        (received.data.as_slice(), &received.sender.credential),
        (&b"signed elsewhere"[..], &Credential::basic(b"alice"))
    );

    process.kill()?;
    process.wait()?;
    let (epoch, refused) = (at_alice.epoch(), at_alice.commit().update().prepare(NOW));
    assert_eq!(refused, Err(copath::Error::Unavailable(Unavailable::Signer)));
    assert_eq!((at_alice.epoch(), at_alice.pending_commit()), (epoch, None));
    // What needs no signature goes on.
    let message = at_bob.encrypt(b"are you there?")?;
    assert!(matches!(at_alice.receive(&message, NOW)?, Event::Application(_)));
    println!("a process with a key signed for a client, and was missed when it had ended");
    Ok(())
}
