//! Slowing down those who guess: failed attempts are counted, and too many in a window are answered with a wait.
//!
//! The rules:
//!
//! 1. **Only failures count.** However many tokens and logins succeed, they are not limited, unless an operator wants it. What
//!    else succeeds is limited where it says so below.
//! 2. **Per account and per address.** 20 failures in 15 minutes, then a wait until the window ends. An address is a
//!    single IPv4 address or a /64 of IPv6. Of IPv6 one customer may have many of these, a /48 with all that is in it
//!    (RFC 6177 §2), so whatever guesses also counts by that, with [`SITE`] times the limit.
//! 3. **Nobody is locked out by somebody else.** A browser (or address) that signed in to the account before counts
//!    under a key of its own, [`Origin::Known`], so guesses from elsewhere do not slow the owner down: [`LoginKeys`].
//! 4. **A wait does not tell which names are whose.** It is told of the name that was typed and of the address alone. When only
//!    the account behind the name has had too many failures, by its other names, the login fails as if the password were wrong.
//! 5. **What a visitor may choose does not count alone.** Whoever is asked for the password again in an open session counts
//!    under the session; who names a client that there is not counts under the address, and for clients that there are this
//!    counts nothing. What is too long to be a password is no guess, and counts under the address alone.
//!
//! Throttles of their own limit what succeeds, too ([`Throttle::admit`]): clients that register themselves, what they change of
//! their registration, devices that ask for codes, requests that are stored for strangers, questions for a password's strength,
//! letters that people send or cause, what they change of themselves, and where an operator wants it, requests by address and by
//! client. What an address has at the same time is limited by [`limits`](crate::web::limits) and
//! [`connections`](crate::web::connections).
//!
//! A caller asks [`Throttle::check`] before it looks at a secret, and afterwards says [`Throttle::record_failure`] or
//! [`Throttle::forget`]. Attempts that are being checked at the same moment can exceed the limit by their number; of logins,
//! which take long to check, these are at most [`AT_ONCE`] of an address, [`SITE_AT_ONCE`] of a /48, and [`OWN_AT_ONCE`] of
//! all browsers and sessions that are an account's, or by its link: [`Throttle::begin`].
//!
//! # Why in memory, and per process
//!
//! In the database each wrong guess would become a write, and the write path is the scarce resource: an attacker could
//! spend ours at the price of a request. In memory a guess costs a hash. The price is that a restart forgets, and that
//! N processes allow N times the guesses: still a few thousand a day and account, which is no way to search for a
//! password.
//!
//! Memory is bounded too: keys are kept as 16 bytes of SHA-256 (also because people type passwords into the username
//! field), at most 100,000 of them; when all are taken, the oldest goes.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::clock::{Seconds, Timestamp};
use crate::secret::sha256;

/// Failures in a window after which a key has to wait, unless an operator says otherwise.
pub const FAILURES: u32 = 20;
/// The length of a window, which starts with its first failure.
pub const WINDOW: Seconds = 15 * 60;
/// How many times as many may fail at a site, which is a /48 of IPv6.
pub const SITE: u32 = 8;
/// How many attempts of a key are under check at once: as many as may fail, and five seconds' hashes for one thread.
pub const AT_ONCE: u32 = 20;
/// The same of a site: no network alone can use it up, which may be one of many thousand customers of a carrier.
pub const SITE_AT_ONCE: u32 = 30;
/// The same of [`Key::Own`] and [`Key::Link`], which people have one or two of: a second's hashes for one thread.
pub const OWN_AT_ONCE: u32 = 4;
/// How many keys are remembered.
pub const CAPACITY: usize = 100_000;

