use super::{Row, Transaction, count, parsed, unreadable};
use crate::{Cell, Claim, Error, MAX_ATTEMPTS, MAX_LEASE, Priority, Result, Retry, Stage, State, Subject};
use model::EpisodeId;
use rusqlite::{OptionalExtension, named_params, params};
use std::time::Duration;

/// Longest pause before another attempt; a longer one was set before the clock was put back.
const MAX_PAUSE: Duration = Duration::from_secs(24 * 3600);

/// Makes work due; false when it is known already with this input.
pub(crate) fn require(
    tx: &Transaction<'_>,
    subject: Subject,
    stage: &Stage,
    input: &str,
    priority: Priority,
) -> Result<bool> {
    // A cell that a worker has is taken from it by a new token: what it makes comes from an input that is no more.
    let changed = tx.prepare_cached(
        "INSERT INTO cells (subject, stage, state, input, priority, newest)
         VALUES (?1, ?2, 'waiting', ?3, ?4, coalesce((SELECT broadcast FROM episodes WHERE id = ?1), ''))
         ON CONFLICT (subject, stage) DO UPDATE SET
           state = 'waiting', input = excluded.input, attempt = 0, not_before = 0, error = NULL, worker = NULL,
           lease_until = NULL, token = token + 1, priority = max(priority, excluded.priority),
           changed = unixepoch('subsec')
         WHERE input <> excluded.input",
    )?
    .execute(params![subject.to_string(), stage.as_str(), input, priority as i64])?;
    Ok(changed > 0)
}

/// Makes work due whatever became of it before: what it works from has changed. A worker that has it loses it.
pub(crate) fn renew(tx: &Transaction<'_>, subject: Subject, stage: &Stage) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO cells (subject, stage, state, input, priority, newest)
         VALUES (?1, ?2, 'waiting', '1', 1, coalesce((SELECT broadcast FROM episodes WHERE id = ?1), ''))
         ON CONFLICT (subject, stage) DO UPDATE SET
           state = 'waiting', input = cast(cast(input AS INTEGER) + 1 AS TEXT), attempt = 0, not_before = 0,
           error = NULL, worker = NULL, lease_until = NULL, token = token + 1, changed = unixepoch('subsec')",
    )?
    .execute(params![subject.to_string(), stage.as_str()])?;
    Ok(())
}

/// Makes a cell due again that is done, failed or given up.
pub(crate) fn again(tx: &Transaction<'_>, subject: Subject, stage: &Stage) -> Result<()> {
    tx.prepare_cached(
        "UPDATE cells SET state = 'waiting', attempt = 0, not_before = 0, error = NULL, changed = unixepoch('subsec')
         WHERE subject = ?1 AND stage = ?2 AND state NOT IN ('waiting', 'leased')",
    )?
    .execute(params![subject.to_string(), stage.as_str()])?;
    Ok(())
}

pub(crate) fn ask(tx: &Transaction<'_>, subject: Subject, stage: &Stage) -> Result<bool> {
    let changed = tx
        .prepare_cached(
            "UPDATE cells SET priority = 2, not_before = 0,
               state = CASE state WHEN 'leased' THEN 'leased' ELSE 'waiting' END,
               attempt = CASE state WHEN 'leased' THEN attempt ELSE 0 END,
               error = CASE state WHEN 'leased' THEN error END, changed = unixepoch('subsec')
             WHERE subject = ?1 AND stage = ?2",
        )?
        .execute(params![subject.to_string(), stage.as_str()])?;
    Ok(changed > 0)
}

pub(crate) fn mark_stale(tx: &Transaction<'_>, stage: &Stage, tool: &str) -> Result<u64> {
    let changed = tx.execute(
        "UPDATE cells SET state = 'stale', changed = unixepoch('subsec')
         WHERE stage = ?1 AND state = 'done' AND tool IS NOT ?2",
        params![stage.as_str(), tool],
    )?;
    Ok(changed as u64)
}

