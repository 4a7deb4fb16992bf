//! A sentence for people: English where programs and operators read it, and by its key in the languages of the pages.
//!
//! `sentence!("password-short", "Choose a password of at least {least} characters.", least = 12)`. The key stands in every
//! file of `templates/languages/` with the same values, in `en.ftl` word for word; `tests/it/languages.rs` compares.
//! `Display` is English; `web::language::say` speaks the reader's language.

use std::borrow::Cow;
use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    pub key: &'static str,
    pub values: Vec<(&'static str, Value)>,
    english: Cow<'static, str>,
}

/// What a sentence is filled with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Text(String),
    Number(i64),
    Sentence(Sentence),
}

/// A [`Sentence`] by its key, in English, with its values.
macro_rules! sentence {
    ($key:literal, $english:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::domain::sentence::Sentence::new(
            $key,
            $english,
            vec![$((stringify!($name), $crate::domain::sentence::Value::from($value))),*],
        )
    };
}
pub(crate) use sentence;

impl Sentence {
    pub fn new(key: &'static str, english: &'static str, values: Vec<(&'static str, Value)>) -> Self {
        Self { key, values, english: english.into() }
    }
}

impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest: &str = &self.english;
        if self.key.is_empty() {
            return f.write_str(rest);
        }
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else { break };
            f.write_str(before)?;
            match self.values.iter().find(|(each, _)| *each == name) {
                Some((_, Value::Text(text))) => f.write_str(text)?,
                Some((_, Value::Number(number))) => write!(f, "{number}")?,
                Some((_, Value::Sentence(sentence))) => write!(f, "{sentence}")?,
                None => write!(f, "{{{name}}}")?,
            }
            rest = after;
        }
        f.write_str(rest)
    }
}

/// A sentence that no language has yet.
impl From<&'static str> for Sentence {
    fn from(english: &'static str) -> Self {
        Self { key: "", values: Vec::new(), english: english.into() }
    }
}

impl From<String> for Sentence {
    fn from(english: String) -> Self {
        Self { key: "", values: Vec::new(), english: english.into() }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Sentence> for Value {
    fn from(sentence: Sentence) -> Self {
        Self::Sentence(sentence)
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_sentence_reads_in_english_with_its_values() {
        let said = sentence!("x", "The claim {name} has at most {most} characters.", name = "a{b}", most = 12_usize);
        assert_eq!(said.to_string(), "The claim a{b} has at most 12 characters.");
    }
}
