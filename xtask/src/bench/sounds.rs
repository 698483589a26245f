//! How well the sound of what was heard leads to the name that was said.

use std::collections::{BTreeMap, HashMap, HashSet};

use anyhow::Context;
use pronounce::{Distance, Phones, Pronouncer, Pronunciation, SoundIndex};
use rphonetic::{DoubleMetaphone, Encoder};
use serde_json::json;

use super::bootstrap::Random;
use super::{Place, busy_remark, load, machine};
use crate::earnings::{self, Spoken};

#[derive(clap::Args)]
pub struct Options {
    /// Leave docs/benchmarks.md as it is
    #[arg(long)]
    dry: bool,
    /// A tenth of the other names, and only our own measures
    #[arg(long)]
    quick: bool,
    /// Only the speed of the index
    #[arg(long)]
    speed: bool,
    /// Measure on the calls that the distance was learnt from
    #[arg(long)]
    seen: bool,
}

/// What a less likely pronunciation costs, beside a nat of mishearing.
const PRONUNCIATION: f32 = 0.5;

/// Pronunciations that are tried on either side.
const WAYS: usize = 4;

/// A written form with its pronunciations.
struct Form {
    text: String,
    ways: Vec<Pronunciation>,
    metaphone: String,
}

/// One way to tell how far two forms are apart, the second as it was heard.
struct Measure {
    name: &'static str,
    apart: fn(&Distance, &Form, &Form) -> f64,
}

const MEASURES: [Measure; 6] = [
    Measure {
        name: "Readout, cost",
        apart: |distance, said, heard| f64::from(nearest(distance, said, heard, |_, _, cost| cost)),
    },
    Measure {
        name: "Readout, cost a phone",
        apart: |distance, said, heard| {
            f64::from(nearest(distance, said, heard, |a, b, cost| 2.0 * cost / (a.len() + b.len()) as f32))
        },
    },
    Measure {
        name: "Readout, evidence",
        apart: |distance, said, heard| {
            f64::from(nearest(distance, said, heard, |a, b, cost| cost - distance.weight(a, b)))
        },
    },
    Measure {
        name: "Levenshtein, letters",
        apart: |_, said, heard| 1.0 - strsim::normalized_levenshtein(&said.text, &heard.text),
    },
    Measure {
        name: "Jaro-Winkler, letters",
        apart: |_, said, heard| 1.0 - strsim::jaro_winkler(&said.text, &heard.text),
    },
    Measure {
        name: "Levenshtein of Double Metaphone",
        apart: |_, said, heard| 1.0 - strsim::normalized_levenshtein(&said.metaphone, &heard.metaphone),
    },
];

/// The least of `value` over the likeliest pronunciations of both.
fn nearest(
    distance: &Distance,
    said: &Form,
    heard: &Form,
    value: impl Fn(&Phones, &Phones, f32) -> f32,
) -> f32 {
    let mut least = f32::INFINITY;
    for way in said.ways.iter().take(WAYS) {
        for other in heard.ways.iter().take(WAYS) {
            let cost = distance.between(&way.phones, &other.phones) + PRONUNCIATION * (way.cost + other.cost);
            least = least.min(value(&way.phones, &other.phones, cost));
        }
    }
    least
}

struct Reader {
    pronouncer: Pronouncer,
    metaphone: DoubleMetaphone,
    known: HashMap<String, Vec<Pronunciation>>,
}

impl Reader {
    fn new() -> Self {
        Self {
            pronouncer: Pronouncer::new(),
            metaphone: DoubleMetaphone::new(Some(16)),
            known: HashMap::new(),
        }
    }

    fn form(&mut self, words: &[&str]) -> Form {
        for word in words {
            if !self.known.contains_key(*word) {
                self.known.insert((*word).to_owned(), self.pronouncer.word(word));
            }
        }
        let parts: Vec<&[Pronunciation]> = words.iter().map(|word| self.known[*word].as_slice()).collect();
        let text = plain(words);
        let ascii: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
        Form {
            ways: pronounce::join(&parts, pronounce::MOST),
            metaphone: self.metaphone.encode(&ascii),
            text,
        }
    }
}

