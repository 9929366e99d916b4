//! The key schedule against a second writing of its formulas, over HMAC and hash alone.

use alloc::format;
use alloc::vec;
use alloc::vec::Vec;

use copath_crypto::{CryptoError, Secret, Suite};
use copath_rules::{Violation, rule};

use crate::*;

/// All suites of a backend.
pub(crate) fn suites() -> Vec<Suite> {
    let suites = Suite::available(&copath_provider_rustcrypto::provider());
    assert_eq!(suites.len(), 7);
    suites
}

/// A secret of Nh octets that are all `octet`.
pub(crate) fn filled(suite: &Suite, octet: u8) -> Secret {
    Secret::from(vec![octet; suite.hash_length()])
}

fn vector(octets: &[u8]) -> Vec<u8> {
    let length = octets.len();
    let mut out = match length {
        0..64 => vec![u8::try_from(length).unwrap()],
        _ => (u16::try_from(length).unwrap() | 0x4000).to_be_bytes().to_vec(),
    };
    out.extend(octets);
    out
}

/// ExpandWithLabel from HMAC, for outputs of at most two blocks.
pub(crate) fn expand(suite: &Suite, secret: &[u8], label: &str, context: &[u8], length: usize) -> Vec<u8> {
    let mut info = u16::try_from(length).unwrap().to_be_bytes().to_vec();
    info.extend(vector(format!("MLS 1.0 {label}").as_bytes()));
    info.extend(vector(context));
    let key = Secret::copy_of(secret);
    let first = suite.mac(&key, &[&info, &[1]]);
    let second = suite.mac(&key, &[first.as_slice(), &info, &[2]]);
    [first.as_slice(), second.as_slice()].concat()[..length].to_vec()
}

fn extract(suite: &Suite, salt: &[u8], input: &[u8]) -> Vec<u8> {
    suite.mac(&Secret::copy_of(salt), &[input]).as_slice().to_vec()
}

fn derive(suite: &Suite, secret: &[u8], label: &str) -> Vec<u8> {
    expand(suite, secret, label, &[], suite.hash_length())
}

#[track_caller]
fn same(secret: &Secret, expected: &[u8]) {
    assert_eq!(secret.expose(), expected);
}

const CONTEXT: &[u8] = &[7; 100];

// covers: 8-01, 8-02
#[test]
fn joiner_welcome_and_epoch_secret() {
    for suite in suites() {
        let nh = suite.hash_length();
        let (init, commit) =
            (InitSecret::from_secret(filled(&suite, 1)), CommitSecret::from_secret(filled(&suite, 2)));
        let joiner = JoinerSecret::derive(&suite, &init, &commit, CONTEXT).unwrap();
        let expected = expand(&suite, &extract(&suite, &vec![1; nh], &vec![2; nh]), "joiner", CONTEXT, nh);
        same(joiner.as_secret(), &expected);

        let intermediate = joiner.with_psk(&suite, &PskSecret::from_secret(filled(&suite, 3)));
        let extracted = extract(&suite, &expected, &vec![3; nh]);
        let welcome = intermediate.welcome_secret(&suite).unwrap();
        let welcome_expected = derive(&suite, &extracted, "welcome");
        same(welcome.as_secret(), &welcome_expected);
        let epoch = intermediate.epoch_secret(&suite, CONTEXT).unwrap();
        same(epoch.as_secret(), &expand(&suite, &extracted, "epoch", CONTEXT, nh));

        let KeyNonce { key, nonce } = welcome.key_and_nonce(&suite).unwrap();
        same(&key, &expand(&suite, &welcome_expected, "key", &[], suite.aead().key_length()));
        same(&nonce, &expand(&suite, &welcome_expected, "nonce", &[], suite.aead().nonce_length()));
    }
}

