//! Grantor: a self-hosted OAuth 2.1 authorization server and OpenID Provider.
//!
//! # Bird's eye
//!
//! A request becomes a **typed value** once, at the edge ([`web`]). A **pure protocol function** ([`protocol`]) decides what
//! must happen and answers with a value. What it asks of storage ([`store`]) it asks through oxide-auth's three traits, built for
//! that request and dropped with it: what was presented is read before, and what is to be written is gathered and then written,
//! all or nothing, by as few statements as there can be. [`web`] turns the answer into JSON, a redirect or a page.
//!
//! What admins do (console, API, command line) goes through [`management`], so that the three cannot disagree and each
//! change stands in the audit log, in the same transaction.
//!
//! # Code map
//!
//! | module | decides |
//! |---|---|
//! | [`cli`] | the command line, and what an operator reads on it |
//! | [`config`] | settings: one table of them, environment before file before default |
//! | [`clock`] | the time; tests move it |
//! | [`secret`] | random secrets, their digests, comparison |
//! | [`domain`] | plain data that parses itself; whether a grant is alive |
//! | [`protocol`] | every MUST of the specifications |
//! | [`keys`] | the key ring, JWTs, sealing |
//! | [`outbound`] | requests that we make ourselves: where to, whom to believe, how much |
//! | [`mail`] | handing letters to a mail server |
//! | [`password_rules`] | what a new password has to be |
//! | [`store`] | the database: `Store::read`, `Store::write`, one file per table |
//! | [`management`] | what admins may do, and the audit log's entry of it |
//! | [`web`] | HTTP and HTML; every path is in [`web::routes`] |
//! | [`jobs`] | sweeping, key rotation, chaining the audit log, reviewing clients, batched statistics and records of requests, sending letters and traces, telling clients of logouts, revoking everything |
//! | [`throttle`] | slowing down those who guess |
//! | [`serve`] | puts it together, listens, stops gracefully |
//! | [`metrics`] | counters and their text format; what they count is said where it happens |
//! | [`telemetry`] | which request something belongs to, and what of it took how long |
//! | [`logging`] | how the log is written |
//!
//! # Who may import whom
//!
//! ```text
//! cli            -> everything but throttle, mail, metrics, telemetry; of protocol only registration
//! serve          -> web, jobs, store, keys, metrics::history, config, clock, secret
//! web            -> protocol, management, store, keys, outbound, mail, password_rules, jobs, throttle, metrics, telemetry, domain, config, clock, secret
//! jobs           -> management, store, keys, outbound, mail, metrics, telemetry, domain, clock, secret; of protocol only logout and review, of config only Outbound, traces
//! management     -> protocol::registration, store, domain, clock, secret
//! store          -> metrics, telemetry, domain, secret, clock, config::database_url
//! protocol       -> domain, secret, clock's type aliases
//! keys           -> domain, secret, clock
//! outbound       -> keys, config::Outbound, clock
//! mail           -> config::mail, secret
//! password_rules -> domain
//! config         -> domain, secret, clock
//! throttle       -> secret, clock
//! logging        -> telemetry, config
//! telemetry      -> metrics, secret
//! metrics        -> nothing
//! domain         -> secret, clock's type aliases
//! ```
//!
//! [`protocol`] and [`store`] do not know each other; [`web`] introduces them. actix is named in `web`, `serve` and
//! `cli/serve.rs`, hyper in `outbound` only, askama in `web` only, diesel in `store`, and in the lists of functions that
//! sweep and that revoke everything. `tests/it/architecture.rs` reads the sources and fails with a sentence
//! when this is not so.
//!
//! # Invariants
//!
//! 1. `protocol` never awaits, reads a clock, draws randomness, or names an HTTP or SQL type.
//! 2. The browser is never sent to an address that was not validated: only the validation of an authorization or a logout
//!    request makes the value that a redirect is made of.
//! 3. The database holds digests of secrets, never secrets. A secret exists between its making and the response.
//! 4. Everything issued names its [`GrantId`](domain::grant::GrantId), and whether that grant counts is decided in
//!    [`domain::grant::alive`] alone. Revoking is by grant or by a single token, never by search.
//! 5. No password hashing, signing or network inside `Store::write`: on SQLite it holds the only write lock.
//! 6. Handlers contain no SQL, stores no policy, pages no decisions.
//! 7. "Not found" and "the database failed" are different types everywhere: `Result<Option<T>, StoreError>`.
//! 8. A browser session begins, and gets another key, in the transaction that decides so: [`web::session`].
//!
//! # Where we left the first design, and why
//!
//! - **A restored backup is cleaned once**, by [`jobs::revoke_all`], instead of comparing each token's age with a time of
//!   restoring: nothing is asked on the way of a request, and nothing that was revoked comes back.
//! - **Failed attempts are counted in memory** ([`throttle`]), not in a table: a wrong guess must not buy a write, which is
//!   the scarce resource. A restart forgets, and each process counts for itself.
//! - **A polled generation number** ([`store::cache`]), not `LISTEN`: it works through connection poolers, cannot miss a
//!   change while reconnecting, and is the same on both databases. A row beside it names the client that changed, so that
//!   nothing else is forgotten.
//! - **A refresh token's successor is computed** by HMAC from its predecessor, not drawn: a client that lost the answer and
//!   repeats gets the same token again, there is never a second chain, and nothing secret has to be kept for it.
//! - **A machine client has one standing grant** instead of one per token: its tokens are short-lived and many, and a row
//!   for each would be written only to be swept. What it may do is in its registration.
//! - **A port says in the extensions where its answer stands** ([`domain::extension::Standing`]), instead of a fourth
//!   method beside oxide-auth's traits: a spent code can be told from an unknown one, and the traits stay as they are.
//! - **Tokens and codes begin with the time** ([`secret`]), and so do their digests and the ids of grants: 208 random bits of
//!   256. Rows at random places cost a page each to write; rows in the order of their making share one.
//! - **A base path is taken off at the door** ([`web::base_path`]) and put before what goes out, so that with an issuer below a path
//!   nobody else in the house knows of it.
//! - **What nobody asks for is not read.** An idle server's memory is its program's file, as far as something was touched of
//!   every piece of it. So handlers have one type ([`web::handler`]), units of work too ([`store::job`]), the system's
//!   certificates wait for the first request that needs them ([`outbound`]), and counting keeps no pages
//!   ([`store::connection::scan`]).
//! - **[`management`] is a room of its own**: operations of console, API and command line were the same code three times.

pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod jobs;
pub mod keys;
pub mod logging;
pub mod mail;
pub mod management;
pub mod metrics;
pub mod outbound;
pub mod password_rules;
pub mod protocol;
pub mod secret;
pub mod serve;
pub mod store;
pub mod telemetry;
pub mod throttle;
pub mod web;
