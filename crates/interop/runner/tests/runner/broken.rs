//! Clients that hang, go away or talk nonsense are named in time, and the rest is played.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use crate::driving::{Bend, PATIENCE, bent, copath, play, scripts};
use copath_interop_client::Backend;
use copath_interop_runner::builtin;
use copath_interop_runner::client::Client;
use copath_interop_runner::link::{CallError, GrpcLink, Link, Name, call};
use copath_interop_runner::play::{Fault, Handshake};
use copath_interop_runner::run::Outcome;
use tokio::net::TcpSocket;

/// How long a call may take once the client hangs, which then never answers.
const LIMIT: Duration = Duration::from_secs(1);

/// What a broken client does once it is broken.
#[derive(Clone, Copy)]
enum Manner {
    Hangs,
    Closes,
    Babbles,
}

/// A proxy of `target` that breaks when it is told.
fn proxy(target: SocketAddr, manner: Manner, broken: &Arc<AtomicBool>) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let broken = Arc::clone(broken);
    thread::spawn(move || {
        for client in listener.incoming() {
            let (client, server) = (client.unwrap(), TcpStream::connect(target).unwrap());
            pass(client.try_clone().unwrap(), server.try_clone().unwrap(), None);
            pass(server, client, Some((manner, Arc::clone(&broken))));
        }
    });
    address
}

/// Passes octets on, until it is broken.
fn pass(mut from: TcpStream, mut to: TcpStream, breaking: Option<(Manner, Arc<AtomicBool>)>) {
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            match breaking.as_ref().filter(|(_, broken)| broken.load(Ordering::SeqCst)) {
                None => to.write_all(&buffer[..read]).unwrap_or_default(),
                Some((Manner::Hangs, _)) => thread::sleep(Duration::from_secs(3600)),
                Some((Manner::Closes, _)) => to.shutdown(std::net::Shutdown::Both).unwrap_or_default(),
                Some((Manner::Babbles, _)) => to.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap_or_default(),
            }
        }
    });
}

/// A link that breaks the proxy just before a method is called. It is patient with a client that is bound to answer, or
/// to be gone, sooner or later.
struct Tripwire {
    sound: GrpcLink,
    after: GrpcLink,
    method: &'static str,
    broken: Arc<AtomicBool>,
    timed_out: Arc<AtomicU32>,
}

impl Link for Tripwire {
    fn call(&self, method: &'static str, request: Vec<u8>) -> Result<Vec<u8>, CallError> {
        if method == self.method {
            self.broken.store(true, Ordering::SeqCst);
        }
        let is_broken = self.broken.load(Ordering::SeqCst);
        let answer = if is_broken { &self.after } else { &self.sound }.call(method, request);
        if matches!(answer, Err(CallError::TimedOut(_))) {
            self.timed_out.fetch_add(1, Ordering::SeqCst);
        }
        answer
    }
}

/// A client that breaks at a method, and how many of its calls reached the time limit.
fn broken(manner: Manner, method: &'static str) -> (Client, Arc<AtomicU32>) {
    let (broken, timed_out) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let address = proxy(builtin::start(Backend::Rustcrypto).unwrap(), manner, &broken);
    let sound = GrpcLink::new(&address.to_string(), PATIENCE).unwrap();
    let after = match manner {
        Manner::Hangs => sound.with_limit(LIMIT),
        Manner::Closes | Manner::Babbles => sound.clone(),
    };
    let link = Tripwire { sound, after, method, broken, timed_out: Arc::clone(&timed_out) };
    (Client::new("broken", Box::new(link)).unwrap(), timed_out)
}

/// One of two clients breaks: each script that it plays in fails with its name, and waits for it once at most; what the
/// other one plays alone passes, before and after.
fn breaks(manner: Manner, expected: fn(&CallError) -> bool) {
    let (client, timed_out) = broken(manner, "HandleCommit");
    let clients = [copath("sound"), client];
    let mut failures = 0;
    let outcomes = play(&clients, &scripts("branch"), &[Handshake::Public]);
    assert_eq!(outcomes.len(), 8);
    for (record, _) in &outcomes {
        match &record.outcome {
            Outcome::Passed => assert_eq!(record.players, ["sound"]),
            Outcome::Failed(failure) => {
                failures += 1;
                assert_eq!(failure.client, "broken", "{failure}");
                assert!(matches!(failure.method, Some("HandleCommit" | "Name")), "{failure}");
                let Fault::Call(error) = &failure.fault else { panic!("{failure}") };
                assert!(failure.method == Some("Name") || expected(error), "{failure}");
            }
            Outcome::NotImplemented(failure) => panic!("{failure}"),
        }
    }
    assert_eq!(failures, 7);
    let waits = if matches!(manner, Manner::Hangs) { failures } else { 0 };
    assert_eq!(timed_out.load(Ordering::SeqCst), waits);
}

#[test]
fn hanging() {
    breaks(Manner::Hangs, |error| *error == CallError::TimedOut(LIMIT));
}

#[test]
fn closing() {
    breaks(Manner::Closes, |error| matches!(error, CallError::Gone(_) | CallError::Nonsense(_)));
}

#[test]
fn babbling() {
    breaks(Manner::Babbles, |error| matches!(error, CallError::Gone(_) | CallError::Nonsense(_)));
}

/// What the service returns is no message.
#[test]
fn answers_that_are_no_messages() {
    let nonsense = || Bend::Answer(|octets| *octets = vec![0xff; 9]);
    for (record, _) in play(&[bent("Commit", nonsense())], &scripts("branch"), &[Handshake::Private]) {
        let Outcome::Failed(failure) = record.outcome else { panic!("not noticed") };
        assert_eq!((failure.client.as_str(), failure.method), ("bent", Some("Commit")));
        assert!(matches!(failure.fault, Fault::Call(CallError::Nonsense(_))), "{failure}");
    }
    // octets in place of an MLSMessage
    let junk = Bend::Answer(|octets| *octets = vec![0x0a, 1, 7]);
    for (record, _) in play(&[bent("Commit", junk)], &scripts("branch"), &[Handshake::Private]) {
        let Outcome::Failed(failure) = record.outcome else { panic!("not noticed") };
        assert!(failure.to_string().contains("Commit: the commit isn't an MLSMessage"), "{failure}");
    }
}

#[test]
fn nobody_listens() {
    // bound as long as it lives, so that no other program listens there
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let link = GrpcLink::new(&socket.local_addr().unwrap().to_string(), PATIENCE).unwrap();
    let error = call::<Name>(&link, &copath_interop_grpc::NameRequest {}).unwrap_err();
    assert!(matches!(error, CallError::Gone(_)), "{error}");
    let error = Client::new("nobody", Box::new(link)).unwrap_err().to_string();
    assert!(error.starts_with("client nobody, Name: the client is gone"), "{error}");
}
