//! A listener of its own for metrics and health, so that they answer when the other one is full.

use std::net::{SocketAddr, TcpListener};

use actix_web::middleware::from_fn;
use actix_web::web::Data;
use actix_web::{App as ActixApp, HttpServer};

use super::side::Side;
use crate::web::connections::{self, Listener};
use crate::web::state::App;
use crate::web::{self, headers, watch};

/// Serves at most `most` connections on a bound listener. One thread is plenty.
///
/// # Errors
/// A sentence for the operator.
pub fn serve(app: &Data<App>, (listener, address): (TcpListener, SocketAddr), most: usize) -> Result<Side, String> {
    let (app, for_connections) = (app.clone(), app.clone());
    let listens = Listener { name: "metrics", most };
    let server = HttpServer::new(move || {
        ActixApp::new()
            .app_data(app.clone())
            .configure(web::configure_metrics)
            .wrap(from_fn(headers::protect))
            .wrap(from_fn(watch::identify))
            .wrap(from_fn(connections::follow))
    })
    .on_connect(move |io, data| connections::open(&for_connections, listens, io, data))
    .workers(1)
    .max_connections(listens.most)
    .shutdown_timeout(1)
    .disable_signals();
    let server = server.listen(listener).map_err(|error| format!("cannot serve metrics: {error}"))?.run();
    Ok(Side { address, server })
}
