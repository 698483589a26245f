//! Keeps a lease alive while its work is done, from a thread of its own: a window may take longer than a lease.

use archive::{Archive, Claim, Error};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// How long a worker that shows no sign of life keeps its work. A killed one is noticed at once by its lock; this is
/// for one that hangs, or a machine that sleeps.
pub(crate) const LEASE: Duration = Duration::from_secs(60);

/// Pause between two extensions: three may go wrong before the lease runs out.
const BEAT: Duration = Duration::from_secs(15);

/// Runs `work` with the lease of `claim` extended all the while. `lost` is set when it is another worker's.
pub(crate) fn held<T>(archive: &Archive, claim: &Claim, lost: &AtomicBool, work: impl FnOnce() -> T) -> T {
    let ended = (Mutex::new(false), Condvar::new());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut guard = ended.0.lock().unwrap_or_else(PoisonError::into_inner);
            while !*guard {
                guard = ended.1.wait_timeout(guard, BEAT).unwrap_or_else(PoisonError::into_inner).0;
                if *guard {
                    return;
                }
                // A paused archive is told by the next window that is to be stored.
                if let Err(Error::LeaseLost { .. }) = archive.heartbeat(claim, LEASE) {
                    lost.store(true, Ordering::Relaxed);
                    return;
                }
            }
        });
        // Also when `work` panics: the scope would wait for the thread for ever.
        let _end = OnDrop(|| {
            *ended.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
            ended.1.notify_all();
        });
        work()
    })
}

struct OnDrop<F: Fn()>(F);

impl<F: Fn()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}
