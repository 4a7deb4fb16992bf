//! `/consent`: who asks, for what, as whom, and where the browser goes next.
//!
//! The form sends back the request's id, the decision and the optional scopes that stayed ticked. Everything else is in
//! the stored request; what a form says about it is not believed. Who comes here past the login that the request wants is
//! sent back to it, and so is whoever was signed out while the page was open: the request waits for them.

use std::collections::BTreeSet;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;
use serde_json::Value;

use crate::domain::claims;
use crate::domain::client::{Client, Origin};
use crate::domain::device::{DeviceAuthorization, DeviceState};
use crate::domain::grant::Consent;
use crate::domain::resource_owner::ResourceOwner;
use crate::domain::scope::{self, OPTIONAL, Scope, ScopeCatalog};
use crate::management::grants::Decision;
use crate::protocol::authorize::interaction;
use crate::protocol::authorize::request::ValidRequest;
use crate::protocol::authorize::response::{AuthorizeResponse, denied};
use crate::protocol::parameters::Parameters;
use crate::protocol::token::gives_refresh_token;
use crate::store::{StoreError, audit_log, authorization_requests, device_authorizations};
use crate::web::error::{PageError, see_other};
use crate::web::headers::let_forms_lead_to;
use crate::web::language;
use crate::web::oauth::authorize::{self, Target};
use crate::web::page::face::Face;
use crate::web::page::{Layout, Moment, ScopeLine, Section, duration, respond, sample};
use crate::web::visitor::{User, Visitor};
use crate::web::{form, inspector, routes};

/// Most characters of a value on the page.
const LONGEST_VALUE: usize = 120;

#[derive(Template)]
#[template(path = "account/consent.html")]
pub struct ConsentPage {
    /// Its title is the client's name with the product's: [`ConsentPage::title`]. Its viewer is the account that consents.
    pub layout: Layout,
    /// The id of the stored authorization request.
    pub request: String,
    pub client_name: String,
    pub face: Face,
    /// The client's web page, only if its scheme is https or http.
    pub client_uri: Option<String>,
    pub policy_uri: Option<String>,
    pub tos_uri: Option<String>,
    /// The username, or the e-mail address if that says more.
    pub account: String,
    /// The host of the validated redirect URI; for a private-use scheme `an app on this device (com.example.app)`. Empty for
    /// a device.
    pub redirect_host: String,
    /// The device that waits for the answer, where one asked.
    pub device: Option<WaitingDevice>,
    /// Scopes that come with a yes.
    pub scopes: Vec<ConsentScope>,
    /// Scopes that may be left out: checkboxes, ticked at first.
    pub optional_scopes: Vec<ConsentScope>,
    /// What it asked to know beside its scopes.
    pub claims: Vec<Revealed>,
    /// The APIs that the token is for, if the request named some.
    pub resources: Vec<String>,
    /// How long access lasts, as a sentence: [`ConsentPage::lasts_until_withdrawn`], [`ConsentPage::lasts`].
    pub duration: String,
    /// The client registered itself; nobody here has checked who runs it.
    pub is_self_registered: bool,
    /// What the same user allowed before; then everything else here is new.
    pub allowed: Vec<ConsentScope>,
}

/// What is known of a device that showed a code (RFC 8628 §5.4): enough to notice that it is somebody else's.
#[derive(Clone)]
pub struct WaitingDevice {
    /// From where it asked.
    pub address: String,
    pub asked_at: Moment,
}

/// A scope in words, with what it reveals.
#[derive(Clone)]
pub struct ConsentScope {
    pub line: ScopeLine,
    /// The user's own data that it opens.
    pub reveals: Vec<Revealed>,
}

impl ConsentScope {
    /// A scope by its name, with what it reveals of this user.
    pub fn of(name: &str, catalog: &ScopeCatalog, owner: &ResourceOwner) -> Self {
        let entry = catalog.find(name);
        let opened = entry.into_iter().flat_map(|entry| entry.claims.iter().map(String::as_str));
        Self {
            line: ScopeLine::new(name, entry.map_or("", |entry| entry.description.as_str())),
            reveals: Revealed::of(owner, opened),
        }
    }

    pub fn samples() -> Vec<Self> {
        let reveals = |scope: &str| match scope {
            "profile" => {
                vec![Revealed::sample("name", "Alice Example"), Revealed::sample("preferred_username", "alice")]
            }
            "email" => vec![Revealed::sample("email", "alice@example.com")],
            _ => Vec::new(),
        };
        sample::scopes().into_iter().map(|line| Self { reveals: reveals(&line.name), line }).collect()
    }
}

/// Something about the user that the client will learn.
#[derive(Clone)]
pub struct Revealed {
    pub label: String,
    pub value: String,
}

