//! The server as its users meet it. See `tests/README.md`.

mod support;

mod account_login;
mod architecture;
mod audit_log;
mod backup;
mod console;
mod console_fields;
mod costs;
mod dependencies;
mod documentation;
mod health;
mod languages;
mod limits;
mod log;
mod metrics;
mod migrations;
mod oidc_core;
mod oidc_logout;
mod outage;
mod outbound;
mod pages;
mod rfc6749_authorization_code;
mod rfc6749_client_credentials;
mod rfc6749_refresh;
mod rfc6750_bearer;
mod rfc7523_client_assertion;
mod rfc7591_registration;
mod rfc7592_management;
mod rfc7662_introspection;
mod roles;
mod schema;
mod stopping;
mod test_cluster;
mod tls;
mod two_processes;
