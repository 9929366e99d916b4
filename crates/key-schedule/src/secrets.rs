//! One type for each role of a secret in the key schedule.

use core::fmt;

use copath_crypto::{HashOutput, Secret};

/// Declares secrets: no `Clone`, no `==`, nothing in `Debug`, wiped on drop.
macro_rules! secrets {
    ($($(#[$meta:meta])* $name:ident;)*) => {$(
        $(#[$meta])*
        pub struct $name(Secret);

        impl $name {
            /// Gives `secret` this role.
            #[must_use]
            pub const fn from_secret(secret: Secret) -> Self {
                Self(secret)
            }

            /// The secret itself.
            #[must_use]
            pub const fn as_secret(&self) -> &Secret {
                &self.0
            }

            /// The secret itself, which thereby loses its role.
            #[must_use]
            pub fn into_secret(self) -> Secret {
                self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )*};
}

secrets! {
    /// `init_secret`: carries the entropy of one epoch into the next. Nh octets.
    ///
    /// RFC 9420 §8; in an external commit it comes out of HPKE instead (§8.3). Deleted when the next Commit has been
    /// processed.
    InitSecret;
    /// `commit_secret`: what the path of a Commit contributes. Nh octets.
    ///
    /// RFC 9420 §7.4 and §8.
    CommitSecret;
    /// `joiner_secret`: what a newcomer gets in its `GroupSecrets`. Nh octets.
    ///
    /// RFC 9420 §8 and §12.4.3.1.
    JoinerSecret;
    /// `psk_secret`: all pre-shared keys of a Commit in one. Nh octets.
    ///
    /// RFC 9420 §8.4.
    PskSecret;
    /// The extract of joiner secret and PSK secret, which has no name in the RFC. Nh octets.
    ///
    /// RFC 9420 §8. Welcome secret and epoch secret come from it; a newcomer needs the first to learn the
    /// `GroupContext` that goes into the second.
    IntermediateSecret;
    /// `welcome_secret`: encrypts the `GroupInfo` of a Welcome. Nh octets.
    ///
    /// RFC 9420 §8 and §12.4.3.1.
    WelcomeSecret;
    /// `epoch_secret`: the root of an epoch's secrets. Nh octets.
    ///
    /// RFC 9420 §8.
    EpochSecret;
    /// `sender_data_secret`: encrypts the sender data of private messages. Nh octets.
    ///
    /// RFC 9420 §6.3.2.
    SenderDataSecret;
    /// `encryption_secret`: the root of the secret tree. Nh octets.
    ///
    /// RFC 9420 §9.
    EncryptionSecret;
    /// `exporter_secret`: what applications derive their own secrets from. Nh octets.
    ///
    /// RFC 9420 §8.5.
    ExporterSecret;
    /// `external_secret`: the seed of the key pair that external joiners encapsulate to. Nh octets.
    ///
    /// RFC 9420 §8.3.
    ExternalSecret;
    /// `confirmation_key`: the MAC key of the confirmation tag. Nh octets.
    ///
    /// RFC 9420 §6.1.
    ConfirmationKey;
    /// `membership_key`: the MAC key of the membership tag. Nh octets.
    ///
    /// RFC 9420 §6.2.
    MembershipKey;
    /// `resumption_psk`: proves membership in this epoch later or elsewhere. Nh octets.
    ///
    /// RFC 9420 §8.6.
    ResumptionPsk;
}

/// `epoch_authenticator`: equal for all who agree on this epoch, to be compared out of band. Nh octets.
///
/// RFC 9420 §8.7. It may be shown to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochAuthenticator(HashOutput);

impl EpochAuthenticator {
    /// Gives `value` this role.
    #[must_use]
    pub const fn new(value: HashOutput) -> Self {
        Self(value)
    }

    /// The value.
    #[must_use]
    pub const fn as_hash_output(&self) -> &HashOutput {
        &self.0
    }

    /// The octets.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        self.0.as_slice()
    }
}
