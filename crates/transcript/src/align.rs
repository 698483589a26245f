//! Times for a text that was written by somebody else: the text is aligned to what the recogniser heard.

mod anchors;
mod numbers;
mod place;
mod table;
mod tokens;

use model::{Cue, Millis, Stretch, StretchKind, Timing, Transcript, Word};
use std::ops::Range;
use tokens::{Lexicon, Token};

/// A word as it is spoken: in lower case, without accents and punctuation, numerals in (English) words, contractions written out.
/// `7.7%` is "seven point seven percent", `don't` "do not", a dash nothing.
#[must_use]
pub fn spoken_forms(word: &str) -> Vec<String> {
    tokens::spoken_forms(word)
}

/// A text with the times of the words in the sound.
#[derive(Clone, Debug, PartialEq)]
pub struct Aligned {
    /// The words of the text, every one, in its order, with its spelling. A word that was found in the sound is
    /// [`Timing::Measured`]; one that was not, but whose place between such words is known, [`Timing::Estimated`]. All
    /// others are `Estimated` too, and take no time: they stand where the last placed word ends.
    pub words: Vec<Word>,
    /// Words with a counterpart among those that were heard.
    pub found: usize,
    /// Words without one that have a place all the same.
    pub estimated: usize,
    /// Words that were not spoken, as far as one can hear: headings, paragraphs of another edition.
    pub unplaced: Vec<Range<usize>>,
    /// Words that could have been spoken: all but lone punctuation and what stands in square brackets.
    pub speakable: usize,
}

impl Aligned {
    /// Share of the words that could have been spoken which have a place in the sound, 0 to 1.
    pub fn placed(&self) -> f64 {
        share(self.found + self.estimated, self.speakable)
    }

    /// Share of the words that could have been spoken which were found in the sound, 0 to 1.
    pub fn share_found(&self) -> f64 {
        share(self.found, self.speakable)
    }

    /// Whether the text is of this recording at all. Of an unrelated text next to nothing is found; of the right one,
    /// even when every third word was misheard, more than half.
    pub fn fits(&self) -> bool {
        self.share_found() >= LEAST_FOUND
    }
}

/// How far the begin of a caption may be from that of its words, in milliseconds, and still be where it belongs.
const CUE_MARGIN: u64 = 700;

impl Aligned {
    /// The text as a transcript of the recording: its own words, turns, captions and paragraphs at the times found; what
    /// else is in the recording as it was heard. Gaps that the text fills are gaps no longer. Captions stay where they are,
    /// unless their words are elsewhere.
    pub fn into_transcript(self, text: &Transcript, heard: &Transcript) -> Transcript {
        let takes_time = |word: &&Word| word.end > word.start;
        let filled = |gap: &Stretch| {
            let from = self.words.partition_point(|word| word.end <= gap.start);
            self.words[from..].iter().take_while(|word| word.start < gap.end).any(|word| takes_time(&word))
        };
        let stretches =
            heard.stretches.iter().filter(|stretch| stretch.kind != StretchKind::Gap || !filled(stretch));
        let ends = text.cues.iter().skip(1).map(|next| next.first as usize).chain([self.words.len()]);
        let mut cues: Vec<Cue> = (text.cues.iter().zip(ends))
            .map(|(cue, end)| {
                let own = self.words.get(cue.first as usize..end).unwrap_or_default();
                let spoken = own.iter().find(takes_time).zip(own.iter().rfind(takes_time));
                let Some((first, last)) = spoken else { return cue.clone() };
                if first.start.0.abs_diff(cue.start.0) <= CUE_MARGIN {
                    return cue.clone();
                }
                Cue { start: first.start, end: last.end, ..*cue }
            })
            .collect();
        let mut earliest = Millis(0);
        for cue in &mut cues {
            cue.start = cue.start.max(earliest);
            cue.end = cue.end.max(cue.start);
            earliest = cue.start;
        }
        Transcript {
            language: text.language.clone().or_else(|| heard.language.clone()),
            duration: heard.duration,
            stretches: stretches.cloned().collect(),
            words: self.words,
            turns: text.turns.clone(),
            cues,
            paragraphs: text.paragraphs.clone(),
            repeats: text.repeats.clone(),
            speech: heard.speech,
            recognised: heard.speech,
            complete: true,
            partial: heard.partial.clone(),
        }
    }
}

/// Least share of the words to be found for a text to be of a recording.
const LEAST_FOUND: f64 = 0.25;

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { (part as f64 / whole as f64).min(1.0) }
}

