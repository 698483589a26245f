use super::frames::{Closing, Header, write_closing, write_header, write_samples};
use super::{Limits, Opened, ffmpeg};
use crate::MediaError;
use std::io::{self, Write};
use std::path::Path;

/// Decodes `path` in this process and writes the result to `out` in the form that [`super::open_caged`] reads.
///
/// Made for a process that does nothing else: it lowers that process's limits of memory and processor time for good
/// (Unix only), and silences its panics, which become part of the result. A format that is not known is handed to
/// `ffmpeg` if that is installed.
///
/// # Errors
/// Only those of writing to `out`. What is wrong with the file is written.
pub fn decode_here(path: &Path, limits: &Limits, out: &mut dyn Write) -> io::Result<()> {
    lower_limits(path, limits);
    std::panic::set_hook(Box::new(|_| {}));
    let opened = crate::open(path, limits).or_else(|error| match error {
        MediaError::UnknownFormat { .. } | MediaError::UnsupportedCodec { .. } => {
            ffmpeg::open(path, limits).ok_or(error)
        }
        error => Err(error),
    });
    let Opened { info, tags, mut reader } = match opened {
        Ok(opened) => opened,
        Err(error) => return write_header(out, &Header::Error(error)),
    };
    write_header(out, &Header::Opened { info, tags })?;
    let error = loop {
        match reader.next_block() {
            Ok(Some(block)) => write_samples(out, &block.samples)?,
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
    };
    let closing = Closing {
        partial: reader.partial().map(str::to_owned),
        complaints: reader.complaints().to_vec(),
        error,
    };
    write_closing(out, &closing)
}

#[cfg(unix)]
fn lower_limits(path: &Path, limits: &Limits) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let bytes = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    let megabytes = bytes.div_ceil(1 << 20);
    let per_megabyte = limits.cage_cpu_per_megabyte.as_secs().saturating_mul(megabytes);
    let cpu = limits.cage_cpu.as_secs().saturating_add(per_megabyte);
    for (resource, wanted) in [(Resource::As, limits.cage_memory), (Resource::Cpu, cpu), (Resource::Core, 0)]
    {
        // A limit that is lower already stays; one that cannot be set leaves the parent's watch.
        let most = getrlimit(resource).maximum.map_or(wanted, |maximum| maximum.min(wanted));
        let _ = setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) });
    }
}

#[cfg(not(unix))]
fn lower_limits(_: &Path, _: &Limits) {}
