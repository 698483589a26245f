//! Reading transcripts that people and other programs made.
//!
//! Goes in: the bytes of a file and its name. Comes out: an [`Import`], the text with what the file says of speakers,
//! times, captions and paragraphs, and complaints about what was wrong with it. Never: a failure on one bad element, a
//! time that the file does not state, a word left out without a complaint.

mod build;
mod captions;
mod ctm;
mod decode;
mod header;
mod html;
mod json;
mod labels;
mod markdown;
mod page;
mod plain;
mod times;

use crate::{About, Format, IncompleteFile, import_complete};
use model::{Chapter, Millis, Transcript};
use std::fmt;

pub(crate) use header::{HEADER_LINES, key as header_key};
pub(crate) use json::SLIGHT;
pub(crate) use labels::{UNKNOWN, is_head, label, split_time};
pub(crate) use times::marks as time_marks;

/// What a file is allowed to cost. Beyond a limit the rest is left out, with a complaint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a file. A word of JSON with its times takes about 60 bytes: this is a day of speech in the largest format.
    pub bytes: usize,
    /// Words. Someone who talks without a pause for four days says about as many.
    pub words: usize,
    /// Captions, turns, paragraphs and chapters, each. A day of captions of two seconds has 43,000.
    pub breaks: usize,
    /// Letters of a word; a longer one is cut in pieces that join. Longer ones are no words but stretch every page.
    pub word: usize,
    /// Letters of a speaker's name, and of titles. Longer ones are mistakes.
    pub name: usize,
    /// The latest time. No recording lasts forty days, but damaged files claim it.
    pub latest: Millis,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 64 << 20,
            words: 1 << 20,
            breaks: 1 << 18,
            word: 200,
            name: 200,
            latest: Millis(1_000 * 3_600_000),
        }
    }
}

/// A transcript that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// What the file turned out to be, whatever its name says.
    pub format: Format,
    /// What it says of the recording.
    pub about: About,
    /// The text. Times that the file does not state are [`model::Timing::Estimated`].
    pub transcript: Transcript,
    /// Headings that have a time.
    pub chapters: Vec<Chapter>,
    /// What was wrong with it.
    pub complaints: Vec<Complaint>,
}

impl Import {
    /// Name of the way it was read, for [`model::Hearing::engine`]: `import/vtt/1`. The number grows when the same file
    /// would be read otherwise.
    pub fn engine(&self) -> String {
        format!("import/{}/1", self.format)
    }
}

/// Something that is wrong with a file, and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// What is wrong.
    pub trouble: Trouble,
    /// The line where it was met first, from 1; 0 when it has no line.
    pub line: u32,
    /// How often it was met.
    pub times: u32,
}

/// What can be wrong with a transcript that can be read all the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// The text is in this encoding, or seems to be.
    Encoding(&'static str),
    /// Bytes that are no letters in the file's encoding.
    Undecodable,
    /// The file is another format than its name says.
    Misnamed(&'static str),
    /// A time that cannot be read, or is negative or absurd.
    BadTime,
    /// An end before the begin.
    EndsBeforeBegin,
    /// Captions or words that are not in order of time, and were put in order.
    OutOfOrder,
    /// A time that contradicts those around it, and was not used.
    Contradiction,
    /// A part of the file that is not what it should be at this place.
    Stray,
    /// Text of captions that repeats the caption before, as it scrolls by; taken once.
    Repeated,
    /// The file ends in the middle.
    BreaksOff,
    /// A heading without a time, which became no chapter.
    UntimedHeading,
    /// Words of another recording or another alternative.
    Other,
    /// More than the limits allow; the rest was left out.
    TooMuch,
    /// A word or name that was too long, and was cut.
    TooLong,
}

impl fmt::Display for Complaint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(out, "line {}: ", self.line)?;
        }
        match &self.trouble {
            Trouble::Encoding(name) => write!(out, "the text is not UTF-8; it was read as {name}"),
            Trouble::Undecodable => write!(out, "there are bytes that are no letters"),
            Trouble::Misnamed(format) => write!(out, "the file is {format}, whatever its name says"),
            Trouble::BadTime => write!(out, "a time cannot be read, is negative or absurd, and was not used"),
            Trouble::EndsBeforeBegin => write!(out, "an end lies before its begin, and was not used"),
            Trouble::OutOfOrder => write!(out, "not in order of time, and put in order"),
            Trouble::Contradiction => write!(out, "a time contradicts those around it, and was not used"),
            Trouble::Stray => write!(out, "this does not belong here"),
            Trouble::Repeated => write!(out, "captions repeat the lines before; they were taken once"),
            Trouble::BreaksOff => write!(out, "the file breaks off in the middle"),
            Trouble::UntimedHeading => write!(out, "a heading has no time, and became no chapter"),
            Trouble::Other => write!(out, "another recording or another alternative was left out"),
            Trouble::TooMuch => {
                write!(out, "there is more than a transcript can have; the rest was left out")
            }
            Trouble::TooLong => write!(out, "a word or name is too long, and was cut"),
        }?;
        match self.times {
            0 | 1 => Ok(()),
            2 => write!(out, " (and once more)"),
            more => write!(out, " (and {} more times)", more - 1),
        }
    }
}

