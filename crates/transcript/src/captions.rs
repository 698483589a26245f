use crate::prose::{self, GENERATOR};
use crate::segments::{Segment, of_cues};
use crate::spacing::{self, meet};
use crate::wording::{clean, describe, name, one_line, running_text, sound};
use crate::{About, Paragraph, Spoken, ends_sentence, paragraphs};
use model::{Millis, Stretch, StretchKind, Timing, Transcript, Word};
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
pub(crate) const WORTH_A_CAPTION: u64 = 1_000;
/// Time to read a letter, in milliseconds, where nothing states when a caption ends.
const READING: u64 = 60;

/// A caption: `start < end`. Those of one source may overlap, in order of their start.
#[derive(Debug, PartialEq)]
struct Caption<'t> {
    start: Millis,
    end: Millis,
    text: String,
    speaker: Option<&'t str>,
    /// The speaker changes here.
    begins_turn: bool,
    /// It has the times of the one before, of which it is a part.
    shares: bool,
}

/// SubRip. It knows no escapes, and players take angle brackets for tags and leave out what is between them: they are
/// written `‹ ›`, an arrow `-->` as `→`. Where the speaker changes, the name stands before the words, or `>>`.
pub(crate) fn srt(transcript: &Transcript) -> String {
    let mut text = String::new();
    for (index, caption) in captions(transcript).iter().enumerate() {
        let (start, end) = (stamp(caption.start, ','), stamp(caption.end, ','));
        let clean =
            |text: &str| text.replace("-->", "→").replace('<', "‹").replace('>', "›").replace("{\\", "{＼");
        let said = clean(&caption.text);
        let said = match caption.speaker.map(name).filter(|name| !name.is_empty()) {
            _ if !caption.begins_turn => prose::guarded_caption(&said, false),
            Some(name) => prose::labelled_caption(&clean(&name), &said),
            None => format!(">> {}", prose::guarded_caption(&said, true)),
        };
        let _ = write!(text, "{}\n{start} --> {end}\n{}\n\n", index + 1, lines(&said).join("\n"));
    }
    text
}

/// WebVTT (W3C), with voices, and with what is known of the recording in a comment: at the end, because many programs
/// take WebVTT for SubRip with another first line.
pub(crate) fn vtt(about: &About, transcript: &Transcript) -> String {
    let mut text = String::from("WEBVTT\n\n");
    for caption in captions(transcript) {
        let (start, end) = (stamp(caption.start, '.'), stamp(caption.end, '.'));
        let voice = caption.speaker.map(name).filter(|name| !name.is_empty());
        let voice = voice.map(|name| format!("<v {}>", escape(&name))).unwrap_or_default();
        let _ = write!(text, "{start} --> {end}\n{voice}{}\n\n", escape(&lines(&caption.text).join("\n")));
    }
    let _ = writeln!(text, "NOTE {GENERATOR}");
    let language = transcript.language.as_deref().map(one_line);
    let facts = [
        ("show", one_line(&about.show)),
        ("title", one_line(&about.title)),
        ("date", about.date.map(|date| date.to_string()).unwrap_or_default()),
        ("engine", one_line(&about.engine)),
        ("language", language.unwrap_or_default()),
    ];
    let facts = facts.into_iter().filter(|(_, value)| !value.is_empty());
    for line in facts.map(|(key, value)| format!("{key}: {value}")).chain(prose::caveat(transcript)) {
        let _ = writeln!(text, "{}", line.replace("-->", "→"));
    }
    text.push('\n');
    text
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Where the facts of a comment go that [`vtt`] wrote.
pub(crate) struct Noted<'d> {
    pub about: &'d mut About,
    pub language: &'d mut Option<String>,
    pub complete: &'d mut bool,
    pub partial: &'d mut Option<String>,
}

/// Reads a line of the comment that [`vtt`] wrote.
pub(crate) fn take_note(line: &str, noted: Noted<'_>) {
    if prose::take_caveat(line, noted.complete, noted.partial) {
        return;
    }
    let Some((key, value)) = line.split_once(": ") else { return };
    let value = value.to_owned();
    match key {
        "show" => noted.about.show = value,
        "title" => noted.about.title = value,
        "date" => noted.about.date = value.parse().ok(),
        "engine" => noted.about.engine = value,
        "language" => *noted.language = Some(value),
        _ => {}
    }
}

