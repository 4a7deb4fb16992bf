//! Which language a page is in. The first that names one of ours decides:
//!
//! 1. `ui_locales` of the authorization request that is answered (OpenID Connect Core §3.1.2.1), unless the person has
//!    chosen otherwise on the pages of that very request;
//! 2. the signed-in user's own choice, which is the claim `locale` of the account;
//! 3. the choice at the door: `GET /language`, kept in a cookie;
//! 4. what the browser sends as `Accept-Language`;
//! 5. English.
//!
//! The middleware settles 3 to 5 before a handler runs; the extractor of a user and the loading of a stored request refine.

use actix_web::body::MessageBody;
use actix_web::cookie::{Cookie, SameSite, time::Duration};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{ACCEPT_LANGUAGE, HeaderMap};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::{CURRENT, Language, remember};
use crate::web::error::{PageError, see_other};
use crate::web::routes;
use crate::web::state::{App, State};
use crate::web::visitor::Visitor;

/// Why a language was chosen, the weakest reason first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Because {
    /// The browser's settings, or nothing at all.
    Browser,
    /// A choice at the door.
    Door,
    /// The user's own setting.
    Account,
    /// The authorization request.
    Request,
    /// The code that runs.
    Asked,
}

/// Bytes of an `Accept-Language` that is too long to be read for a refusal; browsers send some tens.
const LONG_WISH: usize = 256;

/// The language of ours that `tag` means: itself, or the more general one (RFC 4647 §3.4), or one of the same language.
pub fn find(tag: &str) -> Option<Language> {
    let mut range = tag.trim();
    loop {
        if let Some(found) = Language::all().find(|language| language.tag().eq_ignore_ascii_case(range)) {
            return Some(found);
        }
        match range.rsplit_once(['-', '_']) {
            Some((general, _)) => range = general,
            None => break,
        }
    }
    Language::all().find(|language| {
        language.tag().split('-').next().is_some_and(|primary| !range.is_empty() && primary.eq_ignore_ascii_case(range))
    })
}

/// The first of `ui_locales`, which are separated by spaces, that is a language of ours.
pub fn of_locales(ui_locales: &str) -> Option<Language> {
    ui_locales.split_ascii_whitespace().find_map(find)
}

/// `Accept-Language` (RFC 9110 §12.5.4).
fn of_header(header: &str) -> Option<Language> {
    let mut ranges: Vec<(f32, &str)> = header
        .split(',')
        .filter_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let tag = parts.next()?;
            let quality = parts.find_map(|part| part.strip_prefix("q=")).map_or(Ok(1.0), str::parse).ok()?;
            (quality > 0.0).then_some((quality, tag))
        })
        .collect();
    // Stable: of equals the first.
    ranges.sort_by(|one, other| other.0.total_cmp(&one.0));
    ranges.into_iter().find_map(|(_, tag)| find(tag))
}

/// What the browser wishes, where nothing else is known of a request yet, nor whether its headers are too long.
pub fn wished(headers: &HeaderMap) -> Language {
    let header = headers.get(ACCEPT_LANGUAGE).filter(|value| value.len() < LONG_WISH);
    header.and_then(|value| value.to_str().ok()).and_then(of_header).unwrap_or_else(Language::english)
}

/// From here on this language, unless there was a better reason for another.
pub fn prefer(because: Because, language: Option<Language>) {
    let Some(language) = language else { return };
    let _ = CURRENT.try_with(|current| {
        if current.get().0 <= because {
            current.set((because, language));
            remember(language);
        }
    });
}

/// A choice at the door.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Chosen {
    tag: String,
    /// The authorization request on whose page it was made, or empty.
    request: String,
}

fn name(app: &App) -> String {
    app.cookie_name("language")
}

impl Chosen {
    fn of(app: &App, request: &HttpRequest) -> Option<Self> {
        let cookie = request.cookie(&name(app))?;
        let (tag, request) = cookie.value().split_once('.').unwrap_or((cookie.value(), ""));
        Some(Self { tag: tag.to_owned(), request: request.to_owned() })
    }

    fn cookie(&self, app: &App) -> Cookie<'static> {
        let value = if self.request.is_empty() { self.tag.clone() } else { format!("{}.{}", self.tag, self.request) };
        Cookie::build(name(app), value)
            .path("/")
            .http_only(true)
            .secure(app.is_https())
            .same_site(SameSite::Lax)
            .max_age(Duration::days(400))
            .finish()
    }
}

