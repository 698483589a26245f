//! The loop from packets to blocks.

use crate::complaints::Complaints;
use crate::decode::{Codec, Decoder};
use crate::demux::{Demuxer, Packet, PageEnd, Stop};
use crate::downmix::Downmix;
use crate::timeline::{Timeline, spoken, spoken_duration};
use crate::{Block, Limits, MediaError};
use std::fs::File;

/// Undecodable packets after which a file is given up, if they are also most of its packets.
const HOPELESS: u64 = 2_000;
/// Packets allowed whatever the size of the file; beyond them there is one for each byte.
const SOME_PACKETS: u64 = 1 << 16;
/// Seconds of sound held until a page ends; a page has at most 30.
const MOST_HELD: u64 = 60;
/// Seconds of damage from which on a recording counts as heard only in part.
const NOTABLE: f64 = 1.0;

/// A file that is being decoded in this process.
pub(crate) struct Decoding {
    path: String,
    demuxer: Box<dyn Demuxer>,
    decoder: Decoder,
    downmix: Downmix,
    timeline: Timeline,
    limits: Limits,
    complaints: Complaints,
    partial: Option<String>,
    ended: bool,
    promised: Option<f64>,
    heard_packets: u64,
    damaged_packets: u64,
    damaged_seconds: f64,
    /// The file and its size at the begin, to notice when it shrinks.
    file: (File, u64),
    planes: Vec<Vec<f32>>,
    mono: Vec<f32>,
    /// Sound of packets whose page has not ended yet.
    page: Vec<f32>,
    page_rate: u32,
    new_clock: bool,
}

impl Decoding {
    pub fn new(
        path: String,
        demuxer: Box<dyn Demuxer>,
        codec: &Codec,
        promised: Option<f64>,
        limits: &Limits,
        complaints: Complaints,
        file: (File, u64),
    ) -> Result<Self, MediaError> {
        let decoder = Decoder::new(codec)
            .map_err(|codec| MediaError::UnsupportedCodec { path: path.clone(), codec })?;
        Ok(Self {
            path,
            demuxer,
            decoder,
            downmix: Downmix::default(),
            timeline: Timeline::new(limits, promised),
            limits: limits.clone(),
            complaints,
            partial: None,
            ended: false,
            promised,
            heard_packets: 0,
            damaged_packets: 0,
            damaged_seconds: 0.0,
            file,
            planes: Vec::new(),
            mono: Vec::new(),
            page: Vec::new(),
            page_rate: crate::SAMPLE_RATE,
            new_clock: false,
        })
    }

    pub fn partial(&self) -> Option<&str> {
        self.partial.as_deref()
    }

    pub fn complaints(&self) -> &[String] {
        self.complaints.texts()
    }

    pub fn next_block(&mut self) -> Result<Option<Block>, MediaError> {
        loop {
            if let Some(block) = self.timeline.take(self.ended) {
                return Ok(Some(block));
            }
            if self.ended {
                return Ok(None);
            }
            self.step()?;
        }
    }

    /// The decoder failed in a way that leaves it unusable; what was heard stays.
    pub fn abandon(&mut self, reason: &str) -> Result<(), MediaError> {
        self.end(Some(reason.into()))
    }

    fn step(&mut self) -> Result<(), MediaError> {
        match self.demuxer.next_packet(&mut self.complaints) {
            Ok(Some(packet)) => {
                self.take_packet(packet)?;
                if self.timeline.is_full() {
                    let limit = spoken_duration(self.limits.duration);
                    return self.end(Some(format!("it is longer than {limit}, the rest was left out")));
                }
                Ok(())
            }
            Ok(None) => {
                let shortfall = self.demuxer.shortfall();
                self.end(shortfall)
            }
            Err(Stop::Broken(reason)) => self.end(Some(reason)),
        }
    }

