use std::io;
use std::path::PathBuf;

/// Why an archive did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The machine is in the way: a full or failing disk, a missing permission, another writer that does not end.
    /// Nothing was changed; the same call can be made again when the cause is gone.
    #[error("paused: because {because}")]
    Paused {
        /// The cause, and what to do about it.
        because: String,
    },
    /// The folder holds no archive.
    #[error("no archive in {}: name its folder with --archive, or add a recording to make one", .0.display())]
    NoArchive(PathBuf),
    /// The database belongs to a later version of Readout. It was not touched.
    #[error(
        "the archive in {} was written by a newer Readout (its format is {found}, this program knows {known}): use that \
         version; nothing was changed",
        path.display()
    )]
    Newer {
        /// Folder of the archive.
        path: PathBuf,
        /// Format found.
        found: i64,
        /// Newest format this program knows.
        known: i64,
    },
    /// There is a database, but it is not Readout's.
    #[error("{} is a database of another program: choose another folder", .0.display())]
    Foreign(PathBuf),
    /// The database's file is damaged.
    #[error(
        "the archive's database is damaged ({0}): stop every program that uses it and put back a copy of archive.sqlite; \
         the recordings in blobs are separate files and stay"
    )]
    Damaged(String),
    /// The database library that was built in has a known fault.
    #[error(
        "this program was built with SQLite {0}, which can damage an archive: build it with 3.51.3 or later"
    )]
    OldSqlite(&'static str),
    /// SQLite's write-ahead log needs memory shared between processes, which network file systems do not give.
    #[error("{} lies on a network file system ({kind}), where the archive's database is not safe: use a local disk", path.display())]
    NetworkFolder {
        /// Folder asked for.
        path: PathBuf,
        /// Name of the file system.
        kind: &'static str,
    },
    /// A file that was to be added cannot be read.
    #[error("cannot add {}: {reason}", path.display())]
    Source {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// No such episode, show, hearing, revision or blob.
    #[error("no {what} {wanted:?}: `readout status` lists what there is")]
    NotFound {
        /// Kind of thing looked for.
        what: &'static str,
        /// As it was asked for.
        wanted: String,
    },
    /// The name fits several things.
    #[error("{wanted:?} could mean any of: {}", candidates.join("; "))]
    Ambiguous {
        /// As it was asked for.
        wanted: String,
        /// What it could mean, each with the id that says which.
        candidates: Vec<String>,
    },
    /// The work was given to another worker, or its subject was removed, since this claim was made.
    #[error(
        "the work on {subject} ({stage}) is no longer this worker's: its lease ran out or it was removed"
    )]
    LeaseLost {
        /// Subject of the claim.
        subject: String,
        /// Stage of the claim.
        stage: String,
    },
    /// A revision wants words that somebody else changed first. Nothing was changed.
    #[error("the words were changed meanwhile: read them again and repeat the correction")]
    Conflict,
    /// A value that breaks a rule of the record.
    #[error("{0}")]
    Invalid(String),
    /// The database refused a statement: a fault of this program.
    #[error("the archive's database refused a request: {0}")]
    Database(String),
}

impl Error {
    /// True when the same call may succeed later without anything else being changed.
    pub fn is_paused(&self) -> bool {
        matches!(self, Self::Paused { .. })
    }

    /// An input or output error on the archive's own files.
    pub(crate) fn disk(doing: &str, error: &io::Error) -> Self {
        let because = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                format!("there is no room left while {doing}: free some and go on")
            }
            _ => format!("{doing} failed ({error}): see to the disk and go on"),
        };
        Self::Paused { because }
    }

    pub(crate) fn not_found(what: &'static str, wanted: impl ToString) -> Self {
        Self::NotFound { what, wanted: wanted.to_string() }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let paused = |because: String| Self::Paused { because };
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => {
                paused("there is no room left for the archive's database: free some and go on".into())
            }
            Some(ErrorCode::SystemIoFailure) => {
                paused(format!("the disk failed under the archive's database ({error}): see to it and go on"))
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                paused("another program keeps the archive's database busy: end it or wait, and go on".into())
            }
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                paused(format!(
                    "the archive's database cannot be written ({error}): see to the folder's permissions and go on"
                ))
            }
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(error.to_string()),
            _ => Self::Database(error.to_string()),
        }
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Damaged(format!("a stored value cannot be read: {error}"))
    }
}
