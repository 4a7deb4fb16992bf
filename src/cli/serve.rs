//! `grantor serve`, with or without demo data.

use serde_json::{Map, json};

use crate::clock::Clock;
use crate::config::Config;
use crate::config::database_url::DatabaseUrl;
use crate::config::secret_key::{SecretKey, SecretKeySource};
use crate::domain::resource_owner::{Password, Role};
use crate::management::scopes::Meaning;
use crate::management::users::NewUser;
use crate::management::{self, Context, ManagementError};
use crate::secret::random_id;
use crate::serve::stop::Signals;
use crate::store::audit_log::Actor;
use crate::store::{Failure, StoreError};
use crate::web::state::App;
use crate::{logging, serve};

/// Serves until told to stop.
pub fn run(mut config: Config, demo: bool) -> Result<(), String> {
    logging::start(&config.log);
    let scratch = if demo { Some(Scratch::new(&mut config)?) } else { None };
    let served = actix_web::rt::System::new().block_on(async move {
        let server = serve::bind(config, Clock::system(), None).await?;
        let signals = Signals::listen();
        let (address, issuer) = (server.address, server.app.issuer());
        logging::announce(&server.app.config.log, &format!("Grantor listens on {address} and is known as {issuer}"));
        if demo {
            fill(&server.app).await?;
        } else if let Some(link) = serve::setup_link(&server.app).await.map_err(|error| error.to_string())? {
            println!("There is no administrator yet. Open this link to create the first one (once, within 24 hours):\n\n  {link}\n");
        }
        server.run(signals).await
    });
    drop(scratch);
    served
}

/// The directory of a throw-away database.
struct Scratch(std::path::PathBuf);

impl Scratch {
    /// Points `config` at a new database that goes away with the server.
    fn new(config: &mut Config) -> Result<Self, String> {
        if !config.listen.ip().is_loopback() {
            return Err(format!(
                "--demo has passwords that everybody can read, so it listens on loopback only: {} is none",
                config.listen
            ));
        }
        let directory = std::env::temp_dir().join(format!("grantor-demo-{}", random_id()));
        std::fs::create_dir(&directory).map_err(|error| format!("cannot create {}: {error}", directory.display()))?;
        config.database = DatabaseUrl::Sqlite(directory.join("grantor.db"));
        config.secret_key = SecretKeySource::Given(SecretKey::generate());
        Ok(Self(directory))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Fills the demo database, and says how to use it.
async fn fill(app: &App) -> Result<(), String> {
    let context = Context {
        actor: Actor::Operator,
        address: String::new(),
        user_agent: String::new(),
        request_id: String::new(),
        has_mail: false,
        language: "",
        now: app.now(),
    };
    let password = |text: &str| Password::choose(text, &[], 12).map_err(|problem| problem.to_string());
    let admin = app.passwords.hash(password("tulip anchor seven bread")?).await.map_err(|_| "hashing failed")?;
    let alice = app.passwords.hash(password("velvet canyon orbit lemon")?).await.map_err(|_| "hashing failed")?;
    let user = |username: &str, name: &str, role| NewUser {
        username: username.to_owned(),
        email: Some(format!("{username}@example.com")),
        email_verified: None,
        name: Some(name.to_owned()),
        role,
        claims: Map::new(),
    };
    let object = |value: serde_json::Value| match value {
        serde_json::Value::Object(object) => object,
        _ => Map::new(),
    };
    let machine = object(json!({
        "client_name": "Demo job", "grant_types": ["client_credentials"], "scope": "secret",
    }));
    let web_app = object(json!({
        "client_name": "Demo web app", "redirect_uris": ["http://127.0.0.1/callback"],
        "token_endpoint_auth_method": "none", "grant_types": ["authorization_code", "refresh_token"],
        "scope": "secret notes:read", "application_type": "native",
    }));
    let scopes = context.clone();
    let meaning =
        |description: &str, is_default| Meaning { description: description.to_owned(), is_default, claims: Vec::new() };
    app.store
        .write(move |connection| {
            management::scopes::create(connection, &scopes, "secret", &meaning("Open the secret route", false))?;
            management::scopes::create(connection, &scopes, "notes:read", &meaning("Read your notes", true))
        })
        .await
        .map_err(explain)?;
    let catalog = app.store.catalog().await.map_err(|error: StoreError| error.to_string())?;
    let (job, public) = app
        .store
        .write(move |connection| {
            management::users::create(connection, &context, &user("admin", "Demo Admin", Role::Admin), Some(&admin))?;
            management::users::create(connection, &context, &user("alice", "Alice Archer", Role::User), Some(&alice))?;
            let job = management::clients::create(connection, &context, &machine, &catalog.scopes)?;
            let public = management::clients::create(connection, &context, &web_app, &catalog.scopes)?;
            Ok((job, public.client_id))
        })
        .await
        .map_err(explain)?;
    let issuer = app.issuer();
    let (id, secret) = (job.client_id, job.secret.unwrap_or_default());
    println!(
        "\nDemo data, gone when the server stops:\n\
         \n  Console       {issuer}/admin     admin / tulip anchor seven bread\
         \n  Account       {issuer}/account   alice / velvet canyon orbit lemon\
         \n  Public client {public}  (redirects to http://127.0.0.1:PORT/callback)\n\
         \nPaste these:\n\
         \nTOKEN=$(curl -s -u {id}:{secret} -d grant_type=client_credentials -d scope=secret {issuer}/oauth2/token \
         | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')\
         \ncurl -H \"Authorization: Bearer $TOKEN\" {issuer}/secret\n"
    );
    Ok(())
}

fn explain(failure: Failure<ManagementError>) -> String {
    match failure {
        Failure::Refused(error) => error.to_string(),
        Failure::Store(error) => error.to_string(),
    }
}
