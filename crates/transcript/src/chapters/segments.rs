//! Where the subject changes: the division of a text that makes its words most probable.
//!
//! Each segment is taken for draws from a vocabulary of its own, of which nothing is known but how words are spread over
//! the whole text (Dirichlet compound multinomial; Eisenstein and Barzilay, "Bayesian Unsupervised Topic Segmentation",
//! EMNLP 2008). The best division is found exactly, by dynamic programming.

use super::terms::Terms;

/// How a text is divided.
#[derive(Clone, Copy, Debug)]
pub(super) struct Model {
    /// How much the spread over the whole text counts against a segment's own words, in words.
    pub concentration: f64,
    /// What a segment of `n` words costs, in natural logarithms: `price * n^growth`. Talk drifts: the longer a segment, the
    /// more do its halves differ, although its subject is one.
    pub price: f64,
    /// See `price`.
    pub growth: f64,
    /// Usual length of a segment in words.
    pub usual: f64,
    /// How far segments are from it: the deviation of the logarithm of their length.
    pub spread: f64,
    /// Fewest words of a segment.
    pub shortest: usize,
}

/// Most words of a segment. It bounds the time and memory that long texts take.
const LONGEST: usize = 9_000;

/// Share of the price when the number of segments is given: then it only says how their lengths may differ.
const GIVEN: f64 = 0.4;
/// Most segments that can be asked for.
const MOST: usize = 200;

/// A text made ready to be divided.
pub(super) struct Text<'text> {
    model: &'text Model,
    /// First words of the units, and the number of all words.
    starts: Vec<usize>,
    /// For each unit how probable the units from it up to each later one are as a segment, beside how probable they are as
    /// a part of the whole: natural logarithms.
    likelihoods: Vec<Vec<f32>>,
    /// For each unit how much speaks for a new segment there beside the words.
    bonus: &'text [f64],
}

impl<'text> Text<'text> {
    pub fn new(terms: &Terms, words: usize, bonus: &'text [f64], model: &'text Model) -> Self {
        let starts: Vec<usize> = terms.units.iter().map(|unit| unit.first).chain([words]).collect();
        let all: f64 = terms.counts.iter().map(|count| f64::from(*count)).sum::<f64>().max(1.0);
        let share: Vec<f64> = terms.counts.iter().map(|count| f64::from(*count) / all).collect();
        let surprise: Vec<f64> = share.iter().map(|share| share.ln()).collect();
        let drawn: Vec<f64> = (0..=LONGEST).map(|drawn| (drawn as f64 + model.concentration).ln()).collect();
        let mut counts = vec![0u32; share.len()];
        let likelihoods = (0..terms.units.len())
            .map(|start| {
                let mut row = Vec::new();
                let (mut sum, mut count) = (0.0, 0usize);
                for (unit, begin) in terms.units[start..].iter().zip(&starts[start..]) {
                    if begin - starts[start] >= LONGEST {
                        break;
                    }
                    for term in &unit.terms {
                        let term = *term as usize;
                        sum += (f64::from(counts[term]) + model.concentration * share[term]).ln();
                        sum -= drawn[count.min(LONGEST)] + surprise[term];
                        counts[term] += 1;
                        count += 1;
                    }
                    row.push(sum as f32);
                }
                for unit in &terms.units[start..start + row.len()] {
                    unit.terms.iter().for_each(|term| counts[*term as usize] = 0);
                }
                row
            })
            .collect();
        Self { model, starts, likelihoods, bonus }
    }

    /// First units of the segments but the first, when a segment costs `times` its price.
    fn divided(&self, times: f64) -> Vec<usize> {
        let units = self.likelihoods.len();
        let prices = self.prices(times);
        // Best value of the text up to a unit, and where the last segment of that division begins.
        let mut value = vec![f64::NEG_INFINITY; units + 1];
        let mut from = vec![0usize; units + 1];
        value[0] = 0.0;
        for start in 0..units {
            for (end, total) in self.segments(start, value[start], &prices) {
                if total > value[end] {
                    (value[end], from[end]) = (total, start);
                }
            }
        }
        let mut found = Vec::new();
        let mut at = units;
        while at > 0 {
            at = from[at];
            if at > 0 {
                found.push(at);
            }
        }
        found.reverse();
        found
    }