/// A token of the text and one that was heard which an alignment puts beside each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pair {
    text: usize,
    heard: usize,
}

/// Likeness from which two forms are the same word, spelt or heard otherwise.
const ALIKE: f32 = 0.6;

/// Gives each word of a text the time at which it was heard.
///
/// `text` are the words of a person's text, their times unknown or rough; `heard` the words of a recogniser, in order of
/// time; `stretches` what else is in the recording. Case, punctuation, accents, hyphens, contractions and numerals do
/// not matter. Paragraphs may be missing or added on either side. Rough times of the text help where nothing was heard
/// and are never believed against the sound. Takes time and memory in proportion to the lengths of both, however
/// they differ.
pub fn align(text: &[Word], heard: &[Word], stretches: &[Stretch]) -> Aligned {
    let mut lexicon = Lexicon::default();
    let (own, other) = (lexicon.tokens(text), lexicon.tokens(heard));
    let pairs = anchors::pairs(&lexicon, &own, &other);
    let pairs = solid(&lexicon, &own, &other, &pairs);
    place::place(
        &lexicon,
        place::Side { words: text, tokens: &own },
        place::Side { words: heard, tokens: &other },
        &pairs,
        stretches,
    )
}

/// What a gap of any length costs at most, and how far a run of pairs may fall behind its best before it ends there.
const MOST_LOST: f32 = 3.0;
/// What a run of pairs must be worth to be no accident: some three words in a row.
const LEAST_WORTH: f32 = 2.5;

/// The pairs that can be relied on: those of alike tokens in runs that agree far more than by accident.
///
/// Any two texts share "and the". A run of pairs is worth the words that agree less those that do not; runs are cut where
/// they fall behind (X-drop, as in Altschul et al., J. Mol. Biol. 215, 1990), and those worth little are dropped.
fn solid(lexicon: &Lexicon, text: &[Token], heard: &[Token], pairs: &[Pair]) -> Vec<Pair> {
    let likeness = |pair: &Pair| match (text.get(pair.text), heard.get(pair.heard)) {
        (Some(a), Some(b)) => lexicon.likeness(a.form, b.form),
        _ => 0.0,
    };
    let worth = |pair: &Pair| {
        let likeness = likeness(pair);
        let length = text.get(pair.text).map_or(0, |token| lexicon.length(token.form));
        match length {
            _ if likeness < ALIKE => -0.5,
            _ if likeness < 1.0 => likeness - 0.2,
            0..=2 => 0.5,
            3 => 0.7,
            _ => 1.0,
        }
    };
    let mut kept = Vec::with_capacity(pairs.len());
    let mut begin = 0;
    while begin < pairs.len() {
        // One run: from `begin`, where it is worth most, up to `end`.
        let (mut sum, mut best, mut end) = (0.0f32, 0.0f32, begin);
        for (index, pair) in pairs.iter().enumerate().skip(begin) {
            if index > begin
                && let Some(before) = pairs.get(index - 1)
            {
                let skipped = pair.text - before.text + pair.heard - before.heard - 2;
                sum -= (0.4 * skipped as f32).min(MOST_LOST);
            }
            sum += worth(pair);
            if sum > best {
                (best, end) = (sum, index + 1);
            }
            if sum <= 0.0 || best - sum >= MOST_LOST {
                break;
            }
        }
        if best >= LEAST_WORTH {
            kept.extend(pairs[begin..end].iter().filter(|pair| likeness(pair) >= ALIKE));
        }
        begin = end.max(begin + 1);
    }
    kept
}

/// Words in square brackets: what a transcript says of the sound, such as `[laughs]`, or a time mark.
fn in_brackets(words: &[Word]) -> Vec<bool> {
    /// Longest remark, in words. A bracket that stays open is none.
    const LONGEST: usize = 12;
    let mut marks = vec![false; words.len()];
    let mut index = 0;
    while let Some(word) = words.get(index) {
        if !word.text.trim_start_matches('\\').starts_with('[') {
            index += 1;
            continue;
        }
        let closes = |word: &Word| {
            word.text.trim_end_matches(|c: char| !c.is_alphanumeric() && c != ']').ends_with(']')
        };
        let length = words[index..].iter().take(LONGEST).position(closes).map_or(0, |last| last + 1);
        marks[index..index + length].fill(true);
        index += length.max(1);
    }
    marks
}

#[cfg(test)]
mod tests;
