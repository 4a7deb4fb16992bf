//! Colours of a brand, and whether people can read them: WCAG 2.2 §1.4.3 wants a contrast of 4.5 to 1.

use std::fmt;

use super::sentence::{Sentence, sentence};

/// A colour without transparency: red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour([u8; 3]);

/// What text needs.
pub const ENOUGH: f64 = 4.5;

const WHITE: Colour = Colour([0xff; 3]);
const BLACK: Colour = Colour([0; 3]);

impl Colour {
    /// `#0f6b63`, or short `#0a7`.
    pub fn parse(text: &str) -> Result<Self, Sentence> {
        let digits = text.trim().trim_start_matches('#');
        let digits = match digits.len() {
            3 => digits.chars().flat_map(|digit| [digit, digit]).collect(),
            _ => digits.to_owned(),
        };
        let malformed =
            || sentence!("colour-malformed", "Write the colour as # and six hexadecimal digits, for example #0f6b63.");
        if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(malformed());
        }
        let number = u32::from_str_radix(&digits, 16).map_err(|_| malformed())?;
        let [_, red, green, blue] = number.to_be_bytes();
        Ok(Self([red, green, blue]))
    }

    /// The six digits.
    pub fn digits(self) -> String {
        crate::secret::hex(&self.0)
    }

    /// WCAG's relative luminance, from 0 to 1.
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// From 1, which nobody can read, to 21.
    pub fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// This colour with a share of another, from 0 to 100.
    fn mixed(self, other: Self, share: u32) -> Self {
        let mut parts = self.0;
        for (part, other) in parts.iter_mut().zip(other.0) {
            let sum = u32::from(*part) * (100 - share) + u32::from(other) * share;
            *part = u8::try_from((sum + 50) / 100).unwrap_or(u8::MAX);
        }
        Self(parts)
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.digits())
    }
}

/// Light or dark pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    Light,
    Dark,
}

impl Theme {
    /// What text stands on in `static/app.css`: surface, canvas, inset.
    const fn grounds(self) -> [Colour; 3] {
        match self {
            Self::Light => [WHITE, Colour([0xf7, 0xf6, 0xf3]), Colour([0xf3, 0xf1, 0xed])],
            Self::Dark => [Colour([0x1d, 0x1b, 0x19]), Colour([0x15, 0x14, 0x12]), Colour([0x27, 0x25, 0x22])],
        }
    }

    /// The accent of `static/app.css`.
    pub const fn accent(self) -> Colour {
        match self {
            Self::Light => Colour([0x0f, 0x6b, 0x63]),
            Self::Dark => Colour([0x5f, 0xc7, 0xb9]),
        }
    }

    const fn away(self) -> Colour {
        match self {
            Self::Light => BLACK,
            Self::Dark => WHITE,
        }
    }

    /// The nearest shade of `colour` that can be read.
    pub fn readable(self, colour: Colour) -> Colour {
        let shades = (0..=100).step_by(2).map(|share| colour.mixed(self.away(), share));
        shades.into_iter().find(|shade| Palette::new(self, *shade).contrast() >= ENOUGH).unwrap_or(self.away())
    }
}

/// The colours that follow from an accent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    theme: Theme,
    pub accent: Colour,
    /// Below the pointer.
    pub strong: Colour,
    /// Behind text in the accent.
    pub soft: Colour,
    /// Text on the accent.
    pub on: Colour,
}

impl Palette {
    pub fn new(theme: Theme, accent: Colour) -> Self {
        let (surface, stronger, softness) = match theme {
            Theme::Light => (WHITE, 22, 90),
            Theme::Dark => (theme.grounds()[0], 25, 86),
        };
        let strong = accent.mixed(theme.away(), stronger);
        let dark = accent.mixed(BLACK, 88);
        let on = if accent.contrast(WHITE) >= accent.contrast(dark) { WHITE } else { dark };
        Self { theme, accent, strong, soft: accent.mixed(surface, softness), on }
    }

    /// The least contrast of the accent with what it stands on.
    pub fn contrast(&self) -> f64 {
        let grounds = self.theme.grounds().into_iter().chain([self.soft]);
        grounds.map(|ground| self.accent.contrast(ground)).fold(f64::INFINITY, f64::min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colour(text: &str) -> Colour {
        Colour::parse(text).unwrap()
    }

    #[test]
    fn contrast_is_wcag_s() {
        assert!((colour("#fff").contrast(colour("#000000")) - 21.0).abs() < 1e-9);
        // The well-known lightest grey that passes on white.
        assert!(colour("#767676").contrast(WHITE) >= ENOUGH);
        assert!(colour("#777777").contrast(WHITE) < ENOUGH);
    }

    #[test]
    fn colours_are_six_digits_or_three() {
        assert_eq!(colour(" 0A7 "), colour("#00aa77"));
        assert_eq!(colour("#0F6b63").to_string(), "#0f6b63");
        for bad in ["", "red", "#12", "#12345", "#1234567", "#ggg", "#0f6b6é"] {
            assert!(Colour::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn whatever_is_asked_for_something_near_can_be_read() {
        for theme in [Theme::Light, Theme::Dark] {
            assert_eq!(theme.readable(theme.accent()), theme.accent(), "our own needs no change");
            for red in (0..=255).step_by(51) {
                for green in (0..=255).step_by(51) {
                    for blue in (0..=255).step_by(51) {
                        let palette = Palette::new(theme, theme.readable(Colour([red, green, blue])));
                        assert!(palette.contrast() >= ENOUGH, "{palette:?}");
                        assert!(palette.on.contrast(palette.accent) >= ENOUGH, "{palette:?}");
                        assert!(palette.on.contrast(palette.strong) >= ENOUGH, "{palette:?}");
                    }
                }
            }
        }
    }
}
