//! What the primitives of an operation cost by themselves, on the same backend, in the same run.

use std::sync::Arc;

use copath_crypto::{CipherSuite, Counts, CryptoProvider, Suite};
use serde::{Deserialize, Serialize};

use crate::clock::time;
use crate::error::{Blame, Outcome};
use crate::libraries::SUITE;

const BLAME: Blame = Blame { library: "floor" };

macro_rules! prices {
    ($($field:ident: $name:literal = $($count:ident)|+;)*) => {
        /// Nanoseconds for each primitive.
        #[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
        pub struct Prices {
            $($field: f64,)*
        }

        impl Prices {
            /// What `counts` cost in nanoseconds, on one core.
            pub fn floor(&self, counts: &Counts) -> f64 {
                self.parts(counts).iter().map(|(_, part)| part).sum()
            }

            /// What each primitive contributes to that, with its name.
            pub fn parts(&self, counts: &Counts) -> Vec<(&'static str, f64)> {
                vec![$(($name, (0 $(+ counts.$count)+) as f64 * self.$field),)*]
            }

            /// Each price with its name, in nanoseconds.
            pub fn named(&self) -> Vec<(&'static str, f64)> {
                vec![$(($name, self.$field),)*]
            }

            /// The median of each price; `None` of no samples.
            pub fn median(samples: &[Self]) -> Option<Self> {
                let middle = |price: fn(&Self) -> f64| {
                    let mut sorted: Vec<f64> = samples.iter().map(price).collect();
                    sorted.sort_by(f64::total_cmp);
                    sorted.get(sorted.len() / 2).copied()
                };
                Some(Self { $($field: middle(|prices| prices.$field)?,)* })
            }
        }
    };
}

prices! {
    hash: "hash of 32 B" = hash;
    hashed_octet: "an octet hashed" = hashed_octets;
    hmac: "HMAC of 64 B" = hmac;
    seal: "AEAD, seal 64 B" = seal;
    open: "AEAD, open 64 B" = open;
    sealed_octet: "an octet sealed or opened" = sealed_octets | opened_octets;
    derive_key_pair: "KEM, derive a key pair" = derive_key_pair;
    generate_key_pair: "KEM, generate a key pair" = generate_key_pair;
    kem_public_key: "KEM, public key" = kem_public_key;
    encap: "KEM, encapsulate" = encap;
    decap: "KEM, decapsulate" = decap;
    signature_key: "signature key" = signature_key;
    sign: "sign" = sign;
    signed_octet: "an octet signed" = signed_octets;
    verify: "verify" = verify;
    verified_octet: "an octet verified" = verified_octets;
    random: "32 random octets" = random;
}

impl Prices {
    /// Measures them on `provider`, on one core.
    ///
    /// # Errors
    /// The backend refuses.
    pub fn of(provider: &Arc<dyn CryptoProvider>) -> Outcome<Self> {
        let suite = Suite::new(provider, CipherSuite(SUITE)).map_err(BLAME.on("suite"))?;
        let mut prices = Self::default();
        prices.symmetric(&suite)?;
        prices.agreement(&suite)?;
        prices.signatures(&suite)?;
        Ok(prices)
    }

