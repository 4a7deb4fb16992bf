//! The playground: every grant a client may use, tried against the real endpoints from inside the console.
//!
//! 1. A run lasts ten minutes. It gives the client a redirect URI of ours and a secret that only this server can compute,
//!    and the audit log says so. Nothing secret is stored: secret and PKCE verifier follow from the run's id by HMAC.
//! 2. To sign in, the browser goes through the real authorization endpoint, login and consent, as the admin's own account,
//!    and comes back to `/admin/playground/callback/{run}`, where only that admin is answered.
//! 3. A device has no browser: the page shows its user code, which the admin enters at `/device` like anybody would, and a
//!    button polls. What a poll is answered before there is a token is said in words.
//! 4. Every other request is made in the process ([`in_process`](crate::web::in_process)) and shown with its answer, as the
//!    same call for a terminal, and taken apart claim by claim.

mod exchange;
mod explain;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::submitted::Submitted;
use super::{form, page, query_of};
use crate::domain::client::{Client, GrantType};
use crate::domain::scope::{self, OFFLINE_ACCESS, OPENID};
use crate::management::{self, ManagementError};
use crate::protocol::parameters::Parameters;
use crate::secret::{Secret, SecretKind, keyed_name, random_id, sha256};
use crate::store::{StoreError, clients, playground_runs};
use crate::web::admin::clients::list_or_search;
use crate::web::admin::paging::place_of;
use crate::web::error::{PageError, in_words, see_other};
use crate::web::handler::{get, post};
use crate::web::page::{FormErrors, Layout, Section, respond, sample};
use crate::web::routes;
use crate::web::state::App;
use crate::web::visitor::{Admin, User};
use exchange::{Exchange, Proof, send};
use explain::Explained;

/// A run with less time left is not begun with.
const ENOUGH: i64 = 5 * 60;
/// Clients offered where none was chosen.
const OFFERED: i64 = 10;

/// `GET /admin/playground`
#[derive(Template)]
#[template(path = "admin/playground/index.html")]
pub struct IndexPage {
    pub layout: Layout,
    pub query: String,
    /// Id and name.
    pub clients: Vec<(String, String)>,
    /// Where a search goes on that has taken its time without finding as many.
    pub search_on: Option<String>,
}

/// `GET` and `POST /admin/clients/{id}/playground`, and where the browser comes back to.
#[expect(clippy::struct_excessive_bools, reason = "each opens one button")]
#[derive(Template)]
#[template(path = "admin/playground/show.html")]
pub struct PlaygroundPage {
    pub layout: Layout,
    pub id: String,
    pub name: String,
    pub is_confidential: bool,
    pub can_sign_in: bool,
    /// Whether it may act for users, in whatever way.
    pub has_users: bool,
    pub can_be_a_device: bool,
    pub can_act_for_itself: bool,
    pub can_refresh: bool,
    pub fields: Fields,
    pub exchanges: Vec<Exchange>,
    pub explained: Vec<Explained>,
    pub errors: FormErrors,
}

/// What the forms are filled with.
#[derive(Clone, Default)]
pub struct Fields {
    pub scope: String,
    pub resource: String,
    pub access_token: String,
    pub refresh_token: String,
    /// Where the browser has just come back with a code.
    pub run: String,
    pub code: String,
    /// Of a device that waits.
    pub device_code: String,
    pub user_code: String,
}

impl Fields {
    /// Where the user code is entered: with it filled in.
    pub fn verification(&self) -> String {
        routes::with_query(routes::DEVICE, &[("user_code", &self.user_code)])
    }
}

impl IndexPage {
    fn title() -> String {
        t!("place-playground")
    }

    pub fn samples() -> Vec<Self> {
        let clients = vec![("c_9aVqk2Lw0TzYx4RbN1mEuP".to_owned(), "Acme Reports".to_owned())];
        let page = |query: &str, clients| Self {
            layout: sample::desk(&Self::title(), Section::Playground),
            query: query.into(),
            clients,
            search_on: (!query.is_empty()).then(|| "/admin/playground?q=nothing&after=1.c_1".to_owned()),
        };
        vec![page("", clients), page("nothing", Vec::new())]
    }
}

impl PlaygroundPage {
    pub fn title(name: &str) -> String {
        t!("playground-title", client = name)
    }

