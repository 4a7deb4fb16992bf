//! What is said about a person in fields of their own: the standard claims (OpenID Connect Core §5.1) that forms ask for by
//! name. All other claims stay as they are, and admins write them as JSON.

use serde_json::{Map, Value};

use crate::protocol::parameters::Parameters;
use crate::web::language::Language;
use crate::web::page::Choice;

/// A claim that has a field; its id is the name of the claim.
pub struct Claim {
    pub name: &'static str,
    /// The key of what it is called.
    label: &'static str,
    /// The key of one sentence, or empty.
    help: &'static str,
    pub input: Input,
    /// Whether it is a member of the claim `address`.
    is_in_address: bool,
    /// Whether people say it about themselves.
    is_own: bool,
}

/// How a claim is filled in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Input {
    Text,
    /// Several lines.
    Area,
    Url,
    Phone,
    /// A checkbox: true, or nothing said.
    Check,
}

/// A claim as it is filled in.
pub struct Field {
    pub claim: &'static Claim,
    pub value: String,
    pub is_checked: bool,
    /// What to choose from; of a claim that is chosen and not typed.
    pub choices: Vec<Choice>,
}

const fn own(name: &'static str, label: &'static str, input: Input, help: &'static str) -> Claim {
    Claim { name, label, help, input, is_in_address: false, is_own: true }
}

const fn checked(name: &'static str, label: &'static str, help: &'static str) -> Claim {
    Claim { name, label, help, input: Input::Check, is_in_address: false, is_own: false }
}

const fn address(name: &'static str, label: &'static str, input: Input) -> Claim {
    Claim { name, label, help: "", input, is_in_address: true, is_own: false }
}

const CLAIMS: [Claim; 16] = [
    own("given_name", key!("person-given-name"), Input::Text, ""),
    own("family_name", key!("person-family-name"), Input::Text, ""),
    own("nickname", key!("claim-nickname"), Input::Text, key!("person-nickname-help")),
    own("phone_number", key!("claim-phone-number"), Input::Phone, key!("person-phone-number-help")),
    checked("phone_number_verified", key!("person-phone-number-verified"), key!("person-verified-help")),
    own("picture", key!("claim-picture"), Input::Url, key!("person-picture-help")),
    own("website", key!("claim-website"), Input::Url, ""),
    own("birthdate", key!("person-birthdate"), Input::Text, key!("person-birthdate-help")),
    own("locale", key!("claim-locale"), Input::Text, key!("person-locale-help")),
    own("zoneinfo", key!("claim-zoneinfo"), Input::Text, key!("person-zoneinfo-help")),
    address("street_address", key!("person-street-address"), Input::Area),
    address("postal_code", key!("person-postal-code"), Input::Text),
    address("locality", key!("person-locality"), Input::Text),
    address("region", key!("person-region"), Input::Text),
    address("country", key!("person-country"), Input::Text),
    address("formatted", key!("person-formatted"), Input::Area),
];

/// All fields, as `claims` fill them; takes out of `claims` what stands in a field.
pub fn take(claims: &mut Map<String, Value>) -> Vec<Field> {
    CLAIMS.iter().map(|claim| Field::take(claim, claims)).collect()
}

/// All fields as somebody filled them in.
pub fn read(form: &Parameters) -> Vec<Field> {
    CLAIMS.iter().map(|claim| Field::read(claim, form)).collect()
}

/// The fields that people fill in about themselves, as `claims` have them.
pub fn own_fields(claims: &Map<String, Value>) -> Vec<Field> {
    let mut claims = claims.clone();
    let mut fields: Vec<Field> =
        CLAIMS.iter().filter(|claim| claim.is_own).map(|claim| Field::take(claim, &mut claims)).collect();
    for field in fields.iter_mut().filter(|field| field.claim.name == "locale") {
        field.choices = languages(&field.value);
    }
    fields
}

/// The languages of the pages, and the one that is said already.
fn languages(chosen: &str) -> Vec<Choice> {
    let ours = |tag: &str| Language::all().any(|language| language.tag() == tag);
    let mut choices = vec![Choice::new("", t!("person-locale-browser"), "", chosen.is_empty())];
    if !chosen.is_empty() && !ours(chosen) {
        choices.push(Choice::new(chosen, chosen, "", true));
    }
    choices.extend(
        Language::all().map(|language| Choice::new(language.tag(), language.name(), "", language.tag() == chosen)),
    );
    choices
}

