use std::collections::BTreeMap;

use anyhow::Result;
use archive::{Archive, EpisodeEntry, FeedEntry, FeedState, Stage, State, Status, Takedown};
use model::{EpisodeId, Origin};
use serde_json::json;

use super::{json_line, subscribe, text};
use crate::arguments::Everywhere;
use crate::console::{about, clock};
use crate::failure::Outcome;
use crate::place;

pub fn status(everywhere: &Everywhere) -> Result<Outcome> {
    let archive = place::open(everywhere)?;
    let status = archive.status()?;
    let episodes = archive.episodes(None)?;
    let (feeds, takedowns) = (archive.feeds(None)?, archive.takedowns()?);
    if everywhere.json {
        print_json(&archive, &status, &episodes)?;
        for feed in &feeds {
            let mut value = serde_json::to_value(feed)?;
            value["type"] = "feed".into();
            json_line(&value)?;
        }
        for takedown in &takedowns {
            let mut value = serde_json::to_value(takedown)?;
            value["type"] = "takedown".into();
            json_line(&value)?;
        }
    } else {
        text(&page(&archive, &status, &episodes, &(of_feeds(&feeds) + &of_takedowns(&takedowns))))?;
    }
    Ok(Outcome::Done)
}

fn print_json(archive: &Archive, status: &Status, episodes: &[EpisodeEntry]) -> Result<()> {
    json_line(&json!({
        "type": "archive", "folder": archive.dir(), "shows": status.shows, "episodes": status.episodes,
        "audio_ms": status.audio, "speech_ms": status.speech, "recognised_ms": status.recognised,
        "gaps": status.gaps, "waiting_ms": status.waiting, "waiting_unknown": status.waiting_unknown,
        "speed": status.speed, "remaining_s": status.remaining().map(|left| left.as_secs()),
        "counts": status.counts,
    }))?;
    for entry in episodes {
        json_line(&json!({
            "type": "episode", "id": entry.episode.id, "show": entry.show.title, "title": entry.episode.title,
            "date": entry.episode.broadcast, "state": state(entry),
            "duration_ms": entry.recording.as_ref().and_then(|recording| recording.media.as_ref()?.duration),
        }))?;
    }
    for problem in &status.problems {
        let mut value = serde_json::to_value(problem)?;
        value["type"] = "problem".into();
        json_line(&value)?;
    }
    Ok(())
}

/// Where an episode stands, in one word or two: that of the last stage that is not done.
fn state(entry: &EpisodeEntry) -> String {
    let beside = [Stage::TEXTS, Stage::FINGERPRINT];
    let open = entry.cells.iter().find(|cell| cell.state != State::Done && !beside.contains(&cell.stage));
    let text = entry.hearing.as_ref().filter(|hearing| hearing.complete);
    let here = entry.recording.as_ref().is_some_and(|recording| recording.blob.is_some());
    match open {
        None if text.is_some_and(|text| text.origin == Origin::Publisher) => "publisher's text".into(),
        None if text.is_none() && !here => "not fetched".into(),
        None => "heard".into(),
        Some(cell) => match cell.state {
            State::Waiting if cell.stage == Stage::FETCH && cell.attempt == 0 => "to be fetched".into(),
            State::Leased if cell.stage == Stage::FETCH => "being fetched".into(),
            State::Waiting if cell.attempt > 0 => "will be tried again".into(),
            State::Waiting => "waiting".into(),
            State::Leased => "being heard".into(),
            State::Failed | State::Quarantined => "failed".into(),
            State::Stale => "heard by an older version".into(),
            State::Done => "heard".into(),
        },
    }
}

/// Feeds of which there is something to say, each in a line.
fn of_feeds(feeds: &[FeedEntry]) -> String {
    if feeds.is_empty() {
        return String::new();
    }
    let paused = feeds.iter().filter(|feed| feed.state == FeedState::Paused).count();
    let paused = if paused > 0 { format!(", {paused} paused") } else { String::new() };
    let mut out = format!("Feeds: {}{paused}\n", feeds.len());
    let troubled: Vec<&FeedEntry> = feeds.iter().filter(|feed| feed.trouble.is_some()).collect();
    if !troubled.is_empty() {
        out += &format!("Feeds in trouble: {}\n", troubled.len());
    }
    for feed in troubled {
        let trouble = feed.trouble.as_deref().unwrap_or_default();
        out += &format!("  {}: {trouble}{}\n", subscribe::title(feed), subscribe::again(feed));
    }
    out
}

