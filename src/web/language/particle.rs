//! The Korean particle after a name: which of two it is depends on the name's last sound.
//!
//! In a text: `{ $client }{ PARTICLE($client, "이/가") }`. A name in Hangul, or one that ends in a digit, says which; after
//! any other the reader gets both, as printed forms in Korea do: `이(가)`.

use fluent_bundle::{FluentArgs, FluentValue};

pub fn of<'a>(positional: &[FluentValue<'a>], _named: &FluentArgs) -> FluentValue<'a> {
    match positional {
        [FluentValue::String(name), FluentValue::String(pair)] => after(name, pair).into(),
        [FluentValue::Number(number), FluentValue::String(pair)] => after(&number.as_string(), pair).into(),
        _ => FluentValue::Error,
    }
}

/// `pair` has the particle after a consonant first: `을/를`, `으로/로`.
fn after(name: &str, pair: &str) -> String {
    let (consonant, vowel) = pair.split_once('/').unwrap_or((pair, pair));
    match Ending::of(name) {
        Some(Ending::Vowel) => vowel.to_owned(),
        // 서울로: ㄹ counts as a vowel here.
        Some(Ending::Rieul) if consonant == "으로" => vowel.to_owned(),
        Some(Ending::Rieul | Ending::Consonant) => consonant.to_owned(),
        None if consonant == "으로" => "(으)로".to_owned(),
        None => format!("{consonant}({vowel})"),
    }
}

enum Ending {
    Vowel,
    Consonant,
    Rieul,
}

impl Ending {
    fn of(name: &str) -> Option<Self> {
        match name.chars().next_back()? {
            syllable @ '가'..='힣' => Some(match (u32::from(syllable) - u32::from('가')) % 28 {
                0 => Self::Vowel,
                8 => Self::Rieul,
                _ => Self::Consonant,
            }),
            '1' | '7' | '8' => Some(Self::Rieul),
            '0' | '3' | '6' => Some(Self::Consonant),
            '2' | '4' | '5' | '9' => Some(Self::Vowel),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_particle_fits_the_last_sound() {
        let cases = [
            ("철수", "이/가", "가"),
            ("지원", "이/가", "이"),
            ("서울", "으로/로", "로"),
            ("부산", "으로/로", "으로"),
            ("앱 3", "을/를", "을"),
            ("앱 2", "을/를", "를"),
            ("Acme", "은/는", "은(는)"),
            ("acme.example", "으로/로", "(으)로"),
            ("", "을/를", "을(를)"),
        ];
        for (name, pair, expected) in cases {
            assert_eq!(after(name, pair), expected, "{name}");
        }
    }
}
