//! Where utterances begin and end: found against known, and whether it drifts over hours.

use anyhow::{Context, ensure};
use model::Transcript;
use serde_json::json;

use super::bootstrap::{Random, percentile};
use super::ours::{Quality, Readout};
use super::peer::Peer;
use super::sound::{self, RATE, WavWriter};
use super::{Place, corpus, load, machine};

#[derive(clap::Args)]
pub struct Options {
    /// Length of the recording
    #[arg(long, default_value_t = 4.0)]
    hours: f64,
    /// Leave docs/benchmarks.md as it is
    #[arg(long)]
    dry: bool,
}

/// An utterance where it was put, in seconds.
struct Placed {
    start: f64,
    end: f64,
}

/// How far a start or an end is off, in milliseconds, at a place of the recording in seconds.
struct Error {
    at: f64,
    start: f64,
    end: f64,
}

/// Builds the recording, has it heard, compares.
///
/// # Errors
/// A program fails or gives no transcript.
pub fn run(place: &Place, options: &Options) -> anyhow::Result<()> {
    let peer = Peer::prepare(place)?;
    let readout = Readout::prepare(place)?;
    let utterances = utterances(place, &peer)?;
    let mut rows = Vec::new();
    let mut figures = Vec::new();
    let hours = options.hours;
    // Ten minutes first: what memory should look like whatever the length.
    for (hours, quality) in
        [(1.0 / 6.0, Quality::Fast), (1.0 / 6.0, Quality::Accurate), (hours, Quality::Fast)]
    {
        let file = place.work.join("times.wav");
        let placed = build(&file, &utterances, hours * 3600.0)?;
        let started = load();
        let (transcript, watched) = readout.transcribe(&file, quality)?;
        std::fs::remove_file(&file).with_context(|| format!("cannot delete {}", file.display()))?;
        let (errors, missed) = compare(&placed, &transcript);
        ensure!(!errors.is_empty(), "no utterance was heard");
        let of = |part: fn(&Error) -> f64| errors.iter().map(part).collect::<Vec<f64>>();
        let mut starts: Vec<f64> = of(|error| error.start.abs());
        let mut ends: Vec<f64> = of(|error| error.end.abs());
        let drift = drift(&errors);
        let (minutes, peak) = (hours * 60.0, watched.peak as f64 / 1e6);
        rows.push(format!(
            "| {minutes:.0} min, {} | {} | {missed} | {:.0} | {:.0} | {:.0} | {:.0} | {drift:+.0} | {peak:.0} | {:.1} |\n",
            quality.name(),
            placed.len(),
            percentile(&mut starts, 50.0),
            percentile(&mut starts, 95.0),
            percentile(&mut ends, 50.0),
            percentile(&mut ends, 95.0),
            hours * 3600.0 / watched.wall,
        ));
        println!("{}", rows.last().map_or("", String::as_str));
        let each: Vec<_> = errors.iter().map(|error| [error.at, error.start, error.end]).collect();
        figures.push(json!({
            "minutes": minutes, "quality": quality.name(), "peak": watched.peak, "wall": watched.wall,
            "load": started, "missed": missed, "errors": each,
        }));
    }
    let page = format!(
        "{} Utterances put at known times with 1.5 to 4 s between them. How far the first word's start and the last \
         word's end are off, in milliseconds. Drift is how much later starts are at the end of the recording than at its \
         beginning, by a robust line. Wanted: median at most 80, 95 % within 250, no drift, memory that does not grow.\n\n\
         | recording | utterances | without words | start, median | start, 95 % | end, median | end, 95 % | drift ms | peak memory MB | × real time |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n{}",
        machine(),
        rows.concat()
    );
    place.publish("times", options.dry, &page, &json!({ "machine": machine(), "recordings": figures }))
}

/// Sound of single utterances, from the first to the last sample that is loud; only those without a noisy background.
fn utterances(place: &Place, peer: &Peer) -> anyhow::Result<Vec<Vec<f32>>> {
    let mut sounds = Vec::new();
    if let Some(excerpts) = corpus::librispeech_excerpts(place, peer)? {
        for excerpt in excerpts {
            if let Some((first, last)) = sound::sounding(&excerpt.samples) {
                sounds.push(excerpt.samples[first..last].to_vec());
            }
        }
    }
    let sample = corpus::sample(place, peer)?;
    let [first, second] = sample.halves.context("the sample comes in halves")?;
    let mut samples = sound::read_wav(&first)?;
    samples.extend(sound::read_wav(&second)?);
    for utterance in corpus::sample_utterances(place)? {
        // Very short ones ("Right.") and those over music prove little about times.
        if utterance.end - utterance.start > 1.0 && utterance.end < 195.0 {
            let [start, end] = [utterance.start, utterance.end].map(|time| (time * RATE as f64) as usize);
            sounds.push(samples[start..end.min(samples.len())].to_vec());
        }
    }
    Ok(sounds)
}

