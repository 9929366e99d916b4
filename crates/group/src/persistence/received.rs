//! Application data that was received, as a record: for callers that keep it until it was handled.

use copath_codec::{DecodeContext, DecodeError, Opaque, Reader, Writer};
use copath_crypto::Secret;
use copath_tree_math::LeafIndex;

use crate::{ApplicationMessage, GroupError, MessageSender, StoredStateError};

impl ApplicationMessage {
    /// The content of a record: epoch, leaf, credential and signature key of the sender, authenticated data, data.
    ///
    /// # Errors
    /// It is too large to be encoded.
    pub fn to_record(&self) -> Result<Secret, GroupError> {
        let mut writer = Writer::wiping();
        writer.value(&self.epoch).value(&self.sender.leaf.as_u32()).value(&self.sender.credential);
        writer.opaque(&self.sender.signature_key).opaque(&self.authenticated_data).opaque(&self.data);
        Ok(Secret::from(writer.finish()?))
    }

    /// From the content of a record.
    ///
    /// # Errors
    /// [`StoredStateError::Damaged`].
    pub fn from_record(record: &[u8]) -> Result<Self, GroupError> {
        let mut reader = Reader::new(record, DecodeContext::rfc9420());
        let message = read(&mut reader).ok().flatten();
        let message = message.filter(|_| reader.is_empty());
        Ok(message.ok_or(StoredStateError::Damaged)?)
    }
}

fn read(reader: &mut Reader<'_>) -> Result<Option<ApplicationMessage>, DecodeError> {
    let epoch = copath_codec::Decode::decode(reader)?;
    let leaf: u32 = copath_codec::Decode::decode(reader)?;
    let credential = copath_codec::Decode::decode(reader)?;
    let signature_key = Opaque::from(reader.opaque()?);
    let (authenticated_data, data) = (reader.opaque()?.to_vec(), reader.opaque()?.to_vec());
    let Some(leaf) = LeafIndex::new(leaf) else { return Ok(None) };
    let sender = MessageSender { leaf, credential, signature_key };
    Ok(Some(ApplicationMessage { data, authenticated_data, sender, epoch }))
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use copath_credentials::Credential;

    use super::*;

    #[test]
    fn messages_survive_and_damage_shows() {
        let sender = MessageSender {
            leaf: LeafIndex::new(7).unwrap(),
            credential: Credential::basic(b"bob"),
            signature_key: Opaque::from(&b"key"[..]),
        };
        let message =
            ApplicationMessage { data: b"data".to_vec(), authenticated_data: Vec::new(), sender, epoch: 9 };
        let record = message.to_record().unwrap();
        assert_eq!(ApplicationMessage::from_record(record.expose()), Ok(message));
        let longer = [record.expose(), b"x"].concat();
        for damaged in [&longer[..], &record.expose()[..record.len() - 1], b""] {
            let error = ApplicationMessage::from_record(damaged).unwrap_err();
            assert_eq!(error, StoredStateError::Damaged.into());
        }
    }
}
