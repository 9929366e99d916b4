//! One operation of one library over and over, for a profiler: `copath-bench-profile load 50000 20 copath/aws-lc`.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a tool for one's own eyes"
)]

use std::time::Duration;

use copath_bench::build::key_packages;
use copath_bench::clock::time;
use copath_bench::forge::{Forge, Warmth};
use copath_bench::libraries::{CopathMember, new_member, new_partner};
use copath_bench::member::{Change, Library, Member, Octets, Tree};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let operation = arguments.next().unwrap_or_else(|| "load".into());
    let mut number = |default| arguments.next().map_or(default, |text| text.parse().unwrap());
    let (size, times) = (number(1_000u32), number(100));
    let library = arguments.next().map_or(Library::CopathAwsLc, |name| name.parse().unwrap());
    let mut took: Vec<Duration> = match &*operation {
        "join" => (0..times).map(|_| Cast::join(size, library).1).collect(),
        "build" => {
            let key_packages = key_packages(size - 1, |_| ()).unwrap();
            (0..times).map(|_| build(&key_packages, library)).collect()
        }
        _ => {
            let mut cast = Cast::join(size, library).0;
            cast.member.persist().unwrap();
            (0..times).map(|_| cast.play(&operation)).collect()
        }
    };
    took.sort_unstable();
    println!("{operation}: median {:?}, least {:?}", took[took.len() / 2], took[0]);
}

/// A group of all whose key packages these are, made in one commit, and its Welcome.
fn build(key_packages: &[Octets], library: Library) -> Duration {
    let mut member = new_member(library, "profiled").unwrap();
    member.create().unwrap();
    let change = Change::Add(key_packages.to_vec());
    let built = || {
        member.commit(&change, Tree::Outside).unwrap();
        member.apply().unwrap()
    };
    time(built).1
}

/// The member that is profiled, and who plays with it.
struct Cast {
    member: Box<dyn Member>,
    partner: CopathMember,
    guest: CopathMember,
    size: u32,
}

impl Cast {
    /// The members in a group of `size`, and what joining took the one that is profiled.
    fn join(size: u32, library: Library) -> (Self, Duration) {
        let forge = Forge::new(size - 2, Warmth::Warm, |_| ()).unwrap();
        let mut member = new_member(library, "profiled").unwrap();
        let mut partner = new_partner("partner").unwrap();
        let key_packages = [member.key_package().unwrap(), partner.key_package().unwrap()];
        let invitation = forge.invite(&key_packages).unwrap();
        partner.join(&invitation.welcome, Some(&invitation.tree)).unwrap();
        let ((), took) = time(|| member.join(&invitation.welcome, Some(&invitation.tree)).unwrap());
        (Self { member, partner, guest: new_partner("guest").unwrap(), size }, took)
    }

    /// Once, with what has to come before and after it; what it took by itself.
    fn play(&mut self, operation: &str) -> Duration {
        match operation {
            "load" => time(|| self.member.load().unwrap()).1,
            "load-memory" => {
                self.member.mirror().unwrap();
                time(|| self.member.load_from_memory().unwrap()).1
            }
            "key-package" => time(|| self.member.key_package().unwrap()).1,
            "encrypt" => self.encrypt(32),
            "encrypt-1k" => self.encrypt(1024),
            "decrypt" => {
                let message = self.partner.encrypt(&[7; 32]).unwrap();
                time(|| self.member.receive(&message).unwrap()).1
            }
            "first" => {
                self.process(&Change::SelfUpdate);
                self.encrypt(32)
            }
            "commit" => self.commit(&Change::SelfUpdate),
            "add" => {
                let add = Change::Add(vec![self.guest.key_package().unwrap()]);
                let took = self.commit(&add);
                self.commit(&Change::Remove(self.size));
                took
            }
            "process" => self.process(&Change::SelfUpdate),
            "process-remove" => {
                let add = Change::Add(vec![self.guest.key_package().unwrap()]);
                self.process(&add);
                self.process(&Change::Remove(self.size))
            }
            "persist" => {
                self.process(&Change::SelfUpdate);
                time(|| self.member.persist().unwrap()).1
            }
            "persist-own" => {
                self.commit(&Change::SelfUpdate);
                time(|| self.member.persist().unwrap()).1
            }
            other => panic!("no operation {other}"),
        }
    }

    fn encrypt(&mut self, length: usize) -> Duration {
        let data = vec![7; length];
        time(|| self.member.encrypt(&data).unwrap()).1
    }

    fn commit(&mut self, change: &Change) -> Duration {
        let commit = || -> Octets {
            let commit = self.member.commit(change, Tree::Outside).unwrap();
            self.member.apply().unwrap();
            commit
        };
        let (commit, took) = time(commit);
        self.partner.receive(&commit).unwrap();
        took
    }

    fn process(&mut self, change: &Change) -> Duration {
        let commit = self.partner.commit(change, Tree::Outside).unwrap();
        self.partner.apply().unwrap();
        time(|| self.member.receive(&commit).unwrap()).1
    }
}
