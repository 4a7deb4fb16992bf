//! Private keys at rest: AES-256-GCM under a key derived from the server's secret key.
//!
//! A stolen database or backup alone therefore signs nothing. The kid is authenticated with the key, so one row's key
//! cannot be put under another row's name. Format: version byte, 12-byte random nonce, ciphertext, 16-byte tag. (Random
//! nonces are safe for 2^32 seals under one key; a server makes a handful of keys a year.)

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use zeroize::{Zeroize, Zeroizing};

/// What to derive the sealing key for: `SealingKey::new(&secret_key.derive(sealed::PURPOSE))`.
pub const PURPOSE: &str = "signing keys at rest";

const VERSION: u8 = 1;
const TAG_LENGTH: usize = 16;

/// Seals and opens private keys. Does not print itself.
pub struct SealingKey(RandomizedNonceKey);

/// Why a sealed key cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnsealError {
    /// Not something that this version of Grantor sealed.
    Format,
    /// Sealed under another key, for another kid, or damaged; the three cannot be told apart.
    WrongKey,
}

impl std::error::Error for UnsealError {}

impl fmt::Display for UnsealError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Format => {
                "a stored signing key has an unknown format; it was written by a newer Grantor, or the database is \
                 damaged"
            }
            Self::WrongKey => {
                "GRANTOR_SECRET_KEY is not the one these keys were sealed with; set the old value again, or put the \
                 grantor.key that belongs to this database beside it"
            }
        })
    }
}

impl SealingKey {
    /// From 256 bits that were derived for [`PURPOSE`] and nothing else.
    pub fn new(key: &[u8; 32]) -> Self {
        Self(RandomizedNonceKey::new(&AES_256_GCM, key).expect("AES-256 takes 32 bytes"))
    }

    /// Seals a private key. Sealing the same key twice gives different bytes.
    pub fn seal(&self, kid: &str, pkcs8: &[u8]) -> Vec<u8> {
        let mut sealed = Zeroizing::new(Vec::with_capacity(pkcs8.len() + TAG_LENGTH));
        sealed.extend_from_slice(pkcs8);
        let nonce = self
            .0
            .seal_in_place_append_tag(Aad::from(associated_data(kid)), &mut *sealed)
            .expect("AES-GCM seals anything shorter than 64 GB");
        [&[VERSION], nonce.as_ref().as_slice(), sealed.as_slice()].concat()
    }

    /// The private key that was sealed for this kid.
    pub fn open(&self, kid: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, UnsealError> {
        let Some((&VERSION, sealed)) = sealed.split_first() else { return Err(UnsealError::Format) };
        let Some((nonce, ciphertext)) = sealed.split_first_chunk::<NONCE_LEN>() else {
            return Err(UnsealError::Format);
        };
        let mut opened = Zeroizing::new(ciphertext.to_vec());
        let length = self
            .0
            .open_in_place(Nonce::from(nonce), Aad::from(associated_data(kid)), &mut opened)
            .map_err(|_| UnsealError::WrongKey)?
            .len();
        opened[length..].zeroize();
        opened.truncate(length);
        Ok(opened)
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKey(…)")
    }
}

fn associated_data(kid: &str) -> Vec<u8> {
    [b"grantor signing key\0".as_slice(), &[VERSION], kid.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_is_opened() {
        let key = SealingKey::new(&[7; 32]);
        let sealed = key.seal("kid", b"private");
        assert_eq!(key.open("kid", &sealed).unwrap().as_slice(), b"private");
        assert_ne!(sealed, key.seal("kid", b"private"));
        assert!(!sealed.windows(7).any(|window| window == b"private"));
    }

    #[test]
    fn another_key_another_kid_or_a_changed_byte_does_not_open() {
        let key = SealingKey::new(&[7; 32]);
        let sealed = key.seal("kid", b"private");
        assert_eq!(SealingKey::new(&[8; 32]).open("kid", &sealed), Err(UnsealError::WrongKey));
        assert_eq!(key.open("other", &sealed), Err(UnsealError::WrongKey));
        for at in 1..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1;
            assert_eq!(key.open("kid", &damaged), Err(UnsealError::WrongKey), "byte {at}");
        }
        assert_eq!(key.open("kid", &sealed[..sealed.len() - 1]), Err(UnsealError::WrongKey));
    }

    #[test]
    fn what_we_did_not_seal_has_an_unknown_format() {
        let key = SealingKey::new(&[7; 32]);
        let mut newer = key.seal("kid", b"private");
        newer[0] = 2;
        for sealed in [&[][..], &[VERSION], &newer] {
            assert_eq!(key.open("kid", sealed), Err(UnsealError::Format));
        }
    }
}
