use super::{Row, Transaction, count, json, json_maybe, parsed, parsed_maybe, stored};
use crate::{Added, Claim, EpisodeEntry, Error, Priority, Result, ShowEntry, Stage, Stated};
use model::{
    BlobHash, Episode, EpisodeFacts, EpisodeId, MediaInfo, MediaTags, Person, Recording, RecordingId, Show,
    ShowFacts, ShowId,
};
use rusqlite::{OptionalExtension, params};
use uuid::Uuid;

/// Show of recordings of which nobody said where they belong.
const UNNAMED_SHOW: &str = "Recordings";

/// What titles are found by: case does not count.
pub(crate) fn key(title: &str) -> String {
    title.trim().to_lowercase()
}

pub(crate) fn show_titled(tx: &Transaction<'_>, title: &str, automatic: bool) -> Result<ShowId> {
    let found = tx
        .prepare_cached("SELECT id FROM shows WHERE title_key = ?1")?
        .query_row([key(title)], |row| parsed(row, "id"))
        .optional()?;
    if let Some(id) = found {
        return Ok(id);
    }
    let id = ShowId(Uuid::now_v7());
    tx.execute(
        "INSERT INTO shows (id, title, title_key, automatic) VALUES (?1, ?2, ?3, ?4)",
        params![id.to_string(), title.trim(), key(title), automatic],
    )?;
    Ok(id)
}

fn drop_empty_automatic_shows(tx: &Transaction<'_>) -> Result<()> {
    tx.execute(
        "DELETE FROM shows WHERE automatic = 1 AND NOT EXISTS (SELECT 1 FROM feeds WHERE show = shows.id)
           AND NOT EXISTS (SELECT 1 FROM episodes WHERE show = shows.id)",
        [],
    )?;
    Ok(())
}

/// The episode that holds these bytes: in the stated show, or in one that nobody stated; in any, when none is stated.
fn holding(tx: &Transaction<'_>, blob: &BlobHash, stated: &Stated) -> Result<Option<Added>> {
    let found = tx.query_row(
        "SELECT episodes.id, recordings.id AS recording FROM recordings
         JOIN episodes ON episodes.id = recordings.episode JOIN shows ON shows.id = episodes.show
         WHERE blob = ?1 AND (?2 IS NULL OR shows.title_key = ?2 OR show_stated = 0)
         ORDER BY shows.title_key IS ?2 DESC, episodes.id LIMIT 1",
        params![blob.to_string(), stated.show.as_deref().map(key)],
        |row| Ok(Added { episode: parsed(row, "id")?, recording: parsed(row, "recording")?, new: false }),
    );
    Ok(found.optional()?)
}

/// Adds an episode with its recording, or finds the one that has these bytes and adds to it what is stated.
pub(crate) fn add(
    tx: &Transaction<'_>,
    blob: &BlobHash,
    bytes: u64,
    file_name: &str,
    stated: &Stated,
) -> Result<Added> {
    if let Some(added) = holding(tx, blob, stated)? {
        say(tx, added.episode, stated)?;
        return Ok(added);
    }
    if let Some(episode) = waiting_for_sound(tx, stated)? {
        let added = attach(tx, episode, blob, bytes, file_name)?;
        say(tx, episode, stated)?;
        return Ok(added);
    }
    let stem = file_name.rsplit_once('.').map_or(file_name, |(stem, _)| stem).trim();
    let title = if stem.is_empty() { file_name } else { stem };
    let (episode, _) = make(tx, title, stated)?;
    let added = attach(tx, episode, blob, bytes, file_name)?;
    say(tx, episode, stated)?;
    Ok(added)
}

/// Makes an episode with a recording whose bytes are not here.
pub(crate) fn make(tx: &Transaction<'_>, title: &str, stated: &Stated) -> Result<(EpisodeId, RecordingId)> {
    let show = show_titled(tx, stated.show.as_deref().unwrap_or(UNNAMED_SHOW), stated.show.is_none())?;
    insert(tx, show, title, None)
}

