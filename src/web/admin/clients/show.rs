//! One client: what it is, what it needs to know of us, and its secrets.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::connect::endpoints;
use super::curl::{curl, curl_client_credentials};
use super::kind::{Kind, auth_method_label, grant_type_labels};
use super::members::members_of;
use super::settings::groups;
use super::{Found, find};
use crate::domain::client::{Client, Origin, Unused};
use crate::domain::lifetimes::Lifetimes;
use crate::store::grants::MOST;
use crate::web::admin::requests::RequestLine;
use crate::web::admin::requests::list::sample_lines;
use crate::web::admin::scopes::words::scope_lines;
use crate::web::admin::security_review::{ReviewLines, sample_review};
use crate::web::error::PageError;
use crate::web::page::face::Face;
use crate::web::page::{Layout, Moment, ScopeLine, Section, Status, Tone, respond, sample};
use crate::web::routes;
use crate::web::visitor::Reader;

/// `GET /admin/clients/{id}`
#[derive(Template)]
#[template(path = "admin/clients/show.html")]
pub struct ShowPage {
    /// Its title is the client's name.
    pub layout: Layout,
    pub id: String,
    pub face: Face,
    /// [`Kind::label`].
    pub kind: String,
    pub status: Status,
    pub is_enabled: bool,
    /// Made by an admin, or registered by itself.
    pub is_self_registered: bool,
    /// When it goes unless somebody allows it something before.
    pub expires: Option<Moment>,
    pub created: Moment,
    pub last_used: Option<Moment>,
    pub live_grants: String,
    /// Name and URL: `Issuer`, `Authorization endpoint`, `Token endpoint`, …
    pub endpoints: Vec<(String, String)>,
    /// The sentence for how it proves itself: [`auth_method_label`].
    pub auth_method: String,
    /// Secrets, newest first: at most two that work.
    pub secrets: Vec<SecretLine>,
    /// Whether it has secrets at all, so that one can be rotated.
    pub can_rotate: bool,
    /// A line to paste into a terminal.
    pub curl: String,
    pub redirect_uris: Vec<String>,
    /// In words.
    pub grant_types: Vec<String>,
    /// Empty means: any default scope.
    pub scopes: Vec<ScopeLine>,
    /// Other settings that differ from the default: label and value, line by line.
    pub settings: Vec<(String, Vec<String>)>,
    /// What became of its newest requests.
    pub requests: Vec<RequestLine>,
    /// What could be safer.
    pub review: ReviewLines,
}

/// A secret, without its value.
pub struct SecretLine {
    pub id: String,
    /// Not the last one that works.
    pub can_delete: bool,
    pub created: Moment,
    pub last_used: Option<Moment>,
    /// From where; empty when nothing is known.
    pub address: String,
    pub expires: Option<Moment>,
    /// It opens nothing any more.
    pub is_expired: bool,
    /// Why nobody would miss it; empty when somebody may.
    pub hint: String,
}

impl ShowPage {
    /// Which is the newest is told where there are others that work.
    pub fn has_several_secrets(&self) -> bool {
        self.secrets.iter().filter(|secret| !secret.is_expired).count() > 1
    }

