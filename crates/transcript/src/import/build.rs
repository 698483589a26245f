//! Puts a transcript together from what a file states, in the order of its text.

use super::{Complaint, Import, Limits, NotATranscript, Trouble};
use crate::{About, Format, spacing};
use model::{Chapter, Cue, Millis, Stretch, StretchKind, Timing, Transcript, Turn, Word};

/// How long a letter takes to say, in milliseconds, at the slowest: estimates do not stretch over a pause.
const SLOWEST: u64 = 120;

/// A word with the times that the file states for it.
struct Spelt {
    text: String,
    joined: bool,
    begin: Option<u64>,
    end: Option<u64>,
    confidence: f32,
    line: u32,
}

/// A transcript in the making.
pub(super) struct Draft<'l> {
    pub limits: &'l Limits,
    pub about: About,
    pub language: Option<String>,
    pub duration: u64,
    pub complete: bool,
    pub partial: Option<String>,
    complaints: Vec<Complaint>,
    words: Vec<Spelt>,
    /// Begin of the word that comes next, and the line that states it.
    next: Option<(u64, u32)>,
    /// Words before an index have ended by then.
    bounds: Vec<(usize, u64)>,
    turns: Vec<Turn>,
    cues: Vec<Cue>,
    paragraphs: Vec<u32>,
    /// With the number of words before them.
    stretches: Vec<(usize, Stretch)>,
    headings: Vec<Heading>,
}

struct Heading {
    words_before: usize,
    title: String,
    start: Option<u64>,
    line: u32,
}

impl<'l> Draft<'l> {
    pub fn new(limits: &'l Limits, complaints: Vec<Complaint>) -> Self {
        Self {
            limits,
            about: About::default(),
            language: None,
            duration: 0,
            complete: true,
            partial: None,
            complaints,
            words: Vec::new(),
            next: None,
            bounds: Vec::new(),
            turns: Vec::new(),
            cues: Vec::new(),
            paragraphs: Vec::new(),
            stretches: Vec::new(),
            headings: Vec::new(),
        }
    }

    /// Notes a trouble; the same trouble again only counts.
    pub fn complain(&mut self, trouble: Trouble, line: u32) {
        match self.complaints.iter_mut().find(|complaint| complaint.trouble == trouble) {
            Some(complaint) => complaint.times = complaint.times.saturating_add(1),
            None => self.complaints.push(Complaint { trouble, line, times: 1 }),
        }
    }

    /// A time that can be true.
    pub fn sane(&mut self, millis: u64, line: u32) -> Option<u64> {
        let sane = Some(millis).filter(|millis| *millis <= self.limits.latest.0);
        if sane.is_none() {
            self.complain(Trouble::BadTime, line);
        }
        sane
    }

    /// A name or title as it is kept.
    pub fn named(&mut self, text: &str, line: u32) -> String {
        let text = crate::wording::one_line(text);
        match text.char_indices().nth(self.limits.name) {
            None => text,
            Some((at, _)) => {
                self.complain(Trouble::TooLong, line);
                text[..at].trim_end().to_owned()
            }
        }
    }

    pub fn has_words(&self) -> bool {
        !self.words.is_empty()
    }

    /// A new speaker begins, even if the same name spoke before; `None` for one whom nobody names.
    pub fn turn(&mut self, speaker: Option<&str>, line: u32) {
        let speaker = speaker.map(|name| self.named(name, line)).filter(|name| !name.is_empty());
        let speaker = speaker.filter(|name| !name.eq_ignore_ascii_case(super::UNKNOWN));
        let first = self.words.len() as u32;
        // A turn that got no words is nobody's.
        if self.turns.last().is_some_and(|turn| turn.first == first) {
            self.turns.pop();
        }
        match self.turns.len() < self.limits.breaks {
            true => self.turns.push(Turn { first, speaker }),
            false => self.complain(Trouble::TooMuch, line),
        }
    }

    /// Who speaks now; a turn begins when that is another than before.
    pub fn voice(&mut self, speaker: Option<&str>, line: u32) {
        let speaker = speaker.map(|name| self.named(name, line)).filter(|name| !name.is_empty());
        // A turn that got no words is nobody's.
        let first = self.words.len() as u32;
        if self.turns.last().is_some_and(|turn| turn.first == first) {
            self.turns.pop();
        }
        let now = self.turns.last().and_then(|turn| turn.speaker.as_deref());
        if now != speaker.as_deref() {
            self.turn(speaker.as_deref(), line);
        }
    }

