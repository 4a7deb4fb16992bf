//! What makes a server its operator's: name, colours, logo, links, and words of their own on the pages that strangers see.
//!
//! It is stored as settings, each by its name here. Values are checked when they are set; of what cannot be read any more,
//! nothing is shown.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::Url;

use super::colour::{Colour, ENOUGH, Palette, Theme};
use super::sentence::{Sentence, sentence};
use crate::secret::{hex, sha256};

/// What the server is called when nobody says.
pub const NAME: &str = "Grantor";
const MOST_NAME: usize = 60;
const MOST_TEXT: usize = 500;
const MOST_LINK: usize = 2_000;
/// Most bytes of a logo.
pub const MOST_LOGO: usize = 128 * 1024;
/// Most bytes of a client's: it is drawn smaller, and there may be very many.
pub const MOST_CLIENT_LOGO: usize = 64 * 1024;

/// The settings' names; those of texts go on with a language: `branding.login_text.en`.
pub mod names {
    pub const NAME: &str = "branding.name";
    pub const ACCENT: &str = "branding.accent";
    pub const ACCENT_DARK: &str = "branding.accent_dark";
    pub const LOGO: &str = "branding.logo";
    pub const HELP: &str = "branding.help_uri";
    pub const POLICY: &str = "branding.policy_uri";
    pub const TERMS: &str = "branding.tos_uri";
    pub const LOGIN_TEXT: &str = "branding.login_text.";
    pub const CONSENT_TEXT: &str = "branding.consent_text.";
    /// What every one of them begins with.
    pub const ALL: &str = "branding.";
}

/// All of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branding {
    pub name: String,
    /// The accents of light and of dark pages, when they are not ours.
    pub accents: Option<(Colour, Colour)>,
    pub logo: Option<Logo>,
    pub help_uri: Option<String>,
    pub policy_uri: Option<String>,
    pub tos_uri: Option<String>,
    /// By the name of the setting.
    texts: BTreeMap<String, String>,
}

/// A picture, which is what its bytes say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logo {
    pub bytes: Arc<[u8]>,
    pub format: Format,
    /// Of the bytes, for their URL.
    pub digest: String,
}

/// Formats that every browser draws and that run nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Png,
    Jpeg,
    Webp,
}

impl Format {
    fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::Webp),
            _ => None,
        }
    }

    pub const fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::Webp => "webp",
        }
    }

    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
        }
    }
}

impl Logo {
    /// A picture that somebody sent.
    pub fn of(bytes: &[u8]) -> Result<Self, Sentence> {
        Self::at_most(MOST_LOGO, bytes)
    }

    /// The same of a client.
    pub fn of_client(bytes: &[u8]) -> Result<Self, Sentence> {
        Self::at_most(MOST_CLIENT_LOGO, bytes)
    }

    fn at_most(most: usize, bytes: &[u8]) -> Result<Self, Sentence> {
        if bytes.len() > most {
            return Err(sentence!(
                "logo-large",
                "This picture has {size} KiB. Choose one of at most {most} KiB; 400 pixels of width are enough.",
                size = bytes.len().div_ceil(1024),
                most = most / 1024
            ));
        }
        let Some(format) = Format::of(bytes) else {
            return Err(sentence!(
                "logo-format",
                "This is no PNG, JPEG or WebP picture. Save the logo as one of these."
            ));
        };
        Ok(Self { format, digest: hex(&sha256(bytes)[..12]), bytes: bytes.into() })
    }

    fn stored(text: &str) -> Result<Self, Sentence> {
        Self::of(&bytes(text)?)
    }

    /// A client's, as a file of the configuration holds it.
    pub fn of_client_from_text(text: &str) -> Result<Self, Sentence> {
        Self::of_client(&bytes(text)?)
    }

    /// What its file is called: what is in it.
    pub fn file(&self) -> String {
        format!("{}.{}", self.digest, self.format.extension())
    }

