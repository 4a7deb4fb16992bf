//! `/admin/clients`: the software that may ask for tokens.
//!
//! Ids of inputs are the members of RFC 7591 client metadata, so that form, API and command line speak alike. A secret is
//! shown once, straight from the POST that made it ([`SecretPage`]); reloading cannot show it again.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde_json::{Map, Value, json};

use crate::clock::Timestamp;
use crate::domain::client::{AuthMethod, Client, ClientMetadata, GrantType, Origin};
use crate::domain::redirect_uri::RedirectUri;
use crate::domain::scope::{self, OFFLINE_ACCESS, OPENID, Scope, ScopeCatalog};
use crate::management::clients::{Created, MAX_SECRETS};
use crate::management::{self, ManagementError};
use crate::protocol::parameters::Parameters;
use crate::store::connection::AnyConnection;
use crate::store::{Failure, StoreError, clients, grants};
use crate::web::confirm::ConfirmPage;
use crate::web::error::{PageError, note_refusal, see_other};
use crate::web::form::BodyProblem;
use crate::web::page::{
    Choice, FormErrors, Layout, Moment, Pager, ScopeLine, Section, Status, Tone, count, duration, respond, sample,
};
use crate::web::state::App;
use crate::web::visitor::{Admin, User};
use crate::web::{only_page, routes, session};

/// `GET /admin/clients?q=`
#[derive(Template)]
#[template(path = "admin/clients/index.html")]
pub struct IndexPage {
    pub layout: Layout,
    /// What was searched for.
    pub query: String,
    pub clients: Vec<ClientLine>,
    pub pager: Pager,
}

/// A client in the list.
pub struct ClientLine {
    pub id: String,
    pub name: String,
    /// [`Kind::label`].
    pub kind: String,
    /// In words: `Authorization code, Refresh token`. See [`grant_type_label`].
    pub grant_types: String,
    pub status: Status,
    pub last_used: Option<Moment>,
}

/// `GET /admin/clients/new`, and again when the POST to `/admin/clients` was refused.
#[derive(Template)]
#[template(path = "admin/clients/new.html")]
pub struct NewPage {
    pub layout: Layout,
    pub form: NewForm,
    /// Ids: `kind`, `client_name`, `redirect_uris`, `scope`.
    pub errors: FormErrors,
}

/// The few things a new client needs; all else has a default and is on [`EditPage`].
pub struct NewForm {
    /// Radio buttons named `kind`: [`Kind::choices`].
    pub kinds: Vec<Choice>,
    pub client_name: String,
    /// One per line; none for a machine.
    pub redirect_uris: String,
    /// Checkboxes named `scope`.
    pub scopes: Vec<Choice>,
}

/// What a new client is, in the words of someone who does not know the specifications.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Confidential, authorization code.
    Web,
    /// Public, authorization code.
    Public,
    /// Confidential, client credentials.
    Machine,
}

/// `GET /admin/clients/{id}`
#[derive(Template)]
#[template(path = "admin/clients/show.html")]
pub struct ShowPage {
    /// Its title is the client's name.
    pub layout: Layout,
    pub id: String,
    /// [`Kind::label`].
    pub kind: String,
    pub status: Status,
    pub is_enabled: bool,
    /// Made by an admin, or registered by itself.
    pub is_self_registered: bool,
    pub created: Moment,
    pub last_used: Option<Moment>,
    pub live_grants: i64,
    /// Name and URL: `Issuer`, `Authorization endpoint`, `Token endpoint`, …
    pub endpoints: Vec<(String, String)>,
    /// The sentence for how it proves itself: [`auth_method_label`].
    pub auth_method: String,
    /// Secrets that work now, newest first: at most two.
    pub secrets: Vec<SecretLine>,
    /// Whether it has secrets at all, so that one can be rotated.
    pub can_rotate: bool,
    /// A line to paste into a terminal.
    pub curl: String,
    pub redirect_uris: Vec<String>,
    /// In words.
    pub grant_types: Vec<String>,
    /// Empty means: any default scope.
    pub scopes: Vec<ScopeLine>,
}

/// A live secret, without its value.
pub struct SecretLine {
    pub id: String,
    pub created: Moment,
    pub last_used: Option<Moment>,
}

/// `GET /admin/clients/{id}/edit`, and again when the POST to `/admin/clients/{id}` was refused.
#[derive(Template)]
#[template(path = "admin/clients/edit.html")]
pub struct EditPage {
    pub layout: Layout,
    pub id: String,
    pub name: String,
    /// [`Kind::label`]; it cannot be changed, since a public client cannot become confidential.
    pub kind: String,
    pub is_confidential: bool,
    /// Of the client when the form was filled; a change since then is not overwritten.
    pub version: i32,
    pub form: EditForm,
    /// Ids are the names of [`EditForm`]'s and [`Advanced`]'s members.
    pub errors: FormErrors,
}

/// The everyday settings.
pub struct EditForm {
    pub client_name: String,
    /// One per line.
    pub redirect_uris: String,
    /// Checkboxes named `grant_types`.
    pub grant_types: Vec<Choice>,
    /// Checkboxes named `scope`.
    pub scope: Vec<Choice>,
    /// A select.
    pub token_endpoint_auth_method: Vec<Choice>,
    pub advanced: Advanced,
}

/// The settings that most clients leave alone. Empty text means the default.
pub struct Advanced {
    /// How many of these differ from the default; the closed group says so.
    pub changed: i64,
    pub require_pkce: bool,
    pub skip_consent: bool,
    pub refresh_token_rotation: bool,
    /// A select: `opaque`, `jwt`.
    pub access_token_format: Vec<Choice>,
    /// A select: `issuer`, `token_endpoint`.
    pub client_assertion_audience: Vec<Choice>,
    /// Seconds.
    pub access_token_lifetime: String,
    pub refresh_token_lifetime: String,
    pub id_token_lifetime: String,
    /// The server's values, in words, for the help below: `60 minutes`.
    pub default_access_token_lifetime: String,
    pub default_refresh_token_lifetime: String,
    pub default_id_token_lifetime: String,
    pub client_uri: String,
    pub logo_uri: String,
    pub policy_uri: String,
    pub tos_uri: String,
    /// E-mail addresses, one per line.
    pub contacts: String,
}

