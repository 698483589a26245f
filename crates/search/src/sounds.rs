//! What occurs in the texts, by its sound.
//!
//! The words that occur are far fewer than the words that were said: a thousand hours have nine million words, and less than a
//! hundred thousand different ones. So the words that occur are pronounced once and put into an index by sound, and what
//! sounds like a query is looked for there. A name that was heard as two common words is found by cutting its
//! pronunciation at every place, looking for both parts, and asking which of these pairs ever stood side by side.

use crate::index::{Error, Fields, Result, is_stem};
use pronounce::{Distance, Phone, Phones, Pronouncer, Pronunciation, SoundIndex};
use std::collections::HashMap;
use std::io::Write as _;
use std::path::Path;
use tantivy::{Searcher, Term};

/// Greatest cost of a word that is looked at, in nats a phone of the query.
const FARTHEST: f32 = 2.0;
/// The same for a part of a query that is cut in two.
const FARTHEST_PART: f32 = 1.4;
/// What a part may cost beyond that, as short parts vary more.
const PART_EXTRA: f32 = 1.0;
/// Most words that are looked at for a pronunciation.
const WORDS: usize = 150;
/// Most words for each part of a pronunciation.
const PARTS: usize = 60;
/// Pronunciations of a query that are cut in two.
const CUT: usize = 3;
/// Most forms that are returned.
const FORMS: usize = 96;
/// Ways to say a word that are kept.
const WAYS: usize = 4;

/// What is needed to say words and to compare sounds.
pub(crate) struct Voice {
    pub pronouncer: Pronouncer,
    distance: Distance,
    /// For looking up what was meant among what was heard.
    turned: Distance,
}

impl Default for Voice {
    fn default() -> Self {
        let distance = Distance::new();
        Self { pronouncer: Pronouncer::new(), turned: distance.turned(), distance }
    }
}

/// Something that occurs and sounds like a query.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    /// One token, or two that stand side by side.
    pub tokens: Vec<String>,
    /// Evidence that it was heard for the query, in nats; see [`Distance::evidence`].
    pub evidence: f32,
    /// Cost a phone, in nats.
    pub per_phone: f32,
    /// Phones of the query.
    pub phones: usize,
    /// Passages that have it.
    pub passages: u64,
    /// Tokens of it that a lexicon of English has.
    pub known: usize,
    /// Passages that have the query itself.
    pub exact: u64,
    /// How alike both are written, 0 to 1.
    pub spelling: f32,
}

pub(crate) struct Sounds {
    words: Vec<String>,
    numbers: HashMap<String, u32>,
    ways: Vec<Vec<Phones>>,
    index: SoundIndex,
}

impl Sounds {
    /// Reads what occurs. Pronunciations that were found before are kept in a file.
    pub fn of(
        searcher: &Searcher,
        fields: &Fields,
        voice: &Voice,
        file: &Path,
        before: Option<&Self>,
    ) -> Result<Self> {
        let mut words: Vec<String> = Vec::new();
        for segment in searcher.segment_readers() {
            for field in [fields.shown, fields.heard] {
                let inverted = segment.inverted_index(field)?;
                let mut terms = inverted.terms().stream().map_err(damaged)?;
                while terms.advance() {
                    if let Ok(word) = std::str::from_utf8(terms.key())
                        && !is_stem(word)
                        && word.chars().any(char::is_alphabetic)
                    {
                        words.push(word.to_owned());
                    }
                }
            }
        }
        words.sort_unstable();
        words.dedup();
        let kept =
            if before.is_none() { std::fs::read_to_string(file).unwrap_or_default() } else { String::new() };
        let mut known: HashMap<&str, Vec<Phones>> = HashMap::new();
        for line in kept.lines() {
            if let Some((word, ways)) = line.split_once('\t') {
                known.insert(word, ways.split_whitespace().map(Phones::from_codes).collect());
            }
        }
        let mut new = String::new();
        let mut ways = Vec::with_capacity(words.len());
        for word in &words {
            let old = before.and_then(|before| before.ways.get(*before.numbers.get(word)? as usize).cloned());
            ways.push(match old.or_else(|| known.remove(word.as_str())) {
                Some(ways) => ways,
                None => {
                    let said = voice.pronouncer.word(word);
                    let said: Vec<Phones> = said.into_iter().take(WAYS).map(|way| way.phones).collect();
                    let codes: Vec<String> = said.iter().map(Phones::codes).collect();
                    new.push_str(&format!("{word}\t{}\n", codes.join(" ")));
                    said
                }
            });
        }
        if !new.is_empty() {
            // Lost, it is made again.
            let opened = std::fs::OpenOptions::new().create(true).append(true).open(file);
            let _ = opened.and_then(|mut file| file.write_all(new.as_bytes()));
        }
        let forms = (0..).zip(&ways).flat_map(|(word, ways)| ways.iter().map(move |way| (word, way)));
        let index = SoundIndex::build(forms);
        let numbers = words.iter().cloned().zip(0..).collect();
        Ok(Self { words, numbers, ways, index })
    }

