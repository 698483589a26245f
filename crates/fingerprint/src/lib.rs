//! The same sound in other places: copies of a recording, and jingles and advertisements that repeat.
//!
//! Goes in: mono samples at 16 kHz, in order. Comes out: a [`Fingerprint`] of 3.75 kB a minute, which stretches of two
//! of them are the same sound ([`align`]), which of many recordings are worth comparing ([`Index`]), and which stretches
//! come again in the episodes of a show ([`repeats`]). Never: I/O, a clock, chance; a panic, whatever the samples or
//! bytes are.
//!
//! What is recognised is *the same recording*, also after other codecs, rates, levels and mild filters, at the same
//! speed. The same words spoken again, by the same person even, are another sound (a machine's voice may say them twice
//! in exactly the same way, and then they are the same).
//!
//! The method is that of Haitsma and Kalker, "A Highly Robust Audio Fingerprinting System" (ISMIR 2002): each frame is
//! a few bits that say whether energy moves up or down between neighbouring bands; copies agree in most bits, other
//! sounds in half of them. Copies are found as similar stretches of genomes are (BLAST, Altschul et al. 1990): short
//! exact matches are seeds, each is extended along its diagonal while the evidence grows, and the best chain of
//! stretches in order of time is the map.

mod align;
mod bytes;
mod extend;
mod frames;
mod index;
mod keys;
mod repeats;

pub use align::{Alignment, Stretch, align, shared};
pub use bytes::FORMAT;
pub use frames::{Fingerprint, Fingerprinter};
pub use index::{Candidate, Index};
pub use keys::{enough_shared, keys};
pub use repeats::{Occurrence, Repeat, RepeatKind, repeats};

/// Bytes that are no fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAFingerprint {
    /// The bytes do not begin as a fingerprint does.
    #[error("these bytes are not a fingerprint; make it again from the recording")]
    Foreign,
    /// Another version of the program wrote them.
    #[error("the fingerprint has format {0}, this program reads {FORMAT}; make it again from the recording")]
    Format(u8),
    /// They are cut short, too long or altered.
    #[error("the fingerprint is damaged; make it again from the recording")]
    Damaged,
}
