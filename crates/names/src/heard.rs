//! Words as they were heard, made ready for comparison.

use model::Millis;

use crate::words::{capital_share, commonness, fold, is_given_name, is_surname};

/// A word of the transcript.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heard {
    /// The word with its punctuation and case.
    pub text: String,
    /// When it begins, where that is known.
    pub start: Option<Millis>,
    /// When it ends, where that is known.
    pub end: Option<Millis>,
    /// Probability that the recogniser gave it, 0 to 1, where there was one.
    pub confidence: Option<f32>,
    /// A person wrote, kept or put back this word: it is never touched.
    pub settled: bool,
}

/// A heard word taken apart.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    /// The word folded, without punctuation and possessive ending; empty for what is no word.
    pub core: String,
    /// What stands before the word: `(`, `"`.
    pub lead: String,
    /// `'s` or `’s`, as written, or nothing.
    pub possessive: String,
    /// What stands after: `,`, `."`.
    pub tail: String,
    /// How common it is in ordinary use; see [`commonness`].
    pub common: f32,
    /// Share of its uses with a capital; 0.5 where unknown.
    pub capital_share: f32,
    /// Whether it is among the words that English is written with, ordinary ones and well-known names.
    pub listed: bool,
    pub capital: bool,
    pub person_like: bool,
    /// A number, or holds a digit: never part of a name.
    pub number: bool,
    /// What a recogniser writes for a word that it did not understand: `<unk>`, `[inaudible]`.
    pub unknown: bool,
    /// Said as letters: `P`, `LNG`, `R&D`; not the words `a` and `I`.
    pub letters: bool,
    /// A sentence ends with it.
    pub ends: bool,
    /// A sentence or a part of one ends with it.
    pub pauses: bool,
    pub confidence: Option<f32>,
    pub settled: bool,
}

impl Token {
    pub fn new(heard: &Heard) -> Self {
        let text = heard.text.trim();
        let unknown = matches!(
            text.trim_end_matches(['.', ',']),
            "<unk>" | "[inaudible]" | "(inaudible)" | "[unclear]" | "(unclear)"
        );
        let begin = text.find(char::is_alphanumeric).unwrap_or(text.len());
        let (lead, rest) = text.split_at(begin);
        let end = rest
            .rfind(char::is_alphanumeric)
            .map_or(0, |at| at + rest[at..].chars().next().map_or(0, char::len_utf8));
        let (mut word, tail) = rest.split_at(end);
        let tail = if unknown { tail.trim_start_matches(['>', ']', ')']) } else { tail };
        let mut possessive = "";
        for ending in ["'s", "’s"] {
            if word.len() > ending.len() + 1 && word.ends_with(ending) && !is_contraction(word, ending) {
                (word, possessive) = word.split_at(word.len() - ending.len());
            }
        }
        let core = if unknown { String::new() } else { fold(word) };
        Self {
            common: commonness(&core),
            capital_share: capital_share(&core).unwrap_or(0.5),
            listed: capital_share(&core).is_some(),
            capital: word.chars().next().is_some_and(char::is_uppercase),
            person_like: is_given_name(&core) || is_surname(&core),
            letters: is_letters(word),
            number: word.chars().any(|c| c.is_numeric()) || is_number(&core),
            ends: tail.contains(['.', '?', '!']),
            pauses: tail.contains(['.', '?', '!', ',', ';', ':', '…', '—', '–']),
            unknown,
            core,
            lead: lead.to_owned(),
            possessive: possessive.to_owned(),
            tail: tail.to_owned(),
            confidence: heard.confidence,
            settled: heard.settled,
        }
    }
}

/// Whether a word is a number spelt out. `one` is more often no number, `second` a time or a place.
fn is_number(core: &str) -> bool {
    #[rustfmt::skip]
    const NUMBERS: &[&str] = &[
        "zero", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen",
        "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty", "thirty", "forty", "fifty", "sixty", "seventy",
        "eighty", "ninety", "hundred", "thousand", "million", "billion",
    ];
    NUMBERS.contains(&core)
        || core
            .split_once('-')
            .is_some_and(|(tens, ones)| is_number(tens) && (ones == "one" || is_number(ones)))
}

/// Whether a word is said as letters: one by itself, several capitals, letters around a sign or with points.
fn is_letters(word: &str) -> bool {
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    let capitals = word.chars().filter(|c| c.is_uppercase()).count();
    match letters {
        0 => false,
        1 => !matches!(word, "a" | "A" | "I" | "i" | "o" | "O"),
        _ => word.len() <= 6 && (capitals == letters || word.contains('&')),
    }
}

/// `it's` and the like, where the ending is a verb and the word is none.
fn is_contraction(word: &str, ending: &str) -> bool {
    let stem = word.strip_suffix(ending).unwrap_or(word).to_lowercase();
    matches!(
        stem.as_str(),
        "it" | "that"
            | "he"
            | "she"
            | "there"
            | "here"
            | "what"
            | "who"
            | "where"
            | "how"
            | "when"
            | "why"
            | "let"
            | "this"
    )
}
