//! How words and names sound, and how likely one was heard for the other.
//!
//! Goes in: written words. Comes out: their pronunciations, the distance between two, the nearest among many. Never: a
//! verdict on what was meant.

mod distance;
mod index;
mod languages;
mod letters;
mod lexicon;
mod phone;
mod pronouncer;
mod spelled;

pub use distance::Distance;
pub use index::SoundIndex;
pub use letters::{LETTERS_AROUND, Letters};
pub use lexicon::Lexicon;
pub use phone::{LONGEST, PHONES, Phone, Phones};
pub use pronouncer::{MOST, Pronouncer, join};

/// One way to say something.
#[derive(Clone, Debug, PartialEq)]
pub struct Pronunciation {
    /// The sounds, in order.
    pub phones: Phones,
    /// How much less likely than the likeliest it is, in nats: 0 for the likeliest, 2.3 for a tenth as likely.
    pub cost: f32,
}
