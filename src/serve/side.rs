//! Listeners beside the main one, for things that must not wait for it.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use socket2::{Domain, Socket, Type};

/// Connections that wait to be accepted: a burst is not to be lost while every thread is busy.
const BACKLOG: i32 = 4096;
#[cfg(target_os = "linux")]
/// How long somebody may leave what we send unread, before the connection is given up.
const UNREAD: Duration = Duration::from_secs(30);

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
    open(address)
        .and_then(|listener| listener.local_addr().map(|bound| (listener, bound)))
        .map_err(|error| format!("cannot listen on {address}: {error}. Set {variable} to a free address."))
}

fn open(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    // Accepted connections inherit it. Without, who reads nothing holds a connection and its answer for as long as he likes.
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(UNREAD))?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}
