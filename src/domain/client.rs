//! Clients: registered software, and what it was registered with.
//!
//! [`ClientMetadata`] has the members of RFC 7591 §2 under their own names, plus ours; the rules for what may be
//! registered are in [`protocol::registration`](crate::protocol::registration), the same for form, API and command line.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use url::Url;

use crate::clock::{Seconds, Timestamp};
use crate::domain::grant::GrantId;
use crate::domain::redirect_uri::RedirectUri;
use crate::domain::scope::{self, Scope, ScopeCatalog, ScopeList};
use crate::domain::signing_key::Algorithm;
use crate::domain::subject::Sector;
use crate::secret::{Digest, random_id};

/// A new client identifier: readable and unguessable, `c_` and 22 characters.
pub fn generate_client_id() -> String {
    format!("c_{}", random_id())
}

/// The `grant_type` values that a client may be registered for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    AuthorizationCode,
    RefreshToken,
    ClientCredentials,
    /// RFC 8628: for what has no browser of its own.
    #[serde(rename = "urn:ietf:params:oauth:grant-type:device_code")]
    DeviceCode,
}

impl GrantType {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::AuthorizationCode, Self::RefreshToken, Self::ClientCredentials, Self::DeviceCode];

    /// The value on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
            Self::DeviceCode => "urn:ietf:params:oauth:grant-type:device_code",
        }
    }

    /// Whether a person gives what the client gets with it.
    pub const fn asks_users(self) -> bool {
        matches!(self, Self::AuthorizationCode | Self::DeviceCode)
    }

    /// The grant type of a value on the wire.
    pub fn from_wire(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.as_str() == value)
    }
}

impl fmt::Display for GrantType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a client proves who it is at the token endpoint (RFC 7591 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    ClientSecretBasic,
    ClientSecretPost,
    /// RFC 7523: a JWT signed with the client's own key.
    PrivateKeyJwt,
    None,
}

impl AuthMethod {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::ClientSecretBasic, Self::ClientSecretPost, Self::PrivateKeyJwt, Self::None];

    /// The value on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::None => "none",
        }
    }

    /// The method of a value on the wire.
    pub fn from_wire(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.as_str() == value)
    }

    /// Whether it proves the client by a secret that we made.
    pub const fn has_secret(self) -> bool {
        matches!(self, Self::ClientSecretBasic | Self::ClientSecretPost)
    }
}

/// What an access token looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenFormat {
    /// Random; looked up, so that it can be revoked at once.
    #[default]
    Opaque,
    /// A signed JWT (RFC 9068), short-lived.
    Jwt,
}

impl TokenFormat {
    /// The value on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opaque => "opaque",
            Self::Jwt => "jwt",
        }
    }

    /// The format of a value on the wire.
    pub fn from_wire(value: &str) -> Option<Self> {
        [Self::Opaque, Self::Jwt].into_iter().find(|each| each.as_str() == value)
    }
}

/// What `aud` an authentication assertion of a client must have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssertionAudience {
    #[default]
    Issuer,
    TokenEndpoint,
}

/// RFC 7591 `application_type`, from OpenID Connect Registration §2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationType {
    #[default]
    Web,
    Native,
}

impl ApplicationType {
    /// The value on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Native => "native",
        }
    }
}

/// What a client calls its users (OpenID Connect Core §8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectType {
    /// The same `sub` for every client.
    #[default]
    Public,
    /// A `sub` of its own for each sector, so that clients cannot compare notes.
    Pairwise,
}

impl SubjectType {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Public, Self::Pairwise];

    /// The value on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Pairwise => "pairwise",
        }
    }
}

