//! Earnings-21: what was said on a call, who was on it, and what five recognisers heard.
//!
//! Goes in: the folder `earnings21` of the data beside the project. Comes out: calls as words, and what was heard for which
//! words. Never: any of it in the project.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, ensure};

pub const RECOGNISERS: [&str; 5] = ["google", "amazon", "microsoft", "speechmatics", "rev-espnet"];

/// One call.
pub struct Call {
    pub said: Vec<String>,
    /// The names of people that were said: ranges of `said`.
    pub people: Vec<Range<usize>>,
    /// The names of those who were on the call, in full, without their roles.
    pub participants: Vec<String>,
    /// What each of [`RECOGNISERS`] heard.
    pub heard: Vec<Vec<String>>,
}

/// Reads all calls, in order of their names; `None` where they are not at hand.
pub fn calls(data: &Path) -> anyhow::Result<Option<Vec<Call>>> {
    let folder = data.join("earnings21");
    if !folder.is_dir() {
        return Ok(None);
    }
    let mut folders: Vec<_> = std::fs::read_dir(&folder)
        .with_context(|| format!("cannot list {}", folder.display()))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()).filter(|path| path.is_dir()))
        .collect();
    folders.sort();
    let calls: Vec<Call> = folders.iter().map(|folder| call(folder)).collect::<anyhow::Result<_>>()?;
    ensure!(!calls.is_empty(), "{} holds no calls", folder.display());
    Ok(Some(calls))
}

fn call(folder: &Path) -> anyhow::Result<Call> {
    let read = |name: &str| {
        let file = folder.join(name);
        std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))
    };
    #[derive(serde::Deserialize)]
    struct Tag {
        entity_type: String,
    }
    let tags: HashMap<String, Tag> = serde_json::from_str(&read("reference.wer_tags.json")?)?;
    let (mut said, mut people) = (Vec::new(), BTreeMap::<String, Range<usize>>::new());
    for line in read("reference.nlp")?.lines().skip(1) {
        let mut columns = line.split('|');
        let start = said.len();
        said.extend(words(columns.next().unwrap_or_default()));
        for tag in columns.next_back().unwrap_or_default().split('\'') {
            if tags.get(tag).is_some_and(|tag| tag.entity_type == "PERSON") {
                people.entry(tag.to_owned()).or_insert(start..start).end = said.len();
            }
        }
    }
    let mut people: Vec<_> = people.into_values().collect();
    people.sort_by_key(|range| range.start);
    let participants = read("participants.txt")?;
    let participants = participants.lines().filter_map(|line| line.split(" - ").next());
    let mut heard = Vec::new();
    for recogniser in RECOGNISERS {
        let text = read(&format!("heard.{recogniser}.nlp"))?;
        heard.push(
            text.lines().skip(1).flat_map(|line| words(line.split('|').next().unwrap_or_default())).collect(),
        );
    }
    Ok(Call { said, people, participants: participants.map(|name| name.trim().to_owned()).collect(), heard })
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
pub fn misheard_people(call: &Call, heard: &[String]) -> Vec<Misheard> {
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
