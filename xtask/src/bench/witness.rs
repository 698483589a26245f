//! Names heard from a sound: how many are right as they were heard, by what the text knows, and after the sound was asked.
//!
//! The sample episode, and talk with names that were drawn by a seed (`samples/make/dialogue.py`), through the program as
//! its users run it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use super::names::plain;
use super::ours::{Quality, Readout};
use super::{Place, machine};

#[derive(clap::Args)]
pub struct Options {
    /// Folder with talk as `samples/make/dialogue.py` makes it [default: target/bench/talk]
    #[arg(long, value_name = "DIR")]
    talk: Option<PathBuf>,
    /// Print every repair and every offer
    #[arg(long)]
    show: bool,
    /// Leave docs/benchmarks.md as it is
    #[arg(long)]
    dry: bool,
}

/// People of the sample episode; where they are named is found by their spelling.
const SAMPLE_PEOPLE: &str = "Imogen Faircloth Dashiell Wray Perrin Lequenvel Yngve Skjoldraath Siv Aasholmen Ottoline Njaerheim Tamsin \
    Okwuosa-Brandt";

/// An episode with what is said in it.
struct Episode {
    title: String,
    sound: PathBuf,
    notes: PathBuf,
    said: Vec<Said>,
}

/// A word that was said.
struct Said {
    word: String,
    /// It is part of a person's name.
    person: bool,
}

/// A repair or an offer: the heard words that go and those that come.
struct Entry {
    at: usize,
    count: usize,
    right: Vec<String>,
    /// Heard words on either side that the sound kept: by the text alone they would go, too.
    stay: (usize, usize),
    /// By the text alone it would be done.
    by_text: bool,
    /// It is done.
    done: bool,
    told: String,
}

/// What became of the words of some episodes, by one way.
#[derive(Default)]
struct Figures {
    names: usize,
    names_wrong: usize,
    words: usize,
    words_wrong: usize,
    spans: usize,
    exact: usize,
    harmed: usize,
}

impl Figures {
    fn add(&mut self, other: &Self) {
        self.names += other.names;
        self.names_wrong += other.names_wrong;
        self.words += other.words;
        self.words_wrong += other.words_wrong;
        self.spans += other.spans;
        self.exact += other.exact;
        self.harmed += other.harmed;
    }

    fn cells(&self) -> String {
        let share = |part: usize, all: usize| 100.0 * part as f64 / all.max(1) as f64;
        format!(
            "{} of {} ({:.1} %) | {:.1} % | {} | {} | {}",
            self.names - self.names_wrong,
            self.names,
            share(self.names - self.names_wrong, self.names),
            share(self.words_wrong, self.words),
            self.spans,
            self.exact,
            self.harmed,
        )
    }

    fn json(&self) -> Value {
        json!({
            "names": self.names, "names_wrong": self.names_wrong, "words": self.words, "words_wrong": self.words_wrong,
            "spans": self.spans, "exact": self.exact, "harmed": self.harmed,
        })
    }
}

/// Measures, and writes the table.
///
/// # Errors
/// The program fails, or there is no talk.
pub fn run(place: &Place, options: &Options) -> anyhow::Result<()> {
    let folder = options.talk.clone().unwrap_or_else(|| place.work.join("talk"));
    let talk = talk(&folder)?;
    ensure!(
        !talk.is_empty(),
        "there is no talk in {}: make it with `python samples/make/dialogue.py MODELS {0}`",
        folder.display()
    );
    let readout = Readout::prepare(place)?;
    let archive = place.fresh("witness")?.join("archive");
    let mut page = format!("{}\n\n", machine());
    page.push_str(
        "| | | names right | words wrong | spans changed | exact | words harmed |\n| --- | --- | --- | --- | --- | --- | --- |\n",
    );
    let mut figures = serde_json::Map::new();
    for (set, episodes) in [("sample", vec![sample(&place.root)?]), ("drawn names", talk)] {
        let mut seconds = 0.0;
        for episode in &episodes {
            readout.add_with_notes(&archive, &episode.title, &episode.sound, &episode.notes)?;
        }
        let ran = readout.hear(&archive, Quality::Accurate)?;
        println!("{set}: {ran:.0} s");
        let mut ways: [Figures; 3] = Default::default();
        for episode in &episodes {
            let heard = readout.heard(&archive, &episode.title)?;
            seconds += heard.duration.seconds();
            let words: Vec<String> = heard.words.iter().map(|word| word.text.clone()).collect();
            let entries = entries(&readout.explained(&archive, &episode.title)?, &heard);
            for (figures, way) in ways.iter_mut().zip([Way::Heard, Way::Text, Way::Sound]) {
                figures.add(&measure(episode, &words, &entries, way, options.show));
            }
        }
        for (name, figures_of) in ["as heard", "by the text", "and the sound"].iter().zip(&ways) {
            let _ = writeln!(page, "| {set}, {:.1} min | {name} | {} |", seconds / 60.0, figures_of.cells());
            figures.insert(format!("{set}, {name}"), figures_of.json());
        }
    }
    place.publish("witness", options.dry, &page, &Value::Object(figures))
}

