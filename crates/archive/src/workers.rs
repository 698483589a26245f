//! Which workers are alive: each holds a lock on a file of its own, which the system lets go when its program ends,
//! however it ends. So the next program need not wait until the lease of a killed one runs out.

use crate::sqlite::ledger as sql;
use crate::{Archive, Error, Result};
use std::fs::{self, File, TryLockError};
use std::path::PathBuf;
use std::time::Duration;
use uuid::Uuid;

/// A worker that is registered for as long as this value lives.
#[derive(Debug)]
pub struct Worker {
    name: String,
    path: PathBuf,
    _lock: File,
}

impl Worker {
    /// Name for [`Archive::claim`].
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // What stays is swept later.
        let _ = fs::remove_file(&self.path);
    }
}

impl Archive {
    fn workers(&self) -> PathBuf {
        self.dir().join("workers")
    }

    /// Registers a worker of this process.
    pub fn register_worker(&self) -> Result<Worker> {
        let failed = |error: std::io::Error| Error::disk("registering a worker", &error);
        let name = format!("worker-{}", Uuid::now_v7());
        fs::create_dir_all(self.workers()).map_err(failed)?;
        let path = self.workers().join(&name);
        let lock = File::create(&path).map_err(failed)?;
        lock.lock().map_err(failed)?;
        Ok(Worker { name, path, _lock: lock })
    }

    /// Makes work due again whose worker was registered and is no more; returns how many cells that were. The attempt
    /// counts. Work of workers that never registered waits for the end of its lease.
    pub fn reclaim(&self) -> Result<u64> {
        let mut reclaimed = 0;
        for worker in self.store.read(sql::workers)? {
            // Only a registered name is the name of a file.
            let registered = worker.strip_prefix("worker-").is_some_and(|id| Uuid::parse_str(id).is_ok());
            if registered && self.is_dead(&self.workers().join(&worker)) {
                reclaimed += self.store.write(|tx| sql::expire(tx, &worker))?;
            }
        }
        Ok(reclaimed)
    }

    fn is_dead(&self, path: &PathBuf) -> bool {
        match File::open(path) {
            Ok(file) => match file.try_lock() {
                Ok(()) => {
                    let _ = fs::remove_file(path);
                    true
                }
                Err(TryLockError::WouldBlock | TryLockError::Error(_)) => false,
            },
            Err(error) => error.kind() == std::io::ErrorKind::NotFound,
        }
    }

    /// Removes the files of workers that are no more.
    pub(crate) fn sweep_workers(&self, grace: Duration) -> u64 {
        let Ok(files) = fs::read_dir(self.workers()) else { return 0 };
        let paths = files.filter_map(|file| Some(file.ok()?.path()));
        // A young file may belong to a worker that is about to lock it.
        paths.filter(|path| crate::blobs::age(path) > grace && self.is_dead(path)).count() as u64
    }
}
