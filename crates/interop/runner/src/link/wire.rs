//! gRPC over HTTP/2.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::time::timeout;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};

use super::{CallError, Link};

/// The service's name in a path.
const SERVICE: &str = "/mls_client.MLSClient/";

/// A connection to a client, with a time limit for each call. It connects anew when the old connection is gone.
#[derive(Clone, Debug)]
pub struct GrpcLink {
    runtime: Arc<Runtime>,
    channel: Channel,
    limit: Duration,
}

impl GrpcLink {
    /// To `address`, `HOST:PORT`; the first call connects.
    ///
    /// # Errors
    /// The address isn't one.
    pub fn new(address: &str, limit: Duration) -> Result<Self, CallError> {
        let gone = |error: &dyn std::fmt::Display| CallError::Gone(format!("{address}: {error}"));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(|error| gone(&error))?;
        let endpoint = Endpoint::from_shared(format!("http://{address}")).map_err(|error| gone(&error))?;
        let channel = runtime.block_on(async { endpoint.connect_timeout(limit).connect_lazy() });
        Ok(Self { runtime: Arc::new(runtime), channel, limit })
    }

    /// The same connection with another time limit for each call.
    #[must_use]
    pub fn with_limit(&self, limit: Duration) -> Self {
        Self { limit, ..self.clone() }
    }
}

impl Link for GrpcLink {
    fn call(&self, method: &'static str, request: Vec<u8>) -> Result<Vec<u8>, CallError> {
        let channel = self.channel.clone();
        let answer =
            self.runtime.block_on(async { timeout(self.limit, unary(channel, method, request)).await });
        answer.map_err(|_| CallError::TimedOut(self.limit))?.map_err(|status| verdict(&status))
    }
}

async fn unary(channel: Channel, method: &'static str, request: Vec<u8>) -> Result<Vec<u8>, Status> {
    let most = copath_interop_grpc::MAX_MESSAGE_SIZE;
    let mut grpc = Grpc::new(channel).max_decoding_message_size(most).max_encoding_message_size(most);
    grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
    let path = PathAndQuery::try_from(format!("{SERVICE}{method}"));
    let path = path.map_err(|error| Status::invalid_argument(error.to_string()))?;
    Ok(grpc.unary(Request::new(request), path, Octets).await?.into_inner())
}

/// What a status says about the client.
fn verdict(status: &Status) -> CallError {
    let mut told = format!("{:?}", status.code());
    if !status.message().is_empty() {
        told = format!("{told}, \"{}\"", status.message());
    }
    let mut source = status.source();
    while let Some(deeper) = source.and_then(|error| error.source()) {
        source = Some(deeper);
    }
    if let Some(source) = source {
        told = format!("{told} ({source})");
    }
    match status.code() {
        Code::Unimplemented => CallError::NotImplemented(status.message().to_owned()),
        Code::Unavailable => CallError::Gone(told),
        Code::Unknown if source.is_some() => CallError::Gone(told),
        _ if source.is_some() => CallError::Nonsense(told),
        _ => CallError::Refused(told),
    }
}

/// Messages as they are, so that their content is judged by whoever asked for it.
#[derive(Clone, Copy, Debug)]
struct Octets;

impl Codec for Octets {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Octets {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        bytes::BufMut::put_slice(buffer, &item);
        Ok(())
    }
}

impl Decoder for Octets {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let length = bytes::Buf::remaining(buffer);
        Ok(Some(bytes::Buf::copy_to_bytes(buffer, length).to_vec()))
    }
}
