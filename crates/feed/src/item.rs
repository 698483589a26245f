//! What a feed says of one episode.

use model::Millis;
use serde::{Deserialize, Serialize};

use crate::dates::Published;
use crate::html::Notes;
use crate::show::{Location, Person};

/// An episode, as its publisher describes it. What holds for addresses and texts of [`crate::Feed`] holds here.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Item {
    /// What the publisher calls its identity. Never rely on it alone: [`crate::Matcher`].
    pub guid: Option<String>,
    /// Title.
    pub title: Option<String>,
    /// When it was published.
    pub published: Option<Published>,
    /// Notes: the longest of the texts that the item has.
    pub notes: Notes,
    /// A shorter text, where there is one beside the notes.
    pub summary: Option<String>,
    /// Page of the episode.
    pub link: Option<String>,
    /// The recording, the first one first. Most episodes have one.
    pub enclosures: Vec<Enclosure>,
    /// Other formats, bit rates and places of the same episode (`podcast:alternateEnclosure`).
    pub alternates: Vec<AlternateEnclosure>,
    /// Length as the publisher states it.
    pub duration: Option<Millis>,
    /// Season.
    pub season: Option<Season>,
    /// Number in the show or season.
    pub episode: Option<EpisodeNumber>,
    /// Full episode, trailer or bonus, when stated.
    pub kind: Option<EpisodeKind>,
    /// Author as one line.
    pub author: Option<String>,
    /// People of this episode. When there are any, they replace the show's: [`crate::Feed::people_of`].
    pub people: Vec<Person>,
    /// The publisher's transcripts, all of them, in the order of the feed.
    pub transcripts: Vec<TranscriptLink>,
    /// Where the publisher's chapters are (JSON, to be fetched).
    pub chapters: Option<ChaptersLink>,
    /// Chapters inside the feed itself (Podlove Simple Chapters).
    pub inline_chapters: Vec<Chapter>,
    /// Short passages the publisher picked.
    pub soundbites: Vec<Soundbite>,
    /// Where it is about or made.
    pub location: Option<Location>,
    /// Artwork.
    pub image: Option<String>,
    /// Categories and keywords.
    pub categories: Vec<String>,
    /// Language (BCP 47), when it is stated for the item.
    pub language: Option<String>,
    /// Explicit language, when stated.
    pub explicit: Option<bool>,
    /// True when the publisher wants it left out of directories.
    pub blocked: bool,
    /// Set for a live item: a broadcast that is announced, running or over.
    pub live: Option<LiveTime>,
}

/// A file or stream.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Address.
    pub address: String,
    /// Media type as written, in lower case. It may lie.
    pub media_type: Option<String>,
    /// Size in bytes, when stated and more than 0. It may lie.
    pub bytes: Option<u64>,
}

/// The recording of an episode.
pub type Enclosure = Source;

/// Another way to get the same episode.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AlternateEnclosure {
    /// Media type as written, in lower case.
    pub media_type: Option<String>,
    /// Size in bytes, when stated.
    pub bytes: Option<u64>,
    /// Bits a second, when stated.
    pub bit_rate: Option<f64>,
    /// Height of a video in lines, when stated.
    pub height: Option<u32>,
    /// Language (BCP 47), when stated.
    pub language: Option<String>,
    /// What the publisher calls it.
    pub title: Option<String>,
    /// As in HTML's `rel`, when stated.
    pub rel: Option<String>,
    /// True when it is the same as the enclosure.
    pub default: bool,
    /// Addresses over HTTP; other ways (IPFS, torrents) are left out.
    pub sources: Vec<Source>,
}

/// A season.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Season {
    /// Number.
    pub number: u32,
    /// What the publisher calls it.
    pub name: Option<String>,
}

/// The number of an episode.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpisodeNumber {
    /// Number; a part of an episode may have a fraction.
    pub number: f64,
    /// What to show instead.
    pub display: Option<String>,
}

/// What kind of episode it is (`itunes:episodeType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EpisodeKind {
    /// A whole episode.
    Full,
    /// An announcement.
    Trailer,
    /// Something beside the show.
    Bonus,
}

/// A transcript that the publisher offers (`podcast:transcript`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TranscriptLink {
    /// Address.
    pub address: String,
    /// Media type as written, in lower case: `text/vtt`, `application/x-subrip`, `application/json` …
    pub media_type: Option<String>,
    /// Language (BCP 47), when stated; else the feed's.
    pub language: Option<String>,
    /// `captions` when it has times, when stated.
    pub rel: Option<String>,
}

/// Where chapters are (`podcast:chapters`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChaptersLink {
    /// Address.
    pub address: String,
    /// Media type as written, in lower case; `application/json+chapters` in most feeds.
    pub media_type: Option<String>,
}

/// A chapter that stands in the feed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chapter {
    /// Begin.
    pub start: Millis,
    /// Title.
    pub title: String,
    /// Page about it.
    pub link: Option<String>,
    /// Picture for it.
    pub image: Option<String>,
}

/// A passage the publisher picked (`podcast:soundbite`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Soundbite {
    /// Begin.
    pub start: Millis,
    /// Length.
    pub duration: Millis,
    /// What the publisher calls it; empty means the episode's title.
    pub title: String,
}

/// Where a live item stands (`podcast:liveItem`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LiveState {
    /// It is announced.
    Pending,
    /// It is on air.
    Live,
    /// It is over.
    Ended,
}

/// When a live item is on air.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveTime {
    /// Where it stood when the feed was written.
    pub state: LiveState,
    /// Begin.
    pub start: Option<Published>,
    /// End.
    pub end: Option<Published>,
}
