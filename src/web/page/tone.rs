//! What colours mean, and states as words with a dot.

/// What a colour means. Never shown without a word or an icon beside it.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Neutral,
    Success,
    Warning,
    Danger,
}

/// A state as a word with a dot.
#[derive(Clone, Default)]
pub struct Status {
    pub tone: Tone,
    pub word: String,
}

impl Tone {
    /// The class that the style sheet knows.
    pub fn class(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Success => "success",
            Self::Warning => "warning",
            Self::Danger => "danger",
        }
    }

    /// The icon that says the same without colour.
    pub fn icon(self) -> &'static str {
        match self {
            Self::Neutral => "info",
            Self::Success => "check",
            Self::Warning | Self::Danger => "alert",
        }
    }

    /// Bad news interrupts a screen reader, good news waits.
    pub fn role(self) -> &'static str {
        match self {
            Self::Neutral | Self::Success => "status",
            Self::Warning | Self::Danger => "alert",
        }
    }
}

impl Status {
    pub fn new(tone: Tone, word: impl Into<String>) -> Self {
        Self { tone, word: word.into() }
    }

    /// Of a client or a user.
    pub fn enabled(is_enabled: bool) -> Self {
        if is_enabled {
            Self::new(Tone::Success, t!("state-enabled"))
        } else {
            Self::new(Tone::Neutral, t!("state-disabled"))
        }
    }
}
