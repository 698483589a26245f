//! Chromaprint, with its own matcher, as the port `rusty-chromaprint` has them.

use rusty_chromaprint::{Configuration, Fingerprinter, match_fingerprints};

use super::super::sound::RATE;

/// What Chromaprint finds of one recording in another.
pub struct Found {
    /// (start in a, start in b, length) in seconds.
    stretches: Vec<[f64; 3]>,
}

/// A fingerprint by the preset that AcoustID uses.
pub fn print(samples: &[f32]) -> Vec<u32> {
    let mut maker = Fingerprinter::new(&Configuration::preset_test2());
    if maker.start(RATE as u32, 1).is_err() {
        return Vec::new();
    }
    let whole: Vec<i16> = samples.iter().map(|sample| (sample.clamp(-1.0, 1.0) * 32767.0) as i16).collect();
    maker.consume(&whole);
    maker.finish();
    maker.fingerprint().to_vec()
}

/// What the matcher says of two fingerprints; nothing where it fails.
pub fn align(a: &[u32], b: &[u32]) -> Found {
    let configuration = Configuration::preset_test2();
    let item = f64::from(configuration.item_duration_in_seconds());
    let segments = match_fingerprints(a, b, &configuration).unwrap_or_default();
    let stretch = |own: &rusty_chromaprint::Segment| {
        [own.offset1 as f64 * item, own.offset2 as f64 * item, own.items_count as f64 * item]
    };
    Found { stretches: segments.iter().map(stretch).collect() }
}

impl Found {
    /// The time in b of a time in a, in seconds.
    pub fn map(&self, time: f64) -> Option<f64> {
        let around = |[a, _, length]: &&[f64; 3]| (*a..*a + *length).contains(&time);
        self.stretches.iter().find(around).map(|[a, b, _]| b + time - a)
    }

    /// Seconds that were found.
    pub fn seconds(&self) -> f64 {
        self.stretches.iter().map(|[_, _, length]| length).sum()
    }
}
