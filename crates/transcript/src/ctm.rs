use crate::About;
use crate::wording::{clean, describe, field};
use model::{Millis, StretchKind, Timing, Transcript};
use std::fmt::Write as _;

/// A comment that begins so holds a word without a time.
pub(crate) const UNTIMED: &str = "untimed ";

/// NIST CTM: `file channel begin duration word confidence`, seconds; comment lines (`;;`) for stretches without words and
/// for words without a time. A word of which only the begin is stated has the duration 0.
pub(crate) fn ctm(about: &About, transcript: &Transcript) -> String {
    let name = field(&about.file, "recording");
    let mut text = String::new();
    let mut stretches = transcript.stretches.iter().peekable();
    for (index, word) in transcript.words.iter().enumerate() {
        while let Some(stretch) = stretches.next_if(|stretch| stretch.start <= word.start) {
            comment(&mut text, stretch);
        }
        // What stands between angle brackets with these names is no word.
        let body = clean(word).replace(' ', "_").replace("<ALT", "‹ALT");
        if body.is_empty() {
            continue;
        }
        if word.timing == Timing::Estimated {
            let _ = writeln!(text, ";; {UNTIMED}{body}");
            continue;
        }
        // Words at the edges of two windows may overlap by a little.
        let next = transcript.words.get(index + 1).map_or(word.end, |next| next.start);
        let end = if word.timing == Timing::Measured { word.end.min(next) } else { word.start };
        let (begin, duration) = (word.start.seconds(), end.since(word.start).seconds());
        let confidence = if word.confidence.is_finite() { word.confidence.clamp(0.0, 1.0) } else { 0.0 };
        let _ = writeln!(text, "{name} 1 {begin:.3} {duration:.3} {body} {confidence:.3}");
    }
    stretches.for_each(|stretch| comment(&mut text, stretch));
    text
}

fn comment(text: &mut String, stretch: &model::Stretch) {
    let (begin, end) = (stretch.start.seconds(), stretch.end.seconds());
    let _ = writeln!(text, ";; {begin:.3} to {end:.3} {}", describe(stretch.kind));
}

/// What a comment says of a stretch: begin and end in milliseconds, and what it is.
pub(crate) fn commented(comment: &str) -> Option<(u64, u64, StretchKind)> {
    let (begin, rest) = comment.split_once(" to ")?;
    let (end, what) = rest.split_once(' ')?;
    let kinds = [StretchKind::Silence, StretchKind::Music, StretchKind::Noise, StretchKind::Gap];
    let kind = kinds.into_iter().find(|kind| describe(*kind) == what)?;
    let time = |text: &str| {
        text.parse().ok().filter(|seconds| (0.0..1e13).contains(seconds)).map(|s| Millis::from_seconds(s).0)
    };
    Some((time(begin)?, time(end)?, kind))
}
