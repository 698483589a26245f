use super::{
    Row, Transaction, count, json, json_maybe, moment, moment_maybe, parsed, parsed_maybe, unreadable,
};
use crate::{
    Error, FeedEdit, FeedEntry, FeedKind, FeedState, Incoming, KnownOutlet, Outlet, Priority, Refresh,
    Refreshed, Result, ShowSettings, Stage, Stated, Subscribe, Takedown, Validators, Wanted,
};
use model::{EpisodeId, FeedId, ShowId};
use rusqlite::{OptionalExtension, params};
use serde_json::Value;
use std::time::Duration;
use uuid::Uuid;

const STATES: [(FeedState, &str); 3] =
    [(FeedState::Active, "active"), (FeedState::Paused, "paused"), (FeedState::Gone, "gone")];

fn state_name(state: FeedState) -> &'static str {
    STATES.iter().find(|(known, _)| *known == state).map_or("active", |(_, name)| name)
}

const COLUMNS: &str = "SELECT feeds.*, shows.title AS show_title,
    (SELECT count(*) FROM outlets WHERE feed = feeds.id AND episode IS NOT NULL) AS episodes
  FROM feeds JOIN shows ON shows.id = show";

fn row(row: &Row<'_>) -> rusqlite::Result<FeedEntry> {
    let (kind, state): (String, String) = (row.get("kind")?, row.get("state")?);
    let state = STATES.iter().find(|(_, known)| *known == state);
    let moved: Option<String> = row.get("moved_to")?;
    let times: u32 = row.get("moved_times")?;
    Ok(FeedEntry {
        id: parsed(row, "id")?,
        show: parsed(row, "show")?,
        title: row.get("show_title")?,
        kind: if kind == "stream" { FeedKind::Stream } else { FeedKind::Feed },
        address: row.get("address")?,
        state: state.map(|(state, _)| *state).ok_or_else(|| unreadable("unknown state of a feed".into()))?,
        wanted: json(row, "wanted")?,
        schedule: json_maybe(row, "schedule")?,
        validators: Validators {
            etag: row.get("etag")?,
            last_modified: row.get("last_modified")?,
            body: row.get("body")?,
        },
        facts: json(row, "facts")?,
        checked: moment_maybe(row, "checked")?,
        next_check: moment(row.get("next_check")?)?,
        failures: row.get("failures")?,
        trouble: row.get("trouble")?,
        moved: moved.map(|to| (to, times)),
        episodes: count(row, "episodes")?,
    })
}

pub(crate) fn list(tx: &Transaction<'_>, show: Option<ShowId>) -> Result<Vec<FeedEntry>> {
    let mut statement = tx.prepare_cached(&format!(
        "{COLUMNS} WHERE ?1 IS NULL OR show = ?1 ORDER BY shows.title_key, feeds.added, feeds.id"
    ))?;
    let feeds = statement.query_map([show.map(|show| show.to_string())], row)?;
    Ok(feeds.collect::<Result<_, _>>()?)
}

pub(crate) fn streams(tx: &Transaction<'_>) -> Result<Vec<FeedEntry>> {
    let mut statement = tx
        .prepare_cached(&format!("{COLUMNS} WHERE kind = 'stream' AND state = 'active' ORDER BY feeds.id"))?;
    let feeds = statement.query_map([], row)?;
    Ok(feeds.collect::<Result<_, _>>()?)
}

pub(crate) fn entry(tx: &Transaction<'_>, id: FeedId) -> Result<FeedEntry> {
    let mut statement = tx.prepare_cached(&format!("{COLUMNS} WHERE feeds.id = ?1"))?;
    let found = statement.query_row([id.to_string()], row).optional()?;
    found.ok_or_else(|| Error::not_found("subscription", id))
}

