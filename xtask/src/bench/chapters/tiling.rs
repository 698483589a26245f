//! TextTiling (Hearst, "TextTiling: Segmenting Text into Multi-paragraph Subtopic Passages", Computational Linguistics 23,
//! 1997), with the parameters of that paper: pseudo-sentences of 20 words, blocks of 10, stop words left out.

use std::collections::HashMap;

const SENTENCE: usize = 20;
const BLOCK: usize = 10;
/// Passes of smoothing over three gaps.
const SMOOTHING: usize = 2;

/// Boundaries as indices of words. `count`: so many segments, by the deepest valleys; `None`: all valleys deeper than the
/// mean less half a deviation, as the paper has it.
pub fn boundaries(words: &[String], count: Option<usize>) -> Vec<usize> {
    let sentences: Vec<HashMap<&str, f64>> = words
        .chunks(SENTENCE)
        .map(|chunk| {
            let mut counts: HashMap<&str, f64> = HashMap::new();
            for word in chunk.iter().filter(|word| !is_stop(word)) {
                *counts.entry(word.as_str()).or_default() += 1.0;
            }
            counts
        })
        .collect();
    if sentences.len() < 3 {
        return Vec::new();
    }
    let block = |sentences: &[HashMap<&'_ str, f64>]| -> HashMap<String, f64> {
        let mut sum: HashMap<String, f64> = HashMap::new();
        for (word, count) in sentences.iter().flatten() {
            *sum.entry((*word).to_owned()).or_default() += count;
        }
        sum
    };
    let mut scores: Vec<f64> = (1..sentences.len())
        .map(|gap| {
            let size = BLOCK.min(gap).min(sentences.len() - gap);
            let (left, right) = (block(&sentences[gap - size..gap]), block(&sentences[gap..gap + size]));
            cosine(&left, &right)
        })
        .collect();
    for _ in 0..SMOOTHING {
        let old = scores.clone();
        for index in 0..scores.len() {
            let near = &old[index.saturating_sub(1)..(index + 2).min(old.len())];
            scores[index] = near.iter().sum::<f64>() / near.len() as f64;
        }
    }
    let depth = |index: usize| {
        let climb = |mut steps: Box<dyn Iterator<Item = usize>>| {
            let mut peak = scores[index];
            steps.by_ref().map_while(|at| (scores[at] >= peak).then(|| peak = scores[at])).for_each(drop);
            peak - scores[index]
        };
        climb(Box::new((0..index).rev())) + climb(Box::new(index + 1..scores.len()))
    };
    let depths: Vec<f64> = (0..scores.len()).map(depth).collect();
    let mean = depths.iter().sum::<f64>() / depths.len() as f64;
    let deviation =
        (depths.iter().map(|depth| (depth - mean).powi(2)).sum::<f64>() / depths.len() as f64).sqrt();
    let mut order: Vec<usize> = (0..depths.len()).collect();
    order.sort_by(|a, b| depths[*b].total_cmp(&depths[*a]).then(a.cmp(b)));
    let mut chosen: Vec<usize> = Vec::new();
    for gap in order {
        let enough = match count {
            Some(count) => chosen.len() + 1 >= count,
            None => depths[gap] <= mean - deviation / 2.0,
        };
        if enough {
            break;
        }
        // At least three pseudo-sentences lie between two boundaries.
        if chosen.iter().all(|other| other.abs_diff(gap) > 3) {
            chosen.push(gap);
        }
    }
    chosen.sort_unstable();
    chosen.into_iter().map(|gap| (gap + 1) * SENTENCE).collect()
}

fn is_stop(word: &str) -> bool {
    stop_words::lookup("en").unwrap_or_default().binary_search(&word).is_ok()
}

fn cosine(a: &HashMap<String, f64>, b: &HashMap<String, f64>) -> f64 {
    let length = |side: &HashMap<String, f64>| side.values().map(|count| count * count).sum::<f64>().sqrt();
    let both: f64 = a.iter().filter_map(|(word, count)| Some(count * b.get(word)?)).sum();
    let lengths = length(a) * length(b);
    if lengths == 0.0 { 0.0 } else { both / lengths }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_vocabulary_is_a_valley() {
        let words = |stem: &str| (0..600).map(|n| format!("{stem}{}", n % 37)).collect::<Vec<_>>();
        let text = [words("sea"), words("bread"), words("music")].concat();
        assert_eq!(boundaries(&text, Some(3)), [600, 1200]);
        assert!(is_stop("the") && !is_stop("bread"));
    }
}
