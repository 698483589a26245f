//! A fingerprint as bytes, to be kept.
//!
//! Sixteen bytes of head (`RdFp`, format, three zeros, samples as 64 bits), two a frame, four of a check sum (FNV-1a);
//! numbers in little endian.

use crate::{Fingerprint, NotAFingerprint};

/// The format that this version writes and reads. It changes when a frame means something else.
pub const FORMAT: u8 = 1;

const NAME: [u8; 4] = *b"RdFp";
const HEAD: usize = 16;
const SUM: usize = 4;

impl Fingerprint {
    /// The fingerprint as bytes, 3.75 kB a minute.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEAD + 2 * self.frames.len() + SUM);
        bytes.extend(NAME);
        bytes.extend([FORMAT, 0, 0, 0]);
        bytes.extend(self.samples.to_le_bytes());
        bytes.extend(self.frames.iter().flat_map(|frame| frame.to_le_bytes()));
        let sum = sum(&bytes);
        bytes.extend(sum.to_le_bytes());
        bytes
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    /// See [`NotAFingerprint`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NotAFingerprint> {
        let rest = bytes.strip_prefix(&NAME).ok_or(NotAFingerprint::Foreign)?;
        let format = *rest.first().ok_or(NotAFingerprint::Damaged)?;
        if format != FORMAT {
            return Err(NotAFingerprint::Format(format));
        }
        let (body, stated) = bytes.split_last_chunk::<SUM>().ok_or(NotAFingerprint::Damaged)?;
        let (head, frames) = body.split_at_checked(HEAD).ok_or(NotAFingerprint::Damaged)?;
        let (_, samples) = head.split_last_chunk::<8>().ok_or(NotAFingerprint::Damaged)?;
        let samples = u64::from_le_bytes(*samples);
        let (frames, odd) = frames.as_chunks::<2>();
        let whole = odd.is_empty() && frames.len() as u64 == Self::frames_of(samples);
        if !whole || head[5..8] != [0; 3] || sum(body).to_le_bytes() != *stated {
            return Err(NotAFingerprint::Damaged);
        }
        Ok(Self { samples, frames: frames.iter().map(|pair| u16::from_le_bytes(*pair)).collect() })
    }
}

/// FNV-1a with 32 bits: against bytes that were damaged, not against somebody.
fn sum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |sum, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}
