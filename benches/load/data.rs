//! The prepared database: as many users, clients and live access tokens as one wants, written in bulk.
//!
//! 1. The server's own commands make the schema, a scope, and the clients that the generator plays.
//! 2. Users, each signed in and with consents remembered, further clients, and one grant for each user and each of these
//!    clients are written by SQL.
//! 3. Access tokens come last, sorted by digest and before their indexes: ten million take minutes. What has gathered in a large
//!    database is written after them ([`history`]).
//!
//! Secrets follow from a number and a seed, so that the generator can draw any of ten million tokens without keeping them, and
//! play any of the clients.
//! What else it must know is a row in a table of the harness's own, `load_manifest`; a database that has one is used as it
//! is.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use actix_web::cookie::{Cookie, CookieJar, Key};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use grantor::clock;
use grantor::config::database_url::DatabaseUrl;
use grantor::config::secret_key::SecretKey;
use grantor::domain::resource_owner::{Password, PasswordHash};
use grantor::secret::{Digest, SecretKind, random_bytes, sha256};
use grantor::store::connection::{AnyConnection, Manager};
use grantor::store::schema::{
    access_tokens, browser_sessions, client_secrets, clients, consents, grants, resource_owners,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::behaviour::Numbers;
use crate::chains::Chains;
use crate::server::{self, Servers};
use crate::{Result, Sizes, history};

pub const REDIRECT_URI: &str = "http://127.0.0.1:7777/callback";
/// Everybody's.
pub const PASSWORD: &str = "four-unrelated-words-of-load";
/// What the prepared access tokens are good for.
pub const SCOPE: &str = "email openid profile secret";
/// Access tokens that one of some busy users makes use of: as many as each has in a small database.
const OF_BUSY: u64 = 10;
/// Rows in one statement.
pub const CHUNK: u64 = 2_000;
/// Far enough away that nothing prepared expires.
pub const YEAR: i64 = 365 * 24 * 60 * 60;
/// Over how many days before the preparation refresh tokens were made.
const REFRESH_DAYS: u64 = 30;

diesel::table! {
    load_manifest (content) {
        content -> Text,
    }
}

/// What the generator knows of a prepared database.
#[derive(Clone, Serialize, Deserialize)]
pub struct Prepared {
    /// In base64, as in `GRANTOR_SECRET_KEY`.
    pub secret_key: String,
    pub users: u64,
    pub clients: u64,
    pub tokens: u64,
    /// Those of the users' grants, rotated ones with them.
    #[serde(default)]
    pub refresh_tokens: u64,
    /// When it was prepared, in milliseconds.
    #[serde(default)]
    made_at: u64,
    pub parts: BTreeMap<String, Credentials>,
    /// Users who do something; all by default.
    #[serde(skip)]
    pub busy: Option<u64>,
    /// Whether machines are any of the bystanders.
    #[serde(skip)]
    pub many_clients: bool,
    /// Where the prepared refresh tokens have led; without, each connection has a chain of its own.
    #[serde(skip)]
    pub chains: Option<Arc<Chains>>,
    #[serde(skip)]
    cookie_key: Option<Key>,
}

/// A client's id and secret.
#[derive(Clone, Serialize, Deserialize)]
pub struct Credentials {
    pub id: String,
    pub secret: String,
}

impl Prepared {
    /// The client that plays this part.
    pub fn client(&self, part: Part) -> &Credentials {
        &self.parts[part.name()]
    }

    pub fn busy_users(&self) -> u64 {
        self.busy.unwrap_or(self.users)
    }

    /// Some user who is busy.
    pub fn draw_user(&self, numbers: &mut Numbers) -> u64 {
        numbers.below(self.busy_users())
    }

    /// Some bystander, of those whose users are busy.
    pub fn draw_client(&self, numbers: &mut Numbers) -> Credentials {
        self.bystander(numbers.below(self.busy.unwrap_or(u64::MAX).min(self.clients)))
    }

    /// The client that this user's prepared grant was given to.
    pub fn client_of(&self, user: u64) -> Credentials {
        self.bystander(user % self.clients)
    }

    fn bystander(&self, client: u64) -> Credentials {
        let secret = secret(&self.secret_key, "client", client);
        Credentials { id: bystander(client), secret: format!("{}{secret}", SecretKind::ClientSecret.prefix()) }
    }

    /// Some access token of theirs.
    pub fn draw_token(&self, numbers: &mut Numbers) -> String {
        let user = self.draw_user(numbers);
        // Theirs are those that leave their number as the rest.
        let all = (self.tokens.saturating_sub(user)).div_ceil(self.users).max(1);
        let each = if self.busy.is_some() { all.min(OF_BUSY) } else { all };
        self.access_token((user + self.users * numbers.below(each)) % self.tokens)
    }

    /// What the session cookie of this user seals.
    fn session_key(&self, user: u64) -> String {
        format!("gbs_{}", secret(&self.secret_key, "session", user))
    }

    /// The token with this number.
    pub fn access_token(&self, number: u64) -> String {
        format!("gat_{}", secret(&self.secret_key, "access token", number))
    }

    /// A refresh token of this user's prepared grant: 0 is alive when it is new, and each other was rotated into the one below.
    pub fn refresh_token(&self, user: u64, age: u64) -> String {
        let random = secret_bytes(&self.secret_key, "refresh token", user * 1_000 + age);
        in_order(SecretKind::RefreshToken, self.refresh_made_at(user), random)
    }

    /// When it was made, in milliseconds.
    pub fn refresh_made_at(&self, user: u64) -> u64 {
        self.made_at(user, self.users, REFRESH_DAYS)
    }

    /// When this one of so many was made, in milliseconds: they are spread over so many days before the preparation.
    pub fn made_at(&self, number: u64, of: u64, days: u64) -> u64 {
        self.made_at - (of - number) * (days * 24 * 60 * 60 * 1_000) / of
    }

    /// The same, but each connection refreshes along a chain of its own.
    pub fn without_chains(&self) -> Arc<Self> {
        Arc::new(Self { chains: None, ..self.clone() })
    }

    /// The cookies of a browser at which this user is signed in, as the server seals them.
    pub fn cookies(&self, user: u64) -> String {
        let mut jar = CookieJar::new();
        let key = self.cookie_key.as_ref().expect("it is derived when the manifest is read");
        jar.private_mut(key).add(Cookie::new("grantor-session", self.session_key(user)));
        let sealed = jar.delta().next().expect("it was just added").encoded().stripped().to_string();
        format!("{sealed}; {}", Self::browser_cookie(user))
    }

    pub fn browser_cookie(number: u64) -> String {
        format!("grantor-browser={}", URL_SAFE_NO_PAD.encode(&sha256(&number.to_be_bytes())[..16]))
    }

    pub fn username(user: u64) -> String {
        format!("load-{user}")
    }

    /// With what is not in the manifest.
    fn complete(mut self, connection: &mut AnyConnection) -> Result<Self> {
        let secret = SecretKey::parse(&self.secret_key).map_err(|error| error.to_string())?;
        self.cookie_key = Some(Key::derive_from(&secret.derive("session cookie")));
        if self.refresh_tokens > 0 {
            let chains = Chains::follow(connection, &self, &secret.derive("refresh token successors"))?;
            self.chains = Some(Arc::new(chains));
        }
        Ok(self)
    }
}

/// The clients that the generator plays.
#[derive(Clone, Copy)]
pub enum Part {
    /// A machine with opaque tokens; a server that introspects.
    Machine,
    /// A machine with signed tokens.
    MachineJwt,
    /// The same, signed as older programs expect it.
    MachineRs256,
    /// A web application that wants a token and no more.
    Web,
    /// A relying party: ID tokens too.
    Relying,
    /// An application whose refresh tokens rotate.
    Rotating,
    /// A program that changes clients.
    Administrator,
    /// What all bystanders are like: an application, and a machine. Itself it does nothing.
    Bystander,
}

impl Part {
    const ALL: [Self; 8] = [
        Self::Machine,
        Self::MachineJwt,
        Self::MachineRs256,
        Self::Web,
        Self::Relying,
        Self::Rotating,
        Self::Administrator,
        Self::Bystander,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Machine => "machine",
            Self::MachineJwt => "machine_jwt",
            Self::MachineRs256 => "machine_rs256",
            Self::Web => "web",
            Self::Relying => "relying",
            Self::Rotating => "rotating",
            Self::Administrator => "administrator",
            Self::Bystander => "bystander",
        }
    }

    fn has_users(self) -> bool {
        matches!(self, Self::Web | Self::Relying | Self::Rotating | Self::Bystander)
    }

    pub fn metadata(self) -> Value {
        let mut metadata = json!({
            "client_name": format!("Load: {}", self.name()),
            "scope": "secret openid profile email",
            "token_endpoint_auth_method": "client_secret_basic",
            "grant_types": if self.has_users() { json!(["authorization_code"]) } else { json!(["client_credentials"]) },
        });
        if self.has_users() {
            metadata["redirect_uris"] = json!([REDIRECT_URI]);
        } else {
            metadata["scope"] = json!("secret");
        }
        match self {
            Self::MachineJwt => metadata["access_token_format"] = json!("jwt"),
            Self::MachineRs256 => {
                metadata["access_token_format"] = json!("jwt");
                metadata["access_token_signing_alg"] = json!("RS256");
            }
            Self::Rotating => {
                metadata["grant_types"] = json!(["authorization_code", "refresh_token"]);
                metadata["refresh_token_rotation"] = json!(true);
            }
            Self::Administrator => metadata["scope"] = json!("grantor.clients:write"),
            Self::Bystander => {
                metadata["grant_types"] = json!(["authorization_code", "refresh_token", "client_credentials"]);
                metadata["refresh_token_rotation"] = json!(true);
            }
            Self::Machine | Self::Web | Self::Relying => {}
        }
        metadata
    }
}

