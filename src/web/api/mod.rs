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

use crate::web::handler::{delete, get, post, put};
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
        .service(document(below(routes::API_WHOAMI), get(whoami::get)))
        .service(document(below(routes::API_OPENAPI), get(openapi)))
        .service(
            web::resource(below(routes::API_CLIENTS))
                .route(get(clients::index))
                .route(post(clients::create))
                .default_service(only("GET, POST")),
        )
        .service(
            web::resource(below(routes::API_CLIENT))
                .route(get(clients::show))
                .route(put(clients::update))
                .route(delete(clients::delete))
                .default_service(only("GET, PUT, DELETE")),
        )
        .service(
            web::resource(below(routes::API_CLIENT_ACTION)).route(post(clients::act)).default_service(only("POST")),
        )
        .service(
            web::resource(below(routes::API_CLIENT_SECRET))
                .route(delete(clients::delete_secret))
                .default_service(only("DELETE")),
        )
        .service(
            web::resource(below(routes::API_SCOPES))
                .route(get(scopes::index))
                .route(post(scopes::create))
                .default_service(only("GET, POST")),
        )
        .service(web::resource(below(routes::API_SCOPE)).route(delete(scopes::delete)).default_service(only("DELETE")))
        .service(
            web::resource(below(routes::API_USERS))
                .route(get(users::index))
                .route(post(users::create))
                .default_service(only("GET, POST")),
        )
        .service(
            web::resource(below(routes::API_USER))
                .route(get(users::show))
                .route(put(users::update))
                .route(delete(users::delete))
                .default_service(only("GET, PUT, DELETE")),
        )
        .service(
            web::resource(below(routes::API_USER_LINK)).route(post(users::make_link)).default_service(only("POST")),
        )
        .service(
            web::resource(below(routes::API_USER_EMAIL_LINK))
                .route(post(users::make_email_link))
                .default_service(only("POST")),
        )
        .service(
            web::resource(below(routes::API_USER_SESSIONS))
                .route(get(users::sessions))
                .route(delete(users::end_sessions))
                .default_service(only("GET, DELETE")),
        )
        .service(web::resource(below(routes::API_USER_ACTION)).route(post(users::act)).default_service(only("POST")))
        .service(
            web::resource(below(routes::API_USER_SESSION))
                .route(delete(users::end_session))
                .default_service(only("DELETE")),
        )
        .service(document(below(routes::API_AUDIT_LOG), get(audit_log::index)))
        .service(document(below(routes::API_REQUESTS), get(requests::index)))
        .service(document(below(routes::API_REQUEST), get(requests::show)))
        .service(document(below(routes::API_TOKENS), get(tokens::index)))
        .service(
            web::resource(below(routes::API_TOKEN))
                .route(get(tokens::show))
                .route(delete(tokens::revoke))
                .default_service(only("GET, DELETE")),
        )
        .service(document(below(routes::API_SESSIONS), get(tokens::sessions)))
        .service(document(below(routes::API_GRANTS), get(grants::index)))
        .service(
            web::resource(below(routes::API_GRANT))
                .route(get(grants::show))
                .route(delete(grants::revoke))
                .default_service(only("GET, DELETE")),
        );
}

async fn openapi() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(include_str!("openapi.json"))
}

async fn nothing_here() -> Result<HttpResponse, Problem> {
    Err(Problem::NothingHere)
}