pub(crate) fn subscribe(tx: &Transaction<'_>, wish: &Subscribe) -> Result<(FeedId, bool)> {
    let found: Option<FeedId> = tx
        .prepare_cached("SELECT id FROM feeds WHERE address = ?1")?
        .query_row([&wish.address], |row| parsed(row, "id"))
        .optional()?;
    if let Some(id) = found {
        let edit = FeedEdit {
            state: Some(FeedState::Active),
            wanted: (wish.wanted != Wanted::default()).then_some(wish.wanted),
            schedule: wish.schedule.clone(),
            ..FeedEdit::default()
        };
        self::edit(tx, id, &edit)?;
        if let Some(settings) = &wish.settings {
            set_settings(tx, entry(tx, id)?.show, settings)?;
        }
        return Ok((id, false));
    }
    // Until the feed says its title, the show goes by its address.
    let title = wish.title.as_deref().map(str::trim).filter(|title| !title.is_empty());
    let show = super::episodes::show_titled(tx, title.unwrap_or(&wish.address), false)?;
    let id = FeedId(Uuid::now_v7());
    tx.prepare_cached(
        "INSERT INTO feeds (id, show, kind, address, wanted, schedule) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        id.to_string(),
        show.to_string(),
        if wish.kind == FeedKind::Stream { "stream" } else { "feed" },
        wish.address,
        serde_json::to_string(&wish.wanted)?,
        wish.schedule.as_ref().map(Value::to_string),
    ])?;
    if let Some(settings) = &wish.settings {
        set_settings(tx, show, settings)?;
    }
    if wish.kind == FeedKind::Feed {
        super::ledger::require(tx, id.into(), &Stage::REFRESH, "first", Priority::Asked)?;
    }
    Ok((id, true))
}

pub(crate) fn edit(tx: &Transaction<'_>, id: FeedId, edit: &FeedEdit) -> Result<()> {
    let before = entry(tx, id)?;
    tx.execute(
        "UPDATE feeds SET address = coalesce(?2, address), state = coalesce(?3, state), wanted = coalesce(?4, wanted),
           schedule = coalesce(?5, schedule), failures = 0, trouble = NULL WHERE id = ?1",
        params![
            id.to_string(),
            edit.address,
            edit.state.map(state_name),
            edit.wanted.map(|wanted| serde_json::to_string(&wanted)).transpose()?,
            edit.schedule.as_ref().map(Value::to_string),
        ],
    )?;
    if edit.address.as_ref().is_some_and(|address| *address != before.address) {
        tx.execute(
            "UPDATE feeds SET etag = NULL, last_modified = NULL, body = NULL, moved_to = NULL, moved_times = 0
             WHERE id = ?1",
            [id.to_string()],
        )?;
    }
    if let Some(wanted) = edit.wanted {
        want(tx, id, wanted)?;
    }
    if entry(tx, id)?.state == FeedState::Active && before.kind == FeedKind::Feed {
        tx.execute("UPDATE feeds SET next_check = 0 WHERE id = ?1", [id.to_string()])?;
        call(tx)?;
    }
    Ok(())
}

/// Makes the sound due of those known episodes that are wanted now.
fn want(tx: &Transaction<'_>, feed: FeedId, wanted: Wanted) -> Result<()> {
    let mut statement = tx.prepare_cached(
        "SELECT DISTINCT episodes.id FROM outlets JOIN episodes ON episodes.id = episode
         WHERE feed = ?1 AND address IS NOT NULL AND missing_since IS NULL AND (?2 IS NULL OR broadcast >= ?2)
         ORDER BY broadcast DESC, episodes.id DESC LIMIT ?3",
    )?;
    let (since, limit) = match wanted {
        Wanted::All => (None, i64::MAX),
        Wanted::Since(day) => (Some(day.to_string()), i64::MAX),
        Wanted::Latest(number) => (None, i64::from(number)),
    };
    let episodes: Vec<EpisodeId> = statement
        .query_map(params![feed.to_string(), since, limit], |row| parsed(row, "id"))?
        .collect::<Result<_, _>>()?;
    for episode in episodes {
        want_sound(tx, episode, Priority::BackCatalogue)?;
    }
    Ok(())
}

/// Makes the fetching of a sound due that is not here; false when nothing became due by it.
pub(crate) fn want_sound(tx: &Transaction<'_>, episode: EpisodeId, priority: Priority) -> Result<bool> {
    let outlet: Option<i64> = tx
        .prepare_cached(
            "SELECT outlets.id FROM outlets JOIN recordings ON recordings.episode = outlets.episode
             WHERE outlets.episode = ?1 AND address IS NOT NULL AND blob IS NULL
             ORDER BY missing_since IS NOT NULL, outlets.id DESC LIMIT 1",
        )?
        .query_row([episode.to_string()], |row| row.get(0))
        .optional()?;
    let Some(outlet) = outlet else { return Ok(false) };
    let input = format!("outlet {outlet}");
    let due = super::ledger::require(tx, episode.into(), &Stage::FETCH, &input, priority)?;
    let asked = priority == Priority::Asked && super::ledger::ask(tx, episode.into(), &Stage::FETCH)?;
    Ok(due || asked)
}

