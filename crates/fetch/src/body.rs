//! The bytes of an answer, watched as they come.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ureq::BodyReader;

use crate::turns::Turn;
use crate::wire::OverBudget;
use crate::{Error, Limits};

/// A body that fails when it comes too slowly; its errors are [`Error`]s inside [`io::Error`]s, so that it can be read
/// through decoders.
pub(crate) struct Body {
    reader: BodyReader<'static>,
    pub host: String,
    /// The address, as it may be shown.
    pub shown: String,
    /// Bytes received, before unpacking; shared with who unpacks them.
    pub got: Arc<AtomicU64>,
    /// What the server announced.
    pub announced: Option<u64>,
    limits: BodyLimits,
    window: (Instant, u64),
    _turn: Turn,
}

pub(crate) struct BodyLimits {
    pub pace: u64,
    pub pace_over: Duration,
    pub idle: Duration,
    pub whole: Duration,
}

impl BodyLimits {
    pub fn of(limits: &Limits, whole: Duration) -> Self {
        Self { pace: limits.pace, pace_over: limits.pace_over, idle: limits.idle, whole }
    }
}

impl Body {
    pub fn new(
        reader: BodyReader<'static>,
        host: String,
        shown: String,
        announced: Option<u64>,
        limits: BodyLimits,
        turn: Turn,
    ) -> Self {
        let window = (Instant::now(), 0);
        Self { reader, host, shown, got: Arc::default(), announced, limits, window, _turn: turn }
    }

    fn keep_pace(&mut self, read: usize) -> Result<(), Error> {
        let (since, bytes) = &mut self.window;
        *bytes += read as u64;
        let passed = since.elapsed();
        if passed < self.limits.pace_over {
            return Ok(());
        }
        if (*bytes as f64) < self.limits.pace as f64 * passed.as_secs_f64() {
            return Err(Error::Slow { host: self.host.clone(), pace: self.limits.pace });
        }
        self.window = (Instant::now(), 0);
        Ok(())
    }

    fn failed(&self, error: ureq::Error) -> Error {
        let shown = self.shown.clone();
        let incomplete = Error::Incomplete {
            shown: shown.clone(),
            got: self.got.load(Ordering::Relaxed),
            whole: self.announced,
        };
        match error {
            ureq::Error::Timeout(ureq::Timeout::Global) => {
                Error::Timeout { host: self.host.clone(), phase: "to send it all", after: self.limits.whole }
            }
            ureq::Error::Timeout(_) => Error::Timeout {
                host: self.host.clone(),
                phase: "without sending anything",
                after: self.limits.idle,
            },
            ureq::Error::Other(other) => match other.downcast::<Error>() {
                Ok(error) => *error,
                Err(other) if other.is::<OverBudget>() => Error::Garbled { shown, why: other.to_string() },
                Err(_) => incomplete,
            },
            ureq::Error::Protocol(why) => Error::Garbled { shown, why: why.to_string() },
            _ => incomplete,
        }
    }
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match self.reader.read(buffer) {
            Ok(read) => read,
            Err(error) => return Err(io::Error::other(self.failed(error.into()))),
        };
        self.got.fetch_add(read as u64, Ordering::Relaxed);
        if read > 0 {
            self.keep_pace(read).map_err(io::Error::other)?;
        }
        Ok(read)
    }
}

/// The error that came through a decoder: ours, or the decoder's.
pub(crate) fn unwrap(error: io::Error, shown: &str) -> Error {
    let cut_off = error.kind() == io::ErrorKind::UnexpectedEof;
    match error.downcast::<Error>() {
        Ok(error) => error,
        Err(_) if cut_off => Error::Incomplete { shown: shown.to_owned(), got: 0, whole: None },
        Err(_) => Error::Garbled { shown: shown.to_owned(), why: "its packing is broken".into() },
    }
}
