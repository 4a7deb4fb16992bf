//! A client's form and its metadata: what is stored as fields, and what was typed as members of RFC 7591.

use serde_json::{Map, Value};

use super::edit::{Advanced, EditForm};
use super::kind::{auth_method_label, grant_type_label};
use crate::domain::client::{AuthMethod, Client, ClientMetadata, GrantType};
use crate::domain::scope::ScopeCatalog;
use crate::protocol::parameters::Parameters;
use crate::protocol::registration;
use crate::web::admin::lines;
use crate::web::admin::outdated::Difference;
use crate::web::admin::scopes::words::scope_choices;
use crate::web::page::{Choice, duration};
use crate::web::state::App;

pub fn members_of(metadata: &ClientMetadata) -> Map<String, Value> {
    match serde_json::to_value(metadata) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    }
}

const URIS: [&str; 4] = ["client_uri", "logo_uri", "policy_uri", "tos_uri"];
const LISTS: [&str; 1] = ["contacts"];
const LIFETIMES: [&str; 3] = ["access_token_lifetime", "refresh_token_lifetime", "id_token_lifetime"];
// What the selects offer; the default comes first.
const ACCESS_TOKEN_FORMATS: [(&str, &str); 2] = [("opaque", "Opaque"), ("jwt", "JWT")];
const ASSERTION_AUDIENCES: [(&str, &str); 2] =
    [("issuer", "The issuer only"), ("token_endpoint", "The token endpoint's URL too")];

/// What a client is registered with, overridden by the form. Members that the form does not have stay as they are.
pub fn changed_members(client: &Client, form: &Parameters) -> Map<String, Value> {
    let mut members = members_of(&client.metadata);
    // They follow from the grant types.
    members.remove("response_types");
    put(&mut members, "client_name", Some(form.get("client_name").unwrap_or_default().into()));
    put(&mut members, "redirect_uris", Some(lines(form, "redirect_uris").into()));
    put(&mut members, "grant_types", Some(form.all("grant_types").collect::<Vec<_>>().into()));
    put_scope(&mut members, form);
    put(&mut members, "skip_consent", Some(is_checked(form, "skip_consent").into()));
    let mut selects = vec!["access_token_format", "client_assertion_audience"];
    // A public client proves nothing, and PKCE and rotation are not up to anybody.
    if !client.is_public() {
        selects.push("token_endpoint_auth_method");
        put(&mut members, "require_pkce", Some(is_checked(form, "require_pkce").into()));
        let rotates = is_checked(form, "refresh_token_rotation");
        if client.rotates_refresh_tokens() != rotates {
            put(&mut members, "refresh_token_rotation", Some(rotates.into()));
        }
    }
    for name in selects.into_iter().filter(|name| form.get(name).is_some()) {
        put(&mut members, name, form.get(name).map(Value::from));
    }
    let typed = |name: &str| form.get(name).map(str::trim).filter(|text| !text.is_empty());
    for name in URIS {
        put(&mut members, name, typed(name).map(Value::from));
    }
    for name in LISTS {
        put(&mut members, name, Some(lines(form, name)).filter(|lines| !lines.is_empty()).map(Value::from));
    }
    // What is no number goes on as text, to be refused with all the rest.
    for name in LIFETIMES {
        put(&mut members, name, typed(name).map(|text| text.parse::<u64>().map_or_else(|_| text.into(), Value::from)));
    }
    members
}

/// The members that the form shows as text.
const SHOWN: [&str; 10] = [
    "client_name",
    "redirect_uris",
    "grant_types",
    "scope",
    "token_endpoint_auth_method",
    "require_pkce",
    "skip_consent",
    "refresh_token_rotation",
    "client_assertion_audience",
    "access_token_format",
];

/// Each field as it was typed and as it is stored now. What was typed has been accepted before, so defaults compare alike.
pub fn differences(client: &Client, typed: &Map<String, Value>, catalog: &ScopeCatalog) -> Vec<Difference> {
    let stored = members_of(&client.metadata);
    let typed = registration::register(typed, catalog).map_or_else(|_| typed.clone(), |metadata| members_of(&metadata));
    let names = SHOWN.into_iter().chain(LIFETIMES).chain(URIS).chain(LISTS);
    names.map(|name| (name, text(&typed, name), text(&stored, name))).collect()
}

