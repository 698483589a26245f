//! The stage `refresh`: from a feed's address to episodes in the archive.
//!
//! A feed is read twice: once for what identifies its items, since a key that several share identifies none of them, and
//! once for what changed. So a feed of any length stands in memory as bytes and keys, not as notes.

use super::pace;
use crate::hearing::Ended;
use crate::run::Crew;
use archive::{Claim, FeedEdit, FeedEntry, FeedState, Incoming, Refresh, Refreshed, Validators, Wanted};
use feed::{Feed, Item, Keys, KnownItem, Limits, Matcher, Placement};
use fetch::{Document, Fetcher, Outcome, Request};
use jiff::Timestamp;
use model::{EpisodeFacts, Person, ShowFacts};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// Version of the stage: counts up when the same feed would give something else.
const TOOL: &str = "refresh/1";

/// Items that are stored in one transaction.
const PART: usize = 500;

/// How often in a row a server must say that a feed has moved for ever before it is believed.
const MOVED: u32 = 3;

/// Pages of a paged feed (RFC 5005) that are read when it is new.
const PAGES: usize = 100;

/// Most bytes of what is kept of an item beside its notes.
const LONGEST_TITLE: usize = 500;

const ACCEPT: &str = "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, \
                      text/xml;q=0.9, application/json;q=0.8, */*;q=0.5";

/// What came of looking at a feed.
#[derive(Debug)]
pub enum Looked {
    /// It has not changed, or it is not followed any more.
    Unchanged,
    /// It was stored.
    Stored(FeedEntry, Refreshed),
    /// It did not come, for this reason; it is looked at again by itself.
    Failed(FeedEntry, String),
}

pub(crate) fn refresh(crew: &Crew<'_>, fetcher: &Fetcher, claim: &Claim) -> Result<Looked, Ended> {
    let archive = crew.archive;
    let entry = archive.feed(claim.feed())?;
    if entry.state != FeedState::Active {
        archive.finish(claim, TOOL)?;
        return Ok(Looked::Unchanged);
    }
    let lot = pace::lot(entry.id, entry.checked);
    let request = Request {
        validators: fetch::Validators {
            etag: entry.validators.etag.clone(),
            last_modified: entry.validators.last_modified.clone(),
        },
        accept: Some(ACCEPT.into()),
        stop: crew.stop_fetching(),
        ..Request::new(&entry.address)
    };
    let failed = |reason: String, asked: Option<Duration>, gone: bool| -> Result<Looked, Ended> {
        let again = pace::retry(entry.failures + 1, asked, lot);
        archive.feed_failed(claim, entry.id, &reason, again, gone, TOOL)?;
        Ok(Looked::Failed(archive.feed(entry.id)?, reason))
    };
    let answer = match fetcher.get(&request) {
        Ok(answer) => answer,
        Err(fetch::Error::Stopped) => return Err(Ended::Stopped),
        Err(error) => return failed(error.to_string(), error.retry_after(), error.is_gone()),
    };
    follow(crew, &entry, answer.moved.as_ref().map(fetch::PublicUrl::as_str))?;
    let (base, fresh_for, validators) =
        (answer.address.as_str().to_owned(), answer.fresh_for, answer.validators);
    let Outcome::Document(document) = answer.outcome else {
        archive.feed_unchanged(claim, entry.id, pause_of(&entry, fresh_for, lot), TOOL)?;
        return Ok(Looked::Unchanged);
    };
    let body = blake3::hash(&document.bytes).to_hex().to_string();
    if entry.validators.body.as_ref() == Some(&body) {
        archive.feed_unchanged(claim, entry.id, pause_of(&entry, fresh_for, lot), TOOL)?;
        return Ok(Looked::Unchanged);
    }
    let mut reading = match Reading::begin(crew, claim, &entry, &document, &base) {
        Ok(reading) => reading,
        Err(NotRead::Feed(reason)) => return failed(reason, None, false),
        Err(NotRead::Ended(ended)) => return Err(ended),
    };
    reading.store(&document, &base)?;
    if entry.checked.is_none() {
        let next = reading.feed.next_page.clone();
        reading.pages(fetcher, next)?;
    }
    let validators =
        Validators { etag: validators.etag, last_modified: validators.last_modified, body: Some(body) };
    let refreshed = reading.finish(validators, fresh_for, lot)?;
    Ok(Looked::Stored(archive.feed(entry.id)?, refreshed))
}

