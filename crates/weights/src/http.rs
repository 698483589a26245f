//! One file by HTTPS, resumed where an earlier attempt was cut off.
//!
//! Goes in: an address, the size the file must have. Comes out: a file of that size, not yet checked for its hash.
//! A part that is there is continued only when the server named it with a strong validator (RFC 9110, section 8.8.1)
//! and still has that very version (`If-Range`, section 13.1.5); anything else begins anew.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use ureq::http::{Response, StatusCode, header};
use ureq::{Agent, Body};

use crate::WeightsError;
use crate::fetch::Failure;

/// How long to wait for a server, and how often.
#[derive(Clone, Debug)]
pub(crate) struct Patience {
    /// To find and connect to a server: short, so that a network which lets only some hosts through is not slow.
    pub connect: Duration,
    /// For the first bytes of an answer.
    pub answer: Duration,
    /// For one answer as a whole. A slower line is no failure: the next request goes on from there.
    pub body: Duration,
    /// Attempts in a row that bring nothing, before the source is given up.
    pub attempts: u32,
    /// Before the second of them; twice as long before each further one.
    pub pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            answer: Duration::from_secs(20),
            body: Duration::from_secs(120),
            attempts: 3,
            pause: Duration::from_millis(300),
        }
    }
}

/// Where a partial file came from, kept beside it.
#[derive(Serialize, Deserialize)]
struct Origin {
    url: String,
    /// Strong entity tag, with its quotes.
    etag: String,
}

pub(crate) struct Download<'a> {
    pub url: &'a str,
    pub bytes: u64,
    /// Where the file is put together.
    pub path: &'a Path,
    pub patience: &'a Patience,
}

/// Host of an address, with its port where it names one.
pub(crate) fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

enum Ended {
    /// The file has its size.
    Whole,
    /// The connection ended early; the next attempt may go on.
    Early(String),
}

