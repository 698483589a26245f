//! Packets to sound: which decoder, and the same face for all of them.

use crate::aac_config::AacConfig;
use crate::opus::{Opus, OpusHeader};
use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::well_known as id;
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, Timestamp};

/// A codec with what its decoder must know.
#[derive(Clone, Debug)]
pub(crate) enum Codec {
    Opus(OpusHeader),
    Framework { parameters: Box<AudioCodecParameters>, name: String },
}

impl Codec {
    /// A codec that symphonia describes, or the name of what is not supported.
    pub fn parameters(mut parameters: AudioCodecParameters) -> Result<Self, String> {
        let mut name = name_of(parameters.codec);
        if parameters.codec == id::CODEC_ID_AAC
            && let Some(config) = parameters.extra_data.as_deref().and_then(AacConfig::parse)
        {
            name = config.name();
            let plain = config.plain().ok_or(name.clone())?;
            parameters.extra_data = Some(plain.into_boxed_slice());
            parameters.sample_rate = Some(config.core_rate);
            parameters.channels = Some(Channels::Discrete(config.channel_configuration as u16));
        }
        if parameters.codec == id::CODEC_ID_AAC && parameters.extra_data.is_none() {
            let channels = parameters.channels.as_ref().map_or(0, Channels::count);
            return Ok(Self::adts(parameters.sample_rate.unwrap_or(0), channels as u16));
        }
        Ok(Self::Framework { parameters: Box::new(parameters), name })
    }

    /// MPEG audio of layer 1, 2 or 3.
    pub fn mpeg_audio(layer: u8, rate: u32, channels: u16) -> Self {
        let codec = match layer {
            1 => id::CODEC_ID_MP1,
            2 => id::CODEC_ID_MP2,
            _ => id::CODEC_ID_MP3,
        };
        Self::plain(codec, rate, channels)
    }

    /// AAC-LC from an ADTS header; more than two channels give a codec for which there is no decoder.
    pub fn adts(rate: u32, channels: u16) -> Self {
        let config = AacConfig {
            object_type: 2,
            core_rate: rate,
            channel_configuration: channels.into(),
            sbr: false,
            short_frames: false,
        };
        let mut parameters = AudioCodecParameters::new();
        parameters
            .for_codec(id::CODEC_ID_AAC)
            .with_sample_rate(rate)
            .with_channels(Channels::Discrete(channels));
        if let Some(plain) = config.plain() {
            parameters.with_extra_data(plain.into_boxed_slice());
        }
        Self::Framework { parameters: Box::new(parameters), name: config.name() }
    }

    /// A codec that needs no more than its rate and channels.
    pub fn plain(codec: AudioCodecId, rate: u32, channels: u16) -> Self {
        let mut parameters = AudioCodecParameters::new();
        parameters.for_codec(codec).with_sample_rate(rate).with_channels(Channels::Discrete(channels));
        Self::Framework { parameters: Box::new(parameters), name: name_of(codec) }
    }

    pub fn name(&self) -> &str {
        match self {
            Self::Opus(_) => "Opus",
            Self::Framework { name, .. } => name,
        }
    }

    pub fn opus_header(&self) -> Option<&OpusHeader> {
        match self {
            Self::Opus(header) => Some(header),
            Self::Framework { .. } => None,
        }
    }

    /// Samples a second of the source; 0 when unknown.
    pub fn sample_rate(&self) -> u32 {
        match self {
            Self::Opus(_) => 48_000,
            Self::Framework { parameters, .. } => parameters.sample_rate.unwrap_or(0),
        }
    }

    /// Channels of the source; 0 when unknown.
    pub fn channels(&self) -> u16 {
        match self {
            Self::Opus(header) => header.channels.into(),
            Self::Framework { parameters, .. } => {
                parameters.channels.as_ref().map_or(0, |channels| channels.count() as u16)
            }
        }
    }
}

fn name_of(codec: AudioCodecId) -> String {
    match codec {
        id::CODEC_ID_MP1 => "MP1",
        id::CODEC_ID_MP2 => "MP2",
        id::CODEC_ID_MP3 => "MP3",
        id::CODEC_ID_AAC => "AAC-LC",
        id::CODEC_ID_VORBIS => "Vorbis",
        id::CODEC_ID_OPUS => "Opus",
        id::CODEC_ID_FLAC => "FLAC",
        id::CODEC_ID_ALAC => "ALAC",
        id::CODEC_ID_AC3 => "AC-3",
        id::CODEC_ID_EAC3 => "E-AC-3",
        id::CODEC_ID_DCA => "DTS",
        id::CODEC_ID_SPEEX => "Speex",
        id::CODEC_ID_ADPCM_MS | id::CODEC_ID_ADPCM_IMA_WAV => "ADPCM",
        id::CODEC_ID_WMA => "WMA",
        _ if symphonia::default::get_codecs().get_audio_decoder(codec).is_some() => "PCM",
        _ => return "unknown".into(),
    }
    .into()
}

/// Most channels for which a decoder is made to see whether it can be made.
const MOST_TRIED: u16 = 255;

/// Tells whether a decoder can be made; the error is the name of what is missing.
pub(crate) fn supported(codec: &Codec) -> Result<(), String> {
    // A decoder for thousands of channels takes much memory, only to be refused for its channels a moment later.
    if codec.channels() > MOST_TRIED {
        return Ok(());
    }
    Decoder::new(codec).map(drop)
}

/// A decoder for one track.
pub(crate) enum Decoder {
    Opus(Opus),
    Framework(Box<dyn AudioDecoder>, u32),
}

impl Decoder {
    /// A decoder for `codec`; the error is the name of what is not supported.
    pub fn new(codec: &Codec) -> Result<Self, String> {
        match codec {
            Codec::Opus(header) => Opus::new(header).map(Self::Opus),
            Codec::Framework { parameters, name } => {
                if parameters.codec == id::CODEC_ID_AAC && parameters.extra_data.is_none() {
                    return Err(name.clone());
                }
                // Trimming is done where the time is known; of Vorbis the first packet must still give nothing.
                let options = AudioDecoderOptions::default().gapless(true);
                let decoder = symphonia::default::get_codecs()
                    .make_audio_decoder(parameters, &options)
                    .map_err(|error| match error {
                        Error::Unsupported(_) => name.clone(),
                        error => format!("damaged {name} ({error})"),
                    })?;
                Ok(Self::Framework(decoder, parameters.sample_rate.unwrap_or(0)))
            }
        }
    }

    /// Decodes `data` into `planes`, one a channel, all of one length. Gives the sample rate, or `None` when the packet
    /// is damaged.
    pub fn decode(&mut self, data: Vec<u8>, planes: &mut Vec<Vec<f32>>) -> Option<u32> {
        match self {
            Self::Opus(opus) => opus.decode(&data, planes).then_some(crate::SAMPLE_RATE),
            Self::Framework(decoder, rate) => {
                let packet = Packet::new(0, Timestamp::ZERO, Duration::ZERO, data);
                let buffer = decoder.decode(&packet).ok()?;
                *rate = buffer.spec().rate();
                buffer.copy_to_vecs_planar(planes);
                Some(*rate)
            }
        }
    }
}
