//! Boosted trees, as a person can read them.
//!
//! A file has one tree a line: a leaf is a number, a fork is `(feature < threshold then else)`. The sum of all leaves that are
//! reached, plus the bias, is the logit of a probability (Friedman 2001).

use std::fmt::Write as _;

use crate::features::{COUNT, Features, NAMES};

/// Deeper trees are refused.
const DEEPEST: usize = 12;
/// More nodes in all are refused.
const MOST_NODES: usize = 100_000;

/// A node of a tree.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// Adds to the logit.
    Leaf(f32),
    /// Goes to the first branch when the feature is below the threshold.
    Fork(usize, f32, Box<[Node; 2]>),
}

/// A sum of trees.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trees {
    /// The logit before any tree.
    pub bias: f32,
    /// The trees.
    pub trees: Vec<Node>,
}

impl Node {
    /// What this tree adds to the logit.
    pub fn value(&self, features: &Features) -> f32 {
        let mut node = self;
        loop {
            match node {
                Self::Leaf(value) => return *value,
                Self::Fork(feature, threshold, branches) => {
                    let below = features.get(*feature).is_some_and(|value| value < threshold);
                    node = &branches[usize::from(!below)];
                }
            }
        }
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Leaf(value) => write!(out, "{value:.3}"),
            Self::Fork(feature, threshold, branches) => {
                let name = NAMES.get(*feature).copied().unwrap_or("?");
                let _ = write!(out, "({name} < {threshold} ");
                branches[0].write(out);
                out.push(' ');
                branches[1].write(out);
                write!(out, ")")
            }
        }
        .unwrap_or_default();
    }
}

impl Trees {
    /// The logit of these features.
    pub fn logit(&self, features: &Features) -> f32 {
        self.bias + self.trees.iter().map(|tree| tree.value(features)).sum::<f32>()
    }

    /// The probability of these features, 0 to 1.
    pub fn probability(&self, features: &Features) -> f32 {
        1.0 / (1.0 + (-self.logit(features)).exp())
    }

    /// The text that [`Trees::parse`] reads.
    pub fn text(&self) -> String {
        let mut out = format!("{}\n", self.bias);
        for tree in &self.trees {
            tree.write(&mut out);
            out.push('\n');
        }
        out
    }

    /// Reads a bias and trees; `None` for what is neither.
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines().filter(|line| !line.trim().is_empty());
        let bias = lines.next()?.trim().parse().ok()?;
        let mut budget = MOST_NODES;
        let trees = lines
            .map(|line| {
                let spaced = line.replace('(', " ( ").replace(')', " ) ");
                let mut words = spaced.split_whitespace();
                let tree = parse_node(&mut words, DEEPEST, &mut budget)?;
                words.next().is_none().then_some(tree)
            })
            .collect::<Option<_>>()?;
        Some(Self { bias, trees })
    }
}

fn parse_node<'a>(
    words: &mut impl Iterator<Item = &'a str>,
    deepest: usize,
    budget: &mut usize,
) -> Option<Node> {
    *budget = budget.checked_sub(1)?;
    let first = words.next()?;
    if first != "(" {
        return first.parse().ok().map(Node::Leaf);
    }
    let deepest = deepest.checked_sub(1)?;
    let name = words.next()?;
    let feature = NAMES.iter().position(|own| *own == name).filter(|feature| *feature < COUNT)?;
    (words.next()? == "<").then_some(())?;
    let threshold = words.next()?.parse().ok()?;
    let branches = Box::new([parse_node(words, deepest, budget)?, parse_node(words, deepest, budget)?]);
    (words.next()? == ")").then_some(Node::Fork(feature, threshold, branches))
}
