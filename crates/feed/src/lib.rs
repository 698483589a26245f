//! Feeds as publishers write them: RSS 2.0, Atom, JSON Feed and OPML.
//!
//! Goes in: bytes. Comes out: what was understood, and complaints about the rest. Never: the network, or failure on one
//! bad element.
