//! What identifies an item, brought into a form that can be compared.

use jiff::Timestamp;
use model::Millis;
use serde::{Deserialize, Serialize};
use url::Url;

use super::titles;
use crate::item::Item;

/// What may identify an item.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keys {
    /// GUID as written.
    pub guid: Option<String>,
    /// Addresses of the recording: host and path in lower case without the hosts that only count listeners, then the
    /// parameters that are no access token.
    pub enclosures: Vec<String>,
    /// Address of the page, in the same form.
    pub link: Option<String>,
    /// Title: words in lower case.
    pub title: String,
    /// When it was published.
    pub at: Option<Timestamp>,
    /// Length as stated.
    pub duration: Option<Millis>,
}

/// Enclosures of one item that are keys; more say nothing new.
const ENCLOSURES: usize = 4;

/// Keys of one kind that are remembered for one episode: a GUID that is another at each fetch must not fill the archive.
const REMEMBERED: usize = 8;

/// Longest key in bytes; what is longer is cut, which makes it no less an identity.
const LONGEST: usize = 1024;

impl Keys {
    /// The keys of an item.
    pub fn of(item: &Item) -> Self {
        let mut enclosures: Vec<String> = Vec::new();
        for enclosure in item.enclosures.iter().take(ENCLOSURES) {
            let key = address(&enclosure.address);
            if !enclosures.contains(&key) {
                enclosures.push(key);
            }
        }
        Self {
            guid: item.guid.as_deref().filter(|guid| !guid.is_empty()).map(cut),
            enclosures,
            link: item.link.as_deref().map(address),
            title: cut(&titles::normalise(item.title.as_deref().unwrap_or_default())),
            at: item.published.map(|published| published.at),
            duration: item.duration.filter(|duration| duration.0 > 0),
        }
    }

    /// Each key with its kind, for [`super::Matcher::survey`].
    pub(super) fn kinds(&self) -> Vec<String> {
        let mut kinds = Vec::with_capacity(8);
        kinds.extend(self.guid.as_deref().map(|guid| of_kind("guid", guid)));
        for enclosure in &self.enclosures {
            kinds.push(of_kind("enclosure", enclosure));
            kinds.push(of_kind("path", path(enclosure)));
        }
        kinds.extend(self.link.as_deref().map(|link| of_kind("link", link)));
        kinds.extend((!self.title.is_empty()).then(|| of_kind("title", &self.title)));
        kinds.extend(self.at.map(|at| of_kind("time", &at.to_string())));
        kinds
    }

    /// True when two items of one document are plainly not the same: at least two of recording, title and date differ.
    pub(super) fn is_other_than(&self, other: &Self) -> bool {
        let recording = !self.enclosures.is_empty()
            && !other.enclosures.is_empty()
            && self.enclosures.iter().all(|own| !other.enclosures.contains(own));
        let title = !self.title.is_empty() && !other.title.is_empty() && self.title != other.title;
        let date = matches!((self.at, other.at), (Some(own), Some(other)) if own != other);
        usize::from(recording) + usize::from(title) + usize::from(date) >= 2
    }
}

pub(super) fn of_kind(kind: &str, key: &str) -> String {
    format!("{kind} {key}")
}

/// Title and day as one key, for shows whose episodes all have the same title.
pub(super) fn title_and_day(title: &str, at: Timestamp) -> String {
    format!("{} {title}", at.as_second().div_euclid(24 * 3600))
}

/// A normalised address without its parameters.
pub(super) fn path(enclosure: &str) -> &str {
    enclosure.split('?').next().unwrap_or_default()
}

