//! What the elements of RSS, Atom and the older extensions mean.

use std::borrow::Cow;

use model::Millis;

use crate::address::Base;
use crate::dates::{Published, parse_date};
use crate::html::Notes;
use crate::item::{Chapter, Item, Source};
use crate::prose::{line, line_of_html};
use crate::show::{Feed, ShowKind};
use crate::xml::{Space, Tag, TextOrChild, Xml};

/// A document that is being read.
pub(crate) struct Reading<'a> {
    pub xml: Xml<'a>,
    pub base: Base,
    /// Texts of the item that is being read, for [`Self::finish`]: the item's own, then shorter ones.
    texts: Vec<(Role, Notes)>,
    /// Media that the item may have beside its enclosures.
    media: Vec<Source>,
}

/// What a text of an item is meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Notes,
    Summary,
}

impl<'a> Reading<'a> {
    pub fn new(xml: Xml<'a>, base: Base) -> Self {
        Self { xml, base, texts: Vec::new(), media: Vec::new() }
    }

    /// The content of the element at `level` as one line; `None` when it is blank.
    pub fn line(&mut self, level: usize) -> Option<String> {
        let most = self.xml.limits.line_bytes;
        let text = line_of_html(&self.xml.content(level, most, false));
        (!text.is_empty()).then_some(text)
    }

    /// As [`Self::line`], for ids, which are never decoded a second time.
    pub fn raw_line(&mut self, level: usize) -> Option<String> {
        let most = self.xml.limits.line_bytes;
        let text = line(&self.xml.content(level, most, false));
        (!text.is_empty()).then_some(text)
    }

    pub fn address(&mut self, written: &str) -> Option<String> {
        self.base.resolve(written, self.xml.limits.line_bytes, &mut self.xml.complaints)
    }

    pub fn address_in(&mut self, level: usize) -> Option<String> {
        let written = self.raw_line(level)?;
        self.address(&written)
    }

    pub fn address_attribute(&mut self, tag: &Tag<'_>, name: &str) -> Option<String> {
        let written = tag.attribute(name)?;
        self.address(&written)
    }

    pub fn line_attribute(&self, tag: &Tag<'_>, name: &str) -> Option<String> {
        let value = tag.attribute(name)?;
        let room = crate::prose::floor_boundary(&value, self.xml.limits.line_bytes);
        let text = line(&value[..room]);
        (!text.is_empty()).then_some(text)
    }

    pub fn lower_attribute(&self, tag: &Tag<'_>, name: &str) -> Option<String> {
        self.line_attribute(tag, name).map(|value| value.to_lowercase())
    }

    pub fn number_attribute<T: std::str::FromStr>(&self, tag: &Tag<'_>, name: &str) -> Option<T> {
        tag.attribute(name)?.trim().parse().ok()
    }

    pub fn push<T>(&mut self, list: &mut Vec<T>, value: T) {
        push(list, value, self.xml.limits.list, &mut self.xml.complaints);
    }

    pub fn date(&mut self, level: usize) -> Option<Published> {
        let written = self.raw_line(level)?;
        let date = parse_date(&written);
        if date.is_none() {
            self.xml.complaints.add("a date that cannot be read", &written);
        }
        date
    }

    /// The first of two that says something.
    fn first_line(&mut self, known: &mut Option<String>, level: usize) {
        if known.is_none() {
            *known = self.line(level);
        }
    }

    fn text_of(&mut self, tag: &Tag<'_>, level: usize) -> Notes {
        let most = self.xml.limits.notes_bytes;
        let kind = tag.attribute("type").unwrap_or(Cow::Borrowed(""));
        let markup = kind == "xhtml" || kind == "application/xhtml+xml";
        let text = self.xml.content(level, most, markup).trim().to_owned();
        if matches!(&*kind, "text" | "text/plain") { Notes::of_text(text) } else { Notes::of_html(text) }
    }

