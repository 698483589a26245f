use super::hearings::{
    Breaks, StoredWord, breaks, hearing, measures, stretches, windows, words_from, words_json,
};
use super::{Row, Transaction, json, moment, parsed, parsed_maybe};
use crate::revisions::{carried, examine, live_words};
use crate::{Author, AuthorKind, Change, Error, LiveWord, Result, Revision, Text, WordId, WordSource};
use model::{Cue, Hearing, HearingId, RevisionId, Transcript, Turn, Word};
use rusqlite::{OptionalExtension, params};
use std::collections::HashMap;
use uuid::Uuid;

/// The revisions over a hearing that are in force, in the order in which they apply.
pub(crate) fn list(tx: &Transaction<'_>, id: HearingId) -> Result<Vec<Revision>> {
    let mut statement = tx.prepare_cached(
        "SELECT consumed.* FROM consumed JOIN revisions ON revisions.id = consumed.revision WHERE hearing = ?1
         ORDER BY revision, place",
    )?;
    let mut consumes: HashMap<RevisionId, Vec<WordId>> = HashMap::new();
    let rows = statement
        .query_map([id.to_string()], |row| Ok((parsed::<RevisionId>(row, "revision")?, word_id(row)?)))?;
    for row in rows {
        let (revision, word) = row?;
        consumes.entry(revision).or_default().push(word);
    }
    let mut statement =
        tx.prepare_cached("SELECT * FROM revisions WHERE hearing = ?1 AND retired IS NULL ORDER BY number")?;
    let revisions = statement.query_map([id.to_string()], |row| {
        let mut revision = revision_row(row)?;
        revision.consumes = consumes.remove(&revision.id).unwrap_or_default();
        Ok(revision)
    })?;
    Ok(revisions.collect::<Result<_, _>>()?)
}

/// A revision without what it consumes.
pub(super) fn revision_row(row: &Row<'_>) -> rusqlite::Result<Revision> {
    let kind: String = row.get("author_kind")?;
    let kind = if kind == "person" { AuthorKind::Person } else { AuthorKind::Machine };
    Ok(Revision {
        id: parsed(row, "id")?,
        hearing: parsed(row, "hearing")?,
        author: Author { kind, name: row.get("author")? },
        evidence: row.get("evidence")?,
        undoes: parsed_maybe(row, "undoes")?,
        consumes: Vec::new(),
        produces: words_from(json::<Vec<StoredWord>>(row, "produces")?),
        made: moment(row.get("made")?)?,
    })
}

fn word_id(row: &Row<'_>) -> rusqlite::Result<WordId> {
    let source = if row.get("revised")? {
        WordSource::Revision(parsed(row, "source")?)
    } else {
        WordSource::Hearing(parsed(row, "source")?)
    };
    Ok(WordId { source, ordinal: row.get("ordinal")? })
}

pub(super) fn heard(tx: &Transaction<'_>, id: HearingId) -> Result<Vec<Word>> {
    Ok(windows(tx, id, 0)?.into_iter().flat_map(|window| window.words).collect())
}

pub(crate) fn live(tx: &Transaction<'_>, id: HearingId) -> Result<Vec<LiveWord>> {
    Ok(live_words(id, heard(tx, id)?, &list(tx, id)?))
}

pub(crate) fn transcript(tx: &Transaction<'_>, id: HearingId, text: Text) -> Result<Transcript> {
    let hearing = hearing(tx, id)?;
    let windows = windows(tx, id, 0)?;
    let heard: Vec<Word> = windows.iter().flat_map(|window| window.words.iter().cloned()).collect();
    let revisions = match text {
        Text::AsHeard => Vec::new(),
        Text::Revised => list(tx, id)?,
    };
    let live = live_words(id, heard, &revisions);
    let breaks = carry(breaks(tx, id)?, &live);
    let words = live.into_iter().map(|live| live.word).collect();
    let (duration, speech) = measures(tx, id)?;
    let mut transcript =
        crate::reading::assemble(&hearing, duration, speech, &windows, stretches(tx, id)?, words);
    (transcript.turns, transcript.cues, transcript.paragraphs) =
        (breaks.turns, breaks.cues, breaks.paragraphs);
    Ok(transcript)
}

/// Counts turns, cues and paragraphs in live words instead of heard ones. Where all words of one are gone, so is it.
fn carry(breaks: Breaks, live: &[LiveWord]) -> Breaks {
    let turns = carried(live, breaks.turns.iter().map(|turn| turn.first));
    let cues = carried(live, breaks.cues.iter().map(|cue| cue.first));
    let paragraphs = carried(live, breaks.paragraphs.iter().copied());
    let mut carried = Breaks {
        turns: (breaks.turns.into_iter().zip(turns))
            .filter_map(|(turn, first)| Some(Turn { first: first?, ..turn }))
            .collect(),
        cues: (breaks.cues.into_iter().zip(cues))
            .filter_map(|(cue, first)| Some(Cue { first: first?, ..cue }))
            .collect(),
        paragraphs: paragraphs.into_iter().flatten().collect(),
    };
    // Of several that now begin at one word the last is the one whose words are left.
    carried.turns.reverse();
    carried.turns.dedup_by_key(|turn| turn.first);
    carried.turns.reverse();
    carried.cues.reverse();
    carried.cues.dedup_by_key(|cue| cue.first);
    carried.cues.reverse();
    carried.paragraphs.dedup();
    carried
}

