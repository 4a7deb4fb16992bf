//! Holding a process to a part of a core, by a control group of its own: what a server does on a small machine, or several on
//! one machine as if each had its own. Linux, either version of control groups, and mostly root.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::Result;

/// Of both versions; the first has a directory for each controller.
const ROOT: &str = "/sys/fs/cgroup";
/// In which a process may use its share: the kernel's default, and what containers have.
const PERIOD: Duration = Duration::from_millis(100);

/// A control group with a process in it. It goes with the value, when the process has ended.
pub struct CpuShare {
    directory: PathBuf,
}

impl CpuShare {
    /// Holds the process to so many cores.
    pub fn hold(pid: u32, cores: f64) -> Result<Self> {
        if !(0.01..=1024.0).contains(&cores) {
            return Err(format!("--cpu-share {cores}: write a part of a core, 0.01 at least").into());
        }
        let is_second = Path::new(ROOT).join("cgroup.controllers").exists();
        let parent = Path::new(ROOT).join(if is_second { "" } else { "cpu" });
        let directory = parent.join(format!("grantor-load-{pid}"));
        let held = Self::make(directory, |directory| {
            let (quota, period) = (PERIOD.mul_f64(cores).as_micros(), PERIOD.as_micros());
            if is_second {
                fs::write(directory.join("cpu.max"), format!("{quota} {period}"))?;
            } else {
                fs::write(directory.join("cpu.cfs_period_us"), period.to_string())?;
                fs::write(directory.join("cpu.cfs_quota_us"), quota.to_string())?;
            }
            fs::write(directory.join("cgroup.procs"), pid.to_string())
        });
        held.map_err(|error| {
            format!(
                "--cpu-share: there can be no control group in {} ({error}); that takes Linux, root, and the controller cpu, in \
                 version 2 named in cgroup.subtree_control there",
                parent.display()
            )
            .into()
        })
    }

    fn make(directory: PathBuf, set_up: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<Self> {
        fs::create_dir(&directory)?;
        let made = Self { directory };
        set_up(&made.directory)?;
        Ok(made)
    }
}

impl Drop for CpuShare {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.directory);
    }
}
