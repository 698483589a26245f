//! What is heard where nobody speaks, and how well people are heard over soft music.

use anyhow::Context;
use serde_json::json;

use super::bootstrap::Random;
use super::ours::{self, Quality, Readout};
use super::peer::Peer;
use super::score::{Errors, by_utterance};
use super::sound::{self, RATE};
use super::{Place, corpus, machine, music};

#[derive(clap::Args)]
pub struct Options {
    /// Length of each sound
    #[arg(long, default_value_t = 10.0)]
    minutes: f64,
    /// Leave docs/benchmarks.md as it is
    #[arg(long)]
    dry: bool,
}

/// How far music lies under speech, in decibels; the last is so far that it is as good as none.
const UNDER_SPEECH: [f64; 4] = [5.0, 10.0, 15.0, 90.0];

/// Has everything heard, and writes the tables.
///
/// # Errors
/// A program fails or gives no transcript.
pub fn run(place: &Place, options: &Options) -> anyhow::Result<()> {
    let peer = Peer::prepare(place)?;
    let readout = Readout::prepare(place)?;
    let file = place.work.join("quiet.wav");
    let mut page = format!(
        "{} {:.0} minutes of each sound. Wanted: no words.\n\n| sound | words, fast | words, accurate | labelled |\n| --- | --- | --- | --- |\n",
        machine(),
        options.minutes
    );
    let mut figures = Vec::new();
    for (name, samples) in sounds(options.minutes * 60.0) {
        sound::write_wav(&file, &samples)?;
        let mut words = Vec::new();
        let mut labels = String::new();
        for quality in [Quality::Fast, Quality::Accurate] {
            let (transcript, _) = readout.transcribe(&file, quality)?;
            words.push(transcript.words.len());
            labels = labelled(&transcript);
            figures
                .push(json!({ "sound": name, "quality": quality.name(), "text": ours::text(&transcript) }));
        }
        println!("{name}: {words:?} words; {labels}");
        page.push_str(&format!("| {name} | {} | {} | {labels} |\n", words[0], words[1]));
    }
    page.push_str(
        "\nThe sample episode's conversation with music under it.\n\n\
         | music under speech by | word error %, fast | word error %, accurate |\n| --- | --- | --- |\n",
    );
    let (speech, said) = conversation(place, &peer)?;
    for under in UNDER_SPEECH {
        let mut rates = Vec::new();
        sound::write_wav(&file, &over_music(&speech, under))?;
        for quality in [Quality::Fast, Quality::Accurate] {
            let (transcript, _) = readout.transcribe(&file, quality)?;
            let mut texts = vec![ours::text(&transcript)];
            texts.extend(said.iter().cloned());
            let texts = peer.normalise(&texts)?;
            let errors: Errors = by_utterance(&texts[1..], &texts[0]).into_iter().sum();
            rates.push(100.0 * errors.rate());
            figures.push(json!({ "music_under_speech_by": under, "quality": quality.name(), "errors": errors.count(), "words": errors.words }));
        }
        let name = if under > 60.0 { "(no music)".to_owned() } else { format!("{under:.0} dB") };
        println!("{name}: {rates:.2?} % word error");
        page.push_str(&format!("| {name} | {:.2} | {:.2} |\n", rates[0], rates[1]));
    }
    std::fs::remove_file(&file).with_context(|| format!("cannot delete {}", file.display()))?;
    place.publish(
        "quiet",
        options.dry,
        &page,
        &json!({ "machine": machine(), "minutes": options.minutes, "heard": figures }),
    )
}

/// Everything nobody speaks in, by name.
pub fn sounds(seconds: f64) -> Vec<(String, Vec<f32>)> {
    let mut random = Random(3);
    let level = |samples, decibels| sound::at_level(samples, sound::decibels(decibels));
    let mut sounds = vec![
        ("silence".to_owned(), sound::silence(seconds)),
        ("white noise, -60 dB".to_owned(), level(sound::white(seconds, &mut random), -60.0)),
        ("white noise, -20 dB".to_owned(), level(sound::white(seconds, &mut random), -20.0)),
        ("pink noise, -20 dB".to_owned(), level(sound::pink(seconds, &mut random), -20.0)),
        ("a tone of 440 Hz".to_owned(), level(sound::tone(seconds, 440.0), -15.0)),
        ("hum of 100 Hz".to_owned(), level(sound::tone(seconds, 100.0), -25.0)),
    ];
    for (name, make) in music::KINDS {
        sounds.push((format!("music: {name}"), level(make(seconds), -18.0)));
    }
    sounds
}

/// What the stretches of a transcript are called, with their length.
fn labelled(transcript: &model::Transcript) -> String {
    let mut lengths: Vec<(&str, f64)> = Vec::new();
    for stretch in &transcript.stretches {
        let name = transcript::describe(stretch.kind);
        let length = stretch.end.since(stretch.start).seconds();
        match lengths.iter_mut().find(|(own, _)| *own == name) {
            Some((_, sum)) => *sum += length,
            None => lengths.push((name, length)),
        }
    }
    lengths.iter().map(|(name, length)| format!("{name} {length:.0} s")).collect::<Vec<_>>().join(", ")
}

/// The part of the sample without music, and what is said in it.
fn conversation(place: &Place, peer: &Peer) -> anyhow::Result<(Vec<f32>, Vec<String>)> {
    let sample = corpus::sample(place, peer)?;
    let [first, second] = sample.halves.context("the sample comes in halves")?;
    let mut samples = sound::read_wav(&first)?;
    samples.extend(sound::read_wav(&second)?);
    let utterances = corpus::sample_utterances(place)?;
    // The jingle is over by the second sentence; the bed begins after the longest pause of the last third.
    let begin = utterances.get(1).context("the sample has no second sentence")?.start - 0.2;
    let third = samples.len() as f64 / RATE as f64 * 2.0 / 3.0;
    let outro = utterances
        .windows(2)
        .enumerate()
        .filter(|(_, pair)| pair[0].end > third)
        .max_by(|(_, a), (_, b)| (a[1].start - a[0].end).total_cmp(&(b[1].start - b[0].end)))
        .map(|(index, _)| index)
        .context("the sample has no outro")?;
    let end = utterances[outro].end + 0.1;
    let said = utterances[1..=outro].iter().map(|utterance| utterance.text.clone()).collect();
    Ok((samples[(begin * RATE as f64) as usize..(end * RATE as f64) as usize].to_vec(), said))
}

/// Speech with a band's music `under` decibels below it.
fn over_music(speech: &[f32], under: f64) -> Vec<f32> {
    let seconds = speech.len() as f64 / RATE as f64 + 1.0;
    let band = music::KINDS.iter().find(|(name, _)| *name == "a band").map(|(_, make)| make(seconds));
    let music = sound::at_level(band.unwrap_or_default(), sound::level(speech) / sound::decibels(under));
    speech.iter().zip(&music).map(|(speech, music)| 0.7 * (speech + music)).collect()
}
