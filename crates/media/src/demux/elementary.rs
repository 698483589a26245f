//! Bare frames one after the other: MP1/MP2/MP3 (ISO/IEC 11172-3, 13818-3) and AAC in ADTS (ISO/IEC 13818-7).
//!
//! There is no clock: a frame follows the frame before it. What is not a frame (tags in the middle of files that were
//! joined, damage) is skipped, and a new begin must be followed by a second frame of the same kind.

use super::{Demuxer, Packet, Stop, Track};
use crate::aac_config::rate_of_index;
use crate::complaints::Complaints;
use crate::decode::Codec;
use crate::source::Window;
use std::io;

/// The two families of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Mpeg,
    Adts,
}

/// What a frame's header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Frame {
    /// Bytes with the header.
    bytes: usize,
    /// Bytes of the header, which an AAC decoder must not see.
    header: usize,
    samples: u32,
    rate: u32,
    channels: u16,
    /// 1 to 3 of MPEG audio, 0 of ADTS.
    layer: u8,
    /// Bytes of side information behind the header of MP3.
    side: usize,
    /// Bits a second; 0 where frames do not say.
    bit_rate: u32,
}

impl Frame {
    fn same_kind(&self, other: &Self) -> bool {
        (self.rate, self.channels, self.layer) == (other.rate, other.channels, other.layer)
    }

    fn codec(&self) -> Codec {
        match self.layer {
            0 => Codec::adts(self.rate, self.channels),
            layer => Codec::mpeg_audio(layer, self.rate, self.channels),
        }
    }
}

