//! Two worlds in which the same happens: in one all groups stay in memory, in the other each is loaded from its store
//! before every step. Nobody can tell them apart, octet for octet.

use std::sync::{Arc, Mutex};

use copath::{
    Client, Credential, CryptoError, CryptoProvider, Event, FixedDirectory, Group, Identity, Inbox,
    MemoryStore, NewGroup, Outbox, Secret, SnapshotKey, Store,
};
use copath_crypto::{
    Aead, AeadAlgorithm, Hash, HashAlgorithm, Kem, KemAlgorithm, SignatureAlgorithm, SignatureScheme,
};
use copath_provider_rustcrypto::RustCrypto;
use proptest::prelude::*;

use crate::doubtful::{Doubt, Doubtful};
use crate::people::{NOW, SUITE};

/// A backend whose randomness begins anew before each step.
#[derive(Debug)]
struct Reseeded(Mutex<RustCrypto>);

impl Reseeded {
    fn reseed(&self, step: usize) {
        let mut seed = [7; 32];
        seed[..8].copy_from_slice(&(step as u64).to_be_bytes());
        *self.0.lock().unwrap() = RustCrypto::seeded(seed);
    }
}

impl CryptoProvider for Reseeded {
    fn name(&self) -> &'static str {
        "reseeded"
    }

    fn random(&self, out: &mut [u8]) -> Result<(), CryptoError> {
        self.0.lock().unwrap().random(out)
    }

    fn hash(&self, algorithm: HashAlgorithm) -> Option<Arc<dyn Hash>> {
        self.0.lock().unwrap().hash(algorithm)
    }

    fn aead(&self, algorithm: AeadAlgorithm) -> Option<Arc<dyn Aead>> {
        self.0.lock().unwrap().aead(algorithm)
    }

    fn kem(&self, algorithm: KemAlgorithm) -> Option<Arc<dyn Kem>> {
        self.0.lock().unwrap().kem(algorithm)
    }

    fn signature(&self, scheme: SignatureScheme) -> Option<Arc<dyn SignatureAlgorithm>> {
        self.0.lock().unwrap().signature(scheme)
    }
}

const PEOPLE: usize = 4;

/// Whether groups are loaded before each step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Memory {
    Kept,
    Reloaded,
}

struct Twin {
    memory: Memory,
    provider: Arc<Reseeded>,
    clients: Vec<Client>,
    stores: Vec<Arc<Doubtful>>,
    /// The same people on other stores, to which groups move.
    elsewhere: Vec<Client>,
    groups: Vec<Option<Group>>,
    /// What was sent, with who sent it; everybody reads it in this order.
    sent: Vec<(usize, Vec<u8>)>,
    cursors: Vec<usize>,
    packages: Vec<Vec<u8>>,
}

impl Twin {
    fn new(memory: Memory) -> Self {
        let provider = Arc::new(Reseeded(Mutex::new(RustCrypto::new())));
        provider.reseed(usize::MAX);
        let shared: Arc<dyn CryptoProvider> = provider.clone();
        let names: Vec<[u8; 1]> = (0..=u8::MAX).take(PEOPLE).map(|person| [person]).collect();
        let identities: Vec<_> = names
            .iter()
            .map(|name| Identity::generate(&shared, SUITE, Credential::basic(name)).unwrap())
            .collect();
        let known = names.iter().zip(&identities);
        let directory = Arc::new(known.fold(FixedDirectory::new(), |directory, (name, identity)| {
            directory.with(name, identity.signature_key())
        }));
        let client = |identity: Identity, store: Arc<dyn Store>| {
            let builder = Client::builder().provider(shared.clone()).store(store);
            builder
                .validator(directory.clone())
                .suite(SUITE)
                .identity(identity)
                .outbox(Outbox::Kept)
                .inbox(Inbox::Kept)
                .build()
                .unwrap()
        };
        let stores: Vec<Arc<Doubtful>> = identities.iter().map(|_| Arc::default()).collect();
        let elsewhere: Vec<Client> = identities
            .iter()
            .map(|identity| client(identity.clone(), Arc::new(MemoryStore::new())))
            .collect();
        let on_store = identities.into_iter().zip(&stores);
        let clients: Vec<Client> =
            on_store.map(|(identity, store)| client(identity, store.clone())).collect();
        for client in clients.iter().chain(&elsewhere) {
            client.store_psk(b"shared", &Secret::copy_of(b"known to all")).unwrap();
        }
        let mut groups: Vec<Option<Group>> = (0..PEOPLE).map(|_| None).collect();
        groups[0] = Some(clients[0].create_group(NewGroup::new(), NOW).unwrap());
        let packages = clients.iter().map(|client| client.key_package(NOW).unwrap()).collect();
        Self {
            memory,
            provider,
            clients,
            stores,
            elsewhere,
            groups,
            sent: Vec::new(),
            cursors: vec![0; PEOPLE],
            packages,
        }
    }

