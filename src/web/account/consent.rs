//! `/consent`: who asks, for what, as whom, and where the browser goes next.
//!
//! The form sends back the request's id, the decision and the optional scopes that stayed ticked. Everything else is in
//! the stored request; what a form says about it is not believed.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_SECURITY_POLICY;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::domain::client::{Client, Origin};
use crate::domain::scope;
use crate::protocol::authorize::request::ValidRequest;
use crate::protocol::authorize::response::AuthorizeResponse;
use crate::protocol::token::gives_refresh_token;
use crate::store::{StoreError, audit_log, authorization_requests, consents, self_registrations};
use crate::web::error::PageError;
use crate::web::headers::content_security_policy;
use crate::web::oauth::authorize;
use crate::web::page::{Layout, ScopeLine, Section, duration, respond, sample};
use crate::web::routes;
use crate::web::visitor::User;

#[derive(Template)]
#[template(path = "account/consent.html")]
pub struct ConsentPage {
    /// Its title is the client's name with the product's: [`ConsentPage::title`]. Its viewer is the account that consents.
    pub layout: Layout,
    /// The id of the stored authorization request.
    pub request: String,
    pub client_name: String,
    /// The client's web page, only if its scheme is https or http.
    pub client_uri: Option<String>,
    pub policy_uri: Option<String>,
    pub tos_uri: Option<String>,
    /// The username, or the e-mail address if that says more.
    pub account: String,
    /// The host of the validated redirect URI; for a private-use scheme `an app on this device (com.example.app)`.
    pub redirect_host: String,
    /// Scopes that come with a yes.
    pub scopes: Vec<ScopeLine>,
    /// Scopes that may be left out: checkboxes, ticked at first.
    pub optional_scopes: Vec<ScopeLine>,
    /// The APIs that the token is for, if the request named some.
    pub resources: Vec<String>,
    /// How long access lasts, as a sentence: [`ConsentPage::lasts_until_withdrawn`], [`ConsentPage::lasts`].
    pub duration: String,
    /// The client registered itself; nobody here has checked who runs it.
    pub is_self_registered: bool,
    /// The same user agreed before and is asked for more now.
    pub asks_for_more: bool,
}

impl ConsentPage {
    pub fn title(client_name: &str) -> String {
        format!("Allow {client_name}?")
    }

    /// For a client with refresh tokens.
    pub fn lasts_until_withdrawn() -> String {
        "It keeps this access until you withdraw it in your account.".to_owned()
    }

    /// For a client without; `time` is a duration in words.
    pub fn lasts(time: &str) -> String {
        format!("This access ends after {time}.")
    }

    pub fn samples() -> Vec<Self> {
        let plain = || Self {
            layout: sample::account(&Self::title("Acme Reports"), crate::web::page::Section::Door),
            request: "r_5fT2".into(),
            client_name: "Acme Reports".into(),
            client_uri: Some("https://acme.example/".into()),
            policy_uri: Some("https://acme.example/privacy".into()),
            tos_uri: Some("https://acme.example/terms".into()),
            account: "alice@example.com".into(),
            redirect_host: "reports.acme.example".into(),
            scopes: sample::scopes(),
            optional_scopes: Vec::new(),
            resources: Vec::new(),
            duration: Self::lasts_until_withdrawn(),
            is_self_registered: false,
            asks_for_more: false,
        };
        let mut optional = plain();
        optional.optional_scopes = optional.scopes.split_off(2);
        optional.asks_for_more = true;
        optional.resources = vec!["https://api.acme.example/reports".into()];
        let mut stranger = plain();
        stranger.client_name = sample::LONG.into();
        stranger.layout.title = Self::title(sample::LONG);
        stranger.is_self_registered = true;
        stranger.account = format!("{}@example.com", sample::LONG);
        stranger.redirect_host = "xn--a-very-long-subdomain-indeed.and-another-one.not-acme.example".into();
        stranger.policy_uri = None;
        stranger.tos_uri = None;
        let mut modest = plain();
        modest.scopes.clear();
        modest.client_uri = None;
        modest.duration = Self::lasts("60 minutes");
        vec![plain(), optional, stranger, modest]
    }
}

/// What the link to this page carries.
#[derive(Deserialize)]
pub struct ConsentQuery {
    #[serde(default)]
    request: String,
}

