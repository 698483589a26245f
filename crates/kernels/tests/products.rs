//! Every path of every product against plain arithmetic, on each instruction set that this machine can run.

use kernels::*;
use proptest::prelude::*;

fn noise(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12_345);
    (0..count)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        })
        .collect()
}

fn bytes(count: usize, seed: u32) -> Vec<i8> {
    noise(count, seed).iter().map(|value| (value * 127.49) as i8).collect()
}

/// The extreme values that saturate `vpmaddubsw`: every product the largest there is, all of one sign.
#[test]
fn int8_products_do_not_saturate() {
    let (rows, inputs, outputs) = (7, 2048, 40);
    for (activation, weight) in [(1.0, 127_i8), (-1.0, 127), (1.0, -127), (-1.0, -127)] {
        let weights = vec![weight; outputs * inputs];
        let matrix = Int8Matrix::pack(&weights, &vec![1.0; outputs], None, outputs, inputs);
        for cpu in Processor::all() {
            let mut quantized = QuantizedRows::default();
            quantized.quantize(cpu, &vec![activation; rows * inputs], inputs);
            let mut out = vec![0.0; rows * outputs];
            matmul_int8(cpu, &quantized, &matrix, &mut out, Epilogue::Store);
            let expected = activation * f32::from(weight) * inputs as f32;
            for value in out {
                assert!(
                    (value - expected).abs() <= expected.abs() * 1e-6,
                    "{}: {value} for {expected}",
                    cpu.describe()
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn int8_products_are_the_same_on_every_path_and_near_the_truth(
        rows in 1_usize..30, groups in 1_usize..40, outputs in 1_usize..80, seed in any::<u32>(),
    ) {
        let inputs = groups * 4;
        let weight = bytes(outputs * inputs, seed);
        let scale: Vec<f32> = noise(outputs, seed ^ 1).iter().map(|value| 0.02 + value.abs() * 0.01).collect();
        let bias = noise(outputs, seed ^ 2);
        let values = noise(rows * inputs, seed ^ 3);
        let matrix = Int8Matrix::pack(&weight, &scale, Some(&bias), outputs, inputs);
        let mut first: Option<Vec<f32>> = None;
        for cpu in Processor::all() {
            let mut quantized = QuantizedRows::default();
            quantized.quantize(cpu, &values, inputs);
            let mut out = vec![0.0; rows * outputs];
            matmul_int8(cpu, &quantized, &matrix, &mut out, Epilogue::Store);
            for (row, out) in out.chunks_exact(outputs).enumerate() {
                let row = &values[row * inputs..][..inputs];
                let range = row.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
                for (output, out) in out.iter().enumerate() {
                    let weight = &weight[output * inputs..][..inputs];
                    let exact: f32 = row.iter().zip(weight).map(|(value, weight)| value * f32::from(*weight)).sum();
                    let exact = exact * scale[output] + bias[output];
                    // Each activation is off by at most half a step of its row.
                    let slack: f32 = weight.iter().map(|weight| f32::from(*weight).abs()).sum::<f32>() * scale[output] * range / 254.0;
                    prop_assert!((out - exact).abs() <= slack * 1.001 + 1e-4, "{out} for {exact}");
                }
            }
            match &first {
                None => first = Some(out),
                Some(first) => prop_assert_eq!(first, &out, "{}", cpu.describe()),
            }
        }
    }

    #[test]
    fn a_row_gives_the_same_whatever_stands_beside_it(
        rows in 2_usize..30, groups in 1_usize..20, outputs in 1_usize..70, seed in any::<u32>(),
    ) {
        let inputs = groups * 16;
        let weight = bytes(outputs * inputs, seed);
        let matrix = Int8Matrix::pack(&weight, &vec![0.01; outputs], None, outputs, inputs);
        let floats = noise(outputs * inputs, seed ^ 4);
        let f32_panels = F32Panels::pack(&floats, outputs, inputs);
        let mut bf16_panels = Bf16Panels::zeroed(inputs, outputs);
        bf16_panels.fill_from_columns(&floats, inputs, inputs);
        let values = noise(rows * inputs, seed ^ 3);
        for cpu in Processor::all() {
            let product = |values: &[f32], kind: usize| {
                let count = values.len() / inputs;
                let mut out = vec![0.0; count * outputs];
                match kind {
                    0 => {
                        let mut quantized = QuantizedRows::default();
                        quantized.quantize(cpu, values, inputs);
                        matmul_int8(cpu, &quantized, &matrix, &mut out, Epilogue::Gelu);
                    }
                    1 => matmul_f32(cpu, values, inputs, count, &f32_panels, &mut out, outputs),
                    _ => {
                        let mut halves = vec![0; values.len()];
                        bf16_from_f32(cpu, values, &mut halves);
                        matmul_bf16(cpu, &halves, inputs, count, &bf16_panels, &mut out, outputs);
                    }
                }
                out
            };
            for kind in 0..3 {
                let together = product(&values, kind);
                for row in 0..rows {
                    let alone = product(&values[row * inputs..][..inputs], kind);
                    prop_assert_eq!(&together[row * outputs..][..outputs], &alone[..]);
                }
            }
        }
    }

    #[test]
    fn float_products_are_near_the_truth(
        rows in 1_usize..20, depth in 1_usize..200, columns in 1_usize..70, seed in any::<u32>(),
    ) {
        let right = noise(columns * depth, seed);
        let left = noise(rows * depth, seed ^ 9);
        let f32_panels = F32Panels::pack(&right, columns, depth);
        let mut bf16_panels = Bf16Panels::zeroed(depth, columns);
        bf16_panels.fill_from_columns(&right, depth, depth);
        let turned: Vec<f32> = (0..depth * columns).map(|index| right[index % columns * depth + index / columns]).collect();
        let mut from_rows = Bf16Panels::zeroed(depth, columns);
        from_rows.fill_from_rows(&turned, columns, depth);
        let padded = depth.next_multiple_of(2);
        for cpu in Processor::all() {
            let mut out = vec![0.0; rows * columns];
            matmul_f32(cpu, &left, depth, rows, &f32_panels, &mut out, columns);
            let mut halves = vec![0; rows * padded];
            for (row, halves) in left.chunks_exact(depth).zip(halves.chunks_exact_mut(padded)) {
                bf16_from_f32(cpu, row, &mut halves[..depth]);
            }
            let mut rounded = vec![0.0; rows * columns];
            matmul_bf16(cpu, &halves, padded, rows, &bf16_panels, &mut rounded, columns);
            let mut other = vec![0.0; rows * columns];
            matmul_bf16(cpu, &halves, padded, rows, &from_rows, &mut other, columns);
            prop_assert_eq!(&rounded, &other);
            for row in 0..rows {
                for column in 0..columns {
                    let exact: f64 = (0..depth)
                        .map(|index| f64::from(left[row * depth + index]) * f64::from(right[column * depth + index]))
                        .sum();
                    let place = row * columns + column;
                    prop_assert!((f64::from(out[place]) - exact).abs() < 1e-4);
                    // Two factors rounded to 8 bits of mantissa.
                    prop_assert!((f64::from(rounded[place]) - exact).abs() < 0.008 * depth as f64);
                }
            }
        }
    }

    #[test]
    fn attention_is_near_the_truth(queries in 1_usize..20, keys in 1_usize..90, seed in any::<u32>()) {
        let width = 64;
        let (q, k, v) = (noise(queries * width, seed), noise(keys * width, seed ^ 5), noise(keys * width, seed ^ 6));
        let mut key_panels = Bf16Panels::zeroed(width, keys);
        key_panels.fill_from_columns(&k, width, width);
        let mut value_panels = Bf16Panels::zeroed(keys, width);
        value_panels.fill_from_rows(&v, width, keys);
        for cpu in Processor::all() {
            let mut out = vec![0.0; queries * width];
            let mut probabilities = vec![0.0; queries * keys];
            let mut scratch = AttentionScratch::default();
            attend(cpu, &q, width, queries, 0.125, &key_panels, &value_panels, &mut out, width, &mut scratch, Some(&mut probabilities));
            // The cached kind of attention is the same function in f32.
            let slots: Vec<u32> = (0..keys as u32).collect();
            let cache: Vec<f32> =
                k.chunks_exact(width).zip(v.chunks_exact(width)).flat_map(|(k, v)| k.iter().chain(v).copied()).collect();
            let mut exact = vec![0.0; width];
            let mut scores = Vec::new();
            for row in 0..queries {
                attend_cached(cpu, &q[row * width..][..width], 1, 0.125, &slots, &cache, &mut exact, &mut scores);
                let sum: f32 = probabilities[row * keys..][..keys].iter().sum();
                prop_assert!((sum - 1.0).abs() < 1e-4);
                for (out, exact) in out[row * width..][..width].iter().zip(&exact) {
                    prop_assert!((out - exact).abs() < 0.02, "{out} for {exact}");
                }
            }
        }
    }

    #[test]
    fn order_statistics_agree_with_sorting(values in prop::collection::vec(-100.0_f32..100.0, 1..400), count in 1_usize..8) {
        for cpu in Processor::all() {
            let mut best = Vec::new();
            top(cpu, &values, count, &mut best);
            let mut sorted: Vec<(f32, u32)> = values.iter().copied().zip(0..).collect();
            sorted.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
            sorted.truncate(count);
            prop_assert_eq!(&best, &sorted);
            let mut medians = vec![0.0; values.len()];
            median_of_seven(cpu, &values, &mut medians);
            for place in 3..values.len().saturating_sub(3) {
                let mut seven = values[place - 3..=place + 3].to_vec();
                seven.sort_by(f32::total_cmp);
                prop_assert_eq!(medians[place], seven[3]);
            }
        }
    }

    #[test]
    fn softmax_and_its_logarithm_agree_with_double_precision(values in prop::collection::vec(-60.0_f32..60.0, 1..300)) {
        let top = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let sum: f64 = values.iter().map(|value| f64::from(value - top).exp()).sum();
        for cpu in Processor::all() {
            let mut probabilities = values.clone();
            softmax_in_place(cpu, &mut probabilities);
            for (probability, value) in probabilities.iter().zip(&values) {
                let exact = f64::from(value - top).exp() / sum;
                prop_assert!((f64::from(*probability) - exact).abs() <= 1e-5 * exact + 1e-30);
            }
            prop_assert!((f64::from(log_sum_exp(cpu, &values)) - (f64::from(top) + sum.ln())).abs() < 1e-4);
        }
    }
}

#[test]
fn gelu_agrees_with_tabulated_values_of_the_normal_distribution() {
    // x Φ(x) with Φ from tables of the standard normal distribution.
    let cases = [
        (0.0, 0.0),
        (1.0, 0.841_344_7),
        (-1.0, -0.158_655_3),
        (2.0, 1.954_499_7),
        (-2.0, -0.045_500_3),
        (-6.0, 0.0),
        (10.0, 10.0),
    ];
    for cpu in Processor::all() {
        for (x, expected) in cases {
            let mut value = [x];
            gelu_in_place(cpu, &mut value);
            assert!((value[0] - expected).abs() < 2e-6, "{x}: {} for {expected}", value[0]);
        }
    }
}

#[test]
fn layer_norm_gives_mean_zero_and_deviation_one() {
    let width = 64;
    let values: Vec<f32> = noise(width * 3, 8).iter().map(|value| value * 5.0 + 3.0).collect();
    for cpu in Processor::all() {
        let mut out = vec![0.0; values.len()];
        layer_norm(cpu, &values, &vec![1.0; width], &vec![0.0; width], &mut out);
        for row in out.chunks_exact(width) {
            let mean = row.iter().sum::<f32>() / width as f32;
            let variance =
                row.iter().map(|value| (value - mean) * (value - mean)).sum::<f32>() / width as f32;
            assert!(mean.abs() < 1e-5 && (variance - 1.0).abs() < 1e-3);
        }
    }
}

#[test]
fn rows_that_are_not_finite_do_no_harm_to_others() {
    let matrix = Int8Matrix::pack(&[1; 64], &[1.0; 4], None, 4, 16);
    for cpu in Processor::all() {
        let mut values = vec![f32::NAN; 16];
        values.extend([0.5; 16]);
        let mut quantized = QuantizedRows::default();
        quantized.quantize(cpu, &values, 16);
        let mut out = vec![0.0; 8];
        matmul_int8(cpu, &quantized, &matrix, &mut out, Epilogue::Store);
        assert!(out[4..].iter().all(|value| (value - 8.0).abs() < 1e-3), "{out:?}");
    }
}
