//! Nothing that was acknowledged is lost: clients at work while the server, or the database under it, is killed and comes
//! back, again and again, and while the machine loses its power.
//!
//! Each client is honest and keeps a [`history`](world::World::note) of what it did and heard. It checks all the time, and
//! once more at the end, that the server stands by every answer it gave: an issued token counts, a revoked one never again, a
//! code gives tokens once, a family of refresh tokens has one living end, and who lost an answer can go on. What the
//! database holds at the end is looked at without the server ([`database`]).
//!
//! | variable | means |
//! |---|---|
//! | `GRANTOR_CRASH_CYCLES` | how often each server is struck |
//! | `GRANTOR_CRASH_SEED` | the seed of an earlier run, for the same choices again |

mod app;
mod database;
#[cfg(target_os = "linux")]
mod disk;
mod fault;
mod machine;
mod server;
#[allow(dead_code, unused_imports, unused_macros, reason = "written for the other tests; these need some of it")]
#[path = "../it/support/mod.rs"]
mod support;
mod world;

use std::fmt::Write as _;
use std::io::Write as _;
use std::rc::Rc;
use std::time::{Duration, Instant};

use serde_json::json;
use support::app::{PASSWORD, REDIRECT_URI, TestClient};
use support::http::Browser;
use support::postgres::{Cluster, or_skip, room};
use support::process::Settings;
use support::random::Random;
use support::switch;

use fault::{Fault, Faults};
use server::{Server, quiet_port};
use world::World;

/// How often each server is killed when nobody says otherwise: together 200 times.
const SQLITE_CYCLES: u32 = 130;
const POSTGRES_CYCLES: u32 = 70;
/// And how often with its machine.
#[cfg(target_os = "linux")]
const POWER_CYCLES: u32 = 60;

/// Ready again so soon after a start (decision 20), and after the database came back (README). Nine of ten times: the machine
/// may have something else to do.
const STARTED_WITHIN: Duration = Duration::from_millis(2500);
const BACK_WITHIN: Duration = Duration::from_secs(5);
/// What takes longer does not come to an end.
const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn sqlite_loses_nothing() {
    let directory = tempfile::tempdir_in(room()).expect("a temporary directory");
    let database = directory.path().join("grantor.db").display().to_string();
    run("SQLite", &database, None, SQLITE_CYCLES, |_| ());
}

/// PostgreSQL's disk is PostgreSQL's.
#[test]
#[cfg(target_os = "linux")]
fn sqlite_loses_nothing_with_the_power() {
    let disk = match disk::Disk::new() {
        Ok(disk) => Rc::new(disk),
        Err(why) => return tell(&format!("SKIPPED: {why}")),
    };
    let database = disk.path().join("grantor.db").display().to_string();
    let machine = Rc::clone(&disk);
    run("SQLite without power", &database, None, POWER_CYCLES, move |random| machine.lose_power(random));
    tell(&format!("The disk lost {} unsynced sectors and changes.", disk.lost()));
    assert!(disk.lost() > 0, "there was nothing to lose");
}

#[test]
fn postgres_loses_nothing() {
    let Some(cluster) = or_skip(Cluster::crashable(quiet_port())) else { return };
    run("PostgreSQL", &cluster.create_database(), Some(&cluster), POSTGRES_CYCLES, |_| ());
}

