//! From a request to the answer at the end of its redirects.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ureq::http::{HeaderMap, HeaderName, Response, header};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::unversioned::transport::RustlsConnector;
use ureq::{Agent, Timeout};

use crate::body::{Body, BodyLimits};
use crate::headers;
use crate::resolve::{Lookups, Resolve, SystemResolver};
use crate::turns::{Lane, Turn, Turns};
use crate::wire::{Guarded, Line, OverBudget};
use crate::{Credentials, Error, Limits, Policy, PublicUrl, Request};

/// Readout's only way out to addresses that came from outside.
///
/// One is shared by all threads: it counts the requests to each host. It asks no proxy, keeps no cookies, and sends no
/// `Referer`.
pub struct Fetcher {
    policy: Arc<Policy>,
    pub(crate) limits: Limits,
    resolver: Arc<dyn Resolve>,
    lookups: Lookups,
    turns: Turns,
    tls: Arc<RustlsConnector>,
}

/// How to ask.
pub(crate) struct Asking<'a> {
    pub lane: Lane,
    /// For the whole, redirects included; none for what has no end.
    pub whole: Option<Duration>,
    /// Most bytes to receive.
    pub budget: u64,
    /// Fields beyond those of the request.
    pub fields: &'a [(HeaderName, String)],
}

/// What came, beside its body.
pub(crate) struct Answer {
    pub address: PublicUrl,
    pub status: u16,
    pub headers: HeaderMap,
    /// `Content-Length`.
    pub announced: Option<u64>,
    /// See [`crate::Response::moved`].
    pub moved: Option<PublicUrl>,
    /// The credentials were left behind at a redirect.
    left_credentials: bool,
}

impl Answer {
    /// A header field, when it is text.
    pub fn field(&self, name: HeaderName) -> Option<&str> {
        field(&self.headers, name)
    }

    pub fn owned(&self, name: HeaderName) -> Option<String> {
        self.field(name).map(str::to_owned)
    }
}

fn field(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    std::str::from_utf8(headers.get(name)?.as_bytes()).ok().map(str::trim)
}

impl Fetcher {
    /// A fetcher that uses the system's resolver.
    pub fn new(policy: Policy, limits: Limits) -> Self {
        Self::with_resolver(policy, limits, Arc::new(SystemResolver))
    }

    /// A fetcher that finds hosts in another way: for tests.
    pub fn with_resolver(policy: Policy, limits: Limits, resolver: Arc<dyn Resolve>) -> Self {
        Self {
            policy: Arc::new(policy),
            limits,
            resolver,
            lookups: Lookups::default(),
            turns: Turns::default(),
            tls: Arc::new(RustlsConnector::default()),
        }
    }

    /// Reads and checks an address, without asking anybody.
    pub fn check(&self, address: &str) -> Result<PublicUrl, Error> {
        PublicUrl::parse(address, &self.policy)
    }

    pub(crate) fn check_with_credentials(
        &self,
        address: &str,
    ) -> Result<(PublicUrl, Option<Credentials>), Error> {
        PublicUrl::parse_with_credentials(address, &self.policy)
    }

    /// The address that a redirect or a playlist means.
    pub(crate) fn join(&self, base: &PublicUrl, location: &str) -> Result<PublicUrl, Error> {
        let next = base.join(location, &self.policy)?;
        if base.is_encrypted() && !next.is_encrypted() && !self.policy.http_redirects {
            return Err(Error::Downgrade { from: base.to_string(), to: next.to_string() });
        }
        Ok(next)
    }

