//! A bounded memory that keeps what is asked for again.
//!
//! When it is full, the oldest goes; but one that was asked for since it came, or since it was last spared, is spared once
//! more and counts as new ("second chance"). So a flood of what nobody asks for twice pushes out little of what many do, and
//! asking takes no lock but that of readers. Where all were asked for, one goes all the same: whoever adds something does not walk
//! through all there are, with all others waiting. Nor does who takes something out: it leaves an empty place in the queue.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How many are spared at once.
const MOST_SPARED: usize = 64;
/// What an empty place weighs at most, in bytes: its name, in a table and a queue.
const PLACE: usize = 200;

/// Values by their names, up to a weight.
pub struct SecondChance<V> {
    kept: HashMap<Arc<str>, Kept<V>>,
    /// Oldest first.
    order: VecDeque<Arc<str>>,
    weight: usize,
    most: usize,
}

struct Kept<V> {
    /// `None` where it was taken out.
    value: Option<V>,
    weight: usize,
    was_asked_for: AtomicBool,
}

impl<V> SecondChance<V> {
    /// A memory for values that weigh `most` together.
    pub fn new(most: usize) -> Self {
        Self { kept: HashMap::new(), order: VecDeque::new(), weight: 0, most }
    }

    pub fn get(&self, name: &str) -> Option<&V> {
        let kept = self.kept.get(name)?;
        let value = kept.value.as_ref()?;
        // Mostly it is set already, and then the processors need not agree on it.
        if !kept.was_asked_for.load(Ordering::Relaxed) {
            kept.was_asked_for.store(true, Ordering::Relaxed);
        }
        Some(value)
    }

    /// Takes a value out. Its place goes in its turn, or serves the next value of that name.
    pub fn remove(&mut self, name: &str) -> Option<V> {
        let kept = self.kept.get_mut(name)?;
        let value = kept.value.take()?;
        let place = kept.weight.min(PLACE);
        self.weight -= kept.weight - place;
        kept.weight = place;
        *kept.was_asked_for.get_mut() = false;
        Some(value)
    }

    /// Keeps a value, in place of an earlier one of that name. One that is too heavy alone is not kept.
    pub fn insert(&mut self, name: &str, value: V, weight: usize) {
        if weight > self.most {
            return;
        }
        let new = Kept { value: Some(value), weight, was_asked_for: AtomicBool::new(false) };
        self.weight += weight;
        if let Some(earlier) = self.kept.get_mut(name) {
            self.weight -= earlier.weight;
            *earlier = new;
        } else {
            let name: Arc<str> = name.into();
            self.order.push_back(Arc::clone(&name));
            self.kept.insert(name, new);
        }
        let mut spared = 0;
        while self.weight > self.most {
            spared += usize::from(self.push_out(spared < MOST_SPARED));
        }
    }

    /// Lets the oldest go, or spares it where that may be; whether it was spared.
    fn push_out(&mut self, may_spare: bool) -> bool {
        let Some(oldest) = self.order.pop_front() else { return false };
        if let Some(kept) = self.kept.get_mut(&oldest)
            && std::mem::take(kept.was_asked_for.get_mut())
            && may_spare
        {
            self.order.push_back(oldest);
            return true;
        }
        if let Some(gone) = self.kept.remove(&oldest) {
            self.weight -= gone.weight;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names<V>(memory: &SecondChance<V>) -> Vec<String> {
        let kept = memory.kept.iter().filter(|(_, kept)| kept.value.is_some());
        let mut names: Vec<String> = kept.map(|(name, _)| name.to_string()).collect();
        names.sort();
        names
    }

    #[test]
    fn the_oldest_goes_unless_it_was_asked_for() {
        let mut memory = SecondChance::new(3);
        for name in ["a", "b", "c"] {
            memory.insert(name, name, 1);
        }
        assert_eq!(memory.get("a"), Some(&"a"));
        memory.insert("d", "d", 1);
        assert_eq!(names(&memory), ["a", "c", "d"]);
        // It was spared for that one question only.
        for name in ["e", "f", "g"] {
            memory.insert(name, name, 1);
        }
        assert_eq!(names(&memory), ["e", "f", "g"]);
    }

    #[test]
    fn where_all_were_asked_for_one_goes_before_all_are_looked_at() {
        let mut memory = SecondChance::new(3 * MOST_SPARED);
        let name = |number: usize| number.to_string();
        for number in 0..3 * MOST_SPARED {
            memory.insert(&name(number), number, 1);
            assert!(memory.get(&name(number)).is_some());
        }
        memory.insert("new", 0, 1);
        assert_eq!(memory.get(&name(MOST_SPARED)), None, "the first that was not spared");
        assert!(memory.get("0").is_some() && memory.get("new").is_some());
        assert_eq!(memory.weight, 3 * MOST_SPARED);
    }

    #[test]
    fn weights_are_bounded_and_a_name_is_kept_once() {
        let mut memory = SecondChance::new(10);
        memory.insert("a", 1, 4);
        memory.insert("a", 2, 5);
        assert_eq!((memory.kept["a"].value, memory.weight, memory.order.len()), (Some(2), 5, 1));
        memory.insert("b", 3, 11);
        assert_eq!(names(&memory), ["a"], "too heavy alone");
        memory.insert("b", 3, 10);
        assert_eq!((names(&memory), memory.weight), (vec!["b".to_owned()], 10));
    }

    #[test]
    fn what_is_taken_out_leaves_a_place_that_serves_again_or_goes_in_its_turn() {
        let mut memory = SecondChance::new(1000);
        memory.insert("a", 1, 500);
        memory.insert("b", 2, 400);
        assert_eq!(memory.get("a"), Some(&1));
        assert_eq!([memory.remove("a"), memory.remove("a"), memory.remove("c")], [Some(1), None, None]);
        assert_eq!((memory.get("a"), names(&memory), memory.weight), (None, vec!["b".to_owned()], 400 + PLACE));
        memory.insert("a", 3, 500);
        assert_eq!((memory.get("a"), memory.weight, memory.order.len()), (Some(&3), 900, 2));
        memory.remove("a");
        memory.insert("c", 4, 500);
        assert_eq!((names(&memory), memory.weight), (vec!["b".to_owned(), "c".to_owned()], 900));
        assert_eq!((memory.kept.len(), memory.order.len()), (2, 2));
    }
}
