//! What is heard for what: the table of the phone distance.

use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, bail};
use pronounce::{PHONES, Phone, Phones, Pronouncer};

use crate::earnings::{self, Spoken};

const ROUNDS: usize = 8;
/// The head of the file.
const HEAD: &str = "\
; What is heard for what, in tenths of nats; src/distance.rs explains the lines. Made by `cargo xtask train sounds`: counts of
; operations in misheard names, rounded, with a prior from how the sounds are made. Counted in Earnings-21 (Rev.com; del
; Rio and others, 2021, arXiv 2104.11348; references corrected by ConEC), the first, third, fifth … call by name,
; as five recognisers heard them. Earnings-21 is under CC BY-SA 4.0, and so is this file.
; phones:";
/// Words of either side of a pair.
const LONGEST: usize = 5;
/// Pronunciations of either side of a pair.
const WAYS: usize = 3;
/// What the prior counts beside what was observed, in phones.
const PRIOR: f64 = 15.0;
/// The shorter side of a pair beside the longer one, at least.
const LIKE_LENGTH: f64 = 0.6;
/// Nothing that differs is as near as the same.
const LEAST: f64 = 0.1;

/// Costs in nats, as `pronounce::Distance` reads them.
pub struct Table {
    pub substituted: [[f64; PHONES]; PHONES],
    /// Lost at the start, inside, at the end; added at the start, inside, at the end.
    pub gaps: [[f64; 6]; PHONES],
    /// The information in hearing the phone at all, and in hearing it when it was said.
    pub surprise: [[f64; 2]; PHONES],
}

/// Learns from the first, third, fifth … call of Earnings-21 by name, and writes
/// `crates/pronounce/data/sounds.txt`.
pub fn make(root: &Path) -> anyhow::Result<()> {
    let data = root.join("../shared/data");
    let Some(calls) = earnings::calls(&data)? else {
        bail!("{} is not there: the distance is learnt from it", data.join("earnings21").display());
    };
    let calls: Vec<Spoken> = calls.iter().map(Spoken::from).collect();
    let mut table = prior();
    let pairs = pairs(calls.iter().step_by(2));
    for round in 0..ROUNDS {
        let (next, report) = learn(&pairs, &table);
        println!("round {round}: {report}");
        table = next;
    }
    let file = root.join("crates/pronounce/data/sounds.txt");
    let text = table.write();
    std::fs::write(&file, &text).with_context(|| format!("cannot write {}", file.display()))?;
    println!("{}: {} bytes from {} pairs", file.display(), text.len(), pairs.len());
    Ok(())
}

/// The ways in which some words could have been said, and what was heard for them.
struct Pair {
    said: Vec<Phones>,
    heard: Vec<Phones>,
}

/// All names and other capitalised words that were misheard, with the words around them that were misheard too.
fn pairs<'a>(calls: impl Iterator<Item = &'a Spoken>) -> Vec<Pair> {
    let pronouncer = Pronouncer::new();
    let mut pairs = Vec::new();
    for call in calls {
        for heard in &call.heard {
            for span in earnings::misheard(&call.said, heard) {
                let (said, heard) = (&call.said[span.said], &heard[span.heard]);
                let digits =
                    said.iter().chain(heard).any(|word| word.contains(|sign: char| sign.is_ascii_digit()));
                let names = said.iter().all(|word| word.len() > 1 && word.starts_with(char::is_uppercase));
                if digits || !names || said.len() > LONGEST || heard.len() > LONGEST || heard.is_empty() {
                    continue;
                }
                let ways = |words: &[String]| {
                    let words: Vec<&str> = words.iter().map(String::as_str).collect();
                    let ways = pronouncer.phrase(&words).into_iter().take(WAYS).map(|way| way.phones);
                    ways.collect::<Vec<_>>()
                };
                let pair = Pair { said: ways(said), heard: ways(heard) };
                let (Some(first), Some(other)) = (pair.said.first(), pair.heard.first()) else { continue };
                // Where one side is much longer, words were left out: that is not how a word is misheard.
                if first.len().min(other.len()) as f64 >= LIKE_LENGTH * first.len().max(other.len()) as f64 {
                    pairs.push(pair);
                }
            }
        }
    }
    pairs
}

/// Expected counts of every operation.
struct Counts {
    substituted: [[f64; PHONES]; PHONES],
    /// By place: what was lost; what was said at all; what was added.
    lost: [[f64; 3]; PHONES],
    said: [[f64; 3]; PHONES],
    added: [[f64; 3]; PHONES],
    /// Phones said inside, and pairs: where something could be added.
    inside: f64,
    pairs: f64,
    heard: [f64; PHONES],
}

