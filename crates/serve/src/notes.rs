//! Show notes: plain text as paragraphs, with its links made clickable.

/// A piece of a paragraph of notes. Templates escape both.
#[derive(Debug, PartialEq)]
pub(crate) enum Piece<'a> {
    Text(&'a str),
    /// An address that begins with `http://` or `https://`.
    Link(&'a str),
    Break,
}

/// Splits notes at empty lines into paragraphs, lines into breaks, and finds the links in them.
pub(crate) fn paragraphs(notes: &str) -> Vec<Vec<Piece<'_>>> {
    let mut paragraphs = vec![Vec::new()];
    for line in notes.lines().map(str::trim) {
        match paragraphs.last_mut() {
            Some(paragraph) if line.is_empty() && paragraph.is_empty() => {}
            Some(_) if line.is_empty() => paragraphs.push(Vec::new()),
            Some(paragraph) => {
                if !paragraph.is_empty() {
                    paragraph.push(Piece::Break);
                }
                pieces(line, paragraph);
            }
            None => {}
        }
    }
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    paragraphs
}

fn pieces<'a>(mut line: &'a str, into: &mut Vec<Piece<'a>>) {
    while let Some(start) = link_start(line) {
        let (before, rest) = line.split_at(start);
        let (link, after) = rest.split_at(link_end(rest));
        if !before.is_empty() {
            into.push(Piece::Text(before));
        }
        into.push(Piece::Link(link));
        line = after;
    }
    if !line.is_empty() {
        into.push(Piece::Text(line));
    }
}

/// Where the first link begins: a scheme at the begin of a word, with a host after it.
fn link_start(text: &str) -> Option<usize> {
    let scheme = |at: &usize| {
        ["https://", "http://"].iter().any(|scheme| {
            let after = text.get(*at..).and_then(|rest| rest.strip_prefix(scheme));
            after.is_some_and(|host| host.starts_with(|c: char| c.is_alphanumeric()))
        })
    };
    let own_word =
        |at: &usize| !text.get(..*at).is_some_and(|before| before.ends_with(char::is_alphanumeric));
    text.match_indices("http").map(|(at, _)| at).find(|at| scheme(at) && own_word(at))
}

/// Where a link ends: at white space or a quotation mark or angle bracket, without the punctuation of the sentence around
/// it, and without a closing bracket that it did not open.
fn link_end(text: &str) -> usize {
    let stop =
        |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '“' | '”' | '«' | '»');
    let mut link = text.find(stop).map_or(text, |end| &text[..end]);
    loop {
        let opened = link.matches('(').count() >= link.matches(')').count();
        let shorter = link.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '’', '*', ']']);
        let shorter = if opened { shorter } else { shorter.strip_suffix(')').unwrap_or(shorter) };
        if shorter.len() == link.len() {
            return link.len();
        }
        link = shorter;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(notes: &str) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => (*text).to_owned(),
            Piece::Link(link) => format!("⟦{link}⟧"),
            Piece::Break => "↵".to_owned(),
        };
        let paragraph = |pieces: &Vec<Piece>| pieces.iter().map(piece).collect::<String>();
        paragraphs(notes).iter().map(paragraph).collect::<Vec<_>>().join("¶")
    }

    #[test]
    fn paragraphs_lines_and_links() {
        for (notes, expected) in [
            ("One.\nTwo.\n\n\n  Three.\r\n", "One.↵Two.¶Three."),
            ("See https://example.org/a?b=c&d#e.", "See ⟦https://example.org/a?b=c&d#e⟧."),
            ("(see http://example.org/a_(b))", "(see ⟦http://example.org/a_(b)⟧)"),
            ("<a href=\"https://example.org\">", "<a href=\"⟦https://example.org⟧\">"),
            ("https://a.example, https://b.example", "⟦https://a.example⟧, ⟦https://b.example⟧"),
            ("javascript:alert(1) data:text/html,x", "javascript:alert(1) data:text/html,x"),
            ("xhttps://example.org https:// http", "xhttps://example.org https:// http"),
            ("https://пример.example/é!", "⟦https://пример.example/é⟧!"),
            ("", ""),
            ("\n \n", ""),
        ] {
            assert_eq!(shown(notes), expected, "{notes}");
        }
    }
}
