//! Pieces of a text whose times a source states: single words where it can, else captions or what lies between two times.

use model::{Millis, Timing, Transcript};

/// Words that one person says, from a stated time to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    /// Index of the first word, and after the last.
    pub from: usize,
    pub to: usize,
    pub start: Millis,
    pub end: Millis,
    /// Nothing states when it begins; its times are those of the segment before, of which it is a part.
    pub shares: bool,
}

/// The captions of the source, if there are any, with a cut wherever the speaker changes.
pub(crate) fn of_cues(transcript: &Transcript) -> Vec<Segment> {
    let mut segments = Vec::with_capacity(transcript.cues.len());
    let mut start = Millis(0);
    for (index, cue) in transcript.cues.iter().enumerate() {
        let from = if index == 0 { 0 } else { cue.first as usize };
        let to = transcript.cues.get(index + 1).map_or(usize::MAX, |next| next.first as usize);
        start = start.max(cue.start);
        let whole = Segment {
            from,
            to: to.min(transcript.words.len()),
            start,
            end: cue.end.max(start),
            shares: false,
        };
        at_turns(transcript, whole, &mut segments);
    }
    segments
}

/// Every word from one whose time is stated to the next.
pub(crate) fn of_times(transcript: &Transcript) -> Vec<Segment> {
    let words = &transcript.words;
    let mut segments = Vec::with_capacity(words.len());
    let mut from = 0;
    while let Some(first) = words.get(from) {
        let more = words[from + 1..].iter().take_while(|word| word.timing == Timing::Estimated).count();
        let to = from + 1 + more;
        // Before the first stated time, only the begin of the recording is known.
        let start = if first.timing == Timing::Estimated { Millis(0) } else { first.start };
        let next = words.get(to).map(|next| next.start);
        let end = match words.get(to - 1) {
            Some(last) if last.timing == Timing::Measured => next.map_or(last.end, |next| last.end.min(next)),
            Some(last) => next.unwrap_or(last.end),
            None => start,
        };
        at_turns(transcript, Segment { from, to, start, end: end.max(start), shares: false }, &mut segments);
        from = to;
    }
    segments
}

fn at_turns(transcript: &Transcript, whole: Segment, segments: &mut Vec<Segment>) {
    let Segment { mut from, to, .. } = whole;
    let turns = &transcript.turns;
    let mut shares = false;
    for turn in &turns[turns.partition_point(|turn| turn.first as usize <= from)..] {
        let first = turn.first as usize;
        if first >= to {
            break;
        }
        if first > from {
            segments.push(Segment { from, to: first, shares, ..whole });
            (from, shares) = (first, true);
        }
    }
    if from < to {
        segments.push(Segment { from, to, shares, ..whole });
    }
}
