//! Where two texts differ, character by character: what is only in the expected one, and what is only in the received one.

/// A run of characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub text: String,
    /// In both texts.
    pub is_common: bool,
}

/// Two texts, side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diff {
    pub expected: Vec<Part>,
    pub received: Vec<Part>,
    /// Where they first differ, counted from 1.
    pub first: usize,
}

/// Characters of the middle beyond which a difference is not looked into.
const MAX: usize = 1024;

impl Diff {
    /// `None` for texts that are the same.
    pub fn of(expected: &str, received: &str) -> Option<Self> {
        if expected == received {
            return None;
        }
        let (left, right): (Vec<char>, Vec<char>) = (expected.chars().collect(), received.chars().collect());
        let start = left.iter().zip(&right).take_while(|(a, b)| a == b).count();
        let end = left[start..].iter().rev().zip(right[start..].iter().rev()).take_while(|(a, b)| a == b).count();
        let (middle_left, middle_right) = (&left[start..left.len() - end], &right[start..right.len() - end]);
        let (mut in_left, mut in_right) = (vec![true; left.len()], vec![true; right.len()]);
        let (common_left, common_right) = common(middle_left, middle_right);
        in_left[start..left.len() - end].copy_from_slice(&common_left);
        in_right[start..right.len() - end].copy_from_slice(&common_right);
        Some(Self { expected: parts(&left, &in_left), received: parts(&right, &in_right), first: start + 1 })
    }

    /// The difference to whichever of `candidates` is the nearest.
    pub fn nearest<'a>(candidates: &'a [String], received: &str) -> Option<(&'a str, Self)> {
        let diffs = candidates.iter().filter_map(|each| Some((each.as_str(), Self::of(each, received)?)));
        diffs.min_by_key(|(_, diff)| diff.size())
    }

    /// How many characters differ.
    fn size(&self) -> usize {
        let parts = self.expected.iter().chain(&self.received);
        parts.filter(|part| !part.is_common).map(|part| part.text.chars().count()).sum()
    }
}

/// Which characters belong to a longest common subsequence.
fn common(left: &[char], right: &[char]) -> (Vec<bool>, Vec<bool>) {
    let (mut in_left, mut in_right) = (vec![false; left.len()], vec![false; right.len()]);
    if left.len() > MAX || right.len() > MAX {
        return (in_left, in_right);
    }
    let width = right.len() + 1;
    let mut lengths = vec![0_u16; (left.len() + 1) * width];
    for i in (0..left.len()).rev() {
        for j in (0..right.len()).rev() {
            lengths[i * width + j] = if left[i] == right[j] {
                lengths[(i + 1) * width + j + 1] + 1
            } else {
                lengths[(i + 1) * width + j].max(lengths[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < left.len() && j < right.len() {
        if left[i] == right[j] {
            (in_left[i], in_right[j]) = (true, true);
            (i, j) = (i + 1, j + 1);
        } else if lengths[(i + 1) * width + j] >= lengths[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    (in_left, in_right)
}

fn parts(text: &[char], is_common: &[bool]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for (character, is_common) in text.iter().zip(is_common) {
        match parts.last_mut() {
            Some(last) if last.is_common == *is_common => last.text.push(*character),
            _ => parts.push(Part { text: character.to_string(), is_common: *is_common }),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(parts: &[Part]) -> String {
        parts.iter().map(|part| if part.is_common { part.text.clone() } else { format!("[{}]", part.text) }).collect()
    }

    #[test]
    fn what_differs_is_marked_in_each_text() {
        for (expected, received, left, right, first) in [
            (
                "https://rp.example/cb",
                "https://rp.example/cb/",
                "https://rp.example/cb",
                "https://rp.example/cb[/]",
                22,
            ),
            ("https://rp.example/cb", "http://rp.example/CB", "http[s]://rp.example/[cb]", "http://rp.example/[CB]", 5),
            (
                "http://localhost/cb",
                "http://localhost:3000/cb",
                "http://localhost/cb",
                "http://localhost[:3000]/cb",
                17,
            ),
            ("ä", "", "[ä]", "", 1),
        ] {
            let diff = Diff::of(expected, received).unwrap();
            assert_eq!((marked(&diff.expected), marked(&diff.received)), (left.to_owned(), right.to_owned()));
            assert_eq!(diff.first, first, "{received}");
        }
        assert_eq!(Diff::of("a", "a"), None);
    }

    #[test]
    fn the_nearest_of_several_is_compared() {
        let candidates = ["https://other.example/x".to_owned(), "https://rp.example/callback".to_owned()];
        assert_eq!(Diff::nearest(&candidates, "https://rp.example/calback").unwrap().0, candidates[1]);
    }
}
