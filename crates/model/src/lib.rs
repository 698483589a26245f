//! The values every other crate speaks in: ids, times, shows, episodes, words, gaps.
//!
//! Goes in: nothing. Comes out: plain data with `serde`. Never: logic beyond printing and arithmetic, I/O.

mod ids;
mod time;

pub use ids::{
    BlobHash, EpisodeId, FeedId, HearingId, InvalidBlobHash, OfferId, RecordingId, RevisionId, ShowId,
};
pub use time::Millis;

use serde::{Deserialize, Serialize};

/// A programme that publishes episodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Show {
    /// Identity inside one archive.
    pub id: ShowId,
    /// Title as the publisher writes it.
    pub title: String,
    /// What else the publisher says of it.
    #[serde(default)]
    pub facts: ShowFacts,
}

/// What a publisher says of a show beside its title. Everything may be absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ShowFacts {
    /// What it is about, as plain text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Who makes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Its page on the web.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Address of its picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Language it is in (BCP 47).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Its identity wherever it is published (`podcast:guid`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guid: Option<String>,
    /// People of the whole show, such as its hosts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<Person>,
}

/// One broadcast of a show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Episode {
    /// Identity inside one archive.
    pub id: EpisodeId,
    /// The show it belongs to.
    pub show: ShowId,
    /// Title as the publisher writes it.
    pub title: String,
    /// Day it was broadcast or published, when known.
    pub broadcast: Option<jiff::civil::Date>,
    /// Show notes as plain text, paragraphs separated by an empty line.
    pub notes: Option<String>,
    /// What else the publisher says of it.
    #[serde(default)]
    pub facts: EpisodeFacts,
    /// People whom tags or the user name, in the order given.
    pub people: Vec<Person>,
    /// Language asked for by the user (BCP 47, such as `en`); `None` means: detect it.
    pub language: Option<String>,
}

/// What a publisher says of an episode beside its title, date and notes. Everything may be absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EpisodeFacts {
    /// Instant of publication.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<jiff::Timestamp>,
    /// Show notes as HTML that was sanitised when it came in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes_html: Option<String>,
    /// Its page on the web.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Address of its picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Season it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub season: Option<u32>,
    /// Number in its season or show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
}

/// A person connected with an episode, as a tag or a user states it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Name, spelt as the source spells it.
    pub name: String,
    /// Role in the terms of Podcasting 2.0 (`host`, `guest` …), when stated.
    pub role: Option<String>,
}

/// What was broadcast: the sound of an episode, whether or not its bytes are in the archive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    /// Identity inside one archive.
    pub id: RecordingId,
    /// The episode it is of.
    pub episode: EpisodeId,
    /// The bytes of the file; `None` while they are not here, or no longer.
    pub blob: Option<BlobHash>,
    /// Name the file came under, without its folders; empty when none came.
    pub file_name: String,
    /// What is known of the sound, once the file has been probed.
    pub media: Option<MediaInfo>,
}

/// What a media file says of its sound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MediaInfo {
    /// Container, by its common name: `MP3`, `MP4`, `Ogg`, `Matroska`, `WAV`, `FLAC` …
    pub container: String,
    /// Codec, by its common name: `MP3`, `AAC-LC`, `HE-AAC`, `Opus`, `Vorbis`, `FLAC`, `PCM` …
    pub codec: String,
    /// Length of the media timeline; `None` when only decoding to the end can tell.
    pub duration: Option<Millis>,
    /// Samples a second of the source.
    pub sample_rate: u32,
    /// Channels of the source.
    pub channels: u16,
    /// Size of the file in bytes.
    pub bytes: u64,
}

/// Tags of a media file, as far as an archive uses them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaTags {
    /// Title of the episode.
    pub title: Option<String>,
    /// Album, which podcasts use for the show.
    pub show: Option<String>,
    /// Artist or author.
    pub artist: Option<String>,
    /// Release or recording date.
    pub date: Option<jiff::civil::Date>,
    /// Comment or description: the nearest thing to show notes.
    pub notes: Option<String>,
}

