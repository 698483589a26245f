//! Header fields of other people's servers: values go in, what they mean comes out, or nothing.

use std::time::{Duration, SystemTime};

/// `Retry-After`: seconds, or a date, which needs to know what time it is (RFC 9110, section 10.2.3). A date that has
/// passed means at once.
pub fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are a wish for ever, which the caller shortens.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let at = httpdate::parse_http_date(value).ok()?;
    Some(at.duration_since(now).unwrap_or(Duration::ZERO))
}

/// `Content-Range: bytes FIRST-LAST/TOTAL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentRange {
    /// First byte, counted from 0.
    pub first: u64,
    /// Last byte, included.
    pub last: u64,
    /// Bytes of the whole, when the server knows them.
    pub total: Option<u64>,
}

/// Reads `Content-Range` (RFC 9110, section 14.4). Ranges that end before they begin or after the whole are none.
pub fn content_range(value: &str) -> Option<ContentRange> {
    let (unit, rest) = value.trim().split_once(' ')?;
    let (range, total) = rest.trim().split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let total = match total {
        "*" => None,
        total => Some(number(total)?),
    };
    let range = ContentRange { first: number(first)?, last: number(last)?, total };
    let sound = range.first <= range.last && total.is_none_or(|total| range.last < total);
    (unit.eq_ignore_ascii_case("bytes") && sound).then_some(range)
}

/// `Cache-Control: max-age`, in seconds; `no-cache` and `no-store` mean 0.
pub fn max_age(value: &str) -> Option<Duration> {
    let directives = || value.split(',').map(|directive| directive.trim().to_ascii_lowercase());
    if directives().any(|directive| matches!(&directive[..], "no-cache" | "no-store")) {
        return Some(Duration::ZERO);
    }
    let seconds =
        directives().find_map(|directive| number(directive.strip_prefix("max-age=")?.trim_matches('"')));
    seconds.map(Duration::from_secs)
}

/// The file name in `Content-Disposition` (RFC 6266), `filename*` before `filename`, without any folders.
pub fn disposition(value: &str) -> Option<String> {
    let mut plain = None;
    let mut extended = None;
    for (name, value) in parameters(value) {
        match &name.to_ascii_lowercase()[..] {
            "filename" => plain = plain.or(Some(value)),
            "filename*" => extended = extended.or_else(|| extended_value(&value)),
            _ => {}
        }
    }
    file_name(&extended.or(plain)?)
}

/// `; name=value` and `; name="value"`, after whatever stands before the first semicolon.
fn parameters(value: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = value.split_once(';').map_or("", |(_, rest)| rest);
    while let Some((name, after)) = rest.split_once('=') {
        let after = after.trim_start();
        let value;
        (value, rest) = match after.strip_prefix('"') {
            Some(quoted) => unquoted(quoted),
            None => {
                let (value, rest) = after.split_once(';').unwrap_or((after, ""));
                (value.trim().to_owned(), rest)
            }
        };
        let name = name.rsplit(';').next().unwrap_or(name).trim();
        found.push((name.to_owned(), value));
    }
    found
}

/// A quoted string up to its closing quote, and what follows it.
fn unquoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, &text[at + 1..]),
            // Paths of Windows come unescaped: a backslash is one unless it escapes a quote or itself.
            '\\' if text[at + 1..].starts_with(['"', '\\']) => value.extend(chars.next().map(|(_, c)| c)),
            c => value.push(c),
        }
    }
    (value, "")
}

/// `UTF-8''percent-encoded` (RFC 8187).
fn extended_value(value: &str) -> Option<String> {
    let mut parts = value.splitn(3, '\'');
    let charset = parts.next()?;
    let text = parts.nth(1)?;
    match &charset.to_ascii_lowercase()[..] {
        "utf-8" => Some(percent_decoded(text)),
        "iso-8859-1" => Some(percent_bytes(text).into_iter().map(char::from).collect()),
        _ => None,
    }
}

/// Percent-encoding undone; bytes that are not UTF-8 become replacement characters.
pub fn percent_decoded(text: &str) -> String {
    String::from_utf8_lossy(&percent_bytes(text)).into_owned()
}

fn percent_bytes(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let decoded = match (first, tail) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)).map(|(high, low)| high * 16 + low),
            _ => None,
        };
        bytes.push(decoded.unwrap_or(*first));
        rest = if decoded.is_some() { tail.get(2..).unwrap_or_default() } else { tail };
    }
    bytes
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// A name that is safe as the name of one file on any system: no folders, no control or invisible characters, not
/// hidden, not a device, at most 120 bytes. `None` when nothing is left.
pub fn file_name(text: &str) -> Option<String> {
    const LONGEST: usize = 120;
    let last = text.rsplit(['/', '\\']).next().unwrap_or(text);
    let shape = |c: char| match c {
        '<' | '>' | ':' | '"' | '|' | '?' | '*' => '_',
        c if crate::address::is_invisible(c) || c.is_control() => '\0',
        c => c,
    };
    let clean: String = last.chars().map(shape).filter(|c| *c != '\0').collect();
    let trim = |text: &str| text.trim_matches(|c: char| c == '.' || c.is_whitespace()).to_owned();
    let name = trim(&clean);
    let (stem, ending) = match name.rsplit_once('.') {
        Some((stem, ending)) if ending.len() <= 8 => (stem, format!(".{ending}")),
        _ => (&name[..], String::new()),
    };
    let mut stem = stem;
    while stem.len() + ending.len() > LONGEST {
        stem = stem.char_indices().next_back().map_or("", |(at, _)| &stem[..at]);
    }
    let name = trim(&format!("{stem}{ending}"));
    let device = {
        let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
        let numbered =
            |prefix| stem.strip_prefix(prefix).is_some_and(|rest| rest.chars().count() == 1 && rest != "0");
        matches!(&stem[..], "CON" | "PRN" | "AUX" | "NUL") || numbered("COM") || numbered("LPT")
    };
    let name = if device { format!("_{name}") } else { name };
    (!name.is_empty()).then_some(name)
}

/// Digits only: no sign, no space (RFC 9110 has `1*DIGIT`).
pub(crate) fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}