fn sample(root: &Path) -> anyhow::Result<Episode> {
    let folder = root.join("samples");
    let people = plain(SAMPLE_PEOPLE.replace(char::is_whitespace, "-").as_str());
    let reference = std::fs::read_to_string(folder.join("reference.txt")).context("no reference")?;
    let said = reference.split_whitespace().flat_map(plain);
    let bare = |word: &str| word.strip_suffix("'s").unwrap_or(word).to_owned();
    Ok(Episode {
        title: "The sample".into(),
        sound: folder.join("the-open-line.mp3"),
        notes: folder.join("notes.txt"),
        said: said.map(|word| Said { person: people.contains(&bare(&word)), word }).collect(),
    })
}

fn talk(folder: &Path) -> anyhow::Result<Vec<Episode>> {
    let mut episodes = Vec::new();
    for number in 1.. {
        let file = |ending: &str| folder.join(format!("{number}.{ending}"));
        let Ok(reference) = std::fs::read_to_string(file("reference.txt")) else { break };
        let mut said = Vec::new();
        let mut person = false;
        // Names stand in brackets.
        for piece in reference.split_inclusive(['[', ']']) {
            let text = piece.trim_end_matches(['[', ']']);
            said.extend(text.split_whitespace().flat_map(plain).map(|word| Said { word, person }));
            person = piece.ends_with('[') || (person && !piece.ends_with(']'));
        }
        episodes.push(Episode {
            title: format!("Talk {number}"),
            sound: file("mp3"),
            notes: file("notes.txt"),
            said,
        });
    }
    Ok(episodes)
}

/// The repairs and offers that `readout names explain --json` tells, over the heard words.
fn entries(explained: &[Value], heard: &model::Transcript) -> Vec<Entry> {
    let entry = |value: &Value| {
        let done = match value["type"].as_str()? {
            "set-right" => true,
            "offered" => false,
            _ => return None,
        };
        let evidence = &value["evidence"];
        let start = (value["start"].as_f64()? * 1000.0).round() as u64;
        Some(Entry {
            at: heard.words.iter().position(|word| word.start.0 == start)?,
            count: evidence["heard"].as_str()?.split_whitespace().count(),
            right: value["text"].as_str()?.split_whitespace().map(str::to_owned).collect(),
            stay: serde_json::from_value(evidence["sound"]["stay"].clone()).unwrap_or_default(),
            by_text: evidence["done"].as_bool().unwrap_or(false),
            done,
            told: format!(
                "“{}” → “{}” (score {:.2}, sound {})",
                evidence["heard"].as_str()?,
                value["text"].as_str()?,
                evidence["score"].as_f64().unwrap_or_default(),
                evidence["sound"]["margin"].as_f64().map_or("–".into(), |margin| format!("{margin:+.2}")),
            ),
        })
    };
    let mut entries: Vec<Entry> = explained.iter().filter_map(entry).collect();
    entries.sort_by_key(|entry| entry.at);
    entries
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Heard,
    Text,
    Sound,
}

fn measure(episode: &Episode, heard: &[String], entries: &[Entry], way: Way, show: bool) -> Figures {
    let done = |entry: &&Entry| match way {
        Way::Heard => false,
        Way::Text => entry.by_text,
        Way::Sound => entry.done,
    };
    let mut out: Vec<String> = Vec::new();
    let mut spans = Vec::new();
    let mut at = 0;
    for entry in entries.iter().filter(done) {
        let stay = if way == Way::Text { entry.stay } else { (0, 0) };
        let from = entry.at.saturating_sub(stay.0);
        if from < at {
            continue;
        }
        out.extend(heard[at..from].iter().flat_map(|word| plain(word)));
        let begin = out.len();
        out.extend(entry.right.iter().flat_map(|word| plain(word)));
        spans.push(begin..out.len());
        at = (entry.at + entry.count + stay.1).min(heard.len());
    }
    out.extend(heard[at..].iter().flat_map(|word| plain(word)));
    let said: Vec<String> = episode.said.iter().map(|said| said.word.clone()).collect();
    let before: Vec<String> = heard.iter().flat_map(|word| plain(word)).collect();
    let (right, told) = answers(&said, &out);
    let (right_before, _) = answers(&said, &before);
    if show && way == Way::Sound {
        for entry in entries {
            // What an offer would make right.
            let mut tried: Vec<String> = heard[..entry.at].iter().flat_map(|word| plain(word)).collect();
            let span = tried.len();
            tried.extend(entry.right.iter().flat_map(|word| plain(word)));
            let span = span..tried.len();
            tried.extend(
                heard[(entry.at + entry.count).min(heard.len())..].iter().flat_map(|word| plain(word)),
            );
            let good = answers(&said, &tried).1[span].iter().all(|right| *right);
            println!(
                "{}: {}{} {}",
                episode.title,
                if good { "RIGHT " } else { "WRONG " },
                match (entry.by_text, entry.done) {
                    (true, true) => "kept",
                    (true, false) => "withdrawn",
                    (false, true) => "put in",
                    (false, false) => "offered",
                },
                entry.told
            );
        }
    }
    let names = episode.said.iter().zip(&right).filter(|(said, _)| said.person);
    Figures {
        names: names.clone().count(),
        names_wrong: names.filter(|(_, right)| !**right).count(),
        words: said.len(),
        words_wrong: right.iter().filter(|right| !**right).count(),
        spans: spans.len(),
        exact: spans.iter().filter(|span| told[(*span).clone()].iter().all(|right| *right)).count(),
        harmed: right.iter().zip(&right_before).filter(|(after, before)| **before && !**after).count(),
    }
}

