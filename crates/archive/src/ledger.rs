//! The ledger: one cell a (subject, stage). The queue is a query over it; nothing else schedules work.

use crate::sqlite::{ledger as sql, texts};
use crate::{Archive, Result};
use model::{EpisodeId, FeedId, ShowId};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::time::Duration;
use uuid::Uuid;

/// Attempts that a cell gets without making progress before it is quarantined: one for bad luck, one to tell bad luck
/// from poison, one more because a laptop is closed in the middle of things.
pub const MAX_ATTEMPTS: u32 = 3;

/// Longest lease. One that seems to last longer was made before the clock was set back, and counts as run out.
pub const MAX_LEASE: Duration = Duration::from_secs(3600);

/// What work is done on: an episode, a show or a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Subject(pub Uuid);

impl From<EpisodeId> for Subject {
    fn from(id: EpisodeId) -> Self {
        Self(id.0)
    }
}

impl From<ShowId> for Subject {
    fn from(id: ShowId) -> Self {
        Self(id.0)
    }
}

impl From<FeedId> for Subject {
    fn from(id: FeedId) -> Self {
        Self(id.0)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(out)
    }
}

/// A kind of work. Open-ended: a ledger may hold stages of which this program knows nothing, and leaves them alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Stage(Cow<'static, str>);

impl Stage {
    /// Looks at a feed for episodes.
    pub const REFRESH: Self = Self::named("refresh");
    /// Records a live stream.
    pub const RECORD: Self = Self::named("record");
    /// Fetches the publisher's transcripts and chapters of an episode.
    pub const TEXTS: Self = Self::named("texts");
    /// Fetches the sound of an episode.
    pub const FETCH: Self = Self::named("fetch");
    /// Reads what the media file says of itself.
    pub const PROBE: Self = Self::named("probe");
    /// Finds out which other recordings are the same.
    pub const FINGERPRINT: Self = Self::named("fingerprint");
    /// Makes the sound small, where its show wants it so.
    pub const SHRINK: Self = Self::named("shrink");
    /// Finds what comes again in the episodes of a show.
    pub const REPEATS: Self = Self::named("repeats");
    /// Sets names right.
    pub const REPAIR: Self = Self::named("repair");
    /// Asking the sound where names are in doubt.
    pub const WITNESS: Self = Self::named("witness");
    /// Hears the recording.
    pub const HEAR: Self = Self::named("hear");
    /// Gives a text from elsewhere the times at which its words were heard.
    pub const ALIGN: Self = Self::named("align");
    /// Finds chapters in the text that is shown.
    pub const CHAPTERS: Self = Self::named("chapters");

    /// A stage that a program knows.
    pub const fn named(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    pub(crate) fn stored(name: String) -> Self {
        Self(Cow::Owned(name))
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(&self.0)
    }
}

/// Where a cell stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Due, now or after a pause.
    Waiting,
    /// A worker has it.
    Leased,
    /// Its result is stored.
    Done,
    /// It cannot be done: trying again would give the same.
    Failed,
    /// It brought its worker down, or failed, [`MAX_ATTEMPTS`] times.
    Quarantined,
    /// Done, by an older tool: done again when asked.
    Stale,
}

impl State {
    /// All states, in the order of a cell's life.
    pub const ALL: [Self; 6] =
        [Self::Waiting, Self::Leased, Self::Done, Self::Failed, Self::Quarantined, Self::Stale];

    /// Name as stored and printed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Leased => "leased",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Quarantined => "quarantined",
            Self::Stale => "stale",
        }
    }

    pub(crate) fn stored(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

impl fmt::Display for State {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

/// Who waits for the work. Inside one priority the newest broadcast comes first, then those without a date as added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Priority {
    /// Nobody in particular.
    BackCatalogue,
    /// Just published.
    Newest,
    /// A person asked for it.
    Asked,
}

impl Priority {
    pub(crate) fn stored(rank: i64) -> Self {
        match rank {
            ..=0 => Self::BackCatalogue,
            1 => Self::Newest,
            2.. => Self::Asked,
        }
    }
}

/// Whether a failed attempt is worth another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// The surroundings were in the way, not the work: due again after this pause, and the attempt does not count.
    Later(Duration),
    /// Trying again would give the same: the cell is `failed`.
    Never,
    /// Again after this pause, up to [`MAX_ATTEMPTS`] times.
    After(Duration),
}

