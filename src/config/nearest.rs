//! Which name was meant, when one is misspelt.

/// The candidate that looks most like `name`, if one does.
pub(super) fn nearest<T: AsRef<str>>(name: &str, candidates: impl Iterator<Item = T>) -> Option<T> {
    let (distance, candidate) = candidates
        .map(|candidate| (edit_distance(name, candidate.as_ref()), candidate))
        .min_by_key(|(distance, _)| *distance)?;
    (distance <= 4).then_some(candidate)
}

/// How many letters to insert, remove or change to make one of the other (Levenshtein).
fn edit_distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.bytes().enumerate() {
            let changed = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}