/// The answer to the POST that made a client with a secret, or rotated one.
#[derive(Template)]
#[template(path = "admin/clients/secret.html")]
pub struct SecretPage {
    /// Its title is [`SecretPage::CREATED`] or [`SecretPage::ROTATED`].
    pub layout: Layout,
    pub id: String,
    pub name: String,
    pub secret: String,
    /// A line to paste into a terminal, with the secret in it.
    pub curl: String,
    /// The secret before this one still works.
    pub has_older_secret: bool,
}

/// Asks before `POST /admin/clients/{id}/disable`.
pub fn disable_page(layout: Layout, id: &str, name: &str, live_grants: i64, live_tokens: i64) -> ConfirmPage {
    ConfirmPage {
        lead: "Nobody can sign in through it and its tokens stop working. You can enable it again.".to_owned(),
        consequences: vec![
            format!("{} and {} stop working", count(live_grants, "live grant"), count(live_tokens, "token")),
            "Its settings and secrets are kept".to_owned(),
        ],
        is_dangerous: true,
        ..confirm(layout, format!("Disable {name}?"), routes::admin_client_disable(id), "Disable client", id, name)
    }
}

/// Asks before `POST /admin/clients/{id}/enable`.
pub fn enable_page(layout: Layout, id: &str, name: &str) -> ConfirmPage {
    ConfirmPage {
        lead: "It may ask for tokens again. Grants and tokens that are still alive work again too.".to_owned(),
        ..confirm(layout, format!("Enable {name}?"), routes::admin_client_enable(id), "Enable client", id, name)
    }
}

/// Asks before `POST /admin/clients/{id}/rotate-secret`, which answers with a [`SecretPage`].
pub fn rotate_secret_page(layout: Layout, id: &str, name: &str, has_two_secrets: bool) -> ConfirmPage {
    let consequences = if has_two_secrets {
        vec![
            "The older of its two secrets stops working at once".to_owned(),
            "The newer one works on until you delete it".to_owned(),
        ]
    } else {
        vec!["The present secret works on until you delete it".to_owned()]
    };
    ConfirmPage {
        lead: "You get a new secret, shown once. Put it into the client, then delete the old one.".to_owned(),
        consequences,
        is_dangerous: has_two_secrets,
        ..confirm(
            layout,
            format!("Rotate the secret of {name}?"),
            routes::admin_client_rotate_secret(id),
            "Rotate secret",
            id,
            name,
        )
    }
}

/// Asks before `POST /admin/clients/{id}/secrets/{secret_id}/delete`.
pub fn delete_secret_page(layout: Layout, id: &str, name: &str, secret_id: &str) -> ConfirmPage {
    ConfirmPage {
        lead: "Software that still uses this secret can no longer get tokens. The other secret works on.".to_owned(),
        is_dangerous: true,
        ..confirm(
            layout,
            format!("Delete this secret of {name}?"),
            routes::admin_client_secret_delete(id, secret_id),
            "Delete secret",
            id,
            name,
        )
    }
}

/// Asks before `POST /admin/clients/{id}/delete`.
pub fn delete_page(layout: Layout, id: &str, name: &str, live_grants: i64, live_tokens: i64) -> ConfirmPage {
    ConfirmPage {
        lead: "This cannot be undone: a new client gets another id. To pause it, disable it instead.".to_owned(),
        consequences: vec![
            format!("{} and {} end at once", count(live_grants, "live grant"), count(live_tokens, "token")),
            "Its secrets, settings and remembered consents are gone".to_owned(),
            "The audit log is kept".to_owned(),
        ],
        is_dangerous: true,
        ..confirm(layout, format!("Delete {name}?"), routes::admin_client_delete(id), "Delete client", id, name)
    }
}

fn confirm(mut layout: Layout, title: String, action: String, button: &str, id: &str, name: &str) -> ConfirmPage {
    layout.title = title;
    ConfirmPage {
        layout,
        lead: String::new(),
        consequences: Vec::new(),
        action,
        hidden: Vec::new(),
        button: button.to_owned(),
        is_dangerous: false,
        back: (name.to_owned(), routes::admin_client(id)),
    }
}

/// A grant type in words; the identifier itself when we do not know it.
pub fn grant_type_label(grant_type: &str) -> &str {
    match grant_type {
        "authorization_code" => "Authorization code",
        "refresh_token" => "Refresh token",
        "client_credentials" => "Client credentials",
        "urn:ietf:params:oauth:grant-type:device_code" => "Device code",
        other => other,
    }
}

/// How a client proves itself at the token endpoint, in words.
pub fn auth_method_label(method: &str) -> &str {
    match method {
        "none" => "Nothing to prove: a public client",
        "client_secret_basic" => "Client secret in the Authorization header",
        "client_secret_post" => "Client secret in the form",
        "client_secret_jwt" => "Assertion signed with the client secret",
        "private_key_jwt" => "Assertion signed with a private key",
        "tls_client_auth" => "TLS certificate from an authority",
        "self_signed_tls_client_auth" => "Self-signed TLS certificate",
        other => other,
    }
}

/// The curl line of a machine client, quoted for a shell (a scope name may hold an apostrophe). `secret` may be a placeholder such as `$CLIENT_SECRET`.
pub fn curl_client_credentials(token_endpoint: &str, id: &str, secret: &str, scope: &str) -> String {
    let scope = if scope.is_empty() { String::new() } else { format!(" -d 'scope={}'", scope.replace('\'', r"'\''")) };
    format!("curl -u \"{id}:{secret}\" -d grant_type=client_credentials{scope} {token_endpoint}")
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Web, Self::Public, Self::Machine];

    /// The value of the radio button.
    pub fn value(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Public => "public",
            Self::Machine => "machine",
        }
    }

    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.value() == value)
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Web => "Web app with a backend",
            Self::Public => "Single-page or native app",
            Self::Machine => "Machine to machine",
        }
    }

    fn help(self) -> &'static str {
        match self {
            Self::Web => "Users sign in; a server keeps the client secret. A confidential client.",
            Self::Public => "Users sign in; the app runs on their device and cannot keep a secret. A public client.",
            Self::Machine => "No users: a service acts for itself with a client secret.",
        }
    }

    /// What a registered client is.
    pub fn of(metadata: &ClientMetadata) -> Self {
        if metadata.token_endpoint_auth_method == AuthMethod::None {
            Self::Public
        } else if metadata.grant_types.contains(&GrantType::AuthorizationCode) {
            Self::Web
        } else {
            Self::Machine
        }
    }

    /// The radio buttons.
    pub fn choices(chosen: Option<Self>) -> Vec<Choice> {
        Self::ALL
            .into_iter()
            .map(|kind| Choice::new(kind.value(), kind.label(), kind.help(), chosen == Some(kind)))
            .collect()
    }
}

