//! Why a name is written otherwise than it was heard, as it is kept with a revision or an offer.

use crate::NameRule;
use model::ShowId;
use serde::{Deserialize, Serialize};

/// Evidence of a repair, an offer or a correction of names. It is kept as JSON; any other text is its own reason.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Evidence {
    /// The words as they were heard.
    pub heard: String,
    /// The words in their place.
    pub right: String,
    /// The name in full, as its source spells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What bears it: person, place, organisation, work, term, outlet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Where it is known from, so that a person can look it up: `notes, line 3`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// Probability that it is right, as far as the tool can tell, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f32>,
    /// The reason in one sentence.
    pub because: String,
    /// What else speaks for it, a short phrase each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// By the text alone it was certain enough to be done.
    #[serde(skip_serializing_if = "is_false")]
    pub done: bool,
    /// By the text alone it was certain enough, and is not done because another bearer of a like name may be meant.
    #[serde(skip_serializing_if = "is_false")]
    pub held: bool,
    /// What the sound says, where it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sound: Option<Sound>,
    /// The fix in many places that this is a part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
}

/// What the recogniser hears of two wordings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sound {
    /// Nats a token by which the sound speaks for the new words rather than the heard ones; negative: against them.
    pub margin: f32,
    /// The recogniser that was asked.
    pub by: String,
    /// Heard words before and after the new ones that stay, because the sound holds them.
    #[serde(default, skip_serializing_if = "is_none")]
    pub stay: (u32, u32),
}

impl std::fmt::Display for Sound {
    /// `the sound speaks for it (+1.2)`.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let says = match self.margin {
            ..-0.5 => "the sound speaks against it",
            ..0.5 => "the sound fits both",
            _ => "the sound speaks for it",
        };
        write!(out, "{says} ({:+.1}, {})", self.margin, self.by)
    }
}

fn is_false(value: &bool) -> bool {
    !value
}

fn is_none(stay: &(u32, u32)) -> bool {
    *stay == (0, 0)
}

/// A correction that a person made in all places at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fix {
    /// Tells it from other fixes.
    pub id: String,
    /// Where it was made; `None`: in the whole archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub show: Option<ShowId>,
    /// The rule for the same words that the fix came in the place of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced: Option<NameRule>,
}

impl Evidence {
    /// Reads what is kept with a revision or an offer; never fails.
    pub fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_else(|_| Self { because: text.to_owned(), ..Self::default() })
    }

    /// The text that [`Evidence::read`] reads.
    pub fn text(&self) -> String {
        // Strings and numbers always have a form in JSON.
        serde_json::to_string(self).unwrap_or_else(|_| self.because.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_is_read_as_it_was_written_and_any_text_is_a_reason() {
        let evidence = Evidence {
            heard: "local new".into(),
            right: "Lecornu".into(),
            source: "notes, line 3".into(),
            score: Some(0.5),
            because: "it sounds like Lecornu".into(),
            ..Evidence::default()
        };
        assert_eq!(Evidence::read(&evidence.text()), evidence);
        for text in ["", "notes, line 1", "{", "[1]", "{\"heard\": 7}", "null"] {
            assert_eq!(Evidence::read(text), Evidence { because: text.into(), ..Evidence::default() });
        }
        assert_eq!(Evidence::read("{}"), Evidence::default());
    }
}
