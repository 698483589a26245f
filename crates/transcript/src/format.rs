use crate::ExportError;
use model::{Timing, Transcript};
use std::fmt;
use std::str::FromStr;

/// A file format a transcript can be exported in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Plain text: the words in paragraphs, nothing else but notes in square brackets where there are none.
    Txt,
    /// CommonMark with title, date and a time before each paragraph.
    Md,
    /// HTML as Podcasting 2.0 has it for transcripts: `cite`, `time`, `p`.
    Html,
    /// Office Open XML text document (ECMA-376).
    Docx,
    /// SubRip captions.
    Srt,
    /// WebVTT captions (W3C), the format that podcast apps prefer.
    Vtt,
    /// Podcasting 2.0 transcript JSON 1.0.0, one word a segment.
    Json,
    /// NIST CTM (SCTK): one word a line with begin, duration and confidence.
    Ctm,
    /// NIST RTTM: who speaks when, without words.
    Rttm,
    /// Readout's own JSON: everything, importable without loss.
    Readout,
}

/// Names of all formats, as a sentence lists them.
const NAMES: &str = "txt, md, html, docx, srt, vtt, json, ctm, rttm, readout";

/// A name that is no export format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown format '{0}': choose one of {NAMES}")]
pub struct UnknownFormat(pub String);

impl Format {
    /// Every format, in the order pages and help texts list them.
    pub const ALL: [Self; 10] = [
        Self::Txt,
        Self::Md,
        Self::Html,
        Self::Docx,
        Self::Srt,
        Self::Vtt,
        Self::Json,
        Self::Ctm,
        Self::Rttm,
        Self::Readout,
    ];

    /// Name on the command line, in addresses and as the ending of a file's name.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Txt => "txt",
            Self::Md => "md",
            Self::Html => "html",
            Self::Docx => "docx",
            Self::Srt => "srt",
            Self::Vtt => "vtt",
            Self::Json => "json",
            Self::Ctm => "ctm",
            Self::Rttm => "rttm",
            Self::Readout => "readout",
        }
    }

    /// Media type for the `Content-Type` header and for `podcast:transcript`.
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Txt | Self::Ctm | Self::Rttm => "text/plain; charset=utf-8",
            Self::Md => "text/markdown; charset=utf-8",
            Self::Html => "text/html; charset=utf-8",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Srt => "application/x-subrip; charset=utf-8",
            Self::Vtt => "text/vtt; charset=utf-8",
            Self::Json | Self::Readout => "application/json",
        }
    }

    /// What the format is, in a few words for people.
    pub const fn description(self) -> &'static str {
        match self {
            Self::Txt => "plain text",
            Self::Md => "Markdown",
            Self::Html => "HTML",
            Self::Docx => "text document",
            Self::Srt => "SubRip captions",
            Self::Vtt => "WebVTT captions",
            Self::Json => "Podcasting 2.0",
            Self::Ctm => "NIST word times",
            Self::Rttm => "NIST speaker times",
            Self::Readout => "complete, importable",
        }
    }

    /// Whether a transcript has what this format needs.
    ///
    /// # Errors
    /// What it lacks: times, for formats that are about times; speakers, for RTTM.
    pub fn suits(self, transcript: &Transcript) -> Result<(), ExportError> {
        let words = &transcript.words;
        let timed = words.is_empty() || transcript.is_timed();
        match self {
            Self::Txt | Self::Md | Self::Html | Self::Docx | Self::Readout => Ok(()),
            _ if !timed => Err(ExportError::Untimed(self)),
            Self::Srt | Self::Vtt | Self::Json => Ok(()),
            Self::Ctm => {
                let measured = words.iter().filter(|word| word.timing == Timing::Measured).count();
                if measured * 2 >= words.len() { Ok(()) } else { Err(ExportError::WordsUntimed(self)) }
            }
            Self::Rttm if !words.is_empty() && transcript.turns.is_empty() => {
                Err(ExportError::Speakerless(self))
            }
            Self::Rttm => Ok(()),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.extension())
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;
    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        Self::ALL
            .into_iter()
            .find(|format| format.extension().eq_ignore_ascii_case(name))
            .ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}
