//! The strip of the whole episode: how densely it is spoken, where there is music, where something is missing.

use model::{Chapter, Millis, StretchKind, Transcript};

/// Bars of the strip: one in three or four pixels of a wide screen.
pub(crate) const BARS: u64 = 320;
/// Height of the strip in its own units; a bar reaches at most from edge to edge.
pub(crate) const HEIGHT: u64 = 40;

/// A bar, in the strip's own units: `x` from 0 to [`BARS`], `y` from 0 to [`HEIGHT`].
#[derive(Debug, PartialEq)]
pub(crate) struct Bar {
    pub x: u64,
    pub y: u64,
    pub height: u64,
    pub kind: &'static str,
}

/// Draws a transcript of a recording that lasts `duration`.
pub(crate) fn bars(transcript: &Transcript, duration: Millis) -> Vec<Bar> {
    if duration.0 == 0 {
        return Vec::new();
    }
    let words = shares(transcript.words.iter().map(|word| (word.start, word.end)), duration);
    let stretches = |kind: StretchKind| {
        let of_kind = transcript.stretches.iter().filter(move |stretch| stretch.kind == kind);
        shares(of_kind.map(|stretch| (stretch.start, stretch.end)), duration)
    };
    let repeats = shares(transcript.repeats.iter().map(|repeat| (repeat.start, repeat.end)), duration);
    let (gaps, music) = (stretches(StretchKind::Gap), stretches(StretchKind::Music));
    let column = |((x, spoken), (gap, music)): ((usize, &f64), (&f64, &f64))| {
        // A gap shows however short it is; among the others the larger share wins.
        let (kind, height) = if *gap > 0.04 || (*gap > 0.0 && *spoken == 0.0) {
            ("gap", 26)
        } else if *music > *spoken {
            ("music", 6 + (music * 6.0) as u64)
        } else if *spoken > 0.0 {
            ("speech", 6 + (spoken.min(1.0) * 30.0) as u64)
        } else {
            ("quiet", 2)
        };
        // What comes again in the show keeps its height and has a colour of its own.
        let again = kind != "gap" && repeats.get(x).is_some_and(|share| *share > 0.5);
        Bar { x: x as u64, y: (HEIGHT - height) / 2, height, kind: if again { "repeat" } else { kind } }
    };
    words.iter().enumerate().zip(gaps.iter().zip(&music)).map(column).collect()
}

/// Where chapters but the first begin, in the strip's own units.
pub(crate) fn marks(chapters: &[Chapter], duration: Millis) -> Vec<f64> {
    let inside =
        chapters.iter().map(|chapter| chapter.start.0).filter(|start| (1..duration.0).contains(start));
    inside.map(|start| (start as f64 / duration.0 as f64 * BARS as f64 * 100.0).round() / 100.0).collect()
}

/// The share of each bar's time, 0 to 1, that spans of time cover.
fn shares(spans: impl Iterator<Item = (Millis, Millis)>, duration: Millis) -> Vec<f64> {
    let mut shares = vec![0.0; BARS as usize];
    let scale = BARS as f64 / duration.0 as f64;
    for (start, end) in spans {
        let (start, end) = (start.0 as f64 * scale, (end.0 as f64 * scale).min(BARS as f64));
        let mut at = start;
        while at < end {
            let next = (at.floor() + 1.0).min(end);
            if let Some(share) = shares.get_mut(at as usize) {
                *share += next - at;
            }
            at = next;
        }
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Stretch, Word};

    #[test]
    fn bars_stand_where_things_are_heard() {
        let word = |start, end| Word {
            text: "word".into(),
            start: Millis(start),
            end: Millis(end),
            confidence: 1.0,
            joined: false,
            timing: model::Timing::Measured,
        };
        let stretch = |start, end, kind| Stretch {
            start: Millis(start),
            end: Millis(end),
            kind,
            reason: String::new(),
        };
        let transcript = Transcript {
            words: vec![word(0, 1_000), word(1_000, 1_500), word(900_000, 9_999_999)],
            stretches: vec![
                stretch(80_000, 160_000, StretchKind::Music),
                stretch(200_500, 200_600, StretchKind::Gap),
            ],
            repeats: vec![model::Repeat {
                start: Millis(0),
                end: Millis(1_000),
                kind: model::RepeatKind::Jingle,
                episodes: 3,
            }],
            ..Transcript::default()
        };
        let bars = bars(&transcript, Millis(320_000));
        assert_eq!(bars.len(), 320);
        let kind = |x: usize| (bars[x].kind, bars[x].height);
        assert_eq!(kind(0), ("repeat", 36));
        assert_eq!(kind(1), ("speech", 21));
        assert_eq!(kind(2), ("quiet", 2));
        assert_eq!(kind(80), ("music", 12));
        assert_eq!(kind(200), ("gap", 26));
        assert!(bars.iter().all(|bar| bar.y + bar.height <= HEIGHT));
        assert!(super::bars(&transcript, Millis(0)).is_empty());
    }
}
