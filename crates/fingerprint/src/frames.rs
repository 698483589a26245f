//! From samples to frames: sixteen bits, 31.25 times a second.

use std::sync::Arc;

use model::Millis;
use realfft::{RealFftPlanner, RealToComplex, num_complex::Complex};

/// Samples a second of what goes in.
const RATE: f64 = 16_000.0;
/// Samples from one frame to the next: 32 ms.
pub(crate) const HOP: usize = 512;
/// Samples under one spectrum: 256 ms, long enough that copies whose frames lie 16 ms apart still agree.
const WINDOW: usize = 4096;
/// A frame compares the spectrum with the one this many hops before. Over 192 ms differences are larger than what
/// codecs do to them; with more, neighbouring frames would tell the same.
const LAG: usize = 6;
/// Bands between [`LOWEST`] and [`HIGHEST`]: one more than there are bits.
const BANDS: usize = 17;
/// Edges of the bands in Hz: what survives telephone quality and a rate of 8 kHz.
const LOWEST: f64 = 200.0;
const HIGHEST: f64 = 3400.0;
/// Share of a spectrum's mean that is added to each band, so that the noise a codec leaves between the partials of a voice
/// or an instrument decides no bit: against 1e-3 it halves the bits that AAC changes in a melody.
const BAND_FLOOR: f32 = 0.1;
/// Mean change of the logarithms in a frame under which nothing happens in it: a tone and a held chord have 0.00, steady
/// noise nearly always 0.2 and more, speech 0.3.
const STEADY: f32 = 0.12;
/// Decibels under the recording's loud parts from which on a frame is quiet: room noise that codecs treat as they like.
const QUIET_UNDER_LOUD: f32 = 40.0;
/// Decibels under full scale from which on a frame is quiet in any recording.
const QUIET: f32 = -75.0;

/// A frame in which there is nothing to recognise: quiet or steady. Frames are never 0 otherwise.
pub(crate) const NOTHING: u16 = 0;

/// What remains of a recording to recognise it by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fingerprint {
    /// Length of the recording in samples at 16 kHz.
    pub(crate) samples: u64,
    /// One value a frame; [`NOTHING`] where there is nothing to recognise.
    pub(crate) frames: Vec<u16>,
}

impl Fingerprint {
    /// Length of the recording.
    pub fn duration(&self) -> Millis {
        Millis::from_seconds(self.samples as f64 / RATE)
    }

    /// How much of the recording can be recognised: neither quiet nor steady.
    pub fn sounding(&self) -> Millis {
        let frames = self.frames.iter().filter(|frame| **frame != NOTHING).count();
        Millis::from_seconds(seconds(frames as f64))
    }

    /// How many frames there are for a recording of `samples`.
    pub(crate) fn frames_of(samples: u64) -> u64 {
        (samples + HOP as u64).saturating_sub((WINDOW + LAG * HOP) as u64) / HOP as u64
    }
}

/// Seconds that many frames take.
pub(crate) fn seconds(frames: f64) -> f64 {
    frames * HOP as f64 / RATE
}

/// How many frames begin in that many seconds.
pub(crate) fn frames_in(seconds: f64) -> usize {
    (seconds * RATE / HOP as f64).round() as usize
}

/// The middle of what frame `index` was made of, in seconds; a frame's bits tell of this time.
pub(crate) fn middle(index: f64) -> f64 {
    seconds(index) + (WINDOW + LAG * HOP) as f64 / 2.0 / RATE
}

/// Makes a fingerprint of samples as they come.
pub struct Fingerprinter {
    fft: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    /// For each band the bins of the spectrum with their weights: the first bin, then one weight a bin.
    bands: Vec<(usize, Vec<f32>)>,
    /// Samples that the next spectra need.
    waiting: Vec<f32>,
    samples: u64,
    /// Differences of neighbouring bands' logarithms in the last [`LAG`] spectra, round and round.
    before: [[f32; BANDS - 1]; LAG],
    spectra: usize,
    frames: Vec<u16>,
    /// Level of each frame in half decibels under full scale.
    levels: Vec<u8>,
    input: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
}

impl Default for Fingerprinter {
    fn default() -> Self {
        Self::new()
    }
}

impl Fingerprinter {
    /// Ready for the first sample.
    pub fn new() -> Self {
        let fft = RealFftPlanner::<f32>::new().plan_fft_forward(WINDOW);
        let turn = std::f64::consts::TAU / WINDOW as f64;
        let window = (0..WINDOW).map(|n| (0.5 - 0.5 * (turn * n as f64).cos()) as f32).collect();
        let (spectrum, scratch) = (fft.make_output_vec(), fft.make_scratch_vec());
        Self {
            window,
            bands: bands(),
            waiting: Vec::new(),
            samples: 0,
            before: [[0.0; BANDS - 1]; LAG],
            spectra: 0,
            frames: Vec::new(),
            levels: Vec::new(),
            input: fft.make_input_vec(),
            spectrum,
            scratch,
            fft,
        }
    }

