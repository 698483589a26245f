//! Learns when a name was meant, from transcripts whose right words are known.

use std::collections::HashMap;
use std::path::Path;

use anyhow::Context;

use names::{
    Candidate, Cues, Heard, Known, Model, Reading, Speech, commonness, fold, is_given_name, is_surname,
};

use super::boost::{self, Recipe};
use crate::bench::names::lessons;

/// How the model is learnt; chosen on calls that were kept out.
pub const RECIPE: Recipe = Recipe { trees: 150, depth: 4, rate: 0.08, least: 5.0, ridge: 10.0 };

/// A transcript with the truth about it.
pub struct Lesson {
    /// Lessons of one group are never split between learning and reporting: one call, one show.
    pub group: String,
    pub words: Vec<Heard>,
    pub known: Known,
    pub truth: Truth,
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

/// Learns the two opinions from lessons that were read, with cues that were learnt on other lessons. The first opinions among the
/// features of `reads` are changed.
pub fn learn(reads: &mut [&mut Read], cues: Cues, recipe: Recipe) -> Model {
    // First opinions about a lesson must come from a model that did not see it, or the second would trust them too much.
    let mut groups: Vec<String> = reads.iter().map(|read| read.lesson.group.clone()).collect();
    groups.sort();
    groups.dedup();
    const FOLDS: usize = 5;
    let fold: HashMap<String, usize> =
        groups.into_iter().enumerate().map(|(at, group)| (group, at % FOLDS)).collect();
    for own in 0..FOLDS {
        let first = boost_over(
            reads.iter().filter(|read| fold[&read.lesson.group] != own).map(|read| &**read),
            recipe,
            false,
        );
        for read in reads.iter_mut().filter(|read| fold[&read.lesson.group] == own) {
            let scores: Vec<f32> =
                read.candidates.iter().map(|candidate| first.probability(&candidate.features)).collect();
            read.reading.reconsider(&mut read.candidates, &scores);
        }
    }
    let first = boost_over(reads.iter().map(|read| &**read), recipe, false);
    let second = boost_over(reads.iter().map(|read| &**read), recipe, true);
    Model { cues, first, second, settings: names::Settings { repair_at: REPAIR_AT, offer_at: OFFER_AT } }
}

/// From which probability on to act; chosen on calls that were kept out, for the bounds of docs/benchmarks.md.
const REPAIR_AT: f32 = 0.9;
const OFFER_AT: f32 = 0.06;

/// The features that only the second opinion has.
const LATE: [&str; 8] =
    ["first", "elsewhere", "rival", "support", "late-since", "late-full", "late-until", "beside"];

fn boost_over<'r, 'a: 'r>(
    reads: impl Iterator<Item = &'r Read<'a>>,
    recipe: Recipe,
    second: bool,
) -> names::Trees {
    let (mut examples, mut labels) = (Vec::new(), Vec::new());
    for read in reads {
        for (candidate, label) in read.candidates.iter().zip(&read.labels) {
            examples.push(candidate.features);
            labels.push(*label);
        }
    }
    let skip: Vec<usize> = names::NAMES
        .iter()
        .enumerate()
        .filter(|(_, name)| !second && LATE.contains(name))
        .map(|(at, _)| at)
        .collect();
    boost::learn(&examples, &labels, &recipe, &skip)
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
    let half = lessons::halves(&data)?;
    let cues: Vec<Cues> =
        (0..2).map(|own| learn_cues(lessons.iter().filter(|lesson| half(lesson) != own))).collect();
    let mut reads = read(&lessons, &cues, &half, &speech);
    let mut all: Vec<&mut Read> = reads.iter_mut().collect();
    let model = learn(&mut all, learn_cues(lessons.iter()), RECIPE);
    let path = root.join("crates/names/data/decide.toml");
    std::fs::write(&path, model.text()).with_context(|| format!("cannot write {}", path.display()))?;
    println!(
        "{}: {} trees, {} cues",
        path.display(),
        model.second.trees.len(),
        model.cues.left.len() + model.cues.right.len()
    );
    Ok(())
}
