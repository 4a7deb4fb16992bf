//! The security review of a client: its registration and its traffic against RFC 9700, OAuth 2.1 and RFC 8252.
//!
//! Each rule looks at one thing, says where it is demanded, and names what would mend it where a change of the registration
//! can. What a client never uses is said only after it was watched for long enough ([`WATCHED`]), and never because nobody
//! looked.

use crate::clock::{Seconds, Timestamp};
use crate::domain::client::{ApplicationType, Client, GrantType, Origin};
use crate::domain::client_traffic::{Kind, Usage};
use crate::domain::redirect_uri::RedirectUri;
use crate::domain::scope::{self, OFFLINE_ACCESS, OPENID, ScopeCatalog};
use crate::protocol::check::Clause;

const DAY: Seconds = 24 * 60 * 60;
/// How long a client must have been watched before something counts as unused.
pub const WATCHED: Seconds = 90 * DAY;
/// Requests after which "all of them" says something.
const ENOUGH: i64 = 20;
/// Days after which a secret is old.
const OLD_SECRET: Seconds = 365 * DAY;
/// How long two secrets are a rollout and not an oversight.
const ROLLOUT: Seconds = 14 * DAY;
/// How long a new client may take to be used.
const SETTLING: Seconds = 30 * DAY;
/// After which a client that was used once counts as forgotten.
const FORGOTTEN: Seconds = 180 * DAY;
const LONG_ACCESS_TOKEN: Seconds = DAY;
const LONG_REFRESH_TOKEN: Seconds = 180 * DAY;
/// Scopes of this server's own management.
const MANAGEMENT: &str = "grantor.";

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// A hint; the registration is no worse for it.
    Hint,
    Low,
    Medium,
    High,
}

impl Severity {
    /// What it takes off the score.
    const fn weight(self) -> u32 {
        match self {
            Self::Hint => 0,
            Self::Low => 5,
            Self::Medium => 12,
            Self::High => 30,
        }
    }
}

/// What a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// A public client that nobody is asked about.
    ConsentSkipped,
    /// Management scopes with a client that cannot prove who it is.
    PublicManagement,
    /// It may do without PKCE, and never did.
    PkceOptional,
    /// It does without PKCE.
    PkceUnused,
    /// Addresses of a developer's machine beside those of production.
    LoopbackMixed,
    /// `localhost`, which may lead elsewhere than the loopback interface.
    Localhost,
    /// A scheme that any app can claim, for what is no native app.
    PrivateScheme,
    RedirectUrisUnused,
    ScopesUnused,
    GrantTypesUnused,
    SecretUnused,
    TwoSecrets,
    SecretOld,
    SecretInBody,
    SecretAndNoKey,
    AccessTokenLong,
    RefreshTokenLong,
    AnyDefaultScope,
    ClientUnused,
}

/// Declares each rule's name in paths and its clause.
const fn rule(rule: Rule) -> (&'static str, &'static str, &'static str) {
    match rule {
        Rule::ConsentSkipped => ("consent-skipped", "RFC 8252", "8.6"),
        Rule::PublicManagement => ("public-management", "RFC 9700", "2.3"),
        Rule::PkceOptional => ("pkce-optional", "RFC 9700", "2.1.1"),
        Rule::PkceUnused => ("pkce-unused", "RFC 9700", "2.1.1"),
        Rule::LoopbackMixed => ("loopback-mixed", "RFC 9700", "2.1"),
        Rule::Localhost => ("localhost", "RFC 8252", "8.3"),
        Rule::PrivateScheme => ("private-scheme", "RFC 8252", "7.2"),
        Rule::RedirectUrisUnused => ("redirect-uris-unused", "RFC 9700", "4.1.3"),
        Rule::ScopesUnused => ("scopes-unused", "RFC 9700", "2.3"),
        Rule::GrantTypesUnused => ("grant-types-unused", "RFC 9700", "2.3"),
        Rule::SecretUnused => ("secret-unused", "RFC 9700", "2.5"),
        Rule::TwoSecrets => ("two-secrets", "RFC 9700", "2.5"),
        Rule::SecretOld => ("secret-old", "RFC 9700", "2.5"),
        Rule::SecretInBody => ("secret-in-body", "RFC 6749", "2.3.1"),
        Rule::SecretAndNoKey => ("secret-and-no-key", "RFC 9700", "2.5"),
        Rule::AccessTokenLong => ("access-token-long", "RFC 9700", "2.2.1"),
        Rule::RefreshTokenLong => ("refresh-token-long", "RFC 9700", "2.2.2"),
        Rule::AnyDefaultScope => ("any-default-scope", "RFC 9700", "2.3"),
        Rule::ClientUnused => ("client-unused", "RFC 9700", "2.3"),
    }
}

