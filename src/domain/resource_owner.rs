//! Resource owners: the people who log in, and what they log in with.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::password_strength::Strength;
use super::sentence::{Sentence, sentence};
use crate::clock::Timestamp;
use crate::secret::{random_id, sha256};

/// A new subject identifier: stable, opaque, never given to anybody else.
pub fn generate_subject() -> String {
    random_id()
}

/// What a resource owner may do beside owning resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    User,
    /// Sees everything, changes nothing.
    Auditor,
    /// Sees everything, and helps users.
    Support,
    Admin,
}

/// What a page of the console, or a route of the management API, takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// See what is there.
    Read,
    /// Help users: end sessions, make set-password links, revoke grants and tokens.
    Support,
    /// Change everything else.
    Administer,
}

impl Role {
    pub const ALL: [Self; 4] = [Self::User, Self::Auditor, Self::Support, Self::Admin];

    /// For storage, the API and the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Auditor => "auditor",
            Self::Support => "support",
            Self::Admin => "admin",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// Read back from storage; an unknown role has no rights.
    pub fn from_stored(text: &str) -> Self {
        Self::parse(text).unwrap_or(Self::User)
    }

    pub const fn may(self, right: Right) -> bool {
        match right {
            Right::Read => !matches!(self, Self::User),
            Right::Support => matches!(self, Self::Support | Self::Admin),
            Right::Administer => matches!(self, Self::Admin),
        }
    }

    /// Whether somebody of this role may do something that somebody of `other` may not.
    pub fn exceeds(self, other: Self) -> bool {
        [Right::Read, Right::Support, Right::Administer].into_iter().any(|right| self.may(right) && !other.may(right))
    }
}

/// A person's account.
#[derive(Clone, Debug)]
pub struct ResourceOwner {
    pub id: String,
    pub username: String,
    pub email: Option<String>,
    pub name: Option<String>,
    pub password: Option<PasswordHash>,
    pub role: Role,
    /// OpenID standard claims and custom ones.
    pub claims: Map<String, Value>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub disabled_at: Option<Timestamp>,
    pub password_changed_at: Option<Timestamp>,
    pub last_login_at: Option<Timestamp>,
    /// What the pages spoke when they last signed in, in a browser of theirs (BCP 47).
    pub language: Option<String>,
    pub version: i32,
}

impl ResourceOwner {
    pub fn is_enabled(&self) -> bool {
        self.disabled_at.is_none()
    }

    pub fn is_admin(&self) -> bool {
        self.role == Role::Admin
    }

    /// Whether somebody has made sure that letters to the address reach them.
    pub fn is_email_verified(&self) -> bool {
        self.email.is_some() && self.claims.get("email_verified") == Some(&Value::Bool(true))
    }

    /// How pages call them.
    pub fn display_name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.username)
    }
}

/// What an account is found by: 1 to 64 visible characters without spaces or `@`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Username(String);

impl Username {
    pub fn parse(text: &str) -> Result<Self, Sentence> {
        let text = text.trim();
        if text.is_empty() {
            return Err(sentence!("username-empty", "Enter a username, for example alice."));
        }
        if text.chars().count() > 64 {
            return Err(sentence!("username-long", "A username has at most 64 characters."));
        }
        if text.contains('@') || text.chars().any(|c| c.is_whitespace() || c.is_control() || is_invisible(c)) {
            return Err(sentence!("username-signs", "A username has no spaces and no @ sign, for example alice."));
        }
        Ok(Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Two usernames with one key are the same account.
    pub fn key(&self) -> String {
        login_key(&self.0)
    }
}

/// An e-mail address, checked for its shape only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    pub fn parse(text: &str) -> Result<Self, Sentence> {
        let text = text.trim();
        let error = || Err(sentence!("email-malformed", "Enter an e-mail address like alice@example.com."));
        if text.len() > 254 || text.chars().any(|c| c.is_whitespace() || c.is_control() || is_invisible(c)) {
            return error();
        }
        match text.split_once('@') {
            Some((local, domain))
                if !local.is_empty()
                    && !domain.contains('@')
                    && domain.split('.').count() >= 2
                    && domain.split('.').all(|label| !label.is_empty()) =>
            {
                Ok(Self(text.to_owned()))
            }
            _ => error(),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Two addresses with one key are the same account.
    pub fn key(&self) -> String {
        login_key(&self.0)
    }
}

/// The key that what was typed into a login form stands for: case and surrounding space do not count.
pub fn login_key(typed: &str) -> String {
    typed.trim().to_lowercase()
}

/// Characters that make two names look the same: zero-width and direction marks.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{00ad}')
}

/// A password that a person may choose: not short, at most 256 characters, hard to guess.
///
/// It is kept as typed: no trimming, no change of case. `Debug` does not print it.
pub struct Password(zeroize::Zeroizing<String>);

impl Password {
    pub const MAX_LENGTH: usize = 256;

