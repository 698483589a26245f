//! Two recordings of the same programme: which time of one is which time of the other.

use std::collections::HashMap;

use model::Millis;

use crate::extend::{BEST, Run, extend, score};
use crate::frames::{NOTHING, frames_in, middle, seconds};
use crate::{Fingerprint, keys};

/// A key that makes more pairs of places than this is no seed: a loop, which would match everywhere.
const MOST_OF_A_KEY: usize = 64;
/// Pairs of frames that are looked at before the seeds that remain, those on the diagonals with fewest, are left: two
/// recordings of ten hours need a tenth of it, and one made to be slow gets no more than a second.
const MOST_WORK: usize = 500_000_000;
/// The evidence for a stretch, at least: 1.1 s that agree in all bits, twice that with a fifth of the bits wrong.
const LEAST_SCORE: i64 = 35 * BEST as i64;
/// The most stretches that are put in order; those with the most evidence.
const MOST_RUNS: usize = 3000;
/// Of two stretches that both want some time, what each must have besides, in seconds.
const LEAST_LEFT: f64 = 1.0;
/// What is left between two stretches, or before the first and after the last, belongs to them when it is less than this,
/// in seconds: the frames around a cut hold both sides, and nobody advertises so briefly.
const NARROW: f64 = 1.0;
/// Of the shorter recording's sound, how much must be in the other for them to be the same programme. A show's jingles and
/// advertisements stay far below it.
const SHARE_OF_SHORTER: f64 = 0.5;
/// Of the longer one's, unless what is left is no longer than this: an excerpt is not the programme.
const SHARE_OF_LONGER: f64 = 0.5;
const ADVERTISEMENTS: f64 = 240.0;
/// Of the bits in what they have in common, how many must agree. Copies by the worst codecs have 0.85; one text spoken by two
/// voices of a machine, in step, has 0.77.
const LEAST_AGREEMENT: f64 = 0.8;
/// How much must be the same at all, in seconds of sound.
const LEAST_SAME: f64 = 4.0;

/// A stretch of time that is the same sound in two recordings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Where it begins in the first recording.
    pub a_start: Millis,
    /// Where it begins in the second.
    pub b_start: Millis,
    /// How long it is.
    pub length: Millis,
}

/// How two recordings of one programme lie on each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Alignment {
    /// What they have in common, in order of time in both; no two overlap in either.
    pub stretches: Vec<Stretch>,
    /// Share of the first recording's sound that is in the second, 0 to 1.
    pub share_of_a: f64,
    /// Share of the second recording's sound that is in the first, 0 to 1.
    pub share_of_b: f64,
    /// Share of the bits that agree in what they have in common: 0.5 for chance, 0.85 to 1 for copies.
    pub agreement: f64,
}

impl Alignment {
    /// The time in the second recording of a time in the first; `None` where it is not in the second.
    pub fn map(&self, time_in_a: Millis) -> Option<Millis> {
        let after = self.stretches.partition_point(|stretch| stretch.a_start <= time_in_a);
        let stretch = self.stretches.get(after.checked_sub(1)?)?;
        let inside = time_in_a.since(stretch.a_start);
        (inside < stretch.length).then_some(Millis(stretch.b_start.0 + inside.0))
    }

    /// The same with the recordings exchanged.
    pub fn reversed(&self) -> Self {
        let turn = |own: &Stretch| Stretch { a_start: own.b_start, b_start: own.a_start, length: own.length };
        Self {
            stretches: self.stretches.iter().map(turn).collect(),
            share_of_a: self.share_of_b,
            share_of_b: self.share_of_a,
            agreement: self.agreement,
        }
    }

