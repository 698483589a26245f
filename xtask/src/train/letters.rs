//! Learns how letters sound: an alignment by expectation maximisation, then one decision tree a letter.

use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::fmt::Write;
use std::path::Path;

use anyhow::Context;
use pronounce::{Letters, Phone, Phones};

use super::lexicon::Words;

/// Leaves of all trees together: what fits into a file of less than 400 kB.
const LEAVES: usize = 27_000;
/// Every so many words one is kept out of the training, to measure with.
const KEPT_OUT: usize = 20;
const ROUNDS: usize = 6;
const REACH: usize = pronounce::LETTERS_AROUND;
const WIDTH: usize = 2 * REACH + 1;
/// What a question about a letter can name: a to z and the edge.
const SIGNS: usize = 27;
/// Answers rarer than this are left out of a leaf.
const RAREST: f64 = 0.03;
const MOST_ANSWERS: usize = 4;

/// What a letter sounded like, in one-letter ARPAbet: none, one or two phones.
type Sound = Vec<Phone>;

/// Writes `crates/pronounce/data/letters.txt` and says how well it does on words that it was not made from.
pub fn make(root: &Path, words: &Words) -> anyhow::Result<()> {
    let pairs: Vec<(Vec<u8>, &[Phone])> = words
        .iter()
        .enumerate()
        .filter(|(place, _)| place % KEPT_OUT != 0)
        .flat_map(|(_, (word, sounds))| sounds.iter().take(2).map(|sound| (plain(word), sound.as_slice())))
        .filter(|(word, sound)| sound.len() <= 2 * word.len())
        .collect();
    let odds = align(&pairs);
    let mut trees = Trees::new(samples(&pairs, &odds));
    trees.grow();
    let text = trees.write();
    let file = root.join("crates/pronounce/data/letters.txt");
    std::fs::write(&file, &text).with_context(|| format!("cannot write {}", file.display()))?;
    println!("{}: {} bytes", file.display(), text.len());
    measure(words, &Letters::parse(&text));
    Ok(())
}

/// The letters of a word as 0 to 25.
fn plain(word: &str) -> Vec<u8> {
    word.bytes().filter(u8::is_ascii_lowercase).map(|byte| byte - b'a').collect()
}

type Odds = HashMap<(u8, Sound), f64>;

/// Learns how likely each letter gives which sound.
fn align(pairs: &[(Vec<u8>, &[Phone])]) -> Odds {
    let mut odds = Odds::new();
    for _ in 0..ROUNDS {
        let mut counts: BTreeMap<(u8, Sound), f64> = BTreeMap::new();
        for (letters, phones) in pairs {
            count(letters, phones, &odds, &mut counts);
        }
        let mut sums = [0.0; 26];
        for ((letter, _), count) in &counts {
            sums[usize::from(*letter)] += count;
        }
        odds = counts
            .into_iter()
            .filter(|(_, count)| *count > 0.5)
            .map(|((letter, sound), count)| ((letter, sound), count / sums[usize::from(letter)]))
            .collect();
    }
    odds
}

fn likelihood(odds: &Odds, letter: u8, sound: &[Phone]) -> f64 {
    if odds.is_empty() {
        return [0.3, 1.0, 0.05][sound.len()];
    }
    odds.get(&(letter, sound.to_vec())).copied().unwrap_or(1e-9)
}

/// Adds the expected counts of one word by the forward-backward algorithm.
fn count(letters: &[u8], phones: &[Phone], odds: &Odds, counts: &mut BTreeMap<(u8, Sound), f64>) {
    let (rows, columns) = (letters.len(), phones.len());
    let mut forward = vec![vec![0.0; columns + 1]; rows + 1];
    let mut backward = forward.clone();
    forward[0][0] = 1.0;
    for row in 0..rows {
        for column in 0..=columns {
            for take in 0..=2.min(columns - column) {
                let step = likelihood(odds, letters[row], &phones[column..column + take]);
                forward[row + 1][column + take] += forward[row][column] * step;
            }
        }
    }
    backward[rows][columns] = 1.0;
    for row in (0..rows).rev() {
        for column in 0..=columns {
            for take in 0..=2.min(columns - column) {
                let step = likelihood(odds, letters[row], &phones[column..column + take]);
                backward[row][column] += step * backward[row + 1][column + take];
            }
        }
    }
    let total = forward[rows][columns];
    if total <= 0.0 {
        return;
    }
    for row in 0..rows {
        for column in 0..=columns {
            for take in 0..=2.min(columns - column) {
                let sound = &phones[column..column + take];
                let step = likelihood(odds, letters[row], sound);
                let share = forward[row][column] * step * backward[row + 1][column + take] / total;
                if share > 1e-4 {
                    *counts.entry((letters[row], sound.to_vec())).or_default() += share;
                }
            }
        }
    }
}

