//! Names: how many are wrong before and after repair, and what repairing harms.
//!
//! Everything learnt that is measured here is learnt anew on one half of the calls and shows and measured on the other; the model that the
//! program ships is learnt on all of them by `cargo xtask train names`, in the same way.

mod alignment;
mod develop;
mod founding;
pub mod lessons;
mod measure;
mod naive;
mod speed;

use std::fmt::Write as _;
use std::sync::Arc;

use names::{Candidate, Cues, Layer, Model, Outcome, Rank, Settings, Speech};
use serde_json::json;

use self::lessons::{Call, Condition};
use self::measure::{Change, Figures, Pieces, changes, measure};
use super::{Place, machine};
use crate::earnings::RECOGNISERS;
use crate::train::names::{Course, Lesson, Read, read};

#[derive(clap::Args)]
pub struct Options {
    /// Leave docs/benchmarks.md as it is
    #[arg(long)]
    dry: bool,
    /// Print every repair, every offer and what stays wrong
    #[arg(long)]
    show: bool,
    /// Measure only with the episode's names among others, on calls and on transcripts that people wrote
    #[arg(long)]
    quick: bool,
    /// Measure the founding page and the speed alone, with the shipped model
    #[arg(long)]
    shipped: bool,
    /// Judge the calls that are learnt from alone, each by others of them, and say why names stay wrong
    #[arg(long)]
    develop: bool,
    /// Measure on every so manieth transcript that people wrote
    #[arg(long, default_value_t = 1)]
    people: usize,
}

/// Probabilities from which on to repair, for the curve of fixed against harmed.
const CURVE: [f32; 8] = [0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95];

/// Transcripts that people wrote which are read together.
const AT_ONCE: usize = 16;

/// The words of a token as they are compared: lower case, without accents, parted at hyphens; letters, digits, apostrophes inside.
pub fn plain(token: &str) -> Vec<String> {
    names::fold(token)
        .split(|c: char| c == '-' || c == '–' || c == '/' || c.is_whitespace())
        .map(|word| word.chars().filter(|c| c.is_alphanumeric() || *c == '\'').collect::<String>())
        .map(|word| word.trim_matches('\'').to_owned())
        .filter(|word| !word.is_empty())
        .collect()
}

/// Measures.
///
/// # Errors
/// The data cannot be read, or the page not written.
pub fn run(place: &Place, options: &Options) -> anyhow::Result<()> {
    if !place.data.join("earnings21").is_dir() {
        println!("skipped: Earnings-21 does not lie beside the project");
        return Ok(());
    }
    let speech = Speech::new();
    if options.develop {
        return develop::run(place, &speech, options.show);
    }
    let built_in = Model::built_in()?;
    let people = lessons::distractors(&place.data)?;
    // First, while nothing else is in memory.
    let speed = speed::run(&people, &place.data, &speech, &built_in)?;
    let founding = founding::run(&place.data, &speech, &built_in)?;
    if options.shipped {
        println!("{founding}\n{}", serde_json::to_string_pretty(&speed)?);
        return Ok(());
    }
    let calls = lessons::calls(&place.data)?;
    let mut page = String::new();
    writeln!(page, "{}\n", machine())?;
    let bench = Bench {
        place,
        options,
        calls: &calls,
        others: Arc::new(Layer::background(people, &speech)),
        speech: &speech,
    };
    let figures = bench.measure(&mut page)?;
    writeln!(
        page,
        "\nThe founding page, with its right names and ten thousand others in the archive's glossary, by the shipped model:\n"
    )?;
    page.push_str(&founding);
    writeln!(
        page,
        "\nSpeed: {} words with {} names known: {:.2} s of processor time (making the names ready, once: {:.1} s); \
         peak memory of the whole process {:.0} MiB.",
        10_000, speed.names, speed.seconds, speed.build_seconds, speed.peak_mib
    )?;
    place.publish("names", options.dry, &page, &json!({ "earnings21": figures, "speed": speed }))
}

struct Bench<'b> {
    place: &'b Place,
    options: &'b Options,
    calls: &'b [Call],
    others: Arc<Layer>,
    speech: &'b Speech,
}

/// A transcript with what a model thinks of its candidates.
struct Judged<'r> {
    read: &'r Read<'r>,
    scores: Vec<f32>,
    half: usize,
    settings: Settings,
}