impl Rule {
    const ALL: [Self; 19] = [
        Self::ConsentSkipped,
        Self::PublicManagement,
        Self::PkceOptional,
        Self::PkceUnused,
        Self::LoopbackMixed,
        Self::Localhost,
        Self::PrivateScheme,
        Self::RedirectUrisUnused,
        Self::ScopesUnused,
        Self::GrantTypesUnused,
        Self::SecretUnused,
        Self::TwoSecrets,
        Self::SecretOld,
        Self::SecretInBody,
        Self::SecretAndNoKey,
        Self::AccessTokenLong,
        Self::RefreshTokenLong,
        Self::AnyDefaultScope,
        Self::ClientUnused,
    ];

    /// For paths.
    pub const fn as_str(self) -> &'static str {
        rule(self).0
    }

    pub fn from_path(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.as_str() == text)
    }

    /// Where it is demanded or advised.
    pub const fn clause(self) -> Clause {
        let (_, document, section) = rule(self);
        Clause::of_rfc(document, section)
    }
}

/// What would mend a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mend {
    AskForConsent,
    RequirePkce,
    RemoveRedirectUris(Vec<String>),
    RemoveScopes(Vec<String>),
    RemoveGrantTypes(Vec<GrantType>),
    UseDefaultAccessTokenLifetime,
    UseDefaultRefreshTokenLifetime,
    /// By the id of the secret.
    DeleteSecret(String),
    RotateSecret,
    Disable,
}

/// Something that could be better.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub rule: Rule,
    pub severity: Severity,
    /// What it is about: redirect URIs, scopes, grant types.
    pub about: Vec<String>,
    /// How often it was seen, or how many seconds it is.
    pub number: i64,
    /// Since when.
    pub since: Option<Timestamp>,
    pub mend: Option<Mend>,
}

/// What is known of a client.
#[derive(Clone, Copy, Debug)]
pub struct Observed<'a> {
    pub client: &'a Client,
    pub scopes: &'a ScopeCatalog,
    pub usage: &'a [Usage],
    pub last_used: Option<Timestamp>,
    pub now: Timestamp,
}

/// What a review comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// 0 to 100.
    pub score: u32,
    /// What matters most first.
    pub findings: Vec<Finding>,
}

/// Reviews a client.
pub fn review(observed: &Observed<'_>) -> Review {
    let mut findings: Vec<Finding> = [
        observed.consent(),
        observed.public_management(),
        observed.pkce(),
        observed.loopback(),
        observed.localhost(),
        observed.private_scheme(),
        observed.redirect_uris(),
        observed.scopes(),
        observed.grant_types(),
        observed.two_secrets(),
        observed.secret_unused(),
        observed.secret_age(),
        observed.secret_in_body(),
        observed.no_key(),
        observed.access_token(),
        observed.refresh_token(),
        observed.default_scope(),
        observed.unused(),
    ]
    .into_iter()
    .flatten()
    .collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let lost: u32 = findings.iter().map(|finding| finding.severity.weight()).sum();
    Review { score: 100_u32.saturating_sub(lost), findings }
}

