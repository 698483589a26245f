//! The lines at the top of a page that say what it is: `Broadcast on: 06 Apr 2024`.

use super::build::Draft;
use jiff::civil::Date;
use model::Person;

/// Lines at the top among which a header is looked for.
pub(crate) const HEADER_LINES: usize = 12;
/// A longer line is text, not part of a header.
const LONGEST: usize = 160;

/// What a line of a header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Show,
    Title,
    Date,
    Language,
    Host,
    Guest,
    /// Known to stand in headers; of no use here.
    Other,
}

const KEYS: [(&str, Key); 43] = [
    ("show", Key::Show),
    ("podcast", Key::Show),
    ("programme", Key::Show),
    ("program", Key::Show),
    ("series", Key::Show),
    ("title", Key::Title),
    ("episode", Key::Title),
    ("episode title", Key::Title),
    ("broadcast on", Key::Date),
    ("broadcast", Key::Date),
    ("broadcast date", Key::Date),
    ("date", Key::Date),
    ("published", Key::Date),
    ("published on", Key::Date),
    ("publication date", Key::Date),
    ("aired", Key::Date),
    ("aired on", Key::Date),
    ("air date", Key::Date),
    ("release date", Key::Date),
    ("released", Key::Date),
    ("recorded", Key::Date),
    ("recorded on", Key::Date),
    ("first broadcast", Key::Date),
    ("language", Key::Language),
    ("host", Key::Host),
    ("hosts", Key::Host),
    ("hosted by", Key::Host),
    ("presenter", Key::Host),
    ("presented by", Key::Host),
    ("guest", Key::Guest),
    ("guests", Key::Guest),
    ("audio format", Key::Other),
    ("format", Key::Other),
    ("duration", Key::Other),
    ("length", Key::Other),
    ("running time", Key::Other),
    ("url", Key::Other),
    ("link", Key::Other),
    ("file", Key::Other),
    ("transcript", Key::Other),
    ("transcribed by", Key::Other),
    ("source", Key::Other),
    ("episode number", Key::Other),
];

/// The key of a header's line and its value, which may stand in the next line.
fn parsed(line: &str) -> Option<(Key, &str)> {
    let (name, value) = line.split_once(':')?;
    let value = value.trim();
    if line.chars().count() > LONGEST
        || (!value.is_empty() && !line[name.len() + 1..].starts_with(char::is_whitespace))
    {
        return None;
    }
    let name = name.trim().to_lowercase();
    let (_, key) = KEYS.iter().find(|(known, _)| *known == name)?;
    Some((*key, value))
}

/// True when a line would be taken for part of a header.
pub(crate) fn key(line: &str) -> bool {
    parsed(line).is_some()
}

/// Reads the header at the top of a page, given its first lines; returns how many of them it takes.
///
/// There is one only where at least one line has a key that headers have. What stands before it without a key is show
/// and title, or the title alone.
pub(super) fn header(lines: &[(u32, &str)], draft: &mut Draft<'_>) -> usize {
    let top = lines.len().min(HEADER_LINES);
    let top = &lines[..lines[..top].iter().take_while(|(_, line)| line.chars().count() <= LONGEST).count()];
    let Some(last) = top.iter().rposition(|(_, line)| parsed(line).is_some()) else { return 0 };
    let mut names: Vec<&str> = Vec::new();
    let mut used = last + 1;
    let mut at = 0;
    while at <= last {
        let line = top[at].1.trim();
        at += 1;
        let Some((key, mut value)) = parsed(line) else {
            if !line.is_empty() && !names.contains(&line) {
                names.push(line);
            }
            continue;
        };
        if value.is_empty()
            && let Some((_, next)) =
                top.get(at).filter(|(_, next)| parsed(next).is_none() && next.chars().count() < 60)
            && fits(key, next.trim())
        {
            value = next.trim();
            at += 1;
            used = used.max(at);
        }
        take(key, value, top[at - 1].0, draft);
    }
    let line = top[0].0;
    let mut names = names.into_iter().rev();
    if draft.about.title.is_empty()
        && let Some(title) = names.next()
    {
        draft.about.title = draft.named(title, line);
    }
    if draft.about.show.is_empty()
        && let Some(show) = names.next()
    {
        draft.about.show = draft.named(show, line);
    }
    let rest: Vec<&str> = names.rev().collect();
    if !rest.is_empty() {
        draft.about.notes = Some(rest.join("\n"));
    }
    used
}

