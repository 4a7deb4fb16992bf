//! Commands that work on the database, while a server runs on it or not.

use std::io::{Read, Write};

use serde_json::{Map, Value, json};

use super::{
    ClientCommand, Command, KeysCommand, RegistrationTokenCommand, ResourceCommand, ScopeCommand, UserCommand, backup,
    check_config, migrate, restore,
};
use crate::clock::{Clock, Timestamp};
use crate::config::Config;
use crate::config::database_url::DatabaseUrl;
use crate::domain::client::{Client, ClientMetadata, TokenFormat, Unused};
use crate::domain::policies::Policies;
use crate::domain::resource_owner::{PasswordHash, ResourceOwner, Role, login_key};
use crate::domain::scope::{self, ScopeCatalog};
use crate::jobs::{self, empty_client, rotate_keys::KeyJobError};
use crate::keys::sealed::{self, SealingKey};
use crate::management::keys::Haste;
use crate::management::resources::NewResource;
use crate::management::scopes::Meaning;
use crate::management::users::NewUser;
use crate::management::{self, Context, ManagementError};
use crate::outbound;
use crate::password_rules::PasswordRules;
use crate::protocol::registration;
use crate::store::audit_log::Actor;
use crate::store::connection::{AnyConnection, expect_file};
use crate::store::paging::Place;
use crate::store::sessions::{self, StoredSession};
use crate::store::{Failure, Store, StoreError, clients, resource_owners, signing_keys};
use crate::web::{client_metadata, routes};

/// Entries that one read brings.
const PAGE: i64 = 200;

/// Does what `command` says; the error is for the operator.
pub fn run(config: &Config, command: Command, json: bool) -> Result<(), String> {
    match command {
        Command::CheckConfig => check_config::run(config, json),
        Command::Migrate { plan } => migrate::run(config, plan, json),
        Command::Backup { file } => backup::run(config, &file),
        Command::Restore { file, keep_issued } => wait_for(restore::run(config, &file, keep_issued, json)),
        command => {
            if let DatabaseUrl::Sqlite(file) = &config.database
                && !command.may_begin()
            {
                expect_file(file)?;
            }
            wait_for(async {
                let store = Store::open(&config.database).map_err(|error| error.to_string())?;
                let desk = Desk { config, store, json };
                desk.run(command).await
            })
        }
    }
}

impl Command {
    /// Whether it may be the first on a new database. Any other, where there is none, is in the wrong place.
    fn may_begin(&self) -> bool {
        matches!(
            self,
            Self::Client(ClientCommand::Create { .. })
                | Self::User(UserCommand::Create { .. })
                | Self::Scope(ScopeCommand::Create { .. })
                | Self::Resource(ResourceCommand::Create { .. })
                | Self::RegistrationToken(RegistrationTokenCommand::Create { .. })
                | Self::Import { .. }
        )
    }
}

fn wait_for(work: impl Future<Output = Result<(), String>>) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(work)
}

/// Where commands are done.
pub(super) struct Desk<'a> {
    pub(super) config: &'a Config,
    pub(super) store: Store,
    pub(super) json: bool,
}

pub(super) fn context() -> Context {
    Context {
        actor: Actor::Operator,
        address: String::new(),
        user_agent: String::new(),
        request_id: String::new(),
        has_mail: false,
        language: "",
        now: Clock::system().now(),
    }
}

pub(super) fn explain(failure: Failure<ManagementError>) -> String {
    match failure {
        Failure::Refused(error) => error.to_string(),
        Failure::Store(error) => error.to_string(),
    }
}

/// Writes a line; a reader that has gone away is no error.
pub(super) fn print(text: &str) -> Result<(), String> {
    match writeln!(std::io::stdout(), "{text}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.to_string()),
        _ => Ok(()),
    }
}

pub(super) fn print_json(value: &Value) -> Result<(), String> {
    print(&serde_json::to_string_pretty(value).map_err(|error| error.to_string())?)
}

