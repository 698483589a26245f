//! What a text is about, as far as its words tell: content words in their basic form, unit by unit.

use crate::ends_sentence;
use model::{Transcript, Word};
use rust_stemmers::{Algorithm, Stemmer};
use std::collections::{HashMap, HashSet};

/// A stretch of words inside which no chapter begins: a sentence, as a rule.
pub(super) struct Unit {
    /// Index of its first word.
    pub first: usize,
    /// Numbers of its terms.
    pub terms: Vec<u32>,
}

/// The terms of a text, by unit.
pub(super) struct Terms {
    pub units: Vec<Unit>,
    /// How often each term occurs.
    pub counts: Vec<u32>,
    /// The term of each word that has one.
    pub of_word: Vec<Option<u32>>,
}

/// Fewest words of a unit, in texts of ordinary length.
const SHORT: usize = 5;
/// Most words beyond the fewest: where nothing ends a sentence (some recognisers write no full stops) a unit ends anyway.
const LONG: usize = 45;
/// Most units: more words make longer ones, so that no text takes more than some seconds and some tens of megabytes.
const MOST: usize = 8_000;
/// A pause, in milliseconds, that ends a unit.
const PAUSE: u64 = 1_500;
/// Shortest content word, in letters.
const SHORTEST: usize = 3;

/// Languages with a stemmer, by their code.
const STEMMERS: [(&str, Algorithm); 17] = [
    ("ar", Algorithm::Arabic),
    ("da", Algorithm::Danish),
    ("nl", Algorithm::Dutch),
    ("en", Algorithm::English),
    ("fi", Algorithm::Finnish),
    ("fr", Algorithm::French),
    ("de", Algorithm::German),
    ("el", Algorithm::Greek),
    ("hu", Algorithm::Hungarian),
    ("it", Algorithm::Italian),
    ("no", Algorithm::Norwegian),
    ("pt", Algorithm::Portuguese),
    ("ro", Algorithm::Romanian),
    ("ru", Algorithm::Russian),
    ("es", Algorithm::Spanish),
    ("sv", Algorithm::Swedish),
    ("tr", Algorithm::Turkish),
];

/// What is known of a language: its stemmer and its function words.
pub(super) struct Tongue {
    english: bool,
    stemmer: Option<Stemmer>,
    stop: HashSet<&'static str>,
}

impl Tongue {
    /// By a BCP 47 tag. A language that is not known has neither.
    pub fn of(language: Option<&str>) -> Self {
        let language = language.unwrap_or("en").split('-').next().unwrap_or_default().to_lowercase();
        let stemmer = STEMMERS.iter().find(|(code, _)| *code == language);
        Self {
            english: language == "en",
            stemmer: stemmer.map(|(_, algorithm)| Stemmer::create(*algorithm)),
            stop: stop_words::lookup(&language).unwrap_or_default().iter().copied().collect(),
        }
    }

    /// A word without case and punctuation.
    pub fn plain_with_apostrophe(text: &str) -> String {
        text.trim_matches(|c: char| !c.is_alphanumeric()).replace(['’', 'ʼ'], "'").to_lowercase()
    }

    /// A word without case, punctuation and the `'s` of English.
    pub fn plain(text: &str) -> String {
        let whole = Self::plain_with_apostrophe(text);
        whole.strip_suffix("'s").map_or(whole.clone(), str::to_owned)
    }

    /// Whether a plain word says nothing of what a text is about.
    pub fn is_stop(&self, plain: &str) -> bool {
        plain.chars().count() < SHORTEST
            || self.stop.contains(plain)
            || plain.contains('\'')
            || plain.chars().any(|c| c.is_ascii_digit())
            || FILLERS.contains(&plain)
    }

    /// Whether it is known of this language what stands before the name of a thing.
    pub fn knows_things(&self) -> bool {
        self.english
    }

    /// Whether the word after this one is, as a rule, the name of a thing or a part of it.
    pub fn announces_a_thing(&self, before: &str) -> bool {
        self.english && BEFORE_THINGS.contains(&Self::plain(before).as_str())
    }

