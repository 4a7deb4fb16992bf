//! Settings from both sources, and what is said about wrong ones.

use std::collections::BTreeMap;

use serde_json::json;

use super::settings::toml_name;
use super::values::text_of;
use super::*;
use crate::domain::lifetimes::Lifetimes;
use crate::domain::policies::Registration;

fn environment(variables: &[(&str, &str)]) -> Vec<(String, String)> {
    variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn load(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    Config::load(None, environment(variables))
}

fn load_file(content: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("grantor.toml");
    std::fs::write(&path, content).unwrap();
    Config::load(Some(&path), environment(variables))
}

#[test]
fn nothing_is_required_to_start() {
    let config = load(&[]).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.issuer.as_str(), "http://localhost:8080");
    assert_eq!(config.database, DatabaseUrl::Sqlite("grantor.db".into()));
    assert!(matches!(&config.secret_key, SecretKeySource::File(path) if path == Path::new("grantor.key")));
    assert_eq!(config.tls, None);
    assert_eq!(config.trusted_proxies, TrustedProxies::default());
    assert_eq!(config.metrics, Metrics { access: MetricsAccess::Loopback, listen: None });
    assert_eq!(config.outbound, Outbound { ca: None, allow_private: false });
    assert_eq!(config.policies.registration, Registration::Token);
    assert_eq!((config.policies.key_rotation_days, config.bcrypt_cost, config.policies.rate_limits), (90, 12, true));
    assert_eq!(config.log, Log { filter: "info".to_owned(), format: LogFormat::Text });
    let day = 24 * 60 * 60;
    let expected = Lifetimes {
        authorization_code: 60,
        access_token: 60 * 60,
        jwt_access_token: 10 * 60,
        refresh_token_idle: 30 * day,
        refresh_token: 90 * day,
        refresh_retry: 10,
        id_token: 60 * 60,
        session_idle: day / 2,
        session: 7 * day,
        pushed_request: 60,
        device_code: 10 * 60,
    };
    assert_eq!(config.policies.lifetimes, expected);
}

