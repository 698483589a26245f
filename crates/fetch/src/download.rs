//! Large files: to the disk, with their hash, going on where an earlier attempt was cut off.
//!
//! Two bodies are never mixed. A part is continued only when the server named its body with a strong validator and says,
//! in the answer to `If-Range`, that it still has that very one; and the first bytes that come must be the last that are
//! there already, since some servers give each listener other advertisements under one name.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use model::BlobHash;
use ureq::http::header;

use crate::body::Body;
use crate::decode::Unpacked;
use crate::document::{file_name, received_at_most, validators};
use crate::fetcher::{Answer, Asking};
use crate::partial::{self, Origin, Partial};
use crate::turns::Lane;
use crate::{Error, Fetcher, PublicUrl, Request, Validators, headers};

/// Bytes after which what came is made durable, and the free space is looked at again.
const SAFE_EVERY: u64 = 16 << 20;
/// Bytes that are fetched twice when a download goes on, to see that they are the same.
const OVERLAP: u64 = 64 << 10;

/// A file that is there, whole and durable.
#[derive(Debug)]
pub struct Downloaded {
    /// The file: the path that was given.
    pub path: PathBuf,
    /// BLAKE3 of its bytes.
    pub hash: BlobHash,
    /// Bytes.
    pub bytes: u64,
    /// `Content-Type` as the server wrote it; often wrong.
    pub content_type: Option<String>,
    /// A name for the file, without folders, from the server or the address.
    pub file_name: Option<String>,
    /// What marks this version.
    pub validators: Validators,
    /// The address that answered, after all redirects.
    pub address: PublicUrl,
    /// See [`crate::Response::moved`].
    pub moved: Option<PublicUrl>,
    /// True when a part that was there already was used.
    pub resumed: bool,
}

/// How far a download is, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is there.
    pub done: u64,
    /// What there will be, where the server says.
    pub total: Option<u64>,
}

