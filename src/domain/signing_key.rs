//! Signing keys as data: which algorithm, and where in its life a key is.
//!
//! A key moves one way, Next → Current → Retiring → Retired, so that a verifier that caches our JWKS never meets a key
//! it has not seen (OpenID Connect Core §10.1.1):
//!
//! 1. **Next** is published but signs nothing yet. It is believed: another process may have rotated a moment ago.
//! 2. **Current** signs; one per algorithm.
//! 3. **Retiring** signs no more and stays published until everything it signed has expired.
//! 4. **Retired** is neither published nor believed.
//!
//! A compromised key may be withdrawn from any state. The keys themselves are in [`crate::keys`].

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

/// A signature algorithm of JWS (RFC 7518 §3.1, RFC 8037 §3.1). All asymmetric: there is no `none` and no HMAC to
/// confuse them with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Algorithm {
    /// RSA PKCS #1 v1.5 with SHA-256. OpenID Connect and RFC 9068 §2.1 demand it, and it is the default of ID tokens.
    #[serde(rename = "RS256")]
    Rs256,
    /// RSA PSS with SHA-256.
    #[serde(rename = "PS256")]
    Ps256,
    /// ECDSA on P-256 with SHA-256. The default of JWT access tokens.
    #[serde(rename = "ES256")]
    Es256,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl Algorithm {
    /// Every algorithm that we sign with.
    pub const ALL: [Self; 4] = [Self::Rs256, Self::Ps256, Self::Es256, Self::EdDsa];

    /// The value of `alg`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm with this `alg`, which is case-sensitive.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where in its life a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyState {
    Next,
    Current,
    Retiring,
    Retired,
}

impl KeyState {
    /// For storage and listings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Current => "current",
            Self::Retiring => "retiring",
            Self::Retired => "retired",
        }
    }

    /// The state with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Next, Self::Current, Self::Retiring, Self::Retired].into_iter().find(|state| state.name() == name)
    }

    /// Whether the key is in the JWKS, and its signatures are believed.
    pub const fn is_published(self) -> bool {
        !matches!(self, Self::Retired)
    }
}

impl fmt::Display for KeyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What is known of a key besides the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKey {
    /// Its JWK thumbprint (RFC 7638), which is unique by construction.
    pub kid: String,
    pub algorithm: Algorithm,
    pub state: KeyState,
    pub created_at: Timestamp,
    /// When it became Current.
    pub activated_at: Option<Timestamp>,
    /// When it became Retiring.
    pub retiring_at: Option<Timestamp>,
    /// When it became Retired.
    pub retired_at: Option<Timestamp>,
}

/// A step that a key's life does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongState {
    pub from: KeyState,
    pub to: KeyState,
}

impl std::error::Error for WrongState {}

impl fmt::Display for WrongState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a key that is {} cannot become {}", self.from, self.to)
    }
}

impl SigningKey {
    /// A key that is published from `now` on and signs nothing yet.
    pub fn next(kid: String, algorithm: Algorithm, now: Timestamp) -> Self {
        Self {
            kid,
            algorithm,
            state: KeyState::Next,
            created_at: now,
            activated_at: None,
            retiring_at: None,
            retired_at: None,
        }
    }

    /// Next → Current: it signs from now on.
    pub fn activate(self, now: Timestamp) -> Result<Self, WrongState> {
        let key = self.step(KeyState::Next, KeyState::Current)?;
        Ok(Self { activated_at: Some(now), ..key })
    }

    /// Current → Retiring: it signs no more, and what it signed stays good.
    pub fn retire(self, now: Timestamp) -> Result<Self, WrongState> {
        let key = self.step(KeyState::Current, KeyState::Retiring)?;
        Ok(Self { retiring_at: Some(now), ..key })
    }

    /// Any state → Retired: nothing it signed is believed from now on. In a rotation it comes after Retiring; from
    /// another state it is the answer to a compromised key.
    pub fn withdraw(self, now: Timestamp) -> Result<Self, WrongState> {
        if self.state == KeyState::Retired {
            return Err(WrongState { from: self.state, to: KeyState::Retired });
        }
        Ok(Self { state: KeyState::Retired, retired_at: Some(now), ..self })
    }

    fn step(self, from: KeyState, to: KeyState) -> Result<Self, WrongState> {
        if self.state == from { Ok(Self { state: to, ..self }) } else { Err(WrongState { from: self.state, to }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_goes_through_its_life_in_order() {
        let next = SigningKey::next("k".into(), Algorithm::Es256, 1);
        let key = next.activate(2).unwrap().retire(3).unwrap().withdraw(4).unwrap();
        assert_eq!(key.state, KeyState::Retired);
        let times = (key.created_at, key.activated_at, key.retiring_at, key.retired_at);
        assert_eq!(times, (1, Some(2), Some(3), Some(4)));
    }

    #[test]
    fn a_key_cannot_skip_a_step_or_go_back() {
        let next = || SigningKey::next("k".into(), Algorithm::Es256, 1);
        let current = || next().activate(2).unwrap();
        assert_eq!(next().retire(2), Err(WrongState { from: KeyState::Next, to: KeyState::Retiring }));
        assert!(current().activate(3).is_err());
        assert!(current().retire(3).unwrap().activate(4).is_err());
        assert!(current().withdraw(3).unwrap().withdraw(4).is_err());
    }

    #[test]
    fn a_compromised_key_is_withdrawn_from_any_state() {
        let next = || SigningKey::next("k".into(), Algorithm::Es256, 1);
        assert_eq!(next().withdraw(5).unwrap().retired_at, Some(5));
        assert_eq!(next().activate(2).unwrap().withdraw(5).unwrap().state, KeyState::Retired);
    }

    #[test]
    fn names_are_read_back() {
        for algorithm in Algorithm::ALL {
            assert_eq!(Algorithm::from_name(algorithm.name()), Some(algorithm));
        }
        for state in [KeyState::Next, KeyState::Current, KeyState::Retiring, KeyState::Retired] {
            assert_eq!(KeyState::from_name(state.name()), Some(state));
        }
        for forged in ["none", "HS256", "rs256", ""] {
            assert_eq!(Algorithm::from_name(forged), None);
        }
    }
}
