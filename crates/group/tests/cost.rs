//! Cost follows the change, not the group: counted, not timed.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::sync::Arc;

use copath_crypto::{Counting, Counts, CryptoProvider};
use copath_group::{CommitOptions, Received};
use copath_messages::MlsMessage;
use copath_testing::{Insecure, LargeGroup, Member, NOW, add, remove};
use copath_tree_math::LeafIndex;

/// What one operation cost.
#[derive(Clone, Copy, Debug)]
struct Cost {
    primitives: u64,
    pages: u64,
    nodes_hashed: u64,
    records: usize,
    record_octets: usize,
    allocations: u64,
    allocated: u64,
}

struct World {
    counting: Arc<Counting>,
    group: LargeGroup,
}

fn total(counts: Counts) -> u64 {
    let Counts {
        hash, hmac, seal, open, derive_key_pair, generate_key_pair, encap, decap, sign, verify, ..
    } = counts;
    hash + hmac + seal + open + derive_key_pair + generate_key_pair + encap + decap + sign + verify
}

impl World {
    fn new(size: u32) -> Self {
        let counting = Arc::new(Counting::new(Arc::new(Insecure::new(1))));
        let provider: Arc<dyn CryptoProvider> = Arc::clone(&counting) as _;
        Self { group: LargeGroup::new(&provider, size), counting }
    }

    /// Measures a step; it returns the records that it wrote, as number and octets.
    fn measure<T>(&mut self, step: impl FnOnce(&mut LargeGroup) -> (T, usize, usize)) -> (T, Cost) {
        let before = self.counting.counts();
        let mut result = None;
        let allocations = allocation_counter::measure(|| result = Some(step(&mut self.group)));
        let (value, records, record_octets) = result.unwrap();
        let tree = self.group.first.group().tree().cost();
        let cost = Cost {
            primitives: total(self.counting.counts() - before),
            pages: tree.pages_copied,
            nodes_hashed: tree.nodes_hashed,
            records,
            record_octets,
            allocations: allocations.count_total,
            allocated: allocations.bytes_total,
        };
        (value, cost)
    }
}

/// Drafts, finishes and accepts a commit of the first member; both deltas count.
fn commit(member: &mut Member, options: CommitOptions) -> (MlsMessage, usize, usize) {
    let draft = member.group().draft_commit(options, NOW).unwrap();
    let needs = draft.needs().clone();
    let answers = member.answer(&needs);
    let prepared = draft.finish(member.group(), &*member.signer, answers).unwrap();
    let (mut records, mut octets) = (prepared.delta.len(), prepared.delta.bytes());
    let message = member.carry_out(prepared);
    let accepted = member.group().accept_pending_commit().unwrap();
    records += accepted.delta.len();
    octets += accepted.delta.bytes();
    member.carry_out(accepted);
    (message, records, octets)
}

fn process(member: &mut Member, message: &MlsMessage) -> ((), usize, usize) {
    let Received::Commit(check) = member.group().receive(message, NOW).unwrap() else {
        panic!("not a commit")
    };
    let needs = check.needs().clone();
    let answers = member.answer(&needs);
    let staged = check.finish(member.group(), answers).unwrap();
    let prepared = member.group().merge(staged).unwrap();
    let size = (prepared.delta.len(), prepared.delta.bytes());
    member.carry_out(prepared);
    ((), size.0, size.1)
}

fn measure_all(size: u32) -> Vec<(&'static str, Cost)> {
    let mut world = World::new(size);
    let mut costs = Vec::new();
    let (message, cost) = world.measure(|g| commit(&mut g.first, CommitOptions::new()));
    costs.push(("self-update", cost));
    let ((), cost) = world.measure(|g| process(g.others.last_mut().unwrap(), &message));
    costs.push(("process self-update", cost));

    let mut joiner = Member::new(world.group.first.suite.provider(), copath_crypto::CipherSuite(1), "joiner");
    let package = joiner.key_package();
    let options = CommitOptions::new().propose(add(package));
    let (message, cost) = world.measure(|g| commit(&mut g.first, options));
    costs.push(("add one", cost));
    let ((), cost) = world.measure(|g| process(g.others.last_mut().unwrap(), &message));
    costs.push(("process add", cost));
    world.group.first.accept_released();

    let options = CommitOptions::new().propose(remove(LeafIndex::new(3).unwrap()));
    let (message, cost) = world.measure(|g| commit(&mut g.first, options));
    costs.push(("remove one", cost));
    let ((), cost) = world.measure(|g| process(g.others.last_mut().unwrap(), &message));
    costs.push(("process remove", cost));

    for name in ["first message", "later message"] {
        let (message, cost) = world.measure(|g| {
            let prepared = g.first.group().encrypt(b"hello", b"", &*g.first.signer).unwrap();
            let size = (prepared.delta.len(), prepared.delta.bytes());
            (g.first.carry_out(prepared), size.0, size.1)
        });
        costs.push((name, cost));
        let ((), cost) = world.measure(|g| {
            let member = g.others.last_mut().unwrap();
            let Received::Application(prepared) = member.group().receive(&message, NOW).unwrap() else {
                panic!("not application data")
            };
            let size = (prepared.delta.len(), prepared.delta.bytes());
            member.carry_out(prepared);
            ((), size.0, size.1)
        });
        costs.push((if name == "first message" { "first message read" } else { "later message read" }, cost));
    }
    costs
}

#[test]
fn a_commit_and_a_message_cost_what_they_change() {
    let small = measure_all(1_000);
    let large = measure_all(50_000);
    for ((name, small), (_, large)) in small.iter().zip(&large) {
        eprintln!("{name}: 1,000: {small:?}");
        eprintln!("{name}: 50,000: {large:?}");
        // The depth grows from 10 to 16; twice leaves room for page tiers, and none for a loop over the group.
        assert!(large.primitives <= 2 * small.primitives, "{name}: primitives");
        assert!(large.pages <= 2 * small.pages + 4, "{name}: pages");
        assert!(large.nodes_hashed <= 2 * small.nodes_hashed + 4, "{name}: hashes");
        assert!(large.records <= 2 * small.records + 4, "{name}: records");
        assert!(large.record_octets <= 2 * small.record_octets + 4096, "{name}: octets of records");
        assert!(large.allocations <= 2 * small.allocations + 200, "{name}: allocations");
        assert!(large.allocated <= 2 * small.allocated + 65_536, "{name}: octets allocated");
        if name.starts_with("later") {
            assert!(large.records <= 2 && large.record_octets <= 1024, "{name}: steady state");
        }
    }
}
