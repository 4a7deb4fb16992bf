//! `/admin/registration-tokens`: who may let clients register themselves (RFC 7591 §3). Where nobody may, there is nothing
//! here.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::paging::{Slice, place_of};
use super::submitted::{Next, Submitted};
use super::{form, page, query_of};
use crate::clock::{Seconds, Timestamp};
use crate::domain::policies::Registration;
use crate::management::registration_tokens::{self as tokens, NewRegistrationToken};
use crate::store::paging::Place;
use crate::store::registration_tokens::{self, RegistrationToken};
use crate::store::{StoreError, self_registrations};
use crate::web::confirm::ConfirmPage;
use crate::web::error::PageError;
use crate::web::handler::{get, post};
use crate::web::page::{Choice, FormErrors, Layout, Moment, Pager, Section, Status, Tone, duration, respond, sample};
use crate::web::routes;
use crate::web::visitor::{Admin, Reader, User};

/// `GET /admin/registration-tokens`
#[derive(Template)]
#[template(path = "admin/registration_tokens/index.html")]
pub struct IndexPage {
    pub layout: Layout,
    /// Where clients register themselves.
    pub endpoint: String,
    /// Newest first.
    pub tokens: Vec<TokenLine>,
    pub pager: Pager,
}

/// A token in the list, without its value.
pub struct TokenLine {
    pub id: String,
    /// Whom it is for; may be empty.
    pub note: String,
    /// `3 clients left`, or why it is good for nothing.
    pub status: Status,
    pub created: Moment,
    pub expires: Moment,
}

/// `GET /admin/registration-tokens/new`, and again when the POST to `/admin/registration-tokens` was refused.
#[derive(Template)]
#[template(path = "admin/registration_tokens/new.html")]
pub struct NewPage {
    pub layout: Layout,
    pub note: String,
    pub uses: String,
    /// A select of lifetimes in seconds.
    pub expires_in: Vec<Choice>,
    /// Ids: `note`, `uses`, `expires_in`.
    pub errors: FormErrors,
}

/// The answer to the POST that made a token, the one time that it is shown.
#[derive(Template)]
#[template(path = "admin/registration_tokens/created.html")]
pub struct CreatedPage {
    pub layout: Layout,
    pub token: String,
    /// A line to try it with in a terminal.
    pub curl: String,
}

const DAY: Seconds = 24 * 60 * 60;
/// What a new token may live; the second is proposed.
const LIFETIMES: [Seconds; 5] = [DAY, 7 * DAY, 30 * DAY, 90 * DAY, 365 * DAY];

/// Asks before `POST /admin/registration-tokens/{id}/revoke`. `clients` is how many registered with it.
pub fn revoke_page(layout: Layout, token: &RegistrationToken, clients: i64) -> ConfirmPage {
    ConfirmPage::ask(
        layout,
        t!("registration-revoke-question"),
        t!("registration-revoke-lead"),
        (t!("registration-revoke"), routes::admin_registration_token_revoke(&token.id)),
        (t!("clients-registration-tokens"), routes::ADMIN_REGISTRATION_TOKENS.to_owned()),
    )
    .with([
        if token.note.is_empty() { t!("registration-revoke-nobody") } else { token.note.clone() },
        t!("registration-revoke-clients", count = clients),
    ])
    .dangerous()
}

impl IndexPage {
    pub fn title() -> String {
        t!("clients-registration-tokens")
    }

    pub fn samples() -> Vec<Self> {
        let token = |note: &str, remaining_uses, created, expires| {
            let token = sample_token(note, remaining_uses, created, expires);
            line(&token, sample::NOW)
        };
        let page = |tokens, pager| Self {
            layout: sample::desk(&Self::title(), Section::Clients),
            endpoint: "https://id.example/oauth2/register".into(),
            tokens,
            pager,
        };
        let tokens = vec![
            token("Certification run", 20, -3600, 6 * DAY),
            token(sample::LONG, 0, -DAY, 30 * DAY),
            token("", 1, -9 * DAY, -2 * DAY),
        ];
        let next = Some("/admin/registration-tokens?after=1.r_1".into());
        vec![page(tokens, Pager { previous: None, next }), page(Vec::new(), Pager::default())]
    }
}

/// A token as seen at [`sample::NOW`].
pub fn sample_token(note: &str, remaining_uses: i32, created: Seconds, expires: Seconds) -> RegistrationToken {
    RegistrationToken {
        id: "r_1".into(),
        note: note.into(),
        remaining_uses,
        created_at: sample::NOW + created,
        expires_at: sample::NOW + expires,
    }
}

impl NewPage {
    pub fn title() -> String {
        t!("registration-new-title")
    }

    fn lifetimes(chosen: &str) -> Vec<Choice> {
        let choice = |seconds: Seconds| {
            let value = seconds.to_string();
            let is_chosen = value == chosen;
            Choice::new(
                value,
                if seconds == DAY { t!("duration-days", count = 1) } else { duration(seconds) },
                "",
                is_chosen,
            )
        };
        LIFETIMES.map(choice).to_vec()
    }

    fn empty(layout: Layout) -> Self {
        Self {
            layout,
            note: String::new(),
            uses: "1".into(),
            expires_in: Self::lifetimes(&LIFETIMES[1].to_string()),
            errors: FormErrors::none(),
        }
    }

    pub fn samples() -> Vec<Self> {
        let layout = || sample::desk(&Self::title(), Section::Clients);
        let errors = FormErrors::none().with("uses", t!("registration-uses-malformed", most = 1_000_000_i64));
        vec![Self::empty(layout()), Self { uses: "many".into(), errors, ..Self::empty(layout()) }]
    }
}

