//! What is written as Opus decodes to the same length, each sample at its place.

use media::{Limits, OpusFile, open};
use std::path::Path;

const RATE: usize = 16_000;

/// Bursts of noise through a resonance, so that every place is unlike every other.
fn bursts(samples: usize) -> Vec<f32> {
    let (mut state, mut before) = (0x9e37_79b9_7f4a_7c15_u64, [0.0_f32; 2]);
    (0..samples)
        .map(|n| {
            // xorshift64 (Marsaglia 2003).
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let noise = (state >> 40) as f32 / (1_u64 << 23) as f32 - 1.0;
            let turn =
                std::f32::consts::TAU * (400.0 + 900.0 * (n as f32 / 5000.0).sin().abs()) / RATE as f32;
            let next = 0.05 * noise + 1.9 * turn.cos() * before[0] - 0.9025 * before[1];
            before = [next, before[0]];
            0.5 * next * (n as f32 / 1700.0).sin().powi(2)
        })
        .collect()
}

fn written(samples: &[f32], pieces: usize) -> Vec<u8> {
    let mut file = OpusFile::new(Vec::new()).expect("begun");
    for piece in samples.chunks(pieces) {
        file.push(piece).expect("written");
    }
    let (bytes, count) = file.finish().expect("ended");
    assert_eq!(count, samples.len() as u64);
    bytes
}

fn decoded(path: &Path) -> Vec<f32> {
    let mut opened = open(path, &Limits::default()).expect("opened");
    assert_eq!((opened.info.codec.as_str(), opened.info.channels), ("Opus", 1));
    let mut samples = Vec::new();
    while let Some(block) = opened.reader.next_block().expect("decoded") {
        samples.extend(block.samples);
    }
    assert_eq!(opened.reader.partial(), None);
    assert_eq!(opened.reader.complaints(), [] as [String; 0]);
    samples
}

/// By how many samples `b` is late against `a` around a place: where the two agree most.
fn late(a: &[f32], b: &[f32], at: usize) -> i64 {
    const AROUND: i64 = 400;
    let from = at.max(AROUND as usize);
    let window = &a[from..(from + RATE / 2).min(a.len() - AROUND as usize)];
    let product = |shift: i64| -> f64 {
        let start = (from as i64 + shift) as usize;
        window.iter().zip(&b[start..]).map(|(one, two)| f64::from(one * two)).sum()
    };
    (-AROUND..=AROUND).max_by(|one, other| product(*one).total_cmp(&product(*other))).expect("some shift")
}

#[test]
fn every_sample_is_at_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("kept.opus");
    // Minutes whole and odd, less than a packet, and nothing.
    for samples in [60 * RATE, 20 * RATE + 123, 320, 321, 100, 1, 0] {
        let sound = bursts(samples);
        let bytes = written(&sound, 997);
        std::fs::write(&path, &bytes).expect("written");
        if samples == 0 {
            continue;
        }
        let back = decoded(&path);
        assert!(back.len().abs_diff(samples) <= 1, "{samples} samples became {}", back.len());
        if samples > RATE {
            for at in [0, samples / 3, samples / 2, samples - RATE] {
                let late = late(&sound, &back, at);
                // 10 ms are 160 samples.
                assert!(late.abs() <= 16, "{samples}: around {at} it is {late} samples late");
            }
            let bits = bytes.len() * 8 / (samples / RATE);
            assert!((8_000..48_000).contains(&bits), "{bits} bits a second");
        }
    }
}

#[test]
fn the_same_sound_gives_the_same_bytes_however_it_comes() {
    let sound = bursts(3 * RATE + 7);
    assert_eq!(written(&sound, 997), written(&sound, 16_000));
    // What is no sound is written as some.
    written(&[f32::NAN; 5000], 100);
    written(&[f32::INFINITY; 5000], 5000);
}
