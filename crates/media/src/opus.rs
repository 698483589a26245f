//! Opus packets to sound, straight to 16 kHz (RFC 6716, RFC 7845).

use crate::SAMPLE_RATE;
use opus_pure::{MAX_PACKET_SAMPLES, OpusDecoder, OpusMSDecoder};

/// The identification header (RFC 7845, 5.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OpusHeader {
    pub channels: u8,
    /// Samples at 48 kHz to drop from the begin.
    pub pre_skip: u16,
    pub gain_q8: i16,
    pub family: u8,
    pub streams: u8,
    pub coupled: u8,
    pub mapping: Vec<u8>,
}

impl OpusHeader {
    /// Reads `OpusHead` with its signature, as Ogg and Matroska have it.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let body = bytes.strip_prefix(b"OpusHead")?;
        let version = *body.first()?;
        if version >> 4 != 0 {
            return None;
        }
        Self::fields(body.get(1..)?, u16::from_le_bytes, i16::from_le_bytes)
    }

    /// Reads the `dOps` box of MP4, which has the same fields in the other byte order.
    pub fn parse_mp4(body: &[u8]) -> Option<Self> {
        Self::fields(body.get(1..)?, u16::from_be_bytes, i16::from_be_bytes)
    }

    fn fields(body: &[u8], unsigned: fn([u8; 2]) -> u16, signed: fn([u8; 2]) -> i16) -> Option<Self> {
        let fixed: &[u8; 10] = body.get(..10)?.try_into().ok()?;
        let [channels, skip0, skip1, _, _, _, _, gain0, gain1, family] = *fixed;
        let channels_usize = usize::from(channels);
        let (streams, coupled, mapping) = if family == 0 {
            (1, u8::from(channels == 2), (0..channels).collect())
        } else {
            (*body.get(10)?, *body.get(11)?, body.get(12..12 + channels_usize)?.to_vec())
        };
        (channels > 0).then_some(Self {
            channels,
            pre_skip: unsigned([skip0, skip1]),
            gain_q8: signed([gain0, gain1]),
            family,
            streams,
            coupled,
            mapping,
        })
    }
}

/// A decoder for one stream of packets.
pub(crate) enum Opus {
    Plain(Box<OpusDecoder>, Vec<f32>),
    Surround(Box<OpusMSDecoder>, Vec<f32>),
}

impl Opus {
    /// A decoder for what `header` describes, or the name of what is not supported.
    pub fn new(header: &OpusHeader) -> Result<Self, String> {
        let unsupported = || format!("Opus with {} channels (mapping {})", header.channels, header.family);
        let rate = SAMPLE_RATE as i32;
        let channels = usize::from(header.channels);
        let room = vec![0.0; MAX_PACKET_SAMPLES * channels];
        match (header.family, channels) {
            (0, 1 | 2) => {
                let mut decoder = OpusDecoder::new(rate, channels).map_err(|_| unsupported())?;
                decoder.gain_q8 = header.gain_q8.into();
                Ok(Self::Plain(Box::new(decoder), room))
            }
            (1, 1..=8) => {
                let mut decoder = OpusMSDecoder::new(rate, channels, 1).map_err(|_| unsupported())?;
                let layout = decoder.layout();
                let same = layout.nb_streams == usize::from(header.streams)
                    && layout.nb_coupled_streams == usize::from(header.coupled)
                    && layout.mapping == header.mapping;
                if !same {
                    return Err(unsupported());
                }
                for stream in decoder.streams_mut() {
                    stream.gain_q8 = header.gain_q8.into();
                }
                Ok(Self::Surround(Box::new(decoder), room))
            }
            _ => Err(unsupported()),
        }
    }

    /// Decodes `packet` into `planes`, one a channel; returns false when it is damaged.
    pub fn decode(&mut self, packet: &[u8], planes: &mut Vec<Vec<f32>>) -> bool {
        if packet.is_empty() {
            return false;
        }
        let (result, room, channels) = match self {
            Self::Plain(decoder, room) => {
                (decoder.decode(packet, MAX_PACKET_SAMPLES, room), room, decoder.channels())
            }
            Self::Surround(decoder, room) => {
                (decoder.decode(packet, MAX_PACKET_SAMPLES, room), room, decoder.channels())
            }
        };
        let Ok(frames) = result else { return false };
        planes.resize_with(channels, Vec::new);
        for (channel, plane) in planes.iter_mut().enumerate() {
            plane.clear();
            plane.extend(room.iter().skip(channel).step_by(channels).take(frames));
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(header: &OpusHeader) -> Vec<u8> {
        let mut bytes = b"OpusHead\x01".to_vec();
        bytes.push(header.channels);
        bytes.extend(header.pre_skip.to_le_bytes());
        bytes.extend(48_000u32.to_le_bytes());
        bytes.extend(header.gain_q8.to_le_bytes());
        bytes.extend([header.family, header.streams, header.coupled]);
        bytes.extend(&header.mapping);
        bytes
    }

    #[test]
    fn headers_survive_and_damaged_ones_are_refused() {
        let header = OpusHeader {
            channels: 6,
            pre_skip: 312,
            gain_q8: -256,
            family: 1,
            streams: 4,
            coupled: 2,
            mapping: vec![0, 4, 1, 2, 3, 5],
        };
        let bytes = written(&header);
        assert_eq!(OpusHeader::parse(&bytes), Some(header.clone()));
        assert!(Opus::new(&header).is_ok());
        for end in 0..bytes.len() {
            assert_eq!(OpusHeader::parse(&bytes[..end]), None);
        }
        let many = OpusHeader { channels: 20, family: 255, streams: 20, ..header };
        assert_eq!(Opus::new(&many).err().as_deref(), Some("Opus with 20 channels (mapping 255)"));
    }
}
