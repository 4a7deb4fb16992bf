//! A database as a server's first start leaves it, made once for all tests of this process: keys take their time.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use diesel::connection::SimpleConnection;
use grantor::clock::Clock;
use grantor::config::database_url::DatabaseUrl;
use grantor::config::secret_key::SecretKey;
use grantor::domain::signing_key::Algorithm;
use grantor::keys;
use grantor::keys::sealed::{self, SealingKey};
use grantor::management::keys::NewKey;
use grantor::management::{self, Context};
use grantor::store::connection::{AnyConnection, Manager};
use grantor::store::migrate;
use tempfile::TempDir;

use super::postgres::Cluster;

/// What the keys of all these databases are sealed with.
pub static SECRET_KEY: LazyLock<SecretKey> = LazyLock::new(SecretKey::generate);

static KEYS: LazyLock<Vec<NewKey>> = LazyLock::new(|| {
    let sealing_key = SealingKey::new(&SECRET_KEY.derive(sealed::PURPOSE));
    let twice = Algorithm::ALL.into_iter().flat_map(|algorithm| [algorithm, algorithm]);
    // Keys that come together are known to whoever knows one.
    let at = now();
    let made = |algorithm| keys::NewKey::generate(algorithm).expect("a key can be made").sealed(&sealing_key, at);
    twice.map(made).collect()
});

static SQLITE: LazyLock<TempDir> = LazyLock::new(|| {
    let directory = tempfile::tempdir().expect("a temporary directory");
    prepare(&DatabaseUrl::Sqlite(directory.path().join("grantor.db")));
    directory
});

/// Copies the database to `path`.
pub fn sqlite(path: &Path) {
    fs::copy(SQLITE.path().join("grantor.db"), path).expect("the database can be copied");
}

/// A copy in a cluster; gives its URL.
pub fn postgres(cluster: &Cluster) -> String {
    cluster.create_database_from("started", |url| prepare(&DatabaseUrl::Postgres(url.to_owned())))
}

fn now() -> i64 {
    Clock::system().now()
}

/// The connection is closed at the end, which moves everything into the one file and frees the template.
fn prepare(url: &DatabaseUrl) {
    let mut connection = Manager::new(url.clone()).open().expect("the database opens");
    migrate::run(&mut connection).expect("the migrations fit");
    let context = Context::of_server(now());
    management::keys::ensure(&mut connection, &context, &KEYS).map_err(drop).expect("the keys are new");
    if let AnyConnection::Sqlite(sqlite) = &mut connection {
        sqlite.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)").expect("the log can be emptied");
    }
}
