//! The loop: claims the most urgent work, does it, records how it ended.
//!
//! Work is done by *shifts* that go on side by side: the *line* waits for the network, the *air* for broadcasts, the *desk* works on texts, the *ears*
//! on sound. Each claims from the ledger what is its own, so that a long recording holds up no feed and no repair, and
//! what one shift makes due another finds at its next look.

use crate::board::Board;
use crate::copies::{fingerprint, repeats};
use crate::hearing::{Ended, hear, media_trouble, sound_of};
use crate::lease::{LEASE, held};
use crate::line::{Looked, call_streams, fetch as fetch_sound, record, refresh, texts};
use crate::lists::reread;
use crate::repair::Mender;
use crate::shrink::shrink;
use crate::sound::Decoder;
use crate::texts::{align, chapters};
use crate::witness::ask;
use crate::{Ears, Event, HeardEpisode, Hearer, WorkError};
use archive::{Archive, Claim, EpisodeEntry, Error, Repaired, Retry, Stage, State, Worker};
use fetch::{Fetcher, Stop};
use model::{EpisodeId, FeedId, Millis, Quality};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How work is done.
#[derive(Clone)]
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
    /// The way to the network; `None`: nothing is fetched.
    pub fetcher: Option<Arc<Fetcher>>,
}

impl std::fmt::Debug for Options {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Options")
            .field("workers", &self.workers)
            .field("quality", &self.quality)
            .field("watch", &self.watch)
            .field("fetches", &self.fetcher.is_some())
            .finish_non_exhaustive()
    }
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
            fetcher: None,
        }
    }
}

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// Feeds looked at.
    pub feeds: u64,
    /// Feeds that did not come or could not be read.
    pub feeds_failed: u64,
    /// Episodes that were found in feeds for the first time.
    pub found: u64,
    /// Sounds fetched.
    pub fetched: u64,
    /// Broadcasts recorded.
    pub recorded: u64,
    /// Episodes whose publisher had a transcript or chapters.
    pub texts: u64,
    /// Recordings probed.
    pub probed: u64,
    /// Recordings that were found to be those of other episodes.
    pub copies: u64,
    /// Recordings heard to their end.
    pub heard: u64,
    /// Of those, how many could be read only in part.
    pub partial: u64,
    /// Texts aligned to what was heard.
    pub aligned: u64,
    /// Repairs of names that are new.
    pub repaired: u64,
    /// Texts in which chapters were looked for.
    pub chaptered: u64,
    /// Bytes that were freed by keeping sound as small Opus.
    pub freed: u64,
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

/// Longest pause between two looks for work.
const LOOK: Duration = Duration::from_secs(1);

/// What the ears do, in this order: probes take no time, and what they find says in which order to hear; names that are in doubt
/// come before the next recording, as they take seconds. Whether a recording is that of another episode is found out right
/// before it would be heard.
const EARS: &[Stage] = &[Stage::PROBE, Stage::WITNESS, Stage::FINGERPRINT, Stage::HEAR, Stage::SHRINK];

/// Claimed together: of one episode the fingerprint comes first, and no episode waits for the fingerprints of all others.
const BY_EPISODE: &[Stage] = &[Stage::FINGERPRINT, Stage::HEAR];

/// What the line does. Feeds come first: they say what else there is; texts before sounds: where there is one, the sound
/// need not be heard.
const LINE: &[Stage] = &[Stage::REFRESH, Stage::TEXTS, Stage::FETCH];

/// Threads of the line. They wait more than they work.
const LINES: usize = 4;

/// What is on the air: done only by who keeps watching, since a broadcast takes its time.
const AIR: &[Stage] = &[Stage::RECORD];

/// Broadcasts that are recorded at once.
const TUNERS: usize = 8;

/// What the desk does, in this order: each works from what the ones before it made.
const DESK: &[Stage] = &[Stage::ALIGN, Stage::REPAIR, Stage::CHAPTERS, Stage::REPEATS];

