//! What is known of names: the right spelling, what kind of thing bears it, and who says so.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What bears a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A human being, or a character who is spoken of as one.
    Person,
    /// A country, town, river, street, building.
    Place,
    /// A company, party, ministry, university, band.
    Organisation,
    /// A book, film, series, song, law, product.
    Work,
    /// A word of a trade that is spelt in one way.
    Term,
    /// A newspaper, broadcaster, magazine, news agency, podcast.
    Outlet,
}

/// Where a name is known from. The order is that of strength, the strongest first: of two ranks the *smaller* is the stronger, so
/// that sorting puts the best evidence in front and `min` chooses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rank {
    /// A person corrected it in this archive.
    Correction,
    /// `podcast:person`, the title or the notes of this episode.
    Episode,
    /// `--names FILE` of this episode, or the glossary of its show.
    ShowGlossary,
    /// People or feeds confirmed it in episodes near this one. What a machine inferred elsewhere is never evidence.
    Neighbour,
    /// The glossary of the whole archive.
    ArchiveGlossary,
    /// A list that was imported, however long.
    Imported,
}

/// Where a name is known from, so that a repair can cite it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Source {
    /// How strong the evidence is.
    pub rank: Rank,
    /// What a person can look up: `notes, line 3`, `podcast:person`, `glossary.txt, line 41`.
    pub cite: String,
    /// The day the source speaks of or was made, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
}

/// A name with its one right spelling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Name {
    /// The right spelling in full; never empty, without white space at its ends, single spaces inside.
    pub spelling: String,
    /// What bears it, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// Other right spellings and other names of the same bearer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// Office or part, as the source words it: `Defence Minister`, `host`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Language the name comes from (BCP 47), when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Pronunciations that a person stated, respelled (`le-kor-NUE`) or in IPA.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sounds: Vec<String>,
    /// Who says so.
    pub source: Source,
}

impl Name {
    /// A name of which only the spelling is known.
    pub fn new(spelling: impl Into<String>, source: Source) -> Self {
        Self {
            spelling: spelling.into(),
            kind: None,
            aliases: Vec::new(),
            role: None,
            language: None,
            sounds: Vec::new(),
            source,
        }
    }
}
