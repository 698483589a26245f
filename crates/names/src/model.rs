//! What was learnt, and the file that holds it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;

use crate::around::Cues;
use crate::trees::Trees;

/// Made by `cargo xtask train names`.
const FILE: &str = include_str!("../data/decide.toml");

/// What was learnt of when a name was meant: words around names, an opinion on a candidate, and from which probability on to act.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    /// Words around names.
    pub cues: Cues,
    /// The opinion on a candidate.
    pub opinion: Trees,
    /// From which probability on to act.
    pub settings: Settings,
}

/// From which probability on a candidate is repaired, or offered.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Settings {
    /// Repaired from here on.
    pub repair_at: f32,
    /// Offered from here on.
    pub offer_at: f32,
}

/// Why a model's file was not read.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// It is no TOML, or a field is missing.
    #[error("the model of names is not laid out as it should be: {0}")]
    Layout(#[from] toml::de::Error),
    /// Trees are written otherwise than `(feature < threshold then else)`, or name a feature that is not there.
    #[error(
        "the trees `{0}` of the model of names cannot be read; make the file again with `cargo xtask train names`"
    )]
    Trees(&'static str),
}

#[derive(Deserialize)]
struct File {
    repair_at: f32,
    offer_at: f32,
    opinion: String,
    left: BTreeMap<String, f32>,
    right: BTreeMap<String, f32>,
}

impl Model {
    /// The model that is built in.
    ///
    /// # Errors
    /// The program was built with a model that does not fit it, which a test rules out.
    pub fn built_in() -> Result<Self, ModelError> {
        Self::parse(FILE)
    }

    /// Reads a model's file.
    ///
    /// # Errors
    /// The text is not laid out as [`Model::text`] lays it out.
    pub fn parse(text: &str) -> Result<Self, ModelError> {
        let file: File = toml::from_str(text)?;
        Ok(Self {
            cues: Cues { left: file.left.into_iter().collect(), right: file.right.into_iter().collect() },
            opinion: Trees::parse(&file.opinion).ok_or(ModelError::Trees("opinion"))?,
            settings: Settings { repair_at: file.repair_at, offer_at: file.offer_at },
        })
    }

    /// The text that [`Model::parse`] reads: the same bytes for the same model.
    pub fn text(&self) -> String {
        let mut text = format!(
            "# When a name was meant. Made by `cargo xtask train names`; README.md beside this file says from what.\n\
             # A tree is a number, or (feature < threshold then else); src/features.rs says what the features are.\n\
             repair_at = {:?}\noffer_at = {:?}\nopinion = '''\n{}'''\n",
            self.settings.repair_at,
            self.settings.offer_at,
            self.opinion.text()
        );
        for (side, table) in [("left", &self.cues.left), ("right", &self.cues.right)] {
            let sorted: BTreeMap<_, _> = table.iter().collect();
            let _ = writeln!(
                text,
                "\n# Log odds that a name stands beside these words, which are on its {side}.\n[{side}]"
            );
            for (words, odds) in sorted {
                let _ = writeln!(text, "{words:?} = {odds:?}");
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_model_is_read_and_written_back() {
        let model = Model::built_in().expect("the model is in order");
        assert!(!model.opinion.trees.is_empty() && !model.cues.left.is_empty());
        assert_eq!(Model::parse(&model.text()).expect("what was written is read"), model);
        assert!(model.settings.offer_at < model.settings.repair_at);
    }

    #[test]
    fn broken_files_are_refused() {
        let good = Model::default().text();
        assert!(Model::parse(&good).is_ok());
        for (from, to) in [
            ("opinion = '''", "opinion = '''\n0\n(what < 1 0 1)"),
            ("repair_at", "repair"),
            ("'''\n0\n", "'''\n0\n(sound < 1 0\n"),
        ] {
            assert!(Model::parse(&good.replacen(from, to, 1)).is_err(), "{from}");
        }
    }
}
