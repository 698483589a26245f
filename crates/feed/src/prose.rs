//! Text of one line: titles, names, categories.

use std::borrow::Cow;

use crate::html;
use crate::xml::decode_entities;

/// Marks that turn the direction of what follows them on a page, or that nobody can see: in a title they only deceive.
/// The joiners U+200C and U+200D stay, since Persian and many emoji are written with them.
fn deceives(letter: char) -> bool {
    matches!(letter, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// `text` on one line: white space collapsed, control characters and deceptive marks left out.
pub(crate) fn line(text: &str) -> String {
    let mut line = String::with_capacity(text.len().min(256));
    let mut space = false;
    for letter in text.chars() {
        if letter.is_whitespace() || letter.is_control() {
            space = true;
        } else if !deceives(letter) {
            if space && !line.is_empty() {
                line.push(' ');
            }
            space = false;
            line.push(letter);
        }
    }
    line
}

/// A line that a publisher's program may have escaped twice or written as HTML: references are resolved once more,
/// elements are taken out.
pub(crate) fn line_of_html(text: &str) -> String {
    let text: Cow<'_, str> = decode_entities(text);
    // What follows the last bracket is no tag.
    let (tags, rest) = text.split_at(text.rfind('>').map_or(0, |at| at + 1));
    if tags.contains("</") || tags.contains("/>") || tags.contains("<br>") {
        let stripped = line(&(html::strip(tags) + rest));
        if !stripped.is_empty() {
            return stripped;
        }
    }
    line(&text)
}

/// The greatest place up to `place` at which `text` can be cut.
pub(crate) fn floor_boundary(text: &str, place: usize) -> usize {
    let mut place = place.min(text.len());
    while !text.is_char_boundary(place) {
        place -= 1;
    }
    place
}

#[cfg(test)]
mod tests {
    use super::{line, line_of_html};

    #[test]
    fn lines_hold_what_can_be_read() {
        assert_eq!(line("  a\r\n\tb\u{0}c  "), "a b c");
        assert_eq!(line("abc\u{202e}gpj.exe"), "abcgpj.exe");
        assert_eq!(line("نامه\u{200c}ای"), "نامه\u{200c}ای");
        assert_eq!(line(""), "");
    }

    #[test]
    fn titles_escaped_twice_and_titles_with_tags() {
        assert_eq!(line_of_html("Salt &amp; Pepper"), "Salt & Pepper");
        assert_eq!(line_of_html("<b>Bold</b> words<br/>and more"), "Bold words and more");
        assert_eq!(line_of_html("I <3 radio, 2 < 3"), "I <3 radio, 2 < 3");
        assert_eq!(line_of_html("<i>a</i> <br"), "a <br");
        assert_eq!(line_of_html("<hr/>"), "<hr/>");
    }
}
