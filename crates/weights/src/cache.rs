//! The folder in which fetched models are kept.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::convert::{self, Published, convert};
use crate::fetch::{Fetcher, Progress};
use crate::http::Patience;
use crate::manifest::{Kind, Manifest, Model};
use crate::record::{Kept, Made, Record};
use crate::{WeightsError, wheel};

/// Name of the converted weights in a model's folder.
const CONVERTED: &str = "model.safetensors";
const TOKENIZER: &str = "tokenizer.json";

/// The files of a model, ready to use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// Name of the model.
    pub name: String,
    /// Folder that holds them.
    pub folder: PathBuf,
    /// The weights, as safetensors.
    pub weights: PathBuf,
    /// The tokenizer, where the model has one.
    pub tokenizer: Option<PathBuf>,
    /// SHA-256 of the weights, in hexadecimal: names the exact model in records.
    pub sha256: String,
}

/// Whether a model is in the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It has not been fetched.
    Absent,
    /// It is there and can be used.
    Ready,
    /// It was there, and is not as it was: why, as one clause. The next `ensure` fetches it again.
    Damaged(String),
}

/// A model and its state.
#[derive(Clone, Debug)]
pub struct Listed {
    /// What the manifest says of it.
    pub model: Model,
    /// Whether it is in the cache.
    pub state: State,
    /// Bytes its files take in the cache.
    pub bytes: u64,
}

/// A cache folder together with the manifest of what may be in it.
pub struct Cache {
    folder: PathBuf,
    manifest: Manifest,
    pub(crate) patience: Patience,
    pub(crate) pip: Vec<Vec<OsString>>,
}

impl Cache {
    /// A cache in `folder`, which need not exist yet.
    pub fn new(folder: PathBuf, manifest: Manifest) -> Self {
        Self { folder, manifest, patience: Patience::default(), pip: wheel::pip_commands() }
    }

    /// The cache of this user: the folder that `READOUT_CACHE` names, or `readout` in the system's folder for caches;
    /// with the manifest that `READOUT_MODELS` names, or the built-in one.
    ///
    /// # Errors
    /// [`WeightsError::NoCacheFolder`], or a manifest that cannot be used.
    pub fn of_this_user() -> Result<Self, WeightsError> {
        let manifest = match std::env::var_os("READOUT_MODELS").filter(|value| !value.is_empty()) {
            Some(path) => {
                let path = PathBuf::from(path);
                let text = fs::read_to_string(&path).map_err(WeightsError::io("read", &path))?;
                Manifest::parse(&text)?
            }
            None => Manifest::built_in()?,
        };
        Ok(Self::new(standard_folder().ok_or(WeightsError::NoCacheFolder)?, manifest))
    }

    /// The cache folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What may be in the cache.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Every model of the manifest with its state. Nothing is hashed that looks as it was left.
    pub fn list(&self) -> Vec<Listed> {
        self.manifest.models.iter().map(|model| self.listed(model, false)).collect()
    }

    /// Hashes the models that are in the cache, or one of them. A damaged one is forgotten, so that the next
    /// [`Cache::ensure`] fetches it again.
    ///
    /// # Errors
    /// [`WeightsError::UnknownModel`].
    pub fn verify(&self, name: Option<&str>) -> Result<Vec<Listed>, WeightsError> {
        let models = match name {
            Some(name) => vec![self.manifest.find(name)?],
            None => self.manifest.models.iter().collect(),
        };
        let listed: Vec<Listed> = models.into_iter().map(|model| self.listed(model, true)).collect();
        for damaged in listed.iter().filter(|listed| matches!(listed.state, State::Damaged(_))) {
            // Where the cache cannot be written the damage is still told, and found again next time.
            let _ = Record::remove(&self.home(&damaged.model));
        }
        Ok(listed)
    }

    /// The files of a model if they are in the cache as they were left; no network.
    pub fn present(&self, name: &str) -> Option<Files> {
        let model = self.manifest.find(name).ok()?;
        let (state, record) = self.state(model, false);
        record.filter(|_| state == State::Ready).and_then(|record| self.files(model, &record))
    }

