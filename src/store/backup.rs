//! Copies of an SQLite database: making one while servers write, and putting one in the database's place.
//!
//! A copy is made by SQLite itself, in one read transaction, so it is a state that the database was in. It gets its name when
//! it is whole and on disk, with a hard link, which never replaces a file.
//!
//! A restore works on a copy of the backup beside the database until that is checked, up to date and on disk. Then it takes
//! the database's place in one step, while an exclusive lock shows that nobody else has the database open.
//!
//! Some file systems have no links. There, a copy's name is taken by an empty file first, which the copy replaces; and a
//! restore gives the old database its other name before the new one takes its place, so that for a moment there is none.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl};

use crate::config::database_url::DatabaseUrl;
use crate::secret::random_id;
use crate::store::connection::{AnyConnection, Manager, expect_file};

/// Gives a file another name, unless somebody has that.
type Link = fn(&Path, &Path) -> io::Result<()>;

/// How long the connections of a store that is gone may take to close.
const CLOSING: Duration = Duration::from_secs(5);

/// Copies the database to a new file, for its owner only.
///
/// # Errors
/// A sentence for the operator.
pub fn copy(database: &Path, file: &Path) -> Result<(), String> {
    expect_file(database)?;
    copy_by(hard_link, database, file)
}

fn copy_by(link: Link, database: &Path, file: &Path) -> Result<(), String> {
    if file.exists() {
        return Err(format!("{} is there already; name a new file", file.display()));
    }
    let partial = Scratch::beside(file, "partial")?;
    let target = partial.0.to_str().ok_or("the path of the backup is not UTF-8")?.to_owned();
    create_private(&partial.0)?;
    let mut connection = open(database)?;
    diesel::sql_query("VACUUM INTO $1")
        .bind::<Text, _>(target)
        .execute(&mut connection)
        .map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    sync(&partial.0)
        .and_then(|()| place(link, &partial.0, file))
        .and_then(|()| sync_directory(file))
        .map_err(|error| format!("cannot write {}: {error}", file.display()))
}

/// A backup on its way into the database's place.
pub struct Restoration {
    database: PathBuf,
    copy: Scratch,
}

impl Restoration {
    /// Copies the backup beside the database and checks that it is whole.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn begin(file: &Path, database: &Path) -> Result<Self, String> {
        if let (Ok(file), Ok(database)) = (fs::canonicalize(file), fs::canonicalize(database))
            && file == database
        {
            return Err(format!("{} is the database itself; name a backup", file.display()));
        }
        if !file.is_file() {
            return Err(format!("there is no file {}", file.display()));
        }
        let log = with_suffix(file, "-wal");
        if fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
            return Err(format!(
                "{} is beside the file, so this is a live database or a part of one. Make a backup with grantor backup",
                log.display()
            ));
        }
        // Before the long part; again at the end, when it counts.
        alone(database, Duration::ZERO)?;
        let copy = Scratch::beside(database, "restoring")?;
        create_private(&copy.0)?;
        let read = |error: io::Error| format!("cannot read {}: {error}", file.display());
        let mut from = File::open(file).map_err(read)?;
        let mut to = File::options().write(true).open(&copy.0).map_err(read)?;
        io::copy(&mut from, &mut to).map_err(read)?;
        drop(to);
        check(&copy.0).map_err(|problem| format!("{} is no backup that can be restored: {problem}", file.display()))?;
        Ok(Self { database: database.to_owned(), copy })
    }

    /// Where the copy is, to be worked on.
    pub fn url(&self) -> DatabaseUrl {
        DatabaseUrl::Sqlite(self.copy.0.clone())
    }

    /// Puts the copy in the database's place; gives where the replaced one is.
    ///
    /// # Errors
    /// A sentence for the operator; then the database is as it was.
    pub fn finish(self) -> Result<Option<PathBuf>, String> {
        self.finish_by(hard_link)
    }

    fn finish_by(self, link: Link) -> Result<Option<PathBuf>, String> {
        let name = self.database.display();
        // Waits for the connections of the work on it, and makes it one file.
        drop(alone(&self.copy.0, CLOSING)?);
        sync(&self.copy.0).map_err(|error| format!("cannot write beside {name}: {error}"))?;
        let held = alone(&self.database, Duration::ZERO)?;
        let kept = held.as_ref().map(|_| with_suffix(&self.database, &format!(".replaced-{}", random_id())));
        if let Some(kept) = &kept {
            link(&self.database, kept)
                .or_else(|_| fs::rename(&self.database, kept))
                .map_err(|error| format!("cannot keep {name}: {error}"))?;
        }
        fs::rename(&self.copy.0, &self.database)
            .inspect_err(|_| self.put_back(kept.as_deref()))
            .and_then(|()| sync_directory(&self.database))
            .map_err(|error| format!("cannot replace {name}: {error}"))?;
        Ok(kept)
    }

    /// Gives the database its name again where it could not have two.
    fn put_back(&self, kept: Option<&Path>) {
        if let Some(kept) = kept.filter(|_| !self.database.exists()) {
            let _ = fs::rename(kept, &self.database);
        }
    }
}

