//! Other people's keys: a client's JWK set (RFC 7517 §5), and believing what it signed.
//!
//! The set is the only source of keys: whatever a token says about its key (`jwk`, `jku`, `x5u`, `x5c`) is ignored, and
//! its `kid` is a name to compare (RFC 8725 §3.10). A key verifies the algorithms of its kind, or the one that its own
//! `alg` names; a token may only agree. How strictly a token itself is read is [`jwt`](super::jwt)'s.

use std::fmt;

use serde_json::{Map, Value};

use crate::domain::signing_key::Algorithm;
use crate::keys::jwk::{JwkError, PublicJwk, Verifier};
use crate::keys::jwt::{Claims, JwtError, UnverifiedJwt};
use crate::keys::unique_json;

/// The longest JWK set we look at, in bytes.
pub const MAX_LENGTH: usize = 64 * 1024;
/// The most keys in a set, those that we cannot use included.
pub const MAX_KEYS: usize = 32;

/// Keys that a client signs with.
#[derive(Debug)]
pub struct KeySet(Vec<ForeignKey>);

#[derive(Debug)]
struct ForeignKey {
    kid: Option<String>,
    verifiers: Vec<(Algorithm, Verifier)>,
}

/// Why JSON is no JWK set. `Display` is for the developer who sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySetError {
    /// Longer than [`MAX_LENGTH`] or [`MAX_KEYS`].
    TooLong,
    /// No object with a member `keys` that is an array of objects.
    NotASet,
    /// The key at this place, counted from 0, is wrong.
    Key(usize, JwkError),
}

impl std::error::Error for KeySetError {}

impl fmt::Display for KeySetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(f, "the JWK set has more than {MAX_KEYS} keys or {MAX_LENGTH} bytes"),
            Self::NotASet => f.write_str("this is not a JWK set: an object with an array keys of objects"),
            Self::Key(place, error) => write!(f, "keys[{place}] of the JWK set: {error}"),
        }
    }
}

impl KeySet {
    /// Reads a set as it came.
    pub fn parse(json: &[u8]) -> Result<Self, KeySetError> {
        if json.len() > MAX_LENGTH {
            return Err(KeySetError::TooLong);
        }
        Self::from_json(&unique_json::object(json).ok_or(KeySetError::NotASet)?)
    }

    /// Reads a set from JSON. Keys of kinds and for uses that we do not know are left out (RFC 7517 §5).
    ///
    /// # Errors
    /// One key that is broken, too weak, or private spoils the set: nobody would notice otherwise.
    pub fn from_json(set: &Map<String, Value>) -> Result<Self, KeySetError> {
        let keys = set.get("keys").and_then(Value::as_array).ok_or(KeySetError::NotASet)?;
        if keys.len() > MAX_KEYS {
            return Err(KeySetError::TooLong);
        }
        let mut usable = Vec::new();
        for (place, key) in keys.iter().enumerate() {
            match ForeignKey::from_json(key.as_object().ok_or(KeySetError::NotASet)?) {
                Ok(key) => usable.push(key),
                Err(JwkError::Unsupported) => {}
                Err(error) => return Err(KeySetError::Key(place, error)),
            }
        }
        Ok(Self(usable))
    }

    /// Whether it has no key that we could use.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The claims of a token that one of the keys signed. Times, audience and purpose are for the caller to judge.
    ///
    /// # Errors
    /// [`JwtError::UnknownKey`] and [`JwtError::Signature`] may mean that the client has a new key since.
    pub fn verify(&self, token: &UnverifiedJwt<'_>) -> Result<Claims, JwtError> {
        let mut result = Err(JwtError::UnknownKey);
        for verifier in self.0.iter().filter_map(|key| key.verifier(token)) {
            result = token.verify(verifier);
            if result != Err(JwtError::Signature) {
                return result;
            }
        }
        result
    }
}

impl ForeignKey {
    fn from_json(jwk: &Map<String, Value>) -> Result<Self, JwkError> {
        let key = PublicJwk::from_json(jwk)?;
        let kid = match jwk.get("kid") {
            None => None,
            Some(Value::String(kid)) => Some(kid.clone()),
            Some(_) => return Err(JwkError::Member("kid")),
        };
        if !is_for_signatures(jwk) {
            return Err(JwkError::Unsupported);
        }
        let named = jwk.get("alg").map(|alg| alg.as_str().and_then(Algorithm::from_name));
        let mut verifiers = Vec::new();
        for algorithm in Algorithm::ALL.into_iter().filter(|algorithm| named.is_none_or(|it| it == Some(*algorithm))) {
            match key.verifier(algorithm) {
                Ok(verifier) => verifiers.push((algorithm, verifier)),
                Err(JwkError::Unsupported) => {}
                Err(error) => return Err(error),
            }
        }
        if verifiers.is_empty() { Err(JwkError::Unsupported) } else { Ok(Self { kid, verifiers }) }
    }

