//! Transcripts to read, and in files: paragraphs, every format in and out.
//!
//! Goes in: a [`model::Transcript`] and what is known [`About`] it, or a file from elsewhere ([`import()`]). Comes out:
//! [`paragraphs`] for pages and terminals, the bytes of a file in one of the [`Format`]s ([`export`]), or what a file
//! says. Never: I/O, a word left out, a time that nobody stated.

mod align;
mod captions;
pub mod chapters;
mod complete;
mod ctm;
mod docx;
mod format;
mod html;
mod import;
mod paragraph;
mod podcast;
mod prose;
mod rttm;
mod segments;
mod spacing;
mod wording;

pub use align::{Aligned, align, spoken_forms};
pub use complete::{IncompleteFile, VERSION, import_complete};
pub use format::{Format, UnknownFormat};
pub use import::{Complaint, Import, Limits, NotATranscript, Trouble, import};
pub use paragraph::{Paragraph, Spoken, ends_sentence, paragraphs};
pub use rttm::{SpeakerStretch, export_rttm, import_rttm, speaker_stretches};
pub use wording::{describe, describe_repeat, length_in_words, long_date};

use model::{BlobHash, Person, Transcript};
use serde::{Deserialize, Serialize};

/// What an export says of the recording beside its words. Everything may be absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct About {
    /// Title of the show.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub show: String,
    /// Title of the episode.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Day of broadcast.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<jiff::civil::Date>,
    /// Show notes as plain text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// People named by tags or the user.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<Person>,
    /// Name of the media file, without folders. CTM names its lines after it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub file: String,
    /// The bytes the times refer to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio: Option<BlobHash>,
    /// Recogniser, weights and version that heard it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub engine: String,
}

/// Why a transcript cannot be written in a format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    /// The format is about times, and the transcript has none.
    #[error("the transcript has no times, which {0} needs: choose txt, md, html, docx or readout")]
    Untimed(Format),
    /// The format is about the times of single words, and most have none of their own.
    #[error(
        "most words have no times of their own, which {0} needs: choose vtt, srt, json, txt, md, html, docx or readout"
    )]
    WordsUntimed(Format),
    /// Nobody says who speaks.
    #[error("nobody says who speaks in the transcript, which {0} needs: choose another format")]
    Speakerless(Format),
    /// The library that writes documents refused.
    #[error("the document could not be written: {0}")]
    Document(String),
}

/// Writes a transcript in a format: text that ends in a line feed and uses no other line end, in UTF-8; for
/// [`Format::Docx`] a document. No time is written that a source does not state.
///
/// # Errors
/// The format needs what the transcript does not have: [`Format::suits`] tells before.
pub fn export(format: Format, about: &About, transcript: &Transcript) -> Result<Vec<u8>, ExportError> {
    format.suits(transcript)?;
    let text = match format {
        Format::Txt => prose::plain(transcript),
        Format::Md => prose::markdown(about, transcript),
        Format::Html => html::html(about, transcript),
        Format::Docx => return docx::docx(about, transcript),
        Format::Srt => captions::srt(transcript),
        Format::Vtt => captions::vtt(about, transcript),
        Format::Json => podcast::json(transcript),
        Format::Ctm => ctm::ctm(about, transcript),
        Format::Rttm => export_rttm(&about.file, &speaker_stretches(transcript)),
        Format::Readout => complete::export(about, transcript),
    };
    Ok(text.into_bytes())
}
