//! The same feeds read by feed-rs: where it understands a document, this parser understands the same.

use feed::{Item, Limits, Parsed, parse};
use proptest::prelude::*;

/// An item in plain values.
#[derive(Clone, Debug)]
struct Written {
    guid: String,
    title: String,
    notes: String,
    second: i64,
    file: String,
    bytes: u64,
    length: u64,
    season: u32,
    episode: u32,
    person: String,
}

fn words() -> impl Strategy<Value = String> {
    prop::collection::vec("[A-Za-zäéßжы0-9&<>\"']{1,8}", 1..6).prop_map(|words| words.join(" "))
}

fn plain_words() -> impl Strategy<Value = String> {
    prop::collection::vec("[A-Za-zäéßжы0-9]{1,8}", 1..6).prop_map(|words| words.join(" "))
}

fn written() -> impl Strategy<Value = Written> {
    let numbers = (0i64..2_000_000_000, 1u64..1 << 40, 1u64..20_000, 1u32..20, 1u32..2000);
    (("[a-z0-9:-]{1,20}", words(), plain_words(), "[a-z0-9]{1,12}", plain_words()), numbers).prop_map(
        |((guid, title, notes, file, person), (second, bytes, length, season, episode))| Written {
            guid,
            title,
            notes,
            second,
            file,
            bytes,
            length,
            season,
            episode,
            person,
        },
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn time(second: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_second(second).expect("in range")
}

fn rss(items: &[Written]) -> String {
    let mut feed = String::from(
        "<?xml version=\"1.0\"?><rss version=\"2.0\" xmlns:itunes=\"http://www.itunes.com/dtds/podcast-1.0.dtd\" \
         xmlns:podcast=\"https://podcastindex.org/namespace/1.0\"><channel><title>Show</title><link>https://example.org/</link>\
         <description>About</description>",
    );
    for item in items {
        let date = time(item.second).to_zoned(jiff::tz::TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S GMT");
        feed.push_str(&format!(
            "<item><guid>{}</guid><title>{}</title><description>{}</description><pubDate>{date}</pubDate>\
             <enclosure url=\"https://example.org/{}.mp3\" length=\"{}\" type=\"audio/mpeg\"/>\
             <itunes:duration>{}</itunes:duration><podcast:season>{}</podcast:season><podcast:episode>{}</podcast:episode>\
             <podcast:person role=\"guest\">{}</podcast:person>\
             <podcast:transcript url=\"https://example.org/{}.vtt\" type=\"text/vtt\"/></item>",
            escape(&item.guid), escape(&item.title), escape(&item.notes), item.file, item.bytes, item.length,
            item.season, item.episode, escape(&item.person), item.file,
        ));
    }
    feed + "</channel></rss>"
}

fn atom(items: &[Written]) -> String {
    let mut feed = String::from("<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>Show</title><id>x</id>");
    for item in items {
        feed.push_str(&format!(
            "<entry><id>{}</id><title>{}</title><summary>{}</summary><published>{}</published>\
             <link rel=\"enclosure\" href=\"https://example.org/{}.mp3\" type=\"audio/mpeg\" length=\"{}\"/></entry>",
            escape(&item.guid), escape(&item.title), escape(&item.notes), time(item.second), item.file, item.bytes,
        ));
    }
    feed + "</feed>"
}

fn json(items: &[Written]) -> String {
    let items: Vec<_> = items.iter().map(|item| serde_json::json!({
        "id": item.guid, "title": item.title, "content_text": item.notes, "date_published": time(item.second).to_string(),
        "attachments": [{"url": format!("https://example.org/{}.mp3", item.file), "mime_type": "audio/mpeg", "size_in_bytes": item.bytes}],
    })).collect();
    serde_json::json!({"version": "https://jsonfeed.org/version/1.1", "title": "Show", "items": items})
        .to_string()
}

fn ours(bytes: &[u8]) -> Option<Parsed> {
    parse(bytes, None, "https://example.org/", &Limits::default()).ok()
}

fn theirs(bytes: &[u8]) -> Option<feed_rs::model::Feed> {
    feed_rs::parser::Builder::new().base_uri(Some("https://example.org/")).build().parse(bytes).ok()
}

/// Compares one item with what was written, and with what feed-rs says of it.
fn agree(
    written: &Written,
    own: &Item,
    other: &feed_rs::model::Entry,
    rich: bool,
) -> Result<(), TestCaseError> {
    prop_assert_eq!(own.guid.as_deref(), Some(written.guid.as_str()));
    prop_assert_eq!(own.guid.as_deref(), Some(other.id.as_str()));
    let at = own.published.map(|published| published.at.as_second());
    prop_assert_eq!(at, Some(written.second));
    prop_assert_eq!(at, other.published.map(|published| published.timestamp()));
    prop_assert_eq!(own.title.as_deref(), other.title.as_ref().map(|title| title.content.as_str()));
    prop_assert_eq!(own.enclosures.len(), 1);
    prop_assert_eq!(own.notes.text(), written.notes.clone());
    let address = format!("https://example.org/{}.mp3", written.file);
    prop_assert_eq!(&own.enclosures[0].address, &address);
    prop_assert_eq!(own.enclosures[0].bytes, Some(written.bytes));
    if !rich {
        return Ok(());
    }
    // feed-rs spreads an item over several objects, by where it found what.
    let media = &other.media;
    let content = media.iter().flat_map(|media| &media.content).find(|content| content.url.is_some());
    let content = content.expect("an enclosure for feed-rs");
    prop_assert_eq!(content.url.as_ref().map(|url| url.as_str()), Some(address.as_str()));
    prop_assert_eq!(content.size, own.enclosures[0].bytes);
    let length = media.iter().find_map(|media| media.duration).or(content.duration);
    prop_assert_eq!(own.duration.map(|length| length.0), Some(written.length * 1000));
    // feed-rs drops the length of an item that has elements of Podcasting 2.0 beside it.
    prop_assert!(length.is_none_or(|length| length.as_secs() == written.length));
    let season = media.iter().find_map(|media| media.season.as_ref());
    prop_assert_eq!(own.season.as_ref().map(|season| season.number), season.map(|season| season.number));
    let episode = media.iter().find_map(|media| media.episode.as_ref());
    prop_assert_eq!(own.episode.as_ref().map(|one| one.number as f32), episode.map(|one| one.number));
    let people: Vec<_> =
        media.iter().flat_map(|media| &media.people).map(|person| person.name.as_str()).collect();
    prop_assert_eq!(own.people.iter().map(|person| person.name.as_str()).collect::<Vec<_>>(), people);
    let links: Vec<_> =
        media.iter().flat_map(|media| &media.transcripts).map(|link| link.url.as_str()).collect();
    prop_assert_eq!(own.transcripts.iter().map(|link| link.address.as_str()).collect::<Vec<_>>(), links);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn well_formed_feeds_are_read_alike(items in prop::collection::vec(written(), 0..6)) {
        for (document, rich) in [(rss(&items), true), (atom(&items), false), (json(&items), false)] {
            let own = ours(document.as_bytes()).expect("a feed");
            let other = theirs(document.as_bytes()).expect("a feed for feed-rs");
            prop_assert!(own.complaints.is_empty(), "{:?} in {document}", own.complaints);
            prop_assert_eq!(own.feed.title.as_deref(), other.title.as_ref().map(|title| title.content.as_str()));
            prop_assert_eq!(own.feed.items.len(), items.len());
            prop_assert_eq!(other.entries.len(), items.len());
            for ((written, own), other) in items.iter().zip(&own.feed.items).zip(&other.entries) {
                agree(written, own, other, rich)?;
            }
        }
    }

    /// Damage that feed-rs gets over costs nothing here either.
    #[test]
    fn damaged_feeds_give_no_fewer_items(
        items in prop::collection::vec(written(), 1..6),
        format in 0..3usize,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = [rss, atom, json][format](&items).into_bytes();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(other) = theirs(&bytes) {
            let own = ours(&bytes).map_or(0, |own| own.feed.items.len());
            prop_assert!(own >= other.entries.len(), "{own} of {}: {}", other.entries.len(), String::from_utf8_lossy(&bytes));
        }
    }
}

#[test]
fn what_feed_rs_gives_up_or_drops_is_kept() {
    let feed = "<rss xmlns:podcast=\"https://podcastindex.org/namespace/1.0\"><channel><title>t</title><item><title>a</title>\
                <podcast:person role=\"narrator of things\">Ann Lee</podcast:person></item></channel></rss>";
    assert!(theirs(feed.as_bytes()).is_none(), "feed-rs 3 fails on a role that it does not know");
    let own = ours(feed.as_bytes()).expect("a feed");
    assert_eq!(own.feed.items[0].people[0].name, "Ann Lee");
    assert_eq!(own.complaints, []);
}
