//! Where the archive is.

use std::path::{Path, PathBuf};

use anyhow::Result;
use archive::Archive;

use crate::arguments::Everywhere;
use crate::failure::hinted;

/// The folder of the archive: `--archive`, `READOUT_ARCHIVE`, or `readout` in the folder where this system keeps a
/// user's data (on Linux by the XDG base directory specification).
pub fn folder(everywhere: &Everywhere) -> Result<PathBuf> {
    if let Some(folder) = &everywhere.archive {
        return Ok(std::path::absolute(folder)?);
    }
    standard_folder().map(|base| base.join("readout")).ok_or_else(|| {
        hinted("this system names no folder for data", "say where the archive is with --archive DIR")
    })
}

fn standard_folder() -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).map(PathBuf::from).filter(|folder| folder.is_absolute());
    if cfg!(target_os = "macos") {
        Some(std::env::home_dir()?.join("Library").join("Application Support"))
    } else if cfg!(windows) {
        variable("APPDATA")
    } else {
        variable("XDG_DATA_HOME").or_else(|| Some(std::env::home_dir()?.join(".local").join("share")))
    }
}

/// The archive, which must be there.
pub fn open(everywhere: &Everywhere) -> Result<Archive> {
    Ok(Archive::open(folder(everywhere)?)?)
}

/// The archive, made when it is not there.
pub fn create(everywhere: &Everywhere) -> Result<Archive> {
    Ok(Archive::create(folder(everywhere)?)?)
}

/// What can be searched of an archive: a folder in it, that is made again when it cannot be read.
pub fn index(archive: &Archive) -> Result<search::Index> {
    let (index, opened) = search::Index::open(&archive.dir().join("index"))?;
    if let search::Opened::Again(reason) = opened {
        eprintln!("note: the index is made again: {reason}");
    }
    Ok(index)
}

/// A path as it is printed: as it was given, or shortened with `~` where it lies below the home folder.
pub fn shown(path: &Path) -> String {
    match std::env::home_dir().and_then(|home| path.strip_prefix(home).ok().map(Path::to_owned)) {
        Some(below) if cfg!(unix) && !below.as_os_str().is_empty() => format!("~/{}", below.display()),
        _ => path.display().to_string(),
    }
}
