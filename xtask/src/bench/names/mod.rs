//! Names: how many are wrong before and after repair, and what repairing harms.

pub mod alignment;
pub mod earnings;
pub mod lessons;
pub mod measure;

use std::sync::Arc;
use std::time::Instant;

use names::{Layer, Settings, Speech};

use crate::train::boost::Recipe;
use crate::train::names::{Lesson, Read, learn, learn_cues, read};

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
    /// Take every so manieth transcript that people wrote
    #[arg(long, default_value_t = 8)]
    people: usize,
    #[arg(long, default_value_t = 150)]
    trees: usize,
    #[arg(long, default_value_t = 4)]
    depth: usize,
    #[arg(long, default_value_t = 0.08)]
    rate: f64,
    #[arg(long, default_value_t = 5.0)]
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

/// Measures.
///
/// # Errors
/// The data cannot be read, or the page not written.
pub fn run(place: &Place, options: &Options) -> anyhow::Result<()> {
    let folder = place.data.join("earnings21");
    let calls: Vec<_> = earnings::load(&folder)?.into_iter().step_by(options.every).collect();
    let speech = Speech::new();
    let began = Instant::now();
    let others = Arc::new(Layer::background(lessons::distractors(&place.data)?, &speech));
    println!("distractors {:.1?}", began.elapsed());
    let mut lessons = Vec::new();
    for call in &calls {
        let known = lessons::known(call, lessons::Condition::Main, &others, &speech);
        for words in call.heard.iter().take(options.recognisers) {
            lessons.push(lessons::of_call(call, words, known.clone(), &known, &speech));
        }
    }
    let of_calls = lessons.len();
    let files = lessons::human_files(&place.data)?;
    let mut shows: Vec<String> = files.iter().map(|(show, _)| show.clone()).collect();
    shows.dedup();
    for (show, file) in files.iter().step_by(options.people) {
        lessons.push(lessons::of_people(show, file, &others, &speech)?);
    }
    println!("prepared {:.1?}", began.elapsed());
    let ids: Vec<&String> = calls.iter().map(|call| &call.id).collect();
    let half = |lesson: &Lesson| ids.iter().position(|id| **id == lesson.group).or_else(|| shows.iter().position(|show| *show == lesson.group)).unwrap_or(0) % 2;
    // The cues of each half come from the other half.
    let cues: Vec<_> = (0..2).map(|own| learn_cues(lessons.iter().filter(|lesson| half(lesson) != own))).collect();
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
        .take(of_calls)
        .map(|read| measure::Pieces::new(&read.lesson.words, read.lesson.truth.said.len(), &read.lesson.truth.aligned))
        .collect();
    println!("cut {:.1?}", began.elapsed());
    for threshold in [0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9] {
        let settings = Settings { repair_at: threshold, offer_at: (threshold * 0.3).max(0.1) };
        let mut total = [measure::Figures::default(), measure::Figures::default()];
        for (at, read) in reads.iter().enumerate().take(of_calls) {
            let call = &calls[at / options.recognisers];
            let outcome = names::decide(&read.reading, read.candidates.clone(), &scores[at], &settings);
            let show = options.show && threshold == 0.6;
            total[fold_of(read)].add(&measure::measure(call, &read.lesson.words, &pieces[at], &outcome, show));
        }
        let mut human = [[0_usize; 3]; 2];
        for (at, read) in reads.iter().enumerate().skip(of_calls) {
            let outcome = names::decide(&read.reading, read.candidates.clone(), &scores[at], &settings);
            let count = &mut human[fold_of(read)];
            count[0] += read.lesson.words.len();
            count[1] += outcome.repairs.len();
            count[2] += outcome.offers.len();
            if options.show && threshold == 0.7 {
                for repair in outcome.repairs.iter().chain(&outcome.offers) {
                    let words = &read.lesson.words;
                    let text = |range: std::ops::Range<usize>| words[range].iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
                    println!("HUMAN {} {:.2} {} [{}] {} => {}", read.lesson.group, repair.score, text(repair.words.start.saturating_sub(4)..repair.words.start), text(repair.words.clone()), text(repair.words.end..(repair.words.end + 4).min(words.len())), repair.text.join(" "));
                }
            }
        }
        println!("{threshold}: human {human:?}");
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

