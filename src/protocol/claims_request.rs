//! The `claims` parameter (OpenID Connect Core §5.5).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::domain::claims::{ClaimsRequest, Wish};
use crate::protocol::error::OAuthError;

/// Most bytes of the parameter, and most claims in it.
const MAX_LENGTH: usize = 8192;
const MAX_CLAIMS: usize = 100;

/// Reads the parameter. Unknown members are ignored (OpenID Connect Core §5.5).
///
/// # Errors
/// `invalid_request` for what is no claims request.
pub fn parse(text: &str) -> Result<ClaimsRequest, OAuthError> {
    let refused = |problem: &'static str| OAuthError::invalid_request(problem);
    if text.len() > MAX_LENGTH {
        return Err(refused("The claims parameter is longer than 8192 bytes."));
    }
    let Ok(Value::Object(members)) = serde_json::from_str(text) else {
        return Err(refused("The claims parameter is not a JSON object."));
    };
    let request = ClaimsRequest { userinfo: wishes(&members, "userinfo")?, id_token: wishes(&members, "id_token")? };
    if request.userinfo.len() + request.id_token.len() > MAX_CLAIMS {
        return Err(refused("The claims parameter names more than 100 claims."));
    }
    Ok(request)
}

fn wishes(members: &Map<String, Value>, name: &str) -> Result<BTreeMap<String, Wish>, OAuthError> {
    let refused =
        || OAuthError::invalid_request("In the claims parameter, a claim is requested by null or by an object.");
    match members.get(name) {
        None | Some(Value::Null) => Ok(BTreeMap::new()),
        Some(Value::Object(claims)) => {
            claims.iter().map(|(name, wish)| Ok((name.clone(), self::wish(wish).ok_or_else(refused)?))).collect()
        }
        Some(_) => Err(refused()),
    }
}

fn wish(value: &Value) -> Option<Wish> {
    let members = match value {
        Value::Null => return Some(Wish::default()),
        Value::Object(members) => members,
        _ => return None,
    };
    let essential = match members.get("essential") {
        None | Some(Value::Null) => false,
        Some(value) => value.as_bool()?,
    };
    let mut values = match members.get("values") {
        None | Some(Value::Null) => Vec::new(),
        Some(values) => values.as_array()?.clone(),
    };
    values.extend(members.get("value").filter(|value| !value.is_null()).cloned());
    Some(Wish { essential, values })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_form_of_a_wish_is_understood() {
        let text = json!({
            "userinfo": {"name": {"essential": true}, "nickname": null, "picture": {}},
            "id_token": {"sub": {"value": "alice"}, "acr": {"values": ["1", "2"], "essential": true}},
            "unknown": 5,
        });
        let request = parse(&text.to_string()).unwrap();
        assert_eq!(request.userinfo["name"], Wish { essential: true, values: Vec::new() });
        assert_eq!(request.userinfo["nickname"], Wish::default());
        assert_eq!(request.id_token["sub"].values, [json!("alice")]);
        assert_eq!(request.id_token["acr"].values, [json!("1"), json!("2")]);
        assert_eq!(request.names().into_iter().collect::<Vec<_>>(), ["name", "nickname", "picture"]);
    }

    #[test]
    fn what_is_no_claims_request_is_refused() {
        let deep = format!("{{\"userinfo\":{}", "{\"a\":".repeat(1000));
        let many: Map<String, Value> = (0..101).map(|n| (n.to_string(), Value::Null)).collect();
        let long = format!("{{\"userinfo\": {{\"{}\": null}}}}", "x".repeat(9000));
        for bad in ["", "x", "[]", "5", "{\"userinfo\": 5}", "{\"id_token\": {\"name\": \"x\"}}", &deep, &long] {
            assert!(parse(bad).is_err(), "{}", &bad[..bad.len().min(60)]);
        }
        assert!(parse(&json!({ "userinfo": many }).to_string()).is_err());
    }
}
