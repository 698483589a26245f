//! The words of `readout names`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub struct Names {
    #[command(subcommand)]
    pub verb: NamesVerb,
}

#[derive(Debug, Subcommand)]
pub enum NamesVerb {
    /// The lists of names that are known, or the names in them that contain a text
    #[command(after_help = "\
Examples:
  readout names list
  readout names list lecorn --json")]
    List {
        /// Show the names that contain this, in any case
        #[arg(value_name = "TEXT")]
        text: Option<String>,
    },
    /// Make a name known, in its one right spelling
    #[command(after_help = "\
Examples:
  readout names add 'Sébastien Lecornu' --role 'Defence Minister' --show Frontier
  readout names add Kyiv --alias Kiev --kind place")]
    Add(AddName),
    /// Make the names of a list known: text with a name a line, CSV with a header, or lines of Wikidata
    #[command(after_help = "\
Examples:
  readout names import guests.txt --show Frontier
  readout names import politicians.csv

A line of text is `Name`, `Name - role`, or a name, a tab, and other names with | between. The same
file again takes the place of what was read from it before.")]
    Import {
        /// The list
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Known in this show only (title, or the beginning of an id)
        #[arg(long, value_name = "SHOW")]
        show: Option<String>,
    },
    /// What is known of names in an episode, what was set right in it and why, what waits for a decision
    #[command(after_help = "\
Examples:
  readout names explain 'One call, two readouts'")]
    Explain {
        /// Title, SHOW/TITLE, or the beginning of an id
        #[arg(value_name = "EPISODE")]
        episode: String,
    },
    /// Correct heard words in all places at once, after showing them; later episodes learn from it
    #[command(after_help = "\
Examples:
  readout names fix 'local new' Lecornu --dry-run
  readout names fix 'local new' Lecornu --show Frontier
  readout names undo

Case and punctuation do not count in what was heard; a possessive ending stays.")]
    Fix(Fix),
    /// Take the last fix back, or the one revision with this id
    #[command(after_help = "\
Examples:
  readout names undo
  readout names undo 0192e4c7-5d3c-7aa0-8c4e-3f0c6a1be111")]
    Undo {
        /// Id of a fix or of a revision, as `fix` and `explain` print them
        #[arg(value_name = "ID")]
        id: Option<String>,
    },
    /// What was decided of heard words for good: always written so, or never changed
    #[command(after_help = "\
Examples:
  readout names rules
  readout names rules --remove 3")]
    Rules {
        /// Forget the rule with this number
        #[arg(long, value_name = "N")]
        remove: Option<i64>,
    },
}

#[derive(Debug, Args)]
pub struct AddName {
    /// The right spelling
    #[arg(value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub name: String,
    /// Another name of the same bearer; may be said more than once
    #[arg(long, value_name = "NAME")]
    pub alias: Vec<String>,
    /// Office or part: Defence Minister, host
    #[arg(long, value_name = "ROLE")]
    pub role: Option<String>,
    /// person, place, organisation, work, term or outlet
    #[arg(long, value_name = "KIND", value_parser = kind)]
    pub kind: Option<names::Kind>,
    /// Known in this show only (title, or the beginning of an id)
    #[arg(long, value_name = "SHOW")]
    pub show: Option<String>,
}

#[derive(Debug, Args)]
pub struct Fix {
    /// The words as they stand in the text
    #[arg(value_name = "HEARD")]
    pub heard: String,
    /// The words as they should be
    #[arg(value_name = "RIGHT")]
    pub right: String,
    /// In this show only (title, or the beginning of an id)
    #[arg(long, value_name = "SHOW")]
    pub show: Option<String>,
    /// Show the places and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask before changing
    #[arg(long, short)]
    pub yes: bool,
    /// Correct it in later episodes too, even if it is an ordinary word
    #[arg(long)]
    pub always: bool,
}

fn kind(name: &str) -> Result<names::Kind, String> {
    serde_json::from_value(name.to_lowercase().into())
        .map_err(|_| "choose person, place, organisation, work, term or outlet".to_owned())
}
