//! The one place where SQL is written.
//!
//! Each function runs inside a transaction that [`Store::write`] or [`Store::read`] began. Write transactions begin
//! IMMEDIATE, because one that starts as a reader fails at once with SQLITE_BUSY_SNAPSHOT when another process wrote
//! meanwhile, whatever the busy timeout (<https://sqlite.org/rescode.html#busy_snapshot>).

pub(crate) mod alignments;
pub(crate) mod carrying;
pub(crate) mod chapters;
pub(crate) mod copies;
pub(crate) mod episodes;
pub(crate) mod feeds;
pub(crate) mod health;
pub(crate) mod hearings;
pub(crate) mod ledger;
pub(crate) mod names;
pub(crate) mod repeats;
pub(crate) mod revisions;
pub(crate) mod schema;
pub(crate) mod texts;
pub(crate) mod verdicts;

use crate::{Error, Result};
use model::Millis;
use rusqlite::{Connection, OpenFlags, Row, Transaction, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a call waits for other writers. Their transactions take milliseconds; 30 seconds means that one hangs.
const BUSY: Duration = Duration::from_secs(30);

/// First version without the fault in resetting the write-ahead log (<https://sqlite.org/wal.html>, 3.7.0 to 3.51.2)
/// that can damage a database which several connections write.
const OLDEST_SQLITE: i32 = 3_051_003;

/// Idle readers that are kept open.
const READERS: usize = 4;

pub(crate) struct Store {
    path: PathBuf,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
}

impl Store {
    /// Opens the database, brings it to this program's format, and refuses a newer one before anything is changed.
    pub fn open(path: &Path, create: bool) -> Result<Self> {
        if rusqlite::version_number() < OLDEST_SQLITE {
            return Err(Error::OldSqlite(rusqlite::version()));
        }
        let mut writer = connect(path, create)?;
        schema::recognise(&writer, path)?;
        to_wal(&writer)?;
        writer.pragma_update(None, "foreign_keys", false)?;
        let tx = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        schema::migrate(&tx, path)?;
        tx.commit()?;
        writer.pragma_update(None, "foreign_keys", true)?;
        Ok(Self { path: path.into(), writer: Mutex::new(writer), readers: Mutex::new(Vec::new()) })
    }

    /// Runs one short write transaction; nothing of it is visible unless `work` succeeds and the commit is on disk.
    pub fn write<T>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let mut writer = lock(&self.writer);
        let tx = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let value = work(&tx)?;
        tx.commit()?;
        Ok(value)
    }

    /// Runs queries against one snapshot.
    pub fn read<T>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let idle = lock(&self.readers).pop();
        let mut reader = match idle {
            Some(reader) => reader,
            None => {
                let reader = connect(&self.path, false)?;
                reader.pragma_update(None, "query_only", true)?;
                reader
            }
        };
        let tx = reader.transaction()?;
        let value = work(&tx);
        drop(tx);
        let mut readers = lock(&self.readers);
        if readers.len() < READERS {
            readers.push(reader);
        }
        value
    }

    /// Moves the write-ahead log into the database and empties it, so that what was deleted is gone from it too.
    pub fn empty_log(&self) -> Result<()> {
        lock(&self.readers).clear();
        // A reader in another process may stand in the way: the log is then emptied by a later checkpoint.
        lock(&self.writer).query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn connect(path: &Path, create: bool) -> Result<Connection> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if create {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(64);
    // FULL: a commit that was acknowledged survives a power cut. secure_delete: what was removed is overwritten.
    connection.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;
         PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;",
    )?;
    Ok(connection)
}

/// Switches to the write-ahead log. Two processes that make an archive at once can meet here, where SQLite does not
/// wait by itself.
fn to_wal(connection: &Connection) -> Result<()> {
    let mut tries = 0;
    loop {
        let mode = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0));
        match mode.map_err(Error::from) {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(mode) => {
                return Err(Error::Paused {
                    because: format!(
                        "this disk offers the database only the journal {mode:?}: use a local disk"
                    ),
                });
            }
            Err(error) if error.is_paused() && tries < 100 => {
                tries += 1;
                std::thread::sleep(Duration::from_millis(20));
            }
            Err(error) => return Err(error),
        }
    }
}

/// Reads a column that holds an id, a hash or another value with a text form.
fn parsed<T: FromStr>(row: &Row<'_>, column: &str) -> rusqlite::Result<T>
where
    T::Err: std::fmt::Display,
{
    let text: String = row.get(column)?;
    text.parse().map_err(|error: T::Err| unreadable(format!("{text:?} in column {column}: {error}")))
}

fn parsed_maybe<T: FromStr>(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<T>>
where
    T::Err: std::fmt::Display,
{
    match row.get_ref(column)? {
        rusqlite::types::ValueRef::Null => Ok(None),
        _ => parsed(row, column).map(Some),
    }
}

fn json<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|error| unreadable(format!("column {column}: {error}")))
}

fn json_maybe<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<T>> {
    match row.get_ref(column)? {
        rusqlite::types::ValueRef::Null => Ok(None),
        _ => json(row, column).map(Some),
    }
}

/// A stored value that this program did not write: reported as damage.
fn unreadable(detail: String) -> rusqlite::Error {
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
    rusqlite::Error::SqliteFailure(code, Some(format!("a stored value cannot be read: {detail}")))
}

fn moment(seconds: f64) -> rusqlite::Result<jiff::Timestamp> {
    jiff::Timestamp::from_millisecond((seconds * 1000.0) as i64)
        .map_err(|error| unreadable(error.to_string()))
}

fn moment_maybe(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<jiff::Timestamp>> {
    row.get::<_, Option<f64>>(column)?.map(moment).transpose()
}

fn millis(row: &Row<'_>, column: &str) -> rusqlite::Result<Millis> {
    Ok(Millis(row.get::<_, i64>(column)?.max(0).cast_unsigned()))
}

fn count(row: &Row<'_>, column: &str) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>(column)?.max(0).cast_unsigned())
}

/// A time or number as SQLite keeps it; beyond 292 million years it stays there.
fn stored(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
