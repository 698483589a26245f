//! Earnings-21: what was said on a call, who was on it, and what five recognisers heard.
//!
//! Goes in: the folder `earnings21` of the data beside the project. Comes out: calls as words, and what was heard for which
//! words. Never: any of it in the project.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, ensure};
use model::Millis;
use names::Heard;

/// The recognisers whose output is there.
pub const RECOGNISERS: [&str; 5] = ["google", "rev-espnet", "amazon", "microsoft", "speechmatics"];

/// One call.
pub struct Call {
    pub id: String,
    /// The tokens of the reference, each with the mention of a person that it belongs to.
    pub said: Vec<(String, Option<u32>)>,
    /// In the order of [`RECOGNISERS`].
    pub heard: Vec<Vec<Heard>>,
    /// The file of participants: a line a person, `Name - role`.
    pub participants: String,
}

/// A call as bare words: without signs at their ends, parted at hyphens, with their case.
pub struct Spoken {
    pub said: Vec<String>,
    /// The names of people that were said: ranges of `said`.
    pub people: Vec<Range<usize>>,
    /// The names of those who were on the call, in full, without their roles.
    pub participants: Vec<String>,
    /// What each of [`RECOGNISERS`] heard.
    pub heard: Vec<Vec<String>>,
}

impl From<&Call> for Spoken {
    fn from(call: &Call) -> Self {
        let (mut said, mut people) = (Vec::new(), BTreeMap::<u32, Range<usize>>::new());
        for (token, person) in &call.said {
            let start = said.len();
            said.extend(words(token));
            if let Some(person) = person {
                people.entry(*person).or_insert(start..start).end = said.len();
            }
        }
        let mut people: Vec<_> = people.into_values().collect();
        people.sort_by_key(|range| range.start);
        let participants = call.participants.lines().filter_map(|line| line.split(" - ").next());
        let heard = call.heard.iter().map(|heard| heard.iter().flat_map(|word| words(&word.text)).collect());
        Self {
            said,
            people,
            participants: participants.map(|name| name.trim().to_owned()).collect(),
            heard: heard.collect(),
        }
    }
}

/// The participants of one long call and what was heard of it.
///
/// # Errors
/// It is not there.
pub fn one(data: &Path) -> anyhow::Result<(String, Vec<Heard>)> {
    let folder = data.join("earnings21/4346818");
    let text = read(&folder.join("heard.amazon.nlp"))?;
    Ok((read(&folder.join("participants.txt"))?, rows(&text).map(|row| heard_word(&row)).collect()))
}

/// Reads all calls, in the order of their numbers; `None` where they are not at hand.
///
/// # Errors
/// A file is missing or not as it was.
pub fn calls(data: &Path) -> anyhow::Result<Option<Vec<Call>>> {
    let folder = data.join("earnings21");
    if !folder.is_dir() {
        return Ok(None);
    }
    let mut ids: Vec<String> = fs::read_dir(&folder)
        .with_context(|| format!("cannot list {}", folder.display()))?
        .filter_map(|entry| entry.ok().filter(|entry| entry.path().is_dir()))
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    ids.sort();
    let calls: Vec<Call> =
        ids.into_iter().map(|id| load_call(&folder.join(&id), id)).collect::<anyhow::Result<_>>()?;
    ensure!(!calls.is_empty(), "{} holds no calls", folder.display());
    Ok(Some(calls))
}

