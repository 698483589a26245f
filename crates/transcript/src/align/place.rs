//! From pairs to times: words with a counterpart take its time, the others share what lies between.

use super::tokens::{Lexicon, Token};
use super::{Aligned, Pair, Stretch, Timing, Word, in_brackets};
use crate::ends_sentence;
use model::{Millis, StretchKind};
use std::ops::Range;

/// One of the two texts.
#[derive(Clone, Copy)]
pub(super) struct Side<'side> {
    pub words: &'side [Word],
    pub tokens: &'side [Token],
}

/// A span of time, in milliseconds.
type Span = Range<u64>;

/// Fastest speech, as a share of the time that the words take at the pace of this recording.
const FASTEST: f64 = 0.45;
/// How much longer than at this pace the words of a run may take: what is longer holds something else as well.
const SLOWEST: f64 = 2.2;
/// Words between two that were found that are taken as spoken whatever was heard there: a slip, not a paragraph.
const SLIP: usize = 3;
/// Longest time between two words that were found, in milliseconds, in which whatever was heard is taken for what the
/// text says there, when it took about as long: nobody puts other words of the same length into one breath.
const BREATH: u64 = 5_000;
/// Share of letters in order that a passage has in common with what was made of it by a recogniser that did not
/// understand it. Unrelated English has less than a third.
const GARBLED: f64 = 0.42;
/// Mean confidence below which a recogniser did not understand what it wrote down. Of clear speech it is above 0.8.
const UNSURE: f32 = 0.6;
/// Longest passage, in letters, that is compared letter by letter.
const COMPARED: usize = 600;
/// Two rough times whose offsets differ by more than this, in milliseconds, are no help.
const STEADY: u64 = 3_000;
/// Milliseconds a letter takes when nothing was found to measure it by: 15 letters a second.
const USUAL_PACE: f64 = 66.0;

pub(super) fn place(
    lexicon: &Lexicon,
    text: Side<'_>,
    heard: Side<'_>,
    pairs: &[Pair],
    stretches: &[Stretch],
) -> Aligned {
    let mut letters = vec![0u32; text.words.len()];
    for token in text.tokens {
        letters[token.word as usize] += u32::from(token.letters);
    }
    let brackets = in_brackets(text.words);
    let speakable =
        letters.iter().zip(&brackets).filter(|(letters, bracket)| **letters > 0 && !**bracket).count();
    let found = found(text, heard, pairs);
    let pace = pace(&found, &letters);
    for ((letters, bracket), found) in letters.iter_mut().zip(&brackets).zip(&found) {
        if *bracket && found.is_none() {
            *letters = 0;
        }
    }
    let mut placing = Placing {
        lexicon,
        text,
        heard,
        stretches,
        pace,
        letters,
        brackets,
        times: found.iter().map(|found| found.as_ref().map(|found| found.span.clone())).collect(),
        unplaced: Vec::new(),
        estimated: 0,
    };
    let mut index = 0;
    while index < found.len() {
        let run = index..index + found[index..].iter().take_while(|found| found.is_none()).count();
        if !run.is_empty() {
            let before = run.start.checked_sub(1).and_then(|index| found[index].as_ref());
            placing.run(run.clone(), before, found.get(run.end).and_then(Option::as_ref));
        }
        index = run.end + 1;
    }
    let words = words(text.words, &found, &placing.times);
    Aligned {
        words,
        found: found
            .iter()
            .zip(&placing.brackets)
            .filter(|(found, bracket)| found.is_some() && !**bracket)
            .count(),
        estimated: placing.estimated,
        unplaced: placing.unplaced,
        speakable,
    }
}

/// Where a word of the text was heard.
#[derive(Clone, Debug)]
struct Found {
    span: Span,
    /// The heard words in which it lies.
    heard: Range<usize>,
}

fn found(text: Side<'_>, heard: Side<'_>, pairs: &[Pair]) -> Vec<Option<Found>> {
    let mut found: Vec<Option<Found>> = vec![None; text.words.len()];
    for pair in pairs {
        let (Some(own), Some(other)) = (text.tokens.get(pair.text), heard.tokens.get(pair.heard)) else {
            continue;
        };
        let Some(word) = heard.words.get(other.word as usize) else { continue };
        let length = word.end.since(word.start).0;
        let until =
            |letters: u16| word.start.0 + length * u64::from(letters.min(other.of)) / u64::from(other.of);
        let span = until(other.before)..until(other.before.saturating_add(other.letters));
        let index = other.word as usize;
        match &mut found[own.word as usize] {
            Some(found) => (found.span.end, found.heard.end) = (span.end.max(found.span.start), index + 1),
            none => *none = Some(Found { span, heard: index..index + 1 }),
        }
    }
    // Recognisers promise order; what a damaged file says must not undo it.
    let mut end = 0;
    for found in found.iter_mut().flatten() {
        found.span.start = found.span.start.max(end);
        found.span.end = found.span.end.max(found.span.start);
        end = found.span.end;
    }
    found
}