#[test]
fn every_setting_can_be_set_in_the_environment_and_in_the_file() {
    const SMTP_URL: &str = "smtps://grantor:secret@mail.example:465";
    let key = "qrvM3e7/ABEiM0RVZneImaq7zN3u/xAhMkNUZXaHmKk=";
    let values = [
        ("GRANTOR_LISTEN", "0.0.0.0:9000"),
        ("GRANTOR_ISSUER", "https://as.example"),
        ("GRANTOR_SECRET_KEY", key),
        ("GRANTOR_TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.7/32"),
        ("GRANTOR_METRICS", "open"),
        ("GRANTOR_METRICS_LISTEN", "127.0.0.1:9001"),
        ("DATABASE_URL", "sqlite://data/as.db"),
        ("GRANTOR_TLS_CERT", "cert.pem"),
        ("GRANTOR_TLS_KEY", "key.pem"),
        ("GRANTOR_HTTP_REDIRECT_LISTEN", "0.0.0.0:80"),
        ("GRANTOR_OUTBOUND_CA", "ca.pem"),
        ("GRANTOR_OUTBOUND_ALLOW_PRIVATE", "true"),
        ("GRANTOR_SMTP_URL", SMTP_URL),
        ("GRANTOR_MAIL_FROM", "id@as.example"),
        ("GRANTOR_REGISTRATION", "closed"),
        ("GRANTOR_CODE_LIFETIME", "1"),
        ("GRANTOR_ACCESS_TOKEN_LIFETIME", "2"),
        ("GRANTOR_JWT_ACCESS_TOKEN_LIFETIME", "3"),
        ("GRANTOR_REFRESH_TOKEN_IDLE_LIFETIME", "4"),
        ("GRANTOR_REFRESH_TOKEN_LIFETIME", "5"),
        ("GRANTOR_REFRESH_RETRY_SECONDS", "0"),
        ("GRANTOR_ID_TOKEN_LIFETIME", "6"),
        ("GRANTOR_PUSHED_REQUEST_LIFETIME", "7"),
        ("GRANTOR_DEVICE_CODE_LIFETIME", "8"),
        ("GRANTOR_SESSION_IDLE_LIFETIME", "309"),
        ("GRANTOR_SESSION_LIFETIME", "310"),
        ("GRANTOR_KEY_ROTATION_DAYS", "11"),
        ("GRANTOR_AUDIT_RETENTION_DAYS", "12"),
        ("GRANTOR_PASSWORD_MIN_LENGTH", "18"),
        ("GRANTOR_BCRYPT_COST", "13"),
        ("GRANTOR_BREACHED_PASSWORDS", "breached.txt"),
        ("GRANTOR_RATE_LIMITS", "off"),
        ("GRANTOR_LIMIT_FAILURES", "14"),
        ("GRANTOR_LIMIT_REGISTRATIONS", "15"),
        ("GRANTOR_LIMIT_DEVICES", "20"),
        ("GRANTOR_LIMIT_STORED_REQUESTS", "21"),
        ("GRANTOR_LIMIT_ADDRESS", "16"),
        ("GRANTOR_LIMIT_CLIENT", "17"),
        ("GRANTOR_LIMIT_IN_FLIGHT", "22"),
        ("GRANTOR_LIMIT_CONNECTIONS", "23"),
        ("GRANTOR_REQUEST_LOG", "all"),
        ("GRANTOR_REQUEST_LOG_ROWS", "18000"),
        ("GRANTOR_REQUEST_LOG_DAYS", "19"),
        ("GRANTOR_LOG_FORMAT", "json"),
        ("RUST_LOG", "grantor=debug,warn"),
    ];
    let mut by_environment = load(&values).unwrap();
    // Each shows up under its own name, so none is read from another's place.
    let shown: toml::Table = by_environment.redacted_toml(&BTreeMap::new()).parse().unwrap();
    for (setting, (variable, value)) in SETTINGS.iter().zip(values) {
        assert_eq!(setting.variable, variable);
        let shown = shown[setting.section].get(setting.key).cloned().and_then(text_of);
        let is_secret = ["GRANTOR_SECRET_KEY", "GRANTOR_SMTP_URL"].contains(&variable);
        assert_eq!(shown.as_deref(), (!is_secret).then_some(value), "{variable}");
    }
    let with_key = format!("secret_key = '{key}'");
    let file = by_environment
        .redacted_toml(&BTreeMap::new())
        .replace("# secret_key: set, not shown", &with_key)
        .replace("# smtp_url: smtps://%E2%80%A6@mail.example:465", &format!("smtp_url = '{SMTP_URL}'"));
    let mut by_file = load_file(&file, &[]).unwrap();
    // Each names its own place.
    assert_eq!(by_file.fixed.keys().collect::<Vec<_>>(), by_environment.fixed.keys().collect::<Vec<_>>());
    assert_eq!(by_environment.fixed["limits.client"], "GRANTOR_LIMIT_CLIENT");
    assert!(by_file.fixed["limits.client"].starts_with("limits.client in "));
    for config in [&mut by_file, &mut by_environment] {
        config.fixed.clear();
        config.places.clear();
    }
    assert_eq!(format!("{by_file:?}"), format!("{by_environment:?}"));
    let (SecretKeySource::Given(one), SecretKeySource::Given(other)) = (by_environment.secret_key, by_file.secret_key)
    else {
        panic!("both keys were given")
    };
    assert_eq!(one.derive("x"), other.derive("x"));
}

#[test]
fn the_environment_wins_over_the_file_and_an_empty_variable_is_none() {
    let proxies = "trusted_proxies = ['10.0.0.0/8', '192.0.2.7']";
    let file = format!("[server]\nlisten = '127.0.0.1:1'\n{proxies}\n[tokens]\ncode_lifetime = 30\n");
    let environment = [("GRANTOR_LISTEN", "127.0.0.1:2"), ("DATABASE_URL", ""), ("GRANTOR_TLS_CERT", "")];
    let config = load_file(&file, &environment).unwrap();
    assert_eq!(config.listen.port(), 2);
    assert_eq!(config.policies.lifetimes.authorization_code, 30);
    assert_eq!(config.trusted_proxies.to_string(), "10.0.0.0/8, 192.0.2.7/32");
    assert_eq!(config.database, DatabaseUrl::Sqlite("grantor.db".into()));
}

