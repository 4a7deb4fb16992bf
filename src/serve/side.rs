//! Listeners beside the main one, for things that must not wait for it.

use std::net::{SocketAddr, TcpListener};

use actix_web::dev::ServerHandle;

/// A listener that runs beside the server's.
pub struct Side {
    pub address: SocketAddr,
    pub server: actix_web::dev::Server,
}

impl Side {
    /// Serves until it is stopped; that it fails is no reason to stop the server.
    pub fn start(self) -> ServerHandle {
        let handle = self.server.handle();
        tokio::spawn(async move {
            if let Err(error) = self.server.await {
                tracing::error!(%error, address = %self.address, "a second listener failed");
            }
        });
        handle
    }
}

/// Listens; gives the address with its port.
///
/// # Errors
/// A sentence for the operator, which names `variable`.
pub fn listen(address: SocketAddr, variable: &str) -> Result<(TcpListener, SocketAddr), String> {
    TcpListener::bind(address)
        .and_then(|listener| listener.local_addr().map(|bound| (listener, bound)))
        .map_err(|error| format!("cannot listen on {address}: {error}. Set {variable} to a free address."))
}
