//! What the child writes and the parent reads: a line of JSON, then frames.
//!
//! The first line is `{"opened":{"info":…,"tags":…}}` or `{"error":…}`. A frame is a letter and a length as four bytes,
//! little-endian: `S` and that many samples (32-bit float, little-endian), `Z` and that many samples of silence, or `E`,
//! the last, and that many bytes of JSON: `{"partial":…,"complaints":[…],"error":…}`. The parent trusts none of it.

use crate::MediaError;
use model::{MediaInfo, MediaTags};
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, Read, Write};

/// Longest line or closing frame in bytes: tags and complaints are limited to far less.
const MOST_JSON: u64 = 4 << 20;
/// Most samples a frame: a block.
const MOST_SAMPLES: u32 = crate::SAMPLE_RATE;

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Header {
    Opened { info: MediaInfo, tags: MediaTags },
    Error(MediaError),
}

/// The closing frame.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Closing {
    pub partial: Option<String>,
    pub complaints: Vec<String>,
    pub error: Option<MediaError>,
}

/// One frame, as read.
#[derive(Debug)]
pub(crate) enum Frame {
    Samples(Vec<f32>),
    Closing(Closing),
}

pub(crate) fn write_header(out: &mut dyn Write, header: &Header) -> io::Result<()> {
    let mut line = serde_json::to_vec(header)?;
    line.push(b'\n');
    out.write_all(&line)?;
    out.flush()
}

pub(crate) fn write_samples(out: &mut dyn Write, samples: &[f32]) -> io::Result<()> {
    let count = (samples.len() as u32).to_le_bytes();
    if samples.iter().all(|sample| *sample == 0.0) {
        out.write_all(b"Z")?;
        out.write_all(&count)?;
    } else {
        let mut frame = Vec::with_capacity(5 + 4 * samples.len());
        frame.push(b'S');
        frame.extend(count);
        samples.iter().for_each(|sample| frame.extend(sample.to_le_bytes()));
        out.write_all(&frame)?;
    }
    out.flush()
}

pub(crate) fn write_closing(out: &mut dyn Write, closing: &Closing) -> io::Result<()> {
    let json = serde_json::to_vec(closing)?;
    out.write_all(b"E")?;
    out.write_all(&(json.len() as u32).to_le_bytes())?;
    out.write_all(&json)?;
    out.flush()
}

pub(crate) fn read_header(input: &mut dyn BufRead) -> io::Result<Header> {
    let mut line = Vec::new();
    input.take(MOST_JSON).read_until(b'\n', &mut line)?;
    Ok(serde_json::from_slice(&line)?)
}

pub(crate) fn read_frame(input: &mut dyn Read) -> io::Result<Frame> {
    let mut head = [0; 5];
    input.read_exact(&mut head)?;
    let [kind, length @ ..] = head;
    let length = u32::from_le_bytes(length);
    match kind {
        b'Z' if length <= MOST_SAMPLES => Ok(Frame::Samples(vec![0.0; length as usize])),
        b'S' if length <= MOST_SAMPLES => {
            let mut bytes = vec![0; 4 * length as usize];
            input.read_exact(&mut bytes)?;
            let samples = bytes.chunks_exact(4).map(|bytes| {
                let sample = f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
                if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 }
            });
            Ok(Frame::Samples(samples.collect()))
        }
        b'E' if u64::from(length) <= MOST_JSON => {
            let mut json = vec![0; length as usize];
            input.read_exact(&mut json)?;
            Ok(Frame::Closing(serde_json::from_slice(&json)?))
        }
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "a frame of no known kind")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_written_is_read() {
        let mut bytes = Vec::new();
        let error = MediaError::Empty { path: "a".into() };
        write_header(&mut bytes, &Header::Error(error.clone())).unwrap();
        write_samples(&mut bytes, &[0.5, -1.0]).unwrap();
        write_samples(&mut bytes, &[0.0; 3]).unwrap();
        write_closing(&mut bytes, &Closing { partial: Some("p".into()), ..Closing::default() }).unwrap();
        let mut input = bytes.as_slice();
        assert!(matches!(read_header(&mut input).unwrap(), Header::Error(found) if found == error));
        assert!(matches!(read_frame(&mut input).unwrap(), Frame::Samples(samples) if samples == [0.5, -1.0]));
        assert!(matches!(read_frame(&mut input).unwrap(), Frame::Samples(samples) if samples == [0.0; 3]));
        assert!(matches!(read_frame(&mut input).unwrap(), Frame::Closing(end) if end.partial.is_some()));
        assert!(input.is_empty());
    }

    proptest! {
        #[test]
        fn no_bytes_of_a_child_harm_the_parent(bytes: Vec<u8>) {
            let mut input = bytes.as_slice();
            let _ = read_header(&mut input);
            while let Ok(frame) = read_frame(&mut input) {
                if let Frame::Samples(samples) = frame {
                    prop_assert!(samples.len() <= 16_000);
                }
            }
        }
    }
}