#[test]
fn the_file_is_named_by_the_flag_before_the_variable() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, port: u16| {
        let path = directory.path().join(name);
        std::fs::write(&path, format!("[server]\nlisten = '127.0.0.1:{port}'")).unwrap();
        path
    };
    let (flag, variable) = (file("flag.toml", 1), file("variable.toml", 2));
    let environment = || environment(&[("GRANTOR_CONFIG", variable.to_str().unwrap())]);
    assert_eq!(Config::load(Some(&flag), environment()).unwrap().listen.port(), 1);
    assert_eq!(Config::load(None, environment()).unwrap().listen.port(), 2);
    let error = Config::load(Some(&directory.path().join("none.toml")), []).unwrap_err();
    assert!(matches!(&error, ConfigError::UnreadableFile { .. }));
    assert!(error.to_string().contains("none.toml"));
}

#[test]
fn unknown_names_are_refused_with_the_one_that_was_meant() {
    let message = |result: Result<Config, ConfigError>| result.unwrap_err().to_string();
    let variable = message(load(&[("GRANTOR_LISTN", "127.0.0.1:1")]));
    assert_eq!(variable, "GRANTOR_LISTN: there is no such setting; did you mean GRANTOR_LISTEN?");
    let far = message(load(&[("GRANTOR_QUUX_CORGE_GRAULT", "1")]));
    assert!(far.starts_with("GRANTOR_QUUX_CORGE_GRAULT: there is no such setting") && far.contains("GRANTOR_ISSUER"));
    let key = message(load_file("[tokens]\ncode_lifetim = 1", &[]));
    assert!(key.starts_with("tokens.code_lifetim in ") && key.ends_with("did you mean tokens.code_lifetime?"), "{key}");
    for file in ["[quux]\nx = 1", "[quux]", "listen = '127.0.0.1:1'", "[[server]]\nlisten = 'x'"] {
        assert!(matches!(load_file(file, &[]), Err(ConfigError::UnknownKey { .. })), "{file}");
    }
    load(&[("PATH", "/bin"), ("RUST_BACKTRACE", "1")]).unwrap();
}

#[test]
fn what_kubernetes_says_about_a_service_called_grantor_is_no_mistake() {
    let ours = load(&[
        ("GRANTOR_SERVICE_HOST", "10.0.0.1"),
        ("GRANTOR_SERVICE_PORT", "80"),
        ("GRANTOR_SERVICE_PORT_HTTP", "80"),
        ("GRANTOR_PORT", "tcp://10.0.0.1:80"),
        ("GRANTOR_PORT_80_TCP", "tcp://10.0.0.1:80"),
        ("GRANTOR_PORT_80_TCP_ADDR", "10.0.0.1"),
        ("GRANTOR_DB_SERVICE_HOST", "10.0.0.2"),
    ]);
    assert!(ours.is_ok(), "{ours:?}");
    assert!(matches!(load(&[("GRANTOR_PORT", "8080")]), Err(ConfigError::UnknownVariable { .. })));
}

#[test]
fn bad_values_are_refused_by_name_and_with_a_remedy() {
    for (variable, value, remedy) in [
        ("GRANTOR_LISTEN", "localhost:8080", "127.0.0.1:8080"),
        ("GRANTOR_LISTEN", "8080", "127.0.0.1:8080"),
        ("GRANTOR_ISSUER", "http://as.example", "https://"),
        ("GRANTOR_ISSUER", "as.example", "https://auth.example.com"),
        ("GRANTOR_SECRET_KEY", "c2hvcnQ=", "openssl rand"),
        ("GRANTOR_TRUSTED_PROXIES", "0.0.0.0/0", "networks of your proxies"),
        ("DATABASE_URL", "mysql://localhost/x", "sqlite://PATH"),
        ("GRANTOR_OUTBOUND_ALLOW_PRIVATE", "yes", "on, off, true, false"),
        ("GRANTOR_REGISTRATION", "Open", "closed, token, open"),
        ("GRANTOR_JWT_ACCESS_TOKEN_LIFETIME", "601", "1 to 600 (seconds)"),
        ("GRANTOR_CODE_LIFETIME", "0", "1 to 600 (seconds)"),
        ("GRANTOR_CODE_LIFETIME", "-1", "1 to 600"),
        ("GRANTOR_CODE_LIFETIME", "60s", "1 to 600"),
        ("GRANTOR_ACCESS_TOKEN_LIFETIME", "99999999999999999999", "1 to 2592000"),
        ("GRANTOR_LIMIT_CONNECTIONS", "9", "10 to 1000000 (connections)"),
        ("GRANTOR_BCRYPT_COST", "9", "10 to 16"),
        ("GRANTOR_BCRYPT_COST", "17", "10 to 16"),
        ("GRANTOR_LOG_FORMAT", "xml", "text, json"),
        ("RUST_LOG", "grantor=loud", "grantor=debug"),
        ("GRANTOR_TLS_CERT", "cert.pem", "GRANTOR_TLS_KEY"),
        ("GRANTOR_TLS_KEY", "key.pem", "GRANTOR_TLS_CERT"),
    ] {
        let message = load(&[(variable, value)]).unwrap_err().to_string();
        assert!(message.starts_with(&format!("{variable}: ")) && message.contains(remedy), "{message}");
    }
    let message = load_file("[tokens]\ncode_lifetime = 1.5", &[]).unwrap_err().to_string();
    assert!(message.starts_with("tokens.code_lifetime in "), "{message}");
}

