//! The stages of the desk: what is made of texts alone.

use crate::hearing::Ended;
use archive::{Archive, Claim, EpisodeEntry, Error, Text};
use model::ChapterSource;
use transcript::chapters::{Settings, find_chapters};

/// Version of the stage `align`: counts up when words would be placed otherwise.
const ALIGN_TOOL: &str = "align/1";

/// Version of the stage `chapters`: counts up when others would be found.
const CHAPTERS_TOOL: &str = "chapters/1";

/// Finds the chapters of the text that is shown. Where the publisher gave chapters none are looked for.
pub(crate) fn chapters(archive: &Archive, claim: &Claim, episode: &EpisodeEntry) -> Result<(), Ended> {
    let id = episode.episode.id;
    let published = !archive.chapters_of(id, ChapterSource::Publisher)?.is_empty();
    let reading = if published { None } else { archive.reading(id, Text::Revised)? };
    let found = reading
        .filter(|reading| reading.transcript.complete)
        .map(|reading| find_chapters(&reading.transcript, &Settings::default()));
    Ok(archive.store_chapters(claim, &found.unwrap_or_default(), CHAPTERS_TOOL)?)
}

/// Gives the text that is shown of an episode the times at which its words were heard.
pub(crate) fn align(archive: &Archive, claim: &Claim, episode: &EpisodeEntry) -> Result<(), Ended> {
    let Some(alignment) = archive.alignment(episode.episode.id)? else {
        // Another text is shown by now, one that has its times.
        return Ok(archive.finish(claim, ALIGN_TOOL)?);
    };
    let text = archive.transcript(alignment.text.id, Text::AsHeard)?;
    let heard = archive.transcript(alignment.heard.id, Text::AsHeard)?;
    let aligned = transcript::align(&text.words, &heard.words, &heard.stretches);
    if !aligned.fits() {
        let found = (100.0 * aligned.share_found()).floor();
        let reason = format!(
            "the text does not seem to be of this recording: only {found:.0} % of its words were found in what was heard; \
             check that it was added to the right episode"
        );
        return Err(Ended::Failed { reason, again: false });
    }
    let transcript = aligned.into_transcript(&text, &heard);
    match archive.store_alignment(claim, &alignment, &transcript, ALIGN_TOOL) {
        Ok(_) => Ok(()),
        Err(Error::Conflict) => {
            let reason = "another text was chosen to be shown while this one was aligned".into();
            Err(Ended::Failed { reason, again: true })
        }
        Err(error) => Err(error.into()),
    }
}
