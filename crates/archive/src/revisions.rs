//! Revisions over the words of a hearing: what was heard stays, a revision says what is to be read in its place.
//!
//! A word is consumed at most once, ever. An undo is a revision too: it consumes what the other one produced and
//! produces again, as new words, what that one had consumed.

use crate::{Error, Result};
use model::{HearingId, RevisionId, Word};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

/// Where a word comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WordSource {
    /// It was heard.
    Hearing(HearingId),
    /// A revision brought it in.
    Revision(RevisionId),
}

/// Identity of a word, for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct WordId {
    /// Where it comes from.
    pub source: WordSource,
    /// Its number there, from 0.
    pub ordinal: u32,
}

/// A word of the newest state of the text.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LiveWord {
    /// Its identity.
    pub id: WordId,
    /// The word.
    pub word: Word,
    /// Number of the heard word at whose place it stands; `None` for words that were put in beside the heard ones.
    pub place: Option<u32>,
}

/// Who wrote a revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuthorKind {
    /// The program.
    Machine,
    /// A person.
    Person,
}

/// Author of a revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// Person or program.
    pub kind: AuthorKind,
    /// Name of the person, or the tool and its version.
    pub name: String,
}

/// A change that somebody wants.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Who wants it.
    pub author: Author,
    /// Why; a machine must say.
    pub evidence: String,
    /// Live words that go, neighbours in reading order. None: the new words are put in by their time.
    pub consumes: Vec<WordId>,
    /// Words that come in their place. None: the words are struck out.
    pub produces: Vec<Word>,
}

/// A change that was made.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Revision {
    /// Its identity.
    pub id: RevisionId,
    /// The hearing it lies over.
    pub hearing: HearingId,
    /// Who made it.
    pub author: Author,
    /// Why.
    pub evidence: String,
    /// The revision that it takes back, if it is an undo.
    pub undoes: Option<RevisionId>,
    /// Words it took away.
    pub consumes: Vec<WordId>,
    /// Words it brought.
    pub produces: Vec<Word>,
    /// When, by the database's clock.
    pub made: jiff::Timestamp,
}

/// The newest state of the text: the heard words with all revisions, in the order they were made, applied.
///
/// What was put in without taking anything away finds its place by its time; all else stands where it was heard, and what
/// was struck out and came back stands where it had stood.
pub(crate) fn live_words(hearing: HearingId, heard: Vec<Word>, revisions: &[Revision]) -> Vec<LiveWord> {
    let produced = produced(revisions);
    let by_id: HashMap<RevisionId, &Revision> = revisions.iter().map(|made| (made.id, made)).collect();
    let mut consumer: HashMap<WordId, (RevisionId, bool)> = HashMap::new();
    // What takes a revision's place in the text: itself or, where it left nothing that could be consumed, its undo.
    let mut stands_for: HashMap<RevisionId, RevisionId> = HashMap::new();
    let mut inserted = Vec::new();
    for revision in revisions {
        for (place, word) in revision.consumes.iter().enumerate() {
            consumer.insert(*word, (revision.id, place == 0));
        }
        if revision.consumes.is_empty() {
            let undone = revision.undoes.and_then(|id| by_id.get(&id)).filter(|it| !it.consumes.is_empty());
            match undone {
                Some(struck) => drop(stands_for.insert(struck.id, revision.id)),
                None => inserted.push(revision.id),
            }
        }
    }
    let words_of = |id: RevisionId| produced.get(&id).cloned().unwrap_or_default();
    let mut roots: Vec<LiveWord> = (0..)
        .zip(heard)
        .map(|(ordinal, word)| {
            let id = WordId { source: WordSource::Hearing(hearing), ordinal };
            LiveWord { id, word, place: Some(ordinal) }
        })
        .collect();
    roots.extend(inserted.iter().flat_map(|id| words_of(*id)));
    let mut live = Vec::with_capacity(roots.len());
    // Words still to be looked at, the next one last.
    let mut pending: Vec<LiveWord> = roots.into_iter().rev().collect();
    while let Some(word) = pending.pop() {
        match consumer.get(&word.id) {
            None => live.push(word),
            Some((revision, true)) => {
                let revision = stands_for.get(revision).unwrap_or(revision);
                pending.extend(words_of(*revision).into_iter().rev());
            }
            Some((_, false)) => {}
        }
    }
    if !inserted.is_empty() {
        live.sort_by_key(|word| word.word.start);
    }
    live
}

