//! What happens in the demo, step by step.

use copath::{Event, ExternalJoinOptions, Merged, Secret, TreeTransfer, WelcomeOptions};

use super::delivery::{Order, Seat};
use super::report::duration;
use super::story::{Story, handle_of};
use crate::clock::Stopwatch;
use crate::failure::Failure;

/// All steps after the creation.
pub(crate) fn play(story: &mut Story) -> Result<(), Failure> {
    add_everybody(story)?;
    talk(story)?;
    update_by_proposal(story)?;
    speak_late(story)?;
    let gone = remove(story)?;
    join_from_outside(story)?;
    come_back(story, &gone)?;
    mix_in_a_secret(story)
}

fn add_everybody(story: &mut Story) -> Result<(), Failure> {
    let newcomers = story.cast.members.len().saturating_sub(1);
    let count = u32::try_from(newcomers).unwrap_or(u32::MAX);
    story.report.step(&format!("all others are added in one commit: {newcomers} of them"))?;
    let now = story.table.now;
    let bar = story.report.progress("key packages", count);
    let mut packages = Vec::new();
    for person in story.cast.members.iter().skip(1) {
        packages.push(person.client.key_package(now)?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    let octets = packages.iter().map(Vec::len).sum();
    story.report.sent("key packages, published before", octets)?;

    let busy = story.report.busy("committing", count);
    let watch = Stopwatch::start();
    let creator = story.table.seat(0)?;
    let mut commit = creator.group.commit();
    for package in &packages {
        commit = commit.add(package);
    }
    let message = commit.prepare(now)?;
    let took = duration(watch.elapsed());
    busy.finish_and_clear();
    story.commit(0, &format!("adds {newcomers} (made in {took})"), &message)?;

    let busy = story.report.busy("welcoming", count);
    let watch = Stopwatch::start();
    let welcome = story.table.seat(0)?.group.welcome()?;
    story.table.seat(0)?.group.welcome_sent()?;
    let took = duration(watch.elapsed());
    busy.finish_and_clear();
    story.report.sent(&format!("Welcome with the tree inside (made in {took})"), welcome.len())?;
    join_by(story, &welcome)?;
    story.agree()?;
    story.draw(story.last_leaf())?;
    Ok(())
}

fn join_by(story: &mut Story, welcome: &[u8]) -> Result<(), Failure> {
    let joiners = story.joiners();
    let bar = story.report.busy("joining", u32::try_from(story.cast.members.len()).unwrap_or(u32::MAX));
    let watch = Stopwatch::start();
    let mut seats = Vec::new();
    for person in &joiners {
        let group = person.client.join(welcome, None, story.table.now)?;
        seats.push(Seat::new(&person.name, group));
    }
    bar.finish_and_clear();
    let each = watch.elapsed().checked_div(u32::try_from(seats.len()).unwrap_or(1)).unwrap_or_default();
    let who = if seats.len() < 8 {
        seats.iter().map(|seat| seat.name.as_str()).collect::<Vec<_>>().join(", ")
    } else {
        format!("{} of them", seats.len())
    };
    story.report.line(&format!("joined: {who} ({} each)", duration(each)))?;
    story.table.seats.extend(seats);
    Ok(())
}

fn talk(story: &mut Story) -> Result<(), Failure> {
    let texts = ["shall we meet?", "tomorrow, say", "at noon"];
    let sender = story.table.seat(1)?;
    let name = sender.name.clone();
    let mut messages = Vec::new();
    for text in texts {
        messages.push(sender.group.encrypt(text.as_bytes())?);
    }
    story.report.step(&format!("{name} sends three messages, and they arrive in the wrong order"))?;
    for (text, message) in texts.iter().zip(&messages) {
        story.report.sent(&format!("{name}: “{text}” ({} octets)", text.len()), message.len())?;
        story.table.post(&name, message);
    }
    let events = story.table.deliver(Order::Backwards)?;
    let listeners = story.table.seats.len().saturating_sub(1);
    expect_texts(&events, texts.len().saturating_mul(listeners))?;
    if let Some((reader, _)) = events.first() {
        let read: Vec<String> =
            events.iter().filter(|(who, _)| who == reader).map(|(_, e)| text(e)).collect();
        story.report.line(&format!("{reader} reads, in order of arrival: {}", read.join(" / ")))?;
    }
    Ok(())
}

fn update_by_proposal(story: &mut Story) -> Result<(), Failure> {
    let now = story.table.now;
    let proposer = story.table.seat(2)?;
    let (name, leaf) = (proposer.name.clone(), proposer.group.own_handle().leaf());
    let proposal = proposer.group.propose_update(now)?;
    story.report.step(&format!("{name} proposes new keys of their own, and somebody else commits that"))?;
    story.report.sent(&format!("proposal of {name}: update"), proposal.len())?;
    story.table.post(&name, &proposal);
    story.table.deliver(Order::AsSent)?;
    let commit = story.table.seat(1)?.group.commit().prepare(now)?;
    story.commit(1, "covers the proposal, renews its own path", &commit)?;
    story.agree()?;
    story.draw(leaf)?;
    Ok(())
}

fn speak_late(story: &mut Story) -> Result<(), Failure> {
    let now = story.table.now;
    let speaker = story.table.seat(2)?;
    let name = speaker.name.clone();
    let (epoch, late) = (speaker.group.epoch(), speaker.group.encrypt("I'm late".as_bytes())?);
    story.report.step("a message is overtaken by a commit")?;
    story.report.sent(&format!("{name}, in epoch {epoch}: “I'm late”"), late.len())?;
    let commit = story.table.seat(0)?.group.commit().update().prepare(now)?;
    story.commit(0, "new keys for one path", &commit)?;
    story.table.post(&name, &late);
    let events = story.table.deliver(Order::AsSent)?;
    expect_texts(&events, story.table.seats.len().saturating_sub(1))?;
    story
        .report
        .line(&format!("everybody reads it in epoch {}, as sent by {name} in epoch {epoch}", epoch + 1))?;
    story.agree()
}

/// Removes the last one at the table, and tells who that was.
fn remove(story: &mut Story) -> Result<String, Failure> {
    let now = story.table.now;
    let leaver = story.table.seats.last().map(|seat| seat.name.clone()).unwrap_or_default();
    story.report.step(&format!("{leaver} is removed"))?;
    let committer = story.table.seat(0)?;
    let handle = handle_of(&committer.group, &story.cast.names, &leaver)?;
    let leaf = handle.leaf();
    let commit = committer.group.commit().remove(handle).prepare(now)?;
    story.commit(0, &format!("removes {leaver}"), &commit)?;
    let removed = story.table.seats.pop().filter(|seat| seat.group.is_removed());
    let mut removed = removed.ok_or_else(|| Failure::Undelivered { name: leaver.clone() })?;
    match removed.group.encrypt(b"but ...") {
        Err(error) => story.report.line(&format!("{leaver} tries to send: {error}"))?,
        Ok(_) => return Err(Failure::Undelivered { name: leaver }),
    }
    story.agree()?;
    story.draw(leaf)?;
    Ok(leaver)
}

fn join_from_outside(story: &mut Story) -> Result<(), Failure> {
    let now = story.table.now;
    let outsider = &story.cast.outsider;
    let name = outsider.name.clone();
    story.report.step(&format!("{name} joins from outside, invited by nobody"))?;
    let group_info = story.table.seat(0)?.group.group_info()?;
    story.report.sent("GroupInfo with the tree inside", group_info.len())?;
    let join = outsider.client.join_externally(&group_info, None, ExternalJoinOptions::default(), now)?;
    story.report.sent(&format!("external commit of {name}"), join.message().len())?;
    story.table.post(&name, join.message());
    for (member, event) in story.table.deliver(Order::AsSent)? {
        let joined = matches!(&event, Event::CommitMerged { summary, outcome: Merged::Epoch(_) }
            if summary.joins_externally && story.cast.names.of(&summary.committer.signature_key) == name);
        if !joined {
            return Err(Failure::Undelivered { name: member });
        }
    }
    let seat = Seat::new(&name, join.confirm()?);
    story.table.seats.push(seat);
    story.agree()?;
    story.draw(story.last_leaf())?;
    Ok(())
}

fn come_back(story: &mut Story, name: &str) -> Result<(), Failure> {
    let now = story.table.now;
    story.report.step(&format!("{name} comes back, added by a commit that renews no keys"))?;
    let person = story.cast.members.iter().find(|person| person.name == name);
    let client = person.ok_or_else(|| Failure::Undelivered { name: name.into() })?.client.clone();
    let package = client.key_package(now)?;
    let commit = story.table.seat(1)?.group.commit().add(&package).without_path().prepare(now)?;
    story.commit(1, &format!("adds {name}, no path"), &commit)?;
    let adder = story.table.seat(1)?;
    let welcome = adder.group.welcomes(WelcomeOptions::default().tree(TreeTransfer::Outside))?;
    let tree = adder.group.export_tree()?;
    adder.group.welcome_sent()?;
    for welcome in &welcome {
        story.report.sent("Welcome with the tree outside", welcome.len())?;
        story.report.sent("ratchet tree, fetched from elsewhere", tree.len())?;
        let group = client.join(welcome, Some(&tree), now)?;
        story.table.seats.push(Seat::new(name, group));
    }
    story.agree()?;
    story.draw(story.last_leaf())?;
    Ok(())
}

fn mix_in_a_secret(story: &mut Story) -> Result<(), Failure> {
    let now = story.table.now;
    story.report.step("a secret that all were told out of band is mixed into the keys")?;
    for seat in &story.table.seats {
        seat.group.client().store_psk(b"told in the corridor", &Secret::copy_of(b"correct horse"))?;
    }
    let committer = story.table.seats.len().saturating_sub(1);
    let commit = story.table.seat(committer)?.group.commit().psk(b"told in the corridor").without_path();
    let commit = commit.prepare(now)?;
    story.commit(committer, "pre-shared key, no path", &commit)?;
    story.agree()
}

/// All events are application data, and there are `count` of them.
fn expect_texts(events: &[(String, Event)], count: usize) -> Result<(), Failure> {
    match events.iter().find(|(_, event)| !matches!(event, Event::Application(_))) {
        Some((name, _)) => Err(Failure::Undelivered { name: name.clone() }),
        None if events.len() != count => Err(Failure::Undelivered { name: "somebody".into() }),
        None => Ok(()),
    }
}

fn text(event: &Event) -> String {
    match event {
        Event::Application(message) => format!("“{}”", String::from_utf8_lossy(&message.data)),
        _ => String::new(),
    }
}
