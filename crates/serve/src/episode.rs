//! An episode: what it is, its text to read and to play, and its exports.

use crate::audio::ending;
use crate::failure::{Failure, render};
use crate::library::{Standing, per_cent};
use crate::names::{Names, What};
use crate::notes::{self, Piece};
use crate::passages;
use crate::passages::{Passage, Seconds};
use crate::places::Places;
use crate::server::App;
use crate::strip::{self, Bar};
use archive::{Archive, Copy, EpisodeEntry, Reading, Text};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use model::{
    Chapter, ChapterSource, EpisodeId, MediaInfo, Millis, Origin, Repeat, ShowId, Stretch, Transcript,
};
use serde::Deserialize;
use transcript::{About, Format, describe_repeat, length_in_words, long_date};

/// Notes longer than this many characters are folded.
const LONG_NOTES: usize = 420;

/// Everything a page of an episode shows.
pub(crate) struct Loaded {
    pub entry: EpisodeEntry,
    pub standing: Standing,
    /// Empty when nothing was heard yet.
    pub transcript: Transcript,
    pub names: Names,
    /// Who gave the chapters that are shown, and those that are listed.
    pub chapters: Option<(ChapterSource, Vec<Chapter>)>,
    /// The other places of the same recording.
    pub copies: Vec<Copy>,
    pub version: u64,
}

pub(crate) fn load(archive: &Archive, id: EpisodeId) -> archive::Result<Loaded> {
    let entry = archive.episode(id)?;
    let standing = Standing::of(&entry);
    let reading = archive.reading(id, Text::Revised)?;
    let version = reading.as_ref().map_or(entry.version, |reading| reading.version);
    let names = match &reading {
        Some(reading) => Names::of(archive, reading.hearing.id, &reading.transcript)?,
        None => Names::default(),
    };
    let transcript = reading.map(|reading| reading.transcript).unwrap_or_default();
    let chapters = archive.chapters(id)?.map(|(source, mut chapters)| {
        chapters.retain(|chapter| !chapter.unlisted);
        for (number, chapter) in (1..).zip(&mut chapters) {
            if chapter.title.trim().is_empty() {
                chapter.title = format!("Chapter {number}");
            }
        }
        (source, chapters)
    });
    let copies = archive.copies(id)?;
    Ok(Loaded { entry, standing, transcript, names, chapters, copies, version })
}

impl Loaded {
    /// Length of the recording, as far as anything says it; 0 when nothing does.
    fn duration(&self) -> Millis {
        let probed = self.entry.recording.as_ref().and_then(|recording| recording.media.as_ref()?.duration);
        self.transcript.duration.max(probed.unwrap_or_default())
    }
}

/// Title of an episode, or the name of its file where it has none.
pub(crate) fn title(entry: &EpisodeEntry) -> String {
    let file = || entry.recording.as_ref().map(|recording| recording.file_name.clone());
    match entry.episode.title.trim() {
        "" => file().unwrap_or_else(|| "Untitled".to_owned()),
        title => title.to_owned(),
    }
}

fn parsed(id: &str) -> Result<EpisodeId, Failure> {
    id.parse().map_err(|_| Failure::not_found("there is no such episode"))
}

#[derive(Template)]
#[template(path = "episode.html")]
struct Page<'a> {
    places: Places,
    id: EpisodeId,
    show_id: ShowId,
    show: &'a str,
    title: String,
    date: Option<(String, String)>,
    people: String,
    length: Option<Millis>,
    duration: Millis,
    format: Option<String>,
    notes: Vec<Vec<Piece<'a>>>,
    notes_folded: bool,
    /// Where its sound is.
    audio: Option<String>,
    standing: &'a Standing,
    language: &'a str,
    version: u64,
    passages: Vec<Passage<'a>>,
    names: &'a Names,
    /// Whether readers can decide of names here.
    decidable: bool,
    chapters: &'a [Chapter],
    /// Nobody gave them: they are found in the text.
    chapters_found: bool,
    /// Where they begin on the strip.
    chapter_marks: Vec<f64>,
    bars: Vec<Bar>,
    coverage: Option<String>,
    gaps: Vec<&'a Stretch>,
    /// What comes again in the show.
    repeats: Vec<(&'a Repeat, String)>,
    /// The other places of the same recording.
    copies: &'a [Copy],
    missing: String,
    partial: Option<&'a str>,
    engine: Option<&'a str>,
    /// For a text from elsewhere: where it came from.
    source: Option<&'a str>,
    /// It came from the publisher.
    publishers: bool,
    /// Its words have times.
    timed: bool,
    /// What it can be taken away in.
    formats: Vec<Format>,
}

pub(crate) async fn page(State(app): State<App>, Path(id): Path<String>) -> Result<Response, Failure> {
    let id = parsed(&id)?;
    app.read(move |archive| {
        load(archive, id).map(|loaded| render(&html(&loaded, Places::served(), true, true)))
    })
    .await
}

/// The page of an episode as text. `audio`: its sound lies beside it.
pub(crate) fn written(loaded: &Loaded, places: Places, audio: bool) -> Result<String, askama::Error> {
    html(loaded, places, audio, false).render()
}

