//! A jingle in every episode: found in how many, and what else is taken for a repeat.

use std::path::Path;

use fingerprint::{Fingerprint, Occurrence, Repeat, repeats};
use serde_json::json;

use super::super::bootstrap::Random;
use super::super::sound::{RATE, at_level, decibels, level};
use super::super::{corpus, music, quiet};
use super::material::{CODECS, Copies, Recording};
use super::print;

/// Length of a jingle.
const SECONDS: f64 = 10.0;
/// Seconds of each episode that a jingle is put into; the rest would only be encoded.
const LONGEST: usize = 120;

/// Every kind of jingle, put in and mixed in: the table and the figures behind it. `speech` is spoken over music.
pub fn measure(
    copies: &Copies,
    podcasts: &[Recording],
    speech: &[f32],
    scripts: &Path,
) -> anyhow::Result<(String, serde_json::Value)> {
    let mut table = String::from(
        "A jingle of 10 s at a random place in the first two minutes of every episode, each episode by another codec: in how many it is found (both ends within \
         0.5 s; half of it at least), and what else repeats: the scripts of these podcasts have sentences in common, which machines speak \
         alike. \"Mixed\": it lies over speech, louder than it by so much.\n\n\
         | jingle | episodes | found | half found | other repeats | seconds of them |\n| --- | --- | --- | --- | --- | --- |\n",
    );
    let mut figures = Vec::new();
    let mut same_said = String::new();
    let speech = &speech[20 * RATE..30 * RATE];
    let music = |kind: usize| music::KINDS[kind].1(SECONDS);
    let kinds: [(&str, Vec<f32>, Option<f64>); 8] = [
        ("none", Vec::new(), None),
        ("plucked strings", music(1), None),
        ("a band", music(3), None),
        ("a melody", music(4), None),
        ("speech over music", over(speech, &music(3)), None),
        ("a band, mixed, 10 dB", music(3), Some(10.0)),
        ("a band, mixed, 0 dB", music(3), Some(0.0)),
        ("a band, mixed, 5 dB", music(3), Some(5.0)),
    ];
    for (number, (name, jingle, mixed)) in kinds.iter().enumerate() {
        let mut random = Random(700 + number as u64);
        let mut prints: Vec<Fingerprint> = Vec::new();
        let mut places = Vec::new();
        for (index, recording) in podcasts.iter().enumerate() {
            let length = if jingle.is_empty() { usize::MAX } else { LONGEST * RATE };
            let samples = &recording.samples[..recording.samples.len().min(length)];
            let room = samples.len().saturating_sub(jingle.len());
            let at = (random.unit() * room as f64) as usize;
            let jingle = at_level(jingle.clone(), level(samples) * decibels(mixed.unwrap_or(3.0)));
            let mut samples = samples.to_vec();
            if mixed.is_some() {
                samples[at..].iter_mut().zip(&jingle).for_each(|(own, over)| *own += over);
            } else {
                samples.splice(at..at, jingle);
            }
            places.push((at as f64 / RATE as f64, at as f64 / RATE as f64 + SECONDS));
            let file = format!("jingle-{number}-{}", recording.name);
            prints.push(print(&copies.copy(&file, &samples, &CODECS[(index + number) % CODECS.len()])?));
        }
        let episodes: Vec<(usize, &Fingerprint)> = prints.iter().enumerate().collect();
        let found = repeats(&episodes);
        let (exact, half, others) = count(&found, if jingle.is_empty() { &[] } else { &places });
        let seconds: f64 = others.iter().map(|own| own.1).sum();
        table += &format!(
            "| {name} | {} | {} | {} | {} | {seconds:.0} |\n",
            podcasts.len(),
            if jingle.is_empty() { "–".to_owned() } else { exact.to_string() },
            if jingle.is_empty() { "–".to_owned() } else { half.to_string() },
            others.len()
        );
        if jingle.is_empty() {
            let [same, all] = same_words(&found, podcasts, scripts)?;
            same_said = format!(
                "\nWithout a jingle: at {same} of {all} places the script has as many of the words of the first place, in a row, as \
                 can be said in two thirds of the time.\n"
            );
        }
        for repeat in &found {
            let of = |own: &Occurrence<usize>| {
                format!("{} {:.1}–{:.1}", podcasts[own.id].name, own.start.seconds(), own.end.seconds())
            };
            let places: Vec<String> = repeat.occurrences.iter().map(of).collect();
            figures.push(json!({ "jingle": name, "kind": format!("{:?}", repeat.kind), "places": places }));
        }
    }
    table += &same_said;
    let mut alone = Vec::new();
    for (name, samples) in quiet::sounds(60.0) {
        let repeats = repeats(&[(0, &print(&samples))]);
        alone.extend((!repeats.is_empty()).then_some(name));
    }
    table += &format!(
        "\nOf a minute each of silence, noise, tones and music of five kinds that goes round every 8 s, {} repeat something of \
         themselves{}.\n",
        alone.len(),
        if alone.is_empty() { String::new() } else { format!(": {}", alone.join(", ")) }
    );
    Ok((table, json!(figures)))
}

