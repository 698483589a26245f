use super::{Row, Transaction, count, json, millis, parsed, parsed_maybe, stored, unreadable};
use crate::reading::{recognised, window_complaint};
use crate::{
    Begun, Coverage, Error, HearingRequest, HearingResult, Imported, Problem, Result, Stage, StageCount,
    Status,
};
use model::{
    BlobHash, Cue, EpisodeId, HeardWindow, Hearing, HearingId, Millis, Origin, Quality, RecordingId, Stretch,
    StretchKind, Timing, Turn, Word,
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
        origin: origin(row)?,
        source: row.get("source")?,
        aligned_from: parsed_maybe(row, "aligned_from")?,
    })
}

const ORIGINS: [(Origin, &str); 3] =
    [(Origin::Heard, "heard"), (Origin::Publisher, "publisher"), (Origin::Imported, "imported")];

fn origin(row: &Row<'_>) -> rusqlite::Result<Origin> {
    let name: String = row.get("origin")?;
    let known = ORIGINS.iter().find(|(_, known)| *known == name);
    known.map(|(origin, _)| *origin).ok_or_else(|| unreadable(format!("unknown origin {name:?}")))
}

/// The turns, cues and paragraphs that came with a text, counted in its heard words.
pub(crate) struct Breaks {
    pub turns: Vec<Turn>,
    pub cues: Vec<Cue>,
    pub paragraphs: Vec<u32>,
}

pub(crate) fn breaks(tx: &Transaction<'_>, id: HearingId) -> Result<Breaks> {
    let mut statement = tx.prepare_cached("SELECT turns, cues, paragraphs FROM hearings WHERE id = ?1")?;
    Ok(statement.query_row([id.to_string()], |row| {
        let turns: Vec<(u32, Option<String>)> = json(row, "turns")?;
        let cues: Vec<(u32, u64, u64)> = json(row, "cues")?;
        Ok(Breaks {
            turns: turns.into_iter().map(|(first, speaker)| Turn { first, speaker }).collect(),
            cues: cues
                .into_iter()
                .map(|(first, start, end)| Cue { first, start: Millis(start), end: Millis(end) })
                .collect(),
            paragraphs: json(row, "paragraphs")?,
        })
    })?)
}

/// Words of an imported text that are stored as one window.
const WORDS_A_WINDOW: usize = 200;

/// Stores a text from elsewhere as a complete hearing, at once. The same text of the same source and engine is stored once.
pub(crate) fn import(
    tx: &Transaction<'_>,
    recording: RecordingId,
    text: &Imported<'_>,
) -> Result<(HearingId, bool)> {
    let same = tx
        .query_row(
            "SELECT id FROM hearings WHERE recording = ?1 AND origin = ?2 AND source = ?3 AND engine = ?4
               AND original IS ?5 AND aligned_from IS ?6 AND complete = 1 ORDER BY made DESC LIMIT 1",
            params![
                recording.to_string(),
                origin_name(text.origin),
                text.source,
                text.engine,
                text.original.map(|blob| blob.to_string()),
                text.aligned_from.map(|from| from.to_string()),
            ],
            |row| parsed(row, "id"),
        )
        .optional()?;
    if let (Some(id), true) = (same, text.original.is_some() || text.aligned_from.is_some()) {
        return Ok((id, false));
    }
    Ok((insert(tx, recording, text)?, true))
}

/// Stores a text as a complete hearing of its own.
pub(crate) fn insert(tx: &Transaction<'_>, recording: RecordingId, text: &Imported<'_>) -> Result<HearingId> {
    let transcript = text.transcript;
    let turns: Vec<_> = transcript.turns.iter().map(|turn| (turn.first, turn.speaker.as_deref())).collect();
    let cues: Vec<_> = transcript.cues.iter().map(|cue| (cue.first, cue.start.0, cue.end.0)).collect();
    let id = HearingId(Uuid::now_v7());
    tx.execute(
        "INSERT INTO hearings (id, recording, engine, quality, language, origin, source, original, aligned_from, turns,
           cues, paragraphs, repeats)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        params![
            id.to_string(),
            recording.to_string(),
            text.engine,
            quality_name(Quality::default()),
            transcript.language,
            origin_name(text.origin),
            text.source,
            text.original.map(|blob| blob.to_string()),
            text.aligned_from.map(|from| from.to_string()),
            serde_json::to_string(&turns)?,
            serde_json::to_string(&cues)?,
            serde_json::to_string(&transcript.paragraphs)?,
            serde_json::to_string(&transcript.repeats)?,
        ],
    )?;
    let language = transcript.language.clone().unwrap_or_default();
    for (index, words) in (0..).zip(transcript.words.chunks(WORDS_A_WINDOW)) {
        let start = words.first().map(|word| word.start).unwrap_or_default();
        let end = words.last().map(|word| word.end).unwrap_or_default();
        let window = HeardWindow {
            index,
            start,
            end,
            speech: end.since(start),
            language: language.clone(),
            words: words.to_vec(),
            gaps: Vec::new(),
            mean_log_probability: 0.0,
            temperature: 0.0,
        };
        store_window(tx, id, &window)?;
    }
    let speech = Millis(transcript.words.chunks(WORDS_A_WINDOW).map(span).sum());
    let result = HearingResult {
        language: transcript.language.clone(),
        stretches: transcript.stretches.clone(),
        duration: transcript.duration,
        speech: transcript.speech.max(speech),
        partial: transcript.partial.clone(),
        ..HearingResult::default()
    };
    close(tx, id, &result)?;
    Ok(id)
}

