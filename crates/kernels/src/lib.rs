//! Matrix products and the few vector functions that a small transformer needs on a CPU.
//!
//! Goes in: slices of numbers. Comes out: slices of numbers. Never: threads, allocation in a hot loop, knowledge of
//! what the numbers mean.
//!
//! **One shape for every product.** The right-hand matrix is packed once into *panels* of 32 columns. A panel is a
//! sequence of groups; a group holds four bytes for each of the 32 columns: four 8-bit integers, two `bf16` or one `f32`.
//! A *tile* multiplies a few rows by one panel and keeps all sums in registers. So three number formats share one
//! layout, one driver and one tile shape; only the instruction differs (`tile`).
//!
//! **The same result everywhere it can be.** 8-bit products are exact integers on every processor: no path saturates
//! (`vpmaddubsw`, the usual trap on processors without VNNI, is not used). Each row is quantised by its own range and
//! summed in one fixed order, so what a row gives does not depend on the rows beside it: batching changes no result.
//!
//! **`unsafe` lives in `tile` and at its calls**, where the lengths of slices have been asserted.

mod aligned;
mod attention;
mod float;
mod int8;
mod processor;
mod tile;
mod vector;

pub use attention::{AttentionScratch, Probabilities, attend, attend_cached};
pub use float::{Bf16Panels, F32Panels, bf16_from_f32, matmul_bf16, matmul_f32};
pub use int8::{Epilogue, Int8Matrix, QuantizedRows, matmul_int8};
pub use processor::Processor;
pub use vector::{
    add_in_place, gelu_in_place, layer_norm, log_sum_exp, median_of_seven, scale_and_add, sigmoid,
    softmax_in_place, tanh, top,
};
