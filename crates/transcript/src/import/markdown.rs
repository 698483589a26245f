//! Markdown (CommonMark 0.31), as far as pages with a transcript use it.

use super::build::Draft;
use super::captions::head;
use super::header;
use super::page::{self, Block, Kind};

/// True when a text uses Markdown for what it says.
pub(super) fn is_markdown(text: &str) -> bool {
    text.lines().take(200).any(|line| {
        let line = line.trim_start();
        let heading = line.trim_start_matches('#');
        line.starts_with("**")
            || (heading.len() < line.len() && line.len() - heading.len() <= 6 && heading.starts_with(' '))
    })
}

pub(super) fn markdown(text: &str, draft: &mut Draft<'_>) {
    let mut blocks: Vec<Block> = Vec::new();
    let mut after_gap = true;
    let mut comment = false;
    let mut lines = (1..).zip(text.lines()).peekable();
    if text.starts_with("---\n") {
        lines.next();
        for (_, line) in lines.by_ref() {
            if line.trim_end() == "---" || line.trim_end() == "..." {
                break;
            }
            front_matter(line, draft);
        }
    }
    for (number, line) in lines {
        let mut line = line.trim();
        if comment || line.starts_with("<!--") {
            comment = !line.contains("-->");
            continue;
        }
        let rule = line.len() >= 3
            && ["-", "*", "_", "="]
                .iter()
                .any(|sign| line.replace(' ', "").trim_matches(|c| sign.contains(c)).is_empty());
        if line.is_empty() || rule || line.starts_with("```") || line.starts_with("~~~") {
            after_gap = true;
            continue;
        }
        line = line.trim_start_matches("> ").trim_start_matches('>').trim_start();
        let level = line.bytes().take_while(|byte| *byte == b'#').count();
        if (1..=6).contains(&level) && line[level..].starts_with([' ', '\t']) {
            let title = line[level..].trim();
            let unclosed = title.trim_end_matches('#');
            let title = if unclosed.is_empty() || unclosed.ends_with([' ', '\t']) {
                unclosed.trim_end()
            } else {
                title
            };
            let text = inline(title).text;
            blocks.push(Block { line: number, kind: Kind::Heading(level as u8), text, ..Block::default() });
            after_gap = true;
            continue;
        }
        let (line, item) = list_item(line);
        let mut block = block(line);
        block.line = number;
        let bold = block.lead.as_deref().is_some_and(|lead| lead.trim_end().ends_with(':'));
        block.goes_on = !(after_gap || item || bold);
        after_gap = false;
        blocks.push(block);
    }
    page::page(&blocks, draft);
}

/// A line of YAML at the top: `title: …`.
fn front_matter(line: &str, draft: &mut Draft<'_>) {
    let Some((key, value)) = line.split_once(':') else { return };
    let value = value.trim().trim_matches(['"', '\'']);
    match key.trim().to_lowercase().as_str() {
        "title" => draft.about.title = draft.named(value, 0),
        "show" | "podcast" | "series" => draft.about.show = draft.named(value, 0),
        "date" | "published" => draft.about.date = header::date(value).or(draft.about.date),
        "lang" | "language" => draft.language = header::language(value).or(draft.language.take()),
        _ => {}
    }
}

/// A line without the sign of a list's item, and whether it had one.
fn list_item(line: &str) -> (&str, bool) {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let rest = match digits {
        0 => line.strip_prefix(['-', '*', '+']),
        1..=9 => line[digits..].strip_prefix(['.', ')']),
        _ => None,
    };
    match rest.filter(|rest| rest.starts_with([' ', '\t'])) {
        Some(rest) => (rest.trim_start(), true),
        None => (line, false),
    }
}

