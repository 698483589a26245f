//! Transcripts from elsewhere, and the several texts that an episode may have.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use archive::{Archive, EpisodeEntry, Imported, Stated, Text};
use model::{ChapterSource, EpisodeId, Hearing, Origin};
use serde_json::json;
use transcript::{Import, Limits};

use super::{json_line, line};
use crate::arguments::{Everywhere, Texts};
use crate::failure::{Outcome, hinted};
use crate::place;

/// Endings of files that are transcripts, not media.
const ENDINGS: [&str; 10] = ["vtt", "srt", "json", "ctm", "rttm", "txt", "md", "markdown", "html", "readout"];

/// True for a file that is a transcript by its name.
pub fn is_text(path: &Path) -> bool {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()) || ending == "htm")
}

/// True when a transcript lies beside a recording and has its name: `talk.vtt` or `talk.en.vtt` beside `talk.mp3`.
pub fn belongs(text: &Path, media: &Path) -> bool {
    text.parent() == media.parent() && names_match(text, media)
}

fn names_match(text: &Path, media: &Path) -> bool {
    let stem = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    let (text, media) = (stem(text), stem(media));
    !media.is_empty()
        && text.strip_prefix(&media).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Adds one transcript: to an episode, if it belongs to one; else it becomes an episode that waits for its sound.
pub fn add_text(
    everywhere: &Everywhere,
    archive: &Archive,
    file: &Path,
    stated: &Stated,
    episode: Option<EpisodeId>,
) -> Result<EpisodeEntry> {
    let shown = file.display();
    let limits = Limits::default();
    let size = fs::metadata(file).with_context(|| format!("{shown} cannot be read"))?.len();
    if size > limits.bytes as u64 {
        return Err(transcript::NotATranscript::TooLarge(limits.bytes))
            .with_context(|| format!("{shown} was not added"));
    }
    let bytes = fs::read(file).with_context(|| format!("{shown} cannot be read"))?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let mut import =
        transcript::import(&bytes, &name, &limits).with_context(|| format!("{shown} was not added"))?;
    if stated.language.is_some() {
        import.transcript.language.clone_from(&stated.language);
    }
    let engine = import.engine();
    let text = Imported {
        origin: Origin::Imported,
        source: &name,
        engine: &engine,
        original: None,
        aligned_from: None,
        transcript: &import.transcript,
        show: true,
    };
    let episode = match episode {
        Some(episode) => Some(episode),
        None => of_that_name(archive, file, stated)?,
    };
    let added = match episode {
        Some(episode) => {
            archive.say(episode, stated)?;
            archive.attach_text(episode, Some(file), &text)?
        }
        None => archive.add_text(file, &told(stated, &import, file), &text)?,
    };
    if !import.chapters.is_empty() && archive.chapters_of(added.episode, ChapterSource::Publisher)?.is_empty()
    {
        archive.set_chapters(added.episode, ChapterSource::Publisher, &import.chapters)?;
    }
    let entry = archive.episode(added.episode)?;
    tell(everywhere, file, &import, &entry, added.new, episode.is_some())?;
    Ok(entry)
}

/// What is stated of a text that becomes an episode: by a person, else by the file, else by its name.
fn told(stated: &Stated, import: &Import, file: &Path) -> Stated {
    let about = import.about.clone();
    let text = |text: String| (!text.is_empty()).then_some(text);
    let stem = || Some(file.file_stem()?.to_string_lossy().into_owned());
    Stated {
        show: stated.show.clone().or_else(|| text(about.show)),
        title: stated.title.clone().or_else(|| text(about.title)).or_else(stem),
        broadcast: stated.broadcast.or(about.date),
        notes: stated.notes.clone().or(about.notes),
        people: about.people,
        language: stated.language.clone(),
    }
}

/// The episode whose recording has the name of a transcript, if there is one and nobody says otherwise.
fn of_that_name(archive: &Archive, file: &Path, stated: &Stated) -> Result<Option<EpisodeId>> {
    if stated.title.is_some() {
        return Ok(None);
    }
    let mut named = archive.episodes(None)?.into_iter().filter(|entry| {
        let same_show = stated.show.as_ref().is_none_or(|show| show.eq_ignore_ascii_case(&entry.show.title));
        let recording = entry.recording.as_ref();
        same_show && recording.is_some_and(|recording| names_match(file, Path::new(&recording.file_name)))
    });
    let found = named.next().map(|entry| entry.episode.id);
    // Two of one name say nothing.
    Ok(found.filter(|_| named.next().is_none()))
}

fn tell(
    everywhere: &Everywhere,
    file: &Path,
    import: &Import,
    entry: &EpisodeEntry,
    new: bool,
    attached: bool,
) -> Result<()> {
    let Import { format, transcript, complaints, .. } = import;
    let mut names: Vec<&str> = transcript.turns.iter().filter_map(|turn| turn.speaker.as_deref()).collect();
    names.sort_unstable();
    names.dedup();
    if everywhere.json {
        let complaints: Vec<String> = complaints.iter().map(ToString::to_string).collect();
        return json_line(&json!({
            "file": file, "episode": entry.episode.id, "new": new, "attached": attached,
            "show": entry.show.title, "title": entry.episode.title, "format": format.extension(),
            "words": transcript.words.len(), "speakers": names, "timed": transcript.is_timed(),
            "complaints": complaints,
        }));
    }
    for complaint in complaints {
        eprintln!("note: {}: {complaint}", file.display());
    }
    let what = match (new, attached) {
        (false, _) => "was there already:",
        (true, true) => "added to",
        (true, false) => "added",
    };
    let speakers = match names.len() {
        0 => String::new(),
        1 => ", 1 speaker".to_owned(),
        count => format!(", {count} speakers"),
    };
    let times = if transcript.is_timed() { "" } else { ", no times" };
    line(format_args!(
        "{what} {} / {} ({}, {} words{speakers}{times})",
        entry.show.title,
        entry.episode.title,
        format.description(),
        transcript.words.len(),
    ))
}

/// Lists the texts of an episode, or chooses the one that is shown.
pub fn texts(everywhere: &Everywhere, texts: &Texts) -> Result<Outcome> {
    let archive = place::open(everywhere)?;
    let mut entry = archive.find_episode(&texts.episode)?;
    if let (Some(which), Some(recording)) = (&texts.show, &entry.recording) {
        let hearing = chosen(&archive, &entry, which)?;
        archive.set_shown(recording.id, hearing.id)?;
        entry = archive.episode(entry.episode.id)?;
    }
    let shown = entry.hearing.as_ref().map(|hearing| hearing.id);
    for hearing in of(&archive, &entry)? {
        let is_shown = shown == Some(hearing.id);
        let transcript = archive.transcript(hearing.id, Text::Revised)?;
        if everywhere.json {
            json_line(&json!({
                "text": hearing.id, "origin": hearing.origin, "engine": hearing.engine, "source": hearing.source,
                "language": hearing.language, "complete": hearing.complete, "aligned_from": hearing.aligned_from,
                "words": transcript.words.len(), "timed": transcript.is_timed(), "shown": is_shown,
            }))?;
            continue;
        }
        let mark = if is_shown { "*" } else { " " };
        let source = if hearing.source.is_empty() { &hearing.engine } else { &hearing.source };
        let state = match (hearing.complete, transcript.is_timed() || transcript.words.is_empty()) {
            (false, _) => ", being heard",
            (true, false) => ", no times",
            (true, true) if hearing.aligned_from.is_some() => ", aligned",
            (true, true) => "",
        };
        let (origin, words) = (origin(&hearing), transcript.words.len());
        line(format_args!("{mark} {}  {origin:<9}  {source}, {words} words{state}", hearing.id))?;
    }
    Ok(Outcome::Done)
}

fn of(archive: &Archive, entry: &EpisodeEntry) -> Result<Vec<Hearing>> {
    match &entry.recording {
        Some(recording) => Ok(archive.hearings(recording.id)?),
        None => Ok(Vec::new()),
    }
}

fn origin(hearing: &Hearing) -> &'static str {
    match hearing.origin {
        Origin::Heard => "heard",
        Origin::Publisher => "publisher",
        Origin::Imported => "imported",
    }
}

/// The text that `heard`, `publisher` or `imported` means (the newest that is whole), or the begin of an id.
pub fn chosen(archive: &Archive, entry: &EpisodeEntry, which: &str) -> Result<Hearing> {
    let mut found: Vec<Hearing> =
        of(archive, entry)?.into_iter().filter(|hearing| hearing.complete).collect();
    match found.iter().rposition(|hearing| origin(hearing) == which) {
        Some(newest) => found = vec![found.swap_remove(newest)],
        None => found.retain(|hearing| which.len() >= 4 && hearing.id.to_string().starts_with(which)),
    }
    match (found.pop(), found.len()) {
        (Some(hearing), 0) => Ok(hearing),
        (Some(_), _) => {
            Err(hinted(format!("several texts have an id that begins with {which}"), "say more of it"))
        }
        (None, _) => Err(hinted(
            format!("\"{}\" has no text {which}", entry.episode.title),
            "`readout texts EPISODE` lists those it has",
        )),
    }
}