/// Whether a line without a key can be the value of the key before it.
fn fits(key: Key, value: &str) -> bool {
    match key {
        Key::Date => date(value).is_some(),
        Key::Other | Key::Language => false,
        _ => !value.is_empty(),
    }
}

fn take(key: Key, value: &str, line: u32, draft: &mut Draft<'_>) {
    let mut people = |role: &str| {
        for name in value.split([',', '&', ';']).flat_map(|part| part.split(" and ")) {
            let name = draft.named(name, line);
            if !name.is_empty() && draft.about.people.len() < 50 {
                draft.about.people.push(Person { name, role: Some(role.to_owned()) });
            }
        }
    };
    match key {
        Key::Show => draft.about.show = draft.named(value, line),
        Key::Title => draft.about.title = draft.named(value, line),
        Key::Date => draft.about.date = date(value).or(draft.about.date),
        Key::Language => draft.language = language(value).or(draft.language.take()),
        Key::Host => people("host"),
        Key::Guest => people("guest"),
        Key::Other => {}
    }
}

/// A day as people write it: `6 April 2024`, `06 Apr 2024`, `April 6, 2024`, `2024-04-06`, `06.04.2024`.
pub(super) fn date(text: &str) -> Option<Date> {
    let text = text.trim();
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let text = match text.split_once([',', ' ']) {
        Some((day, rest)) if days.iter().any(|known| day.to_lowercase().starts_with(known)) => {
            rest.trim_start_matches([',', ' '])
        }
        _ => text,
    };
    if text.len() > 40 {
        return None;
    }
    let iso = text
        .get(..10)
        .filter(|_| text.get(10..).is_some_and(|rest| rest.is_empty() || rest.starts_with(['T', ' '])));
    let formats = ["%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y", "%B %d %Y", "%d. %B %Y", "%d.%m.%Y"];
    iso.and_then(|iso| iso.parse().ok())
        .or_else(|| formats.iter().find_map(|format| Date::strptime(format, text).ok()))
        .filter(|date| (1870..2200).contains(&i32::from(date.year())))
}

/// A language as a tag (BCP 47), from a tag or from the English name of a common one.
pub(super) fn language(text: &str) -> Option<String> {
    const NAMES: [(&str, &str); 20] = [
        ("english", "en"),
        ("german", "de"),
        ("french", "fr"),
        ("spanish", "es"),
        ("italian", "it"),
        ("portuguese", "pt"),
        ("dutch", "nl"),
        ("russian", "ru"),
        ("ukrainian", "uk"),
        ("polish", "pl"),
        ("czech", "cs"),
        ("swedish", "sv"),
        ("norwegian", "no"),
        ("danish", "da"),
        ("finnish", "fi"),
        ("chinese", "zh"),
        ("japanese", "ja"),
        ("korean", "ko"),
        ("arabic", "ar"),
        ("turkish", "tr"),
    ];
    let text = text.trim();
    let lower = text.to_lowercase();
    if let Some((_, tag)) = NAMES.iter().find(|(name, _)| *name == lower) {
        return Some((*tag).to_owned());
    }
    let mut parts = text.split('-');
    let primary = parts
        .next()
        .is_some_and(|part| (2..=3).contains(&part.len()) && part.bytes().all(|c| c.is_ascii_alphabetic()));
    let rest =
        parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|c| c.is_ascii_alphanumeric()));
    (primary && rest && text.len() <= 35).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_people_write_them() {
        let day = Some(jiff::civil::date(2024, 4, 6));
        for text in [
            "06 Apr 2024",
            "6 April 2024",
            "April 6, 2024",
            "Apr 06, 2024",
            "2024-04-06",
            "2024-04-06T10:00:00Z",
            "06.04.2024",
            "Saturday, 6 April 2024",
            "Sat, 06 Apr 2024",
        ] {
            assert_eq!(date(text), day, "{text}");
        }
        for text in ["", "06/04/2024", "31 Feb 2024", "April", "6 April 20245", "0001-01-01"] {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn languages_are_tags_or_names() {
        assert_eq!(language("en-GB").as_deref(), Some("en-GB"));
        assert_eq!(language("English").as_deref(), Some("en"));
        assert_eq!(language("<script>"), None);
        assert_eq!(language(""), None);
    }
}