#[test]
fn a_number_of_the_file_may_have_a_fraction() {
    let file = |ratio: &str| format!("[traces]\nendpoint = 'http://127.0.0.1:4318'\nratio = {ratio}");
    for (ratio, expected) in [("0.25", 0.25), ("1.0", 1.0), ("0", 0.0), ("'0.5'", 0.5)] {
        let traces = load_file(&file(ratio), &[]).unwrap().traces.unwrap();
        assert!((traces.ratio - expected).abs() < f64::EPSILON, "{ratio}");
    }
    for (ratio, problem) in [("inf", "no value for a setting"), ("nan", "no value for a setting"), ("1.5", "0 to 1")] {
        let message = load_file(&file(ratio), &[]).unwrap_err().to_string();
        assert!(message.starts_with("traces.ratio in ") && message.contains(problem), "{message}");
    }
}

#[test]
fn error_messages_contain_no_secrets() {
    for result in [
        load(&[("GRANTOR_SECRET_KEY", "hunter2hunter2")]),
        load(&[("DATABASE_URL", "mysql://me:hunter2@localhost/x")]),
        load_file("[server]\nsecret_key = 'hunter2", &[]),
        load_file("[database]\nurl = 'mysql://me:hunter2@localhost/x'", &[]),
    ] {
        let error = result.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
    let broken = load_file("[server]\n\nsecret_key = 'hunter2", &[]).unwrap_err();
    assert!(matches!(broken, ConfigError::Toml { line: 3, .. }), "{broken:?}");
}

#[test]
#[cfg(feature = "postgres")]
fn shown_settings_contain_no_secrets() {
    let config = load(&[
        ("GRANTOR_SECRET_KEY", "qrvM3e7/ABEiM0RVZneImaq7zN3u/xAhMkNUZXaHmKk="),
        ("DATABASE_URL", "postgres://grantor:hunter2@db/grantor"),
    ])
    .unwrap();
    let json = config.redacted_json(&BTreeMap::new()).to_string();
    for shown in [config.redacted_toml(&BTreeMap::new()), json, format!("{config:?}")] {
        assert!(!shown.contains("hunter2") && !shown.contains("qrvM"), "{shown}");
    }
    let without_key = load(&[("DATABASE_URL", "postgres://db/grantor")]).unwrap();
    assert!(matches!(without_key.secret_key, SecretKeySource::File(path) if path == Path::new("grantor.key")));
}

#[test]
fn the_default_issuer_follows_port_and_tls() {
    let issuer = |variables: &[_]| load(variables).unwrap().issuer.to_string();
    assert_eq!(issuer(&[("GRANTOR_LISTEN", "0.0.0.0:80")]), "http://localhost");
    let tls = [("GRANTOR_TLS_CERT", "c"), ("GRANTOR_TLS_KEY", "k"), ("GRANTOR_LISTEN", "0.0.0.0:8443")];
    assert_eq!(issuer(&tls), "https://localhost:8443");
    let bound = |config: Config| config.bound_to(4711).issuer.to_string();
    assert_eq!(bound(Config::for_tests()), "http://localhost:4711");
    assert_eq!(bound(load(&[("GRANTOR_ISSUER", "https://as.example")]).unwrap()), "https://as.example");
}

#[test]
fn the_key_file_is_beside_the_database() {
    let config = load(&[("DATABASE_URL", "sqlite:///var/lib/grantor/as.db")]).unwrap();
    let expected = Path::new("/var/lib/grantor/grantor.key");
    assert!(matches!(config.secret_key, SecretKeySource::File(path) if path == expected));
}

#[test]
fn a_setting_has_one_name_in_each_place() {
    let unique = |names: Vec<String>| names.iter().collect::<std::collections::HashSet<_>>().len() == names.len();
    assert!(unique(SETTINGS.iter().map(|setting| setting.variable.to_owned()).collect()));
    assert!(unique(SETTINGS.iter().map(|setting| toml_name(*setting)).collect()));
}

#[test]
fn a_policy_says_where_it_comes_from() {
    let config = load(&[("GRANTOR_LIMIT_CLIENT", "17")]).unwrap();
    let stored = [("limits.client", "99"), ("limits.failures", "30")];
    let stored = stored.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let shown = config.redacted_toml(&stored);
    for line in [
        "client = 17  # from GRANTOR_LIMIT_CLIENT; the console says \"99\", which does not count",
        "failures = 30  # from the console",
        "registrations = 20",
    ] {
        assert!(shown.lines().any(|each| each == line), "{line}: {shown}");
    }
    assert!(shown.parse::<toml::Table>().is_ok(), "it is a settings file: {shown}");
}

#[test]
fn a_setting_in_json_says_where_it_comes_from() {
    let variables = [("GRANTOR_LIMIT_CLIENT", "17"), ("GRANTOR_SMTP_URL", "smtps://me:hunter2@mail.example")];
    let file = "[mail]\nfrom = 'id@as.example'\n[traces]\nendpoint = 'http://127.0.0.1:4318'\nratio = 0.25";
    let config = load_file(file, &variables).unwrap();
    let stored = [("limits.client", "99"), ("limits.failures", "30"), ("limits.devices", "a few")];
    let stored = stored.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let shown = config.redacted_json(&stored);
    let all = shown.as_array().unwrap();
    assert!(all.iter().map(|each| each["variable"].as_str()).eq(SETTINGS.iter().map(|each| Some(each.variable))));
    let setting = |name: &str| all.iter().find(|each| each["name"] == name).unwrap();
    for (name, value, source, console) in [
        ("limits.client", json!(17), "environment", json!("99")),
        ("limits.failures", json!(30), "console", json!("30")),
        // What cannot be read does not count.
        ("limits.devices", json!(60), "default", json!("a few")),
        ("limits.registrations", json!(20), "default", json!(null)),
        ("mail.from", json!("id@as.example"), "file", json!(null)),
        ("mail.smtp_url", json!(null), "environment", json!(null)),
        ("outbound.allow_private", json!(false), "default", json!(null)),
        ("server.issuer", json!("http://localhost:8080"), "default", json!(null)),
    ] {
        let each = setting(name);
        assert_eq!((&each["value"], &each["source"], &each["console"]), (&value, &json!(source), &console), "{name}");
    }
    assert_eq!(setting("limits.client")["place"], "GRANTOR_LIMIT_CLIENT");
    assert!(setting("mail.from")["place"].as_str().unwrap().starts_with("mail.from in "));
    assert_eq!(setting("limits.failures")["place"], json!(null));
    assert!(setting("mail.smtp_url")["remark"].as_str().unwrap().contains("mail.example"));
    assert_eq!(setting("tls.cert")["remark"], "not set");
    assert!(!shown.to_string().contains("hunter2"), "{shown}");
}

#[test]
fn a_policy_is_decided_by_who_says_something_that_can_be_read() {
    let name = "audit.retention_days";
    let stored = |text: &str| BTreeMap::from([(name.to_owned(), text.to_owned())]);
    let silent = load(&[]).unwrap();
    assert!(!silent.is_decided(name, &BTreeMap::new()) && !silent.is_decided(name, &stored("for ever")));
    assert!(silent.is_decided(name, &stored("30")));
    let here = load(&[("GRANTOR_AUDIT_RETENTION_DAYS", "400")]).unwrap();
    assert!(here.is_decided(name, &BTreeMap::new()));
}