/// What a client was registered with.
#[expect(clippy::struct_excessive_bools, reason = "they are the members of RFC 7591 and its extensions")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientMetadata {
    pub client_name: String,
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    pub grant_types: BTreeSet<GrantType>,
    #[serde(default)]
    pub response_types: Vec<String>,
    /// The scopes it may ask for; without, any scope marked as default.
    #[serde(default, with = "optional_scope", skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    pub token_endpoint_auth_method: AuthMethod,
    #[serde(default)]
    pub application_type: ApplicationType,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo_uri: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_uri: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tos_uri: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<String>,
    /// The client's public keys, by value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks: Option<serde_json::Value>,
    /// Where the client's public keys are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// The one algorithm of its assertions; without, any that we know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_signing_alg: Option<Algorithm>,
    #[serde(default)]
    pub subject_type: SubjectType,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sector_identifier_uri: Option<String>,
    #[serde(default = "rs256")]
    pub id_token_signed_response_alg: Algorithm,
    /// Signs the answers of the userinfo endpoint; without, they are plain JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub userinfo_signed_response_alg: Option<Algorithm>,
    /// Seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_max_age: Option<u32>,
    #[serde(default)]
    pub require_auth_time: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub post_logout_redirect_uris: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_uri: Option<String>,
    #[serde(default)]
    pub backchannel_logout_session_required: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frontchannel_logout_uri: Option<String>,
    #[serde(default)]
    pub frontchannel_logout_session_required: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initiate_login_uri: Option<String>,
    #[serde(default = "yes")]
    pub require_pkce: bool,
    #[serde(default)]
    pub access_token_format: TokenFormat,
    /// Signs its access tokens where they are JWTs, whether by the client's own format or by that of a resource.
    #[serde(default = "es256")]
    pub access_token_signing_alg: Algorithm,
    /// Whether refresh tokens rotate; without, by client type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token_rotation: Option<bool>,
    #[serde(default)]
    pub client_assertion_audience: AssertionAudience,
    #[serde(default)]
    pub skip_consent: bool,
    /// Seconds; without, the server's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token_lifetime: Option<u32>,
    /// Seconds; without, the server's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token_lifetime: Option<u32>,
    /// Seconds; without, the server's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token_lifetime: Option<u32>,
    /// What people read of it, in other languages: `client_name#ko` (OpenID Connect Registration §2.1).
    #[serde(flatten, deserialize_with = "localized")]
    pub localized: BTreeMap<String, String>,
}

/// The members that may be said in several languages.
pub const LOCALIZED: [&str; 5] = ["client_name", "client_uri", "logo_uri", "policy_uri", "tos_uri"];

/// Of the members without a field, those that are said in a language.
fn localized<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    let others = BTreeMap::<String, serde_json::Value>::deserialize(deserializer)?;
    let said = others.into_iter().filter(|(name, _)| name.contains('#'));
    Ok(said.filter_map(|(name, text)| Some((name, text.as_str()?.to_owned()))).collect())
}

impl ClientMetadata {
    /// One of [`LOCALIZED`], when it is said in this language: with its tag, or else for any country (BCP 47).
    pub fn in_language(&self, member: &str, language: &str) -> Option<&str> {
        let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_lowercase();
        let said = self.localized.iter().filter_map(|(name, text)| {
            let (of, tag) = name.split_once('#')?;
            (of == member && primary(tag) == primary(language)).then_some((tag, text.as_str()))
        });
        said.min_by_key(|(tag, _)| !tag.eq_ignore_ascii_case(language)).map(|(_, text)| text)
    }

    /// The host that pairwise subjects are made for: that of the sector identifier, else the one that all redirect URIs
    /// share (OpenID Connect Core §8.1).
    pub fn sector_host(&self) -> Option<String> {
        let host = |uri: &str| Url::parse(uri).ok().and_then(|url| url.host_str().map(str::to_owned));
        if let Some(uri) = &self.sector_identifier_uri {
            return host(uri);
        }
        let mut hosts = self.redirect_uris.iter().map(|uri| host(uri));
        // A user's own machine is no sector: every native app is at home there.
        let first = hosts.next()?.filter(|host| !is_loopback(host))?;
        hosts.all(|each| each.as_ref() == Some(&first)).then_some(first)
    }

    /// Whether pairwise subjects are made for the host of the redirect URIs.
    pub fn has_sector_of_redirect_uris(&self) -> bool {
        self.subject_type == SubjectType::Pairwise && self.sector_identifier_uri.is_none()
    }

    /// Whether somebody must be told when a session ends.
    pub fn listens_to_logout(&self) -> bool {
        self.backchannel_logout_uri.is_some() || self.frontchannel_logout_uri.is_some()
    }
}

impl Sector for ClientMetadata {
    fn sector(&self) -> Option<Cow<'_, str>> {
        (self.subject_type == SubjectType::Pairwise).then(|| self.sector_host().unwrap_or_default().into())
    }
}

fn is_loopback(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}

fn yes() -> bool {
    true
}

/// OpenID Connect Registration §2: what ID tokens are signed with when nobody says.
fn rs256() -> Algorithm {
    Algorithm::Rs256
}

/// What JWT access tokens are signed with when nobody says.
fn es256() -> Algorithm {
    Algorithm::Es256
}

