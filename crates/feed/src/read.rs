//! Finds out what a document is, and has it read.

use crate::address::Base;
use crate::complaint::{Complaint, Complaints};
use crate::container;
use crate::decode::decode;
use crate::elements::Reading;
use crate::item::Item;
use crate::json;
use crate::limits::Limits;
use crate::show::{Feed, Format};
use crate::xml::{Space, Xml};

/// What was understood of a feed, and what was not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parsed {
    /// The feed.
    pub feed: Feed,
    /// What could not be taken as it was written, a complaint each kind of fault.
    pub complaints: Vec<Complaint>,
}

/// Why a document is no feed at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAFeed {
    /// Nothing but white space.
    #[error("the document is empty: ask again later, or look at the address in a browser")]
    Empty,
    /// More bytes than [`Limits::document_bytes`].
    #[error("the document has {bytes} bytes, more than the {most} that are read of a feed")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        most: usize,
    },
    /// Gzip, or another compression that its server did not declare.
    #[error("the document is compressed although its server does not say so: decompress it first")]
    Compressed,
    /// A page for people; the feeds that it points to.
    #[error("this is a web page, not a feed{}", offer(feeds))]
    WebPage {
        /// Addresses of feeds that the page names.
        feeds: Vec<String>,
    },
    /// A list of feeds: [`crate::parse_opml`].
    #[error("this is a list of feeds (OPML), not a feed: add it as a file")]
    ListOfFeeds,
    /// Sound, pictures, text, or markup for something else.
    #[error("this is not a feed: it begins with \"{begins}\"")]
    SomethingElse {
        /// The first characters.
        begins: String,
    },
}

fn offer(feeds: &[String]) -> String {
    match feeds {
        [] => String::new(),
        [one] => format!("; its feed is {one}"),
        several => format!("; its feeds are {}", several.join(", ")),
    }
}

/// Reads a feed of any format, which is found by its content; `content_type` (the header's value) is asked for the
/// encoding only. Relative addresses are resolved against `address`, where the document came from.
///
/// # Errors
/// The document is no feed at all. Whatever is wrong inside a feed is a complaint, and the rest is read.
pub fn parse(
    bytes: &[u8],
    content_type: Option<&str>,
    address: &str,
    limits: &Limits,
) -> Result<Parsed, NotAFeed> {
    let mut items = Vec::new();
    let mut parsed = parse_items(bytes, content_type, address, limits, &mut |item| items.push(item))?;
    parsed.feed.items = items;
    Ok(parsed)
}

/// As [`parse`], with each item given to `each` as soon as it is read and `feed.items` left empty: memory does not grow
/// with the number of items.
///
/// # Errors
/// As [`parse`].
pub fn parse_items(
    bytes: &[u8],
    content_type: Option<&str>,
    address: &str,
    limits: &Limits,
    each: &mut dyn FnMut(Item),
) -> Result<Parsed, NotAFeed> {
    let decoded = readable(bytes, content_type, limits)?;
    let text = decoded
        .text
        .trim_start_matches(|first: char| first.is_whitespace() || first == '\u{feff}' || first == '\0');
    let base = Base::new(address);
    let mut parsed = match text.chars().next() {
        None => return Err(NotAFeed::Empty),
        Some('{') => {
            let mut complaints = Complaints::new(limits.complaints);
            let feed = json::read(text, &base, limits, &mut complaints, each)?;
            Parsed { feed, complaints: complaints.into_list() }
        }
        Some(_) => read_xml(text, base, limits, each)?,
    };
    if let Some((kind, detail)) = decoded.complaint {
        parsed.complaints.insert(0, Complaint { kind, detail, times: 1 });
    }
    Ok(parsed)
}

/// The document's text, unless it is not to be read at all.
pub(crate) fn readable<'a>(
    bytes: &'a [u8],
    content_type: Option<&str>,
    limits: &Limits,
) -> Result<crate::decode::Decoded<'a>, NotAFeed> {
    if bytes.len() > limits.document_bytes {
        return Err(NotAFeed::TooLarge { bytes: bytes.len(), most: limits.document_bytes });
    }
    let is_compressed = bytes.starts_with(b"\x1f\x8b") || bytes.starts_with(b"\x28\xb5\x2f\xfd");
    if is_compressed { Err(NotAFeed::Compressed) } else { Ok(decode(bytes, content_type)) }
}

/// Text before the first tag that is passed over: warnings that a program printed in front of its feed.
const JUNK: usize = 2048;

fn read_xml(text: &str, base: Base, limits: &Limits, each: &mut dyn FnMut(Item)) -> Result<Parsed, NotAFeed> {
    let begin = text.find('<').filter(|at| *at <= JUNK).ok_or_else(|| something_else(text))?;
    let mut xml = Xml::new(&text[begin..], limits);
    if begin > 0 {
        xml.complaints.add("text before the begin of the feed", text);
    }
    let root = xml.any().ok_or_else(|| something_else(text))?;
    let format = match (root.space, &*root.name) {
        (Space::Plain, "rss" | "channel") => Format::Rss,
        (_, "rdf") => Format::Rdf,
        (Space::Plain | Space::Atom, "feed") => Format::Atom,
        (_, "opml") => return Err(NotAFeed::ListOfFeeds),
        (_, "html" | "head" | "body" | "script" | "div" | "meta" | "title") => {
            return Err(NotAFeed::WebPage { feeds: feeds_of_page(xml, &base) });
        }
        _ => return Err(something_else(text)),
    };
    let language = root.attribute("xml:lang");
    let mut reading = Reading::new(xml, base);
    let mut feed = container::read(&mut reading, format, each);
    feed.language = feed.language.or_else(|| language.map(|language| crate::prose::line(&language)));
    Ok(Parsed { feed, complaints: reading.xml.complaints.into_list() })
}

/// The feeds that a web page names in its head.
fn feeds_of_page(mut xml: Xml<'_>, base: &Base) -> Vec<String> {
    const TYPES: [&str; 4] =
        ["application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml"];
    const ELEMENTS: usize = 2000;
    const OFFERED: usize = 8;
    let mut feeds = Vec::new();
    for _ in 0..ELEMENTS {
        let Some(tag) = xml.any() else { break };
        let kind = tag.attribute("type").unwrap_or_default().trim().to_ascii_lowercase();
        if tag.name != "link" || !TYPES.contains(&kind.as_str()) || feeds.len() >= OFFERED {
            continue;
        }
        let address = tag
            .attribute("href")
            .and_then(|written| base.resolve(&written, xml.limits.line_bytes, &mut xml.complaints));
        feeds.extend(address.filter(|address| !feeds.contains(address)));
    }
    feeds
}

pub(crate) fn something_else(text: &str) -> NotAFeed {
    const SHOWN: usize = 40;
    let begins = text.chars().filter(|letter| !letter.is_control()).take(SHOWN).collect();
    NotAFeed::SomethingElse { begins }
}
