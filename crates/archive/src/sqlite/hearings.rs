use super::{Row, Transaction, count, json, millis, parsed, stored, unreadable};
use crate::reading::{recognised, window_complaint};
use crate::{
    Begun, Coverage, Error, HearingRequest, HearingResult, Problem, Result, Stage, StageCount, Status,
};
use model::{
    EpisodeId, HeardWindow, Hearing, HearingId, Millis, Quality, RecordingId, Stretch, StretchKind, Word,
};
use rusqlite::{OptionalExtension, params};
use std::time::Duration;
use uuid::Uuid;

/// Hearings over which the speed is measured: enough to even out, few enough to follow a new machine or model.
const SPEED_OVER: u32 = 10;

const fn quality_name(quality: Quality) -> &'static str {
    match quality {
        Quality::Fast => "fast",
        Quality::Accurate => "accurate",
    }
}

fn hearing_row(row: &Row<'_>) -> rusqlite::Result<Hearing> {
    let quality: String = row.get("quality")?;
    let quality =
        [Quality::Fast, Quality::Accurate].into_iter().find(|known| quality_name(*known) == quality);
    Ok(Hearing {
        id: parsed(row, "id")?,
        recording: parsed(row, "recording")?,
        engine: row.get("engine")?,
        quality: quality.ok_or_else(|| unreadable("unknown quality".into()))?,
        language: row.get("language")?,
        complete: row.get("complete")?,
        partial: row.get("partial")?,
    })
}

pub(crate) fn hearing(tx: &Transaction<'_>, id: HearingId) -> Result<Hearing> {
    let found = tx
        .prepare_cached("SELECT * FROM hearings WHERE id = ?1")?
        .query_row([id.to_string()], hearing_row)
        .optional()?;
    found.ok_or_else(|| Error::not_found("hearing", id))
}

pub(crate) fn list(tx: &Transaction<'_>, recording: RecordingId) -> Result<Vec<Hearing>> {
    let mut statement = tx.prepare_cached("SELECT * FROM hearings WHERE recording = ?1 ORDER BY made, id")?;
    Ok(statement.query_map([recording.to_string()], hearing_row)?.collect::<Result<_, _>>()?)
}

/// The hearing that is shown or, as long as there is none, the newest one.
pub(crate) fn to_read(tx: &Transaction<'_>, recording: RecordingId) -> Result<Option<Hearing>> {
    let found = tx
        .prepare_cached(
            "SELECT hearings.* FROM hearings JOIN recordings ON recordings.id = recording
             WHERE recording = ?1 AND (shown IS NULL OR shown = hearings.id)
             ORDER BY made DESC, hearings.id DESC LIMIT 1",
        )?
        .query_row([recording.to_string()], hearing_row)
        .optional()?;
    Ok(found)
}

fn episode_of(tx: &Transaction<'_>, recording: RecordingId) -> Result<EpisodeId> {
    let found = tx
        .prepare_cached("SELECT episode FROM recordings WHERE id = ?1")?
        .query_row([recording.to_string()], |row| parsed(row, "episode"))
        .optional()?;
    found.ok_or_else(|| Error::not_found("recording", recording))
}

pub(crate) fn changed(tx: &Transaction<'_>, hearing: &Hearing) -> Result<()> {
    super::episodes::changed(tx, episode_of(tx, hearing.recording)?)
}

/// Goes on with a hearing of this recording by the same recogniser that was broken off, or begins one.
pub(crate) fn begin(tx: &Transaction<'_>, recording: RecordingId, request: &HearingRequest) -> Result<Begun> {
    let unfinished = tx
        .query_row(
            "SELECT * FROM hearings WHERE recording = ?1 AND complete = 0 AND engine = ?2 AND quality = ?3
               AND asked_language IS ?4 ORDER BY made DESC, id DESC LIMIT 1",
            params![recording.to_string(), request.engine, quality_name(request.quality), request.language],
            hearing_row,
        )
        .optional()?;
    if let Some(hearing) = unfinished {
        let windows = windows(tx, hearing.id, 0)?;
        return Ok(Begun { hearing, windows });
    }
    let id = HearingId(Uuid::now_v7());
    tx.execute(
        "INSERT INTO hearings (id, recording, engine, quality, asked_language, language)
         VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
        params![
            id.to_string(),
            recording.to_string(),
            request.engine,
            quality_name(request.quality),
            request.language
        ],
    )?;
    let hearing = hearing(tx, id)?;
    changed(tx, &hearing)?;
    Ok(Begun { hearing, windows: Vec::new() })
}