/// Why a file is no transcript that Readout reads.
#[derive(Debug, thiserror::Error)]
pub enum NotATranscript {
    /// It holds no words.
    #[error("the file has no words: name a transcript (vtt, srt, json, ctm, txt, md, html or readout)")]
    Empty,
    /// It is larger than [`Limits::bytes`].
    #[error("the file is larger than {} MB, which no transcript is: name the transcript alone", .0 >> 20)]
    TooLarge(usize),
    /// It is not text, but what the text says.
    #[error("the file is {0}, not a transcript: name a text file")]
    Binary(&'static str),
    /// JSON that no format known here writes.
    #[error("the file is JSON, but no transcript of Podcasting 2.0, Whisper or Readout")]
    ForeignJson,
    /// Only who speaks when, without words (RTTM).
    #[error("the file says who speaks when, and has no words: name a transcript")]
    SpeakersOnly,
    /// Readout's own format, and not as it was written.
    #[error(transparent)]
    Complete(#[from] IncompleteFile),
}

/// Reads a transcript. What it is, is told by its content first and by its name second.
///
/// Formats: WebVTT (W3C), SubRip, JSON of Podcasting 2.0 and of the Whisper family, NIST CTM, plain text, Markdown, HTML,
/// and Readout's own.
///
/// # Errors
/// [`NotATranscript`] when nothing of it can be used. A fault in one place is a complaint instead.
pub fn import(bytes: &[u8], file_name: &str, limits: &Limits) -> Result<Import, NotATranscript> {
    if bytes.len() > limits.bytes {
        return Err(NotATranscript::TooLarge(limits.bytes));
    }
    let decoded = decode::decode(bytes)?;
    let text = decoded.text.as_str();
    let ending = file_name.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
    let mut format = sniff(text, &ending)?;
    if format == Format::Readout {
        return complete(text);
    }
    let mut draft = build::Draft::new(limits, decoded.complaints.clone());
    let done = read(format, text, &mut draft);
    // Text may begin like something else.
    let said = match ending.as_str() {
        "txt" => Some(Format::Txt),
        "md" => Some(Format::Md),
        _ => None,
    };
    match said.filter(|said| *said != format && !draft.has_words()) {
        Some(said) => {
            format = said;
            draft = build::Draft::new(limits, decoded.complaints);
            read(format, text, &mut draft)?;
        }
        None => done?,
    }
    let named = if ending == "htm" { Some(Format::Html) } else { ending.parse().ok() };
    if named.is_some_and(|named| named != format) {
        draft.complain(Trouble::Misnamed(format.description()), 0);
    }
    draft.finish(format)
}

/// Reads a text as what it is said to be.
fn read(format: Format, text: &str, draft: &mut build::Draft<'_>) -> Result<(), NotATranscript> {
    match format {
        Format::Vtt => captions::vtt(text, draft),
        Format::Srt => captions::srt(text, draft),
        Format::Json => json::json(text, draft)?,
        Format::Ctm => ctm::ctm(text, draft),
        Format::Html => html::html(text, draft),
        Format::Md => markdown::markdown(text, draft),
        _ => plain::plain(text, draft),
    }
    Ok(())
}

/// Readout's own: all or nothing, because it is written by a program and read for what it proves.
fn complete(text: &str) -> Result<Import, NotATranscript> {
    let (about, transcript) = import_complete(text)?;
    Ok(Import { format: Format::Readout, about, transcript, chapters: Vec::new(), complaints: Vec::new() })
}

/// What a text is.
fn sniff(text: &str, ending: &str) -> Result<Format, NotATranscript> {
    let start = text.trim_start();
    let begins = |with: &str| start.get(..with.len()).is_some_and(|head| head.eq_ignore_ascii_case(with));
    if start.is_empty() {
        return Err(NotATranscript::Empty);
    }
    let lines = || text.lines().filter(|line| !line.trim().is_empty());
    let timings = lines().take(200).filter(|line| captions::is_timing(line)).count();
    if start.starts_with("WEBVTT") && (timings > 0 || ending == "vtt") {
        return Ok(Format::Vtt);
    }
    if start.starts_with('{') || (start.starts_with('[') && json::is_array(start)) {
        let own = start.get(1..).is_some_and(|rest| rest.trim_start().starts_with("\"format\""));
        return Ok(if own && start.contains("\"readout-transcript/") {
            Format::Readout
        } else {
            Format::Json
        });
    }
    if begins("<!doctype html") || begins("<html") || begins("<?xml") || (begins("<") && html::is_html(start))
    {
        return Ok(Format::Html);
    }
    let captions = matches!(ending, "srt" | "vtt") && lines().any(|line| captions::timing(line).is_some());
    if captions || lines().take(4).any(captions::is_timing) {
        return Ok(Format::Srt);
    }
    let data = || lines().filter(|line| !line.trim_start().starts_with(";;")).take(20);
    // A line or two of text may look like a table.
    let enough = if matches!(ending, "txt" | "md") { 3 } else { 1 };
    let all = |good: fn(&str) -> bool| {
        data().count() >= enough && data().filter(|line| good(line)).count() * 10 >= data().count() * 9
    };
    if all(ctm::is_speaker_line) {
        return Err(NotATranscript::SpeakersOnly);
    }
    // A file of comments only may be a CTM of a recording in which nobody speaks.
    if all(ctm::is_line) || (ending == "ctm" && (data().any(ctm::is_line) || data().count() == 0)) {
        return Ok(Format::Ctm);
    }
    if matches!(ending, "md" | "markdown") || (ending != "txt" && markdown::is_markdown(start)) {
        return Ok(Format::Md);
    }
    if matches!(ending, "html" | "htm") {
        return Ok(Format::Html);
    }
    Ok(Format::Txt)
}
