use crate::wording::clean;
use model::Transcript;
use std::fmt::Write as _;

/// Podcasting 2.0 transcript JSON 1.0.0, one word a segment, seconds with three decimals.
pub(crate) fn json(transcript: &Transcript) -> String {
    let mut text = String::from("{\n\"version\": \"1.0.0\",\n\"segments\": [");
    let mut separator = "\n";
    for word in &transcript.words {
        let body = clean(word);
        if body.is_empty() {
            continue;
        }
        let (start, end) = (word.start.seconds(), word.end.max(word.start).seconds());
        let body = serde_json::Value::from(body);
        let _ = write!(text, "{separator}{{\"startTime\":{start:.3},\"endTime\":{end:.3},\"body\":{body}}}");
        separator = ",\n";
    }
    text.push_str("\n]\n}\n");
    text
}
