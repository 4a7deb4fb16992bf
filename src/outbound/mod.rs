//! Requests that we make ourselves: to a client's `jwks_uri`, to where it wants to hear of logouts, and the like.
//!
//! The addresses are written by strangers, so every such request goes through [`Client`], which decides:
//!
//! 1. **Where to.** https; plain http only to this machine, and only when `GRANTOR_OUTBOUND_ALLOW_PRIVATE` is on. The
//!    name is resolved once, [`address`] judges what came out, and the connection is made to an address that was
//!    judged: a name that changes its mind in between (DNS rebinding) changes nothing. What the operator wrote is not
//!    judged ([`Client::for_operator`]).
//! 2. **Whom to believe.** The system's certificate authorities and those of `GRANTOR_OUTBOUND_CA`.
//! 3. **How much.** One request on one connection, 5 seconds in all, a body no longer than the caller wants, few
//!    requests at a time and fewer to one host: others wait for their [`Turn`], which takes nothing from the 5 seconds. No
//!    redirects, no compression, no cookies, no proxies.
//! 4. **In whose way.** Strangers choose addresses that do not answer. What must not wait for them has a client of its own
//!    ([`Client::apart`]).
//!
//! What went wrong is typed ([`OutboundError`]). Its `Display` is fit for strangers: it does not tell a name that does not
//! exist from one that leads into our network. The log has the rest.

pub mod address;
mod authorities;
pub mod jwks;
mod target;

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::config::Outbound;

pub use authorities::UnusableAuthorities;

use address::Reach;
use authorities::Authorities;
use target::Target;

/// Requests of a [`Client`] and its clones that are under way at one time.
const REQUESTS: usize = 32;
/// Those of them to one host.
const REQUESTS_TO_A_HOST: usize = 4;
/// Addresses of one name that are tried.
const ADDRESSES: usize = 3;
/// The longest head of a response, in bytes.
const MAX_HEAD: usize = 16 * 1024;

/// How long a request may take.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Until it is the request's turn.
    pub turn: Duration,
    /// From its turn to the last byte of the answer.
    pub total: Duration,
    /// Until one of the addresses accepts a connection.
    pub connect: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { turn: Duration::from_secs(5), total: Duration::from_secs(5), connect: Duration::from_secs(2) }
    }
}

/// A way out, and there is no other. Cheap to clone; clones share their limits.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    authorities: Arc<Authorities>,
    allowed: Allowed,
    resolver: Resolver,
    patience: Patience,
    all: Arc<Semaphore>,
    /// Of the hosts that somebody asks right now.
    hosts: Mutex<HashMap<String, Weak<Semaphore>>>,
}

/// The right to make one request to one address. Others wait until it is made, or dropped.
pub struct Turn {
    client: Client,
    target: Target,
    _permits: [OwnedSemaphorePermit; 2],
}

/// Which addresses may be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Allowed {
    Public,
    /// Private ones too, and this machine in clear text.
    Private,
    /// Whatever the operator wrote.
    Any,
}

/// Who knows the addresses of a name.
#[derive(Clone, Debug)]
pub enum Resolver {
    /// The operating system.
    System,
    /// A table, for tests.
    Table(HashMap<String, Vec<IpAddr>>),
}

/// An answer. Its status is any but a redirect.
#[derive(Clone, Debug)]
pub struct Response {
    pub status: u16,
    pub body: Vec<u8>,
    headers: HeaderMap,
}

impl Response {
    /// A header's value; `None` too if it is no text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Why there is no answer. `Display` is for whoever gave us the address; `Debug` and the source are for the log.
#[derive(Debug)]
pub enum OutboundError {
    /// No absolute https URL with a host and without user name and password.
    Url,
    /// Nobody was asked: too many other requests were under way.
    Busy,
    /// The name has no address.
    UnknownHost(io::Error),
    /// None of the host's addresses may be reached.
    Forbidden(Vec<IpAddr>),
    /// No address accepted a connection.
    Unreachable(io::Error),
    /// The certificate is not valid for the host, or they and we have no version of TLS in common.
    Tls(io::Error),
    /// It took too long.
    TimedOut,
    /// The answer is a redirect with this status.
    Redirected(u16),
    /// The answer's body is longer than this number of bytes.
    TooLarge(usize),
    /// The answer is compressed, which nobody asked for.
    Compressed,
    /// What came back is no HTTP, or stopped in the middle.
    Http(hyper::Error),
}

impl OutboundError {
    /// Whether the same request may well be answered later, though nobody mends the address or what is behind it.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Busy | Self::UnknownHost(_) | Self::Unreachable(_) | Self::TimedOut | Self::Http(_) => true,
            // rustls says so of what it does not believe; everything else is a connection that broke.
            Self::Tls(error) => error.kind() != io::ErrorKind::InvalidData,
            Self::Url | Self::Forbidden(_) | Self::Redirected(_) | Self::TooLarge(_) | Self::Compressed => false,
        }
    }
}

