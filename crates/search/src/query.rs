//! What is asked for: words, "phrases", AND, OR, NOT, prefix*, near, ~sound, and filters.
//!
//! Every text is a query. What cannot be understood is searched as words, and a note says so.

use crate::tokens::tokens;
use jiff::civil::Date;
use std::iter::Peekable;

/// Longest query, in bytes: what is beyond is left out.
const LONGEST: usize = 2_000;
/// Most words, phrases and filters of a query.
const MOST: usize = 48;
/// Deepest nesting of brackets.
const DEEPEST: usize = 16;
/// Words between two that are near each other, where nothing is said.
const NEAR: u32 = 8;

/// A query that was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parsed {
    /// What is asked for; `None`: nothing.
    pub wanted: Option<Node>,
    /// Which passages are looked at.
    pub filters: Vec<Filter>,
    /// What was not understood, or left out, a sentence each.
    pub notes: Vec<String>,
    /// Nothing is searched by its sound.
    pub exact: bool,
}

/// A part of a query.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// All of these.
    And(Vec<Node>),
    /// One of these.
    Or(Vec<Node>),
    /// Not this.
    Not(Box<Node>),
    /// Words to be found.
    Leaf(Leaf),
}

/// Words to be found together.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    /// As they were written.
    pub text: String,
    /// Their spoken forms.
    pub tokens: Vec<String>,
    /// How they are to be found.
    pub how: How,
}

/// How words are to be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// In any inflection.
    Word,
    /// As they stand.
    Phrase,
    /// As the begin of a word.
    Prefix,
    /// In any order, at most this many words apart.
    Near(u32),
    /// By their sound, whatever they are.
    Sound,
    /// As they stand, and never by their sound.
    Exact,
}

/// What passages are looked at.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// Whose speaker has these words in the name.
    Speaker(Vec<String>),
    /// Whose show has these words in its title.
    Show(Vec<String>),
    /// Broadcast from the first to the last of these days.
    Date(Date, Date),
    /// With a gap, music, a repair or an offer.
    Has(&'static str),
    /// The opposite of a filter.
    Without(Box<Filter>),
}

#[derive(Clone, Debug, PartialEq)]
enum Sign {
    Open,
    Close,
    And,
    Or,
    Not,
    Near(u32),
    Text { field: Option<String>, sound: bool, text: String, quoted: bool, slop: Option<u32> },
}

/// Reads a query.
#[must_use]
pub fn parse(query: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let mut query = query;
    if query.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|end| query.is_char_boundary(*end)).unwrap_or(0);
        query = &query[..end];
        parsed.notes.push(format!("the query is too long: only its first {LONGEST} bytes were searched"));
    }
    let mut signs = signs(query);
    let texts = signs.iter().filter(|sign| matches!(sign, Sign::Text { .. })).count();
    if texts > MOST {
        let mut seen = 0;
        signs.retain(|sign| {
            seen += usize::from(matches!(sign, Sign::Text { .. }));
            seen <= MOST
        });
        parsed.notes.push(format!("the query has {texts} parts: only the first {MOST} were searched"));
    }
    let mut reader = Reader { signs: signs.into_iter().peekable(), parsed };
    let mut parts = Vec::new();
    // A closing bracket too many ends nothing.
    while reader.signs.peek().is_some() {
        parts.extend(reader.either(0));
        if reader.signs.next_if(|sign| *sign == Sign::Close).is_some() {
            reader.note("a closing bracket has no opening one");
        }
    }
    let mut parsed = reader.parsed;
    parsed.wanted = all(parts);
    if parsed.wanted.as_ref().is_some_and(|wanted| !has_positive(wanted)) {
        parsed.notes.push("only what is not wanted was said: say also what is".into());
        parsed.wanted = None;
    }
    parsed
}

fn has_positive(node: &Node) -> bool {
    match node {
        Node::And(parts) => parts.iter().any(has_positive),
        // Else a passage could be a hit for what it lacks.
        Node::Or(parts) => parts.iter().all(has_positive),
        Node::Not(_) => false,
        Node::Leaf(_) => true,
    }
}

fn all(mut parts: Vec<Node>) -> Option<Node> {
    if parts.len() > 1 { Some(Node::And(parts)) } else { parts.pop() }
}

struct Reader {
    signs: Peekable<std::vec::IntoIter<Sign>>,
    parsed: Parsed,
}

