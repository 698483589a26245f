//! The transcript as the page shows it: paragraphs whose words carry their times, and stretches without words.

use crate::names::{Names, Note};
use model::{Millis, Stretch, StretchKind, Transcript, Word};
use std::fmt::{self, Write as _};
use transcript::{Paragraph, describe, length_in_words, paragraphs};

/// What stands where a name would, when the text says that the speaker changes and not who it is.
const SOMEBODY: &str = "Unknown speaker";

/// Words heard with less confidence than this are underlined. Chosen low, so that the eye is led to the few words that
/// are really in doubt: readers find a text where every second word is marked useless.
const UNSURE: f32 = 0.4;

/// A passage of the page.
pub(crate) enum Passage<'a> {
    Spoken(Spoken<'a>),
    Unspoken(Unspoken),
}

/// A paragraph.
pub(crate) struct Spoken<'a> {
    pub start: Millis,
    /// False when no source states when it begins: no time is shown.
    pub timed: bool,
    /// The name that stands above it, where the speaker changes.
    pub speaker: Option<&'a str>,
    pub words: &'a [Word],
    /// Number of the first word in the text.
    first: usize,
    names: &'a Names,
}

/// A stretch without words.
pub(crate) struct Unspoken {
    pub start: Millis,
    pub end: Millis,
    pub kind: &'static str,
    pub text: String,
}

/// Passages that begin at or after `from`.
pub(crate) fn passages<'a>(transcript: &'a Transcript, names: &'a Names, from: Millis) -> Vec<Passage<'a>> {
    let mut next = 0;
    let passage = |piece| match piece {
        Paragraph::Spoken(spoken) => {
            let start = spoken.words.first().map(|word| word.start).unwrap_or_default();
            let speaker = spoken.begins_turn.then(|| spoken.speaker.unwrap_or(SOMEBODY));
            let first = next;
            next += spoken.words.len();
            let timed = spoken.start().is_some();
            Passage::Spoken(Spoken { start, timed, speaker, words: spoken.words, first, names })
        }
        Paragraph::Unspoken(stretch) => Passage::Unspoken(unspoken(stretch)),
    };
    paragraphs(transcript).into_iter().map(passage).filter(|passage| passage.start() >= from).collect()
}

fn unspoken(stretch: &Stretch) -> Unspoken {
    let length = length_in_words(stretch.end.since(stretch.start));
    let (kind, text) = match stretch.kind {
        StretchKind::Gap => ("gap", format!("{length} of speech here was not understood")),
        StretchKind::Music => ("music", format!("{}, {length}", describe(stretch.kind))),
        StretchKind::Silence => ("silence", format!("{}, {length}", describe(stretch.kind))),
        StretchKind::Noise => ("noise", format!("{}, {length}", describe(stretch.kind))),
    };
    Unspoken { start: stretch.start, end: stretch.end, kind, text }
}

impl Passage<'_> {
    pub fn start(&self) -> Millis {
        match self {
            Self::Spoken(spoken) => spoken.start,
            Self::Unspoken(unspoken) => unspoken.start,
        }
    }

    /// What a later state of the same passage is told apart by: words are never changed without a change of times or of
    /// letters.
    pub fn fingerprint(&self) -> u64 {
        let mut hasher = blake3::Hasher::new();
        match self {
            Self::Spoken(spoken) => {
                hasher.update(spoken.speaker.unwrap_or_default().as_bytes());
                for word in spoken.words {
                    hasher.update(word.text.as_bytes());
                    hasher.update(&word.start.0.to_le_bytes()).update(&word.end.0.to_le_bytes());
                }
            }
            Self::Unspoken(unspoken) => {
                hasher.update(unspoken.text.as_bytes()).update(&unspoken.start.0.to_le_bytes());
            }
        }
        hasher.finalize().as_bytes().iter().take(8).fold(0, |value, byte| value << 8 | u64::from(*byte))
    }
}

impl Spoken<'_> {
    /// For each word the milliseconds from the end of the one before (of the first: from the begin of the paragraph) and
    /// its length.
    pub fn times(&self) -> String {
        let mut now = self.start;
        let mut times = String::with_capacity(self.words.len() * 8);
        for word in self.words {
            let start = word.start.max(now);
            let end = word.end.max(start);
            let separator = if times.is_empty() { "" } else { " " };
            let _ = write!(times, "{separator}{} {}", start.since(now).0, end.since(start).0);
            now = end;
        }
        times
    }

    /// Whether a word is underlined as heard with little confidence.
    pub fn unsure(&self, word: &Word) -> bool {
        word.confidence < UNSURE
    }

    /// What is to be said of the name that a word is part of.
    pub fn note(&self, word: &usize) -> Option<&Note> {
        self.names.note(self.first + word)
    }

    /// Lines the paragraph is likely to fill, in steps of two: the space that is kept for it until it is laid out.
    pub fn size(&self) -> usize {
        let letters: usize = self.words.iter().map(|word| word.text.chars().count() + 1).sum();
        ((letters / 68 + usize::from(self.speaker.is_some())) / 2 * 2 + 2).min(16)
    }
}

/// Seconds for an address: `83.25`, without needless zeros.
pub(crate) struct Seconds(pub Millis);

impl fmt::Display for Seconds {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0.seconds())
    }
}
