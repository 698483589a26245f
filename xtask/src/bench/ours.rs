//! Readout as its users run it: the program built from this checkout, its command line, its archive.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use model::Transcript;

use super::Place;
use super::watch::{self, Watched};

/// How carefully Readout is asked to hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quality {
    Fast,
    Accurate,
}

impl Quality {
    pub fn name(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Accurate => "accurate",
        }
    }
}

pub struct Readout {
    program: PathBuf,
}

impl Readout {
    /// Builds the program and fetches its weights, so that neither is measured.
    pub fn prepare(place: &Place) -> anyhow::Result<Self> {
        let built = crate::cargo(&place.root).args(["build", "--release", "-p", "readout"]).status()?;
        ensure!(built.success(), "the program does not build");
        let program = crate::target_folder(&place.root).join("release/readout");
        let pulled =
            Command::new(&program).args(["models", "pull", "whisper-base", "silero-vad"]).status()?;
        ensure!(
            pulled.success(),
            "the weights could not be fetched: is there a network, or a cache from before?"
        );
        Ok(Self { program })
    }

    /// Adds recordings, as (title, file), to a fresh archive and hears them: all that lies between the media files and
    /// the stored transcripts with word times.
    pub fn store(
        &self,
        archive: &Path,
        files: &[(&str, &Path)],
        quality: Quality,
    ) -> anyhow::Result<Watched> {
        let start = Instant::now();
        self.add(archive, files)?;
        let adding = start.elapsed().as_secs_f64();
        let mut watched = watch::together(vec![(self.work(archive, quality), String::new())])?;
        watched.wall += adding;
        Ok(watched)
    }

    fn add(&self, archive: &Path, files: &[(&str, &Path)]) -> anyhow::Result<()> {
        for (title, file) in files {
            let mut add = self.on(archive);
            add.args(["add", "--title", title]).arg(file);
            watch::together(vec![(add, String::new())])?;
        }
        Ok(())
    }

    fn work(&self, archive: &Path, quality: Quality) -> Command {
        let mut run = self.on(archive);
        run.args(["run", "--workers", "2", "--quality", quality.name()]);
        run
    }

    /// The program, on an archive.
    pub fn on(&self, archive: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("--archive").arg(archive);
        command
    }

    /// A transcript out of an archive.
    pub fn stored(&self, archive: &Path, title: &str) -> anyhow::Result<Transcript> {
        let mut export = self.on(archive);
        export.args(["export", title, "--format", "readout"]);
        transcript(&watch::together(vec![(export, String::new())])?)
    }

    /// Seconds from the start of the work on one recording to the first words that the archive can show.
    pub fn first_words(&self, archive: &Path, file: &Path, quality: Quality) -> anyhow::Result<f64> {
        const TITLE: &str = "first words";
        self.add(archive, &[(TITLE, file)])?;
        let start = Instant::now();
        let mut run = self.work(archive, quality).stdout(std::process::Stdio::null()).spawn()?;
        let found = loop {
            let ended = run.try_wait()?.is_some();
            if self.stored(archive, TITLE).is_ok_and(|transcript| !transcript.words.is_empty()) {
                break Some(start.elapsed().as_secs_f64());
            }
            if ended {
                break None;
            }
            std::thread::sleep(Duration::from_millis(50));
        };
        // What is left of the recording is of no interest.
        let _ = run.kill();
        run.wait()?;
        found.with_context(|| format!("{} gave no words", file.display()))
    }

    /// One file to one transcript, without an archive.
    pub fn transcribe(&self, file: &Path, quality: Quality) -> anyhow::Result<(Transcript, Watched)> {
        let mut command = Command::new(&self.program);
        command.arg("transcribe").arg(file).args(["--format", "readout", "--workers", "2"]);
        command.args(["--quality", quality.name()]);
        let watched = watch::together(vec![(command, String::new())])?;
        Ok((transcript(&watched)?, watched))
    }
}

fn transcript(watched: &Watched) -> anyhow::Result<Transcript> {
    let (_, transcript) =
        transcript::import_complete(&watched.outputs[0]).context("readout wrote no transcript")?;
    Ok(transcript)
}

/// The words of a transcript as one text.
pub fn text(transcript: &Transcript) -> String {
    let mut text = String::new();
    for word in &transcript.words {
        if !word.joined && !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&word.text);
    }
    text
}