    /// A paragraph begins.
    pub fn paragraph(&mut self, line: u32) {
        let first = self.words.len() as u32;
        if self.paragraphs.last() == Some(&first) {
            return;
        }
        match self.paragraphs.len() < self.limits.breaks {
            true => self.paragraphs.push(first),
            false => self.complain(Trouble::TooMuch, line),
        }
    }

    /// A caption begins. Captions come in order of their begin.
    pub fn cue(&mut self, start: u64, end: u64, line: u32) {
        let cue = Cue { first: self.words.len() as u32, start: Millis(start), end: Millis(end.max(start)) };
        if self.cues.last().is_some_and(|last| last.first == cue.first) {
            self.cues.pop();
        }
        match self.cues.len() < self.limits.breaks {
            true => self.cues.push(cue),
            false => self.complain(Trouble::TooMuch, line),
        }
    }

    /// A stretch without words.
    pub fn stretch(&mut self, kind: StretchKind, start: u64, end: u64, line: u32) {
        if self.stretches.len() >= self.limits.breaks {
            return self.complain(Trouble::TooMuch, line);
        }
        let (start, end) = (Millis(start), Millis(end.max(start)));
        self.stretches.push((self.words.len(), Stretch { start, end, kind, reason: String::new() }));
    }

    /// A title that stands before what comes next.
    pub fn heading(&mut self, title: &str, start: Option<u64>, line: u32) {
        let title = self.named(title, line);
        let start = start.and_then(|start| self.sane(start, line));
        match self.headings.len() < self.limits.breaks {
            true if title.is_empty() => {}
            true => self.headings.push(Heading { words_before: self.words.len(), title, start, line }),
            false => self.complain(Trouble::TooMuch, line),
        }
    }

    /// The next word begins then.
    pub fn begins(&mut self, millis: u64, line: u32) {
        if let Some(millis) = self.sane(millis, line) {
            self.next = Some((millis, line));
        }
    }

    /// What was said so far has ended by then.
    pub fn ended(&mut self, millis: u64) {
        self.bounds.push((self.words.len(), millis));
    }

    /// Forgets the begin that was stated for a word that did not come.
    pub fn nothing_begins(&mut self) {
        self.next = None;
    }

    /// Running text. Its first word joins the one before where the script writes no spaces.
    pub fn text(&mut self, text: &str, line: u32) {
        for (at, (word, joined)) in spacing::words(text).enumerate() {
            let meets = at == 0 && self.meets(word);
            let begin = self.next.take().map(|(begin, _)| begin);
            self.push(word, joined || meets, begin, None, 1.0, line);
        }
    }

    /// One word with its times.
    pub fn word(&mut self, word: &str, begin: Option<u64>, end: Option<u64>, confidence: f32, line: u32) {
        let word = crate::wording::one_line(word);
        let mut parts = word.split(' ').filter(|part| !part.is_empty()).peekable();
        let (mut begin, mut joined) = (begin, parts.peek().is_some_and(|first| self.meets(first)));
        while let Some(part) = parts.next() {
            let end = end.filter(|_| parts.peek().is_none());
            self.push(part, joined, begin.take(), end, confidence, line);
            joined = false;
        }
    }

    /// True when a word follows the last one without a space.
    fn meets(&self, word: &str) -> bool {
        let begins_paragraph =
            self.paragraphs.last().is_some_and(|first| *first as usize == self.words.len());
        !begins_paragraph && self.words.last().is_some_and(|last| spacing::meet(&last.text, word))
    }

    fn push(
        &mut self,
        text: &str,
        joined: bool,
        begin: Option<u64>,
        end: Option<u64>,
        confidence: f32,
        line: u32,
    ) {
        let (mut rest, mut joined, mut begin) = (text, joined, begin);
        while !rest.is_empty() {
            if self.words.len() >= self.limits.words {
                return self.complain(Trouble::TooMuch, line);
            }
            let cut = rest.char_indices().nth(self.limits.word.max(1)).map_or(rest.len(), |(at, _)| at);
            let (piece, after) = rest.split_at(cut);
            if !after.is_empty() {
                self.complain(Trouble::TooLong, line);
            }
            let end = end.filter(|_| after.is_empty());
            self.words.push(Spelt {
                text: piece.to_owned(),
                joined,
                begin: begin.take(),
                end,
                confidence,
                line,
            });
            (rest, joined) = (after, true);
        }
    }

