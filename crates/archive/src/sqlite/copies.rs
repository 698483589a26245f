use super::{Transaction, json, parsed};
use crate::copies::{Copy, FoundCopy, TimeMap};
use crate::{Error, Result, Stage};
use model::{BlobHash, EpisodeId};
use rusqlite::{OptionalExtension, params};
use std::collections::HashMap;

/// A key that more recordings have than this says nothing: a jingle of a whole network.
const MOST_OF_A_KEY: u32 = 500;

pub(crate) fn store(
    tx: &Transaction<'_>,
    episode: EpisodeId,
    blob: &BlobHash,
    bytes: &[u8],
    keys: &[u32],
) -> Result<()> {
    tx.prepare_cached("DELETE FROM fingerprints WHERE episode = ?1")?.execute([episode.to_string()])?;
    tx.prepare_cached("INSERT INTO fingerprints (episode, blob, bytes) VALUES (?1, ?2, ?3)")?
        .execute(params![episode.to_string(), blob.to_string(), bytes])?;
    let number = tx.last_insert_rowid();
    let mut statement = tx.prepare_cached(
        "INSERT INTO fingerprint_keys (key, fingerprint) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
    )?;
    for key in keys {
        statement.execute(params![key, number])?;
    }
    Ok(())
}

pub(crate) fn fingerprint(tx: &Transaction<'_>, episode: EpisodeId) -> Result<Option<Vec<u8>>> {
    let mut statement = tx.prepare_cached("SELECT bytes FROM fingerprints WHERE episode = ?1")?;
    Ok(statement.query_row([episode.to_string()], |row| row.get(0)).optional()?)
}

pub(crate) fn fingerprint_of(tx: &Transaction<'_>, blob: &BlobHash) -> Result<Option<Vec<u8>>> {
    let mut statement = tx.prepare_cached("SELECT bytes FROM fingerprints WHERE blob = ?1 LIMIT 1")?;
    Ok(statement.query_row([blob.to_string()], |row| row.get(0)).optional()?)
}

pub(crate) fn alike(
    tx: &Transaction<'_>,
    episode: EpisodeId,
    keys: &[u32],
    enough: usize,
    limit: usize,
) -> Result<Vec<EpisodeId>> {
    let mut shared: HashMap<i64, usize> = HashMap::new();
    let mut statement =
        tx.prepare_cached("SELECT fingerprint FROM fingerprint_keys WHERE key = ?1 LIMIT ?2")?;
    for key in keys {
        let found: Vec<i64> = statement
            .query_map(params![key, MOST_OF_A_KEY + 1], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        if found.len() <= MOST_OF_A_KEY as usize {
            found.into_iter().for_each(|number| *shared.entry(number).or_default() += 1);
        }
    }
    let mut most: Vec<(i64, usize)> = shared.into_iter().filter(|(_, shared)| *shared >= enough).collect();
    most.sort_unstable_by_key(|(number, shared)| (std::cmp::Reverse(*shared), *number));
    let mut statement = tx.prepare_cached(
        "SELECT episode FROM fingerprints WHERE number = ?1 AND episode <> ?2
           AND NOT EXISTS (SELECT 1 FROM apart WHERE one = min(episode, ?2) AND other = max(episode, ?2))",
    )?;
    let mut alike = Vec::new();
    for (number, _) in most {
        let found = statement
            .query_row(params![number, episode.to_string()], |row| parsed::<EpisodeId>(row, "episode"));
        alike.extend(found.optional()?);
        if alike.len() >= limit {
            break;
        }
    }
    Ok(alike)
}

pub(crate) fn main_of(tx: &Transaction<'_>, episode: EpisodeId) -> Result<EpisodeId> {
    let mut statement = tx.prepare_cached("SELECT of FROM copies WHERE episode = ?1")?;
    let of = statement.query_row([episode.to_string()], |row| parsed(row, "of")).optional()?;
    Ok(of.unwrap_or(episode))
}

pub(crate) fn is_copy(tx: &Transaction<'_>, episode: EpisodeId) -> Result<bool> {
    Ok(main_of(tx, episode)? != episode)
}

/// The copies that lead to a main episode, with the map from theirs to its times.
fn leading_to(tx: &Transaction<'_>, main: EpisodeId) -> Result<Vec<(EpisodeId, TimeMap)>> {
    let mut statement =
        tx.prepare_cached("SELECT episode, times FROM copies WHERE of = ?1 ORDER BY made, episode")?;
    let copies =
        statement.query_map([main.to_string()], |row| Ok((parsed(row, "episode")?, json(row, "times")?)))?;
    Ok(copies.collect::<Result<_, _>>()?)
}

/// From an episode's times to those of its main one.
fn to_main(tx: &Transaction<'_>, episode: EpisodeId) -> Result<Option<(EpisodeId, TimeMap)>> {
    let mut statement = tx.prepare_cached("SELECT of, times FROM copies WHERE episode = ?1")?;
    let found =
        statement.query_row([episode.to_string()], |row| Ok((parsed(row, "of")?, json(row, "times")?)));
    Ok(found.optional()?)
}

/// An episode and those that lead to it.
fn group(tx: &Transaction<'_>, main: EpisodeId) -> Result<Vec<EpisodeId>> {
    let mut group = vec![main];
    group.extend(leading_to(tx, main)?.into_iter().map(|(copy, _)| copy));
    Ok(group)
}

fn are_apart(tx: &Transaction<'_>, one: EpisodeId, other: EpisodeId) -> Result<bool> {
    let mut statement = tx.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM apart WHERE one = min(?1, ?2) AND other = max(?1, ?2))",
    )?;
    Ok(statement.query_row([one.to_string(), other.to_string()], |row| row.get(0))?)
}

