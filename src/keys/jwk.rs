//! Public keys as JSON Web Keys (RFC 7517, RFC 7518 §6, RFC 8037): ours on their way out, other people's on their way
//! in.
//!
//! [`PublicJwk`] has no place for a private member, so none can be published by accident.

use std::fmt;
use std::ops::RangeInclusive;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256,
    RsaPublicKeyComponents,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use crate::domain::signing_key::Algorithm;
use crate::secret::sha256;

/// RFC 7518 §6.2.2, §6.3.2, §6.4.1.
const PRIVATE_MEMBERS: [&str; 8] = ["d", "k", "p", "q", "dp", "dq", "qi", "oth"];
/// Sizes of RSA keys, in bits.
const RSA_BITS: RangeInclusive<usize> = 2048..=4096;

/// The encodings of the points whose order divides 8, without the sign of x: the orders 4, 1, 8, 8, 2, and two that
/// write 0 and 1 as numbers beyond the field's.
const SMALL_ORDER: [[u8; 32]; 7] = {
    let mut one = [0; 32];
    one[0] = 1;
    [
        [0; 32],
        one,
        [
            0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf,
            0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
        ],
        [
            0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20,
            0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
        ],
        near_p(0xec),
        near_p(0xed),
        near_p(0xee),
    ]
};

/// The field's prime is `near_p(0xed)`.
const fn near_p(last: u8) -> [u8; 32] {
    let mut y = [0xff; 32];
    y[0] = last;
    y[31] = 0x7f;
    y
}

/// The public half of a key, of one of the three kinds that our algorithms use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicJwk {
    /// Modulus and exponent, big-endian without leading zeros.
    Rsa { n: Vec<u8>, e: Vec<u8> },
    /// A point of P-256.
    P256 { x: [u8; 32], y: [u8; 32] },
    /// A point of Ed25519.
    Ed25519 { x: [u8; 32] },
}

/// Why JSON is no public key of ours. Contains nothing of the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JwkError {
    /// Another `kty` or `crv` than RSA, EC P-256 and OKP Ed25519.
    Unsupported,
    /// A member that is missing, no string, not base64url, or of the wrong length.
    Member(&'static str),
    /// A private member: somebody is about to publish a private key.
    Private,
    /// The numbers make no key.
    NoKey,
}

impl std::error::Error for JwkError {}

impl fmt::Display for JwkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported => f.write_str("the key is of another kind than RSA, EC with P-256, or OKP with Ed25519"),
            Self::Member(name) => {
                write!(f, "the key's member {name} is missing or not the base64url of a number that fits")
            }
            Self::Private => {
                f.write_str("the key contains private members; send the public key only, and replace this one")
            }
            Self::NoKey => f.write_str("the key's members do not make a public key"),
        }
    }
}

impl PublicJwk {
    /// Reads a public key from a JWK. Other members than those of the key itself (`kid`, `use`, `alg`) are the
    /// caller's.
    pub fn from_json(jwk: &Map<String, Value>) -> Result<Self, JwkError> {
        if PRIVATE_MEMBERS.iter().any(|name| jwk.contains_key(*name)) {
            return Err(JwkError::Private);
        }
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let bytes = |name: &'static str| {
            let bytes = text(name).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
            bytes.filter(|bytes| !bytes.is_empty()).ok_or(JwkError::Member(name))
        };
        let coordinate = |name: &'static str| bytes(name)?.try_into().map_err(|_| JwkError::Member(name));
        match (text("kty"), text("crv")) {
            (Some("RSA"), _) => rsa(bytes("n")?, bytes("e")?),
            (Some("EC"), Some("P-256")) => Ok(Self::P256 { x: coordinate("x")?, y: coordinate("y")? }),
            (Some("OKP"), Some("Ed25519")) => ed25519(coordinate("x")?),
            _ => Err(JwkError::Unsupported),
        }
    }

    /// The members that make the key (RFC 7638 §3.2), and no others.
    fn members(&self) -> Value {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match self {
            Self::Rsa { n, e } => json!({"e": encode(e), "kty": "RSA", "n": encode(n)}),
            Self::P256 { x, y } => json!({"crv": "P-256", "kty": "EC", "x": encode(x), "y": encode(y)}),
            Self::Ed25519 { x } => json!({"crv": "Ed25519", "kty": "OKP", "x": encode(x)}),
        }
    }

    /// The key as an entry of a JWKS, for verifying signatures of one algorithm.
    pub fn to_json(&self, kid: &str, algorithm: Algorithm) -> Value {
        let mut jwk = self.members();
        jwk["kid"] = kid.into();
        jwk["alg"] = algorithm.name().into();
        jwk["use"] = "sig".into();
        jwk
    }

    /// The SHA-256 thumbprint (RFC 7638), base64url.
    pub fn thumbprint(&self) -> String {
        // RFC 7638 §3: the required members in the order of their names, without white space.
        let members: std::collections::BTreeMap<String, Value> =
            serde_json::from_value(self.members()).expect("a JWK is an object");
        let canonical = serde_json::to_vec(&members).expect("strings serialise");
        URL_SAFE_NO_PAD.encode(sha256(&canonical))
    }

    /// The key, ready to verify signatures of `algorithm`. Fails when the algorithm is for another kind of key: the key
    /// decides, never the token (RFC 8725 §3.1).
    pub fn verifier(&self, algorithm: Algorithm) -> Result<Verifier, JwkError> {
        let key = match (self, algorithm) {
            (Self::Rsa { n, e }, Algorithm::Rs256) => {
                RsaPublicKeyComponents { n, e }.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)
            }
            (Self::Rsa { n, e }, Algorithm::Ps256) => {
                RsaPublicKeyComponents { n, e }.to_parsed_public_key(&RSA_PSS_2048_8192_SHA256)
            }
            (Self::P256 { x, y }, Algorithm::Es256) => {
                let point = [&[4], x.as_slice(), y.as_slice()].concat();
                ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
            }
            (Self::Ed25519 { x }, Algorithm::EdDsa) => ParsedPublicKey::new(&ED25519, x),
            _ => return Err(JwkError::Unsupported),
        };
        key.map(Verifier).map_err(|_| JwkError::NoKey)
    }
}

