//! Addresses that were read, checked, and may be shown.

use std::fmt;

use url::{Host, Url};

use crate::{Credentials, Error, Policy};

/// An address whose spelling is understood and whose host is public, or allowed by the user.
///
/// It holds no user, no password and no fragment; what it prints as leaves out whatever may be a token. That its host
/// leads to a public address is found out again at each connection.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PublicUrl(Url);

/// Longest address that is read, in bytes; servers accept about 8,000.
const LONGEST: usize = 8 << 10;

impl PublicUrl {
    /// Reads an address the way browsers do (WHATWG URL: `http://0x7f.1/` is `http://127.0.0.1/`), so that there is
    /// one spelling of each host to judge.
    pub fn parse(text: &str, policy: &Policy) -> Result<Self, Error> {
        Self::parse_with_credentials(text, policy).map(|(address, _)| address)
    }

    /// The same, with the user and password that stand in the address.
    pub fn parse_with_credentials(text: &str, policy: &Policy) -> Result<(Self, Option<Credentials>), Error> {
        let text = text.trim();
        let wrong = |why| Error::Address { shown: shorten(text), why };
        if text.len() > LONGEST {
            return Err(wrong("an address has at most 8192 bytes"));
        }
        let url = Url::parse(text).map_err(|error| match error {
            url::ParseError::RelativeUrlWithoutBase => wrong("this is no address"),
            url::ParseError::InvalidPort => wrong("its port is not a number up to 65535"),
            url::ParseError::EmptyHost => wrong("it names no host"),
            _ => wrong("its host cannot be understood"),
        })?;
        Self::check(url, policy)
    }

    /// The address that a `Location` header means, seen from here.
    pub(crate) fn join(&self, location: &str, policy: &Policy) -> Result<Self, Error> {
        let wrong = || Error::Address { shown: shorten(location), why: "the redirect cannot be understood" };
        if location.len() > LONGEST {
            return Err(wrong());
        }
        let url = self.0.join(location).map_err(|_| wrong())?;
        // A user and password that a redirect names are the sender's, not the user's: they are dropped.
        Self::check(url, policy).map(|(address, _)| address)
    }

    fn check(mut url: Url, policy: &Policy) -> Result<(Self, Option<Credentials>), Error> {
        let wrong = |url: &Url, why| Error::Address { shown: shown(url), why };
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong(&url, "only https and http are fetched"));
        }
        let credentials = Credentials::of(&url);
        url.set_fragment(None);
        let stripped = url.set_username("").and_then(|()| url.set_password(None));
        if stripped.is_err() {
            return Err(wrong(&url, "it names no host"));
        }
        // `host.example.` is `host.example`, said absolutely.
        if let Some(name) = url.domain().filter(|name| name.ends_with('.')) {
            let name = name.trim_end_matches('.').to_owned();
            if url.set_host(Some(&name)).is_err() {
                return Err(wrong(&url, "its host cannot be understood"));
            }
        }
        let Some(host) = url.host().map(|host| host.to_owned()) else {
            return Err(wrong(&url, "it names no host"));
        };
        if let Host::Domain(name) = &host
            && !is_host_name(name)
        {
            return Err(wrong(&url, "its host is not a host name"));
        }
        let port = url.port_or_known_default().unwrap_or(0);
        policy.host(&host, port)?;
        Ok((Self(url), credentials))
    }

    /// The whole address, as it is sent: it may hold tokens, and is not for messages.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The host: a name in lower case (IDNs as punycode), or an address.
    pub fn host(&self) -> Host<String> {
        self.0.host().map_or_else(|| Host::Domain(String::new()), |host| host.to_owned())
    }

    /// The port, also where the address leaves it out.
    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or(0)
    }

    /// True for https.
    pub fn is_encrypted(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The last part of the path, decoded, where there is one: what a browser would name a file.
    pub fn file_name(&self) -> Option<String> {
        let last = self.0.path_segments()?.next_back()?;
        crate::headers::file_name(&crate::headers::percent_decoded(last))
    }

    /// Scheme, host and port: what credentials are bound to (RFC 6454).
    pub(crate) fn same_origin(&self, other: &Self) -> bool {
        self.0.scheme() == other.0.scheme() && self.0.host() == other.0.host() && self.port() == other.port()
    }

    /// Host and path, for telling whether two answers may be of one resource: queries often hold a signature.
    pub(crate) fn place(&self) -> String {
        format!("{}:{}{}", self.host(), self.port(), self.0.path())
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&shown(&self.0))
    }
}

impl fmt::Debug for PublicUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "PublicUrl({self})")
    }
}

/// Labels of letters, digits, hyphens and underscores, as the name system has them (RFC 1123, with the underscore that
/// is in use).
fn is_host_name(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    name.len() <= 253 && name.split('.').all(label)
}

/// An address for messages: `https://host/path?…`, without user, password, query, and parts that look like tokens.
pub fn shown_address(text: &str) -> String {
    match Url::parse(text.trim()) {
        Ok(url) => shown(&url),
        Err(_) => shorten(text),
    }
}

fn shown(url: &Url) -> String {
    let Some(host) = url.host_str() else { return format!("{}:…", url.scheme()) };
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let path = url.path().split('/').map(shown_segment).collect::<Vec<_>>().join("/");
    let query = if url.query().is_some() { "?…" } else { "" };
    shorten(&format!("{}://{host}{port}{path}{query}", url.scheme()))
}

/// Private feeds carry their key in the path as often as in the query: long, without words, letters among digits.
fn shown_segment(segment: &str) -> String {
    let (stem, ending) = match segment.rsplit_once('.') {
        Some((stem, ending)) if ending.len() <= 5 => (stem, format!(".{ending}")),
        _ => (segment, String::new()),
    };
    let longest = stem.split(['-', '.', '~']).map(str::len).max().unwrap_or(0);
    let digits = stem.bytes().any(|byte| byte.is_ascii_digit());
    let letters = stem.bytes().any(|byte| byte.is_ascii_alphabetic());
    let uuid = stem.len() == 36 && stem.split('-').map(str::len).eq([8, 4, 4, 4, 12]);
    if uuid || longest >= 16 && digits && letters || longest >= 40 {
        return format!("…{ending}");
    }
    segment.to_owned()
}

/// Foreign text for a message: printable, on one line, not long.
pub(crate) fn shorten(text: &str) -> String {
    const LONG: usize = 160;
    let hidden = match text.split_once("://") {
        // What cannot be read as an address may still hold a password.
        Some((scheme, rest)) => match rest.split(['/', '?', '#']).next().and_then(|host| host.rfind('@')) {
            Some(at) => format!("{scheme}://{}", &rest[at + 1..]),
            None => text.to_owned(),
        },
        None => text.to_owned(),
    };
    let shape = |c: char| if c.is_control() || is_invisible(c) { '\u{fffd}' } else { c };
    let mut line: String = hidden.chars().take(LONG).map(shape).collect();
    if hidden.chars().nth(LONG).is_some() {
        line.push('…');
    }
    line
}

/// Marks that reorder or hide the text around them.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}