impl Revealed {
    fn sample(claim: &str, value: &str) -> Self {
        Self { label: label(claim), value: value.into() }
    }

    /// What the account says about `names`, in words; flags and times are left out.
    fn of<'a>(owner: &ResourceOwner, names: impl IntoIterator<Item = &'a str>) -> Vec<Self> {
        let claims = claims::of_owner(owner, names);
        claims.iter().filter_map(|(name, value)| Some(Self { label: label(name), value: in_words(value)? })).collect()
    }
}

fn label(claim: &str) -> String {
    match claim {
        "name" => t!("claim-name"),
        "given_name" => t!("claim-given-name"),
        "family_name" => t!("claim-family-name"),
        "middle_name" => t!("claim-middle-name"),
        "nickname" => t!("claim-nickname"),
        "preferred_username" => t!("username"),
        "profile" => t!("claim-profile"),
        "picture" => t!("claim-picture"),
        "website" => t!("claim-website"),
        "email" => t!("email"),
        "gender" => t!("claim-gender"),
        "birthdate" => t!("claim-birthdate"),
        "zoneinfo" => t!("claim-zoneinfo"),
        "locale" => t!("claim-locale"),
        "phone_number" => t!("claim-phone-number"),
        "address" => t!("claim-address"),
        custom => sentence_case(&custom.replace('_', " ")),
    }
}

fn sentence_case(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn in_words(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        // OpenID Connect Core §5.1.1: the whole address as it is written on a letter, else its parts.
        Value::Object(address) => match address.get("formatted").and_then(Value::as_str) {
            Some(formatted) => formatted.to_owned(),
            None => address.values().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        },
        Value::Array(values) => values.iter().filter_map(in_words).collect::<Vec<_>>().join(", "),
        Value::Bool(_) | Value::Number(_) | Value::Null => return None,
    };
    let shown: String = text.chars().take(LONGEST_VALUE).collect();
    (!shown.is_empty()).then(|| if shown.len() < text.len() { format!("{shown}…") } else { shown })
}

impl ConsentPage {
    pub fn title(client_name: &str) -> String {
        t!("consent-title", client = client_name)
    }

    /// For a client with refresh tokens.
    pub fn lasts_until_withdrawn() -> String {
        t!("consent-lasts-until-withdrawn")
    }

    /// For a client without; `time` is a duration in words.
    pub fn lasts(time: &str) -> String {
        t!("consent-lasts", time = time)
    }

    pub fn samples() -> Vec<Self> {
        let scopes = ConsentScope::samples();
        let is_optional = |scope: &ConsentScope| OPTIONAL.contains(&scope.line.name.as_str());
        let plain = || Self {
            layout: sample::account(&Self::title("Acme Reports"), crate::web::page::Section::Door),
            request: "r_5fT2".into(),
            client_name: "Acme Reports".into(),
            face: Face::named("Acme Reports"),
            client_uri: Some("https://acme.example/".into()),
            policy_uri: Some("https://acme.example/privacy".into()),
            tos_uri: Some("https://acme.example/terms".into()),
            account: "alice@example.com".into(),
            redirect_host: "reports.acme.example".into(),
            device: None,
            scopes: scopes.iter().filter(|each| !is_optional(each)).cloned().collect(),
            optional_scopes: scopes.iter().filter(|each| is_optional(each)).cloned().collect(),
            claims: Vec::new(),
            resources: Vec::new(),
            duration: Self::lasts_until_withdrawn(),
            is_self_registered: false,
            allowed: Vec::new(),
        };
        let mut optional = plain();
        optional.allowed = optional.scopes.drain(..2).collect();
        optional.claims =
            vec![Revealed::sample("birthdate", "1990-04-01"), Revealed::sample("zoneinfo", "Europe/Berlin")];
        optional.face.logo = Some(crate::web::assets::asset("favicon.svg"));
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
        modest.optional_scopes.clear();
        modest.client_uri = None;
        modest.duration = Self::lasts(&duration(3600));
        let waiting = || WaitingDevice { address: "203.0.113.7".into(), asked_at: Moment::new(880, 1_000) };
        let device = Self { device: Some(waiting()), redirect_host: String::new(), ..plain() };
        let strange_device = Self { is_self_registered: true, device: Some(waiting()), ..plain() };
        vec![plain(), optional, stranger, modest, device, strange_device]
    }
}

/// What the link to this page carries.
#[derive(Deserialize)]
pub struct ConsentQuery {
    #[serde(default)]
    request: String,
}

