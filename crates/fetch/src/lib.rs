//! The only socket for addresses that came from outside.
//!
//! Goes in: an address. Comes out: bytes, streamed and bounded. Never: a connection to a private address that nobody
//! allowed.

mod address;
mod body;
mod decode;
mod document;
mod download;
mod error;
mod fetcher;
pub mod headers;
pub mod hls;
#[cfg(any(test, feature = "hostile-server"))]
pub mod hostile;
mod limits;
mod live;
mod network;
mod partial;
mod policy;
mod request;
mod resolve;
mod stream;
#[cfg(test)]
mod tests;
mod turns;
mod wire;

pub use address::{PublicUrl, shown_address};
pub use download::{Downloaded, Progress};
pub use error::Error;
pub use fetcher::Fetcher;
pub use limits::Limits;
pub use live::{Chunk, LiveSource};
pub use policy::{Allowed, Authorities, NotAllowed, Policy};
pub use request::{Credentials, Document, Outcome, Request, Response, Stop, Validators};
pub use resolve::{Resolve, SystemResolver};
pub use stream::Stream;