    /// One step; all that anybody could notice of it.
    fn step(&mut self, number: usize, (who, what): (usize, u8)) -> String {
        if self.memory == Memory::Reloaded {
            for slot in &mut self.groups {
                if let Some(group) = slot.take() {
                    let (client, id) = (group.client().clone(), group.group_id().clone());
                    drop(group);
                    *slot = Some(client.load_group(&id).unwrap());
                }
            }
        }
        self.provider.reseed(number);
        let outcome = self.act(who % PEOPLE, what);
        let looks: Vec<String> =
            self.groups.iter().map(|group| group.as_ref().map_or(String::new(), look)).collect();
        format!("{outcome}\n{looks:?}")
    }

    fn act(&mut self, who: usize, what: u8) -> String {
        let (newcomer, victim) = (usize::from(what) / 16 % PEOPLE, usize::from(what) / 16 % PEOPLE);
        let package = self.packages[newcomer].clone();
        let victim = self.clients[victim].identities()[0].signature_key().to_vec();
        let (cursor, entry) = (self.cursors[who], self.sent.get(self.cursors[who]).cloned());
        let Some(group) = &mut self.groups[who] else { return self.come(who) };
        let member = group.find_member(&victim).map(|member| member.handle);
        let made = match what % 16 {
            0..=4 => {
                let Some((_, message)) = entry else { return String::new() };
                self.cursors[who] = cursor + 1;
                let read = event(group.receive_and_merge(&message, NOW));
                // Some of what was received stays unhandled.
                let handled = (newcomer % 2 == 0).then(|| group.handled(&message));
                return format!("{read} {handled:?}");
            }
            5 => group.encrypt(b"data"),
            6 => group.propose_update(NOW),
            7 => group.propose_psk(b"shared", NOW),
            8 => group.commit().update().prepare(NOW),
            9 => group.commit().without_path().psk(b"shared").prepare(NOW),
            10 | 11 => group.commit().add(&package).prepare(NOW),
            12 => match member {
                Some(member) => group.commit().remove(member).prepare(NOW),
                None => return String::new(),
            },
            13 => return self.accept(who),
            14 => match group.redo(NOW) {
                Ok(redone) => match redone.message {
                    Some(message) => Ok(message),
                    None => return format!("{redone:?}"),
                },
                Err(error) => Err(error),
            },
            _ => match newcomer {
                0 => return format!("{:?}", group.drop_commit()),
                1 => return self.move_on(who),
                _ if !Arc::ptr_eq(group.client().store(), self.clients[who].store()) => return String::new(),
                2 => {
                    self.stores[who].doubt_next(Doubt::Done);
                    doubted(&self.stores[who], group, |group| group.encrypt(b"doubtful"))
                }
                _ => {
                    self.stores[who].doubt_next(Doubt::Lost);
                    doubted(&self.stores[who], group, |group| group.commit().update().prepare(NOW))
                }
            },
        };
        match made {
            Ok(message) => {
                self.sent.push((who, message.clone()));
                format!("{message:?}")
            }
            Err(error) => format!("{error:?}"),
        }
    }

