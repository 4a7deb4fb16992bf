//! Every path we answer, on one page. Handlers register the constants, templates and tests use the functions.
//!
//! A constant with `{…}` is an actix pattern; the function of the same name in lower case fills it in. Segments are
//! percent-encoded, because a scope name may hold a slash.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

// The protocol.
pub const OPENID_CONFIGURATION: &str = "/.well-known/openid-configuration";
pub const OAUTH_AUTHORIZATION_SERVER: &str = "/.well-known/oauth-authorization-server";
pub const JWKS: &str = "/.well-known/jwks.json";
pub const AUTHORIZE: &str = "/oauth2/authorize";
pub const TOKEN: &str = "/oauth2/token";
pub const REVOKE: &str = "/oauth2/revoke";
pub const INTROSPECT: &str = "/oauth2/introspect";
pub const DEVICE_AUTHORIZATION: &str = "/oauth2/device_authorization";
pub const USERINFO: &str = "/oauth2/userinfo";
pub const END_SESSION: &str = "/oauth2/logout";
pub const REGISTER: &str = "/oauth2/register";
pub const REGISTERED_CLIENT: &str = "/oauth2/register/{client_id}";

/// The pattern of a path that is asked for all the time, which is the path itself: to find it among all patterns would cost
/// a regular expression for each.
pub fn busy(path: &str) -> Option<&'static str> {
    const BUSY: [&str; 11] = [
        AUTHORIZE,
        TOKEN,
        INTROSPECT,
        USERINFO,
        JWKS,
        OPENID_CONFIGURATION,
        OAUTH_AUTHORIZATION_SERVER,
        REVOKE,
        DEVICE_AUTHORIZATION,
        SECRET,
        API_WHOAMI,
    ];
    BUSY.into_iter().find(|pattern| *pattern == path)
}

/// Whether programs call this path, and read JSON when something is wrong. Browsers are sent to the two others of `/oauth2`.
pub fn is_for_program(path: &str) -> bool {
    let is_among_programs = ["/oauth2/", "/.well-known/", "/api/", "/health/", "/static/", "/branding/"]
        .iter()
        .any(|start| path.starts_with(start))
        && ![AUTHORIZE, END_SESSION].iter().any(|page| path.starts_with(page));
    is_among_programs || path == SECRET
}

/// Whether it is a path of the management API, where whatever is refused is a problem (RFC 9457).
pub fn is_of_api(path: &str) -> bool {
    path.starts_with("/api/")
}

// The demonstration route and the management API.
pub const SECRET: &str = "/secret";
pub const API_WHOAMI: &str = "/api/v1/whoami";
pub const API_CLIENTS: &str = "/api/v1/clients";
pub const API_CLIENT: &str = "/api/v1/clients/{id}";
pub const API_CLIENT_ACTION: &str = "/api/v1/clients/{id}/{action}";
pub const API_CLIENT_SECRET: &str = "/api/v1/clients/{id}/secrets/{secret}";
pub const API_SCOPES: &str = "/api/v1/scopes";
pub const API_SCOPE: &str = "/api/v1/scopes/{name}";
pub const API_USERS: &str = "/api/v1/users";
pub const API_USER: &str = "/api/v1/users/{id}";
pub const API_USER_ACTION: &str = "/api/v1/users/{id}/{action}";
pub const API_AUDIT_LOG: &str = "/api/v1/audit-log";
pub const API_USER_LINK: &str = "/api/v1/users/{id}/set-password-link";
pub const API_USER_EMAIL_LINK: &str = "/api/v1/users/{id}/confirm-email-link";
pub const API_USER_SESSIONS: &str = "/api/v1/users/{id}/sessions";
pub const API_USER_SESSION: &str = "/api/v1/users/{id}/sessions/{session}";
pub const API_GRANTS: &str = "/api/v1/grants";
pub const API_GRANT: &str = "/api/v1/grants/{id}";
pub const API_REQUESTS: &str = "/api/v1/requests";
pub const API_REQUEST: &str = "/api/v1/requests/{id}";
pub const API_TOKENS: &str = "/api/v1/tokens";
pub const API_TOKEN: &str = "/api/v1/tokens/{id}";
pub const API_SESSIONS: &str = "/api/v1/sessions";
pub const API_OPENAPI: &str = "/api/v1/openapi.json";