/// Milliseconds that a letter takes in this recording.
fn pace(found: &[Option<Found>], letters: &[u32]) -> f64 {
    let (mut time, mut count) = (0, 0);
    for (found, letters) in found.iter().zip(letters) {
        if let Some(found) = found {
            time += found.span.end - found.span.start;
            count += u64::from(*letters);
        }
    }
    let pace = if count == 0 { USUAL_PACE } else { time as f64 / count as f64 };
    pace.clamp(20.0, 300.0)
}

struct Placing<'all> {
    lexicon: &'all Lexicon,
    text: Side<'all>,
    heard: Side<'all>,
    stretches: &'all [Stretch],
    letters: Vec<u32>,
    brackets: Vec<bool>,
    pace: f64,
    times: Vec<Option<Span>>,
    unplaced: Vec<Range<usize>>,
    estimated: usize,
}

impl Placing<'_> {
    /// Finds the place of words between two that were found, or before the first, or after the last.
    fn run(&mut self, run: Range<usize>, before: Option<&Found>, after: Option<&Found>) {
        let count = run.clone().filter(|index| self.letters[*index] > 0).count();
        if count == 0 {
            // A dash or a remark stands with the word before it and takes no time.
            return;
        }
        let heard = before.map_or(0, |found| found.heard.end)
            ..after.map_or(self.heard.words.len(), |found| found.heard.start);
        let end_of_all = || {
            let last = self.stretches.iter().map(|stretch| stretch.end.0).max().unwrap_or(0);
            self.heard.words.last().map_or(0, |word| word.end.0).max(last)
        };
        let hole =
            before.map_or(0, |found| found.span.end)..after.map_or_else(end_of_all, |found| found.span.start);
        let between = self.heard.words.get(heard.clone()).unwrap_or_default();
        let wanted = run.clone().map(|index| f64::from(self.letters[index])).sum::<f64>() * self.pace;
        let spoken: Vec<Span> = between.iter().map(|word| word.start.0..word.end.0).collect();
        let taken = length(&spoken);
        let fits = |time: u64| (FASTEST * wanted..=SLOWEST * wanted).contains(&(time as f64));
        let inside = before.is_some() && after.is_some();
        let slip = count <= SLIP && inside;
        let breath = inside && hole.end.saturating_sub(hole.start) <= BREATH;
        let open = self.without_words(&hole, &spoken, inside);
        let room = if !spoken.is_empty()
            && fits(taken)
            && (slip || breath || unsure(between) || self.garbled(&run, heard))
        {
            spoken
        } else if length(&open) as f64 >= FASTEST * wanted {
            match self.pinned(&run, &hole, before, after) {
                Some(start) => {
                    take(open.into_iter().map(|span| span.start.max(start)..span.end), wanted as u64)
                }
                None if length(&open) as f64 <= SLOWEST * wanted => open,
                None => self.cling(&run, open, wanted as u64, before.is_some(), after.is_some()),
            }
        } else if slip {
            // There is no room, but a word that stands between two that were spoken was spoken there too.
            let at = between.first().map_or(hole.start, |word| word.start.0.max(hole.start));
            std::iter::once(at..at).collect()
        } else {
            Vec::new()
        };
        if room.is_empty() {
            return self.unplaced.push(run);
        }
        self.estimated += count;
        self.spread(run, &room);
    }

    /// The parts of a hole in which something may be said that was not understood: gaps where there are any, else,
    /// `inside` the text, what is neither words nor music, silence or noise.
    fn without_words(&self, hole: &Span, spoken: &[Span], inside: bool) -> Vec<Span> {
        let first = self.stretches.partition_point(|stretch| stretch.end.0 <= hole.start);
        let within = self.stretches[first..].iter().take_while(|stretch| stretch.start.0 < hole.end);
        let clipped = |stretch: &Stretch| stretch.start.0.max(hole.start)..stretch.end.0.min(hole.end);
        let (gaps, other): (Vec<&Stretch>, Vec<&Stretch>) =
            within.partition(|stretch| stretch.kind == StretchKind::Gap);
        let gaps: Vec<Span> = gaps.into_iter().map(clipped).filter(|span| span.start < span.end).collect();
        if !gaps.is_empty() || !inside {
            return gaps;
        }
        let mut closed: Vec<Span> = other.into_iter().map(clipped).chain(spoken.iter().cloned()).collect();
        closed.sort_by_key(|span| span.start);
        let mut open = Vec::new();
        let mut from = hole.start;
        for span in closed {
            if span.start > from {
                open.push(from..span.start.min(hole.end));
            }
            from = from.max(span.end);
        }
        if from < hole.end {
            open.push(from..hole.end);
        }
        open
    }

    /// Whether what was heard may be a mishearing of the run: the letters of both, in order, have much in common.
    fn garbled(&self, run: &Range<usize>, heard: Range<usize>) -> bool {
        let letters = |side: Side<'_>, words: &Range<usize>| {
            let first = side.tokens.partition_point(|token| (token.word as usize) < words.start);
            let own = side.tokens[first..].iter().take_while(|token| (token.word as usize) < words.end);
            own.flat_map(|token| self.lexicon.letters(token.form))
                .copied()
                .take(COMPARED + 1)
                .collect::<Vec<char>>()
        };
        let (a, b) = (letters(self.text, run), letters(self.heard, &heard));
        let longest = a.len().max(b.len());
        (1..=COMPARED).contains(&longest) && common(&a, &b) as f64 >= GARBLED * longest as f64
    }

    /// Where a run begins by the rough time that it came with, shifted as its neighbours are. Times drift where an
    /// advertisement was put in or left out: a shift that differs before and after is not believed.
    fn pinned(
        &self,
        run: &Range<usize>,
        hole: &Span,
        before: Option<&Found>,
        after: Option<&Found>,
    ) -> Option<u64> {
        let rough = |index: usize| {
            let word = self.text.words.get(index).filter(|word| word.timing != Timing::Estimated)?;
            i64::try_from(word.start.0).ok()
        };
        let shift = |index: Option<usize>, found: Option<&Found>| {
            Some(i64::try_from(found?.span.start).ok()?.saturating_sub(rough(index?)?))
        };
        let shift = match (shift(run.start.checked_sub(1), before), shift(Some(run.end), after)) {
            (Some(a), Some(b)) if a.abs_diff(b) > STEADY => return None,
            (a, b) => b.or(a)?,
        };
        u64::try_from(rough(run.start)?.saturating_add(shift)).ok().filter(|start| hole.contains(start))
    }

    /// Where there is more room than words need, they stay with the sentence that they belong to.
    fn cling(
        &self,
        run: &Range<usize>,
        open: Vec<Span>,
        wanted: u64,
        before: bool,
        after: bool,
    ) -> Vec<Span> {
        let text = |index: usize| self.text.words.get(index).map(|word| word.text.as_str());
        let last = run.start.checked_sub(1).and_then(text);
        let begins_sentence = last.is_none_or(|last| ends_sentence(last, text(run.start)));
        if !(after && (begins_sentence || !before)) {
            return take(open, wanted);
        }
        let mirrored = |span: Span| u64::MAX - span.end..u64::MAX - span.start;
        let mut room: Vec<Span> =
            take(open.into_iter().rev().map(mirrored), wanted).into_iter().map(mirrored).collect();
        room.reverse();
        room
    }

    /// Shares room out to the words of a run by their letters.
    fn spread(&mut self, run: Range<usize>, room: &[Span]) {
        let all: u64 = run.clone().map(|index| u64::from(self.letters[index])).sum::<u64>().max(1);
        let time = length(room);
        let mut letters = 0;
        for index in run {
            let start = at(room, time * letters / all, false);
            letters += u64::from(self.letters[index]);
            let end = at(room, time * letters / all, true);
            self.times[index] = Some(start..end.max(start));
        }
    }
}

