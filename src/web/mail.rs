//! Letters to users: who gets one, and what it says, in the reader's language, as text and as simple HTML.
//!
//! Letters say what happened and where to look; none says more than its reader's own account shows. A link that opens
//! something is made when the letter is sent, so that it is stored nowhere.

use askama::Template;
use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::domain::resource_owner::ResourceOwner;
use crate::jobs::mail::Secretary;
use crate::mail::Letter;
use crate::management::users::LINK_LIFETIME;
use crate::secret::{Secret, SecretKind, random_id};
use crate::store::connection::AnyConnection;
use crate::store::mails::{self, Kind, Queued};
use crate::store::one_time_links::{self, Purpose};
use crate::store::{StoreError, resource_owners};
use crate::web::account::sessions::describe;
use crate::web::language::{self, Language, choice};
use crate::web::page::Moment;
use crate::web::routes;
use crate::web::state::App;

/// Who can be written to.
#[derive(Clone)]
pub struct Reader {
    owner_id: String,
    address: String,
}

/// Where an account's letters go, when mail is set up and it has an address.
pub fn reader(app: &App, owner: &ResourceOwner) -> Option<Reader> {
    app.mailer.as_ref()?;
    Some(Reader { owner_id: owner.id.clone(), address: owner.email.clone()? })
}

impl Reader {
    /// Puts a letter in the queue, in the transaction of what it is about.
    pub fn tell(
        &self,
        connection: &mut AnyConnection,
        kind: Kind,
        detail: &Value,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        Ok(mails::insert(connection, &random_id(), kind, &self.owner_id, &self.address, detail, now)?)
    }

    /// A sign-in that looks like somebody else's.
    pub fn tell_of_browser(
        &self,
        connection: &mut AnyConnection,
        user_agent: &str,
        address: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.tell(connection, Kind::NewBrowser, &json!({ "browser": user_agent, "address": address }), now)
    }
}

/// Puts a letter without further detail in the queue, where there is somebody to read it.
pub fn tell(
    reader: Option<&Reader>,
    connection: &mut AnyConnection,
    kind: Kind,
    now: Timestamp,
) -> Result<(), StoreError> {
    reader.map_or(Ok(()), |reader| reader.tell(connection, kind, &json!({}), now))
}

/// The HTML of a letter.
#[derive(Template)]
#[template(path = "mail/letter.html")]
struct Page<'a> {
    language: &'static str,
    subject: &'a str,
    paragraphs: &'a [String],
    link: &'a str,
    label: &'a str,
    footer: &'a str,
}

impl Secretary for App {
    async fn compose(&self, queued: &Queued) -> Result<Option<Letter>, StoreError> {
        let Some(kind) = queued.kind else { return Ok(None) };
        let id = queued.owner_id.clone();
        let owner =
            self.store.read::<_, StoreError, _>(move |connection| resource_owners::find(connection, &id)).await?;
        let Some(owner) = owner.filter(ResourceOwner::is_enabled) else { return Ok(None) };
        let path = match kind {
            Kind::SetPassword => routes::set_password(&self.new_link(&owner.id).await?),
            _ => routes::ACCOUNT_ACTIVITY.to_owned(),
        };
        let said = owner.claims.get("locale").and_then(Value::as_str).and_then(choice::find);
        let language = said.unwrap_or_else(Language::english);
        let link = self.config.issuer.url(&path);
        Ok(language::within(language, || letter(queued, kind, &owner, &link, self.issuer())))
    }
}

impl App {
    async fn new_link(&self, owner_id: &str) -> Result<String, StoreError> {
        let (secret, now) = (Secret::generate(SecretKind::OneTimeLink), self.now());
        let (digest, purpose) = (secret.digest(), Purpose::SetPassword { owner_id: owner_id.to_owned() });
        self.store
            .write::<_, StoreError, _>(move |connection| {
                Ok(one_time_links::replace(connection, &digest, &purpose, now, now + LINK_LIFETIME)?)
            })
            .await?;
        Ok(secret.expose().to_owned())
    }
}

fn letter(queued: &Queued, kind: Kind, owner: &ResourceOwner, link: &str, issuer: &str) -> Option<Letter> {
    let at = Moment::new(queued.created_at, queued.created_at).absolute;
    let text = |member: &str| queued.detail[member].as_str().unwrap_or_default().to_owned();
    let (subject, what, label) = match kind {
        Kind::PasswordChanged => (
            t!("mail-password-changed"),
            t!("mail-password-changed-what", username = owner.username, at = at),
            t!("mail-look"),
        ),
        Kind::NewBrowser => {
            let browser = describe(&text("browser"));
            let address = text("address");
            let what =
                t!("mail-new-browser-what", username = owner.username, browser = browser, address = address, at = at);
            (t!("mail-new-browser"), what, t!("mail-look"))
        }
        Kind::EmailChanged => (
            t!("mail-email-changed"),
            t!("mail-email-changed-what", username = owner.username, at = at),
            t!("mail-look"),
        ),
        Kind::SetPassword => (
            t!("mail-set-password"),
            t!("mail-set-password-what", username = owner.username, issuer = issuer),
            t!("mail-set-password-link"),
        ),
    };
    let then = if kind == Kind::SetPassword { t!("mail-set-password-then") } else { t!("mail-not-you") };
    let name = owner.display_name();
    let paragraphs = [t!("mail-hello", name = name), what, then];
    let footer = t!("mail-footer", issuer = issuer);
    let html = Page {
        language: language::current().tag(),
        subject: &subject,
        paragraphs: &paragraphs,
        link,
        label: &label,
        footer: &footer,
    };
    let text = format!("{}\n\n{label}:\n{link}\n\n-- \n{footer}\n", paragraphs.join("\n\n"));
    Some(Letter { to: queued.address.clone(), html: html.render().ok()?, subject, text })
}
