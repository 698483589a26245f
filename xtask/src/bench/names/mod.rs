//! Names: how many are wrong before and after repair, and what repairing harms.

pub mod alignment;
pub mod earnings;
pub mod measure;

use std::sync::Arc;
use std::time::Instant;

use names::{Known, Layer, Name, Rank, Settings, Source, Speech};

use crate::train::boost::Recipe;
use crate::train::names::{Lesson, Read, Truth, learn, learn_cues, read};

use super::Place;

#[derive(clap::Args)]
pub struct Options {
    /// Leave docs/benchmarks.md as it is
    #[arg(long)]
    dry: bool,
    /// Take only every so manieth call
    #[arg(long, default_value_t = 1)]
    every: usize,
    /// Print what stays wrong
    #[arg(long)]
    show: bool,
    /// Take only the first so many recognisers
    #[arg(long, default_value_t = 5)]
    recognisers: usize,
    #[arg(long, default_value_t = 120)]
    trees: usize,
    #[arg(long, default_value_t = 4)]
    depth: usize,
    #[arg(long, default_value_t = 0.12)]
    rate: f64,
    #[arg(long, default_value_t = 4.0)]
    least: f64,
    #[arg(long, default_value_t = 10.0)]
    ridge: f64,
}

/// The words of a token as they are compared: lower case, without accents, parted at hyphens; letters, digits, apostrophes inside.
pub fn plain(token: &str) -> Vec<String> {
    names::fold(token)
        .split(|c: char| c == '-' || c == '–' || c == '/' || c.is_whitespace())
        .map(|word| word.chars().filter(|c| c.is_alphanumeric() || *c == '\'').collect::<String>().trim_matches('\'').to_owned())
        .filter(|word| !word.is_empty())
        .collect()
}

/// The names of a file with a line each: `Name - role`.
fn names_of(text: &str, rank: Rank, file: &str) -> Vec<Name> {
    (1..)
        .zip(text.lines())
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(number, line)| {
            let (name, role) = line.split_once(" - ").map_or((line, None), |(name, role)| (name, Some(role)));
            let mut name = Name::new(name.trim(), Source { rank, cite: format!("{file}, line {number}"), date: None });
            name.role = role.map(|role| role.trim().to_owned());
            name
        })
        .collect()
}