/// Moves the subscription once its server has said often enough that it should.
fn follow(crew: &Crew<'_>, entry: &FeedEntry, to: Option<&str>) -> Result<(), Ended> {
    if to.is_none() && entry.moved.is_none() {
        return Ok(());
    }
    let times = crew.archive.feed_moved(entry.id, to)?;
    let (Some(to), true) = (to, times >= MOVED) else { return Ok(()) };
    let taken = crew.archive.feeds(None)?.iter().any(|other| other.id != entry.id && other.address == to);
    if !taken {
        crew.archive.edit_feed(entry.id, &FeedEdit { address: Some(to.into()), ..FeedEdit::default() })?;
    }
    Ok(())
}

/// Pause of a feed that has not changed: as was found when it last did.
fn pause_of(entry: &FeedEntry, asked: Option<Duration>, lot: u64) -> Duration {
    let published: Vec<Timestamp> =
        serde_json::from_value(entry.facts.get("published").cloned().unwrap_or_default()).unwrap_or_default();
    pace::pause(published, Timestamp::now(), asked, lot)
}

enum NotRead {
    Feed(String),
    Ended(Ended),
}

impl From<archive::Error> for NotRead {
    fn from(error: archive::Error) -> Self {
        Self::Ended(error.into())
    }
}

/// A feed that is being taken in.
struct Reading<'run, 'crew> {
    crew: &'crew Crew<'run>,
    claim: &'crew Claim,
    entry: &'crew FeedEntry,
    feed: Feed,
    complaints: Vec<feed::Complaint>,
    matcher: Matcher<i64>,
    known: HashMap<i64, (KnownItem<i64>, String, bool)>,
    seen: HashSet<i64>,
    /// Items of this refresh that are new; the matcher knows them by negative numbers.
    new: i64,
    /// From which moment on new items are wanted, for those that were there before the subscription.
    wanted_from: Option<Timestamp>,
    published: Vec<Timestamp>,
    part: Vec<Incoming>,
    done: Refreshed,
}

impl<'run, 'crew> Reading<'run, 'crew> {
    /// Reads what identifies the items.
    fn begin(
        crew: &'crew Crew<'run>,
        claim: &'crew Claim,
        entry: &'crew FeedEntry,
        document: &Document,
        base: &str,
    ) -> Result<Self, NotRead> {
        let mut keys = Vec::new();
        let parsed = feed::parse_items(
            &document.bytes,
            document.content_type.as_deref(),
            base,
            &Limits::default(),
            &mut |item| keys.push(Keys::of(&item)),
        );
        let parsed = parsed.map_err(|error| NotRead::Feed(error.to_string()))?;
        let mut known = HashMap::new();
        for outlet in crew.archive.known_outlets(entry.id)? {
            // What cannot be read any more is recognised by nothing, and comes as new.
            if let Ok(item) = serde_json::from_value::<KnownItem<i64>>(outlet.keys) {
                known.insert(outlet.id, (KnownItem { id: outlet.id, ..item }, outlet.digest, outlet.missing));
            }
        }
        let mut matcher = Matcher::new(known.values().map(|(item, ..)| item.clone()));
        matcher.survey(&keys);
        let published: Vec<Timestamp> = keys.iter().filter_map(|keys| keys.at).collect();
        let wanted_from = newest(&published, entry.wanted);
        Ok(Self {
            crew,
            claim,
            entry,
            feed: parsed.feed,
            complaints: parsed.complaints,
            matcher,
            known,
            seen: HashSet::new(),
            new: 0,
            wanted_from,
            published,
            part: Vec::new(),
            done: Refreshed::default(),
        })
    }

    /// Stores what is new or has changed in a document.
    fn store(&mut self, document: &Document, base: &str) -> Result<(), Ended> {
        let mut trouble = None;
        let parsed = feed::parse_items(
            &document.bytes,
            document.content_type.as_deref(),
            base,
            &Limits::default(),
            &mut |item| {
                if trouble.is_none() {
                    trouble = self.take(&item).err();
                }
            },
        );
        if let (Err(error), None) = (parsed, &trouble) {
            return Err(Ended::Failed { reason: error.to_string(), again: false });
        }
        trouble.map_or(Ok(()), Err)
    }

