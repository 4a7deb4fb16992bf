//! The log: one line for each request when asked for, and never a secret, however much is logged.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use grantor::config::database_url::DatabaseUrl;
use serde_json::Value;

use crate::support::app::{Backend, PASSWORD, REDIRECT_URI, TestClient};
use crate::support::guarded::Guarded;
use crate::support::http::{Authorization, Browser, Http, VERIFIER, allow, redemption};
use crate::support::postgres;

const PROGRAM: &str = env!("CARGO_BIN_EXE_grantor");

/// The program itself, with a log of its own: in this process all tests share one.
struct Process {
    guarded: Guarded,
    http: Http,
    variables: Vec<(&'static str, String)>,
}

impl Process {
    fn start(database: &DatabaseUrl, directory: &Path, log: &str, format: &str) -> Self {
        let url = match database {
            DatabaseUrl::Sqlite(path) => format!("sqlite://{}", path.display()),
            DatabaseUrl::Postgres(url) => url.clone(),
        };
        let variables = vec![
            ("DATABASE_URL", url),
            ("GRANTOR_LISTEN", "127.0.0.1:0".to_owned()),
            ("GRANTOR_SECRET_KEY", "qrvM3e7/ABEiM0RVZneImaq7zN3u/xAhMkNUZXaHmKk=".to_owned()),
            ("GRANTOR_LOG_FORMAT", format.to_owned()),
        ];
        let mut arguments: Vec<String> = variables.iter().map(|(name, value)| format!("{name}={value}")).collect();
        arguments.extend([format!("RUST_LOG={log}"), PROGRAM.to_owned()]);
        let guarded =
            Guarded::spawn(Path::new("/usr/bin/env"), &arguments, directory, "TERM", None).expect("it starts");
        let address = guarded
            .wait_for_log(Duration::from_secs(30), |line| {
                let rest = line.strip_prefix("Grantor listens on ")?;
                Some(rest.split(' ').next()?.to_owned())
            })
            .expect("it listens");
        Self { guarded, http: Http::new(format!("http://{address}")), variables }
    }

    /// Runs a command on the same database; gives what it prints.
    fn command(&self, arguments: &[&str], input: &str) -> String {
        use std::io::Write;
        let mut child = Command::new(PROGRAM)
            .args(arguments)
            .envs(self.variables.iter().cloned())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program was built");
        child.stdin.take().expect("it is piped").write_all(input.as_bytes()).expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{arguments:?}");
        String::from_utf8(output.stdout).expect("it prints text")
    }