    /// Whether a word is too pale for a title.
    pub fn is_pale(&self, text: &str) -> bool {
        self.english && PALE.contains(&Self::plain(text).as_str())
    }

    /// The basic form of a plain word.
    pub fn stem(&self, plain: &str) -> String {
        self.stemmer.as_ref().map_or_else(|| plain.to_owned(), |stemmer| stemmer.stem(plain).into_owned())
    }
}

/// English words that stand before names of things.
const BEFORE_THINGS: [&str; 34] = [
    "a", "an", "the", "this", "that", "these", "those", "my", "your", "our", "their", "his", "her", "its",
    "of", "in", "for", "with", "on", "about", "from", "by", "into", "no", "some", "any", "each", "every",
    "many", "between", "and", "as", "other", "new",
];

/// What English talk is full of and lists of function words for writing leave out.
const FILLERS: [&str; 40] = [
    "yeah",
    "okay",
    "gonna",
    "wanna",
    "kinda",
    "gotta",
    "really",
    "actually",
    "basically",
    "literally",
    "like",
    "just",
    "know",
    "think",
    "mean",
    "thing",
    "things",
    "stuff",
    "lot",
    "lots",
    "kind",
    "sort",
    "right",
    "good",
    "great",
    "well",
    "way",
    "sure",
    "maybe",
    "people",
    "going",
    "want",
    "make",
    "say",
    "said",
    "got",
    "get",
    "let",
    "yes",
    "laughs",
];

/// English words that may tell where a subject changes, but make no title.
const PALE: [&str; 60] = [
    "ways",
    "laughter",
    "bit",
    "lovely",
    "awesome",
    "cool",
    "nice",
    "little",
    "big",
    "hope",
    "feel",
    "time",
    "times",
    "day",
    "today",
    "point",
    "question",
    "questions",
    "guys",
    "guy",
    "folks",
    "everybody",
    "everyone",
    "somebody",
    "anybody",
    "true",
    "wrong",
    "bad",
    "totally",
    "exactly",
    "absolutely",
    "definitely",
    "obviously",
    "interesting",
    "talk",
    "talking",
    "fun",
    "episode",
    "kinds",
    "huge",
    "bunch",
    "idea",
    "ideas",
    "experience",
    "example",
    "simple",
    "cute",
    "simply",
    "reminded",
    "extreme",
    "future",
    "final",
    "correct",
    "listeners",
    "weird",
    "crazy",
    "percent",
    "happy",
    "amazing",
    "seriously",
];

pub(super) fn terms(transcript: &Transcript, tongue: &Tongue) -> Terms {
    let words = &transcript.words;
    let mut numbers: HashMap<String, u32> = HashMap::new();
    let mut counts: Vec<u32> = Vec::new();
    let of_word: Vec<Option<u32>> = words
        .iter()
        .map(|word| {
            let plain = Tongue::plain(&word.text);
            if tongue.is_stop(&plain) {
                return None;
            }
            let next = counts.len() as u32;
            let number = *numbers.entry(tongue.stem(&plain)).or_insert(next);
            if number == next {
                counts.push(0);
            }
            counts[number as usize] += 1;
            Some(number)
        })
        .collect();
    let shortest = SHORT.max(words.len() / MOST);
    let mut units: Vec<Unit> = Vec::new();
    let mut first = 0;
    let mut turn = 0;
    for index in 0..words.len() {
        let length = index + 1 - first;
        let turns = transcript.turns.get(turn..).unwrap_or_default();
        let turn_ends = turns.iter().take_while(|turn| turn.first as usize <= index + 1).count();
        turn += turn_ends;
        let ends = turn_ends > 0 || ends_here(&words[index], words.get(index + 1));
        if index + 1 == words.len() || length >= shortest + LONG || ends && length >= shortest {
            let terms = of_word[first..=index].iter().flatten().copied().collect();
            units.push(Unit { first, terms });
            first = index + 1;
        }
    }
    Terms { units, counts, of_word }
}

fn ends_here(word: &Word, next: Option<&Word>) -> bool {
    let pause = next.is_some_and(|next| next.start.since(word.end).0 >= PAUSE);
    pause || ends_sentence(&word.text, next.map(|next| next.text.as_str()))
}
