//! What is asked for, and what comes back.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use url::Url;

use crate::PublicUrl;

/// One thing to fetch. Only the address must be given: `Request { accept: …, ..Request::new(address) }`.
#[derive(Clone)]
pub struct Request {
    /// Address as it came from outside; a user and a password in it become [`Request::credentials`].
    pub address: String,
    /// What an earlier answer was marked with: if nothing changed since, the answer is [`Outcome::NotModified`].
    pub validators: Validators,
    /// User and password; sent to the host, port and scheme of `address` alone.
    pub credentials: Option<Credentials>,
    /// Media types to ask for (`Accept`); anything by default.
    pub accept: Option<String>,
    /// Name to give instead of Readout's own (`User-Agent`), for hosts that refuse programs they do not know.
    pub user_agent: Option<String>,
    /// Most bytes of the body, after decoding; by default those of [`Limits`](crate::Limits).
    pub max_bytes: Option<u64>,
    /// Asked several times a second while waiting; true ends the fetch.
    pub stop: Stop,
}

impl Request {
    /// A request for an address.
    pub fn new(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            validators: Validators::default(),
            credentials: None,
            accept: None,
            user_agent: None,
            max_bytes: None,
            stop: Stop::default(),
        }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Request({})", crate::shown_address(&self.address))
    }
}

/// A user and a password (RFC 7617). Prints as nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// User.
    pub user: String,
    /// Password; often empty.
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Credentials(…)")
    }
}

impl Credentials {
    pub(crate) fn of(url: &Url) -> Option<Self> {
        if url.username().is_empty() && url.password().is_none() {
            return None;
        }
        Some(Self {
            user: crate::headers::percent_decoded(url.username()),
            password: crate::headers::percent_decoded(url.password().unwrap_or_default()),
        })
    }
}

/// What marks one version of a resource (RFC 9110, section 8.8), as the server wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    /// `ETag`, with its quotes.
    pub etag: Option<String>,
    /// `Last-Modified`.
    pub last_modified: Option<String>,
}

/// A question that is asked while something takes long: should this end?
#[derive(Clone, Default)]
pub struct Stop(Option<Arc<dyn Fn() -> bool + Send + Sync>>);

impl Stop {
    /// Ends when `ask` says so.
    pub fn when(ask: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(ask)))
    }

    pub(crate) fn asked(&self) -> bool {
        self.0.as_ref().is_some_and(|ask| ask())
    }
}

impl From<Arc<AtomicBool>> for Stop {
    fn from(flag: Arc<AtomicBool>) -> Self {
        Self::when(move || flag.load(Ordering::Relaxed))
    }
}

impl fmt::Debug for Stop {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Stop")
    }
}

/// The answer to a request for a small document.
#[derive(Debug)]
pub struct Response {
    /// The document, or that it is unchanged.
    pub outcome: Outcome,
    /// What to send as [`Request::validators`] next time. After "not modified" those that were sent, where the server
    /// did not name others.
    pub validators: Validators,
    /// The address that answered, after all redirects.
    pub address: PublicUrl,
    /// Where the server says the resource lives from now on (301 or 308, from the first hop on without a temporary one
    /// between). A subscription should move only when several fetches, over some days, all said the same.
    pub moved: Option<PublicUrl>,
    /// How long the server says its answer stays good (`Cache-Control: max-age`, else `Retry-After`).
    pub fresh_for: Option<Duration>,
}

/// What came of a conditional request.
#[derive(Debug)]
pub enum Outcome {
    /// The document, decoded.
    Document(Document),
    /// Nothing changed since the validators that were sent.
    NotModified,
}

/// A small document.
#[derive(Debug)]
pub struct Document {
    /// Its bytes, unpacked.
    pub bytes: Vec<u8>,
    /// `Content-Type` as the server wrote it; often wrong.
    pub content_type: Option<String>,
    /// A name for a file that holds it, without any folders.
    pub file_name: Option<String>,
}

impl Response {
    /// The document, unless nothing changed.
    pub fn document(self) -> Option<Document> {
        match self.outcome {
            Outcome::Document(document) => Some(document),
            Outcome::NotModified => None,
        }
    }
}