/// Puts what is filled in over `claims`.
pub fn put(fields: &[Field], claims: &mut Map<String, Value>) {
    for field in fields {
        if let Some(value) = field.said() {
            field.claim.put(claims, Some(value));
        }
    }
}

/// What people changed about themselves, over what is stored. A field that the form does not send leaves its claim alone,
/// and a new phone number is one that nobody has verified.
pub fn put_own(form: &Parameters, claims: &mut Map<String, Value>) {
    let number = claims.get("phone_number").cloned();
    for claim in CLAIMS.iter().filter(|claim| claim.is_own && form.is_sent(claim.name)) {
        claim.put(claims, Field::read(claim, form).said());
    }
    if claims.get("phone_number") != number.as_ref() {
        claims.remove("phone_number_verified");
    }
}

impl Claim {
    pub fn label(&self) -> String {
        t!(self.label)
    }

    /// One sentence, or empty.
    pub fn help(&self) -> String {
        if self.help.is_empty() { String::new() } else { t!(self.help) }
    }

    fn get<'a>(&self, claims: &'a Map<String, Value>) -> Option<&'a Value> {
        if self.is_in_address { claims.get("address")?.get(self.name) } else { claims.get(self.name) }
    }

    fn put(&self, claims: &mut Map<String, Value>, value: Option<Value>) {
        if !self.is_in_address {
            put_member(claims, self.name, value);
            return;
        }
        let mut address = claims.get("address").and_then(Value::as_object).cloned().unwrap_or_default();
        put_member(&mut address, self.name, value);
        put_member(claims, "address", (!address.is_empty()).then(|| address.into()));
    }
}

fn put_member(members: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    match value {
        Some(value) => drop(members.insert(name.to_owned(), value)),
        None => drop(members.remove(name)),
    }
}

impl Field {
    /// What a field cannot show, such as a number or an explicit `false`, stays in `claims`.
    fn take(claim: &'static Claim, claims: &mut Map<String, Value>) -> Self {
        let stored = claim.get(claims).cloned();
        let is_checked = claim.input == Input::Check && stored == Some(Value::Bool(true));
        let text = stored.as_ref().and_then(Value::as_str).filter(|text| !text.is_empty() && text.trim() == *text);
        let value = text.filter(|_| claim.input != Input::Check).unwrap_or_default().to_owned();
        if is_checked || !value.is_empty() {
            claim.put(claims, None);
        }
        Self { claim, value, is_checked, choices: Vec::new() }
    }

    fn read(claim: &'static Claim, form: &Parameters) -> Self {
        // Browsers end lines with CR LF.
        let value = form.get(claim.name).unwrap_or_default().trim().replace("\r\n", "\n");
        let is_checked = claim.input == Input::Check && !value.is_empty();
        Self { claim, value: if is_checked { String::new() } else { value }, is_checked, choices: Vec::new() }
    }

    fn said(&self) -> Option<Value> {
        match self.claim.input {
            Input::Check => self.is_checked.then_some(Value::Bool(true)),
            _ => (!self.value.is_empty()).then(|| self.value.as_str().into()),
        }
    }

    /// Whether anything is filled in.
    pub fn is_set(&self) -> bool {
        self.said().is_some()
    }

    /// What is filled in, in words.
    pub fn words(&self) -> String {
        if self.is_checked { t!("yes") } else { self.value.clone() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn taking_apart_and_putting_together_loses_nothing() {
        let all = json!({
            "given_name": "Alice", "phone_number_verified": true, "email_verified": false, "nickname": " ",
            "birthdate": 7, "department": {"id": 1}, "address": {"country": "NL", "floor": 2, "formatted": "A\nB"},
        });
        let Value::Object(all) = all else { unreachable!() };
        let mut rest = all.clone();
        let fields = take(&mut rest);
        assert_eq!(fields.iter().filter(|field| field.is_set()).count(), 4);
        assert_eq!(rest["address"], json!({"floor": 2}));
        put(&fields, &mut rest);
        assert_eq!(rest, all);
    }
}
