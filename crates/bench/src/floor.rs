//! What the primitives of an operation cost by themselves, on the same backend, in the same run.

use std::sync::Arc;

use copath_crypto::{CipherSuite, Counts, CryptoProvider, Suite};

use crate::clock::time;
use crate::error::{Blame, Outcome};
use crate::libraries::SUITE;

/// Nanoseconds for each primitive.
#[derive(Clone, Copy, Debug, Default)]
pub struct Prices {
    hash: f64,
    hashed_octet: f64,
    hmac: f64,
    seal: f64,
    open: f64,
    sealed_octet: f64,
    derive_key_pair: f64,
    kem_public_key: f64,
    encap: f64,
    decap: f64,
    signature_key: f64,
    sign: f64,
    verify: f64,
    random: f64,
}

const BLAME: Blame = Blame { library: "floor" };

impl Prices {
    /// Measures them on `provider`, on one core.
    ///
    /// # Errors
    /// The backend refuses.
    pub fn of(provider: &Arc<dyn CryptoProvider>) -> Outcome<Self> {
        let suite = Suite::new(provider, CipherSuite(SUITE)).map_err(BLAME.on("suite"))?;
        let mut prices = Self::default();
        prices.symmetric(&suite)?;
        prices.asymmetric(&suite)?;
        Ok(prices)
    }

    fn symmetric(&mut self, suite: &Suite) -> Outcome<()> {
        let (hash, aead) = (suite.hash_primitive(), suite.aead());
        let mut digest = [0; 32];
        self.hash = median(|| hash.hash(&[&[7; 32]], &mut digest));
        let long = vec![7; LONG];
        self.hashed_octet = median(|| hash.hash(&[&long], &mut digest)) / LONG as f64;
        self.hmac = median(|| hash.hmac(&[7; 32], &[&[7; 64]], &mut digest));
        let key = vec![7; aead.key_length()];
        let nonce = vec![7; aead.nonce_length()];
        let mut sealed = vec![7; 64];
        aead.seal(&key, &nonce, b"", &mut sealed).map_err(BLAME.on("seal"))?;
        self.seal = median(|| {
            let mut buffer = vec![7; 64];
            aead.seal(&key, &nonce, b"", &mut buffer)
        });
        self.open = median(|| {
            let mut buffer = sealed.clone();
            aead.open(&key, &nonce, b"", &mut buffer)
        });
        self.sealed_octet = median(|| {
            let mut buffer = long.clone();
            aead.seal(&key, &nonce, b"", &mut buffer)
        }) / LONG as f64;
        let mut random = [0; 32];
        self.random = median(|| suite.provider().random(&mut random));
        Ok(())
    }

    fn asymmetric(&mut self, suite: &Suite) -> Outcome<()> {
        let kem = suite.kem();
        let pair = kem.derive_key_pair(&[7; 32]).map_err(BLAME.on("derive key pair"))?;
        self.derive_key_pair = median(|| kem.derive_key_pair(&[7; 32]));
        self.kem_public_key = median(|| kem.public_key(pair.private_key.expose()));
        let seed = suite.random_secret(kem.private_key_length()).map_err(BLAME.on("random"))?;
        let sent = kem.encap(&pair.public_key, seed.expose()).map_err(BLAME.on("encap"))?;
        self.encap = median(|| kem.encap(&pair.public_key, seed.expose()));
        self.decap = median(|| kem.decap(pair.private_key.expose(), &pair.public_key, &sent.kem_output));
        let keys = suite.generate_signature_key_pair().map_err(BLAME.on("signature key"))?;
        self.signature_key = median(|| suite.signature().signer(&keys.private_key));
        let signer = suite.signature().signer(&keys.private_key).map_err(BLAME.on("signer"))?;
        let signature = signer.sign(&[7; 256]).map_err(BLAME.on("sign"))?;
        self.sign = median(|| signer.sign(&[7; 256]));
        self.verify = median(|| suite.signature().verify(&keys.public_key, &[7; 256], &signature));
        Ok(())
    }

    /// What `counts` cost in nanoseconds, on one core.
    pub fn floor(&self, counts: &Counts) -> f64 {
        let priced = [
            (counts.hash, self.hash),
            (counts.hashed_octets, self.hashed_octet),
            (counts.hmac, self.hmac),
            (counts.seal, self.seal),
            (counts.open, self.open),
            (counts.sealed_octets, self.sealed_octet),
            (counts.opened_octets, self.sealed_octet),
            (counts.derive_key_pair, self.derive_key_pair),
            (counts.kem_public_key, self.kem_public_key),
            (counts.encap, self.encap),
            (counts.decap, self.decap),
            (counts.signature_key, self.signature_key),
            (counts.sign, self.sign),
            (counts.verify, self.verify),
            (counts.random, self.random),
        ];
        priced.iter().map(|(count, price)| *count as f64 * price).sum()
    }
}

const LONG: usize = 1 << 20;

/// The median of five batches, each long enough for the clock, in nanoseconds a call.
fn median<T>(mut call: impl FnMut() -> T) -> f64 {
    let (_, once) = time(&mut call);
    let calls = (2_000_000 / once.as_nanos().max(20)).clamp(3, 5_000);
    let mut batches: Vec<f64> = (0..5)
        .map(|_| {
            let ((), took) = time(|| (0..calls).for_each(|_| drop(std::hint::black_box(call()))));
            took.as_secs_f64() * 1e9 / calls as f64
        })
        .collect();
    batches.sort_by(f64::total_cmp);
    batches.get(2).copied().unwrap_or_default()
}
