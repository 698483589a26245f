//! Tensors of a published model, read by name and piece by piece.
//!
//! Both formats are a list of (name, shape, type, place) over plain bytes:
//! * CTranslate2 `model.bin`, version 6, little-endian: u32 version, string spec, u32 revision, u32 count; for each
//!   variable string name, u8 rank, u32 dimensions, u8 type, u32 bytes, data; then u32 count of aliases, each a pair
//!   of strings. A string is a u16 length that counts its closing NUL, then bytes (source: `ctranslate2/specs/model_spec.py`).
//! * safetensors: u64 length of the header, a JSON header, data.

use std::collections::HashMap;
use std::io::{Read, Seek, SeekFrom};

use serde::Deserialize;

/// Which names the tensors go by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Naming {
    CTranslate2,
    HuggingFace,
}

/// Limits on what a file may claim, each well above every published Whisper model.
const MOST_TENSORS: u32 = 20_000;
const LARGEST_RANK: u8 = 8;
const LARGEST_HEADER: u64 = 16 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Number {
    F32,
    F16,
    Bf16,
    /// A type that is of no use here; the name is for the error.
    Other(&'static str),
}

#[derive(Clone, Debug)]
struct Tensor {
    shape: Vec<usize>,
    number: Number,
    offset: u64,
}

/// A published model, open for reading.
pub(super) struct Source<R> {
    reader: R,
    naming: Naming,
    tensors: HashMap<String, Tensor>,
    bytes: Vec<u8>,
}

type Outcome<T> = Result<T, String>;

fn cut_off(error: std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => "it ends too early".into(),
        _ => format!("it cannot be read ({error})"),
    }
}

impl<R: Read + Seek> Source<R> {
    /// Reads the list of tensors.
    pub fn open(mut reader: R) -> Outcome<Self> {
        let length = reader.seek(SeekFrom::End(0)).map_err(cut_off)?;
        reader.rewind().map_err(cut_off)?;
        let mut buffered = std::io::BufReader::with_capacity(1 << 16, reader);
        let mut start = [0; 8];
        buffered.read_exact(&mut start).map_err(cut_off)?;
        buffered.rewind().map_err(cut_off)?;
        // A CTranslate2 file begins with a small version and a string; safetensors with a u64 length below 2^32.
        let (naming, tensors) = if start[4..] == [0; 4] {
            (Naming::HuggingFace, safetensors(&mut buffered, length)?)
        } else {
            (Naming::CTranslate2, ctranslate2(&mut buffered, length)?)
        };
        Ok(Self { reader: buffered.into_inner(), naming, tensors, bytes: Vec::new() })
    }

    /// Reads `count` numbers of a tensor from number `first` on.
    pub fn read(&mut self, name: &str, first: usize, count: usize, values: &mut Vec<f32>) -> Outcome<()> {
        let tensor = self.tensors.get(name).ok_or_else(|| format!("the tensor {name} is missing"))?;
        let width = match tensor.number {
            Number::F32 => 4,
            Number::F16 | Number::Bf16 => 2,
            Number::Other(kind) => {
                return Err(format!("the tensor {name} is {kind}: a model in f16, bf16 or f32 is needed"));
            }
        };
        self.reader.seek(SeekFrom::Start(tensor.offset + (first * width) as u64)).map_err(cut_off)?;
        self.bytes.resize(count * width, 0);
        self.reader.read_exact(&mut self.bytes).map_err(cut_off)?;
        values.clear();
        match tensor.number {
            Number::F32 => {
                let (words, _) = self.bytes.as_chunks::<4>();
                values.extend(words.iter().map(|word| f32::from_le_bytes(*word)));
            }
            Number::F16 => {
                let (words, _) = self.bytes.as_chunks::<2>();
                values.extend(words.iter().map(|word| half_to_single(u16::from_le_bytes(*word))));
            }
            _ => {
                let (words, _) = self.bytes.as_chunks::<2>();
                values.extend(
                    words.iter().map(|word| f32::from_bits(u32::from(u16::from_le_bytes(*word)) << 16)),
                );
            }
        }
        match values.iter().all(|value| value.is_finite()) {
            true => Ok(()),
            false => Err(format!("the tensor {name} holds a value that is not a number")),
        }
    }
}

impl<R> Source<R> {
    pub fn naming(&self) -> Naming {
        self.naming
    }

    pub fn shape(&self, name: &str) -> Option<&Vec<usize>> {
        self.tensors.get(name).map(|tensor| &tensor.shape)
    }
}

/// IEEE 754 half to single precision; exact.
pub(super) fn half_to_single(half: u16) -> f32 {
    let sign = u32::from(half >> 15) << 31;
    let exponent = u32::from(half >> 10) & 0x1f;
    let fraction = u32::from(half) & 0x3ff;
    match exponent {
        0 => {
            let magnitude = fraction as f32 / (1u32 << 24) as f32;
            f32::from_bits(magnitude.to_bits() | sign)
        }
        31 => f32::from_bits(sign | 0x7f80_0000 | fraction << 13),
        _ => f32::from_bits(sign | (exponent + 112) << 23 | fraction << 13),
    }
}

/// Number of elements, when they can be counted at all.
fn count(shape: &[usize]) -> Option<u64> {
    shape.iter().try_fold(1u64, |product, size| product.checked_mul(*size as u64))
}