/// Of the places of each repeat after its first, at how many the same is said as at the first, by the scripts: 2 words
/// a second in a row, over two thirds of the time at least.
fn same_words(found: &[Repeat<usize>], podcasts: &[Recording], scripts: &Path) -> anyhow::Result<[usize; 2]> {
    let scripts: Vec<Vec<(f64, f64, Vec<String>)>> =
        podcasts.iter().map(|own| corpus::turns(&scripts.join(&own.name))).collect::<Result<_, _>>()?;
    let said = |own: &Occurrence<usize>| -> Vec<&str> {
        let inside = |(start, end, _): &&(f64, f64, Vec<String>)| {
            own.end.seconds().min(*end) - own.start.seconds().max(*start) > 0.15
        };
        scripts[own.id].iter().filter(inside).flat_map(|turn| turn.2.iter().map(String::as_str)).collect()
    };
    let (mut same, mut all) = (0, 0);
    for repeat in found {
        let Some((first, rest)) = repeat.occurrences.split_first() else { continue };
        for other in rest {
            let seconds = other.end.seconds() - other.start.seconds();
            all += 1;
            same += usize::from(in_a_row(&said(first), &said(other)) as f64 >= 2.0 * seconds * 2.0 / 3.0);
        }
    }
    Ok([same, all])
}

/// The most words in a row that both have.
fn in_a_row(one: &[&str], other: &[&str]) -> usize {
    let mut most = 0;
    let mut before = vec![0; other.len() + 1];
    for word in one {
        let mut now = vec![0; other.len() + 1];
        for (index, own) in other.iter().enumerate() {
            if own == word {
                now[index + 1] = before[index] + 1;
                most = most.max(now[index + 1]);
            }
        }
        before = now;
    }
    most
}

/// Speech with music under it.
fn over(speech: &[f32], music: &[f32]) -> Vec<f32> {
    let music = at_level(music.to_vec(), level(speech) * 0.4);
    speech.iter().zip(&music).map(|(speech, music)| speech + music).collect()
}

/// In how many episodes the jingle is found with both ends, in how many half of it, and the repeats that have nothing of it, with
/// the seconds they take.
fn count(found: &[Repeat<usize>], places: &[(f64, f64)]) -> (usize, usize, Vec<(usize, f64)>) {
    let mut exact = vec![false; places.len()];
    let mut covered = vec![0.0_f64; places.len()];
    let mut others = Vec::new();
    for (number, repeat) in found.iter().enumerate() {
        let mut of_jingle = 0;
        let mut seconds = 0.0;
        for own in &repeat.occurrences {
            let (start, end) = (own.start.seconds(), own.end.seconds());
            seconds += end - start;
            let Some((from, to)) = places.get(own.id) else { continue };
            let common = end.min(*to) - start.max(*from);
            if common > 0.5 * (end - start) {
                of_jingle += 1;
                covered[own.id] += common;
                exact[own.id] |= (start - from).abs() <= 0.5 && (end - to).abs() <= 0.5;
            }
        }
        if 2 * of_jingle < repeat.occurrences.len() {
            others.push((number, seconds));
        }
    }
    let exact = exact.iter().filter(|found| **found).count();
    (exact, covered.iter().filter(|seconds| **seconds >= 0.5 * SECONDS).count(), others)
}
