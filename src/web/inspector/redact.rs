//! What of a request may be kept: enough to see a mistake by, and nothing that opens anything.
//!
//! Values come from parameters that are no secrets. But people paste secrets into the wrong field, so whatever could be one
//! is left out: what begins as our secrets do, JWTs, values in queries, user information in URLs, and long random words.

use std::collections::HashSet;

use url::Url;

use crate::protocol::check::Check;
use crate::secret::SecretKind;

/// Longest text that is kept, in characters.
const LONGEST: usize = 512;
/// Longest text that is read, in bytes; of what is longer only the length is kept.
const LONGEST_READ: usize = 4096;
/// A word of base64url that is as long as this and mixes cases and digits is taken for random.
const RANDOM: usize = 20;
/// Stands for what was left out.
pub const LEFT_OUT: char = '…';

/// Values that are known from specifications and from mistakes; others are not repeated.
const WORDS: &[&str] = &[
    "authorization_code",
    "client_credentials",
    "refresh_token",
    "password",
    "implicit",
    "device_code",
    "urn:ietf:params:oauth:grant-type:device_code",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "urn:ietf:params:oauth:grant-type:saml2-bearer",
    "urn:ietf:params:oauth:grant-type:token-exchange",
    "urn:openid:params:grant-type:ciba",
    "code",
    "token",
    "id_token",
    "none",
    "code token",
    "code id_token",
    "id_token token",
    "code id_token token",
    "query",
    "fragment",
    "form_post",
    "web_message",
    "jwt",
    "query.jwt",
    "fragment.jwt",
    "form_post.jwt",
    "plain",
    "S256",
    "s256",
    "SHA256",
    "at+jwt",
    "logout+jwt",
    "dpop+jwt",
    "JWT",
    "JOSE",
    "request",
    "request_uri",
    "registration",
    "state",
    "nonce",
    "login_hint",
];

/// What may be kept of what a check received.
pub fn received(check: Check, received: &str, expected: &[String]) -> String {
    if received.len() > LONGEST_READ {
        return length(received);
    }
    match check {
        Check::RedirectUri | Check::CodeRedirectUri | Check::LogoutRedirectUri => {
            uri(received, expected, &pairs_of(expected))
        }
        Check::AssertionAudience | Check::TargetGranted | Check::TargetKnown | Check::ResourceSyntax => {
            let pairs = pairs_of(expected);
            received.split(' ').map(|each| uri(each, expected, &pairs)).collect::<Vec<_>>().join(" ")
        }
        Check::AssertionIssuer | Check::AssertionSubject => client_id(received).unwrap_or_else(|| length(received)),
        Check::GrantTypeSupported
        | Check::GrantTypeAllowed
        | Check::ResponseType
        | Check::ResponseMode
        | Check::PkceMethod
        | Check::AssertionTyp
        | Check::RequestObject
        | Check::Lengths => {
            if received.is_empty() || WORDS.contains(&received) {
                received.to_owned()
            } else {
                length(received)
            }
        }
        _ => text(received),
    }
}

/// A client's identifier, when it has the form of ours, typing errors included.
pub fn client_id(claimed: &str) -> Option<String> {
    let rest = claimed.strip_prefix("c_")?;
    let is_like_ours = (16..=30).contains(&rest.len()) && rest.bytes().all(is_word_byte);
    is_like_ours.then(|| claimed.to_owned())
}

/// Says no more of a text than its length.
fn length(text: &str) -> String {
    format!("{LEFT_OUT} ({})", text.chars().count())
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// All that stands in the queries of these URIs.
fn pairs_of(known: &[String]) -> HashSet<&str> {
    known.iter().filter_map(|each| each.split_once('?')).flat_map(|(_, query)| query.split('&')).collect()
}

/// A URI without user information, without a fragment, and with no value in its query but those of `known` URIs, whose `pairs`
/// are these.
fn uri(sent: &str, known: &[String], pairs: &HashSet<&str>) -> String {
    if sent.is_empty() || known.iter().any(|each| each == sent) {
        return sent.to_owned();
    }
    if Url::parse(sent).is_err() {
        return length(sent);
    }
    let (before, fragment) = sent.split_once('#').map_or((sent, None), |(before, after)| (before, Some(after)));
    let (path, query) = before.split_once('?').map_or((before, None), |(path, query)| (path, Some(query)));
    let mut kept = text(&without_user_information(path));
    if let Some(query) = query {
        let shown = query.split('&').map(|pair| match pair.split_once('=') {
            Some((name, value)) if !value.is_empty() && !pairs.contains(pair) => format!("{}={LEFT_OUT}", text(name)),
            _ => text(pair),
        });
        kept = format!("{kept}?{}", shown.collect::<Vec<_>>().join("&"));
    }
    if fragment.is_some() {
        kept = format!("{kept}#{LEFT_OUT}");
    }
    shortened(&kept)
}

fn without_user_information(uri: &str) -> String {
    let Some((scheme, rest)) = uri.split_once("//") else { return uri.to_owned() };
    let end = rest.find('/').unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{scheme}//{LEFT_OUT}{}", &rest[at..]),
        None => uri.to_owned(),
    }
}