impl Finding {
    fn new(rule: Rule, severity: Severity) -> Self {
        Self { rule, severity, about: Vec::new(), number: 0, since: None, mend: None }
    }

    fn about(self, about: Vec<String>) -> Self {
        Self { about, ..self }
    }

    fn number(self, number: i64) -> Self {
        Self { number, ..self }
    }

    fn since(self, since: Timestamp) -> Self {
        Self { since: Some(since), ..self }
    }

    fn mended_by(self, mend: Mend) -> Self {
        Self { mend: Some(mend), ..self }
    }
}

impl Observed<'_> {
    fn used(&self, kind: Kind) -> impl Iterator<Item = &Usage> {
        self.usage.iter().filter(move |usage| usage.kind == kind)
    }

    fn find(&self, kind: Kind, name: &str) -> Option<&Usage> {
        self.used(kind).find(|usage| usage.name == name)
    }

    /// Whether it was used lately.
    fn is_recent(&self, usage: &Usage) -> bool {
        self.now - usage.last_at < WATCHED
    }

    /// Those of `registered` that were not used, once things of this kind were watched for long enough.
    fn idle<'a>(&self, kind: Kind, registered: impl IntoIterator<Item = &'a str>) -> Vec<String> {
        let is_watched = self.used(kind).map(|usage| usage.first_at).min().is_some_and(|at| self.now - at >= WATCHED);
        let is_unused = |name: &&str| !self.find(kind, name).is_some_and(|usage| self.is_recent(usage));
        let unused = registered.into_iter().filter(is_unused).map(str::to_owned);
        if is_watched { unused.collect() } else { Vec::new() }
    }

    /// RFC 8252 §8.6: anybody can pose as a public client, so a person has to look.
    fn consent(&self) -> Option<Finding> {
        let is_blind = self.client.metadata.skip_consent && self.client.is_public();
        is_blind.then(|| Finding::new(Rule::ConsentSkipped, Severity::High).mended_by(Mend::AskForConsent))
    }

    fn public_management(&self) -> Option<Finding> {
        let allowed = self.client.allowed_scope(self.scopes);
        let names = scope::names(&allowed);
        let ours: Vec<String> =
            names.iter().filter(|name| name.starts_with(MANAGEMENT)).map(|name| (*name).to_owned()).collect();
        let is_open = self.client.is_public() && !ours.is_empty();
        let is_some_left = ours.len() < names.len();
        is_open.then(|| {
            let finding = Finding::new(Rule::PublicManagement, Severity::High).about(ours.clone());
            match (is_some_left, self.client.is_enabled()) {
                (true, _) => finding.mended_by(Mend::RemoveScopes(ours)),
                // Without any scope of its own it could ask for every default one.
                (false, true) => finding.mended_by(Mend::Disable),
                (false, false) => finding,
            }
        })
    }

    fn pkce(&self) -> Option<Finding> {
        if self.client.metadata.require_pkce || !self.client.may_use(GrantType::AuthorizationCode) {
            return None;
        }
        let without = self.find(Kind::Pkce, "none").filter(|usage| self.is_recent(usage));
        let with = self.find(Kind::Pkce, "S256");
        Some(match (without, with) {
            (Some(without), _) => {
                Finding::new(Rule::PkceUnused, Severity::High).number(without.count).since(without.last_at)
            }
            (None, Some(with)) if with.count >= ENOUGH => Finding::new(Rule::PkceOptional, Severity::Medium)
                .number(with.count)
                .since(with.first_at)
                .mended_by(Mend::RequirePkce),
            _ => Finding::new(Rule::PkceOptional, Severity::Medium).mended_by(Mend::RequirePkce),
        })
    }

    fn loopback(&self) -> Option<Finding> {
        let uris = &self.client.redirect_uris;
        let local: Vec<String> = uris.iter().filter(|uri| is_local(uri)).map(|uri| uri.as_str().to_owned()).collect();
        let is_mixed = !local.is_empty() && uris.iter().any(RedirectUri::is_https);
        is_mixed.then(|| {
            Finding::new(Rule::LoopbackMixed, Severity::Medium)
                .about(local.clone())
                .mended_by(Mend::RemoveRedirectUris(local))
        })
    }

    /// Told once: where they are mixed with production, they are to go anyway.
    fn localhost(&self) -> Option<Finding> {
        let uris = &self.client.redirect_uris;
        let named: Vec<String> = uris
            .iter()
            .map(RedirectUri::as_str)
            .filter(|uri| uri.starts_with("http://localhost"))
            .map(str::to_owned)
            .collect();
        let is_alone = !named.is_empty() && !uris.iter().any(RedirectUri::is_https);
        is_alone.then(|| Finding::new(Rule::Localhost, Severity::Low).about(named))
    }

    fn private_scheme(&self) -> Option<Finding> {
        let is_web = self.client.metadata.application_type == ApplicationType::Web;
        let uris = self.client.redirect_uris.iter().map(RedirectUri::as_str);
        let private: Vec<String> = uris.filter(|uri| !uri.starts_with("http")).map(str::to_owned).collect();
        let is_odd = is_web && !self.client.is_public() && !private.is_empty();
        is_odd.then(|| Finding::new(Rule::PrivateScheme, Severity::Medium).about(private))
    }

    fn redirect_uris(&self) -> Option<Finding> {
        let registered = self.client.redirect_uris.iter().filter(|uri| !is_local(uri)).map(RedirectUri::as_str);
        let unused = self.idle(Kind::RedirectUri, registered);
        // The last one is not taken away.
        let is_some_left = unused.len() < self.client.redirect_uris.len();
        (!unused.is_empty() && is_some_left).then(|| {
            Finding::new(Rule::RedirectUrisUnused, Severity::Low)
                .about(unused.clone())
                .mended_by(Mend::RemoveRedirectUris(unused))
        })
    }

    fn scopes(&self) -> Option<Finding> {
        let registered = self.client.metadata.scope.as_ref()?;
        let names = scope::names(registered);
        let unused =
            self.idle(Kind::Scope, names.iter().copied().filter(|name| ![OPENID, OFFLINE_ACCESS].contains(name)));
        let severity =
            if unused.iter().any(|name| name.starts_with(MANAGEMENT)) { Severity::Medium } else { Severity::Low };
        let is_some_left = unused.len() < names.len();
        (!unused.is_empty() && is_some_left).then(|| {
            Finding::new(Rule::ScopesUnused, severity).about(unused.clone()).mended_by(Mend::RemoveScopes(unused))
        })
    }

    fn grant_types(&self) -> Option<Finding> {
        let registered = &self.client.metadata.grant_types;
        let idle = self.idle(Kind::GrantType, registered.iter().map(|each| each.as_str()));
        let mut unused: Vec<GrantType> = idle.iter().filter_map(|name| GrantType::from_wire(name)).collect();
        // Refresh tokens that are in use came by a grant type that asks users.
        let is_refreshed = self.client.may_use(GrantType::RefreshToken) && !unused.contains(&GrantType::RefreshToken);
        // With the redirect URIs the host would go that the client's own ids of users are made for.
        let needs_redirect_uris = self.client.metadata.has_sector_of_redirect_uris();
        unused.retain(|each| {
            let is_needed = *each == GrantType::AuthorizationCode && needs_redirect_uris;
            !(is_needed || is_refreshed && each.asks_users())
        });
        let is_some_left = unused.len() < registered.len();
        (!unused.is_empty() && is_some_left).then(|| {
            Finding::new(Rule::GrantTypesUnused, Severity::Low)
                .about(unused.iter().map(ToString::to_string).collect())
                .mended_by(Mend::RemoveGrantTypes(unused))
        })
    }

    fn live_secrets(&self) -> Vec<&crate::domain::client::ClientSecret> {
        let takes_secrets = self.client.metadata.token_endpoint_auth_method.has_secret();
        self.client.secrets.iter().filter(|secret| takes_secrets && secret.is_live(self.now)).collect()
    }

    fn two_secrets(&self) -> Option<Finding> {
        let live = self.live_secrets();
        let (older, newest) = (live.first()?, live.last()?);
        let is_overdue = older.id != newest.id && self.now - newest.created_at > ROLLOUT;
        is_overdue.then(|| {
            let finding = Finding::new(Rule::TwoSecrets, Severity::Medium).since(newest.created_at);
            // Who still uses the older one would be locked out, and so would everybody who has not got the newer one yet.
            let is_idle = older.last_used_at.is_none_or(|at| self.now - at > ROLLOUT);
            let is_replaced = newest.is_in_service(self.now);
            if is_idle && is_replaced { finding.mended_by(Mend::DeleteSecret(older.id.clone())) } else { finding }
        })
    }

    /// Of a client that is used otherwise; one that is not used at all is told as such.
    fn secret_unused(&self) -> Option<Finding> {
        let live = self.live_secrets();
        let idle_since =
            |secret: &crate::domain::client::ClientSecret| secret.last_used_at.unwrap_or(secret.created_at);
        let [only] = live.as_slice() else { return None };
        let is_idle = self.now - idle_since(only) > WATCHED && self.last_used.is_some_and(|at| at > idle_since(only));
        is_idle.then(|| {
            Finding::new(Rule::SecretUnused, Severity::Medium).since(idle_since(only)).mended_by(Mend::RotateSecret)
        })
    }

    fn secret_age(&self) -> Option<Finding> {
        let newest = *self.live_secrets().last()?;
        let is_old = self.now - newest.created_at > OLD_SECRET;
        is_old.then(|| {
            Finding::new(Rule::SecretOld, Severity::Low).since(newest.created_at).mended_by(Mend::RotateSecret)
        })
    }

    fn secret_in_body(&self) -> Option<Finding> {
        let post = self.find(Kind::AuthMethod, "client_secret_post").filter(|usage| self.is_recent(usage))?;
        Some(Finding::new(Rule::SecretInBody, Severity::Low).number(post.count).since(post.last_at))
    }

    fn no_key(&self) -> Option<Finding> {
        let has_secret = self.client.metadata.token_endpoint_auth_method.has_secret();
        has_secret.then(|| Finding::new(Rule::SecretAndNoKey, Severity::Hint))
    }

    fn access_token(&self) -> Option<Finding> {
        let lifetime = self.client.metadata.access_token_lifetime.map(Seconds::from)?;
        (lifetime > LONG_ACCESS_TOKEN).then(|| {
            Finding::new(Rule::AccessTokenLong, Severity::Medium)
                .number(lifetime)
                .mended_by(Mend::UseDefaultAccessTokenLifetime)
        })
    }

    fn refresh_token(&self) -> Option<Finding> {
        let lifetime = self.client.metadata.refresh_token_lifetime.map(Seconds::from)?;
        let is_long = lifetime > LONG_REFRESH_TOKEN && self.client.may_use(GrantType::RefreshToken);
        is_long.then(|| {
            Finding::new(Rule::RefreshTokenLong, Severity::Low)
                .number(lifetime)
                .mended_by(Mend::UseDefaultRefreshTokenLifetime)
        })
    }

    /// A client that registered itself cannot be given scopes by name.
    fn default_scope(&self) -> Option<Finding> {
        let is_any = self.client.metadata.scope.is_none() && self.client.origin == Origin::Admin;
        let defaults = scope::names(&self.scopes.defaults()).into_iter().map(str::to_owned).collect::<Vec<_>>();
        (is_any && !defaults.is_empty()).then(|| Finding::new(Rule::AnyDefaultScope, Severity::Hint).about(defaults))
    }

    fn unused_since(&self) -> Option<Timestamp> {
        match self.last_used {
            None => Some(self.client.created_at).filter(|at| self.now - at > SETTLING),
            Some(at) => Some(at).filter(|at| self.now - at > FORGOTTEN),
        }
    }

    fn unused(&self) -> Option<Finding> {
        let since = self.unused_since().filter(|_| self.client.is_enabled())?;
        Some(Finding::new(Rule::ClientUnused, Severity::Medium).since(since).mended_by(Mend::Disable))
    }
}

