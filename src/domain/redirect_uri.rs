//! Redirect URIs: what may be registered, and what a request may ask for.
//!
//! A code goes wherever the redirect URI points, so this file decides who can receive one. Two questions, both answered
//! on the bytes as written and never on a normalised form, because every normalisation is a chance for two parsers to
//! disagree about the host:
//!
//! 1. **May it be registered?** [`RedirectUri::parse`]: https anywhere; http only to this machine (`127.0.0.1`,
//!    `[::1]`, `localhost`); a private-use scheme if it contains a dot (RFC 8252 §7.1). No fragment, user-info or
//!    wildcard, and no query parameter that our response adds itself.
//! 2. **Is the requested one the registered one?** [`RedirectUri::matches`]: byte for byte (OAuth 2.1 §2.3.1), except
//!    that an http loopback IP literal may vary its port (RFC 8252 §7.3).
//!
//! There is no other way to build a [`RedirectUri`], so a URI that reached the database by another road is refused
//! again when it is read.

use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::sentence::{Sentence, sentence};

/// The longest redirect URI we store, in bytes.
pub const MAX_LENGTH: usize = 2048;

/// Parameters of authorization responses. In a registered query they would arrive twice, and which of the two a client
/// believes would be luck.
const RESPONSE_PARAMETERS: [&str; 12] = [
    "code",
    "state",
    "error",
    "error_description",
    "error_uri",
    "iss",
    "response",
    "id_token",
    "access_token",
    "token_type",
    "expires_in",
    "session_state",
];

/// Schemes that run code or read files where the browser is.
const DANGEROUS_SCHEMES: [&str; 11] = [
    "javascript",
    "vbscript",
    "data",
    "file",
    "filesystem",
    "blob",
    "about",
    "view-source",
    "chrome",
    "resource",
    "intent",
];

/// An absolute URI that an authorization response may be sent to. Keeps the exact string it was parsed from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RedirectUri(String);

/// oxide-auth wants a redirect URI in places that have none; nobody is ever sent to this one.
pub fn placeholder_url() -> Url {
    static PLACEHOLDER: LazyLock<Url> = LazyLock::new(|| "https://redirect.invalid/".parse().expect("it is a URL"));
    PLACEHOLDER.clone()
}

/// Why a string is no redirect URI. `Display` says what to send instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedirectUriError {
    Empty,
    TooLong,
    /// A space, a control or non-ASCII character, a backslash, or another one that RFC 3986 does not have.
    Character(char),
    /// A `%` without two hexadecimal digits behind it.
    PercentEncoding,
    Wildcard,
    Fragment,
    Relative,
    DangerousScheme(String),
    SchemeWithoutDot(String),
    /// http to a host that is not this machine.
    ClearText,
    UserInfo,
    Host,
    Port,
    /// A query parameter that belongs to authorization responses.
    ResponseParameter(&'static str),
}

impl std::error::Error for RedirectUriError {}

impl fmt::Display for RedirectUriError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.sentence())
    }
}

