//! Reads a file in one way and says what that took, as a line of JSON: for `cargo xtask bench feeds`, which gives each way
//! a process of its own so that their memory can be told apart.
//!
//! `read_feed WAY FILE`, with WAY one of `bytes`, `items`, `notes`, `refresh`, `feed-rs`, `opml`.

use std::hint::black_box;
use std::time::Instant;

use feed::{Keys, Limits, Matcher, Placement, parse_items, parse_opml};

const ADDRESS: &str = "https://radio.example.org/feed.xml";

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, way, file] = &arguments[..] else { panic!("read_feed WAY FILE") };
    let bytes = std::fs::read(file).expect("a file that can be read");
    let start = Instant::now();
    let (found, seconds) = match way.as_str() {
        "bytes" => (bytes.iter().filter(|byte| **byte == b'<').count(), since(start)),
        "items" => (items(&bytes, |item| drop(black_box(item))), since(start)),
        "notes" => (items(&bytes, |item| drop(black_box((item.notes.html().text(), item)))), since(start)),
        "refresh" => refresh(&bytes),
        "feed-rs" => {
            let feed = feed_rs::parser::parse(&bytes[..]).expect("a feed for feed-rs");
            (feed.entries.len(), since(start))
        }
        "opml" => (parse_opml(&bytes, &Limits::default()).expect("a list").outlines.len(), since(start)),
        other => panic!("no such way: {other}"),
    };
    let peak = peak().unwrap_or(0);
    println!("{{\"found\":{found},\"seconds\":{seconds},\"peak\":{peak},\"bytes\":{}}}", bytes.len());
}

fn since(start: Instant) -> f64 {
    start.elapsed().as_secs_f64()
}

/// Gives each item to `each`, and counts them.
fn items(bytes: &[u8], mut each: impl FnMut(feed::Item)) -> usize {
    let mut found = 0;
    let mut count = |item| {
        found += 1;
        each(item);
    };
    let parsed = parse_items(bytes, None, ADDRESS, &Limits::default(), &mut count).expect("a feed");
    assert!(parsed.complaints.is_empty(), "{:?}", parsed.complaints);
    found
}

/// Places all items of a feed whose episodes are all known; the time to learn them is not counted.
fn refresh(bytes: &[u8]) -> (usize, f64) {
    let mut matcher = Matcher::new([]);
    let mut id = 0u32;
    items(bytes, |item| {
        matcher.learn(id, &Keys::of(&item));
        id += 1;
    });
    let known = matcher.into_known();
    let start = Instant::now();
    let mut matcher = Matcher::new(known);
    let mut keys = Vec::new();
    items(bytes, |item| keys.push(Keys::of(&item)));
    matcher.survey(&keys);
    let same = keys.iter().filter(|keys| matches!(matcher.place(keys), Placement::Same { .. })).count();
    (same, since(start))
}

/// The most memory that this process held, in bytes, where the system says.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
}
