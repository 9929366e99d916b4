//! The delivery service: a file to which messages are appended. What stands in it was released.
//!
//! The order of the file is the order in which everybody receives. Of the commits of one epoch the first counts.

use std::collections::hash_map::DefaultHasher;
use std::fs::{File, OpenOptions};
use std::hash::{Hash, Hasher};
use std::io::Write;
use std::path::Path;

use copath::messages::{ContentType, FramedContentBody, MlsMessage, MlsMessageBody};
use copath_codec::Decode;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A key package that `from` publishes, to be added to `group`.
    KeyPackage,
    /// A message to `group`.
    Message,
    /// A Welcome to `group` for `to`.
    Welcome,
}

/// One released message.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) kind: Kind,
    pub(crate) from: u8,
    pub(crate) to: u8,
    pub(crate) group: u8,
    pub(crate) octets: Vec<u8>,
    /// Epoch and content of a message to a group.
    pub(crate) content: Option<(u64, ContentType)>,
}

/// All that was released.
#[derive(Debug)]
pub(crate) struct Delivery {
    file: File,
    pub(crate) entries: Vec<Entry>,
}

const HEADER: usize = 12;

impl Delivery {
    /// Opens the file; an entry that was torn by the end of the process was never released.
    pub(crate) fn open(path: &Path) -> Self {
        let octets = std::fs::read(path).unwrap_or_default();
        let mut entries = Vec::new();
        let mut rest = &octets[..];
        while let Some((body, after)) = split(rest) {
            entries.push(Entry::read(body));
            rest = after;
        }
        let file = OpenOptions::new().create(true).append(true).open(path).unwrap();
        file.set_len((octets.len() - rest.len()) as u64).unwrap();
        Self { file, entries }
    }

    /// Releases a message.
    pub(crate) fn append(&mut self, kind: Kind, (from, to, group): (u8, u8, u8), message: &[u8]) -> usize {
        let mut body = vec![kind as u8, from, to, group];
        body.extend_from_slice(message);
        let mut octets = (body.len() as u32).to_le_bytes().to_vec();
        octets.extend_from_slice(&sum(&body).to_le_bytes());
        octets.extend_from_slice(&body);
        self.file.write_all(&octets).unwrap();
        self.entries.push(Entry::read(&body));
        self.entries.len() - 1
    }

    /// Where `message` to `group` was released first.
    pub(crate) fn find(&self, message: &[u8]) -> Option<usize> {
        self.entries.iter().position(|entry| entry.kind != Kind::KeyPackage && entry.octets == message)
    }

    /// Where the octets of the entry at `at` were released first.
    pub(crate) fn first(&self, at: usize) -> usize {
        self.find(&self.entries[at].octets).unwrap_or(at)
    }

    /// Whether the commit at `at` is the first of its epoch: the one that counts.
    pub(crate) fn is_accepted(&self, at: usize) -> bool {
        let entry = &self.entries[at];
        let first = self.entries.iter().position(|other| {
            other.group == entry.group && other.content == entry.content && other.is_commit()
        });
        first == Some(at)
    }

    /// The key package by which `client` can be added to `group`: the last one that no Welcome has used.
    pub(crate) fn key_package(&self, client: u8, group: u8) -> Option<&[u8]> {
        let about = self.entries.iter().rev().find(|entry| {
            entry.group == group
                && match entry.kind {
                    Kind::KeyPackage => entry.from == client,
                    Kind::Welcome => entry.to == client,
                    Kind::Message => false,
                }
        });
        about.filter(|entry| entry.kind == Kind::KeyPackage).map(|entry| &entry.octets[..])
    }
}

impl Entry {
    fn read(body: &[u8]) -> Self {
        let kind = match body[0] {
            0 => Kind::KeyPackage,
            1 => Kind::Message,
            _ => Kind::Welcome,
        };
        let octets = body[4..].to_vec();
        let content = if kind == Kind::Message { content(&octets) } else { None };
        Self { kind, from: body[1], to: body[2], group: body[3], octets, content }
    }

    pub(crate) fn is_proposal(&self) -> bool {
        matches!(self.content, Some((_, ContentType::Proposal)))
    }

    pub(crate) fn is_commit(&self) -> bool {
        matches!(self.content, Some((_, ContentType::Commit)))
    }
}

fn content(octets: &[u8]) -> Option<(u64, ContentType)> {
    match MlsMessage::from_bytes(octets).unwrap().body {
        MlsMessageBody::PrivateMessage(message) => Some((message.epoch, message.content_type)),
        MlsMessageBody::PublicMessage(message) => {
            let content_type = match message.content.body {
                FramedContentBody::Commit(_) => ContentType::Commit,
                FramedContentBody::Proposal(_) => ContentType::Proposal,
                FramedContentBody::Application(_) => ContentType::Application,
            };
            Some((message.content.epoch, content_type))
        }
        _ => None,
    }
}

fn split(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (header, rest) = octets.split_at_checked(HEADER)?;
    let length = u32::from_le_bytes(header[..4].try_into().unwrap());
    let (body, rest) = rest.split_at_checked(length as usize)?;
    (sum(body) == u64::from_le_bytes(header[4..].try_into().unwrap())).then_some((body, rest))
}

pub(crate) fn sum(octets: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    octets.hash(&mut hasher);
    hasher.finish()
}
