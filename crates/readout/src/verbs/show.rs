use std::fmt::Write;

use anyhow::{Context, Result};
use archive::{Archive, Copy, EpisodeEntry, Reading, Text};
use model::{Millis, Word};
use serde_json::json;
use transcript::{About, Format, Paragraph};

use super::{bytes, json_line, line, text, texts};
use crate::arguments::{Everywhere, Export, Show};
use crate::console::clock;
use crate::failure::{Outcome, hinted, wrong_use};
use crate::place;

/// Widest line of running text; longer ones are hard to read.
const WIDTH: usize = 88;

pub fn show(everywhere: &Everywhere, show: &Show) -> Result<Outcome> {
    let archive = place::open(everywhere)?;
    if let Some(at) = show.at {
        return elsewhere(everywhere, &archive, &show.episode, at);
    }
    let (entry, reading) = reading(&archive, &show.episode, show.no_repairs, show.hearing.as_deref())?;
    let copies = archive.copies(entry.episode.id)?;
    if everywhere.json {
        json_line(&json!({
            "episode": entry.episode, "show": entry.show.title, "recording": entry.recording,
            "engine": reading.hearing.engine, "transcript": reading.transcript, "copies": copies,
        }))?;
    } else {
        text(&(page(&entry, &reading) + &of_repeats(&reading) + &of_copies(&copies)))?;
    }
    Ok(partial(&entry, &reading))
}

pub fn export(everywhere: &Everywhere, export: &Export) -> Result<Outcome> {
    let archive = place::open(everywhere)?;
    let (entry, reading) = reading(&archive, &export.episode, export.no_repairs, export.hearing.as_deref())?;
    let written = transcript::export(export.format, &about(&entry, &reading), &reading.transcript)?;
    if let Some(file) = &export.output {
        std::fs::write(file, &written).with_context(|| format!("{} cannot be written", file.display()))?;
    } else if everywhere.json {
        if export.format == Format::Docx {
            return Err(wrong_use("a document is no text for --json", "name a file with --output"));
        }
        json_line(&json!({
            "episode": entry.episode.id, "format": export.format.extension(),
            "text": String::from_utf8_lossy(&written),
        }))?;
    } else {
        bytes(&written)?;
    }
    Ok(partial(&entry, &reading))
}

/// Says at which time this time of an episode is in its other places.
fn elsewhere(everywhere: &Everywhere, archive: &Archive, wanted: &str, at: Millis) -> Result<Outcome> {
    let entry = archive.find_episode(wanted)?;
    let copies = archive.copies(entry.episode.id)?;
    if copies.is_empty() {
        return Err(hinted(
            format!("\"{}\" is known in one place only", entry.episode.title),
            "other places are found when their sound is here: `readout run` looks",
        ));
    }
    for copy in copies {
        let there = copy.times.map(at);
        if everywhere.json {
            json_line(&json!({
                "type": "also-at", "episode": copy.episode, "show": copy.show, "title": copy.title, "at_ms": there,
            }))?;
            continue;
        }
        match there {
            Some(there) => line(format_args!("also at {}: {} / {}", clock(there.0), copy.show, copy.title))?,
            None => line(format_args!("not in {} / {}", copy.show, copy.title))?,
        }
    }
    Ok(Outcome::Done)
}

/// What comes again in the show, a line each.
fn of_repeats(reading: &Reading) -> String {
    let repeats = &reading.transcript.repeats;
    let mut out = String::new();
    if !repeats.is_empty() {
        out += "\nComes again in this show:\n";
    }
    for repeat in repeats {
        let (start, end) = (clock(repeat.start.0), clock(repeat.end.0));
        let _ = writeln!(out, "{start:>7}  to {end}: {}", transcript::describe_repeat(repeat));
    }
    out
}

/// The other places of the recording, with where the same sound is in them.
fn of_copies(copies: &[Copy]) -> String {
    let mut out = String::new();
    if !copies.is_empty() {
        out += "\nThe same recording is also in:\n";
    }
    for copy in copies {
        let _ = writeln!(out, "  {} / {}", copy.show, copy.title);
        for address in copy.outlets.iter().filter_map(|outlet| outlet.address.as_deref()) {
            let _ = writeln!(out, "    {}", fetch::shown_address(address));
        }
        for same in &copy.times.0 {
            let (here, there) = (clock(same.here.0), clock(same.there.0));
            let length = transcript::length_in_words(same.length);
            let _ = writeln!(out, "    from {here} here, {there} there: {length}");
        }
    }
    out
}

