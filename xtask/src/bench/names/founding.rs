//! The founding page: its table of wrong names, with a glossary of the right ones among ten thousand others.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use names::{Context, Heard, Known, Layer, Model, Name, Rank, Source, Speech, repair};

use super::lessons::distractors;
use super::measure::{changes, shown};
use super::plain;

/// Repairs the page; returns the lines of a table and a sentence.
///
/// # Errors
/// The page is missing.
pub fn run(data: &Path, speech: &Speech, model: &Model) -> anyhow::Result<String> {
    let folder = data.join("founding-page");
    let read = |name: &str| {
        std::fs::read_to_string(folder.join(name))
            .with_context(|| format!("cannot read {name} of the founding page"))
    };
    let table = read("names.tsv")?;
    let rows: Vec<Vec<&str>> = table.lines().skip(1).map(|line| line.split('\t').collect()).collect();
    let words: Vec<Heard> = read("page.txt")?
        .split_whitespace()
        .map(|text| Heard { text: text.to_owned(), ..Heard::default() })
        .collect();
    let mut names = distractors(data)?;
    for (number, row) in (2..).zip(&rows) {
        let named = row.get(2).is_none_or(|kind| *kind != "not a name")
            && row.get(1).is_some_and(|right| !right.contains(','));
        let last = row.get(1).map_or("", |right| {
            if right.ends_with(" just blew") { right.trim_end_matches(" just blew") } else { right }
        });
        if named && !names.iter().any(|name| name.spelling == last) {
            let source =
                Source { rank: Rank::ArchiveGlossary, cite: format!("glossary, line {number}"), date: None };
            names.push(Name::new(last, source));
        }
    }
    let known = Known::new(vec![Arc::new(Layer::background(names, speech))]);
    let outcome = repair(&words, &known, &Context::default(), speech, model);
    let [done, offered] = changes(&outcome);
    let mut page = String::from(
        "| heard | right | kind | places | repaired | offered |\n| --- | --- | --- | --- | --- | --- |\n",
    );
    let mut covered: Vec<usize> = Vec::new();
    for row in &rows {
        let (Some(heard), Some(right), Some(kind)) = (row.first(), row.get(1), row.get(2)) else { continue };
        let wrong: Vec<String> = heard.split_whitespace().flat_map(plain).collect();
        let places: Vec<usize> = (0..words.len())
            .filter(|at| {
                let here: Vec<String> =
                    words[*at..].iter().take(wrong.len()).flat_map(|word| plain(&word.text)).collect();
                here.starts_with(&wrong)
            })
            .collect();
        covered.extend(places.iter().flat_map(|at| *at..at + wrong.len()));
        let first = plain(right).concat();
        let hits = |changes: &[super::measure::Change]| {
            let hit = |at: &&usize| {
                changes.iter().any(|change| {
                    let near = change.words.start < **at + wrong.len() && change.words.end > **at;
                    let new: String = change.text.iter().flat_map(|word| plain(word)).collect();
                    near && (new.starts_with(&first) || first.starts_with(&new))
                })
            };
            places.iter().filter(hit).count()
        };
        if *kind == "person" || *kind == "place" {
            page.push_str(&format!(
                "| {heard} | {right} | {kind} | {} | {} | {} |\n",
                places.len(),
                hits(&done),
                hits(&offered)
            ));
        }
    }
    for change in done.iter().chain(&offered) {
        println!("founding page: {}", shown("page", &words, change));
    }
    let elsewhere: Vec<_> =
        done.iter().filter(|change| !change.words.clone().any(|at| covered.contains(&at))).collect();
    page.push_str(&format!(
        "\nRepairs of words that the table does not list: {}. Offers in all: {}, in {} words.\n",
        elsewhere.len(),
        offered.len(),
        words.len()
    ));
    Ok(page)
}
