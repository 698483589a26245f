//! The stage `hear`: from a recording to a complete hearing, every window stored as it is heard.

use crate::Hearer;
use crate::event::{Event, HeardEpisode, Pace};
use crate::lease::held;
use crate::run::Options;
use crate::sound::{Blocks, is_worth_another_try};
use archive::{Archive, Claim, EpisodeEntry, Error, HearingRequest, HearingResult, MAX_ATTEMPTS};
use media::MediaError;
use model::{Millis, Recording, StretchKind};
use speech::Request;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How an attempt at a stage ended without its result.
#[derive(Debug)]
pub(crate) enum Ended {
    /// Told to stop: what was heard is stored.
    Stopped,
    /// The archive did not take a result, or the lease is another's.
    Archive(Error),
    /// The recording cannot be heard.
    Failed { reason: String, again: bool },
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        match error {
            Error::Invalid(reason) => Self::Failed { reason, again: false },
            error => Self::Archive(error),
        }
    }
}

/// What goes wrong with a recording, in the words of the file's own name: its place in the archive says nothing.
pub(crate) fn media_trouble(archive: &Archive, recording: &Recording, error: &MediaError) -> Ended {
    let place = archive.blob_path(&recording.blob).display().to_string();
    Ended::Failed {
        reason: error.to_string().replace(&place, &recording.file_name),
        again: is_worth_another_try(error),
    }
}

/// Measures how fast a recording is heard.
struct Clock {
    begun: Instant,
    /// Where the hearing was when this attempt began.
    from: Millis,
    /// Audio that waited in the whole archive when this attempt began, this recording included.
    waiting: Millis,
}

impl Clock {
    fn pace(&self, decoded: Millis, heard: Millis, total: Option<Millis>, words: u64) -> Pace {
        let elapsed = self.begun.elapsed().as_secs_f64();
        let done = heard.since(self.from);
        let speed = (done.0 > 0 && elapsed > 0.0).then(|| done.seconds() / elapsed);
        let time_for = |audio: Millis| Duration::try_from_secs_f64(audio.seconds() / speed?).ok();
        Pace {
            decoded,
            heard,
            total,
            words,
            speed,
            left: total.and_then(|total| time_for(total.since(heard))),
            left_in_all: time_for(self.waiting.since(done)),
        }
    }
}

pub(crate) fn hear(
    archive: &Archive,
    claim: &Claim,
    options: &Options,
    hearer: &dyn Hearer,
    stop: &AtomicBool,
    episode: &EpisodeEntry,
    observer: &mut dyn FnMut(Event<'_>),
) -> Result<HeardEpisode, Ended> {
    let lost = AtomicBool::new(false);
    held(archive, claim, &lost, || {
        let stopping = || stop.load(Ordering::Relaxed) || lost.load(Ordering::Relaxed);
        attempt(archive, claim, options, hearer, &stopping, episode, observer)
    })
}

fn attempt(
    archive: &Archive,
    claim: &Claim,
    options: &Options,
    hearer: &dyn Hearer,
    stopping: &dyn Fn() -> bool,
    episode: &EpisodeEntry,
    observer: &mut dyn FnMut(Event<'_>),
) -> Result<HeardEpisode, Ended> {
    let no_recording = || Ended::Failed { reason: "the episode has no recording".into(), again: false };
    let recording = episode.recording.as_ref().ok_or_else(no_recording)?;
    let language = episode.episode.language.clone();
    let request =
        HearingRequest { engine: hearer.engine(), quality: options.quality, language: language.clone() };
    let begun = archive.begin_hearing(claim, recording.id, &request)?;
    let hearing = begun.hearing.id;
    let opened = options.decoder.open(&archive.blob_path(&recording.blob));
    let opened = opened.map_err(|error| media_trouble(archive, recording, &error))?;
    let total = recording.media.as_ref().and_then(|media| media.duration).or(opened.info.duration);
    let clock = Clock {
        begun: Instant::now(),
        from: begun.windows.iter().map(|window| window.end).max().unwrap_or_default(),
        waiting: archive.status()?.waiting,
    };
    let mut blocks = Blocks::new(opened.reader, claim.attempt >= MAX_ATTEMPTS);
    let mut words: u64 = begun.windows.iter().map(|window| window.words.len() as u64).sum();
    let mut refused = None;
    let heard = hearer.hear(
        &mut blocks,
        &Request { quality: options.quality, language, workers: options.workers },
        begun.hearing.language.as_deref(),
        &begun.windows,
        &mut |event| {
            let stored = match event {
                speech::Event::Language(language) => archive.set_hearing_language(claim, hearing, language),
                speech::Event::Window(window) => {
                    words += window.words.len() as u64;
                    archive.store_window(claim, hearing, window)
                }
                speech::Event::Progress { decoded, heard } => {
                    observer(Event::Hearing { episode, pace: clock.pace(decoded, heard, total, words) });
                    Ok(())
                }
            };
            if let Err(error) = stored {
                // The first is the cause; windows that were in flight meet the same fate.
                refused.get_or_insert(error);
            }
            if refused.is_some() || stopping() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        },
    );
    if let Some(error) = refused {
        return Err(error.into());
    }
    let heard = heard.map_err(|error| media_trouble(archive, recording, &error))?;
    if heard.stopped {
        return Err(Ended::Stopped);
    }
    let spent = clock.begun.elapsed();
    let spent_on = heard.duration.since(clock.from);
    let stretches = heard.stretches.into_iter().filter(|stretch| stretch.kind != StretchKind::Gap).collect();
    let place = archive.blob_path(&recording.blob).display().to_string();
    let partial = blocks.partial().map(|reason| reason.replace(&place, &recording.file_name));
    let result = HearingResult {
        language: heard.language.clone(),
        stretches,
        duration: heard.duration,
        speech: heard.speech,
        partial: partial.clone(),
        spent,
        spent_on,
    };
    archive.complete_hearing(claim, hearing, &result)?;
    let coverage = archive.episode(episode.episode.id)?.coverage.unwrap_or_default();
    Ok(HeardEpisode {
        duration: heard.duration,
        language: heard.language,
        words,
        speech: coverage.speech,
        recognised: coverage.recognised,
        gaps: coverage.gaps,
        spent,
        speed: (spent_on.0 > 0 && !spent.is_zero()).then(|| spent_on.seconds() / spent.as_secs_f64()),
        partial,
    })
}
