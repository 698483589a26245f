//! How common a word is as an ordinary English word, and whether it is known as a first name or a surname.
//!
//! Both tables are text in `data/`, made by `cargo run --release -p readout-names --example tables`; `data/README.md` says from what.

use std::sync::OnceLock;

use unicode_normalization::UnicodeNormalization;

/// Words of which [`commonness`] knows nothing are rarer than this, on the Zipf scale.
pub const RAREST: f32 = 2.7;

/// Letters beyond which a word is in no table.
const LONGEST: usize = 40;

/// How common a word is in ordinary, lower-case use: the Zipf scale (van Heuven et al. 2014), log10 of its occurrences in a billion
/// words. `the` has 7.4, `work` 5.9, `grace` 3.8; 0 for words that are not in the table of the 30,000 most frequent.
///
/// Case, accents and punctuation at the ends do not count; `'s` and other contractions are left off.
pub fn commonness(word: &str) -> f32 {
    ordinary().get(&key(word, "'")).map_or(0.0, |marks| 0.1 * f32::from(marks[0] - b'0'))
}

/// Share of a word's occurrences in running text that begin with a capital, 0 to 1, sentence beginnings included: 0.95 for `john`,
/// 0.3 for `mark`, 0.01 for `work`. `None` for words that are not in the table.
pub fn capital_share(word: &str) -> Option<f32> {
    ordinary().get(&key(word, "'")).map(|marks| f32::from(marks[1] - b'0') / 10.0)
}

/// Whether the word is in use as a first name, in any of some sixty countries.
pub fn is_given_name(word: &str) -> bool {
    people().get(&key(word, "")).is_some_and(|marks| matches!(marks[0], b'+' | b'*'))
}

/// Whether the word is in use as a surname. Many surnames are ordinary words (`Young`, `Price`): ask [`commonness`] too.
pub fn is_surname(word: &str) -> bool {
    people().get(&key(word, "")).is_some_and(|marks| matches!(marks[0], b'-' | b'*'))
}

/// A word as the tables are ordered: lower case, without accents and punctuation, without the endings of contractions; any other
/// apostrophe replaced (`o'brien` is `obrien` among names, `chang'e` is not `change` among words). Empty for what is no word.
fn key(word: &str, apostrophe: &str) -> String {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    if word.len() > 4 * LONGEST {
        return String::new();
    }
    let folded = fold(word);
    match folded.split_once('\'') {
        Some((head, "t")) => head.strip_suffix('n').unwrap_or(head).to_owned(),
        Some((head, "s" | "" | "d" | "m" | "ll" | "re" | "ve")) => head.to_owned(),
        Some((head, tail)) => format!("{head}{apostrophe}{tail}"),
        None => folded,
    }
}

/// Lower case, accents removed, letters that do not decompose spelt out (`ß`, `ø`, `ł`), every apostrophe straight.
pub fn fold(word: &str) -> String {
    if word.is_ascii() {
        return word.to_ascii_lowercase().replace('`', "'");
    }
    let mut folded = String::with_capacity(word.len());
    for c in word.nfkd().filter(|c| !unicode_normalization::char::is_combining_mark(*c)) {
        match c {
            '’' | 'ʼ' | '‘' | '`' | '´' => folded.push('\''),
            'ß' => folded.push_str("ss"),
            'æ' | 'Æ' => folded.push_str("ae"),
            'œ' | 'Œ' => folded.push_str("oe"),
            'ø' | 'Ø' => folded.push('o'),
            'ł' | 'Ł' => folded.push('l'),
            'đ' | 'Đ' | 'ð' | 'Ð' => folded.push('d'),
            'þ' | 'Þ' => folded.push_str("th"),
            'ı' => folded.push('i'),
            'ħ' | 'Ħ' => folded.push('h'),
            _ => folded.extend(c.to_lowercase()),
        }
    }
    folded
}

/// A sorted list of words, each with the same number of marks.
struct Table {
    text: String,
    /// Where each entry begins; the marks are its last `marks` bytes.
    starts: Vec<u32>,
    marks: usize,
}

