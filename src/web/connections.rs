//! The life of connections, where actix does not end it.
//!
//! actix waits so long for a connection's first request, and so long for the next one after an answer. Who sends one byte more,
//! or announces a body and sends none, is under neither; over HTTP/2 who answers pings stays for ever, and an answer waits for
//! as long as its client leaves the window shut. So every connection is known here, with a duplicate of its socket by which it
//! can be shut down from outside:
//!
//! 1. **Nobody stays for nothing.** Without a request under way, and without an answer that is being sent, a connection ends
//!    after [`IDLE`], and after [`IDLE_OF_HTTP_2`] where that is spoken.
//! 2. **Nobody lets answers lie.** A connection ends when no piece of one of its answers was taken for [`UNREAD`], and with
//!    [`MOST_UNREAD`] of them it gets refusals only: some that say why, then such that are no more than a head. Not so that of a
//!    trusted proxy: many share it, and one of them who takes nothing must not cut off the others.
//! 3. **Nobody has them all.** One address, or a /64 of IPv6, has as many of each listener's connections as the policy
//!    `limits.connections` says, unless it is a trusted proxy's. Where that says nothing it is a quarter of them, or where there
//!    are few, up to [`SHARE`] and three quarters. TLS handshakes come before that; they have three seconds each.
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
use actix_web::error::InternalError;
use actix_web::http::Version;
use actix_web::http::header::RETRY_AFTER;
use actix_web::middleware::Next;
use actix_web::rt::net::TcpStream;
use actix_web::web::Bytes;
use actix_web::{Error, HttpMessage, HttpResponse};
use socket2::{SockRef, Socket};

use crate::secret::random_id;
use crate::throttle::network;
use crate::web::error::RETRY_SECONDS;
use crate::web::request_id;
use crate::web::state::{App, State};

/// How often connections are looked at.
const INTERVAL: Duration = Duration::from_secs(5);
/// How long a connection may stay without a request; longer than actix's own wait for the next one.
const IDLE: Duration = Duration::from_secs(90);
/// The same over HTTP/2, where nothing else ends it. Browsers keep such a connection for up to five minutes, and whoever sends a
/// request while it is shut down loses that: no GOAWAY comes before.
const IDLE_OF_HTTP_2: Duration = Duration::from_secs(330);
/// How long an answer may lie without a piece of it being taken.
const UNREAD: Duration = Duration::from_secs(60);
/// The same while more than [`MANY`] are to be sent, since each is memory.
const UNREAD_OF_MANY: Duration = Duration::from_secs(10);
const MANY: usize = 8_192;
/// Answers to be sent on one connection. Requests that are being worked on do not count: clients may send many at once, and
/// those who read have few answers lying.
const MOST_UNREAD: usize = 512;
/// Refusals that may lie beyond these: who reads, and asked for too much at once, is told why.
const MOST_REFUSALS: usize = 64;
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
    /// Whether it comes from a trusted proxy, and may carry the requests of many.
    is_shared: bool,
    traffic: Mutex<Traffic>,
}

