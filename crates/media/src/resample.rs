//! Conversion of the sample rate: a windowed-sinc filter evaluated at the phases that the ratio needs.
//!
//! The filter is symmetric and its centre is laid on the output instant, so it has no delay: output sample `n` is the
//! signal at `n / 16000` seconds. Kaiser window after Kaiser and Schafer, "On the use of the I0-sinh window for spectrum
//! analysis" (1980); polyphase form after Crochiere and Rabiner, "Multirate Digital Signal Processing" (1983).

use crate::SAMPLE_RATE;

/// Zero crossings of the sinc to either side of the centre. 20 put the pass band's edge at 7.2 kHz and everything that
/// folds below 7 kHz more than 60 dB down: below the noise of the recordings.
const CROSSINGS: f64 = 20.0;
/// Shape of the Kaiser window: 60 dB of attenuation.
const KAISER_BETA: f64 = 6.0;
/// The filter's -6 dB point as a share of the lower Nyquist frequency.
const CUTOFF: f64 = 0.97;
/// Phases for a ratio that would need more: timing is then off by at most 1/8192 of an input sample (-77 dB).
const MOST_PHASES: u64 = 4096;
/// Products summed side by side, so that the compiler can use vector registers.
const LANES: usize = 16;

/// Streaming conversion of one channel to 16 kHz.
pub(crate) struct Resampler {
    /// Input samples an output sample moves on: `whole + part / parts`.
    whole: usize,
    part: u64,
    parts: u64,
    phases: u64,
    taps: usize,
    /// Samples before the centre of the filter.
    before: usize,
    /// `phases + 1` filters of `taps` values.
    filters: Vec<f32>,
    /// Input not yet used up, with zeros for what lies before the begin.
    history: Vec<f32>,
    /// Where the next output's filter begins: index into `history`, and the fraction behind it.
    next: usize,
    next_part: u64,
    fed: u64,
    made: u64,
    rate: u32,
}

impl Resampler {
    /// A converter from `rate` hertz, which must not be 0.
    pub fn new(rate: u32) -> Self {
        let divisor = gcd(u64::from(rate), u64::from(SAMPLE_RATE));
        let parts = u64::from(SAMPLE_RATE) / divisor;
        let step = u64::from(rate) / divisor;
        let phases = parts.min(MOST_PHASES);
        // Lowering the rate widens the filter in input samples, so that it cuts at the new Nyquist frequency.
        let scale = (f64::from(SAMPLE_RATE) / f64::from(rate)).min(1.0) * CUTOFF;
        let half = CROSSINGS / scale;
        let before = half.ceil() as usize;
        let taps = (2 * before + 1).next_multiple_of(LANES);
        // One side of the filter at every distance that any phase needs, in steps of one phase.
        let reach = (before + LANES) * phases as usize;
        let side: Vec<f32> = (0..=reach)
            .map(|step| {
                let distance = step as f64 / phases as f64;
                (sinc(distance * scale) * kaiser(distance / half)) as f32
            })
            .collect();
        let mut filters = Vec::with_capacity((phases as usize + 1) * taps);
        for phase in 0..=phases as usize {
            let centre = before * phases as usize + phase;
            let from = filters.len();
            filters.extend(
                (0..taps).map(|tap| side.get((tap * phases as usize).abs_diff(centre)).unwrap_or(&0.0)),
            );
            // Each phase passes a constant signal unchanged, so that the phases do not modulate it.
            let sum: f32 = filters[from..].iter().sum();
            filters[from..].iter_mut().for_each(|value| *value /= sum);
        }
        Self {
            whole: (step / parts) as usize,
            part: step % parts,
            parts,
            phases,
            taps,
            before,
            filters,
            history: vec![0.0; before],
            next: 0,
            next_part: 0,
            fed: 0,
            made: 0,
            rate,
        }
    }

    /// The rate it converts from.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// Takes `input` and appends what can be computed by now to `output`.
    pub fn feed(&mut self, input: &[f32], output: &mut Vec<f32>) {
        self.fed += input.len() as u64;
        if self.rate == SAMPLE_RATE {
            self.made += input.len() as u64;
            output.extend_from_slice(input);
            return;
        }
        self.history.extend_from_slice(input);
        self.run(output, u64::MAX);
    }

    /// Ends the signal: appends the rest, so that outputs last as long as inputs, and makes ready for another.
    pub fn finish(&mut self, output: &mut Vec<f32>) {
        let rate = u64::from(self.rate);
        let wanted = (self.fed * u64::from(SAMPLE_RATE) + rate / 2) / rate;
        if self.rate != SAMPLE_RATE {
            self.history.resize(self.history.len() + self.taps + self.whole + 1, 0.0);
            self.run(output, wanted);
        }
        self.history.clear();
        self.history.resize(self.before, 0.0);
        (self.next, self.next_part, self.fed, self.made) = (0, 0, 0, 0);
    }

