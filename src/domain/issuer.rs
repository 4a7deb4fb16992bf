//! The issuer identifier: the URL by which clients know this server (RFC 8414 §2, RFC 9207, OpenID Connect Discovery
//! §3).
//!
//! It comes from the configuration and never from a request's Host header, or a client could be told that somebody
//! else's server is ours. Clients compare it byte for byte, so it is kept as it was written; that is also why only one
//! way to write it is accepted.

use std::fmt;
use std::net::IpAddr;

use url::{Host, Url};

/// An absolute http or https URL without query and fragment; https unless its host is this machine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Issuer {
    text: String,
    url: Url,
}

/// Why a string is no issuer. `Display` says what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IssuerError {
    NotAbsolute,
    Scheme,
    /// http on a host that is not this machine.
    ClearText,
    QueryOrFragment,
    UserInfo,
    /// Two ways to write one URL; the one to use.
    NotNormal(String),
}

impl std::error::Error for IssuerError {}

impl fmt::Display for IssuerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAbsolute => f.write_str("the issuer is no absolute URL; write it like https://auth.example.com"),
            Self::Scheme => f.write_str("the issuer is no web address; write it like https://auth.example.com"),
            Self::ClearText => f.write_str(
                "the issuer is http on a host that others reach; write https:// and either set GRANTOR_TLS_CERT and \
                 GRANTOR_TLS_KEY or put a proxy that speaks TLS in front (http is for loopback addresses)",
            ),
            Self::QueryOrFragment => f.write_str("the issuer has a query or fragment; leave out ? and #"),
            Self::UserInfo => f.write_str("the issuer has user information; leave out everything up to @"),
            Self::NotNormal(url) => write!(f, "the issuer can be written in two ways; write {url}"),
        }
    }
}

impl Issuer {
    /// Parses what the operator wrote.
    pub fn parse(text: &str) -> Result<Self, IssuerError> {
        let url = Url::parse(text).map_err(|_| IssuerError::NotAbsolute)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(IssuerError::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(IssuerError::UserInfo);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(IssuerError::QueryOrFragment);
        }
        if url.scheme() == "http" && !is_this_machine(&url) {
            return Err(IssuerError::ClearText);
        }
        // A path of "/" may be left out; nothing else may differ from what every client's URL parser makes of it.
        let normal = url.as_str();
        if normal != text && normal.strip_suffix('/') != Some(text) {
            return Err(IssuerError::NotNormal(normal.strip_suffix('/').unwrap_or(normal).to_owned()));
        }
        Ok(Self { text: text.to_owned(), url })
    }

    /// The identifier exactly as it was written: the value of `iss` everywhere.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The URL of one of our paths, such as `/oauth2/token`. A trailing slash of the identifier is not doubled.
    pub fn url(&self, path: &str) -> String {
        format!("{}/{}", self.text.trim_end_matches('/'), path.trim_start_matches('/'))
    }

    /// Host and port, as a `Host` header has them.
    pub fn authority(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        self.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// The identifier's path without a trailing slash: empty for most, `/tenant` for `https://example.com/tenant`. Goes
    /// before our paths and, in RFC 8414 §3.1, behind the well-known one.
    pub fn path(&self) -> &str {
        self.url.path().trim_end_matches('/')
    }

    /// Scheme, host and port, as in an Origin header.
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// Whether browsers reach us by https, and cookies can be `Secure`.
    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl AsRef<str> for Issuer {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        // RFC 6761 §6.3 gives all names under localhost to the loopback interface.
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_kept_as_written_and_joined_without_doubling_a_slash() {
        for (text, token, path, origin) in [
            ("https://as.example", "https://as.example/oauth2/token", "", "https://as.example"),
            ("https://as.example/", "https://as.example/oauth2/token", "", "https://as.example"),
            ("https://as.example:8443/t", "https://as.example:8443/t/oauth2/token", "/t", "https://as.example:8443"),
            ("https://as.example/t/", "https://as.example/t/oauth2/token", "/t", "https://as.example"),
            ("http://localhost:8080", "http://localhost:8080/oauth2/token", "", "http://localhost:8080"),
        ] {
            let issuer = Issuer::parse(text).unwrap();
            assert_eq!(issuer.as_str(), text);
            assert_eq!(issuer.url("/oauth2/token"), token);
            assert_eq!(issuer.path(), path);
            assert_eq!(issuer.origin(), origin);
        }
    }

    #[test]
    fn http_is_for_this_machine() {
        for local in
            ["http://localhost", "http://127.0.0.1:8080", "http://127.9.9.9", "http://[::1]:1", "http://as.localhost"]
        {
            assert!(!Issuer::parse(local).unwrap().is_https());
        }
        for remote in ["http://as.example", "http://10.0.0.1", "http://localhost.example", "http://0.0.0.0:8080"] {
            assert_eq!(Issuer::parse(remote), Err(IssuerError::ClearText), "{remote}");
        }
    }

    #[test]
    fn rfc8414_section_2_what_is_no_issuer_is_refused() {
        let normal = |url: &str| IssuerError::NotNormal(url.to_owned());
        for (text, error) in [
            ("", IssuerError::NotAbsolute),
            ("as.example", IssuerError::NotAbsolute),
            ("ftp://as.example", IssuerError::Scheme),
            ("https://as.example?x", IssuerError::QueryOrFragment),
            ("https://as.example/#", IssuerError::QueryOrFragment),
            ("https://me:pw@as.example", IssuerError::UserInfo),
            ("https://AS.example", normal("https://as.example")),
            ("https://as.example:443", normal("https://as.example")),
            ("https://as.example/a/../b", normal("https://as.example/b")),
            (" https://as.example", normal("https://as.example")),
        ] {
            assert_eq!(Issuer::parse(text), Err(error), "{text}");
        }
    }
}