impl Desk<'_> {
    async fn run(&self, command: Command) -> Result<(), String> {
        match command {
            Command::Client(command) => self.client(command).await,
            Command::User(command) => self.user(command).await,
            Command::Scope(command) => self.scope(command).await,
            Command::Resource(command) => self.resource(command).await,
            Command::RegistrationToken(command) => self.registration_token(command).await,
            Command::Keys(command) => self.keys(command).await,
            Command::Audit(command) => self.audit(command).await,
            Command::Sweep => self.sweep().await,
            Command::Export { file } => self.export(file).await,
            Command::Import { file, dry_run, prune } => self.import(&file, dry_run, prune).await,
            Command::RevokeAll { yes } => restore::revoke_all(&self.store, yes, self.json).await,
            Command::Serve { .. }
            | Command::Migrate { .. }
            | Command::CheckConfig
            | Command::Backup { .. }
            | Command::Restore { .. } => Ok(()),
        }
    }

    /// What holds on this database: the settings of this process, and what admins decided.
    pub(super) async fn policies(&self) -> Result<Policies, String> {
        let catalog = self.store.catalog().await.map_err(|error| error.to_string())?;
        Ok(self.config.policies_with(&catalog.settings))
    }

    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut AnyConnection) -> Result<T, Failure<ManagementError>> + Send + 'static,
    ) -> Result<T, String> {
        self.store.write(work).await.map_err(explain)
    }

    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut AnyConnection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, String> {
        self.store.read(work).await.map_err(|error| error.to_string())
    }

    /// A table of a name and remarks, or JSON.
    pub(super) fn list(&self, items: &[Value], row: impl Fn(&Value) -> Vec<String>) -> Result<(), String> {
        if self.json {
            return print_json(&Value::Array(items.to_vec()));
        }
        items.iter().try_for_each(|item| print(&row(item).join("\t")))
    }

    async fn client(&self, command: ClientCommand) -> Result<(), String> {
        let context = context();
        match command {
            ClientCommand::Create { metadata } => {
                let metadata = read_object(&metadata)?;
                let catalog = self.store.catalog().await.map_err(|error| error.to_string())?;
                self.look_at(&metadata, None, &catalog.scopes).await?;
                let now = context.now;
                let created = self
                    .write(move |connection| {
                        management::clients::create(connection, &context, &metadata, &catalog.scopes)
                    })
                    .await?;
                let mut response = registration::response(&created.client_id, now, &created.metadata);
                add_secret(&mut response, created.secret);
                print_json(&Value::Object(response))
            }
            ClientCommand::List => {
                let mut all: Vec<Client> = Vec::new();
                loop {
                    let place = Place::after(all.last().map(clients::key));
                    let page = self.read(move |connection| clients::list(connection, &place, PAGE)).await?;
                    let is_last = i64::try_from(page.len()).unwrap_or(0) < PAGE;
                    all.extend(page);
                    if is_last {
                        break;
                    }
                }
                let items: Vec<Value> = all.iter().map(|client| describe_client(client, context.now)).collect();
                self.list(&items, |client| {
                    let state = if client["enabled"] == true { "enabled" } else { "disabled" };
                    vec![text(&client["client_id"]), text(&client["client_name"]), state.to_owned()]
                })
            }
            ClientCommand::Show { id } => {
                let client = self.read(move |connection| clients::find(connection, &id)).await?;
                print_json(&describe_client(&client.ok_or("There is no client with this id.")?, context.now))
            }
            ClientCommand::Update { id, metadata } => {
                let metadata = read_object(&metadata)?;
                let catalog = self.store.catalog().await.map_err(|error| error.to_string())?;
                let of = id.clone();
                let current = self.read(move |connection| clients::find(connection, &of)).await?;
                let current = current.ok_or("There is no client with this id.")?.metadata;
                self.look_at(&metadata, Some(&current), &catalog.scopes).await?;
                let (client, secret) = self
                    .write(move |connection| {
                        let secret =
                            management::clients::update(connection, &context, &id, None, &metadata, &catalog.scopes)?;
                        Ok((clients::find(connection, &id)?, secret))
                    })
                    .await?;
                let client = client.ok_or("There is no client with this id.")?;
                let mut response = registration::response(&client.id, client.created_at, &client.metadata);
                add_secret(&mut response, secret);
                print_json(&Value::Object(response))
            }
            ClientCommand::Disable { id } => {
                self.write(move |connection| management::clients::set_disabled(connection, &context, &id, true)).await
            }
            ClientCommand::Enable { id } => {
                self.write(move |connection| management::clients::set_disabled(connection, &context, &id, false)).await
            }
            ClientCommand::RotateSecret { id } => {
                let of = id.clone();
                let secret =
                    self.write(move |connection| management::clients::add_secret(connection, &context, &id)).await?;
                print_json(&json!({ "client_id": of, "client_secret": secret, "client_secret_expires_at": 0 }))
            }
            ClientCommand::DeleteSecret { id, secret_id } => {
                self.write(move |connection| management::clients::delete_secret(connection, &context, &id, &secret_id))
                    .await
            }
            ClientCommand::Delete { id } => {
                empty_client::run(&self.store, &id).await.map_err(|error| error.to_string())?;
                self.write(move |connection| management::clients::delete(connection, &context, &id)).await
            }
        }
    }

    /// Looks at what a client's metadata point at, as the API does.
    async fn look_at(
        &self,
        metadata: &Map<String, Value>,
        current: Option<&ClientMetadata>,
        catalog: &ScopeCatalog,
    ) -> Result<(), String> {
        let outbound = outbound::Client::new(&self.config.outbound).map_err(|error| error.to_string())?;
        let looked_at = client_metadata::look_at(metadata, current, catalog, &outbound).await;
        looked_at.map_err(|refusal| refusal.to_string())
    }

    async fn user(&self, command: UserCommand) -> Result<(), String> {
        // A server that runs sends what is put in the queue.
        let context = Context { has_mail: self.config.mail.is_some(), ..context() };
        match command {
            UserCommand::Create { username, email, email_verified, password_stdin, claims, role, admin } => {
                let claims = match claims {
                    Some(file) => read_object(&file.to_string_lossy())?,
                    None => Map::new(),
                };
                let personal = [username.clone(), email.clone().unwrap_or_default()];
                let hash = if password_stdin { Some(self.hash_from_stdin(&personal).await?) } else { None };
                let role = if admin { Role::Admin } else { role };
                let email_verified = email_verified.then_some(true);
                let new = NewUser { username, email, email_verified, name: None, role, claims };
                let needs_link = hash.is_none();
                let (id, link) = self
                    .write(move |connection| {
                        let id = management::users::create(connection, &context, &new, hash.as_ref())?;
                        let link = if needs_link {
                            Some(management::users::make_link(connection, &context, &id)?)
                        } else {
                            None
                        };
                        Ok((id, link))
                    })
                    .await?;
                let link = link.map(|token| self.config.issuer.url(&routes::set_password(&token)));
                if self.json {
                    return print_json(&json!({ "id": id, "set_password_link": link }));
                }
                match link {
                    None => print(&id),
                    Some(link) => {
                        eprintln!("The user chooses a password at this link, once, within 24 hours:");
                        print(&link)
                    }
                }
            }
            UserCommand::List => self.list_users().await,
            UserCommand::Show { user } => print_json(&management::users::describe(&self.find_user(user).await?)),
            UserCommand::Disable { user } => {
                let id = self.find_user(user).await?.id;
                self.write(move |connection| management::users::set_disabled(connection, &context, &id, true)).await
            }
            UserCommand::Enable { user } => {
                let id = self.find_user(user).await?.id;
                self.write(move |connection| management::users::set_disabled(connection, &context, &id, false)).await
            }
            UserCommand::SetRole { user, role } => {
                let id = self.find_user(user).await?.id;
                self.write(move |connection| management::users::set_role(connection, &context, &id, role)).await
            }
            UserCommand::SetEmail { user, email, email_verified } => {
                let id = self.find_user(user).await?.id;
                self.write(move |connection| {
                    management::users::set_email(connection, &context, &id, Some(email.clone()), email_verified)
                })
                .await
            }
            UserCommand::EmailLink { user } => {
                let id = self.find_user(user).await?.id;
                let (token, email) =
                    self.write(move |connection| management::email::make_link(connection, &context, &id)).await?;
                let link = self.config.issuer.url(&routes::confirm_email(&token));
                if self.json {
                    return print_json(&json!({ "confirm_email_link": link, "email": email }));
                }
                eprintln!("This confirms {}, once, within 24 hours:", text(&email.into()));
                print(&link)
            }
            UserCommand::Link { user } => {
                let id = self.find_user(user).await?.id;
                let token =
                    self.write(move |connection| management::users::make_link(connection, &context, &id)).await?;
                let link = self.config.issuer.url(&routes::set_password(&token));
                if self.json { print_json(&json!({ "set_password_link": link })) } else { print(&link) }
            }
            UserCommand::Sessions { user } => self.list_sessions(user, context.now).await,
            UserCommand::SignOut { user } => {
                let id = self.find_user(user).await?.id;
                self.write(move |connection| management::users::end_all_sessions(connection, &context, &id, None)).await
            }
            UserCommand::SetPassword { user, .. } => {
                let owner = self.find_user(user).await?;
                let hash = self.hash_from_stdin(&[owner.username, owner.email.unwrap_or_default()]).await?;
                let id = owner.id;
                self.write(move |connection| management::users::set_password(connection, &context, &id, &hash, None))
                    .await
            }
            UserCommand::Delete { user } => {
                let id = self.find_user(user).await?.id;
                self.write(move |connection| management::users::delete(connection, &context, &id)).await
            }
        }
    }

    async fn list_users(&self) -> Result<(), String> {
        let mut all: Vec<ResourceOwner> = Vec::new();
        loop {
            let place = Place::after(all.last().map(|owner| login_key(&owner.username)));
            let page = self.read(move |connection| resource_owners::list(connection, &place, PAGE)).await?;
            let is_last = i64::try_from(page.len()).unwrap_or(0) < PAGE;
            all.extend(page);
            if is_last {
                break;
            }
        }
        let items: Vec<Value> = all.iter().map(management::users::describe).collect();
        self.list(&items, |user| {
            let state = if user["enabled"] == true { "enabled" } else { "disabled" };
            vec![text(&user["username"]), text(&user["email"]), text(&user["role"]), state.to_owned()]
        })
    }

    async fn list_sessions(&self, user: String, now: crate::clock::Timestamp) -> Result<(), String> {
        let id = self.find_user(user).await?.id;
        let all = self.read(move |connection| Ok(sessions::list_of_owner(connection, &id, now)?)).await?;
        let item = |each: &StoredSession| json!({ "id": each.id, "address": each.address, "user_agent": each.user_agent, "created_at": each.created_at, "last_seen_at": each.last_seen_at });
        let items: Vec<Value> = all.iter().map(item).collect();
        self.list(&items, |each| vec![text(&each["id"]), text(&each["address"]), text(&each["user_agent"])])
    }

    /// By username, e-mail address or id.
    async fn find_user(&self, user: String) -> Result<ResourceOwner, String> {
        let found = self
            .read(move |connection| match resource_owners::find_by_login(connection, &login_key(&user))? {
                Some(owner) => Ok(Some(owner)),
                None => resource_owners::find(connection, &user),
            })
            .await?;
        found.ok_or_else(|| "There is no user with this name, e-mail address or id.".to_owned())
    }

    /// A trailing line break is not part of the password.
    async fn hash_from_stdin(&self, personal: &[String; 2]) -> Result<PasswordHash, String> {
        let least = self.policies().await?.password_min_length;
        let mut typed = zeroize::Zeroizing::new(String::new());
        std::io::stdin()
            .take(4096)
            .read_to_string(&mut typed)
            .map_err(|error| format!("cannot read the password: {error}"))?;
        let line = typed.strip_suffix('\n').unwrap_or(&typed);
        let line = line.strip_suffix('\r').unwrap_or(line);
        let rules =
            PasswordRules::open(self.config.breached_passwords.as_deref()).map_err(|error| error.to_string())?;
        let chosen = rules.choose(line, &[personal[0].as_str(), personal[1].as_str()], least);
        let password = chosen.map_err(|error| error.to_string())?;
        PasswordHash::new(&password, self.config.bcrypt_cost).map_err(|error| error.to_string())
    }

    async fn scope(&self, command: ScopeCommand) -> Result<(), String> {
        let context = context();
        match command {
            ScopeCommand::Create { name, description, default, claims } => {
                let claims = claims.split_whitespace().map(str::to_owned).collect();
                let meaning = Meaning { description, is_default: default, claims };
                self.write(move |connection| management::scopes::create(connection, &context, &name, &meaning)).await
            }
            ScopeCommand::List => {
                let catalog = self.store.catalog().await.map_err(|error| error.to_string())?;
                let describe = |scope: &scope::ScopeEntry| json!({ "name": scope.name, "description": scope.description, "default": scope.is_default, "builtin": scope.is_builtin, "claims": scope.claims });
                let items: Vec<Value> = catalog.scopes.iter().map(describe).collect();
                self.list(&items, |scope| vec![text(&scope["name"]), text(&scope["description"])])
            }
            ScopeCommand::Delete { name } => {
                self.write(move |connection| management::scopes::delete(connection, &context, &name)).await
            }
        }
    }

    async fn resource(&self, command: ResourceCommand) -> Result<(), String> {
        let context = context();
        let catalog = self.store.catalog().await.map_err(|error| error.to_string())?;
        match command {
            ResourceCommand::Create { uri, name, scopes, token_format, introspected_by } => {
                let token_format = token_format.as_deref().and_then(TokenFormat::from_wire);
                let new = NewResource { uri, name, scopes, token_format, introspected_by };
                self.write(move |connection| management::resources::create(connection, &context, &new, &catalog.scopes))
                    .await
            }
            ResourceCommand::List => {
                let items: Vec<Value> = catalog
                    .resources
                    .values()
                    .map(|resource| {
                        json!({
                            "uri": resource.uri,
                            "name": resource.name,
                            "scope": resource.scope.as_ref().map(scope::render),
                            "token_format": resource.token_format.map(TokenFormat::as_str),
                            "introspected_by": resource.introspected_by,
                        })
                    })
                    .collect();
                self.list(&items, |resource| vec![text(&resource["uri"]), text(&resource["name"])])
            }
            ResourceCommand::Delete { uri } => {
                self.write(move |connection| management::resources::delete(connection, &context, &uri)).await
            }
        }
    }

    async fn keys(&self, command: KeysCommand) -> Result<(), String> {
        match command {
            KeysCommand::List => {
                let keys = self.read(signing_keys::list).await?;
                let items: Vec<Value> = keys
                    .iter()
                    .map(|(key, _)| {
                        json!({
                            "kid": key.kid,
                            "algorithm": key.algorithm.name(),
                            "state": key.state.name(),
                            "created_at": key.created_at,
                            "activated_at": key.activated_at,
                            "retiring_at": key.retiring_at,
                            "retired_at": key.retired_at,
                        })
                    })
                    .collect();
                self.list(&items, |key| vec![text(&key["kid"]), text(&key["algorithm"]), text(&key["state"])])
            }
            KeysCommand::Rotate { force } => {
                // On a database that has no keys yet this is what the first start would do, and makes the file as well.
                let secret = match self.secret().await? {
                    Some(secret) => secret,
                    None => self.config.secret_key.load().map_err(|error| error.to_string())?,
                };
                let sealing_key = SealingKey::new(&secret.derive(sealed::PURPOSE));
                let context = context();
                jobs::rotate_keys::ensure(&self.store, &sealing_key, context.now)
                    .await
                    .map_err(|error| error.to_string())?;
                let haste = if force { Haste::Emergency } else { Haste::None };
                match jobs::rotate_keys::rotate(&self.store, &sealing_key, context, haste).await {
                    Err(KeyJobError::Refused(error)) => Err(format!("{error} (--force)")),
                    outcome => outcome.map_err(|error| error.to_string()),
                }
            }
        }
    }
}