    pub fn samples() -> Vec<Self> {
        let mut layout = sample::desk("Acme Reports", Section::Clients);
        layout = layout.with_flash(Tone::Success, t!("client-saved"));
        let id = "c_9aVqk2Lw0TzYx4RbN1mEuP";
        let secret = |id: &str, created, last_used: Option<Moment>| SecretLine {
            id: id.into(),
            can_delete: true,
            created,
            address: if last_used.is_some() { "203.0.113.7".into() } else { String::new() },
            hint: if last_used.is_some() { hint(Some(Unused::SinceNewer)) } else { String::new() },
            last_used,
            expires: match id {
                "7" => Some(sample::ahead(86_400 * 7)),
                "6" => Some(sample::ago(86_400 * 3)),
                _ => None,
            },
            is_expired: id == "6",
        };
        let endpoints = || {
            [
                (t!("client-issuer"), "https://id.example"),
                (t!("client-authorization-endpoint"), "https://id.example/oauth2/authorize"),
                (t!("client-token-endpoint"), "https://id.example/oauth2/token"),
                (t!("client-discovery"), "https://id.example/.well-known/openid-configuration"),
            ]
            .map(|(name, url)| (name.clone(), url.to_owned()))
            .to_vec()
        };
        let web = Self {
            layout,
            id: id.into(),
            face: Face::named("Acme Reports"),
            kind: Kind::Web.label(),
            status: Status::enabled(true),
            is_enabled: true,
            is_self_registered: false,
            expires: None,
            created: sample::ago(86_400 * 40),
            last_used: Some(sample::ago(300)),
            live_grants: "3".into(),
            endpoints: endpoints(),
            auth_method: auth_method_label("client_secret_basic"),
            secrets: vec![
                secret("8", sample::ago(4000), None),
                secret("7", sample::ago(86_400 * 40), Some(sample::ago(300))),
                secret("6", sample::ago(86_400 * 200), None),
            ],
            can_rotate: true,
            curl: curl_client_credentials("https://id.example/oauth2/token", id, "$CLIENT_SECRET", "reports:read"),
            redirect_uris: vec![
                "https://reports.acme.example/callback".into(),
                "https://a-staging-environment-with-a-long-name.reports.acme.example/oauth/callback/grantor".into(),
            ],
            grant_types: vec![t!("grant-type-code"), t!("grant-type-refresh")],
            scopes: sample::scopes(),
            settings: vec![
                (t!("setting-post_logout_redirect_uris"), vec!["https://reports.acme.example/".into()]),
                (t!("setting-access_token_lifetime"), vec![crate::web::page::duration(600)]),
            ],
            requests: sample_lines(),
            review: sample_review(),
        };
        let public = Self {
            layout: sample::desk(sample::LONG, Section::Clients),
            id: "c_Tq0b7cYpWz3LxVn5sKdR2A".into(),
            face: Face::named(sample::LONG),
            kind: Kind::SinglePage.label(),
            status: Status::enabled(false),
            is_enabled: false,
            is_self_registered: true,
            expires: Some(sample::ahead(86_400 * 6)),
            created: sample::ago(30),
            last_used: None,
            live_grants: "0".into(),
            endpoints: endpoints(),
            auth_method: auth_method_label("none"),
            secrets: Vec::new(),
            can_rotate: false,
            curl: "curl https://id.example/.well-known/openid-configuration".into(),
            redirect_uris: vec!["com.example.app:/callback".into()],
            grant_types: vec![t!("grant-type-code")],
            scopes: Vec::new(),
            settings: Vec::new(),
            requests: Vec::new(),
            review: ReviewLines { score: 100, ..ReviewLines::default() },
        };
        vec![web, public]
    }
}

/// `GET /admin/clients/{id}`
pub async fn show(user: Reader, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let Found { client, live_grants, last_used, expires_at, requests, review, .. } = find(&user, &id).await?;
    let app = &user.visitor.app;
    let (now, catalog) = (user.visitor.now(), app.store.catalog().await?);
    let newest = client.live_secrets(now).last();
    let shown = client.secrets.iter().rev();
    let live = client.live_secrets(now).count();
    let page = ShowPage {
        layout: user.layout(client.name(), Section::Clients),
        face: Face::of(&client),
        kind: Kind::of(&client.metadata).label(),
        status: Status::enabled(client.is_enabled()),
        is_enabled: client.is_enabled(),
        expires: expires_at.map(|at| Moment::new(at, now)),
        is_self_registered: client.origin == Origin::Registered,
        created: Moment::new(client.created_at, now),
        last_used: last_used.map(|at| Moment::new(at, now)),
        live_grants: if live_grants > MOST { t!("more-than", count = MOST) } else { live_grants.to_string() },
        endpoints: endpoints(app, &client),
        auth_method: auth_method_label(client.metadata.token_endpoint_auth_method.as_str()),
        secrets: shown
            .map(|secret| SecretLine {
                id: secret.id.clone(),
                can_delete: live > 1 || !secret.is_live(now),
                created: Moment::new(secret.created_at, now),
                last_used: secret.last_used_at.map(|at| Moment::new(at, now)),
                address: secret.last_used_address.clone().unwrap_or_default(),
                expires: secret.expires_at.map(|at| Moment::new(at, now)),
                is_expired: !secret.is_live(now),
                hint: hint(secret.unused(newest.filter(|newest| newest.id != secret.id), now)),
            })
            .collect(),
        can_rotate: !client.is_public(),
        curl: curl(app, &client.id, &client.metadata, "YOUR_SECRET"),
        redirect_uris: client.metadata.redirect_uris.clone(),
        grant_types: grant_type_labels(&client.metadata),
        scopes: client.metadata.scope.as_ref().map(|all| scope_lines(all, &catalog.scopes)).unwrap_or_default(),
        settings: changed_settings(&client, &app.policies().lifetimes),
        requests,
        review,
        id: client.id,
    };
    Ok(respond(StatusCode::OK, &page))
}

fn hint(unused: Option<Unused>) -> String {
    match unused {
        Some(Unused::SinceNewer) => t!("client-secret-unused-newer"),
        Some(Unused::ForLong) => t!("client-secret-unused"),
        None => String::new(),
    }
}

fn changed_settings(client: &Client, lifetimes: &Lifetimes) -> Vec<(String, Vec<String>)> {
    let groups = groups(&members_of(&client.metadata), client.is_public(), lifetimes);
    let changed = groups.iter().flat_map(|group| &group.fields).filter(|field| field.is_changed());
    changed.map(|field| (field.setting.label(), field.words())).collect()
}
