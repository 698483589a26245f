use std::fs;

use anyhow::{Context, Result};
use archive::{Archive, FeedEdit, FeedEntry, FeedKind, FeedState, ShowSettings, Subscribe, Wanted};
use feed::Outline;
use fetch::{LiveSource, Request};
use model::ShowId;
use serde_json::json;
use work::Recording;

use super::subscribe::{again, episodes, title};
use super::{json_line, line, text};
use crate::arguments::Everywhere;
use crate::arguments::shows::{AddStream, Edit, Shows, ShowsVerb};
use crate::console::bytes;
use crate::failure::{Outcome, hinted};
use crate::{network, place};

pub fn shows(everywhere: &Everywhere, shows: &Shows) -> Result<Outcome> {
    let archive = match &shows.verb {
        Some(ShowsVerb::Add(_)) => place::create(everywhere)?,
        _ => place::open(everywhere)?,
    };
    match shows.verb.as_ref().unwrap_or(&ShowsVerb::List) {
        ShowsVerb::List => list(everywhere, &archive),
        ShowsVerb::Add(stream) => add(everywhere, &archive, stream),
        ShowsVerb::Edit(edited) => edit(everywhere, &archive, edited),
        ShowsVerb::Pause { show } => follow(everywhere, &archive, show, FeedState::Paused),
        ShowsVerb::Resume { show } => follow(everywhere, &archive, show, FeedState::Active),
        ShowsVerb::Remove { show, yes } => remove(everywhere, &archive, show, *yes),
        ShowsVerb::Export => export(&archive),
        ShowsVerb::Fetch { episodes } => fetch(everywhere, &archive, episodes),
        ShowsVerb::Split { episode } => split(everywhere, &archive, episode),
    }
}

/// The show that is meant, and those of its feeds that are.
fn find(archive: &Archive, wanted: &str) -> Result<(ShowId, Vec<FeedEntry>)> {
    if wanted.contains("://") {
        let feed = archive.feeds(None)?.into_iter().find(|feed| feed.address == wanted);
        let feed = feed.ok_or_else(|| {
            hinted("no feed has that address", "`readout shows` lists those that are subscribed to")
        })?;
        return Ok((feed.show, vec![feed]));
    }
    let show = archive.find_show(wanted)?;
    Ok((show, archive.feeds(Some(show))?))
}

fn list(everywhere: &Everywhere, archive: &Archive) -> Result<Outcome> {
    let feeds = archive.feeds(None)?;
    let mut out = String::new();
    for entry in archive.shows()? {
        let settings = archive.show_settings(entry.show.id)?;
        let own = || feeds.iter().filter(|feed| feed.show == entry.show.id);
        if everywhere.json {
            json_line(&json!({
                "type": "show", "id": entry.show.id, "title": entry.show.title, "episodes": entry.episodes,
                "settings": settings, "feeds": own().collect::<Vec<_>>(),
            }))?;
            continue;
        }
        let first = own().next();
        let name = first.filter(|feed| feed.title == feed.address).map_or(entry.show.title.clone(), title);
        out += &format!("{name}: {}\n", episodes(entry.episodes));
        for feed in own() {
            out += &format!("  {}\n", described(feed));
            if let Some(trouble) = &feed.trouble {
                out += &format!("    {trouble}{}\n", again(feed));
            }
        }
    }
    if out.is_empty() && !everywhere.json {
        out = "There are no shows yet: `readout add ADDRESS` subscribes to one\n".into();
    }
    text(&out)?;
    Ok(Outcome::Done)
}

