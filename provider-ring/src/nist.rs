//! P-256 and P-384 by the curve crates, for what ring can't do.
//!
//! SEC 1 §2.3; RFC 9180 §7.1. Scalars are big endian and of the field's length, points uncompressed.

use alloc::vec::Vec;

use copath_crypto::{CryptoError, Secret};
use p256::NistP256;
use p256::elliptic_curve::sec1::{FromSec1Point, ModulusSize, ToSec1Point};
use p256::elliptic_curve::{self, AffinePoint, CurveArithmetic, FieldBytes, FieldBytesSize};
use p384::NistP384;

/// A NIST curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NistCurve {
    P256,
    P384,
}

impl NistCurve {
    /// Octets of a scalar, of a coordinate and of a Diffie-Hellman result.
    pub(crate) const fn scalar_length(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
        }
    }

    /// Octets of an uncompressed point.
    pub(crate) const fn point_length(self) -> usize {
        match self {
            Self::P256 => 65,
            Self::P384 => 97,
        }
    }

    /// The point that belongs to `scalar`; [`CryptoError::InvalidPrivateKey`] for a wrong length, 0, or the order and
    /// above.
    pub(crate) fn public_key(self, scalar: &[u8]) -> Result<Vec<u8>, CryptoError> {
        match self {
            Self::P256 => {
                Ok(secret_key::<NistP256>(scalar)?.public_key().to_sec1_point(false).as_bytes().to_vec())
            }
            Self::P384 => {
                Ok(secret_key::<NistP384>(scalar)?.public_key().to_sec1_point(false).as_bytes().to_vec())
            }
        }
    }

    /// Whether `point` is uncompressed and on the curve.
    pub(crate) fn check_public_key(self, point: &[u8]) -> Result<(), CryptoError> {
        match self {
            Self::P256 => public_key::<NistP256>(self, point).map(|_| ()),
            Self::P384 => public_key::<NistP384>(self, point).map(|_| ()),
        }
    }

    /// The x coordinate of `scalar` times `point`.
    pub(crate) fn diffie_hellman(self, scalar: &[u8], point: &[u8]) -> Result<Secret, CryptoError> {
        match self {
            Self::P256 => self.agree::<NistP256>(scalar, point),
            Self::P384 => self.agree::<NistP384>(scalar, point),
        }
    }

    fn agree<C>(self, scalar: &[u8], point: &[u8]) -> Result<Secret, CryptoError>
    where
        C: CurveArithmetic,
        FieldBytesSize<C>: ModulusSize,
        AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    {
        let secret = secret_key::<C>(scalar)?;
        let shared = secret.diffie_hellman(&public_key::<C>(self, point)?);
        Ok(Secret::copy_of(shared.raw_secret_bytes()))
    }
}

fn secret_key<C: CurveArithmetic>(scalar: &[u8]) -> Result<elliptic_curve::SecretKey<C>, CryptoError> {
    let octets = <&FieldBytes<C>>::try_from(scalar).map_err(|_| CryptoError::InvalidPrivateKey)?;
    elliptic_curve::SecretKey::from_bytes(octets).map_err(|_| CryptoError::InvalidPrivateKey)
}

fn public_key<C>(curve: NistCurve, point: &[u8]) -> Result<elliptic_curve::PublicKey<C>, CryptoError>
where
    C: CurveArithmetic,
    FieldBytesSize<C>: ModulusSize,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
{
    // The length admits the uncompressed and the hybrid forms; only the uncompressed one starts with 4.
    if point.len() != curve.point_length() || point.first() != Some(&4) {
        return Err(CryptoError::InvalidPublicKey);
    }
    elliptic_curve::PublicKey::from_sec1_bytes(point).map_err(|_| CryptoError::InvalidPublicKey)
}
