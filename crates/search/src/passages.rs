//! From an episode to the passages that are indexed.

use crate::tokens::{Token, tokens};
use jiff::civil::Date;
use model::{EpisodeId, Millis, StretchKind, Timing, Transcript, Word};
use serde::{Deserialize, Serialize};
use transcript::ends_sentence;

/// A passage ends at the first end of a sentence from this many words on,
const ENOUGH: usize = 50;
/// and after this many in any case.
const LONGEST: usize = 110;
/// A pause that ends a passage of [`ENOUGH`] words, in milliseconds.
const PAUSE: u64 = 2_000;

/// What is known of an episode beside its text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// The episode.
    pub episode: EpisodeId,
    /// Title of its show.
    pub show: String,
    /// Its title.
    pub title: String,
    /// When it was broadcast.
    pub date: Option<Date>,
    /// Its language, as in BCP 47.
    pub language: Option<String>,
    /// Names of its people.
    pub people: Vec<String>,
    /// Plain text of its notes.
    pub notes: String,
}

/// What was offered in place of words.
#[derive(Clone, Debug, PartialEq)]
pub struct Offered {
    /// The words offered.
    pub text: String,
    /// Begin of the words that would go.
    pub start: Millis,
    /// Their end.
    pub end: Millis,
}

/// An episode as it goes in.
#[derive(Clone, Debug)]
pub struct Source<'a> {
    /// What is known of it.
    pub about: About,
    /// Grows with every change of it.
    pub version: u64,
    /// The text that is shown; `None`: there is none yet.
    pub shown: Option<&'a Transcript>,
    /// What was heard, where that is something else.
    pub heard: Option<&'a Transcript>,
    /// Offers nobody decided of.
    pub offered: Vec<Offered>,
}

/// Words with their times, as they are stored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Line {
    /// Words with single spaces between.
    pub text: String,
    /// For each word milliseconds from the begin of the one before (the first: of the recording), and its length.
    times: Vec<(u32, u32)>,
}

impl Line {
    fn of(words: &[Word]) -> Self {
        let mut before = 0;
        let mut line = Self::default();
        for word in words {
            if !line.text.is_empty() {
                line.text.push(' ');
            }
            line.text.push_str(&word.text);
            let short = |millis: u64| u32::try_from(millis).unwrap_or(u32::MAX);
            line.times
                .push((short(word.start.0.saturating_sub(before)), short(word.end.since(word.start).0)));
            before = word.start.0;
        }
        line
    }

    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.text.split(' ').filter(|word| !word.is_empty())
    }

    pub fn tokens(&self) -> Vec<Token> {
        tokens(self.words())
    }

    /// Begin and end of each word.
    pub fn spans(&self) -> Vec<(Millis, Millis)> {
        let mut now = 0;
        let span = |(gap, length): &(u32, u32)| {
            now += u64::from(*gap);
            (Millis(now), Millis(now + u64::from(*length)))
        };
        self.times.iter().map(span).collect()
    }
}

/// A passage, as it is stored beside the index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Passage {
    pub episode: EpisodeId,
    /// Its number in the episode.
    pub number: u32,
    pub speaker: Option<String>,
    /// False when nobody stated when its words were said.
    pub timed: bool,
    pub shown: Line,
    /// What was heard, where that differs.
    pub heard: Option<Line>,
    /// Words offered, and first and last word of `shown` that they would take the place of.
    pub offered: Vec<(String, u32, u32)>,
    /// Speech here was not understood.
    pub gap: bool,
    pub music: bool,
}

/// Cuts a text into passages.
pub(crate) fn passages(source: &Source<'_>) -> Vec<Passage> {
    let Some(shown) = source.shown else { return Vec::new() };
    let mut passages: Vec<Passage> = Vec::new();
    let mut turns = shown.turns.iter().peekable();
    let mut speaker: Option<&str> = None;
    let mut first = 0;
    let words = &shown.words;
    for index in 0..words.len() {
        while let Some(turn) = turns.next_if(|turn| turn.first as usize <= index) {
            speaker = turn.speaker.as_deref();
        }
        let length = index + 1 - first;
        let next = words.get(index + 1);
        let turn_ends = turns.peek().is_some_and(|turn| turn.first as usize == index + 1);
        let sentence_ends = ends_sentence(&words[index].text, next.map(|word| word.text.as_str()))
            || next.is_some_and(|next| next.start.since(words[index].end).0 > PAUSE);
        if next.is_none() || turn_ends || length >= LONGEST || (sentence_ends && length >= ENOUGH) {
            let words = &words[first..=index];
            passages.push(Passage {
                episode: source.about.episode,
                number: passages.len() as u32,
                speaker: speaker.map(str::to_owned),
                timed: words.iter().any(|word| word.timing != Timing::Estimated),
                shown: Line::of(words),
                heard: None,
                offered: Vec::new(),
                gap: false,
                music: false,
            });
            first = index + 1;
        }
    }
    beside(source, shown, &mut passages);
    passages
}

