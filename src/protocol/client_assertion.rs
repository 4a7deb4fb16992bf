//! `private_key_jwt`: a client proves who it is with a JWT that it signed (RFC 7523 §3, OpenID Connect Core §9), after
//! RFC 10070, which left one way to write the audience.
//!
//! The signature has been verified with the client's own key when these rules look at the claims:
//!
//! 1. `typ`, if there is one, says `client-authentication+jwt`, or says nothing with `JWT`: a token made for another
//!    purpose proves nothing here (RFC 8725 §3.11).
//! 2. `iss` and `sub` are the client's id.
//! 3. `aud` is our issuer identifier, as one string: a list could hold another server, which would replay it here.
//!    Clients that are registered for it may write the token endpoint's URL instead.
//! 4. `exp` is there, and not far ahead; clocks may differ a little.
//! 5. `jti` is there. That it was never used before is storage's to say, and by then it is used, whatever becomes of the
//!    request.

use std::fmt;

use serde_json::{Map, Value};

use crate::clock::{Seconds, Timestamp};
use crate::domain::client::AssertionAudience;
use crate::domain::issuer::Issuer;
use crate::protocol::check::{Cause, Check};

/// The value of `client_assertion_type`.
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// The values of `typ` that do not make an assertion something else; compared without regard to case (RFC 7515 §4.1.9).
const TYPES: [&str; 4] =
    ["jwt", "application/jwt", "client-authentication+jwt", "application/client-authentication+jwt"];
/// The longest `jti`, in bytes.
const MAX_JTI: usize = 255;
/// How far ahead an assertion may expire; until then its `jti` is remembered.
const LONGEST: Seconds = 60 * 60;
/// How long after its end an assertion is still taken, for clocks that differ.
const GRACE: Seconds = 10;
/// How far ahead of ours the client's clock may be.
const AHEAD: Seconds = 30;

/// What a client's assertion has to agree with.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    pub client_id: &'a str,
    pub audience: AssertionAudience,
    pub issuer: &'a Issuer,
    pub token_endpoint: &'a str,
    pub now: Timestamp,
}

/// An assertion in which everything is right. It counts once: the `jti` is to be stored, and must not have been there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedAssertion {
    pub jti: String,
    /// From when on the assertion would be refused anyway.
    pub expires_at: Timestamp,
}

/// What is wrong with an assertion. `Display` is for the client's developer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssertionError {
    Type,
    Issuer,
    Subject,
    Audience(AssertionAudience),
    /// No `exp`, or no number.
    NoExpiry,
    Expired,
    TooLong,
    /// `iat` or `nbf` is ahead of our clock, or no number.
    NotYet(&'static str),
    Id,
}

impl std::error::Error for AssertionError {}

impl fmt::Display for AssertionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type => {
                f.write_str("its typ is for another purpose; write client-authentication+jwt or leave it out")
            }
            Self::Issuer => f.write_str("its iss is not the client_id"),
            Self::Subject => f.write_str("its sub is not the client_id"),
            Self::Audience(AssertionAudience::Issuer) => {
                f.write_str("its aud is not our issuer identifier as one string, exactly as in our metadata")
            }
            Self::Audience(AssertionAudience::TokenEndpoint) => {
                f.write_str("its aud is neither our issuer identifier nor the token endpoint's URL, as one string")
            }
            Self::NoExpiry => f.write_str("it has no exp, or none in seconds since 1970"),
            Self::Expired => f.write_str("it has expired; make a new one for each request, and check the clock"),
            Self::TooLong => write!(f, "its exp is more than {LONGEST} seconds ahead"),
            Self::NotYet(name) => write!(f, "its {name} is in the future or no number; check the clock"),
            Self::Id => write!(f, "it has no jti of 1 to {MAX_JTI} bytes"),
        }
    }
}