/// `GET /consent`
pub async fn new(user: User, query: web::Query<ConsentQuery>) -> Result<HttpResponse, PageError> {
    let (stored, client, valid) = authorize::load(&user.visitor, &query.request).await?;
    let app = &user.visitor.app;
    let catalog = app.store.catalog().await?;
    let to = authorize::bound(&valid, &client)?;
    let remembered = authorize::remembered(app, &user.owner.id, &client.id).await?;
    let scope = valid.scope();
    let metadata = &client.metadata;
    let lifetime = metadata.access_token_lifetime.map_or(app.config.lifetimes.access_token, i64::from);
    let describe = |name: &str| {
        let description = catalog.scopes.find(name).map_or("", |entry| entry.description.as_str());
        ScopeLine::new(name, description)
    };
    let page = ConsentPage {
        layout: user.layout(ConsentPage::title(client.name()), Section::Door),
        request: stored.id,
        client_name: client.name().to_owned(),
        client_uri: metadata.client_uri.clone(),
        policy_uri: metadata.policy_uri.clone(),
        tos_uri: metadata.tos_uri.clone(),
        account: user.owner.email.clone().unwrap_or_else(|| user.owner.username.clone()),
        redirect_host: to.uri().host_for_display().to_owned(),
        scopes: scope::names(&scope).into_iter().map(describe).collect(),
        optional_scopes: Vec::new(),
        resources: valid.resource.clone(),
        duration: if gives_refresh_token(&client, &scope) {
            ConsentPage::lasts_until_withdrawn()
        } else {
            ConsentPage::lasts(&duration(lifetime))
        },
        is_self_registered: client.origin == Origin::Registered,
        asks_for_more: remembered.is_some_and(|before| !before.priviledged_to(&scope)),
    };
    let mut response = respond(StatusCode::OK, &page);
    // Chromium and Safari hold the redirect after the form to the policy of the page.
    if let Ok(policy) = content_security_policy(Some(&to.uri().origin_for_csp())).parse() {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    Ok(response)
}

/// `POST /consent`
pub async fn create(user: User, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, PageError> {
    let form = user.visitor.form(&request, payload).await?;
    let (stored, client, valid) = authorize::load(&user.visitor, form.get("request").unwrap_or_default()).await?;
    match form.get("decision") {
        Some("approve") => approve(&user, &client, &valid, stored.id).await,
        Some("deny") => deny(&user, &client, &valid, stored.id).await,
        _ => Err(PageError::BadRequest("Choose Allow or Deny.")),
    }
}

async fn approve(
    user: &User,
    client: &Arc<Client>,
    valid: &ValidRequest,
    stored: String,
) -> Result<HttpResponse, PageError> {
    let scope = valid.scope();
    let (owner_id, client_id, now) = (user.owner.id.clone(), client.id.clone(), user.visitor.now());
    let mut event = user.context().event("consent.given", &client.id);
    event.detail = serde_json::json!({ "scope": scope::render(&scope) });
    let given = scope.clone();
    let response =
        authorize::grant(&user.visitor, client, valid, &user.owner, &user.signed_in, scope, Some(stored)).await?;
    user.visitor
        .app
        .store
        .write::<_, StoreError, _>(move |connection| {
            consents::remember(connection, &owner_id, &client_id, &given, now)?;
            self_registrations::keep(connection, &client_id)?;
            audit_log::insert(connection, &event)?;
            Ok(())
        })
        .await?;
    Ok(response)
}

async fn deny(
    user: &User,
    client: &Arc<Client>,
    valid: &ValidRequest,
    stored: String,
) -> Result<HttpResponse, PageError> {
    let to = authorize::bound(valid, client)?;
    let (event, now) = (user.context().event("consent.denied", &client.id), user.visitor.now());
    let taken = user
        .visitor
        .app
        .store
        .write::<_, StoreError, _>(move |connection| {
            let taken = authorization_requests::take(connection, &stored, now)?;
            audit_log::insert(connection, &event)?;
            Ok(taken.is_some())
        })
        .await?;
    if !taken {
        return Err(PageError::Expired);
    }
    Ok(authorize::respond(&AuthorizeResponse::denied(to, user.visitor.app.issuer())))
}
