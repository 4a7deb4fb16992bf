//! A list of breached passwords, as Have I Been Pwned publishes it: a text file of SHA-1 hashes in hexadecimal, one a line,
//! ordered by hash, each with a colon and how often it was seen.
//!
//! The file is tens of gigabytes, so it stays where it is and is searched by halves: about forty short reads for an answer.
//! SHA-1 is the list's choice. It protects nothing here; it only names what everybody can download.

use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest;

/// Digits of a SHA-1 in hexadecimal.
const DIGITS: usize = 40;
/// No line is longer: a hash, a colon, a count, a line break.
const LONGEST_LINE: u64 = 80;
/// At how many places a file is looked at before it is believed.
const PROBES: u64 = 256;

/// An open list.
#[derive(Debug)]
pub struct BreachedPasswords {
    file: File,
    length: u64,
}

/// Why a file is no list.
#[derive(Debug)]
pub struct Unusable {
    path: PathBuf,
    problem: Problem,
}

#[derive(Debug)]
enum Problem {
    Unreadable(io::Error),
    Empty,
    NoHash { at: u64 },
    Unsorted { at: u64 },
}

impl std::error::Error for Unusable {}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GRANTOR_BREACHED_PASSWORDS: {} ", self.path.display())?;
        match &self.problem {
            Problem::Unreadable(error) => write!(f, "cannot be read: {error}"),
            Problem::Empty => f.write_str("is empty; name a file with one SHA-1 hash on each line, ordered by hash"),
            Problem::NoHash { at } => write!(
                f,
                "has no SHA-1 hash (40 hexadecimal digits) at the start of the line at byte {at}; take the SHA-1 list of Have I \
                 Been Pwned that is ordered by hash"
            ),
            Problem::Unsorted { at } => write!(
                f,
                "is not ordered by hash at byte {at}; take the list that is, or sort it: LC_ALL=C sort -o FILE FILE"
            ),
        }
    }
}

/// A line of the file.
struct Line {
    start: u64,
    /// Where the next one starts.
    end: u64,
    hash: [u8; DIGITS],
}

impl BreachedPasswords {
    /// Opens a list, and looks here and there whether it is one.
    pub fn open(path: &Path) -> Result<Self, Unusable> {
        let unusable = |problem| Unusable { path: path.to_owned(), problem };
        let opened = File::open(path).and_then(|file| {
            let kind = file.metadata()?;
            if kind.is_dir() { Err(ErrorKind::IsADirectory.into()) } else { Ok(Self { length: kind.len(), file }) }
        });
        let list = opened.map_err(|error| unusable(Problem::Unreadable(error)))?;
        if list.length == 0 {
            return Err(unusable(Problem::Empty));
        }
        let mut before: Option<Line> = None;
        for probe in 0..=PROBES {
            let at = u64::try_from(u128::from(list.length - 1) * u128::from(probe) / u128::from(PROBES));
            let at = at.expect("a part of a length is no longer than it");
            let line = list.line_at(at).map_err(|error| {
                unusable(match error.kind() {
                    ErrorKind::InvalidData => Problem::NoHash { at },
                    _ => Problem::Unreadable(error),
                })
            })?;
            if before.is_some_and(|before| before.start < line.start && before.hash >= line.hash) {
                return Err(unusable(Problem::Unsorted { at: line.start }));
            }
            before = Some(line);
        }
        Ok(list)
    }

    /// Whether the list has this password.
    pub fn contains(&self, password: &str) -> io::Result<bool> {
        let wanted = hash(password);
        let (mut low, mut high) = (0, self.length);
        while low < high {
            let line = self.line_at(low + (high - low) / 2)?;
            match line.hash.cmp(&wanted) {
                std::cmp::Ordering::Equal => return Ok(true),
                std::cmp::Ordering::Less => low = line.end,
                std::cmp::Ordering::Greater => high = line.start,
            }
        }
        Ok(false)
    }

