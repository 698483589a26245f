//! The only socket for addresses that came from outside.
//!
//! Goes in: an address. Comes out: bytes, streamed and bounded. Never: a connection to a private address that nobody
//! allowed.
