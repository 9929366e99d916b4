//! Comparisons of single names; whole chains are in `tests/x509/constraints.rs`.

use super::*;

#[test]
fn uris_are_compared_by_their_host() {
    let within = |name: &str, base: &str| uri_within(name, base);
    assert_eq!(within("https://example.com/a", "example.com"), Ok(true));
    assert_eq!(within("https://user@EXAMPLE.com:8443?x#y", "example.com"), Ok(true));
    assert_eq!(within("https://a.example.com", "example.com"), Ok(false));
    assert_eq!(within("https://a.example.com", ".example.com"), Ok(true));
    assert_eq!(within("https://example.com", ".example.com"), Ok(false));
    assert_eq!(within("https://example.com@evil.org/", "example.com"), Ok(false));
    for name in
        ["im:alice@example.com", "urn:x", "https://10.0.0.1/", "https://[::1]/", "https://%65/", "a:///x"]
    {
        assert_eq!(within(name, "example.com"), Err(NameConstraintUnsupported), "{name}");
    }
    assert_eq!(within("https://example.com", ""), Err(NameConstraintUnsupported));
}

#[test]
fn mailboxes_without_both_parts_can_not_be_judged() {
    for name in ["alice", "@example.com", "alice@", "alice@a b"] {
        let verdict = mail_within(name, "example.com", Subtrees::Permitted);
        assert_eq!(verdict, Err(NameConstraintUnsupported), "{name}");
    }
    assert_eq!(mail_within("\"a@b\"@example.com", "b", Subtrees::Excluded), Ok(false));
}

#[test]
fn addresses_have_a_mask_of_their_length() {
    assert_eq!(ip_within(&[10, 0, 0, 1], &[10, 0, 0, 0, 255, 0, 0, 0]), Ok(true));
    assert_eq!(ip_within(&[11, 0, 0, 1], &[10, 0, 0, 0, 255, 0, 0, 0]), Ok(false));
    assert_eq!(ip_within(&[0; 16], &[0; 8]), Ok(false));
    assert_eq!(ip_within(&[0; 16], &[0; 32]), Ok(true));
    for (address, base) in [(&[0; 4][..], &[0; 4][..]), (&[0; 5], &[0; 8]), (&[], &[])] {
        assert_eq!(ip_within(address, base), Err(NameConstraintUnsupported));
    }
}

#[test]
fn a_domain_is_a_suffix_at_a_dot() {
    assert!(is_subdomain("a.example.com", "example.com"));
    assert!(!is_subdomain("example.com", "example.com"));
    assert!(!is_subdomain("badexample.com", "example.com"));
    assert!(!is_subdomain("com", "example.com"));
    assert_eq!(dns_within("anything", ""), Ok(true));
}
