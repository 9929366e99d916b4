//! Running files on backends.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;

use copath_crypto::CryptoProvider;
use copath_vectors::{Kind, Manifest, ManifestEntry, OFFICIAL, Official, Outcome};
use indicatif::{ProgressBar, ProgressStyle};

use crate::error::Error;
use crate::report::{self, Row};

/// A file to be run, and where its number of cases is known from.
pub(crate) struct Job {
    path: PathBuf,
    source: Source,
}

enum Source {
    /// It is one of the working group's.
    Official(&'static Official),
    /// It is one of ours.
    Own(ManifestEntry),
    /// Nobody knows it.
    Named(Kind),
}

impl Job {
    /// All official files of a directory.
    pub(crate) fn official(directory: &Path) -> Result<Vec<Self>, Error> {
        static FILES: [Official; 16] = OFFICIAL;
        Official::check_directory(directory)?;
        let job = |file: &'static Official| Self {
            path: directory.join(file.file),
            source: Source::Official(file),
        };
        Ok(FILES.iter().map(job).collect())
    }

    /// All files of our manifest.
    pub(crate) fn own(directory: &Path) -> Result<Vec<Self>, Error> {
        let job =
            |entry: ManifestEntry| Self { path: directory.join(&entry.file), source: Source::Own(entry) };
        Ok(Manifest::load(directory)?.entries.into_iter().map(job).collect())
    }

    /// A file of a kind.
    pub(crate) fn file(kind: Kind, path: &Path) -> Self {
        Self { path: path.to_path_buf(), source: Source::Named(kind) }
    }

    fn run(&self, provider: &Arc<dyn CryptoProvider>) -> Result<Outcome, Error> {
        let directory = self.path.parent().unwrap_or(Path::new(""));
        Ok(match &self.source {
            Source::Official(official) => official.run(provider, directory)?,
            Source::Own(entry) => entry.run(provider, directory)?,
            Source::Named(kind) => kind.run(provider, &copath_vectors::read(&self.path)?)?,
        })
    }

    fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// Runs all files on all chosen backends, each backend in a thread of its own, and prints a table.
pub(crate) fn run(jobs: &[Job], chosen: &[String]) -> Result<ExitCode, Error> {
    let backends = backends(chosen)?;
    let total = jobs.len().saturating_mul(backends.len());
    let bar = ProgressBar::new(u64::try_from(total).unwrap_or(u64::MAX));
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} files, {elapsed}: {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let results: Vec<Result<Vec<Row>, Error>> = thread::scope(|scope| {
        let threads: Vec<_> = backends
            .iter()
            .map(|backend| {
                let bar = &bar;
                scope.spawn(move || run_on(backend, jobs, bar))
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    bar.finish_and_clear();
    let rows: Vec<Row> = results.into_iter().collect::<Result<Vec<_>, _>>()?.concat();
    println!("{}", report::table(&rows));
    let failures = report::failures(&rows);
    print!("{failures}");
    Ok(if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn run_on(backend: &Arc<dyn CryptoProvider>, jobs: &[Job], bar: &ProgressBar) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    for job in jobs {
        bar.set_message(format!("{} on {}", job.name(), backend.name()));
        rows.push(Row { file: job.name(), backend: backend.name(), outcome: job.run(backend)? });
        bar.inc(1);
    }
    Ok(rows)
}

/// The backends of these names, or all.
fn backends(chosen: &[String]) -> Result<Vec<Arc<dyn CryptoProvider>>, Error> {
    let all = [
        copath_provider_rustcrypto::provider(),
        copath_provider_ring::provider(),
        copath_provider_aws_lc::provider(),
    ];
    if let Some(unknown) = chosen.iter().find(|name| all.iter().all(|backend| backend.name() != *name)) {
        return Err(Error::UnknownBackend(unknown.clone()));
    }
    let is_chosen =
        |backend: &Arc<dyn CryptoProvider>| chosen.is_empty() || chosen.iter().any(|c| c == backend.name());
    Ok(all.into_iter().filter(is_chosen).collect())
}
