//! From stored windows and revisions to the text that is read. No I/O.

use crate::sqlite::{hearings as sql, repeats, revisions as sql_revisions};
use crate::{Archive, Result};
use model::{EpisodeId, HeardWindow, Hearing, HearingId, Millis, Stretch, StretchKind, Transcript, Word};

/// Which state of the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Text {
    /// The newest: with every repair and correction.
    #[default]
    Revised,
    /// As the recogniser wrote it.
    AsHeard,
}

/// What is to be read of an episode.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The hearing it comes from.
    pub hearing: Hearing,
    /// The text.
    pub transcript: Transcript,
    /// Version of the episode that this is: the same number means the same text.
    pub version: u64,
}

impl Archive {
    /// The text of an episode: of the hearing that is shown or, as long as there is none, of the newest one under way,
    /// as far as it came. `None` when nothing was heard yet.
    pub fn reading(&self, episode: EpisodeId, text: Text) -> Result<Option<Reading>> {
        self.store.read(|tx| {
            let entry = crate::sqlite::episodes::entry(tx, episode)?;
            let Some(hearing) = entry.hearing else { return Ok(None) };
            let mut transcript = sql_revisions::transcript(tx, hearing.id, text)?;
            transcript.repeats = repeats::of(tx, episode, hearing.id)?;
            Ok(Some(Reading { hearing, transcript, version: entry.version }))
        })
    }

    /// The text of one hearing.
    pub fn transcript(&self, hearing: HearingId, text: Text) -> Result<Transcript> {
        self.store.read(|tx| sql_revisions::transcript(tx, hearing, text))
    }

    /// The windows of a hearing from a number on, in order, as far as they were heard.
    pub fn windows(&self, hearing: HearingId, from: u32) -> Result<Vec<HeardWindow>> {
        self.store.read(|tx| sql::windows(tx, hearing, from))
    }
}

/// A window's speech that has words: its speech less its gaps.
pub fn recognised(window: &HeardWindow) -> Millis {
    let gaps = window.gaps.iter().filter(|gap| gap.kind == StretchKind::Gap);
    window.speech.since(Millis(gaps.map(|gap| gap.end.since(gap.start).0).sum()))
}

/// Puts a transcript together. `speech` is that of the whole recording, when it is known.
pub(crate) fn assemble(
    hearing: &Hearing,
    duration: Option<Millis>,
    speech: Option<Millis>,
    windows: &[HeardWindow],
    stretches: Vec<Stretch>,
    words: Vec<Word>,
) -> Transcript {
    let last = windows.iter().map(|window| window.end).max().unwrap_or_default();
    let mut stretches = stretches;
    stretches.extend(windows.iter().flat_map(|window| window.gaps.iter().cloned()));
    stretches.sort_by_key(|stretch| (stretch.start, stretch.end));
    stretches.dedup();
    let heard = Millis(windows.iter().map(|window| window.speech.0).sum());
    Transcript {
        language: hearing.language.clone(),
        duration: duration.unwrap_or_default().max(last),
        words,
        stretches,
        speech: speech.unwrap_or(heard),
        recognised: Millis(windows.iter().map(|window| recognised(window).0).sum()),
        complete: hearing.complete,
        partial: hearing.partial.clone(),
        ..Transcript::default()
    }
}

/// What breaks the rules of a list of words, in one sentence; `None` when it is sound.
pub(crate) fn complaint(words: &[Word]) -> Option<String> {
    let mut end = Millis(0);
    for word in words {
        let text = &word.text;
        if text.is_empty() || text.chars().any(char::is_whitespace) {
            return Some(format!("the word {text:?} is empty or holds white space"));
        }
        if word.start > word.end {
            return Some(format!("the word {text:?} ends before it begins"));
        }
        if word.start < end {
            return Some(format!("the word {text:?} at {} begins before the one before it ends", word.start));
        }
        if !(0.0..=1.0).contains(&word.confidence) {
            return Some(format!("the confidence of the word {text:?} is {}, not 0 to 1", word.confidence));
        }
        end = word.end;
    }
    None
}

/// What breaks the rules of a window, in one sentence.
pub(crate) fn window_complaint(window: &HeardWindow) -> Option<String> {
    let trouble = complaint(&window.words).or_else(|| {
        if window.start > window.end {
            return Some("it ends before it begins".into());
        }
        if !window.mean_log_probability.is_finite() || !window.temperature.is_finite() {
            return Some("its probability or temperature is not a number".into());
        }
        window.gaps.iter().any(|gap| gap.start > gap.end).then(|| "a gap ends before it begins".into())
    })?;
    Some(format!("window {} of the hearing is not sound: {trouble}", window.index))
}
