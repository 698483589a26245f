//! From probabilities of voice to windows of at most 30 seconds, cut at pauses.

use crate::engine::Clip;
use crate::voice::CHUNK;
use model::Millis;

const RATE: usize = 16_000;

/// Probability of voice at which speech begins, and below which it may end (Silero's own defaults).
const ENTER: f32 = 0.5;
const LEAVE: f32 = 0.35;
/// Chunks below [`LEAVE`] that end a stretch of speech: 128 ms.
const PAUSE_CHUNKS: usize = 4;
/// Shorter stretches of speech than this many chunks are clicks and breaths: 96 ms.
const LEAST_CHUNKS: usize = 3;
/// A stretch without a pause is cut, where the voice is weakest, before it gets longer than this.
const LONGEST_SPAN: usize = 28 * RATE;
/// Most samples of a window; the model takes 30 seconds.
const LONGEST_WINDOW: usize = 29 * RATE + RATE / 2;
/// A window is cut at its longest pause after this many samples.
const EARLIEST_CUT: usize = 25 * RATE;
/// Longer pauses inside a window are shortened to this: the model hears the pause, but no empty half-minute.
const LONGEST_PAUSE: usize = RATE;
/// Sound kept before the first and after the last word of a window.
const EDGE: usize = RATE / 4;
/// After this much without voice, what was gathered goes out.
const FLUSH_AFTER: usize = 20 * RATE;

/// A stretch of speech: samples from the begin of the recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub start: usize,
    pub end: usize,
}

/// Finds stretches of speech in probabilities of voice.
#[derive(Default)]
pub(crate) struct Segmenter {
    chunk: usize,
    /// First chunk of the open stretch, and the probabilities since.
    open: Option<usize>,
    probabilities: Vec<f32>,
    quiet: usize,
}

impl Segmenter {
    /// Takes the next probability and gives the stretch that it ended, if it ended one.
    pub fn push(&mut self, probability: f32) -> Option<Span> {
        let chunk = self.chunk;
        self.chunk += 1;
        let Some(start) = self.open else {
            if probability >= ENTER {
                self.open = Some(chunk);
                self.probabilities.clear();
                self.probabilities.push(probability);
                self.quiet = 0;
            }
            return None;
        };
        self.probabilities.push(probability);
        self.quiet = if probability < LEAVE { self.quiet + 1 } else { 0 };
        if self.quiet >= PAUSE_CHUNKS {
            let end = chunk + 1 - self.quiet;
            self.open = None;
            return (end - start >= LEAST_CHUNKS).then_some(Span { start: start * CHUNK, end: end * CHUNK });
        }
        if self.probabilities.len() * CHUNK >= LONGEST_SPAN {
            // The weakest place of the second half, judged over three chunks.
            let half = self.probabilities.len() / 2;
            let weakness = |place: usize| self.probabilities[place - 1..=place + 1].iter().sum::<f32>();
            let cut = (half..self.probabilities.len() - 1)
                .min_by(|one, other| weakness(*one).total_cmp(&weakness(*other)))
                .unwrap_or(half);
            self.probabilities.drain(..cut);
            self.open = Some(start + cut);
            return Some(Span { start: start * CHUNK, end: (start + cut) * CHUNK });
        }
        None
    }

    /// Ends the recording.
    pub fn finish(&mut self) -> Option<Span> {
        let start = self.open.take()?;
        let end = self.chunk - self.quiet;
        (end - start >= LEAST_CHUNKS).then_some(Span { start: start * CHUNK, end: end * CHUNK })
    }

    /// First sample that a later stretch can begin at.
    pub fn horizon(&self) -> usize {
        self.open.unwrap_or(self.chunk) * CHUNK
    }
}

/// A window ready to be heard.
#[derive(Clone, Debug)]
pub(crate) struct Window {
    pub index: u32,
    pub clip: Clip,
    pub start: Millis,
    pub end: Millis,
    pub speech: Millis,
    /// Pieces of the recording that the clip was put together from: begin in the recording, begin in the clip (samples).
    pieces: Vec<(usize, usize)>,
}

impl Window {
    /// The instant of the recording that a time of the clip (seconds) stands for.
    pub fn instant(&self, seconds: f64) -> Millis {
        let sample = (seconds.max(0.0) * RATE as f64) as usize;
        let piece = self.pieces.partition_point(|(_, local)| *local <= sample).saturating_sub(1);
        let (recording, local) = self.pieces.get(piece).copied().unwrap_or_default();
        Millis::from_seconds(recording as f64 / RATE as f64 + seconds.max(0.0) - local as f64 / RATE as f64)
    }
}

