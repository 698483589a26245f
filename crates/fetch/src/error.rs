//! What can go wrong, in one sentence that says what to do next.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why something was not fetched.
///
/// Addresses in these sentences are shortened to what may be shown: no user, no password, no query, no token.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text is no address that can be fetched.
    #[error("{shown}: {why}; give an address that begins with https:// or http://")]
    Address {
        /// The address, as far as it may be shown.
        shown: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The address leads into a network that is not public.
    #[error("refused: {what} is {why}; allow it with --allow-host {allow}")]
    Refused {
        /// The host, and where it leads when it is a name.
        what: String,
        /// What kind of address that is.
        why: &'static str,
        /// What to give to `--allow-host`.
        allow: String,
    },
    /// The port belongs to another service.
    #[error(
        "refused: port {port} of {host} is not one that web servers use; allow it with --allow-host {allow}"
    )]
    Port {
        /// The host.
        host: String,
        /// The port that was asked for.
        port: u16,
        /// What to give to `--allow-host`.
        allow: String,
    },
    /// A redirect leads from https to http.
    #[error(
        "refused: {from} leads to {to}, without encryption; allow that with --allow-http-redirects, or ask the publisher for an https address"
    )]
    Downgrade {
        /// The encrypted address.
        from: String,
        /// The other one.
        to: String,
    },
    /// The name has no addresses.
    #[error("no address is known for {host} ({why}); check its spelling and this machine's network")]
    NoHost {
        /// The name.
        host: String,
        /// What the resolver said.
        why: String,
    },
    /// No connection came about, or it broke before an answer.
    #[error("{host} cannot be reached ({why}); check this machine's network, or try again later")]
    Unreachable {
        /// The host.
        host: String,
        /// What the system said.
        why: String,
    },
    /// The server's certificate is not valid.
    #[error(
        "the certificate of {host} is not valid ({why}); nothing was fetched: tell the publisher, and check this machine's clock"
    )]
    Certificate {
        /// The host.
        host: String,
        /// What is wrong.
        why: String,
    },
    /// The server speaks no TLS that can be trusted.
    #[error("{host} does not speak TLS 1.2 or 1.3 properly ({why}); tell the publisher")]
    Tls {
        /// The host.
        host: String,
        /// What happened.
        why: String,
    },
    /// A deadline passed.
    #[error("{host} took more than {} s {phase}; try again later", .after.as_secs_f32())]
    Timeout {
        /// The host.
        host: String,
        /// What was waited for.
        phase: &'static str,
        /// The deadline.
        after: Duration,
    },
    /// The body came too slowly to be worth waiting for.
    #[error("{host} sent fewer than {pace} bytes a second; try again later")]
    Slow {
        /// The host.
        host: String,
        /// The least there must be, in bytes a second.
        pace: u64,
    },
    /// 401.
    #[error("{shown} asks for a user and a password (401); give those that the publisher gave you{note}")]
    Unauthorized {
        /// The address.
        shown: String,
        /// Why those that were given did not count, where that is known.
        note: &'static str,
    },
    /// 403.
    #[error(
        "{shown} is forbidden (403); some publishers refuse programs: open it in a browser, ask the publisher, or set another user agent for this show"
    )]
    Forbidden {
        /// The address.
        shown: String,
    },
    /// 404.
    #[error("{shown} does not exist (404); look up the address at the publisher's")]
    NotFound {
        /// The address.
        shown: String,
    },
    /// 410: the publisher says that it is gone for good.
    #[error(
        "{shown} was taken down for good (410); it is not asked for again: remove the subscription or give its new address"
    )]
    Gone {
        /// The address.
        shown: String,
    },
    /// 429.
    #[error("{shown} asks to be left alone for a while (429){}", wait(.retry_after))]
    TooManyRequests {
        /// The address.
        shown: String,
        /// How long.
        retry_after: Option<Duration>,
    },
    /// 5xx.
    #[error("{shown} fails at the publisher's ({status}){}", wait(.retry_after))]
    Server {
        /// The address.
        shown: String,
        /// The status code.
        status: u16,
        /// How long to wait.
        retry_after: Option<Duration>,
    },
    /// Any other status that is not an answer.
    #[error("{shown} answers with status {status}; open it in a browser to see what it is")]
    Status {
        /// The address.
        shown: String,
        /// The status code.
        status: u16,
    },
    /// The host asked for patience, and its time has not come.
    #[error("{host} asked to be left alone for another {} s; it is asked again after that", .retry_after.as_secs())]
    Waiting {
        /// The host.
        host: String,
        /// The rest of the time.
        retry_after: Duration,
    },
    /// Too many others wait for the same host.
    #[error("too much is fetched from {host} at once; it comes to its turn later")]
    Busy {
        /// The host.
        host: String,
    },
    /// Redirects without an end, or to nowhere.
    #[error("{shown} {why}; tell the publisher, or give the address it should lead to")]
    Redirect {
        /// Where it began.
        shown: String,
        /// What is wrong with the chain.
        why: String,
    },
    /// The body is larger than it may be.
    #[error("{shown} has more than {limit} bytes; raise the limit if that is right")]
    TooLarge {
        /// The address.
        shown: String,
        /// The limit that was met.
        limit: u64,
    },
    /// A small body that unpacks to a huge one.
    #[error("{shown} unpacks to more than {ratio} times its size; it is not a document: tell the publisher")]
    Bomb {
        /// The address.
        shown: String,
        /// The ratio that was met.
        ratio: u64,
    },
    /// What came is not HTTP, or says two things at once.
    #[error("{shown} answers with something that is not proper HTTP ({why}); tell the publisher")]
    Garbled {
        /// The address.
        shown: String,
        /// What is wrong.
        why: String,
    },
    /// The body ended early.
    #[error("{shown} broke off after {got} bytes{}; it can be tried again", of(.whole))]
    Incomplete {
        /// The address.
        shown: String,
        /// What came.
        got: u64,
        /// What should have come.
        whole: Option<u64>,
    },
    /// The body is packed in a way nobody asked for.
    #[error("{shown} is packed as “{encoding}”, which was not asked for; tell the publisher")]
    Encoding {
        /// The address.
        shown: String,
        /// What the server said.
        encoding: String,
    },
    /// The address holds something that cannot be recorded.
    #[error("{shown}: {why}")]
    Playlist {
        /// The address.
        shown: String,
        /// What is wrong, and what to do.
        why: String,
    },
    /// A file could not be written or read.
    #[error("cannot {what} {}: {source}; check the disk and its permissions", .path.display())]
    Disk {
        /// What was done: "write", "read".
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The disk would be too full.
    #[error(
        "{} has {free} bytes free, and {reserve} of them are kept; make room, then run again",
        .path.display()
    )]
    Space {
        /// Where the file would lie.
        path: PathBuf,
        /// What is free, in bytes.
        free: u64,
        /// What must stay free, in bytes.
        reserve: u64,
    },
    /// The caller asked for a stop.
    #[error("stopped")]
    Stopped,
}

