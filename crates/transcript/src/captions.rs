use crate::wording::{clean, describe, one_line};
use crate::{About, Paragraph, ends_sentence, long_date, paragraphs, prose};
use model::{Millis, Stretch, StretchKind, Transcript, Word};
use std::fmt::Write as _;

/// Longest line, in characters: the usual limit of broadcast subtitles. A longer word has a line of its own.
const LINE: usize = 42;
/// Longest time a caption stands, in milliseconds.
const LONGEST: u64 = 7_000;
/// A caption stands at least so long, in milliseconds, where the next one leaves room.
const SHORTEST: u64 = 1_000;
/// A pause that ends a caption, in milliseconds.
const PAUSE: u64 = 800;
/// Music and gaps shorter than this, in milliseconds, have no caption.
const WORTH_A_CAPTION: u64 = 1_000;

/// A caption: `start < end`, one or two lines.
#[derive(Debug, PartialEq)]
struct Cue {
    start: Millis,
    end: Millis,
    lines: Vec<String>,
}

/// SubRip. It knows no escapes, and players take angle brackets for tags and leave out what is between them: they are
/// written `‹ ›`, an arrow `-->` as `→`.
pub(crate) fn srt(transcript: &Transcript) -> String {
    let mut text = String::new();
    for (index, cue) in cues(transcript).iter().enumerate() {
        let (start, end) = (stamp(cue.start, ','), stamp(cue.end, ','));
        let body = cue.lines.join("\n").replace("-->", "→").replace('<', "‹").replace('>', "›");
        let _ = write!(text, "{}\n{start} --> {end}\n{body}\n\n", index + 1);
    }
    text
}

/// WebVTT (W3C), with title and caveats as `NOTE`.
pub(crate) fn vtt(about: &About, transcript: &Transcript) -> String {
    let mut text = String::from("WEBVTT\n\n");
    let heading = [&about.show, &about.title].map(|part| one_line(part)).into_iter();
    let heading = heading.chain(about.date.map(long_date)).chain([one_line(&about.engine)]);
    for line in heading.chain(prose::caveat(transcript)).filter(|line| !line.is_empty()) {
        let _ = write!(text, "NOTE {}\n\n", line.replace("-->", "→"));
    }
    for cue in cues(transcript) {
        let (start, end) = (stamp(cue.start, '.'), stamp(cue.end, '.'));
        let body = cue.lines.join("\n").replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let _ = write!(text, "{start} --> {end}\n{body}\n\n");
    }
    text
}

/// `HH:MM:SS` and milliseconds after the mark.
fn stamp(time: Millis, mark: char) -> String {
    let (seconds, millis) = (time.0 / 1000, time.0 % 1000);
    format!("{:02}:{:02}:{:02}{mark}{millis:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// All captions in order of time; none overlaps the next.
fn cues(transcript: &Transcript) -> Vec<Cue> {
    let mut cues: Vec<Cue> = Vec::new();
    for piece in paragraphs(transcript) {
        match piece {
            Paragraph::Spoken(piece) => spoken(piece.words, &mut cues),
            Paragraph::Unspoken(stretch) => cues.extend(unspoken(stretch)),
        }
    }
    cues.sort_by_key(|cue| cue.start);
    let mut earliest = Millis(0);
    for index in 0..cues.len() {
        let next = cues.get(index + 1).map_or(Millis(u64::MAX), |cue| cue.start);
        let cue = &mut cues[index];
        cue.start = cue.start.max(earliest);
        let readable = cue.end.max(Millis(cue.start.0 + SHORTEST));
        // Captions that all begin at one instant follow each other by a millisecond.
        cue.end = readable.min(next).max(Millis(cue.start.0 + 1));
        earliest = cue.end;
    }
    cues
}

fn unspoken(stretch: &Stretch) -> Option<Cue> {
    let shown = matches!(stretch.kind, StretchKind::Gap | StretchKind::Music);
    let long = stretch.end.since(stretch.start).0 >= WORTH_A_CAPTION;
    let lines = vec![format!("[{}]", describe(stretch.kind))];
    (shown && long).then_some(Cue { start: stretch.start, end: stretch.end, lines })
}

/// Captions of a paragraph: as many words as fit, ended where a sentence, a clause or a pause ends.
fn spoken(words: &[Word], cues: &mut Vec<Cue>) {
    let words: Vec<(String, &Word)> =
        words.iter().map(|word| (clean(word), word)).filter(|(text, _)| !text.is_empty()).collect();
    let mut rest = words.as_slice();
    while let Some(((_, first), fitting)) = rest.first().map(|first| (first, fitting(rest))) {
        let count = best_end(rest, fitting);
        let (cue, after) = rest.split_at(count);
        let end = cue.last().map_or(first.end, |(_, word)| word.end);
        cues.push(Cue { start: first.start, end, lines: lines(cue).unwrap_or_default() });
        rest = after;
    }
}

/// How many words can stand in one caption; at least 1.
fn fitting(words: &[(String, &Word)]) -> usize {
    let start = words.first().map(|(_, word)| word.start).unwrap_or_default();
    let mut count = 1;
    while let Some((_, word)) = words.get(count) {
        let pause = word.start.since(words[count - 1].1.end).0;
        let too_long = word.end.since(start).0 > LONGEST;
        if pause >= PAUSE || too_long || lines(&words[..=count]).is_none() {
            break;
        }
        count += 1;
    }
    count
}

/// Where, among the words that fit, the caption is best ended.
fn best_end(words: &[(String, &Word)], fitting: usize) -> usize {
    let next = |count: usize| words.get(count).map(|(text, _)| text.as_str());
    let pause_after = |count: usize| match words.get(count) {
        Some((_, word)) => word.start.since(words[count - 1].1.end).0,
        None => PAUSE,
    };
    if pause_after(fitting) >= PAUSE {
        return fitting;
    }
    let length =
        |count: usize| words[..count].iter().map(|(text, _)| text.chars().count() + 1).sum::<usize>();
    let whole = length(fitting);
    (1..=fitting)
        .filter(|count| *count == fitting || length(*count) * 3 >= whole)
        .max_by_key(|count| {
            let last = words[count - 1].0.as_str();
            let sentence = ends_sentence(last, next(*count));
            let clause = last.ends_with([',', ';', ':', '—', '–', '、', '，']);
            let bonus = if sentence {
                120
            } else if clause {
                60
            } else {
                0
            };
            bonus + pause_after(*count).min(800) / 10 + (length(*count) * 100 / whole) as u64
        })
        .unwrap_or(fitting)
}

/// Sets words in one line or two of nearly equal length, or `None` where they do not fit.
fn lines(words: &[(String, &Word)]) -> Option<Vec<String>> {
    let set = |words: &[(String, &Word)]| {
        let mut line = String::new();
        for (index, (text, word)) in words.iter().enumerate() {
            if index > 0 && !word.joined {
                line.push(' ');
            }
            line.push_str(text);
        }
        line
    };
    let fits = |line: &str, words: usize| words == 1 || line.chars().count() <= LINE;
    let whole = set(words);
    if fits(&whole, words.len()) {
        return Some(vec![whole]);
    }
    // Two full lines and the space between are the most that can fit.
    if whole.chars().count() > 2 * LINE + 1 && words.len() > 2 {
        return None;
    }
    (1..words.len())
        .map(|at| (at, set(&words[..at]), set(&words[at..])))
        .filter(|(at, upper, lower)| fits(upper, *at) && fits(lower, words.len() - at))
        .min_by_key(|(_, upper, lower)| upper.chars().count().abs_diff(lower.chars().count()))
        .map(|(_, upper, lower)| vec![upper, lower])
}
