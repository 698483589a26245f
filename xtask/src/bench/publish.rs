//! How long an archive of two thousand episodes takes to become a site of files, and again when nothing has changed.

use anyhow::{Context, ensure};
use serde::Deserialize;
use serde_json::json;

use super::{Place, busy_remark, load, machine};

#[derive(clap::Args)]
pub struct Options {
    /// Episodes of the archive, in ten shows
    #[arg(long, default_value_t = 2_000)]
    episodes: usize,
    /// Words of each: the default is half an hour of talk
    #[arg(long, default_value_t = 4_500)]
    words: usize,
    /// Leave docs/benchmarks.md as it is
    #[arg(long)]
    dry: bool,
}

#[derive(Deserialize)]
struct Figures {
    seconds: f64,
    again: f64,
    files: u64,
    bytes: u64,
    peak: u64,
}

/// Makes an archive up, has it published twice, writes the table.
///
/// # Errors
/// The example cannot be built or fails.
pub fn run(place: &Place, options: &Options) -> anyhow::Result<()> {
    let arguments = ["build", "--release", "-p", "readout-serve", "--example", "publish_archive"];
    let status = crate::cargo(&place.root).args(arguments).status().context("cannot run cargo")?;
    ensure!(status.success(), "cannot build the example publish_archive");
    let program = crate::target_folder(&place.root).join("release/examples/publish_archive");
    let folder = place.fresh("publish")?;
    let started = load();
    let output = std::process::Command::new(&program)
        .arg(&folder)
        .args([options.episodes.to_string(), options.words.to_string()])
        .output()
        .with_context(|| format!("cannot run {}", program.display()))?;
    ensure!(output.status.success(), "publishing failed: {}", String::from_utf8_lossy(&output.stderr));
    let found: Figures = serde_json::from_slice(&output.stdout).context("publishing gave no figures")?;
    std::fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    let page = format!(
        "{}{} {} episodes of {} words with two speakers, in ten shows, without recordings. Wanted: under a minute.\n\n\
         | site | files | MB | s | episodes a second | peak memory MB |\n| --- | --- | --- | --- | --- | --- |\n\
         | written | {files} | {megabytes:.0} | {:.1} | {:.0} | {peak:.0} |\n\
         | written again, nothing changed | {files} | {megabytes:.0} | {:.1} | {:.0} | {peak:.0} |\n",
        machine(),
        busy_remark(started),
        options.episodes,
        options.words,
        found.seconds,
        options.episodes as f64 / found.seconds,
        found.again,
        options.episodes as f64 / found.again,
        files = found.files,
        megabytes = found.bytes as f64 / 1e6,
        peak = found.peak as f64 / 1e6,
    );
    let raw = json!({
        "machine": machine(), "load": started, "seconds": found.seconds, "again": found.again, "files": found.files,
        "bytes": found.bytes, "peak": found.peak,
    });
    place.publish("publish", options.dry, &page, &raw)
}