/// Subscribes to a live stream.
fn add(everywhere: &Everywhere, archive: &Archive, stream: &AddStream) -> Result<Outcome> {
    let fetcher = network::fetcher(&stream.network);
    let address = stream.stream.trim();
    let station = match LiveSource::open(&fetcher, &Request::new(address)) {
        Ok(source) => source.station.clone(),
        Err(error) if error.is_retryable() => {
            eprintln!("note: the stream does not answer now: {error}");
            None
        }
        Err(error) => return Err(error.into()),
    };
    let said = !stream.treatment.is_empty() || stream.language.is_some();
    let settings = || stream.treatment.over(ShowSettings::default(), stream.language.as_deref());
    let recording = Recording::here(stream.record.clone());
    let (id, new) = archive.subscribe(&Subscribe {
        address: address.to_owned(),
        kind: FeedKind::Stream,
        title: stream.title.clone().or(station),
        settings: said.then(settings),
        schedule: Some(serde_json::to_value(&recording)?),
        ..Subscribe::default()
    })?;
    let feed = archive.feed(id)?;
    if everywhere.json {
        json_line(
            &json!({ "type": "stream", "feed": id, "title": title(&feed), "new": new, "schedule": feed.schedule }),
        )?;
    } else {
        let next = recording
            .next(jiff::Timestamp::now())
            .map(|window| window.begin.to_zoned(jiff::tz::TimeZone::system()));
        let next =
            next.map(|next| next.strftime(", next on %Y-%m-%d at %H:%M").to_string()).unwrap_or_default();
        line(format_args!("{} is recorded {}{next}", title(&feed), recording.when))?;
        line("`readout run --watch` or `readout serve` must be running then")?;
    }
    Ok(Outcome::Done)
}

fn described(feed: &FeedEntry) -> String {
    let kind = match feed.kind {
        FeedKind::Feed => "feed",
        FeedKind::Stream => "stream",
    };
    let state = match feed.state {
        FeedState::Active => "",
        FeedState::Paused => ", paused",
        FeedState::Gone => ", gone",
    };
    let address = fetch::shown_address(&feed.address);
    let recording = feed.schedule.clone().and_then(|value| serde_json::from_value::<Recording>(value).ok());
    if let Some(recording) = recording {
        return format!("{kind} {address}{state}; recorded {}", recording.when);
    }
    let wanted = match feed.wanted {
        Wanted::All => "all".to_owned(),
        Wanted::Since(day) => format!("since {day}"),
        Wanted::Latest(number) => format!("the newest {number}, and those to come"),
    };
    format!("{kind} {address}{state}; sound: {wanted}")
}

fn edit(everywhere: &Everywhere, archive: &Archive, edit: &Edit) -> Result<Outcome> {
    let (show, feeds) = find(archive, &edit.show)?;
    if let Some(address) = &edit.address {
        network::fetcher(&edit.network).check(address)?;
        if feeds.len() != 1 {
            return Err(hinted(
                format!("the show has {} feeds", feeds.len()),
                "name the feed that moved by its address instead of the show",
            ));
        }
    }
    if let Some(file) = &edit.treatment.glossary {
        fs::File::open(file)
            .with_context(|| format!("the list of names {} cannot be read", file.display()))?;
    }
    let settings = edit.treatment.over(archive.show_settings(show)?, edit.language.as_deref());
    archive.set_show_settings(show, &settings)?;
    let change =
        FeedEdit { address: edit.address.clone(), wanted: edit.which.wanted(), ..FeedEdit::default() };
    if change != FeedEdit::default() {
        for feed in &feeds {
            archive.edit_feed(feed.id, &change)?;
        }
    }
    if everywhere.json {
        json_line(
            &json!({ "type": "show", "id": show, "settings": settings, "feeds": archive.feeds(Some(show))? }),
        )?;
    } else {
        line("changed; `readout run` does what became due")?;
    }
    Ok(Outcome::Done)
}

fn follow(everywhere: &Everywhere, archive: &Archive, wanted: &str, state: FeedState) -> Result<Outcome> {
    let (_, feeds) = find(archive, wanted)?;
    if feeds.is_empty() {
        return Err(hinted("that show has no feed", "its episodes were added as files"));
    }
    for feed in &feeds {
        archive.edit_feed(feed.id, &FeedEdit { state: Some(state), ..FeedEdit::default() })?;
        let feed = archive.feed(feed.id)?;
        if everywhere.json {
            json_line(&feed)?;
        } else {
            let what = if state == FeedState::Paused { "paused" } else { "looked at again" };
            line(format_args!("{}: {what}", title(&feed)))?;
        }
    }
    Ok(Outcome::Done)
}

