//! From the blocks of a page, whatever it was written in, to a transcript: header, headings, speakers, times, text.

use super::build::Draft;
use super::{Trouble, header, labels, times};
use std::collections::BTreeMap;

/// A line or paragraph of a page.
#[derive(Debug, Default)]
pub(super) struct Block {
    pub line: u32,
    pub kind: Kind,
    /// The text, without `lead`.
    pub text: String,
    /// What stands at its begin in bold type.
    pub lead: Option<String>,
    /// Who speaks, where the markup says so.
    pub speaker: Option<String>,
    /// When it begins, in milliseconds, where the markup says so.
    pub time: Option<u64>,
    /// Only markup counts: what looks like a name or a time in the text is text.
    pub plain: bool,
    /// It goes on with the paragraph before.
    pub goes_on: bool,
}

/// What a block is.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    #[default]
    Text,
    /// A heading of this level.
    Heading(u8),
    /// What is in emphasis as a whole, as Readout writes what is no speech.
    Note,
}

/// A block with its name and time told from its text.
#[derive(Clone, Copy)]
struct Part<'b> {
    block: &'b Block,
    name: Option<&'b str>,
    /// The markup, or the form, leaves no doubt that it is a name.
    sure: bool,
    time: Option<u64>,
    text: &'b str,
}

impl Part<'_> {
    /// Its name is told from its text by markup, not by its form.
    fn in_markup(&self) -> bool {
        self.block.speaker.is_some() || self.block.lead.is_some()
    }
}

pub(super) fn page(blocks: &[Block], draft: &mut Draft<'_>) {
    let blocks = top(blocks, draft);
    let parts: Vec<Part<'_>> = blocks.iter().map(part).collect();
    let mut habits: BTreeMap<String, usize> = BTreeMap::new();
    let unsure = || parts.iter().filter(|part| !part.sure && part.block.kind == Kind::Text);
    for name in unsure().filter_map(|part| part.name) {
        *habits.entry(name.to_owned()).or_default() += 1;
    }
    let sure = |markup: bool| parts.iter().any(|part| part.sure && part.in_markup() == markup);
    let places = unsure().filter(|part| !part.block.goes_on || part.name.is_some()).count();
    let meant = !sure(true) && (sure(false) || labels::meant(&habits, places));
    for part in &parts {
        put(part, meant, draft);
    }
}

/// Takes headings and header from the top; returns the blocks that are left.
fn top<'b>(blocks: &'b [Block], draft: &mut Draft<'_>) -> &'b [Block] {
    let mut rest = blocks;
    while let Some((block, after)) = rest.split_first() {
        match block.kind {
            Kind::Heading(1) if draft.about.title.is_empty() => {
                draft.about.title = draft.named(&block.text, block.line)
            }
            Kind::Note if block.lead.is_none() && source(&block.text, draft) => {}
            _ => break,
        }
        rest = after;
    }
    let lines: Vec<(u32, &str)> = rest
        .iter()
        .take(header::HEADER_LINES)
        .take_while(|block| {
            block.kind != Kind::Note && block.lead.is_none() && block.speaker.is_none() && !block.plain
        })
        .map(|block| (block.line, block.text.as_str()))
        .collect();
    let used = header::header(&lines, draft);
    &rest[used..]
}

/// Readout's own line of show and day: `From The Open Line, 6 April 2024`.
fn source(text: &str, draft: &mut Draft<'_>) -> bool {
    let (show, day) = match text.strip_prefix(crate::prose::FROM) {
        Some(show) => match show.rsplit_once(", ") {
            Some((show, day)) if header::date(day).is_some() => (show, day),
            _ => (show, ""),
        },
        None => ("", text),
    };
    let date = header::date(day);
    if show.is_empty() && date.is_none() {
        return false;
    }
    draft.about.show = draft.named(show, 0);
    draft.about.date = date;
    true
}

fn part(block: &Block) -> Part<'_> {
    let mut part = Part {
        block,
        name: block.speaker.as_deref(),
        sure: block.speaker.is_some(),
        time: block.time,
        text: &block.text,
    };
    if let Some(lead) = &block.lead {
        bold(lead, &mut part);
    } else if !block.plain && block.kind == Kind::Text && block.speaker.is_none() {
        bare(&mut part);
    }
    part
}

/// What stands in bold type before a text: a time, a name, or both. Something else is text.
fn bold<'b>(lead: &'b str, part: &mut Part<'b>) {
    let mut rest = lead.trim();
    if let Some((time, after)) = times::leading(rest) {
        part.time = Some(time);
        rest = after.trim_start();
    }
    let after = part.text.trim_start();
    let outside = after.strip_prefix(':').filter(|_| !rest.is_empty());
    if let Some(name) = rest.strip_suffix(':').or(outside.map(|_| rest)) {
        let (name, time) = labels::split_time(name.trim());
        part.time = part.time.or(time);
        part.name = Some(name);
        part.sure = true;
        part.text = if rest.ends_with(':') { after } else { outside.unwrap_or(after).trim_start() };
    } else if !rest.is_empty()
        && labels::is_name(rest)
        && (after.is_empty() || times::leading(after).is_some())
    {
        part.name = Some(rest);
    } else if !rest.is_empty() {
        // Bold words are words; they are put before the others when the block is taken.
        part.time = part.time.filter(|_| rest.len() < lead.trim().len());
        part.name = None;
        return;
    }
    if !part.block.plain
        && let Some((time, text)) = times::leading(part.text)
    {
        part.time = part.time.or(Some(time));
        part.text = text.trim_start();
    }
}

