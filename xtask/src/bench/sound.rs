//! Sound as the measurements need it: 16 kHz mono WAV files, levels, and sounds without speech.

use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, ensure};

use super::bootstrap::Random;

/// Samples a second of everything here.
pub const RATE: usize = 16_000;

/// Writes 16-bit mono PCM piece by piece, so that a file of many hours needs no memory.
pub struct WavWriter {
    out: BufWriter<std::fs::File>,
    samples: u32,
}

impl WavWriter {
    pub fn create(path: &Path) -> anyhow::Result<Self> {
        let file = std::fs::File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
        let mut out = BufWriter::new(file);
        out.write_all(&header(0))?;
        Ok(Self { out, samples: 0 })
    }

    pub fn write(&mut self, samples: &[f32]) -> anyhow::Result<()> {
        for sample in samples {
            let value = (sample.clamp(-1.0, 1.0) * 32767.0).round() as i16;
            self.out.write_all(&value.to_le_bytes())?;
        }
        self.samples += samples.len() as u32;
        Ok(())
    }

    /// Position of the next sample, in seconds.
    pub fn seconds(&self) -> f64 {
        f64::from(self.samples) / RATE as f64
    }

    /// Writes the true length into the header.
    pub fn finish(self) -> anyhow::Result<()> {
        use std::io::Seek;
        let mut file = self.out.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        file.rewind()?;
        file.write_all(&header(self.samples))?;
        Ok(())
    }
}

fn header(samples: u32) -> Vec<u8> {
    let (rate, bytes) = (RATE as u32, samples * 2);
    let mut head = Vec::with_capacity(44);
    head.extend(b"RIFF");
    head.extend((36 + bytes).to_le_bytes());
    head.extend(b"WAVEfmt ");
    head.extend(16_u32.to_le_bytes());
    head.extend([1, 0, 1, 0]);
    head.extend(rate.to_le_bytes());
    head.extend((rate * 2).to_le_bytes());
    head.extend([2, 0, 16, 0]);
    head.extend(b"data");
    head.extend(bytes.to_le_bytes());
    head
}

pub fn write_wav(path: &Path, samples: &[f32]) -> anyhow::Result<()> {
    let mut out = WavWriter::create(path)?;
    out.write(samples)?;
    out.finish()
}

/// Reads what [`WavWriter`] wrote, and only that.
pub fn read_wav(path: &Path) -> anyhow::Result<Vec<f32>> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let ours = header(((bytes.len().max(44) - 44) / 2) as u32);
    ensure!(bytes.starts_with(&ours), "{} is not a 16 kHz mono WAV of this harness", path.display());
    Ok(bytes[44..]
        .chunks_exact(2)
        .map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32768.0)
        .collect())
}

/// Root mean square.
pub fn level(samples: &[f32]) -> f64 {
    let sum: f64 = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    (sum / samples.len().max(1) as f64).sqrt()
}

/// `samples` made as loud as `wanted` (root mean square); silence stays silence.
pub fn at_level(mut samples: Vec<f32>, wanted: f64) -> Vec<f32> {
    let factor = (wanted / level(&samples).max(1e-9)) as f32;
    samples.iter_mut().for_each(|sample| *sample *= factor);
    samples
}

/// A ratio of amplitudes, from decibels.
pub fn decibels(value: f64) -> f64 {
    10_f64.powf(value / 20.0)
}

pub fn silence(seconds: f64) -> Vec<f32> {
    vec![0.0; (seconds * RATE as f64) as usize]
}

/// Noise with equal power at every frequency.
pub fn white(seconds: f64, random: &mut Random) -> Vec<f32> {
    (0..(seconds * RATE as f64) as usize).map(|_| random.normal() as f32).collect()
}

/// Noise with equal power in every octave (Paul Kellet's filter, "economy" version: within 0.5 dB above 40 Hz).
pub fn pink(seconds: f64, random: &mut Random) -> Vec<f32> {
    let (mut b0, mut b1, mut b2) = (0.0, 0.0, 0.0);
    (0..(seconds * RATE as f64) as usize)
        .map(|_| {
            let white = random.normal();
            b0 = 0.99765 * b0 + white * 0.099_046;
            b1 = 0.963 * b1 + white * 0.296_516_4;
            b2 = 0.57 * b2 + white * 1.052_691_3;
            (b0 + b1 + b2 + white * 0.1848) as f32
        })
        .collect()
}

pub fn tone(seconds: f64, hertz: f64) -> Vec<f32> {
    let step = std::f64::consts::TAU * hertz / RATE as f64;
    (0..(seconds * RATE as f64) as usize).map(|sample| (step * sample as f64).sin() as f32).collect()
}

/// Where somebody speaks in a recording of one utterance: (first, last) sample; `None` for silence, and where the
/// background is less than 40 dB under the voice, because there nobody can say to 50 ms where a voice begins.
///
/// A frame of 10 ms counts as sound from 30 dB under the loud frames; sound begins and ends with 30 ms of it, so that a
/// click does not.
pub fn sounding(samples: &[f32]) -> Option<(usize, usize)> {
    const FRAME: usize = RATE / 100;
    const LASTING: usize = 3;
    let levels: Vec<f64> = samples.chunks_exact(FRAME).map(level).collect();
    let mut sorted = levels.clone();
    let loud = super::bootstrap::percentile(&mut sorted, 95.0);
    let quiet = super::bootstrap::percentile(&mut sorted, 5.0);
    if loud == 0.0 || quiet > loud * decibels(-40.0) {
        return None;
    }
    let lasting = |frames: &[f64]| frames.iter().all(|level| *level > loud * decibels(-30.0));
    let first = levels.windows(LASTING).position(lasting)?;
    let last = levels.windows(LASTING).rposition(lasting)? + LASTING;
    Some((first * FRAME, last * FRAME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.wav");
        write_wav(&path, &[0.0, 0.5, -0.5, 2.0]).expect("written");
        let read = read_wav(&path).expect("read");
        assert_eq!(read.len(), 4);
        assert!((read[1] - 0.5).abs() < 1e-4 && (read[3] - 1.0).abs() < 1e-4);
    }

    #[test]
    fn the_ends_of_a_sound_are_found() {
        let mut random = Random(1);
        let mut samples = at_level(white(2.0, &mut random), 2e-4);
        for (place, sample) in at_level(tone(1.0, 300.0), 0.1).into_iter().enumerate() {
            samples[8000 + place] += sample;
        }
        let (first, last) = sounding(&samples).expect("there is a sound");
        assert!(first.abs_diff(8000) <= 160 && last.abs_diff(24_000) <= 160, "{first} to {last}");
        assert_eq!(sounding(&silence(1.0)), None);
        let noisy: Vec<f32> =
            samples.iter().zip(white(2.0, &mut random)).map(|(a, b)| a + 0.003 * b).collect();
        assert_eq!(sounding(&noisy), None);
    }
}
