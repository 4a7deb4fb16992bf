//! A client's form and its metadata: what is stored as fields, and what was typed as members of RFC 7591.

use serde_json::{Map, Value};

use super::edit::EditForm;
use super::kind::{auth_method_label, grant_type_label};
use super::settings::{groups, settings};
use crate::domain::client::{AuthMethod, Client, ClientMetadata, GrantType};
use crate::domain::lifetimes::Lifetimes;
use crate::domain::scope::ScopeCatalog;
use crate::protocol::parameters::Parameters;
use crate::protocol::registration;
use crate::web::admin::lines;
use crate::web::admin::outdated::Difference;
use crate::web::admin::scopes::words::scope_choices;
use crate::web::page::Choice;

pub fn members_of(metadata: &ClientMetadata) -> Map<String, Value> {
    match serde_json::to_value(metadata) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    }
}

/// What a client is registered with, overridden by the form. Members that the form does not have stay as they are.
pub fn changed_members(client: &Client, form: &Parameters) -> Map<String, Value> {
    let mut members = members_of(&client.metadata);
    // They follow from the grant types.
    members.remove("response_types");
    put(&mut members, "client_name", Some(form.get("client_name").unwrap_or_default().into()));
    put(&mut members, "redirect_uris", Some(lines(form, "redirect_uris").into()));
    put(&mut members, "grant_types", Some(form.all("grant_types").collect::<Vec<_>>().into()));
    put_scope(&mut members, form);
    // A public client proves nothing.
    if let Some(method) = form.get("token_endpoint_auth_method").filter(|_| !client.is_public()) {
        put(&mut members, "token_endpoint_auth_method", Some(method.into()));
    }
    for setting in settings(client.is_public()) {
        let value = setting.read(form, &members);
        put(&mut members, setting.member, value);
    }
    members
}

/// The members above the groups.
const BASICS: [&str; 5] = ["client_name", "redirect_uris", "grant_types", "scope", "token_endpoint_auth_method"];

/// Each field as it was typed and as it is stored now. What was typed has been accepted before, so defaults compare alike.
pub fn differences(client: &Client, typed: &Map<String, Value>, catalog: &ScopeCatalog) -> Vec<Difference> {
    let stored = members_of(&client.metadata);
    let typed = registration::register(typed, catalog).map_or_else(|_| typed.clone(), |metadata| members_of(&metadata));
    let names = BASICS.into_iter().chain(settings(client.is_public()).map(|setting| setting.member));
    names.map(|name| (name, text(&typed, name), text(&stored, name))).collect()
}

/// No scope at all means any default scope, for which the member is left out.
pub fn put_scope(members: &mut Map<String, Value>, form: &Parameters) {
    let scopes: Vec<&str> = form.all("scope").collect();
    put(members, "scope", (!scopes.is_empty()).then(|| scopes.join(" ").into()));
}

pub fn put(members: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    match value {
        // One field for many members.
        Some(Value::Object(said)) if name == "localized" => {
            members.retain(|name, _| !name.contains('#'));
            members.extend(said);
        }
        Some(value) => drop(members.insert(name.to_owned(), value)),
        None => drop(members.remove(name)),
    }
}

/// The form of what is stored, or of what was typed: both are client metadata. `lifetimes` are the server's.
pub fn edit_form(
    members: &Map<String, Value>,
    is_public: bool,
    catalog: &ScopeCatalog,
    lifetimes: &Lifetimes,
) -> EditForm {
    let scopes = text(members, "scope");
    let scopes: Vec<&str> = scopes.split(' ').collect();
    let grant_types = text(members, "grant_types");
    let auth_method = text(members, "token_endpoint_auth_method");
    EditForm {
        client_name: text(members, "client_name"),
        redirect_uris: text(members, "redirect_uris"),
        grant_types: GrantType::ALL
            .into_iter()
            .filter(|grant_type| !is_public || *grant_type != GrantType::ClientCredentials)
            .map(|grant_type| {
                let value = grant_type.as_str();
                Choice::new(value, grant_type_label(value), "", grant_types.lines().any(|each| each == value))
            })
            .collect(),
        scope: scope_choices(catalog, &scopes),
        token_endpoint_auth_method: AuthMethod::ALL
            .into_iter()
            .filter(|method| *method != AuthMethod::None)
            .map(|method| {
                let value = method.as_str();
                Choice::new(value, auth_method_label(value), "", auth_method == value)
            })
            .collect(),
        groups: groups(members, is_public, lifetimes),
    }
}

/// A member as text: an array line by line, other structures as JSON. `localized` stands for all that have a language.
pub fn text(members: &Map<String, Value>, name: &str) -> String {
    if name == "localized" {
        let said = members.iter().filter(|(name, _)| name.contains('#'));
        return said
            .filter_map(|(name, text)| Some(format!("{name} = {}", text.as_str()?)))
            .collect::<Vec<_>>()
            .join("\n");
    }
    match members.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) if items.iter().all(Value::is_string) => {
            items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n")
        }
        Some(other) => format!("{other:#}"),
    }
}
