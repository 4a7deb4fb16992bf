//! The protocol: every MUST of the specifications, as pure functions. No HTTP, no SQL, no await, no clock, no randomness.
//!
//! A request arrives as a typed value, the ports are oxide-auth's three traits, and the answer is a value.
//!
//! | specification | file |
//! |---|---|
//! | which checks an endpoint makes, in which order | [`check`] |
//! | RFC 6749 §2.3, §3.2.1 client authentication | [`client_auth`] |
//! | RFC 7523 §3, RFC 10070 `private_key_jwt` | [`client_assertion`] |
//! | RFC 6749 §4.1.1, RFC 7636 §4.3, RFC 9207, RFC 8707 authorization request | [`authorize`] |
//! | RFC 6749 §4.1.3, RFC 7636 §4.5 code redemption | [`token::authorization_code`] |
//! | RFC 6749 §6, RFC 9700 §4.14 refresh | [`token::refresh_token`] |
//! | RFC 6749 §4.4 client credentials | [`token::client_credentials`] |
//! | RFC 6749 §5.1, RFC 9068 token response | [`token::response`] |
//! | RFC 6750 bearer tokens | [`bearer`] |
//! | OpenID Connect Core §2 ID token | [`id_token`] |
//! | OpenID Connect RP-Initiated, Back-Channel and Front-Channel Logout | [`logout`] |
//! | OpenID Connect Core §5.3 userinfo | [`userinfo`] |
//! | OpenID Connect Core §5.5 claims parameter | [`claims_request`] |
//! | RFC 7009 revocation | [`revocation`] |
//! | RFC 7662 introspection | [`introspection`] |
//! | RFC 7591 §2 what may be registered | [`registration`] |
//! | RFC 7591 §3, RFC 7592 §2.2 what a client may say of itself | [`self_registration`] |
//! | OpenID Connect Registration §5 sector identifiers | [`sector_identifier`] |
//! | RFC 9700 the security review of a client | [`review`] |
//! | RFC 8414 metadata | [`metadata`] |

pub mod authorize;
pub mod bearer;
pub mod check;
pub mod claims_request;
pub mod client_assertion;
pub mod client_auth;
pub mod error;
pub mod id_token;
pub mod introspection;
pub mod logout;
pub mod metadata;
pub mod parameters;
pub mod registration;
pub mod review;
pub mod revocation;
pub mod scope_policy;
pub mod sector_identifier;
pub mod self_registration;
pub mod token;
pub mod userinfo;

use oxide_auth::primitives::authorizer::Authorizer;
use oxide_auth::primitives::issuer::Issuer;

/// The boundary to the world of who redeems a code: oxide-auth's traits, answered by one thing that lives as long as the request.
///
/// What a port gives back says in its extensions where it stands ([`Standing`](crate::domain::extension::Standing)), so
/// that a spent code can be told from an unknown one.
pub trait Ports: Authorizer + Issuer {}

impl<T: Authorizer + Issuer> Ports for T {}
