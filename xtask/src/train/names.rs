//! Learns when a name was meant, from transcripts whose right words are known.

use std::collections::HashMap;
use std::path::Path;

use anyhow::Context;

use names::{
    Candidate, Cues, Heard, Known, Model, Reading, Repair, Settings, Speech, commonness, fold, is_given_name,
    is_surname,
};

use super::boost::{self, Recipe};
use crate::bench::names::lessons;

/// How the model is learnt.
const RECIPE: Recipe = Recipe { trees: 180, depth: 5, rate: 0.06, least: 4.0, ridge: 10.0 };

/// A transcript with the truth about it.
pub struct Lesson {
    /// Lessons of one group are never split between learning and reporting: one call, one show.
    pub group: String,
    pub words: Vec<Heard>,
    pub known: Known,
    pub truth: Truth,
    /// Whether people wrote it: every name in it is right.
    pub human: bool,
    /// Whether it counts when it is chosen from which probability on to act: a call with its participants expected.
    pub counts: bool,
}

/// What was said.
pub struct Truth {
    /// Plain words of the reference.
    pub said: Vec<String>,
    /// For each heard word that is right, which word of the reference it is.
    pub aligned: Vec<Option<usize>>,
    /// Which heard words stand where a person is named.
    pub names: Vec<bool>,
}

/// A lesson read, with what could be repaired in it.
pub struct Read<'a> {
    pub lesson: &'a Lesson,
    pub reading: Reading,
    pub candidates: Vec<Candidate>,
    pub labels: Vec<bool>,
}

/// Reads the lessons, on all processors.
pub fn read<'a>(
    lessons: &'a [Lesson],
    cues: &[Cues],
    cues_of: &(impl Fn(&Lesson) -> usize + Sync),
    speech: &Speech,
) -> Vec<Read<'a>> {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut done: Vec<(usize, Read<'a>)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    let mut own = Vec::new();
                    loop {
                        let at = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        let Some(lesson) = lessons.get(at) else { return own };
                        own.push((at, read_one(lesson, &cues[cues_of(lesson)], speech)));
                    }
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a reader does not panic")).collect()
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, read)| read).collect()
}

fn read_one<'a>(lesson: &'a Lesson, cues: &Cues, speech: &Speech) -> Read<'a> {
    let reading = Reading::new(&lesson.words, &lesson.known, speech);
    let candidates = reading.candidates(cues, speech);
    let plain: Vec<Vec<String>> =
        lesson.words.iter().map(|word| crate::bench::names::plain(&word.text)).collect();
    let labels = candidates.iter().map(|candidate| is_right(&lesson.truth, &plain, candidate)).collect();
    Read { lesson, reading, candidates, labels }
}

/// Whether the candidate's words were said there: they stand in the reference between the words around that were heard right, and
/// with them there are fewer errors than without.
fn is_right(truth: &Truth, plain: &[Vec<String>], candidate: &Candidate) -> bool {
    const AROUND: usize = 5;
    let new: Vec<String> = candidate.text.iter().flat_map(|word| crate::bench::names::plain(word)).collect();
    let start = candidate.words.start.saturating_sub(AROUND);
    let end = (candidate.words.end + AROUND).min(plain.len());
    let before = (0..=start).rev().find_map(|at| {
        truth.aligned.get(at).copied().flatten().map(|said| said as i64 - (at as i64 - start as i64))
    });
    let after = (end - 1..plain.len())
        .find_map(|at| truth.aligned[at].map(|said| said as i64 - (at as i64 - (end as i64 - 1)) + 1));
    let size = truth.said.len() as i64;
    let from = before.unwrap_or(0).clamp(0, size) as usize;
    let to = after.unwrap_or(size).clamp(from as i64, size) as usize;
    let said = &truth.said[from..to.min(from + 40)];
    if new.is_empty() || !said.windows(new.len()).any(|window| window == new) {
        return false;
    }
    let old: Vec<&str> = plain[start..end].iter().flatten().map(String::as_str).collect();
    let changed: Vec<&str> = plain[start..candidate.words.start]
        .iter()
        .flatten()
        .chain(&new)
        .chain(plain[candidate.words.end..end].iter().flatten())
        .map(String::as_str)
        .collect();
    errors(said, &changed) < errors(said, &old)
}

/// Levenshtein distance over words.
fn errors(said: &[String], heard: &[&str]) -> usize {
    let mut row: Vec<usize> = (0..=heard.len()).collect();
    for (number, word) in said.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = number + 1;
        for (at, other) in heard.iter().enumerate() {
            let other = diagonal + usize::from(word != other);
            diagonal = row[at + 1];
            row[at + 1] = other.min(row[at] + 1).min(diagonal + 1);
        }
    }
    row[heard.len()]
}