    /// What occurs and sounds like these words, most evidence first.
    pub fn forms(
        &self,
        searcher: &Searcher,
        fields: &Fields,
        voice: &Voice,
        words: &[&str],
    ) -> Result<Vec<Form>> {
        let said = voice.pronouncer.phrase(words);
        let query: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
        let written = query.concat();
        let exact = match query.as_slice() {
            [one] => self.passages(searcher, fields, one)?,
            [one, two] => Self::pair(searcher, fields, one, two)?,
            _ => 0,
        };
        let mut found: HashMap<Vec<u32>, Form> = HashMap::new();
        let mut weigh = |numbers: Vec<u32>, said: &Pronunciation, heard: &Phones, passages: u64| {
            let evidence = voice.distance.evidence(&said.phones, heard) - said.cost;
            if evidence <= 0.0 || found.get(&numbers).is_some_and(|form| form.evidence >= evidence) {
                return;
            }
            let tokens: Vec<String> =
                numbers.iter().filter_map(|number| self.words.get(*number as usize).cloned()).collect();
            // What has the words of the query, or some of them, is found as written.
            if tokens.iter().all(|token| query.contains(token)) {
                return;
            }
            let known = tokens.iter().filter(|token| voice.pronouncer.knows(token)).count();
            let spelling = strsim::normalized_levenshtein(&written, &tokens.concat()) as f32;
            let form = Form {
                evidence,
                per_phone: voice.distance.per_phone(&said.phones, heard),
                phones: said.phones.len(),
                passages,
                known,
                exact,
                spelling,
                tokens,
            };
            found.insert(numbers, form);
        };
        for way in &said {
            let farthest = FARTHEST * way.phones.len() as f32;
            for (number, _) in self.index.near(&voice.turned, &way.phones, farthest, WORDS) {
                let Some(word) = self.words.get(number as usize) else { continue };
                let passages = self.passages(searcher, fields, word)?;
                for heard in self.ways.get(number as usize).into_iter().flatten() {
                    weigh(vec![number], way, heard, passages);
                }
            }
        }
        for way in said.iter().take(CUT) {
            let phones = way.phones.as_slice();
            let mut pairs: Vec<(f32, u32, u32)> = Vec::new();
            for cut in 1..phones.len() {
                let parts = [&phones[..cut], &phones[cut..]].map(|part| {
                    let codes: String = part.iter().map(|phone: &Phone| phone.code()).collect();
                    let farthest = FARTHEST_PART * part.len() as f32 + PART_EXTRA;
                    self.index.near(&voice.turned, &Phones::from_codes(&codes), farthest, PARTS)
                });
                let [left, right] = parts;
                let bound = FARTHEST_PART * phones.len() as f32;
                for (a, first) in &left {
                    let sums = right.iter().map(|(b, second)| (first + second, *a, *b));
                    pairs.extend(sums.take_while(|(sum, ..)| *sum <= bound));
                }
            }
            pairs.sort_unstable_by(|a, b| (a.1, a.2).cmp(&(b.1, b.2)).then(a.0.total_cmp(&b.0)));
            pairs.dedup_by_key(|(_, a, b)| (*a, *b));
            for (_, a, b) in pairs {
                let word = |number: u32| self.words.get(number as usize).map_or("", String::as_str);
                let passages = Self::pair(searcher, fields, word(a), word(b))?;
                if passages == 0 {
                    continue;
                }
                let ways = |number: u32| self.ways.get(number as usize).map_or(&[][..], Vec::as_slice);
                for first in ways(a) {
                    for second in ways(b) {
                        weigh(
                            vec![a, b],
                            way,
                            &Phones::from_codes(&(first.codes() + &second.codes())),
                            passages,
                        );
                    }
                }
            }
        }
        let mut forms: Vec<Form> = found.into_values().collect();
        forms.sort_by(|a, b| b.evidence.total_cmp(&a.evidence).then_with(|| a.tokens.cmp(&b.tokens)));
        forms.truncate(FORMS);
        Ok(forms)
    }

    fn passages(&self, searcher: &Searcher, fields: &Fields, word: &str) -> Result<u64> {
        let of = |field| searcher.doc_freq(&Term::from_field_text(field, word));
        Ok(of(fields.shown)? + of(fields.heard)?)
    }

    fn pair(searcher: &Searcher, fields: &Fields, first: &str, second: &str) -> Result<u64> {
        Ok(searcher.doc_freq(&Term::from_field_text(fields.pairs, &format!("{first} {second}")))?)
    }
}

fn damaged(error: std::io::Error) -> Error {
    Error::Damaged(error.to_string())
}