    /// The log up to a request that is made now, line by line.
    async fn log(&self) -> Vec<String> {
        let last = self.http.get("/health/live").await;
        let id = last.header("x-request-id").to_owned();
        let mut lines = Vec::new();
        self.guarded
            .wait_for_log(Duration::from_secs(10), |line| {
                lines.push(line.to_owned());
                (line.contains(&id) && line.contains("duration_us")).then_some(())
            })
            .expect("the request is logged");
        lines
    }
}

fn on(backend: Backend, test: impl AsyncFnOnce(&DatabaseUrl, &Path)) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let database = match backend {
        Backend::Sqlite => DatabaseUrl::Sqlite(directory.path().join("grantor.db")),
        Backend::Postgres => match postgres::cluster_or_skip() {
            Some(cluster) => DatabaseUrl::Postgres(cluster.create_database()),
            None => return,
        },
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(test(&database, directory.path()));
    if let (DatabaseUrl::Postgres(url), Ok(cluster)) = (&database, postgres::cluster()) {
        cluster.drop_database(url);
    }
}

#[test]
fn sqlite_a_whole_flow_leaves_no_secret_in_the_fullest_log() {
    on(Backend::Sqlite, a_whole_flow_leaves_no_secret_in_the_fullest_log);
}

#[test]
fn postgres_a_whole_flow_leaves_no_secret_in_the_fullest_log() {
    on(Backend::Postgres, a_whole_flow_leaves_no_secret_in_the_fullest_log);
}

async fn a_whole_flow_leaves_no_secret_in_the_fullest_log(database: &DatabaseUrl, directory: &Path) {
    let server = Process::start(database, directory, "trace", "text");
    server.command(&["scope", "create", "notes", "--description", "Notes"], "");
    server.command(&["user", "create", "--username", "alice", "--password-stdin"], PASSWORD);
    let metadata = format!(
        r#"{{"client_name": "Web", "redirect_uris": ["{REDIRECT_URI}"], "scope": "notes",
            "grant_types": ["authorization_code", "refresh_token"]}}"#
    );
    let created: Value =
        serde_json::from_str(&server.command(&["client", "create", "--metadata", "-"], &metadata)).expect("JSON");
    let text = |member: &str| created[member].as_str().expect("a member").to_owned();
    let secret = text("client_secret");
    let client = TestClient { id: text("client_id"), secret: Some(secret.clone()) };

    let mut browser = Browser::at(server.http.clone());
    let answer = allow(&mut browser, &Authorization::of(&client, "notes"), "alice").await;
    let code = answer.redirect()["code"].clone();
    let issued = server.http.as_client(&client, "/oauth2/token", &redemption(&code)).await;
    let (access, refresh) = (issued.text("access_token"), issued.text("refresh_token"));
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    let refreshed = server.http.as_client(&client, "/oauth2/token", &form).await.text("access_token");
    server.http.as_client(&client, "/oauth2/introspect", &[("token", &access)]).await;
    server.http.bearer("/api/v1/whoami", &refreshed).await;
    server.http.as_client(&client, "/oauth2/token", &redemption(&code)).await;
    server.http.as_client(&client, "/oauth2/revoke", &[("token", &refresh)]).await;
    let cookies: Vec<String> = browser.cookies().map(str::to_owned).collect();
    assert!(!cookies.is_empty());

    let log = server.log().await;
    assert!(log.iter().any(|line| line.contains("TRACE")), "that is not the fullest log");
    let secrets = [secret.as_str(), &code, &access, &refresh, &refreshed, PASSWORD, VERIFIER];
    for secret in secrets.into_iter().chain(cookies.iter().map(String::as_str)) {
        let telling: Vec<_> = log.iter().filter(|line| line.contains(secret)).collect();
        assert!(telling.is_empty(), "{secret} is in {telling:#?}");
    }
}

#[test]
fn the_access_log_has_one_event_for_each_request_and_no_path() {
    on(Backend::Sqlite, async |database, directory| {
        let server = Process::start(database, directory, "warn,access=debug", "json");
        let headers = [("x-forwarded-for", "192.0.2.7")];
        server.http.send("GET", "/admin/users/u_1?search=peculiar", &headers, None).await;
        server.http.get("/peculiar/path").await;
        let log = server.log().await;
        let events: Vec<Value> = log.iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
        assert_eq!(events.len(), 3, "{log:#?}");
        let fields = &events[0]["fields"];
        assert_eq!(events[0]["target"], "access");
        assert_eq!((&fields["method"], &fields["route"]), (&"GET".into(), &"/admin/users/{id}".into()));
        assert_eq!((&fields["status"], &fields["client"]), (&303.into(), &"127.0.0.1".into()));
        assert!(fields["duration_us"].is_u64() && fields["request_id"].is_string(), "{fields}");
        assert_eq!(events[1]["fields"]["route"], "none");
        assert!(!log.iter().any(|line| line.contains("peculiar")), "{log:#?}");
    });
}

#[test]
fn the_access_log_is_off_unless_asked_for() {
    on(Backend::Sqlite, async |database, directory| {
        let server = Process::start(database, directory, "info", "text");
        server.http.get("/login").await;
        let logged = server.guarded.wait_for_log(Duration::ZERO, |line| line.contains("duration_us").then_some(()));
        assert!(logged.is_err());
    });
}
