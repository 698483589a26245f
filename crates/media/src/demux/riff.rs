//! WAV and AIFF headers whose sizes cannot be true, made true before a strict parser sees them.
//!
//! Recorders that crash leave 0, streams 0xFFFFFFFF, WAV files beyond 4 GB use RF64 (EBU Tech 3306), editors get the
//! outer size wrong, downloads are cut short. The sound is there all the same.

use crate::complaints::Complaints;
use crate::source::{Source, Window};
use std::io;

/// Chunks looked at before the sound; more is neither WAV nor AIFF.
const MOST_CHUNKS: usize = 256;

/// A file that a strict parser reads to its real end.
pub(crate) struct Repaired {
    pub source: Source,
    /// What the header promises and the file does not hold.
    pub shortfall: Option<String>,
    /// Length of a WAV file's sound in seconds.
    pub duration: Option<f64>,
}

/// Finds the sound in a WAV file and corrects the sizes around it.
pub(crate) fn repaired_wav(mut window: Window, complaints: &mut Complaints) -> io::Result<Repaired> {
    let length = window.length();
    let (mut bytes_a_second, mut large) = (0, None);
    let data = find(&mut window, b"data", u32::from_le_bytes, |window, name, body| {
        match name {
            // The real size of the sound is the second number of this chunk.
            b"ds64" => large = window.array::<8>(body + 8)?.map(u64::from_le_bytes),
            b"fmt " => bytes_a_second = window.array::<4>(body + 8)?.map_or(0, u32::from_le_bytes),
            _ => {}
        }
        Ok(())
    })?;
    // "Unknown" is right whatever the outer size was; where the sound ends, the file is made to end.
    let mut source = window.into_source()?.patched(0, b"RIFF").patched(4, &[0xFF; 4]);
    let (mut shortfall, mut duration) = (None, None);
    if let Some((header, size)) = data {
        let (body, size) = (header + 8, if size == u32::MAX { large } else { Some(size.into()) });
        let held = length.saturating_sub(body);
        source = source.patched(header + 4, &[0xFF; 4]);
        match size {
            Some(0) if held > 0 => no_size(complaints),
            Some(size) if size > held => shortfall = Some(cut_short(held, size)),
            Some(size) => source = source.ending_at(body + size),
            None => {}
        }
        let sound = source.length().saturating_sub(body);
        duration = (bytes_a_second > 0).then(|| sound as f64 / f64::from(bytes_a_second));
    }
    Ok(Repaired { source, shortfall, duration })
}

/// The same for AIFF, whose parser knows no "unknown": what is held is written into a header that promises more.
pub(crate) fn repaired_aiff(mut window: Window, complaints: &mut Complaints) -> io::Result<Repaired> {
    let length = window.length();
    let sound = find(&mut window, b"SSND", u32::from_be_bytes, |_, _, _| Ok(()))?;
    let mut source = window.into_source()?;
    let mut shortfall = None;
    if let Some((header, size)) = sound {
        let held = length.saturating_sub(header + 8);
        let (size, held_size) = (u64::from(size), u32::try_from(held).unwrap_or(u32::MAX));
        if size > held || (size < 8 && held >= 8) {
            if size < 8 {
                no_size(complaints);
            } else {
                shortfall = Some(cut_short(held, size));
            }
            let outer = u32::try_from(length.saturating_sub(8)).unwrap_or(u32::MAX);
            source = source.patched(4, &outer.to_be_bytes()).patched(header + 4, &held_size.to_be_bytes());
        }
    }
    Ok(Repaired { source, shortfall, duration: None })
}

/// Where the chunk `wanted` begins and the size it claims; every chunk before it is shown to `passing` by its name and
/// the begin of its content.
fn find(
    window: &mut Window,
    wanted: &[u8; 4],
    number: fn([u8; 4]) -> u32,
    mut passing: impl FnMut(&mut Window, &[u8; 4], u64) -> io::Result<()>,
) -> io::Result<Option<(u64, u32)>> {
    let mut position = 12;
    for _ in 0..MOST_CHUNKS {
        let Some([n0, n1, n2, n3, size @ ..]) = window.array::<8>(position)? else { break };
        let (name, size) = ([n0, n1, n2, n3], number(size));
        if name == *wanted {
            return Ok(Some((position, size)));
        }
        passing(window, &name, position + 8)?;
        position += 8 + u64::from(size) + u64::from(size & 1);
    }
    Ok(None)
}

fn no_size(complaints: &mut Complaints) {
    complaints.add("size", || "the header gives no size; read to the end".into());
}

fn cut_short(held: u64, promised: u64) -> String {
    format!("the file holds {held} bytes of sound, its header promises {promised}; it was cut short")
}
