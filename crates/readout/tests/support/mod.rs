//! The real program, run in folders of its own.
#![allow(dead_code, reason = "each test binary uses a part of this")]

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A place with an archive, a cache and a folder for files, in which nothing else lies.
pub struct Place {
    folder: TempDir,
}

/// What a run of the program printed, and how it ended.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// Checks the exit code and that standard error says this.
    #[track_caller]
    pub fn fails(&self, code: i32, says: &str) {
        assert_eq!(self.code, code, "{self:?}");
        assert!(self.err.contains(says), "{says:?} is not in {self:?}");
        assert!(!self.err.contains("panicked"), "{self:?}");
    }

    /// Checks that it ended well; gives what it printed.
    #[track_caller]
    pub fn works(&self) -> &str {
        assert_eq!(self.code, 0, "{self:?}");
        &self.out
    }

    /// The lines of standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> Vec<serde_json::Value> {
        self.out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{self:?}")))
            .collect()
    }
}

impl Place {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder for temporary files") }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file and gives its path.
    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(&path, bytes).expect("a file");
        path
    }

    /// The program, with this place's archive and cache.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_readout"));
        command
            .env("READOUT_ARCHIVE", self.path("archive"))
            .env("READOUT_CACHE", self.path("cache"))
            .env_remove("READOUT_MODELS")
            .current_dir(self.folder.path());
        command
    }

    pub fn run(&self, words: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Ran {
        ran(self.command().args(words))
    }
}

pub fn ran(command: &mut Command) -> Ran {
    let Output { status, stdout, stderr } = command.output().expect("the program runs");
    Ran {
        code: status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&stdout).into_owned(),
        err: String::from_utf8_lossy(&stderr).into_owned(),
    }
}

/// The sample episode of the project.
pub fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples/the-open-line.mp3")
}

/// The built-in list of models, all of it at this address.
pub fn manifest(place: &Place, address: &str) -> PathBuf {
    let built_in = include_str!("../../../weights/models.toml");
    let moved = built_in.split("url = \"https://").map(|rest| rest.to_owned()).collect::<Vec<_>>();
    place.file("models.toml", moved.join(&format!("url = \"http://{address}/")))
}
