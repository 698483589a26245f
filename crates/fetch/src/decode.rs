//! Unpacking, with an eye on how much comes out.

use std::io::{BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use crate::Error;
use crate::body::{self, Body};

/// What is asked for, and understood.
pub(crate) const ENCODINGS: &str = "gzip, deflate, br";

/// A body on its way through its decoder.
pub(crate) struct Unpacked {
    reader: Box<dyn Read + Send>,
    pub shown: String,
    unpacked: bool,
    ratio: u64,
    /// Bytes received.
    received: Arc<AtomicU64>,
    /// Bytes given out.
    given: u64,
}

impl Unpacked {
    /// Begins to unpack what `Content-Encoding` names. Twice packed is refused: no honest server does it.
    pub fn new(mut body: Body, encoding: Option<&str>, ratio: u64) -> Result<Self, Error> {
        let shown = body.shown.clone();
        let received = Arc::clone(&body.got);
        let (given, unpacked) = (0, true);
        let encoding = encoding.unwrap_or_default().trim().to_ascii_lowercase();
        let reader: Box<dyn Read + Send> = match &encoding[..] {
            "" | "identity" => {
                let reader = Box::new(body);
                return Ok(Self { reader, shown, unpacked: false, ratio, received, given });
            }
            "gzip" | "x-gzip" => Box::new(MultiGzDecoder::new(BufReader::new(body))),
            "br" => Box::new(brotli_decompressor::Decompressor::new(body, 16 << 10)),
            "deflate" => {
                // It should have the header of zlib; some servers send it bare.
                let mut first = [0; 2];
                let read = read_some(&mut body, &mut first).map_err(|error| body::unwrap(error, &shown))?;
                let zlib = read == 2 && first[0] & 15 == 8 && u16::from_be_bytes(first).is_multiple_of(31);
                let whole = BufReader::new(std::io::Cursor::new(first).take(read as u64).chain(body));
                if zlib { Box::new(ZlibDecoder::new(whole)) } else { Box::new(DeflateDecoder::new(whole)) }
            }
            _ => {
                return Err(Error::Encoding { shown, encoding: crate::address::shorten(&encoding) });
            }
        };
        Ok(Self { reader, shown, unpacked, ratio, received, given })
    }

    pub fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        let read = self.reader.read(buffer).map_err(|error| body::unwrap(error, &self.shown))?;
        self.given += read as u64;
        if self.unpacked {
            check_ratio(self.received.load(Ordering::Relaxed), self.given, self.ratio, &self.shown)?;
        }
        Ok(read)
    }
}

/// Fills the buffer as far as there is something to fill it with.
fn read_some(reader: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..])? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}

/// A whole document in memory, at most `most` bytes of it.
pub(crate) fn read_all(mut from: Unpacked, most: u64, announced: Option<u64>) -> Result<Vec<u8>, Error> {
    // What a header announces is not allocated before it comes, beyond a little.
    let mut bytes = Vec::with_capacity(usize::try_from(announced.unwrap_or(0).min(1 << 16)).unwrap_or(0));
    let mut buffer = vec![0; 64 << 10];
    loop {
        let read = from.read(&mut buffer)?;
        if read == 0 {
            return Ok(bytes);
        }
        if (bytes.len() + read) as u64 > most {
            return Err(Error::TooLarge { shown: from.shown, limit: most });
        }
        bytes.extend_from_slice(&buffer[..read]);
    }
}

/// Unpacks a document that is a gzip file itself, with the same bounds.
pub(crate) fn gunzip(packed: &[u8], most: u64, ratio: u64, shown: &str) -> Result<Vec<u8>, Error> {
    let mut decoder = MultiGzDecoder::new(packed);
    let mut bytes = Vec::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        let read = decoder.read(&mut buffer).map_err(|error| body::unwrap(error, shown))?;
        if read == 0 {
            return Ok(bytes);
        }
        let unpacked = (bytes.len() + read) as u64;
        if unpacked > most {
            return Err(Error::TooLarge { shown: shown.to_owned(), limit: most });
        }
        check_ratio(packed.len() as u64, unpacked, ratio, shown)?;
        bytes.extend_from_slice(&buffer[..read]);
    }
}

/// Refuses what grows as no document does.
pub(crate) fn check_ratio(packed: u64, unpacked: u64, ratio: u64, shown: &str) -> Result<(), Error> {
    if unpacked > 1 << 20 && unpacked / ratio.max(1) > packed.max(1) {
        return Err(Error::Bomb { shown: shown.to_owned(), ratio });
    }
    Ok(())
}