impl AssertionError {
    /// The check that an assertion with these claims failed, with what it compared. Times are told as seconds from now.
    pub fn cause(self, typ: Option<&str>, claims: &Map<String, Value>, expected: &Expected<'_>) -> Cause {
        let shown = |name: &str| match claims.get(name) {
            None => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        let from_now = |name: &str| match claims.get(name).map(|value| (value, seconds(value))) {
            None => String::new(),
            Some((_, Some(at))) => format!("{:+}", at - expected.now),
            Some((value, None)) => value.to_string(),
        };
        match self {
            Self::Type => Cause::new(Check::AssertionTyp)
                .expecting(["client-authentication+jwt", "JWT"])
                .receiving(typ.unwrap_or_default()),
            Self::Issuer => Cause::new(Check::AssertionIssuer).expecting([expected.client_id]).receiving(shown("iss")),
            Self::Subject => {
                Cause::new(Check::AssertionSubject).expecting([expected.client_id]).receiving(shown("sub"))
            }
            Self::Audience(_) => {
                let token_endpoint =
                    (self == Self::Audience(AssertionAudience::TokenEndpoint)).then_some(expected.token_endpoint);
                Cause::new(Check::AssertionAudience)
                    .expecting(std::iter::once(expected.issuer.as_str()).chain(token_endpoint))
                    .receiving(shown("aud"))
            }
            Self::NoExpiry => Cause::new(Check::AssertionExpiry).receiving(shown("exp")),
            Self::TooLong => Cause::new(Check::AssertionLifetime)
                .expecting([format!("+{}", LONGEST + AHEAD)])
                .receiving(from_now("exp")),
            Self::Expired => {
                Cause::new(Check::AssertionAge).expecting([format!("-{GRACE}")]).receiving(from_now("exp"))
            }
            Self::NotYet(name) => {
                Cause::new(Check::AssertionNotYet).expecting([format!("+{AHEAD}")]).receiving(from_now(name))
            }
            Self::Id => Cause::new(Check::AssertionId),
        }
    }
}

impl VerifiedAssertion {
    /// Judges the claims of an assertion that the client's key has signed, and its header's `typ`.
    pub fn judge(
        typ: Option<&str>,
        claims: &Map<String, Value>,
        expected: &Expected<'_>,
    ) -> Result<Self, AssertionError> {
        if typ.is_some_and(|typ| !TYPES.iter().any(|known| typ.eq_ignore_ascii_case(known))) {
            return Err(AssertionError::Type);
        }
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        // RFC 7523 §3 1, 2.
        if text("iss") != Some(expected.client_id) {
            return Err(AssertionError::Issuer);
        }
        if text("sub") != Some(expected.client_id) {
            return Err(AssertionError::Subject);
        }
        // RFC 7523 §3 3 as of RFC 10070: one string, compared byte for byte. `text` has refused lists.
        if !text("aud").is_some_and(|audience| expected.is_for_us(audience)) {
            return Err(AssertionError::Audience(expected.audience));
        }
        let expires_at = expected.within_its_time(claims)?;
        // RFC 7523 §3 7.
        let jti = text("jti").filter(|jti| (1..=MAX_JTI).contains(&jti.len())).ok_or(AssertionError::Id)?;
        Ok(Self { jti: jti.to_owned(), expires_at })
    }
}

impl Expected<'_> {
    fn is_for_us(&self, audience: &str) -> bool {
        audience == self.issuer.as_str()
            || (self.audience == AssertionAudience::TokenEndpoint && audience == self.token_endpoint)
    }

    /// RFC 7523 §3 4, 5, 6; gives the moment from which the assertion is of no use to anybody.
    fn within_its_time(&self, claims: &Map<String, Value>) -> Result<Timestamp, AssertionError> {
        let expires_at = claims.get("exp").and_then(seconds).ok_or(AssertionError::NoExpiry)?;
        if expires_at > self.now + LONGEST + AHEAD {
            return Err(AssertionError::TooLong);
        }
        let expires_at = expires_at + GRACE;
        if expires_at <= self.now {
            return Err(AssertionError::Expired);
        }
        for name in ["nbf", "iat"] {
            let Some(value) = claims.get(name) else { continue };
            if seconds(value).is_none_or(|at| at > self.now + AHEAD) {
                return Err(AssertionError::NotYet(name));
            }
        }
        Ok(expires_at)
    }
}

