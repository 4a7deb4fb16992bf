//! The program itself, as an operator starts it: a process of its own with nothing but its settings.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::app::TestClient;
use super::guarded::Guarded;
use super::http::Http;
use super::switch;

/// The program: the one that was built with the tests, or another that somebody wants to test.
fn program() -> String {
    switch("GRANTOR_TEST_PROGRAM").unwrap_or_else(|| env!("CARGO_BIN_EXE_grantor").to_owned())
}

/// The settings that a server and the commands beside it have in common.
#[derive(Clone)]
pub struct Settings(Vec<(&'static str, String)>);

impl Settings {
    pub fn of(database: &str) -> Self {
        Self(vec![
            ("DATABASE_URL", database.to_owned()),
            ("GRANTOR_ISSUER", "http://localhost:8080".to_owned()),
            ("GRANTOR_SECRET_KEY", "pPz3yUvJ5hVQ1q0M8mJb7Yk2Xw9sRt4LdGfEaNcKi6o=".to_owned()),
            ("GRANTOR_LISTEN", "127.0.0.1:0".to_owned()),
            ("GRANTOR_BCRYPT_COST", "10".to_owned()),
        ])
    }

    /// With one more.
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.0.push((name, value.to_owned()));
        self
    }

    /// Registers a client.
    pub fn client(&self, metadata: &Value) -> TestClient {
        let created = self.command(&["client", "create", "--metadata", "-"], &metadata.to_string());
        let created: Value = serde_json::from_str(&created).expect("JSON");
        let text = |member: &str| created[member].as_str().map(str::to_owned);
        TestClient { id: text("client_id").expect("an id"), secret: text("client_secret") }
    }

    /// Runs a command with `input`; gives what it prints.
    pub fn command(&self, arguments: &[&str], input: &str) -> String {
        let output = self.output(arguments, input);
        assert!(output.status.success(), "{arguments:?}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// Runs a command that is refused; gives the reason.
    pub fn refusal(&self, arguments: &[&str], input: &str) -> String {
        let output = self.output(arguments, input);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        String::from_utf8(output.stderr).expect("text")
    }

    /// The program, to be started with these arguments.
    pub fn program(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.env_clear().envs(self.0.iter().map(|(name, value)| (name, value))).args(arguments);
        command
    }

    fn output(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = self.program(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        child.stdin.take().expect("it is piped").write_all(input.as_bytes()).expect("it reads");
        child.wait_with_output().expect("it ends")
    }
}

/// A running server. Dropping it kills the process.
pub struct Process {
    running: Guarded,
    id: String,
    pub http: Http,
}

impl Process {
    /// Starts a server; `wrapper` is a shell's preparation for it, such as a limit.
    pub fn start(settings: &Settings, wrapper: &str) -> Self {
        let mut arguments = vec!["-i".to_owned()];
        arguments.extend(settings.0.iter().map(|(name, value)| format!("{name}={value}")));
        let serve = format!("{wrapper} echo \"process $$\" >&2; exec \"$0\" serve");
        arguments.extend(["/bin/sh", "-c", &serve, &program()].map(str::to_owned));
        let nothing = tempfile::tempdir().expect("a temporary directory").keep();
        let process = Guarded::spawn(Path::new("env"), &arguments, &nothing, "KILL", None).expect("the program starts");
        let mut id = String::new();
        let address = process
            .wait_for_log(Duration::from_secs(30), |line| {
                if let Some(named) = line.strip_prefix("process ") {
                    named.clone_into(&mut id);
                }
                line.split_once("Grantor listens on ")?.1.split(' ').next().map(str::to_owned)
            })
            .unwrap_or_else(|log| panic!("{log}"));
        Self { running: process, id, http: Http::new(format!("http://{address}")) }
    }

    /// Sends a signal, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.id]).status().expect("kill is there");
        assert!(sent.success(), "{name}");
    }

    /// Lifts what limits the size of its files.
    #[cfg(target_os = "linux")]
    pub fn let_files_grow(&self) {
        use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};
        let id = self.id.parse().ok().and_then(Pid::from_raw).expect("a process");
        let most = getrlimit(Resource::Fsize).maximum;
        prlimit(Some(id), Resource::Fsize, Rlimit { current: most, maximum: most }).expect("it is ours");
    }

    /// Waits until the process has ended by itself.
    pub async fn ended(&self, within: Duration) {
        let begun = Instant::now();
        // The guard shell collects it later; until then it is a zombie without a memory map.
        let maps = format!("/proc/{}/maps", self.id);
        while std::fs::read_to_string(&maps).is_ok_and(|maps| !maps.is_empty()) {
            assert!(begun.elapsed() < within, "it still runs after {within:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The log up to a request that is made now, line by line. The settings must ask for the access log.
    pub async fn log(&self) -> Vec<String> {
        let last = self.http.get("/health/live").await;
        let id = last.header("x-request-id").to_owned();
        let mut lines = Vec::new();
        self.running
            .wait_for_log(Duration::from_secs(10), |line| {
                lines.push(line.to_owned());
                (line.contains(&id) && line.contains("duration_us")).then_some(())
            })
            .expect("the request is logged");
        lines
    }

    /// Whether `text` is in what was logged since this was last looked at.
    pub fn has_logged(&self, text: &str) -> bool {
        self.running.wait_for_log(Duration::ZERO, |line| line.contains(text).then_some(())).is_ok()
    }
}
