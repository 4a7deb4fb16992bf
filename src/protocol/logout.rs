//! Logout: the request of a client (OpenID Connect RP-Initiated Logout 1.0), and what clients are told (Back-Channel
//! Logout 1.0, Front-Channel Logout 1.0).
//!
//! 1. The client is the one that an `id_token_hint` was given to, or `client_id` names; both must agree (RP-Initiated §2).
//! 2. `post_logout_redirect_uri` is registered for that client, byte for byte. Without a client there is no redirect (§3).
//! 3. A hint of this user and this very session proves that the client took part in it, and nobody is asked. In every
//!    other case somebody else may have made the request, so the user decides (§2, §6).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use url::{Host, Url};

use crate::clock::{Seconds, Timestamp};
use crate::domain::client::{Client, Origin};
use crate::domain::redirect_uri::RedirectUri;
use crate::protocol::check::{Cause, Check};
use crate::protocol::id_token::PastLogin;
use crate::protocol::parameters::Parameters;

/// The `typ` of a logout token, which tells it from an ID token (Back-Channel §2.4, §4.1).
pub const TYP: &str = "logout+jwt";
/// Seconds until a logout token expires.
pub const TOKEN_LIFETIME: Seconds = 120;
/// The event that a logout token announces.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// Most bytes of `state`, which is kept while the user decides.
const MAX_STATE_LENGTH: usize = 4096;
/// Most bytes of `logout_hint`. A longer one is no name of ours.
const MAX_HINT_LENGTH: usize = 1024;

/// Why a request is not valid, for the developer on the other side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    pub why: &'static str,
    pub cause: Cause,
}

impl Invalid {
    pub fn new(check: Check, why: &'static str) -> Self {
        Self { why, cause: Cause::new(check) }
    }
}

/// A request whose client and redirect belong together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoutRequest {
    pub client_id: String,
    /// The login that the client remembers.
    pub hint: Option<PastLogin>,
    pub logout_hint: Option<String>,
    /// The languages that the client asks pages to be in, separated by spaces.
    #[serde(default)]
    pub ui_locales: Option<String>,
    redirect_uri: Option<String>,
    state: Option<String>,
}

/// The client that a request names, which must be looked up before it can be validated.
pub fn client_id(parameters: &Parameters, hint: Option<&PastLogin>) -> Result<Option<String>, Invalid> {
    match (parameters.get("client_id"), hint) {
        // RP-Initiated §2: the identifier must be the one that the ID token was issued to.
        (Some(named), Some(hint)) if named != hint.client_id => {
            Err(Invalid::new(Check::LogoutClient, "The id_token_hint is of another client."))
        }
        (Some(named), _) => Ok(Some(named.to_owned())),
        (None, hint) => Ok(hint.map(|hint| hint.client_id.clone())),
    }
}

/// A request of a client that is known; `None` when the request names none, which then can have no redirect.
pub fn validate(
    parameters: &Parameters,
    client: Option<&Client>,
    hint: Option<PastLogin>,
) -> Result<Option<LogoutRequest>, Invalid> {
    let text = |name| parameters.get(name).map(str::to_owned);
    let redirect_uri = text("post_logout_redirect_uri");
    let Some(client) = client else {
        let why = "post_logout_redirect_uri needs an id_token_hint or a client_id, so that we know whose it is.";
        return if redirect_uri.is_some() { Err(Invalid::new(Check::LogoutClient, why)) } else { Ok(None) };
    };
    let state = text("state");
    if state.as_ref().is_some_and(|state| state.len() > MAX_STATE_LENGTH) {
        return Err(Invalid::new(Check::Lengths, "state is longer than 4096 bytes."));
    }
    let logout_hint = text("logout_hint").filter(|hint| hint.len() <= MAX_HINT_LENGTH);
    let ui_locales = text("ui_locales").filter(|locales| locales.len() <= 256);
    let request = LogoutRequest { client_id: client.id.clone(), hint, logout_hint, ui_locales, redirect_uri, state };
    if request.redirect_uri.is_some() && request.redirect(client).is_none() {
        let cause = Cause::new(Check::LogoutRedirectUri)
            .expecting(&client.metadata.post_logout_redirect_uris)
            .receiving(request.redirect_uri.unwrap_or_default());
        return Err(Invalid { why: "post_logout_redirect_uri is not registered for this client.", cause });
    }
    Ok(Some(request))
}

impl LogoutRequest {
    /// Where the browser goes afterwards, as far as the client has it registered now.
    pub fn redirect(&self, client: &Client) -> Option<PostLogoutRedirect> {
        let requested = self.redirect_uri.as_ref()?;
        // RP-Initiated §3: an exact match. A loopback port may not vary here: no code of ours waits for an answer.
        let is_registered =
            client.id == self.client_id && client.metadata.post_logout_redirect_uris.contains(requested);
        let uri = RedirectUri::parse(requested).ok().filter(|_| is_registered)?;
        Some(PostLogoutRedirect { uri, state: self.state.clone(), is_trusted: client.origin == Origin::Admin })
    }
}

/// An address that the browser may be sent to after the logout: only [`LogoutRequest::redirect`] makes one.
#[derive(Clone, Debug)]
pub struct PostLogoutRedirect {
    uri: RedirectUri,
    state: Option<String>,
    is_trusted: bool,
}

impl PostLogoutRedirect {
    pub fn uri(&self) -> &RedirectUri {
        &self.uri
    }

    /// Whether the browser may go there by itself. Where nobody vouches for a client, an address of ours must not become a
    /// way to send people anywhere (RFC 9700 §4.11.2): a person decides.
    pub fn is_trusted(&self) -> bool {
        self.is_trusted
    }

