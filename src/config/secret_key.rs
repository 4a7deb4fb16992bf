//! The server's one long-lived secret: seals private keys and cookies.
//!
//! It is given in `GRANTOR_SECRET_KEY`, or lives in a file that the first start makes and nobody but its owner may
//! read. Nothing uses it directly: every purpose gets a key of its own ([`SecretKey::derive`]), so that a weakness in
//! one use is none in another.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use zeroize::Zeroizing;

use crate::secret::{random_bytes, random_id};

/// The least number of bytes, that is 256 bits.
pub const MIN_LENGTH: usize = 32;
const MAX_FILE_LENGTH: u64 = 4_096;

/// At least 32 random bytes. `Debug` does not print them.
#[derive(Clone)]
pub struct SecretKey(Zeroizing<Vec<u8>>);

/// Where the secret key comes from. Making the file is left to [`SecretKeySource::load`], so that checking a configuration
/// changes nothing.
#[derive(Clone, Debug)]
pub enum SecretKeySource {
    /// From the environment or the configuration file.
    Given(SecretKey),
    /// In a file, which is made when it does not exist.
    File(PathBuf),
}

/// Why there is no usable secret key. `Display` says what to do and contains nothing of the key.
#[derive(Debug)]
pub enum SecretKeyError {
    NotBase64,
    TooShort,
    /// A pattern, words, or a value from an example.
    NotRandom,
    /// The file's content is one of the above.
    BadFile {
        path: PathBuf,
        source: Box<SecretKeyError>,
    },
    /// Others than the owner may read or write the file.
    Permissions {
        path: PathBuf,
        mode: u32,
    },
    NotAFile {
        path: PathBuf,
    },
    Io {
        path: PathBuf,
        source: io::Error,
    },
    /// There is no such file, but a database that nothing else opens.
    Missing {
        path: PathBuf,
    },
}

impl std::error::Error for SecretKeyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::BadFile { source, .. } => Some(&**source),
            _ => None,
        }
    }
}

impl fmt::Display for SecretKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotBase64 => f.write_str("the secret key is not base64; make one with `openssl rand -base64 32`"),
            Self::TooShort => write!(
                f,
                "the secret key has fewer than {MIN_LENGTH} bytes; make one with `openssl rand -base64 {MIN_LENGTH}`"
            ),
            Self::NotRandom => f.write_str(
                "the secret key is a pattern, text or an example and could be guessed; make one with `openssl rand \
                 -base64 32`",
            ),
            Self::BadFile { path, .. } => write!(
                f,
                "{} does not contain a usable secret key; restore it from your backup (the stored signing keys \
                 open with nothing else)",
                path.display()
            ),
            Self::Permissions { path, mode } => write!(
                f,
                "{} can be used by others than its owner (mode {mode:04o}); run `chmod 600 {0}`",
                path.display()
            ),
            Self::NotAFile { path } => {
                write!(f, "{} is no regular file; move it away or set GRANTOR_SECRET_KEY", path.display())
            }
            Self::Missing { path } => write!(
                f,
                "GRANTOR_SECRET_KEY is not set and there is no {}, but the database has signing keys that nothing else opens; \
                 run this with the settings of the server and in its directory",
                path.display()
            ),
            Self::Io { path, .. } => write!(
                f,
                "the secret key in {} cannot be read or made; give this user access to it, or set GRANTOR_SECRET_KEY",
                path.display()
            ),
        }
    }
}

impl SecretKey {
    /// 256 bits from the operating system's generator.
    pub fn generate() -> Self {
        Self(Zeroizing::new(random_bytes::<MIN_LENGTH>().to_vec()))
    }

    /// Parses base64, either alphabet, with or without padding. Refuses what somebody could guess.
    pub fn parse(text: &str) -> Result<Self, SecretKeyError> {
        let standard = Zeroizing::new(text.trim().trim_end_matches('=').replace('-', "+").replace('_', "/"));
        let bytes = STANDARD_NO_PAD.decode(&*standard).map_err(|_| SecretKeyError::NotBase64)?;
        let bytes = Zeroizing::new(bytes);
        if bytes.len() < MIN_LENGTH {
            return Err(SecretKeyError::TooShort);
        }
        if is_guessable(&bytes) {
            return Err(SecretKeyError::NotRandom);
        }
        Ok(Self(bytes))
    }