    /// The files of a model, fetched first if they are not in the cache. One process at a time fetches a model.
    ///
    /// # Errors
    /// [`WeightsError::UnknownModel`], [`WeightsError::Unavailable`] when no source gives it, [`WeightsError::Io`],
    /// [`WeightsError::Convert`]. What was fetched so far is kept and gone on from.
    pub fn ensure(&self, name: &str, progress: &mut dyn FnMut(Progress<'_>)) -> Result<Files, WeightsError> {
        let model = self.manifest.find(name)?;
        if let Some(files) = self.present(name) {
            return Ok(files);
        }
        let partial = self.folder.join("partial").join(&model.name);
        let home = self.home(model);
        for folder in [&partial, &home] {
            fs::create_dir_all(folder).map_err(WeightsError::io("make", folder))?;
        }
        let _lock = self.lock(model, progress)?;
        // The process that held the lock may have fetched it.
        let (state, record) = self.state(model, false);
        match (&state, record.and_then(|record| self.files(model, &record))) {
            (State::Ready, Some(files)) => return Ok(files),
            (State::Damaged(why), _) => {
                progress(Progress::Note(&format!(
                    "{why} in {}; fetching {} again",
                    home.display(),
                    model.name
                )));
            }
            _ => {}
        }
        let mut fetcher = Fetcher::new(&self.manifest, model, &partial, &home);
        fetcher.patience = self.patience.clone();
        fetcher.pip = self.pip.clone();
        for file in &model.files {
            fetcher.fetch(file, progress)?;
        }
        let record = self.keep(model, &partial, &home, progress)?;
        record.write(&home)?;
        // Only space is lost when this fails.
        let _ = fs::remove_dir_all(&partial);
        self.files(model, &record)
            .ok_or_else(|| WeightsError::Manifest(format!("{} has no weights that can be used", model.name)))
    }

    /// Removes a model from the cache, whole or partial.
    ///
    /// # Errors
    /// [`WeightsError::UnknownModel`], [`WeightsError::Io`].
    pub fn remove(&self, name: &str) -> Result<(), WeightsError> {
        let model = self.manifest.find(name)?;
        for folder in [self.home(model), self.folder.join("partial").join(&model.name)] {
            match fs::remove_dir_all(&folder) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(WeightsError::io("remove", &folder)(error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn home(&self, model: &Model) -> PathBuf {
        self.folder.join("models").join(&model.name)
    }

    fn lock(&self, model: &Model, progress: &mut dyn FnMut(Progress<'_>)) -> Result<File, WeightsError> {
        let path = self.folder.join("partial").join(format!("{}.lock", model.name));
        let failed = WeightsError::io("lock", &path);
        let file = File::create(&path).map_err(&failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                progress(Progress::Waiting);
                file.lock().map_err(&failed)?;
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        // The other process may have removed the folder of partial files when it was done.
        let partial = self.folder.join("partial").join(&model.name);
        fs::create_dir_all(&partial).map_err(WeightsError::io("make", &partial))?;
        Ok(file)
    }

    fn listed(&self, model: &Model, hash: bool) -> Listed {
        let (state, record) = self.state(model, hash);
        let bytes = record.map_or(0, |record| record.files.iter().map(|file| file.bytes).sum());
        Listed { model: model.clone(), state, bytes }
    }

    fn state(&self, model: &Model, hash: bool) -> (State, Option<Record>) {
        let home = self.home(model);
        let Some(record) = Record::read(&home) else { return (State::Absent, None) };
        // Made by another version of Readout, or from files that the manifest no longer names.
        if record.form != form(model.kind) || record.made_from != made_from(model) {
            return (State::Absent, None);
        }
        let mut seen = record.clone();
        let faults: Vec<String> = seen.files.iter_mut().filter_map(|file| file.fault(&home, hash)).collect();
        if !faults.is_empty() {
            return (State::Damaged(faults.join(", ")), None);
        }
        if seen != record {
            // The files were copied here and are as they were; without the new stamps they are only hashed again.
            let _ = seen.write(&home);
        }
        (State::Ready, Some(seen))
    }

    fn files(&self, model: &Model, record: &Record) -> Option<Files> {
        let folder = self.home(model);
        let weights = record.files.iter().find(|file| file.name.ends_with(".safetensors"))?;
        let tokenizer =
            record.files.iter().any(|file| file.name == TOKENIZER).then(|| folder.join(TOKENIZER));
        Some(Files {
            name: model.name.clone(),
            weights: folder.join(&weights.name),
            tokenizer,
            sha256: weights.sha256.clone(),
            folder,
        })
    }

    /// Moves what was fetched to its place, converting it on the way.
    fn keep(
        &self,
        model: &Model,
        partial: &Path,
        home: &Path,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Record, WeightsError> {
        let names: Vec<&str> = model.files.iter().map(|file| file.name.as_str()).collect();
        let (moved, made): (Vec<&str>, Option<&str>) = match model.kind {
            Kind::Plain => (names, None),
            Kind::Whisper => {
                progress(Progress::Converting);
                let is_weights = |name: &&&str| name.ends_with(".bin") || name.ends_with(".safetensors");
                let weights = names.iter().find(is_weights).copied().unwrap_or(CONVERTED);
                let is_settings = |name: &&&str| name.ends_with(".json") && **name != TOKENIZER;
                let settings: Vec<PathBuf> =
                    names.iter().filter(is_settings).map(|name| partial.join(name)).collect();
                let settings: Vec<&Path> = settings.iter().map(PathBuf::as_path).collect();
                let published =
                    Published { name: &model.name, model: &partial.join(weights), settings: &settings };
                convert(&published, &home.join(CONVERTED))?;
                (names.into_iter().filter(|name| *name == TOKENIZER).collect(), Some(CONVERTED))
            }
        };
        for name in &moved {
            let target = home.join(name);
            fs::rename(partial.join(name), &target).map_err(WeightsError::io("write", &target))?;
        }
        let files =
            made.into_iter().chain(moved).map(|name| Kept::of(home, name)).collect::<Result<_, _>>()?;
        Ok(Record {
            model: model.name.clone(),
            form: form(model.kind).into(),
            made_from: made_from(model),
            files,
        })
    }
}

/// How files of a kind are kept.
fn form(kind: Kind) -> &'static str {
    match kind {
        Kind::Whisper => convert::FORMAT,
        Kind::Plain => "plain",
    }
}

fn made_from(model: &Model) -> Vec<Made> {
    model.files.iter().map(|file| Made { name: file.name.clone(), sha256: file.sha256.clone() }).collect()
}

/// `READOUT_CACHE`, or `readout` in the folder where this system keeps caches (on Linux by the XDG base directory
/// specification).
fn standard_folder() -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(folder) = variable("READOUT_CACHE") {
        return std::path::absolute(folder).ok();
    }
    let base = if cfg!(target_os = "macos") {
        std::env::home_dir()?.join("Library").join("Caches")
    } else if cfg!(windows) {
        variable("LOCALAPPDATA")?
    } else {
        match variable("XDG_CACHE_HOME").filter(|folder| folder.is_absolute()) {
            Some(folder) => folder,
            None => std::env::home_dir()?.join(".cache"),
        }
    };
    Some(base.join("readout"))
}

#[cfg(test)]
mod tests;
