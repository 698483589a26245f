//! What a plain search for similar words does with the same names: the measure of what is gained.
//!
//! Windows of one to four words, the mean of two Levenshtein ratios (letters, and a crude key of how they sound), a guard for common words:
//! what people who tried to repair names by edit distance built.

use std::ops::Range;

use names::{Heard, Name, commonness};

use super::plain;

/// From this likeness on a window is replaced.
const LIKE: f32 = 0.75;
/// Windows of words that are all as common as this (Zipf scale) are left.
const COMMON: f32 = 4.0;

/// The replacements that such a search makes: words, and what takes their place.
pub fn replacements(words: &[Heard], names: &[Name]) -> Vec<(Range<usize>, Vec<String>)> {
    let mut forms: Vec<(String, String, Vec<String>)> = Vec::new();
    for name in names {
        let parts: Vec<String> = name.spelling.split_whitespace().map(str::to_owned).collect();
        for form in std::iter::once(parts.clone()).chain(parts.iter().map(|part| vec![part.clone()])) {
            let letters: String = form.iter().flat_map(|word| plain(word)).collect();
            if letters.len() >= 3 && !forms.iter().any(|(other, ..)| *other == letters) {
                forms.push((letters.clone(), key(&letters), form));
            }
        }
    }
    let plains: Vec<String> = words.iter().map(|word| plain(&word.text).concat()).collect();
    let mut found: Vec<(f32, Range<usize>, usize)> = Vec::new();
    for start in 0..words.len() {
        for end in start + 1..=(start + 4).min(words.len()) {
            let letters = plains[start..end].concat();
            if letters.len() < 3 || plains[start..end].iter().all(|word| commonness(word) >= COMMON) {
                continue;
            }
            let sound = key(&letters);
            for (at, (form, form_key, _)) in forms.iter().enumerate() {
                let closest =
                    1.0 - letters.len().abs_diff(form.len()) as f32 / letters.len().max(form.len()) as f32;
                if (closest + 1.0) / 2.0 < LIKE || letters == *form {
                    continue;
                }
                let like = (ratio(&letters, form) + ratio(&sound, form_key)) / 2.0;
                if like >= LIKE {
                    found.push((like, start..end, at));
                }
            }
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.start.cmp(&b.1.start)));
    let mut taken: Vec<bool> =
        (0..words.len()).map(|at| forms.iter().any(|(form, ..)| *form == plains[at])).collect();
    let mut chosen: Vec<(Range<usize>, Vec<String>)> = Vec::new();
    for (_, span, form) in found {
        if !taken[span.clone()].contains(&true) {
            taken[span.clone()].fill(true);
            chosen.push((span, forms[form].2.clone()));
        }
    }
    chosen.sort_by_key(|(span, _)| span.start);
    chosen
}

/// Consonants by where they are made, vowels only at the begin, nothing twice.
fn key(letters: &str) -> String {
    let mut key = String::new();
    for (at, letter) in letters.chars().enumerate() {
        let class = match letter {
            'b' | 'p' => 'p',
            'f' | 'v' | 'w' => 'f',
            'c' | 'k' | 'q' | 'g' | 'x' => 'k',
            'd' | 't' => 't',
            's' | 'z' | 'j' => 's',
            'm' | 'n' => 'n',
            'l' | 'r' => letter,
            _ if at == 0 => 'a',
            _ => continue,
        };
        if !key.ends_with(class) {
            key.push(class);
        }
    }
    key
}

/// One less the Levenshtein distance over the longer length.
fn ratio(a: &str, b: &str) -> f32 {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (number, one) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = number + 1;
        for (at, other) in b.iter().enumerate() {
            let changed = diagonal + usize::from(one != other);
            diagonal = row[at + 1];
            row[at + 1] = changed.min(row[at] + 1).min(diagonal + 1);
        }
    }
    1.0 - row[b.len()] as f32 / a.len().max(b.len()).max(1) as f32
}
