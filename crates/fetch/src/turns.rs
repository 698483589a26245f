//! Being a good guest: few requests at once to one host, not too fast, and none while it asks for peace.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::{Error, Limits, Stop};

/// Kinds of requests that are counted apart, so that long downloads do not hold up feeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Lane {
    Documents,
    Downloads,
    /// Live sound has its own time: it is not counted.
    Live,
}

#[derive(Default)]
pub(crate) struct Turns(Arc<Inner>);

#[derive(Default)]
struct Inner {
    hosts: Mutex<Hosts>,
    freed: Condvar,
}

#[derive(Default)]
struct Hosts {
    lanes: HashMap<(String, Lane), State>,
    /// When a host may be asked again that wanted to be left alone.
    quiet: HashMap<String, Instant>,
}

#[derive(Default)]
struct State {
    busy: usize,
    next: Option<Instant>,
}

/// Hosts that are remembered before those that are idle are forgotten.
const REMEMBERED: usize = 4096;

/// A request under way; its end lets the next one in.
pub(crate) struct Turn {
    inner: Arc<Inner>,
    key: Option<(String, Lane)>,
}

impl Turns {
    /// Waits for a turn at `host` (with its port).
    pub fn take(&self, host: String, lane: Lane, limits: &Limits, stop: &Stop) -> Result<Turn, Error> {
        let until = Instant::now() + limits.queue;
        let mut hosts = self.0.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let now = Instant::now();
            if stop.asked() {
                return Err(Error::Stopped);
            }
            if let Some(quiet) = hosts.quiet.get(&host).filter(|quiet| **quiet > now) {
                let retry_after = *quiet - now;
                return Err(Error::Waiting { host, retry_after });
            }
            if lane == Lane::Live {
                return Ok(Turn { inner: Arc::clone(&self.0), key: None });
            }
            hosts.forget_idle(now);
            let key = (host.clone(), lane);
            let state = hosts.lanes.entry(key.clone()).or_default();
            if state.busy < limits.at_once.max(1) && state.next.is_none_or(|next| next <= now) {
                state.busy += 1;
                state.next = Some(now + limits.interval);
                return Ok(Turn { inner: Arc::clone(&self.0), key: Some(key) });
            }
            if now >= until {
                return Err(Error::Busy { host });
            }
            let interval = state.next.map_or(Duration::ZERO, |next| next.saturating_duration_since(now));
            let nap = if interval.is_zero() { Duration::from_millis(100) } else { interval };
            let nap = nap.min(Duration::from_millis(100));
            (hosts, _) = self.0.freed.wait_timeout(hosts, nap).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Leaves a host alone for a while.
    pub fn quiet(&self, host: String, time: Duration) {
        let mut hosts = self.0.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        hosts.quiet.insert(host, Instant::now() + time);
    }
}

impl Hosts {
    fn forget_idle(&mut self, now: Instant) {
        if self.lanes.len() >= REMEMBERED {
            self.lanes.retain(|_, state| state.busy > 0 || state.next.is_some_and(|next| next > now));
        }
        if self.quiet.len() >= REMEMBERED {
            self.quiet.retain(|_, until| *until > now);
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(key) = self.key.take() else { return };
        let mut hosts = self.inner.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(state) = hosts.lanes.get_mut(&key) {
            state.busy = state.busy.saturating_sub(1);
        }
        self.inner.freed.notify_all();
    }
}
