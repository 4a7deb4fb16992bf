//! The preview of claims: a user, a client and scopes give exactly what the client would learn, and where it comes from.
//!
//! It is a page that is only read: nothing is issued, nothing is kept, and nothing of it is signed.

mod preview;
mod source;

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::resources::resource_choices;
use super::{page, query_of};
use crate::domain::client::{Client, GrantType};
use crate::domain::resource_owner::{ResourceOwner, login_key};
use crate::domain::scope::{self, Scope};
use crate::protocol::claims_request;
use crate::protocol::parameters::Parameters;
use crate::store::cache::Catalog;
use crate::store::paging::{Key, Place};
use crate::store::search::Found;
use crate::store::{StoreError, clients, resource_owners};
use crate::web::admin::clients::list_or_search;
use crate::web::error::PageError;
use crate::web::handler::get;
use crate::web::page::{Choice, FormErrors, Layout, Section, duration, respond, sample};
use crate::web::routes;
use crate::web::visitor::{Reader, User};
use preview::{Asked, Nothing, Preview, allowed, asks_users, preview, scope_of};
use source::{ClaimLine, Document, Sources};

/// Users or clients offered where what was typed names none.
const OFFERED: i64 = 8;

/// `GET /admin/claims`
#[derive(Template)]
#[template(path = "admin/claims/show.html")]
pub struct ClaimsPage {
    pub layout: Layout,
    pub user: String,
    /// A username, and where it leads.
    pub users: Vec<(String, String)>,
    /// Where a search for users goes on that has taken its time without finding as many as are offered.
    pub users_on: Option<String>,
    pub client: String,
    /// A name, an id, and where it leads.
    pub clients: Vec<(String, String, String)>,
    /// The same for clients.
    pub clients_on: Option<String>,
    /// The id of the client whose scopes are offered; empty while there is none.
    pub client_id: String,
    /// Those it may ask for.
    pub scopes: Vec<Choice>,
    pub resources: Vec<Choice>,
    pub claims: String,
    pub errors: FormErrors,
    /// What the client would get: who is meant, what comes of it, and what of it is in each part.
    pub summary: String,
    /// Why it would get nothing.
    pub refusal: String,
    pub documents: Vec<DocumentLines>,
    /// Opened too, and the account says nothing about it.
    pub unsaid: Vec<String>,
}

/// One thing that the client would read.
pub struct DocumentLines {
    /// Unique on the page.
    pub id: &'static str,
    pub title: String,
    pub lead: String,
    pub claims: Vec<ClaimLine>,
    /// The same as JSON.
    pub json: String,
}

impl ClaimsPage {
    fn title() -> String {
        t!("claims-title")
    }

    fn new(layout: Layout) -> Self {
        Self {
            layout,
            user: String::new(),
            users: Vec::new(),
            users_on: None,
            client: String::new(),
            clients: Vec::new(),
            clients_on: None,
            client_id: String::new(),
            scopes: Vec::new(),
            resources: Vec::new(),
            claims: String::new(),
            errors: FormErrors::none(),
            summary: String::new(),
            refusal: String::new(),
            documents: Vec::new(),
            unsaid: Vec::new(),
        }
    }

    pub fn samples() -> Vec<Self> {
        let page = || Self::new(sample::desk(&Self::title(), Section::Users));
        let line =
            |name: &str, value: &str, when, source| ClaimLine { name: name.into(), value: value.into(), when, source };
        let id_token = DocumentLines {
            id: "id-token",
            title: t!("claims-id-token"),
            lead: t!("claims-id-token-lead", algorithm = "RS256"),
            claims: vec![
                line("iss", "https://id.example", None, t!("claims-from-issuer")),
                line("sub", "u_7Qp0s3xKvB1nYcZ4LwTeRm", None, t!("claims-from-account-id")),
                line(
                    "exp",
                    "1794654800",
                    Some(sample::ahead(3600)),
                    t!("claims-from-server-lifetime", time = duration(3600)),
                ),
            ],
            json: "{\n  \"iss\": \"https://id.example\"\n}".into(),
        };
        let name = t!(
            "claims-source",
            why = t!("claims-opened-by-scope", scope = "profile"),
            what = t!("claims-from-display-name")
        );
        let userinfo = DocumentLines {
            id: "userinfo",
            title: t!("claims-userinfo"),
            lead: t!("claims-userinfo-lead"),
            claims: vec![line("name", "Alice Archer", None, name)],
            json: "{\n  \"name\": \"Alice Archer\"\n}".into(),
        };
        let opaque = DocumentLines {
            id: "access-token",
            title: t!("claims-access-token"),
            lead: t!("claims-opaque"),
            claims: Vec::new(),
            json: String::new(),
        };
        let filled = || Self {
            user: "alice".into(),
            client: "c_9aVqk2Lw0TzYx4RbN1mEuP".into(),
            client_id: "c_9aVqk2Lw0TzYx4RbN1mEuP".into(),
            scopes: vec![Choice::new("openid", "openid", "", true), Choice::new("profile", "profile", "", true)],
            resources: vec![Choice::new("", t!("claims-no-resource"), "", true)],
            ..page()
        };
        let chosen = routes::admin_claims("alice", "");
        vec![
            page(),
            Self {
                summary: t!("claims-summary", client = "Acme Reports", user = "alice", time = duration(3600)),
                documents: vec![id_token, opaque, userinfo],
                unsaid: vec!["birthdate".into(), "gender".into()],
                ..filled()
            },
            Self { refusal: t!("claims-refused", error = "invalid_scope", why = "No."), ..filled() },
            Self {
                user: "ali".into(),
                users: vec![("alice".into(), chosen.clone()), (sample::LONG.into(), chosen.clone())],
                users_on: Some("/admin/claims?user=ali&users_after=b".into()),
                client: "Acme".into(),
                clients: vec![("Acme Reports".into(), "c_9aVqk2Lw0TzYx4RbN1mEuP".into(), chosen)],
                claims: "{".into(),
                errors: FormErrors::none().with("claims", t!("claims-user-unknown", typed = "{")),
                ..page()
            },
        ]
    }
}