/// Makes an episode of a show with a recording whose bytes are not here.
pub(crate) fn insert(
    tx: &Transaction<'_>,
    show: ShowId,
    title: &str,
    language: Option<&str>,
) -> Result<(EpisodeId, RecordingId)> {
    let episode = EpisodeId(Uuid::now_v7());
    let recording = RecordingId(Uuid::now_v7());
    tx.prepare_cached(
        "INSERT INTO episodes (id, show, title, title_key, language) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![episode.to_string(), show.to_string(), title, key(title), language])?;
    tx.prepare_cached("INSERT INTO recordings (id, episode, file_name) VALUES (?1, ?2, '')")?
        .execute(params![recording.to_string(), episode.to_string()])?;
    Ok((episode, recording))
}

/// Notes that a blob is here.
pub(crate) fn keep_blob(tx: &Transaction<'_>, blob: &BlobHash, bytes: u64) -> Result<()> {
    tx.execute(
        "INSERT INTO blobs (hash, bytes) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        params![blob.to_string(), stored(bytes)],
    )?;
    Ok(())
}

/// Gives an episode the bytes of its recording and makes it due to be probed.
pub(crate) fn attach(
    tx: &Transaction<'_>,
    episode: EpisodeId,
    blob: &BlobHash,
    bytes: u64,
    file_name: &str,
) -> Result<Added> {
    let found =
        entry(tx, episode)?.recording.ok_or_else(|| Error::not_found("recording of episode", episode))?;
    match found.blob {
        Some(here) if here == *blob => return Ok(Added { episode, recording: found.id, new: false }),
        Some(_) => {
            return Err(Error::Invalid("the episode has another recording already: remove it first".into()));
        }
        None => {}
    }
    keep_blob(tx, blob, bytes)?;
    tx.execute(
        "UPDATE recordings SET blob = ?2, file_name = ?3 WHERE id = ?1",
        params![found.id.to_string(), blob.to_string(), file_name],
    )?;
    changed(tx, episode)?;
    super::ledger::require(tx, episode.into(), &Stage::PROBE, &blob.to_string(), Priority::Newest)?;
    Ok(Added { episode, recording: found.id, new: true })
}

/// The episode of this show and title.
fn titled(tx: &Transaction<'_>, stated: &Stated) -> Result<Option<EpisodeId>> {
    let Some(title) = &stated.title else { return Ok(None) };
    let mut statement = tx.prepare_cached(
        "SELECT episodes.id FROM episodes JOIN shows ON shows.id = show
         WHERE episodes.title_key = ?1 AND shows.title_key = ?2
           AND (?3 IS NULL OR broadcast IS NULL OR broadcast = ?3) ORDER BY episodes.id LIMIT 2",
    )?;
    let show = stated.show.as_deref().unwrap_or(UNNAMED_SHOW);
    let day = stated.broadcast.map(|day| day.to_string());
    let found: Vec<EpisodeId> = statement
        .query_map(params![key(title), key(show), day], |row| parsed(row, "id"))?
        .collect::<Result<_, _>>()?;
    // Two of one title: a guess would put the text of one to the other.
    Ok(if let [episode] = found.as_slice() { Some(*episode) } else { None })
}

/// The stated episode, when it is here without its sound.
fn waiting_for_sound(tx: &Transaction<'_>, stated: &Stated) -> Result<Option<EpisodeId>> {
    let Some(episode) = titled(tx, stated)? else { return Ok(None) };
    let silent = entry(tx, episode)?.recording.is_some_and(|recording| recording.blob.is_none());
    Ok(silent.then_some(episode))
}

/// The recording that a text of this show and title belongs to; made, without sound, when there is none.
pub(crate) fn for_text(tx: &Transaction<'_>, stated: &Stated) -> Result<RecordingId> {
    let Some(title) = &stated.title else {
        return Err(Error::Invalid("nothing says which episode this text is of: state its title".into()));
    };
    let episode = match titled(tx, stated)? {
        Some(episode) => episode,
        None => make(tx, title, stated)?.0,
    };
    say(tx, episode, stated)?;
    recording_of(tx, episode)
}

/// The recording of an episode, whether or not its bytes are here.
pub(crate) fn recording_of(tx: &Transaction<'_>, episode: EpisodeId) -> Result<RecordingId> {
    let recording = entry(tx, episode)?.recording;
    Ok(recording.ok_or_else(|| Error::not_found("recording of episode", episode))?.id)
}

pub(crate) fn set_show_facts(tx: &Transaction<'_>, show: ShowId, facts: &ShowFacts) -> Result<()> {
    let changed = tx.execute(
        "UPDATE shows SET facts = ?2 WHERE id = ?1",
        params![show.to_string(), serde_json::to_string(facts)?],
    )?;
    if changed == 0 { Err(Error::not_found("show", show)) } else { Ok(()) }
}

pub(crate) fn set_facts(tx: &Transaction<'_>, episode: EpisodeId, facts: &EpisodeFacts) -> Result<()> {
    if entry(tx, episode)?.episode.facts == *facts {
        return Ok(());
    }
    tx.execute(
        "UPDATE episodes SET facts = ?2 WHERE id = ?1",
        params![episode.to_string(), serde_json::to_string(facts)?],
    )?;
    changed(tx, episode)
}

/// Writes what a person states; it outranks tags, now and later.
pub(crate) fn say(tx: &Transaction<'_>, id: EpisodeId, stated: &Stated) -> Result<()> {
    if *stated == Stated::default() {
        return Ok(());
    }
    let before = entry(tx, id)?;
    let show = match &stated.show {
        Some(title) => Some(show_titled(tx, title, false)?),
        None => None,
    };
    if let (Some(show), Some(blob)) = (show, before.recording.as_ref().and_then(|recording| recording.blob)) {
        refuse_second_copy(tx, id, show, &blob)?;
    }
    let people = if stated.people.is_empty() { None } else { Some(serde_json::to_string(&stated.people)?) };
    tx.execute(
        "UPDATE episodes SET show = coalesce(?2, show), show_stated = show_stated OR ?2 IS NOT NULL,
           title = coalesce(?3, title), title_key = coalesce(?4, title_key),
           title_stated = title_stated OR ?3 IS NOT NULL, broadcast = coalesce(?5, broadcast),
           notes = coalesce(?6, notes), people = coalesce(?7, people), language = coalesce(?8, language)
         WHERE id = ?1",
        params![
            id.to_string(),
            show.map(|show| show.to_string()),
            stated.title,
            stated.title.as_deref().map(key),
            stated.broadcast.map(|day| day.to_string()),
            stated.notes,
            people,
            stated.language,
        ],
    )?;
    changed(tx, id)?;
    place_in_queue(tx, id)?;
    drop_empty_automatic_shows(tx)?;
    let after = entry(tx, id)?;
    // What repairs know of names comes from these.
    let known = |entry: &EpisodeEntry| {
        let episode = &entry.episode;
        (entry.show.id, episode.title.clone(), episode.notes.clone(), episode.people.clone())
    };
    if known(&after) != known(&before) {
        super::names::repair_due(tx, id)?;
    }
    if after.episode.language != before.episode.language
        && before.cells.iter().any(|cell| cell.stage == Stage::HEAR)
        && let Some(blob) = after.recording.as_ref().and_then(|recording| recording.blob)
    {
        let input = hear_input(&blob, after.episode.language.as_deref());
        super::ledger::require(tx, id.into(), &Stage::HEAR, &input, Priority::Asked)?;
    }
    Ok(())
}

/// A show has the same recording once.
fn refuse_second_copy(tx: &Transaction<'_>, id: EpisodeId, show: ShowId, blob: &BlobHash) -> Result<()> {
    let another: bool = tx.query_row(
        "SELECT EXISTS (SELECT 1 FROM recordings JOIN episodes ON episodes.id = recordings.episode
                        WHERE blob = ?1 AND show = ?2 AND episodes.id <> ?3)",
        params![blob.to_string(), show.to_string(), id.to_string()],
        |row| row.get(0),
    )?;
    if another {
        return Err(Error::Invalid(
            "another episode of that show has the same recording: change or remove that one".into(),
        ));
    }
    Ok(())
}

