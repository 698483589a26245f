//! Buffers that begin on a cache line, so that a 64-byte load never straddles two.

#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([u8; 64]);

/// Zeroed bytes that begin on a 64-byte boundary.
#[derive(Clone)]
pub struct AlignedBytes {
    lines: Vec<Line>,
    length: usize,
}

impl AlignedBytes {
    pub fn zeroed(length: usize) -> Self {
        Self { lines: vec![Line([0; 64]); length.div_ceil(64)], length }
    }

    pub fn bytes(&self) -> &[u8] {
        // SAFETY: `lines` holds at least `length` initialised bytes; `u8` has no alignment or validity demands.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.length) }
    }

    pub fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above, and the borrow of `self` is exclusive.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.length) }
    }

    pub fn halves_mut(&mut self) -> &mut [u16] {
        // SAFETY: as above; 64-byte alignment satisfies `u16`, and every bit pattern is a `u16`.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.length / 2) }
    }

    pub fn floats_mut(&mut self) -> &mut [f32] {
        // SAFETY: as above; every bit pattern is an `f32`.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.length / 4) }
    }
}
