//! `/metrics`: who finds it, what is counted, and that nobody is named.

use std::collections::{BTreeMap, BTreeSet};

use grantor::config::MetricsAccess;

use crate::support::app::{PASSWORD, TestApp, on_both_databases};
use crate::support::http::{Authorization, Browser, Http, basic, redemption, tokens};
use crate::support::until;

on_both_databases!(
    metrics_are_hidden_from_what_a_proxy_passes_on,
    a_setting_opens_metrics_to_everybody,
    a_second_listener_serves_metrics_and_health_alone,
    a_whole_flow_is_counted_and_nobody_is_named,
    the_page_is_what_prometheus_reads,
    what_alerts_ask_for_is_there_before_it_happens,
    the_readme_describes_every_family,
    too_many_failures_are_counted,
);

/// The value of a sample, whose labels are written as on the page.
fn value(page: &str, series: &str) -> Option<f64> {
    page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
}

async fn page(app: &TestApp) -> String {
    app.http.get("/metrics").await.body
}

async fn metrics_are_hidden_from_what_a_proxy_passes_on(app: TestApp) {
    let answer = app.http.get("/metrics").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    let unknown = app.http.get("/no-such-page").await;
    for name in ["forwarded", "x-forwarded-for", "x-real-ip", "via"] {
        let answer = app.http.send("GET", "/metrics", &[(name, "127.0.0.1")], None).await;
        assert_eq!((answer.status, answer.find("h1")), (unknown.status, unknown.find("h1")), "{name}");
        assert!(!answer.body.contains("grantor_build_info"), "{name}");
    }
}

async fn a_setting_opens_metrics_to_everybody(mut app: TestApp) {
    app.config.metrics.access = MetricsAccess::Open;
    let open = app.another().await;
    let answer = open.http.send("GET", "/metrics", &[("x-forwarded-for", "192.0.2.1")], None).await;
    assert_eq!(answer.status, 200);
}

async fn a_second_listener_serves_metrics_and_health_alone(mut app: TestApp) {
    app.config.metrics.listen = Some(([127, 0, 0, 1], 0).into());
    let server = app.another().await;
    let second = Http::new(format!("http://{}", server.metrics_address.expect("it listens")));
    for path in ["/metrics", "/health/live", "/health/ready"] {
        let answer = second.send("GET", path, &[("x-forwarded-for", "192.0.2.1")], None).await;
        assert_eq!(answer.status, 200, "{path}");
    }
    for path in ["/", "/login", "/admin", "/oauth2/token", "/.well-known/jwks.json", "/api/v1/whoami"] {
        assert_eq!(second.get(path).await.status, 404, "{path}");
    }
    assert!(second.get("/metrics").await.body.contains("grantor_build_info{version="));
}

async fn a_whole_flow_is_counted_and_nobody_is_named(app: TestApp) {
    app.scope("notes:peculiar").await;
    app.user("peculiaruser").await;
    let (web, machine) = (app.web("notes:peculiar").await, app.machine("notes:peculiar").await);
    let secret = |client: &crate::support::app::TestClient| client.secret.clone().expect("a secret");

    let issued = tokens(&app, &web, "notes:peculiar", "peculiaruser").await;
    let (access, refresh) = (issued.text("access_token"), issued.text("refresh_token"));
    let refresh_form = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    let refreshed = app.http.as_client(&web, "/oauth2/token", &refresh_form).await.text("access_token");
    let own = app.http.as_client(&machine, "/oauth2/token", &[("grant_type", "client_credentials")]).await;
    let own = own.text("access_token");
    app.http.as_client(&web, "/oauth2/introspect", &[("token", &refreshed)]).await;
    assert_eq!(
        app.http.as_client(&web, "/oauth2/token", &redemption("gac_peculiarcode")).await.error(),
        "invalid_grant"
    );
    let wrong = basic(&machine.id, "gcs_peculiarsecret");
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("authorization", wrong.as_str())];
    app.http.send("POST", "/oauth2/token", &headers, Some("grant_type=client_credentials".into())).await;
    assert_eq!(app.http.bearer("/api/v1/whoami", "gat_peculiartoken").await.status, 401);
    app.http.get(&Authorization::of(&web, "notes:peculiar").with("client_id", "c_peculiarclient").path()).await;
    let mut browser = Browser::new(&app);
    let login = browser.get("/login").await;
    browser.submit("/login", &login, &[("username", "peculiarname"), ("password", "peculiarword")]).await;
    app.http.get("/peculiarpath/peculiarer?peculiar=query").await;
    app.http.send("BREW", "/login", &[], None).await;

    // Something in the background may be writing at this moment.
    let mut page = String::new();
    until("nobody writes", async || {
        page = self::page(&app).await;
        value(&page, "grantor_store_in_flight{operation=\"write\"}") == Some(0.0)
    })
    .await;
    for (series, expected) in [
        ("grantor_tokens_issued_total{grant_type=\"authorization_code\",format=\"opaque\"}", 1.0),
        ("grantor_tokens_issued_total{grant_type=\"refresh_token\",format=\"opaque\"}", 1.0),
        ("grantor_tokens_issued_total{grant_type=\"client_credentials\",format=\"opaque\"}", 1.0),
        ("grantor_authorizations_total{outcome=\"granted\"}", 1.0),
        ("grantor_authorizations_total{outcome=\"invalid_client\"}", 1.0),
        ("grantor_logins_total{outcome=\"succeeded\"}", 1.0),
        ("grantor_logins_total{outcome=\"failed\"}", 1.0),
        ("grantor_http_requests_total{method=\"POST\",route=\"/oauth2/token\",status=\"2xx\"}", 3.0),
        ("grantor_http_requests_total{method=\"POST\",route=\"/oauth2/token\",status=\"4xx\"}", 2.0),
        ("grantor_http_request_duration_seconds_count{method=\"POST\",route=\"/oauth2/token\",status=\"2xx\"}", 3.0),
        ("grantor_http_request_duration_seconds_count{method=\"POST\",route=\"/oauth2/token\",status=\"4xx\"}", 2.0),
        ("grantor_http_requests_total{method=\"GET\",route=\"none\",status=\"4xx\"}", 1.0),
        ("grantor_http_requests_total{method=\"other\",route=\"/login\",status=\"4xx\"}", 1.0),
        ("grantor_oauth_errors_total{route=\"/oauth2/token\",error=\"invalid_grant\"}", 1.0),
        ("grantor_oauth_errors_total{route=\"/oauth2/token\",error=\"invalid_client\"}", 1.0),
        ("grantor_oauth_errors_total{route=\"/api/v1/whoami\",error=\"invalid_token\"}", 1.0),
        ("grantor_password_hash_duration_seconds_count", 2.0),
        ("grantor_http_requests_in_flight", 1.0),
    ] {
        assert_eq!(value(&page, series), Some(expected), "{series} in\n{page}");
    }
    let jwt_key = "grantor_signing_key_age_seconds{algorithm=\"ES256\",state=\"current\"}";
    for positive in ["process_resident_memory_bytes", "grantor_http_connections", "grantor_cache_age_seconds"] {
        assert!(value(&page, positive).is_some_and(|value| value > 0.0), "{positive} in\n{page}");
    }
    assert!(value(&page, jwt_key).is_some(), "{page}");
    let (web_secret, machine_secret) = (secret(&web), secret(&machine));
    for private in
        [&web.id, &machine.id, &web_secret, &machine_secret, &access, &refresh, &refreshed, &own, PASSWORD, "peculiar"]
    {
        assert!(!page.contains(private), "{private} is in\n{page}");
    }
}

