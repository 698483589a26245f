//! Copies with advertisements put in, taken out and replaced, by every codec.

use fingerprint::{Alignment, Fingerprint, Index, align, enough_shared, keys};
use model::Millis;
use serde_json::json;

use super::super::bootstrap::{Random, percentile};
use super::super::sound::RATE;
use super::material::{CODECS, Composed, Copies, Part, Recording, compose, from_elsewhere, truth};
use super::{print, rival};

/// What happened to a copy, and how the two sides are put together.
const HAPPENINGS: [&str; 5] = [
    "nothing but re-encoding",
    "30 s at the beginning",
    "30 s in the middle",
    "three, of 15 to 60 s",
    "two replaced by others of other lengths, one added",
];

/// How one pair came out.
#[derive(Default)]
struct Outcome {
    happening: usize,
    codec: usize,
    /// Ours and Chromaprint's.
    mapped: [Mapped; 2],
    one_episode: bool,
    agreement: f64,
    /// Keys shared with the right recording, the most shared with a wrong one, and how many would be enough.
    keys: [usize; 3],
}

/// How well times are mapped, every tenth of a second.
#[derive(Default, Clone)]
struct Mapped {
    common: usize,
    within_half: usize,
    within_50_ms: usize,
    /// How far each mapped time is off, in seconds.
    errors: Vec<f64>,
    foreign: usize,
    /// Times of an advertisement that are mapped somewhere.
    foreign_mapped: usize,
}

impl Mapped {
    fn measure(truth: &[[f64; 3]], seconds: f64, map: impl Fn(f64) -> Option<f64>) -> Self {
        let mut own = Self::default();
        for step in 0..(seconds * 10.0) as usize {
            let time = step as f64 / 10.0 + 0.05;
            let mapped = map(time);
            match truth.iter().find(|[a, _, length]| (*a..a + length).contains(&time)) {
                Some([a, b, _]) => {
                    own.common += 1;
                    if let Some(mapped) = mapped {
                        let error = (mapped - (b + time - a)).abs();
                        own.within_half += usize::from(error <= 0.5);
                        own.within_50_ms += usize::from(error <= 0.05);
                        own.errors.push(error);
                    }
                }
                None => {
                    own.foreign += 1;
                    own.foreign_mapped += usize::from(mapped.is_some());
                }
            }
        }
        own
    }

    fn add(&mut self, other: &Self) {
        self.common += other.common;
        self.within_half += other.within_half;
        self.within_50_ms += other.within_50_ms;
        self.errors.extend(&other.errors);
        self.foreign += other.foreign;
        self.foreign_mapped += other.foreign_mapped;
    }

    fn row(&self) -> String {
        let share = |part: usize, whole: usize| {
            if whole == 0 { "–".to_owned() } else { format!("{:.2}", 100.0 * part as f64 / whole as f64) }
        };
        let median = if self.errors.is_empty() {
            "–".to_owned()
        } else {
            format!("{:.0}", 1000.0 * percentile(&mut self.errors.clone(), 50.0))
        };
        format!(
            "{} | {} | {median} | {}",
            share(self.within_half, self.common),
            share(self.within_50_ms, self.common),
            share(self.foreign_mapped, self.foreign)
        )
    }
}

