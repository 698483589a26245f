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
    /// What a further segment costs, in natural logarithms.
    pub price: f64,
    /// Usual length of a segment in words.
    pub usual: f64,
    /// How strictly segments are held to it: the deviation of the logarithm of their length.
    pub spread: f64,
    /// Fewest words of a segment.
    pub shortest: usize,
    /// Weight of the evidence of words, which are not as independent as the model takes them for.
    pub trust: f64,
}

/// Most words of a segment. It bounds the time that long texts take.
const LONGEST: usize = 12_000;

/// First units of the segments but the first. `bonus` says for each unit how much speaks for a new segment there beside the
/// words, in natural logarithms; `words` is the number of words of the text. With `count` there are so many segments, as
/// far as their shortest length allows.
pub(super) fn divide(
    terms: &Terms,
    words: usize,
    bonus: &[f64],
    model: &Model,
    count: Option<usize>,
) -> Vec<usize> {
    let Some(count) = count else { return cheapest(terms, words, bonus, model, model.price) };
    // The price at which there are so many; the more it costs, the fewer there are.
    let (mut low, mut high) = (-2_000.0, 4_000.0);
    let mut best = Vec::new();
    for _ in 0..40 {
        let price = (low + high) / 2.0;
        let found = cheapest(terms, words, bonus, model, price);
        let segments = found.len() + 1;
        best = found;
        match segments.cmp(&count) {
            std::cmp::Ordering::Equal => break,
            std::cmp::Ordering::Less => high = price,
            std::cmp::Ordering::Greater => low = price,
        }
    }
    best
}

fn cheapest(terms: &Terms, words: usize, bonus: &[f64], model: &Model, price: f64) -> Vec<usize> {
    let units = terms.units.len();
    let starts: Vec<usize> = terms.units.iter().map(|unit| unit.first).chain([words]).collect();
    let all: f64 = terms.counts.iter().map(|count| f64::from(*count)).sum::<f64>().max(1.0);
    let prior: Vec<f64> =
        terms.counts.iter().map(|count| model.concentration * f64::from(*count) / all).collect();
    // Best value of the text up to a unit, and where the last segment of that division begins.
    let mut value = vec![f64::NEG_INFINITY; units + 1];
    let mut from = vec![0usize; units + 1];
    value[0] = 0.0;
    let mut counts = vec![0u32; terms.counts.len()];
    for start in 0..units {
        if value[start] == f64::NEG_INFINITY {
            continue;
        }
        let base = value[start] + if start > 0 { bonus[start] - price } else { 0.0 };
        let (mut likelihood, mut drawn) = (0.0, 0.0);
        let mut end = start;
        while end < units && starts[end] - starts[start] < LONGEST {
            for term in &terms.units[end].terms {
                let term = *term as usize;
                likelihood += (f64::from(counts[term]) + prior[term]).ln();
                likelihood -= (drawn + model.concentration).ln();
                // What would be expected of the whole text: only what is more than that speaks for the segment.
                likelihood -= (prior[term] / model.concentration).ln();
                counts[term] += 1;
                drawn += 1.0;
            }
            end += 1;
            let length = starts[end] - starts[start];
            if length < model.shortest && !(start == 0 && end == units) {
                continue;
            }
            let odd = (length as f64 / model.usual).ln() / model.spread;
            let total = base + model.trust * likelihood - 0.5 * odd * odd;
            if total > value[end] {
                (value[end], from[end]) = (total, start);
            }
        }
        for unit in &terms.units[start..end] {
            for term in &unit.terms {
                counts[*term as usize] = 0;
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
