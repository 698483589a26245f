//! The transcript as the page shows it: paragraphs whose words carry their times, and stretches without words.

use crate::names::{Names, Note};
use model::{Chapter, Millis, Stretch, StretchKind, Timing, Transcript, Word};
use std::collections::VecDeque;
use std::fmt::{self, Write as _};
use transcript::{Paragraph, describe, ends_sentence, length_in_words, paragraphs};

/// What stands where a name would, when the text says that the speaker changes and not who it is.
const SOMEBODY: &str = "Unknown speaker";

/// Words heard with less confidence than this are underlined. Chosen low, so that the eye is led to the few words that
/// are really in doubt: readers find a text where every second word is marked useless.
const UNSURE: f32 = 0.4;

/// A passage of the page.
pub(crate) enum Passage<'a> {
    Spoken(Spoken<'a>),
    Unspoken(Unspoken),
    Heading(Heading<'a>),
}

/// The title of a chapter, above its first passage.
pub(crate) struct Heading<'a> {
    pub start: Millis,
    pub title: &'a str,
    /// False when the passage below has the same time, and with it the same place in addresses.
    pub anchor: bool,
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

/// All passages, each chapter beginning one, with its title above.
pub(crate) fn in_chapters<'a>(
    transcript: &'a Transcript,
    names: &'a Names,
    chapters: &'a [Chapter],
) -> Vec<Passage<'a>> {
    let mut chapters = chapters.iter().filter(|chapter| !chapter.unlisted).peekable();
    let mut headed = Vec::new();
    let mut rest: VecDeque<Passage<'a>> = passages(transcript, names, Millis(0)).into();
    while let Some(passage) = rest.pop_front() {
        let Some(chapter) = chapters.peek() else {
            headed.push(passage);
            continue;
        };
        if chapter.start <= passage.start() {
            let anchor = match &passage {
                Passage::Spoken(spoken) => !spoken.timed || spoken.start != chapter.start,
                _ => true,
            };
            headed.push(Passage::Heading(Heading { start: chapter.start, title: &chapter.title, anchor }));
            chapters.next();
            rest.push_front(passage);
            continue;
        }
        match passage {
            Passage::Spoken(spoken) => {
                let (before, after) = split(spoken, chapter.start);
                headed.push(Passage::Spoken(before));
                if let Some(after) = after {
                    rest.push_front(Passage::Spoken(after));
                }
            }
            other => headed.push(other),
        }
    }
    headed
}

/// A paragraph up to where a chapter begins, and the rest. Publishers' times are not exact to the word: a sentence that
/// begins within a few words of one is not cut.
fn split(spoken: Spoken<'_>, at: Millis) -> (Spoken<'_>, Option<Spoken<'_>>) {
    const NEAR: usize = 8;
    let words = spoken.words;
    let exact = words.partition_point(|word| word.start < at);
    let begins = |index: &usize| {
        let (before, word) = (index.checked_sub(1).and_then(|before| words.get(before)), words.get(*index));
        before.is_none_or(|before| ends_sentence(&before.text, word.map(|word| word.text.as_str())))
    };
    let near = (exact.saturating_sub(NEAR)..=(exact + NEAR).min(words.len())).filter(begins);
    let index = near.min_by_key(|index| index.abs_diff(exact)).unwrap_or(exact);
    let (before, after) = words.split_at(index);
    let Some(first) = after.first().filter(|_| !before.is_empty()) else { return (spoken, None) };
    let rest = Spoken {
        start: first.start,
        timed: first.timing != Timing::Estimated,
        speaker: None,
        words: after,
        first: spoken.first + index,
        names: spoken.names,
    };
    (Spoken { words: before, ..spoken }, Some(rest))
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
            Self::Heading(heading) => heading.start,
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
            Self::Heading(heading) => {
                hasher.update(heading.title.as_bytes()).update(&heading.start.0.to_le_bytes());
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