/// The likeliest sound of each letter.
fn best(letters: &[u8], phones: &[Phone], odds: &Odds) -> Option<Vec<Sound>> {
    let (rows, columns) = (letters.len(), phones.len());
    let mut score = vec![vec![f64::NEG_INFINITY; columns + 1]; rows + 1];
    let mut taken = vec![vec![0; columns + 1]; rows + 1];
    score[0][0] = 0.0;
    for row in 0..rows {
        for column in 0..=columns {
            for take in 0..=2.min(columns - column) {
                let step = likelihood(odds, letters[row], &phones[column..column + take]).ln();
                let total = score[row][column] + step;
                if total > score[row + 1][column + take] {
                    score[row + 1][column + take] = total;
                    taken[row + 1][column + take] = take;
                }
            }
        }
    }
    // A word in which a letter would have to sound like no letter does is an abbreviation or a mistake.
    if score[rows][columns] < -9.0 * rows as f64 {
        return None;
    }
    let mut sounds = Vec::new();
    let mut column = columns;
    for row in (1..=rows).rev() {
        let take = taken[row][column];
        sounds.push(phones[column - take..column].to_vec());
        column -= take;
    }
    sounds.reverse();
    Some(sounds)
}

/// A letter of a word: those around it, what the one before sounded like, what it sounds like.
struct Sample {
    around: [u8; WIDTH],
    before: u16,
    sound: u16,
}

struct Samples {
    list: Vec<Sample>,
    sounds: Vec<Sound>,
}

fn samples(pairs: &[(Vec<u8>, &[Phone])], odds: &Odds) -> Samples {
    let mut numbers: HashMap<Sound, u16> = HashMap::from([(Vec::new(), 0)]);
    let mut sounds = vec![Vec::new()];
    let mut list = Vec::new();
    for (letters, phones) in pairs {
        let Some(aligned) = best(letters, phones, odds) else { continue };
        let mut before = 0;
        for (place, sound) in aligned.into_iter().enumerate() {
            let number = *numbers.entry(sound.clone()).or_insert_with(|| {
                sounds.push(sound);
                sounds.len() as u16 - 1
            });
            let letter = |offset: usize| (place + offset).checked_sub(REACH).and_then(|at| letters.get(at));
            let around = std::array::from_fn(|offset| letter(offset).copied().unwrap_or(26));
            list.push(Sample { around, before, sound: number });
            before = number;
        }
    }
    Samples { list, sounds }
}

#[derive(Clone, Copy)]
enum Question {
    Letter(usize, u8),
    Before(u16),
}

enum Node {
    Question(Question, usize, usize),
    Leaf { members: Vec<u32>, odds: Vec<(u16, f64)> },
}

struct Trees {
    samples: Samples,
    nodes: Vec<Node>,
    roots: Vec<usize>,
}

/// A leaf that may be split, by what it gains.
struct Split {
    gain: f64,
    leaf: usize,
}

impl PartialEq for Split {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}
impl Eq for Split {}
impl PartialOrd for Split {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Split {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.gain.total_cmp(&other.gain).then(other.leaf.cmp(&self.leaf))
    }
}

impl Trees {
    fn new(samples: Samples) -> Self {
        let mut members = vec![Vec::new(); 26];
        for (number, sample) in (0..).zip(&samples.list) {
            members[usize::from(sample.around[REACH])].push(number);
        }
        let mut trees = Self { samples, nodes: Vec::new(), roots: Vec::new() };
        for members in members {
            trees.roots.push(trees.nodes.len());
            let leaf = trees.leaf(members, &[]);
            trees.nodes.push(leaf);
        }
        trees
    }

