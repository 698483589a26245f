//! The pages of an archive: its library, its shows, and each episode as a text whose every word plays.
//!
//! Goes in: an [`Archive`](archive::Archive), what searches it, and an address to listen on. Comes out: pages, exports and audio over HTTP. Never: inline
//! script or style, text that was not escaped, a file that is not named by its hash, a change of the archive other than what a
//! reader decides of names, in forms that only our own pages can send.
//!
//! [`Server::bind`] takes the address and [`Server::run`] serves until it is told to stop, on a runtime of its own:
//! callers stay synchronous. [`publish()`] writes the same pages as files for any web server.

mod assets;
mod audio;
mod episode;
mod failure;
mod guard;
mod library;
mod live;
mod names;
mod notes;
mod passages;
mod places;
mod publish;
mod results;
mod rss;
mod searching;
mod server;
mod show;
mod strip;

pub use publish::{NotPublished, Published, Publishing, publish};
pub use searching::Searched;
pub use server::{Options, Server};

use std::net::SocketAddr;

/// Why pages cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is taken, or not this machine's.
    #[error("cannot listen on {address} ({reason}): choose another port, or 0 to let the system choose")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        reason: std::io::Error,
    },
    /// The system gave no threads, or the listener failed while serving.
    #[error("serving ended: {0}")]
    Serving(#[source] std::io::Error),
}