fn span(words: &[Word]) -> u64 {
    words.first().zip(words.last()).map_or(0, |(first, last)| last.end.since(first.start).0)
}

fn origin_name(origin: Origin) -> &'static str {
    ORIGINS.iter().find(|(known, _)| *known == origin).map_or("heard", |(_, name)| name)
}

/// The file that an import was read from.
pub(crate) fn original(tx: &Transaction<'_>, id: HearingId) -> Result<Option<BlobHash>> {
    let mut statement = tx.prepare_cached("SELECT original FROM hearings WHERE id = ?1")?;
    Ok(statement.query_row([id.to_string()], |row| parsed_maybe(row, "original"))?)
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

pub(crate) fn episode_of(tx: &Transaction<'_>, recording: RecordingId) -> Result<EpisodeId> {
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
        .map(|word| (word.text.as_str(), word.start.0, word.end.0, word.confidence, flags(word)))
        .collect();
    Ok(serde_json::to_string(&words)?)
}

/// Bit 0: no space before it. Bits 1 and 2: how its times are known.
fn flags(word: &Word) -> u8 {
    let timing = match word.timing {
        Timing::Measured => 0,
        Timing::Begin => 1,
        Timing::Estimated => 2,
    };
    u8::from(word.joined) | timing << 1
}

pub(super) fn words_from(words: Vec<StoredWord>) -> Vec<Word> {
    let word = |(text, start, end, confidence, flags): StoredWord| Word {
        text,
        start: Millis(start),
        end: Millis(end),
        confidence,
        joined: flags & 1 != 0,
        timing: match flags >> 1 {
            0 => Timing::Measured,
            1 => Timing::Begin,
            _ => Timing::Estimated,
        },
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

/// Closes a hearing for ever. It is shown unless a text that somebody brought is: a machine does not take its place by
/// itself.
pub(crate) fn complete(tx: &Transaction<'_>, id: HearingId, result: &HearingResult) -> Result<()> {
    let hearing = close(tx, id, result)?;
    tx.execute(
        "UPDATE recordings SET shown = ?2 WHERE id = ?1 AND NOT EXISTS
           (SELECT 1 FROM hearings WHERE hearings.id = shown AND origin <> 'heard')",
        params![hearing.recording.to_string(), id.to_string()],
    )?;
    changed(tx, &hearing)?;
    super::alignments::require(tx, hearing.recording)?;
    super::names::repair_due(tx, episode_of(tx, hearing.recording)?)
}

fn close(tx: &Transaction<'_>, id: HearingId, result: &HearingResult) -> Result<Hearing> {
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
    // An untimed text says nothing of the length.
    let duration = (result.duration.0 > 0).then(|| stored(result.duration.0));
    tx.execute(
        "UPDATE recordings SET duration = coalesce(duration, ?2) WHERE id = ?1",
        params![hearing.recording.to_string(), duration],
    )?;
    Ok(hearing)
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
    changed(tx, &hearing)?;
    super::alignments::require(tx, recording)?;
    super::names::repair_due(tx, episode_of(tx, recording)?)
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
        "SELECT subject, stage, cells.state, attempt, error, episodes.id AS episode,
           coalesce(episodes.title, shows.title, subject) AS title
         FROM cells LEFT JOIN episodes ON episodes.id = subject LEFT JOIN feeds ON feeds.id = subject
         LEFT JOIN shows ON shows.id = feeds.show
         WHERE error IS NOT NULL AND cells.state IN ('failed', 'quarantined', 'waiting', 'leased')
         ORDER BY changed, subject",
    )?;
    let problems = statement
        .query_map([], |row| {
            Ok(Problem {
                episode: parsed_maybe(row, "episode")?,
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
        episodes: one("SELECT count(*) AS n FROM episodes WHERE id NOT IN (SELECT episode FROM copies)")?,
        audio: Millis(one("SELECT coalesce(sum(duration), 0) AS n FROM recordings
                           WHERE episode NOT IN (SELECT episode FROM copies)")?),
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
             AND state IN ('waiting', 'leased') AND stage IN ('fetch', 'probe', 'hear')))
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
