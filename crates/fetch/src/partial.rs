//! A download that was cut off, and what it takes to go on with it.
//!
//! Beside the partial file lies a small one that says which body its bytes are of. Only bytes that were on the disk when
//! it was written count: after a power cut the rest may be anything.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::{Error, PublicUrl};

/// Which body the bytes of a partial file are of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Origin {
    /// The address, as it may be shown: for people who look.
    pub shown: String,
    /// BLAKE3 of the address that was asked for, whole: it may hold tokens, which do not belong on the disk.
    pub address: String,
    /// BLAKE3 of host and path that answered.
    pub place: String,
    /// Strong entity tag, with its quotes.
    pub etag: String,
    /// Bytes of the whole.
    pub total: u64,
    /// Bytes that are safely on the disk.
    pub safe: u64,
}

pub(crate) struct Partial<'a> {
    pub path: &'a Path,
}

impl Partial<'_> {
    fn origin_path(&self) -> PathBuf {
        let mut name = self.path.as_os_str().to_owned();
        name.push(".origin");
        PathBuf::from(name)
    }

    /// What is there to go on from, for this address.
    pub fn resumable(&self, address: &str) -> Option<Origin> {
        let file = File::open(self.origin_path()).ok()?;
        let origin: Origin = serde_json::from_reader(file.take(1 << 16)).ok()?;
        let have = fs::symlink_metadata(self.path).ok().filter(|data| data.is_file())?.len();
        let sound = origin.safe > 0 && origin.safe < origin.total && origin.safe <= have;
        (sound && origin.address == hash(address) && is_strong(&origin.etag)).then_some(origin)
    }

    /// Begins anew: nothing of an earlier body is left.
    pub fn create(&self) -> Result<File, Error> {
        self.forget()?;
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(self.path)
            .map_err(Error::disk("write", self.path))
    }

    /// Goes on: what was not safely on the disk is cut off, and the rest is read once more for its hash.
    pub fn reopen(&self, safe: u64) -> Result<(File, blake3::Hasher), Error> {
        let disk = |error| Error::disk("read", self.path)(error);
        let mut file = OpenOptions::new().read(true).write(true).open(self.path).map_err(disk)?;
        file.set_len(safe).map_err(disk)?;
        let mut hasher = blake3::Hasher::new();
        let read = io::copy(&mut file, &mut hasher).map_err(disk)?;
        if read != safe {
            return Err(disk(io::ErrorKind::UnexpectedEof.into()));
        }
        Ok((file, hasher))
    }

    /// Writes down what is there, after making it durable.
    pub fn remember(&self, file: &File, origin: &Origin) -> Result<(), Error> {
        file.sync_data().map_err(Error::disk("write", self.path))?;
        let path = self.origin_path();
        let mut new = path.clone().into_os_string();
        new.push(".new");
        let new = PathBuf::from(new);
        let written = File::create(&new).and_then(|mut file| {
            file.write_all(&serde_json::to_vec(origin)?)?;
            file.sync_all()
        });
        written.and_then(|()| fs::rename(&new, &path)).map_err(Error::disk("write", &path))
    }

    /// Drops what an earlier attempt left.
    pub fn forget(&self) -> Result<(), Error> {
        self.forget_origin()?;
        remove(self.path)
    }

    pub fn forget_origin(&self) -> Result<(), Error> {
        remove(&self.origin_path())
    }
}

fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::disk("remove", path)(error)),
        _ => Ok(()),
    }
}

pub(crate) fn hash(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

pub(crate) fn place(address: &PublicUrl) -> String {
    hash(&address.place())
}

/// A strong entity tag names bytes; a weak one (`W/"…"`) only what they mean (RFC 9110, section 8.8.1).
pub(crate) fn is_strong(etag: &str) -> bool {
    etag.len() > 2
        && etag.starts_with('"')
        && etag.ends_with('"')
        && etag[1..etag.len() - 1].bytes().all(|byte| (b'!'..=b'~').contains(&byte) && byte != b'"')
}
