//! The stage `hear`: from a recording to a complete hearing, every window stored as it is heard.

use crate::Hearer;
use crate::event::{Event, HeardEpisode, Pace};
use crate::lease::held;
use crate::line::lost_of;
use crate::run::Options;
use crate::sound::{Blocks, is_worth_another_try};
use archive::{Archive, Claim, EpisodeEntry, Error, HearingRequest, HearingResult, MAX_ATTEMPTS, Status};
use media::MediaError;
use model::{HeardWindow, Millis, Recording, StretchKind};
use speech::Request;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How an attempt at a stage ended without its result.
#[derive(Debug)]
pub(crate) enum Ended {
    /// Told to stop: what was heard is stored.
    Stopped,
    /// The archive did not take a result, or the lease is another's.
    Archive(Error),
    /// It cannot be done, or not this time.
    Failed { reason: String, again: bool },
    /// The network was in the way: it is tried again after a pause, and the attempt does not count.
    Later { reason: String, after: Duration },
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        match error {
            Error::Invalid(reason) => Self::Failed { reason, again: false },
            error => Self::Archive(error),
        }
    }
}

/// Replaces the recording's place in the archive, which says nothing to people, by the name its file came under.
fn in_its_name(archive: &Archive, recording: &Recording, text: &str) -> String {
    let Some(blob) = &recording.blob else { return text.into() };
    text.replace(&archive.blob_path(blob).display().to_string(), &recording.file_name)
}

/// The recording of an episode and where its bytes lie.
pub(crate) fn sound_of<'entry>(
    archive: &Archive,
    episode: &'entry EpisodeEntry,
) -> Result<(&'entry Recording, PathBuf), Ended> {
    let missing = |reason: &str| Ended::Failed { reason: reason.into(), again: false };
    let recording = episode.recording.as_ref().ok_or_else(|| missing("the episode has no recording"))?;
    let blob =
        recording.blob.as_ref().ok_or_else(|| missing("the recording's sound is not in the archive"))?;
    Ok((recording, archive.blob_path(blob)))
}

/// What goes wrong with a recording, in the words of the file's own name: its place in the archive says nothing.
pub(crate) fn media_trouble(archive: &Archive, recording: &Recording, error: &MediaError) -> Ended {
    Ended::Failed {
        reason: in_its_name(archive, recording, &error.to_string()),
        again: is_worth_another_try(error),
    }
}

/// Measures how fast a recording is heard: what earlier attempts heard does not count.
struct Clock {
    begun: Instant,
    /// Since when this attempt hears what was not heard before.
    since: Instant,
    /// End of the windows that were heard without a hole from the begin on.
    from: Millis,
    /// Windows beyond, which workers heard ahead of the others.
    ahead: Vec<(Millis, Millis)>,
    /// Audio that waited in the whole archive when this attempt began, this recording included.
    waiting: Millis,
    /// Speed of earlier hearings, for estimates until there is a measure of this one.
    usual: Option<f64>,
}

impl Clock {
    fn start(already: &[HeardWindow], status: &Status) -> Self {
        let begun = Instant::now();
        let connected =
            already.iter().zip(0..).take_while(|(window, number)| window.index == *number).count();
        let (connected, ahead) = already.split_at(connected);
        Self {
            begun,
            since: begun,
            from: connected.last().map(|window| window.end).unwrap_or_default(),
            ahead: ahead.iter().map(|window| (window.start, window.end)).collect(),
            waiting: status.waiting,
            usual: status.speed,
        }
    }

    /// Audio before an instant that was not heard by earlier attempts.
    fn new_until(&self, instant: Millis) -> Millis {
        let ahead = self.ahead.iter().map(|(start, end)| (*end).min(instant).since(*start).0).sum();
        instant.since(self.from).since(Millis(ahead))
    }

    fn speed(&self, done: Millis) -> Option<f64> {
        let elapsed = self.since.elapsed().as_secs_f64();
        (done.0 > 0 && elapsed > 0.0).then(|| done.seconds() / elapsed)
    }

