//! The file: random access with a budget, and a window over it for parsers.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use symphonia::core::io::MediaSource;

/// A file that ends where it ended when it was opened, whose first `base` bytes are hidden, whose header fields may be
/// overridden, and which stops giving bytes after a budget.
pub(crate) struct Source {
    file: File,
    base: u64,
    length: u64,
    position: u64,
    budget: u64,
    patches: Vec<(u64, Vec<u8>)>,
}

impl Source {
    /// Opens over `file`, which holds `length` bytes; at most `read_multiple` times that will be read.
    pub fn new(file: File, length: u64, read_multiple: u64) -> Self {
        // The constant keeps small files free of the budget: their headers may be read many times.
        let budget = length.saturating_mul(read_multiple).saturating_add(64 << 20);
        Self { file, base: 0, length, position: 0, budget, patches: Vec::new() }
    }

    /// Hides everything before `base`: offsets count from there.
    pub fn starting_at(mut self, base: u64) -> io::Result<Self> {
        self.base = base.min(self.length);
        self.seek(SeekFrom::Start(0))?;
        Ok(self)
    }

    /// Shows `bytes` at `offset` instead of what the file holds there.
    pub fn patched(mut self, offset: u64, bytes: &[u8]) -> Self {
        self.patches.push((offset, bytes.to_vec()));
        self
    }

    /// Hides everything from `offset` on.
    pub fn ending_at(mut self, offset: u64) -> Self {
        self.length = self.length.min(self.base.saturating_add(offset));
        self
    }

    /// Bytes from `base` to the end.
    pub fn length(&self) -> u64 {
        self.length - self.base
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.length().saturating_sub(self.position);
        let wanted = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        if wanted == 0 {
            return Ok(0);
        }
        if self.budget < wanted as u64 {
            return Err(io::Error::other("the file leads its reader in circles"));
        }
        let count = self.file.read(&mut buffer[..wanted])?;
        self.budget -= count as u64;
        for (offset, bytes) in &self.patches {
            for (at, byte) in (*offset..).zip(bytes) {
                if at >= self.position && at < self.position + count as u64 {
                    buffer[(at - self.position) as usize] = *byte;
                }
            }
        }
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for Source {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
            SeekFrom::End(offset) => self.length().checked_add_signed(offset),
        };
        let target = target
            .filter(|&target| target <= i64::MAX as u64 / 2)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a position outside the file"))?;
        self.file.seek(SeekFrom::Start(self.base + target))?;
        self.position = target;
        Ok(target)
    }
}

impl MediaSource for Source {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.length())
    }
}

/// Bytes of a file by offset, through one buffer: cheap for reading forward, correct for jumping about.
pub(crate) struct Window {
    source: Source,
    buffer: Vec<u8>,
    begin: u64,
}

/// Read at once: large enough for few system calls, small enough that jumping over video reads little of it.
const CHUNK: usize = 32 << 10;

impl Window {
    pub fn new(source: Source) -> Self {
        Self { source, buffer: Vec::new(), begin: 0 }
    }

    pub fn length(&self) -> u64 {
        self.source.length()
    }

    /// Up to `count` bytes at `offset`; fewer only at the end of the file.
    pub fn bytes(&mut self, offset: u64, count: usize) -> io::Result<&[u8]> {
        let held = self.begin..self.begin + self.buffer.len() as u64;
        let inside = held.contains(&offset) && offset.saturating_add(count as u64) <= held.end;
        if !inside {
            // Keep what is held from `offset` on, read the rest behind it.
            if held.contains(&offset) {
                self.buffer.drain(..(offset - self.begin) as usize);
            } else {
                self.buffer.clear();
            }
            self.begin = offset;
            let from = offset + self.buffer.len() as u64;
            if self.source.position != from {
                self.source.seek(SeekFrom::Start(from))?;
            }
            let left = usize::try_from(self.length().saturating_sub(offset)).unwrap_or(usize::MAX);
            let want = count.max(CHUNK).min(left);
            while self.buffer.len() < want {
                let old = self.buffer.len();
                // In steps, so that a length that lies costs no memory beyond what the file really holds.
                self.buffer.resize(want.min(old + (1 << 20)), 0);
                let read = self.source.read(&mut self.buffer[old..])?;
                self.buffer.truncate(old + read);
                if read == 0 {
                    break;
                }
            }
        }
        let from = (offset - self.begin) as usize;
        let to = (from + count).min(self.buffer.len());
        Ok(self.buffer.get(from..to).unwrap_or_default())
    }

    /// Exactly `N` bytes at `offset`, or `None` at the end of the file.
    pub fn array<const N: usize>(&mut self, offset: u64) -> io::Result<Option<[u8; N]>> {
        Ok(self.bytes(offset, N)?.try_into().ok())
    }

    pub fn into_source(mut self) -> io::Result<Source> {
        self.source.seek(SeekFrom::Start(0))?;
        Ok(self.source)
    }
}
