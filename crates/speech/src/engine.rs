//! What an engine of recognition is: the seam at which another family of models can stand beside Whisper.

use model::Quality;

/// A stretch of sound to be recognised as one: at most 30 seconds.
#[derive(Clone, Debug, Default)]
pub struct Clip {
    /// 16 kHz mono.
    pub samples: Vec<f32>,
    /// Where the voice detector found speech: begin and end in seconds from the begin of the clip, in order.
    pub speech: Vec<(f64, f64)>,
}

/// Natural log-probabilities of languages (BCP 47).
#[derive(Clone, Debug, Default)]
pub struct LanguageScores(pub Vec<(String, f32)>);

impl LanguageScores {
    /// The likeliest language with its probability.
    pub fn likeliest(&self) -> Option<(String, f32)> {
        let best = self.0.iter().max_by(|one, other| one.1.total_cmp(&other.1))?;
        Some((best.0.clone(), best.1.exp()))
    }
}

/// A word with its place in a clip.
#[derive(Clone, Debug, PartialEq)]
pub struct LocalWord {
    /// The word with its punctuation, without white space.
    pub text: String,
    /// Begin in seconds from the begin of the clip.
    pub start: f64,
    /// End in seconds.
    pub end: f64,
    /// Geometric mean of the probabilities of its tokens, 0 to 1.
    pub confidence: f32,
    /// True when no space stands before it.
    pub joined: bool,
}

/// A stretch of a clip, in seconds, whose speech got no words.
#[derive(Clone, Debug, PartialEq)]
pub struct LocalGap {
    /// Begin in seconds from the begin of the clip.
    pub start: f64,
    /// End in seconds.
    pub end: f64,
    /// `loop`, `low-confidence`, `no-speech` or `no-words`.
    pub reason: &'static str,
}

/// What was heard in a clip.
#[derive(Clone, Debug)]
pub struct HeardClip {
    /// Language it was recognised in (BCP 47).
    pub language: String,
    /// The words, in order.
    pub words: Vec<LocalWord>,
    /// Speech without words, in order.
    pub gaps: Vec<LocalGap>,
    /// Mean natural log-probability of the tokens.
    pub mean_log_probability: f32,
    /// Temperature at which the text was found; 0 unless a fallback was needed.
    pub temperature: f32,
}

/// How clips are to be heard.
#[derive(Clone, Copy, Debug)]
pub struct Manner<'recording> {
    /// Language of the recording (BCP 47).
    pub language: &'recording str,
    /// True when a person said so: then no clip is heard in another language, whatever it sounds like.
    pub stated: bool,
    /// How carefully.
    pub quality: Quality,
}

/// What a listener keeps of a clip between finding its language and hearing it.
pub struct Prepared(pub Box<dyn std::any::Any + Send>);

/// A family of models that recognises speech: its weights, shared by all threads.
pub trait Engine: Send + Sync {
    /// Model, format and version, such as `whisper-base/int8/1`. Results of one name are comparable; a hearing is
    /// continued only by the engine that began it.
    fn name(&self) -> String;

    /// A worker for one thread.
    fn listener(&self) -> Box<dyn Listener + '_>;

    /// A worker for one thread that weighs wordings against a sound.
    fn witness(&self) -> Box<dyn crate::Witness + '_>;
}

/// A worker that hears clips, on one thread.
pub trait Listener {
    /// How likely each language is. What was computed on the way can be given to [`Listener::hear`].
    fn languages(&mut self, clip: &Clip) -> (LanguageScores, Prepared);

    /// Hears clips of a recording. The result for a clip depends on that clip alone, never on those heard
    /// together with it.
    fn hear(&mut self, clips: &[(Clip, Option<Prepared>)], manner: Manner<'_>) -> Vec<HeardClip>;
}
