//! Tokens as a client reads them: with somebody else's JOSE library and the published keys.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, Header, Validation, decode, decode_header};
use serde_json::Value;

use super::http::Http;

/// Header and claims of a JWT of this server for `audience`, its signature checked.
pub async fn verified(http: &Http, token: &str, audience: &str) -> (Header, Value) {
    let keys: JwkSet = serde_json::from_str(&http.get("/.well-known/jwks.json").await.body).expect("a JWK set");
    let header = decode_header(token).expect("a JWT");
    let key = keys.find(header.kid.as_deref().expect("a kid")).expect("the key is published");
    let mut validation = Validation::new(header.alg);
    validation.set_audience(&[audience]);
    validation.required_spec_claims.clear();
    let key = DecodingKey::from_jwk(key).expect("a public key");
    let claims = decode::<Value>(token, &key, &validation).expect("the signature is right").claims;
    (header, claims)
}
