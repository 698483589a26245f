//! Reading paragraphs and every export format of a transcript.
//!
//! Goes in: a [`model::Transcript`] and what is known [`About`] it. Comes out: [`paragraphs`] for pages and terminals,
//! and the text of a file in one of the [`Format`]s. Never: I/O, and never a word left out.

mod align;
mod captions;
pub mod chapters;
mod complete;
mod ctm;
mod format;
mod paragraph;
mod podcast;
mod prose;
mod wording;

pub use align::{Aligned, align};
pub use complete::{IncompleteFile, VERSION, import_complete};
pub use format::{Format, UnknownFormat};
pub use paragraph::{Paragraph, Spoken, ends_sentence, paragraphs};
pub use wording::{describe, length_in_words, long_date};

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

/// Writes a transcript in a format. The text ends in a line feed and uses no other line end.
pub fn export(format: Format, about: &About, transcript: &Transcript) -> String {
    match format {
        Format::Txt => prose::plain(transcript),
        Format::Md => prose::markdown(about, transcript),
        Format::Srt => captions::srt(transcript),
        Format::Vtt => captions::vtt(about, transcript),
        Format::Json => podcast::json(transcript),
        Format::Ctm => ctm::ctm(about, transcript),
        Format::Readout => complete::export(about, transcript),
    }
}
