//! News of a recording that is being heard, as server-sent events: an open page adds the words as they come.

use crate::episode::{Loaded, load};
use crate::failure::Failure;
use crate::library::Standing;
use crate::passages::passages;
use crate::server::App;
use archive::{Archive, Cell, Error};
use axum::extract::{Path, Query, State};
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream;
use model::{EpisodeId, Millis};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::time::Duration;

/// How often the archive is looked at. Workers may be other processes, so there is nothing to be woken by.
const LOOK: Duration = Duration::from_millis(1000);

/// Version of the text that the page shows.
#[derive(Deserialize)]
pub(crate) struct Seen {
    version: Option<u64>,
}

/// What the page is told.
#[derive(Serialize)]
struct News {
    /// Milliseconds from which on the passages are others than before; absent when only the standing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<u64>,
    /// Version of the text, to be named when asking for news again.
    version: u64,
    /// `hearing`, `waiting`, `heard` or `failed`.
    standing: &'static str,
    /// Per cent of the recording that was heard.
    #[serde(skip_serializing_if = "Option::is_none")]
    percent: Option<u64>,
}

/// What was last seen and told.
struct Told {
    /// Version of the text that the page shows, when it is known.
    version: Option<u64>,
    /// What the ledger and the archive said at the last look: as long as it is the same, nothing else is read.
    seen: Option<(u64, Vec<Cell>)>,
    standing: Option<Standing>,
    /// Begin and fingerprint of every passage; empty before the first look.
    passages: Vec<(Millis, u64)>,
    ended: bool,
}

pub(crate) async fn events(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(seen): Query<Seen>,
) -> Result<impl IntoResponse, Failure> {
    let id: EpisodeId = id.parse().map_err(|_| Failure::not_found("there is no such episode"))?;
    app.read(move |archive| archive.episode(id)).await?;
    let told = Told { version: seen.version, seen: None, standing: None, passages: Vec::new(), ended: false };
    let events = stream::unfold((app, told), move |(mut app, mut told)| async move {
        while !told.ended {
            let looked = app
                .read(move |archive| {
                    let news = look(archive, id, &mut told)?;
                    Ok((told, news))
                })
                .await;
            let news;
            (told, news) = looked.ok()?;
            if let Some(event) = news.and_then(|news| Event::default().event("heard").json_data(news).ok()) {
                return Some((Ok::<_, Infallible>(event), (app, told)));
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                _ = app.stopping.wait_for(|stopping| *stopping) => return None,
            }
        }
        None
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

/// Compares the archive with what was told; returns what is new.
fn look(archive: &Archive, id: EpisodeId, told: &mut Told) -> archive::Result<Option<News>> {
    let looked = archive.episode(id).and_then(|entry| {
        let seen = Some((entry.version, entry.cells));
        if seen == told.seen {
            return Ok(None);
        }
        told.seen = seen;
        load(archive, id).map(Some)
    });
    let loaded = match looked {
        Ok(Some(loaded)) => loaded,
        // A paused archive has no news.
        Ok(None) | Err(Error::Paused { .. }) => return Ok(None),
        // A removed episode has none any more.
        Err(error) => return Err(error),
    };
    let Loaded { standing, transcript, names, version, .. } = loaded;
    let mut from = None;
    if told.passages.is_empty() || told.version != Some(version) {
        let now: Vec<(Millis, u64)> = passages(&transcript, &names, Millis(0))
            .iter()
            .map(|passage| (passage.start(), passage.fingerprint()))
            .collect();
        if told.version != Some(version) {
            from = first_change(&told.passages, &now).map(|from| from.0);
        }
        told.passages = now;
        told.version = Some(version);
    }
    if from.is_none() && told.standing.as_ref() == Some(&standing) {
        return Ok(None);
    }
    let (name, percent) = match &standing {
        Standing::Hearing(percent) => ("hearing", *percent),
        Standing::Waiting(_) => ("waiting", None),
        Standing::Heard => ("heard", None),
        Standing::Failed(_) => ("failed", None),
    };
    told.ended = matches!(standing, Standing::Heard | Standing::Failed(_));
    told.standing = Some(standing);
    Ok(Some(News { from, version, standing: name, percent }))
}

/// The time from which on two lists of passages differ.
fn first_change(before: &[(Millis, u64)], now: &[(Millis, u64)]) -> Option<Millis> {
    let same = before.iter().zip(now).take_while(|(before, now)| before == now).count();
    let start = |list: &[(Millis, u64)]| list.get(same).map(|(start, _)| *start);
    [start(before), start(now)].into_iter().flatten().min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_change_is_found() {
        let list = |text: &str| -> Vec<(Millis, u64)> {
            text.split_whitespace()
                .map(|item| item.split_once(':').expect("start:print"))
                .map(|(start, print)| (Millis(start.parse().expect("ms")), print.parse().expect("print")))
                .collect()
        };
        for (before, now, expected) in [
            ("", "0:1 5:2", Some(0)),
            ("0:1 5:2", "0:1 5:2", None),
            ("0:1 5:2", "0:1 5:3", Some(5)),
            ("0:1 5:2", "0:1 5:2 9:3", Some(9)),
            ("0:1 9:2", "0:1 5:2 9:3", Some(5)),
            ("0:1 5:2 9:3", "0:1", Some(5)),
        ] {
            assert_eq!(first_change(&list(before), &list(now)), expected.map(Millis), "{before} / {now}");
        }
    }
}