/// An RSA key of a size that is neither weak nor a way to keep us busy, whose exponent makes a signature hard to forge.
fn rsa(n: Vec<u8>, e: Vec<u8>) -> Result<PublicJwk, JwkError> {
    let bits = n.len() * 8 - n[0].leading_zeros() as usize;
    // RFC 7518 §6.3.1: no leading zeros.
    if n[0] == 0 || !RSA_BITS.contains(&bits) {
        return Err(JwkError::Member("n"));
    }
    // Odd, more than 1, and no longer than others take it (FIPS 186-5 asks for 65537 or more; 3 is in use).
    let is_odd = e[e.len() - 1] % 2 == 1;
    if e[0] == 0 || e.len() > 4 || !is_odd || e == [1] {
        return Err(JwkError::Member("e"));
    }
    Ok(PublicJwk::Rsa { n, e })
}

/// An Ed25519 key, unless its order is small: then one signature would hold for every message (RFC 8725 §3.4).
fn ed25519(x: [u8; 32]) -> Result<PublicJwk, JwkError> {
    let mut without_sign = x;
    without_sign[31] &= 0x7f;
    if SMALL_ORDER.contains(&without_sign) { Err(JwkError::NoKey) } else { Ok(PublicJwk::Ed25519 { x }) }
}

/// A parsed public key and the one algorithm it verifies.
#[derive(Debug)]
pub struct Verifier(ParsedPublicKey);

impl Verifier {
    /// Whether `signature` is this key's over `message`. RSA keys shorter than 2048 bits verify nothing.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify_sig(message, signature).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jwk(json: Value) -> Result<PublicJwk, JwkError> {
        let Value::Object(members) = json else { panic!("no object") };
        PublicJwk::from_json(&members)
    }

    #[test]
    fn rfc7638_section_3_1_example_thumbprint() {
        let key = jwk(json!({
            "kty": "RSA",
            "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
            "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"
        }))
        .unwrap();
        assert_eq!(key.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn rfc8037_appendix_a_key_verifies_its_signature() {
        let key =
            jwk(json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})).unwrap();
        assert_eq!(key.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        let verifier = key.verifier(Algorithm::EdDsa).unwrap();
        let signature = URL_SAFE_NO_PAD
            .decode("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg")
            .unwrap();
        assert!(verifier.verifies(b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc", &signature));
        assert!(!verifier.verifies(b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmd", &signature));
    }

    #[test]
    fn a_key_verifies_only_algorithms_of_its_kind() {
        let ed25519 =
            jwk(json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})).unwrap();
        for algorithm in [Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es256] {
            assert_eq!(ed25519.verifier(algorithm).unwrap_err(), JwkError::Unsupported);
        }
    }

    #[test]
    fn private_foreign_and_broken_keys_are_refused() {
        let zeros = URL_SAFE_NO_PAD.encode([0; 32]);
        let one = URL_SAFE_NO_PAD.encode([1; 32]);
        for (json, error) in [
            (json!({"kty": "oct", "k": "AA"}), JwkError::Private),
            (json!({"kty": "OKP", "crv": "Ed25519", "x": zeros, "d": zeros}), JwkError::Private),
            (json!({"kty": "EC", "crv": "P-384", "x": zeros, "y": zeros}), JwkError::Unsupported),
            (json!({"kty": ["RSA"], "n": "AQAB", "e": "AQAB"}), JwkError::Unsupported),
            (json!({}), JwkError::Unsupported),
            (json!({"kty": "RSA", "n": "AQAB"}), JwkError::Member("e")),
            (json!({"kty": "RSA", "n": "AQ=B", "e": "AQAB"}), JwkError::Member("n")),
            (json!({"kty": "RSA", "n": 3, "e": "AQAB"}), JwkError::Member("n")),
            (json!({"kty": "RSA", "n": "", "e": "AQAB"}), JwkError::Member("n")),
            (json!({"kty": "OKP", "crv": "Ed25519", "x": "AQAB"}), JwkError::Member("x")),
        ] {
            assert_eq!(jwk(json.clone()), Err(error), "{json}");
        }
        // A point that is not on the curve.
        let off_curve = jwk(json!({"kty": "EC", "crv": "P-256", "x": one, "y": one})).unwrap();
        assert_eq!(off_curve.verifier(Algorithm::Es256).unwrap_err(), JwkError::NoKey);
    }
}
