//! The sounds: a small inventory, and sequences of it.

use std::fmt;

/// The longest sequence that is kept, in phones: four long words. What is longer is cut, so that nothing grows with input.
pub const LONGEST: usize = 64;

/// One sound of General American English, stress dropped; sounds of other languages are mapped to the nearest.
///
/// This is the inventory of CMUdict less `ER`, which is written `AH R`: recognisers and spellings do not keep the two
/// apart, and with one way to write it "Kherson" and "Hurston" differ by one vowel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[expect(missing_docs, reason = "the names are ARPAbet's")]
pub enum Phone {
    AA,
    AE,
    AH,
    AO,
    AW,
    AY,
    EH,
    EY,
    IH,
    IY,
    OW,
    OY,
    UH,
    UW,
    B,
    CH,
    D,
    DH,
    F,
    G,
    HH,
    JH,
    K,
    L,
    M,
    N,
    NG,
    P,
    R,
    S,
    SH,
    T,
    TH,
    V,
    W,
    Y,
    Z,
    ZH,
}

/// How many phones there are.
pub const PHONES: usize = 38;

/// Each phone with its one-letter ARPAbet code and its letter of the International Phonetic Alphabet, in order.
const INVENTORY: [(Phone, u8, &str); PHONES] = [
    (Phone::AA, b'a', "ɑ"),
    (Phone::AE, b'@', "æ"),
    (Phone::AH, b'A', "ə"),
    (Phone::AO, b'c', "ɔ"),
    (Phone::AW, b'W', "aʊ"),
    (Phone::AY, b'Y', "aɪ"),
    (Phone::EH, b'E', "ɛ"),
    (Phone::EY, b'e', "eɪ"),
    (Phone::IH, b'I', "ɪ"),
    (Phone::IY, b'i', "i"),
    (Phone::OW, b'o', "oʊ"),
    (Phone::OY, b'O', "ɔɪ"),
    (Phone::UH, b'U', "ʊ"),
    (Phone::UW, b'u', "u"),
    (Phone::B, b'b', "b"),
    (Phone::CH, b'C', "tʃ"),
    (Phone::D, b'd', "d"),
    (Phone::DH, b'D', "ð"),
    (Phone::F, b'f', "f"),
    (Phone::G, b'g', "ɡ"),
    (Phone::HH, b'h', "h"),
    (Phone::JH, b'J', "dʒ"),
    (Phone::K, b'k', "k"),
    (Phone::L, b'l', "l"),
    (Phone::M, b'm', "m"),
    (Phone::N, b'n', "n"),
    (Phone::NG, b'G', "ŋ"),
    (Phone::P, b'p', "p"),
    (Phone::R, b'r', "r"),
    (Phone::S, b's', "s"),
    (Phone::SH, b'S', "ʃ"),
    (Phone::T, b't', "t"),
    (Phone::TH, b'T', "θ"),
    (Phone::V, b'v', "v"),
    (Phone::W, b'w', "w"),
    (Phone::Y, b'y', "j"),
    (Phone::Z, b'z', "z"),
    (Phone::ZH, b'Z', "ʒ"),
];

impl Phone {
    /// Every phone, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        INVENTORY.iter().map(|(phone, _, _)| *phone)
    }

    /// The phone with this one-letter ARPAbet code.
    #[must_use]
    pub fn from_code(code: char) -> Option<Self> {
        INVENTORY.iter().find(|(_, own, _)| char::from(*own) == code).map(|(phone, _, _)| *phone)
    }

    /// The one-letter ARPAbet code, as the files of this crate write the phone.
    #[must_use]
    pub fn code(self) -> char {
        char::from(INVENTORY[self as usize].1)
    }

    /// The letter or letters of the International Phonetic Alphabet.
    #[must_use]
    pub fn ipa(self) -> &'static str {
        INVENTORY[self as usize].2
    }

    /// Whether it makes a syllable.
    #[must_use]
    pub fn is_vowel(self) -> bool {
        self <= Self::UW
    }
}

/// A sequence of at most [`LONGEST`] phones: how a word, a name or a span of words sounds.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phones(Box<[Phone]>);

impl Phones {
    /// Reads one-letter ARPAbet codes; what is no code is left out, so that a space may be put between words.
    #[must_use]
    pub fn from_codes(codes: &str) -> Self {
        codes.chars().filter_map(Phone::from_code).collect()
    }

    /// The sequence in one-letter ARPAbet codes.
    #[must_use]
    pub fn codes(&self) -> String {
        self.0.iter().map(|phone| phone.code()).collect()
    }

    /// The phones.
    #[must_use]
    pub fn as_slice(&self) -> &[Phone] {
        &self.0
    }

    /// How many phones there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no sound at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Phone> for Phones {
    fn from_iter<I: IntoIterator<Item = Phone>>(phones: I) -> Self {
        Self(phones.into_iter().take(LONGEST).collect())
    }
}

impl From<&[Phone]> for Phones {
    fn from(phones: &[Phone]) -> Self {
        phones.iter().copied().collect()
    }
}

impl fmt::Display for Phones {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|phone| out.write_str(phone.ipa()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inventory_stands_in_the_order_of_the_phones() {
        for (place, phone) in Phone::all().enumerate() {
            assert_eq!(phone as usize, place);
            assert_eq!(Phone::from_code(phone.code()), Some(phone));
        }
        assert_eq!(Phone::all().count(), PHONES);
    }

    #[test]
    fn sequences_read_what_they_write_and_stay_short() {
        let phones = Phones::from_codes("blIGkAn");
        assert_eq!((phones.codes().as_str(), phones.to_string().as_str()), ("blIGkAn", "blɪŋkən"));
        assert_eq!(Phones::from_codes(&"b".repeat(10_000)).len(), LONGEST);
        assert!(Phones::from_codes("5 % é").is_empty());
    }
}
