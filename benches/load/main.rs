//! What the server costs: requests per second, latency, processor time and memory, beside a bare route as the floor.
//!
//! `cargo bench` measures every [`Work`] on SQLite. `cargo bench --bench load -- --help` lists the settings.
//!
//! 1. The release binary is started on an empty database and gets a scope and two clients through its command line.
//! 2. For each work, N keep-alive connections send one prebuilt request after the other (a closed loop), first to warm
//!    up, then measured. The generator is one thread and parses no more than status and length, to stay out of the way.
//! 3. The same requests then go to the floor: a bare actix-web route that answers as many bytes, in a process of its own,
//!    measured the same way. The ratio to it is what carries over from one machine to another; the rates do not.
//!
//! On one machine the generator takes processor time from the server. Compare the server's time per request (µs) first,
//! and rates only between runs on the same machine with nothing else to do.

mod floor;
mod generator;
mod process;
mod report;

use std::error::Error;
use std::fs;
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::{Parser, ValueEnum};
use serde_json::{Value, json};
use tempfile::TempDir;

use generator::Request;
use process::Measured;
use report::Row;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const SERVER: &str = env!("CARGO_BIN_EXE_grantor");

#[derive(Parser)]
#[command(about = "Load on the server's endpoints, beside a bare route as the floor")]
struct Options {
    /// `sqlite`, or the `postgres://…` URL of an empty database.
    #[arg(long, default_value = "sqlite")]
    database: String,
    /// What to measure; repeat for several. Everything by default.
    #[arg(long, value_enum)]
    work: Vec<Work>,
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// How long to measure each row, after a warm-up of a fifth of that.
    #[arg(long, default_value_t = 4.0)]
    seconds: f64,
    /// A server that is already running. Needs a client with the scope `secret`; its start is not measured.
    #[arg(long, requires_all = ["client_id", "client_secret"])]
    server_url: Option<String>,
    #[arg(long)]
    client_id: Option<String>,
    #[arg(long)]
    client_secret: Option<String>,
    /// Its process, if it is on this machine, for processor time and memory.
    #[arg(long)]
    server_pid: Option<u32>,

    /// Be the floor: answer every request with this many bytes.
    #[arg(long, hide = true)]
    floor_server: Option<usize>,
    /// Cargo adds this to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Work {
    /// From `exec` to the first 200 of `/health/ready` on an existing database.
    Start,
    /// Two small reads that any client makes first.
    Discovery,
    Jwks,
    /// A token for a machine client, opaque: two writes.
    ClientCredentials,
    /// The same as a signed JWT.
    ClientCredentialsJwt,
    Introspection,
    /// The demonstration route, with a bearer token.
    Secret,
}

impl Work {
    fn name(self) -> String {
        self.to_possible_value().expect("no work is hidden").get_name().to_owned()
    }
}

fn main() -> Result<()> {
    let options = Options::parse();
    if let Some(bytes) = options.floor_server {
        return floor::serve(bytes);
    }
    let works = if options.work.is_empty() { Work::value_variants() } else { &options.work };

    let mut subject = Subject::prepare(&options, works)?;
    println!("{}", report::heading(&options.database, options.connections, options.seconds));
    if works.contains(&Work::Start) {
        match &mut subject.own {
            Some(own) => println!("{}", report::start(&mut own.time_starts()?)),
            None => println!("start: not measured on a server that is already running"),
        }
    }
    let idle = subject.process.as_ref().and_then(Measured::resident_kib);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let loads = works.iter().copied().filter(|work| *work != Work::Start).filter(|work| subject.can(*work));
    let mut unanswered = Vec::new();
    for work in loads {
        let request = subject.request(work, &runtime)?;
        let measure = |request: &Request, process: Option<&Measured>| {
            runtime.block_on(generator::run(request, process, options.connections, options.seconds))
        };
        let server = measure(&request, subject.process.as_ref())?;
        let floor = floor::Floor::start(server.body_bytes)?;
        let floor = measure(&request.redirected_to(floor.address), Some(&floor.process))?;
        println!("{}", Row { name: &work.name(), server: &server, floor: &floor });
        for (what, times) in &server.failures {
            println!("    {times} × {what}");
        }
        if server.latencies.is_empty() {
            unanswered.push(work.name());
        }
    }
    if let (Some(idle), Some(after)) = (idle, subject.process.as_ref().and_then(Measured::resident_kib)) {
        println!("resident memory: {} MiB idle, {} MiB after the load", idle / 1024, after / 1024);
    }
    if unanswered.is_empty() {
        Ok(())
    } else {
        Err(format!("never answered with 200: {}", unanswered.join(", ")).into())
    }
}

/// The server under load and what a client needs to talk to it.
struct Subject {
    address: SocketAddr,
    opaque: Client,
    jwt: Option<Client>,
    process: Option<Measured>,
    own: Option<OwnServer>,
}

#[derive(Clone)]
struct Client {
    id: String,
    secret: String,
}

impl Client {
    fn authorization(&self) -> String {
        let encode =
            |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
        STANDARD.encode(format!("{}:{}", encode(&self.id), encode(&self.secret)))
    }
}

