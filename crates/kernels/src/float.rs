//! `bf16` and `f32` products, for attention, convolution and the voice detector.

use crate::aligned::AlignedBytes;
use crate::processor::{FloatPath, Processor, by_width};
use crate::tile::{self, COLUMNS, GROUP_BYTES, MAX_ROWS, Sums};
#[cfg(target_arch = "x86_64")]
use crate::tile::{with_rows, x86};

by_width! {
    /// Rounds to `bf16`, to nearest even; NaN is not kept apart, since none can reach here.
    pub fn bf16_from_f32(cpu, values: &[f32], out: &mut [u16]) {
        for (out, value) in out.iter_mut().zip(values) {
            *out = round_bf16(*value);
        }
    }
}

#[inline(always)]
pub(crate) fn round_bf16(value: f32) -> u16 {
    let bits = value.to_bits();
    (bits.wrapping_add(0x7fff + ((bits >> 16) & 1)) >> 16) as u16
}

/// A right-hand matrix in `bf16`, packed into panels: `depth` is summed over, `columns` are kept.
pub struct Bf16Panels {
    depth: usize,
    columns: usize,
    panels: AlignedBytes,
}

impl Bf16Panels {
    /// An empty matrix; the `depth` is padded to an even number with zeros.
    pub fn zeroed(depth: usize, columns: usize) -> Self {
        let depth = depth.next_multiple_of(2);
        Self { depth, columns, panels: AlignedBytes::zeroed(depth * columns.next_multiple_of(COLUMNS) * 2) }
    }

    /// Values summed over, padded to an even number.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// Columns kept.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Packs a matrix given column by column: column `c` is `source[c * stride..][..depth]` (weights, or attention keys).
    pub fn fill_from_columns(&mut self, source: &[f32], stride: usize, depth: usize) {
        let padded_depth = self.depth;
        let columns = self.columns;
        let halves = self.panels.halves_mut();
        for column in 0..columns {
            let values = &source[column * stride..column * stride + depth];
            let panel = column / COLUMNS * (padded_depth * COLUMNS) + column % COLUMNS * 2;
            for (index, value) in values.iter().enumerate() {
                halves[panel + index / 2 * (COLUMNS * 2) + index % 2] = round_bf16(*value);
            }
        }
    }

    /// Packs a matrix given row by row: row `d` is `source[d * stride..][..columns]` (attention values).
    pub fn fill_from_rows(&mut self, source: &[f32], stride: usize, rows: usize) {
        let padded_depth = self.depth;
        let columns = self.columns;
        let halves = self.panels.halves_mut();
        for row in 0..rows {
            let values = &source[row * stride..row * stride + columns];
            for (panel, values) in values.chunks(COLUMNS).enumerate() {
                let place = panel * (padded_depth * COLUMNS) + row / 2 * (COLUMNS * 2) + row % 2;
                for (column, value) in values.iter().enumerate() {
                    halves[place + column * 2] = round_bf16(*value);
                }
            }
        }
    }
}

/// A right-hand matrix in `f32`, packed into panels.
pub struct F32Panels {
    depth: usize,
    columns: usize,
    panels: AlignedBytes,
}

impl F32Panels {
    /// Packs a matrix given column by column: column `c` is `source[c * depth..][..depth]` (weights `[outputs, inputs]`).
    pub fn pack(source: &[f32], columns: usize, depth: usize) -> Self {
        assert_eq!(source.len(), columns * depth);
        let mut panels = AlignedBytes::zeroed(depth * columns.next_multiple_of(COLUMNS) * 4);
        let floats = panels.floats_mut();
        for (column, values) in source.chunks_exact(depth).enumerate() {
            let panel = column / COLUMNS * (depth * COLUMNS) + column % COLUMNS;
            for (index, value) in values.iter().enumerate() {
                floats[panel + index * COLUMNS] = *value;
            }
        }
        Self { depth, columns, panels }
    }

    /// Columns kept.
    pub fn columns(&self) -> usize {
        self.columns
    }
}

