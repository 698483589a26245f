//! Subscriptions: the feeds and streams that a show's episodes come from, and the outlets where each episode was found.
//!
//! What a feed says is kept as JSON values of whoever reads feeds: the archive stores and finds it, and does not know it.

use crate::sqlite::{episodes, feeds as sql, ledger};
use crate::{Archive, Claim, Removed, Result, Stated};
use jiff::Timestamp;
use jiff::civil::Date;
use model::{EpisodeFacts, EpisodeId, FeedId, MediaInfo, Millis, Person, Quality, ShowFacts, ShowId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

/// What stands behind an address of a subscription.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeedKind {
    /// A list of episodes: RSS, Atom, JSON Feed.
    #[default]
    Feed,
    /// A broadcast that goes on, to be recorded by schedule.
    Stream,
}

/// Whether a subscription is followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeedState {
    /// It is looked at from time to time.
    #[default]
    Active,
    /// A person paused it.
    Paused,
    /// Its publisher took it away for good (HTTP 410).
    Gone,
}

/// Of which episodes of a feed the sound is wanted. What is published after the subscription always is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wanted {
    /// All there are.
    All,
    /// Those published on this day or later.
    Since(Date),
    /// The newest so many.
    Latest(u32),
}

impl Default for Wanted {
    /// Enough to see what the show is; a back catalogue of years is fetched when somebody says so.
    fn default() -> Self {
        Self::Latest(10)
    }
}

/// What becomes of the sound once everything that needs it is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keep {
    /// It is kept as the publisher made it.
    #[default]
    Original,
    /// It is kept as small Opus.
    Opus,
    /// It is erased; pages play it from where it was published.
    Nothing,
}

/// How the episodes of a show are treated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ShowSettings {
    /// Language spoken (BCP 47); `None`: detected for each episode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// How carefully it is heard; `None`: as the program is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quality: Option<Quality>,
    /// What becomes of the sound.
    pub keep: Keep,
    /// True: heard even where the publisher has a good transcript.
    pub always_hear: bool,
    /// Path of the show's list of names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub glossary: Option<String>,
}

/// A subscription.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FeedEntry {
    /// Its identity.
    pub id: FeedId,
    /// The show its episodes belong to.
    pub show: ShowId,
    /// Title of that show.
    pub title: String,
    /// Feed or stream.
    pub kind: FeedKind,
    /// Where it is.
    pub address: String,
    /// Whether it is followed.
    pub state: FeedState,
    /// Of which episodes the sound is wanted.
    pub wanted: Wanted,
    /// When a stream is recorded, as its recorder writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Value>,
    /// What the server said of the newest copy.
    pub validators: Validators,
    /// What its reader keeps of it.
    #[serde(skip)]
    pub facts: Value,
    /// When it was last asked for.
    pub checked: Option<Timestamp>,
    /// When it is asked for again.
    pub next_check: Timestamp,
    /// Failures since it last came.
    pub failures: u32,
    /// What is wrong with it and what to do, in one sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// Where the server says it has moved to for ever, and how often in a row it said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved: Option<(String, u32)>,
    /// Episodes found in it.
    pub episodes: u64,
}

/// What tells one copy of a document from another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validators {
    /// `ETag`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// `Last-Modified`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
    /// Hash of the bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// A subscription that somebody wants.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Subscribe {
    /// Where it is.
    pub address: String,
    /// Feed or stream.
    pub kind: FeedKind,
    /// Title of the show, when a person or an OPML file says it; else the feed's own will be taken.
    pub title: Option<String>,
    /// Of which episodes the sound is wanted.
    pub wanted: Wanted,
    /// How its episodes are treated; `None` leaves the show's settings as they are.
    pub settings: Option<ShowSettings>,
    /// When a stream is recorded.
    pub schedule: Option<Value>,
}

