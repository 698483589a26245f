//! Softmax attention of a few queries over many keys, for one head.

use crate::float::{Bf16Panels, matmul_bf16, round_bf16};
use crate::processor::{Processor, by_width};
use crate::tile::MAX_ROWS;
use crate::vector::exp_and_sum;

/// Buffers that [`attend`] uses again and again.
#[derive(Default)]
pub struct AttentionScratch {
    queries: Vec<u16>,
    scores: Vec<f32>,
    weights: Vec<u16>,
    inverse_sums: Vec<f32>,
}

/// Where the attention probabilities of a head go, `queries × keys`, when somebody wants them.
pub type Probabilities<'a> = Option<&'a mut [f32]>;

/// `out[q] = softmax(factor · queries[q] · keysᵀ) · values` (Vaswani et al. 2017, eq. 1) for `count` queries.
///
/// `keys` has one column a key, `values` one column a dimension; both are `bf16`. Queries are `stride` values apart, the
/// rows of `out` are `out_stride` apart. Scores and sums are `f32`.
///
/// # Panics
/// When a slice is too short for the shape.
#[expect(clippy::too_many_arguments, reason = "the three matrices of attention and where their product goes")]
pub fn attend(
    cpu: Processor,
    queries: &[f32],
    stride: usize,
    count: usize,
    factor: f32,
    keys: &Bf16Panels,
    values: &Bf16Panels,
    out: &mut [f32],
    out_stride: usize,
    scratch: &mut AttentionScratch,
    mut probabilities: Probabilities<'_>,
) {
    let (dimensions, key_count, depth) = (keys.depth(), keys.columns(), values.depth());
    scratch.queries.resize(MAX_ROWS * dimensions, 0);
    scratch.scores.resize(MAX_ROWS * depth, 0.0);
    scratch.weights.resize(MAX_ROWS * depth, 0);
    scratch.inverse_sums.resize(MAX_ROWS, 0.0);
    for first in (0..count).step_by(MAX_ROWS) {
        let rows = MAX_ROWS.min(count - first);
        for row in 0..rows {
            let query = &queries[(first + row) * stride..][..values.columns()];
            for (out, value) in scratch.queries[row * dimensions..].iter_mut().zip(query) {
                *out = round_bf16(*value);
            }
        }
        matmul_bf16(cpu, &scratch.queries, dimensions, rows, keys, &mut scratch.scores, depth);
        weigh(
            cpu,
            &mut scratch.scores,
            rows,
            depth,
            key_count,
            factor,
            &mut scratch.weights,
            &mut scratch.inverse_sums,
        );
        if let Some(probabilities) = probabilities.as_deref_mut() {
            for row in 0..rows {
                let out = &mut probabilities[(first + row) * key_count..][..key_count];
                for (out, weight) in out.iter_mut().zip(&scratch.scores[row * depth..]) {
                    *out = weight * scratch.inverse_sums[row];
                }
            }
        }
        let out = &mut out[first * out_stride..];
        matmul_bf16(cpu, &scratch.weights, depth, rows, values, out, out_stride);
        for row in 0..rows {
            for value in &mut out[row * out_stride..][..values.columns()] {
                *value *= scratch.inverse_sums[row];
            }
        }
    }
}

by_width! {
    #[expect(clippy::too_many_arguments, reason = "one fused pass over a block of scores")]
    fn weigh(
        cpu, scores: &mut [f32], rows: usize, depth: usize, key_count: usize, factor: f32, weights: &mut [u16],
        inverse_sums: &mut [f32],
    ) {
        for row in 0..rows {
            let scores = &mut scores[row * depth..][..key_count];
            inverse_sums[row] = 1.0 / exp_and_sum(scores, factor);
            for (weight, score) in weights[row * depth..].iter_mut().zip(scores.iter()) {
                *weight = round_bf16(*score);
            }
            weights[row * depth + key_count..(row + 1) * depth].fill(0);
        }
    }
}

by_width! {
    /// Attention of one query with `heads` heads over cached keys and values that lie at `slots`, each slot holding
    /// `query.len()` keys followed by as many values. `scores` is working space that grows to `heads × slots`.
    #[expect(clippy::too_many_arguments, reason = "the pieces of one attention and where its product goes")]
    pub fn attend_cached(
        cpu, query: &[f32], heads: usize, factor: f32, slots: &[u32], cache: &[f32], out: &mut [f32], scores: &mut Vec<f32>,
    ) {
        let width = query.len();
        let dimensions = width / heads;
        let count = slots.len();
        scores.clear();
        scores.resize(heads * count, 0.0);
        for (index, slot) in slots.iter().enumerate() {
            let keys = &cache[*slot as usize * width * 2..][..width];
            for (head, (query, key)) in query.chunks_exact(dimensions).zip(keys.chunks_exact(dimensions)).enumerate() {
                let mut lanes = [0.0_f32; 16];
                for (query, key) in query.chunks_exact(16).zip(key.chunks_exact(16)) {
                    for ((lane, query), key) in lanes.iter_mut().zip(query).zip(key) {
                        *lane += query * key;
                    }
                }
                scores[head * count + index] = lanes.iter().sum();
            }
        }
        for scores in scores.chunks_exact_mut(count) {
            let inverse = 1.0 / exp_and_sum(scores, factor);
            for score in scores {
                *score *= inverse;
            }
        }
        out.fill(0.0);
        for (index, slot) in slots.iter().enumerate() {
            let values = &cache[*slot as usize * width * 2 + width..][..width];
            for (head, (out, value)) in out.chunks_exact_mut(dimensions).zip(values.chunks_exact(dimensions)).enumerate() {
                let weight = scores[head * count + index];
                for (out, value) in out.iter_mut().zip(value) {
                    *out += weight * value;
                }
            }
        }
    }
}
