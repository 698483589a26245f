use super::{Row, Transaction, millis, stored};
use crate::Result;
use model::{Chapter, ChapterSource, EpisodeId, Millis};
use rusqlite::params;

const SOURCES: [(ChapterSource, &str); 3] = [
    (ChapterSource::Person, "person"),
    (ChapterSource::Publisher, "publisher"),
    (ChapterSource::Found, "found"),
];

fn name(source: ChapterSource) -> &'static str {
    SOURCES.iter().find(|(known, _)| *known == source).map_or("found", |(_, name)| name)
}

/// Replaces the chapters that one source gave; those of the others stay.
pub(crate) fn set(
    tx: &Transaction<'_>,
    episode: EpisodeId,
    source: ChapterSource,
    chapters: &[Chapter],
) -> Result<()> {
    super::episodes::entry(tx, episode)?;
    if of(tx, episode, source)? == chapters {
        return Ok(());
    }
    tx.prepare_cached("DELETE FROM chapters WHERE episode = ?1 AND source = ?2")?
        .execute([episode.to_string().as_str(), name(source)])?;
    let mut statement = tx.prepare_cached(
        "INSERT INTO chapters (episode, source, number, start, until, title, link, image, unlisted)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    for (number, chapter) in chapters.iter().enumerate() {
        statement.execute(params![
            episode.to_string(),
            name(source),
            number as i64,
            stored(chapter.start.0),
            chapter.end.map(|end| stored(end.0)),
            chapter.title,
            chapter.link,
            chapter.image,
            chapter.unlisted,
        ])?;
    }
    super::episodes::changed(tx, episode)
}

/// The chapters that one source gave, in order; empty when it gave none.
pub(crate) fn of(tx: &Transaction<'_>, episode: EpisodeId, source: ChapterSource) -> Result<Vec<Chapter>> {
    let mut statement = tx
        .prepare_cached("SELECT * FROM chapters WHERE episode = ?1 AND source = ?2 ORDER BY start, number")?;
    let rows = statement.query_map([episode.to_string().as_str(), name(source)], chapter)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The chapters to show: of the strongest source that gave any.
pub(crate) fn shown(
    tx: &Transaction<'_>,
    episode: EpisodeId,
) -> Result<Option<(ChapterSource, Vec<Chapter>)>> {
    for (source, _) in SOURCES {
        let chapters = of(tx, episode, source)?;
        if !chapters.is_empty() {
            return Ok(Some((source, chapters)));
        }
    }
    Ok(None)
}

fn chapter(row: &Row<'_>) -> rusqlite::Result<Chapter> {
    let end: Option<i64> = row.get("until")?;
    Ok(Chapter {
        start: millis(row, "start")?,
        end: end.map(|end| Millis(end.max(0).cast_unsigned())),
        title: row.get("title")?,
        link: row.get("link")?,
        image: row.get("image")?,
        unlisted: row.get("unlisted")?,
    })
}