    fn symmetric(&mut self, suite: &Suite) -> Outcome<()> {
        let (hash, aead) = (suite.hash_primitive(), suite.aead());
        let mut digest = [0; 32];
        self.hash = fastest(|| hash.hash(&[&[7; 32]], &mut digest));
        let long = vec![7; LONG];
        self.hashed_octet = fastest(|| hash.hash(&[&long], &mut digest)) / LONG as f64;
        self.hmac = fastest(|| hash.hmac(&[7; 32], &[&[7; 64]], &mut digest));
        let key = vec![7; aead.key_length()];
        let nonce = vec![7; aead.nonce_length()];
        let mut sealed = vec![7; 64];
        aead.seal(&key, &nonce, b"", &mut sealed).map_err(BLAME.on("seal"))?;
        // One buffer is used over and over: making it isn't the primitive's.
        let mut buffer = Vec::with_capacity(LONG + 64);
        self.seal = fastest(|| {
            refill(&mut buffer, &[7; 64]);
            aead.seal(&key, &nonce, b"", &mut buffer)
        });
        self.open = fastest(|| {
            refill(&mut buffer, &sealed);
            aead.open(&key, &nonce, b"", &mut buffer)
        });
        self.sealed_octet = fastest(|| {
            refill(&mut buffer, &long);
            aead.seal(&key, &nonce, b"", &mut buffer)
        }) / LONG as f64;
        let mut random = [0; 32];
        self.random = fastest(|| suite.provider().random(&mut random));
        Ok(())
    }

    fn agreement(&mut self, suite: &Suite) -> Outcome<()> {
        let kem = suite.kem();
        let pair = kem.derive_key_pair(&[7; 32]).map_err(BLAME.on("derive key pair"))?;
        self.derive_key_pair = fastest(|| kem.derive_key_pair(&[7; 32]));
        self.generate_key_pair = fastest(|| kem.generate_key_pair(&[7; 32]));
        // The cheaper of the two that are counted as one.
        let computed = fastest(|| kem.public_key(pair.private_key.expose()));
        self.kem_public_key = computed.min(fastest(|| kem.check_public_key(&pair.public_key)));
        let seed = suite.random_secret(kem.private_key_length()).map_err(BLAME.on("random"))?;
        let sent = kem.encap(&pair.public_key, seed.expose()).map_err(BLAME.on("encap"))?;
        self.encap = fastest(|| kem.encap(&pair.public_key, seed.expose()));
        self.decap = fastest(|| kem.decap(pair.private_key.expose(), &pair.public_key, &sent.kem_output));
        Ok(())
    }

    fn signatures(&mut self, suite: &Suite) -> Outcome<()> {
        let keys = suite.generate_signature_key_pair().map_err(BLAME.on("signature key"))?;
        let scheme = suite.signature();
        // The cheaper of those that are counted as one.
        let parsed = fastest(|| scheme.signer(&keys.private_key));
        self.signature_key = parsed.min(fastest(|| scheme.check_public_key(&keys.public_key)));
        let signer = scheme.signer(&keys.private_key).map_err(BLAME.on("signer"))?;
        let signature = signer.sign(&[7; 32]).map_err(BLAME.on("sign"))?;
        self.sign = fastest(|| signer.sign(&[7; 32]));
        self.verify = fastest(|| scheme.verify(&keys.public_key, &[7; 32], &signature));
        let long = vec![7; LONG];
        let signature = signer.sign(&long).map_err(BLAME.on("sign"))?;
        self.signed_octet = fastest(|| signer.sign(&long)) / LONG as f64;
        self.verified_octet = fastest(|| scheme.verify(&keys.public_key, &long, &signature)) / LONG as f64;
        Ok(())
    }
}

/// Long enough for the start to be little, short enough not to be interrupted.
const LONG: usize = 1 << 16;

fn refill(buffer: &mut Vec<u8>, octets: &[u8]) {
    buffer.clear();
    buffer.extend_from_slice(octets);
}

/// The fastest of some batches, each long enough for the clock, in nanoseconds a call: a floor is what it costs when
/// nothing else disturbs.
fn fastest<T>(mut call: impl FnMut() -> T) -> f64 {
    const BATCHES: usize = 7;
    let (_, once) = time(&mut call);
    let calls = (1_000_000 / once.as_nanos().max(20)).clamp(3, 5_000);
    let batch = |_| {
        let ((), took) = time(|| (0..calls).for_each(|_| drop(std::hint::black_box(call()))));
        took.as_secs_f64() * 1e9 / calls as f64
    };
    (0..BATCHES).map(batch).fold(f64::INFINITY, f64::min)
}
