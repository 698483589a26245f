//! Makes `data/ordinary.txt` and `data/people.txt`; see `data/README.md` for the inputs.
//!
//! `cargo run --release -p readout-names --example tables -- LEXEMES.json GIVEN… --surnames SURNAME…`

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// Entries of the table of ordinary words.
const WORDS: usize = 30_000;
/// Entries taken from the head of one list of surnames; the census goes on to those that a hundred people bear.
const SURNAMES: usize = 20_000;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (lexemes, lists) = arguments.split_first().ok_or("which file of lexemes?")?;
    let split = lists.iter().position(|argument| argument == "--surnames").ok_or("no --surnames given")?;
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");

    let probabilities: HashMap<String, f64> = serde_json::from_str(&std::fs::read_to_string(lexemes)?)?;
    std::fs::write(data.join("ordinary.txt"), pack(&ordinary(&probabilities)))?;

    let mut people: BTreeMap<String, (bool, bool)> = BTreeMap::new();
    for list in &lists[..split] {
        for name in read_list(list)? {
            people.entry(name).or_default().0 = true;
        }
    }
    for list in &lists[split + 1..] {
        for name in read_list(list)?.into_iter().take(SURNAMES) {
            people.entry(name).or_default().1 = true;
        }
    }
    let people = people
        .into_iter()
        .map(|(name, (given, surname))| {
            let mark = match (given, surname) {
                (true, true) => "*",
                (true, false) => "+",
                _ => "-",
            };
            (name, mark.to_owned())
        })
        .collect();
    std::fs::write(data.join("people.txt"), pack(&people))?;
    Ok(())
}

/// The most frequent words in whichever case, each with the Zipf value of its lower-case use and its share of capitals.
fn ordinary(probabilities: &HashMap<String, f64>) -> BTreeMap<String, String> {
    let mut uses: HashMap<String, (f64, f64)> = HashMap::new();
    for (word, probability) in probabilities {
        if word.len() < 2 && !matches!(word.as_str(), "a" | "A" | "I" | "i")
            || !word.bytes().all(|b| b.is_ascii_alphabetic())
        {
            continue;
        }
        let entry = uses.entry(word.to_ascii_lowercase()).or_default();
        let place =
            if word.starts_with(|c: char| c.is_ascii_lowercase()) { &mut entry.0 } else { &mut entry.1 };
        *place += probability.exp();
    }
    let mut ranked: Vec<(String, (f64, f64))> = uses.into_iter().collect();
    ranked.sort_by(|a, b| (b.1.0 + b.1.1).total_cmp(&(a.1.0 + a.1.1)).then_with(|| a.0.cmp(&b.0)));
    ranked
        .into_iter()
        .take(WORDS)
        .map(|(word, (lower, capital))| {
            let zipf = ((lower * 1e9).max(1.0).log10() * 10.0).round().min(78.0) as u8;
            let share = (10.0 * capital / (lower + capital)).floor().min(9.0) as u8;
            (word, format!("{}{share}", char::from(b'0' + zipf)))
        })
        .collect()
}

/// The first word of every line, folded as the crate folds; what holds more than letters is left out.
fn read_list(path: &str) -> Result<Vec<String>, Failure> {
    let text = std::fs::read_to_string(path)?;
    let fold = |line: &str| names::fold(line.split_whitespace().next().unwrap_or_default());
    Ok(text
        .lines()
        .map(fold)
        .filter(|name| name.len() > 1 && name.bytes().all(|b| b.is_ascii_lowercase()))
        .collect())
}

/// Front coding: how many bytes are shared with the word before (`a` for none), the rest of the word, its marks.
fn pack(table: &BTreeMap<String, String>) -> String {
    let (mut packed, mut last) = (String::new(), "");
    for (word, marks) in table {
        let shared = word.bytes().zip(last.bytes()).take_while(|(a, b)| a == b).count().min(25);
        packed.push(char::from(b'a' + shared as u8));
        packed.push_str(&word[shared..]);
        packed.push_str(marks);
        packed.push('\n');
        last = word;
    }
    packed
}
