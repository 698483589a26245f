//! From written words to sounds: what is known, what the letters say, what the language of a name says.

use deunicode::deunicode_char;

use crate::languages::{self, Languages};
use crate::letters::Letters;
use crate::lexicon::Lexicon;
use crate::{Phone, Phones, Pronunciation, spelled};

/// How many pronunciations a word or a span of words gets at most.
pub const MOST: usize = 8;

/// Characters of a word that are looked at. No word is longer; what is longer is cut, so that time is bounded.
const LONGEST_WORD: usize = 60;
/// Parts of a word that are pronounced by themselves (`Saint-Jean-de-Luz`, `McDonald`).
const MOST_PARTS: usize = 8;
/// Words of a span that are pronounced.
const MOST_WORDS: usize = 12;

/// Costs, in nats, of ways to read a word that are not counted anywhere: set by hand, in steps of e^-0.5.
mod cost {
    /// The second, third … pronunciation of a lexicon, each.
    pub const NEXT_IN_LEXICON: f32 = 0.5;
    /// A known name said as where it seems to come from.
    pub const KNOWN_ABROAD: f32 = 1.0;
    /// Parts that are written together, read as one word.
    pub const RUN_TOGETHER: f32 = 0.7;
    /// Capitals read as a word, or a word read as its letters, when the other is likelier.
    pub const CAPITALS_OTHERWISE: f32 = 1.0;
    /// The second, third … way to read a number, each.
    pub const NEXT_NUMBER: f32 = 0.7;
}

/// Knows how words are said. Loading takes some hundredths of a second and about 5 MB.
pub struct Pronouncer {
    lexicon: Lexicon,
    letters: Letters,
    languages: Languages,
}

impl Default for Pronouncer {
    fn default() -> Self {
        Self::new()
    }
}

impl Pronouncer {
    /// Loads what is built in.
    #[must_use]
    pub fn new() -> Self {
        Self { lexicon: Lexicon::built_in(), letters: Letters::built_in(), languages: Languages::built_in() }
    }

    /// Whether a lexicon of English knows `word`, in any case.
    #[must_use]
    pub fn knows(&self, word: &str) -> bool {
        !self.lexicon.get(&word.to_ascii_lowercase()).is_empty()
    }

    /// At most [`MOST`] ways to say `word`, likeliest first; none when nothing of it is said (punctuation, emoji).
    #[must_use]
    pub fn word(&self, word: &str) -> Vec<Pronunciation> {
        let word: String =
            word.chars().take(LONGEST_WORD).map(|sign| if sign == '’' { '\'' } else { sign }).collect();
        let word = word.trim_matches(|sign: char| !sign.is_alphanumeric());
        let (stem, ending) = possessive(word);
        let mut found = self.stem(stem);
        if ending {
            for way in &mut found {
                way.phones = with_s(&way.phones);
            }
        }
        best(found, MOST)
    }

    /// At most [`MOST`] ways to say a span of words, likeliest first.
    #[must_use]
    pub fn phrase(&self, words: &[&str]) -> Vec<Pronunciation> {
        let parts: Vec<_> = words.iter().take(MOST_WORDS).map(|word| self.word(word)).collect();
        let parts: Vec<&[Pronunciation]> = parts.iter().map(Vec::as_slice).collect();
        join(&parts, MOST)
    }

    fn stem(&self, word: &str) -> Vec<Pronunciation> {
        let capitals = word.len() > 1 && word.chars().all(|sign| sign.is_uppercase() || sign == '.');
        let dotted = word.contains('.') && word.split('.').all(|part| part.chars().count() <= 1);
        if capitals || dotted {
            return self.capitals(word, dotted);
        }
        let lower = fold(word);
        let mut found = self.known(&lower);
        if !found.is_empty() {
            // The lexicon says names as Americans who bear them do.
            if word.starts_with(char::is_uppercase) || !word.is_ascii() {
                let abroad = self.languages.pronounce(&word.to_lowercase(), languages::STRONG);
                found.extend(dearer(abroad, cost::KNOWN_ABROAD));
            }
            return found;
        }
        let parts = parts(word);
        let digits = word.contains(|sign: char| sign.is_ascii_digit());
        if parts.len() > 1 || digits {
            let ways: Vec<_> = parts.iter().take(MOST_PARTS).map(|part| self.part(part)).collect();
            let ways: Vec<&[Pronunciation]> = ways.iter().map(Vec::as_slice).collect();
            found.extend(join(&ways, MOST));
        }
        if !digits {
            // "O'Toole", "D'Ambrosia" and "McKinsey" run together, other parts rather do not.
            let extra = if parts.len() > 1 { cost::RUN_TOGETHER } else { 0.0 };
            found.extend(dearer(self.unknown(&lower, word), extra));
        }
        found
    }