/// Whose failures are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key<'a> {
    /// Passwords for a name that somebody typed, whether or not there is such an account.
    LoginName { name: &'a str, from: Origin<'a> },
    /// Passwords for an account, by whichever of its names.
    Login { account: &'a str, from: Origin<'a> },
    /// The password that is asked for again in an open session.
    CurrentPassword { account: &'a str, session: &'a str },
    /// Passwords that are hashed for an account at browsers that it knows and in its sessions. Strangers cannot use this up;
    /// whoever knows the password can.
    Own { account: &'a str },
    /// The password that an account's owner chooses by a link: how they get rid of whoever knows the old one, who must not be
    /// able to use this up.
    Link { account: &'a str },
    /// Letters that an account's owner sends to an address of their choice.
    Letters { account: &'a str },
    /// Letters that tell an account's owner of a browser.
    NewBrowser { account: &'a str },
    /// Changes that an account's owner makes to their profile.
    Profile { account: &'a str },
    /// One-time codes (second factor) for an account.
    OneTimeCode { account: &'a str },
    /// Anything that fails from an address.
    Address(IpAddr),
    /// Wrong client secrets: by client and address, so that nobody can shut a client out from elsewhere.
    ClientSecret { client: &'a str, address: IpAddr },
    /// Secrets for clients that there are not, whatever they are called: names are free, addresses are not.
    UnknownClient { address: IpAddr },
    /// Whatever a client does that has proved who it is.
    Client(&'a str),
    /// The same for a client that cannot prove it: from one address, so that nobody can shut it out from elsewhere.
    PublicClient { client: &'a str, address: IpAddr },
    /// User codes of the device grant, which are short (RFC 8628 §5.1).
    UserCode { address: IpAddr },
    /// The same from one browser, which has no reason to try many.
    UserCodeFrom { browser: &'a str },
}

/// Where a login comes from, as far as its account is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin<'a> {
    /// Nobody has signed in to this account from there.
    Stranger,
    /// The id of a browser that has.
    Known(&'a str),
}

/// What a login counts under. A known browser counts by itself alone: neither guesses at its account from elsewhere nor
/// neighbours behind the same address slow it down.
#[derive(Debug)]
pub struct LoginKeys<'a> {
    /// A wait for one of these may be told: they are what the visitor said, and where they are.
    pub told: Vec<Key<'a>>,
    /// The account that has the name, if there is one; that it is shut is told by nothing but failures.
    pub untold: Option<Key<'a>>,
    /// Whose attempts may not be many at once: the address's, or those of all browsers that the account knows.
    pub at_once: Key<'a>,
}

impl<'a> LoginKeys<'a> {
    pub fn new(name: &'a str, account: Option<&'a str>, from: Origin<'a>, address: IpAddr) -> Self {
        let by_name = Key::LoginName { name, from };
        let (told, at_once) = match (from, account) {
            // Whoever has the account may have any number of browsers that it knows.
            (Origin::Known(_), Some(account)) => (vec![by_name], Key::Own { account }),
            _ => (vec![by_name, Key::Address(address)], Key::Address(address)),
        };
        Self { told, untold: account.map(|account| Key::Login { account, from }), at_once }
    }

    /// For what cannot be a password: it costs no hash, so it must not take the room of names, which are free.
    pub fn of_no_guess(address: IpAddr) -> Self {
        Self { told: vec![Key::Address(address)], untold: None, at_once: Key::Address(address) }
    }

    pub fn all(&self) -> Vec<Key<'a>> {
        self.told.iter().chain(&self.untold).copied().collect()
    }
}

/// Too many failures: seconds until the next attempt is looked at, for the header of the same name. At least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryAfter(pub Seconds);

impl std::error::Error for RetryAfter {}

impl fmt::Display for RetryAfter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "too many failed attempts; try again in {} seconds", self.0)
    }
}

/// The counters of this process.
#[derive(Debug)]
pub struct Throttle {
    /// How much passes in a window; 0 is as much as there is.
    limit: AtomicU32,
    counters: Mutex<Counters>,
    under_check: Arc<UnderCheck>,
}

/// How many attempts of each key are under check; a key without any is not in it.
type UnderCheck = Mutex<HashMap<Fingerprint, u32>>;

/// An attempt that is under check while the value lives: [`Throttle::begin`].
#[derive(Debug)]
pub struct Attempt {
    /// Its own, and its site's.
    keys: [Option<Fingerprint>; 2],
    under_check: Arc<UnderCheck>,
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let mut under_check = self.under_check.lock().unwrap_or_else(PoisonError::into_inner);
        for key in self.keys.into_iter().flatten() {
            if let Entry::Occupied(mut count) = under_check.entry(key) {
                *count.get_mut() -= 1;
                if *count.get() == 0 {
                    count.remove();
                }
            }
        }
    }
}

#[derive(Debug)]
struct Counters {
    capacity: usize,
    /// The length of a window.
    window: Seconds,
    windows: HashMap<Fingerprint, Window>,
    /// Every key of `windows` once, oldest first.
    order: VecDeque<Fingerprint>,
}

type Fingerprint = [u8; 16];

#[derive(Clone, Copy, Debug)]
struct Window {
    started: Timestamp,
    failures: u32,
}

impl Window {
    fn is_over(self, length: Seconds, now: Timestamp) -> bool {
        // A window from the future was opened before somebody set the clock back; a little of that is another thread
        // that took its time later.
        (now - self.started).abs() >= length
    }

    fn remaining(self, length: Seconds, now: Timestamp) -> Seconds {
        (self.started + length - now).clamp(1, length)
    }
}

impl Default for Throttle {
    fn default() -> Self {
        Self::of(FAILURES, WINDOW)
    }
}

impl Throttle {
    /// A throttle that lets everything pass, for load tests and certification runs.
    pub fn off() -> Self {
        Self::of(0, WINDOW)
    }

    /// A throttle that lets `limit` of a key pass in a window.
    pub fn of(limit: u32, window: Seconds) -> Self {
        Self::with_capacity(CAPACITY, limit, window)
    }

    fn with_capacity(capacity: usize, limit: u32, window: Seconds) -> Self {
        let counters = Counters { capacity, window, windows: HashMap::new(), order: VecDeque::new() };
        Self { limit: AtomicU32::new(limit), counters: Mutex::new(counters), under_check: Arc::default() }
    }

    /// From now on lets `limit` of a key pass in a window, or everything. What was counted stays.
    pub fn set_limit(&self, limit: Option<u32>) {
        self.limit.store(limit.unwrap_or(0), Ordering::Relaxed);
    }

    /// Lets something pass and counts it, whether or not it will succeed.
    pub fn admit(&self, key: Key<'_>, now: Timestamp) -> Result<(), RetryAfter> {
        let Some(limit) = self.limit() else { return Ok(()) };
        let key = key.fingerprint();
        let mut counters = self.counters();
        if let Some(seconds) = counters.wait(key, limit, now) {
            return Err(RetryAfter(seconds));
        }
        counters.count(key, now);
        Ok(())
    }

    /// Whether an attempt may be looked at now. With several exhausted keys, the longest wait.
    pub fn check(&self, keys: &[Key<'_>], now: Timestamp) -> Result<(), RetryAfter> {
        let Some(limit) = self.limit().filter(|_| !keys.is_empty()) else { return Ok(()) };
        if self.is_quiet(now) {
            return Ok(());
        }
        let keys: Vec<_> = keys.iter().map(|key| (key.fingerprint(), key.site())).collect();
        let counters = self.counters();
        let waits = keys.into_iter().filter_map(|(key, site)| {
            let at_site = site.and_then(|site| counters.wait(site, limit.saturating_mul(SITE), now));
            counters.wait(key, limit, now).max(at_site)
        });
        waits.max().map_or(Ok(()), |seconds| Err(RetryAfter(seconds)))
    }

    /// Begins to check an attempt that takes long to check; it ends when the last holder of the value lets go of it. With
    /// [`AT_ONCE`] of the key under check, [`SITE_AT_ONCE`] of its site, or [`OWN_AT_ONCE`] of what is an account's own, the next
    /// waits a second.
    pub fn begin(&self, key: Key<'_>) -> Result<Arc<Attempt>, RetryAfter> {
        let is_limited = self.limit.load(Ordering::Relaxed) > 0;
        let most = if matches!(key, Key::Own { .. } | Key::Link { .. }) { OWN_AT_ONCE } else { AT_ONCE };
        let keys = [Some((key.fingerprint(), most)), key.site().map(|site| (site, SITE_AT_ONCE))];
        let mut under_check = self.under_check.lock().unwrap_or_else(PoisonError::into_inner);
        let is_used_up = |(key, most): (Fingerprint, u32)| under_check.get(&key).is_some_and(|count| *count >= most);
        if is_limited && keys.into_iter().flatten().any(is_used_up) {
            return Err(RetryAfter(1));
        }
        let keys = keys.map(|key| key.map(|(key, _)| key));
        for key in keys.into_iter().flatten() {
            *under_check.entry(key).or_insert(0) += 1;
        }
        drop(under_check);
        Ok(Arc::new(Attempt { keys, under_check: Arc::clone(&self.under_check) }))
    }

    /// Counts a failed attempt under each key.
    pub fn record_failure(&self, keys: &[Key<'_>], now: Timestamp) {
        if self.limit().is_none() {
            return;
        }
        let keys: Vec<_> = keys.iter().flat_map(|key| std::iter::once(key.fingerprint()).chain(key.site())).collect();
        let mut counters = self.counters();
        for key in keys {
            counters.count(key, now);
        }
    }

    /// Forgets the failures of these keys, after a success that proves their holder. Not for [`Key::Address`]: an
    /// attacker who signs in to an account of their own must not get fresh guesses for others.
    pub fn forget(&self, keys: &[Key<'_>]) {
        if self.limit().is_none() {
            return;
        }
        let forgotten = keys.iter().filter(|key| !matches!(key, Key::Address(_)));
        let keys: Vec<_> = forgotten.map(Key::fingerprint).collect();
        let mut counters = self.counters();
        for key in keys {
            if let Some(window) = counters.windows.get_mut(&key) {
                window.failures = 0;
            }
        }
    }

    /// How much of a key passes, unless everything does.
    fn limit(&self) -> Option<u32> {
        Some(self.limit.load(Ordering::Relaxed)).filter(|limit| *limit > 0)
    }

    /// Whether nothing is counted, so that nobody has to wait.
    fn is_quiet(&self, now: Timestamp) -> bool {
        let mut counters = self.counters();
        counters.drop_expired(now);
        counters.windows.is_empty()
    }

    /// What was counted. Every request may come by here, so fingerprints are taken before.
    fn counters(&self) -> MutexGuard<'_, Counters> {
        // Counters are whole numbers: a thread that panicked leaves nothing half done that matters.
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counters {
    /// How long `key` has to wait, if it has to.
    fn wait(&self, key: Fingerprint, limit: u32, now: Timestamp) -> Option<Seconds> {
        let window = self.windows.get(&key)?;
        let is_exhausted = window.failures >= limit && !window.is_over(self.window, now);
        is_exhausted.then(|| window.remaining(self.window, now))
    }

    fn count(&mut self, key: Fingerprint, now: Timestamp) {
        self.drop_expired(now);
        if let Some(window) = self.windows.get_mut(&key) {
            if window.is_over(self.window, now) {
                *window = Window { started: now, failures: 0 };
            }
            window.failures = window.failures.saturating_add(1);
            return;
        }
        if self.windows.len() >= self.capacity {
            self.drop_oldest();
        }
        self.windows.insert(key, Window { started: now, failures: 1 });
        self.order.push_back(key);
    }

    fn drop_expired(&mut self, now: Timestamp) {
        while self.order.front().is_some_and(|oldest| self.windows[oldest].is_over(self.window, now)) {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        if let Some(oldest) = self.order.pop_front() {
            self.windows.remove(&oldest);
        }
    }
}

impl Key<'_> {
    fn fingerprint(&self) -> Fingerprint {
        let network = |address: &IpAddr| network(*address).to_string();
        let parts: [&str; 3] = match self {
            Self::LoginName { name, from: Origin::Stranger } => ["login name", name, ""],
            Self::LoginName { name, from: Origin::Known(browser) } => ["login name known", name, browser],
            Self::Login { account, from: Origin::Stranger } => ["login", account, ""],
            Self::Login { account, from: Origin::Known(browser) } => ["login known", account, browser],
            Self::CurrentPassword { account, session } => ["current password", account, session],
            Self::Own { account } => ["own", account, ""],
            Self::Link { account } => ["link", account, ""],
            Self::Letters { account } => ["letters", account, ""],
            Self::NewBrowser { account } => ["new browser", account, ""],
            Self::Profile { account } => ["profile", account, ""],
            Self::OneTimeCode { account } => ["otp", account, ""],
            Self::Address(address) => ["address", &network(address), ""],
            Self::ClientSecret { client, address } => ["client", client, &network(address)],
            Self::UnknownClient { address } => ["unknown client", &network(address), ""],
            Self::Client(client) => ["authenticated client", client, ""],
            Self::PublicClient { client, address } => ["public client", client, &network(address)],
            Self::UserCode { address } => ["user code", &network(address), ""],
            Self::UserCodeFrom { browser } => ["user code from", browser, ""],
        };
        fingerprint(parts)
    }

    /// Where else guesses count: the /48 of an IPv6 address.
    fn site(&self) -> Option<Fingerprint> {
        let (kind, address) = match self {
            Self::Address(address) => ("site", address),
            Self::UserCode { address } => ("user code at site", address),
            // Nobody guesses a client's secret, and its neighbours in a provider's /48 must not shut it out.
            _ => return None,
        };
        let IpAddr::V6(address) = address.to_canonical() else { return None };
        Some(fingerprint([kind, &prefix(address, 48).to_string(), ""]))
    }
}

/// Parts are joined by a byte that UTF-8 does not have, so no two keys are spelled alike.
fn fingerprint(parts: [&str; 3]) -> Fingerprint {
    let joined = parts.map(str::as_bytes).join(&0xff);
    *sha256(&joined).first_chunk().expect("SHA-256 has more than 16 bytes")
}

/// The address, or for IPv6 the /64 it is in.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(prefix(address, 64)),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// The first `bits` of an address, 1 or more.
fn prefix(address: Ipv6Addr, bits: u32) -> Ipv6Addr {
    Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << (128 - bits)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = 1_000_000;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn stranger(account: &str) -> Key<'_> {
        Key::Login { account, from: Origin::Stranger }
    }

    fn fail(throttle: &Throttle, key: Key<'_>, times: u32, now: Timestamp) {
        for _ in 0..times {
            throttle.record_failure(&[key], now);
        }
    }

    #[test]
    fn the_twentieth_failure_brings_a_wait_until_the_window_ends() {
        let throttle = Throttle::default();
        fail(&throttle, stranger("alice"), FAILURES - 1, START);
        assert_eq!(throttle.check(&[stranger("alice")], START + 10), Ok(()));
        throttle.record_failure(&[stranger("alice")], START + 10);
        assert_eq!(throttle.check(&[stranger("alice")], START + 10), Err(RetryAfter(WINDOW - 10)));
        assert_eq!(throttle.check(&[stranger("alice")], START + WINDOW - 1), Err(RetryAfter(1)));
        assert_eq!(throttle.check(&[stranger("alice")], START + WINDOW), Ok(()));
        assert_eq!(throttle.check(&[stranger("bob")], START + 10), Ok(()));
    }

    #[test]
    fn failures_while_waiting_do_not_prolong_the_wait() {
        let throttle = Throttle::default();
        fail(&throttle, stranger("alice"), FAILURES, START);
        fail(&throttle, stranger("alice"), FAILURES, START + WINDOW - 1);
        assert_eq!(throttle.check(&[stranger("alice")], START + WINDOW), Ok(()));
    }

    #[test]
    fn a_window_starts_over_after_its_end() {
        let throttle = Throttle::default();
        // An older key in front, so that the window is restarted in place and not dropped first.
        fail(&throttle, stranger("bob"), 1, START + 1);
        fail(&throttle, stranger("alice"), FAILURES - 1, START);
        fail(&throttle, stranger("alice"), FAILURES - 1, START + WINDOW);
        assert_eq!(throttle.check(&[stranger("alice")], START + WINDOW), Ok(()));
        fail(&throttle, stranger("alice"), 1, START + WINDOW + 5);
        assert_eq!(throttle.check(&[stranger("alice")], START + WINDOW + 5), Err(RetryAfter(WINDOW - 5)));
    }

    /// What alice counts under.
    fn alice(name: &'static str, from: Origin<'static>, at: &str) -> LoginKeys<'static> {
        LoginKeys::new(name, Some("u_alice"), from, address(at))
    }

    fn fail_all(throttle: &Throttle, keys: &LoginKeys<'_>, times: u32) {
        for _ in 0..times {
            throttle.record_failure(&keys.all(), START);
        }
    }

    #[test]
    fn a_success_forgets_the_account_and_not_the_address() {
        let throttle = Throttle::default();
        let keys = alice("alice", Origin::Stranger, "192.0.2.1");
        fail_all(&throttle, &keys, FAILURES);
        throttle.forget(&keys.all());
        let elsewhere = alice("alice", Origin::Stranger, "192.0.2.2");
        assert_eq!(throttle.check(&elsewhere.all(), START), Ok(()));
        assert!(throttle.check(&[Key::Address(address("192.0.2.1"))], START).is_err());
    }

    #[test]
    fn a_known_browser_is_not_slowed_down_by_strangers() {
        let throttle = Throttle::default();
        fail_all(&throttle, &alice("alice", Origin::Stranger, "192.0.2.1"), FAILURES);
        let elsewhere = alice("alice", Origin::Stranger, "198.51.100.1");
        let owner = alice("alice", Origin::Known("laptop"), "192.0.2.1");
        assert!(throttle.check(&elsewhere.told, START).is_err());
        assert_eq!(throttle.check(&owner.all(), START), Ok(()));
        fail_all(&throttle, &owner, FAILURES);
        assert!(throttle.check(&owner.told, START).is_err());
        let phone = alice("alice", Origin::Known("phone"), "192.0.2.1");
        assert_eq!(throttle.check(&phone.all(), START), Ok(()));
    }

    #[test]
    fn an_account_is_shut_by_all_its_names_and_a_wait_is_told_of_the_typed_one() {
        let throttle = Throttle::default();
        fail_all(&throttle, &alice("alice", Origin::Stranger, "192.0.2.1"), FAILURES);
        let by_address = alice("alice@example.com", Origin::Stranger, "192.0.2.2");
        assert_eq!(throttle.check(&by_address.told, START), Ok(()));
        assert!(throttle.check(by_address.untold.as_slice(), START).is_err());
        fail_all(&throttle, &by_address, FAILURES);
        assert!(throttle.check(&by_address.told, START).is_err(), "as it would be for a name that nobody has");
    }

    #[test]
    fn an_attacker_cannot_shut_a_client_out_from_another_address() {
        let throttle = Throttle::default();
        let from = |text| Key::ClientSecret { client: "c_1", address: address(text) };
        fail(&throttle, from("192.0.2.1"), FAILURES, START);
        assert!(throttle.check(&[from("192.0.2.1")], START).is_err());
        assert_eq!(throttle.check(&[from("192.0.2.2")], START), Ok(()));
    }

    #[test]
    fn ipv6_addresses_count_by_64_bits_and_mapped_ones_as_ipv4() {
        let throttle = Throttle::default();
        fail(&throttle, Key::Address(address("2001:db8:0:1::1")), FAILURES, START);
        fail(&throttle, Key::Address(address("::ffff:192.0.2.1")), FAILURES, START);
        let waits = |text| throttle.check(&[Key::Address(address(text))], START).is_err();
        assert!(waits("2001:db8:0:1:ffff::2"));
        assert!(!waits("2001:db8:0:2::1"));
        assert!(waits("192.0.2.1"));
        assert!(!waits("192.0.2.2"));
    }

    #[test]
    fn rfc6177_the_networks_of_a_site_may_fail_eight_times_as_often_together() {
        let throttle = Throttle::default();
        let network = |number: u32| address(&format!("2001:db8:0:{number:x}::1"));
        let waits = |key| throttle.check(&[key], START).is_err();
        for number in 0..SITE {
            assert!(!waits(Key::Address(network(9))), "{number}");
            fail(&throttle, Key::Address(network(number)), FAILURES, START);
        }
        assert!(waits(Key::Address(network(9))));
        throttle.forget(&[Key::Address(network(9))]);
        assert!(waits(Key::Address(network(9))));
        assert!(!waits(Key::Address(address("2001:db8:1::1"))), "another site");
        assert!(!waits(Key::UserCode { address: network(9) }), "what else is guessed counts for itself");
        for number in 0..SITE {
            fail(&throttle, Key::UserCode { address: network(number) }, FAILURES, START);
        }
        assert!(waits(Key::UserCode { address: network(9) }));
        for number in 0..2 * SITE {
            fail(&throttle, Key::ClientSecret { client: "c_1", address: network(number) }, FAILURES, START);
        }
        assert!(!waits(Key::ClientSecret { client: "c_1", address: network(2 * SITE) }), "its neighbours do not count");
    }

    #[test]
    fn what_is_no_password_takes_no_room_of_names() {
        let throttle = Throttle::default();
        let keys = LoginKeys::of_no_guess(address("192.0.2.1"));
        fail_all(&throttle, &keys, FAILURES);
        assert_eq!(throttle.counters().windows.len(), 1);
        assert!(throttle.check(&keys.told, START).is_err(), "nor is it free");
    }

    #[test]
    fn keys_of_different_kinds_or_parts_do_not_mix() {
        let v4 = address("192.0.2.1");
        let keys = [
            stranger("a"),
            Key::Login { account: "a", from: Origin::Known("") },
            Key::Login { account: "a", from: Origin::Known("b") },
            Key::Login { account: "ab", from: Origin::Known("") },
            Key::LoginName { name: "a", from: Origin::Stranger },
            Key::LoginName { name: "a", from: Origin::Known("b") },
            Key::CurrentPassword { account: "a", session: "b" },
            Key::Own { account: "a" },
            Key::Link { account: "a" },
            Key::Letters { account: "a" },
            Key::NewBrowser { account: "a" },
            Key::Profile { account: "a" },
            Key::OneTimeCode { account: "a" },
            Key::Address(v4),
            Key::UserCode { address: v4 },
            Key::ClientSecret { client: "a", address: v4 },
            Key::UnknownClient { address: v4 },
            Key::Client("a"),
            Key::PublicClient { client: "a", address: v4 },
        ];
        let fingerprints: std::collections::HashSet<_> = keys.iter().map(Key::fingerprint).collect();
        assert_eq!(fingerprints.len(), keys.len());
    }

    #[test]
    fn few_attempts_of_a_key_are_under_check_at_once() {
        let throttle = Throttle::default();
        let here = alice("alice", Origin::Stranger, "192.0.2.1").at_once;
        let mut attempts: Vec<_> = (0..AT_ONCE).map(|_| throttle.begin(here).unwrap()).collect();
        assert_eq!(throttle.begin(here).unwrap_err(), RetryAfter(1));
        let same_network = alice("bob", Origin::Stranger, "::ffff:192.0.2.1").at_once;
        assert!(throttle.begin(same_network).is_err(), "whatever the name");
        assert!(throttle.begin(alice("alice", Origin::Stranger, "192.0.2.2").at_once).is_ok());
        assert!(throttle.begin(alice("alice", Origin::Known("laptop"), "192.0.2.1").at_once).is_ok());
        let copy = attempts.pop();
        let other_copy = copy.clone();
        drop(copy);
        assert!(throttle.begin(here).is_err(), "somebody still holds it");
        drop(other_copy);
        assert!(throttle.begin(here).is_ok());
        drop(attempts);
        assert!(throttle.under_check.lock().unwrap().is_empty());
        let off = Throttle::off();
        let many: Result<Vec<_>, _> = (0..=AT_ONCE).map(|_| off.begin(here)).collect();
        assert!(many.is_ok());
    }

    #[test]
    fn an_account_has_few_under_check_at_once_whatever_the_browser_and_the_name() {
        let throttle = Throttle::default();
        let known = |name, browser| alice(name, Origin::Known(browser), "192.0.2.1").at_once;
        let of_many = [("alice", "laptop"), ("alice@example.com", "laptop"), ("alice", "phone"), ("alice", "watch")];
        let attempts = of_many.map(|(name, browser)| throttle.begin(known(name, browser)).unwrap());
        let another = alice("alice", Origin::Known("television"), "192.0.2.2").at_once;
        assert_eq!(throttle.begin(another).unwrap_err(), RetryAfter(1));
        assert!(throttle.begin(Key::Own { account: "u_alice" }).is_err(), "nor by an open session");
        assert!(throttle.begin(Key::Own { account: "u_bob" }).is_ok());
        assert!(throttle.begin(alice("alice", Origin::Stranger, "192.0.2.1").at_once).is_ok());
        drop(attempts);
        let stranger = |network| throttle.begin(alice("alice", Origin::Stranger, network).at_once);
        let mut strangers: Vec<_> = (0..AT_ONCE).map(|_| stranger("2001:db8::1").unwrap()).collect();
        assert!(stranger("2001:db8::2").is_err(), "of the same network");
        strangers.extend((AT_ONCE..SITE_AT_ONCE).map(|_| stranger("2001:db8:0:1::1").unwrap()));
        assert!(stranger("2001:db8:0:2::1").is_err(), "a site has more, but not without end");
        assert!(stranger("2001:db8:1::1").is_ok());
        assert!(throttle.begin(another).is_ok(), "strangers use up nothing of hers");
        drop(strangers);
    }

    #[test]
    fn the_oldest_key_makes_room() {
        let throttle = Throttle::with_capacity(2, FAILURES, WINDOW);
        fail(&throttle, stranger("a"), FAILURES, START);
        fail(&throttle, stranger("b"), FAILURES, START + 1);
        fail(&throttle, stranger("c"), FAILURES, START + 2);
        let waits = |account| throttle.check(&[stranger(account)], START + 2).is_err();
        assert_eq!((waits("a"), waits("b"), waits("c")), (false, true, true));
    }

    #[test]
    fn expired_keys_leave_memory() {
        let throttle = Throttle::default();
        for account in 0..100 {
            throttle.record_failure(&[stranger(&account.to_string())], START);
        }
        throttle.record_failure(&[stranger("x")], START + WINDOW);
        let counters = throttle.counters();
        assert_eq!((counters.windows.len(), counters.order.len()), (1, 1));
    }

    #[test]
    fn who_has_nothing_to_check_waits_for_nobody() {
        let throttle = Throttle::default();
        let counters = throttle.counters();
        assert_eq!(throttle.check(&[], START), Ok(()), "although somebody else is counting");
        drop(counters);
        assert!(throttle.is_quiet(START));
        fail(&throttle, stranger("alice"), 1, START);
        assert!(!throttle.is_quiet(START + WINDOW - 1));
        assert!(throttle.is_quiet(START + WINDOW), "it is over");
    }

    #[test]
    fn a_clock_set_back_does_not_make_anybody_wait_longer_than_a_window() {
        let throttle = Throttle::default();
        fail(&throttle, stranger("alice"), FAILURES, START + 365 * 86_400);
        assert_eq!(throttle.check(&[stranger("alice")], START), Ok(()));
    }

    #[test]
    fn what_is_admitted_counts_in_a_window_of_its_own_length() {
        let throttle = Throttle::of(FAILURES, 4 * WINDOW);
        let key = Key::Address(address("192.0.2.1"));
        for _ in 0..FAILURES {
            assert_eq!(throttle.admit(key, START), Ok(()));
        }
        assert_eq!(throttle.admit(key, START + WINDOW), Err(RetryAfter(3 * WINDOW)));
        assert_eq!(throttle.admit(Key::Address(address("192.0.2.2")), START), Ok(()));
        assert_eq!(throttle.admit(key, START + 4 * WINDOW), Ok(()));
    }

    #[test]
    fn a_limit_may_change_and_what_was_counted_stays() {
        let throttle = Throttle::default();
        fail(&throttle, stranger("alice"), 5, START);
        throttle.set_limit(Some(5));
        assert!(throttle.check(&[stranger("alice")], START).is_err());
        throttle.set_limit(None);
        assert_eq!(throttle.check(&[stranger("alice")], START), Ok(()));
        throttle.set_limit(Some(6));
        assert_eq!(throttle.check(&[stranger("alice")], START), Ok(()));
    }

    #[test]
    fn switched_off_it_counts_nothing() {
        let throttle = Throttle::off();
        fail(&throttle, stranger("alice"), 2 * FAILURES, START);
        assert_eq!(throttle.check(&[stranger("alice")], START), Ok(()));
    }
}
