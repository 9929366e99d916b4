//! Answering what the engine asks: one place, from the store and the validator.

use copath_credentials::Timestamp;
use copath_crypto::Secret;
use copath_group::{Answers, KeyPackageSecrets, Needs};
use copath_messages::PreSharedKeyId;
use copath_records::{RecordKey, unwrap_payload};

use crate::{Client, Error, records};

impl Client {
    /// The answers to `needs`. What isn't here is left out, and the engine says that it is missing.
    pub(crate) fn answer(
        &self,
        needs: &Needs,
        tree: Option<&[u8]>,
        now: Timestamp,
    ) -> Result<Answers, Error> {
        let mut answers = Answers::none();
        answers.key_package = self.first_key_package(&needs.key_packages)?;
        answers.psks = needs.psks.iter().map(|id| self.psk(id)).collect::<Result<_, _>>()?;
        if let Some(need) = &needs.parent {
            let parent = self.load_engine(&need.group_id)?;
            answers.parent = parent.map(|parent| parent.as_parent(need)).transpose()?;
        }
        if needs.ratchet_tree.is_some() {
            answers.ratchet_tree = tree.map(<[u8]>::to_vec);
        }
        if !needs.credentials.is_empty() {
            answers.credentials = self.validator().validate(&needs.credentials, now);
        }
        Ok(answers)
    }

    fn first_key_package(&self, references: &[Vec<u8>]) -> Result<Option<KeyPackageSecrets>, Error> {
        for reference in references {
            if let Some(payload) = self.load(&records::key_package(reference))? {
                let context = self.settings().registrations.decode_context();
                return Ok(Some(KeyPackageSecrets::from_record(payload.expose(), context)?));
            }
        }
        Ok(None)
    }

    fn psk(&self, id: &PreSharedKeyId) -> Result<Option<Secret>, Error> {
        self.load(&records::psk(&id.psk))
    }

    /// The content of a record, without its version.
    pub(crate) fn load(&self, key: &RecordKey) -> Result<Option<Secret>, Error> {
        let Some(record) = self.store().load(key)? else { return Ok(None) };
        let (_, payload) = unwrap_payload(&record)?;
        Ok(Some(Secret::copy_of(payload)))
    }
}
