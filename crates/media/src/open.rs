//! What kind of file it is, and everything that can be wrong with it before it sounds.

use crate::complaints::Complaints;
use crate::demux::elementary::{Elementary, tag_length};
use crate::demux::framework::Framework;
use crate::demux::mp4::{Mp4, Refusal};
use crate::demux::ogg::Ogg;
use crate::demux::{Demuxer, Track, matroska, riff};
use crate::reader::Decoding;
use crate::source::{Source, Window};
use crate::tags::TagCollector;
use crate::{Limits, MediaError, Opened, Reader};
use model::{MediaInfo, Millis};
use std::fs::{File, Metadata};
use std::io::{self, ErrorKind};
use std::path::Path;
use symphonia::core::errors::Error;
use symphonia::core::formats::FormatReader;
use symphonia::core::formats::probe::ProbeableFormat;
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;
use symphonia::default::formats::{AiffReader, FlacReader, MkvReader, WavReader};
use symphonia::default::meta::Id3v2Reader;

/// Opens without any guard against a decoder that panics.
pub(crate) fn open_unguarded(path: &Path, limits: &Limits) -> Result<Opened, MediaError> {
    let name = path.display().to_string();
    let unreadable = |error: io::Error| match error.kind() {
        ErrorKind::NotFound => MediaError::Missing { path: name.clone() },
        _ => MediaError::Unreadable { path: name.clone(), reason: error.to_string() },
    };
    // Looked at before it is opened: opening a pipe would wait for its other end.
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    regular(&name, &metadata)?;
    let file = File::open(path).map_err(unreadable)?;
    let bytes = file.metadata().map_err(unreadable)?.len();
    let watched = file.try_clone().map_err(unreadable)?;
    let mut complaints = Complaints::new(limits.complaints);
    let mut tags = TagCollector::new(limits);
    let source = Source::new(file, bytes, limits.read_multiple);
    let (demuxer, track) = demuxer(&name, source, limits, &mut tags, &mut complaints)?;
    check(&name, &track, limits)?;
    let info = MediaInfo {
        container: track.container.into(),
        codec: track.codec.name().into(),
        duration: track.duration.filter(|seconds| *seconds >= 0.0).map(Millis::from_seconds),
        sample_rate: track.sample_rate,
        channels: track.channels,
        bytes,
    };
    let decoding =
        Decoding::new(name, demuxer, &track.codec, track.duration, limits, complaints, (watched, bytes))?;
    Ok(Opened { info, tags: tags.finish(), reader: Reader::here(decoding) })
}

fn regular(name: &str, metadata: &Metadata) -> Result<(), MediaError> {
    let what = match metadata.file_type() {
        kind if kind.is_dir() => "a folder",
        kind if !kind.is_file() => "a device or pipe",
        _ if metadata.len() == 0 => return Err(MediaError::Empty { path: name.into() }),
        _ => return Ok(()),
    };
    Err(MediaError::NotAFile { path: name.into(), what: what.into() })
}

fn check(name: &str, track: &Track, limits: &Limits) -> Result<(), MediaError> {
    let over = |what: String| Err(MediaError::OverLimit { path: name.into(), what });
    if track.channels > limits.channels {
        return over(format!("claims {} channels, more than {}", track.channels, limits.channels));
    }
    // 0 is "unknown until the first packet".
    let rate = track.sample_rate;
    if rate != 0 && !(limits.lowest_rate..=limits.highest_rate).contains(&rate) {
        return over(format!(
            "claims {rate} samples a second, outside {} to {}",
            limits.lowest_rate, limits.highest_rate
        ));
    }
    Ok(())
}

type Chosen = (Box<dyn Demuxer>, Track);