/// The words that each revision brought, with the places of the heard words they stand for.
fn produced(revisions: &[Revision]) -> HashMap<RevisionId, Vec<LiveWord>> {
    let by_id: HashMap<RevisionId, &Revision> = revisions.iter().map(|made| (made.id, made)).collect();
    let mut produced: HashMap<RevisionId, Vec<LiveWord>> = HashMap::new();
    for revision in revisions {
        let place = |word: Option<&WordId>| {
            let word = word?;
            match word.source {
                WordSource::Hearing(_) => Some(word.ordinal),
                WordSource::Revision(id) => produced.get(&id)?.get(word.ordinal as usize)?.place,
            }
        };
        let undone = revision.undoes.and_then(|id| by_id.get(&id));
        let words = (0..).zip(&revision.produces).map(|(ordinal, word)| LiveWord {
            id: WordId { source: WordSource::Revision(revision.id), ordinal },
            word: word.clone(),
            place: match undone {
                Some(undone) => place(undone.consumes.get(ordinal as usize)),
                None => place(revision.consumes.first()),
            },
        });
        let words = words.collect();
        produced.insert(revision.id, words);
    }
    produced
}

/// Where the heard words with these numbers went, as indices of live words. A place whose words were all struck out goes
/// to the word after it; `None` where none is left.
pub(crate) fn carried(live: &[LiveWord], places: impl Iterator<Item = u32>) -> Vec<Option<u32>> {
    let mut index = 0;
    places
        .map(|place| {
            while live.get(index).is_some_and(|word| word.place.is_none_or(|found| found < place)) {
                index += 1;
            }
            (index < live.len()).then_some(index as u32)
        })
        .collect()
}

/// Whether a change fits the live words: it consumes neighbours in reading order, and leaves the text in order of time.
pub(crate) fn examine(live: &[LiveWord], change: &Change) -> Result<()> {
    let invalid = |reason: &str| Err(Error::Invalid(format!("this correction cannot be made: {reason}")));
    if change.author.kind == AuthorKind::Machine && change.evidence.trim().is_empty() {
        return invalid("a repair by the program must say its evidence");
    }
    if change.consumes.is_empty() && change.produces.is_empty() {
        return invalid("it changes nothing");
    }
    if let Some(complaint) = crate::reading::complaint(&change.produces) {
        return invalid(&complaint);
    }
    let ids: HashSet<WordId> = live.iter().map(|word| word.id).collect();
    if !change.consumes.iter().all(|word| ids.contains(word)) {
        return Err(Error::Conflict);
    }
    let (before, after) = match change.consumes.first() {
        Some(first) => {
            let begin = live.iter().position(|word| word.id == *first).unwrap_or_default();
            let (before, rest) = live.split_at(begin);
            let Some((taken, after)) = rest.split_at_checked(change.consumes.len()) else {
                return invalid("its words are not neighbours");
            };
            if !taken.iter().map(|word| &word.id).eq(&change.consumes) {
                return invalid("its words are not neighbours in reading order");
            }
            (before, after)
        }
        None => {
            let start = change.produces.first().map(|word| word.start).unwrap_or_default();
            live.split_at(live.partition_point(|word| word.word.start <= start))
        }
    };
    let (Some(first), Some(last)) = (change.produces.first(), change.produces.last()) else { return Ok(()) };
    let early = before.last().is_some_and(|word| first.start < word.word.start.max(word.word.end));
    let late = after.first().is_some_and(|word| last.end > word.word.start);
    if early || late {
        return invalid("its words overlap those beside them");
    }
    Ok(())
}
