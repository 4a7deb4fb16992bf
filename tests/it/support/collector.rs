//! Somebody who takes traces: OTLP over HTTP, read with a decoder of its own.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// A collector on loopback.
pub struct Collector {
    pub address: SocketAddr,
    arrived: Receiver<(String, Vec<u8>)>,
}

/// A span as it arrived, its numbers as text.
#[derive(Clone, Debug, Default)]
pub struct Span {
    pub name: String,
    pub trace: String,
    pub id: String,
    pub parent: String,
    pub kind: u64,
    pub begun: u64,
    pub ended: u64,
    pub status: u64,
    pub attributes: BTreeMap<String, String>,
}

/// What arrived until now.
#[derive(Debug, Default)]
pub struct Arrived {
    pub heads: Vec<String>,
    pub resource: BTreeMap<String, String>,
    pub spans: Vec<Span>,
    /// Everything, for looking for what must not be there.
    pub raw: String,
}

impl Collector {
    /// One that answers with these status codes, one after the other, and the last for ever.
    pub fn start(statuses: &'static [u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
        let address = listener.local_addr().expect("it is bound");
        let (sender, arrived) = channel();
        std::thread::spawn(move || {
            let mut statuses = statuses.iter().copied().chain(std::iter::repeat(*statuses.last().expect("a status")));
            while let Ok((stream, _)) = listener.accept() {
                let mut reader = BufReader::new(stream);
                let (mut head, mut length) = (String::new(), 0);
                loop {
                    let mut line = String::new();
                    if reader.read_line(&mut line).unwrap_or(0) <= 2 {
                        break;
                    }
                    if let Some(number) = line.to_lowercase().strip_prefix("content-length: ") {
                        length = number.trim().parse().expect("a number");
                    }
                    head.push_str(&line);
                }
                let mut body = vec![0; length];
                if reader.read_exact(&mut body).is_err() || sender.send((head, body)).is_err() {
                    return;
                }
                let status = statuses.next().expect("it never ends");
                let answer = format!("HTTP/1.1 {status} Status\r\nContent-Length: 0\r\n\r\n");
                let _ = reader.get_mut().write_all(answer.as_bytes());
            }
        });
        Self { address, arrived }
    }

    /// Waits until what arrived is `enough`.
    pub fn wait(&self, enough: impl Fn(&Arrived) -> bool) -> Arrived {
        let until = Instant::now() + Duration::from_secs(20);
        let mut all = Arrived::default();
        while !enough(&all) {
            let left = until.saturating_duration_since(Instant::now());
            let (head, body) = self.arrived.recv_timeout(left).unwrap_or_else(|_| panic!("not enough came: {all:#?}"));
            all.heads.push(head);
            all.raw.push_str(&String::from_utf8_lossy(&body));
            for resource_spans in messages(&body, 1) {
                for resource in messages(&resource_spans, 1) {
                    all.resource.extend(attributes(&resource, 1));
                }
                let scopes = messages(&resource_spans, 2);
                all.spans.extend(scopes.iter().flat_map(|scope| messages(scope, 2)).map(|span| Span::read(&span)));
            }
        }
        all
    }
}

impl Span {
    fn read(message: &[u8]) -> Self {
        let mut span = Self { attributes: attributes(message, 9), ..Self::default() };
        for (field, value) in fields(message) {
            match (field, value) {
                (1, Value::Bytes(bytes)) => span.trace = grantor::secret::hex(&bytes),
                (2, Value::Bytes(bytes)) => span.id = grantor::secret::hex(&bytes),
                (4, Value::Bytes(bytes)) => span.parent = grantor::secret::hex(&bytes),
                (5, Value::Bytes(bytes)) => span.name = String::from_utf8(bytes).expect("text"),
                (6, Value::Number(kind)) => span.kind = kind,
                (7, Value::Number(nanos)) => span.begun = nanos,
                (8, Value::Number(nanos)) => span.ended = nanos,
                (15, Value::Bytes(status)) => {
                    if let Some((3, Value::Number(code))) = fields(&status).into_iter().next() {
                        span.status = code;
                    }
                }
                (9 | 16, _) => {}
                other => panic!("an unknown field of a span: {other:?}"),
            }
        }
        span
    }
}

#[derive(Debug)]
enum Value {
    Number(u64),
    Bytes(Vec<u8>),
}

/// The fields of a message of protocol buffers.
fn fields(mut message: &[u8]) -> Vec<(u64, Value)> {
    let mut fields = Vec::new();
    while !message.is_empty() {
        let tag = varint(&mut message);
        let value = match tag & 7 {
            0 => Value::Number(varint(&mut message)),
            1 => Value::Number(u64::from_le_bytes(take(&mut message, 8).try_into().expect("eight bytes"))),
            2 => {
                let length = usize::try_from(varint(&mut message)).expect("a length");
                Value::Bytes(take(&mut message, length).to_vec())
            }
            5 => Value::Number(u32::from_le_bytes(take(&mut message, 4).try_into().expect("four bytes")).into()),
            wire => panic!("an unknown wire type {wire}"),
        };
        fields.push((tag >> 3, value));
    }
    fields
}

fn varint(message: &mut &[u8]) -> u64 {
    let (mut number, mut shift) = (0, 0);
    loop {
        let byte = take(message, 1)[0];
        number |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte < 0x80 {
            return number;
        }
    }
}

fn take<'a>(message: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (taken, rest) = message.split_at(count);
    *message = rest;
    taken
}

fn messages(message: &[u8], field: u64) -> Vec<Vec<u8>> {
    let bytes = |(number, value)| match value {
        Value::Bytes(bytes) if number == field => Some(bytes),
        _ => None,
    };
    fields(message).into_iter().filter_map(bytes).collect()
}

fn attributes(message: &[u8], field: u64) -> BTreeMap<String, String> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
    let pair = |pair: &Vec<u8>| {
        let value = match fields(&messages(pair, 2)[0]).remove(0) {
            (1, Value::Bytes(bytes)) => text(&bytes),
            (3, Value::Number(number)) => number.to_string(),
            other => panic!("an unknown value: {other:?}"),
        };
        (text(&messages(pair, 1)[0]), value)
    };
    messages(message, field).iter().map(pair).collect()
}
