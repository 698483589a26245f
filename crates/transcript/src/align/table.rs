//! Global alignment of two short runs of tokens with affine gaps (Gotoh, J. Mol. Biol. 162, 1982).

use super::Pair;
use super::tokens::{Lexicon, Token};

/// Most cells of a table: it bounds memory (a byte a cell) and time (some tens of milliseconds).
pub(super) const MOST_CELLS: usize = 4_000_000;

const OPEN: i32 = -15;
const EXTEND: i32 = -3;
/// Worse than anything that a table of this size can reach, and far from overflow.
const NEVER: i32 = i32::MIN / 4;

// Where the best way into a cell comes from, for each of the three states; two bits each.
const PAIRED: u8 = 0;
const TEXT_ONLY: u8 = 1;
const HEARD_ONLY: u8 = 2;

/// What it is worth to take two tokens for one: more for long words that are alike.
fn worth(lexicon: &Lexicon, a: u32, b: u32) -> i32 {
    if a == b {
        return match lexicon.length(a) {
            0..=2 => 25,
            3 => 35,
            _ => 50,
        };
    }
    let likeness = lexicon.likeness(a, b);
    if likeness >= 0.5 { (likeness * 60.0) as i32 - 25 } else { -20 }
}

/// Pairs of a best alignment of `text` and `heard`, as indices counted from `offset`; unlike pairs are among them.
pub(super) fn aligned(
    lexicon: &Lexicon,
    text: &[Token],
    heard: &[Token],
    offset: (usize, usize),
    pairs: &mut Vec<Pair>,
) {
    let (rows, columns) = (text.len(), heard.len());
    if rows == 0 || columns == 0 {
        return;
    }
    let width = columns + 1;
    let mut ways = vec![0u8; (rows + 1) * width];
    // Best values of the row above and of this one, by state.
    let mut above = vec![[NEVER; 3]; width];
    let mut row = vec![[NEVER; 3]; width];
    above[0][0] = 0;
    for j in 1..width {
        above[j][2] = OPEN + EXTEND * j as i32;
        ways[j] = way(PAIRED, PAIRED, if j == 1 { PAIRED } else { HEARD_ONLY });
    }
    for i in 1..=rows {
        row[0] = [NEVER, OPEN + EXTEND * i as i32, NEVER];
        ways[i * width] = way(PAIRED, if i == 1 { PAIRED } else { TEXT_ONLY }, PAIRED);
        for j in 1..width {
            let (paired, from_pair) = best(above[j - 1]);
            let paired = paired + worth(lexicon, text[i - 1].form, heard[j - 1].form);
            let open = |value: i32| value + OPEN + EXTEND;
            let up = above[j];
            let (down, from_down) = best([open(up[0]), up[1] + EXTEND, open(up[2])]);
            let left = row[j - 1];
            let (along, from_along) = best([open(left[0]), open(left[1]), left[2] + EXTEND]);
            row[j] = [paired, down, along];
            ways[i * width + j] = way(from_pair, from_down, from_along);
        }
        std::mem::swap(&mut above, &mut row);
    }
    let (mut i, mut j) = (rows, columns);
    let (_, mut state) = best(above[columns]);
    let begun = pairs.len();
    while i > 0 || j > 0 {
        let from = ways[i * width + j] >> (2 * state) & 3;
        match state {
            PAIRED => {
                (i, j) = (i.saturating_sub(1), j.saturating_sub(1));
                pairs.push(Pair { text: offset.0 + i, heard: offset.1 + j });
            }
            TEXT_ONLY => i = i.saturating_sub(1),
            _ => j = j.saturating_sub(1),
        }
        state = from;
    }
    pairs[begun..].reverse();
}

fn way(paired: u8, text_only: u8, heard_only: u8) -> u8 {
    paired | text_only << 2 | heard_only << 4
}

/// The best of three states; the first of equals, so that pairs win over gaps.
fn best(values: [i32; 3]) -> (i32, u8) {
    let mut best = (values[0], PAIRED);
    for (value, state) in [(values[1], TEXT_ONLY), (values[2], HEARD_ONLY)] {
        if value > best.0 {
            best = (value, state);
        }
    }
    best
}
