//! The boxes of MP4 and QuickTime files (ISO/IEC 14496-12), as far as one sound track needs them.

use crate::Limits;
use crate::aac_config::AacConfig;
use crate::decode::Codec;
use crate::opus::OpusHeader;
use crate::source::Window;
use crate::tags::{Field, TagCollector};
use std::io;
use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::well_known as id;
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters};

/// A box: its name and where its content lies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mp4Box {
    pub name: [u8; 4],
    pub body: u64,
    pub end: u64,
}

/// Children looked at in one box; real files have some dozens, a list of tags some hundreds.
const MOST_CHILDREN: usize = 4096;

/// The box at `at`, which must not reach beyond `end`; `None` when there is none.
pub(crate) fn box_at(window: &mut Window, at: u64, end: u64) -> io::Result<Option<Mp4Box>> {
    if at.saturating_add(8) > end {
        return Ok(None);
    }
    let Some(head) = window.array::<8>(at)? else { return Ok(None) };
    let name = [head[4], head[5], head[6], head[7]];
    let (body, size) = match u32::from_be_bytes([head[0], head[1], head[2], head[3]]) {
        0 => (at + 8, end - at),
        1 => match window.array::<8>(at + 8)? {
            Some(size) => (at + 16, u64::from_be_bytes(size)),
            None => return Ok(None),
        },
        size => (at + 8, size.into()),
    };
    let stop = at.saturating_add(size).min(end);
    Ok((stop >= body).then_some(Mp4Box { name, body, end: stop }))
}

/// Every box between `from` and `to`.
pub(crate) fn children(window: &mut Window, from: u64, to: u64) -> io::Result<Vec<Mp4Box>> {
    let (mut at, mut found) = (from, Vec::new());
    while let Some(child) = box_at(window, at, to)? {
        found.push(child);
        at = child.end;
        if found.len() == MOST_CHILDREN {
            break;
        }
    }
    Ok(found)
}

/// The first box reached by following `path` downwards from between `from` and `to`.
fn find(window: &mut Window, from: u64, to: u64, path: &[&[u8; 4]]) -> io::Result<Option<Mp4Box>> {
    let (mut from, mut to, mut found) = (from, to, None);
    for name in path {
        let Some(child) = children(window, from, to)?.into_iter().find(|child| child.name == **name) else {
            return Ok(None);
        };
        (from, to, found) = (child.body, child.end, Some(child));
    }
    Ok(found)
}

/// The content of a box, if it is at most `most` bytes long and wholly there.
fn content(window: &mut Window, found: Mp4Box, most: u64) -> io::Result<Option<Vec<u8>>> {
    let size = found.end - found.body;
    if size > most {
        return Ok(None);
    }
    let bytes = window.bytes(found.body, size as usize)?;
    Ok((bytes.len() as u64 == size).then(|| bytes.to_vec()))
}

/// A table of numbers of `width` bytes (or 4 bits, for which `width` is 0).
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbers {
    bytes: Vec<u8>,
    width: usize,
}

impl Numbers {
    pub fn get(&self, index: usize) -> Option<u64> {
        if self.width == 0 {
            let byte = *self.bytes.get(index / 2)?;
            return Some(u64::from(if index.is_multiple_of(2) { byte >> 4 } else { byte & 15 }));
        }
        let from = index.checked_mul(self.width)?;
        let bytes = self.bytes.get(from..from.checked_add(self.width)?)?;
        Some(bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }
}

/// Where the samples of a track lie and how long they last: the tables of `stbl`.
#[derive(Clone, Debug, Default)]
pub(crate) struct SampleTables {
    /// Pairs of (count, duration).
    pub times: Numbers,
    /// Triples of (first chunk, samples a chunk, description).
    pub chunks: Numbers,
    pub offsets: Numbers,
    /// Size of every sample, if all are alike; 0 otherwise.
    pub size: u32,
    pub sizes: Numbers,
    pub count: u32,
}

/// One entry of an edit list, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Edit {
    /// Begin and end in the media.
    pub from: f64,
    pub to: f64,
    /// Where it is to be heard.
    pub at: f64,
}