fn is_checked(form: &Parameters, name: &str) -> bool {
    form.get(name).is_some()
}

/// No scope at all means any default scope, for which the member is left out.
pub fn put_scope(members: &mut Map<String, Value>, form: &Parameters) {
    let scopes: Vec<&str> = form.all("scope").collect();
    put(members, "scope", (!scopes.is_empty()).then(|| scopes.join(" ").into()));
}

fn put(members: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    match value {
        Some(value) => drop(members.insert(name.to_owned(), value)),
        None => drop(members.remove(name)),
    }
}

/// The form of what is stored, or of what was typed: both are client metadata.
pub fn edit_form(app: &App, client: &Client, members: &Map<String, Value>, catalog: &ScopeCatalog) -> EditForm {
    let scopes = text(members, "scope");
    let scopes: Vec<&str> = scopes.split(' ').collect();
    let grant_types = text(members, "grant_types");
    let auth_method = text(members, "token_endpoint_auth_method");
    EditForm {
        client_name: text(members, "client_name"),
        redirect_uris: text(members, "redirect_uris"),
        grant_types: GrantType::ALL
            .into_iter()
            .filter(|grant_type| !client.is_public() || *grant_type != GrantType::ClientCredentials)
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
        advanced: advanced(app, client, members),
    }
}

fn advanced(app: &App, client: &Client, members: &Map<String, Value>) -> Advanced {
    let holds = |name, default| members.get(name).and_then(Value::as_bool).unwrap_or(default);
    let lifetimes = &app.config.lifetimes;
    let mut advanced = Advanced {
        changed: 0,
        require_pkce: holds("require_pkce", true),
        skip_consent: holds("skip_consent", false),
        refresh_token_rotation: holds("refresh_token_rotation", client.is_public()),
        access_token_format: select(members, "access_token_format", &ACCESS_TOKEN_FORMATS),
        client_assertion_audience: select(members, "client_assertion_audience", &ASSERTION_AUDIENCES),
        access_token_lifetime: text(members, "access_token_lifetime"),
        refresh_token_lifetime: text(members, "refresh_token_lifetime"),
        id_token_lifetime: text(members, "id_token_lifetime"),
        default_access_token_lifetime: duration(lifetimes.access_token),
        default_refresh_token_lifetime: duration(lifetimes.refresh_token_idle),
        default_id_token_lifetime: duration(lifetimes.id_token),
        client_uri: text(members, "client_uri"),
        logo_uri: text(members, "logo_uri"),
        policy_uri: text(members, "policy_uri"),
        tos_uri: text(members, "tos_uri"),
        contacts: text(members, "contacts"),
    };
    let texts = URIS.into_iter().chain(LISTS).chain(LIFETIMES);
    let is_default = |choices: &[Choice]| choices.first().is_some_and(|first| first.is_chosen);
    let others = [
        !advanced.require_pkce,
        advanced.skip_consent,
        advanced.refresh_token_rotation != client.is_public(),
        !is_default(&advanced.access_token_format),
        !is_default(&advanced.client_assertion_audience),
    ];
    let changed = texts.map(|name| !text(members, name).is_empty()).chain(others).filter(|changed| *changed).count();
    advanced.changed = i64::try_from(changed).unwrap_or(i64::MAX);
    advanced
}

/// A member as text: an array line by line, other structures as JSON.
fn text(members: &Map<String, Value>, name: &str) -> String {
    match members.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n"),
        Some(other) => format!("{other:#}"),
    }
}

fn select(members: &Map<String, Value>, name: &str, options: &[(&str, &str)]) -> Vec<Choice> {
    let value = text(members, name);
    let chosen = options.iter().position(|(each, _)| *each == value).unwrap_or(0);
    let options = options.iter().enumerate();
    options.map(|(index, (value, label))| Choice::new(*value, *label, "", index == chosen)).collect()
}