/// The episode that was asked for and its text, or why there is none. Of a copy that has no text of its own: that of the
/// episode that was heard.
fn reading(
    archive: &Archive,
    wanted: &str,
    as_heard: bool,
    hearing: Option<&str>,
) -> Result<(EpisodeEntry, Reading)> {
    let mut entry = archive.find_episode(wanted)?;
    let which = if as_heard { Text::AsHeard } else { Text::Revised };
    if let Some(hearing) = hearing {
        let hearing = texts::chosen(archive, &entry, hearing)?;
        let transcript = archive.transcript(hearing.id, which)?;
        let version = entry.version;
        return Ok((entry, Reading { hearing, transcript, version }));
    }
    let main = archive.main_of(entry.episode.id)?;
    let mut found = archive.reading(entry.episode.id, which)?;
    if found.is_none() && main != entry.episode.id {
        let copy = entry.episode.title;
        entry = archive.episode(main)?;
        eprintln!(
            "note: \"{copy}\" is the same recording as {} / {}: this is the text of that",
            entry.show.title, entry.episode.title
        );
        found = archive.reading(main, which)?;
    }
    if let Some(reading) = found {
        return Ok((entry, reading));
    }
    let failed = entry.cells.iter().find_map(|cell| cell.error.as_ref().map(|error| (cell, error)));
    Err(match failed {
        Some((cell, error)) => hinted(
            format!("\"{}\" has no transcript: {} {} ({error})", entry.episode.title, cell.stage, cell.state),
            "`readout status` shows all that went wrong",
        ),
        None => hinted(
            format!("\"{}\" has not been heard yet", entry.episode.title),
            "`readout run` hears what is waiting",
        ),
    })
}

/// What exports say of an episode beside its words.
pub fn about(entry: &EpisodeEntry, reading: &Reading) -> About {
    About {
        show: entry.show.title.clone(),
        title: entry.episode.title.clone(),
        date: entry.episode.broadcast,
        notes: entry.episode.notes.clone(),
        people: entry.episode.people.clone(),
        file: entry.recording.as_ref().map(|recording| recording.file_name.clone()).unwrap_or_default(),
        audio: entry.recording.as_ref().and_then(|recording| recording.blob),
        engine: reading.hearing.engine.clone(),
    }
}

/// Says on standard error what is missing of a text.
fn partial(entry: &EpisodeEntry, reading: &Reading) -> Outcome {
    let title = &entry.episode.title;
    if !reading.transcript.complete {
        let heard = reading.transcript.words.last().map_or(Millis(0), |word| word.end);
        eprintln!(
            "note: \"{title}\" has been heard up to {} only; `readout run` hears the rest",
            clock(heard.0)
        );
    }
    match &reading.transcript.partial {
        Some(why) => {
            eprintln!("note: \"{title}\" could be read only in part: {why}");
            Outcome::Partial
        }
        None if !reading.transcript.complete => Outcome::Partial,
        None => Outcome::Done,
    }
}

fn page(entry: &EpisodeEntry, reading: &Reading) -> String {
    let transcript = &reading.transcript;
    let mut page = String::new();
    let mut line = |text: &str| {
        page.push_str(text);
        page.push('\n');
    };
    line(&entry.episode.title);
    let date = entry.episode.broadcast.map(transcript::long_date);
    let length = (transcript.duration.0 > 0).then(|| clock(transcript.duration.0));
    let facts = [Some(entry.show.title.clone()), date, length, transcript.language.clone()];
    line(&facts.into_iter().flatten().collect::<Vec<_>>().join(" · "));
    for paragraph in transcript::paragraphs(transcript) {
        line("");
        match paragraph {
            Paragraph::Spoken(spoken) => {
                let start = spoken.start().map(|start| clock(start.0)).unwrap_or_default();
                let name = spoken.begins_turn.then(|| spoken.speaker.unwrap_or("Unknown speaker"));
                let name =
                    name.map(|name| format!("{}: ", name.replace(char::is_control, ""))).unwrap_or_default();
                line(&wrapped(&format!("{start:>7}  "), &format!("{name}{}", running(spoken.words))));
            }
            Paragraph::Unspoken(stretch) => {
                let length = transcript::length_in_words(stretch.end.since(stretch.start));
                let what = transcript::describe(stretch.kind);
                line(&format!("{:>7}  [{what}, {length}]", clock(stretch.start.0)));
            }
        }
    }
    page
}

fn running(words: &[Word]) -> String {
    let mut text = String::new();
    for word in words {
        let space = if word.joined || text.is_empty() { "" } else { " " };
        // Writing to a string cannot fail. Control characters of a hostile import stay out of the terminal.
        let _ = write!(text, "{space}{}", word.text.replace(char::is_control, ""));
    }
    text
}

/// Text in lines, the first after `head`, the others below its end.
fn wrapped(head: &str, text: &str) -> String {
    let indent = " ".repeat(head.chars().count());
    let mut lines = head.to_owned();
    let mut width = indent.len();
    for (at, word) in text.split(' ').enumerate() {
        let length = word.chars().count();
        if at > 0 && width + 1 + length > WIDTH {
            lines.push('\n');
            lines.push_str(&indent);
            width = indent.len();
        } else if at > 0 {
            lines.push(' ');
            width += 1;
        }
        lines.push_str(word);
        width += length;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_wraps_below_its_time() {
        let text = "word ".repeat(40);
        let lines = wrapped("   1:05  ", text.trim());
        assert!(lines.lines().all(|line| line.chars().count() <= WIDTH));
        assert!(lines.lines().skip(1).all(|line| line.starts_with("         word")), "{lines}");
        assert_eq!(lines.split_whitespace().filter(|word| *word == "word").count(), 40);
    }
}