    /// Whether this is one programme: half of the shorter recording's sound is in the longer, and the longer has not much
    /// else (at most as much again, or four minutes of advertisements).
    fn one_programme(&self, a: &Fingerprint, b: &Fingerprint) -> bool {
        let (sound_a, sound_b) = (a.sounding().seconds(), b.sounding().seconds());
        let (share_of_shorter, share_of_longer, longer) = if sound_a <= sound_b {
            (self.share_of_a, self.share_of_b, sound_b)
        } else {
            (self.share_of_b, self.share_of_a, sound_a)
        };
        let rest = longer * (1.0 - share_of_longer);
        self.agreement >= LEAST_AGREEMENT
            && longer * share_of_longer >= LEAST_SAME
            && share_of_shorter >= SHARE_OF_SHORTER
            && (share_of_longer >= SHARE_OF_LONGER || rest <= ADVERTISEMENTS)
    }
}

/// How `a` and `b` lie on each other if they are the same programme, with other advertisements perhaps; `None` if
/// they are not: two episodes that share jingles, an excerpt and the whole, silence.
pub fn align(a: &Fingerprint, b: &Fingerprint) -> Option<Alignment> {
    let found = shared(a, b);
    found.one_programme(a, b).then_some(found)
}

/// What `a` and `b` have in common in the same order, be they one programme or not: an excerpt in its whole, the jingle of
/// two episodes.
pub fn shared(a: &Fingerprint, b: &Fingerprint) -> Alignment {
    let chain = in_order(runs(&a.frames, &b.frames), &a.frames, &b.frames);
    let (mut bits, mut agreeing) = (0_u64, 0_u64);
    for run in &chain {
        for (one, two) in a.frames[run.a..run.a_end()].iter().zip(&b.frames[run.b..run.b_end()]) {
            if *one != NOTHING && *two != NOTHING {
                bits += 16;
                agreeing += u64::from((one ^ two).count_zeros());
            }
        }
    }
    let share = |frames: &[u16], of: fn(&Run) -> usize| {
        let sounding = |frames: &[u16]| frames.iter().filter(|frame| **frame != NOTHING).count();
        let inside: usize = chain.iter().map(|run| sounding(&frames[of(run)..of(run) + run.len])).sum();
        inside as f64 / sounding(frames).max(1) as f64
    };
    Alignment {
        share_of_a: share(&a.frames, |run| run.a),
        share_of_b: share(&b.frames, |run| run.b),
        agreement: agreeing as f64 / bits.max(1) as f64,
        stretches: in_time(&chain, a, b),
    }
}

/// All stretches of `a` that are found in `b`, in no order.
fn runs(a: &[u16], b: &[u16]) -> Vec<Run> {
    let mut table: Vec<(u32, u32)> = keys::seeds(b).collect();
    table.sort_unstable();
    let mut own: Vec<(u32, u32)> = keys::seeds(a).collect();
    own.sort_unstable();
    // Diagonal to the places in `a` where a seed lies on it.
    let mut seeds: HashMap<i64, Vec<usize>> = HashMap::new();
    for same in own.chunk_by(|one, two| one.0 == two.0) {
        let key = same[0].0;
        let first = table.partition_point(|(other, _)| *other < key);
        let count =
            table[first..].iter().take(MOST_OF_A_KEY + 1).take_while(|(other, _)| *other == key).count();
        if same.len() * count > MOST_OF_A_KEY {
            continue;
        }
        for (_, in_a) in same {
            for (_, in_b) in &table[first..first + count] {
                seeds.entry(i64::from(*in_b) - i64::from(*in_a)).or_default().push(*in_a as usize);
            }
        }
    }
    let mut seeds: Vec<(i64, Vec<usize>)> = seeds.into_iter().collect();
    // The diagonals with most seeds first: those beside them find their place taken.
    seeds.sort_unstable_by(|one, two| two.1.len().cmp(&one.1.len()).then(one.0.cmp(&two.0)));
    let mut by_diagonal: HashMap<i64, Vec<Run>> = HashMap::new();
    let mut found = Vec::new();
    let mut work = 0;
    for (diagonal, mut places) in seeds {
        if work > MOST_WORK {
            break;
        }
        places.sort_unstable();
        for at_a in places {
            let taken = (diagonal - 1..=diagonal + 1).any(|near| {
                let runs = by_diagonal.get(&near).map_or(&[][..], Vec::as_slice);
                runs.iter().rev().any(|run| (run.a..run.a_end()).contains(&at_a))
            });
            if taken {
                continue;
            }
            let run = extend(a, b, at_a, (at_a as i64 + diagonal) as usize);
            work += run.len + 2 * frames_in(1.0);
            if run.score >= LEAST_SCORE {
                by_diagonal.entry(diagonal).or_default().push(run);
                found.push(run);
            }
        }
    }
    found
}

