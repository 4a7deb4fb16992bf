//! The prepared refresh tokens: which is the newest of each user's chain.
//!
//! Whoever refreshes takes the token of anybody who is not being refreshed, and puts back its successor. Between runs nothing is
//! kept: a successor follows from its predecessor and the server's secret, so chains are followed from the prepared token to the
//! one that was not rotated.

use std::collections::{HashMap, HashSet};
use std::iter;
use std::sync::{Mutex, PoisonError};

use diesel::prelude::*;
use grantor::secret::{Digest, Secret, SecretKind};
use grantor::store::connection::AnyConnection;
use grantor::store::schema::refresh_tokens;

use crate::behaviour::Numbers;
use crate::data::Prepared;

/// Rotations after which a chain is given up: what it led to has expired.
const LONGEST: usize = 10_000;
/// Users that are drawn before it is clear that hardly any are left.
const DRAWS: usize = 1_000;

/// The newest tokens.
pub struct Chains {
    /// Of users whose prepared token is spent; `None` while it is being refreshed, or when its chain has ended.
    newest: Mutex<HashMap<u64, Option<String>>>,
}

impl Chains {
    /// What earlier runs on this database have left.
    pub fn follow(connection: &mut AnyConnection, prepared: &Prepared, key: &[u8; 32]) -> QueryResult<Self> {
        let alive = refresh_tokens::table.filter(refresh_tokens::rotated_at.is_null()).select(refresh_tokens::digest);
        let alive: HashSet<Vec<u8>> = alive.load::<Vec<u8>>(connection)?.into_iter().collect();
        let is_alive = |token: &String| alive.contains(Digest::of(token).as_bytes());
        let after = |token: &String| Some(Secret::succeeding(SecretKind::RefreshToken, token, key).expose().to_owned());
        let spent = (0..prepared.users).filter_map(|user| {
            let first = prepared.refresh_token(user, 0);
            let newest = || iter::successors(after(&first), after).take(LONGEST).find(is_alive);
            if is_alive(&first) { None } else { Some((user, newest())) }
        });
        Ok(Self { newest: Mutex::new(spent.collect()) })
    }

    /// Some busy user and their token, which is nobody else's until its successor is put back.
    ///
    /// # Panics
    /// When hardly any are left, because the server has refused so many.
    pub fn take(&self, prepared: &Prepared, numbers: &mut Numbers) -> (u64, String) {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let drawn = iter::repeat_with(|| prepared.draw_user(numbers)).take(DRAWS);
        let free = drawn.map(|user| (user, newest.insert(user, None))).find_map(|(user, before)| match before {
            None => Some((user, prepared.refresh_token(user, 0))),
            Some(token) => Some((user, token?)),
        });
        free.expect("few of the users have a refresh token that was not refused")
    }

    pub fn put_back(&self, user: u64, successor: String) {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner).insert(user, Some(successor));
    }
}
