//! The inner loops: a few rows times one panel of 32 columns, sums in registers.
//!
//! Each tile reads `groups` groups of four bytes a row from `rows` (rows `stride` bytes apart) and `groups` groups of 128
//! bytes from `panel`, and writes one `[u32; 32]` of sums a row to `sums` (bits of `i32` or `f32`).

/// Columns of a panel.
pub const COLUMNS: usize = 32;
/// Bytes of one group of a panel: four for each column.
pub const GROUP_BYTES: usize = COLUMNS * 4;
/// Most rows any tile takes at once.
pub const MAX_ROWS: usize = 12;

/// Sums of one row of a tile, as bits.
pub type Sums = [u32; COLUMNS];

/// What the four bytes of a group mean, and so which product is formed.
pub trait Product {
    /// Adds the product of one group to one sum.
    fn accumulate(sum: u32, left: [u8; 4], right: [u8; 4]) -> u32;
}

/// Unsigned 8-bit weights (offset by 128) times signed 8-bit activations, in exact 32-bit integers.
pub struct Int8;
/// Two `bf16` products, summed in `f32`.
pub struct Bf16;
/// One `f32` product.
pub struct F32;

impl Product for Int8 {
    #[inline(always)]
    fn accumulate(sum: u32, left: [u8; 4], right: [u8; 4]) -> u32 {
        let mut sum = sum as i32;
        for (left, right) in left.into_iter().zip(right) {
            sum += i32::from(left as i8) * i32::from(right);
        }
        sum as u32
    }
}

impl Product for Bf16 {
    #[inline(always)]
    fn accumulate(sum: u32, left: [u8; 4], right: [u8; 4]) -> u32 {
        let (left, right) = (u32::from_le_bytes(left), u32::from_le_bytes(right));
        let low = f32::from_bits(left << 16) * f32::from_bits(right << 16);
        let high = f32::from_bits(left & 0xffff_0000) * f32::from_bits(right & 0xffff_0000);
        (f32::from_bits(sum) + high + low).to_bits()
    }
}

impl Product for F32 {
    #[inline(always)]
    fn accumulate(sum: u32, left: [u8; 4], right: [u8; 4]) -> u32 {
        (f32::from_bits(sum) + f32::from_le_bytes(left) * f32::from_le_bytes(right)).to_bits()
    }
}

/// The portable tile: one row.
///
/// # Safety
/// `row` must be readable for `groups * 4` bytes, `panel` for `groups * GROUP_BYTES`, `sums` writable for one row.
#[inline(always)]
pub unsafe fn portable<P: Product>(row: *const u8, panel: *const u8, groups: usize, sums: *mut Sums) {
    let mut row_sums: Sums = [0; COLUMNS];
    for group in 0..groups {
        // SAFETY: `group < groups`, and the caller vouches for the lengths.
        let (left, right) = unsafe {
            (
                *row.add(group * 4).cast::<[u8; 4]>(),
                &*panel.add(group * GROUP_BYTES).cast::<[[u8; 4]; COLUMNS]>(),
            )
        };
        for (sum, right) in row_sums.iter_mut().zip(right) {
            *sum = P::accumulate(*sum, left, *right);
        }
    }
    // SAFETY: the caller vouches for it.
    unsafe { *sums = row_sums };
}

#[cfg(target_arch = "x86_64")]
pub mod x86 {
    //! The same tile in intrinsics. The arrays have constant lengths and all loops over them unroll, so each element
    //! is one register; the row counts are chosen to fill the register file without spilling.

    use super::{GROUP_BYTES, Sums};
    use std::arch::x86_64::*;