impl IndexPage {
    pub const TITLE: &str = "Clients";

    pub fn samples() -> Vec<Self> {
        let line = |id: &str, name: &str, kind: Kind, grant_types: &str, is_enabled, last_used| ClientLine {
            id: id.into(),
            name: name.into(),
            kind: kind.label().into(),
            grant_types: grant_types.into(),
            status: Status::enabled(is_enabled),
            last_used,
        };
        let code = "Authorization code, Refresh token";
        let clients = vec![
            line("c_9aVqk2Lw0TzYx4RbN1mEuP", "Acme Reports", Kind::Web, code, true, Some(sample::ago(300))),
            line("c_Tq0b7cYpWz3LxVn5sKdR2A", "Notes for iPhone", Kind::Public, code, true, Some(sample::ago(9000))),
            line("c_hN4mXe8uGf1JyB6vQrZoC3", "Nightly export", Kind::Machine, "Client credentials", false, None),
            line("c_pLw2sDt9kRa5MiU7bHgEx0", sample::LONG, Kind::Web, code, true, Some(sample::ago(86_400 * 70))),
        ];
        let page = |query: &str, clients, pager| Self {
            layout: sample::desk(Self::TITLE, Section::Clients),
            query: query.into(),
            clients,
            pager,
        };
        let pager = Pager { newer: None, older: Some("/admin/clients?after=c_pLw2sDt9kRa5MiU7bHgEx0".into()) };
        vec![
            page("", clients, pager),
            page("", Vec::new(), Pager::default()),
            page("nothing like it", Vec::new(), Pager::default()),
        ]
    }
}

impl NewPage {
    pub const TITLE: &str = "New client";

    pub fn samples() -> Vec<Self> {
        let page = |chosen, name: &str, uris: &str, errors| Self {
            layout: sample::desk(Self::TITLE, Section::Clients),
            form: NewForm {
                kinds: Kind::choices(chosen),
                client_name: name.into(),
                redirect_uris: uris.into(),
                scopes: sample_scopes(),
            },
            errors,
        };
        let errors = FormErrors::none()
            .with("kind", "Choose what kind of client this is.")
            .with("client_name", "Give it a name that users will recognise, such as Acme Reports.")
            .with("redirect_uris", "http://acme.example is not allowed: use https, or http only for 127.0.0.1.");
        vec![page(Some(Kind::Web), "", "", FormErrors::none()), page(None, "", "http://acme.example", errors)]
    }
}

impl ShowPage {
    /// Two live secrets: one can be deleted without locking the client out.
    pub fn can_delete_secrets(&self) -> bool {
        self.secrets.len() > 1
    }

    pub fn samples() -> Vec<Self> {
        let mut layout = sample::desk("Acme Reports", Section::Clients);
        layout = layout.with_flash(Tone::Success, "The redirect URIs were changed.");
        let id = "c_9aVqk2Lw0TzYx4RbN1mEuP";
        let secret = |id: &str, created, last_used| SecretLine { id: id.into(), created, last_used };
        let endpoints = || {
            [
                ("Issuer", "https://id.example"),
                ("Authorization endpoint", "https://id.example/oauth2/authorize"),
                ("Token endpoint", "https://id.example/oauth2/token"),
                ("Discovery", "https://id.example/.well-known/openid-configuration"),
            ]
            .map(|(name, url)| (name.to_owned(), url.to_owned()))
            .to_vec()
        };
        let web = Self {
            layout,
            id: id.into(),
            kind: Kind::Web.label().into(),
            status: Status::enabled(true),
            is_enabled: true,
            is_self_registered: false,
            created: sample::ago(86_400 * 40),
            last_used: Some(sample::ago(300)),
            live_grants: 3,
            endpoints: endpoints(),
            auth_method: auth_method_label("client_secret_basic").into(),
            secrets: vec![
                secret("8", sample::ago(4000), None),
                secret("7", sample::ago(86_400 * 40), Some(sample::ago(300))),
            ],
            can_rotate: true,
            curl: curl_client_credentials("https://id.example/oauth2/token", id, "$CLIENT_SECRET", "reports:read"),
            redirect_uris: vec![
                "https://reports.acme.example/callback".into(),
                "https://a-staging-environment-with-a-long-name.reports.acme.example/oauth/callback/grantor".into(),
            ],
            grant_types: vec!["Authorization code".into(), "Refresh token".into()],
            scopes: sample::scopes(),
        };
        let public = Self {
            layout: sample::desk(sample::LONG, Section::Clients),
            id: "c_Tq0b7cYpWz3LxVn5sKdR2A".into(),
            kind: Kind::Public.label().into(),
            status: Status::enabled(false),
            is_enabled: false,
            is_self_registered: true,
            created: sample::ago(30),
            last_used: None,
            live_grants: 0,
            endpoints: endpoints(),
            auth_method: auth_method_label("none").into(),
            secrets: Vec::new(),
            can_rotate: false,
            curl: "curl https://id.example/.well-known/openid-configuration".into(),
            redirect_uris: vec!["com.example.app:/callback".into()],
            grant_types: vec!["Authorization code".into()],
            scopes: Vec::new(),
        };
        vec![web, public]
    }
}

impl EditPage {
    pub fn title(name: &str) -> String {
        format!("Edit {name}")
    }

