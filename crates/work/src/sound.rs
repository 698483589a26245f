//! The sound of a recording as blocks, and what becomes of an error in the middle of it.

use media::{Block, Limits, MediaError, Opened, Reader};
use std::path::{Path, PathBuf};

/// Where media files are decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Decoder {
    /// In this process: for files that are trusted.
    #[default]
    Here,
    /// In a child that can be killed when it hangs: `program` with `args` and the file's path, which is to call
    /// [`media::caged::decode_here`].
    Caged {
        /// The program, as a rule this one.
        program: PathBuf,
        /// Its arguments before the path.
        args: Vec<String>,
    },
}

impl Decoder {
    pub(crate) fn open(&self, path: &Path) -> Result<Opened, MediaError> {
        let limits = Limits::default();
        match self {
            Self::Here => media::open(path, &limits),
            Self::Caged { program, args } => {
                let args: Vec<&str> = args.iter().map(String::as_str).collect();
                media::caged::open_caged(program, &args, path, &limits)
            }
        }
    }
}

/// Whether another attempt may end otherwise: the machine was in the way, not the file.
pub(crate) fn is_worth_another_try(error: &MediaError) -> bool {
    matches!(
        error,
        MediaError::Missing { .. }
            | MediaError::Unreadable { .. }
            | MediaError::Stalled { .. }
            | MediaError::Decoder { .. }
    )
}

/// The blocks of a reader. An error after the first sound ends them early rather than losing what there is: the
/// recording is then heard in part, and says so.
pub(crate) struct Blocks {
    reader: Reader,
    given: bool,
    broken: Option<MediaError>,
    /// False: an error that is worth another try is handed on instead.
    last_try: bool,
    ended: bool,
}

impl Blocks {
    pub fn new(reader: Reader, last_try: bool) -> Self {
        Self { reader, given: false, broken: None, last_try, ended: false }
    }

    /// Why the recording could be read only in part, once all blocks were taken.
    pub fn partial(&self) -> Option<String> {
        let broken = self.broken.as_ref().map(ToString::to_string);
        broken.or_else(|| self.reader.partial().map(str::to_owned))
    }
}

impl Iterator for Blocks {
    type Item = Result<Block, MediaError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        match self.reader.next_block() {
            Ok(Some(block)) => {
                self.given = true;
                Some(Ok(block))
            }
            Ok(None) => {
                self.ended = true;
                None
            }
            Err(error) => {
                self.ended = true;
                if self.given && (self.last_try || !is_worth_another_try(&error)) {
                    self.broken = Some(error);
                    return None;
                }
                Some(Err(error))
            }
        }
    }
}
