//! From bytes to text: by byte order mark, as UTF-8, as UTF-16 without a mark, else by the letters' frequencies.

use super::{Complaint, NotATranscript, Trouble};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

pub(super) struct Decoded {
    /// Lines end in `\n`; there is no NUL.
    pub text: String,
    pub complaints: Vec<Complaint>,
}

/// Beginnings of files that are surely no text, with what they are.
const BINARY: [(&[u8], &str); 12] = [
    (b"PK\x03\x04", "an archive or office document"),
    (b"%PDF", "a PDF"),
    (b"\xd0\xcf\x11\xe0", "an old office document"),
    (b"ID3", "sound"),
    (b"\xff\xfb", "sound"),
    (b"OggS", "sound"),
    (b"fLaC", "sound"),
    (b"RIFF", "sound or video"),
    (b"\x1a\x45\xdf\xa3", "sound or video"),
    (b"\x89PNG", "a picture"),
    (b"\x1f\x8b", "compressed"),
    (b"SQLite format 3", "a database"),
];

pub(super) fn decode(bytes: &[u8]) -> Result<Decoded, NotATranscript> {
    if let Some((_, what)) = BINARY.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Err(NotATranscript::Binary(what));
    }
    if bytes.get(4..8) == Some(b"ftyp") {
        return Err(NotATranscript::Binary("sound or video"));
    }
    let mut complaints = Vec::new();
    let mut complain = |trouble| complaints.push(Complaint { trouble, line: 0, times: 1 });
    let marked = Encoding::for_bom(bytes);
    let (encoding, body) = match marked {
        Some((encoding, length)) => (encoding, bytes.get(length..).unwrap_or_default()),
        None => (guess(bytes), bytes),
    };
    if marked.is_none() && encoding != UTF_8 {
        complain(Trouble::Encoding(encoding.name()));
    }
    let (text, damaged) = encoding.decode_without_bom_handling(body);
    if damaged {
        complain(Trouble::Undecodable);
    }
    let nuls = text.bytes().filter(|byte| *byte == 0).count();
    if nuls * 20 > text.len() {
        return Err(NotATranscript::Binary("not text"));
    }
    let mut clean = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' => {
                chars.next_if_eq(&'\n');
                clean.push('\n');
            }
            '\0' => {}
            c => clean.push(c),
        }
    }
    Ok(Decoded { text: clean, complaints })
}

/// The encoding of a text without a mark.
fn guess(bytes: &[u8]) -> &'static Encoding {
    let sample = bytes.get(..4096).unwrap_or(bytes);
    let zeros = |odd: usize| sample.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    if odd * 4 > sample.len() && even * 8 < sample.len() {
        return UTF_16LE;
    }
    if even * 4 > sample.len() && odd * 8 < sample.len() {
        return UTF_16BE;
    }
    match std::str::from_utf8(bytes) {
        Ok(_) => UTF_8,
        // A file that was cut in the middle of a letter, or damaged in a place or two, is UTF-8 all the same.
        Err(_) if mostly_utf8(bytes) => UTF_8,
        Err(_) => {
            let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
            detector.feed(bytes, true);
            detector.guess(None, chardetng::Utf8Detection::Deny)
        }
    }
}

fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut letters, mut damage) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        letters += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        damage += usize::from(!chunk.invalid().is_empty());
    }
    letters > damage * 4
}