async fn the_page_is_what_prometheus_reads(app: TestApp) {
    app.http.get("/login").await;
    app.http.get("/.well-known/oauth-authorization-server/x").await;
    let page = page(&app).await;
    let (mut types, mut series, mut family) = (BTreeMap::new(), BTreeSet::new(), "");
    for line in page.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').expect("name and type");
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
            assert!(types.insert(name, kind).is_none(), "{name} begins twice");
            family = name;
        } else if !line.starts_with("# HELP ") {
            let (name, number) = line.rsplit_once(' ').expect("series and value");
            assert!(number.parse::<f64>().is_ok(), "{line}");
            assert!(series.insert(name), "{name} is there twice");
            let rest = name.strip_prefix(family).unwrap_or_else(|| panic!("{line} is not of {family}"));
            let suffix = rest.split('{').next().unwrap_or_default();
            let suffixes: &[&str] = if types[family] == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
            assert!(suffixes.contains(&suffix), "{line}");
        }
    }
    assert!(types.len() > 25, "{types:?}");
}

async fn what_alerts_ask_for_is_there_before_it_happens(app: TestApp) {
    app.app.metrics.job_ended("sweep", "failed", 1);
    let page = page(&app).await;
    for (series, expected) in [
        ("grantor_job_runs_total{job=\"sweep\",outcome=\"done\"}", 0.0),
        ("grantor_job_runs_total{job=\"sweep\",outcome=\"failed\"}", 1.0),
        ("grantor_store_failures_total{reason=\"timeout\"}", 0.0),
    ] {
        assert_eq!(value(&page, series), Some(expected), "{series} in\n{page}");
    }
    let rules = include_str!("../../deploy/prometheus-alerts.yml");
    let most = format!(">= {} unless", grantor::store::condition::MOST);
    assert!(rules.contains(&most), "no more rows are counted, so an alert for more never comes");
}

async fn the_readme_describes_every_family(mut app: TestApp) {
    app.config.traces = Some(grantor::config::traces::Traces {
        endpoint: "http://127.0.0.1:9".parse().expect("a URL"),
        headers: grantor::config::traces::Headers::default(),
        service_name: String::new(),
        attributes: Vec::new(),
        ratio: 0.0,
    });
    let page = page(&app.another().await).await;
    let families: BTreeSet<&str> =
        page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    let readme = include_str!("../../README.md");
    let section = readme.split_once("\n## Watching it\n").expect("a section").1;
    let section = section.split("\n## ").next().unwrap_or_default();
    let is_family = |line: &&str| line.starts_with("| `grantor_") || line.starts_with("| `process_");
    let cells = section.lines().filter(is_family).filter_map(|line| line.split(" | ").next());
    let documented: BTreeSet<&str> = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
    assert_eq!(documented, families, "README.md (left), the page (right)");
    let rules = include_str!("../../deploy/prometheus-alerts.yml");
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let named =
        rules.split(|c| !is_name(c)).filter(|word| word.starts_with("grantor_") || word.starts_with("process_"));
    for name in named {
        let family = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name);
        assert!(families.contains(family), "deploy/prometheus-alerts.yml names {name}");
    }
}

async fn too_many_failures_are_counted(app: TestApp) {
    app.user("alice").await;
    let throttled = "grantor_throttled_total{route=\"/login\"}";
    assert_eq!(value(&page(&app).await, throttled), None);
    let mut browser = Browser::new(&app);
    let login = browser.get("/login").await;
    for _ in 0..=grantor::throttle::FAILURES {
        browser.submit("/login", &login, &[("username", "alice"), ("password", "wrong")]).await;
    }
    let page = page(&app).await;
    assert_eq!(value(&page, throttled), Some(1.0));
    assert_eq!(value(&page, "grantor_logins_total{outcome=\"throttled\"}"), Some(1.0));
}
