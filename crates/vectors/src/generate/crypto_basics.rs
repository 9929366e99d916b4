//! `crypto-basics`: the labelled functions.

use copath_crypto::Suite;
use copath_hpke::encrypt_with_label;

use super::random;
use crate::Mismatch;
use crate::kinds::crypto_basics::{
    Case, DeriveSecret, DeriveTreeSecret, EncryptWithLabel, ExpandWithLabel, RefHash, SignWithLabel,
};

/// Two cases: long inputs and empty ones.
pub(super) fn cases(suite: &Suite) -> Result<Vec<Case>, Mismatch> {
    Ok(vec![case(suite, 32)?, case(suite, 0)?])
}

/// A case whose public inputs have `length` octets.
fn case(suite: &Suite, length: usize) -> Result<Case, Mismatch> {
    let (label, output) = ("ExpandWithLabel".to_owned(), 40);
    let (secret, context) = (random(suite, suite.hash_length())?, random(suite, length)?);
    let out = suite.expand_with_label(&secret.secret(), &label, &context, output.into())?;
    let expand_with_label = ExpandWithLabel { secret, label, context, length: output, out: (&out).into() };

    let (label, value) = ("RefHash".to_owned(), random(suite, length)?);
    let out = (&suite.ref_hash(&label, &value)?).into();
    let ref_hash = RefHash { label, value, out };

    let (label, secret) = ("DeriveSecret".to_owned(), random(suite, suite.hash_length())?);
    let out = (&suite.derive_secret(&secret.secret(), &label)?).into();
    let derive_secret = DeriveSecret { secret, label, out };

    let (label, secret) = ("DeriveTreeSecret".to_owned(), random(suite, suite.hash_length())?);
    let generation = u32::MAX;
    let out = suite.derive_tree_secret(&secret.secret(), &label, generation, output.into())?;
    let derive_tree_secret =
        DeriveTreeSecret { secret, label, generation, length: output, out: (&out).into() };
    Ok(Case {
        cipher_suite: suite.cipher_suite().0,
        ref_hash,
        expand_with_label,
        derive_secret,
        derive_tree_secret,
        sign_with_label: signature(suite, length)?,
        encrypt_with_label: encryption(suite, length)?,
    })
}

fn signature(suite: &Suite, length: usize) -> Result<SignWithLabel, Mismatch> {
    let keys = suite.generate_signature_key_pair()?;
    let (label, content) = ("SignWithLabel".to_owned(), random(suite, length)?);
    let signer = suite.signature().signer(&keys.private_key)?;
    let signature = suite.sign_with_label(&*signer, &label, &content)?.into();
    let (private, public) = ((&keys.private_key).into(), keys.public_key.into());
    Ok(SignWithLabel { private, public, content, label, signature })
}

fn encryption(suite: &Suite, length: usize) -> Result<EncryptWithLabel, Mismatch> {
    let keys = suite.generate_kem_key_pair()?;
    let (label, context) = ("EncryptWithLabel".to_owned(), random(suite, length)?);
    let plaintext = random(suite, length)?;
    let seed = suite.random_secret(suite.kem().private_key_length())?;
    let sealed = encrypt_with_label(suite, (&keys.public_key, &seed), &label, &context, &plaintext)?;
    Ok(EncryptWithLabel {
        private: (&keys.private_key).into(),
        public: keys.public_key.into(),
        label,
        context,
        plaintext,
        kem_output: sealed.kem_output.into(),
        ciphertext: sealed.ciphertext.into(),
    })
}
