//! The stock of key packages: how many others can find, and what becomes of them.
//!
//! RFC 9420 §7.2, §10 and §16.8.

mod entry;
mod plan;
mod policy;
mod status;

use std::collections::BTreeSet;

use copath_codec::Encode;
use copath_credentials::Timestamp;
use copath_crypto::{CipherSuite, Suite};
use copath_group::KeyPackageSecrets;
use copath_group::draft_ietf_mls_extensions::KeyPackageFate;
use copath_messages::MlsMessage;
use copath_records::{Record, StateDelta, StoreError};

pub use policy::{LastResort, StockPolicy};
pub use status::{LastResortStock, StockLevel, SuiteStock};

use crate::error::failed_batch;
use crate::key_packages::{NewKeyPackage, Validity};
use crate::{Client, Error, KeyPackageOptions, Reuse, Unavailable, records};
use entry::{Entry, Event, Made, Stocked, fingerprint};
use plan::{Judge, Plan};

/// The key packages that a client keeps ready for others ([`Client::key_package_stock`]).
///
/// Once a day, and after joining:
///
/// ```
/// # use std::sync::Arc;
/// # use copath::{CipherSuite, Client, Credential, FixedDirectory, Identity, MemoryStore, StockPolicy, Timestamp};
/// # fn main() -> Result<(), copath::Error> {
/// # let suite = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;
/// # let provider = copath_provider_rustcrypto::provider();
/// # let now = Timestamp(1_700_000_000);
/// # let client = Client::builder()
/// #     .store(Arc::new(MemoryStore::new()))
/// #     .validator(Arc::new(FixedDirectory::new()))
/// #     .suite(suite)
/// #     .identity(Identity::generate(&provider, suite, Credential::basic(b"alice"))?)
/// #     .provider(provider)
/// #     .build()?;
/// # let mut server = std::collections::BTreeMap::<Vec<u8>, Vec<u8>>::new();
/// let stock = client.key_package_stock();
/// // What the server doesn't have any more was given to somebody; what nobody can open is taken down.
/// let there: Vec<Vec<u8>> = server.keys().cloned().collect();
/// for unknown in stock.still_there(&there, now)?.unknown {
///     server.remove(&unknown);
/// }
/// let round = stock.replenish(&StockPolicy::new(), now)?;
/// for package in &round.upload {
///     server.insert(package.reference.clone(), package.message.clone()); // or whatever reaches the server
///     stock.published(&[&package.reference], now)?;
/// }
/// for reference in &round.take_down {
///     server.remove(reference);
/// }
/// stock.taken_down(&round.take_down, now)?;
/// assert_eq!(stock.status(&StockPolicy::new(), now)?[0].published, 50);
///
/// // Somebody fetches one; the next day's round makes another.
/// server.pop_first();
/// # let now = Timestamp(now.0 + 24 * 3600);
/// # let there: Vec<Vec<u8>> = server.keys().cloned().collect();
/// assert_eq!(stock.still_there(&there, now)?.given_out, 1);
/// assert_eq!(stock.replenish(&StockPolicy::new(), now)?.upload.len(), 1);
/// # Ok(())
/// # }
/// ```
///
/// Everything is in the store, in the batch of what it is about: a package with its private keys, and that it was used
/// with the group that was joined. A call that fails has changed nothing; what was made and isn't known to be uploaded
/// is given again by the next round, so a crash makes no package twice.
#[derive(Clone, Copy, Debug)]
pub struct KeyPackageStock<'c> {
    client: &'c Client,
}

/// What a round has done, and what the application does now: first upload, then take down.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Replenished {
    /// Packages to be uploaded, those of earlier rounds among them that aren't known to be. Uploading one again does no
    /// harm. Tell [`KeyPackageStock::published`].
    pub upload: Vec<StockPackage>,
    /// The KeyPackageRefs of those that nobody should find any more: used, replaced, or of a former identity. Tell
    /// [`KeyPackageStock::taken_down`].
    pub take_down: Vec<Vec<u8>>,
    /// How many packages' private keys were deleted, as their time and their grace were over.
    pub erased: usize,
    /// How the stock stands now, for each suite.
    pub status: Vec<SuiteStock>,
}

