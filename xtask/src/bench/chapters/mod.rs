//! Where chapters begin: found against known, beside an even split and TextTiling.

mod scores;
mod texts;
mod tiling;

use std::time::Instant;

use anyhow::ensure;
use serde_json::json;
use transcript::chapters::{Settings, find_chapters};

use super::{Place, busy_remark, corpus, load, machine};
use texts::{Joined, PACE, Source};

#[derive(clap::Args)]
pub struct Options {
    /// Joined texts of each kind
    #[arg(long, default_value_t = 40)]
    texts: usize,
    /// Measure on the half of the shows that settings are chosen with
    #[arg(long)]
    develop: bool,
    /// Leave docs/benchmarks.md as it is
    #[arg(long)]
    dry: bool,
}

/// Words of an excerpt: what chapters have, and shorter and longer ones.
const KINDS: [(u64, u64); 3] = [(300, 1_500), (150, 500), (1_500, 3_000)];
/// A found boundary this many words from a true one is at it.
const NEAR: usize = 30;
const SEED: u64 = 11;

/// Joins excerpts of transcripts, divides the texts in each way, compares.
///
/// # Errors
/// A file cannot be read.
pub fn run(place: &Place, options: &Options) -> anyhow::Result<()> {
    let started = load();
    let Some((development, report)) = halves(place)? else { return Ok(()) };
    let sources = if options.develop { development } else { report };
    let mut tables = String::new();
    let mut figures = Vec::new();
    for (from, to) in KINDS {
        let texts = texts::joined(&sources, options.texts, from..=to, SEED);
        let (table, figure) = measure(&texts);
        tables.push_str(&format!("**Excerpts of {from} to {to} words**, {} texts\n\n{table}\n", texts.len()));
        figures.push(json!({ "words": [from, to], "methods": figure }));
    }
    let shows: std::collections::BTreeSet<&str> = sources.iter().map(|source| source.show.as_str()).collect();
    let page = format!(
        "{}{} Five to ten excerpts from the middles of different transcripts of {} shows, joined; labels of speakers, time \
         marks and paragraphs taken out, no pauses. The settings were chosen on the other half of the shows. Pk and WindowDiff \
         count words; 0 is right, lower is better. Wanted: a Pk below 0.25. At a boundary: within {NEAR} words.\n\n{tables}",
        machine(),
        busy_remark(started),
        shows.len(),
    );
    let dry = options.dry || options.develop;
    place.publish("chapters", dry, &page, &json!({ "machine": machine(), "load": started, "kinds": figures }))
}

/// The shows in two halves: every second one by name.
fn halves(place: &Place) -> anyhow::Result<Option<(Vec<Source>, Vec<Source>)>> {
    /// Shorter transcripts have no middle.
    const LEAST_PARAGRAPHS: usize = 20;
    let folder = place.data.join("human-transcripts");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("skipped: {} is not here", folder.display());
        return Ok(None);
    };
    let mut shows: Vec<_> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_, std::io::Error>>()?;
    shows.sort();
    let mut halves = (Vec::new(), Vec::new());
    for (number, folder) in shows.iter().enumerate() {
        let show = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for file in corpus::files_in(folder, "md")?.unwrap_or_default() {
            let paragraphs = texts::paragraphs(&corpus::read(&file)?);
            if paragraphs.len() >= LEAST_PARAGRAPHS {
                let half = if number % 2 == 0 { &mut halves.0 } else { &mut halves.1 };
                half.push(Source { show: show.clone(), paragraphs });
            }
        }
    }
    ensure!(halves.0.len() > 20 && halves.1.len() > 20, "there are too few transcripts to join");
    Ok(Some(halves))
}

/// A way to divide a text.
type Method = (&'static str, fn(&Joined) -> Vec<usize>);

fn ours(text: &Joined, count: Option<usize>) -> Vec<usize> {
    let chapters = find_chapters(&text.transcript, &Settings { count });
    chapters.iter().skip(1).map(|chapter| (chapter.start.0 / PACE) as usize).collect()
}

fn plain(text: &Joined) -> Vec<String> {
    let bare = |text: &str| text.to_lowercase().replace(|c: char| !c.is_alphanumeric(), "");
    text.transcript.words.iter().map(|word| bare(&word.text)).collect()
}

const METHODS: [Method; 6] = [
    ("Readout, number of parts given", |text| ours(text, Some(text.boundaries.len() + 1))),
    ("Readout, number not known", |text| ours(text, None)),
    ("TextTiling, number given", |text| tiling::boundaries(&plain(text), Some(text.boundaries.len() + 1))),
    ("TextTiling, number not known", |text| tiling::boundaries(&plain(text), None)),
    ("even parts, number given", |text| scores::even(text.transcript.words.len(), text.boundaries.len() + 1)),
    ("one part", |_| Vec::new()),
];

fn measure(texts: &[Joined]) -> (String, serde_json::Value) {
    let mut table = String::from(
        "| method | Pk | WindowDiff | parts found, of | true boundaries found % | found ones that are true % | × real time |\n\
         | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    let mut figures = Vec::new();
    let truth: usize = texts.iter().map(|text| text.boundaries.len()).sum();
    let hours: f64 = texts.iter().map(|text| text.transcript.duration.seconds()).sum();
    for (name, method) in METHODS {
        let begun = Instant::now();
        let found: Vec<Vec<usize>> = texts.iter().map(method).collect();
        let took = begun.elapsed().as_secs_f64();
        // Methods that do not read the text have no speed.
        let speed = if took < 0.01 { "–".to_owned() } else { format!("{:.0}", hours / took) };
        let mean = |score: fn(&[usize], &[usize], usize) -> f64| {
            let each = texts.iter().zip(&found);
            each.map(|(text, found)| score(&text.boundaries, found, text.transcript.words.len())).sum::<f64>()
                / texts.len().max(1) as f64
        };
        let (pk, diff) = (mean(scores::pk), mean(scores::window_diff));
        let parts: usize = found.iter().map(|found| found.len() + 1).sum();
        let hits = texts.iter().zip(&found).map(|(text, found)| scores::hits(&text.boundaries, found, NEAR));
        let (recalled, right) = hits.fold((0, 0), |(a, b), (c, d)| (a + c, b + d));
        let percent = |part: usize, of: usize| 100.0 * part as f64 / of.max(1) as f64;
        table.push_str(&format!(
            "| {name} | {pk:.3} | {diff:.3} | {parts}, {} | {:.0} | {:.0} | {speed} |\n",
            truth + texts.len(),
            percent(recalled, truth),
            percent(right, parts - texts.len()),
        ));
        figures.push(json!({ "method": name, "pk": pk, "window_diff": diff, "parts": parts }));
    }
    (table, figures.into())
}
