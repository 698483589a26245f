//! Ctrl-C, and the signals that end a service: once for a clean stop, twice for an end at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};

/// What a shell reports for a program that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// A flag that Ctrl-C, SIGTERM or SIGHUP sets, for work that looks at it and stops cleanly. `says` is printed then.
///
/// Only verbs that have something to stop cleanly call this; others end at the first Ctrl-C, as programs do. A fetch of
/// models is among those: what has arrived is kept, and the next one goes on from there.
pub fn on_interrupt(says: &'static str) -> Result<Arc<AtomicBool>> {
    let flag = Arc::new(AtomicBool::new(false));
    let seen = flag.clone();
    ctrlc::set_handler(move || {
        if seen.swap(true, Ordering::SeqCst) {
            std::process::exit(INTERRUPTED);
        }
        eprintln!("{says}");
    })
    .context("Ctrl-C cannot be watched")?;
    Ok(flag)
}
