//! Whose word about the client's address counts.
//!
//! Anybody can send `X-Forwarded-For`. It is believed only as far as trusted proxies wrote it: from the right, each
//! entry was added by the hop before, so the first address that is no trusted proxy is the client. What stands further
//! left is the client's own claim.
//!
//! A proxy must write one of the two families, `X-Forwarded-For` and `-Proto` or `Forwarded` (RFC 7239), and should
//! remove the other from what it receives. When both arrive, the first counts, because nearly all proxies write that
//! one.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

/// The networks that our reverse proxies are in; empty for none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

/// The header fields that proxies write. One entry per line of the header, in the order of arrival.
#[derive(Clone, Debug, Default)]
pub struct ForwardedHeaders<'a> {
    pub x_forwarded_for: Vec<&'a str>,
    pub x_forwarded_proto: Vec<&'a str>,
    pub forwarded: Vec<&'a str>,
}

/// An entry that is no network to trust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrustedProxiesError {
    NotANetwork(String),
    /// A network of everybody.
    Everybody(String),
}

impl std::error::Error for TrustedProxiesError {}

impl fmt::Display for TrustedProxiesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotANetwork(entry) => {
                write!(f, "`{entry}` is no address or network; write a list such as 10.0.0.0/8, 192.0.2.7, fd00::/8")
            }
            Self::Everybody(entry) => {
                write!(f, "`{entry}` lets every client choose its own address; write the networks of your proxies")
            }
        }
    }
}

impl TrustedProxies {
    /// Parses a list of networks in CIDR notation or single addresses, separated by commas.
    pub fn parse(text: &str) -> Result<Self, TrustedProxiesError> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        entries.map(parse_network).collect::<Result<_, _>>().map(Self)
    }

    /// The address of the client that a request comes from, given the address that connected to us.
    pub fn client_ip(&self, peer: IpAddr, headers: &ForwardedHeaders<'_>) -> IpAddr {
        let mut client = peer.to_canonical();
        for hop in headers.hops().into_iter().rev() {
            if !self.trusts(client) {
                break;
            }
            // `unknown`, an obfuscated name or nonsense: the trail ends at the proxy that wrote it.
            let Some(address) = hop.and_then(|hop| address_of(&hop)) else { break };
            client = address;
        }
        client
    }

    /// Whether the client's own connection was https, as far as the proxy that connected to us says; `None` if no
    /// trusted proxy did, or it did not say.
    pub fn client_used_https(&self, peer: IpAddr, headers: &ForwardedHeaders<'_>) -> Option<bool> {
        if !self.trusts(peer.to_canonical()) {
            return None;
        }
        let protocol = match last_entry(&headers.x_forwarded_proto) {
            Some(protocol) => protocol.to_owned(),
            None => headers.elements().last().and_then(|element| parameter(element, "proto"))?,
        };
        Some(protocol.eq_ignore_ascii_case("https"))
    }

    /// Whether this is the address of one of them.
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

impl fmt::Display for TrustedProxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let networks: Vec<String> = self.0.iter().map(IpNet::to_string).collect();
        f.write_str(&networks.join(", "))
    }
}

impl ForwardedHeaders<'_> {
    /// Who connected to each proxy, from the first to the last; `None` where a proxy did not say.
    fn hops(&self) -> Vec<Option<String>> {
        if self.x_forwarded_for.is_empty() {
            self.elements().map(|element| parameter(element, "for")).collect()
        } else {
            let entries = self.x_forwarded_for.iter().flat_map(|line| line.split(','));
            entries.map(|entry| Some(entry.trim().to_owned())).collect()
        }
    }

    /// The elements of `Forwarded`, one per proxy.
    fn elements(&self) -> impl Iterator<Item = &str> {
        self.forwarded.iter().flat_map(|line| split_outside_quotes(line, ','))
    }
}

fn parse_network(entry: &str) -> Result<IpNet, TrustedProxiesError> {
    let network = entry.parse::<IpNet>().or_else(|_| entry.parse::<IpAddr>().map(IpNet::from));
    let network = network.map_err(|_| TrustedProxiesError::NotANetwork(entry.to_owned()))?;
    if network.prefix_len() == 0 {
        return Err(TrustedProxiesError::Everybody(entry.to_owned()));
    }
    Ok(network.trunc())
}