/// Who brought a client here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// An admin: in the console, by the API or by the command line.
    Admin,
    /// The client itself (RFC 7591).
    Registered,
}

impl Origin {
    /// For storage.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Registered => "registered",
        }
    }

    /// Read back from storage; what is not known to come from an admin is not trusted like it.
    pub fn from_stored(text: &str) -> Self {
        if text == "admin" { Self::Admin } else { Self::Registered }
    }
}

/// One of a client's secrets: its digest, never itself.
#[derive(Clone, Debug)]
pub struct ClientSecret {
    pub id: String,
    pub digest: Digest,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    /// From where.
    pub last_used_address: Option<String>,
    pub first_used_at: Option<Timestamp>,
}

/// Why a secret can be deleted without anybody missing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unused {
    /// Since a newer one is in use.
    SinceNewer,
    /// For [`ClientSecret::LONG`].
    ForLong,
}

impl ClientSecret {
    /// Seconds after which a secret that was not used is not missed: 30 days.
    pub const LONG: Seconds = 30 * 24 * 60 * 60;

    /// Whether nobody misses this secret, when there is `newer`: one that was never used is in nobody's hands yet.
    pub fn unused(&self, newer: Option<&Self>, now: Timestamp) -> Option<Unused> {
        let newer = newer.filter(|newer| newer.is_in_service(now))?;
        let used_at = self.last_used_at.unwrap_or(self.created_at);
        if newer.first_used_at.is_some_and(|since| used_at < since) {
            return Some(Unused::SinceNewer);
        }
        (now - used_at >= Self::LONG).then_some(Unused::ForLong)
    }

    /// Whether it still opens anything.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|expires_at| now < expires_at)
    }

    /// Whether the client has proved itself with it, and still can.
    pub fn is_in_service(&self, now: Timestamp) -> bool {
        self.is_live(now) && self.last_used_at.is_some()
    }
}

/// What the console's playground may use in a client's name until then.
#[derive(Clone, Debug)]
pub struct Trial {
    /// An address of our own.
    pub redirect_uri: String,
    /// Of a secret that only this server can compute.
    pub secret: Digest,
    pub expires_at: Timestamp,
}

/// A registered client.
#[derive(Clone, Debug)]
pub struct Client {
    pub id: String,
    pub origin: Origin,
    pub metadata: ClientMetadata,
    /// The registered redirect URIs that may still be used today.
    pub redirect_uris: Vec<RedirectUri>,
    /// The file of the picture that an admin gave it.
    pub logo: Option<String>,
    pub secrets: Vec<ClientSecret>,
    /// Runs of the playground. They leave within a minute of their end.
    pub trials: Vec<Trial>,
    /// Its standing grant for client credentials, when it has used them.
    pub machine_grant: Option<GrantId>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub disabled_at: Option<Timestamp>,
    pub version: i32,
}

/// What decides on a client's grants and tokens: a [`Client`] can say it, and its [`Brief`].
pub trait Holder {
    fn id(&self) -> &str;
    fn is_enabled(&self) -> bool;
    /// Its standing grant for client credentials.
    fn machine_grant(&self) -> Option<GrantId>;
    /// Whether its list of scopes names this one; `None` when it has no list.
    fn lists(&self, scope: &str) -> Option<bool>;
}

impl Holder for Client {
    fn id(&self) -> &str {
        &self.id
    }

    fn is_enabled(&self) -> bool {
        Self::is_enabled(self)
    }

    fn machine_grant(&self) -> Option<GrantId> {
        self.machine_grant
    }

    fn lists(&self, name: &str) -> Option<bool> {
        self.metadata.scope.as_ref().map(|listed| scope::contains(listed, name))
    }
}

/// What has to be known of a client for every one of its tokens that is presented. Mostly it is a fifth of a [`Client`], so very
/// many stay in memory.
#[derive(Clone, Debug)]
pub struct Brief {
    pub id: Box<str>,
    pub name: Box<str>,
    is_enabled: bool,
    machine_grant: Option<GrantId>,
    scope: Option<ScopeList>,
    sector: Option<Box<str>>,
    pub userinfo_signed_response_alg: Option<Algorithm>,
}

impl Brief {
    pub fn of(client: &Client) -> Self {
        Self {
            id: client.id.as_str().into(),
            name: client.name().into(),
            is_enabled: client.is_enabled(),
            machine_grant: client.machine_grant,
            scope: client.metadata.scope.as_ref().map(ScopeList::of),
            sector: client.metadata.sector().map(Into::into),
            userinfo_signed_response_alg: client.metadata.userinfo_signed_response_alg,
        }
    }