/// 256 bits that follow from a seed, a purpose and a number.
fn secret(seed: &str, purpose: &str, number: u64) -> String {
    URL_SAFE_NO_PAD.encode(secret_bytes(seed, purpose, number))
}

pub fn secret_bytes(seed: &str, purpose: &str, number: u64) -> [u8; 32] {
    let mut bytes = Vec::with_capacity(96);
    bytes.extend_from_slice(seed.as_bytes());
    bytes.extend_from_slice(purpose.as_bytes());
    bytes.extend_from_slice(&number.to_be_bytes());
    sha256(&bytes)
}

/// A secret that begins with its time and says so, as the server's tokens and codes do (`grantor::secret`): what is made at one
/// time, and what succeeds it, lies beside each other.
pub fn in_order(kind: SecretKind, millis: u64, random: [u8; 32]) -> String {
    let mut bytes = [0; 33];
    bytes[..32].copy_from_slice(&random);
    bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
    // The mark is in the two bits that the last of 43 characters has to spare.
    bytes[32] = 1 << 6;
    let mut text = URL_SAFE_NO_PAD.encode(bytes);
    text.truncate(43);
    format!("{}{text}", kind.prefix())
}

/// The grant that a user has given, and after those of the users, that of a bystander by itself. The server's ids begin with the
/// time, so that grants of one time lie beside each other. These lie anywhere: whoever is drawn has theirs at another page.
pub fn grant_id(number: u64) -> i64 {
    i64::from_be_bytes(Numbers::of(number).next().to_be_bytes()) & i64::MAX
}