/// A key package to be uploaded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StockPackage {
    /// Its KeyPackageRef, by which client and server name it (RFC 9420 §5.2).
    pub reference: Vec<u8>,
    /// The message to upload.
    pub message: Vec<u8>,
    /// Its suite.
    pub suite: CipherSuite,
    /// Whether the server gives it out once, or when the others have run out.
    pub reuse: Reuse,
}

/// What the server's list has told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reconciled {
    /// How many packages the server has given to somebody since.
    pub given_out: usize,
    /// KeyPackageRefs that the server has and this store doesn't know: left by a lost or restored state. Nobody can
    /// open a Welcome to them; they are to be taken down.
    pub unknown: Vec<Vec<u8>>,
}

/// How often a round begins anew because another one was first.
const ATTEMPTS: u32 = 5;

impl Client {
    /// The key packages that are kept ready for others. Those that [`Client::key_package`] and its kin make are for one
    /// purpose and not among them.
    pub fn key_package_stock(&self) -> KeyPackageStock<'_> {
        KeyPackageStock { client: self }
    }

    /// What joining by a Welcome to a key package does to it, in the batch that stores the group.
    pub(crate) fn use_key_package(
        &self,
        reference: &[u8],
        fate: KeyPackageFate,
        now: Timestamp,
    ) -> Result<StateDelta, Error> {
        let mut delta = StateDelta::new();
        if fate == KeyPackageFate::Delete {
            // Of two Welcomes to one key package, at the same time, one is joined (RFC 9420 §10).
            let key = records::key_package(reference);
            let loaded = self.store().load(&key)?;
            let record = loaded.ok_or(Error::Unavailable(Unavailable::KeyPackage))?;
            delta.expect(key.clone(), Some(record)).delete(key);
        }
        if self.store().load(&records::stocked(reference))?.is_some() {
            delta.put(Event::Used.key(reference), Event::record(now));
            if fate == KeyPackageFate::Delete {
                delta.put(Event::Erased.key(reference), Event::record(now));
            }
        }
        Ok(delta)
    }
}