const MPEG1_KBITS: [[u32; 15]; 3] = [
    [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
];
const MPEG2_KBITS: [[u32; 15]; 2] = [
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];

fn mpeg_frame(head: &[u8]) -> Option<Frame> {
    let head = u32::from_be_bytes(head.get(..4)?.try_into().ok()?);
    if head >> 21 != 0x7FF {
        return None;
    }
    // 0: MPEG 2.5, 2: MPEG 2, 3: MPEG 1.
    let version = head >> 19 & 3;
    let layer = 4 - (head >> 17 & 3) as usize;
    if version == 1 || layer == 4 {
        return None;
    }
    let table = if version == 3 { MPEG1_KBITS[layer - 1] } else { MPEG2_KBITS[usize::from(layer > 1)] };
    // Index 0 is the free format, whose frame length is not in the header; nothing on the air uses it.
    let kbits = table.get((head >> 12 & 15) as usize).copied().filter(|kbits| *kbits > 0)?;
    let rate = [44_100, 48_000, 32_000].get((head >> 10 & 3) as usize)? >> [2, 0, 1, 0][version as usize];
    let padding = (head >> 9 & 1) as usize;
    let mono = head >> 6 & 3 == 3;
    let half = layer == 3 && version != 3;
    let samples = match (layer, half) {
        (1, _) => 384,
        (_, true) => 576,
        _ => 1152,
    };
    let bytes = match layer {
        1 => ((12_000 * kbits / rate) as usize + padding) * 4,
        _ => (samples / 8 * kbits * 1000 / rate) as usize + padding,
    };
    let side = match (version == 3, mono) {
        (true, false) => 32,
        (true, true) | (false, false) => 17,
        (false, true) => 9,
    };
    (bytes > 4 + if layer == 3 { side } else { 0 }).then_some(Frame {
        bytes,
        header: 0,
        samples,
        rate,
        channels: if mono { 1 } else { 2 },
        layer: layer as u8,
        side,
        bit_rate: kbits * 1000,
    })
}

fn adts_frame(head: &[u8]) -> Option<Frame> {
    let head: &[u8; 7] = head.get(..7)?.try_into().ok()?;
    if head[0] != 0xFF || head[1] & 0xF6 != 0xF0 {
        return None;
    }
    let object_type = head[2] >> 6;
    let rate = rate_of_index(u32::from(head[2] >> 2 & 15))?;
    let channels = u16::from((head[2] & 1) << 2 | head[3] >> 6);
    let bytes = usize::from(head[3] & 3) << 11 | usize::from(head[4]) << 3 | usize::from(head[5] >> 5);
    let header = if head[1] & 1 == 1 { 7 } else { 9 };
    // One block a frame is what every encoder writes; type 1 is AAC-LC.
    let blocks = head[6] & 3;
    (bytes > header && blocks == 0 && object_type == 1).then_some(Frame {
        bytes,
        header,
        samples: 1024,
        rate,
        channels,
        layer: 0,
        side: 0,
        bit_rate: 0,
    })
}

/// Length of a tag at the begin of `head`, with its own header: ID3v2, APE, and ID3v1 at the very end.
pub(crate) fn tag_length(head: &[u8], left: u64) -> Option<u64> {
    if head.starts_with(b"ID3") && head.len() >= 10 {
        let size: &[u8] = &head[6..10];
        if size.iter().any(|byte| *byte >= 0x80) || head[3] == 0xFF || head[4] == 0xFF {
            return None;
        }
        let size = size.iter().fold(0u64, |size, byte| size << 7 | u64::from(*byte));
        let footer = if head[5] & 0x10 != 0 { 10 } else { 0 };
        return Some(10 + size + footer);
    }
    if head.starts_with(b"APETAGEX") {
        let size = u32::from_le_bytes(head.get(12..16)?.try_into().ok()?);
        return Some(u64::from(size) + 32);
    }
    (head.starts_with(b"TAG") && left <= 128).then_some(left)
}

/// Frames in a row that make a file one of bare frames; fewer when it ends with them.
const CONVINCING: usize = 4;

/// A file of bare frames.
pub(crate) struct Elementary {
    window: Window,
    family: Family,
    position: u64,
    kind: Option<Frame>,
    in_step: bool,
    first: bool,
    /// Samples at the begin that only the encoder needed.
    delay: u32,
    shortfall: Option<String>,
}

impl Elementary {
    /// Finds the first frame within `probe_bytes`; `None` when there is none.
    pub fn open(mut window: Window, probe_bytes: u64) -> io::Result<Option<(Self, Track)>> {
        let found = [Family::Mpeg, Family::Adts]
            .into_iter()
            .map(|family| Ok(find_first(&mut window, family, probe_bytes)?.map(|found| (found, family))))
            .collect::<io::Result<Vec<_>>>()?;
        let Some(((position, frame), family)) = found.into_iter().flatten().min_by_key(|((at, _), _)| *at)
        else {
            return Ok(None);
        };
        let mut elementary = Self {
            window,
            family,
            position,
            kind: Some(frame),
            in_step: true,
            first: true,
            delay: 0,
            shortfall: None,
        };
        let duration = elementary.read_length(frame)?;
        let track = Track {
            container: match (family, frame.layer) {
                (Family::Adts, _) => "ADTS",
                (_, 1) => "MP1",
                (_, 2) => "MP2",
                _ => "MP3",
            },
            codec: frame.codec(),
            duration,
            sample_rate: frame.rate,
            channels: frame.channels,
        };
        Ok(Some((elementary, track)))
    }

    /// Length in seconds: from the table of contents in the first frame, or by walking over all frames.
    fn read_length(&mut self, frame: Frame) -> io::Result<Option<f64>> {
        let bytes = self.window.bytes(self.position, frame.bytes)?.to_vec();
        if let Some(info) = InfoFrame::parse(&bytes, &frame) {
            let begin = self.position;
            self.position += frame.bytes as u64;
            self.delay = info.delay;
            let held = self.window.length().saturating_sub(begin);
            if let Some(promised) = info.bytes.map(u64::from)
                && promised > held + held / 100 + 4096
            {
                self.shortfall = Some(format!(
                    "the file holds {held} bytes of sound, its header promises {promised}; the download was cut short"
                ));
            }
            return Ok(info.frames.map(|frames| {
                let samples = u64::from(frames) * u64::from(frame.samples);
                samples.saturating_sub(u64::from(info.delay) + u64::from(info.padding)) as f64
                    / f64::from(frame.rate)
            }));
        }
        let begin = self.position;
        let mut seconds = 0.0;
        while let Some(frame) = self.step(&mut Complaints::new(0))? {
            seconds += f64::from(frame.samples) / f64::from(frame.rate);
            self.position += frame.bytes as u64;
        }
        (self.position, self.kind, self.in_step) = (begin, Some(frame), true);
        self.shortfall = None;
        Ok(Some(seconds))
    }

    /// Moves `position` to the next frame.
    fn step(&mut self, complaints: &mut Complaints) -> io::Result<Option<Frame>> {
        let mut lost = 0u64;
        loop {
            let left = self.window.length().saturating_sub(self.position);
            let head = self.window.bytes(self.position, 16)?;
            if head.len() < 4 {
                self.note_lost(lost, complaints);
                return Ok(None);
            }
            if let Some(length) = tag_length(head, left) {
                self.position = self.position.saturating_add(length);
                continue;
            }
            if let Some(frame) = parse(self.family, head) {
                let known = self.in_step && self.kind.is_some_and(|kind| kind.same_kind(&frame));
                if frame.bytes as u64 > left {
                    // The last frame, cut; or no frame at all.
                    if known {
                        self.shortfall.get_or_insert_with(|| "the file ends within a frame".into());
                        return Ok(None);
                    }
                } else if known || follows(&mut self.window, self.family, self.position, &frame, 1)? {
                    self.note_lost(lost, complaints);
                    self.in_step = true;
                    return Ok(Some(frame));
                }
            }
            self.in_step = false;
            let skipped = next_sync(&mut self.window, self.position + 1)? - self.position;
            self.position += skipped;
            lost += skipped;
        }
    }

    fn note_lost(&self, lost: u64, complaints: &mut Complaints) {
        if lost > 0 {
            complaints.add("junk", || format!("{lost} bytes that are no sound were skipped"));
        }
    }
}

fn parse(family: Family, head: &[u8]) -> Option<Frame> {
    match family {
        Family::Mpeg => mpeg_frame(head),
        Family::Adts => adts_frame(head),
    }
}

/// Next position from `from` on where a frame or a tag could begin.
fn next_sync(window: &mut Window, from: u64) -> io::Result<u64> {
    let mut position = from;
    loop {
        let bytes = window.bytes(position, 4096)?;
        if bytes.is_empty() {
            return Ok(position);
        }
        if let Some(index) = bytes.iter().position(|byte| matches!(byte, 0xFF | b'I' | b'T' | b'A')) {
            return Ok(position + index as u64);
        }
        position += bytes.len() as u64;
    }
}

/// True when `count` frames of the same kind come after `frame` at `position`, or the file ends with one of them.
fn follows(
    window: &mut Window,
    family: Family,
    position: u64,
    frame: &Frame,
    count: usize,
) -> io::Result<bool> {
    let (mut position, mut bytes) = (position, frame.bytes);
    for _ in 0..count {
        position += bytes as u64;
        let left = window.length().saturating_sub(position);
        let head = window.bytes(position, 16)?;
        if head.is_empty() || tag_length(head, left).is_some() {
            return Ok(true);
        }
        match parse(family, head) {
            Some(next) if next.same_kind(frame) => bytes = next.bytes,
            // A file cut within a header still counts.
            _ => return Ok(head.len() < 7),
        }
    }
    Ok(true)
}

fn find_first(window: &mut Window, family: Family, probe_bytes: u64) -> io::Result<Option<(u64, Frame)>> {
    let mut position = 0;
    while position < probe_bytes {
        let left = window.length().saturating_sub(position);
        let head = window.bytes(position, 16)?;
        if head.len() < 4 {
            break;
        }
        if let Some(frame) = parse(family, head)
            && frame.bytes as u64 <= left
            && follows(window, family, position, &frame, CONVINCING - 1)?
        {
            return Ok(Some((position, frame)));
        }
        position = next_sync(window, position + 1)?;
    }
    Ok(None)
}

impl Demuxer for Elementary {
    fn next_packet(&mut self, complaints: &mut Complaints) -> Result<Option<Packet>, Stop> {
        let Some(frame) = self.step(complaints)? else { return Ok(None) };
        let bytes = self.window.bytes(self.position, frame.bytes)?;
        if bytes.len() < frame.bytes {
            return Ok(None);
        }
        let data = bytes.get(frame.header..).unwrap_or_default().to_vec();
        self.position += frame.bytes as u64;
        let changed = self.kind.is_none_or(|kind| !kind.same_kind(&frame));
        if changed {
            complaints.add("change", || {
                format!("the sound changes to {} Hz, {} channels on the way", frame.rate, frame.channels)
            });
        }
        self.kind = Some(frame);
        let time = std::mem::take(&mut self.first).then(|| -f64::from(self.delay) / f64::from(frame.rate));
        Ok(Some(Packet {
            data,
            time,
            frames: Some((frame.samples, frame.rate)),
            codec: changed.then(|| frame.codec()),
            ..Packet::default()
        }))
    }

    fn shortfall(&self) -> Option<String> {
        self.shortfall.clone()
    }
}

/// The first frame of many MP3 files: no sound, but the number of frames and what the encoder added
/// (the Xing, Info and LAME tags, and Fraunhofer's VBRI).
struct InfoFrame {
    frames: Option<u32>,
    bytes: Option<u32>,
    delay: u32,
    padding: u32,
}

/// Delay of every MP3 decoder in samples; LAME's tag states the encoder's delay without it.
const DECODER_DELAY: u32 = 529;

impl InfoFrame {
    fn parse(bytes: &[u8], frame: &Frame) -> Option<Self> {
        if frame.layer != 3 || frame.bit_rate == 0 {
            return None;
        }
        let word = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        let vbri = 4 + 32;
        if bytes.get(vbri..vbri + 4) == Some(b"VBRI") {
            let (size, frames) = (word(vbri + 10), word(vbri + 14));
            return Some(Self { frames, bytes: size, delay: 0, padding: 0 });
        }
        let tag = 4 + frame.side;
        if !matches!(bytes.get(tag..tag + 4), Some(b"Xing" | b"Info")) {
            return None;
        }
        let flags = word(tag + 4)?;
        let mut at = tag + 8;
        let mut field = |bit: u32, length: usize| {
            let present = flags & bit != 0;
            let value = if present { word(at) } else { None };
            at += if present { length } else { 0 };
            value
        };
        let (frames, size) = (field(1, 4), field(2, 4));
        field(4, 100);
        field(8, 4);
        let encoder = bytes.get(at..at + 4).unwrap_or_default();
        let (mut delay, mut padding) = (0, 0);
        if matches!(encoder, b"LAME" | b"Lavf" | b"Lavc")
            && let Some(trim) = bytes.get(at + 21..at + 24)
        {
            let trim = u32::from(trim[0]) << 16 | u32::from(trim[1]) << 8 | u32::from(trim[2]);
            delay = (trim >> 12) + DECODER_DELAY;
            padding = (trim & 0xFFF).saturating_sub(DECODER_DELAY);
        }
        Some(Self { frames, bytes: size, delay, padding })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_say_what_the_standards_say() {
        let mp3 = mpeg_frame(&[0xFF, 0xFB, 0x90, 0x64]).unwrap();
        assert_eq!((mp3.bytes, mp3.samples, mp3.rate, mp3.channels, mp3.layer), (417, 1152, 44_100, 2, 3));
        let low = mpeg_frame(&[0xFF, 0xF3, 0x40, 0xC0]).unwrap();
        assert_eq!((low.bytes, low.samples, low.rate, low.channels), (104, 576, 22_050, 1));
        let mp2 = mpeg_frame(&[0xFF, 0xFD, 0xA4, 0x00]).unwrap();
        assert_eq!((mp2.bytes, mp2.samples, mp2.rate, mp2.layer), (576, 1152, 48_000, 2));
        let aac = adts_frame(&[0xFF, 0xF1, 0x50, 0x80, 0x2E, 0x7F, 0xFC]).unwrap();
        assert_eq!((aac.bytes, aac.rate, aac.channels), (371, 44_100, 2));
        for head in [[0xFF, 0xE9, 0x90, 0x64], [0xFF, 0xFB, 0xF0, 0x64], [0xFF, 0xFB, 0x00, 0x64], [0; 4]] {
            assert_eq!(mpeg_frame(&head), None, "{head:x?}");
        }
    }

    #[test]
    fn tags_are_measured() {
        assert_eq!(tag_length(b"ID3\x04\x00\x00\x00\x00\x02\x01......", 1000), Some(10 + 257));
        assert_eq!(tag_length(b"ID3\x04\x00\x10\x00\x00\x00\x01......", 1000), Some(21));
        assert_eq!(tag_length(b"ID3\x04\x00\x00\x80\x00\x00\x01......", 1000), None);
        assert_eq!(tag_length(b"TAG.............", 128), Some(128));
        assert_eq!(tag_length(b"TAG.............", 129), None);
    }
}
