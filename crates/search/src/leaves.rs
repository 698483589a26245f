//! Where in a passage the words of a query stand.

use crate::query::{How, Leaf};
use crate::tokens::{STEM, Stems, Token};
use crate::{Form, query::Node};
use std::ops::Range;

/// A leaf made ready to be looked for.
pub(crate) struct Wanted {
    pub leaf: Leaf,
    /// Stems of a word, in the languages of the index.
    pub stems: Vec<String>,
    /// What sounds like it.
    pub forms: Vec<Form>,
}

impl Wanted {
    /// The leaves of a query that are to be found, not those that are not.
    pub fn of(node: &Node, languages: &[Stems], wanted: &mut Vec<Self>) {
        match node {
            Node::And(parts) | Node::Or(parts) => {
                parts.iter().for_each(|part| Self::of(part, languages, wanted))
            }
            Node::Not(_) => {}
            Node::Leaf(leaf) => {
                wanted.push(Self { stems: stems(leaf, languages), leaf: leaf.clone(), forms: Vec::new() })
            }
        }
    }

    /// Where it stands among tokens, as ranges of them.
    pub fn find(&self, tokens: &[Token], language: &Stems) -> Vec<Range<usize>> {
        let wanted = &self.leaf.tokens;
        match self.leaf.how {
            How::Sound => Vec::new(),
            How::Word => {
                let fits = |token: &Token| {
                    wanted.first() == Some(&token.text) || self.stems.contains(&language.stem(&token.text))
                };
                (0..tokens.len())
                    .filter(|place| fits(&tokens[*place]))
                    .map(|place| place..place + 1)
                    .collect()
            }
            How::Phrase | How::Exact => side_by_side(tokens, wanted),
            How::Prefix => {
                let Some((last, before)) = wanted.split_last() else { return Vec::new() };
                let fits = |place: &usize| {
                    let here = &tokens[*place..*place + wanted.len()];
                    here.iter().zip(before).all(|(token, wanted)| token.text == *wanted)
                        && here.last().is_some_and(|token| token.text.starts_with(last.as_str()))
                };
                let places = 0..(tokens.len() + 1).saturating_sub(wanted.len());
                places.filter(fits).map(|place| place..place + wanted.len()).collect()
            }
            How::Near(distance) => {
                let reach = distance as usize + wanted.len();
                let mut found: Vec<Range<usize>> = Vec::new();
                for first in 0..tokens.len() {
                    let within = &tokens[first..(first + reach).min(tokens.len())];
                    if !wanted.contains(&tokens[first].text)
                        || !wanted.iter().all(|word| within.iter().any(|token| token.text == *word))
                    {
                        continue;
                    }
                    let here =
                        (first..first + within.len()).filter(|place| wanted.contains(&tokens[*place].text));
                    found.extend(here.map(|place| place..place + 1));
                }
                found.sort_by_key(|range| range.start);
                found.dedup();
                found
            }
        }
    }
}

/// Where words stand one after the other.
pub(crate) fn side_by_side(tokens: &[Token], wanted: &[String]) -> Vec<Range<usize>> {
    let fits = |place: &usize| {
        tokens[*place..*place + wanted.len()].iter().zip(wanted).all(|(token, wanted)| token.text == *wanted)
    };
    let places = 0..(tokens.len() + 1).saturating_sub(wanted.len().max(1));
    places.filter(fits).map(|place| place..place + wanted.len()).collect()
}

fn stems(leaf: &Leaf, languages: &[Stems]) -> Vec<String> {
    let Some(token) = leaf.tokens.first().filter(|_| leaf.how == How::Word) else { return Vec::new() };
    let mut stems: Vec<String> = languages.iter().map(|language| language.stem(token)).collect();
    stems.sort_unstable();
    stems.dedup();
    stems.retain(|stem| stem.len() > STEM.len_utf8());
    stems
}
