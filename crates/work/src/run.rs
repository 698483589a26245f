//! The loop: claims the most urgent work, does it, records how it ended.

use crate::hearing::{Ended, hear, media_trouble, sound_of};
use crate::lease::LEASE;
use crate::sound::Decoder;
use crate::{Ears, Event, Hearer, WorkError};
use archive::{Archive, Claim, EpisodeEntry, Error, Retry, Stage, State, Worker};
use model::{Millis, Quality};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How work is done.
#[derive(Clone, Debug)]
pub struct Options {
    /// Threads that hear; at least 1.
    pub workers: usize,
    /// How carefully to hear.
    pub quality: Quality,
    /// Keep looking for work instead of returning when there is none.
    pub watch: bool,
    /// Let the rest of the machine go first (on Unix: nice 10, for the calling thread and those it starts).
    pub gentle: bool,
    /// Where media files are decoded.
    pub decoder: Decoder,
}

impl Default for Options {
    /// A worker a core, the default quality, decoding in this process.
    fn default() -> Self {
        Self {
            workers: std::thread::available_parallelism().map_or(1, usize::from),
            quality: Quality::default(),
            watch: false,
            gentle: false,
            decoder: Decoder::Here,
        }
    }
}

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// Recordings probed.
    pub probed: u64,
    /// Recordings heard to their end.
    pub heard: u64,
    /// Of those, how many could be read only in part.
    pub partial: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// Length of the recordings heard.
    pub audio: Millis,
    /// Time that hearing them took.
    pub spent: Duration,
    /// True when it was told to stop.
    pub stopped: bool,
    /// Work that waits for another attempt, or that other programs have.
    pub left: u64,
}

/// Version of the stage `probe`: counts up when the same file would be described otherwise.
const PROBE_TOOL: &str = "probe/1";

/// Pause before a failed attempt is made again.
const AGAIN: Duration = Duration::from_secs(30);

/// Pause before a paused archive is tried again.
const PAUSE: Duration = Duration::from_secs(10);

/// Pause between two looks for work.
const LOOK: Duration = Duration::from_secs(1);

/// Longest time until a stop is noticed while there is nothing to do.
const NOTICE: Duration = Duration::from_millis(50);

/// Does all work that is due; see the head of this crate.
///
/// # Errors
/// [`WorkError`] when nothing can be done any more: the archive is damaged or (without `watch`) paused, or there is no
/// recogniser. What concerns one episode is in the ledger and never an error here.
pub fn run(
    archive: &Archive,
    options: &Options,
    ears: &mut Ears,
    stop: &AtomicBool,
    observer: &mut dyn FnMut(Event<'_>),
) -> Result<Summary, WorkError> {
    if options.gentle {
        step_back();
    }
    let summary = Summary::default();
    let mut shift =
        Shift { archive, options, ears, stop, observer, worker: None, marked_stale: false, summary };
    let mut idle = false;
    let mut told = String::new();
    loop {
        let outcome = shift.turn();
        let stopping = stop.load(Ordering::Relaxed);
        match outcome {
            Ok(_) if stopping => break,
            Err(error) if stopping && may_pass(&error) => break,
            Ok(true) => (idle, told) = (false, String::new()),
            Ok(false) if !options.watch => break,
            Ok(false) => {
                if !std::mem::replace(&mut idle, true) {
                    (shift.observer)(Event::Idle);
                }
                shift.wait(LOOK);
            }
            Err(error) if options.watch && may_pass(&error) => {
                let because = error.to_string();
                if because != told {
                    (shift.observer)(Event::Paused { because: &because });
                    told = because;
                }
                shift.wait(PAUSE);
            }
            Err(error) => return Err(error),
        }
    }
    let mut summary = shift.summary;
    summary.stopped = stop.load(Ordering::Relaxed);
    let counts = archive.status()?.counts;
    let open = counts.iter().filter(|count| matches!(count.state, State::Waiting | State::Leased));
    summary.left = open.map(|count| count.cells).sum();
    Ok(summary)
}

/// Whether waiting may help.
fn may_pass(error: &WorkError) -> bool {
    match error {
        WorkError::Archive(error) => error.is_paused(),
        WorkError::Weights(_) => true,
        WorkError::Load(_) | WorkError::Media(_) => false,
    }
}

fn step_back() {
    // Where it is not allowed the work goes on as it was.
    #[cfg(unix)]
    let _ = rustix::process::nice(10);
}

struct Shift<'run> {
    archive: &'run Archive,
    options: &'run Options,
    ears: &'run mut Ears,
    stop: &'run AtomicBool,
    observer: &'run mut dyn FnMut(Event<'_>),
    worker: Option<Worker>,
    marked_stale: bool,
    summary: Summary,
}

