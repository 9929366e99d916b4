//! Random scripts like the harness's `deep_random`: a group that grows and shrinks by commits of Adds, Updates and
//! Removes, with external joins in between.

use serde_json::{Value, json};

use crate::config::{self, ConfigError, Script};
use copath_testing::Random;

/// Members at most.
const MOST: usize = 16;

/// What a script is being written about.
struct Writer {
    random: Random,
    steps: Vec<Value>,
    members: Vec<String>,
    actors: usize,
}

/// The script of `seed` with so many epochs, in the harness's format.
pub fn text(seed: u64, epochs: usize) -> String {
    let mut writer = Writer { random: Random::new(seed), steps: Vec::new(), members: Vec::new(), actors: 0 };
    let creator = writer.actor();
    writer.steps.push(json!({"action": "createGroup", "actor": creator}));
    writer.members.push(creator);
    for _ in 0..epochs {
        if writer.random.below(6) == 0 {
            writer.external_join();
        } else {
            writer.commit();
        }
    }
    format!("{:#}", json!({"scripts": {format!("random_{seed}"): writer.steps}}))
}

/// The same, ready to be played.
///
/// # Errors
/// None: what is written can be read.
pub fn script(seed: u64, epochs: usize) -> Result<Vec<Script>, ConfigError> {
    config::parse("generated.json", &text(seed, epochs))
}

impl Writer {
    fn actor(&mut self) -> String {
        self.actors += 1;
        format!("actor{}", self.actors - 1)
    }

    /// A step; returns its number.
    fn step(&mut self, step: Value) -> usize {
        self.steps.push(step);
        self.steps.len() - 1
    }

    /// All members but these.
    fn others(&self, than: &[&String]) -> Vec<String> {
        self.members.iter().filter(|member| !than.contains(member)).cloned().collect()
    }

    /// Some of `from`, at most half of them.
    fn some(&mut self, from: &[String]) -> Vec<String> {
        let chosen = from.iter().filter(|_| self.random.below(4) == 0);
        chosen.take(from.len() / 2).cloned().collect()
    }

    fn commit(&mut self) {
        let committer = self.members[self.random.below(self.members.len())].clone();
        let others = self.others(&[&committer]);
        let updating = self.some(&others);
        let updates: Vec<usize> = updating
            .iter()
            .map(|member| self.step(json!({"action": "updateProposal", "actor": member})))
            .collect();
        let others: Vec<String> = others.into_iter().filter(|member| !updating.contains(member)).collect();
        let removed = self.some(&others);
        let room = (MOST + removed.len()).saturating_sub(self.members.len());
        let mut joiners = Vec::new();
        let mut by_value: Vec<Value> = Vec::new();
        for _ in 0..self.random.below(5).min(room) {
            let joiner = self.actor();
            let made = self.step(json!({"action": "createKeyPackage", "actor": joiner}));
            by_value.push(json!({"proposalType": "add", "keyPackage": made}));
            joiners.push(joiner);
        }
        by_value.extend(removed.iter().map(|member| json!({"proposalType": "remove", "removed": member})));
        let gone: Vec<&String> = removed.iter().chain([&committer]).collect();
        let members = self.others(&gone);
        let (force_path, external_tree) = (self.random.below(2) == 0, self.random.below(2) == 0);
        self.steps.push(json!({
            "action": "fullCommit", "actor": committer, "byReference": updates, "byValue": by_value,
            "members": members, "joiners": joiners, "force_path": force_path, "external_tree": external_tree,
        }));
        self.members.retain(|member| !removed.contains(member));
        self.members.extend(joiners);
    }

    fn external_join(&mut self) {
        let helper = self.members[self.random.below(self.members.len())].clone();
        let others = self.others(&[&helper]);
        let again =
            others.get(self.random.below(others.len().max(1))).filter(|_| self.members.len() > MOST / 2);
        let (joiner, remove_prior) = match again.cloned() {
            Some(member) => (member, true),
            None => (self.actor(), false),
        };
        let members = self.others(&[&helper, &joiner]);
        self.steps.push(json!({
            "action": "externalJoin", "actor": helper, "joiner": joiner, "members": members,
            "removePrior": remove_prior, "externalTree": self.random.below(2) == 0,
        }));
        if !remove_prior {
            self.members.push(joiner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_can_be_read_and_repeats_itself() {
        for seed in 0..20 {
            let scripts = script(seed, 30).unwrap();
            let [script] = scripts.as_slice() else { panic!("one script") };
            assert_eq!(script.name, format!("random_{seed}"));
            let epochs = script.steps.iter().filter(|step| {
                matches!(step.action, config::Action::FullCommit(_) | config::Action::ExternalJoin(_))
            });
            assert_eq!(epochs.count(), 30);
            assert_eq!(text(seed, 30), text(seed, 30));
        }
        assert_ne!(text(1, 10), text(2, 10));
    }
}