/// The chain of runs with the most evidence in which each comes after the one before in both recordings.
fn in_order(mut runs: Vec<Run>, a: &[u16], b: &[u16]) -> Vec<Run> {
    runs.sort_unstable_by_key(|run| (-run.score, run.a, run.b));
    runs.truncate(MOST_RUNS);
    runs.sort_unstable_by_key(|run| (run.a, run.b));
    let least = frames_in(LEAST_LEFT);
    let a_frame = |run: &Run| run.score / run.len as i64;
    let mut best: Vec<(i64, Option<usize>)> = Vec::with_capacity(runs.len());
    for (index, run) in runs.iter().enumerate() {
        let mut own = (run.score, None);
        for (at, (before, (sum, _))) in runs[..index].iter().zip(&best).enumerate() {
            let overlap = overlap(before, run);
            // Both must keep something when the overlap is shared out.
            if overlap + least > before.len.min(run.len) || before.b > run.b {
                continue;
            }
            // What both want counts once, as for the one with less evidence.
            let sum = sum + run.score - overlap as i64 * a_frame(before).min(a_frame(run));
            if sum > own.0 {
                own = (sum, Some(at));
            }
        }
        best.push(own);
    }
    let mut last = (0..best.len()).max_by_key(|index| best[*index].0);
    let mut backwards = Vec::new();
    while let Some(index) = last {
        backwards.push(runs[index]);
        last = best[index].1;
    }
    let mut chain: Vec<Run> = Vec::new();
    for mut run in backwards.into_iter().rev() {
        // Three may want the same; what then is left of one may be less than it has in common with the next.
        while let Some(before) = chain.pop_if(|before| overlap(before, &run) >= before.len.min(run.len)) {
            if before.score > run.score {
                run = before;
            }
        }
        if let Some(before) = chain.last_mut() {
            part(before, &mut run, a, b);
        }
        chain.push(run);
    }
    chain.retain(|run| run.len > 0);
    chain
}

/// Frames that two runs both want, in either recording.
fn overlap(before: &Run, after: &Run) -> usize {
    before.a_end().saturating_sub(after.a).max(before.b_end().saturating_sub(after.b))
}

/// Gives what two runs both want, and a narrow space between them, to the one or the other so that most agrees.
fn part(before: &mut Run, after: &mut Run, a: &[u16], b: &[u16]) {
    // The second may begin earlier by `room`; the first ends where it begins or before.
    let gap = (after.a as i64 - before.a_end() as i64).min(after.b as i64 - before.b_end() as i64);
    let narrow = frames_in(NARROW) as i64;
    if gap > narrow {
        return;
    }
    // Choose how many frames (from `from` on) go to the first; the second takes the rest up to where it began.
    let shared = gap.unsigned_abs() as usize;
    let (first_end, second_start) = if gap < 0 {
        // Overlap: the first loses up to `shared`, or the second does.
        ((before.a_end() - shared, before.b_end() - shared), (after.a, after.b))
    } else {
        ((before.a_end(), before.b_end()), (after.a - shared, after.b - shared))
    };
    let of = |(in_a, in_b): (usize, usize), step: usize| match (a.get(in_a + step), b.get(in_b + step)) {
        (Some(one), Some(two)) => i64::from(score(*one, *two)),
        _ => 0,
    };
    let mut sum: i64 = (0..shared).map(|step| of(second_start, step)).sum();
    let (mut best, mut cut) = (sum, 0);
    for step in 0..shared {
        sum += of(first_end, step) - of(second_start, step);
        if sum > best {
            (best, cut) = (sum, step + 1);
        }
    }
    before.len = first_end.0 + cut - before.a;
    let end = after.a_end();
    after.a = second_start.0 + cut;
    after.b = second_start.1 + cut;
    after.len = end.saturating_sub(after.a);
}

