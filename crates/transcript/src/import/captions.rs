//! WebVTT (W3C) and SubRip, also as careless programs write them.

use super::build::Draft;
use super::{Trouble, header, html, labels, times};
use crate::spacing;
use model::StretchKind;
use std::collections::BTreeMap;

/// A caption as it stands in the file.
struct Raw<'t> {
    line: u32,
    start: Option<u64>,
    end: Option<u64>,
    lines: Vec<&'t str>,
}

/// The times of a caption's first line.
pub(super) struct Timing {
    start: Option<u64>,
    end: Option<u64>,
}

fn digit(c: char) -> bool {
    c.is_ascii_digit()
}

/// Reads `00:01:02.500 --> 00:01:04` and what is like it; settings after it are left out.
pub(super) fn timing(line: &str) -> Option<Timing> {
    let line = head(line);
    let (start, end) = ["-->", "—>", "–>", "->"].iter().find_map(|arrow| line.split_once(arrow))?;
    // Spaces may stand beside the marks, not within a number.
    let cut = |text: &str| {
        let mut digits = text.split_whitespace().map(|part| (part.starts_with(digit), part.ends_with(digit)));
        let mut before = digits.next().is_some_and(|(_, ends)| ends);
        digits.any(|(starts, ends)| std::mem::replace(&mut before, ends) && starts)
    };
    if cut(start) {
        return None;
    }
    let start: String = start.chars().filter(|c| !c.is_whitespace()).collect();
    let end: String =
        end.trim_start().chars().take_while(|c| !c.is_alphabetic()).filter(|c| !c.is_whitespace()).collect();
    let looks =
        |text: &str| text.contains(':') && text.chars().all(|c| c.is_ascii_digit() || ":.,-+".contains(c));
    if !looks(&start) || !(looks(&end) || end.is_empty()) {
        return None;
    }
    let time = |text: &str| times::clock(text).filter(|(_, rest)| rest.is_empty()).map(|(time, _)| time);
    // Settings may follow without a letter between.
    Some(Timing { start: time(&start), end: time(&end) })
}

/// True for a line with both times of a caption.
pub(super) fn is_timing(line: &str) -> bool {
    timing(line).is_some_and(|timing| timing.start.is_some() && timing.end.is_some())
}

pub(super) fn vtt(text: &str, draft: &mut Draft<'_>) {
    let mut lines = (1..).zip(text.lines()).peekable();
    let mut own = false;
    // The header: until the first empty line.
    for (_, line) in lines.by_ref().take_while(|(_, line)| !line.trim().is_empty()) {
        if let Some(tag) = line.strip_prefix("Language:") {
            draft.language = header::language(tag);
        }
    }
    let mut raws: Vec<Raw<'_>> = Vec::new();
    // Inside of a caption; inside of a block that is no caption.
    let (mut open, mut aside) = (false, false);
    while let Some((number, line)) = lines.next() {
        if line.is_empty() {
            (open, aside) = (false, false);
        } else if let Some(Timing { start, end }) = timing(line).filter(|_| !aside) {
            // A line of spaces is no end for the standard, and one for those who wrote it.
            if let Some(raw) = raws.last_mut().filter(|_| open)
                && raw.lines.iter().rev().nth(1).is_some_and(|line| line.trim().is_empty())
            {
                raw.lines.pop();
            }
            raws.push(Raw { line: number, start, end, lines: Vec::new() });
            open = true;
        } else if aside {
        } else if open {
            if let Some(raw) = raws.last_mut() {
                raw.lines.push(line);
            }
        } else if let Some(note) =
            line.strip_prefix("NOTE").filter(|note| note.is_empty() || note.starts_with([' ', '\t']))
        {
            aside = true;
            if note.trim() == crate::prose::GENERATOR {
                own = true;
                while let Some((_, line)) = lines.next_if(|(_, line)| !line.trim().is_empty()) {
                    crate::captions::take_note(line, draft_about(draft));
                }
            }
        } else if ["STYLE", "REGION"].contains(&line.trim()) {
            aside = true;
        } else if lines.peek().is_some_and(|(_, next)| timing(next).is_some()) {
            // A caption's name.
        } else if let Some(raw) = raws.last_mut() {
            // An empty line within a caption ends it for the standard; the words after it are words all the same.
            raw.lines.push(line);
            open = true;
            draft.complain(Trouble::Stray, number);
        } else {
            draft.complain(Trouble::Stray, number);
        }
    }
    put(raws, Kind::Vtt { own }, draft);
}