/// Marks an episode or its text as changed.
pub(crate) fn changed(tx: &Transaction<'_>, id: EpisodeId) -> Result<()> {
    tx.prepare_cached("UPDATE episodes SET version = version + 1 WHERE id = ?1")?
        .execute([id.to_string()])?;
    Ok(())
}

/// Keeps an episode's place in the queue in step with its date.
pub(crate) fn place_in_queue(tx: &Transaction<'_>, id: EpisodeId) -> Result<()> {
    tx.execute(
        "UPDATE cells SET newest = coalesce((SELECT broadcast FROM episodes WHERE id = ?1), '') WHERE subject = ?1",
        [id.to_string()],
    )?;
    Ok(())
}

/// What the stage `hear` works from.
pub(crate) fn hear_input(blob: &BlobHash, language: Option<&str>) -> String {
    format!("{blob} {}", language.unwrap_or("auto"))
}

/// Stores what the file says of itself; its tags fill what nobody stated.
pub(crate) fn probed(
    tx: &Transaction<'_>,
    recording: RecordingId,
    media: &MediaInfo,
    tags: &MediaTags,
) -> Result<EpisodeId> {
    let episode: Option<EpisodeId> = tx
        .query_row(
            "UPDATE recordings SET media = ?2, duration = ?3 WHERE id = ?1 RETURNING episode",
            params![
                recording.to_string(),
                serde_json::to_string(media)?,
                media.duration.map(|duration| stored(duration.0))
            ],
            |row| parsed(row, "episode"),
        )
        .optional()?;
    let id = episode.ok_or_else(|| Error::not_found("recording", recording))?;
    let said =
        |tag: &Option<String>| tag.as_ref().map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty());
    let title = said(&tags.title);
    let people: Vec<Person> = said(&tags.artist).as_deref().map(people_of).unwrap_or_default();
    // What a feed says of its episode outranks the tags of the file, which are often those of another programme.
    let published: bool = tx.query_row(
        "SELECT EXISTS (SELECT 1 FROM outlets WHERE episode = ?1 AND item <> '{}')",
        [id.to_string()],
        |row| row.get(0),
    )?;
    tx.execute(
        "UPDATE episodes SET
           title = iif(title_stated OR ?7, title, coalesce(?2, title)),
           title_key = iif(title_stated OR ?7, title_key, coalesce(?3, title_key)),
           broadcast = coalesce(broadcast, ?4), notes = coalesce(notes, ?5), people = iif(people = '[]', ?6, people)
         WHERE id = ?1",
        params![
            id.to_string(),
            title,
            title.as_deref().map(key),
            tags.date.map(|day| day.to_string()),
            said(&tags.notes),
            serde_json::to_string(&people)?,
            published,
        ],
    )?;
    let show_stated: bool =
        tx.query_row("SELECT show_stated FROM episodes WHERE id = ?1", [id.to_string()], |row| row.get(0))?;
    if let (false, Some(title)) = (show_stated || published, said(&tags.show)) {
        // No other episode has these bytes: where nobody states a show, `add` finds the one that has them.
        let show = show_titled(tx, &title, false)?;
        tx.execute("UPDATE episodes SET show = ?2 WHERE id = ?1", params![id.to_string(), show.to_string()])?;
        drop_empty_automatic_shows(tx)?;
    }
    changed(tx, id)?;
    place_in_queue(tx, id)?;
    Ok(id)
}

