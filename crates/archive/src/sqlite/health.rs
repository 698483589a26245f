//! The invariants that are questions to the database.

use super::{Transaction, count, parsed};
use crate::Result;
use model::{BlobHash, HearingId};

/// For each invariant its question: the rows that break it, as subject and detail.
pub(crate) const QUESTIONS: &[(&str, &str)] = &[
    ("P1.2", "SELECT \"table\" || ' ' || coalesce(rowid, ''), 'refers to a missing ' || parent
              FROM pragma_foreign_key_check"),
    ("P2.1", "SELECT 'revision ' || revision, 'consumes word ' || ordinal || ' of ' || source || ', which never was'
              FROM consumed JOIN revisions ON revisions.id = revision
              WHERE CASE revised
                WHEN 0 THEN source <> hearing OR ordinal >= (SELECT coalesce(sum(json_array_length(words)), 0)
                                                             FROM windows WHERE windows.hearing = source)
                ELSE NOT EXISTS (SELECT 1 FROM revisions AS earlier WHERE earlier.id = source
                  AND earlier.hearing = revisions.hearing AND earlier.number < revisions.number
                  AND ordinal < json_array_length(earlier.produces)) END"),
    ("P2.2", "SELECT 'revision ' || revisions.id, 'lies over a hearing that is not complete'
              FROM revisions JOIN hearings ON hearings.id = hearing WHERE complete = 0"),
    ("P2.4", "SELECT 'episode ' || copies.episode, 'is a copy of ' || copies.of || ', which is one itself' FROM copies
              JOIN copies AS main ON main.episode = copies.of
              UNION ALL
              SELECT 'episode ' || episode, 'is a copy of one that was set apart from it' FROM copies
              JOIN apart ON one = min(episode, of) AND other = max(episode, of)"),
    ("P3.1", "SELECT 'episode ' || subject, 'is probed, but nothing is known of its media' FROM cells
              JOIN recordings ON episode = subject WHERE stage = 'probe' AND state = 'done' AND media IS NULL
              UNION ALL
              SELECT 'episode ' || subject, 'is heard, but no complete hearing is shown' FROM cells
              JOIN recordings ON episode = subject LEFT JOIN hearings ON hearings.id = shown
              WHERE stage = 'hear' AND state IN ('done', 'stale') AND coalesce(complete, 0) = 0"),
    ("P3.2", "SELECT 'hearing ' || hearing, 'has ' || count(*) || ' windows, the last of them number ' || max(number)
              FROM windows JOIN hearings ON hearings.id = hearing WHERE complete = 1
              GROUP BY hearing HAVING count(*) <> max(number) + 1 OR min(number) <> 0"),
    ("P3.3", "SELECT 'hearing ' || hearing, 'window ' || number || ' is out of order' FROM
                (SELECT hearing, number, from_ms, to_ms, lag(from_ms) OVER one_by_one AS from_before,
                   lag(to_ms) OVER one_by_one AS to_before FROM windows
                 WINDOW one_by_one AS (PARTITION BY hearing ORDER BY number))
              WHERE from_ms < from_before OR to_ms < to_before OR to_ms < from_ms"),
    ("P3.4", "SELECT subject || ' ' || stage, 'is leased to nobody, or until never' FROM cells
              WHERE state = 'leased' AND (worker IS NULL OR lease_until IS NULL OR token < 1)
              UNION ALL
              SELECT subject || ' ' || stage, 'is ' || state || ', but a worker holds it' FROM cells
              WHERE state <> 'leased' AND (worker IS NOT NULL OR lease_until IS NOT NULL)"),
    ("P3.5", "SELECT subject || ' ' || stage, 'is ' || state || ' without a reason' FROM cells
              WHERE state IN ('failed', 'quarantined') AND coalesce(error, '') = ''
              UNION ALL
              SELECT subject || ' ' || stage, 'was tried ' || attempt || ' times' FROM cells WHERE attempt > 3"),
    ("P3.6", "SELECT subject || ' ' || stage, 'is work on something that is not there' FROM cells
              WHERE NOT EXISTS (SELECT 1 FROM episodes WHERE id = subject)
                AND NOT EXISTS (SELECT 1 FROM shows WHERE id = subject)
                AND NOT EXISTS (SELECT 1 FROM feeds WHERE id = subject)
              UNION ALL
              SELECT 'episode ' || episode, 'has a recording that nobody is to probe' FROM recordings
              WHERE blob IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM cells WHERE subject = episode AND stage = 'probe')"),
    ("P7.1", "SELECT 'revision ' || id, 'is a repair without evidence' FROM revisions
              WHERE author_kind = 'machine' AND trim(evidence) = ''"),
    ("P10.2", "SELECT 'hearing ' || hearing, 'window ' || number || ' has more words than speech' FROM windows
               WHERE recognised > speech"),
];

/// Rows that break an invariant.
pub(crate) fn offenders(tx: &Transaction<'_>, question: &str) -> Result<Vec<(String, String)>> {
    let mut statement = tx.prepare(question)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What SQLite finds wrong with its own file; empty when it is sound.
pub(crate) fn integrity(tx: &Transaction<'_>) -> Result<Vec<String>> {
    let mut statement = tx.prepare("PRAGMA integrity_check(20)")?;
    let rows: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(rows.into_iter().filter(|row| row != "ok").collect())
}

/// Every blob that is used, with its size.
pub(crate) fn blobs(tx: &Transaction<'_>) -> Result<Vec<(BlobHash, u64)>> {
    let mut statement = tx.prepare("SELECT hash, bytes FROM blobs ORDER BY hash")?;
    let blobs = statement.query_map([], |row| Ok((parsed(row, "hash")?, count(row, "bytes")?)))?;
    Ok(blobs.collect::<Result<_, _>>()?)
}

pub(crate) fn hearings(tx: &Transaction<'_>) -> Result<Vec<HearingId>> {
    let mut statement = tx.prepare("SELECT id FROM hearings ORDER BY id")?;
    Ok(statement.query_map([], |row| parsed(row, "id"))?.collect::<Result<_, _>>()?)
}
