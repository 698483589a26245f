//! A show as a feed that podcast apps take: RSS 2.0 with the elements of iTunes and Podcasting 2.0.
//!
//! Sources: RSS 2.0 (<https://www.rssboard.org/rss-specification>), the podcast namespace
//! (<https://podcasting2.org/docs/podcast-namespace>), `content:encoded` (RSS 1.0 content module).

use crate::audio::ending;
use crate::episode;
use crate::places::Places;
use archive::{Archive, EpisodeEntry, ShowEntry};
use model::{EpisodeId, Person};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use std::io;
use transcript::Format;
use uuid::{Uuid, uuid};

/// Episodes of a feed: what apps show; the pages have all.
const EPISODES: usize = 1_000;

/// Transcripts that a feed offers, those with voices first.
const TRANSCRIPTS: [Format; 3] = [Format::Vtt, Format::Json, Format::Srt];

/// The namespace in which a feed's address names it (`podcast:guid`).
const NAMESPACE: Uuid = uuid!("ead4c236-bf58-58c6-a2c6-a6b28d128cb6");

/// Where the addresses of a feed lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Where {
    /// To a server.
    Server,
    /// To a folder of files.
    Folder,
}

/// Writes the feed of a show. `base` is the address of the top, with its `/`.
///
/// # Errors
/// Those of the archive.
pub(crate) fn feed(archive: &Archive, show: &ShowEntry, base: &str, at: Where) -> archive::Result<String> {
    let episodes = archive.episodes_page(Some(show.show.id), 0, EPISODES)?;
    let mut chapters = Vec::with_capacity(episodes.len());
    for entry in &episodes {
        chapters.push(archive.chapters(entry.episode.id)?.is_some());
    }
    let places = if at == Where::Server { Places::served() } else { Places::in_folder(0) };
    let mut feed = Feed { writer: Writer::new_with_indent(Vec::new(), b' ', 1), base, places };
    let written = feed.write(show, episodes.iter().zip(chapters));
    written.map_err(|error| archive::Error::Invalid(format!("the feed cannot be written: {error}")))?;
    String::from_utf8(feed.writer.into_inner()).map_err(|error| archive::Error::Invalid(error.to_string()))
}

struct Feed<'a> {
    writer: Writer<Vec<u8>>,
    base: &'a str,
    places: Places,
}