/// Opens the database with the server's own settings.
pub fn open(url: &str) -> Result<AnyConnection> {
    let mut connection = Manager::new(DatabaseUrl::parse(url)?).open()?;
    if let AnyConnection::Postgres(c) = &mut connection {
        c.batch_execute(
            "SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0",
        )?;
    }
    Ok(connection)
}

/// What the database at `url` holds, if it was prepared before.
fn find(connection: &mut AnyConnection) -> Option<Prepared> {
    let content: String = load_manifest::table.select(load_manifest::content).first(connection).ok()?;
    serde_json::from_str(&content).ok()
}

/// The prepared database at `url`; prepares it when it is new.
pub fn prepare(program: &Path, url: &str, sizes: &Sizes) -> Result<Prepared> {
    let mut connection = open(url)?;
    if let Some(found) = find(&mut connection) {
        if Part::ALL.iter().any(|part| !found.parts.contains_key(part.name())) {
            return Err("an earlier version of this program has prepared the database; prepare a new one".into());
        }
        return found.complete(&mut connection);
    }
    let secret_key = STANDARD.encode(random_bytes::<32>());
    let mut parts = BTreeMap::new();
    let command = |arguments: &[&str]| server::command(program, url, &secret_key, arguments);
    run(command(&["migrate"]), None)?;
    run(command(&["scope", "create", "secret", "--description", "The demonstration route"]), None)?;
    for part in Part::ALL {
        let output = run(command(&["client", "create", "--metadata", "-"]), Some(&part.metadata()))?;
        let answer: Value = serde_json::from_slice(&output)?;
        let member =
            |name: &str| answer[name].as_str().map(ToOwned::to_owned).ok_or_else(|| format!("no {name} in {answer}"));
        parts
            .insert(part.name().to_owned(), Credentials { id: member("client_id")?, secret: member("client_secret")? });
    }
    // The first start makes the signing keys.
    drop(Servers::start(1, program, url, &secret_key, &[], None)?);
    let Sizes { users, clients, tokens, refresh_tokens, .. } = *sizes;
    let prepared = Prepared {
        secret_key,
        users,
        clients,
        tokens,
        refresh_tokens,
        made_at: clock::wall_millis(),
        parts,
        busy: None,
        many_clients: false,
        chains: None,
        cookie_key: None,
    };
    fill_all(&mut connection, &prepared, sizes)?;
    connection.batch_execute("CREATE TABLE load_manifest (content TEXT NOT NULL)")?;
    diesel::insert_into(load_manifest::table)
        .values(load_manifest::content.eq(serde_json::to_string(&prepared)?))
        .execute(&mut connection)?;
    prepared.complete(&mut connection)
}