    /// What a child of a channel or of Atom's feed says.
    pub fn feed_element(&mut self, feed: &mut Feed, tag: &Tag<'_>, level: usize) {
        use Space::{Atom, DublinCore, GooglePlay, Itunes, Media, Plain, Syndication};
        match (tag.space, &*tag.name) {
            (Plain | Atom, "title") | (Itunes | DublinCore, "title") => {
                self.first_line(&mut feed.title, level)
            }
            (Plain | Atom, "link") => self.feed_link(feed, tag, level),
            (Plain, "description")
            | (Itunes | GooglePlay, "summary" | "description")
            | (Space::Content, "encoded") => {
                let text = self.text_of(tag, level);
                longest(&mut feed.notes, text);
            }
            (Plain | Atom, "tagline" | "subtitle") => {
                let text = self.text_of(tag, level);
                feed.subtitle = Some(line(&text.text())).filter(|text| !text.is_empty());
                longest(&mut feed.notes, text);
            }
            (Itunes, "subtitle") => self.first_line(&mut feed.subtitle, level),
            (Plain | Itunes | DublinCore, "language") => feed.language = self.line(level),
            (Itunes | GooglePlay, "author") => feed.author = self.line(level).or(feed.author.take()),
            (Plain | Atom, "author") | (Plain, "managingeditor") | (DublinCore, "creator")
                if feed.author.is_none() =>
            {
                feed.author = self.author(level);
            }
            (Plain | Atom, "copyright" | "rights") | (DublinCore | Media, "rights" | "copyright") => {
                self.first_line(&mut feed.copyright, level);
            }
            (Plain | Atom, "generator") => self.first_line(&mut feed.generator, level),
            (Plain, "image") => self.image(feed, tag, level),
            (Itunes | GooglePlay, "image") => {
                feed.image = self
                    .address_attribute(tag, "href")
                    .or_else(|| self.address_in(level))
                    .or(feed.image.take());
            }
            (Atom | Plain, "logo" | "icon") if feed.image.is_none() => feed.image = self.address_in(level),
            (Plain | Atom, "category") | (Itunes | GooglePlay, "category") | (DublinCore, "subject") => {
                self.categories(&mut feed.categories, tag, level);
            }
            (Plain | Atom, "pubdate" | "lastbuilddate" | "updated" | "modified") | (DublinCore, "date") => {
                let date = self.date(level);
                feed.updated = feed.updated.max(date);
            }
            (Plain, "ttl") => {
                feed.refresh_minutes = self.line(level).and_then(|minutes| minutes.parse().ok())
            }
            (Plain, "skiphours") => self.skip_hours(feed, level),
            (Plain, "skipdays") => self.skip_days(feed, level),
            (Syndication, "updateperiod" | "updatefrequency") => self.update_period(feed, tag, level),
            (Itunes, "explicit") | (GooglePlay, "explicit") => {
                feed.explicit = self.line(level).and_then(|word| truth(&word))
            }
            (Itunes, "type") => {
                feed.kind = match self.line(level).unwrap_or_default().to_ascii_lowercase().as_str() {
                    "serial" => Some(ShowKind::Serial),
                    "episodic" => Some(ShowKind::Episodic),
                    _ => feed.kind,
                };
            }
            (Itunes, "new-feed-url") => feed.new_address = self.address_in(level),
            (Itunes | GooglePlay, "block") => {
                feed.blocked |= self.line(level).is_some_and(|word| truth(&word) == Some(true))
            }
            (Itunes, "complete") => {
                feed.complete = self.line(level).is_some_and(|word| truth(&word) == Some(true))
            }
            (Itunes | GooglePlay, "owner") => self.owner(feed, level),
            (GooglePlay, "email") | (Itunes, "email") => {}
            (Space::Podcast, _) => self.podcast_feed_element(feed, tag, level),
            _ => {}
        }
    }

