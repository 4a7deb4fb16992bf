//! The parameters of a request: an ordered list of pairs, parsed once and strictly.
//!
//! # Why not serde
//! A repeated parameter must be an OAuth error (RFC 6749 §3.1, §3.2), and a form library answers it with its own error or
//! quietly takes one of the two.

use percent_encoding::percent_decode;

/// Most parameters in a request.
pub const MAX_PARAMETERS: usize = 256;
/// Most bytes in one parameter's value, decoded.
pub const MAX_VALUE_LENGTH: usize = 64 * 1024;

/// What a request came with.
#[derive(Clone, Debug, Default)]
pub struct Parameters(Vec<(String, String)>);

/// Why bytes are no parameters; the text is for the client's developer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    NotUtf8,
    ZeroByte,
    TooMany,
    TooLong,
}

impl Malformed {
    pub const fn description(self) -> &'static str {
        match self {
            Self::NotUtf8 => "The parameters are not valid UTF-8. Percent-encode the UTF-8 form of every value.",
            Self::ZeroByte => "A parameter holds a zero byte, which no value may.",
            Self::TooMany => "The request has more than 256 parameters.",
            Self::TooLong => "A parameter is longer than 65536 bytes.",
        }
    }
}

impl Parameters {
    /// Parses `application/x-www-form-urlencoded` bytes: a query or a form.
    pub fn parse(encoded: &[u8]) -> Result<Self, Malformed> {
        let mut pairs = Vec::new();
        for pair in encoded.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            if pairs.len() == MAX_PARAMETERS {
                return Err(Malformed::TooMany);
            }
            let equals = pair.iter().position(|byte| *byte == b'=');
            let (name, value) = match equals {
                Some(at) => (&pair[..at], &pair[at + 1..]),
                None => (pair, &[][..]),
            };
            pairs.push((decode(name)?, decode(value)?));
        }
        Ok(Self(pairs))
    }

    /// Pairs that were parsed elsewhere.
    pub fn of(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// The value of `name`. An empty one counts as omitted (RFC 6749 §3.1).
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Every value of a parameter that may repeat.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(each, value)| each == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// Whether `name` is there, if only as a field that somebody left empty.
    pub fn is_sent(&self, name: &str) -> bool {
        self.0.iter().any(|(each, _)| each == name)
    }

    /// Whether `name` is there more than once.
    pub fn repeats(&self, name: &str) -> bool {
        self.0.iter().filter(|(each, _)| each == name).count() > 1
    }

    /// Whether anything but `resource` (RFC 8707 §2) is there more than once.
    pub fn any_repeats(&self) -> bool {
        let mut names: Vec<&str> =
            self.0.iter().map(|(name, _)| name.as_str()).filter(|name| *name != "resource").collect();
        names.sort_unstable();
        names.windows(2).any(|pair| pair[0] == pair[1])
    }
}

/// Decodes one name or value: `+` is a space, `%XX` a byte.
pub fn decode(encoded: &[u8]) -> Result<String, Malformed> {
    let spaced: Vec<u8> = encoded.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    let decoded: Vec<u8> = percent_decode(&spaced).collect();
    if decoded.len() > MAX_VALUE_LENGTH {
        return Err(Malformed::TooLong);
    }
    // PostgreSQL's text cannot hold it, and C libraries end at it.
    if decoded.contains(&0) {
        return Err(Malformed::ZeroByte);
    }
    String::from_utf8(decoded).map_err(|_| Malformed::NotUtf8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded_once() {
        let parameters = Parameters::parse(b"state=a%2526+%C3%A9&scope=a+b&empty=&flag&&x==").unwrap();
        assert_eq!(parameters.get("state"), Some("a%26 é"));
        assert_eq!(parameters.get("scope"), Some("a b"));
        assert_eq!(parameters.get("empty"), None);
        assert_eq!(parameters.get("flag"), None);
        assert_eq!(parameters.get("x"), Some("="));
    }

    #[test]
    fn repetition_is_seen_even_of_equal_or_empty_values() {
        assert!(Parameters::parse(b"a=1&a=1").unwrap().any_repeats());
        assert!(Parameters::parse(b"a=1&a=").unwrap().repeats("a"));
        assert!(!Parameters::parse(b"resource=x&resource=y&a=1").unwrap().any_repeats());
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        for (bytes, reason) in [
            (&b"a=%FF"[..], Malformed::NotUtf8),
            (b"a=%C0%AF", Malformed::NotUtf8),
            (b"a=%ED%A0%80", Malformed::NotUtf8),
            (b"a=%00", Malformed::ZeroByte),
        ] {
            assert_eq!(Parameters::parse(bytes).unwrap_err(), reason);
        }
        let many = "a=1&".repeat(300);
        assert_eq!(Parameters::parse(many.as_bytes()).unwrap_err(), Malformed::TooMany);
    }
}
