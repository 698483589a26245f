//! The elements of Podcasting 2.0: <https://podcasting2.org/docs/podcast-namespace>.

use model::Millis;

use crate::elements::{Reading, truth};
use crate::item::{
    AlternateEnclosure, ChaptersLink, EpisodeKind, EpisodeNumber, Item, LiveState, Season, Soundbite, Source,
    TranscriptLink,
};
use crate::show::{Feed, Funding, Location, Person, RemoteFeed, Trailer};
use crate::xml::Tag;

impl Reading<'_> {
    pub(crate) fn podcast_feed_element(&mut self, feed: &mut Feed, tag: &Tag<'_>, level: usize) {
        match &*tag.name {
            "guid" => feed.guid = self.raw_line(level),
            "medium" => feed.medium = self.line(level).map(|medium| medium.to_lowercase()),
            "locked" => feed.locked = self.line(level).and_then(|word| truth(&word)),
            "person" => self.person(&mut feed.people, tag, level),
            "location" => feed.location = self.location(tag, level).or(feed.location.take()),
            "block" if tag.attribute("id").is_none() => {
                feed.blocked |= self.line(level).is_some_and(|word| truth(&word) == Some(true));
            }
            "funding" => {
                if let Some(address) = self.address_attribute(tag, "url") {
                    let text = self.line(level).unwrap_or_default();
                    self.push(&mut feed.funding, Funding { address, text });
                }
            }
            "podroll" => {
                while let Some(child) = self.xml.child(level) {
                    if child.name == "remoteitem" {
                        let remote = RemoteFeed {
                            guid: self.line_attribute(&child, "feedGuid"),
                            address: self.address_attribute(&child, "feedUrl"),
                            title: self.line_attribute(&child, "title"),
                        };
                        if remote.guid.is_some() || remote.address.is_some() {
                            self.push(&mut feed.podroll, remote);
                        }
                    }
                }
            }
            "trailer" => {
                let published = tag.attribute("pubdate").and_then(|date| crate::dates::parse_date(&date));
                if let Some(sound) = self.source(tag, "url", "length") {
                    let season = self.number_attribute(tag, "season");
                    let title = self.line(level).unwrap_or_default();
                    self.push(&mut feed.trailers, Trailer { title, sound, published, season });
                }
            }
            _ => {}
        }
    }

    pub(crate) fn podcast_item_element(&mut self, item: &mut Item, tag: &Tag<'_>, level: usize) {
        match &*tag.name {
            "person" => self.person(&mut item.people, tag, level),
            "transcript" => {
                if let Some(address) = self.address_attribute(tag, "url") {
                    let link = TranscriptLink {
                        address,
                        media_type: self.lower_attribute(tag, "type"),
                        language: self.line_attribute(tag, "language"),
                        rel: self.lower_attribute(tag, "rel"),
                    };
                    self.push(&mut item.transcripts, link);
                }
            }
            "chapters" => {
                if let Some(address) = self.address_attribute(tag, "url") {
                    item.chapters =
                        Some(ChaptersLink { address, media_type: self.lower_attribute(tag, "type") });
                }
            }
            "alternateenclosure" => self.alternate(item, tag, level),
            "season" | "episode" => self.numbering(item, tag, level),
            "soundbite" => {
                let seconds = |name| {
                    self.number_attribute::<f64>(tag, name).filter(|value| (0.0..360_000.0).contains(value))
                };
                if let (Some(start), Some(length)) = (seconds("startTime"), seconds("duration")) {
                    let (start, duration) = (Millis::from_seconds(start), Millis::from_seconds(length));
                    let title = self.line(level).unwrap_or_default();
                    self.push(&mut item.soundbites, Soundbite { start, duration, title });
                }
            }
            "location" => item.location = self.location(tag, level).or(item.location.take()),
            _ => {}
        }
    }

    fn person(&mut self, people: &mut Vec<Person>, tag: &Tag<'_>, level: usize) {
        let person = Person {
            role: self.lower_attribute(tag, "role"),
            group: self.lower_attribute(tag, "group"),
            link: self.address_attribute(tag, "href"),
            image: self.address_attribute(tag, "img"),
            name: self.line(level).unwrap_or_default(),
        };
        if person.name.is_empty() {
            self.xml.complaints.add("a person without a name", "");
        } else {
            self.push(people, person);
        }
    }

    fn location(&mut self, tag: &Tag<'_>, level: usize) -> Option<Location> {
        let (geo, osm) = (self.line_attribute(tag, "geo"), self.line_attribute(tag, "osm"));
        let name = self.line(level).unwrap_or_default();
        (!name.is_empty() || geo.is_some() || osm.is_some()).then_some(Location { name, geo, osm })
    }

    fn alternate(&mut self, item: &mut Item, tag: &Tag<'_>, level: usize) {
        let mut alternate = AlternateEnclosure {
            media_type: self.lower_attribute(tag, "type"),
            bytes: self.number_attribute(tag, "length").filter(|bytes| *bytes > 0),
            bit_rate: self
                .number_attribute(tag, "bitrate")
                .filter(|rate: &f64| rate.is_finite() && *rate > 0.0),
            height: self.number_attribute(tag, "height"),
            language: self.line_attribute(tag, "lang"),
            title: self.line_attribute(tag, "title"),
            rel: self.lower_attribute(tag, "rel"),
            default: tag.attribute("default").and_then(|word| truth(&word)).unwrap_or(false),
            sources: Vec::new(),
        };
        while let Some(child) = self.xml.child(level) {
            let web = child.attribute("uri").filter(|uri| is_web(uri));
            if child.name != "source" {
                continue;
            }
            if let Some(address) = web.and_then(|uri| self.address(&uri)) {
                let media_type = self.lower_attribute(&child, "contentType").or(alternate.media_type.clone());
                self.push(&mut alternate.sources, Source { address, media_type, bytes: alternate.bytes });
            }
        }
        if !alternate.sources.is_empty() {
            self.push(&mut item.alternates, alternate);
        }
    }

    /// Season, episode and kind, which iTunes and Podcasting 2.0 both have; the latter may be finer and goes first.
    pub(crate) fn numbering(&mut self, item: &mut Item, tag: &Tag<'_>, level: usize) {
        let (name, display) = (self.line_attribute(tag, "name"), self.line_attribute(tag, "display"));
        let Some(text) = self.line(level) else { return };
        let finer = tag.space == crate::xml::Space::Podcast;
        match &*tag.name {
            "season" if finer || item.season.is_none() => {
                item.season = text.parse().ok().map(|number| Season { number, name }).or(item.season.take());
            }
            "episode" if finer || item.episode.is_none() => {
                let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
                item.episode = number.map(|number| EpisodeNumber { number, display }).or(item.episode.take());
            }
            "episodetype" => {
                item.kind = match text.to_ascii_lowercase().as_str() {
                    "full" => Some(EpisodeKind::Full),
                    "trailer" => Some(EpisodeKind::Trailer),
                    "bonus" => Some(EpisodeKind::Bonus),
                    _ => item.kind,
                };
            }
            _ => {}
        }
    }
}

/// Files of an alternate enclosure may lie in other networks too, which is no fault.
fn is_web(uri: &str) -> bool {
    let scheme = uri.split(':').next().unwrap_or_default();
    matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https") || !uri.contains(':')
}

pub(crate) fn live_state(word: &str) -> LiveState {
    match word.trim().to_ascii_lowercase().as_str() {
        "live" => LiveState::Live,
        "ended" => LiveState::Ended,
        _ => LiveState::Pending,
    }
}
