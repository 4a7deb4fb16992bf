//! The floor: what a bare actix-web route costs for the same request and as many bytes in the answer.
//!
//! It runs in a process of its own, this same program started again, so that its processor time is read like the server's.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Command, Stdio};

use actix_web::{App, HttpResponse, HttpServer, web};

use crate::Result;
use crate::process::{Measured, Running};

/// A running floor. Ends when dropped.
pub struct Floor {
    pub address: SocketAddr,
    pub process: Measured,
    _running: Running,
}

impl Floor {
    pub fn start(body_bytes: usize) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--floor-server", &body_bytes.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().ok_or("stdout is piped")?;
        let process = Measured::new(child.id());
        let running = Running(child);
        let mut address = String::new();
        BufReader::new(stdout).read_line(&mut address)?;
        Ok(Self { address: address.trim().parse()?, process, _running: running })
    }
}

/// Serves until killed; prints the address first.
pub fn serve(body_bytes: usize) -> Result<()> {
    actix_web::rt::System::new().block_on(async move {
        let server = HttpServer::new(move || {
            let body = web::Bytes::from(vec![b'x'; body_bytes]);
            App::new().default_service(web::to(move |_: web::Bytes| {
                let body = body.clone();
                async move { HttpResponse::Ok().content_type("application/json").body(body) }
            }))
        })
        .bind("127.0.0.1:0")?;
        println!("{}", server.addrs()[0]);
        Ok(server.run().await?)
    })
}