// The process.
pub const HEALTH_LIVE: &str = "/health/live";
pub const HEALTH_READY: &str = "/health/ready";
pub const METRICS: &str = "/metrics";
pub const STATIC: &str = "/static/{file}";
/// The logo, and the style sheet of the accent.
pub const BRANDING: &str = "/branding/{file}";
/// The picture of a client.
pub const CLIENT_LOGO: &str = "/branding/clients/{file}";

// Pages on the way.
pub const HOME: &str = "/";
/// Chooses the language of the pages (`?to=`), and leads back.
pub const LANGUAGE: &str = "/language";
pub const SETUP: &str = "/setup";
pub const LOGIN: &str = "/login";
pub const CONSENT: &str = "/consent";
/// Where people enter the code that a device shows (RFC 8628 §3.3).
pub const DEVICE: &str = "/device";
pub const DEVICE_DONE: &str = "/device/{decision}";
pub const LOGOUT: &str = "/logout";
pub const SET_PASSWORD: &str = "/set-password";
pub const CONFIRM_EMAIL: &str = "/confirm-email";
/// How good the password is that somebody is typing.
pub const PASSWORD_STRENGTH: &str = "/password-strength";
/// About an error, for whoever got it: its code and the id of the request.
pub const ERROR: &str = "/errors/{code}/{request}";

// A user's own pages.
pub const ACCOUNT: &str = "/account";
pub const ACCOUNT_EMAIL: &str = "/account/email";
/// Sends the link to confirm an address, once more.
pub const ACCOUNT_EMAIL_SEND: &str = "/account/email/send";
pub const ACCOUNT_EMAIL_CANCEL: &str = "/account/email/cancel";
pub const ACCOUNT_PASSWORD: &str = "/account/password";
pub const ACCOUNT_SESSIONS: &str = "/account/sessions";
pub const ACCOUNT_SESSION_END: &str = "/account/sessions/{id}/end";
pub const ACCOUNT_SESSIONS_END_OTHERS: &str = "/account/sessions/end-others";
pub const ACCOUNT_APPLICATIONS: &str = "/account/applications";
pub const ACCOUNT_APPLICATION_WITHDRAW: &str = "/account/applications/{client_id}/withdraw";
/// Takes a withdrawal back.
pub const ACCOUNT_APPLICATION_UNDO: &str = "/account/applications/{client_id}/undo";
pub const ACCOUNT_ACTIVITY: &str = "/account/activity";
/// Ends everybody else's sessions.
pub const ACCOUNT_NOT_ME: &str = "/account/activity/not-me";