    /// A piece of a word: letters or digits.
    fn part(&self, part: &str) -> Vec<Pronunciation> {
        if part.starts_with(|first: char| first.is_ascii_digit()) {
            return self.number(part);
        }
        let lower = fold(part);
        let known = self.known(&lower);
        let mut letters = lower.chars();
        match (letters.next(), letters.next()) {
            (Some(letter), None) => spell(std::iter::once(letter)),
            _ if known.is_empty() => self.unknown(&lower, part),
            _ => known,
        }
    }

    fn number(&self, digits: &str) -> Vec<Pronunciation> {
        let mut found = Vec::new();
        for (place, words) in spelled::number(digits).into_iter().enumerate() {
            let ways: Vec<_> = words.iter().map(|word| self.known(word)).collect();
            let ways: Vec<&[Pronunciation]> =
                ways.iter().map(|ways| ways.get(..1).unwrap_or_default()).collect();
            found.extend(dearer(join(&ways, 1), place as f32 * cost::NEXT_NUMBER));
        }
        found
    }

    /// "IBM", "NATO", "S. P.": letter by letter, or as a word.
    fn capitals(&self, word: &str, dotted: bool) -> Vec<Pronunciation> {
        let lower = fold(word);
        let letters: String = lower.chars().filter(char::is_ascii_alphabetic).collect();
        let mut spelling = spell(letters.chars());
        if dotted {
            return spelling;
        }
        let known = self.known(&letters);
        let vowels = letters.contains(['a', 'e', 'i', 'o', 'u', 'y']);
        if !known.is_empty() {
            // The lexicon has abbreviations as they are said, letter by letter or not.
            spelling = dearer(spelling, cost::CAPITALS_OTHERWISE);
            return [known, spelling].concat();
        }
        let (as_word, as_letters) = match letters.len() {
            ..=3 => (cost::CAPITALS_OTHERWISE, 0.0),
            4..=5 if vowels => (0.0, cost::CAPITALS_OTHERWISE),
            4..=5 => (2.0 * cost::CAPITALS_OTHERWISE, 0.0),
            _ => (0.0, 2.0 * cost::CAPITALS_OTHERWISE),
        };
        let mut found = dearer(spelling, as_letters);
        found.extend(dearer(self.unknown(&lower, word), as_word));
        found
    }

    /// What the lexicon says of a word in lower case.
    fn known(&self, lower: &str) -> Vec<Pronunciation> {
        let mut found = self.lexicon.get(lower);
        if found.is_empty() && !lower.contains(|sign: char| sign.is_ascii_digit()) {
            let letters: String = lower.chars().filter(char::is_ascii_alphabetic).collect();
            if letters != lower {
                found = self.lexicon.get(&letters);
            }
        }
        let costs = (0..).map(|place| cost::NEXT_IN_LEXICON * place as f32);
        found.into_iter().zip(costs).map(|(phones, cost)| Pronunciation { phones, cost }).collect()
    }

    /// What letters say of a word that no lexicon has: `lower` as an English word, `word` as one of any language.
    fn unknown(&self, lower: &str, word: &str) -> Vec<Pronunciation> {
        let mut found = self.letters.pronounce(lower, 4);
        found.extend(self.languages.pronounce(&word.to_lowercase(), languages::SLIGHT));
        found
    }
}

