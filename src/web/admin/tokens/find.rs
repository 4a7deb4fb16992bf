//! What a token stands for that somebody holds: it is pasted, hashed, and forgotten.
//!
//! It arrives in the body of a POST, never in an address, is not shown again, and goes into no log: the answer leads to the
//! page of the token's id, or says that there is none.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use crate::domain::grant::GrantId;
use crate::secret::Digest;
use crate::store::StoreError;
use crate::store::live_tokens::{self, TokenId};
use crate::web::admin::submitted::Submitted;
use crate::web::error::{PageError, see_other};
use crate::web::page::{FormErrors, Layout, Section, respond, sample};
use crate::web::visitor::{Read, Reader};
use crate::web::{routes, tokens};

/// `GET /admin/tokens/find`, and again when the POST found nothing.
#[derive(Template)]
#[template(path = "admin/tokens/find.html")]
pub struct FindPage {
    pub layout: Layout,
    /// Ids: `token`.
    pub errors: FormErrors,
}

impl FindPage {
    fn title() -> String {
        t!("tokens-find")
    }

    pub fn samples() -> Vec<Self> {
        let page = |errors| Self { layout: sample::desk(&Self::title(), Section::Grants), errors };
        vec![page(FormErrors::none()), page(FormErrors::none().with("token", t!("tokens-find-none")))]
    }
}

/// `GET /admin/tokens/find`
pub async fn ask(user: Reader) -> HttpResponse {
    let layout = user.layout(FindPage::title(), Section::Grants);
    respond(StatusCode::OK, &FindPage { layout, errors: FormErrors::none() })
}

enum Found {
    Token(TokenId),
    /// A JWT has no row of its own.
    Grant(GrantId),
}

/// `POST /admin/tokens/find`
pub async fn find(sent: Submitted<Read>) -> Result<HttpResponse, PageError> {
    let app = &sent.admin.visitor.app;
    let typed = sent.form.get("token").unwrap_or_default().trim();
    let found = if typed.contains('.') {
        tokens::find(app, typed).await?.map(|token| Found::Grant(token.grant.record.id))
    } else {
        let digest = TokenId(Digest::of(typed).as_bytes().to_vec());
        app.store
            .read::<_, StoreError, _>(move |connection| Ok(live_tokens::find(connection, &digest)?))
            .await?
            .map(|token| Found::Token(token.id))
    };
    Ok(match found {
        Some(Found::Token(id)) => see_other(&routes::admin_token(&id.to_string())),
        Some(Found::Grant(id)) => see_other(&routes::admin_grant(&id.to_string())),
        None => {
            let layout = sent.admin.layout(FindPage::title(), Section::Grants);
            let page = FindPage { layout, errors: FormErrors::none().with("token", t!("tokens-find-none")) };
            respond(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    })
}
