//! What the cache knows of a model it holds: a small JSON file beside the model's files.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::WeightsError;

/// Name of the record in the folder of a model.
const FILE_NAME: &str = "record.json";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub model: String,
    /// How the kept files were made; another value makes them due again.
    pub form: String,
    /// The published files they were made from.
    pub made_from: Vec<Made>,
    pub files: Vec<Kept>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Made {
    pub name: String,
    pub sha256: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub name: String,
    pub bytes: u64,
    pub sha256: String,
    /// When the file was last written, in nanoseconds since 1970. While it and the size are the same, the file is
    /// taken to be: hashing a large model takes longer than starting does.
    pub modified: u64,
}

impl Kept {
    pub fn of(folder: &Path, name: &str) -> Result<Self, WeightsError> {
        let path = folder.join(name);
        let metadata = fs::metadata(&path).map_err(WeightsError::io("read", &path))?;
        let sha256 = sha256_of(&path).map_err(WeightsError::io("read", &path))?;
        Ok(Self { name: name.to_owned(), bytes: metadata.len(), sha256, modified: modified(&metadata) })
    }

    /// Why the file is not what was recorded; `None` when it is. `hash` reads it whole whatever its stamp says.
    pub fn fault(&mut self, folder: &Path, hash: bool) -> Option<String> {
        let path = folder.join(&self.name);
        let metadata = match fs::metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Some(format!("{} is gone", self.name));
            }
            Err(error) => return Some(format!("{} cannot be read ({error})", self.name)),
        };
        if metadata.len() != self.bytes {
            return Some(format!("{} has {} bytes instead of {}", self.name, metadata.len(), self.bytes));
        }
        let stamp = modified(&metadata);
        if stamp == self.modified && !hash {
            return None;
        }
        match sha256_of(&path) {
            Ok(found) if found == self.sha256 => {
                self.modified = stamp;
                None
            }
            Ok(_) => Some(format!("{} has the wrong hash", self.name)),
            Err(error) => Some(format!("{} cannot be read ({error})", self.name)),
        }
    }
}

impl Record {
    /// `None` when there is no record, or none that can be read: the model is then fetched anew.
    pub fn read(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(folder.join(FILE_NAME)).ok()?).ok()
    }

    pub fn write(&self, folder: &Path) -> Result<(), WeightsError> {
        let path = folder.join(FILE_NAME);
        let partial = folder.join(format!("{FILE_NAME}.partial"));
        let text = serde_json::to_vec_pretty(self).unwrap_or_default();
        let written = File::create(&partial).and_then(|mut file| {
            file.write_all(&text)?;
            file.sync_all()
        });
        written.and_then(|()| fs::rename(&partial, &path)).map_err(WeightsError::io("write", &path))
    }

    pub fn remove(folder: &Path) -> io::Result<()> {
        match fs::remove_file(folder.join(FILE_NAME)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

fn modified(metadata: &Metadata) -> u64 {
    let since = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    since.map_or(0, |since| since.as_nanos() as u64)
}

/// SHA-256 of a file, in lower-case hexadecimal.
pub(crate) fn sha256_of(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            read => hash.update(&buffer[..read]),
        }
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