/// One word as it was heard.
///
/// `text` holds no white space; punctuation belongs to the word it touches. Words of one transcript are in order of
/// `start`, do not overlap, and `start <= end`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// The word with its punctuation and case.
    pub text: String,
    /// When it begins, on the timeline of the recording.
    pub start: Millis,
    /// When it ends.
    pub end: Millis,
    /// Geometric mean of the probabilities the recogniser gave its tokens, 0 to 1.
    pub confidence: f32,
    /// True when no space stands before it (scripts without spaces).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub joined: bool,
    /// How its times are known.
    #[serde(default, skip_serializing_if = "Timing::is_measured")]
    pub timing: Timing,
}

/// How the times of a word are known. Times missing in a source stay missing: an estimate never passes for a measure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Timing {
    /// Start and end come from the sound, or from a source that states them for this word.
    #[default]
    Measured,
    /// The source states when this word begins (the first of a caption, or of a paragraph with a time); its end is an
    /// estimate.
    Begin,
    /// The source states neither: both lie between the nearest times that it states, or at the last one where none
    /// follows; in a text without any time both are 0.
    Estimated,
}

impl Timing {
    /// True for [`Timing::Measured`].
    pub fn is_measured(&self) -> bool {
        *self == Self::Measured
    }
}

/// One speaker's uninterrupted stretch of words, as a source of the text gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// Index of its first word. It lasts until the next turn begins.
    pub first: u32,
    /// Who speaks, as the source writes it: a name or a label such as `Speaker 2`. `None`: the source says that the
    /// speaker changes, not who it is.
    pub speaker: Option<String>,
}

/// A caption of a source that came in captions: kept so that it goes out as it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cue {
    /// Index of its first word. Its words last until the next cue begins.
    pub first: u32,
    /// When it appears.
    pub start: Millis,
    /// When it goes.
    pub end: Millis,
}

/// A part of an episode with a title of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chapter {
    /// When it begins.
    pub start: Millis,
    /// When it ends; `None`: where the next begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Millis>,
    /// Its title.
    pub title: String,
    /// A page on the web about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Address of a picture for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// True when it is not to be listed in the table of contents (`toc: false` in Podcasting 2.0).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unlisted: bool,
}

/// Who made the chapters of an episode; the later outranks the earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChapterSource {
    /// Readout found them in the text.
    Found,
    /// The publisher gave them.
    Publisher,
    /// A person set them in this archive.
    Person,
}

/// Why a stretch of time has no words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StretchKind {
    /// Nothing to hear.
    Silence,
    /// Music without speech that was recognised.
    Music,
    /// Other sound that is not speech.
    Noise,
    /// Speech was detected but not understood: a gap in the transcript.
    Gap,
}

/// A stretch of the recording that has no words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// Begin of the stretch.
    pub start: Millis,
    /// End of the stretch.
    pub end: Millis,
    /// What is heard there.
    pub kind: StretchKind,
    /// For a gap, why: `loop`, `low-confidence`, `no-words`, `damaged` …; empty otherwise.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// What a stretch of sound that comes again in its show may be. A guess by its length, how many episodes have it and where;
/// nothing is known of what is said in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RepeatKind {
    /// A signature tune, an opening, a closing.
    Jingle,
    /// An advertisement, a trailer, an appeal.
    Advertisement,
    /// Programme that was broadcast again.
    Rerun,
    /// Anything else.
    Passage,
}

/// A stretch of the recording whose sound comes again in other episodes of the show, or in this one. It may have words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repeat {
    /// Begin of the stretch.
    pub start: Millis,
    /// End of the stretch.
    pub end: Millis,
    /// What it may be.
    pub kind: RepeatKind,
    /// In how many episodes of the show it was found, this one among them.
    pub episodes: u32,
}