/// Erases an episode with its copies and all that belongs to them; returns its title and the blobs that nothing uses any
/// more. Of a copy only the copy is erased.
pub(crate) fn remove(tx: &Transaction<'_>, id: EpisodeId) -> Result<(String, Vec<BlobHash>)> {
    let title = entry(tx, id)?.episode.title;
    for sql in [
        "DELETE FROM cells WHERE subject = ?1 OR subject IN (SELECT episode FROM copies WHERE of = ?1)",
        "DELETE FROM episodes WHERE id = ?1 OR id IN (SELECT episode FROM copies WHERE of = ?1)",
    ] {
        tx.execute(sql, [id.to_string()])?;
    }
    drop_empty_automatic_shows(tx)?;
    Ok((title, unused_blobs(tx)?))
}

/// Forgets blobs that nothing uses any more; their files are still to be erased.
fn unused_blobs(tx: &Transaction<'_>) -> Result<Vec<BlobHash>> {
    let mut statement = tx.prepare(
        "DELETE FROM blobs WHERE NOT EXISTS (SELECT 1 FROM recordings WHERE blob = hash)
           AND NOT EXISTS (SELECT 1 FROM hearings WHERE original = hash) RETURNING hash",
    )?;
    Ok(statement.query_map([], |row| parsed(row, "hash"))?.collect::<Result<_, _>>()?)
}

/// Takes the bytes of an episode's recordings away; returns the blobs that nothing uses any more.
pub(crate) fn drop_sound(tx: &Transaction<'_>, id: EpisodeId) -> Result<Vec<BlobHash>> {
    let dropped = tx.execute(
        "UPDATE recordings SET blob = NULL WHERE episode = ?1 AND blob IS NOT NULL",
        [id.to_string()],
    )?;
    if dropped > 0 {
        changed(tx, id)?;
    }
    unused_blobs(tx)
}

