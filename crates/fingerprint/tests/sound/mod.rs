//! Sounds for the tests, made from numbers: something like speech, music, noise, and what codecs do to them.

#![allow(dead_code, reason = "each test file uses some of it")]

use fingerprint::{Fingerprint, Fingerprinter};

pub const RATE: usize = 16_000;

/// A generator of numbers (SplitMix64).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to 1.
    pub fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1_u64 << 24) as f32
    }

    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }
}

/// Something like speech: syllables of a buzzing or hissing source through three resonances that move, with pauses.
pub fn talk(seconds: f64, seed: u64) -> Vec<f32> {
    let mut random = Random(seed);
    let total = (seconds * RATE as f64) as usize;
    let mut out = Vec::with_capacity(total + RATE);
    let pitch = random.between(90.0, 220.0);
    let (mut phase, mut state) = (0.0_f32, [[0.0_f32; 2]; 3]);
    let formants = |random: &mut Random| {
        [random.between(250.0, 850.0), random.between(900.0, 2200.0), random.between(2200.0, 3400.0)]
    };
    let mut from = formants(&mut random);
    while out.len() < total {
        let length = (random.between(0.09, 0.28) * RATE as f32) as usize;
        let to = formants(&mut random);
        let (voiced, loud) = (random.unit() < 0.75, random.between(0.3, 1.0));
        let bend = random.between(0.85, 1.2);
        for sample in 0..length {
            let way = sample as f32 / length as f32;
            phase += pitch * (1.0 + (bend - 1.0) * way) / RATE as f32;
            phase -= phase.floor();
            let noise = random.between(-1.0, 1.0);
            let source = if voiced { phase - 0.5 + 0.05 * noise } else { 0.5 * noise };
            let mut sum = 0.0;
            for (index, state) in state.iter_mut().enumerate() {
                let frequency = from[index] + (to[index] - from[index]) * way;
                // A resonance of 90 Hz width.
                let r = (-std::f32::consts::PI * 90.0 / RATE as f32).exp();
                let y = source * (1.0 - r)
                    + 2.0 * r * (std::f32::consts::TAU * frequency / RATE as f32).cos() * state[0]
                    - r * r * state[1];
                *state = [y, state[0]];
                sum += y / (1.0 + index as f32);
            }
            out.push(sum * loud * (std::f32::consts::PI * way).sin() * 0.3);
        }
        from = to;
        if random.unit() < 0.12 {
            out.extend(std::iter::repeat_n(0.0, (random.between(0.1, 0.7) * RATE as f32) as usize));
        }
    }
    out.truncate(total);
    out
}

/// A tune of plucked notes.
pub fn jingle(seconds: f64, seed: u64) -> Vec<f32> {
    let mut random = Random(seed);
    let mut out = vec![0.0_f32; (seconds * RATE as f64) as usize];
    let mut at = 0;
    while at < out.len() {
        let frequency = 220.0 * 2_f32.powf((random.next() % 25) as f32 / 12.0);
        for (place, sample) in out[at..].iter_mut().take(RATE).enumerate() {
            let time = place as f32 / RATE as f32;
            let partial = |n: f32| (std::f32::consts::TAU * frequency * n * time).sin() / n;
            *sample += 0.12 * (-5.0 * time).exp() * (partial(1.0) + partial(2.0) + partial(3.0));
        }
        at += (random.between(0.1, 0.35) * RATE as f32) as usize;
    }
    out
}

pub fn tone(seconds: f64, hertz: f32) -> Vec<f32> {
    let step = std::f64::consts::TAU * f64::from(hertz) / RATE as f64;
    (0..(seconds * RATE as f64) as usize).map(|n| 0.3 * (step * n as f64).sin() as f32).collect()
}

pub fn noise(seconds: f64, level: f32, seed: u64) -> Vec<f32> {
    let mut random = Random(seed);
    (0..(seconds * RATE as f64) as usize).map(|_| level * random.between(-1.0, 1.0)).collect()
}

pub fn silence(seconds: f64) -> Vec<f32> {
    vec![0.0; (seconds * RATE as f64) as usize]
}

/// What another chain does: a delay by a part of a sample, a softer treble, another level, noise of a codec that follows
/// the level, 12-bit steps.
pub fn copied(samples: &[f32], level: f32, seed: u64) -> Vec<f32> {
    let mut random = Random(seed);
    let (mut envelope, mut last) = (0.0_f32, 0.0_f32);
    samples
        .iter()
        .map(|sample| {
            let soft = 0.6 * sample + 0.4 * last;
            last = *sample;
            envelope = (envelope * 0.999).max(soft.abs());
            let noisy = soft + 0.06 * envelope * random.between(-1.0, 1.0);
            (noisy * level * 2048.0).round() / 2048.0
        })
        .collect()
}

pub fn print(samples: &[f32]) -> Fingerprint {
    let mut maker = Fingerprinter::new();
    maker.push(samples);
    maker.finish()
}
