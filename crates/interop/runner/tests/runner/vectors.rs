//! What the runner saw can be read as the working group's vectors.

use crate::driving::{copath, play, scripts};
use copath_interop_runner::generate;
use copath_interop_runner::play::Handshake;
use copath_interop_runner::run::Outcome;
use copath_vectors::Kind;

#[test]
fn exported_clients_follow_again() {
    let mut scripts = scripts("");
    scripts.extend(generate::script(3, 12).unwrap());
    let mut seen = Vec::new();
    for (record, mut played) in play(&[copath("copath")], &scripts, &Handshake::ALL) {
        assert_eq!(record.outcome, Outcome::Passed, "{}", record.script);
        seen.append(&mut played.seen);
    }
    assert!(seen.iter().filter(|case| case.epochs.len() >= 2).count() >= 4, "too few epochs");
    assert!(seen.iter().any(|case| case.ratchet_tree.is_some()));
    assert!(seen.iter().any(|case| !case.external_psks.is_empty()));
    let json = serde_json::to_string(&seen).unwrap();
    let provider = copath_provider_rustcrypto::provider();
    let outcome = Kind::PassiveClient.run(&provider, &json).unwrap();
    assert_eq!((outcome.passed, outcome.failures.len()), (seen.len(), 0), "{:?}", outcome.failures);
}