    macro_rules! tile_512 {
        ($name:ident, $features:literal, $zero:expr, $store:ident, |$sum:ident, $left:ident, $right:ident| $accumulate:expr) => {
            /// # Safety
            /// As [`super::portable`] for `ROWS` rows that are `stride` bytes apart; the processor has the features.
            #[target_feature(enable = $features)]
            pub unsafe fn $name<const ROWS: usize>(
                rows: *const u8,
                stride: usize,
                panel: *const u8,
                groups: usize,
                sums: *mut Sums,
            ) {
                let mut registers = [[$zero; 2]; ROWS];
                for group in 0..groups {
                    // SAFETY: `group < groups`; the caller vouches for the lengths.
                    unsafe {
                        let right: [_; 2] = [
                            _mm512_loadu_si512(panel.add(group * GROUP_BYTES).cast()),
                            _mm512_loadu_si512(panel.add(group * GROUP_BYTES + 64).cast()),
                        ];
                        for row in 0..ROWS {
                            let $left = _mm512_set1_epi32(
                                rows.add(row * stride + group * 4).cast::<i32>().read_unaligned(),
                            );
                            for half in 0..2 {
                                let $right = right[half];
                                let $sum = registers[row][half];
                                registers[row][half] = $accumulate;
                            }
                        }
                    }
                }
                for row in 0..ROWS {
                    // SAFETY: the caller vouches for `ROWS` rows of sums.
                    unsafe {
                        let out = sums.add(row).cast::<u8>();
                        $store(out.cast(), registers[row][0]);
                        $store(out.add(64).cast(), registers[row][1]);
                    }
                }
            }
        };
    }

    tile_512!(
        int8_vnni512,
        "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni",
        _mm512_setzero_si512(),
        _mm512_storeu_si512,
        |sum, left, right| {
            // The unsigned operand is the weight, so that the broadcast row can be the memory operand of the instruction.
            _mm512_dpbusd_epi32(sum, right, left)
        }
    );
    tile_512!(
        bf16_avx512bf16,
        "avx512f,avx512bw,avx512vl,avx512dq,avx512bf16",
        _mm512_setzero_ps(),
        _mm512_storeu_ps,
        |sum, left, right| {
            _mm512_dpbf16_ps(
                sum,
                std::mem::transmute::<__m512i, __m512bh>(left),
                std::mem::transmute::<__m512i, __m512bh>(right),
            )
        }
    );
    tile_512!(
        bf16_avx512,
        "avx512f,avx512bw,avx512vl,avx512dq,fma",
        _mm512_setzero_ps(),
        _mm512_storeu_ps,
        |sum, left, right| {
            let high_mask = _mm512_set1_epi32(0xffff_0000_u32 as i32);
            let high = _mm512_fmadd_ps(
                _mm512_castsi512_ps(_mm512_and_si512(left, high_mask)),
                _mm512_castsi512_ps(_mm512_and_si512(right, high_mask)),
                sum,
            );
            _mm512_fmadd_ps(
                _mm512_castsi512_ps(_mm512_slli_epi32::<16>(left)),
                _mm512_castsi512_ps(_mm512_slli_epi32::<16>(right)),
                high,
            )
        }
    );
    tile_512!(
        f32_avx512,
        "avx512f,avx512bw,avx512vl,avx512dq,fma",
        _mm512_setzero_ps(),
        _mm512_storeu_ps,
        |sum, left, right| {
            let left = _mm512_castsi512_ps(left);
            _mm512_fmadd_ps(left, _mm512_castsi512_ps(right), sum)
        }
    );

    macro_rules! tile_256 {
        ($name:ident, $features:literal, $zero:expr, $store:ident, |$sum:ident, $left:ident, $right:ident| $accumulate:expr) => {
            /// # Safety
            /// As [`super::portable`] for `ROWS` rows that are `stride` bytes apart; the processor has the features.
            #[target_feature(enable = $features)]
            pub unsafe fn $name<const ROWS: usize>(
                rows: *const u8,
                stride: usize,
                panel: *const u8,
                groups: usize,
                sums: *mut Sums,
            ) {
                // Half a panel at a time: 16 columns are two registers, which leaves room for six rows.
                for half in 0..2 {
                    let mut registers = [[$zero; 2]; ROWS];
                    for group in 0..groups {
                        // SAFETY: `group < groups`; the caller vouches for the lengths.
                        unsafe {
                            let right = [
                                _mm256_loadu_si256(panel.add(group * GROUP_BYTES + half * 64).cast()),
                                _mm256_loadu_si256(panel.add(group * GROUP_BYTES + half * 64 + 32).cast()),
                            ];
                            for row in 0..ROWS {
                                let $left = _mm256_set1_epi32(
                                    rows.add(row * stride + group * 4).cast::<i32>().read_unaligned(),
                                );
                                for quarter in 0..2 {
                                    let $right = right[quarter];
                                    let $sum = registers[row][quarter];
                                    registers[row][quarter] = $accumulate;
                                }
                            }
                        }
                    }
                    for row in 0..ROWS {
                        // SAFETY: the caller vouches for `ROWS` rows of sums.
                        unsafe {
                            let out = sums.add(row).cast::<u8>().add(half * 64);
                            $store(out.cast(), registers[row][0]);
                            $store(out.add(32).cast(), registers[row][1]);
                        }
                    }
                }
            }
        };
    }

