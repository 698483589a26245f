//! Values and archives for tests.
#![allow(dead_code, reason = "each test binary uses a part of this")]

use archive::{Archive, CheckOptions, Claim, HearingRequest, HearingResult, Stage, Stated};
use model::{
    EpisodeId, HeardWindow, HearingId, MediaInfo, MediaTags, Millis, Quality, RecordingId, Stretch,
    StretchKind, Word,
};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

pub const LEASE: Duration = Duration::from_secs(60);

/// An archive in a folder that goes with it, and a folder beside it for media files.
pub struct Place {
    pub archive: Archive,
    pub folder: TempDir,
}

impl Place {
    pub fn new() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let archive = Archive::create(folder.path().join("archive")).expect("a new archive");
        Self { archive, folder }
    }

    pub fn database(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.archive.dir().join("archive.sqlite")).expect("the database")
    }

    pub fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).expect("writing a media file");
        path
    }

    pub fn add(&self, name: &str, content: &[u8], stated: &Stated) -> EpisodeId {
        self.archive.add_file(self.file(name, content), stated).expect("adding a file").episode
    }

    /// An episode that is probed and whose hearing is begun.
    pub fn hearing(&self) -> (Claim, RecordingId, HearingId) {
        self.add("talk.mp3", b"bytes of a talk", &Stated::default());
        probe(&self.archive, &MediaTags::default());
        begin(&self.archive)
    }

    /// A complete hearing of "we met the local new minister today".
    pub fn heard(&self) -> (RecordingId, HearingId) {
        let (claim, recording, hearing) = self.hearing();
        for window in [window(0, "we met the local"), window(1, "new minister today")] {
            self.archive.store_window(&claim, hearing, &window).expect("storing a window");
        }
        self.archive.complete_hearing(&claim, hearing, &result()).expect("completing the hearing");
        (recording, hearing)
    }

    pub fn sound(&self) {
        assert_sound(&self.archive);
    }
}

pub fn assert_sound(archive: &Archive) {
    let findings = archive.check(&CheckOptions { sample: 1.0, grace: LEASE }).expect("checking");
    assert!(findings.is_empty(), "{findings:#?}");
}

pub fn media() -> MediaInfo {
    MediaInfo {
        container: "MP3".into(),
        codec: "MP3".into(),
        duration: Some(Millis(60_000)),
        sample_rate: 44_100,
        channels: 2,
        bytes: 15,
    }
}

/// Does the most urgent probe.
pub fn probe(archive: &Archive, tags: &MediaTags) -> EpisodeId {
    let claim =
        archive.claim(&[Stage::PROBE], "prober", LEASE).expect("claiming").expect("a probe that is due");
    let recording = archive.episode(claim.episode()).expect("the episode").recording.expect("a recording");
    archive.record_probe(&claim, recording.id, &media(), tags, "test").expect("recording the probe");
    claim.episode()
}

pub fn request() -> HearingRequest {
    HearingRequest { engine: "test/1".into(), quality: Quality::Fast, language: None }
}

/// Begins the most urgent hearing.
pub fn begin(archive: &Archive) -> (Claim, RecordingId, HearingId) {
    let claim =
        archive.claim(&[Stage::HEAR], "hearer", LEASE).expect("claiming").expect("a hearing that is due");
    let recording = archive.episode(claim.episode()).expect("the episode").recording.expect("a recording").id;
    let begun = archive.begin_hearing(&claim, recording, &request()).expect("beginning");
    (claim, recording, begun.hearing.id)
}

pub fn word(text: &str, start: u64, end: u64) -> Word {
    Word {
        text: text.into(),
        start: Millis(start),
        end: Millis(end),
        confidence: 0.9375,
        joined: false,
        timing: model::Timing::Measured,
    }
}

/// A window of ten seconds with a word a second, and a gap in its last second.
pub fn window(index: u32, text: &str) -> HeardWindow {
    let start = u64::from(index) * 10_000;
    let words =
        text.split(' ').zip(0..).map(|(text, n)| word(text, start + n * 1000, start + n * 1000 + 800));
    HeardWindow {
        index,
        start: Millis(start),
        end: Millis(start + 10_000),
        speech: Millis(8_000),
        language: "en".into(),
        words: words.collect(),
        gaps: vec![Stretch {
            start: Millis(start + 9_000),
            end: Millis(start + 10_000),
            kind: StretchKind::Gap,
            reason: "no-words".into(),
        }],
        mean_log_probability: -0.31,
        temperature: 0.0,
    }
}

pub fn result() -> HearingResult {
    HearingResult {
        language: Some("en".into()),
        stretches: vec![Stretch {
            start: Millis(20_000),
            end: Millis(30_000),
            kind: StretchKind::Music,
            reason: String::new(),
        }],
        duration: Millis(30_000),
        speech: Millis(16_000),
        partial: None,
        spent: Duration::from_secs(3),
        spent_on: Millis(30_000),
    }
}

pub fn text(words: &[Word]) -> String {
    words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
}

/// Runs the named (ignored) test of this binary in another process, with `folder` in its environment.
pub fn another_process(test: &str, folder: &Path) -> std::process::Command {
    let mut command = std::process::Command::new(std::env::current_exe().expect("the path of this test"));
    command.args(["--exact", test, "--ignored", "--nocapture", "--test-threads=1"]).env("FOLDER", folder);
    command
}

/// The folder that [`another_process`] names; `None` in a test that somebody runs by hand.
pub fn given_folder() -> Option<PathBuf> {
    std::env::var_os("FOLDER").map(PathBuf::from)
}
