//! The playground: an admin acts in a client's name for some minutes.

use serde_json::json;

use super::{Context, Outcome, found, note};
use crate::clock::Seconds;
use crate::secret::Digest;
use crate::store::clients;
use crate::store::connection::AnyConnection;
use crate::store::playground_runs::{self, NewRun};

/// How long a run lasts.
pub const LIFETIME: Seconds = 10 * 60;

/// Lets the console act for a client: at a redirect URI of ours, with a secret whose digest this is.
pub fn start(
    connection: &mut AnyConnection,
    context: &Context,
    (run, client_id, owner_id): (&str, &str, &str),
    redirect_uri: &str,
    secret: Digest,
) -> Outcome<()> {
    found(clients::find(connection, client_id)?.is_some())?;
    let new = NewRun {
        id: run.to_owned(),
        client_id: client_id.to_owned(),
        owner_id: owner_id.to_owned(),
        redirect_uri: redirect_uri.to_owned(),
        secret,
        created_at: context.now,
        expires_at: context.now + LIFETIME,
    };
    playground_runs::insert(connection, &new)?;
    let detail = json!({ "redirect_uri": redirect_uri, "expires_at": new.expires_at });
    Ok(note(connection, context, "client.tried", client_id, detail)?)
}
