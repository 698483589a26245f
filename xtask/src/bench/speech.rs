//! Readout and faster-whisper on the same files, with the same weights, in the same run.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use super::bootstrap::{Difference, difference, percentile};
use super::corpus::{self, Recording};
use super::ours::{self, Quality, Readout};
use super::peer::{Peer, Way};
use super::score::{Errors, by_utterance};
use super::{Place, busy_remark, load, machine};

#[derive(clap::Args)]
pub struct Options {
    /// How often every mode runs; the median time counts
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Only the modes whose name contains one of these (fast, accurate, batched …), as often as given
    #[arg(long = "mode")]
    modes: Vec<String>,
    /// Only the sample episode
    #[arg(long)]
    sample: bool,
    /// Leave docs/benchmarks.md as it is
    #[arg(long)]
    dry: bool,
}

/// One way to hear all files.
struct Mode {
    name: &'static str,
    program: Program,
}

#[derive(Clone, Copy)]
enum Program {
    Readout(Quality),
    Peer { way: Way, processes: usize },
}

const fn peer(way: Way, processes: usize) -> Program {
    Program::Peer { way, processes }
}

const MODES: &[Mode] = &[
    Mode { name: "Readout fast", program: Program::Readout(Quality::Fast) },
    Mode { name: "Readout accurate", program: Program::Readout(Quality::Accurate) },
    Mode { name: "faster-whisper default", program: peer(Way::Default, 1) },
    Mode { name: "faster-whisper default, two processes", program: peer(Way::Default, 2) },
    Mode { name: "faster-whisper greedy", program: peer(Way::Greedy, 1) },
    Mode { name: "faster-whisper batched, two processes", program: peer(Way::Batched, 2) },
];

/// What is wanted: `ours` so many times as fast as `theirs`, at word errors not above those of `accuracy`.
struct Goal {
    ours: &'static str,
    theirs: &'static str,
    times: f64,
    accuracy: &'static str,
}

const GOALS: &[Goal] = &[
    Goal {
        ours: "Readout fast",
        theirs: "faster-whisper batched, two processes",
        times: 1.4,
        accuracy: "faster-whisper greedy",
    },
    Goal {
        ours: "Readout accurate",
        theirs: "faster-whisper default",
        times: 2.0,
        accuracy: "faster-whisper default",
    },
    Goal {
        ours: "Readout accurate",
        theirs: "faster-whisper default, two processes",
        times: 1.5,
        accuracy: "faster-whisper default",
    },
];

/// Memory that Readout may take with two workers, in bytes.
const MEMORY_GOAL: u64 = 1_200_000_000;

/// One run of one mode over all files of a set.
struct Trial {
    wall: f64,
    /// Seconds of it that went into loading, where the program tells (the slower process of two).
    load: Option<f64>,
    peak: u64,
    texts: Vec<String>,
}

/// All runs of one mode.
struct Result {
    mode: &'static Mode,
    trials: Vec<Trial>,
    /// Errors of each utterance of the whole set, in order.
    errors: Vec<Errors>,
    first_words: Option<f64>,
}

impl Result {
    fn wall(&self) -> f64 {
        percentile(&mut self.trials.iter().map(|trial| trial.wall).collect::<Vec<_>>(), 50.0)
    }

    fn peak(&self) -> u64 {
        self.trials.iter().map(|trial| trial.peak).max().unwrap_or(0)
    }

    fn total(&self) -> Errors {
        self.errors.iter().copied().sum()
    }
}

/// Files that are measured together.
struct Set {
    name: &'static str,
    recordings: Vec<Recording>,
}

impl Set {
    fn seconds(&self) -> f64 {
        self.recordings.iter().map(|recording| recording.seconds).sum()
    }

    fn speech(&self) -> f64 {
        self.recordings.iter().map(|recording| recording.speech).sum()
    }
}

/// Measures, and writes the table.
///
/// # Errors
/// A program fails or gives no text.
pub fn run(place: &Place, options: &Options) -> anyhow::Result<()> {
    let wanted = |mode: &&Mode| {
        options.modes.is_empty() || options.modes.iter().any(|part| mode.name.contains(part.as_str()))
    };
    let modes: Vec<&'static Mode> = MODES.iter().filter(wanted).collect();
    ensure!(!modes.is_empty(), "no mode has a name with {}", options.modes.join(" or "));
    let load_at_start = load();
    let peer = Peer::prepare(place)?;
    let needs_readout = modes.iter().any(|mode| matches!(mode.program, Program::Readout(_)));
    let readout = if needs_readout { Some(Readout::prepare(place)?) } else { None };

    let mut sets = Vec::new();
    if !options.sample {
        let mut recordings = Vec::from_iter(corpus::librispeech(place, &peer)?);
        recordings.extend(corpus::podcasts(place, &peer)?);
        if !recordings.is_empty() {
            sets.push(Set { name: "LibriSpeech excerpts and synthetic podcasts, pooled", recordings });
        }
    }
    sets.push(Set { name: "The sample episode", recordings: vec![corpus::sample(place, &peer)?] });

    let bench = Bench { place, peer, readout };
    let mut page = format!(
        "{}{} Whisper base, int8, the same weights on both sides; the language is detected. {} run(s) of each mode, in \
         alternating order; the median time and the highest peak count. Times include starting the programs and \
         loading the weights. faster-whisper writes no word times in any of these modes and stores nothing; Readout \
         does both. Some voices of the podcasts are robots' or speak with a foreign accent that no side understands; \
         their words count as lost.\n",
        machine(),
        busy_remark(load_at_start),
        options.runs
    );
    let mut figures = Vec::new();
    for set in &sets {
        let results = bench.set(set, &modes, options.runs)?;
        page.push_str(&table(set, &results));
        figures.push(raw(set, &results));
    }
    place.publish(
        "speech",
        options.dry,
        &page,
        &json!({ "machine": machine(), "load": load_at_start, "sets": figures }),
    )
}