impl KeyPackageStock<'_> {
    /// Brings the stock to the policy's target: makes what is missing, for each of the client's suites, withdraws what
    /// ends soon, has begun in a future of another clock, or says something else than new leaves of this client do,
    /// and deletes private keys whose grace is over. One batch, and none if there is nothing to do.
    ///
    /// Time is what the application says it is. If that was wrong for no longer than the grace, once or for several
    /// calls, no private key is deleted before it was really due and the grace has really passed: a round deletes only
    /// after the grace has passed twice without the clock going back, and takes back what it has withdrawn for no
    /// reason that is left. A clock that is wrong for longer, or again within twice the grace, is believed.
    ///
    /// # Errors
    /// [`Error::Misuse`] for a policy that contradicts itself, [`Error::Rejected`] if last resort isn't registered or a
    /// lifetime is longer than the client's own policy allows (rule 7.2-10); [`Error::Unavailable`] if store, signer or
    /// randomness fail: call again, whatever became of the batch.
    pub fn replenish(&self, policy: &StockPolicy, now: Timestamp) -> Result<Replenished, Error> {
        let judge = self.judge(policy, now)?;
        for _ in 0..ATTEMPTS {
            let stocked = self.read()?;
            let plan = judge.plan(&stocked.entries);
            let delta = self.carry_out(&judge, &plan, &stocked)?;
            let committed = if delta.is_empty() { Ok(()) } else { self.client.store().commit(&delta) };
            match committed {
                Ok(()) => {
                    let entries = self.read()?.entries;
                    return Ok(Replenished {
                        upload: self.waiting(&judge, &entries)?,
                        take_down: references(&entries, |entry| judge.is_to_be_taken_down(entry)),
                        erased: plan.erase.len(),
                        status: judge.status(&entries),
                    });
                }
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(failed_batch(error)),
            }
        }
        Err(Error::Unavailable(Unavailable::Store(StoreError::Conflict)))
    }

    /// How the stock stands, for each of the client's suites. Changes nothing.
    ///
    /// # Errors
    /// [`Error::Misuse`] for a policy that contradicts itself, [`Error::Unavailable`] if the store fails.
    pub fn status(&self, policy: &StockPolicy, now: Timestamp) -> Result<Vec<SuiteStock>, Error> {
        Ok(self.judge(policy, now)?.status(&self.read()?.entries))
    }

    /// Notes that these packages are uploaded. Telling twice is harmless, and so is a KeyPackageRef that isn't known.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the store fails.
    pub fn published(&self, references: &[impl AsRef<[u8]>], now: Timestamp) -> Result<(), Error> {
        self.note(Event::Published, references, now)
    }

    /// Notes that these packages aren't on the server any more.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the store fails.
    pub fn taken_down(&self, references: &[impl AsRef<[u8]>], now: Timestamp) -> Result<(), Error> {
        self.note(Event::TakenDown, references, now)
    }

    /// Compares with what the server still has, fetched after the last upload: published packages that aren't in
    /// `references` were given to somebody and count no more. Their private keys are kept until they are used, or
    /// expired and their grace over.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the store fails.
    pub fn still_there(&self, references: &[impl AsRef<[u8]>], now: Timestamp) -> Result<Reconciled, Error> {
        let there: BTreeSet<&[u8]> = references.iter().map(AsRef::as_ref).collect();
        let entries = self.read()?.entries;
        let known: BTreeSet<&[u8]> = entries.iter().map(|entry| entry.reference.as_slice()).collect();
        let over = [Event::Withdrawn, Event::Used, Event::Erased, Event::TakenDown];
        let present = entries.iter().filter(|entry| {
            entry.made.reuse == Reuse::Once
                && entry.has(Event::Published)
                && !over.iter().any(|event| entry.has(*event))
        });
        let (mut delta, mut given_out) = (StateDelta::new(), 0usize);
        for entry in present {
            match (there.contains(entry.reference.as_slice()), entry.has(Event::GivenOut)) {
                (false, false) => {
                    delta.put(Event::GivenOut.key(&entry.reference), Event::record(now));
                    given_out = given_out.saturating_add(1);
                }
                // An earlier list was wrong, or older than the upload.
                (true, true) => drop(delta.delete(Event::GivenOut.key(&entry.reference))),
                _ => {}
            }
        }
        if !delta.is_empty() {
            self.client.commit(&delta)?;
        }
        let unknown = there.difference(&known).map(|reference| reference.to_vec());
        Ok(Reconciled { given_out, unknown: unknown.collect() })
    }

    fn read(&self) -> Result<Stocked, Error> {
        Stocked::read(self.client.store().as_ref())
    }

    fn judge<'p>(&self, policy: &'p StockPolicy, now: Timestamp) -> Result<Judge<'p>, Error> {
        policy.check()?;
        let present = self.client.0.suites.iter().map(|suite| {
            let identity = self.client.0.identity_for(suite)?;
            let leaf = self.client.leaf_parameters(identity);
            let leaf = leaf.supporting_registered(&self.client.settings().registrations);
            Ok((suite.cipher_suite(), fingerprint(suite, &leaf, identity.signature_key())?))
        });
        Ok(Judge { policy, now, present: present.collect::<Result<_, Error>>()? })
    }

    /// The batch of a round.
    fn carry_out(&self, judge: &Judge<'_>, plan: &Plan, stocked: &Stocked) -> Result<StateDelta, Error> {
        let mut delta = StateDelta::new();
        if plan.is_empty() && stocked.orphans.is_empty() {
            return Ok(delta);
        }
        delta.expect(
            records::stock_round(),
            stocked.round.as_ref().map(|round| Record::copy_of(round.expose())),
        );
        delta.put(records::stock_round(), stocked.next_round()?);
        for key in &stocked.orphans {
            delta.delete(key.clone());
        }
        for reference in &plan.withdraw {
            delta.put(Event::Withdrawn.key(reference), Event::record(judge.now));
            delta.delete(Event::Waited.key(reference));
        }
        for reference in &plan.restore {
            delta.delete(Event::Withdrawn.key(reference)).delete(Event::Waited.key(reference));
        }
        for reference in &plan.waited {
            delta.put(Event::Waited.key(reference), Event::record(judge.now));
        }
        for reference in &plan.erase {
            delta.delete(records::key_package(reference));
            delta.put(Event::Erased.key(reference), Event::record(judge.now));
        }
        for reference in &plan.forget {
            delta.delete_prefix(records::stocked(reference));
        }
        for (suite, reuse, count) in &plan.make {
            let suite = self.client.0.chosen_suite(*suite)?;
            for _ in 0..*count {
                delta.merge(self.make(judge, suite, *reuse)?);
            }
        }
        Ok(delta)
    }

    /// A new package with its private keys, and what is known of it.
    fn make(&self, judge: &Judge<'_>, suite: &Suite, reuse: Reuse) -> Result<StateDelta, Error> {
        let mut options = KeyPackageOptions::new();
        options.reuse = reuse;
        let validity = Validity { now: judge.now, days: judge.policy.lifetime_days };
        let NewKeyPackage { secrets, lifetime, mut delta } =
            self.client.new_key_package(suite, &options, validity)?;
        let present = judge.present.iter().find(|(present, _)| *present == suite.cipher_suite());
        let fingerprint = present.map(|(_, fingerprint)| fingerprint.clone()).unwrap_or_default();
        let made = Made { suite: suite.cipher_suite(), reuse, lifetime, fingerprint };
        delta.put(records::stocked(&secrets.reference(suite)?), made.to_record()?);
        Ok(delta)
    }

    /// The packages that aren't known to be uploaded.
    fn waiting(&self, judge: &Judge<'_>, entries: &[Entry]) -> Result<Vec<StockPackage>, Error> {
        let waiting = entries.iter().filter(|entry| judge.standing(entry) == plan::Standing::Waiting);
        let packages = waiting.filter_map(|entry| {
            // One that was used meanwhile has no keys any more.
            let record = self.client.load(&records::key_package(&entry.reference)).transpose()?;
            Some(record.and_then(|record| self.stock_package(entry, record.expose())))
        });
        packages.collect()
    }

    fn stock_package(&self, entry: &Entry, record: &[u8]) -> Result<StockPackage, Error> {
        let context = self.client.settings().registrations.decode_context();
        let secrets = KeyPackageSecrets::from_record(record, context)?;
        Ok(StockPackage {
            reference: entry.reference.clone(),
            message: MlsMessage::from(secrets.key_package).to_bytes()?,
            suite: entry.made.suite,
            reuse: entry.made.reuse,
        })
    }

    fn note(&self, event: Event, references: &[impl AsRef<[u8]>], now: Timestamp) -> Result<(), Error> {
        let mut delta = StateDelta::new();
        for reference in references {
            let reference = reference.as_ref();
            if self.client.store().load(&records::stocked(reference))?.is_some() {
                delta.put(event.key(reference), Event::record(now));
            }
        }
        if !delta.is_empty() {
            self.client.commit(&delta)?;
        }
        Ok(())
    }
}

fn references(entries: &[Entry], chosen: impl Fn(&Entry) -> bool) -> Vec<Vec<u8>> {
    entries.iter().filter(|entry| chosen(entry)).map(|entry| entry.reference.clone()).collect()
}
