//! What happens to an account, for its owner's own record: sign-ins, sessions, the password, the address, applications.
//!
//! The audit log says the same to those who run the server, by the name that an account has at the time. This is by account,
//! so that nobody reads of a namesake, and holds nothing that is not its owner's business.

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    SignedIn,
    /// In a browser that had not signed in to the account before.
    SignedInNewBrowser,
    /// In a known browser, from an address that was not seen before.
    SignedInNewAddress,
    SignInFailed,
    SignedOut,
    /// Everywhere else, applications included.
    SignedOutOthers,
    PasswordChanged,
    EmailChanged,
    /// Until the new address is confirmed nothing changes.
    EmailChangeAsked,
    EmailChangeCancelled,
    EmailConfirmed,
    /// An application was allowed something.
    Allowed,
    Withdrawn,
    /// The withdrawal was taken back.
    Restored,
}

impl Kind {
    pub const ALL: [Self; 14] = [
        Self::SignedIn,
        Self::SignedInNewBrowser,
        Self::SignedInNewAddress,
        Self::SignInFailed,
        Self::SignedOut,
        Self::SignedOutOthers,
        Self::PasswordChanged,
        Self::EmailChanged,
        Self::EmailChangeAsked,
        Self::EmailChangeCancelled,
        Self::EmailConfirmed,
        Self::Allowed,
        Self::Withdrawn,
        Self::Restored,
    ];
    /// Those that show where an account is used from.
    pub const SIGN_INS: [Self; 3] = [Self::SignedIn, Self::SignedInNewBrowser, Self::SignedInNewAddress];

    /// For storage.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignedIn => "sign-in",
            Self::SignedInNewBrowser => "sign-in.new-browser",
            Self::SignedInNewAddress => "sign-in.new-address",
            Self::SignInFailed => "sign-in.failed",
            Self::SignedOut => "sign-out",
            Self::SignedOutOthers => "sign-out.others",
            Self::PasswordChanged => "password.changed",
            Self::EmailChanged => "email.changed",
            Self::EmailChangeAsked => "email.change-asked",
            Self::EmailChangeCancelled => "email.change-cancelled",
            Self::EmailConfirmed => "email.confirmed",
            Self::Allowed => "application.allowed",
            Self::Withdrawn => "application.withdrawn",
            Self::Restored => "application.restored",
        }
    }

    /// Read back from storage; a newer version may know others.
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}
