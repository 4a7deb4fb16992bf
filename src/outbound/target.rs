//! An address that somebody gave us, taken apart: whom to connect to, and what to ask for.

use std::net::IpAddr;

use hyper::Method;
use hyper::header::{ACCEPT_ENCODING, HOST, USER_AGENT};
use hyper::http::request::Builder;
use hyper::{Request, Uri};
use rustls::pki_types::ServerName;
use url::{Host, Position, Url};

/// Where a request goes. The parts fit each other: they come from one parsed URL.
#[derive(Debug)]
pub struct Target {
    /// The name or address, as in the URL.
    pub host: String,
    /// The address, if the URL has one instead of a name, however it is spelled (`0x7f.1`, `2130706433`).
    pub address: Option<IpAddr>,
    pub port: u16,
    /// Whom the certificate must name; `None` for clear text.
    pub tls_name: Option<ServerName<'static>>,
    authority: String,
    path: Uri,
}

impl Target {
    /// Takes an http or https URL apart; `None` for anything else, and for one with a user name or password.
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let address = match url.host()? {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some(IpAddr::V4(address)),
            Host::Ipv6(address) => Some(IpAddr::V6(address)),
        };
        let host = url.host_str()?.to_owned();
        let tls_name = match (url.scheme(), address) {
            ("https", None) => Some(ServerName::try_from(host.clone()).ok()?),
            ("https", Some(address)) => Some(ServerName::from(address)),
            ("http", _) => None,
            _ => return None,
        };
        if !url.username().is_empty() || url.password().is_some() {
            return None;
        }
        Some(Self {
            port: url.port_or_known_default()?,
            authority: url[Position::BeforeHost..Position::AfterPort].to_owned(),
            path: url[Position::BeforePath..Position::AfterQuery].parse().ok()?,
            host,
            address,
            tls_name,
        })
    }

    /// A request to this target with the headers that all of ours have.
    pub fn request(&self, method: Method) -> Builder {
        Request::builder()
            .method(method)
            .uri(self.path.clone())
            .header(HOST, &self.authority)
            .header(USER_AGENT, "Grantor")
            .header(ACCEPT_ENCODING, "identity")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart() {
        let target = Target::parse("https://rp.example:8443/a%20b?c=d#e").unwrap();
        assert_eq!((target.host.as_str(), target.address, target.port), ("rp.example", None, 8443));
        let request = target.request(Method::GET).body(()).unwrap();
        assert_eq!(request.uri(), "/a%20b?c=d");
        assert_eq!(request.headers()[HOST], "rp.example:8443");
        assert_eq!(Target::parse("https://rp.example").unwrap().path, "/");
    }

    #[test]
    fn every_spelling_of_an_address_is_the_address() {
        for spelling in ["127.0.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "①②⑦.0.0.1"] {
            let target = Target::parse(&format!("https://{spelling}/")).unwrap();
            assert_eq!(target.address, Some(IpAddr::from([127, 0, 0, 1])), "{spelling}");
        }
        let mapped = Target::parse("https://[::ffff:7f00:1]/").unwrap();
        assert_eq!(mapped.address, Some("::ffff:127.0.0.1".parse().unwrap()));
    }

    #[test]
    fn what_is_no_url_of_the_web_is_refused() {
        for bad in [
            "",
            "rp.example",
            "//rp.example",
            "ftp://rp.example/",
            "file:///etc/passwd",
            "data:text/plain,x",
            "unix:/run/x",
            "https://",
            "https:///",
            "https://me@rp.example/",
            "https://me:secret@rp.example/",
            "https://:secret@rp.example/",
            "https://rp.example:65536/",
            "https://a b/",
        ] {
            let target = Target::parse(bad);
            assert!(target.is_none(), "{bad}: {target:?}");
        }
    }
}