impl Subject {
    fn prepare(options: &Options, works: &[Work]) -> Result<Self> {
        if let Some(url) = &options.server_url {
            let url = url::Url::parse(url)?;
            let address = *url.socket_addrs(|| None)?.first().ok_or("--server-url names no address")?;
            let given =
                |value: &Option<String>| value.clone().ok_or("--server-url needs --client-id and --client-secret");
            let client = Client { id: given(&options.client_id)?, secret: given(&options.client_secret)? };
            let process = options.server_pid.map(Measured::new);
            return Ok(Self { address, opaque: client, jwt: None, process, own: None });
        }
        let mut own = OwnServer::prepare(&options.database)?;
        own.run(&["scope", "create", "secret", "--description", "The demonstration route"], None)?;
        let opaque = own.create_client("opaque")?;
        let jwt = if works.contains(&Work::ClientCredentialsJwt) { Some(own.create_client("jwt")?) } else { None };
        let process = own.start()?;
        Ok(Self { address: own.address, opaque, jwt, process: Some(process), own: Some(own) })
    }

    /// A foreign server has one client, of a token format we do not know.
    fn can(&self, work: Work) -> bool {
        work != Work::ClientCredentialsJwt || self.jwt.is_some()
    }

    fn request(&self, work: Work, runtime: &tokio::runtime::Runtime) -> Result<Request> {
        const TOKEN: &str = "grant_type=client_credentials&scope=secret";
        let token = || -> Result<String> {
            let body = runtime
                .block_on(Request::post(self.address, "/oauth2/token", &self.opaque.authorization(), TOKEN).once())?;
            let answer: Value = serde_json::from_slice(&body)?;
            Ok(answer["access_token"].as_str().ok_or_else(|| format!("no access token in {answer}"))?.to_owned())
        };
        let post = |client: &Client, path, body: &str| Request::post(self.address, path, &client.authorization(), body);
        Ok(match work {
            Work::Start => unreachable!("a start is no load"),
            Work::Discovery => Request::get(self.address, "/.well-known/openid-configuration", None),
            Work::Jwks => Request::get(self.address, "/.well-known/jwks.json", None),
            Work::ClientCredentials => post(&self.opaque, "/oauth2/token", TOKEN),
            Work::ClientCredentialsJwt => {
                post(self.jwt.as_ref().ok_or("no client with signed tokens")?, "/oauth2/token", TOKEN)
            }
            Work::Introspection => post(&self.opaque, "/oauth2/introspect", &format!("token={}", token()?)),
            Work::Secret => Request::get(self.address, "/secret", Some(&token()?)),
        })
    }
}

/// A server of our own in a scratch directory. Ends when dropped.
struct OwnServer {
    directory: TempDir,
    database: String,
    address: SocketAddr,
    running: Option<process::Running>,
}

impl OwnServer {
    fn prepare(database: &str) -> Result<Self> {
        let directory = tempfile::Builder::new().prefix("grantor-load-").tempdir()?;
        let database = match database {
            "sqlite" => format!("sqlite://{}", directory.path().join("grantor.db").display()),
            url => url.to_owned(),
        };
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        Ok(Self { directory, database, address, running: None })
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(SERVER);
        command
            .args(arguments)
            .current_dir(self.directory.path())
            .env("DATABASE_URL", &self.database)
            .env("GRANTOR_LISTEN", self.address.to_string())
            .env("GRANTOR_ISSUER", format!("http://{}", self.address))
            .env("GRANTOR_RATE_LIMITS", "off")
            .env("RUST_LOG", "warn");
        command
    }

    /// Runs one of the server's commands; gives its standard output.
    fn run(&self, arguments: &[&str], input: Option<&Value>) -> Result<Vec<u8>> {
        let mut child =
            self.command(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn()?;
        if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
            stdin.write_all(input.to_string().as_bytes())?;
        }
        let output = child.wait_with_output()?;
        if output.status.success() {
            Ok(output.stdout)
        } else {
            Err(format!("grantor {}: {}", arguments.join(" "), output.status).into())
        }
    }

    fn create_client(&self, access_token_format: &str) -> Result<Client> {
        let metadata = json!({
            "client_name": format!("Load with {access_token_format} tokens"),
            "grant_types": ["client_credentials"],
            "token_endpoint_auth_method": "client_secret_basic",
            "scope": "secret",
            "access_token_format": access_token_format,
        });
        let output = self.run(&["client", "create", "--metadata", "-"], Some(&metadata))?;
        let answer: Value = serde_json::from_slice(&output)?;
        let member = |name: &str| answer[name].as_str().map(ToOwned::to_owned).ok_or(format!("no {name} in {answer}"));
        Ok(Client { id: member("client_id")?, secret: member("client_secret")? })
    }

    /// Starts the server and waits until it is ready.
    fn start(&mut self) -> Result<Measured> {
        let log = fs::File::create(self.log())?;
        let running =
            process::Running(self.command(&["serve"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn()?);
        let process = Measured::new(running.0.id());
        self.running = Some(running);
        self.wait_until_ready(Duration::from_secs(30))?;
        Ok(process)
    }

    fn wait_until_ready(&mut self, within: Duration) -> Result<()> {
        let ready = Request::get(self.address, "/health/ready", None);
        let begun = Instant::now();
        while !ready.answers_200() {
            let ended = self.running.as_mut().is_none_or(|it| !matches!(it.0.try_wait(), Ok(None)));
            if ended || begun.elapsed() > within {
                return Err(format!("the server is not ready; its log:\n{}", fs::read_to_string(self.log())?).into());
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        Ok(())
    }

    /// How long ten starts on the existing database take, while the server under load is away. Leaves it running.
    fn time_starts(&mut self) -> Result<Vec<Duration>> {
        let busy = self.address;
        self.address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let under_load = self.running.take();
        let times = (0..10)
            .map(|_| {
                let begun = Instant::now();
                self.start()?;
                let took = begun.elapsed();
                self.running = None;
                Ok(took)
            })
            .collect();
        (self.address, self.running) = (busy, under_load);
        times
    }

    fn log(&self) -> PathBuf {
        Path::join(self.directory.path(), "server.log")
    }
}
