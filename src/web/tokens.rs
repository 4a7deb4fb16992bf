//! What a presented token stands for, opaque or JWT, and the [`Bearer`] extractor that routes take.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest};
use oxide_auth::primitives::grant::{Extensions, Grant};

use crate::clock::Timestamp;
use crate::domain::redirect_uri::placeholder_url;
use crate::domain::resource_owner::Right;
use crate::domain::scope::{self, Scope};
use crate::keys::jwt::Claims;
use crate::protocol::bearer::{self, BearerError};
use crate::secret::Digest;
use crate::store::access_tokens::{self, LiveAccessToken, WithOwner};
use crate::store::cache::{Cache, Catalog};
use crate::store::connection::AnyConnection;
use crate::store::{StoreError, grants, ports, resource_owners};
use crate::web::error::JsonError;
use crate::web::inspector;
use crate::web::state::{App, State};

/// The access token that counts, whatever it looks like.
pub async fn find(app: &App, token: &str) -> Result<Option<LiveAccessToken>, StoreError> {
    let now = app.now();
    if !token.contains('.') {
        return app.store.access_token((Digest::of(token), now)).await;
    }
    let Some(jwt) = Jwt::verify(app, token, now) else { return Ok(None) };
    let cache = app.store.cache();
    app.store.read(move |connection| jwt.find_alive(connection, &cache)).await
}

/// The same, and who it speaks for.
async fn find_with_owner(app: &App, token: &str) -> Result<Option<WithOwner>, StoreError> {
    let now = app.now();
    if !token.contains('.') {
        return app.store.access_token_with_owner((Digest::of(token), now)).await;
    }
    let Some(jwt) = Jwt::verify(app, token, now) else { return Ok(None) };
    let cache = app.store.cache();
    let found = app.store.read::<_, StoreError, _>(move |connection| {
        let Some(token) = jwt.find_alive(connection, &cache)? else { return Ok(None) };
        let owner = match &token.grant.record.owner {
            Some(owner) => resource_owners::find(connection, &owner.id)?,
            None => None,
        };
        Ok(Some((token, owner)))
    });
    found.await
}

struct Jwt {
    id: String,
    issuer: String,
    client_id: String,
    scope: Scope,
    /// As it was signed.
    audience: Vec<String>,
    issued_at: Timestamp,
    expires_at: Timestamp,
}

impl Jwt {
    /// What a JWT of ours says that has not expired.
    fn verify(app: &App, token: &str, now: Timestamp) -> Option<Self> {
        let claims = app.keys().verify(token, "at+jwt").ok()?;
        Self::read(&claims, app.issuer()).filter(|jwt| jwt.expires_at > now)
    }

    /// It counts while its grant and the deny list say so.
    fn find_alive(&self, connection: &mut AnyConnection, cache: &Cache) -> Result<Option<LiveAccessToken>, StoreError> {
        if access_tokens::is_denied(connection, &self.id)? {
            return Ok(None);
        }
        let Some(grant_id) = ports::grant_of_jwt_id(&self.id) else { return Ok(None) };
        let Some((grant, client)) = grants::find_alive(connection, cache, grant_id)? else { return Ok(None) };
        if *client.id != *self.client_id {
            return Ok(None);
        }
        let catalog = cache.catalog(connection)?;
        Ok(Some(LiveAccessToken {
            scope: access_tokens::still_allowed(self.scope.clone(), &grant, &*client, &catalog.scopes),
            audience: self.resources(&catalog),
            grant,
            client,
            created_at: self.issued_at,
            expires_at: self.expires_at,
            jwt_id: Some(self.id.clone()),
        }))
    }

    /// What it is for. RFC 9068 §3: where no resource was named we are the audience; so nothing is said by our name alone,
    /// unless somebody registered it as a resource's, whose rules then hold.
    fn resources(&self, catalog: &Catalog) -> Vec<String> {
        match self.audience.as_slice() {
            [only] if *only == self.issuer && !catalog.resources.contains_key(only) => Vec::new(),
            named => named.to_vec(),
        }
    }

