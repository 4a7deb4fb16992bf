//! `grantor check-config`: the settings that are in force, and whether a server would start with them.
//!
//! Nothing is made for it: no database, no key. What a start reads besides the settings is read as it would be, so that a
//! certificate that is not one is found before a server is stopped to be replaced.

use std::collections::BTreeMap;

use super::manage::{print, print_json};
use super::secret;
use crate::config::Config;
use crate::config::database_url::DatabaseUrl;
use crate::domain::signing_key::SigningKey;
use crate::outbound;
use crate::password_rules::PasswordRules;
use crate::serve::tls::Certificates;
use crate::store::connection::Manager;
use crate::store::{condition, settings, signing_keys};
use crate::web::base_path;

/// Shows the settings.
///
/// # Errors
/// What a start would refuse, in the sentences it would do so with.
pub fn run(config: &Config, json: bool) -> Result<(), String> {
    let stored = Stored::beside(config);
    if json {
        print_json(&config.redacted_json(&stored.settings))?;
    } else {
        print(&config.redacted_toml(&stored.settings))?;
    }
    let problems = problems(config, stored);
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

/// What the database holds that belongs to the settings.
#[derive(Default)]
struct Stored {
    /// What admins have set.
    settings: BTreeMap<String, String>,
    has_keys: bool,
    keys: Vec<(SigningKey, Vec<u8>)>,
}

impl Stored {
    /// Nothing when there is no database yet, or it does not answer. It is not brought up to date for this.
    fn beside(config: &Config) -> Self {
        if matches!(&config.database, DatabaseUrl::Sqlite(path) if !path.exists()) {
            return Self::default();
        }
        Self::read(&config.database).unwrap_or_else(|error| {
            eprintln!("What is set in the console is not shown: {error}.");
            Self::default()
        })
    }

    fn read(database: &DatabaseUrl) -> Result<Self, String> {
        let mut connection = Manager::new(database.clone()).open().map_err(|error| error.to_string())?;
        // First, because a database without tables has this too. A start is not refused for it.
        let risky = condition::risky_settings(&mut connection).map_err(|error| error.to_string())?;
        if !risky.is_empty() {
            eprintln!("{}.", condition::risk_of(&risky));
        }
        let settings = settings::list(&mut connection).map_err(|error| error.to_string())?;
        let has_keys = signing_keys::any(&mut connection).map_err(|error| error.to_string())?;
        let keys = signing_keys::list(&mut connection).map_err(|error| error.to_string())?;
        Ok(Self { settings, has_keys, keys })
    }
}

/// In the order in which a start comes to them.
fn problems(config: &Config, stored: Stored) -> Vec<String> {
    let secret = secret::fitting(&config.secret_key, stored.has_keys, stored.keys).map(drop);
    let secret = secret.map_err(|misfit| misfit.to_string());
    let certificate = config.tls.as_ref().map_or(Ok(()), |tls| Certificates::load(tls).map(drop));
    let authorities = outbound::Client::new(&config.outbound).map(drop).map_err(|error| error.to_string());
    let passwords = PasswordRules::open(config.breached_passwords.as_deref()).map(drop);
    let passwords = passwords.map_err(|error| error.to_string());
    let base = base_path::check(config.issuer.path());
    [base, secret, certificate, authorities, passwords].into_iter().filter_map(Result::err).collect()
}
