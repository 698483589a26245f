//! Walks a feed in XML: RSS, RDF, Atom.

use crate::elements::Reading;
use crate::item::{Item, LiveTime};
use crate::podcast;
use crate::show::{Feed, Format};
use crate::xml::{Space, Tag};

/// Reads the root element's content; items go to `each` as they end.
pub(crate) fn read(reading: &mut Reading<'_>, format: Format, each: &mut dyn FnMut(Item)) -> Feed {
    let mut feed = Feed { format, ..Feed::default() };
    let mut items = 0;
    let level = reading.xml.level();
    // A document with something after its root's end (a second root, a feed in two parts) is read on.
    walk(reading, level, &mut feed, &mut items, each);
    while let Some(tag) = reading.xml.any() {
        reading.xml.complaints.add("something after the end of the feed", tag.name_as_written());
        reading.xml.give_back(reading.xml.level(), tag);
        walk(reading, 0, &mut feed, &mut items, each);
    }
    if reading.xml.is_cut_off() {
        reading.xml.complaints.add("the document ends before it is finished", "");
    }
    feed
}

fn is_item(tag: &Tag<'_>) -> bool {
    matches!((tag.space, &*tag.name), (Space::Plain | Space::Atom, "item" | "entry"))
}

/// Reads the children of the element at `level`.
fn walk(
    reading: &mut Reading<'_>,
    level: usize,
    feed: &mut Feed,
    items: &mut usize,
    each: &mut dyn FnMut(Item),
) {
    while let Some(tag) = reading.xml.child(level) {
        let inner = reading.xml.level();
        if is_item(&tag) || (tag.space == Space::Podcast && tag.name == "liveitem") {
            if *items >= reading.xml.limits.items {
                reading.xml.complaints.add("too many items", "");
                continue;
            }
            if let Some(item) = item(reading, &tag, inner) {
                *items += 1;
                each(item);
            }
        } else if matches!(
            (tag.space, &*tag.name),
            (Space::Plain | Space::Atom, "channel" | "rss" | "rdf" | "feed")
        ) {
            walk(reading, inner, feed, items, each);
        } else {
            reading.feed_element(feed, &tag, inner);
        }
    }
}

/// Reads an item; `None` when the document breaks off inside of it, since what is left of it would be taken for all.
fn item(reading: &mut Reading<'_>, tag: &Tag<'_>, level: usize) -> Option<Item> {
    let mut item = Item::default();
    if tag.space == Space::Podcast {
        item.live = Some(live(tag));
    }
    let about = tag.attribute("rdf:about");
    while let Some(child) = reading.xml.child(level) {
        if is_item(&child) {
            reading.xml.complaints.add("an item inside of an item", "");
            reading.xml.give_back(level, child);
            break;
        }
        let inner = reading.xml.level();
        reading.item_element(&mut item, &child, inner);
    }
    if reading.xml.is_cut_off() && reading.xml.is_open(level) {
        reading
            .xml
            .complaints
            .add("the last item is cut off and was left out", item.title.as_deref().unwrap_or_default());
        return None;
    }
    if item.guid.is_none() {
        item.guid = about.map(|about| crate::prose::line(&about));
    }
    reading.finish(&mut item);
    Some(item)
}

fn live(tag: &Tag<'_>) -> LiveTime {
    let date = |name| tag.attribute(name).and_then(|value| crate::dates::parse_date(&value));
    LiveTime {
        state: podcast::live_state(&tag.attribute("status").unwrap_or_default()),
        start: date("start"),
        end: date("end"),
    }
}
