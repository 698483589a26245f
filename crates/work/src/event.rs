use archive::{EpisodeEntry, FeedEntry, Refreshed, Repaired, Stage, State};
use model::{Millis, Show};
use std::time::Duration;

/// How far and how fast the hearing of a recording is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pace {
    /// Length read so far.
    pub decoded: Millis,
    /// Instant before which everything has been heard.
    pub heard: Millis,
    /// Length of the recording, when it is known.
    pub total: Option<Millis>,
    /// Words found so far, those of earlier attempts included.
    pub words: u64,
    /// Seconds of audio heard in a second, in this attempt; `None` in the first moments.
    pub speed: Option<f64>,
    /// Estimate for the rest of this recording at this speed.
    pub left: Option<Duration>,
    /// Estimate for everything that waits at this speed; recordings of unknown length do not count.
    pub left_in_all: Option<Duration>,
}

/// What was made of an episode.
#[derive(Clone, Debug, PartialEq)]
pub struct HeardEpisode {
    /// Length of the recording.
    pub duration: Millis,
    /// Language found or given.
    pub language: Option<String>,
    /// Words found.
    pub words: u64,
    /// Speech found.
    pub speech: Millis,
    /// Part of it with words.
    pub recognised: Millis,
    /// Gaps: stretches of speech without words.
    pub gaps: u64,
    /// Time that this attempt took.
    pub spent: Duration,
    /// Seconds of audio heard in a second, in this attempt.
    pub speed: Option<f64>,
    /// Set when the recording could be read only in part, with the reason.
    pub partial: Option<String>,
}

/// What happens while work is done.
#[derive(Debug)]
pub enum Event<'event> {
    /// The recogniser's weights are fetched.
    Weights(weights::Progress<'event>),
    /// A feed was read and stored.
    Refreshed {
        /// The feed.
        feed: &'event FeedEntry,
        /// What it brought.
        done: Refreshed,
    },
    /// A feed did not come or could not be read; it is looked at again by itself.
    FeedFailed {
        /// The feed.
        feed: &'event FeedEntry,
        /// Why, and what to do, in one sentence.
        reason: &'event str,
    },
    /// The sound of an episode is being fetched.
    Fetching {
        /// The episode.
        episode: &'event EpisodeEntry,
        /// Bytes that are there.
        done: u64,
        /// Bytes there will be, where the server says.
        total: Option<u64>,
    },
    /// The sound of an episode was fetched.
    Fetched {
        /// The episode.
        episode: &'event EpisodeEntry,
        /// Its size in bytes.
        bytes: u64,
    },
    /// A broadcast was recorded into an episode.
    Recorded {
        /// The episode.
        episode: &'event EpisodeEntry,
    },
    /// The publisher's own texts of an episode were taken.
    Texts {
        /// The episode.
        episode: &'event EpisodeEntry,
        /// What was found, in a few words.
        found: &'event str,
    },
    /// Work on an episode begins.
    Begun {
        /// The episode.
        episode: &'event EpisodeEntry,
        /// What is done to it.
        stage: &'event Stage,
    },
    /// A recording is being heard.
    Hearing {
        /// The episode.
        episode: &'event EpisodeEntry,
        /// How far it is.
        pace: Pace,
    },
    /// A recording was probed.
    Probed {
        /// The episode, with what its tags say.
        episode: &'event EpisodeEntry,
    },
    /// A recording was heard to its end.
    Heard {
        /// The episode.
        episode: &'event EpisodeEntry,
        /// What was made of it.
        heard: HeardEpisode,
    },
    /// A piece of work on the text of an episode was done.
    Done {
        /// The episode, as it was before.
        episode: &'event EpisodeEntry,
        /// What was done.
        stage: &'event Stage,
    },
    /// An episode has the recording of another one: the two are one from here on.
    Copy {
        /// The episode that was looked at.
        episode: &'event EpisodeEntry,
        /// The one that stands for both in lists; it may be the same.
        main: &'event EpisodeEntry,
    },
    /// The names in the text of an episode were gone through.
    Repaired {
        /// The episode.
        episode: &'event EpisodeEntry,
        /// What came of it.
        done: Repaired,
    },
    /// The list of names that a show names cannot be read; what was read from it before is used.
    ListFailed {
        /// The show.
        show: &'event Show,
        /// Why, in one sentence.
        reason: &'event str,
    },
    /// Work on an episode failed; the others go on.
    Failed {
        /// The episode.
        episode: &'event EpisodeEntry,
        /// What was done to it.
        stage: &'event Stage,
        /// Why, in one sentence.
        reason: &'event str,
        /// `waiting` when it will be tried again, `failed` or `quarantined` when not.
        state: State,
    },
    /// Nothing can be done for now; it is tried again by itself (only with `watch`).
    Paused {
        /// Why, and what to do, in one sentence.
        because: &'event str,
    },
    /// Nothing is due (only with `watch`; told once until something is).
    Idle,
}