fn html(loaded: &Loaded, places: Places, audio: bool, decidable: bool) -> Page<'_> {
    let Loaded { entry, standing, transcript, names, chapters, copies, version } = loaded;
    let listed = chapters.as_ref().map(|(_, chapters)| chapters.as_slice()).unwrap_or_default();
    let recording = entry.recording.as_ref();
    let duration = loaded.duration();
    let notes = entry.episode.notes.as_deref().unwrap_or_default();
    let people = entry.episode.people.iter().map(|person| match &person.role {
        Some(role) => format!("{} ({role})", person.name),
        None => person.name.clone(),
    });
    let hearing = entry.hearing.as_ref();
    let elsewhere = hearing.filter(|hearing| hearing.origin != Origin::Heard);
    let missing: u64 = transcript.gaps().map(|gap| gap.end.since(gap.start).0).sum();
    Page {
        id: entry.episode.id,
        show_id: entry.show.id,
        show: &entry.show.title,
        title: title(entry),
        date: entry.episode.broadcast.map(|date| (date.to_string(), long_date(date))),
        people: people.collect::<Vec<_>>().join(", "),
        length: (duration.0 > 0).then_some(duration),
        duration,
        format: recording.and_then(|recording| recording.media.as_ref()).map(audio_format),
        notes_folded: notes.chars().count() > LONG_NOTES,
        notes: notes::paragraphs(notes),
        audio: sound(entry, &places).filter(|_| audio),
        standing,
        language: transcript.language.as_deref().unwrap_or_default(),
        version: *version,
        names,
        decidable,
        passages: passages::in_chapters(transcript, names, listed),
        chapters: listed,
        chapters_found: chapters.as_ref().is_some_and(|(source, _)| *source == ChapterSource::Found),
        chapter_marks: strip::marks(listed, duration),
        bars: strip::bars(transcript, duration),
        // Of a recording under way nobody can say yet how much of it will be understood.
        // And only a recogniser was measured against the speech that there is.
        coverage: (elsewhere.is_none() && transcript.complete && transcript.speech.0 > 0)
            .then(|| per_cent(transcript.coverage())),
        gaps: transcript.gaps().collect(),
        repeats: transcript.repeats.iter().map(|repeat| (repeat, describe_repeat(repeat))).collect(),
        copies,
        missing: length_in_words(Millis(missing)),
        partial: transcript.partial.as_deref(),
        engine: hearing.map(|hearing| hearing.engine.as_str()),
        source: elsewhere.map(|hearing| hearing.source.as_str()),
        publishers: elsewhere.is_some_and(|hearing| hearing.origin == Origin::Publisher),
        timed: transcript.words.is_empty() || transcript.is_timed(),
        formats: (if places.are_served() { Format::ALL.as_slice() } else { IN_FOLDERS.as_slice() })
            .iter()
            .copied()
            .filter(|format| format.suits(transcript).is_ok())
            .collect(),
        places,
    }
}

/// Formats that lie beside a page in a folder of files: what readers, players and podcast apps take. Those for other programs
/// come from `readout export`.
pub(crate) const IN_FOLDERS: [Format; 5] = [Format::Txt, Format::Md, Format::Srt, Format::Vtt, Format::Json];

/// Where the sound of an episode is, when it is here.
fn sound(entry: &EpisodeEntry, places: &Places) -> Option<String> {
    let recording = entry.recording.as_ref()?;
    let ending = recording.media.as_ref().map_or("bin", |media| ending(media).0);
    Some(places.audio(&recording.blob?, ending))
}

/// The name of the file of an export.
struct Name(Format);

impl std::fmt::Display for Name {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "transcript.{}", self.0)
    }
}

/// `MP3, 44.1 kHz, stereo, 128 kbit/s`.
fn audio_format(media: &MediaInfo) -> String {
    let name = match (media.codec.as_str(), media.container.as_str()) {
        (codec, "") => codec.to_owned(),
        (codec, container) if codec == container => codec.to_owned(),
        ("PCM", container) => container.to_owned(),
        (codec, container) => format!("{codec} in {container}"),
    };
    let channels = match media.channels {
        0 => String::new(),
        1 => ", mono".to_owned(),
        2 => ", stereo".to_owned(),
        more => format!(", {more}\u{a0}channels"),
    };
    let rate = match media.sample_rate {
        0 => String::new(),
        rate => format!(", {}\u{a0}kHz", f64::from(rate / 10) / 100.0),
    };
    let bits = match media.duration.map(|duration| duration.0) {
        None | Some(0) => String::new(),
        Some(duration) => format!(", {}\u{a0}kbit/s", media.bytes.saturating_mul(8) / duration),
    };
    format!("{name}{rate}{channels}{bits}")
}

#[derive(Template)]
#[template(path = "passages.html")]
struct Fragment<'a> {
    passages: Vec<Passage<'a>>,
    bars: Vec<Bar>,
}

