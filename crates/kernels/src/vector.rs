//! Functions over slices, written so that the compiler vectorises them to any width.

use crate::processor::by_width;

/// e^x within 2 units in the last place for x in -87..=88, 0 below.
///
/// Range reduction by powers of two and the polynomial of Cephes `expf`; no branch and no library call, so that it
/// vectorises.
#[inline(always)]
fn exp(x: f32) -> f32 {
    let clamped = if x > -87.0 { x } else { -87.0 };
    let clamped = if clamped < 88.0 { clamped } else { 88.0 };
    // Adding 1.5 × 2^23 leaves the nearest integer in the low bits of the sum, so that neither a rounding call nor a
    // saturating cast stands in the way of vectorising.
    let shifted = clamped * std::f32::consts::LOG2_E + ROUNDER;
    let power = shifted - ROUNDER;
    let rest = clamped - power * 0.693_359_4 + power * 2.121_944_4e-4;
    let polynomial =
        ((((1.987_569_1e-4 * rest + 1.398_199_9e-3) * rest + 8.333_452e-3) * rest + 4.166_579_6e-2) * rest
            + 1.666_666_5e-1)
            * rest
            + 5.000_000_3e-1;
    let fraction = polynomial * (rest * rest) + rest + 1.0;
    let scale = f32::from_bits(shifted.to_bits().wrapping_sub(ROUNDER.to_bits()).wrapping_add(127) << 23);
    if x > -87.0 { fraction * scale } else { 0.0 }
}

/// 1.5 × 2^23: adding it rounds a small `f32` to the nearest integer (ties to even).
pub(crate) const ROUNDER: f32 = 12_582_912.0;

/// Gaussian error linear unit, x Φ(x) (Hendrycks and Gimpel 2016), with the error function by Abramowitz and Stegun
/// 7.1.26 (absolute error below 1.5e-7).
#[inline(always)]
pub(crate) fn gelu(x: f32) -> f32 {
    let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let polynomial =
        ((((1.061_405_4 * t - 1.453_152_1) * t + 1.421_413_8) * t - 0.284_496_72) * t + 0.254_829_6) * t;
    let tail = polynomial * exp(-z * z);
    // Φ of a negative x is tail / 2, of a positive one 1 - tail / 2.
    let phi = if x < 0.0 { 0.5 * tail } else { 1.0 - 0.5 * tail };
    x * phi
}

by_width! {
    /// Gaussian error linear unit of every value.
    pub fn gelu_in_place(cpu, values: &mut [f32]) {
        for value in values {
            *value = gelu(*value);
        }
    }
}

by_width! {
    /// `values += other`.
    pub fn add_in_place(cpu, values: &mut [f32], other: &[f32]) {
        for (value, other) in values.iter_mut().zip(other) {
            *value += other;
        }
    }
}

by_width! {
    /// `values += factor * other`.
    pub fn scale_and_add(cpu, values: &mut [f32], other: &[f32], factor: f32) {
        for (value, other) in values.iter_mut().zip(other) {
            *value += factor * other;
        }
    }
}

/// Largest value, `-inf` when there is none.
#[inline(always)]
pub(crate) fn largest(values: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; 16];
    for sixteen in values.chunks_exact(16) {
        for (lane, value) in lanes.iter_mut().zip(sixteen) {
            *lane = if *value > *lane { *value } else { *lane };
        }
    }
    values.chunks_exact(16).remainder().iter().copied().chain(lanes).fold(f32::NEG_INFINITY, f32::max)
}

/// Replaces values by `exp(factor * (value - largest))` and returns their sum.
#[inline(always)]
pub(crate) fn exp_and_sum(values: &mut [f32], factor: f32) -> f32 {
    let top = largest(values) * factor;
    let mut lanes = [0.0_f32; 16];
    let mut chunks = values.chunks_exact_mut(16);
    for sixteen in &mut chunks {
        for (lane, value) in lanes.iter_mut().zip(sixteen) {
            *value = exp(*value * factor - top);
            *lane += *value;
        }
    }
    let mut sum: f32 = lanes.iter().sum();
    for value in chunks.into_remainder() {
        *value = exp(*value * factor - top);
        sum += *value;
    }
    sum
}

by_width! {
    /// Softmax of one row.
    pub fn softmax_in_place(cpu, values: &mut [f32]) {
        let sum = exp_and_sum(values, 1.0);
        let inverse = 1.0 / sum;
        for value in values {
            *value *= inverse;
        }
    }
}

