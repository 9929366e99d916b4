//! `welcome`: a Welcome for two, one of whom is the client.

use copath_codec::Encode;
use copath_crypto::Suite;
use copath_group::{CommitOptions, HandshakeFormat, TreeTransfer};
use copath_messages::MlsMessage;

use super::world::World;
use crate::Mismatch;
use crate::kinds::welcome::Case;

/// One case, with the tree inside.
pub(super) fn cases(suite: &Suite) -> Result<Vec<Case>, Mismatch> {
    let mut world = World::new(suite, HandshakeFormat::Private)?;
    let (other, client) = (world.newcomer("other")?, world.newcomer("client")?);
    let options = CommitOptions::new().propose(other.add()).propose(client.add());
    let sent = world.commit(0, options, TreeTransfer::Inside)?;
    Ok(vec![Case {
        cipher_suite: suite.cipher_suite().0,
        init_priv: (&client.package.init_private_key).into(),
        signer_pub: world.member(0)?.signer.public_key().into(),
        key_package: MlsMessage::from(client.package.key_package).to_bytes()?.into(),
        welcome: sent.welcome.unwrap_or_default().into(),
    }])
}
