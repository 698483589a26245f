//! The same sound in other places: copies of a recording, and jingles that repeat.
//!
//! Goes in: samples. Comes out: fingerprints, and which stretches of two of them are the same sound. Never: I/O.
