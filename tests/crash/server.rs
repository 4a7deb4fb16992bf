//! The server under test: started, killed and started again at one address.

use std::io::{Seek, SeekFrom, Write};
use std::iter;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;

use crate::support::http::Http;
use crate::support::process::Settings;

/// Kills what is named last when its input ends, which is when we end, however that is.
const REAPER: &str = r#"while read -r pid; do last=$pid; done; [ -z "$last" ] || kill -s KILL "$last" 2>/dev/null"#;

pub struct Server {
    settings: Settings,
    pub http: Http,
    running: Option<Child>,
    falls: Box<dyn FnMut()>,
    log: NamedTempFile,
    reaper: Child,
}

impl Server {
    /// `falls` is what else happens whenever it is killed.
    pub fn new(settings: &Settings, falls: impl FnMut() + 'static) -> Self {
        let address = format!("127.0.0.1:{}", quiet_port());
        let reaper = Command::new("sh").args(["-c", REAPER]).stdin(Stdio::piped()).spawn().expect("a shell");
        Self {
            settings: settings.clone().with("GRANTOR_LISTEN", &address),
            http: Http::new(format!("http://{address}")),
            running: None,
            falls: Box::new(falls),
            log: NamedTempFile::new().expect("a temporary file"),
            reaper,
        }
    }

    pub fn start(&mut self) {
        let mut command = self.settings.program(&["serve"]);
        let log = self.log.reopen().and_then(|mut log| log.seek(SeekFrom::End(0)).map(|_| log)).expect("it is ours");
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().expect("the program starts");
        self.tell_the_reaper(&child.id().to_string());
        self.running = Some(child);
    }

    /// Without a word of warning.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.running.take() {
            child.kill().expect("it is ours");
            child.wait().expect("it is ours");
            (self.falls)();
            self.tell_the_reaper("");
        }
    }

    pub async fn wait_until_ready(&mut self, within: Duration) {
        let asked = Instant::now();
        loop {
            let answer = self.http.attempt("GET", "/health/ready", &[], None).await;
            if answer.is_ok_and(|answer| answer.status == 200) {
                return;
            }
            let child = self.running.as_mut().expect("it was started");
            let ended = child.try_wait().expect("it is ours");
            assert!(ended.is_none(), "the server ended, {ended:?}: {}", self.last_words());
            assert!(asked.elapsed() < within, "the server is not ready within {within:?}: {}", self.last_words());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    fn tell_the_reaper(&mut self, process: &str) {
        let input = self.reaper.stdin.as_mut().expect("it is piped");
        writeln!(input, "{process}").expect("the reaper listens");
    }

    fn last_words(&self) -> String {
        let log = std::fs::read_to_string(self.log.path()).unwrap_or_default();
        let lines: Vec<_> = log.lines().rev().take(20).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        drop(self.reaper.stdin.take());
        let _ = self.reaper.wait();
    }
}

/// A free port that the kernel gives to no outgoing connection: while nobody listens on one of those, a client that
/// tries to connect may be given the very port, and then talks to itself.
pub fn quiet_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let ours = std::process::id() % 8000;
    let next = || u16::try_from(20_000 + (ours + NEXT.fetch_add(1, Ordering::Relaxed)) % 8000).expect("it is small");
    iter::repeat_with(next)
        .take(8000)
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("a free port")
}