/// Puts utterances into a file, one after another with pauses, until it is `seconds` long.
fn build(file: &std::path::Path, utterances: &[Vec<f32>], seconds: f64) -> anyhow::Result<Vec<Placed>> {
    let mut random = Random(40);
    let mut out = WavWriter::create(file)?;
    let mut placed = Vec::new();
    let room = |seconds: f64, random: &mut Random| {
        let noise = sound::white(seconds, random);
        sound::at_level(noise, 1.5e-4)
    };
    for utterance in utterances.iter().cycle() {
        let pause = 1.5 + 2.5 * random.unit();
        if out.seconds() + pause + utterance.len() as f64 / RATE as f64 > seconds {
            break;
        }
        out.write(&room(pause, &mut random))?;
        let start = out.seconds();
        out.write(&sound::at_level(utterance.clone(), 0.05))?;
        placed.push(Placed { start, end: out.seconds() });
    }
    out.write(&room(2.0, &mut random))?;
    out.finish()?;
    Ok(placed)
}

/// Gives every word to the utterance nearest to its middle; returns the errors, and how many utterances got none.
fn compare(placed: &[Placed], transcript: &Transcript) -> (Vec<Error>, usize) {
    let mut found: Vec<Option<(f64, f64)>> = vec![None; placed.len()];
    for word in &transcript.words {
        let (start, end) = (word.start.seconds(), word.end.seconds());
        let middle = (start + end) / 2.0;
        let distance = |own: &Placed| (own.start - middle).max(middle - own.end).max(0.0);
        let after = placed.partition_point(|own| own.start <= middle);
        let near =
            [after.checked_sub(1), Some(after)].into_iter().flatten().filter(|index| *index < placed.len());
        let nearest = near.min_by(|a, b| distance(&placed[*a]).total_cmp(&distance(&placed[*b])));
        if let Some(index) = nearest {
            let (first, last) = found[index].unwrap_or((start, end));
            found[index] = Some((first.min(start), last.max(end)));
        }
    }
    let errors: Vec<Error> = placed
        .iter()
        .zip(&found)
        .filter_map(|(own, found)| {
            let (first, last) = (*found)?;
            Some(Error { at: own.start, start: 1000.0 * (first - own.start), end: 1000.0 * (last - own.end) })
        })
        .collect();
    let missed = placed.len() - errors.len();
    (errors, missed)
}

/// How much later (ms) starts are found at the last utterance than at the first: the median slope between the
/// utterances of the first half and those of the second half (a Theil–Sen line over pairs half a recording apart).
fn drift(errors: &[Error]) -> f64 {
    let half = errors.len() / 2;
    let pairs = errors[..half].iter().zip(&errors[half..]);
    let mut slopes: Vec<f64> = pairs.map(|(a, b)| (b.start - a.start) / (b.at - a.at).max(1.0)).collect();
    let length = errors.last().map_or(0.0, |last| last.at) - errors.first().map_or(0.0, |first| first.at);
    percentile(&mut slopes, 50.0) * length
}

#[cfg(test)]
mod tests {
    use model::{Millis, Word};

    use super::*;

    #[test]
    fn a_clock_that_runs_slow_is_drift_and_a_late_word_is_an_error() {
        let placed: Vec<Placed> = (0..100)
            .map(|index| f64::from(index) * 10.0)
            .map(|start| Placed { start, end: start + 2.0 })
            .collect();
        let word = |start: f64, end: f64| Word {
            text: "word".into(),
            start: Millis((start * 1000.0) as _),
            end: Millis((end * 1000.0) as _),
            confidence: 1.0,
            joined: false,
            timing: model::Timing::Measured,
        };
        let mut words = Vec::new();
        for own in &placed[..99] {
            let late = own.start * 1e-4;
            words.push(word(own.start + late, own.start + 0.5 + late));
            words.push(word(own.end - 0.5, own.end - 0.04));
        }
        let (errors, missed) = compare(&placed, &Transcript { words, ..Transcript::default() });
        assert_eq!((errors.len(), missed), (99, 1));
        assert!(errors.iter().all(|error| (error.end + 40.0).abs() < 2.0));
        assert!((drift(&errors) - 98.0).abs() < 5.0, "{}", drift(&errors));
    }
}
