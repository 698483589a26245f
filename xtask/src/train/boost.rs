//! Learns boosted trees: logistic loss, histograms, depth-first growth (Friedman 2001; Chen and Guestrin 2016).

use names::{COUNT, Features, Node, Trees};

/// How to learn.
#[derive(Clone, Copy)]
pub struct Recipe {
    pub trees: usize,
    pub depth: usize,
    /// Share of each tree's answer that is taken.
    pub rate: f64,
    /// Least weight of examples (sum of p(1-p)) in a leaf.
    pub least: f64,
    /// Added to the weight of every leaf, so that small ones say little.
    pub ridge: f64,
}

/// Bins a feature.
const BINS: usize = 48;

/// Learns from examples. No chance is used: the same examples give the same trees.
///
/// `directions` says of each feature whether a larger value may only speak for (1) or only against (-1), or either (0): what is known
/// beforehand need not be learnt from few examples, and no leaf contradicts it (bounds as in Chen and Guestrin's program).
pub fn learn(examples: &[Features], labels: &[bool], recipe: &Recipe, directions: &[i8; COUNT]) -> Trees {
    let cuts: Vec<Vec<f32>> = (0..COUNT).map(|feature| cuts(examples, feature)).collect();
    let binned: Vec<[u8; COUNT]> = examples
        .iter()
        .map(|example| {
            std::array::from_fn(|feature| cuts[feature].partition_point(|cut| *cut <= example[feature]) as u8)
        })
        .collect();
    let positive = labels.iter().filter(|label| **label).count() as f64;
    let all = labels.len() as f64;
    let bias = ((positive + 0.5) / (all - positive + 0.5)).ln();
    let mut logits = vec![bias; examples.len()];
    let mut trees = Trees { bias: bias as f32, trees: Vec::new() };
    let used: Vec<usize> = (0..COUNT).filter(|feature| !cuts[*feature].is_empty()).collect();
    let mut gradients = vec![(0.0_f32, 0.0_f32); examples.len()];
    for _ in 0..recipe.trees {
        for (at, gradient) in gradients.iter_mut().enumerate() {
            let p = 1.0 / (1.0 + (-logits[at]).exp());
            *gradient = ((f64::from(u8::from(labels[at])) - p) as f32, (p * (1.0 - p)) as f32);
        }
        let mut rows: Vec<u32> = (0..examples.len() as u32).collect();
        let forest =
            Forest { binned: &binned, gradients: &gradients, cuts: &cuts, used: &used, recipe, directions };
        let tree = forest.grow(&mut rows, recipe.depth, (f64::NEG_INFINITY, f64::INFINITY));
        for (logit, example) in logits.iter_mut().zip(examples) {
            *logit += f64::from(tree.value(example));
        }
        trees.trees.push(tree);
    }
    trees
}

/// Thresholds between the values that a feature has, at equal shares of the examples.
fn cuts(examples: &[Features], feature: usize) -> Vec<f32> {
    let step = (examples.len() / 20_000).max(1);
    let mut values: Vec<f32> = examples.iter().step_by(step).map(|example| example[feature]).collect();
    values.sort_by(f32::total_cmp);
    let mut distinct = values.clone();
    distinct.dedup();
    let mut cuts: Vec<f32> = if distinct.len() <= BINS {
        distinct.windows(2).map(|pair| round((pair[0] + pair[1]) / 2.0)).collect()
    } else {
        (1..BINS).map(|bin| round(values[bin * values.len() / BINS])).collect()
    };
    cuts.dedup();
    cuts
}

/// To three digits behind the point, as the file has it.
fn round(value: f32) -> f32 {
    (value * 1000.0).round() / 1000.0
}

/// What all nodes of a tree are grown from.
struct Forest<'a> {
    binned: &'a [[u8; COUNT]],
    gradients: &'a [(f32, f32)],
    cuts: &'a [Vec<f32>],
    used: &'a [usize],
    recipe: &'a Recipe,
    directions: &'a [i8; COUNT],
}

/// Sums of gradients and curvatures.
type Sums = (f64, f64);

impl Forest<'_> {
    /// The best answer of a leaf within bounds, before the rate is taken of it.
    fn answer(&self, (gradient, curvature): Sums, (low, high): (f64, f64)) -> f64 {
        (gradient / (curvature + self.recipe.ridge)).clamp(low, high)
    }

    /// What a leaf with this answer saves.
    fn worth(&self, (gradient, curvature): Sums, answer: f64) -> f64 {
        answer * (2.0 * gradient - answer * (curvature + self.recipe.ridge))
    }

    fn grow(&self, rows: &mut [u32], depth: usize, bounds: (f64, f64)) -> Node {
        let mut histogram = vec![(0.0_f64, 0.0_f64); COUNT * (BINS + 1)];
        let mut total = (0.0_f64, 0.0_f64);
        for &row in rows.iter() {
            let (gradient, curvature) = self.gradients[row as usize];
            let (gradient, curvature) = (f64::from(gradient), f64::from(curvature));
            total = (total.0 + gradient, total.1 + curvature);
            let bins = &self.binned[row as usize];
            for &feature in self.used {
                let cell = &mut histogram[feature * (BINS + 1) + usize::from(bins[feature])];
                *cell = (cell.0 + gradient, cell.1 + curvature);
            }
        }
        let own = self.answer(total, bounds);
        let leaf = || Node::Leaf(round((self.recipe.rate * own) as f32));
        if depth == 0 {
            return leaf();
        }
        let stay = self.worth(total, own);
        let mut best = (1e-3, 0, 0, bounds, bounds);
        for &feature in self.used {
            let mut below = (0.0, 0.0);
            for bin in 0..self.cuts[feature].len() {
                let cell = histogram[feature * (BINS + 1) + bin];
                below = (below.0 + cell.0, below.1 + cell.1);
                let above = (total.0 - below.0, total.1 - below.1);
                if below.1 < self.recipe.least || above.1 < self.recipe.least {
                    continue;
                }
                let (under, over) = (self.answer(below, bounds), self.answer(above, bounds));
                let direction = f64::from(self.directions[feature]);
                if direction * (over - under) < 0.0 {
                    continue;
                }
                let gain = self.worth(below, under) + self.worth(above, over) - stay;
                if gain > best.0 {
                    let middle = (under + over) / 2.0;
                    let (lower, upper) = if direction == 0.0 {
                        (bounds, bounds)
                    } else if direction > 0.0 {
                        ((bounds.0, middle), (middle, bounds.1))
                    } else {
                        ((middle, bounds.1), (bounds.0, middle))
                    };
                    best = (gain, feature, bin, lower, upper);
                }
            }
        }
        let (gain, feature, bin, lower, upper) = best;
        if gain <= 1e-3 {
            return leaf();
        }
        let mut split = 0;
        for at in 0..rows.len() {
            if usize::from(self.binned[rows[at] as usize][feature]) <= bin {
                rows.swap(at, split);
                split += 1;
            }
        }
        let (below, above) = rows.split_at_mut(split);
        let below = self.grow(below, depth - 1, lower);
        let above = self.grow(above, depth - 1, upper);
        Node::Fork(feature, self.cuts[feature][bin], Box::new([below, above]))
    }
}
