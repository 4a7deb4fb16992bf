//! A child process that ends with this one, however this one ends.
//!
//! Tests panic, are interrupted and get killed, and then neither `Drop` nor an exit hook runs. So every helper process
//! (a database, a browser) is started by a small shell that holds the reading end of a pipe from us: when we end, the
//! kernel closes the pipe, the shell sees its end, stops the child and removes the child's scratch directory.
//!
//! Shared by both test binaries.

use std::io::{self, BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// `$1` scratch directory, `$2` signal, the rest is the command. The child inherits stderr and the shell lets go of it,
/// so that the log ends when the child does. The last resort against a child that does not stop is SIGKILL.
const GUARD: &str = r#"
scratch=$1 signal=$2
shift 2
"$@" </dev/null >/dev/null &
child=$!
exec 2>/dev/null
cat >/dev/null
kill -s "$signal" "$child"
( sleep 10; kill -s KILL "$child" ) &
reaper=$!
wait "$child"
kill -s KILL "$reaper"
for attempt in 1 2 3 4 5; do rm -rf "$scratch" && break; sleep 0.2; done
"#;

/// A running child. Dropping it stops the child and waits until its scratch directory is gone.
pub struct Guarded {
    shell: Child,
    log: Mutex<Receiver<String>>,
}

/// A user to run as, when we are root and the program refuses that.
#[derive(Clone, Copy)]
pub struct User {
    pub uid: u32,
    pub gid: u32,
}

impl Guarded {
    /// Starts `program`; `stop` is the signal that stops it, `scratch` is removed afterwards.
    pub fn spawn(
        program: &Path,
        arguments: &[String],
        scratch: &Path,
        stop: &str,
        user: Option<User>,
    ) -> io::Result<Self> {
        let mut command = Command::new("sh");
        command.args(["-c", GUARD, "guard"]).arg(scratch).arg(stop).arg(program).args(arguments);
        // Its own process group: an interrupt from the terminal is for us, the guard follows.
        command.process_group(0).current_dir("/");
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        if let Some(User { uid, gid }) = user {
            command.uid(uid).gid(gid);
        }
        let mut shell = command.spawn()?;
        let stderr = BufReader::new(shell.stderr.take().expect("stderr is piped"));
        let (sender, log) = mpsc::channel();
        // Reads to the end even when nobody listens any more, or the child would block on a full pipe.
        thread::spawn(move || {
            for line in stderr.split(b'\n').map_while(Result::ok) {
                let _ = sender.send(String::from_utf8_lossy(&line).into_owned());
            }
        });
        Ok(Self { shell, log: Mutex::new(log) })
    }

    /// Waits for the first line of the child's log that `wanted` finds something in. The error is the log so far.
    pub fn wait_for_log<T>(&self, within: Duration, mut wanted: impl FnMut(&str) -> Option<T>) -> Result<T, String> {
        let deadline = Instant::now() + within;
        let log = self.log.lock().expect("nobody panics while reading the log");
        let mut seen = String::new();
        loop {
            match log.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    if let Some(found) = wanted(&line) {
                        return Ok(found);
                    }
                    seen.push_str(&line);
                    seen.push('\n');
                }
                Err(RecvTimeoutError::Timeout) => return Err(format!("not ready within {within:?}; its log:\n{seen}")),
                Err(RecvTimeoutError::Disconnected) => return Err(format!("it ended; its log:\n{seen}")),
            }
        }
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}
