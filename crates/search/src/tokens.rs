//! Words as they are compared: in their spoken form, without case, accents and punctuation.

use rust_stemmers::{Algorithm, Stemmer};
use transcript::spoken_forms;

/// Stands before a stem, so that no word is taken for one.
pub(crate) const STEM: char = '\u{2}';
/// Longest token, in bytes; longer ones are cut.
const LONGEST: usize = 64;

/// A token and the word it comes from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    pub text: String,
    /// Index of its word.
    pub word: usize,
}

/// Tokens of words, in order: most words have one, `7.7` has three, a dash none.
pub(crate) fn tokens<'a>(words: impl IntoIterator<Item = &'a str>) -> Vec<Token> {
    let mut tokens = Vec::new();
    for (word, text) in words.into_iter().enumerate() {
        // "Lecornu's" is found by "Lecornu", and by itself.
        let bare = text.trim_end_matches(|sign: char| !sign.is_alphanumeric());
        let bare = ["'s", "\u{2019}s"].iter().find_map(|ending| bare.strip_suffix(ending)).unwrap_or(text);
        tokens.extend(spoken_forms(bare).into_iter().map(|text| Token { text: cut(text), word }));
    }
    tokens
}

fn cut(mut text: String) -> String {
    if text.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
    }
    text
}

/// Stems of one language.
pub(crate) struct Stems(Option<Stemmer>);

impl Stems {
    /// For a language as in BCP 47; of an unknown one words are their own stems.
    pub fn of(language: Option<&str>) -> Self {
        let primary = language.unwrap_or("en").split(['-', '_']).next().unwrap_or_default();
        let algorithm = match primary {
            "ar" => Algorithm::Arabic,
            "da" => Algorithm::Danish,
            "nl" => Algorithm::Dutch,
            "en" => Algorithm::English,
            "fi" => Algorithm::Finnish,
            "fr" => Algorithm::French,
            "de" => Algorithm::German,
            "el" => Algorithm::Greek,
            "hu" => Algorithm::Hungarian,
            "it" => Algorithm::Italian,
            "nb" | "nn" | "no" => Algorithm::Norwegian,
            "pt" => Algorithm::Portuguese,
            "ro" => Algorithm::Romanian,
            "ru" => Algorithm::Russian,
            "es" => Algorithm::Spanish,
            "sv" => Algorithm::Swedish,
            "ta" => Algorithm::Tamil,
            "tr" => Algorithm::Turkish,
            _ => return Self(None),
        };
        Self(Some(Stemmer::create(algorithm)))
    }

    /// The stem of a token, marked as one.
    pub fn stem(&self, token: &str) -> String {
        let stem = self.0.as_ref().map_or(token.into(), |stemmer| stemmer.stem(token));
        format!("{STEM}{stem}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_alike_is_found_alike() {
        let texts = |words: &[&str]| {
            tokens(words.iter().copied()).into_iter().map(|token| token.text).collect::<Vec<_>>()
        };
        assert_eq!(texts(&["7.7", "%"]), ["seven", "point", "seven", "percent"]);
        assert_eq!(
            texts(&["Lecornu’s,", "Vestrø", "–", "state-of-the-art"]),
            ["lecornu", "vestrø", "state", "of", "the", "art"]
        );
        assert_eq!(tokens(["7.7", "yes"]).last().map(|token| token.word), Some(1));
        assert_eq!(Stems::of(Some("en-GB")).stem("negotiations"), Stems::of(None).stem("negotiation"));
        assert!(tokens([&*"x".repeat(100_000)]).iter().all(|token| token.text.len() <= LONGEST));
    }
}
