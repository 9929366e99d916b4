//! Small operations of Copath in a group of a hundred, one by one: `cargo bench` compares them with the run before.
#![expect(clippy::unwrap_used, reason = "a benchmark stops where it fails")]

use std::hint::black_box;

use copath_bench::forge::{Forge, Warmth};
use copath_bench::libraries::{CopathMember, new_partner};
use copath_bench::member::{Change, Member as _, Tree};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};

const MEMBERS: u32 = 100;

/// Two clients in a group.
fn pair() -> (CopathMember, CopathMember) {
    let forge = Forge::new(MEMBERS - 2, Warmth::Warm, |_| ()).unwrap();
    let (mut one, mut other) = (new_partner("one").unwrap(), new_partner("other").unwrap());
    let invitation = forge.invite(&[one.key_package().unwrap(), other.key_package().unwrap()]).unwrap();
    for client in [&mut one, &mut other] {
        client.join(&invitation.welcome, Some(&invitation.tree)).unwrap();
    }
    (one, other)
}

fn messages(criterion: &mut Criterion) {
    let (mut one, mut other) = pair();
    for length in [32usize, 1024, 65_536] {
        let data = vec![7; length];
        criterion.bench_function(&format!("encrypt {length} octets"), |bench| {
            bench.iter(|| one.encrypt(black_box(&data)).unwrap());
        });
        let mut next = || other.encrypt(&data).unwrap();
        criterion.bench_function(&format!("decrypt {length} octets"), |bench| {
            bench.iter_batched(&mut next, |sent| one.receive(&sent).unwrap(), BatchSize::PerIteration);
        });
    }
}

fn commits(criterion: &mut Criterion) {
    let (mut one, mut other) = pair();
    let mut next = || {
        let commit = other.commit(&Change::SelfUpdate, Tree::Outside).unwrap();
        other.apply().unwrap();
        commit
    };
    criterion.bench_function("self-update, processed", |bench| {
        bench.iter_batched(&mut next, |commit| one.receive(&commit).unwrap(), BatchSize::PerIteration);
    });
    criterion.bench_function("self-update, created and applied", |bench| {
        bench.iter(|| {
            one.commit(&Change::SelfUpdate, Tree::Outside).unwrap();
            one.apply().unwrap()
        });
    });
    criterion.bench_function("key package", |bench| bench.iter(|| one.key_package().unwrap()));
}

criterion_group!(operations, messages, commits);
criterion_main!(operations);
