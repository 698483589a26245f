//! The library: shows, and their episodes with where each stands.

use crate::failure::{Failure, render};
use crate::server::App;
use crate::{assets, episode};
use archive::{Archive, EpisodeEntry, Stage, State as Cell, Text};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use model::{EpisodeId, Millis};
use std::collections::HashMap;
use std::sync::Mutex;
use transcript::long_date;

/// How much of an episode was understood, kept per version of the episode, so that a library of many episodes reads
/// each text once and not at every visit.
#[derive(Debug, Default)]
pub(crate) struct CoverageCache(Mutex<HashMap<EpisodeId, (u64, Coverage)>>);

/// What a list says of a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Coverage {
    /// Share of speech for which there are words, 0 to 1.
    pub share: f64,
    pub gaps: usize,
    pub duration: Millis,
}

impl CoverageCache {
    fn of(&self, archive: &Archive, entry: &EpisodeEntry) -> archive::Result<Option<Coverage>> {
        let lock = || self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((_, coverage)) =
            lock().get(&entry.episode.id).filter(|(version, _)| *version == entry.version)
        {
            return Ok(Some(*coverage));
        }
        let Some(reading) = archive.reading(entry.episode.id, Text::Revised)? else { return Ok(None) };
        let coverage = Coverage {
            share: reading.transcript.coverage(),
            gaps: reading.transcript.gaps().count(),
            duration: reading.transcript.duration,
        };
        lock().insert(entry.episode.id, (reading.version, coverage));
        Ok(Some(coverage))
    }
}

/// Where the work on an episode stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Standing {
    Heard,
    /// Being heard; per cent of the recording's length, when that is known.
    Hearing(Option<u64>),
    /// Waiting, with what there is to say about it.
    Waiting(String),
    Failed(String),
}

impl Standing {
    /// Reads it off the ledger.
    pub fn of(archive: &Archive, entry: &EpisodeEntry) -> archive::Result<Self> {
        if entry.hearing.as_ref().is_some_and(|hearing| hearing.complete) {
            return Ok(Self::Heard);
        }
        let cell = |stage: Stage| entry.cells.iter().find(move |cell| cell.stage == stage);
        let cells = || [Stage::PROBE, Stage::HEAR].into_iter().filter_map(cell);
        if let Some(cell) = cells().find(|cell| matches!(cell.state, Cell::Failed | Cell::Quarantined)) {
            let unknown = || "no reason was given".to_owned();
            return Ok(Self::Failed(cell.error.clone().unwrap_or_else(unknown)));
        }
        let percent = percent(archive, entry)?;
        if cell(Stage::HEAR).is_some_and(|cell| cell.state == Cell::Leased) {
            return Ok(Self::Hearing(percent));
        }
        let trouble = cells().find_map(|cell| cell.error.as_ref());
        Ok(Self::Waiting(match (trouble, percent) {
            (Some(reason), _) => format!("Waiting for another try: {reason}"),
            (None, Some(percent)) if percent > 0 => format!("Waiting, {percent} % heard"),
            (None, _) => "Waiting to be heard".to_owned(),
        }))
    }
}

/// How far a hearing under way has come; `None` when the length of the recording is not known.
fn percent(archive: &Archive, entry: &EpisodeEntry) -> archive::Result<Option<u64>> {
    let duration = entry.recording.as_ref().and_then(|recording| recording.media.as_ref()?.duration);
    let (Some(hearing), Some(duration)) = (&entry.hearing, duration.filter(|duration| duration.0 > 0)) else {
        return Ok(None);
    };
    let heard = archive.windows(hearing.id, 0)?.iter().map(|window| window.end).max().unwrap_or_default();
    Ok(Some((heard.0 * 100 / duration.0).min(99)))
}

struct ShowSection {
    title: String,
    episodes: Vec<Row>,
}

struct Row {
    id: EpisodeId,
    title: String,
    date: Option<(String, String)>,
    length: Option<Millis>,
    standing: Standing,
    coverage: Option<Coverage>,
}

#[derive(Template)]
#[template(path = "library.html")]
struct Page {
    shows: Vec<ShowSection>,
    /// True while something is under way: the page then looks after itself.
    working: bool,
}

pub(crate) async fn page(State(app): State<App>) -> Result<Response, Failure> {
    let cache = app.coverage.clone();
    let shows = app.read(move |archive| sections(archive, &cache)).await?;
    let working = shows
        .iter()
        .flat_map(|show| &show.episodes)
        .any(|row| matches!(row.standing, Standing::Hearing(_) | Standing::Waiting(_)));
    Ok(render(&Page { shows, working }))
}

fn sections(archive: &Archive, cache: &CoverageCache) -> archive::Result<Vec<ShowSection>> {
    let mut sections: Vec<ShowSection> = Vec::new();
    for show in archive.shows()? {
        let row = |entry: EpisodeEntry| {
            let standing = Standing::of(archive, &entry)?;
            let coverage = if standing == Standing::Heard { cache.of(archive, &entry)? } else { None };
            let probed = entry.recording.as_ref().and_then(|recording| recording.media.as_ref()?.duration);
            Ok(Row {
                id: entry.episode.id,
                title: episode::title(&entry),
                date: entry.episode.broadcast.map(|date| (date.to_string(), long_date(date))),
                length: coverage.map(|coverage| coverage.duration).or(probed),
                standing,
                coverage,
            })
        };
        let episodes = archive.episodes(Some(show.show.id))?.into_iter().map(row);
        let episodes = episodes.collect::<archive::Result<Vec<Row>>>()?;
        if !episodes.is_empty() {
            sections.push(ShowSection { title: show.show.title, episodes });
        }
    }
    Ok(sections)
}

/// A share as a whole percentage that says 100 only when nothing is missing.
pub(crate) fn per_cent(share: f64) -> String {
    let percent = (share * 100.0).floor().clamp(0.0, 100.0);
    format!("{percent} %")
}
