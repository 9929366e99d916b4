//! One operation of one library over and over, for a profiler: `copath-bench-profile load 50000 20 copath/aws-lc`.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a tool for one's own eyes"
)]

use copath_bench::clock::time;
use copath_bench::forge::{Forge, Warmth};
use copath_bench::libraries::{new_member, new_partner};
use copath_bench::member::{Change, Library, Member, Tree};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let operation = arguments.next().unwrap_or_else(|| "load".into());
    let mut number = |default| arguments.next().map_or(default, |text| text.parse().unwrap());
    let (size, times) = (number(1_000u32), number(100));
    let library = arguments.next().map_or(Library::CopathAwsLc, |name| name.parse().unwrap());
    let forge = Forge::new(size - 2, Warmth::Warm, |_| ()).unwrap();
    let mut member = new_member(library, "profiled").unwrap();
    let mut partner = new_partner("partner").unwrap();
    let key_packages = [member.key_package().unwrap(), partner.key_package().unwrap()];
    let invitation = forge.invite(&key_packages).unwrap();
    partner.join(&invitation.welcome, Some(&invitation.tree)).unwrap();
    let join = |member: &mut dyn Member| member.join(&invitation.welcome, Some(&invitation.tree)).unwrap();
    let ((), took) = time(|| join(&mut *member));
    println!("join: {took:?}");
    member.persist().unwrap();
    let mut took = Vec::new();
    for _ in 0..times {
        took.push(match operation.as_str() {
            "load" => time(|| member.load().unwrap()).1,
            "encrypt" => time(|| drop(member.encrypt(&[7; 32]).unwrap())).1,
            "decrypt" => {
                let message = partner.encrypt(&[7; 32]).unwrap();
                time(|| drop(member.receive(&message).unwrap())).1
            }
            "commit" => {
                let (commit, took) = time(|| {
                    let commit = member.commit(&Change::SelfUpdate, Tree::Outside).unwrap();
                    member.apply().unwrap();
                    commit
                });
                partner.receive(&commit).unwrap();
                took
            }
            "process" => {
                let commit = partner.commit(&Change::SelfUpdate, Tree::Outside).unwrap();
                partner.apply().unwrap();
                time(|| drop(member.receive(&commit).unwrap())).1
            }
            other => panic!("no operation {other}"),
        });
    }
    took.sort_unstable();
    println!("{operation}: median {:?}, least {:?}", took[took.len() / 2], took[0]);
}
