//! What hearing needs: the models, fetched when they are not there, and how many cores it may use.

use anyhow::{Context, Result};
use speech::{ModelFiles, Models};
use weights::Cache;

use crate::arguments::Hearing;
use crate::console::Fetching;
use crate::failure::hinted;
use crate::place::shown;

/// The voice detector's name in the list of models.
const VOICE_DETECTOR: &str = "silero-vad";

/// Loads the models, fetching what is missing with progress on standard error.
pub fn models(hearing: &Hearing) -> Result<Models> {
    let cache = Cache::of_this_user()?;
    let files = fetched(&cache, hearing)?;
    let models = Models::load(&files);
    models.with_context(|| format!("the models in {} cannot be used", shown(cache.folder())))
}

fn fetched(cache: &Cache, hearing: &Hearing) -> Result<ModelFiles> {
    let name = match hearing.model.as_deref().or(cache.manifest().default_model()) {
        Some(name) => name,
        None => return Err(hinted("the list of models names no default", "choose one with --model NAME")),
    };
    // Told before anything is fetched, and even if only one of the two is missing.
    if [name, VOICE_DETECTOR].into_iter().any(|name| cache.present(name).is_none()) {
        eprintln!("models are kept in {}", shown(cache.folder()));
    }
    let ensure = |name: &str| {
        let mut fetching = Fetching::new(name);
        cache.ensure(name, &mut |progress| fetching.show(&progress))
    };
    let whisper = ensure(name)?;
    let tokenizer = whisper.tokenizer.ok_or_else(|| {
        hinted(format!("{name} cannot recognise speech"), "choose a Whisper model with --model NAME")
    })?;
    Ok(ModelFiles { whisper: whisper.weights, tokenizer, voice_detector: ensure(VOICE_DETECTOR)?.weights })
}

/// Worker threads to use: what was asked for, or one a core.
pub fn workers(hearing: &Hearing) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    hearing.workers.map_or_else(cores, usize::from)
}

/// Lets every other program go first, if that was asked for. To be called before threads are begun: they inherit it.
pub fn be_nice(hearing: &Hearing) {
    #[cfg(unix)]
    if hearing.nice {
        // Refused only where the program may not lower its own priority; then it works as it would have.
        let _ = rustix::process::nice(10);
    }
    #[cfg(not(unix))]
    if hearing.nice {
        eprintln!("note: --nice does nothing on this system");
    }
}
