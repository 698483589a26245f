//! Stores a feed or a list of feeds in one way and says what that took, as a line of JSON: for `cargo xtask bench feeds`,
//! which gives each way a process of its own so that their memory can be told apart.
//!
//! `store_feed WAY SOURCE ARCHIVE`, with WAY one of `subscribe` and `refresh` (SOURCE is an address on loopback), `list` (a
//! file), `feed-rs` (a file; feed-rs and plain inserts into a database of its own).

use std::sync::Arc;
use std::time::Instant;

use archive::{Archive, FeedEdit, Subscribe, Wanted};
use fetch::{Fetcher, Limits, Policy};
use work::{Looked, Options, look};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, way, source, folder] = &arguments[..] else { panic!("store_feed WAY SOURCE ARCHIVE") };
    let start = Instant::now();
    let found = match way.as_str() {
        "subscribe" | "refresh" => look_at(source, folder),
        "list" => list(source, folder),
        "feed-rs" => plain(source, folder),
        other => panic!("no such way: {other}"),
    };
    let (seconds, peak) = (start.elapsed().as_secs_f64(), peak().unwrap_or(0));
    println!("{{\"found\":{found},\"seconds\":{seconds},\"peak\":{peak},\"bytes\":0}}");
}

/// Subscribes, or finds the subscription, and looks at the feed as the program does.
fn look_at(address: &str, folder: &str) -> u64 {
    let host = address.split('/').nth(2).expect("an address with a host");
    let policy = Policy { allow: vec![host.parse().expect("a host")], ..Policy::default() };
    let fetcher = Arc::new(Fetcher::new(policy, Limits { reserve: 0, ..Limits::default() }));
    let options = Options { fetcher: Some(fetcher), ..Options::default() };
    let archive = Archive::create(folder).expect("an archive");
    let known = archive.feeds(None).expect("feeds").first().map(|feed| feed.id);
    let feed = match known {
        Some(feed) => feed,
        None => {
            let wish =
                Subscribe { address: address.into(), wanted: Wanted::Latest(10), ..Subscribe::default() };
            archive.subscribe(&wish).expect("a subscription").0
        }
    };
    archive
        .edit_feed(feed, &FeedEdit { address: Some(address.into()), ..FeedEdit::default() })
        .expect("a feed that is due");
    match look(&archive, feed, &options, &Arc::default()).expect("an archive that can be written") {
        Some(Looked::Stored(entry, _)) => entry.episodes,
        Some(Looked::Unchanged) => archive.feed(feed).expect("the feed").episodes,
        other => panic!("not looked at: {other:?}"),
    }
}

fn list(file: &str, folder: &str) -> u64 {
    let bytes = std::fs::read(file).expect("a file that can be read");
    let list = feed::parse_opml(&bytes, &feed::Limits::default()).expect("a list");
    let archive = Archive::create(folder).expect("an archive");
    let wishes: Vec<Subscribe> = list
        .outlines
        .into_iter()
        .map(|outline| Subscribe { address: outline.address, title: outline.title, ..Subscribe::default() })
        .collect();
    archive.subscribe_all(&wishes).expect("subscriptions").len() as u64
}

/// What a short program would do: feed-rs, and a row an entry in one transaction, as durable as the archive's.
fn plain(file: &str, folder: &str) -> u64 {
    let bytes = std::fs::read(file).expect("a file that can be read");
    let feed = feed_rs::parser::parse(&bytes[..]).expect("a feed for feed-rs");
    std::fs::create_dir_all(folder).expect("a folder");
    let path = std::path::Path::new(folder).join("plain.sqlite");
    let mut database = rusqlite::Connection::open(path).expect("a database");
    database
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             CREATE TABLE episodes (id TEXT PRIMARY KEY, title TEXT, published TEXT, notes TEXT, link TEXT, sound TEXT);",
        )
        .expect("a table");
    let tx = database.transaction().expect("a transaction");
    let mut stored = 0;
    {
        let mut insert = tx
            .prepare("INSERT OR REPLACE INTO episodes VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
            .expect("a statement");
        for entry in feed.entries {
            let title = entry.title.map(|title| title.content);
            let published = entry.published.map(|published| published.to_rfc3339());
            let notes = entry.content.and_then(|content| content.body);
            let link = entry.links.first().map(|link| link.href.clone());
            let sound = entry.media.iter().flat_map(|media| &media.content).find_map(|part| part.url.clone());
            let sound = sound.map(|sound| sound.to_string());
            stored += insert
                .execute(rusqlite::params![entry.id, title, published, notes, link, sound])
                .expect("a row") as u64;
        }
    }
    tx.commit().expect("a commit");
    stored
}

/// The most memory that this process held, in bytes, where the system says.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
}
