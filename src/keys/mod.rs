//! Signing: the key ring, and how keys are made.
//!
//! A [`KeyRing`] is an immutable snapshot of the keys in storage, built when they are loaded and replaced as a whole
//! when they change. It holds parsed keys: parsing an RSA key for each signature would cost twice as much as signing.
//! It decides which key signs (the Current one of an algorithm), what the JWKS says, and that the signatures of all keys
//! in it are believed (Next, Current and Retiring: see [`crate::domain::signing_key`]). It never looks at a clock; when
//! keys move on is decided by the rotation job, and whether a token has expired by its reader.
//!
//! # Why our own JWTs
//!
//! The signatures are aws-lc-rs's, constant-time. Around them is a page of code that refuses more than libraries for
//! every case can afford to; the tests hold it against an independent implementation.

pub mod foreign;
pub mod jwk;
pub mod jwt;
pub mod sealed;
mod unique_json;

use std::collections::HashMap;
use std::fmt;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
    RsaEncoding, RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::json;
use zeroize::Zeroizing;

use crate::clock::Timestamp;
use crate::domain::signing_key::{Algorithm, KeyState, SigningKey};
use crate::secret::sha256;

use jwk::{PublicJwk, Verifier};
use jwt::{Claims, JwtError, UnverifiedJwt};
use sealed::{SealingKey, UnsealError};

/// Why keys cannot be loaded or used. For the log; clients see `server_error`.
#[derive(Debug)]
pub enum KeyError {
    /// The stored key does not open.
    Sealed { kid: String, source: UnsealError },
    /// The stored key opened, and is no key of its algorithm.
    NotAKey { kid: String, algorithm: Algorithm },
    /// Two rows have one kid.
    Duplicate { kid: String },
    /// No key of this algorithm is Current.
    NoCurrentKey(Algorithm),
    /// The claims do not serialise.
    Claims(serde_json::Error),
    /// The cryptographic library failed to make a key or a signature.
    Library(Algorithm),
}

impl std::error::Error for KeyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Sealed { source, .. } => Some(source),
            Self::Claims(source) => Some(source),
            _ => None,
        }
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sealed { kid, .. } => write!(
                f,
                "the signing key {kid} does not open; start with the GRANTOR_SECRET_KEY, or the grantor.key, of when it was made"
            ),
            Self::NotAKey { kid, algorithm } => write!(f, "the signing key {kid} is not a key of {algorithm}"),
            Self::Duplicate { kid } => write!(f, "the signing key {kid} is stored twice"),
            Self::NoCurrentKey(algorithm) => {
                write!(f, "there is no current signing key of {algorithm}; run `grantor keys rotate`")
            }
            Self::Claims(_) => f.write_str("the claims of a token do not serialise"),
            Self::Library(algorithm) => write!(f, "the cryptographic library failed with {algorithm}"),
        }
    }
}

/// A private key that was just made.
pub struct NewKey {
    algorithm: Algorithm,
    kid: String,
    pkcs8: Zeroizing<Vec<u8>>,
}

impl NewKey {
    /// Makes a key.
    ///
    /// RSA keys have 2048 bits and take a tenth of a second: not inside a transaction, and not on the reactor.
    ///
    /// # Errors
    /// If the library cannot.
    pub fn generate(algorithm: Algorithm) -> Result<Self, KeyError> {
        let failed = |_| KeyError::Library(algorithm);
        let pkcs8 = match algorithm {
            Algorithm::Rs256 | Algorithm::Ps256 => {
                let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
                Zeroizing::new(pair.as_der().map_err(failed)?.as_ref().to_vec())
            }
            Algorithm::Es256 => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(failed)?;
                Zeroizing::new(pair.to_pkcs8v1().map_err(failed)?.as_ref().to_vec())
            }
            Algorithm::EdDsa => {
                let pair = Ed25519KeyPair::generate().map_err(failed)?;
                Zeroizing::new(pair.to_pkcs8v1().map_err(failed)?.as_ref().to_vec())
            }
        };
        let kid = Signer::parse(algorithm, &pkcs8).ok_or(KeyError::Library(algorithm))?.public().thumbprint();
        Ok(Self { algorithm, kid, pkcs8 })
    }

    /// Its description, Next as of `now`, and its sealed private half, both for storage.
    pub fn sealed(self, sealing_key: &SealingKey, now: Timestamp) -> (SigningKey, Vec<u8>) {
        let sealed = sealing_key.seal(&self.kid, &self.pkcs8);
        (SigningKey::next(self.kid, self.algorithm, now), sealed)
    }
}

