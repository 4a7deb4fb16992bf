//! Signing keys: Next → Current → Retiring → Retired.

use serde_json::json;

use super::{Context, Outcome, conflict, note};
use crate::clock::{Seconds, Timestamp};
use crate::domain::sentence::{Sentence, sentence};
use crate::domain::signing_key::{Algorithm, KeyState, SigningKey, WrongState};
use crate::store::connection::AnyConnection;
use crate::store::{Failure, StoreError, signing_keys};

/// Seconds that a next key is published before age makes it current: verifiers have long fetched it by then.
const PUBLISHED_BEFORE_USE: Seconds = 24 * 60 * 60;

/// Seconds after which every verifier has fetched a published key: twice as long as the key set may be kept.
const FETCHED_AFTER: Seconds = 10 * 60;

/// A generated key and its sealed private half.
pub type NewKey = (SigningKey, Vec<u8>);

/// The algorithms that lack a current or a next key: generate one for each, outside the transaction.
pub fn missing(connection: &mut AnyConnection) -> Result<Vec<Algorithm>, StoreError> {
    let keys = signing_keys::list(connection)?;
    let has = |algorithm, state| keys.iter().any(|(key, _)| key.algorithm == algorithm && key.state == state);
    let lacking = Algorithm::ALL.into_iter().flat_map(|algorithm| {
        [KeyState::Current, KeyState::Next]
            .into_iter()
            .filter(move |state| !has(algorithm, *state))
            .map(move |_| algorithm)
    });
    Ok(lacking.collect())
}

/// Stores generated keys where one is still missing; the first of an algorithm becomes current at once.
pub fn ensure(connection: &mut AnyConnection, context: &Context, generated: &[NewKey]) -> Outcome<()> {
    signing_keys::lock(connection)?;
    for (key, sealed) in generated {
        let keys = signing_keys::list(connection)?;
        let has = |state| keys.iter().any(|(each, _)| each.algorithm == key.algorithm && each.state == state);
        let key = match (has(KeyState::Current), has(KeyState::Next)) {
            (true, true) => continue,
            (true, false) => key.clone(),
            (false, _) => key.clone().activate(context.now).map_err(|error| corrupt(&error))?,
        };
        signing_keys::insert(connection, &key, sealed)?;
    }
    Ok(())
}

/// How soon keys have to be rotated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Haste {
    /// Verifiers must know a key before it signs.
    None,
    /// A private key may have leaked: nothing that was signed so far is believed any more. Better that good tokens are refused
    /// than that bad ones are accepted.
    Emergency,
}

/// Moves every algorithm on by one: the next key signs, the current one retires, `generated` are the new next ones. In an
/// emergency the keys that have signed are withdrawn, and all whose algorithm only a newer program knows.
///
/// # Errors
/// [`too_young`], unless it is an emergency.
pub fn rotate(connection: &mut AnyConnection, context: &Context, generated: &[NewKey], haste: Haste) -> Outcome<()> {
    signing_keys::lock(connection)?;
    if haste == Haste::None
        && let Some(why) = too_young(connection, context.now)?
    {
        return conflict(why);
    }
    let mut withdrawn = match haste {
        Haste::None => Vec::new(),
        Haste::Emergency => signing_keys::withdraw_unknown(connection, context.now)?,
    };
    for (new, sealed) in generated {
        withdrawn.extend(step(connection, new.algorithm, context.now, haste)?);
        signing_keys::insert(connection, new, sealed)?;
    }
    let kids: Vec<&str> = generated.iter().map(|(key, _)| key.kid.as_str()).collect();
    let detail = match haste {
        Haste::None => json!({ "next": kids }),
        Haste::Emergency => json!({ "next": kids, "withdrawn": withdrawn }),
    };
    Ok(note(connection, context, "keys.rotated", "", detail)?)
}

/// Why the next keys cannot sign yet: verifiers may still keep a key set that lacks them. `None` when they can. The keys of
/// a new database came together, so nobody has a set without the next ones.
pub fn too_young(connection: &mut AnyConnection, now: Timestamp) -> Result<Option<Sentence>, StoreError> {
    let keys = signing_keys::list(connection)?;
    let oldest = keys.iter().map(|(key, _)| key.created_at).min().unwrap_or(now);
    let next = keys.iter().map(|(key, _)| key).filter(|key| key.state == KeyState::Next && key.created_at > oldest);
    let left = next.map(|key| key.created_at + FETCHED_AFTER - now).max().filter(|left| *left > 0);
    Ok(left.map(|left| wait((left + 59) / 60)))
}

/// Why to wait for so many minutes.
pub fn wait(minutes: i64) -> Sentence {
    sentence!(
        "keys-too-young",
        "The next keys were published a moment ago, and those who check tokens may not have fetched them yet. Wait \
         {minutes} minutes, unless a private key may have leaked.",
        minutes = minutes.max(2)
    )
}

/// Gives the ids of the keys that were withdrawn.
fn step(connection: &mut AnyConnection, algorithm: Algorithm, now: Timestamp, haste: Haste) -> Outcome<Vec<String>> {
    let mut withdrawn = Vec::new();
    for (key, _) in signing_keys::list(connection)? {
        let moved = match (key.state, haste) {
            _ if key.algorithm != algorithm => continue,
            (KeyState::Next, _) => key.activate(now),
            (KeyState::Current | KeyState::Retiring, Haste::Emergency) => {
                withdrawn.push(key.kid.clone());
                key.withdraw(now)
            }
            (KeyState::Current, Haste::None) => key.retire(now),
            (KeyState::Retiring, Haste::None) | (KeyState::Retired, _) => continue,
        };
        signing_keys::update(connection, &moved.map_err(|error| corrupt(&error))?)?;
    }
    Ok(withdrawn)
}

/// The algorithms whose current key is old enough to rotate.
pub fn due(connection: &mut AnyConnection, now: Timestamp, rotation: Seconds) -> Result<Vec<Algorithm>, StoreError> {
    let keys = signing_keys::list(connection)?;
    let is_due = |algorithm: &Algorithm| {
        let of =
            |state| keys.iter().map(|(key, _)| key).find(move |key| key.algorithm == *algorithm && key.state == state);
        let is_old = of(KeyState::Current).and_then(|key| key.activated_at).is_some_and(|at| now - at >= rotation);
        is_old && of(KeyState::Next).is_some_and(|key| now - key.created_at >= PUBLISHED_BEFORE_USE)
    };
    Ok(Algorithm::ALL.into_iter().filter(is_due).collect())
}

/// Retires for good the keys whose last token has expired; gives their number.
pub fn retire(connection: &mut AnyConnection, now: Timestamp, longest_token: Seconds) -> Outcome<usize> {
    let mut retired = 0;
    for (key, _) in signing_keys::list(connection)? {
        if key.state == KeyState::Retiring && key.retiring_at.is_some_and(|at| now - at > longest_token + 300) {
            signing_keys::update(connection, &key.withdraw(now).map_err(|error| corrupt(&error))?)?;
            retired += 1;
        }
    }
    Ok(retired)
}

fn corrupt(error: &WrongState) -> Failure<super::ManagementError> {
    Failure::Store(StoreError::Corrupt(error.to_string()))
}
