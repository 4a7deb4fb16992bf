//! Initial access tokens (RFC 7591 §3): who has one may register clients, as often as it has uses.

use serde_json::json;

use super::{Context, FieldProblem, ManagementError, Outcome, found, note, refuse};
use crate::clock::Seconds;
use crate::domain::sentence::{Sentence, sentence};
use crate::secret::{Secret, SecretKind, random_id};
use crate::store::connection::AnyConnection;
use crate::store::registration_tokens::{self, RegistrationToken};

/// The longest life of a token: ten years.
pub const MAX_LIFETIME: Seconds = 315_360_000;
const MAX_USES: i32 = 1_000_000;
const MAX_NOTE: usize = 200;

/// A token to be.
#[derive(Clone, Debug)]
pub struct NewRegistrationToken {
    /// How many clients it may register.
    pub uses: i32,
    pub expires_in: Seconds,
    /// Whom it is for; may be empty.
    pub note: String,
}

/// Makes a token; it is shown this once.
pub fn create(
    connection: &mut AnyConnection,
    context: &Context,
    new: &NewRegistrationToken,
) -> Outcome<(RegistrationToken, Secret)> {
    let note_text = new.note.trim();
    check(new, note_text)?;
    let secret = Secret::generate(SecretKind::InitialAccessToken);
    let token = RegistrationToken {
        id: random_id(),
        note: note_text.to_owned(),
        remaining_uses: new.uses,
        created_at: context.now,
        expires_at: context.now + new.expires_in,
    };
    registration_tokens::insert(connection, &token, &secret.digest())?;
    let detail = json!({ "uses": token.remaining_uses, "expires_at": token.expires_at, "note": token.note });
    note(connection, context, "registration_token.created", &token.id, detail)?;
    Ok((token, secret))
}

/// Checks everything at once, so that a form can say it all.
fn check(new: &NewRegistrationToken, note: &str) -> Outcome<()> {
    let mut problems = Vec::new();
    let mut refuse_field = |field, problem: Sentence| problems.push(FieldProblem { field, problem });
    if !(1..=MAX_USES).contains(&new.uses) {
        refuse_field(
            "uses",
            sentence!(
                "registration-uses-malformed",
                "A token registers from 1 to {most} clients.",
                most = i64::from(MAX_USES)
            ),
        );
    }
    if !(1..=MAX_LIFETIME).contains(&new.expires_in) {
        refuse_field(
            "expires_in",
            sentence!(
                "registration-lifetime-malformed",
                "A token lives from 1 to {most} seconds.",
                most = MAX_LIFETIME
            ),
        );
    }
    if note.chars().count() > MAX_NOTE || note.chars().any(char::is_control) {
        refuse_field(
            "note",
            sentence!("registration-note-long", "Write one line of at most {most} characters.", most = MAX_NOTE),
        );
    }
    if problems.is_empty() { Ok(()) } else { refuse(ManagementError::Invalid(problems)) }
}

/// Ends a token. What it registered stays.
pub fn revoke(connection: &mut AnyConnection, context: &Context, id: &str) -> Outcome<()> {
    found(registration_tokens::delete(connection, id)?)?;
    Ok(note(connection, context, "registration_token.revoked", id, json!({}))?)
}