    /// What a child of an item or entry says.
    pub fn item_element(&mut self, item: &mut Item, tag: &Tag<'_>, level: usize) {
        use Space::{Atom, Chapters, Content, DublinCore, GooglePlay, Itunes, Media, Plain};
        match (tag.space, &*tag.name) {
            (Plain | Atom, "title") => item.title = self.line(level).or(item.title.take()),
            (Itunes | DublinCore | Media, "title") => self.first_line(&mut item.title, level),
            (Plain, "guid" | "id") | (Atom, "id") => item.guid = self.raw_line(level).or(item.guid.take()),
            (DublinCore, "identifier") if item.guid.is_none() => item.guid = self.raw_line(level),
            (Plain | Atom, "link") => self.item_link(item, tag, level),
            (Plain, "pubdate") | (Atom | Plain, "published" | "issued" | "created") => {
                item.published = self.date(level).or(item.published);
            }
            (Atom | Plain, "updated" | "modified") | (DublinCore, "date") if item.published.is_none() => {
                item.published = self.date(level);
            }
            (Content, "encoded")
            | (Plain, "description" | "body" | "fulltext")
            | (Atom | Plain, "content") => {
                let text = self.text_of(tag, level);
                self.texts.push((Role::Notes, text));
            }
            (Itunes | GooglePlay, "summary" | "description")
            | (Atom | Plain, "summary")
            | (Media, "description") => {
                let text = self.text_of(tag, level);
                self.texts.push((Role::Summary, text));
            }
            (Itunes, "subtitle") => self.first_line(&mut item.summary, level),
            (Plain, "enclosure") => {
                if let Some(source) = self.source(tag, "url", "length") {
                    self.push(&mut item.enclosures, source);
                }
            }
            (Media, "content") => self.media_content(tag),
            (Media, "group") => self.media_group(item, level),
            (Itunes, "duration") => {
                item.duration = self.line(level).and_then(|text| duration(&text)).or(item.duration)
            }
            (Itunes, "author") => item.author = self.line(level).or(item.author.take()),
            (Plain | Atom, "author") | (DublinCore, "creator") if item.author.is_none() => {
                item.author = self.author(level);
            }
            (Itunes | GooglePlay, "image") | (Media, "thumbnail") => {
                let address = match tag.attribute("href").or_else(|| tag.attribute("url")) {
                    Some(written) => self.address(&written),
                    None => self.address_in(level),
                };
                if tag.space != Media || item.image.is_none() {
                    item.image = address.or(item.image.take());
                }
            }
            (Plain | Atom, "category")
            | (Itunes, "category" | "keywords")
            | (DublinCore, "subject")
            | (Media, "keywords") => {
                self.categories(&mut item.categories, tag, level);
            }
            (Plain | Itunes | DublinCore, "language") => item.language = self.line(level),
            (Itunes | GooglePlay, "explicit") => {
                item.explicit = self.line(level).and_then(|word| truth(&word))
            }
            (Itunes | GooglePlay, "block") => {
                item.blocked |= self.line(level).is_some_and(|word| truth(&word) == Some(true))
            }
            (Itunes, "season" | "episode" | "episodetype") => self.numbering(item, tag, level),
            (Chapters, "chapters") => self.inline_chapters(item, level),
            (Space::Podcast, _) => self.podcast_item_element(item, tag, level),
            _ => {}
        }
    }

    /// Puts together what needed all of an item's elements.
    pub fn finish(&mut self, item: &mut Item) {
        // What is a summary by its name is the only text of many items, and the longest of some.
        let mut texts = std::mem::take(&mut self.texts);
        let best = texts.iter().enumerate().rev().max_by_key(|(_, (_, text))| text.len()).map(|(at, _)| at);
        if let Some(best) = best {
            item.notes = texts.swap_remove(best).1;
        }
        let short = texts
            .iter()
            .find(|(role, text)| *role == Role::Summary && *text != item.notes && !text.is_empty());
        if let (None, Some((_, text))) = (&item.summary, short) {
            item.summary = Some(line(&text.text())).filter(|text| !text.is_empty());
        }
        for source in std::mem::take(&mut self.media) {
            if item.enclosures.is_empty() {
                self.push(&mut item.enclosures, source);
            }
        }
    }

    /// `<enclosure url length type>` and its relatives.
    pub fn source(&mut self, tag: &Tag<'_>, address: &str, length: &str) -> Option<Source> {
        Some(Source {
            address: self.address_attribute(tag, address)?,
            media_type: self.lower_attribute(tag, "type"),
            bytes: self.number_attribute(tag, length).filter(|bytes| *bytes > 0),
        })
    }

    /// Sound and video of Media RSS, which stand in for an enclosure; pictures do not.
    fn media_content(&mut self, tag: &Tag<'_>) {
        let medium = self.lower_attribute(tag, "medium");
        let kind = self.lower_attribute(tag, "type").unwrap_or_default();
        let is_media = matches!(medium.as_deref(), Some("audio" | "video"))
            || (medium.is_none() && (kind.starts_with("audio/") || kind.starts_with("video/")));
        if is_media && self.media.len() < self.xml.limits.list {
            let source = self.source(tag, "url", "fileSize");
            self.media.extend(source);
        }
    }

    fn media_group(&mut self, item: &mut Item, level: usize) {
        while let Some(child) = self.xml.child(level) {
            let inner = self.xml.level();
            if child.space == Space::Media && child.name != "group" {
                self.item_element(item, &child, inner);
            }
        }
    }