/// What a note of Readout's can set.
fn draft_about<'d>(draft: &'d mut Draft<'_>) -> crate::captions::Noted<'d> {
    crate::captions::Noted {
        about: &mut draft.about,
        language: &mut draft.language,
        complete: &mut draft.complete,
        partial: &mut draft.partial,
    }
}

pub(super) fn srt(text: &str, draft: &mut Draft<'_>) {
    let mut raws: Vec<Raw<'_>> = Vec::new();
    let mut before = 0;
    for (number, line) in (1..).zip(text.lines()) {
        let Some(Timing { start, end }) = timing(line) else {
            match raws.last_mut() {
                Some(raw) => raw.lines.push(line),
                None if line.trim().is_empty() || line.trim().bytes().all(|byte| byte.is_ascii_digit()) => {}
                None => draft.complain(Trouble::Stray, number),
            }
            continue;
        };
        // The line before may be this caption's number, and not the last line of the one before.
        if let Some(raw) = raws.last_mut()
            && let Some(last) = raw.lines.last()
            && let Ok(count) = last.trim().parse::<u64>()
        {
            let alone = raw.lines.len() == 1 || raw.lines[raw.lines.len() - 2].trim().is_empty();
            if alone && raw.lines.len() > 1
                || count == before + 1
                || (alone && raw.lines.len() == 1 && count == before + 2)
            {
                before = count;
                raw.lines.pop();
            }
        }
        raws.push(Raw { line: number, start, end, lines: Vec::new() });
        before = before.max(raws.len() as u64);
    }
    put(raws, Kind::Srt, draft);
}

#[derive(Clone, Copy)]
enum Kind {
    Srt,
    /// `own`: written by Readout, where markup says everything.
    Vtt {
        own: bool,
    },
}

/// Who speaks in a piece of a caption.
#[derive(Clone, Debug, PartialEq)]
enum Voice {
    /// Nothing is said of it.
    Unsaid,
    /// The markup names them.
    Named(String),
    /// The markup names nobody, in a file that names others.
    Nobody,
    /// A dash or `>>`: somebody else.
    Another,
}

/// A piece of a caption that one person says.
struct Piece {
    voice: Voice,
    /// Words with the time at which they begin, where the caption says so.
    runs: Vec<(Option<u64>, String)>,
}

