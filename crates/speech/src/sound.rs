//! What is heard where nobody speaks: silence, music or noise.

use crate::packing::Span;
use model::{Millis, Stretch, StretchKind};
use realfft::{RealFftPlanner, RealToComplex, num_complex::Complex};
use std::sync::Arc;

const RATE: usize = 16_000;
/// Samples of one Fourier transform: 128 ms, fine enough (7.8 Hz) to tell the partials of a chord.
const TRANSFORM: usize = 2048;
/// Transforms judged together: half a second.
const TOGETHER: usize = 4;
/// Samples of one judgement.
const JUDGED: usize = TRANSFORM * TOGETHER;
/// Below this level (root mean square) nothing is heard: -55 dB of full scale.
const SILENT: f32 = 0.0018;
/// Below this flatness the energy stands in few partials, as it does in music. White noise has about 0.8.
const TONAL: f32 = 0.45;
/// Shorter stretches without speech are pauses, not worth a label.
const LEAST: usize = 3 * RATE;
/// Octave bands, in bins of 7.8 Hz, from 125 Hz to 4 kHz: flatness is taken inside each, so that the slope of a spectrum
/// does not count as tone.
const BANDS: [(usize, usize); 5] = [(16, 32), (32, 64), (64, 128), (128, 256), (256, 512)];

/// Judges half-seconds of a stream as they pass; labels them once it is known where speech was.
pub(crate) struct SoundLabels {
    transform: Arc<dyn RealToComplex<f32>>,
    pending: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    window: Vec<f32>,
    kinds: Vec<StretchKind>,
}

impl SoundLabels {
    pub fn new() -> Self {
        let transform = RealFftPlanner::<f32>::new().plan_fft_forward(TRANSFORM);
        let window = (0..TRANSFORM)
            .map(|index| 0.5 - 0.5 * (2.0 * std::f32::consts::PI * index as f32 / TRANSFORM as f32).cos())
            .collect();
        Self {
            spectrum: transform.make_output_vec(),
            transform,
            pending: Vec::new(),
            window,
            kinds: Vec::new(),
        }
    }

    pub fn push(&mut self, samples: &[f32]) {
        self.pending.extend_from_slice(samples);
        let whole = self.pending.len() / JUDGED * JUDGED;
        let rest = self.pending.split_off(whole);
        let ready = std::mem::replace(&mut self.pending, rest);
        for judged in ready.chunks_exact(JUDGED) {
            let kind = self.judge(judged);
            self.kinds.push(kind);
        }
    }

    fn judge(&mut self, samples: &[f32]) -> StretchKind {
        let level = (samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len() as f32).sqrt();
        if level < SILENT {
            return StretchKind::Silence;
        }
        let mut power = vec![1e-12_f32; TRANSFORM / 2 + 1];
        for chunk in samples.chunks_exact(TRANSFORM) {
            let mut frame: Vec<f32> =
                chunk.iter().zip(&self.window).map(|(sample, window)| sample * window).collect();
            if self.transform.process(&mut frame, &mut self.spectrum).is_ok() {
                for (power, bin) in power.iter_mut().zip(&self.spectrum) {
                    *power += bin.norm_sqr();
                }
            }
        }
        // Flatness (geometric over arithmetic mean) of each band, weighted by its energy.
        let (mut weighted, mut total) = (0.0, 0.0);
        for (from, to) in BANDS {
            let band = &power[from..to];
            let count = band.len() as f32;
            let mean = band.iter().sum::<f32>() / count;
            let geometric = (band.iter().map(|power| power.ln()).sum::<f32>() / count).exp();
            weighted += mean * count * (geometric / mean);
            total += mean * count;
        }
        if total > 0.0 && weighted / total < TONAL { StretchKind::Music } else { StretchKind::Noise }
    }