/// What is to change of a subscription; `None` stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FeedEdit {
    /// Where it is.
    pub address: Option<String>,
    /// Active or paused.
    pub state: Option<FeedState>,
    /// Of which episodes the sound is wanted: those that now are become due.
    pub wanted: Option<Wanted>,
    /// When a stream is recorded.
    pub schedule: Option<Value>,
}

/// A place where an episode was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outlet {
    /// Its number.
    pub id: i64,
    /// The episode; `None`: a person removed it, and it does not come again.
    pub episode: Option<EpisodeId>,
    /// The feed; `None`: the subscription ended.
    pub feed: Option<FeedId>,
    /// What it is recognised by.
    #[serde(skip)]
    pub keys: Value,
    /// Address of the sound.
    pub address: Option<String>,
    /// Its page.
    pub link: Option<String>,
    /// What the feed says of it.
    pub item: Value,
    /// Since when the feed no longer has it.
    pub missing_since: Option<Timestamp>,
}

/// An episode that a publisher took away: it stays here until a person removes it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Takedown {
    /// The episode.
    pub episode: EpisodeId,
    /// Its title.
    pub title: String,
    /// Title of its show.
    pub show: String,
    /// Since when no feed has it any more.
    pub since: Timestamp,
    /// True when its sound is here.
    pub sound: bool,
}

/// What an outlet is recognised by, without what its feed says of it.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownOutlet {
    /// Its number.
    pub id: i64,
    /// What it is recognised by.
    pub keys: Value,
    /// Hash of all that the feed says of it.
    pub digest: String,
    /// True when the feed no longer has it.
    pub missing: bool,
}

/// An item of a feed, as it is to be stored.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Incoming {
    /// The outlet that it was recognised as; `None`: a new one.
    pub outlet: Option<i64>,
    /// The episode that a new outlet belongs to, when it is known from elsewhere; `None`: a new one.
    pub episode: Option<EpisodeId>,
    /// What it is recognised by.
    pub keys: Value,
    /// Address of the sound.
    pub address: Option<String>,
    /// Its page.
    pub link: Option<String>,
    /// What the feed says of it, as far as it is kept.
    pub item: Value,
    /// Hash of all that the feed says of it: the same means that nothing changed.
    pub digest: String,
    /// Title.
    pub title: String,
    /// Day of publication.
    pub broadcast: Option<Date>,
    /// Notes as plain text.
    pub notes: Option<String>,
    /// What else the publisher says.
    pub facts: EpisodeFacts,
    /// People.
    pub people: Vec<Person>,
    /// Language.
    pub language: Option<String>,
    /// Length as the publisher states it.
    pub duration: Option<Millis>,
    /// What its publisher's texts (transcripts, chapters) are, as a hash; they are fetched when it changes.
    pub texts: Option<String>,
    /// True when its sound is to be fetched.
    pub fetch: bool,
    /// True when it was published after the subscription was made.
    pub fresh: bool,
}

/// What came of looking at a feed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Refresh {
    /// What tells this copy from another.
    pub validators: Validators,
    /// Title of the show as the feed says it.
    pub title: Option<String>,
    /// What the feed says of the show.
    pub show: ShowFacts,
    /// What its reader keeps.
    pub facts: Value,
    /// Its items, in any order, as far as they were not stored before.
    pub items: Vec<Incoming>,
    /// Outlets that are no longer in it.
    pub missing: Vec<i64>,
    /// When to look again, from now.
    pub again: Duration,
    /// Remark for people about what could not be understood, in one sentence.
    pub remark: Option<String>,
}

/// What storing a refresh did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Refreshed {
    /// Episodes that were not known.
    pub new: u64,
    /// Episodes of which something changed.
    pub changed: u64,
    /// Episodes whose sound became due to be fetched.
    pub due: u64,
    /// Episodes that the feed no longer has.
    pub missing: u64,
}

impl Archive {
    /// Subscribes to a feed or stream; one that is subscribed to already is found, and edited as asked. It is due to be
    /// looked at at once.
    pub fn subscribe(&self, wish: &Subscribe) -> Result<(FeedId, bool)> {
        self.store.write(|tx| sql::subscribe(tx, wish))
    }