/// Words as they are compared: lower case, no possessive.
fn plain(words: &[&str]) -> String {
    let text = words.iter().map(|word| word.to_lowercase()).collect::<Vec<_>>().join(" ");
    text.trim_end_matches("'s").replace(['.', '\''], "")
}

/// The forms of a name: in full, the first word, the last word.
fn forms(name: &str) -> Vec<Vec<&str>> {
    let words: Vec<&str> = name.split_whitespace().collect();
    let mut forms = vec![words.clone()];
    if words.len() > 1 {
        forms.extend([words.first(), words.last()].into_iter().flatten().map(|word| vec![*word]));
    }
    forms
}

/// The forms of other people's names, each once, without those in `own`.
fn distractors(place: &Place, reader: &mut Reader) -> anyhow::Result<Vec<Form>> {
    let file = place.data.join("distractor-names.txt");
    let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for name in text.lines() {
        for words in forms(name) {
            if seen.insert(plain(&words)) {
                let form = reader.form(&words);
                if !form.ways.is_empty() {
                    found.push(form);
                }
            }
        }
    }
    Ok(found)
}

/// Ranks and distances of one measure.
#[derive(Default, Clone)]
struct Tally {
    ranks: Vec<f64>,
    right: Vec<f64>,
    chance: Vec<f64>,
}

/// Measures, and writes the tables.
///
/// # Errors
/// The data is damaged, or the page cannot be written.
pub fn run(place: &Place, options: &Options) -> anyhow::Result<()> {
    let load_at_start = load();
    let Some(calls) = earnings::calls(&place.data)? else {
        println!("skipped: no {}", place.data.join("earnings21").display());
        return Ok(());
    };
    let calls: Vec<Spoken> = calls.iter().map(Spoken::from).collect();
    let distance = Distance::new();
    let mut reader = Reader::new();
    let others = distractors(place, &mut reader)?;
    let others: Vec<Form> = others.into_iter().step_by(if options.quick { 10 } else { 1 }).collect();
    let measures = &MEASURES[..if options.quick { 3 } else { MEASURES.len() }];
    if options.speed {
        println!("{}", speed(&distance, &others, &calls, &mut reader, 500));
        return Ok(());
    }
    let held_out: Vec<&Spoken> = calls.iter().skip(usize::from(!options.seen)).step_by(2).collect();
    let mut tallies = vec![Tally::default(); measures.len()];
    let mut random = Random(1);
    let (mut unlisted, mut listed) = (0, 0);
    // Many mentions were misheard alike: each is compared once.
    let mut known: HashMap<(String, String), Vec<(f64, f64)>> = HashMap::new();
    for call in held_out {
        let mut people: BTreeMap<String, Form> = BTreeMap::new();
        for name in &call.participants {
            for words in forms(name) {
                people.insert(plain(&words), reader.form(&words));
            }
        }
        for heard in &call.heard {
            for span in earnings::misheard_people(call, heard) {
                let said: Vec<&str> = call.said[span.said].iter().map(String::as_str).collect();
                let words: Vec<&str> = heard[span.heard].iter().map(String::as_str).collect();
                let Some(right) = people.get(&plain(&said)) else {
                    unlisted += 1;
                    continue;
                };
                if words.is_empty() || words.len() > 6 {
                    continue;
                }
                listed += 1;
                let as_heard = reader.form(&words);
                let found = known.entry((right.text.clone(), as_heard.text.clone())).or_insert_with(|| {
                    let rest = people.values().chain(&others).filter(|form| form.text != right.text);
                    let rest: Vec<&Form> = rest.collect();
                    measures
                        .iter()
                        .map(|measure| {
                            let own = (measure.apart)(&distance, right, &as_heard);
                            let apart = rest.iter().map(|form| (measure.apart)(&distance, form, &as_heard));
                            let rank = apart.fold(1.0, |rank, other| {
                                rank + if other < own {
                                    1.0
                                } else if other == own {
                                    0.5
                                } else {
                                    0.0
                                }
                            });
                            (rank, own)
                        })
                        .collect()
                });
                for (tally, (rank, own)) in tallies.iter_mut().zip(found) {
                    tally.ranks.push(*rank);
                    tally.right.push(*own);
                }
            }
            let by_chance = chance(call, heard, &people, &mut reader, &mut random, &distance, measures);
            for spans in by_chance {
                for (tally, apart) in tallies.iter_mut().zip(spans) {
                    tally.chance.push(apart);
                }
            }
        }
    }
    let mut page = format!(
        "{}{} {listed} misheard names of participants ({unlisted} more are of others), {} forms of other names.\n\n\
         | measure | right name first % | among ten % | found at 1 false in 100 % | at 1 in 1,000 % |\n\
         | --- | --- | --- | --- | --- |\n",
        machine(),
        busy_remark(load_at_start),
        others.len()
    );
    let mut figures = Vec::new();
    for (measure, tally) in measures.iter().zip(&mut tallies) {
        let percent = |part: usize, whole: usize| 100.0 * part as f64 / whole.max(1) as f64;
        let within =
            |rank: f64| percent(tally.ranks.iter().filter(|own| **own <= rank).count(), tally.ranks.len());
        let (first, ten) = (within(1.0), within(10.0));
        tally.chance.sort_by(f64::total_cmp);
        let bound = |share: f64| {
            tally.chance.get((tally.chance.len() as f64 * share) as usize).copied().unwrap_or(0.0)
        };
        let at =
            |bound: f64| percent(tally.right.iter().filter(|own| **own < bound).count(), tally.right.len());
        let (low, lower) = (bound(0.01), bound(0.001));
        let (hundred, thousand) = (at(low), at(lower));
        page.push_str(&format!(
            "| {} | {first:.1} | {ten:.1} | {hundred:.1} (below {low:.2}) | {thousand:.1} (below {lower:.2}) |\n",
            measure.name
        ));
        figures.push(json!({ "measure": measure.name, "first": first, "ten": ten, "at_1_in_100": hundred, "at_1_in_1000": thousand }));
    }
    page.push_str(&founding(place, &distance, measures, &mut reader, &others)?);
    page.push_str(&speed(&distance, &others, &calls, &mut reader, if options.quick { 200 } else { 2_000 }));
    place.publish("sounds", options.dry, &page, &json!({ "machine": machine(), "names": figures }))
}

