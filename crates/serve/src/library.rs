//! The library: shows, and their episodes with where each stands.

use crate::failure::{Failure, render};
use crate::server::App;
use crate::{assets, episode};
use archive::{Archive, Coverage, EpisodeEntry, Stage, State as Cell};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use model::{EpisodeId, Millis, Origin};
use transcript::long_date;

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
    pub fn of(entry: &EpisodeEntry) -> Self {
        if entry.hearing.as_ref().is_some_and(|hearing| hearing.complete) {
            return Self::Heard;
        }
        let cell = |stage: Stage| entry.cells.iter().find(move |cell| cell.stage == stage);
        let cells = || [Stage::PROBE, Stage::HEAR].into_iter().filter_map(cell);
        if let Some(cell) = cells().find(|cell| matches!(cell.state, Cell::Failed | Cell::Quarantined)) {
            return Self::Failed(cell.error.clone().unwrap_or_else(|| "no reason was given".to_owned()));
        }
        let percent = entry.coverage.filter(|coverage| coverage.duration.0 > 0);
        let percent = percent.map(|coverage| (coverage.heard.0 * 100 / coverage.duration.0).min(99));
        if cell(Stage::HEAR).is_some_and(|cell| cell.state == Cell::Leased) {
            return Self::Hearing(percent);
        }
        let trouble = cells().find_map(|cell| cell.error.as_ref());
        Self::Waiting(match (trouble, percent) {
            (Some(reason), _) => format!("Waiting for another try: {reason}"),
            (None, Some(percent)) if percent > 0 => format!("Waiting, {percent} % heard"),
            (None, _) => "Waiting to be heard".to_owned(),
        })
    }
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
    let shows = app.read(sections).await?;
    let working = shows
        .iter()
        .flat_map(|show| &show.episodes)
        .any(|row| matches!(row.standing, Standing::Hearing(_) | Standing::Waiting(_)));
    Ok(render(&Page { shows, working }))
}

fn sections(archive: &Archive) -> archive::Result<Vec<ShowSection>> {
    let mut sections: Vec<ShowSection> = Vec::new();
    for show in archive.shows()? {
        let episodes: Vec<Row> = archive.episodes(Some(show.show.id))?.iter().map(row).collect();
        if !episodes.is_empty() {
            sections.push(ShowSection { title: show.show.title, episodes });
        }
    }
    Ok(sections)
}

fn row(entry: &EpisodeEntry) -> Row {
    let probed = entry.recording.as_ref().and_then(|recording| recording.media.as_ref()?.duration);
    let length = entry.coverage.map(|coverage| coverage.duration).filter(|duration| duration.0 > 0);
    // How much was understood is a measure of a recogniser only.
    let heard = entry.hearing.as_ref().is_some_and(|hearing| hearing.origin == Origin::Heard);
    Row {
        id: entry.episode.id,
        title: episode::title(entry),
        date: entry.episode.broadcast.map(|date| (date.to_string(), long_date(date))),
        length: length.or(probed),
        standing: Standing::of(entry),
        coverage: entry.coverage.filter(|coverage| heard && coverage.speech.0 > 0),
    }
}

/// A share as a whole percentage that says 100 only when nothing is missing.
pub(crate) fn per_cent(share: f64) -> String {
    let percent = (share * 100.0).floor().clamp(0.0, 100.0);
    format!("{percent} %")
}
