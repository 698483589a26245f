//! Names set right in a transcript that is in no archive: the same as the stages `repair` and `witness` do.

use crate::repair::found;
use crate::sound::Decoder;
use crate::witness::{Doubt, weigh};
use crate::{Hearer, WorkError};
use archive::{Error, Evidence};
use media::MediaError;
use model::{MediaTags, Transcript, Word};
use names::{
    Context, EpisodeText, Heard, Known, Layer, ListLimits, Model, Name, Rank, Speech, read_list_from,
};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;

/// The names of a list. What is broken in it is left out.
pub(crate) fn listed(path: &Path) -> Result<Vec<Name>, WorkError> {
    let file = File::open(path)
        .map_err(|error| Error::Source { path: path.to_owned(), reason: error.to_string() })?;
    let title = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut names = Vec::new();
    read_list_from(BufReader::new(file), &title, Rank::ShowGlossary, &ListLimits::default(), |name| {
        names.push(name);
    });
    Ok(names)
}

/// Sets names right that a list or the file's tags know; gives what was changed and why, and how many doubtful places were left.
///
/// # Errors
/// The sound, which was heard just now, cannot be read again.
pub(crate) fn set_right(
    transcript: &mut Transcript,
    tags: &MediaTags,
    listed: Vec<Name>,
    (path, decoder): (&Path, &Decoder),
    hearer: &dyn Hearer,
    stop: &dyn Fn() -> bool,
) -> Result<(Vec<Evidence>, u64), MediaError> {
    let written_there = EpisodeText {
        show_title: tags.show.as_deref().unwrap_or_default(),
        title: tags.title.as_deref().unwrap_or_default(),
        notes: tags.notes.as_deref().unwrap_or_default(),
        people: &[],
    };
    let own = crate::known::found_in(&written_there);
    let Ok(model) = Model::built_in() else { return Ok(Default::default()) };
    if (own.is_empty() && listed.is_empty()) || transcript.words.is_empty() {
        return Ok(Default::default());
    }
    let speech = Speech::new();
    let layers = [own, listed].map(|names| Arc::new(Layer::expected(names, &speech)));
    let words: &[Word] = &transcript.words;
    let heard = words.iter().map(|word| Heard {
        text: word.text.clone(),
        start: Some(word.start),
        end: Some(word.end),
        confidence: Some(word.confidence),
        settled: false,
    });
    let heard: Vec<Heard> = heard.collect();
    let context = Context { rules: Vec::new(), language: transcript.language.clone() };
    let outcome = names::repair(&heard, &Known::new(layers.into()), &context, &speech, &model);
    let mut found = found(&outcome, words, &model);
    let language = transcript.language.clone().unwrap_or_default();
    if language.starts_with("en") {
        let doubtful: Vec<usize> =
            (0..found.len()).filter(|at| found[*at].standing().is_doubtful()).collect();
        let doubts: Vec<Doubt> = doubtful.iter().map(|at| found[*at].doubt()).collect();
        if !doubts.is_empty() {
            let sounds = weigh(decoder, path, words, &doubts, &language, hearer, stop)?;
            for (at, sound) in doubtful.into_iter().zip(sounds) {
                if let Some(sound) = sound {
                    found[at].take(words, sound);
                }
            }
        }
    }
    let (mut changed, mut left) = (Vec::new(), 0);
    for found in found.into_iter().rev() {
        if found.is_done() {
            transcript.words.splice(found.words, found.produces);
            changed.push(found.evidence);
        } else {
            left += 1;
        }
    }
    changed.reverse();
    Ok((changed, left))
}