impl Fetcher {
    /// Downloads to `partial`, and leaves the file there; the caller moves it to where it belongs.
    ///
    /// A part that an earlier call left there is continued where that is safe. After an error that
    /// [is retryable](Error::is_retryable) the part is kept for the next call, with its `.origin` beside it; call
    /// [`Fetcher::forget`] to give it up. `progress` is called after every piece that was written.
    pub fn download(
        &self,
        request: &Request,
        partial: &Path,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Downloaded, Error> {
        let partial = Partial { path: partial };
        let mut resumes = self.limits.resumes;
        let mut best = 0;
        loop {
            let origin = partial.resumable(&request.address);
            let before = origin.as_ref().map_or(0, |origin| origin.safe);
            match self.attempt(request, &partial, origin, progress) {
                Ok(Attempt::Done(done)) => return Ok(*done),
                // The part was of no use: it is gone, and the next attempt asks for the whole.
                Ok(Attempt::Again) => partial.forget()?,
                Err(error @ (Error::Incomplete { .. } | Error::Timeout { .. } | Error::Slow { .. })) => {
                    let have = partial.resumable(&request.address).map_or(0, |origin| origin.safe);
                    if have <= before.max(best) || resumes == 0 {
                        return Err(error);
                    }
                    best = have;
                    resumes -= 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Removes what a download left at `partial`.
    pub fn forget(&self, partial: &Path) -> Result<(), Error> {
        Partial { path: partial }.forget()
    }

    fn attempt(
        &self,
        request: &Request,
        partial: &Partial,
        origin: Option<Origin>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Attempt, Error> {
        let most = request.max_bytes.unwrap_or(self.limits.download_bytes);
        // Packed bodies and ranges do not go together: a range would be one of the packed bytes.
        let mut fields = vec![(header::ACCEPT_ENCODING, "identity".to_owned())];
        let from = origin.as_ref().map_or(0, |origin| origin.safe.saturating_sub(OVERLAP));
        if let Some(origin) = &origin {
            fields.push((header::RANGE, format!("bytes={from}-")));
            fields.push((header::IF_RANGE, origin.etag.clone()));
        }
        let whole = Some(self.limits.download);
        let budget = received_at_most(most);
        let asking = Asking { lane: Lane::Downloads, whole, budget, fields: &fields };
        let (answer, body) = self.ask(request, &asking)?;
        match (answer.status, origin) {
            (200 | 203, _) => self.begin(request, partial, (answer, body), most, progress),
            (206, Some(origin)) if continues(&answer, &origin, from) => {
                self.go_on(partial, (answer, body), origin, from, progress)
            }
            (206 | 416, Some(_)) => Ok(Attempt::Again),
            _ => Err(self.refuse(&answer)),
        }
    }

    fn begin(
        &self,
        request: &Request,
        partial: &Partial,
        (answer, body): (Answer, Body),
        most: u64,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Attempt, Error> {
        let encoding = answer.owned(header::CONTENT_ENCODING);
        let packed = encoding.as_deref().is_some_and(|name| !matches!(name, "" | "identity"));
        let total = answer.announced.filter(|_| !packed && !is_chunked(&answer));
        if total.is_some_and(|total| total > most) {
            return Err(Error::TooLarge { shown: answer.address.to_string(), limit: most });
        }
        let file = partial.create()?;
        self.check_space(partial.path, total.unwrap_or(0))?;
        let etag = validators(&answer).etag.filter(|etag| partial::is_strong(etag));
        let origin = etag.zip(total).map(|(etag, total)| Origin {
            shown: answer.address.to_string(),
            address: partial::hash(&request.address),
            place: partial::place(&answer.address),
            etag,
            total,
            safe: 0,
        });
        let writing = Writing {
            fetcher: self,
            partial,
            file,
            hasher: blake3::Hasher::new(),
            done: 0,
            total,
            most,
            origin,
            unsafe_bytes: 0,
        };
        writing.finish(answer, body, encoding.as_deref(), progress)
    }

    fn go_on(
        &self,
        partial: &Partial,
        (answer, mut body): (Answer, Body),
        origin: Origin,
        from: u64,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Attempt, Error> {
        let (mut file, hasher) = partial.reopen(origin.safe)?;
        self.check_space(partial.path, origin.total - origin.safe)?;
        let mut before = vec![0; usize::try_from(origin.safe - from).unwrap_or(0)];
        file.seek(SeekFrom::Start(from))
            .and_then(|_| file.read_exact(&mut before))
            .map_err(Error::disk("read", partial.path))?;
        let mut again = vec![0; before.len()];
        let shown = answer.address.to_string();
        body.read_exact(&mut again).map_err(|error| crate::body::unwrap(error, &shown))?;
        if before != again {
            return Ok(Attempt::Again);
        }
        let (done, total) = (origin.safe, Some(origin.total));
        let most = origin.total;
        let origin = Some(origin);
        let writing =
            Writing { fetcher: self, partial, file, hasher, done, total, most, origin, unsafe_bytes: 0 };
        writing.finish(answer, body, None, progress)
    }

    /// Refuses to fill the disk: `more` bytes are to come.
    fn check_space(&self, path: &Path, more: u64) -> Result<(), Error> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let Some(free) = free_space(folder.unwrap_or(Path::new("."))) else { return Ok(()) };
        let reserve = self.limits.reserve;
        if free < more.saturating_add(reserve) {
            return Err(Error::Space { path: path.to_owned(), free, reserve });
        }
        Ok(())
    }
}

enum Attempt {
    Done(Box<Downloaded>),
    Again,
}

struct Writing<'a> {
    fetcher: &'a Fetcher,
    partial: &'a Partial<'a>,
    file: File,
    hasher: blake3::Hasher,
    done: u64,
    total: Option<u64>,
    most: u64,
    /// Set when what is written may be continued later.
    origin: Option<Origin>,
    unsafe_bytes: u64,
}

impl Writing<'_> {
    fn finish(
        mut self,
        answer: Answer,
        body: Body,
        encoding: Option<&str>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Attempt, Error> {
        let resumed = self.done > 0;
        let shown = body.shown.clone();
        let received = Unpacked::new(body, encoding, self.fetcher.limits.ratio)
            .and_then(|mut body| self.receive(&mut body, progress));
        let short = |writing: &Self| writing.total.is_some_and(|total| writing.done != total);
        let received = match received {
            Ok(()) if short(&self) => Err(Error::Incomplete { shown, got: self.done, whole: self.total }),
            // What matters to the reader of the message is the file, not the last of several answers.
            Err(Error::Incomplete { .. }) => {
                Err(Error::Incomplete { shown, got: self.done, whole: self.total })
            }
            other => other,
        };
        if let Err(error) = received {
            self.leave(&error)?;
            return Err(error);
        }
        self.file.sync_all().map_err(Error::disk("write", self.partial.path))?;
        self.partial.forget_origin()?;
        Ok(Attempt::Done(Box::new(Downloaded {
            path: self.partial.path.to_owned(),
            hash: BlobHash(*self.hasher.finalize().as_bytes()),
            bytes: self.done,
            content_type: answer.owned(header::CONTENT_TYPE),
            file_name: file_name(&answer),
            validators: validators(&answer),
            moved: answer.moved,
            address: answer.address,
            resumed,
        })))
    }

    fn receive(&mut self, body: &mut Unpacked, progress: &mut dyn FnMut(Progress)) -> Result<(), Error> {
        let mut buffer = vec![0; 128 << 10];
        progress(Progress { done: self.done, total: self.total });
        loop {
            let read = body.read(&mut buffer)?;
            if read == 0 {
                return Ok(());
            }
            if self.done + read as u64 > self.most {
                return Err(Error::TooLarge { shown: body.shown.clone(), limit: self.most });
            }
            self.file.write_all(&buffer[..read]).map_err(Error::disk("write", self.partial.path))?;
            self.hasher.update(&buffer[..read]);
            self.done += read as u64;
            self.unsafe_bytes += read as u64;
            if self.unsafe_bytes >= SAFE_EVERY {
                self.make_safe()?;
                let more = self.total.map_or(0, |total| total.saturating_sub(self.done));
                self.fetcher.check_space(self.partial.path, more)?;
            }
            progress(Progress { done: self.done, total: self.total });
        }
    }

    fn make_safe(&mut self) -> Result<(), Error> {
        self.unsafe_bytes = 0;
        if let Some(origin) = &mut self.origin {
            origin.safe = self.done;
            self.partial.remember(&self.file, origin)?;
        }
        Ok(())
    }

    /// Keeps what can be continued, and nothing else.
    fn leave(&mut self, error: &Error) -> Result<(), Error> {
        let can_go_on = self.origin.is_some() && error.is_retryable() && self.done > 0;
        if !can_go_on {
            return self.partial.forget();
        }
        // On a full disk the note may not fit; the one before it still holds.
        self.make_safe().or_else(|problem| match problem {
            Error::Disk { .. } => Ok(()),
            other => Err(other),
        })
    }
}

/// True when a 206 is the rest of the very body that a part is of.
fn continues(answer: &Answer, origin: &Origin, from: u64) -> bool {
    let range = answer.field(header::CONTENT_RANGE).and_then(headers::content_range);
    let rest = range.is_some_and(|range| {
        range.first == from
            && range.last + 1 == origin.total
            && range.total.is_none_or(|it| it == origin.total)
    });
    let length = answer.announced.is_none_or(|length| length == origin.total - from);
    let same = answer.field(header::ETAG) == Some(&origin.etag);
    let plain = answer.field(header::CONTENT_ENCODING).is_none_or(|name| name == "identity");
    rest && length && same && plain && partial::place(&answer.address) == origin.place
}

fn is_chunked(answer: &Answer) -> bool {
    answer.headers.contains_key(header::TRANSFER_ENCODING)
}

/// Bytes that this user may still write in a folder.
#[cfg(unix)]
fn free_space(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
fn free_space(_: &Path) -> Option<u64> {
    None
}