impl Reader {
    fn note(&mut self, note: &str) {
        if !self.parsed.notes.iter().any(|other| other == note) {
            self.parsed.notes.push(note.into());
        }
    }

    fn either(&mut self, depth: usize) -> Option<Node> {
        let mut parts = Vec::new();
        loop {
            parts.extend(self.both(depth));
            if self.signs.next_if(|sign| *sign == Sign::Or).is_none() {
                break;
            }
        }
        if parts.len() > 1 { Some(Node::Or(parts)) } else { parts.pop() }
    }

    fn both(&mut self, depth: usize) -> Option<Node> {
        let mut parts: Vec<Node> = Vec::new();
        loop {
            match self.signs.peek() {
                None | Some(Sign::Or | Sign::Close) => break,
                Some(Sign::And) => drop(self.signs.next()),
                Some(Sign::Near(distance)) => {
                    let distance = *distance;
                    self.signs.next();
                    let next = self.one(depth);
                    let pair = (parts.pop(), next);
                    if let (Some(Node::Leaf(a)), Some(Node::Leaf(b))) = pair {
                        parts.push(Node::Leaf(Leaf {
                            text: format!("{} … {}", a.text, b.text),
                            tokens: [a.tokens, b.tokens].concat(),
                            how: How::Near(distance),
                        }));
                    } else {
                        parts.extend(pair.0);
                        parts.extend(pair.1);
                        self.note("NEAR stands between two words or phrases");
                    }
                }
                Some(_) => parts.extend(self.one(depth)),
            }
        }
        all(parts)
    }

    fn one(&mut self, depth: usize) -> Option<Node> {
        match self.signs.next()? {
            Sign::Not => {
                let filters = self.parsed.filters.len();
                let node = self.one(depth);
                for filter in self.parsed.filters.get_mut(filters..).unwrap_or_default() {
                    *filter = Filter::Without(Box::new(filter.clone()));
                }
                node.map(|node| Node::Not(Box::new(node)))
            }
            Sign::Open if depth >= DEEPEST => {
                self.note("brackets are nested too deep: some were passed over");
                None
            }
            Sign::Open => {
                let node = self.either(depth + 1);
                if self.signs.next_if(|sign| *sign == Sign::Close).is_none() {
                    self.note("an opening bracket has no closing one");
                }
                node
            }
            Sign::Text { field, sound, text, quoted, slop } => self.text(field, sound, text, quoted, slop),
            Sign::Close | Sign::And | Sign::Or | Sign::Near(_) => None,
        }
    }

    fn text(
        &mut self,
        field: Option<String>,
        sound: bool,
        text: String,
        quoted: bool,
        slop: Option<u32>,
    ) -> Option<Node> {
        let words = || -> Vec<String> {
            tokens(text.split_whitespace()).into_iter().map(|token| token.text).collect()
        };
        let mut exact = false;
        match field.as_deref() {
            Some("speaker") => {
                self.parsed.filters.push(Filter::Speaker(words()));
                return None;
            }
            Some("show") => {
                self.parsed.filters.push(Filter::Show(words()));
                return None;
            }
            Some("date") => {
                match dates(&text) {
                    Some((from, to)) => self.parsed.filters.push(Filter::Date(from, to)),
                    None => self.note(&format!(
                        "date:{text} is no date: write date:2024-05-07, date:2024-05 or date:2024-04..2024-06"
                    )),
                }
                return None;
            }
            Some("has") => {
                let known = ["gap", "music", "repair", "offer"];
                match known.into_iter().find(|known| *known == text) {
                    Some(known) => self.parsed.filters.push(Filter::Has(known)),
                    None => self.note("has: is followed by gap, music, repair or offer"),
                }
                return None;
            }
            Some("exact") => {
                exact = true;
                if text.is_empty() {
                    self.parsed.exact = true;
                    return None;
                }
            }
            Some(other) => {
                let other = other.to_owned();
                self.note(&format!("{other}: is no filter: searched as words"));
                let whole = format!("{other} {text}");
                return self.text(None, sound, whole, quoted, slop);
            }
            None => {}
        }
        let tokens = words();
        if tokens.is_empty() {
            return None;
        }
        let prefix = !quoted && text.ends_with('*');
        let how = match slop {
            _ if sound => How::Sound,
            _ if exact => How::Exact,
            _ if prefix => How::Prefix,
            Some(slop) if tokens.len() > 1 => How::Near(slop),
            _ if quoted || tokens.len() > 1 => How::Phrase,
            _ => How::Word,
        };
        Some(Node::Leaf(Leaf { text: text.trim_end_matches('*').to_owned(), tokens, how }))
    }
}

