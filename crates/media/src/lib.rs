//! Media files in, sound out: any common audio or video file becomes blocks of mono samples at 16 kHz on the file's
//! own timeline, streaming, in memory that does not grow with the length.
//!
//! Goes in: the path of a file. Comes out: what the file says of itself ([`model::MediaInfo`], [`model::MediaTags`])
//! and contiguous [`Block`]s from 0 on, in which gaps of the timeline are zeros. Never: a panic or unbounded memory,
//! whatever the file holds; sound at another place than the file's clock says (within 50 ms); a network; a file of its own.
//!
//! [`open`] decodes in this process; [`caged::open_caged`] does the same in a child process that can be killed, which
//! is the only guard against a decoder that never comes back. [`OpusFile`] is the way back: blocks become a small file.

mod aac_config;
pub mod caged;
mod complaints;
mod decode;
mod demux;
mod downmix;
mod error;
mod limits;
mod open;
mod opus;
mod opus_file;
mod reader;
mod resample;
mod source;
mod tags;
mod timeline;

pub use error::MediaError;
pub use limits::Limits;
pub use opus_file::OpusFile;

use model::{MediaInfo, MediaTags};
use reader::Decoding;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Samples a second of every block.
pub const SAMPLE_RATE: u32 = 16_000;

/// A stretch of sound.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// Index of the first sample on the media timeline at 16 kHz.
    pub start: u64,
    /// One channel, -1 to 1; at most 16,000 samples.
    pub samples: Vec<f32>,
}

/// An opened file.
#[derive(Debug)]
pub struct Opened {
    /// What the file says of its sound.
    pub info: MediaInfo,
    /// What its tags say.
    pub tags: MediaTags,
    /// Its sound.
    pub reader: Reader,
}

/// The sound of a file, block by block.
#[derive(Debug)]
pub struct Reader {
    inner: Inner,
}

enum Inner {
    Here(Box<Decoding>),
    Caged(Box<caged::CagedReader>),
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Here(_) => "Here",
            Self::Caged(_) => "Caged",
        })
    }
}

/// Opens a media file and reads what it says of itself; the sound is decoded by [`Reader::next_block`] in this process.
///
/// # Errors
/// See [`MediaError`]: every message names the file and the next step.
pub fn open(path: &Path, limits: &Limits) -> Result<Opened, MediaError> {
    catch_unwind(AssertUnwindSafe(|| open::open_unguarded(path, limits))).unwrap_or_else(|_| {
        Err(MediaError::Damaged {
            path: path.display().to_string(),
            what: "its header crashed the reader".into(),
        })
    })
}

impl Reader {
    pub(crate) fn here(decoding: Decoding) -> Self {
        Self { inner: Inner::Here(Box::new(decoding)) }
    }

    pub(crate) fn caged(reader: caged::CagedReader) -> Self {
        Self { inner: Inner::Caged(Box::new(reader)) }
    }

    /// The next block, in order and without gaps from sample 0; `None` at the end.
    ///
    /// # Errors
    /// [`MediaError::Damaged`] when the file gave no sound at all. Damage after some sound is no error: the sound ends
    /// there and [`partial`](Self::partial) says why.
    pub fn next_block(&mut self) -> Result<Option<Block>, MediaError> {
        match &mut self.inner {
            Inner::Here(decoding) => match catch_unwind(AssertUnwindSafe(|| decoding.next_block())) {
                Ok(result) => result,
                Err(_) => {
                    decoding.abandon("the decoder crashed on damaged data")?;
                    decoding.next_block()
                }
            },
            Inner::Caged(reader) => reader.next_block(),
        }
    }

    /// Set, once the end is reached, when the file could be read only in part: one sentence that says why.
    pub fn partial(&self) -> Option<&str> {
        match &self.inner {
            Inner::Here(decoding) => decoding.partial(),
            Inner::Caged(reader) => reader.partial(),
        }
    }

    /// What else was wrong with the file so far, one sentence each; complete once the end is reached.
    pub fn complaints(&self) -> &[String] {
        match &self.inner {
            Inner::Here(decoding) => decoding.complaints(),
            Inner::Caged(reader) => reader.complaints(),
        }
    }
}
