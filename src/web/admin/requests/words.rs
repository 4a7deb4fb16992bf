//! Requests as admins read them: endpoints, outcomes, checks and facts in words.

use serde_json::{Map, Value};

use crate::clock::Timestamp;
use crate::protocol::check::{Check, Endpoint};
use crate::store::request_log::{self, Record};
use crate::web::inspector::INACTIVE;
use crate::web::page::{Moment, Status, Tone, count};

/// An endpoint, from the reader's side.
pub fn endpoint(name: &str) -> &str {
    match Endpoint::from_stored(name) {
        Some(Endpoint::Authorize) => "Authorization",
        Some(Endpoint::Token) => "Token",
        Some(Endpoint::Introspect) => "Introspection",
        Some(Endpoint::Revoke) => "Revocation",
        Some(Endpoint::Userinfo) => "Userinfo",
        Some(Endpoint::Register) => "Registration",
        Some(Endpoint::Logout) => "Logout",
        Some(Endpoint::DeviceAuthorization) => "Device authorization",
        None => name,
    }
}

/// An outcome as a word with a dot.
pub fn outcome(record: &Record) -> Status {
    match record.outcome.as_str() {
        request_log::OK => Status::new(Tone::Success, "Succeeded"),
        INACTIVE => Status::new(Tone::Neutral, "Told nothing"),
        error => Status::new(Tone::Danger, error),
    }
}

/// How long it took.
pub fn duration(micros: i64) -> String {
    if micros < 1000 { format!("{micros} µs") } else { format!("{}.{} ms", micros / 1000, micros % 1000 / 100) }
}

/// A check in words: what is asked, and what to do when the answer is no.
pub struct CheckWords {
    pub name: &'static str,
    pub remedy: &'static str,
}

const fn words(name: &'static str, remedy: &'static str) -> CheckWords {
    CheckWords { name, remedy }
}

