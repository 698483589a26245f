//! Titles: the words that set a chapter apart from the rest of its episode, as they are written there.
//!
//! Which words those are is told by the log-odds ratio with an informative prior (Monroe, Colaresi and Quinn, "Fightin'
//! Words", Political Analysis 16, 2008), which neither rare nor common words can win by accident.

use super::terms::{Terms, Tongue};
use model::{Transcript, Word};
use std::collections::HashMap;

/// Most words of one phrase of a title.
const PHRASE: usize = 4;
/// Most phrases of a title.
const PHRASES: usize = 3;
/// Longest title, in characters.
const LONGEST: usize = 60;
/// Weight of the prior, in words.
const PRIOR: f64 = 50.0;
/// Least score of a further phrase, as a share of the best one's.
const STRONG: f64 = 0.5;
/// Least score of a phrase: one that is this far from chance (a z-score).
const LEAST: f64 = 1.6;

/// A title for each chapter, whose first words are given.
pub(super) fn titles(
    transcript: &Transcript,
    terms: &Terms,
    tongue: &Tongue,
    firsts: &[usize],
) -> Vec<String> {
    let ends = firsts.iter().skip(1).copied().chain([transcript.words.len()]);
    let chapter = |(first, end): (&usize, usize)| (*first, end);
    let spans: Vec<(usize, usize)> = firsts.iter().zip(ends).map(chapter).collect();
    let all: f64 = terms.counts.iter().map(|count| f64::from(*count)).sum::<f64>().max(1.0);
    spans.iter().map(|span| title(transcript, terms, tongue, *span, all)).collect()
}

/// A phrase as it is written, and what it is worth.
struct Candidate {
    terms: Vec<u32>,
    text: String,
    score: f64,
}

fn title(
    transcript: &Transcript,
    terms: &Terms,
    tongue: &Tongue,
    (first, end): (usize, usize),
    all: f64,
) -> String {
    let words = &transcript.words[first..end];
    let of_word = &terms.of_word[first..end];
    let mut inside: HashMap<u32, f64> = HashMap::new();
    for term in of_word.iter().flatten() {
        *inside.entry(*term).or_default() += 1.0;
    }
    let total: f64 = inside.values().sum::<f64>().max(1.0);
    let score = |term: u32| {
        let own = inside.get(&term).copied().unwrap_or_default();
        let whole = f64::from(terms.counts[term as usize]);
        let (rest, prior) = (whole - own, PRIOR * whole / all);
        let odds = |count: f64, of: f64| ((count + prior) / (of + PRIOR - count - prior).max(0.5)).ln();
        let difference = odds(own, total) - odds(rest, all - total);
        difference / (1.0 / (own + prior) + 1.0 / (rest + prior)).sqrt()
    };
    let scores: HashMap<u32, f64> = inside.keys().map(|term| (*term, score(*term))).collect();
    let mut candidates = candidates(words, of_word, tongue, &scores);
    let best = candidates.iter().map(|own| own.score).fold(0.0, f64::max);
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.text.cmp(&b.text)));
    let mut title = String::new();
    let mut used: Vec<u32> = Vec::new();
    let mut taken = 0;
    for candidate in candidates {
        let again = candidate.terms.iter().any(|term| used.contains(term));
        let room = title.is_empty() || title.chars().count() + candidate.text.chars().count() + 2 <= LONGEST;
        let strong = candidate.score >= LEAST.max(STRONG * best);
        if again || !room || !strong && !title.is_empty() {
            continue;
        }
        if !title.is_empty() {
            title.push_str(", ");
        }
        title.push_str(&candidate.text);
        used.extend(candidate.terms);
        taken += 1;
        if taken == PHRASES {
            break;
        }
    }
    capitalised(&title.chars().take(LONGEST).collect::<String>())
}

/// Runs of content words inside a sentence, by their terms, each as it is most often written.
fn candidates(
    words: &[Word],
    of_word: &[Option<u32>],
    tongue: &Tongue,
    scores: &HashMap<u32, f64>,
) -> Vec<Candidate> {
    let mut found: HashMap<Vec<u32>, HashMap<String, usize>> = HashMap::new();
    // How often each term stands where a thing is named: after "the", "of", or with a capital inside a sentence.
    let mut named: HashMap<u32, (f64, f64)> = HashMap::new();
    for (index, term) in of_word.iter().enumerate() {
        let (Some(term), Some(before)) = (term, index.checked_sub(1).and_then(|before| words.get(before)))
        else {
            continue;
        };
        let inside = !before.text.ends_with(['.', '?', '!', '…', ':', '"', '”']);
        let capital = inside && words[index].text.starts_with(char::is_uppercase);
        let (named, all) = named.entry(*term).or_default();
        let part = inside && of_word[index - 1].is_some();
        *named += match () {
            () if capital || tongue.announces_a_thing(&before.text) => 1.0,
            // "design" in "application design".
            () if part => 0.5,
            () => 0.0,
        };
        *all += 1.0;
    }
    for begin in 0..words.len() {
        let mut run = Vec::new();
        let mut text = String::new();
        for (word, term) in words[begin..].iter().zip(&of_word[begin..]).take(PHRASE) {
            let Some(term) = term.filter(|_| !tongue.is_pale(&word.text)) else { break };
            let clean = word.text.trim_matches(|c: char| !c.is_alphanumeric());
            run.push(term);
            if !text.is_empty() && !word.joined {
                text.push(' ');
            }
            text.push_str(clean.strip_suffix("'s").or_else(|| clean.strip_suffix("’s")).unwrap_or(clean));
            let forms = found.entry(run.clone()).or_default();
            *forms.entry(text.clone()).or_default() += 1;
            // A comma or full stop ends what belongs together.
            if !word.text.ends_with(char::is_alphanumeric) {
                break;
            }
        }
    }
    // A word that is met twice may be one where a thing is named, or not.
    let thing = |term: &u32| {
        let (named, all) = named.get(term).copied().unwrap_or_default();
        (named + 0.5) / (all + 1.5)
    };
    let mut candidates = Vec::new();
    for (terms, forms) in found {
        let count: usize = forms.values().sum();
        let score = |term: &u32| scores.get(term).copied().unwrap_or_default();
        let sum: f64 = terms.iter().map(score).sum();
        let least = terms.iter().map(score).fold(f64::INFINITY, f64::min);
        if count < 2 || terms.len() > 1 && least < LEAST {
            continue;
        }
        // The most frequent way of writing; capitals that only the start of a sentence gave lose.
        let Some((text, _)) =
            forms.iter().max_by_key(|(text, count)| (**count, std::cmp::Reverse((*text).clone())))
        else {
            continue;
        };
        // A phrase is worth its words, if they mostly come together.
        let mean = sum / (terms.len() as f64).sqrt();
        let together = (count as f64).ln_1p();
        let name = text.split(' ').all(|word| word.starts_with(char::is_uppercase));
        let thing = if tongue.knows_things() { terms.iter().map(thing).fold(0.0, f64::max) } else { 0.5 };
        let score = mean * if name { 1.25 } else { 1.0 } * (0.7 + 0.15 * together) * (0.3 + thing);
        candidates.push(Candidate { terms, text: text.clone(), score });
    }
    candidates
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}
