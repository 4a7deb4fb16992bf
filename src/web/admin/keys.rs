//! `/admin/keys`: what tokens are signed with, from Next through Current and Retiring to Retired.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::submitted::Submitted;
use super::{form, page};
use crate::clock::Timestamp;
use crate::domain::signing_key::{self, SigningKey};
use crate::jobs::rotate_keys::{self, KeyJobError};
use crate::management::keys::{Haste, too_young};
use crate::store::{StoreError, signing_keys};
use crate::web::confirm::ConfirmPage;
use crate::web::error::PageError;
use crate::web::page::{Layout, Moment, Section, Status, Tone, count, respond, sample};
use crate::web::routes;
use crate::web::state::App;
use crate::web::visitor::{Admin, Reader};

/// `GET /admin/keys`
#[derive(Template)]
#[template(path = "admin/keys/index.html")]
pub struct IndexPage {
    pub layout: Layout,
    /// Where verifiers find the public halves: the whole URL.
    pub jwks_uri: String,
    /// Who fetched the keys since the newest of them was published, in a sentence.
    pub readers: String,
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
    pub dates: Vec<(&'static str, Moment)>,
    /// The sentence for where it stands: `Signs since 3 days ago`. A helper for each is on [`KeyState`].
    pub note: String,
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
    pub label: &'static str,
    pub is_passed: bool,
    pub is_here: bool,
}

/// Asks before `POST /admin/keys/rotate`; `too_young` says why the next keys should not sign yet.
pub fn rotate_page(layout: Layout, too_young: Option<String>) -> ConfirmPage {
    let button = if too_young.is_some() { "Rotate all the same" } else { "Rotate keys" };
    let page = ConfirmPage::ask(
        layout,
        "Rotate the signing keys?",
        "The next keys begin to sign. Do this at once if a private key may have leaked; otherwise it happens by itself.",
        (button, routes::ADMIN_KEYS_ROTATE.to_owned()),
        ("Keys", routes::ADMIN_KEYS.to_owned()),
    );
    match too_young {
        None => page.with([
            "Tokens that are already out stay valid until they expire",
            "The present keys stay published until then",
            "New next keys are made and published",
        ]),
        Some(why) => page
            .with([why, "Until they fetch the keys again, they refuse new tokens".to_owned()])
            .sending(EMERGENCY, "true")
            .dangerous(),
    }
}

/// In the form that asks again: the keys are rotated although verifiers may not know the next ones.
const EMERGENCY: &str = "emergency";

impl KeyState {
    const ALL: [Self; 4] = [Self::Next, Self::Current, Self::Retiring, Self::Retired];

