//! Bounded runs of the simulated world, on every backend and every suite.

use std::sync::Arc;

use copath_crypto::{CipherSuite, CryptoProvider};
use copath_testing::simulation::{Config, Event, Summary, run};

fn rustcrypto(seed: u64) -> Arc<dyn CryptoProvider> {
    let mut octets = [0; 32];
    octets[..8].copy_from_slice(&seed.to_be_bytes());
    Arc::new(copath_provider_rustcrypto::RustCrypto::seeded(octets))
}

fn insecure(seed: u64) -> Arc<dyn CryptoProvider> {
    Arc::new(copath_testing::Insecure::new(seed))
}

/// Runs a world, which has to hold.
fn holds(config: &Config) -> Summary {
    match run(config, &mut |_| ()) {
        Ok(summary) => summary,
        Err(failure) => panic!("{failure}"),
    }
}

#[test]
fn many_worlds_hold_and_everything_happens_in_them() {
    let mut total = Summary::default();
    for seed in 0..60 {
        let config = Config { seed, clients: 6, steps: 1500, suite: CipherSuite(1), provider: insecure };
        total.add(&holds(&config));
    }
    println!("{total}");
    assert_eq!(total.missing(), Vec::<Event>::new());
}

#[test]
fn worlds_hold_on_rustcrypto() {
    for seed in 0..3 {
        holds(&Config { seed, clients: 5, steps: 300, suite: CipherSuite(1), provider: rustcrypto });
    }
}
