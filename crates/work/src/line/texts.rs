//! The stage `texts`: the publisher's own transcript and chapters of an episode. They are taken as they are, and kept
//! byte for byte.

use super::ended;
use crate::hearing::Ended;
use crate::run::Crew;
use archive::{Claim, EpisodeEntry, Imported};
use feed::{ChaptersLink, TranscriptLink};
use fetch::{Document, Fetcher, Request};
use model::{Chapter, ChapterSource, Millis, Origin};
use transcript::{Import, Limits};

const TOOL: &str = "texts/1";

/// Transcripts of one episode that are fetched before one must do.
const TRIES: usize = 6;

/// Words a minute between which a transcript of a recording of known length is believed to be one: slow lectures have 60,
/// fast talk 260; a summary has fewer, the notes of a whole season more.
const WORDS_A_MINUTE: std::ops::RangeInclusive<f64> = 20.0..=400.0;

/// The least words of a transcript when the length is not known.
const FEWEST: usize = 20;

/// What was found, in one sentence; `None` when the publisher's texts are of no use.
pub(crate) fn texts(
    crew: &Crew<'_>,
    fetcher: &Fetcher,
    claim: &Claim,
    episode: &EpisodeEntry,
) -> Result<Option<String>, Ended> {
    let archive = crew.archive;
    let id = episode.episode.id;
    let mut found = Vec::new();
    let mut troubles = Vec::new();
    let mut later = None;
    let mut note = |trouble: Ended| match trouble {
        Ended::Stopped => Err(Ended::Stopped),
        Ended::Later { .. } => {
            later.get_or_insert(trouble);
            Ok(())
        }
        Ended::Failed { reason, .. } => {
            troubles.push(reason);
            Ok(())
        }
        trouble => Err(trouble),
    };
    for outlet in archive.outlets(id)?.into_iter().rev() {
        let offered = |name: &str| outlet.item.get(name).cloned().unwrap_or_default();
        let links: Vec<TranscriptLink> = serde_json::from_value(offered("transcripts")).unwrap_or_default();
        if let Some((link, import, document)) = best(crew, fetcher, episode, links, &mut note)? {
            let (words, speakers) = (import.transcript.words.len(), speakers(&import));
            let file = archive.dir().join("tmp").join(format!("text-{id}"));
            std::fs::write(&file, &document.bytes).map_err(|error| Ended::Failed {
                reason: format!("cannot write {}: {error}", file.display()),
                again: true,
            })?;
            let text = Imported {
                origin: Origin::Publisher,
                source: &link.address,
                engine: &import.engine(),
                original: None,
                aligned_from: None,
                transcript: &import.transcript,
                show: true,
            };
            let stored = archive.attach_text(id, Some(&file), &text);
            let _ = std::fs::remove_file(&file);
            stored?;
            found.push(match speakers {
                0 => format!("the publisher's transcript, {words} words"),
                speakers => format!("the publisher's transcript, {words} words of {speakers} speakers"),
            });
        }
        let chapters = match serde_json::from_value::<Option<ChaptersLink>>(offered("chapters")) {
            Ok(Some(link)) => match get(crew, fetcher, &link.address) {
                Ok(document) => transcript::chapters::import_json(&document.bytes).chapters,
                Err(trouble) => {
                    note(trouble)?;
                    Vec::new()
                }
            },
            _ => Vec::new(),
        };
        let inline: Vec<feed::Chapter> =
            serde_json::from_value(offered("inline_chapters")).unwrap_or_default();
        let chapters = if chapters.is_empty() { inline.into_iter().map(chapter).collect() } else { chapters };
        if !chapters.is_empty() {
            archive.set_chapters(id, ChapterSource::Publisher, &chapters)?;
            found.push(format!("{} chapters", chapters.len()));
        }
        if !found.is_empty() {
            break;
        }
    }
    match later {
        Some(later) if found.is_empty() => return Err(later),
        _ => {}
    }
    if found.is_empty() && !troubles.is_empty() {
        // Said once, and the episode is heard instead.
        return Err(Ended::Failed {
            reason: format!("the publisher's texts: {}", troubles.join("; ")),
            again: false,
        });
    }
    archive.finish(claim, TOOL)?;
    Ok((!found.is_empty()).then(|| found.join(", ")))
}

