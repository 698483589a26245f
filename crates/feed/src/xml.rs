//! XML as feeds contain it: read forwards, never given up.
//!
//! quick-xml finds the pieces of markup; everything that would be an error there is mended here: tags that are never
//! closed, closed twice or in the wrong order, lone `<` and `&`, unknown entities, CDATA without end. Entities that a
//! document declares itself are never expanded, nothing outside the document is ever asked for.

mod entities;
mod spaces;
mod tag;

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::Event;

pub(crate) use entities::decode as decode_entities;
pub(crate) use spaces::Space;
pub(crate) use tag::Tag;

use crate::complaint::Complaints;
use crate::limits::Limits;
use crate::prose;
use spaces::Spaces;

/// A place in a document, with the elements that are open there.
pub(crate) struct Xml<'a> {
    pub limits: &'a Limits,
    pub complaints: Complaints,
    text: &'a str,
    reader: Reader<&'a [u8]>,
    /// Where in `text` the reader began.
    base: usize,
    /// Names of the open elements, as written.
    open: Vec<&'a str>,
    /// Levels that are open beyond the limit.
    too_deep: usize,
    /// The last start was an empty element: its end comes next.
    empty: bool,
    /// A start that was read and given back.
    returned: Option<Tag<'a>>,
    spaces: Spaces<'a>,
    reread: usize,
    /// Kinds of markup, of [`OPENERS`], whose end was looked for in vain: there is none further on either.
    endless: [bool; OPENERS.len()],
    ended: bool,
}

/// What begins markup that is neither a tag nor text.
const OPENERS: [&str; 4] = ["<![CDATA[", "<!--", "<!", "<?"];

