//! How a group changes, and calls of which the store couldn't tell whether they took place.
//!
//! The store gets the delta, then memory the patch, then the caller the output. When a batch fails and nobody can say
//! whether it took place, the handle keeps patch and output: each batch leaves a mark, by which the truth comes out as
//! soon as the store can be read again. Every call that changes something asks for it first, since what it would
//! prepare from an outdated state could be wrong, or use a key again (RFC 9420 §9.1).

use copath_crypto::{HashOutput, Suite};
use copath_group::{GroupError, Merged, Patch, Prepared};
use copath_records::StateDelta;

use crate::boxes::{BoxChange, write};
use crate::error::Bug;
use crate::mark::Committed;
use crate::{Error, Event, Group, Misuse, Redone};

/// What a call has done after all that failed with [`Unavailable::UnknownOutcome`](crate::Unavailable::UnknownOutcome).
///
/// [`Group::settle`] gives it, unless calling again did.
#[derive(Debug)]
#[non_exhaustive]
pub enum Settled {
    /// It made this message, to be sent: application data, a proposal or a commit.
    Message(Vec<u8>),
    /// It made these Welcomes.
    Welcomes(Vec<Vec<u8>>),
    /// It received a message, or merged a commit.
    Received(Box<Event>),
    /// It accepted the pending commit.
    Accepted(Merged),
    /// It did lost intents again.
    Redone(Redone),
    /// It changed what is stored, and there is nothing to give.
    Done,
}

/// How many calls that are over are remembered: what nobody asks for is forgotten at last.
const REMEMBERED: usize = 256;

/// What a call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Encrypt,
    Propose,
    ProposePsk,
    ProposeUpdate,
    ProposeReinit,
    ProposeLeaving,
    Commit,
    Accept,
    Drop,
    Redo,
    Forget,
    Welcome,
    WelcomeSent,
    Receive,
    Sent,
    Handled,
}

/// A call, with what tells it apart from others of its kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'a> {
    what: What,
    input: Input<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Input<'a> {
    Octets([&'a [u8]; 2]),
    Digest(HashOutput),
}

/// A call that is over: its input may be secret or large, so a hash stands for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Remembered {
    what: What,
    digest: HashOutput,
}

/// A batch of which nobody knows whether it took place, with all that it changes and gives.
pub(crate) struct Uncertain {
    call: Remembered,
    patch: Option<Patch>,
    boxes: Vec<BoxChange>,
    output: Settled,
}

/// A call that turned out to have taken place.
pub(crate) struct Finished {
    call: Remembered,
    output: Settled,
    /// Whether no other call came between.
    is_last: bool,
}

impl<'a> Call<'a> {
    pub(crate) fn new(what: What) -> Self {
        Self::of(what, &[])
    }

    pub(crate) fn of(what: What, input: &'a [u8]) -> Self {
        Self { what, input: Input::Octets([input, &[]]) }
    }

    pub(crate) fn of_two(what: What, first: &'a [u8], second: &'a [u8]) -> Self {
        Self { what, input: Input::Octets([first, second]) }
    }

    /// Receiving the message that has this digest.
    pub(crate) fn receive_again(digest: HashOutput) -> Self {
        Self { what: What::Receive, input: Input::Digest(digest) }
    }

    /// A hash over the input; of a received message that of its octets.
    pub(crate) fn digest(&self, suite: &Suite) -> HashOutput {
        match self.input {
            Input::Digest(digest) => digest,
            Input::Octets([message, _]) if self.what == What::Receive => suite.hash(&[message]),
            Input::Octets([first, second]) => suite.hash(&[&first.len().to_be_bytes(), first, second]),
        }
    }

    fn remembered(&self, suite: &Suite) -> Remembered {
        Remembered { what: self.what, digest: self.digest(suite) }
    }
}

/// What calls give, to be kept when their outcome is unknown.
pub(crate) trait Output: Sized {
    fn keep(self) -> Settled;

    /// `None` if it is what another kind of call gives.
    fn take(kept: Settled) -> Option<Self>;
}

macro_rules! outputs {
    ($($type:ty: $keep:expr, $kept:pat => $take:expr;)*) => {
        $(impl Output for $type {
            fn keep(self) -> Settled {
                let keep: fn(Self) -> Settled = $keep;
                keep(self)
            }

            fn take(kept: Settled) -> Option<Self> {
                match kept {
                    $kept => Some($take),
                    _ => None,
                }
            }
        })*
    };
}

outputs! {
    Vec<u8>: Settled::Message, Settled::Message(message) => message;
    Vec<Vec<u8>>: Settled::Welcomes, Settled::Welcomes(welcomes) => welcomes;
    Event: |event| Settled::Received(Box::new(event)), Settled::Received(event) => *event;
    Merged: Settled::Accepted, Settled::Accepted(merged) => merged;
    Redone: Settled::Redone, Settled::Redone(redone) => redone;
    (): |()| Settled::Done, Settled::Done => ();
}

impl Group {
    /// Whether it is known of every call if it took place. After
    /// [`Unavailable::UnknownOutcome`](crate::Unavailable::UnknownOutcome) it isn't: then what
    /// this handle tells is how the group was before that call, and what can fail does, until a call settles it.
    pub fn is_settled(&self) -> bool {
        self.uncertain.is_none()
    }

