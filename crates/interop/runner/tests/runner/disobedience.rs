//! A client that doesn't do what it is asked is found out, though the others may not notice.

use crate::driving::{Bend, bent, copath, play, scripts};
use copath_interop_grpc as grpc;
use copath_interop_runner::link::CallError;
use copath_interop_runner::play::Handshake;
use copath_interop_runner::run::Outcome;
use prost::Message;

/// A field of a request is another one than the runner's.
macro_rules! ask_for {
    ($request:ident, $change:expr) => {
        Bend::Request(|octets| {
            let mut request = grpc::$request::decode(octets.as_slice()).unwrap();
            let change: fn(&mut grpc::$request) = $change;
            change(&mut request);
            *octets = request.encode_to_vec();
        })
    };
}

/// A field of an answer is another one than the client's.
macro_rules! answer {
    ($answer:ident, $change:expr) => {
        Bend::Answer(|octets| {
            let mut answer = grpc::$answer::decode(octets.as_slice()).unwrap();
            let change: fn(&mut grpc::$answer) = $change;
            change(&mut answer);
            *octets = answer.encode_to_vec();
        })
    };
}

/// The script fails in the format, at this method, for a reason that contains `why`.
fn is_found_out(script: &str, handshake: Handshake, (method, bend): (&'static str, Bend), why: &str) {
    let scripts = scripts(script);
    let outcomes = play(&[bent(method, bend)], &scripts, &[handshake]);
    let Outcome::Failed(failure) = &outcomes[0].0.outcome else {
        panic!("{script}, {method}: not found out");
    };
    assert!(failure.to_string().contains(why), "{script}, {method}: {failure}");
    assert_eq!(failure.client, "bent");
    assert!(failure.step.is_some() && failure.method.is_some());
}

#[test]
fn obedience_passes() {
    for (record, played) in play(&[copath("copath")], &scripts(""), &Handshake::ALL) {
        assert_eq!(record.outcome, Outcome::Passed, "{}", record.script);
        assert!(played.checks > 20, "{} checks", played.checks);
        assert!(played.unchecked.is_empty(), "{:?}", played.unchecked);
    }
}

#[test]
fn unforced_paths() {
    let commit = || ("Commit", ask_for!(CommitRequest, |request| request.force_path = false));
    is_found_out("grow_and_shrink", Handshake::Public, commit(), "no path, against force_path");
    is_found_out("grow_and_shrink", Handshake::Private, commit(), "no path, which force_path");
    let branch = ("CreateBranch", ask_for!(CreateBranchRequest, |request| request.force_path = false));
    is_found_out("branch", Handshake::Private, branch, "no path, against force_path");
    let reinit = ("ReInitWelcome", ask_for!(ReInitWelcomeRequest, |request| request.force_path = false));
    is_found_out("reinit", Handshake::Public, reinit, "no path, against force_path");
}

#[test]
fn trees_in_the_wrong_place() {
    let commit = ("Commit", ask_for!(CommitRequest, |request| request.external_tree = false));
    is_found_out("grow_and_shrink", Handshake::Private, commit, "no ratchet tree is returned");
    let info = ("GroupInfo", ask_for!(GroupInfoRequest, |request| request.external_tree = false));
    is_found_out("from_outside", Handshake::Public, info, "carries the tree although external_tree is set");
}

#[test]
fn frames_against_encrypt_handshake() {
    let plain = ("CreateGroup", ask_for!(CreateGroupRequest, |request| request.encrypt_handshake = false));
    is_found_out("grow_and_shrink", Handshake::Private, plain, "against encrypt_handshake");
    let encrypted = ("JoinGroup", ask_for!(JoinGroupRequest, |request| request.encrypt_handshake = true));
    is_found_out("grow_and_shrink", Handshake::Public, encrypted, "against encrypt_handshake");
}

#[test]
fn proposals_left_out() {
    let psk = || {
        (
            "Commit",
            ask_for!(CommitRequest, |request| request
                .by_value
                .retain(|description| description.proposal_type != b"externalPSK")),
        )
    };
    is_found_out("keys_and_extensions", Handshake::Public, psk(), "doesn't contain by value: ExternalPsk");
    is_found_out("keys_and_extensions", Handshake::Private, psk(), "doesn't inject: ExternalPsk");
    let referred = || {
        (
            "Commit",
            ask_for!(CommitRequest, |request| if request.by_reference.len() == 3 {
                request.by_reference.pop();
            }),
        )
    };
    is_found_out("keys_and_extensions", Handshake::Public, referred(), "doesn't refer to: Extensions");
    is_found_out("keys_and_extensions", Handshake::Private, referred(), "");
}

#[test]
fn external_joins_with_less_than_asked() {
    let psks = ("ExternalJoin", ask_for!(ExternalJoinRequest, |request| request.psks.clear()));
    is_found_out("from_outside", Handshake::Private, psks, "lacks a PSK that it was given");
    let stay = ("ExternalJoin", ask_for!(ExternalJoinRequest, |request| request.remove_prior = false));
    is_found_out("from_outside", Handshake::Public, stay, "");
}

#[test]
fn members_that_differ() {
    let export = ("Export", answer!(ExportResponse, |answer| answer.exported_secret[0] ^= 1));
    is_found_out("branch", Handshake::Public, export, "exported secret");
    let auth = ("StateAuth", answer!(StateAuthResponse, |answer| answer.state_auth_secret[0] ^= 1));
    is_found_out("branch", Handshake::Public, auth, "StateAuth");
    let plaintext = ("Unprotect", answer!(UnprotectResponse, |answer| answer.plaintext.clear()));
    is_found_out("keys_and_extensions", Handshake::Public, plaintext, "another plaintext came out");
    let extensions = ("CreateBranch", ask_for!(CreateBranchRequest, |request| request.extensions.clear()));
    is_found_out("branch", Handshake::Public, extensions, "extensions are");
}

#[test]
fn lacking_methods_are_no_failures() {
    let lacks = |method| bent(method, Bend::Error(CallError::NotImplemented(String::new())));
    let outcomes = play(&[lacks("CreateBranch")], &scripts("branch"), &[Handshake::Public]);
    let Outcome::NotImplemented(failure) = &outcomes[0].0.outcome else { panic!("not recognized") };
    assert_eq!((failure.method, failure.client.as_str()), (Some("CreateBranch"), "bent"));
    assert_eq!(failure.step, Some((1, 55, "branch")));

    let outcomes = play(&[lacks("Export")], &scripts("branch"), &[Handshake::Public]);
    assert_eq!(outcomes[0].0.outcome, Outcome::Passed);
    assert_eq!(outcomes[0].1.unchecked.keys().collect::<Vec<_>>(), ["bent: Export isn't implemented"]);
}