impl Error for OutboundError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::UnknownHost(source) | Self::Unreachable(source) | Self::Tls(source) => Some(source),
            Self::Http(source) => Some(source),
            _ => None,
        }
    }
}

impl fmt::Display for OutboundError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url => f.write_str("the address is not an https URL with a host and without a user name"),
            Self::Busy => f.write_str("this server makes too many requests at the moment; try again later"),
            // One sentence: which names exist in our network, and what listens there, is not for strangers.
            Self::UnknownHost(_) | Self::Forbidden(_) | Self::Unreachable(_) | Self::TimedOut => {
                f.write_str("the host does not answer at a public address in time")
            }
            Self::Tls(_) => f.write_str("the host's TLS certificate is not valid for it, or TLS failed"),
            Self::Redirected(status) => write!(f, "the answer is a redirect ({status}), which is not followed"),
            Self::TooLarge(limit) => write!(f, "the answer is longer than {limit} bytes"),
            Self::Compressed => f.write_str("the answer is compressed; send it as it is"),
            Self::Http(_) => f.write_str("the answer is not valid HTTP or stops in the middle"),
        }
    }
}

impl Client {
    /// A client that believes the system's authorities and those of the settings.
    pub fn new(settings: &Outbound) -> Result<Self, UnusableAuthorities> {
        Self::with(settings, Resolver::System, Patience::default())
    }

    /// The same with names and limits of the caller's, for tests.
    pub fn with(settings: &Outbound, resolver: Resolver, patience: Patience) -> Result<Self, UnusableAuthorities> {
        Ok(Self(Arc::new(Inner {
            authorities: Arc::new(Authorities::with(settings.ca.as_deref())?),
            allowed: if settings.allow_private { Allowed::Private } else { Allowed::Public },
            resolver,
            patience,
            all: Arc::new(Semaphore::new(REQUESTS)),
            hosts: Mutex::default(),
        })))
    }

    /// The same with limits of its own: neither waits for the other.
    pub fn apart(&self) -> Self {
        Self(Arc::new(Inner {
            authorities: Arc::clone(&self.0.authorities),
            allowed: self.0.allowed,
            resolver: self.0.resolver.clone(),
            patience: self.0.patience,
            all: Arc::new(Semaphore::new(REQUESTS)),
            hosts: Mutex::default(),
        }))
    }

    /// A client for addresses that the operator wrote, wherever they lead.
    pub fn for_operator(settings: &Outbound) -> Result<Self, UnusableAuthorities> {
        let mut client = Self::new(settings)?;
        let inner = Arc::get_mut(&mut client.0).expect("nobody else has it yet");
        inner.allowed = Allowed::Any;
        Ok(client)
    }

    /// Fetches `url`. `accept` is the media type to ask for, `limit` the most bytes of body to take.
    pub async fn get(&self, url: &str, limit: usize, accept: &'static str) -> Result<Response, OutboundError> {
        let turn = self.turn_in_time(url).await?;
        let request = turn.target.request(Method::GET).header(ACCEPT, accept);
        turn.send(request.body(Full::default()).expect("the parts are valid"), limit).await
    }

    /// Posts `body` to `url`, with headers of the caller's. The answer's body is not read.
    pub async fn post(
        &self,
        url: &str,
        headers: &[(String, String)],
        body: Vec<u8>,
    ) -> Result<Response, OutboundError> {
        let turn = self.turn_in_time(url).await?;
        let request = headers.iter().fold(turn.target.request(Method::POST), |request, (name, value)| {
            request.header(name.as_str(), value.as_str())
        });
        turn.send(request.body(Full::from(body)).expect("the settings are checked"), 0).await
    }

    /// Waits for the turn of a request to `url`, however long: first among those to the same host, so that a slow one holds up
    /// nobody else.
    ///
    /// # Errors
    /// [`OutboundError::Url`].
    pub async fn turn(&self, url: &str) -> Result<Turn, OutboundError> {
        const OPEN: &str = "the semaphores are never closed";
        let target = Target::parse(url).ok_or(OutboundError::Url)?;
        let of_host = self.turns(&target.host).acquire_owned().await.expect(OPEN);
        let of_all = Arc::clone(&self.0.all).acquire_owned().await.expect(OPEN);
        Ok(Turn { client: self.clone(), target, _permits: [of_host, of_all] })
    }

    async fn turn_in_time(&self, url: &str) -> Result<Turn, OutboundError> {
        timeout(self.0.patience.turn, self.turn(url)).await.unwrap_or_else(|_| {
            tracing::info!(url, "too many requests of ours are under way, and one was not made");
            Err(OutboundError::Busy)
        })
    }