/// Parts of the lessons, by group: opinions about one come from what was learnt on the others.
const FOLDS: usize = 4;

/// Lessons that were read, each with the opinion of what was learnt on others of them.
pub struct Course<'a> {
    pub reads: Vec<Read<'a>>,
    /// For each read the probabilities of its candidates.
    pub scores: Vec<Vec<f32>>,
    cues: Cues,
}

impl<'a> Course<'a> {
    /// Reads the lessons and judges each part by the others.
    pub fn new(lessons: &'a [Lesson], speech: &Speech) -> Self {
        let mut groups: Vec<&str> = lessons.iter().map(|lesson| lesson.group.as_str()).collect();
        groups.sort_unstable();
        groups.dedup();
        let fold = |lesson: &Lesson| {
            groups.iter().position(|group| *group == lesson.group).unwrap_or_default() % FOLDS
        };
        let cues: Vec<Cues> =
            (0..FOLDS).map(|own| learn_cues(lessons.iter().filter(|lesson| fold(lesson) != own))).collect();
        let reads = read(lessons, &cues, &fold, speech);
        let mut scores = vec![Vec::new(); reads.len()];
        for own in 0..FOLDS {
            let opinion = boost_over(reads.iter().filter(|read| fold(read.lesson) != own));
            for (read, scores) in reads.iter().zip(&mut scores).filter(|(read, _)| fold(read.lesson) == own) {
                let probability = |candidate: &Candidate| opinion.probability(&candidate.features);
                *scores = read.candidates.iter().map(probability).collect();
            }
        }
        Self { reads, scores, cues: learn_cues(lessons.iter()) }
    }

    /// The model learnt from all of the lessons, with settings by what was learnt on parts of them: nothing else is looked at.
    pub fn model(&self) -> Model {
        Model { cues: self.cues.clone(), opinion: boost_over(self.reads.iter()), settings: self.settings() }
    }

    /// The lowest probability at which, on calls, at least [`EXACT`] of the repairs are right, and on what people wrote nothing is
    /// repaired; then the lowest from which on at most [`OFFERS`] are offered.
    pub fn settings(&self) -> Settings {
        let count = |settings: &Settings| {
            let (mut repairs, mut right, mut wild, mut offers, mut words) = (0, 0, 0, 0, 0);
            for (read, scores) in self.reads.iter().zip(&self.scores) {
                let outcome = names::decide(&read.reading, read.candidates.clone(), scores, settings);
                if read.lesson.counts {
                    repairs += outcome.repairs.len();
                    right += outcome.repairs.iter().filter(|repair| read.is_right(repair)).count();
                    offers += outcome.offers.len();
                    words += read.lesson.words.len();
                } else if read.lesson.human {
                    wild += outcome.repairs.len();
                }
            }
            (
                right as f64 / f64::from(u32::try_from(repairs.max(1)).unwrap_or(u32::MAX)),
                wild,
                offers as f64 / words.max(1) as f64,
            )
        };
        let steps = |from: usize, to: usize| (from..to).map(|at| at as f32 / 100.0);
        let good = |repair_at: &f32| {
            let (exact, wild, _) = count(&Settings { repair_at: *repair_at, offer_at: 1.0 });
            exact >= EXACT && wild == 0
        };
        // From above, so that a lucky step below a bad one is not taken.
        let repair_at = steps(50, 99).rev().take_while(|at| *at > 0.97 || good(at)).last().unwrap_or(0.98);
        let offer_at = steps(3, 40)
            .find(|offer_at| count(&Settings { repair_at, offer_at: *offer_at }).2 <= OFFERS)
            .unwrap_or(0.4);
        Settings { repair_at, offer_at }
    }
}

/// Share of repairs that must be right, the list being the authority for spelling, on the lessons that settings are chosen by.
const EXACT: f64 = 0.96;
/// Offers a word at most.
const OFFERS: f64 = 0.0024;

impl Read<'_> {
    /// Whether a repair is right, by the label of its candidate.
    pub fn is_right(&self, repair: &Repair) -> bool {
        let plain = |text: &[String]| -> Vec<String> {
            text.iter().flat_map(|word| crate::bench::names::plain(word)).collect()
        };
        let new = plain(&repair.text);
        let bare = |word: &String| word.trim_end_matches("'s").to_owned();
        let new: Vec<String> = new.iter().map(bare).collect();
        self.candidates.iter().zip(&self.labels).any(|(candidate, label)| {
            *label
                && candidate.words == repair.words
                && plain(&candidate.text).iter().map(bare).collect::<Vec<_>>() == new
        })
    }
}

