//! One file a verb.

pub mod add;
pub mod chapters;
pub mod check;
pub mod demo;
pub mod models;
pub mod names;
pub mod publish;
pub mod run;
pub mod search;
pub mod serve;
pub mod show;
pub mod shows;
pub mod status;
pub mod subscribe;
pub mod texts;
pub mod transcribe;

use std::io::{self, Write};
use std::path::Path;

use anyhow::Result;
use serde::Serialize;

use crate::failure::Outcome;

/// Prints a value as one line of JSON.
pub fn json_line(value: &impl Serialize) -> Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, value).map_err(io::Error::from)?;
    Ok(out.write_all(b"\n")?)
}

/// Prints one line for people.
pub fn line(line: impl std::fmt::Display) -> Result<()> {
    Ok(writeln!(io::stdout().lock(), "{line}")?)
}

/// Prints text that may be long; an end of whoever reads it is an error, which ends the program quietly.
pub fn text(text: &str) -> Result<()> {
    bytes(text.as_bytes())
}

/// The same for a file.
pub fn bytes(bytes: &[u8]) -> Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    Ok(out.flush()?)
}

/// The other half of [`media::caged::open_caged`]: this program again, which decodes one file and does nothing else.
pub fn decode_worker(path: &Path) -> Result<Outcome> {
    let out = io::BufWriter::new(io::stdout());
    media::caged::decode_here(path, &media::Limits::default(), &mut { out })?;
    Ok(Outcome::Done)
}
