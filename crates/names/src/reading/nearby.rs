//! What stands near a span: names, words of a role; how often its own words stand in the episode.

use std::ops::Range;

use super::{ORDINARY, Reading, WELL_KNOWN};
use crate::heard::Token;
use crate::index::core;
use crate::known::Name;
use crate::words::{RAREST, commonness, fold, is_given_name, is_surname};

impl Reading {
    /// Whether words of names stand right before and right after a span, in the same sentence: `-1` of this name, `1` a capital that no
    /// sentence gives, `2` a first name before or a surname after, which is then somebody else's.
    pub(super) fn names_beside(&self, span: &Range<usize>, name: &Name) -> (f32, f32) {
        let own = |token: &Token| name.spelling.split(' ').any(|word| core(word) == token.core);
        let written = |token: &Token| if self.caseless { token.common < ORDINARY } else { token.capital };
        let judge = |token: &Token, starts: bool, like: fn(&str) -> bool| {
            if token.core.is_empty() {
                0.0
            } else if own(token) {
                -1.0
            } else if written(token) && token.common < WELL_KNOWN && like(&token.core) {
                2.0
            } else {
                f32::from(u8::from(token.capital && !starts && token.core != "i"))
            }
        };
        let before =
            span.start.checked_sub(1).filter(|at| !self.tokens[*at].pauses).map_or(0.0, |at| {
                judge(&self.tokens[at], at == 0 || self.tokens[at - 1].ends, is_given_name)
            });
        let after = self.tokens.get(span.end).filter(|_| !self.tokens[span.end - 1].pauses);
        (before, after.map_or(0.0, |token| judge(token, false, is_surname)))
    }

    /// How often the rarest of these words stands in the text, against the language: log10 of the ratio.
    pub(super) fn often(&self, changed: &[Token]) -> f32 {
        let total = self.tokens.len().max(1) as f32;
        changed
            .iter()
            .map(|token| {
                let here = self.counts.get(&token.core).copied().unwrap_or(1) as f32;
                let usual = 10_f32.powf(token.common.max(RAREST) - 9.0) * total;
                (here / (usual + 1.0)).log10()
            })
            .fold(f32::NEG_INFINITY, f32::max)
    }

    pub(super) fn role(&self, role: &str, span: &Range<usize>) -> f32 {
        if role.is_empty() {
            return 0.0;
        }
        let near = &self.tokens[span.start.saturating_sub(8)..(span.end + 8).min(self.tokens.len())];
        role.split(|c: char| !c.is_alphanumeric())
            .map(fold)
            .filter(|word| word.len() > 2 && near.iter().any(|token| token.core == *word))
            .map(|word| (7.0 - commonness(&word).max(RAREST)) / 2.0)
            .sum()
    }
}