    /// Subscribes to many at once, in one transaction.
    pub fn subscribe_all(&self, wishes: &[Subscribe]) -> Result<Vec<(FeedId, bool)>> {
        self.store.write(|tx| wishes.iter().map(|wish| sql::subscribe(tx, wish)).collect())
    }

    /// Subscriptions of a show, or of all, by title.
    pub fn feeds(&self, show: Option<ShowId>) -> Result<Vec<FeedEntry>> {
        self.store.read(|tx| sql::list(tx, show))
    }

    /// Streams that are recorded by schedule.
    pub fn streams(&self) -> Result<Vec<FeedEntry>> {
        self.store.read(sql::streams)
    }

    /// One subscription.
    pub fn feed(&self, feed: FeedId) -> Result<FeedEntry> {
        self.store.read(|tx| sql::entry(tx, feed))
    }

    /// Changes a subscription.
    pub fn edit_feed(&self, feed: FeedId, edit: &FeedEdit) -> Result<()> {
        self.store.write(|tx| sql::edit(tx, feed, edit))
    }

    /// Ends a subscription; its episodes stay.
    pub fn unsubscribe(&self, feed: FeedId) -> Result<()> {
        self.store.write(|tx| sql::remove(tx, feed))
    }

    /// How the episodes of a show are treated.
    pub fn show_settings(&self, show: ShowId) -> Result<ShowSettings> {
        self.store.read(|tx| sql::settings(tx, show))
    }

    /// Sets how the episodes of a show are treated.
    pub fn set_show_settings(&self, show: ShowId, settings: &ShowSettings) -> Result<()> {
        self.store.write(|tx| sql::set_settings(tx, show, settings))
    }

    /// Makes feeds due whose time to be looked at has come; returns how many.
    pub fn call_feeds(&self) -> Result<u64> {
        self.store.write(sql::call)
    }

    /// What the outlets that a feed has or had are recognised by.
    pub fn known_outlets(&self, feed: FeedId) -> Result<Vec<KnownOutlet>> {
        self.store.read(|tx| sql::known_outlets(tx, feed))
    }

    /// The outlets that a feed has or had.
    pub fn outlets_of_feed(&self, feed: FeedId) -> Result<Vec<Outlet>> {
        self.store.read(|tx| sql::outlets(tx, "feed", feed.to_string()))
    }

    /// Where an episode was found.
    pub fn outlets(&self, episode: EpisodeId) -> Result<Vec<Outlet>> {
        self.store.read(|tx| sql::outlets(tx, "episode", episode.to_string()))
    }

    /// Stores some of the items of a feed: a long one comes in parts, so that it never stands in memory as a whole.
    pub fn store_items(&self, claim: &Claim, feed: FeedId, items: &[Incoming]) -> Result<Refreshed> {
        self.store.write(|tx| {
            ledger::progress(tx, claim)?;
            sql::store_items(tx, feed, items)
        })
    }

    /// Stores what a feed said, and finishes the stage `refresh`, at once.
    pub fn store_refresh(
        &self,
        claim: &Claim,
        feed: FeedId,
        refresh: &Refresh,
        tool: &str,
    ) -> Result<Refreshed> {
        self.store.write(|tx| {
            ledger::finish(tx, claim, tool)?;
            sql::store(tx, feed, refresh)
        })
    }

    /// Notes that a feed has not changed, and finishes the stage `refresh`.
    pub fn feed_unchanged(&self, claim: &Claim, feed: FeedId, again: Duration, tool: &str) -> Result<()> {
        self.store.write(|tx| {
            ledger::finish(tx, claim, tool)?;
            sql::unchanged(tx, feed, again)
        })
    }