pub(crate) fn claim(
    tx: &Transaction<'_>,
    subject: Option<Subject>,
    stages: &[Stage],
    worker: &str,
    lease: Duration,
) -> Result<Option<Claim>> {
    let stages = serde_json::to_string(stages)?;
    let given_up: Vec<(Subject, String)> = tx
        .prepare_cached(
            "UPDATE cells SET state = 'quarantined', worker = NULL, lease_until = NULL, changed = unixepoch('subsec'),
           error = coalesce(error || '; ', '') || 'the program ended ' || attempt || ' times while at it'
         WHERE state = 'leased' AND attempt >= :attempts
           AND stage IN (SELECT value FROM json_each(:stages))
           AND (lease_until < unixepoch('subsec') OR lease_until > unixepoch('subsec') + :longest)
         RETURNING subject, stage",
        )?
        .query_map(
            named_params! {
                ":stages": stages, ":attempts": MAX_ATTEMPTS, ":longest": MAX_LEASE.as_secs_f64(),
            },
            |row| Ok((Subject(parsed(row, "subject")?), row.get("stage")?)),
        )?
        .collect::<Result<_, _>>()?;
    for (subject, stage) in given_up {
        // Nobody waits any longer for the publisher's texts of an episode.
        if stage == Stage::TEXTS.as_str() {
            super::texts::require_hearing(tx, EpisodeId(subject.0))?;
        }
    }
    let claim = tx
        .prepare_cached(
            "UPDATE cells SET state = 'leased', worker = :worker, lease_until = unixepoch('subsec') + :lease,
               token = token + 1, attempt = attempt + 1, changed = unixepoch('subsec')
             WHERE (subject, stage) = (
               SELECT subject, stage FROM cells
               WHERE state IN ('waiting', 'leased') AND stage IN (SELECT value FROM json_each(:stages))
                 AND (:subject IS NULL OR subject = :subject)
                 AND (state = 'waiting'
                      AND (not_before <= unixepoch('subsec') OR not_before > unixepoch('subsec') + :pause)
                      OR state = 'leased'
                      AND (lease_until < unixepoch('subsec') OR lease_until > unixepoch('subsec') + :longest))
               ORDER BY priority DESC, newest DESC, subject, stage LIMIT 1)
             RETURNING subject, stage, input, token, attempt",
        )?
        .query_row(
            named_params! {
                ":worker": worker, ":lease": lease.as_secs_f64(), ":stages": stages,
                ":subject": subject.map(|subject| subject.to_string()),
                ":pause": MAX_PAUSE.as_secs_f64(), ":longest": MAX_LEASE.as_secs_f64(),
            },
            |row| {
                Ok(Claim {
                    subject: Subject(parsed(row, "subject")?),
                    stage: Stage::stored(row.get("stage")?),
                    input: row.get("input")?,
                    token: row.get("token")?,
                    attempt: row.get("attempt")?,
                })
            },
        )
        .optional()?;
    Ok(claim)
}