    /// The scopes it may ever be given.
    pub fn allowed_scope(&self, catalog: &ScopeCatalog) -> Scope {
        match &self.scope {
            Some(listed) => catalog.known(&listed.scope()),
            None => catalog.defaults(),
        }
    }

    /// Bytes that it takes in memory, about.
    pub fn footprint(&self) -> usize {
        let optional = [self.scope.as_ref().map(ScopeList::as_str), self.sector.as_deref()];
        let texts: usize =
            [&*self.id, &*self.name].into_iter().chain(optional.into_iter().flatten()).map(str::len).sum();
        size_of::<Self>() + texts
    }
}

impl Holder for Brief {
    fn id(&self) -> &str {
        &self.id
    }

    fn is_enabled(&self) -> bool {
        self.is_enabled
    }

    fn machine_grant(&self) -> Option<GrantId> {
        self.machine_grant
    }

    fn lists(&self, name: &str) -> Option<bool> {
        self.scope.as_ref().map(|listed| listed.contains(name))
    }
}

impl Sector for Brief {
    fn sector(&self) -> Option<Cow<'_, str>> {
        self.sector.as_deref().map(Cow::Borrowed)
    }
}

impl Client {
    pub fn name(&self) -> &str {
        &self.metadata.client_name
    }

    pub fn is_enabled(&self) -> bool {
        self.disabled_at.is_none()
    }

    /// Gives back what lists have reserved beyond their members, a third of a usual client: very many are kept in memory.
    pub fn shrink_to_fit(&mut self) {
        self.redirect_uris.shrink_to_fit();
        self.secrets.shrink_to_fit();
        let metadata = &mut self.metadata;
        let texts = [
            &mut metadata.redirect_uris,
            &mut metadata.response_types,
            &mut metadata.post_logout_redirect_uris,
            &mut metadata.contacts,
        ];
        texts.into_iter().for_each(Vec::shrink_to_fit);
    }

    /// RFC 6749 §2.1: a public client cannot keep a secret.
    pub fn is_public(&self) -> bool {
        self.metadata.token_endpoint_auth_method == AuthMethod::None
    }

    /// Whether an authorization response may be sent there.
    pub fn redirects_to(&self, uri: &str) -> bool {
        self.redirect_uris.iter().any(|registered| registered.matches(uri))
            || self.trials.iter().any(|trial| trial.redirect_uri == uri)
    }

    /// The secrets that still open something, the oldest first.
    pub fn live_secrets(&self, now: Timestamp) -> impl Iterator<Item = &ClientSecret> {
        self.secrets.iter().filter(move |secret| secret.is_live(now))
    }

    pub fn may_use(&self, grant_type: GrantType) -> bool {
        self.metadata.grant_types.contains(&grant_type)
    }

    /// Decision: public clients rotate always, confidential ones when an admin asked for it.
    pub fn rotates_refresh_tokens(&self) -> bool {
        // RFC 9700 §4.14.2: a public client has no third option beside rotation and sender-constrained tokens.
        self.is_public() || self.metadata.refresh_token_rotation.unwrap_or(false)
    }

    /// The scopes it may ever be given.
    pub fn allowed_scope(&self, catalog: &ScopeCatalog) -> Scope {
        match &self.metadata.scope {
            Some(scope) => catalog.known(scope),
            None => catalog.defaults(),
        }
    }

    /// The scopes of a request that names none: those marked as default, else all that the client is registered for. What
    /// OpenID Connect defines must be asked for by name.
    pub fn default_scope(&self, catalog: &ScopeCatalog) -> Scope {
        let allowed = scope::without_openid_connect(&self.allowed_scope(catalog));
        let defaults = scope::intersection(&allowed, &catalog.defaults());
        if scope::is_empty(&defaults) { allowed } else { defaults }
    }
}

mod optional_scope {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::domain::scope::{self, Scope};

