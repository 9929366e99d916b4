//! The copy of the workspace that is mutated: at a place of its own, so that what is built there stays built.

use std::fs;
use std::path::Path;

use crate::error::Error;
use crate::workspace::Workspace;

/// Makes the copy equal to the workspace. Files that are equal aren't touched, so they aren't built again.
pub(super) fn refresh(workspace: &Workspace, copy: &Path) -> Result<(), Error> {
    let files = workspace.files()?;
    for file in &files {
        let (from, to) = (workspace.path(file), copy.join(file));
        let text = fs::read(&from).map_err(|source| failure(file, source))?;
        if fs::read(&to).ok().as_ref() != Some(&text) {
            if let Some(directory) = to.parent() {
                fs::create_dir_all(directory).map_err(|source| failure(file, source))?;
            }
            fs::write(&to, text).map_err(|source| failure(file, source))?;
        }
    }
    remove_others(copy, copy, &files)
}

/// Removes what isn't in the workspace any more.
fn remove_others(copy: &Path, directory: &Path, files: &[String]) -> Result<(), Error> {
    let shown = directory.display().to_string();
    for entry in fs::read_dir(directory).map_err(|source| failure(&shown, source))? {
        let path = entry.map_err(|source| failure(&shown, source))?.path();
        if path.is_dir() {
            remove_others(copy, &path, files)?;
        } else if let Ok(relative) = path.strip_prefix(copy)
            && files.binary_search(&relative.display().to_string()).is_err()
        {
            fs::remove_file(&path).map_err(|source| failure(&shown, source))?;
        }
    }
    Ok(())
}

fn failure(path: &str, source: std::io::Error) -> Error {
    Error::File { path: path.to_owned(), source }
}
