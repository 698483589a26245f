//! MP4, M4A and QuickTime: the packets of one sound track, with edit lists and fragments.

use super::mp4_boxes::{Edit, Mp4Box, SoundTrack, box_at, children, movie, u32_at, u64_at};
use super::{Demuxer, Packet, Stop, Track};
use crate::Limits;
use crate::complaints::Complaints;
use crate::decode::supported;
use crate::source::Window;
use crate::tags::TagCollector;
use std::collections::VecDeque;
use std::io;

/// Largest packet that is believed. Eight channels of the fattest codec stay below; uncompressed sound is cut up.
const MOST_PACKET_BYTES: u64 = 4 << 20;
/// Frames of uncompressed sound taken at once.
const PCM_FRAMES: u64 = 1024;
/// Most boxes at the top of a file passed over in the search for the movie box.
const MOST_TOP_BOXES: usize = 1 << 20;

/// What opening found when it was no readable sound.
pub(crate) enum Refusal {
    NoMovie,
    NoSound,
    Codec(String),
}

/// An MP4 file that is being read.
pub(crate) struct Mp4 {
    window: Window,
    track: SoundTrack,
    samples: Samples,
    /// Where the next top-level box is looked for, for fragments.
    next_box: Option<u64>,
    fragment: VecDeque<Sample>,
    /// Media time at which a fragment without its own time begins.
    media_end: u64,
    early: f64,
    shortfall: Option<String>,
    index_bytes: u64,
}

/// One packet in the file, with its time in ticks of the media.
#[derive(Clone, Copy, Debug)]
struct Sample {
    offset: u64,
    size: u64,
    time: u64,
    duration: u64,
}

/// A walk through the sample tables, each step in constant time.
#[derive(Default)]
struct Samples {
    index: u64,
    time: u64,
    time_entry: usize,
    time_left: u64,
    chunk: u64,
    chunk_entry: usize,
    left_in_chunk: u64,
    offset: u64,
}

impl Mp4 {
    /// Finds the movie box and chooses the track: the first that is enabled and can be decoded.
    pub fn open(
        mut window: Window,
        limits: &Limits,
        tags: &mut TagCollector,
    ) -> io::Result<Result<(Self, Track), Refusal>> {
        let length = window.length();
        let (mut at, mut moov, mut first_fragment) = (0, None, None);
        for _ in 0..MOST_TOP_BOXES {
            let Some(found) = box_at(&mut window, at, length)? else { break };
            if &found.name == b"moof" {
                first_fragment.get_or_insert(at);
            }
            at = found.end;
            if &found.name == b"moov" {
                moov = Some(found);
                break;
            }
        }
        let Some(moov) = moov else { return Ok(Err(Refusal::NoMovie)) };
        let movie = movie(&mut window, moov, limits, tags)?;
        let mut tracks = movie.tracks;
        tracks.sort_by_key(|track| !track.enabled);
        let mut refused = None;
        let mut chosen = None;
        for track in tracks {
            match track.codec.clone().and_then(|codec| supported(&codec).map(|()| codec)) {
                Ok(codec) => {
                    chosen = Some((track, codec));
                    break;
                }
                Err(name) => drop(refused.get_or_insert(name)),
            }
        }
        let Some((track, codec)) = chosen else {
            return Ok(Err(refused.map_or(Refusal::NoSound, Refusal::Codec)));
        };
        // Without an edit list, Opus still counts what it needs to start.
        let early = match codec.opus_header() {
            Some(header) if track.edits.is_empty() => f64::from(header.pre_skip) / 48_000.0,
            _ => 0.0,
        };
        let mut mp4 = Self {
            window,
            samples: Samples::default(),
            next_box: movie.fragmented.then_some(first_fragment.unwrap_or(at)),
            fragment: VecDeque::new(),
            media_end: 0,
            early,
            shortfall: None,
            index_bytes: limits.index_bytes,
            track,
        };
        let duration = mp4.duration();
        let track = Track {
            container: "MP4",
            duration,
            sample_rate: codec.sample_rate(),
            channels: codec.channels(),
            codec,
        };
        Ok(Ok((mp4, track)))
    }