    #[expect(clippy::ref_option, reason = "serde's signature")]
    pub fn serialize<S: Serializer>(scope: &Option<Scope>, serializer: S) -> Result<S::Ok, S::Error> {
        match scope {
            Some(scope) => serializer.serialize_str(&scope::render(scope)),
            None => serializer.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Scope>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| text.parse().map_err(serde::de::Error::custom)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = 1_800_000_000;
    const DAY: Seconds = 24 * 60 * 60;

    /// Made and last used so many days ago.
    fn secret(age: i64, idle: Option<i64>) -> ClientSecret {
        let used_at = idle.map(|days| NOW - days * DAY);
        ClientSecret {
            id: format!("{age}"),
            digest: Digest::of(&format!("{age}")),
            created_at: NOW - age * DAY,
            expires_at: None,
            last_used_at: used_at,
            last_used_address: None,
            first_used_at: used_at,
        }
    }

    /// A stored client with these members beside its name.
    fn client(members: &serde_json::Value) -> Client {
        let mut stored = serde_json::json!({
            "client_name": "App", "grant_types": [], "token_endpoint_auth_method": "none",
        });
        stored.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        Client {
            id: "c_1".into(),
            origin: Origin::Admin,
            metadata: serde_json::from_value(stored).unwrap(),
            redirect_uris: Vec::new(),
            logo: None,
            secrets: Vec::new(),
            trials: Vec::new(),
            machine_grant: Some(GrantId::from_stored(7)),
            created_at: NOW,
            updated_at: NOW,
            disabled_at: None,
            version: 1,
        }
    }

    #[test]
    fn a_brief_says_what_its_client_says() {
        let entry = |name: &str, is_default| scope::ScopeEntry {
            name: name.to_owned(),
            description: String::new(),
            is_default,
            is_builtin: false,
            claims: Vec::new(),
        };
        let catalog: ScopeCatalog = [entry("read", true), entry("reader", false)].into_iter().collect();
        let sector = serde_json::json!({ "subject_type": "pairwise", "redirect_uris": ["https://app.example/"] });
        let listed = serde_json::json!({ "scope": "gone reader", "userinfo_signed_response_alg": "ES256" });
        let disabled = Client { disabled_at: Some(NOW), machine_grant: None, ..client(&serde_json::json!({})) };
        for whole in [client(&sector), client(&listed), client(&serde_json::json!({ "scope": "" })), disabled] {
            let brief = Brief::of(&whole);
            assert_eq!((&*brief.id, &*brief.name), (whole.id.as_str(), whole.name()));
            assert_eq!((brief.is_enabled(), brief.machine_grant()), (whole.is_enabled(), whole.machine_grant));
            for name in ["read", "reader", "gone", ""] {
                assert_eq!(brief.lists(name), whole.lists(name), "{name} of {brief:?}");
            }
            assert_eq!(brief.allowed_scope(&catalog), whole.allowed_scope(&catalog));
            assert_eq!(brief.sector(), whole.metadata.sector());
            assert_eq!(brief.userinfo_signed_response_alg, whole.metadata.userinfo_signed_response_alg);
        }
    }

    #[test]
    fn what_was_stored_without_algorithms_is_signed_by_the_defaults() {
        let metadata = client(&serde_json::json!({})).metadata;
        assert_eq!(metadata.id_token_signed_response_alg, Algorithm::Rs256);
        assert_eq!(metadata.access_token_signing_alg, Algorithm::Es256);
    }

    #[test]
    fn what_is_said_in_other_languages_is_read_back() {
        let said = client(&serde_json::json!({ "client_name#ko": "앱", "client_uri": "https://app.example/#top" }));
        assert_eq!(said.metadata.localized, BTreeMap::from([("client_name#ko".to_owned(), "앱".to_owned())]));
        let stored = serde_json::to_string(&said.metadata).unwrap();
        assert_eq!(serde_json::from_str::<ClientMetadata>(&stored).unwrap(), said.metadata);
    }

    #[test]
    fn a_secret_is_missed_by_nobody_only_when_a_newer_one_is_in_use() {
        let old = secret(100, Some(50));
        assert_eq!(old.unused(None, NOW), None, "the only one");
        assert_eq!(old.unused(Some(&secret(20, None)), NOW), None, "the newer one is in nobody's hands yet");
        assert_eq!(secret(100, None).unused(Some(&secret(90, None)), NOW), None, "neither was ever used");
        assert_eq!(old.unused(Some(&secret(20, Some(1))), NOW), Some(Unused::SinceNewer));
        let earlier = ClientSecret { first_used_at: Some(NOW - 60 * DAY), ..secret(70, Some(1)) };
        assert_eq!(old.unused(Some(&earlier), NOW), Some(Unused::ForLong));
        assert_eq!(secret(100, Some(2)).unused(Some(&earlier), NOW), None, "both are in use");
        let ended = ClientSecret { expires_at: Some(NOW - 1), ..secret(20, Some(1)) };
        assert_eq!(old.unused(Some(&ended), NOW), None, "the newer one has ended");
    }
}
