//! What is in the archive can be searched: the index is brought up to the version that each episode has.
//!
//! Nothing is handed over that could be lost: both sides say which version of each episode they have, and what differs is
//! put in again. So a crash, a deleted index and an archive that another process changed are all the same case.

use crate::WorkError;
use archive::{Archive, OfferState, Text, WordId};
use model::{EpisodeId, Millis};
use search::{About, Index, Offered, Source};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Episodes after which what was put in can be found.
const TOGETHER: usize = 200;
/// The longest time until it can be, where texts are long.
const AT_LEAST_EVERY: Duration = Duration::from_secs(5);
/// How often the archive is asked whether anything changed.
const LOOK: Duration = Duration::from_millis(400);

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Indexed {
    /// Episodes put in.
    pub put: usize,
    /// Episodes taken out.
    pub removed: usize,
    /// Another process is doing the same; nothing was done.
    pub busy: bool,
}

/// Brings the index up to date. `progress` is told episodes done and in all.
///
/// # Errors
/// The archive or the index cannot be read or written.
pub fn make_searchable(
    archive: &Archive,
    index: &Index,
    stop: &AtomicBool,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Indexed, WorkError> {
    index.reload()?;
    let mut known = index.versions()?;
    let versions = archive.versions()?;
    let due: Vec<(EpisodeId, u64)> =
        versions.into_iter().filter(|(episode, version)| known.remove(episode) != Some(*version)).collect();
    let mut done = Indexed::default();
    if due.is_empty() && known.is_empty() {
        return Ok(done);
    }
    let mut writer = match index.writer() {
        Err(search::Error::Busy) => return Ok(Indexed { busy: true, ..done }),
        writer => writer?,
    };
    for episode in known.into_keys() {
        writer.remove(episode);
        done.removed += 1;
    }
    let mut committed = (0, Instant::now());
    for (number, (episode, _)) in due.iter().enumerate() {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        // One that was removed meanwhile is found out the next time.
        match put(archive, &mut writer, *episode) {
            Err(WorkError::Archive(archive::Error::NotFound { .. })) => {}
            put => put?,
        }
        done.put += 1;
        progress(number + 1, due.len());
        if done.put - committed.0 >= TOGETHER || committed.1.elapsed() > AT_LEAST_EVERY {
            writer.commit()?;
            committed = (done.put, Instant::now());
        }
    }
    writer.commit()?;
    Ok(done)
}

/// Keeps the index up to date until told to stop.
///
/// # Errors
/// See [`make_searchable`].
pub fn keep_searchable(archive: &Archive, index: &Index, stop: &AtomicBool) -> Result<(), WorkError> {
    let mut seen: Option<Vec<(EpisodeId, u64)>> = None;
    while !stop.load(Ordering::Relaxed) {
        let now = archive.versions()?;
        if seen.as_ref() != Some(&now) {
            let done = make_searchable(archive, index, stop, &mut |_, _| {})?;
            seen = (!done.busy).then_some(now);
        }
        std::thread::sleep(LOOK);
    }
    Ok(())
}

fn put(archive: &Archive, writer: &mut search::Writer<'_>, episode: EpisodeId) -> Result<(), WorkError> {
    let entry = archive.episode(episode)?;
    let about = About {
        episode,
        show: entry.show.title.clone(),
        title: entry.episode.title.clone(),
        date: entry.episode.broadcast,
        language: entry.episode.language.clone(),
        people: entry.episode.people.iter().map(|person| person.name.clone()).collect(),
        notes: entry.episode.notes.clone().unwrap_or_default(),
    };
    let Some(reading) = archive.reading(episode, Text::Revised)? else {
        let source = Source { about, version: entry.version, shown: None, heard: None, offered: Vec::new() };
        return Ok(writer.put(&source)?);
    };
    let about = About { language: about.language.or(reading.transcript.language.clone()), ..about };
    let heard = archive.transcript(reading.hearing.id, Text::AsHeard)?;
    let heard = (heard.words != reading.transcript.words).then_some(&heard);
    let offers = archive.offers(reading.hearing.id)?;
    let open: Vec<_> = offers.iter().filter(|offer| offer.state == OfferState::Open).collect();
    let times: HashMap<WordId, (Millis, Millis)> = match open.is_empty() {
        true => HashMap::new(),
        false => {
            let words = archive.live_words(reading.hearing.id)?;
            words.into_iter().map(|live| (live.id, (live.word.start, live.word.end))).collect()
        }
    };
    let offered = open.into_iter().filter_map(|offer| {
        let spans = offer.consumes.iter().filter_map(|word| times.get(word));
        let (start, end) = spans.fold(None, |sum: Option<(Millis, Millis)>, span| {
            Some(sum.map_or(*span, |sum| (sum.0.min(span.0), sum.1.max(span.1))))
        })?;
        let text = offer.produces.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
        Some(Offered { text, start, end })
    });
    // The version is that of before the reading: what changed meanwhile is put in again.
    let source = Source {
        about,
        version: entry.version,
        shown: Some(&reading.transcript),
        heard,
        offered: offered.collect(),
    };
    Ok(writer.put(&source)?)
}