    /// The way to verify this token, if it can be this key's. Where one of them has no kid, any will do.
    fn verifier(&self, token: &UnverifiedJwt<'_>) -> Option<&Verifier> {
        let is_named = match (&self.kid, token.kid()) {
            (Some(own), Some(named)) => own == named,
            _ => true,
        };
        let (_, verifier) = self.verifiers.iter().find(|(algorithm, _)| *algorithm == token.algorithm())?;
        is_named.then_some(verifier)
    }
}

/// RFC 7517 §4.2, §4.3: what the owner says the key is for, if anything.
fn is_for_signatures(jwk: &Map<String, Value>) -> bool {
    let verifies = |operations: &Value| operations.as_array().is_some_and(|all| all.iter().any(|it| it == "verify"));
    jwk.get("use").is_none_or(|purpose| purpose == "sig") && jwk.get("key_ops").is_none_or(verifies)
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::json;

    use super::*;

    struct Signer(EcdsaKeyPair);

    impl Signer {
        fn new() -> Self {
            Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
        }

        fn jwk(&self) -> Value {
            let point = self.0.public_key().as_ref();
            json!({
                "kty": "EC", "crv": "P-256",
                "x": URL_SAFE_NO_PAD.encode(&point[1..33]), "y": URL_SAFE_NO_PAD.encode(&point[33..]),
            })
        }

        fn jwk_with(&self, members: Value) -> Value {
            let Value::Object(members) = members else { panic!("no object") };
            let mut jwk = self.jwk();
            members.into_iter().for_each(|(name, value)| jwk[name] = value);
            jwk
        }

        fn sign(&self, header: &Value) -> String {
            let signed = token(header, "{\"sub\":\"c\"}");
            let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
            format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
        }
    }

    fn token(header: &Value, payload: &str) -> String {
        format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(payload))
    }

    fn set(keys: &[Value]) -> Result<KeySet, KeySetError> {
        KeySet::parse(json!({ "keys": keys }).to_string().as_bytes())
    }

    fn verify(keys: &[Value], token: &str) -> Result<Claims, JwtError> {
        set(keys).unwrap().verify(&UnverifiedJwt::parse(token)?)
    }

    fn rsa(bits: usize) -> Value {
        json!({"kty": "RSA", "n": URL_SAFE_NO_PAD.encode(vec![0xff; bits / 8]), "e": "AQAB"})
    }

    #[test]
    fn a_token_is_believed_by_the_key_that_its_kid_names() {
        let (one, other) = (Signer::new(), Signer::new());
        let keys =
            [one.jwk_with(json!({"kid": "1"})), other.jwk_with(json!({"kid": "2", "alg": "ES256", "use": "sig"}))];
        assert!(verify(&keys, &one.sign(&json!({"alg": "ES256", "kid": "1"}))).is_ok());
        assert!(verify(&keys, &other.sign(&json!({"alg": "ES256", "kid": "2"}))).is_ok());
        assert!(verify(&keys, &other.sign(&json!({"alg": "ES256"}))).is_ok());
        let refused = |header: Value| verify(&keys, &one.sign(&header)).unwrap_err();
        assert_eq!(refused(json!({"alg": "ES256", "kid": "2"})), JwtError::Signature);
        for kid in ["3", "../../dev/null", "' OR 1=1 --", ""] {
            assert_eq!(refused(json!({"alg": "ES256", "kid": kid})), JwtError::UnknownKey, "{kid}");
        }
        assert_eq!(verify(&keys, &Signer::new().sign(&json!({"alg": "ES256"}))).unwrap_err(), JwtError::Signature);
    }

    #[test]
    fn a_key_without_a_kid_answers_to_any() {
        let signer = Signer::new();
        assert!(verify(&[signer.jwk()], &signer.sign(&json!({"alg": "ES256", "kid": "x"}))).is_ok());
    }

    #[test]
    fn rfc8725_section_3_10_a_key_that_comes_with_the_token_is_no_key() {
        let (known, attacker) = (Signer::new(), Signer::new());
        for member in ["jwk", "jku", "x5u", "x5c"] {
            let value = if member == "jwk" { attacker.jwk() } else { "https://evil.example/keys".into() };
            let token = attacker.sign(&json!({"alg": "ES256", (member): value}));
            assert_eq!(verify(&[known.jwk()], &token).unwrap_err(), JwtError::Signature, "{member}");
        }
    }

    #[test]
    fn rfc8725_section_3_1_an_algorithm_of_another_kind_of_key_finds_none() {
        let signer = Signer::new();
        for alg in ["RS256", "PS256", "EdDSA"] {
            assert_eq!(verify(&[signer.jwk()], &signer.sign(&json!({"alg": alg}))).unwrap_err(), JwtError::UnknownKey);
        }
        for alg in ["none", "HS256", "ES384"] {
            assert_eq!(verify(&[signer.jwk()], &signer.sign(&json!({"alg": alg}))).unwrap_err(), JwtError::Algorithm);
        }
    }

    #[test]
    fn rfc7517_section_4_a_key_for_something_else_is_left_out() {
        let signer = Signer::new();
        for members in [
            json!({"use": "enc"}),
            json!({"use": 1}),
            json!({"key_ops": ["sign"]}),
            json!({"key_ops": "verify"}),
            json!({"alg": "ES384"}),
            json!({"alg": "RS256"}),
            json!({"alg": null}),
            json!({"kty": "AKP"}),
            json!({"crv": "P-384"}),
            json!({"crv": "secp256k1"}),
        ] {
            assert!(set(&[signer.jwk_with(members.clone())]).unwrap().is_empty(), "{members}");
        }
        assert!(!set(&[signer.jwk_with(json!({"use": "sig", "key_ops": ["verify"]}))]).unwrap().is_empty());
    }

    #[test]
    fn a_set_with_a_private_weak_or_broken_key_is_refused() {
        let good = Signer::new().jwk();
        let refused = |bad: Value| match set(&[good.clone(), bad]) {
            Err(KeySetError::Key(1, error)) => error,
            other => panic!("{other:?}"),
        };
        for member in ["d", "k", "p", "q", "dp", "dq", "qi", "oth"] {
            assert_eq!(refused(Signer::new().jwk_with(json!({(member): "AA"}))), JwkError::Private, "{member}");
        }
        assert_eq!(refused(json!({"kty": "oct", "k": "AA"})), JwkError::Private);
        assert_eq!(refused(rsa(1024)), JwkError::Member("n"));
        assert_eq!(refused(rsa(2040)), JwkError::Member("n"));
        assert_eq!(refused(rsa(4104)), JwkError::Member("n"));
        let mut rsa_with_e = rsa(2048);
        for e in ["AQ", "Ag", "AAAD", "AAAAAQAAAAAB"] {
            rsa_with_e["e"] = e.into();
            assert_eq!(refused(rsa_with_e.clone()), JwkError::Member("e"), "{e}");
        }
        assert_eq!(refused(Signer::new().jwk_with(json!({"y": Signer::new().jwk()["y"]}))), JwkError::NoKey);
        assert_eq!(refused(Signer::new().jwk_with(json!({"kid": 1}))), JwkError::Member("kid"));
        assert!(set(&[rsa(2048), rsa(4096)]).is_ok());
    }

    #[test]
    fn what_is_no_set_is_refused() {
        for bad in ["", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":["x"]}"#, r#"{"keys":[],"keys":[]}"#] {
            assert_eq!(KeySet::parse(bad.as_bytes()).unwrap_err(), KeySetError::NotASet, "{bad}");
        }
        let key = Signer::new().jwk();
        assert!(set(&vec![key.clone(); MAX_KEYS]).is_ok());
        assert_eq!(set(&vec![key; MAX_KEYS + 1]).unwrap_err(), KeySetError::TooLong);
        let padded = format!("{{\"keys\":[]}}{}", " ".repeat(MAX_LENGTH));
        assert_eq!(KeySet::parse(padded.as_bytes()).unwrap_err(), KeySetError::TooLong);
    }

    /// As in Wycheproof's ecdsa_secp256r1_sha256_p1363: signatures that hold for a verifier that forgets a check.
    #[test]
    fn degenerate_ecdsa_signatures_are_refused() {
        const ORDER: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
        let signer = Signer::new();
        let unsigned = token(&json!({"alg": "ES256"}), "{}");
        let bytes = |hex: &str| -> Vec<u8> {
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
        };
        let (zero, one) = ("00".repeat(32), format!("{}01", "00".repeat(31)));
        for (r, s) in [(&zero, &zero), (&zero, &one), (&one, &zero), (&ORDER.into(), &one), (&one, &ORDER.into())] {
            let bad = format!("{unsigned}.{}", URL_SAFE_NO_PAD.encode(bytes(&format!("{r}{s}"))));
            assert_eq!(verify(&[signer.jwk()], &bad).unwrap_err(), JwtError::Signature, "{r} {s}");
        }
        let good = signer.sign(&json!({"alg": "ES256"}));
        let (_, signature) = good.rsplit_once('.').unwrap();
        let raw = URL_SAFE_NO_PAD.decode(signature).unwrap();
        // Shorter, longer, empty, and DER instead of fixed length.
        let der = [&[0x30, 0x44, 0x02, 0x20], &raw[..32], &[0x02, 0x20], &raw[32..]].concat();
        for bad in [&raw[..63], &[raw.as_slice(), &[0]].concat(), &[], &der] {
            let bad = format!("{}.{}", token(&json!({"alg": "ES256"}), "{\"sub\":\"c\"}"), URL_SAFE_NO_PAD.encode(bad));
            assert_eq!(verify(&[signer.jwk()], &bad).unwrap_err(), JwtError::Signature);
        }
    }

    /// With a public key of small order, one signature holds for any message.
    #[test]
    fn small_order_ed25519_keys_are_refused() {
        for hex in [
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000080",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        ] {
            let x: Vec<u8> = (0..64).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
            let key = json!({"kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(x)});
            assert_eq!(set(&[key]).unwrap_err(), KeySetError::Key(0, JwkError::NoKey), "{hex}");
        }
    }
}
