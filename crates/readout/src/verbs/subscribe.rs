//! Sources that lie elsewhere: feeds, lists of feeds, addresses of single sounds.

use std::collections::HashMap;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use archive::{Archive, FeedEntry, ShowSettings, Subscribe};
use feed::OutlineList;
use fetch::{Fetcher, Request, shown_address};
use model::FeedId;
use serde_json::json;
use work::{Looked, Options};

use super::add::ENDINGS;
use super::{json_line, line};
use crate::arguments::{Add, Everywhere};
use crate::console::about;
use crate::failure::{Outcome, hinted};

/// What an address leads to.
enum Found {
    /// One sound.
    Sound,
    /// A broadcast that does not end.
    Live,
    /// A list of feeds.
    List,
    /// Anything else: whoever reads feeds will say.
    Feed,
}

/// Bytes of a document by which it is told what it is.
const BEGINNING: usize = 512;

/// True for what is an address and no path.
pub fn is_address(source: &Path) -> bool {
    source.to_str().is_some_and(|text| text.contains("://"))
}

/// True for a file that may hold a list of feeds.
pub fn is_list(path: &Path) -> bool {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    matches!(ending.as_deref(), Some("opml" | "xml")) && path.is_file()
}

/// Adds what lies at an address.
pub fn add_address(
    everywhere: &Everywhere,
    archive: &Archive,
    fetcher: &Arc<Fetcher>,
    address: &str,
    add: &Add,
) -> Result<Outcome> {
    let address = fetcher.check(address).map(|_| address.trim())?;
    let found = match ends_like_sound(address) {
        true => Ok(Found::Sound),
        false => what_lies_at(fetcher, address),
    };
    match found {
        Ok(Found::Sound) => add_sound(everywhere, archive, address, add),
        Ok(Found::Live) => Err(hinted(
            format!("{} is a live stream, which does not end", shown_address(address)),
            "give the address of a feed or of a recording",
        )),
        Ok(Found::List) => {
            let answer = fetcher.get(&Request::new(address))?;
            let bytes = answer.document().map(|document| document.bytes).unwrap_or_default();
            add_list(everywhere, archive, &shown_address(address), &bytes, add)
        }
        Ok(Found::Feed) => add_feed(everywhere, archive, fetcher, address, add),
        Err(error) if error.is_retryable() => {
            let (feed, new) = subscribe(archive, address, add)?;
            let entry = archive.feed(feed)?;
            if everywhere.json {
                json_line(&feed_json(&entry, new, Some(&error.to_string())))?;
            }
            eprintln!("note: {} is subscribed to, but did not come: {error}", title(&entry));
            eprintln!("note: the next `readout run` tries it again");
            Ok(Outcome::Partial)
        }
        Err(error) => Err(error.into()),
    }
}

fn ends_like_sound(address: &str) -> bool {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    let ending = path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map(|(_, ending)| ending);
    ending.is_some_and(|ending| ENDINGS.contains(&ending.to_ascii_lowercase().as_str()))
}

/// Looks at the beginning of what an address leads to: endings say nothing there, and content types often lie.
fn what_lies_at(fetcher: &Fetcher, address: &str) -> Result<Found, fetch::Error> {
    let mut stream = fetcher.stream(&Request::new(address))?;
    let kind = stream.content_type.clone().unwrap_or_default().to_ascii_lowercase();
    let mut beginning = Vec::new();
    let read = (&mut stream).take(BEGINNING as u64).read_to_end(&mut beginning);
    read.map_err(|error| stream.error(error))?;
    let text = String::from_utf8_lossy(&beginning);
    let text = text.trim_start_matches(|first: char| first.is_whitespace() || first == '\u{feff}');
    Ok(match text.chars().next() {
        Some('<') if text.contains("<opml") => Found::List,
        Some('<' | '{') => Found::Feed,
        _ if text.starts_with("#EXTM3U") || text.starts_with("[playlist]") || stream.station.is_some() => {
            Found::Live
        }
        _ if ["audio/", "video/", "application/ogg"].iter().any(|sound| kind.starts_with(sound)) => {
            Found::Sound
        }
        _ => Found::Feed,
    })
}

fn add_sound(everywhere: &Everywhere, archive: &Archive, address: &str, add: &Add) -> Result<Outcome> {
    let (episode, new) = archive.add_address(address, &super::add::stated(add)?)?;
    let entry = archive.episode(episode)?;
    if everywhere.json {
        json_line(&json!({
            "type": "address", "address": address, "episode": episode, "new": new,
            "show": entry.show.title, "title": entry.episode.title,
        }))?;
    } else {
        let what = if new { "added" } else { "was there already:" };
        line(format_args!(
            "{what} {} / {} (fetched by `readout run`)",
            entry.show.title, entry.episode.title
        ))?;
    }
    Ok(Outcome::Done)
}

/// The wish to subscribe; settings that a known feed's show has stay where nothing else is said.
fn wish(address: &str, title: Option<&str>, add: &Add, known: Option<ShowSettings>) -> Result<Subscribe> {
    let said = !add.treatment.is_empty() || add.language.is_some();
    Ok(Subscribe {
        address: address.to_owned(),
        title: add.show.as_deref().or(title).map(str::to_owned),
        wanted: add.which.wanted().unwrap_or_default(),
        settings: said.then(|| add.treatment.over(known.unwrap_or_default(), add.language.as_deref())),
        ..Subscribe::default()
    })
}

