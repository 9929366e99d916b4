//! `copath-interop-client`: Copath as a client of the MLS working group's interop harness.

use std::process::ExitCode;

use clap::Parser;
use copath_interop_client::{Backend, serve};
use tokio::net::TcpListener;

/// Copath as a client of the MLS working group's interop harness: the gRPC service `mls_client.MLSClient`.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    /// The port to listen on; 0 takes a free one.
    #[arg(long, default_value_t = 50001)]
    port: u16,
    /// The crypto backend.
    #[arg(long, value_enum, default_value_t)]
    backend: Backend,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("copath-interop-client: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let listener = TcpListener::bind((arguments.host.as_str(), arguments.port)).await?;
    announce(arguments.backend, &listener)?;
    Ok(serve(arguments.backend, listener, std::future::pending()).await?)
}

/// Says where the client listens, which port 0 leaves open.
#[expect(clippy::print_stdout, reason = "what a command is for")]
fn announce(backend: Backend, listener: &TcpListener) -> std::io::Result<()> {
    println!("Copath ({backend}) listens on {}", listener.local_addr()?);
    Ok(())
}