    pub fn samples() -> Vec<Self> {
        let exchange = |status: &str, is_success, answer: &str| Exchange {
            title: t!("playground-get-token"),
            request: "POST /oauth2/token HTTP/1.1\nHost: id.example\n\ngrant_type=client_credentials".into(),
            curl: "curl -u \"c_9aVqk2Lw0TzYx4RbN1mEuP:$CLIENT_SECRET\" -d grant_type=client_credentials".into(),
            status: status.into(),
            is_success,
            answer: answer.into(),
            json: None,
        };
        let claims = serde_json::json!({ "iss": "https://id.example", "sub": "u_7Qp0s3xK", "exp": sample::NOW + 600 });
        let explained = explain::answer(&t!("claims-id-token"), claims.as_object().expect("an object"), sample::NOW);
        let page = |exchanges, explained, code: &str| Self {
            layout: sample::desk(&Self::title("Acme Reports"), Section::Playground),
            id: "c_9aVqk2Lw0TzYx4RbN1mEuP".into(),
            name: "Acme Reports".into(),
            is_confidential: true,
            can_sign_in: true,
            has_users: true,
            can_be_a_device: true,
            can_act_for_itself: true,
            can_refresh: true,
            fields: Fields { scope: "openid profile".into(), code: code.into(), ..Fields::default() },
            exchanges,
            explained,
            errors: FormErrors::none(),
        };
        let mut waiting = page(
            vec![exchange("400 Bad Request", false, "{\n  \"error\": \"authorization_pending\"\n}")],
            vec![explain::poll("authorization_pending").expect("it is explained")],
            "",
        );
        "gdc_x".clone_into(&mut waiting.fields.device_code);
        "WDJB-MJHT".clone_into(&mut waiting.fields.user_code);
        vec![
            page(Vec::new(), Vec::new(), ""),
            waiting,
            page(vec![exchange("200 OK", true, "{\n  \"token_type\": \"Bearer\"\n}")], vec![explained], ""),
            page(vec![exchange("400 Bad Request", false, "{\n  \"error\": \"invalid_scope\"\n}")], Vec::new(), "gac_x"),
        ]
    }
}

/// The routes of these pages.
pub fn configure(config: &mut web::ServiceConfig) {
    config
        .service(page(routes::ADMIN_PLAYGROUND).route(get(index)))
        .service(page(routes::ADMIN_PLAYGROUND_CALLBACK).route(get(callback)))
        .service(form(routes::ADMIN_CLIENT_PLAYGROUND).route(get(show)).route(post(act)));
}

/// `GET /admin/playground`
pub async fn index(user: Admin, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let parameters = query_of(&request)?;
    let query = parameters.get("q").unwrap_or_default().trim().to_owned();
    let (search, place) = (query.clone(), place_of(&parameters)?);
    let found = user
        .visitor
        .app
        .store
        .read::<_, StoreError, _>(move |connection| list_or_search(connection, &search, &place, OFFERED))
        .await?;
    let page = IndexPage {
        layout: user.layout(IndexPage::title(), Section::Playground),
        clients: found.items.iter().map(|client| (client.id.clone(), client.name().to_owned())).collect(),
        search_on: found
            .stopped_at
            .map(|key| routes::with_query(routes::ADMIN_PLAYGROUND, &[("q", &query), ("after", &key.to_string())])),
        query,
    };
    Ok(respond(StatusCode::OK, &page))
}

/// `GET /admin/clients/{id}/playground`
pub async fn show(user: Admin, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let client = find(&user, id.into_inner()).await?;
    let page = Page::of(&user, client).await?;
    Ok(page.respond(StatusCode::OK))
}

async fn find(user: &User, id: String) -> Result<Client, PageError> {
    let found =
        user.visitor.app.store.read::<_, StoreError, _>(move |connection| clients::find(connection, &id)).await?;
    found.ok_or(PageError::NotFound)
}

/// `GET /admin/playground/callback/{run}`: the authorization response (RFC 6749 §4.1.2).
pub async fn callback(user: Admin, run: web::Path<String>, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let (run, owner, now) = (run.into_inner(), user.owner.id.clone(), user.visitor.now());
    let id = run.clone();
    let found = user
        .visitor
        .app
        .store
        .read::<_, StoreError, _>(move |connection| Ok(playground_runs::find(connection, &id, &owner, now)?));
    let client = find(&user, found.await?.ok_or(PageError::Expired)?).await?;
    let answer = query_of(&request)?;
    let mut page = Page::of(&user, client).await?;
    answer.get("code").unwrap_or_default().clone_into(&mut page.fields.code);
    let lines: String = request
        .query_string()
        .split('&')
        .map(|pair| {
            percent_encoding::percent_decode_str(&pair.replace('+', " ")).decode_utf8_lossy().into_owned() + "\n"
        })
        .collect();
    page.exchanges.push(Exchange {
        title: t!("playground-comes-back"),
        request: format!("GET {} HTTP/1.1", request.path()),
        curl: String::new(),
        status: if page.fields.code.is_empty() { t!("playground-refused") } else { t!("playground-a-code") },
        is_success: !page.fields.code.is_empty(),
        answer: lines.trim_end().to_owned(),
        json: None,
    });
    page.fields.run = run;
    Ok(page.respond(StatusCode::OK))
}