/// `GET /consent`
pub async fn new(visitor: Visitor, query: web::Query<ConsentQuery>) -> Result<HttpResponse, PageError> {
    let Ok(user) = visitor.user().await? else { return Ok(see_other(&routes::login(&query.request))) };
    let (stored, client, valid) = authorize::load(&user.visitor, &query.request).await?;
    if !may_answer(&user, &client, &valid, &stored.id) {
        return Ok(see_other(&authorize::resume_path(&stored.id)));
    }
    let app = &user.visitor.app;
    let catalog = app.store.catalog().await?;
    let to = Target::of(&valid, &client)?;
    let device = find_device(&user, &valid).await?;
    if let Some(answered) = device.as_ref().and_then(|device| answered_here(&user, device)) {
        return Ok(see_other(&answered));
    }
    let device = device.map(|device| waiting_device(&user, device)).transpose()?;
    let remembered = authorize::remembered(app, &user.owner.id, &client.id).await?;
    let scope = valid.scope();
    let metadata = &client.metadata;
    let lifetime = metadata.access_token_lifetime.map_or(app.policies().lifetimes.access_token, i64::from);
    let describe = |name: &str| ConsentScope::of(name, &catalog.scopes, &user.owner);
    let before = allowed_before(&valid, &client, remembered);
    let (allowed, new): (Vec<&str>, Vec<&str>) =
        scope::names(&scope).into_iter().partition(|name| before.as_ref().is_some_and(|before| before.has(name)));
    let (optional, required): (Vec<&str>, Vec<&str>) = new.into_iter().partition(|name| OPTIONAL.contains(name));
    let claims = valid.claims.names();
    let claims = claims.into_iter().filter(|name| before.as_ref().is_none_or(|before| !before.claims.contains(*name)));
    let page = ConsentPage {
        layout: user.layout(ConsentPage::title(&language::clients::name(&client)), Section::Door),
        request: stored.id,
        client_name: language::clients::name(&client),
        face: Face::of(&client),
        client_uri: language::clients::page(&client, "client_uri", metadata.client_uri.as_ref()),
        policy_uri: language::clients::page(&client, "policy_uri", metadata.policy_uri.as_ref()),
        tos_uri: language::clients::page(&client, "tos_uri", metadata.tos_uri.as_ref()),
        account: user.owner.email.clone().unwrap_or_else(|| user.owner.username.clone()),
        redirect_host: match &to {
            Target::Client(to) => to.uri().host_for_display().to_owned(),
            Target::Device(_) => String::new(),
        },
        device,
        scopes: required.into_iter().map(describe).collect(),
        optional_scopes: optional.into_iter().map(describe).collect(),
        claims: Revealed::of(&user.owner, claims),
        resources: valid.resource.clone(),
        duration: if gives_refresh_token(&client, &scope) {
            ConsentPage::lasts_until_withdrawn()
        } else {
            ConsentPage::lasts(&duration(lifetime))
        },
        is_self_registered: client.origin == Origin::Registered,
        allowed: allowed.into_iter().map(describe).collect(),
    };
    let mut response = respond(StatusCode::OK, &page);
    if let Some(origin) = to.origin_for_csp() {
        let_forms_lead_to(&mut response, &origin);
    }
    Ok(response)
}

/// The device that asked, if it was one; it stays for as long as its code.
async fn find_device(user: &User, valid: &ValidRequest) -> Result<Option<DeviceAuthorization>, PageError> {
    let Some(device_code) = valid.device_code() else { return Ok(None) };
    let found = user
        .visitor
        .app
        .store
        .read::<_, StoreError, _>(move |connection| Ok(device_authorizations::find(connection, &device_code)?));
    found.await?.map(Some).ok_or(PageError::Expired)
}

/// Where it is said what was answered to a device, if that was done in this browser.
fn answered_here(user: &User, device: &DeviceAuthorization) -> Option<String> {
    let is_here = device.browser.as_ref() == Some(&user.visitor.browser.id);
    (is_here && device.state != DeviceState::Pending).then(|| routes::device_done(device.state.as_str()))
}

/// What is known of a device, while it still waits.
fn waiting_device(user: &User, device: DeviceAuthorization) -> Result<WaitingDevice, PageError> {
    let now = user.visitor.now();
    if device.state != DeviceState::Pending || device.expires_at <= now {
        return Err(PageError::Expired);
    }
    Ok(WaitingDevice { address: device.address, asked_at: Moment::new(device.created_at, now) })
}