fn last_entry<'a>(lines: &[&'a str]) -> Option<&'a str> {
    lines.last()?.rsplit(',').next().map(str::trim)
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:80`.
fn address_of(hop: &str) -> Option<IpAddr> {
    let without_brackets = hop.strip_prefix('[').and_then(|hop| hop.split_once(']')).map(|(address, _)| address);
    let without_port = hop.rsplit_once(':').map(|(address, _)| address);
    let address = match (without_brackets, without_port) {
        (Some(address), _) => address,
        (None, Some(address)) if !address.contains(':') => address,
        _ => hop,
    };
    address.parse().ok().map(|address: IpAddr| address.to_canonical())
}

/// One parameter of an element of `Forwarded` (RFC 7239 §4).
fn parameter(element: &str, name: &str) -> Option<String> {
    let value = split_outside_quotes(element, ';').into_iter().find_map(|pair| {
        let (found, value) = pair.split_once('=')?;
        found.trim().eq_ignore_ascii_case(name).then(|| value.trim())
    })?;
    match value.strip_prefix('"').and_then(|value| value.strip_suffix('"')) {
        Some(quoted) => Some(quoted.replace('\\', "")),
        None => Some(value.to_owned()),
    }
}

/// Splits where a separator is not inside a quoted string.
fn split_outside_quotes(text: &str, separator: char) -> Vec<&str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.split(move |c| {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ => return c == separator && !is_quoted,
        }
        false
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn proxies() -> TrustedProxies {
        TrustedProxies::parse("10.0.0.0/8, fd00::/8,192.0.2.7").unwrap()
    }

    fn client(peer: &str, x_forwarded_for: &[&str]) -> IpAddr {
        let headers = ForwardedHeaders { x_forwarded_for: x_forwarded_for.to_vec(), ..Default::default() };
        proxies().client_ip(ip(peer), &headers)
    }

    fn client_by_rfc7239(peer: &str, forwarded: &[&str]) -> IpAddr {
        let headers = ForwardedHeaders { forwarded: forwarded.to_vec(), ..Default::default() };
        proxies().client_ip(ip(peer), &headers)
    }

    #[test]
    fn a_stranger_is_not_believed() {
        assert_eq!(client("203.0.113.9", &["198.51.100.1"]), ip("203.0.113.9"));
        assert_eq!(client_by_rfc7239("203.0.113.9", &["for=198.51.100.1"]), ip("203.0.113.9"));
        let headers = ForwardedHeaders { x_forwarded_for: vec!["198.51.100.1"], ..Default::default() };
        assert_eq!(TrustedProxies::default().client_ip(ip("127.0.0.1"), &headers), ip("127.0.0.1"));
    }

    #[test]
    fn the_rightmost_address_that_is_no_proxy_is_the_client() {
        for (lines, expected) in [
            (&["198.51.100.1"][..], "198.51.100.1"),
            (&["6.6.6.6, 198.51.100.1"], "198.51.100.1"),
            (&["6.6.6.6", "198.51.100.1, 10.9.9.9"], "198.51.100.1"),
            (&["6.6.6.6, 10.1.1.1, 198.51.100.1, 192.0.2.7, 10.9.9.9"], "198.51.100.1"),
            (&["10.1.1.1, 10.2.2.2"], "10.1.1.1"),
            (&["198.51.100.1:4711"], "198.51.100.1"),
            (&["2001:db8::1"], "2001:db8::1"),
            (&["[2001:db8::1]:4711"], "2001:db8::1"),
            (&["::ffff:198.51.100.1"], "198.51.100.1"),
            (&["198.51.100.1, unknown, 10.9.9.9"], "10.9.9.9"),
            (&["198.51.100.1, "], "10.0.0.1"),
            (&["garbage"], "10.0.0.1"),
            (&[], "10.0.0.1"),
        ] {
            assert_eq!(client("10.0.0.1", lines), ip(expected), "{lines:?}");
        }
        assert_eq!(client("::ffff:10.0.0.1", &["198.51.100.1"]), ip("198.51.100.1"));
        assert_eq!(client("fd00::1", &["198.51.100.1"]), ip("198.51.100.1"));
    }

    #[test]
    fn rfc7239_section_4_forwarded_is_read() {
        for (lines, expected) in [
            (&["for=198.51.100.1;proto=https;by=10.0.0.1"][..], "198.51.100.1"),
            (&["for=6.6.6.6, For=\"[2001:db8:cafe::17]:4711\""], "2001:db8:cafe::17"),
            (&["for=6.6.6.6;host=\"a,for=7.7.7.7\"", "proto=https; for = 198.51.100.1"], "198.51.100.1"),
            (&["for=198.51.100.1, for=_hidden"], "10.0.0.1"),
            (&["for=198.51.100.1, proto=https"], "10.0.0.1"),
            (&["for=\"198.51.100.1"], "10.0.0.1"),
        ] {
            assert_eq!(client_by_rfc7239("10.0.0.1", lines), ip(expected), "{lines:?}");
        }
    }

    #[test]
    fn the_last_proxy_says_whether_it_was_https() {
        let by = |peer: &str, x: &[&str], forwarded: &[&str]| {
            let headers =
                ForwardedHeaders { x_forwarded_proto: x.to_vec(), forwarded: forwarded.to_vec(), ..Default::default() };
            proxies().client_used_https(ip(peer), &headers)
        };
        assert_eq!(by("10.0.0.1", &["https"], &[]), Some(true));
        assert_eq!(by("10.0.0.1", &["https, http"], &[]), Some(false));
        assert_eq!(by("10.0.0.1", &[], &["for=1.2.3.4;proto=HTTPS"]), Some(true));
        assert_eq!(by("10.0.0.1", &[], &["for=1.2.3.4"]), None);
        assert_eq!(by("10.0.0.1", &[], &[]), None);
        assert_eq!(by("203.0.113.9", &["https"], &[]), None);
    }

    #[test]
    fn a_list_of_networks_is_read_back() {
        assert_eq!(proxies().to_string(), "10.0.0.0/8, fd00::/8, 192.0.2.7/32");
        assert_eq!(TrustedProxies::parse("10.1.2.3/8").unwrap().to_string(), "10.0.0.0/8");
        assert_eq!(TrustedProxies::parse(""), Ok(TrustedProxies::default()));
        assert!(matches!(TrustedProxies::parse("10.0.0.0/33"), Err(TrustedProxiesError::NotANetwork(_))));
        assert!(matches!(TrustedProxies::parse("proxy.example"), Err(TrustedProxiesError::NotANetwork(_))));
        assert!(matches!(TrustedProxies::parse("0.0.0.0/0"), Err(TrustedProxiesError::Everybody(_))));
        assert!(matches!(TrustedProxies::parse("10.0.0.1, ::/0"), Err(TrustedProxiesError::Everybody(_))));
    }
}
