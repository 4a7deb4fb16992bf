//! `/admin/keys`: what tokens are signed with, from Next through Current and Retiring to Retired.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::submitted::Submitted;
use super::{form, page};
use crate::clock::Timestamp;
use crate::domain::sentence::Sentence;
use crate::domain::signing_key::{self, SigningKey};
use crate::jobs::rotate_keys::{self, KeyJobError};
use crate::management::keys::{Haste, too_young};
use crate::store::connection::AnyConnection;
use crate::store::jwks_readers::{self, Reader};
use crate::store::{StoreError, signing_keys};
use crate::web::confirm::ConfirmPage;
use crate::web::error::{PageError, in_words};
use crate::web::handler::{get, post};
use crate::web::language::say;
use crate::web::page::{Layout, Moment, Section, Status, Tone, respond, sample};
use crate::web::routes;
use crate::web::state::App;
use crate::web::visitor::{self, Admin};

/// `GET /admin/keys`
#[derive(Template)]
#[template(path = "admin/keys/index.html")]
pub struct IndexPage {
    pub layout: Layout,
    /// Where verifiers find the public halves: the whole URL.
    pub jwks_uri: String,
    /// How many programs fetched the keys since the newest of them was published, in a sentence.
    pub known: String,
    /// Those that have not, and some of those that have.
    pub readers: Vec<ReaderLine>,
    /// By algorithm, and within one from Next to Retired.
    pub keys: Vec<KeyLine>,
}

/// A signing key, without its private half.
pub struct KeyLine {
    pub kid: String,
    /// `RS256`, `ES256`, …
    pub algorithm: String,
    pub state: KeyState,
    /// When it came to each of its stages so far.
    pub dates: Vec<(String, Moment)>,
    /// The sentence for where it stands: `Signs since 3 days ago`. A helper for each is on [`KeyState`].
    pub note: String,
}

/// A program that fetches the keys.
pub struct ReaderLine {
    pub program: String,
    pub address: String,
    pub last: Moment,
    /// Whether it has the newest key.
    pub status: Status,
    /// Name and page of clients at the same address.
    pub clients: Vec<(String, String)>,
    /// Whether there are more of them.
    pub has_more: bool,
}

/// The four stages of a key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyState {
    Next,
    Current,
    Retiring,
    Retired,
}

/// One stage on the way, as the row draws it.
pub struct Stage {
    pub label: String,
    pub is_passed: bool,
    pub is_here: bool,
}

/// Asks before `POST /admin/keys/rotate`; `too_young` says why it would be refused now.
pub fn rotate_page(layout: Layout, too_young: Option<Sentence>) -> ConfirmPage {
    let page = ConfirmPage::ask(
        layout,
        t!("keys-rotate-question"),
        too_young.map_or_else(|| t!("keys-rotate-lead"), |why| say(&why)),
        (t!("keys-rotate"), routes::ADMIN_KEYS_ROTATE.to_owned()),
        (t!("place-keys"), routes::ADMIN_KEYS.to_owned()),
    );
    page.with([t!("keys-rotate-tokens"), t!("keys-rotate-published"), t!("keys-rotate-new")])
}

/// The same when a private key may have leaked.
pub fn withdraw_page(layout: Layout) -> ConfirmPage {
    let page = ConfirmPage::ask(
        layout,
        t!("keys-withdraw-question"),
        t!("keys-withdraw-lead"),
        (t!("keys-withdraw"), routes::with_query(routes::ADMIN_KEYS_ROTATE, &[(EMERGENCY, "true")])),
        (t!("place-keys"), routes::ADMIN_KEYS.to_owned()),
    );
    page.with([t!("keys-withdraw-tokens"), t!("keys-withdraw-refused"), t!("keys-withdraw-twice")])
        .sending(EMERGENCY, "true")
        .dangerous()
}

/// In the address and the form of the page that asks: the keys that have signed are withdrawn.
const EMERGENCY: &str = "emergency";

impl KeyState {
    const ALL: [Self; 4] = [Self::Next, Self::Current, Self::Retiring, Self::Retired];

    pub fn status(self) -> Status {
        Status::new(if self == Self::Current { Tone::Success } else { Tone::Neutral }, self.label())
    }

    pub fn label(self) -> String {
        match self {
            Self::Next => t!("keys-next"),
            Self::Current => t!("keys-current"),
            Self::Retiring => t!("keys-retiring"),
            Self::Retired => t!("keys-retired"),
        }
    }

    /// The whole way, with this state's place on it.
    pub fn stages(self) -> Vec<Stage> {
        Self::ALL
            .map(|stage| Stage { label: stage.label(), is_passed: stage < self, is_here: stage == self })
            .into_iter()
            .collect()
    }
}

