//! What each action does.

use copath_interop_grpc as grpc;

use super::seat::{Made, Seat};
use super::{Player, Step, random_octets};
use crate::config::{Action, FullCommit, StepIndex};
use crate::link::{self, Rpc};
use crate::octets::{self, For};
use crate::shadow::Package;

impl Player<'_> {
    pub(super) fn act(&mut self, action: &Action) -> Step<Made> {
        match action {
            Action::CreateGroup { actor, members } => {
                self.create_group(actor, members).map(|()| Made::Nothing)
            }
            Action::CreateKeyPackage { actor } => self.create_key_package(actor, self.group.suite),
            Action::ExternalJoin(join) => self.external_join(join).map(|()| Made::Nothing),
            Action::InstallExternalPsk { clients } => self.install_psk(clients),
            Action::Protect { actor, authenticated_data, plaintext } => {
                self.protect(actor, authenticated_data.as_bytes(), plaintext.as_bytes())
            }
            Action::Unprotect { actor, ciphertext } => {
                let sent = self.made[*ciphertext].clone();
                self.unprotect(actor, &sent).map(|()| Made::Nothing)
            }
            Action::FullCommit(commit) => self.full_commit(commit).map(|()| Made::Nothing),
            Action::ReInit(reinit) => self.reinit(reinit).map(|()| Made::Nothing),
            Action::Branch(branch) => self.branch(branch).map(|()| Made::Nothing),
            proposal => {
                let proposed = self.propose(proposal)?;
                self.group.pending = true;
                Ok(Made::Proposal(proposed))
            }
        }
    }

    fn create_group(&mut self, actor: &str, members: &[String]) -> Step {
        let request = grpc::CreateGroupRequest {
            group_id: self.group.id.clone(),
            cipher_suite: u32::from(self.group.suite),
            encrypt_handshake: self.game.handshake.is_private(),
            identity: actor.as_bytes().to_vec(),
        };
        let created = self.ask::<link::CreateGroup>(actor, &request)?;
        self.seat_mut(actor).state = Some(created.state_id);
        self.group.roster = vec![actor.to_owned()];
        self.group.present = [actor.to_owned()].into();
        self.agree(&[actor.to_owned()], &[])?;
        if members.is_empty() {
            return Ok(());
        }
        let mut packages = Vec::new();
        for member in members {
            packages.push(self.create_key_package(member, self.group.suite)?);
        }
        let commit =
            FullCommit { actor: actor.to_owned(), joiners: members.to_vec(), ..FullCommit::default() };
        self.commit_adding(&commit, &packages)
    }

    /// A key package, and the join that it begins.
    pub(super) fn create_key_package(&mut self, actor: &str, suite: u16) -> Step<Made> {
        let request = grpc::CreateKeyPackageRequest {
            cipher_suite: u32::from(suite),
            identity: actor.as_bytes().to_vec(),
        };
        let made = self.ask::<link::CreateKeyPackage>(actor, &request)?;
        let checked = octets::key_package(&made.key_package, suite, actor);
        let key_package = self.judge(actor, link::CreateKeyPackage::METHOD, checked)?;
        let seat: &mut Seat = self.seat_mut(actor);
        seat.transaction = Some(made.transaction_id);
        seat.package = Some(Package {
            message: made.key_package.clone(),
            key_package,
            init_priv: made.init_priv,
            encryption_priv: made.encryption_priv,
            signature_priv: made.signature_priv,
        });
        Ok(Made::KeyPackage { actor: actor.to_owned(), message: made.key_package })
    }

    fn install_psk(&mut self, actors: &[String]) -> Step<Made> {
        let (id, psk) = (random_octets(&mut self.random), random_octets(&mut self.random));
        for actor in actors {
            let seat = self.seat(actor);
            let state = seat.state.or(seat.transaction);
            let request = grpc::StorePskRequest {
                state_or_transaction_id: state.map_or_else(|| self.state(actor), Ok)?,
                psk_id: id.clone(),
                psk_secret: psk.clone(),
            };
            self.ask::<link::StorePsk>(actor, &request)?;
        }
        self.psks.push((id.clone(), psk));
        Ok(Made::Psk { id })
    }

    /// A PSK that a step installed.
    pub(super) fn psk_of(&self, step: StepIndex) -> Vec<u8> {
        match &self.made[step] {
            Made::Psk { id } => id.clone(),
            _ => Vec::new(),
        }
    }

    fn protect(&mut self, actor: &str, authenticated: &[u8], plaintext: &[u8]) -> Step<Made> {
        self.end_shadow_of(actor);
        let request = grpc::ProtectRequest {
            state_id: self.state(actor)?,
            authenticated_data: authenticated.to_vec(),
            plaintext: plaintext.to_vec(),
        };
        let message = self.ask::<link::Protect>(actor, &request)?.ciphertext;
        let place = For { group_id: &self.group.id, epoch: self.group.epoch };
        let checked = octets::ciphertext(&message, authenticated, place);
        self.judge(actor, link::Protect::METHOD, checked)?;
        Ok(Made::Ciphertext { message, authenticated: authenticated.to_vec(), plaintext: plaintext.to_vec() })
    }

    fn unprotect(&mut self, actor: &str, sent: &Made) -> Step {
        let Made::Ciphertext { message, authenticated, plaintext } = sent else { return Ok(()) };
        let request = grpc::UnprotectRequest { state_id: self.state(actor)?, ciphertext: message.clone() };
        let opened = self.ask::<link::Unprotect>(actor, &request)?;
        let checked = octets::require(opened.plaintext == *plaintext, || "another plaintext came out".into())
            .and_then(|()| {
                octets::require(opened.authenticated_data == *authenticated, || {
                    "other authenticated data came out".into()
                })
            });
        self.judge(actor, link::Unprotect::METHOD, checked)
    }

    /// At the end, one member sends a message that all others can read.
    pub(super) fn talk(&mut self) -> Step {
        let present: Vec<String> = self.group.present.iter().cloned().collect();
        let Some((sender, others)) = present.split_first().filter(|_| !self.group.pending) else {
            return Ok(());
        };
        let sent = self.protect(sender, b"authenticated", b"a last message")?;
        others.iter().try_for_each(|receiver| self.unprotect(receiver, &sent))
    }
}
