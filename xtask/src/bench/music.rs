//! Music made of oscillators, in several kinds: what a recogniser must not take for speech.

use std::f64::consts::TAU;

use super::bootstrap::Random;
use super::sound::RATE;

/// A way to make `seconds` of music.
pub type Kind = fn(f64) -> Vec<f32>;

/// Every kind, by name.
pub const KINDS: &[(&str, Kind)] = &[
    ("chords", chords),
    ("arpeggios", arpeggios),
    ("drums", drums),
    ("a band", band),
    ("a hummed melody", hummed),
];

/// Roots of a progression that repeats every four bars, as MIDI pitches, with their thirds.
const PROGRESSION: [(i32, i32); 4] = [(50, 3), (46, 4), (53, 4), (48, 4)];
const BAR_SECONDS: f64 = 2.0;

fn hertz(pitch: i32) -> f64 {
    440.0 * 2_f64.powf(f64::from(pitch - 69) / 12.0)
}

/// Adds `voice(seconds since its start)` to `out` from `at` on, for `length` seconds.
fn add(out: &mut [f32], at: f64, length: f64, voice: impl FnMut(f64) -> f64) {
    let mut voice = voice;
    let start = (at * RATE as f64) as usize;
    let count = (length * RATE as f64) as usize;
    for (place, sample) in out.iter_mut().skip(start).take(count).enumerate() {
        *sample += voice(place as f64 / RATE as f64) as f32;
    }
}

fn empty(seconds: f64) -> Vec<f32> {
    vec![0.0; (seconds * RATE as f64) as usize]
}

/// Calls `play(out, time of the bar, root, third)` for every bar.
fn bars(seconds: f64, mut play: impl FnMut(&mut [f32], f64, i32, i32)) -> Vec<f32> {
    let mut out = empty(seconds);
    let count = (seconds / BAR_SECONDS).ceil() as usize;
    for bar in 0..count {
        let (root, third) = PROGRESSION[bar % PROGRESSION.len()];
        play(&mut out, bar as f64 * BAR_SECONDS, root, third);
    }
    out
}

/// Held chords that swell and sink.
fn chords(seconds: f64) -> Vec<f32> {
    bars(seconds, |out, at, root, third| {
        for pitch in [root, root + third, root + 7, root + 12] {
            let frequency = hertz(pitch);
            add(out, at, BAR_SECONDS, |t| {
                let swell = (std::f64::consts::PI * t / BAR_SECONDS).sin();
                let partials: f64 =
                    (1..6).map(|k| (TAU * frequency * f64::from(k) * t).sin() / f64::from(k * k)).sum();
                swell * partials
            });
        }
    })
}

/// Plucked strings, eight notes a bar.
fn arpeggios(seconds: f64) -> Vec<f32> {
    bars(seconds, |out, at, root, third| {
        for (step, interval) in [0, third, 7, 12, 12 + third, 12, 7, third].into_iter().enumerate() {
            let frequency = hertz(root + 12 + interval);
            add(out, at + step as f64 * BAR_SECONDS / 8.0, 0.8, |t| {
                let partials: f64 =
                    (1..8).map(|k| (TAU * frequency * f64::from(k) * t).sin() / f64::from(k)).sum();
                partials * (-5.0 * t).exp() * (t / 0.003).min(1.0)
            });
        }
    })
}

/// A bass drum, a snare and a hi-hat.
fn drums(seconds: f64) -> Vec<f32> {
    let mut random = Random(11);
    bars(seconds, |out, at, _, _| {
        for beat in 0..4 {
            let time = at + f64::from(beat) * BAR_SECONDS / 4.0;
            if beat % 2 == 0 {
                add(out, time, 0.3, |t| {
                    2.0 * (TAU * (50.0 * t + 4.0 * (1.0 - (-30.0 * t).exp()))).sin() * (-12.0 * t).exp()
                });
            } else {
                add(out, time, 0.2, |t| random.normal() * 0.7 * (-22.0 * t).exp());
            }
            for half in 0..2 {
                let mut last = 0.0;
                add(out, time + f64::from(half) * BAR_SECONDS / 8.0, 0.06, |t| {
                    let noise = random.normal();
                    let high = noise - last;
                    last = noise;
                    high * 0.3 * (-70.0 * t).exp()
                });
            }
        }
    })
}

/// Chords, arpeggios and drums together.
fn band(seconds: f64) -> Vec<f32> {
    let (chords, arpeggios, drums) = (chords(seconds), arpeggios(seconds), drums(seconds));
    chords.iter().zip(&arpeggios).zip(&drums).map(|((a, b), c)| 0.6 * a + 0.5 * b + c).collect()
}

/// One voice-like line: harmonics of a buzzing tone through two resonances, with vibrato. The hardest not to take for speech.
fn hummed(seconds: f64) -> Vec<f32> {
    let mut random = Random(5);
    let scale = [0, 2, 4, 7, 9, 12];
    let mut degree = 2_usize;
    bars(seconds, |out, at, _, _| {
        for note in 0..4 {
            degree = (degree + 4 + (random.next() % 5) as usize) % scale.len();
            let frequency = hertz(57 + scale[degree]);
            add(out, at + f64::from(note) * BAR_SECONDS / 4.0, 0.47, |t| {
                let vibrato = 0.25 * (TAU * 5.5 * t).sin();
                let partials: f64 = (1..12)
                    .map(|k| {
                        let k = f64::from(k);
                        let shape = 1.0 / (1.0 + ((k * frequency - 450.0) / 250.0).powi(2))
                            + 0.4 / (1.0 + ((k * frequency - 1100.0) / 300.0).powi(2));
                        shape * (k * (TAU * frequency * t + vibrato)).sin()
                    })
                    .sum();
                partials * (t / 0.06).min(1.0) * ((0.47 - t) / 0.08).clamp(0.0, 1.0)
            });
        }
    })
}
