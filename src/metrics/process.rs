//! What the process consumes, as Linux tells it. Elsewhere nothing is known.

use std::fs;

/// The unit of `/proc/PID/stat`; a constant of the Linux interface.
const TICKS_PER_SECOND: u64 = 100;

/// Consumption at one moment.
#[derive(Debug, PartialEq, Eq)]
pub struct Process {
    /// Processor time, user and system.
    pub cpu_micros: u64,
    pub resident_bytes: u64,
    pub open_files: u64,
    pub max_files: u64,
    /// When it started, in seconds since the Unix epoch.
    pub started_at: u64,
}

/// Looks now.
pub fn read() -> Option<Process> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name, in parentheses, may contain anything. The state is the first field after it; utime and stime are the
    // 12th and 13th, starttime the 20th.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |index: usize| fields.get(index)?.parse::<u64>().ok();
    let system = fs::read_to_string("/proc/stat").ok()?;
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    Some(Process {
        cpu_micros: (ticks(11)? + ticks(12)?) * (1_000_000 / TICKS_PER_SECOND),
        resident_bytes: resident_bytes()?,
        open_files: fs::read_dir("/proc/self/fd").ok()?.count() as u64,
        max_files: number_after(&limits, "Max open files")?,
        started_at: number_after(&system, "btime")? + ticks(19)? / TICKS_PER_SECOND,
    })
}

/// Resident memory alone, which is one small file.
pub fn resident_bytes() -> Option<u64> {
    Some(number_after(&fs::read_to_string("/proc/self/status").ok()?, "VmRSS:")? * 1024)
}

fn number_after(text: &str, start: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(start))?;
    match rest.split_whitespace().next()? {
        "unlimited" => Some(u64::MAX),
        number => number.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn the_process_is_read() {
        let process = read().unwrap();
        assert!(process.resident_bytes > 1024 * 1024 && process.open_files > 2, "{process:?}");
        assert!(process.max_files > process.open_files, "{process:?}");
        // After 2020: the fields were not mistaken for others.
        assert!(process.started_at > 1_577_836_800, "{process:?}");
    }
}