/// Gathers stretches of speech into windows.
#[derive(Default)]
pub(crate) struct Packer {
    /// Sound from sample `base` on.
    audio: Vec<f32>,
    base: usize,
    spans: Vec<Span>,
    next: u32,
}

impl Packer {
    pub fn push_audio(&mut self, samples: &[f32]) {
        self.audio.extend_from_slice(samples);
    }

    /// Takes the next stretch and gives the windows that are full.
    pub fn push_span(&mut self, span: Span) -> Vec<Window> {
        let mut windows = Vec::new();
        self.spans.push(span);
        while packed_length(&self.spans) > LONGEST_WINDOW && self.spans.len() > 1 {
            let cut = self.best_cut();
            windows.push(self.emit(cut));
        }
        windows
    }

    /// The number of stretches to send out: up to the longest pause late in the window.
    fn best_cut(&self) -> usize {
        let last = self.spans.len() - 1;
        let pause = |cut: usize| self.spans[cut].start - self.spans[cut - 1].end;
        (1..=last)
            .filter(|cut| *cut == last || packed_length(&self.spans[..*cut]) >= EARLIEST_CUT)
            .max_by_key(|cut| pause(*cut))
            .unwrap_or(last)
    }

    /// Tells that no later stretch begins before `horizon`: sound that nobody needs is dropped.
    pub fn advance(&mut self, horizon: usize) -> Option<Window> {
        let waited = self.spans.last().is_some_and(|span| horizon > span.end + FLUSH_AFTER);
        let window = waited.then(|| self.emit(self.spans.len()));
        let needed = self.spans.first().map_or(horizon, |span| span.start).saturating_sub(LONGEST_PAUSE);
        // Sound is dropped in large steps, so that it is moved seldom.
        if needed > self.base + 60 * RATE {
            self.audio.drain(..needed - self.base);
            self.base = needed;
        }
        window
    }

    /// Ends the recording.
    pub fn finish(&mut self) -> Option<Window> {
        (!self.spans.is_empty()).then(|| self.emit(self.spans.len()))
    }

    fn emit(&mut self, count: usize) -> Window {
        let rest = self.spans.split_off(count);
        let spans = std::mem::replace(&mut self.spans, rest);
        let mut samples: Vec<f32> = Vec::new();
        let mut pieces: Vec<(usize, usize)> = Vec::new();
        let mut speech = Vec::new();
        let (first, last) = (spans[0], spans[spans.len() - 1]);
        let end_of_audio = self.base + self.audio.len();
        // Neither edge reaches into the speech of a neighbouring window.
        let begin = first.start.saturating_sub(EDGE).max(self.base);
        let next = self.spans.first().map_or(usize::MAX, |span| span.start);
        let end = (last.end + EDGE).min(next.max(last.end)).min(end_of_audio);
        let mut from = begin;
        for (index, span) in spans.iter().enumerate() {
            let pause = spans.get(index + 1).map(|next| next.start - span.end);
            let to = match pause {
                Some(pause) if pause > LONGEST_PAUSE => span.end + LONGEST_PAUSE / 2,
                Some(_) => span.end,
                None => end,
            };
            if pieces.is_empty() || from != pieces.last().map_or(0, |(at, local)| at + samples.len() - local)
            {
                pieces.push((from, samples.len()));
            }
            let (recording, local) = pieces.last().copied().unwrap_or_default();
            let place = |sample: usize| (sample + local).saturating_sub(recording) as f64 / RATE as f64;
            speech.push((place(span.start), place(span.end)));
            samples.extend_from_slice(&self.audio[from - self.base..to.max(from) - self.base]);
            from = match pause {
                Some(pause) if pause > LONGEST_PAUSE => span.end + pause - LONGEST_PAUSE / 2,
                _ => to.max(from),
            };
        }
        let spoken: usize = spans.iter().map(|span| span.end.min(end_of_audio) - span.start).sum();
        let millis = |samples: usize| Millis(samples as u64 * 1000 / RATE as u64);
        self.next += 1;
        Window {
            index: self.next - 1,
            clip: Clip { samples, speech },
            start: millis(begin),
            end: millis(end),
            speech: millis(spoken),
            pieces,
        }
    }
}