/// One sound track of an MP4 file.
#[derive(Clone, Debug)]
pub(crate) struct SoundTrack {
    pub id: u32,
    pub enabled: bool,
    /// Ticks a second.
    pub timescale: u32,
    pub codec: Result<Codec, String>,
    /// Bytes of one frame of uncompressed sound; 0 for codecs.
    pub frame_bytes: u32,
    pub tables: SampleTables,
    pub edits: Vec<Edit>,
    /// Defaults of fragments: duration and size of a sample.
    pub defaults: (u32, u32),
}

/// The movie box: every sound track, and the tags.
#[derive(Debug, Default)]
pub(crate) struct Movie {
    pub tracks: Vec<SoundTrack>,
    pub fragmented: bool,
    pub has_other_tracks: bool,
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

pub(crate) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_be_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

/// Reads `moov`.
pub(crate) fn movie(
    window: &mut Window,
    moov: Mp4Box,
    limits: &Limits,
    tags: &mut TagCollector,
) -> io::Result<Movie> {
    let mut movie = Movie::default();
    let mut movie_scale = 0;
    for child in children(window, moov.body, moov.end)? {
        match &child.name {
            b"mvhd" => {
                let head = content(window, child, 4096)?.unwrap_or_default();
                let at = if head.first() == Some(&1) { 20 } else { 12 };
                movie_scale = u32_at(&head, at).unwrap_or(0);
            }
            b"trak" => match track(window, child, movie_scale, limits)? {
                Some(track) => movie.tracks.push(track),
                None => movie.has_other_tracks = true,
            },
            b"mvex" => {
                movie.fragmented = true;
                for child in children(window, child.body, child.end)? {
                    if &child.name != b"trex" {
                        continue;
                    }
                    let body = content(window, child, 4096)?.unwrap_or_default();
                    let (id, duration, size) = (u32_at(&body, 4), u32_at(&body, 12), u32_at(&body, 16));
                    if let Some(track) = movie.tracks.iter_mut().find(|track| Some(track.id) == id) {
                        track.defaults = (duration.unwrap_or(0), size.unwrap_or(0));
                    }
                }
            }
            b"udta" => read_tags(window, child, limits, tags)?,
            _ => {}
        }
    }
    Ok(movie)
}

/// Reads `trak`; `None` when it holds no sound.
fn track(
    window: &mut Window,
    trak: Mp4Box,
    movie_scale: u32,
    limits: &Limits,
) -> io::Result<Option<SoundTrack>> {
    let (from, to) = (trak.body, trak.end);
    let mut read = |path: &[&[u8; 4]], most: u64| -> io::Result<Vec<u8>> {
        match find(window, from, to, path)? {
            Some(found) => Ok(content(window, found, most)?.unwrap_or_default()),
            None => Ok(Vec::new()),
        }
    };
    if read(&[b"mdia", b"hdlr"], 4096)?.get(8..12) != Some(b"soun") {
        return Ok(None);
    }
    let tkhd = read(&[b"tkhd"], 4096)?;
    let wide = tkhd.first() == Some(&1);
    let id = u32_at(&tkhd, if wide { 20 } else { 12 }).unwrap_or(0);
    let enabled = tkhd.get(3).is_some_and(|flags| flags & 1 == 1);
    let mdhd = read(&[b"mdia", b"mdhd"], 4096)?;
    let timescale = u32_at(&mdhd, if mdhd.first() == Some(&1) { 20 } else { 12 }).unwrap_or(0);
    let edits = edits(&read(&[b"edts", b"elst"], 1 << 20)?, movie_scale, timescale);
    let mut table = |name: &[u8; 4]| read(&[b"mdia", b"minf", b"stbl", name], limits.index_bytes);
    let (stts, stsc, stsz, stz2) = (table(b"stts")?, table(b"stsc")?, table(b"stsz")?, table(b"stz2")?);
    let (stco, co64) = (table(b"stco")?, table(b"co64")?);
    let entries = |bytes: &[u8], from: usize| bytes.get(from..).unwrap_or_default().to_vec();
    let tables = SampleTables {
        times: Numbers { bytes: entries(&stts, 8), width: 4 },
        chunks: Numbers { bytes: entries(&stsc, 8), width: 4 },
        offsets: if stco.is_empty() {
            Numbers { bytes: entries(&co64, 8), width: 8 }
        } else {
            Numbers { bytes: entries(&stco, 8), width: 4 }
        },
        size: u32_at(&stsz, 4).unwrap_or(0),
        count: u32_at(if stsz.is_empty() { &stz2 } else { &stsz }, 8).unwrap_or(0),
        sizes: if stsz.is_empty() {
            Numbers { width: usize::from(stz2.get(7).copied().unwrap_or(8) / 8), bytes: entries(&stz2, 12) }
        } else {
            Numbers { bytes: entries(&stsz, 12), width: 4 }
        },
    };
    let stsd = table(b"stsd")?;
    let (codec, frame_bytes) = sample_entry(stsd.get(8..).unwrap_or_default());
    Ok((timescale > 0).then_some(SoundTrack {
        id,
        enabled,
        timescale,
        codec,
        frame_bytes,
        tables,
        edits,
        defaults: (0, 0),
    }))
}

/// The edit list: what of the media is heard when. Lists that go backwards in the media are cut to their first entry.
fn edits(elst: &[u8], movie_scale: u32, media_scale: u32) -> Vec<Edit> {
    let wide = elst.first() == Some(&1);
    let (mut edits, mut at) = (Vec::<Edit>::new(), 0.0);
    if movie_scale == 0 || media_scale == 0 {
        return edits;
    }
    let width = if wide { 20 } else { 12 };
    for entry in elst.get(8..).unwrap_or_default().chunks_exact(width) {
        let (length, begin) = if wide {
            (u64_at(entry, 0), u64_at(entry, 8).map(|begin| begin as i64))
        } else {
            (u32_at(entry, 0).map(u64::from), u32_at(entry, 4).map(|begin| i64::from(begin as i32)))
        };
        let (Some(length), Some(begin)) = (length, begin) else { break };
        let seconds = length as f64 / f64::from(movie_scale);
        if begin >= 0 {
            let from = begin as f64 / f64::from(media_scale);
            if edits.last().is_some_and(|last| from < last.to) {
                break;
            }
            // No length means: to the end.
            let to = if length == 0 { f64::INFINITY } else { from + seconds };
            edits.push(Edit { from, to, at });
        }
        at += seconds;
    }
    edits
}

/// The first entry of `stsd`: the codec, and the bytes of a frame of uncompressed sound.
fn sample_entry(entry: &[u8]) -> (Result<Codec, String>, u32) {
    let missing = || (Err("unnamed".to_owned()), 0);
    let (Some(size), Some(name)) = (u32_at(entry, 0), entry.get(4..8)) else { return missing() };
    let entry = entry.get(..size as usize).unwrap_or(entry);
    let (Some(version), Some(channels), Some(bits)) =
        (u16_at(entry, 16), u16_at(entry, 24), u16_at(entry, 26))
    else {
        return missing();
    };
    let mut rate = u32_at(entry, 32).unwrap_or(0) >> 16;
    let (mut channels, mut bits, mut flags) = (channels, bits, 0);
    let boxes = match version {
        1 => 52,
        2 => {
            rate = u64_at(entry, 40).map_or(0.0, f64::from_bits) as u32;
            channels = u32_at(entry, 48).unwrap_or(0).min(u16::MAX.into()) as u16;
            bits = u32_at(entry, 56).unwrap_or(0).min(64) as u16;
            flags = u32_at(entry, 60).unwrap_or(0);
            72
        }
        _ => 36,
    };
    let boxes = entry.get(boxes..).unwrap_or_default();
    let pcm = |codec: AudioCodecId, bits: u32| {
        (Ok(Codec::plain(codec, rate, channels)), u32::from(channels).saturating_mul(bits / 8))
    };
    match name {
        b"mp4a" => (elementary_stream(boxes, rate, channels), 0),
        b"Opus" => {
            let header = inner_box(boxes, b"dOps").and_then(OpusHeader::parse_mp4);
            (header.map(Codec::Opus).ok_or("Opus without its header".into()), 0)
        }
        b"fLaC" => {
            // `dfLa` holds the metadata blocks; the decoder wants the 34 bytes of STREAMINFO.
            let info = inner_box(boxes, b"dfLa").and_then(|body| body.get(8..42));
            (with_extra(id::CODEC_ID_FLAC, rate, channels, info), 0)
        }
        b"alac" => (
            with_extra(
                id::CODEC_ID_ALAC,
                rate,
                channels,
                inner_box(boxes, b"alac").and_then(|body| body.get(4..)),
            ),
            0,
        ),
        b".mp3" | b"ms\0U" => (Ok(Codec::mpeg_audio(3, rate, channels)), 0),
        b"sowt" if bits == 16 => pcm(id::CODEC_ID_PCM_S16LE, 16),
        b"twos" if bits == 16 => pcm(id::CODEC_ID_PCM_S16BE, 16),
        b"sowt" | b"twos" if bits == 8 => pcm(id::CODEC_ID_PCM_S8, 8),
        b"raw " if bits == 8 => pcm(id::CODEC_ID_PCM_U8, 8),
        b"in24" => pcm(id::CODEC_ID_PCM_S24BE, 24),
        b"in32" => pcm(id::CODEC_ID_PCM_S32BE, 32),
        b"fl32" => pcm(id::CODEC_ID_PCM_F32BE, 32),
        b"fl64" => pcm(id::CODEC_ID_PCM_F64BE, 64),
        b"ulaw" => pcm(id::CODEC_ID_PCM_MULAW, 8),
        b"alaw" => pcm(id::CODEC_ID_PCM_ALAW, 8),
        b"lpcm" => match (flags & 3, bits) {
            (0, 16) => pcm(id::CODEC_ID_PCM_S16LE, 16),
            (0, 24) => pcm(id::CODEC_ID_PCM_S24LE, 24),
            (0, 32) => pcm(id::CODEC_ID_PCM_S32LE, 32),
            (1, 32) => pcm(id::CODEC_ID_PCM_F32LE, 32),
            (2, 16) => pcm(id::CODEC_ID_PCM_S16BE, 16),
            (2, 24) => pcm(id::CODEC_ID_PCM_S24BE, 24),
            _ => (Err(format!("PCM of {bits} bits")), 0),
        },
        b"enca" | b"drms" => (Err("protected (DRM)".into()), 0),
        b"ac-3" => (Err("AC-3".into()), 0),
        b"ec-3" => (Err("E-AC-3".into()), 0),
        name => (Err(name.escape_ascii().to_string()), 0),
    }
}

fn with_extra(codec: AudioCodecId, rate: u32, channels: u16, extra: Option<&[u8]>) -> Result<Codec, String> {
    let mut parameters = AudioCodecParameters::new();
    parameters.for_codec(codec).with_sample_rate(rate).with_channels(Channels::Discrete(channels));
    if let Some(extra) = extra {
        parameters.with_extra_data(extra.into());
    }
    Codec::parameters(parameters)
}

/// The content of the box `name` among `boxes`; QuickTime hides them in one more box, `wave`.
fn inner_box<'a>(boxes: &'a [u8], name: &[u8; 4]) -> Option<&'a [u8]> {
    let mut rest = boxes;
    while let Some(size) = u32_at(rest, 0) {
        let size = (size as usize).min(rest.len());
        let (this, behind) = (rest.get(8..size)?, rest.get(size..)?);
        match rest.get(4..8) {
            Some(found) if found == name => return Some(this),
            Some(b"wave") => {
                if let Some(found) = inner_box(this, name) {
                    return Some(found);
                }
            }
            _ => {}
        }
        rest = behind;
    }
    None
}

