//! Recordings by the hash of their bytes, with ranges (RFC 9110, section 14).

use crate::failure::Failure;
use crate::guard::FOREIGN_POLICY;
use crate::server::App;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use axum::response::IntoResponse;
use futures_util::stream;
use model::{BlobHash, MediaInfo};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

/// Bytes read from the disk at a time: a second or more of most recordings.
const CHUNK: usize = 64 * 1024;

pub(crate) async fn audio(
    State(app): State<App>,
    Path(blob): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Result<axum::response::Response, Failure> {
    // The ending is for players that judge by it.
    let blob = blob.split('.').next().unwrap_or_default();
    let hash: BlobHash = blob.parse().map_err(|_| Failure::not_found("there is no such recording"))?;
    let file = app.read(move |archive| archive.open_blob(&hash)).await?;
    let (file, length, mime) = tokio::task::spawn_blocking(move || examine(file))
        .await
        .map_err(io::Error::other)
        .and_then(|examined| examined)
        .map_err(|error| Failure::internal(format!("the recording cannot be read: {error}")))?;

    let tag = format!("\"{hash}\"");
    let response = Response::builder()
        .header(header::CONTENT_TYPE, mime)
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::ETAG, &tag)
        .header(header::CACHE_CONTROL, "private, max-age=31536000, immutable")
        .header(header::CONTENT_SECURITY_POLICY, FOREIGN_POLICY);
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let broken = |_| Failure::internal("the answer could not be made");

    if text(header::IF_NONE_MATCH).is_some_and(|tags| tags.contains(&tag)) {
        return Ok(response
            .status(StatusCode::NOT_MODIFIED)
            .body(Body::empty())
            .map_err(broken)?
            .into_response());
    }
    // A range of another version (If-Range) and several ranges at once are answered by the whole, as the standard allows.
    let same = text(header::IF_RANGE).is_none_or(|condition| condition == tag);
    let asked = text(header::RANGE).filter(|_| same && method == Method::GET);
    let (status, range) = match asked.map_or(Asked::Whole, |range| asked_range(range, length)) {
        Asked::Whole => (StatusCode::OK, 0..length),
        Asked::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Asked::Nothing => {
            let response = response.header(header::CONTENT_RANGE, format!("bytes */{length}"));
            let response = response.status(StatusCode::RANGE_NOT_SATISFIABLE).body(Body::empty());
            return Ok(response.map_err(broken)?.into_response());
        }
    };
    let mut response = response.status(status).header(header::CONTENT_LENGTH, range.end - range.start);
    if status == StatusCode::PARTIAL_CONTENT {
        let content_range = format!("bytes {}-{}/{length}", range.start, range.end - 1);
        response = response.header(header::CONTENT_RANGE, content_range);
    }
    let body = if method == Method::HEAD { Body::empty() } else { body(file, range) };
    Ok(response.body(body).map_err(broken)?.into_response())
}

/// The ending of a file's name, and the media type, for what a recording is.
pub(crate) fn ending(media: &MediaInfo) -> (&'static str, &'static str) {
    match (media.container.as_str(), media.codec.as_str()) {
        ("MP3", _) => ("mp3", "audio/mpeg"),
        ("MP4", _) => ("m4a", "audio/mp4"),
        ("Ogg", "Opus") => ("opus", "audio/ogg"),
        ("Ogg", _) => ("ogg", "audio/ogg"),
        ("FLAC", _) => ("flac", "audio/flac"),
        ("WAV", _) => ("wav", "audio/wav"),
        ("AIFF", _) => ("aiff", "audio/aiff"),
        ("Matroska" | "WebM", _) => ("webm", "audio/webm"),
        (_, codec) if codec.contains("AAC") => ("aac", "audio/aac"),
        _ => ("bin", "application/octet-stream"),
    }
}

/// Length and media type of a file.
fn examine(mut file: File) -> io::Result<(File, u64, &'static str)> {
    let length = file.metadata()?.len();
    let mut head = Vec::with_capacity(64);
    Read::by_ref(&mut file).take(64).read_to_end(&mut head)?;
    file.seek(SeekFrom::Start(0))?;
    Ok((file, length, media_type(&head)))
}

/// The bytes of a range. A file that ends too early breaks the answer off, so that no player takes it for whole.
fn body(file: File, range: Range<u64>) -> Body {
    let file = tokio::fs::File::from_std(file);
    Body::from_stream(stream::try_unfold((file, range, false), |(mut file, range, placed)| async move {
        let left = usize::try_from(range.end - range.start).unwrap_or(usize::MAX).min(CHUNK);
        if left == 0 {
            return Ok(None);
        }
        if !placed {
            file.seek(SeekFrom::Start(range.start)).await?;
        }
        let mut chunk = vec![0; left];
        let read = file.read(&mut chunk).await?;
        if read == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
        }
        chunk.truncate(read);
        Ok(Some((Bytes::from(chunk), (file, range.start + read as u64..range.end, true))))
    }))
}