fn remove(everywhere: &Everywhere, archive: &Archive, wanted: &str, yes: bool) -> Result<Outcome> {
    let (show, feeds) = find(archive, wanted)?;
    let (number, size) = archive.show_size(show)?;
    let all = archive.shows()?;
    let name = all.iter().find(|entry| entry.show.id == show).map(|entry| entry.show.title.clone());
    let name = feeds.first().map(title).or(name).unwrap_or_default();
    if !yes {
        if everywhere.json {
            json_line(&json!({
                "type": "would-remove", "show": show, "title": name, "feeds": feeds.len(), "episodes": number,
                "bytes": size,
            }))?;
        } else {
            line(format_args!(
                "would erase {name}: {} with all that was heard in them and all corrections, {} of sound, and {} of its feeds",
                episodes(number),
                bytes(size),
                feeds.len()
            ))?;
            line(
                "nothing was erased; say it again with --yes to do it, or `readout shows pause` to keep what is there",
            )?;
        }
        return Ok(Outcome::Done);
    }
    let removed = archive.remove_show(show)?;
    if everywhere.json {
        json_line(
            &json!({ "type": "removed", "show": show, "title": name, "episodes": number, "bytes": removed.bytes }),
        )?;
    } else {
        line(format_args!("erased {name}: {}, {} of sound", episodes(number), bytes(removed.bytes)))?;
    }
    Ok(Outcome::Done)
}

fn export(archive: &Archive) -> Result<Outcome> {
    let feeds = archive.feeds(None)?;
    let shows = archive.shows()?;
    let outlines: Vec<Outline> = feeds
        .iter()
        .filter(|feed| feed.kind == FeedKind::Feed)
        .map(|feed| {
            let show = shows.iter().find(|entry| entry.show.id == feed.show);
            Outline {
                title: (feed.title != feed.address).then(|| feed.title.clone()),
                address: feed.address.clone(),
                site: show.and_then(|entry| entry.show.facts.link.clone()),
                folders: Vec::new(),
            }
        })
        .collect();
    text(&feed::write_opml("Readout", &outlines))?;
    Ok(Outcome::Done)
}

fn split(everywhere: &Everywhere, archive: &Archive, wanted: &str) -> Result<Outcome> {
    let entry = archive.find_episode(wanted)?;
    let from = archive.split(entry.episode.id)?;
    if everywhere.json {
        json_line(
            &json!({ "type": "split", "episode": entry.episode.id, "title": entry.episode.title, "from": from }),
        )?;
        return Ok(Outcome::Done);
    }
    for other in from {
        let other = archive.episode(other)?;
        line(format_args!(
            "{} / {} and {} / {} are two episodes again; `readout run` hears what was not heard",
            entry.show.title, entry.episode.title, other.show.title, other.episode.title
        ))?;
    }
    Ok(Outcome::Done)
}

fn fetch(everywhere: &Everywhere, archive: &Archive, wanted: &[String]) -> Result<Outcome> {
    let mut here = 0;
    for wanted in wanted {
        let entry = archive.find_episode(wanted)?;
        let due = archive.want_sound(entry.episode.id)?;
        here += usize::from(!due);
        if everywhere.json {
            json_line(
                &json!({ "type": "wanted", "episode": entry.episode.id, "title": entry.episode.title, "due": due }),
            )?;
        } else if due {
            line(format_args!("{}: fetched by the next `readout run`", entry.episode.title))?;
        } else if entry.recording.is_some_and(|recording| recording.blob.is_some()) {
            line(format_args!("{}: the sound is here already", entry.episode.title))?;
        } else {
            eprintln!("error: {}: no feed names its sound", entry.episode.title);
        }
    }
    Ok(if here < wanted.len() || wanted.is_empty() { Outcome::Done } else { Outcome::Partial })
}