impl Error {
    /// True when the same request may succeed later without anybody doing anything.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::NoHost { .. }
            | Self::Unreachable { .. }
            | Self::Timeout { .. }
            | Self::Slow { .. }
            | Self::TooManyRequests { .. }
            | Self::Server { .. }
            | Self::Waiting { .. }
            | Self::Busy { .. }
            | Self::Incomplete { .. }
            | Self::Space { .. }
            | Self::Stopped => true,
            Self::Disk { source, .. } => {
                matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
            }
            _ => false,
        }
    }

    /// How long the server wants to be left alone, when it said so.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooManyRequests { retry_after, .. } | Self::Server { retry_after, .. } => *retry_after,
            Self::Waiting { retry_after, .. } => Some(*retry_after),
            _ => None,
        }
    }

    /// True when the publisher said that the address will never come back (410).
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::Gone { .. })
    }

    pub(crate) fn disk(what: &'static str, path: &std::path::Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Disk { what, path, source }
    }
}

fn wait(after: &Option<Duration>) -> String {
    match after {
        Some(after) => format!("; it is asked again after {} s", after.as_secs()),
        None => "; it is tried again later".into(),
    }
}

fn of(whole: &Option<u64>) -> String {
    whole.map(|whole| format!(" of {whole}")).unwrap_or_default()
}