/// `out[r][c] = rows[r] · right[c]` for `count` rows of `bf16` that are `row_stride` values apart; `out` rows are
/// `out_stride` apart.
///
/// # Panics
/// When a slice is too short for the shape.
pub fn matmul_bf16(
    cpu: Processor,
    rows: &[u16],
    row_stride: usize,
    count: usize,
    right: &Bf16Panels,
    out: &mut [f32],
    out_stride: usize,
) {
    if count == 0 {
        return;
    }
    assert!(rows.len() >= (count - 1) * row_stride + right.depth);
    assert!(out.len() >= (count - 1) * out_stride + right.columns);
    let groups = right.depth / 2;
    drive(
        cpu,
        count,
        right.panels.bytes(),
        groups,
        right.columns,
        out,
        out_stride,
        |row, tile_rows, panel, sums| {
            let left = rows[row * row_stride..].as_ptr().cast::<u8>();
            let stride = row_stride * 2;
            // SAFETY: the assertions above cover `count` rows of `depth` values; `panel` holds `groups` groups and `sums`
            // `MAX_ROWS` rows; `Processor` gives a path only where its instructions exist.
            unsafe {
                match cpu.float {
                    #[cfg(target_arch = "x86_64")]
                    FloatPath::Avx512Bf16 => {
                        with_rows!(wide bf16_avx512bf16, tile_rows, (left, stride, panel, groups, sums))
                    }
                    #[cfg(target_arch = "x86_64")]
                    FloatPath::Avx512 => {
                        with_rows!(wide bf16_avx512, tile_rows, (left, stride, panel, groups, sums))
                    }
                    #[cfg(target_arch = "x86_64")]
                    FloatPath::Avx2 => {
                        with_rows!(narrow bf16_avx2, tile_rows, (left, stride, panel, groups, sums))
                    }
                    FloatPath::Portable => tile::portable::<tile::Bf16>(left, panel, groups, sums),
                }
            }
        },
    );
}

/// `out[r][c] = rows[r] · right[c]` for `count` rows of `f32` that are `row_stride` values apart.
///
/// # Panics
/// When a slice is too short for the shape.
pub fn matmul_f32(
    cpu: Processor,
    rows: &[f32],
    row_stride: usize,
    count: usize,
    right: &F32Panels,
    out: &mut [f32],
    out_stride: usize,
) {
    if count == 0 {
        return;
    }
    assert!(rows.len() >= (count - 1) * row_stride + right.depth);
    assert!(out.len() >= (count - 1) * out_stride + right.columns);
    let groups = right.depth;
    drive(
        cpu,
        count,
        right.panels.bytes(),
        groups,
        right.columns,
        out,
        out_stride,
        |row, tile_rows, panel, sums| {
            let left = rows[row * row_stride..].as_ptr().cast::<u8>();
            let stride = row_stride * 4;
            // SAFETY: as in `matmul_bf16`.
            unsafe {
                match cpu.float {
                    #[cfg(target_arch = "x86_64")]
                    FloatPath::Avx512Bf16 | FloatPath::Avx512 => {
                        with_rows!(wide f32_avx512, tile_rows, (left, stride, panel, groups, sums))
                    }
                    #[cfg(target_arch = "x86_64")]
                    FloatPath::Avx2 => {
                        with_rows!(narrow f32_avx2, tile_rows, (left, stride, panel, groups, sums))
                    }
                    FloatPath::Portable => tile::portable::<tile::F32>(left, panel, groups, sums),
                }
            }
        },
    );
}

#[expect(clippy::too_many_arguments, reason = "the pieces of a matrix product and where it goes")]
fn drive(
    cpu: Processor,
    count: usize,
    panels: &[u8],
    groups: usize,
    columns: usize,
    out: &mut [f32],
    out_stride: usize,
    tile: impl Fn(usize, usize, *const u8, *mut Sums),
) {
    let step = match cpu.float {
        #[cfg(target_arch = "x86_64")]
        FloatPath::Avx512Bf16 | FloatPath::Avx512 => 12,
        #[cfg(target_arch = "x86_64")]
        FloatPath::Avx2 => 6,
        FloatPath::Portable => 1,
    };
    let mut sums: [Sums; MAX_ROWS] = [[0; COLUMNS]; MAX_ROWS];
    for (panel_index, panel) in panels.chunks_exact(groups * GROUP_BYTES).enumerate() {
        let column = panel_index * COLUMNS;
        let width = COLUMNS.min(columns - column);
        let mut row = 0;
        while row < count {
            let tile_rows = step.min(count - row);
            tile(row, tile_rows, panel.as_ptr(), sums.as_mut_ptr());
            for (index, sums) in sums[..tile_rows].iter().enumerate() {
                let out = &mut out[(row + index) * out_stride + column..][..width];
                for (out, sum) in out.iter_mut().zip(sums) {
                    *out = f32::from_bits(*sum);
                }
            }
            row += tile_rows;
        }
    }
}
