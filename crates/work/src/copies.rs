//! The stages `fingerprint`, which finds other places of a recording before it is heard, and `repeats`, which finds what
//! comes again in the episodes of a show.

use crate::hearing::{Ended, media_trouble, sound_of};
use crate::run::Crew;
use crate::sound::{Blocks, is_worth_another_try};
use archive::{Archive, Claim, EpisodeEntry, FoundCopy, MAX_ATTEMPTS, NewRepeat, Same, TimeMap};
use fingerprint::{Fingerprint, Fingerprinter, align, enough_shared, keys, repeats as repeating};
use model::{EpisodeId, RepeatKind, ShowId};

/// Version of the stage `fingerprint`: counts up when other copies would be found.
const TOOL: &str = "fingerprint/1";

/// Version of the stage `repeats`.
const REPEATS_TOOL: &str = "repeats/1";

/// Recordings that are laid on a new one; those that share most keys with it. Copies come first by far.
const CANDIDATES: usize = 16;

/// Makes the fingerprint of a recording, keeps it, and links the episode with those of the same recording. Returns the
/// episode that stands for all of them, if there are others.
///
/// Memory: 225 kB an hour of recording, for this one and one candidate at a time.
pub(crate) fn fingerprint(
    crew: &Crew<'_>,
    claim: &Claim,
    episode: &EpisodeEntry,
) -> Result<Option<EpisodeId>, Ended> {
    let archive = crew.archive;
    let id = episode.episode.id;
    let blob = episode.recording.as_ref().and_then(|recording| recording.blob);
    let known = match &blob {
        Some(blob) => archive.fingerprint_of(blob)?.and_then(|bytes| Fingerprint::from_bytes(&bytes).ok()),
        // Its sound was dropped meanwhile: what was known of it stays.
        None => return Ok(archive.finish_fingerprint(claim, &[], TOOL)?),
    };
    let made = match known {
        Some(made) => Some(made),
        None => make(crew, claim, episode)?,
    };
    // What gives no sound is told by the stage `hear`, with the reason.
    let (Some(made), Some(blob)) = (made, blob) else {
        return Ok(archive.finish_fingerprint(claim, &[], TOOL)?);
    };
    let keys: Vec<u32> = keys(&made).collect();
    // Stored before others are looked for: of two that are looked at at once the later one finds the other.
    archive.store_fingerprint(claim, &blob, &made.to_bytes(), &keys)?;
    let mut found = Vec::new();
    for other in archive.alike(id, &keys, enough_shared(keys.len()), CANDIDATES)? {
        if crew.stopping() {
            return Err(Ended::Stopped);
        }
        let bytes = archive.fingerprint(other)?;
        let theirs = bytes.and_then(|bytes| Fingerprint::from_bytes(&bytes).ok());
        let Some(alignment) = theirs.and_then(|theirs| align(&made, &theirs)) else { continue };
        let same =
            |own: fingerprint::Stretch| Same { here: own.a_start, there: own.b_start, length: own.length };
        let times = TimeMap(alignment.stretches.into_iter().map(same).collect());
        found.push(FoundCopy { episode: other, times });
    }
    Ok(archive.finish_fingerprint(claim, &found, TOOL)?)
}

/// Decodes a recording and takes its fingerprint; `None` when its file is no sound.
fn make(crew: &Crew<'_>, claim: &Claim, episode: &EpisodeEntry) -> Result<Option<Fingerprint>, Ended> {
    let (recording, path) = sound_of(crew.archive, episode)?;
    let trouble = |error| match is_worth_another_try(&error) && claim.attempt < MAX_ATTEMPTS {
        true => Err(media_trouble(crew.archive, recording, &error)),
        false => Ok(None),
    };
    let opened = match crew.options.decoder.open(&path) {
        Ok(opened) => opened,
        Err(error) => return trouble(error),
    };
    let mut fingerprinter = Fingerprinter::new();
    for block in Blocks::new(opened.reader, claim.attempt >= MAX_ATTEMPTS) {
        match block {
            Ok(block) => fingerprinter.push(&block.samples),
            Err(error) => return trouble(error),
        }
        if crew.stopping() {
            return Err(Ended::Stopped);
        }
    }
    Ok(Some(fingerprinter.finish()))
}

/// Finds what comes again in the newest episodes of a show.
pub(crate) fn repeats(archive: &Archive, claim: &Claim) -> Result<(), Ended> {
    let stored = archive.fingerprints_of_show(ShowId(claim.subject.0))?;
    let prints: Vec<(EpisodeId, Fingerprint)> = stored
        .into_iter()
        .filter_map(|(id, bytes)| Some((id, Fingerprint::from_bytes(&bytes).ok()?)))
        .collect();
    let of: Vec<(EpisodeId, &Fingerprint)> = prints.iter().map(|(id, print)| (*id, print)).collect();
    let kind = |kind| match kind {
        fingerprint::RepeatKind::Jingle => RepeatKind::Jingle,
        fingerprint::RepeatKind::Advertisement => RepeatKind::Advertisement,
        fingerprint::RepeatKind::Rerun => RepeatKind::Rerun,
        fingerprint::RepeatKind::Passage => RepeatKind::Passage,
    };
    let found: Vec<NewRepeat> = repeating(&of)
        .into_iter()
        .map(|repeat| NewRepeat {
            kind: kind(repeat.kind),
            places: repeat.occurrences.into_iter().map(|own| (own.id, own.start, own.end)).collect(),
        })
        .collect();
    let episodes: Vec<EpisodeId> = of.iter().map(|(id, _)| *id).collect();
    Ok(archive.store_repeats(claim, &episodes, &found, REPEATS_TOOL)?)
}
