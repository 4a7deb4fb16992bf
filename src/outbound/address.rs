//! Which addresses a request of ours may reach: the defence against being sent into our own network (SSRF).
//!
//! The table follows the IANA special-purpose address registries (RFC 6890 and its successors). It judges addresses, never
//! names: a name is judged by what it resolved to, and the connection is made to that very address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// Whom an address belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// A host of the internet.
    Public,
    /// This machine or its owner's network: loopback, RFC 1918, RFC 4193 and the carrier's RFC 6598.
    Private,
    /// Nobody that we have business with: link-local (where clouds keep their credentials), multicast, documentation,
    /// and IPv6 that wraps an IPv4 address, which would be a second spelling of any of these.
    Nowhere,
}

const fn v4(a: u8, b: u8, c: u8, d: u8, length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length)
}

const fn v6(a: u16, b: u16, length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0), length)
}

const PRIVATE_V4: [Ipv4Net; 5] = [
    v4(127, 0, 0, 0, 8),
    v4(10, 0, 0, 0, 8),
    v4(172, 16, 0, 0, 12),
    v4(192, 168, 0, 0, 16),
    // Carrier-grade NAT, also used inside clouds and overlay networks.
    v4(100, 64, 0, 0, 10),
];

const NOWHERE_V4: [Ipv4Net; 9] = [
    // "This network"; 0.0.0.0 reaches this machine.
    v4(0, 0, 0, 0, 8),
    v4(169, 254, 0, 0, 16),
    // IETF protocol assignments.
    v4(192, 0, 0, 0, 24),
    // Documentation.
    v4(192, 0, 2, 0, 24),
    v4(198, 51, 100, 0, 24),
    v4(203, 0, 113, 0, 24),
    // Relays of 6to4, and benchmarks.
    v4(192, 88, 99, 0, 24),
    v4(198, 18, 0, 0, 15),
    // Multicast, reserved and broadcast.
    v4(224, 0, 0, 0, 3),
];

/// All that is assigned to hosts of the internet. Outside are IPv4-mapped and -compatible addresses and NAT64.
const GLOBAL_V6: Ipv6Net = v6(0x2000, 0, 3);

const NOWHERE_V6: [Ipv6Net; 5] = [
    // IETF protocol assignments, among them Teredo, benchmarks and ORCHID.
    v6(0x2001, 0, 23),
    // Documentation.
    v6(0x2001, 0xdb8, 32),
    v6(0x3fff, 0, 20),
    // 6to4.
    v6(0x2002, 0, 16),
    // 6bone, given back.
    v6(0x3ffe, 0, 16),
];

/// Unique local addresses.
const UNIQUE_LOCAL: Ipv6Net = v6(0xfc00, 0, 7);

impl Reach {
    /// Judges an address.
    pub fn of(address: IpAddr) -> Self {
        let (is_private, is_special) = match address {
            IpAddr::V4(address) => (contain(&PRIVATE_V4, address), contain(&NOWHERE_V4, address)),
            IpAddr::V6(address) => (address.is_loopback() || UNIQUE_LOCAL.contains(&address), is_special(address)),
        };
        match (is_private, is_special) {
            (true, _) => Self::Private,
            (false, true) => Self::Nowhere,
            (false, false) => Self::Public,
        }
    }
}

fn is_special(address: Ipv6Addr) -> bool {
    !GLOBAL_V6.contains(&address) || NOWHERE_V6.iter().any(|net| net.contains(&address))
}

fn contain(nets: &[Ipv4Net], address: Ipv4Addr) -> bool {
    nets.iter().any(|net| net.contains(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(expected: Reach, addresses: &[&str]) {
        for text in addresses {
            assert_eq!(Reach::of(text.parse().unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn hosts_of_the_internet_are_public() {
        all(
            Reach::Public,
            &[
                "1.1.1.1",
                "9.255.255.255",
                "11.0.0.0",
                "100.63.255.255",
                "100.128.0.0",
                "126.255.255.255",
                "128.0.0.0",
                "169.253.255.255",
                "169.255.0.0",
                "172.15.255.255",
                "172.32.0.0",
                "192.0.1.0",
                "192.0.3.0",
                "192.167.255.255",
                "192.169.0.0",
                "198.17.255.255",
                "198.20.0.0",
                "223.255.255.255",
                "2001:200::1",
                "2003::1",
                "2606:4700:4700::1111",
                "2a00::1",
            ],
        );
    }

    #[test]
    fn loopback_and_networks_of_ones_own_are_private() {
        all(
            Reach::Private,
            &[
                "127.0.0.1",
                "127.255.255.255",
                "10.0.0.0",
                "10.255.255.255",
                "172.16.0.0",
                "172.31.255.255",
                "192.168.0.1",
                "192.168.255.255",
                "100.64.0.0",
                "100.127.255.255",
                "::1",
                "fc00::1",
                "fdff:ffff::1",
            ],
        );
    }

    #[test]
    fn what_is_no_host_is_nowhere() {
        all(
            Reach::Nowhere,
            &[
                "0.0.0.0",
                "0.1.2.3",
                "169.254.169.254",
                "192.0.0.8",
                "192.0.2.1",
                "192.88.99.1",
                "198.18.0.1",
                "198.19.255.255",
                "198.51.100.1",
                "203.0.113.1",
                "224.0.0.1",
                "239.255.255.255",
                "240.0.0.1",
                "255.255.255.255",
                "::",
                // IPv4-compatible, -mapped and -translated.
                "::7f00:1",
                "::ffff:127.0.0.1",
                "::ffff:1.1.1.1",
                "::ffff:0:127.0.0.1",
                // NAT64, well known and local.
                "64:ff9b::7f00:1",
                "64:ff9b:1::1",
                "100::1",
                // Teredo, benchmarks, ORCHID, documentation, 6to4, 6bone, segment routing.
                "2001::1",
                "2001:2::1",
                "2001:20::1",
                "2001:db8::1",
                "3fff::1",
                "2002:7f00:1::1",
                "3ffe::1",
                "5f00::1",
                // Link-local, site-local, multicast.
                "fe80::1",
                "fec0::1",
                "ff02::1",
            ],
        );
    }
}
