//! The server's secret at the command line: it has to fit the database.
//!
//! A shell without the server's `GRANTOR_SECRET_KEY`, or in another directory, has another secret or none, and what a command
//! seals with that no server opens. So it is tried on the signing keys first, and none is made where there are keys.

use std::fmt;
use std::path::PathBuf;

use super::manage::Desk;
use crate::config::secret_key::{SecretKey, SecretKeyError, SecretKeySource};
use crate::domain::signing_key::SigningKey;
use crate::keys::sealed::{self, SealingKey};
use crate::keys::{KeyError, KeyRing};
use crate::store::signing_keys;

/// Why the secret is not the database's. `Display` is for the operator.
#[derive(Debug)]
pub enum Misfit {
    /// It cannot be read, or is not there.
    Unusable(SecretKeyError),
    /// It does not open the keys; `file` is where it is, unless it was given.
    Foreign { file: Option<PathBuf>, error: KeyError },
}

impl std::error::Error for Misfit {}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unusable(error) => error.fmt(f),
            Self::Foreign { file: None, error } => write!(f, "GRANTOR_SECRET_KEY does not fit this database: {error}"),
            Self::Foreign { file: Some(path), error } => {
                write!(f, "GRANTOR_SECRET_KEY is not set, and {} does not fit this database: {error}", path.display())
            }
        }
    }
}

/// The secret, which opens `keys`; `None` when there is none yet, and nothing that it would have to open. The database
/// `has_keys` even where only a newer program knows them.
pub fn fitting(
    source: &SecretKeySource,
    has_keys: bool,
    keys: Vec<(SigningKey, Vec<u8>)>,
) -> Result<Option<SecretKey>, Misfit> {
    let file = match source {
        SecretKeySource::Given(_) => None,
        SecretKeySource::File(path) => Some(std::path::absolute(path).unwrap_or_else(|_| path.clone())),
    };
    let secret = if has_keys { source.needed().map(Some) } else { source.existing() };
    let Some(secret) = secret.map_err(Misfit::Unusable)? else { return Ok(None) };
    let sealing_key = SealingKey::new(&secret.derive(sealed::PURPOSE));
    KeyRing::build(keys, &sealing_key).map_err(|error| Misfit::Foreign { file, error })?;
    Ok(Some(secret))
}

impl Desk<'_> {
    /// The secret of the server whose database this is; `None` when no server has been here yet.
    pub(super) async fn secret(&self) -> Result<Option<SecretKey>, String> {
        let has_keys = self.read(|connection| Ok(signing_keys::any(connection)?)).await?;
        let keys = self.read(signing_keys::list).await?;
        fitting(&self.config.secret_key, has_keys, keys).map_err(|misfit| misfit.to_string())
    }
}
