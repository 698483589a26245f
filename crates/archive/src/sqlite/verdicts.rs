//! What people decide of names: keep, put back, fix everywhere, take back.

use super::names::{retire_heard, revise_all, rules, set_rule};
use super::revisions::{heard, list, revise, undo};
use super::{Transaction, json, parsed};
use crate::{
    Author, Change, Confirmed, Error, Evidence, NameRule, Result, Revision, Undone, Verdict, WordId,
    WordSource,
};
use model::{EpisodeId, HearingId, Person, RevisionId, Word};
use rusqlite::{OptionalExtension, params};
use std::collections::BTreeSet;

pub(crate) fn judge(
    tx: &Transaction<'_>,
    id: RevisionId,
    verdict: Verdict,
    rule: Option<&NameRule>,
    author: &Author,
) -> Result<Revision> {
    let hearing: Option<HearingId> = tx
        .query_row(
            "SELECT hearing FROM revisions WHERE id = ?1 AND retired IS NULL",
            [id.to_string()],
            |row| parsed(row, "hearing"),
        )
        .optional()?;
    let hearing = hearing.ok_or_else(|| Error::not_found("revision", id))?;
    let revisions = list(tx, hearing)?;
    let find = |id| revisions.iter().find(|revision| revision.id == id);
    let judged = find(id).ok_or_else(|| Error::not_found("revision", id))?;
    // A repair that was kept is under the revision that kept it.
    let mut first = judged;
    while let Some(below) = kept(first).and_then(find) {
        first = below;
    }
    let made = match verdict {
        Verdict::PutBack if first.id == id => undo(tx, id, author, "")?,
        Verdict::PutBack => {
            let heard = heard(tx, hearing)?;
            let word = |word: &WordId| -> Option<Word> {
                let ordinal = word.ordinal as usize;
                match word.source {
                    WordSource::Hearing(_) => heard.get(ordinal).cloned(),
                    WordSource::Revision(id) => find(id)?.produces.get(ordinal).cloned(),
                }
            };
            let words: Option<Vec<Word>> = first.consumes.iter().map(word).collect();
            let words = words.ok_or_else(|| {
                Error::Damaged(format!("the words that the revision {} replaced are missing", first.id))
            })?;
            revise(
                tx,
                hearing,
                &Change {
                    author: author.clone(),
                    evidence: String::new(),
                    consumes: produced(judged),
                    produces: words,
                },
            )?
        }
        Verdict::Keep => revise(
            tx,
            hearing,
            &Change {
                author: author.clone(),
                evidence: judged.evidence.clone(),
                consumes: produced(judged),
                produces: judged.produces.clone(),
            },
        )?,
    };
    if let Some(rule) = rule {
        set_rule(tx, rule)?;
        if rule.right.is_none() {
            // In this text at once; in others when their repairs are made again.
            retire_heard(tx, hearing, &rule.heard)?;
        }
    }
    Ok(made)
}

fn produced(revision: &Revision) -> Vec<WordId> {
    let source = WordSource::Revision(revision.id);
    (0..revision.produces.len() as u32).map(|ordinal| WordId { source, ordinal }).collect()
}

/// The revision whose words, unchanged, this one produces again.
fn kept(revision: &Revision) -> Option<RevisionId> {
    let WordSource::Revision(source) = revision.consumes.first()?.source else { return None };
    let all = (0..).zip(&revision.consumes).all(|(ordinal, word): (u32, _)| {
        word.source == WordSource::Revision(source) && word.ordinal == ordinal
    });
    (all && revision.consumes.len() == revision.produces.len() && revision.undoes.is_none()).then_some(source)
}

pub(crate) fn fix(
    tx: &Transaction<'_>,
    changes: &[(HearingId, Change)],
    rule: Option<&NameRule>,
) -> Result<Vec<Revision>> {
    let Some(rule) = rule else { return revise_all(tx, changes) };
    // The rule in whose place this one comes is kept with the fix, for whoever takes it back.
    let before =
        rules(tx, None)?.into_iter().find(|known| known.show == rule.show && known.heard == rule.heard);
    let mut changes = changes.to_vec();
    for (_, change) in changes.iter_mut().take(usize::from(before.is_some())) {
        let mut evidence = Evidence::read(&change.evidence);
        if let Some(fix) = &mut evidence.fix {
            fix.replaced = before.clone();
            change.evidence = evidence.text();
        }
    }
    let made = revise_all(tx, &changes)?;
    set_rule(tx, rule)?;
    Ok(made)
}