    /// Asks, and follows redirects to an answer of any other status.
    pub(crate) fn ask(&self, request: &Request, asking: &Asking) -> Result<(Answer, Body), Error> {
        let (start, in_address) = self.check_with_credentials(&request.address)?;
        let credentials = request.credentials.as_ref().or(in_address.as_ref());
        let until = asking.whole.map(|whole| Instant::now() + whole);
        let mut at_home = true;
        let mut all_permanent = true;
        let mut moved = None;
        let mut seen = HashSet::new();
        let mut address = start.clone();
        loop {
            seen.insert(address.clone());
            let turn = self.turns.take(host_port(&address), asking.lane, &self.limits, &request.stop)?;
            let credentials = credentials.filter(|_| at_home);
            let (response, turn) = self.hop(&address, request, credentials, asking, until, turn)?;
            let status = response.status().as_u16();
            let location = response.headers().get_all(header::LOCATION).iter().next_back();
            let next = match (status, location) {
                (301 | 302 | 303 | 307 | 308, Some(location)) => {
                    self.join(&address, &String::from_utf8_lossy(location.as_bytes()))?
                }
                _ => {
                    let left_credentials = !at_home && request_credentials(request, &in_address);
                    return Ok(self.answer(address, response, moved, left_credentials, asking, turn));
                }
            };
            if seen.len() > self.limits.redirects {
                let why = format!("leads on more than {} times", self.limits.redirects);
                return Err(Error::Redirect { shown: start.to_string(), why });
            }
            if seen.contains(&next) {
                let why = "leads back to itself".to_owned();
                return Err(Error::Redirect { shown: start.to_string(), why });
            }
            all_permanent &= matches!(status, 301 | 308);
            if all_permanent {
                moved = Some(next.clone());
            }
            // Once left behind they stay behind: a way back may be somebody else's idea.
            at_home &= start.same_origin(&next);
            address = next;
        }
    }

    fn answer(
        &self,
        address: PublicUrl,
        response: Response<ureq::Body>,
        moved: Option<PublicUrl>,
        left_credentials: bool,
        asking: &Asking,
        turn: Turn,
    ) -> (Answer, Body) {
        let (parts, body) = response.into_parts();
        let announced = field(&parts.headers, header::CONTENT_LENGTH).and_then(headers::number);
        let limits = BodyLimits::of(&self.limits, asking.whole.unwrap_or_default());
        let host = address.host().to_string();
        let body = Body::new(body.into_reader(), host, address.to_string(), announced, limits, turn);
        let (status, headers) = (parts.status.as_u16(), parts.headers);
        (Answer { status, headers, address, announced, moved, left_credentials }, body)
    }

    /// One request to one host.
    fn hop(
        &self,
        address: &PublicUrl,
        request: &Request,
        credentials: Option<&Credentials>,
        asking: &Asking,
        until: Option<Instant>,
        turn: Turn,
    ) -> Result<(Response<ureq::Body>, Turn), Error> {
        let (host, port) = (address.host(), address.port());
        let name = host.to_string();
        let too_long = || Error::Timeout {
            host: name.clone(),
            phase: "to answer",
            after: asking.whole.unwrap_or_default(),
        };
        let left = match until {
            Some(until) => Some(until.checked_duration_since(Instant::now()).ok_or_else(too_long)?),
            None => None,
        };
        let patience = left.map_or(self.limits.resolve, |left| left.min(self.limits.resolve));
        let addresses =
            self.lookups.find(&self.resolver, &self.policy, &host, port, patience, &request.stop)?;
        let line = Line {
            policy: Arc::clone(&self.policy),
            host,
            addresses,
            budget: asking.budget,
            stop: request.stop.clone(),
        };
        let guarded = Guarded { line: line.clone(), tls: Arc::clone(&self.tls) };
        let agent = Agent::with_parts(self.config(request, left), guarded, line);
        let mut call = agent.get(address.as_str()).header(header::CONNECTION, "close");
        for (name, value) in asking.fields {
            call = call.header(name, value);
        }
        if let Some(credentials) = credentials {
            let pair = BASE64_STANDARD.encode(format!("{}:{}", credentials.user, credentials.password));
            call = call.header(header::AUTHORIZATION, format!("Basic {pair}"));
        }
        let response = call.call().map_err(|error| self.failed(address, asking, error))?;
        Ok((response, turn))
    }

