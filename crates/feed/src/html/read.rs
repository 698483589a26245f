//! Reads the small HTML that notes have: its text, its links.

use crate::xml::decode_entities;

/// A link in notes.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct NotesLink {
    /// Address, with http, https or mailto.
    pub address: String,
    /// What the link says.
    pub text: String,
}

enum Piece<'a> {
    Text(&'a str),
    /// Name and what follows it, without `<` and `>`.
    Open(&'a str, &'a str),
    Close(&'a str),
}

/// Cuts `html` at its tags.
fn pieces(html: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = html;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let Some(tag) = rest.strip_prefix('<') else {
            let (text, after) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
            rest = after;
            return Some(Piece::Text(text));
        };
        let mut quoted = false;
        let end = tag.bytes().position(|byte| {
            quoted ^= byte == b'"';
            byte == b'>' && !quoted
        });
        let (inside, after) = tag.split_at(end.unwrap_or(tag.len()));
        rest = after.strip_prefix('>').unwrap_or(after);
        if let Some(name) = inside.strip_prefix('/') {
            return Some(Piece::Close(name.trim()));
        }
        let name = inside.split(|next: char| !next.is_ascii_alphanumeric()).next().unwrap_or_default();
        Some(Piece::Open(name, &inside[name.len()..]))
    })
}

/// The text of `html`, as [`super::SafeHtml::text`] promises.
pub(super) fn text(html: &str) -> String {
    let mut text = Lines::default();
    // For each open list the number of its last entry, or none where entries have no numbers.
    let mut lists: Vec<Option<u32>> = Vec::new();
    for piece in pieces(html) {
        match piece {
            Piece::Text(written) => text.words(&decode_entities(written)),
            Piece::Open("br", _) => text.new_line(),
            Piece::Open(name @ ("ul" | "ol"), _) => {
                if lists.is_empty() {
                    text.paragraph();
                }
                lists.push((name == "ol").then_some(0));
            }
            Piece::Close("ul" | "ol") => {
                lists.pop();
                if lists.is_empty() {
                    text.paragraph();
                } else {
                    text.new_line();
                }
            }
            Piece::Open("li", _) => {
                text.new_line();
                match lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        text.begin_with(&format!("{number}. "));
                    }
                    _ => text.begin_with("- "),
                }
            }
            Piece::Close("li") => text.new_line(),
            // A paragraph inside an entry of a list stays on its line.
            Piece::Open("p", _) if !lists.is_empty() => text.gap(),
            Piece::Close("p") if !lists.is_empty() => text.gap(),
            Piece::Open("p" | "blockquote", _) | Piece::Close("p" | "blockquote") => text.paragraph(),
            Piece::Open(..) | Piece::Close(_) => {}
        }
    }
    text.done
}

/// The links of `html`, in order.
pub(super) fn links(html: &str) -> Vec<NotesLink> {
    let mut links: Vec<NotesLink> = Vec::new();
    let mut open = false;
    for piece in pieces(html) {
        match piece {
            Piece::Open("a", attributes) => {
                let address = attributes.split_once("href=\"").and_then(|(_, value)| value.split_once('"'));
                open = address.is_some();
                if let Some((address, _)) = address {
                    links.push(NotesLink {
                        address: decode_entities(address).into_owned(),
                        text: String::new(),
                    });
                }
            }
            Piece::Close("a") => open = false,
            Piece::Text(written) if open => {
                if let Some(link) = links.last_mut() {
                    link.text.push_str(&decode_entities(written));
                }
            }
            _ => {}
        }
    }
    for link in &mut links {
        link.text = crate::prose::line(&link.text);
    }
    links
}

/// The text of HTML of any kind with its tags taken out.
pub(crate) fn strip(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    for piece in pieces(&super::rewrite::to_small_set(html)) {
        match piece {
            Piece::Text(written) => text.push_str(&decode_entities(written)),
            Piece::Open("br" | "p" | "li", _) | Piece::Close("p" | "li") => text.push(' '),
            _ => {}
        }
    }
    text
}

/// Text that grows word by word.
#[derive(Default)]
struct Lines {
    done: String,
    /// What stands before the next word.
    before: Before,
    /// The mark of an entry of a list, until its first word comes.
    mark: Option<String>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Before {
    #[default]
    Nothing,
    Space,
    Line,
    Paragraph,
}

impl Lines {
    fn words(&mut self, text: &str) {
        if text.starts_with(char::is_whitespace) {
            self.gap();
        }
        for (number, word) in text.split_whitespace().enumerate() {
            if number > 0 {
                self.gap();
            }
            if !self.done.is_empty() {
                self.done.push_str(match self.before {
                    Before::Nothing => "",
                    Before::Space => " ",
                    Before::Line => "\n",
                    Before::Paragraph => "\n\n",
                });
            }
            self.before = Before::Nothing;
            self.done.push_str(self.mark.take().as_deref().unwrap_or_default());
            self.done.extend(word.chars().filter(|letter| !letter.is_control()));
        }
        if text.ends_with(char::is_whitespace) {
            self.gap();
        }
    }

    fn at_least(&mut self, before: Before) {
        self.before = self.before.max(before);
    }

    fn gap(&mut self) {
        self.at_least(Before::Space);
    }

    fn new_line(&mut self) {
        self.at_least(Before::Line);
    }

    fn paragraph(&mut self) {
        self.at_least(Before::Paragraph);
    }

    fn begin_with(&mut self, mark: &str) {
        self.mark = Some(mark.to_owned());
    }
}
