//! What a new password has to be, wherever somebody chooses one: long enough, hard to guess, and not known from a breach.
//!
//! NIST SP 800-63B-4 §3.1.1.2: a new password is compared with those that are commonly used, expected or compromised; one
//! that is refused is refused with the reason. Nothing leaves this machine for it. That a password is long enough and hard
//! to guess is [`Password`]'s own business; this adds the operator's list of breached ones.

mod breached;

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::domain::password_strength::Strength;
use crate::domain::resource_owner::Password;
use crate::domain::sentence::{Sentence, sentence};
use breached::BreachedPasswords;
pub use breached::Unusable;

/// The rules of this server.
#[derive(Clone, Default)]
pub struct PasswordRules {
    breached: Option<Arc<BreachedPasswords>>,
}

/// Why there is no password.
#[derive(Debug)]
pub enum ChooseError {
    /// For whoever chose it.
    Refused(Sentence),
    /// The list of breached passwords failed; for the log.
    Unreadable(io::Error),
}

impl fmt::Display for ChooseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Unreadable(error) => write!(f, "the list of breached passwords cannot be read: {error}"),
        }
    }
}

impl std::error::Error for ChooseError {}

/// A password as it is being typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rating {
    /// 0 to [`Strength::ENOUGH`]; below it is refused.
    pub score: u8,
    pub refusal: Option<Sentence>,
}

impl PasswordRules {
    /// Opens the list that `GRANTOR_BREACHED_PASSWORDS` names, if it names one.
    pub fn open(breached: Option<&Path>) -> Result<Self, Unusable> {
        Ok(Self { breached: breached.map(BreachedPasswords::open).transpose()?.map(Arc::new) })
    }

    /// A new password of at least `least` characters; `personal` is what everybody who knows the user tries. Reads a file:
    /// call it off the reactor.
    pub fn choose(&self, text: &str, personal: &[&str], least: usize) -> Result<Password, ChooseError> {
        let password = Password::choose(text, personal, least).map_err(ChooseError::Refused)?;
        match &self.breached {
            Some(list) if list.contains(text).map_err(ChooseError::Unreadable)? => {
                Err(ChooseError::Refused(sentence!(
                    "password-breached",
                    "This password is in a list of passwords that were stolen elsewhere, which are tried first. Choose another, \
                 and change it wherever you use it."
                )))
            }
            _ => Ok(password),
        }
    }

    /// How good a password is, for who is choosing it.
    pub fn rate(&self, text: &str, personal: &[&str], least: usize) -> Result<Rating, ChooseError> {
        let score = Strength::of(text, personal).score;
        match self.choose(text, personal, least) {
            Ok(_) => Ok(Rating { score, refusal: None }),
            Err(ChooseError::Refused(refusal)) => {
                Ok(Rating { score: score.min(Strength::ENOUGH - 1), refusal: Some(refusal) })
            }
            Err(error) => Err(error),
        }
    }
}
