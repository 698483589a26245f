//! JSON Feed 1.0 and 1.1: <https://www.jsonfeed.org/version/1.1/>.

mod spans;

use serde_json::{Map, Value};

use crate::address::Base;
use crate::complaint::Complaints;
use crate::dates::parse_date;
use crate::elements::{duration, push};
use crate::html::Notes;
use crate::item::{Item, Source};
use crate::limits::Limits;
use crate::prose::{floor_boundary, line};
use crate::read::NotAFeed;
use crate::show::{Feed, Format, Person};

/// Reads a feed; items go to `each` as they are met. Each item is cut out before it is parsed, so that a fault in one
/// costs that one.
pub(crate) fn read(
    text: &str,
    base: &Base,
    limits: &Limits,
    complaints: &mut Complaints,
    each: &mut dyn FnMut(Item),
) -> Result<Feed, NotAFeed> {
    let mut about = Map::new();
    let mut is_feed = false;
    let mut items = 0;
    let mut reading = Reading { base, limits, complaints };
    let finished = spans::members(text, &mut |key, span| {
        if key != "items" {
            is_feed |= key == "version" && span.contains("jsonfeed.org");
            match serde_json::from_str(span) {
                Ok(value) => drop(about.insert(key.to_owned(), value)),
                Err(_) => reading.complaints.add("a value that cannot be read", key),
            }
            return;
        }
        is_feed = true;
        let finished = spans::elements(span, &mut |span| {
            if items >= limits.items {
                reading.complaints.add("too many items", "");
                return;
            }
            match serde_json::from_str(span) {
                Ok(Value::Object(fields)) => {
                    items += 1;
                    each(reading.item(&fields));
                }
                _ => reading.complaints.add("an item that cannot be read", span),
            }
        });
        if !finished {
            reading.complaints.add("the document ends before it is finished", "");
        }
    });
    if !is_feed {
        return Err(crate::read::something_else(text));
    }
    if !finished {
        reading.complaints.add("the document ends before it is finished", "");
    }
    Ok(reading.feed(&about))
}

struct Reading<'r> {
    base: &'r Base,
    limits: &'r Limits,
    complaints: &'r mut Complaints,
}

type Fields = Map<String, Value>;

impl Reading<'_> {
    fn feed(&mut self, fields: &Fields) -> Feed {
        let own_address = self.address(fields, "feed_url");
        let mut hubs: Vec<String> = list(fields, "hubs").filter_map(|hub| self.address(hub, "url")).collect();
        hubs.truncate(self.limits.list);
        Feed {
            format: Format::Json,
            title: self.line(fields, "title"),
            notes: self.text(fields, "description"),
            link: self.address(fields, "home_page_url"),
            own_address,
            next_page: self.address(fields, "next_url"),
            hubs,
            language: self.line(fields, "language"),
            author: self.authors(fields).into_iter().next().map(|author| author.name),
            people: self.authors(fields),
            image: self.address(fields, "icon").or_else(|| self.address(fields, "favicon")),
            complete: fields.get("expired").and_then(Value::as_bool).unwrap_or(false),
            ..Feed::default()
        }
    }

    fn item(&mut self, fields: &Fields) -> Item {
        let html = self.text(fields, "content_html");
        let text = self.plain(fields, "content_text");
        let summary = self.line(fields, "summary");
        let notes = if html.is_empty() { text } else { html };
        let dates = ["date_published", "date_modified"].map(|name| fields.get(name).and_then(Value::as_str));
        let published = dates.into_iter().flatten().find_map(|written| {
            let date = parse_date(written);
            if date.is_none() {
                self.complaints.add("a date that cannot be read", written);
            }
            date
        });
        let mut item = Item {
            guid: self.line(fields, "id"),
            title: self.line(fields, "title"),
            published,
            link: self.address(fields, "url").or_else(|| self.address(fields, "external_url")),
            image: self.address(fields, "image").or_else(|| self.address(fields, "banner_image")),
            people: self.authors(fields),
            language: self.line(fields, "language"),
            ..Item::default()
        };
        item.author = item.people.first().map(|author| author.name.clone());
        if notes.is_empty() {
            item.notes = Notes::of_text(summary.unwrap_or_default());
        } else {
            (item.notes, item.summary) = (notes, summary);
        }
        for tag in fields.get("tags").and_then(Value::as_array).into_iter().flatten() {
            let tag = line(tag.as_str().unwrap_or_default());
            if !tag.is_empty() {
                push(&mut item.categories, tag, self.limits.list, self.complaints);
            }
        }
        for attachment in list(fields, "attachments") {
            self.attachment(&mut item, attachment);
        }
        item
    }

    /// Sound and video are enclosures. Other files are not: a picture or a document is no recording.
    fn attachment(&mut self, item: &mut Item, fields: &Fields) {
        let Some(address) = self.address(fields, "url") else { return };
        let media_type = self.line(fields, "mime_type").map(|kind| kind.to_lowercase());
        let is_recording = media_type.as_deref().is_none_or(|kind| {
            !(kind.starts_with("image/") || kind.starts_with("text/") || kind == "application/pdf")
        });
        if !is_recording {
            return;
        }
        if item.duration.is_none() {
            item.duration = match fields.get("duration_in_seconds") {
                Some(Value::Number(seconds)) => duration(&seconds.to_string()),
                Some(Value::String(text)) => duration(text),
                _ => None,
            };
        }
        let bytes = fields.get("size_in_bytes").and_then(Value::as_f64).filter(|bytes| *bytes > 0.0);
        let source = Source { address, media_type, bytes: bytes.map(|bytes| bytes as u64) };
        push(&mut item.enclosures, source, self.limits.list, self.complaints);
    }

    /// `authors` of version 1.1, `author` of 1.0.
    fn authors(&mut self, fields: &Fields) -> Vec<Person> {
        let old = fields.get("author").and_then(Value::as_object);
        let mut people = Vec::new();
        for author in list(fields, "authors").chain(old) {
            let Some(name) = self.line(author, "name") else { continue };
            let (link, image) = (self.address(author, "url"), self.address(author, "avatar"));
            if people.iter().all(|known: &Person| known.name != name) && people.len() < self.limits.list {
                people.push(Person { name, link, image, ..Person::default() });
            }
        }
        people
    }

    fn line(&self, fields: &Fields, name: &str) -> Option<String> {
        let text = match fields.get(name)? {
            Value::String(text) => line(&text[..floor_boundary(text, self.limits.line_bytes)]),
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        (!text.is_empty()).then_some(text)
    }

    fn address(&mut self, fields: &Fields, name: &str) -> Option<String> {
        let written = fields.get(name)?.as_str()?;
        self.base.resolve(written, self.limits.line_bytes, self.complaints)
    }

    fn text(&mut self, fields: &Fields, name: &str) -> Notes {
        Notes::of_html(self.long(fields, name))
    }

    fn plain(&mut self, fields: &Fields, name: &str) -> Notes {
        Notes::of_text(self.long(fields, name))
    }

    fn long(&mut self, fields: &Fields, name: &str) -> String {
        let text = fields.get(name).and_then(Value::as_str).unwrap_or_default();
        if text.len() > self.limits.notes_bytes {
            self.complaints.add("a text that is too long and was cut", text);
        }
        text[..floor_boundary(text, self.limits.notes_bytes)].trim().to_owned()
    }
}

/// The objects in a list of objects; anything else in it is passed over.
fn list<'v>(fields: &'v Fields, name: &str) -> impl Iterator<Item = &'v Fields> + use<'v> {
    fields.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}