/// Every check in words.
#[expect(clippy::too_many_lines, reason = "a list of sentences")]
pub fn check(check: Check) -> CheckWords {
    match check {
        Check::FormReadable => words(
            "The parameters can be read",
            "The body must be a form (application/x-www-form-urlencoded) in UTF-8, of 64 KiB at most. JSON is not taken here.",
        ),
        Check::ParametersOnce => words(
            "No parameter is there twice",
            "Something in the client adds a parameter a second time: often a library and the code around it both do.",
        ),
        Check::CredentialsOnce => words(
            "The credentials are there once",
            "client_id, client_secret or the assertion is in the form twice. Send each once.",
        ),
        Check::OneMethod => words(
            "The client proves itself in one way",
            "It sent more than one of the Authorization header, client_secret and client_assertion. Many libraries have a \
             setting for the method; choose one.",
        ),
        Check::AssertionDeclared => words(
            "An assertion comes with its type",
            "client_assertion and client_assertion_type go together, and the type is \
             urn:ietf:params:oauth:client-assertion-type:jwt-bearer.",
        ),
        Check::CredentialsReadable => words(
            "The request says which client it is from",
            "There is no client_id, the Authorization header is not Basic with an id and a secret in base64, or the header, \
             the form and the assertion name different clients.",
        ),
        Check::NotThrottled => words(
            "Not too many attempts failed before",
            "Somebody at this address tried wrong credentials again and again. Correct them, then wait a little.",
        ),
        Check::ClientKnown => words(
            "The client is registered",
            "No client has this id. It was mistyped, belongs to another server (staging and production mixed up?), or the \
             client was deleted.",
        ),
        Check::ClientEnabled => {
            words("The client is enabled", "An admin has disabled this client. Enable it, if that is over.")
        }
        Check::AuthMethod => words(
            "The client proves itself as it is registered to",
            "The client used another method than its registration says. A public client sends no secret, a confidential one \
             must. Change the library's setting, or the method in the client's settings.",
        ),
        Check::SecretMatches => words(
            "The secret is one of the client's",
            "The secret is not one that works now: it was mistyped, is one of another client or environment, or was \
             deleted. Spaces and line ends count. Rotate the secret to get a new one, and put that into the client.",
        ),
        Check::AssertionSigned => words(
            "The assertion is signed with a key of the client",
            "The public key in jwks or jwks_uri does not fit the one that signed, the kid is unknown, or the algorithm is \
             another than registered.",
        ),
        Check::AssertionTyp => words(
            "The assertion was made to authenticate a client",
            "Its typ is of another kind of token. Set it to client-authentication+jwt, or leave it out.",
        ),
        Check::AssertionIssuer => words("The assertion's iss is the client", "Set iss to the client_id."),
        Check::AssertionSubject => words("The assertion's sub is the client", "Set sub to the client_id."),
        Check::AssertionAudience => words(
            "The assertion is meant for this server",
            "aud must be the issuer identifier as one string. Older libraries send the token endpoint's URL; the client can \
             be allowed that.",
        ),
        Check::AssertionExpiry => {
            words("The assertion says when it expires", "Add exp, in seconds since 1970; a minute ahead is enough.")
        }
        Check::AssertionLifetime => words(
            "The assertion does not live too long",
            "exp is too far ahead. A minute is enough; milliseconds instead of seconds are a frequent mistake.",
        ),
        Check::AssertionAge => words(
            "The assertion has not expired",
            "Either the client keeps an assertion and sends it again, or its clock is behind. Make one for each request, and \
             set the clock by NTP.",
        ),
        Check::AssertionNotYet => words(
            "The assertion is not from the future",
            "The client's clock is ahead of this server's. Set it by NTP.",
        ),
        Check::AssertionId => {
            words("The assertion has an identifier", "Add jti: a new random text for each assertion.")
        }
        Check::AssertionFresh => words(
            "The assertion was not used before",
            "The client sent the same assertion twice. Make a new one, with a jti of its own, for each request and each repetition.",
        ),
        Check::WithinLimit => words(
            "The client asks within its limit",
            "It sends more requests in a minute than GRANTOR_LIMIT_CLIENT allows. Let it keep its tokens until they expire \
             instead of asking for new ones.",
        ),
        Check::GrantTypeSupported => words(
            "The server has the grant type",
            "Use authorization_code, refresh_token or client_credentials. The password and implicit grants are gone from \
             OAuth 2.1; there is no setting that brings them back.",
        ),
        Check::ResourceSyntax => words(
            "Resources are absolute URIs",
            "Send the identifier in full, without a fragment, and 16 of them at most.",
        ),
        Check::GrantParameters => {
            words("What the grant type needs is there", "The code or the refresh token is missing from the form.")
        }
        Check::ScopeSyntax => words("The scopes are well-formed", "Separate them by spaces, not by commas."),
        Check::GrantTypeAllowed => words(
            "The client may use the grant type",
            "Its registration does not have this grant type. Allow it, if the client is meant to use it.",
        ),
        Check::CodeKnown => words(
            "The code works",
            "It is unknown, has expired (a code lives for a minute), its user was disabled or has signed out meanwhile, or too \
             many wrong verifiers came for it. Redeem it at once, and only once.",
        ),
        Check::CodeRedirectUri => words(
            "The redirect URI is that of the authorization request",
            "redirect_uri here must be the same, byte for byte, as in the authorization request.",
        ),
        Check::CodeClient => words(
            "The code was issued to this client",
            "Another client asked for this code. Two environments may share a callback.",
        ),
        Check::VerifierExpected => words(
            "A verifier comes only after a challenge",
            "The authorization request had no code_challenge, but a code_verifier came. Either the request went out without \
             it, or somebody took it away on the way.",
        ),
        Check::VerifierMatches => words(
            "The verifier fits the challenge",
            "The code_verifier must be the one whose SHA-256, in base64url without padding, was the code_challenge. It is \
             often lost between the two requests, for example with the session, or made anew.",
        ),
        Check::TargetGranted => words(
            "The resource was part of the authorization",
            "A token request may only choose among the resources of the authorization request. Name it there.",
        ),
        Check::TargetKnown => words(
            "The resource is registered",
            "Tokens are for resources that are registered here. Register it under Resources, with exactly this identifier.",
        ),
        Check::CodeFresh => words(
            "The code was not redeemed before",
            "The same code came a second time, so all that it gave was revoked. Mostly a client repeats a request or a user \
             goes back in the browser; it can also be theft.",
        ),
        Check::DeviceCodeKnown => words(
            "The device code works",
            "It is unknown, was used, or its device authorization is long over. The device has to show a new user code.",
        ),
        Check::DeviceCodeClient => {
            words("The device code was issued to this client", "Another client got this device code.")
        }
        Check::DevicePace => words(
            "The device waited long enough",
            "It polled faster than the interval it was told. After slow_down it must wait five seconds longer each time.",
        ),
        Check::DeviceCodeExpiry => words(
            "The device code is in time",
            "Nobody entered the user code in time, or nobody decided. The device has to show a new one.",
        ),
        Check::DeviceAnswered => words(
            "Somebody has answered",
            "Nobody has entered the user code and decided yet. The device goes on polling.",
        ),
        Check::RefreshTokenKnown => words(
            "The refresh token works",
            "It is unknown, has expired, or was revoked: by its user, by an admin, by the client, or because it was used twice. \
             The user has to sign in again.",
        ),
        Check::RefreshTokenClient => {
            words("The refresh token was issued to this client", "Another client got this refresh token.")
        }
        Check::RefreshScope => words(
            "The refresh asks for no more than was granted",
            "Ask for fewer scopes or leave scope out. What is new needs a new authorization request.",
        ),
        Check::RefreshTokenFresh => words(
            "The refresh token was not used before",
            "A refresh token that was exchanged came again, so the whole grant was revoked. The client must keep the newest \
             one, also when two of its processes refresh at the same time; it can also be theft.",
        ),
        Check::ClientConfidential => words(
            "The client can prove who it is",
            "A public client cannot do this. Register a confidential one for it.",
        ),
        Check::ScopeForMachines => words(
            "No scope needs a user",
            "openid, profile and the like say something about a user, and client_credentials has none. Leave them out.",
        ),
        Check::ScopeNamed => words(
            "There is a scope to grant",
            "The request names none, and the client has no default. Name one, or give the client scopes.",
        ),
        Check::ScopeKnown => {
            words("The scopes exist", "A scope was mistyped, or is not created here yet. Upper and lower case differ.")
        }
        Check::ScopeAllowed => words(
            "The client may have the scopes",
            "The client is not registered for them. Allow them, if the client is meant to have them.",
        ),
        Check::ClientIdSent => words("The request names one client", "client_id is missing or there twice."),
        Check::RedirectUriSent => words(
            "The redirect URI is clear",
            "redirect_uri is there twice, or missing although the client has not exactly one.",
        ),
        Check::RedirectUri => words(
            "The redirect URI is registered",
            "It must be registered exactly as it is sent: scheme, host, port, path, a slash at the end, upper and lower case.",
        ),
        Check::ResponseMode => words("The server has the response mode", "Use query or form_post, or leave it out."),
        Check::RequestObject => words(
            "No unsupported extension is used",
            "The server takes no request objects. Send the parameters themselves.",
        ),
        Check::ResponseType => words(
            "The response type is code",
            "token and id_token are of the implicit grant, which OAuth 2.1 has removed. Use code with PKCE.",
        ),
        Check::Lengths => words("No value is too long", "state, nonce and login_hint have 4096 bytes at most."),
        Check::Pkce => words(
            "The request has a PKCE challenge",
            "Send code_challenge and code_challenge_method=S256. Every current library can; it is often a setting called pkce.",
        ),
        Check::PkceMethod => words(
            "The PKCE method is S256",
            "plain protects nobody who can read the request. It is the default where the method is left out, so send \
             code_challenge_method=S256.",
        ),
        Check::PkceChallenge => words(
            "The PKCE challenge is a digest",
            "It is the SHA-256 of the verifier in base64url without padding: 43 characters. Hexadecimal (64) and ordinary \
             base64 with = at the end (44) are frequent mistakes.",
        ),
        Check::Prompt => words("The prompt is consistent", "none excludes all others."),
        Check::MaxAge => words("max_age is a number", "Send seconds, 0 or more."),
        Check::Claims => {
            words("The claims parameter can be read", "It is a JSON object with the members id_token and userinfo.")
        }
        Check::Acr => words(
            "The demanded way to sign in exists",
            "acr is demanded as essential with a value that is not available here. The metadata list acr_values_supported.",
        ),
        Check::IdTokenHint => words(
            "The hint is an ID token of this client",
            "id_token_hint must be an ID token that this client got here, and name the same user as the claims parameter.",
        ),
        Check::RightUser => words(
            "The user is the one that the request is about",
            "Somebody else signed in than the id_token_hint or the claims parameter names.",
        ),
        Check::LoginPossible => words(
            "The user is signed in, or may be asked to",
            "The request has prompt=none, and nobody is signed in, or not recently enough. Browsers keep third-party cookies from \
             hidden frames, where this cannot work.",
        ),
        Check::ConsentPossible => words(
            "The user has consented, or may be asked to",
            "The request has prompt=none, and the user has not agreed to these scopes before.",
        ),
        Check::UserAgrees => words("The user agrees", "The user chose Deny. That is not an error of the client."),
        Check::TokenSent => words("There is a token", "The parameter token is missing."),
        Check::TokenAlive => words(
            "The token is alive",
            "It is unknown, expired or revoked. The answer is the same for all of these, and says nothing more.",
        ),
        Check::TokenVisible => words(
            "The caller may see the token",
            "A token for a resource is shown to the resource's own servers. Add the client to those that may introspect its tokens.",
        ),
        Check::TokenOwn => words("The token is the client's own", "A client can revoke only what it got itself."),
        Check::BearerSent => words("There is an access token", "Send Authorization: Bearer and the token."),
        Check::BearerReadable => {
            words("There is one access token", "Send it once, in the header: Bearer, one space, the token.")
        }
        Check::BearerAlive => {
            words("The access token works", "It is unknown, expired or revoked, or is for another resource.")
        }
        Check::BearerScope => {
            words("The access token has the scope", "Userinfo needs openid. Ask for it in the authorization request.")
        }
        Check::RegistrationToken => words(
            "The token opens registration",
            "The initial access token is unknown, expired or used up, or the registration access token is not this client's.",
        ),
        Check::MetadataReadable => {
            words("The metadata can be read", "Send one JSON object as application/json, of 64 KiB at most.")
        }
        Check::Metadata => words(
            "The metadata are acceptable",
            "The answer named every member that is wrong, and what to send instead.",
        ),
        Check::RegistrationQuota => words(
            "There is room for another client",
            "An address may register 20 clients an hour without a token, and only so many may wait for their first user.",
        ),
        Check::LogoutHint => words(
            "The hint is an ID token of this server",
            "id_token_hint must be an ID token that was issued here; it may have expired.",
        ),
        Check::LogoutClient => words(
            "It is clear which client asks",
            "A redirect needs an id_token_hint or a client_id, and both must be of the same client.",
        ),
        Check::LogoutRedirectUri => words(
            "The address to go to is registered",
            "post_logout_redirect_uri must be registered exactly as it is sent.",
        ),
    }
}

