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
    "written as a name is",
    "at the begin of a sentence",
    "cost a phone, squared",
    "nothing like it is in a lexicon",
];

/// Values of the features.
pub type Features = [f32; 16];

const BUILT_IN: &str = include_str!("../data/calibration.txt");

/// Where something stands that sounds like a query.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Around {
    /// Passages of the episode that have the query itself.
    pub exact: usize,
    /// Passages of the episode with something that sounds like it.
    pub here: usize,
    /// The query is among the episode's people, in its title or notes.
    pub known: bool,
    /// Share of its words with a capital, 0 to 1, where no sentence begins with it; else 0.
    pub capitals: f32,
    /// A sentence begins with it.
    pub begins: bool,
}

impl Around {
    /// Where it would be likeliest.
    pub(crate) const BEST: Self = Self { exact: 20, here: 20, known: true, capitals: 1.0, begins: false };
}

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

    /// The features of a form where it stands.
    #[must_use]
    pub fn features(form: &Form, around: &Around) -> Features {
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
            logarithm(around.exact as f32),
            logarithm(around.here as f32),
            f32::from(around.known),
            around.capitals,
            f32::from(around.begins),
            form.per_phone * form.per_phone,
            f32::from(form.known == 0),
        ]
    }

    /// The probability that it is the thing meant.
    #[must_use]
    pub fn probability(&self, features: &Features) -> f32 {
        let sum: f32 = self.0.iter().zip(features).map(|(weight, value)| weight * value).sum();
        1.0 / (1.0 + (-sum).exp())
    }
}
