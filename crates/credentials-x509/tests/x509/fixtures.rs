//! The certificates that `tests/data/make.sh` made with openssl.

use std::path::PathBuf;

use copath_codec::Opaque;

/// An end entity below an intermediate below a root.
pub(crate) struct Fixture {
    pub(crate) root: Vec<u8>,
    pub(crate) chain: Vec<Opaque>,
    pub(crate) key: Vec<u8>,
}

pub(crate) fn read(path: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(path);
    std::fs::read(path).unwrap()
}

/// The chain of `leaf` on a curve, without the root.
pub(crate) fn hierarchy(curve: &str, leaf: &str) -> Fixture {
    let chain = [leaf, "intermediate"].map(|name| Opaque::from(read(&format!("{curve}/{name}.der"))));
    Fixture {
        root: read(&format!("{curve}/root.der")),
        chain: chain.to_vec(),
        key: read(&format!("{curve}/{leaf}.public")),
    }
}

/// A chain with one defect, below the root of P-256.
pub(crate) fn defect(name: &str, certificates: &[&str]) -> Fixture {
    let chain = certificates.iter().map(|file| Opaque::from(read(&format!("defects/{name}/{file}.der"))));
    Fixture {
        root: read("p256/root.der"),
        chain: chain.collect(),
        key: read(&format!("defects/{name}/leaf.public")),
    }
}