    fn config(&self, request: &Request, left: Option<Duration>) -> ureq::config::Config {
        let limits = &self.limits;
        let own_name = concat!("Readout/", env!("CARGO_PKG_VERSION"));
        let roots = self.policy.authorities.as_ref().map(|authorities| authorities.0.as_ref().clone());
        let tls = TlsConfig::builder().root_certs(match roots {
            Some(roots) => RootCerts::from(roots),
            None => RootCerts::WebPki,
        });
        Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .tls_config(tls.build())
            .user_agent(request.user_agent.as_deref().filter(|name| is_line(name)).unwrap_or(own_name))
            .accept(request.accept.as_deref().filter(|accept| is_line(accept)).unwrap_or("*/*"))
            .timeout_connect(Some(limits.connect))
            .timeout_send_request(Some(limits.head))
            .timeout_recv_response(Some(limits.head))
            .timeout_per_read(Some(limits.idle))
            .timeout_per_write(Some(limits.idle))
            .timeout_global(left)
            .max_response_header_size(limits.head_bytes)
            .max_idle_connections(0)
            .build()
    }

    /// What `ureq` could not do, in our words.
    fn failed(&self, address: &PublicUrl, asking: &Asking, error: ureq::Error) -> Error {
        let host = address.host().to_string();
        let shown = address.to_string();
        let timeout = |phase, after| Error::Timeout { host: address.host().to_string(), phase, after };
        match error {
            ureq::Error::Timeout(Timeout::Connect | Timeout::Resolve) => {
                timeout("to connect", self.limits.connect)
            }
            ureq::Error::Timeout(Timeout::Global) => timeout("to answer", asking.whole.unwrap_or_default()),
            ureq::Error::Timeout(Timeout::PerRead | Timeout::PerWrite) => {
                timeout("without sending anything", self.limits.idle)
            }
            ureq::Error::Timeout(_) => timeout("to begin its answer", self.limits.head),
            ureq::Error::Other(other) => match other.downcast::<Error>() {
                Ok(error) => *error,
                Err(other) if other.is::<OverBudget>() => Error::Garbled { shown, why: other.to_string() },
                Err(other) => Error::Unreachable { host, why: other.to_string() },
            },
            ureq::Error::Rustls(error) => tls(host, &error),
            ureq::Error::Io(error) => {
                match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
                    Some(error) => tls(host, error),
                    None if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                        Error::Unreachable { host, why: "it closed the connection without an answer".into() }
                    }
                    None => Error::Unreachable { host, why: error.to_string() },
                }
            }
            ureq::Error::HostNotFound => Error::NoHost { host, why: "it has none".into() },
            ureq::Error::LargeResponseHeader(..) => {
                let why = format!("the head of its answer has more than {} bytes", self.limits.head_bytes);
                Error::Garbled { shown, why }
            }
            ureq::Error::Http(_) | ureq::Error::BadUri(_) => {
                Error::Address { shown, why: "a character in it cannot be sent" }
            }
            other => Error::Garbled { shown, why: other.to_string() },
        }
    }

    /// Turns a status that is no answer into an error, and remembers what a host asked for.
    pub(crate) fn refuse(&self, answer: &Answer) -> Error {
        let shown = answer.address.to_string();
        let now = SystemTime::now();
        let wish = answer.field(header::RETRY_AFTER).and_then(|value| headers::retry_after(value, now));
        let retry_after = wish.map(|wish| wish.min(self.limits.longest_wait));
        if let (429 | 503, Some(wait)) = (answer.status, retry_after) {
            self.turns.quiet(host_port(&answer.address), wait.min(self.limits.longest_quiet));
        }
        match answer.status {
            401 if answer.left_credentials => Error::Unauthorized {
                shown,
                note: " (those you gave are for another host, and are not sent on)",
            },
            401 => Error::Unauthorized { shown, note: "" },
            403 => Error::Forbidden { shown },
            404 => Error::NotFound { shown },
            410 => Error::Gone { shown },
            429 => Error::TooManyRequests { shown, retry_after },
            status @ 500.. => Error::Server { shown, status, retry_after },
            status => Error::Status { shown, status },
        }
    }
}

fn request_credentials(request: &Request, in_address: &Option<Credentials>) -> bool {
    request.credentials.is_some() || in_address.is_some()
}

/// What requests are counted by.
fn host_port(address: &PublicUrl) -> String {
    format!("{}:{}", address.host(), address.port())
}

/// True for what may stand in a header field.
pub(crate) fn is_line(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

fn tls(host: String, error: &rustls::Error) -> Error {
    let why = error.to_string();
    match error {
        rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented => {
            Error::Certificate { host, why }
        }
        _ => Error::Tls { host, why },
    }
}
