//! Secrets and their digests.
//!
//! Everything a holder proves possession of (tokens, codes, client secrets, one-time links) is 256 random bits in
//! base64url behind a prefix that secret scanners can find. A [`Secret`] exists between [`Secret::generate`] and the
//! response that hands it out; the database sees its [`Digest`] only. What people choose themselves is another matter:
//! see [`PasswordHash`](crate::domain::resource_owner::PasswordHash).

use std::fmt;

use aws_lc_rs::{constant_time, digest, hmac, rand};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

/// What a secret is for; decides its prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretKind {
    AccessToken,
    RefreshToken,
    AuthorizationCode,
    ClientSecret,
    DeviceCode,
    /// Lets its holder register clients (RFC 7591 §3).
    InitialAccessToken,
    /// Lets a client that registered itself manage that registration (RFC 7592).
    RegistrationAccessToken,
    /// The key of a browser session, in its cookie.
    BrowserSession,
    /// A link that works once: set-up of the first admin, setting a password.
    OneTimeLink,
}

impl SecretKind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::AccessToken,
        Self::RefreshToken,
        Self::AuthorizationCode,
        Self::ClientSecret,
        Self::DeviceCode,
        Self::InitialAccessToken,
        Self::RegistrationAccessToken,
        Self::BrowserSession,
        Self::OneTimeLink,
    ];

    /// The prefix that secret scanners look for.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::AccessToken => "gat_",
            Self::RefreshToken => "grt_",
            Self::AuthorizationCode => "gac_",
            Self::ClientSecret => "gcs_",
            Self::DeviceCode => "gdc_",
            Self::InitialAccessToken => "gia_",
            Self::RegistrationAccessToken => "grr_",
            Self::BrowserSession => "gbs_",
            Self::OneTimeLink => "gol_",
        }
    }
}

/// A secret on its way to its holder. Not `Clone`, and `Debug` does not print it.
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// 256 random bits, base64url, behind the prefix of `kind`.
    pub fn generate(kind: SecretKind) -> Self {
        Self::encode(kind, &random_bytes::<32>())
    }

    /// The one successor of `predecessor`: the same input gives the same secret, which nobody without `key` can guess.
    pub fn succeeding(kind: SecretKind, predecessor: &str, key: &[u8; 32]) -> Self {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), predecessor.as_bytes());
        Self::encode(kind, tag.as_ref())
    }

    fn encode(kind: SecretKind, bytes: &[u8]) -> Self {
        Self(Zeroizing::new(format!("{}{}", kind.prefix(), URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// What the database keeps of it.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.0)
    }

    /// The secret itself, for the response to its holder.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The SHA-256 digest of a secret. Comparing two takes the same time wherever they differ.
#[derive(Clone, Copy, Eq)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of what a caller presented.
    pub fn of(presented: &str) -> Self {
        Self(sha256(presented.as_bytes()))
    }

    /// A digest read back from storage; `None` unless it has 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The HMAC-SHA256 of `parts`, which nobody without `key` can make.
    pub fn keyed<'a>(key: &[u8; 32], parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
        for part in parts {
            // With its length, so that no two lists of parts read the same.
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        Self(context.sign().as_ref().try_into().expect("HMAC-SHA256 has 32 bytes"))
    }

    /// A digest as [`Digest::to_text`] wrote it.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::from_bytes(&URL_SAFE_NO_PAD.decode(text).ok()?)
    }

    /// As 43 base64url characters, for where a digest is part of a stored text.
    pub fn to_text(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// For storage.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        constant_time::verify_slices_are_equal(&self.0, &other.0).is_ok()
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(…)")
    }
}

/// SHA-256 of `bytes`.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    digest::digest(&digest::SHA256, bytes).as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// SHA-512 of `bytes`.
pub fn sha512(bytes: &[u8]) -> [u8; 64] {
    digest::digest(&digest::SHA512, bytes).as_ref().try_into().expect("SHA-512 has 64 bytes")
}

/// A name that says nothing about `parts` to who lacks `key`, and is always the same: 43 characters.
pub fn keyed_name(key: &[u8; 32], parts: &[&str]) -> String {
    URL_SAFE_NO_PAD.encode(Digest::keyed(key, parts.iter().map(|part| part.as_bytes())).as_bytes())
}

/// `N` bytes from the operating system's generator.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).expect("the operating system has a random generator");
    bytes
}

/// 128 random bits as 22 base64url characters: an identifier that cannot be guessed but is no secret.
pub fn random_id() -> String {
    URL_SAFE_NO_PAD.encode(random_bytes::<16>())
}

/// Bytes as people compare them: two lower-case hexadecimal digits for each.
pub fn hex(bytes: &[u8]) -> String {
    use fmt::Write;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Whether two strings are equal, in a time that does not tell where they differ.
pub fn constant_time_eq(left: &str, right: &str) -> bool {
    constant_time::verify_slices_are_equal(left.as_bytes(), right.as_bytes()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_has_its_prefix_and_256_bits() {
        let secret = Secret::generate(SecretKind::AccessToken);
        assert!(secret.expose().starts_with("gat_"));
        assert_eq!(secret.expose().len(), 4 + 43);
        assert_ne!(secret.expose(), Secret::generate(SecretKind::AccessToken).expose());
    }

    #[test]
    fn a_secret_is_never_printed() {
        let secret = Secret::generate(SecretKind::ClientSecret);
        assert_eq!(format!("{secret:?} {:?}", secret.digest()), "Secret(…) Digest(…)");
    }

    #[test]
    fn a_successor_depends_on_predecessor_and_key() {
        let successor = |old: &str, key| Secret::succeeding(SecretKind::RefreshToken, old, key).expose().to_owned();
        assert_eq!(successor("a", &[1; 32]), successor("a", &[1; 32]));
        assert_ne!(successor("a", &[1; 32]), successor("b", &[1; 32]));
        assert_ne!(successor("a", &[1; 32]), successor("a", &[2; 32]));
    }
}