    /// The line that the byte at `at` belongs to.
    fn line_at(&self, at: u64) -> io::Result<Line> {
        let from = at.saturating_sub(LONGEST_LINE);
        let mut window = vec![0; usize::try_from((at + LONGEST_LINE).min(self.length) - from).unwrap_or_default()];
        self.file.read_exact_at(&mut window, from)?;
        let within = usize::try_from(at - from).unwrap_or_default();
        let start = window[..within].iter().rposition(|byte| *byte == b'\n').map_or(0, |before| before + 1);
        let end =
            window[within..].iter().position(|byte| *byte == b'\n').map_or(window.len(), |after| within + after + 1);
        let digits = window.get(start..start + DIGITS).filter(|_| start + DIGITS <= end);
        let is_whole = |digits: &&[u8]| {
            let follows = window.get(start + DIGITS);
            digits.iter().all(u8::is_ascii_hexdigit) && follows.is_none_or(|next| b":\r\n".contains(next))
        };
        let digits = digits.filter(is_whole).ok_or(ErrorKind::InvalidData)?;
        let mut hash: [u8; DIGITS] = digits.try_into().map_err(|_| ErrorKind::InvalidData)?;
        hash.make_ascii_uppercase();
        Ok(Line { start: from + start as u64, end: from + end as u64, hash })
    }
}

/// As it stands in the list.
fn hash(password: &str) -> [u8; DIGITS] {
    let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
    let mut digits = [0; DIGITS];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(digest.as_ref()) {
        pair[0] = b"0123456789ABCDEF"[usize::from(byte >> 4)];
        pair[1] = b"0123456789ABCDEF"[usize::from(byte & 15)];
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(content: &str) -> (tempfile::TempDir, Result<BreachedPasswords, Unusable>) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("list.txt");
        std::fs::write(&path, content).unwrap();
        let opened = BreachedPasswords::open(&path);
        (directory, opened)
    }

    fn lines(passwords: impl IntoIterator<Item = String>, line_break: &str) -> String {
        let mut lines: Vec<String> = passwords
            .into_iter()
            .enumerate()
            .map(|(number, each)| format!("{}:{}{line_break}", String::from_utf8_lossy(&hash(&each)), number * 7919))
            .collect();
        lines.sort();
        lines.concat()
    }

    #[test]
    fn the_hash_is_the_list_s() {
        assert_eq!(&hash("password"), b"5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8");
    }

    #[test]
    fn every_password_of_a_list_is_found_and_no_other() {
        for (count, line_break) in [(1, "\n"), (2, "\r\n"), (3, "\n"), (1000, "\r\n")] {
            let (_directory, opened) = list(&lines((0..count).map(|n| format!("password {n}")), line_break));
            let opened = opened.unwrap();
            for number in 0..count + 500 {
                let found = opened.contains(&format!("password {number}")).unwrap();
                assert_eq!(found, number < count, "{number} of {count}");
            }
        }
    }

    #[test]
    fn a_list_may_lack_counts_capitals_and_its_last_line_break() {
        let content = lines(["tulip anchor".to_owned(), "seven bread".to_owned()], "\n").to_lowercase();
        let bare: Vec<&str> = content.lines().map(|line| &line[..DIGITS]).collect();
        let (_directory, opened) = list(&bare.join("\n"));
        let opened = opened.unwrap();
        assert!(opened.contains("seven bread").unwrap() && opened.contains("tulip anchor").unwrap());
        assert!(!opened.contains("seven").unwrap());
    }

    #[test]
    fn a_file_that_is_no_list_is_refused_with_the_reason() {
        let sorted = lines((0..500).map(|n| n.to_string()), "\n");
        let reversed = sorted.lines().rev().collect::<Vec<_>>().join("\n");
        let ntlm = "0123456789ABCDEF0123456789ABCDEF:3\n".repeat(9);
        for (content, reason) in [
            (reversed.as_str(), "not ordered by hash"),
            ("", "is empty"),
            ("hunter2\n", "no SHA-1"),
            (&ntlm, "no SHA-1"),
        ] {
            let (_directory, opened) = list(content);
            let said = opened.unwrap_err().to_string();
            assert!(said.starts_with("GRANTOR_BREACHED_PASSWORDS: ") && said.contains(reason), "{said}");
        }
        let absent = BreachedPasswords::open(Path::new("/nonexistent/list.txt")).unwrap_err().to_string();
        assert!(absent.contains("/nonexistent/list.txt cannot be read"), "{absent}");
    }
}
