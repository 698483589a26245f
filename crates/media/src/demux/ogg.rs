//! Ogg (RFC 3533) with Opus (RFC 7845), Vorbis or FLAC: pages to packets, over lost pages and from link to link.
//!
//! A page says where the sound of its packets ends, so it is timed from its end; only the last page of a stream, which
//! may be cut to a length, is timed from its begin.

use super::{Demuxer, Packet, PageEnd, Stop, Track};
use crate::complaints::Complaints;
use crate::decode::{Codec, supported};
use crate::opus::OpusHeader;
use crate::source::Window;
use crate::tags::{Field, TagCollector};
use std::collections::VecDeque;
use std::io;
use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known::{CODEC_ID_FLAC, CODEC_ID_VORBIS};

/// Largest packet that is put together from pages: the setup and comments of Vorbis, with a cover.
const MOST_PACKET_BYTES: usize = 32 << 20;
/// Streams looked at that begin together.
const MOST_STREAMS: usize = 64;
/// Bytes at the end of the file in which the last page is looked for: two of the largest pages.
const TAIL: u64 = 2 * 65_307;

const CONTINUED: u8 = 1;
const FIRST: u8 = 2;
const LAST: u8 = 4;

struct Page {
    flags: u8,
    granule: i64,
    serial: u32,
    sequence: u32,
    lacing: Vec<u8>,
    body: Vec<u8>,
    /// Bytes in the file.
    length: u64,
}

/// The page at `at`, if one begins there and its checksum is right.
fn page_at(window: &mut Window, at: u64) -> io::Result<Option<Page>> {
    let head = window.bytes(at, 27)?;
    if !head.starts_with(b"OggS\0") || head.len() < 27 {
        return Ok(None);
    }
    let segments = usize::from(head[26]);
    let lacing = window.bytes(at + 27, segments)?.to_vec();
    let size = lacing.iter().map(|length| usize::from(*length)).sum::<usize>();
    let length = 27 + segments + size;
    let bytes = window.bytes(at, length)?;
    let word = |at: usize| bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes);
    let granule = bytes.get(6..14).and_then(|bytes| bytes.try_into().ok()).map(i64::from_le_bytes);
    let (Some(granule), Some(serial), Some(sequence), Some(sum)) = (granule, word(14), word(18), word(22))
    else {
        return Ok(None);
    };
    let right = bytes.len() == length && checksum(bytes) == sum;
    Ok(right.then(|| Page {
        flags: bytes[5],
        granule,
        serial,
        sequence,
        lacing,
        body: bytes[27 + segments..].to_vec(),
        length: length as u64,
    }))
}

/// The cyclic redundancy check of a page, in which its own four bytes count as 0.
fn checksum(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = {
        let (mut table, mut index) = ([0; 256], 0);
        while index < 256 {
            let (mut value, mut bit) = ((index as u32) << 24, 0);
            while bit < 8 {
                value = if value >> 31 == 1 { value << 1 ^ 0x04C1_1DB7 } else { value << 1 };
                bit += 1;
            }
            table[index] = value;
            index += 1;
        }
        table
    };
    bytes.iter().enumerate().fold(0, |sum, (at, byte)| {
        let byte = if (22..26).contains(&at) { 0 } else { *byte };
        sum << 8 ^ TABLE[usize::from((sum >> 24) as u8 ^ byte)]
    })
}

/// What the first packet of a stream says it is.
enum Kind {
    Opus(OpusHeader),
    Vorbis { rate: u32, channels: u16 },
    Flac { rate: u32, channels: u16, info: Vec<u8> },
}

