//! Safety codes: numbers that people compare.

use std::fmt;

use copath_codec::Opaque;
use copath_crypto::Secret;
use copath_group::{MemberHandle, Misuse as GroupMisuse};

use crate::qr_code::QrCode;
use crate::{Error, Group, Misuse};

/// Octets from which one group of digits is made.
const OCTETS_A_GROUP: usize = 5;
/// Digits in a group.
const DIGITS_A_GROUP: usize = 5;
/// Groups in a code.
const GROUPS: usize = 12;
/// One more than the largest number in a group.
const GROUP_LIMIT: u64 = 100_000;

/// What the text in a QR code begins with: the name and the version of the form.
const TEXT_PREFIX: &str = "COPATH-SAFETY:1:";

/// What a safety code is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SafetyCodeKind {
    /// Two members of a group.
    Pair,
    /// All members of a group.
    Epoch,
}

impl SafetyCodeKind {
    const fn name(self) -> &'static str {
        match self {
            Self::Pair => "PAIR",
            Self::Epoch => "EPOCH",
        }
    }
}

/// A code of 60 digits that people compare, by reading it out or by scanning it, over a way that an attacker can't
/// change: face to face, in a call.
///
/// It is made from secrets of one epoch, so both sides have to be in the same epoch when they compare; a commit in
/// between changes it. It may be shown to anybody.
///
/// # What a match proves
///
/// - [`Group::pair_safety_code`]: both devices are in the same epoch of the same group, and each is at the leaf where
///   the other sees it, with the name and the signature key that the other sees. Nobody stands between them.
/// - [`Group::epoch_safety_code`]: all devices that compared are in the same epoch of the same group, and so agree about
///   its members, their names and their keys. It doesn't say which of the members each of them is.
///
/// # What it doesn't prove
///
/// That the other device is in the right hands, that it will be a member in the next epoch, or that a key is who its
/// credential says: the two people who compare know that of each other, and of nobody else.
///
/// # Why it is so long
///
/// A member that is in two groups, one with each victim, may try many commits offline until the two codes match. With
/// 60 digits (199 bits) that takes about 2^100 attempts; with 30 digits it would take 2^50.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SafetyCode {
    kind: SafetyCodeKind,
    digits: String,
}

impl SafetyCode {
    /// Octets of key material that a code is made of.
    pub(crate) const LENGTH: usize = GROUPS * OCTETS_A_GROUP;

    /// Each five octets give five digits: their value modulo 100,000, whose bias is below 2^-23.
    fn from_secret(kind: SafetyCodeKind, secret: &Secret) -> Self {
        let (groups, _) = secret.expose().as_chunks::<OCTETS_A_GROUP>();
        let number = |group: &[u8; OCTETS_A_GROUP]| {
            group.iter().fold(0u64, |sum, octet| (sum << 8) | u64::from(*octet)) % GROUP_LIMIT
        };
        Self { kind, digits: groups.iter().map(|group| format!("{:05}", number(group))).collect() }
    }

    /// What it is about.
    pub fn kind(&self) -> SafetyCodeKind {
        self.kind
    }

    /// The 60 digits without spaces.
    pub fn digits(&self) -> &str {
        &self.digits
    }

    /// The twelve groups of five digits.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        (0..GROUPS).filter_map(|group| {
            let start = group.checked_mul(DIGITS_A_GROUP)?;
            self.digits.get(start..start.checked_add(DIGITS_A_GROUP)?)
        })
    }

    /// The text that is in the QR code, for an application that draws or sends it by itself.
    pub fn to_text(&self) -> String {
        format!("{TEXT_PREFIX}{}:{}", self.kind.name(), self.digits)
    }

    /// Reads the text of a QR code that was scanned; compare the result with one's own code by `==`.
    ///
    /// # Errors
    /// [`Misuse::NotASafetyCode`].
    pub fn from_text(text: &str) -> Result<Self, Error> {
        let not_a_code = || Error::from(Misuse::NotASafetyCode);
        let rest = text.strip_prefix(TEXT_PREFIX).ok_or_else(not_a_code)?;
        let (name, digits) = rest.split_once(':').ok_or_else(not_a_code)?;
        let kinds = [SafetyCodeKind::Pair, SafetyCodeKind::Epoch];
        let kind = kinds.into_iter().find(|kind| kind.name() == name).ok_or_else(not_a_code)?;
        let is_whole = digits.len() == GROUPS * DIGITS_A_GROUP;
        if is_whole && digits.bytes().all(|octet| octet.is_ascii_digit()) {
            Ok(Self { kind, digits: digits.to_owned() })
        } else {
            Err(not_a_code())
        }
    }

    /// The code as a QR code, to be scanned.
    ///
    /// # Errors
    /// [`Error::Bug`], which a text of this length doesn't give.
    pub fn to_qr_code(&self) -> Result<QrCode, Error> {
        QrCode::of_text(&self.to_text())
    }
}

