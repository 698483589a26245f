use crate::About;
use model::{Cue, Millis, Repeat, Stretch, Transcript, Turn, Word};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// Name and version of Readout's own format, the first member of the file.
pub const VERSION: &str = "readout-transcript/1";

/// Why a file is no transcript in Readout's own format.
#[derive(Debug, thiserror::Error)]
pub enum IncompleteFile {
    /// Not JSON, or members that the format does not have.
    #[error("not a readout transcript: {0}")]
    Json(#[from] serde_json::Error),
    /// Another format, or a version this program does not know.
    #[error(
        "the file says it is '{0}'; this program reads '{VERSION}': use the version of readout that wrote it"
    )]
    Version(String),
    /// A word that is empty, holds white space, ends before it begins, is out of order or has no confidence.
    #[error("word {index} ('{text}') {complaint}: export the transcript again")]
    Word {
        /// Place in the list, from 0.
        index: usize,
        /// The text of the word.
        text: String,
        /// What is wrong with it.
        complaint: &'static str,
    },
    /// A stretch, turn, caption or paragraph that ends before it begins, begins before the one before it, or belongs to
    /// a word that is not there.
    #[error("{what} {index} is out of order: export the transcript again")]
    Order {
        /// What it is.
        what: &'static str,
        /// Place in the list, from 0.
        index: usize,
    },
}

/// Everything but words and stretches, which follow one a line.
#[derive(Serialize)]
struct Head<'a> {
    about: &'a About,
    language: &'a Option<String>,
    duration: Millis,
    speech: Millis,
    recognised: Millis,
    complete: bool,
    partial: &'a Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "format")]
    _format: String,
    about: About,
    language: Option<String>,
    duration: Millis,
    speech: Millis,
    recognised: Millis,
    complete: bool,
    partial: Option<String>,
    words: Vec<Word>,
    stretches: Vec<Stretch>,
    #[serde(default)]
    turns: Vec<Turn>,
    #[serde(default)]
    cues: Vec<Cue>,
    #[serde(default)]
    paragraphs: Vec<u32>,
    #[serde(default)]
    repeats: Vec<Repeat>,
}

/// Only the name of the format, so that a newer version is told from a broken file.
#[derive(Deserialize)]
struct Envelope {
    format: String,
}

/// Writes everything, a word a line, so that two versions of a file can be compared by eye.
pub(crate) fn export(about: &About, transcript: &Transcript) -> String {
    let head = Head {
        about,
        language: &transcript.language,
        duration: transcript.duration,
        speech: transcript.speech,
        recognised: transcript.recognised,
        complete: transcript.complete,
        partial: &transcript.partial,
    };
    let head = json(&head);
    let members = head.strip_prefix('{').and_then(|head| head.strip_suffix('}')).unwrap_or_default();
    let mut text = format!("{{\"format\":\"{VERSION}\",\n{members},\n\"words\":[");
    lines(&mut text, transcript.words.iter().map(finite));
    text.push_str("],\n\"stretches\":[");
    lines(&mut text, transcript.stretches.iter());
    text.push(']');
    // What only some sources have is written only where it is.
    if !transcript.turns.is_empty() {
        text.push_str(",\n\"turns\":[");
        lines(&mut text, transcript.turns.iter());
        text.push(']');
    }
    if !transcript.cues.is_empty() {
        text.push_str(",\n\"cues\":[");
        lines(&mut text, transcript.cues.iter());
        text.push(']');
    }
    if !transcript.paragraphs.is_empty() {
        let _ = write!(text, ",\n\"paragraphs\":{}", json(&transcript.paragraphs));
    }
    if !transcript.repeats.is_empty() {
        text.push_str(",\n\"repeats\":[");
        lines(&mut text, transcript.repeats.iter());
        text.push(']');
    }
    text.push_str("}\n");
    text
}

/// JSON has no NaN: a confidence that is no number is 0.
fn finite(word: &Word) -> Word {
    Word { confidence: if word.confidence.is_finite() { word.confidence } else { 0.0 }, ..word.clone() }
}

fn lines(text: &mut String, items: impl Iterator<Item = impl Serialize>) {
    let mut separator = "\n";
    for item in items {
        let _ = write!(text, "{separator}{}", json(&item));
        separator = ",\n";
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("plain values with string keys always serialise")
}

/// Reads what [`Format::Readout`](crate::Format::Readout) wrote. Exporting the result again gives the same bytes.
///
/// # Errors
/// Anything that is not a whole, ordered transcript of this version: nothing is repaired or left out silently.
pub fn import_complete(text: &str) -> Result<(About, Transcript), IncompleteFile> {
    let Envelope { format } = serde_json::from_str(text)?;
    if format != VERSION {
        return Err(IncompleteFile::Version(format));
    }
    let file: File = serde_json::from_str(text)?;
    let mut now = Millis(0);
    for (index, word) in file.words.iter().enumerate() {
        let complaint = if word.text.is_empty() || word.text.contains(char::is_whitespace) {
            "is empty or holds white space"
        } else if word.start > word.end {
            "ends before it begins"
        } else if word.start < now {
            // Words at the edges of two windows may overlap by a little; their order is never in doubt.
            "begins before the one before it"
        } else if !(0.0..=1.0).contains(&word.confidence) {
            "has a confidence outside 0 to 1"
        } else {
            now = word.start;
            continue;
        };
        return Err(IncompleteFile::Word { index, text: word.text.clone(), complaint });
    }
    let stretches = file.stretches.iter().map(|stretch| (stretch.start, stretch.start <= stretch.end));
    in_order("stretch", stretches, |before, start| before <= start)?;
    let words = file.words.len();
    let first = |first: u32| (first, (first as usize) < words);
    in_order("turn", file.turns.iter().map(|turn| first(turn.first)), |before, first| before < first)?;
    in_order("paragraph", file.paragraphs.iter().map(|at| first(*at)), |before, first| before < first)?;
    in_order("caption", file.cues.iter().map(|cue| first(cue.first)), |before, first| before < first)?;
    let cues = file.cues.iter().map(|cue| (cue.start, cue.start <= cue.end));
    in_order("caption", cues, |before, start| before <= start)?;
    let repeats = file.repeats.iter().map(|repeat| (repeat.start, repeat.start <= repeat.end));
    in_order("repeat", repeats, |before, start| before <= start)?;
    let transcript = Transcript {
        language: file.language,
        duration: file.duration,
        words: file.words,
        stretches: file.stretches,
        turns: file.turns,
        cues: file.cues,
        paragraphs: file.paragraphs,
        repeats: file.repeats,
        speech: file.speech,
        recognised: file.recognised,
        complete: file.complete,
        partial: file.partial,
    };
    Ok((file.about, transcript))
}

/// Looks for the first of a list that is not sound or does not follow the one before it.
fn in_order<T: Copy>(
    what: &'static str,
    list: impl Iterator<Item = (T, bool)>,
    follows: impl Fn(T, T) -> bool,
) -> Result<(), IncompleteFile> {
    let mut before = None;
    for (index, (item, sound)) in list.enumerate() {
        if !sound || before.is_some_and(|before| !follows(before, item)) {
            return Err(IncompleteFile::Order { what, index });
        }
        before = Some(item);
    }
    Ok(())
}