/// What a `Range` header asks for.
#[derive(Debug, PartialEq)]
enum Asked {
    /// Everything: also where the header is malformed, of another unit, or asks for several ranges.
    Whole,
    /// Bytes that exist; not empty.
    Part(Range<u64>),
    /// Bytes behind the end.
    Nothing,
}

fn asked_range(header: &str, length: u64) -> Asked {
    let Some((unit, range)) = header.split_once('=') else { return Asked::Whole };
    let Some((first, last)) = range.trim().split_once('-') else { return Asked::Whole };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Asked::Whole;
    }
    match (number(first), number(last)) {
        (None, Some(suffix)) if first.is_empty() => match suffix.min(length) {
            0 => Asked::Nothing,
            suffix => Asked::Part(length - suffix..length),
        },
        (Some(first), last) if last.is_some() || range.trim().ends_with('-') => {
            if last.is_some_and(|last| last < first) {
                Asked::Whole
            } else if first >= length {
                Asked::Nothing
            } else {
                Asked::Part(first..last.map_or(length, |last| last.saturating_add(1).min(length)))
            }
        }
        _ => Asked::Whole,
    }
}

/// Digits only; a number too large for 64 bits counts as the largest.
fn number(digits: &str) -> Option<u64> {
    let valid = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    valid.then(|| digits.parse().unwrap_or(u64::MAX))
}

/// Media type by the first bytes: the name a file came under may lie, and browsers are told not to guess.
fn media_type(head: &[u8]) -> &'static str {
    let at = |offset: usize, magic: &[u8]| head.get(offset..).is_some_and(|rest| rest.starts_with(magic));
    if at(0, b"ID3") {
        "audio/mpeg"
    } else if at(4, b"ftyp") {
        "audio/mp4"
    } else if at(0, b"OggS") {
        "audio/ogg"
    } else if at(0, b"fLaC") {
        "audio/flac"
    } else if (at(0, b"RIFF") || at(0, b"RF64")) && at(8, b"WAVE") {
        "audio/wav"
    } else if at(0, b"FORM") && at(8, b"AIF") {
        "audio/aiff"
    } else if at(0, &[0x1a, 0x45, 0xdf, 0xa3]) {
        "audio/webm"
    } else {
        match head {
            // Sync word of 12 bits; layer 0 is ADTS (AAC), the others are MPEG audio.
            [0xff, second, ..] if second & 0xf6 == 0xf0 => "audio/aac",
            [0xff, second, ..] if second & 0xe0 == 0xe0 => "audio/mpeg",
            _ => "application/octet-stream",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ranges_follow_the_standard() {
        for (header, expected) in [
            ("bytes=0-499", Asked::Part(0..500)),
            ("bytes=500-", Asked::Part(500..1000)),
            ("bytes=-300", Asked::Part(700..1000)),
            ("bytes=-5000", Asked::Part(0..1000)),
            ("bytes=999-999", Asked::Part(999..1000)),
            ("bytes=0-99999999999999999999999", Asked::Part(0..1000)),
            ("BYTES = 1-2", Asked::Part(1..3)),
            ("bytes=1000-", Asked::Nothing),
            ("bytes=1000-2000", Asked::Nothing),
            ("bytes=99999999999999999999-", Asked::Nothing),
            ("bytes=-0", Asked::Nothing),
            ("bytes=5-4", Asked::Whole),
            ("bytes=-", Asked::Whole),
            ("bytes=", Asked::Whole),
            ("bytes=0-1,5-6", Asked::Whole),
            ("bytes=a-b", Asked::Whole),
            ("bytes=0-b", Asked::Whole),
            ("bytes=+1-2", Asked::Whole),
            ("bytes=--5", Asked::Whole),
            ("bytes 0-5", Asked::Whole),
            ("lines=0-5", Asked::Whole),
            ("", Asked::Whole),
        ] {
            assert_eq!(asked_range(header, 1000), expected, "{header}");
        }
        assert_eq!(asked_range("bytes=0-", 0), Asked::Nothing);
        assert_eq!(asked_range("bytes=-5", 0), Asked::Nothing);
    }

    proptest! {
        #[test]
        fn any_range_lies_within(header in "(bytes=)?[0-9a-z,=-]{0,24}", length in 0u64..5000) {
            if let Asked::Part(range) = asked_range(&header, length) {
                prop_assert!(range.start < range.end && range.end <= length);
            }
        }
    }

    #[test]
    fn media_types_come_from_the_bytes() {
        for (head, expected) in [
            (b"ID3\x04rest".as_slice(), "audio/mpeg"),
            (&[0xff, 0xfb, 0x90, 0], "audio/mpeg"),
            (&[0xff, 0xf1, 0x50, 0], "audio/aac"),
            (b"\0\0\0\x20ftypM4A ", "audio/mp4"),
            (b"OggS\0", "audio/ogg"),
            (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
            (b"FORM\0\0\0\0AIFC", "audio/aiff"),
            (b"<html><script>", "application/octet-stream"),
            (b"", "application/octet-stream"),
        ] {
            assert_eq!(media_type(head), expected);
        }
    }
}