impl Judged<'_> {
    fn outcome(&self, settings: &Settings) -> Outcome {
        names::decide(&self.read.reading, self.read.candidates.clone(), &self.scores, settings)
    }
}

/// What the models say of the candidates: each transcript is judged by the model of its part.
fn judge<'r>(reads: &'r [Read<'r>], models: &[Model], part: &dyn Fn(&Lesson) -> usize) -> Vec<Judged<'r>> {
    let judge = |read: &'r Read<'r>| {
        let half = part(read.lesson);
        let model = &models[half];
        let probability = |candidate: &Candidate| model.opinion.probability(&candidate.features);
        let scores = read.candidates.iter().map(probability).collect();
        Judged { read, scores, half, settings: model.settings }
    };
    reads.iter().map(judge).collect()
}

impl Bench<'_> {
    fn measure(&self, page: &mut String) -> anyhow::Result<serde_json::Value> {
        let learnt_from = lessons::all(&self.place.data, self.speech)?;
        let half = lessons::halves(&self.place.data)?;
        let parts: [Vec<Lesson>; 2] = {
            let (even, odd) = learnt_from.into_iter().partition(|lesson| half(lesson) == 0);
            [even, odd]
        };
        // Each half is judged by what was learnt on the other, settings included.
        let models: Vec<Model> = [1, 0].map(|other| Course::new(&parts[other], self.speech).model()).into();
        let cues: Vec<Cues> = models.iter().map(|model| model.cues.clone()).collect();
        let settings = models[1].settings;
        println!("held out: {settings:?}; the other half: {:?}", models[0].settings);
        writeln!(
            page,
            "Earnings-21, {} calls, five recognisers. *Held out*: calls of odd number, judged by what was learnt on the even ones. *All*: each call \
             judged by what was learnt on the other half (the phone distance was learnt on the even calls throughout). Names: words of people's names \
             that are not exactly right, %. Words: word error, %. Exact: repaired spans of which every word is right, %; by the list: the same, where the list of participants is the authority on how they are spelt. Harmed: words right before \
             and wrong after, and their share of all words changed, %. Offers: in 1,000 words, and how many of them are right, %.\n",
            self.calls.len()
        )?;
        writeln!(
            page,
            "| | names before | after | words before | after | repairs | exact | by the list | fixed | harmed | offers | right |\n\
             | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
        )?;
        let mut figures = serde_json::Map::new();
        let conditions: &[(Condition, &str)] = if self.options.quick {
            &[(Condition::Main, "main")]
        } else {
            &[
                (Condition::Main, "main"),
                (Condition::Alone, "without others"),
                (Condition::Archive, "in the glossary only"),
            ]
        };
        let mut curve = String::new();
        for &(condition, name) in conditions {
            let lessons = self.calls_as(condition);
            let reads = read(&lessons, &cues, &half, self.speech);
            let judged = judge(&reads, &models, &half);
            let pieces: Vec<Pieces> = lessons
                .iter()
                .map(|lesson| Pieces::new(&lesson.words, self.said(lesson).said.len(), &lesson.truth.aligned))
                .collect();
            let mut row = |name: String, figures_of: Figures| {
                println!("{name}: {}", figures_of.cells());
                let _ = writeln!(page, "| {name} | {} |", figures_of.cells());
                figures.insert(name, json!(figures_of));
            };
            let total = |repair_at: Option<f32>, show: bool, wanted: &dyn Fn(usize, &Judged) -> bool| {
                let mut total = Figures::default();
                for (at, judged) in judged.iter().enumerate().filter(|(at, judged)| wanted(*at, judged)) {
                    let lesson = judged.read.lesson;
                    let repair_at = repair_at.unwrap_or(judged.settings.repair_at);
                    let outcome = judged.outcome(&Settings { repair_at, ..judged.settings });
                    total.listed +=
                        outcome.repairs.iter().filter(|repair| judged.read.is_right(repair)).count();
                    let changes = changes(&outcome);
                    total.add(&measure(
                        self.said(lesson),
                        &lesson.words,
                        &pieces[at],
                        &changes,
                        &mut |line| {
                            if show {
                                println!("{line}");
                            }
                        },
                    ));
                }
                total
            };
            let main = condition == Condition::Main;
            row(format!("{name}, held out"), total(None, false, &|_, judged| judged.half == 1));
            row(format!("{name}, all"), total(None, self.options.show && main, &|_, _| true));
            if main {
                for (number, recogniser) in RECOGNISERS.iter().enumerate() {
                    let of =
                        |at: usize, judged: &Judged| judged.half == 1 && at % RECOGNISERS.len() == number;
                    row(format!("{name}, held out, {recogniser}"), total(None, false, &of));
                }
                row("naive search, held out".into(), self.naive(&lessons, &pieces, &half));
                for at in CURVE {
                    let found = total(Some(at), false, &|_, judged| judged.half == 1);
                    let _ = writeln!(curve, "| {at} | {} |", found.cells());
                }
            }
        }
        writeln!(
            page,
            "\nThe same, main and held out, over the probability from which on is repaired ({} was chosen on the calls that it was learnt on):\n\n\
             | repaired from | names before | after | words before | after | repairs | exact | by the list | fixed | harmed | offers | right |\n\
             | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n{curve}",
            settings.repair_at
        )?;
        self.people(page, &models, &cues, &half)?;
        Ok(figures.into())
    }

    fn said(&self, lesson: &Lesson) -> &Call {
        self.calls.iter().find(|call| call.id == lesson.group).expect("every lesson is of a call")
    }

    fn calls_as(&self, condition: Condition) -> Vec<Lesson> {
        let mut lessons = Vec::new();
        for call in self.calls {
            let known = lessons::known(call, condition, &self.others, self.speech);
            let listed = lessons::known(call, Condition::Alone, &self.others, self.speech);
            for words in &call.heard {
                lessons.push(lessons::of_call(call, words, known.clone(), &listed, self.speech));
            }
        }
        lessons
    }

    fn naive(&self, lessons: &[Lesson], pieces: &[Pieces], half: &dyn Fn(&Lesson) -> usize) -> Figures {
        let mut total = Figures::default();
        for (lesson, pieces) in lessons.iter().zip(pieces).filter(|(lesson, _)| half(lesson) == 1) {
            let call = self.said(lesson);
            let names = lessons::names_of(&call.participants, Rank::Episode, "participants.txt");
            let changes = naive::replacements(&lesson.words, &names)
                .into_iter()
                .map(|(words, text)| Change { words, text, score: 1.0 })
                .collect();
            total.add(&measure(call, &lesson.words, pieces, &[changes, Vec::new()], &mut |_| {}));
        }
        total
    }

    /// Transcripts that people wrote, in which every name is right.
    fn people(
        &self,
        page: &mut String,
        models: &[Model],
        cues: &[Cues],
        half: &(impl Fn(&Lesson) -> usize + Sync),
    ) -> anyhow::Result<()> {
        let files = lessons::human_files(&self.place.data)?;
        let mut shows: Vec<&String> = files.iter().map(|(show, _)| show).collect();
        shows.dedup();
        let (mut words, mut repairs, mut offers) = (0, 0, 0);
        let chosen: Vec<_> = files.iter().step_by(self.options.people).collect();
        for some in chosen.chunks(AT_ONCE) {
            let lessons: Vec<Lesson> = some
                .iter()
                .map(|(show, file)| lessons::of_people(show, file, &self.others, self.speech))
                .collect::<anyhow::Result<_>>()?;
            let reads = read(&lessons, cues, half, self.speech);
            for judged in judge(&reads, models, half) {
                let [done, offered] = changes(&judged.outcome(&judged.settings));
                let lesson = judged.read.lesson;
                words += lesson.words.len();
                repairs += done.len();
                offers += offered.len();
                for change in &done {
                    println!("FALSE {}", measure::shown(&lesson.group, &lesson.words, change));
                }
            }
        }
        writeln!(
            page,
            "Transcripts that people wrote ({} of {} shows' {}), with their speakers expected and ten thousand others in the glossary, each show judged by \
             what was learnt on other shows: {repairs} repairs in {words} words, {:.2} in 100,000; {:.2} offers in 1,000.",
            files.len().div_ceil(self.options.people),
            shows.len(),
            files.len(),
            1e5 * repairs as f64 / words.max(1) as f64,
            1e3 * offers as f64 / words.max(1) as f64,
        )?;
        Ok(())
    }
}