/// Does all work that is due; see the head of this crate.
///
/// # Errors
/// [`WorkError`] when a part of the work cannot be done any more: the archive is damaged or (without `watch`) paused, or
/// there is no recogniser; what else is due has been done then. What concerns one episode is in the ledger and never an
/// error here.
pub fn run(
    archive: &Archive,
    options: &Options,
    ears: &mut Ears,
    stop: &Arc<AtomicBool>,
    observer: &mut (dyn FnMut(Event<'_>) + Send),
) -> Result<Summary, WorkError> {
    if options.gentle {
        step_back();
    }
    let mut shifts = vec![EARS, DESK];
    if options.fetcher.is_some() {
        shifts.extend([LINE; LINES]);
        if options.watch {
            shifts.extend([AIR; TUNERS]);
        }
    }
    let crew = Crew::new(archive, options, stop, observer, shifts.len());
    std::thread::scope(|scope| {
        for (number, stages) in shifts.iter().copied().enumerate().skip(1) {
            let crew = &crew;
            scope.spawn(move || Shift::new(crew, number, stages, None).work());
        }
        Shift::new(&crew, 0, EARS, Some(ears)).work();
    });
    let Crew { summary, board, .. } = crew;
    if let Some(error) = board.into_error() {
        return Err(error);
    }
    let mut summary = summary.into_inner().unwrap_or_else(PoisonError::into_inner);
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
        WorkError::Load(_) | WorkError::Media(_) | WorkError::Search(_) => false,
    }
}

fn step_back() {
    // Where it is not allowed the work goes on as it was.
    #[cfg(unix)]
    let _ = rustix::process::nice(10);
}

/// What the shifts of one run share.
pub(crate) struct Crew<'run> {
    pub archive: &'run Archive,
    pub options: &'run Options,
    stop: &'run Arc<AtomicBool>,
    observer: Mutex<&'run mut (dyn FnMut(Event<'_>) + Send)>,
    summary: Mutex<Summary>,
    board: Board,
}

