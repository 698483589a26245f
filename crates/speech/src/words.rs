//! From tokens to words with times, by dynamic time warping over the attention of the alignment heads, as openai/whisper
//! does in its `timing.py`.

use crate::engine::LocalWord;
use crate::search::Hypothesis;
use crate::tokens::{Token, Vocabulary};
use crate::whisper::Context;
use kernels::{Processor, add_in_place, median_of_seven};

/// Seconds of one position of the encoder's output.
pub(crate) const POSITION: f64 = 0.02;

/// Languages written without spaces, where each character is a word of its own.
const UNSPACED: [&str; 8] = ["zh", "ja", "th", "lo", "my", "yue", "km", "bo"];

/// The words of a hypothesis. `prompt` is the number of slots before the first token.
pub(crate) fn words(
    cpu: Processor,
    vocabulary: &Vocabulary,
    alignment_heads: usize,
    context: &Context,
    prompt: usize,
    hypothesis: &Hypothesis,
    language: &str,
) -> Vec<LocalWord> {
    let times = token_times(cpu, alignment_heads, context, prompt, hypothesis);
    let units = units(vocabulary, &hypothesis.tokens);
    let spaced = !UNSPACED.contains(&language);
    let mut words: Vec<LocalWord> = Vec::new();
    let mut log_sum = 0.0;
    let mut tokens = 0;
    // An opening mark that stands alone waits here for its word.
    let mut opening = String::new();
    for unit in &units {
        let text = unit.text.trim();
        let apart = unit.text.starts_with(char::is_whitespace);
        let begins = words.is_empty() || !opening.is_empty() || if spaced { apart } else { has_letter(text) };
        if text.is_empty() {
            continue;
        }
        let start = times[unit.first].0 as f64 * POSITION;
        let end = times[unit.last].1 as f64 * POSITION;
        let log_probability: f32 = hypothesis.log_probabilities[unit.first..=unit.last].iter().sum();
        if begins && text.chars().all(|character| "\"'“‘¿¡([{-–—«„".contains(character)) {
            opening.push_str(text);
            continue;
        }
        match words.last_mut() {
            Some(word) if !begins || (!has_letter(text) && opening.is_empty()) => {
                word.text.push_str(text);
                if has_letter(text) {
                    word.end = word.end.max(end);
                    log_sum += log_probability;
                    tokens += unit.last + 1 - unit.first;
                    word.confidence = (log_sum / tokens as f32).exp();
                }
            }
            _ => {
                log_sum = log_probability;
                tokens = unit.last + 1 - unit.first;
                words.push(LocalWord {
                    text: std::mem::take(&mut opening) + text,
                    start,
                    end,
                    confidence: (log_sum / tokens as f32).exp(),
                    joined: !spaced && !apart && !words.is_empty(),
                });
            }
        }
    }
    words.retain(|word| has_letter(&word.text));
    for word in &mut words {
        // A word that is given more time than it can take swallowed speech that the decoder passed over; the words after
        // it follow closely, so it is the begin that is wrong.
        let longest = 0.6 + 0.12 * word.text.chars().count() as f64;
        word.start = word.start.max(word.end - longest);
    }
    words
}

fn has_letter(text: &str) -> bool {
    text.chars().any(|character| character.is_alphanumeric() || "%€$£°&+".contains(character))
}

/// Tokens that form whole characters together.
struct Unit {
    first: usize,
    last: usize,
    text: String,
}

fn units(vocabulary: &Vocabulary, tokens: &[Token]) -> Vec<Unit> {
    let mut units = Vec::new();
    let mut bytes: Vec<u8> = Vec::new();
    let mut first = 0;
    for (index, token) in tokens.iter().enumerate() {
        if bytes.is_empty() {
            first = index;
        }
        bytes.extend_from_slice(vocabulary.piece(*token));
        if let Ok(text) = std::str::from_utf8(&bytes) {
            units.push(Unit { first, last: index, text: text.to_owned() });
            bytes.clear();
        }
    }
    if !bytes.is_empty() {
        let text = String::from_utf8_lossy(&bytes).replace(char::REPLACEMENT_CHARACTER, "");
        units.push(Unit { first, last: tokens.len() - 1, text });
    }
    units
}

/// Positions of a token that is given more time than this are doubted.
const LONG_TOKEN: usize = 45;
/// Positions kept before and after the peak of the attention of such a token.
const AROUND_PEAK: usize = 15;