    fn pace(&mut self, decoded: Millis, heard: Millis, total: Option<Millis>, words: u64) -> Pace {
        if decoded < self.from {
            self.since = Instant::now();
        }
        let done = self.new_until(heard);
        let left = total.map(|total| self.new_until(total).since(done));
        let speed = self.speed(done);
        let expected = speed.or(self.usual);
        let time_for = |audio: Millis| Duration::try_from_secs_f64(audio.seconds() / expected?).ok();
        Pace {
            decoded,
            heard,
            total,
            words,
            speed,
            left: left.and_then(time_for),
            left_in_all: time_for(self.waiting.since(done).max(left.unwrap_or_default())),
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
    let (recording, path) = sound_of(archive, episode)?;
    let language = episode.episode.language.clone();
    let quality = archive.show_settings(episode.show.id)?.quality.unwrap_or(options.quality);
    let request = HearingRequest { engine: hearer.engine(), quality, language: language.clone() };
    let begun = archive.begin_hearing(claim, recording.id, &request)?;
    let hearing = begun.hearing.id;
    let opened = options.decoder.open(&path);
    let opened = opened.map_err(|error| media_trouble(archive, recording, &error))?;
    let total = recording.media.as_ref().and_then(|media| media.duration).or(opened.info.duration);
    let mut clock = Clock::start(&begun.windows, &archive.status()?);
    let mut blocks = Blocks::new(opened.reader, claim.attempt >= MAX_ATTEMPTS);
    let mut words: u64 = begun.windows.iter().map(|window| window.words.len() as u64).sum();
    let mut refused = None;
    let heard = hearer.hear(
        &mut blocks,
        &Request { quality, language, workers: options.workers },
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
    let done = clock.new_until(heard.duration);
    let speed = clock.speed(done);
    let mut stretches: Vec<_> =
        heard.stretches.into_iter().filter(|stretch| stretch.kind != StretchKind::Gap).collect();
    stretches.extend(lost_of(archive, episode.episode.id)?.into_iter().map(|lost| lost.gap(heard.duration)));
    stretches.sort_by_key(|stretch| stretch.start);
    let partial = blocks.partial().map(|reason| in_its_name(archive, recording, &reason));
    let result = HearingResult {
        language: heard.language.clone(),
        stretches,
        duration: heard.duration,
        speech: heard.speech,
        partial: partial.clone(),
        spent: clock.since.elapsed(),
        spent_on: done,
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
        speed,
        partial,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard_before(index: u32) -> HeardWindow {
        HeardWindow {
            index,
            start: Millis(u64::from(index) * 1000),
            end: Millis(u64::from(index) * 1000 + 1000),
            speech: Millis(1000),
            language: "en".into(),
            words: Vec::new(),
            gaps: Vec::new(),
            mean_log_probability: 0.0,
            temperature: 0.0,
        }
    }

    #[test]
    fn what_was_heard_before_counts_for_nothing() {
        let already = [0, 1, 4, 5].map(heard_before);
        let usual = Status { waiting: Millis(20_000), speed: Some(2.0), ..Status::default() };
        let mut clock = Clock::start(&already, &usual);
        let total = Some(Millis(10_000));
        let mut left = |heard| clock.pace(Millis(10_000), Millis(heard), total, 0);
        // 2 to 4 s and 6 to 10 s are to be heard; no measure yet, so the usual speed holds.
        assert_eq!(left(1_500).speed, None);
        assert_eq!(left(2_000).left, Some(Duration::from_secs(3)));
        assert_eq!(left(2_000).left_in_all, Some(Duration::from_secs(10)));
        assert_eq!(left(10_000).left, Some(Duration::ZERO));
        for (instant, new) in [(1_000, 0), (3_000, 1_000), (4_000, 2_000), (5_500, 2_000), (10_000, 6_000)] {
            assert_eq!(clock.new_until(Millis(instant)), Millis(new), "{instant}");
        }
    }
}
