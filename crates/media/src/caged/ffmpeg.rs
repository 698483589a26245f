//! The last resort for formats that are not known here: an `ffmpeg` that happens to be installed.
//!
//! Only used in a caged child, whose limits of memory and processor time it inherits. Nothing depends on it.

use super::Limits;
use crate::complaints::Complaints;
use crate::decode::Codec;
use crate::demux::{Demuxer, Packet, Stop};
use crate::reader::Decoding;
use crate::{Opened, Reader, SAMPLE_RATE};
use model::{MediaInfo, MediaTags, Millis};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use symphonia::core::codecs::audio::well_known::CODEC_ID_PCM_F32LE;

/// Bytes taken from the pipe at once: a quarter of a second.
const PIECE: usize = SAMPLE_RATE as usize;
/// Bytes of ffprobe's answer that are read.
const MOST_ANSWER: u64 = 64 << 10;

/// Opens `path` through ffmpeg; `None` when it is not installed or does not know the format either.
pub(crate) fn open(path: &Path, limits: &Limits) -> Option<Opened> {
    // An absolute path with a scheme: nothing in a file's name can be taken for an option or another protocol.
    let absolute = std::path::absolute(path).ok()?;
    let mut input = std::ffi::OsString::from("file:");
    input.push(&absolute);
    let fields = probe(&input)?;
    let field = |name: &str| {
        fields.iter().find_map(|(key, value)| (key == name && value != "N/A").then_some(value.as_str()))
    };
    let codec = field("codec_name")?.to_owned();
    let duration = field("duration").and_then(|seconds| seconds.parse::<f64>().ok());
    let mut child = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "quiet", "-threads", "1", "-protocol_whitelist", "file,pipe", "-i"])
        .arg(&input)
        .args(["-map", "0:a:0", "-vn", "-sn", "-dn", "-af", "aresample=async=1:first_pts=0"])
        .args(["-ac", "1", "-ar", "16000", "-f", "f32le", "-"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let output = child.stdout.take()?;
    let file = File::open(path).ok()?;
    let bytes = file.metadata().ok()?.len();
    let info = MediaInfo {
        container: field("format_name").unwrap_or("unknown").to_owned(),
        codec,
        duration: duration.map(Millis::from_seconds),
        sample_rate: field("sample_rate").and_then(|rate| rate.parse().ok()).unwrap_or(0),
        channels: field("channels").and_then(|channels| channels.parse().ok()).unwrap_or(0),
        bytes,
    };
    let mut complaints = Complaints::new(limits.complaints);
    complaints.add("ffmpeg", || "the format is not known here; ffmpeg decoded it".into());
    let demuxer = Box::new(Ffmpeg { child, output, failed: None });
    let codec = Codec::plain(CODEC_ID_PCM_F32LE, SAMPLE_RATE, 1);
    let name = path.display().to_string();
    let decoding = Decoding::new(name, demuxer, &codec, duration, limits, complaints, (file, bytes)).ok()?;
    Some(Opened { info, tags: MediaTags::default(), reader: Reader::here(decoding) })
}

/// Lines `key=value` of ffprobe about the first sound track.
fn probe(input: &std::ffi::OsStr) -> Option<Vec<(String, String)>> {
    let mut child = Command::new("ffprobe")
        .args(["-v", "quiet", "-protocol_whitelist", "file,pipe", "-select_streams", "a:0", "-show_entries"])
        .args([
            "stream=codec_name,sample_rate,channels:format=format_name,duration",
            "-of",
            "default=nw=1",
            "-i",
        ])
        .arg(input)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut answer = String::new();
    let read = child.stdout.take()?.take(MOST_ANSWER).read_to_string(&mut answer);
    let _ = child.kill();
    let _ = child.wait();
    read.ok()?;
    let pair = |line: &str| line.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()));
    Some(answer.lines().filter_map(pair).collect())
}

struct Ffmpeg {
    child: Child,
    output: ChildStdout,
    failed: Option<String>,
}

impl Demuxer for Ffmpeg {
    fn next_packet(&mut self, _: &mut Complaints) -> Result<Option<Packet>, Stop> {
        let mut data = Vec::with_capacity(PIECE);
        self.output.by_ref().take(PIECE as u64).read_to_end(&mut data)?;
        data.truncate(data.len() / 4 * 4);
        if data.is_empty() {
            if !self.child.wait()?.success() {
                self.failed = Some("ffmpeg could not read further".into());
            }
            return Ok(None);
        }
        Ok(Some(Packet { data, ..Packet::default() }))
    }

    fn shortfall(&self) -> Option<String> {
        self.failed.clone()
    }
}

impl Drop for Ffmpeg {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