/// `esds`: which codec `mp4a` stands for, and its configuration (ISO/IEC 14496-1, 7.2.6).
fn elementary_stream(boxes: &[u8], rate: u32, channels: u16) -> Result<Codec, String> {
    let descriptors = inner_box(boxes, b"esds").and_then(|body| body.get(4..)).unwrap_or_default();
    let (mut rest, mut kind, mut config) = (descriptors, None, None);
    while let Some((tag, body, behind)) = descriptor(rest) {
        rest = match tag {
            // ES descriptor: identifier and flags, each of which announces more fields.
            3 => {
                let flags = body.get(2).copied().unwrap_or(0);
                let url =
                    if flags & 0x40 != 0 { 1 + usize::from(body.get(3).copied().unwrap_or(0)) } else { 0 };
                let skip =
                    3 + if flags & 0x80 != 0 { 2 } else { 0 } + url + if flags & 0x20 != 0 { 2 } else { 0 };
                body.get(skip..).unwrap_or_default()
            }
            4 => {
                kind = body.first().copied();
                body.get(13..).unwrap_or_default()
            }
            5 => {
                config = Some(body);
                behind
            }
            _ => behind,
        };
    }
    match kind {
        Some(0x69 | 0x6B) => Ok(Codec::mpeg_audio(3, rate, channels)),
        Some(0x40 | 0x66..=0x68) | None => {
            let config = config.ok_or("AAC without its configuration")?;
            AacConfig::parse(config).ok_or("AAC with a damaged configuration")?;
            with_extra(id::CODEC_ID_AAC, rate, channels, Some(config))
        }
        Some(kind) => Err(format!("MPEG-4 object type {kind:#x}")),
    }
}