// covers: 8-03, 8-05, 8.3-02
#[test]
fn nine_values_of_an_epoch_and_the_external_key_pair() {
    for suite in suites() {
        let root = vec![9; suite.hash_length()];
        let secrets = EpochSecrets::derive(&suite, EpochSecret::from_secret(filled(&suite, 9))).unwrap();
        for (secret, label) in [
            (secrets.sender_data_secret.as_secret(), "sender data"),
            (secrets.encryption_secret.as_secret(), "encryption"),
            (secrets.exporter_secret.as_secret(), "exporter"),
            (secrets.external_secret.as_secret(), "external"),
            (secrets.confirmation_key.as_secret(), "confirm"),
            (secrets.membership_key.as_secret(), "membership"),
            (secrets.resumption_psk.as_secret(), "resumption"),
            (secrets.init_secret.as_secret(), "init"),
        ] {
            same(secret, &derive(&suite, &root, label));
        }
        assert_eq!(secrets.epoch_authenticator.as_slice(), derive(&suite, &root, "authentication"));
        let pair = secrets.external_secret.key_pair(&suite).unwrap();
        let expected = suite.kem().derive_key_pair(&derive(&suite, &root, "external")).unwrap();
        assert_eq!(pair.public_key, expected.public_key);
        same(&pair.private_key, expected.private_key.expose());
    }
}

// covers: 8-04
#[test]
fn absent_inputs_are_zero_octets() {
    for suite in suites() {
        let zero = vec![0; suite.hash_length()];
        same(CommitSecret::absent(&suite).as_secret(), &zero);
        same(PskSecret::absent(&suite).as_secret(), &zero);
        same(psk_secret(&suite, &[]).unwrap().as_secret(), &zero);
    }
}

// covers: 11-06
#[test]
fn first_epoch_secret_is_fresh() {
    for suite in suites() {
        let (one, two) = (EpochSecret::random(&suite).unwrap(), EpochSecret::random(&suite).unwrap());
        assert_eq!(one.as_secret().len(), suite.hash_length());
        assert!(!one.as_secret().ct_eq(two.as_secret().expose()));
    }
}

// covers: 8.4-03
#[test]
fn psk_chain_follows_the_formula() {
    for suite in suites() {
        let nh = suite.hash_length();
        let (one, two) = (Secret::copy_of(b"first"), Secret::copy_of(&[5; 80]));
        let inputs = [PskInput { id: b"id one", psk: &one }, PskInput { id: b"id two", psk: &two }];
        let input = |psk: &[u8], label: &[u8]| {
            expand(&suite, &extract(&suite, &vec![0; nh], psk), "derived psk", label, nh)
        };
        let first = extract(&suite, &input(b"first", b"id one\0\0\0\x02"), &vec![0; nh]);
        let both = extract(&suite, &input(&[5; 80], b"id two\0\x01\0\x02"), &first);
        same(psk_secret(&suite, &inputs).unwrap().as_secret(), &both);
        let swapped = [inputs[1], inputs[0]];
        assert!(!psk_secret(&suite, &swapped).unwrap().as_secret().ct_eq(&both));
    }
}

// covers: 8.4-06
#[test]
fn more_psks_than_a_label_can_count_are_refused() {
    let suite = &suites()[0];
    let psk = Secret::zero(1);
    let mut inputs = vec![PskInput { id: b"", psk: &psk }; 65535];
    assert!(psk_secret(suite, &inputs).is_ok());
    inputs.push(inputs[0]);
    let error = psk_secret(suite, &inputs).unwrap_err();
    assert_eq!(error, KeyScheduleError::Rejected(Violation::new(rule!("8.4-06"))));
}