    /// As a setting.
    pub fn to_text(&self) -> String {
        STANDARD.encode(&self.bytes)
    }
}

fn bytes(text: &str) -> Result<Vec<u8>, Sentence> {
    STANDARD.decode(text).map_err(|_| sentence!("logo-malformed", "Write the picture in base64."))
}

impl Default for Branding {
    fn default() -> Self {
        Self {
            name: NAME.to_owned(),
            accents: None,
            logo: None,
            help_uri: None,
            policy_uri: None,
            tos_uri: None,
            texts: BTreeMap::new(),
        }
    }
}

impl Branding {
    /// What the settings say.
    pub fn of(settings: &BTreeMap<String, String>) -> Self {
        let text = |name: &str| settings.get(name).filter(|text| check(name, text).is_ok()).cloned();
        let accent = |name, theme: Theme| Some(theme.readable(Colour::parse(&text(name)?).ok()?));
        let (light, dark) = (accent(names::ACCENT, Theme::Light), accent(names::ACCENT_DARK, Theme::Dark));
        let accents = (light.is_some() || dark.is_some()).then(|| {
            let light = light.unwrap_or(Theme::Light.accent());
            (light, dark.unwrap_or_else(|| Theme::Dark.readable(light)))
        });
        let is_text = |name: &&String| name.starts_with(names::LOGIN_TEXT) || name.starts_with(names::CONSENT_TEXT);
        let texts = settings.keys().filter(is_text).filter_map(|name| Some((name.clone(), text(name)?)));
        Self {
            name: text(names::NAME).unwrap_or_else(|| NAME.to_owned()),
            accents,
            logo: settings.get(names::LOGO).and_then(|text| Logo::stored(text).ok()),
            help_uri: text(names::HELP),
            policy_uri: text(names::POLICY),
            tos_uri: text(names::TERMS),
            texts: texts.collect(),
        }
    }

    /// The words for a place, in a language or else in English.
    pub fn text(&self, place: &str, language: &str) -> Option<&str> {
        let of = |language: &str| self.texts.get(&format!("{place}{language}")).map(String::as_str);
        of(language).or_else(|| of("en"))
    }
}

/// Whether this setting may be so; `None` when it is none of ours.
pub fn check_any(name: &str, value: &str) -> Option<Result<(), Sentence>> {
    let is_ours = [names::NAME, names::ACCENT, names::ACCENT_DARK, names::LOGO].contains(&name)
        || [names::HELP, names::POLICY, names::TERMS].contains(&name)
        || [names::LOGIN_TEXT, names::CONSENT_TEXT].iter().any(|place| {
            name.strip_prefix(place).is_some_and(|language| {
                (2..=20).contains(&language.len())
                    && language.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            })
        });
    is_ours.then(|| check(name, value))
}

fn check(name: &str, value: &str) -> Result<(), Sentence> {
    match name {
        names::NAME if value.trim().is_empty() || value.chars().count() > MOST_NAME => {
            Err(sentence!("branding-name-long", "Give the server a name of 1 to {most} characters.", most = MOST_NAME))
        }
        names::NAME if value.chars().any(char::is_control) => {
            Err(sentence!("branding-name-signs", "Write the name on one line."))
        }
        names::NAME => Ok(()),
        names::ACCENT => check_accent(Theme::Light, value),
        names::ACCENT_DARK => check_accent(Theme::Dark, value),
        names::LOGO => Logo::stored(value).map(drop),
        names::HELP => check_link(value, &["https", "http", "mailto"]),
        names::POLICY | names::TERMS => check_link(value, &["https", "http"]),
        _ if value.chars().count() > MOST_TEXT || value.chars().any(|c| c.is_control() && c != '\n') => {
            Err(sentence!("branding-text-long", "Write at most {most} characters.", most = MOST_TEXT))
        }
        _ => Ok(()),
    }
}