/// Samples that stretches take up in a window, their edges and shortened pauses included.
fn packed_length(spans: &[Span]) -> usize {
    let speech: usize = spans.iter().map(|span| span.end - span.start).sum();
    let pauses: usize = spans.windows(2).map(|pair| (pair[1].start - pair[0].end).min(LONGEST_PAUSE)).sum();
    speech + pauses + 2 * EDGE
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Runs stretches of speech, given as (pause, length) in tenths of a second, through a packer whose sound is a ramp,
    /// so that every sample tells where it came from.
    fn pack(pattern: &[(usize, usize)]) -> (Vec<Span>, Vec<Window>) {
        let mut packer = Packer::default();
        let (mut spans, mut windows, mut at) = (Vec::new(), Vec::new(), 0);
        let length: usize =
            pattern.iter().map(|(pause, length)| (pause + length) * RATE / 10).sum::<usize>() + RATE;
        packer.push_audio(&(0..length).map(|sample| sample as f32).collect::<Vec<_>>());
        for (pause, length) in pattern {
            let span = Span { start: at + pause * RATE / 10, end: at + (pause + length) * RATE / 10 };
            at = span.end;
            windows.extend(packer.advance(span.start));
            spans.push(span);
            windows.extend(packer.push_span(span));
        }
        windows.extend(packer.finish());
        (spans, windows)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn windows_hold_all_speech_once_in_order_and_know_its_place(
            pattern in prop::collection::vec((2_usize..300, 2_usize..280), 1..60),
        ) {
            let (spans, windows) = pack(&pattern);
            let mut placed = Vec::new();
            for (index, window) in windows.iter().enumerate() {
                prop_assert_eq!(window.index as usize, index);
                prop_assert!(window.clip.samples.len() <= 30 * RATE);
                for (start, end) in &window.clip.speech {
                    let from = (start * RATE as f64).round() as usize;
                    let to = (end * RATE as f64).round() as usize;
                    prop_assert!(to <= window.clip.samples.len());
                    // The ramp says which sample of the recording lies here, and `instant` must say the same.
                    let sample = window.clip.samples[from] as usize;
                    let instant = window.instant(*start).0 as i64;
                    prop_assert!((instant - (sample * 1000 / RATE) as i64).abs() <= 1, "{} {}", instant, sample);
                    placed.push(Span { start: sample, end: sample + to - from });
                }
            }
            prop_assert_eq!(placed, spans);
            for pair in windows.windows(2) {
                prop_assert!(pair[0].end.0 <= pair[1].start.0 + 500);
            }
        }
    }

    #[test]
    fn a_long_pause_late_in_the_window_is_where_it_is_cut() {
        // The pause after the third, 25.5 s in, is the longest of those late enough.
        let (_, windows) = pack(&[(5, 80), (5, 80), (5, 80), (9, 20), (5, 80)]);
        let counts: Vec<usize> = windows.iter().map(|window| window.clip.speech.len()).collect();
        assert_eq!(counts, [3, 2]);
    }

    #[test]
    fn speech_without_a_pause_is_cut_where_the_voice_is_weakest() {
        let mut segmenter = Segmenter::default();
        let weak = 700;
        let mut spans = Vec::new();
        for chunk in 0..2000 {
            spans.extend(segmenter.push(if (weak - 1..=weak + 1).contains(&chunk) { 0.6 } else { 0.95 }));
        }
        spans.extend(segmenter.finish());
        assert_eq!(spans[0], Span { start: 0, end: weak * CHUNK });
        assert!(spans.iter().all(|span| span.end - span.start <= LONGEST_SPAN));
        assert!(spans.windows(2).all(|pair| pair[0].end == pair[1].start));
    }

    #[test]
    fn clicks_are_not_speech_and_short_dips_do_not_end_it() {
        let mut segmenter = Segmenter::default();
        let mut spans = Vec::new();
        let click = [0.0, 0.9, 0.9, 0.0, 0.0, 0.0, 0.0, 0.0];
        let word = [0.9, 0.9, 0.2, 0.2, 0.9, 0.9, 0.1, 0.1, 0.1, 0.1, 0.1];
        for probability in click.into_iter().chain(word) {
            spans.extend(segmenter.push(probability));
        }
        assert_eq!(spans, [Span { start: 8 * CHUNK, end: 14 * CHUNK }]);
    }
}
