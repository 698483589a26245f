//! Hearing: samples in, words with times and confidence out.
//!
//! Goes in: blocks of 16 kHz mono samples. Comes out: windows of words, gaps where speech was not understood, labels of
//! music, silence and noise. Never: knowledge of shows or of people's names, files other than weights, a clock.
//!
//! ```text
//! blocks ─ voice ─ packing ─┬─ engine (one listener a core) ─ words ─ windows
//!          └─ sound (labels of what is not speech) ─ stretches
//! ```
//!
//! Windows are independent of each other: none is given the text of the one before it. So the number of workers, an
//! interruption, and hearing one window again change nothing in the result.

mod engine;
mod listen;
mod mel;
mod packing;
mod recognizer;
mod search;
mod sound;
mod tensors;
mod tokens;
mod voice;
mod whisper;
mod witness;
mod words;

pub use engine::{Clip, Engine, HeardClip, LanguageScores, Listener, LocalGap, LocalWord, Manner, Prepared};
pub use witness::{Question, Testimony, Witness};

use kernels::Processor;
use model::{HeardWindow, Millis, Quality, Stretch};
use std::ops::ControlFlow;
use std::path::PathBuf;

/// Why weights could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file cannot be read.
    #[error("cannot read the model file {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file is not what it should be.
    #[error(
        "the model file {file} is damaged or of another kind: {reason}; `readout models verify` tells which files to fetch again"
    )]
    Malformed {
        /// The file.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// Where the weights lie.
#[derive(Clone, Debug)]
pub struct ModelFiles {
    /// Converted Whisper weights (safetensors, `readout-whisper-int8/1`).
    pub whisper: PathBuf,
    /// Whisper's `tokenizer.json`.
    pub tokenizer: PathBuf,
    /// Silero VAD (safetensors, 16 kHz).
    pub voice_detector: PathBuf,
}

/// Weights in memory, shared by all workers of a process.
pub struct Models {
    engine: Box<dyn Engine>,
    voice: voice::VoiceModel,
    cpu: Processor,
}

impl Models {
    /// Loads weights and chooses the instructions that this processor has.
    ///
    /// # Errors
    /// When a file cannot be read or is not what it should be.
    pub fn load(files: &ModelFiles) -> Result<Self, LoadError> {
        let cpu = Processor::detect();
        let whisper = whisper::Whisper::load(&files.whisper)?;
        let vocabulary = tokens::Vocabulary::read(&files.tokenizer, whisper.config.vocabulary)?;
        Ok(Self {
            engine: Box::new(WhisperEngine {
                recognizer: recognizer::Recognizer::new(whisper, vocabulary),
                cpu,
            }),
            voice: voice::VoiceModel::load(&files.voice_detector)?,
            cpu,
        })
    }

    /// Name of the engine: model, number format and version of the method.
    pub fn engine_name(&self) -> String {
        self.engine.name()
    }

    /// A witness for one thread: weighs wordings against a sound.
    pub fn witness(&self) -> Box<dyn Witness + '_> {
        self.engine.witness()
    }

    /// The instructions in use, for logs and tables.
    pub fn processor(&self) -> String {
        self.cpu.describe()
    }
}

struct WhisperEngine {
    recognizer: recognizer::Recognizer,
    cpu: Processor,
}

/// Counts up whenever the same recording would be heard otherwise than before.
const METHOD_VERSION: u32 = 1;

impl Engine for WhisperEngine {
    fn name(&self) -> String {
        format!("{}/int8/{METHOD_VERSION}", self.recognizer.whisper.config.name)
    }

    fn listener(&self) -> Box<dyn Listener + '_> {
        Box::new(recognizer::Worker::new(&self.recognizer, self.cpu))
    }

    fn witness(&self) -> Box<dyn Witness + '_> {
        Box::new(recognizer::Worker::new(&self.recognizer, self.cpu))
    }
}

impl Listener for recognizer::Worker<'_> {
    fn languages(&mut self, clip: &Clip) -> (LanguageScores, Prepared) {
        let encoding = self.encode(clip);
        let scores = recognizer::Worker::languages(self, clip, &encoding);
        (scores, Prepared(Box::new(encoding)))
    }

    fn hear(&mut self, clips: &[(Clip, Option<Prepared>)], manner: Manner<'_>) -> Vec<HeardClip> {
        let clips: Vec<_> = clips
            .iter()
            .map(|(clip, prepared)| {
                (clip, prepared.as_ref().and_then(|prepared| prepared.0.downcast_ref().cloned()))
            })
            .collect();
        recognizer::Worker::hear(self, &clips, manner)
    }
}

/// How a recording is to be heard.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// How carefully.
    pub quality: Quality,
    /// Language (BCP 47); `None` means: find it.
    pub language: Option<String>,
    /// Worker threads, one for each core that may be used; at least 1.
    pub workers: usize,
}

/// What happens while a recording is heard.
#[derive(Debug)]
pub enum Event<'event> {
    /// The language of the recording was found.
    Language(&'event str),
    /// How far reading and hearing are.
    Progress {
        /// Length read so far.
        decoded: Millis,
        /// Instant before which everything has been heard.
        heard: Millis,
    },
    /// A window was heard; windows do not come in order.
    Window(&'event HeardWindow),
}

/// What was heard, beside the windows that were told as events.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// Language of the recording; `None` when there was no speech.
    pub language: Option<String>,
    /// Music, silence and noise of at least three seconds, in order.
    pub stretches: Vec<Stretch>,
    /// Length of the recording.
    pub duration: Millis,
    /// Length of the speech that the voice detector found.
    pub speech: Millis,
    /// True when the observer asked to stop before the end.
    pub stopped: bool,
}

/// Hears a recording.
///
/// `language` is what an earlier, interrupted hearing found; `already` are its windows, which are not heard again. The
/// observer is called on the caller's thread; when it breaks, the windows in hand are finished and told, and no more are
/// begun.
///
/// # Errors
/// The first error of `blocks`, after everything before it was heard.
pub fn hear<E: Send>(
    blocks: impl Iterator<Item = Result<media::Block, E>> + Send,
    models: &Models,
    request: &Request,
    language: Option<&str>,
    already: &[HeardWindow],
    observer: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
) -> Result<Heard, E> {
    listen::listen(blocks, models, request, language, already, observer)
}