pub(crate) fn add_address(tx: &Transaction<'_>, address: &str, stated: &Stated) -> Result<(EpisodeId, bool)> {
    let known: Option<EpisodeId> = tx
        .query_row(
            "SELECT episode FROM outlets WHERE address = ?1 AND episode IS NOT NULL ORDER BY id LIMIT 1",
            [address],
            |row| parsed(row, "episode"),
        )
        .optional()?;
    let new = known.is_none();
    let episode = match known {
        Some(episode) => episode,
        None => {
            let name = address.split(['?', '#']).next().and_then(|path| path.rsplit('/').next());
            let stem =
                name.map(|name| name.rsplit_once('.').map_or(name, |(stem, _)| stem)).unwrap_or_default();
            let (episode, _) =
                super::episodes::make(tx, if stem.is_empty() { "untitled" } else { stem }, stated)?;
            tx.execute(
                "INSERT INTO outlets (episode, keys, address, item, digest) VALUES (?1, '{}', ?2, '{}', '')",
                params![episode.to_string(), address],
            )?;
            episode
        }
    };
    super::episodes::say(tx, episode, stated)?;
    want_sound(tx, episode, Priority::Asked)?;
    Ok((episode, new))
}

pub(crate) fn settled_sounds(tx: &Transaction<'_>) -> Result<Vec<EpisodeId>> {
    let mut statement = tx.prepare_cached(
        "SELECT DISTINCT episodes.id FROM shows JOIN episodes ON show = shows.id
           JOIN recordings ON recordings.episode = episodes.id AND blob IS NOT NULL
         WHERE settings ->> 'keep' = 'nothing'
           AND EXISTS (SELECT 1 FROM cells WHERE subject = episodes.id AND stage = 'probe' AND state = 'done')
           AND NOT EXISTS (SELECT 1 FROM cells WHERE subject = episodes.id AND state NOT IN ('done', 'stale'))",
    )?;
    let episodes = statement.query_map([], |row| parsed(row, "id"))?;
    Ok(episodes.collect::<Result<_, _>>()?)
}

/// Makes `shrink` due where a show wants its sound small and all other work on the sound is done. What could not be heard
/// keeps its sound for another try.
pub(crate) fn call_shrinks(tx: &Transaction<'_>) -> Result<u64> {
    let mut statement = tx.prepare_cached(
        "SELECT episodes.id, blob FROM shows JOIN episodes ON show = shows.id
           JOIN recordings ON recordings.episode = episodes.id AND blob IS NOT NULL
         WHERE settings ->> 'keep' = 'opus' AND media IS NOT NULL AND media ->> 'codec' IS NOT 'Opus'
           AND EXISTS (SELECT 1 FROM cells WHERE subject = episodes.id AND stage = 'probe' AND state = 'done')
           AND NOT EXISTS (SELECT 1 FROM cells WHERE subject = episodes.id AND (state IN ('waiting', 'leased')
             OR stage = 'hear' AND state IN ('failed', 'quarantined')))
           AND NOT EXISTS (SELECT 1 FROM cells WHERE subject = episodes.id AND stage = 'shrink' AND input = blob)
         LIMIT 100",
    )?;
    let due: Vec<(EpisodeId, String)> = statement
        .query_map([], |row| Ok((parsed(row, "id")?, row.get("blob")?)))?
        .collect::<Result<_, _>>()?;
    for (episode, blob) in &due {
        super::ledger::require(tx, (*episode).into(), &Stage::SHRINK, blob, Priority::BackCatalogue)?;
    }
    Ok(due.len() as u64)
}