struct Bench<'a> {
    place: &'a Place,
    peer: Peer,
    readout: Option<Readout>,
}

impl Bench<'_> {
    fn set(&self, set: &Set, modes: &[&'static Mode], runs: usize) -> anyhow::Result<Vec<Result>> {
        println!("\n{}: {} recording(s), {:.0} s", set.name, set.recordings.len(), set.seconds());
        let mut results: Vec<Result> = modes
            .iter()
            .map(|mode| Result { mode, trials: Vec::new(), errors: Vec::new(), first_words: None })
            .collect();
        for round in 0..runs.max(1) {
            let mut order: Vec<usize> = (0..modes.len()).collect();
            if round % 2 == 1 {
                order.reverse();
            }
            for index in order {
                let trial = self.trial(set, modes[index].program)?;
                self.note(set, modes[index], &trial)?;
                let speed = set.seconds() / trial.wall;
                println!("  {:<40} {:>7.1} s, {speed:.1} × real time", modes[index].name, trial.wall);
                results[index].trials.push(trial);
            }
        }
        for result in &mut results {
            result.errors = self.errors(set, &result.trials[0].texts)?;
            if let (Program::Readout(quality), Some(readout)) = (result.mode.program, &self.readout) {
                let longest = set.recordings.iter().max_by(|a, b| a.seconds.total_cmp(&b.seconds));
                let archive = self.place.fresh("archive")?;
                let seconds =
                    longest.map(|recording| readout.first_words(&archive, &recording.file, quality));
                result.first_words = seconds.transpose()?;
            }
        }
        Ok(results)
    }

    /// Keeps what a trial gave, in case a later one fails.
    fn note(&self, set: &Set, mode: &Mode, trial: &Trial) -> anyhow::Result<()> {
        use std::io::Write as _;
        let path = self.place.work.join("speech-trials.jsonl");
        let mut file = std::fs::File::options().create(true).append(true).open(&path)?;
        let line = json!({
            "set": set.name, "mode": mode.name, "wall": trial.wall, "load": trial.load, "peak": trial.peak,
            "texts": trial.texts,
        });
        writeln!(file, "{line}").with_context(|| format!("cannot write {}", path.display()))
    }

    fn trial(&self, set: &Set, program: Program) -> anyhow::Result<Trial> {
        match program {
            Program::Readout(quality) => self.trial_of_readout(set, quality),
            Program::Peer { way, processes } => self.trial_of_peer(set, way, processes),
        }
    }

    fn trial_of_readout(&self, set: &Set, quality: Quality) -> anyhow::Result<Trial> {
        let readout = self.readout.as_ref().expect("prepared when one of its modes is wanted");
        let archive = self.place.fresh("archive")?;
        let files: Vec<_> = set
            .recordings
            .iter()
            .map(|recording| (recording.name.as_str(), recording.file.as_path()))
            .collect();
        let watched = readout.store(&archive, &files, quality)?;
        let mut texts = Vec::new();
        for (title, _) in files {
            let transcript = readout.stored(&archive, title)?;
            ensure!(transcript.complete, "{title} was not heard to its end");
            texts.push(ours::text(&transcript));
        }
        Ok(Trial { wall: watched.wall, load: None, peak: watched.peak, texts })
    }

    fn trial_of_peer(&self, set: &Set, way: Way, processes: usize) -> anyhow::Result<Trial> {
        let (threads, shares) = share(set, processes);
        let files: Vec<Vec<PathBuf>> =
            shares.iter().map(|share| share.iter().map(|(_, file)| file.clone()).collect()).collect();
        let (watched, answers) = self.peer.hear(way, threads, &files)?;
        let mut texts = vec![String::new(); set.recordings.len()];
        for (share, answer) in shares.iter().zip(&answers) {
            ensure!(share.len() == answer.heard.len(), "faster-whisper left a file out");
            for ((index, _), heard) in share.iter().zip(&answer.heard) {
                texts[*index].push_str(&heard.text);
            }
        }
        let load = answers.iter().map(|answer| answer.load).reduce(f64::max);
        Ok(Trial { wall: watched.wall, load, peak: watched.peak, texts })
    }

    /// The errors of every utterance of the set, both sides through Whisper's English normaliser.
    fn errors(&self, set: &Set, heard: &[String]) -> anyhow::Result<Vec<Errors>> {
        let mut texts: Vec<String> = heard.to_vec();
        texts.extend(set.recordings.iter().flat_map(|recording| recording.utterances.iter().cloned()));
        let mut texts = self.peer.normalise(&texts)?.into_iter();
        let heard: Vec<String> = texts.by_ref().take(set.recordings.len()).collect();
        let mut errors = Vec::new();
        for (recording, heard) in set.recordings.iter().zip(heard) {
            let said: Vec<String> = texts.by_ref().take(recording.utterances.len()).collect();
            errors.extend(by_utterance(&said, &heard));
        }
        Ok(errors)
    }
}

