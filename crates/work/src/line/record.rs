//! The stage `record`: a live stream, for one window of its schedule, into an episode.
//!
//! What comes is appended to a file in the archive's folder for temporary files and made durable every few seconds, with a
//! journal of when what came; after a drop or a crash the recording goes on, and the journal says what was lost between.

use super::ended;
use crate::hearing::Ended;
use crate::run::Crew;
use crate::schedule::{Schedule, Window};
use archive::{Archive, Claim, FeedEntry, Incoming, Priority, Stage, State};
use fetch::{Fetcher, LiveSource, Request, Stop};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::{EpisodeFacts, EpisodeId, Millis, Stretch, StretchKind};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

const TOOL: &str = "record/1";

/// How often what came is made durable: a power cut costs at most so much.
const DURABLE: Duration = Duration::from_secs(5);

/// Pauses before a station is called again that dropped or did not answer: the first, and the longest.
const REDIAL: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// Shorter losses are not told: connecting takes as long, and stations send the last seconds again.
const TOLD: i64 = 3_000;

/// When a stream is recorded, as its subscription keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    /// The windows.
    pub when: Schedule,
    /// The time zone (IANA) whose clock they go by; `None`: that of the machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
}

impl Recording {
    /// Goes by the clock of this machine.
    pub fn here(when: Schedule) -> Self {
        Self { when, zone: TimeZone::system().iana_name().map(str::to_owned) }
    }

    /// The window that is open now, or the next one.
    pub fn next(&self, now: Timestamp) -> Option<Window> {
        let zone = self.zone.as_deref().and_then(|zone| TimeZone::get(zone).ok());
        self.when.next(now, &zone.unwrap_or_else(TimeZone::system))
    }
}

/// Makes streams due whose window is open.
pub(crate) fn call_streams(archive: &Archive) -> Result<(), archive::Error> {
    let now = Timestamp::now();
    for feed in archive.streams()? {
        let recording =
            feed.schedule.clone().and_then(|value| serde_json::from_value::<Recording>(value).ok());
        let Some(window) = recording.and_then(|recording| recording.next(now)) else { continue };
        if window.begin > now {
            continue;
        }
        // One that a crash broke off is put away first.
        let open = archive
            .cells(feed.id)?
            .into_iter()
            .any(|cell| cell.stage == Stage::RECORD && matches!(cell.state, State::Waiting | State::Leased));
        if !open {
            let input = format!("{} {} {}", window.day, window.begin, window.end);
            archive.require(feed.id, &Stage::RECORD, &input, Priority::Asked)?;
        }
    }
    Ok(())
}

fn window_of(claim: &Claim) -> Option<Window> {
    let mut parts = claim.input.split(' ');
    Some(Window {
        day: parts.next()?.parse().ok()?,
        begin: parts.next()?.parse().ok()?,
        end: parts.next()?.parse().ok()?,
    })
}

/// Records until the window closes; returns the episode.
pub(crate) fn record(crew: &Crew<'_>, fetcher: &Fetcher, claim: &Claim) -> Result<EpisodeId, Ended> {
    let archive = crew.archive;
    let feed = archive.feed(claim.feed())?;
    let broken = |reason: &str| Ended::Failed { reason: reason.into(), again: false };
    let window =
        window_of(claim).ok_or_else(|| broken("the ledger does not say when this is to be recorded"))?;
    let path = archive.dir().join("tmp").join(format!("record-{}-{}", feed.id, window.begin.as_second()));
    let disk = |error: io::Error| Ended::Later {
        reason: format!(
            "cannot write what is recorded to {}: {error}; make room on the disk",
            path.display()
        ),
        after: REDIAL.1,
    };
    let mut tape = Tape::open(&path).map_err(disk)?;
    let mut trouble = None;
    let mut pause = REDIAL.0;
    while Timestamp::now() < window.end {
        let before = tape.length;
        let tuned = tune_in(crew, fetcher, &feed, &window, &mut tape).map_err(disk)?;
        if crew.stopping() {
            tape.make_durable().map_err(disk)?;
            return Err(Ended::Stopped);
        }
        if let Err(error) = tuned {
            trouble = Some(error);
        }
        pause = if tape.length > before { REDIAL.0 } else { (pause * 2).min(REDIAL.1) };
        rest(crew, pause, window.end);
    }
    tape.make_durable().map_err(disk)?;
    if tape.length == 0 {
        let _ = tape.forget();
        return Err(match trouble.map(|error| ended(&error)) {
            Some(Ended::Later { reason, .. } | Ended::Failed { reason, .. }) => {
                Ended::Failed { reason, again: false }
            }
            _ => broken("the station sent nothing"),
        });
    }
    let episode = put_away(archive, claim, &feed, &window, &tape)?;
    archive.finish(claim, TOOL)?;
    let _ = tape.forget();
    Ok(episode)
}