/// A file that goes away unless it was moved, with SQLite's companions.
struct Scratch(PathBuf);

impl Scratch {
    fn beside(file: &Path, why: &str) -> Result<Self, String> {
        if file.file_name().is_none() {
            return Err(format!("{} is no file name", file.display()));
        }
        Ok(Self(with_suffix(file, &format!(".{why}-{}", random_id()))))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm", "-journal"] {
            let _ = fs::remove_file(with_suffix(&self.0, suffix));
        }
    }
}

fn hard_link(from: &Path, to: &Path) -> io::Result<()> {
    fs::hard_link(from, to)
}

/// Gives a file a name that nobody has.
fn place(link: Link, from: &Path, to: &Path) -> io::Result<()> {
    match link(from, to) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => take_over(from, to),
        linked => linked,
    }
}

/// The same without links: an empty file takes the name, which fails where there is one, and the other replaces it.
fn take_over(from: &Path, to: &Path) -> io::Result<()> {
    new_file(to)?;
    fs::rename(from, to).inspect_err(|_| {
        let _ = fs::remove_file(to);
    })
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn open(path: &Path) -> Result<AnyConnection, String> {
    Manager::new(DatabaseUrl::Sqlite(path.to_owned())).open().map_err(|error| error.to_string())
}

/// A connection that has the database to itself, as one file; `None` when there is no database.
fn alone(database: &Path, patience: Duration) -> Result<Option<AnyConnection>, String> {
    let name = database.display();
    if !database.exists() {
        let log = with_suffix(database, "-wal");
        // SQLite would take it for the log of the file that comes here.
        return if log.exists() {
            Err(format!("{} is left of a database; move it away", log.display()))
        } else {
            Ok(None)
        };
    }
    let mut connection = open(database)
        .map_err(|error| format!("{name} cannot be opened ({error}); move it and {name}-wal away, then try again"))?;
    let begun = Instant::now();
    // SQLite leaves its write-ahead log only when nobody else is connected, and does not wait for that.
    while connection.batch_execute("PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE").is_err() {
        if begun.elapsed() >= patience {
            return Err(format!("somebody works on {name}; stop the server, then try again"));
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(Some(connection))
}

fn check(path: &Path) -> Result<(), String> {
    #[derive(QueryableByName)]
    struct Line {
        #[diesel(sql_type = Text)]
        line: String,
    }
    let mut connection = open(path)?;
    let mut first = |sql: &str| -> Result<Option<String>, String> {
        let lines = diesel::sql_query(sql).load::<Line>(&mut connection).map_err(|error| error.to_string())?;
        Ok(lines.into_iter().next().map(|line| line.line))
    };
    let found = first("SELECT integrity_check AS line FROM pragma_integrity_check")?;
    if found.as_deref() != Some("ok") {
        return Err(format!("it is damaged: {}", found.unwrap_or_default()));
    }
    if first("SELECT name AS line FROM sqlite_schema WHERE name = 'cache_generation'")?.is_none() {
        return Err("it is not a database of Grantor's".to_owned());
    }
    match first("SELECT \"table\" AS line FROM pragma_foreign_key_check LIMIT 1")? {
        Some(table) => Err(format!("rows of {table} point at nothing")),
        None => Ok(()),
    }
}

fn create_private(path: &Path) -> Result<(), String> {
    new_file(path).map_err(|error| format!("cannot create {}: {error}", path.display()))
}

/// For its owner only; fails where there is one.
fn new_file(path: &Path) -> io::Result<()> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

fn sync(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// A name is on disk when its directory is.
fn sync_directory(file: &Path) -> io::Result<()> {
    let directory = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if cfg!(unix) { sync(directory) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use tempfile::TempDir;

    use super::*;
    use crate::store::migrate;

    /// As FAT and some network file systems have it.
    fn no_links(_: &Path, _: &Path) -> io::Result<()> {
        Err(io::ErrorKind::PermissionDenied.into())
    }

    fn database(directory: &TempDir, name: &str) -> PathBuf {
        let path = directory.path().join(name);
        migrate::run(&mut open(&path).unwrap()).unwrap();
        path
    }

    fn names(directory: &TempDir) -> BTreeSet<String> {
        let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
        fs::read_dir(directory.path()).unwrap().map(name).collect()
    }

    #[test]
    fn a_file_system_without_links_takes_a_backup_and_replaces_none() {
        let directory = tempfile::tempdir().unwrap();
        let (live, file) = (database(&directory, "grantor.db"), directory.path().join("backup.db"));
        copy_by(no_links, &live, &file).unwrap();
        check(&file).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&file).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
        assert!(names(&directory).iter().all(|name| !name.contains("partial")), "{:?}", names(&directory));
        // Somebody else took the name after it was looked at.
        let late = directory.path().join("late.db");
        fs::write(&late, "theirs").unwrap();
        let links: [Link; 2] = [no_links, hard_link];
        for link in links {
            assert_eq!(place(link, &file, &late).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
            assert_eq!(fs::read(&late).unwrap(), b"theirs");
        }
        assert!(file.exists());
    }

    #[test]
    fn a_file_system_without_links_takes_a_restore_and_keeps_what_was_there() {
        let directory = tempfile::tempdir().unwrap();
        let (live, file) = (database(&directory, "grantor.db"), directory.path().join("backup.db"));
        copy(&live, &file).unwrap();
        open(&live).unwrap().batch_execute("CREATE TABLE written_later (text TEXT)").unwrap();
        let has_table = |path: &Path| open(path).unwrap().batch_execute("SELECT 1 FROM written_later").is_ok();
        let kept = Restoration::begin(&file, &live).unwrap().finish_by(no_links).unwrap().unwrap();
        assert!(has_table(&kept) && !has_table(&live));
        check(&live).unwrap();
        assert!(names(&directory).iter().all(|name| !name.contains("restoring")), "{:?}", names(&directory));
    }

    #[test]
    fn a_restore_that_fails_halfway_leaves_the_database() {
        let directory = tempfile::tempdir().unwrap();
        let (live, file) = (database(&directory, "grantor.db"), directory.path().join("backup.db"));
        copy(&live, &file).unwrap();
        let restoration = Restoration::begin(&file, &live).unwrap();
        let kept = directory.path().join("kept.db");
        fs::rename(&live, &kept).unwrap();
        restoration.put_back(Some(&kept));
        assert!(live.exists() && !kept.exists());
        // Where it kept its name, the other one stays as well.
        fs::hard_link(&live, &kept).unwrap();
        restoration.put_back(Some(&kept));
        assert!(live.exists() && kept.exists());
    }
}
