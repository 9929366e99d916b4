//! The verdicts on one key package.
//!
//! RFC 9420 §10.1 and §7.3: the rules that whoever adds a client checks before, except those that depend on the group.

use copath::messages::{KeyPackage, LeafNodeSource, Lifetime, MessageError, ProtocolVersion};
use copath::rules::{RuleId, Violation, rule};
use copath::{CertificateDefect, CipherSuite, Credential, CredentialRole, Extensions, Suite, Timestamp};
use copath_codec::Opaque;
use copath_credentials_x509::{CertificateError, X509Error, X509Validator};
use copath_ratchet_tree::{LeafEntry, LeafRules, LifetimePolicy, TreeError};

use super::advice;
use crate::backend::Backend;
use crate::calendar;
use crate::readable;

/// The check that may have no outcome.
const CREDENTIAL: &str = "credential";

/// What a key package is checked against.
pub(super) struct Checks {
    pub(super) now: Timestamp,
    /// The suite of the group, if it is known.
    pub(super) suite: Option<CipherSuite>,
    /// Who it has to be of, if that is known.
    pub(super) expected: Option<String>,
    pub(super) validator: X509Validator,
    /// Whether the validator trusts somebody.
    pub(super) has_anchors: bool,
}

/// The outcome of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is as it has to be.
    Good,
    /// It is, and there is something to say about it.
    Noted(String),
    /// It can't be judged.
    Open(String),
    /// A rule is broken.
    Bad { rule: RuleId, what: String, advice: &'static str },
}

impl Verdict {
    /// Whether a key package with this verdict can't be used. Who vouches for a credential isn't known to everybody;
    /// all else can be judged.
    pub(super) fn refuses(&self, about: &str) -> bool {
        match self {
            Self::Good | Self::Noted(_) => false,
            Self::Open(_) => about != CREDENTIAL,
            Self::Bad { .. } => true,
        }
    }

    fn of(checked: Result<(), Violation>) -> Self {
        match checked {
            Ok(()) => Self::Good,
            Err(violation) => {
                let rule = violation.rule();
                Self::Bad { rule, what: violation.to_string(), advice: advice::on_rule(rule) }
            }
        }
    }

    fn bad(rule: RuleId, what: String, advice: &'static str) -> Self {
        Self::Bad { rule, what: format!("{what} (rule {rule})"), advice }
    }
}

impl Checks {
    /// All verdicts on a key package, each with what it is about.
    pub(super) fn run(&self, package: &KeyPackage) -> Vec<(&'static str, Verdict)> {
        let number = package.cipher_suite;
        let suite =
            Backend::with_suite(number).next().and_then(|with| Suite::new(&with.provider(), number).ok());
        let suite_fits = self.suite.is_none_or(|group| group == number);
        let mut verdicts =
            vec![("version and suite", self.version_and_suite(package, suite.is_some() && suite_fits))];
        if let Some(suite) = suite {
            verdicts.push(("keys and signatures", keys_and_signatures(package, &suite)));
            verdicts.push(("capabilities", capabilities(package, &suite)));
        }
        verdicts.push(("lifetime", self.lifetime(package)));
        verdicts.push((CREDENTIAL, self.credential(package)));
        verdicts
    }

    fn version_and_suite(&self, package: &KeyPackage, suite_fits: bool) -> Verdict {
        if package.version == ProtocolVersion::MLS10 && suite_fits {
            return Verdict::Good;
        }
        Verdict::of(Err(rule!("10.1-02").into()))
    }

    fn lifetime(&self, package: &KeyPackage) -> Verdict {
        let LeafNodeSource::KeyPackage(lifetime) = &package.leaf_node.leaf_node_source else {
            // Rule 7.3-13, which is about the source, tells.
            return Verdict::Open("a leaf of this source has none".to_owned());
        };
        let span = format!("{} to {}", calendar::utc(lifetime.not_before), calendar::utc(lifetime.not_after));
        match LifetimePolicy::default().check_sent(lifetime, self.now) {
            Ok(()) => Verdict::Noted(span),
            Err(violation) => {
                let rule = violation.rule();
                Verdict::bad(
                    rule,
                    self.about_lifetime(rule, lifetime, &span),
                    advice::on_lifetime(rule, lifetime, self.now),
                )
            }
        }
    }

