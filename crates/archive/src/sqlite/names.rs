use super::alignments::revised;
use super::hearings::{StoredWord, changed, words_from, words_json};
use super::revisions::{heard, insert, list, live, revisable, revision_row};
use super::{Row, Transaction, count, json, json_maybe, moment_maybe, parsed, parsed_maybe, unreadable};
use crate::revisions::{examine, live_words};
use crate::{
    Author, AuthorKind, Change, Error, Evidence, Glossary, GlossaryName, NameRule, NewOffer, Offer,
    OfferState, PastRevision, Repairable, Repaired, Result, Revision, Stage, WordId, WordSource,
};
use model::{EpisodeId, HearingId, OfferId, RevisionId, ShowId};
use rusqlite::{OptionalExtension, params};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

const STATES: [(OfferState, &str); 3] =
    [(OfferState::Open, "open"), (OfferState::Taken, "taken"), (OfferState::Declined, "declined")];

/// Makes the repairs of an episode due, when it has a text that is shown.
pub(crate) fn repair_due(tx: &Transaction<'_>, episode: EpisodeId) -> Result<()> {
    let text: bool = tx
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM recordings WHERE episode = ?1 AND shown IS NOT NULL)")?
        .query_row([episode.to_string()], |row| row.get(0))?;
    if text { super::ledger::renew(tx, episode.into(), &Stage::REPAIR) } else { Ok(()) }
}

/// Makes the repairs of all episodes due that a list or rule concerns, and counts the change.
fn names_changed(tx: &Transaction<'_>, show: Option<ShowId>) -> Result<()> {
    tx.execute(
        "INSERT INTO counters (name, value) VALUES ('names', 1) ON CONFLICT DO UPDATE SET value = value + 1",
        [],
    )?;
    let mut statement = tx.prepare_cached("SELECT id FROM episodes WHERE ?1 IS NULL OR show = ?1")?;
    let episodes: Vec<EpisodeId> = statement
        .query_map([show.map(|show| show.to_string())], |row| parsed(row, "id"))?
        .collect::<Result<_, _>>()?;
    episodes.into_iter().try_for_each(|episode| repair_due(tx, episode))
}

pub(crate) fn version(tx: &Transaction<'_>) -> Result<u64> {
    let found = tx
        .query_row("SELECT value FROM counters WHERE name = 'names'", [], |row| count(row, "value"))
        .optional()?;
    Ok(found.unwrap_or_default())
}

