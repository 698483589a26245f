//! WAV headers whose sizes cannot be true, made true before the parser sees them.
//!
//! Recorders that crash leave 0, streams 0xFFFFFFFF, files beyond 4 GB use RF64 (EBU Tech 3306), and editors get the
//! outer size wrong. The sound is there all the same.

use crate::complaints::Complaints;
use crate::source::{Source, Window};
use std::io;

/// Chunks looked at before the sound; more is no WAV file.
const MOST_CHUNKS: usize = 256;

/// A WAV file that a strict parser reads to its real end.
pub(crate) struct Repaired {
    pub source: Source,
    /// What the header promises and the file does not hold.
    pub shortfall: Option<String>,
    /// Length of the sound in seconds.
    pub duration: Option<f64>,
}

/// Finds the sound in a WAV file and corrects the sizes around it.
pub(crate) fn repaired(mut window: Window, complaints: &mut Complaints) -> io::Result<Repaired> {
    let length = window.length();
    let (mut position, mut bytes_a_second, mut large) = (12, 0, None);
    // Where the sound lies: its chunk's header, its begin, and the length it claims.
    let mut data = None;
    for _ in 0..MOST_CHUNKS {
        let Some([n0, n1, n2, n3, size @ ..]) = window.array::<8>(position)? else { break };
        let (size, body) = (u32::from_le_bytes(size), position + 8);
        match &[n0, n1, n2, n3] {
            // The real size of the sound is the second number of this chunk.
            b"ds64" => large = window.array::<8>(body + 8)?.map(u64::from_le_bytes),
            b"fmt " => bytes_a_second = window.array::<4>(body + 8)?.map_or(0, u32::from_le_bytes),
            b"data" => {
                let claimed = if size == u32::MAX { large } else { Some(u64::from(size)) };
                data = Some((position, body, claimed));
                break;
            }
            _ => {}
        }
        position = body + u64::from(size) + u64::from(size & 1);
    }
    // "Unknown" is right whatever the outer size was; where the sound ends, the file is made to end.
    let mut source = window.into_source()?.patched(0, b"RIFF").patched(4, &[0xFF; 4]);
    let (mut shortfall, mut duration) = (None, None);
    if let Some((header, body, claimed)) = data {
        let held = length.saturating_sub(body);
        source = source.patched(header + 4, &[0xFF; 4]);
        match claimed {
            // Nobody wrote the size at the end of the recording.
            Some(0) if held > 0 => {
                complaints.add("size", || "the header gives no size; read to the end".into())
            }
            Some(claimed) if claimed > held => {
                shortfall = Some(format!(
                    "the file holds {held} bytes of sound, its header promises {claimed}; it was cut short"
                ));
            }
            Some(claimed) => source = source.ending_at(body + claimed),
            None => {}
        }
        let sound = source.length().saturating_sub(body);
        duration = (bytes_a_second > 0).then(|| sound as f64 / f64::from(bytes_a_second));
    }
    Ok(Repaired { source, shortfall, duration })
}