by_width! {
    /// Natural logarithm of the sum of e^x over one row; values of `-inf` count nothing.
    pub fn log_sum_exp(cpu, values: &[f32]) -> f32 {
        let top = largest(values);
        let mut lanes = [0.0_f32; 16];
        for sixteen in values.chunks_exact(16) {
            for (lane, value) in lanes.iter_mut().zip(sixteen) {
                *lane += exp(*value - top);
            }
        }
        let rest: f32 = values.chunks_exact(16).remainder().iter().map(|value| exp(*value - top)).sum();
        top + (lanes.iter().sum::<f32>() + rest).ln()
    }
}

by_width! {
    /// Layer normalisation of rows of `gamma.len()` values (Ba, Kiros and Hinton 2016), epsilon 1e-5.
    pub fn layer_norm(cpu, values: &[f32], gamma: &[f32], beta: &[f32], out: &mut [f32]) {
        let width = gamma.len();
        for (row, out) in values.chunks_exact(width).zip(out.chunks_exact_mut(width)) {
            let mut sums = [0.0_f32; 16];
            for sixteen in row.chunks_exact(16) {
                for (sum, value) in sums.iter_mut().zip(sixteen) {
                    *sum += value;
                }
            }
            let mean = sums.iter().sum::<f32>() / width as f32;
            let mut squares = [0.0_f32; 16];
            for sixteen in row.chunks_exact(16) {
                for (square, value) in squares.iter_mut().zip(sixteen) {
                    *square += (value - mean) * (value - mean);
                }
            }
            let deviation = (squares.iter().sum::<f32>() / width as f32 + 1e-5).sqrt();
            let inverse = 1.0 / deviation;
            for (((out, value), gamma), beta) in out.iter_mut().zip(row).zip(gamma).zip(beta) {
                *out = (value - mean) * inverse * gamma + beta;
            }
        }
    }
}

/// Logistic function.
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// Hyperbolic tangent.
pub fn tanh(x: f32) -> f32 {
    2.0 / (1.0 + exp(-2.0 * x)) - 1.0
}

by_width! {
    /// The largest `count` values of a row with their places, largest first; places of equal values in order.
    pub fn top(cpu, values: &[f32], count: usize, out: &mut Vec<(f32, u32)>) {
        const BLOCK: usize = 128;
        out.clear();
        let mut bar = f32::NEG_INFINITY;
        for (block, values) in values.chunks(BLOCK).enumerate() {
            // Almost every block is passed over after one vectorised look.
            if largest(values) <= bar {
                continue;
            }
            for (offset, value) in values.iter().enumerate() {
                if *value > bar {
                    let place = out.partition_point(|(known, _)| known >= value);
                    out.insert(place, (*value, (block * BLOCK + offset) as u32));
                    if out.len() > count {
                        out.pop();
                    }
                    if out.len() == count {
                        bar = out.last().map_or(bar, |(value, _)| *value);
                    }
                }
            }
        }
    }
}

by_width! {
    /// Median of seven neighbours, the row being mirrored at its ends. `out` has the length of `values`.
    pub fn median_of_seven(cpu, values: &[f32], out: &mut [f32]) {
        #[inline(always)]
        fn order(pair: (f32, f32)) -> (f32, f32) {
            if pair.0 < pair.1 { pair } else { (pair.1, pair.0) }
        }
        let count = values.len();
        if count < 4 {
            out.copy_from_slice(values);
            return;
        }
        let mirrored = |index: isize| -> f32 {
            let index = index.unsigned_abs();
            values[if index < count { index } else { (2 * count - 2 - index).min(count - 1) }]
        };
        for place in (0..3).chain(count - 3..count) {
            let mut seven = [0.0; 7];
            for (offset, value) in seven.iter_mut().enumerate() {
                *value = mirrored(place as isize + offset as isize - 3);
            }
            seven.sort_unstable_by(f32::total_cmp);
            out[place] = seven[3];
        }
        if count < 7 {
            return;
        }
        let inner = count - 6;
        let rows: [&[f32]; 7] = std::array::from_fn(|shift| &values[shift..shift + inner]);
        for (place, out) in out[3..count - 3].iter_mut().enumerate() {
            let [mut a, mut b, mut c, mut d, mut e, mut f, mut g] = rows.map(|row| row[place]);
            // The part of a sorting network that the middle needs (Devillard 1998, `opt_med7`).
            (a, f) = order((a, f));
            (a, d) = order((a, d));
            (b, g) = order((b, g));
            (c, e) = order((c, e));
            b = order((a, b)).1;
            (d, f) = order((d, f));
            (c, g) = order((c, g));
            d = order((c, d)).1;
            d = order((d, g)).0;
            e = order((e, f)).0;
            (b, e) = order((b, e));
            d = order((b, d)).1;
            *out = order((d, e)).0;
        }
    }
}