/// A time, a name, or both at the begin of plain text: `[0:12] Ann: …`, `Ann (0:12): …`, `Ann  0:12`.
fn bare(part: &mut Part<'_>) {
    let mut rest = part.text.trim_start();
    if let Some((time, after)) = times::leading(rest) {
        part.time = Some(time);
        rest = after.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '-' | '–' | '—' | '|'));
    }
    part.text = rest;
    if let Some((name, after)) = labels::label(rest) {
        let (name, time) = labels::split_time(name);
        part.sure = part.time.is_some() || time.is_some();
        part.time = part.time.or(time);
        (part.name, part.text) = (Some(name), after);
    } else if part.time.is_none()
        && let Some((before, time)) = times::trailing(rest)
        && labels::is_name(before)
    {
        let name = before.trim_end_matches(['-', '–', '—', '|', ',', ' ']);
        *part = Part { name: Some(name), sure: true, time: Some(time), text: "", ..*part };
    }
}

/// Puts a block into the draft. `meant`: labels in plain text are names.
fn put(part: &Part<'_>, meant: bool, draft: &mut Draft<'_>) {
    let Part { block, name, time, .. } = *part;
    match block.kind {
        Kind::Heading(level) => {
            let (title, time) = heading(&block.text);
            let title = title.trim();
            let lower = title.to_lowercase();
            if level == 1 && draft.about.title.is_empty() && !draft.has_words() {
                draft.about.title = draft.named(title, block.line);
            } else if !matches!(
                lower.trim_end_matches(':'),
                "transcript" | "full transcript" | "episode transcript"
            ) {
                draft.heading(title, time, block.line);
            }
            return;
        }
        Kind::Note if own_note(block, draft) => return,
        Kind::Note | Kind::Text => {}
    }
    let named = name.filter(|_| part.sure || meant);
    // Taken back: a label that is no habit of this page is part of its text.
    let text = match (name, named) {
        (Some(_), None) if part.time.is_none() => block.text.as_str(),
        _ => part.text,
    };
    let bold_words =
        block.lead.as_deref().filter(|_| named.is_none() && (name.is_some() || !only_time(block)));
    if !block.goes_on || named.is_some() || time.is_some() {
        draft.paragraph(block.line);
    }
    if let Some(name) = named {
        draft.turn(Some(name), block.line);
    }
    if let Some(time) = time {
        draft.begins(time, block.line);
    }
    if let Some(words) = bold_words {
        draft.text(words, block.line);
    }
    match block.plain {
        true => draft.text(text, block.line),
        false => marked(text, block.line, draft),
    }
}

/// True when what is in bold type is a time and nothing else.
fn only_time(block: &Block) -> bool {
    block
        .lead
        .as_deref()
        .and_then(|lead| times::leading(lead.trim()))
        .is_some_and(|(_, rest)| rest.trim().is_empty())
}

/// Text with times in square brackets between the words.
fn marked(text: &str, line: u32, draft: &mut Draft<'_>) {
    let (mut from, mut at) = (0, 0);
    while let Some(open) = text[at..].find('[').map(|found| at + found) {
        at = open + 1;
        if let Some((time, rest)) = times::bracketed(&text[open..], false) {
            draft.text(&text[from..open], line);
            draft.begins(time, line);
            from = text.len() - rest.len();
            at = from;
        }
    }
    draft.text(&text[from..], line);
}

/// A heading with a time at either end.
fn heading(text: &str) -> (&str, Option<u64>) {
    let text = text.trim();
    match times::leading(text) {
        Some((time, rest)) => (rest.trim_start_matches([' ', '-', '–', '—', ':']), Some(time)),
        None => labels::split_time(text),
    }
}

/// Takes what Readout writes where there is no speech, and what it writes of a recording that was not heard to its end.
fn own_note(block: &Block, draft: &mut Draft<'_>) -> bool {
    let text = block.text.trim();
    if crate::prose::take_caveat(text, &mut draft.complete, &mut draft.partial) {
        return true;
    }
    let lead = block.lead.as_deref().and_then(|lead| times::leading(lead.trim())).map(|(time, _)| time);
    let Some(start) = block.time.or(lead) else { return false };
    let Some((kind, length)) = crate::wording::noted(text) else { return false };
    match draft.sane(start, block.line) {
        Some(start) => draft.stretch(kind, start, start + length.0, block.line),
        None => draft.complain(Trouble::Stray, block.line),
    }
    true
}
