//! Titles of books, films and songs in a line of notes.

use crate::cues::{is_no_name, leads_to_work};
use crate::kinds::is_ordinary;
use crate::lines_of_notes::Line;
use crate::runs::{Run, person_certainty, run_at};
use crate::tokens::{Shape, Token};
use crate::words::{fold, is_given_name};

/// Words that a title has at most.
pub const LONGEST_TITLE: usize = 10;

/// A title in quotation marks that begins at this word.
pub fn quoted(line: &Line, at: usize) -> Option<Run> {
    let (text, tokens) = (line.text, line.tokens);
    let open = tokens[at].gap.chars().last().filter(|c| matches!(c, '"' | '“' | '„' | '«' | '‘'))?;
    let close = match open {
        '"' => '"',
        '“' => '”',
        '„' => '“',
        '«' => '»',
        _ => '’',
    };
    // A straight mark opens after a space or at the beginning; right behind a word it closes.
    let before = tokens[at].gap.chars().rev().nth(1);
    if open == '"'
        && !before.map_or(at == 0, |c| c.is_whitespace() || matches!(c, '(' | '[' | '-' | '–' | '—'))
    {
        return None;
    }
    let end = (at + 1..=tokens.len().min(at + LONGEST_TITLE)).find(|end| {
        let gap = tokens.get(*end).map_or(&text[tokens[*end - 1].end..], |token| token.gap);
        gap.contains(close)
    })?;
    let words = &tokens[at..end];
    let large = words.iter().filter(|token| token.text.len() > 3 && token.is_capital()).count();
    let long = words.iter().filter(|token| token.text.len() > 3).count();
    let capitals = words.iter().filter(|token| token.is_capital()).count();
    let alone = words.len() == 1 && words[0].shape == Shape::Number || capitals * 2 < words.len();
    (words[0].is_capital() && large * 2 > long && !alone && !line.manner.foreign)
        .then_some(Run { begin: at, end })
}

/// A work's title after `the book`, `author of`, or after another work (`last`) and a comma, with the small words inside it.
pub fn work_after_cue(line: &Line, at: usize, titled: bool, last: Option<Run>) -> Option<Run> {
    let tokens = line.tokens;
    let before = tokens[..at].last()?;
    let gap = tokens[at].gap.trim();
    let author = before.text == "of"
        && at >= 2
        && matches!(fold(tokens[at - 2].text).as_str(), "author" | "authors" | "creator" | "director");
    let chained = last.is_some_and(|run| {
        run.end == at && gap == "," || run.end + 1 == at && matches!(before.text, "and" | "or")
    });
    let cue = author
        || leads_to_work(before.text)
        || matches!(fold(before.text).as_str(), "read" | "reread" | "watch")
        || chained;
    if !cue || !matches!(gap, "" | "," | ":") || titled && gap != ":" {
        return None;
    }
    let run = with_small_words(tokens, run_at(tokens, at));
    let words: Vec<&str> = tokens[run.begin..run.end].iter().map(|token| token.text).collect();
    let named_otherwise =
        !author && person_certainty(&words) >= 0.65 || is_no_name(words[0]) && words.len() == 1;
    let person = chained && words.len() == 1 && is_given_name(words[0]);
    (!named_otherwise && !person).then_some(run)
}

/// The run, and what follows after small words that titles have inside.
pub fn with_small_words(tokens: &[Token], mut run: Run) -> Run {
    const SMALL: &[&str] =
        &["a", "an", "and", "at", "for", "from", "in", "is", "of", "on", "or", "the", "to", "with", "&"];
    loop {
        let small = tokens[run.end..]
            .iter()
            .take(3)
            .take_while(|token| SMALL.contains(&token.text) && token.gap == " ")
            .count();
        let next = run.end + small;
        // "Other Minds and Metazoa" are two; "Pride and Prejudice" is one.
        let apart = small == 1
            && tokens[run.end].text == "and"
            && tokens.get(next).is_some_and(|token| !is_ordinary(token.text));
        let goes_on = small > 0
            && !apart
            && tokens.get(next).is_some_and(|token| token.is_capital() && token.gap == " ");
        if !goes_on || next - run.begin > LONGEST_TITLE {
            return run;
        }
        let more = run_at(tokens, next);
        let words: Vec<&str> = tokens[more.begin..more.end].iter().map(|token| token.text).collect();
        if person_certainty(&words) >= 0.65 {
            return run;
        }
        run.end = more.end;
    }
}

/// `Active Measures (Thomas Rid)`: a line that is a title and a person in parentheses.
pub fn is_before_author(line: &Line, title: Run) -> bool {
    let (text, tokens) = (line.text, line.tokens);
    let inside: Vec<&str> = tokens[title.end..].iter().take(5).map(|token| token.text).collect();
    let closed = tokens.last().is_some_and(|last| text[last.end..].trim() == ")");
    closed
        && tokens.len() - title.end == inside.len()
        && tokens.get(title.end).is_some_and(|token| token.gap.trim() == "(")
        && person_certainty(&inside) > 0.0
}
