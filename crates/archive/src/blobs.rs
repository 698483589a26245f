//! Files named by their content: written to `tmp`, made durable, then renamed into place; never changed after.

use crate::{Error, Result};
use model::BlobHash;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tempfile::NamedTempFile;

/// Bytes copied at a time.
const CHUNK: usize = 256 * 1024;

pub(crate) struct Blobs {
    blobs: PathBuf,
    tmp: PathBuf,
}

/// Bytes that were read from a source and are ready to become a blob.
pub(crate) struct Staged {
    pub hash: BlobHash,
    pub bytes: u64,
    /// The copy; absent when a blob of this content was already there.
    copy: Option<NamedTempFile>,
}

impl Blobs {
    pub fn open(dir: &Path) -> Result<Self> {
        let blobs = Self { blobs: dir.join("blobs"), tmp: dir.join("tmp") };
        for folder in [&blobs.blobs, &blobs.tmp] {
            fs::create_dir_all(folder)
                .map_err(|error| Error::disk("making the archive's folders", &error))?;
        }
        sync_folder(dir)?;
        Ok(blobs)
    }

    /// Where the blob of this hash lies. The name is made of hexadecimal digits only, so that no hash leads elsewhere.
    pub fn path(&self, hash: &BlobHash) -> PathBuf {
        let name = hash.to_string();
        let (folder, file) = name.split_at(2);
        self.blobs.join(folder).join(file)
    }

    pub fn open_blob(&self, hash: &BlobHash) -> Result<File> {
        let mut options = OpenOptions::new();
        options.read(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
        }
        options.open(self.path(hash)).map_err(|error| match error.kind() {
            ErrorKind::NotFound => Error::not_found("recording file", hash),
            _ => Error::disk("reading a recording of the archive", &error),
        })
    }

    /// Reads a file and copies it to `tmp`, unless its content is here already and `copy_anyway` is false.
    ///
    /// The hash is that of the bytes which were copied: a file that changes while it is read is stored as it was read.
    pub fn stage(&self, path: &Path, copy_anyway: bool) -> Result<Staged> {
        if !copy_anyway {
            let (hash, bytes) = hash_file(path)?;
            if self.has(&hash, bytes) {
                return Ok(Staged { hash, bytes, copy: None });
            }
        }
        let mut source = open_source(path)?;
        let writing = |error: std::io::Error| Error::disk("copying a recording into the archive", &error);
        let mut builder = tempfile::Builder::new();
        builder.prefix("blob-");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o444));
        }
        let mut copy = builder.tempfile_in(&self.tmp).map_err(writing)?;
        let (hash, bytes) = digest(&mut source, path, |chunk| copy.write_all(chunk).map_err(writing))?;
        copy.as_file().sync_all().map_err(writing)?;
        Ok(Staged { hash, bytes, copy: Some(copy) })
    }

    /// Puts staged bytes in place. False when there is no copy of them and the blob that made one needless has gone.
    ///
    /// To be called inside a write transaction: [`Blobs::erase`] is too, so that one cannot undo the other.
    pub fn settle(&self, staged: &mut Staged) -> Result<bool> {
        if self.has(&staged.hash, staged.bytes) {
            return Ok(true);
        }
        let Some(copy) = staged.copy.take() else { return Ok(false) };
        let path = self.path(&staged.hash);
        let placing = |error: std::io::Error| Error::disk("placing a recording in the archive", &error);
        let folder = path.parent().unwrap_or(&self.blobs);
        fs::create_dir_all(folder).map_err(placing)?;
        copy.persist(&path).map_err(|error| placing(error.error))?;
        sync_folder(folder)?;
        sync_folder(&self.blobs)?;
        Ok(true)
    }

    fn has(&self, hash: &BlobHash, bytes: u64) -> bool {
        self.path(hash).symlink_metadata().is_ok_and(|found| found.is_file() && found.len() == bytes)
    }

    /// Size of a blob; `None` when there is none.
    pub fn size(&self, hash: &BlobHash) -> Option<u64> {
        self.path(hash).symlink_metadata().ok().filter(fs::Metadata::is_file).map(|found| found.len())
    }

    pub fn erase(&self, hash: &BlobHash) -> Result<()> {
        match fs::remove_file(self.path(hash)) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(Error::disk("erasing a recording", &error)),
        }
    }

    /// The hash of the bytes that lie under this name.
    pub fn hash_of(&self, hash: &BlobHash) -> Result<BlobHash> {
        Ok(hash_file(&self.path(hash))?.0)
    }

    /// Everything under `blobs`: the hash that a file's name says (`None` for a stranger), its path and its age.
    pub fn list(&self) -> Result<Vec<(Option<BlobHash>, PathBuf, Duration)>> {
        let mut found = Vec::new();
        for folder in entries(&self.blobs)? {
            if !folder.is_dir() {
                found.push((None, folder.clone(), age(&folder)));
                continue;
            }
            let first = name_of(&folder);
            for file in entries(&folder)? {
                let hash = format!("{first}{}", name_of(&file)).parse::<BlobHash>().ok();
                let hash = hash.filter(|hash| self.path(hash) == file);
                let age = age(&file);
                found.push((hash, file, age));
            }
        }
        Ok(found)
    }

    /// Files in `tmp` and their age.
    pub fn temporaries(&self) -> Result<Vec<(PathBuf, Duration)>> {
        Ok(entries(&self.tmp)?.into_iter().map(|path| (path.clone(), age(&path))).collect())
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

pub(crate) fn age(path: &Path) -> Duration {
    let modified = path.symlink_metadata().and_then(|found| found.modified());
    modified.ok().and_then(|time| SystemTime::now().duration_since(time).ok()).unwrap_or_default()
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let reading = |error: std::io::Error| Error::disk("listing the archive's folders", &error);
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(reading)? {
        paths.push(entry.map_err(reading)?.path());
    }
    paths.sort();
    Ok(paths)
}

fn open_source(path: &Path) -> Result<File> {
    let source = |reason: String| Error::Source { path: path.into(), reason };
    let file = File::open(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => source("there is no such file".into()),
        _ => source(format!("{error}")),
    })?;
    match file.metadata() {
        Ok(found) if found.is_file() => Ok(file),
        Ok(_) => Err(source("it is not a file".into())),
        Err(error) => Err(source(format!("{error}"))),
    }
}

fn hash_file(path: &Path) -> Result<(BlobHash, u64)> {
    digest(&mut open_source(path)?, path, |_| Ok(()))
}

fn digest(
    source: &mut File,
    path: &Path,
    mut each: impl FnMut(&[u8]) -> Result<()>,
) -> Result<(BlobHash, u64)> {
    let failed = |reason: String| Error::Source { path: path.into(), reason };
    let (mut hasher, mut bytes, mut buffer) = (blake3::Hasher::new(), 0u64, vec![0; CHUNK]);
    loop {
        let count = match source.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(failed(format!("reading it failed ({error})"))),
        };
        let chunk = buffer.get(..count).unwrap_or_default();
        hasher.update(chunk);
        each(chunk)?;
        bytes += count as u64;
    }
    if bytes == 0 {
        return Err(failed("the file is empty".into()));
    }
    Ok((BlobHash(*hasher.finalize().as_bytes()), bytes))
}

/// Makes the names in a folder durable.
fn sync_folder(folder: &Path) -> Result<()> {
    if cfg!(unix) {
        let synced = File::open(folder).and_then(|opened| opened.sync_all());
        synced.map_err(|error| Error::disk("writing the archive's folders", &error))?;
    }
    Ok(())
}