pub(crate) fn set_language(tx: &Transaction<'_>, id: HearingId, language: &str) -> Result<()> {
    let hearing = open(tx, id)?;
    tx.execute("UPDATE hearings SET language = ?2 WHERE id = ?1", params![id.to_string(), language])?;
    changed(tx, &hearing)
}

/// A hearing that may still grow.
fn open(tx: &Transaction<'_>, id: HearingId) -> Result<Hearing> {
    let hearing = hearing(tx, id)?;
    if hearing.complete {
        return Err(Error::Invalid(format!("the hearing {id} is complete and does not change any more")));
    }
    Ok(hearing)
}

pub(super) type StoredWord = (String, u64, u64, f32, u8);
type StoredGap = (u64, u64, StretchKind, String);

pub(super) fn words_json(words: &[Word]) -> Result<String> {
    let words: Vec<(&str, u64, u64, f32, u8)> = words
        .iter()
        .map(|word| (word.text.as_str(), word.start.0, word.end.0, word.confidence, u8::from(word.joined)))
        .collect();
    Ok(serde_json::to_string(&words)?)
}

pub(super) fn words_from(words: Vec<StoredWord>) -> Vec<Word> {
    let word = |(text, start, end, confidence, joined)| Word {
        text,
        start: Millis(start),
        end: Millis(end),
        confidence,
        joined: joined != 0,
    };
    words.into_iter().map(word).collect()
}

/// Stores one window. A window that is there already with the same content is accepted, another content is not.
pub(crate) fn store_window(tx: &Transaction<'_>, id: HearingId, window: &HeardWindow) -> Result<()> {
    if let Some(complaint) = window_complaint(window) {
        return Err(Error::Invalid(complaint));
    }
    let hearing = open(tx, id)?;
    let gaps: Vec<(u64, u64, StretchKind, &str)> =
        window.gaps.iter().map(|gap| (gap.start.0, gap.end.0, gap.kind, gap.reason.as_str())).collect();
    let gap_count = window.gaps.iter().filter(|gap| gap.kind == StretchKind::Gap).count();
    let inserted = tx
        .prepare_cached(
            "INSERT INTO windows (hearing, number, from_ms, to_ms, speech, recognised, language, words, gaps, gap_count,
               mean_log_probability, temperature)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            id.to_string(),
            window.index,
            stored(window.start.0),
            stored(window.end.0),
            stored(window.speech.0),
            stored(recognised(window).0),
            window.language,
            words_json(&window.words)?,
            serde_json::to_string(&gaps)?,
            gap_count as i64,
            window.mean_log_probability,
            window.temperature,
        ])?;
    if inserted == 0 {
        let kept = windows(tx, id, window.index)?;
        if kept.first() != Some(window) {
            return Err(Error::Invalid(format!("window {} was heard before, differently", window.index)));
        }
        return Ok(());
    }
    changed(tx, &hearing)
}

pub(crate) fn windows(tx: &Transaction<'_>, id: HearingId, from: u32) -> Result<Vec<HeardWindow>> {
    let mut statement =
        tx.prepare_cached("SELECT * FROM windows WHERE hearing = ?1 AND number >= ?2 ORDER BY number")?;
    let windows = statement.query_map(params![id.to_string(), from], |row| {
        let gaps: Vec<StoredGap> = json(row, "gaps")?;
        Ok(HeardWindow {
            index: row.get("number")?,
            start: millis(row, "from_ms")?,
            end: millis(row, "to_ms")?,
            speech: millis(row, "speech")?,
            language: row.get("language")?,
            words: words_from(json(row, "words")?),
            gaps: gaps
                .into_iter()
                .map(|(start, end, kind, reason)| Stretch {
                    start: Millis(start),
                    end: Millis(end),
                    kind,
                    reason,
                })
                .collect(),
            mean_log_probability: row.get("mean_log_probability")?,
            temperature: row.get("temperature")?,
        })
    })?;
    Ok(windows.collect::<Result<_, _>>()?)
}