/// What else is known of a request, as label and value.
pub fn facts(facts: &Map<String, Value>, now: Timestamp) -> Vec<(&'static str, String)> {
    let text = |name: &str| facts.get(name).and_then(Value::as_str);
    let number = |name: &str| facts.get(name).and_then(Value::as_i64);
    let mut lines = Vec::new();
    if let Some(id) = text("claimed_client_id") {
        lines.push(("Client id sent", id.to_owned()));
    }
    if let Some(length) = number("claimed_client_id_length") {
        lines.push(("Client id sent", format!("{}, not like an id of this server", count(length, "character"))));
    }
    if let Some(method) = text("auth_method") {
        lines.push(("How it proved itself", method.to_owned()));
    }
    if let (Some(which), Some(created)) = (text("secret"), number("secret_created_at")) {
        let which = if which == "newest" { "The newest" } else { "The older one" };
        lines.push(("Secret", format!("{which}, created {}", Moment::new(created, now).relative)));
    }
    if let Some(length) = number("secret_length") {
        let is_ours = facts.get("secret_is_ours").and_then(Value::as_bool).unwrap_or_default();
        let shape = if is_ours { "begins like a secret of this server" } else { "does not begin with gcs_" };
        lines.push(("Secret sent", format!("{}, {shape}", count(length, "character"))));
    }
    if let Some(reason) = text("signature") {
        lines.push(("Signature", reason.to_owned()));
    }
    if let Some(pkce) = text("pkce") {
        lines.push(("PKCE", if pkce == "none" { "None".to_owned() } else { pkce.to_owned() }));
    }
    if let Some(length) = facts.get("verifier_length") {
        let sent = length.as_i64().map_or("None was sent".to_owned(), |length| count(length, "character"));
        lines.push(("PKCE verifier", sent));
    }
    match text("next") {
        Some("login") => lines.push(("What came next", "The sign-in page".to_owned())),
        Some("consent") => lines.push(("What came next", "The consent page".to_owned())),
        Some("code") => lines.push(("What came next", "Back to the client, with a code".to_owned())),
        _ => {}
    }
    lines
}

/// What a check compares in numbers, in words: seconds from now, characters.
pub fn measured(check: Check, value: &str) -> String {
    match check {
        Check::AssertionLifetime | Check::AssertionAge | Check::AssertionNotYet => match value.parse::<i64>() {
            Ok(0) => "now".to_owned(),
            Ok(seconds) if seconds < 0 => format!("{} before this server's clock", count(-seconds, "second")),
            Ok(seconds) => format!("{} ahead of this server's clock", count(seconds, "second")),
            Err(_) => value.to_owned(),
        },
        Check::PkceChallenge => value.parse().map_or(value.to_owned(), |length| count(length, "character")),
        _ => value.to_owned(),
    }
}