impl Feed<'_> {
    fn absolute(&self, place: &str) -> String {
        format!("{}{}", self.base, place.trim_start_matches('/'))
    }

    fn open(&mut self, name: &str, attributes: &[(&str, &str)]) -> io::Result<()> {
        let element = BytesStart::new(name).with_attributes(attributes.iter().copied());
        self.writer.write_event(Event::Start(element))
    }

    fn close(&mut self, name: &str) -> io::Result<()> {
        self.writer.write_event(Event::End(BytesEnd::new(name)))
    }

    fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) -> io::Result<()> {
        let element = BytesStart::new(name).with_attributes(attributes.iter().copied());
        self.writer.write_event(Event::Empty(element))
    }

    fn text(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) -> io::Result<()> {
        self.open(name, attributes)?;
        self.writer.write_event(Event::Text(BytesText::new(&allowed(text))))?;
        self.close(name)
    }

    fn maybe(&mut self, name: &str, text: Option<&str>) -> io::Result<()> {
        text.map_or(Ok(()), |text| self.text(name, &[], text))
    }

    fn write<'e>(
        &mut self,
        show: &ShowEntry,
        episodes: impl Iterator<Item = (&'e EpisodeEntry, bool)>,
    ) -> io::Result<()> {
        let facts = &show.show.facts;
        let places = self.places.clone();
        let own = self.absolute(&places.feed(&show.show.id));
        self.writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        self.open(
            "rss",
            &[
                ("version", "2.0"),
                ("xmlns:atom", "http://www.w3.org/2005/Atom"),
                ("xmlns:content", "http://purl.org/rss/1.0/modules/content/"),
                ("xmlns:itunes", "http://www.itunes.com/dtds/podcast-1.0.dtd"),
                ("xmlns:podcast", "https://podcastindex.org/namespace/1.0"),
            ],
        )?;
        self.open("channel", &[])?;
        self.text("title", &[], &show.show.title)?;
        let link = facts.link.clone().unwrap_or_else(|| self.absolute(&places.show_page(&show.show.id, 1)));
        self.text("link", &[], &link)?;
        self.text("description", &[], facts.description.as_deref().unwrap_or(&show.show.title))?;
        self.text("language", &[], facts.language.as_deref().unwrap_or("en"))?;
        self.text("generator", &[], concat!("Readout ", env!("CARGO_PKG_VERSION")))?;
        self.empty("atom:link", &[("rel", "self"), ("type", "application/rss+xml"), ("href", &own)])?;
        let bare = own.split_once("://").map_or(own.as_str(), |(_, bare)| bare).trim_end_matches('/');
        self.text("podcast:guid", &[], &Uuid::new_v5(&NAMESPACE, bare.as_bytes()).to_string())?;
        self.maybe("itunes:author", facts.author.as_deref())?;
        self.text("itunes:explicit", &[], "false")?;
        if let Some(image) = &facts.image {
            self.empty("itunes:image", &[("href", image)])?;
        }
        self.people(&facts.people)?;
        for (entry, chapters) in episodes {
            self.item(&places, entry, chapters)?;
        }
        self.close("channel")?;
        self.close("rss")
    }

    fn item(&mut self, places: &Places, entry: &EpisodeEntry, chapters: bool) -> io::Result<()> {
        let id = entry.episode.id;
        let facts = &entry.episode.facts;
        self.open("item", &[])?;
        self.text("title", &[], &episode::title(entry))?;
        // The archive's own name for it: that of the publisher belongs to the publisher's feed.
        self.text("guid", &[("isPermaLink", "false")], &format!("urn:uuid:{id}"))?;
        self.text("link", &[], &self.absolute(&places.episode(&id)))?;
        let midnight =
            || entry.episode.broadcast?.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|day| day.timestamp());
        let published = facts
            .published
            .or_else(midnight)
            .and_then(|at| jiff::fmt::rfc2822::to_string(&at.to_zoned(jiff::tz::TimeZone::UTC)).ok());
        self.maybe("pubDate", published.as_deref())?;
        self.maybe("description", entry.episode.notes.as_deref())?;
        self.maybe("content:encoded", facts.notes_html.as_deref())?;
        if let Some(image) = &facts.image {
            self.empty("itunes:image", &[("href", image)])?;
        }
        self.maybe("itunes:season", facts.season.map(|season| season.to_string()).as_deref())?;
        self.maybe("itunes:episode", facts.number.map(|number| number.to_string()).as_deref())?;
        let recording = entry.recording.as_ref();
        if let Some((blob, media)) =
            recording.and_then(|recording| recording.blob.zip(recording.media.as_ref()))
        {
            let (ending, mime) = ending(media);
            let address = self.absolute(&places.audio(&blob, ending));
            let bytes = media.bytes.to_string();
            self.empty("enclosure", &[("url", &address), ("length", &bytes), ("type", mime)])?;
            if let Some(length) = media.duration {
                self.text("itunes:duration", &[], &(length.0 / 1000).to_string())?;
            }
        }
        self.people(&entry.episode.people)?;
        if entry.hearing.as_ref().is_some_and(|hearing| hearing.complete) {
            self.transcripts(places, &id, entry)?;
        }
        if chapters {
            let address = self.absolute(&places.of_episode(&id, "chapters.json"));
            self.empty("podcast:chapters", &[("url", &address), ("type", "application/json+chapters")])?;
        }
        self.close("item")
    }

    fn transcripts(&mut self, places: &Places, id: &EpisodeId, entry: &EpisodeEntry) -> io::Result<()> {
        let language = entry.hearing.as_ref().and_then(|hearing| hearing.language.clone());
        // Of a text without times there are no captions to offer.
        let timed = entry.coverage.is_some_and(|coverage| coverage.heard.0 > 0);
        let formats: &[Format] = if timed { &TRANSCRIPTS } else { &[Format::Html] };
        for &format in formats {
            let address = self.absolute(&places.of_episode(id, format_args!("transcript.{format}")));
            let mime = format.mime().split(';').next().unwrap_or_default();
            let mut attributes = vec![("url", address.as_str()), ("type", mime)];
            attributes.extend(language.as_deref().map(|language| ("language", language)));
            if matches!(format, Format::Vtt | Format::Srt) {
                attributes.push(("rel", "captions"));
            }
            self.empty("podcast:transcript", &attributes)?;
        }
        Ok(())
    }

    fn people(&mut self, people: &[Person]) -> io::Result<()> {
        for person in people {
            let role = person.role.as_deref().map(|role| ("role", role));
            self.text("podcast:person", role.as_slice(), &person.name)?;
        }
        Ok(())
    }
}

/// Text without the characters that XML 1.0 cannot hold.
fn allowed(text: &str) -> String {
    text.chars().filter(|letter| matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)).collect()
}