pub(crate) fn stretches(tx: &Transaction<'_>, id: HearingId) -> Result<Vec<Stretch>> {
    let mut statement = tx.prepare_cached("SELECT * FROM stretches WHERE hearing = ?1 ORDER BY number")?;
    let stretches = statement.query_map([id.to_string()], |row| {
        let kind: String = row.get("kind")?;
        let kind = serde_json::from_value(kind.into()).map_err(|error| unreadable(error.to_string()))?;
        Ok(Stretch {
            start: millis(row, "from_ms")?,
            end: millis(row, "to_ms")?,
            kind,
            reason: row.get("reason")?,
        })
    })?;
    Ok(stretches.collect::<Result<_, _>>()?)
}

/// How much was heard and understood, without reading the words.
pub(crate) fn coverage(tx: &Transaction<'_>, id: HearingId) -> Result<Coverage> {
    let mut statement = tx.prepare_cached(
        "SELECT coalesce(hearings.duration, recordings.duration, sums.heard, 0) AS duration,
           coalesce(sums.heard, 0) AS heard, coalesce(hearings.speech, sums.speech, 0) AS speech,
           coalesce(sums.recognised, 0) AS recognised, coalesce(sums.gaps, 0) AS gaps
         FROM hearings JOIN recordings ON recordings.id = recording,
           (SELECT max(to_ms) AS heard, sum(speech) AS speech, sum(recognised) AS recognised, sum(gap_count) AS gaps
            FROM windows WHERE hearing = ?1) AS sums
         WHERE hearings.id = ?1",
    )?;
    Ok(statement.query_row([id.to_string()], |row| {
        Ok(Coverage {
            duration: millis(row, "duration")?,
            heard: millis(row, "heard")?,
            speech: millis(row, "speech")?,
            recognised: millis(row, "recognised")?,
            gaps: count(row, "gaps")?,
        })
    })?)
}

/// Length and speech of a recording, as far as they are known.
pub(crate) fn measures(tx: &Transaction<'_>, id: HearingId) -> Result<(Option<Millis>, Option<Millis>)> {
    let length = |value: Option<i64>| value.map(|value| Millis(value.max(0).cast_unsigned()));
    Ok(tx.query_row(
        "SELECT coalesce(hearings.duration, recordings.duration), speech FROM hearings
         JOIN recordings ON recordings.id = recording WHERE hearings.id = ?1",
        [id.to_string()],
        |row| Ok((length(row.get(0)?), length(row.get(1)?))),
    )?)
}

/// Closes a hearing for ever and shows it.
pub(crate) fn complete(tx: &Transaction<'_>, id: HearingId, result: &HearingResult) -> Result<()> {
    let hearing = open(tx, id)?;
    let (heard, last): (i64, Option<i64>) = tx.query_row(
        "SELECT count(*), max(number) FROM windows WHERE hearing = ?1",
        [id.to_string()],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    if last.map_or(0, |last| last + 1) != heard {
        return Err(Error::Invalid(format!("the hearing {id} cannot be completed: a window is missing")));
    }
    for (number, stretch) in result.stretches.iter().enumerate() {
        let kind = serde_json::to_value(stretch.kind)?;
        tx.execute(
            "INSERT INTO stretches (hearing, number, from_ms, to_ms, kind, reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                id.to_string(),
                number as i64,
                stored(stretch.start.0),
                stored(stretch.end.0),
                kind.as_str(),
                stretch.reason
            ],
        )?;
    }
    tx.execute(
        "UPDATE hearings SET complete = 1, language = coalesce(?2, language), duration = ?3, speech = ?4, partial = ?5,
           spent = ?6, spent_on = ?7,
           recognised = (SELECT coalesce(sum(recognised), 0) FROM windows WHERE hearing = ?1),
           gaps = (SELECT coalesce(sum(gap_count), 0) FROM windows WHERE hearing = ?1)
         WHERE id = ?1",
        params![
            id.to_string(),
            result.language,
            stored(result.duration.0),
            stored(result.speech.0),
            result.partial,
            result.spent.as_secs_f64(),
            stored(result.spent_on.0),
        ],
    )?;
    tx.execute(
        "UPDATE recordings SET shown = ?2, duration = coalesce(duration, ?3) WHERE id = ?1",
        params![hearing.recording.to_string(), id.to_string(), stored(result.duration.0)],
    )?;
    changed(tx, &hearing)
}

pub(crate) fn show(tx: &Transaction<'_>, recording: RecordingId, id: HearingId) -> Result<()> {
    let hearing = hearing(tx, id)?;
    if hearing.recording != recording || !hearing.complete {
        return Err(Error::Invalid(format!("the hearing {id} is not a complete one of this recording")));
    }
    tx.execute(
        "UPDATE recordings SET shown = ?2 WHERE id = ?1",
        params![recording.to_string(), id.to_string()],
    )?;
    changed(tx, &hearing)
}

