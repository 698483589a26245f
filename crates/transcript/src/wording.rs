use model::{Millis, Stretch, StretchKind, Word};

/// What a stretch is, in the calm words of pages and exports; starts in lower case.
pub fn describe(kind: StretchKind) -> &'static str {
    match kind {
        StretchKind::Silence => "silence",
        StretchKind::Music => "music",
        StretchKind::Noise => "other sound",
        StretchKind::Gap => "speech here was not understood",
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

/// A day as a page writes it: `6 April 2024`.
pub fn long_date(date: jiff::civil::Date) -> String {
    date.strftime("%-d %B %Y").to_string()
}

/// The line that stands for a stretch in running text: `[music, 12 seconds]`.
pub(crate) fn note(stretch: &Stretch) -> String {
    format!("[{}, {}]", describe(stretch.kind), length_in_words(stretch.end.since(stretch.start)))
}

/// A text on one line: white space and control characters become single spaces.
pub(crate) fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// A word's text as exports write it: without the white space and control characters that no word should have.
pub(crate) fn clean(word: &Word) -> String {
    one_line(&word.text)
}

/// Words as running text, each passed through `escape`.
pub(crate) fn running_text(words: &[Word], escape: impl Fn(&str) -> String) -> String {
    let mut text = String::new();
    for word in words {
        let clean = clean(word);
        if clean.is_empty() {
            continue;
        }
        if !text.is_empty() && !word.joined {
            text.push(' ');
        }
        text.push_str(&escape(&clean));
    }
    text
}
