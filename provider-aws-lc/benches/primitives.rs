//! What the primitives of aws-lc cost, suite by suite.
#![expect(clippy::unwrap_used, reason = "a bench stops at the first surprise")]

use std::hint::black_box;

use copath_crypto::Suite;
use copath_provider_aws_lc::provider;
use criterion::{
    BatchSize, BenchmarkGroup, Criterion, criterion_group, criterion_main, measurement::WallTime,
};

type Group<'a> = BenchmarkGroup<'a, WallTime>;

/// Octets that are hashed, sealed and opened.
const LENGTH: usize = 1024;

fn primitives(criterion: &mut Criterion) {
    for suite in Suite::available(&provider()) {
        let mut group = criterion.benchmark_group(suite.cipher_suite().to_string());
        hash(&mut group, &suite);
        aead(&mut group, &suite);
        kem(&mut group, &suite);
        signature(&mut group, &suite);
        group.finish();
    }
}

fn hash(group: &mut Group<'_>, suite: &Suite) {
    let (left, both, input) = ([1; 32], [1; 64], [1; LENGTH]);
    let key = suite.random_secret(suite.hash_length()).unwrap();
    group.bench_function("hash 64 B in two parts", |b| {
        b.iter(|| suite.hash(&[black_box(&left), black_box(&left)]));
    });
    group.bench_function("hash 1 KiB", |b| b.iter(|| suite.hash(&[black_box(&input)])));
    group.bench_function("MAC 64 B", |b| b.iter(|| suite.mac(&key, &[black_box(&both)])));
}

fn aead(group: &mut Group<'_>, suite: &Suite) {
    let aead = suite.aead();
    let key = suite.random_secret(aead.key_length()).unwrap();
    let nonce = vec![2; aead.nonce_length()];
    let plaintext = vec![3; LENGTH];
    let sealed = suite.seal(&key, &nonce, &[], &plaintext).unwrap();
    group.bench_function("seal 1 KiB", |b| b.iter(|| suite.seal(&key, &nonce, &[], black_box(&plaintext))));
    group.bench_function("open 1 KiB", |b| {
        let open = |mut buffer: Vec<u8>| aead.open(key.expose(), &nonce, &[], &mut buffer).unwrap();
        b.iter_batched(|| sealed.clone(), open, BatchSize::SmallInput);
    });
}

fn kem(group: &mut Group<'_>, suite: &Suite) {
    let kem = suite.kem();
    let seed = suite.random_secret(kem.private_key_length()).unwrap();
    let pair = suite.generate_kem_key_pair().unwrap();
    let private_key = pair.private_key.expose();
    let encapsulated = kem.encap(&pair.public_key, seed.expose()).unwrap();
    group.bench_function("derive key pair", |b| {
        b.iter(|| kem.derive_key_pair(black_box(seed.expose())).unwrap())
    });
    group.bench_function("check public key", |b| {
        b.iter(|| kem.check_public_key(black_box(&pair.public_key)).unwrap());
    });
    group.bench_function("encap", |b| {
        b.iter(|| kem.encap(black_box(&pair.public_key), seed.expose()).unwrap())
    });
    group.bench_function("decap", |b| {
        b.iter(|| kem.decap(private_key, &pair.public_key, black_box(&encapsulated.kem_output)).unwrap());
    });
}

fn signature(group: &mut Group<'_>, suite: &Suite) {
    let algorithm = suite.signature();
    let pair = suite.generate_signature_key_pair().unwrap();
    let signer = algorithm.signer(&pair.private_key).unwrap();
    let message = [4; 256];
    let signature = signer.sign(&message).unwrap();
    group.bench_function("sign", |b| b.iter(|| signer.sign(black_box(&message)).unwrap()));
    group.bench_function("verify", |b| {
        b.iter(|| algorithm.verify(&pair.public_key, black_box(&message), &signature).unwrap());
    });
}

criterion_group!(benches, primitives);
criterion_main!(benches);
