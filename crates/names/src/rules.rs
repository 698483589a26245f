//! What people decided about words of a show: it holds absolutely.

use crate::evidence::Evidence;
use crate::heard::{Heard, Token};
use crate::index::core;
use crate::repair::Repair;

/// A decision of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The words as they are heard; case and punctuation do not count.
    pub heard: String,
    /// What was decided.
    pub what: Ruling,
    /// Where it can be looked up.
    pub cite: String,
}

/// What a person decided about heard words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// They are always these words.
    Always(String),
    /// They are never these words; `None`: they are never changed at all.
    Never(Option<String>),
}

/// Rules made ready.
pub(crate) struct Rules<'a> {
    rules: Vec<(Vec<String>, &'a Rule)>,
}

impl<'a> Rules<'a> {
    pub fn new(rules: &'a [Rule]) -> Self {
        let mut rules: Vec<_> = rules
            .iter()
            .map(|rule| (cores(&rule.heard), rule))
            .filter(|(heard, _)| !heard.is_empty())
            .collect();
        // Of two rules that begin at one word the longer holds.
        rules.sort_by_key(|(heard, _)| std::cmp::Reverse(heard.len()));
        Self { rules }
    }

    /// The words, those settled that nothing else may touch, and the repairs that people ordered.
    pub fn apply(&self, words: &[Heard]) -> (Vec<Heard>, Vec<Repair>) {
        let mut words = words.to_vec();
        let mut repairs = Vec::new();
        if self.rules.is_empty() {
            return (words, repairs);
        }
        let tokens: Vec<Token> = words.iter().map(Token::new).collect();
        let mut at = 0;
        while at < tokens.len() {
            let fits = |heard: &[String]| {
                tokens.get(at..at + heard.len()).is_some_and(|here| {
                    here.iter().zip(heard).all(|(token, heard)| token.core == *heard && !token.settled)
                })
            };
            let ruling = |rule: &Rule| !matches!(rule.what, Ruling::Never(Some(_)));
            let Some((heard, rule)) = self.rules.iter().find(|(heard, rule)| ruling(rule) && fits(heard))
            else {
                at += 1;
                continue;
            };
            let span = at..at + heard.len();
            at = span.end;
            words[span.clone()].iter_mut().for_each(|word| word.settled = true);
            let Ruling::Always(right) = &rule.what else { continue };
            let mut text: Vec<String> = right.split_whitespace().map(str::to_owned).collect();
            if let (Some(begin), Some(first)) = (text.first_mut(), tokens.get(span.start)) {
                begin.insert_str(0, &first.lead);
            }
            if let (Some(end), Some(last)) = (text.last_mut(), tokens.get(span.end - 1)) {
                end.push_str(&last.possessive);
                end.push_str(&last.tail);
            }
            if !text.is_empty() && !text.iter().eq(words[span.clone()].iter().map(|word| &word.text)) {
                let evidence = Evidence::ordered(&words[span.clone()], right, &rule.cite);
                repairs.push(Repair { words: span, text, score: 1.0, evidence });
            }
        }
        (words, repairs)
    }

    /// Whether a person said that these words are never that.
    pub fn forbid(&self, heard: &[Heard], right: &[String]) -> bool {
        if self.rules.is_empty() {
            return false;
        }
        let heard: Vec<String> = heard.iter().map(|word| Token::new(word).core).collect();
        let right: Vec<String> = right.iter().map(|word| core(word)).collect();
        self.rules.iter().any(|(own, rule)| {
            matches!(&rule.what, Ruling::Never(Some(never)) if *own == heard && cores(never) == right)
        })
    }
}

fn cores(words: &str) -> Vec<String> {
    words
        .split_whitespace()
        .map(|text| Token::new(&Heard { text: text.to_owned(), ..Heard::default() }).core)
        .collect()
}