/// One window of a hearing: up to 30 seconds of speech that were recognised together, independently of all others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeardWindow {
    /// Number of the window in its recording, from 0, in order of time.
    pub index: u32,
    /// First instant of the recording that the window covers.
    pub start: Millis,
    /// Instant after the last that the window covers.
    pub end: Millis,
    /// Time inside the window that the voice detector took for speech.
    pub speech: Millis,
    /// Language it was recognised in (BCP 47).
    pub language: String,
    /// The words, in order.
    pub words: Vec<Word>,
    /// Stretches of detected speech for which no words were found.
    pub gaps: Vec<Stretch>,
    /// Mean natural log-probability of its tokens.
    pub mean_log_probability: f32,
    /// Temperature at which it was decoded; 0 unless a fallback was needed.
    pub temperature: f32,
}

/// How carefully a recording is to be heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quality {
    /// Greedy decoding.
    Fast,
    /// Beam search of width 5.
    #[default]
    Accurate,
}

/// Where the words of a hearing come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// A recogniser of this program heard them.
    #[default]
    Heard,
    /// The publisher's own transcript.
    Publisher,
    /// A transcript that somebody added to the archive.
    Imported,
}

/// A hearing: the words of one recording from one source, as a rule what one recogniser heard. Immutable once complete.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hearing {
    /// Identity inside one archive.
    pub id: HearingId,
    /// The recording that was heard.
    pub recording: RecordingId,
    /// Recogniser, weights and version, such as `whisper-base/int8/1`; the format of an import, such as `import/vtt/1`.
    pub engine: String,
    /// Where its words come from.
    #[serde(default)]
    pub origin: Origin,
    /// Address or file name that an import came from; empty for what was heard.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// The hearing whose words these are, when this one only adds times to them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aligned_from: Option<HearingId>,
    /// How carefully it was heard.
    pub quality: Quality,
    /// Language of the recording (BCP 47), once it was detected or given.
    pub language: Option<String>,
    /// True when every window has been heard.
    pub complete: bool,
    /// Set when the recording could be read only in part, with the reason.
    pub partial: Option<String>,
}

/// The text of a recording with its times: what pages and exports show.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Transcript {
    /// Main language (BCP 47).
    pub language: Option<String>,
    /// Length of the recording.
    pub duration: Millis,
    /// All words, in order of time.
    pub words: Vec<Word>,
    /// Stretches without words (gaps, music, long silence), in order of time.
    pub stretches: Vec<Stretch>,
    /// Where the speaker changes, in order; empty when nobody says so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub turns: Vec<Turn>,
    /// The captions of a source that came in captions, in order; empty otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cues: Vec<Cue>,
    /// Indices of the words that begin a paragraph, in order, where the source has paragraphs; empty otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paragraphs: Vec<u32>,
    /// What comes again in the show, in order of time; empty where that is not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repeats: Vec<Repeat>,
    /// Time that the voice detector took for speech.
    pub speech: Millis,
    /// Part of `speech` for which words were found.
    pub recognised: Millis,
    /// False while windows are still to be heard.
    pub complete: bool,
    /// Set when the recording could be read only in part, with the reason.
    pub partial: Option<String>,
}

impl Transcript {
    /// Share of detected speech for which words were found, 0 to 1; 1 when there was no speech.
    pub fn coverage(&self) -> f64 {
        if self.speech.0 == 0 { 1.0 } else { (self.recognised.0 as f64 / self.speech.0 as f64).min(1.0) }
    }

    /// True when at least one word has a time that a source states: such a text can be played.
    pub fn is_timed(&self) -> bool {
        self.words.iter().any(|word| word.timing != Timing::Estimated)
    }

    /// The speaker of the word at an index, as its source names them.
    pub fn speaker_at(&self, word: usize) -> Option<&str> {
        let turns = self.turns.partition_point(|turn| turn.first as usize <= word);
        self.turns.get(turns.checked_sub(1)?)?.speaker.as_deref()
    }

    /// Stretches where speech was heard but not understood.
    pub fn gaps(&self) -> impl Iterator<Item = &Stretch> {
        self.stretches.iter().filter(|stretch| stretch.kind == StretchKind::Gap)
    }
}