/// `POST /admin/clients/{id}/playground`
pub async fn act(sent: Submitted, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let user = &sent.admin;
    let client = find(user, id.into_inner()).await?;
    let run = run_of(&sent, &client).await?;
    let app = &user.visitor.app;
    let mut page = Page::of(user, client).await?;
    page.take(&sent.form);
    if sent.form.get("action") == Some("authorize") {
        return Ok(see_other(&authorization(app, &page.client, &run, &page.fields)));
    }
    let secret = secret(app, &run);
    let proof = || Proof::Client { client: &page.client, secret: &secret };
    let (fields, redirect_uri, verifier) = (page.fields.clone(), redirect_uri(app, &run), verifier(app, &run));
    let exchange = match sent.form.get("action").unwrap_or_default() {
        "redeem" => {
            let form = [
                ("grant_type", "authorization_code"),
                ("code", fields.code.as_str()),
                ("code_verifier", verifier.as_str()),
                ("redirect_uri", redirect_uri.as_str()),
            ];
            send(user, &t!("playground-redeem"), routes::TOKEN, proof(), &form).await
        }
        "client_credentials" => {
            let form = with_optional(
                vec![("grant_type", "client_credentials")],
                &[("scope", &fields.scope), ("resource", &fields.resource)],
            );
            send(user, &t!("playground-get-token"), routes::TOKEN, proof(), &form).await
        }
        "device" => {
            let form = with_optional(Vec::new(), &[("scope", &fields.scope), ("resource", &fields.resource)]);
            send(user, &t!("playground-device-start"), routes::DEVICE_AUTHORIZATION, proof(), &form).await
        }
        "poll" => {
            let form = [("grant_type", GrantType::DeviceCode.as_str()), ("device_code", fields.device_code.as_str())];
            send(user, &t!("playground-poll-title"), routes::TOKEN, proof(), &form).await
        }
        "refresh" => {
            let form = [("grant_type", "refresh_token"), ("refresh_token", fields.refresh_token.as_str())];
            send(user, &t!("playground-refresh"), routes::TOKEN, proof(), &form).await
        }
        "introspect" => {
            let form = [("token", fields.access_token.as_str())];
            send(user, &t!("playground-introspect-title"), routes::INTROSPECT, proof(), &form).await
        }
        "revoke" => {
            let form = [("token", fields.access_token.as_str())];
            send(user, &t!("playground-revoke-title"), routes::REVOKE, proof(), &form).await
        }
        "userinfo" => {
            let bearer = Proof::Bearer(fields.access_token.as_str());
            send(user, &t!("playground-userinfo-title"), routes::USERINFO, bearer, &[]).await
        }
        _ => return Err(PageError::BadRequest(t!("playground-choose"))),
    };
    page.read(exchange);
    Ok(page.respond(StatusCode::OK))
}

fn with_optional<'a>(mut form: Vec<(&'a str, &'a str)>, optional: &[(&'a str, &'a String)]) -> Vec<(&'a str, &'a str)> {
    form.extend(optional.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (*name, value.as_str())));
    form
}

/// The run that the form goes on with, or one with enough time left, or a new one.
async fn run_of(sent: &Submitted, client: &Client) -> Result<String, PageError> {
    let user = &sent.admin;
    let app = &user.visitor.app;
    let (given, now) = (sent.field("run"), user.visitor.now());
    let (client_id, owner_id) = (client.id.clone(), user.owner.id.clone());
    let known = app.store.read::<_, StoreError, _>(move |connection| {
        if playground_runs::find(connection, &given, &owner_id, now)?.as_deref() == Some(client_id.as_str()) {
            return Ok(Some(given.clone()));
        }
        Ok(playground_runs::latest(connection, &client_id, &owner_id, now + ENOUGH)?)
    });
    if let Some(run) = known.await? {
        return Ok(run);
    }
    let run = random_id();
    let (uri, digest) = (redirect_uri(app, &run), secret_of(app, &run).digest());
    let (id, client_id, owner_id) = (run.clone(), client.id.clone(), user.owner.id.clone());
    let started = sent.attempt(move |connection, context| {
        management::playground::start(connection, context, (&id, &client_id, &owner_id), &uri, digest)
    });
    match started.await? {
        Ok(()) => Ok(run),
        Err(ManagementError::NotFound) => Err(PageError::NotFound),
        Err(refusal) => Err(PageError::Conflict(in_words(&refusal))),
    }
}

fn redirect_uri(app: &App, run: &str) -> String {
    app.config.issuer.url(&routes::admin_playground_callback(run))
}

fn secret_of(app: &App, run: &str) -> Secret {
    Secret::succeeding(SecretKind::ClientSecret, run, &app.playground_key)
}

