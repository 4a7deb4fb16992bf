//! `POST /oauth2/revoke` (RFC 7009 §2).

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use super::{client_form, unauthorized_client};
use crate::domain::grant::GrantId;
use crate::management::{self, Context};
use crate::protocol::check::Check;
use crate::protocol::error::OAuthError;
use crate::protocol::revocation::{Presented, Revocation, decide};
use crate::secret::Digest;
use crate::store::audit_log::{self, Actor, Event};
use crate::store::{Failure, StoreError, access_tokens, grants, refresh_tokens};
use crate::web::error::{JsonError, no_store};
use crate::web::state::{App, State};
use crate::web::{request_id, tokens};

pub async fn post(app: State, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, JsonError> {
    let form = client_form(&app, &request, payload).await?;
    if form.parameters.any_repeats() {
        return Err(OAuthError::invalid_request("A parameter is there more than once. Send each once.")
            .at(Check::ParametersOnce)
            .into());
    }
    let missing = || OAuthError::invalid_request("The parameter token is missing.").at(Check::TokenSent);
    let token = form.parameters.get("token").ok_or_else(missing)?;
    let client = form.client.client;
    let context = Context {
        actor: Actor::Client(client.id.clone()),
        address: form.address.to_string(),
        user_agent: String::new(),
        request_id: request_id::current(),
        has_mail: false,
        language: "",
        now: app.now(),
    };
    if let Some(found) = tokens::find(&app, token).await? {
        let is_machine = found.grant.record.owner.is_none();
        match decide(&client, Presented::AccessToken, &found.client.id, is_machine) {
            Revocation::Refused => return Err(foreign().into()),
            Revocation::Grant => revoke_grant(&app, found.grant.record.id, context).await?,
            Revocation::Token => {
                let (digest, jwt, expires_at) = (Digest::of(token), found.jwt_id, found.expires_at);
                let grant = found.grant.record.id;
                app.store
                    .write::<_, StoreError, _>(move |connection| {
                        match &jwt {
                            Some(jwt) => access_tokens::deny(connection, jwt, expires_at)?,
                            None => {
                                access_tokens::delete(connection, &digest)?;
                            }
                        }
                        audit_log::insert(connection, &revoked(&context, grant))?;
                        Ok(())
                    })
                    .await?;
            }
        }
    } else if let Some((grant, owner_client)) = find_refresh(&app, token).await? {
        match decide(&client, Presented::RefreshToken, &owner_client, false) {
            Revocation::Refused => return Err(foreign().into()),
            Revocation::Grant | Revocation::Token => revoke_grant(&app, grant, context).await?,
        }
    }
    // RFC 7009 §2.2: a token that opens nothing is as good as revoked.
    let mut response = HttpResponse::Ok();
    Ok(no_store(&mut response).finish())
}

fn foreign() -> OAuthError {
    unauthorized_client("The token was issued to another client and stays valid.").at(Check::TokenOwn)
}

/// Also a rotated one: whoever gives it back wants its family to end.
async fn find_refresh(app: &App, token: &str) -> Result<Option<(GrantId, String)>, StoreError> {
    let digest = Digest::of(token);
    app.store
        .read(move |connection| {
            let Some(stored) = refresh_tokens::find(connection, &digest)? else { return Ok(None) };
            let grant = grants::find(connection, stored.grant_id)?.filter(|grant| grant.revoked_at.is_none());
            Ok(grant.map(|grant| (grant.id, grant.client_id)))
        })
        .await
}

async fn revoke_grant(app: &App, grant: GrantId, context: Context) -> Result<(), JsonError> {
    let revoked: Result<(), Failure<management::ManagementError>> =
        app.store.write(move |connection| management::grants::revoke(connection, &context, grant)).await;
    match revoked {
        // Somebody else was faster, which is the same to the client.
        Ok(()) | Err(Failure::Refused(_)) => Ok(()),
        Err(Failure::Store(error)) => Err(error.into()),
    }
}

fn revoked(context: &Context, grant: GrantId) -> Event {
    Event {
        at: context.now,
        action: "token.revoked",
        actor: context.actor.clone(),
        target: grant.to_string(),
        address: context.address.clone(),
        request_id: context.request_id.clone(),
        detail: json!({}),
    }
}
