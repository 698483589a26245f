//! Words around names: after "thanks" and before "please go ahead" stands a name more often than elsewhere.

use std::collections::HashMap;

use crate::heard::{Heard, Token};

/// Log odds that a person's name stands beside a word or a pair of words, against any place of a transcript.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cues {
    /// By the word before; by the two words before, a space between.
    pub left: HashMap<String, f32>,
    /// By the word after; by the two words after.
    pub right: HashMap<String, f32>,
}

/// For each word the keys by which [`Cues`] knows its surroundings: the word before, the two words before, the word after, the two words
/// after.
pub fn surroundings(words: &[Heard]) -> Vec<[String; 4]> {
    let tokens: Vec<Token> = words.iter().map(Token::new).collect();
    (0..tokens.len()).map(|at| contexts(&tokens, at, at + 1)).collect()
}

/// What is before the first word and after the last, and between two sentences.
const EDGE: &str = ".";

impl Cues {
    /// What the word and the two words before `start` say, and those from `end` on.
    pub(crate) fn around(&self, tokens: &[Token], start: usize, end: usize) -> [f32; 4] {
        let [left, left_two, right, right_two] = contexts(tokens, start, end);
        let look = |table: &HashMap<String, f32>, key: &str| table.get(key).copied();
        let left = look(&self.left, &left).unwrap_or(0.0);
        let right = look(&self.right, &right).unwrap_or(0.0);
        [
            left,
            look(&self.left, &left_two).unwrap_or(left),
            right,
            look(&self.right, &right_two).unwrap_or(right),
        ]
    }
}

/// The keys of the word before, the two words before, the word after, the two words after. A sentence's end is a word.
pub(crate) fn contexts(tokens: &[Token], start: usize, end: usize) -> [String; 4] {
    let mut before = Vec::new();
    let mut at = start;
    while before.len() < 2 {
        let Some(token) = at.checked_sub(1).and_then(|at| tokens.get(at)) else {
            before.push(EDGE);
            break;
        };
        if token.ends && before.last() != Some(&EDGE) {
            before.push(EDGE);
            continue;
        }
        before.push(&token.core);
        at -= 1;
    }
    let mut after = Vec::new();
    let mut at = end;
    let mut edge = end.checked_sub(1).and_then(|last| tokens.get(last)).is_some_and(|last| last.ends);
    while after.len() < 2 {
        if edge {
            after.push(EDGE);
            edge = false;
            continue;
        }
        let Some(token) = tokens.get(at) else {
            after.push(EDGE);
            break;
        };
        after.push(&token.core);
        edge = token.ends;
        at += 1;
    }
    let one = |words: &[&str]| words.first().copied().unwrap_or(EDGE).to_owned();
    let two = |first: Option<&&str>, second: Option<&&str>| {
        format!("{} {}", first.copied().unwrap_or(EDGE), second.copied().unwrap_or(EDGE))
    };
    [one(&before), two(before.get(1), before.first()), one(&after), two(after.first(), after.get(1))]
}