/// The last part of a path.
pub(super) fn file(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

/// Adds a key as the newest; false when it is known.
pub(super) fn push_recent(list: &mut Vec<String>, key: Option<&String>) -> bool {
    let Some(key) = key else { return false };
    if list.contains(key) {
        return false;
    }
    if list.len() >= REMEMBERED {
        // The first one stays: it is what the episode was called when it was new.
        list.remove(1);
    }
    list.push(key.clone());
    true
}

fn cut(key: &str) -> String {
    key[..crate::prose::floor_boundary(key, LONGEST)].to_owned()
}

/// Host, path and telling parameters of an address, without its scheme, in lower case.
fn address(written: &str) -> String {
    let Ok(url) = Url::parse(written) else { return cut(&written.to_lowercase()) };
    let host = url.host_str().unwrap_or_default();
    let path = url.path().trim_start_matches('/');
    // Services that count listeners redirect to an address that stands in their own path.
    let (host, path) = behind_redirects(path).unwrap_or((host, path));
    let mut key = host.strip_prefix("www.").unwrap_or(host).to_owned();
    key.push('/');
    key.push_str(path.trim_end_matches('/'));
    let mut telling: Vec<String> = url
        .query_pairs()
        .filter(|(name, value)| !is_token(name, value))
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    telling.sort_unstable();
    if !telling.is_empty() {
        key.push('?');
        key.push_str(&telling.join("&"));
    }
    cut(&key.to_lowercase())
}

/// The host and path that the last host in `path` begins: `…/redirect.mp3/media.example.org/show/1.mp3`.
///
/// A part of a path that looks like a host but is none does no harm: equal addresses stay equal.
fn behind_redirects(path: &str) -> Option<(&str, &str)> {
    let mut found = None;
    let mut at = 0;
    for part in path.split('/') {
        let after = at + part.len() + 1;
        if path.len() > after && is_host(part) {
            found = Some((part, &path[after..]));
        }
        at = after;
    }
    found
}

fn is_host(part: &str) -> bool {
    const FILES: [&str; 16] = [
        "mp3", "m4a", "aac", "ogg", "oga", "opus", "mp4", "m4b", "wav", "flac", "webm", "php", "html",
        "aspx", "asp", "xml",
    ];
    let Some((name, top)) = part.rsplit_once('.') else { return false };
    let is_label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    let top = top.to_ascii_lowercase();
    top.len() >= 2
        && top.bytes().all(|byte| byte.is_ascii_lowercase())
        && !FILES.contains(&top.as_str())
        && name.split('.').all(is_label)
}

/// True for parameters that give access, expire, or tell who sent the listener, and do not say which recording is meant.
fn is_token(name: &str, value: &str) -> bool {
    const NAMES: [&str; 30] = [
        "token",
        "access_token",
        "auth",
        "authkey",
        "authorization",
        "key",
        "apikey",
        "api_key",
        "sig",
        "signature",
        "sign",
        "hash",
        "hmac",
        "expires",
        "expire",
        "expiry",
        "exp",
        "e",
        "ttl",
        "policy",
        "key-pair-id",
        "jwt",
        "session",
        "sessionid",
        "sid",
        "awsaccesskeyid",
        "hdnea",
        "hdnts",
        "nonce",
        "ts",
    ];
    const BEGINS: [&str; 6] = ["utm_", "x-amz-", "x-goog-", "awcollection", "__token", "_t"];
    let name = name.to_ascii_lowercase();
    NAMES.contains(&name.as_str()) || BEGINS.iter().any(|begin| name.starts_with(begin)) || is_secret(value)
}

/// True for what looks random: long, letters and digits mixed, nothing that people write.
fn is_secret(value: &str) -> bool {
    const LONG: usize = 32;
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let letters = value.bytes().filter(u8::is_ascii_alphabetic).count();
    value.len() >= LONG && digits >= 4 && letters >= 4 && !value.contains(['/', ' ', '.'])
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn addresses_of_one_recording_have_one_key() {
        let key = "media.example.org/show/episode-12.mp3";
        for written in [
            "https://media.example.org/show/episode-12.mp3",
            "http://media.example.org/show/Episode-12.mp3",
            "https://www.media.example.org/show/episode-12.mp3?token=abc&expires=1712400000",
            "https://media.example.org/show/episode-12.mp3?utm_source=feed&X-Amz-Signature=00ff",
            "https://media.example.org/show/episode-12.mp3?x=0123456789abcdef0123456789abcdef",
            "https://counter.example.net/redirect.mp3/media.example.org/show/episode-12.mp3",
            "https://one.example.net/track/ABC12/two.example.com/e/media.example.org/show/episode-12.mp3",
            "https://counter.example.net/e/https://media.example.org/show/episode-12.mp3",
        ] {
            assert_eq!(address(written), key, "{written}");
        }
    }

    #[test]
    fn parameters_that_say_which_recording_stay() {
        assert_eq!(address("https://example.org/play.php?id=12&token=x"), "example.org/play.php?id=12");
        assert_ne!(
            address("https://example.org/play.php?id=12"),
            address("https://example.org/play.php?id=13")
        );
        assert_ne!(address("https://example.org/1.mp3"), address("https://example.com/1.mp3"));
    }
}