// The console.
pub const ADMIN: &str = "/admin";
pub const ADMIN_CLIENTS: &str = "/admin/clients";
pub const ADMIN_CLIENTS_NEW: &str = "/admin/clients/new";
pub const ADMIN_CLIENT: &str = "/admin/clients/{id}";
pub const ADMIN_CLIENT_EDIT: &str = "/admin/clients/{id}/edit";
pub const ADMIN_CLIENT_LOGO: &str = "/admin/clients/{id}/logo";
pub const ADMIN_CLIENT_CONNECT: &str = "/admin/clients/{id}/connect";
pub const ADMIN_CLIENT_PLAYGROUND: &str = "/admin/clients/{id}/playground";
pub const ADMIN_CLIENT_DISABLE: &str = "/admin/clients/{id}/disable";
pub const ADMIN_CLIENT_ENABLE: &str = "/admin/clients/{id}/enable";
pub const ADMIN_CLIENT_ROTATE_SECRET: &str = "/admin/clients/{id}/rotate-secret";
pub const ADMIN_CLIENT_SECRET_DELETE: &str = "/admin/clients/{id}/secrets/{secret_id}/delete";
pub const ADMIN_CLIENT_SECRET_EXPIRY: &str = "/admin/clients/{id}/secrets/{secret_id}/expiry";
pub const ADMIN_CLIENT_DELETE: &str = "/admin/clients/{id}/delete";
pub const ADMIN_PLAYGROUND: &str = "/admin/playground";
pub const ADMIN_PLAYGROUND_CALLBACK: &str = "/admin/playground/callback/{run}";
pub const ADMIN_CLIENT_REVIEW_MEND: &str = "/admin/clients/{id}/review/{rule}";
pub const ADMIN_SECURITY_REVIEW: &str = "/admin/security-review";
pub const ADMIN_CLIENT_REVOKE: &str = "/admin/clients/{id}/revoke";
pub const ADMIN_REGISTRATION_TOKENS: &str = "/admin/registration-tokens";
pub const ADMIN_REGISTRATION_TOKENS_NEW: &str = "/admin/registration-tokens/new";
pub const ADMIN_REGISTRATION_TOKEN_REVOKE: &str = "/admin/registration-tokens/{id}/revoke";
pub const ADMIN_SCOPES: &str = "/admin/scopes";
pub const ADMIN_SCOPES_NEW: &str = "/admin/scopes/new";
pub const ADMIN_SCOPE_EDIT: &str = "/admin/scopes/{name}/edit";
pub const ADMIN_SCOPE_DELETE: &str = "/admin/scopes/{name}/delete";
pub const ADMIN_RESOURCES: &str = "/admin/resources";
pub const ADMIN_RESOURCES_NEW: &str = "/admin/resources/new";
/// Here and below, the resource is in the query (`?uri=`), because it is a URI itself.
pub const ADMIN_RESOURCE_EDIT: &str = "/admin/resources/edit";
pub const ADMIN_RESOURCE_DELETE: &str = "/admin/resources/delete";
pub const ADMIN_USERS: &str = "/admin/users";
pub const ADMIN_USERS_NEW: &str = "/admin/users/new";
pub const ADMIN_USER: &str = "/admin/users/{id}";
pub const ADMIN_USER_EDIT: &str = "/admin/users/{id}/edit";
pub const ADMIN_USER_DISABLE: &str = "/admin/users/{id}/disable";
pub const ADMIN_USER_ENABLE: &str = "/admin/users/{id}/enable";
pub const ADMIN_USER_SET_PASSWORD: &str = "/admin/users/{id}/set-password";
/// Sends the link to choose a password by mail.
pub const ADMIN_USER_MAIL_LINK: &str = "/admin/users/{id}/mail-link";
/// Makes a link to confirm an address.
pub const ADMIN_USER_CONFIRM_EMAIL: &str = "/admin/users/{id}/confirm-email";
/// Sends it by mail.
pub const ADMIN_USER_MAIL_CONFIRMATION: &str = "/admin/users/{id}/mail-confirmation";
pub const ADMIN_USER_DELETE: &str = "/admin/users/{id}/delete";
pub const ADMIN_USER_SIGN_OUT: &str = "/admin/users/{id}/sign-out";
pub const ADMIN_USER_SESSION_END: &str = "/admin/users/{id}/sessions/{sid}/end";
/// What a client would learn of a user (`?user=`, `?client=`).
pub const ADMIN_CLAIMS: &str = "/admin/claims";
pub const ADMIN_GRANTS: &str = "/admin/grants";
pub const ADMIN_GRANT: &str = "/admin/grants/{id}";
pub const ADMIN_GRANT_REVOKE: &str = "/admin/grants/{id}/revoke";
pub const ADMIN_SYSTEM: &str = "/admin/system";
pub const ADMIN_TOKENS: &str = "/admin/tokens";
pub const ADMIN_TOKENS_FIND: &str = "/admin/tokens/find";
pub const ADMIN_TOKEN: &str = "/admin/tokens/{id}";
pub const ADMIN_TOKEN_REVOKE: &str = "/admin/tokens/{id}/revoke";
pub const ADMIN_SESSIONS: &str = "/admin/sessions";
pub const ADMIN_SESSION_END: &str = "/admin/sessions/{id}/end";
pub const ADMIN_MAILS: &str = "/admin/mails";
pub const ADMIN_LOGOUT_DELIVERIES: &str = "/admin/logout-deliveries";
pub const ADMIN_KEYS: &str = "/admin/keys";
pub const ADMIN_KEYS_ROTATE: &str = "/admin/keys/rotate";
pub const ADMIN_REQUESTS: &str = "/admin/requests";
pub const ADMIN_REQUEST: &str = "/admin/requests/{id}";
pub const ADMIN_REQUEST_FIX: &str = "/admin/requests/{id}/fix";
pub const ADMIN_SETTINGS: &str = "/admin/settings";
pub const ADMIN_SETTINGS_BRANDING: &str = "/admin/settings/branding";
pub const ADMIN_SETTINGS_BRANDING_PREVIEW: &str = "/admin/settings/branding/preview";
pub const ADMIN_SETTINGS_CONFIGURATION: &str = "/admin/settings/configuration";
pub const ADMIN_SETTINGS_CONFIGURATION_FILE: &str = "/admin/settings/configuration/file";
pub const ADMIN_SETTINGS_LIFETIMES: &str = "/admin/settings/lifetimes";
pub const ADMIN_SETTINGS_ACCESS: &str = "/admin/settings/access";
pub const ADMIN_SETTINGS_LIMITS: &str = "/admin/settings/limits";
pub const ADMIN_SETTINGS_RETENTION: &str = "/admin/settings/retention";
pub const ADMIN_AUDIT_LOG: &str = "/admin/audit-log";
pub const ADMIN_AUDIT_LOG_EXPORT: &str = "/admin/audit-log/export";
pub const ADMIN_AUDIT_LOG_VERIFY: &str = "/admin/audit-log/verify";

