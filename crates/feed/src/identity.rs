//! Which item of a feed is which episode of the archive.
//!
//! A GUID should say it, and often does not: it is empty, the same for all items, another at each fetch, or changes when
//! the publisher moves. So everything that an item says is weighed: what is equal and belongs to one episode alone speaks
//! for it, what differs speaks against it. What is neither clearly the same nor clearly new is left to the caller, who may
//! compare the sound.

mod keys;
mod titles;

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use jiff::Timestamp;
use model::Millis;
use serde::{Deserialize, Serialize};

pub use keys::Keys;
use keys::push_recent;
use titles::Likeness;

/// What the archive knows of an episode of a show: every key that it was ever seen with, up to a bound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KnownItem<Id> {
    /// The archive's name for it.
    pub id: Id,
    /// GUIDs it had, the newest last.
    pub guids: Vec<String>,
    /// Addresses of its recording, normalised as [`Keys`] has them, the newest last.
    pub enclosures: Vec<String>,
    /// Addresses of its page, normalised, the newest last.
    pub links: Vec<String>,
    /// Its title, normalised.
    pub title: String,
    /// When it was published.
    pub at: Option<Timestamp>,
    /// Its length.
    pub duration: Option<Millis>,
}

impl<Id> KnownItem<Id> {
    /// A new episode.
    pub fn new(id: Id, keys: &Keys) -> Self {
        let (title, at, duration) = (keys.title.clone(), keys.at, keys.duration);
        let mut known = Self { id, guids: vec![], enclosures: vec![], links: vec![], title, at, duration };
        known.absorb(keys);
        known
    }

    /// Adds what a fresh item of the same episode says, and returns true when something of it was new.
    pub fn absorb(&mut self, keys: &Keys) -> bool {
        let mut changed = push_recent(&mut self.guids, keys.guid.as_ref());
        for enclosure in &keys.enclosures {
            changed |= push_recent(&mut self.enclosures, Some(enclosure));
        }
        changed |= push_recent(&mut self.links, keys.link.as_ref());
        if !keys.title.is_empty() && keys.title != self.title {
            self.title.clone_from(&keys.title);
            changed = true;
        }
        if keys.at.is_some() && keys.at != self.at {
            self.at = keys.at;
            changed = true;
        }
        if keys.duration.is_some() && keys.duration != self.duration {
            self.duration = keys.duration;
            changed = true;
        }
        changed
    }
}

/// Which episode an item is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Placement<Id> {
    /// A known episode.
    Same {
        /// Which.
        id: Id,
        /// What is equal, for people: `guid, title`.
        reason: String,
    },
    /// An episode that is not known.
    New,
    /// Too much is equal for a new episode, too little for a known one. The episodes that it may be, likeliest first:
    /// compare the sound, or ask.
    Ambiguous {
        /// Which.
        candidates: Vec<Id>,
        /// What is equal and what differs with the likeliest.
        reason: String,
    },
}

/// Score from which an item is a known episode: one key that is that episode's alone and one more, or two weaker ones.
const SAME: i32 = 4;

/// Score up to which an item is a new episode: nothing speaks for the known one that is not outweighed.
const NEW: i32 = 0;

/// How much better the best of several known episodes must be.
const AHEAD: i32 = 2;

/// Known episodes that share a key, up to which the key is worth looking at: what more share says nothing.
const SHARED_BY: usize = 8;

/// Known episodes that must all differ in a kind of key before that kind is trusted in this feed.
const PROVEN_BY: usize = 3;