impl RedirectUriError {
    /// What to send instead.
    pub fn sentence(&self) -> Sentence {
        match self {
            Self::Empty => sentence!(
                "redirect-uri-empty",
                "a redirect URI is empty; send an absolute URI such as https://app.example/callback"
            ),
            Self::TooLong => sentence!(
                "redirect-uri-long",
                "a redirect URI has more than {most} bytes; send a shorter one",
                most = MAX_LENGTH
            ),
            // By its code point: an error_description cannot hold every character (RFC 6749 §5.2).
            Self::Character(c) => sentence!(
                "redirect-uri-character",
                "a redirect URI contains {character}, which URIs do not have; percent-encode it, and write the host in ASCII",
                character = format!("U+{:04X}", u32::from(*c))
            ),
            Self::PercentEncoding => sentence!(
                "redirect-uri-percent",
                "a redirect URI contains % without two hexadecimal digits; write a literal % as %25"
            ),
            Self::Wildcard => sentence!(
                "redirect-uri-wildcard",
                "a redirect URI contains *; register every URI in full, patterns are not supported"
            ),
            Self::Fragment => {
                sentence!("redirect-uri-fragment", "a redirect URI has a fragment; leave out # and what follows it")
            }
            Self::Relative => sentence!(
                "redirect-uri-relative",
                "a redirect URI is not absolute; start it with https:// or with the private-use scheme of your app"
            ),
            Self::DangerousScheme(scheme) => sentence!(
                "redirect-uri-dangerous-scheme",
                "a redirect URI has the scheme {scheme}, which can never receive a response; use https, or a private-use scheme such as com.example.app",
                scheme = scheme.as_str()
            ),
            Self::SchemeWithoutDot(scheme) => sentence!(
                "redirect-uri-scheme",
                "a redirect URI has the scheme {scheme}; use https, or a private-use scheme that is a domain of yours in reverse, such as com.example.{scheme} (RFC 8252 section 7.1)",
                scheme = scheme.as_str()
            ),
            Self::ClearText => sentence!(
                "redirect-uri-clear-text",
                "a redirect URI has http to another host; use https (http is for 127.0.0.1, [::1] and localhost only)"
            ),
            Self::UserInfo => sentence!(
                "redirect-uri-user-info",
                "a redirect URI has user information before its host; leave out everything up to @"
            ),
            Self::Host => sentence!(
                "redirect-uri-host",
                "a redirect URI has no valid host or path; write it like https://app.example/callback"
            ),
            Self::Port => sentence!(
                "redirect-uri-port",
                "a redirect URI has no valid port; write a number from 1 to 65535 or leave out the colon"
            ),
            Self::ResponseParameter(name) => sentence!(
                "redirect-uri-parameter",
                "a redirect URI has {name} in its query, which the authorization response adds itself; rename the parameter",
                name = *name
            ),
        }
    }
}

impl RedirectUri {
    /// Parses a URI that a client registers, asks for, or that comes back from storage.
    ///
    /// # Errors
    /// See [`RedirectUriError`]; the message is fit for the client's developer.
    pub fn parse(uri: &str) -> Result<Self, RedirectUriError> {
        if uri.is_empty() {
            return Err(RedirectUriError::Empty);
        }
        if uri.len() > MAX_LENGTH {
            return Err(RedirectUriError::TooLong);
        }
        refuse_characters(uri)?;
        let (scheme, rest) = split_scheme(uri).ok_or(RedirectUriError::Relative)?;
        match scheme.to_ascii_lowercase().as_str() {
            web @ ("https" | "http") => refuse_clear_text(web, web_authority(uri, rest)?.host)?,
            dangerous if DANGEROUS_SCHEMES.contains(&dangerous) => {
                return Err(RedirectUriError::DangerousScheme(dangerous.to_owned()));
            }
            private => {
                // RFC 8252 §7.1, §8.4: a name under a domain of the app's maker keeps other apps from claiming it by
                // accident.
                if !private.contains('.') || private.split('.').any(str::is_empty) {
                    return Err(RedirectUriError::SchemeWithoutDot(private.to_owned()));
                }
                if authority_of(rest).is_some_and(|authority| authority.contains('@')) {
                    return Err(RedirectUriError::UserInfo);
                }
                if rest.is_empty() || Url::parse(uri).is_err() {
                    return Err(RedirectUriError::Host);
                }
            }
        }
        refuse_response_parameters(uri)?;
        Ok(Self(uri.to_owned()))
    }

    /// Whether a request that asks for `requested` may be answered at that URI, given that this one is registered.
    ///
    /// Byte for byte, except for the port of `http://127.0.0.1` and `http://[::1]`, which the operating system gives a
    /// native app when it starts to listen (RFC 8252 §7.3). `localhost` has no such exception: what it resolves to is
    /// not certain (RFC 8252 §8.3).
    pub fn matches(&self, requested: &str) -> bool {
        if self.0 == requested {
            return true;
        }
        // What is asked for must be fit to be registered too, or the port could hide anything.
        Self::parse(requested).is_ok()
            && match (without_loopback_port(&self.0), without_loopback_port(requested)) {
                (Some(registered), Some(requested)) => registered == requested,
                _ => false,
            }
    }

