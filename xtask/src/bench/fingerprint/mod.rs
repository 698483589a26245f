//! The same sound in other places: copies with other advertisements, jingles, what must not be found, speed.

mod copies;
mod material;
mod others;
mod repeating;
mod rival;

use std::time::Instant;

use anyhow::ensure;
use fingerprint::{Fingerprint, Fingerprinter};
use serde_json::json;

use super::sound::RATE;
use super::{Place, busy_remark, load, machine};
use material::{Copies, Recording};

#[derive(clap::Args)]
pub struct Options {
    /// Use the files that the last run encoded
    #[arg(long)]
    reuse: bool,
    /// Leave docs/benchmarks.md as it is
    #[arg(long)]
    dry: bool,
}

/// Measures everything on the recordings beside the project.
///
/// # Errors
/// The recordings or ffmpeg are missing, or a file cannot be written.
pub fn run(place: &Place, options: &Options) -> anyhow::Result<()> {
    let started = load();
    let podcasts = material::recordings(&place.data.join("synthetic-podcasts/audio"), "mp3", |name| {
        name.split('_').next().unwrap_or(name)
    })?;
    ensure!(!podcasts.is_empty(), "there are no recordings to measure on");
    let mut readings = material::recordings(&place.data.join("librispeech-excerpts"), "flac", |name| {
        name.split('-').next().unwrap_or(name)
    })?;
    let mut speeches = material::recordings(&place.data.join("recordings"), "flac", |name| name)?;
    speeches.extend(material::recordings(&place.root.join("samples"), "mp3", |name| name)?);
    ensure!(!readings.is_empty() && speeches.len() > 1, "there is nothing to put into the recordings");
    let copies = Copies::prepare(place, options.reuse)?;

    // What is put in comes from other recordings on each side, so that the sides have the programme alone in common.
    let inserts = [speeches, material::joined(&readings)];
    let (copies_table, copies_figures) = copies::measure(&copies, &podcasts, &inserts)?;
    println!("{copies_table}");
    let scripts = place.data.join("synthetic-podcasts/transcripts");
    let (repeats_table, repeats_figures) =
        repeating::measure(&copies, &podcasts, &inserts[0][0].samples, &scripts)?;
    readings.extend(inserts.into_iter().next().into_iter().flatten());
    println!("{repeats_table}");
    let (others_table, others_figures) = others::measure(place, &podcasts, &readings)?;
    println!("{others_table}");
    let (speed_table, speed_figures) = speed(&podcasts);
    let page = format!(
        "{}{} Seeds are fixed; the recordings are the {} of synthetic-podcasts and what they are put together with.\n\n{copies_table}\n\
         {repeats_table}\n{others_table}\n{speed_table}",
        machine(),
        busy_remark(started),
        podcasts.len()
    );
    let figures = json!({
        "machine": machine(), "load": started, "copies": copies_figures, "repeats": repeats_figures,
        "others": others_figures, "speed": speed_figures,
    });
    place.publish("fingerprint", options.dry, &page, &figures)
}

fn print(samples: &[f32]) -> Fingerprint {
    let mut maker = Fingerprinter::new();
    maker.push(samples);
    maker.finish()
}

/// How fast, how large: on two recordings of three hours with the same episodes but one.
fn speed(podcasts: &[Recording]) -> (String, serde_json::Value) {
    let hours = 3 * 3600 * RATE;
    let long = |skip: usize| -> Vec<f32> {
        podcasts.iter().cycle().skip(skip).flat_map(|own| own.samples.iter().copied()).take(hours).collect()
    };
    let (one, other) = (long(0), long(1));
    let begin = Instant::now();
    let a = print(&one);
    let ours = begin.elapsed().as_secs_f64();
    let begin = Instant::now();
    let theirs_print = rival::print(&one);
    let theirs = begin.elapsed().as_secs_f64();
    let b = print(&other);
    let begin = Instant::now();
    let found = fingerprint::shared(&a, &b);
    let matching = begin.elapsed().as_secs_f64();
    let other_print = rival::print(&other);
    let begin = Instant::now();
    let _ = rival::align(&theirs_print, &other_print);
    let their_matching = begin.elapsed().as_secs_f64();
    let seconds = (hours / RATE) as f64;
    let size = a.to_bytes().len() as f64 / seconds * 60.0 / 1000.0;
    let their_size = theirs_print.len() as f64 * 4.0 / seconds * 60.0 / 1000.0;
    let table = format!(
        "One thread, samples in memory; two recordings of three hours, most of which is in both twice, laid on each other.\n\n\
         | | × real time | kB a minute | two of 3 h, s |\n| --- | --- | --- | --- |\n\
         | Readout | {:.0} | {size:.2} | {matching:.2} |\n| Chromaprint | {:.0} | {their_size:.2} | {their_matching:.2} |\n",
        seconds / ours,
        seconds / theirs,
    );
    let figures = json!({
        "real_time": seconds / ours, "kB_a_minute": size, "matching": matching, "share": found.share_of_a,
        "chromaprint": { "real_time": seconds / theirs, "kB_a_minute": their_size, "matching": their_matching },
    });
    (table, figures)
}