/// Workers that hold work.
pub(crate) fn workers(tx: &Transaction<'_>) -> Result<Vec<String>> {
    let mut statement = tx.prepare_cached("SELECT DISTINCT worker FROM cells WHERE state = 'leased'")?;
    Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// Ends the leases of a worker.
pub(crate) fn expire(tx: &Transaction<'_>, worker: &str) -> Result<u64> {
    let sql = "UPDATE cells SET lease_until = 0 WHERE state = 'leased' AND worker = ?1";
    Ok(tx.execute(sql, [worker])? as u64)
}

/// The result of an UPDATE that only touches a cell which the claim still holds.
fn held(claim: &Claim, changed: usize) -> Result<()> {
    if changed == 1 {
        return Ok(());
    }
    Err(Error::LeaseLost { subject: claim.subject.to_string(), stage: claim.stage.to_string() })
}

pub(crate) fn heartbeat(tx: &Transaction<'_>, claim: &Claim, lease: Duration) -> Result<()> {
    let changed = tx
        .prepare_cached(
            "UPDATE cells SET lease_until = unixepoch('subsec') + ?4
             WHERE subject = ?1 AND stage = ?2 AND token = ?3 AND state = 'leased'",
        )?
        .execute(params![
            claim.subject.to_string(),
            claim.stage.as_str(),
            claim.token,
            lease.as_secs_f64()
        ])?;
    held(claim, changed)
}

/// Checks that the claim still holds.
pub(crate) fn held_now(tx: &Transaction<'_>, claim: &Claim) -> Result<()> {
    let mut statement = tx.prepare_cached(
        "SELECT count(*) FROM cells WHERE subject = ?1 AND stage = ?2 AND token = ?3 AND state = 'leased'",
    )?;
    let found: isize = statement
        .query_row(params![claim.subject.to_string(), claim.stage.as_str(), claim.token], |row| row.get(0))?;
    held(claim, found.unsigned_abs())
}

/// Checks that the claim still holds, and forgets earlier attempts: this one has left something behind.
pub(crate) fn progress(tx: &Transaction<'_>, claim: &Claim) -> Result<()> {
    let changed = tx
        .prepare_cached(
            "UPDATE cells SET attempt = 1
             WHERE subject = ?1 AND stage = ?2 AND token = ?3 AND state = 'leased'",
        )?
        .execute(params![claim.subject.to_string(), claim.stage.as_str(), claim.token])?;
    held(claim, changed)
}

pub(crate) fn release(tx: &Transaction<'_>, claim: &Claim) -> Result<()> {
    let changed = tx.execute(
        "UPDATE cells SET state = 'waiting', attempt = max(attempt - 1, 0), worker = NULL, lease_until = NULL,
           not_before = 0, changed = unixepoch('subsec')
         WHERE subject = ?1 AND stage = ?2 AND token = ?3 AND state = 'leased'",
        params![claim.subject.to_string(), claim.stage.as_str(), claim.token],
    )?;
    held(claim, changed)
}

pub(crate) fn finish(tx: &Transaction<'_>, claim: &Claim, tool: &str) -> Result<()> {
    let changed = tx
        .prepare_cached(
            "UPDATE cells SET state = 'done', tool = ?4, error = NULL, worker = NULL, lease_until = NULL, priority = 0,
               changed = unixepoch('subsec')
             WHERE subject = ?1 AND stage = ?2 AND token = ?3 AND state = 'leased'",
        )?
        .execute(params![claim.subject.to_string(), claim.stage.as_str(), claim.token, tool])?;
    held(claim, changed)
}

pub(crate) fn fail(tx: &Transaction<'_>, claim: &Claim, reason: &str, retry: Retry) -> Result<State> {
    let (pause, counts) = match retry {
        Retry::Never => (None, true),
        Retry::After(pause) => (Some(pause), true),
        Retry::Later(pause) => (Some(pause), false),
    };
    let pause = pause.map(|pause| pause.min(MAX_PAUSE).as_secs_f64());
    let state = tx
        .prepare_cached(
            "UPDATE cells SET
               state = CASE WHEN ?5 IS NULL THEN 'failed' WHEN attempt >= ?6 AND ?7 THEN 'quarantined' ELSE 'waiting' END,
               attempt = CASE WHEN ?7 THEN attempt ELSE max(attempt - 1, 0) END,
               not_before = CASE WHEN ?5 IS NULL THEN 0 ELSE unixepoch('subsec') + ?5 END,
               error = ?4, worker = NULL, lease_until = NULL, changed = unixepoch('subsec')
             WHERE subject = ?1 AND stage = ?2 AND token = ?3 AND state = 'leased' RETURNING state",
        )?
        .query_row(
            params![
                claim.subject.to_string(),
                claim.stage.as_str(),
                claim.token,
                reason,
                pause,
                MAX_ATTEMPTS,
                counts
            ],
            state,
        )
        .optional()?;
    held(claim, usize::from(state.is_some()))?;
    Ok(state.unwrap_or(State::Failed))
}

pub(super) fn state(row: &Row<'_>) -> rusqlite::Result<State> {
    let name: String = row.get("state")?;
    State::stored(&name).ok_or_else(|| unreadable(format!("state {name:?}")))
}

pub(crate) fn cells(tx: &Transaction<'_>, subject: Subject) -> Result<Vec<Cell>> {
    let mut statement = tx.prepare_cached("SELECT * FROM cells WHERE subject = ?1 ORDER BY stage DESC")?;
    let cells = statement.query_map([subject.to_string()], |row| {
        Ok(Cell {
            subject,
            stage: Stage::stored(row.get("stage")?),
            state: state(row)?,
            input: row.get("input")?,
            tool: row.get("tool")?,
            attempt: u32::try_from(count(row, "attempt")?).unwrap_or(u32::MAX),
            worker: row.get("worker")?,
            error: row.get("error")?,
            priority: Priority::stored(row.get("priority")?),
        })
    })?;
    Ok(cells.collect::<Result<_, _>>()?)
}