/// Files of each process, with the recording each belongs to, and the threads a process has: two in all.
fn share(set: &Set, processes: usize) -> (usize, Vec<Vec<(usize, PathBuf)>>) {
    let all = || set.recordings.iter().enumerate().map(|(index, recording)| (index, recording.file.clone()));
    if processes == 1 {
        return (2, vec![all().collect()]);
    }
    if let [Recording { halves: Some(halves), .. }] = set.recordings.as_slice() {
        return (1, halves.iter().map(|half| vec![(0, half.clone())]).collect());
    }
    let lengths: Vec<f64> = set.recordings.iter().map(|recording| recording.seconds).collect();
    let file = |index: usize| (index, set.recordings[index].file.clone());
    let shares = corpus::shared_out(&lengths).map(|(indices, seconds)| {
        println!("  a process of {seconds:.0} s");
        indices.into_iter().map(file).collect::<Vec<_>>()
    });
    (1, shares.into_iter().filter(|share| !share.is_empty()).collect())
}

fn table(set: &Set, results: &[Result]) -> String {
    let words: usize = results.first().map_or(0, |result| result.total().words);
    let mut page = format!(
        "\n**{}** ({:.0} s, {words} words, {:.0} s of speech)\n\n\
         | mode | wall s | × real time | loading s | peak memory MB | word error % | substitutions | deletions | \
         insertions | words lost a second of speech | first words after s |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
        set.name,
        set.seconds(),
        set.speech()
    );
    let optional = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.1}"));
    for result in results {
        let total = result.total();
        let load = result.trials.iter().filter_map(|trial| trial.load).reduce(f64::min);
        let _ = writeln!(
            page,
            "| {} | {:.1} | {:.1} | {} | {:.0} | {:.2} | {} | {} | {} | {:.4} | {} |",
            result.mode.name,
            result.wall(),
            set.seconds() / result.wall(),
            optional(load),
            result.peak() as f64 / 1e6,
            100.0 * total.rate(),
            total.substitutions,
            total.deletions,
            total.insertions,
            total.deletions as f64 / set.speech(),
            optional(result.first_words),
        );
    }
    let goals: Vec<String> = GOALS.iter().filter_map(|goal| judged(goal, results)).collect();
    if !goals.is_empty() {
        page.push_str(
            "\n| ours | beside | times as fast | wanted | word error beside | difference, points | 95 % interval |\n\
             | --- | --- | --- | --- | --- | --- | --- |\n",
        );
        page.push_str(&goals.concat());
    }
    page
}

/// One row about a goal, when all its modes were measured.
fn judged(goal: &Goal, results: &[Result]) -> Option<String> {
    let named = |name: &str| results.iter().find(|result| result.mode.name == name);
    let (ours, theirs, accuracy) = (named(goal.ours)?, named(goal.theirs)?, named(goal.accuracy)?);
    let Difference { points, low, high } = difference(&ours.errors, &accuracy.errors);
    let memory = if ours.peak() > MEMORY_GOAL { " (memory over 1.2 GB)" } else { "" };
    Some(format!(
        "| {}{memory} | {} | {:.2} | {:.1} | {} | {points:+.2} | {low:+.2} to {high:+.2} |\n",
        goal.ours,
        goal.theirs,
        theirs.wall() / ours.wall(),
        goal.times,
        goal.accuracy
    ))
}

fn raw(set: &Set, results: &[Result]) -> Value {
    let modes: Vec<Value> = results
        .iter()
        .map(|result| {
            let total = result.total();
            json!({
                "mode": result.mode.name,
                "wall": result.trials.iter().map(|trial| trial.wall).collect::<Vec<_>>(),
                "load": result.trials.iter().map(|trial| trial.load).collect::<Vec<_>>(),
                "peak": result.trials.iter().map(|trial| trial.peak).collect::<Vec<_>>(),
                "substitutions": total.substitutions,
                "deletions": total.deletions,
                "insertions": total.insertions,
                "words": total.words,
                "first_words": result.first_words,
                "errors_by_utterance": result.errors.iter().map(|errors| [errors.count(), errors.words]).collect::<Vec<_>>(),
                "texts": result.trials[0].texts,
            })
        })
        .collect();
    json!({
        "name": set.name,
        "recordings": set.recordings.iter().map(|recording| json!({
            "name": recording.name, "seconds": recording.seconds, "utterances": recording.utterances.len(),
        })).collect::<Vec<_>>(),
        "seconds": set.seconds(),
        "speech": set.speech(),
        "modes": modes,
    })
}
