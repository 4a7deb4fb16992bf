//! `grantor registration-token`: who may register clients (RFC 7591 §3).

use clap::Subcommand;
use serde_json::json;

use super::manage::{Desk, context, print, print_json, text};
use crate::management::registration_tokens::{self, NewRegistrationToken};
use crate::store;

#[derive(Debug, Subcommand)]
pub enum RegistrationTokenCommand {
    /// Make a token; prints it, once
    Create {
        /// How many clients it may register
        #[arg(long, value_name = "N", default_value_t = 1)]
        uses: i32,
        /// How long it lives
        #[arg(long, value_name = "SECONDS", default_value_t = 7 * 24 * 60 * 60)]
        expires_in: i64,
        /// Whom it is for
        #[arg(long, value_name = "TEXT", default_value = "")]
        note: String,
    },
    List,
    /// End a token; what it registered stays
    Revoke {
        id: String,
    },
}

impl Desk<'_> {
    pub(super) async fn registration_token(&self, command: RegistrationTokenCommand) -> Result<(), String> {
        let context = context();
        match command {
            RegistrationTokenCommand::Create { uses, expires_in, note } => {
                let new = NewRegistrationToken { uses, expires_in, note };
                let (token, secret) =
                    self.write(move |connection| registration_tokens::create(connection, &context, &new)).await?;
                if self.json {
                    return print_json(&json!({
                        "id": token.id,
                        "token": secret.expose(),
                        "uses": token.remaining_uses,
                        "expires_at": token.expires_at,
                    }));
                }
                eprintln!("Clients send it as a bearer token to /oauth2/register. It is shown this once:");
                print(secret.expose())
            }
            RegistrationTokenCommand::List => {
                let tokens = self.read(|connection| Ok(store::registration_tokens::list(connection)?)).await?;
                let items: Vec<_> = tokens
                    .iter()
                    .map(|token| {
                        json!({
                            "id": token.id,
                            "note": token.note,
                            "remaining_uses": token.remaining_uses,
                            "created_at": token.created_at,
                            "expires_at": token.expires_at,
                        })
                    })
                    .collect();
                self.list(&items, |token| {
                    let uses = format!("{} left", token["remaining_uses"]);
                    vec![text(&token["id"]), uses, format!("until {}", token["expires_at"]), text(&token["note"])]
                })
            }
            RegistrationTokenCommand::Revoke { id } => {
                self.write(move |connection| registration_tokens::revoke(connection, &context, &id)).await
            }
        }
    }
}
