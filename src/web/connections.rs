//! The life of connections, where actix does not end it.
//!
//! actix waits so long for a connection's first request, and so long for the next one after an answer. Who sends one byte more,
//! or announces a body and sends none, is under neither; over HTTP/2 who answers pings stays for ever, and an answer waits for
//! as long as its client leaves the window shut. So every connection is known here, with a duplicate of its socket by which it
//! can be shut down from outside:
//!
//! 1. **Nobody stays for nothing.** Without a request under way, and without an answer that is being sent, a connection ends
//!    after [`IDLE`].
//! 2. **Nobody lets answers lie.** A connection ends when no piece of one of its answers was taken for [`UNREAD`], and with
//!    [`MOST_UNREAD`] of them it gets no more.
//! 3. **Nobody has them all.** One address, or a /64 of IPv6, has a quarter of a listener's connections at most, or where there are
//!    few, up to [`SHARE`] and three quarters, unless it is a trusted proxy's. TLS handshakes come before that; they have three seconds each.
//!
//! A request that is being worked on is in nobody's way here: how long one may take to send its body is said where it is read.

use std::any::Any;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::{IpAddr, Ipv4Addr, Shutdown};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Extensions, ServiceRequest, ServiceResponse};
use actix_web::http::header::RETRY_AFTER;
use actix_web::middleware::Next;
use actix_web::rt::net::TcpStream;
use actix_web::web::Bytes;
use actix_web::{Error, HttpResponse};
use socket2::{SockRef, Socket};

use crate::throttle::network;
use crate::web::state::{App, State};

/// How often connections are looked at.
const INTERVAL: Duration = Duration::from_secs(5);
/// How long a connection may stay without a request; longer than actix's own wait for the next one.
const IDLE: Duration = Duration::from_secs(90);
/// How long an answer may lie without a piece of it being taken.
const UNREAD: Duration = Duration::from_secs(60);
/// The same while more than [`MANY`] are to be sent, since each is memory.
const UNREAD_OF_MANY: Duration = Duration::from_secs(10);
const MANY: usize = 8_192;
/// Answers to be sent on one connection. Requests that are being worked on do not count: clients may send many at once, and
/// those who read have few answers lying.
const MOST_UNREAD: usize = 512;
/// Connections that one address may have where a quarter of all would be fewer: an office, or a balancer, may be one address.
const SHARE: usize = 512;
/// How often the log tells of an address that has its share.
const TELLING: Duration = Duration::from_secs(60);
/// Bytes of an answer that are handed out at once, so that who reads slowly is seen to read.
const PIECE: usize = 16 * 1024;

/// What connections come in by.
#[derive(Clone, Copy, Debug)]
pub struct Listener {
    /// Shares are counted for each by itself.
    pub name: &'static str,
    /// How many connections it holds.
    pub most: usize,
}

/// The open connections of all listeners.
#[derive(Debug, Default)]
pub struct Connections(Mutex<Open>);

#[derive(Debug, Default)]
struct Open {
    last_id: u64,
    all: HashMap<u64, Arc<Connection>>,
    /// How many of them come from each place.
    shares: HashMap<Place, usize>,
    /// When the log told of a refusal.
    told_at: Option<Instant>,
}