/// For each word that was said whether it stands in the output, and for each word of the output whether it was said, by the
/// alignment with the fewest errors.
fn answers(said: &[String], out: &[String]) -> (Vec<bool>, Vec<bool>) {
    let width = out.len() + 1;
    let mut cost = vec![0_u32; (said.len() + 1) * width];
    for row in 0..=said.len() {
        for column in 0..=out.len() {
            cost[row * width + column] = match (row, column) {
                (0, column) => column as u32,
                (row, 0) => row as u32,
                _ => {
                    let other = u32::from(said[row - 1] != out[column - 1]);
                    let diagonal = cost[(row - 1) * width + column - 1] + other;
                    let one = cost[(row - 1) * width + column].min(cost[row * width + column - 1]) + 1;
                    diagonal.min(one)
                }
            };
        }
    }
    let (mut right, mut told) = (vec![false; said.len()], vec![false; out.len()]);
    let (mut row, mut column) = (said.len(), out.len());
    while row > 0 && column > 0 {
        let here = cost[row * width + column];
        let same = said[row - 1] == out[column - 1];
        if here == cost[(row - 1) * width + column - 1] + u32::from(!same) {
            (right[row - 1], told[column - 1]) = (same, same);
            (row, column) = (row - 1, column - 1);
        } else if here == cost[(row - 1) * width + column] + 1 {
            row -= 1;
        } else {
            column -= 1;
        }
    }
    (right, told)
}

impl Readout {
    fn add_with_notes(&self, archive: &Path, title: &str, sound: &Path, notes: &Path) -> anyhow::Result<()> {
        let mut add = self.on(archive);
        add.args(["add", "--show", "Witness", "--title", title, "--notes"]).arg(notes).arg(sound);
        output(add).map(drop)
    }

    /// Does all work that is due; gives the seconds it took.
    fn hear(&self, archive: &Path, quality: Quality) -> anyhow::Result<f64> {
        let begun = std::time::Instant::now();
        let mut run = self.on(archive);
        run.args(["run", "--no-fetch", "--quality", quality.name()]);
        output(run)?;
        Ok(begun.elapsed().as_secs_f64())
    }

    /// The transcript as it was heard.
    fn heard(&self, archive: &Path, title: &str) -> anyhow::Result<model::Transcript> {
        let mut export = self.on(archive);
        export.args(["export", title, "--no-repairs", "--format", "readout"]);
        let (_, transcript) =
            transcript::import_complete(&String::from_utf8(output(export)?)?).context("not a transcript")?;
        Ok(transcript)
    }

    fn explained(&self, archive: &Path, title: &str) -> anyhow::Result<Vec<Value>> {
        let mut explain = self.on(archive);
        explain.args(["names", "explain", title, "--json"]);
        let text = String::from_utf8(output(explain)?)?;
        text.lines().map(|line| serde_json::from_str(line).context("not JSON")).collect()
    }
}

fn output(mut command: Command) -> anyhow::Result<Vec<u8>> {
    let output = command.output().context("the program cannot be run")?;
    ensure!(output.status.success(), "{command:?} failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(output.stdout)
}

#[cfg(test)]
mod tests {
    use super::answers;

    #[test]
    fn words_answer_to_each_other_with_the_fewest_errors() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let (right, told) = answers(&words("a b c d"), &words("a x c c d"));
        assert_eq!(right, [true, false, true, true]);
        assert_eq!(told.iter().filter(|told| **told).count(), 3);
    }
}
