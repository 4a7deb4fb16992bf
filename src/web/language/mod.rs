//! Languages: every text that a person reads on a page, in one file per language.
//!
//! The texts are in `templates/languages/*.ftl` ([Fluent](https://projectfluent.org/fluent/guide/)), grouped by page. A new
//! file is a new language: `de.ftl` is found at the build and offered at once. `tests/it/languages.rs` fails when a language
//! lacks a text, has one that nobody asks for, or fills it with other values.
//!
//! - In a template: `{{ t!("login-heading") }}`; with values `{{ t!("consent-lasts", time = self.duration) }}`. A macro
//!   sees Rust, not askama: members of the page need `self.`, names bound in the template do not.
//! - With markup around a value: `{{ html!("login-client", client = client_name) }}` for the text
//!   `to continue to <b>{ $client }</b>`. The text's tags count, what the values hold is escaped.
//! - In Rust: `user.flash(t!("profile-saved"))`, `errors.with("uri", t!("resources-not-a-uri"))`. The result is a `String`.
//! - A key that is chosen in one place and asked for in another: `key!("scope-email")`, later `t!(key)`.
//! - A `Moment` among markup is a `<time>` with the absolute one on hover.
//! - A number as a value is formatted, and chooses plurals: `{ $count -> [one] … *[other] … }`. Years and ids are strings.
//! - What `domain` and `management` refuse is a [`Sentence`]: English where programs read, [`say`] on pages.
//! - Nothing to pass along: the language belongs to the request that is answered ([`choice`] says how it is chosen), and
//!   outside one it is English. Error descriptions of the protocol, logs, the API and the command line stay English.

use std::cell::Cell;
use std::sync::LazyLock;
use std::sync::atomic::Ordering;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use rust_embed::Embed;

use super::page::{Counted, Moment};
use crate::domain::sentence::{self, Sentence};
use crate::telemetry::context;
use choice::Because;

/// The text of a key in the language of this request, as a `String`: `t!("key", name = value)`.
macro_rules! t {
    ($key:expr $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::web::language::text($key, &[$((stringify!($name), $crate::web::language::Value::of(&$value))),*])
    };
}

/// The same for a text with markup: its values are escaped, and the result is not escaped again.
macro_rules! html {
    ($key:expr $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::web::language::markup($key, &[$((stringify!($name), $crate::web::language::Value::of(&$value))),*])
    };
}

/// Marks a key that is asked for elsewhere.
macro_rules! key {
    ($key:literal) => {
        $key
    };
}

// After the macros, which they use.
pub mod choice;
pub mod clients;
mod particle;
pub mod scopes;

#[derive(Embed)]
#[folder = "templates/languages/"]
struct Files;

/// A language of the pages.
#[derive(Clone, Copy)]
pub struct Language(&'static Loaded);

struct Loaded {
    tag: String,
    bundle: FluentBundle<FluentResource>,
}

static LANGUAGES: LazyLock<Vec<Loaded>> = LazyLock::new(|| {
    let mut tags: Vec<String> = Files::iter().filter_map(|file| file.strip_suffix(".ftl").map(str::to_owned)).collect();
    tags.sort();
    tags.into_iter().map(Loaded::read).collect()
});

static ENGLISH: LazyLock<Language> =
    LazyLock::new(|| Language::all().find(|language| language.tag() == "en").expect("en.ftl is in the repository"));

impl Loaded {
    fn read(tag: String) -> Self {
        let file = Files::get(&format!("{tag}.ftl")).expect("it was listed");
        let text = String::from_utf8(file.data.into_owned()).expect("the test reads every language");
        // What cannot be read is left out, and falls back to English; the test names it.
        let resource = FluentResource::try_new(text).unwrap_or_else(|(resource, _)| resource);
        let mut bundle = FluentBundle::new_concurrent(tag.parse().into_iter().collect());
        // Marks around values are for texts of two directions of writing, and would be copied with them.
        bundle.set_use_isolating(false);
        bundle.set_formatter(Some(|value, _| match value {
            FluentValue::Number(number) => Some(grouped(&number.as_string())),
            _ => None,
        }));
        bundle.add_function("PARTICLE", particle::of).expect("no other function has the name");
        bundle.add_resource_overriding(resource);
        Self { tag, bundle }
    }
}

impl Language {
    pub fn all() -> impl Iterator<Item = Self> {
        LANGUAGES.iter().map(Self)
    }

    pub fn english() -> Self {
        *ENGLISH
    }

    /// Counted from one.
    fn numbered(number: usize) -> Option<Self> {
        LANGUAGES.get(number.checked_sub(1)?).map(Self)
    }

    /// As in `html lang` (BCP 47).
    pub fn tag(self) -> &'static str {
        &self.0.tag
    }

    /// What its speakers call it.
    pub fn name(self) -> String {
        within(self, || t!("language-name"))
    }

    fn format(self, key: &str, values: &[(&'static str, Value<'_>)]) -> Option<String> {
        let pattern = self.0.bundle.get_message(key)?.value()?;
        let mut arguments = FluentArgs::with_capacity(values.len());
        for (name, value) in values {
            arguments.set(*name, value.plain.clone());
        }
        let mut problems = Vec::new();
        let text = self.0.bundle.format_pattern(pattern, Some(&arguments), &mut problems).into_owned();
        debug_assert!(problems.is_empty(), "{key} in {}: {problems:?}", self.tag());
        Some(text)
    }
}

impl PartialEq for Language {
    fn eq(&self, other: &Self) -> bool {
        self.tag() == other.tag()
    }
}

impl Eq for Language {}

tokio::task_local! {
    static CURRENT: Cell<(Because, Language)>;
}