    /// The URI, exactly as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What a consent page shows as the place where the browser goes next: host and port, or the private-use scheme.
    pub fn host_for_display(&self) -> &str {
        match self.web() {
            Some((_, Authority { text, .. })) => text,
            None => self.scheme(),
        }
    }

    /// The source to add to `form-action` of a page whose form ends up at this URI: an origin for the web, `scheme:`
    /// for a private-use scheme. Contains nothing that could end the directive.
    ///
    /// CSP's grammar has no IPv6 addresses (CSP3 §2.3.1), so `http://[::1]` becomes `http:`.
    pub fn origin_for_csp(&self) -> String {
        match self.web() {
            Some(("http", Authority { host: "[::1]", .. })) => "http:".to_owned(),
            Some((scheme, Authority { text, .. })) => format!("{scheme}://{text}").to_ascii_lowercase(),
            None => format!("{}:", self.scheme().to_ascii_lowercase()),
        }
    }

    /// Whether it points at the machine the browser runs on, where no domain proves who listens.
    pub fn is_loopback(&self) -> bool {
        self.web().is_some_and(|(_, authority)| {
            is_loopback_literal(authority.host) || authority.host.eq_ignore_ascii_case("localhost")
        })
    }

    /// Whether the scheme is https.
    pub fn is_https(&self) -> bool {
        self.scheme().eq_ignore_ascii_case("https")
    }

    /// Whether it is https and leads to no user's own machine: whoever is answered there has shown that the address is theirs
    /// (RFC 8252 §7.2).
    pub fn is_claimed_https(&self) -> bool {
        self.is_https() && !self.is_loopback()
    }

    /// This URI with `parameters` appended to its query, percent-encoded, in the order given. What was registered stays
    /// as it is, byte for byte (RFC 6749 §3.1.2).
    pub fn with_query(&self, parameters: &[(&str, &str)]) -> String {
        let mut uri = self.0.clone();
        for (name, value) in parameters {
            match uri.find('?') {
                None => uri.push('?'),
                Some(at) if at + 1 == uri.len() || uri.ends_with('&') => {}
                Some(_) => uri.push('&'),
            }
            uri.extend(utf8_percent_encode(name, &RESERVED));
            uri.push('=');
            uri.extend(utf8_percent_encode(value, &RESERVED));
        }
        uri
    }

    fn scheme(&self) -> &str {
        split_scheme(&self.0).expect("a parsed redirect URI has a scheme").0
    }

    fn web(&self) -> Option<(&'static str, Authority<'_>)> {
        let (scheme, rest) = split_scheme(&self.0).expect("a parsed redirect URI has a scheme");
        let scheme = ["https", "http"].into_iter().find(|web| scheme.eq_ignore_ascii_case(web))?;
        Some((scheme, Authority::split(authority_of(rest).expect("a parsed web URI has an authority"))))
    }
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for RedirectUri {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// The scheme of another web address that keeps to these rules: `https`, or `http` to this machine. What is in its query is its
/// owner's business, since no response is sent there.
pub fn web_scheme(uri: &str) -> Option<&'static str> {
    refuse_characters(uri).ok()?;
    let (scheme, rest) = split_scheme(uri)?;
    let scheme = ["https", "http"].into_iter().find(|web| scheme.eq_ignore_ascii_case(web))?;
    refuse_clear_text(scheme, web_authority(uri, rest).ok()?.host).ok()?;
    Some(scheme)
}

/// Everything but RFC 3986's unreserved characters.
const RESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn refuse_characters(uri: &str) -> Result<(), RedirectUriError> {
    let bytes = uri.as_bytes();
    for (at, c) in uri.char_indices() {
        match c {
            '*' => return Err(RedirectUriError::Wildcard),
            '#' => return Err(RedirectUriError::Fragment),
            '%' if !bytes[at + 1..].iter().take(2).filter(|b| b.is_ascii_hexdigit()).count().eq(&2) => {
                return Err(RedirectUriError::PercentEncoding);
            }
            c if c.is_ascii_alphanumeric() || "-._~:/?[]@!$&'()+,;=%".contains(c) => {}
            c => return Err(RedirectUriError::Character(c)),
        }
    }
    Ok(())
}

/// Scheme and what follows its colon, if it starts with a scheme (RFC 3986 §3.1).
fn split_scheme(uri: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = uri.split_once(':')?;
    let starts_well = scheme.starts_with(|c: char| c.is_ascii_alphabetic());
    let is_scheme = starts_well && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    is_scheme.then_some((scheme, rest))
}

/// The authority in what follows the scheme's colon, if there is one: between `//` and the next `/` or `?`.
fn authority_of(rest: &str) -> Option<&str> {
    let rest = rest.strip_prefix("//")?;
    Some(rest.split(['/', '?']).next().unwrap_or(rest))
}

/// Host and port, as written.
#[derive(Clone, Copy)]
struct Authority<'a> {
    text: &'a str,
    host: &'a str,
    port: Option<&'a str>,
}