fn subscribe(archive: &Archive, address: &str, add: &Add) -> Result<(FeedId, bool)> {
    let known = archive.feeds(None)?.into_iter().find(|feed| feed.address == address);
    let settings = known.map(|feed| archive.show_settings(feed.show)).transpose()?;
    Ok(archive.subscribe(&wish(address, None, add, settings)?)?)
}

/// Subscribes to a feed and looks at it at once, so that whoever named it sees what it is.
fn add_feed(
    everywhere: &Everywhere,
    archive: &Archive,
    fetcher: &Arc<Fetcher>,
    address: &str,
    add: &Add,
) -> Result<Outcome> {
    let (feed, new) = subscribe(archive, address, add)?;
    let options = Options { fetcher: Some(fetcher.clone()), ..Options::default() };
    let looked = work::look(archive, feed, &options, &Arc::default())?;
    let (entry, due, trouble) = match looked {
        Some(Looked::Stored(entry, done)) => (entry, done.due, None),
        Some(Looked::Failed(entry, reason)) => {
            // It came as far as its beginning: what is wrong with it does not pass by waiting.
            if new && entry.episodes == 0 {
                forget(archive, &entry)?;
                let what = format!("{} was not subscribed to: {reason}", shown_address(address));
                return Err(hinted(what, "check the address in a browser, and add it again"));
            }
            (entry, 0, Some(reason))
        }
        Some(Looked::Unchanged) | None => (archive.feed(feed)?, 0, None),
    };
    if everywhere.json {
        let mut value = feed_json(&entry, new, trouble.as_deref());
        value["due"] = due.into();
        json_line(&value)?;
    } else {
        let what = if new { "subscribed to" } else { "was subscribed to already:" };
        let due = match due {
            0 => String::new(),
            due => format!(", the sound of {due} is to be fetched"),
        };
        line(format_args!("{what} {} ({}{due})", title(&entry), episodes(entry.episodes)))?;
    }
    if let Some(trouble) = trouble.or(entry.trouble.clone()) {
        eprintln!("note: {}: {trouble}{}", title(&entry), again(&entry));
        return Ok(Outcome::Partial);
    }
    Ok(Outcome::Done)
}

/// Takes a subscription back that came to nothing, and the show that was made for it.
fn forget(archive: &Archive, entry: &FeedEntry) -> Result<()> {
    archive.unsubscribe(entry.id)?;
    let others = archive.feeds(Some(entry.show))?.len();
    if others == 0 && archive.show_size(entry.show)?.0 == 0 {
        archive.remove_show(entry.show)?;
    }
    Ok(())
}

/// Subscribes to all feeds of a list, in one transaction.
pub fn add_list(
    everywhere: &Everywhere,
    archive: &Archive,
    name: &str,
    bytes: &[u8],
    add: &Add,
) -> Result<Outcome> {
    let OutlineList { outlines, complaints, .. } = feed::parse_opml(bytes, &feed::Limits::default())
        .with_context(|| format!("{name} is not a list of feeds"))?;
    if outlines.is_empty() {
        return Err(hinted(
            format!("{name} names no feeds"),
            "give a list as podcast programs export it (OPML)",
        ));
    }
    let mut known = HashMap::new();
    for feed in archive.feeds(None)? {
        known.insert(feed.address, feed.show);
    }
    let wishes: Result<Vec<Subscribe>> = outlines
        .iter()
        .map(|outline| {
            let show = known.get(&outline.address);
            let settings = show.map(|show| archive.show_settings(*show)).transpose()?;
            wish(&outline.address, outline.title.as_deref(), add, settings)
        })
        .collect();
    let subscribed = archive.subscribe_all(&wishes?)?;
    let new = subscribed.iter().filter(|(_, new)| *new).count();
    for complaint in &complaints {
        eprintln!("note: {name}: {complaint}");
    }
    if everywhere.json {
        json_line(&json!({
            "type": "list", "list": name, "feeds": outlines.len(), "new": new,
            "complaints": complaints.iter().map(ToString::to_string).collect::<Vec<_>>(),
        }))?;
    } else {
        let known = match outlines.len() - new {
            0 => String::new(),
            known => format!(", {known} were known already"),
        };
        line(format_args!("subscribed to {new} feeds of {name}{known}"))?;
    }
    Ok(Outcome::Done)
}

/// What a subscription is called: its title, or its address as far as that may be shown.
pub fn title(entry: &FeedEntry) -> String {
    if entry.title == entry.address { shown_address(&entry.address) } else { entry.title.clone() }
}

/// When a feed is asked for again, to be put behind what is wrong with it.
pub fn again(entry: &FeedEntry) -> String {
    let wait = entry.next_check.duration_since(jiff::Timestamp::now());
    match (entry.state, wait.is_positive()) {
        (archive::FeedState::Active, true) => format!(" (asked again in {})", about(wait.unsigned_abs())),
        _ => String::new(),
    }
}

/// `1 episode`, `12 episodes`.
pub fn episodes(number: u64) -> String {
    format!("{number} episode{}", if number == 1 { "" } else { "s" })
}

fn feed_json(entry: &FeedEntry, new: bool, trouble: Option<&str>) -> serde_json::Value {
    json!({
        "type": "feed", "feed": entry.id, "address": entry.address, "title": title(entry), "new": new,
        "episodes": entry.episodes, "trouble": trouble.or(entry.trouble.as_deref()),
    })
}
