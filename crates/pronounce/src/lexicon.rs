//! The words whose pronunciation is known: CMUdict without stress.
//!
//! The file is text under gzip: a word a line, in order of its bytes, lower case, then its pronunciations in one-letter
//! ARPAbet. `cargo xtask train pronounce` makes it.

use std::io::Read;

use flate2::read::GzDecoder;

use crate::Phones;

/// Made from CMUdict; see `data/README.md`.
const FILE: &[u8] = include_bytes!("../data/lexicon.gz");

/// More than the file unpacks to; a bound, so that a damaged file cannot fill memory.
const LARGEST: u64 = 8_000_000;

/// A hundred thousand English words with their pronunciations.
pub struct Lexicon {
    text: String,
    /// Where each line starts.
    lines: Vec<u32>,
}

impl Lexicon {
    /// Unpacks the lexicon that is built in.
    #[must_use]
    pub fn built_in() -> Self {
        let mut text = String::new();
        let read = GzDecoder::new(FILE).take(LARGEST).read_to_string(&mut text);
        debug_assert!(read.is_ok(), "the built-in lexicon cannot be unpacked: {read:?}");
        let ends = text.bytes().zip(1..).filter(|(byte, _)| *byte == b'\n').map(|(_, next)| next);
        let lines = std::iter::once(0).chain(ends).filter(|start| (*start as usize) < text.len()).collect();
        Self { text, lines }
    }

    /// The pronunciations of `word`, which is in lower case, the usual one first; none when it is not known.
    #[must_use]
    pub fn get(&self, word: &str) -> Vec<Phones> {
        let found = self.lines.binary_search_by(|start| self.line(*start).0.cmp(word));
        let Some(start) = found.ok().and_then(|place| self.lines.get(place)) else { return Vec::new() };
        self.line(*start).1.split(' ').map(Phones::from_codes).collect()
    }

    /// All words, each with its pronunciations, in one-letter ARPAbet and separated by spaces.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &str)> {
        self.lines.iter().map(|start| self.line(*start))
    }

    fn line(&self, start: u32) -> (&str, &str) {
        let rest = self.text.get(start as usize..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default();
        line.split_once(' ').unwrap_or((line, ""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_with_all_their_pronunciations() {
        let lexicon = Lexicon::built_in();
        assert!(lexicon.lines.len() > 100_000);
        for (word, wanted) in [
            ("a", "A|e"),
            ("blinken", "blIGkAn"),
            ("zywicki", "zIwIki"),
            ("mcdonald", "mAkdanAld"),
            ("o'brien", "obrYIn"),
            ("lecornu", ""),
            ("", ""),
            ("zzzzzz", ""),
        ] {
            let found: Vec<_> = lexicon.get(word).iter().map(Phones::codes).collect();
            assert_eq!(found.join("|"), wanted, "{word}");
        }
    }

    #[test]
    fn every_entry_is_a_word_with_a_sound_in_order() {
        let lexicon = Lexicon::built_in();
        let words: Vec<_> = lexicon.entries().collect();
        assert!(words.is_sorted_by(|(before, _), (after, _)| before < after));
        assert!(words.iter().all(|(word, sounds)| {
            !word.is_empty()
                && sounds
                    .split(' ')
                    .all(|sound| Phones::from_codes(sound).codes() == sound && !sound.is_empty())
        }));
    }
}