impl Kind {
    /// `Err(Some)` names sound that is not decoded here, `Err(None)` is no sound.
    fn of(packet: &[u8]) -> Result<Self, Option<String>> {
        if let Some(header) = OpusHeader::parse(packet) {
            return Ok(Self::Opus(header));
        }
        if let Some(body) = packet.strip_prefix(b"\x01vorbis") {
            let rate = body.get(5..9).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes);
            let channels = body.get(4).copied();
            return match (rate, channels) {
                (Some(rate @ 1..), Some(channels @ 1..)) => {
                    Ok(Self::Vorbis { rate, channels: channels.into() })
                }
                _ => Err(Some("damaged Vorbis".into())),
            };
        }
        if packet.starts_with(b"\x7FFLAC") {
            // Behind 9 bytes of the mapping and 8 of signature and block header lie the 34 bytes of STREAMINFO.
            let Some(info) = packet.get(17..51) else { return Err(Some("damaged FLAC".into())) };
            let word = u32::from_be_bytes([info[10], info[11], info[12], info[13]]);
            return Ok(Self::Flac {
                rate: word >> 12,
                channels: (word >> 9 & 7) as u16 + 1,
                info: info.to_vec(),
            });
        }
        Err(packet.starts_with(b"Speex   ").then(|| "Speex".into()))
    }
}

/// One stream of packets: what is needed to put them together and to time them.
struct Link {
    serial: u32,
    /// Granules a second.
    rate: u32,
    /// Granules before the begin of the sound.
    early: i64,
    sequence: Option<u32>,
    partial: Vec<u8>,
    /// Granule at which the page before ended; `None` after lost pages.
    end: Option<i64>,
    finished: bool,
}

/// An Ogg file that is being read.
pub(crate) struct Ogg {
    window: Window,
    position: u64,
    link: Link,
    queue: VecDeque<Packet>,
    shortfall: Option<String>,
}

impl Ogg {
    /// Reads the headers of the first stream that holds sound. `Err(None)`: there is none; `Err(Some)`: none that can be
    /// decoded.
    pub fn open(
        mut window: Window,
        tags: &mut TagCollector,
        complaints: &mut Complaints,
    ) -> io::Result<Result<(Self, Track), Option<String>>> {
        let mut position = 0;
        let (link, codec) = match headers(&mut window, &mut position, tags, complaints)? {
            Ok(found) => found,
            Err(refused) => return Ok(Err(refused)),
        };
        let duration = last_granule(&mut window, link.serial)?
            .map(|granule| (granule.saturating_sub(link.early)).max(0) as f64 / f64::from(link.rate));
        let track = Track {
            container: "Ogg",
            duration,
            sample_rate: codec.sample_rate(),
            channels: codec.channels(),
            codec,
        };
        Ok(Ok((Self { window, position, link, queue: VecDeque::new(), shortfall: None }, track)))
    }

    /// Puts the packets that a page completes into the queue.
    fn take_page(&mut self, page: &Page, complaints: &mut Complaints) {
        let link = &mut self.link;
        let seconds = |granule: i64| granule.saturating_sub(link.early) as f64 / f64::from(link.rate);
        let expected = link.sequence.map(|sequence| sequence.wrapping_add(1));
        if expected.is_some_and(|expected| expected != page.sequence) {
            let at = link.end.map_or(0.0, seconds);
            complaints.add("pages", || format!("pages are missing after {}", crate::timeline::spoken(at)));
            link.partial.clear();
            link.end = None;
        }
        let last = page.flags & LAST != 0;
        let begin = link.end.filter(|_| last).map(seconds);
        let end = PageEnd { begin, end: seconds(page.granule) };
        let mut packets = link.packets(page);
        if let Some(packet) = packets.pop() {
            let held = |data| Packet { data, held: true, ..Packet::default() };
            self.queue.extend(packets.into_iter().map(held));
            let timed = page.granule >= 0;
            self.queue.push_back(Packet { page_end: timed.then_some(end), ..held(packet) });
            if timed {
                link.end = Some(page.granule);
            }
        }
        link.finished = last;
    }
}

impl Link {
    fn new(serial: u32, kind: &Kind) -> Self {
        let (rate, early) = match kind {
            Kind::Opus(header) => (48_000, i64::from(header.pre_skip)),
            Kind::Vorbis { rate, .. } | Kind::Flac { rate, .. } => (*rate, 0),
        };
        Self {
            serial,
            rate: rate.max(1),
            early,
            sequence: None,
            partial: Vec::new(),
            end: Some(0),
            finished: false,
        }
    }