pub(crate) fn takedowns(tx: &Transaction<'_>) -> Result<Vec<Takedown>> {
    let mut statement = tx.prepare_cached(
        "WITH places AS (
           SELECT coalesce(of, outlets.episode) AS episode, missing_since FROM outlets
           LEFT JOIN copies ON copies.episode = outlets.episode WHERE outlets.episode IS NOT NULL)
         SELECT places.episode, episodes.title, shows.title AS show_title, max(missing_since) AS since,
           EXISTS (SELECT 1 FROM recordings WHERE recordings.episode = places.episode AND blob IS NOT NULL) AS sound
         FROM places JOIN episodes ON episodes.id = places.episode JOIN shows ON shows.id = show
         GROUP BY places.episode HAVING count(*) = count(missing_since) ORDER BY since DESC, places.episode",
    )?;
    let takedowns = statement.query_map([], |row| {
        Ok(Takedown {
            episode: parsed(row, "episode")?,
            title: row.get("title")?,
            show: row.get("show_title")?,
            since: moment(row.get("since")?)?,
            sound: row.get("sound")?,
        })
    })?;
    Ok(takedowns.collect::<Result<_, _>>()?)
}

pub(crate) fn remove(tx: &Transaction<'_>, id: FeedId) -> Result<()> {
    entry(tx, id)?;
    tx.execute("DELETE FROM cells WHERE subject = ?1", [id.to_string()])?;
    tx.execute("DELETE FROM feeds WHERE id = ?1", [id.to_string()])?;
    Ok(())
}

pub(crate) fn settings(tx: &Transaction<'_>, show: ShowId) -> Result<ShowSettings> {
    let mut statement = tx.prepare_cached("SELECT settings FROM shows WHERE id = ?1")?;
    let found = statement.query_row([show.to_string()], |row| json(row, "settings")).optional()?;
    found.ok_or_else(|| Error::not_found("show", show))
}

pub(crate) fn set_settings(tx: &Transaction<'_>, show: ShowId, settings: &ShowSettings) -> Result<()> {
    let changed = tx.execute(
        "UPDATE shows SET settings = ?2 WHERE id = ?1",
        params![show.to_string(), serde_json::to_string(settings)?],
    )?;
    if changed == 0 { Err(Error::not_found("show", show)) } else { Ok(()) }
}

/// Makes feeds due whose time has come. The moment is their input: at the next one they are due again.
pub(crate) fn call(tx: &Transaction<'_>) -> Result<u64> {
    let mut statement = tx.prepare_cached(
        "SELECT feeds.id, cast(next_check AS TEXT) AS moment FROM feeds
         LEFT JOIN cells ON subject = feeds.id AND stage = 'refresh'
         WHERE feeds.state = 'active' AND kind = 'feed'
           AND next_check <= unixepoch('subsec') AND coalesce(cells.state, 'done') NOT IN ('waiting', 'leased')",
    )?;
    let due: Vec<(FeedId, String)> = statement
        .query_map([], |row| Ok((parsed(row, "id")?, row.get("moment")?)))?
        .collect::<Result<_, _>>()?;
    for (feed, moment) in &due {
        super::ledger::require(tx, (*feed).into(), &Stage::REFRESH, moment, Priority::Newest)?;
        super::ledger::again(tx, (*feed).into(), &Stage::REFRESH)?;
    }
    Ok(due.len() as u64)
}

pub(crate) fn outlets(tx: &Transaction<'_>, column: &str, id: String) -> Result<Vec<Outlet>> {
    let mut statement =
        tx.prepare_cached(&format!("SELECT * FROM outlets WHERE {column} = ?1 ORDER BY id"))?;
    let outlets = statement.query_map([id], |row| {
        Ok(Outlet {
            id: row.get("id")?,
            episode: parsed_maybe(row, "episode")?,
            feed: parsed_maybe(row, "feed")?,
            keys: json(row, "keys")?,
            address: row.get("address")?,
            link: row.get("link")?,
            item: json(row, "item")?,
            missing_since: moment_maybe(row, "missing_since")?,
        })
    })?;
    Ok(outlets.collect::<Result<_, _>>()?)
}

pub(crate) fn known_outlets(tx: &Transaction<'_>, feed: FeedId) -> Result<Vec<KnownOutlet>> {
    let mut statement = tx.prepare_cached(
        "SELECT id, keys, digest, missing_since IS NOT NULL AS missing FROM outlets WHERE feed = ?1 ORDER BY id",
    )?;
    let outlets = statement.query_map([feed.to_string()], |row| {
        Ok(KnownOutlet {
            id: row.get("id")?,
            keys: json(row, "keys")?,
            digest: row.get("digest")?,
            missing: row.get("missing")?,
        })
    })?;
    Ok(outlets.collect::<Result<_, _>>()?)
}

