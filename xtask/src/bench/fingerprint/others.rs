//! What must not be found: one episode in two that are none.

use std::process::Command;

use anyhow::ensure;
use fingerprint::{Fingerprint, align, shared};
use serde_json::json;

use super::super::{Place, corpus, peer};
use super::material::{Recording, decode};
use super::{print, rival};

/// What the readings of one text have as their show.
const ONE_TEXT: &str = "one text";
/// Voices of espeak-ng. They speak in step, which people never do.
const READERS: [&str; 5] = ["en-us", "en-us+m3", "en-us+f3", "en-gb", "en-gb-scotland"];

/// One text, the sample's, read by several voices.
fn one_text(place: &Place) -> anyhow::Result<Vec<Recording>> {
    ensure!(peer::installed("espeak-ng"), "espeak-ng is not installed: it reads one text several times");
    let said: Vec<String> = corpus::sample_utterances(place)?.into_iter().map(|own| own.text).collect();
    let mut readings = Vec::new();
    for voice in READERS {
        let file = place.work.join(format!("reading-{voice}.wav"));
        let mut espeak = Command::new("espeak-ng");
        peer::tool(espeak.args(["-v", voice, "-s", "150", "-w"]).arg(&file).arg(said.join(" ")))?;
        readings.push(Recording { name: voice.into(), show: ONE_TEXT.into(), samples: decode(&file)? });
    }
    Ok(readings)
}

/// All pairs of different recordings: the table and the figures behind it.
pub fn measure(
    place: &Place,
    podcasts: &[Recording],
    readings: &[Recording],
) -> anyhow::Result<(String, serde_json::Value)> {
    let one_text = one_text(place)?;
    let all: Vec<&Recording> = podcasts.iter().chain(readings).chain(&one_text).collect();
    let prints: Vec<Fingerprint> = all.iter().map(|own| print(&own.samples)).collect();
    let theirs: Vec<Vec<u32>> = all.iter().map(|own| rival::print(&own.samples)).collect();
    // Pairs of one show, of two, of one text; of them, taken for one episode; with a second or more in common; seconds.
    let mut counts = [[0_usize; 4]; 3];
    let mut seconds = [0.0_f64; 3];
    let mut figures = Vec::new();
    for first in 0..all.len() {
        for second in first + 1..all.len() {
            let group = match (&all[first].show, &all[second].show) {
                (one, two) if one != two => 1,
                (one, _) if one == ONE_TEXT => 2,
                _ => 0,
            };
            let [pairs, one, common, by_rival] = &mut counts[group];
            *pairs += 1;
            let found = shared(&prints[first], &prints[second]);
            *one += usize::from(align(&prints[first], &prints[second]).is_some());
            let length: f64 = found.stretches.iter().map(|own| own.length.seconds()).sum();
            if length >= 1.0 {
                *common += 1;
                seconds[group] += length;
                let places: Vec<[f64; 3]> = found
                    .stretches
                    .iter()
                    .map(|own| [own.a_start, own.b_start, own.length].map(model::Millis::seconds))
                    .collect();
                figures.push(json!({ "a": all[first].name, "b": all[second].name, "places": places, "agreement": found.agreement }));
            }
            let shorter = all[first].samples.len().min(all[second].samples.len()) as f64 / 16_000.0;
            *by_rival +=
                usize::from(rival::align(&theirs[first], &theirs[second]).seconds() >= 0.5 * shorter);
        }
    }
    let mut table = String::from(
        "Pairs of different recordings: podcasts, read sentences, a speech, the sample episode. None is one episode. What they have in \
         common are sentences that a synthetic voice says twice in the same way.\n\n\
         | pairs | how many | taken for one | with 1 s or more in common | seconds of it | Chromaprint: half in common |\n| --- | --- | --- | --- | --- | --- |\n",
    );
    for (name, (counts, seconds)) in ["of one show or reader", "of two", "of one text, by several voices"]
        .iter()
        .zip(counts.iter().zip(seconds))
    {
        let [pairs, one, common, by_rival] = counts;
        table += &format!("| {name} | {pairs} | {one} | {common} | {seconds:.0} | {by_rival} |\n");
    }
    Ok((table, json!(figures)))
}