/// Puts beside each passage what was heard there, what is offered, and what has no words.
fn beside(source: &Source<'_>, shown: &Transcript, passages: &mut [Passage]) {
    let spans: Vec<Vec<(Millis, Millis)>> = passages.iter().map(|passage| passage.shown.spans()).collect();
    let begins: Vec<Millis> =
        spans.iter().map(|spans| spans.first().map_or(Millis(0), |span| span.0)).collect();
    // The passage in which something at this time belongs.
    let at = |time: Millis| begins.partition_point(|begin| *begin <= time).saturating_sub(1);
    if let Some(heard) = source.heard {
        let mut words = heard.words.as_slice();
        for (number, passage) in passages.iter_mut().enumerate() {
            let end = begins.get(number + 1).copied().unwrap_or(Millis(u64::MAX));
            let (here, rest) = words.split_at(words.partition_point(|word| word.start < end));
            words = rest;
            let line = Line::of(here);
            if line.text != passage.shown.text {
                passage.heard = Some(line);
            }
        }
    }
    for offer in &source.offered {
        let number = at(offer.start);
        let (Some(passage), Some(spans)) = (passages.get_mut(number), spans.get(number)) else { continue };
        let first = spans.partition_point(|span| span.1 <= offer.start);
        let last = spans.partition_point(|span| span.0 < offer.end).saturating_sub(1).max(first);
        if first < spans.len() {
            passage.offered.push((offer.text.clone(), first as u32, last as u32));
        }
    }
    for stretch in &shown.stretches {
        if let Some(passage) = passages.get_mut(at(stretch.start)) {
            passage.gap |= stretch.kind == StretchKind::Gap;
            passage.music |= stretch.kind == StretchKind::Music;
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use model::Turn;

    /// A text a word every half second.
    pub fn spoken(text: &str) -> Transcript {
        let word = |(number, text): (usize, &str)| Word {
            text: text.into(),
            start: Millis(number as u64 * 500),
            end: Millis(number as u64 * 500 + 400),
            confidence: 0.9,
            joined: false,
            timing: Timing::Measured,
        };
        let words: Vec<Word> = text.split_whitespace().enumerate().map(word).collect();
        Transcript {
            language: Some("en".into()),
            duration: words.last().map(|word| word.end).unwrap_or_default(),
            words,
            ..Transcript::default()
        }
    }

    pub fn about(title: &str) -> About {
        About {
            episode: EpisodeId(uuid::Uuid::now_v7()),
            show: "Frontier".into(),
            title: title.into(),
            date: Some(jiff::civil::date(2024, 5, 7)),
            language: Some("en".into()),
            people: vec!["Ann Lee".into()],
            notes: "On a call.".into(),
        }
    }

    #[test]
    fn no_word_is_lost_and_turns_are_not_mixed() {
        let mut shown = spoken(&"one two three four. ".repeat(100));
        shown.turns = vec![
            Turn { first: 0, speaker: Some("Ann".into()) },
            Turn { first: 7, speaker: Some("Bob".into()) },
            Turn { first: 9, speaker: None },
        ];
        let heard = spoken(&"one two 3 four. ".repeat(100));
        let offered = vec![Offered { text: "Toe".into(), start: Millis(3_500), end: Millis(3_900) }];
        let source =
            Source { about: about("x"), version: 1, shown: Some(&shown), heard: Some(&heard), offered };
        let passages = passages(&source);
        let words: Vec<&str> = passages.iter().flat_map(|passage| passage.shown.words()).collect();
        assert!(words.iter().copied().eq(shown.words.iter().map(|word| word.text.as_str())));
        let also =
            passages.iter().flat_map(|passage| passage.heard.as_ref().unwrap_or(&passage.shown).words());
        assert!(also.eq(heard.words.iter().map(|word| word.text.as_str())));
        assert!(passages[1].heard.is_none(), "nothing differs there");
        let spans: Vec<_> = passages.iter().flat_map(|passage| passage.shown.spans()).collect();
        assert!(spans.iter().copied().eq(shown.words.iter().map(|word| (word.start, word.end))));
        let speakers: Vec<_> = passages.iter().take(3).map(|passage| passage.speaker.as_deref()).collect();
        assert_eq!(speakers, [Some("Ann"), Some("Bob"), None]);
        assert_eq!(passages[1].offered, [("Toe".to_owned(), 0, 0)]);
        assert!(passages.iter().all(|passage| passage.shown.words().count() <= LONGEST));
    }
}