/// `POST /consent`
pub async fn create(visitor: Visitor, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, PageError> {
    let form = form::read(&request, payload).await?;
    let id = form.get("request").unwrap_or_default();
    // Nothing is decided without a session, so there is nothing for the form's token to guard.
    let Ok(user) = visitor.user().await? else { return Ok(see_other(&routes::login(id))) };
    user.visitor.believe(&form)?;
    let (stored, client, valid) = authorize::load(&user.visitor, id).await?;
    if !may_answer(&user, &client, &valid, &stored.id) {
        return Ok(see_other(&authorize::resume_path(&stored.id)));
    }
    let decided = match form.get("decision") {
        Some("approve") => {
            let remembered = authorize::remembered(&user.visitor.app, &user.owner.id, &client.id).await?;
            let before = allowed_before(&valid, &client, remembered);
            let scope = ticked(&valid.scope(), before.as_ref(), &form);
            // RFC 6749 §3.3 has no empty scope: who leaves out everything says no.
            if scope::is_empty(&scope) {
                deny(&user, &client, &valid, stored.id).await
            } else {
                approve(&user, &client, &valid, scope, stored.id).await
            }
        }
        Some("deny") => deny(&user, &client, &valid, stored.id).await,
        _ => Err(PageError::BadRequest(t!("consent-choose"))),
    };
    if let Err(PageError::Expired) = &decided
        && let Some(device) = find_device(&user, &valid).await?
        && let Some(answered) = answered_here(&user, &device)
    {
        // By the first of two clicks.
        return Ok(see_other(&answered));
    }
    decided
}

/// Whether the user is who must answer, with a login as the request wants it. Both may have changed in another tab.
fn may_answer(user: &User, client: &Client, valid: &ValidRequest, request: &str) -> bool {
    let known = authorize::known_as(&user.visitor.app, client, &user.signed_in, Some(request));
    interaction::may_answer(valid, &known, user.visitor.now())
}

/// What need not be asked again, when a request asks for more than was allowed before. Where consent is not remembered, or
/// nothing is new, everything is asked.
fn allowed_before(valid: &ValidRequest, client: &Client, remembered: Option<Consent>) -> Option<Consent> {
    remembered.filter(|before| interaction::remembers_consent(client) && !valid.is_covered_by(before))
}

/// What was asked for, without the optional scopes that are new and whose boxes are not ticked.
fn ticked(asked: &Scope, before: Option<&Consent>, form: &Parameters) -> Scope {
    let is_granted = |name: &&str| {
        !OPTIONAL.contains(name)
            || before.is_some_and(|before| before.has(name))
            || form.all("scope").any(|ticked| ticked == *name)
    };
    scope::from_names(scope::names(asked).into_iter().filter(is_granted))
}

async fn approve(
    user: &User,
    client: &Arc<Client>,
    valid: &ValidRequest,
    scope: Scope,
    stored: String,
) -> Result<HttpResponse, PageError> {
    let catalog = user.visitor.app.store.catalog().await?;
    let refused = scope::difference(&valid.scope(), &scope);
    let asked = names_of(valid);
    let claims = valid.claims.clone().as_granted(&scope, &refused, &catalog.scopes);
    let valid = &valid.with_claims(claims);
    let claims = names_of(valid);
    let refused = Consent { scope: refused, claims: asked.difference(&claims).cloned().collect() };
    let decision = Decision { allowed: Consent { scope: scope.clone(), claims }, refused };
    let consent = Some((decision, user.context()));
    let answer = authorize::Answer { scope, stored: Some(stored), consent };
    authorize::grant(&user.visitor, client, valid, &user.owner, &user.signed_in, answer).await
}

/// The claims that a request asks for one by one.
fn names_of(valid: &ValidRequest) -> BTreeSet<String> {
    valid.claims.names().into_iter().map(str::to_owned).collect()
}

async fn deny(
    user: &User,
    client: &Arc<Client>,
    valid: &ValidRequest,
    stored: String,
) -> Result<HttpResponse, PageError> {
    let to = Target::of(valid, client)?;
    let (device, browser) = (valid.device_code(), user.visitor.browser.id.clone());
    let (event, now) = (user.context().event("consent.denied", &client.id), user.visitor.now());
    let taken = user
        .visitor
        .app
        .store
        .write::<_, StoreError, _>(move |connection| {
            let is_first = match &device {
                Some(device) => device_authorizations::answer(connection, device, &browser, DeviceState::Denied, now)?,
                None => authorization_requests::take(connection, &stored, now)?.is_some(),
            };
            if is_first {
                audit_log::insert(connection, &event)?;
            }
            Ok(is_first)
        })
        .await?;
    if !taken {
        return Err(PageError::Expired);
    }
    let (app, denied) = (&user.visitor.app, denied());
    app.metrics.authorizations.increment([denied.code.as_str()]);
    inspector::note(|draft| draft.owner_id = Some(user.owner.id.clone()));
    inspector::refuse(&denied);
    match to {
        Target::Client(to) => {
            let uri = inspector::error_uri(denied.code.as_str());
            Ok(authorize::respond(&AuthorizeResponse::error(to, &denied, uri, app.issuer())))
        }
        Target::Device(_) => Ok(see_other(&routes::device_done(DeviceState::Denied.as_str()))),
    }
}
