//! Names of other languages: which language a name looks like, and how its letters sound there to English ears.
//!
//! The file is text. `== French` starts a language. A line that starts with `~` lists cues: a pattern and how much it
//! speaks for the language, from 0 to 3. Other lines list rules: a pattern, `=`, the sounds, and after `/` other sounds that
//! are likely too. In a pattern `^` is the start and `$` the end of the word, and letters in brackets are one that must stand
//! before or after: `c(ei) = s` is a c before e or i. At each letter the rule that looks at most letters holds, of equal
//! ones the first. A letter without a rule sounds as in most of Europe.

use deunicode::deunicode_char;

use crate::{Phone, Pronunciation};

const FILE: &str = include_str!("../data/languages.txt");

/// How much must speak for a language before a word that is not known is read in it; before one that is.
pub const SLIGHT: f32 = 0.7;
pub const STRONG: f32 = 1.5;

/// How many languages are tried.
const MOST_LANGUAGES: usize = 2;
/// What the first rule's second choice costs, in nats.
const SECOND_CHOICE: f32 = 1.0;
/// Pronunciations that are followed, and given, for one language.
const BEAM: usize = 6;
const GIVEN: usize = 3;
/// Characters of a word that are read.
const LONGEST_WORD: usize = 40;

/// How letters sound where no rule of a language says otherwise.
const DEFAULTS: [(char, &str); 26] = [
    ('a', "a"),
    ('b', "b"),
    ('c', "k"),
    ('d', "d"),
    ('e', "E"),
    ('f', "f"),
    ('g', "g"),
    ('h', "h"),
    ('i', "i"),
    ('j', "J"),
    ('k', "k"),
    ('l', "l"),
    ('m', "m"),
    ('n', "n"),
    ('o', "o"),
    ('p', "p"),
    ('q', "k"),
    ('r', "r"),
    ('s', "s"),
    ('t', "t"),
    ('u', "u"),
    ('v', "v"),
    ('w', "w"),
    ('x', "ks"),
    ('y', "i"),
    ('z', "z"),
];

/// Letters, and what must stand around them.
#[derive(Debug, Default)]
struct Pattern {
    start: bool,
    before: Vec<char>,
    letters: Vec<char>,
    after: Vec<char>,
    end: bool,
}

#[derive(Debug)]
struct Language {
    cues: Vec<(Pattern, f32)>,
    rules: Vec<(Pattern, Vec<Vec<Phone>>)>,
    /// Letters beyond a to z that this language has rules for.
    letters: Vec<char>,
}

/// The languages that are known.
pub struct Languages(Vec<Language>);

impl Languages {
    /// Reads what is built in.
    pub fn built_in() -> Self {
        let mut languages: Vec<Language> = Vec::new();
        for line in FILE.lines().filter(|line| !line.starts_with(';')) {
            if line.starts_with("==") {
                languages.push(Language { cues: Vec::new(), rules: Vec::new(), letters: Vec::new() });
            }
            let Some(language) = languages.last_mut() else { continue };
            if let Some(cues) = line.strip_prefix('~') {
                let cues = cues.split(',').filter_map(|cue| cue.trim().split_once(' '));
                language.cues.extend(
                    cues.map(|(pattern, weight)| (Pattern::parse(pattern), weight.parse().unwrap_or(0.0))),
                );
            } else {
                for (pattern, sounds) in line.split(';').filter_map(|rule| rule.split_once('=')) {
                    let pattern = Pattern::parse(pattern.trim());
                    let choices =
                        sounds.split('/').map(|codes| codes.chars().filter_map(Phone::from_code).collect());
                    language.letters.extend(pattern.letters.iter().filter(|letter| !letter.is_ascii()));
                    if !pattern.letters.is_empty() {
                        language.rules.push((pattern, choices.collect()));
                    }
                }
            }
        }
        Self(languages)
    }

    /// How `word`, in lower case with its diacritics, is said in the languages that it looks like at least as much as
    /// `least`; the more it looks like one, the less it costs.
    pub fn pronounce(&self, word: &str, least: f32) -> Vec<Pronunciation> {
        let mut likely: Vec<(f32, &Language)> = self
            .0
            .iter()
            .map(|language| (language.cue(word), language))
            .filter(|(cue, _)| *cue >= least)
            .collect();
        likely.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        let mut found = Vec::new();
        for (cue, language) in likely.into_iter().take(MOST_LANGUAGES) {
            let foreign = 2.0 / (1.0 + cue);
            found.extend(
                language
                    .pronounce(word)
                    .into_iter()
                    .map(|way| Pronunciation { cost: way.cost + foreign, ..way }),
            );
        }
        found
    }
}

impl Language {
    /// How much speaks for this language.
    fn cue(&self, word: &str) -> f32 {
        let letters = self.fold(word);
        let held = |pattern: &Pattern| (0..letters.len()).any(|place| pattern.holds(&letters, place));
        self.cues.iter().filter(|(pattern, _)| held(pattern)).map(|(_, weight)| weight).sum()
    }