    fn read(claims: &Claims, issuer: &str) -> Option<Self> {
        let text = |name: &str| claims.get(name).and_then(serde_json::Value::as_str);
        let number = |name: &str| claims.get(name).and_then(serde_json::Value::as_i64);
        if text("iss")? != issuer {
            return None;
        }
        let audience: Vec<String> = match claims.get("aud")? {
            serde_json::Value::String(one) => vec![one.clone()],
            serde_json::Value::Array(several) => {
                several.iter().filter_map(|each| each.as_str().map(str::to_owned)).collect()
            }
            _ => return None,
        };
        Some(Self {
            id: text("jti")?.to_owned(),
            issuer: issuer.to_owned(),
            client_id: text("client_id")?.to_owned(),
            scope: scope::stored(text("scope").unwrap_or_default()),
            audience,
            issued_at: number("iat")?,
            expires_at: number("exp")?,
        })
    }
}

/// The token of a request: in its `Authorization` header, or where the route reads forms in `in_form`.
pub fn presented(request: &HttpRequest, in_form: Option<&str>) -> Result<String, BearerError> {
    let values = request.headers().get_all(AUTHORIZATION);
    let headers: Vec<&str> = values.map(|value| value.to_str().unwrap_or("?")).collect();
    bearer::presented(headers.into_iter(), in_form).map(str::to_owned)
}

/// What a presented token stands for, when it counts here and has all of `required`.
pub async fn admit(app: &App, presented: &str, required: &Scope) -> Result<LiveAccessToken, JsonError> {
    let found = find(app, presented).await?.map(|found| (found, ()));
    Ok(judge(app, presented, required, found)?.0)
}

/// The same, and who it speaks for.
pub async fn admit_with_owner(app: &App, presented: &str, required: &Scope) -> Result<WithOwner, JsonError> {
    judge(app, presented, required, find_with_owner(app, presented).await?)
}

fn judge<T>(
    app: &App,
    presented: &str,
    required: &Scope,
    found: Option<(LiveAccessToken, T)>,
) -> Result<(LiveAccessToken, T), JsonError> {
    // RFC 9068 §4, RFC 8707 §3: a token for another resource is none here.
    let found =
        found.filter(|(found, _)| found.audience.is_empty() || found.audience.iter().any(|each| each == app.issuer()));
    if let Some((found, _)) = &found {
        inspector::note(|draft| draft.holder = Some(Arc::clone(&found.client)));
    }
    bearer::judge(presented, found.as_ref().map(|(found, _)| as_grant(found)), required)?;
    Ok(found.ok_or(BearerError::InvalidToken)?)
}

/// The scopes that a route requires, as a type.
pub trait Requires {
    /// Separated by a space; empty for a route that any token opens.
    const SCOPE: &'static str;
    /// What the user in whose name a token acts must have the right to; a machine acts in its own name, by its scopes.
    const RIGHT: Option<Right>;
}

/// A valid access token for this server with the scopes of `S`: a handler that takes it cannot run without.
pub struct Bearer<S> {
    pub app: State,
    pub token: LiveAccessToken,
    /// From where.
    pub address: String,
    requires: PhantomData<S>,
}

impl<S: Requires + 'static> Bearer<S> {
    async fn of(app: State, request: HttpRequest) -> Result<Self, JsonError> {
        let presented = presented(&request, None)?;
        let token = admit(&app, &presented, &scope::stored(S::SCOPE)).await?;
        if let (Some(right), Some(owner)) = (S::RIGHT, &token.grant.record.owner) {
            let id = owner.id.clone();
            let owner = app.store.read(move |connection| resource_owners::find(connection, &id)).await?;
            if !owner.is_some_and(|owner| owner.role.may(right)) {
                return Err(JsonError::Forbidden(
                    "The user of this token has no role that allows this. Ask an administrator.",
                ));
            }
        }
        Ok(Self { address: app.client_address(&request).to_string(), app, token, requires: PhantomData })
    }
}

fn as_grant(token: &LiveAccessToken) -> Grant {
    Grant {
        owner_id: token.grant.record.owner.as_ref().map(|owner| owner.id.clone()).unwrap_or_default(),
        client_id: token.client.id.to_string(),
        scope: token.scope.clone(),
        redirect_uri: placeholder_url(),
        // Its end was judged by our clock when it was found.
        until: chrono::DateTime::<chrono::Utc>::MAX_UTC,
        extensions: Extensions::new(),
    }
}

impl<S: Requires + 'static> FromRequest for Bearer<S> {
    type Error = JsonError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, JsonError>>>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let app = request.app_data::<State>().expect("every server is configured with its state").clone();
        Box::pin(Self::of(app, request.clone()))
    }
}