fn unsure(words: &[Word]) -> bool {
    words.iter().map(|word| word.confidence).sum::<f32>() < UNSURE * words.len() as f32
}

/// The first `wanted` milliseconds of spans, or all there is.
fn take(spans: impl IntoIterator<Item = Span>, wanted: u64) -> Vec<Span> {
    let mut left = wanted;
    let mut room = Vec::new();
    for span in spans {
        let taken = left.min(span.end.saturating_sub(span.start));
        if taken > 0 {
            room.push(span.start..span.start + taken);
        }
        left -= taken;
    }
    room
}

/// The instant after `passed` milliseconds of the spans; on a border the end of the earlier one or the start of the next.
fn at(spans: &[Span], mut passed: u64, end: bool) -> u64 {
    for span in spans {
        let length = span.end - span.start;
        if passed < length || end && passed == length {
            return span.start + passed;
        }
        passed -= length;
    }
    spans.last().map_or(0, |span| span.end)
}

fn length(spans: &[Span]) -> u64 {
    spans.iter().map(|span| span.end.saturating_sub(span.start)).sum()
}

/// Length of the longest common subsequence, less what letters that do not fit cost: the measure of Levenshtein turned
/// round, so that it can be compared with the longer of the two.
fn common(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (diagonal + usize::from(x != y)).min(above + 1).min(row[j] + 1);
            diagonal = above;
        }
    }
    a.len().max(b.len()) - row[b.len()]
}

/// The words with their times; those without one stand at the end of the last that has one.
fn words(text: &[Word], found: &[Option<Found>], times: &[Option<Span>]) -> Vec<Word> {
    let first = times.iter().flatten().next().map_or(0, |span| span.start);
    let mut now = first;
    let mut words = Vec::with_capacity(text.len());
    for ((word, found), span) in text.iter().zip(found).zip(times) {
        let span = span.clone().unwrap_or(now..now);
        let start = span.start.max(now);
        let end = span.end.max(start);
        now = end;
        let timing = if found.is_some() { Timing::Measured } else { Timing::Estimated };
        words.push(Word { start: Millis(start), end: Millis(end), timing, ..word.clone() });
    }
    words
}