/// Runs a command of the server to its end; gives its standard output.
fn run(mut command: Command, input: Option<&Value>) -> Result<Vec<u8>> {
    use std::io::Write;
    use std::process::Stdio;
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
        stdin.write_all(input.to_string().as_bytes())?;
    }
    let output = child.wait_with_output()?;
    if output.status.success() { Ok(output.stdout) } else { Err(format!("{command:?}: {}", output.status).into()) }
}

/// Writes rows `0..$count`, each made by `$row`, the fastest way that the database has.
macro_rules! fill {
    ($connection:expr, $table:ident, $count:expr, $row:expr) => {{
        let mut from: u64 = 0;
        while from < $count {
            let to = (from + $crate::data::CHUNK).min($count);
            let rows: Vec<_> = (from..to).map($row).collect();
            match $connection {
                AnyConnection::Sqlite(c) => diesel::insert_into($table::table).values(rows).execute(c)?,
                AnyConnection::Postgres(c) => diesel::copy_from($table::table).from_insertable(rows).execute(c)?,
            };
            from = to;
        }
    }};
}
pub(crate) use fill;

fn fill_all(connection: &mut AnyConnection, prepared: &Prepared, sizes: &Sizes) -> Result<()> {
    let now = clock::Clock::system().now();
    if let AnyConnection::Sqlite(c) = connection {
        // Nobody else is there, and a half-written database is thrown away.
        c.batch_execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000")?;
    }
    connection.transaction(|connection| {
        fill_clients(connection, prepared, now)?;
        fill_users(connection, prepared, now)?;
        fill_grants(connection, prepared, now)?;
        fill_tokens(connection, prepared, now)?;
        history::write(connection, prepared, sizes, now)
    })?;
    match connection {
        AnyConnection::Sqlite(c) => c.batch_execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")?,
        AnyConnection::Postgres(c) => c.batch_execute("VACUUM ANALYZE")?,
    }
    Ok(())
}