    /// The packets that are complete with `page`.
    fn packets(&mut self, page: &Page) -> Vec<Vec<u8>> {
        self.sequence = Some(page.sequence);
        let mut complete = Vec::new();
        // The rest of a packet whose begin was lost is dropped, and so is a begin whose rest was lost.
        let mut dropping = page.flags & CONTINUED != 0 && self.partial.is_empty();
        if page.flags & CONTINUED == 0 {
            self.partial.clear();
        }
        let mut rest = page.body.as_slice();
        for length in &page.lacing {
            let Some((segment, behind)) = rest.split_at_checked(usize::from(*length)) else { break };
            rest = behind;
            if !dropping && self.partial.len() + segment.len() <= MOST_PACKET_BYTES {
                self.partial.extend(segment);
            }
            if *length < 255 {
                let packet = std::mem::take(&mut self.partial);
                if !std::mem::take(&mut dropping) {
                    complete.push(packet);
                }
            }
        }
        complete
    }
}

/// The next page from `position` on, which is moved behind it.
fn next_page(
    window: &mut Window,
    position: &mut u64,
    complaints: &mut Complaints,
) -> io::Result<Option<Page>> {
    let mut lost = 0;
    loop {
        if let Some(page) = page_at(window, *position)? {
            *position += page.length;
            if lost > 0 {
                complaints.add("junk", || format!("{lost} damaged bytes were skipped"));
            }
            return Ok(Some(page));
        }
        let bytes = window.bytes(*position + 1, 4096)?;
        if bytes.len() < 27 {
            return Ok(None);
        }
        let found = bytes.windows(4).position(|bytes| bytes == b"OggS");
        let skip = 1 + found.unwrap_or(bytes.len() - 3) as u64;
        *position += skip;
        lost += skip;
    }
}

/// Reads the pages that begin a file or link: which streams there are, and the headers of the first with sound.
fn headers(
    window: &mut Window,
    position: &mut u64,
    tags: &mut TagCollector,
    complaints: &mut Complaints,
) -> io::Result<Result<(Link, Codec), Option<String>>> {
    let (mut chosen, mut refused) = (None, None);
    for _ in 0..MOST_STREAMS {
        let before = *position;
        let Some(page) = next_page(window, position, complaints)? else { break };
        if page.flags & FIRST == 0 {
            *position = before;
            break;
        }
        match Kind::of(&page.body) {
            Ok(kind) if chosen.is_none() => {
                let mut link = Link::new(page.serial, &kind);
                link.packets(&page);
                chosen = Some((link, kind, page.body));
            }
            Ok(_) => {}
            Err(name) => refused = refused.or(name),
        }
    }
    let Some((mut link, kind, first)) = chosen else { return Ok(Err(refused)) };
    // The comments, and for Vorbis the setup; FLAC says how many there are, of which only the first matters.
    let wanted = match &kind {
        Kind::Opus(_) => 1,
        Kind::Vorbis { .. } => 2,
        Kind::Flac { .. } => usize::from(u16::from_be_bytes([
            first.get(7).copied().unwrap_or(0),
            first.get(8).copied().unwrap_or(0),
        ])),
    };
    let mut found = Vec::new();
    while found.len() < wanted {
        let Some(page) = next_page(window, position, complaints)? else { break };
        if page.serial == link.serial {
            found.extend(link.packets(&page));
        }
    }
    let comments = found.first().map_or(&[][..], Vec::as_slice);
    let codec = match kind {
        Kind::Opus(header) => {
            read_comments(comments.strip_prefix(b"OpusTags").unwrap_or_default(), tags);
            Ok(Codec::Opus(header))
        }
        Kind::Vorbis { rate, channels } => {
            read_comments(comments.strip_prefix(b"\x03vorbis").unwrap_or_default(), tags);
            let setup = found.get(1).map_or(&[][..], Vec::as_slice);
            described(CODEC_ID_VORBIS, rate, channels, [&first, setup].concat())
        }
        Kind::Flac { rate, channels, info } => {
            read_comments(comments.get(4..).unwrap_or_default(), tags);
            described(CODEC_ID_FLAC, rate, channels, info)
        }
    };
    Ok(match codec.and_then(|codec| supported(&codec).map(|()| codec)) {
        Ok(codec) => Ok((link, codec)),
        Err(name) => Err(Some(name)),
    })
}

