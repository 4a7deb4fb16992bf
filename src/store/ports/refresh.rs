//! The port of a refresh.

use oxide_auth::primitives::grant::{Extensions, Grant};
use oxide_auth::primitives::issuer::{IssuedToken, Issuer, RefreshedToken, TokenType};

use super::{access_token, far_future};
use crate::clock::{Seconds, Timestamp};
use crate::domain::extension::{self, Standing};
use crate::domain::redirect_uri::placeholder_url;
use crate::secret::Digest;
use crate::store::grants;
use crate::store::refreshes::{Found, Next, RefreshRules, Refreshed};

/// The port of a refresh: the token was found before, and what is to be written is gathered.
pub struct RefreshPort {
    pub rules: RefreshRules,
    pub now: Timestamp,
    /// `None` where the token is unknown or does not count.
    pub found: Option<(Found, Standing)>,
    /// What to write.
    pub refreshed: Option<Refreshed>,
}

impl RefreshPort {
    fn grant(&self) -> Option<Grant> {
        let (Found { token, grant }, standing) = self.found.as_ref()?;
        let (record, owner) = (&grant.record, grant.record.owner.as_ref()?);
        let mut extensions = Extensions::new();
        extension::set_grant_id(&mut extensions, token.grant_id);
        extension::set_standing(&mut extensions, *standing);
        extension::set_resource(&mut extensions, &record.resource);
        extension::set_facts(&mut extensions, &record.facts);
        if let Some(session) = &record.session_id {
            extension::set_session(&mut extensions, session);
        }
        if let Some(end) = record.expires_at {
            extension::set_absolute_end(&mut extensions, end);
        }
        Some(Grant {
            owner_id: owner.id.clone(),
            client_id: record.client_id.clone(),
            scope: grant.scope.clone(),
            redirect_uri: placeholder_url(),
            until: far_future(),
            extensions,
        })
    }

    /// What the client gets, and what is written for it.
    fn issue_for(&self, token: &str, grant: &Grant) -> Option<(RefreshedToken, Refreshed)> {
        let (found, standing) = self.found.as_ref()?;
        let (end, _) = extension::refresh(&grant.extensions)?;
        let (access_token, row) = access_token(grant, self.now).ok()?;
        let (refresh, next) = if extension::rotates(&grant.extensions) {
            let successor = self.rules.successor(token);
            let next = match standing {
                // It finds its rotation done, and its successor waiting.
                Standing::Repeatable => Next::Unchanged,
                Standing::Fresh | Standing::Spent => Next::Succeeded(successor.digest(), end),
            };
            (successor.expose().to_owned(), next)
        } else {
            (token.to_owned(), extended(found.token.expires_at, self.now, end))
        };
        let written = Refreshed {
            digest: Digest::of(token),
            grant_id: found.token.grant_id,
            now: self.now,
            notes_use: found.grant.record.last_used_at < self.now - grants::NOTE_INTERVAL,
            access_token: row,
            next,
        };
        let given = RefreshedToken {
            token: access_token,
            refresh: Some(refresh),
            until: grant.until,
            token_type: TokenType::Bearer,
        };
        Some((given, written))
    }
}

/// The end of a token that stays in use is moved at most once an hour, and often enough where it lives no longer than that.
fn extended(from: Timestamp, now: Timestamp, to: Timestamp) -> Next {
    const LONGEST_STEP: Seconds = 60 * 60;
    let step = LONGEST_STEP.min((to - now) / 10);
    if from < to - step { Next::Extended(to) } else { Next::Unchanged }
}

impl Issuer for RefreshPort {
    fn issue(&mut self, _grant: Grant) -> Result<IssuedToken, ()> {
        Err(())
    }

    fn refresh(&mut self, refresh: &str, grant: Grant) -> Result<RefreshedToken, ()> {
        let (given, written) = self.issue_for(refresh, &grant).ok_or(())?;
        self.refreshed = Some(written);
        Ok(given)
    }

    fn recover_token<'a>(&'a self, _token: &'a str) -> Result<Option<Grant>, ()> {
        Err(())
    }

    fn recover_refresh<'a>(&'a self, _token: &'a str) -> Result<Option<Grant>, ()> {
        Ok(self.grant())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_token_moves_once_an_hour_or_in_a_tenth_of_its_life() {
        const HOUR: Timestamp = 60 * 60;
        let moves = |from, now, to| matches!(extended(from, now, to), Next::Extended(end) if end == to);
        assert!(moves(50 * HOUR - 1, HOUR, 51 * HOUR) && !moves(50 * HOUR, HOUR, 51 * HOUR));
        assert!(moves(1089, 100, 1200) && !moves(1090, 100, 1200));
    }
}
