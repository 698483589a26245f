//! Whether a recording is to be heard, or its publisher's transcript will do.

use super::{Transaction, copies, episodes, feeds, hearings, ledger};
use crate::{Claim, EpisodeEntry, Priority, Result, Stage, State};
use model::{EpisodeId, Millis, Origin, Timing};

/// Most words to each time that a transcript states: half a minute of talk, so that what is read can be found in the sound.
const WORDS_A_TIME: usize = 90;

/// Words a minute between which a text is believed to be of a recording: slow lectures have 60, fast talk 260; a summary has
/// fewer, the notes of a whole season more. When the text was fetched, the length may not have been known.
const WORDS_A_MINUTE: std::ops::RangeInclusive<f64> = 20.0..=400.0;

/// Up to this length too few words say nothing, and so many more than [`WORDS_A_MINUTE`] are allowed, those of this time.
const SHORT: Millis = Millis(60_000);

fn is_likely(words: usize, length: Millis) -> bool {
    let most = WORDS_A_MINUTE.end() * length.max(SHORT).seconds() / 60.0;
    let fewest = if length > SHORT { WORDS_A_MINUTE.start() * length.seconds() / 60.0 } else { 0.0 };
    (fewest..=most).contains(&(words as f64))
}

/// Makes the hearing of a recording due that was probed, unless its publisher's transcript will do or is still to come,
/// or another episode has the same recording.
pub(crate) fn require_hearing(tx: &Transaction<'_>, episode: EpisodeId) -> Result<()> {
    if copies::is_copy(tx, episode)? {
        return Ok(());
    }
    let entry = episodes::entry(tx, episode)?;
    let recording = entry.recording.as_ref().filter(|recording| recording.media.is_some());
    let Some(blob) = recording.and_then(|recording| recording.blob) else { return Ok(()) };
    if !feeds::settings(tx, entry.show.id)?.always_hear && (is_to_come(tx, episode)? || will_do(tx, &entry)?)
    {
        return Ok(());
    }
    let input = episodes::hear_input(&blob, entry.episode.language.as_deref());
    ledger::require(tx, episode.into(), &Stage::HEAR, &input, Priority::Newest)?;
    Ok(())
}

/// The stage `texts` ended, in whatever way: what waited for it goes on.
pub(crate) fn ended(tx: &Transaction<'_>, claim: &Claim) -> Result<()> {
    if claim.stage == Stage::TEXTS { require_hearing(tx, claim.episode()) } else { Ok(()) }
}

/// Whether the publisher's texts are still to be fetched for the first time. After a failure nobody waits for them.
fn is_to_come(tx: &Transaction<'_>, episode: EpisodeId) -> Result<bool> {
    let cells = ledger::cells(tx, episode.into())?;
    let texts = cells.into_iter().find(|cell| cell.stage == Stage::TEXTS);
    Ok(texts.is_some_and(|cell| matches!(cell.state, State::Waiting | State::Leased) && cell.error.is_none()))
}

/// Whether the text that is shown is the publisher's and says often enough when it was said.
fn will_do(tx: &Transaction<'_>, entry: &EpisodeEntry) -> Result<bool> {
    let Some(text) = entry.hearing.as_ref().filter(|text| text.complete && text.origin == Origin::Publisher)
    else {
        return Ok(false);
    };
    let (mut words, mut times) = (0, 0);
    for window in hearings::windows(tx, text.id, 0)? {
        words += window.words.len();
        times += window.words.iter().filter(|word| word.timing != Timing::Estimated).count();
    }
    let length = entry.recording.as_ref().and_then(|recording| recording.media.as_ref()?.duration);
    Ok(words > 0 && times * WORDS_A_TIME >= words && length.is_none_or(|length| is_likely(words, length)))
}
