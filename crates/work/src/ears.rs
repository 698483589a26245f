//! What hears: a thin seam, so that the work can be tested without weights and another recogniser can take their place.

use crate::{Event, WorkError};
use media::{Block, MediaError};
use model::HeardWindow;
use speech::{Heard, ModelFiles, Models, Request, Witness};
use std::ops::ControlFlow;
use std::sync::Arc;
use weights::{Cache, WeightsError};

/// Name of the voice detector in the manifest of models.
pub const VOICE_DETECTOR: &str = "silero-vad";

/// Something that hears recordings; the contract is that of [`speech::hear`].
pub trait Hearer: Send + Sync {
    /// Name of the engine, weights and version: what a hearing is recorded under.
    fn engine(&self) -> String;

    /// Hears blocks; see [`speech::hear`].
    ///
    /// # Errors
    /// The first error of `blocks`, after everything before it was heard.
    fn hear(
        &self,
        blocks: &mut (dyn Iterator<Item = Result<Block, MediaError>> + Send),
        request: &Request,
        language: Option<&str>,
        already: &[HeardWindow],
        observer: &mut dyn FnMut(speech::Event<'_>) -> ControlFlow<()>,
    ) -> Result<Heard, MediaError>;

    /// Something that weighs wordings against a sound; `None` where this hearer cannot.
    fn witness(&self) -> Option<Box<dyn Witness + '_>> {
        None
    }
}

impl Hearer for Models {
    fn engine(&self) -> String {
        self.engine_name()
    }

    fn hear(
        &self,
        blocks: &mut (dyn Iterator<Item = Result<Block, MediaError>> + Send),
        request: &Request,
        language: Option<&str>,
        already: &[HeardWindow],
        observer: &mut dyn FnMut(speech::Event<'_>) -> ControlFlow<()>,
    ) -> Result<Heard, MediaError> {
        speech::hear(blocks, self, request, language, already, observer)
    }

    fn witness(&self) -> Option<Box<dyn Witness + '_>> {
        Some(self.witness())
    }
}

/// A hearer, or the way to one: weights are fetched and loaded when the first recording is to be heard, not before.
pub struct Ears {
    model: String,
    ready: Option<Arc<dyn Hearer>>,
}

impl Ears {
    /// The Whisper model of this name in the manifest, from this user's cache.
    pub fn of_model(name: impl Into<String>) -> Self {
        Self { model: name.into(), ready: None }
    }

    /// A hearer that is there already.
    pub fn ready(hearer: Arc<dyn Hearer>) -> Self {
        Self { model: String::new(), ready: Some(hearer) }
    }

    /// The hearer, loaded now if it was not; the weights fetched now if they are not in the cache.
    ///
    /// # Errors
    /// [`WorkError::Weights`] when no source gives them, [`WorkError::Load`] when they are not what they should be.
    pub fn get(&mut self, observer: &mut dyn FnMut(Event<'_>)) -> Result<Arc<dyn Hearer>, WorkError> {
        if let Some(hearer) = &self.ready {
            return Ok(hearer.clone());
        }
        let cache = Cache::of_this_user()?;
        let mut fetch = |name: &str| cache.ensure(name, &mut |progress| observer(Event::Weights(progress)));
        let whisper = fetch(&self.model)?;
        let voice_detector = fetch(VOICE_DETECTOR)?.weights;
        let no_tokenizer = || WeightsError::Manifest(format!("{} has no tokenizer", self.model));
        let tokenizer = whisper.tokenizer.ok_or_else(no_tokenizer)?;
        let files = ModelFiles { whisper: whisper.weights, tokenizer, voice_detector };
        let hearer: Arc<dyn Hearer> = Arc::new(Models::load(&files)?);
        self.ready = Some(hearer.clone());
        Ok(hearer)
    }
}
