//! How likely it is that what sounds like a query is the thing meant.
//!
//! A logistic regression over a handful of features. Its weights are a small file of lines `feature weight`, learnt by `cargo xtask
//! train search` from names that recognisers misheard.

use crate::Form;

/// The features, in the order of the weights.
pub const FEATURES: &[&str] = &[
    "always",
    "evidence",
    "cost a phone",
    "phones of the query",
    "two words",
    "share of words in a lexicon",
    "passages that have it, logarithm",
    "passages with the query, logarithm",
    "written alike",
    "the query in this episode, logarithm",
    "it in this episode, logarithm",
    "the query in what is known of this episode",
];

/// Values of the features.
pub type Features = [f32; 12];

const BUILT_IN: &str = include_str!("../data/calibration.txt");

/// Weights of the features.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration(Features);

impl Calibration {
    /// The weights that were learnt.
    #[must_use]
    pub fn built_in() -> Self {
        Self::parse(BUILT_IN)
    }

    /// Reads weights, a line `feature<TAB>weight` each; missing ones are 0.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut weights = [0.0; FEATURES.len()];
        for line in text.lines() {
            let Some((name, weight)) = line.split_once('\t') else { continue };
            if let (Some(place), Ok(weight)) =
                (FEATURES.iter().position(|known| *known == name), weight.trim().parse())
            {
                weights[place] = weight;
            }
        }
        Self(weights)
    }

    /// Weights in the order of [`FEATURES`].
    #[must_use]
    pub fn of(weights: Features) -> Self {
        Self(weights)
    }

    /// What [`Self::parse`] reads.
    #[must_use]
    pub fn text(&self) -> String {
        FEATURES.iter().zip(self.0).map(|(name, weight)| format!("{name}\t{weight:.4}\n")).collect()
    }

    /// The features of a form in an episode that has the query `exact` times and the form `here` times; `known`: the query is
    /// among its people, title or notes.
    #[must_use]
    pub fn features(form: &Form, exact: usize, here: usize, known: bool) -> Features {
        let logarithm = |count: f32| (1.0 + count).ln();
        [
            1.0,
            form.evidence,
            form.per_phone,
            form.phones as f32,
            f32::from(form.tokens.len() > 1),
            form.known as f32 / form.tokens.len().max(1) as f32,
            logarithm(form.passages as f32),
            logarithm(form.exact as f32),
            form.spelling,
            logarithm(exact as f32),
            logarithm(here as f32),
            f32::from(known),
        ]
    }

    /// The probability that it is the thing meant.
    #[must_use]
    pub fn probability(&self, features: &Features) -> f32 {
        let sum: f32 = self.0.iter().zip(features).map(|(weight, value)| weight * value).sum();
        1.0 / (1.0 + (-sum).exp())
    }
}