fn put(mut raws: Vec<Raw<'_>>, kind: Kind, draft: &mut Draft<'_>) {
    for raw in &mut raws {
        let line = raw.line;
        match raw.start.and_then(|start| draft.sane(start, line)) {
            Some(start) => raw.start = Some(start),
            None => {
                if raw.start.is_none() {
                    draft.complain(Trouble::BadTime, line);
                }
                raw.start = None;
            }
        }
        raw.end = raw.end.and_then(|end| draft.sane(end, line));
        if raw.start.zip(raw.end).is_some_and(|(start, end)| end < start) {
            draft.complain(Trouble::EndsBeforeBegin, line);
            raw.end = None;
        }
    }
    let raws = in_order(raws, draft);
    let mut cues: Vec<(&Raw<'_>, Vec<Piece>)> = Vec::with_capacity(raws.len());
    let rolling = rolls(&raws);
    let mut last_line = String::new();
    for raw in &raws {
        let mut lines = raw.lines.as_slice();
        if rolling {
            // What scrolls up from the caption before is there already.
            while let Some((first, rest)) = lines.split_first() {
                let text = bare(first, kind);
                if !text.is_empty() && text != last_line {
                    break;
                }
                if !text.is_empty() {
                    draft.complain(Trouble::Repeated, raw.line);
                }
                lines = rest;
            }
            last_line = raw
                .lines
                .iter()
                .rev()
                .map(|line| bare(line, kind))
                .find(|text| !text.is_empty())
                .unwrap_or_default();
        }
        cues.push((raw, pieces(lines, kind)));
    }
    speak(&mut cues, kind);
    let mut latest_end = 0;
    for (index, (raw, pieces)) in cues.iter().enumerate() {
        let next = cues[index + 1..].iter().find_map(|(raw, _)| raw.start);
        let span = raw.start.map(|start| (start, raw.end.or(next).unwrap_or(start).max(start)));
        if let Some((start, end)) = span
            && let [piece] = pieces.as_slice()
            && matches!(piece.voice, Voice::Unsaid | Voice::Nobody)
            && let Some(kind) = sound(piece)
            && end >= start + crate::captions::WORTH_A_CAPTION
            && start >= latest_end
            && next.is_none_or(|next| end <= next)
        {
            draft.stretch(kind, start, end, raw.line);
            latest_end = end;
            continue;
        }
        for (at, piece) in pieces.iter().enumerate() {
            match &piece.voice {
                Voice::Unsaid => {}
                Voice::Named(name) if matches!(kind, Kind::Vtt { .. }) => draft.voice(Some(name), raw.line),
                Voice::Named(name) => draft.turn(Some(name), raw.line),
                Voice::Nobody => draft.voice(None, raw.line),
                Voice::Another => draft.turn(None, raw.line),
            }
            if let Some((start, end)) = span {
                draft.cue(start, end, raw.line);
                if at == 0 {
                    draft.begins(start, raw.line);
                }
            }
            for (begin, text) in &piece.runs {
                if let Some(begin) = begin {
                    draft.begins(*begin, raw.line);
                }
                draft.text(text, raw.line);
            }
        }
        draft.nothing_begins();
        if let Some((_, end)) = span {
            draft.ended(end);
            latest_end = latest_end.max(end);
        }
    }
}

/// Captions in order of their begin. One without a time stays behind the one before it.
fn in_order<'t>(raws: Vec<Raw<'t>>, draft: &mut Draft<'_>) -> Vec<Raw<'t>> {
    let mut now = 0;
    let mut keyed: Vec<(u64, Raw<'_>)> = Vec::with_capacity(raws.len());
    for raw in raws {
        if raw.start.is_some_and(|start| start < now) {
            draft.complain(Trouble::OutOfOrder, raw.line);
        }
        now = raw.start.unwrap_or(now);
        keyed.push((now, raw));
    }
    keyed.sort_by_key(|(start, _)| *start);
    keyed.into_iter().map(|(_, raw)| raw).collect()
}

/// True for captions that scroll: each repeats the last line of the one before, as those of video sites do.
fn rolls(raws: &[Raw<'_>]) -> bool {
    let worded: Vec<&Raw<'_>> =
        raws.iter().filter(|raw| raw.lines.iter().any(|line| !line.trim().is_empty())).collect();
    let stamped = worded.iter().any(|raw| raw.lines.iter().any(|line| line.contains("><c>")));
    let repeats = worded.windows(2).filter(|pair| {
        let kind = Kind::Vtt { own: false };
        let first = pair[1].lines.iter().map(|line| bare(line, kind)).find(|text| !text.is_empty());
        let last = pair[0].lines.iter().rev().map(|line| bare(line, kind)).find(|text| !text.is_empty());
        first == last
    });
    stamped && repeats.count() * 3 > worded.len()
}

/// A line without markup.
fn bare(line: &str, kind: Kind) -> String {
    let pieces = pieces(&[line], kind);
    let text: Vec<&str> =
        pieces.iter().flat_map(|piece| &piece.runs).map(|(_, text)| text.as_str()).collect();
    crate::wording::one_line(&text.concat())
}

/// The lines of a caption without markup, cut where another person speaks.
fn pieces(lines: &[&str], kind: Kind) -> Vec<Piece> {
    let own = matches!(kind, Kind::Vtt { own: true });
    let mut pieces = vec![Piece { voice: Voice::Unsaid, runs: vec![(None, String::new())] }];
    // Two or more lines that all begin with a dash are a dialogue.
    let worded = || lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty());
    let dialogue = !own && worded().count() > 1 && worded().all(|line| dashed(line).is_some());
    for line in worded() {
        let line = match dashed(line) {
            Some(rest) if dialogue => {
                pieces.push(Piece { voice: Voice::Another, runs: vec![(None, String::new())] });
                rest
            }
            _ => line,
        };
        if let Some((_, before)) = pieces.last_mut().and_then(|piece| piece.runs.last_mut())
            && !before.is_empty()
            && !spacing::meet(before, line)
        {
            before.push(' ');
        }
        match kind {
            Kind::Srt => srt_line(line, &mut pieces),
            Kind::Vtt { .. } => vtt_line(line, &mut pieces),
        }
    }
    pieces.retain(|piece| {
        piece.runs.iter().any(|(_, text)| !text.trim().is_empty()) || piece.voice != Voice::Unsaid
    });
    // The voice lasts until the end of the caption at most.
    pieces
}

/// The part of a text in which a tag that begins before it must end: looking further for each of many would cost the
/// square of the length.
pub(super) fn head(text: &str) -> &str {
    &text[..text.floor_char_boundary(1_000)]
}

fn dashed(line: &str) -> Option<&str> {
    let rest = line.strip_prefix(['-', '–', '—'])?;
    (!rest.starts_with(['-', '–', '—', '>'])).then_some(rest.trim_start())
}

fn add(pieces: &mut [Piece], text: &str) {
    if let Some((_, run)) = pieces.last_mut().and_then(|piece| piece.runs.last_mut()) {
        run.push_str(text);
    }
}

/// SubRip knows `<i>`, `<b>`, `<u>`, `<font>` and, from another format, `{\an8}`. There are no escapes.
fn srt_line(line: &str, pieces: &mut [Piece]) {
    let mut rest = line;
    while let Some(at) = rest.find(['<', '{']) {
        add(pieces, &rest[..at]);
        let after = &rest[at + 1..];
        let tag = match rest.as_bytes()[at] {
            b'{' => after.starts_with('\\').then(|| head(after).find('}')).flatten(),
            _ => after
                .starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
                .then(|| head(after).find('>'))
                .flatten(),
        };
        rest = match tag {
            Some(end) => &after[end + 1..],
            None => {
                add(pieces, &rest[at..=at]);
                after
            }
        };
    }
    add(pieces, rest);
}

/// WebVTT's cue text: voices, classes, times, character references.
fn vtt_line(line: &str, pieces: &mut Vec<Piece>) {
    let mut rest = line;
    while let Some(at) = rest.find(['<', '&']) {
        add(pieces, &rest[..at]);
        let after = &rest[at + 1..];
        if rest.as_bytes()[at] == b'&' {
            let (c, after) = html::reference(after);
            add(pieces, c.encode_utf8(&mut [0; 4]));
            rest = after;
            continue;
        }
        let named = after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/');
        let Some(end) = head(after).find('>').filter(|_| named) else {
            add(pieces, "<");
            rest = after;
            continue;
        };
        let (tag, after) = (&after[..end], &after[end + 1..]);
        rest = after;
        let class_end = tag.find(char::is_whitespace).unwrap_or(tag.len());
        let name = tag[..class_end].split('.').next().unwrap_or_default();
        if name == "v" {
            let voice = decoded(tag[class_end..].trim());
            pieces.push(Piece { voice: Voice::Named(voice), runs: vec![(None, String::new())] });
        } else if name == "/v" {
            pieces.push(Piece { voice: Voice::Unsaid, runs: vec![(None, String::new())] });
        } else if let Some((time, "")) = times::clock(tag)
            && let Some(piece) = pieces.last_mut()
        {
            piece.runs.push((Some(time), String::new()));
        }
    }
    add(pieces, rest);
}

fn decoded(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        decoded.push_str(&rest[..at]);
        let (c, after) = html::reference(&rest[at + 1..]);
        decoded.push(c);
        rest = after;
    }
    decoded.push_str(rest);
    decoded
}

/// Settles who speaks: by markup where the file has any, else by names, `>>` and dashes before the words.
fn speak(cues: &mut [(&Raw<'_>, Vec<Piece>)], kind: Kind) {
    let all = || cues.iter().flat_map(|(_, pieces)| pieces);
    if all().any(|piece| matches!(piece.voice, Voice::Named(_))) {
        for piece in
            cues.iter_mut().flat_map(|(_, pieces)| pieces).filter(|piece| piece.voice == Voice::Unsaid)
        {
            piece.voice = Voice::Nobody;
        }
        return;
    }
    if matches!(kind, Kind::Vtt { own: true }) {
        return;
    }
    let mut habits: BTreeMap<String, usize> = BTreeMap::new();
    for piece in all() {
        if let Some((name, _)) =
            first_run(piece).and_then(|text| labels::label(text.trim_start_matches('>').trim_start()))
        {
            *habits.entry(name.to_owned()).or_default() += 1;
        }
    }
    let meant = labels::meant(&habits, all().count());
    for piece in cues.iter_mut().flat_map(|(_, pieces)| pieces) {
        let Some((_, text)) = piece.runs.iter_mut().find(|(_, text)| !text.trim().is_empty()) else {
            continue;
        };
        let trimmed = text.trim_start();
        let marked = trimmed.strip_prefix(">>");
        let rest = marked.map_or(trimmed, |rest| rest.trim_start_matches('>').trim_start());
        match labels::label(rest).filter(|_| meant) {
            Some((name, after)) => {
                piece.voice = Voice::Named(name.to_owned());
                *text = after.to_owned();
            }
            None if marked.is_some() => {
                piece.voice = Voice::Another;
                *text = rest.to_owned();
            }
            None => {}
        }
    }
}

fn first_run(piece: &Piece) -> Option<&str> {
    piece.runs.iter().map(|(_, text)| text.trim_start()).find(|text| !text.is_empty())
}

/// What a caption without words stands for.
fn sound(piece: &Piece) -> Option<StretchKind> {
    let text: Vec<&str> = piece.runs.iter().map(|(_, text)| text.as_str()).collect();
    crate::wording::sound(&text.concat())
}
