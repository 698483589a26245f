//! HTML: `podcast:transcript` of type `text/html` (`cite`, `time`, `p`), and pages in general.
//!
//! Only tokens are read, by the tokenizer of the HTML standard; there is no tree, so nothing can be nested too deeply.

use super::build::Draft;
use super::header;
use super::page::{self, Block, Kind};
use html5ever::TokenizerResult;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use std::cell::RefCell;

/// Elements whose content is not read.
const SILENT: [&str; 18] = [
    "script", "style", "noscript", "template", "svg", "math", "nav", "aside", "footer", "form", "button",
    "select", "textarea", "iframe", "object", "audio", "video", "canvas",
];
/// Elements that begin and end a block.
const BLOCKS: [&str; 27] = [
    "p",
    "div",
    "section",
    "article",
    "main",
    "header",
    "body",
    "html",
    "li",
    "ul",
    "ol",
    "dl",
    "dt",
    "dd",
    "tr",
    "td",
    "th",
    "table",
    "tbody",
    "blockquote",
    "figure",
    "figcaption",
    "pre",
    "hr",
    "address",
    "details",
    "summary",
];

/// True when a text that begins with `<` is HTML: one of a page's elements begins and, somewhere, ends.
pub(super) fn is_html(text: &str) -> bool {
    const PAGES: [&str; 14] = [
        "p", "div", "body", "cite", "h1", "h2", "h3", "article", "section", "main", "head", "ul", "table",
        "html",
    ];
    let lower = text.get(..100_000).unwrap_or(text).to_ascii_lowercase();
    PAGES.iter().any(|tag| {
        let opens = lower
            .match_indices(&format!("<{tag}"))
            .any(|(at, open)| lower[at + open.len()..].starts_with(['>', ' ', '\n', '\t']));
        opens && lower.contains(&format!("</{tag}>"))
    })
}

/// A character reference after its `&`, of the few that text has; `&` itself where there is none.
pub(super) fn reference(after: &str) -> (char, &str) {
    const NAMED: [(&str, char); 13] = [
        ("amp;", '&'),
        ("lt;", '<'),
        ("gt;", '>'),
        ("quot;", '"'),
        ("apos;", '\''),
        ("nbsp;", '\u{a0}'),
        ("lrm;", '\u{200e}'),
        ("rlm;", '\u{200f}'),
        ("hellip;", '…'),
        ("ndash;", '–'),
        ("mdash;", '—'),
        ("lsquo;", '‘'),
        ("rsquo;", '’'),
    ];
    if let Some((name, c)) = NAMED.iter().find(|(name, _)| after.starts_with(name)) {
        return (*c, &after[name.len()..]);
    }
    let number = after.strip_prefix('#').and_then(|number| {
        let end = number.get(..10).unwrap_or(number).find(';')?;
        let digits = &number[..end];
        let value = match digits.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => digits.parse().ok()?,
        };
        Some((char::from_u32(value)?, &number[end + 1..]))
    });
    number.unwrap_or(('&', after))
}

pub(super) fn html(text: &str, draft: &mut Draft<'_>) {
    let sink = Sink { state: RefCell::new(State::default()) };
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    let queue = BufferQueue::default();
    // In pieces, so that the tokenizer's buffers stay small.
    let mut rest = text;
    while !rest.is_empty() {
        let mut cut = rest.len().min(1 << 16);
        while !rest.is_char_boundary(cut) {
            cut += 1;
        }
        let (piece, after) = rest.split_at(cut);
        queue.push_back(StrTendril::from_slice(piece));
        // It pauses after each script, which is for others to run.
        while !matches!(tokenizer.feed(&queue), TokenizerResult::Done) {}
        rest = after;
    }
    tokenizer.end();
    let mut state = tokenizer.sink.state.into_inner();
    state.flush();
    draft.about.show = draft.named(&state.site, 0);
    draft.about.date = header::date(&state.published);
    draft.language = header::language(&state.language);
    let mut blocks = state.blocks;
    // A page says itself where its content is.
    if blocks.iter().any(|(_, inside)| *inside) {
        blocks.retain(|(_, inside)| *inside);
    }
    let mut blocks: Vec<Block> = blocks.into_iter().map(|(block, _)| block).collect();
    blocks.iter_mut().for_each(|block| block.plain |= state.own);
    let headed = blocks.iter().any(|block| block.kind == Kind::Heading(1));
    if !headed && !state.own {
        draft.about.title = draft.named(&state.title, 0);
    }
    page::page(&blocks, draft);
}