/// One round of expectation maximisation. Some pairs are no mishearing at all (the words were aligned wrongly, or
/// something else was said): each counts by how likely it is that it is one.
fn learn(pairs: &[Pair], table: &Table) -> (Table, String) {
    let mut counts = Counts {
        substituted: [[0.0; PHONES]; PHONES],
        lost: [[0.0; 3]; PHONES],
        said: [[0.0; 3]; PHONES],
        added: [[0.0; 3]; PHONES],
        inside: 0.0,
        pairs: 0.0,
        heard: [1.0; PHONES],
    };
    let (mut total, mut real) = (0.0, 0.0);
    for Pair { said, heard } in pairs {
        let combined =
            said.iter().flat_map(|said| heard.iter().map(move |heard| (said.as_slice(), heard.as_slice())));
        let best = combined
            .map(|(said, heard)| (Grids::fill(table, said, heard), said, heard))
            .max_by(|a, b| a.0.likelihood().total_cmp(&b.0.likelihood()));
        let Some((grids, said, heard)) = best else { continue };
        let chance: f64 = heard.iter().map(|phone| -table.surprise[*phone as usize][0]).sum();
        let weight = 1.0 / (1.0 + (chance - grids.likelihood()).exp());
        heard.iter().for_each(|phone| counts.heard[*phone as usize] += 1.0);
        grids.count(table, said, heard, weight, &mut counts);
        total += grids.likelihood();
        real += weight;
    }
    let report = format!(
        "{:.0} of {} pairs are mishearings, mean log likelihood {:.3}",
        real,
        pairs.len(),
        total / pairs.len() as f64
    );
    (counts.table(&prior()), report)
}

/// Likelihoods of the beginnings and of the ends of a pair.
struct Grids {
    width: usize,
    forward: Vec<f64>,
    backward: Vec<f64>,
}

impl Grids {
    fn fill(table: &Table, said: &[Phone], heard: &[Phone]) -> Self {
        let (rows, width) = (said.len(), heard.len() + 1);
        let mut grids =
            Self { width, forward: vec![0.0; (rows + 1) * width], backward: vec![0.0; (rows + 1) * width] };
        grids.forward[0] = 1.0;
        for row in 0..=rows {
            for column in 0..width {
                let here = grids.forward[row * width + column];
                for (next, step) in steps(table, said, heard, row, column) {
                    grids.forward[next.0 * width + next.1] += here * step;
                }
            }
        }
        grids.backward[rows * width + width - 1] = 1.0;
        for row in (0..=rows).rev() {
            for column in (0..width).rev() {
                let sum: f64 = steps(table, said, heard, row, column)
                    .map(|(next, step)| step * grids.backward[next.0 * width + next.1])
                    .sum();
                grids.backward[row * width + column] += sum;
            }
        }
        grids
    }

    /// The logarithm of the likelihood of what was heard.
    fn likelihood(&self) -> f64 {
        self.backward[0].max(f64::MIN_POSITIVE).ln()
    }

    fn count(&self, table: &Table, said: &[Phone], heard: &[Phone], weight: f64, counts: &mut Counts) {
        counts.pairs += weight;
        counts.inside += weight * said.len() as f64;
        for (row, phone) in said.iter().enumerate() {
            counts.said[*phone as usize][place(row, said.len())] += weight;
        }
        for row in 0..=said.len() {
            for column in 0..self.width {
                let here = self.forward[row * self.width + column] * weight
                    / self.backward[0].max(f64::MIN_POSITIVE);
                for (next, step) in steps(table, said, heard, row, column) {
                    let share = here * step * self.backward[next.0 * self.width + next.1];
                    match (next.0 > row, next.1 > column) {
                        (true, true) => {
                            counts.substituted[said[row] as usize][heard[column] as usize] += share
                        }
                        (true, false) => counts.lost[said[row] as usize][place(row, said.len())] += share,
                        _ => counts.added[heard[column] as usize][place(column, heard.len())] += share,
                    }
                }
            }
        }
    }
}

/// The start, the inside or the end of a sequence, as 0, 1, 2.
fn place(index: usize, length: usize) -> usize {
    if index == 0 {
        0
    } else if index + 1 == length {
        2
    } else {
        1
    }
}

