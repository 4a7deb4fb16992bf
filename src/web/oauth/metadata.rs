//! `/.well-known/…`: metadata (RFC 8414) and keys (RFC 7517), readable by browsers and kept by caches.

use std::sync::Arc;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, USER_AGENT};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::domain::policies::Registration;
use crate::protocol::metadata;
use crate::secret::sha256;
use crate::store::cache::Catalog;
use crate::web::error::JsonError;
use crate::web::language::Language;
use crate::web::settings::Settings;
use crate::web::state::{App, State};

/// Much shorter than a next key waits before it signs.
const MAX_AGE: &str = "public, max-age=300";

pub async fn get(app: State, request: HttpRequest) -> Result<HttpResponse, JsonError> {
    let catalog = app.store.published_catalog().await?;
    let settings = app.settings();
    let document = match app.metadata.load_full() {
        Some(known) if Arc::ptr_eq(&known.catalog, &catalog) && Arc::ptr_eq(&known.settings, &settings) => known,
        _ => {
            let made = Arc::new(Document::new(&app, catalog, settings));
            app.metadata.store(Some(Arc::clone(&made)));
            made
        }
    };
    Ok(cacheable(&request, document.body.clone(), &document.etag, "application/json"))
}

/// The metadata as they are sent, until something in the catalogue or the settings changes.
pub struct Document {
    settings: Arc<Settings>,
    catalog: Arc<Catalog>,
    body: Bytes,
    etag: String,
}

impl Document {
    fn new(app: &App, catalog: Arc<Catalog>, settings: Arc<Settings>) -> Self {
        let has_registration = settings.policies.registration != Registration::Closed;
        let languages: Vec<&str> = Language::all().map(Language::tag).collect();
        let body = metadata::document(&app.config.issuer, &catalog.scopes, has_registration, &languages).to_string();
        let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&sha256(body.as_bytes())[..12]));
        Self { settings, catalog, body: body.into(), etag }
    }
}

pub async fn jwks(app: State, request: HttpRequest) -> HttpResponse {
    let user_agent = request.headers().get(USER_AGENT).map_or(&b""[..], |value| value.as_bytes());
    app.readers.note(app.client_address(&request), user_agent, app.now());
    let keys = app.keys();
    cacheable(&request, Bytes::copy_from_slice(keys.jwks().as_bytes()), keys.etag(), "application/jwk-set+json")
}

fn cacheable(request: &HttpRequest, body: Bytes, etag: &str, content_type: &'static str) -> HttpResponse {
    let known = request.headers().get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_known = known == "*" || known.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag);
    let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header((CACHE_CONTROL, MAX_AGE)).insert_header((ETAG, etag));
    if is_known { response.finish() } else { response.insert_header((CONTENT_TYPE, content_type)).body(body) }
}