fn secret(app: &App, run: &str) -> String {
    secret_of(app, run).expose().to_owned()
}

fn verifier(app: &App, run: &str) -> String {
    keyed_name(&app.playground_key, &["verifier", run])
}

/// Where the browser goes to sign in and to consent.
fn authorization(app: &App, client: &Client, run: &str, fields: &Fields) -> String {
    let challenge = URL_SAFE_NO_PAD.encode(sha256(verifier(app, run).as_bytes()));
    routes::with_query(
        routes::AUTHORIZE,
        &[
            ("response_type", "code"),
            ("client_id", &client.id),
            ("redirect_uri", &redirect_uri(app, run)),
            ("scope", &fields.scope),
            ("resource", &fields.resource),
            ("state", &random_id()),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ],
    )
}

/// Whether the client acts for users, in whatever way.
fn has_users(client: &Client) -> bool {
    client.may_use(GrantType::AuthorizationCode) || client.may_use(GrantType::DeviceCode)
}

/// A page on its way.
struct Page<'a> {
    user: &'a User,
    client: Client,
    fields: Fields,
    exchanges: Vec<Exchange>,
    explained: Vec<Explained>,
}

impl<'a> Page<'a> {
    async fn of(user: &'a User, client: Client) -> Result<Self, PageError> {
        let catalog = user.visitor.app.store.catalog().await?;
        let allowed = client.allowed_scope(&catalog.scopes);
        let users = scope::from_names([OPENID, OFFLINE_ACCESS]);
        let scope = if has_users(&client) { allowed } else { scope::difference(&allowed, &users) };
        let fields = Fields { scope: scope::render(&scope), ..Fields::default() };
        Ok(Self { user, client, fields, exchanges: Vec::new(), explained: Vec::new() })
    }

    /// What was typed, or carried along.
    fn take(&mut self, form: &Parameters) {
        let field = |name: &str| form.get(name).unwrap_or_default().trim().to_owned();
        if form.is_sent("scope") {
            self.fields.scope = field("scope");
        }
        // Pasted from a terminal, a token may be broken into lines; it has no such characters of its own.
        let token = |name: &str| field(name).chars().filter(char::is_ascii_graphic).collect();
        self.fields.resource = field("resource");
        self.fields.access_token = token("access_token");
        self.fields.refresh_token = token("refresh_token");
        self.fields.code = token("code");
        self.fields.device_code = token("device_code");
        self.fields.user_code = field("user_code");
    }

    /// Takes an answer apart, and its tokens along.
    fn read(&mut self, exchange: Exchange) {
        let (now, keys) = (self.user.visitor.now(), self.user.visitor.app.keys());
        if let Some(answer) = exchange.json.as_ref().and_then(serde_json::Value::as_object) {
            let text = |name: &str| answer.get(name).and_then(serde_json::Value::as_str);
            for (name, title) in [
                ("id_token", t!("claims-id-token")),
                ("access_token", t!("claims-access-token")),
                ("refresh_token", t!("token-refresh")),
            ] {
                if let Some(found) = text(name) {
                    self.explained.push(explain::token(&title, found, &keys, now));
                }
            }
            if let Some(token) = text("access_token") {
                token.clone_into(&mut self.fields.access_token);
                (self.fields.code, self.fields.device_code) = (String::new(), String::new());
            } else if let Some(explained) = text("error").and_then(explain::poll) {
                if !matches!(text("error"), Some("authorization_pending" | "slow_down")) {
                    self.fields.device_code = String::new();
                }
                self.explained.push(explained);
            } else if exchange.is_success {
                self.explained.push(explain::answer(&t!("playground-the-answer"), answer, now));
            }
            for (name, field) in [
                ("refresh_token", &mut self.fields.refresh_token),
                ("device_code", &mut self.fields.device_code),
                ("user_code", &mut self.fields.user_code),
            ] {
                if let Some(value) = text(name) {
                    value.clone_into(field);
                }
            }
        }
        self.exchanges.push(exchange);
    }

    fn respond(self, status: StatusCode) -> HttpResponse {
        let page = PlaygroundPage {
            layout: self.user.layout(PlaygroundPage::title(self.client.name()), Section::Playground),
            name: self.client.name().to_owned(),
            is_confidential: !self.client.is_public(),
            can_sign_in: self.client.may_use(GrantType::AuthorizationCode),
            has_users: has_users(&self.client),
            can_be_a_device: self.client.may_use(GrantType::DeviceCode),
            can_act_for_itself: self.client.may_use(GrantType::ClientCredentials),
            can_refresh: self.client.may_use(GrantType::RefreshToken),
            id: self.client.id,
            fields: self.fields,
            exchanges: self.exchanges,
            explained: self.explained,
            errors: FormErrors::none(),
        };
        respond(status, &page)
    }
}
