use super::parsed;
use super::{Row, Transaction, json, millis, stored, unreadable};
use crate::{NewRepeat, Result, Stage};
use model::{EpisodeId, HearingId, Millis, Repeat, RepeatKind, ShowId};
use rusqlite::params;
use std::collections::{BTreeMap, BTreeSet};

/// Bytes of fingerprints that are compared with each other at once: those of a hundred hours. An older episode keeps what was
/// found when it was one of the newest.
const MOST_BYTES: usize = 24 << 20;

const KINDS: [(RepeatKind, &str); 4] = [
    (RepeatKind::Jingle, "jingle"),
    (RepeatKind::Advertisement, "advertisement"),
    (RepeatKind::Rerun, "rerun"),
    (RepeatKind::Passage, "passage"),
];

/// Makes a show's stage `repeats` due once two of its episodes can be compared.
pub(crate) fn require(tx: &Transaction<'_>, episode: EpisodeId) -> Result<()> {
    let found: (Option<String>, i64) = tx
        .prepare_cached(
            "SELECT max(show), count(*) FROM (SELECT show FROM episodes JOIN fingerprints ON episode = episodes.id
               WHERE show = (SELECT show FROM episodes WHERE id = ?1)
                 AND NOT EXISTS (SELECT 1 FROM copies JOIN episodes AS main ON main.id = of
                                 WHERE copies.episode = episodes.id AND main.show = episodes.show) LIMIT 2)",
        )?
        .query_row([episode.to_string()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (Some(show), 2..) = found else { return Ok(()) };
    let show: ShowId = show.parse().map_err(|error| unreadable(format!("show {show:?}: {error}")))?;
    super::ledger::renew(tx, show.into(), &Stage::REPEATS)
}

pub(crate) fn fingerprints(tx: &Transaction<'_>, show: ShowId) -> Result<Vec<(EpisodeId, Vec<u8>)>> {
    let mut statement = tx.prepare_cached(
        "SELECT episodes.id, bytes FROM episodes JOIN fingerprints ON episode = episodes.id
         WHERE show = ?1 AND NOT EXISTS (SELECT 1 FROM copies JOIN episodes AS main ON main.id = of
                                         WHERE copies.episode = episodes.id AND main.show = ?1)
         ORDER BY broadcast IS NULL, broadcast DESC, episodes.id DESC",
    )?;
    let mut rows = statement.query([show.to_string()])?;
    let (mut found, mut bytes): (Vec<(EpisodeId, Vec<u8>)>, usize) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let own: Vec<u8> = row.get("bytes")?;
        bytes += own.len();
        if bytes > MOST_BYTES && found.len() >= 2 {
            break;
        }
        found.push((parsed(row, "id")?, own));
    }
    Ok(found)
}

pub(crate) fn store(tx: &Transaction<'_>, episodes: &[EpisodeId], found: &[NewRepeat]) -> Result<()> {
    let mut of: BTreeMap<EpisodeId, Vec<Repeat>> = episodes.iter().map(|id| (*id, Vec::new())).collect();
    for repeat in found {
        let among: BTreeSet<EpisodeId> = repeat.places.iter().map(|(episode, ..)| *episode).collect();
        for (episode, start, end) in &repeat.places {
            let own = Repeat {
                start: *start,
                end: *end,
                kind: repeat.kind,
                episodes: u32::try_from(among.len()).unwrap_or(u32::MAX),
            };
            of.entry(*episode).or_default().push(own);
        }
    }
    for (episode, mut repeats) in of {
        repeats.sort_by_key(|repeat| (repeat.start, repeat.end));
        let exists: bool = tx
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM episodes WHERE id = ?1)")?
            .query_row([episode.to_string()], |row| row.get(0))?;
        if !exists || of_episode(tx, episode)? == repeats {
            continue;
        }
        tx.prepare_cached("DELETE FROM repeats WHERE episode = ?1")?.execute([episode.to_string()])?;
        let mut statement = tx.prepare_cached(
            "INSERT INTO repeats (episode, number, from_ms, to_ms, kind, episodes) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        for (number, repeat) in repeats.iter().enumerate() {
            let kind =
                KINDS.iter().find(|(kind, _)| *kind == repeat.kind).map_or("passage", |(_, name)| name);
            statement.execute(params![
                episode.to_string(),
                number as i64,
                stored(repeat.start.0),
                stored(repeat.end.0),
                kind,
                repeat.episodes,
            ])?;
        }
        super::episodes::changed(tx, episode)?;
    }
    Ok(())
}

fn row(row: &Row<'_>) -> rusqlite::Result<Repeat> {
    let kind: String = row.get("kind")?;
    let known = KINDS.iter().find(|(_, name)| *name == kind);
    Ok(Repeat {
        start: millis(row, "from_ms")?,
        end: Millis(millis(row, "to_ms")?.0),
        kind: known.map(|(kind, _)| *kind).ok_or_else(|| unreadable(format!("kind of repeat {kind:?}")))?,
        episodes: row.get("episodes")?,
    })
}

pub(crate) fn of_episode(tx: &Transaction<'_>, episode: EpisodeId) -> Result<Vec<Repeat>> {
    let mut statement = tx.prepare_cached("SELECT * FROM repeats WHERE episode = ?1 ORDER BY number")?;
    let repeats = statement.query_map([episode.to_string()], row)?;
    Ok(repeats.collect::<Result<_, _>>()?)
}

/// What comes again of an episode as its text shows it: what was found, else what the text came with.
pub(crate) fn of(tx: &Transaction<'_>, episode: EpisodeId, hearing: HearingId) -> Result<Vec<Repeat>> {
    let found = of_episode(tx, episode)?;
    if !found.is_empty() {
        return Ok(found);
    }
    let mut statement = tx.prepare_cached("SELECT repeats FROM hearings WHERE id = ?1")?;
    Ok(statement.query_row([hearing.to_string()], |row| json(row, "repeats"))?)
}