    /// Reads the key file, or makes it with mode 0600.
    ///
    /// The file appears complete or not at all, and when two processes start at once, both get the same key.
    pub fn load_or_create(path: &Path) -> Result<Self, SecretKeyError> {
        if let Some(key) = Self::load(path)? {
            return Ok(key);
        }
        let io = |source| SecretKeyError::Io { path: path.to_owned(), source };
        create(path, &Self::generate()).map_err(io)?;
        // Whoever was first, the file has the key.
        Self::load(path)?.ok_or_else(|| io(io::ErrorKind::NotFound.into()))
    }

    /// A key for one purpose: HKDF-SHA256 (RFC 5869). Different purposes give independent keys.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        let mut key = [0; 32];
        let extracted = Salt::new(HKDF_SHA256, b"grantor").extract(&self.0);
        extracted
            .expand(&[b"grantor v1 ", purpose.as_bytes()], HKDF_SHA256)
            .and_then(|expanded| expanded.fill(&mut key))
            .expect("HKDF-SHA256 gives as many bytes as SHA-256 has");
        key
    }

    fn load(path: &Path) -> Result<Option<Self>, SecretKeyError> {
        let io = |source| SecretKeyError::Io { path: path.to_owned(), source };
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(io(error)),
        };
        let metadata = file.metadata().map_err(io)?;
        if !metadata.is_file() {
            return Err(SecretKeyError::NotAFile { path: path.to_owned() });
        }
        let mode = metadata.mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(SecretKeyError::Permissions { path: path.to_owned(), mode });
        }
        let bad = |source| SecretKeyError::BadFile { path: path.to_owned(), source: Box::new(source) };
        let mut text = Zeroizing::new(String::new());
        match file.take(MAX_FILE_LENGTH).read_to_string(&mut text) {
            Ok(_) => Self::parse(&text).map(Some).map_err(bad),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(bad(SecretKeyError::NotBase64)),
            Err(error) => Err(io(error)),
        }
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

impl SecretKeySource {
    /// The secret key itself; makes the file if there is none.
    pub fn load(&self) -> Result<SecretKey, SecretKeyError> {
        match self {
            Self::Given(key) => Ok(key.clone()),
            Self::File(path) => SecretKey::load_or_create(path),
        }
    }

    /// The secret key itself, which has to be there: the database has signing keys. Makes no file.
    pub fn needed(&self) -> Result<SecretKey, SecretKeyError> {
        match (self, self.existing()?) {
            (_, Some(key)) => Ok(key),
            (Self::Given(key), None) => Ok(key.clone()),
            (Self::File(path), None) => {
                let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
                Err(SecretKeyError::Missing { path })
            }
        }
    }

    /// The secret key itself, if there is one; makes no file.
    pub fn existing(&self) -> Result<Option<SecretKey>, SecretKeyError> {
        match self {
            Self::Given(key) => Ok(Some(key.clone())),
            Self::File(path) => SecretKey::load(path),
        }
    }
}

/// Puts a key file in place unless there is one.
fn create(path: &Path, key: &SecretKey) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let temporary = directory.join(format!(".grantor.key.{}", random_id()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
    let text = Zeroizing::new(format!("{}\n", STANDARD.encode(&*key.0)));
    let placed = file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).and_then(|()| {
        // Linking fails where a file exists, so of two starts at once one wins and the other reads the winner's key.
        match fs::hard_link(&temporary, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            // Some file systems have no links. There, two first starts at the same moment are on their own.
            Err(_) if !path.exists() => fs::rename(&temporary, path),
            linked => linked,
        }
    });
    let removed = match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    };
    placed.and(removed)?;
    // The name is in the directory, which has a cache of its own.
    File::open(directory)?.sync_all()
}

