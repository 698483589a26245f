//! The library: shows, and their episodes with where each stands.

use crate::episode;
use crate::failure::{Failure, render};
use crate::places::Places;
use crate::server::App;
use crate::show::Number;
use archive::{Archive, Coverage, EpisodeEntry, ShowEntry, Stage, State as Cell};
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use model::{Millis, Origin, ShowId};
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
        let cells = || [Stage::FETCH, Stage::PROBE, Stage::HEAR].into_iter().filter_map(cell);
        if let Some(cell) = cells().find(|cell| matches!(cell.state, Cell::Failed | Cell::Quarantined)) {
            return Self::Failed(cell.error.clone().unwrap_or_else(|| "no reason was given".to_owned()));
        }
        let percent = entry.coverage.filter(|coverage| coverage.duration.0 > 0);
        let percent = percent.map(|coverage| (coverage.heard.0 * 100 / coverage.duration.0).min(99));
        if cell(Stage::HEAR).is_some_and(|cell| cell.state == Cell::Leased) {
            return Self::Hearing(percent);
        }
        let fetched = entry.recording.as_ref().is_some_and(|recording| recording.blob.is_some());
        if !fetched && cell(Stage::HEAR).is_none() {
            return Self::Waiting(match cell(Stage::FETCH) {
                Some(cell) if cell.state == Cell::Leased => "Being fetched".to_owned(),
                Some(archive::Cell { error: Some(reason), .. }) => {
                    format!("Waiting to be fetched again: {reason}")
                }
                Some(_) => "Waiting to be fetched".to_owned(),
                None => "Its sound is not in this archive".to_owned(),
            });
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
    id: ShowId,
    title: String,
    episodes: Vec<Row>,
    /// Episodes beyond these.
    more: usize,
}

/// An episode in a list.
pub(crate) struct Row {
    pub address: String,
    pub title: String,
    pub date: Option<(String, String)>,
    pub length: Option<Millis>,
    pub standing: Standing,
    pub coverage: Option<Coverage>,
}

#[derive(Template)]
#[template(path = "library.html")]
struct Page {
    places: Places,
    shows: Vec<ShowSection>,
    page: usize,
    pages: usize,
    /// True while something is under way: the page then looks after itself.
    working: bool,
}

/// Shows on one page, and the newest episodes of each.
const SHOWS_A_PAGE: usize = 40;
const EPISODES_A_SHOW: usize = 12;

pub(crate) async fn page(State(app): State<App>, Query(number): Query<Number>) -> Result<Response, Failure> {
    let page = number.page.max(1);
    app.read(move |archive| Ok(render(&html(archive, Places::served(), page)?))).await
}

/// A page of the library as text, and how many there are.
pub(crate) fn written(archive: &Archive, places: Places, page: usize) -> archive::Result<(String, usize)> {
    let page = Page { working: false, ..html(archive, places, page)? };
    let text = page.render();
    let text =
        text.map_err(|error| archive::Error::Invalid(format!("the page cannot be written: {error}")))?;
    Ok((text, page.pages))
}

fn html(archive: &Archive, places: Places, page: usize) -> archive::Result<Page> {
    let all: Vec<ShowEntry> = archive.shows()?.into_iter().filter(|show| show.episodes > 0).collect();
    let pages = all.len().div_ceil(SHOWS_A_PAGE).max(1);
    let mut shows = Vec::new();
    for show in all.iter().skip((page - 1).saturating_mul(SHOWS_A_PAGE)).take(SHOWS_A_PAGE) {
        let episodes = archive.episodes_page(Some(show.show.id), 0, EPISODES_A_SHOW)?;
        let episodes: Vec<Row> = episodes.iter().map(|entry| row(entry, &places)).collect();
        let more = usize::try_from(show.episodes).unwrap_or(usize::MAX).saturating_sub(episodes.len());
        shows.push(ShowSection { id: show.show.id, title: show.show.title.clone(), episodes, more });
    }
    let working = shows
        .iter()
        .flat_map(|show| &show.episodes)
        .any(|row| matches!(row.standing, Standing::Hearing(_) | Standing::Waiting(_)));
    Ok(Page { places, shows, page, pages, working })
}

pub(crate) fn row(entry: &EpisodeEntry, places: &Places) -> Row {
    let probed = entry.recording.as_ref().and_then(|recording| recording.media.as_ref()?.duration);
    let length = entry.coverage.map(|coverage| coverage.duration).filter(|duration| duration.0 > 0);
    // How much was understood is a measure of a recogniser only.
    let heard = entry.hearing.as_ref().is_some_and(|hearing| hearing.origin == Origin::Heard);
    Row {
        address: places.episode(&entry.episode.id),
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
