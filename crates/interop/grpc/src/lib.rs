//! The interface through which the MLS working group's interop harness drives an implementation.
//!
//! One unary gRPC service, `mls_client.MLSClient`: [`ClientStub`] is the side that drives, [`MlsClient`] is the trait
//! that an implementation fills in, and [`MlsClientServer`] serves it. The messages are written out with the field
//! numbers of the harness, so that nothing here needs a protobuf compiler.
//!
//! Ids are opaque 32-bit numbers that the implementation chooses. A *transaction* is a join that has begun, a *state*
//! is one member's view of one group; both may stand where a request says `state_or_transaction_id`, so both come from
//! one counter. `key_package`, `welcome`, `group_info`, `proposal`, `commit` and `ciphertext` are whole MLSMessages
//! (RFC 9420 §6); `ratchet_tree` is the bare vector of optional nodes (RFC 9420 §12.4.3.3).

mod messages;

pub use messages::*;
pub use service::m_l_s_client_client::MLSClientClient as ClientStub;
pub use service::m_l_s_client_server::{MLSClient as MlsClient, MLSClientServer as MlsClientServer};

/// Octets of the largest message that either side should be told to accept: gRPC's own limit of 4 MiB is less than a
/// large ratchet tree.
pub const MAX_MESSAGE_SIZE: usize = 64 << 20;

#[expect(
    unreachable_pub,
    clippy::allow_attributes_without_reason,
    clippy::missing_errors_doc,
    clippy::too_many_lines,
    reason = "generated: all methods are unary, named like the harness's, and fail with a gRPC status"
)]
mod service {
    tonic::include_proto!("mls_client.MLSClient");
}