/// A cell of the ledger.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cell {
    /// What is worked on.
    pub subject: Subject,
    /// The work.
    pub stage: Stage,
    /// Where it stands.
    pub state: State,
    /// Hash of what the stage works from.
    pub input: String,
    /// Tool that made the result, with its version.
    pub tool: Option<String>,
    /// Attempts since it was last asked for or made progress.
    pub attempt: u32,
    /// Worker that has it.
    pub worker: Option<String>,
    /// Why the last attempt failed.
    pub error: Option<String>,
    /// Who waits for it.
    pub priority: Priority,
}

/// Work that was handed to a worker until its lease runs out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// What is worked on.
    pub subject: Subject,
    /// The work.
    pub stage: Stage,
    /// Hash of what the stage works from.
    pub input: String,
    /// Fencing token: a result is accepted only while the cell still carries this number.
    pub token: i64,
    /// Which attempt this is, from 1.
    pub attempt: u32,
}

impl Claim {
    /// The subject as a subscription.
    pub fn feed(&self) -> FeedId {
        FeedId(self.subject.0)
    }

    /// The subject as an episode.
    pub fn episode(&self) -> EpisodeId {
        EpisodeId(self.subject.0)
    }
}

impl Archive {
    /// Makes work due. A cell that is there already is left alone, unless its input was another: then it is due again.
    /// False when it was left alone.
    pub fn require(
        &self,
        subject: impl Into<Subject>,
        stage: &Stage,
        input: &str,
        priority: Priority,
    ) -> Result<bool> {
        self.store.write(|tx| sql::require(tx, subject.into(), stage, input, priority))
    }

    /// A person asks for work (again): it comes first, with all its attempts, whatever became of it before.
    /// False when there is no such cell. Work that a worker has already is only moved to the front.
    pub fn ask(&self, subject: impl Into<Subject>, stage: &Stage) -> Result<bool> {
        self.store.write(|tx| sql::ask(tx, subject.into(), stage))
    }

    /// Marks what another tool than this one did in a stage as stale; returns how many cells that were.
    pub fn mark_stale(&self, stage: &Stage, tool: &str) -> Result<u64> {
        self.store.write(|tx| sql::mark_stale(tx, stage, tool))
    }

    /// Hands out the most urgent work that is due, until the lease (at most [`MAX_LEASE`]) runs out.
    ///
    /// Work whose lease ran out is due again; after [`MAX_ATTEMPTS`] attempts that left nothing behind it is
    /// quarantined. The database's clock decides.
    pub fn claim(&self, stages: &[Stage], worker: &str, lease: Duration) -> Result<Option<Claim>> {
        self.store.write(|tx| sql::claim(tx, None, stages, worker, lease.min(MAX_LEASE)))
    }

    /// Hands out one piece of work that somebody waits for; `None` when it is not due, or another worker has it.
    pub fn claim_one(
        &self,
        subject: impl Into<Subject>,
        stage: &Stage,
        worker: &str,
        lease: Duration,
    ) -> Result<Option<Claim>> {
        let (subject, stages) = (subject.into(), std::slice::from_ref(stage));
        self.store.write(|tx| sql::claim(tx, Some(subject), stages, worker, lease.min(MAX_LEASE)))
    }

    /// Extends a lease from now.
    pub fn heartbeat(&self, claim: &Claim, lease: Duration) -> Result<()> {
        self.store.write(|tx| sql::heartbeat(tx, claim, lease.min(MAX_LEASE)))
    }

    /// Gives work back unfinished, as if it had not been claimed.
    pub fn release(&self, claim: &Claim) -> Result<()> {
        self.store.write(|tx| sql::release(tx, claim))
    }

    /// Marks work as done by `tool`. Results of `probe` and `hear` have calls of their own that store and finish at once.
    pub fn finish(&self, claim: &Claim, tool: &str) -> Result<()> {
        self.store.write(|tx| {
            sql::finish(tx, claim, tool)?;
            texts::ended(tx, claim)
        })
    }

    /// Records that an attempt failed, with the reason in one sentence. Returns the state the cell is in now.
    pub fn fail(&self, claim: &Claim, reason: &str, retry: Retry) -> Result<State> {
        self.store.write(|tx| {
            let state = sql::fail(tx, claim, reason, retry)?;
            texts::ended(tx, claim)?;
            Ok(state)
        })
    }

    /// The cells of a subject, by stage.
    pub fn cells(&self, subject: impl Into<Subject>) -> Result<Vec<Cell>> {
        self.store.read(|tx| sql::cells(tx, subject.into()))
    }
}
