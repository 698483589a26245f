//! Weights of the models that Readout runs: fetched, checked, converted once, kept in a cache.
//!
//! Goes in: the name of a model of the manifest (`models.toml`), a cache folder. Comes out: paths of files whose
//! hashes are those of the manifest, or of the conversion made from them. Never: a file that was not checked; a
//! request to the network when the cache has what was asked for; a run of anything that was fetched.

mod cache;
pub mod convert;
mod error;
mod fetch;
mod http;
mod manifest;
mod record;
mod wheel;

pub use cache::{Cache, Files, Listed, State};
pub use error::{Attempt, WeightsError};
pub use fetch::Progress;
pub use manifest::{Kind, Manifest, Model};
