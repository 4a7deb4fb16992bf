//! The floor: the least that the same work could cost here, measured in the same run.
//!
//! A bare actix-web route that gets the same request and answers as many bytes; the signature, where one is made; a row
//! written durably, where one is written, with as many others as wait with it in one transaction, as the server does it;
//! the password's hash, where one is checked. Their sum is what a work is compared with.
//!
//! The route runs in a process of its own, this same program started again, so that its processor time is read like the
//! server's.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use actix_web::{App, HttpResponse, HttpServer, web};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use grantor::clock;
use grantor::secret::random_bytes;
use grantor::store::connection::AnyConnection;
use tokio::sync::oneshot;

use crate::behaviour::Repeat;
use crate::database::Database;
use crate::generator::{Plan, Sample, measure};
use crate::process::{Measured, Running};
use crate::{Result, data, server};

/// Most rows in one transaction; the server's number.
const BATCH: usize = 256;
/// As long as the signed part of a token.
const MESSAGE: [u8; 400] = [b'x'; 400];

/// What a work is made of beside its routes.
#[derive(Clone, Copy, Default)]
pub struct Recipe {
    pub es256: u32,
    pub rs256: u32,
    pub inserts: u32,
    pub passwords: u32,
}

/// Processor time in microseconds, of the server and of PostgreSQL.
#[derive(Clone, Copy, Default)]
pub struct Cost {
    pub server: f64,
    pub database: f64,
}

/// What the parts cost on this machine.
#[derive(Clone, Copy, Default)]
pub struct Prices {
    pub es256: f64,
    pub rs256: f64,
    pub password: f64,
    pub insert: Cost,
}

impl Prices {
    /// Measures what `recipes` need.
    pub fn measure(recipes: &[Recipe], database: &Database, load: Plan<'_>, seconds: f64) -> Result<Self> {
        let needs = |part: fn(&Recipe) -> u32| recipes.iter().any(|recipe| part(recipe) > 0);
        let mut prices = Self::default();
        if needs(|recipe| recipe.es256) {
            let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
            prices.es256 = time(|| assert!(key.sign(&SystemRandom::new(), &MESSAGE).is_ok()));
        }
        if needs(|recipe| recipe.rs256) {
            let key = RsaKeyPair::generate(KeySize::Rsa2048)?;
            let mut signature = vec![0; key.public_modulus_len()];
            prices.rs256 =
                time(|| assert!(key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), &MESSAGE, &mut signature).is_ok()));
        }
        if needs(|recipe| recipe.passwords) {
            prices.password = time(|| assert!(bcrypt::hash(data::PASSWORD, server::BCRYPT_COST).is_ok()));
        }
        if needs(|recipe| recipe.inserts) {
            let sample = Sample { request: crate::http::post("/", "", "a=b"), body_bytes: 100 };
            let bare = Floor::start(100, None)?.measure(&sample, None, load, seconds);
            let with_insert = Floor::start(100, Some(&database.url))?;
            let with_insert = with_insert.measure(&sample, database.process.as_ref(), load, seconds);
            prices.insert = Cost { server: with_insert.server - bare.server, database: with_insert.database };
        }
        Ok(prices)
    }
}

/// The processor time of something done over and over on this thread.
fn time(mut what: impl FnMut()) -> f64 {
    let (ourselves, begun) = (Measured::ourselves(), Instant::now());
    let before = ourselves.processor_time().unwrap_or_default();
    let mut times = 0_u32;
    while times < 3 || begun.elapsed() < Duration::from_secs(1) {
        what();
        times += 1;
    }
    let spent = ourselves.processor_time().unwrap_or_default() - before;
    f64::from(u32::try_from(spent).unwrap_or(u32::MAX)) / f64::from(times)
}

/// A running route. Ends when dropped.
pub struct Floor {
    /// One.
    addresses: [SocketAddr; 1],
    process: Measured,
    _running: Running,
}