/// Begin and end of each token, in positions.
///
/// Warping gives all time to some token. Where the decoder passed over speech, that time goes to a neighbour; so of a
/// token that would last too long only the surroundings of its peak are kept, and what was passed over stays uncovered.
fn token_times(
    cpu: Processor,
    heads: usize,
    context: &Context,
    prompt: usize,
    hypothesis: &Hypothesis,
) -> Vec<(usize, usize)> {
    let frames = context.frames();
    // The row that predicts a token attends to where it is said: the last of the prompt predicts the first token, the
    // last token predicts the end.
    let rows = hypothesis.tokens.len() + 1;
    let slots = &hypothesis.path[prompt - 1..prompt - 1 + rows];
    let mut weights = vec![0.0_f32; rows * frames];
    let mut head_weights = vec![0.0_f32; rows * frames];
    let mut smooth = vec![0.0_f32; frames];
    for head in 0..heads {
        for (slot, out) in slots.iter().zip(head_weights.chunks_exact_mut(frames)) {
            let attention = context.alignment(*slot, head, heads);
            out.fill(0.0);
            for (out, half) in out.iter_mut().zip(attention) {
                *out = f32::from_bits(u32::from(*half) << 16);
            }
            let sum: f32 = out.iter().sum();
            let scale = if sum > 0.0 { 1.0 / sum } else { 0.0 };
            out.iter_mut().for_each(|value| *value *= scale);
        }
        standardize(&mut head_weights, frames);
        for (row, out) in head_weights.chunks_exact(frames).zip(weights.chunks_exact_mut(frames)) {
            median_of_seven(cpu, row, &mut smooth);
            add_in_place(cpu, out, &smooth);
        }
    }
    let starts = warp(&weights, rows, frames);
    starts
        .windows(2)
        .enumerate()
        .map(|(row, edges)| {
            let (start, end) = (edges[0], edges[1]);
            if end - start <= LONG_TOKEN {
                return (start, end);
            }
            let line = &weights[row * frames..][..frames];
            let peak = (start..end).max_by(|one, other| line[*one].total_cmp(&line[*other])).unwrap_or(start);
            (start.max(peak.saturating_sub(AROUND_PEAK)), end.min(peak + AROUND_PEAK))
        })
        .collect()
}

/// Shifts and scales each column to mean 0 and deviation 1.
fn standardize(weights: &mut [f32], frames: usize) {
    let rows = (weights.len() / frames) as f32;
    let mut mean = vec![0.0_f32; frames];
    let mut square = vec![0.0_f32; frames];
    for row in weights.chunks_exact(frames) {
        for ((mean, square), value) in mean.iter_mut().zip(&mut square).zip(row) {
            *mean += value;
            *square += value * value;
        }
    }
    for (mean, square) in mean.iter_mut().zip(&mut square) {
        *mean /= rows;
        let variance = (*square / rows - *mean * *mean).max(0.0);
        *square = 1.0 / (variance.sqrt() + 1e-9);
    }
    for row in weights.chunks_exact_mut(frames) {
        for ((value, mean), scale) in row.iter_mut().zip(&mean).zip(&square) {
            *value = (*value - mean) * scale;
        }
    }
}

/// First position of each row on the path of greatest weight from the first row and position to the last (dynamic time
/// warping, Sakoe and Chiba 1978).
fn warp(weights: &[f32], rows: usize, frames: usize) -> Vec<usize> {
    const DIAGONAL: u8 = 0;
    const NEXT_ROW: u8 = 1;
    const NEXT_FRAME: u8 = 2;
    let mut steps = vec![NEXT_FRAME; rows * frames];
    let mut above = vec![f32::INFINITY; frames + 1];
    let mut here = vec![f32::INFINITY; frames + 1];
    above[0] = 0.0;
    for row in 0..rows {
        here[0] = f32::INFINITY;
        let line = &weights[row * frames..][..frames];
        let steps = &mut steps[row * frames..][..frames];
        let mut left = f32::INFINITY;
        for frame in 0..frames {
            let (diagonal, up) = (above[frame], above[frame + 1]);
            let (best, step) = if diagonal <= up && diagonal <= left {
                (diagonal, DIAGONAL)
            } else if up <= left {
                (up, NEXT_ROW)
            } else {
                (left, NEXT_FRAME)
            };
            left = best - line[frame];
            here[frame + 1] = left;
            steps[frame] = step;
        }
        std::mem::swap(&mut above, &mut here);
    }
    let mut starts = vec![0; rows];
    let (mut row, mut frame) = (rows - 1, frames - 1);
    loop {
        starts[row] = frame;
        match steps[row * frames + frame] {
            DIAGONAL if row > 0 && frame > 0 => {
                row -= 1;
                frame -= 1;
            }
            NEXT_ROW if row > 0 => row -= 1,
            NEXT_FRAME if frame > 0 => frame -= 1,
            _ if row > 0 => row -= 1,
            _ if frame > 0 => frame -= 1,
            _ => return starts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warping_follows_the_weight() {
        // Three rows whose weight stands at frames 0-1, 2-6 and 7-9.
        let (rows, frames) = (3, 10);
        let mut weights = vec![0.0; rows * frames];
        for (row, range) in [0..2, 2..7, 7..10].into_iter().enumerate() {
            weights[row * frames..][range].fill(1.0);
        }
        assert_eq!(warp(&weights, rows, frames), [0, 2, 7]);
    }

    #[test]
    fn warping_stays_in_bounds_with_more_rows_than_frames() {
        let starts = warp(&[0.5; 8 * 3], 8, 3);
        assert_eq!(starts.len(), 8);
        assert!(starts.is_sorted() && starts.iter().all(|start| *start < 3));
    }
}
