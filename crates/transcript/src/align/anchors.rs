//! Global alignment of long texts: runs of words that occur once on each side hold the rest in place.
//!
//! The idea is that of patience sorting in file comparison (Cohen's `patience diff`): what is unique on both sides
//! and in the same order is taken for the same. What lies between two such places is short, and aligned by a table.

use super::tokens::{Lexicon, Token};
use super::{Pair, table};
use std::collections::HashMap;
use std::ops::Range;

/// Lengths of the runs that are looked for, one after the other, as long as what lies between is too long for a table.
const RUNS: [usize; 4] = [5, 4, 3, 2];

/// How often a piece is divided. Ordinary texts need two or three; what defies more has nothing in common.
const DEPTH: u32 = 8;

/// A piece of both texts that is to be aligned.
enum Piece {
    /// The same tokens on both sides: where it begins on each, and its length.
    Same(usize, usize, usize),
    /// What is not known to be the same, and how often it was divided.
    Open(Range<usize>, Range<usize>, u32),
}

/// All pairs of a global alignment, in order on both sides.
pub(super) fn pairs(lexicon: &Lexicon, text: &[Token], heard: &[Token]) -> Vec<Pair> {
    let mut pairs = Vec::with_capacity(text.len());
    let tabled = |a: Range<usize>, b: Range<usize>, pairs: &mut Vec<Pair>| {
        table::aligned(lexicon, &text[a.clone()], &heard[b.clone()], (a.start, b.start), pairs);
    };
    // The next one last.
    let mut pieces = vec![Piece::Open(0..text.len(), 0..heard.len(), 0)];
    while let Some(piece) = pieces.pop() {
        let (a, b, depth) = match piece {
            Piece::Same(i, j, length) => {
                pairs.extend((0..length).map(|at| Pair { text: i + at, heard: j + at }));
                continue;
            }
            Piece::Open(a, b, depth) => (a, b, depth),
        };
        if a.len().saturating_mul(b.len()) <= table::MOST_CELLS {
            tabled(a, b, &mut pairs);
            continue;
        }
        let chain = if depth < DEPTH { chain(&text[a.clone()], &heard[b.clone()]) } else { Vec::new() };
        if chain.is_empty() {
            for (a, b) in edges(&a, &b) {
                tabled(a, b, &mut pairs);
            }
            continue;
        }
        let mut divided = Vec::with_capacity(chain.len() * 2 + 1);
        let (mut i, mut j) = (a.start, b.start);
        for (from_a, from_b, length) in chain {
            let (from_a, from_b) = (a.start + from_a, b.start + from_b);
            divided.push(Piece::Open(i..from_a, j..from_b, depth + 1));
            divided.push(Piece::Same(from_a, from_b, length));
            (i, j) = (from_a + length, from_b + length);
        }
        divided.push(Piece::Open(i..a.end, j..b.end, depth + 1));
        pieces.extend(divided.into_iter().rev());
    }
    pairs
}

/// Both ends of two long pieces that nothing holds together, each short enough for a table; the middle is left alone.
fn edges(a: &Range<usize>, b: &Range<usize>) -> [(Range<usize>, Range<usize>); 2] {
    let side = table::MOST_CELLS.isqrt();
    let (of_a, of_b) = ((a.len() / 2).min(side), (b.len() / 2).min(side));
    [(a.start..a.start + of_a, b.start..b.start + of_b), (a.end - of_a..a.end, b.end - of_b..b.end)]
}

