//! How like two titles are.

/// How like two titles are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Likeness {
    Equal,
    /// A mistake mended, or words such as `repeat` put before or behind.
    Similar,
    Different,
}

/// Words of letters and digits in lower case, with one space between.
pub(super) fn normalise(title: &str) -> String {
    let mut normal = String::with_capacity(title.len());
    let mut gap = false;
    for letter in title.chars().flat_map(char::to_lowercase) {
        if letter.is_alphanumeric() {
            if gap && !normal.is_empty() {
                normal.push(' ');
            }
            gap = false;
            normal.push(letter);
        } else if !matches!(letter, '\'' | '’') {
            gap = true;
        }
    }
    normal
}

/// Letters of a title that are compared; the work grows with the square of their number.
const COMPARED: usize = 160;

/// Words without which a title must have at least this many letters to be recognised in a longer one.
const TELLING: usize = 10;

/// Compares two normalised titles. Numbers must be equal, and words of up to three letters: `part 1` and `part 2`,
/// `part i` and `part ii` are different episodes.
pub(super) fn compare(one: &str, other: &str) -> Likeness {
    if one == other {
        return Likeness::Equal;
    }
    let numbers = |title: &str| -> Vec<String> {
        title
            .split(' ')
            .filter(|word| word.bytes().any(|byte| byte.is_ascii_digit()))
            .map(str::to_owned)
            .collect()
    };
    if numbers(one) != numbers(other) {
        return Likeness::Different;
    }
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let added = long.strip_prefix(short).or_else(|| long.strip_suffix(short)).map(str::trim);
    if let Some(added) = added {
        let telling =
            short.chars().count() >= TELLING && added.split(' ').all(|word| word.chars().count() > 3);
        return if telling { Likeness::Similar } else { Likeness::Different };
    }
    let (one, other): (Vec<&str>, Vec<&str>) = (one.split(' ').collect(), other.split(' ').collect());
    if one.len() == other.len() {
        let changed: Vec<_> = one.iter().zip(&other).filter(|(one, other)| one != other).collect();
        let is_mistake = |(one, other): &&(&&str, &&str)| {
            let letters = one.chars().count().max(other.chars().count());
            one.chars().count() > 3
                && other.chars().count() > 3
                && (distance(one, other) <= 1 + letters / 6 || is_swapped(one, other))
        };
        let mistakes = changed.iter().filter(|pair| is_mistake(pair)).count();
        // Most words must stand as they stood.
        if mistakes == changed.len() && mistakes * 2 <= one.len() {
            return Likeness::Similar;
        }
        return Likeness::Different;
    }
    // A space put in or taken out.
    let joined = |words: &[&str]| words.concat();
    if joined(&one) == joined(&other) { Likeness::Similar } else { Likeness::Different }
}

/// True when two neighbouring letters have changed places.
fn is_swapped(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let Some(at) = one.iter().zip(&other).position(|(one, other)| one != other) else { return false };
    one.len() == other.len()
        && one.get(at) == other.get(at + 1)
        && one.get(at + 1) == other.get(at)
        && one.get(at + 2..) == other.get(at + 2..)
}

/// Letters to insert, delete or exchange (Levenshtein 1966).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().take(COMPARED).collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (number, letter) in one.chars().take(COMPARED).enumerate() {
        let mut corner = number;
        let mut left = number + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (above, own) in row.iter_mut().skip(1).zip(&other) {
            let changed = corner + usize::from(*own != letter);
            corner = *above;
            left = changed.min(left + 1).min(*above + 1);
            *above = left;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Likeness, compare, normalise};

    #[test]
    fn mended_titles_are_similar_and_neighbours_are_not() {
        for (one, other, likeness) in [
            ("The Readout", "the readout!", Likeness::Equal),
            ("It’s raining", "Its raining", Likeness::Equal),
            ("The history of rian and wind", "The history of rain and wind", Likeness::Similar),
            ("The weather tomorrow", "REPEAT: The weather tomorrow", Likeness::Similar),
            ("The weather tomorrow", "The weather tomorrow [updated]", Likeness::Similar),
            ("Broad casting today", "Broadcasting today", Likeness::Similar),
            ("Episode 12: Salt", "Episode 13: Salt", Likeness::Different),
            ("The trial, part I", "The trial, part II", Likeness::Different),
            ("The trial, part one", "The trial, part two", Likeness::Different),
            ("The trial", "The trial, part 2", Likeness::Different),
            ("News", "News from town", Likeness::Different),
            ("Morning news", "Evening news", Likeness::Different),
            ("Interview with Anna Berg", "Interview with Otto Lind", Likeness::Different),
        ] {
            assert_eq!(compare(&normalise(one), &normalise(other)), likeness, "{one} / {other}");
        }
    }
}
