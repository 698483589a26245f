use crate::About;
use crate::wording::{clean, describe, one_line};
use model::Transcript;
use std::fmt::Write as _;

/// NIST CTM: `file channel begin duration word confidence`, seconds; comment lines (`;;`) for stretches without words.
pub(crate) fn ctm(about: &About, transcript: &Transcript) -> String {
    let stem = about.file.rsplit_once('.').map_or(about.file.as_str(), |(stem, _)| stem);
    let name = one_line(stem).replace(' ', "_");
    let name = name.trim_start_matches(';');
    let name = if name.is_empty() { "recording" } else { name };
    let mut text = String::new();
    let mut stretches = transcript.stretches.iter().peekable();
    for word in &transcript.words {
        while let Some(stretch) = stretches.next_if(|stretch| stretch.start <= word.start) {
            comment(&mut text, stretch);
        }
        let body = clean(word).replace(' ', "_");
        if body.is_empty() {
            continue;
        }
        let (begin, duration) = (word.start.seconds(), word.end.since(word.start).seconds());
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