/// Listens until the station drops, the window closes or somebody stops; the outer error is the disk's.
fn tune_in(
    crew: &Crew<'_>,
    fetcher: &Fetcher,
    feed: &FeedEntry,
    window: &Window,
    tape: &mut Tape,
) -> io::Result<Result<(), fetch::Error>> {
    let (flag, end) = (crew.stop_flag(), window.end);
    let stop = Stop::when(move || flag.load(Ordering::Relaxed) || Timestamp::now() >= end);
    let source = match LiveSource::open(fetcher, &Request { stop, ..Request::new(&feed.address) }) {
        Ok(source) => source,
        Err(fetch::Error::Stopped) => return Ok(Ok(())),
        Err(error) => return Ok(Err(error)),
    };
    if let Some(kind) = &source.content_type {
        tape.journal.content_type = Some(kind.clone());
    }
    tape.connected();
    for chunk in source {
        match chunk {
            Ok(chunk) => tape.append(&chunk, Timestamp::now())?,
            Err(fetch::Error::Stopped) => break,
            Err(error) => return Ok(Err(error)),
        }
        if crew.stopping() || Timestamp::now() >= window.end {
            break;
        }
    }
    Ok(Ok(()))
}

/// Waits, but not beyond the end of the window or a stop.
fn rest(crew: &Crew<'_>, pause: Duration, end: Timestamp) {
    let until = Instant::now() + pause;
    while Instant::now() < until && Timestamp::now() < end && !crew.stopping() {
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Makes an episode of what was recorded; one that a crash left half made is found again.
fn put_away(
    archive: &Archive,
    claim: &Claim,
    feed: &FeedEntry,
    window: &Window,
    tape: &Tape,
) -> Result<EpisodeId, Ended> {
    let keys = json!({ "window": window.begin });
    let made = || -> Result<Option<EpisodeId>, Ended> {
        let outlets = archive.outlets_of_feed(feed.id)?;
        Ok(outlets.into_iter().find(|outlet| outlet.keys == keys).and_then(|outlet| outlet.episode))
    };
    let episode = match made()? {
        Some(episode) => episode,
        None => {
            let item = Incoming {
                keys: keys.clone(),
                item: json!({ "window": [window.begin, window.end], "lost": tape.journal.lost(window, tape.length) }),
                digest: claim.input.clone(),
                title: format!("{}, {}", feed.title, window.day),
                broadcast: Some(window.day),
                facts: EpisodeFacts { published: Some(window.begin), ..EpisodeFacts::default() },
                fresh: true,
                ..Incoming::default()
            };
            archive.store_items(claim, feed.id, std::slice::from_ref(&item))?;
            made()?.ok_or_else(|| Ended::Failed { reason: "its episode was removed".into(), again: false })?
        }
    };
    archive.attach_file(episode, &tape.path, &format!("{}.{}", window.day, tape.journal.ending()))?;
    Ok(episode)
}

/// What was lost of a broadcast.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Lost {
    /// Where in the recording it is missing, as a share of its length.
    pub at: f64,
    /// How much, in milliseconds.
    pub ms: i64,
}

/// What was lost of an episode's broadcast, where it is one.
pub(crate) fn lost_of(archive: &Archive, episode: EpisodeId) -> Result<Vec<Lost>, archive::Error> {
    let outlets = archive.outlets(episode)?;
    let lost = outlets.into_iter().filter_map(|outlet| outlet.item.get("lost").cloned());
    Ok(lost.filter_map(|lost| serde_json::from_value::<Vec<Lost>>(lost).ok()).flatten().collect())
}

impl Lost {
    /// The same as a gap of the recording. It has no length there: what is lost takes no time in what is left.
    pub(crate) fn gap(self, duration: Millis) -> Stretch {
        let at = Millis((self.at.clamp(0.0, 1.0) * duration.0 as f64) as u64);
        let seconds = self.ms / 1000;
        let reason = format!("not received: {} min {:02} s are missing here", seconds / 60, seconds % 60);
        Stretch { start: at, end: at, kind: StretchKind::Gap, reason }
    }
}

/// What came when.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Journal {
    content_type: Option<String>,
    /// Bytes that are durable.
    bytes: u64,
    /// Connections: the byte at which each began, and when its first and last bytes came, in milliseconds since 1970.
    parts: Vec<(u64, i64, i64)>,
    /// What the stations' servers did not have any more: byte, milliseconds.
    missed: Vec<(u64, i64)>,
}

