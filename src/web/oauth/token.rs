//! `POST /oauth2/token` (RFC 6749 §3.2).

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use super::{client_form, note, unauthorized_client};
use crate::clock::{Timestamp, wall_millis};
use crate::domain::claims;
use crate::domain::client::{Client, GrantType};
use crate::domain::client_traffic::Kind;
use crate::domain::extension::Standing;
use crate::domain::grant::GrantId;
use crate::domain::lifetimes::Lifetimes;
use crate::domain::scope;
use crate::management::{self, Context};
use crate::protocol::check::Check;
use crate::protocol::client_auth::AuthenticatedClient;
use crate::protocol::error::TokenError;
use crate::protocol::id_token::{self, About, IdTokenClaims};
use crate::protocol::token::request::{CodeExchange, MachineRequest, RefreshExchange, TokenRequest};
use crate::protocol::token::{
    Issued, Terms, authorization_code, client_credentials, device_code, grant_type_cause, refresh_token,
};
use crate::secret::Digest;
use crate::store::audit_log::{self, Actor, Event};
use crate::store::authorization_codes::{self, AuthorizationCode};
use crate::store::cache::Catalog;
use crate::store::connection::AnyConnection;
use crate::store::ports;
use crate::store::ports::client::ClientRegistrar;
use crate::store::ports::machine::MachinePorts;
use crate::store::ports::redemption::RedemptionPort;
use crate::store::ports::refresh::RefreshPort;
use crate::store::redemptions::{self, Redemption};
use crate::store::refreshes::{self, Found, RefreshRules, Refreshed};
use crate::store::session_clients::SessionClient;
use crate::store::{Failure, StoreError, device_authorizations, grants, resource_owners};
use crate::telemetry::trace;
use crate::web::error::{JsonError, no_store};
use crate::web::state::{App, State};
use crate::web::{inspector, request_id};

pub async fn post(app: State, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, JsonError> {
    let form = client_form(&app, &request, payload).await?;
    // Known or not, it tells which checks were to come.
    let grant_type = form.parameters.get("grant_type").and_then(GrantType::from_wire);
    inspector::note(|draft| draft.flow = grant_type.map_or("", GrantType::as_str));
    let asked = TokenRequest::parse(&form.parameters)?;
    if !form.client.client.may_use(asked.grant_type()) {
        let cause = grant_type_cause(&form.client.client, asked.grant_type());
        return Err(unauthorized_client("The client is not registered for this grant_type.").because(cause).into());
    }
    let client = Arc::clone(&form.client.client);
    let context = Context {
        actor: Actor::Client(form.client.client.id.clone()),
        address: form.address.to_string(),
        user_agent: String::new(),
        request_id: request_id::current(),
        has_mail: false,
        language: "",
        now: app.now(),
    };
    let grant_type = asked.grant_type();
    trace::name_grant_type(grant_type.as_str());
    let issued = match asked {
        TokenRequest::ClientCredentials(machine) => machine_token(&app, form.client, &machine, &context).await?,
        TokenRequest::AuthorizationCode(exchange) => redeem(&app, form.client, exchange, &context).await?,
        TokenRequest::RefreshToken(exchange) => refresh(&app, form.client, exchange, &context).await?,
        TokenRequest::DeviceCode(exchange) => redeem_device(&app, form.client, exchange, &context).await?,
    };
    let format = issued.format;
    inspector::note(|draft| draft.owner_id.clone_from(&issued.owner_id));
    let owner_id = issued.owner_id.clone();
    let response = answer(&app, &client, issued).await?;
    if let Some(owner_id) = owner_id {
        app.statistics.note_active(&owner_id);
    }
    app.metrics.tokens_issued.increment([grant_type.as_str(), format.as_str()]);
    Ok(response)
}

async fn answer(app: &App, client: &Client, issued: Issued) -> Result<HttpResponse, JsonError> {
    let subject = issued.owner_id.as_ref().map(|id| app.subjects.subject(&client.metadata, id));
    let access_token = match issued.claims(app.issuer(), subject.as_deref()) {
        None => issued.access_token.clone(),
        Some(claims) => app.sign(client.metadata.access_token_signing_alg, "at+jwt", &claims)?,
    };
    let id_token = match id_token(app, client, &issued, &access_token).await? {
        None => None,
        Some(claims) => Some(app.sign(client.metadata.id_token_signed_response_alg, id_token::TYP, &claims)?),
    };
    let mut response = HttpResponse::Ok();
    Ok(no_store(&mut response).json(issued.into_response(access_token, id_token)))
}

/// What the ID token says that is issued beside `access_token`, where one is due.
pub async fn id_token<'a>(
    app: &'a App,
    client: &'a Client,
    issued: &'a Issued,
    access_token: &'a str,
) -> Result<Option<IdTokenClaims<'a>>, StoreError> {
    let (Some(authentication), Some(owner_id)) = (&issued.authentication, &issued.owner_id) else { return Ok(None) };
    let catalog = app.store.catalog().await?;
    let wanted = authentication.claims.clone().within(&client.allowed_scope(&catalog.scopes), &catalog.scopes).id_token;
    let claims = if wanted.is_empty() {
        serde_json::Map::new()
    } else {
        let id = owner_id.clone();
        let owner = app.store.read(move |connection| resource_owners::find(connection, &id)).await?;
        owner.map(|owner| claims::of_owner(&owner, wanted.keys().map(String::as_str))).unwrap_or_default()
    };
    let about = About {
        issuer: app.issuer(),
        client_id: &client.id,
        client: &client.metadata,
        subject: app.subjects.subject(&client.metadata, owner_id),
        session: authentication.session_id.as_ref().map(|id| app.subjects.session(&client.metadata, id)),
        access_token,
        issued_at: issued.issued_at,
        lifetime: app.policies().lifetimes.id_token,
        claims,
    };
    Ok(Some(id_token::claims(about, authentication)))
}

