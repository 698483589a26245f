//! Why a repair was made, so that a person can judge it.

use crate::features::F;
use crate::forms::FormKind;
use crate::heard::Heard;
use crate::known::{Rank, Source};
use crate::reading::{Candidate, Reading};

/// Why a name is put in the place of heard words.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// What was heard, as it was written.
    pub heard: String,
    /// The right spelling of the name in full.
    pub name: String,
    /// Which form of the name it is; `None` where a person ordered the words.
    pub form: Option<FormKind>,
    /// Where the name is known from.
    pub source: Source,
    /// How alike heard words and name sound, 0 to 1.
    pub likeness: f32,
    /// What speaks for it, in words for people.
    pub reasons: Vec<String>,
}

impl Evidence {
    pub(crate) fn of(reading: &Reading, candidate: &Candidate) -> Self {
        let entry = reading.entry(candidate.entry);
        let name = reading.name(candidate.entry);
        let value = |feature: F| candidate.features[feature as usize];
        let likeness = (-value(F::Sound)).exp();
        let mut reasons = vec![format!("sounds like {} ({likeness:.2})", entry.words.join(" "))];
        let role = name.role.as_deref().map(|role| format!(" ({role})")).unwrap_or_default();
        reasons.push(format!("{}{role}: {}", name.spelling, name.source.cite));
        if value(F::Exact) > 0.0 {
            reasons.push("another part of the name was heard right beside it".into());
        }
        if value(F::Role) > 1.0 {
            reasons.push("the role of the name is spoken of near by".into());
        }
        if value(F::Around) > 1.5 {
            reasons.push(format!("a name is often said here: {}", reading.around(candidate.span.clone())));
        }
        match value(F::SameName).exp_m1().round() as usize {
            0 => {}
            1 => reasons.push("the name is said once more in the episode".into()),
            times => reasons.push(format!("the name is said {times} times more in the episode")),
        }
        if value(F::Capital) > 0.5 {
            reasons.push("what was heard is written as a name".into());
        }
        Self {
            heard: reading.written(candidate.words.clone()),
            name: name.spelling.clone(),
            form: Some(entry.what),
            source: name.source.clone(),
            likeness,
            reasons,
        }
    }

    /// The evidence of what a person ordered.
    pub(crate) fn ordered(heard: &[Heard], right: &str, cite: &str) -> Self {
        Self {
            heard: heard.iter().map(|word| word.text.trim()).collect::<Vec<_>>().join(" "),
            name: right.to_owned(),
            form: None,
            source: Source { rank: Rank::Correction, cite: cite.to_owned(), date: None },
            likeness: 1.0,
            reasons: vec!["a person decided that these words are always changed so".into()],
        }
    }
}
