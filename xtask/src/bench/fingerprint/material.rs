//! Recordings with advertisements and jingles put in, and what was put where.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

use super::super::bootstrap::Random;
use super::super::sound::{self, RATE};
use super::super::{Place, peer};

/// How a copy is made: a name, the ending of its file and ffmpeg's arguments.
pub struct Codec {
    pub name: &'static str,
    ending: &'static str,
    arguments: &'static [&'static str],
}

/// What publishers and platforms make of a recording.
pub const CODECS: [Codec; 7] = [
    Codec {
        name: "MP3 32 kbit/s, 8 kHz",
        ending: "mp3",
        arguments: &["-ar", "8000", "-c:a", "libmp3lame", "-b:a", "32k"],
    },
    Codec {
        name: "MP3 32 kbit/s, 22 kHz",
        ending: "mp3",
        arguments: &["-ar", "22050", "-c:a", "libmp3lame", "-b:a", "32k"],
    },
    Codec {
        name: "MP3 64 kbit/s, 9 dB softer, bass and treble changed",
        ending: "mp3",
        arguments: &[
            "-af",
            "volume=-9dB,bass=g=5,treble=g=-4",
            "-ar",
            "44100",
            "-c:a",
            "libmp3lame",
            "-b:a",
            "64k",
        ],
    },
    Codec {
        name: "MP3 128 kbit/s, stereo, 48 kHz",
        ending: "mp3",
        arguments: &["-ar", "48000", "-ac", "2", "-c:a", "libmp3lame", "-b:a", "128k"],
    },
    Codec {
        name: "AAC 48 kbit/s, 44.1 kHz",
        ending: "m4a",
        arguments: &["-ar", "44100", "-c:a", "aac", "-b:a", "48k"],
    },
    Codec { name: "Opus 16 kbit/s", ending: "opus", arguments: &["-c:a", "libopus", "-b:a", "16k"] },
    Codec { name: "Opus 32 kbit/s", ending: "opus", arguments: &["-c:a", "libopus", "-b:a", "32k"] },
];

/// A recording as samples at 16 kHz.
pub struct Recording {
    pub name: String,
    /// Recordings of one show have the same.
    pub show: String,
    pub samples: Vec<f32>,
}

/// Any file that Readout reads, as samples.
pub fn decode(file: &Path) -> anyhow::Result<Vec<f32>> {
    let mut reader = media::open(file, &media::Limits::default())?.reader;
    let mut samples = Vec::new();
    while let Some(block) = reader.next_block()? {
        samples.extend(block.samples);
    }
    Ok(samples)
}

/// All recordings of a folder with an ending, by name; none where there is no such folder.
pub fn recordings(folder: &Path, ending: &str, show: fn(&str) -> &str) -> anyhow::Result<Vec<Recording>> {
    let mut recordings = Vec::new();
    for file in super::super::corpus::files_in(folder, ending)?.unwrap_or_default() {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        recordings.push(Recording { show: show(&name).to_owned(), samples: decode(&file)?, name });
    }
    Ok(recordings)
}

/// A part of what is put together, in samples.
pub enum Part<'a> {
    /// A range of the programme.
    Programme(Range<usize>),
    /// Something else.
    Other(&'a [f32]),
}

/// A recording that was put together, and where in it each range of the programme lies.
pub struct Composed {
    pub samples: Vec<f32>,
    /// (where in what was put together, range of the programme), in samples.
    pieces: Vec<(usize, Range<usize>)>,
}

pub fn compose(programme: &[f32], parts: &[Part<'_>]) -> Composed {
    let mut composed = Composed { samples: Vec::new(), pieces: Vec::new() };
    for part in parts {
        match part {
            Part::Programme(range) => {
                composed.pieces.push((composed.samples.len(), range.clone()));
                composed.samples.extend_from_slice(&programme[range.clone()]);
            }
            Part::Other(samples) => composed.samples.extend_from_slice(samples),
        }
    }
    composed
}

/// What two recordings of one programme have in common: (start in a, start in b, length) in seconds.
pub fn truth(a: &Composed, b: &Composed) -> Vec<[f64; 3]> {
    let mut common = Vec::new();
    for (in_a, of_a) in &a.pieces {
        for (in_b, of_b) in &b.pieces {
            let (start, end) = (of_a.start.max(of_b.start), of_a.end.min(of_b.end));
            if start < end {
                let lengths = [in_a + start - of_a.start, in_b + start - of_b.start, end - start];
                common.push(lengths.map(|samples| samples as f64 / RATE as f64));
            }
        }
    }
    common
}

/// Where copies are made and kept.
pub struct Copies {
    folder: PathBuf,
    reuse: bool,
}

impl Copies {
    /// In an empty folder, or in that of the last run when its files are to be used again.
    pub fn prepare(place: &Place, reuse: bool) -> anyhow::Result<Self> {
        ensure!(peer::installed("ffmpeg"), "this measurement encodes with ffmpeg, which is not installed");
        let folder = if reuse { place.work.join("fingerprint") } else { place.fresh("fingerprint")? };
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(Self { folder, reuse })
    }

    /// What is left of `samples` after encoding and decoding.
    pub fn copy(&self, name: &str, samples: &[f32], codec: &Codec) -> anyhow::Result<Vec<f32>> {
        let file = self.folder.join(format!("{name}.{}", codec.ending));
        if !(self.reuse && file.exists()) {
            let wav = self.folder.join("as-it-was.wav");
            sound::write_wav(&wav, samples)?;
            let mut ffmpeg = Command::new("ffmpeg");
            ffmpeg.args(["-v", "error", "-y", "-i"]).arg(&wav).args(codec.arguments).arg(&file);
            peer::tool(&mut ffmpeg)?;
        }
        decode(&file)
    }
}

/// A stretch of `seconds` from somewhere in the recordings.
pub fn from_elsewhere<'a>(recordings: &'a [Recording], seconds: f64, random: &mut Random) -> &'a [f32] {
    let wanted = (seconds * RATE as f64) as usize;
    let long: Vec<&Recording> = recordings.iter().filter(|own| own.samples.len() > wanted).collect();
    let one = long[(random.next() % long.len() as u64) as usize];
    let start = (random.unit() * (one.samples.len() - wanted) as f64) as usize;
    &one.samples[start..start + wanted]
}

/// The recordings of one show or reader joined to one.
pub fn joined(recordings: &[Recording]) -> Vec<Recording> {
    let mut joined: Vec<Recording> = Vec::new();
    for own in recordings {
        match joined.iter_mut().find(|other| other.show == own.show) {
            Some(other) => other.samples.extend(&own.samples),
            None => {
                let (name, show) = (own.show.clone(), own.show.clone());
                joined.push(Recording { name, show, samples: own.samples.clone() });
            }
        }
    }
    joined
}