/// Features of which more can only speak for a name, and those of which more can only speak against it, whatever a few examples say.
const FOR: [&str; 19] = [
    "evidence",
    "evidence-changed",
    "share",
    "letters",
    "exact",
    "weight",
    "around",
    "left",
    "left-two",
    "right",
    "right-two",
    "same-form",
    "same-name",
    "margin",
    "twin",
    "role",
    "unknown",
    "capital",
    "surprise",
];
const AGAINST: [&str; 14] = [
    "sound",
    "sound-changed",
    "rank",
    "common-most",
    "common-least",
    "common-mean",
    "since",
    "since-full",
    "until",
    "expected",
    "broken",
    "confidence",
    "acronym",
    "clash",
];

fn boost_over<'r, 'a: 'r>(reads: impl Iterator<Item = &'r Read<'a>>) -> names::Trees {
    let (mut examples, mut labels) = (Vec::new(), Vec::new());
    for read in reads {
        for (candidate, label) in read.candidates.iter().zip(&read.labels) {
            examples.push(candidate.features);
            labels.push(*label);
        }
    }
    let mut directions = [0; names::COUNT];
    for (at, name) in names::NAMES.iter().enumerate() {
        directions[at] = i8::from(FOR.contains(name)) - i8::from(AGAINST.contains(name));
    }
    boost::learn(&examples, &labels, &RECIPE, &directions)
}

/// Words that stand beside names, with the log odds.
pub fn learn_cues<'l>(lessons: impl Iterator<Item = &'l Lesson>) -> Cues {
    #[derive(Default)]
    struct Count {
        beside: f32,
        all: f32,
        groups: Vec<String>,
    }
    let mut counts: [HashMap<String, Count>; 2] = Default::default();
    let (mut beside, mut all) = (0.0_f32, 0.0_f32);
    for lesson in lessons {
        let named = &lesson.truth.names;
        for (at, keys) in names::surroundings(&lesson.words).into_iter().enumerate() {
            let starts = named[at] && (at == 0 || !named[at - 1]);
            let ends = named[at] && named.get(at + 1) != Some(&true);
            let [left, left_two, right, right_two] = keys;
            all += 1.0;
            beside += f32::from(u8::from(starts));
            for (side, keys, hit) in [(0, [left, left_two], starts), (1, [right, right_two], ends)] {
                for key in keys {
                    let count = counts[side].entry(key).or_default();
                    count.all += 1.0;
                    if hit {
                        count.beside += 1.0;
                        if !count.groups.contains(&lesson.group) {
                            count.groups.push(lesson.group.clone());
                        }
                    }
                }
            }
        }
    }
    let base = beside / all.max(1.0);
    let table = |counts: &HashMap<String, Count>| {
        let ordinary = |key: &str| {
            key.split(' ').all(|word| {
                word == "."
                    || (commonness(&fold(word)) > 3.5
                        && !(commonness(word) < 5.0 && (is_given_name(word) || is_surname(word))))
            })
        };
        counts
            .iter()
            .filter(|(key, count)| {
                count.all >= 50.0 && (count.groups.len() >= 3 || count.beside == 0.0) && ordinary(key)
            })
            .map(|(key, count)| {
                let rate = (count.beside + 10.0 * base) / (count.all + 10.0);
                let odds = (rate / (1.0 - rate)).ln() - (base / (1.0 - base)).ln();
                (key.clone(), (odds * 10.0).round() / 10.0)
            })
            .filter(|(_, odds)| odds.abs() >= 0.6)
            .collect()
    };
    Cues { left: table(&counts[0]), right: table(&counts[1]) }
}

/// Learns from all calls and from transcripts that people wrote, and writes the model into the crate `names`.
///
/// # Errors
/// The recordings' texts do not lie beside the project, or the file cannot be written.
pub fn make(root: &Path) -> anyhow::Result<()> {
    let data = root.join("../shared/data");
    let speech = Speech::new();
    let lessons = lessons::all(&data, &speech)?;
    let model = Course::new(&lessons, &speech).model();
    let path = root.join("crates/names/data/decide.toml");
    std::fs::write(&path, model.text()).with_context(|| format!("cannot write {}", path.display()))?;
    println!(
        "{}: {} trees, {} cues",
        path.display(),
        model.opinion.trees.len(),
        model.cues.left.len() + model.cues.right.len()
    );
    Ok(())
}
