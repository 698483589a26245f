use std::fmt;
use std::str::FromStr;

/// A file format a transcript can be exported in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Plain text: the words in paragraphs, nothing else but notes in square brackets where there are none.
    Txt,
    /// CommonMark with title, date and a time before each paragraph.
    Md,
    /// SubRip captions.
    Srt,
    /// WebVTT captions (W3C), the format that podcast apps prefer.
    Vtt,
    /// Podcasting 2.0 transcript JSON 1.0.0, one word a segment.
    Json,
    /// NIST CTM (SCTK): one word a line with begin, duration and confidence.
    Ctm,
    /// Readout's own JSON: everything, importable without loss.
    Readout,
}

/// A name that is no export format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown format '{0}': choose one of txt, md, srt, vtt, json, ctm, readout")]
pub struct UnknownFormat(pub String);

impl Format {
    /// Every format, in the order pages and help texts list them.
    pub const ALL: [Self; 7] =
        [Self::Txt, Self::Md, Self::Srt, Self::Vtt, Self::Json, Self::Ctm, Self::Readout];

    /// Name on the command line, in addresses and as the ending of a file's name.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Txt => "txt",
            Self::Md => "md",
            Self::Srt => "srt",
            Self::Vtt => "vtt",
            Self::Json => "json",
            Self::Ctm => "ctm",
            Self::Readout => "readout",
        }
    }

    /// Media type for the `Content-Type` header and for `podcast:transcript`.
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Txt | Self::Ctm => "text/plain; charset=utf-8",
            Self::Md => "text/markdown; charset=utf-8",
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
            Self::Srt => "SubRip captions",
            Self::Vtt => "WebVTT captions",
            Self::Json => "Podcasting 2.0",
            Self::Ctm => "NIST word times",
            Self::Readout => "complete, importable",
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