/// Runs that occur once on each side, in the same order: (begin, begin, length), none overlapping.
fn chain(text: &[Token], heard: &[Token]) -> Vec<(usize, usize, usize)> {
    for length in RUNS {
        let mut places: HashMap<u64, (Place, Place)> = HashMap::new();
        for (at, key) in keys(text, length) {
            places.entry(key).or_default().0.meet(at);
        }
        for (at, key) in keys(heard, length) {
            if let Some(place) = places.get_mut(&key) {
                place.1.meet(at);
            }
        }
        let mut both: Vec<(usize, usize)> = places
            .into_values()
            .filter_map(|(a, b)| Some((a.only()?, b.only()?)))
            // Two runs whose keys happen to be the same are not the same.
            .filter(|(a, b)| {
                let forms = |tokens: &[Token], at| {
                    tokens.iter().skip(at).take(length).map(|token| token.form).collect::<Vec<_>>()
                };
                forms(text, *a) == forms(heard, *b)
            })
            .collect();
        both.sort_unstable();
        let rising = longest_rising(&both);
        if !rising.is_empty() {
            return merged(&rising, length);
        }
    }
    Vec::new()
}

/// Where a run occurs: nowhere, at one place, or at several.
#[derive(Clone, Copy, Default)]
enum Place {
    #[default]
    Nowhere,
    Once(usize),
    Often,
}

impl Place {
    fn meet(&mut self, at: usize) {
        *self = match self {
            Self::Nowhere => Self::Once(at),
            _ => Self::Often,
        };
    }

    fn only(self) -> Option<usize> {
        match self {
            Self::Once(at) => Some(at),
            _ => None,
        }
    }
}

/// A key for each run of a length, which runs of the same forms share (polynomial rolling sum).
fn keys(tokens: &[Token], length: usize) -> impl Iterator<Item = (usize, u64)> + '_ {
    const BASE: u64 = 0x9E37_79B9_7F4A_7C15;
    tokens.windows(length).enumerate().map(|(at, run)| {
        let mix = |key: u64, token: &Token| {
            let mixed = (key ^ u64::from(token.form)).wrapping_mul(BASE);
            mixed ^ mixed >> 29
        };
        (at, run.iter().fold(0x1234_5678_9ABC_DEF1, mix))
    })
}

/// The longest sequence that rises on both sides, of pairs in order of the first (patience sorting).
fn longest_rising(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut tops: Vec<usize> = Vec::new();
    let mut previous = vec![usize::MAX; pairs.len()];
    for (index, (_, heard)) in pairs.iter().enumerate() {
        let pile = tops.partition_point(|top| pairs[*top].1 < *heard);
        if let Some(below) = pile.checked_sub(1) {
            previous[index] = tops[below];
        }
        match tops.get_mut(pile) {
            Some(top) => *top = index,
            None => tops.push(index),
        }
    }
    let mut rising = Vec::with_capacity(tops.len());
    let mut at = tops.last().copied().unwrap_or(usize::MAX);
    while let Some(pair) = pairs.get(at) {
        rising.push(*pair);
        at = previous[at];
    }
    rising.reverse();
    rising
}

/// Puts runs together that overlap or touch on both sides; of those that overlap on one side only the first stays.
fn merged(starts: &[(usize, usize)], length: usize) -> Vec<(usize, usize, usize)> {
    let mut runs: Vec<(usize, usize, usize)> = Vec::new();
    for (a, b) in starts {
        match runs.last_mut() {
            Some((first_a, first_b, long)) if a - *first_a == b - *first_b && a - *first_a <= *long => {
                *long = a - *first_a + length;
            }
            Some((first_a, first_b, long)) if *a < *first_a + *long || *b < *first_b + *long => {}
            _ => runs.push((*a, *b, length)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_rising_sequence_leaves_out_what_was_moved() {
        let pairs = [(0, 5), (1, 6), (2, 0), (3, 7), (4, 1), (5, 9)];
        assert_eq!(longest_rising(&pairs), [(0, 5), (1, 6), (3, 7), (5, 9)]);
        assert_eq!(longest_rising(&[]), []);
    }

    #[test]
    fn runs_that_touch_become_one() {
        assert_eq!(merged(&[(0, 3), (1, 4), (2, 5), (9, 12), (10, 20)], 2), [(0, 3, 4), (9, 12, 2)]);
    }
}
