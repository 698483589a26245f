//! What a feed says of its show.

use serde::{Deserialize, Serialize};

use crate::dates::Published;
use crate::html::Notes;
use crate::item::{Item, Source};

/// How a feed is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// RSS 2.0 and the versions 0.91 to 0.94, which it includes.
    #[default]
    Rss,
    /// RSS 0.90 and 1.0, which are RDF.
    Rdf,
    /// Atom 1.0 (RFC 4287) and 0.3.
    Atom,
    /// JSON Feed 1.0 and 1.1.
    Json,
}

/// A feed: a show and its episodes, as its publisher describes them.
///
/// Addresses are absolute and `http` or `https`. Texts of one line hold no line breaks, no control characters and no
/// marks that change the direction of what follows; they are text, not HTML.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Feed {
    /// How it is written.
    pub format: Format,
    /// Title of the show.
    pub title: Option<String>,
    /// Description of the show.
    pub notes: Notes,
    /// One line about the show (`itunes:subtitle`, Atom `subtitle`).
    pub subtitle: Option<String>,
    /// Page of the show.
    pub link: Option<String>,
    /// Where the feed says it is published (`atom:link rel="self"`).
    pub own_address: Option<String>,
    /// Where the feed says it has moved to (`itunes:new-feed-url`).
    pub new_address: Option<String>,
    /// The next page of a paged feed, with older items (RFC 5005, JSON Feed `next_url`).
    pub next_page: Option<String>,
    /// Hubs that push changes (WebSub).
    pub hubs: Vec<String>,
    /// Language (BCP 47).
    pub language: Option<String>,
    /// Author as one line; often the publishing organisation.
    pub author: Option<String>,
    /// Owner with address for mail.
    pub owner: Option<Owner>,
    /// Copyright line.
    pub copyright: Option<String>,
    /// Program that wrote the feed.
    pub generator: Option<String>,
    /// Artwork.
    pub image: Option<String>,
    /// Categories, subcategories after a slash: `Society & Culture/History`.
    pub categories: Vec<String>,
    /// Explicit language, when stated.
    pub explicit: Option<bool>,
    /// Whether episodes stand alone or tell one story in order.
    pub kind: Option<ShowKind>,
    /// True when the publisher says that no further episodes will come.
    pub complete: bool,
    /// True when the publisher wants directories to leave the show out (`itunes:block`, `podcast:block`).
    pub blocked: bool,
    /// Identity of the show across addresses (`podcast:guid`, a UUID).
    pub guid: Option<String>,
    /// Kind of content (`podcast:medium`: `podcast`, `music`, `audiobook`, `newsletter` …); absent means `podcast`.
    pub medium: Option<String>,
    /// Whether other platforms must not import the show (`podcast:locked`).
    pub locked: Option<bool>,
    /// Where listeners can give.
    pub funding: Vec<Funding>,
    /// People who belong to the show.
    pub people: Vec<Person>,
    /// Where the show is about or made.
    pub location: Option<Location>,
    /// Shows that this one recommends.
    pub podroll: Vec<RemoteFeed>,
    /// Trailers (`podcast:trailer`).
    pub trailers: Vec<Trailer>,
    /// When the feed or its newest content was last changed.
    pub updated: Option<Published>,
    /// Minutes that a reader may wait before asking again (`ttl`, or from `sy:updatePeriod` and `sy:updateFrequency`).
    pub refresh_minutes: Option<u32>,
    /// Hours of the day in UTC, 0 to 23, at which readers need not ask.
    pub skip_hours: Vec<u8>,
    /// Days, 0 is Monday, at which readers need not ask.
    pub skip_days: Vec<u8>,
    /// Episodes, in the order of the feed; empty when they went to a callback.
    pub items: Vec<Item>,
}

impl Feed {
    /// The people of an episode: its own list where it has one, which replaces the show's, else the show's.
    ///
    /// <https://podcasting2.org/docs/podcast-namespace/tags/person>
    pub fn people_of<'a>(&'a self, item: &'a Item) -> &'a [Person] {
        if item.people.is_empty() { &self.people } else { &item.people }
    }
}

/// Whether episodes stand alone (`itunes:type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShowKind {
    /// Newest first, each by itself.
    Episodic,
    /// To be heard from the first on.
    Serial,
}

/// A person as a feed names them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Person {
    /// Name, spelt as the publisher spells it.
    pub name: String,
    /// Role as written, in lower case, whether in the taxonomy or not; `None` when absent, which means `host`.
    pub role: Option<String>,
    /// Group as written, in lower case; `None` when absent, which means `cast`.
    pub group: Option<String>,
    /// Page of the person.
    pub link: Option<String>,
    /// Picture of the person.
    pub image: Option<String>,
}

impl Person {
    /// The role, with the default that Podcasting 2.0 gives.
    pub fn role(&self) -> &str {
        self.role.as_deref().unwrap_or("host")
    }
}

/// Who owns a show.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// Name of a person or organisation.
    pub name: Option<String>,
    /// Address for mail.
    pub email: Option<String>,
}

/// Where listeners can give.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Funding {
    /// The page.
    pub address: String,
    /// What the link says; may be empty.
    pub text: String,
}

/// A place (`podcast:location`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// Name of the place.
    pub name: String,
    /// A `geo:` URI (RFC 5870), as written.
    pub geo: Option<String>,
    /// OpenStreetMap type letter and number, as written.
    pub osm: Option<String>,
}

/// Another feed that this one points to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteFeed {
    /// Its `podcast:guid`.
    pub guid: Option<String>,
    /// Its address.
    pub address: Option<String>,
    /// Its title.
    pub title: Option<String>,
}

/// A trailer of a show.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trailer {
    /// Title.
    pub title: String,
    /// The sound.
    pub sound: Source,
    /// When it was published.
    pub published: Option<Published>,
    /// Season it announces.
    pub season: Option<u32>,
}
