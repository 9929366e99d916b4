//! Writes the seeds of each target into a folder of its name below the folder that is given.
#![expect(clippy::unwrap_used, reason = "a tool")]

use std::path::PathBuf;

use copath_fuzz::Target;

fn main() {
    let directory = PathBuf::from(std::env::args_os().nth(1).unwrap());
    for target in Target::ALL {
        let own = directory.join(target.name());
        std::fs::create_dir_all(&own).unwrap();
        for (number, seed) in target.seeds().into_iter().enumerate() {
            std::fs::write(own.join(format!("seed-{number}")), seed).unwrap();
        }
    }
}