pub(super) fn text(value: &Value) -> String {
    // A name must not be able to move the cursor of a terminal.
    value.as_str().unwrap_or("-").chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn add_secret(response: &mut Map<String, Value>, secret: Option<String>) {
    if let Some(secret) = secret {
        response.insert("client_secret".into(), secret.into());
        response.insert("client_secret_expires_at".into(), 0.into());
    }
}

fn describe_client(client: &Client, now: Timestamp) -> Value {
    let mut members = registration::response(&client.id, client.created_at, &client.metadata);
    members.insert("enabled".into(), client.is_enabled().into());
    let newest = client.secrets.last();
    let secrets = client.secrets.iter().map(|secret| {
        json!({
            "id": secret.id,
            "hint": secret.unused(newest.filter(|newest| newest.id != secret.id), now).map(hint),
            "created_at": secret.created_at,
            "last_used_at": secret.last_used_at,
            "last_used_address": secret.last_used_address,
            "expires_at": secret.expires_at,
        })
    });
    members.insert("secrets".into(), secrets.collect());
    Value::Object(members)
}

/// Why nobody would miss a secret.
fn hint(unused: Unused) -> &'static str {
    match unused {
        Unused::SinceNewer => "safe to delete: not used since the newer one is",
        Unused::ForLong => "safe to delete: not used for 30 days",
    }
}

/// A JSON object from a file, or from standard input for `-`.
fn read_object(file: &str) -> Result<Map<String, Value>, String> {
    serde_json::from_str(&read_text(file)?).map_err(|error| format!("{file} is no JSON object: {error}"))
}

/// What is in a file, or on standard input for `-`.
pub(super) fn read_text(file: &str) -> Result<String, String> {
    if file != "-" {
        return std::fs::read_to_string(file).map_err(|error| format!("cannot read {file}: {error}"));
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|error| format!("cannot read standard input: {error}"))?;
    Ok(text)
}
