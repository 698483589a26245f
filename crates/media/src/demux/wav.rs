//! WAV headers whose sizes cannot be true, made true before the parser sees them.
//!
//! Recorders that crash leave 0, streams 0xFFFFFFFF, files beyond 4 GB use RF64 (EBU Tech 3306), and editors get the
//! outer size wrong. The sound is there all the same.

use crate::complaints::Complaints;
use crate::source::{Source, Window};
use std::io;

/// Chunks looked at before the sound; more is no WAV file.
const MOST_CHUNKS: usize = 256;

/// A WAV file that a strict parser reads to its real end, and what it falls short of.
pub(crate) fn repaired(
    mut window: Window,
    complaints: &mut Complaints,
) -> io::Result<(Source, Option<String>)> {
    let length = window.length();
    let outer: [u8; 4] = window.array(0)?.unwrap_or_default();
    let mut large = None;
    let mut position = 12;
    let mut shortfall = None;
    let mut end = None;
    let mut data = None;
    for _ in 0..MOST_CHUNKS {
        let Some(head) = window.array::<8>(position)? else { break };
        let (name, size) = (&head[..4], u32::from_le_bytes([head[4], head[5], head[6], head[7]]));
        let body = position + 8;
        if name == b"ds64" {
            large = window.array::<16>(body)?.map(|sizes| {
                u64::from_le_bytes([
                    sizes[8], sizes[9], sizes[10], sizes[11], sizes[12], sizes[13], sizes[14], sizes[15],
                ])
            });
        }
        if name == b"data" {
            data = Some(position);
            let held = length.saturating_sub(body);
            let promised = if size == u32::MAX { large } else { Some(u64::from(size)) };
            match promised {
                // Nobody wrote the size at the end of the recording.
                Some(0) if held > 0 => {
                    complaints.add("wav-size", || "the header gives no size; read to the end".into())
                }
                Some(promised) if promised > held => {
                    shortfall = Some(format!(
                        "the file holds {held} bytes of sound, its header promises {promised}; it was cut short"
                    ));
                }
                Some(promised) => end = Some(body + promised),
                None => {}
            }
            break;
        }
        position = body + u64::from(size) + u64::from(size & 1);
    }
    let mut source = window.into_source()?;
    if &outer != b"RIFF" {
        source = source.patched(0, b"RIFF");
    }
    // "Unknown" is right whatever the size was; where the sound ends, the file is made to end.
    source = source.patched(4, &[0xFF; 4]);
    if let Some(position) = data {
        source = source.patched(position + 4, &[0xFF; 4]);
    }
    if let Some(end) = end {
        source = source.ending_at(end);
    }
    Ok((source, shortfall))
}