    fn feed_link(&mut self, feed: &mut Feed, tag: &Tag<'_>, level: usize) {
        let Some(written) = tag.attribute("href") else {
            if tag.space == Space::Plain && feed.link.is_none() {
                feed.link = self.address_in(level);
            }
            return;
        };
        let Some(address) = self.address(&written) else { return };
        match self.lower_attribute(tag, "rel").as_deref() {
            None | Some("alternate") => feed.link = feed.link.take().or(Some(address)),
            Some("self") => feed.own_address = Some(address),
            Some("hub") => self.push(&mut feed.hubs, address),
            Some("next") => feed.next_page = Some(address),
            // An archive's older part (RFC 5005, section 4).
            Some("prev-archive") if feed.next_page.is_none() => feed.next_page = Some(address),
            _ => {}
        }
    }

    fn item_link(&mut self, item: &mut Item, tag: &Tag<'_>, level: usize) {
        if tag.attribute("href").is_none() {
            if tag.space == Space::Plain && item.link.is_none() {
                item.link = self.address_in(level);
            }
            return;
        }
        match self.lower_attribute(tag, "rel").as_deref() {
            None | Some("alternate") if item.link.is_none() => {
                item.link = self.address_attribute(tag, "href")
            }
            Some("enclosure") => {
                if let Some(source) = self.source(tag, "href", "length") {
                    self.push(&mut item.enclosures, source);
                }
            }
            _ => {}
        }
    }

    /// A person in one line: Atom's `<name>`, RSS's `mail@host (Name)`, or just text.
    fn author(&mut self, level: usize) -> Option<String> {
        let (mut name, mut email) = (None, None);
        let mut own = String::new();
        while let Some(content) = self.xml.text_or_child(level) {
            let inner = self.xml.level();
            match content {
                TextOrChild::Text(text) if own.len() + text.len() <= self.xml.limits.line_bytes => {
                    own.push_str(&text)
                }
                TextOrChild::Text(_) => self.xml.complaints.add("a text that is too long and was cut", ""),
                TextOrChild::Child(child) if child.name == "name" => name = self.line(inner),
                TextOrChild::Child(child) if child.name == "email" => email = self.line(inner),
                TextOrChild::Child(_) => {}
            }
        }
        let own = line_of_html(&own);
        let own = match own.split_once('(') {
            Some((mail, name)) if mail.contains('@') => name.trim_end_matches(')').trim().to_owned(),
            _ => own,
        };
        name.or(Some(own)).filter(|name| !name.is_empty()).or(email).filter(|name| !name.is_empty())
    }

    /// RSS's `<image><url>`, RDF's `<image rdf:resource>`.
    fn image(&mut self, feed: &mut Feed, tag: &Tag<'_>, level: usize) {
        let mut address =
            self.address_attribute(tag, "href").or_else(|| self.address_attribute(tag, "rdf:resource"));
        while let Some(child) = self.xml.child(level) {
            let inner = self.xml.level();
            if child.name == "url" {
                address = self.address_in(inner).or(address);
            }
        }
        feed.image = feed.image.take().or(address);
    }

    /// iTunes puts the name into an attribute and subcategories inside; RSS writes text; Atom a term and a label.
    fn categories(&mut self, list: &mut Vec<String>, tag: &Tag<'_>, level: usize) {
        let attribute = ["text", "label", "term"].into_iter().find_map(|name| self.line_attribute(tag, name));
        let names: Vec<String> = if let Some(above) = attribute {
            let mut names = Vec::new();
            while let Some(child) = self.xml.child(level) {
                if child.name == "category" {
                    names.extend(self.line_attribute(&child, "text").map(|below| format!("{above}/{below}")));
                }
            }
            if names.is_empty() { vec![above] } else { names }
        } else {
            let text = self.line(level).unwrap_or_default();
            let split = tag.name == "keywords";
            text.split(|mark| split && mark == ',').map(|name| name.trim().to_owned()).collect()
        };
        for name in names {
            if !name.is_empty() && !list.contains(&name) {
                self.push(list, name);
            }
        }
    }

