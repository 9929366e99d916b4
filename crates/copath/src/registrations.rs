//! What goes beyond RFC 9420: types of the application's own, and drafts.
//!
//! RFC 9420 §13. They are registered with [`ClientBuilder::registrations`](crate::ClientBuilder::registrations).

use copath_codec::Encode;
use copath_credentials::Timestamp;
use copath_group::{
    ExternalJoinOptions, GroupInfoOptions, MemberHandle, PendingCustom, RefusalReason, UnregisteredProposal,
    WelcomeOptions,
};
use copath_messages::{Extensions, GroupInfo, MlsMessage};

use crate::error::Rejection;
use crate::outbox::OutgoingKind;
use crate::settle::{Call, What};
use crate::{Client, Error, Group};

impl Group {
    /// Proposes to leave the group by a SelfRemove, which the next commit of anybody else covers, an external one too.
    /// Until then this client can't send application data.
    ///
    /// draft-ietf-mls-extensions.
    ///
    /// # Errors
    /// [`Error::Rejected`] if SelfRemove isn't registered, a member doesn't support it (rule 12.2-15), or it was
    /// proposed in this epoch already.
    pub fn propose_self_remove(&mut self, now: Timestamp) -> Result<Vec<u8>, Error> {
        let call = Call::new(What::ProposeLeaving);
        if let Some(message) = self.done_before(call)? {
            return Ok(message);
        }
        let prepared = self.engine().propose_self_remove(self.signer()?.as_ref(), now)?;
        self.release(call, prepared, OutgoingKind::Proposal)
    }

    /// The proposals of registered types that the pending commit of one's own covers, those of others among them: what
    /// the application carries out when the commit is accepted. Members that receive it find them in its
    /// [`CommitSummary`](crate::CommitSummary).
    pub fn pending_custom(&self) -> &[PendingCustom] {
        self.engine().pending_custom()
    }

    /// The extensions of a member's leaf. The member vouches for them, and nobody else.
    ///
    /// # Errors
    /// [`Error::Misuse`] if the handle is of another epoch.
    pub fn leaf_extensions(&self, member: MemberHandle) -> Result<Extensions, Error> {
        let leaf = self.engine().leaf_of(member)?;
        let leaf = self.engine().tree().leaf(leaf).ok_or(copath_group::Misuse::StaleHandle)?;
        Ok(leaf.to_leaf_node().map_err(copath_group::GroupError::from)?.extensions)
    }

    /// As [`Group::group_info_with`], with extensions of the application's own.
    ///
    /// # Errors
    /// As [`Group::group_info`], or an extension doesn't belong into a GroupInfo.
    pub fn group_info_of(&self, options: &GroupInfoOptions) -> Result<Vec<u8>, Error> {
        self.check_settled()?;
        let group_info = self.engine().group_info_with(options, self.signer()?.as_ref())?;
        Ok(MlsMessage::from(group_info).to_bytes()?)
    }

    /// As [`Group::welcomes`], with extensions of the application's own in the GroupInfo inside. The first Welcome of an
    /// epoch decides on them.
    ///
    /// # Errors
    /// As [`Group::welcome`], or an extension doesn't belong into a GroupInfo.
    pub fn welcomes_with(
        &mut self,
        options: WelcomeOptions,
        extensions: Extensions,
    ) -> Result<Vec<Vec<u8>>, Error> {
        let asked = [options.tree as u8, options.external_joins as u8, options.split as u8];
        let own = extensions.to_bytes()?;
        let call = Call::of_two(What::Welcome, &asked, &own);
        if let Some(welcomes) = self.done_before(call)? {
            return Ok(welcomes);
        }
        let prepared = self.engine().build_welcome_with(options, extensions, self.signer()?.as_ref())?;
        let octets: Vec<Vec<u8>> = prepared.output.iter().map(Encode::to_bytes).collect::<Result<_, _>>()?;
        self.carry_out(call, prepared.map(|_| octets))
    }
}

impl Client {
    /// `options` with pending proposals of members, given as their messages, that an external commit may cover: the
    /// SelfRemoves that whoever gives out a GroupInfo gives out with it.
    ///
    /// # Errors
    /// [`Error::Malformed`] if one isn't a message; joining tells what else is wrong with them.
    pub fn covering(
        &self,
        mut options: ExternalJoinOptions,
        pending: &[impl AsRef<[u8]>],
    ) -> Result<ExternalJoinOptions, Error> {
        for message in pending {
            options.pending.push(self.decode(message.as_ref())?);
        }
        Ok(options)
    }

    /// Reads a GroupInfo, with the extensions that the application put into it. Nothing of it is verified before the
    /// group is joined.
    ///
    /// # Errors
    /// [`Error::Malformed`], or [`Error::Misuse`] for another message.
    pub fn read_group_info(&self, message: &[u8]) -> Result<GroupInfo, Error> {
        self.decode_group_info(message)
    }
}

impl Error {
    /// The proposal of a type that isn't registered here, if a message can't be read for it: which type, and where it
    /// stood. The sender isn't to blame; this client and the group have different registrations.
    pub fn unregistered_proposal(&self) -> Option<UnregisteredProposal> {
        match self {
            Self::Malformed(error) => UnregisteredProposal::of(error),
            _ => None,
        }
    }

    /// Why what is registered for a type forbids it, if that is the reason.
    pub fn refusal(&self) -> Option<&RefusalReason> {
        match self {
            Self::Rejected(Rejection::Refused(refusal)) => Some(&refusal.reason),
            _ => None,
        }
    }
}