/// `2024`, `2024-05`, `2024-05-07`, or two of them with `..` between; either may be missing.
fn dates(text: &str) -> Option<(Date, Date)> {
    let (from, to) = text.split_once("..").unwrap_or((text, text));
    let from = if from.is_empty() && !to.is_empty() { Date::MIN } else { days(from)?.0 };
    let to = if to.is_empty() { Date::MAX } else { days(to)?.1 };
    (from <= to).then_some((from, to))
}

fn days(text: &str) -> Option<(Date, Date)> {
    let parts: Vec<&str> = text.split('-').collect();
    let number = |index: usize| parts.get(index).map(|part| part.parse::<i16>().ok());
    let year = number(0)??;
    let date = |month: i16, day: i16| Date::new(year, month.try_into().ok()?, day.try_into().ok()?).ok();
    match (parts.len(), number(1), number(2)) {
        (1, ..) => Some((date(1, 1)?, date(12, 31)?)),
        (2, Some(month), _) => Some((date(month?, 1)?, date(month?, 1)?.last_of_month())),
        (3, Some(month), Some(day)) => Some((date(month?, day?)?, date(month?, day?)?)),
        _ => None,
    }
}

fn signs(query: &str) -> Vec<Sign> {
    let mut signs = Vec::new();
    let mut rest = query.trim_start();
    while let Some(first) = rest.chars().next() {
        match first {
            '(' => {
                signs.push(Sign::Open);
                rest = &rest[1..];
            }
            ')' => {
                signs.push(Sign::Close);
                rest = &rest[1..];
            }
            '-' | '!'
                if rest[1..].starts_with(|next: char| {
                    next == '"' || next == '(' || next == '~' || next.is_alphanumeric()
                }) =>
            {
                signs.push(Sign::Not);
                rest = &rest[1..];
            }
            _ => rest = text_sign(rest, &mut signs),
        }
        rest = rest.trim_start();
    }
    signs
}