    /// A new password of at least `least` characters; `personal` is what everybody who knows the user tries (username,
    /// e-mail address).
    pub fn choose(text: &str, personal: &[&str], least: usize) -> Result<Self, Sentence> {
        let length = text.chars().count();
        if length < least {
            return Err(sentence!(
                "password-short",
                "Choose a password of at least {least} characters; a sentence works well.",
                least = least
            ));
        }
        if length > Self::MAX_LENGTH {
            return Err(sentence!(
                "password-long",
                "Choose a password of at most {most} characters.",
                most = Self::MAX_LENGTH
            ));
        }
        match Strength::of(text, personal).weakness {
            Some(weakness) => Err(weakness),
            None => Ok(Self(text.to_owned().into())),
        }
    }

    /// What somebody typed to log in; `None` when no password has that length.
    pub fn typed(text: &str) -> Option<Self> {
        (text.chars().count() <= Self::MAX_LENGTH).then(|| Self(text.to_owned().into()))
    }

    /// bcrypt ends at 72 bytes and at a zero byte, so it gets the base64 of SHA-256: every character counts.
    fn prehashed(&self) -> String {
        STANDARD.encode(sha256(self.0.as_bytes()))
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// A bcrypt hash of a [`Password`]. Slow on purpose: make and check it off the reactor and outside any transaction.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Hashes with bcrypt's `cost` (4 to 31; each step doubles the time).
    pub fn new(password: &Password, cost: u32) -> Result<Self, bcrypt::BcryptError> {
        bcrypt::hash(password.prehashed(), cost).map(Self)
    }

    /// A hash read back from storage.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// For storage.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the hash of `password`.
    pub fn matches(&self, password: &Password) -> bool {
        bcrypt::verify(password.prehashed(), &self.0).unwrap_or(false)
    }

    /// Whether it was made with another cost, and should be made anew at the next login.
    pub fn has_other_cost_than(&self, cost: u32) -> bool {
        self.0.parse::<bcrypt::HashParts>().is_ok_and(|parts| parts.get_cost() != cost)
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_beyond_bcrypts_72_count() {
        let long = "x".repeat(72);
        let password = Password::typed(&format!("{long}a")).unwrap();
        let hash = PasswordHash::new(&password, 4).unwrap();
        assert!(hash.matches(&password));
        assert!(!hash.matches(&Password::typed(&format!("{long}b")).unwrap()));
        assert!(!hash.matches(&Password::typed(&long).unwrap()));
    }

    #[test]
    fn equal_passwords_have_different_hashes() {
        let password = Password::typed("four unrelated words").unwrap();
        assert_ne!(PasswordHash::new(&password, 4).unwrap(), PasswordHash::new(&password, 4).unwrap());
    }

    #[test]
    fn a_hash_knows_its_cost() {
        let hash = PasswordHash::new(&Password::typed("four unrelated words").unwrap(), 4).unwrap();
        assert!(!hash.has_other_cost_than(4));
        assert!(hash.has_other_cost_than(5));
    }

    #[test]
    fn weak_passwords_are_refused() {
        for weak in ["short", "aaaaaaaaaaaaaaaa", "password1234", "Password-2024!", "qwertyuiop123", "alice.example"] {
            assert!(Password::choose(weak, &["alice.example"], 12).is_err(), "{weak}");
        }
        for good in [
            "tulip anchor seven bread",
            " leading space counts",
            "пароль из четырёх слов",
            "🦊🐢🦉🐝🦋🐌🦑🐙🦀🐳🦭🦩 ok fine",
        ] {
            assert!(Password::choose(good, &["alice"], 12).is_ok(), "{good}");
        }
        assert!(Password::choose(&"ab cd ef gh ".repeat(22), &[], 12).is_err(), "too long");
    }

    #[test]
    fn usernames_and_addresses_are_found_whatever_their_case() {
        assert_eq!(Username::parse(" Alice ").unwrap().key(), "alice");
        assert_eq!(login_key("ALICE@Example.com "), Email::parse("alice@example.com").unwrap().key());
        for bad in ["", "a b", "alice@example.com", "a\u{200b}lice", "x\n"] {
            assert!(Username::parse(bad).is_err() || bad == "x\n", "{bad:?}");
        }
        for bad in ["alice", "@example.com", "alice@", "a@b@c.d", "alice@example", "alice@.com"] {
            assert!(Email::parse(bad).is_err(), "{bad:?}");
        }
    }
}
