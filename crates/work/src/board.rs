//! Where shifts tell each other what they did, so that a run ends when nothing is due for any of them, and not before.

use crate::WorkError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Longest time until a stop is noticed while there is nothing to do.
const NOTICE: Duration = Duration::from_millis(50);

pub(crate) struct Board {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// Pieces of work done by all shifts.
    done: u64,
    /// For each shift how many pieces were done when it last looked and found nothing.
    idle: Vec<Idle>,
    /// How many pieces were done when all shifts were last found idle.
    told: Option<u64>,
    error: Option<WorkError>,
}

#[derive(Clone, Copy, PartialEq)]
enum Idle {
    Busy,
    Since(u64),
    /// It ended.
    Away,
}

impl Board {
    pub fn new(shifts: usize) -> Self {
        let state = State { done: 0, idle: vec![Idle::Busy; shifts], told: None, error: None };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A shift looks for work; returns the pieces done so far.
    pub fn looks(&self, shift: usize) -> u64 {
        let mut state = self.state();
        if let Some(idle) = state.idle.get_mut(shift) {
            *idle = Idle::Busy;
        }
        state.done
    }

    /// A piece of work is done: it may have made other work due.
    pub fn did_something(&self) {
        self.state().done += 1;
        self.changed.notify_all();
    }

    /// A shift looked when `seen` pieces were done and found nothing. `Some` when no shift has anything to do, and then true
    /// for the first that notices.
    pub fn found_nothing(&self, shift: usize, seen: u64) -> Option<bool> {
        let mut state = self.state();
        if let Some(idle) = state.idle.get_mut(shift) {
            *idle = Idle::Since(seen);
        }
        let done = state.done;
        if !state.idle.iter().all(|idle| *idle == Idle::Since(done) || *idle == Idle::Away) {
            return None;
        }
        let first = state.told.replace(done) != Some(done);
        self.changed.notify_all();
        Some(first)
    }

    /// Waits until another shift has done something, or everyone is idle, or for this long.
    pub fn wait(&self, longest: Duration, stop: &AtomicBool) {
        self.sleep(longest, stop, true);
    }

    /// Waits for this long, whatever others do.
    pub fn pause(&self, pause: Duration, stop: &AtomicBool) {
        self.sleep(pause, stop, false);
    }

    fn sleep(&self, longest: Duration, stop: &AtomicBool, until_news: bool) {
        let until = Instant::now() + longest;
        let mut state = self.state();
        let (done, told) = (state.done, state.told);
        while !stop.load(Ordering::Relaxed) {
            if until_news && (state.done, state.told) != (done, told) {
                return;
            }
            let Some(left) = until.checked_duration_since(Instant::now()) else { return };
            state =
                self.changed.wait_timeout(state, left.min(NOTICE)).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// A shift cannot go on. The first reason is kept.
    pub fn fail(&self, error: WorkError) {
        self.state().error.get_or_insert(error);
    }

    /// Marks a shift as ended when the returned value is dropped.
    pub fn leaves(&self, shift: usize) -> Leaves<'_> {
        Leaves { board: self, shift }
    }

    pub fn into_error(self) -> Option<WorkError> {
        self.state.into_inner().unwrap_or_else(PoisonError::into_inner).error
    }
}

pub(crate) struct Leaves<'board> {
    board: &'board Board,
    shift: usize,
}

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        if let Some(idle) = self.board.state().idle.get_mut(self.shift) {
            *idle = Idle::Away;
        }
        self.board.changed.notify_all();
    }
}
