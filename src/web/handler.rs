//! Handlers of one type, whatever they do.
//!
//! actix-web makes services of its own for each handler, and calls each of them when a worker starts: with some two hundred
//! routes that is most of the program, read into memory for nothing but a few bytes beside each page. Behind [`Erased`] all
//! handlers look alike, and what one does is not touched before it is asked for.

use std::pin::Pin;
use std::rc::Rc;

use actix_web::http::Method;
use actix_web::web::Payload;
use actix_web::{FromRequest, Handler, HttpRequest, HttpResponse, Responder, Route, web};

type Answer = Pin<Box<dyn Future<Output = HttpResponse>>>;

macro_rules! routes_for {
    ($($name:ident $method:ident,)*) => {$(
        #[doc = concat!("A route for ", stringify!($method), ".")]
        pub fn $name<F: Handler<Args>, Args: FromRequest + 'static>(handler: F) -> Route
        where
            F::Output: Responder + 'static,
        {
            route(Method::$method, Erased::new(handler))
        }
    )*};
}

routes_for! { get GET, post POST, put PUT, delete DELETE, }

fn route(method: Method, handler: Erased) -> Route {
    web::method(method).to(handler)
}

/// A handler that has forgotten its type.
#[derive(Clone)]
struct Erased(Rc<dyn Fn(HttpRequest, Payload) -> Answer>);

impl Erased {
    fn new<F: Handler<Args>, Args: FromRequest + 'static>(handler: F) -> Self
    where
        F::Output: Responder + 'static,
    {
        Self(Rc::new(move |request, payload| Box::pin(answer(handler.clone(), request, payload))))
    }
}

impl Handler<(HttpRequest, Payload)> for Erased {
    type Output = HttpResponse;
    type Future = Answer;

    fn call(&self, (request, payload): (HttpRequest, Payload)) -> Answer {
        self.0(request, payload)
    }
}

/// What actix-web does with a handler.
async fn answer<F: Handler<Args>, Args: FromRequest>(handler: F, request: HttpRequest, payload: Payload) -> HttpResponse
where
    F::Output: Responder,
{
    match Args::from_request(&request, &mut payload.into_inner()).await {
        Ok(args) => handler.call(args).await.respond_to(&request).map_into_boxed_body(),
        Err(error) => HttpResponse::from_error(error),
    }
}
