//! What all handlers share: configuration, store, clock, keys, and what is derived from the server's secret.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::web::Data;
use arc_swap::{ArcSwap, ArcSwapOption};
use serde::Serialize;

use crate::clock::{Clock, Seconds, Timestamp};
use crate::config::Config;
use crate::config::secret_key::SecretKey;
use crate::config::trusted_proxies::ForwardedHeaders;
use crate::domain::branding::Branding;
use crate::domain::policies::Policies;
use crate::domain::signing_key::{Algorithm, SigningKey};
use crate::domain::subject::SubjectKey;
use crate::jobs::SecretUses;
use crate::jobs::logout::{Courier, Messenger};
use crate::jobs::readers::Readers;
use crate::jobs::request_log::RequestLog;
use crate::jobs::statistics::Statistics;
use crate::jobs::traces::Traces;
use crate::jobs::traffic::Traffic;
use crate::keys::sealed::{self, SealingKey};
use crate::keys::{KeyError, KeyRing};
use crate::mail::{Mailer, UnusableServer};
use crate::management::audit_chain::{self, ChainKey};
use crate::metrics::Metrics;
use crate::outbound::jwks::KeySets;
use crate::outbound::{self, UnusableAuthorities};
use crate::password_rules::{self, PasswordRules};
use crate::store::refreshes::RefreshRules;
use crate::store::{Store, StoreError, signing_keys};
use crate::throttle::{self, Throttle};
use crate::web::account::password_strength::MOST_QUESTIONS;
use crate::web::connections::Connections;
use crate::web::limits::InFlight;
use crate::web::oauth::metadata::Document;
use crate::web::passwords::Passwords;
use crate::web::settings::Settings;
use crate::web::stopping::Stopping;
use crate::web::untrusted_proxy::UntrustedProxy;

/// The window of registrations, and that of requests.
const HOUR: Seconds = 60 * 60;
const MINUTE: Seconds = 60;
/// The window of requests that are stored for strangers: who shares an address with one who asks for many waits no longer.
const STORED_WINDOW: Seconds = 3 * MINUTE;
/// Letters that an account's owner may send to an address of their choice in an hour, and those that tell them of a browser.
const LETTERS: u32 = 5;
/// Changes that an account's owner may make to their profile in an hour, and a client to its registration.
const CHANGES: u32 = 60;
/// User codes that a browser may get wrong in a window.
const USER_CODES: u32 = 5;