/// `HH:MM:SS` and milliseconds after the mark.
pub(crate) fn stamp(time: Millis, mark: char) -> String {
    let (seconds, millis) = (time.0 / 1000, time.0 % 1000);
    format!("{:02}:{:02}:{:02}{mark}{millis:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// All captions in order of time.
fn captions(transcript: &Transcript) -> Vec<Caption<'_>> {
    let spoken = match transcript.cues.is_empty() {
        true => made(transcript),
        false => of_cues(transcript).into_iter().filter_map(|segment| of_cue(transcript, segment)).collect(),
    };
    // What is no speech has a caption where the others leave room for one.
    let mut captions = Vec::with_capacity(spoken.len());
    let mut shown = transcript.stretches.iter().filter(|stretch| is_shown(stretch)).peekable();
    let mut latest = Millis(0);
    for caption in spoken {
        while let Some(stretch) = shown.next_if(|stretch| stretch.start <= caption.start) {
            captions.extend(unspoken(stretch, &mut latest, caption.start));
        }
        latest = latest.max(caption.end);
        captions.push(caption);
    }
    for stretch in shown {
        captions.extend(unspoken(stretch, &mut latest, Millis(u64::MAX)));
    }
    captions
}

/// The caption of a cue, as the source has it.
fn of_cue(transcript: &Transcript, segment: Segment) -> Option<Caption<'_>> {
    let text = running_text(transcript.words.get(segment.from..segment.to)?);
    let text = match sound(&text) {
        Some(kind) => format!("[{}]", describe(kind)),
        None => text,
    };
    let end = segment.end.max(Millis(segment.start.0 + 1));
    let begins_turn =
        transcript.turns.binary_search_by_key(&segment.from, |turn| turn.first as usize).is_ok();
    let speaker = transcript.speaker_at(segment.from);
    (!text.is_empty()).then_some(Caption {
        start: segment.start,
        end,
        text,
        speaker,
        begins_turn,
        shares: false,
    })
}

fn is_shown(stretch: &Stretch) -> bool {
    matches!(stretch.kind, StretchKind::Gap | StretchKind::Music)
}

fn unspoken<'t>(stretch: &Stretch, latest: &mut Millis, next: Millis) -> Option<Caption<'t>> {
    let (start, end) = (stretch.start.max(*latest), stretch.end.min(next));
    if end.since(start).0 < WORTH_A_CAPTION {
        return None;
    }
    *latest = end;
    let text = format!("[{}]", describe(stretch.kind));
    Some(Caption { start, end, text, speaker: None, begins_turn: false, shares: false })
}

/// Captions of a text that did not come in captions.
fn made(transcript: &Transcript) -> Vec<Caption<'_>> {
    let mut captions = Vec::new();
    let mut known = Millis(0);
    for piece in paragraphs(transcript) {
        if let Paragraph::Spoken(said) = piece {
            spoken(&said, &mut known, &mut captions);
        }
    }
    let mut earliest = Millis(0);
    for index in 0..captions.len() {
        let next = captions[index + 1..].iter().find(|caption| !caption.shares).map(|caption| caption.start);
        let before = index.checked_sub(1).map(|before| (captions[before].start, captions[before].end));
        let caption = &mut captions[index];
        if let Some((start, end)) = before.filter(|_| caption.shares) {
            (caption.start, caption.end) = (start, end);
            continue;
        }
        caption.start = caption.start.max(earliest);
        let readable = caption.end.max(Millis(caption.start.0 + SHORTEST));
        // Captions that all begin at one instant follow each other by a millisecond.
        caption.end = readable.min(next.unwrap_or(Millis(u64::MAX))).max(Millis(caption.start.0 + 1));
        earliest = caption.end;
    }
    captions
}

/// Words that no caption may cut: of those whose begin nobody states, none can begin a caption, and none that joins the
/// one before.
struct Unit {
    text: String,
    start: Millis,
    /// Stated, or reckoned from the time it takes to read.
    end: Millis,
    joined: bool,
    /// Its begin is stated.
    timed: bool,
}

fn units(words: &[Word], known: &mut Millis) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::with_capacity(words.len());
    for word in words {
        let text = clean(word);
        if text.is_empty() {
            continue;
        }
        let timed = word.timing != Timing::Estimated;
        if let Some(unit) = units.last_mut()
            && (!timed || (word.joined && !meet(&unit.text, &text)))
        {
            if !word.joined {
                unit.text.push(' ');
            }
            unit.text.push_str(&text);
            unit.end = match word.timing {
                Timing::Measured => word.end,
                _ => Millis(unit.start.0 + unit.text.chars().count() as u64 * READING),
            };
            continue;
        }
        // A begin that nobody states is that of the caption before.
        let start = if timed { word.start } else { *known };
        let reading = Millis(start.0 + text.chars().count() as u64 * READING);
        let end = if word.timing == Timing::Measured { word.end } else { reading };
        *known = start;
        units.push(Unit { text, start, end, joined: word.joined, timed });
    }
    units
}