impl Floor {
    /// A route that answers this many bytes, after a row is on the disk of the database `insert`, if there is one.
    pub fn start(body_bytes: usize, insert: Option<&str>) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["floor", "--bytes", &body_bytes.to_string()]);
        if let Some(url) = insert {
            command.args(["--insert", url]);
        }
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().ok_or("stdout is piped")?;
        let process = Measured::new([child.id()]);
        let running = Running(child);
        let mut address = String::new();
        BufReader::new(stdout).read_line(&mut address)?;
        Ok(Self { addresses: [address.trim().parse()?], process, _running: running })
    }

    /// What one request costs under the given load.
    pub fn measure(&self, sample: &Sample, database: Option<&Measured>, load: Plan<'_>, seconds: f64) -> Cost {
        let behaviour = |_| -> Box<dyn crate::generator::Behaviour> { Box::new(Repeat(sample.request.clone())) };
        let plan = Plan { addresses: &self.addresses, behaviour: &behaviour, ..load };
        let load = measure(&plan, &self.process, database, seconds);
        Cost { server: load.server_cost().unwrap_or_default(), database: load.database_cost().unwrap_or_default() }
    }
}

/// Serves until killed; prints the address first.
pub fn serve(body_bytes: usize, insert: Option<&str>) -> Result<()> {
    let writer = insert.map(Writer::start).transpose()?;
    actix_web::rt::System::new().block_on(async move {
        let server = HttpServer::new(move || {
            let (body, writer) = (web::Bytes::from(vec![b'x'; body_bytes]), writer.clone());
            App::new().default_service(web::to(move |_: web::Bytes| {
                let (body, writer) = (body.clone(), writer.clone());
                async move {
                    if let Some(writer) = writer {
                        writer.insert().await;
                    }
                    HttpResponse::Ok().content_type("application/json").body(body)
                }
            }))
        })
        .bind("127.0.0.1:0")?;
        println!("{}", server.addrs()[0]);
        Ok(server.run().await?)
    })
}

diesel::table! {
    load_floor (digest) {
        digest -> Binary,
        grant_id -> BigInt,
        scope -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

/// Writes rows such as an access token's: everything that waits, in one transaction.
#[derive(Clone)]
struct Writer(flume::Sender<oneshot::Sender<()>>);

impl Writer {
    fn start(url: &str) -> Result<Self> {
        let mut connection = data::open(url)?;
        let (binary, end) = match &connection {
            AnyConnection::Sqlite(_) => ("BLOB", "WITHOUT ROWID"),
            AnyConnection::Postgres(_) => ("BYTEA", ""),
        };
        connection.batch_execute(&format!(
            "DROP TABLE IF EXISTS load_floor;
             CREATE TABLE load_floor (digest {binary} NOT NULL PRIMARY KEY, grant_id BIGINT NOT NULL,
                 scope TEXT NOT NULL, created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL) {end};
             CREATE INDEX load_floor_by_grant ON load_floor (grant_id, expires_at);
             CREATE INDEX load_floor_by_expiry ON load_floor (expires_at)"
        ))?;
        let (sender, queue) = flume::bounded::<oneshot::Sender<()>>(4096);
        std::thread::spawn(move || {
            while let Ok(first) = queue.recv() {
                let waiting: Vec<_> = std::iter::once(first).chain(queue.try_iter().take(BATCH - 1)).collect();
                write(&mut connection, waiting.len()).expect("the floor's rows are written");
                for caller in waiting {
                    let _ = caller.send(());
                }
            }
        });
        Ok(Self(sender))
    }

    async fn insert(&self) {
        let (sender, done) = oneshot::channel();
        if self.0.try_send(sender).is_ok() {
            let _ = done.await;
        }
    }
}

fn write(connection: &mut AnyConnection, rows: usize) -> QueryResult<()> {
    let row = || {
        (
            load_floor::digest.eq(key().to_vec()),
            load_floor::grant_id.eq(4_611_686_018_427_387_904),
            load_floor::scope.eq("secret"),
            load_floor::created_at.eq(1_800_000_000),
            load_floor::expires_at.eq(1_800_003_600),
        )
    };
    match connection {
        AnyConnection::Sqlite(c) => {
            c.batch_execute("BEGIN IMMEDIATE")?;
            for _ in 0..rows {
                diesel::insert_into(load_floor::table).values(row()).execute(c)?;
            }
            c.batch_execute("COMMIT")
        }
        AnyConnection::Postgres(c) => {
            let rows: Vec<_> = (0..rows).map(|_| row()).collect();
            diesel::insert_into(load_floor::table).values(rows).execute(c).map(drop)
        }
    }
}

/// As the digest of a token begins (`grantor::secret`): with six bytes of milliseconds, so that what is written at one time lies
/// beside each other.
fn key() -> [u8; 32] {
    let mut key = random_bytes::<32>();
    key[..6].copy_from_slice(&clock::wall_millis().to_be_bytes()[2..]);
    key
}
