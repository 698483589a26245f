//! A passage that matches: which of its words are what was asked for, and why.

use crate::answer::{Hit, Reason, Span};
use crate::leaves::{Wanted, side_by_side};
use crate::passages::{Line, Passage};
use crate::tokens::{Stems, Token};
use crate::{Around, Calibration};
use model::Millis;
use std::ops::Range;

/// The tokens of a line, and begin and end of each of its words.
type Timed = (Vec<Token>, Vec<(Millis, Millis)>);

/// A passage that is looked through.
pub(crate) struct Looked<'a> {
    passage: Passage,
    shown: Timed,
    heard: Option<Timed>,
    language: &'a Stems,
}

impl<'a> Looked<'a> {
    pub fn at(passage: Passage, language: &'a Stems) -> Self {
        let ready = |line: &Line| (line.tokens(), line.spans());
        Self { shown: ready(&passage.shown), heard: passage.heard.as_ref().map(ready), passage, language }
    }

    pub fn find(
        &self,
        wanted: &Wanted,
        calibration: &Calibration,
        context: (usize, usize, bool),
        threshold: f32,
        spans: &mut Vec<Span>,
    ) {
        let begun = spans.len();
        let (tokens, _) = &self.shown;
        for range in wanted.find(tokens, self.language) {
            let words = words_of(tokens, &range);
            let heard = self.heard_at(&words);
            let reason = if heard.is_some() { Reason::Repaired } else { Reason::Exact };
            spans.push(Span {
                first: words.start,
                end: words.end,
                reason,
                heard,
                offered: None,
                probability: 1.0,
                features: None,
            });
        }
        let free = |spans: &[Span], words: &Range<usize>| {
            !words.is_empty()
                && !spans[begun..].iter().any(|span| span.first < words.end && words.start < span.end)
        };
        if let Some((tokens, times)) = &self.heard {
            for range in wanted.find(tokens, self.language) {
                let (words, text) = self.shown_at(&words_of(tokens, &range), times);
                if free(spans, &words) {
                    let (first, end) = (words.start, words.end);
                    spans.push(Span {
                        first,
                        end,
                        reason: Reason::Repaired,
                        heard: Some(text),
                        offered: None,
                        probability: 1.0,
                        features: None,
                    });
                }
            }
        }
        for (text, first, last) in &self.passage.offered {
            let words = *first as usize..*last as usize + 1;
            let offered = crate::tokens::tokens(text.split_whitespace());
            if !wanted.find(&offered, self.language).is_empty() && free(spans, &words) {
                let (first, end) = (words.start, words.end);
                spans.push(Span {
                    first,
                    end,
                    reason: Reason::Offered,
                    heard: None,
                    offered: Some(text.clone()),
                    probability: 1.0,
                    features: None,
                });
            }
        }
        let (exact, here, known) = context;
        for form in &wanted.forms {
            let mut places: Vec<(Range<usize>, Option<String>)> = side_by_side(tokens, &form.tokens)
                .iter()
                .map(|range| (words_of(tokens, range), None))
                .collect();
            if let Some((tokens, times)) = &self.heard {
                for range in side_by_side(tokens, &form.tokens) {
                    let (words, text) = self.shown_at(&words_of(tokens, &range), times);
                    // What a repair made something else of is not that any more.
                    if words.len() == form.tokens.len() && self.heard_at(&words).is_none() {
                        places.push((words, Some(text)));
                    }
                }
            }
            for (words, heard) in places {
                let (capitals, begins) = self.capitals(&words);
                let features = Calibration::features(form, &Around { exact, here, known, capitals, begins });
                let probability = calibration.probability(&features);
                if probability >= threshold && free(spans, &words) {
                    spans.push(Span {
                        first: words.start,
                        end: words.end,
                        reason: Reason::SoundsLike,
                        heard: Some(heard.unwrap_or_else(|| self.text(&words))),
                        offered: None,
                        probability,
                        features: Some(Box::new(features)),
                    });
                }
            }
        }
    }

    /// Share of words with a capital, unless a sentence begins there, and whether one does.
    fn capitals(&self, words: &Range<usize>) -> (f32, bool) {
        let line: Vec<&str> = self.passage.shown.words().collect();
        let before = words.start.checked_sub(1).and_then(|before| line.get(before));
        if before.is_none_or(|before| before.ends_with(['.', '?', '!', ':'])) {
            return (0.0, true);
        }
        let here = line.get(words.clone()).unwrap_or_default();
        let upper = here
            .iter()
            .filter(|word| word.chars().find(|sign| sign.is_alphanumeric()).is_some_and(char::is_uppercase));
        (upper.count() as f32 / here.len().max(1) as f32, false)
    }

    fn text(&self, words: &Range<usize>) -> String {
        self.passage.shown.words().skip(words.start).take(words.len()).collect::<Vec<_>>().join(" ")
    }

    /// What was heard where these words are shown, when it was something else.
    fn heard_at(&self, words: &Range<usize>) -> Option<String> {
        let (_, times) = self.heard.as_ref()?;
        let shown = self.shown.1.get(words.clone())?;
        let (start, end) = (shown.first()?.0, shown.last()?.1);
        let line = self.passage.heard.as_ref()?;
        let overlaps = |span: &(Millis, Millis)| span.0 < end && start < span.1 || span.0 == start;
        let heard: Vec<&str> =
            line.words().zip(times).filter(|(_, span)| overlaps(span)).map(|(word, _)| word).collect();
        let heard = heard.join(" ");
        (!heard.is_empty() && heard != self.text(words)).then_some(heard)
    }

    /// The shown words where these were heard, and the heard ones as text.
    fn shown_at(&self, heard: &Range<usize>, times: &[(Millis, Millis)]) -> (Range<usize>, String) {
        let line = self.passage.heard.as_ref();
        let text =
            line.map(|line| line.words().skip(heard.start).take(heard.len()).collect::<Vec<_>>().join(" "));
        let spans = times.get(heard.clone()).unwrap_or_default();
        let (Some(first), Some(last)) = (spans.first(), spans.last()) else { return (0..0, String::new()) };
        let shown = &self.shown.1;
        let begin = shown.partition_point(|span| span.1 <= first.0);
        let end = shown.partition_point(|span| span.0 < last.1);
        (begin..end.max(begin), text.unwrap_or_default())
    }

    pub fn hit(self, mut spans: Vec<Span>, score: f32) -> Hit {
        spans.sort_by_key(|span| (span.first, span.end));
        let times = &self.shown.1;
        let at = |word: usize| times.get(word).copied().unwrap_or_default();
        let reason = spans.iter().map(|span| span.reason).min().unwrap_or(Reason::Exact);
        let first = spans.first().map_or(0, |span| span.first);
        let last = spans.iter().map(|span| span.end).max().map_or(times.len(), |end| end).saturating_sub(1);
        let likeliest = spans.iter().map(|span| span.probability).fold(0.0, f32::max);
        Hit {
            start: at(first).0,
            end: at(last).1,
            timed: self.passage.timed,
            words: self
                .passage
                .shown
                .words()
                .map(str::to_owned)
                .zip(times.iter().map(|span| span.0))
                .collect(),
            speaker: self.passage.speaker,
            score: if reason == Reason::SoundsLike { likeliest } else { score },
            reason,
            spans,
        }
    }
}

fn words_of(tokens: &[Token], range: &Range<usize>) -> Range<usize> {
    let first = tokens.get(range.start).map_or(0, |token| token.word);
    let last = tokens.get(range.end.saturating_sub(1)).map_or(first, |token| token.word);
    first..last + 1
}
