//! The tables, as numbered migrations. A released migration is never changed; a new one only adds (expand-only), so
//! that a program of the version before can still read what is there while both run.

use crate::{Error, Result};
use rusqlite::{Connection, Transaction};
use std::path::Path;

/// Marks the file as Readout's ("RdOt"), in its header (<https://sqlite.org/pragma.html#pragma_application_id>).
const APPLICATION: i32 = 0x5264_4f74;

/// `MIGRATIONS[n]` leads from format n to n + 1.
const MIGRATIONS: &[&str] = &[
    include_str!("0001.sql"),
    include_str!("0002.sql"),
    include_str!("0003.sql"),
    include_str!("0004.sql"),
    include_str!("0005.sql"),
];

pub(crate) const FORMAT: i64 = MIGRATIONS.len() as i64;

pub(crate) fn format(connection: &Connection) -> Result<i64> {
    Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// Refuses what is not this program's to open. Reads only.
pub(crate) fn recognise(connection: &Connection, path: &Path) -> Result<()> {
    let folder = || path.parent().unwrap_or(path).to_path_buf();
    let found = format(connection)?;
    let application: i32 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application != APPLICATION && (application != 0 || found != 0 || tables != 0) {
        return Err(Error::Foreign(folder()));
    }
    if found > FORMAT {
        return Err(Error::Newer { path: folder(), found, known: FORMAT });
    }
    Ok(())
}

/// Brings the database to [`FORMAT`] inside the caller's transaction: all of it or nothing. Foreign keys must be off, since
/// a table that is made anew is dropped first.
pub(crate) fn migrate(tx: &Transaction<'_>, path: &Path) -> Result<()> {
    // Looked at again: another process may have been faster.
    recognise(tx, path)?;
    let found = usize::try_from(format(tx)?).unwrap_or_default();
    for migration in MIGRATIONS.iter().skip(found) {
        tx.execute_batch(migration)?;
    }
    if found < MIGRATIONS.len() {
        tx.pragma_update(None, "application_id", APPLICATION)?;
        tx.pragma_update(None, "user_version", FORMAT)?;
        let broken: i64 =
            tx.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0))?;
        if broken > 0 {
            let says = format!("{broken} references lead nowhere: it was left in format {found}");
            return Err(Error::Damaged(says));
        }
    }
    Ok(())
}