impl IndexPage {
    pub fn title() -> String {
        t!("place-keys")
    }

    pub fn samples() -> Vec<Self> {
        let key = |kid: &str, algorithm: &str, state, created, note: &str| KeyLine {
            kid: kid.into(),
            algorithm: algorithm.into(),
            state,
            dates: vec![(t!("keys-published"), created)],
            note: note.into(),
        };
        let day = 86_400;
        let reader = |program: &str, address: &str, ago, clients: &[&str]| ReaderLine {
            program: program.into(),
            address: address.into(),
            last: sample::ago(ago),
            status: reader_status(ago < day),
            clients: clients.iter().map(|name| ((*name).to_owned(), "/admin/clients/c_1".to_owned())).collect(),
            has_more: clients.len() > 1,
        };
        let readers = vec![
            reader("python-requests/2.31", "2001:db8::7", 2 * day, &["Acme Reports", sample::LONG]),
            reader("", "192.0.2.99", 3 * day, &[]),
            reader("Acme-Reports/4.2 (Java 21)", "192.0.2.7", 300, &["Acme Reports"]),
        ];
        let page = |keys, readers| Self {
            layout: sample::desk(&Self::title(), Section::Keys),
            jwks_uri: "https://id.example/.well-known/jwks.json".into(),
            known: known((3, 4), &sample::ago(day)),
            readers,
            keys,
        };
        vec![
            page(
                vec![
                    key(
                        "k_Jm2xT",
                        "ES256",
                        KeyState::Next,
                        sample::ago(day),
                        &t!("keys-next-note", when = sample::ahead(29 * day).relative),
                    ),
                    key(
                        "k_b7QwL",
                        "ES256",
                        KeyState::Current,
                        sample::ago(31 * day),
                        &t!("keys-current-note", when = sample::ago(day).relative),
                    ),
                    key("k_Zt0Re", "ES256", KeyState::Retiring, sample::ago(61 * day), &t!("keys-retiring-note")),
                    key(
                        "k_pC9sV",
                        "RS256",
                        KeyState::Current,
                        sample::ago(31 * day),
                        &t!("keys-current-note", when = sample::ago(day).relative),
                    ),
                    key("k_aa1Nf", "RS256", KeyState::Retired, sample::ago(120 * day), &t!("keys-retired-note")),
                ],
                readers,
            ),
            page(Vec::new(), Vec::new()),
        ]
    }
}

/// `GET /admin/keys`
pub async fn index(user: visitor::Reader) -> Result<HttpResponse, PageError> {
    let app = &user.visitor.app;
    let stored = app.store.read::<_, StoreError, _>(signing_keys::list).await?;
    let retired = stored.into_iter().map(|(key, _)| key).filter(|key| !key.state.is_published());
    let mut keys: Vec<SigningKey> = app.keys().keys().cloned().collect();
    // One that retired a moment ago may still be in the ring.
    let retired: Vec<SigningKey> = retired.filter(|key| keys.iter().all(|live| live.kid != key.kid)).collect();
    keys.extend(retired);
    keys.sort_by_key(|key| (key.algorithm, key.state, std::cmp::Reverse(key.created_at), key.kid.clone()));
    let now = user.visitor.now();
    let newest = keys.iter().map(|key| key.created_at).max().unwrap_or(now);
    let (numbers, readers) = app
        .store
        .read::<_, StoreError, _>(move |connection| {
            let numbers = (jwks_readers::count(connection, newest)?, jwks_readers::count(connection, 0)?);
            let mut lines = Vec::new();
            for has_come in [false, true] {
                for reader in jwks_readers::list(connection, newest, has_come, READERS)? {
                    lines.push(reader_line(connection, reader, has_come, now)?);
                }
            }
            Ok((numbers, lines))
        })
        .await?;
    let page = IndexPage {
        layout: user.layout(IndexPage::title(), Section::Keys),
        jwks_uri: app.config.issuer.url(routes::JWKS),
        known: known(numbers, &Moment::new(newest, now)),
        readers,
        keys: keys.iter().map(|key| line(app, key, now)).collect(),
    };
    Ok(respond(StatusCode::OK, &page))
}

/// Programs of each kind that are shown.
const READERS: i64 = 20;
/// Clients at one address that are named, and the rows that are read to find them: a client may have two secrets.
const CLIENTS: usize = 3;
const MOST_SECRETS: i64 = 8;

fn known((since, all): (i64, i64), newest: &Moment) -> String {
    t!("keys-readers", since = since, all = all, when = newest.relative)
}