/// Makes a change, if the words it wants are live.
pub(crate) fn revise(tx: &Transaction<'_>, id: HearingId, change: &Change) -> Result<Revision> {
    make(tx, id, change, None)
}

fn make(
    tx: &Transaction<'_>,
    id: HearingId,
    change: &Change,
    undoes: Option<RevisionId>,
) -> Result<Revision> {
    let hearing = revisable(tx, id)?;
    examine(&live(tx, id)?, change)?;
    let revision = insert(tx, id, change, undoes)?;
    super::alignments::revised(tx, &hearing)?;
    Ok(revision)
}

/// A hearing that is complete, so that it can be revised.
pub(super) fn revisable(tx: &Transaction<'_>, id: HearingId) -> Result<Hearing> {
    let hearing = hearing(tx, id)?;
    if !hearing.complete {
        return Err(Error::Invalid(
            "this recording is still being heard: correct it when that is done".into(),
        ));
    }
    Ok(hearing)
}

/// Writes a change that was examined.
pub(super) fn insert(
    tx: &Transaction<'_>,
    id: HearingId,
    change: &Change,
    undoes: Option<RevisionId>,
) -> Result<Revision> {
    let revision = RevisionId(Uuid::now_v7());
    let made: f64 = tx.query_row(
        "INSERT INTO revisions (id, hearing, number, author_kind, author, evidence, undoes, produces)
         VALUES (?1, ?2, (SELECT coalesce(max(number), 0) + 1 FROM revisions WHERE hearing = ?2), ?3, ?4, ?5, ?6, ?7)
         RETURNING made",
        params![
            revision.to_string(),
            id.to_string(),
            match change.author.kind {
                AuthorKind::Machine => "machine",
                AuthorKind::Person => "person",
            },
            change.author.name,
            change.evidence,
            undoes.map(|undone| undone.to_string()),
            words_json(&change.produces)?,
        ],
        |row| row.get(0),
    )?;
    let mut statement = tx.prepare_cached(
        "INSERT INTO consumed (source, ordinal, revised, revision, place) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for (place, word) in change.consumes.iter().enumerate() {
        let (source, revised) = match word.source {
            WordSource::Hearing(hearing) => (hearing.to_string(), false),
            WordSource::Revision(revision) => (revision.to_string(), true),
        };
        statement.execute(params![source, word.ordinal, revised, revision.to_string(), place as i64])?;
    }
    Ok(Revision {
        id: revision,
        hearing: id,
        author: change.author.clone(),
        evidence: change.evidence.clone(),
        undoes,
        consumes: change.consumes.clone(),
        produces: change.produces.clone(),
        made: moment(made)?,
    })
}

/// Takes a revision back: what it produced goes, what it consumed comes again.
pub(crate) fn undo(
    tx: &Transaction<'_>,
    id: RevisionId,
    author: &Author,
    evidence: &str,
) -> Result<Revision> {
    let hearing: Option<HearingId> = tx
        .query_row("SELECT hearing FROM revisions WHERE id = ?1", [id.to_string()], |row| {
            parsed(row, "hearing")
        })
        .optional()?;
    let hearing = hearing.ok_or_else(|| Error::not_found("revision", id))?;
    let revisions = list(tx, hearing)?;
    let undone = revisions.iter().find(|revision| revision.id == id);
    let undone = undone.ok_or_else(|| Error::not_found("revision", id))?;
    if revisions.iter().any(|revision| revision.undoes == Some(id)) {
        return Err(Error::Conflict);
    }
    let heard = heard(tx, hearing)?;
    let text = |word: &WordId| -> Option<Word> {
        let ordinal = word.ordinal as usize;
        match word.source {
            WordSource::Hearing(_) => heard.get(ordinal).cloned(),
            WordSource::Revision(id) => {
                let source = revisions.iter().find(|revision| revision.id == id)?;
                source.produces.get(ordinal).cloned()
            }
        }
    };
    let produces: Option<Vec<Word>> = undone.consumes.iter().map(text).collect();
    let change = Change {
        author: author.clone(),
        evidence: evidence.into(),
        consumes: (0..undone.produces.len() as u32)
            .map(|ordinal| WordId { source: WordSource::Revision(id), ordinal })
            .collect(),
        produces: produces.ok_or_else(|| {
            Error::Damaged(format!("the words that the revision {id} replaced are missing"))
        })?,
    };
    make(tx, hearing, &change, Some(id))
}