/// Each recording with each happening, the codecs in turn: the table and the figures behind it.
///
/// What is inserted comes from `inserts`, for each side its own.
pub fn measure(
    copies: &Copies,
    podcasts: &[Recording],
    inserts: &[Vec<Recording>; 2],
) -> anyhow::Result<(String, serde_json::Value)> {
    let mut index = Index::new();
    let originals: Vec<Fingerprint> = podcasts.iter().map(|own| print(&own.samples)).collect();
    for (id, own) in originals.iter().enumerate() {
        index.insert(id, own);
    }
    let mut outcomes = Vec::new();
    for (number, recording) in podcasts.iter().enumerate() {
        for happening in 0..HAPPENINGS.len() {
            let codec = (2 * number + happening) % CODECS.len();
            let mut random = Random((100 * number + happening) as u64);
            let (a, b) = put_together(happening, recording, inserts, &mut random);
            let name = format!("{}-{happening}", recording.name);
            let other = copies.copy(&format!("{name}-b"), &b.samples, &CODECS[codec])?;
            // What is as it came is taken as it came; what was put together is published as such things are.
            let one = if happening == 4 {
                copies.copy(&format!("{name}-a"), &a.samples, &CODECS[(codec + 3) % CODECS.len()])?
            } else {
                a.samples.clone()
            };
            outcomes.push(outcome(&index, number, happening, codec, &truth(&a, &b), &one, &other));
        }
        println!("copies of {} compared", recording.name);
    }
    let mut table = String::from(
        "Copies of one episode: how often they are taken for one (all should be), how many of the times that both have are mapped \
         within 0.5 s (wanted: 99 %) and 50 ms, by how much the mapped ones are off, and how many of the times of inserted \
         stretches are mapped to anything (wanted: none). One of the recordings is 15 s long, and with other advertisements on both \
         sides it is a quarter of them: that is not taken for one. Beside it Chromaprint (rusty-chromaprint 0.3) with its own matcher, \
         which knows one shift only.\n\n\
         | copy | pairs | one episode | within 0.5 s % | within 50 ms % | median ms | inserted mapped % | Chromaprint: within 0.5 s % | within 50 ms % | median ms | inserted mapped % |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    let mut figures = Vec::new();
    let mut row = |name: &str, chosen: &dyn Fn(&Outcome) -> bool| {
        let mut sums = [Mapped::default(), Mapped::default()];
        let own: Vec<&Outcome> = outcomes.iter().filter(|own| chosen(own)).collect();
        for outcome in &own {
            sums.iter_mut().zip(&outcome.mapped).for_each(|(sum, own)| sum.add(own));
        }
        let recognised = own.iter().filter(|own| own.one_episode).count();
        table +=
            &format!("| {name} | {} | {recognised} | {} | {} |\n", own.len(), sums[0].row(), sums[1].row());
        figures.push(json!({
            "copy": name, "pairs": own.len(), "one_episode": recognised,
            "times": sums[0].common, "within_half": sums[0].within_half, "within_50_ms": sums[0].within_50_ms,
        }));
    };
    for (index, name) in HAPPENINGS.iter().enumerate() {
        row(name, &|own| own.happening == index);
    }
    for (index, codec) in CODECS.iter().enumerate() {
        row(codec.name, &|own| own.codec == index);
    }
    row("all", &|_| true);
    let enough = outcomes.iter().filter(|own| own.keys[0] >= own.keys[2]).count();
    let found = outcomes.iter().filter(|own| own.keys[0] > own.keys[1]).count();
    let least = outcomes.iter().map(|own| own.keys[0]).min().unwrap_or(0);
    let wrong = outcomes.iter().map(|own| own.keys[1]).max().unwrap_or(0);
    let mut all: Vec<f64> = outcomes.iter().map(|own| own.keys[0] as f64).collect();
    table += &format!(
        "\nThe bits of copies agree to {:.1} % at least. By their keys alone the original is a candidate of {enough} of {} \
         copies and the first of {found}: median {:.0} and at least {least} keys shared with it, at most {wrong} with another episode (their scripts have sentences in common).\n",
        100.0 * outcomes.iter().map(|own| own.agreement).fold(1.0, f64::min),
        outcomes.len(),
        percentile(&mut all, 50.0),
    );
    Ok((table, json!({ "rows": figures, "keys": outcomes.iter().map(|own| own.keys).collect::<Vec<_>>() })))
}

/// The two sides.
fn put_together(
    happening: usize,
    recording: &Recording,
    inserts: &[Vec<Recording>; 2],
    random: &mut Random,
) -> (Composed, Composed) {
    let programme = &recording.samples;
    let end = programme.len();
    // A cut somewhere in the given part of the programme.
    let cut = |random: &mut Random, from: f64, to: f64| {
        ((from + (to - from) * random.unit()) * end as f64) as usize
    };
    let from = |side: usize, random: &mut Random, seconds: f64| {
        Part::Other(from_elsewhere(&inserts[side], seconds, random))
    };
    let other = |random: &mut Random, seconds: f64| from(1, random, seconds);
    let whole = || vec![Part::Programme(0..end)];
    let (a, b) = match happening {
        0 => (whole(), whole()),
        1 => (whole(), vec![other(random, 30.0), Part::Programme(0..end)]),
        2 => {
            let at = cut(random, 0.2, 0.8);
            (whole(), vec![Part::Programme(0..at), other(random, 30.0), Part::Programme(at..end)])
        }
        3 => {
            let (one, two) = (cut(random, 0.1, 0.4), cut(random, 0.5, 0.9));
            let mut any = || 15.0 + 45.0 * random.unit();
            let [first, second, third] = [any(), any(), any()];
            let inserted = vec![
                Part::Programme(0..one),
                other(random, first),
                Part::Programme(one..two),
                other(random, second),
                Part::Programme(two..end),
                other(random, third),
            ];
            (whole(), inserted)
        }
        _ => {
            let (one, two) = (cut(random, 0.1, 0.4), cut(random, 0.5, 0.9));
            let mut side = |side: usize, lengths: [f64; 2]| {
                vec![
                    Part::Programme(0..one),
                    from(side, random, lengths[0]),
                    Part::Programme(one..two),
                    from(side, random, lengths[1]),
                    Part::Programme(two..end),
                ]
            };
            let (a, mut b) = (side(0, [30.0, 20.0]), side(1, [45.0, 30.0]));
            b.insert(0, other(random, 15.0));
            (a, b)
        }
    };
    (compose(programme, &a), compose(programme, &b))
}

fn outcome(
    index: &Index<usize>,
    number: usize,
    happening: usize,
    codec: usize,
    truth: &[[f64; 3]],
    one: &[f32],
    other: &[f32],
) -> Outcome {
    let seconds = one.len() as f64 / RATE as f64;
    let (a, b) = (print(one), print(other));
    let found: Option<Alignment> = align(&a, &b);
    let ours = Mapped::measure(truth, seconds, |time| {
        let mapped = found.as_ref()?.map(Millis::from_seconds(time))?;
        Some(mapped.seconds())
    });
    let theirs = rival::align(&rival::print(one), &rival::print(other));
    let theirs = Mapped::measure(truth, seconds, |time| theirs.map(time));
    let candidates = index.candidates(&b, usize::MAX);
    let shared = |right: bool| {
        let own = candidates.iter().filter(|own| (own.id == number) == right);
        own.map(|own| own.shared).max().unwrap_or(0)
    };
    Outcome {
        happening,
        codec,
        mapped: [ours, theirs],
        one_episode: found.is_some(),
        agreement: found.as_ref().map_or(1.0, |own| own.agreement),
        keys: [shared(true), shared(false), enough_shared(keys(&b).count())],
    }
}