fn reader_status(has_come: bool) -> Status {
    if has_come {
        Status::new(Tone::Success, t!("keys-reader-knows"))
    } else {
        Status::new(Tone::Warning, t!("keys-reader-not-yet"))
    }
}

/// Key sets are fetched without a name: which clients are at the address is the best that is known.
fn reader_line(
    connection: &mut AnyConnection,
    reader: Reader,
    has_come: bool,
    now: Timestamp,
) -> Result<ReaderLine, StoreError> {
    let mut clients = jwks_readers::clients_at(connection, &reader.address, MOST_SECRETS)?;
    clients.sort();
    // One has a row for each of its secrets.
    clients.dedup();
    let has_more = clients.len() > CLIENTS;
    clients.truncate(CLIENTS);
    Ok(ReaderLine {
        program: reader.user_agent,
        address: reader.address,
        last: Moment::new(reader.last_at, now),
        status: reader_status(has_come),
        clients: clients.into_iter().map(|(id, name)| (name, routes::admin_client(&id))).collect(),
        has_more,
    })
}

/// When a key came to each of its stages.
fn dates(key: &SigningKey, now: Timestamp) -> Vec<(String, Moment)> {
    let stages = [
        (t!("keys-published"), Some(key.created_at)),
        (t!("keys-signs-since"), key.activated_at),
        (t!("keys-retiring-since"), key.retiring_at),
        (t!("keys-retired"), key.retired_at),
    ];
    stages.into_iter().filter_map(|(stage, at)| Some((stage, Moment::new(at?, now)))).collect()
}

fn line(app: &App, key: &SigningKey, now: Timestamp) -> KeyLine {
    let moment = |at| Moment::new(at, now);
    let (state, note) = match key.state {
        signing_key::KeyState::Next => {
            let signs_since = app.keys().current(key.algorithm).and_then(|current| current.activated_at);
            let rotation = i64::from(app.policies().key_rotation_days) * 24 * 60 * 60;
            let begins = signs_since.map(|at| at + rotation).filter(|at| *at > now);
            let when = begins.map_or_else(|| t!("keys-soon"), |at| moment(at).relative);
            (KeyState::Next, t!("keys-next-note", when = when))
        }
        signing_key::KeyState::Current => {
            let since = moment(key.activated_at.unwrap_or(key.created_at)).relative;
            (KeyState::Current, t!("keys-current-note", when = since))
        }
        signing_key::KeyState::Retiring => (KeyState::Retiring, t!("keys-retiring-note")),
        signing_key::KeyState::Retired => (KeyState::Retired, t!("keys-retired-note")),
    };
    KeyLine { kid: key.kid.clone(), algorithm: key.algorithm.name().to_owned(), state, dates: dates(key, now), note }
}

/// What `GET /admin/keys/rotate` asks about.
#[derive(Deserialize)]
pub struct Question {
    #[serde(default)]
    emergency: String,
}

/// `GET /admin/keys/rotate`
pub async fn confirm(user: Admin, question: web::Query<Question>) -> Result<HttpResponse, PageError> {
    if !question.emergency.is_empty() {
        return Ok(respond(StatusCode::OK, &withdraw_page(user.layout("", Section::Keys))));
    }
    let now = user.visitor.now();
    let too_young = user.visitor.app.store.read(move |connection| too_young(connection, now)).await?;
    Ok(respond(StatusCode::OK, &rotate_page(user.layout("", Section::Keys), too_young)))
}

/// `POST /admin/keys/rotate`
pub async fn rotate(sent: Submitted) -> Result<HttpResponse, PageError> {
    let app = &sent.admin.visitor.app;
    let haste = if sent.form.get(EMERGENCY).is_some() { Haste::Emergency } else { Haste::None };
    match rotate_keys::rotate(&app.store, &app.sealing_key, sent.admin.context(), haste).await {
        Ok(()) => {}
        Err(KeyJobError::Store(error)) => return Err(error.into()),
        Err(KeyJobError::Refused(refusal)) => return Ok(sent.refused(in_words(&refusal), routes::ADMIN_KEYS)),
        Err(error @ KeyJobError::Key(_)) => {
            tracing::error!(%error, "keys could not be generated");
            return Err(PageError::Internal);
        }
    }
    if let Err(error) = app.reload_keys().await {
        tracing::error!(%error, "rotated keys could not be loaded");
        return Err(PageError::Internal);
    }
    Ok(sent.done(t!("keys-rotated"), routes::ADMIN_KEYS))
}

/// The routes of these pages.
pub fn configure(config: &mut web::ServiceConfig) {
    config
        .service(page(routes::ADMIN_KEYS).route(get(index)))
        .service(form(routes::ADMIN_KEYS_ROTATE).route(get(confirm)).route(post(rotate)));
}