    /// The same for a user who was signed in to the client in this session, and so knows it.
    pub fn for_its_user(self) -> Self {
        Self { is_trusted: true, ..self }
    }

    /// The whole URL, with `state` as it came.
    pub fn location(&self) -> String {
        let state = self.state.as_deref().map(|state| ("state", state));
        self.uri.with_query(state.as_slice())
    }
}

/// Who is signed in, as the client of the request knows them.
#[derive(Debug)]
pub struct SignedIn<'a> {
    pub subject: String,
    pub session: String,
    /// What else the user is called: username and e-mail address.
    pub names: [&'a str; 2],
}

/// Whether the user must be asked first.
pub fn needs_confirmation(request: &LogoutRequest, signed_in: &SignedIn<'_>) -> bool {
    // RP-Initiated §2: the ID token must belong to the current session with the client and to the current user.
    let is_of_this_session = request.hint.as_ref().is_some_and(|hint| {
        hint.subject == signed_in.subject && hint.session.as_deref() == Some(signed_in.session.as_str())
    });
    let names_somebody_else = request.logout_hint.as_deref().is_some_and(|hint| {
        hint != signed_in.subject
            && hint != signed_in.session
            && !signed_in.names.iter().any(|name| name.eq_ignore_ascii_case(hint.trim()))
    });
    !is_of_this_session || names_somebody_else
}

/// Whom a logout token is about and for whom it is.
#[derive(Debug)]
pub struct About<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    /// What this client calls the user.
    pub subject: &'a str,
    /// What this client calls the session.
    pub session: &'a str,
    pub token_id: &'a str,
    pub issued_at: Timestamp,
}

/// The claims of a logout token (Back-Channel §2.4): always with `sub` and `sid`, and never with a `nonce`.
pub fn token(about: &About<'_>) -> Map<String, Value> {
    let claims = json!({
        "iss": about.issuer,
        "aud": about.client_id,
        "sub": about.subject,
        "sid": about.session,
        "iat": about.issued_at,
        "exp": about.issued_at + TOKEN_LIFETIME,
        "jti": about.token_id,
        "events": { EVENT: {} },
    });
    match claims {
        Value::Object(claims) => claims,
        _ => unreachable!("it is written as an object"),
    }
}

/// The frame in which a client signs itself out (Front-Channel §2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    pub src: String,
    /// What a content security policy must allow for it.
    pub origin: String,
}

/// The frame of a client that has one. `session` is what the client calls the session.
pub fn frame(client: &Client, issuer: &str, session: &str) -> Option<Frame> {
    let mut url = Url::parse(client.metadata.frontchannel_logout_uri.as_ref()?).ok()?;
    let origin = match url.host()? {
        // CSP's grammar has no IPv6 addresses (CSP3 §2.3.1).
        Host::Ipv6(_) => format!("{}:", url.scheme()),
        Host::Ipv4(_) | Host::Domain(_) => url.origin().ascii_serialization(),
    };
    // A host may hold characters that would begin another directive.
    if !origin.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:/".contains(&byte)) {
        return None;
    }
    if client.metadata.frontchannel_logout_session_required {
        url.query_pairs_mut().append_pair("iss", issuer).append_pair("sid", session);
    }
    Some(Frame { src: url.into(), origin })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(query: &str) -> Parameters {
        Parameters::parse(query.as_bytes()).unwrap()
    }

    fn hint(subject: &str, session: Option<&str>) -> PastLogin {
        PastLogin { client_id: "c".into(), subject: subject.into(), session: session.map(str::to_owned) }
    }

    fn request(hint: Option<PastLogin>, logout_hint: Option<&str>) -> LogoutRequest {
        let logout_hint = logout_hint.map(str::to_owned);
        LogoutRequest { client_id: "c".into(), hint, logout_hint, ui_locales: None, redirect_uri: None, state: None }
    }

    #[test]
    fn the_client_is_that_of_the_hint_and_of_client_id() {
        let hint = hint("u", None);
        assert_eq!(client_id(&parameters(""), None), Ok(None));
        assert_eq!(client_id(&parameters("client_id=x"), None), Ok(Some("x".into())));
        assert_eq!(client_id(&parameters(""), Some(&hint)), Ok(Some("c".into())));
        assert_eq!(client_id(&parameters("client_id=c"), Some(&hint)), Ok(Some("c".into())));
        assert!(client_id(&parameters("client_id=x"), Some(&hint)).is_err());
    }

    #[test]
    fn without_a_client_there_is_no_redirect() {
        assert_eq!(validate(&parameters("state=s&logout_hint=alice"), None, None), Ok(None));
        assert!(validate(&parameters("post_logout_redirect_uri=https://rp.example/"), None, None).is_err());
    }

    #[test]
    fn only_a_hint_of_this_session_spares_the_question() {
        let signed_in = SignedIn { subject: "u".into(), session: "s".into(), names: ["alice", "alice@example.com"] };
        let asks = |hint, logout_hint| needs_confirmation(&request(hint, logout_hint), &signed_in);
        assert!(!asks(Some(hint("u", Some("s"))), None));
        assert!(asks(None, None));
        assert!(asks(Some(hint("v", Some("s"))), None));
        assert!(asks(Some(hint("u", Some("t"))), None));
        assert!(asks(Some(hint("u", None)), None));
        assert!(asks(None, Some("alice")), "a name proves nothing");
        for same in ["alice", " Alice@Example.com", "u", "s"] {
            assert!(!asks(Some(hint("u", Some("s"))), Some(same)), "{same}");
        }
        assert!(asks(Some(hint("u", Some("s"))), Some("bob")));
    }
}
