//! The commands of docs/x509-tour.md, as they stand there.

use std::path::Path;
use std::process::{Command, Output};

/// A fenced block: what its first line says, and its content.
struct Block<'d> {
    info: &'d str,
    content: String,
}

fn blocks(document: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut lines = document.lines();
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```") else { continue };
        let content: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        blocks.push(Block { info, content: content.join("\n") });
    }
    blocks
}

/// The commands of a block by a shell that finds `copath`; what they print, complaints in their place.
fn run(directory: &Path, commands: &str) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_copath")).parent().unwrap();
    #[expect(clippy::disallowed_methods, reason = "the other programs are where they are")]
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", program.display());
    let script = format!("set -e\nexec 2>&1\n{commands}\n");
    Command::new("sh").args(["-c", &script]).current_dir(directory).env("PATH", path).output().unwrap()
}

/// Whether `line` is as `pattern`, where `…` stands for anything.
fn is_like(line: &str, pattern: &str) -> bool {
    let mut pieces = pattern.split('…');
    let Some(mut rest) = pieces.next().and_then(|first| line.strip_prefix(first)) else { return false };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else { return rest.is_empty() };
    for piece in middle {
        let Some((_, after)) = rest.split_once(piece) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}

#[test]
fn patterns_are_compared() {
    for (line, pattern) in
        [("abc", "abc"), ("abc", "a…c"), ("abc", "…"), ("abcabc", "a…b…c"), ("abc", "abc…")]
    {
        assert!(is_like(line, pattern), "{line} {pattern}");
    }
    for (line, pattern) in [("abc", "ab"), ("abc", "b…"), ("abc", "a…b"), ("abc", "a…x…c"), ("ab", "abc…")]
    {
        assert!(!is_like(line, pattern), "{line} {pattern}");
    }
}

#[test]
fn the_tour_is_as_it_is_told() {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/x509-tour.md");
    let document = std::fs::read_to_string(document).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let has_openssl = Command::new("openssl").arg("version").output().is_ok();
    let (mut printed, mut commands, mut compared) = (String::new(), 0, 0);
    for Block { info, content } in blocks(&document) {
        match info {
            "sh openssl" if !has_openssl => println!("skipped: there is no openssl command"),
            "sh" | "sh fails" | "sh openssl" => {
                let output = run(directory.path(), &content);
                printed = String::from_utf8(output.stdout).unwrap();
                let code = if info == "sh fails" { 1 } else { 0 };
                assert_eq!(output.status.code(), Some(code), "{content}\n{printed}");
                commands += content.lines().count();
            }
            "text" => {
                let mut lines = printed.lines();
                for pattern in content.lines() {
                    assert!(
                        lines.any(|line| is_like(line, pattern)),
                        "no `{pattern}` in its place in:\n{printed}"
                    );
                    compared += 1;
                }
            }
            other => panic!("a block of an unknown kind: {other}"),
        }
    }
    let expected = if has_openssl { 14 } else { 11 };
    assert_eq!((commands, compared), (expected, 25));
}
