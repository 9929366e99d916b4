//! Name constraints.
//!
//! RFC 5280 §4.2.1.10. Each authority's constraints hold for every certificate below it, so no intersection of subtrees
//! has to be computed. What can't be judged is refused, whether the extension is critical or not.

use copath_credentials::CertificateDefect;
use x509_cert::ext::pkix::NameConstraints;
use x509_cert::ext::pkix::constraints::name::GeneralSubtree;
use x509_cert::ext::pkix::name::GeneralName;

use crate::certificate::Certificate;
use crate::name::{ComparableName, email_addresses};

use CertificateDefect::{NameConstraintUnsupported, NameExcluded, NameNotPermitted};

/// Whether all names in `certificate` are among those that `constraints` allow.
pub(crate) fn check(
    constraints: &NameConstraints,
    certificate: &Certificate,
) -> Result<(), CertificateDefect> {
    let subject = comparable(&certificate.subject_name)?;
    if !subject.is_empty() {
        check_name(constraints, &Presented::Directory(subject))?;
    }
    for address in email_addresses(&certificate.subject_name) {
        match &address {
            Some(address) => check_name(constraints, &Presented::Mail(address))?,
            None if concerns_mail(constraints) => return Err(NameConstraintUnsupported),
            None => {}
        }
    }
    certificate
        .extensions
        .alternative_names
        .iter()
        .try_for_each(|name| check_name(constraints, &Presented::read(name)?))
}