fn demuxer(
    name: &str,
    source: Source,
    limits: &Limits,
    tags: &mut TagCollector,
    complaints: &mut Complaints,
) -> Result<Chosen, MediaError> {
    let damaged = |what: String| MediaError::Damaged { path: name.into(), what };
    let unreadable =
        |error: io::Error| MediaError::Unreadable { path: name.into(), reason: error.to_string() };
    let (window, head) = skip_tags(source, limits, tags, complaints).map_err(unreadable)?;
    let framework =
        |reader: Result<Box<dyn FormatReader>, Error>, container, shortfall, tags: &mut TagCollector| {
            let reader = reader.map_err(|error| match error {
                Error::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => {
                    damaged("it ends within its header".into())
                }
                error => damaged(error.to_string()),
            })?;
            let (framework, track) =
                Framework::open(reader, container, shortfall, tags).map_err(|refused| match refused {
                    Some(codec) => MediaError::UnsupportedCodec { path: name.into(), codec },
                    None => MediaError::NoSound { path: name.into() },
                })?;
            Ok((Box::new(framework) as Box<dyn Demuxer>, track))
        };
    match kind(&head) {
        Some(Kind::Wav) => {
            let repaired = riff::repaired_wav(window, complaints).map_err(unreadable)?;
            let reader = create::<WavReader<'_>>(repaired.source);
            let (demuxer, mut track) = framework(reader, "WAV", repaired.shortfall, tags)?;
            track.duration = repaired.duration;
            Ok((demuxer, track))
        }
        Some(Kind::Aiff) => {
            let repaired = riff::repaired_aiff(window, complaints).map_err(unreadable)?;
            framework(create::<AiffReader<'_>>(repaired.source), "AIFF", repaired.shortfall, tags)
        }
        Some(Kind::Flac) => {
            framework(create::<FlacReader<'_>>(window.into_source().map_err(unreadable)?), "FLAC", None, tags)
        }
        Some(Kind::Ogg) => match Ogg::open(window, tags, complaints).map_err(unreadable)? {
            Ok((ogg, track)) => Ok((Box::new(ogg), track)),
            Err(Some(codec)) => Err(MediaError::UnsupportedCodec { path: name.into(), codec }),
            Err(None) => Err(MediaError::NoSound { path: name.into() }),
        },
        Some(Kind::Matroska) => {
            let (source, shortfall) = matroska::repaired(window).map_err(unreadable)?;
            framework(create::<MkvReader<'_>>(source), "Matroska", shortfall, tags)
        }
        Some(Kind::Mp4) => match Mp4::open(window, limits, tags).map_err(unreadable)? {
            Ok((mp4, track)) => Ok((Box::new(mp4), track)),
            Err(Refusal::NoMovie) => {
                Err(damaged("it has no movie header; the download or recording was cut short".into()))
            }
            Err(Refusal::NoSound) => Err(MediaError::NoSound { path: name.into() }),
            Err(Refusal::Codec(codec)) => Err(MediaError::UnsupportedCodec { path: name.into(), codec }),
        },
        Some(Kind::Other(what)) => Err(MediaError::NotMedia { path: name.into(), what: what.into() }),
        None => match Elementary::open(window, limits.probe_bytes).map_err(unreadable)? {
            Some((elementary, track)) => Ok((Box::new(elementary), track)),
            None => Err(match looks_like(&head) {
                Some(what) => MediaError::NotMedia { path: name.into(), what: what.into() },
                None => MediaError::UnknownFormat { path: name.into() },
            }),
        },
    }
}

fn create<F>(source: Source) -> Result<Box<dyn FormatReader>, Error>
where
    F: for<'a> ProbeableFormat<'a>,
{
    let stream = MediaSourceStream::new(Box::new(source), MediaSourceStreamOptions::default());
    F::try_probe_new(stream, symphonia::core::formats::FormatOptions::default())
}

/// Reads the ID3v2 tags in front of the file and hides them; gives the first bytes of what follows.
fn skip_tags(
    source: Source,
    limits: &Limits,
    tags: &mut TagCollector,
    complaints: &mut Complaints,
) -> io::Result<(Window, Vec<u8>)> {
    let mut window = Window::new(source);
    let mut begin = 0;
    loop {
        let left = window.length().saturating_sub(begin);
        let head = window.bytes(begin, 16)?;
        let Some(length) = tag_length(head, left).filter(|_| head.starts_with(b"ID3")) else { break };
        if length > limits.tag_bytes {
            complaints.add("tag", || format!("a tag of {length} bytes was skipped unread"));
        } else if begin == 0 && length < left {
            let tag = io::Cursor::new(window.bytes(begin, length as usize)?.to_vec());
            let stream = MediaSourceStream::new(Box::new(tag), MediaSourceStreamOptions::default());
            let read = Id3v2Reader::try_new(stream, MetadataOptions::default())
                .and_then(|mut reader| symphonia::core::meta::MetadataReader::read_all(&mut reader));
            match read {
                Ok(buffer) => tags.add_revision(&buffer.revision),
                Err(error) => complaints.add("tag", || format!("the tag cannot be read ({error})")),
            }
        }
        begin = begin.saturating_add(length);
    }
    let source = window.into_source()?.starting_at(begin)?;
    let mut window = Window::new(source);
    let head = window.bytes(0, 512)?.to_vec();
    Ok((window, head))
}

enum Kind {
    Wav,
    Aiff,
    Flac,
    Ogg,
    Matroska,
    Mp4,
    /// Known, and no media.
    Other(&'static str),
}

fn kind(head: &[u8]) -> Option<Kind> {
    let at = |from: usize, bytes: &[u8]| head.get(from..from + bytes.len()) == Some(bytes);
    const MP4: [&[u8]; 7] = [b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"styp"];
    const OTHER: [(&[u8], &str); 12] = [
        (b"%PDF", "a PDF document"),
        (b"PK\x03\x04", "a ZIP archive or office document"),
        (b"\x1F\x8B", "a gzip archive"),
        (b"7z\xBC\xAF", "a 7z archive"),
        (b"Rar!", "a RAR archive"),
        (b"\x89PNG", "a PNG picture"),
        (b"\xFF\xD8\xFF", "a JPEG picture"),
        (b"GIF8", "a GIF picture"),
        (b"\x7FELF", "a program"),
        (b"MZ", "a program"),
        (b"SQLite format 3", "a database"),
        (b"MThd", "a MIDI file, which holds notes and no sound"),
    ];
    if (at(0, b"RIFF") || at(0, b"RF64") || at(0, b"BW64")) && at(8, b"WAVE") {
        Some(Kind::Wav)
    } else if at(0, b"FORM") && (at(8, b"AIFF") || at(8, b"AIFC")) {
        Some(Kind::Aiff)
    } else if at(0, b"fLaC") {
        Some(Kind::Flac)
    } else if at(0, b"OggS") {
        Some(Kind::Ogg)
    } else if at(0, b"\x1A\x45\xDF\xA3") {
        Some(Kind::Matroska)
    } else if MP4.iter().any(|name| at(4, name)) {
        Some(Kind::Mp4)
    } else {
        OTHER.iter().find(|(magic, _)| at(0, magic)).map(|(_, what)| Kind::Other(what))
    }
}

/// A name for what is certainly no sound, from its first bytes.
fn looks_like(head: &[u8]) -> Option<&'static str> {
    let readable = head.iter().all(|byte| *byte >= 0x20 || matches!(byte, b'\t' | b'\n' | b'\r'));
    // The last character may be cut.
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    if !readable || text.is_empty() {
        return None;
    }
    let start = text.trim_start().to_ascii_lowercase();
    Some(if start.starts_with("<!doctype html") || start.starts_with("<html") {
        "a web page (an error or login page saved instead of the file?)"
    } else if start.starts_with("<?xml") {
        "an XML document"
    } else if start.starts_with("#extm3u") || start.starts_with("[playlist]") {
        "a playlist"
    } else {
        "a text"
    })
}