impl<'a> Authority<'a> {
    fn split(text: &'a str) -> Self {
        let end_of_host = if text.starts_with('[') { text.find(']').map_or(text.len(), |at| at + 1) } else { 0 };
        match text[end_of_host..].find(':') {
            Some(at) => {
                let colon = end_of_host + at;
                Self { text, host: &text[..colon], port: Some(&text[colon + 1..]) }
            }
            None => Self { text, host: text, port: None },
        }
    }
}

/// The authority of an http or https URI.
fn web_authority<'a>(uri: &str, rest: &'a str) -> Result<Authority<'a>, RedirectUriError> {
    let authority = Authority::split(authority_of(rest).ok_or(RedirectUriError::Relative)?);
    // RFC 9700 §4.1.3: `https://rp.example@evil.example/` looks like the one and goes to the other.
    if authority.text.contains('@') {
        return Err(RedirectUriError::UserInfo);
    }
    // Browsers accept hosts such as `a;b` or `a%2eb`; a name that ends up in a header must be a plain one.
    let plain = |host: &str| !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    let is_ipv6 = |host: &str| host.starts_with('[') && host.ends_with(']');
    if !plain(authority.host) && !is_ipv6(authority.host) {
        return Err(RedirectUriError::Host);
    }
    if let Some(port) = authority.port {
        let is_number = port.bytes().all(|b| b.is_ascii_digit());
        if !is_number || !port.parse::<u16>().is_ok_and(|port| port > 0) {
            return Err(RedirectUriError::Port);
        }
    }
    // The parser that browsers share has the last word on addresses and names.
    if Url::parse(uri).is_err() {
        return Err(RedirectUriError::Host);
    }
    Ok(authority)
}

/// http is for this machine.
fn refuse_clear_text(scheme: &str, host: &str) -> Result<(), RedirectUriError> {
    let stays_here = is_loopback_literal(host) || host == "localhost";
    if scheme == "https" || stays_here { Ok(()) } else { Err(RedirectUriError::ClearText) }
}

fn is_loopback_literal(host: &str) -> bool {
    matches!(host, "127.0.0.1" | "[::1]")
}

/// Host and everything behind the port, for http to a loopback IP literal; `None` for any other URI.
fn without_loopback_port(uri: &str) -> Option<(&str, &str)> {
    let rest = uri.strip_prefix("http:")?;
    let authority = Authority::split(authority_of(rest)?);
    is_loopback_literal(authority.host).then(|| (authority.host, &rest["//".len() + authority.text.len()..]))
}

