//! What a client would get, by the code that gives it: only the ports are others, and they keep nothing.
//!
//! 1. An authorization request is validated, as if the client had sent it.
//! 2. Its grant is made, as if the user had allowed everything; a code stands for it, and is redeemed.
//! 3. What the tokens, the introspection and userinfo say is put together where it always is. Nothing is signed, so that
//!    nothing of it opens anything.
//!
//! A machine asks for its token instead, in its own name.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::clock::{Seconds, wall_millis};
use crate::domain::claims::ClaimsRequest;
use crate::domain::client::{Brief, Client, GrantType, TokenFormat};
use crate::domain::extension::{self, Standing};
use crate::domain::grant::{GrantFacts, GrantId, GrantOwner, GrantRecord, LiveGrant};
use crate::domain::resource_owner::ResourceOwner;
use crate::domain::scope::{self, OPENID, Scope};
use crate::protocol::authorize::validate::{AuthorizeError, IdTokenHint, Known, validate_device};
use crate::protocol::client_auth::AuthenticatedClient;
use crate::protocol::error::OAuthError;
use crate::protocol::parameters::Parameters;
use crate::protocol::scope_policy;
use crate::protocol::token::request::{CodeExchange, MachineRequest};
use crate::protocol::token::{Issued, Terms, authorization_code, client_credentials};
use crate::secret::{Digest, random_id, sha256};
use crate::store::access_tokens::LiveAccessToken;
use crate::store::cache::Catalog;
use crate::store::ports::client::ClientRegistrar;
use crate::store::ports::machine::MachinePorts;
use crate::store::ports::redemption::RedemptionPort;
use crate::web::error::PageError;
use crate::web::form::BodyProblem;
use crate::web::oauth::{authorize, introspect, token, userinfo};
use crate::web::session::SignedIn;
use crate::web::state::App;

/// What is asked for in the client's name.
#[derive(Clone, Debug)]
pub struct Asked {
    pub scope: Scope,
    /// Empty for this server itself.
    pub resource: String,
    /// The `claims` parameter; may be empty.
    pub claims: String,
}

/// What the client would get.
pub struct Preview {
    pub id_token: Option<Map<String, Value>>,
    /// `None` for an opaque one.
    pub access_token: Option<Map<String, Value>>,
    pub introspection: Map<String, Value>,
    /// `None` where it is not for userinfo.
    pub userinfo: Option<Map<String, Value>>,
    pub has_refresh_token: bool,
    /// The scopes of the token.
    pub scope: Scope,
    /// What was asked for one by one, and may be.
    pub requested: ClaimsRequest,
    pub lifetime: Seconds,
}

/// Why it would get nothing.
pub enum Nothing {
    /// The server's own words, which are English.
    Refused(OAuthError),
    UserDisabled,
    ClientDisabled,
}

type Outcome<T> = Result<Result<T, Nothing>, PageError>;

/// What `client` would get now: about `owner`, or about itself.
pub async fn preview(
    app: &App,
    client: &Arc<Client>,
    owner: Option<&ResourceOwner>,
    asked: &Asked,
) -> Outcome<Preview> {
    if !client.is_enabled() {
        return Ok(Err(Nothing::ClientDisabled));
    }
    let catalog = app.store.catalog().await?;
    let Some(owner) = owner else {
        return match machine(app, client, &catalog, asked) {
            Ok(issued) => Ok(Ok(said(app, client, None, &catalog, &issued, GrantFacts::default(), None).await?)),
            Err(refused) => Ok(Err(Nothing::Refused(refused))),
        };
    };
    if !owner.is_enabled() {
        return Ok(Err(Nothing::UserDisabled));
    }
    let now = app.now();
    let verifier = random_id() + &random_id();
    let registrar = ClientRegistrar { client: Arc::clone(client), catalog: Arc::clone(&catalog) };
    let parameters = parameters(client, asked, &verifier)?;
    let valid = if client.may_use(GrantType::AuthorizationCode) {
        authorize::check(app, Some(Arc::clone(client)), &catalog, &parameters).map(|(_, valid)| valid).map_err(
            |refused| match refused {
                AuthorizeError::Page(error) | AuthorizeError::Redirect { error, .. } => error,
            },
        )
    } else {
        // A device has no browser, and asks elsewhere.
        let (scopes, resources) = (&catalog.scopes, &catalog.resources);
        let known = Known { client, scopes, resources, hint: IdTokenHint::None };
        validate_device(&registrar, &known, &parameters).map(|valid| valid.of_device(&Digest::of(&verifier)))
    };
    let valid = match valid {
        Ok(valid) => valid,
        Err(refused) => return Ok(Err(Nothing::Refused(refused))),
    };
    let signed_in =
        SignedIn { owner_id: owner.id.clone(), auth_time: now, session_id: random_id(), answered_request: None };
    let mut grant = authorize::new_grant(app, &valid, owner, &signed_in, valid.scope(), now)?;
    let facts = extension::facts(&grant.extensions);
    let policies = app.policies();
    let session_id = extension::session(&grant.extensions).map(str::to_owned);
    // As if a code stood for it, and nothing is kept.
    extension::set_standing(&mut grant.extensions, Standing::Fresh);
    let mut port = RedemptionPort { now, found: Some(grant), redeemed: None };
    let exchange = CodeExchange {
        code: String::new(),
        redirect_uri: Some(valid.redirect_uri.clone()),
        code_verifier: Some(verifier),
        resource: Vec::new(),
    };
    let issued = authorization_code::redeem(
        &mut port,
        &authenticated(client),
        &Terms { client, lifetimes: &policies.lifetimes, now },
        &catalog.resources,
        &exchange,
    );
    match issued {
        Ok(issued) => Ok(Ok(said(app, client, Some(owner), &catalog, &issued, facts, session_id).await?)),
        Err(error) => Ok(Err(Nothing::Refused(error.public()))),
    }
}