fn is_local(uri: &RedirectUri) -> bool {
    uri.is_loopback() || uri.as_str().starts_with("http://localhost")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::client::ClientSecret;
    use crate::domain::scope::ScopeEntry;
    use crate::secret::Digest;

    const NOW: Timestamp = 1_800_000_000;
    const CALLBACK: &str = "https://rp.example/cb";

    fn client(further: Value) -> Client {
        let mut metadata = json!({
            "client_name": "Web", "redirect_uris": [CALLBACK], "grant_types": ["authorization_code", "refresh_token"],
            "scope": "openid reports exports", "token_endpoint_auth_method": "private_key_jwt",
        });
        let Value::Object(further) = further else { panic!("metadata is an object") };
        for (name, value) in further {
            metadata[name] = value;
        }
        let metadata: crate::domain::client::ClientMetadata = serde_json::from_value(metadata).unwrap();
        Client {
            id: "c".into(),
            origin: Origin::Admin,
            redirect_uris: metadata.redirect_uris.iter().map(|uri| RedirectUri::parse(uri).unwrap()).collect(),
            metadata,
            secrets: Vec::new(),
            logo: None,
            trials: Vec::new(),
            machine_grant: None,
            created_at: NOW - 400 * DAY,
            updated_at: NOW,
            disabled_at: None,
            version: 1,
        }
    }

    fn secret(id: &str, age: i64, idle: Option<i64>) -> ClientSecret {
        ClientSecret {
            id: id.into(),
            digest: Digest::of(id),
            created_at: NOW - age * DAY,
            expires_at: None,
            last_used_at: idle.map(|days| NOW - days * DAY),
            last_used_address: None,
            first_used_at: None,
        }
    }

    fn usage(kind: Kind, name: &str, count: i64, first: i64, last: i64) -> Usage {
        Usage { kind, name: name.into(), count, first_at: NOW - first * DAY, last_at: NOW - last * DAY }
    }

    fn catalog() -> ScopeCatalog {
        ["openid", "reports", "exports", "grantor.users:write"]
            .map(|name| ScopeEntry {
                name: name.into(),
                description: String::new(),
                is_default: false,
                is_builtin: false,
                claims: Vec::new(),
            })
            .into_iter()
            .collect()
    }

    fn reviewed(client: &Client, usage: &[Usage]) -> Review {
        review(&Observed { client, scopes: &catalog(), usage, last_used: Some(NOW - DAY), now: NOW })
    }

    fn rules(client: &Client, usage: &[Usage]) -> Vec<Rule> {
        reviewed(client, usage).findings.iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn a_client_with_a_key_and_nothing_too_wide_has_the_full_score() {
        assert_eq!(reviewed(&client(json!({})), &[]), Review { score: 100, findings: Vec::new() });
    }

    #[test]
    fn what_the_registration_alone_shows_is_found() {
        for (further, rule) in [
            (json!({ "skip_consent": true, "token_endpoint_auth_method": "none" }), Rule::ConsentSkipped),
            (json!({ "scope": "grantor.users:write", "token_endpoint_auth_method": "none" }), Rule::PublicManagement),
            (json!({ "require_pkce": false }), Rule::PkceOptional),
            (json!({ "redirect_uris": [CALLBACK, "http://127.0.0.1/cb"] }), Rule::LoopbackMixed),
            (json!({ "redirect_uris": [CALLBACK, "http://localhost:3000/cb"] }), Rule::LoopbackMixed),
            (json!({ "redirect_uris": ["http://localhost:3000/cb"] }), Rule::Localhost),
            (json!({ "redirect_uris": ["com.example.app:/cb"] }), Rule::PrivateScheme),
            (json!({ "token_endpoint_auth_method": "client_secret_basic" }), Rule::SecretAndNoKey),
            (json!({ "access_token_lifetime": 100_000 }), Rule::AccessTokenLong),
            (json!({ "refresh_token_lifetime": 20_000_000 }), Rule::RefreshTokenLong),
        ] {
            assert_eq!(rules(&client(further.clone()), &[]), [rule], "{further}");
        }
    }

    #[test]
    fn pkce_is_judged_by_what_the_client_does() {
        let client = client(json!({ "require_pkce": false }));
        let finding = |usage: &[Usage]| reviewed(&client, usage).findings.remove(0);
        let all = finding(&[usage(Kind::Pkce, "S256", 1000, 30, 0)]);
        assert_eq!((all.rule, all.number, all.mend), (Rule::PkceOptional, 1000, Some(Mend::RequirePkce)));
        let some = finding(&[usage(Kind::Pkce, "S256", 1000, 30, 0), usage(Kind::Pkce, "none", 3, 30, 1)]);
        assert_eq!((some.rule, some.number, some.mend), (Rule::PkceUnused, 3, None), "it would be locked out");
        let long_ago = finding(&[usage(Kind::Pkce, "S256", 1000, 300, 0), usage(Kind::Pkce, "none", 3, 300, 100)]);
        assert_eq!((long_ago.rule, long_ago.number), (Rule::PkceOptional, 1000));
    }

    #[test]
    fn what_is_not_used_is_told_only_after_it_was_watched() {
        let client = client(json!({ "redirect_uris": [CALLBACK, "https://rp.example/old"] }));
        let seen = |since: i64| {
            [
                usage(Kind::Scope, "reports", 50, since, 0),
                usage(Kind::RedirectUri, CALLBACK, 50, since, 0),
                usage(Kind::GrantType, "authorization_code", 50, since, 0),
            ]
        };
        assert_eq!(rules(&client, &seen(89)), [], "too early to tell");
        let found = reviewed(&client, &seen(91)).findings;
        let about: Vec<_> = found.iter().map(|finding| (finding.rule, finding.about.join(" "))).collect();
        let expected = [
            (Rule::RedirectUrisUnused, "https://rp.example/old".to_owned()),
            (Rule::ScopesUnused, "exports".to_owned()),
            (Rule::GrantTypesUnused, "refresh_token".to_owned()),
        ];
        assert_eq!(about, expected);
    }

    #[test]
    fn management_scopes_are_removed_while_others_are_left() {
        let mend = |scope: &str| {
            let client = client(json!({ "scope": scope, "token_endpoint_auth_method": "none" }));
            reviewed(&client, &[]).findings.remove(0).mend
        };
        let ours = vec!["grantor.users:write".to_owned()];
        assert_eq!(mend("grantor.users:write reports"), Some(Mend::RemoveScopes(ours)));
        assert_eq!(mend("grantor.users:write"), Some(Mend::Disable), "no scope at all would mean every default one");
        let mut disabled = client(json!({ "scope": "grantor.users:write", "token_endpoint_auth_method": "none" }));
        disabled.disabled_at = Some(NOW);
        assert_eq!(reviewed(&disabled, &[]).findings[0].mend, None);
    }

    #[test]
    fn a_grant_type_stays_while_another_lives_on_it() {
        let all = json!(["authorization_code", "refresh_token", "client_credentials"]);
        let removed = |further: Value, used: &[&str]| {
            let mut metadata = json!({ "grant_types": all });
            metadata.as_object_mut().unwrap().extend(further.as_object().unwrap().clone());
            let usage: Vec<Usage> = used.iter().map(|name| usage(Kind::GrantType, name, 9, 91, 0)).collect();
            let mut found = reviewed(&client(metadata), &usage).findings;
            found.pop().map(|finding| finding.about.join(" "))
        };
        let of_all = |used: &[&str]| removed(json!({}), used);
        assert_eq!(of_all(&["client_credentials"]).as_deref(), Some("authorization_code refresh_token"));
        assert_eq!(of_all(&["client_credentials", "authorization_code"]).as_deref(), Some("refresh_token"));
        assert_eq!(of_all(&["client_credentials", "refresh_token"]), None, "its refresh tokens came by codes");
        let pairwise = json!({ "subject_type": "pairwise" });
        assert_eq!(removed(pairwise, &["client_credentials"]).as_deref(), Some("refresh_token"));
        let sector = json!({ "subject_type": "pairwise", "sector_identifier_uri": "https://rp.example/sector" });
        assert_eq!(removed(sector, &["client_credentials"]).as_deref(), Some("authorization_code refresh_token"));
    }

    #[test]
    fn secrets_are_judged_by_age_number_and_use() {
        let with = |secrets: Vec<ClientSecret>| {
            let client = Client { secrets, ..client(json!({ "token_endpoint_auth_method": "client_secret_basic" })) };
            let found = reviewed(&client, &[]).findings;
            found
                .into_iter()
                .filter(|each| each.rule != Rule::SecretAndNoKey)
                .map(|each| (each.rule, each.mend))
                .collect::<Vec<_>>()
        };
        assert_eq!(with(vec![secret("a", 10, Some(1))]), []);
        assert_eq!(with(vec![secret("a", 400, Some(1))]), [(Rule::SecretOld, Some(Mend::RotateSecret))]);
        assert_eq!(with(vec![secret("a", 300, Some(100))]), [(Rule::SecretUnused, Some(Mend::RotateSecret))]);
        let idle = vec![secret("a", 100, Some(50)), secret("b", 20, Some(1))];
        assert_eq!(with(idle), [(Rule::TwoSecrets, Some(Mend::DeleteSecret("a".into())))]);
        let in_use = vec![secret("a", 100, Some(1)), secret("b", 20, Some(1))];
        assert_eq!(with(in_use), [(Rule::TwoSecrets, None)], "deleting it would lock somebody out");
        let unknown = vec![secret("a", 100, Some(50)), secret("b", 20, None)];
        assert_eq!(with(unknown), [(Rule::TwoSecrets, None)], "nobody has the newer one yet");
        assert_eq!(with(vec![secret("a", 100, Some(1)), secret("b", 3, None)]), [], "a rollout");
    }

    #[test]
    fn a_client_that_nobody_uses_is_told() {
        let client = client(json!({}));
        let scopes = catalog();
        let of = |last_used| {
            let observed = Observed { client: &client, scopes: &scopes, usage: &[], last_used, now: NOW };
            review(&observed).findings.pop()
        };
        assert_eq!(of(None).unwrap().since, Some(client.created_at));
        assert_eq!(of(Some(NOW - 200 * DAY)).unwrap().mend, Some(Mend::Disable));
        assert_eq!(of(Some(NOW - 100 * DAY)), None);
    }

    #[test]
    fn what_matters_most_comes_first_and_costs_most() {
        let client = client(json!({ "skip_consent": true, "token_endpoint_auth_method": "none",
            "redirect_uris": ["http://localhost/cb"], "access_token_lifetime": 100_000 }));
        let review = reviewed(&client, &[]);
        let severities: Vec<_> = review.findings.iter().map(|finding| finding.severity).collect();
        assert_eq!(severities, [Severity::High, Severity::Medium, Severity::Low]);
        assert_eq!(review.score, 100 - 30 - 12 - 5);
    }
}
