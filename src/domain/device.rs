//! A device that asks for access and has no browser of its own (RFC 8628): what it shows, and what it waits for.

use std::fmt;

use crate::clock::{Seconds, Timestamp};
use crate::secret::{Digest, random_bytes};

/// What people type: eight letters without vowels, so that they spell nothing (RFC 8628 §6.1). 34 random bits.
#[derive(Clone, PartialEq, Eq)]
pub struct UserCode(String);

impl UserCode {
    const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
    const LENGTH: usize = 8;

    pub fn generate() -> Self {
        let mut letters = String::with_capacity(Self::LENGTH);
        while letters.len() < Self::LENGTH {
            // Bytes beyond the last whole alphabet would make its first letters more frequent.
            let fair = random_bytes::<16>().into_iter().filter(|byte| usize::from(*byte) < 240);
            let drawn = fair.map(|byte| char::from(Self::LETTERS[usize::from(byte) % Self::LETTERS.len()]));
            letters.extend(drawn.take(Self::LENGTH - letters.len()));
        }
        Self(letters)
    }

    /// What somebody typed: case, spaces and punctuation do not count. `None` when it is no code.
    pub fn parse(typed: &str) -> Option<Self> {
        let letters: String =
            typed.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase()).collect();
        let is_code = letters.len() == Self::LENGTH && letters.bytes().all(|letter| Self::LETTERS.contains(&letter));
        is_code.then_some(Self(letters))
    }

    /// What the database keeps of it.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.0)
    }
}

/// As it is shown: `WDJB-MJHT`.
impl fmt::Display for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, second) = self.0.split_at(Self::LENGTH / 2);
        write!(f, "{first}-{second}")
    }
}

/// Not the code: whoever sees it may answer the device.
impl fmt::Debug for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserCode(…)")
    }
}

/// What became of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceState {
    /// Nobody has answered.
    Pending,
    /// Somebody said yes: a code is stored under the device code's digest, to be redeemed with it.
    Approved,
    Denied,
}

impl DeviceState {
    /// For storage.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Denied => "denied",
        }
    }

    /// Read back from storage; what is not known is no yes.
    pub fn from_stored(text: &str) -> Self {
        match text {
            "pending" => Self::Pending,
            "approved" => Self::Approved,
            _ => Self::Denied,
        }
    }
}

/// A device that waits.
#[derive(Clone, Debug)]
pub struct DeviceAuthorization {
    pub client_id: String,
    /// The validated request, as `web` stored it.
    pub request: String,
    /// From where the device asked.
    pub address: String,
    pub state: DeviceState,
    /// The browser in which the user code was entered: nobody else answers.
    pub browser: Option<String>,
    /// Seconds that it must wait between two polls.
    pub pace: Seconds,
    pub polled_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_code_survives_people() {
        let code = UserCode::generate();
        let shown = code.to_string();
        assert_eq!(shown.len(), 9);
        for typed in
            [shown.clone(), shown.to_lowercase(), shown.replace('-', ""), format!(" {} ", shown.replace('-', " "))]
        {
            assert_eq!(UserCode::parse(&typed), Some(code.clone()), "{typed}");
        }
        for wrong in ["", "WDJB", "WDJB-MJHTB", "WDJB-MJH1", "AEIO-UAEI", "ＷＤＪＢ-ＭＪＨＴ"] {
            assert_eq!(UserCode::parse(wrong), None, "{wrong}");
        }
        assert_eq!(format!("{code:?}"), "UserCode(…)");
    }

    #[test]
    fn every_letter_is_drawn() {
        let drawn: String = (0..200).map(|_| UserCode::generate().to_string()).collect();
        for letter in UserCode::LETTERS {
            assert!(drawn.contains(char::from(*letter)), "{}", char::from(*letter));
        }
    }
}
