//! Names as queries: the calls of Earnings-21 as each recogniser heard them, what is found, and what that is worth.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use anyhow::Context;
use model::{EpisodeId, Millis, Timing, Transcript, Word};
use search::{About, Calibration, Features, Index, Options, Reason, Source};

use crate::bench::names::{lessons, plain};
use crate::earnings::{self, RECOGNISERS};

/// A false alarm weighs this much against a miss in a trial a second (NIST, Spoken Term Detection 2006 evaluation plan).
const BETA: f64 = 999.9;
/// The time that a word of a made-up timeline takes: its number can be read from its second.
const TICK: u64 = 400;
/// What is less likely than this is not looked at while learning.
const LEAST: f32 = 0.004;

/// A call as one recogniser heard it.
struct Heard {
    episode: EpisodeId,
    /// As they are compared.
    words: Vec<String>,
    /// As they were written.
    written: Vec<String>,
    /// For each word said, the words that were heard in its place.
    places: Vec<(usize, usize)>,
}

/// A call.
struct Call {
    said: Vec<String>,
    /// Whether each is part of a person's name.
    person: Vec<bool>,
    heard: Vec<Heard>,
    seconds: f64,
}

/// Something found for a query, and whether it was said there.
#[derive(Clone)]
pub struct Found {
    pub query: usize,
    pub right: bool,
    /// 1 for what stands there.
    pub probability: f32,
    pub features: Option<Features>,
}

/// All calls.
pub struct Calls {
    calls: Vec<Call>,
    /// Surnames and given names: words that are part of people's names at least as often as they are not.
    pub queries: Vec<String>,
}

/// What a set of decisions is worth.
#[derive(Clone, Copy, Debug, Default)]
pub struct Worth {
    /// Actual term-weighted value, at most 1.
    pub atwv: f64,
    pub recall: f64,
    pub precision: f64,
}

impl Calls {
    /// Reads them.
    ///
    /// # Errors
    /// They are not beside the project.
    pub fn read(data: &Path) -> anyhow::Result<Self> {
        let mut calls = Vec::new();
        // How often each word is part of a person's name, and how often not.
        let mut uses: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        for call in lessons::calls(data)? {
            let said: Vec<String> = call.said.iter().map(|said| said.plain.clone()).collect();
            let person: Vec<bool> = call.said.iter().map(|said| said.person.is_some()).collect();
            for (word, person) in said.iter().zip(&person) {
                let uses = uses.entry(word.clone()).or_default();
                if *person { uses.0 += 1 } else { uses.1 += 1 }
            }
            let seconds =
                call.heard.iter().flatten().filter_map(|word| word.end).max().unwrap_or(Millis(0)).seconds();
            let heard = call.heard.iter().map(|heard| {
                let (mut words, mut written) = (Vec::new(), Vec::new());
                for word in heard {
                    let parts = plain(&word.text);
                    // Parts of a word that is parted keep its case only where it is not.
                    written.extend(match parts.len() {
                        1 => vec![word.text.replace(char::is_whitespace, "")],
                        _ => parts.clone(),
                    });
                    words.extend(parts);
                }
                let places = earnings::align(&said, &words);
                Heard { episode: EpisodeId(uuid::Uuid::now_v7()), words, written, places }
            });
            let heard = heard.collect();
            calls.push(Call { said, person, heard, seconds });
        }
        // "The" and "of" stand in some tagged names, and are none.
        let name = |(word, (named, other)): (String, (usize, usize))| {
            (named >= other.max(1) && word.chars().count() > 1).then_some(word)
        };
        Ok(Self { calls, queries: uses.into_iter().filter_map(name).collect() })
    }

    /// Makes an index of what one recogniser heard in one half of the calls.
    pub fn index(&self, folder: &Path, recogniser: usize, half: usize) -> anyhow::Result<Index> {
        let (index, _) = Index::open(folder)?;
        let mut writer = index.writer()?;
        for call in self.calls.iter().skip(half).step_by(2) {
            let heard = &call.heard[recogniser];
            let word = |(number, text): (usize, &String)| Word {
                text: text.clone(),
                start: Millis(number as u64 * TICK),
                end: Millis(number as u64 * TICK + TICK / 2),
                confidence: 1.0,
                joined: false,
                timing: Timing::Measured,
            };
            let shown = Transcript {
                words: heard.written.iter().enumerate().map(word).collect(),
                ..Transcript::default()
            };
            let about = About {
                episode: heard.episode,
                show: RECOGNISERS[recogniser].into(),
                title: String::new(),
                date: None,
                language: Some("en".into()),
                people: Vec::new(),
                notes: String::new(),
            };
            writer.put(&Source {
                about,
                version: 1,
                shown: Some(&shown),
                heard: None,
                offered: Vec::new(),
            })?;
        }
        writer.commit()?;
        Ok(index)
    }

