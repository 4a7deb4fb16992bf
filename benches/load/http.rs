//! HTTP/1.1 by hand, because a general client would cost more than the server it measures. It understands what our servers
//! send: a status line, headers, and a body of `Content-Length` bytes.

use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::{SocketAddr, TcpStream as BlockingStream};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A `GET`; `headers` are whole lines.
pub fn get(path: &str, headers: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n").into_bytes()
}

/// A `POST` of a form.
pub fn post(path: &str, headers: &str, form: &str) -> Vec<u8> {
    with_body("POST", path, headers, "application/x-www-form-urlencoded", form)
}

/// A `PUT` of JSON.
pub fn put(path: &str, headers: &str, json: &str) -> Vec<u8> {
    with_body("PUT", path, headers, "application/json", json)
}

fn with_body(method: &str, path: &str, headers: &str, content_type: &str, body: &str) -> Vec<u8> {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Type: {content_type}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Sends a request on a connection of its own; status and all that came.
pub fn once(address: SocketAddr, request: &[u8]) -> Result<(u16, String)> {
    let mut stream = BlockingStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    stream.write_all(request)?;
    let mut came = Vec::new();
    let mut chunk = [0; 8 * 1024];
    loop {
        match stream.read(&mut chunk)? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            more => came.extend_from_slice(&chunk[..more]),
        }
        let Some(end) = end_of_head(&came) else { continue };
        let head = Head::parse(&came[..end])?;
        if came.len() >= end + head.body_bytes {
            return Ok((head.status, String::from_utf8_lossy(&came).into_owned()));
        }
    }
}

/// What the server answered.
pub struct Answer<'a> {
    pub status: u16,
    head: &'a [u8],
    body: &'a [u8],
    pub closes: bool,
}

impl Answer<'_> {
    pub fn body_bytes(&self) -> usize {
        self.body.len()
    }

    /// What stands in the head between `start` and the first of `ends`.
    pub fn in_head(&self, start: &str, ends: &[u8]) -> Option<&str> {
        between(self.head, start, ends)
    }

    /// What stands in the body between `start` and the first of `ends`.
    pub fn in_body(&self, start: &str, ends: &[u8]) -> Option<&str> {
        between(self.body, start, ends)
    }

    /// For the report of a failure.
    pub fn describe(&self) -> String {
        let body: String = String::from_utf8_lossy(self.body).chars().take(200).collect();
        format!("status {}: {body}", self.status)
    }
}

fn between<'a>(bytes: &'a [u8], start: &str, ends: &[u8]) -> Option<&'a str> {
    let from = bytes.windows(start.len()).position(|window| window == start.as_bytes())? + start.len();
    let length = bytes[from..].iter().position(|byte| ends.contains(byte))?;
    std::str::from_utf8(&bytes[from..from + length]).ok()
}

/// A connection that is kept.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(16 * 1024) })
    }

    /// Sends a request and waits for its whole answer.
    pub async fn exchange(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let end = loop {
            self.read_some().await?;
            if let Some(end) = end_of_head(&self.buffer) {
                break end;
            }
        };
        let head = Head::parse(&self.buffer[..end])?;
        while self.buffer.len() < end + head.body_bytes {
            self.read_some().await?;
        }
        // More than was announced: not a server this client understands.
        let closes = head.closes || self.buffer.len() > end + head.body_bytes;
        let (before, after) = self.buffer.split_at(end);
        Ok(Answer { status: head.status, head: before, body: &after[..head.body_bytes], closes })
    }

    async fn read_some(&mut self) -> Result<()> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

fn end_of_head(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}

struct Head {
    status: u16,
    body_bytes: usize,
    closes: bool,
}

impl Head {
    fn parse(head: &[u8]) -> Result<Self> {
        let malformed = || Error::new(ErrorKind::InvalidData, "an answer without status or length");
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
        Ok(Self { status: u16::try_from(status).map_err(|_| malformed())?, body_bytes, closes })
    }
}
