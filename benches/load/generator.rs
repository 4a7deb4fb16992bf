//! The load: prebuilt HTTP/1.1 requests in a closed loop over keep-alive connections.
//!
//! Written by hand, because a general client would cost more than the server it measures. It understands what our servers
//! send: a status line, headers, and a body of `Content-Length` bytes.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream as BlockingStream};
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

use crate::Result;
use crate::process::Measured;

/// A request, ready to be written.
pub struct Request {
    address: SocketAddr,
    bytes: Vec<u8>,
}

impl Request {
    pub fn get(address: SocketAddr, path: &str, bearer: Option<&str>) -> Self {
        let authorization = bearer.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
        let bytes = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{authorization}\r\n").into_bytes();
        Self { address, bytes }
    }

    pub fn post(address: SocketAddr, path: &str, basic: &str, form: &str) -> Self {
        let bytes = format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Basic {basic}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            form.len()
        )
        .into_bytes();
        Self { address, bytes }
    }

    /// The same bytes for another server.
    pub fn redirected_to(&self, address: SocketAddr) -> Self {
        Self { address, bytes: self.bytes.clone() }
    }

    /// Sends it once; the body of a 200.
    pub async fn once(&self) -> Result<Vec<u8>> {
        let mut connection = Connection::open(self.address).await?;
        let answer = connection.exchange(&self.bytes).await?;
        let body = connection.buffer[connection.body_start..].to_vec();
        if answer.status == 200 {
            Ok(body)
        } else {
            Err(format!("{}: {}", answer.status, String::from_utf8_lossy(&body)).into())
        }
    }

    /// Whether a server is there and answers 200.
    pub fn answers_200(&self) -> bool {
        let ask = || -> std::io::Result<bool> {
            let mut stream = BlockingStream::connect(self.address)?;
            stream.set_read_timeout(Some(Duration::from_secs(1)))?;
            stream.write_all(&self.bytes)?;
            let mut status = [0; 12];
            stream.read_exact(&mut status)?;
            Ok(status.ends_with(b" 200"))
        };
        ask().unwrap_or(false)
    }
}

/// What was measured.
pub struct Load {
    pub elapsed: Duration,
    /// Of the requests that were answered with 200, in microseconds, ascending.
    pub latencies: Vec<u32>,
    /// Everything else, and how often.
    pub failures: BTreeMap<String, u64>,
    pub body_bytes: usize,
    /// Processor time in microseconds.
    pub server_time: Option<u64>,
    pub generator_time: Option<u64>,
}

impl Load {
    pub fn requests(&self) -> u64 {
        self.latencies.len() as u64 + self.failed()
    }

    pub fn failed(&self) -> u64 {
        self.failures.values().sum()
    }
}

#[derive(Default)]
struct Tally {
    latencies: Vec<u32>,
    failures: BTreeMap<String, u64>,
    body_bytes: usize,
}

impl Tally {
    fn record(&mut self, answer: &std::io::Result<Answer>, took: Duration) {
        let failure = match answer {
            Ok(answer) if answer.status == 200 => {
                self.latencies.push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
                self.body_bytes = answer.body_bytes;
                return;
            }
            Ok(answer) => format!("status {}", answer.status),
            Err(why) => why.to_string(),
        };
        *self.failures.entry(failure).or_default() += 1;
    }
}

/// Warms up, then measures for `seconds`.
pub async fn run(request: &Request, server: Option<&Measured>, connections: usize, seconds: f64) -> Result<Load> {
    let duration = Duration::from_secs_f64(seconds);
    drive(request, connections, duration / 5).await;
    let read = || (server.and_then(Measured::processor_time), Measured::ourselves().processor_time());
    let before = read();
    let begun = Instant::now();
    let mut tally = drive(request, connections, duration).await;
    let elapsed = begun.elapsed();
    let after = read();
    tally.latencies.sort_unstable();
    if tally.latencies.is_empty() && tally.failures.is_empty() {
        return Err("not one request was answered".into());
    }
    let spent = |after: Option<u64>, before: Option<u64>| Some(after? - before?);
    Ok(Load {
        elapsed,
        latencies: tally.latencies,
        failures: tally.failures,
        body_bytes: tally.body_bytes,
        server_time: spent(after.0, before.0),
        generator_time: spent(after.1, before.1),
    })
}

async fn drive(request: &Request, connections: usize, duration: Duration) -> Tally {
    let tally = Rc::new(RefCell::new(Tally::default()));
    let bytes: Rc<[u8]> = request.bytes.as_slice().into();
    let deadline = Instant::now() + duration;
    let tasks = LocalSet::new();
    for _ in 0..connections {
        tasks.spawn_local(one_connection(request.address, Rc::clone(&bytes), deadline, Rc::clone(&tally)));
    }
    tasks.await;
    tally.take()
}

async fn one_connection(address: SocketAddr, request: Rc<[u8]>, deadline: Instant, tally: Rc<RefCell<Tally>>) {
    let mut open = None;
    while Instant::now() < deadline {
        let begun = Instant::now();
        let answer = match &mut open {
            Some(connection) => Connection::exchange(connection, &request).await,
            none => match Connection::open(address).await {
                Ok(connection) => {
                    // Connecting is not what is measured: the request comes in the next round.
                    *none = Some(connection);
                    continue;
                }
                Err(why) => Err(why),
            },
        };
        tally.borrow_mut().record(&answer, begun.elapsed());
        match answer {
            Ok(answer) if !answer.closes => {}
            Ok(_) => open = None,
            Err(_) => {
                open = None;
                // A server that is gone must not turn this into a busy loop.
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }
}

struct Answer {
    status: u16,
    body_bytes: usize,
    closes: bool,
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    body_start: usize,
}

impl Connection {
    async fn open(address: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(16 * 1024), body_start: 0 })
    }

    async fn exchange(&mut self, request: &[u8]) -> std::io::Result<Answer> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let (mut answer, head) = loop {
            self.read_some().await?;
            if let Some(head) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break (parse_head(&self.buffer[..head + 2])?, head);
            }
        };
        self.body_start = head + 4;
        while self.buffer.len() < self.body_start + answer.body_bytes {
            self.read_some().await?;
        }
        // More than was announced: not a server this client understands.
        answer.closes |= self.buffer.len() > self.body_start + answer.body_bytes;
        Ok(answer)
    }

    async fn read_some(&mut self) -> std::io::Result<()> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof)),
            _ => Ok(()),
        }
    }
}

/// Status and headers, each line ended.
fn parse_head(head: &[u8]) -> std::io::Result<Answer> {
    let malformed = || std::io::Error::new(std::io::ErrorKind::InvalidData, "an answer without status or length");
    let number = |digits: &[u8]| std::str::from_utf8(digits).ok()?.trim().parse::<usize>().ok();
    let mut lines = head.split(|byte| *byte == b'\n');
    let status = lines.next().and_then(|line| number(line.get(9..12)?)).ok_or_else(malformed)?;
    let (mut body_bytes, mut closes) = (None, false);
    for line in lines {
        if line.len() > 15 && line[..15].eq_ignore_ascii_case(b"content-length:") {
            body_bytes = number(&line[15..]);
        } else if line.len() > 11 && line[..11].eq_ignore_ascii_case(b"connection:") {
            closes = line[11..].trim_ascii().eq_ignore_ascii_case(b"close");
        }
    }
    let body_bytes = body_bytes.or((status == 204 || status == 304).then_some(0)).ok_or_else(malformed)?;
    Ok(Answer { status: u16::try_from(status).map_err(|_| malformed())?, body_bytes, closes })
}
