//! Finding names that were misheard: how many of those that were said are found, and how many that were not.

mod speed;
pub mod terms;

use anyhow::ensure;
use search::Calibration;
use serde_json::json;

use super::{Place, busy_remark, load, machine};
use crate::earnings::RECOGNISERS;
use terms::{Calls, Found, Worth, learn, thresholds, worth};

#[derive(clap::Args)]
pub struct Options {
    /// Hours of transcripts for the speed of queries; 0: leave that out
    #[arg(long, default_value_t = 1_000)]
    hours: usize,
    /// Leave docs/benchmarks.md as it is
    #[arg(long)]
    dry: bool,
}

/// Learns on one half of the calls, measures on the other, both ways.
///
/// # Errors
/// The data are not beside the project, or an index cannot be made.
pub fn run(place: &Place, options: &Options) -> anyhow::Result<()> {
    let started = load();
    let calls = Calls::read(&place.data)?;
    let folder = place.fresh("search")?;
    let all = found(&calls, &folder)?;
    let mut rows: Vec<(String, [Vec<f64>; 3])> = Vec::new();
    let mut table = String::from(
        "| recogniser | exact: ATWV | recall % | precision % | by code: ATWV | recall % | precision % | by sound: ATWV | recall % | precision % | recall % at precision 80 % |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    let mut chosen = Vec::new();
    for half in 0..2 {
        let other = 1 - half;
        let calibration = learn(&examples(&all[other]));
        chosen.push((calibration.clone(), threshold(&calls, &all[other], &calibration, other)));
    }
    let (first, first_seconds) = calls.truth(0);
    let (second, second_seconds) = calls.truth(1);
    let mut truth = first;
    for (query, count) in second {
        *truth.entry(query).or_default() += count;
    }
    let seconds = first_seconds + second_seconds;
    let mut means = [0.0_f64; 10];
    for (number, recogniser) in RECOGNISERS.iter().enumerate() {
        let mut exact = Vec::new();
        let mut code = Vec::new();
        let mut sound = Vec::new();
        for half in 0..2 {
            let here = &all[half][number];
            exact.extend(here.iter().filter(|one| one.features.is_none()).cloned());
            code.extend(calls.by_code(number, half));
            // Probabilities of both halves are laid so that their thresholds meet at one half.
            let (calibration, threshold) = &chosen[half];
            sound.extend(judged(here, calibration).into_iter().map(|mut one| {
                if one.features.is_some() {
                    one.probability = odds(one.probability) / (odds(one.probability) + odds(*threshold));
                }
                one
            }));
        }
        let row = [
            worth(&exact, &truth, seconds, 0.0),
            worth(&code, &truth, seconds, 0.0),
            worth(&sound, &truth, seconds, 0.5),
        ];
        let at_precision = thresholds()
            .map(|least| worth(&sound, &truth, seconds, least))
            .filter(|worth| worth.precision >= 0.8)
            .map(|worth| worth.recall)
            .fold(0.0, f64::max);
        let cells =
            row.iter().flat_map(|worth: &Worth| [worth.atwv, worth.recall * 100.0, worth.precision * 100.0]);
        let cells: Vec<f64> = cells.chain([at_precision * 100.0]).collect();
        for (mean, cell) in means.iter_mut().zip(&cells) {
            *mean += cell / RECOGNISERS.len() as f64;
        }
        table.push_str(&line(recogniser, &cells));
        rows.push((
            (*recogniser).to_owned(),
            row.map(|worth| vec![worth.atwv, worth.recall, worth.precision]),
        ));
    }
    table.push_str(&line("mean", &means));
    let page = format!(
        "{}{} Earnings-21, {:.1} hours; {} queries, the surnames and given names of people who were named (words that are part of a name at least as often as not), said {} times; \
         β = 999.9. Weights and one threshold are learnt on one half of the calls and measured on the other, both ways ({:.2} and {:.2}). \
         By code: equal codes of Double Metaphone, without the thousand commonest words. Wanted: a mean ATWV of 0.65, recall 75 % at precision 80 %.\n\n{table}",
        machine(),
        busy_remark(started),
        seconds / 3600.0,
        calls.queries.len(),
        truth.values().sum::<usize>(),
        chosen[0].1,
        chosen[1].1,
    );
    place.publish("search", options.dry, &page, &json!({ "recognisers": rows }))?;
    if options.hours > 0 {
        speed::run(place, options.hours, options.dry)?;
    }
    Ok(())
}

fn line(name: &str, cells: &[f64]) -> String {
    let cell = |(place, value): (usize, &f64)| match place {
        0 | 3 | 6 => format!("{value:.3}"),
        _ => format!("{value:.1}"),
    };
    let cells: Vec<String> = cells.iter().enumerate().map(cell).collect();
    format!("| {name} | {} |\n", cells.join(" | "))
}

fn odds(probability: f32) -> f32 {
    probability / (1.0 - probability).max(1e-6)
}

/// For each half and recogniser what is found.
pub fn found(calls: &Calls, folder: &std::path::Path) -> anyhow::Result<Vec<Vec<Vec<Found>>>> {
    let mut all = Vec::new();
    for half in 0..2 {
        let mut of_half = Vec::new();
        for (number, recogniser) in RECOGNISERS.iter().enumerate() {
            let index = calls.index(&folder.join(format!("{recogniser}-{half}")), number, half)?;
            let found = calls.found(&index, number, half, false)?;
            println!("{recogniser}, half {half}: {} found", found.len());
            of_half.push(found);
        }
        all.push(of_half);
    }
    ensure!(all.iter().flatten().any(|found| !found.is_empty()), "nothing was found at all");
    Ok(all)
}

/// What is to be learnt from.
pub fn examples(found: &[Vec<Found>]) -> Vec<(search::Features, bool)> {
    found.iter().flatten().filter_map(|one| Some((one.features?, one.right))).collect()
}

fn judged(found: &[Found], calibration: &Calibration) -> Vec<Found> {
    let judge = |one: &Found| {
        let probability = one.features.as_ref().map_or(1.0, |features| calibration.probability(features));
        Found { probability, ..one.clone() }
    };
    found.iter().map(judge).collect()
}

/// The threshold with the greatest mean worth.
pub fn threshold(calls: &Calls, found: &[Vec<Found>], calibration: &Calibration, half: usize) -> f32 {
    let (truth, seconds) = calls.truth(half);
    let judged: Vec<Vec<Found>> = found.iter().map(|found| judged(found, calibration)).collect();
    let sum = |least: f32| judged.iter().map(|found| worth(found, &truth, seconds, least).atwv).sum::<f64>();
    thresholds().max_by(|a, b| sum(*a).total_cmp(&sum(*b))).unwrap_or(0.5)
}