pub(crate) fn store_items(tx: &Transaction<'_>, id: FeedId, items: &[Incoming]) -> Result<Refreshed> {
    let show = entry(tx, id)?.show;
    let mut done = Refreshed::default();
    let settings = settings(tx, show)?;
    for item in items {
        let (episode, new) = match item.outlet {
            Some(outlet) => match known(tx, outlet, item)? {
                // A person removed it.
                (None, _) => continue,
                (Some(episode), changed) => {
                    done.changed += u64::from(changed);
                    (episode, false)
                }
            },
            None => {
                let new = item.episode.is_none();
                (add(tx, show, id, item, &settings)?, new)
            }
        };
        done.new += u64::from(new);
        if let Some(texts) = &item.texts {
            super::ledger::require(tx, episode.into(), &Stage::TEXTS, texts, Priority::Newest)?;
        }
        if item.fetch {
            let priority = if item.fresh { Priority::Newest } else { Priority::BackCatalogue };
            done.due += u64::from(want_sound(tx, episode, priority)?);
        }
    }
    Ok(done)
}

pub(crate) fn store(tx: &Transaction<'_>, id: FeedId, refresh: &Refresh) -> Result<Refreshed> {
    let feed = entry(tx, id)?;
    let show = name_show(tx, &feed, refresh)?;
    super::episodes::set_show_facts(tx, show, &refresh.show)?;
    let mut done = store_items(tx, id, &refresh.items)?;
    let mut statement = tx.prepare_cached(
        "UPDATE outlets SET missing_since = unixepoch('subsec') WHERE id = ?1 AND missing_since IS NULL",
    )?;
    for outlet in &refresh.missing {
        done.missing += statement.execute([outlet])? as u64;
    }
    tx.execute(
        "UPDATE feeds SET etag = ?2, last_modified = ?3, body = ?4, facts = ?5, checked = unixepoch('subsec'),
           next_check = unixepoch('subsec') + ?6, failures = 0, trouble = ?7 WHERE id = ?1",
        params![
            id.to_string(),
            refresh.validators.etag,
            refresh.validators.last_modified,
            refresh.validators.body,
            refresh.facts.to_string(),
            refresh.again.as_secs_f64(),
            refresh.remark,
        ],
    )?;
    Ok(done)
}

/// Gives the show the title that its feed says, as long as it goes by its address. Another show of that title stays apart.
fn name_show(tx: &Transaction<'_>, feed: &FeedEntry, refresh: &Refresh) -> Result<ShowId> {
    let title = refresh.title.as_deref().map(str::trim).filter(|title| !title.is_empty());
    let (Some(title), true) = (title, feed.title == feed.address) else { return Ok(feed.show) };
    let host = feed.address.split('/').nth(2).unwrap_or(&feed.address);
    for title in [title.to_owned(), format!("{title} ({host})"), format!("{title} ({})", feed.address)] {
        let key = super::episodes::key(&title);
        let taken: bool = tx.query_row(
            "SELECT EXISTS (SELECT 1 FROM shows WHERE title_key = ?1 AND id <> ?2)",
            params![key, feed.show.to_string()],
            |row| row.get(0),
        )?;
        if !taken {
            tx.execute(
                "UPDATE shows SET title = ?2, title_key = ?3 WHERE id = ?1",
                params![feed.show.to_string(), title, key],
            )?;
            break;
        }
    }
    Ok(feed.show)
}

