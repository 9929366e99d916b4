//! Bounds.

use copath_credentials::CertificateDefect as D;
use rcgen::{CertificateParams, CustomExtension, GeneralSubtree, NameConstraints, SanType};

use crate::authority::as_is;
use crate::hierarchy::Hierarchy;
use crate::refused;

#[test]
fn the_number_of_names_constraints_and_extensions_is_bounded() {
    let names = |count: usize| {
        move |leaf: &mut CertificateParams| {
            let uri = |n| SanType::URI(format!("im:{n}@example.com").as_str().try_into().unwrap());
            leaf.subject_alt_names.extend((1..count).map(uri));
        }
    };
    let h = Hierarchy::adjusted(as_is, as_is, names(64));
    h.verify(&h.chain()).unwrap();
    let h = Hierarchy::adjusted(as_is, as_is, names(65));
    assert_eq!(refused(h.verify(&h.chain())), (0, D::TooManyEntries));
    let h = Hierarchy::adjusted(
        as_is,
        |middle| {
            let subtree = |n| GeneralSubtree::DnsName(format!("{n}.example.com"));
            let (permitted_subtrees, excluded_subtrees) =
                ((0..33).map(subtree).collect(), (33..65).map(subtree).collect());
            middle.name_constraints = Some(NameConstraints { permitted_subtrees, excluded_subtrees });
        },
        as_is,
    );
    assert_eq!(refused(h.verify(&h.chain())), (1, D::TooManyEntries));
    let h = Hierarchy::adjusted(as_is, as_is, |leaf| {
        let extension = |n| CustomExtension::from_oid_content(&[1, 2, 3, n], vec![5, 0]);
        leaf.custom_extensions = (0..65).map(extension).collect();
    });
    assert_eq!(refused(h.verify(&h.chain())), (0, D::TooManyEntries));
    let h = Hierarchy::adjusted(as_is, as_is, |leaf| {
        for n in 0..65 {
            leaf.distinguished_name.push(rcgen::DnType::CustomDnType(vec![1, 2, 3, n]), "x");
        }
    });
    assert_eq!(refused(h.verify(&h.chain())), (0, D::TooManyEntries));
}
