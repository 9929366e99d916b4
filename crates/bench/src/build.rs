//! Building a whole group in one commit.

use crate::error::Outcome;
use crate::libraries::new_partner;
use crate::member::{Change, Member, Octets, Tree};
use crate::operation::{Operation, Place};
use crate::recorder::Recorder;

/// Key packages of as many clients.
///
/// # Errors
/// The backend refuses.
pub fn key_packages(count: u32, mut progress: impl FnMut(u32)) -> Outcome<Vec<Octets>> {
    (0..count)
        .map(|number| {
            progress(number);
            new_partner(&format!("invited {number}"))?.key_package()
        })
        .collect()
}

/// `member` creates a group and adds the clients of `key_packages` in one commit; the Welcome is built too.
///
/// # Errors
/// The library refuses.
pub fn build(
    place: Place,
    member: &mut dyn Member,
    key_packages: &[Octets],
    tree: Tree,
    recorder: &mut Recorder,
) -> Outcome<()> {
    let operation = match tree {
        Tree::Inside => Operation::BuildInside,
        Tree::Outside => Operation::BuildOutside,
    };
    member.create()?;
    let change = Change::Add(key_packages.to_vec());
    recorder.measure(operation, place, || {
        member.commit(&change, tree)?;
        member.apply()
    })?;
    member.leave();
    Ok(())
}
