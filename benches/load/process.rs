//! Processor time and memory of a process, as Linux tells it. Elsewhere these columns stay empty.

use std::fs;
use std::process::Child;

/// The unit of `/proc/PID/stat`; a constant of the Linux interface.
const MICROSECONDS_PER_TICK: u64 = 10_000;

/// Processes whose consumption is read, and summed.
pub struct Measured {
    pids: Vec<String>,
    /// PostgreSQL is one process for each connection, and one that starts them.
    with_children: bool,
}

impl Measured {
    pub fn new(pids: impl IntoIterator<Item = u32>) -> Self {
        Self { pids: pids.into_iter().map(|pid| pid.to_string()).collect(), with_children: false }
    }

    pub fn with_children(pid: u32) -> Self {
        Self { with_children: true, ..Self::new([pid]) }
    }

    pub fn ourselves() -> Self {
        Self { pids: vec!["self".to_owned()], with_children: false }
    }

    /// Processor time so far, user and system, in microseconds.
    pub fn processor_time(&self) -> Option<u64> {
        self.pids.iter().map(|pid| Some(self.ticks(pid)? * MICROSECONDS_PER_TICK)).sum()
    }

    fn ticks(&self, pid: &str) -> Option<u64> {
        let own = Stat::of(pid)?;
        if !self.with_children {
            return Some(own.time);
        }
        let children = fs::read_dir("/proc")
            .ok()?
            .filter_map(|entry| Stat::of(entry.ok()?.file_name().to_str()?))
            .filter(|stat| stat.parent == pid);
        Some(own.time + own.of_ended_children + children.map(|stat| stat.time).sum::<u64>())
    }

    /// Resident memory in KiB.
    pub fn resident_kib(&self) -> Option<u64> {
        let resident = |pid: &String| {
            let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
            status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.split_whitespace().next()?.parse::<u64>().ok()
        };
        self.pids.iter().map(resident).sum()
    }
}

/// What `/proc/PID/stat` says, times in ticks.
struct Stat {
    parent: String,
    time: u64,
    of_ended_children: u64,
}

impl Stat {
    fn of(pid: &str) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name, in parentheses, may contain anything. After it come state and parent; utime, stime and the same of
        // the ended children are the 12th to 15th field.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks = |index: usize| fields.get(index)?.parse::<u64>().ok();
        Some(Self {
            parent: (*fields.get(1)?).to_owned(),
            time: ticks(11)? + ticks(12)?,
            of_ended_children: ticks(13)? + ticks(14)?,
        })
    }
}

/// The process that started this one, if it is called `name`.
pub fn parent_called(pid: u32, name: &str) -> Option<u32> {
    let parent = Stat::of(&pid.to_string())?.parent;
    let comm = fs::read_to_string(format!("/proc/{parent}/comm")).ok()?;
    (comm.trim() == name).then(|| parent.parse().ok())?
}

/// How many processes wanted to run in the last minute, on average.
pub fn machine_load() -> Option<f64> {
    fs::read_to_string("/proc/loadavg").ok()?.split_whitespace().next()?.parse().ok()
}

/// A child process that is killed when dropped.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