/// RFC 6749 §4.4.
async fn machine_token(
    app: &App,
    client: AuthenticatedClient,
    request: &MachineRequest,
    context: &Context,
) -> Result<Issued, JsonError> {
    if let Some(issued) = issue_to_machine(app, &client, request, context).await? {
        return Ok(issued);
    }
    // Another process revoked the grant a moment ago, and memory does not know it yet.
    let newest = app.store.newest_client(&client.client.id).await?.filter(|client| client.is_enabled());
    let newest = newest.ok_or(TokenError::Unauthenticated { check: Check::ClientEnabled })?;
    let client = AuthenticatedClient { client: newest, ..client };
    let issued = issue_to_machine(app, &client, request, context).await?;
    issued.ok_or_else(|| StoreError::Unavailable("a machine's grant was revoked twice meanwhile".into()).into())
}

/// A token under the standing grant that memory has; `None` when that was revoked. Only the token's row is written, and for a JWT
/// not even that.
async fn issue_to_machine(
    app: &App,
    client: &AuthenticatedClient,
    request: &MachineRequest,
    context: &Context,
) -> Result<Option<Issued>, JsonError> {
    let scopes = request.scope.as_ref().map(scope::names).unwrap_or_default();
    let catalog = app.store.catalog_with(scopes, request.resource.iter().map(String::as_str)).await?;
    let grant_id = match client.client.machine_grant {
        Some(id) => id,
        None if client.client.is_public() => GrantId::generate(wall_millis()),
        None => machine_grant(app, &client.client, context).await?,
    };
    let registrar = ClientRegistrar { client: Arc::clone(&client.client), catalog: Arc::clone(&catalog) };
    let mut ports = MachinePorts { registrar, now: context.now, token: None };
    let policies = app.policies();
    let terms = Terms { client: &client.client, lifetimes: &policies.lifetimes, now: context.now };
    let issued =
        client_credentials::issue(&mut ports, client, &terms, &catalog.scopes, &catalog.resources, grant_id, request)?;
    if let Some(token) = ports.token
        && !app.store.add_token_for_machine(token).await?
    {
        return Ok(None);
    }
    let asked = scope::names(&issued.scope);
    app.traffic.note(&client.client.id, asked.into_iter().map(|name| (Kind::Scope, name)), context.now);
    Ok(Some(issued))
}

/// A machine client's standing grant, made when it first asks.
async fn machine_grant(app: &App, client: &Client, context: &Context) -> Result<GrantId, StoreError> {
    let (client_id, context) = (client.id.clone(), context.clone());
    app.store
        .write(move |connection| {
            let (id, is_new) = grants::machine(connection, &client_id, context.now)?;
            if is_new {
                audit_log::insert(connection, &granted(&context, &client_id, id))?;
            }
            Ok(id)
        })
        .await
}

