//! Mono sound at 16 kHz into an Ogg Opus file (RFC 6716, RFC 7845) that decodes to just as many samples, each at its place.

use crate::SAMPLE_RATE;
use opus_pure::{
    Application, Error, MAX_PACKET_BYTES, OggOpusWriter, OpusEncoder, OpusHead, OpusTags, Signal,
};
use std::io::{self, Write};

/// Bits a second: at 16 kHz in one channel speech is then as good as the ear can tell ("Opus recommended settings",
/// xiph.org: 16 to 20 kbit/s for wide-band speech), and music under it still sounds like music.
const BITS_A_SECOND: i32 = 32_000;

/// Samples in a packet: 20 ms.
const FRAME: usize = SAMPLE_RATE as usize / 50;

/// Ticks of the file's clock, which has 48 kHz, to a sample.
const TICKS: u64 = 48_000 / SAMPLE_RATE as u64;

/// An Ogg Opus file that is being written, block by block, in constant memory.
pub struct OpusFile<W: Write> {
    encoder: OpusEncoder,
    writer: OggOpusWriter<W>,
    /// Samples that wait for the rest of their packet.
    waiting: Vec<f32>,
    packet: Vec<u8>,
    pre_skip: u64,
    samples: u64,
    frames: u64,
}

fn broken(error: Error) -> io::Error {
    match error {
        Error::Io(error) => error,
        error => io::Error::other(error.to_string()),
    }
}

impl<W: Write> std::fmt::Debug for OpusFile<W> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "OpusFile({} samples)", self.samples)
    }
}

impl<W: Write> OpusFile<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// What `sink` says when it cannot be written to.
    pub fn new(sink: W) -> io::Result<Self> {
        let mut encoder = OpusEncoder::new(SAMPLE_RATE as i32, 1, Application::Audio).map_err(broken)?;
        encoder.bitrate_bps = BITS_A_SECOND;
        encoder.signal_type = Some(Signal::Voice);
        let head = OpusHead::for_encoder(&encoder, SAMPLE_RATE);
        let pre_skip = u64::from(head.pre_skip);
        let tags = OpusTags { vendor: "Readout".into(), ..OpusTags::default() };
        let writer = OggOpusWriter::with_tags(sink, head, tags).map_err(broken)?;
        let packet = vec![0; MAX_PACKET_BYTES];
        Ok(Self { encoder, writer, waiting: Vec::new(), packet, pre_skip, samples: 0, frames: 0 })
    }

    /// Takes the samples that follow: mono, 16 kHz, -1 to 1. What is no number counts as 0, what is louder as 1.
    ///
    /// # Errors
    /// What the sink says.
    pub fn push(&mut self, samples: &[f32]) -> io::Result<()> {
        self.samples += samples.len() as u64;
        let finite = |sample: &f32| if sample.is_nan() { 0.0 } else { sample.clamp(-1.0, 1.0) };
        for some in samples.chunks(FRAME) {
            self.waiting.extend(some.iter().map(finite));
            // The last packet says where the sound ends, so one is held back.
            while self.waiting.len() > FRAME {
                self.frame(None)?;
            }
        }
        Ok(())
    }

    /// Writes the first frame of what waits; `end`: the tick at which the sound ends, for the last packet.
    fn frame(&mut self, end: Option<u64>) -> io::Result<()> {
        self.waiting.resize(self.waiting.len().max(FRAME), 0.0);
        let bytes = self.encoder.encode(&self.waiting[..FRAME], FRAME, &mut self.packet).map_err(broken)?;
        self.waiting.drain(..FRAME);
        self.frames += 1;
        let packet = &self.packet[..bytes];
        match end {
            None => self.writer.write_packet(packet),
            Some(end) => {
                let written = u64::try_from(self.writer.granule()).unwrap_or_default();
                let left = end.saturating_sub(written).min(FRAME as u64 * TICKS);
                self.writer.write_packet_with_duration(packet, left as u32)
            }
        }
        .map_err(broken)
    }

    /// Writes the rest and the end; returns the sink and how many samples the file decodes to.
    ///
    /// # Errors
    /// What the sink says.
    pub fn finish(mut self) -> io::Result<(W, u64)> {
        // The encoder is behind by the pre-skip: so much more must go in for the last samples to come out.
        let total = (self.samples + self.pre_skip.div_ceil(TICKS)).div_ceil(FRAME as u64);
        let end = self.pre_skip + self.samples * TICKS;
        while self.frames + 1 < total {
            self.frame(None)?;
        }
        self.frame(Some(end))?;
        let samples = self.samples;
        Ok((self.writer.finish().map_err(broken)?, samples))
    }
}
