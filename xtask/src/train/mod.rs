//! Makes the small models that are committed: how letters sound, what is heard for what.
//!
//! Goes in: pinned public data. Comes out: files under `data/` of a crate, the same bytes each time. Never: part of what
//! users run.

pub mod boost;
mod letters;
mod lexicon;
pub mod names;
mod search;
mod sounds;

use std::path::Path;

use clap::Subcommand;

#[derive(Subcommand)]
pub enum Train {
    /// The lexicon and the letter-to-sound trees of `pronounce`, from CMUdict
    Pronounce,
    /// The phone distance of `pronounce`, from what recognisers heard in the recordings beside the project
    Sounds,
    /// When a name was meant, for `names`: words around names, trees, from what recognisers heard and people wrote
    Names,
    /// How likely what sounds like a query is the thing meant, for `search`
    Search,
}

/// Makes one model.
///
/// # Errors
/// The data cannot be fetched or is not what it should be, or a file cannot be written.
pub fn run(root: &Path, train: &Train) -> anyhow::Result<()> {
    match train {
        Train::Pronounce => {
            let words = lexicon::make(root)?;
            letters::make(root, &words)
        }
        Train::Sounds => sounds::make(root),
        Train::Names => names::make(root),
        Train::Search => search::make(root),
    }
}