    /// Everything that is found for each query, exactly and, unless `exact`, by sound.
    pub fn found(
        &self,
        index: &Index,
        recogniser: usize,
        half: usize,
        exact: bool,
    ) -> anyhow::Result<Vec<Found>> {
        let options = Options {
            episodes: usize::MAX,
            passages: usize::MAX,
            exact,
            threshold: LEAST,
            ..Options::default()
        };
        let calls: HashMap<EpisodeId, (&Call, &Heard)> = self
            .calls
            .iter()
            .skip(half)
            .step_by(2)
            .map(|call| (call.heard[recogniser].episode, (call, &call.heard[recogniser])))
            .collect();
        let mut found = Vec::new();
        for (number, query) in self.queries.iter().enumerate() {
            let answer = index.search(query, &options)?;
            for episode in &answer.episodes {
                let (call, heard) =
                    calls.get(&episode.about.episode).context("an episode that was not put in")?;
                for hit in &episode.hits {
                    let begin = hit.words.first().map_or(0, |word| word.1.0 / TICK) as usize;
                    for span in &hit.spans {
                        // Another inflection of a name is another name.
                        let words = begin + span.first..begin + span.end;
                        if span.reason == Reason::Exact && heard.words.get(words.start) != Some(query) {
                            continue;
                        }
                        let Some(right) = heard.says(call, query, words) else { continue };
                        let features = span.features.as_deref().copied();
                        found.push(Found { query: number, right, probability: span.probability, features });
                    }
                }
            }
        }
        Ok(found)
    }

    /// What equal codes of a stock sound code find, beside what is written the same; common words are left out of it.
    pub fn by_code(&self, recogniser: usize, half: usize) -> Vec<Found> {
        use rphonetic::{DoubleMetaphone, Encoder as _};
        let encoder = DoubleMetaphone::default();
        let mut codes: HashMap<&str, String> = HashMap::new();
        let mut often: HashMap<&str, usize> = HashMap::new();
        for word in self.calls.iter().flat_map(|call| &call.heard[recogniser].words) {
            codes
                .entry(word)
                .or_insert_with(|| if word.is_ascii() { encoder.encode(word) } else { String::new() });
            *often.entry(word).or_default() += 1;
        }
        let mut counts: Vec<usize> = often.values().copied().collect();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        let common = counts.get(1_000).copied().unwrap_or(usize::MAX);
        let wanted: Vec<String> = self
            .queries
            .iter()
            .map(|query| if query.is_ascii() { encoder.encode(query) } else { String::new() })
            .collect();
        let mut by_code: HashMap<&str, Vec<usize>> = HashMap::new();
        for (number, code) in wanted.iter().enumerate().filter(|(_, code)| !code.is_empty()) {
            by_code.entry(code).or_default().push(number);
        }
        let mut found = Vec::new();
        for call in self.calls.iter().skip(half).step_by(2) {
            let heard = &call.heard[recogniser];
            for (place, word) in heard.words.iter().enumerate() {
                for query in by_code.get(codes[word.as_str()].as_str()).into_iter().flatten() {
                    let name = &self.queries[*query];
                    if name == word || often[word.as_str()] < common {
                        let Some(right) = heard.says(call, name, place..place + 1) else { continue };
                        found.push(Found { query: *query, right, probability: 1.0, features: None });
                    }
                }
            }
        }
        found
    }

    /// How often each query was said in a half, and its seconds.
    pub fn truth(&self, half: usize) -> (BTreeMap<usize, usize>, f64) {
        let numbers: HashMap<&str, usize> =
            self.queries.iter().enumerate().map(|(number, query)| (query.as_str(), number)).collect();
        let mut truth = BTreeMap::new();
        let mut seconds = 0.0;
        for call in self.calls.iter().skip(half).step_by(2) {
            seconds += call.seconds;
            for (word, person) in call.said.iter().zip(&call.person) {
                if let Some(number) = numbers.get(word.as_str()).filter(|_| *person) {
                    *truth.entry(*number).or_default() += 1;
                }
            }
        }
        (truth, seconds)
    }
}

