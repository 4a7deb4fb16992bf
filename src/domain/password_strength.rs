//! How hard a password is to guess, for those who know what people choose.
//!
//! NIST SP 800-63B-4 §3.1.1.2: no rules of composition; what is common, expected or made of the user's own names is refused,
//! and the reason is told. zxcvbn knows common passwords, names, words, rows of keys, dates and repetitions, estimates how
//! many guesses it takes, and names the weakest part.

use zxcvbn::feedback::{Feedback, Warning};
use zxcvbn::{Score, zxcvbn};

use super::sentence::{Sentence, sentence};

/// What is looked at. More can only make a password harder to guess, and estimating takes longer than it adds.
const LOOKED_AT: usize = 64;
/// Words that short are in everything.
const SHORTEST_WORD: usize = 4;
/// What people who make a password for this very server think of.
const PRODUCT: &str = "grantor";

/// An estimate of how many guesses a password takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strength {
    /// 0 (a thousand guesses) to 4 (more than ten thousand million).
    pub score: u8,
    /// Why it is not enough.
    pub weakness: Option<Sentence>,
}

impl Strength {
    /// What it takes: more guesses than anybody makes for one account who has got hold of its hash. `Password-2024!` is worth 3.
    pub const ENOUGH: u8 = 4;

    /// Estimates; `personal` is what everybody who knows the user tries (username, e-mail address).
    pub fn of(text: &str, personal: &[&str]) -> Self {
        let text: String = text.chars().take(LOOKED_AT).collect();
        let lower: Vec<String> = personal.iter().map(|each| each.to_lowercase()).collect();
        let mut words: Vec<&str> = lower.iter().map(String::as_str).collect();
        words.extend(lower.iter().flat_map(|each| each.split(|c: char| !c.is_alphanumeric())));
        words.retain(|word| word.chars().count() >= SHORTEST_WORD);
        words.push(PRODUCT);
        let estimate = zxcvbn(&text, &words);
        let score = match estimate.score() {
            Score::Zero => 0,
            Score::One => 1,
            Score::Two => 2,
            Score::Three => 3,
            _ => Self::ENOUGH,
        };
        let weakness = (score < Self::ENOUGH).then(|| {
            let lower = text.to_lowercase();
            let is_personal = words.iter().any(|word| *word != PRODUCT && lower.contains(word));
            let warning = estimate.feedback().and_then(Feedback::warning);
            if is_personal { personal_words() } else { in_words(warning) }
        });
        Self { score, weakness }
    }
}

fn personal_words() -> Sentence {
    sentence!(
        "password-personal",
        "This password is easy to guess for whoever knows your name or address. Choose another, for example four unrelated \
         words."
    )
}

fn in_words(warning: Option<Warning>) -> Sentence {
    use Warning as W;
    match warning {
        Some(W::ThisIsATop10Password | W::ThisIsATop100Password | W::ThisIsACommonPassword) => sentence!(
            "password-common",
            "Many people have this password, so it is tried first. Choose another, for example four unrelated words."
        ),
        Some(W::ThisIsSimilarToACommonlyUsedPassword) => sentence!(
            "password-nearly-common",
            "This is a common password with small changes, which are tried too. Choose another, for example four unrelated \
             words."
        ),
        Some(W::RepeatsLikeAaaAreEasyToGuess | W::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess) => sentence!(
            "password-repeats",
            "This password repeats itself, which adds little to guess. Choose another, for example four unrelated words."
        ),
        Some(W::SequencesLikeAbcAreEasyToGuess) => sentence!(
            "password-sequence",
            "Sequences such as abcd or 6543 are easy to guess. Choose another password, for example four unrelated words."
        ),
        Some(W::StraightRowsOfKeysAreEasyToGuess | W::ShortKeyboardPatternsAreEasyToGuess) => sentence!(
            "password-keys",
            "Keys that are neighbours on the keyboard are easy to guess. Choose another password, for example four unrelated \
             words."
        ),
        Some(W::RecentYearsAreEasyToGuess | W::DatesAreOftenEasyToGuess) => sentence!(
            "password-date",
            "Dates and years are easy to guess. Choose another password, for example four unrelated words."
        ),
        Some(W::NamesAndSurnamesByThemselvesAreEasyToGuess | W::CommonNamesAndSurnamesAreEasyToGuess) => sentence!(
            "password-name",
            "Names are easy to guess. Choose another password, for example four unrelated words."
        ),
        Some(W::AWordByItselfIsEasyToGuess) | None => sentence!(
            "password-easy",
            "This password is easy to guess. Choose another, for example four unrelated words."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_many_people_choose_is_weak_and_the_reason_is_told() {
        for (text, key) in [
            ("password1234", "password-common"),
            ("Sunshine2024!", "password-nearly-common"),
            ("aaaaaaaaaaaaaa", "password-repeats"),
            ("abcdefghijklmn", "password-sequence"),
            ("alice.example1", "password-personal"),
        ] {
            let strength = Strength::of(text, &["alice", "alice@example.com"]);
            assert_eq!(strength.weakness.map(|sentence| sentence.key), Some(key), "{text}: {}", strength.score);
        }
    }

    #[test]
    fn unrelated_words_are_strong_in_any_language() {
        for text in ["tulip anchor seven bread", "나는 오늘 아침 사과를 먹었다", "пароль из четырёх слов"]
        {
            assert_eq!(Strength::of(text, &["alice"]), Strength { score: Strength::ENOUGH, weakness: None }, "{text}");
        }
    }
}