fn ctranslate2(reader: &mut (impl Read + Seek), length: u64) -> Outcome<HashMap<String, Tensor>> {
    let version = u32_of(reader)?;
    if version != 6 {
        return Err(format!("neither safetensors nor CTranslate2 version 6 (its first number is {version})"));
    }
    let spec = string(reader)?;
    if spec != "WhisperSpec" {
        return Err(format!("a CTranslate2 model of kind {spec:?}, not of Whisper"));
    }
    let _revision = u32_of(reader)?;
    let number = u32_of(reader)?;
    if number > MOST_TENSORS {
        return Err(format!("it claims {number} tensors"));
    }
    let mut tensors = HashMap::new();
    for _ in 0..number {
        let name = string(reader)?;
        let [rank] = array(reader)?;
        if rank > LARGEST_RANK {
            return Err(format!("the tensor {name} claims {rank} dimensions"));
        }
        let shape = (0..rank).map(|_| Ok(u32_of(reader)? as usize)).collect::<Outcome<Vec<_>>>()?;
        let [kind] = array(reader)?;
        let (number, width) = match kind {
            0 => (Number::F32, 4),
            1 => (Number::Other("int8"), 1),
            2 => (Number::Other("int16"), 2),
            3 => (Number::Other("int32"), 4),
            4 => (Number::F16, 2),
            5 => (Number::Bf16, 2),
            kind => return Err(format!("the tensor {name} has the unknown type {kind}")),
        };
        let bytes = u64::from(u32_of(reader)?);
        if count(&shape).and_then(|count| count.checked_mul(width)) != Some(bytes) {
            return Err(format!("the tensor {name} claims {bytes} bytes, which is not what {shape:?} takes"));
        }
        let offset = reader.stream_position().map_err(cut_off)?;
        let end = offset + bytes;
        if end > length {
            return Err(format!("it ends inside the tensor {name}"));
        }
        reader.seek(SeekFrom::Start(end)).map_err(cut_off)?;
        tensors.insert(name, Tensor { shape, number, offset });
    }
    let aliases = u32_of(reader)?;
    if aliases > MOST_TENSORS {
        return Err(format!("it claims {aliases} aliases"));
    }
    for _ in 0..aliases {
        let alias = string(reader)?;
        let name = string(reader)?;
        let tensor = tensors.get(&name).cloned();
        let tensor = tensor.ok_or_else(|| format!("{alias} stands for {name}, which is missing"))?;
        tensors.entry(alias).or_insert(tensor);
    }
    Ok(tensors)
}

fn array<const N: usize>(reader: &mut impl Read) -> Outcome<[u8; N]> {
    let mut bytes = [0; N];
    reader.read_exact(&mut bytes).map_err(cut_off)?;
    Ok(bytes)
}

fn u32_of(reader: &mut impl Read) -> Outcome<u32> {
    array(reader).map(u32::from_le_bytes)
}

fn string(reader: &mut impl Read) -> Outcome<String> {
    let length = usize::from(u16::from_le_bytes(array(reader)?));
    let mut bytes = vec![0; length];
    reader.read_exact(&mut bytes).map_err(cut_off)?;
    if bytes.last() == Some(&0) {
        bytes.pop();
    }
    String::from_utf8(bytes).map_err(|_| "a name in it is not text".into())
}

#[derive(Deserialize)]
struct Described {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: (u64, u64),
}

fn safetensors(reader: &mut impl Read, length: u64) -> Outcome<HashMap<String, Tensor>> {
    let header = u64::from_le_bytes(array(reader)?);
    if header > LARGEST_HEADER {
        return Err(format!("neither safetensors nor CTranslate2 (a header of {header} bytes)"));
    }
    if header + 8 > length {
        return Err("it ends too early".into());
    }
    let mut text = vec![0; header as usize];
    reader.read_exact(&mut text).map_err(cut_off)?;
    let fields: HashMap<String, serde_json::Value> =
        serde_json::from_slice(&text).map_err(|error| format!("its header is not JSON ({error})"))?;
    let mut tensors = HashMap::new();
    for (name, value) in fields.into_iter().filter(|(name, _)| name != "__metadata__") {
        let Ok(Described { dtype, shape, data_offsets: (start, end) }) = serde_json::from_value(value) else {
            return Err(format!("the tensor {name} is not described as safetensors does"));
        };
        let (number, width) = match dtype.as_str() {
            "F32" => (Number::F32, 4),
            "F16" => (Number::F16, 2),
            "BF16" => (Number::Bf16, 2),
            _ => (Number::Other("of another type"), 0),
        };
        let bytes =
            end.checked_sub(start).ok_or_else(|| format!("the tensor {name} ends before it begins"))?;
        let expected = count(&shape).and_then(|count| count.checked_mul(width));
        if width != 0 && expected != Some(bytes) {
            return Err(format!("the tensor {name} claims {bytes} bytes, which is not what {shape:?} takes"));
        }
        if end > length - header - 8 {
            return Err(format!("it ends inside the tensor {name}"));
        }
        // Models saved without their language-modelling head leave out the common prefix.
        let name = match name.starts_with("encoder.") || name.starts_with("decoder.") {
            true => format!("model.{name}"),
            false => name,
        };
        tensors.insert(name, Tensor { shape, number, offset: 8 + header + start });
    }
    Ok(tensors)
}