/// The application; handlers take it as [`State`].
pub struct App {
    pub config: Config,
    pub store: Store,
    pub clock: Clock,
    pub throttle: Throttle,
    /// Counts wrong client secrets: they cost no hash, so they must not push out what is counted of passwords.
    pub client_failures: Throttle,
    /// Counts the clients that strangers register, by address.
    pub registrations: Throttle,
    /// Counts the changes that clients make to their registration, by client.
    pub registration_updates: Throttle,
    /// Counts the device codes that a client asks for, by client and address.
    pub devices: Throttle,
    /// Counts the user codes that a browser guesses.
    pub user_codes: Throttle,
    /// Counts authorization and logout requests that are stored for strangers, by address.
    pub stored_requests: Throttle,
    /// Counts requests that are being answered, by address.
    pub in_flight: InFlight,
    /// Whose address many may share.
    pub untrusted_proxy: UntrustedProxy,
    /// Counts requests by address, and by client.
    pub requests: Throttle,
    pub client_requests: Throttle,
    /// Counts questions for the strength of a password, by address.
    pub password_checks: Throttle,
    /// Counts the letters that people send from their own pages or cause by signing in, by account.
    pub letters: Throttle,
    /// Counts what people change of themselves, by account: each leaves an entry in the audit log.
    pub profiles: Throttle,
    pub passwords: Passwords,
    pub metrics: Metrics,
    /// Who is connected.
    pub connections: Connections,
    /// When the settings name a collector.
    pub traces: Option<Traces>,
    /// The way out to what clients publish, and another to what those do that registered themselves.
    pub outbound: outbound::Client,
    pub strangers: outbound::Client,
    /// Keys of clients that publish them, likewise.
    pub client_keys: KeySets,
    pub strangers_keys: KeySets,
    /// When which client secret was last used, until it is written.
    pub uses: SecretUses,
    /// Who fetched the key set.
    pub readers: Readers,
    /// What became of requests, until it is written.
    pub request_log: RequestLog,
    /// What clients make use of, until it is written.
    pub traffic: Traffic,
    /// What was counted, until it is added to the sums of hours and days.
    pub statistics: Statistics,
    /// Tells clients of sessions that ended.
    pub courier: Courier,
    pub messenger: Messenger,
    /// The way to the mail server, when the settings name one, and who wakes whom sends.
    pub mailer: Option<Mailer>,
    pub post: Courier,
    /// Authenticates CSRF tokens.
    pub csrf_key: [u8; 32],
    /// Authenticates what the browser cookie says.
    pub browser_key: [u8; 32],
    /// The metadata document, until something in it changes.
    pub metadata: ArcSwapOption<Document>,
    /// What clients call users and sessions.
    pub subjects: SubjectKey,
    /// Seals private signing keys.
    pub sealing_key: SealingKey,
    /// Chains the audit log.
    pub chain_key: ChainKey,
    /// What the playground's secrets and verifiers are computed with.
    pub playground_key: [u8; 32],
    session_key: [u8; 32],
    successor_key: [u8; 32],
    keys: ArcSwap<Keys>,
    settings: ArcSwap<Settings>,
    /// Held by who reads the settings anew.
    settling: tokio::sync::Mutex<()>,
    started_at: Timestamp,
    /// Whether, and how, the server is about to stop.
    pub stopping: Stopping,
}

/// The key ring, and the rows that it was made of.
struct Keys {
    rows: Vec<(SigningKey, Vec<u8>)>,
    ring: Arc<KeyRing>,
}

impl Keys {
    fn open(rows: Vec<(SigningKey, Vec<u8>)>, sealing_key: &SealingKey) -> Result<Self, KeyError> {
        let ring = Arc::new(KeyRing::build(rows.clone(), sealing_key)?);
        Ok(Self { rows, ring })
    }
}

/// The application, as handlers take it.
pub type State = Data<App>;

/// A token could not be signed; the log says why.
#[derive(Clone, Copy, Debug)]
pub struct Unsigned;

