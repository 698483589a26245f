//! Revisions of a text that gets its times anew.

use super::Transaction;
use super::hearings::words_json;
use super::names::offers;
use super::revisions::{heard, list};
use crate::{Error, OfferState, Result, WordId, WordSource};
use model::{HearingId, Millis, RevisionId, Timing, Word};
use rusqlite::params;
use std::collections::HashMap;
use uuid::Uuid;

/// Lays the revisions over one hearing over another one that has the same words at other times.
///
/// Each keeps its author, evidence and day. Words that a revision brought get the time of those that it took away, each
/// its own where they are as many, else shared out by their letters; what was put in beside them stands after the same
/// word as before.
pub(crate) fn carry_over(tx: &Transaction<'_>, from: HearingId, to: HearingId) -> Result<()> {
    let (before, after) = (heard(tx, from)?, heard(tx, to)?);
    let old = list(tx, from)?;
    let mut ids: HashMap<RevisionId, RevisionId> = HashMap::new();
    // The words that came by revisions, at their new times.
    let mut brought: HashMap<RevisionId, Vec<Word>> = HashMap::new();
    for revision in &old {
        let undone = revision.undoes.and_then(|id| old.iter().find(|own| own.id == id));
        let places = undone.map_or(&revision.consumes, |undone| &undone.consumes);
        let place = |word: &WordId| match word.source {
            WordSource::Hearing(_) => after.get(word.ordinal as usize),
            WordSource::Revision(id) => brought.get(&id)?.get(word.ordinal as usize),
        };
        let places: Vec<&Word> = places.iter().filter_map(place).collect();
        let produces = match revision.produces.first() {
            Some(first) if places.is_empty() => {
                let index = before.partition_point(|word| word.start <= first.start);
                let at = match index.checked_sub(1) {
                    Some(last) => after.get(last).map(|word| word.end),
                    None => after.first().map(|word| word.start),
                };
                placed(&revision.produces, at.unwrap_or_default(), at.unwrap_or_default())
            }
            _ if places.len() == revision.produces.len() => {
                let at = |(word, place): (&Word, &&Word)| Word {
                    start: place.start,
                    end: place.end,
                    timing: place.timing,
                    ..word.clone()
                };
                revision.produces.iter().zip(&places).map(at).collect()
            }
            _ => {
                let start = places.first().map(|word| word.start).unwrap_or_default();
                let end = places.last().map(|word| word.end).unwrap_or_default();
                placed(&revision.produces, start, end)
            }
        };
        let id = RevisionId(Uuid::now_v7());
        tx.prepare_cached(
            "INSERT INTO revisions (id, hearing, number, author_kind, author, evidence, undoes, produces, made)
             SELECT ?2, ?3, number, author_kind, author, evidence, ?4, ?5, made FROM revisions WHERE id = ?1",
        )?
        .execute(params![
            revision.id.to_string(),
            id.to_string(),
            to.to_string(),
            revision.undoes.and_then(|undone| ids.get(&undone)).map(ToString::to_string),
            words_json(&produces)?,
        ])?;
        let mut statement = tx.prepare_cached(
            "INSERT INTO consumed (source, ordinal, revised, revision, place) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        for (number, word) in revision.consumes.iter().enumerate() {
            let word = moved(word, to, &ids)?;
            let (source, revised) = match word.source {
                WordSource::Hearing(source) => (source.to_string(), false),
                WordSource::Revision(source) => (source.to_string(), true),
            };
            statement.execute(params![source, word.ordinal, revised, id.to_string(), number as i64])?;
        }
        ids.insert(revision.id, id);
        brought.insert(revision.id, produces);
    }
    // What people declined is not to be offered again; what is open is offered anew by the stage that repairs.
    let declined = offers(tx, from)?.into_iter().filter(|offer| offer.state == OfferState::Declined);
    for offer in declined {
        let Ok(consumes) =
            offer.consumes.iter().map(|word| moved(word, to, &ids)).collect::<Result<Vec<_>>>()
        else {
            continue;
        };
        tx.prepare_cached(
            "INSERT INTO offers (id, hearing, number, consumes, produces, evidence, score, state, tool, made)
             SELECT ?2, ?3, number, ?4, produces, evidence, score, state, tool, made FROM offers WHERE id = ?1",
        )?
        .execute(params![
            offer.id.to_string(),
            Uuid::now_v7().to_string(),
            to.to_string(),
            serde_json::to_string(&consumes)?,
        ])?;
    }
    Ok(())
}

/// A word of the one hearing, or of a revision over it, in the other.
fn moved(word: &WordId, to: HearingId, ids: &HashMap<RevisionId, RevisionId>) -> Result<WordId> {
    let source = match word.source {
        WordSource::Hearing(_) => WordSource::Hearing(to),
        WordSource::Revision(id) => match ids.get(&id) {
            Some(id) => WordSource::Revision(*id),
            None => return Err(Error::Damaged(format!("the revision {id} is missing"))),
        },
    };
    Ok(WordId { source, ..*word })
}

/// Words that share a span of time by their letters.
fn placed(words: &[Word], start: Millis, end: Millis) -> Vec<Word> {
    let letters = |word: &Word| word.text.chars().count() as u64;
    let all = words.iter().map(letters).sum::<u64>().max(1);
    let mut passed = 0;
    let mut at = |count: u64| {
        passed += count;
        Millis(start.0 + end.since(start).0 * passed / all)
    };
    let word = |word: &Word| Word {
        start: at(0),
        end: at(letters(word)),
        timing: Timing::Estimated,
        ..word.clone()
    };
    words.iter().map(word).collect()
}
