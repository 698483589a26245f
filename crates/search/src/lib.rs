//! Where was it said? By word, by phrase and by sound.
//!
//! Goes in: the texts of episodes, queries. Comes out: hits with their seconds, each with the reason why it is one. Never:
//! the only copy of anything. The index is a folder that can be deleted: it is made again from the archive.
//!
//! A passage is a few sentences of one speaker. What is shown and what was heard are separate fields, because "local
//! new" and "Lecornu" do not have the same number of words; each knows its words' times by itself. What sounds like a query is
//! looked for among the words that occur, and among pairs of them, never in the texts: see `sounds.rs`.

mod answer;
mod by_episode;
mod calibration;
mod index;
mod leaves;
mod looked;
mod passages;
mod query;
mod sounds;
mod tokens;

pub use answer::{Answer, EpisodeHits, Hit, Options, Reason, Span};
pub use calibration::{Around, Calibration, FEATURES, Features};
pub use index::{Error, Index, Opened, Result, Writer};
pub use passages::{About, Offered, Source};
pub use query::{Parsed, parse};
pub use sounds::Form;
