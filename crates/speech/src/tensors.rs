//! Weights on disk: one safetensors file, read once at start.

use crate::LoadError;
use safetensors::{Dtype, SafeTensors};
use std::path::Path;

/// The bytes of a safetensors file.
pub(crate) struct TensorFile {
    bytes: Vec<u8>,
    name: String,
}

/// Named tensors of a [`TensorFile`].
pub(crate) struct Tensors<'file> {
    tensors: SafeTensors<'file>,
    name: &'file str,
}

impl TensorFile {
    pub fn read(path: &Path) -> Result<Self, LoadError> {
        let bytes =
            std::fs::read(path).map_err(|source| LoadError::Read { path: path.to_owned(), source })?;
        Ok(Self { bytes, name: path.display().to_string() })
    }

    /// A value of the file's metadata.
    pub fn metadata(&self, key: &str) -> Result<String, LoadError> {
        let (_, header) =
            SafeTensors::read_metadata(&self.bytes).map_err(|error| self.malformed(error.to_string()))?;
        header
            .metadata()
            .as_ref()
            .and_then(|values| values.get(key).cloned())
            .ok_or_else(|| self.malformed(format!("it has no metadata `{key}`")))
    }

    pub fn tensors(&self) -> Result<Tensors<'_>, LoadError> {
        let tensors =
            SafeTensors::deserialize(&self.bytes).map_err(|error| self.malformed(error.to_string()))?;
        Ok(Tensors { tensors, name: &self.name })
    }

    pub fn malformed(&self, reason: String) -> LoadError {
        LoadError::Malformed { file: self.name.clone(), reason }
    }
}

impl<'file> Tensors<'file> {
    /// A tensor of `f32`, whatever its shape, of exactly `count` values.
    pub fn floats(&self, name: &str, count: usize) -> Result<Vec<f32>, LoadError> {
        let bytes = self.data(name, Dtype::F32, count, 4)?;
        Ok(bytes
            .chunks_exact(4)
            .map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]))
            .collect())
    }

    /// A tensor of `i8` of exactly `count` values.
    pub fn bytes(&self, name: &str, count: usize) -> Result<Vec<i8>, LoadError> {
        Ok(self.data(name, Dtype::I8, count, 1)?.iter().map(|byte| *byte as i8).collect())
    }

    fn data(&self, name: &str, kind: Dtype, count: usize, size: usize) -> Result<&'file [u8], LoadError> {
        let malformed = |reason| LoadError::Malformed { file: self.name.to_owned(), reason };
        let tensor =
            self.tensors.tensor(name).map_err(|_| malformed(format!("the tensor `{name}` is missing")))?;
        if tensor.dtype() != kind || tensor.data().len() != count * size {
            return Err(malformed(format!(
                "the tensor `{name}` has another type or shape than the model says"
            )));
        }
        Ok(tensor.data())
    }
}
