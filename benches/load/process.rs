//! Processor time and memory of a process, as Linux tells it. Elsewhere these columns stay empty.

use std::fs;
use std::process::Child;

/// The unit of `/proc/PID/stat`; a constant of the Linux interface.
const MICROSECONDS_PER_TICK: u64 = 10_000;

/// A process whose consumption is read.
pub struct Measured {
    pid: String,
}

impl Measured {
    pub fn new(pid: u32) -> Self {
        Self { pid: pid.to_string() }
    }

    pub fn ourselves() -> Self {
        Self { pid: "self".to_owned() }
    }

    /// Processor time so far, user and system, in microseconds.
    pub fn processor_time(&self) -> Option<u64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid)).ok()?;
        // The name, in parentheses, may contain anything. utime and stime are the 12th and 13th field after it.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
        let mut ticks = || fields.next()?.parse::<u64>().ok();
        Some((ticks()? + ticks()?) * MICROSECONDS_PER_TICK)
    }

    /// Resident memory in KiB.
    pub fn resident_kib(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid)).ok()?;
        status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.split_whitespace().next()?.parse().ok()
    }
}

/// A child process that is killed when dropped.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