impl Table {
    /// Reads lines of: how many bytes the word shares with the one before (`a` for none), the rest of the word, the marks.
    fn read(packed: &str, marks: usize) -> Self {
        let (mut text, mut starts, mut word) = (String::new(), Vec::new(), String::new());
        for line in packed.lines() {
            let Some((shared, rest)) = line.split_at_checked(1) else { continue };
            let Some((rest, marked)) = rest.len().checked_sub(marks).and_then(|at| rest.split_at_checked(at))
            else {
                continue;
            };
            word.truncate(usize::from(shared.as_bytes()[0].saturating_sub(b'a')));
            word.push_str(rest);
            starts.push(text.len() as u32);
            text.push_str(&word);
            text.push_str(marked);
        }
        starts.push(text.len() as u32);
        Self { text, starts, marks }
    }

    fn get(&self, word: &str) -> Option<&[u8]> {
        let entry = |at: usize| &self.text.as_bytes()[self.starts[at] as usize..self.starts[at + 1] as usize];
        let spelling = |at: usize| &entry(at)[..entry(at).len() - self.marks];
        let (mut low, mut high) = (0, self.starts.len() - 1);
        while low < high {
            let middle = low + (high - low) / 2;
            match spelling(middle).cmp(word.as_bytes()) {
                std::cmp::Ordering::Equal => return Some(&entry(middle)[spelling(middle).len()..]),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }
}

/// Marks: Zipf value in tenths, counted on from `0`; tenths of capital share.
fn ordinary() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| Table::read(include_str!("../data/ordinary.txt"), 2))
}

/// Mark: `+` first name, `-` surname, `*` both.
fn people() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| Table::read(include_str!("../data/people.txt"), 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_words_are_common_and_names_are_not() {
        for (word, least, most) in [
            ("the", 7.0, 8.0),
            ("Work", 5.5, 6.5),
            ("work's", 5.5, 6.5),
            ("don't", 5.0, 7.5),
            ("grace,", 3.0, 4.5),
            ("will", 6.0, 7.0),
            ("mark", 4.0, 5.5),
            ("Macron", 0.0, 0.0),
            ("Lecornu", 0.0, 0.0),
            ("", 0.0, 0.0),
            ("—", 0.0, 0.0),
        ] {
            let found = commonness(word);
            assert!((least..=most).contains(&found), "{word}: {found}");
        }
        assert!(commonness("John") < commonness("mark"));
        assert!(capital_share("john").is_some_and(|share| share >= 0.9));
        assert!(capital_share("work").is_some_and(|share| share < 0.1));
        assert_eq!(capital_share("lecornu"), None);
    }

    #[test]
    fn first_names_and_surnames_of_several_countries_are_known() {
        for given in ["John", "Sébastien", "Sebastien", "Ngozi", "Łukasz", "Priya", "Grace", "Søren"] {
            assert!(is_given_name(given), "{given}");
        }
        for surname in ["Smith", "O'Brien", "O’Brien", "Müller", "Kowalski", "García", "Young"] {
            assert!(is_surname(surname), "{surname}");
        }
        for neither in ["the", "podcast", "xqz", "", "Professor"] {
            assert!(!is_given_name(neither) && !is_surname(neither), "{neither}");
        }
    }

    #[test]
    fn the_tables_are_sorted_and_small() {
        for (table, packed) in [
            (ordinary(), include_str!("../data/ordinary.txt")),
            (people(), include_str!("../data/people.txt")),
        ] {
            assert!(packed.len() < 330_000);
            assert_eq!(packed.lines().count() + 1, table.starts.len());
            let words: Vec<&[u8]> = table
                .starts
                .windows(2)
                .map(|ends| &table.text.as_bytes()[ends[0] as usize..ends[1] as usize - table.marks])
                .collect();
            assert!(words.len() > 20_000 && words.is_sorted_by(|a, b| a < b));
        }
    }

    #[test]
    fn endless_words_cost_nothing() {
        assert_eq!(commonness(&"a".repeat(1 << 20)), 0.0);
        assert!(!is_surname(&"é".repeat(1 << 20)));
    }
}
