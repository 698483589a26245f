//! The stage `shrink`: a recording becomes a small Opus file on the same timeline, where its show wants that.

use crate::hearing::{Ended, media_trouble, sound_of};
use crate::run::Crew;
use crate::sound::Decoder;
use archive::{Claim, EpisodeEntry};
use media::{MediaError, OpusFile};
use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Version of the stage: counts up when the same sound would give other bytes.
const TOOL: &str = "shrink/1";

/// Pause before it is tried again to write where there was no room.
const LATER: Duration = Duration::from_secs(10 * 60);

/// By how many samples at 16 kHz the lengths may differ: 10 ms.
const MOST_OFF: u64 = 160;

/// A file that goes when this does.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Writes the sound of an episode as Opus, reads it back, and puts it in the place of the one before. Returns the bytes
/// freed; 0 when the sound stays as it is, because it could be read only in part or is smaller already.
pub(crate) fn shrink(crew: &Crew<'_>, claim: &Claim, episode: &EpisodeEntry) -> Result<u64, Ended> {
    let archive = crew.archive;
    let (recording, path) = match sound_of(archive, episode) {
        Ok(found) => found,
        Err(Ended::Failed { .. }) => return kept(crew, claim),
        Err(ended) => return Err(ended),
    };
    if recording.media.as_ref().is_some_and(|media| media.codec == "Opus") {
        return kept(crew, claim);
    }
    let opened = crew.options.decoder.open(&path);
    let mut reader = opened.map_err(|error| media_trouble(archive, recording, &error))?.reader;
    let small = Temporary(archive.dir().join("tmp").join(format!("opus-{}", episode.episode.id)));
    let disk = |error: io::Error| Ended::Later {
        reason: format!("cannot write {}: {error}; make room on the disk", small.0.display()),
        after: LATER,
    };
    let mut file = OpusFile::new(BufWriter::new(File::create(&small.0).map_err(disk)?)).map_err(disk)?;
    loop {
        match reader.next_block() {
            Ok(Some(block)) => file.push(&block.samples).map_err(disk)?,
            Ok(None) => break,
            Err(error) => return Err(media_trouble(archive, recording, &error)),
        }
        if crew.stopping() {
            return Err(Ended::Stopped);
        }
    }
    let (sink, samples) = file.finish().map_err(disk)?;
    sink.into_inner().map_err(|error| disk(error.into_error()))?.sync_all().map_err(disk)?;
    let (before, after) =
        (fs::metadata(&path).map_err(disk)?.len(), fs::metadata(&small.0).map_err(disk)?.len());
    if reader.partial().is_some() || after >= before {
        return kept(crew, claim);
    }
    // Only what was read back takes the place of the original.
    let failed = |reason: String| Ended::Failed { reason, again: false };
    let (media, read) = measured(&crew.options.decoder, &small.0).map_err(|error| {
        failed(format!("the sound is kept as it was: its small copy cannot be read: {error}"))
    })?;
    if read.abs_diff(samples) > MOST_OFF {
        return Err(failed(format!(
            "the sound is kept as it was: its small copy has {read} samples instead of {samples}"
        )));
    }
    Ok(archive.replace_sound(claim, &small.0, &media, TOOL)?)
}

fn kept(crew: &Crew<'_>, claim: &Claim) -> Result<u64, Ended> {
    crew.archive.finish(claim, TOOL)?;
    Ok(0)
}

/// What a file says of itself, and how many samples it gives.
fn measured(decoder: &Decoder, path: &Path) -> Result<(model::MediaInfo, u64), MediaError> {
    let mut opened = decoder.open(path)?;
    let mut samples = 0;
    while let Some(block) = opened.reader.next_block()? {
        samples += block.samples.len() as u64;
    }
    Ok((opened.info, samples))
}
