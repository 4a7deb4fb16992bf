//! Scopes as people read them, wherever the console shows or offers them.

use crate::domain::scope::{self, Scope, ScopeCatalog};
use crate::web::page::{Choice, ScopeLine};

/// Scopes in words, as far as somebody described them.
pub fn scope_lines(scope: &Scope, catalog: &ScopeCatalog) -> Vec<ScopeLine> {
    scope::names(scope)
        .into_iter()
        .map(|name| ScopeLine::new(name, catalog.find(name).map_or("", |entry| entry.description.as_str())))
        .collect()
}

/// One checkbox for each scope there is.
pub fn scope_choices(catalog: &ScopeCatalog, chosen: &[&str]) -> Vec<Choice> {
    catalog
        .iter()
        .map(|entry| Choice::new(&entry.name, &entry.description, "", chosen.contains(&entry.name.as_str())))
        .collect()
}