struct Sink {
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    blocks: Vec<(Block, bool)>,
    text: String,
    /// Text in bold type at the begin of the block; `Some` while it is open.
    bold: Option<String>,
    lead: Option<String>,
    /// Inside `cite`, `time` or `title`: text goes there.
    aside: Option<(&'static str, String)>,
    /// For the next text: who speaks, and when.
    speaker: Option<String>,
    time: Option<u64>,
    stated: Option<u64>,
    heading: Option<u8>,
    note: bool,
    /// The block before was ended by a line break only.
    broken: bool,
    line: u32,
    /// Open elements whose content is not read.
    silent: Vec<String>,
    /// Open `main` and `article` elements.
    content: u32,
    /// Written by Readout: markup says everything.
    own: bool,
    title: String,
    site: String,
    published: String,
    language: String,
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<()> {
        let mut state = self.state.borrow_mut();
        state.line = u32::try_from(line).unwrap_or(u32::MAX);
        match token {
            Token::TagToken(tag) => return state.tag(&tag),
            Token::CharacterTokens(text) => state.characters(&text),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl State {
    fn tag(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let name = &*tag.name;
        let start = tag.kind == TagKind::StartTag;
        if SILENT.contains(&name) {
            match start {
                true if !tag.self_closing && self.silent.len() < 100 => self.silent.push(name.to_owned()),
                true => {}
                false => {
                    if let Some(open) = self.silent.iter().rposition(|open| open == name) {
                        self.silent.truncate(open);
                    }
                }
            }
        }
        if !self.silent.is_empty() {
            return raw(name, start);
        }
        let attribute =
            |wanted: &str| tag.attrs.iter().find(|one| &*one.name.local == wanted).map(|one| &*one.value);
        match name {
            "html" if start => self.language = attribute("lang").unwrap_or_default().to_owned(),
            "meta" if start => {
                let content = attribute("content").unwrap_or_default().to_owned();
                match attribute("property").or(attribute("name")).unwrap_or_default() {
                    "og:site_name" => self.site = content,
                    "article:published_time" => self.published = content,
                    "generator" if content == crate::prose::GENERATOR => self.own = true,
                    _ => {}
                }
            }
            "title" if start => {
                self.aside = Some(("title", String::new()));
                return TokenSinkResult::RawData(RawKind::Rcdata);
            }
            "cite" | "time" if start => {
                self.close_aside();
                // Both stand before what they are of.
                self.flush();
                self.stated = attribute("datetime").and_then(duration);
                self.aside = Some((if name == "cite" { "cite" } else { "time" }, String::new()));
            }
            "title" | "cite" | "time" => self.close_aside(),
            "main" | "article" => {
                self.flush();
                self.content = if start { self.content + 1 } else { self.content.saturating_sub(1) };
            }
            "br" => {
                self.flush();
                self.broken = true;
            }
            "b" | "strong" if !start => self.close_bold(),
            "b" | "strong" if self.text.trim().is_empty() && self.lead.is_none() => {
                self.bold = Some(String::new());
            }
            _ if heading(name).is_some() => {
                self.flush();
                self.heading = heading(name).filter(|_| start);
            }
            _ if BLOCKS.contains(&name) => {
                self.flush();
                self.broken = false;
                self.note = start && attribute("class") == Some("note");
            }
            _ => {}
        }
        raw(name, start)
    }

    fn characters(&mut self, text: &str) {
        if !self.silent.is_empty() {
            return;
        }
        match (&mut self.aside, &mut self.bold) {
            (Some((_, aside)), _) => aside.push_str(text),
            (None, Some(bold)) => bold.push_str(text),
            (None, None) => self.text.push_str(text),
        }
    }

    fn close_aside(&mut self) {
        match self.aside.take() {
            Some(("title", text)) => self.title = text,
            Some(("cite", text)) => {
                let text = text.trim();
                self.speaker = Some(text.strip_suffix(':').unwrap_or(text).trim_end().to_owned());
            }
            Some((_, text)) => {
                let shown = super::times::leading(text.trim()).map(|(time, _)| time);
                match self.stated.take().or(shown) {
                    Some(time) => self.time = Some(time),
                    // A day, as a rule, not a time of the recording.
                    None => self.text.push_str(&text),
                }
            }
            None => {}
        }
    }

    fn close_bold(&mut self) {
        if let Some(bold) = self.bold.take().filter(|bold| !bold.trim().is_empty()) {
            self.lead = Some(bold.trim().to_owned());
        }
    }

    /// Ends a block.
    fn flush(&mut self) {
        self.close_bold();
        let lead = self.lead.take();
        let text = std::mem::take(&mut self.text);
        let text = text.trim();
        if text.is_empty() && lead.is_none() {
            return;
        }
        let kind = match self.heading {
            Some(level) => Kind::Heading(level),
            None if self.note => Kind::Note,
            None => Kind::Text,
        };
        let (lead, text) = match (kind == Kind::Text, lead) {
            (true, lead) => (lead, text.to_owned()),
            (false, Some(lead)) => (None, format!("{lead} {text}")),
            (false, None) => (None, text.to_owned()),
        };
        let (speaker, time) = (self.speaker.take(), self.time.take());
        let goes_on = self.broken && speaker.is_none();
        let block = Block { line: self.line, kind, text, lead, speaker, time, goes_on, ..Block::default() };
        self.blocks.push((block, self.content > 0));
    }
}

/// How the tokenizer is to read what is inside of an element.
fn raw(name: &str, start: bool) -> TokenSinkResult<()> {
    match name {
        "script" if start => TokenSinkResult::RawData(RawKind::ScriptData),
        "style" | "noscript" | "iframe" if start => TokenSinkResult::RawData(RawKind::Rawtext),
        "textarea" if start => TokenSinkResult::RawData(RawKind::Rcdata),
        _ => TokenSinkResult::Continue,
    }
}

fn heading(name: &str) -> Option<u8> {
    match name.as_bytes() {
        [b'h', level @ b'1'..=b'6'] => Some(level - b'0'),
        _ => None,
    }
}

/// A length of time as HTML states it (`PT12.345S`, `PT1H2M3S`), in milliseconds.
fn duration(text: &str) -> Option<u64> {
    let mut rest = text.strip_prefix("PT")?;
    let mut millis = 0.0;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
        let number: f64 = rest.get(..digits)?.parse().ok()?;
        let unit = rest[digits..].chars().next()?;
        millis += number
            * match unit {
                'H' => 3_600_000.0,
                'M' => 60_000.0,
                'S' => 1000.0,
                _ => return None,
            };
        rest = &rest[digits + 1..];
    }
    (millis.is_finite() && millis < 9e15).then_some(millis.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_references() {
        for (text, expected) in [
            ("PT12.345S", Some(12_345)),
            ("PT1H2M3S", Some(3_723_000)),
            ("PT", Some(0)),
            ("PT1D", None),
            ("2024-04-06", None),
            ("PTé", None),
            ("PT1", None),
        ] {
            assert_eq!(duration(text), expected, "{text}");
        }
        assert_eq!(reference("amp; x"), ('&', " x"));
        assert_eq!(reference("#x41;"), ('A', ""));
        assert_eq!(reference("#99999999999;"), ('&', "#99999999999;"));
        assert_eq!(reference("é"), ('&', "é"));
    }
}