/// How strongly an episode is the main one: something can be read of it, it has copies already, it is older.
fn weight(tx: &Transaction<'_>, episode: EpisodeId) -> Result<(bool, bool, std::cmp::Reverse<EpisodeId>)> {
    let read: bool = tx
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM recordings JOIN hearings ON recording = recordings.id WHERE episode = ?1)",
        )?
        .query_row([episode.to_string()], |row| row.get(0))?;
    Ok((read, !leading_to(tx, episode)?.is_empty(), std::cmp::Reverse(episode)))
}

pub(crate) fn link(
    tx: &Transaction<'_>,
    episode: EpisodeId,
    found: &[FoundCopy],
) -> Result<Option<EpisodeId>> {
    for one in found {
        let (own, own_times) = match to_main(tx, episode)? {
            Some((main, times)) => (main, times.reversed().then(&one.times)),
            None => (episode, one.times.clone()),
        };
        // It may be gone, or linked with another by now.
        let exists: bool = tx
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM episodes WHERE id = ?1)")?
            .query_row([one.episode.to_string()], |row| row.get(0))?;
        if !exists {
            continue;
        }
        let (other, times) = match to_main(tx, one.episode)? {
            Some((main, times)) => (main, own_times.then(&times)),
            None => (one.episode, own_times),
        };
        if own == other || times.0.is_empty() {
            continue;
        }
        let (ours, theirs) = (group(tx, own)?, group(tx, other)?);
        let mut parted = false;
        for one in &ours {
            for other in &theirs {
                parted |= are_apart(tx, *one, *other)?;
            }
        }
        if parted {
            continue;
        }
        if weight(tx, own)? > weight(tx, other)? {
            lead(tx, other, own, &times.reversed())?;
        } else {
            lead(tx, own, other, &times)?;
        }
    }
    let main = main_of(tx, episode)?;
    let linked = main != episode || !leading_to(tx, main)?.is_empty();
    Ok(linked.then_some(main))
}

/// Makes `copy`, and whatever leads to it, lead to `main`.
fn lead(tx: &Transaction<'_>, copy: EpisodeId, main: EpisodeId, times: &TimeMap) -> Result<()> {
    for (other, to_copy) in leading_to(tx, copy)? {
        put(tx, other, main, &to_copy.then(times))?;
    }
    put(tx, copy, main, times)?;
    super::episodes::changed(tx, main)
}

fn put(tx: &Transaction<'_>, copy: EpisodeId, main: EpisodeId, times: &TimeMap) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO copies (episode, of, times) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET of = excluded.of, times = excluded.times",
    )?
    .execute(params![copy.to_string(), main.to_string(), serde_json::to_string(times)?])?;
    // It is not heard twice; what was heard of it stays.
    tx.prepare_cached(
        "DELETE FROM cells WHERE subject = ?1 AND stage IN ('hear', 'align') AND state NOT IN ('done', 'stale')",
    )?
    .execute([copy.to_string()])?;
    // Beside its main episode in one show everything of it would come again.
    tx.prepare_cached(
        "DELETE FROM repeats WHERE episode = ?1
           AND (SELECT show FROM episodes WHERE id = ?1) = (SELECT show FROM episodes WHERE id = ?2)",
    )?
    .execute([copy.to_string(), main.to_string()])?;
    super::episodes::changed(tx, copy)
}

pub(crate) fn copies(tx: &Transaction<'_>, episode: EpisodeId) -> Result<Vec<Copy>> {
    let (main, own) = match to_main(tx, episode)? {
        Some((main, times)) => (main, Some(times)),
        None => (episode, None),
    };
    let mut others = Vec::new();
    if let Some(times) = &own {
        others.push((main, times.clone()));
    }
    for (copy, times) in leading_to(tx, main)? {
        if copy != episode {
            let back = times.reversed();
            others.push((copy, own.as_ref().map_or(back.clone(), |own| own.then(&back))));
        }
    }
    let mut statement = tx.prepare_cached(
        "SELECT episodes.title, shows.title AS show FROM episodes JOIN shows ON shows.id = show WHERE episodes.id = ?1",
    )?;
    others
        .into_iter()
        .map(|(id, times)| {
            let (title, show) =
                statement.query_row([id.to_string()], |row| Ok((row.get("title")?, row.get("show")?)))?;
            let outlets = super::feeds::outlets(tx, "episode", id.to_string())?;
            Ok(Copy { episode: id, title, show, main: id == main, times, outlets })
        })
        .collect()
}

pub(crate) fn split(tx: &Transaction<'_>, episode: EpisodeId) -> Result<Vec<EpisodeId>> {
    let main = main_of(tx, episode)?;
    let group = group(tx, main)?;
    let parted = match group.as_slice() {
        _ if main != episode => episode,
        [_, copy] => *copy,
        [_] => return Err(Error::Invalid("no other episode has the same recording".into())),
        _ => {
            return Err(Error::Invalid(format!(
                "{} other episodes have the same recording: name the one that is another programme",
                group.len() - 1
            )));
        }
    };
    tx.execute("DELETE FROM copies WHERE episode = ?1", [parted.to_string()])?;
    let others: Vec<EpisodeId> = group.into_iter().filter(|other| *other != parted).collect();
    for other in &others {
        tx.execute(
            "INSERT INTO apart (one, other) VALUES (min(?1, ?2), max(?1, ?2)) ON CONFLICT DO NOTHING",
            [parted.to_string(), other.to_string()],
        )?;
        super::episodes::changed(tx, *other)?;
    }
    super::episodes::changed(tx, parted)?;
    super::texts::require_hearing(tx, parted)?;
    super::ledger::ask(tx, parted.into(), &Stage::HEAR)?;
    super::repeats::require(tx, parted)?;
    Ok(if parted == episode { others } else { vec![parted] })
}