    fn take(&mut self, item: &Item) -> Result<(), Ended> {
        let keys = Keys::of(item);
        let digest = blake3::hash(format!("{item:?}").as_bytes()).to_hex().to_string();
        let outlet = match self.matcher.place(&keys) {
            Placement::Same { id, .. } => {
                self.matcher.learn(id, &keys);
                if id < 0 {
                    // A second copy of an item of this very document.
                    return Ok(());
                }
                self.seen.insert(id);
                Some(id)
            }
            // Neither clearly known nor clearly new: an episode too many can be found by its sound, one that was taken for
            // another would be lost.
            Placement::New | Placement::Ambiguous { .. } => {
                self.new += 1;
                self.matcher.learn(-self.new, &keys);
                None
            }
        };
        let stored = match outlet.and_then(|id| self.known.get_mut(&id)) {
            Some((known, known_digest, missing)) => {
                let learnt = known.absorb(&keys);
                if !learnt && !*missing && *known_digest == digest {
                    return Ok(());
                }
                serde_json::to_value(&*known)
            }
            None => serde_json::to_value(KnownItem::new(0, &keys)),
        };
        let incoming = self.incoming(item, outlet, stored.unwrap_or_default(), digest);
        self.part.push(incoming);
        if self.part.len() >= PART { self.hand_over() } else { Ok(()) }
    }

    fn hand_over(&mut self) -> Result<(), Ended> {
        if self.crew.stopping() {
            return Err(Ended::Stopped);
        }
        let part = std::mem::take(&mut self.part);
        let done = self.crew.archive.store_items(self.claim, self.entry.id, &part)?;
        self.add(done);
        Ok(())
    }

    fn add(&mut self, done: Refreshed) {
        self.done.new += done.new;
        self.done.changed += done.changed;
        self.done.due += done.due;
        self.done.missing += done.missing;
    }

    fn incoming(&self, item: &Item, outlet: Option<i64>, keys: Value, digest: String) -> Incoming {
        let fresh = outlet.is_none() && self.entry.checked.is_some();
        let at = item.published.map(|published| published.at);
        let wanted = match self.entry.wanted {
            Wanted::All => true,
            Wanted::Since(day) => item.published.is_some_and(|published| published.day >= day),
            Wanted::Latest(_) => self.wanted_from.is_none_or(|from| at.is_some_and(|at| at >= from)),
        };
        let address = item.enclosures.first().map(|enclosure| enclosure.address.clone());
        let html = item.notes.html();
        let notes = Some(html.text()).filter(|text| !text.is_empty()).or_else(|| item.summary.clone());
        let people = if item.people.is_empty() { &self.feed.people } else { &item.people };
        let texts =
            (!item.transcripts.is_empty() || item.chapters.is_some() || !item.inline_chapters.is_empty())
                .then(|| {
                    let offered = json!([item.transcripts, item.chapters, item.inline_chapters]);
                    blake3::hash(offered.to_string().as_bytes()).to_hex().to_string()
                });
        Incoming {
            outlet,
            episode: None,
            keys,
            fetch: address.is_some() && item.live.is_none() && (fresh || outlet.is_none() && wanted),
            fresh,
            address,
            link: item.link.clone(),
            item: json!({
                "guid": item.guid,
                "enclosures": item.enclosures,
                "alternates": item.alternates,
                "transcripts": item.transcripts,
                "chapters": item.chapters,
                "inline_chapters": item.inline_chapters,
                "soundbites": item.soundbites,
                "location": item.location,
                "kind": item.kind,
                "explicit": item.explicit,
                "author": item.author,
                "categories": item.categories,
                "live": item.live,
            }),
            digest,
            title: title_of(item),
            broadcast: item.published.map(|published| published.day),
            notes,
            facts: EpisodeFacts {
                published: at,
                notes_html: Some(html.as_str().to_owned()).filter(|html| !html.is_empty()),
                link: item.link.clone(),
                image: item.image.clone(),
                season: item.season.as_ref().map(|season| season.number),
                number: item.episode.as_ref().map(|episode| episode.number as u32),
            },
            people: people.iter().map(person).collect(),
            language: item.language.clone().or_else(|| self.feed.language.clone()),
            duration: item.duration,
            texts,
        }
    }

    /// Reads the older pages of a paged feed, as far as they come.
    fn pages(&mut self, fetcher: &Fetcher, mut next: Option<String>) -> Result<(), Ended> {
        let mut seen = HashSet::from([self.entry.address.clone()]);
        while let Some(address) =
            next.take().filter(|address| seen.len() <= PAGES && seen.insert(address.clone()))
        {
            let request = Request {
                accept: Some(ACCEPT.into()),
                stop: self.crew.stop_fetching(),
                ..Request::new(address)
            };
            // The newest episodes are stored; a page that does not come is no reason to lose them.
            let Ok(answer) = fetcher.get(&request) else { break };
            if self.crew.stopping() {
                return Err(Ended::Stopped);
            }
            let base = answer.address.as_str().to_owned();
            let Some(document) = answer.document() else { break };
            let head = feed::parse_items(
                &document.bytes,
                document.content_type.as_deref(),
                &base,
                &Limits::default(),
                &mut |_| {},
            );
            let Ok(head) = head else { break };
            self.store(&document, &base)?;
            next = head.feed.next_page;
        }
        Ok(())
    }