    /// A leaf with its answers, smoothed by those of the node above.
    fn leaf(&self, members: Vec<u32>, above: &[(u16, f64)]) -> Node {
        const WEIGHT_ABOVE: f64 = 1.0;
        let mut counts: BTreeMap<u16, f64> =
            above.iter().map(|(sound, odds)| (*sound, odds * WEIGHT_ABOVE)).collect();
        for number in &members {
            *counts.entry(self.samples.list[*number as usize].sound).or_default() += 1.0;
        }
        let total: f64 = counts.values().sum();
        let odds = counts.into_iter().map(|(sound, count)| (sound, count / total.max(1.0))).collect();
        Node::Leaf { members, odds }
    }

    /// Splits where it gains most until there are enough leaves.
    fn grow(&mut self) {
        let mut heap = BinaryHeap::new();
        let mut questions = HashMap::new();
        let mut fresh: Vec<usize> = self.roots.clone();
        let mut leaves = fresh.len();
        loop {
            for leaf in fresh.drain(..) {
                if let Some((gain, question)) = self.best_question(leaf) {
                    questions.insert(leaf, question);
                    heap.push(Split { gain, leaf });
                }
            }
            let Some(Split { leaf, .. }) = heap.pop() else { return };
            if leaves >= LEAVES {
                return;
            }
            let question = questions[&leaf];
            let Node::Leaf { members, odds } = &self.nodes[leaf] else {
                unreachable!("only leaves are split")
            };
            let (yes, no) = members.iter().partition(|number| self.holds(question, **number));
            let (yes, no) = (self.leaf(yes, odds), self.leaf(no, odds));
            let place = self.nodes.len();
            self.nodes.extend([yes, no]);
            self.nodes[leaf] = Node::Question(question, place, place + 1);
            fresh.extend([place, place + 1]);
            leaves += 1;
        }
    }

    fn holds(&self, question: Question, number: u32) -> bool {
        let sample = &self.samples.list[number as usize];
        match question {
            Question::Letter(offset, letter) => sample.around[offset] == letter,
            Question::Before(sound) => sample.before == sound,
        }
    }

    /// The question that makes the answers of a leaf most certain, with its gain in nats.
    fn best_question(&self, leaf: usize) -> Option<(f64, Question)> {
        const LEAST_MEMBERS: usize = 6;
        const LEAST_SIDE: u32 = 2;
        const LEAST_GAIN: f64 = 3.0;
        let Node::Leaf { members, .. } = &self.nodes[leaf] else { return None };
        if members.len() < LEAST_MEMBERS {
            return None;
        }
        let letters = WIDTH * SIGNS;
        let mut numbers: HashMap<u16, usize> = HashMap::new();
        for number in members {
            let next = numbers.len();
            numbers.entry(self.samples.list[*number as usize].sound).or_insert(next);
        }
        let kinds = numbers.len();
        if kinds < 2 {
            return None;
        }
        let mut all = vec![0_u32; kinds];
        let mut counts = vec![0_u32; (letters + self.samples.sounds.len()) * kinds];
        for number in members {
            let sample = &self.samples.list[*number as usize];
            let kind = numbers[&sample.sound];
            all[kind] += 1;
            for (offset, letter) in sample.around.iter().enumerate() {
                counts[(offset * SIGNS + usize::from(*letter)) * kinds + kind] += 1;
            }
            counts[(letters + usize::from(sample.before)) * kinds + kind] += 1;
        }
        let whole = surprise(all.iter().copied());
        let total: u32 = all.iter().sum();
        let mut best: Option<(f64, usize)> = None;
        for (feature, yes) in counts.chunks(kinds).enumerate() {
            let inside: u32 = yes.iter().sum();
            if inside < LEAST_SIDE || total - inside < LEAST_SIDE {
                continue;
            }
            let no = all.iter().zip(yes).map(|(all, yes)| all - yes);
            let gain = whole - surprise(yes.iter().copied()) - surprise(no);
            if gain > best.map_or(LEAST_GAIN, |(gain, _)| gain) {
                best = Some((gain, feature));
            }
        }
        best.map(|(gain, feature)| {
            let question = match feature.checked_sub(letters) {
                Some(sound) => Question::Before(sound as u16),
                None => Question::Letter(feature / SIGNS, (feature % SIGNS) as u8),
            };
            (gain, question)
        })
    }

