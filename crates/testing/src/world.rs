//! A group of honest members and a forger.

use std::sync::Arc;

use copath_crypto::{CipherSuite, CryptoProvider};
use copath_group::{CommitOptions, HandshakeFormat, WelcomeOptions};
use copath_messages::Extensions;

use crate::{Forger, Member, add, assert_agreement};

/// A group of five: alice at leaf 0, bob at 1, the forger mallory at 2, carol at 3, dave at 4. The leaves 5 to 7 are
/// blank. Alice created it and added the others in one commit with a path.
#[derive(Debug)]
pub struct World {
    /// At leaf 0.
    pub alice: Member,
    /// At leaf 1.
    pub bob: Member,
    /// At leaf 2.
    pub mallory: Forger,
    /// At leaf 3.
    pub carol: Member,
    /// At leaf 4.
    pub dave: Member,
    provider: Arc<dyn CryptoProvider>,
}

impl World {
    /// With suite 1 and plaintext handshakes.
    pub fn new(provider: &Arc<dyn CryptoProvider>) -> Self {
        Self::with(provider, Extensions::default(), |_| ())
    }

    /// With these group context extensions; each client is prepared before it makes a leaf.
    pub fn with(
        provider: &Arc<dyn CryptoProvider>,
        extensions: Extensions,
        prepare: impl Fn(&mut Member),
    ) -> Self {
        let client = |name: &str| {
            let mut member = Member::new(provider, CipherSuite(1), name);
            member.settings.policy.handshake_format = HandshakeFormat::Public;
            prepare(&mut member);
            member
        };
        let [mut alice, mut bob, mut mallory, mut carol, mut dave] =
            ["alice", "bob", "mallory", "carol", "dave"].map(client);
        alice.create(extensions);
        let joiners = [&mut bob, &mut mallory, &mut carol, &mut dave];
        let adds = joiners.map(|member| add(member.key_package()));
        let options = adds.into_iter().fold(CommitOptions::new(), CommitOptions::propose);
        alice.commit(options).unwrap();
        let welcome = alice.accept(WelcomeOptions::default()).remove(0);
        for member in [&mut bob, &mut carol, &mut dave] {
            member.join(&welcome, None).unwrap();
        }
        assert_agreement(&[&alice, &bob, &carol, &dave]);
        let package = mallory.key_packages.values().next().unwrap();
        let mallory = Forger::join(&mallory.suite, &mallory.signer, package, &welcome);
        assert_eq!(mallory.leaf.as_u32(), 2);
        Self { alice, bob, mallory, carol, dave, provider: Arc::clone(provider) }
    }

    /// A client that isn't a member.
    pub fn stranger(&self, name: &str) -> Member {
        Member::new(&self.provider, CipherSuite(1), name)
    }

    /// The honest members.
    pub fn members(&mut self) -> [&mut Member; 4] {
        [&mut self.alice, &mut self.bob, &mut self.carol, &mut self.dave]
    }
}