/// RFC 6749 §4.4.
fn machine(app: &App, client: &Arc<Client>, catalog: &Arc<Catalog>, asked: &Asked) -> Result<Issued, OAuthError> {
    let registrar = ClientRegistrar { client: Arc::clone(client), catalog: Arc::clone(catalog) };
    let now = app.now();
    let policies = app.policies();
    let mut ports = MachinePorts { registrar, now, token: None };
    let request = MachineRequest {
        scope: Some(asked.scope.clone()).filter(|scope| !scope::is_empty(scope)),
        resource: Some(asked.resource.clone()).filter(|resource| !resource.is_empty()).into_iter().collect(),
    };
    client_credentials::issue(
        &mut ports,
        &authenticated(client),
        &Terms { client, lifetimes: &policies.lifetimes, now },
        &catalog.scopes,
        &catalog.resources,
        client.machine_grant.unwrap_or_else(|| GrantId::generate(wall_millis())),
        &request,
    )
    .map_err(|error| error.public())
}

fn authenticated(client: &Arc<Client>) -> AuthenticatedClient {
    AuthenticatedClient { client: Arc::clone(client), secret_id: None }
}

/// The authorization request (RFC 6749 §4.1.1).
fn parameters(client: &Client, asked: &Asked, verifier: &str) -> Result<Parameters, PageError> {
    let challenge = URL_SAFE_NO_PAD.encode(sha256(verifier.as_bytes()));
    let scope = scope::render(&asked.scope);
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs([
        ("response_type", "code"),
        ("client_id", client.id.as_str()),
        ("scope", &scope),
        ("resource", &asked.resource),
        ("claims", &asked.claims),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ]);
    if let Some(uri) = client.redirect_uris.first() {
        query.append_pair("redirect_uri", uri.as_str());
    }
    Parameters::parse(query.finish().as_bytes()).map_err(|problem| BodyProblem::Malformed(problem).into())
}

async fn said(
    app: &App,
    client: &Arc<Client>,
    owner: Option<&ResourceOwner>,
    catalog: &Arc<Catalog>,
    issued: &Issued,
    facts: GrantFacts,
    session_id: Option<String>,
) -> Result<Preview, PageError> {
    let subject = owner.map(|owner| app.subjects.subject(&client.metadata, &owner.id));
    let token = live(client, owner, issued, facts, session_id);
    let id_token = token::id_token(app, client, issued, &issued.access_token).await?;
    let is_for_userinfo = token.audience.is_empty() && scope::contains(&token.scope, OPENID);
    Ok(Preview {
        id_token: id_token.as_ref().map(members),
        access_token: issued.claims(app.issuer(), subject.as_deref()).as_ref().map(members),
        introspection: members(&introspect::active(app, &token)),
        userinfo: owner.filter(|_| is_for_userinfo).map(|owner| userinfo::claims(app, catalog, &token, owner)),
        has_refresh_token: issued.refresh_token.is_some(),
        scope: issued.scope.clone(),
        requested: token.grant.record.facts.claims,
        lifetime: issued.expires_at - issued.issued_at,
    })
}

fn members(of: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(of) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    }
}

/// The token as it would be found again.
fn live(
    client: &Arc<Client>,
    owner: Option<&ResourceOwner>,
    issued: &Issued,
    facts: GrantFacts,
    session_id: Option<String>,
) -> LiveAccessToken {
    let owner = owner.map(|owner| GrantOwner {
        id: owner.id.clone(),
        username: owner.username.clone(),
        disabled_at: owner.disabled_at,
    });
    let record = GrantRecord {
        id: issued.grant_id,
        client_id: client.id.clone(),
        owner,
        session_id,
        scope: issued.scope.clone(),
        resource: issued.audience.clone(),
        facts,
        created_at: issued.issued_at,
        last_used_at: issued.issued_at,
        expires_at: None,
        revoked_at: None,
    };
    LiveAccessToken {
        grant: LiveGrant { record, scope: issued.scope.clone() },
        client: Arc::new(Brief::of(client)),
        scope: issued.scope.clone(),
        audience: issued.audience.clone(),
        created_at: issued.issued_at,
        expires_at: issued.expires_at,
        jwt_id: (issued.format == TokenFormat::Jwt).then(|| issued.access_token.clone()),
    }
}

/// Whether what it gets is about a user.
pub fn asks_users(client: &Client) -> bool {
    client.metadata.grant_types.iter().any(|each| each.asks_users())
}

/// The scopes that the client may ask for here: of a machine, none of people.
pub fn allowed(client: &Client, catalog: &Catalog) -> Scope {
    let allowed = client.allowed_scope(&catalog.scopes);
    if asks_users(client) { allowed } else { scope::without_openid_connect(&allowed) }
}

/// As somebody typed it.
pub fn scope_of<'a>(names: impl Iterator<Item = &'a str>) -> Result<Scope, OAuthError> {
    scope_policy::parse(&names.collect::<Vec<_>>().join(" "))
}