    tile_256! {
        int8_vnni256, "avx2,fma,avxvnni", _mm256_setzero_si256(), _mm256_storeu_si256,
        |sum, left, right| _mm256_dpbusd_avx_epi32(sum, right, left)
    }
    tile_256!(int8_avx2, "avx2,fma", _mm256_setzero_si256(), _mm256_storeu_si256, |sum, left, right| {
        // Even and odd bytes apart, widened to 16 bits: `vpmaddwd` adds two exact products into 32 bits and cannot
        // saturate, unlike `vpmaddubsw`.
        let even = _mm256_madd_epi16(
            _mm256_and_si256(right, _mm256_set1_epi16(0xff)),
            _mm256_srai_epi16::<8>(_mm256_slli_epi16::<8>(left)),
        );
        let odd = _mm256_madd_epi16(_mm256_srli_epi16::<8>(right), _mm256_srai_epi16::<8>(left));
        _mm256_add_epi32(sum, _mm256_add_epi32(even, odd))
    });
    tile_256!(bf16_avx2, "avx2,fma", _mm256_setzero_ps(), _mm256_storeu_ps, |sum, left, right| {
        let high_mask = _mm256_set1_epi32(0xffff_0000_u32 as i32);
        let high = _mm256_fmadd_ps(
            _mm256_castsi256_ps(_mm256_and_si256(left, high_mask)),
            _mm256_castsi256_ps(_mm256_and_si256(right, high_mask)),
            sum,
        );
        _mm256_fmadd_ps(
            _mm256_castsi256_ps(_mm256_slli_epi32::<16>(left)),
            _mm256_castsi256_ps(_mm256_slli_epi32::<16>(right)),
            high,
        )
    });
    tile_256!(f32_avx2, "avx2,fma", _mm256_setzero_ps(), _mm256_storeu_ps, |sum, left, right| {
        _mm256_fmadd_ps(_mm256_castsi256_ps(left), _mm256_castsi256_ps(right), sum)
    });
}

/// Calls a tile of up to 12 rows (`wide`) or 6 rows (`narrow`) with the constant that equals `count`.
#[cfg(target_arch = "x86_64")]
macro_rules! with_rows {
    (wide $tile:ident, $count:expr, $arguments:tt) => {
        match $count {
            1 => with_rows!(@ $tile, 1, $arguments),
            2 => with_rows!(@ $tile, 2, $arguments),
            3 => with_rows!(@ $tile, 3, $arguments),
            4 => with_rows!(@ $tile, 4, $arguments),
            5 => with_rows!(@ $tile, 5, $arguments),
            6 => with_rows!(@ $tile, 6, $arguments),
            7 => with_rows!(@ $tile, 7, $arguments),
            8 => with_rows!(@ $tile, 8, $arguments),
            9 => with_rows!(@ $tile, 9, $arguments),
            10 => with_rows!(@ $tile, 10, $arguments),
            11 => with_rows!(@ $tile, 11, $arguments),
            _ => with_rows!(@ $tile, 12, $arguments),
        }
    };
    (narrow $tile:ident, $count:expr, $arguments:tt) => {
        match $count {
            1 => with_rows!(@ $tile, 1, $arguments),
            2 => with_rows!(@ $tile, 2, $arguments),
            3 => with_rows!(@ $tile, 3, $arguments),
            4 => with_rows!(@ $tile, 4, $arguments),
            5 => with_rows!(@ $tile, 5, $arguments),
            _ => with_rows!(@ $tile, 6, $arguments),
        }
    };
    (@ $tile:ident, $rows:literal, ($($argument:expr),*)) => {
        x86::$tile::<$rows>($($argument),*)
    };
}
#[cfg(target_arch = "x86_64")]
pub(crate) use with_rows;
