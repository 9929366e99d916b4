//! Bounded runs of the simulated world, on every backend and every suite.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a failure in here is a failed test")]

use std::path::Path;
use std::sync::Arc;

use copath_crypto::{
    Aead, AeadAlgorithm, CipherSuite, CryptoError, CryptoProvider, Hash, HashAlgorithm, Kem, KemAlgorithm,
    SignatureAlgorithm, SignatureScheme,
};
use copath_testing::simulation::{Config, Event, Summary, replay, run};

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
    run(config, &mut |_| ()).unwrap_or_else(|mut failure| {
        failure.write_log(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap();
        panic!("{failure}")
    })
}

/// A world of `clients` on a backend.
fn config(provider: fn(u64) -> Arc<dyn CryptoProvider>, suite: u16, seed: u64, steps: usize) -> Config {
    Config { seed, clients: 5, steps, suite: CipherSuite(suite), provider }
}

/// How often everything has to happen in those worlds at least.
const LEAST: u64 = 8;

#[test]
fn many_worlds_hold_and_everything_happens_in_them() {
    let mut total = Summary::default();
    for seed in 0..30 {
        total.add(&holds(&Config { clients: 6, ..config(insecure, 1, seed, 1500) }));
    }
    assert_eq!(total.rarer_than(LEAST), Vec::<Event>::new(), "{total}");
}

#[test]
fn a_large_world_holds() {
    holds(&Config { clients: 24, ..config(insecure, 1, 100, 2000) });
}

#[test]
fn worlds_hold_on_rustcrypto() {
    for seed in 0..5 {
        holds(&config(rustcrypto, 1, seed, 300));
    }
}

#[test]
fn worlds_hold_with_every_other_suite_of_rustcrypto() {
    for suite in 2..=7 {
        holds(&config(rustcrypto, suite, 10, 500));
    }
}

#[test]
fn worlds_hold_on_ring() {
    for suite in [1, 2, 3, 7] {
        holds(&config(|_| copath_provider_ring::provider(), suite, 20, 500));
    }
}

#[test]
fn worlds_hold_on_aws_lc() {
    for suite in [1, 2, 3, 5, 7] {
        holds(&config(|_| copath_provider_aws_lc::provider(), suite, 30, 500));
    }
}

#[test]
fn a_run_replays_exactly() {
    let config = config(rustcrypto, 1, 40, 100);
    assert_eq!(holds(&config), holds(&config));
}

/// A backend whose randomness is always the same.
#[derive(Debug)]
struct Worn(Arc<dyn CryptoProvider>);

impl CryptoProvider for Worn {
    fn name(&self) -> &'static str {
        "worn"
    }

    fn random(&self, out: &mut [u8]) -> Result<(), CryptoError> {
        out.fill(7);
        Ok(())
    }

    fn hash(&self, algorithm: HashAlgorithm) -> Option<Arc<dyn Hash>> {
        self.0.hash(algorithm)
    }

    fn aead(&self, algorithm: AeadAlgorithm) -> Option<Arc<dyn Aead>> {
        self.0.aead(algorithm)
    }

    fn kem(&self, algorithm: KemAlgorithm) -> Option<Arc<dyn Kem>> {
        self.0.kem(algorithm)
    }

    fn signature(&self, scheme: SignatureScheme) -> Option<Arc<dyn SignatureAlgorithm>> {
        self.0.signature(scheme)
    }
}

#[test]
fn a_failure_is_shrunk_to_a_script_that_fails_again() {
    let config = config(|seed| Arc::new(Worn(insecure(seed))), 1, 50, 400);
    let failure = run(&config, &mut |_| ()).unwrap_err();
    assert!(failure.script.len() < 10, "{failure}");
    let (_, fault) = replay(&config, &failure.script, &mut |_| ()).unwrap_err();
    assert_eq!(fault, failure.shrunk);
    assert_eq!(fault.kind, failure.fault.kind);
}
