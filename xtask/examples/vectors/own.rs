//! The project's own vectors: written, and checked for freshness.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use copath_crypto::CryptoProvider;
use copath_provider_rustcrypto::RustCrypto;
use copath_vectors::{Kind, Manifest, ManifestEntry, sha256};

use crate::error::Error;

/// A file as it should be.
struct Fresh {
    name: String,
    content: String,
}

/// Writes all files and their manifest.
pub(crate) fn generate(directory: &Path) -> Result<ExitCode, Error> {
    let system = |source| Error::System(directory.display().to_string(), source);
    fs::create_dir_all(directory).map_err(system)?;
    for Fresh { name, content } in fresh()? {
        let path = directory.join(&name);
        fs::write(&path, &content).map_err(|source| Error::System(path.display().to_string(), source))?;
        println!("{name}: {} octets", content.len());
    }
    Ok(ExitCode::SUCCESS)
}

/// Compares all files with what [`generate`] would write.
pub(crate) fn check(directory: &Path) -> Result<ExitCode, Error> {
    let mut code = ExitCode::SUCCESS;
    for Fresh { name, content } in fresh()? {
        if copath_vectors::read(&directory.join(&name))? != content {
            println!("{name} is not what `cargo xtask vectors --generate` writes");
            code = ExitCode::FAILURE;
        }
    }
    Manifest::load(directory)?;
    Ok(code)
}

/// All files, the manifest last.
fn fresh() -> Result<Vec<Fresh>, Error> {
    let provider = copath_provider_rustcrypto::provider();
    let seeded = |seed| Arc::new(RustCrypto::seeded(seed)) as Arc<dyn CryptoProvider>;
    let (mut files, mut manifest) = (Vec::new(), Manifest::default());
    for kind in Kind::ALL {
        let content = kind.generate(&seeded)?;
        let name = format!("{kind}.json");
        let outcome = kind.run(&provider, &content)?;
        if let Some(failure) = outcome.failures.first() {
            return Err(Error::Wrong(kind, failure.case, failure.mismatch.clone()));
        }
        manifest.entries.push(ManifestEntry {
            file: name.clone(),
            sha256: sha256(&provider, content.as_bytes())?,
            cases: outcome.total(),
        });
        files.push(Fresh { name, content });
    }
    files.push(Fresh { name: Manifest::FILE.to_owned(), content: manifest.to_text() });
    Ok(files)
}