/// Puts other bytes in the place of those of the claim; returns the blobs that nothing uses any more. What was made of the old
/// bytes is as good as made of the new ones.
pub(crate) fn replace_sound(
    tx: &Transaction<'_>,
    claim: &Claim,
    blob: &BlobHash,
    bytes: u64,
    media: &MediaInfo,
) -> Result<Vec<BlobHash>> {
    let episode = claim.episode().to_string();
    keep_blob(tx, blob, bytes)?;
    let name = entry(tx, claim.episode())?.recording.map(|recording| recording.file_name).unwrap_or_default();
    let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
    let replaced = tx.execute(
        "UPDATE recordings SET blob = ?3, media = ?4, duration = coalesce(?5, duration), file_name = ?6
         WHERE episode = ?1 AND blob = ?2",
        params![
            episode,
            claim.input,
            blob.to_string(),
            serde_json::to_string(media)?,
            media.duration.map(|duration| stored(duration.0)),
            format!("{stem}.opus"),
        ],
    )?;
    if replaced != 1 {
        return Err(Error::Conflict);
    }
    for sql in [
        "UPDATE cells SET input = replace(input, ?2, ?3) WHERE subject = ?1
           AND stage IN ('probe', 'fingerprint', 'hear', 'shrink')",
        "UPDATE fingerprints SET blob = ?3 WHERE episode = ?1 AND blob = ?2",
    ] {
        tx.execute(sql, params![episode, claim.input, blob.to_string()])?;
    }
    changed(tx, claim.episode())?;
    unused_blobs(tx)
}

pub(crate) fn show_size(tx: &Transaction<'_>, show: ShowId) -> Result<(u64, u64)> {
    Ok(tx.query_row(
        "SELECT count(DISTINCT episodes.id) AS episodes, coalesce(sum(bytes), 0) AS bytes FROM episodes
         LEFT JOIN recordings ON recordings.episode = episodes.id LEFT JOIN blobs ON hash = blob WHERE show = ?1",
        [show.to_string()],
        |row| Ok((count(row, "episodes")?, count(row, "bytes")?)),
    )?)
}

/// Erases a show and all that belongs to it; returns its title and the blobs that nothing uses any more.
pub(crate) fn remove_show(tx: &Transaction<'_>, show: ShowId) -> Result<(String, Vec<BlobHash>)> {
    let title = tx
        .query_row("SELECT title FROM shows WHERE id = ?1", [show.to_string()], |row| row.get(0))
        .optional()?
        .ok_or_else(|| Error::not_found("show", show))?;
    // Copies in other shows of what goes are episodes of their own again.
    let orphans: Vec<EpisodeId> = tx
        .prepare(
            "SELECT copies.episode AS id FROM copies JOIN episodes AS main ON main.id = of
             JOIN episodes AS copy ON copy.id = copies.episode WHERE main.show = ?1 AND copy.show <> ?1",
        )?
        .query_map([show.to_string()], |row| parsed(row, "id"))?
        .collect::<Result<_, _>>()?;
    for sql in [
        "DELETE FROM cells WHERE subject = ?1 OR subject IN (SELECT id FROM episodes WHERE show = ?1)
           OR subject IN (SELECT id FROM feeds WHERE show = ?1)",
        "DELETE FROM outlets WHERE feed IN (SELECT id FROM feeds WHERE show = ?1)
           OR episode IN (SELECT id FROM episodes WHERE show = ?1)",
        "DELETE FROM feeds WHERE show = ?1",
        "DELETE FROM episodes WHERE show = ?1",
        "DELETE FROM shows WHERE id = ?1",
    ] {
        tx.execute(sql, [show.to_string()])?;
    }
    for orphan in orphans {
        super::texts::require_hearing(tx, orphan)?;
    }
    Ok((title, unused_blobs(tx)?))
}

/// Whether a blob belongs to a recording.
pub(crate) fn uses(tx: &Transaction<'_>, blob: &BlobHash) -> Result<bool> {
    let mut statement = tx.prepare_cached("SELECT EXISTS (SELECT 1 FROM blobs WHERE hash = ?1)")?;
    Ok(statement.query_row([blob.to_string()], |row| row.get(0))?)
}

