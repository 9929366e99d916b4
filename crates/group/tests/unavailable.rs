//! What others proposed doesn't keep a member from committing.

use std::sync::Arc;

use copath_crypto::CryptoProvider;
use copath_group::{CommitOptions, WelcomeOptions};
use copath_provider_rustcrypto::RustCrypto;
use copath_testing::{World, assert_agreement, external_psk, resumption_psk};

fn world() -> World {
    let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::seeded([13; 32]));
    World::new(&provider)
}
// covers: 12.4-02
#[test]
fn a_psk_that_others_proposed_does_not_keep_a_member_from_committing() {
    let mut world = world();
    let suite = world.alice.suite.clone();
    world.bob.psks.insert(b"known to bob".to_vec(), b"secret".to_vec());
    let external = world.bob.propose(external_psk(&suite, b"known to bob")).unwrap();
    let group_id = world.bob.group().group_id().clone();
    let future = world.mallory.propose(resumption_psk(&suite, &group_id, 1_000));
    for message in [&external, &future] {
        world.alice.receive(message).unwrap();
    }
    world.bob.receive(&future).unwrap();
    let commit = world.alice.commit(CommitOptions::new()).unwrap();
    world.alice.accept(WelcomeOptions::default());
    world.bob.receive(&commit).unwrap();
    assert_agreement(&[&world.alice, &world.bob]);
}
