//! Copath's own client, served within this process; it is driven over a socket like any other.

use std::net::{Ipv4Addr, SocketAddr};
use std::thread;

use copath_interop_client::{Backend, serve};
use tokio::net::TcpListener;
use tokio::runtime::Builder;

/// Serves Copath on that backend until the process ends; returns where.
///
/// # Errors
/// There is no socket.
pub fn start(backend: Backend) -> std::io::Result<SocketAddr> {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
    let address = listener.local_addr()?;
    thread::spawn(move || runtime.block_on(serve(backend, listener, std::future::pending())));
    Ok(address)
}
