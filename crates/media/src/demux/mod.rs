//! Containers to packets: one interface over the formats.

pub(crate) mod elementary;
pub(crate) mod framework;
pub(crate) mod matroska;
pub(crate) mod mp4;
pub(crate) mod mp4_boxes;
pub(crate) mod ogg;
pub(crate) mod riff;

use crate::complaints::Complaints;
use crate::decode::Codec;

/// One packet of the chosen sound track.
#[derive(Debug, Default)]
pub(crate) struct Packet {
    pub data: Vec<u8>,
    /// When its first decoded sample is to be heard, in seconds; `None`: right after the packet before.
    pub time: Option<f64>,
    /// Seconds to cut from the begin and from the end of what it decodes to.
    pub trim: (f64, f64),
    /// How long it lasts if it cannot be decoded, in samples and rate, where the container has no clock.
    pub frames: Option<(u32, u32)>,
    /// From this packet on the sound is of this codec.
    pub codec: Option<Codec>,
    /// The container's clock starts anew with this packet.
    pub new_clock: bool,
    /// Its sound waits for that of the other packets of its page, whose time is known only when the page ends.
    pub held: bool,
    /// Set on the last packet of a page.
    pub page_end: Option<PageEnd>,
}

/// When the sound of a page is to be heard, in seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageEnd {
    /// Where it begins, if it is to be timed from there and cut at its end; else its length decides.
    pub begin: Option<f64>,
    pub end: f64,
}

/// Why no further packet comes.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Reading failed or the structure is damaged; a sentence for the report.
    Broken(String),
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        Self::Broken(match error.kind() {
            std::io::ErrorKind::UnexpectedEof => "the file ends too early".into(),
            _ => error.to_string(),
        })
    }
}

/// A container that is being read.
pub(crate) trait Demuxer: Send {
    /// The next packet; `None` at the end.
    fn next_packet(&mut self, complaints: &mut Complaints) -> Result<Option<Packet>, Stop>;

    /// Set after the end when the file holds less than it says.
    fn shortfall(&self) -> Option<String> {
        None
    }
}

/// What is known of a sound track before it is decoded.
pub(crate) struct Track {
    pub container: &'static str,
    pub codec: Codec,
    /// Length in seconds, where the container tells it reliably.
    pub duration: Option<f64>,
    pub sample_rate: u32,
    pub channels: u16,
}