    fn run(&mut self, output: &mut Vec<f32>, wanted: u64) {
        while self.made < wanted {
            let Some(signal) = self.history.get(self.next..self.next + self.taps) else { break };
            let phase = (self.next_part * self.phases + self.parts / 2) / self.parts;
            let from = phase as usize * self.taps;
            output.push(dot(signal, &self.filters[from..from + self.taps]));
            self.made += 1;
            self.next += self.whole;
            self.next_part += self.part;
            if self.next_part >= self.parts {
                self.next_part -= self.parts;
                self.next += 1;
            }
        }
        let used = self.next.min(self.history.len());
        self.history.drain(..used);
        self.next -= used;
    }
}

fn dot(left: &[f32], right: &[f32]) -> f32 {
    let mut sums = [0.0f32; LANES];
    for (left, right) in left.chunks_exact(LANES).zip(right.chunks_exact(LANES)) {
        for lane in 0..LANES {
            sums[lane] += left[lane] * right[lane];
        }
    }
    sums.iter().sum()
}

fn gcd(left: u64, right: u64) -> u64 {
    if right == 0 { left } else { gcd(right, left % right) }
}

fn sinc(x: f64) -> f64 {
    let x = x * std::f64::consts::PI;
    if x.abs() < 1e-9 { 1.0 } else { x.sin() / x }
}

/// The Kaiser window without its constant factor: each filter is brought to a sum of 1 anyway.
fn kaiser(x: f64) -> f64 {
    if x.abs() >= 1.0 { 0.0 } else { bessel_i0(KAISER_BETA * (1.0 - x * x).sqrt()) }
}

/// Modified Bessel function of the first kind, order 0, by its power series.
fn bessel_i0(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let (mut sum, mut term, mut k) = (1.0, 1.0, 1.0);
    while term > sum * 1e-9 {
        term *= quarter / (k * k);
        sum += term;
        k += 1.0;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(rate: u32, frequency: f64, seconds: f64, chunk: usize) -> Vec<f32> {
        let count = (seconds * f64::from(rate)) as usize;
        let input: Vec<f32> = (0..count)
            .map(|n| (std::f64::consts::TAU * frequency * n as f64 / f64::from(rate)).sin() as f32)
            .collect();
        let (mut resampler, mut output) = (Resampler::new(rate), Vec::new());
        input.chunks(chunk).for_each(|part| resampler.feed(part, &mut output));
        resampler.finish(&mut output);
        output
    }

    /// Level of the difference to the ideal sine, in dB relative to it, away from the edges.
    fn error_level(output: &[f32], frequency: f64) -> f64 {
        let inner = 400..output.len() - 400;
        let error: f64 = inner
            .clone()
            .map(|n| {
                let ideal = (std::f64::consts::TAU * frequency * n as f64 / 16000.0).sin();
                (f64::from(output[n]) - ideal).powi(2)
            })
            .sum();
        10.0 * (error / (inner.len() as f64 / 2.0)).log10()
    }

    #[test]
    fn tones_keep_their_shape_and_place_at_every_rate() {
        for rate in
            [2_000, 8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 44_101, 48_000, 96_000, 192_000]
        {
            for frequency in [100.0, 1_000.0, 3_000.0, 6_500.0] {
                if frequency > f64::from(rate) * 0.4 {
                    continue;
                }
                let output = converted(rate, frequency, 0.5, 1152);
                assert!(output.len().abs_diff(8_000) <= 1, "{rate} Hz: {}", output.len());
                let level = error_level(&output, frequency);
                assert!(level < -55.0, "{frequency} Hz at {rate} Hz: error at {level:.1} dB");
            }
        }
    }

    #[test]
    fn what_lies_above_the_band_does_not_fold_into_speech() {
        for rate in [22_050, 44_100, 48_000, 96_000] {
            for frequency in [9_100.0, 10_000.0, 10_900.0] {
                let output = converted(rate, frequency, 0.5, 1024);
                let power: f64 = output[400..7_600].iter().map(|value| f64::from(*value).powi(2)).sum();
                let level = 10.0 * (power / 3_600.0).log10();
                assert!(level < -55.0, "{frequency} Hz at {rate} Hz comes through at {level:.1} dB");
            }
        }
    }

    #[test]
    fn the_size_of_the_pieces_changes_nothing() {
        let whole = converted(44_100, 440.0, 0.3, usize::MAX);
        for chunk in [1, 7, 1000] {
            assert_eq!(converted(44_100, 440.0, 0.3, chunk), whole);
        }
    }
}
