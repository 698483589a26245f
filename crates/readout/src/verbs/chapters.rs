use anyhow::{Context, Result, bail};
use archive::{Archive, EpisodeEntry};
use model::{Chapter, ChapterSource, EpisodeId, Millis};
use serde_json::json;
use transcript::About;
use transcript::chapters::{export_ffmetadata, export_json, export_vtt, import_json};

use super::{json_line, line, text};
use crate::arguments::{ChapterFormat, Chapters, Everywhere};
use crate::console::clock;
use crate::failure::{Outcome, hinted};
use crate::place;

/// Largest file of chapters that is read, in bytes: hundreds of times what people write.
const LARGEST: u64 = 8 << 20;

pub fn chapters(everywhere: &Everywhere, wanted: &Chapters) -> Result<Outcome> {
    let archive = place::open(everywhere)?;
    let entry = archive.find_episode(&wanted.episode)?;
    let id = entry.episode.id;
    if wanted.reset {
        archive.set_chapters(id, ChapterSource::Person, &[])?;
    } else if let Some(own) = changed(&archive, id, wanted)? {
        archive.set_chapters(id, ChapterSource::Person, &own)?;
    }
    let shown = archive.chapters(id)?;
    if let Some(format) = wanted.format {
        let Some((source, chapters)) = shown else { return Err(none(&entry)) };
        text(&written(format, &entry, source, &chapters))?;
    } else if everywhere.json {
        let (source, chapters) = shown.map_or((None, Vec::new()), |(source, list)| (Some(source), list));
        json_line(&json!({ "episode": id, "source": source, "chapters": chapters }))?;
    } else {
        let Some((source, chapters)) = shown else { return Err(none(&entry)) };
        line(match source {
            ChapterSource::Person => "Chapters, set by a person",
            ChapterSource::Publisher => "Chapters, as the publisher gave them",
            ChapterSource::Found => "Chapters, found in the text by Readout",
        })?;
        for (number, chapter) in (1..).zip(&chapters) {
            let title = chapter.title.replace(char::is_control, " ");
            let unlisted = if chapter.unlisted { "  (not listed)" } else { "" };
            line(format!("{number:>3}  {:>8}  {title}{unlisted}", clock(chapter.start.0)))?;
        }
    }
    Ok(Outcome::Done)
}

fn none(entry: &EpisodeEntry) -> anyhow::Error {
    hinted(
        format!("\"{}\" has no chapters", entry.episode.title),
        "they are found once it has a text with times: `readout run`; or give some: --add '12:30 A title'",
    )
}

/// The list that a person wants, if any change is wanted.
fn changed(archive: &Archive, episode: EpisodeId, wanted: &Chapters) -> Result<Option<Vec<Chapter>>> {
    let shown =
        || Ok::<_, archive::Error>(archive.chapters(episode)?.map(|(_, list)| list).unwrap_or_default());
    if let Some(path) = &wanted.set {
        let cannot = || format!("cannot read {}", path.display());
        let size = std::fs::metadata(path).with_context(cannot)?.len();
        if size > LARGEST {
            bail!("{} is too large for a list of chapters", path.display());
        }
        let read = import_json(&std::fs::read(path).with_context(cannot)?);
        for complaint in &read.complaints {
            eprintln!("note: {}: {complaint}", path.display());
        }
        if read.chapters.is_empty() {
            bail!("{} holds no chapters: nothing was changed", path.display());
        }
        return Ok(Some(read.chapters));
    }
    if let Some(added) = &wanted.add {
        let (start, title) = timed_title(added)?;
        let mut list = shown()?;
        list.retain(|chapter| chapter.start != start);
        list.push(Chapter { start, end: None, title, link: None, image: None, unlisted: false });
        list.sort_by_key(|chapter| chapter.start);
        return Ok(Some(list));
    }
    if let Some(number) = wanted.remove {
        let mut list = shown()?;
        if number == 0 || number > list.len() {
            bail!("there is no chapter {number}: there are {}", list.len());
        }
        if list.len() == 1 {
            bail!("this is the last chapter, and a list of your own needs one: --reset gives the list up");
        }
        list.remove(number - 1);
        return Ok(Some(list));
    }
    Ok(None)
}

/// `12:30 The ferry`, `1:02:30.5 The ferry`, `750 The ferry`.
fn timed_title(text: &str) -> Result<(Millis, String)> {
    let wrong = || hinted(format!("'{text}' is no time and title"), "write it like '12:30 The ferry'");
    let (time, title) = text.trim().split_once(char::is_whitespace).ok_or_else(wrong)?;
    let mut seconds = 0.0;
    for (place, part) in time.split(':').enumerate() {
        let digits = part.starts_with(|c: char| c.is_ascii_digit());
        let part: f64 = part.parse().ok().filter(|_| digits && place < 3).ok_or_else(wrong)?;
        seconds = seconds * 60.0 + part;
    }
    if !(0.0..1e7).contains(&seconds) {
        return Err(wrong());
    }
    Ok((Millis((seconds * 1000.0).round() as u64), title.trim().to_owned()))
}

fn written(
    format: ChapterFormat,
    entry: &EpisodeEntry,
    source: ChapterSource,
    chapters: &[Chapter],
) -> String {
    let about = About {
        show: entry.show.title.clone(),
        title: entry.episode.title.clone(),
        file: entry.recording.as_ref().map(|recording| recording.file_name.clone()).unwrap_or_default(),
        ..About::default()
    };
    let duration = entry.coverage.map(|coverage| coverage.duration).unwrap_or_default();
    match format {
        ChapterFormat::Json => export_json(&about, source, chapters),
        ChapterFormat::Vtt => export_vtt(chapters, duration),
        ChapterFormat::Ffmetadata => export_ffmetadata(&about, chapters, duration),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_and_a_title() {
        for (text, start) in
            [("12:30 The ferry", 750_000), ("1:02:03.5  The ferry ", 3_723_500), ("7 The ferry", 7_000)]
        {
            assert_eq!(timed_title(text).unwrap(), (Millis(start), "The ferry".to_owned()), "{text}");
        }
        for wrong in ["", "12:30", "The ferry", "1:2:3:4 x", "-3 x", "inf x", "1e300 x", "NaN x"] {
            assert!(timed_title(wrong).is_err(), "{wrong}");
        }
    }
}
