//! What happens to certificates in the demo.

use copath::Error;

use super::credentials::Credentials;
use super::story::{Story, handle_of};
use crate::failure::Failure;

/// The steps that a demo with basic credentials doesn't have.
pub(crate) fn play(story: &mut Story) -> Result<(), Failure> {
    rotate(story)?;
    revoke(story)
}

/// A member gets a new key and a certificate for it; the others see that it is the same person.
fn rotate(story: &mut Story) -> Result<(), Failure> {
    let now = story.table.now;
    let name = story.table.seat(0)?.name.clone();
    story.report.step(&format!("{name} gets a new certificate for a new signature key"))?;
    let new = story.cast.credentials.identity(&name)?;
    story.cast.names.insert(&new, &name);
    let seat = story.table.seat(0)?;
    let client = story.cast.with_identity(seat.group.client(), &new)?;
    seat.group = client.load_group(&seat.group.group_id().clone())?;
    let commit = seat.group.commit().identity(&new).prepare(now)?;
    story.commit(0, "a leaf with the new key and chain", &commit)?;
    let mut seats = story.table.seats.iter();
    if let Some(seat) = seats.find(|seat| seat.group.find_member(new.signature_key()).is_none()) {
        return Err(Failure::Undelivered { name: seat.name.clone() });
    }
    story.report.line("all others have found that the mailbox in both certificates is the same")?;
    story.agree()
}

/// A certificate is revoked: its owner is removed, and can't be added any more.
fn revoke(story: &mut Story) -> Result<(), Failure> {
    let now = story.table.now;
    let name = story.table.seats.last().map(|seat| seat.name.clone()).unwrap_or_default();
    story.report.step(&format!("the certificate of {name} is revoked"))?;
    let Credentials::X509(organisation) = &mut story.cast.credentials else { return Ok(()) };
    let octets = organisation.revoke(&name)?;
    story.report.sent("revocation list, which everybody fetches", octets)?;
    let remover = story.table.seat(0)?;
    let handle = handle_of(&remover.group, &story.cast.names, &name)?;
    let commit = remover.group.commit().remove(handle).prepare(now)?;
    story.commit(0, &format!("removes {name}"), &commit)?;
    let removed = story.table.seats.pop().filter(|seat| seat.group.is_removed());
    let removed = removed.ok_or_else(|| Failure::Undelivered { name: name.clone() })?;
    let package = removed.group.client().key_package(now)?;
    match story.table.seat(0)?.group.commit().add(&package).prepare(now) {
        Err(error @ Error::CredentialRejected(_)) => {
            story.report.line(&format!("{name} can't be added again: {error}"))?;
        }
        Err(error) => return Err(error.into()),
        Ok(_) => return Err(Failure::Undelivered { name }),
    }
    story.agree()
}
