//! The table of suites and backends in the README says what the backends have.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use copath::{CipherSuite, CryptoProvider};

/// Suite by suite, which backends the README ticks, in the order of its columns.
fn ticked(readme: &str) -> BTreeMap<u16, Vec<bool>> {
    readme
        .lines()
        .filter_map(|line| {
            let cells: Vec<&str> = line.strip_prefix("| ")?.split('|').map(str::trim).collect();
            let suite = cells.first()?.split(' ').next()?.parse().ok()?;
            Some((suite, cells.get(1..4)?.iter().map(|cell| *cell == "✓").collect()))
        })
        .collect()
}

// covers: 17.1-01
#[test]
fn the_readme_lists_what_the_backends_have() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let providers: [std::sync::Arc<dyn CryptoProvider>; 3] = [
        copath_provider_rustcrypto::provider(),
        copath_provider_ring::provider(),
        copath_provider_aws_lc::provider(),
    ];
    let has = |suite| {
        providers
            .iter()
            .map(|provider| copath::Suite::new(provider, CipherSuite(suite)).is_ok())
            .collect::<Vec<_>>()
    };
    let expected: BTreeMap<u16, Vec<bool>> = (1..=7).map(|suite| (suite, has(suite))).collect();
    assert_eq!(ticked(&fs::read_to_string(readme).unwrap()), expected);
    assert!(expected.values().next().unwrap().iter().all(|has| *has), "suite 1 is everywhere");
}