    /// Length of what is heard, in seconds; `None` for fragments, whose lengths lie throughout the file.
    fn duration(&mut self) -> Option<f64> {
        if self.next_box.is_some() {
            return None;
        }
        let times = &self.track.tables.times;
        let mut ticks = 0u64;
        for entry in 0.. {
            let (Some(count), Some(length)) = (times.get(2 * entry), times.get(2 * entry + 1)) else { break };
            ticks = ticks.saturating_add(count.saturating_mul(length));
        }
        let media = ticks as f64 / f64::from(self.track.timescale);
        Some(match (self.track.edits.first(), self.track.edits.last()) {
            (Some(_), Some(last)) => last.at + last.to.min(media) - last.from.min(media),
            _ => media - self.early,
        })
    }

    fn next_sample(&mut self, complaints: &mut Complaints) -> Result<Option<Sample>, Stop> {
        if let Some(sample) = self.samples.next(&self.track) {
            self.media_end = sample.time.saturating_add(sample.duration);
            return Ok(Some(sample));
        }
        loop {
            if let Some(sample) = self.fragment.pop_front() {
                self.media_end = sample.time.saturating_add(sample.duration);
                return Ok(Some(sample));
            }
            let Some(at) = self.next_box else { return Ok(None) };
            let length = self.window.length();
            let Some(found) = box_at(&mut self.window, at, length)? else {
                self.next_box = None;
                return Ok(None);
            };
            self.next_box = Some(found.end);
            if &found.name == b"moof" {
                self.read_fragment(at, found, complaints)?;
            }
        }
    }