/// Where to sign in to go on with a stored authorization request.
pub fn login(request: &str) -> String {
    with_query(LOGIN, &[("request", request)])
}

/// The same for somebody else than who is signed in, without whom the page would lead on.
pub fn login_as_another(request: &str) -> String {
    with_query(LOGIN, &[("request", request), ("account", "other")])
}

/// Where to sign in to come to a page of ours, perhaps for want of which something that was sent is lost.
pub fn sign_in(return_to: &str, is_lost: bool) -> String {
    with_query(LOGIN, &[("return_to", return_to), ("lost", if is_lost { "form" } else { "" })])
}

/// Where to decide about a stored authorization request.
pub fn consent(request: &str) -> String {
    with_query(CONSENT, &[("request", request)])
}

/// What the browser is told when a device has its answer: `approved` or `denied`.
pub fn device_done(decision: &str) -> String {
    DEVICE_DONE.replace("{decision}", decision)
}

/// Where to decide about a stored logout request.
pub fn logout(request: &str) -> String {
    with_query(LOGOUT, &[("request", request)])
}

/// The one-time link that makes the first admin.
pub fn setup(token: &str) -> String {
    with_query(SETUP, &[("token", token)])
}

/// The one-time link to choose a password.
pub fn set_password(token: &str) -> String {
    with_query(SET_PASSWORD, &[("token", token)])
}

/// The one-time link that confirms an address.
pub fn confirm_email(token: &str) -> String {
    with_query(CONFIRM_EMAIL, &[("token", token)])
}

/// About an error that a request was answered with.
pub fn error(code: &str, request: &str) -> String {
    fill(ERROR, &[code, request])
}

/// Where a client that registered itself manages that registration.
pub fn registered_client(client_id: &str) -> String {
    fill(REGISTERED_CLIENT, &[client_id])
}

pub fn branding(file: &str) -> String {
    fill(BRANDING, &[file])
}

pub fn client_logo(file: &str) -> String {
    fill(CLIENT_LOGO, &[file])
}

pub fn account_session_end(id: &str) -> String {
    fill(ACCOUNT_SESSION_END, &[id])
}

pub fn account_application_withdraw(client_id: &str) -> String {
    fill(ACCOUNT_APPLICATION_WITHDRAW, &[client_id])
}

pub fn account_application_undo(client_id: &str) -> String {
    fill(ACCOUNT_APPLICATION_UNDO, &[client_id])
}

pub fn admin_user_confirm_email(id: &str) -> String {
    fill(ADMIN_USER_CONFIRM_EMAIL, &[id])
}

pub fn admin_user_mail_confirmation(id: &str) -> String {
    fill(ADMIN_USER_MAIL_CONFIRMATION, &[id])
}

pub fn admin_user_mail_link(id: &str) -> String {
    fill(ADMIN_USER_MAIL_LINK, &[id])
}

pub fn admin_client(id: &str) -> String {
    fill(ADMIN_CLIENT, &[id])
}

pub fn admin_client_edit(id: &str) -> String {
    fill(ADMIN_CLIENT_EDIT, &[id])
}

pub fn admin_client_logo(id: &str) -> String {
    fill(ADMIN_CLIENT_LOGO, &[id])
}

pub fn admin_client_connect(id: &str) -> String {
    fill(ADMIN_CLIENT_CONNECT, &[id])
}

pub fn admin_client_playground(id: &str) -> String {
    fill(ADMIN_CLIENT_PLAYGROUND, &[id])
}

/// Where the browser comes back to from an authorization of the playground.
pub fn admin_playground_callback(run: &str) -> String {
    fill(ADMIN_PLAYGROUND_CALLBACK, &[run])
}

pub fn admin_client_disable(id: &str) -> String {
    fill(ADMIN_CLIENT_DISABLE, &[id])
}

pub fn admin_client_enable(id: &str) -> String {
    fill(ADMIN_CLIENT_ENABLE, &[id])
}