    /// Notes that a feed did not come, why, and when to try again; finishes the stage `refresh`, since the feed and not the
    /// work is at fault. `gone`: its publisher took it away for good.
    pub fn feed_failed(
        &self,
        claim: &Claim,
        feed: FeedId,
        trouble: &str,
        again: Duration,
        gone: bool,
        tool: &str,
    ) -> Result<()> {
        self.store.write(|tx| {
            ledger::finish(tx, claim, tool)?;
            sql::failed(tx, feed, trouble, again, gone)
        })
    }

    /// Notes where a server says a feed has moved to for ever (`None`: it did not say so this time). Returns how often in a
    /// row it said so.
    pub fn feed_moved(&self, feed: FeedId, to: Option<&str>) -> Result<u32> {
        self.store.write(|tx| sql::moved(tx, feed, to))
    }

    /// Makes an episode of the address of a sound, due to be fetched; the address of an episode that is known gives that
    /// one, with what is newly stated added to it. False when it was known.
    pub fn add_address(&self, address: &str, stated: &Stated) -> Result<(EpisodeId, bool)> {
        self.store.write(|tx| sql::add_address(tx, address, stated))
    }

    /// Episodes that no feed has any more which once had them, the latest first.
    pub fn takedowns(&self) -> Result<Vec<Takedown>> {
        self.store.read(sql::takedowns)
    }

    /// Makes the fetching of an episode's sound due, whatever its feed's wishes are. False when the sound is here, or was
    /// found nowhere.
    pub fn want_sound(&self, episode: EpisodeId) -> Result<bool> {
        self.store.write(|tx| sql::want_sound(tx, episode, crate::Priority::Asked))
    }

    /// Erases the bytes of an episode's recording; its texts stay. Returns the bytes freed.
    pub fn drop_sound(&self, episode: EpisodeId) -> Result<u64> {
        let unused = self.store.write(|tx| episodes::drop_sound(tx, episode))?;
        let mut bytes = 0;
        for blob in &unused {
            bytes += self.erase_unused(blob)?;
        }
        Ok(bytes)
    }

    /// Episodes whose show keeps no sound, and whose sound nothing needs any more: all their work is done.
    pub fn settled_sounds(&self) -> Result<Vec<EpisodeId>> {
        self.store.read(sql::settled_sounds)
    }

    /// Makes the stage `shrink` due of recordings whose show keeps sound as Opus and that nothing else needs any more; returns
    /// how many.
    pub fn call_shrinks(&self) -> Result<u64> {
        self.store.write(sql::call_shrinks)
    }

    /// Puts another file in the place of an episode's sound: the same on the same timeline, smaller. Finishes the stage
    /// `shrink` in the same transaction; the file before is erased after it, unless something else uses it. Returns the
    /// bytes freed.
    ///
    /// # Errors
    /// [`crate::Error::LeaseLost`]; [`crate::Error::Conflict`] when the episode has other bytes than those of the claim.
    pub fn replace_sound(
        &self,
        claim: &Claim,
        path: impl AsRef<Path>,
        media: &MediaInfo,
        tool: &str,
    ) -> Result<u64> {
        let unused = self.with_blob(path.as_ref(), |tx, hash, bytes| {
            ledger::finish(tx, claim, tool)?;
            episodes::replace_sound(tx, claim, hash, bytes, media)
        })?;
        let mut bytes = 0;
        for blob in &unused {
            bytes += self.erase_unused(blob)?;
        }
        Ok(bytes)
    }

    /// What removing a show would erase: its episodes, and the bytes of their recordings.
    pub fn show_size(&self, show: ShowId) -> Result<(u64, u64)> {
        self.store.read(|tx| episodes::show_size(tx, show))
    }

    /// Erases a show wholly: its subscriptions, its episodes and all that belongs to them.
    pub fn remove_show(&self, show: ShowId) -> Result<Removed> {
        let (title, unused) = self.store.write(|tx| episodes::remove_show(tx, show))?;
        let mut bytes = 0;
        for blob in &unused {
            bytes += self.erase_unused(blob)?;
        }
        self.store.empty_log()?;
        Ok(Removed { title, bytes })
    }
}