fn refuse_response_parameters(uri: &str) -> Result<(), RedirectUriError> {
    let Some((_, query)) = uri.split_once('?') else { return Ok(()) };
    for (name, _) in url::form_urlencoded::parse(query.as_bytes()) {
        // Some languages read `code[]` and `code` into the same variable.
        let name: Cow<'_, str> = name.split_once('[').map_or(name.clone(), |(name, _)| name.to_owned().into());
        if let Some(reserved) = RESPONSE_PARAMETERS.into_iter().find(|reserved| *reserved == name) {
            return Err(RedirectUriError::ResponseParameter(reserved));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(uri: &str) -> RedirectUri {
        RedirectUri::parse(uri).unwrap_or_else(|error| panic!("{uri}: {error}"))
    }

    fn refused(uri: &str) -> RedirectUriError {
        match RedirectUri::parse(uri) {
            Ok(_) => panic!("{uri} was accepted"),
            Err(error) => error,
        }
    }

    #[test]
    fn what_clients_register_is_accepted_and_kept_as_written() {
        for accepted in [
            "https://rp.example/cb",
            "https://RP.example:8443/cb?foo=bar&baz=%20qux",
            "https://rp.example",
            "https://xn--bcher-kva.example/",
            "https://192.0.2.1/cb",
            "https://[2001:db8::1]:8443/cb",
            "https://rp.example/https://other.example/@cb",
            "http://127.0.0.1/cb",
            "http://127.0.0.1:8080",
            "http://[::1]:1/cb",
            "http://localhost:3000/cb",
            "http://localhost",
            "com.example.app:/cb",
            "com.example.app://oauth/cb?x=1",
            "com.example.app:cb",
        ] {
            assert_eq!(uri(accepted).to_string(), accepted);
        }
    }

    #[test]
    fn dangerous_clear_text_and_pattern_uris_are_refused() {
        use RedirectUriError as E;
        let scheme = |name: &str| E::DangerousScheme(name.to_owned());
        let dotless = |name: &str| E::SchemeWithoutDot(name.to_owned());
        for (uri, error) in [
            ("", E::Empty),
            ("javascript:alert(1)", scheme("javascript")),
            ("JavaScript:alert(1)", scheme("javascript")),
            ("data:text/html,x", scheme("data")),
            ("vbscript:x", scheme("vbscript")),
            ("file:///etc/passwd", scheme("file")),
            ("blob:https://rp.example/1", scheme("blob")),
            ("about:blank", scheme("about")),
            ("myapp:/cb", dotless("myapp")),
            ("ftp://rp.example/cb", dotless("ftp")),
            ("urn:ietf:wg:oauth:2.0:oob", dotless("urn")),
            ("app.:/cb", dotless("app.")),
            ("a..b:/cb", dotless("a..b")),
            ("com.example.app:", E::Host),
            ("com.example.app://user@host/cb", E::UserInfo),
            ("http://rp.example/cb", E::ClearText),
            ("http://127.0.0.1.evil.example/cb", E::ClearText),
            ("http://127.0.0.2/cb", E::ClearText),
            ("http://127.1/cb", E::ClearText),
            ("http://0x7f000001/cb", E::ClearText),
            ("http://[::ffff:127.0.0.1]/cb", E::ClearText),
            ("http://[0:0:0:0:0:0:0:1]/cb", E::ClearText),
            ("http://localhost.evil.example/cb", E::ClearText),
            ("http://localhost./cb", E::ClearText),
            ("https://*.rp.example/*", E::Wildcard),
            ("https://rp.example/cb*", E::Wildcard),
            ("https://rp.example/^cb$", E::Character('^')),
            ("https://rp.example/cb#x", E::Fragment),
            ("https://rp.example/cb#", E::Fragment),
            ("/cb", E::Relative),
            ("//rp.example/cb", E::Relative),
            ("rp.example/cb", E::Relative),
            ("1https://rp.example/cb", E::Relative),
            ("https:rp.example/cb", E::Relative),
            ("https:/rp.example/cb", E::Relative),
            ("https:///rp.example/cb", E::Host),
            ("https://", E::Host),
            ("https://?x", E::Host),
            ("https://rp.example;script-src/cb", E::Host),
            ("https://rp,example/cb", E::Host),
            ("https://rp%2eexample/cb", E::Host),
            ("https://[::1/cb", E::Host),
            ("https://[::1]x/cb", E::Host),
            ("https://[nonsense]/cb", E::Host),
            ("https://1.2.3.4.5/cb", E::Host),
            ("https://rp.example@evil.example/cb", E::UserInfo),
            ("https://rp.example:80@evil.example/", E::UserInfo),
            ("https://evil.example%23@rp.example/cb", E::UserInfo),
            ("http://localhost@evil.example/", E::UserInfo),
            ("https://evil.example\\@rp.example/cb", E::Character('\\')),
            ("https://rp.example/c b", E::Character(' ')),
            (" https://rp.example/cb", E::Character(' ')),
            ("https://rp.example/cb\r\nX: y", E::Character('\r')),
            ("https://rp.example/cb\0", E::Character('\0')),
            ("https://bücher.example/cb", E::Character('ü')),
            ("https://rp.example/%zz", E::PercentEncoding),
            ("https://rp.example/%2", E::PercentEncoding),
            ("https://rp.example:/cb", E::Port),
            ("https://rp.example:0/cb", E::Port),
            ("https://rp.example:65536/cb", E::Port),
            ("https://rp.example:+80/cb", E::Port),
            ("http://127.0.0.1:80:80/cb", E::Port),
        ] {
            assert_eq!(refused(uri), error, "{uri}");
        }
    }

    #[test]
    fn a_character_is_told_by_its_code_point() {
        for (uri, named) in [("https://rp.example/\\", "U+005C"), ("https://\u{202e}.example/", "U+202E")] {
            let told = refused(uri).to_string();
            assert!(told.contains(named) && told.is_ascii() && !told.contains(['\\', '"']), "{told}");
        }
    }

    #[test]
    fn other_web_addresses_keep_to_the_same_rules() {
        for (uri, scheme) in [
            ("https://rp.example/terms?state=1", Some("https")),
            ("HTTPS://RP.example:8443", Some("https")),
            ("http://localhost:3000/x", Some("http")),
            ("http://[::1]/x", Some("http")),
            ("http://rp.example/", None),
            ("http://127.1/", None),
            ("com.example.app:/x", None),
            ("https://*.rp.example/", None),
            ("https://rp.example/^x$", None),
            ("https://rp.example/x#y", None),
            ("https://rp.example\\@evil.example/", None),
            ("https://rp,example/", None),
            ("https://me@rp.example/", None),
            ("/x", None),
        ] {
            assert_eq!(web_scheme(uri), scheme, "{uri}");
        }
    }

    #[test]
    fn the_longest_uri_has_2048_bytes() {
        let of = |length: usize| format!("https://rp.example/{}", "a".repeat(length - "https://rp.example/".len()));
        assert!(RedirectUri::parse(&of(2048)).is_ok());
        assert_eq!(refused(&of(2049)), RedirectUriError::TooLong);
    }

    #[test]
    fn a_query_that_names_a_response_parameter_is_refused() {
        for name in RESPONSE_PARAMETERS {
            let error = refused(&format!("https://rp.example/cb?x=1&{name}=attacker"));
            assert_eq!(error, RedirectUriError::ResponseParameter(name));
        }
        assert_eq!(refused("https://rp.example/cb?%63ode=x"), RedirectUriError::ResponseParameter("code"));
        assert_eq!(refused("https://rp.example/cb?code%5B%5D=x"), RedirectUriError::ResponseParameter("code"));
        assert_eq!(refused("com.example.app:/cb?state"), RedirectUriError::ResponseParameter("state"));
        uri("https://rp.example/cb?codec=h264&estate=1");
    }

    #[test]
    fn rfc9700_section_4_1_3_matching_is_byte_for_byte() {
        let registered = uri("https://rp.example/cb?foo=bar");
        assert!(registered.matches("https://rp.example/cb?foo=bar"));
        for other in [
            "https://rp.example/cb",
            "https://rp.example/cb?foo=baz",
            "https://rp.example/cb?foo=bar&x=1",
            "https://rp.example/cb/?foo=bar",
            "https://RP.example/cb?foo=bar",
            "https://rp.example:443/cb?foo=bar",
            "https://rp.example/%63b?foo=bar",
            "https://rp.example/x/../cb?foo=bar",
            "https://rp.example.evil.example/cb?foo=bar",
            "http://rp.example/cb?foo=bar",
            "",
        ] {
            assert!(!registered.matches(other), "{other}");
        }
    }

    #[test]
    fn rfc8252_section_7_3_only_the_port_of_a_loopback_literal_may_vary() {
        for registered in ["http://127.0.0.1/cb", "http://127.0.0.1:9/cb"] {
            let registered = uri(registered);
            assert!(registered.matches("http://127.0.0.1:51004/cb"));
            assert!(registered.matches("http://127.0.0.1/cb"));
            for other in [
                "http://127.0.0.1:51004/cb?x=1",
                "http://127.0.0.1:51004/cb/",
                "http://127.0.0.1:51004/other",
                "http://127.0.0.1:51004",
                "http://127.0.0.1:/cb",
                "http://127.0.0.1:0/cb",
                "http://127.0.0.1:70000/cb",
                "http://127.0.0.1:1@evil.example/cb",
                "http://127.0.0.1:51004/cb#x",
                "http://[::1]:51004/cb",
                "http://localhost:51004/cb",
                "https://127.0.0.1:51004/cb",
                "HTTP://127.0.0.1:51004/cb",
            ] {
                assert!(!registered.matches(other), "{other}");
            }
        }
        assert!(uri("http://[::1]/cb").matches("http://[::1]:1/cb"));
        assert!(!uri("http://localhost/cb").matches("http://localhost:1/cb"));
        assert!(uri("http://localhost:1/cb").matches("http://localhost:1/cb"));
        assert!(!uri("https://127.0.0.1/cb").matches("https://127.0.0.1:1/cb"));
        assert!(!uri("https://rp.example/cb").matches("http://127.0.0.1/cb"));
        assert!(!uri("com.example.app://127.0.0.1/cb").matches("com.example.app://127.0.0.1:1/cb"));
    }

    #[test]
    fn pages_can_say_where_the_browser_goes() {
        for (written, host, origin) in [
            ("https://RP.example/cb?x=1", "RP.example", "https://rp.example"),
            ("https://rp.example:8443", "rp.example:8443", "https://rp.example:8443"),
            ("https://rp.example?x=1", "rp.example", "https://rp.example"),
            ("http://127.0.0.1:51004/cb", "127.0.0.1:51004", "http://127.0.0.1:51004"),
            ("http://[::1]:51004/cb", "[::1]:51004", "http:"),
            ("com.Example.app://host/cb", "com.Example.app", "com.example.app:"),
        ] {
            assert_eq!(uri(written).host_for_display(), host);
            assert_eq!(uri(written).origin_for_csp(), origin);
        }
    }

    #[test]
    fn loopback_and_https_are_told_apart() {
        for (written, is_https, is_loopback, is_claimed_https) in [
            ("https://rp.example/cb", true, false, true),
            ("https://localhost/cb", true, true, false),
            ("http://127.0.0.1/cb", false, true, false),
            ("http://[::1]:1/cb", false, true, false),
            ("com.example.app://localhost/cb", false, false, false),
        ] {
            let uri = uri(written);
            let kind = (uri.is_https(), uri.is_loopback(), uri.is_claimed_https());
            assert_eq!(kind, (is_https, is_loopback, is_claimed_https), "{written}");
        }
    }

    #[test]
    fn rfc6749_section_3_1_2_the_registered_query_is_kept() {
        let response = [("code", "a b&c"), ("state", "ü%20+/=~-._")];
        let appended = "code=a%20b%26c&state=%C3%BC%2520%2B%2F%3D~-._";
        for (registered, before) in [
            ("https://rp.example/cb", "https://rp.example/cb?"),
            ("https://rp.example/cb?", "https://rp.example/cb?"),
            ("https://rp.example/cb?foo=b%41r", "https://rp.example/cb?foo=b%41r&"),
            ("https://rp.example/cb?foo=bar&", "https://rp.example/cb?foo=bar&"),
            ("com.example.app:cb", "com.example.app:cb?"),
        ] {
            assert_eq!(uri(registered).with_query(&response), format!("{before}{appended}"));
        }
        assert_eq!(uri("https://rp.example/cb").with_query(&[]), "https://rp.example/cb");
    }
}
