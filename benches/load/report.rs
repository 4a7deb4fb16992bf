//! The tables, and the same as JSON.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::floor::{Cost, Prices, Recipe};
use crate::generator::Load;

/// One work on the server, with its floor. Times per unit of work.
#[derive(Clone, Serialize)]
pub struct Row {
    pub work: String,
    pub per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub p999_ms: f64,
    pub server_us: Option<f64>,
    /// PostgreSQL's own.
    pub database_us: Option<f64>,
    pub floor: Option<Floor>,
    pub resident_mib: Option<f64>,
    pub generator_us: Option<f64>,
    pub failures: BTreeMap<String, u64>,
}

/// What the same would cost at least, in microseconds.
#[derive(Clone, Copy, Serialize)]
pub struct Floor {
    /// Bare routes with the same requests and as many bytes.
    pub routes: f64,
    /// Signatures and hashes.
    pub cryptography: f64,
    /// Rows written durably.
    pub inserts: f64,
    pub database: f64,
}

impl Floor {
    pub fn of(routes: f64, recipe: Recipe, prices: &Prices) -> Self {
        let inserts = f64::from(recipe.inserts);
        Self {
            routes,
            cryptography: f64::from(recipe.es256) * prices.es256
                + f64::from(recipe.rs256) * prices.rs256
                + f64::from(recipe.passwords) * prices.password,
            inserts: inserts * prices.insert.server,
            database: inserts * prices.insert.database,
        }
    }

    pub fn server_us(&self) -> f64 {
        self.routes + self.cryptography + self.inserts
    }

    /// The floor of a mix.
    pub fn mixed(parts: &[(f64, Self)]) -> Self {
        let total: f64 = parts.iter().map(|(weight, _)| weight).sum();
        let mean =
            |each: fn(&Self) -> f64| parts.iter().map(|(weight, floor)| weight * each(floor)).sum::<f64>() / total;
        Self {
            routes: mean(|floor| floor.routes),
            cryptography: mean(|floor| floor.cryptography),
            inserts: mean(|floor| floor.inserts),
            database: mean(|floor| floor.database),
        }
    }
}

impl Row {
    pub fn new(work: String, load: &Load, resident_kib: Option<u64>) -> Self {
        Self {
            work,
            per_second: load.per_second(),
            p50_ms: percentile(&load.latencies, 500),
            p99_ms: percentile(&load.latencies, 990),
            p999_ms: percentile(&load.latencies, 999),
            server_us: load.server_cost(),
            database_us: load.database_cost(),
            floor: None,
            resident_mib: resident_kib.map(mebibytes),
            generator_us: load.per_unit(load.generator_time),
            failures: load.failures.clone(),
        }
    }

    fn ratio(&self) -> Option<f64> {
        Some(self.server_us? / self.floor?.server_us())
    }
}

pub const COLUMNS: &str = "work                        per s   p50 ms   p99 ms    p99.9  server µs      db µs   floor µs  ratio   MiB  client µs";

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<24}{:>9.0}", self.work, self.per_second)?;
        write!(f, "{:>9.2}{:>9.2}{:>9.2}", self.p50_ms, self.p99_ms, self.p999_ms)?;
        write!(f, "{}{}", or_dash(self.server_us, 11, 1), or_dash(self.database_us, 11, 1))?;
        write!(f, "{}{}", or_dash(self.floor.map(|floor| floor.server_us()), 11, 1), or_dash(self.ratio(), 7, 2))?;
        write!(f, "{}{}", or_dash(self.resident_mib, 6, 0), or_dash(self.generator_us, 11, 1))?;
        if let Some(floor) = self.floor {
            write!(f, "   floor: route {:.1}", floor.routes)?;
            for (name, part) in [("crypto", floor.cryptography), ("insert", floor.inserts), ("db", floor.database)] {
                if part > 0.0 {
                    write!(f, " + {name} {part:.1}")?;
                }
            }
        }
        for (what, times) in &self.failures {
            write!(f, "\n    {times} × {what}")?;
        }
        Ok(())
    }
}

fn or_dash(number: Option<f64>, width: usize, digits: usize) -> String {
    number.map_or_else(|| format!("{:>width$}", "-"), |number| format!("{number:>width$.digits$}"))
}

impl Load {
    /// Units completed per second.
    #[expect(clippy::cast_precision_loss, reason = "a count of requests, far below 2^52")]
    pub fn per_second(&self) -> f64 {
        self.latencies.len() as f64 / self.elapsed.as_secs_f64()
    }

    pub fn server_cost(&self) -> Option<f64> {
        self.per_unit(self.server_time)
    }

    pub fn database_cost(&self) -> Option<f64> {
        self.per_unit(self.database_time)
    }

    /// Of processor time, what falls to one unit, failed ones included.
    #[expect(clippy::cast_precision_loss, reason = "microseconds of one run, far below 2^52")]
    pub fn per_unit(&self, time: Option<u64>) -> Option<f64> {
        let units = self.latencies.len() as u64 + self.failures.values().sum::<u64>();
        Some(time? as f64 / units as f64)
    }
}

impl fmt::Display for Prices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Cost { server, database } = self.insert;
        write!(f, "parts of the floor:")?;
        for (name, price) in [
            ("ES256", self.es256),
            ("RS256", self.rs256),
            ("password hash", self.password),
            ("durable insert", server),
            ("its part in the database", database),
        ] {
            if price > 0.0 {
                write!(f, "  {name} {price:.1} µs")?;
            }
        }
        Ok(())
    }
}

/// In milliseconds, of latencies that are sorted.
pub fn percentile(latencies: &[u32], per_mille: usize) -> f64 {
    let rank = (latencies.len() * per_mille).div_ceil(1000).saturating_sub(1);
    latencies.get(rank).map_or(f64::NAN, |microseconds| f64::from(*microseconds) / 1e3)
}

#[expect(clippy::cast_precision_loss, reason = "the memory of a process, far below 2^52")]
pub fn mebibytes(kib: u64) -> f64 {
    kib as f64 / 1024.0
}
