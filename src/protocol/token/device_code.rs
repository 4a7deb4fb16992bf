//! Polling with a device code (RFC 8628 §3.4, §3.5).
//!
//! 1. The code is known, and is this client's: to all others it does not exist.
//! 2. A device that asks too often is told to slow down, and waits five seconds longer from then on.
//! 3. A no is told as such, and what nobody answered in time has expired.
//! 4. Until somebody answers, the answer is "not yet". After a yes the code is redeemed like an authorization code:
//!    [`redeem`](super::authorization_code::redeem).

use crate::clock::{Seconds, Timestamp};
use crate::domain::device::{DeviceAuthorization, DeviceState};
use crate::protocol::authorize::response::denied;
use crate::protocol::check::Check;
use crate::protocol::error::{ErrorCode, OAuthError};

/// Seconds between two polls, unless a device was told to slow down (RFC 8628 §3.2).
pub const PACE: Seconds = 5;
/// Seconds by which a device that asks too often is slowed down (RFC 8628 §3.5).
const SLOWER_BY: Seconds = 5;
/// Seconds that nobody has to wait longer than: a device that is told so gives up first.
const SLOWEST: Seconds = 60;

/// What a poll comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poll {
    /// Why there are no tokens; `None` when the code is to be redeemed.
    pub refusal: Option<OAuthError>,
    /// Seconds that the device must wait from now on; `None` for somebody else's code, which is left alone.
    pub pace: Option<Seconds>,
}

/// Decides about a poll of this client.
pub fn poll(waiting: Option<&DeviceAuthorization>, client_id: &str, now: Timestamp) -> Poll {
    let unknown = |check| Poll {
        refusal: Some(
            OAuthError::invalid_grant(
                "The device_code is unknown, used, or was issued to another client. Start a new device authorization.",
            )
            .at(check),
        ),
        pace: None,
    };
    let Some(waiting) = waiting else { return unknown(Check::DeviceCodeKnown) };
    if waiting.client_id != client_id {
        return unknown(Check::DeviceCodeClient);
    }
    if waiting.polled_at.is_some_and(|polled_at| now < polled_at + waiting.pace) {
        let error = OAuthError::new(ErrorCode::SlowDown, "Wait five seconds longer between polls from now on.");
        return Poll {
            refusal: Some(error.at(Check::DevicePace)),
            pace: Some((waiting.pace + SLOWER_BY).min(SLOWEST)),
        };
    }
    let refusal = match waiting.state {
        DeviceState::Approved => None,
        DeviceState::Denied => Some(denied()),
        DeviceState::Pending if waiting.expires_at <= now => Some(
            OAuthError::new(
                ErrorCode::ExpiredToken,
                "The device_code has expired before anybody answered. Start a new device authorization.",
            )
            .at(Check::DeviceCodeExpiry),
        ),
        DeviceState::Pending => Some(
            OAuthError::new(
                ErrorCode::AuthorizationPending,
                "Nobody has answered yet. Ask again after the interval, until the device_code expires.",
            )
            .at(Check::DeviceAnswered),
        ),
    };
    Poll { refusal, pace: Some(waiting.pace) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(state: DeviceState) -> DeviceAuthorization {
        DeviceAuthorization {
            client_id: "c_tv".into(),
            request: String::new(),
            address: String::new(),
            state,
            browser: None,
            pace: PACE,
            polled_at: Some(100),
            created_at: 90,
            expires_at: 690,
        }
    }

    fn code(poll: &Poll) -> Option<ErrorCode> {
        poll.refusal.as_ref().map(|error| error.code)
    }

    #[test]
    fn a_poll_is_answered_as_the_specification_says() {
        let pending = waiting(DeviceState::Pending);
        assert_eq!(code(&poll(None, "c_tv", 105)), Some(ErrorCode::InvalidGrant));
        assert_eq!(code(&poll(Some(&pending), "c_other", 105)), Some(ErrorCode::InvalidGrant));
        assert_eq!(poll(Some(&pending), "c_other", 101).pace, None, "nobody slows down another's device");
        assert_eq!(code(&poll(Some(&pending), "c_tv", 105)), Some(ErrorCode::AuthorizationPending));
        assert_eq!(code(&poll(Some(&pending), "c_tv", 690)), Some(ErrorCode::ExpiredToken));
        assert_eq!(code(&poll(Some(&waiting(DeviceState::Denied)), "c_tv", 700)), Some(ErrorCode::AccessDenied));
        assert_eq!(code(&poll(Some(&waiting(DeviceState::Approved)), "c_tv", 105)), None);
    }

    #[test]
    fn who_asks_too_often_waits_longer() {
        let mut eager = waiting(DeviceState::Approved);
        let slowed = poll(Some(&eager), "c_tv", 104);
        assert_eq!((code(&slowed), slowed.pace), (Some(ErrorCode::SlowDown), Some(10)));
        eager.pace = SLOWEST;
        assert_eq!(poll(Some(&eager), "c_tv", 104).pace, Some(SLOWEST));
    }
}