/// How near the names of a call come to words that were heard there and are no names: for some spans, by each measure.
fn chance(
    call: &Spoken,
    heard: &[String],
    people: &BTreeMap<String, Form>,
    reader: &mut Reader,
    random: &mut Random,
    distance: &Distance,
    measures: &[Measure],
) -> Vec<Vec<f64>> {
    let mut spans = Vec::new();
    const TRIES: usize = 100;
    let names: HashSet<String> =
        call.participants.iter().flat_map(|name| name.split(' ')).map(str::to_lowercase).collect();
    for _ in 0..TRIES {
        let length = 1 + random.below(3);
        let start = random.below(heard.len().saturating_sub(length).max(1));
        let words: Vec<&str> = heard.iter().skip(start).take(length).map(String::as_str).collect();
        if words.iter().any(|word| names.contains(&word.to_lowercase())) {
            continue;
        }
        let form = reader.form(&words);
        if form.ways.is_empty() {
            continue;
        }
        let nearest = |measure: &Measure| {
            people.values().map(|name| (measure.apart)(distance, name, &form)).fold(f64::INFINITY, f64::min)
        };
        spans.push(measures.iter().map(nearest).collect());
    }
    spans
}

/// The names of the founding page: where the right one stands among ten thousand others.
fn founding(
    place: &Place,
    distance: &Distance,
    measures: &[Measure],
    reader: &mut Reader,
    others: &[Form],
) -> anyhow::Result<String> {
    let file = place.data.join("founding-page/names.tsv");
    let Ok(text) = std::fs::read_to_string(&file) else { return Ok(String::new()) };
    let mut ranks = Vec::new();
    for line in text.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [heard, right, kind, ..] = columns[..] else { continue };
        if !["person", "place", "organisation", "outlet"].contains(&kind) || heard.eq_ignore_ascii_case(right)
        {
            continue;
        }
        let said: Vec<&str> = right.split([' ', ',']).filter(|word| !word.is_empty()).collect();
        let words: Vec<&str> = heard.split([' ', ',']).filter(|word| !word.is_empty()).collect();
        let (said, as_heard) = (reader.form(&said), reader.form(&words));
        let row = measures.iter().map(|measure| {
            let own = (measure.apart)(distance, &said, &as_heard);
            let before = others.iter().filter(|form| form.text != said.text);
            let before = before.filter(|form| (measure.apart)(distance, form, &as_heard) <= own).count();
            before + 1
        });
        ranks.push((format!("{heard} → {right}"), row.collect::<Vec<_>>()));
    }
    for (pair, row) in &ranks {
        println!("{pair}: {row:?}");
    }
    let mut page = format!(
        "\nThe founding page: {} errors in names of people, places, organisations and outlets; where the right name stands among {} other forms.\n\n\
         | measure | first | among ten | among a hundred |\n| --- | --- | --- | --- |\n",
        ranks.len(),
        others.len()
    );
    for (number, measure) in measures.iter().enumerate() {
        let within = |rank: usize| ranks.iter().filter(|(_, row)| row[number] <= rank).count();
        page.push_str(&format!("| {} | {} | {} | {} |\n", measure.name, within(1), within(10), within(100)));
    }
    Ok(page)
}

