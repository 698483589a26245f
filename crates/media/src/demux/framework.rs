//! Containers that symphonia reads: Matroska and WebM, FLAC, WAV, AIFF.

use super::{Demuxer, Packet, Stop, Track};
use crate::complaints::Complaints;
use crate::decode::{Codec, supported};
use crate::opus::OpusHeader;
use crate::tags::TagCollector;
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatReader, TrackType};

/// Damaged pieces in a row after which a container is given up.
const MOST_FAILURES: u32 = 64;

/// A container behind symphonia's interface.
pub(crate) struct Framework {
    reader: Box<dyn FormatReader>,
    container: &'static str,
    track: u32,
    /// Seconds a tick.
    tick: f64,
    failures: u32,
    shortfall: Option<String>,
}

impl Framework {
    /// Chooses the sound track: the default one, or the first whose codec is known. `Err(None)`: there is no sound;
    /// `Err(Some(codec))`: none that can be decoded.
    pub fn open(
        mut reader: Box<dyn FormatReader>,
        container: &'static str,
        shortfall: Option<String>,
        tags: &mut TagCollector,
    ) -> Result<(Self, Track), Option<String>> {
        let mut metadata = reader.metadata();
        loop {
            if let Some(revision) = metadata.current() {
                tags.add_revision(revision);
            }
            if metadata.pop().is_none() {
                break;
            }
        }
        let (id, codec) = choose(reader.as_ref())?;
        let mut framework = Self { reader, container, track: id, tick: 0.0, failures: 0, shortfall };
        framework.measure(&codec);
        let duration = framework.duration();
        let track = Track {
            container,
            duration,
            sample_rate: codec.sample_rate(),
            channels: codec.channels(),
            codec,
        };
        Ok((framework, track))
    }

    /// Reads the clock of the chosen track.
    fn measure(&mut self, codec: &Codec) {
        let track = self.reader.tracks().iter().find(|track| track.id == self.track);
        self.tick = track
            .and_then(|track| track.time_base)
            .map_or(1.0 / f64::from(codec.sample_rate().max(1)), f64::from);
    }

    fn duration(&self) -> Option<f64> {
        let track = self.reader.tracks().iter().find(|track| track.id == self.track)?;
        if let Some(duration) = track.duration {
            return Some(duration.get() as f64 * self.tick);
        }
        let media = self.reader.media_info();
        let (tick, duration) = (f64::from(media.time_base?), media.duration?);
        (duration.get() > 0).then_some(duration.get() as f64 * tick)
    }
}

fn choose(reader: &dyn FormatReader) -> Result<(u32, Codec), Option<String>> {
    let default = reader.default_track(TrackType::Audio).map(|track| track.id);
    let (preferred, others): (Vec<_>, Vec<_>) =
        reader.tracks().iter().partition(|track| Some(track.id) == default);
    let mut refused = None;
    for track in preferred.into_iter().chain(others) {
        let Some(CodecParameters::Audio(parameters)) = &track.codec_params else { continue };
        match codec_of(parameters) {
            Ok(codec) => return Ok((track.id, codec)),
            Err(name) => drop(refused.get_or_insert(name)),
        }
    }
    Err(refused)
}

fn codec_of(parameters: &AudioCodecParameters) -> Result<Codec, String> {
    let codec = if parameters.codec == CODEC_ID_OPUS {
        let header = parameters.extra_data.as_deref().and_then(OpusHeader::parse);
        Codec::Opus(header.ok_or("Opus without its header")?)
    } else {
        Codec::parameters(parameters.clone())?
    };
    supported(&codec)?;
    Ok(codec)
}

impl Demuxer for Framework {
    fn next_packet(&mut self, complaints: &mut Complaints) -> Result<Option<Packet>, Stop> {
        loop {
            let packet = match self.reader.next_packet() {
                Ok(Some(packet)) => packet,
                Ok(None) => return Ok(None),
                Err(Error::IoError(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                    // What these were cut short by was seen when they were opened; a live WebM just ends.
                    let known_end = matches!(self.container, "WAV" | "AIFF" | "Matroska");
                    if !known_end {
                        self.shortfall.get_or_insert_with(|| "the file ends too early".into());
                    }
                    return Ok(None);
                }
                Err(Error::IoError(error)) => return Err(error.into()),
                Err(error) => {
                    self.failures += 1;
                    if self.failures > MOST_FAILURES {
                        return Err(Stop::Broken(error.to_string()));
                    }
                    complaints.add("container", || format!("a damaged piece was skipped ({error})"));
                    continue;
                }
            };
            if packet.track_id != self.track {
                continue;
            }
            if packet.data.is_empty() && matches!(self.container, "WAV" | "AIFF") {
                return Ok(None);
            }
            self.failures = 0;
            let ticks = |count: u64| count as f64 * self.tick;
            return Ok(Some(Packet {
                time: Some(packet.pts.get() as f64 * self.tick),
                trim: (0.0, ticks(packet.trim_end.get())),
                data: packet.data.into_vec(),
                ..Packet::default()
            }));
        }
    }

    fn shortfall(&self) -> Option<String> {
        self.shortfall.clone()
    }
}