/// Why the application could not be put together.
#[derive(Debug)]
pub enum StartError {
    Store(StoreError),
    Keys(KeyError),
    Authorities(UnusableAuthorities),
    BreachedPasswords(password_rules::Unusable),
    MailServer(UnusableServer),
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Store(error) => error.fmt(f),
            Self::Keys(error) => error.fmt(f),
            Self::Authorities(error) => error.fmt(f),
            Self::BreachedPasswords(error) => error.fmt(f),
            Self::MailServer(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for StartError {}

impl From<StoreError> for StartError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<KeyError> for StartError {
    fn from(error: KeyError) -> Self {
        Self::Keys(error)
    }
}

impl From<UnusableAuthorities> for StartError {
    fn from(error: UnusableAuthorities) -> Self {
        Self::Authorities(error)
    }
}

impl From<UnusableServer> for StartError {
    fn from(error: UnusableServer) -> Self {
        Self::MailServer(error)
    }
}

impl From<password_rules::Unusable> for StartError {
    fn from(error: password_rules::Unusable) -> Self {
        Self::BreachedPasswords(error)
    }
}

impl App {
    /// Puts the application together and reads its keys.
    pub async fn new(config: Config, secret: &SecretKey, store: Store, clock: Clock) -> Result<Self, StartError> {
        let sealing_key = SealingKey::new(&secret.derive(sealed::PURPOSE));
        // The metadata are published even when the database fails before anybody asked for them.
        let catalog = store.catalog().await?;
        let keys = Keys::open(store.read::<_, StoreError, _>(signing_keys::list).await?, &sealing_key)?;
        let outbound = outbound::Client::new(&config.outbound)?;
        let strangers = outbound.apart();
        let subjects = SubjectKey::new(secret.derive("pairwise subjects"));
        let messenger = Messenger {
            store: store.clone(),
            clock: clock.clone(),
            outbound: outbound.apart(),
            strangers: outbound.apart(),
            subjects: subjects.clone(),
            issuer: config.issuer.as_str().to_owned(),
        };
        let app = Self {
            client_keys: KeySets::new(outbound.clone(), clock.clone()),
            outbound,
            strangers_keys: KeySets::new(strangers.clone(), clock.clone()),
            strangers,
            throttle: Throttle::default(),
            client_failures: Throttle::default(),
            registrations: Throttle::of(0, HOUR),
            registration_updates: Throttle::of(0, HOUR),
            devices: Throttle::of(0, throttle::WINDOW),
            user_codes: Throttle::of(0, throttle::WINDOW),
            stored_requests: Throttle::of(0, STORED_WINDOW),
            in_flight: InFlight::default(),
            untrusted_proxy: UntrustedProxy::default(),
            requests: Throttle::of(0, MINUTE),
            client_requests: Throttle::of(0, MINUTE),
            password_checks: Throttle::of(0, MINUTE),
            letters: Throttle::of(0, HOUR),
            profiles: Throttle::of(0, HOUR),
            passwords: Passwords::start(config.bcrypt_cost, PasswordRules::open(config.breached_passwords.as_deref())?),
            metrics: Metrics::default(),
            connections: Connections::default(),
            traces: config.traces.as_ref().map(|traces| Traces::new(traces, &config.outbound)).transpose()?,
            uses: SecretUses::default(),
            readers: Readers::default(),
            request_log: RequestLog::new(config.policies.request_log),
            traffic: Traffic::default(),
            statistics: Statistics::default(),
            courier: Courier::default(),
            messenger,
            mailer: config.mail.as_ref().map(|mail| Mailer::new(mail, config.outbound.ca.as_deref())).transpose()?,
            post: Courier::default(),
            metadata: ArcSwapOption::empty(),
            csrf_key: secret.derive("csrf tokens"),
            browser_key: secret.derive("browser cookie"),
            subjects,
            playground_key: secret.derive("playground"),
            session_key: secret.derive("session cookie"),
            successor_key: secret.derive("refresh token successors"),
            sealing_key,
            chain_key: ChainKey::new(secret.derive(audit_chain::PURPOSE)),
            keys: ArcSwap::from_pointee(keys),
            started_at: clock.now(),
            stopping: Stopping::default(),
            settings: ArcSwap::default(),
            settling: tokio::sync::Mutex::default(),
            config,
            store,
            clock,
        };
        app.settle(&catalog.settings);
        Ok(app)
    }

    /// What admins have set, as far as this process has heard.
    pub fn settings(&self) -> Arc<Settings> {
        self.settings.load_full()
    }

    /// What holds at this moment.
    pub fn policies(&self) -> Arc<Policies> {
        Arc::clone(&self.settings().policies)
    }

    /// Goes by the settings that are in the database now.
    pub async fn reload_settings(&self) -> Result<(), StoreError> {
        // One after another, so that nobody puts back what another has just replaced.
        let _turn = self.settling.lock().await;
        self.settle(&self.store.catalog().await?.settings);
        Ok(())
    }

    fn settle(&self, stored: &BTreeMap<String, String>) {
        let policies = self.config.policies_with(stored);
        let limits = policies.limits;
        let limit =
            |throttle: &Throttle, limit: Option<u32>| throttle.set_limit(limit.filter(|_| policies.rate_limits));
        limit(&self.throttle, Some(limits.failures));
        limit(&self.client_failures, Some(limits.failures));
        limit(&self.registrations, Some(limits.registrations));
        limit(&self.registration_updates, Some(CHANGES));
        limit(&self.devices, Some(limits.devices));
        limit(&self.user_codes, Some(USER_CODES));
        limit(&self.password_checks, Some(MOST_QUESTIONS));
        limit(&self.letters, Some(LETTERS));
        limit(&self.profiles, Some(CHANGES));
        limit(&self.stored_requests, Some(limits.stored_requests));
        limit(&self.requests, limits.address);
        limit(&self.client_requests, limits.client);
        self.in_flight.set_limit(Some(limits.in_flight).filter(|_| policies.rate_limits));
        self.passwords.set_least(policies.password_min_length);
        self.request_log.set(policies.request_log);
        self.settings.store(Arc::new(Settings::new(Arc::new(policies), Branding::of(stored))));
    }

    /// The keys of this moment.
    pub fn keys(&self) -> Arc<KeyRing> {
        Arc::clone(&self.keys.load().ring)
    }

    /// A JWT signed with the current key of `algorithm`. Its failure is logged here.
    pub fn sign(&self, algorithm: Algorithm, typ: &str, claims: &impl Serialize) -> Result<String, Unsigned> {
        self.keys().sign(algorithm, typ, claims).map_err(|error| {
            tracing::error!(%error, typ, "a token could not be signed");
            Unsigned
        })
    }

    /// Reads the keys anew, and opens them when they have changed: that takes a while, and everything that is kept in memory
    /// leads here when it changes. What was there stays when that fails.
    pub async fn reload_keys(&self) -> Result<(), StartError> {
        let rows = self.store.read::<_, StoreError, _>(signing_keys::list).await?;
        if self.keys.load().rows != rows {
            self.keys.store(Arc::new(Keys::open(rows, &self.sealing_key)?));
        }
        Ok(())
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The key of the session cookie, for actix-session.
    pub fn session_cookie_key(&self) -> actix_web::cookie::Key {
        actix_web::cookie::Key::derive_from(&self.session_key)
    }

    pub fn refresh_rules(&self) -> RefreshRules {
        RefreshRules {
            successor_key: self.successor_key,
            retry_window: self.policies().lifetimes.refresh_retry,
            started_at: self.started_at,
        }
    }

    pub fn issuer(&self) -> &str {
        self.config.issuer.as_str()
    }

    /// The name of a cookie of ours. Servers below different paths of one host share its cookies, so theirs differ.
    pub fn cookie_name(&self, kind: &str) -> String {
        let host = if self.is_https() { "__Host-" } else { "" };
        let place = self.config.issuer.path().replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        format!("{host}grantor-{kind}{place}")
    }

    pub fn is_https(&self) -> bool {
        self.config.issuer.is_https()
    }

    /// When this process started.
    pub fn started_at(&self) -> Timestamp {
        self.started_at
    }

    /// The address a request came from; a proxy's word counts only when the proxy is trusted.
    pub fn client_address(&self, request: &HttpRequest) -> IpAddr {
        let peer = request.peer_addr().map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.ip()).to_canonical();
        // What anybody else says is not even read, only that they do: every request comes by here.
        if !self.config.trusted_proxies.trusts(peer) {
            self.untrusted_proxy.note(peer, request.headers(), &self.clock);
            return peer;
        }
        let lines =
            |name: &str| request.headers().get_all(name).filter_map(|value| value.to_str().ok()).collect::<Vec<_>>();
        let headers = ForwardedHeaders {
            x_forwarded_for: lines("x-forwarded-for"),
            x_forwarded_proto: lines("x-forwarded-proto"),
            forwarded: lines("forwarded"),
        };
        self.config.trusted_proxies.client_ip(peer, &headers)
    }
}
