//! The way to a client: one unary call after another, by method name and octets.

mod rpc;
mod wire;

use std::time::Duration;

use prost::Message;

pub use rpc::*;
pub use wire::GrpcLink;

/// Why a call brought no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The client doesn't have the method (gRPC's UNIMPLEMENTED).
    #[error("not implemented by that client{}", told(.0))]
    NotImplemented(String),
    /// The client says that it couldn't do it.
    #[error("refused{}", told(.0))]
    Refused(String),
    /// No answer in time.
    #[error("no answer within {} s", .0.as_secs_f32())]
    TimedOut(Duration),
    /// The connection can't be made or ended.
    #[error("the client is gone{}", told(.0))]
    Gone(String),
    /// An answer that isn't gRPC, or not the message that it should be.
    #[error("a nonsensical answer{}", told(.0))]
    Nonsense(String),
}

fn told(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}

/// Carries requests to a client and answers back; several scripts may be played at once.
pub trait Link: Send + Sync {
    /// Calls a method of the service.
    ///
    /// # Errors
    /// The client has no answer.
    fn call(&self, method: &'static str, request: Vec<u8>) -> Result<Vec<u8>, CallError>;
}

/// A method with its messages.
pub trait Rpc {
    /// Its name in the service.
    const METHOD: &'static str;
    /// What is sent.
    type Request: Message;
    /// What comes back.
    type Response: Message + Default;
}

/// Calls a method.
///
/// # Errors
/// The client has no answer, or one that isn't the method's response.
pub fn call<R: Rpc>(link: &dyn Link, request: &R::Request) -> Result<R::Response, CallError> {
    let answer = link.call(R::METHOD, request.encode_to_vec())?;
    R::Response::decode(answer.as_slice()).map_err(|error| CallError::Nonsense(error.to_string()))
}
