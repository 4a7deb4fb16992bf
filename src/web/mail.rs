//! Letters to users: what they say, in the reader's language, as text and as simple HTML.
//!
//! Letters say what happened and where to look; none says more than its reader's own account shows. A link that opens
//! something is made when the letter is sent, so that it is stored nowhere.

use askama::Template;
use serde_json::Value;

use crate::domain::resource_owner::ResourceOwner;
use crate::jobs::mail::Secretary;
use crate::mail::Letter;
use crate::management::email::{Invitation, link_of_letter};
use crate::management::users::{self, LINK_LIFETIME};
use crate::secret::{Secret, SecretKind};
use crate::store::mails::{Kind, Queued};
use crate::store::one_time_links::{self, Purpose};
use crate::store::{StoreError, resource_owners};
use crate::web::account::sessions::describe;
use crate::web::language::{self, Language, choice};
use crate::web::page::Moment;
use crate::web::routes;
use crate::web::state::App;

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
        let id = queued.owner_id.clone();
        let owner =
            self.store.read::<_, StoreError, _>(move |connection| resource_owners::find(connection, &id)).await?;
        let Some(owner) = owner.filter(ResourceOwner::is_enabled) else { return Ok(None) };
        let path = match queued.kind {
            // Whoever reads what was the account's address when the letter was queued has no claim to it now.
            Kind::SetPassword if !users::reaches(&owner, Some(&queued.address)) => return Ok(None),
            // It was set by another link, and nobody has asked for one since.
            Kind::SetPassword if owner.password_changed_at.is_some_and(|at| at > queued.created_at) => return Ok(None),
            Kind::SetPassword => Some(routes::set_password(&self.password_link(&owner.id, &queued.address).await?)),
            Kind::ConfirmEmail => match self.invitation(&owner.id, &queued.address).await? {
                Some(Invitation::Link(token)) => Some(routes::confirm_email(&token)),
                Some(Invitation::Taken) => None,
                None => return Ok(None),
            },
            Kind::EmailChangeAsked => Some(routes::ACCOUNT.to_owned()),
            Kind::PasswordChanged | Kind::NewBrowser | Kind::EmailChanged => Some(routes::ACCOUNT_ACTIVITY.to_owned()),
        };
        let language = language_of(&owner, queued);
        let link = path.map(|path| self.config.issuer.url(&path));
        let sender = Sender { product: self.settings().branding.name.clone(), issuer: self.issuer().to_owned() };
        Ok(language::within(language, || letter(queued, &owner, link.as_deref(), &sender)))
    }
}

impl App {
    /// A link that went to nobody else.
    async fn password_link(&self, owner_id: &str, address: &str) -> Result<String, StoreError> {
        let (secret, now) = (Secret::generate(SecretKind::OneTimeLink), self.now());
        let purpose = Purpose::SetPassword { owner_id: owner_id.to_owned(), mailed_to: Some(address.to_owned()) };
        let digest = secret.digest();
        self.store
            .write::<_, StoreError, _>(move |connection| {
                Ok(one_time_links::replace(connection, &digest, &purpose, now, now + LINK_LIFETIME)?)
            })
            .await?;
        Ok(secret.expose().to_owned())
    }

    async fn invitation(&self, owner_id: &str, address: &str) -> Result<Option<Invitation>, StoreError> {
        let (id, address, now) = (owner_id.to_owned(), address.to_owned(), self.now());
        self.store.write(move |connection| link_of_letter(connection, &id, &address, now)).await
    }
}

/// What the reader says they speak, or else what they were heard speaking.
fn language_of(owner: &ResourceOwner, queued: &Queued) -> Language {
    let said = [
        owner.claims.get("locale").and_then(Value::as_str),
        owner.language.as_deref(),
        queued.detail["language"].as_str(),
    ];
    said.into_iter().flatten().find_map(choice::find).unwrap_or_else(Language::english)
}

/// Who writes.
struct Sender {
    product: String,
    issuer: String,
}

fn letter(queued: &Queued, owner: &ResourceOwner, link: Option<&str>, sender: &Sender) -> Option<Letter> {
    let at = Moment::new(queued.created_at, queued.created_at).absolute;
    let Sender { product, issuer } = sender;
    let detail = |member: &str| queued.detail[member].as_str().unwrap_or_default().to_owned();
    let username = &owner.username;
    let (subject, what, then, label) = match queued.kind {
        Kind::PasswordChanged => (
            t!("mail-password-changed"),
            t!("mail-password-changed-what", username = username, product = product, at = at),
            t!("mail-password-changed-then"),
            t!("mail-look"),
        ),
        Kind::NewBrowser => {
            let (browser, address) = (describe(&detail("browser")), detail("address"));
            let what = t!(
                "mail-new-browser-what",
                username = username,
                product = product,
                browser = browser,
                address = address,
                at = at
            );
            (t!("mail-new-browser"), what, t!("mail-not-you"), t!("mail-look"))
        }
        Kind::EmailChanged => (
            t!("mail-email-changed"),
            t!("mail-email-changed-what", username = username, product = product, at = at),
            t!("mail-not-you"),
            t!("mail-look"),
        ),
        Kind::EmailChangeAsked => (
            t!("mail-email-asked"),
            t!("mail-email-asked-what", username = username, product = product, at = at),
            t!("mail-email-asked-then"),
            t!("mail-email-asked-link"),
        ),
        // It belongs to another account.
        Kind::ConfirmEmail if link.is_none() => (
            t!("mail-email-taken"),
            t!("mail-email-taken-what", product = product),
            t!("mail-email-taken-then"),
            String::new(),
        ),
        Kind::ConfirmEmail => (
            t!("mail-confirm-email"),
            t!("mail-confirm-email-what", username = username, product = product, address = queued.address),
            t!("mail-confirm-email-then"),
            t!("mail-confirm-email-link"),
        ),
        Kind::SetPassword => (
            t!("mail-set-password"),
            t!("mail-set-password-what", username = username, product = product),
            t!("mail-set-password-then"),
            t!("mail-set-password-link"),
        ),
    };
    // Whoever else may read at an address is not greeted by a name that somebody chose.
    let hello = match queued.kind {
        Kind::ConfirmEmail => t!("mail-hello-nobody"),
        _ => t!("mail-hello", name = owner.display_name()),
    };
    let link = link.unwrap_or_default();
    let paragraphs = [hello, what, then];
    let footer = t!("mail-footer", product = product, issuer = issuer);
    let html = Page {
        language: language::current().tag(),
        subject: &subject,
        paragraphs: &paragraphs,
        link,
        label: &label,
        footer: &footer,
    };
    let way = if link.is_empty() { String::new() } else { format!("{label}:\n{link}\n\n") };
    let text = format!("{}\n\n{way}-- \n{footer}\n", paragraphs.join("\n\n"));
    Some(Letter { to: queued.address.clone(), from: product.clone(), html: html.render().ok()?, subject, text })
}