    /// Stores the rest and what the feed says of its show.
    fn finish(
        mut self,
        validators: Validators,
        fresh_for: Option<Duration>,
        lot: u64,
    ) -> Result<Refreshed, Ended> {
        let feed = &self.feed;
        let now = Timestamp::now();
        let asked =
            feed.refresh_minutes.map(|minutes| Duration::from_secs(u64::from(minutes) * 60)).max(fresh_for);
        let mut published = self.published.clone();
        published.sort_unstable_by(|one, other| other.cmp(one));
        let oldest = published.last().copied();
        // What fell out at the end of a feed that shows the newest only is not missing; what is gone from its middle is.
        let missing = self.known.iter().filter(|(id, (item, _, missing))| {
            !missing && !self.seen.contains(id) && item.at.zip(oldest).is_some_and(|(at, oldest)| at > oldest)
        });
        let missing = missing.map(|(id, _)| *id).collect();
        published.truncate(20);
        let refresh = Refresh {
            validators,
            title: feed.title.clone(),
            show: ShowFacts {
                description: Some(feed.notes.text())
                    .filter(|text| !text.is_empty())
                    .or_else(|| feed.subtitle.clone()),
                author: feed.author.clone(),
                link: feed.link.clone(),
                image: feed.image.clone(),
                language: feed.language.clone(),
                guid: feed.guid.clone(),
                people: feed.people.iter().map(person).collect(),
            },
            facts: json!({
                "published": published,
                "complaints": self.complaints.iter().map(ToString::to_string).collect::<Vec<_>>(),
                "categories": feed.categories,
                "funding": feed.funding,
                "location": feed.location,
                "medium": feed.medium,
                "locked": feed.locked,
                "podroll": feed.podroll,
                "complete": feed.complete,
                "own_address": feed.own_address,
            }),
            items: std::mem::take(&mut self.part),
            missing,
            again: pace::pause(published, now, asked, lot),
            remark: remark(&self.complaints),
        };
        let done = self.crew.archive.store_refresh(self.claim, self.entry.id, &refresh, TOOL)?;
        let moved = self.feed.new_address.clone().filter(|address| *address != self.entry.address);
        if let Some(to) = moved {
            follow(self.crew, self.entry, Some(&to))?;
        }
        self.add(done);
        Ok(self.done)
    }
}

/// Faults by which episodes may be lost, not just a detail of one.
const GRAVE: [&str; 5] = [
    "the document ends before it is finished",
    "the last item is cut off and was left out",
    "too many items",
    "too much broken markup: the rest was not read",
    "an item that cannot be read",
];

/// What people should know of a feed that was read, in one sentence.
fn remark(complaints: &[feed::Complaint]) -> Option<String> {
    let grave: Vec<String> = complaints
        .iter()
        .filter(|complaint| GRAVE.contains(&complaint.kind))
        .map(ToString::to_string)
        .collect();
    (!grave.is_empty()).then(|| {
        format!(
            "the feed is damaged ({}); what could be read was taken: tell the publisher",
            grave.join("; ")
        )
    })
}

/// The moment of the oldest of the newest items that are wanted; `None`: all are.
fn newest(published: &[Timestamp], wanted: Wanted) -> Option<Timestamp> {
    let Wanted::Latest(number) = wanted else { return None };
    let mut sorted = published.to_vec();
    sorted.sort_unstable_by(|one, other| other.cmp(one));
    match (number as usize).checked_sub(1) {
        Some(last) => sorted.get(last).copied(),
        None => Some(Timestamp::MAX),
    }
}

fn title_of(item: &Item) -> String {
    let title = item.title.as_deref().map(str::trim).filter(|title| !title.is_empty());
    let of_file = || item.enclosures.first()?.address.split(['?', '#']).next()?.rsplit('/').next();
    let title = title.or_else(of_file).unwrap_or("untitled");
    let end = title.char_indices().map(|(at, _)| at).find(|at| *at >= LONGEST_TITLE).unwrap_or(title.len());
    title[..end].to_owned()
}

fn person(person: &feed::Person) -> Person {
    Person { name: person.name.clone(), role: Some(person.role().to_owned()) }
}