    fn owner(&mut self, feed: &mut Feed, level: usize) {
        let mut owner = feed.owner.take().unwrap_or_default();
        while let Some(child) = self.xml.child(level) {
            let inner = self.xml.level();
            match &*child.name {
                "name" => owner.name = self.line(inner),
                "email" => owner.email = self.line(inner),
                _ => {}
            }
        }
        feed.owner = Some(owner).filter(|owner| owner.name.is_some() || owner.email.is_some());
    }

    fn skip_hours(&mut self, feed: &mut Feed, level: usize) {
        while self.xml.child(level).is_some() {
            let inner = self.xml.level();
            // RSS 0.91 counted to 24.
            let hour = self.line(inner).and_then(|hour| hour.parse::<u8>().ok()).filter(|hour| *hour <= 24);
            if let Some(hour) = hour.map(|hour| hour % 24).filter(|hour| !feed.skip_hours.contains(hour)) {
                feed.skip_hours.push(hour);
            }
        }
    }

    fn skip_days(&mut self, feed: &mut Feed, level: usize) {
        const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        while self.xml.child(level).is_some() {
            let inner = self.xml.level();
            let day = self.line(inner).unwrap_or_default().to_ascii_lowercase();
            let number = (0u8..).zip(DAYS).find(|(_, name)| day.starts_with(name)).map(|(number, _)| number);
            feed.skip_days.extend(number.filter(|number| !feed.skip_days.contains(number)));
        }
    }

    /// <https://web.resource.org/rss/1.0/modules/syndication/>: a period, divided by a frequency; either may come first.
    fn update_period(&mut self, feed: &mut Feed, tag: &Tag<'_>, level: usize) {
        const HOUR: u32 = 60;
        let Some(value) = self.line(level) else { return };
        if tag.name == "updatefrequency" {
            let frequency = value.parse::<u32>().ok().filter(|frequency| *frequency > 0).unwrap_or(1);
            feed.refresh_minutes = Some((feed.refresh_minutes.unwrap_or(24 * HOUR) / frequency).max(1));
            return;
        }
        feed.refresh_minutes = Some(match value.to_ascii_lowercase().as_str() {
            "hourly" => HOUR,
            "weekly" => 7 * 24 * HOUR,
            "monthly" => 30 * 24 * HOUR,
            "yearly" => 365 * 24 * HOUR,
            _ => 24 * HOUR,
        });
    }

    /// <https://podlove.org/simple-chapters/>
    fn inline_chapters(&mut self, item: &mut Item, level: usize) {
        while let Some(child) = self.xml.child(level) {
            let start = child.attribute("start").and_then(|start| duration(&start));
            let title = self.line_attribute(&child, "title");
            if let (Some(start), Some(title)) = (start, title) {
                let (link, image) =
                    (self.address_attribute(&child, "href"), self.address_attribute(&child, "image"));
                self.push(&mut item.inline_chapters, Chapter { start, title, link, image });
            }
        }
    }
}

/// Adds to a list as long as it is not too long.
pub(crate) fn push<T>(
    list: &mut Vec<T>,
    value: T,
    most: usize,
    complaints: &mut crate::complaint::Complaints,
) {
    if list.len() < most {
        list.push(value);
    } else {
        complaints.add("a list that is too long and was cut", "");
    }
}

fn longest(known: &mut Notes, other: Notes) {
    if other.len() > known.len() {
        *known = other;
    }
}

/// `yes`, `true`, `explicit`, `1`; `no`, `false`, `clean`, `0`.
pub(crate) fn truth(word: &str) -> Option<bool> {
    match word.trim().to_ascii_lowercase().as_str() {
        "yes" | "true" | "explicit" | "1" => Some(true),
        "no" | "false" | "clean" | "0" => Some(false),
        _ => None,
    }
}

/// Longest length of an episode that is believed: a day's broadcast has 24 hours.
const LONGEST_EPISODE: f64 = 100.0 * 3600.0;

/// `1:02:03`, `62:03`, `3723`, with a fraction or without; `None` when it is nothing of the kind or 0.
pub(crate) fn duration(text: &str) -> Option<Millis> {
    let mut seconds = 0.0;
    for (number, part) in text.trim().split(':').enumerate() {
        let part: f64 = part.trim().replace(',', ".").parse().ok()?;
        if number > 2 || !(0.0..=LONGEST_EPISODE).contains(&part) {
            return None;
        }
        seconds = seconds * 60.0 + part;
    }
    (0.0..=LONGEST_EPISODE).contains(&seconds).then(|| Millis::from_seconds(seconds))
}
