//! 8-bit products: weights quantised by output column, activations by row.

use crate::aligned::AlignedBytes;
use crate::processor::{Int8Path, Processor, by_width};
use crate::tile::{self, COLUMNS, GROUP_BYTES, MAX_ROWS, Sums};
#[cfg(target_arch = "x86_64")]
use crate::tile::{with_rows, x86};
use crate::vector::{ROUNDER, gelu};

/// Weights `[outputs, inputs]` in 8 bits with a scale and a bias for each output, packed into panels.
pub struct Int8Matrix {
    outputs: usize,
    inputs: usize,
    panels: AlignedBytes,
    scale: Vec<f32>,
    bias: Vec<f32>,
}

impl Int8Matrix {
    /// Packs `weight` (`outputs` rows of `inputs` values in -127..=127).
    ///
    /// # Panics
    /// When a slice has another length than the shape says, or `inputs` is not a multiple of 4.
    pub fn pack(weight: &[i8], scale: &[f32], bias: Option<&[f32]>, outputs: usize, inputs: usize) -> Self {
        assert_eq!(weight.len(), outputs * inputs);
        assert_eq!(scale.len(), outputs);
        assert!(inputs.is_multiple_of(4) && inputs > 0);
        let padded = outputs.next_multiple_of(COLUMNS);
        let mut panels = AlignedBytes::zeroed(padded * inputs);
        // Columns beyond the last output hold the offset alone, that is, zeros.
        panels.bytes_mut().fill(128);
        let bytes = panels.bytes_mut();
        for (output, row) in weight.chunks_exact(inputs).enumerate() {
            let panel = output / COLUMNS * (inputs * COLUMNS) + output % COLUMNS * 4;
            for (group, four) in row.chunks_exact(4).enumerate() {
                let place = panel + group * GROUP_BYTES;
                for (byte, weight) in bytes[place..place + 4].iter_mut().zip(four) {
                    *byte = (*weight as u8) ^ 0x80;
                }
            }
        }
        let mut scale = scale.to_vec();
        scale.resize(padded, 0.0);
        let mut bias = bias.map_or_else(|| vec![0.0; outputs], <[f32]>::to_vec);
        assert_eq!(bias.len(), outputs);
        bias.resize(padded, 0.0);
        Self { outputs, inputs, panels, scale, bias }
    }

    /// Number of output columns.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// The weights of one output, scaled back (a row of an embedding table).
    pub fn row(&self, output: usize, out: &mut [f32]) {
        let panel = output / COLUMNS * (self.inputs * COLUMNS) + output % COLUMNS * 4;
        let scale = self.scale[output];
        for (group, four) in out.chunks_exact_mut(4).enumerate() {
            let place = panel + group * GROUP_BYTES;
            for (value, byte) in four.iter_mut().zip(&self.panels.bytes()[place..place + 4]) {
                *value = f32::from((byte ^ 0x80) as i8) * scale;
            }
        }
    }
}

/// Rows of activations in 8 bits, each with the scale of its own range.
#[derive(Default)]
pub struct QuantizedRows {
    rows: usize,
    inputs: usize,
    data: Vec<i8>,
    scale: Vec<f32>,
    /// 128 times the sum of the row: what the offset of the weights adds to every product.
    offset: Vec<i32>,
}

impl QuantizedRows {
    /// Quantises `values` (`rows × inputs`), symmetric by the largest magnitude of each row.
    pub fn quantize(&mut self, cpu: Processor, values: &[f32], inputs: usize) {
        self.rows = values.len() / inputs;
        self.inputs = inputs;
        self.data.resize(values.len(), 0);
        self.scale.resize(self.rows, 0.0);
        self.offset.resize(self.rows, 0);
        quantize_rows(cpu, values, inputs, &mut self.data, &mut self.scale, &mut self.offset);
    }
}

by_width! {
    fn quantize_rows(cpu, values: &[f32], inputs: usize, data: &mut [i8], scale: &mut [f32], offset: &mut [i32]) {
        for (((row, out), scale), offset) in
            values.chunks_exact(inputs).zip(data.chunks_exact_mut(inputs)).zip(scale).zip(offset)
        {
            // Sixteen running maxima, so that the loop has no chain of dependent comparisons.
            let mut largest = [0.0_f32; 16];
            for sixteen in row.chunks_exact(16) {
                for (largest, value) in largest.iter_mut().zip(sixteen) {
                    let value = value.abs();
                    *largest = if value > *largest { value } else { *largest };
                }
            }
            let rest = row.chunks_exact(16).remainder();
            let largest = largest.iter().copied().chain(rest.iter().map(|value| value.abs())).fold(0.0, f32::max);
            let inverse = if largest > 0.0 { 127.0 / largest } else { 0.0 };
            *scale = largest / 127.0;
            let mut sum = 0_i32;
            for (out, value) in out.iter_mut().zip(row) {
                // As in `exp`: the nearest integer is left in the low bits; |value * inverse| <= 127 by construction.
                let shifted = value * inverse + ROUNDER;
                let integer = shifted.to_bits().wrapping_sub(ROUNDER.to_bits()) as i8 as i32;
                *out = integer as i8;
                sum += integer;
            }
            *offset = sum * 128;
        }
    }
}