/// `falls` is what else happens whenever the server is killed.
fn run(
    name: &str,
    database: &str,
    cluster: Option<&Cluster>,
    cycles: u32,
    mut falls: impl FnMut(&mut Random) + 'static,
) {
    let number = |variable| switch(variable).map(|value| value.parse::<u64>().expect("a number"));
    let cycles = number("GRANTOR_CRASH_CYCLES").map_or(cycles, |cycles| u32::try_from(cycles).expect("fewer cycles"));
    let seed =
        number("GRANTOR_CRASH_SEED").unwrap_or_else(|| u64::from(std::process::id()) << 8 | u64::from(cycles & 255));
    tell(&format!("{name}: GRANTOR_CRASH_CYCLES={cycles} GRANTOR_CRASH_SEED={seed}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(tokio::task::LocalSet::new().run_until(async {
        let began = Instant::now();
        let settings = Settings::of(database)
            // Longer than the longest run, so that nothing ends by itself.
            .with("GRANTOR_ACCESS_TOKEN_LIFETIME", "86400")
            .with("RUST_LOG", "warn");
        let mut random = Random::new(seed);
        let mut chance = random.split();
        let mut server = Server::new(&settings, move || falls(&mut chance));
        be_born(&mut server, &mut random).await;
        let world = World::new(server.http.clone(), cycles);
        let clients = hire(&settings, &world, &mut random).await;
        let mut faults = Faults::new(cluster, random.split());
        for cycle in 1..=cycles {
            world.begin_cycle(cycle);
            let fault = faults.next();
            fault_at_work(&mut server, &mut faults, fault, &world).await;
            if clients.iter().any(tokio::task::JoinHandle::is_finished) {
                break;
            }
        }
        world.end();
        for client in clients {
            client.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
        }
        server.kill();
        database::check(database);
        tell(&report(name, &world, &faults, began.elapsed()));
        assert!(world.starts.most() <= STARTED_WITHIN, "{:?} until it is ready", world.starts.most());
        assert!(world.returns.most() <= BACK_WITHIN, "{:?} after the database", world.returns.most());
    }));
}

/// The first starts on an empty database, killed while they make tables and keys.
async fn be_born(server: &mut Server, random: &mut Random) {
    for _ in 0..4 {
        server.start();
        tokio::time::sleep(Duration::from_millis(random.below(150))).await;
        server.kill();
    }
    server.start();
    server.wait_until_ready(PATIENCE).await;
}

/// Lets the clients work, and strikes.
async fn fault_at_work(server: &mut Server, faults: &mut Faults<'_>, fault: Fault, world: &World) {
    tokio::time::sleep(faults.moment(150)).await;
    world.strike();
    if fault.hits_the_server() {
        server.kill();
        if fault == Fault::ServerTwice {
            server.start();
            tokio::time::sleep(faults.moment(60)).await;
            server.kill();
        }
    }
    faults.strike_the_database(fault);
    let began = Instant::now();
    if fault.hits_the_server() {
        server.start();
    }
    server.wait_until_ready(PATIENCE).await;
    let times = if fault.hits_the_server() { &world.starts } else { &world.returns };
    times.note(began.elapsed());
}

/// Registers clients and users, and puts each to work in a task of its own.
async fn hire(settings: &Settings, world: &Rc<World>, random: &mut Random) -> Vec<tokio::task::JoinHandle<()>> {
    settings.command(&["scope", "create", "secret", "--description", "Open the secret route"], "");
    settings.command(&["user", "create", "--username", "alice", "--password-stdin"], PASSWORD);
    let client = |name: &str, more: serde_json::Value| {
        let mut metadata = json!({ "client_name": name, "scope": "secret" });
        metadata.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        settings.client(&metadata)
    };
    let machine =
        |format: &str| client("Job", json!({ "grant_types": ["client_credentials"], "access_token_format": format }));
    let app = |method: &str| {
        client(
            "App",
            json!({ "grant_types": ["authorization_code", "refresh_token"], "redirect_uris": [REDIRECT_URI],
            "token_endpoint_auth_method": method, "skip_consent": true }),
        )
    };
    let mut browser = Browser::at(&world.http);
    assert_eq!(browser.sign_in("alice").await.status, 303);
    let cookies = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
    world.introspect_as(machine("opaque"));
    let mut tasks = Vec::new();
    let mut work = |name: &str, client: TestClient, cookies: Option<&str>| {
        let place = world.place(name, client, random.split());
        tasks.push(match cookies {
            None => tokio::task::spawn_local(machine::work(place)),
            Some(cookies) => tokio::task::spawn_local(app::work(place, cookies.to_owned())),
        });
    };
    work("machine", machine("opaque"), None);
    work("machine with JWTs", machine("jwt"), None);
    for number in 1..=3 {
        work(&format!("public app {number}"), app("none"), Some(&cookies));
        work(&format!("confidential app {number}"), app("client_secret_basic"), Some(&cookies));
    }
    tasks
}

fn report(name: &str, world: &World, faults: &Faults<'_>, took: Duration) -> String {
    let mut text = format!("{name}: nothing was lost in {:.1} s. Struck: {faults}.", took.as_secs_f64());
    let _ = write!(text, "\n{world}");
    text
}

/// Says it even when the test passes, which `println!` does not.
fn tell(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
