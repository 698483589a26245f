//! The names in a transcript set right, with evidence.
//!
//! Goes in: words as they were heard, and what is known of names. Comes out: repairs and offers, each with its evidence.
//! Never: a change of what was heard, or a name that nothing speaks for.

mod around;
mod cues;
mod entries;
mod evidence;
mod features;
mod forms;
mod heard;
mod index;
mod kinds;
mod known;
mod lines;
mod lines_of_notes;
mod lists;
mod model;
mod nicknames;
mod notes;
mod parts;
mod reading;
mod repair;
mod rules;
mod runs;
mod sound;
mod spelling;
mod tokens;
mod trees;
mod wikidata;
mod words;
mod works;

pub use around::{Cues, surroundings};
pub use evidence::Evidence;
pub use features::{COUNT, Features, NAMES};
pub use forms::{Form, FormKind, forms, inflected, inflection, singular};
pub use heard::Heard;
pub use index::{Known, Layer};
pub use kinds::likely_kind;
pub use known::{Kind, Name, Rank, Source};
pub use lists::{Complaint, ListLimits, read_list, read_list_from};
pub use model::{Model, ModelError, Settings};
pub use notes::{EpisodeText, Found, NotesLimits, names_in};
pub use reading::{Candidate, Reading};
pub use repair::{Context, Outcome, Repair, decide, opinions, repair};
pub use rules::{Rule, Ruling};
pub use sound::Speech;
pub use trees::{Node, Trees};
pub use words::{RAREST, capital_share, commonness, fold, is_given_name, is_surname};
