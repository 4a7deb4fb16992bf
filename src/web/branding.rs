//! `/branding/…`: the logo, the style sheet of the accent, and the pictures of clients.
//!
//! All are named for what they hold, so they may be cached for good, and what two processes say under one name is the same.
//! A style sheet's name is its colours: nothing has to be known to make it, and a preview of colours that nobody has saved is
//! served like any other.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use actix_web::{HttpResponse, web};

use crate::domain::branding::{Branding, Logo};
use crate::domain::colour::{Colour, Palette, Theme};
use crate::store::{StoreError, client_logos};
use crate::web::error::JsonError;
use crate::web::handler;
use crate::web::routes;
use crate::web::state::State;

/// Changes when [`style_sheet`] writes something else for the same colours.
const EDITION: &str = "accent-1";

/// Registers the routes of this module.
pub fn configure(services: &mut web::ServiceConfig) {
    services.route(routes::BRANDING, handler::get(get)).route(routes::CLIENT_LOGO, handler::get(client_logo));
}

/// Where the style sheet of this brand is, if it has colours of its own.
pub fn style_sheet_of(branding: &Branding) -> Option<String> {
    let (light, dark) = branding.accents?;
    Some(routes::branding(&format!("{EDITION}-{}-{}.css", light.digits(), dark.digits())))
}

/// Where the logo is.
pub fn logo_of(branding: &Branding) -> Option<String> {
    branding.logo.as_ref().map(|logo| routes::branding(&logo.file()))
}

/// `GET /branding/{file}`
pub async fn get(app: State, file: web::Path<String>) -> HttpResponse {
    if let Some((light, dark)) = colours(&file) {
        return immutable("text/css; charset=utf-8", style_sheet(light, dark).into());
    }
    match &app.settings().branding.logo {
        Some(logo) if logo.file() == *file => {
            immutable(logo.format.media_type(), web::Bytes::copy_from_slice(&logo.bytes))
        }
        _ => HttpResponse::NotFound().finish(),
    }
}

/// `GET /branding/clients/{file}`: the picture that an admin gave a client.
pub async fn client_logo(app: State, file: web::Path<String>) -> Result<HttpResponse, JsonError> {
    let wanted = file.clone();
    let found =
        app.store.read::<_, StoreError, _>(move |connection| Ok(client_logos::find(connection, &wanted)?)).await?;
    Ok(match found.and_then(|bytes| Logo::of_client(&bytes).ok()) {
        Some(logo) if logo.file() == *file => {
            immutable(logo.format.media_type(), web::Bytes::copy_from_slice(&logo.bytes))
        }
        _ => HttpResponse::NotFound().finish(),
    })
}

fn immutable(content_type: &'static str, body: web::Bytes) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((CONTENT_TYPE, content_type))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(body)
}

/// The colours that a style sheet's name says.
fn colours(file: &str) -> Option<(Colour, Colour)> {
    let (light, dark) = file.strip_prefix(EDITION)?.strip_prefix('-')?.strip_suffix(".css")?.split_once('-')?;
    let colour = |digits: &str| Colour::parse(digits).ok().filter(|colour| colour.digits() == digits);
    Some((colour(light)?, colour(dark)?))
}

/// The custom properties of `static/app.css` that the accent is in.
fn style_sheet(light: Colour, dark: Colour) -> String {
    let properties = |theme, accent| {
        let Palette { accent, strong, soft, on, .. } = Palette::new(theme, accent);
        format!("--accent: {accent}; --accent-strong: {strong}; --accent-soft: {soft}; --on-accent: {on};")
    };
    format!(
        ":root {{ {} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {} }} }}\n",
        properties(Theme::Light, light),
        properties(Theme::Dark, dark)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_style_sheet_s_name_is_its_colours_and_no_other_name_is_one() {
        let mut branding = Branding::default();
        branding.accents = Some((Theme::Light.accent(), Theme::Dark.accent()));
        let path = style_sheet_of(&branding).unwrap();
        assert_eq!(path, "/branding/accent-1-0f6b63-5fc7b9.css");
        assert_eq!(colours(path.trim_start_matches("/branding/")), branding.accents);
        for bad in [
            "accent-1-0f6b63.css",
            "accent-1-0F6B63-5fc7b9.css",
            "accent-1-abc-5fc7b9.css",
            "accent-1-0f6b63-5fc7b9.css.css",
            "x.png",
        ] {
            assert!(colours(bad).is_none(), "{bad}");
        }
        assert_eq!(style_sheet_of(&Branding::default()), None, "our own colours are in the style sheet");
    }
}
