//! What stands for a client beside its name: its picture, which is ours to serve, or else its initials.

use crate::domain::client::Client;
use crate::web::language;
use crate::web::routes;

/// A picture or initials.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Face {
    /// Where the picture is: at our own address, never at the client's, which would learn who looks.
    pub logo: Option<String>,
    pub initials: String,
}

impl Face {
    pub fn of(client: &Client) -> Self {
        Self {
            logo: client.logo.as_deref().map(routes::client_logo),
            initials: initials(&language::clients::name(client)),
        }
    }

    /// Without a picture.
    pub fn named(name: &str) -> Self {
        Self { logo: None, initials: initials(name) }
    }
}

/// The first letters of the first two words.
fn initials(name: &str) -> String {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.take(2).filter_map(|word| word.chars().next()).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn initials_are_of_the_first_two_words() {
        for (name, expected) in [
            ("Acme Reports", "AR"),
            ("notes", "N"),
            ("  the (new) app of ours", "TN"),
            ("한국 앱", "한앱"),
            ("<b>", "B"),
            ("", ""),
            ("!?", ""),
        ] {
            assert_eq!(initials(name), expected, "{name}");
        }
    }
}
