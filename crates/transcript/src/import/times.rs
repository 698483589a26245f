//! Times as people and programs write them.

/// A clock time at the begin of a text, `1:02`, `01:02:03`, `00:00:01.500`, `00:01,5`: milliseconds and the rest.
pub(super) fn clock(text: &str) -> Option<(u64, &str)> {
    let mut numbers: Vec<&str> = Vec::new();
    let mut rest = text;
    loop {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 || digits > 9 {
            return None;
        }
        let (number, after) = rest.split_at(digits);
        numbers.push(number);
        rest = after;
        let more = rest.strip_prefix(':').filter(|after| after.starts_with(|c: char| c.is_ascii_digit()));
        match more {
            Some(after) if numbers.len() < 3 => rest = after,
            _ => break,
        }
    }
    if numbers.len() < 2 || numbers.iter().skip(1).any(|number| number.len() > 2) {
        return None;
    }
    let mut millis = 0;
    for number in &numbers {
        millis = millis * 60 + number.parse::<u64>().ok()? * 1000;
    }
    if let Some(after) = rest.strip_prefix(['.', ',']) {
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 {
            let (fraction, after) = after.split_at(digits);
            millis += thousandths(fraction);
            rest = after;
        }
    }
    Some((millis, rest))
}

/// `5` is 500 ms, `05` 50 ms, `1234` 123 ms.
fn thousandths(digits: &str) -> u64 {
    let digit = |at: usize| digits.as_bytes().get(at).map_or(0, |digit| u64::from(digit - b'0'));
    digit(0) * 100 + digit(1) * 10 + digit(2)
}

/// A clock time as it stands in running text: all numbers but the first have two digits and are below 60.
fn strict(text: &str) -> Option<(u64, &str)> {
    let (millis, rest) = clock(text)?;
    let used = &text[..text.len() - rest.len()];
    let whole = used.split(['.', ',']).next().unwrap_or_default();
    let mut parts = whole.split(':');
    let first = parts.next().is_some_and(|part| part.len() <= 3);
    (first && parts.all(|part| part.len() == 2 && part < "60")).then_some((millis, rest))
}

/// A time in square brackets (or round ones) at the begin of a text, and the rest.
pub(super) fn bracketed(text: &str, round: bool) -> Option<(u64, &str)> {
    let (inside, close) = match text.chars().next()? {
        '[' => (&text[1..], ']'),
        '(' if round => (&text[1..], ')'),
        _ => return None,
    };
    let (millis, rest) = strict(inside.trim_start())?;
    Some((millis, rest.trim_start().strip_prefix(close)?))
}

/// A time that stands before a paragraph: in brackets, or bare with a space after it.
pub(super) fn leading(text: &str) -> Option<(u64, &str)> {
    bracketed(text, true).or_else(|| {
        let (millis, rest) = strict(text)?;
        (rest.is_empty() || rest.starts_with(char::is_whitespace)).then_some((millis, rest))
    })
}

/// A time at the end of a text, in brackets or after white space: what is before it, and the time.
pub(super) fn trailing(text: &str) -> Option<(&str, u64)> {
    let text = text.trim_end();
    let open = text.rfind(['[', '(']).filter(|_| text.ends_with([']', ')']));
    let at = open.or_else(|| text.rfind(char::is_whitespace).map(|at| at + 1))?;
    let tail = text.get(at..)?.trim_start();
    let (millis, rest) = leading(tail)?;
    rest.trim().is_empty().then(|| (text[..at].trim_end(), millis))
}

/// True when a paragraph of running text holds what would be read as a time: at its begin, or in square brackets.
pub(crate) fn marks(text: &str) -> bool {
    leading(text.trim_start()).is_some()
        || text.match_indices('[').any(|(at, _)| bracketed(&text[at..], false).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks() {
        for (text, expected) in [
            ("1:02", Some((62_000, ""))),
            ("01:02:03", Some((3_723_000, ""))),
            ("00:00:01.500 x", Some((1_500, " x"))),
            ("00:01,5", Some((1_500, ""))),
            ("00:01.123456", Some((1_123, ""))),
            ("00:01.", Some((1_000, "."))),
            ("100:00:00", Some((360_000_000, ""))),
            ("1:2:3", Some((3_723_000, ""))),
            ("12", None),
            (":12", None),
            ("1:", None),
            ("1:234", None),
            ("9999999999:00", None),
            ("", None),
        ] {
            assert_eq!(clock(text), expected, "{text}");
        }
    }

    #[test]
    fn times_in_text() {
        assert_eq!(leading("[00:12:30] Good"), Some((750_000, " Good")));
        assert_eq!(leading("(12:30) Good"), Some((750_000, " Good")));
        assert_eq!(leading("12:30 Good"), Some((750_000, " Good")));
        assert_eq!(leading("12:30pm"), None);
        assert_eq!(leading("12:5 Good"), None);
        assert_eq!(trailing("Speaker 1  00:00:12"), Some(("Speaker 1", 12_000)));
        assert_eq!(trailing("Ann Lee (0:12)"), Some(("Ann Lee", 12_000)));
        assert_eq!(trailing("at 12:30 sharp"), None);
        assert!(
            marks("so [04:01] it") && marks("4:01 it") && !marks("so (04:01) it") && !marks("so 4:01 it")
        );
        assert_eq!(trailing("é:"), None);
    }
}