/// The `limit` likeliest ways to say the parts one after the other. Equal sounds that meet are said once ("local
/// Lecornu"). Parts without a pronunciation are silent.
#[must_use]
pub fn join(parts: &[&[Pronunciation]], limit: usize) -> Vec<Pronunciation> {
    let mut ways = vec![(Vec::<Phone>::new(), 0.0_f32)];
    for part in parts.iter().filter(|part| !part.is_empty()) {
        let mut next = Vec::with_capacity(ways.len() * part.len());
        for (before, cost) in &ways {
            for way in part.iter().take(limit) {
                let phones = way.phones.as_slice();
                let meets = before.last().is_some() && before.last() == phones.first();
                let said = before.iter().chain(&phones[usize::from(meets)..]).copied().collect();
                next.push((said, cost + way.cost));
            }
        }
        next.sort_by(|(_, a), (_, b)| a.total_cmp(b));
        next.truncate(limit);
        ways = next;
    }
    let found =
        ways.into_iter().map(|(phones, cost)| Pronunciation { phones: phones.as_slice().into(), cost });
    best(found.filter(|way| !way.phones.is_empty()).collect(), limit)
}

/// The cheapest of each, cheapest first, with costs from 0.
fn best(mut found: Vec<Pronunciation>, limit: usize) -> Vec<Pronunciation> {
    found.retain(|way| !way.phones.is_empty());
    found.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    let least = found.first().map_or(0.0, |way| way.cost);
    let mut kept: Vec<Pronunciation> = Vec::new();
    for way in found {
        if kept.len() < limit && kept.iter().all(|other| other.phones != way.phones) {
            kept.push(Pronunciation { cost: way.cost - least, ..way });
        }
    }
    kept
}

fn dearer(ways: Vec<Pronunciation>, by: f32) -> Vec<Pronunciation> {
    ways.into_iter().map(|way| Pronunciation { cost: way.cost + by, ..way }).collect()
}

fn spell(letters: impl Iterator<Item = char>) -> Vec<Pronunciation> {
    let codes: String = letters.filter_map(spelled::letter).collect();
    vec![Pronunciation { phones: Phones::from_codes(&codes), cost: 0.0 }]
}

/// The word without the `'s` of a possessive, and whether it had one. `O'Neills'` loses its mark only.
fn possessive(word: &str) -> (&str, bool) {
    match word.strip_suffix("'s").or_else(|| word.strip_suffix("'S")) {
        Some(stem) if !stem.is_empty() => (stem, true),
        _ => (word, false),
    }
}

/// The English ending -s, by the sound before it.
fn with_s(phones: &Phones) -> Phones {
    let ending: &[Phone] = match phones.as_slice().last() {
        Some(Phone::S | Phone::Z | Phone::SH | Phone::ZH | Phone::CH | Phone::JH) => &[Phone::AH, Phone::Z],
        Some(Phone::P | Phone::T | Phone::K | Phone::F | Phone::TH) => &[Phone::S],
        _ => &[Phone::Z],
    };
    phones.as_slice().iter().chain(ending).copied().collect()
}

/// Lower case without diacritics or other scripts: letters a to z, digits, apostrophes and hyphens.
fn fold(word: &str) -> String {
    let mut folded = String::new();
    for sign in word.chars() {
        if sign.is_ascii() {
            folded.push(sign.to_ascii_lowercase());
        } else if sign.is_alphabetic() {
            folded.extend(
                deunicode_char(sign).unwrap_or_default().chars().map(|sign| sign.to_ascii_lowercase()),
            );
        }
        if folded.len() > LONGEST_WORD {
            break;
        }
    }
    folded.retain(|sign| sign.is_ascii_alphanumeric() || sign == '\'' || sign == '-');
    folded
}

/// The pieces of a word: between hyphens, apostrophes and the like, from small letter to capital, from letter to digit.
fn parts(word: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut before) = (0, None::<char>);
    for (place, sign) in word.char_indices() {
        let apart = before.is_some_and(|before| {
            (before.is_lowercase() && sign.is_uppercase()) || before.is_numeric() != sign.is_numeric()
        });
        if apart || !sign.is_alphanumeric() {
            parts.extend(word.get(start..place));
            start = place + if sign.is_alphanumeric() { 0 } else { sign.len_utf8() };
        }
        before = Some(sign);
    }
    parts.extend(word.get(start..));
    parts.retain(|part| !part.is_empty());
    parts
}
