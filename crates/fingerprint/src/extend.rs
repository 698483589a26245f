//! Evidence that stretches of two recordings are the same sound, and how far it reaches.

use crate::frames::NOTHING;

/// Scores of a pair of frames by how many of their 16 bits differ: the logarithm of how much likelier that is for copies
/// (a bit in 6.7 differs) than for other sounds (one in two), in hundredths. Zero at 30 % of the bits.
const SCORES: [i32; 17] = {
    let mut scores = [0; 17];
    let mut differing = 0;
    while differing <= 16 {
        // 53 = 100 ln 1.7, 120 = -100 ln 0.3
        scores[differing as usize] = 53 * (16 - differing) - 120 * differing;
        differing += 1;
    }
    scores
};
/// Of a frame that sounds in one recording and is silent in the other.
const SILENT_IN_ONE: i32 = -150;
/// An extension ends where the evidence has fallen by this much: 1 s of other sound.
const GIVE_UP: i32 = 17_000;
/// The most of one pair of frames.
pub(crate) const BEST: i32 = SCORES[0];

/// How much two frames speak for being the same sound.
pub(crate) fn score(one: u16, two: u16) -> i32 {
    match (one == NOTHING, two == NOTHING) {
        (false, false) => SCORES[(one ^ two).count_ones() as usize],
        (true, true) => 0,
        _ => SILENT_IN_ONE,
    }
}

/// A stretch of frames of `a` that is found in `b`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// First frame in `a`.
    pub(crate) a: usize,
    /// First frame in `b`.
    pub(crate) b: usize,
    pub(crate) len: usize,
    pub(crate) score: i64,
}

impl Run {
    /// Frames from `a` to `b`.
    pub(crate) fn diagonal(&self) -> i64 {
        self.b as i64 - self.a as i64
    }

    pub(crate) fn a_end(&self) -> usize {
        self.a + self.len
    }

    pub(crate) fn b_end(&self) -> usize {
        self.b + self.len
    }
}

/// The stretch around frame `at_a` of `a` and `at_b` of `b` for which there is most evidence. It goes as far as it can
/// without losing evidence: over silence at its ends.
pub(crate) fn extend(a: &[u16], b: &[u16], at_a: usize, at_b: usize) -> Run {
    let (before_a, after_a) = a.split_at(at_a.min(a.len()));
    let (before_b, after_b) = b.split_at(at_b.min(b.len()));
    let (forward, gain) = reach(after_a.iter().zip(after_b));
    let (backward, more) = reach(before_a.iter().rev().zip(before_b.iter().rev()));
    Run {
        a: before_a.len() - backward,
        b: before_b.len() - backward,
        len: backward + forward,
        score: gain + more,
    }
}

/// How many pairs of frames to take for the highest sum of scores, and that sum.
fn reach<'a>(pairs: impl Iterator<Item = (&'a u16, &'a u16)>) -> (usize, i64) {
    let (mut sum, mut best, mut frames) = (0_i64, 0_i64, 0);
    for (index, (one, two)) in pairs.enumerate() {
        sum += i64::from(score(*one, *two));
        if sum >= best {
            (best, frames) = (sum, index + 1);
        } else if sum < best - i64::from(GIVE_UP) {
            break;
        }
    }
    (frames, best)
}
