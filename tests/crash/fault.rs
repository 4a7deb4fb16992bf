//! What is struck, and when.

use std::fmt;
use std::process::Command;
use std::time::Duration;

use diesel::sql_types::Integer;
use diesel::{Connection, PgConnection, RunQueryDsl};

use crate::support::postgres::Cluster;
use crate::support::random::Random;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// SIGKILL.
    Server,
    /// And once more while it starts.
    ServerTwice,
    /// SIGKILL to one of the database's connections: it ends all others, and recovers.
    Connection,
    /// Immediate shutdown of the database.
    Shutdown,
    /// SIGKILL to the database's main process.
    Database,
    /// Both at once.
    Everything,
}

impl Fault {
    const ALL: [Self; 6] =
        [Self::Server, Self::ServerTwice, Self::Connection, Self::Shutdown, Self::Database, Self::Everything];

    pub fn hits_the_server(self) -> bool {
        matches!(self, Self::Server | Self::ServerTwice | Self::Everything)
    }
}

pub struct Faults<'a> {
    cluster: Option<&'a Cluster>,
    random: Random,
    struck: [u32; Fault::ALL.len()],
}

impl<'a> Faults<'a> {
    pub fn new(cluster: Option<&'a Cluster>, random: Random) -> Self {
        Self { cluster, random, struck: [0; Fault::ALL.len()] }
    }

    pub fn next(&mut self) -> Fault {
        let fault = match (self.random.below(100), self.cluster) {
            (0..10, _) => Fault::ServerTwice,
            (10..20, Some(_)) => Fault::Connection,
            (20..25, Some(_)) => Fault::Shutdown,
            (25..30, Some(_)) => Fault::Database,
            (30..35, Some(_)) => Fault::Everything,
            _ => Fault::Server,
        };
        let index = Fault::ALL.iter().position(|each| *each == fault).expect("it is one of all");
        self.struck[index] += 1;
        fault
    }

    /// Some time below `milliseconds`.
    pub fn moment(&mut self, milliseconds: u64) -> Duration {
        Duration::from_micros(self.random.below(milliseconds * 1000))
    }

    /// Strikes where `fault` is the database's, and waits until the database is back.
    pub fn strike_the_database(&mut self, fault: Fault) {
        let Some(cluster) = self.cluster else { return };
        let main = cluster.main_process();
        let (signal, process) = match fault {
            Fault::Server | Fault::ServerTwice => return,
            Fault::Connection => ("KILL", self.any_connection(cluster)),
            Fault::Shutdown => ("QUIT", main),
            Fault::Database | Fault::Everything => ("KILL", main),
        };
        // A connection may be gone by itself, and so may the only one.
        let struck = process.is_some_and(|process| {
            Command::new("kill").args(["-s", signal, &process.to_string()]).status().expect("a command").success()
        });
        assert!(struck || fault == Fault::Connection, "{fault:?}: {process:?} is not there");
        if !struck || cluster.wait_until_back(Duration::from_secs(5)).is_ok() {
            return;
        }
        // One that was just leaving when it was struck has not taken the others with it.
        if fault != Fault::Connection || PgConnection::establish(&cluster.url("postgres")).is_err() {
            cluster.wait_until_back(Duration::from_secs(55)).unwrap_or_else(|log| panic!("{fault:?}: {log}"));
        }
    }

    fn any_connection(&mut self, cluster: &Cluster) -> Option<u32> {
        let processes =
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
        let mut admin = PgConnection::establish(&cluster.url("postgres")).expect("the cluster is up");
        let processes: Vec<i32> = diesel::dsl::sql::<Integer>(processes).load(&mut admin).expect("the cluster answers");
        self.random.pick(&processes).and_then(|process| u32::try_from(*process).ok())
    }
}

impl fmt::Display for Faults<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let struck = Fault::ALL.iter().zip(self.struck).filter(|(_, times)| *times > 0);
        let words: Vec<_> = struck.map(|(fault, times)| format!("{fault:?} {times}")).collect();
        f.write_str(&words.join(", "))
    }
}