/// The routes of this page.
pub fn configure(config: &mut web::ServiceConfig) {
    config.service(page(routes::ADMIN_CLAIMS).route(get(show)));
}

/// `GET /admin/claims`
pub async fn show(user: Reader, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let query = query_of(&request)?;
    let field = |name: &str| query.get(name).unwrap_or_default().trim().to_owned();
    let app = &user.visitor.app;
    let (typed_user, typed_client) = (field("user"), field("client"));
    let Meant { owner, others, client, offered } = meant(&user, &query, &typed_user, &typed_client).await?;
    let catalog = app.store.catalog().await?;

    let mut shown = ClaimsPage::new(user.layout(ClaimsPage::title(), Section::Users));
    if !typed_user.is_empty() && owner.is_none() {
        shown.errors.add("user", t!("claims-user-unknown", typed = typed_user));
    }
    if !typed_client.is_empty() && client.is_none() {
        shown.errors.add("client", t!("claims-client-unknown", typed = typed_client));
    }
    // A machine stands for itself, so nobody need be chosen.
    let needs_user = client.as_ref().is_none_or(asks_users);
    if needs_user {
        let link = |owner: &ResourceOwner| routes::admin_claims(&owner.username, &typed_client);
        shown.users = others.items.iter().map(|owner| (owner.username.clone(), link(owner))).collect();
        shown.users_on = others.stopped_at.map(|key| search_on(&typed_user, &typed_client, (USERS_AFTER, &key)));
    }
    let link = |client: &Client| routes::admin_claims(&typed_user, &client.id);
    let offer = |client: &Client| (client.name().to_owned(), client.id.clone(), link(client));
    shown.clients = offered.items.iter().map(offer).collect();
    let stopped_at = offered.stopped_at.map(|key| key.to_string());
    shown.clients_on = stopped_at.map(|key| search_on(&typed_user, &typed_client, (CLIENTS_AFTER, &key)));
    shown.user = owner.as_ref().map_or(typed_user.clone(), |owner| owner.username.clone());
    shown.client = typed_client;
    shown.claims = field("claims");
    let resource = field("resource");
    shown.resources = resource_choices(&catalog, &resource);
    if let Some(client) = client.map(Arc::new) {
        let scope = chosen(&query, &client, &catalog);
        shown.client_id.clone_from(&client.id);
        shown.scopes = scope::names(&allowed(&client, &catalog))
            .into_iter()
            .map(|name| Choice::new(name, name, "", scope::contains(&scope, name)))
            .collect();
        let asked = Asked { scope, resource, claims: shown.claims.clone() };
        if let Some(Err(error)) =
            Some(&asked.claims).filter(|text| !text.is_empty()).map(|text| claims_request::parse(text))
        {
            shown.errors.add("claims", error.description);
        }
        let is_machine = owner.is_none() && typed_user.is_empty() && client.may_use(GrantType::ClientCredentials);
        if shown.errors.is_empty() && (owner.is_some() || is_machine) {
            match preview(app, &client, owner.as_ref(), &asked).await? {
                Ok(preview) => {
                    let now = app.now();
                    let sources = Sources {
                        client: &client,
                        owner: owner.as_ref(),
                        catalog: &catalog,
                        preview: &preview,
                        resource: &asked.resource,
                        now,
                    };
                    shown.summary = summary(&client, owner.as_ref(), &preview);
                    shown.unsaid = sources.unsaid();
                    shown.documents = documents(&client, &preview, &sources);
                }
                Err(Nothing::ClientDisabled) => shown.refusal = t!("claims-client-disabled", client = client.name()),
                Err(Nothing::UserDisabled) => shown.refusal = t!("claims-user-disabled", user = shown.user),
                Err(Nothing::Refused(error)) => {
                    shown.refusal = t!("claims-refused", error = error.code.as_str(), why = error.description.as_ref());
                }
            }
        }
    }
    let status = if shown.errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(respond(status, &shown))
}