impl Shift<'_> {
    /// One piece of work; false when none is due. Probes come first: they take no time, and what they find says in
    /// which order to hear.
    fn turn(&mut self) -> Result<bool, WorkError> {
        if self.worker.is_none() {
            self.worker = Some(self.archive.register_worker()?);
            self.archive.sweep(None)?;
        }
        self.archive.reclaim()?;
        let name = self.worker.as_ref().map(|worker| worker.name().to_owned()).unwrap_or_default();
        for stage in [Stage::PROBE, Stage::HEAR] {
            if let Some(claim) = self.archive.claim(std::slice::from_ref(&stage), &name, LEASE)? {
                let done = self.work(&claim);
                if done.is_err() {
                    // Another can have it at once; where the archive takes nothing, the lease runs out by itself.
                    let _ = self.archive.release(&claim);
                }
                return done.map(|()| true);
            }
        }
        Ok(false)
    }

    fn work(&mut self, claim: &Claim) -> Result<(), WorkError> {
        let episode = match self.archive.episode(claim.episode()) {
            Ok(episode) => episode,
            // Removed this very moment.
            Err(Error::NotFound { .. }) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let hearer = match claim.stage == Stage::HEAR {
            true => Some(self.hearer()?),
            false => None,
        };
        (self.observer)(Event::Begun { episode: &episode, stage: &claim.stage });
        let attempt = catch_unwind(AssertUnwindSafe(|| match &hearer {
            Some(hearer) => {
                let (archive, options, observer) = (self.archive, self.options, &mut *self.observer);
                hear(archive, claim, options, hearer.as_ref(), self.stop, &episode, observer).map(Some)
            }
            None => self.probe(claim, &episode).map(|()| None),
        }));
        let attempt = attempt.unwrap_or_else(|panic| {
            Err(Ended::Failed { reason: format!("the program failed at it: {}", says(&*panic)), again: true })
        });
        match attempt {
            Ok(Some(heard)) => {
                self.summary.heard += 1;
                self.summary.partial += u64::from(heard.partial.is_some());
                self.summary.audio = Millis(self.summary.audio.0 + heard.duration.0);
                self.summary.spent += heard.spent;
                (self.observer)(Event::Heard { episode: &episode, heard });
            }
            Ok(None) => {
                self.summary.probed += 1;
                (self.observer)(Event::Probed { episode: &self.archive.episode(claim.episode())? });
            }
            Err(Ended::Stopped) => match self.archive.release(claim) {
                // Lost: another goes on.
                Ok(()) | Err(Error::LeaseLost { .. }) => {}
                Err(error) => return Err(error.into()),
            },
            Err(Ended::Archive(Error::LeaseLost { .. } | Error::NotFound { .. })) => {}
            Err(Ended::Archive(error)) => return Err(error.into()),
            Err(Ended::Failed { reason, again }) => self.failed(claim, &episode, &reason, again)?,
        }
        Ok(())
    }

    /// The recogniser; what others heard before it came is stale from then on, and heard again when asked.
    fn hearer(&mut self) -> Result<Arc<dyn Hearer>, WorkError> {
        let hearer = self.ears.get(self.observer)?;
        if !std::mem::replace(&mut self.marked_stale, true) {
            self.archive.mark_stale(&Stage::HEAR, &hearer.engine())?;
        }
        Ok(hearer)
    }

    fn failed(
        &mut self,
        claim: &Claim,
        episode: &EpisodeEntry,
        reason: &str,
        again: bool,
    ) -> Result<(), WorkError> {
        let retry = if again { Retry::After(AGAIN) } else { Retry::Never };
        match self.archive.fail(claim, reason, retry) {
            Ok(state) => {
                self.summary.failed += 1;
                (self.observer)(Event::Failed { episode, stage: &claim.stage, reason, state });
                Ok(())
            }
            Err(Error::LeaseLost { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn probe(&self, claim: &Claim, episode: &EpisodeEntry) -> Result<(), Ended> {
        let (recording, path) = sound_of(self.archive, episode)?;
        let opened = self.options.decoder.open(&path);
        let opened = opened.map_err(|error| media_trouble(self.archive, recording, &error))?;
        self.archive.record_probe(claim, recording.id, &opened.info, &opened.tags, PROBE_TOOL)?;
        Ok(())
    }

    fn wait(&self, pause: Duration) {
        let begun = Instant::now();
        while begun.elapsed() < pause && !self.stop.load(Ordering::Relaxed) {
            std::thread::sleep(NOTICE);
        }
    }
}

/// The message of a panic.
fn says(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("it does not say why")
}
