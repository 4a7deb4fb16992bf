//! The server under load: the release binary in a scratch directory, on a port of its own; or several on one database.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::cpu_share::CpuShare;
use crate::process::{Measured, Running};
use crate::{Result, http};

/// The build under measurement, unless another is named.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_grantor");
/// The server's default.
pub const BCRYPT_COST: u32 = 12;

/// One of the server's commands.
pub fn command(program: &Path, database: &str, secret_key: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).env("DATABASE_URL", database).env("GRANTOR_SECRET_KEY", secret_key).env("RUST_LOG", "warn");
    command
}

/// For who sends more than an address may: how many log in at once has no setting of its own.
pub fn without_limits() -> Vec<(String, String)> {
    vec![("GRANTOR_RATE_LIMITS".to_owned(), "off".to_owned())]
}

/// Running servers on one database, one or more. They end when dropped.
pub struct Servers {
    pub addresses: Vec<SocketAddr>,
    pub processes: Measured,
    all: Vec<Server>,
}

impl Servers {
    /// Starts so many with these further settings, and waits until they are ready. Each gets so much of a core, or all there is.
    pub fn start(
        count: usize,
        program: &Path,
        database: &str,
        secret_key: &str,
        settings: &[(String, String)],
        cpu_share: Option<f64>,
    ) -> Result<Self> {
        let (mut all, mut settings) = (Vec::new(), settings.to_vec());
        for _ in 0..count {
            let server = Server::start(program, database, secret_key, &settings, cpu_share)?;
            if all.is_empty() {
                // They have one issuer, as behind a balancer.
                settings.push(("GRANTOR_ISSUER".to_owned(), format!("http://{}", server.address)));
            }
            all.push(server);
        }
        let addresses = all.iter().map(|server| server.address).collect();
        let processes = Measured::new(all.iter().map(|server| server.running.0.id()));
        Ok(Self { addresses, processes, all })
    }

    /// From the start of the first program to its first 200.
    pub fn ready_after(&self) -> Duration {
        self.all[0].ready_after
    }

    /// A number of `/metrics`, summed over its labels and the servers.
    pub fn metric(&self, family: &str) -> Result<f64> {
        self.all.iter().map(|server| server.metric(family)).sum()
    }

    /// Prints what they had to complain of.
    pub fn print_complaints(&self) -> Result<()> {
        self.all.iter().try_for_each(Server::print_complaints)
    }
}

struct Server {
    address: SocketAddr,
    ready_after: Duration,
    running: Running,
    /// After the process: it goes when nobody is in it.
    _share: Option<CpuShare>,
    directory: TempDir,
}

impl Server {
    fn start(
        program: &Path,
        database: &str,
        secret_key: &str,
        settings: &[(String, String)],
        cpu_share: Option<f64>,
    ) -> Result<Self> {
        let directory = tempfile::Builder::new().prefix("grantor-load-").tempdir()?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let log = fs::File::create(log_of(directory.path()))?;
        let begun = Instant::now();
        let child = command(program, database, secret_key, &["serve"])
            .env("GRANTOR_LISTEN", address.to_string())
            .env("GRANTOR_ISSUER", format!("http://{address}"))
            .envs(settings.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()?;
        let running = Running(child);
        let share = cpu_share.map(|cores| CpuShare::hold(running.0.id(), cores)).transpose()?;
        let mut server = Self { address, ready_after: Duration::ZERO, running, _share: share, directory };
        server.wait_until_ready(Duration::from_secs(60))?;
        server.ready_after = begun.elapsed();
        Ok(server)
    }

    fn wait_until_ready(&mut self, within: Duration) -> Result<()> {
        let (ready, begun) = (http::get("/health/ready", ""), Instant::now());
        while !http::once(self.address, &ready).is_ok_and(|(status, _)| status == 200) {
            if !matches!(self.running.0.try_wait(), Ok(None)) || begun.elapsed() > within {
                let log = fs::read_to_string(log_of(self.directory.path()))?;
                return Err(format!("the server is not ready; its log:\n{log}").into());
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        Ok(())
    }

    fn metric(&self, family: &str) -> Result<f64> {
        let (_, text) = http::once(self.address, &http::get("/metrics", ""))?;
        let lines = text.lines().filter(|line| {
            line.strip_prefix(family).is_some_and(|rest| rest.starts_with('{') || rest.starts_with(' '))
        });
        Ok(lines.filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok()).sum())
    }

    fn print_complaints(&self) -> Result<()> {
        let log = fs::read_to_string(log_of(self.directory.path()))?;
        log.lines()
            .filter(|line| line.contains("WARN") || line.contains("ERROR"))
            .take(20)
            .for_each(|line| println!("    {line}"));
        Ok(())
    }
}

fn log_of(directory: &Path) -> PathBuf {
    directory.join("server.log")
}
