//! A show: what its publisher says of it, its feed, and its episodes, newest first.

use crate::failure::{Failure, render};
use crate::library::{Row, row};
use crate::places::Places;
use crate::rss;
use crate::server::App;
use archive::{Archive, ShowEntry};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use model::{ShowFacts, ShowId};
use serde::Deserialize;

/// Episodes on one page.
pub(crate) const EPISODES_A_PAGE: usize = 100;

#[derive(Template)]
#[template(path = "show.html")]
struct Page<'a> {
    places: Places,
    id: ShowId,
    title: &'a str,
    facts: &'a ShowFacts,
    episodes: u64,
    rows: Vec<Row>,
    page: usize,
    pages: usize,
    /// A feed is offered.
    feed: bool,
}

/// Which page of a list is wanted, from 1.
#[derive(Deserialize)]
pub(crate) struct Number {
    #[serde(default = "first")]
    pub page: usize,
}

fn first() -> usize {
    1
}

pub(crate) async fn page(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(number): Query<Number>,
) -> Result<Response, Failure> {
    let id: ShowId = id.parse().map_err(|_| Failure::not_found("there is no such show"))?;
    let page = number.page.max(1);
    app.read(move |archive| {
        let show = archive.show(id)?;
        let html = html(archive, &show, Places::served(), page, true)?;
        Ok(render(&html))
    })
    .await
}

/// The feed of a show, at the address under which it was asked for.
pub(crate) async fn feed(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let id: ShowId = id.parse().map_err(|_| Failure::not_found("there is no such show"))?;
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    // A reverse proxy that adds encryption says so; the host was examined by the guard.
    let encrypted = headers.get("x-forwarded-proto").is_some_and(|scheme| scheme == "https");
    let base = format!("{}://{host}/", if encrypted { "https" } else { "http" });
    let text =
        app.read(move |archive| rss::feed(archive, &archive.show(id)?, &base, rss::Where::Server)).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/rss+xml; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, crate::guard::FOREIGN_POLICY),
    ];
    Ok((headers, text).into_response())
}

/// A page of a show as text.
pub(crate) fn written(
    archive: &Archive,
    show: &ShowEntry,
    places: Places,
    page: usize,
    feed: bool,
) -> archive::Result<String> {
    let page = html(archive, show, places, page, feed)?;
    page.render().map_err(|error| archive::Error::Invalid(format!("the page cannot be written: {error}")))
}

/// Pages that a show's episodes fill; at least 1.
pub(crate) fn pages(episodes: u64) -> usize {
    usize::try_from(episodes).unwrap_or(usize::MAX).div_ceil(EPISODES_A_PAGE).max(1)
}

fn html<'a>(
    archive: &Archive,
    show: &'a ShowEntry,
    places: Places,
    page: usize,
    feed: bool,
) -> archive::Result<Page<'a>> {
    let skip = page.saturating_sub(1).saturating_mul(EPISODES_A_PAGE);
    let episodes = archive.episodes_page(Some(show.show.id), skip, EPISODES_A_PAGE)?;
    Ok(Page {
        id: show.show.id,
        title: &show.show.title,
        facts: &show.show.facts,
        episodes: show.episodes,
        rows: episodes.iter().map(|entry| row(entry, &places)).collect(),
        page,
        pages: pages(show.episodes),
        feed,
        places,
    })
}