/// An item whose outlet is known: what changed is written. Returns its episode and whether anything changed.
fn known(tx: &Transaction<'_>, outlet: i64, item: &Incoming) -> Result<(Option<EpisodeId>, bool)> {
    let found = tx
        .prepare_cached(
            "SELECT episode, keys, digest, missing_since IS NOT NULL AS missing FROM outlets WHERE id = ?1",
        )?
        .query_row([outlet], |row| {
            let same = row.get::<_, String>("digest")? == item.digest
                && json::<Value>(row, "keys")? == item.keys
                && !row.get::<_, bool>("missing")?;
            Ok((parsed_maybe::<EpisodeId>(row, "episode")?, same))
        })
        .optional()?;
    let Some((episode, same)) = found else { return Err(Error::not_found("outlet", outlet)) };
    if same {
        return Ok((episode, false));
    }
    tx.prepare_cached(
        "UPDATE outlets SET keys = ?2, address = coalesce(?3, address), link = ?4, item = ?5, digest = ?6,
           missing_since = NULL WHERE id = ?1",
    )?
    .execute(params![
        outlet,
        item.keys.to_string(),
        item.address,
        item.link,
        item.item.to_string(),
        item.digest,
    ])?;
    if let Some(episode) = episode {
        describe(tx, episode, item)?;
    }
    Ok((episode, true))
}

/// A new outlet: of an episode that is known from elsewhere, or of a new one.
fn add(
    tx: &Transaction<'_>,
    show: ShowId,
    feed: FeedId,
    item: &Incoming,
    settings: &ShowSettings,
) -> Result<EpisodeId> {
    let episode = match item.episode {
        Some(episode) => episode,
        None => {
            let language = settings.language.as_deref().or(item.language.as_deref());
            let (episode, _) = super::episodes::insert(tx, show, &item.title, language)?;
            describe(tx, episode, item)?;
            episode
        }
    };
    tx.prepare_cached(
        "INSERT INTO outlets (episode, feed, keys, address, link, item, digest) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        episode.to_string(),
        feed.to_string(),
        item.keys.to_string(),
        item.address,
        item.link,
        item.item.to_string(),
        item.digest,
    ])?;
    Ok(episode)
}

/// Writes what the feed says of an episode, where no person said otherwise.
fn describe(tx: &Transaction<'_>, episode: EpisodeId, item: &Incoming) -> Result<()> {
    tx.prepare_cached(
        "UPDATE episodes SET
           title = iif(title_stated, title, ?2), title_key = iif(title_stated, title_key, ?3),
           broadcast = coalesce(?4, broadcast), notes = coalesce(?5, notes), facts = ?6,
           people = iif(?7 = '[]', people, ?7), version = version + 1
         WHERE id = ?1",
    )?
    .execute(params![
        episode.to_string(),
        item.title,
        super::episodes::key(&item.title),
        item.broadcast.map(|day| day.to_string()),
        item.notes,
        serde_json::to_string(&item.facts)?,
        serde_json::to_string(&item.people)?,
    ])?;
    if let Some(duration) = item.duration {
        tx.prepare_cached("UPDATE recordings SET duration = ?2 WHERE episode = ?1 AND blob IS NULL")?
            .execute(params![episode.to_string(), super::stored(duration.0)])?;
    }
    super::episodes::place_in_queue(tx, episode)?;
    super::names::repair_due(tx, episode)
}

pub(crate) fn unchanged(tx: &Transaction<'_>, id: FeedId, again: Duration) -> Result<()> {
    tx.execute(
        "UPDATE feeds SET checked = unixepoch('subsec'), next_check = unixepoch('subsec') + ?2, failures = 0,
           trouble = iif(failures > 0, NULL, trouble) WHERE id = ?1",
        params![id.to_string(), again.as_secs_f64()],
    )?;
    Ok(())
}

pub(crate) fn failed(
    tx: &Transaction<'_>,
    id: FeedId,
    trouble: &str,
    again: Duration,
    gone: bool,
) -> Result<()> {
    tx.execute(
        "UPDATE feeds SET checked = unixepoch('subsec'), next_check = unixepoch('subsec') + ?2, failures = failures + 1,
           trouble = ?3, state = iif(?4, 'gone', state) WHERE id = ?1",
        params![id.to_string(), again.as_secs_f64(), trouble, gone],
    )?;
    Ok(())
}

pub(crate) fn moved(tx: &Transaction<'_>, id: FeedId, to: Option<&str>) -> Result<u32> {
    Ok(tx.query_row(
        "UPDATE feeds SET moved_times = CASE WHEN ?2 IS NULL THEN 0 WHEN moved_to IS ?2 THEN moved_times + 1 ELSE 1 END,
           moved_to = ?2 WHERE id = ?1 RETURNING moved_times",
        params![id.to_string(), to],
        |row| row.get(0),
    )?)
}