    fn pronounce(&self, word: &str) -> Vec<Pronunciation> {
        let letters = self.fold(word);
        let mut beam: Vec<(Vec<Phone>, f32)> = vec![(Vec::new(), 0.0)];
        let mut place = 0;
        while let Some(letter) = letters.get(place) {
            let holding = self.rules.iter().filter(|(pattern, _)| pattern.holds(&letters, place));
            // The first of the longest.
            let rule = holding.rev().max_by_key(|(pattern, _)| pattern.looks_at());
            let default: [Vec<Phone>; 1];
            let (length, choices) = match rule {
                Some((pattern, choices)) => (pattern.letters.len(), choices.as_slice()),
                None => {
                    let sounds =
                        DEFAULTS.iter().find(|(own, _)| own == letter).map_or("", |(_, codes)| codes);
                    default = [sounds.chars().filter_map(Phone::from_code).collect()];
                    (1, default.as_slice())
                }
            };
            let mut next = Vec::with_capacity(beam.len() * choices.len());
            for (said, cost) in &beam {
                for (choice, sounds) in choices.iter().enumerate() {
                    let mut said = said.clone();
                    for phone in sounds {
                        // A doubled letter sounds once.
                        if said.last() != Some(phone) {
                            said.push(*phone);
                        }
                    }
                    next.push((said, cost + SECOND_CHOICE * choice as f32));
                }
            }
            next.sort_by(|(_, a), (_, b)| a.total_cmp(b));
            next.truncate(BEAM);
            beam = next;
            place += length;
        }
        let ways = beam.into_iter().filter(|(said, _)| !said.is_empty()).take(GIVEN);
        ways.map(|(said, cost)| Pronunciation { phones: said.as_slice().into(), cost }).collect()
    }

    /// The letters of a word that this language knows; others in the letters a to z that are nearest.
    fn fold(&self, word: &str) -> Vec<char> {
        let mut letters = Vec::new();
        for letter in word.chars().take(LONGEST_WORD) {
            if letter.is_ascii_alphabetic() || self.letters.contains(&letter) {
                letters.push(letter);
            } else if !letter.is_ascii() {
                let plain = deunicode_char(letter).unwrap_or_default().chars();
                letters.extend(
                    plain.filter(char::is_ascii_alphabetic).map(|letter| letter.to_ascii_lowercase()),
                );
            }
        }
        letters
    }
}

impl Pattern {
    fn parse(text: &str) -> Self {
        let mut pattern = Self::default();
        let mut inside = false;
        for sign in text.chars() {
            match sign {
                '^' => pattern.start = true,
                '$' => pattern.end = true,
                '(' => inside = true,
                ')' => inside = false,
                letter if !inside => pattern.letters.push(letter),
                letter if pattern.letters.is_empty() => pattern.before.push(letter),
                letter => pattern.after.push(letter),
            }
        }
        pattern
    }

    fn holds(&self, letters: &[char], place: usize) -> bool {
        let end = place + self.letters.len();
        letters.get(place..end) == Some(self.letters.as_slice())
            && (!self.start || place == 0)
            && (self.before.is_empty()
                || place
                    .checked_sub(1)
                    .and_then(|before| letters.get(before))
                    .is_some_and(|letter| self.before.contains(letter)))
            && (self.after.is_empty() || letters.get(end).is_some_and(|letter| self.after.contains(letter)))
            && (!self.end || end + usize::from(!self.after.is_empty()) == letters.len())
    }

    fn looks_at(&self) -> usize {
        self.letters.len()
            + usize::from(!self.before.is_empty())
            + usize::from(!self.after.is_empty())
            + usize::from(self.start)
            + usize::from(self.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_cues_and_rules_that_can_be_read() {
        let languages = Languages::built_in();
        assert!(languages.0.len() > 10);
        for language in &languages.0 {
            assert!(language.cues.len() > 3 && language.rules.len() > 10);
            assert!(
                language
                    .cues
                    .iter()
                    .all(|(pattern, weight)| !pattern.letters.is_empty() && (0.0..=3.0).contains(weight))
            );
        }
    }

    #[test]
    fn letters_around_decide() {
        for (pattern, word, wanted) in [
            ("c(ei)", "lice", vec![2]),
            ("c(ei)", "loca", vec![]),
            ("(aou)ch", "bach", vec![2]),
            ("(aou)ch", "ich", vec![]),
            ("^le(bc)", "lecle", vec![0]),
            ("o$", "oo", vec![1]),
            ("ck(ia)$", "locki", vec![2]),
            ("ck(ia)$", "lockin", vec![]),
        ] {
            let letters: Vec<char> = word.chars().collect();
            let pattern = Pattern::parse(pattern);
            let found: Vec<usize> =
                (0..letters.len()).filter(|place| pattern.holds(&letters, *place)).collect();
            assert_eq!(found, wanted, "{pattern:?} in {word}");
        }
    }
}