    async fn exchange(
        &self,
        target: &Target,
        request: Request<Full<Bytes>>,
        limit: usize,
    ) -> Result<Response, OutboundError> {
        let addresses = self.addresses(target).await?;
        let stream = timeout(self.0.patience.connect, connect(&addresses, target.port))
            .await
            .unwrap_or_else(|elapsed| Err(elapsed.into()))
            .map_err(OutboundError::Unreachable)?;
        match &target.tls_name {
            None => talk(stream, request, limit).await,
            Some(name) => {
                let connector = self.0.authorities.connector().await;
                let stream = connector.connect(name.clone(), stream).await.map_err(OutboundError::Tls)?;
                talk(stream, request, limit).await
            }
        }
    }

    fn turns(&self, host: &str) -> Arc<Semaphore> {
        let mut hosts = self.0.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        hosts.retain(|_, turns| turns.strong_count() > 0);
        if let Some(turns) = hosts.get(host).and_then(Weak::upgrade) {
            return turns;
        }
        let turns = Arc::new(Semaphore::new(REQUESTS_TO_A_HOST));
        hosts.insert(host.to_owned(), Arc::downgrade(&turns));
        turns
    }

    /// Those addresses of the host that may be reached; at least one.
    async fn addresses(&self, target: &Target) -> Result<Vec<IpAddr>, OutboundError> {
        let found = match target.address {
            Some(address) => vec![address],
            None => self.0.resolver.addresses(&target.host).await.map_err(OutboundError::UnknownHost)?,
        };
        let may_be_reached = |address: &IpAddr| match Reach::of(*address) {
            _ if self.0.allowed == Allowed::Any => true,
            // Clear text would lose what we send, and believe whoever answers: not beyond this machine.
            _ if target.tls_name.is_none() => self.0.allowed == Allowed::Private && address.is_loopback(),
            Reach::Public => true,
            Reach::Private => self.0.allowed == Allowed::Private,
            Reach::Nowhere => false,
        };
        let allowed: Vec<IpAddr> = found.iter().copied().filter(may_be_reached).take(ADDRESSES).collect();
        if allowed.is_empty() { Err(OutboundError::Forbidden(found)) } else { Ok(allowed) }
    }
}

impl Turn {
    /// Posts a form. The answer's body is not read: nobody who gets our posts has something to say in it.
    pub async fn post_form(self, fields: &[(&str, &str)]) -> Result<Response, OutboundError> {
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.target.request(Method::POST).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Full::from(form)).expect("the parts are valid"), 0).await
    }

    async fn send(self, request: Request<Full<Bytes>>, limit: usize) -> Result<Response, OutboundError> {
        let (client, target) = (&self.client, &self.target);
        let answer = timeout(client.0.patience.total, client.exchange(target, request, limit)).await;
        let answer = answer.unwrap_or(Err(OutboundError::TimedOut));
        if let Err(error) = &answer {
            tracing::info!(host = target.host, port = target.port, ?error, "a request of ours failed");
        }
        answer
    }
}

impl Resolver {
    async fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        match self {
            Self::System => {
                Ok(tokio::net::lookup_host((host, 0)).await?.map(|address: SocketAddr| address.ip()).collect())
            }
            Self::Table(names) => names.get(host).cloned().ok_or_else(|| io::ErrorKind::NotFound.into()),
        }
    }
}

/// A connection to the first address that takes one.
async fn connect(addresses: &[IpAddr], port: u16) -> io::Result<TcpStream> {
    let mut last = io::ErrorKind::NotFound.into();
    for address in addresses {
        match TcpStream::connect(SocketAddr::new(*address, port)).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// One request and its answer. The connection ends with it.
async fn talk(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
    limit: usize,
) -> Result<Response, OutboundError> {
    let is_read = request.method() == Method::GET;
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(MAX_HEAD)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(OutboundError::Http)?;
    // A task of its own, which ends when this function does, however it ends.
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let (head, body) = sender.send_request(request).await.map_err(OutboundError::Http)?.into_parts();
    if head.status.is_redirection() {
        return Err(OutboundError::Redirected(head.status.as_u16()));
    }
    let body = if is_read { read(&head.headers, body, limit).await? } else { Vec::new() };
    Ok(Response { status: head.status.as_u16(), body, headers: head.headers })
}

async fn read(headers: &HeaderMap, mut body: Incoming, limit: usize) -> Result<Vec<u8>, OutboundError> {
    if headers.get(CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
        return Err(OutboundError::Compressed);
    }
    let mut read = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(OutboundError::Http)?;
        let Some(data) = frame.data_ref() else { continue };
        if read.len() + data.len() > limit {
            return Err(OutboundError::TooLarge(limit));
        }
        read.extend_from_slice(data);
    }
    Ok(read)
}