fn described(
    codec: symphonia::core::codecs::audio::AudioCodecId,
    rate: u32,
    channels: u16,
    extra: Vec<u8>,
) -> Result<Codec, String> {
    let mut parameters = AudioCodecParameters::new();
    parameters.for_codec(codec).with_sample_rate(rate).with_channels(Channels::Discrete(channels));
    parameters.with_extra_data(extra.into_boxed_slice());
    Codec::parameters(parameters)
}

/// Vorbis comments: a vendor, then a count of `NAME=value`, each with its length before it.
fn read_comments(bytes: &[u8], tags: &mut TagCollector) {
    fn text<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
        let (length, behind) = rest.split_first_chunk::<4>()?;
        let (text, behind) = behind.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        *rest = behind;
        Some(text)
    }
    let mut rest = bytes;
    if text(&mut rest).is_none() {
        return;
    }
    // The count of comments is believed as far as there are comments.
    rest = rest.get(4..).unwrap_or_default();
    while let Some(comment) = text(&mut rest) {
        let Some(equals) = comment.iter().position(|byte| *byte == b'=') else { continue };
        let field = match comment[..equals].to_ascii_uppercase().as_slice() {
            b"TITLE" => Field::Title,
            b"ALBUM" | b"SHOW" => Field::Show,
            b"ARTIST" => Field::Artist,
            b"ALBUMARTIST" => Field::AlbumArtist,
            b"DATE" => Field::Date,
            b"DESCRIPTION" | b"COMMENT" | b"SYNOPSIS" => Field::Notes,
            _ => continue,
        };
        tags.add(field, &String::from_utf8_lossy(&comment[equals + 1..]));
    }
}

/// Granule at which the stream ends, from the last of its pages at the end of the file.
fn last_granule(window: &mut Window, serial: u32) -> io::Result<Option<i64>> {
    let mut at = window.length().saturating_sub(TAIL);
    let (mut last, mut ignored) = (None, Complaints::new(0));
    while let Some(page) = next_page(window, &mut at, &mut ignored)? {
        if page.serial == serial && page.granule >= 0 && !page.lacing.is_empty() {
            last = Some(page.granule);
        }
    }
    Ok(last)
}

impl Demuxer for Ogg {
    fn next_packet(&mut self, complaints: &mut Complaints) -> Result<Option<Packet>, Stop> {
        loop {
            if let Some(packet) = self.queue.pop_front() {
                return Ok(Some(packet));
            }
            let before = self.position;
            let Some(page) = next_page(&mut self.window, &mut self.position, complaints)? else {
                if !self.link.finished {
                    self.shortfall = Some("the file ends too early".into());
                }
                return Ok(None);
            };
            if page.flags & FIRST != 0 {
                // The next link of a chained file. Its tags are not those of the file.
                self.position = before;
                let mut ignored = TagCollector::new(&crate::Limits::default());
                match headers(&mut self.window, &mut self.position, &mut ignored, complaints)? {
                    Ok((link, codec)) => {
                        self.link = link;
                        self.queue.push_back(Packet {
                            codec: Some(codec),
                            new_clock: true,
                            ..Packet::default()
                        });
                    }
                    Err(_) => complaints.add("link", || "a later part of the file has no sound".into()),
                }
                // A first page is always passed, so that no file is read in circles.
                self.position = self.position.max(before + page.length);
            } else if page.serial == self.link.serial {
                self.take_page(&page, complaints);
            }
        }
    }

    fn shortfall(&self) -> Option<String> {
        self.shortfall.clone()
    }
}
