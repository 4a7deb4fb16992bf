//! A reverse proxy of the strict kind: keeps connections to its servers alive, sends requests only to those that say they are
//! ready, and never tries a request twice.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// How often the servers are asked whether they are ready.
const PROBE: Duration = Duration::from_millis(250);

/// Sends requests to servers that come and go.
#[derive(Default)]
pub struct Balancer {
    servers: Mutex<Vec<Arc<Server>>>,
    next: AtomicUsize,
}

struct Server {
    address: String,
    is_ready: AtomicBool,
    idle: Mutex<Vec<Connection>>,
}

type Connection = BufReader<TcpStream>;

/// An answer as the proxy sees it.
pub struct Passed {
    pub status: u16,
    /// Whether the server ends the connection.
    pub closes: bool,
    pub body: String,
}

impl Balancer {
    /// Takes in a server, given as `http://ADDRESS`, once it is ready.
    pub async fn add(&self, base: &str) {
        let address = base.strip_prefix("http://").expect("it is http").to_owned();
        let server = Arc::new(Server { address, is_ready: AtomicBool::new(true), idle: Mutex::default() });
        while server.probe().await.is_none_or(|status| status != 200) {
            tokio::time::sleep(PROBE).await;
        }
        self.servers.lock().expect("no panic").push(Arc::clone(&server));
        tokio::spawn(async move {
            while server.is_ready.load(Ordering::SeqCst) {
                tokio::time::sleep(PROBE).await;
                server.is_ready.store(server.probe().await == Some(200), Ordering::SeqCst);
            }
        });
    }

    /// Passes a request on; the error is what a client would be told as 502.
    pub async fn pass(&self, request: &str) -> Result<Passed, String> {
        let server = {
            let mut servers = self.servers.lock().expect("no panic");
            servers.retain(|server| server.is_ready.load(Ordering::SeqCst));
            let turn = self.next.fetch_add(1, Ordering::Relaxed);
            let turn = turn.checked_rem(servers.len()).ok_or("no server is ready")?;
            Arc::clone(&servers[turn])
        };
        let kept = server.idle.lock().expect("no panic").pop();
        let connection = match kept {
            Some(connection) => connection,
            None => connect(&server.address).await?,
        };
        let (passed, connection) = exchange(connection, request).await?;
        if !passed.closes {
            server.idle.lock().expect("no panic").push(connection);
        }
        Ok(passed)
    }
}

impl Server {
    async fn probe(&self) -> Option<u16> {
        let connection = connect(&self.address).await.ok()?;
        let request = "GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        exchange(connection, request).await.ok().map(|(passed, _)| passed.status)
    }
}

pub async fn connect(address: &str) -> Result<Connection, String> {
    TcpStream::connect(address).await.map(BufReader::new).map_err(|error| format!("cannot connect: {error}"))
}

/// One request and its answer.
pub async fn exchange(mut connection: Connection, request: &str) -> Result<(Passed, Connection), String> {
    let say = |what: &'static str| move |error: std::io::Error| format!("{what}: {error}");
    connection.write_all(request.as_bytes()).await.map_err(say("cannot send"))?;
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if connection.read_line(&mut line).await.map_err(say("cannot read"))? == 0 {
            return Err(format!("it ended after {head:?}"));
        }
        if line == "\r\n" {
            break;
        }
        head.push(line.trim_end().to_ascii_lowercase());
    }
    let field = |name: &str| head.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    let length = field("content-length").and_then(|length| length.parse().ok()).ok_or("the answer has no length")?;
    let mut body = vec![0; length];
    connection.read_exact(&mut body).await.map_err(say("cannot read the body"))?;
    let status = head[0].split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or("no status")?;
    let closes = field("connection") == Some("close");
    Ok((Passed { status, closes, body: String::from_utf8_lossy(&body).into_owned() }, connection))
}