/// The listener and the network.
type Place = (&'static str, IpAddr);

#[derive(Debug)]
struct Connection {
    /// A duplicate: another thread owns the one that is served.
    socket: Socket,
    traffic: Mutex<Traffic>,
}

#[derive(Debug)]
struct Traffic {
    /// Requests that are being worked on.
    requests: usize,
    /// Answers that are being sent, and when the last piece of each was taken.
    answers: Vec<(u64, Instant)>,
    last_answer: u64,
    /// Since when there has been neither.
    idle_since: Instant,
}

/// What a connection has in its data: it is open for as long as this lives.
struct Opened {
    app: State,
    id: u64,
    place: Place,
    connection: Arc<Connection>,
}

/// The same where it was shut down as it came: a request that was received by then is not worked on.
struct Refused;

/// A request, and then its answer until it is sent.
struct Exchange {
    connection: Arc<Connection>,
    answer: Option<u64>,
}

/// The body of an answer that is being sent.
struct Sending {
    body: BoxBody,
    /// What was not handed out of the body's last chunk.
    rest: Bytes,
    exchange: Option<Exchange>,
}

/// Takes note of a connection for as long as it is open; shuts it down when its address has its share already.
pub fn open(app: &State, listener: Listener, io: &dyn Any, data: &mut Extensions) {
    let plain = io.downcast_ref::<TcpStream>();
    let secured = io.downcast_ref::<TlsStream<TcpStream>>().map(|stream| stream.get_ref().0);
    let stream = SockRef::from(plain.or(secured).expect("listeners speak http or https"));
    let address = peer(&stream);
    let is_limited = app.policies().rate_limits && !app.config.trusted_proxies.trusts(address);
    let most = if is_limited { share(listener.most) } else { usize::MAX };
    let place = (listener.name, network(address));
    let opened = match stream.try_clone() {
        Ok(socket) => app.connections.insert(place, most, socket).ok_or("address"),
        Err(_) => Err("descriptors"),
    };
    match opened {
        Ok((id, connection)) => {
            app.metrics.connections.increment();
            data.insert(Opened { app: app.clone(), id, place, connection });
        }
        Err(reason) => {
            if app.connections.is_to_be_told(Instant::now()) {
                tracing::warn!(
                    %address,
                    reason,
                    "a connection was refused; where many come through one address, it belongs in GRANTOR_TRUSTED_PROXIES"
                );
            }
            shut_down(app, &stream, reason);
            data.insert(Refused);
        }
    }
}

/// How many of `all` connections one address may have.
fn share(all: usize) -> usize {
    all.div_ceil(4).max(SHARE.min(all * 3 / 4))
}

/// The address at the other end; that of nobody when it is gone already.
fn peer(stream: &Socket) -> IpAddr {
    let peer = stream.peer_addr().ok().and_then(|peer| peer.as_socket());
    peer.map_or(Ipv4Addr::UNSPECIFIED.into(), |peer| peer.ip())
}

/// Follows a request until its answer is sent; refuses it where too many lie already.
pub async fn follow(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    // A request that did not come by a listener has no connection.
    let opened = request.conn_data::<Opened>();
    let full = opened.filter(|opened| opened.connection.is_full());
    if let Some(opened) = full {
        opened.app.metrics.refusals.increment(["unread"]);
    }
    if full.is_some() || request.conn_data::<Refused>().is_some() {
        // Without a body, or it would lie with the others.
        let refusal = HttpResponse::ServiceUnavailable().insert_header((RETRY_AFTER, "1")).finish();
        let refused: ServiceResponse = request.into_response(refusal);
        return Ok(sending(refused, None));
    }
    let mut exchange = opened.map(|opened| Exchange::begin(&opened.connection));
    let response = next.call(request).await?;
    if let Some(exchange) = &mut exchange {
        exchange.answer();
    }
    Ok(sending(response, exchange))
}

fn sending(
    response: ServiceResponse<impl MessageBody + 'static>,
    exchange: Option<Exchange>,
) -> ServiceResponse<Sending> {
    response.map_body(|_, body| Sending { body: body.boxed(), rest: Bytes::new(), exchange })
}

/// Shuts down what stays for nothing, for as long as the server runs.
pub async fn look_after(app: State) {
    loop {
        tokio::time::sleep(INTERVAL).await;
        close_stale(&app, Instant::now());
    }
}

/// Shuts down what stays for nothing as of `now`.
pub fn close_stale(app: &App, now: Instant) {
    let open: Vec<_> = app.connections.open().all.values().cloned().collect();
    let unread: usize = open.iter().map(|connection| connection.traffic().answers.len()).sum();
    let patience = if unread > MANY { UNREAD_OF_MANY } else { UNREAD };
    for connection in open {
        let fault = connection.traffic().fault(now, patience);
        if let Some(reason) = fault {
            shut_down(app, &connection.socket, reason);
        }
    }
}

/// Whoever serves it sees its end, and closes it.
fn shut_down(app: &App, socket: &Socket, reason: &'static str) {
    app.metrics.connections_closed.increment([reason]);
    // It may have ended by itself.
    let _ = socket.shutdown(Shutdown::Both);
}

impl Connections {
    /// Whether a request is being worked on, or an answer being sent.
    pub fn are_busy(&self) -> bool {
        self.open().all.values().any(|connection| !connection.traffic().is_idle())
    }

    /// Keeps a connection and gives its id, unless `most` come from its place already.
    fn insert(&self, place: Place, most: usize, socket: Socket) -> Option<(u64, Arc<Connection>)> {
        let traffic = Traffic { requests: 0, answers: Vec::new(), last_answer: 0, idle_since: Instant::now() };
        let connection = Arc::new(Connection { socket, traffic: Mutex::new(traffic) });
        let mut open = self.open();
        let share = open.shares.entry(place).or_insert(0);
        if *share >= most {
            return None;
        }
        *share += 1;
        open.last_id += 1;
        let id = open.last_id;
        open.all.insert(id, Arc::clone(&connection));
        Some((id, connection))
    }

    /// Whether the log has not told of a refusal for a while.
    fn is_to_be_told(&self, now: Instant) -> bool {
        let mut open = self.open();
        let is_due = open.told_at.is_none_or(|told_at| now.duration_since(told_at) > TELLING);
        if is_due {
            open.told_at = Some(now);
        }
        is_due
    }

    fn remove(&self, id: u64, place: Place) {
        let mut open = self.open();
        open.all.remove(&id);
        if let Entry::Occupied(mut share) = open.shares.entry(place) {
            *share.get_mut() -= 1;
            if *share.get() == 0 {
                share.remove();
            }
        }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        self.app.metrics.connections.decrement();
        self.app.connections.remove(self.id, self.place);
    }
}

impl Connection {
    fn is_full(&self) -> bool {
        self.traffic().answers.len() >= MOST_UNREAD
    }

    fn traffic(&self) -> MutexGuard<'_, Traffic> {
        self.traffic.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Traffic {
    fn is_idle(&self) -> bool {
        self.requests == 0 && self.answers.is_empty()
    }

    /// Why the connection is to end, if it is.
    fn fault(&self, now: Instant, patience: Duration) -> Option<&'static str> {
        let has_passed = |since: Instant, time: Duration| now.saturating_duration_since(since) > time;
        if self.answers.iter().any(|(_, taken)| has_passed(*taken, patience)) {
            Some("unread")
        } else if self.is_idle() && has_passed(self.idle_since, IDLE) {
            Some("idle")
        } else {
            None
        }
    }
}

impl Exchange {
    fn begin(connection: &Arc<Connection>) -> Self {
        connection.traffic().requests += 1;
        Self { connection: Arc::clone(connection), answer: None }
    }

    /// From now on it is an answer that is being sent.
    fn answer(&mut self) {
        let mut traffic = self.connection.traffic();
        traffic.requests -= 1;
        traffic.last_answer += 1;
        let number = traffic.last_answer;
        traffic.answers.push((number, Instant::now()));
        self.answer = Some(number);
    }

    /// A piece of the answer is taken.
    fn progress(&self) {
        let mut traffic = self.connection.traffic();
        if let Some((_, taken)) = traffic.answers.iter_mut().find(|(number, _)| Some(*number) == self.answer) {
            *taken = Instant::now();
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let mut traffic = self.connection.traffic();
        match self.answer {
            None => traffic.requests -= 1,
            Some(own) => traffic.answers.retain(|(number, _)| *number != own),
        }
        traffic.idle_since = Instant::now();
    }
}

impl MessageBody for Sending {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.get_mut();
        if let Some(exchange) = &this.exchange {
            exchange.progress();
        }
        if this.rest.is_empty() {
            match ready!(Pin::new(&mut this.body).poll_next(context)) {
                Some(Ok(chunk)) => this.rest = chunk,
                end => return Poll::Ready(end),
            }
        }
        let piece = this.rest.split_to(this.rest.len().min(PIECE));
        Poll::Ready(Some(Ok(piece)))
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use socket2::{Domain, Type};

    use super::*;

    fn socket() -> Socket {
        Socket::new(Domain::IPV4, Type::STREAM, None).unwrap()
    }

    fn connection() -> Arc<Connection> {
        let place = ("main", Ipv4Addr::LOCALHOST.into());
        Connections::default().insert(place, 1, socket()).unwrap().1
    }

    fn fault_after(connection: &Connection, seconds: u64) -> Option<&'static str> {
        connection.traffic().fault(Instant::now() + Duration::from_secs(seconds), UNREAD)
    }

    #[test]
    fn an_address_has_a_quarter_or_where_there_are_few_more() {
        assert_eq!([8_192, 1_536, 384, 100].map(share), [2_048, 512, 288, 75]);
    }

    #[test]
    fn refusals_are_told_of_once_a_minute() {
        let (connections, now) = (Connections::default(), Instant::now());
        let told = [0, 59, 61, 62].map(|seconds| connections.is_to_be_told(now + Duration::from_secs(seconds)));
        assert_eq!(told, [true, false, true, false]);
    }

    #[test]
    fn a_place_has_so_many_and_gives_them_back() {
        let connections = Connections::default();
        let place = |address: &str| ("main", network(address.parse().unwrap()));
        let insert = |place| connections.insert(place, 2, socket()).map(|(id, _)| id);
        let (first, second) = (insert(place("2001:db8:0:1::1")).unwrap(), insert(place("2001:db8:0:1:ff::2")).unwrap());
        assert_eq!(insert(place("2001:db8:0:1::3")), None);
        assert!(insert(place("2001:db8:0:2::1")).is_some(), "another network has its own");
        assert!(insert(("redirect", place("2001:db8:0:1::1").1)).is_some(), "and so has another listener");
        connections.remove(first, place("2001:db8:0:1::1"));
        assert!(insert(place("2001:db8:0:1::4")).is_some());
        connections.remove(second, place("2001:db8:0:1::2"));
        assert_eq!(connections.open().shares[&place("2001:db8:0:1::5")], 1);
    }

    #[test]
    fn what_is_worked_on_stays_and_what_lies_does_not() {
        let connection = connection();
        assert_eq!((fault_after(&connection, 85), fault_after(&connection, 95)), (None, Some("idle")));
        let working = Exchange::begin(&connection);
        assert_eq!(fault_after(&connection, 3_600), None);
        let mut answered = Exchange::begin(&connection);
        answered.answer();
        assert_eq!((fault_after(&connection, 55), fault_after(&connection, 65)), (None, Some("unread")));
        // That another one is taken does not help it.
        let mut other = Exchange::begin(&connection);
        other.answer();
        connection.traffic().answers[0].1 -= Duration::from_secs(30);
        other.progress();
        assert_eq!(fault_after(&connection, 35), Some("unread"));
        answered.progress();
        assert_eq!(fault_after(&connection, 35), None);
        drop((working, answered, other));
        assert!(connection.traffic().is_idle());
        assert_eq!((fault_after(&connection, 85), fault_after(&connection, 95)), (None, Some("idle")));
    }

    #[actix_web::test]
    async fn a_body_is_handed_out_in_pieces_and_is_an_answer_until_its_end() {
        let connection = connection();
        let mut exchange = Exchange::begin(&connection);
        exchange.answer();
        let body = BoxBody::new(Bytes::from(vec![7; 2 * PIECE + 1]));
        let mut sending = Sending { body, rest: Bytes::new(), exchange: Some(exchange) };
        let mut pieces = Vec::new();
        while let Some(piece) = poll_fn(|context| Pin::new(&mut sending).poll_next(context)).await {
            assert!(!connection.traffic().is_idle());
            pieces.push(piece.unwrap().len());
        }
        assert_eq!(pieces, [PIECE, PIECE, 1]);
        drop(sending);
        assert!(connection.traffic().is_idle());
    }
}