    fn take_packet(&mut self, packet: Packet) -> Result<(), MediaError> {
        if self.heard_packets + self.damaged_packets > self.file.1 + SOME_PACKETS {
            return self.end(Some("it claims more packets than it has bytes".into()));
        }
        if let Some(codec) = &packet.codec {
            match Decoder::new(codec) {
                Ok(decoder) => self.decoder = decoder,
                Err(name) => {
                    return self.end(Some(format!("it changes to {name}, which cannot be decoded here")));
                }
            }
        }
        self.new_clock |= packet.new_clock;
        // Ogg ends streams with a packet of nothing, and joins them with one.
        if packet.data.is_empty() && (packet.held || packet.codec.is_some()) {
            return self.end_page(packet.page_end);
        }
        let Some(rate) = self.decoder.decode(packet.data, &mut self.planes) else {
            self.skip_damaged(packet.time, packet.frames)?;
            return self.end_page(packet.page_end);
        };
        let channels = self.planes.len();
        if channels > usize::from(self.limits.channels)
            || !(self.limits.lowest_rate..=self.limits.highest_rate).contains(&rate)
        {
            return self.end(Some(format!("it claims {rate} samples a second in {channels} channels")));
        }
        self.downmix.mix(&self.planes, rate, &mut self.mono);
        self.heard_packets += 1;
        if packet.held {
            if self.page_rate != rate || self.page.len() as u64 > MOST_HELD * u64::from(rate) {
                self.timeline.place(
                    None,
                    self.page_rate,
                    &std::mem::take(&mut self.page),
                    &mut self.complaints,
                );
            }
            self.page_rate = rate;
            self.page.extend_from_slice(&self.mono);
            return self.end_page(packet.page_end);
        }
        let seconds = |seconds: f64| ((seconds * f64::from(rate)).round() as usize).min(self.mono.len());
        let (from, to) = (seconds(packet.trim.0), self.mono.len() - seconds(packet.trim.1));
        let Some(sound) = self.mono.get(from..to) else { return Ok(()) };
        let time = packet.time.map(|time| time + from as f64 / f64::from(rate));
        self.timeline.place(time, rate, sound, &mut self.complaints);
        Ok(())
    }

    /// Places the sound of a page, if this is its end.
    fn end_page(&mut self, end: Option<PageEnd>) -> Result<(), MediaError> {
        let Some(PageEnd { begin, end }) = end else { return Ok(()) };
        let rate = f64::from(self.page_rate);
        let begin = match begin {
            Some(begin) => {
                self.page.truncate(((end - begin) * rate).round().max(0.0) as usize);
                begin
            }
            None => end - self.page.len() as f64 / rate,
        };
        if std::mem::take(&mut self.new_clock) {
            self.timeline.restart_clock(begin);
        }
        self.timeline.place(Some(begin), self.page_rate, &self.page, &mut self.complaints);
        self.page.clear();
        Ok(())
    }

    /// Leaves silence for a packet that cannot be decoded: at once where packets carry no time, else the time of the
    /// next packet does.
    fn skip_damaged(&mut self, time: Option<f64>, frames: Option<(u32, u32)>) -> Result<(), MediaError> {
        self.damaged_packets += 1;
        let at = self.timeline.end();
        self.complaints.add("packet", || format!("a damaged packet at {} was left silent", spoken(at)));
        if let Some((samples, rate)) = frames {
            self.damaged_seconds += f64::from(samples) / f64::from(rate);
            self.mono.clear();
            self.mono.resize(samples as usize, 0.0);
            self.timeline.place(time, rate, &self.mono, &mut self.complaints);
        }
        if self.damaged_packets >= HOPELESS + 4 * self.heard_packets {
            return self.end(Some("nearly nothing of it can be decoded".into()));
        }
        Ok(())
    }

    fn end(&mut self, reason: Option<String>) -> Result<(), MediaError> {
        if self.ended {
            return Ok(());
        }
        self.ended = true;
        self.timeline.place(None, self.page_rate, &std::mem::take(&mut self.page), &mut self.complaints);
        self.timeline.finish();
        let shrunk = self.file.0.metadata().is_ok_and(|now| now.len() < self.file.1);
        let reason = if shrunk { Some("the file became shorter while it was read".into()) } else { reason };
        if self.heard_packets == 0 {
            let what = reason.unwrap_or_else(|| "no sound could be decoded".into());
            return Err(MediaError::Damaged { path: self.path.clone(), what });
        }
        let end = self.timeline.end();
        self.partial = match reason {
            Some(reason) => Some(format!("heard up to {} only: {reason}", spoken(end))),
            None if self.promised.is_some_and(|promised| promised > end * 1.01 + NOTABLE) => {
                let promised = self.promised.unwrap_or_default();
                self.complaints.add("short", || {
                    format!("the header promises {}, the file holds {}", spoken(promised), spoken(end))
                });
                None
            }
            None => None,
        };
        if self.partial.is_none() && self.damaged_seconds >= NOTABLE {
            self.partial = Some(format!(
                "{} of the sound are damaged and were left silent",
                spoken(self.damaged_seconds)
            ));
        }
        self.complaints.count_up();
        Ok(())
    }
}