/// Runs as stretches of time, with the place of each refined to parts of a frame.
fn in_time(chain: &[Run], a: &Fingerprint, b: &Fingerprint) -> Vec<Stretch> {
    let millis = |seconds: f64| (1000.0 * seconds).round() as i64;
    let narrow = frames_in(NARROW);
    // A frame stands for the time around its middle; near the beginning and the end also for all that is before and after.
    let edge = |frame: usize| millis(middle(frame as f64 - 0.5));
    let (a_total, b_total) = (a.duration().0 as i64, b.duration().0 as i64);
    let (mut a_free, mut b_free) = (0, 0);
    let mut stretches = Vec::new();
    for run in chain {
        let shift = millis(seconds(run.diagonal() as f64 + between(run, &a.frames, &b.frames)));
        let from_start = run.a.min(run.b) <= narrow;
        let to_end = run.a_end() + narrow >= a.frames.len() || run.b_end() + narrow >= b.frames.len();
        let start = if from_start { 0 } else { edge(run.a) }.max(a_free).max(b_free - shift);
        let end = if to_end { a_total } else { edge(run.a_end()) }.min(a_total).min(b_total - shift);
        if start < end {
            let length = Millis((end - start) as u64);
            stretches.push(Stretch {
                a_start: Millis(start as u64),
                b_start: Millis((start + shift) as u64),
                length,
            });
            (a_free, b_free) = (end, end + shift);
        }
    }
    stretches
}

/// How far, in frames from -0.5 to 0.5, the true place in `b` lies beside the run's diagonal: differing bits grow with
/// the distance on both sides alike.
fn between(run: &Run, a: &[u16], b: &[u16]) -> f64 {
    let differing = |by: isize| {
        let (mut bits, mut differing) = (0_u32, 0_u32);
        for step in 1..run.len.saturating_sub(1) {
            let (one, two) = (a[run.a + step], b[(run.b + step).saturating_add_signed(by)]);
            if one != NOTHING && two != NOTHING {
                bits += 16;
                differing += (one ^ two).count_ones();
            }
        }
        f64::from(differing) / f64::from(bits.max(1))
    };
    let (earlier, here, later) = (differing(-1), differing(0), differing(1));
    let rise = earlier.max(later) - here;
    if rise <= 1e-6 { 0.0 } else { ((earlier - later) / (2.0 * rise)).clamp(-0.5, 0.5) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_mapped_inside_a_stretch_only() {
        let stretch =
            |a, b, length| Stretch { a_start: Millis(a), b_start: Millis(b), length: Millis(length) };
        let alignment = Alignment {
            stretches: vec![stretch(0, 500, 1000), stretch(1000, 31_500, 4000), stretch(6000, 36_000, 10)],
            share_of_a: 1.0,
            share_of_b: 0.5,
            agreement: 0.9,
        };
        let map = |time| alignment.map(Millis(time)).map(|time| time.0);
        assert_eq!(map(0), Some(500));
        assert_eq!(map(999), Some(1499));
        assert_eq!(map(1000), Some(31_500));
        assert_eq!(map(5000), None);
        assert_eq!(map(6009), Some(36_009));
        assert_eq!(map(6010), None);
        let reversed = alignment.reversed();
        assert_eq!(reversed.map(Millis(31_500)), Some(Millis(1000)));
        assert_eq!(reversed.map(Millis(2000)), None);
    }
}