/// The language of the request that is being answered, also where the store does something for it.
pub fn current() -> Language {
    let elsewhere = || context::with(|request| request.language.load(Ordering::Relaxed)).and_then(Language::numbered);
    CURRENT.try_with(Cell::get).map_or_else(|_| elsewhere().unwrap_or_else(Language::english), |(_, language)| language)
}

/// Lets the language be known on other threads that work for this request.
fn remember(language: Language) {
    let number = LANGUAGES.iter().position(|each| each.tag == language.tag()).map_or(0, |at| at + 1);
    context::with(|request| request.language.store(number, Ordering::Relaxed));
}

/// Runs `work` in a language, whatever the request's is.
pub fn within<T>(language: Language, work: impl FnOnce() -> T) -> T {
    CURRENT.sync_scope(Cell::new((Because::Asked, language)), work)
}

/// A value in a text, and what stands for it among markup.
pub struct Value<'a> {
    plain: FluentValue<'a>,
    marked: Option<String>,
}

impl<'a> Value<'a> {
    pub fn of(value: &'a (impl Speakable + ?Sized)) -> Self {
        Self { plain: value.spoken(), marked: value.marked() }
    }

    fn escaped(&self) -> Self {
        let plain = match (&self.marked, &self.plain) {
            (Some(marked), _) => FluentValue::from(marked.clone()),
            (None, FluentValue::String(text)) => FluentValue::from(escaped(text)),
            (None, value) => value.clone(),
        };
        Self { plain, marked: None }
    }
}

/// What may stand in a text.
pub trait Speakable {
    fn spoken(&self) -> FluentValue<'_>;

    /// What stands for it among markup, when that is not its text, escaped.
    fn marked(&self) -> Option<String> {
        None
    }
}

impl Speakable for Moment {
    fn spoken(&self) -> FluentValue<'_> {
        self.relative.as_str().into()
    }

    fn marked(&self) -> Option<String> {
        let [iso, absolute, relative] = [&self.iso, &self.absolute, &self.relative].map(|text| escaped(text));
        Some(format!("<time datetime=\"{iso}\" title=\"{absolute}\">{relative}</time>"))
    }
}

impl Speakable for Counted {
    fn spoken(&self) -> FluentValue<'_> {
        if self.number > self.most { t!("more-than", count = self.most).into() } else { self.number.into() }
    }
}

impl Speakable for str {
    fn spoken(&self) -> FluentValue<'_> {
        self.into()
    }
}

impl Speakable for String {
    fn spoken(&self) -> FluentValue<'_> {
        self.as_str().into()
    }
}

impl<T: Speakable + ?Sized> Speakable for &T {
    fn spoken(&self) -> FluentValue<'_> {
        (**self).spoken()
    }

    fn marked(&self) -> Option<String> {
        (**self).marked()
    }
}

macro_rules! numbers {
    ($($number:ty)*) => {
        $(impl Speakable for $number {
            fn spoken(&self) -> FluentValue<'_> {
                (*self).into()
            }
        })*
    };
}

numbers!(u16 i32 u32 i64 u64 usize);

/// A sentence of the domain in the language of this request.
pub fn say(sentence: &Sentence) -> String {
    let values = sentence.values.iter().map(|(name, value)| match value {
        sentence::Value::Text(text) => (*name, Value::of(text)),
        sentence::Value::Number(number) => (*name, Value::of(number)),
        sentence::Value::Sentence(inner) => (*name, Value { plain: say(inner).into(), marked: None }),
    });
    let values: Vec<_> = values.collect();
    current().format(sentence.key, &values).unwrap_or_else(|| sentence.to_string())
}

/// What `t!` stands for.
pub fn text(key: impl AsRef<str>, values: &[(&'static str, Value<'_>)]) -> String {
    let (key, language) = (key.as_ref(), current());
    let fallback = || Language::english().format(key, values);
    language.format(key, values).or_else(fallback).unwrap_or_else(|| {
        debug_assert!(false, "no language has the text {key}");
        key.to_owned()
    })
}

/// What `html!` stands for.
pub fn markup(key: impl AsRef<str>, values: &[(&'static str, Value<'_>)]) -> askama::filters::Safe<String> {
    let values: Vec<_> = values.iter().map(|(name, value)| (*name, value.escaped())).collect();
    askama::filters::Safe(text(key, &values))
}

fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut safe, each| {
        match each {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            each => safe.push(each),
        }
        safe
    })
}

/// `1234567` as `1,234,567`, which English and Korean write alike. A language that does not comes with its own sign.
fn grouped(number: &str) -> String {
    let (whole, fraction) = number.split_once('.').map_or((number, None), |(whole, rest)| (whole, Some(rest)));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut text = sign.to_owned();
    for (at, digit) in digits.chars().enumerate() {
        // Four digits are read at a glance.
        if at > 0 && digits.len() > 4 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    if let Some(fraction) = fraction {
        text.extend([".", fraction]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn korean() -> Language {
        choice::find("ko").expect("there is a Korean file")
    }

    #[test]
    fn a_text_is_in_the_language_in_force() {
        assert_eq!(t!("language-name"), "English");
        assert_eq!(within(korean(), || t!("language-name")), "한국어");
    }

    #[test]
    fn values_are_escaped_where_the_text_has_markup() {
        let client = "<script>&'";
        let askama::filters::Safe(shown) = html!("login-client", client = client);
        assert_eq!(shown, "to continue to <b>&lt;script&gt;&amp;&#39;</b>");
    }

    #[test]
    fn numbers_are_grouped_in_thousands() {
        let seen = ["7", "1234", "12345", "1234567", "-98765.25"].map(grouped);
        assert_eq!(seen, ["7", "1234", "12,345", "1,234,567", "-98,765.25"]);
    }
}