/// A name in a certificate that is judged.
enum Presented<'a> {
    Directory(ComparableName),
    Mail(&'a str),
    Dns(&'a str),
    Uri(&'a str),
    Ip(&'a [u8]),
    /// A form that can't be compared.
    Other(Form),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Directory,
    Mail,
    Dns,
    Uri,
    Ip,
    OtherName,
    EdiParty,
    RegisteredId,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Subtrees {
    Permitted,
    Excluded,
}

impl<'a> Presented<'a> {
    fn read(name: &'a GeneralName) -> Result<Self, CertificateDefect> {
        Ok(match name {
            GeneralName::DirectoryName(name) => Self::Directory(comparable(name)?),
            GeneralName::Rfc822Name(name) => Self::Mail(name.as_str()),
            GeneralName::DnsName(name) => Self::Dns(name.as_str()),
            GeneralName::UniformResourceIdentifier(name) => Self::Uri(name.as_str()),
            GeneralName::IpAddress(octets) => Self::Ip(octets.as_bytes()),
            other => Self::Other(form(other)),
        })
    }

    fn form(&self) -> Form {
        match self {
            Self::Directory(_) => Form::Directory,
            Self::Mail(_) => Form::Mail,
            Self::Dns(_) => Form::Dns,
            Self::Uri(_) => Form::Uri,
            Self::Ip(_) => Form::Ip,
            Self::Other(form) => *form,
        }
    }
}

fn form(name: &GeneralName) -> Form {
    match name {
        GeneralName::DirectoryName(_) => Form::Directory,
        GeneralName::Rfc822Name(_) => Form::Mail,
        GeneralName::DnsName(_) => Form::Dns,
        GeneralName::UniformResourceIdentifier(_) => Form::Uri,
        GeneralName::IpAddress(_) => Form::Ip,
        GeneralName::OtherName(_) => Form::OtherName,
        GeneralName::EdiPartyName(_) => Form::EdiParty,
        GeneralName::RegisteredId(_) => Form::RegisteredId,
    }
}

fn concerns_mail(constraints: &NameConstraints) -> bool {
    let subtrees = [&constraints.permitted_subtrees, &constraints.excluded_subtrees];
    subtrees.into_iter().flatten().flatten().any(|subtree| form(&subtree.base) == Form::Mail)
}

fn check_name(constraints: &NameConstraints, name: &Presented<'_>) -> Result<(), CertificateDefect> {
    for subtree in of_form(constraints.excluded_subtrees.as_deref(), name.form()) {
        if is_within(name, subtree, Subtrees::Excluded)? {
            return Err(NameExcluded);
        }
    }
    let mut constrained = false;
    for subtree in of_form(constraints.permitted_subtrees.as_deref(), name.form()) {
        constrained = true;
        if is_within(name, subtree, Subtrees::Permitted)? {
            return Ok(());
        }
    }
    if constrained { Err(NameNotPermitted) } else { Ok(()) }
}

fn of_form(subtrees: Option<&[GeneralSubtree]>, wanted: Form) -> impl Iterator<Item = &GeneralSubtree> {
    subtrees.unwrap_or_default().iter().filter(move |subtree| form(&subtree.base) == wanted)
}

fn is_within(
    name: &Presented<'_>,
    subtree: &GeneralSubtree,
    subtrees: Subtrees,
) -> Result<bool, CertificateDefect> {
    if subtree.minimum != 0 || subtree.maximum.is_some() {
        return Err(NameConstraintUnsupported);
    }
    match (name, &subtree.base) {
        (Presented::Directory(name), GeneralName::DirectoryName(base)) => {
            Ok(name.is_within(&comparable(base)?))
        }
        (Presented::Mail(name), GeneralName::Rfc822Name(base)) => mail_within(name, base.as_str(), subtrees),
        (Presented::Dns(name), GeneralName::DnsName(base)) => dns_within(name, base.as_str()),
        (Presented::Uri(name), GeneralName::UniformResourceIdentifier(base)) => {
            uri_within(name, base.as_str())
        }
        (Presented::Ip(name), GeneralName::IpAddress(base)) => ip_within(name, base.as_bytes()),
        _ => Err(NameConstraintUnsupported),
    }
}

fn comparable(name: &x509_cert::name::Name) -> Result<ComparableName, CertificateDefect> {
    ComparableName::new(name).ok_or(CertificateDefect::Malformed)
}

/// A host name in labels of letters, digits, hyphens and underscores; no wildcard, no final dot.
fn is_host(name: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty() && label.bytes().all(|o| o.is_ascii_alphanumeric() || o == b'-' || o == b'_')
    };
    name.split('.').all(label)
}

fn is_subdomain(host: &str, domain: &str) -> bool {
    let Some(at) = host.len().checked_sub(domain.len()) else { return false };
    let (Some(head), Some(tail)) = (host.get(..at), host.get(at..)) else { return false };
    head.ends_with('.') && tail.eq_ignore_ascii_case(domain)
}

/// `.example.com`: hosts below it. `example.com`: that host.
fn host_within(host: &str, base: &str) -> Result<bool, CertificateDefect> {
    match base.strip_prefix('.') {
        Some(domain) if is_host(domain) => Ok(is_subdomain(host, domain)),
        None if is_host(base) => Ok(host.eq_ignore_ascii_case(base)),
        _ => Err(NameConstraintUnsupported),
    }
}

fn dns_within(name: &str, base: &str) -> Result<bool, CertificateDefect> {
    if !is_host(name) {
        return Err(NameConstraintUnsupported);
    }
    match base.strip_prefix('.') {
        _ if base.is_empty() => Ok(true),
        Some(domain) if is_host(domain) => Ok(is_subdomain(name, domain)),
        None if is_host(base) => Ok(name.eq_ignore_ascii_case(base) || is_subdomain(name, base)),
        _ => Err(NameConstraintUnsupported),
    }
}

/// The part before the @ is compared with regard to case, but not to exclude.
fn mail_within(name: &str, base: &str, subtrees: Subtrees) -> Result<bool, CertificateDefect> {
    let (local, host) = name.rsplit_once('@').ok_or(NameConstraintUnsupported)?;
    if local.is_empty() || !is_host(host) {
        return Err(NameConstraintUnsupported);
    }
    let Some((base_local, base_host)) = base.rsplit_once('@') else { return host_within(host, base) };
    let same_local = match subtrees {
        Subtrees::Permitted => local == base_local,
        Subtrees::Excluded => local.eq_ignore_ascii_case(base_local),
    };
    Ok(same_local && host.eq_ignore_ascii_case(base_host))
}

/// A URI without an authority, or with an address in place of a host name, can't be judged.
fn uri_within(name: &str, base: &str) -> Result<bool, CertificateDefect> {
    let (_, rest) = name.split_once("://").ok_or(NameConstraintUnsupported)?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    let is_address = host.bytes().all(|octet| octet.is_ascii_digit() || octet == b'.');
    if !is_host(host) || is_address {
        return Err(NameConstraintUnsupported);
    }
    host_within(host, base)
}

/// An address with its mask; addresses of the other family are outside.
fn ip_within(address: &[u8], base: &[u8]) -> Result<bool, CertificateDefect> {
    let half = base.len() / 2;
    if !matches!(base.len(), 8 | 32) || !matches!(address.len(), 4 | 16) {
        return Err(NameConstraintUnsupported);
    }
    let (network, mask) = base.split_at(half);
    let matches = |((a, n), m): ((&u8, &u8), &u8)| a & m == n & m;
    Ok(address.len() == half && address.iter().zip(network).zip(mask).all(matches))
}

#[cfg(test)]
#[path = "constraints/tests.rs"]
mod tests;
