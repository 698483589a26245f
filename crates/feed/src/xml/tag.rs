//! One start tag.

use std::borrow::Cow;

use quick_xml::events::attributes::Attributes;

use super::entities::decode;
use super::spaces::Space;

/// A start tag as it is written, and what it means.
#[derive(Clone, Debug)]
pub(crate) struct Tag<'a> {
    /// What stands between `<` and `>`, without the slash of an empty element.
    inside: &'a str,
    name_length: usize,
    empty: bool,
    most_attributes: usize,
    /// The vocabulary its name is of.
    pub space: Space,
    /// Its name without prefix, in lower case.
    pub name: Cow<'a, str>,
}

impl<'a> Tag<'a> {
    pub fn new(inside: &'a str, most_attributes: usize) -> Self {
        let (inside, empty) = match inside.strip_suffix('/') {
            Some(inside) => (inside, true),
            None => (inside, false),
        };
        let name_length = inside.find(|letter: char| letter.is_ascii_whitespace()).unwrap_or(inside.len());
        let local = inside[..name_length].rsplit(':').next().unwrap_or_default();
        let name = if local.bytes().any(|letter| letter.is_ascii_uppercase()) {
            Cow::Owned(local.to_ascii_lowercase())
        } else {
            Cow::Borrowed(local)
        };
        Self { inside, name_length, empty, most_attributes, space: Space::Plain, name }
    }

    pub fn name_as_written(&self) -> &'a str {
        &self.inside[..self.name_length]
    }

    pub fn prefix(&self) -> &'a str {
        self.name_as_written().split_once(':').map_or("", |(prefix, _)| prefix)
    }

    pub fn is_empty(&self) -> bool {
        self.empty
    }

    pub fn inside(&self) -> &'a str {
        self.inside
    }

    pub fn set_space(&mut self, space: Space) {
        self.space = space;
    }

    /// Names as written and values with entities resolved, of as many attributes as the limit allows.
    pub fn attributes(&self) -> impl Iterator<Item = (&'a str, Cow<'a, str>)> + use<'a> {
        let mut attributes = Attributes::html(self.inside, self.name_length);
        // Looking for doubled names takes time that grows with the square of their number.
        attributes.with_checks(false);
        attributes.take(self.most_attributes).flatten().map(|attribute| {
            let value = match attribute.value {
                Cow::Borrowed(value) => decode(value),
                Cow::Owned(value) => Cow::Owned(decode(&value).into_owned()),
            };
            (attribute.key.0, value)
        })
    }

    /// The value of the attribute `name`, whatever its case; `None` when it is absent or blank.
    pub fn attribute(&self, name: &str) -> Option<Cow<'a, str>> {
        let (_, value) = self.attributes().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        (!value.trim().is_empty()).then_some(value)
    }

    /// True for elements that occur in feeds and never inside the text of one: met in a text, they say that the end of
    /// the text was forgotten.
    pub fn is_of_a_feed(&self) -> bool {
        match self.space {
            Space::Plain | Space::Atom => matches!(
                &*self.name,
                "item"
                    | "entry"
                    | "channel"
                    | "feed"
                    | "guid"
                    | "pubdate"
                    | "enclosure"
                    | "title"
                    | "link"
                    | "description"
                    | "author"
                    | "category"
                    | "published"
                    | "updated"
                    | "id"
                    | "content"
            ),
            Space::Xhtml | Space::Other => false,
            _ => true,
        }
    }
}

/// True when a name may begin so.
pub(super) fn begins_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_alphabetic() || first == '_' || first == ':')
}

/// True when the byte at `place` of a tag is not inside the quotation marks of a value.
pub(super) fn is_outside_quotes(inside: &str, place: usize) -> bool {
    let mut quote = None;
    for byte in inside.bytes().take(place) {
        match quote {
            None if byte == b'"' || byte == b'\'' => quote = Some(byte),
            Some(open) if open == byte => quote = None,
            _ => {}
        }
    }
    quote.is_none()
}