    /// Labels of the stretches of at least three seconds between the speech, in order.
    pub fn label(&self, spans: &[Span], length: usize) -> Vec<Stretch> {
        let mut stretches = Vec::new();
        let mut from = 0;
        for span in spans.iter().chain([&Span { start: length, end: length }]) {
            if span.start >= from + LEAST {
                self.label_stretch(from, span.start, &mut stretches);
            }
            from = from.max(span.end);
        }
        stretches
    }

    fn label_stretch(&self, from: usize, to: usize, stretches: &mut Vec<Stretch>) {
        let millis = |sample: usize| Millis(sample as u64 * 1000 / RATE as u64);
        let judged = &self.kinds[(from / JUDGED).min(self.kinds.len())..(to / JUDGED).min(self.kinds.len())];
        // Runs of one kind; a run shorter than three seconds takes the kind of what is before it.
        let mut runs: Vec<(StretchKind, usize)> = Vec::new();
        for kind in judged {
            match runs.last_mut() {
                Some((known, count)) if known == kind => *count += 1,
                _ => runs.push((*kind, 1)),
            }
        }
        let mut merged: Vec<(StretchKind, usize)> = Vec::new();
        for (kind, count) in runs {
            match merged.last_mut() {
                Some((known, length)) if *known == kind || count * JUDGED < LEAST => *length += count,
                // What begins with a short run takes the kind of what follows.
                Some((known, length)) if *length * JUDGED < LEAST => {
                    (*known, *length) = (kind, *length + count)
                }
                _ => merged.push((kind, count)),
            }
        }
        let mut start = from;
        let last = merged.len().saturating_sub(1);
        for (index, (kind, count)) in merged.into_iter().enumerate() {
            let end = if index == last { to } else { (start + count * JUDGED).min(to) };
            stretches.push(Stretch { start: millis(start), end: millis(end), kind, reason: String::new() });
            start = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECONDS: usize = 6;

    fn noise(level: f32) -> Vec<f32> {
        let mut state = 7_u32;
        (0..SECONDS * RATE)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                ((state >> 8) as f32 / 8_388_608.0 - 1.0) * level
            })
            .collect()
    }

    fn chord(level: f32) -> Vec<f32> {
        (0..SECONDS * RATE)
            .map(|sample| {
                let time = sample as f32 / RATE as f32;
                let root = if (time as usize).is_multiple_of(2) { 220.0 } else { 261.6 };
                [1.0, 1.26, 1.5]
                    .iter()
                    .flat_map(|ratio| {
                        (1..6).map(move |partial| (ratio * partial as f32, 1.0 / partial as f32))
                    })
                    .map(|(ratio, weight)| (std::f32::consts::TAU * root * ratio * time).sin() * weight)
                    .sum::<f32>()
                    * level
                    / 6.0
            })
            .collect()
    }

    #[test]
    fn silence_music_and_noise_are_told_apart() {
        let sound: Vec<f32> = [vec![0.0; SECONDS * RATE], noise(0.1), chord(0.2)].concat();
        let mut labels = SoundLabels::new();
        sound.chunks(1000).for_each(|block| labels.push(block));
        let kinds: Vec<_> = labels.label(&[], sound.len()).iter().map(|stretch| stretch.kind).collect();
        assert_eq!(kinds, [StretchKind::Silence, StretchKind::Noise, StretchKind::Music]);
    }

    #[test]
    fn only_what_lies_between_speech_is_labelled_and_pauses_are_not() {
        let sound = vec![0.0; 20 * RATE];
        let mut labels = SoundLabels::new();
        labels.push(&sound);
        let speech = [Span { start: RATE, end: 2 * RATE }, Span { start: 4 * RATE, end: 9 * RATE }];
        let stretches = labels.label(&speech, sound.len());
        assert_eq!(
            stretches,
            [Stretch {
                start: Millis(9_000),
                end: Millis(20_000),
                kind: StretchKind::Silence,
                reason: String::new()
            }]
        );
    }
}