pub fn owner_id(user: u64) -> String {
    format!("load{user:018}")
}

pub fn session_id(user: u64) -> String {
    format!("loadsession{user:011}")
}

/// The id of a client that tokens belong to, and that nobody plays unless it is asked for.
fn bystander(client: u64) -> String {
    format!("c_{client:022}")
}

fn fill_clients(connection: &mut AnyConnection, prepared: &Prepared, now: i64) -> Result<()> {
    let like = &prepared.client(Part::Bystander).id;
    let (origin, metadata): (String, String) =
        clients::table.find(like).select((clients::origin, clients::metadata)).first(connection)?;
    fill!(connection, clients, prepared.clients, |client| (
        clients::id.eq(bystander(client)),
        clients::name.eq(format!("Bystander {client}")),
        clients::name_key.eq(format!("bystander {client}")),
        clients::origin.eq(&origin),
        clients::metadata.eq(&metadata),
        clients::created_at.eq(now),
        clients::updated_at.eq(now),
        clients::version.eq(1),
    ));
    fill!(connection, client_secrets, prepared.clients, |client| (
        client_secrets::id.eq(bystander(client)),
        client_secrets::client_id.eq(bystander(client)),
        client_secrets::digest.eq(Digest::of(&prepared.bystander(client).secret).as_bytes().to_vec()),
        client_secrets::created_at.eq(now),
    ));
    Ok(())
}

fn fill_users(connection: &mut AnyConnection, prepared: &Prepared, now: i64) -> Result<()> {
    const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    let password = Password::typed(PASSWORD).ok_or("the password is too long")?;
    let hash = PasswordHash::new(&password, server::BCRYPT_COST)?;
    fill!(connection, resource_owners, prepared.users, |user| (
        resource_owners::id.eq(owner_id(user)),
        resource_owners::username.eq(Prepared::username(user)),
        resource_owners::username_key.eq(Prepared::username(user)),
        resource_owners::email.eq(format!("load-{user}@example.com")),
        resource_owners::email_key.eq(format!("load-{user}@example.com")),
        resource_owners::name.eq(format!("User Number {user}")),
        resource_owners::name_key.eq(format!("user number {user}")),
        resource_owners::password_hash.eq(hash.as_str()),
        resource_owners::role.eq("user"),
        resource_owners::claims.eq("{\"email_verified\":true}"),
        resource_owners::created_at.eq(now),
        resource_owners::updated_at.eq(now),
        resource_owners::version.eq(1),
    ));
    fill!(connection, browser_sessions, prepared.users, |user| {
        // actix-session keeps every value as JSON of its own.
        let state = json!({
            "owner": json!(owner_id(user)).to_string(),
            "auth_time": now.to_string(),
            "id": json!(session_id(user)).to_string(),
            "user_agent": json!(BROWSER).to_string(),
            "address": json!("127.0.0.1").to_string(),
        });
        (
            browser_sessions::digest.eq(Digest::of(&prepared.session_key(user)).as_bytes().to_vec()),
            browser_sessions::id.eq(session_id(user)),
            browser_sessions::resource_owner_id.eq(owner_id(user)),
            browser_sessions::state.eq(state.to_string()),
            browser_sessions::user_agent.eq(BROWSER),
            browser_sessions::address.eq("127.0.0.1"),
            browser_sessions::created_at.eq(now),
            browser_sessions::last_seen_at.eq(now),
            browser_sessions::idle_expires_at.eq(now + YEAR),
            browser_sessions::expires_at.eq(now + YEAR),
        )
    });
    Ok(())
}