pub(crate) fn set_glossary(
    tx: &Transaction<'_>,
    show: Option<ShowId>,
    title: &str,
    content: &str,
    names: &[GlossaryName],
) -> Result<(i64, bool)> {
    let show_id = show.map(|show| show.to_string());
    let found: Option<(i64, String)> = tx
        .query_row(
            "SELECT id, content FROM glossaries WHERE show IS ?1 AND title = ?2",
            params![show_id, title],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    let id = match found {
        Some((id, known)) if known == content => return Ok((id, false)),
        Some((id, _)) => {
            tx.execute("UPDATE glossaries SET content = ?2 WHERE id = ?1", params![id, content])?;
            tx.execute("DELETE FROM names WHERE glossary = ?1", [id])?;
            id
        }
        None => tx.query_row(
            "INSERT INTO glossaries (show, title, content) VALUES (?1, ?2, ?3) RETURNING id",
            params![show_id, title, content],
            |row| row.get(0),
        )?,
    };
    let mut statement =
        tx.prepare_cached("INSERT INTO names (glossary, number, spelling, entry) VALUES (?1, ?2, ?3, ?4)")?;
    for (number, name) in names.iter().enumerate() {
        statement.execute(params![id, number as i64, name.spelling, name.entry])?;
    }
    names_changed(tx, show)?;
    Ok((id, true))
}

pub(crate) fn glossaries(tx: &Transaction<'_>) -> Result<Vec<Glossary>> {
    let mut statement = tx.prepare_cached(
        "SELECT *, (SELECT count(*) FROM names WHERE glossary = glossaries.id) AS names FROM glossaries
         ORDER BY show IS NOT NULL, show, id",
    )?;
    let glossaries = statement.query_map([], |row| {
        Ok(Glossary {
            id: row.get("id")?,
            show: parsed_maybe(row, "show")?,
            title: row.get("title")?,
            content: row.get("content")?,
            names: count(row, "names")?,
        })
    })?;
    Ok(glossaries.collect::<Result<_, _>>()?)
}

pub(crate) fn glossary_names(tx: &Transaction<'_>, glossary: i64) -> Result<Vec<GlossaryName>> {
    let mut statement =
        tx.prepare_cached("SELECT spelling, entry FROM names WHERE glossary = ?1 ORDER BY number")?;
    let names = statement.query_map([glossary], |row| {
        Ok(GlossaryName { spelling: row.get("spelling")?, entry: row.get("entry")? })
    })?;
    Ok(names.collect::<Result<_, _>>()?)
}

pub(crate) fn remove_glossary(tx: &Transaction<'_>, glossary: i64) -> Result<()> {
    let show: Option<Option<ShowId>> = tx
        .query_row("DELETE FROM glossaries WHERE id = ?1 RETURNING show", [glossary], |row| {
            parsed_maybe(row, "show")
        })
        .optional()?;
    names_changed(tx, show.ok_or_else(|| Error::not_found("list of names", glossary))?)
}

pub(crate) fn set_rule(tx: &Transaction<'_>, rule: &NameRule) -> Result<i64> {
    let show = rule.show.map(|show| show.to_string());
    tx.execute("DELETE FROM name_rules WHERE show IS ?1 AND heard = ?2", params![show, rule.heard])?;
    let id = tx.query_row(
        "INSERT INTO name_rules (show, heard, correct, author) VALUES (?1, ?2, ?3, ?4) RETURNING id",
        params![show, rule.heard, rule.right, rule.author],
        |row| row.get(0),
    )?;
    names_changed(tx, rule.show)?;
    Ok(id)
}

pub(crate) fn rules(tx: &Transaction<'_>, show: Option<ShowId>) -> Result<Vec<NameRule>> {
    let mut statement = tx.prepare_cached(
        "SELECT * FROM name_rules WHERE ?1 IS NULL OR show IS NULL OR show = ?1 ORDER BY show IS NULL, show, id",
    )?;
    let rules = statement.query_map([show.map(|show| show.to_string())], |row| {
        Ok(NameRule {
            id: row.get("id")?,
            show: parsed_maybe(row, "show")?,
            heard: row.get("heard")?,
            right: row.get("correct")?,
            author: row.get("author")?,
        })
    })?;
    Ok(rules.collect::<Result<_, _>>()?)
}

pub(crate) fn remove_rule(tx: &Transaction<'_>, rule: i64) -> Result<()> {
    let show: Option<Option<ShowId>> = tx
        .query_row("DELETE FROM name_rules WHERE id = ?1 RETURNING show", [rule], |row| {
            parsed_maybe(row, "show")
        })
        .optional()?;
    names_changed(tx, show.ok_or_else(|| Error::not_found("rule", rule))?)
}

/// Revisions that stand, and those that a new generation of repairs may replace: the machine's own on which no other
/// revision builds.
fn sorted_out(revisions: Vec<Revision>) -> (Vec<Revision>, Vec<Revision>) {
    let built_on: HashSet<RevisionId> = revisions
        .iter()
        .flat_map(|revision| {
            let sources = revision.consumes.iter().filter_map(|word| match word.source {
                WordSource::Revision(id) => Some(id),
                WordSource::Hearing(_) => None,
            });
            sources.chain(revision.undoes)
        })
        .collect();
    revisions
        .into_iter()
        .partition(|revision| revision.author.kind == AuthorKind::Person || built_on.contains(&revision.id))
}

pub(crate) fn repairable(tx: &Transaction<'_>, id: HearingId) -> Result<Vec<Repairable>> {
    let (standing, _) = sorted_out(list(tx, id)?);
    let people: HashSet<RevisionId> = standing
        .iter()
        .filter(|revision| revision.author.kind == AuthorKind::Person)
        .map(|revision| revision.id)
        .collect();
    let words = live_words(id, heard(tx, id)?, &standing);
    let by_person = |id: &WordId| matches!(id.source, WordSource::Revision(id) if people.contains(&id));
    Ok(words.into_iter().map(|live| Repairable { by_person: by_person(&live.id), live }).collect())
}

pub(crate) fn store_repairs(
    tx: &Transaction<'_>,
    id: HearingId,
    tool: &str,
    repairs: &[Change],
    offers: &[NewOffer],
) -> Result<Repaired> {
    let hearing = revisable(tx, id)?;
    let (standing, replaceable) = sorted_out(list(tx, id)?);
    let mut done = Repaired::default();
    let same = |made: &Revision, change: &Change| {
        made.consumes == change.consumes
            && made.produces == change.produces
            && made.evidence == change.evidence
    };
    for revision in &replaceable {
        if repairs.iter().any(|change| same(revision, change)) {
            done.kept += 1;
        } else {
            retire(tx, revision)?;
            done.retired += 1;
        }
    }
    let base = live_words(id, heard(tx, id)?, &standing);
    for change in repairs {
        if replaceable.iter().any(|revision| same(revision, change)) {
            continue;
        }
        examine(&base, change)?;
        insert(tx, id, change, None)?;
        done.made += 1;
    }
    let declined = declined(tx, id)?;
    let open = tx.execute("DELETE FROM offers WHERE hearing = ?1 AND state = 'open'", [id.to_string()])?;
    let mut statement = tx.prepare_cached(
        "INSERT INTO offers (id, hearing, number, consumes, produces, evidence, score, tool)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    for (number, offer) in offers.iter().enumerate() {
        let texts: Vec<String> = offer.produces.iter().map(|word| word.text.clone()).collect();
        if declined.contains(&(offer.consumes.clone(), texts)) {
            continue;
        }
        statement.execute(params![
            Uuid::now_v7().to_string(),
            id.to_string(),
            number as i64,
            serde_json::to_string(&offer.consumes)?,
            words_json(&offer.produces)?,
            offer.evidence,
            offer.score,
            tool,
        ])?;
        done.offers += 1;
    }
    if done.made + done.retired + done.offers + open as u64 > 0 {
        revised(tx, &hearing)?;
    }
    Ok(done)
}

/// Takes a repair out of force; what it consumed is free again, and on record.
fn retire(tx: &Transaction<'_>, revision: &Revision) -> Result<()> {
    tx.prepare_cached("UPDATE revisions SET retired = unixepoch('subsec'), consumed = ?2 WHERE id = ?1")?
        .execute(params![revision.id.to_string(), serde_json::to_string(&revision.consumes)?])?;
    tx.prepare_cached("DELETE FROM consumed WHERE revision = ?1")?.execute([revision.id.to_string()])?;
    Ok(())
}

/// Takes the program's repairs of these heard words (as rules have them) out of force, where nobody built on them.
pub(crate) fn retire_heard(tx: &Transaction<'_>, id: HearingId, heard: &str) -> Result<()> {
    let hearing = revisable(tx, id)?;
    let (_, replaceable) = sorted_out(list(tx, id)?);
    for revision in &replaceable {
        if NameRule::key(&Evidence::read(&revision.evidence).heard) == heard {
            retire(tx, revision)?;
        }
    }
    revised(tx, &hearing)
}

/// What people declined: the words that would go, and those that would come.
fn declined(tx: &Transaction<'_>, id: HearingId) -> Result<HashSet<(Vec<WordId>, Vec<String>)>> {
    let all = offers(tx, id)?.into_iter().filter(|offer| offer.state == OfferState::Declined);
    Ok(all
        .map(|offer| (offer.consumes, offer.produces.into_iter().map(|word| word.text).collect()))
        .collect())
}

fn offer_row(row: &Row<'_>) -> rusqlite::Result<Offer> {
    let state: String = row.get("state")?;
    let state = STATES.iter().find(|(_, known)| *known == state).map(|(state, _)| *state);
    Ok(Offer {
        id: parsed(row, "id")?,
        hearing: parsed(row, "hearing")?,
        consumes: json(row, "consumes")?,
        produces: words_from(json::<Vec<StoredWord>>(row, "produces")?),
        evidence: row.get("evidence")?,
        score: row.get("score")?,
        state: state.ok_or_else(|| unreadable("unknown state of an offer".into()))?,
        tool: row.get("tool")?,
    })
}

pub(crate) fn offers(tx: &Transaction<'_>, id: HearingId) -> Result<Vec<Offer>> {
    let mut statement = tx.prepare_cached("SELECT * FROM offers WHERE hearing = ?1 ORDER BY number")?;
    Ok(statement.query_map([id.to_string()], offer_row)?.collect::<Result<_, _>>()?)
}

pub(crate) fn decide_offer(
    tx: &Transaction<'_>,
    id: OfferId,
    take: bool,
    author: &Author,
) -> Result<Option<Revision>> {
    let offer = tx
        .query_row("SELECT * FROM offers WHERE id = ?1", [id.to_string()], offer_row)
        .optional()?
        .ok_or_else(|| Error::not_found("offer", id))?;
    if offer.state != OfferState::Open {
        return Err(Error::Conflict);
    }
    let state = if take { "taken" } else { "declined" };
    tx.execute("UPDATE offers SET state = ?2 WHERE id = ?1", params![id.to_string(), state])?;
    if !take {
        changed(tx, &revisable(tx, offer.hearing)?)?;
        return Ok(None);
    }
    let change = Change {
        author: author.clone(),
        evidence: offer.evidence,
        consumes: offer.consumes,
        produces: offer.produces,
    };
    super::revisions::revise(tx, offer.hearing, &change).map(Some)
}

pub(crate) fn revise_all(tx: &Transaction<'_>, changes: &[(HearingId, Change)]) -> Result<Vec<Revision>> {
    let mut texts = HashMap::new();
    let mut made = Vec::with_capacity(changes.len());
    for (id, change) in changes {
        if !texts.contains_key(id) {
            texts.insert(*id, (revisable(tx, *id)?, live(tx, *id)?));
        }
        let Some((_, words)) = texts.get(id) else { continue };
        examine(words, change)?;
        made.push(insert(tx, *id, change, None).map_err(taken_twice)?);
    }
    for (hearing, _) in texts.values() {
        revised(tx, hearing)?;
    }
    Ok(made)
}

/// Two changes of one call want the same word.
fn taken_twice(error: Error) -> Error {
    match error {
        Error::Paused { .. } => error,
        _ => Error::Conflict,
    }
}

pub(crate) fn history(tx: &Transaction<'_>, id: HearingId) -> Result<Vec<PastRevision>> {
    let mut consumes: HashMap<RevisionId, Vec<WordId>> =
        list(tx, id)?.into_iter().map(|revision| (revision.id, revision.consumes)).collect();
    let mut statement = tx.prepare_cached("SELECT * FROM revisions WHERE hearing = ?1 ORDER BY number")?;
    let all = statement.query_map([id.to_string()], |row| {
        let mut revision = revision_row(row)?;
        let before: Option<Vec<WordId>> = json_maybe(row, "consumed")?;
        revision.consumes = before.or_else(|| consumes.remove(&revision.id)).unwrap_or_default();
        Ok(PastRevision { revision, retired: moment_maybe(row, "retired")? })
    })?;
    Ok(all.collect::<Result<_, _>>()?)
}
