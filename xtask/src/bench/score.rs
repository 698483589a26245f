//! Word error rate: substitutions, deletions and insertions between what was said and what was heard.

use std::iter::Sum;
use std::ops::{Add, AddAssign};

/// Errors counted over some words of a reference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Errors {
    pub substitutions: usize,
    pub deletions: usize,
    pub insertions: usize,
    /// Words of the reference.
    pub words: usize,
}

impl Errors {
    pub fn count(&self) -> usize {
        self.substitutions + self.deletions + self.insertions
    }

    /// Errors a word of the reference; 0 where there is neither a word nor an error, infinite for errors without words.
    pub fn rate(&self) -> f64 {
        if self.count() == 0 { 0.0 } else { self.count() as f64 / self.words as f64 }
    }
}

impl Add for Errors {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            substitutions: self.substitutions + other.substitutions,
            deletions: self.deletions + other.deletions,
            insertions: self.insertions + other.insertions,
            words: self.words + other.words,
        }
    }
}

impl AddAssign for Errors {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Errors {
    fn sum<I: Iterator<Item = Self>>(errors: I) -> Self {
        errors.fold(Self::default(), Add::add)
    }
}

/// One step of an alignment, in order of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Same,
    Substituted,
    /// A word of the reference that was not heard.
    Deleted,
    /// A word heard that is not in the reference.
    Inserted,
}

/// Aligns two texts with the fewest errors (Levenshtein distance over words, every error costs 1).
///
/// Memory and time grow with the product of the lengths: a few thousand words each.
pub fn align<T: PartialEq>(reference: &[T], heard: &[T]) -> Vec<Step> {
    let width = heard.len() + 1;
    let mut cost = vec![0_u32; (reference.len() + 1) * width];
    for (column, cost) in cost[..width].iter_mut().enumerate() {
        *cost = column as u32;
    }
    for row in 1..=reference.len() {
        cost[row * width] = row as u32;
        for column in 1..width {
            let diagonal = cost[(row - 1) * width + column - 1];
            let same = reference[row - 1] == heard[column - 1];
            let gap = cost[(row - 1) * width + column].min(cost[row * width + column - 1]) + 1;
            cost[row * width + column] = gap.min(diagonal + u32::from(!same));
        }
    }
    let (mut row, mut column) = (reference.len(), heard.len());
    let mut steps = Vec::with_capacity(row.max(column));
    while row > 0 || column > 0 {
        let here = cost[row * width + column];
        let diagonal = (row > 0 && column > 0).then(|| cost[(row - 1) * width + column - 1]);
        let same = row > 0 && column > 0 && reference[row - 1] == heard[column - 1];
        if diagonal == Some(here) && same {
            steps.push(Step::Same);
            (row, column) = (row - 1, column - 1);
        } else if diagonal.is_some_and(|diagonal| diagonal + 1 == here) {
            steps.push(Step::Substituted);
            (row, column) = (row - 1, column - 1);
        } else if row > 0 && cost[(row - 1) * width + column] + 1 == here {
            steps.push(Step::Deleted);
            row -= 1;
        } else {
            steps.push(Step::Inserted);
            column -= 1;
        }
    }
    steps.reverse();
    steps
}

/// The errors of each utterance of a recording: the whole text is aligned once, then cut where the utterances end.
///
/// An inserted word counts for the utterance that has begun. The result is as long as `utterances`.
pub fn by_utterance(utterances: &[String], heard: &str) -> Vec<Errors> {
    let mut owners = Vec::new();
    let mut reference = Vec::new();
    for (index, utterance) in utterances.iter().enumerate() {
        for word in utterance.split_whitespace() {
            owners.push(index);
            reference.push(word);
        }
    }
    let heard: Vec<&str> = heard.split_whitespace().collect();
    let mut errors = vec![Errors::default(); utterances.len()];
    let (mut next, mut last) = (0, owners.first().copied().unwrap_or(0));
    for step in align(&reference, &heard) {
        if step != Step::Inserted {
            last = owners[next];
            next += 1;
        }
        let Some(counted) = errors.get_mut(last) else { continue };
        match step {
            Step::Same => {}
            Step::Substituted => counted.substitutions += 1,
            Step::Deleted => counted.deletions += 1,
            Step::Inserted => counted.insertions += 1,
        }
        counted.words += usize::from(step != Step::Inserted);
    }
    errors
}

/// Lower case, letters and digits only: enough to compare texts of a language that has no normaliser of its own.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars().flat_map(char::to_lowercase) {
        match letter {
            '\'' | '’' => {}
            letter if letter.is_alphanumeric() => out.push(if letter == 'ё' { 'е' } else { letter }),
            _ => out.push(' '),
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(reference: &str, heard: &str) -> Errors {
        by_utterance(&[reference.to_owned()], heard).into_iter().sum()
    }

    #[test]
    fn counts_each_kind_of_error() {
        let cases = [
            ("a b c", "a b c", [0, 0, 0, 3]),
            ("a b c", "a x c", [1, 0, 0, 3]),
            ("a b c", "a c", [0, 1, 0, 3]),
            ("a b c", "a b x c", [0, 0, 1, 3]),
            ("a b c", "", [0, 3, 0, 3]),
            ("a", "x y", [1, 0, 1, 1]),
            ("the cat sat on the mat", "a cat sat the mat tonight", [1, 1, 1, 6]),
        ];
        for (reference, heard, [substitutions, deletions, insertions, words]) in cases {
            let expected = Errors { substitutions, deletions, insertions, words };
            assert_eq!(errors(reference, heard), expected, "{reference:?} heard as {heard:?}");
        }
    }

    #[test]
    fn an_utterance_owns_its_errors_and_what_was_inserted_after_it() {
        let said = ["one two".to_owned(), String::new(), "three four".to_owned()];
        let errors = by_utterance(&said, "zero one two more three for");
        assert_eq!(errors[0], Errors { insertions: 2, words: 2, ..Errors::default() });
        assert_eq!(errors[1], Errors::default());
        assert_eq!(errors[2], Errors { substitutions: 1, words: 2, ..Errors::default() });
    }

    #[test]
    fn steps_always_use_up_both_texts() {
        // Every pair of texts of up to four words over two letters.
        let texts: Vec<Vec<char>> = (0..=4_u32)
            .flat_map(|length| (0..1_u32 << length).map(move |bits| (length, bits)))
            .map(|(length, bits)| (0..length).map(|i| if bits >> i & 1 == 0 { 'a' } else { 'b' }).collect())
            .collect();
        for reference in &texts {
            for heard in &texts {
                let steps = align(reference, heard);
                let count = |wanted: Step| steps.iter().filter(|step| **step == wanted).count();
                let paired = count(Step::Same) + count(Step::Substituted);
                assert_eq!(paired + count(Step::Deleted), reference.len());
                assert_eq!(paired + count(Step::Inserted), heard.len());
                let back = align(heard, reference);
                let errors = |steps: &[Step]| steps.iter().filter(|step| **step != Step::Same).count();
                assert_eq!(errors(&steps), errors(&back), "the distance is symmetric");
            }
        }
    }

    #[test]
    fn no_words_and_no_errors_is_no_error_rate() {
        assert_eq!(errors("", "").rate(), 0.0);
        assert_eq!(errors("a b", "a").rate(), 0.5);
    }

    #[test]
    fn plain_text_has_no_marks_and_no_case() {
        assert_eq!(plain("L’été, dit-elle: «Ёлка»!"), "lété dit elle елка");
    }
}
