//! The table of settings: what each is called in the environment and in the file, its default, and what it is for.

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The environment variable.
    pub variable: &'static str,
    /// The table in the TOML file.
    pub section: &'static str,
    /// The key in that table.
    pub key: &'static str,
    /// What it is when nobody says, as one would write it; empty if it is then absent or follows from others.
    pub default: &'static str,
    /// What it is for, in a sentence.
    pub about: &'static str,
}

const fn setting(
    variable: &'static str,
    section: &'static str,
    key: &'static str,
    default: &'static str,
    about: &'static str,
) -> Setting {
    Setting { variable, section, key, default, about }
}

/// Every setting, in the order of the file.
#[rustfmt::skip]
pub const SETTINGS: &[Setting] = &[
    setting("GRANTOR_LISTEN", "server", "listen", "127.0.0.1:8080", "Address and port to listen on."),
    setting("GRANTOR_ISSUER", "server", "issuer", "", "The URL by which clients know this server. Default: http://localhost with the port of GRANTOR_LISTEN (https with GRANTOR_TLS_CERT)."),
    setting("GRANTOR_SECRET_KEY", "server", "secret_key", "", "32 or more random bytes in base64; seals private keys and cookies. Default: the content of grantor.key beside the database, made on first start."),
    setting("GRANTOR_TRUSTED_PROXIES", "server", "trusted_proxies", "", "Networks of the reverse proxies whose X-Forwarded-For, X-Forwarded-Proto or Forwarded is believed."),
    setting("GRANTOR_METRICS", "server", "metrics", "loopback", "Who finds /metrics on the main address: loopback, for programs of this machine that ask without a proxy, or open."),
    setting("GRANTOR_METRICS_LISTEN", "server", "metrics_listen", "", "A second address and port that serves /metrics and /health alone, in plain http."),
    setting("DATABASE_URL", "database", "url", "grantor.db", "sqlite://PATH or postgres://USER:PASSWORD@HOST/NAME."),
    setting("GRANTOR_TLS_CERT", "tls", "cert", "", "PEM file with the certificate chain; serves https."),
    setting("GRANTOR_TLS_KEY", "tls", "key", "", "PEM file with the certificate's private key."),
    setting("GRANTOR_HTTP_REDIRECT_LISTEN", "tls", "http_redirect_listen", "", "A second address and port, for http, that sends browsers to the https issuer and does nothing else."),
    setting("GRANTOR_OUTBOUND_CA", "outbound", "ca", "", "PEM file with further authorities for requests that we make."),
    setting("GRANTOR_OUTBOUND_ALLOW_PRIVATE", "outbound", "allow_private", "false", "Let requests that we make reach loopback and private addresses."),
    setting("GRANTOR_SMTP_URL", "mail", "smtp_url", "", "The server that takes mail: smtps://USER:PASSWORD@HOST, or smtp://HOST:PORT?tls=required for STARTTLS. Default: no mail."),
    setting("GRANTOR_MAIL_FROM", "mail", "from", "", "The address that mail is from."),
    setting("GRANTOR_REGISTRATION", "registration", "mode", "token", "Dynamic client registration: closed, token (needs an initial access token) or open."),
    setting("GRANTOR_CODE_LIFETIME", "tokens", "code_lifetime", "60", "Seconds an authorization code lives."),
    setting("GRANTOR_ACCESS_TOKEN_LIFETIME", "tokens", "access_token_lifetime", "3600", "Seconds an opaque access token lives."),
    setting("GRANTOR_JWT_ACCESS_TOKEN_LIFETIME", "tokens", "jwt_access_token_lifetime", "600", "Seconds a JWT access token lives, 600 at most."),
    setting("GRANTOR_REFRESH_TOKEN_IDLE_LIFETIME", "tokens", "refresh_token_idle_lifetime", "2592000", "Seconds an unused refresh token lives."),
    setting("GRANTOR_REFRESH_TOKEN_LIFETIME", "tokens", "refresh_token_lifetime", "7776000", "Seconds a refresh token lives in all, however much it is used."),
    setting("GRANTOR_REFRESH_RETRY_SECONDS", "tokens", "refresh_retry_seconds", "10", "Seconds in which a rotated refresh token may be repeated by a client that lost the answer; 0 for never."),
    setting("GRANTOR_ID_TOKEN_LIFETIME", "tokens", "id_token_lifetime", "3600", "Seconds an ID token lives."),
    setting("GRANTOR_PUSHED_REQUEST_LIFETIME", "tokens", "pushed_request_lifetime", "60", "Seconds a pushed authorization request lives."),
    setting("GRANTOR_DEVICE_CODE_LIFETIME", "tokens", "device_code_lifetime", "600", "Seconds a device code and its user code live."),
    setting("GRANTOR_SESSION_IDLE_LIFETIME", "sessions", "idle_lifetime", "43200", "Seconds an unused browser session lives."),
    setting("GRANTOR_SESSION_LIFETIME", "sessions", "lifetime", "604800", "Seconds a browser session lives in all."),
    setting("GRANTOR_KEY_ROTATION_DAYS", "keys", "rotation_days", "90", "Days a signing key signs before the next one does."),
    setting("GRANTOR_AUDIT_RETENTION_DAYS", "audit", "retention_days", "400", "Days that the audit log goes back."),
    setting("GRANTOR_PASSWORD_MIN_LENGTH", "passwords", "min_length", "12", "Fewest characters of a password that somebody chooses, from 8 to 64."),
    setting("GRANTOR_BCRYPT_COST", "passwords", "bcrypt_cost", "12", "Work factor of password hashes, from 10 to 16; each step doubles the time of a login."),
    setting("GRANTOR_BREACHED_PASSWORDS", "passwords", "breached", "", "A file of breached passwords that nobody may choose: SHA-1 in hexadecimal, one a line, ordered by hash, as Have I Been Pwned publishes it."),
    setting("GRANTOR_RATE_LIMITS", "limits", "rate_limits", "on", "Slow down who fails or asks for too much; off for load tests and certification runs, whatever the limits are."),
    setting("GRANTOR_LIMIT_FAILURES", "limits", "failures", "20", "Failed attempts in 15 minutes after which an account, an address or a client there has to wait."),
    setting("GRANTOR_LIMIT_REGISTRATIONS", "limits", "registrations", "20", "Clients that one address may register in an hour without an initial access token."),
    setting("GRANTOR_LIMIT_DEVICES", "limits", "devices", "60", "Device codes that one client may ask for from one address in 15 minutes."),
    setting("GRANTOR_LIMIT_STORED_REQUESTS", "limits", "stored_requests", "1000", "Authorization and logout requests of people who are not signed in that are stored for one address in 3 minutes."),
    setting("GRANTOR_LIMIT_ADDRESS", "limits", "address", "", "Requests from one address in a minute, of any kind but health, metrics and preflights. Default: as many as there are."),
    setting("GRANTOR_LIMIT_CLIENT", "limits", "client", "", "Requests of one client to the token, introspection and revocation endpoints in a minute. Default: as many as there are."),
    setting("GRANTOR_LIMIT_IN_FLIGHT", "limits", "in_flight", "1024", "Requests from one address that are answered at the same time."),
    setting("GRANTOR_LIMIT_CONNECTIONS", "limits", "connections", "", "Connections from one address at the same time, to each listener, 10 at least. Default: a quarter of all; if that is less than 512, then 512, but three quarters at most."),
    setting("GRANTOR_REQUEST_LOG", "requests", "log", "sample", "Which requests to the protocol's endpoints leave a record in the console: off, failures, sample (failures, and one success in ten seconds for each client and kind of request) or all."),
    setting("GRANTOR_REQUEST_LOG_ROWS", "requests", "log_rows", "100000", "Most records kept; the oldest leave."),
    setting("GRANTOR_REQUEST_LOG_DAYS", "requests", "log_days", "7", "Days a record is kept."),
    setting("GRANTOR_LOG_FORMAT", "log", "format", "text", "text or json."),
    setting("RUST_LOG", "log", "filter", "info", "What is logged: a level, or directives such as grantor=debug."),
    setting("OTEL_EXPORTER_OTLP_ENDPOINT", "traces", "endpoint", "", "Base URL of a collector that takes traces as OTLP over HTTP, such as http://127.0.0.1:4318. Default: no traces."),
    setting("OTEL_EXPORTER_OTLP_HEADERS", "traces", "headers", "", "Headers for the collector: name=value,name=value, values percent-encoded."),
    setting("OTEL_SERVICE_NAME", "traces", "service_name", "grantor", "The name of this server in traces."),
    setting("OTEL_RESOURCE_ATTRIBUTES", "traces", "resource_attributes", "", "What else traces say of this process: name=value,name=value."),
    setting("OTEL_TRACES_SAMPLER_ARG", "traces", "ratio", "1", "Which part of the traces that begin here is recorded, from 0 to 1; a trusted proxy's traceparent decides for its own."),
];

/// How the file's reader would call the setting: `server.listen`.
pub(super) fn toml_name(setting: Setting) -> String {
    format!("{}.{}", setting.section, setting.key)
}

/// The setting of this name in the file.
pub fn named(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| toml_name(**setting) == name)
}

/// The setting of this variable.
pub(super) fn by_variable(variable: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.variable == variable)
}