/// Reads a word, a phrase or a filter, and returns what follows.
fn text_sign<'a>(whole: &'a str, signs: &mut Vec<Sign>) -> &'a str {
    let mut rest = whole;
    let sound = rest.starts_with('~');
    rest = rest.trim_start_matches('~');
    let mut field = None;
    if let Some((name, after)) = rest.split_once(':')
        && !name.is_empty()
        && name.chars().all(|sign| sign.is_ascii_alphabetic())
        // Not the "http" of an address.
        && !after.starts_with("//")
    {
        field = Some(name.to_ascii_lowercase());
        rest = after;
    }
    if let Some(quoted) = rest.strip_prefix(['"', '“', '„']) {
        let end = quoted.find(['"', '”', '“']).unwrap_or(quoted.len());
        let text = quoted[..end].to_owned();
        let mut after = quoted[end..].strip_prefix(['"', '”', '“']).unwrap_or_default();
        let mut slop = None;
        if let Some(behind) = after.strip_prefix('~') {
            let digits = behind.len() - behind.trim_start_matches(|sign: char| sign.is_ascii_digit()).len();
            slop = behind[..digits].parse().ok().map(|slop: u32| slop.min(50));
            after = &behind[digits..];
        }
        signs.push(Sign::Text { field, sound, text, quoted: true, slop });
        return after;
    }
    let end = rest.find(|sign: char| sign.is_whitespace() || "()\"".contains(sign)).unwrap_or(rest.len());
    let (text, after) = rest.split_at(end);
    let near = text.strip_prefix("NEAR").map(|number| number.strip_prefix('/').unwrap_or(number));
    signs.push(match text {
        "AND" | "&&" => Sign::And,
        "OR" | "||" => Sign::Or,
        "NOT" => Sign::Not,
        "NEAR" => Sign::Near(NEAR),
        _ if near.is_some_and(|number| number.parse::<u32>().is_ok()) => {
            Sign::Near(near.and_then(|number| number.parse().ok()).unwrap_or(NEAR).min(50))
        }
        _ => Sign::Text { field, sound, text: text.to_owned(), quoted: false, slop: None },
    });
    // At least one sign is read, whatever it is.
    if after.len() == whole.len() {
        let first = whole.chars().next().map_or(0, char::len_utf8);
        return &whole[first..];
    }
    after
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    /// A query in one line: words as they are found, with brackets.
    fn shape(node: &Node) -> String {
        let list = |parts: &[Node], sign: &str| {
            format!("({})", parts.iter().map(shape).collect::<Vec<_>>().join(sign))
        };
        match node {
            Node::And(parts) => list(parts, " & "),
            Node::Or(parts) => list(parts, " | "),
            Node::Not(part) => format!("!{}", shape(part)),
            Node::Leaf(leaf) => {
                let words = leaf.tokens.join(" ");
                match leaf.how {
                    How::Word => words,
                    How::Phrase => format!("\"{words}\""),
                    How::Prefix => format!("{words}*"),
                    How::Near(slop) => format!("\"{words}\"~{slop}"),
                    How::Sound => format!("~{words}"),
                    How::Exact => format!("={words}"),
                }
            }
        }
    }

    #[test]
    fn queries_mean_what_they_look_like() {
        for (query, expected) in [
            ("lecornu", "lecornu"),
            ("peace talks", "(peace & talks)"),
            ("\"peace talks\" moscow", "(\"peace talks\" & moscow)"),
            ("a OR b c", "(a | (b & c))"),
            ("(a OR b) c", "((a | b) & c)"),
            ("a -b", "(a & !b)"),
            ("a NOT (b OR c)", "(a & !(b | c))"),
            ("negotiat*", "negotiat*"),
            ("~Lecornu", "~lecornu"),
            ("~\"Sebastien Lecornu\"", "~sebastien lecornu"),
            ("\"peace war\"~5", "\"peace war\"~5"),
            ("peace NEAR/3 war", "\"peace war\"~3"),
            ("7.7%", "\"seven point seven percent\""),
            ("exact:Lecornu", "=lecornu"),
            ("foo:bar", "\"foo bar\""),
            ("((((a", "a"),
            ("a))) b", "(a & b)"),
            ("state-of-the-art", "\"state of the art\""),
            ("“peace talks”", "\"peace talks\""),
        ] {
            let parsed = parse(query);
            assert_eq!(parsed.wanted.as_ref().map(shape).as_deref(), Some(expected), "{query}");
        }
        for nothing in ["", "  ", "...", "-", "()", "😀", "NOT a", "\u{7}\u{0}"] {
            assert_eq!(parse(nothing).wanted, None, "{nothing:?}");
        }
    }

    #[test]
    fn filters_are_read() {
        let parsed = parse("speaker:\"Ann Lee\" -show:Frontier date:2024-04..2024-06 has:gap date:x peace");
        assert_eq!(
            parsed.filters,
            [
                Filter::Speaker(vec!["ann".into(), "lee".into()]),
                Filter::Without(Box::new(Filter::Show(vec!["frontier".into()]))),
                Filter::Date(date(2024, 4, 1), date(2024, 6, 30)),
                Filter::Has("gap"),
            ]
        );
        assert_eq!(parsed.wanted.as_ref().map(shape).as_deref(), Some("peace"));
        assert_eq!(parsed.notes.len(), 1, "{:?}", parsed.notes);
        assert!(parse("exact: peace").exact);
    }

    #[test]
    fn what_is_too_much_is_cut_with_a_note() {
        let parsed = parse(&"word ".repeat(10_000));
        assert_eq!(parsed.notes.len(), 2, "{:?}", parsed.notes);
        let parsed = parse(&"(".repeat(1_900));
        assert!(!parsed.notes.is_empty());
        assert!(!parse(&"a* ".repeat(600)).notes.is_empty());
    }

    proptest! {
        #[test]
        fn every_text_is_a_query(query in "\\PC{0,80}") {
            let _ = parse(&query);
        }

        #[test]
        fn signs_in_any_order_are_a_query(parts in proptest::collection::vec(
            prop_oneof![Just("("), Just(")"), Just("\""), Just("~"), Just("-"), Just(" OR "), Just(" NOT "), Just(" NEAR/3 "),
                Just("has:"), Just("date:"), Just("*"), Just("a"), Just(" "), Just("“"), Just("é")], 0..40)
        ) {
            let _ = parse(&parts.concat());
        }
    }
}
