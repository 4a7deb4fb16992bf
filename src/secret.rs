//! Secrets and their digests.
//!
//! Everything a holder proves possession of (tokens, codes, client secrets, one-time links) is 32 bytes in base64url behind a
//! prefix that secret scanners can find. A [`Secret`] exists between its making and the response that hands it out; the
//! database sees its [`Digest`] only. What people choose themselves is another matter: see
//! [`PasswordHash`](crate::domain::resource_owner::PasswordHash).
//!
//! # Secrets in order
//! Tokens and codes are many, and a database that keeps rows by a random key writes a page for each. So they begin with the
//! time, as a UUIDv7 does, and their digest begins with it too: what is issued at one time lies beside each other, is
//! written together and leaves together. 208 random bits are left, where RFC 6749 §10.10 asks for 160. The last character
//! says that a secret is of this form: it holds two bits that 256 bits leave over, and a random secret has them clear.

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

    /// Those that are so many that they are made in order.
    const IN_ORDER: [Self; 3] = [Self::AccessToken, Self::RefreshToken, Self::AuthorizationCode];

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
        Self::encode(kind, &random_bytes(), None)
    }

    /// The time in milliseconds since the Unix epoch, in 48 bits, and 208 random bits. For tokens and codes.
    pub fn generate_in_order(kind: SecretKind, millis: u64) -> Self {
        Self::encode(kind, &random_bytes(), Some(Place::of(millis)))
    }

    /// The one successor of `predecessor`: the same input gives the same secret, which nobody without `key` can guess. It
    /// stands where its predecessor stands, so that a family is in one place.
    pub fn succeeding(kind: SecretKind, predecessor: &str, key: &[u8; 32]) -> Self {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), predecessor.as_bytes());
        let tag = tag.as_ref().try_into().expect("HMAC-SHA256 has 32 bytes");
        Self::encode(kind, &tag, Place::in_secret(predecessor))
    }

    fn encode(kind: SecretKind, bytes: &[u8; 32], place: Option<Place>) -> Self {
        let text = place.map_or_else(|| URL_SAFE_NO_PAD.encode(bytes), |place| place.mark(*bytes));
        Self(Zeroizing::new(format!("{}{text}", kind.prefix())))
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

/// Where a secret stands among those in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place([u8; Self::BYTES]);

impl Place {
    const BYTES: usize = 6;
    /// Characters of a secret behind its prefix.
    const CHARACTERS: usize = 43;
    /// In the two bits that the last character has to spare.
    const MARK: u8 = 1;

    fn of(millis: u64) -> Self {
        Self(std::array::from_fn(|at| millis.to_be_bytes()[at + 8 - Self::BYTES]))
    }

    /// The bytes of a secret that stands here, as text.
    fn mark(self, mut bytes: [u8; 32]) -> String {
        bytes[..Self::BYTES].copy_from_slice(&self.0);
        let mut marked = [0; 33];
        marked[..32].copy_from_slice(&bytes);
        // The 43rd character is the last four bits of the 32 bytes and the first two of what follows.
        marked[32] = Self::MARK << 6;
        let mut text = URL_SAFE_NO_PAD.encode(marked);
        text.truncate(Self::CHARACTERS);
        text
    }

    /// The place of a secret that has one.
    fn in_secret(presented: &str) -> Option<Self> {
        let encoded = SecretKind::IN_ORDER.iter().find_map(|kind| presented.strip_prefix(kind.prefix()))?;
        let (time, last) = match encoded.as_bytes() {
            bytes if bytes.len() == Self::CHARACTERS => (&bytes[..8], bytes[Self::CHARACTERS - 1]),
            _ => return None,
        };
        let last = URL_SAFE_NO_PAD.decode([b'A', b'A', b'A', last]).ok()?;
        let is_marked = last[2] & 0b11 == Self::MARK;
        URL_SAFE_NO_PAD.decode(time).ok().filter(|_| is_marked)?.try_into().ok().map(Self)
    }
}

/// The SHA-256 digest of a secret; of one in order the first 26 bytes of it, behind its time. Comparing two takes the same
/// time wherever they differ.
#[derive(Clone, Copy, Eq)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of what a caller presented.
    pub fn of(presented: &str) -> Self {
        let mut digest = sha256(presented.as_bytes());
        if let Some(Place(place)) = Place::in_secret(presented) {
            digest.copy_within(..32 - Place::BYTES, Place::BYTES);
            digest[..Place::BYTES].copy_from_slice(&place);
        }
        Self(digest)
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
    fn secrets_in_order_and_their_digests_begin_with_the_time() {
        let at = |millis| Secret::generate_in_order(SecretKind::AccessToken, millis);
        let (early, late) = (at(1_800_000_000_000), at(1_800_000_000_001));
        assert_eq!(early.expose().len(), 4 + 43);
        assert_ne!(early.expose(), at(1_800_000_000_000).expose());
        assert!(early.expose()[..12] < late.expose()[..12]);
        assert!(early.digest().as_bytes() < late.digest().as_bytes());
        assert_eq!(early.digest().as_bytes()[..6], 1_800_000_000_000_u64.to_be_bytes()[2..]);
        assert_eq!(early.digest().as_bytes()[6..], sha256(early.expose().as_bytes())[..26]);
    }

    #[test]
    fn a_secret_without_order_has_its_plain_digest() {
        let random = Secret::generate(SecretKind::AccessToken);
        let marked = Secret::generate_in_order(SecretKind::AccessToken, 1);
        let others = [random.expose(), "", "g", "gat_", "gat_é", &marked.expose()[..46], &marked.expose()[1..]];
        for other in others {
            assert_eq!(Digest::of(other).as_bytes(), sha256(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn a_successor_stands_where_its_predecessor_stands() {
        let first = Secret::generate_in_order(SecretKind::RefreshToken, 1_800_000_000_000);
        let second = Secret::succeeding(SecretKind::RefreshToken, first.expose(), &[1; 32]);
        assert_eq!(second.expose().len(), 4 + 43);
        assert_eq!(Place::in_secret(second.expose()), Some(Place::of(1_800_000_000_000)));
        assert_eq!(Place::in_secret(Secret::succeeding(SecretKind::RefreshToken, "a", &[1; 32]).expose()), None);
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