/// The time on a processor that this thread had, in seconds: what other programs take does not count.
fn processor_time() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|first| first.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

/// The speed of the index over a hundred thousand forms.
fn speed(
    distance: &Distance,
    others: &[Form],
    calls: &[Spoken],
    reader: &mut Reader,
    tries: usize,
) -> String {
    const FORMS: usize = 100_000;
    // Given names and surnames in new pairs, so that there are enough.
    let single: Vec<&Form> = others.iter().filter(|form| !form.text.contains(' ')).collect();
    let mut random = Random(2);
    let mut owned: Vec<(u32, Phones)> = Vec::new();
    for id in 0..FORMS as u32 {
        match others.get(id as usize) {
            Some(form) => owned.extend(form.ways.iter().take(3).map(|way| (id, way.phones.clone()))),
            None => {
                let pick = |random: &mut Random| single[random.below(single.len())];
                let (first, last) = (pick(&mut random), pick(&mut random));
                let pair = pronounce::join(&[&first.ways, &last.ways], 3);
                owned.extend(pair.into_iter().map(|way| (id, way.phones)));
            }
        }
    }
    let start = processor_time();
    let index = SoundIndex::build(owned.iter().map(|(id, phones)| (*id, phones)));
    let built = processor_time() - start;
    let mut queries = Vec::new();
    while queries.len() < tries {
        let call = &calls[random.below(calls.len())];
        let heard = &call.heard[random.below(call.heard.len())];
        let (start, length) = (random.below(heard.len()), 1 + random.below(4));
        let words: Vec<&str> = heard.iter().skip(start).take(length).map(String::as_str).collect();
        queries.extend(reader.form(&words).ways.first().map(|way| way.phones.clone()));
    }
    let mut page = format!(
        "\nThe index: {FORMS} names, {} pronunciations, built in {built:.2} s, {:.0} MB. {tries} queries of one to four heard words.\n\n\
         | cost a phone up to | and in all | µs of CPU a query, mean | found of ten, mean |\n| --- | --- | --- | --- |\n",
        index.len(),
        index.bytes() as f64 / 1e6
    );
    for (bound, most) in [(0.5, f32::INFINITY), (0.8, f32::INFINITY), (1.0, 10.0), (1.0, f32::INFINITY)] {
        let start = processor_time();
        let search =
            |query: &Phones| index.near(distance, query, (bound * query.len() as f32).min(most), 10).len();
        let found: usize = queries.iter().map(search).sum();
        let tries = tries as f64;
        let each = 1e6 * (processor_time() - start) / tries;
        page.push_str(&format!("| {bound} | {most} | {each:.0} | {:.1} |\n", found as f64 / tries));
    }
    page
}
