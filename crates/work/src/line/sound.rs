//! The stage `fetch`: from an episode's outlets to its sound in the archive.

use super::ended;
use crate::event::Event;
use crate::hearing::Ended;
use crate::run::Crew;
use archive::{Claim, EpisodeEntry, Outlet};
use fetch::{Fetcher, Request};
use std::fs;

const TOOL: &str = "fetch/1";

/// Fetches the sound of an episode from the first of its outlets that gives it; returns its bytes.
pub(crate) fn fetch(
    crew: &Crew<'_>,
    fetcher: &Fetcher,
    claim: &Claim,
    episode: &EpisodeEntry,
) -> Result<u64, Ended> {
    let archive = crew.archive;
    let id = episode.episode.id;
    if episode.recording.as_ref().is_some_and(|recording| recording.blob.is_some()) {
        archive.finish(claim, TOOL)?;
        return Ok(0);
    }
    let outlets = archive.outlets(id)?;
    let addresses = addresses(&outlets);
    if addresses.is_empty() {
        return Err(Ended::Failed { reason: "its feed names no sound".into(), again: false });
    }
    let part = archive.dir().join("tmp").join(format!("fetch-{id}"));
    let (mut first, mut empty) = (None, false);
    for address in addresses {
        let request = Request { stop: crew.stop_fetching(), ..Request::new(address) };
        let progress = &mut |progress: fetch::Progress| {
            crew.tell(Event::Fetching { episode, done: progress.done, total: progress.total });
        };
        match fetcher.download(&request, &part, progress) {
            Ok(downloaded) if downloaded.bytes == 0 => {
                empty = true;
                let _ = fs::remove_file(&part);
                let _ = fetcher.forget(&part);
            }
            Ok(downloaded) => {
                let name = downloaded.file_name.as_deref().unwrap_or("recording");
                archive.attach_file(id, &part, name)?;
                archive.finish(claim, TOOL)?;
                let _ = fs::remove_file(&part);
                let _ = fetcher.forget(&part);
                return Ok(downloaded.bytes);
            }
            Err(fetch::Error::Stopped) => return Err(Ended::Stopped),
            Err(error) => first = first.or(Some(error)),
        }
    }
    Err(match first {
        Some(error) => ended(&error),
        None if empty => Ended::Failed { reason: "its server sent an empty file".into(), again: false },
        None => Ended::Stopped,
    })
}

/// Where the sound may be had, the likeliest first: the newest outlet that its feed still has, then other places of it.
fn addresses(outlets: &[Outlet]) -> Vec<String> {
    let mut sorted: Vec<&Outlet> = outlets.iter().collect();
    sorted.sort_by_key(|outlet| (outlet.missing_since.is_some(), -outlet.id));
    let mut addresses: Vec<String> = Vec::new();
    let mut add = |address: Option<&str>| {
        if let Some(address) = address.filter(|address| !addresses.iter().any(|known| known == address)) {
            addresses.push(address.to_owned());
        }
    };
    for outlet in &sorted {
        add(outlet.address.as_deref());
    }
    for outlet in &sorted {
        let alternates = outlet.item.get("alternates").and_then(|list| list.as_array()).into_iter().flatten();
        let is_sound = |alternate: &&serde_json::Value| {
            alternate
                .get("media_type")
                .and_then(|kind| kind.as_str())
                .is_some_and(|kind| kind.starts_with("audio/"))
        };
        for alternate in alternates.filter(is_sound) {
            for source in alternate.get("sources").and_then(|list| list.as_array()).into_iter().flatten() {
                add(source.get("address").and_then(|address| address.as_str()));
            }
        }
    }
    addresses
}