    /// Takes the samples that follow: mono, 16 kHz, -1 to 1. What is no number counts as 0, what is louder as 1.
    pub fn push(&mut self, samples: &[f32]) {
        // A second at a time, so that a caller who has the whole recording does not have it copied.
        for some in samples.chunks(RATE as usize) {
            self.samples += some.len() as u64;
            let finite = |sample: &f32| if sample.is_nan() { 0.0 } else { sample.clamp(-1.0, 1.0) };
            self.waiting.extend(some.iter().map(finite));
            let mut start = 0;
            while start + WINDOW <= self.waiting.len() {
                self.spectrum_at(start);
                start += HOP;
            }
            self.waiting.drain(..start);
        }
    }

    /// The fingerprint of all that was pushed.
    pub fn finish(mut self) -> Fingerprint {
        let mut counts = [0_usize; 256];
        self.levels.iter().for_each(|level| counts[usize::from(*level)] += 1);
        // The level that a twentieth of the frames reach.
        let mut louder = 0;
        let loud = counts.iter().position(|count| {
            louder += count;
            louder * 20 > self.levels.len()
        });
        let quiet = (loud.unwrap_or(0) as f32 + 2.0 * QUIET_UNDER_LOUD).min(-2.0 * QUIET);
        for (frame, level) in self.frames.iter_mut().zip(&self.levels) {
            if f32::from(*level) > quiet {
                *frame = NOTHING;
            }
        }
        Fingerprint { samples: self.samples, frames: self.frames }
    }

    /// Takes the spectrum of the window that begins at `start` of what waits; from the seventh on each gives a frame.
    fn spectrum_at(&mut self, start: usize) {
        let samples = &self.waiting[start..start + WINDOW];
        for ((out, sample), weight) in self.input.iter_mut().zip(samples).zip(&self.window) {
            *out = sample * weight;
        }
        let done = self.fft.process_with_scratch(&mut self.input, &mut self.spectrum, &mut self.scratch);
        debug_assert!(done.is_ok(), "the buffers were made by the transform");
        let mut energies = [0.0_f32; BANDS];
        for (energy, (first, weights)) in energies.iter_mut().zip(&self.bands) {
            let bins = self.spectrum[*first..].iter().zip(weights);
            *energy = bins.map(|(bin, weight)| bin.norm_sqr() * weight).sum();
        }
        let sum: f32 = energies.iter().sum();
        let floor = BAND_FLOOR * sum / BANDS as f32 + 1e-12;
        let logs = energies.map(|energy| (energy + floor).ln());
        let mut slopes = [0.0_f32; BANDS - 1];
        for (slope, pair) in slopes.iter_mut().zip(logs.windows(2)) {
            *slope = pair[1] - pair[0];
        }
        let place = self.spectra % LAG;
        if self.spectra >= LAG {
            let mut frame = 0_u16;
            let mut change = 0.0;
            for (bit, (now, then)) in slopes.iter().zip(&self.before[place]).enumerate() {
                frame |= u16::from(now > then) << bit;
                change += (now - then).abs();
            }
            let steady = change < STEADY * (BANDS - 1) as f32;
            self.frames.push(if steady { NOTHING } else { frame.max(1) });
            self.levels.push(half_decibels_under_full_scale(sum));
        }
        self.before[place] = slopes;
        self.spectra += 1;
    }
}

/// The level of a spectrum with this energy; a sine at full scale has 0.
fn half_decibels_under_full_scale(energy: f32) -> u8 {
    // A sine of amplitude 1 gives bins of WINDOW / 4 at its frequency and half of that beside it.
    let full = 1.5 * (WINDOW as f32 / 4.0).powi(2);
    (-20.0 * (energy / full).max(1e-20).log10()).round().clamp(0.0, 255.0) as u8
}

/// Bands of equal width on a logarithmic scale; a bin on an edge is shared.
fn bands() -> Vec<(usize, Vec<f32>)> {
    let edge =
        |index: usize| LOWEST * (HIGHEST / LOWEST).powf(index as f64 / BANDS as f64) * WINDOW as f64 / RATE;
    let band = |index: usize| {
        let (low, high) = (edge(index), edge(index + 1));
        let first = (low + 0.5).floor() as usize;
        let last = (high + 0.5).floor() as usize;
        let weight =
            |bin: usize| ((bin as f64 + 0.5).min(high) - (bin as f64 - 0.5).max(low)).clamp(0.0, 1.0);
        (first, (first..=last).map(|bin| weight(bin) as f32).collect())
    };
    (0..BANDS).map(band).collect()
}