fn granted(context: &Context, client_id: &str, grant: GrantId) -> Event {
    Event {
        at: context.now,
        action: "grant.issued",
        actor: context.actor.clone(),
        target: grant.to_string(),
        address: context.address.clone(),
        request_id: context.request_id.clone(),
        detail: json!({ "client": client_id }),
    }
}

/// RFC 6749 §4.1.3.
async fn redeem(
    app: &App,
    client: AuthenticatedClient,
    exchange: CodeExchange,
    context: &Context,
) -> Result<Issued, JsonError> {
    let verifier_length = exchange.code_verifier.as_ref().map(String::len);
    inspector::note(|draft| draft.fact("verifier_length", verifier_length));
    let redeeming = Redeeming {
        registrar: ClientRegistrar { client: Arc::clone(&client.client), catalog: app.store.catalog().await? },
        code: Digest::of(&exchange.code),
        client,
        exchange,
        lifetimes: app.policies().lifetimes.clone(),
        context: context.clone(),
    };
    let (code, outcome) = (redeeming.code, redeem_once(app, Arc::new(redeeming)).await);
    match &outcome {
        Err(Failure::Refused(TokenError::Replayed { grant, .. })) => revoke_replayed(app, *grant, context).await?,
        // Nothing was written, so the code is unspent; the failure counts all the same.
        Err(Failure::Refused(TokenError::WrongVerifier)) => {
            app.store
                .write::<_, StoreError, _>(move |connection| Ok(authorization_codes::note_failure(connection, &code)?))
                .await?;
        }
        _ => {}
    }
    Ok(outcome?)
}

async fn redeem_once(app: &App, redeeming: Arc<Redeeming>) -> Result<Issued, Failure<TokenError>> {
    let (code, now) = (redeeming.code, redeeming.context.now);
    if app.store.settles_together()
        && let Some(found) = app.store.fresh_code((code, now)).await?
    {
        let (issued, redemption) = redeeming.judge(Some(&(found, Standing::Fresh)))?;
        if app.store.redeem(redemption).await? {
            return Ok(issued);
        }
    }
    let cache = app.store.cache();
    let settle = move |connection: &mut AnyConnection| {
        let (issued, redemption) = redeeming.judge(redemptions::claim(connection, &cache, &code, now)?.as_ref())?;
        redemptions::settle(connection, &redemption)?;
        Ok(issued)
    };
    app.store.write(settle).await
}

/// What a code is redeemed with.
struct Redeeming {
    client: AuthenticatedClient,
    registrar: ClientRegistrar,
    code: Digest,
    exchange: CodeExchange,
    lifetimes: Lifetimes,
    context: Context,
}

impl Redeeming {
    /// What the client gets for the code, and what is written for it.
    fn judge(
        &self,
        found: Option<&(AuthorizationCode, Standing)>,
    ) -> Result<(Issued, Redemption), Failure<TokenError>> {
        let (client, now) = (&self.client.client, self.context.now);
        let grant = found.map(|(code, standing)| ports::grant_of(code, *standing, &self.registrar)).transpose()?;
        let mut port = RedemptionPort { now, found: grant, redeemed: None };
        let terms = Terms { client, lifetimes: &self.lifetimes, now };
        let resources = &self.registrar.catalog.resources;
        let issued = authorization_code::redeem(&mut port, &self.client, &terms, resources, &self.exchange)
            .map_err(Failure::Refused)?;
        let redemption = Redemption {
            code: self.code,
            session: found.and_then(|(code, _)| redemptions::session_of(code)).cloned(),
            redeemed: port.redeemed.ok_or(Failure::Refused(TokenError::Port))?,
            event: granted(&self.context, &client.id, issued.grant_id),
            session_client: session_client(client, &issued, self.lifetimes.session),
        };
        Ok((issued, redemption))
    }
}

/// RFC 8628 §3.4. That the device asked is kept whatever the answer; redeeming is a transaction of its own.
async fn redeem_device(
    app: &App,
    client: AuthenticatedClient,
    exchange: CodeExchange,
    context: &Context,
) -> Result<Issued, JsonError> {
    let (digest, client_id, now) = (Digest::of(&exchange.code), client.client.id.clone(), context.now);
    let polled = app.store.write::<_, StoreError, _>(move |connection| {
        let waiting = device_authorizations::hold(connection, &digest)?;
        let poll = device_code::poll(waiting.as_ref(), &client_id, now);
        if let Some(pace) = poll.pace {
            device_authorizations::note_poll(connection, &digest, pace, now)?;
        }
        Ok(poll)
    });
    match polled.await?.refusal {
        Some(refusal) => Err(refusal.into()),
        None => redeem(app, client, exchange, context).await,
    }
}