impl Journal {
    fn ending(&self) -> &'static str {
        let kind = self.content_type.as_deref().unwrap_or_default();
        let known = [("aac", "aac"), ("mp4", "m4a"), ("ogg", "ogg"), ("opus", "opus"), ("flac", "flac")];
        known.iter().find(|(part, _)| kind.contains(part)).map_or("mp3", |(_, ending)| ending)
    }

    /// What is missing, in order. Where is told by bytes, which is exact at a constant rate.
    fn lost(&self, window: &Window, length: u64) -> Vec<Lost> {
        let share = |byte: u64| if length == 0 { 0.0 } else { byte as f64 / length as f64 };
        let mut lost: Vec<Lost> =
            self.missed.iter().map(|(byte, ms)| Lost { at: share(*byte), ms: *ms }).collect();
        let mut heard_until = window.begin.as_millisecond();
        for (byte, first, last) in &self.parts {
            lost.push(Lost { at: share(*byte), ms: first - heard_until });
            heard_until = *last;
        }
        lost.push(Lost { at: 1.0, ms: window.end.as_millisecond() - heard_until });
        lost.retain(|lost| lost.ms >= TOLD);
        lost.sort_by(|one, other| one.at.total_cmp(&other.at));
        lost
    }
}

/// The file that a broadcast is recorded to.
struct Tape {
    path: PathBuf,
    file: File,
    length: u64,
    journal: Journal,
    durable: Instant,
    /// The next bytes come over a new connection.
    new: bool,
}

impl Tape {
    /// Opens the file, after what is durable of an earlier attempt.
    fn open(path: &Path) -> io::Result<Self> {
        let journal: Journal = fs::read(journal_path(path))
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        let mut file = File::options().create(true).truncate(false).read(true).write(true).open(path)?;
        let length = journal.bytes.min(file.metadata()?.len());
        file.set_len(length)?;
        file.seek(SeekFrom::Start(length))?;
        Ok(Self { path: path.to_owned(), file, length, journal, durable: Instant::now(), new: true })
    }

    fn connected(&mut self) {
        self.new = true;
    }

    fn append(&mut self, chunk: &fetch::Chunk, now: Timestamp) -> io::Result<()> {
        let now = now.as_millisecond();
        if !chunk.lost.is_zero() {
            self.journal
                .missed
                .push((self.length, i64::try_from(chunk.lost.as_millis()).unwrap_or(i64::MAX)));
        }
        if std::mem::take(&mut self.new) {
            self.journal.parts.push((self.length, now, now));
        }
        self.file.write_all(&chunk.bytes)?;
        self.length += chunk.bytes.len() as u64;
        if let Some(part) = self.journal.parts.last_mut() {
            part.2 = now;
        }
        if self.durable.elapsed() >= DURABLE || self.journal.bytes == 0 {
            self.make_durable()
        } else {
            Ok(())
        }
    }

    fn make_durable(&mut self) -> io::Result<()> {
        self.file.sync_data()?;
        self.journal.bytes = self.length;
        let (path, next) = (journal_path(&self.path), self.path.with_extension("next"));
        let mut file = File::create(&next)?;
        file.write_all(&serde_json::to_vec(&self.journal)?)?;
        file.sync_data()?;
        fs::rename(next, path)?;
        self.durable = Instant::now();
        Ok(())
    }

    fn forget(&self) -> io::Result<()> {
        fs::remove_file(&self.path)?;
        fs::remove_file(journal_path(&self.path))
    }
}

fn journal_path(path: &Path) -> PathBuf {
    path.with_extension("journal")
}

#[cfg(test)]
mod tests {
    use super::*;
    use fetch::Chunk;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a moment")
    }

    fn chunk(bytes: &[u8]) -> Chunk {
        Chunk { bytes: bytes.to_vec(), ..Chunk::default() }
    }

    #[test]
    fn a_tape_goes_on_after_a_crash_and_knows_what_is_missing() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("record-x-1000");
        let window = Window { day: jiff::civil::date(2026, 3, 6), begin: at(1000), end: at(1100) };
        let mut tape = Tape::open(&path).expect("a tape");
        tape.append(&chunk(b"0123456789"), at(1000)).expect("written");
        tape.append(&Chunk { lost: Duration::from_secs(6), ..chunk(b"0123456789") }, at(1020))
            .expect("written");
        tape.make_durable().expect("durable");
        tape.append(&chunk(b"what a power cut takes"), at(1025)).expect("written");
        drop(tape);
        let mut tape = Tape::open(&path).expect("a tape");
        assert_eq!(tape.length, 20);
        tape.append(&chunk(b"01234567890123456789"), at(1050)).expect("written");
        tape.append(&chunk(b""), at(1099)).expect("written");
        tape.make_durable().expect("durable");
        assert_eq!(fs::read(&path).expect("the file").len(), 40);
        let lost = tape.journal.lost(&window, tape.length);
        assert_eq!(lost, [Lost { at: 0.25, ms: 6_000 }, Lost { at: 0.5, ms: 30_000 }]);
        tape.forget().expect("removed");
        assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 0);
    }
}