    fn about_lifetime(&self, rule: RuleId, lifetime: &Lifetime, span: &str) -> String {
        let now = calendar::utc(self.now.0);
        match rule.as_str() {
            "7.2-12" => format!("it ends before it begins: {span}"),
            "7.2-10" => format!("it is longer than the 366 days that are accepted here: {span}"),
            _ if self.now.0 > lifetime.not_after => format!("it is over at {now}: {span}"),
            _ => format!("it hasn't begun at {now}: {span}"),
        }
    }

    fn credential(&self, package: &KeyPackage) -> Verdict {
        let leaf = &package.leaf_node;
        match &leaf.credential {
            Credential::Basic { identity } => self.bare_name(identity, &leaf.signature_key),
            Credential::X509 { certificates } => self.chain(certificates, &leaf.signature_key),
            other => {
                let kind = other.credential_type().0;
                self.unjudged(format!("credentials of type {kind:#06x} aren't known here"))
            }
        }
    }

    fn bare_name(&self, identity: &[u8], signature_key: &[u8]) -> Verdict {
        let (name, key) = (readable::name(identity), hex::encode(signature_key));
        match &self.expected {
            Some(expected) if expected.as_bytes() != identity => {
                let what = format!("it claims to be {name}, not {expected}");
                Verdict::bad(rule!("5.3.1-09"), what, advice::WRONG_IDENTITY)
            }
            _ if self.has_anchors => self.unjudged(format!(
                "{name} is a bare name, for which no authority vouches with a certificate"
            )),
            _ => Verdict::Open(format!(
                "{name} is a bare name: ask who is responsible for names whether {key} is its key"
            )),
        }
    }

    fn chain(&self, certificates: &[Opaque], signature_key: &[u8]) -> Verdict {
        match self.validator.verify(certificates, signature_key, CredentialRole::Added, self.now) {
            Ok(chain) => {
                let found = chain.identity().as_str();
                match &self.expected {
                    Some(expected) if expected != found => {
                        let what = format!("the chain is good, and it is of {found}, not {expected}");
                        Verdict::bad(rule!("5.3.1-09"), what, advice::WRONG_IDENTITY)
                    }
                    _ => Verdict::Noted(format!("{found}, vouched for by {}", chain.anchor())),
                }
            }
            Err(error) if !self.has_anchors && is_unknown_issuer(&error) => {
                self.unjudged("nobody is trusted to vouch for it: give --anchor FILE".to_owned())
            }
            Err(error) => Verdict::bad(rule!("7.3-02"), error.to_string(), advice::on_chain(&error)),
        }
    }

    /// A credential that can't be judged isn't that of whom is expected.
    fn unjudged(&self, why: String) -> Verdict {
        match &self.expected {
            Some(expected) => {
                let what = format!("nothing shows that it is of {expected}: {why}");
                Verdict::bad(rule!("5.3.1-09"), what, advice::UNPROVEN_IDENTITY)
            }
            None => Verdict::Open(why),
        }
    }
}

fn keys_and_signatures(package: &KeyPackage, suite: &Suite) -> Verdict {
    match package.check(suite) {
        Err(MessageError::Rejected(violation)) => Verdict::of(Err(violation)),
        Err(error) => Verdict::Open(error.to_string()),
        Ok(()) => Verdict::Good,
    }
}

/// What the leaf says that it supports, in a group that asks for nothing.
fn capabilities(package: &KeyPackage, suite: &Suite) -> Verdict {
    let rules = match LeafRules::new(suite, &Extensions::default()) {
        Ok(rules) => rules,
        Err(error) => return Verdict::Open(error.to_string()),
    };
    match rules.check_leaf_node(&package.leaf_node, LeafEntry::KeyPackage) {
        Err(TreeError::Rejected(violation)) => Verdict::of(Err(violation)),
        Err(error) => Verdict::Open(error.to_string()),
        Ok(()) => Verdict::Good,
    }
}

fn is_unknown_issuer(error: &X509Error) -> bool {
    let unknown = CertificateDefect::UnknownIssuer;
    matches!(error, X509Error::Certificate(CertificateError { defect, .. }) if *defect == unknown)
}

#[cfg(test)]
mod tests;