pub(crate) fn shows(tx: &Transaction<'_>) -> Result<Vec<ShowEntry>> {
    let mut statement = tx.prepare_cached(
        "SELECT id, title, facts, (SELECT count(DISTINCT coalesce(of, episodes.id)) FROM episodes
           LEFT JOIN copies ON copies.episode = episodes.id WHERE show = shows.id) AS episodes
         FROM shows ORDER BY title_key",
    )?;
    let shows = statement.query_map([], |row| {
        Ok(ShowEntry {
            show: Show { id: parsed(row, "id")?, title: row.get("title")?, facts: json(row, "facts")? },
            episodes: count(row, "episodes")?,
        })
    })?;
    Ok(shows.collect::<Result<_, _>>()?)
}

/// Episodes of a show, or of all: newest broadcast first, those without a date in the order in which they were added. For
/// copies stands their main episode.
pub(crate) fn list(
    tx: &Transaction<'_>,
    show: Option<ShowId>,
    skip: usize,
    limit: usize,
) -> Result<Vec<EpisodeEntry>> {
    let mut statement = tx.prepare_cached(
        "SELECT coalesce(of, id) AS id FROM episodes LEFT JOIN copies ON copies.episode = id
         WHERE ?1 IS NULL OR show = ?1 GROUP BY 1
         ORDER BY max(broadcast) IS NULL, max(broadcast) DESC, 1 LIMIT ?3 OFFSET ?2",
    )?;
    let ids: Vec<EpisodeId> = statement
        .query_map(
            params![show.map(|show| show.to_string()), stored(skip as u64), stored(limit as u64)],
            |row| parsed(row, "id"),
        )?
        .collect::<Result<_, _>>()?;
    ids.into_iter().map(|id| entry(tx, id)).collect()
}

pub(crate) fn entry(tx: &Transaction<'_>, id: EpisodeId) -> Result<EpisodeEntry> {
    let found = tx
        .prepare_cached(
            "SELECT episodes.*, shows.title AS show_title, shows.facts AS show_facts FROM episodes JOIN shows ON shows.id = show
             WHERE episodes.id = ?1",
        )?
        .query_row([id.to_string()], |row| {
            let show = Show {
                id: parsed(row, "show")?,
                title: row.get("show_title")?,
                facts: json(row, "show_facts")?,
            };
            let episode = Episode {
                id,
                show: show.id,
                title: row.get("title")?,
                broadcast: parsed_maybe(row, "broadcast")?,
                notes: row.get("notes")?,
                facts: json(row, "facts")?,
                people: json(row, "people")?,
                language: row.get("language")?,
            };
            Ok((episode, show, count(row, "version")?))
        })
        .optional()?;
    let (episode, show, version) = found.ok_or_else(|| Error::not_found("episode", id))?;
    let recording = tx
        .prepare_cached("SELECT * FROM recordings WHERE episode = ?1 ORDER BY id LIMIT 1")?
        .query_row([id.to_string()], recording_row)
        .optional()?;
    let hearing = match &recording {
        Some(recording) => super::hearings::to_read(tx, recording.id)?,
        None => None,
    };
    let coverage = match &hearing {
        Some(hearing) => Some(super::hearings::coverage(tx, hearing.id)?),
        None => None,
    };
    let cells = super::ledger::cells(tx, id.into())?;
    Ok(EpisodeEntry { coverage, episode, show, recording, hearing, version, cells })
}

/// The people that a file's artist names. There is one tag for all of them: "Ann Lee and Bob Ray" are two where each side is a name
/// of several words; "Simon and Garfunkel" stay what they are.
fn people_of(artist: &str) -> Vec<Person> {
    let person = |name: &str| Person { name: name.trim().to_owned(), role: None };
    let parts: Vec<&str> = artist
        .split([';', '/'])
        .flat_map(|part| part.split(" and "))
        .flat_map(|part| part.split(" & "))
        .collect();
    let whole = |part: &&str| part.split_whitespace().count() >= 2;
    if parts.len() > 1 && parts.iter().all(whole) {
        return parts.into_iter().map(person).collect();
    }
    vec![person(artist)]
}