/// The keys that sign and verify now.
#[derive(Debug)]
pub struct KeyRing {
    keys: HashMap<String, RingKey>,
    current: HashMap<Algorithm, String>,
    jwks: String,
    etag: String,
}

#[derive(Debug)]
struct RingKey {
    description: SigningKey,
    signer: Signer,
    verifier: Verifier,
}

impl KeyRing {
    /// Opens and parses stored keys. Retired ones are left out, and so need not open.
    ///
    /// If storage has two Current keys of one algorithm, the one activated last signs and both verify.
    ///
    /// # Errors
    /// If any other key does not open: a server that cannot verify what it signed yesterday must not start.
    pub fn build(
        rows: impl IntoIterator<Item = (SigningKey, Vec<u8>)>,
        sealing_key: &SealingKey,
    ) -> Result<Self, KeyError> {
        let mut keys = HashMap::new();
        for (description, sealed) in rows {
            if !description.state.is_published() {
                continue;
            }
            let (kid, algorithm) = (description.kid.clone(), description.algorithm);
            let pkcs8 =
                sealing_key.open(&kid, &sealed).map_err(|source| KeyError::Sealed { kid: kid.clone(), source })?;
            let parsed = Signer::parse(algorithm, &pkcs8)
                .and_then(|signer| signer.public().verifier(algorithm).ok().map(|verifier| (signer, verifier)));
            let Some((signer, verifier)) = parsed else { return Err(KeyError::NotAKey { kid, algorithm }) };
            if keys.insert(kid.clone(), RingKey { description, signer, verifier }).is_some() {
                return Err(KeyError::Duplicate { kid });
            }
        }
        let mut in_order: Vec<&RingKey> = keys.values().collect();
        // Clients that take the first key they find should find one that signs.
        in_order.sort_by_key(|key| {
            let order = match key.description.state {
                KeyState::Current => 0,
                KeyState::Retiring => 1,
                KeyState::Next | KeyState::Retired => 2,
            };
            let newest_first = std::cmp::Reverse(key.description.activated_at);
            (order, key.description.algorithm, newest_first, key.description.kid.clone())
        });
        let mut current = HashMap::new();
        for key in in_order.iter().filter(|key| key.description.state == KeyState::Current) {
            current.entry(key.description.algorithm).or_insert_with(|| key.description.kid.clone());
        }
        let jwks: Vec<_> = in_order
            .iter()
            .map(|key| key.signer.public().to_json(&key.description.kid, key.description.algorithm))
            .collect();
        let jwks = json!({"keys": jwks}).to_string();
        let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&sha256(jwks.as_bytes())[..16]));
        Ok(Self { keys, current, jwks, etag })
    }

    /// The key that signs with this algorithm.
    pub fn current(&self, algorithm: Algorithm) -> Option<&SigningKey> {
        self.current_key(algorithm).map(|key| &key.description)
    }

    /// The descriptions of all keys in the ring, in no particular order.
    pub fn keys(&self) -> impl Iterator<Item = &SigningKey> {
        self.keys.values().map(|key| &key.description)
    }

    /// A signed token with `alg`, `typ` and `kid` in its header.
    pub fn sign(&self, algorithm: Algorithm, typ: &str, claims: &impl Serialize) -> Result<String, KeyError> {
        let key = self.current_key(algorithm).ok_or(KeyError::NoCurrentKey(algorithm))?;
        let signed = jwt::signing_input(algorithm, typ, &key.description.kid, claims).map_err(KeyError::Claims)?;
        let signature = key.signer.sign(signed.as_bytes()).ok_or(KeyError::Library(algorithm))?;
        Ok(jwt::with_signature(&signed, &signature))
    }

    /// The claims of a token that we signed for this purpose. Whether it is still good (`exp`, revocation) is for the
    /// caller to judge.
    pub fn verify(&self, token: &str, expected_typ: &str) -> Result<Claims, JwtError> {
        let token = UnverifiedJwt::parse(token)?;
        let key = token.kid().and_then(|kid| self.keys.get(kid)).ok_or(JwtError::UnknownKey)?;
        // RFC 8725 §3.1: the key says which algorithm it is for; the token may only agree.
        if token.algorithm() != key.description.algorithm {
            return Err(JwtError::Algorithm);
        }
        token.expect_typ(expected_typ)?;
        token.verify(&key.verifier)
    }

    /// The JWKS document (RFC 7517 §5): public members only, keys that sign first.
    pub fn jwks(&self) -> &str {
        &self.jwks
    }

    /// The entity tag of [`Self::jwks`], with its quotes. Equal documents have equal tags, on every replica.
    pub fn etag(&self) -> &str {
        &self.etag
    }

    fn current_key(&self, algorithm: Algorithm) -> Option<&RingKey> {
        self.current.get(&algorithm).map(|kid| &self.keys[kid])
    }
}