/// Whether these bytes are not random. A random key is refused once in 10^13 at most.
fn is_guessable(bytes: &[u8]) -> bool {
    let step = bytes[1].wrapping_sub(bytes[0]);
    let is_sequence = bytes.windows(2).all(|pair| pair[1].wrapping_sub(pair[0]) == step);
    let is_text = bytes.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace());
    let distinct = bytes.iter().collect::<std::collections::HashSet<_>>().len();
    is_sequence || is_text || distinct < MIN_LENGTH / 2
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    fn random() -> [u8; 32] {
        // Contains bytes that differ between the alphabets.
        let mut bytes = *b"\xfb\xef\xbe\xff\x01\x9c\x10\xa3\x77\xd2\x00\x84\xe1\x5b\x42\x9f\
            \xfb\xef\xbe\xff\x02\x9d\x11\xa4\x78\xd3\x03\x85\xe2\x5c\x43\xa0";
        bytes.reverse();
        bytes
    }

    #[test]
    fn every_base64_of_32_random_bytes_is_the_same_key() {
        let expected = SecretKey::parse(&STANDARD.encode(random())).unwrap().derive("x");
        for text in [URL_SAFE_NO_PAD.encode(random()), format!(" {}\n", STANDARD_NO_PAD.encode(random()))] {
            assert_eq!(SecretKey::parse(&text).unwrap().derive("x"), expected);
        }
    }

    #[test]
    fn what_could_be_guessed_is_refused() {
        let refused = |bytes: &[u8]| SecretKey::parse(&STANDARD.encode(bytes)).unwrap_err();
        assert!(matches!(SecretKey::parse("not base64!").unwrap_err(), SecretKeyError::NotBase64));
        assert!(matches!(SecretKey::parse("").unwrap_err(), SecretKeyError::TooShort));
        assert!(matches!(refused(&random()[..31]), SecretKeyError::TooShort));
        let sequence: Vec<u8> = (0..32).collect();
        let passphrase = b"correct horse battery staple, twice over";
        let repeated = random()[..8].repeat(4);
        for pattern in [&[0; 32][..], &[0xab; 64], &sequence, passphrase, &repeated] {
            assert!(matches!(refused(pattern), SecretKeyError::NotRandom), "{pattern:?}");
        }
    }

    #[test]
    fn derived_keys_differ_by_purpose_and_stay_the_same() {
        let key = SecretKey::parse(&STANDARD.encode(random())).unwrap();
        assert_ne!(key.derive("cookies"), key.derive("signing keys at rest"));
        assert_ne!(key.derive("cookies"), SecretKey::generate().derive("cookies"));
        // Computed with another implementation of RFC 5869. A changed derivation would lock everybody out of their
        // keys.
        assert_eq!(STANDARD.encode(key.derive("cookies")), "u4FsVBlFiG7L/2HbdDMjeDlINhJViD4ot6cKRiMWbXY=");
    }

    #[test]
    fn the_first_start_makes_a_file_for_the_owner_alone_and_the_next_reads_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("grantor.key");
        let made = SecretKey::load_or_create(&path).unwrap();
        assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o600);
        assert_eq!(SecretKey::load_or_create(&path).unwrap().derive("x"), made.derive("x"));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn who_only_looks_makes_no_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("grantor.key");
        let source = SecretKeySource::File(path.clone());
        assert!(source.existing().unwrap().is_none());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
        let made = source.load().unwrap();
        assert_eq!(source.existing().unwrap().unwrap().derive("x"), made.derive("x"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(source.existing(), Err(SecretKeyError::Permissions { .. })));
    }

    #[test]
    fn processes_that_start_at_once_agree() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("grantor.key");
        let start = || SecretKey::load_or_create(&path).unwrap().derive("x");
        let keys: Vec<_> = std::thread::scope(|scope| {
            let started: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
            started.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0]));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_others_may_read_is_refused_with_the_remedy() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("grantor.key");
        SecretKey::load_or_create(&path).unwrap();
        for mode in [0o640, 0o604, 0o620] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let message = SecretKey::load_or_create(&path).unwrap_err().to_string();
            assert!(message.contains(&format!("chmod 600 {}", path.display())), "{message}");
        }
    }

    #[test]
    fn a_damaged_file_is_refused_and_kept() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("grantor.key");
        for content in [&b""[..], b"short", b"\xff\xfe"] {
            fs::write(&path, content).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            assert!(matches!(SecretKey::load_or_create(&path), Err(SecretKeyError::BadFile { .. })));
            assert_eq!(fs::read(&path).unwrap(), content);
        }
        let missing = directory.path().join("missing/grantor.key");
        assert!(matches!(SecretKey::load_or_create(&missing), Err(SecretKeyError::Io { .. })));
        assert!(matches!(SecretKey::load_or_create(directory.path()), Err(SecretKeyError::NotAFile { .. })));
    }

    #[test]
    fn a_secret_key_is_never_printed() {
        let key = SecretKeySource::Given(SecretKey::generate());
        assert_eq!(format!("{key:?}"), "Given(SecretKey(…))");
    }
}