pub(crate) fn versions(tx: &Transaction<'_>) -> Result<Vec<(EpisodeId, u64)>> {
    let mut statement = tx.prepare_cached("SELECT id, version FROM episodes")?;
    let rows = statement.query_map([], |row| Ok((parsed(row, "id")?, count(row, "version")?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn recording_row(row: &Row<'_>) -> rusqlite::Result<Recording> {
    Ok(Recording {
        id: parsed(row, "id")?,
        episode: parsed(row, "episode")?,
        blob: parsed_maybe(row, "blob")?,
        file_name: row.get("file_name")?,
        media: json_maybe(row, "media")?,
    })
}

/// Shortest beginning of an id that is taken for one.
const SHORTEST_ID: usize = 4;

/// `wanted` as the beginning of an id: lower case, hexadecimal digits and hyphens only.
fn id_prefix(wanted: &str) -> Option<String> {
    let prefix = wanted.trim().to_ascii_lowercase();
    let fits =
        prefix.len() >= SHORTEST_ID && prefix.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    fits.then_some(prefix)
}

pub(crate) fn find(tx: &Transaction<'_>, wanted: &str) -> Result<EpisodeId> {
    let mut found: Vec<(EpisodeId, String)> = Vec::new();
    let mut look = |condition: &str, values: &[&str]| -> Result<()> {
        let mut statement = tx.prepare_cached(&format!(
            "SELECT episodes.id, shows.title || '/' || episodes.title AS name
             FROM episodes JOIN shows ON shows.id = show WHERE {condition} ORDER BY episodes.id LIMIT 20"
        ))?;
        let rows = statement.query_map(rusqlite::params_from_iter(values), |row| {
            Ok((parsed(row, "id")?, row.get("name")?))
        })?;
        for row in rows {
            let row = row?;
            if !found.contains(&row) {
                found.push(row);
            }
        }
        Ok(())
    };
    if let Some(prefix) = id_prefix(wanted) {
        // '~' sorts after every digit and the hyphen.
        look("episodes.id >= ?1 AND episodes.id < ?1 || '~'", &[&prefix])?;
    }
    look("episodes.title_key = ?1", &[&key(wanted)])?;
    for (at, _) in wanted.match_indices('/') {
        let (show, title) = (wanted.get(..at).unwrap_or_default(), wanted.get(at + 1..).unwrap_or_default());
        look("shows.title_key = ?1 AND episodes.title_key = ?2", &[&key(show), &key(title)])?;
    }
    // An episode and its copies are one.
    if found.len() > 1 {
        let mut mains = Vec::new();
        for (id, _) in &found {
            mains.push(super::copies::main_of(tx, *id)?);
        }
        let all: Vec<EpisodeId> = found.iter().map(|(id, _)| *id).collect();
        let mut mains = mains.into_iter();
        found.retain(|(id, _)| mains.next().is_none_or(|main| main == *id || !all.contains(&main)));
    }
    one("episode", wanted, found)
}

pub(crate) fn find_show(tx: &Transaction<'_>, wanted: &str) -> Result<ShowId> {
    let mut statement = tx.prepare_cached(
        "SELECT id, title FROM shows WHERE title_key = ?1 OR (id >= ?2 AND id < ?2 || '~') ORDER BY id LIMIT 20",
    )?;
    let found = statement
        .query_map(params![key(wanted), id_prefix(wanted)], |row| {
            Ok((parsed(row, "id")?, row.get("title")?))
        })?
        .collect::<Result<_, _>>()?;
    one("show", wanted, found)
}

fn one<T: Copy + ToString>(what: &'static str, wanted: &str, found: Vec<(T, String)>) -> Result<T> {
    match found.as_slice() {
        [] => Err(Error::not_found(what, wanted)),
        [(id, _)] => Ok(*id),
        several => {
            let candidates =
                several.iter().map(|(id, name)| format!("{} ({name})", id.to_string())).collect();
            Err(Error::Ambiguous { wanted: wanted.into(), candidates })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::people_of;

    #[test]
    fn one_tag_names_several_people() {
        let names = |artist| people_of(artist).into_iter().map(|person| person.name).collect::<Vec<_>>();
        assert_eq!(names("Ann Lee and Bob Ray"), ["Ann Lee", "Bob Ray"]);
        assert_eq!(names("Ann Lee; Bob Ray & Cy May"), ["Ann Lee", "Bob Ray", "Cy May"]);
        assert_eq!(names("Simon and Garfunkel"), ["Simon and Garfunkel"]);
        assert_eq!(names("The Desk"), ["The Desk"]);
    }
}