/// The fix that a revision is a part of, when its evidence says so.
const FIX: &str = "CASE WHEN json_valid(evidence) THEN json_extract(evidence, '$.fix.id') END";

pub(crate) fn last_fix(tx: &Transaction<'_>) -> Result<Option<String>> {
    let sql = format!(
        "SELECT {FIX} AS fix FROM revisions WHERE author_kind = 'person' AND undoes IS NULL AND {FIX} IS NOT NULL
           AND id NOT IN (SELECT undoes FROM revisions WHERE undoes IS NOT NULL)
         ORDER BY made DESC, id DESC LIMIT 1"
    );
    Ok(tx.query_row(&sql, [], |row| row.get(0)).optional()?)
}

pub(crate) fn undo_fix(tx: &Transaction<'_>, fix: &str, author: &Author) -> Result<Undone> {
    let sql =
        format!("SELECT id, evidence FROM revisions WHERE author_kind = 'person' AND {FIX} = ?1 ORDER BY id");
    let mut statement = tx.prepare(&sql)?;
    let parts: Vec<(RevisionId, String)> = statement
        .query_map([fix], |row| Ok((parsed(row, "id")?, row.get("evidence")?)))?
        .collect::<Result<_, _>>()?;
    let Some((_, evidence)) = parts.first() else { return Err(Error::not_found("fix", fix)) };
    let fixes = parts.iter().filter_map(|(_, evidence)| Evidence::read(evidence).fix);
    let replaced = fixes.filter_map(|fix| fix.replaced).next();
    let evidence = Evidence::read(evidence);
    let mut undone = Undone::default();
    for (id, _) in &parts {
        match undo(tx, *id, author, "") {
            Ok(_) => undone.taken_back += 1,
            // Somebody went on from there, or took it back by itself.
            Err(Error::Conflict) => undone.left += 1,
            Err(error) => return Err(error),
        }
    }
    let show = evidence.fix.and_then(|fix| fix.show);
    for rule in rules(tx, None)? {
        if rule.show == show
            && rule.heard == NameRule::key(&evidence.heard)
            && rule.right.as_deref() == Some(evidence.right.as_str())
        {
            super::names::remove_rule(tx, rule.id)?;
            if let Some(replaced) = &replaced {
                set_rule(tx, replaced)?;
            }
        }
    }
    Ok(undone)
}

pub(crate) fn confirmed(tx: &Transaction<'_>, id: EpisodeId, most: u32) -> Result<Vec<Confirmed>> {
    let mut statement = tx.prepare_cached(
        "WITH here AS (SELECT show, coalesce(julianday(broadcast), 0) AS day FROM episodes WHERE id = ?1)
         SELECT episodes.id, title, people FROM episodes, here WHERE episodes.show = here.show AND episodes.id <> ?1
         ORDER BY abs(coalesce(julianday(broadcast), 0) - day), episodes.id LIMIT ?2",
    )?;
    let neighbours: Vec<(String, String, Vec<Person>)> = statement
        .query_map(params![id.to_string(), most], |row| {
            Ok((row.get("id")?, row.get("title")?, json(row, "people")?))
        })?
        .collect::<Result<_, _>>()?;
    let mut by_person = tx.prepare_cached(
        "SELECT DISTINCT CASE WHEN json_valid(evidence) THEN json_extract(evidence, '$.name') END AS name
         FROM revisions JOIN recordings ON recordings.shown = revisions.hearing
         WHERE recordings.episode = ?1 AND author_kind = 'person' AND undoes IS NULL AND name IS NOT NULL
           AND revisions.id NOT IN (SELECT undoes FROM revisions WHERE undoes IS NOT NULL)
         ORDER BY name",
    )?;
    let mut confirmed = Vec::new();
    let mut seen = BTreeSet::new();
    for (episode, title, people) in neighbours {
        let names = by_person.query_map([episode], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
        let names = names.into_iter().map(|name| Person { name, role: None });
        for person in people.into_iter().chain(names) {
            if seen.insert(person.name.clone()) {
                confirmed.push(Confirmed { person, title: title.clone() });
            }
        }
    }
    Ok(confirmed)
}