    pub fn status(self) -> Status {
        Status::new(if self == Self::Current { Tone::Success } else { Tone::Neutral }, self.label())
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Next => "Next",
            Self::Current => "Current",
            Self::Retiring => "Retiring",
            Self::Retired => "Retired",
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
    pub const TITLE: &str = "Keys";

    pub fn samples() -> Vec<Self> {
        let key = |kid: &str, algorithm: &str, state, created, note: &str| KeyLine {
            kid: kid.into(),
            algorithm: algorithm.into(),
            state,
            dates: vec![("Published", created)],
            note: note.into(),
        };
        let day = 86_400;
        let page = |keys| Self {
            layout: sample::desk(Self::TITLE, Section::Keys),
            jwks_uri: "https://id.example/.well-known/jwks.json".into(),
            readers: readers((3, 4), &sample::ago(day)),
            keys,
        };
        vec![
            page(vec![
                key("k_Jm2xT", "ES256", KeyState::Next, sample::ago(day), "Published, begins to sign in 29 days"),
                key("k_b7QwL", "ES256", KeyState::Current, sample::ago(31 * day), "Signs since a day ago"),
                key("k_Zt0Re", "ES256", KeyState::Retiring, sample::ago(61 * day), "Published until in an hour"),
                key("k_pC9sV", "RS256", KeyState::Current, sample::ago(31 * day), "Signs since a day ago"),
                key("k_aa1Nf", "RS256", KeyState::Retired, sample::ago(120 * day), "No longer published"),
            ]),
            page(Vec::new()),
        ]
    }
}

/// `GET /admin/keys`
pub async fn index(user: Reader) -> Result<HttpResponse, PageError> {
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
    let page = IndexPage {
        layout: user.layout(IndexPage::TITLE, Section::Keys),
        jwks_uri: app.config.issuer.url(routes::JWKS),
        readers: readers(app.readers.since(newest), &Moment::new(newest, now)),
        keys: keys.iter().map(|key| line(app, key, now)).collect(),
    };
    Ok(respond(StatusCode::OK, &page))
}

/// Key sets are fetched without a name: this is all that is known.
fn readers((since, all): (usize, usize), newest: &Moment) -> String {
    let number = |number: usize| count(i64::try_from(number).unwrap_or(i64::MAX), "program");
    format!(
        "{} of {} that were seen since this process started have fetched them since the newest key was published, {}. They \
         are told apart by address and user agent; which clients they belong to is not known.",
        since,
        number(all),
        newest.relative
    )
}

/// When a key came to each of its stages.
fn dates(key: &SigningKey, now: Timestamp) -> Vec<(&'static str, Moment)> {
    let stages = [
        ("Published", Some(key.created_at)),
        ("Signs since", key.activated_at),
        ("Retiring since", key.retiring_at),
        ("Retired", key.retired_at),
    ];
    stages.into_iter().filter_map(|(stage, at)| Some((stage, Moment::new(at?, now)))).collect()
}

fn line(app: &App, key: &SigningKey, now: Timestamp) -> KeyLine {
    let moment = |at| Moment::new(at, now);
    let (state, note) = match key.state {
        signing_key::KeyState::Next => {
            let signs_since = app.keys().current(key.algorithm).and_then(|current| current.activated_at);
            let rotation = i64::from(app.config.key_rotation_days) * 24 * 60 * 60;
            let begins = signs_since.map(|at| at + rotation).filter(|at| *at > now);
            let when = begins.map_or_else(|| "soon".to_owned(), |at| moment(at).relative);
            (KeyState::Next, format!("Published, begins to sign {when}"))
        }
        signing_key::KeyState::Current => {
            let since = moment(key.activated_at.unwrap_or(key.created_at)).relative;
            (KeyState::Current, format!("Signs since {since}"))
        }
        signing_key::KeyState::Retiring => (KeyState::Retiring, "Published until all it signed has expired".to_owned()),
        signing_key::KeyState::Retired => (KeyState::Retired, "No longer published".to_owned()),
    };
    KeyLine { kid: key.kid.clone(), algorithm: key.algorithm.name().to_owned(), state, dates: dates(key, now), note }
}

/// `GET /admin/keys/rotate`
pub async fn confirm(user: Admin) -> Result<HttpResponse, PageError> {
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
        Err(KeyJobError::Refused(refusal)) => return Ok(sent.refused(refusal.to_string(), routes::ADMIN_KEYS)),
        Err(KeyJobError::Key(error)) => {
            tracing::error!(%error, "keys could not be generated");
            return Err(PageError::Internal);
        }
    }
    if let Err(error) = app.reload_keys().await {
        tracing::error!(%error, "rotated keys could not be loaded");
        return Err(PageError::Internal);
    }
    Ok(sent.done("The signing keys were rotated.", routes::ADMIN_KEYS))
}

/// The routes of these pages.
pub fn configure(config: &mut web::ServiceConfig) {
    config
        .service(page(routes::ADMIN_KEYS).route(web::get().to(index)))
        .service(form(routes::ADMIN_KEYS_ROTATE).route(web::get().to(confirm)).route(web::post().to(rotate)));
}