    /// The division into so many segments; empty where their shortest length does not allow that.
    pub fn of_count(&self, count: usize) -> Vec<usize> {
        let units = self.likelihoods.len();
        let count = count.min(MOST);
        let prices = self.prices(GIVEN);
        // As above, for each number of segments.
        let mut value = vec![f64::NEG_INFINITY; units + 1];
        value[0] = 0.0;
        let mut from = Vec::with_capacity(count);
        for _ in 0..count {
            let mut next = vec![f64::NEG_INFINITY; units + 1];
            let mut begins = vec![0u32; units + 1];
            for (start, before) in value.iter().enumerate().take(units) {
                for (end, total) in self.segments(start, *before, &prices) {
                    if total > next[end] {
                        (next[end], begins[end]) = (total, start as u32);
                    }
                }
            }
            value = next;
            from.push(begins);
        }
        if value[units] == f64::NEG_INFINITY {
            return Vec::new();
        }
        let mut at = units;
        let mut found: Vec<usize> = Vec::new();
        for begins in from.iter().skip(1).rev() {
            at = begins[at] as usize;
            found.push(at);
        }
        found.reverse();
        found
    }

    /// The segments that can begin at a unit when what comes before is worth `before`: where each ends and what the text is
    /// worth up to there.
    fn segments(&self, start: usize, before: f64, prices: &[f64]) -> impl Iterator<Item = (usize, f64)> {
        let units = self.likelihoods.len();
        let base = before + if start > 0 { self.bonus[start] } else { 0.0 };
        let row: &[f32] = if before == f64::NEG_INFINITY { &[] } else { &self.likelihoods[start] };
        (start + 1..).zip(row).filter_map(move |(end, likelihood)| {
            let length = self.starts[end] - self.starts[start];
            let whole = start == 0 && end == units;
            let price = prices[length.min(prices.len() - 1)];
            (length >= self.model.shortest || whole).then_some((end, base + f64::from(*likelihood) - price))
        })
    }

    /// What segments cost, by their number of words.
    fn prices(&self, times: f64) -> Vec<f64> {
        (0..LONGEST + 64).map(|words| self.price(words, times)).collect()
    }

    fn price(&self, words: usize, times: f64) -> f64 {
        let words = words.max(1) as f64;
        let odd = (words / self.model.usual).ln() / self.model.spread;
        times * self.model.price * words.powf(self.model.growth) + 0.5 * odd * odd
    }

    /// The division whose number of segments changes least when the price does, at a price near the usual one: where
    /// subjects differ clearly, a range of prices gives the same.
    pub fn steady(&self) -> Vec<usize> {
        let mut ladder: Vec<Vec<usize>> = (0..STEPS).map(|step| self.divided(times(step))).collect();
        let segments = |step: usize| (ladder[step].len() + 1) as f64;
        let unsteady = |step: usize| {
            let (low, high) = (step.saturating_sub(REACH), (step + REACH).min(STEPS - 1));
            let slope = (segments(low) / segments(high)).ln() / (times(high) / times(low)).ln();
            // A whole is steady whatever it is made of: that alone speaks for nothing.
            let whole = if segments(step) < 1.5 { WHOLE } else { 0.0 };
            slope + whole + AWAY * times(step).ln().powi(2)
        };
        let best = (0..STEPS).min_by(|a, b| unsteady(*a).total_cmp(&unsteady(*b)));
        ladder.swap_remove(best.unwrap_or_default())
    }
}

/// Prices that are tried: steps between the cheapest and the dearest, as multiples of the usual one.
const STEPS: usize = 15;
const CHEAPEST: f64 = 0.4;
const DEAREST: f64 = 2.5;
/// Steps to either side over which a division is to be steady.
const REACH: usize = 3;
/// What it costs to go away from the usual price.
const AWAY: f64 = 0.5;
/// What it costs to leave a text whole.
const WHOLE: f64 = 1.0;

fn times(step: usize) -> f64 {
    CHEAPEST * (DEAREST / CHEAPEST).powf(step as f64 / (STEPS - 1) as f64)
}