/// Finds the episodes of one show that items of its feed belong to. Each look-up takes time that does not grow with the
/// number of episodes.
///
/// ```
/// use feed::{Keys, Limits, Matcher, Placement, parse};
///
/// let document = b"<rss><channel><item><title>Salt</title><guid>1</guid></item></channel></rss>";
/// let parsed = parse(document, None, "https://example.org/feed", &Limits::default())?;
/// let known = []; // from the archive
/// let mut matcher: Matcher<u32> = Matcher::new(known);
/// let keys: Vec<Keys> = parsed.feed.items.iter().map(Keys::of).collect();
/// matcher.survey(&keys);
/// for (id, keys) in (1..).zip(&keys) {
///     match matcher.place(keys) {
///         Placement::New => drop(matcher.learn(id, keys)), // true: store what is known now
///         Placement::Same { id, .. } => drop(matcher.learn(id, keys)),
///         Placement::Ambiguous { .. } => {} // compare the sound, then learn
///     }
/// }
/// assert_eq!(matcher.into_known().len(), 1);
/// # Ok::<(), feed::NotAFeed>(())
/// ```
#[derive(Debug)]
pub struct Matcher<Id> {
    known: Vec<KnownItem<Id>>,
    places: HashMap<Id, usize>,
    guids: Index,
    enclosures: Index,
    paths: Index,
    links: Index,
    titles: Index,
    days: Index,
    times: HashMap<Timestamp, Vec<usize>>,
    /// Items of this refresh that each known episode was found for.
    taken: HashSet<usize>,
    /// Keys that several items of the document share, though they are not the same item.
    doubled: HashSet<String>,
}

/// Which known episodes have a key.
#[derive(Debug, Default)]
struct Index {
    holders: HashMap<String, Vec<usize>>,
    /// Episodes that have a key of this kind.
    episodes: usize,
}

impl Index {
    fn add(&mut self, key: &str, holder: usize) {
        if key.is_empty() {
            return;
        }
        let holders = self.holders.entry(key.to_owned()).or_default();
        // One more than is looked at, so that it shows that there are too many.
        if holders.len() <= SHARED_BY && !holders.contains(&holder) {
            holders.push(holder);
        }
    }

    fn of(&self, key: &str) -> &[usize] {
        self.holders.get(key).map_or(&[], Vec::as_slice)
    }

    /// True when enough episodes have such a key, and nearly each one its own.
    fn is_proven(&self) -> bool {
        self.episodes >= PROVEN_BY && self.holders.len() * 10 >= self.episodes * 9
    }
}

impl<Id: Copy + Eq + Hash> Matcher<Id> {
    /// Takes in what is known of a show's episodes.
    pub fn new(known: impl IntoIterator<Item = KnownItem<Id>>) -> Self {
        let mut matcher = Self {
            known: Vec::new(),
            places: HashMap::new(),
            guids: Index::default(),
            enclosures: Index::default(),
            paths: Index::default(),
            links: Index::default(),
            titles: Index::default(),
            days: Index::default(),
            times: HashMap::new(),
            taken: HashSet::new(),
            doubled: HashSet::new(),
        };
        for item in known {
            matcher.places.insert(item.id, matcher.known.len());
            matcher.known.push(item);
            matcher.index(matcher.known.len() - 1);
        }
        matcher
    }

