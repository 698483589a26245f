//! OPML: lists of feeds, in and out. <http://opml.org/spec2.opml>

use crate::address::Base;
use crate::complaint::Complaint;
use crate::limits::Limits;
use crate::prose::line;
use crate::read::{NotAFeed, readable, something_else};
use crate::xml::Xml;

/// A feed in a list of feeds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// Title, when there is one.
    pub title: Option<String>,
    /// Address of the feed, with http or https.
    pub address: String,
    /// Page of the show.
    pub site: Option<String>,
    /// The folders it lies in, outermost first.
    pub folders: Vec<String>,
}

/// What was understood of a list of feeds, and what was not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutlineList {
    /// Title of the list.
    pub title: Option<String>,
    /// The feeds, in order, each address once.
    pub outlines: Vec<Outline>,
    /// What could not be taken as it was written, a complaint each kind of fault.
    pub complaints: Vec<Complaint>,
}

/// Reads a list of feeds. An outline without the address of a feed is a folder, whatever its `type` says.
///
/// # Errors
/// The document is no OPML at all. Whatever is wrong inside is a complaint, and the rest is read.
pub fn parse_opml(bytes: &[u8], limits: &Limits) -> Result<OutlineList, NotAFeed> {
    let decoded = readable(bytes, None, limits)?;
    let text = &*decoded.text;
    if text.trim().is_empty() {
        return Err(NotAFeed::Empty);
    }
    let mut xml = Xml::new(text, limits);
    let root = xml.any().ok_or_else(|| something_else(text))?;
    if !matches!(&*root.name, "opml" | "body" | "outline") {
        return Err(something_else(text));
    }
    let base = Base::new("");
    let mut list = OutlineList::default();
    let mut known = std::collections::HashSet::new();
    // Level and name of the folders that are open.
    let mut folders: Vec<(usize, String)> = Vec::new();
    let mut next = Some(root);
    while let Some(tag) = next.take().or_else(|| xml.any()) {
        let level = xml.level();
        folders.retain(|(own, _)| *own < level);
        if tag.name == "title" && list.title.is_none() {
            list.title =
                Some(line(&xml.content(level, limits.line_bytes, false))).filter(|title| !title.is_empty());
        }
        if tag.name != "outline" {
            continue;
        }
        let title = ["title", "text"].into_iter().find_map(|name| {
            let title = line(&tag.attribute(name)?);
            (!title.is_empty()).then_some(title)
        });
        let address = ["xmlUrl", "feedUrl"].into_iter().find_map(|name| tag.attribute(name)).or_else(|| {
            // Some programs write the address of a feed into `url`.
            let kind = tag.attribute("type").unwrap_or_default().to_ascii_lowercase();
            (kind == "rss" || kind == "atom").then(|| tag.attribute("url")).flatten()
        });
        let Some(written) = address else {
            if !tag.is_empty() {
                folders.push((level, title.unwrap_or_default()));
            }
            continue;
        };
        // Addresses that podcast programs hand each other by a scheme of their own.
        let written = match written.trim().split_once("://") {
            Some(("feed" | "itpc" | "pcast" | "podcast", rest)) => format!("http://{rest}"),
            _ => written.into_owned(),
        };
        let Some(address) = base.resolve(&written, limits.line_bytes, &mut xml.complaints) else { continue };
        if list.outlines.len() >= limits.outlines {
            xml.complaints.add("too many outlines", "");
            break;
        }
        if !known.insert(address.clone()) {
            xml.complaints.add("a feed that is listed twice", &address);
            continue;
        }
        let site = tag.attribute("htmlUrl");
        let site = site.and_then(|site| base.resolve(&site, limits.line_bytes, &mut xml.complaints));
        let folders = folders.iter().map(|(_, name)| name.clone()).filter(|name| !name.is_empty()).collect();
        list.outlines.push(Outline { title, address, site, folders });
    }
    if xml.is_cut_off() {
        xml.complaints.add("the document ends before it is finished", "");
    }
    list.complaints = xml.complaints.into_list();
    if let Some((kind, detail)) = decoded.complaint {
        list.complaints.insert(0, Complaint { kind, detail, times: 1 });
    }
    Ok(list)
}

/// Writes a list of feeds; outlines that follow each other in the same folder share it.
pub fn write_opml(title: &str, outlines: &[Outline]) -> String {
    let mut opml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\">\n  <head>\n    <title>{}</title>\n  </head>\n  <body>\n",
        escape(title)
    );
    let mut open: &[String] = &[];
    for outline in outlines {
        let shared = open.iter().zip(&outline.folders).take_while(|(one, other)| one == other).count();
        for depth in (shared..open.len()).rev() {
            opml.push_str(&format!("{}</outline>\n", indent(depth)));
        }
        for (depth, folder) in outline.folders.iter().enumerate().skip(shared) {
            opml.push_str(&format!("{}<outline text=\"{}\">\n", indent(depth), escape(folder)));
        }
        open = &outline.folders;
        let name = escape(outline.title.as_deref().unwrap_or(&outline.address));
        opml.push_str(&format!(
            "{}<outline type=\"rss\" text=\"{name}\" title=\"{name}\"",
            indent(open.len())
        ));
        opml.push_str(&format!(" xmlUrl=\"{}\"", escape(&outline.address)));
        if let Some(site) = &outline.site {
            opml.push_str(&format!(" htmlUrl=\"{}\"", escape(site)));
        }
        opml.push_str("/>\n");
    }
    for depth in (0..open.len()).rev() {
        opml.push_str(&format!("{}</outline>\n", indent(depth)));
    }
    opml.push_str("  </body>\n</opml>\n");
    opml
}

fn indent(depth: usize) -> String {
    "  ".repeat(depth + 2)
}

fn escape(text: &str) -> String {
    quick_xml::escape::escape(line(text)).into_owned()
}
