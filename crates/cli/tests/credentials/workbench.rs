//! A directory to call the program in.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// A directory to call the program in.
pub(crate) struct Workbench(TempDir);

impl Workbench {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).unwrap()
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    /// The names of all files.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Exit code, what was printed, and what was complained about.
    pub(crate) fn call(&self, command: &str) -> (i32, String, String) {
        let arguments: Vec<&str> = command.split(' ').collect();
        self.call_with(&arguments, &[])
    }

    pub(crate) fn call_with(
        &self,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> (i32, String, String) {
        let mut program = Command::new(env!("CARGO_BIN_EXE_copath"));
        program.args(arguments).current_dir(self.0.path()).envs(environment.iter().copied());
        let output = program.output().unwrap();
        let text = |octets: Vec<u8>| String::from_utf8(octets).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    /// Starts a command, silently.
    pub(crate) fn begin(&self, command: &str) -> Child {
        let mut program = Command::new(env!("CARGO_BIN_EXE_copath"));
        program.args(command.split(' ')).current_dir(self.0.path());
        program.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// What a command prints that succeeds.
    #[track_caller]
    pub(crate) fn run(&self, command: &str) -> String {
        let (code, printed, complaint) = self.call(command);
        assert_eq!((code, complaint.as_str()), (0, ""), "{command}\n{printed}");
        printed
    }

    /// What a command complains about that fails, in one line that says `expected`; the rest of what it prints.
    #[track_caller]
    pub(crate) fn fails(&self, command: &str, expected: &str) -> String {
        let (code, printed, complaint) = self.call(command);
        assert_eq!(code, 1, "{command}\n{printed}{complaint}");
        assert!(complaint.starts_with("error: ") && complaint.contains(expected), "{command}\n{complaint}");
        printed
    }

    /// A CA, and Alice with a key package and a certificate for it.
    pub(crate) fn with_alice() -> Self {
        let bench = Self::new();
        bench.run("ca init ca --intermediate");
        bench.run("identity new alice.db --name alice");
        bench.run("identity csr alice.db --email alice@example.com --out alice.csr");
        bench.run("ca issue ca alice.csr --out alice.pem");
        bench.run("keypackage new alice.db --chain alice.pem --out alice.kp");
        bench
    }
}