/// The middleware: answers a request in the language of its cookie, or of its browser.
pub async fn of_browser(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let app = request.app_data::<State>().expect("every server is configured with its state").clone();
    let chosen = Chosen::of(&app, request.request());
    let header = request.headers().get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let start = match chosen.as_ref().and_then(|chosen| find(&chosen.tag)) {
        Some(language) => (Because::Door, language),
        None => (Because::Browser, of_header(header).unwrap_or_else(Language::english)),
    };
    if let Some(chosen) = chosen {
        request.extensions_mut().insert(chosen);
    }
    remember(start.1);
    CURRENT.scope(std::cell::Cell::new(start), next.call(request)).await
}

/// The authorization request on whose page the person chose a language, if so. Its `ui_locales` count no more.
pub fn outweighed_request(request: &HttpRequest) -> Option<String> {
    request.extensions().get::<Chosen>().map(|chosen| chosen.request.clone()).filter(|id| !id.is_empty())
}

/// What the links of the door carry.
#[derive(Deserialize)]
pub struct LanguageQuery {
    #[serde(default)]
    to: String,
    #[serde(default)]
    return_to: String,
}

/// The link that changes the language of the page at `path`.
pub fn link(language: Language, path: &str) -> String {
    routes::with_query(routes::LANGUAGE, &[("to", language.tag()), ("return_to", path)])
}

/// `GET /language`: keeps the choice, and goes back to where it was made. It opens nothing and forgets nothing, so a link
/// from elsewhere can do no more than make pages Korean.
pub async fn choose(visitor: Visitor, query: web::Query<LanguageQuery>) -> Result<HttpResponse, PageError> {
    let LanguageQuery { to, return_to } = query.into_inner();
    let language = find(&to).ok_or(PageError::NotFound)?;
    let path = if is_path(&return_to) { return_to.as_str() } else { routes::HOME };
    let chosen = Chosen { tag: language.tag().to_owned(), request: request_of(path) };
    let mut response = see_other(path);
    response.add_cookie(&chosen.cookie(&visitor.app)).map_err(|_| PageError::Internal)?;
    Ok(response)
}

/// A path of this server and nothing else, so that the link cannot lead away.
fn is_path(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next() == Some(b'/')
        && !matches!(bytes.next(), Some(b'/' | b'\\'))
        && text.bytes().all(|byte| (0x21..=0x7e).contains(&byte) && byte != b'\\')
}

/// The stored request that a page is about.
fn request_of(path: &str) -> String {
    let query = path.split_once('?').map(|(_, query)| query).unwrap_or_default();
    let id = query.split('&').find_map(|pair| pair.strip_prefix("request=")).unwrap_or_default();
    let is_id = id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if is_id { id.to_owned() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(language: Option<Language>) -> &'static str {
        language.map_or("none", Language::tag)
    }

    #[test]
    fn a_tag_means_itself_or_the_more_general_language() {
        let seen = ["ko", "KO-kr", "ko_KR", "en-GB", "fr", "", "e"].map(|text| tag(find(text)));
        assert_eq!(seen, ["ko", "ko", "ko", "en", "none", "none", "none"]);
        assert_eq!(tag(of_locales("fr-CA ko en")), "ko");
    }

    #[test]
    fn the_browser_s_wishes_count_by_their_weight() {
        for (header, expected) in [
            ("ko-KR,ko;q=0.9,en;q=0.8", "ko"),
            ("de, en;q=0.5, ko;q=0.7", "ko"),
            ("en;q=0.1, ko;q=0", "en"),
            ("fr", "none"),
            ("*", "none"),
            (";;q=,,", "none"),
        ] {
            assert_eq!(tag(of_header(header)), expected, "{header}");
        }
    }

    #[test]
    fn a_refusal_is_in_the_language_that_the_browser_wishes_if_that_is_short() {
        let long = format!("ko{}", ", xx".repeat(64));
        let seen = ["ko-KR,ko;q=0.9", "fr", long.as_str()].map(|wish| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, wish.parse().expect("it is a header's value"));
            wished(&headers).tag()
        });
        assert_eq!((seen, wished(&HeaderMap::new()).tag()), (["ko", "en", "en"], "en"));
    }

    #[test]
    fn a_choice_leads_back_to_our_own_pages_only() {
        assert!(is_path("/login?request=abc") && is_path("/"));
        for foreign in ["", "//evil.example", "/\\evil.example", "https://evil.example", "/a\\b", "/a\n"] {
            assert!(!is_path(foreign), "{foreign:?}");
        }
        assert_eq!(request_of("/login?request=r_5-f&x=1"), "r_5-f");
        assert_eq!(request_of("/login?request=a%22.b"), "");
    }
}
