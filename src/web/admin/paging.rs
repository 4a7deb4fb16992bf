//! The pages of the console's lists: which one is asked for, what is on it, and the links to its neighbours.

use std::fmt::Display;
use std::str::FromStr;

use crate::protocol::parameters::Parameters;
use crate::store::StoreError;
use crate::store::paging::Place;
use crate::web::error::PageError;
use crate::web::page::Pager;
use crate::web::routes;

/// Entries on one page.
const PAGE: usize = 50;
/// By this one more it is known whether there is another page.
const PAGE_AND_ONE: i64 = 51;

/// A page of a list.
pub struct Slice<T, K> {
    pub items: Vec<T>,
    /// The key before which the page above ends; `None` at the top.
    above: Option<K>,
    /// The key after which the page below begins; `None` at the end.
    below: Option<K>,
}

/// Which page a query asks for: `?before=` or `?after=` a key.
///
/// # Errors
/// When there is no such key.
pub fn place_of<K: FromStr>(query: &Parameters) -> Result<Place<K>, PageError> {
    let key = |name| query.get(name).map(str::parse).transpose().map_err(|_| PageError::NotFound);
    Ok(match (key("before")?, key("after")?) {
        (Some(key), _) => Place::Before(key),
        (None, Some(key)) => Place::After(key),
        (None, None) => Place::Top,
    })
}

impl<T, K> Default for Slice<T, K> {
    fn default() -> Self {
        Self { items: Vec::new(), above: None, below: None }
    }
}

impl<T, K> Slice<T, K> {
    /// Reads a page with `list`, which takes the place and the most entries to give.
    ///
    /// # Errors
    /// Those of `list`.
    pub fn read(
        mut place: Place<K>,
        mut list: impl FnMut(&Place<K>, i64) -> Result<Vec<T>, StoreError>,
        key: impl Fn(&T) -> K,
    ) -> Result<Self, StoreError> {
        let mut items = list(&place, PAGE_AND_ONE)?;
        if matches!(place, Place::Before(_)) && items.len() <= PAGE {
            // There is no page above this one: it is the first, and a whole one.
            place = Place::Top;
            items = list(&place, PAGE_AND_ONE)?;
        }
        let has_more = items.len() > PAGE;
        let (is_above, is_below) = match place {
            Place::Top => (false, has_more),
            Place::After(_) => (true, has_more),
            Place::Before(_) => {
                // What is too much lies above.
                items.remove(0);
                (true, true)
            }
        };
        items.truncate(PAGE);
        let above = items.first().filter(|_| is_above).map(&key);
        let below = items.last().filter(|_| is_below).map(&key);
        Ok(Self { items, above, below })
    }

    /// Other items for the same page.
    pub fn with<U>(&self, items: Vec<U>) -> Slice<U, K>
    where
        K: Clone,
    {
        Slice { items, above: self.above.clone(), below: self.below.clone() }
    }
}

impl<T, K: Display> Slice<T, K> {
    /// The links to the pages above and below, at `path` with the filter that is kept.
    pub fn pager(&self, path: &str, filter: &[(&str, &str)]) -> Pager {
        let link = |name, key: &K| routes::with_query(path, &[filter, &[(name, &key.to_string())]].concat());
        Pager {
            previous: self.above.as_ref().map(|key| link("before", key)),
            next: self.below.as_ref().map(|key| link("after", key)),
        }
    }
}
