//! Every export, read by programs that other people wrote for its format.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use model::{Transcript, Turn};
use serde_json::{Value, json};
use transcript::{About, Format, Limits};

/// What reads the exports: one or two programs a format.
const PYTHON: &[&str] = &[
    "webvtt-py==0.5.1",
    "pysubs2==1.8.1",
    "srt==3.5.3",
    "pysrt==1.1.2",
    "python-docx==1.2.0",
    "html5lib==1.1",
    "markdown-it-py==4.0.0",
    "pyannote.database==5.1.3",
];
/// Transcripts of Podcasting 2.0, as podcast apps read them.
const NODE: &str = "transcriptator@1.1.4";

/// Where the readers lie.
struct Readers {
    python: PathBuf,
    node: PathBuf,
}

/// Returns how many files were read as they should be.
///
/// # Errors
/// A reader cannot be installed, or reads something else than what was written.
pub fn run(root: &Path) -> anyhow::Result<u64> {
    let readers = readers(root)?;
    let work = crate::target_folder(root).join("formats");
    let mut talks: Vec<(String, About, Transcript)> = vec![sample(root)?];
    // What was written for the tests of the crate, from its complete form.
    for name in ["transcript", "talk"] {
        let path = root.join(format!("crates/transcript/tests/golden/{name}.readout"));
        let text = std::fs::read_to_string(&path).with_context(|| format!("{}", path.display()))?;
        let (about, transcript) = transcript::import_complete(&text)?;
        talks.push((name.to_owned(), about, transcript));
    }
    let mut count = 0;
    for (name, about, transcript) in &talks {
        let folder = work.join(name);
        std::fs::create_dir_all(&folder)?;
        let mut files = BTreeMap::new();
        for format in Format::ALL {
            if format.suits(transcript).is_err() {
                continue;
            }
            let path = folder.join(format!("transcript.{format}"));
            std::fs::write(&path, transcript::export(format, about, transcript)?)?;
            files.insert(format.extension(), path);
        }
        count += files.len() as u64;
        let request = folder.join("request.json");
        std::fs::write(&request, expected(about, transcript, &files).to_string())?;
        ask(Command::new(&readers.python)
            .arg(work_script(&work, "formats.py", include_str!("formats.py"))?)
            .arg(&request))?;
        let script = work_script(&readers.node, "formats.mjs", include_str!("formats.mjs"))?;
        ask(Command::new("node").arg(script).arg(&request))?;
        println!("{name}: {} files read by others as they were written", files.len());
    }
    Ok(count)
}

/// What a reader must find.
fn expected(about: &About, transcript: &Transcript, files: &BTreeMap<&str, PathBuf>) -> Value {
    let words: Vec<&str> = transcript.words.iter().map(|word| word.text.as_str()).collect();
    let mut speakers: Vec<&str> =
        transcript.turns.iter().filter_map(|turn| turn.speaker.as_deref()).collect();
    speakers.sort_unstable();
    speakers.dedup();
    let starts: Vec<u64> = transcript.words.iter().map(|word| word.start.0).collect();
    json!({
        "files": files, "title": about.title, "words": words, "starts": starts, "speakers": speakers,
        "turns": transcript::speaker_stretches(transcript).len(), "last": transcript.duration.0,
    })
}

/// The sample episode, as it was recorded: its words with their times, and who says them.
fn sample(root: &Path) -> anyhow::Result<(String, About, Transcript)> {
    let read = |name: &str| std::fs::read(root.join("samples").join(name)).with_context(|| name.to_owned());
    let words = transcript::import(&read("words.ctm")?, "words.ctm", &Limits::default())?;
    let (stretches, _) = transcript::import_rttm(&read("turns.rttm")?, &Limits::default())?;
    let mut transcript = words.transcript;
    for stretch in stretches {
        let first = transcript.words.partition_point(|word| word.end <= stretch.start) as u32;
        if transcript.turns.last().is_none_or(|turn| turn.first < first) {
            transcript.turns.push(Turn { first, speaker: Some(stretch.speaker) });
        }
    }
    let about = About { show: "The Open Line".into(), title: "One call, two readouts".into(), ..words.about };
    Ok(("sample".into(), about, transcript))
}

fn work_script(folder: &Path, name: &str, text: &str) -> anyhow::Result<PathBuf> {
    let path = folder.join(name);
    std::fs::write(&path, text)?;
    Ok(path)
}

/// Installs what is missing into the target folder.
fn readers(root: &Path) -> anyhow::Result<Readers> {
    let tools = crate::target_folder(root).join("tools");
    let environment = tools.join("formats");
    let python = environment.join("bin/python");
    let done = environment.join(PYTHON.join(",").replace('=', ""));
    if !done.exists() {
        println!("installing {} into {}", PYTHON.join(", "), environment.display());
        ask(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment))?;
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        ask(Command::new(&python).args(install).args(PYTHON))?;
        std::fs::write(&done, "")?;
    }
    let node = tools.join("formats-node");
    let done = node.join(NODE);
    if !done.exists() {
        std::fs::create_dir_all(&node)?;
        let install = ["install", "--silent", "--no-audit", "--no-fund", "--prefix"];
        ask(Command::new("npm").args(install).arg(&node).arg(NODE))?;
        std::fs::write(&done, "")?;
    }
    Ok(Readers { python, node })
}

fn ask(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("cannot run {command:?}"))?;
    ensure!(status.success(), "{command:?} failed");
    Ok(())
}