    /// Learns what became of a call that failed with
    /// [`Unavailable::UnknownOutcome`](crate::Unavailable::UnknownOutcome), and gives what such calls have
    /// done after all. Every call that changes the group settles first, and calling the same again gives what was
    /// made the first time; this is for whoever wouldn't call again. What isn't asked for stays with the handle,
    /// up to the last 256.
    ///
    /// # Errors
    /// [`Unavailable::UnknownOutcome`](crate::Unavailable::UnknownOutcome) while the store can't be asked; [`Misuse::OtherWriter`] if somebody else has
    /// changed the group meanwhile.
    pub fn settle(&mut self) -> Result<Vec<Settled>, Error> {
        self.settle_last()?;
        Ok(self.finished.drain(..).map(|finished| finished.output).collect())
    }

    /// Learns what became of the last batch, if the store couldn't tell.
    pub(crate) fn settle_last(&mut self) -> Result<(), Error> {
        if self.uncertain.is_none() {
            return Ok(());
        }
        let store = std::sync::Arc::clone(self.client.store());
        let took_place = self.mark.settle(store.as_ref())?;
        let Some(uncertain) = self.uncertain.take().filter(|_| took_place) else { return Ok(()) };
        let Uncertain { call, patch, boxes, output } = uncertain;
        if self.finished.len() >= REMEMBERED {
            self.finished.remove(0);
        }
        self.finished.push(Finished { call, output, is_last: true });
        self.take_over(patch, boxes)
    }

    /// What `call` has done, if it was the last one and its outcome was unknown. A message that was received is
    /// recognised at any time; the same data encrypted again later is another message.
    pub(crate) fn done_before<T: Output>(&mut self, call: Call<'_>) -> Result<Option<T>, Error> {
        self.settle_last()?;
        if self.finished.is_empty() {
            return Ok(None);
        }
        let wanted = call.remembered(self.engine.suite());
        let fits =
            |finished: &Finished| finished.call == wanted && (finished.is_last || call.what == What::Receive);
        let found = self.finished.iter().position(fits).map(|at| self.finished.remove(at).output);
        self.another_call();
        Ok(found.and_then(T::take))
    }

    /// Another call comes after those that are over: who makes one of them again means a new one.
    fn another_call(&mut self) {
        self.finished.retain(|finished| !matches!(finished.output, Settled::Done));
        self.finished.iter_mut().for_each(|finished| finished.is_last = false);
    }

    /// Forgets what calls of a kind gave, which the caller has otherwise.
    pub(crate) fn forget_finished(&mut self, what: What) {
        self.finished.retain(|finished| finished.call.what != what);
    }

    /// For what is asked of the present state and changes nothing.
    ///
    /// # Errors
    /// [`Misuse::Unsettled`] if the present state isn't known.
    pub(crate) fn check_settled(&self) -> Result<(), Error> {
        if self.is_settled() { Ok(()) } else { Err(Misuse::Unsettled.into()) }
    }

    /// Stores the delta, then applies the patch, then releases the output.
    pub(crate) fn carry_out<T: Output>(&mut self, call: Call<'_>, prepared: Prepared<T>) -> Result<T, Error> {
        self.carry_out_with(call, prepared, Vec::new())
    }

    /// As [`Group::carry_out`], with changes of what is to be sent and was received in the same batch.
    pub(crate) fn carry_out_with<T: Output>(
        &mut self,
        call: Call<'_>,
        prepared: Prepared<T>,
        boxes: Vec<BoxChange>,
    ) -> Result<T, Error> {
        self.settle_last()?;
        let Prepared { output, delta, patch } = prepared;
        if !self.engine.fits(&patch) {
            return Err(GroupError::from(copath_group::Misuse::Stale).into());
        }
        self.store(call, (delta, Some(patch), boxes), output)
    }

    /// Stores changes of what is to be sent and was received.
    pub(crate) fn change_boxes(&mut self, call: Call<'_>, boxes: Vec<BoxChange>) -> Result<(), Error> {
        self.settle_last()?;
        self.store(call, (StateDelta::new(), None, boxes), ())
    }

    /// The only way in which a group changes.
    fn store<T: Output>(
        &mut self,
        call: Call<'_>,
        (mut delta, patch, boxes): (StateDelta, Option<Patch>, Vec<BoxChange>),
        output: T,
    ) -> Result<T, Error> {
        write(&boxes, self.engine.group_id(), &mut delta)?;
        let committed = self.mark.commit(self.client.store().as_ref(), delta);
        if patch.is_some() && !matches!(committed, Committed::No(_)) {
            self.another_call();
        }
        match committed {
            Committed::Durable => {
                self.take_over(patch, boxes)?;
                Ok(output)
            }
            Committed::No(error) => Err(error),
            Committed::Unknown(error) => {
                let call = call.remembered(self.engine.suite());
                self.uncertain = Some(Uncertain { call, patch, boxes, output: output.keep() });
                Err(error)
            }
        }
    }

    /// What is durable now becomes the state in memory.
    fn take_over(&mut self, patch: Option<Patch>, boxes: Vec<BoxChange>) -> Result<(), Error> {
        for change in boxes {
            change.apply(&mut self.outbox, &mut self.inbox);
        }
        match patch {
            Some(patch) => self.engine.apply(patch).map_err(|_| Error::Bug(Bug::StalePatch)),
            None => Ok(()),
        }
    }
}
