//! How sure a difference is: a paired bootstrap over utterances, with a fixed seed.

use super::score::Errors;

/// SplitMix64 (Steele, Lea, Flood 2014): small, seeded, the same everywhere.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 up to but not including 1.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number from 0 up to but not including `bound`; 0 where that is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.unit() * bound as f64) as usize
    }

    /// A number of the normal distribution with mean 0 and deviation 1 (Box and Muller).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }
}

/// Difference of two word error rates, in points of per cent, with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    pub points: f64,
    pub low: f64,
    pub high: f64,
}

/// How often the utterances are drawn anew.
const DRAWS: usize = 1000;

/// Word error rate of `ours` less that of `theirs`, both over the same utterances in the same order.
///
/// Bisani and Ney, "Bootstrap estimates for confidence intervals in ASR performance evaluation", ICASSP 2004.
pub fn difference(ours: &[Errors], theirs: &[Errors]) -> Difference {
    assert_eq!(ours.len(), theirs.len(), "a pair needs both sides");
    let rate = |places: &mut dyn Iterator<Item = usize>| {
        let (mut errors, mut words) = (0_i64, 0_i64);
        for place in places {
            errors += ours[place].count() as i64 - theirs[place].count() as i64;
            words += ours[place].words as i64;
        }
        if words == 0 { 0.0 } else { 100.0 * errors as f64 / words as f64 }
    };
    let points = rate(&mut (0..ours.len()));
    let mut random = Random(2026);
    let mut drawn: Vec<f64> = (0..DRAWS)
        .map(|_| rate(&mut (0..ours.len()).map(|_| (random.next() % ours.len() as u64) as usize)))
        .collect();
    Difference { points, low: percentile(&mut drawn, 2.5), high: percentile(&mut drawn, 97.5) }
}

/// The value below which `percent` of the values lie, by linear interpolation; 0 for no values.
pub fn percentile(values: &mut [f64], percent: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let Some(last) = values.len().checked_sub(1) else { return 0.0 };
    let place = percent / 100.0 * last as f64;
    let below = values[place.floor() as usize];
    let above = values[place.ceil() as usize];
    below + (above - below) * place.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utterance(substitutions: usize) -> Errors {
        Errors { substitutions, words: 10, ..Errors::default() }
    }

    #[test]
    fn equal_systems_differ_by_nothing() {
        let errors: Vec<Errors> = (0..40).map(|index| utterance(index % 3)).collect();
        assert_eq!(difference(&errors, &errors), Difference { points: 0.0, low: 0.0, high: 0.0 });
    }

    #[test]
    fn one_error_more_everywhere_is_sure_and_one_anywhere_is_not() {
        let none = vec![utterance(0); 40];
        let each = vec![utterance(1); 40];
        assert_eq!(difference(&each, &none), Difference { points: 10.0, low: 10.0, high: 10.0 });
        let mut one = none.clone();
        one[7] = utterance(1);
        let found = difference(&one, &none);
        assert!((found.points - 0.25).abs() < 1e-9 && found.low == 0.0 && found.high > 0.25, "{found:?}");
    }

    #[test]
    fn percentiles_lie_between_values() {
        assert_eq!(percentile(&mut [3.0, 1.0, 2.0], 50.0), 2.0);
        assert_eq!(percentile(&mut [0.0, 10.0], 95.0), 9.5);
        assert_eq!(percentile(&mut [], 50.0), 0.0);
    }
}