    fn read_fragment(&mut self, begin: u64, moof: Mp4Box, complaints: &mut Complaints) -> Result<(), Stop> {
        if moof.end - moof.body > self.index_bytes {
            complaints.add("fragment", || "a fragment with an index of impossible size was skipped".into());
            return Ok(());
        }
        for traf in children(&mut self.window, moof.body, moof.end)? {
            if &traf.name != b"traf" {
                continue;
            }
            let (mut base, mut defaults, mut time, mut wanted) =
                (begin, self.track.defaults, self.media_end, false);
            let mut position = None;
            for child in children(&mut self.window, traf.body, traf.end)? {
                let size = (child.end - child.body) as usize;
                let body = self.window.bytes(child.body, size)?;
                match &child.name {
                    b"tfhd" => {
                        wanted = u32_at(body, 4) == Some(self.track.id);
                        let flags = u32_at(body, 0).unwrap_or(0);
                        let mut at = 8;
                        if flags & 1 != 0 {
                            base = u64_at(body, at).unwrap_or(begin);
                            at += 8;
                        }
                        at += if flags & 2 != 0 { 4 } else { 0 };
                        if flags & 8 != 0 {
                            defaults.0 = u32_at(body, at).unwrap_or(0);
                            at += 4;
                        }
                        if flags & 16 != 0 {
                            defaults.1 = u32_at(body, at).unwrap_or(0);
                        }
                    }
                    b"tfdt" if body.first() == Some(&1) => time = u64_at(body, 4).unwrap_or(time),
                    b"tfdt" => time = u32_at(body, 4).map_or(time, u64::from),
                    b"trun" if wanted => {
                        let run = Run { base, position, time, defaults };
                        let last = run.read(body, &mut self.fragment);
                        (position, time) = (Some(last.0), last.1);
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// When media time is heard, and what of a packet there is cut off at either end, all in seconds.
    fn heard(&self, from: f64, to: f64) -> (f64, (f64, f64)) {
        let edits = &self.track.edits;
        if edits.is_empty() {
            return (from - self.early, (0.0, 0.0));
        }
        let overlapping = edits.iter().find(|edit| edit.to > from && edit.from < to);
        match overlapping {
            Some(Edit { from: begin, to: end, at }) => {
                (at + from - begin, ((begin - from).max(0.0), (to - end).max(0.0)))
            }
            // Decoded only to prepare what follows: all of it is cut.
            None => (0.0, (to - from + 1.0, 0.0)),
        }
    }
}

/// One `trun`: packets that lie one after the other.
struct Run {
    base: u64,
    position: Option<u64>,
    time: u64,
    defaults: (u32, u32),
}

impl Run {
    /// Appends its samples; gives where the next run begins, in bytes and ticks.
    fn read(&self, body: &[u8], samples: &mut VecDeque<Sample>) -> (u64, u64) {
        let flags = u32_at(body, 0).unwrap_or(0);
        let count = u32_at(body, 4).unwrap_or(0);
        let mut at = 8;
        let mut offset = self.position.unwrap_or(self.base);
        if flags & 1 != 0 {
            let relative = u32_at(body, at).map_or(0, |offset| i64::from(offset as i32));
            offset = self.base.saturating_add_signed(relative);
            at += 4;
        }
        at += if flags & 4 != 0 { 4 } else { 0 };
        let mut time = self.time;
        let width = 4 * (flags >> 8 & 15).count_ones() as usize;
        for _ in 0..count {
            let entry = body.get(at..at + width);
            // Without entries of its own a run may claim any number of samples; a packet has at least one byte.
            if entry.is_none() || (width == 0 && samples.len() >= 1 << 20) {
                break;
            }
            let mut field = at;
            let mut take = |bit: u32, default: u32| {
                if flags & bit == 0 {
                    return default;
                }
                field += 4;
                u32_at(body, field - 4).unwrap_or(default)
            };
            let (duration, size) = (take(0x100, self.defaults.0), take(0x200, self.defaults.1));
            samples.push_back(Sample { offset, size: size.into(), time, duration: duration.into() });
            offset = offset.saturating_add(size.into());
            time = time.saturating_add(duration.into());
            at += width;
        }
        (offset, time)
    }
}

impl Samples {
    fn next(&mut self, track: &SoundTrack) -> Option<Sample> {
        let tables = &track.tables;
        if self.index >= u64::from(tables.count) {
            return None;
        }
        while self.left_in_chunk == 0 {
            // Entries say from which chunk on how many samples a chunk holds.
            let entry = |index: usize| tables.chunks.get(3 * index);
            while entry(self.chunk_entry + 1).is_some_and(|first| first <= self.chunk + 1) {
                self.chunk_entry += 1;
            }
            self.left_in_chunk = tables.chunks.get(3 * self.chunk_entry + 1)?;
            self.offset = tables.offsets.get(usize::try_from(self.chunk).ok()?)?;
            self.chunk += 1;
        }
        while self.time_left == 0 {
            self.time_left = tables.times.get(2 * self.time_entry)?;
            self.time_entry += 1;
        }
        let tick = tables.times.get(2 * self.time_entry - 1)?;
        // Uncompressed sound has a "sample" for every frame; taken one by one they would take hours.
        let together = if track.frame_bytes > 0 {
            PCM_FRAMES.min(self.left_in_chunk).min(self.time_left).min(u64::from(tables.count) - self.index)
        } else {
            1
        };
        let size = match (track.frame_bytes, tables.size) {
            (0, 0) => tables.sizes.get(usize::try_from(self.index).ok()?)?,
            (0, size) => size.into(),
            (frame, _) => u64::from(frame) * together,
        };
        let sample =
            Sample { offset: self.offset, size, time: self.time, duration: tick.saturating_mul(together) };
        self.index += together;
        self.left_in_chunk -= together;
        self.time_left -= together;
        self.offset = self.offset.saturating_add(size);
        self.time = self.time.saturating_add(sample.duration);
        Some(sample)
    }
}

impl Demuxer for Mp4 {
    fn next_packet(&mut self, complaints: &mut Complaints) -> Result<Option<Packet>, Stop> {
        loop {
            let Some(sample) = self.next_sample(complaints)? else { return Ok(None) };
            if sample.size > MOST_PACKET_BYTES {
                complaints.add("packet-size", || "a packet of impossible size was skipped".into());
                continue;
            }
            let bytes = self.window.bytes(sample.offset, sample.size as usize)?;
            if (bytes.len() as u64) < sample.size {
                self.shortfall.get_or_insert_with(|| "the file ends before the sound its index lists".into());
                return Ok(None);
            }
            let data = bytes.to_vec();
            let scale = f64::from(self.track.timescale);
            let from = sample.time as f64 / scale;
            let (time, trim) = self.heard(from, from + sample.duration as f64 / scale);
            return Ok(Some(Packet { data, time: Some(time), trim, ..Packet::default() }));
        }
    }

    fn shortfall(&self) -> Option<String> {
        self.shortfall.clone()
    }
}