impl Download<'_> {
    /// Fetches the file; true when it was begun by an earlier attempt.
    pub fn run(&self, progress: &mut dyn FnMut(u64)) -> Result<bool, Failure> {
        let agent = self.agent();
        let mut resumed = false;
        let mut fruitless = 0;
        loop {
            let have = self.resumable().map_or(0, |(have, _)| have);
            if have == self.bytes {
                return Ok(resumed || fruitless == 0);
            }
            let why = match self.attempt(&agent, progress) {
                Ok((Ended::Whole, continued)) => return Ok(resumed || continued),
                Ok((Ended::Early(why), continued)) => {
                    resumed |= continued;
                    Failure::Refused(why)
                }
                Err(Failure::Unreachable(why)) => Failure::Unreachable(why),
                Err(other) => return Err(other),
            };
            let gained = self.resumable().map_or(0, |(have, _)| have) > have;
            fruitless = if gained { 0 } else { fruitless + 1 };
            // A host that cannot be reached at all will not be a moment later.
            if fruitless >= self.patience.attempts || (matches!(why, Failure::Unreachable(_)) && have == 0) {
                return Err(why);
            }
            if fruitless > 0 {
                std::thread::sleep(self.patience.pause * 2u32.pow(fruitless - 1));
            }
        }
    }

    fn agent(&self) -> Agent {
        Agent::config_builder()
            .https_only(self.url.starts_with("https://"))
            .http_status_as_error(false)
            .timeout_resolve(Some(self.patience.connect))
            .timeout_connect(Some(self.patience.connect))
            .timeout_recv_response(Some(self.patience.answer))
            .timeout_recv_body(Some(self.patience.body))
            .user_agent(concat!("readout/", env!("CARGO_PKG_VERSION")))
            .build()
            .into()
    }

    fn attempt(&self, agent: &Agent, progress: &mut dyn FnMut(u64)) -> Result<(Ended, bool), Failure> {
        let resumable = self.resumable();
        let mut request = agent.get(self.url).header(header::ACCEPT_ENCODING, "identity");
        if let Some((have, etag)) = &resumable {
            request = request.header(header::RANGE, format!("bytes={have}-")).header(header::IF_RANGE, etag);
        }
        let response = request.call().map_err(|error| unreached(&error))?;
        let (at, continued) = match (response.status(), &resumable) {
            (StatusCode::OK, _) => (0, false),
            (StatusCode::PARTIAL_CONTENT, Some((have, _)))
                if range_starts_at(&response, *have, self.bytes) =>
            {
                (*have, true)
            }
            (StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE, Some(_)) => {
                self.forget()?;
                return Ok((Ended::Early("it answered with another part than was asked for".into()), false));
            }
            (status, _) => return Err(Failure::Refused(format!("it answered {status}"))),
        };
        let announced = length(&response).map(|length| length + at);
        if announced.is_some_and(|announced| announced != self.bytes) {
            let announced = announced.unwrap_or(0);
            return Err(Failure::Refused(format!(
                "it has a file of {announced} bytes instead of {}",
                self.bytes
            )));
        }
        if at == 0 {
            self.remember(&response)?;
        }
        self.receive(response, at, progress).map(|ended| (ended, continued))
    }

    fn receive(
        &self,
        response: Response<Body>,
        at: u64,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Ended, Failure> {
        let disk = |error| Failure::Disk(WeightsError::io("write", self.path)(error));
        let mut file = match at {
            0 => File::create(self.path).map_err(disk)?,
            _ => OpenOptions::new().append(true).open(self.path).map_err(disk)?,
        };
        let mut body = response.into_body().into_reader();
        let mut buffer = vec![0; 1 << 17];
        let mut done = at;
        progress(done);
        loop {
            let read = match body.read(&mut buffer) {
                Ok(0) if done == self.bytes => return file.sync_all().map_err(disk).map(|()| Ended::Whole),
                Ok(0) => return Ok(Ended::Early(format!("it ended after {done} of {} bytes", self.bytes))),
                Ok(read) => read,
                Err(error) => return Ok(Ended::Early(format!("it broke off after {done} bytes ({error})"))),
            };
            if done + read as u64 > self.bytes {
                return Err(Failure::Refused(format!(
                    "it sent more than the {} bytes there must be",
                    self.bytes
                )));
            }
            file.write_all(&buffer[..read]).map_err(disk)?;
            done += read as u64;
            progress(done);
        }
    }

    fn origin_path(&self) -> PathBuf {
        let mut name = self.path.as_os_str().to_owned();
        name.push(".origin");
        PathBuf::from(name)
    }

    /// How many bytes are there to go on from, and of which version.
    fn resumable(&self) -> Option<(u64, String)> {
        let origin: Origin = serde_json::from_slice(&fs::read(self.origin_path()).ok()?).ok()?;
        let have = fs::metadata(self.path).ok()?.len();
        (origin.url == self.url && have > 0 && have <= self.bytes).then_some((have, origin.etag))
    }

    fn remember(&self, response: &Response<Body>) -> Result<(), Failure> {
        self.forget()?;
        let etag = response.headers().get(header::ETAG).and_then(|value| value.to_str().ok());
        // A weak tag (`W/"…"`) names versions that mean the same, not the same bytes.
        if let Some(etag) = etag.filter(|etag| etag.starts_with('"') && etag.len() > 2) {
            let origin = Origin { url: self.url.to_owned(), etag: etag.to_owned() };
            let text = serde_json::to_vec(&origin).unwrap_or_default();
            let path = self.origin_path();
            fs::write(&path, text).map_err(|error| Failure::Disk(WeightsError::io("write", &path)(error)))?;
        }
        Ok(())
    }

    /// Drops what an earlier attempt left.
    pub fn forget(&self) -> Result<(), Failure> {
        for path in [self.origin_path(), self.path.to_owned()] {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Failure::Disk(WeightsError::io("remove", &path)(error)));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn unreached(error: &ureq::Error) -> Failure {
    match error {
        ureq::Error::HostNotFound => Failure::Unreachable("no such host is known here".into()),
        ureq::Error::Io(error) if error.to_string().contains("lookup") => {
            Failure::Unreachable("no such host is known here".into())
        }
        ureq::Error::Io(error) => Failure::Unreachable(error.to_string()),
        ureq::Error::ConnectionFailed => Failure::Unreachable("the connection failed".into()),
        ureq::Error::Timeout(_) => Failure::Unreachable("it does not answer".into()),
        other => Failure::Refused(other.to_string()),
    }
}

fn length(response: &Response<Body>) -> Option<u64> {
    response.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// True when the answer is `bytes START-…/TOTAL` as asked for.
fn range_starts_at(response: &Response<Body>, start: u64, total: u64) -> bool {
    let value = response.headers().get(header::CONTENT_RANGE).and_then(|value| value.to_str().ok());
    let parsed = value.and_then(|value| {
        let (range, of) = value.strip_prefix("bytes ")?.split_once('/')?;
        let (from, _) = range.split_once('-')?;
        Some((from.parse::<u64>().ok()?, of.parse::<u64>().ok()))
    });
    parsed.is_some_and(|(from, of)| from == start && of.is_none_or(|of| of == total))
}
