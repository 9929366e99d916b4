//! Serving.

use std::future::Future;

use copath_interop_grpc::{MAX_MESSAGE_SIZE, MlsClient, MlsClientServer};
use tokio::net::TcpListener;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

use crate::Backend;
use crate::client::Client;
use crate::service::Service;

/// A client of its own, ready to be added to a server.
pub fn service(backend: Backend) -> MlsClientServer<impl MlsClient> {
    MlsClientServer::new(Service::new(Client::new(backend)))
        .max_decoding_message_size(MAX_MESSAGE_SIZE)
        .max_encoding_message_size(MAX_MESSAGE_SIZE)
}

/// Answers requests that come to `listener`, until `stop` is over.
///
/// # Errors
/// The transport failed.
pub async fn serve(
    backend: Backend,
    listener: TcpListener,
    stop: impl Future<Output = ()>,
) -> Result<(), tonic::transport::Error> {
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    Server::builder().add_service(service(backend)).serve_with_incoming_shutdown(incoming, stop).await
}