/// What an element contains directly.
pub(crate) enum TextOrChild<'a> {
    Text(Cow<'a, str>),
    /// The child is open now.
    Child(Tag<'a>),
}

/// A piece of a document.
enum Piece<'a> {
    /// An element begins, and is open now.
    Start(Tag<'a>),
    /// One or more elements ended, and are closed now.
    End,
    /// Text with its entities resolved.
    Text(Cow<'a, str>),
}

impl<'a> Xml<'a> {
    pub fn new(text: &'a str, limits: &'a Limits) -> Self {
        let rest = text.trim_start_matches(BYTE_ORDER_MARK);
        Self {
            limits,
            complaints: Complaints::new(limits.complaints),
            text,
            reader: reader(rest),
            base: text.len() - rest.len(),
            open: Vec::new(),
            too_deep: 0,
            empty: false,
            returned: None,
            spaces: Spaces::new(limits.namespaces),
            reread: 0,
            endless: [false; OPENERS.len()],
            ended: false,
        }
    }

    /// The number of open elements: what [`Self::child`] and [`Self::content`] are given for the element whose start was
    /// read last.
    pub fn level(&self) -> usize {
        self.open.len()
    }

    /// True when the document ended before its elements did.
    pub fn is_cut_off(&self) -> bool {
        self.ended && !self.open.is_empty()
    }

    /// True when the element at `level` is still open: its end has not been seen.
    pub fn is_open(&self, level: usize) -> bool {
        self.open.len() >= level
    }

    /// The next child of the element at `level`, which is open from then on; what is left of the child before is
    /// passed over. `None` when the element has ended.
    pub fn child(&mut self, level: usize) -> Option<Tag<'a>> {
        loop {
            if self.open.len() < level {
                return None;
            }
            match self.next()? {
                Piece::Start(tag) if self.open.len() == level + 1 => return Some(tag),
                _ => {}
            }
        }
    }

    /// The next text or child of the element at `level`; `None` when it has ended.
    pub fn text_or_child(&mut self, level: usize) -> Option<TextOrChild<'a>> {
        loop {
            if self.open.len() < level {
                return None;
            }
            match self.next()? {
                Piece::Start(tag) if self.open.len() == level + 1 => return Some(TextOrChild::Child(tag)),
                Piece::Text(text) if self.open.len() == level => return Some(TextOrChild::Text(text)),
                _ => {}
            }
        }
    }

    /// Any element that begins next, at whatever level.
    pub fn any(&mut self) -> Option<Tag<'a>> {
        loop {
            if let Piece::Start(tag) = self.next()? {
                return Some(tag);
            }
        }
    }

    /// Takes back a start: the element at `level`, whose child `tag` seemed to be, is closed, and `tag` comes next.
    pub fn give_back(&mut self, level: usize, tag: Tag<'a>) {
        self.open.truncate(level.saturating_sub(1));
        self.too_deep = 0;
        self.empty = false;
        self.returned = Some(tag);
        self.spaces.leave(self.open.len());
    }

    /// The text of the element at `level`, at most `most` bytes, to its end. Elements inside are kept as they are
    /// written, since they are HTML that nobody escaped. With `markup` the content is HTML by declaration, and text
    /// between its tags stays escaped.
    pub fn content(&mut self, level: usize, most: usize, markup: bool) -> Cow<'a, str> {
        let mut content = Cow::Borrowed("");
        let mut cut = false;
        while self.open.len() >= level {
            let before = self.position();
            let Some(piece) = self.next() else { break };
            let more = match piece {
                Piece::Text(text) if markup => Cow::Owned(escape(&text)),
                Piece::Text(text) => text,
                Piece::Start(tag) if tag.is_of_a_feed() => {
                    self.complaints.add("an element that is not closed", tag.name_as_written());
                    self.give_back(level, tag);
                    break;
                }
                Piece::Start(_) | Piece::End if self.open.len() < level => break,
                Piece::Start(_) | Piece::End => {
                    Cow::Borrowed(self.text.get(before..self.position()).unwrap_or_default())
                }
            };
            if content.len() + more.len() <= most {
                if content.is_empty() {
                    content = more;
                } else {
                    content.to_mut().push_str(&more);
                }
            } else if !cut {
                cut = true;
                let room = prose::floor_boundary(&more, most.saturating_sub(content.len()));
                content.to_mut().push_str(&more[..room]);
                self.complaints.add("a text that is too long and was cut", &content);
            }
        }
        content
    }

    fn position(&self) -> usize {
        self.base + usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX)
    }

    /// Goes on reading at `position`, which is not before what was read last began.
    fn restart(&mut self, position: usize) {
        let again = self.position().saturating_sub(position);
        self.reread = self.reread.saturating_add(again);
        let budget = self.text.len().saturating_mul(self.limits.reread_multiple);
        let position = if self.reread > budget {
            self.complaints.add("too much broken markup: the rest was not read", "");
            self.text.len()
        } else {
            position.min(self.text.len())
        };
        let rest = self.text.get(position..).unwrap_or_default().trim_start_matches(BYTE_ORDER_MARK);
        self.reader = reader(rest);
        self.base = self.text.len() - rest.len();
    }

    fn next(&mut self) -> Option<Piece<'a>> {
        if let Some(tag) = self.returned.take() {
            return Some(self.begin(tag));
        }
        if self.empty {
            self.empty = false;
            self.close_one();
            return Some(Piece::End);
        }
        loop {
            let before = self.position();
            if self.endless.contains(&true) && self.skip_endless(before) {
                continue;
            }
            match self.reader.read_event() {
                Ok(Event::Eof) => {
                    self.ended = true;
                    return None;
                }
                Ok(Event::Text(text)) => return Some(Piece::Text(text.into_inner())),
                Ok(Event::CData(text)) => return Some(Piece::Text(text.into_inner())),
                Ok(Event::GeneralRef(name)) => return Some(Piece::Text(self.reference(&name))),
                Ok(Event::Start(_) | Event::Empty(_)) => return Some(self.start(before)),
                Ok(Event::End(_)) => {
                    if self.end(before) {
                        return Some(Piece::End);
                    }
                }
                Ok(Event::DocType(declarations)) => {
                    if declarations.contains("<!ENTITY") {
                        self.complaints.add("entities declared in the document, which are not expanded", "");
                    }
                }
                Ok(Event::Decl(_) | Event::PI(_) | Event::Comment(_)) => {}
                Err(_) => {
                    if let Some(text) = self.mend(before) {
                        return Some(Piece::Text(text));
                    }
                }
            }
        }
    }

    /// Passes over what begins markup of a kind that is known not to end.
    fn skip_endless(&mut self, before: usize) -> bool {
        let rest = self.text.get(before..).unwrap_or_default();
        let kind =
            OPENERS.iter().position(|opens| rest.starts_with(opens)).filter(|kind| self.endless[*kind]);
        if let Some(kind) = kind {
            self.restart(before + OPENERS[kind].len());
        }
        kind.is_some()
    }

    /// Markup that never ends began at `before`: what opens it is taken for text, or left out.
    fn mend(&mut self, before: usize) -> Option<Cow<'a, str>> {
        let rest = self.text.get(before..).unwrap_or_default();
        self.complaints
            .add("markup that does not end", rest.get(..QUOTED.min(rest.len())).unwrap_or_default());
        if let Some(kind) = OPENERS.iter().position(|opens| rest.starts_with(opens)) {
            self.endless[kind] = true;
            self.restart(before + OPENERS[kind].len());
            return None;
        }
        // A tag without its `>` at the end of a document that was cut off is no text.
        let length = rest.chars().next().map_or(1, char::len_utf8);
        let is_tag =
            rest[length.min(rest.len())..].starts_with(|next: char| next.is_alphabetic() || next == '/');
        if is_tag && !rest.contains('>') {
            self.restart(self.text.len());
            return None;
        }
        self.restart(before + length);
        rest.get(..length).map(Cow::Borrowed)
    }

    /// A reference as text; one that is unknown as it was written.
    fn reference(&mut self, name: &str) -> Cow<'a, str> {
        match entities::resolve(name) {
            Some(text) => text,
            None => {
                self.complaints.add("an entity that is not known", name);
                Cow::Owned(format!("&{name};"))
            }
        }
    }

    /// A tag as quick-xml cut it, from `before` to here, unless it swallowed what follows it.
    fn start(&mut self, before: usize) -> Piece<'a> {
        let written = self.text.get(before..self.position()).unwrap_or_default();
        let inside = written.strip_prefix('<').unwrap_or(written);
        if !tag::begins_name(inside) {
            // A lone bracket: text up to what may be markup.
            let next = inside.match_indices('<').find(|(at, _)| {
                let after = &inside[at + 1..];
                tag::begins_name(after) || after.starts_with(['/', '!', '?'])
            });
            let Some((next, _)) = next else { return Piece::Text(Cow::Borrowed(written)) };
            self.restart(before + 1 + next);
            return Piece::Text(Cow::Borrowed(&written[..next + 1]));
        }
        let mut inside = inside.strip_suffix('>').unwrap_or(inside);
        if let Some(next) = inside.find('<') {
            self.complaints
                .add("a tag that is not closed", inside.get(..QUOTED.min(next)).unwrap_or_default());
            match inside.find('>') {
                // A quotation mark is missing, and the tag went on to the next one.
                Some(end) if end < next => {
                    self.restart(before + 1 + end + 1);
                    inside = &inside[..end];
                }
                // The tag has no end: the next one begins inside of it.
                _ if tag::is_outside_quotes(inside, next) => {
                    self.restart(before + 1 + next);
                    inside = &inside[..next];
                }
                _ => {}
            }
        }
        let tag = Tag::new(inside, self.limits.attributes);
        self.begin(tag)
    }

    fn begin(&mut self, mut tag: Tag<'a>) -> Piece<'a> {
        if self.open.len() >= self.limits.depth {
            self.complaints.add("elements too deep inside each other", tag.name_as_written());
            self.too_deep += usize::from(!tag.is_empty());
            return Piece::Text(Cow::Borrowed(""));
        }
        self.open.push(tag.name_as_written());
        self.empty = tag.is_empty();
        self.spaces.enter(self.open.len(), &mut tag, &mut self.complaints);
        Piece::Start(tag)
    }

    /// Closes what the end tag at `before` closes; false when that is nothing.
    fn end(&mut self, before: usize) -> bool {
        let written = self.text.get(before..self.position()).unwrap_or_default();
        let inside = written.strip_prefix("</").unwrap_or(written);
        let name = inside.split(['<', '>']).next().unwrap_or_default();
        if inside.len() > name.len() && inside[name.len()..].starts_with('<') {
            self.restart(before + 2 + name.len());
        }
        let name = name.split_ascii_whitespace().next().unwrap_or_default();
        if self.too_deep > 0 {
            // Elements whose ends were forgotten must not swallow what follows the item that they are in.
            let is_container = ["item", "entry", "channel", "rss", "feed", "body"].contains(&name);
            self.too_deep = if is_container { 0 } else { self.too_deep - 1 };
            if !is_container {
                return false;
            }
        }
        let Some(level) = self.open.iter().rposition(|open| open.eq_ignore_ascii_case(name)) else {
            self.complaints.add("an end tag without its start", name);
            return false;
        };
        if level + 1 < self.open.len() {
            self.complaints
                .add("an element that is not closed", self.open.last().copied().unwrap_or_default());
        }
        self.open.truncate(level);
        self.spaces.leave(level);
        true
    }

    fn close_one(&mut self) {
        self.open.pop();
        self.spaces.leave(self.open.len());
    }
}

/// quick-xml leaves it out at the begin without counting it, so it must not get to see one.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Bytes of markup quoted in a complaint.
const QUOTED: usize = 60;

fn reader(text: &str) -> Reader<&[u8]> {
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    reader
}

/// Text as it stands between tags of HTML.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