    /// Looks through the items of a document before they are placed: a key that different items of one document share
    /// identifies none of them.
    pub fn survey<'k>(&mut self, document: impl IntoIterator<Item = &'k Keys>) {
        let mut first: HashMap<String, &Keys> = HashMap::new();
        for keys in document {
            for key in keys.kinds() {
                match first.get(&key) {
                    Some(other) if other.is_other_than(keys) => drop(self.doubled.insert(key)),
                    Some(_) => {}
                    None => drop(first.insert(key, keys)),
                }
            }
        }
    }

    /// Says which episode an item is. The item is not remembered: tell [`Self::learn`] what was made of it.
    pub fn place(&self, keys: &Keys) -> Placement<Id> {
        let mut scores: Vec<(i32, usize)> =
            self.candidates(keys).into_iter().map(|at| (self.weigh(keys, at).score, at)).collect();
        scores.sort_by_key(|(score, at)| (std::cmp::Reverse(*score), *at));
        let Some(&(best, at)) = scores.first().filter(|(score, _)| *score > NEW) else {
            return Placement::New;
        };
        let second = scores.get(1).map_or(i32::MIN / 2, |(score, _)| *score);
        let reason = self.weigh(keys, at).reason();
        if best >= SAME && best - second >= AHEAD {
            return Placement::Same { id: self.known[at].id, reason };
        }
        let near = scores.iter().take_while(|(score, _)| *score > NEW && best - score < SAME);
        Placement::Ambiguous { candidates: near.map(|(_, at)| self.known[*at].id).collect(), reason }
    }

    /// Remembers that an item is the episode `id`, which is added when it is not known, and returns true when that said
    /// something new of it.
    pub fn learn(&mut self, id: Id, keys: &Keys) -> bool {
        let next = self.known.len();
        let at = *self.places.entry(id).or_insert(next);
        let changed = match self.known.get_mut(at) {
            Some(known) => known.absorb(keys),
            None => {
                self.known.push(KnownItem::new(id, keys));
                true
            }
        };
        if changed {
            self.index(at);
        }
        self.taken.insert(at);
        changed
    }

    /// Everything known, to be stored.
    pub fn into_known(self) -> Vec<KnownItem<Id>> {
        self.known
    }

    fn index(&mut self, at: usize) {
        let Some(item) = self.known.get(at) else { return };
        let is_first = |index: &Index, keys: &[String]| {
            !keys.is_empty() && keys.iter().all(|key| !index.of(key).contains(&at))
        };
        let new = [
            is_first(&self.guids, &item.guids),
            is_first(&self.enclosures, &item.enclosures),
            is_first(&self.links, &item.links),
            is_first(&self.titles, std::slice::from_ref(&item.title)) && !item.title.is_empty(),
        ];
        self.guids.episodes += usize::from(new[0]);
        self.enclosures.episodes += usize::from(new[1]);
        self.links.episodes += usize::from(new[2]);
        for guid in &item.guids {
            self.guids.add(guid, at);
        }
        for enclosure in &item.enclosures {
            self.enclosures.add(enclosure, at);
            self.paths.add(keys::path(enclosure), at);
        }
        for link in &item.links {
            self.links.add(link, at);
        }
        self.titles.episodes += usize::from(new[3]);
        self.titles.add(&item.title, at);
        if let Some(time) = item.at {
            self.days.add(&keys::title_and_day(&item.title, time), at);
            let holders = self.times.entry(time).or_default();
            if holders.len() <= SHARED_BY && !holders.contains(&at) {
                holders.push(at);
            }
        }
    }

    /// The known episodes that share something with an item, few of them.
    fn candidates(&self, keys: &Keys) -> Vec<usize> {
        let mut candidates = Vec::new();
        let mut add = |holders: &[usize]| {
            if holders.len() <= SHARED_BY {
                candidates.extend_from_slice(holders);
            }
        };
        add(self.guids.of(keys.guid.as_deref().unwrap_or_default()));
        for enclosure in &keys.enclosures {
            add(self.enclosures.of(enclosure));
            add(self.paths.of(keys::path(enclosure)));
        }
        add(self.links.of(keys.link.as_deref().unwrap_or_default()));
        add(self.titles.of(&keys.title));
        if let Some(time) = keys.at {
            add(self.days.of(&keys::title_and_day(&keys.title, time)));
            add(self.times.get(&time).map_or(&[], Vec::as_slice));
        }
        candidates.sort_unstable();
        candidates.dedup();
        candidates
    }

    fn is_doubled(&self, kind: &str, key: &str) -> bool {
        !self.doubled.is_empty() && self.doubled.contains(&keys::of_kind(kind, key))
    }

    /// Weighs what speaks for and against an item being the known episode `at`.
    fn weigh(&self, keys: &Keys, at: usize) -> Weighed {
        let known = &self.known[at];
        let mut weighed = Weighed::default();
        let is_own = |holders: &[usize]| holders.len() == 1;
        if let Some(guid) = &keys.guid {
            if known.guids.contains(guid) {
                let own = is_own(self.guids.of(guid)) && !self.is_doubled("guid", guid);
                let weight = match own {
                    true if self.guids.is_proven() => 8,
                    true => 4,
                    false => 1,
                };
                weighed.add(weight, "guid");
            } else if !known.guids.is_empty() {
                weighed.add(-1, "guid");
            }
        }
        if !keys.enclosures.is_empty() && !known.enclosures.is_empty() {
            weighed.add(self.weigh_enclosures(keys, known), "recording's address");
        }
        if let Some(link) = &keys.link {
            if known.links.contains(link) {
                let own = is_own(self.links.of(link)) && !self.is_doubled("link", link);
                let weight = match own {
                    true if self.links.is_proven() => 2,
                    true => 1,
                    false => 0,
                };
                weighed.add(weight, "page");
            } else if !known.links.is_empty() {
                weighed.add(-1, "page");
            }
        }
        if !keys.title.is_empty() && !known.title.is_empty() {
            let own = is_own(self.titles.of(&known.title)) && !self.is_doubled("title", &keys.title);
            let weight = match titles::compare(&keys.title, &known.title) {
                Likeness::Equal if own && self.titles.is_proven() => 3,
                Likeness::Equal | Likeness::Similar => 1,
                Likeness::Different => -2,
            };
            weighed.add(weight, "title");
        }
        if let (Some(one), Some(other)) = (keys.at, known.at) {
            let apart = (one.as_second() - other.as_second()).abs();
            let own = || self.times.get(&other).is_some_and(|holders| is_own(holders));
            let weight = match apart {
                0..=60 if own() && !self.is_doubled("time", &one.to_string()) => 3,
                0..=ZONES => 1,
                _ if self.guids.is_proven() && !weighed.differs("guid") => -3,
                _ => -4,
            };
            weighed.add(weight, "date");
        }
        if let (Some(one), Some(other)) = (keys.duration, known.duration) {
            let apart = one.0.abs_diff(other.0);
            // Inserted advertisements change a length by some minutes.
            weighed.add(
                if apart <= 1000 {
                    1
                } else if apart > other.0 / 10 + 300_000 {
                    -1
                } else {
                    0
                },
                "length",
            );
        }
        if self.taken.contains(&at) {
            // Another item of the same document is that episode already.
            weighed.score -= 2;
        }
        weighed
    }

    fn weigh_enclosures(&self, keys: &Keys, known: &KnownItem<Id>) -> i32 {
        let mut best = -1;
        for enclosure in &keys.enclosures {
            let path = keys::path(enclosure);
            let weight = if known.enclosures.contains(enclosure) {
                let own =
                    self.enclosures.of(enclosure).len() == 1 && !self.is_doubled("enclosure", enclosure);
                match own {
                    true if self.enclosures.is_proven() => 6,
                    true => 4,
                    false => 1,
                }
            } else if let Some(other) = known.enclosures.iter().find(|other| keys::path(other) == path) {
                let own = self.paths.of(path).len() == 1 && !self.is_doubled("path", path);
                // Where both have parameters, these may be what says which recording it is.
                let both = enclosure.len() > path.len() && other.len() > path.len();
                match own {
                    true if both => 1,
                    true => 4,
                    false => -1,
                }
            } else {
                let file = keys::file(path);
                let same_file = file.len() >= TELLING_FILE
                    && known.enclosures.iter().any(|other| keys::file(keys::path(other)) == file);
                i32::from(same_file) - i32::from(!same_file)
            };
            best = best.max(weight);
        }
        best
    }
}

/// Seconds by which a mistaken zone can move a date.
const ZONES: i64 = 14 * 3600;

/// Letters of a file's name from which it says something: `1.mp3` does not.
const TELLING_FILE: usize = 8;

/// What speaks for and against.
#[derive(Debug, Default)]
struct Weighed {
    score: i32,
    parts: Vec<(i32, &'static str)>,
}

impl Weighed {
    fn add(&mut self, weight: i32, part: &'static str) {
        self.score += weight;
        self.parts.push((weight, part));
    }

    fn differs(&self, part: &str) -> bool {
        self.parts.iter().any(|(weight, own)| *own == part && *weight < 0)
    }

    fn reason(&self) -> String {
        let named = |wanted: fn(i32) -> bool| {
            let parts: Vec<&str> =
                self.parts.iter().filter(|(weight, _)| wanted(*weight)).map(|(_, part)| *part).collect();
            parts.join(", ")
        };
        let (same, other) = (named(|weight| weight > 0), named(|weight| weight < 0));
        match (same.is_empty(), other.is_empty()) {
            (_, true) => format!("same {same}"),
            (true, false) => format!("another {other}"),
            (false, false) => format!("same {same}; another {other}"),
        }
    }
}
