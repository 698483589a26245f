//! What must not be found: one episode in two that are none.

use fingerprint::{Fingerprint, align, shared};
use serde_json::json;

use super::material::Recording;
use super::{print, rival};

/// All pairs of different recordings: the table and the figures behind it.
pub fn measure(podcasts: &[Recording], readings: &[Recording]) -> (String, serde_json::Value) {
    let all: Vec<&Recording> = podcasts.iter().chain(readings).collect();
    let prints: Vec<Fingerprint> = all.iter().map(|own| print(&own.samples)).collect();
    let theirs: Vec<Vec<u32>> = all.iter().map(|own| rival::print(&own.samples)).collect();
    // Pairs of one show, of two; of them, taken for one episode; with a second or more in common; seconds.
    let mut counts = [[0_usize; 4]; 2];
    let mut seconds = [0.0_f64; 2];
    let mut figures = Vec::new();
    for first in 0..all.len() {
        for second in first + 1..all.len() {
            let group = usize::from(all[first].show != all[second].show);
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
    for (name, (counts, seconds)) in
        ["of one show or reader", "of two"].iter().zip(counts.iter().zip(seconds))
    {
        let [pairs, one, common, by_rival] = counts;
        table += &format!("| {name} | {pairs} | {one} | {common} | {seconds:.0} | {by_rival} |\n");
    }
    (table, json!(figures))
}