pub(crate) fn status(tx: &Transaction<'_>) -> Result<Status> {
    let one = |sql: &str| -> Result<u64> { Ok(tx.query_row(sql, [], |row| count(row, "n"))?) };
    let mut statement = tx.prepare_cached(
        "SELECT stage, state, count(*) AS n FROM cells GROUP BY stage, state ORDER BY 1, 2",
    )?;
    let counts = statement
        .query_map([], |row| {
            Ok(StageCount {
                stage: Stage::stored(row.get("stage")?),
                state: super::ledger::state(row)?,
                cells: count(row, "n")?,
            })
        })?
        .collect::<Result<_, _>>()?;
    let mut statement = tx.prepare_cached(
        "SELECT subject, stage, state, attempt, error, episodes.id AS episode, coalesce(title, subject) AS title
         FROM cells LEFT JOIN episodes ON episodes.id = subject
         WHERE error IS NOT NULL AND state IN ('failed', 'quarantined', 'waiting', 'leased') ORDER BY changed, subject",
    )?;
    let problems = statement
        .query_map([], |row| {
            Ok(Problem {
                episode: super::parsed_maybe(row, "episode")?,
                title: row.get("title")?,
                stage: Stage::stored(row.get("stage")?),
                state: super::ledger::state(row)?,
                attempt: row.get("attempt")?,
                reason: row.get("error")?,
            })
        })?
        .collect::<Result<_, _>>()?;
    let mut status = Status {
        shows: one("SELECT count(*) AS n FROM shows")?,
        episodes: one("SELECT count(*) AS n FROM episodes")?,
        audio: Millis(one("SELECT coalesce(sum(duration), 0) AS n FROM recordings")?),
        counts,
        problems,
        ..Status::default()
    };
    // Complete hearings carry their sums; those under way are summed over their windows.
    tx.query_row(
        "WITH read AS (
           SELECT coalesce(shown, (SELECT id FROM hearings WHERE recording = recordings.id
                                   ORDER BY made DESC, id DESC LIMIT 1)) AS id FROM recordings),
         sums AS (
           SELECT speech, recognised, gaps FROM hearings JOIN read USING (id) WHERE complete = 1
           UNION ALL
           SELECT sum(windows.speech), sum(windows.recognised), sum(gap_count)
           FROM windows JOIN hearings ON hearings.id = hearing JOIN read USING (id) WHERE complete = 0)
         SELECT coalesce(sum(speech), 0) AS speech, coalesce(sum(recognised), 0) AS recognised,
           coalesce(sum(gaps), 0) AS gaps FROM sums",
        [],
        |row| {
            status.speech = millis(row, "speech")?;
            status.recognised = millis(row, "recognised")?;
            status.gaps = count(row, "gaps")?;
            Ok(())
        },
    )?;
    // What waits: recordings whose `hear` is due or will be, less what an unfinished hearing has of them already.
    tx.query_row(
        "WITH due AS (
           SELECT duration, (SELECT max(to_ms) FROM windows WHERE hearing =
               (SELECT id FROM hearings WHERE recording = recordings.id AND complete = 0
                ORDER BY made DESC, id DESC LIMIT 1)) AS heard
           FROM recordings WHERE EXISTS (SELECT 1 FROM cells WHERE subject = episode
             AND state IN ('waiting', 'leased') AND stage IN ('probe', 'hear')))
         SELECT coalesce(sum(max(duration - coalesce(heard, 0), 0)), 0) AS waiting,
           coalesce(sum(duration IS NULL), 0) AS unknown FROM due",
        [],
        |row| {
            status.waiting = millis(row, "waiting")?;
            status.waiting_unknown = count(row, "unknown")?;
            Ok(())
        },
    )?;
    let (audio, seconds): (f64, f64) = tx.query_row(
        "SELECT coalesce(sum(spent_on), 0) / 1000.0, coalesce(sum(spent), 0.0) FROM
           (SELECT spent, spent_on FROM hearings WHERE complete = 1 AND spent > 0 ORDER BY made DESC LIMIT ?1)",
        [SPEED_OVER],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    status.speed =
        (seconds > 0.0 && audio > 0.0).then(|| audio / Duration::from_secs_f64(seconds).as_secs_f64());
    Ok(status)
}