    pub fn samples() -> Vec<Self> {
        let page = |changed, is_confidential, errors| Self {
            layout: sample::desk(&Self::title("Acme Reports"), Section::Clients),
            id: "c_9aVqk2Lw0TzYx4RbN1mEuP".into(),
            name: "Acme Reports".into(),
            kind: Kind::Web.label().into(),
            is_confidential,
            version: 1,
            form: EditForm {
                client_name: "Acme Reports".into(),
                redirect_uris: "https://reports.acme.example/callback\nhttp://127.0.0.1/callback".into(),
                grant_types: ["authorization_code", "refresh_token", "client_credentials"]
                    .map(|value| Choice::new(value, grant_type_label(value), value, value != "client_credentials"))
                    .to_vec(),
                scope: sample_scopes(),
                token_endpoint_auth_method: ["client_secret_basic", "client_secret_post", "private_key_jwt"]
                    .map(|value| Choice::new(value, auth_method_label(value), "", value == "client_secret_basic"))
                    .to_vec(),
                advanced: Advanced {
                    changed,
                    require_pkce: changed == 0,
                    skip_consent: false,
                    refresh_token_rotation: true,
                    access_token_format: vec![
                        Choice::new("opaque", "Opaque", "", true),
                        Choice::new("jwt", "JWT", "", false),
                    ],
                    client_assertion_audience: vec![
                        Choice::new("issuer", "The issuer only", "", true),
                        Choice::new("token_endpoint", "The token endpoint's URL too", "", false),
                    ],
                    access_token_lifetime: if changed > 0 { "600".into() } else { String::new() },
                    refresh_token_lifetime: String::new(),
                    id_token_lifetime: String::new(),
                    default_access_token_lifetime: "60 minutes".into(),
                    default_refresh_token_lifetime: "30 days".into(),
                    default_id_token_lifetime: "60 minutes".into(),
                    client_uri: "https://acme.example/".into(),
                    logo_uri: String::new(),
                    policy_uri: String::new(),
                    tos_uri: String::new(),
                    contacts: String::new(),
                },
            },
            errors,
        };
        let errors = FormErrors::none()
            .with("redirect_uris", "https://reports.acme.example/#done has a fragment. Leave out # and what follows.")
            .with("access_token_lifetime", "Give a number of seconds between 60 and 86400, such as 3600.");
        vec![page(0, false, FormErrors::none()), page(2, true, errors)]
    }
}

impl SecretPage {
    pub const CREATED: &str = "Client created";
    pub const ROTATED: &str = "Secret rotated";

    pub fn samples() -> Vec<Self> {
        let (id, secret) = ("c_9aVqk2Lw0TzYx4RbN1mEuP", "gcs_u2JvKq9cY7mB0xT4nWlZs8RdHf3EaPoG1iQyVt6CkXM");
        let page = |title: &str, has_older_secret| Self {
            layout: sample::desk(title, Section::Clients),
            id: id.into(),
            name: "Acme Reports".into(),
            secret: secret.into(),
            curl: curl_client_credentials("https://id.example/oauth2/token", id, secret, "reports:read"),
            has_older_secret,
        };
        vec![page(Self::CREATED, false), page(Self::ROTATED, true)]
    }
}

fn sample_scopes() -> Vec<Choice> {
    let scopes = sample::scopes().into_iter().enumerate();
    scopes.map(|(index, scope)| Choice::new(scope.name, scope.description, "", index < 3)).collect()
}

/// Clients on one page of the list.
const PAGE: i64 = 50;

/// `GET /admin/clients`
pub async fn index(user: Admin, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let query = query_of(&request)?;
    let search = query.get("q").unwrap_or_default().trim().to_owned();
    let before = query.get("before").map(str::to_owned);
    let (now, wanted, since) = (user.visitor.now(), search.clone(), before.clone());
    let mut found = user
        .visitor
        .app
        .store
        .read::<_, StoreError, _>(move |connection| {
            let wanted = Some(wanted.as_str()).filter(|wanted| !wanted.is_empty());
            // One more than is shown tells whether there is a next page.
            let found = clients::list(connection, wanted, since.as_deref(), PAGE + 1)?;
            found.into_iter().map(|client| Ok((last_used(connection, &client)?, client))).collect::<Result<Vec<_>, _>>()
        })
        .await?;
    let shown = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let has_more = found.len() > shown;
    found.truncate(shown);
    let link = |before: &str| routes::with_query(routes::ADMIN_CLIENTS, &[("q", &search), ("before", before)]);
    let older = found.last().filter(|_| has_more).map(|(_, client)| link(&client.id));
    let page = IndexPage {
        layout: user.layout(IndexPage::TITLE, Section::Clients),
        clients: found.iter().map(|(last_used, client)| client_line(client, *last_used, now)).collect(),
        pager: Pager { newer: before.map(|_| link("")), older },
        query: search,
    };
    Ok(respond(StatusCode::OK, &page))
}

/// The parameters of a page's query.
pub(super) fn query_of(request: &HttpRequest) -> Result<Parameters, PageError> {
    Ok(Parameters::parse(request.query_string().as_bytes()).map_err(BodyProblem::Malformed)?)
}

/// When a client last proved itself or used a grant.
fn last_used(connection: &mut AnyConnection, client: &Client) -> Result<Option<Timestamp>, StoreError> {
    let by_secret = client.secrets.iter().filter_map(|secret| secret.last_used_at).max();
    Ok(by_secret.max(grants::last_used_by(connection, &client.id)?))
}

fn client_line(client: &Client, last_used: Option<Timestamp>, now: Timestamp) -> ClientLine {
    ClientLine {
        id: client.id.clone(),
        name: client.name().to_owned(),
        kind: Kind::of(&client.metadata).label().to_owned(),
        grant_types: grant_type_labels(&client.metadata).join(", "),
        status: Status::enabled(client.is_enabled()),
        last_used: last_used.map(|at| Moment::new(at, now)),
    }
}

fn grant_type_labels(metadata: &ClientMetadata) -> Vec<String> {
    metadata.grant_types.iter().map(|grant_type| grant_type_label(grant_type.as_str()).to_owned()).collect()
}

/// `GET /admin/clients/new`
pub async fn new(user: Admin) -> Result<HttpResponse, PageError> {
    let catalog = user.visitor.app.store.catalog().await?;
    let form = NewForm {
        kinds: Kind::choices(Some(Kind::Web)),
        client_name: String::new(),
        redirect_uris: String::new(),
        scopes: scope_choices(&catalog.scopes, &[]),
    };
    let layout = user.layout(NewPage::TITLE, Section::Clients);
    Ok(respond(StatusCode::OK, &NewPage { layout, form, errors: FormErrors::none() }))
}

