use std::fmt::Write;
use std::io;
use std::path::{Path, PathBuf};

use crate::convert::ConvertError;

/// Why a model could not be had.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// No model of that name is in the manifest.
    #[error("there is no model {name:?}; there are {}", .known.join(", "))]
    UnknownModel {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// The manifest cannot be used.
    #[error("the list of models cannot be used: {0}")]
    Manifest(String),
    /// No source gave the file.
    #[error("{}", unavailable(.model, .file, .attempts))]
    Unavailable {
        /// The model.
        model: String,
        /// The file of the model.
        file: String,
        /// What was tried, in order.
        attempts: Vec<Attempt>,
        /// Folder of the model in the cache.
        folder: PathBuf,
    },
    /// A file of the cache could not be read or written.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// What was tried: `read`, `write` …
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system answered.
        source: io::Error,
    },
    /// The published weights could not be converted.
    #[error(transparent)]
    Convert(#[from] ConvertError),
    /// The system names no folder for caches.
    #[error("this system names no folder for caches")]
    NoCacheFolder,
}

/// One source that did not give a file.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The source: a host name, or `pip` with a package.
    pub source: String,
    /// Why it did not.
    pub why: String,
    /// True when nothing was reached at all.
    pub unreachable: bool,
}

fn unavailable(model: &str, file: &str, attempts: &[Attempt]) -> String {
    let mut text = match attempts.iter().all(|attempt| attempt.unreachable) {
        true => {
            format!("no network: {file} of {model} is not in the cache, and no source of it can be reached")
        }
        false => format!("no source gave {file} of {model} as it must be"),
    };
    for (at, attempt) in attempts.iter().enumerate() {
        let separator = if at == 0 { " (" } else { "; " };
        // Writing to a string cannot fail.
        let _ = write!(text, "{separator}{}: {}", attempt.source, attempt.why);
    }
    text + if attempts.is_empty() { "" } else { ")" }
}

impl WeightsError {
    /// What the user can do next, as one sentence without full stop.
    pub fn hint(&self) -> String {
        match self {
            Self::UnknownModel { .. } => "`readout models list` shows what each of them is".into(),
            Self::Manifest(_) => {
                "mend the file that READOUT_MODELS names, or unset it to use the built-in list".into()
            }
            Self::Unavailable { model, folder, .. } => format!(
                "connect once and run `readout models pull {model}`, or copy {} from a machine that has it",
                folder.display()
            ),
            Self::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "free some space, or set READOUT_CACHE to a folder on another disk".into()
            }
            Self::Io { .. } => "check who may write there, or set READOUT_CACHE to another folder".into(),
            Self::Convert(_) => {
                "`readout models verify` names what is damaged; `readout models pull` fetches it".into()
            }
            Self::NoCacheFolder => "set READOUT_CACHE to a folder".into(),
        }
    }

    pub(crate) fn io(action: &'static str, path: &Path) -> impl Fn(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io { action, path: path.clone(), source }
    }
}
