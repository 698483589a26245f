//! The ways in which a name is said: in full, by surname, by first name, as a nickname, by its initials.

use serde::{Deserialize, Serialize};

use crate::known::Name;

/// How a form relates to the name it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FormKind {
    /// The whole name without titles: `Sébastien Lecornu`.
    Full,
    /// Another name that the source states.
    Alias,
    /// The surname alone, with its particles: `van der Leyen`.
    Surname,
    /// The surname after a title: `Minister Lecornu`.
    Honorific,
    /// The first name alone.
    Given,
    /// A usual short form of the first name, alone or before the surname: `Bob`, `Bob Woodward`.
    Nickname,
    /// Letters: `J. K. Rowling` as `JK Rowling`, `European Central Bank` as `ECB`.
    Initials,
    /// A part of the name that is said for the whole: `Acme` for `Acme Holdings Inc.`
    Short,
}

/// One way to say a name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Form {
    /// The words as they are to be written, with single spaces between them.
    pub text: String,
    /// How it relates to the name.
    pub what: FormKind,
    /// How likely the name is said so rather than in full, 0 to 1; 1 for the full name. A prior, set by hand: it orders candidates
    /// and is no probability.
    pub weight: f32,
}

/// All forms of a name, the full one first, each text once.
pub fn forms(name: &Name) -> Vec<Form> {
    vec![Form { text: name.spelling.clone(), what: FormKind::Full, weight: 1.0 }]
}