/// `POST /admin/clients`
pub async fn create(user: Admin, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, PageError> {
    let form = user.visitor.form(&request, payload).await?;
    let app = &user.visitor.app;
    let catalog = app.store.catalog().await?;
    let kind = form.get("kind").and_then(Kind::parse);
    let mut errors = FormErrors::none();
    if let Some(kind) = kind {
        let (context, metadata, known) = (user.context(), new_metadata(kind, &form), catalog.clone());
        let outcome: Result<Created, Failure<ManagementError>> = app
            .store
            .write(move |connection| management::clients::create(connection, &context, &metadata, &known.scopes))
            .await;
        match outcome {
            Ok(Created { client_id, secret: Some(secret), metadata }) => {
                return Ok(secret_page(&user, SecretPage::CREATED, &client_id, &metadata, secret, false));
            }
            Ok(Created { client_id, secret: None, .. }) => {
                user.flash("The client was created.");
                return Ok(see_other(&routes::admin_client(&client_id)));
            }
            Err(Failure::Store(error)) => return Err(error.into()),
            Err(Failure::Refused(refusal)) => note_refusal(&refusal, &mut errors),
        }
    } else {
        errors.add("kind", "Choose what kind of client this is.");
    }
    let scopes: Vec<&str> = form.all("scope").collect();
    let form = NewForm {
        kinds: Kind::choices(kind),
        client_name: form.get("client_name").unwrap_or_default().to_owned(),
        redirect_uris: form.get("redirect_uris").unwrap_or_default().to_owned(),
        scopes: scope_choices(&catalog.scopes, &scopes),
    };
    let page = NewPage { layout: user.layout(NewPage::TITLE, Section::Clients), form, errors };
    Ok(respond(StatusCode::UNPROCESSABLE_ENTITY, &page))
}

/// The form of a new client as client metadata.
fn new_metadata(kind: Kind, form: &Parameters) -> Map<String, Value> {
    let redirect_uris = lines(form, "redirect_uris");
    let (auth_method, grant_types) = match kind {
        Kind::Web => (AuthMethod::ClientSecretBasic, json!(["authorization_code", "refresh_token"])),
        Kind::Public => (AuthMethod::None, json!(["authorization_code", "refresh_token"])),
        Kind::Machine => (AuthMethod::ClientSecretBasic, json!(["client_credentials"])),
    };
    let mut members = Map::new();
    if kind == Kind::Public && is_native(&redirect_uris) {
        members.insert("application_type".to_owned(), "native".into());
    }
    members.insert("client_name".to_owned(), form.get("client_name").unwrap_or_default().into());
    members.insert("redirect_uris".to_owned(), redirect_uris.into());
    members.insert("grant_types".to_owned(), grant_types);
    members.insert("token_endpoint_auth_method".to_owned(), auth_method.as_str().into());
    put_scope(&mut members, form);
    members
}

/// Whether an app on the user's own machine answers at all of these: at a loopback address or a private-use scheme.
fn is_native(redirect_uris: &[String]) -> bool {
    !redirect_uris.is_empty()
        && redirect_uris.iter().all(|uri| RedirectUri::parse(uri).is_ok_and(|uri| uri.is_loopback() || !uri.is_https()))
}

/// What stands on the lines of a text area, which browsers end with CR LF.
fn lines(form: &Parameters, name: &str) -> Vec<String> {
    let text = form.get(name).unwrap_or_default();
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// No scope at all means any default scope, for which the member is left out.
fn put_scope(members: &mut Map<String, Value>, form: &Parameters) {
    let scopes: Vec<&str> = form.all("scope").collect();
    put(members, "scope", (!scopes.is_empty()).then(|| scopes.join(" ").into()));
}

fn put(members: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    match value {
        Some(value) => drop(members.insert(name.to_owned(), value)),
        None => drop(members.remove(name)),
    }
}

/// One checkbox for each scope there is.
pub(super) fn scope_choices(catalog: &ScopeCatalog, chosen: &[&str]) -> Vec<Choice> {
    catalog
        .iter()
        .map(|entry| Choice::new(&entry.name, &entry.description, "", chosen.contains(&entry.name.as_str())))
        .collect()
}

fn secret_page(
    user: &User,
    title: &str,
    id: &str,
    metadata: &ClientMetadata,
    secret: String,
    has_older_secret: bool,
) -> HttpResponse {
    let page = SecretPage {
        layout: user.layout(title, Section::Clients),
        id: id.to_owned(),
        name: metadata.client_name.clone(),
        curl: curl(&user.visitor.app, id, metadata, &secret),
        secret,
        has_older_secret,
    };
    respond(StatusCode::OK, &page)
}

/// A command that succeeds for this client: a token for a machine, a check of the secret for a website, and for an app
/// without a secret what anybody may read.
fn curl(app: &App, id: &str, metadata: &ClientMetadata, secret: &str) -> String {
    let url = |path| app.config.issuer.url(path);
    if metadata.grant_types.contains(&GrantType::ClientCredentials) {
        let users = scope::from_names([OPENID, OFFLINE_ACCESS]);
        let own = metadata.scope.as_ref().map(|all| scope::render(&scope::difference(all, &users)));
        curl_client_credentials(&url(routes::TOKEN), id, secret, &own.unwrap_or_default())
    } else if metadata.token_endpoint_auth_method == AuthMethod::None {
        format!("curl {}", url(routes::OPENID_CONFIGURATION))
    } else {
        format!("curl -u \"{id}:{secret}\" -d token=any {}", url(routes::INTROSPECT))
    }
}

/// A client as it is stored now, since what is kept in memory does not know when a secret was last used.
struct Found {
    client: Client,
    live_grants: i64,
    live_tokens: i64,
    last_used: Option<Timestamp>,
}

async fn find(user: &User, id: &str) -> Result<Found, PageError> {
    let (id, now) = (id.to_owned(), user.visitor.now());
    let found = user.visitor.app.store.read::<_, StoreError, _>(move |connection| {
        let Some(client) = clients::find(connection, &id)? else { return Ok(None) };
        let (live_grants, live_tokens) = management::clients::impact(connection, &id, now)?;
        let last_used = last_used(connection, &client)?;
        Ok(Some(Found { client, live_grants, live_tokens, last_used }))
    });
    found.await?.ok_or(PageError::NotFound)
}

/// `GET /admin/clients/{id}`
pub async fn show(user: Admin, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let Found { client, live_grants, last_used, .. } = find(&user, &id).await?;
    let app = &user.visitor.app;
    let (now, catalog) = (user.visitor.now(), app.store.catalog().await?);
    let live = client.secrets.iter().rev().filter(|secret| secret.is_live(now));
    let page = ShowPage {
        layout: user.layout(client.name(), Section::Clients),
        kind: Kind::of(&client.metadata).label().to_owned(),
        status: Status::enabled(client.is_enabled()),
        is_enabled: client.is_enabled(),
        is_self_registered: client.origin == Origin::Registered,
        created: Moment::new(client.created_at, now),
        last_used: last_used.map(|at| Moment::new(at, now)),
        live_grants,
        endpoints: endpoints(app, &client),
        auth_method: auth_method_label(client.metadata.token_endpoint_auth_method.as_str()).to_owned(),
        secrets: live
            .map(|secret| SecretLine {
                id: secret.id.clone(),
                created: Moment::new(secret.created_at, now),
                last_used: secret.last_used_at.map(|at| Moment::new(at, now)),
            })
            .collect(),
        can_rotate: !client.is_public(),
        curl: curl(app, &client.id, &client.metadata, "YOUR_SECRET"),
        redirect_uris: client.metadata.redirect_uris.clone(),
        grant_types: grant_type_labels(&client.metadata),
        scopes: client.metadata.scope.as_ref().map(|all| scope_lines(all, &catalog.scopes)).unwrap_or_default(),
        id: client.id,
    };
    Ok(respond(StatusCode::OK, &page))
}

fn endpoints(app: &App, client: &Client) -> Vec<(String, String)> {
    let url = |path| app.config.issuer.url(path);
    let mut endpoints = vec![("Issuer", app.issuer().to_owned())];
    if client.may_use(GrantType::AuthorizationCode) {
        endpoints.push(("Authorization endpoint", url(routes::AUTHORIZE)));
    }
    endpoints.push(("Token endpoint", url(routes::TOKEN)));
    endpoints.push(("Discovery", url(routes::OPENID_CONFIGURATION)));
    endpoints.into_iter().map(|(name, url)| (name.to_owned(), url)).collect()
}

fn scope_lines(all: &Scope, catalog: &ScopeCatalog) -> Vec<ScopeLine> {
    let description = |name| catalog.find(name).map_or("", |entry| entry.description.as_str());
    scope::names(all).into_iter().map(|name| ScopeLine::new(name, description(name))).collect()
}

/// `GET /admin/clients/{id}/edit`
pub async fn edit(user: Admin, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let client = find(&user, &id).await?.client;
    let catalog = user.visitor.app.store.catalog().await?;
    let form = edit_form(&user.visitor.app, &client, &members_of(&client.metadata), &catalog.scopes);
    Ok(respond(StatusCode::OK, &edit_page(&user, &client, client.version, form, FormErrors::none())))
}

/// `POST /admin/clients/{id}`
pub async fn update(
    user: Admin,
    id: web::Path<String>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, PageError> {
    let form = user.visitor.form(&request, payload).await?;
    let version: i32 = form
        .get("version")
        .and_then(|version| version.parse().ok())
        .ok_or(PageError::BadRequest("The form does not say which version of the client it changes."))?;
    let client = find(&user, &id).await?.client;
    let app = &user.visitor.app;
    let catalog = app.store.catalog().await?;
    let members = changed_members(&client, &form);
    let (context, id, metadata, known) = (user.context(), client.id.clone(), members.clone(), catalog.clone());
    let outcome: Result<_, Failure<ManagementError>> = app
        .store
        .write(move |connection| {
            let secret =
                management::clients::update(connection, &context, &id, Some(version), &metadata, &known.scopes)?;
            Ok((secret, clients::find(connection, &id)?))
        })
        .await;
    match outcome {
        Ok((Some(secret), Some(client))) => {
            Ok(secret_page(&user, SecretPage::CREATED, &client.id, &client.metadata, secret, false))
        }
        Ok(_) => {
            user.flash("The client was saved.");
            Ok(see_other(&routes::admin_client(&client.id)))
        }
        Err(Failure::Store(error)) => Err(error.into()),
        Err(Failure::Refused(ManagementError::NotFound)) => Err(PageError::NotFound),
        Err(Failure::Refused(ManagementError::Conflict(what))) => Err(PageError::Conflict(what)),
        Err(Failure::Refused(refusal)) => {
            let mut errors = FormErrors::none();
            note_refusal(&refusal, &mut errors);
            let form = edit_form(app, &client, &members, &catalog.scopes);
            let page = edit_page(&user, &client, version, form, errors);
            Ok(respond(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
    }
}

fn edit_page(user: &User, client: &Client, version: i32, form: EditForm, errors: FormErrors) -> EditPage {
    EditPage {
        layout: user.layout(EditPage::title(client.name()), Section::Clients),
        id: client.id.clone(),
        name: client.name().to_owned(),
        kind: Kind::of(&client.metadata).label().to_owned(),
        is_confidential: !client.is_public(),
        version,
        form,
        errors,
    }
}

fn members_of(metadata: &ClientMetadata) -> Map<String, Value> {
    match serde_json::to_value(metadata) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    }
}

const URIS: [&str; 4] = ["client_uri", "logo_uri", "policy_uri", "tos_uri"];
const LISTS: [&str; 1] = ["contacts"];
const LIFETIMES: [&str; 3] = ["access_token_lifetime", "refresh_token_lifetime", "id_token_lifetime"];
// What the selects offer; the default comes first.
const ACCESS_TOKEN_FORMATS: [(&str, &str); 2] = [("opaque", "Opaque"), ("jwt", "JWT")];
const ASSERTION_AUDIENCES: [(&str, &str); 2] =
    [("issuer", "The issuer only"), ("token_endpoint", "The token endpoint's URL too")];

/// What a client is registered with, overridden by the form. Members that the form does not have stay as they are.
fn changed_members(client: &Client, form: &Parameters) -> Map<String, Value> {
    let mut members = members_of(&client.metadata);
    // They follow from the grant types.
    members.remove("response_types");
    put(&mut members, "client_name", Some(form.get("client_name").unwrap_or_default().into()));
    put(&mut members, "redirect_uris", Some(lines(form, "redirect_uris").into()));
    put(&mut members, "grant_types", Some(form.all("grant_types").collect::<Vec<_>>().into()));
    put_scope(&mut members, form);
    put(&mut members, "skip_consent", Some(is_checked(form, "skip_consent").into()));
    let mut selects = vec!["access_token_format", "client_assertion_audience"];
    // A public client proves nothing, and PKCE and rotation are not up to anybody.
    if !client.is_public() {
        selects.push("token_endpoint_auth_method");
        put(&mut members, "require_pkce", Some(is_checked(form, "require_pkce").into()));
        let rotates = is_checked(form, "refresh_token_rotation");
        if client.rotates_refresh_tokens() != rotates {
            put(&mut members, "refresh_token_rotation", Some(rotates.into()));
        }
    }
    for name in selects.into_iter().filter(|name| form.get(name).is_some()) {
        put(&mut members, name, form.get(name).map(Value::from));
    }
    let typed = |name: &str| form.get(name).map(str::trim).filter(|text| !text.is_empty());
    for name in URIS {
        put(&mut members, name, typed(name).map(Value::from));
    }
    for name in LISTS {
        put(&mut members, name, Some(lines(form, name)).filter(|lines| !lines.is_empty()).map(Value::from));
    }
    // What is no number goes on as text, to be refused with all the rest.
    for name in LIFETIMES {
        put(&mut members, name, typed(name).map(|text| text.parse::<u64>().map_or_else(|_| text.into(), Value::from)));
    }
    members
}

fn is_checked(form: &Parameters, name: &str) -> bool {
    form.get(name).is_some()
}

/// The form of what is stored, or of what was typed: both are client metadata.
fn edit_form(app: &App, client: &Client, members: &Map<String, Value>, catalog: &ScopeCatalog) -> EditForm {
    let scopes = text(members, "scope");
    let scopes: Vec<&str> = scopes.split(' ').collect();
    let grant_types = text(members, "grant_types");
    let auth_method = text(members, "token_endpoint_auth_method");
    EditForm {
        client_name: text(members, "client_name"),
        redirect_uris: text(members, "redirect_uris"),
        grant_types: GrantType::ALL
            .into_iter()
            .filter(|grant_type| !client.is_public() || *grant_type != GrantType::ClientCredentials)
            .map(|grant_type| {
                let value = grant_type.as_str();
                Choice::new(value, grant_type_label(value), "", grant_types.lines().any(|each| each == value))
            })
            .collect(),
        scope: scope_choices(catalog, &scopes),
        token_endpoint_auth_method: AuthMethod::ALL
            .into_iter()
            .filter(|method| *method != AuthMethod::None)
            .map(|method| {
                let value = method.as_str();
                Choice::new(value, auth_method_label(value), "", auth_method == value)
            })
            .collect(),
        advanced: advanced(app, client, members),
    }
}

fn advanced(app: &App, client: &Client, members: &Map<String, Value>) -> Advanced {
    let holds = |name, default| members.get(name).and_then(Value::as_bool).unwrap_or(default);
    let lifetimes = &app.config.lifetimes;
    let mut advanced = Advanced {
        changed: 0,
        require_pkce: holds("require_pkce", true),
        skip_consent: holds("skip_consent", false),
        refresh_token_rotation: holds("refresh_token_rotation", client.is_public()),
        access_token_format: select(members, "access_token_format", &ACCESS_TOKEN_FORMATS),
        client_assertion_audience: select(members, "client_assertion_audience", &ASSERTION_AUDIENCES),
        access_token_lifetime: text(members, "access_token_lifetime"),
        refresh_token_lifetime: text(members, "refresh_token_lifetime"),
        id_token_lifetime: text(members, "id_token_lifetime"),
        default_access_token_lifetime: duration(lifetimes.access_token),
        default_refresh_token_lifetime: duration(lifetimes.refresh_token_idle),
        default_id_token_lifetime: duration(lifetimes.id_token),
        client_uri: text(members, "client_uri"),
        logo_uri: text(members, "logo_uri"),
        policy_uri: text(members, "policy_uri"),
        tos_uri: text(members, "tos_uri"),
        contacts: text(members, "contacts"),
    };
    let texts = URIS.into_iter().chain(LISTS).chain(LIFETIMES);
    let is_default = |choices: &[Choice]| choices.first().is_some_and(|first| first.is_chosen);
    let others = [
        !advanced.require_pkce,
        advanced.skip_consent,
        advanced.refresh_token_rotation != client.is_public(),
        !is_default(&advanced.access_token_format),
        !is_default(&advanced.client_assertion_audience),
    ];
    let changed = texts.map(|name| !text(members, name).is_empty()).chain(others).filter(|changed| *changed).count();
    advanced.changed = i64::try_from(changed).unwrap_or(i64::MAX);
    advanced
}

/// A member as text: an array line by line, other structures as JSON.
fn text(members: &Map<String, Value>, name: &str) -> String {
    match members.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n"),
        Some(other) => format!("{other:#}"),
    }
}

fn select(members: &Map<String, Value>, name: &str, options: &[(&str, &str)]) -> Vec<Choice> {
    let value = text(members, name);
    let chosen = options.iter().position(|(each, _)| *each == value).unwrap_or(0);
    let options = options.iter().enumerate();
    options.map(|(index, (value, label))| Choice::new(*value, *label, "", index == chosen)).collect()
}

/// `GET /admin/clients/{id}/disable`
pub async fn confirm_disable(user: Admin, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let Found { client, live_grants, live_tokens, .. } = find(&user, &id).await?;
    let layout = user.layout("", Section::Clients);
    Ok(respond(StatusCode::OK, &disable_page(layout, &client.id, client.name(), live_grants, live_tokens)))
}

/// `POST /admin/clients/{id}/disable`
pub async fn disable(
    user: Admin,
    id: web::Path<String>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, PageError> {
    set_disabled(&user, id.into_inner(), &request, payload, true).await
}

/// `GET /admin/clients/{id}/enable`
pub async fn confirm_enable(user: Admin, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let client = find(&user, &id).await?.client;
    let layout = user.layout("", Section::Clients);
    Ok(respond(StatusCode::OK, &enable_page(layout, &client.id, client.name())))
}

/// `POST /admin/clients/{id}/enable`
pub async fn enable(
    user: Admin,
    id: web::Path<String>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, PageError> {
    set_disabled(&user, id.into_inner(), &request, payload, false).await
}

async fn set_disabled(
    user: &User,
    id: String,
    request: &HttpRequest,
    payload: web::Payload,
    is_disabled: bool,
) -> Result<HttpResponse, PageError> {
    user.visitor.form(request, payload).await?;
    let (context, to) = (user.context(), routes::admin_client(&id));
    let outcome = user
        .visitor
        .app
        .store
        .write(move |connection| management::clients::set_disabled(connection, &context, &id, is_disabled))
        .await;
    let done = if is_disabled { "The client was disabled." } else { "The client was enabled." };
    after_action(user, outcome, done, &to)
}

/// After a button: says what was done, or why not, on the page that shows it.
pub(super) fn after_action(
    user: &User,
    outcome: Result<(), Failure<ManagementError>>,
    done: &str,
    to: &str,
) -> Result<HttpResponse, PageError> {
    match outcome {
        Ok(()) => user.flash(done),
        Err(Failure::Store(error)) => return Err(error.into()),
        Err(Failure::Refused(ManagementError::NotFound)) => return Err(PageError::NotFound),
        Err(Failure::Refused(refusal)) => session::flash(&user.visitor.session, Tone::Danger, refusal.to_string()),
    }
    Ok(see_other(to))
}

/// Names the secret that has to make room, in the form that asks: another one is never deleted.
const REPLACED_SECRET: &str = "replaces";

/// `GET /admin/clients/{id}/rotate-secret`
pub async fn confirm_rotate_secret(user: Admin, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let client = find(&user, &id).await?.client;
    let oldest = client.secrets.first().filter(|_| client.secrets.len() >= MAX_SECRETS);
    let layout = user.layout("", Section::Clients);
    let mut page = rotate_secret_page(layout, &client.id, client.name(), oldest.is_some());
    page.hidden.extend(oldest.map(|secret| (REPLACED_SECRET.to_owned(), secret.id.clone())));
    Ok(respond(StatusCode::OK, &page))
}

/// `POST /admin/clients/{id}/rotate-secret`
pub async fn rotate_secret(
    user: Admin,
    id: web::Path<String>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, PageError> {
    let form = user.visitor.form(&request, payload).await?;
    let replaced = form.get(REPLACED_SECRET).map(str::to_owned);
    let (context, to, id) = (user.context(), routes::admin_client(&id), id.into_inner());
    let outcome: Result<_, Failure<ManagementError>> = user
        .visitor
        .app
        .store
        .write(move |connection| {
            if let Some(replaced) = &replaced {
                management::clients::delete_secret(connection, &context, &id, replaced)?;
            }
            let secret = management::clients::add_secret(connection, &context, &id)?;
            Ok(clients::find(connection, &id)?.map(|client| (client, secret)))
        })
        .await;
    match outcome {
        Ok(Some((client, secret))) => {
            let has_older_secret = client.secrets.len() > 1;
            Ok(secret_page(&user, SecretPage::ROTATED, &client.id, &client.metadata, secret, has_older_secret))
        }
        Ok(None) => Err(PageError::NotFound),
        Err(failure) => after_action(&user, Err(failure), "", &to),
    }
}

/// `GET /admin/clients/{id}/secrets/{secret_id}/delete`
pub async fn confirm_delete_secret(user: Admin, path: web::Path<(String, String)>) -> Result<HttpResponse, PageError> {
    let (id, secret_id) = path.into_inner();
    let client = find(&user, &id).await?.client;
    if !client.secrets.iter().any(|secret| secret.id == secret_id) {
        return Err(PageError::NotFound);
    }
    let layout = user.layout("", Section::Clients);
    Ok(respond(StatusCode::OK, &delete_secret_page(layout, &client.id, client.name(), &secret_id)))
}

/// `POST /admin/clients/{id}/secrets/{secret_id}/delete`
pub async fn delete_secret(
    user: Admin,
    path: web::Path<(String, String)>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, PageError> {
    user.visitor.form(&request, payload).await?;
    let (id, secret_id) = path.into_inner();
    let (context, to) = (user.context(), routes::admin_client(&id));
    let outcome = user
        .visitor
        .app
        .store
        .write(move |connection| management::clients::delete_secret(connection, &context, &id, &secret_id))
        .await;
    after_action(&user, outcome, "The secret was deleted.", &to)
}

/// `GET /admin/clients/{id}/delete`
pub async fn confirm_delete(user: Admin, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let Found { client, live_grants, live_tokens, .. } = find(&user, &id).await?;
    let layout = user.layout("", Section::Clients);
    Ok(respond(StatusCode::OK, &delete_page(layout, &client.id, client.name(), live_grants, live_tokens)))
}

/// `POST /admin/clients/{id}/delete`
pub async fn delete(
    user: Admin,
    id: web::Path<String>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, PageError> {
    user.visitor.form(&request, payload).await?;
    let (context, id) = (user.context(), id.into_inner());
    let outcome =
        user.visitor.app.store.write(move |connection| management::clients::delete(connection, &context, &id)).await;
    after_action(&user, outcome, "The client was deleted.", routes::ADMIN_CLIENTS)
}

/// The routes of these pages.
pub fn configure(config: &mut web::ServiceConfig) {
    let form = |path: &str| web::resource(path).default_service(only_page("GET, POST"));
    config
        .service(form(routes::ADMIN_CLIENTS).route(web::get().to(index)).route(web::post().to(create)))
        .service(web::resource(routes::ADMIN_CLIENTS_NEW).route(web::get().to(new)).default_service(only_page("GET")))
        .service(form(routes::ADMIN_CLIENT).route(web::get().to(show)).route(web::post().to(update)))
        .service(web::resource(routes::ADMIN_CLIENT_EDIT).route(web::get().to(edit)).default_service(only_page("GET")))
        .service(
            form(routes::ADMIN_CLIENT_DISABLE).route(web::get().to(confirm_disable)).route(web::post().to(disable)),
        )
        .service(form(routes::ADMIN_CLIENT_ENABLE).route(web::get().to(confirm_enable)).route(web::post().to(enable)))
        .service(
            form(routes::ADMIN_CLIENT_ROTATE_SECRET)
                .route(web::get().to(confirm_rotate_secret))
                .route(web::post().to(rotate_secret)),
        )
        .service(
            form(routes::ADMIN_CLIENT_SECRET_DELETE)
                .route(web::get().to(confirm_delete_secret))
                .route(web::post().to(delete_secret)),
        )
        .service(form(routes::ADMIN_CLIENT_DELETE).route(web::get().to(confirm_delete)).route(web::post().to(delete)));
}