/// A client that wants to be told of logouts is told of those that end a session it got an ID token in.
fn session_client(client: &Client, issued: &Issued, session_lifetime: i64) -> Option<SessionClient> {
    let authentication = issued.authentication.as_ref().filter(|_| client.metadata.listens_to_logout())?;
    Some(SessionClient {
        session_id: authentication.session_id.clone()?,
        client_id: client.id.clone(),
        owner_id: issued.owner_id.clone()?,
        expires_at: authentication.auth_time.unwrap_or(issued.issued_at) + session_lifetime,
    })
}

/// RFC 6749 §6.
async fn refresh(
    app: &App,
    client: AuthenticatedClient,
    exchange: RefreshExchange,
    context: &Context,
) -> Result<Issued, JsonError> {
    let refreshing = Refreshing {
        client,
        catalog: app.store.catalog().await?,
        rules: app.refresh_rules(),
        exchange,
        lifetimes: app.policies().lifetimes.clone(),
        now: context.now,
    };
    let outcome = refresh_once(app, Arc::new(refreshing)).await;
    if let Err(Failure::Refused(TokenError::Replayed { grant, .. })) = &outcome {
        revoke_replayed(app, *grant, context).await?;
    }
    Ok(outcome?)
}

async fn refresh_once(app: &App, refreshing: Arc<Refreshing>) -> Result<Issued, Failure<TokenError>> {
    let now = refreshing.now;
    if app.store.settles_together()
        && let Some(found) = app.store.fresh_refresh_token((refreshing.digest(), now)).await?
    {
        let (issued, refreshed) = refreshing.judge(Some((found, Standing::Fresh)))?;
        if app.store.refresh(refreshed).await? {
            return Ok(issued);
        }
    }
    let cache = app.store.cache();
    let settle = move |connection: &mut AnyConnection| {
        let token = refreshing.exchange.refresh_token.as_str();
        let found = refreshes::hold(connection, &cache, &refreshing.rules, (token, now))?;
        let (issued, refreshed) = refreshing.judge(found)?;
        refreshes::settle(connection, &refreshed)?;
        Ok(issued)
    };
    app.store.write(settle).await
}

/// What a grant is refreshed with.
struct Refreshing {
    client: AuthenticatedClient,
    catalog: Arc<Catalog>,
    rules: RefreshRules,
    exchange: RefreshExchange,
    lifetimes: Lifetimes,
    now: Timestamp,
}

impl Refreshing {
    fn digest(&self) -> Digest {
        Digest::of(&self.exchange.refresh_token)
    }

    /// What the client gets for the token, and what is written for it.
    fn judge(&self, found: Option<(Found, Standing)>) -> Result<(Issued, Refreshed), Failure<TokenError>> {
        let mut port = RefreshPort { rules: self.rules, now: self.now, found, refreshed: None };
        let terms = Terms { client: &self.client.client, lifetimes: &self.lifetimes, now: self.now };
        let issued = refresh_token::refresh(&mut port, &self.client, &terms, &self.catalog.resources, &self.exchange)
            .map_err(Failure::Refused)?;
        Ok((issued, port.refreshed.ok_or(Failure::Refused(TokenError::Port))?))
    }
}

/// In a transaction of its own, because the one that noticed was rolled back (OAuth 2.1 §7.5.2).
async fn revoke_replayed(app: &App, grant: GrantId, context: &Context) -> Result<(), JsonError> {
    let address = context.address.parse().unwrap_or_else(|_| std::net::IpAddr::from([0, 0, 0, 0]));
    note(app, "grant.replayed", context.actor.clone(), &grant.to_string(), address).await;
    let context = Context { actor: Actor::Server, ..context.clone() };
    let revoked: Result<(), Failure<management::ManagementError>> =
        app.store.write(move |connection| management::grants::revoke(connection, &context, grant)).await;
    match revoked {
        Ok(()) | Err(Failure::Refused(_)) => Ok(()),
        Err(Failure::Store(error)) => Err(error.into()),
    }
}