#[derive(Debug)]
struct Traffic {
    /// Requests that are being worked on.
    requests: usize,
    /// Answers that are being sent, and when the last piece of each was taken.
    answers: Vec<(u64, Instant)>,
    last_answer: u64,
    /// Since when there has been neither, and how long that may last.
    idle_since: Instant,
    may_idle: Duration,
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

/// Why that was.
#[derive(Clone, Copy)]
enum Refusal {
    Address,
    Descriptors,
}

/// What a request has in its extensions when too many answers lie on its connection.
struct Full;

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
    let (policies, is_shared) = (app.policies(), app.config.trusted_proxies.trusts(address));
    let most = match policies.limits.connections {
        _ if is_shared || !policies.rate_limits => usize::MAX,
        Some(most) => usize::try_from(most).unwrap_or(usize::MAX),
        None => share(listener.most),
    };
    let place = (listener.name, network(address));
    let opened = match stream.try_clone() {
        Ok(socket) => app.connections.insert(place, most, is_shared, socket).ok_or(Refusal::Address),
        Err(_) => Err(Refusal::Descriptors),
    };
    match opened {
        Ok((id, connection)) => {
            app.metrics.connections.increment();
            data.insert(Opened { app: app.clone(), id, place, connection });
        }
        Err(refusal) => {
            let reason = refusal.reason();
            if app.connections.is_to_be_told(Instant::now()) {
                tracing::warn!(%address, reason, "a connection was refused: {}", refusal.in_words());
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

/// Follows a request until its answer is sent. Where too many lie already, [`is_full`] says so, or it is refused here.
pub async fn follow(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    // A request that did not come by a listener has no connection.
    let opened = request.conn_data::<Opened>();
    let unread = opened.map_or(0, |opened| opened.connection.unread());
    if unread >= MOST_UNREAD + MOST_REFUSALS || request.conn_data::<Refused>().is_some() {
        if let Some(opened) = opened {
            opened.app.metrics.refusals.increment(["unread"]);
        }
        // Without a body, or it would lie with the others; and with no more than it needs, since nobody reads it.
        let refusal = HttpResponse::ServiceUnavailable()
            .insert_header((RETRY_AFTER, RETRY_SECONDS.to_string()))
            .insert_header((request_id::HEADER, random_id()))
            .finish();
        let refused: ServiceResponse = request.into_response(refusal);
        return Ok(refused.map_body(|_, body| Sending::of(body, None)));
    }
    if unread >= MOST_UNREAD {
        request.extensions_mut().insert(Full);
    }
    let exchange = opened.map(|opened| Exchange::begin(&opened.connection, request.version()));
    match next.call(request).await {
        Ok(response) => Ok(response.map_body(|_, body| Sending::of(body, exchange))),
        // What a middleware refuses is an answer all the same, and may lie like any other.
        Err(cause) => {
            let response = cause.error_response().map_body(|_, body| Sending::of(body, exchange).boxed());
            Err(InternalError::from_response(cause, response).into())
        }
    }
}

/// Whether a request came by a connection on which too many answers lie.
pub fn is_full(request: &ServiceRequest) -> bool {
    request.extensions().get::<Full>().is_some()
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
    let unread: usize = open.iter().map(|connection| connection.unread()).sum();
    let patience = if unread > MANY { UNREAD_OF_MANY } else { UNREAD };
    for connection in open {
        if let Some(reason) = connection.fault(now, patience) {
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

impl Refusal {
    /// What the metrics call it.
    fn reason(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Descriptors => "descriptors",
        }
    }

    /// For the operator: what it means, and what to do where it is no attack.
    fn in_words(self) -> &'static str {
        match self {
            // Such a balancer passes on what clients write: trusted, it would let each of them choose its address.
            Self::Address => {
                "its address has as many as it may; an HTTP proxy that writes X-Forwarded-For or Forwarded itself belongs \
                 in GRANTOR_TRUSTED_PROXIES, a balancer of TCP connections never does: raise \
                 GRANTOR_LIMIT_CONNECTIONS for it"
            }
            Self::Descriptors => "no file descriptor was left for it; raise the limit of open files",
        }
    }
}

impl Connections {
    /// Whether a request is being worked on, or an answer being sent.
    pub fn are_busy(&self) -> bool {
        self.open().all.values().any(|connection| !connection.traffic().is_idle())
    }

    /// Keeps a connection and gives its id, unless `most` come from its place already.
    fn insert(&self, place: Place, most: usize, is_shared: bool, socket: Socket) -> Option<(u64, Arc<Connection>)> {
        let traffic = Traffic::default();
        let connection = Arc::new(Connection { socket, is_shared, traffic: Mutex::new(traffic) });
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
    fn traffic(&self) -> MutexGuard<'_, Traffic> {
        self.traffic.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many answers lie on it, as far as that is held against whoever uses it.
    fn unread(&self) -> usize {
        if self.is_shared { 0 } else { self.traffic().answers.len() }
    }

    /// Why it is to end, if it is; one that many share does not for an answer that nobody takes.
    fn fault(&self, now: Instant, patience: Duration) -> Option<&'static str> {
        let patience = if self.is_shared { Duration::MAX } else { patience };
        self.traffic().fault(now, patience)
    }
}

impl Default for Traffic {
    fn default() -> Self {
        Self { requests: 0, answers: Vec::new(), last_answer: 0, idle_since: Instant::now(), may_idle: IDLE }
    }
}

impl Traffic {
    fn is_idle(&self) -> bool {
        self.requests == 0 && self.answers.is_empty()
    }

    /// Why the connection is to end, if it is, where an answer may lie for `patience`.
    fn fault(&self, now: Instant, patience: Duration) -> Option<&'static str> {
        let has_passed = |since: Instant, time: Duration| now.saturating_duration_since(since) > time;
        if self.answers.iter().any(|(_, taken)| has_passed(*taken, patience)) {
            Some("unread")
        } else if self.is_idle() && has_passed(self.idle_since, self.may_idle) {
            Some("idle")
        } else {
            None
        }
    }
}

impl Exchange {
    fn begin(connection: &Arc<Connection>, version: Version) -> Self {
        let mut traffic = connection.traffic();
        traffic.requests += 1;
        traffic.may_idle = if version == Version::HTTP_2 { IDLE_OF_HTTP_2 } else { IDLE };
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

impl Sending {
    /// The body of an exchange that is an answer from now on.
    fn of(body: impl MessageBody + 'static, mut exchange: Option<Exchange>) -> Self {
        if let Some(exchange) = &mut exchange {
            exchange.answer();
        }
        Self { body: body.boxed(), rest: Bytes::new(), exchange }
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

    fn connection(is_shared: bool) -> Arc<Connection> {
        let place = ("main", Ipv4Addr::LOCALHOST.into());
        Connections::default().insert(place, 1, is_shared, socket()).unwrap().1
    }

    fn begin(connection: &Arc<Connection>) -> Exchange {
        Exchange::begin(connection, Version::HTTP_11)
    }

    fn fault_after(connection: &Connection, seconds: u64) -> Option<&'static str> {
        connection.fault(Instant::now() + Duration::from_secs(seconds), UNREAD)
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
    fn what_is_told_of_a_refusal_fits_its_reason() {
        let [address, descriptors] = [Refusal::Address, Refusal::Descriptors].map(Refusal::in_words);
        assert!(address.contains("a balancer of TCP connections never does"), "{address}");
        assert!(address.contains("raise GRANTOR_LIMIT_CONNECTIONS"), "{address}");
        assert!(descriptors.contains("open files") && !descriptors.contains("GRANTOR_"), "{descriptors}");
    }

    #[test]
    fn a_place_has_so_many_and_gives_them_back() {
        let connections = Connections::default();
        let place = |address: &str| ("main", network(address.parse().unwrap()));
        let insert = |place| connections.insert(place, 2, false, socket()).map(|(id, _)| id);
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
        let connection = connection(false);
        assert_eq!((fault_after(&connection, 85), fault_after(&connection, 95)), (None, Some("idle")));
        let working = begin(&connection);
        assert_eq!(fault_after(&connection, 3_600), None);
        let mut answered = begin(&connection);
        answered.answer();
        assert_eq!((fault_after(&connection, 55), fault_after(&connection, 65)), (None, Some("unread")));
        // That another one is taken does not help it.
        let mut other = begin(&connection);
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

    #[test]
    fn what_many_share_ends_when_it_is_idle_and_not_for_one_who_takes_nothing() {
        let connection = connection(true);
        let mut lying = begin(&connection);
        lying.answer();
        assert_eq!((connection.unread(), fault_after(&connection, 365 * 24 * 3_600)), (0, None));
        drop(lying);
        assert_eq!((fault_after(&connection, 85), fault_after(&connection, 95)), (None, Some("idle")));
    }

    #[test]
    fn over_http_2_a_connection_may_idle_for_longer() {
        let connection = connection(false);
        drop(Exchange::begin(&connection, Version::HTTP_2));
        assert_eq!((fault_after(&connection, 325), fault_after(&connection, 335)), (None, Some("idle")));
    }

    #[actix_web::test]
    async fn a_body_is_handed_out_in_pieces_and_is_an_answer_until_its_end() {
        let connection = connection(false);
        let mut sending = Sending::of(Bytes::from(vec![7; 2 * PIECE + 1]), Some(begin(&connection)));
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