pub fn admin_client_rotate_secret(id: &str) -> String {
    fill(ADMIN_CLIENT_ROTATE_SECRET, &[id])
}

pub fn admin_client_secret_delete(id: &str, secret_id: &str) -> String {
    fill(ADMIN_CLIENT_SECRET_DELETE, &[id, secret_id])
}

pub fn admin_client_secret_expiry(id: &str, secret_id: &str) -> String {
    fill(ADMIN_CLIENT_SECRET_EXPIRY, &[id, secret_id])
}

pub fn admin_client_delete(id: &str) -> String {
    fill(ADMIN_CLIENT_DELETE, &[id])
}

pub fn admin_client_review_mend(id: &str, rule: &str) -> String {
    fill(ADMIN_CLIENT_REVIEW_MEND, &[id, rule])
}

pub fn admin_registration_token_revoke(id: &str) -> String {
    fill(ADMIN_REGISTRATION_TOKEN_REVOKE, &[id])
}

pub fn admin_scope_edit(name: &str) -> String {
    fill(ADMIN_SCOPE_EDIT, &[name])
}

pub fn admin_scope_delete(name: &str) -> String {
    fill(ADMIN_SCOPE_DELETE, &[name])
}

pub fn admin_resource_edit(uri: &str) -> String {
    with_query(ADMIN_RESOURCE_EDIT, &[("uri", uri)])
}

pub fn admin_resource_delete(uri: &str) -> String {
    with_query(ADMIN_RESOURCE_DELETE, &[("uri", uri)])
}

pub fn admin_user(id: &str) -> String {
    fill(ADMIN_USER, &[id])
}

pub fn admin_user_edit(id: &str) -> String {
    fill(ADMIN_USER_EDIT, &[id])
}

pub fn admin_user_disable(id: &str) -> String {
    fill(ADMIN_USER_DISABLE, &[id])
}

pub fn admin_user_enable(id: &str) -> String {
    fill(ADMIN_USER_ENABLE, &[id])
}

pub fn admin_user_set_password(id: &str) -> String {
    fill(ADMIN_USER_SET_PASSWORD, &[id])
}

pub fn admin_user_delete(id: &str) -> String {
    fill(ADMIN_USER_DELETE, &[id])
}

pub fn admin_user_sign_out(id: &str) -> String {
    fill(ADMIN_USER_SIGN_OUT, &[id])
}

pub fn admin_user_session_end(id: &str, session: &str) -> String {
    fill(ADMIN_USER_SESSION_END, &[id, session])
}

pub fn admin_grant(id: &str) -> String {
    fill(ADMIN_GRANT, &[id])
}

pub fn admin_grant_revoke(id: &str) -> String {
    fill(ADMIN_GRANT_REVOKE, &[id])
}

pub fn admin_client_revoke(id: &str) -> String {
    fill(ADMIN_CLIENT_REVOKE, &[id])
}

pub fn admin_token(id: &str) -> String {
    fill(ADMIN_TOKEN, &[id])
}

pub fn admin_token_revoke(id: &str) -> String {
    fill(ADMIN_TOKEN_REVOKE, &[id])
}

pub fn admin_session_end(id: &str) -> String {
    fill(ADMIN_SESSION_END, &[id])
}

/// What a client would learn of a user; either may be chosen later.
pub fn admin_claims(user: &str, client: &str) -> String {
    with_query(ADMIN_CLAIMS, &[("user", user), ("client", client)])
}

/// The live grants of one client.
pub fn admin_grants_of_client(id: &str) -> String {
    with_query(ADMIN_GRANTS, &[("client", id)])
}

/// The live grants of one user, by username.
pub fn admin_grants_of_user(username: &str) -> String {
    with_query(ADMIN_GRANTS, &[("user", username)])
}

pub fn admin_request(id: &str) -> String {
    fill(ADMIN_REQUEST, &[id])
}

pub fn admin_request_fix(id: &str) -> String {
    fill(ADMIN_REQUEST_FIX, &[id])
}

/// What became of the requests of one client.
pub fn admin_requests_of_client(id: &str) -> String {
    with_query(ADMIN_REQUESTS, &[("client", id)])
}

/// What happened to one client, user, scope or grant.
pub fn admin_audit_log_of(target: &str) -> String {
    with_query(ADMIN_AUDIT_LOG, &[("target", target)])
}