/// A text without the words in it that could be secrets.
fn text(sent: &str) -> String {
    let mut kept = String::new();
    let mut rest = sent;
    while let Some(start) = rest.find(|c: char| c.is_ascii() && is_word_byte(c as u8)) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c: char| !(c.is_ascii() && is_word_byte(c as u8))).unwrap_or(from.len());
        let (word, after) = from.split_at(end);
        kept.push_str(before);
        rest = after;
        if word.starts_with("eyJ") {
            // A JWT, to its last part.
            rest = after.trim_start_matches(|c: char| c == '.' || (c.is_ascii() && is_word_byte(c as u8)));
        }
        if may_be_secret(word) {
            kept.push(LEFT_OUT);
        } else {
            kept.push_str(word);
        }
    }
    kept.push_str(rest);
    shortened(&kept)
}

fn may_be_secret(word: &str) -> bool {
    let is_ours = SecretKind::ALL.iter().any(|kind| word.starts_with(kind.prefix()));
    let has = |is: fn(&u8) -> bool| word.bytes().any(|byte| is(&byte));
    let is_mixed = has(u8::is_ascii_digit) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
    is_ours || word.starts_with("eyJ") || (word.len() >= RANDOM && is_mixed && client_id(word).is_none())
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}{LEFT_OUT}", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_uri_keeps_what_a_mistake_shows_in() {
        let known = ["https://rp.example/cb?tenant=a".to_owned()];
        for (sent, kept) in [
            ("https://rp.example/CB", "https://rp.example/CB"),
            ("https://rp.example/cb?tenant=a", "https://rp.example/cb?tenant=a"),
            ("https://rp.example/cb?tenant=a&session=4711", "https://rp.example/cb?tenant=a&session=…"),
            ("https://alice:pw@rp.example/cb#state=1", "https://…@rp.example/cb#…"),
            ("https://rp.example/gcs_u2JvKq9cY7mB0xT4nWlZs8RdHf3EaPoG1iQyVt6CkXM", "https://rp.example/…"),
            ("https://rp.example/dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk/x", "https://rp.example/…/x"),
            ("rp.example/cb", "… (13)"),
            ("", ""),
        ] {
            assert_eq!(received(Check::RedirectUri, sent, &known), kept, "{sent}");
        }
    }

    #[test]
    fn of_what_is_long_only_the_length_is_kept() {
        let of = |length: usize| format!("https://rp.example/cb?{}", "a=1&".repeat(length))[..length].to_owned();
        let kept = received(Check::RedirectUri, &of(LONGEST_READ), &[]);
        assert!(kept.starts_with("https://rp.example/cb?a=…&a=…&"), "{kept}");
        for check in [Check::RedirectUri, Check::LogoutRedirectUri, Check::TargetKnown, Check::ScopeKnown] {
            assert_eq!(received(check, &of(LONGEST_READ + 1), &[]), "… (4097)", "{check:?}");
        }
    }

    #[test]
    fn words_are_repeated_only_when_they_are_known() {
        assert_eq!(received(Check::GrantTypeSupported, "password", &[]), "password");
        assert_eq!(received(Check::GrantTypeSupported, "hunter2", &[]), "… (7)");
        assert_eq!(received(Check::PkceMethod, "plain", &[]), "plain");
    }

    #[test]
    fn scopes_are_kept_and_tokens_among_them_are_not() {
        let sent =
            "reports:read gat_abc eyJhbGciOi.J9 https://api.example/scopes/read.all long-but-all-lower-case-scope-name";
        let kept = "reports:read … … https://api.example/scopes/read.all long-but-all-lower-case-scope-name";
        assert_eq!(received(Check::ScopeKnown, sent, &[]), kept);
    }

    #[test]
    fn an_identifier_is_kept_when_it_looks_like_ours() {
        assert!(client_id("c_9aVqk2Lw0TzYx4RbN1mEuP").is_some());
        assert!(client_id("c_9aVqk2Lw0TzYx4RbN1mEu").is_some(), "one character is missing");
        for other in ["gcs_u2JvKq9cY7mB0xT4nWlZs8RdHf3EaPoG1iQyVt6CkXM", "hunter2", "c_", "c_a b c d e f g h i j k"] {
            assert_eq!(client_id(other), None, "{other}");
        }
    }
}
