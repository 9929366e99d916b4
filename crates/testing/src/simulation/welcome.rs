//! Welcomes: built after a commit was accepted, again after a crash, and sent.

use copath_group::{TreeTransfer, WelcomeOptions, WelcomeSplit};

use super::carry::{Crash, CrashPoint};
use super::fault::{Fault, FaultKind, ensure};
use super::network::{Mail, addressees};
use super::summary::Event;
use super::world::{World, encoded, refused};
use crate::Random;

impl World {
    /// Builds the Welcomes of the epoch that `client` has made, and sends them.
    pub(super) fn welcome(&mut self, client: usize, random: &mut Random) -> Result<(), Fault> {
        let committer = &mut self.clients[client];
        let tree = random.pick(&[TreeTransfer::Inside, TreeTransfer::Outside]).unwrap();
        let split = random.pick(&[WelcomeSplit::Together, WelcomeSplit::Each]).unwrap();
        let options = WelcomeOptions::default().tree(tree).split(split);
        let mut welcomes = Vec::new();
        let mut times = 1 + random.below(2);
        while times > 0 {
            if random.chance(10) {
                committer.crash = random.pick(&CrashPoint::ALL);
            }
            // Building them again, after a restart too, changes nothing.
            let prepared = match committer.group().build_welcome(options, &*committer.member.signer) {
                Ok(prepared) => prepared,
                Err(error) => return refused(committer, "builds a Welcome", &error),
            };
            match committer.carry_out(prepared) {
                Ok(built) => {
                    welcomes = built;
                    times -= 1;
                }
                Err(Crash::Done | Crash::Undone) => self.summary.note(Event::WelcomeRecovered),
            }
            if random.chance(30) {
                committer.member.reload();
            }
        }
        let released = committer.group().release_welcome().unwrap();
        committer.member.carry_out(released);
        let again = committer.group().build_welcome(options, &*committer.member.signer);
        ensure(again.is_err(), FaultKind::Accepted, || "a Welcome is built after its release".to_owned())?;
        let epoch = committer.epoch();
        let beside =
            (tree == TreeTransfer::Outside).then(|| committer.group().export_ratchet_tree().unwrap());
        let beside = beside.map(|tree| self.tree_for_joiners(epoch, tree, random)).transpose()?;
        for welcome in &welcomes {
            let number = self.network.mail.len();
            self.network.mail.push(Mail { epoch, bytes: encoded(welcome), tree: beside.clone() });
            let addressees = addressees(welcome);
            for joiner in &mut self.clients {
                if addressees.iter().any(|reference| joiner.member.key_packages.contains_key(reference)) {
                    joiner.mail.push(number);
                }
            }
        }
        Ok(())
    }
}