/// What can come next after some phones of both sides, with its probability.
fn steps<'a>(
    table: &'a Table,
    said: &'a [Phone],
    heard: &'a [Phone],
    row: usize,
    column: usize,
) -> impl Iterator<Item = ((usize, usize), f64)> + 'a {
    let (from, to) =
        (said.get(row).map(|phone| *phone as usize), heard.get(column).map(|phone| *phone as usize));
    let kept = from.map_or(0.0, |from| table.surprise[from][1]);
    let substituted =
        from.zip(to).map(|(from, to)| ((row + 1, column + 1), table.substituted[from][to] + kept));
    let lost = from.map(|from| ((row + 1, column), table.gaps[from][place(row, said.len())] + kept));
    let added = to.map(|to| ((row, column + 1), table.gaps[to][3 + place(column, heard.len())]));
    [substituted, lost, added].into_iter().flatten().map(|(next, cost)| (next, (-cost).exp()))
}

impl Counts {
    /// The costs that these counts and those of `prior` give.
    fn table(&self, prior: &Table) -> Table {
        let mut table = Table {
            substituted: [[0.0; PHONES]; PHONES],
            gaps: [[0.0; 6]; PHONES],
            surprise: [[0.0; 2]; PHONES],
        };
        let all_heard: f64 = self.heard.iter().sum();
        for phone in 0..PHONES {
            let expected = prior.substituted[phone].map(|cost| (-cost).exp());
            let whole: f64 = expected.iter().sum();
            let row: Vec<f64> = (0..PHONES)
                .map(|heard| self.substituted[phone][heard] + PRIOR * expected[heard] / whole)
                .collect();
            let sum: f64 = row.iter().sum();
            let kept = row[phone] / sum;
            for (cost, count) in table.substituted[phone].iter_mut().zip(&row) {
                *cost = (kept * sum / count).ln().max(LEAST);
            }
            table.substituted[phone][phone] = 0.0;
            let said: f64 = self.said[phone].iter().sum();
            let lost: f64 = self.lost[phone].iter().sum();
            let mean = (lost + PRIOR * (-prior.gaps[phone][1]).exp()) / (said + PRIOR);
            for place in 0..3 {
                let odds = (self.lost[phone][place] + PRIOR * mean) / (self.said[phone][place] + PRIOR);
                table.gaps[phone][place] = (kept * (1.0 - odds) / odds).ln().max(LEAST);
                let slots = if place == 1 { self.inside } else { self.pairs };
                let added = self.added[phone][place] + PRIOR * (-prior.gaps[phone][3 + place]).exp() / 4.0;
                table.gaps[phone][3 + place] = ((slots + PRIOR) / added).ln().max(LEAST);
            }
            let surprise = (all_heard / self.heard[phone]).ln();
            table.surprise[phone] = [surprise, -(kept * (1.0 - mean)).ln()];
        }
        table
    }
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
    /// The table as it is committed. Half of the information of each phone moves from what is heard to what is said: no
    /// alignment changes by that, and the cost of an alignment becomes half the evidence of both sides in themselves
    /// less the evidence of one for the other.
    fn write(&self) -> String {
        let mut text = String::from(HEAD);
        for phone in Phone::all() {
            let _ = write!(text, " {}", phone.code());
        }
        text.push('\n');
        let moved: Vec<f64> = self.surprise.iter().map(|[heard, kept]| (heard + kept) / 2.0).collect();
        let mut line = |kind: &str, phone: Phone, costs: &[f64]| {
            let _ = write!(text, "{kind} {}", phone.code());
            for cost in costs {
                let _ = write!(text, " {:.0}", 10.0 * cost.clamp(0.0, 99.0));
            }
            text.push('\n');
        };
        for (said, phone) in Phone::all().enumerate() {
            let cost = |heard: usize| (self.substituted[said][heard] + moved[said] - moved[heard]).max(LEAST);
            let costs: Vec<f64> =
                (0..PHONES).map(|heard| if heard == said { 0.0 } else { cost(heard) }).collect();
            line("substituted", phone, &costs);
        }
        for (number, phone) in Phone::all().enumerate() {
            let cost =
                |gap: usize| if gap < 3 { moved[number] } else { -moved[number] } + self.gaps[number][gap];
            line("gap", phone, &std::array::from_fn::<f64, 6, _>(|gap| cost(gap).max(LEAST)));
        }
        for (number, phone) in Phone::all().enumerate() {
            let [heard, kept] = self.surprise[number];
            line("weight", phone, &[heard - kept]);
        }
        text
    }
}