/// A descriptor: its tag, content, and what follows it.
fn descriptor(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, mut rest) = bytes.split_first()?;
    let mut size = 0usize;
    for _ in 0..4 {
        let (byte, behind) = rest.split_first()?;
        rest = behind;
        size = size << 7 | usize::from(byte & 0x7F);
        if byte & 0x80 == 0 {
            break;
        }
    }
    let (body, behind) = rest.split_at(size.min(rest.len()));
    Some((*tag, body, behind))
}

/// Reads the tags of `udta/meta/ilst`, as iTunes writes them.
fn read_tags(window: &mut Window, udta: Mp4Box, limits: &Limits, tags: &mut TagCollector) -> io::Result<()> {
    let Some(meta) = find(window, udta.body, udta.end, &[b"meta"])? else { return Ok(()) };
    let Some(list) = find(window, meta.body + 4, meta.end, &[b"ilst"])? else { return Ok(()) };
    for item in children(window, list.body, list.end)? {
        let field = match &item.name {
            b"\xA9nam" => Field::Title,
            b"\xA9alb" | b"tvsh" => Field::Show,
            b"\xA9ART" => Field::Artist,
            b"aART" => Field::AlbumArtist,
            b"\xA9day" => Field::Date,
            b"\xA9cmt" | b"desc" | b"ldes" => Field::Notes,
            _ => continue,
        };
        let Some(data) = find(window, item.body, item.end, &[b"data"])? else { continue };
        // Type 1 is UTF-8. A text that is longer than what is kept is read as far as it is kept.
        let most = (data.end - data.body).min(limits.text_bytes as u64 + 8);
        let bytes = window.bytes(data.body, most as usize)?;
        if u32_at(bytes, 0) == Some(1) {
            let text = String::from_utf8_lossy(bytes.get(8..).unwrap_or_default()).into_owned();
            tags.add(field, &text);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edit_lists_give_begin_gap_and_end() {
        // An empty edit of 500 ms, then from sample 1024 for 2 s.
        let mut elst = vec![0, 0, 0, 0, 0, 0, 0, 2];
        elst.extend([0, 0, 1, 0xF4, 0xFF, 0xFF, 0xFF, 0xFF, 0, 1, 0, 0]);
        elst.extend([0, 0, 7, 0xD0, 0, 0, 4, 0, 0, 1, 0, 0]);
        assert_eq!(edits(&elst, 1000, 1024), [Edit { from: 1.0, to: 3.0, at: 0.5 }]);
        // An entry that goes back is not followed; a cut list neither.
        elst.extend([0, 0, 7, 0xD0, 0, 0, 0, 0, 0, 1, 0, 0]);
        assert_eq!(edits(&elst, 1000, 1024).len(), 1);
        assert_eq!(edits(&elst[..20], 1000, 1024), []);
        assert_eq!(edits(&elst, 0, 0), []);
    }
}