    /// Settles the times and gives the result.
    pub fn finish(mut self, format: Format) -> Result<Import, NotATranscript> {
        if self.words.is_empty() && self.stretches.is_empty() {
            return Err(NotATranscript::Empty);
        }
        self.settle();
        let words = self.timed();
        let chapters = self.chapters(&words);
        let count = words.len() as u32;
        self.turns.retain(|turn| turn.first < count);
        self.cues.retain(|cue| cue.first < count);
        self.paragraphs.retain(|first| *first < count);
        // A text of which nothing is marked has no paragraphs of its own, only an end.
        let ends = words.iter().map(|word| word.end).chain(self.cues.iter().map(|cue| cue.end));
        let ends = ends.chain(self.stretches.iter().map(|(_, stretch)| stretch.end));
        let transcript = Transcript {
            language: self.language.take(),
            duration: ends.max().unwrap_or_default().max(Millis(self.duration)),
            words,
            stretches: self.stretches.into_iter().map(|(_, stretch)| stretch).collect(),
            turns: self.turns,
            cues: self.cues,
            paragraphs: self.paragraphs,
            complete: self.complete,
            partial: self.partial.take(),
            ..Transcript::default()
        };
        Ok(Import { format, about: self.about, transcript, chapters, complaints: self.complaints })
    }

    /// Drops the fewest times that leave the others in the order of the text, and keeps stretches between the words
    /// that they stand between.
    fn settle(&mut self) {
        enum Of {
            Word(usize),
            Stretch(usize),
        }
        let mut stated: Vec<(Of, u64)> = Vec::new();
        let mut stretches = self.stretches.iter().enumerate().peekable();
        for (index, word) in self.words.iter().enumerate() {
            while let Some((at, (_, stretch))) = stretches.next_if(|(_, (before, _))| *before <= index) {
                stated.push((Of::Stretch(at), stretch.start.0));
            }
            stated.extend(word.begin.map(|begin| (Of::Word(index), begin)));
        }
        stated.extend(stretches.map(|(at, (_, stretch))| (Of::Stretch(at), stretch.start.0)));
        let times: Vec<u64> = stated.iter().map(|(_, time)| *time).collect();
        let mut fits = longest_ascent(&times).into_iter().peekable();
        let mut now = 0;
        // Words before the last stretch.
        let mut told = 0;
        for (index, (of, time)) in stated.into_iter().enumerate() {
            let fit = fits.next_if_eq(&index).is_some();
            match of {
                Of::Word(word) => {
                    let Some(word) = self.words.get_mut(word) else { continue };
                    if fit {
                        now = time.max(now);
                        word.begin = Some(now);
                        continue;
                    }
                    (word.begin, word.end) = (None, None);
                    let line = word.line;
                    self.complain(Trouble::Contradiction, line);
                }
                Of::Stretch(stretch) => {
                    let Some((before, stretch)) = self.stretches.get_mut(stretch) else { continue };
                    // A word belongs before a stretch when it begins before it, by however little.
                    let least = if *before > told { now + 1 } else { now };
                    told = *before;
                    let length = stretch.end.since(stretch.start).0;
                    now = if fit { time.max(least) } else { least };
                    (stretch.start, stretch.end) = (Millis(now), Millis(now + length));
                    if !fit {
                        self.complain(Trouble::Contradiction, 0);
                    }
                }
            }
        }
        let before_stretches =
            self.stretches.iter().map(|(index, stretch)| (*index, stretch.start.0.saturating_sub(1)));
        self.bounds.extend(before_stretches);
        self.bounds.sort_unstable();
    }

    /// The words with their times; those that nobody states are put between those that somebody does.
    fn timed(&mut self) -> Vec<Word> {
        let drafts = std::mem::take(&mut self.words);
        let mut words: Vec<Word> = Vec::with_capacity(drafts.len());
        let mut bounds = self.bounds.iter().copied().peekable();
        let mut stretches =
            self.stretches.iter().map(|(index, stretch)| (*index, stretch.start.0)).peekable();
        let mut floor = 0;
        let mut broken_ends = Vec::new();
        while let Some(first) = drafts.get(words.len()) {
            let at = words.len();
            while let Some((_, start)) = stretches.next_if(|(index, _)| *index <= at) {
                floor = floor.max(start);
            }
            let most = stretches.peek().map_or(usize::MAX, |(index, _)| index - at);
            let run = drafts[at + 1..].iter().take_while(|word| word.begin.is_none()).count() + 1;
            let next = drafts.get(at + run).and_then(|word| word.begin);
            let run = run.min(most);
            let end = first.end.zip(first.begin).filter(|(end, begin)| {
                if end < begin {
                    broken_ends.push(first.line);
                }
                end >= begin
            });
            if let Some((end, begin)) = end {
                let end = next.map_or(end, |next| end.min(next));
                words.push(word(first, begin, end, Timing::Measured));
                floor = end;
                continue;
            }
            let from = first.begin.unwrap_or(floor);
            // What is said of an end inside the run, or at its end.
            let mut bound = None;
            while let Some((index, time)) = bounds.next_if(|(index, _)| *index <= at + run) {
                bound = bound.into_iter().chain((index > at).then_some(time)).min();
            }
            let to = [next, bound].into_iter().flatten().min().map(|to| to.max(from));
            let letters = |word: &Spelt| word.text.chars().count() as u64 + 1;
            let run = &drafts[at..at + run];
            let sum: u64 = run.iter().map(letters).sum();
            let span = to.map_or(0, |to| (to - from).min(sum * SLOWEST));
            // What stands before the first time of all ends there.
            let from = match to {
                Some(to) if at == 0 && first.begin.is_none() => to - span,
                _ => from,
            };
            let mut said = 0;
            for draft in run {
                let start = from + span * said / sum;
                said += letters(draft);
                let timing = if draft.begin.is_some() { Timing::Begin } else { Timing::Estimated };
                words.push(word(draft, start, from + span * said / sum, timing));
            }
            floor = from + span;
        }
        broken_ends.into_iter().for_each(|line| self.complain(Trouble::EndsBeforeBegin, line));
        words
    }