/// A parsed private key, with the algorithm it signs with. Debug prints the public half only.
#[derive(Debug)]
enum Signer {
    Rsa(RsaKeyPair, &'static dyn RsaEncoding),
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Signer {
    fn parse(algorithm: Algorithm, pkcs8: &[u8]) -> Option<Self> {
        match algorithm {
            Algorithm::Rs256 => Some(Self::Rsa(RsaKeyPair::from_pkcs8(pkcs8).ok()?, &RSA_PKCS1_SHA256)),
            Algorithm::Ps256 => Some(Self::Rsa(RsaKeyPair::from_pkcs8(pkcs8).ok()?, &RSA_PSS_SHA256)),
            Algorithm::Es256 => EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).ok().map(Self::P256),
            // Version 1 of PKCS #8 has no public half to compare with; it is computed from the private one.
            Algorithm::EdDsa => Ed25519KeyPair::from_pkcs8_maybe_unchecked(pkcs8).ok().map(Self::Ed25519),
        }
    }

    fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*encoding, &random, message, &mut signature).ok()?;
                Some(signature)
            }
            Self::P256(pair) => Some(pair.sign(&random, message).ok()?.as_ref().to_vec()),
            Self::Ed25519(pair) => Some(pair.try_sign(message).ok()?.as_ref().to_vec()),
        }
    }

    fn public(&self) -> PublicJwk {
        match self {
            Self::Rsa(pair, _) => {
                let public = pair.public_key();
                PublicJwk::Rsa {
                    n: public.modulus().big_endian_without_leading_zero().to_vec(),
                    e: public.exponent().big_endian_without_leading_zero().to_vec(),
                }
            }
            Self::P256(pair) => {
                let point = pair.public_key().as_ref();
                let coordinate = |from: usize| point[from..from + 32].try_into().expect("the slice has 32 bytes");
                PublicJwk::P256 { x: coordinate(1), y: coordinate(33) }
            }
            Self::Ed25519(pair) => {
                PublicJwk::Ed25519 { x: pair.public_key().as_ref().try_into().expect("Ed25519 points have 32 bytes") }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use serde_json::Value;

    use super::*;

    static SEALING_KEY: LazyLock<SealingKey> = LazyLock::new(|| SealingKey::new(&[7; 32]));

    /// One key per algorithm, made once: RSA keys take their time.
    static ROWS: LazyLock<Vec<(SigningKey, Vec<u8>)>> = LazyLock::new(|| {
        Algorithm::ALL.map(|algorithm| NewKey::generate(algorithm).unwrap().sealed(&SEALING_KEY, 100)).into()
    });

    fn row(algorithm: Algorithm, state: KeyState) -> (SigningKey, Vec<u8>) {
        let (key, sealed) = ROWS.iter().find(|(key, _)| key.algorithm == algorithm).unwrap().clone();
        (SigningKey { state, ..key }, sealed)
    }

    fn another_es256(state: KeyState, activated_at: Timestamp) -> (SigningKey, Vec<u8>) {
        let (key, sealed) = NewKey::generate(Algorithm::Es256).unwrap().sealed(&SEALING_KEY, 100);
        (SigningKey { state, activated_at: Some(activated_at), ..key }, sealed)
    }

    fn ring(rows: impl IntoIterator<Item = (SigningKey, Vec<u8>)>) -> KeyRing {
        KeyRing::build(rows, &SEALING_KEY).unwrap()
    }

    fn full_ring() -> KeyRing {
        ring(Algorithm::ALL.map(|algorithm| row(algorithm, KeyState::Current)))
    }

    fn claims() -> Value {
        json!({"iss": "https://as.example", "sub": "alice", "aud": "c", "exp": 4_102_444_800_i64})
    }

    #[test]
    fn rfc7515_our_tokens_verify_with_another_implementation_and_our_jwks() {
        let ring = full_ring();
        let jwks: jsonwebtoken::jwk::JwkSet = serde_json::from_str(ring.jwks()).unwrap();
        for algorithm in Algorithm::ALL {
            let token = ring.sign(algorithm, "at+jwt", &claims()).unwrap();
            let header = jsonwebtoken::decode_header(&token).unwrap();
            assert_eq!(header.typ.as_deref(), Some("at+jwt"));
            assert_eq!(header.kid.as_deref(), ring.current(algorithm).map(|key| key.kid.as_str()));
            let jwk = jwks.find(&header.kid.unwrap()).unwrap();
            let key = jsonwebtoken::DecodingKey::from_jwk(jwk).unwrap();
            let mut validation = jsonwebtoken::Validation::new(algorithm.name().parse().unwrap());
            validation.set_audience(&["c"]);
            let decoded = jsonwebtoken::decode::<Value>(&token, &key, &validation).unwrap();
            assert_eq!(decoded.claims, claims());
            assert_eq!(Value::Object(ring.verify(&token, "at+jwt").unwrap()), claims());
        }
    }

    #[test]
    fn rfc7517_the_jwks_has_public_members_only_and_unique_kids() {
        let ring = full_ring();
        let jwks: Value = serde_json::from_str(ring.jwks()).unwrap();
        let keys = jwks["keys"].as_array().unwrap();
        let members = |key: &Value| {
            let mut names: Vec<String> = key.as_object().unwrap().keys().cloned().collect();
            names.sort();
            (key["alg"].as_str().unwrap().to_owned(), key["use"].as_str().unwrap().to_owned(), names.join(" "))
        };
        let expected = [
            ("RS256", "alg e kid kty n use"),
            ("PS256", "alg e kid kty n use"),
            ("ES256", "alg crv kid kty use x y"),
            ("EdDSA", "alg crv kid kty use x"),
        ];
        let expected = expected.map(|(alg, names)| (alg.to_owned(), "sig".to_owned(), names.to_owned()));
        assert_eq!(keys.iter().map(members).collect::<Vec<_>>(), expected);
        let kids: std::collections::HashSet<_> = keys.iter().map(|key| key["kid"].as_str().unwrap()).collect();
        assert_eq!(kids.len(), 4);
        let modulus = URL_SAFE_NO_PAD.decode(keys[0]["n"].as_str().unwrap()).unwrap();
        assert_eq!((modulus.len(), modulus[0] >= 0x80), (256, true));
    }

    #[test]
    fn states_decide_who_signs_who_verifies_and_who_is_published() {
        let (old, new) = (row(Algorithm::Es256, KeyState::Current), another_es256(KeyState::Next, 0));
        let (old_kid, new_kid) = (old.0.kid.clone(), new.0.kid.clone());
        let with = |old_state, new_state| {
            let state = |row: &(SigningKey, Vec<u8>), state| (SigningKey { state, ..row.0.clone() }, row.1.clone());
            ring([state(&old, old_state), state(&new, new_state)])
        };
        let before = with(KeyState::Current, KeyState::Next);
        let after = with(KeyState::Retiring, KeyState::Current);
        let long_after = with(KeyState::Retired, KeyState::Current);

        let of_old = before.sign(Algorithm::Es256, "JWT", &claims()).unwrap();
        let of_new = after.sign(Algorithm::Es256, "JWT", &claims()).unwrap();
        assert!(before.verify(&of_old, "JWT").is_ok());
        assert!(after.verify(&of_old, "JWT").is_ok());
        assert_eq!(long_after.verify(&of_old, "JWT"), Err(JwtError::UnknownKey));
        assert!(after.verify(&of_new, "JWT").is_ok());
        assert!(before.verify(&of_new, "JWT").is_ok(), "another process has rotated already");

        let publishes = |ring: &KeyRing| (ring.jwks().contains(&old_kid), ring.jwks().contains(&new_kid));
        assert_eq!(publishes(&before), (true, true));
        assert_eq!(publishes(&after), (true, true));
        assert_eq!(publishes(&long_after), (false, true));
    }

    #[test]
    fn of_two_current_keys_the_newer_signs() {
        let (older, newer) = (another_es256(KeyState::Current, 1), another_es256(KeyState::Current, 2));
        let ring = ring([older, newer.clone()]);
        assert_eq!(ring.current(Algorithm::Es256).unwrap().kid, newer.0.kid);
    }

    #[test]
    fn rfc8725_section_3_a_token_that_differs_anywhere_is_refused() {
        let ring = full_ring();
        let token = ring.sign(Algorithm::Es256, "at+jwt", &claims()).unwrap();
        let [header, payload, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
        let kid = |algorithm| ring.current(algorithm).unwrap().kid.clone();
        let with_header = |json: Value| format!("{}.{payload}.{signature}", URL_SAFE_NO_PAD.encode(json.to_string()));
        let es256 = kid(Algorithm::Es256);
        let zeros = URL_SAFE_NO_PAD.encode([0; 64]);
        let other_payload = URL_SAFE_NO_PAD.encode(r#"{"sub":"mallory"}"#);
        for (forged, error) in [
            (with_header(json!({"alg": "ES256", "typ": "at+jwt"})), JwtError::UnknownKey),
            (with_header(json!({"alg": "ES256", "typ": "at+jwt", "kid": "../../dev/null"})), JwtError::UnknownKey),
            (with_header(json!({"alg": "ES256", "typ": "at+jwt", "kid": kid(Algorithm::Rs256)})), JwtError::Algorithm),
            (with_header(json!({"alg": "RS256", "typ": "at+jwt", "kid": es256})), JwtError::Algorithm),
            (with_header(json!({"alg": "HS256", "typ": "at+jwt", "kid": es256})), JwtError::Algorithm),
            (with_header(json!({"alg": "none", "typ": "at+jwt", "kid": es256})), JwtError::Algorithm),
            (with_header(json!({"alg": "ES256", "kid": es256})), JwtError::Type),
            (
                with_header(json!({"alg": "ES256", "typ": "at+jwt", "kid": es256, "jku": "https://evil.example"})),
                JwtError::Signature,
            ),
            (format!("{header}.{other_payload}.{signature}"), JwtError::Signature),
            (format!("{header}.{payload}.{zeros}"), JwtError::Signature),
            (format!("{header}.{payload}."), JwtError::Signature),
        ] {
            assert_eq!(ring.verify(&forged, "at+jwt"), Err(error), "{forged}");
        }
        assert_eq!(ring.verify(&token, "JWT"), Err(JwtError::Type));
        assert_eq!(ring.verify(&token, "AT+JWT"), Err(JwtError::Type));
        assert!(ring.verify(&token, "at+jwt").is_ok());
    }

    #[test]
    fn an_rsa_key_verifies_its_own_padding_only() {
        // A PS256 signature under a key for RS256: same kind of key, other algorithm.
        let (ps256, sealed) = row(Algorithm::Ps256, KeyState::Current);
        let pkcs8 = SEALING_KEY.open(&ps256.kid, &sealed).unwrap();
        let signature = Signer::parse(Algorithm::Ps256, &pkcs8).unwrap().sign(b"message").unwrap();
        let public = Signer::parse(Algorithm::Rs256, &pkcs8).unwrap().public();
        assert!(!public.verifier(Algorithm::Rs256).unwrap().verifies(b"message", &signature));
        assert!(public.verifier(Algorithm::Ps256).unwrap().verifies(b"message", &signature));
    }

    #[test]
    fn claims_with_a_member_twice_are_refused_even_when_signed() {
        let ring = full_ring();
        let key = ring.current_key(Algorithm::Es256).unwrap();
        let signed = jwt::signing_input(Algorithm::Es256, "JWT", &key.description.kid, &claims()).unwrap();
        let (header, _) = signed.split_once('.').unwrap();
        for payload in [r#"{"sub":"a","sub":"b"}"#, "[]", "\"x\"", ""] {
            let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(payload));
            let token = jwt::with_signature(&signed, &key.signer.sign(signed.as_bytes()).unwrap());
            assert_eq!(ring.verify(&token, "JWT"), Err(JwtError::Claims), "{payload}");
        }
    }

    #[test]
    fn a_ring_sealed_with_another_secret_says_so() {
        let error = KeyRing::build([row(Algorithm::Es256, KeyState::Current)], &SealingKey::new(&[8; 32])).unwrap_err();
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.starts_with("GRANTOR_SECRET_KEY is not the one these keys were sealed with"), "{source}");
    }

    #[test]
    fn a_retired_key_need_not_open() {
        let (retired, _) = row(Algorithm::Es256, KeyState::Retired);
        assert_eq!(ring([(retired, Vec::new())]).keys().count(), 0);
    }

    #[test]
    fn a_key_under_the_wrong_algorithm_or_stored_twice_is_refused() {
        let (key, sealed) = row(Algorithm::Es256, KeyState::Current);
        let wrong = SigningKey { algorithm: Algorithm::Rs256, ..key.clone() };
        let build = |rows: Vec<_>| KeyRing::build(rows, &SEALING_KEY);
        assert!(matches!(build(vec![(wrong, sealed.clone())]), Err(KeyError::NotAKey { .. })));
        assert!(matches!(build(vec![(key.clone(), sealed.clone()), (key, sealed)]), Err(KeyError::Duplicate { .. })));
    }

    #[test]
    fn without_a_current_key_nothing_is_signed() {
        let ring = ring([row(Algorithm::Es256, KeyState::Retiring)]);
        let error = ring.sign(Algorithm::Es256, "JWT", &claims()).unwrap_err();
        assert!(matches!(error, KeyError::NoCurrentKey(Algorithm::Es256)));
    }

    #[test]
    fn the_etag_follows_the_document_and_not_the_order_of_rows() {
        let rows = [row(Algorithm::Es256, KeyState::Current), row(Algorithm::EdDsa, KeyState::Current)];
        let [one, other] = rows.clone();
        let etag = ring(rows).etag().to_owned();
        assert_eq!(etag, ring([other, one.clone()]).etag());
        assert_ne!(etag, ring([one]).etag());
        assert!(etag.starts_with('"') && etag.ends_with('"'));
    }

    #[test]
    fn debug_output_has_no_private_key() {
        let (key, sealed) = row(Algorithm::EdDsa, KeyState::Current);
        let pkcs8 = SEALING_KEY.open(&key.kid, &sealed).unwrap();
        let seed = &pkcs8[16..48];
        let printed = format!("{:?}", full_ring()).to_ascii_lowercase();
        let in_hexadecimal = format!("{:032x}", u128::from_be_bytes(*seed.first_chunk().unwrap()));
        let in_decimal = format!("{seed:?}");
        assert!(!printed.contains(&in_hexadecimal));
        assert!(!printed.contains(in_decimal.trim_matches(['[', ']'])));
    }
}
