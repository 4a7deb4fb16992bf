//! Signing keys by age: the next key is published long before it signs, and the last one stays until nobody needs to believe
//! what it signed.

use crate::clock::{Seconds, Timestamp};
use crate::domain::lifetimes::{LONGEST_ID_TOKEN, Lifetimes};
use crate::domain::signing_key::Algorithm;
use crate::keys::sealed::SealingKey;
use crate::keys::{self, KeyError, KeyRing};
use crate::management::keys::{Haste, NewKey};
use crate::management::{self, Context, ManagementError};
use crate::store::{Failure, Store, StoreError, signing_keys};

/// Why keys could not be looked after.
#[derive(Debug)]
pub enum KeyJobError {
    Store(StoreError),
    Key(KeyError),
    Refused(ManagementError),
}

impl std::fmt::Display for KeyJobError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Store(error) => error.fmt(f),
            Self::Key(error) => error.fmt(f),
            Self::Refused(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for KeyJobError {}

impl From<StoreError> for KeyJobError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Failure<ManagementError>> for KeyJobError {
    fn from(failure: Failure<ManagementError>) -> Self {
        match failure {
            Failure::Refused(error) => Self::Refused(error),
            Failure::Store(error) => Self::Store(error),
        }
    }
}

/// Makes the keys that a new database lacks.
///
/// # Errors
/// [`KeyJobError::Key`] when those that it has do not open with this secret; then none is made.
pub async fn ensure(store: &Store, sealing_key: &SealingKey, now: Timestamp) -> Result<(), KeyJobError> {
    let missing = store.read::<_, StoreError, _>(management::keys::missing).await?;
    if missing.is_empty() {
        return Ok(());
    }
    // Sealed with another secret than the rest, new ones would keep every server from starting.
    KeyRing::build(store.read(signing_keys::list).await?, sealing_key).map_err(KeyJobError::Key)?;
    let generated = generate(&missing, sealing_key, now).await?;
    store.write(move |connection| management::keys::ensure(connection, &Context::of_server(now), &generated)).await?;
    Ok(())
}

/// Rotates all algorithms now, as far as verifiers know the next keys, or all the same in an [`Haste::Emergency`], which
/// withdraws the others.
pub async fn rotate(
    store: &Store,
    sealing_key: &SealingKey,
    context: Context,
    haste: Haste,
) -> Result<(), KeyJobError> {
    let generated = generate(&Algorithm::ALL, sealing_key, context.now).await?;
    store.write(move |connection| management::keys::rotate(connection, &context, &generated, haste)).await?;
    Ok(())
}

/// Rotates what is old enough, and retires what has nothing left to verify.
pub async fn run(
    store: &Store,
    sealing_key: &SealingKey,
    now: Timestamp,
    rotation: Seconds,
    lifetimes: &Lifetimes,
) -> Result<(), KeyJobError> {
    let due =
        store.read::<_, StoreError, _>(move |connection| management::keys::due(connection, now, rotation)).await?;
    if !due.is_empty() {
        let generated = generate(&due, sealing_key, now).await?;
        store
            .write(move |connection| {
                management::keys::rotate(connection, &Context::of_server(now), &generated, Haste::None)
            })
            .await?;
    }
    let longest = longest_needed(lifetimes);
    store.write(move |connection| management::keys::retire(connection, now, longest)).await?;
    Ok(())
}

/// Seconds that somebody may need a key for after it has signed for the last time.
fn longest_needed(lifetimes: &Lifetimes) -> Seconds {
    // A client may have its own lifetime for ID tokens. They come back as hints, expired or not, for as long as their session
    // may last (OpenID Connect Core §3.1.2.1, RP-Initiated Logout §2).
    lifetimes.jwt_access_token.max(lifetimes.id_token).max(LONGEST_ID_TOKEN).max(lifetimes.session)
}

/// Before the transaction, never inside, and off the reactor: an RSA key takes a tenth of a second.
async fn generate(
    algorithms: &[Algorithm],
    sealing_key: &SealingKey,
    now: Timestamp,
) -> Result<Vec<NewKey>, KeyJobError> {
    let mut generated = Vec::new();
    for algorithm in algorithms.iter().copied() {
        let made = tokio::task::spawn_blocking(move || keys::NewKey::generate(algorithm)).await;
        let made = made.unwrap_or(Err(KeyError::Library(algorithm))).map_err(KeyJobError::Key)?;
        generated.push(made.sealed(sealing_key, now));
    }
    Ok(generated)
}