/// Captions of a paragraph: as many words as fit, ended where a sentence, a clause or a pause ends.
fn spoken<'t>(said: &Spoken<'t>, known: &mut Millis, captions: &mut Vec<Caption<'t>>) {
    let units = units(said.words, known);
    let mut rest = units.as_slice();
    let mut begins_turn = said.begins_turn;
    while let Some(first) = rest.first() {
        let label = match said.speaker {
            Some(speaker) if begins_turn => format!("{}: ", name(speaker)),
            _ => String::new(),
        };
        let count = best_end(rest, fitting(rest, &label));
        let (cue, after) = rest.split_at(count);
        let end = cue.last().map_or(first.end, |unit| unit.end);
        let text = set(cue);
        let text = match sound(&text) {
            Some(kind) => format!("[{}]", describe(kind)),
            None => text,
        };
        let shares = !first.timed && !captions.is_empty();
        captions.push(Caption { start: first.start, end, text, speaker: said.speaker, begins_turn, shares });
        (rest, begins_turn) = (after, false);
    }
}

/// How many units can stand in one caption; at least 1.
fn fitting(units: &[Unit], label: &str) -> usize {
    let start = units.first().map(|unit| unit.start).unwrap_or_default();
    let mut count = 1;
    while let Some(unit) = units.get(count) {
        let pause = unit.start.since(units[count - 1].end).0;
        let too_long = unit.end.since(start).0 > LONGEST;
        if pause >= PAUSE || too_long || lines(&format!("{label}{}", set(&units[..=count]))).len() > 2 {
            break;
        }
        count += 1;
    }
    count
}

/// Where, among the units that fit, the caption is best ended.
fn best_end(units: &[Unit], fitting: usize) -> usize {
    let next = |count: usize| units.get(count).map(|unit| unit.text.as_str());
    let pause_after = |count: usize| match units.get(count) {
        Some(unit) => unit.start.since(units[count - 1].end).0,
        None => PAUSE,
    };
    if pause_after(fitting) >= PAUSE {
        return fitting;
    }
    let length =
        |count: usize| units[..count].iter().map(|unit| unit.text.chars().count() + 1).sum::<usize>();
    let whole = length(fitting);
    (1..=fitting)
        .filter(|count| *count == fitting || length(*count) * 3 >= whole)
        .max_by_key(|count| {
            let last = units[count - 1].text.as_str();
            let last = last.rsplit(' ').next().unwrap_or(last);
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

fn set(units: &[Unit]) -> String {
    let mut text = String::new();
    for unit in units {
        if !text.is_empty() && !unit.joined {
            text.push(' ');
        }
        text.push_str(&unit.text);
    }
    text
}

/// Sets a text in one line, or two of nearly equal length, or as many as it needs. Where a line ends follows from the
/// text alone, and the text follows from its lines: whoever reads them gets it back.
fn lines(text: &str) -> Vec<String> {
    // What no line end may cut, with whether a space stands before it.
    let mut parts: Vec<(String, bool)> = Vec::new();
    for (word, joined) in spacing::words(text) {
        // Lines are put together without a space exactly where both ends are signs of a script that has none.
        let breaks = parts.last().is_some_and(|(before, _)| meet(before, word) == joined);
        let dash = word.starts_with(['-', '–', '—']);
        match parts.last_mut().filter(|_| !breaks || dash) {
            Some((before, _)) => {
                if !joined {
                    before.push(' ');
                }
                before.push_str(word);
            }
            None => parts.push((word.to_owned(), !joined)),
        }
    }
    let line = |parts: &[(String, bool)]| {
        let mut line = String::new();
        for (part, spaced) in parts {
            if !line.is_empty() && *spaced {
                line.push(' ');
            }
            line.push_str(part);
        }
        line
    };
    let length = |line: &str| line.chars().count();
    let fits = |line: &str, parts: usize| parts == 1 || length(line) <= LINE;
    let whole = line(&parts);
    if fits(&whole, parts.len()) {
        return vec![whole];
    }
    if length(&whole) <= 2 * LINE + 1 || parts.len() == 2 {
        let halves = (1..parts.len())
            .map(|at| (at, line(&parts[..at]), line(&parts[at..])))
            .filter(|(at, upper, lower)| fits(upper, *at) && fits(lower, parts.len() - at))
            .min_by_key(|(_, upper, lower)| length(upper).abs_diff(length(lower)));
        if let Some((_, upper, lower)) = halves {
            return vec![upper, lower];
        }
    }
    let mut lines = Vec::new();
    let mut rest = parts.as_slice();
    while !rest.is_empty() {
        let mut long = 0;
        let most = rest.iter().take_while(|(part, _)| {
            long += length(part) + 1;
            long <= LINE + 1
        });
        let (upper, after) = rest.split_at(most.count().max(1));
        lines.push(line(upper));
        rest = after;
    }
    lines
}