/// A NumericDate (RFC 7519 §2), which may have a fraction, as whole seconds; `None` beyond what a clock can say.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked, and the fraction is to go")]
fn seconds(value: &Value) -> Option<Timestamp> {
    const FARTHEST: f64 = 1e12;
    let seconds = value.as_f64().filter(|seconds| (-FARTHEST..=FARTHEST).contains(seconds))?;
    Some(seconds.floor() as Timestamp)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: Timestamp = 1_800_000_000;
    const TOKEN_ENDPOINT: &str = "https://as.example/oauth2/token";

    fn good() -> Value {
        json!({
            "iss": "c", "sub": "c", "aud": "https://as.example", "jti": "1", "exp": NOW + 60, "iat": NOW, "nbf": NOW,
        })
    }

    fn judge_as(
        typ: Option<&str>,
        audience: AssertionAudience,
        claims: &Value,
    ) -> Result<VerifiedAssertion, AssertionError> {
        let issuer = Issuer::parse("https://as.example").unwrap();
        let expected = Expected { client_id: "c", audience, issuer: &issuer, token_endpoint: TOKEN_ENDPOINT, now: NOW };
        VerifiedAssertion::judge(typ, claims.as_object().unwrap(), &expected)
    }

    /// The good assertion with one claim changed, or without it.
    fn with(name: &str, value: Value) -> Result<VerifiedAssertion, AssertionError> {
        let mut claims = good();
        claims[name] = value;
        judge_as(None, AssertionAudience::Issuer, &claims)
    }

    fn without(name: &str) -> Result<VerifiedAssertion, AssertionError> {
        let mut claims = good();
        claims.as_object_mut().unwrap().remove(name);
        judge_as(None, AssertionAudience::Issuer, &claims)
    }

    #[test]
    fn rfc7523_section_3_a_good_assertion_names_what_is_to_be_remembered() {
        let verified = judge_as(None, AssertionAudience::Issuer, &good()).unwrap();
        assert_eq!(verified, VerifiedAssertion { jti: "1".to_owned(), expires_at: NOW + 70 });
        for optional in ["iat", "nbf"] {
            assert!(without(optional).is_ok(), "{optional}");
        }
    }

    #[test]
    fn rfc8725_section_3_11_another_kind_of_token_is_refused() {
        for typ in [
            "JWT",
            "jwt",
            "client-authentication+jwt",
            "application/client-authentication+jwt",
            "Client-Authentication+JWT",
        ] {
            assert!(judge_as(Some(typ), AssertionAudience::Issuer, &good()).is_ok(), "{typ}");
        }
        for typ in ["at+jwt", "dpop+jwt", "logout+jwt", "oauth-authz-req+jwt", "authorization-grant+jwt", "JOSE", ""] {
            assert_eq!(judge_as(Some(typ), AssertionAudience::Issuer, &good()), Err(AssertionError::Type), "{typ}");
        }
    }

    #[test]
    fn rfc7523_section_3_issuer_and_subject_are_the_client() {
        for wrong in [json!("other"), json!("C"), json!(["c"]), json!(1), Value::Null] {
            assert_eq!(with("iss", wrong.clone()), Err(AssertionError::Issuer), "{wrong}");
            assert_eq!(with("sub", wrong.clone()), Err(AssertionError::Subject), "{wrong}");
        }
        assert_eq!(without("iss"), Err(AssertionError::Issuer));
        assert_eq!(without("sub"), Err(AssertionError::Subject));
    }

    #[test]
    fn rfc10070_the_audience_is_the_issuer_as_one_string() {
        let refused = Err(AssertionError::Audience(AssertionAudience::Issuer));
        for wrong in [
            json!(TOKEN_ENDPOINT),
            json!("https://as.example/oauth2/par"),
            json!(["https://as.example"]),
            json!(["https://as.example", "https://evil.example"]),
            json!("https://evil.example"),
            json!("https://as.example/"),
            json!("HTTPS://as.example"),
            json!("https://as.example:443"),
            json!(""),
            Value::Null,
        ] {
            assert_eq!(with("aud", wrong.clone()), refused, "{wrong}");
        }
        assert_eq!(without("aud"), refused);
    }

    #[test]
    fn older_clients_may_name_the_token_endpoint_when_registered_so() {
        let mut claims = good();
        let audience = AssertionAudience::TokenEndpoint;
        assert!(judge_as(None, audience, &claims).is_ok());
        claims["aud"] = TOKEN_ENDPOINT.into();
        assert!(judge_as(None, audience, &claims).is_ok());
        for wrong in [json!([TOKEN_ENDPOINT]), json!("https://as.example/oauth2/token/"), json!("https://evil.example")]
        {
            claims["aud"] = wrong;
            assert_eq!(judge_as(None, audience, &claims), Err(AssertionError::Audience(audience)));
        }
    }

    #[test]
    fn rfc7523_section_3_times_are_judged_with_clocks_that_differ_a_little() {
        for (exp, outcome) in [
            (json!(NOW - 5), Ok(())),
            (json!(NOW - 10), Err(AssertionError::Expired)),
            (json!(NOW - 300), Err(AssertionError::Expired)),
            (json!(NOW + 3600), Ok(())),
            (json!(NOW + 3631), Err(AssertionError::TooLong)),
            (json!(NOW + 365 * 24 * 3600), Err(AssertionError::TooLong)),
            (json!(1_800_000_060.5), Ok(())),
            (json!(1e300), Err(AssertionError::NoExpiry)),
            (json!("1800000060"), Err(AssertionError::NoExpiry)),
            (Value::Null, Err(AssertionError::NoExpiry)),
        ] {
            assert_eq!(with("exp", exp.clone()).map(|_| ()), outcome, "{exp}");
        }
        assert_eq!(without("exp"), Err(AssertionError::NoExpiry));
        for name in ["iat", "nbf"] {
            for (at, outcome) in [
                (json!(NOW - 86_400), Ok(())),
                (json!(NOW + 8), Ok(())),
                (json!(NOW + 61), Err(AssertionError::NotYet(name))),
                (json!(1e300), Err(AssertionError::NotYet(name))),
                (json!("now"), Err(AssertionError::NotYet(name))),
            ] {
                assert_eq!(with(name, at.clone()).map(|_| ()), outcome, "{name} {at}");
            }
        }
    }

    #[test]
    fn rfc7523_section_3_the_identifier_is_there_and_has_an_end() {
        assert!(with("jti", "x".repeat(255).into()).is_ok());
        for wrong in [json!(""), json!("x".repeat(256)), json!(1), json!(["1"]), Value::Null] {
            assert_eq!(with("jti", wrong.clone()), Err(AssertionError::Id), "{wrong}");
        }
        assert_eq!(without("jti"), Err(AssertionError::Id));
    }
}
