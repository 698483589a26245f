use model::{Millis, Repeat, RepeatKind, Stretch, StretchKind, Word};

const KINDS: [StretchKind; 4] =
    [StretchKind::Silence, StretchKind::Music, StretchKind::Noise, StretchKind::Gap];

/// Longest name of a speaker that is written, in letters.
const LONGEST_NAME: usize = 200;

/// What a stretch is, in the calm words of pages and exports; starts in lower case.
pub fn describe(kind: StretchKind) -> &'static str {
    match kind {
        StretchKind::Silence => "silence",
        StretchKind::Music => "music",
        StretchKind::Noise => "other sound",
        StretchKind::Gap => "speech here was not understood",
    }
}

/// What comes again, and in how many episodes: `perhaps an advertisement, in 3 episodes`; starts in lower case.
pub fn describe_repeat(repeat: &Repeat) -> String {
    let kind = match repeat.kind {
        RepeatKind::Jingle => "jingle",
        RepeatKind::Advertisement => "perhaps an advertisement",
        RepeatKind::Rerun => "broadcast before",
        RepeatKind::Passage => "heard again",
    };
    match repeat.episodes {
        0 | 1 => format!("{kind}, in this episode only"),
        many => format!("{kind}, in {many} episodes"),
    }
}

/// A length of time as people say it: `8 seconds`, `1 minute`, `2 minutes 5 seconds`, `1 hour 3 minutes`.
pub fn length_in_words(length: Millis) -> String {
    let counted = |count: u64, unit: &str| format!("{count} {unit}{}", if count == 1 { "" } else { "s" });
    let seconds = (length.0 + 500) / 1000;
    let (large, small) = match seconds {
        0 => return "less than a second".to_owned(),
        1..60 => return counted(seconds, "second"),
        60..3600 => (counted(seconds / 60, "minute"), (seconds % 60, "second")),
        _ => (counted(seconds / 3600, "hour"), (seconds / 60 % 60, "minute")),
    };
    match small {
        (0, _) => large,
        (count, unit) => format!("{large} {}", counted(count, unit)),
    }
}

/// A length of time from the words of [`length_in_words`].
fn length_from_words(words: &str) -> Option<Millis> {
    if words == "less than a second" {
        return Some(Millis(0));
    }
    let parts: Vec<&str> = words.split(' ').collect();
    let mut seconds = 0u64;
    for pair in parts.chunks(2) {
        let &[count, unit] = pair else { return None };
        let unit = match unit.trim_end_matches('s') {
            "second" => 1,
            "minute" => 60,
            "hour" => 3600,
            _ => return None,
        };
        seconds = seconds.checked_add(count.parse::<u64>().ok()?.checked_mul(unit)?)?;
    }
    seconds.checked_mul(1000).map(Millis)
}

/// A day as a page writes it: `6 April 2024`.
pub fn long_date(date: jiff::civil::Date) -> String {
    date.strftime("%-d %B %Y").to_string()
}

/// The line that stands for a stretch in running text: `[music, 12 seconds]`.
pub(crate) fn note(stretch: &Stretch) -> String {
    format!("[{}, {}]", describe(stretch.kind), length_in_words(stretch.end.since(stretch.start)))
}

/// What [`note`] wrote.
pub(crate) fn noted(text: &str) -> Option<(StretchKind, Millis)> {
    let (what, length) = text.strip_prefix('[')?.strip_suffix(']')?.rsplit_once(", ")?;
    let kind = KINDS.into_iter().find(|kind| describe(*kind) == what)?;
    Some((kind, length_from_words(length)?))
}

/// What a caption that has no words stands for: `[music]`, `♪♪`, `(Music playing)`.
pub(crate) fn sound(text: &str) -> Option<StretchKind> {
    let bare = text.trim_matches(|c: char| {
        c.is_whitespace() || matches!(c, '[' | ']' | '(' | ')' | '♪' | '♫' | '*' | '.')
    });
    if bare.is_empty() {
        return text.contains(['♪', '♫']).then_some(StretchKind::Music);
    }
    if !text.trim_start().starts_with(['[', '(', '♪', '♫', '*']) {
        return None;
    }
    match bare.to_lowercase().as_str() {
        "music" | "music playing" | "background music" | "musik" | "musique" | "música" | "musica"
        | "音乐" | "音楽" => Some(StretchKind::Music),
        "speech here was not understood" | "inaudible" => Some(StretchKind::Gap),
        _ => None,
    }
}

/// A text on one line: white space, control characters and byte order marks become single spaces.
pub(crate) fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}')
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// The name of a speaker as it is written; empty when there is none.
pub(crate) fn name(speaker: &str) -> String {
    let mut name = one_line(speaker);
    if let Some((at, _)) = name.char_indices().nth(LONGEST_NAME) {
        name.truncate(at);
        name.truncate(name.trim_end().len());
    }
    if name.eq_ignore_ascii_case(crate::import::UNKNOWN) { String::new() } else { name }
}

/// The name of a file, without its ending, as one field of a line.
pub(crate) fn field(text: &str, otherwise: &str) -> String {
    let stem = match text.rsplit_once('.') {
        Some((stem, ending)) if ending.len() <= 5 && ending.bytes().all(|c| c.is_ascii_alphanumeric()) => {
            stem
        }
        _ => text,
    };
    let field = one_line(stem).replace([' ', '.'], "_");
    let field = field.trim_start_matches(';');
    if field.is_empty() { otherwise.to_owned() } else { field.to_owned() }
}

/// A word's text as exports write it: without the white space and control characters that no word should have.
pub(crate) fn clean(word: &Word) -> String {
    one_line(&word.text)
}

/// Words as running text.
pub(crate) fn running_text(words: &[Word]) -> String {
    let mut text = String::new();
    for word in words {
        let clean = clean(word);
        if clean.is_empty() {
            continue;
        }
        if !text.is_empty() && !word.joined {
            text.push(' ');
        }
        text.push_str(&clean);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_read_as_they_are_written() {
        for kind in KINDS {
            for length in
                [0, 400, 1_000, 59_499, 60_000, 125_000, 3_599_000, 3_660_000, 7_200_000, 400_000_000]
            {
                let stretch =
                    Stretch { start: Millis(5), end: Millis(5 + length), kind, reason: String::new() };
                let (read, length) = noted(&note(&stretch)).expect("a note");
                assert_eq!(read, kind);
                let again = Stretch { end: Millis(5 + length.0), ..stretch.clone() };
                assert_eq!(note(&again), note(&stretch));
            }
        }
        for text in [
            "[music]",
            "[music, ]",
            "[music, 1]",
            "[laughter, 2 seconds]",
            "[music, 99999999999999999999 hours]",
            "",
        ] {
            assert_eq!(noted(text), None, "{text}");
        }
    }

    #[test]
    fn captions_without_words() {
        for (text, expected) in [
            ("[music]", Some(StretchKind::Music)),
            ("♪♪", Some(StretchKind::Music)),
            ("(Music playing)", Some(StretchKind::Music)),
            ("♪ music ♪", Some(StretchKind::Music)),
            ("♪ la la la ♪", None),
            ("music", None),
            ("[laughter]", None),
            ("...", None),
            ("", None),
        ] {
            assert_eq!(sound(text), expected, "{text}");
        }
    }
}