fn block(line: &str) -> Block {
    let mut block = Block::default();
    let mut rest = line;
    for sign in ["**", "__"] {
        if let Some(inside) = rest.strip_prefix(sign)
            && let Some(end) = unescaped(inside, sign)
            && !inside[..end].trim().is_empty()
        {
            block.lead = Some(inline(&inside[..end]).text);
            rest = inside[end + 2..].trim_start();
            break;
        }
    }
    // What is in emphasis as a whole is a remark.
    let emphasised = rest.strip_prefix('*').filter(|inside| !inside.starts_with('*'));
    if let Some(inside) = emphasised
        && let Some(end) = unescaped(inside, "*")
        && end + 1 == inside.len()
    {
        block.kind = Kind::Note;
        rest = &inside[..end];
    }
    let Inline { text, guarded } = inline(rest);
    Block { text, plain: guarded, ..block }
}

/// Where a sign stands in a text without a backslash before it.
fn unescaped(text: &str, sign: &str) -> Option<usize> {
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if text[at..].starts_with(sign) {
            return Some(at);
        }
        at += c.len_utf8();
        if c == '\\' {
            at += text[at..].chars().next().map_or(0, char::len_utf8);
        }
    }
    None
}

/// The text of a line without its markup.
struct Inline {
    text: String,
    /// A colon in it is escaped, as Readout does where it would be taken for that of a name or time.
    guarded: bool,
}

fn inline(line: &str) -> Inline {
    let mut text = String::with_capacity(line.len());
    let mut guarded = false;
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        rest = match c {
            '\\' => match after.chars().next() {
                Some(escaped) if escaped.is_ascii_punctuation() => {
                    guarded |= escaped == ':';
                    text.push(escaped);
                    &after[1..]
                }
                _ => {
                    text.push('\\');
                    after
                }
            },
            '*' | '`' => after,
            '~' if after.starts_with('~') => after.trim_start_matches('~'),
            // Within a word it is part of it.
            '_' if !(text.ends_with(char::is_alphanumeric) && after.starts_with(char::is_alphanumeric)) => {
                after
            }
            '!' if after.starts_with('[') => after,
            '[' => match link(after) {
                Some((label, after)) => {
                    let label = inline(label);
                    text.push_str(&label.text);
                    after
                }
                None => {
                    text.push('[');
                    after
                }
            },
            '<' => match head(after)
                .find('>')
                .filter(|_| after.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/'))
            {
                // An address in angle brackets is its own text.
                Some(end) if after[..end].contains("://") => {
                    text.push_str(&after[..end]);
                    &after[end + 1..]
                }
                Some(end) => {
                    text.push(' ');
                    &after[end + 1..]
                }
                None => {
                    text.push('<');
                    after
                }
            },
            '&' => {
                let (decoded, after) = super::html::reference(after);
                text.push(decoded);
                after
            }
            c => {
                text.push(c);
                after
            }
        };
    }
    Inline { text, guarded }
}

/// `text](address)`: the text and what is after it.
fn link(after: &str) -> Option<(&str, &str)> {
    let close = unescaped(&after[..after.floor_char_boundary(300)], "]")?;
    let target = after[close + 1..].strip_prefix('(')?;
    let end = head(target).find(')')?;
    // One inside another is not looked for: it would cost the square of the length.
    (!after[..close].contains('[')).then(|| (&after[..close], &target[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_not_text() {
        for (line, expected) in [
            ("plain *and* **bold** `code`", "plain and bold code"),
            ("see [the page](https://example.org/a_b) now", "see the page now"),
            (r"\[laughter\] 2 \* 3 \\ \d", r"[laughter] 2 * 3 \ \d"),
            ("[laughter] a_b_c _really_", "[laughter] a_b_c really"),
            ("R&amp;D &lt;is&gt; & more &unknown;", "R&D <is> & more &unknown;"),
            ("a<br>b 1 < 2", "a b 1 < 2"),
            ("<https://example.org>", "https://example.org"),
            ("[broken](link", "[broken](link"),
        ] {
            assert_eq!(inline(line).text, expected, "{line}");
        }
        assert!(inline(r"Ann\: no").guarded);
        let read = block(r"**0:12 Ann \*Lee:** Good *evening*.");
        assert_eq!((read.lead.as_deref(), read.text.as_str()), (Some("0:12 Ann *Lee:"), "Good evening."));
        assert_eq!(block("*From There*").kind, Kind::Note);
        assert_eq!(block("*a* b *c*").kind, Kind::Text);
    }
}