/// What users have allowed: the clients that the generator plays, and one bystander each. And what each bystander has of its
/// own: with its first token a server would make that, and forget what it keeps in memory.
fn fill_grants(connection: &mut AnyConnection, prepared: &Prepared, now: i64) -> Result<()> {
    for part in [Part::Web, Part::Relying, Part::Rotating] {
        fill!(connection, consents, prepared.users, |user| (
            consents::resource_owner_id.eq(owner_id(user)),
            consents::client_id.eq(&prepared.client(part).id),
            consents::scope.eq(SCOPE),
            consents::created_at.eq(now),
            consents::updated_at.eq(now),
        ));
    }
    fill!(connection, grants, prepared.users, |user| (
        grants::id.eq(grant_id(user)),
        grants::client_id.eq(bystander(user % prepared.clients)),
        grants::resource_owner_id.eq(owner_id(user)),
        grants::session_id.eq(session_id(user)),
        grants::scope.eq(SCOPE),
        grants::facts.eq(format!("{{\"auth_time\":{now}}}")),
        grants::created_at.eq(now),
        grants::last_used_at.eq(now),
        grants::expires_at.eq(now + YEAR),
    ));
    fill!(connection, grants, prepared.clients, |client| (
        grants::id.eq(grant_id(prepared.users + client)),
        grants::client_id.eq(bystander(client)),
        grants::scope.eq(""),
        grants::facts.eq("{}"),
        grants::created_at.eq(now),
        grants::last_used_at.eq(now),
    ));
    Ok(())
}

/// In the order of the primary key: a row at a random place costs a page each.
fn fill_tokens(connection: &mut AnyConnection, prepared: &Prepared, now: i64) -> Result<()> {
    let mut order: Vec<(Vec<u8>, u64)> = (0..prepared.tokens)
        .map(|number| (Digest::of(&prepared.access_token(number)).as_bytes().to_vec(), number))
        .collect();
    order.sort_unstable();
    without_indexes(connection, "access_tokens", |connection| {
        fill!(connection, access_tokens, prepared.tokens, |place| {
            let (digest, number) = &order[usize::try_from(place).expect("they are in memory")];
            (
                access_tokens::digest.eq(digest.clone()),
                access_tokens::grant_id.eq(grant_id(number % prepared.users)),
                access_tokens::scope.eq(SCOPE),
                access_tokens::created_at.eq(now),
                // Not all in one second.
                access_tokens::expires_at.eq(now + YEAR - i64::try_from(number % 86_400).unwrap_or_default()),
            )
        });
        drop(order);
        Ok(())
    })
}

/// Fills a table that has no rows to speak of, and makes its indexes afterwards, but for that of its primary key.
pub fn without_indexes(
    connection: &mut AnyConnection,
    table: &str,
    fill: impl FnOnce(&mut AnyConnection) -> Result<()>,
) -> Result<()> {
    let indexes = indexes_of(connection, table)?;
    for Index { name, .. } in &indexes {
        connection.batch_execute(&format!("DROP INDEX {name}"))?;
    }
    fill(connection)?;
    for Index { sql, .. } in &indexes {
        connection.batch_execute(sql)?;
    }
    Ok(())
}

#[derive(QueryableByName)]
struct Index {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    sql: String,
}

/// The indexes of a table beside that of its primary key.
fn indexes_of(connection: &mut AnyConnection, table: &str) -> QueryResult<Vec<Index>> {
    match connection {
        AnyConnection::Sqlite(c) => diesel::sql_query(format!(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = '{table}' AND sql IS NOT NULL"
        ))
        .load(c),
        AnyConnection::Postgres(c) => diesel::sql_query(format!(
            "SELECT indexname::text AS name, indexdef AS sql FROM pg_indexes
             WHERE tablename = '{table}' AND schemaname = current_schema() AND indexname NOT LIKE '%_pkey'"
        ))
        .load(c),
    }
}