impl CreatedPage {
    pub fn title() -> String {
        t!("registration-made-title")
    }

    fn new(layout: Layout, endpoint: &str, token: &str) -> Self {
        let metadata = r#"{"client_name": "Test", "redirect_uris": ["https://app.example.com/callback"]}"#;
        let curl = format!(
            "curl -H \"Authorization: Bearer {token}\" -H \"Content-Type: application/json\" -d '{metadata}' {endpoint}"
        );
        Self { layout, token: token.to_owned(), curl }
    }

    pub fn samples() -> Vec<Self> {
        let token = "gia_u2JvKq9cY7mB0xT4nWlZs8RdHf3EaPoG1iQyVt6CkXM";
        vec![Self::new(sample::desk(&Self::title(), Section::Clients), "https://id.example/oauth2/register", token)]
    }
}

/// `GET /admin/registration-tokens`
pub async fn index(user: Reader, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let now = must_be_open(&user)?;
    let place = place_of(&query_of(&request)?)?;
    let slice = user
        .visitor
        .app
        .store
        .read::<_, StoreError, _>(move |connection| {
            let list = |place: &Place<_>, limit| Ok(registration_tokens::page(connection, place, limit)?);
            Slice::read(place.clone(), list, registration_tokens::key)
        })
        .await?;
    let page = IndexPage {
        layout: user.layout(IndexPage::title(), Section::Clients),
        endpoint: user.visitor.app.config.issuer.url(routes::REGISTER),
        pager: slice.pager(routes::ADMIN_REGISTRATION_TOKENS, &[]),
        tokens: slice.items.iter().map(|token| line(token, now)).collect(),
    };
    Ok(respond(StatusCode::OK, &page))
}

/// The time now, unless nobody may register a client.
fn must_be_open(user: &User) -> Result<Timestamp, PageError> {
    if user.visitor.app.policies().registration == Registration::Closed {
        return Err(PageError::NotFound);
    }
    Ok(user.visitor.now())
}

fn line(token: &RegistrationToken, now: Timestamp) -> TokenLine {
    let status = if token.expires_at <= now {
        Status::new(Tone::Neutral, t!("state-expired"))
    } else if token.remaining_uses == 0 {
        Status::new(Tone::Neutral, t!("registration-used-up"))
    } else {
        Status::new(Tone::Success, t!("registration-left", count = token.remaining_uses))
    };
    TokenLine {
        id: token.id.clone(),
        note: token.note.clone(),
        status,
        created: Moment::new(token.created_at, now),
        expires: Moment::new(token.expires_at, now),
    }
}

/// `GET /admin/registration-tokens/new`
pub async fn new(user: Admin) -> Result<HttpResponse, PageError> {
    must_be_open(&user)?;
    Ok(respond(StatusCode::OK, &NewPage::empty(user.layout(NewPage::title(), Section::Clients))))
}

/// `POST /admin/registration-tokens`
pub async fn create(sent: Submitted) -> Result<HttpResponse, PageError> {
    must_be_open(&sent.admin)?;
    let new = NewRegistrationToken {
        // What is no number is refused like one that is out of bounds.
        uses: sent.field("uses").trim().parse().unwrap_or_default(),
        expires_in: sent.field("expires_in").parse().unwrap_or_default(),
        note: sent.field("note"),
    };
    let made = sent.fill_in(move |connection, context| tokens::create(connection, context, &new)).await?;
    Ok(match made {
        Ok((_, secret)) => {
            let endpoint = sent.admin.visitor.app.config.issuer.url(routes::REGISTER);
            let layout = sent.admin.layout(CreatedPage::title(), Section::Clients);
            respond(StatusCode::OK, &CreatedPage::new(layout, &endpoint, secret.expose()))
        }
        Err(errors) => {
            let page = NewPage {
                layout: sent.admin.layout(NewPage::title(), Section::Clients),
                note: sent.field("note"),
                uses: sent.field("uses"),
                expires_in: NewPage::lifetimes(&sent.field("expires_in")),
                errors,
            };
            respond(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    })
}

/// `GET /admin/registration-tokens/{id}/revoke`
pub async fn confirm_revoke(user: Admin, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    must_be_open(&user)?;
    let found = user.visitor.app.store.read::<_, StoreError, _>(move |connection| {
        let Some(token) = registration_tokens::find(connection, &id)? else { return Ok(None) };
        Ok(Some((self_registrations::count_vouched_by(connection, &token.id)?, token)))
    });
    let (clients, token) = found.await?.ok_or(PageError::NotFound)?;
    Ok(respond(StatusCode::OK, &revoke_page(user.layout("", Section::Clients), &token, clients)))
}

/// `POST /admin/registration-tokens/{id}/revoke`
pub async fn revoke(sent: Submitted, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    must_be_open(&sent.admin)?;
    let next = Next::new(t!("registration-revoked"), routes::ADMIN_REGISTRATION_TOKENS);
    sent.act(next, move |connection, context| tokens::revoke(connection, context, &id)).await
}

/// The routes of these pages.
pub fn configure(config: &mut web::ServiceConfig) {
    config
        .service(form(routes::ADMIN_REGISTRATION_TOKENS).route(get(index)).route(post(create)))
        .service(page(routes::ADMIN_REGISTRATION_TOKENS_NEW).route(get(new)))
        .service(form(routes::ADMIN_REGISTRATION_TOKEN_REVOKE).route(get(confirm_revoke)).route(post(revoke)));
}