impl<'run> Crew<'run> {
    pub fn new(
        archive: &'run Archive,
        options: &'run Options,
        stop: &'run Arc<AtomicBool>,
        observer: &'run mut (dyn FnMut(Event<'_>) + Send),
        shifts: usize,
    ) -> Self {
        Self {
            archive,
            options,
            stop,
            observer: Mutex::new(observer),
            summary: Mutex::default(),
            board: Board::new(shifts),
        }
    }

    pub fn tell(&self, event: Event<'_>) {
        (self.observer.lock().unwrap_or_else(PoisonError::into_inner))(event);
    }

    fn sum(&self, add: impl FnOnce(&mut Summary)) {
        add(&mut self.summary.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub fn stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    pub fn stop_flag(&self) -> Arc<AtomicBool> {
        self.stop.clone()
    }

    /// The same question for a fetch, which asks it while it waits.
    pub fn stop_fetching(&self) -> Stop {
        self.stop.clone().into()
    }
}

/// One thread that does some of the stages.
struct Shift<'run, 'crew> {
    crew: &'crew Crew<'run>,
    number: usize,
    stages: &'static [Stage],
    /// Only the ears have them.
    ears: Option<&'crew mut Ears>,
    worker: Option<Worker>,
    marked_stale: bool,
    /// There is no recogniser: the rest is done all the same.
    deaf: bool,
    /// Whether the lists of names that shows name were looked at in this run.
    lists_read: bool,
    mender: Mender,
}

impl<'run, 'crew> Shift<'run, 'crew> {
    fn new(
        crew: &'crew Crew<'run>,
        number: usize,
        stages: &'static [Stage],
        ears: Option<&'crew mut Ears>,
    ) -> Self {
        let (worker, mender) = (None, Mender::default());
        Self {
            crew,
            number,
            stages,
            ears,
            worker,
            marked_stale: false,
            deaf: false,
            lists_read: false,
            mender,
        }
    }

    /// Works until nothing is due for any shift, or until told to stop.
    fn work(mut self) {
        let (crew, board) = (self.crew, &self.crew.board);
        // However this thread ends, the others must not wait for it.
        let _away = board.leaves(self.number);
        let mut told = String::new();
        loop {
            let seen = board.looks(self.number);
            let outcome = self.turn();
            if crew.stopping() {
                match outcome {
                    Err(error) if !may_pass(&error) => board.fail(error),
                    _ => {}
                }
                return;
            }
            match outcome {
                Ok(true) => {
                    board.did_something();
                    told.clear();
                }
                Ok(false) => match (board.found_nothing(self.number, seen), crew.options.watch) {
                    (Some(_), false) => return,
                    (first, _) => {
                        if first == Some(true) {
                            crew.tell(Event::Idle);
                        }
                        board.wait(LOOK, crew.stop);
                    }
                },
                Err(error) if crew.options.watch && may_pass(&error) => {
                    let because = error.to_string();
                    if because != told {
                        crew.tell(Event::Paused { because: &because });
                        told = because;
                    }
                    board.pause(PAUSE, crew.stop);
                }
                Err(error @ (WorkError::Weights(_) | WorkError::Load(_))) if !self.deaf => {
                    self.deaf = true;
                    board.fail(error);
                }
                Err(error) => return board.fail(error),
            }
        }
    }

    /// One piece of work; false when none is due.
    fn turn(&mut self) -> Result<bool, WorkError> {
        let archive = self.crew.archive;
        if self.worker.is_none() {
            self.worker = Some(archive.register_worker()?);
            archive.sweep(None)?;
        }
        archive.reclaim()?;
        if self.stages == LINE {
            archive.call_feeds()?;
        } else if self.stages == AIR {
            call_streams(archive)?;
        }
        if self.stages == DESK && !std::mem::replace(&mut self.lists_read, true) {
            for (show, reason) in reread(archive)? {
                self.crew.tell(Event::ListFailed { show: &show.show, reason: &reason });
            }
        }
        let name = self.worker.as_ref().map(|worker| worker.name().to_owned()).unwrap_or_default();
        for stage in self.stages {
            let due = match self.deaf {
                true if *stage == Stage::HEAR => continue,
                false if *stage == Stage::FINGERPRINT => BY_EPISODE,
                _ => std::slice::from_ref(stage),
            };
            if let Some(claim) = archive.claim(due, &name, LEASE)? {
                let done = self.piece(&claim);
                if done.is_err() {
                    // Another can have it at once; where the archive takes nothing, the lease runs out by itself.
                    let _ = archive.release(&claim);
                }
                return done.map(|()| true);
            }
        }
        if self.stages == EARS {
            if archive.call_shrinks()? > 0 {
                return Ok(true);
            }
            for episode in archive.settled_sounds()? {
                archive.drop_sound(episode)?;
            }
        }
        Ok(false)
    }

    fn piece(&mut self, claim: &Claim) -> Result<(), WorkError> {
        let crew = self.crew;
        if claim.stage == Stage::REFRESH {
            return self.look_at_feed(claim);
        }
        if claim.stage == Stage::RECORD {
            return self.record(claim);
        }
        if claim.stage == Stage::REPEATS {
            return match caught(|| kept(crew, claim, || repeats(crew.archive, claim))) {
                Ok(()) => Ok(()),
                Err(ended) => feed_ended(crew, claim, ended),
            };
        }
        let episode = match crew.archive.episode(claim.episode()) {
            Ok(episode) => episode,
            // Removed this very moment.
            Err(Error::NotFound { .. }) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let hearer = match &claim.stage {
            stage if *stage == Stage::HEAR => self.hearer()?,
            // The text stands without a witness: what keeps it away is said, and is no reason to stop.
            stage if *stage == Stage::WITNESS => match self.hearer() {
                Err(WorkError::Archive(error)) => return Err(error.into()),
                Err(error) => {
                    let reason = format!("names that are in doubt were not asked of the sound: {error}");
                    return self.ended(claim, &episode, Ended::Failed { reason, again: false });
                }
                ready => ready?,
            },
            _ => None,
        };
        crew.tell(Event::Begun { episode: &episode, stage: &claim.stage });
        let mender = &mut self.mender;
        let attempt = caught(|| match (&hearer, &crew.options.fetcher) {
            (Some(hearer), _) if claim.stage == Stage::WITNESS => {
                let hearer = hearer.as_ref();
                kept(crew, claim, || ask(crew.archive, claim, crew.options, hearer, crew.stop, &episode))
                    .map(Made::Repaired)
            }
            (Some(hearer), _) => {
                let observer = &mut |event: Event<'_>| crew.tell(event);
                let heard =
                    hear(crew.archive, claim, crew.options, hearer.as_ref(), crew.stop, &episode, observer);
                heard.map(Made::Heard)
            }
            (None, Some(fetcher)) if claim.stage == Stage::TEXTS => {
                kept(crew, claim, || texts(crew, fetcher, claim, &episode)).map(Made::Texts)
            }
            (None, Some(fetcher)) if claim.stage == Stage::FETCH => {
                kept(crew, claim, || fetch_sound(crew, fetcher, claim, &episode)).map(Made::Fetched)
            }
            _ if claim.stage == Stage::FINGERPRINT => {
                kept(crew, claim, || fingerprint(crew, claim, &episode)).map(Made::Fingerprint)
            }
            _ if claim.stage == Stage::SHRINK => {
                kept(crew, claim, || shrink(crew, claim, &episode)).map(Made::Shrunk)
            }
            _ if claim.stage == Stage::ALIGN => align(crew.archive, claim, &episode).map(|()| Made::Text),
            _ if claim.stage == Stage::REPAIR => {
                kept(crew, claim, || mender.repair(crew.archive, claim, &episode)).map(Made::Repaired)
            }
            _ if claim.stage == Stage::CHAPTERS => {
                chapters(crew.archive, claim, &episode).map(|()| Made::Text)
            }
            _ => probe(crew, claim, &episode).map(|()| Made::Probed),
        });
        match attempt {
            Ok(Made::Heard(heard)) => {
                crew.sum(|summary| {
                    summary.heard += 1;
                    summary.partial += u64::from(heard.partial.is_some());
                    summary.audio = Millis(summary.audio.0 + heard.duration.0);
                    summary.spent += heard.spent;
                });
                crew.tell(Event::Heard { episode: &episode, heard });
            }
            Ok(Made::Texts(found)) => {
                if let Some(found) = found {
                    crew.sum(|summary| summary.texts += 1);
                    crew.tell(Event::Texts { episode: &episode, found: &found });
                }
            }
            Ok(Made::Fetched(bytes)) => {
                crew.sum(|summary| summary.fetched += 1);
                crew.tell(Event::Fetched { episode: &episode, bytes });
            }
            Ok(Made::Text) => {
                crew.sum(|summary| match claim.stage == Stage::ALIGN {
                    true => summary.aligned += 1,
                    false => summary.chaptered += 1,
                });
                crew.tell(Event::Done { episode: &episode, stage: &claim.stage });
            }
            Ok(Made::Fingerprint(main)) => {
                if let Some(main) = main {
                    crew.sum(|summary| summary.copies += 1);
                    let main = crew.archive.episode(main)?;
                    crew.tell(Event::Copy { episode: &episode, main: &main });
                }
            }
            Ok(Made::Shrunk(freed)) => {
                crew.sum(|summary| summary.freed += freed);
                crew.tell(Event::Done { episode: &episode, stage: &claim.stage });
            }
            Ok(Made::Repaired(done)) => {
                crew.sum(|summary| summary.repaired += done.made);
                crew.tell(Event::Repaired { episode: &episode, done });
            }
            Ok(Made::Probed) => {
                crew.sum(|summary| summary.probed += 1);
                crew.tell(Event::Probed { episode: &crew.archive.episode(claim.episode())? });
            }
            Err(ended) => self.ended(claim, &episode, ended)?,
        }
        Ok(())
    }

    /// The stage `refresh`, whose subject is a feed.
    fn look_at_feed(&self, claim: &Claim) -> Result<(), WorkError> {
        let crew = self.crew;
        let Some(fetcher) = &crew.options.fetcher else { return Ok(()) };
        match caught(|| kept(crew, claim, || refresh(crew, fetcher, claim))) {
            Ok(Looked::Unchanged) => crew.sum(|summary| summary.feeds += 1),
            Ok(Looked::Stored(feed, done)) => {
                crew.sum(|summary| {
                    summary.feeds += 1;
                    summary.found += done.new;
                });
                crew.tell(Event::Refreshed { feed: &feed, done });
            }
            Ok(Looked::Failed(feed, reason)) => {
                crew.sum(|summary| {
                    summary.feeds += 1;
                    summary.feeds_failed += 1;
                });
                crew.tell(Event::FeedFailed { feed: &feed, reason: &reason });
            }
            Err(ended) => feed_ended(crew, claim, ended)?,
        }
        Ok(())
    }

    /// The stage `record`, whose subject is a stream.
    fn record(&self, claim: &Claim) -> Result<(), WorkError> {
        let crew = self.crew;
        let Some(fetcher) = &crew.options.fetcher else { return Ok(()) };
        match caught(|| kept(crew, claim, || record(crew, fetcher, claim))) {
            Ok(episode) => {
                crew.sum(|summary| summary.recorded += 1);
                crew.tell(Event::Recorded { episode: &crew.archive.episode(episode)? });
                Ok(())
            }
            Err(ended) => feed_ended(crew, claim, ended),
        }
    }

    /// An attempt that ended without its result.
    fn ended(&self, claim: &Claim, episode: &EpisodeEntry, ended: Ended) -> Result<(), WorkError> {
        let archive = self.crew.archive;
        match ended {
            Ended::Stopped => match archive.release(claim) {
                // Lost: another goes on.
                Ok(()) | Err(Error::LeaseLost { .. }) => Ok(()),
                Err(error) => Err(error.into()),
            },
            Ended::Archive(Error::LeaseLost { .. } | Error::NotFound { .. }) => Ok(()),
            Ended::Archive(error) => Err(error.into()),
            Ended::Failed { .. } | Ended::Later { .. } => {
                let (reason, retry) = match ended {
                    Ended::Failed { reason, again: false } => (reason, Retry::Never),
                    Ended::Failed { reason, .. } => (reason, Retry::After(AGAIN)),
                    Ended::Later { reason, after } => (reason, Retry::Later(after)),
                    Ended::Stopped | Ended::Archive(_) => return Ok(()),
                };
                match archive.fail(claim, &reason, retry) {
                    Ok(state) => {
                        self.crew.sum(|summary| summary.failed += 1);
                        let (stage, reason) = (&claim.stage, reason.as_str());
                        self.crew.tell(Event::Failed { episode, stage, reason, state });
                        Ok(())
                    }
                    Err(Error::LeaseLost { .. }) => Ok(()),
                    Err(error) => Err(error.into()),
                }
            }
        }
    }

    /// The recogniser; what others heard before it came is stale from then on, and heard again when asked.
    fn hearer(&mut self) -> Result<Option<Arc<dyn Hearer>>, WorkError> {
        let crew = self.crew;
        let Some(ears) = &mut self.ears else { return Ok(None) };
        let hearer = ears.get(&mut |event| crew.tell(event))?;
        if !std::mem::replace(&mut self.marked_stale, true) {
            crew.archive.mark_stale(&Stage::HEAR, &hearer.engine())?;
        }
        Ok(Some(hearer))
    }
}

/// A look at a feed that ended without a result.
fn feed_ended(crew: &Crew<'_>, claim: &Claim, ended: Ended) -> Result<(), WorkError> {
    match ended {
        Ended::Stopped => match crew.archive.release(claim) {
            Ok(()) | Err(Error::LeaseLost { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        },
        Ended::Archive(Error::LeaseLost { .. } | Error::NotFound { .. }) => Ok(()),
        Ended::Archive(error) => Err(error.into()),
        Ended::Failed { .. } | Ended::Later { .. } => {
            let (reason, retry) = match ended {
                Ended::Later { reason, after } => (reason, Retry::Later(after)),
                Ended::Failed { reason, again: false } => (reason, Retry::Never),
                Ended::Failed { reason, .. } => (reason, Retry::After(AGAIN)),
                Ended::Stopped | Ended::Archive(_) => return Ok(()),
            };
            crew.archive.fail(claim, &reason, retry)?;
            crew.sum(|summary| summary.failed += 1);
            Ok(())
        }
    }
}

/// Looks at one feed that is due, now, for whoever waits for what it says. `None` when another program is at it, when it
/// was told to stop, or when the archive has no way to the network.
///
/// # Errors
/// The archive cannot take what came. What is wrong with the feed is a result.
pub fn look(
    archive: &Archive,
    feed: FeedId,
    options: &Options,
    stop: &Arc<AtomicBool>,
) -> Result<Option<Looked>, WorkError> {
    let Some(fetcher) = &options.fetcher else { return Ok(None) };
    let worker = archive.register_worker()?;
    let Some(claim) = archive.claim_one(feed, &Stage::REFRESH, worker.name(), LEASE)? else {
        return Ok(None);
    };
    let nobody = &mut |_: Event<'_>| {};
    let crew = Crew::new(archive, options, stop, nobody, 1);
    match caught(|| kept(&crew, &claim, || refresh(&crew, fetcher, &claim))) {
        Ok(looked) => Ok(Some(looked)),
        Err(ended) => {
            feed_ended(&crew, &claim, ended)?;
            Ok(None)
        }
    }
}

/// What an attempt made.
enum Made {
    Probed,
    Heard(HeardEpisode),
    /// The episode that stands for this and others, if there are others.
    Fingerprint(Option<EpisodeId>),
    Fetched(u64),
    /// The bytes freed.
    Shrunk(u64),
    Text,
    Repaired(Repaired),
    /// What was found, if anything.
    Texts(Option<String>),
}

/// Runs an attempt; a panic in it is a failure of this one piece of work.
fn caught<T>(attempt: impl FnOnce() -> Result<T, Ended>) -> Result<T, Ended> {
    catch_unwind(AssertUnwindSafe(attempt)).unwrap_or_else(|panic| {
        Err(Ended::Failed { reason: format!("the program failed at it: {}", says(&*panic)), again: true })
    })
}

/// Runs an attempt with its lease kept alive.
fn kept<T>(crew: &Crew<'_>, claim: &Claim, attempt: impl FnOnce() -> T) -> T {
    held(crew.archive, claim, &AtomicBool::new(false), attempt)
}

fn probe(crew: &Crew<'_>, claim: &Claim, episode: &EpisodeEntry) -> Result<(), Ended> {
    let (recording, path) = sound_of(crew.archive, episode)?;
    let opened = crew.options.decoder.open(&path);
    let opened = opened.map_err(|error| media_trouble(crew.archive, recording, &error))?;
    crew.archive.record_probe(claim, recording.id, &opened.info, &opened.tags, PROBE_TOOL)?;
    Ok(())
}

/// The message of a panic.
fn says(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("it does not say why")
}
