//! A proxy that passes requests on to us and is not trusted: everybody behind it has its address, and the limits of one
//! address hold for all of them together. It shows by what it writes, from an address that nobody on the internet has.

use std::net::IpAddr;
use std::sync::Arc;

use actix_web::http::header::{FORWARDED, HeaderMap, X_FORWARDED_FOR};
use arc_swap::ArcSwapOption;

use crate::clock::{Clock, Seconds, Timestamp};

/// How long one is remembered.
const REMEMBERED: Seconds = 24 * 60 * 60;
/// Seconds in which the same is not written down again: behind such a proxy every request comes by here.
const INTERVAL: Seconds = 60;

/// The last one that was seen, and when.
#[derive(Debug, Default)]
pub struct UntrustedProxy(ArcSwapOption<(IpAddr, Timestamp)>);

impl UntrustedProxy {
    /// Takes note of a request that came from `peer`, which is not trusted. The log tells of the first proxy.
    pub fn note(&self, peer: IpAddr, headers: &HeaderMap, clock: &Clock) {
        let is_proxy = is_private(peer) && (headers.contains_key(X_FORWARDED_FOR) || headers.contains_key(FORWARDED));
        if !is_proxy {
            return;
        }
        let now = clock.now();
        if self.0.load().as_deref().is_some_and(|(_, at)| now - at < INTERVAL) {
            return;
        }
        if self.0.swap(Some(Arc::new((peer, now)))).is_none() {
            tracing::warn!(
                proxy = %peer,
                "requests come through a proxy that is not trusted, so that everybody behind it counts as one address; if \
                 it is yours, set GRANTOR_TRUSTED_PROXIES to its network"
            );
        }
    }

    /// The address of the last one, if that was within a day.
    pub fn lately(&self, now: Timestamp) -> Option<IpAddr> {
        self.0.load().as_deref().filter(|(_, at)| now - at < REMEMBERED).map(|(address, _)| *address)
    }
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            // RFC 6598 §7: what providers and clusters share.
            let is_shared = address.octets()[0] == 100 && address.octets()[1] & 0xc0 == 64;
            address.is_loopback() || address.is_private() || address.is_link_local() || is_shared
        }
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue, X_FORWARDED_HOST};

    use super::*;

    fn seen(peer: &str, header: HeaderName) -> bool {
        let (proxy, clock) = (UntrustedProxy::default(), Clock::manual());
        let mut headers = HeaderMap::new();
        headers.insert(header, HeaderValue::from_static("for=192.0.2.7"));
        proxy.note(peer.parse().unwrap(), &headers, &clock);
        proxy.lately(clock.now()).is_some()
    }

    #[test]
    fn a_proxy_shows_by_what_it_writes_from_an_address_that_is_not_of_the_internet() {
        for peer in [
            "127.0.0.1",
            "10.1.2.3",
            "172.17.0.1",
            "192.168.0.9",
            "169.254.9.9",
            "100.64.0.1",
            "100.127.255.1",
            "::1",
            "fd00::7",
            "fe80::7",
        ] {
            assert!(seen(peer, X_FORWARDED_FOR) && seen(peer, FORWARDED), "{peer}");
            assert!(!seen(peer, X_FORWARDED_HOST), "{peer}");
        }
        for stranger in ["203.0.113.9", "100.63.0.1", "100.128.0.1", "2001:db8::7", "0.0.0.0"] {
            assert!(!seen(stranger, X_FORWARDED_FOR) && !seen(stranger, FORWARDED), "{stranger}");
        }
    }

    #[test]
    fn it_is_forgotten_a_day_after_its_last_request() {
        let (proxy, clock) = (UntrustedProxy::default(), Clock::manual());
        let mut headers = HeaderMap::new();
        headers.insert(X_FORWARDED_FOR, HeaderValue::from_static("192.0.2.7"));
        for peer in ["10.0.0.1", "10.0.0.2"] {
            let peer: IpAddr = peer.parse().unwrap();
            clock.advance(60);
            proxy.note(peer, &headers, &clock);
            assert_eq!(proxy.lately(clock.now()), Some(peer));
        }
        clock.advance(24 * 60 * 60 - 1);
        assert!(proxy.lately(clock.now()).is_some());
        clock.advance(1);
        assert_eq!(proxy.lately(clock.now()), None);
    }
}
