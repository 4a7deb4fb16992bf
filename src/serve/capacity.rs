//! How many connections are held at once: as many as there are file descriptors for, with some left for the database, for
//! files and for requests of our own. Beyond, new ones wait in the kernel's queue; accepting what cannot be held would fail
//! over and over instead.
//!
//! A connection takes two: that of the socket, and the duplicate by which it is shut down ([`crate::web::connections`]).

use std::num::NonZeroUsize;

/// Most connections of the side listeners.
pub const REDIRECTS: usize = 1_000;
pub const METRICS: usize = 100;
/// For these, and for the database's connections, files, and requests that we make.
const RESERVE: u64 = 2 * (REDIRECTS + METRICS) as u64 + 256;
/// Most connections: what they need of memory stays in hundreds of megabytes.
const MOST: u64 = 32_768;
#[cfg(any(not(unix), test))]
/// Where nobody says how many files may be open.
const USUAL: u64 = 1_024;

/// Threads that serve, unless somebody says otherwise.
pub fn workers() -> usize {
    std::thread::available_parallelism().map_or(2, NonZeroUsize::get)
}

/// Connections of a side listener that has `most` of them where many files may be open. Where few may, it must not leave too few
/// for the one with `main`, nor for the rest.
pub fn beside(main: usize, most: usize) -> usize {
    most.min(main / 8)
}

/// Raises the limit of open files as far as we may, and gives the number of connections for each of `workers`.
pub fn connections_per_worker(workers: usize) -> usize {
    let files = raise_open_files();
    let connections = connections(files);
    tracing::debug!(files, connections, "open files, and connections at once");
    usize::try_from(connections).unwrap_or(usize::MAX).div_ceil(workers.max(1))
}

fn connections(files: u64) -> u64 {
    // A process that may open few files still serves some.
    (files.saturating_sub(RESERVE) / 2).max(files / 8 * 3).clamp(16, MOST)
}

#[cfg(unix)]
fn raise_open_files() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current != maximum {
        let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    }
    // No limit is none.
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

#[cfg(not(unix))]
fn raise_open_files() -> u64 {
    USUAL
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_files_for_the_rest() {
        assert_eq!(connections(USUAL), 384);
        assert_eq!(connections(20_000), 8_772);
        assert_eq!(connections(u64::MAX), MOST);
        assert_eq!(connections(64), 24);
    }

    #[test]
    fn all_listeners_together_leave_files_for_the_rest() {
        for files in [USUAL, 2_048, 4_096, 20_000, 131_072] {
            let main = usize::try_from(connections(files)).unwrap();
            let all = main + beside(main, REDIRECTS) + beside(main, METRICS);
            let left = usize::try_from(files).unwrap().checked_sub(2 * all);
            assert!(left.is_some_and(|left| left >= 64), "{files} files, {all} connections");
        }
        assert_eq!([384, 8_772].map(|main| beside(main, REDIRECTS)), [48, REDIRECTS]);
    }
}