impl fmt::Display for SafetyCode {
    /// The groups with spaces between them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, group) in self.groups().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(f, "{space}{group}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for SafetyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SafetyCode({} {self})", self.kind.name())
    }
}

copath_codec::wire_struct! {
    /// What a pair's code is exported for: both leaves as they are in the tree, that on the left first.
    struct PairContext {
        left_index: u32,
        left_leaf: Opaque,
        right_index: u32,
        right_leaf: Opaque,
    }
}

impl Group {
    /// The code of this client and another member, equal on both sides: from the exporter of the epoch and both
    /// leaves. See [`SafetyCode`] for what a match proves.
    ///
    /// # Errors
    /// [`Error::Misuse`] if the handle is of another epoch or names this client itself, or this client was removed.
    pub fn pair_safety_code(&self, member: MemberHandle) -> Result<SafetyCode, Error> {
        let engine = self.engine();
        let (own, other) = (engine.own_leaf(), engine.leaf_of(member)?);
        if own == other {
            return Err(Misuse::OwnSafetyCode.into());
        }
        let leaf = |index| {
            let leaf = engine.tree().leaf(index).ok_or(GroupMisuse::StaleHandle);
            leaf.map(|leaf| Opaque::from(leaf.encoded())).map_err(|error| Error::Misuse(Misuse::Group(error)))
        };
        let (left, right) = if own < other { (own, other) } else { (other, own) };
        let context = PairContext {
            left_index: left.as_u32(),
            left_leaf: leaf(left)?,
            right_index: right.as_u32(),
            right_leaf: leaf(right)?,
        };
        let context = copath_codec::Encode::to_bytes(&context)?;
        let secret = self.export_secret(b"copath safety code of a pair", &context, SafetyCode::LENGTH)?;
        Ok(SafetyCode::from_secret(SafetyCodeKind::Pair, &secret))
    }

    /// The code of the whole group in this epoch, equal for all members: from the epoch authenticator
    /// (RFC 9420 §8.7). See [`SafetyCode`] for what a match proves.
    ///
    /// # Errors
    /// [`Error::Misuse`] if this client was removed.
    pub fn epoch_safety_code(&self) -> Result<SafetyCode, Error> {
        if self.is_removed() {
            return Err(Misuse::Group(GroupMisuse::Removed).into());
        }
        let authenticator = Secret::copy_of(self.epoch_authenticator());
        let label = "copath safety code of an epoch";
        let secret =
            self.engine().suite().expand_with_label(&authenticator, label, &[], SafetyCode::LENGTH)?;
        Ok(SafetyCode::from_secret(SafetyCodeKind::Epoch, &secret))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_five_octets_are_five_digits() {
        let mut octets = vec![0; SafetyCode::LENGTH];
        octets[4] = 7;
        octets[5..10].copy_from_slice(&[0xff; 5]);
        octets[59] = 255;
        let code = SafetyCode::from_secret(SafetyCodeKind::Pair, &Secret::from(octets));
        // 2^40 - 1 is 1,099,511,627,775.
        let expected = "00007 27775 00000 00000 00000 00000 00000 00000 00000 00000 00000 00255";
        assert_eq!(code.to_string(), expected);
        assert_eq!((code.digits().len(), code.groups().count()), (60, 12));
    }

    #[test]
    fn the_text_is_read_back_and_nothing_else_is() {
        let secret = Secret::from((0..60).collect::<Vec<u8>>());
        for kind in [SafetyCodeKind::Pair, SafetyCodeKind::Epoch] {
            let code = SafetyCode::from_secret(kind, &secret);
            let text = code.to_text();
            assert_eq!(SafetyCode::from_text(&text), Ok(code.clone()));
            let digits = code.digits();
            for other in [
                String::new(),
                digits.to_owned(),
                text.to_lowercase(),
                text.replace(":1:", ":2:"),
                format!("{text}0"),
                text.replacen("0", "x", 1),
                format!("{TEXT_PREFIX}OTHER:{digits}"),
            ] {
                assert_eq!(SafetyCode::from_text(&other), Err(Misuse::NotASafetyCode.into()), "{other}");
            }
        }
    }
}
