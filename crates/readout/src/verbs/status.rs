use std::collections::BTreeMap;

use anyhow::Result;
use archive::{Archive, EpisodeEntry, State, Status};
use model::EpisodeId;
use serde_json::json;

use super::{json_line, text};
use crate::arguments::Everywhere;
use crate::console::{about, clock};
use crate::failure::Outcome;
use crate::place;

pub fn status(everywhere: &Everywhere) -> Result<Outcome> {
    let archive = place::open(everywhere)?;
    let status = archive.status()?;
    let episodes = archive.episodes(None)?;
    if everywhere.json {
        print_json(&archive, &status, &episodes)?;
    } else {
        text(&page(&archive, &status, &episodes))?;
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
    let open = entry.cells.iter().find(|cell| cell.state != State::Done);
    match open {
        None => "heard".into(),
        Some(cell) => match cell.state {
            State::Waiting if cell.attempt > 0 => "will be tried again".into(),
            State::Waiting => "waiting".into(),
            State::Leased => "being heard".into(),
            State::Failed | State::Quarantined => "failed".into(),
            State::Stale => "heard by an older version".into(),
            State::Done => "heard".into(),
        },
    }
}

fn page(archive: &Archive, status: &Status, episodes: &[EpisodeEntry]) -> String {
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
    if !status.problems.is_empty() {
        lines.push("Problems:".into());
        for problem in &status.problems {
            let again = if problem.state == State::Waiting { ", will be tried again" } else { "" };
            lines.push(format!("  {} ({}{again}): {}", problem.title, problem.stage, problem.reason));
        }
    }
    if episodes.is_empty() {
        lines.push("Nothing has been added yet: `readout add FILE` does that".into());
    } else {
        lines.push("Episodes:".into());
    }
    let short = short_ids(episodes);
    for (entry, id) in episodes.iter().zip(short) {
        let date = entry.episode.broadcast.map_or_else(|| "          ".into(), |date| date.to_string());
        let title = &entry.episode.title;
        lines.push(format!("  {id}  {date}  {:<20} {} / {title}", state(entry), entry.show.title));
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
