//! How words and names sound, and how likely one was heard for the other.
//!
//! Goes in: written words. Comes out: their pronunciations, the distance between two, the nearest among many. Never: a
//! verdict on what was meant.
