//! NIST CTM (SCTK, `infmts`): `file channel begin duration word [confidence]`, a word a line.

use super::Trouble;
use super::build::Draft;
use model::{Millis, StretchKind};

/// A line of the file, with the time that it has its place by, in milliseconds.
struct Entry<'t> {
    line: u32,
    at: u64,
    what: What<'t>,
}

enum What<'t> {
    Word {
        channel: &'t str,
        text: &'t str,
        end: Option<u64>,
        confidence: f32,
    },
    /// A word without a time, which stays behind the one before it.
    Untimed(&'t str),
    Stretch(StretchKind, u64),
}

fn fields(line: &str) -> Vec<&str> {
    line.split_whitespace().take(12).collect()
}

/// True for a line of words with times.
pub(super) fn is_line(line: &str) -> bool {
    let fields = fields(line);
    let number = |at: usize| {
        fields.get(at).is_some_and(|field| field.parse::<f64>().is_ok_and(f64::is_finite) || *field == "*")
    };
    (5..=10).contains(&fields.len()) && number(2) && number(3) && fields[1].chars().count() <= 8
}

/// True for a line of RTTM.
pub(super) fn is_speaker_line(line: &str) -> bool {
    crate::rttm::is_line(line)
}

pub(super) fn ctm(text: &str, draft: &mut Draft<'_>) {
    let mut entries: Vec<Entry<'_>> = Vec::new();
    let mut file: Option<&str> = None;
    // Which of several readings of a passage the lines belong to; 0 outside of one.
    let mut alternative = 0;
    for (line, text) in (1..).zip(text.lines()) {
        let now = entries.last().map_or(0, |entry| entry.at);
        let mut enter = |at, what| entries.push(Entry { line, at, what });
        if let Some(comment) = text.trim_start().strip_prefix(";;") {
            let comment = comment.trim();
            if let Some(word) = comment.strip_prefix(crate::ctm::UNTIMED) {
                enter(now, What::Untimed(word.trim()));
            } else if let Some((start, end, kind)) = crate::ctm::commented(comment)
                && let Some(start) = draft.sane(start, line)
                && let Some(end) = draft.sane(end, line)
            {
                enter(start, What::Stretch(kind, end));
            }
            continue;
        }
        let fields = fields(text);
        let &[name, channel, begin, duration, word, ..] = fields.as_slice() else {
            if !fields.is_empty() {
                draft.complain(Trouble::Stray, line);
            }
            continue;
        };
        if *file.get_or_insert(name) != name {
            draft.complain(Trouble::Other, line);
            continue;
        }
        match word {
            "<ALT_BEGIN>" => alternative = 1,
            "<ALT>" => alternative += 1,
            "<ALT_END>" => alternative = 0,
            _ if alternative > 1 => draft.complain(Trouble::Other, line),
            _ => match time(begin).and_then(|begin| draft.sane(begin, line)) {
                Some(begin) => {
                    let end =
                        time(duration).and_then(|length| draft.sane(begin.saturating_add(length), line));
                    let confidence = fields.get(5).and_then(|field| field.parse().ok()).unwrap_or(1.0);
                    enter(begin, What::Word { channel, text: word, end, confidence });
                }
                None => {
                    draft.complain(Trouble::BadTime, line);
                    enter(now, What::Untimed(word));
                }
            },
        }
    }
    if let Some(pair) = entries.windows(2).find(|pair| pair[1].at < pair[0].at) {
        draft.complain(Trouble::OutOfOrder, pair[1].line);
    }
    entries.sort_by_key(|entry| entry.at);
    let mut channels = entries.iter().filter_map(|entry| match entry.what {
        What::Word { channel, .. } => Some(channel),
        _ => None,
    });
    let first = channels.next();
    let several = channels.any(|channel| Some(channel) != first);
    for Entry { line, at, what } in entries {
        match what {
            What::Word { channel, text, end, confidence } => {
                if several {
                    draft.voice(Some(&format!("Channel {channel}")), line);
                }
                draft.word(text, Some(at), end, confidence, line);
            }
            What::Untimed(text) => draft.word(text, None, None, 1.0, line),
            What::Stretch(kind, end) => draft.stretch(kind, at, end, line),
        }
    }
    draft.about.file = draft.named(file.unwrap_or_default(), 0);
}

/// Seconds as milliseconds; `None` when they are no time.
fn time(seconds: &str) -> Option<u64> {
    let seconds: f64 = seconds.parse().ok()?;
    (seconds.is_finite() && (0.0..1e13).contains(&seconds)).then(|| Millis::from_seconds(seconds).0)
}