/// Measures.
///
/// # Errors
/// The data cannot be read, or the page not written.
pub fn run(place: &Place, options: &Options) -> anyhow::Result<()> {
    let folder = place.data.join("earnings21");
    let calls: Vec<_> = earnings::load(&folder)?.into_iter().step_by(options.every).collect();
    let speech = Speech::new();
    let began = Instant::now();
    let mut lessons = Vec::new();
    for call in &calls {
        let names = names_of(&call.participants, Rank::Episode, "participants.txt");
        let known = Known::new(vec![Arc::new(Layer::expected(names, &speech))]);
        let said: Vec<String> = call.said.iter().map(|said| said.plain.clone()).collect();
        for words in call.heard.iter().take(options.recognisers) {
            let parts: Vec<(usize, String)> =
                words.iter().enumerate().flat_map(|(at, word)| plain(&word.text).into_iter().map(move |part| (at, part))).collect();
            let texts: Vec<&str> = parts.iter().map(|(_, part)| part.as_str()).collect();
            let aligned = alignment::align(&said.iter().map(String::as_str).collect::<Vec<_>>(), &texts);
            let mut back = vec![None; words.len()];
            for (place, (at, _)) in parts.iter().enumerate() {
                back[*at] = aligned.back[place];
            }
            let names = named(&back, call);
            let spelt = spelt_as_listed(call, &known, &speech);
            lessons.push(Lesson {
                group: call.id.clone(),
                words: words.clone(),
                known: known.clone(),
                truth: Truth { said: spelt, aligned: back, names },
                weight: 1.0,
            });
        }
    }
    println!("prepared {:.1?}", began.elapsed());
    let ids: Vec<&String> = calls.iter().map(|call| &call.id).collect();
    let half = |lesson: &Lesson| ids.iter().position(|id| **id == lesson.group).unwrap_or(0) % 2;
    // The cues of each half come from the other half.
    let cues: Vec<_> = (0..2).map(|own| learn_cues(lessons.iter().filter(|lesson| half(lesson) != own), &speech)).collect();
    println!("cues {:.1?}: {} left, {} right", began.elapsed(), cues[0].left.len(), cues[0].right.len());
    let mut reads = read(&lessons, &cues, &half, &speech);
    let count: usize = reads.iter().map(|read| read.candidates.len()).sum();
    let right: usize = reads.iter().map(|read| read.labels.iter().filter(|label| **label).count()).sum();
    println!("read {:.1?}: {count} candidates, {right} right", began.elapsed());
    let positives: Vec<&names::Features> =
        reads.iter().flat_map(|read| read.candidates.iter().zip(&read.labels)).filter(|(_, label)| **label).map(|(candidate, _)| &candidate.features).collect();
    if options.show {
        let all: Vec<&names::Features> = reads.iter().flat_map(|read| &read.candidates).map(|candidate| &candidate.features).collect();
        for (feature, name) in names::NAMES.iter().enumerate() {
            for (what, set) in [("right", &positives), ("all", &all)] {
                let mut values: Vec<f32> = set.iter().map(|features| features[feature]).collect();
                values.sort_by(f32::total_cmp);
                let at = |share: f64| values[((values.len() - 1) as f64 * share) as usize];
                if !["sound", "evidence", "sound-cost"].contains(name) { continue; } println!("{name:>16} {what:>6} {:?}", [0.0, 0.02, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 1.0].map(at));
            }
        }
    }
    let recipe = Recipe { trees: options.trees, depth: options.depth, rate: options.rate, least: options.least, ridge: options.ridge };
    let fold_of = |read: &Read| half(read.lesson);
    let mut scores: Vec<Vec<f32>> = vec![Vec::new(); reads.len()];
    for fold in 0..2 {
        let mut part: Vec<&mut Read> = reads.iter_mut().filter(|read| fold_of(read) != fold).collect();
        let model = learn(&mut part, cues[fold].clone(), recipe);
        for (at, read) in reads.iter_mut().enumerate().filter(|(_, read)| fold_of(read) == fold) {
            let first: Vec<f32> = read.candidates.iter().map(|candidate| model.first.probability(&candidate.features)).collect();
            read.reading.reconsider(&mut read.candidates, &first);
            scores[at] = read.candidates.iter().map(|candidate| model.second.probability(&candidate.features)).collect();
        }
        println!("learnt {:.1?}", began.elapsed());
        if options.show {
            importance(&model.second);
        }
    }
    let pieces: Vec<_> = reads
        .iter()
        .map(|read| measure::Pieces::new(&read.lesson.words, read.lesson.truth.said.len(), &read.lesson.truth.aligned))
        .collect();
    println!("cut {:.1?}", began.elapsed());
    for threshold in [0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9] {
        let settings = Settings { repair_at: threshold, offer_at: (threshold * 0.3).max(0.1) };
        let mut total = [measure::Figures::default(), measure::Figures::default()];
        for (at, read) in reads.iter().enumerate() {
            let call = &calls[at / options.recognisers];
            let outcome = names::decide(&read.reading, read.candidates.clone(), &scores[at], &settings);
            let show = options.show && threshold == 0.6;
            total[fold_of(read)].add(&measure::measure(call, &read.lesson.words, &pieces[at], &outcome, show));
        }
        println!("{threshold}: even {}", total[0].line());
        println!("     odd  {}", total[1].line());
        total[0].add(&total[1].clone());
        println!("     all  {}", total[0].line());
    }
    println!("measured {:.1?}", began.elapsed());
    Ok(())
}

fn importance(trees: &names::Trees) {
    fn walk(node: &names::Node, counts: &mut Vec<usize>) {
        if let names::Node::Fork(feature, _, branches) = node {
            counts[*feature] += 1;
            walk(&branches[0], counts);
            walk(&branches[1], counts);
        }
    }
    let mut counts = vec![0; names::COUNT];
    trees.trees.iter().for_each(|tree| walk(tree, &mut counts));
    let mut order: Vec<usize> = (0..names::COUNT).collect();
    order.sort_by_key(|at| std::cmp::Reverse(counts[*at]));
    for at in order {
        print!("{} {}, ", names::NAMES[at], counts[at]);
    }
    println!();
}

/// The reference with the names of people spelt as in the list where they sound the same: the list is the authority for spelling, and the
/// reference writes one person in several ways. Only for learning; figures are taken from the reference as it is.
fn spelt_as_listed(call: &earnings::Call, known: &Known, speech: &Speech) -> Vec<String> {
    call.said
        .iter()
        .map(|said| {
            let listed = said.person.and_then(|_| known.homophone(&said.plain, speech));
            listed.and_then(|listed| plain(&listed).into_iter().next()).unwrap_or_else(|| said.plain.clone())
        })
        .collect()
}

/// Which heard words stand where a person is named in the reference.
fn named(back: &[Option<usize>], call: &earnings::Call) -> Vec<bool> {
    let mut out = vec![false; back.len()];
    let mut at = 0;
    while at < back.len() {
        if let Some(said) = back[at] {
            out[at] = call.said[said].person.is_some();
            at += 1;
            continue;
        }
        let end = (at..back.len()).find(|at| back[*at].is_some()).unwrap_or(back.len());
        let from = at.checked_sub(1).and_then(|before| back[before]).map_or(0, |said| said + 1);
        let to = back.get(end).copied().flatten().unwrap_or(call.said.len());
        let persons: Vec<bool> = call.said[from..to.max(from)].iter().map(|said| said.person.is_some()).collect();
        // Spread the words of the reference evenly over those heard.
        for place in at..end {
            let share = (place - at) * persons.len() / (end - at);
            out[place] = persons.get(share) == Some(&true);
        }
        at = end;
    }
    out
}