fn check_accent(theme: Theme, value: &str) -> Result<(), Sentence> {
    let colour = Colour::parse(value)?;
    let contrast = Palette::new(theme, colour).contrast();
    if contrast >= ENOUGH {
        return Ok(());
    }
    let (ratio, better) = (format!("{:.1}", (contrast * 10.0).floor() / 10.0), theme.readable(colour).to_string());
    Err(match theme {
        Theme::Light => sentence!(
            "colour-light",
            "{colour} has a contrast of {ratio} to 1 on light pages, where links and buttons need 4.5. Choose {better}, \
             or another darker one.",
            colour = colour.to_string(),
            ratio = ratio,
            better = better
        ),
        Theme::Dark => sentence!(
            "colour-dark",
            "{colour} has a contrast of {ratio} to 1 on dark pages, where links and buttons need 4.5. Choose {better}, \
             or another lighter one.",
            colour = colour.to_string(),
            ratio = ratio,
            better = better
        ),
    })
}

fn check_link(value: &str, schemes: &[&str]) -> Result<(), Sentence> {
    let is_link = value.len() <= MOST_LINK
        && !value.contains(char::is_whitespace)
        && Url::parse(value).is_ok_and(|url| schemes.contains(&url.scheme()));
    if is_link {
        return Ok(());
    }
    Err(sentence!("branding-link", "Write a whole address, for example https://example.com/privacy."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(name: &str, value: &str) -> String {
        check_any(name, value).expect("it is ours").map_or_else(|problem| problem.to_string(), |()| String::new())
    }

    #[test]
    fn a_colour_that_cannot_be_read_is_refused_with_one_that_can() {
        assert_eq!(
            problem(names::ACCENT, "#7fd6cb"),
            "#7fd6cb has a contrast of 1.5 to 1 on light pages, where links and buttons need 4.5. Choose #45746e, or \
             another darker one."
        );
        assert_eq!(problem(names::ACCENT, "#45746e"), "");
        assert!(problem(names::ACCENT_DARK, "#333399").contains("on dark pages"));
    }

    #[test]
    fn pictures_are_known_by_their_bytes() {
        let png = [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0];
        assert_eq!(Logo::of(&png).unwrap().format, Format::Png);
        assert_eq!(Logo::of(b"\xff\xd8\xff\xe0").unwrap().format, Format::Jpeg);
        assert_eq!(Logo::of(b"RIFF\0\0\0\0WEBPVP8 ").unwrap().format, Format::Webp);
        for bad in [&b"<svg xmlns='http://www.w3.org/2000/svg'/>"[..], b"GIF89a", b"", b"<html>"] {
            assert!(Logo::of(bad).is_err());
        }
        assert!(Logo::of(&[&png[..], &vec![0; MOST_LOGO]].concat()).is_err(), "too large");
        let logo = Logo::of(&png).unwrap();
        assert_eq!(Logo::stored(&logo.to_text()).unwrap(), logo);
    }

    #[test]
    fn what_cannot_be_read_is_not_shown() {
        let settings = [
            (names::NAME, ""),
            (names::ACCENT, "teal"),
            (names::HELP, "javascript:alert(1)"),
            (names::LOGO, "no base64"),
            ("branding.of_a_newer_version", "x"),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        assert_eq!(Branding::of(&settings), Branding::default());
        assert!(check_any("branding.of_a_newer_version", "x").is_none());
    }

    #[test]
    fn texts_are_in_the_reader_s_language_or_in_english() {
        let settings = [("branding.login_text.en", "Hello"), ("branding.login_text.ko", "안녕하세요")];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let branding = Branding::of(&settings);
        assert_eq!(branding.text(names::LOGIN_TEXT, "ko"), Some("안녕하세요"));
        assert_eq!(branding.text(names::LOGIN_TEXT, "de"), Some("Hello"));
        assert_eq!(branding.text(names::CONSENT_TEXT, "en"), None);
    }
}