/// What becomes of a product.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Epilogue {
    /// It replaces what was in the output.
    Store,
    /// It passes through the Gaussian error linear unit and replaces what was in the output.
    Gelu,
    /// It is added to what was in the output (a residual connection).
    Add,
}

/// `out = rows · weightsᵀ + bias`, `out` being `rows × outputs`.
///
/// # Panics
/// When the shapes do not fit.
pub fn matmul_int8(
    cpu: Processor,
    rows: &QuantizedRows,
    weights: &Int8Matrix,
    out: &mut [f32],
    epilogue: Epilogue,
) {
    assert_eq!(rows.inputs, weights.inputs);
    assert_eq!(out.len(), rows.rows * weights.outputs);
    // A block of rows stays in the second-level cache while all panels pass over it.
    let block = (256 * 1024 / rows.inputs).next_multiple_of(MAX_ROWS);
    let groups = weights.inputs / 4;
    let mut sums: [Sums; MAX_ROWS] = [[0; COLUMNS]; MAX_ROWS];
    let step = match cpu.int8 {
        #[cfg(target_arch = "x86_64")]
        Int8Path::Vnni512 => 12,
        #[cfg(target_arch = "x86_64")]
        Int8Path::Vnni256 | Int8Path::Avx2 => 6,
        Int8Path::Portable => 1,
    };
    for first in (0..rows.rows).step_by(block) {
        let last = (first + block).min(rows.rows);
        for (panel_index, panel) in weights.panels.bytes().chunks_exact(groups * GROUP_BYTES).enumerate() {
            let column = panel_index * COLUMNS;
            let width = COLUMNS.min(weights.outputs - column);
            let mut row = first;
            while row < last {
                let count = step.min(last - row);
                let left = rows.data[row * rows.inputs..(row + count) * rows.inputs].as_ptr().cast::<u8>();
                let (panel, stride, sums_pointer) = (panel.as_ptr(), rows.inputs, sums.as_mut_ptr());
                // SAFETY: `left` was taken from a slice of `count` rows, `panel` holds `groups` groups, `sums` holds
                // `MAX_ROWS >= count` rows; `Processor` gives a path only where its instructions exist.
                unsafe {
                    match cpu.int8 {
                        #[cfg(target_arch = "x86_64")]
                        Int8Path::Vnni512 => {
                            with_rows!(wide int8_vnni512, count, (left, stride, panel, groups, sums_pointer))
                        }
                        #[cfg(target_arch = "x86_64")]
                        Int8Path::Vnni256 => {
                            with_rows!(narrow int8_vnni256, count, (left, stride, panel, groups, sums_pointer))
                        }
                        #[cfg(target_arch = "x86_64")]
                        Int8Path::Avx2 => {
                            with_rows!(narrow int8_avx2, count, (left, stride, panel, groups, sums_pointer))
                        }
                        Int8Path::Portable => tile::portable::<tile::Int8>(left, panel, groups, sums_pointer),
                    }
                }
                finish(
                    cpu,
                    &sums[..count],
                    &rows.scale[row..row + count],
                    &rows.offset[row..row + count],
                    &weights.scale[column..column + COLUMNS],
                    &weights.bias[column..column + COLUMNS],
                    &mut out[row * weights.outputs + column..],
                    weights.outputs,
                    width,
                    epilogue,
                );
                row += count;
            }
        }
    }
}

by_width! {
    #[expect(clippy::too_many_arguments, reason = "the pieces of two matrices and where their product goes")]
    fn finish(
        cpu, sums: &[Sums], row_scale: &[f32], row_offset: &[i32], column_scale: &[f32], bias: &[f32], out: &mut [f32],
        stride: usize, width: usize, epilogue: Epilogue,
    ) {
        for (row, sums) in sums.iter().enumerate() {
            let mut values = [0.0_f32; COLUMNS];
            for (((value, sum), scale), bias) in values.iter_mut().zip(sums).zip(column_scale).zip(bias) {
                *value = (*sum as i32 - row_offset[row]) as f32 * (row_scale[row] * scale) + bias;
            }
            if epilogue == Epilogue::Gelu {
                for value in &mut values {
                    *value = gelu(*value);
                }
            }
            let out = &mut out[row * stride..row * stride + width];
            if epilogue == Epilogue::Add {
                for (out, value) in out.iter_mut().zip(values) {
                    *out += value;
                }
            } else {
                out.copy_from_slice(&values[..width]);
            }
        }
    }
}
