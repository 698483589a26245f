use crate::import::SLIGHT;
use crate::segments::{of_cues, of_times};
use crate::wording::{name, running_text};
use model::{Timing, Transcript};
use std::fmt::Write as _;

/// Podcasting 2.0 transcript JSON 1.0.0, seconds with three decimals: one word a segment where words have times, else
/// what the source states times for.
pub(crate) fn json(transcript: &Transcript) -> String {
    let words_timed = transcript.words.iter().all(|word| word.timing == Timing::Measured);
    let segments = match words_timed || transcript.cues.is_empty() {
        true => of_times(transcript),
        false => of_cues(transcript),
    };
    let mut text = String::from("{\n\"version\": \"1.0.0\",\n\"segments\": [");
    let mut separator = "\n";
    for (index, segment) in segments.iter().enumerate() {
        let body = running_text(transcript.words.get(segment.from..segment.to).unwrap_or_default());
        if body.is_empty() {
            continue;
        }
        // Words that overlap by a little are words after each other.
        let next = segments.get(index + 1).map_or(segment.end, |next| next.start);
        let slight = !body.contains(' ') && segment.end.since(next) <= SLIGHT;
        let end = if slight { segment.end.min(next) } else { segment.end };
        let (start, end) = (segment.start.seconds(), end.seconds());
        let speaker = transcript.speaker_at(segment.from).map(name).filter(|name| !name.is_empty());
        let speaker =
            speaker.map(|name| format!("\"speaker\":{},", serde_json::Value::from(name))).unwrap_or_default();
        let body = serde_json::Value::from(body);
        let _ = write!(
            text,
            "{separator}{{{speaker}\"startTime\":{start:.3},\"endTime\":{end:.3},\"body\":{body}}}"
        );
        separator = ",\n";
    }
    text.push_str("\n]\n}\n");
    text
}
