//! Lines of show notes cut into words, with what stands between them.

use crate::parts::TITLES;
use crate::spelling::mixes_scripts;

/// A word of a line.
#[derive(Clone, Copy, Debug)]
pub struct Token<'a> {
    /// The word without the punctuation around it and without `'s`; with the full stop of `J.` and `Dr.`
    pub text: &'a str,
    /// Bytes of the line where it begins and ends, `'s` not counted.
    pub begin: usize,
    /// See `begin`.
    pub end: usize,
    /// What stands between the word before and this one: `'s`, white space, punctuation, addresses.
    pub gap: &'a str,
    /// How it is written.
    pub shape: Shape,
    /// True for the first word of a line or sentence, and after a colon, a bullet or an opening quotation mark.
    pub initial: bool,
}

/// How a word is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Begins small, or is of a script without capitals.
    Lower,
    /// A capital first, or inside.
    Capital,
    /// Two or more letters, all capitals.
    Shouted,
    /// Begins with a digit.
    Number,
}

impl Token<'_> {
    /// Whether it is written with a capital.
    pub fn is_capital(&self) -> bool {
        matches!(self.shape, Shape::Capital | Shape::Shouted)
    }
}

/// Abbreviations whose full stop ends no sentence, beside the titles.
const ABBREVIATIONS: &[&str] =
    &["co", "corp", "ed", "feat", "ft", "inc", "jr", "ltd", "no", "nr", "sr", "st", "vs", "v"];

/// Cuts a line into words. Addresses, handles and words that mix look-alike scripts become part of the gaps.
pub fn tokens(line: &str) -> Vec<Token<'_>> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut gap_begin = 0;
    for (chunk_begin, chunk) in chunks(line) {
        if is_address(chunk) || mixes_scripts(chunk) {
            continue;
        }
        let mut at = 0;
        while let Some((begin, end, next)) = word(chunk, at) {
            let (begin, end) = (chunk_begin + begin, chunk_begin + end);
            let (text, gap) = (&line[begin..end], &line[gap_begin..begin]);
            let shape = shape(text);
            let stamped = tokens.iter().all(|token| token.shape == Shape::Number);
            let initial = stamped || tokens.last().is_some_and(|last| ends_sentence(gap, last.shape));
            tokens.push(Token { text, begin, end, gap, shape, initial });
            gap_begin = end;
            at = next;
        }
    }
    tokens
}

/// Pieces between white space, with where they begin.
fn chunks(line: &str) -> impl Iterator<Item = (usize, &str)> {
    line.split_whitespace().map(move |chunk| (chunk.as_ptr() as usize - line.as_ptr() as usize, chunk))
}

/// An address of the web or of mail, or a handle.
fn is_address(chunk: &str) -> bool {
    let bare = chunk.trim_matches(|c: char| !c.is_alphanumeric() && c != '@');
    let domain = || {
        let (host, path) = bare.split_once('/').map_or((bare, false), |(host, _)| (host, true));
        let tail = host.rsplit_once('.').map_or("", |(_, tail)| tail);
        let like = (2..=10).contains(&tail.len()) && tail.bytes().all(|b| b.is_ascii_lowercase());
        like && (path || !host.starts_with(char::is_uppercase))
    };
    chunk.contains("://") || bare.starts_with("www.") || bare.contains('@') || bare.contains('.') && domain()
}

/// The next word of a chunk from byte `at`: where it begins, where it ends, where to go on (after `'s`).
fn word(chunk: &str, at: usize) -> Option<(usize, usize, usize)> {
    let rest = chunk.get(at..)?;
    let begin = at + rest.find(char::is_alphanumeric)?;
    let mut end = begin;
    let mut chars = chunk[begin..].char_indices().peekable();
    while let Some((offset, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        let joins = match c {
            '\'' | '’' | '-' | '‑' | '&' | '·' => next.is_some_and(char::is_alphanumeric),
            ':' => {
                next.is_some_and(|next| next.is_ascii_digit())
                    && chunk[begin..end].ends_with(|c: char| c.is_ascii_digit())
            }
            '.' => next.is_some_and(char::is_alphanumeric) || stop_belongs(&chunk[begin..end]),
            c => c.is_alphanumeric() || unicode_normalization::char::is_combining_mark(c),
        };
        if !joins {
            break;
        }
        end = begin + offset + c.len_utf8();
    }
    let text = &chunk[begin..end];
    let (base, ending) = crate::forms::inflection(text);
    match ending {
        "'s" | "’s" | "'S" | "’S" => Some((begin, begin + base.len(), end)),
        _ => Some((begin, end, end)),
    }
}

/// Whether a full stop after this belongs to it: an initial, a title, an abbreviation.
fn stop_belongs(text: &str) -> bool {
    let letters = text.rsplit(['.', '-']).next().unwrap_or_default();
    let mut chars = letters.chars();
    match (chars.next(), chars.next()) {
        (Some(only), None) => only.is_uppercase() && only != 'I',
        _ => {
            let folded = letters.to_lowercase();
            letters.len() <= 5
                && (TITLES.binary_search(&folded.as_str()).is_ok()
                    || ABBREVIATIONS.contains(&folded.as_str()))
        }
    }
}

fn shape(text: &str) -> Shape {
    let first = text.chars().next();
    let upper = text.chars().filter(|c| c.is_uppercase()).count();
    match first {
        Some(c) if c.is_numeric() => Shape::Number,
        _ if upper >= 2 && !text.chars().any(char::is_lowercase) && !text.contains('.') => Shape::Shouted,
        _ if upper > 0 => Shape::Capital,
        _ => Shape::Lower,
    }
}

/// Whether a word after this gap begins something new.
fn ends_sentence(gap: &str, before: Shape) -> bool {
    let mark = |c: char| ".!?…:|•·►▪*#\"“„«>=~".contains(c);
    let dash = gap.trim() != gap && gap.contains([' ']) && gap.trim().starts_with(['-', '–', '—']);
    gap.contains(mark) || dash || before == Shape::Number && !gap.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str) -> Vec<&str> {
        tokens(line).into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn words_are_cut_as_people_read_them() {
        for (line, expected) in [
            ("Jean Twenge's research, Guy’s Hospital.", "Jean|Twenge|research|Guy|Hospital"),
            ("Dr. Lena O'Brien-Smith, J. P. Roe, J.K. Doe", "Dr.|Lena|O'Brien-Smith|J.|P.|Roe|J.K.|Doe"),
            ("12:30 Jane (00:01:02) w/ Roe", "12:30|Jane|00:01:02|w|Roe"),
            ("see https://a.example/B?c=D or a.example/x, mail A@b.example, @Handle", "see|or|mail"),
            ("Fly.io and example.com", "Fly.io|and"),
            ("the end. New", "the|end|New"),
            ("St. Petersburg", "St.|Petersburg"),
            ("ends with plan B. Then", "ends|with|plan|B.|Then"),
            ("Zelens\u{43a}y Зеленський", "Зеленський"),
            ("", ""),
            ("—", ""),
        ] {
            assert_eq!(texts(line).join("|"), expected);
        }
    }

    #[test]
    fn beginnings_are_seen() {
        let line = "Jane met Roe. Then: Doe, “Why” and – Late";
        let initial: Vec<&str> =
            tokens(line).into_iter().filter(|token| token.initial).map(|token| token.text).collect();
        assert_eq!(initial, ["Jane", "Then", "Doe", "Why", "Late"]);
    }
}