/// What one user did.
pub fn admin_audit_log_by(username: &str) -> String {
    with_query(ADMIN_AUDIT_LOG, &[("actor", username)])
}

/// Where forms are sent that stand on another page, and the page.
const FORMS: [(&str, &str); 14] = [
    (ACCOUNT_EMAIL_SEND, ACCOUNT),
    (ACCOUNT_EMAIL_CANCEL, ACCOUNT),
    (ACCOUNT_SESSION_END, ACCOUNT_SESSIONS),
    (ACCOUNT_SESSIONS_END_OTHERS, ACCOUNT_SESSIONS),
    (ACCOUNT_APPLICATION_UNDO, ACCOUNT_APPLICATIONS),
    (ADMIN_CLIENTS, ADMIN_CLIENTS_NEW),
    (ADMIN_CLIENT, ADMIN_CLIENT_EDIT),
    (ADMIN_REGISTRATION_TOKENS, ADMIN_REGISTRATION_TOKENS_NEW),
    (ADMIN_SCOPES, ADMIN_SCOPES_NEW),
    (ADMIN_RESOURCES, ADMIN_RESOURCES_NEW),
    (ADMIN_SETTINGS_BRANDING_PREVIEW, ADMIN_SETTINGS_BRANDING),
    (ADMIN_USERS, ADMIN_USERS_NEW),
    (ADMIN_USER, ADMIN_USER_EDIT),
    (ADMIN_USER_SESSION_END, ADMIN_USER),
];

/// The page with the form that is sent to this path and query: most often the page of that path.
pub fn page_of(sent_to: &str) -> String {
    let path = sent_to.split('?').next().unwrap_or_default();
    let page = FORMS.iter().find_map(|(target, page)| Some(put(page, &varying(target, path)?)));
    page.unwrap_or_else(|| sent_to.to_owned())
}

/// What stands in `path` for the braces of `pattern`; `None` when it is a path of another pattern.
fn varying<'a>(pattern: &str, path: &'a str) -> Option<Vec<&'a str>> {
    if pattern.split('/').count() != path.split('/').count() {
        return None;
    }
    let mut varying = Vec::new();
    for (expected, part) in pattern.split('/').zip(path.split('/')) {
        if expected.starts_with('{') {
            varying.push(part);
        } else if expected != part {
            return None;
        }
    }
    Some(varying)
}

/// A path with query parameters; empty values are left out. For filters and keyset paging.
pub fn with_query(path: &str, pairs: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        query.append_pair(name, value);
    }
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// RFC 3986's unreserved characters stay as they are.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Puts encoded segments in place of the braces, in order.
fn fill(pattern: &str, segments: &[&str]) -> String {
    let encoded: Vec<String> =
        segments.iter().map(|segment| utf8_percent_encode(segment, SEGMENT).to_string()).collect();
    put(pattern, &encoded.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The same with segments that are encoded.
fn put(pattern: &str, segments: &[&str]) -> String {
    let mut segments = segments.iter().copied();
    let parts = pattern.split('/').map(|part| {
        if part.starts_with('{') {
            segments.next().expect("a function passes one segment for each brace of its pattern")
        } else {
            part
        }
    });
    parts.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_name_with_a_slash_stays_one_segment() {
        assert_eq!(
            admin_scope_edit("https://api.example/read?x"),
            "/admin/scopes/https%3A%2F%2Fapi.example%2Fread%3Fx/edit"
        );
    }

    #[test]
    fn both_segments_are_filled_in_order() {
        assert_eq!(admin_client_secret_delete("c_1", "7"), "/admin/clients/c_1/secrets/7/delete");
    }

    #[test]
    fn a_form_leads_back_to_its_page() {
        for (sent_to, page) in [
            ("/account/password", "/account/password"),
            ("/account/sessions/s%2F1/end", "/account/sessions"),
            ("/admin/users/u_1", "/admin/users/u_1/edit"),
            ("/admin/users/u%2F1/sessions/s_1/end", "/admin/users/u%2F1"),
            ("/admin/resources/delete?uri=x", "/admin/resources/delete?uri=x"),
        ] {
            assert_eq!(page_of(sent_to), page, "{sent_to}");
        }
    }

    #[test]
    fn empty_parameters_leave_the_query() {
        assert_eq!(with_query(ADMIN_GRANTS, &[("user", ""), ("client", "c 1")]), "/admin/grants?client=c+1");
        assert_eq!(with_query(ADMIN_GRANTS, &[("user", "")]), "/admin/grants");
    }
}
