//! Signals with clicks at known times, the tools that encode them, and finding the clicks again.
#![expect(clippy::unwrap_used, reason = "a test fails where it unwraps")]
#![allow(dead_code, reason = "each test file uses a part")]

use media::{Block, Limits, MediaError, Opened};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Half the length of a click in seconds.
pub const CLICK: f64 = 0.01;

/// A file of `test_data`.
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("test_data").join(name)
}

/// Every recording of `test_data`.
pub fn fixtures() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(fixture(""))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension != "md"))
        .collect();
    files.sort();
    assert!(files.len() >= 15, "test_data is incomplete");
    files
}

/// A sample of the signal at `time`: a quiet tone, and a burst of 1 kHz around each of `clicks`.
pub fn signal(time: f64, clicks: &[f64]) -> f64 {
    use std::f64::consts::{PI, TAU};
    let mut value = 0.02 * (TAU * 200.0 * time).sin();
    for click in clicks {
        let phase = (time - click + CLICK) / (2.0 * CLICK);
        if (0.0..1.0).contains(&phase) {
            value += 0.7 * (TAU * 1000.0 * time).sin() * (PI * phase).sin().powi(2);
        }
    }
    value
}

/// The whole signal as a WAV file of 16 bits.
pub fn write_wav(path: &Path, rate: u32, channels: u16, seconds: f64, clicks: &[f64]) {
    let frames = (seconds * f64::from(rate)) as u32;
    let mut bytes = wav_header(rate, channels, 16, u64::from(frames) * u64::from(channels) * 2);
    for frame in 0..frames {
        let value = (signal(f64::from(frame) / f64::from(rate), clicks) * 32767.0) as i16;
        (0..channels).for_each(|_| bytes.extend(value.to_le_bytes()));
    }
    std::fs::write(path, bytes).unwrap();
}

/// A WAV header of 44 bytes for uncompressed integers.
pub fn wav_header(rate: u32, channels: u16, bits: u16, data: u64) -> Vec<u8> {
    let frame = channels.wrapping_mul(bits / 8);
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((data as u32).wrapping_add(36).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0");
    bytes.extend(channels.to_le_bytes());
    bytes.extend(rate.to_le_bytes());
    bytes.extend(rate.wrapping_mul(u32::from(frame)).to_le_bytes());
    bytes.extend(frame.to_le_bytes());
    bytes.extend(bits.to_le_bytes());
    bytes.extend(b"data");
    bytes.extend((data as u32).to_le_bytes());
    bytes
}

/// Runs a tool; false (with a message) when it is not installed.
pub fn run(tool: &str, arguments: &[&str]) -> bool {
    match Command::new(tool).args(arguments).stdin(Stdio::null()).output() {
        Ok(output) => {
            assert!(
                output.status.success(),
                "{tool} {arguments:?}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
            true
        }
        Err(_) => {
            println!("skipped: {tool} is not installed");
            false
        }
    }
}

/// `ffmpeg` quietly over `arguments`.
pub fn ffmpeg(arguments: &[&str]) -> bool {
    run("ffmpeg", &[&["-nostdin", "-v", "error", "-y"], arguments].concat())
}

/// What came of a file.
#[derive(Debug)]
pub struct Heard {
    /// The first minute.
    pub samples: Vec<f32>,
    /// Samples in all.
    pub length: usize,
    pub partial: Option<String>,
    pub complaints: Vec<String>,
}

/// Reads a file to its end; checks that its blocks are contiguous, of sane size and value.
pub fn hear(path: &Path) -> Result<Heard, MediaError> {
    hear_all(media::open(path, &Limits::default())?)
}

/// Reads what was opened to its end.
pub fn hear_all(mut opened: Opened) -> Result<Heard, MediaError> {
    let (mut samples, mut length) = (Vec::new(), 0);
    while let Some(Block { start, samples: block }) = opened.reader.next_block()? {
        assert_eq!(start, length as u64, "blocks must be contiguous");
        assert!(!block.is_empty() && block.len() <= 16_000);
        assert!(block.iter().all(|value| (-1.0..=1.0).contains(value)));
        length += block.len();
        if length <= 60 * 16_000 {
            samples.extend(block);
        }
    }
    assert!(matches!(opened.reader.next_block(), Ok(None)), "the end must stay the end");
    let partial = opened.reader.partial().map(str::to_owned);
    Ok(Heard { samples, length, partial, complaints: opened.reader.complaints().to_vec() })
}

/// Finds clicks: where the energy around 1 kHz in 10 ms is highest and stands out. Seconds.
#[derive(Default)]
pub struct ClickFinder {
    tail: Vec<f32>,
    steps: u64,
    recent: [f32; WINDOW],
    loud: Vec<(f64, f32)>,
}

/// Samples of a step of the search: 1 ms.
const STEP: usize = 16;
/// Steps over which energy is summed.
const WINDOW: usize = 10;

impl ClickFinder {
    pub fn feed(&mut self, samples: &[f32]) {
        self.tail.extend(samples);
        let mut at = 0;
        while let Some(window) = self.tail.get(at..at + STEP + 4) {
            // The difference over a quarter of a 1 kHz period suppresses the quiet low tone.
            self.recent[self.steps as usize % WINDOW] =
                window.windows(5).map(|pair| (pair[4] - pair[0]).powi(2)).sum();
            self.steps += 1;
            let energy = self.recent.iter().sum::<f32>();
            if energy > 4.0 {
                let centre = self.steps as f64 * STEP as f64 - (WINDOW * STEP / 2) as f64 + 2.0;
                self.loud.push((centre / 16_000.0, energy));
            }
            at += STEP;
        }
        self.tail.drain(..at);
    }

    pub fn clicks(&self) -> Vec<f64> {
        let mut groups: Vec<Vec<(f64, f32)>> = Vec::new();
        for point in &self.loud {
            match groups.last_mut() {
                Some(group) if point.0 - group[group.len() - 1].0 < 0.02 => group.push(*point),
                _ => groups.push(vec![*point]),
            }
        }
        let centre = |group: &Vec<(f64, f32)>| {
            let weight: f64 = group.iter().map(|(_, energy)| f64::from(*energy)).sum();
            group.iter().map(|(time, energy)| time * f64::from(*energy)).sum::<f64>() / weight
        };
        groups.iter().map(centre).collect()
    }
}

/// The clicks in `samples`.
pub fn clicks(samples: &[f32]) -> Vec<f64> {
    let mut finder = ClickFinder::default();
    finder.feed(samples);
    finder.clicks()
}

/// Fails unless `found` are `wanted`, each within `tolerance` seconds.
#[track_caller]
pub fn assert_clicks(name: &str, found: &[f64], wanted: &[f64], tolerance: f64) {
    assert_eq!(found.len(), wanted.len(), "{name}: found {found:?}, wanted {wanted:?}");
    for (found, wanted) in found.iter().zip(wanted) {
        assert!((found - wanted).abs() <= tolerance, "{name}: a click at {wanted} s was found at {found} s");
    }
}
