//! Keyset paging: where in an ordered list a page begins, by the key of the entry beside it and never by a number, so that
//! a page far down costs what the first one does and nothing is shown twice when entries come or go.

use std::fmt;
use std::str::FromStr;

use crate::clock::Timestamp;

/// Which page of a list. Pages are given in the order of the list, whichever side they are asked from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Place<K> {
    /// The first one.
    #[default]
    Top,
    /// The entries that follow this key.
    After(K),
    /// The entries that end before this key.
    Before(K),
}

impl<K> Place<K> {
    /// After this key, or at the top.
    pub fn after(key: Option<K>) -> Self {
        key.map_or(Self::Top, Self::After)
    }
}

/// The key of a list that has the newest first. Entries of one second are ordered by their ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key<I> {
    pub at: Timestamp,
    pub id: I,
}

impl<I: fmt::Display> fmt::Display for Key<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.at, self.id)
    }
}

/// What was not the text of a key.
#[derive(Debug, PartialEq, Eq)]
pub struct NotAKey;

impl<I: FromStr> FromStr for Key<I> {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let (at, id) = text.split_once('.').ok_or(NotAKey)?;
        Ok(Self { at: at.parse().map_err(|_| NotAKey)?, id: id.parse().map_err(|_| NotAKey)? })
    }
}

/// Narrows a query to a page of a list that has the newest first, and orders it from the side it is asked from. The first
/// condition is what an index of (time, id) is entered by; the second leaves out what shares the key's second.
macro_rules! newest_first {
    ($query:expr, $place:expr, $at:expr, $id:expr, $of:expr) => {
        match $place {
            $crate::store::paging::Place::Top => $query.order(($at.desc(), $id.desc())),
            $crate::store::paging::Place::After(key) => $query
                .filter($at.le(key.at))
                .filter($at.lt(key.at).or($id.lt($of(key))))
                .order(($at.desc(), $id.desc())),
            $crate::store::paging::Place::Before(key) => {
                $query.filter($at.ge(key.at)).filter($at.gt(key.at).or($id.gt($of(key)))).order(($at.asc(), $id.asc()))
            }
        }
    };
}
pub(super) use newest_first;

/// The order of the list, for rows that were read from its other side.
pub(super) fn in_order<T, K>(mut rows: Vec<T>, place: &Place<K>) -> Vec<T> {
    if matches!(place, Place::Before(_)) {
        rows.reverse();
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_was_written() {
        let key = Key { at: 1_794_651_200, id: "c_9aVqk2Lw0T".to_owned() };
        assert_eq!(key.to_string().parse(), Ok(key));
        for bad in ["", "17", "x.c_1", ".c_1"] {
            assert_eq!(bad.parse::<Key<String>>(), Err(NotAKey), "{bad:?}");
        }
    }
}
