//! The management API, guarded by our own access tokens: JSON, `problem+json` errors (RFC 9457), keyset pages.

pub mod audit_log;
pub mod clients;
pub mod grants;
pub mod problem;
pub mod requests;
pub mod scopes;
pub mod tokens;
pub mod users;
pub mod whoami;

use actix_web::middleware::from_fn;
use actix_web::{HttpResponse, web};

use crate::web::{document, only, routes};
use problem::Problem;

/// All its paths begin so.
const ROOT: &str = "/api";

pub fn configure(config: &mut web::ServiceConfig) {
    config.service(
        web::scope(ROOT)
            .wrap(from_fn(problem::in_one_form))
            .configure(resources)
            .default_service(web::to(nothing_here)),
    );
}

/// What of a path stands below [`ROOT`].
fn below(path: &'static str) -> &'static str {
    path.strip_prefix(ROOT).expect("every path of the API begins so")
}

fn resources(config: &mut web::ServiceConfig) {
    config
        .service(document(below(routes::API_WHOAMI), whoami::get))
        .service(document(below(routes::API_OPENAPI), openapi))
        .service(
            web::resource(below(routes::API_CLIENTS))
                .route(web::get().to(clients::index))
                .route(web::post().to(clients::create))
                .default_service(only("GET, POST")),
        )
        .service(
            web::resource(below(routes::API_CLIENT))
                .route(web::get().to(clients::show))
                .route(web::put().to(clients::update))
                .route(web::delete().to(clients::delete))
                .default_service(only("GET, PUT, DELETE")),
        )
        .service(
            web::resource(below(routes::API_CLIENT_ACTION))
                .route(web::post().to(clients::act))
                .default_service(only("POST")),
        )
        .service(
            web::resource(below(routes::API_CLIENT_SECRET))
                .route(web::delete().to(clients::delete_secret))
                .default_service(only("DELETE")),
        )
        .service(
            web::resource(below(routes::API_SCOPES))
                .route(web::get().to(scopes::index))
                .route(web::post().to(scopes::create))
                .default_service(only("GET, POST")),
        )
        .service(
            web::resource(below(routes::API_SCOPE))
                .route(web::delete().to(scopes::delete))
                .default_service(only("DELETE")),
        )
        .service(
            web::resource(below(routes::API_USERS))
                .route(web::get().to(users::index))
                .route(web::post().to(users::create))
                .default_service(only("GET, POST")),
        )
        .service(
            web::resource(below(routes::API_USER))
                .route(web::get().to(users::show))
                .route(web::put().to(users::update))
                .route(web::delete().to(users::delete))
                .default_service(only("GET, PUT, DELETE")),
        )
        .service(
            web::resource(below(routes::API_USER_LINK))
                .route(web::post().to(users::make_link))
                .default_service(only("POST")),
        )
        .service(
            web::resource(below(routes::API_USER_EMAIL_LINK))
                .route(web::post().to(users::make_email_link))
                .default_service(only("POST")),
        )
        .service(
            web::resource(below(routes::API_USER_SESSIONS))
                .route(web::get().to(users::sessions))
                .route(web::delete().to(users::end_sessions))
                .default_service(only("GET, DELETE")),
        )
        .service(
            web::resource(below(routes::API_USER_ACTION))
                .route(web::post().to(users::act))
                .default_service(only("POST")),
        )
        .service(
            web::resource(below(routes::API_USER_SESSION))
                .route(web::delete().to(users::end_session))
                .default_service(only("DELETE")),
        )
        .service(document(below(routes::API_AUDIT_LOG), audit_log::index))
        .service(document(below(routes::API_REQUESTS), requests::index))
        .service(document(below(routes::API_REQUEST), requests::show))
        .service(document(below(routes::API_TOKENS), tokens::index))
        .service(
            web::resource(below(routes::API_TOKEN))
                .route(web::get().to(tokens::show))
                .route(web::delete().to(tokens::revoke))
                .default_service(only("GET, DELETE")),
        )
        .service(document(below(routes::API_SESSIONS), tokens::sessions))
        .service(document(below(routes::API_GRANTS), grants::index))
        .service(
            web::resource(below(routes::API_GRANT))
                .route(web::get().to(grants::show))
                .route(web::delete().to(grants::revoke))
                .default_service(only("GET, DELETE")),
        );
}

async fn openapi() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(include_str!("openapi.json"))
}

async fn nothing_here() -> Result<HttpResponse, Problem> {
    Err(Problem::NothingHere)
}