fn load_call(folder: &Path, id: String) -> anyhow::Result<Call> {
    let tags = read(&folder.join("reference.wer_tags.json"))?;
    let tags: BTreeMap<String, HashMap<String, serde_json::Value>> = serde_json::from_str(&tags)?;
    let is_person = |id: &str| {
        tags.get(id).is_some_and(|tag| tag.get("entity_type").is_some_and(|kind| kind == "PERSON"))
    };
    let reference = read(&folder.join("reference.nlp"))?;
    let said = rows(&reference)
        .map(|row| {
            let person = row.get(7).and_then(|ids| {
                ids.split(['[', ']', '\'', ',', ' ']).find(|id| !id.is_empty() && is_person(id))?.parse().ok()
            });
            (row[0].to_owned(), person)
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

/// The words of a token without signs at their ends; hyphens part words, case stays.
fn words(token: &str) -> Vec<String> {
    token
        .split(['-', ' ', '/'])
        .map(|word| word.trim_matches(|sign: char| !sign.is_alphanumeric()))
        .filter(|word| !word.is_empty() && !word.starts_with('<'))
        .map(str::to_owned)
        .collect()
}

/// Where each gap before a word of `said` lies in `heard`: words `a..b` of `said` were heard as words
/// `places[a].1..places[b].0` of `heard`; between the two are words that were heard and not said.
pub fn align(said: &[String], heard: &[String]) -> Vec<(usize, usize)> {
    let lower = |words: &[String]| words.iter().map(|word| word.to_lowercase()).collect::<Vec<_>>();
    let (said, heard) = (lower(said), lower(heard));
    let mut places = vec![(0, 0)];
    let (mut from, mut to) = (0, 0);
    let anchors = anchors(&said, &heard);
    for (next_from, next_to) in anchors.into_iter().chain([(said.len(), heard.len())]) {
        align_between(&said[from..next_from], &heard[to..next_to], to, &mut places);
        (from, to) = (next_from, next_to);
    }
    places
}

/// Words in five equal ones in a row that occur once on either side, in the same order on both.
fn anchors(said: &[String], heard: &[String]) -> Vec<(usize, usize)> {
    const RUN: usize = 5;
    let mut seen: HashMap<&[String], [Option<usize>; 2]> = HashMap::new();
    let mut twice = std::collections::HashSet::new();
    for (side, words) in [said, heard].into_iter().enumerate() {
        for (place, run) in words.windows(RUN).enumerate() {
            if seen.entry(run).or_default()[side].replace(place).is_some() {
                twice.insert(run);
            }
        }
    }
    let mut pairs: Vec<(usize, usize)> = seen
        .into_iter()
        .filter(|(run, _)| !twice.contains(run))
        .filter_map(|(_, [said, heard])| Some((said?, heard?)))
        .collect();
    pairs.sort_unstable();
    // The longest row of pairs that rises on both sides.
    let mut ends: Vec<usize> = Vec::new();
    let mut before = vec![None; pairs.len()];
    for (number, (_, place)) in pairs.iter().enumerate() {
        let length = ends.partition_point(|end| pairs[*end].1 < *place);
        before[number] = length.checked_sub(1).map(|last| ends[last]);
        if length == ends.len() { ends.push(number) } else { ends[length] = number }
    }
    let mut chain = Vec::new();
    let mut here = ends.last().copied();
    while let Some(number) = here {
        chain.push(pairs[number]);
        here = before[number];
    }
    chain.reverse();
    chain
}

/// Aligns what lies between two anchors; alike words rather stand for each other than unlike ones.
fn align_between(said: &[String], heard: &[String], offset: usize, places: &mut Vec<(usize, usize)>) {
    let width = heard.len() + 1;
    let mut cost = vec![0.0_f64; (said.len() + 1) * width];
    let replaced = |row: usize, column: usize| match said[row] == heard[column] {
        true => 0.0,
        false => 1.1 - 0.6 * strsim::jaro(&said[row], &heard[column]),
    };
    const GAP: f64 = 0.7;
    for column in 1..width {
        cost[column] = cost[column - 1] + GAP;
    }
    for row in 0..said.len() {
        let (above, here) = (row * width, (row + 1) * width);
        cost[here] = cost[above] + GAP;
        for column in 0..heard.len() {
            let gap = cost[above + column + 1].min(cost[here + column]) + GAP;
            cost[here + column + 1] = gap.min(cost[above + column] + replaced(row, column));
        }
    }
    let (mut row, mut column) = (said.len(), heard.len());
    let mut found = Vec::new();
    let mut last = column;
    while row > 0 || column > 0 {
        let here = cost[row * width + column];
        if row > 0
            && column > 0
            && here == cost[(row - 1) * width + column - 1] + replaced(row - 1, column - 1)
        {
            found.push((column, last));
            (row, column) = (row - 1, column - 1);
            last = column;
        } else if row > 0 && here == cost[(row - 1) * width + column] + GAP {
            found.push((column, last));
            row -= 1;
            last = column;
        } else {
            column -= 1;
        }
    }
    // Words heard before the first said one belong to the gap before it.
    if let Some(place) = places.last_mut() {
        place.1 = place.1.max(offset + last);
    }
    places.extend(found.into_iter().rev().map(|(end, next)| (offset + end, offset + next)));
}

/// Some words of a call and what was heard for them.
pub struct Misheard {
    pub said: Range<usize>,
    pub heard: Range<usize>,
}

/// The stretches of `said` that were not heard as they were said, each as long as possible.
pub fn misheard(said: &[String], heard: &[String]) -> Vec<Misheard> {
    let places = align(said, heard);
    let mut found: Vec<Misheard> = Vec::new();
    for (word, place) in places.windows(2).enumerate() {
        if right(&said[word..=word], &heard[place[0].1..place[1].0]) {
            continue;
        }
        match found.last_mut() {
            Some(last) if last.said.end == word => (last.said.end, last.heard.end) = (word + 1, place[1].1),
            _ => found.push(Misheard { said: word..word + 1, heard: place[0].0..place[1].1 }),
        }
    }
    found
}

/// The names of people that were not heard as they were said.
pub fn misheard_people(call: &Spoken, heard: &[String]) -> Vec<Misheard> {
    let places = align(&call.said, heard);
    let person = |said: &Range<usize>| {
        let (start, end) = (places[said.start], places[said.end]);
        let wrong = !right(&call.said[said.clone()], &heard[start.1..end.0]);
        wrong.then(|| Misheard { said: said.clone(), heard: start.0..end.1 })
    };
    call.people.iter().filter_map(person).collect()
}

/// Whether the same words were heard, apart from their case and the ending of a possessive.
fn right(said: &[String], heard: &[String]) -> bool {
    let plain = |word: &String| word.to_lowercase().trim_end_matches("'s").to_owned();
    said.iter().map(plain).eq(heard.iter().map(plain))
}