    fn chapters(&mut self, words: &[Word]) -> Vec<Chapter> {
        let mut chapters: Vec<Chapter> = Vec::new();
        for heading in std::mem::take(&mut self.headings) {
            let next = words.get(heading.words_before).filter(|word| word.timing != Timing::Estimated);
            let latest = chapters.last().map(|chapter| chapter.start.0);
            match heading
                .start
                .or(next.map(|word| word.start.0))
                .filter(|start| latest.is_none_or(|latest| latest <= *start))
            {
                Some(start) => chapters.push(Chapter {
                    start: Millis(start),
                    end: None,
                    title: heading.title,
                    link: None,
                    image: None,
                    unlisted: false,
                }),
                None => self.complain(Trouble::UntimedHeading, heading.line),
            }
        }
        chapters
    }
}

fn word(draft: &Spelt, start: u64, end: u64, timing: Timing) -> Word {
    let confidence = if draft.confidence.is_finite() { draft.confidence.clamp(0.0, 1.0) } else { 0.0 };
    Word {
        text: draft.text.clone(),
        start: Millis(start),
        end: Millis(end),
        confidence,
        joined: draft.joined,
        timing,
    }
}

/// Indices of a longest subsequence that does not descend (patience sorting, in n log n).
fn longest_ascent(times: &[u64]) -> Vec<usize> {
    // For each length the index where the best subsequence of that length ends, and for each index its predecessor.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(times.len());
    for (index, time) in times.iter().enumerate() {
        let length = ends.partition_point(|end| times[*end] <= *time);
        before.push(length.checked_sub(1).map(|shorter| ends[shorter]));
        match ends.get_mut(length) {
            Some(end) => *end = index,
            None => ends.push(index),
        }
    }
    let mut ascent: Vec<usize> =
        std::iter::successors(ends.last().copied(), |index| before[*index]).collect();
    ascent.reverse();
    ascent
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(draft: Draft<'_>) -> String {
        let made = draft.finish(Format::Txt).expect("words");
        let one = |word: &Word| {
            let mark = match word.timing {
                Timing::Measured => "",
                Timing::Begin => "b",
                Timing::Estimated => "e",
            };
            format!("{}{mark}{}-{}", word.text, word.start.0, word.end.0)
        };
        made.transcript.words.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn estimates_lie_between_what_is_stated() {
        let limits = Limits::default();
        let mut draft = Draft::new(&limits, Vec::new());
        draft.text("ab", 1);
        draft.begins(1_000, 1);
        draft.text("abc abc", 1);
        draft.begins(1_800, 2);
        draft.text("x", 2);
        draft.ended(1_900);
        draft.word("m", Some(5_000), Some(5_400), 0.5, 3);
        draft.text("y z", 3);
        draft.word("n", Some(5_300), Some(5_200), 1.0, 4);
        draft.text("end", 5);
        assert_eq!(
            shown(draft),
            "abe640-1000 abcb1000-1400 abce1400-1800 xb1800-1900 m5000-5300 ye5300-5300 ze5300-5300 nb5300-5300 ende5300-5300"
        );
    }

    #[test]
    fn the_fewest_times_are_dropped() {
        assert_eq!(longest_ascent(&[1, 90, 2, 3, 3, 1, 4]), [0, 2, 3, 4, 6]);
        assert_eq!(longest_ascent(&[]), [0usize; 0]);
    }
}
