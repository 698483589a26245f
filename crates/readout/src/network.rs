//! The way to the network: one guarded fetcher for all that somebody else wrote the address of.

use std::sync::Arc;

use fetch::{Fetcher, Limits};

use crate::arguments::shows::Network;

/// The fetcher as the user allows it.
pub fn fetcher(network: &Network) -> Arc<Fetcher> {
    Arc::new(Fetcher::new(network.policy(), Limits::default()))
}