/// Episodes that are shown of a long list.
const SHOWN: usize = 50;

fn of_takedowns(takedowns: &[Takedown]) -> String {
    let mut out = String::new();
    if !takedowns.is_empty() {
        out += "Taken away by their publishers, and kept here until you remove them:\n";
    }
    for takedown in takedowns.iter().take(SHOWN) {
        let day = takedown.since.strftime("%Y-%m-%d");
        out += &format!("  {} / {} (since {day})\n", takedown.show, takedown.title);
    }
    if takedowns.len() > SHOWN {
        out += &format!("  … and {} more\n", takedowns.len() - SHOWN);
    }
    out
}

fn page(archive: &Archive, status: &Status, episodes: &[EpisodeEntry], subscriptions: &str) -> String {
    let mut lines = vec![format!(
        "Archive in {}: {}, {}, {} of sound",
        place::shown(archive.dir()),
        counted(status.shows, "show"),
        counted(status.episodes, "episode"),
        clock(status.audio.0),
    )];
    let mut stages: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for count in status.counts.iter().filter(|count| count.cells > 0) {
        stages.entry(count.stage.as_str()).or_default().push(format!("{} {}", count.cells, count.state));
    }
    lines.extend(stages.iter().map(|(stage, counts)| format!("  {stage}: {}", counts.join(", "))));
    if status.speech.0 > 0 {
        let coverage = 100.0 * status.recognised.seconds() / status.speech.seconds();
        lines.push(format!("Understood: {coverage:.1} % of the speech, {}", counted(status.gaps, "gap")));
    }
    if status.waiting.0 > 0 || status.waiting_unknown > 0 {
        lines.push(waiting(status));
    }
    lines.extend(subscriptions.lines().map(str::to_owned));
    if !status.problems.is_empty() {
        lines.push("Problems:".into());
        for problem in &status.problems {
            let again = if problem.state == State::Waiting { ", will be tried again" } else { "" };
            lines.push(format!("  {} ({}{again}): {}", problem.title, problem.stage, problem.reason));
        }
    }
    if episodes.is_empty() {
        lines.push("Nothing has been added yet: `readout add` does that".into());
    } else {
        lines.push("Episodes:".into());
    }
    let short = short_ids(episodes);
    for (entry, id) in episodes.iter().zip(short).take(SHOWN) {
        let date = entry.episode.broadcast.map_or_else(|| "          ".into(), |date| date.to_string());
        let title = &entry.episode.title;
        lines.push(format!("  {id}  {date}  {:<20} {} / {title}", state(entry), entry.show.title));
    }
    if episodes.len() > SHOWN {
        lines.push(format!("  … and {} more (`readout status --json` lists all)", episodes.len() - SHOWN));
    }
    lines.join("\n") + "\n"
}

fn waiting(status: &Status) -> String {
    let mut line = format!("Waiting: {} of sound", clock(status.waiting.0));
    if status.waiting_unknown > 0 {
        line += &format!(" and {} of unknown length", counted(status.waiting_unknown, "recording"));
    }
    match (status.remaining(), status.speed) {
        (Some(left), Some(speed)) => line + &format!(", {} at {speed:.0} × real time", about(left)),
        _ => line + "; how long it takes is known after the first",
    }
}

/// The shortest beginning of each id that no other shares, and at least eight characters, as long for all.
fn short_ids(episodes: &[EpisodeEntry]) -> Vec<String> {
    short(&episodes.iter().map(|entry| entry.episode.id).collect::<Vec<EpisodeId>>())
}

fn short(ids: &[EpisodeId]) -> Vec<String> {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let mut sorted: Vec<&String> = ids.iter().collect();
    sorted.sort();
    let shared = |pair: &[&String]| {
        pair[0].bytes().zip(pair[1].bytes()).take_while(|(one, other)| one == other).count()
    };
    let needed = sorted.windows(2).map(shared).max().map_or(8, |most| (most + 1).max(8));
    ids.iter().map(|id| id.chars().take(needed).collect()).collect()
}

fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
