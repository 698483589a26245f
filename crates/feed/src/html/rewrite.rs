//! Brings foreign HTML down to the few elements that notes have, before it is parsed.
//!
//! This is not what makes it safe: the sanitiser does, after it. It keeps words apart that only their blocks kept apart,
//! gives headings an element that notes have, and bounds how deep elements lie in each other, since parsing HTML takes
//! time that grows with the depth.

/// Elements that may be open at a time; tags beyond are left out.
const DEEPEST: usize = 32;

/// What a tag of foreign HTML becomes.
enum Becomes {
    Itself,
    Paragraph,
    Heading,
    LineBreak,
    /// The element and all inside it is left out.
    Nothing,
    /// The tag is left out.
    Text,
}

fn becomes(name: &str) -> Becomes {
    match name {
        "p" | "a" | "ul" | "ol" | "li" | "em" | "strong" | "b" | "i" | "blockquote" | "code" => {
            Becomes::Itself
        }
        "br" | "hr" => Becomes::LineBreak,
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => Becomes::Heading,
        "div" | "section" | "article" | "header" | "footer" | "main" | "aside" | "nav" | "table" | "tr"
        | "dl" | "dt" | "dd" | "figure" | "figcaption" | "center" | "address" | "pre" | "form"
        | "fieldset" | "details" | "summary" | "title" => Becomes::Paragraph,
        "script" | "style" | "template" | "noscript" | "iframe" | "object" | "svg" | "math" | "textarea"
        | "select" | "noembed" | "noframes" | "xmp" => Becomes::Nothing,
        _ => Becomes::Text,
    }
}

/// `html` with the tags that notes can have.
pub(super) fn to_small_set(html: &str) -> String {
    let mut small = String::with_capacity(html.len());
    let mut depth = 0usize;
    let mut rest = html;
    // Names whose end was looked for in vain: looking again would take the time of the whole text each time.
    let mut endless: Vec<String> = Vec::new();
    while let Some(at) = rest.find('<') {
        small.push_str(&rest[..at]);
        let tag = &rest[at..];
        if let Some(comment) = tag.strip_prefix("<!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        let closing = tag.starts_with("</");
        let name_at = 1 + usize::from(closing);
        let name =
            tag[name_at..].split(|next: char| !next.is_ascii_alphanumeric()).next().unwrap_or_default();
        if !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
            if tag[1..].starts_with(['!', '?', '/']) {
                rest = tag.split_once('>').map_or("", |(_, after)| after);
            } else {
                small.push_str("&lt;");
                rest = &tag[1..];
            }
            continue;
        }
        let Some(end) = end_of_tag(tag) else {
            // The text was cut inside of a tag.
            rest = "";
            break;
        };
        let name = name.to_ascii_lowercase();
        let (written, after) = tag.split_at(end);
        rest = after;
        match (becomes(&name), closing) {
            (Becomes::Itself, false) => {
                // Paragraphs and entries of lists are mostly left open, and close each other.
                if name == "p" || name == "li" {
                    small.push_str(written);
                } else if depth < DEEPEST {
                    depth += 1;
                    small.push_str(written);
                }
            }
            (Becomes::Itself, true) => {
                if name != "p" && name != "li" {
                    depth = depth.saturating_sub(1);
                }
                small.push_str(written);
            }
            (Becomes::Paragraph, _) => small.push_str(if closing { "</p>" } else { "<p>" }),
            (Becomes::Heading, _) => small.push_str(if closing { "</strong></p>" } else { "<p><strong>" }),
            (Becomes::LineBreak, _) => small.push_str("<br>"),
            (Becomes::Nothing, false) if !written.ends_with("/>") && !endless.contains(&name) => {
                match after_element(rest, &name) {
                    Some(after) => rest = after,
                    None => endless.push(name),
                }
            }
            (Becomes::Nothing, _) => {}
            (Becomes::Text, _) => {
                if closing && (name == "td" || name == "th") {
                    small.push(' ');
                }
            }
        }
    }
    small.push_str(rest);
    small
}

/// Where the tag that `tag` begins with ends, after its `>`; quotation marks hide a `>`, unless they are never closed.
fn end_of_tag(tag: &str) -> Option<usize> {
    let mut quote = None;
    let mut first = None;
    for (at, byte) in tag.bytes().enumerate().take(LONGEST_TAG) {
        match (quote, byte) {
            (None, b'>') => return Some(at + 1),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), close) if open == close => quote = None,
            (Some(_), b'>') if first.is_none() => first = Some(at + 1),
            _ => {}
        }
    }
    first.or_else(|| tag.find('>').map(|at| at + 1))
}

/// Bytes in which the end of a tag is looked for with care: addresses reach some kilobytes.
const LONGEST_TAG: usize = 4 << 10;

/// What follows the end tag of `name`.
fn after_element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let ends = text.match_indices("</").find(|(at, _)| {
        let found = text.get(at + 2..at + 2 + name.len());
        found.is_some_and(|found| found.eq_ignore_ascii_case(name))
    });
    let (at, _) = ends?;
    text[at..].split_once('>').map(|(_, after)| after)
}
