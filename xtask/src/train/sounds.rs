//! What is heard for what: the table of the phone distance.

use std::fmt::Write;
use std::path::Path;

use anyhow::Context;
use pronounce::{PHONES, Phone};

/// Costs in nats, as `pronounce::Distance` reads them.
pub struct Table {
    pub substituted: [[f64; PHONES]; PHONES],
    /// Lost at the start, inside, at the end; added at the start, inside, at the end.
    pub gaps: [[f64; 6]; PHONES],
    /// The information in hearing the phone at all, and in hearing it when it was said.
    pub surprise: [[f64; 2]; PHONES],
}

/// Writes `crates/pronounce/data/sounds.txt`.
pub fn make(root: &Path) -> anyhow::Result<()> {
    let file = root.join("crates/pronounce/data/sounds.txt");
    let text = prior().write();
    std::fs::write(&file, &text).with_context(|| format!("cannot write {}", file.display()))?;
    println!("{}: {} bytes", file.display(), text.len());
    Ok(())
}

/// Where and how a phone is made. Vowels: height 0 (open) to 3 (close), backness 0 to 2, roundness 0 or 1, and the same of
/// where a diphthong ends. Consonants: place 0 (lips) to 7 (throat), manner, voice.
enum Feature {
    Vowel { from: [f64; 3], to: [f64; 3] },
    Consonant { place: f64, manner: Manner, voiced: bool },
}

#[derive(Clone, Copy, PartialEq)]
enum Manner {
    Stop,
    Affricate,
    Fricative,
    Nasal,
    Liquid,
    Glide,
}

fn feature(phone: Phone) -> Feature {
    use Manner::{Affricate, Fricative, Glide, Liquid, Nasal, Stop};
    let vowel = |from, to| Feature::Vowel { from, to };
    let single = |at| Feature::Vowel { from: at, to: at };
    let consonant = |place, manner, voiced| Feature::Consonant { place, manner, voiced };
    let (ah, ih, uh) = ([1.5, 1.0, 0.0], [2.5, 0.4, 0.0], [2.5, 1.6, 1.0]);
    match phone {
        Phone::AA => single([0.0, 1.6, 0.0]),
        Phone::AE => single([0.4, 0.2, 0.0]),
        Phone::AH => single(ah),
        Phone::AO => single([0.9, 2.0, 1.0]),
        Phone::AW => vowel([0.0, 1.0, 0.0], uh),
        Phone::AY => vowel([0.0, 1.0, 0.0], ih),
        Phone::EH => single([1.2, 0.2, 0.0]),
        Phone::EY => vowel([1.7, 0.0, 0.0], ih),
        Phone::IH => single(ih),
        Phone::IY => single([3.0, 0.0, 0.0]),
        Phone::OW => vowel([1.7, 2.0, 1.0], uh),
        Phone::OY => vowel([1.0, 2.0, 1.0], ih),
        Phone::UH => single(uh),
        Phone::UW => single([3.0, 1.8, 1.0]),
        Phone::P => consonant(0.0, Stop, false),
        Phone::B => consonant(0.0, Stop, true),
        Phone::M => consonant(0.0, Nasal, true),
        Phone::F => consonant(0.5, Fricative, false),
        Phone::V => consonant(0.5, Fricative, true),
        Phone::TH => consonant(1.5, Fricative, false),
        Phone::DH => consonant(1.5, Fricative, true),
        Phone::T => consonant(2.0, Stop, false),
        Phone::D => consonant(2.0, Stop, true),
        Phone::N => consonant(2.0, Nasal, true),
        Phone::S => consonant(2.0, Fricative, false),
        Phone::Z => consonant(2.0, Fricative, true),
        Phone::L => consonant(2.0, Liquid, true),
        Phone::R => consonant(2.7, Liquid, true),
        Phone::SH => consonant(3.0, Fricative, false),
        Phone::ZH => consonant(3.0, Fricative, true),
        Phone::CH => consonant(3.0, Affricate, false),
        Phone::JH => consonant(3.0, Affricate, true),
        Phone::Y => consonant(3.5, Glide, true),
        Phone::W => consonant(0.5, Glide, true),
        Phone::K => consonant(5.0, Stop, false),
        Phone::G => consonant(5.0, Stop, true),
        Phone::NG => consonant(5.0, Nasal, true),
        Phone::HH => consonant(7.0, Fricative, false),
    }
}

/// The table before anything was learnt: the more two phones differ in how they are made, the dearer, with weak and short
/// ones lost most easily.
fn prior() -> Table {
    let phones: Vec<Phone> = Phone::all().collect();
    let substituted = std::array::from_fn(|said| {
        std::array::from_fn(|heard| if said == heard { 0.0 } else { apart(phones[said], phones[heard]) })
    });
    let gaps = std::array::from_fn(|phone| {
        let inside = match phones[phone] {
            Phone::AH | Phone::IH => 2.0,
            Phone::HH | Phone::Y | Phone::W | Phone::R => 2.3,
            Phone::T | Phone::D | Phone::L | Phone::N => 2.6,
            other if other.is_vowel() => 3.2,
            _ => 3.2,
        };
        [inside + 0.3, inside, inside - 0.3, inside + 0.3, inside, inside - 0.3]
    });
    Table { substituted, gaps, surprise: [[(PHONES as f64).ln(), 0.1]; PHONES] }
}

fn apart(said: Phone, heard: Phone) -> f64 {
    match (feature(said), feature(heard)) {
        (Feature::Vowel { from, to }, Feature::Vowel { from: other_from, to: other_to }) => {
            let apart = |a: [f64; 3], b: [f64; 3]| {
                a.iter()
                    .zip(b)
                    .zip([0.5, 0.5, 0.3])
                    .map(|((a, b), weight)| weight * (a - b).abs())
                    .sum::<f64>()
            };
            0.7 + 0.7 * (apart(from, other_from) + apart(to, other_to))
        }
        (
            Feature::Consonant { place, manner, voiced },
            Feature::Consonant { place: other_place, manner: other_manner, voiced: other_voiced },
        ) => {
            let manners = match (manner, other_manner) {
                (a, b) if a == b => 0.0,
                (Manner::Stop | Manner::Fricative, Manner::Affricate) => 0.8,
                (Manner::Affricate, Manner::Stop | Manner::Fricative) => 0.8,
                (Manner::Liquid, Manner::Glide) | (Manner::Glide, Manner::Liquid) => 0.8,
                (Manner::Stop, Manner::Fricative) | (Manner::Fricative, Manner::Stop) => 1.3,
                _ => 2.2,
            };
            1.0 + manners
                + 0.5 * (place - other_place).abs().min(4.0)
                + if voiced == other_voiced { 0.0 } else { 0.4 }
        }
        _ => 5.0,
    }
}

impl Table {
    fn write(&self) -> String {
        let mut text = String::from("; phones:");
        for phone in Phone::all() {
            let _ = write!(text, " {}", phone.code());
        }
        text.push('\n');
        let mut line = |kind: &str, phone: Phone, costs: &[f64]| {
            let _ = write!(text, "{kind} {}", phone.code());
            for cost in costs {
                let _ = write!(text, " {:.0}", 10.0 * cost.clamp(0.0, 99.0));
            }
            text.push('\n');
        };
        for (number, phone) in Phone::all().enumerate() {
            line("substituted", phone, &self.substituted[number]);
        }
        for (number, phone) in Phone::all().enumerate() {
            line("gap", phone, &self.gaps[number]);
        }
        for (number, phone) in Phone::all().enumerate() {
            line("surprise", phone, &self.surprise[number]);
        }
        text
    }
}
