use serde::{Deserialize, Serialize};

/// Why a file gave no sound. Each message names the file and says what to do next.
///
/// Values are plain data, so that they cross the border between a caged decoder and its parent unchanged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MediaError {
    /// No such file.
    #[error("there is no file {path}: check its name and folder")]
    Missing {
        /// The file.
        path: String,
    },
    /// A folder, device or pipe where a file is wanted.
    #[error("{path} is {what}, not a media file: name a file")]
    NotAFile {
        /// What was named.
        path: String,
        /// What it is instead.
        what: String,
    },
    /// The file cannot be opened or read.
    #[error("cannot read {path} ({reason}): check its permissions and the disk it lies on")]
    Unreadable {
        /// The file.
        path: String,
        /// What the operating system says.
        reason: String,
    },
    /// A file of no bytes.
    #[error("{path} is empty (0 bytes): fetch or copy it again")]
    Empty {
        /// The file.
        path: String,
    },
    /// The file is something else than audio or video.
    #[error("{path} is {what}, not audio or video: name the media file itself")]
    NotMedia {
        /// The file.
        path: String,
        /// What it looks like.
        what: String,
    },
    /// No container that is known.
    #[error(
        "{path} is in no audio or video format known here: convert it to MP3, FLAC or WAV, or install ffmpeg"
    )]
    UnknownFormat {
        /// The file.
        path: String,
    },
    /// The container is known, the codec of its sound is not.
    #[error(
        "{path} holds {codec} sound, which cannot be decoded here: convert it to MP3, FLAC or WAV, or install ffmpeg"
    )]
    UnsupportedCodec {
        /// The file.
        path: String,
        /// The codec and what of it is not understood.
        codec: String,
    },
    /// A container without sound.
    #[error("{path} has no sound track: choose the file that holds the sound")]
    NoSound {
        /// The file.
        path: String,
    },
    /// A value in the file is beyond what is accepted.
    #[error("{path} {what}: the file is damaged or not meant for listening, convert or fetch it again")]
    OverLimit {
        /// The file.
        path: String,
        /// Which value, and the limit.
        what: String,
    },
    /// Nothing of the sound can be read.
    #[error("{path} is damaged ({what}): fetch or copy it again")]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong with it.
        what: String,
    },
    /// The decoder was stopped because it no longer did anything.
    #[error(
        "reading {path} stopped making progress for {seconds} s: the file is damaged, fetch or convert it again"
    )]
    Stalled {
        /// The file.
        path: String,
        /// How long nothing came.
        seconds: u64,
    },
    /// The process that decodes could not be started or broke the protocol.
    #[error("the decoder for {path} {what}: try again, and report the file if it happens every time")]
    Decoder {
        /// The file.
        path: String,
        /// What happened to it.
        what: String,
    },
}