/// Milliseconds from which on passages are wanted.
#[derive(Deserialize)]
pub(crate) struct From {
    #[serde(default)]
    from: u64,
}

/// The passages from a time on, as they are on the page, for pages that are open while more is heard.
pub(crate) async fn passages(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(from): Query<From>,
) -> Result<Response, Failure> {
    let id = parsed(&id)?;
    let from = Millis(from.from);
    let made = app.read(move |archive| {
        let loaded = load(archive, id)?;
        Ok(render(&Fragment {
            passages: passages::passages(&loaded.transcript, &loaded.names, from),
            bars: strip::bars(&loaded.transcript, loaded.duration()),
        }))
    });
    made.await
}

/// `transcript.FORMAT` of an episode.
pub(crate) async fn export(
    State(app): State<App>,
    Path((id, name)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let id = parsed(&id)?;
    if name == "chapters.json" {
        return chapters(&app, id).await;
    }
    let format = name.strip_prefix("transcript.").and_then(|format| format.parse::<Format>().ok());
    let format = format.ok_or_else(|| Failure::not_found("there is no such page or export"))?;
    let (entry, reading) =
        app.read(move |archive| Ok((archive.episode(id)?, archive.reading(id, Text::Revised)?))).await?;
    let reading = reading.ok_or_else(|| Failure::not_found("nothing has been heard of this episode yet"))?;
    let name = format!("{}.{format}", file_stem(&title(&entry)));
    let bytes = transcript::export(format, &about(entry, &reading), &reading.transcript)
        .map_err(|error| Failure::not_found(error.to_string()))?;
    let headers = [
        (header::CONTENT_TYPE, format.mime().to_owned()),
        (header::CONTENT_DISPOSITION, format!("inline; filename=\"{name}\"")),
        (header::CONTENT_SECURITY_POLICY, crate::guard::FOREIGN_POLICY.to_owned()),
    ];
    Ok((headers, crate::guard::FOR_OTHERS, bytes).into_response())
}

/// The chapters of an episode, as Podcasting 2.0 has them.
async fn chapters(app: &App, id: EpisodeId) -> Result<Response, Failure> {
    let text = app.read(move |archive| chapters_json(archive, &archive.episode(id)?)).await?;
    let text = text.ok_or_else(|| Failure::not_found("this episode has no chapters"))?;
    let headers = [
        (header::CONTENT_TYPE, "application/json+chapters"),
        (header::CONTENT_SECURITY_POLICY, crate::guard::FOREIGN_POLICY),
    ];
    Ok((headers, crate::guard::FOR_OTHERS, text).into_response())
}

pub(crate) fn chapters_json(archive: &Archive, entry: &EpisodeEntry) -> archive::Result<Option<String>> {
    let Some((source, chapters)) = archive.chapters(entry.episode.id)? else { return Ok(None) };
    let about = About {
        show: entry.show.title.clone(),
        title: entry.episode.title.clone(),
        date: entry.episode.broadcast,
        ..About::default()
    };
    Ok(Some(transcript::chapters::export_json(&about, source, &chapters)))
}

pub(crate) fn about(entry: EpisodeEntry, reading: &Reading) -> About {
    let recording = entry.recording;
    About {
        show: entry.show.title,
        title: entry.episode.title,
        date: entry.episode.broadcast,
        notes: entry.episode.notes,
        people: entry.episode.people,
        audio: recording.as_ref().and_then(|recording| recording.blob),
        file: recording.map(|recording| recording.file_name).unwrap_or_default(),
        engine: reading.hearing.engine.clone(),
    }
}

/// A title as the name of a file that every system takes: ASCII letters, digits and dashes.
fn file_stem(title: &str) -> String {
    let mut stem = String::new();
    for c in title.chars().take(80) {
        if c.is_ascii_alphanumeric() {
            stem.push(c);
        } else if !stem.is_empty() && !stem.ends_with('-') {
            stem.push('-');
        }
    }
    match stem.trim_end_matches('-') {
        "" => "transcript".to_owned(),
        stem => stem.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_harmless() {
        for (title, expected) in [
            ("France wants: \"freeze\". Russia said NO", "France-wants-freeze-Russia-said-NO"),
            ("../../etc/passwd\r\nX: y", "etc-passwd-X-y"),
            ("Передача", "transcript"),
            ("", "transcript"),
        ] {
            assert_eq!(file_stem(title), expected);
        }
    }

    #[test]
    fn formats_read_like_a_label() {
        let media = MediaInfo {
            container: "MP3".into(),
            codec: "MP3".into(),
            duration: Some(Millis(60_000)),
            sample_rate: 44_100,
            channels: 2,
            bytes: 960_000,
        };
        assert_eq!(audio_format(&media), "MP3, 44.1\u{a0}kHz, stereo, 128\u{a0}kbit/s");
        let media = MediaInfo {
            container: "MP4".into(),
            codec: "AAC-LC".into(),
            duration: None,
            channels: 1,
            ..media
        };
        assert_eq!(audio_format(&media), "AAC-LC in MP4, 44.1\u{a0}kHz, mono");
    }
}