/// Whom the fields mean, and who else may be meant where they name nobody.
struct Meant {
    owner: Option<ResourceOwner>,
    others: Found<ResourceOwner, String>,
    client: Option<Client>,
    offered: Found<Client, Key<String>>,
}

/// In the query: where a search for users or clients goes on.
const USERS_AFTER: &str = "users_after";
const CLIENTS_AFTER: &str = "clients_after";

async fn meant(user: &User, query: &Parameters, typed_user: &str, typed_client: &str) -> Result<Meant, PageError> {
    let (search, of_client) = (typed_user.to_owned(), typed_client.to_owned());
    let of_users = Place::after(query.get(USERS_AFTER).map(str::to_owned));
    let key = query.get(CLIENTS_AFTER).map(str::parse::<Key<String>>).transpose();
    let of_clients = Place::after(key.map_err(|_| PageError::NotFound)?);
    let found = user.visitor.app.store.read::<_, StoreError, _>(move |connection| {
        let owner = match resource_owners::find(connection, &search)? {
            None => resource_owners::find_by_login(connection, &login_key(&search))?,
            known => known,
        };
        let others = match &owner {
            Some(_) => Found::all(Vec::new()),
            None if search.is_empty() => Found::all(resource_owners::list(connection, &Place::Top, OFFERED)?),
            None => resource_owners::search(connection, &search, &of_users, OFFERED)?,
        };
        let client = clients::find(connection, &of_client)?;
        let offered = match &client {
            Some(_) => Found::all(Vec::new()),
            None => list_or_search(connection, &of_client, &of_clients, OFFERED)?,
        };
        Ok(Meant { owner, others, client, offered })
    });
    Ok(found.await?)
}

/// Where a search goes on, with what else was typed.
fn search_on(typed_user: &str, typed_client: &str, after: (&str, &str)) -> String {
    routes::with_query(routes::ADMIN_CLAIMS, &[("user", typed_user), ("client", typed_client), after])
}

/// The scopes that were ticked, of those that this client was offered; all it may have when it was offered none.
fn chosen(query: &Parameters, client: &Client, catalog: &Catalog) -> Scope {
    let allowed = allowed(client, catalog);
    let was_offered = query.get("of").map_or_else(|| query.is_sent("scope"), |of| of == client.id);
    if !was_offered {
        return allowed;
    }
    scope_of(query.all("scope")).map_or(allowed, |scope| scope)
}

fn summary(client: &Client, owner: Option<&ResourceOwner>, preview: &Preview) -> String {
    let (client, time) = (client.name(), duration(preview.lifetime));
    match owner {
        None => t!("claims-summary-machine", client = client, time = time),
        Some(owner) if preview.has_refresh_token => {
            t!("claims-summary-refresh", client = client, user = owner.username, time = time)
        }
        Some(owner) => t!("claims-summary", client = client, user = owner.username, time = time),
    }
}

fn documents(client: &Client, preview: &Preview, sources: &Sources<'_>) -> Vec<DocumentLines> {
    let document = |id, title, lead, document, members: &serde_json::Map<_, _>| DocumentLines {
        id,
        title,
        lead,
        claims: sources.lines(document, members),
        json: serde_json::to_string_pretty(members).unwrap_or_default(),
    };
    let mut documents = Vec::new();
    if let Some(claims) = &preview.id_token {
        let lead = t!("claims-id-token-lead", algorithm = client.metadata.id_token_signed_response_alg.name());
        documents.push(document("id-token", t!("claims-id-token"), lead, Document::IdToken, claims));
    }
    let title = t!("claims-access-token");
    documents.push(match &preview.access_token {
        Some(claims) => {
            let lead = t!("claims-jwt", algorithm = client.metadata.access_token_signing_alg.name());
            document("access-token", title, lead, Document::AccessToken, claims)
        }
        None => DocumentLines {
            id: "access-token",
            title,
            lead: t!("claims-opaque"),
            claims: Vec::new(),
            json: String::new(),
        },
    });
    let lead = t!("claims-introspection-lead");
    let said = &preview.introspection;
    documents.push(document("introspection", t!("claims-introspection"), lead, Document::Introspection, said));
    if let Some(claims) = &preview.userinfo {
        let lead = match client.metadata.userinfo_signed_response_alg {
            None => t!("claims-userinfo-lead"),
            Some(algorithm) => t!("claims-userinfo-signed", algorithm = algorithm.name()),
        };
        documents.push(document("userinfo", t!("claims-userinfo"), lead, Document::UserInfo, claims));
    }
    documents
}
