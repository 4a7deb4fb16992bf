//! Static files: embedded in release builds, read from disk in debug builds, always served under a hashed name.
//!
//! A template asks for [`asset`]`("app.css")` and gets `/static/app.{hash}.css`. The hash is of the content, so the answer
//! may be cached for a year. Another hash is what a page of an older or a newer program names while both serve behind one
//! balancer: it gets the file as it is here, which nobody may keep. There is no directory below `static/`, and a name is
//! looked up, never opened.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS};
use actix_web::{HttpRequest, HttpResponse, web};
use rust_embed::{Embed, EmbeddedFile};

use super::routes;
use crate::web::handler;

#[derive(Embed)]
#[folder = "static/"]
struct Files;

/// The URL of a file in `static/`, with the hash of what it holds.
///
/// # Panics
/// If there is no such file; the test that renders every page finds the misspelt name.
pub fn asset(name: &str) -> String {
    let file = Files::get(name).expect("templates name only files that are in static/");
    let (stem, extension) = name.rsplit_once('.').expect("every static file has an extension");
    format!("/static/{stem}.{}.{extension}", fingerprint(&file))
}

/// Registers the one route of this module.
pub fn configure(services: &mut web::ServiceConfig) {
    services.route(routes::STATIC, handler::get(get));
}

/// `GET /static/{file}`
pub async fn get(request: HttpRequest, file: web::Path<String>) -> HttpResponse {
    let Some((file, content_type, etag)) = find(&file) else {
        return HttpResponse::NotFound().finish();
    };
    let mut response = HttpResponse::Ok();
    response.insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"));
    if let Some(etag) = etag {
        response
            .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
            .insert_header((ETAG, etag.as_str()));
        let known = request.headers().get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
        if known.is_some_and(|known| known.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag)) {
            return response.status(actix_web::http::StatusCode::NOT_MODIFIED).finish();
        }
    } else {
        response.insert_header((CACHE_CONTROL, "no-store"));
    }
    response.insert_header((CONTENT_TYPE, content_type)).body(file.data.into_owned())
}

/// Every file with its content, for tests and for dumping pages to look at.
pub fn files() -> Vec<(String, Vec<u8>)> {
    Files::iter().filter_map(|name| Files::get(&name).map(|file| (name.into_owned(), file.data.into_owned()))).collect()
}

/// Splits `{stem}.{hash}.{ext}`; the file comes with a tag when the hash is that of the file as it is now.
fn find(hashed: &str) -> Option<(EmbeddedFile, &'static str, Option<String>)> {
    let (rest, extension) = hashed.rsplit_once('.')?;
    let (stem, hash) = rest.rsplit_once('.')?;
    let name = format!("{stem}.{extension}");
    // In debug builds `get` reads the disk; asking the list first keeps `..` and absolute names away from it.
    Files::iter().find(|known| *known == name)?;
    let file = Files::get(&name)?;
    let content_type = content_type(extension)?;
    let etag = (fingerprint(&file) == hash).then(|| format!("\"{hash}\""));
    Some((file, content_type, etag))
}

fn content_type(extension: &str) -> Option<&'static str> {
    match extension {
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        _ => None,
    }
}

/// The first 64 bits of the SHA-256 digest, in hexadecimal.
fn fingerprint(file: &EmbeddedFile) -> String {
    use std::fmt::Write as _;
    file.metadata.sha256_hash()[..8].iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file_of(url: &str) -> &str {
        url.strip_prefix("/static/").expect("assets live in /static/")
    }

    #[test]
    fn the_url_of_an_asset_finds_its_file() {
        let url = asset("app.css");
        let (file, content_type, etag) = find(file_of(&url)).expect("just built");
        assert!(etag.is_some());
        assert_eq!(content_type, "text/css; charset=utf-8");
        assert!(!file.data.is_empty());
    }

    #[test]
    fn an_unknown_name_and_a_traversal_are_not_found() {
        for name in ["no.0000000000000000.css", "app.css", "..", "../Cargo.0000000000000000.toml", "/etc/passwd", ""] {
            assert!(find(name).is_none(), "{name}");
        }
    }

    #[actix_web::test]
    async fn an_asset_may_be_kept_for_a_year_and_is_not_sent_twice() {
        use actix_web::test::{TestRequest, call_service, init_service};

        let app = init_service(actix_web::App::new().configure(configure)).await;
        let url = asset("icons.svg");

        let first = call_service(&app, TestRequest::get().uri(&url).to_request()).await;
        assert_eq!(first.status(), 200);
        assert_eq!(first.headers().get(CONTENT_TYPE).expect("a type"), "image/svg+xml");
        assert_eq!(
            first.headers().get(CACHE_CONTROL).expect("a rule for caches"),
            "public, max-age=31536000, immutable"
        );

        let tag = first.headers().get(ETAG).expect("a tag").clone();
        let second =
            call_service(&app, TestRequest::get().uri(&url).insert_header((IF_NONE_MATCH, tag)).to_request()).await;
        assert_eq!(second.status(), 304);

        let of_another_program = TestRequest::get().uri("/static/app.0000000000000000.css").to_request();
        let other = call_service(&app, of_another_program).await;
        assert_eq!(other.status(), 200);
        assert_eq!(other.headers().get(CACHE_CONTROL).expect("a rule for caches"), "no-store");
        assert!(other.headers().get(ETAG).is_none());
        let body = actix_web::body::to_bytes(other.into_body()).await.expect("a body");
        assert_eq!(body, Files::get("app.css").expect("it is there").data.into_owned());

        for uri in ["/static/..%2fCargo.0000000000000000.toml", "/static/%2e%2e%2fapp.css", "/static/none.css"] {
            let response = call_service(&app, TestRequest::get().uri(uri).to_request()).await;
            assert_eq!(response.status(), 404, "{uri}");
        }
    }
}
