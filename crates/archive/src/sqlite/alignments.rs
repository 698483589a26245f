//! The stage `align`: which text is to be aligned to which hearing, and its result; when `chapters` is due.

use super::hearings::{hearing, insert, list, show, windows};
use super::{Transaction, ledger, parsed_maybe, revisions};
use crate::{Alignment, Claim, Error, Imported, Priority, Result, Stage};
use model::{EpisodeId, Hearing, HearingId, Origin, RecordingId, Timing, Transcript};
use rusqlite::OptionalExtension;

/// What the text that is shown of a recording is made from: the hearing that came from elsewhere, and the one by which
/// it gets its times. `None` while one of them is missing, or where every word came with its time.
pub(crate) fn due(tx: &Transaction<'_>, recording: RecordingId) -> Result<Option<Alignment>> {
    let Some(shown) = shown(tx, recording)? else { return Ok(None) };
    if shown.origin == Origin::Heard {
        return Ok(None);
    }
    let text = match shown.aligned_from {
        Some(from) => hearing(tx, from)?,
        None => shown.clone(),
    };
    let heard = list(tx, recording)?.into_iter().rfind(|own| own.origin == Origin::Heard && own.complete);
    let Some(heard) = heard else { return Ok(None) };
    let untimed = windows(tx, text.id, 0)?
        .iter()
        .any(|window| window.words.iter().any(|word| word.timing != Timing::Measured));
    Ok(untimed.then_some(Alignment { text, heard, shown: shown.id }))
}

fn shown(tx: &Transaction<'_>, recording: RecordingId) -> Result<Option<Hearing>> {
    let mut statement = tx.prepare_cached("SELECT shown FROM recordings WHERE id = ?1")?;
    let shown: Option<Option<HearingId>> =
        statement.query_row([recording.to_string()], |row| parsed_maybe(row, "shown")).optional()?;
    shown.flatten().map(|id| hearing(tx, id)).transpose()
}

/// Makes due what follows from the text that is shown of a recording: its alignment, or its chapters.
pub(crate) fn require(tx: &Transaction<'_>, recording: RecordingId) -> Result<()> {
    let episode = super::hearings::episode_of(tx, recording)?;
    if let Some(due) = due(tx, recording)? {
        ledger::require(tx, episode.into(), &Stage::ALIGN, &due.input(), Priority::Newest)?;
    }
    require_chapters(tx, recording, episode)
}

/// Notes that the text of a hearing was revised; its chapters may be others now.
pub(crate) fn revised(tx: &Transaction<'_>, hearing: &Hearing) -> Result<()> {
    super::hearings::changed(tx, hearing)?;
    require_chapters(tx, hearing.recording, super::hearings::episode_of(tx, hearing.recording)?)
}

/// Makes `chapters` due for a complete text that can be played, as its last revision left it.
fn require_chapters(tx: &Transaction<'_>, recording: RecordingId, episode: EpisodeId) -> Result<()> {
    let Some(shown) = shown(tx, recording)? else { return Ok(()) };
    let timed = shown.origin == Origin::Heard
        || shown.aligned_from.is_some()
        || windows(tx, shown.id, 0)?
            .iter()
            .any(|window| window.words.iter().any(|word| word.timing != Timing::Estimated));
    if !timed {
        return Ok(());
    }
    let (count, last): (i64, i64) = tx
        .prepare_cached(
            "SELECT count(*), coalesce(max(number), 0) FROM revisions WHERE hearing = ?1 AND retired IS NULL",
        )?
        .query_row([shown.id.to_string()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let input = format!("{} {count} {last}", shown.id);
    ledger::require(tx, episode.into(), &Stage::CHAPTERS, &input, Priority::Newest)?;
    Ok(())
}

/// Stores a text with its times, with what people made of it, and finishes the stage.
pub(crate) fn store(
    tx: &Transaction<'_>,
    claim: &Claim,
    alignment: &Alignment,
    transcript: &Transcript,
    engine: &str,
) -> Result<HearingId> {
    ledger::held_now(tx, claim)?;
    let recording = alignment.text.recording;
    if due(tx, recording)?.as_ref() != Some(alignment) {
        return Err(Error::Conflict);
    }
    let engine = format!("{engine} {}", alignment.heard.engine);
    let text = Imported {
        origin: alignment.text.origin,
        source: &alignment.text.source,
        engine: &engine,
        original: super::hearings::original(tx, alignment.text.id)?,
        aligned_from: Some(alignment.text.id),
        transcript,
        show: true,
    };
    let same_words = |before: &[model::Word]| {
        before.len() == transcript.words.len()
            && before.iter().zip(&transcript.words).all(|(a, b)| a.text == b.text && a.joined == b.joined)
    };
    if !same_words(&revisions::heard(tx, alignment.text.id)?) {
        return Err(Error::Invalid("an alignment changed the words of the text".into()));
    }
    let id = insert(tx, recording, &text)?;
    super::carrying::carry_over(tx, alignment.shown, id)?;
    show(tx, recording, id)?;
    ledger::finish(tx, claim, &engine)?;
    Ok(id)
}
