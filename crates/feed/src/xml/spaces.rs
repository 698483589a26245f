//! Namespaces: by what the document declares, else by the prefix that everybody uses.

use super::tag::Tag;
use crate::complaint::Complaints;

/// The vocabularies that feeds are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Space {
    /// RSS of all versions, OPML, and everything without a namespace.
    #[default]
    Plain,
    Atom,
    Itunes,
    Podcast,
    Content,
    DublinCore,
    Media,
    Syndication,
    GooglePlay,
    Chapters,
    Paging,
    Xhtml,
    /// A namespace that is not known here.
    Other,
}

/// By a part of the name that no other has: real feeds write them with http and https, with and without slash at the
/// end, in any case, with version numbers that were never published.
const NAMES: &[(&str, Space)] = &[
    ("www.w3.org/2005/atom", Space::Atom),
    ("purl.org/atom", Space::Atom),
    ("itunes.com/dtds/podcast", Space::Itunes),
    ("podcastindex.org/namespace", Space::Podcast),
    ("podcast-namespace", Space::Podcast),
    ("podcasting2.org/docs/podcast-namespace", Space::Podcast),
    ("purl.org/rss/1.0/modules/content", Space::Content),
    ("purl.org/dc/", Space::DublinCore),
    ("search.yahoo.com/mrss", Space::Media),
    ("purl.org/rss/1.0/modules/syndication", Space::Syndication),
    ("google.com/schemas/play-podcasts", Space::GooglePlay),
    ("podlove.org/simple-chapters", Space::Chapters),
    ("purl.org/syndication/history", Space::Paging),
    ("www.w3.org/1999/xhtml", Space::Xhtml),
    ("www.w3.org/1999/02/22-rdf-syntax-ns", Space::Plain),
    ("purl.org/rss/1.0", Space::Plain),
    ("my.netscape.com/rdf/simple/0.9", Space::Plain),
    ("backend.userland.com/rss", Space::Plain),
    ("cyber.harvard.edu/rss", Space::Plain),
    ("blogs.law.harvard.edu/tech/rss", Space::Plain),
];

/// The prefixes that feeds use, with and without declaring them.
fn by_prefix(prefix: &str) -> Option<Space> {
    Some(match prefix {
        "" | "rss" | "rdf" => Space::Plain,
        "atom" | "atom10" | "a10" => Space::Atom,
        "itunes" => Space::Itunes,
        "podcast" => Space::Podcast,
        "content" => Space::Content,
        "dc" | "dcterms" => Space::DublinCore,
        "media" => Space::Media,
        "sy" => Space::Syndication,
        "googleplay" => Space::GooglePlay,
        "psc" => Space::Chapters,
        "fh" => Space::Paging,
        "xhtml" => Space::Xhtml,
        _ => return None,
    })
}

/// The namespaces declared at a place of a document.
pub(super) struct Spaces<'a> {
    most: usize,
    /// Level of the element that declares it, prefix, vocabulary.
    declared: Vec<(usize, &'a str, Space)>,
}

impl<'a> Spaces<'a> {
    pub fn new(most: usize) -> Self {
        Self { most, declared: Vec::new() }
    }

    /// Reads what `tag`, open at `level`, declares, and says in which vocabulary it is written.
    pub fn enter(&mut self, level: usize, tag: &mut Tag<'a>, complaints: &mut Complaints) {
        if tag.inside().contains("xmlns") {
            for (key, value) in tag.attributes() {
                let prefix = match key.strip_prefix("xmlns") {
                    Some("") => "",
                    Some(prefix) if prefix.starts_with(':') => &prefix[1..],
                    _ => continue,
                };
                if self.declared.len() >= self.most {
                    complaints.add("too many namespaces", prefix);
                    break;
                }
                self.declared.push((level, prefix, vocabulary(prefix, &value)));
            }
        }
        let prefix = tag.prefix();
        let space = match self.declared.iter().rev().find(|(_, known, _)| *known == prefix) {
            Some((_, _, space)) => *space,
            None => by_prefix(prefix).unwrap_or_else(|| {
                let known = by_prefix(&prefix.to_ascii_lowercase());
                complaints.add("a prefix that is not declared", prefix);
                known.unwrap_or(Space::Other)
            }),
        };
        tag.set_space(space);
    }

    /// Forgets what elements deeper than `level` declared.
    pub fn leave(&mut self, level: usize) {
        while self.declared.last().is_some_and(|(own, _, _)| *own > level) {
            self.declared.pop();
        }
    }
}

fn vocabulary(prefix: &str, name: &str) -> Space {
    let name = name.trim().to_ascii_lowercase();
    let known = NAMES.iter().find(|(part, _)| name.contains(part)).map(|(_, space)| *space);
    // A usual prefix with a mistyped name means what it always means.
    known.or_else(|| by_prefix(prefix)).unwrap_or(Space::Other)
}
