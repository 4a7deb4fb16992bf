//! The application, and a request to it from inside: the same routes and middlewares that a listener serves, without one.

use std::net::{IpAddr, SocketAddr};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::{Condition, from_fn};
use actix_web::{App as ActixApp, Error, test};

use crate::web::state::State;
use crate::web::{base_path, configure, connections, headers, watch};

/// All routes behind the middlewares that every request passes.
pub fn application(
    app: &State,
) -> ActixApp<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody + use<>>,
        Error = Error,
        InitError = (),
    > + use<>,
> {
    let routes = app.clone();
    ActixApp::new()
        .app_data(app.clone())
        .configure(move |services| configure(&routes, services))
        .wrap(from_fn(headers::protect))
        .wrap(from_fn(watch::requests))
        .wrap(Condition::new(!app.config.issuer.path().is_empty(), from_fn(base_path::serve_below)))
        .wrap(from_fn(connections::follow))
}

/// A request that does not leave the process.
pub struct Call<'a> {
    pub method: Method,
    pub path: &'a str,
    pub headers: Vec<(&'static str, String)>,
    /// A form; nothing for a GET.
    pub form: Option<String>,
    /// In whose name.
    pub address: IpAddr,
}

/// What came back.
pub struct Answer {
    pub status: StatusCode,
    /// In the order of their names.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// Makes a request to ourselves.
pub async fn call(app: &State, call: Call<'_>) -> Answer {
    let service = test::init_service(application(app)).await;
    let mut request = test::TestRequest::with_uri(call.path)
        .method(call.method)
        .peer_addr(SocketAddr::new(call.address, 0))
        .insert_header(("host", app.config.issuer.authority()));
    for header in call.headers {
        request = request.insert_header(header);
    }
    if let Some(form) = call.form {
        request = request.insert_header(("content-type", "application/x-www-form-urlencoded")).set_payload(form);
    }
    let (status, headers, body) = match test::try_call_service(&service, request.to_request()).await {
        Ok(response) => {
            let (status, headers) = (response.status(), response.headers().clone());
            let body = actix_web::body::to_bytes(response.into_body()).await.unwrap_or_default();
            (status, headers, body)
        }
        Err(error) => {
            let response = error.error_response();
            let (status, headers) = (response.status(), response.headers().clone());
            (status, headers, actix_web::body::to_bytes(response.into_body()).await.unwrap_or_default())
        }
    };
    let mut headers: Vec<(String, String)> = headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    headers.sort();
    Answer { status, headers, body: String::from_utf8_lossy(&body).into_owned() }
}
