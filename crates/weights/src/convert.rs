//! Whisper weights as they are published, to the one file that Readout runs.
//!
//! Goes in: `model.bin` of CTranslate2 or `model.safetensors` of Hugging Face, in f16, bf16 or f32, with the JSON
//! files published beside it. Comes out: one safetensors file ([`FORMAT`]) with int8 matrices, the same bytes
//! whichever way the model was published. Never: the whole model in memory (a few MB at a time); a panic or an
//! allocation by what a damaged file claims.
//!
//! Matrices are quantised symmetrically, a scale for each output row: `scale = max|w| / 127`, `q = round(w / scale)`
//! with ties to even. A row of zeros has scale 1. Every tensor begins at a multiple of 64 bytes in the file.

mod layout;
mod settings;
mod source;

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use layout::{Content, Output, Part};
pub use settings::Config;
use source::Source;

/// Value of `format` in the metadata of a converted file; it changes whenever the layout or the rounding does.
pub const FORMAT: &str = "readout-whisper-int8/1";

/// Numbers held in memory at a time while a tensor is converted.
const CHUNK: usize = 1 << 20;

/// Why a model was not converted. The target file is untouched in every case.
#[derive(Debug, thiserror::Error)]
pub enum ConvertError {
    /// The model, or a JSON file that belongs to it, is damaged or is not a Whisper model.
    #[error("{path}: {why}; it may be damaged: fetch it again, or choose another model")]
    Model {
        /// File at fault.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A file could not be read or written.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// What was tried: `read`, `write` …
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system answered.
        source: io::Error,
    },
}

/// Files of one published model.
#[derive(Clone, Debug)]
pub struct Published<'a> {
    /// Name to record in the converted file, such as `whisper-base`.
    pub name: &'a str,
    /// `model.bin` (CTranslate2) or `model.safetensors`; told apart by their content.
    pub model: &'a Path,
    /// JSON files with the model's settings: CTranslate2's `config.json`, or Hugging Face's `config.json` and
    /// `generation_config.json`. A key in a later file wins.
    pub settings: &'a [&'a Path],
}

/// Converts a published Whisper model to `target`, which appears complete or not at all.
///
/// # Errors
/// [`ConvertError::Model`] when a file is damaged, already quantised, or not of a Whisper model;
/// [`ConvertError::Io`] when reading or writing fails.
pub fn convert(published: &Published<'_>, target: &Path) -> Result<Config, ConvertError> {
    let model = |why: String| ConvertError::Model { path: published.model.to_owned(), why };
    let file = File::open(published.model).map_err(io_error("open", published.model))?;
    let mut source = Source::open(file).map_err(model)?;
    let settings = settings::read(published.settings)?;
    let config = settings::config(published.name, &source, &settings).map_err(model)?;
    let outputs = layout::outputs(&config, source.naming());
    layout::check(&outputs, &source).map_err(model)?;
    let header = layout::header(&config, &outputs);

    let partial = partial_path(target);
    let written = write_all(&partial, &header, &outputs, &mut source, published.model)
        .and_then(|()| fs::rename(&partial, target).map_err(io_error("write", target)));
    if written.is_err() {
        // The first error is the one to tell; a file that was never created cannot be removed.
        let _ = fs::remove_file(&partial);
    }
    written.map(|()| config)
}

fn write_all(
    path: &Path,
    header: &[u8],
    outputs: &[Output],
    source: &mut Source<File>,
    model: &Path,
) -> Result<(), ConvertError> {
    let file = File::create(path).map_err(io_error("write", path))?;
    let mut sink = BufWriter::with_capacity(1 << 20, file);
    let written = io_error("write", path);
    sink.write_all(header).map_err(&written)?;
    // Scales of the matrix written last; those of the embeddings are kept for the end of the file.
    let mut scales: Vec<f32> = Vec::new();
    let mut kept: Vec<f32> = Vec::new();
    let mut bytes: Vec<u8> = Vec::new();
    for output in outputs {
        match &output.content {
            Content::Scales => put_floats(&scales, &mut bytes, &mut sink).map_err(&written)?,
            Content::KeptScales => put_floats(&kept, &mut bytes, &mut sink).map_err(&written)?,
            Content::Floats(parts) => each_chunk(source, parts, 1, model, |values| {
                put_floats(values, &mut bytes, &mut sink).map_err(&written)
            })?,
            Content::Matrix { parts, keep } => {
                scales.clear();
                let columns = output.shape.get(1).copied().unwrap_or(1).max(1);
                each_chunk(source, parts, columns, model, |values| {
                    bytes.clear();
                    for row in values.chunks(columns) {
                        scales.push(quantise_row(row, &mut bytes));
                    }
                    sink.write_all(&bytes).map_err(&written)
                })?;
                if *keep {
                    kept.clone_from(&scales);
                }
            }
        }
    }
    let file = sink.into_inner().map_err(|error| written(error.into_error()))?;
    file.sync_all().map_err(&written)
}

/// Reads the parts one after another, in chunks of whole rows, and hands each chunk on.
fn each_chunk(
    source: &mut Source<File>,
    parts: &[Part],
    columns: usize,
    model: &Path,
    mut take: impl FnMut(&[f32]) -> Result<(), ConvertError>,
) -> Result<(), ConvertError> {
    let step = (CHUNK / columns).max(1) * columns;
    let mut values = Vec::new();
    for part in parts {
        let count = part.count();
        let mut at = 0;
        while at < count {
            let length = step.min(count - at);
            match part {
                Part::Zeros(_) => {
                    values.clear();
                    values.resize(length, 0.0);
                }
                Part::Tensor { name, .. } => source
                    .read(name, at, length, &mut values)
                    .map_err(|why| ConvertError::Model { path: model.to_owned(), why })?,
            }
            take(&values)?;
            at += length;
        }
    }
    Ok(())
}

/// Appends the int8 values of one row and returns its scale.
fn quantise_row(row: &[f32], bytes: &mut Vec<u8>) -> f32 {
    let largest = row.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
    let scale = largest / 127.0;
    // Rows of zeros, and rows so small that their scale would vanish, are stored as zeros.
    let scale = if scale.is_normal() { scale } else { 1.0 };
    bytes.extend(row.iter().map(|value| (value / scale).round_ties_even().clamp(-127.0, 127.0) as i8 as u8));
    scale
}

fn put_floats(values: &[f32], bytes: &mut Vec<u8>, sink: &mut impl Write) -> io::Result<()> {
    bytes.clear();
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    sink.write_all(bytes)
}

fn partial_path(target: &Path) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(format!(".{}.partial", std::process::id()));
    PathBuf::from(name)
}

fn io_error(action: &'static str, path: &Path) -> impl Fn(io::Error) -> ConvertError + use<> {
    let path = path.to_owned();
    move |source| ConvertError::Io { action, path: path.clone(), source }
}

#[cfg(test)]
pub(crate) mod tests;
