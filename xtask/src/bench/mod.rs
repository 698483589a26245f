//! Measures Readout: speed and word errors against faster-whisper, times, quiet, languages, sounds, feeds, fingerprints.
//!
//! Goes in: the program, built from this checkout; recordings beside the project where there are any; the sample episode.
//! Comes out: a table between two markers of docs/benchmarks.md, and the raw figures under target/bench. Never: a
//! figure that was not measured in this run.

mod align;
mod bootstrap;
mod chapters;
mod corpus;
mod feeds;
mod fingerprint;
mod floor;
mod languages;
mod music;
pub mod names;
mod ours;
mod peer;
mod publish;
mod quiet;
mod score;
pub mod search;
mod sound;
mod sounds;
mod speech;
mod times;
mod watch;
mod witness;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Subcommand;

#[derive(Subcommand)]
pub enum Bench {
    /// Speed, memory and word errors, beside faster-whisper 1.2.1 with the same weights
    Speech(speech::Options),
    /// Where utterances start and end, against known times, and whether that drifts over hours
    Times(times::Options),
    /// Words heard in silence, noise, a tone and music; word errors over soft music
    Quiet(quiet::Options),
    /// Language detection and word errors on synthetic German, French, Spanish and Russian
    Languages(languages::Options),
    /// How well the sound of what was heard leads to the name that was said, and how fast
    Sounds(sounds::Options),
    /// Reading a feed of 20,000 episodes and a list of 5,000 feeds, beside feed-rs
    Feeds(feeds::Options),
    /// How long two thousand episodes take to become a site of files
    Publish(publish::Options),
    /// How well the words of a person's text are placed in its recording
    Align(align::Options),
    /// Where chapters begin, beside an even split and TextTiling
    Chapters(chapters::Options),
    /// Copies of a recording and jingles: found, mapped in time, told from others; beside Chromaprint
    Fingerprint(fingerprint::Options),
    /// Names in transcripts: wrong before, wrong after, harmed
    Names(names::Options),
    /// Names heard from a sound: right as heard, by the text, and after the sound was asked
    Witness(witness::Options),
    /// Names that were misheard, found by their sound; the speed of queries beside SQLite's full text
    Search(search::Options),
    /// The least that must hold on the sample episode and on sounds without speech; fails when it does not
    Floor,
}

/// Runs one measurement.
///
/// # Errors
/// The program cannot be built or run, a tool is missing, or a table cannot be written.
pub fn run(root: &Path, bench: &Bench) -> anyhow::Result<()> {
    let place = Place::prepare(root)?;
    match bench {
        Bench::Speech(options) => speech::run(&place, options),
        Bench::Times(options) => times::run(&place, options),
        Bench::Quiet(options) => quiet::run(&place, options),
        Bench::Languages(options) => languages::run(&place, options),
        Bench::Sounds(options) => sounds::run(&place, options),
        Bench::Publish(options) => publish::run(&place, options),
        Bench::Feeds(options) => feeds::run(&place, options),
        Bench::Align(options) => align::run(&place, options),
        Bench::Chapters(options) => chapters::run(&place, options),
        Bench::Fingerprint(options) => fingerprint::run(&place, options),
        Bench::Names(options) => names::run(&place, options),
        Bench::Search(options) => search::run(&place, options),
        Bench::Witness(options) => witness::run(&place, options),
        Bench::Floor => floor(root).map(|checked| println!("{checked} figures hold")),
    }
}

/// Checks that the program hears the project's own sample as well as it did; returns how many figures were checked.
///
/// # Errors
/// A figure is worse than its bound, or the program fails.
pub fn floor(root: &Path) -> anyhow::Result<usize> {
    floor::run(&Place::prepare(root)?)
}

/// Where things are.
pub struct Place {
    /// The folder of the workspace.
    root: PathBuf,
    /// What a measurement writes: sounds, archives, results. Kept, so that results can be looked at.
    work: PathBuf,
    /// Recordings beside the project, which not every checkout has.
    data: PathBuf,
}

impl Place {
    fn prepare(root: &Path) -> anyhow::Result<Self> {
        let work = crate::target_folder(root).join("bench");
        std::fs::create_dir_all(&work).with_context(|| format!("cannot make {}", work.display()))?;
        Ok(Self { root: root.into(), work, data: root.join("../shared/data") })
    }

    /// The folder `name` under the place of work, empty.
    fn fresh(&self, name: &str) -> anyhow::Result<PathBuf> {
        let folder = self.work.join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
        }
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(folder)
    }

    /// Puts `table` between the markers of `name` in docs/benchmarks.md unless the run is `dry`, and the figures behind
    /// it into a file.
    fn publish(&self, name: &str, dry: bool, table: &str, figures: &serde_json::Value) -> anyhow::Result<()> {
        let raw = self.work.join(format!("{name}.json"));
        std::fs::write(&raw, serde_json::to_string_pretty(figures)?)
            .with_context(|| format!("cannot write {}", raw.display()))?;
        println!("\n{table}\nraw figures: {}", raw.display());
        if dry {
            return Ok(());
        }
        let page = self.root.join("docs/benchmarks.md");
        let text =
            std::fs::read_to_string(&page).with_context(|| format!("cannot read {}", page.display()))?;
        std::fs::write(&page, between_markers(&text, name, table)?)
            .with_context(|| format!("cannot write {}", page.display()))?;
        println!("written to {}", page.display());
        Ok(())
    }
}

/// `text` with `table` as all that stands between `<!-- bench:NAME -->` and `<!-- /bench:NAME -->`.
fn between_markers(text: &str, name: &str, table: &str) -> anyhow::Result<String> {
    let (open, close) = (format!("<!-- bench:{name} -->"), format!("<!-- /bench:{name} -->"));
    let (Some(start), Some(end)) = (text.find(&open), text.find(&close)) else {
        bail!("docs/benchmarks.md has no lines {open} and {close}: put them where the table belongs");
    };
    let (before, after) = (&text[..start + open.len()], &text[end..]);
    Ok(format!("{before}\n{}\n{after}", table.trim_end()))
}

/// The processor, what of it matters to arithmetic, the day, and a warning when others were at work.
fn machine() -> String {
    let processor = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = processor.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_once(':')).map_or("", |(_, value)| value.trim()).to_owned()
    };
    let model = field("model name");
    let flags = field("flags");
    let wanted = ["avx2", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8"];
    let has: Vec<&str> = wanted.into_iter().filter(|flag| flags.split(' ').any(|own| own == *flag)).collect();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let day = jiff::Zoned::now().date();
    let model = if model.is_empty() { std::env::consts::ARCH.to_owned() } else { model };
    format!("Measured on {day}: {model}, {cores} cores, {}.", has.join(" "))
}

/// How many processes want to run, averaged over the last minute.
fn load() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or(0.0)
}

/// A line for the table when the machine was busy before the measurement began, else nothing.
fn busy_remark(load_at_start: f64) -> String {
    if load_at_start < 0.5 {
        return String::new();
    }
    format!(" Other programs were running (load {load_at_start:.1} at the start): speeds are provisional.")
}

#[cfg(test)]
mod tests {
    use super::between_markers;

    #[test]
    fn only_what_is_between_the_markers_changes() {
        let page = "a\n<!-- bench:x -->\nold\n<!-- /bench:x -->\nb\n";
        let new = between_markers(page, "x", "| new |\n").expect("the markers are there");
        assert_eq!(new, "a\n<!-- bench:x -->\n| new |\n<!-- /bench:x -->\nb\n");
        assert!(between_markers(page, "y", "").is_err());
    }
}
