//! Notes: HTML from outside, made safe once, here.

mod read;
mod rewrite;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::OnceLock;

use ammonia::{Builder, UrlRelative};
use serde::Serialize;

pub use read::NotesLink;
pub(crate) use read::strip;

/// HTML that holds nothing but paragraphs, line breaks, links (http, https, mailto), lists, quotations, code and
/// emphasis, and that no script, style, frame, picture or attribute other than an address survives in.
///
/// There is no way to make one but through the sanitiser; text that was stored goes through it again when it is read,
/// and comes out the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct SafeHtml(String);

impl SafeHtml {
    /// Makes HTML of unknown origin safe. Headings become paragraphs with strong text, other blocks paragraphs; what is
    /// not in the list loses its tag and keeps its text, except scripts and styles, which go wholly.
    pub fn of_html(html: &str) -> Self {
        let rewritten = rewrite::to_small_set(html);
        Self(tidy(sanitiser().clean(&rewritten).to_string()))
    }

    /// Makes HTML of plain text: an empty line begins a paragraph, a line break stays one.
    pub fn of_text(text: &str) -> Self {
        let mut html = String::with_capacity(text.len() + 16);
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        for paragraph in text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty()) {
            html.push_str("<p>");
            for (number, line) in paragraph.lines().enumerate() {
                if number > 0 {
                    html.push_str("<br>");
                }
                escape_into(&mut html, line.trim());
            }
            html.push_str("</p>");
        }
        Self(html)
    }

    /// The HTML.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text: paragraphs separated by an empty line, each entry of a list on a line of its own behind `- ` or its
    /// number, no tags, no addresses.
    pub fn text(&self) -> String {
        read::text(&self.0)
    }

    /// The links, in order.
    pub fn links(&self) -> Vec<NotesLink> {
        read::links(&self.0)
    }

    /// True when there is nothing to read.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for SafeHtml {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Notes as they came. What they hold can be had as [`SafeHtml`] only, so nothing foreign gets further than here; the
/// work is done when it is asked for, since most items of a feed have not changed since the last time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Notes {
    foreign: String,
    /// It is text by declaration, whatever it looks like.
    plain: bool,
}

impl Notes {
    /// HTML, or text that may be HTML, as RSS has it.
    pub(crate) fn of_html(foreign: String) -> Self {
        Self { foreign, plain: false }
    }

    /// Text that is declared to be text.
    pub(crate) fn of_text(foreign: String) -> Self {
        Self { foreign, plain: true }
    }

    /// Length as it came, in bytes.
    pub fn len(&self) -> usize {
        self.foreign.len()
    }

    /// True when there are no notes.
    pub fn is_empty(&self) -> bool {
        self.foreign.is_empty()
    }

    /// The notes, made safe.
    pub fn html(&self) -> SafeHtml {
        if self.plain {
            SafeHtml::of_text(&self.foreign)
        } else if looks_like_html(&self.foreign) {
            SafeHtml::of_html(&self.foreign)
        } else {
            SafeHtml::of_text(&crate::xml::decode_entities(&self.foreign))
        }
    }

    /// The notes as text: [`SafeHtml::text`].
    pub fn text(&self) -> String {
        self.html().text()
    }
}

/// True when there is a tag in it.
fn looks_like_html(text: &str) -> bool {
    text.match_indices('<').any(|(at, _)| {
        text[at + 1..].starts_with(|next: char| next.is_ascii_alphabetic() || next == '/' || next == '!')
    })
}

fn escape_into(html: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            letter if letter.is_control() => {}
            letter => html.push(letter),
        }
    }
}

/// The elements that notes may have. Nothing else is ever allowed: not `svg`, `math`, `style`, `img`.
const ELEMENTS: [&str; 12] =
    ["p", "br", "a", "ul", "ol", "li", "em", "strong", "b", "i", "blockquote", "code"];

fn sanitiser() -> &'static Builder<'static> {
    static SANITISER: OnceLock<Builder<'static>> = OnceLock::new();
    SANITISER.get_or_init(|| {
        let mut builder = Builder::empty();
        builder
            .tags(HashSet::from(ELEMENTS))
            .clean_content_tags(HashSet::from(["script", "style"]))
            .tag_attributes(HashMap::from([("a", HashSet::from(["href"]))]))
            .generic_attributes(HashSet::new())
            .url_schemes(HashSet::from(["http", "https", "mailto"]))
            .url_relative(UrlRelative::Deny)
            .link_rel(Some("nofollow noopener"))
            .strip_comments(true);
        builder
    })
}

/// Takes out empty paragraphs, which blocks inside each other leave behind.
fn tidy(mut html: String) -> String {
    for empty in ["<p></p>", "<p> </p>", "<p>&nbsp;</p>", "<p>\n</p>"] {
        if html.contains(empty) {
            html = html.replace(empty, "");
        }
    }
    html.trim().to_owned()
}