/// How much a format says: captions with voices before plain ones, pages last.
fn rank(link: &TranscriptLink) -> usize {
    let kind = link.media_type.as_deref().unwrap_or_default();
    let path = link.address.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    let is = |names: &[&str], ending: &str| {
        names.iter().any(|name| kind.starts_with(name)) || path.ends_with(ending)
    };
    if is(&["text/vtt"], ".vtt") {
        0
    } else if is(&["application/x-subrip", "application/srt", "text/srt"], ".srt") {
        1
    } else if is(&["application/json"], ".json") {
        2
    } else if is(&["text/html"], ".html") {
        3
    } else {
        4
    }
}

/// The best of the transcripts that are offered: the first good one that names its speakers, else the first good one.
fn best(
    crew: &Crew<'_>,
    fetcher: &Fetcher,
    episode: &EpisodeEntry,
    mut links: Vec<TranscriptLink>,
    note: &mut dyn FnMut(Ended) -> Result<(), Ended>,
) -> Result<Option<(TranscriptLink, Import, Document)>, Ended> {
    links.sort_by_key(rank);
    let mut good = None;
    for link in links.into_iter().take(TRIES) {
        let document = match get(crew, fetcher, &link.address) {
            Ok(document) => document,
            Err(trouble) => {
                note(trouble)?;
                continue;
            }
        };
        let name = document.file_name.clone().or_else(|| file_name(&link)).unwrap_or_default();
        let import = match transcript::import(&document.bytes, &name, &Limits::default()) {
            Ok(import) => import,
            Err(error) => {
                note(Ended::Failed { reason: error.to_string(), again: false })?;
                continue;
            }
        };
        if !is_plausible(&import, episode) {
            let reason =
                format!("{} does not have the length of a transcript", fetch::shown_address(&link.address));
            note(Ended::Failed { reason, again: false })?;
            continue;
        }
        let import = Import { transcript: in_language(import.transcript, &link, episode), ..import };
        if speakers(&import) > 0 {
            return Ok(Some((link, import, document)));
        }
        good = good.or(Some((link, import, document)));
    }
    Ok(good)
}

fn in_language(
    mut transcript: model::Transcript,
    link: &TranscriptLink,
    episode: &EpisodeEntry,
) -> model::Transcript {
    let stated = link.language.clone().or_else(|| episode.episode.language.clone());
    transcript.language = transcript.language.or(stated);
    transcript
}

fn get(crew: &Crew<'_>, fetcher: &Fetcher, address: &str) -> Result<Document, Ended> {
    let request = Request { stop: crew.stop_fetching(), ..Request::new(address) };
    let answer = fetcher.get(&request).map_err(|error| ended(&error))?;
    answer.document().ok_or_else(|| Ended::Failed { reason: "the server sent nothing".into(), again: false })
}

fn file_name(link: &TranscriptLink) -> Option<String> {
    let name = link.address.split(['?', '#']).next()?.rsplit('/').next()?;
    (!name.is_empty()).then(|| name.to_owned())
}

fn speakers(import: &Import) -> usize {
    let mut names: Vec<&str> =
        import.transcript.turns.iter().filter_map(|turn| turn.speaker.as_deref()).collect();
    names.sort_unstable();
    names.dedup();
    names.len()
}

fn is_plausible(import: &Import, episode: &EpisodeEntry) -> bool {
    let words = import.transcript.words.len();
    let recording = episode.recording.as_ref();
    let length = recording.and_then(|recording| recording.media.as_ref()).and_then(|media| media.duration);
    match length.filter(|length| *length > Millis(60_000)) {
        Some(length) => WORDS_A_MINUTE.contains(&(words as f64 / (length.seconds() / 60.0))),
        None => words >= FEWEST,
    }
}

fn chapter(chapter: feed::Chapter) -> Chapter {
    Chapter {
        start: chapter.start,
        end: None,
        title: chapter.title,
        link: chapter.link,
        image: chapter.image,
        unlisted: false,
    }
}