    fn write(&self) -> String {
        let mut text = String::from(
            "; How letters sound, learnt from CMUdict by `cargo xtask train pronounce`; read by src/letters.rs, which\n\
             ; explains the format. CMUdict is Copyright (C) 1993-2015 Carnegie Mellon University: see LICENSE-CMUDICT.\n",
        );
        for (root, letter) in self.roots.iter().zip('a'..) {
            let mut items = vec![format!("%{letter}")];
            self.write_node(*root, &mut items);
            let mut width = 0;
            for item in items {
                if width > 0 {
                    let end = width + item.len() > 118;
                    text.push(if end { '\n' } else { ' ' });
                    width = if end { 0 } else { width + 1 };
                }
                width += item.len();
                text.push_str(&item);
            }
            text.push('\n');
        }
        text
    }

    fn write_node(&self, node: usize, items: &mut Vec<String>) {
        match &self.nodes[node] {
            Node::Question(question, yes, no) => {
                items.push(match question {
                    Question::Letter(offset, letter) => {
                        let letter = if *letter == 26 { '#' } else { char::from(b'a' + letter) };
                        format!("{}{letter}", *offset as i64 - REACH as i64)
                    }
                    Question::Before(sound) => format!("p{}", self.sound(*sound)),
                });
                self.write_node(*yes, items);
                self.write_node(*no, items);
            }
            Node::Leaf { odds, .. } => {
                let mut odds = odds.clone();
                odds.sort_by(|a, b| b.1.total_cmp(&a.1));
                let mut item = String::from("=");
                for (place, (sound, odds)) in odds.iter().take(MOST_ANSWERS).enumerate() {
                    if place == 0 || *odds >= RAREST {
                        let _ = write!(item, "{}{:.0}", self.sound(*sound), -10.0 * odds.ln());
                    }
                }
                items.push(if item == "=" { "=-0".into() } else { item });
            }
        }
    }

    fn sound(&self, number: u16) -> String {
        let sound = &self.samples.sounds[usize::from(number)];
        if sound.is_empty() { "-".into() } else { sound.iter().map(|phone| phone.code()).collect() }
    }
}

/// The information in the answers of some samples, in nats.
fn surprise(counts: impl Iterator<Item = u32> + Clone) -> f64 {
    let total = f64::from(counts.clone().sum::<u32>());
    counts.filter(|count| *count > 0).map(|count| -f64::from(count) * (f64::from(count) / total).ln()).sum()
}

/// Prints how many of the kept-out words are pronounced as the lexicon does.
fn measure(words: &Words, letters: &Letters) {
    let (mut tried, mut first, mut among, mut phones, mut wrong) = (0, 0, 0, 0, 0);
    for (word, sounds) in words.iter().step_by(KEPT_OUT) {
        let known: Vec<Phones> = sounds.iter().map(|sound| sound.as_slice().into()).collect();
        let found = letters.pronounce(word, 6);
        tried += 1;
        first += usize::from(found.first().is_some_and(|found| known.contains(&found.phones)));
        among += usize::from(found.iter().any(|found| known.contains(&found.phones)));
        if let Some(found) = found.first() {
            phones += known[0].len();
            wrong +=
                known.iter().map(|known| edits(known.as_slice(), found.phones.as_slice())).min().unwrap_or(0);
        }
    }
    let percent = |part: usize, whole: usize| 100.0 * part as f64 / whole.max(1) as f64;
    println!(
        "{tried} words kept out: right {:.1} %, among the first six {:.1} %, phones wrong {:.1} %",
        percent(first, tried),
        percent(among, tried),
        percent(wrong, phones)
    );
}

fn edits(a: &[Phone], b: &[Phone]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let here = (corner + usize::from(x != y)).min(row[j] + 1).min(row[j + 1] + 1);
            corner = std::mem::replace(&mut row[j + 1], here);
        }
    }
    row[b.len()]
}