impl Heard {
    /// Whether the query was said where these words were heard; `None` where the same word was said of no person: it is neither
    /// a place that was looked for nor a wrong one.
    fn says(&self, call: &Call, query: &str, words: std::ops::Range<usize>) -> Option<bool> {
        let first = self.places.partition_point(|place| place.1 < words.start).saturating_sub(2);
        let mut said = false;
        for word in first..call.said.len() {
            let (Some(before), Some(after)) = (self.places.get(word), self.places.get(word + 1)) else {
                break;
            };
            if before.0 >= words.end {
                break;
            }
            if call.said[word] == query && words.start < after.1.max(before.0 + 1) {
                if call.person[word] {
                    return Some(true);
                }
                said = true;
            }
        }
        (!said).then_some(false)
    }
}

/// What accepting everything from a threshold on is worth, over the queries that were said.
pub fn worth(found: &[Found], truth: &BTreeMap<usize, usize>, seconds: f64, threshold: f32) -> Worth {
    let mut counts: HashMap<usize, (usize, usize)> = HashMap::new();
    for one in found.iter().filter(|one| one.probability >= threshold) {
        let count = counts.entry(one.query).or_default();
        if one.right { count.0 += 1 } else { count.1 += 1 }
    }
    let mut worth = Worth::default();
    let (mut right, mut wrong, mut said) = (0, 0, 0);
    for (query, times) in truth {
        let (hits, alarms) = counts.get(query).copied().unwrap_or_default();
        let hits = hits.min(*times);
        let missed = 1.0 - hits as f64 / *times as f64;
        worth.atwv += 1.0 - missed - BETA * alarms as f64 / (seconds - *times as f64);
        right += hits;
        wrong += alarms;
        said += times;
    }
    worth.atwv /= truth.len().max(1) as f64;
    worth.recall = right as f64 / said.max(1) as f64;
    worth.precision = right as f64 / (right + wrong).max(1) as f64;
    worth
}

/// The thresholds that are tried.
pub fn thresholds() -> impl Iterator<Item = f32> {
    (1..100).map(|step| step as f32 / 100.0).chain([0.005, 0.0075])
}

/// Learns weights by logistic regression: Newton's method with a ridge, on examples of which each is right or not.
pub fn learn(examples: &[(Features, bool)]) -> Calibration {
    const RIDGE: f64 = 1.0;
    const COUNT: usize = search::FEATURES.len();
    let mut weights = [0.0_f64; COUNT];
    for _ in 0..40 {
        let mut gradient = [0.0; COUNT];
        let mut curvature = [[0.0; COUNT]; COUNT];
        for (features, right) in examples {
            let sum: f64 =
                weights.iter().zip(features).map(|(weight, value)| weight * f64::from(*value)).sum();
            let likely = 1.0 / (1.0 + (-sum).exp());
            let steep = (likely * (1.0 - likely)).max(1e-9);
            for a in 0..COUNT {
                gradient[a] += (f64::from(*right) - likely) * f64::from(features[a]);
                for b in 0..COUNT {
                    curvature[a][b] += steep * f64::from(features[a]) * f64::from(features[b]);
                }
            }
        }
        for a in 0..COUNT {
            gradient[a] -= RIDGE * weights[a];
            curvature[a][a] += RIDGE;
        }
        let step = solved(curvature, gradient);
        for (weight, step) in weights.iter_mut().zip(step) {
            *weight += step;
        }
        if step.iter().all(|step| step.abs() < 1e-6) {
            break;
        }
    }
    Calibration::of(weights.map(|weight| weight as f32))
}

/// Solves a symmetric system by elimination.
fn solved<const N: usize>(mut matrix: [[f64; N]; N], mut right: [f64; N]) -> [f64; N] {
    for pivot in 0..N {
        let best = (pivot..N)
            .max_by(|a, b| matrix[*a][pivot].abs().total_cmp(&matrix[*b][pivot].abs()))
            .unwrap_or(pivot);
        matrix.swap(pivot, best);
        right.swap(pivot, best);
        let (above, below) = matrix.split_at_mut(pivot + 1);
        let (line, (solved, unsolved)) = (&above[pivot], right.split_at_mut(pivot + 1));
        for (row, value) in below.iter_mut().zip(unsolved) {
            let factor = row[pivot] / line[pivot];
            for (cell, over) in row.iter_mut().zip(line).skip(pivot) {
                *cell -= factor * over;
            }
            *value -= factor * solved[pivot];
        }
    }
    for row in (0..N).rev() {
        let known: f64 = (row + 1..N).map(|column| matrix[row][column] * right[column]).sum();
        right[row] = (right[row] - known) / matrix[row][row];
    }
    right
}
