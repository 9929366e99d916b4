//! Whom a check of X.509 credentials trusts.

use clap::{Args, ValueEnum};
use copath_credentials_x509::{
    IdentitySource, Limits, Policy, RevocationList, TrustAnchor, TrustStore, X509Error, X509Validator,
};

use crate::failure::Failure;
use crate::pem::{self, Label};

#[derive(Clone, Debug, Args)]
pub(super) struct TrustArguments {
    /// X.509: a file with certificates of authorities that are trusted (PEM or DER); may be given several times.
    #[arg(long, value_name = "FILE")]
    anchor: Vec<String>,
    /// X.509: a file with revocation lists (PEM or DER); may be given several times.
    #[arg(long, value_name = "FILE", requires = "anchor")]
    crl: Vec<String>,
    /// X.509: which name in the certificate is the identity.
    #[arg(long, value_enum, value_name = "NAME", default_value_t)]
    identity: Source,
}

/// Which name in the certificate is the identity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Source {
    /// The mailbox among the alternative names.
    #[default]
    Email,
    /// The URI among the alternative names.
    Uri,
    /// The host name among the alternative names.
    Dns,
    /// The whole subject.
    Subject,
    /// The subject's commonName.
    CommonName,
}

impl TrustArguments {
    /// Whether somebody is trusted.
    pub(super) fn has_anchors(&self) -> bool {
        !self.anchor.is_empty()
    }

    /// The validator that judges so.
    pub(super) fn validator(&self) -> Result<X509Validator, Failure> {
        let policy = Policy::new(match self.identity {
            Source::Email => IdentitySource::EmailAddress,
            Source::Uri => IdentitySource::Uri,
            Source::Dns => IdentitySource::DnsName,
            Source::Subject => IdentitySource::Subject,
            Source::CommonName => IdentitySource::CommonName,
        });
        let mut trust = TrustStore::new();
        for file in &self.anchor {
            let wrong = |error| Failure::Anchor { name: file.clone(), error };
            for certificate in pem::read(file, Label::Certificate)? {
                let anchor = TrustAnchor::from_der(certificate.expose(), &Limits::DEFAULT).map_err(wrong)?;
                trust = trust.with_anchor(anchor);
            }
        }
        for file in &self.crl {
            let wrong = |error| Failure::RevocationList { name: file.clone(), error: X509Error::from(error) };
            for list in pem::read(file, Label::RevocationList)? {
                let list = RevocationList::from_der(list.expose(), &Limits::DEFAULT).map_err(wrong)?;
                trust = trust.with_revocation_list(list);
            }
        }
        Ok(X509Validator::new(copath_provider_rustcrypto::provider(), policy, trust))
    }
}
