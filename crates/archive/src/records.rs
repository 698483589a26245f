//! Values that go in and come out of the archive.

use crate::{Cell, Stage, State};
use jiff::civil::Date;
use model::{
    BlobHash, Episode, EpisodeId, HeardWindow, Hearing, HearingId, Millis, Origin, Person, Quality,
    Recording, RecordingId, Show, Stretch, Transcript,
};
use serde::Serialize;
use std::time::Duration;

/// What a person states of an episode. What is `None` or empty is not stated: tags of the file may fill it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stated {
    /// Title of the show; made when there is none of that title.
    pub show: Option<String>,
    /// Title of the episode.
    pub title: Option<String>,
    /// Day it was broadcast.
    pub broadcast: Option<Date>,
    /// Show notes, plain text.
    pub notes: Option<String>,
    /// People, in order.
    pub people: Vec<Person>,
    /// Language spoken (BCP 47).
    pub language: Option<String>,
}

/// What adding a file did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Added {
    /// The episode that holds the file.
    pub episode: EpisodeId,
    /// Its recording.
    pub recording: RecordingId,
    /// False when the file's content was there already.
    pub new: bool,
}

/// A text from elsewhere that is to become a hearing.
#[derive(Clone, Copy, Debug)]
pub struct Imported<'text> {
    /// Who made it.
    pub origin: Origin,
    /// Address or file name it came from.
    pub source: &'text str,
    /// Format and version of the import, such as `import/vtt/1`.
    pub engine: &'text str,
    /// The file it was read from, which is in the archive byte for byte.
    pub original: Option<BlobHash>,
    /// The hearing whose words these are, when this one only adds times.
    pub aligned_from: Option<HearingId>,
    /// The words with their times, turns, cues and paragraphs.
    pub transcript: &'text Transcript,
    /// Whether it becomes the text that is shown.
    pub show: bool,
}

/// What adding a text did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct TextAdded {
    /// The episode whose text it is.
    pub episode: EpisodeId,
    /// The hearing that holds it.
    pub hearing: HearingId,
    /// False when the same text from the same source was there already.
    pub new: bool,
}

/// A text from elsewhere and the hearing by which its words get their times.
#[derive(Clone, Debug, PartialEq)]
pub struct Alignment {
    /// The text as it came, some of its words without a measured time.
    pub text: Hearing,
    /// What a recogniser heard in the same recording: the newest complete one.
    pub heard: Hearing,
    /// The hearing that is shown: the text as it came, or with the times of an earlier alignment.
    pub shown: HearingId,
}

impl Alignment {
    /// What the stage `align` works from.
    pub(crate) fn input(&self) -> String {
        format!("{} {}", self.text.id, self.heard.id)
    }
}

/// What removing an episode erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Removed {
    /// Title of the episode.
    pub title: String,
    /// Bytes of recordings that no other episode uses and that were erased.
    pub bytes: u64,
}

/// A show in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShowEntry {
    /// The show.
    pub show: Show,
    /// Number of its episodes.
    pub episodes: u64,
}

/// An episode with what belongs to it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EpisodeEntry {
    /// The episode.
    pub episode: Episode,
    /// Its show.
    pub show: Show,
    /// Its recording, the first when there are several.
    pub recording: Option<Recording>,
    /// The hearing whose text is shown, or, as long as there is none, the newest one under way.
    pub hearing: Option<Hearing>,
    /// How much of it was heard and understood, when there is a hearing.
    pub coverage: Option<Coverage>,
    /// Grows by every change of the episode or its text.
    pub version: u64,
    /// Where its work stands.
    pub cells: Vec<Cell>,
}

/// How much of a recording was heard and understood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Length of the recording, as far as it is known.
    pub duration: Millis,
    /// End of the last window that was heard.
    pub heard: Millis,
    /// Time that the voice detector took for speech.
    pub speech: Millis,
    /// Part of `speech` for which there are words.
    pub recognised: Millis,
    /// Number of gaps.
    pub gaps: u64,
}

impl Coverage {
    /// Share of speech for which there are words, 0 to 1; 1 when there was no speech.
    pub fn share(&self) -> f64 {
        if self.speech.0 == 0 { 1.0 } else { (self.recognised.0 as f64 / self.speech.0 as f64).min(1.0) }
    }
}

/// How a recording is to be heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HearingRequest {
    /// Recogniser, weights and version.
    pub engine: String,
    /// How carefully.
    pub quality: Quality,
    /// Language asked for; `None` to detect it.
    pub language: Option<String>,
}

/// A hearing that was begun, or is gone on with.
#[derive(Clone, Debug, PartialEq)]
pub struct Begun {
    /// The hearing. Its language is set when an earlier attempt found it out.
    pub hearing: Hearing,
    /// Windows that earlier attempts heard, in order.
    pub windows: Vec<HeardWindow>,
}

/// What is known at the end of a hearing, beside its windows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HearingResult {
    /// Language of the recording.
    pub language: Option<String>,
    /// Music, silence and noise, in order. Gaps belong to the windows.
    pub stretches: Vec<Stretch>,
    /// Length of the recording.
    pub duration: Millis,
    /// Time that the voice detector took for speech.
    pub speech: Millis,
    /// Set when the recording could be read only in part, with the reason.
    pub partial: Option<String>,
    /// Time that this attempt took, and how much of the recording it heard in it: the measure of speed.
    pub spent: Duration,
    /// See `spent`.
    pub spent_on: Millis,
}

/// How many cells of a stage are in a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StageCount {
    /// The stage.
    pub stage: Stage,
    /// The state.
    pub state: State,
    /// Number of cells.
    pub cells: u64,
}

/// Work that went wrong, with the reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The episode, when the subject is one.
    pub episode: Option<EpisodeId>,
    /// Its title, or the subject's id.
    pub title: String,
    /// Stage that failed.
    pub stage: Stage,
    /// `failed`, `quarantined`, or `waiting` for another attempt.
    pub state: State,
    /// Attempts made.
    pub attempt: u32,
    /// Why, in one sentence.
    pub reason: String,
}

/// Where an archive stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Status {
    /// Shows.
    pub shows: u64,
    /// Episodes.
    pub episodes: u64,
    /// Cells by stage and state.
    pub counts: Vec<StageCount>,
    /// What went wrong.
    pub problems: Vec<Problem>,
    /// Length of all recordings whose length is known.
    pub audio: Millis,
    /// Speech in the hearings that are shown or under way.
    pub speech: Millis,
    /// Part of `speech` for which there are words.
    pub recognised: Millis,
    /// Number of gaps in them.
    pub gaps: u64,
    /// Audio that waits to be heard, as far as its length is known.
    pub waiting: Millis,
    /// Recordings that wait and whose length is not known.
    pub waiting_unknown: u64,
    /// Seconds of audio heard in a second, measured over the latest hearings; `None` before the first.
    pub speed: Option<f64>,
}

impl Status {
    /// Estimate of the time that hearing what waits will take, at the measured speed.
    pub fn remaining(&self) -> Option<Duration> {
        let speed = self.speed.filter(|speed| *speed > 0.0)?;
        Duration::try_from_secs_f64(self.waiting.seconds() / speed).ok()
    }
}