    /// Joins by itself, in the first group that is there.
    fn come(&mut self, who: usize) -> String {
        let info = self.groups.iter().flatten().find_map(|group| group.group_info().ok());
        let Some(info) = info else { return String::new() };
        match self.clients[who].rejoin(&info, None, NOW) {
            Ok(join) => {
                let message = join.message().to_vec();
                self.groups[who] = Some(join.confirm().unwrap());
                self.sent.push((who, message.clone()));
                self.cursors[who] = self.sent.len();
                format!("{message:?}")
            }
            Err(error) => format!("{error:?}"),
        }
    }

    /// Moves a group to the other store of its member.
    fn move_on(&mut self, who: usize) -> String {
        let Some(group) = self.groups[who].take() else { return String::new() };
        let (from, id) = (group.client().clone(), group.group_id().clone());
        let here = Arc::ptr_eq(from.store(), self.clients[who].store());
        let to = if here { &self.elsewhere[who] } else { &self.clients[who] };
        let key = SnapshotKey::from_secret(Secret::copy_of(&[7; 32])).unwrap();
        let snapshot = group.export_for_moving(&key).unwrap().snapshot;
        self.groups[who] = Some(to.import_group(&snapshot, &key).unwrap());
        from.snapshot_arrived(&id).unwrap();
        format!("{here}")
    }

    /// Accepts, and lets the new members join at once.
    fn accept(&mut self, who: usize) -> String {
        let Some(group) = &mut self.groups[who] else { return String::new() };
        let accepted = group.accept_commit();
        if !group.owes_welcome() {
            return format!("{accepted:?}");
        }
        let welcome = group.welcome().unwrap();
        for newcomer in 0..PEOPLE {
            if self.groups[newcomer].is_none()
                && let Ok(joined) = self.clients[newcomer].join(&welcome, None, NOW)
            {
                self.groups[newcomer] = Some(joined);
                self.cursors[newcomer] = self.sent.len();
            }
        }
        format!("{accepted:?} {welcome:?}")
    }
}

/// What an operation gives that is called again after nobody knew how its batch ended.
fn doubted(
    store: &Doubtful,
    group: &mut Group,
    operation: impl Fn(&mut Group) -> Result<Vec<u8>, copath::Error>,
) -> Result<Vec<u8>, copath::Error> {
    let first = operation(group);
    store.come_back();
    match first {
        Err(copath::Error::Unavailable(copath::Unavailable::UnknownOutcome(_))) => operation(group),
        first => first,
    }
}

fn event(event: Result<Event, copath::Error>) -> String {
    match event {
        Ok(Event::Application(message)) => format!("{message:?} {:?}", message.data),
        other => format!("{other:?}"),
    }
}

/// All that can be seen of a group.
fn look(group: &Group) -> String {
    let members: Vec<_> = group.members().collect();
    let proposals: Vec<_> = group.pending_proposals().collect();
    let outgoing: Vec<_> = group.outgoing().collect();
    let unhandled: Vec<_> = group.unhandled().collect();
    let exported = group.export_secret(b"label", b"", 32).map(|secret| secret.expose().to_vec());
    format!(
        "{:?}",
        (
            (group.context(), group.epoch_authenticator(), members, proposals),
            (group.pending_commit(), group.owes_welcome(), group.lost_intents(), outgoing, exported),
            (
                group.is_removed(),
                group.engine().past_epochs(),
                group.own_handle(),
                group.export_tree().ok(),
                unhandled
            ),
        )
    )
}

fn assert_twins(steps: &[(usize, u8)]) {
    let mut kept = Twin::new(Memory::Kept);
    let mut reloaded = Twin::new(Memory::Reloaded);
    for (number, step) in steps.iter().enumerate() {
        let (left, right) = (kept.step(number, *step), reloaded.step(number, *step));
        assert!(left == right, "step {number}, {step:?}:\n{left}\n{right}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_reloaded_group_is_the_group_in_memory(steps in prop::collection::vec((0..PEOPLE, any::<u8>()), 1..60)) {
        // It begins with everybody in the group, so that there is something to tell apart.
        let start = [(0, 0x1a), (0, 13), (0, 0x2a), (0, 13), (1, 0)];
        assert_twins(&start.into_iter().chain(steps).collect::<Vec<_>>());
    }
}
