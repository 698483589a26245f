//! Log-mel spectrogram as Whisper takes it (Radford et al. 2022, §2.2): 25 ms Hann windows every 10 ms, mel bands on the
//! Slaney scale with equal area, base-10 logarithm, the top 80 dB, shifted and scaled to about -1..=1.

use realfft::{RealFftPlanner, RealToComplex};
use std::f32::consts::PI;
use std::sync::Arc;

/// Samples a second.
pub(crate) const SAMPLE_RATE: usize = 16_000;
/// Samples of one analysis window.
const WINDOW: usize = 400;
/// Samples between windows.
pub(crate) const HOP: usize = 160;
/// Frames of a whole window of 30 seconds.
pub(crate) const FRAMES: usize = 3000;

/// Computes spectrograms; holds the plan of the Fourier transform and its buffers.
pub(crate) struct MelSpectrogram {
    bands: usize,
    transform: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    /// For each band: first bin and the weights of the bins from there.
    filters: Vec<(usize, Vec<f32>)>,
    scratch: Vec<realfft::num_complex::Complex<f32>>,
    spectrum: Vec<realfft::num_complex::Complex<f32>>,
    frame: Vec<f32>,
    power: Vec<f32>,
}

impl MelSpectrogram {
    pub fn new(bands: usize) -> Self {
        let transform = RealFftPlanner::<f32>::new().plan_fft_forward(WINDOW);
        let window =
            (0..WINDOW).map(|index| 0.5 - 0.5 * (2.0 * PI * index as f32 / WINDOW as f32).cos()).collect();
        Self {
            bands,
            window,
            filters: filters(bands),
            scratch: transform.make_scratch_vec(),
            spectrum: transform.make_output_vec(),
            frame: transform.make_input_vec(),
            power: vec![0.0; WINDOW / 2 + 1],
            transform,
        }
    }

    /// The spectrogram of up to 30 seconds, padded with silence to 3,000 frames: `(1 + 3000 + 1) × bands`, frame by
    /// frame, with a frame of zeros before and after for the convolution that follows.
    pub fn compute(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        let bands = self.bands;
        out.clear();
        out.resize((FRAMES + 2) * bands, 0.0);
        // Frames whose window lies wholly in the padding all equal the floor.
        let sounding = (samples.len() + WINDOW / 2).div_ceil(HOP).min(FRAMES);
        let mut largest = -10.0_f32;
        for frame in 0..sounding {
            // Frame `f` is centred on sample `f * HOP`; the recording is mirrored at its begin.
            for (offset, (value, window)) in self.frame.iter_mut().zip(&self.window).enumerate() {
                let index = (frame * HOP + offset) as isize - (WINDOW / 2) as isize;
                *value = samples.get(index.unsigned_abs()).copied().unwrap_or(0.0) * window;
            }
            let transformed =
                self.transform.process_with_scratch(&mut self.frame, &mut self.spectrum, &mut self.scratch);
            if transformed.is_err() {
                continue;
            }
            for (power, bin) in self.power.iter_mut().zip(&self.spectrum) {
                *power = bin.re * bin.re + bin.im * bin.im;
            }
            for (out, (first, weights)) in
                out[(frame + 1) * bands..(frame + 2) * bands].iter_mut().zip(&self.filters)
            {
                let sum: f32 =
                    weights.iter().zip(&self.power[*first..]).map(|(weight, power)| weight * power).sum();
                *out = sum.max(1e-10).log10();
                largest = largest.max(*out);
            }
        }
        out[(sounding + 1) * bands..(FRAMES + 1) * bands].fill(-10.0);
        let floor = largest - 8.0;
        for value in &mut out[bands..(FRAMES + 1) * bands] {
            *value = (value.max(floor) + 4.0) / 4.0;
        }
    }
}

/// Triangular filters on the Slaney mel scale (linear below 1 kHz, logarithmic above), each of unit area in hertz.
fn filters(bands: usize) -> Vec<(usize, Vec<f32>)> {
    const LINEAR: f64 = 200.0 / 3.0;
    let step = 6.4_f64.ln() / 27.0;
    let to_hertz = |mel: f64| if mel < 15.0 { mel * LINEAR } else { 1000.0 * ((mel - 15.0) * step).exp() };
    let highest = 15.0 + (SAMPLE_RATE as f64 / 2.0 / 1000.0).ln() / step;
    let corner = |index: usize| to_hertz(highest * index as f64 / (bands + 1) as f64);
    let hertz_a_bin = SAMPLE_RATE as f64 / WINDOW as f64;
    (0..bands)
        .map(|band| {
            let (low, middle, high) = (corner(band), corner(band + 1), corner(band + 2));
            let weight = |bin: usize| {
                let hertz = bin as f64 * hertz_a_bin;
                let rise = (hertz - low) / (middle - low);
                let fall = (high - hertz) / (high - middle);
                rise.min(fall).max(0.0) * 2.0 / (high - low)
            };
            let first = (0..=WINDOW / 2).find(|bin| weight(*bin) > 0.0).unwrap_or(0);
            let weights =
                (first..=WINDOW / 2).map(|bin| weight(bin) as f32).take_while(|weight| *weight > 0.0);
            (first, weights.collect())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_lights_its_band_and_the_padding_is_the_floor() {
        let tone: Vec<f32> = (0..SAMPLE_RATE)
            .map(|sample| (2.0 * PI * 1000.0 * sample as f32 / SAMPLE_RATE as f32).sin() * 0.5)
            .collect();
        let mut out = Vec::new();
        MelSpectrogram::new(80).compute(&tone, &mut out);
        assert_eq!(out.len(), (FRAMES + 2) * 80);
        assert!(out[..80].iter().chain(&out[(FRAMES + 1) * 80..]).all(|value| *value == 0.0));
        let frame = &out[51 * 80..52 * 80];
        let brightest = (0..80).max_by(|one, other| frame[*one].total_cmp(&frame[*other])).unwrap();
        // 1 kHz is mel 15 of 45.245 on the Slaney scale, so band 15 / 45.245 × 81 - 1, that is 25.9.
        assert!((25..=26).contains(&brightest), "band {brightest}");
        let floor = frame[brightest] - 2.0;
        assert!(out[2000 * 80..2001 * 80].iter().all(|value| (value - floor).abs() < 1e-3));
    }

    #[test]
    fn the_area_of_every_band_is_one() {
        for bands in [80, 128] {
            for (first, weights) in filters(bands).iter().skip(bands / 2) {
                let area: f32 = weights.iter().sum::<f32>() * (SAMPLE_RATE / WINDOW) as f32;
                assert!((area - 1.0).abs() < 0.1, "{bands} bands, from bin {first}: {area}");
            }
        }
    }
}
