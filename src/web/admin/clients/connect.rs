//! What a developer needs to connect a client: addresses, credentials, and programs that work as they are.
//!
//! The answer to the POST that made a client is this page with the secret on it, once.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::find;
use super::snippets::{Snippet, names_resource, snippets};
use crate::domain::client::{Client, GrantType, Origin};
use crate::domain::scope::{ScopeCatalog, ScopeEntry};
use crate::web::admin::query_of;
use crate::web::admin::resources::resource_choices;
use crate::web::error::PageError;
use crate::web::page::{Choice, Layout, Section, respond, sample};
use crate::web::routes;
use crate::web::state::App;
use crate::web::visitor::{Reader, User};

/// What stands for a secret that is not shown any more.
const PLACEHOLDER: &str = "YOUR_SECRET";

/// `GET /admin/clients/{id}/connect?resource=`, and the answer to the POST that made a client.
#[derive(Template)]
#[template(path = "admin/clients/connect.html")]
pub struct ConnectPage {
    /// Its title is [`ConnectPage::created()`] or [`ConnectPage::title()`].
    pub layout: Layout,
    pub id: String,
    pub name: String,
    /// Shown once.
    pub secret: Option<String>,
    /// Name and URL: `Issuer`, `Authorization endpoint`, `Token endpoint`, …
    pub endpoints: Vec<(String, String)>,
    /// The APIs that its programs may ask for a token of; empty where they name none.
    pub resources: Vec<Choice>,
    pub snippets: Vec<Snippet>,
}

impl ConnectPage {
    pub fn title() -> String {
        t!("connect-title")
    }
    pub fn created() -> String {
        t!("client-created-title")
    }

    pub fn samples() -> Vec<Self> {
        let client = |metadata: serde_json::Value| Client {
            id: "c_9aVqk2Lw0TzYx4RbN1mEuP".into(),
            origin: Origin::Admin,
            metadata: serde_json::from_value(metadata).expect("metadata of ours"),
            redirect_uris: Vec::new(),
            secrets: Vec::new(),
            logo: None,
            trials: Vec::new(),
            machine_grant: None,
            created_at: 0,
            updated_at: 0,
            disabled_at: None,
            version: 1,
        };
        let entry = |name: &str| ScopeEntry {
            name: name.to_owned(),
            description: String::new(),
            is_default: false,
            is_builtin: false,
            claims: Vec::new(),
        };
        let catalog: ScopeCatalog = ["openid", "profile", "email", "reports:read"].map(entry).into_iter().collect();
        let page = |title: &str, client: &Client, secret: Option<&str>| Self {
            layout: sample::desk(title, Section::Clients),
            id: client.id.clone(),
            name: client.name().to_owned(),
            secret: secret.map(str::to_owned),
            endpoints: endpoints_of("https://id.example", client),
            resources: Vec::new(),
            snippets: snippets(client, "", &catalog, "https://id.example", secret.unwrap_or(PLACEHOLDER)),
        };
        let machine = client(serde_json::json!({
            "client_name": "Nightly report",
            "grant_types": ["client_credentials"],
            "scope": "reports:read",
            "token_endpoint_auth_method": "client_secret_basic",
        }));
        let web = client(serde_json::json!({
            "client_name": "Acme Reports",
            "grant_types": ["authorization_code", "refresh_token"],
            "redirect_uris": ["https://reports.acme.example/callback"],
            "scope": "openid profile email",
            "token_endpoint_auth_method": "client_secret_basic",
        }));
        let app = client(serde_json::json!({
            "client_name": "Notes",
            "grant_types": ["authorization_code"],
            "redirect_uris": ["https://notes.acme.example/"],
            "token_endpoint_auth_method": "none",
        }));
        let agent = client(serde_json::json!({
            "client_name": "Agent",
            "grant_types": ["authorization_code", "refresh_token"],
            "redirect_uris": ["http://127.0.0.1/callback"],
            "application_type": "native",
            "token_endpoint_auth_method": "none",
        }));
        let server = "https://mcp.acme.example/";
        let secret = "gcs_u2JvKq9cY7mB0xT4nWlZs8RdHf3EaPoG1iQyVt6CkXM";
        vec![
            page(&Self::created(), &machine, Some(secret)),
            page(&Self::title(), &web, None),
            page(&Self::created(), &app, None),
            Self {
                resources: vec![
                    Choice::new("", t!("claims-no-resource"), "", false),
                    Choice::new(server, server, "", true),
                ],
                snippets: snippets(&agent, server, &catalog, "https://id.example", PLACEHOLDER),
                ..page(&Self::title(), &agent, None)
            },
        ]
    }
}

/// `GET /admin/clients/{id}/connect?resource=`
pub async fn connect(user: Reader, id: web::Path<String>, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let resource = query_of(&request)?.get("resource").unwrap_or_default().to_owned();
    let client = find(&user, &id).await?.client;
    page(&user, ConnectPage::title(), &client, None, &resource).await
}

/// A client that was just made for `resource`, if for any; `secret` is shown this once.
pub(super) async fn connect_page(
    user: &User,
    id: &str,
    secret: Option<String>,
    resource: &str,
) -> Result<HttpResponse, PageError> {
    let client = find(user, id).await?.client;
    page(user, ConnectPage::created(), &client, secret, resource).await
}

async fn page(
    user: &User,
    title: String,
    client: &Client,
    secret: Option<String>,
    resource: &str,
) -> Result<HttpResponse, PageError> {
    let app = &user.visitor.app;
    let catalog = app.store.catalog().await?;
    let names_one = names_resource(client);
    let resource = if names_one && catalog.resources.contains_key(resource) { resource } else { "" };
    let secret_in_lines = secret.as_deref().unwrap_or(PLACEHOLDER);
    let page = ConnectPage {
        layout: user.layout(title, Section::Clients),
        id: client.id.clone(),
        name: client.name().to_owned(),
        endpoints: endpoints(app, client),
        resources: if names_one { resource_choices(&catalog, resource) } else { Vec::new() },
        snippets: snippets(client, resource, &catalog.scopes, app.issuer(), secret_in_lines),
        secret,
    };
    Ok(respond(StatusCode::OK, &page))
}

/// What libraries are told, or find by themselves.
pub(super) fn endpoints(app: &App, client: &Client) -> Vec<(String, String)> {
    endpoints_of(app.issuer(), client)
}

fn endpoints_of(issuer: &str, client: &Client) -> Vec<(String, String)> {
    let url = |path| format!("{}{path}", issuer.trim_end_matches('/'));
    let mut endpoints = vec![(t!("client-issuer"), issuer.to_owned())];
    if client.may_use(GrantType::AuthorizationCode) {
        endpoints.push((t!("client-authorization-endpoint"), url(routes::AUTHORIZE)));
    }
    if client.may_use(GrantType::DeviceCode) {
        endpoints.push((t!("client-device-endpoint"), url(routes::DEVICE_AUTHORIZATION)));
    }
    endpoints.push((t!("client-token-endpoint"), url(routes::TOKEN)));
    endpoints.push((t!("client-discovery"), url(routes::OPENID_CONFIGURATION)));
    endpoints
}