// covers: 8.5-01, 8.5-02
#[test]
fn exporter_hashes_the_context_and_depends_on_the_label() {
    for suite in suites() {
        let exporter = ExporterSecret::from_secret(filled(&suite, 4));
        for context in [&b""[..], b"context"] {
            let derived = derive(&suite, exporter.as_secret().expose(), "label");
            let hash = suite.hash(&[context]);
            let exported = exporter.export(&suite, b"label", context, 50).unwrap();
            same(&exported, &expand(&suite, &derived, "exported", hash.as_slice(), 50));
            assert!(!exporter.export(&suite, b"other", context, 50).unwrap().ct_eq(exported.expose()));
        }
        assert!(exporter.export(&suite, &[0xff, 0xfe], b"", 0).unwrap().is_empty());
        let longest = suite.hash_length() * 255;
        assert_eq!(exporter.export(&suite, b"label", b"", longest).unwrap().len(), longest);
        for too_long in [longest + 1, 1 << 16, usize::MAX] {
            let error = exporter.export(&suite, b"label", b"", too_long).unwrap_err();
            assert_eq!(error, KeyScheduleError::Crypto(CryptoError::LengthOutOfRange));
        }
    }
}

// covers: 8.2-01, 8.2-02
#[test]
fn transcript_hashes() {
    for suite in suites() {
        let key = ConfirmationKey::from_secret(filled(&suite, 6));
        let confirmed = transcript::confirmed(&suite, b"interim", b"input");
        assert_eq!(confirmed, suite.hash(&[b"interiminput"]));
        let tag = key.tag(&suite, confirmed.as_slice());
        assert_eq!(tag, suite.mac(&filled(&suite, 6), &[confirmed.as_slice()]));
        let interim = transcript::interim(&suite, confirmed.as_slice(), tag.as_slice()).unwrap();
        let header: &[u8] = match tag.as_slice().len() {
            32 => &[32],
            48 => &[48],
            _ => &[0x40, 64],
        };
        assert_eq!(interim, suite.hash(&[confirmed.as_slice(), header, tag.as_slice()]));
    }
}

// covers: 8.2-04
#[test]
fn interim_hash_of_epoch_0_is_computed_from_its_tag() {
    let suite = &suites()[0];
    let tag = ConfirmationKey::from_secret(filled(suite, 6)).tag(suite, &[]);
    let interim = transcript::interim(suite, &[], tag.as_slice()).unwrap();
    assert_eq!(interim, suite.hash(&[&[32], tag.as_slice()]));
}

#[test]
fn membership_tag_is_over_the_concatenation() {
    for suite in suites() {
        let key = MembershipKey::from_secret(filled(&suite, 6));
        assert_eq!(key.tag(&suite, &[b"tbs", b"auth"]), suite.mac(key.as_secret(), &[b"tbsauth"]));
    }
}

// covers: 6.3.2-02
#[test]
fn sender_data_keys_sample_the_ciphertext() {
    for suite in suites() {
        let nh = suite.hash_length();
        let secret = SenderDataSecret::from_secret(filled(&suite, 8));
        let ciphertext: Vec<u8> = (0..200).collect();
        for (length, sample) in [(0, 0), (1, 1), (nh - 1, nh - 1), (nh, nh), (nh + 1, nh), (200, nh)] {
            let KeyNonce { key, nonce } = secret.key_and_nonce(&suite, &ciphertext[..length]).unwrap();
            let root = vec![8; nh];
            same(&key, &expand(&suite, &root, "key", &ciphertext[..sample], suite.aead().key_length()));
            same(&nonce, &expand(&suite, &root, "nonce", &ciphertext[..sample], suite.aead().nonce_length()));
        }
    }
}

// covers: 8.3-01
#[test]
fn external_init_label_carries_no_structure() {
    assert_eq!(EXTERNAL_INIT_LABEL.as_bytes(), b"MLS 1.0 external init secret");
}

// covers: 2-01
#[test]
fn debug_shows_roles_alone() {
    let suite = &suites()[0];
    assert_eq!(format!("{:?}", InitSecret::from_secret(filled(suite, 1))), "InitSecret(..)");
    let secrets = EpochSecrets::derive(suite, EpochSecret::from_secret(filled(suite, 9))).unwrap();
    assert_eq!(format!("{secrets:?}"), "EpochSecrets(..)");
}
