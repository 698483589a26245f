//! How long queries take over many hours, beside SQLite's full text on the same passages.

use std::collections::HashMap;
use std::time::Instant;

use anyhow::{Context, ensure};
use model::{EpisodeId, Millis, Timing, Transcript, Word};
use rusqlite::Connection;
use search::{About, Index, Options, Source};
use serde_json::json;

use crate::bench::names::lessons;
use crate::bench::{Place, busy_remark, load, machine};

/// Words that are said in an hour, and in an episode.
const HOUR: usize = 9_000;
const EPISODE: usize = 6_000;
/// Words of a passage in SQLite: what ours have on average.
const PASSAGE: usize = 70;
/// One word in so many is misheard: a letter of it changes, so that the vocabulary grows as it does with real recognisers.
const MISHEARD: u64 = 60;
/// Queries of a kind.
const QUERIES: usize = 200;

/// Numbers by chance, the same each time (xorshift64*, Vigna 2016).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % bound.max(1)
    }
}

/// Makes the texts, puts them into both, and asks both.
pub fn run(place: &Place, hours: usize, dry: bool) -> anyhow::Result<()> {
    let started = load();
    let mut texts: Vec<Vec<String>> = Vec::new();
    for (_, file) in lessons::human_files(&place.data)? {
        let text =
            std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        texts.push(text.split_whitespace().map(str::to_owned).collect());
    }
    ensure!(!texts.is_empty(), "no transcripts lie beside the project");
    let folder = place.fresh("search-speed")?;
    let (index, _) = Index::open(&folder.join("index"))?;
    let sqlite = Connection::open(folder.join("peer.sqlite"))?;
    sqlite.execute_batch(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN;
         CREATE VIRTUAL TABLE passages USING fts5(text, tokenize = 'porter unicode61');",
    )?;
    let mut chance = Chance(7);
    let mut writer = index.writer()?;
    let mut often: HashMap<String, u32> = HashMap::new();
    let (mut ours, mut peers) = (0.0, 0.0);
    let episodes = (hours * HOUR).div_ceil(EPISODE);
    let mut phrases = Vec::new();
    for number in 0..episodes {
        let text = episode(&texts, &mut chance);
        for word in &text {
            let bare: String =
                word.chars().filter(|sign| sign.is_alphabetic()).flat_map(char::to_lowercase).collect();
            *often.entry(bare).or_default() += 1;
        }
        let at = chance.below(text.len() as u64 - 3) as usize;
        phrases.push(text[at..at + 2].join(" "));
        let word = |(number, text): (usize, &String)| Word {
            text: text.clone(),
            start: Millis(number as u64 * 400),
            end: Millis(number as u64 * 400 + 300),
            confidence: 1.0,
            joined: false,
            timing: Timing::Measured,
        };
        let shown =
            Transcript { words: text.iter().enumerate().map(word).collect(), ..Transcript::default() };
        let about = About {
            episode: EpisodeId(uuid::Uuid::now_v7()),
            show: format!("Show {}", number % 40),
            title: format!("Part {number}"),
            date: Some(
                jiff::civil::date(2010, 1, 1).saturating_add(jiff::Span::new().days((number % 5_000) as i64)),
            ),
            language: Some("en".into()),
            people: Vec::new(),
            notes: String::new(),
        };
        let begun = Instant::now();
        writer.put(&Source { about, version: 1, shown: Some(&shown), heard: None, offered: Vec::new() })?;
        ours += begun.elapsed().as_secs_f64();
        let begun = Instant::now();
        for passage in text.chunks(PASSAGE) {
            sqlite.prepare_cached("INSERT INTO passages (text) VALUES (?1)")?.execute([passage.join(" ")])?;
        }
        peers += begun.elapsed().as_secs_f64();
    }
    let begun = Instant::now();
    writer.commit()?;
    ours += begun.elapsed().as_secs_f64();
    let begun = Instant::now();
    sqlite.execute_batch("COMMIT;")?;
    peers += begun.elapsed().as_secs_f64();
    writer.settle()?;
    let words = (episodes * EPISODE) as f64;
    let begun = Instant::now();
    index.forms(&["lecornu"])?;
    let sounds = begun.elapsed().as_secs_f64();

    // Queries: words by how often they occur, phrases that occur, names by sound, words with filters.
    let mut vocabulary: Vec<(String, u32)> = often.into_iter().filter(|(word, _)| word.len() > 3).collect();
    vocabulary.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let of = |from: usize, to: usize| -> Vec<String> {
        let span = vocabulary.get(from..to.min(vocabulary.len())).unwrap_or_default();
        span.iter()
            .step_by((span.len() / QUERIES).max(1))
            .take(QUERIES)
            .map(|(word, _)| word.clone())
            .collect()
    };
    let names: Vec<String> = lessons::distractors(&place.data)?
        .iter()
        .step_by(37)
        .filter_map(|name| name.spelling.split(' ').next_back().map(str::to_owned))
        .take(QUERIES)
        .collect();
    let plain = |word: &String| word.replace(|sign: char| !sign.is_alphanumeric() && sign != ' ', "");
    let kinds: [(&str, Vec<String>, bool, bool); 5] = [
        ("a word", of(300, 20_000), true, true),
        ("a common word", of(0, 100), true, true),
        (
            "a phrase of two words",
            phrases.iter().map(plain).take(QUERIES).map(|phrase| format!("\"{phrase}\"")).collect(),
            true,
            true,
        ),
        (
            "a word with show and date",
            of(300, 20_000).iter().map(|word| format!("{word} show:7 date:2012..2014")).collect(),
            true,
            false,
        ),
        ("a surname, by sound too", names, false, true),
    ];
    let mut table = String::from(
        "| query | p50 ms | p95 ms | p99 ms | SQLite FTS5: p50 ms | p95 ms | p99 ms |\n| --- | --- | --- | --- | --- | --- | --- |\n",
    );
    let mut figures = Vec::new();
    for (kind, queries, exact, peer) in kinds {
        let options = Options { exact, ..Options::default() };
        let mut times = Vec::new();
        for query in &queries {
            let begun = Instant::now();
            index.search(query, &options)?;
            times.push(begun.elapsed().as_secs_f64() * 1000.0);
        }
        let mut theirs = Vec::new();
        if peer {
            let mut statement = sqlite
                .prepare("SELECT rowid, rank FROM passages WHERE passages MATCH ?1 ORDER BY rank LIMIT 20")?;
            for query in &queries {
                let query = format!("\"{}\"", query.trim_matches('"'));
                let begun = Instant::now();
                let rows = statement.query_map([query], |row| row.get::<_, i64>(0))?.count();
                std::hint::black_box(rows);
                theirs.push(begun.elapsed().as_secs_f64() * 1000.0);
            }
        }
        let cells: Vec<String> =
            [&mut times, &mut theirs].into_iter().flat_map(|times| quantiles(times)).collect();
        table.push_str(&format!("| {kind} | {} |\n", cells.join(" | ")));
        figures.push(json!({ "kind": kind, "ms": times, "sqlite_ms": theirs }));
    }
    let peer_bytes = std::fs::metadata(folder.join("peer.sqlite"))?.len() as f64;
    let page = format!(
        "{}{} {hours} hours, {:.1} million words in {} passages, {} different words. Put in at {:.0} words a second and {:.1} bytes a word \
         (SQLite, with its text: {:.0} and {:.1}); the sounds of all words are ready after {sounds:.1} s, the first time. Queries one after the other, warm; ours \
         give the 20 best episodes with passages, words, times and counts by month, SQLite's the 20 best rows. Wanted: a p95 below 20 ms for \
         words and below 50 ms by sound.\n\n{table}",
        machine(),
        busy_remark(started),
        words / 1e6,
        index.passages(),
        vocabulary.len(),
        words / ours,
        index.bytes() as f64 / words,
        words / peers,
        peer_bytes / words,
    );
    place.publish("search-speed", dry, &page, &json!(figures))
}

fn quantiles(times: &mut [f64]) -> Vec<String> {
    times.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| {
        let place = ((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1));
        times.get(place).map_or("–".to_owned(), |time| format!("{time:.1}"))
    };
    [0.5, 0.95, 0.99].map(at).to_vec()
}

/// An episode: stretches of several transcripts, with words misheard.
fn episode(texts: &[Vec<String>], chance: &mut Chance) -> Vec<String> {
    let mut words = Vec::with_capacity(EPISODE);
    while words.len() < EPISODE {
        let text = &texts[chance.below(texts.len() as u64) as usize];
        let first = chance.below(text.len() as u64) as usize;
        let length = 100 + chance.below(400) as usize;
        for word in text.iter().skip(first).take(length) {
            let word = match chance.below(MISHEARD) {
                0 if word.len() > 4 => misheard(word, chance),
                _ => word.clone(),
            };
            words.push(word);
        }
    }
    words.truncate(EPISODE);
    words
}

fn misheard(word: &str, chance: &mut Chance) -> String {
    let place = chance.below(word.chars().count() as u64) as usize;
    let letter = char::from(b'a' + chance.below(26) as u8);
    word.chars().enumerate().map(|(at, own)| if at == place { letter } else { own }).collect()
}
