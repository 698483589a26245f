//! Earnings-21 as it lies beside the project: what was said on a call, who was on it, what five recognisers heard.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use anyhow::Context;
use model::Millis;
use names::Heard;

use super::plain;

/// The recognisers whose output is there.
pub const RECOGNISERS: [&str; 5] = ["google", "rev-espnet", "amazon", "microsoft", "speechmatics"];

/// A word of the reference.
pub struct Said {
    /// As [`plain`] leaves it.
    pub plain: String,
    /// The mention of a person that it belongs to.
    pub person: Option<u32>,
}

/// One call.
pub struct Call {
    pub id: String,
    pub said: Vec<Said>,
    /// In the order of [`RECOGNISERS`].
    pub heard: Vec<Vec<Heard>>,
    /// The file of participants: a line a person, `Name - role`.
    pub participants: String,
}

/// The participants of one long call and what was heard of it.
///
/// # Errors
/// It is not there.
pub fn one(folder: &Path) -> anyhow::Result<(String, Vec<Heard>)> {
    let folder = folder.join("4346818");
    let text = read(&folder.join("heard.amazon.nlp"))?;
    Ok((read(&folder.join("participants.txt"))?, rows(&text).map(|row| heard_word(&row)).collect()))
}

/// Reads all calls, in the order of their numbers.
///
/// # Errors
/// A file is missing or not as it was.
pub fn load(folder: &Path) -> anyhow::Result<Vec<Call>> {
    let mut ids: Vec<String> = fs::read_dir(folder)
        .with_context(|| format!("cannot list {}", folder.display()))?
        .filter_map(|entry| entry.ok().filter(|entry| entry.path().is_dir()))
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    ids.sort();
    ids.into_iter().map(|id| load_call(&folder.join(&id), id)).collect()
}

fn load_call(folder: &Path, id: String) -> anyhow::Result<Call> {
    let tags = read(&folder.join("reference.wer_tags.json"))?;
    let tags: BTreeMap<String, HashMap<String, serde_json::Value>> = serde_json::from_str(&tags)?;
    let is_person = |id: &str| {
        tags.get(id).is_some_and(|tag| tag.get("entity_type").is_some_and(|kind| kind == "PERSON"))
    };
    let reference = read(&folder.join("reference.nlp"))?;
    let said = rows(&reference)
        .flat_map(|row| {
            let person = row.get(7).and_then(|ids| {
                ids.split(['[', ']', '\'', ',', ' ']).find(|id| !id.is_empty() && is_person(id))?.parse().ok()
            });
            plain(row[0]).into_iter().map(move |plain| Said { plain, person })
        })
        .collect();
    let mut heard = Vec::new();
    for recogniser in RECOGNISERS {
        let text = read(&folder.join(format!("heard.{recogniser}.nlp")))?;
        heard.push(rows(&text).map(|row| heard_word(&row)).collect());
    }
    Ok(Call { id, said, heard, participants: read(&folder.join("participants.txt"))? })
}

fn read(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// The rows after the header, cut at the bars.
fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines().skip(1).map(|line| line.split('|').collect())
}

fn heard_word(row: &[&str]) -> Heard {
    let field = |at: usize| row.get(at).copied().unwrap_or_default();
    let time = |at: usize| field(at).parse().ok().map(Millis::from_seconds);
    Heard {
        text: format!("{}{}", row[0], field(4)),
        start: time(2),
        end: time(3),
        confidence: None,
        settled: false,
    }
}
