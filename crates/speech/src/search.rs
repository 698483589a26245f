//! The search for the likeliest text of a window, one token at a time.
//!
//! A [`Search`] owns hypotheses and is told the scores of their next tokens; it never runs the network itself. So a
//! worker can drive the searches of several windows in step, and one pass over the decoder's weights serves them all.

use crate::tokens::{Token, Vocabulary};
use crate::whisper::{Config, Context};
use kernels::{Processor, log_sum_exp, top};

/// How tokens are chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Method {
    /// The likeliest token each time.
    Greedy,
    /// Beam search over this many hypotheses, ranked by mean log-probability.
    Beam(usize),
    /// This many texts drawn at a temperature, the likeliest being kept.
    Sample { temperature: f32, texts: usize, seed: u64 },
}

/// A text being built.
#[derive(Clone, Debug)]
pub(crate) struct Hypothesis {
    pub tokens: Vec<Token>,
    /// Natural log-probability of each token and, once finished, of the end.
    pub log_probabilities: Vec<f32>,
    /// Slots of everything fed so far, the prompt included.
    pub path: Vec<u32>,
    /// Set when the text ran into a loop: number of tokens before its first repetition.
    pub loop_at: Option<usize>,
    sum: f32,
}

impl Hypothesis {
    /// Mean log-probability of the tokens and the end.
    pub fn mean(&self) -> f32 {
        self.sum / self.log_probabilities.len().max(1) as f32
    }
}

/// Tokens that no text may hold.
pub(crate) struct Rules {
    always: Vec<Token>,
    at_begin: Vec<Token>,
    first_special: Token,
    end_of_text: Token,
}

impl Rules {
    pub fn new(config: &Config, vocabulary: &Vocabulary) -> Self {
        Self {
            always: config.suppress.clone(),
            at_begin: config.suppress_begin.clone(),
            first_special: vocabulary.end_of_text + 1,
            end_of_text: vocabulary.end_of_text,
        }
    }

    fn apply(&self, scores: &mut [f32], at_begin: bool) {
        let begin = if at_begin { self.at_begin.as_slice() } else { &[] };
        for token in self.always.iter().chain(begin) {
            if let Some(score) = scores.get_mut(*token as usize) {
                *score = f32::NEG_INFINITY;
            }
        }
        if let Some(specials) = scores.get_mut(self.first_special as usize..) {
            specials.fill(f32::NEG_INFINITY);
        }
    }
}

/// The search over one window.
pub(crate) struct Search {
    method: Method,
    limit: usize,
    live: Vec<Hypothesis>,
    finished: Vec<Hypothesis>,
    random: u64,
    candidates: Vec<(f32, u32)>,
}

impl Search {
    /// Begins after a prompt whose tokens have the slots `prompt`; texts end after `limit` tokens at the latest.
    pub fn new(method: Method, prompt: Vec<u32>, limit: usize) -> Self {
        let begin = Hypothesis {
            tokens: Vec::new(),
            log_probabilities: Vec::new(),
            path: prompt,
            loop_at: None,
            sum: 0.0,
        };
        let (live, seed) = match method {
            Method::Greedy | Method::Beam(_) => (vec![begin], 0),
            Method::Sample { texts, seed, .. } => (vec![begin; texts.max(1)], seed),
        };
        Self { method, limit, live, finished: Vec::new(), random: seed, candidates: Vec::new() }
    }

    /// Hypotheses whose next token is wanted; their scores go to [`Search::advance`] in this order.
    pub fn live(&self) -> &[Hypothesis] {
        &self.live
    }

    /// Takes the scores of the next token of each live hypothesis (`vocabulary` values each) and extends the texts; every
    /// new token gets a slot of `context`. At the begin one row of scores serves all hypotheses.
    pub fn advance(
        &mut self,
        cpu: Processor,
        rules: &Rules,
        scores: &mut [f32],
        vocabulary: usize,
        context: &mut Context,
    ) {
        for row in scores.chunks_exact_mut(vocabulary) {
            let at_begin = self.live.first().is_none_or(|hypothesis| hypothesis.tokens.is_empty());
            rules.apply(row, at_begin);
        }
        let live = std::mem::take(&mut self.live);
        match self.method {
            Method::Greedy | Method::Beam(_) => self.extend_beams(cpu, rules, live, scores, vocabulary),
            Method::Sample { temperature, .. } => {
                self.extend_samples(cpu, rules, live, scores, vocabulary, temperature)
            }
        }
        let mut rest = Vec::new();
        for mut hypothesis in std::mem::take(&mut self.live) {
            hypothesis.loop_at = loop_begin(&hypothesis.tokens);
            if hypothesis.loop_at.is_some() || hypothesis.tokens.len() >= self.limit {
                // A text that is cut off has no end to be fed, and its last token no slot.
                hypothesis.path.push(context.slot());
                self.finished.push(hypothesis);
            } else {
                hypothesis.path.push(context.slot());
                rest.push(hypothesis);
            }
        }
        let wanted = match self.method {
            Method::Greedy => 1,
            Method::Beam(width) => width,
            Method::Sample { texts, .. } => texts,
        };
        if self.finished.len() < wanted {
            self.live = rest;
        }
    }

    fn extend_beams(
        &mut self,
        cpu: Processor,
        rules: &Rules,
        live: Vec<Hypothesis>,
        scores: &[f32],
        vocabulary: usize,
    ) {
        let width = if let Method::Beam(width) = self.method { width } else { 1 };
        // (sum, log-probability, hypothesis, token)
        let mut choices: Vec<(f32, f32, usize, Token)> = Vec::new();
        for (index, (hypothesis, row)) in live.iter().zip(scores.chunks_exact(vocabulary)).enumerate() {
            let shift = log_sum_exp(cpu, row);
            let count = if width == 1 { 1 } else { width + 1 };
            top(cpu, row, count, &mut self.candidates);
            choices.extend(self.candidates.iter().map(|(score, token)| {
                let log_probability = score - shift;
                (hypothesis.sum + log_probability, log_probability, index, *token)
            }));
        }
        choices.sort_by(|one, other| other.0.total_cmp(&one.0));
        for (sum, log_probability, index, token) in choices {
            if self.live.len() == width {
                break;
            }
            let mut hypothesis = live[index].clone();
            hypothesis.sum = sum;
            hypothesis.log_probabilities.push(log_probability);
            if token == rules.end_of_text {
                self.finished.push(hypothesis);
                if width == 1 {
                    break;
                }
            } else {
                hypothesis.tokens.push(token);
                self.live.push(hypothesis);
            }
        }
    }

    fn extend_samples(
        &mut self,
        cpu: Processor,
        rules: &Rules,
        live: Vec<Hypothesis>,
        scores: &mut [f32],
        vocabulary: usize,
        temperature: f32,
    ) {
        let rows = scores.len() / vocabulary;
        let mut weights = Vec::new();
        for (index, mut hypothesis) in live.into_iter().enumerate() {
            let row = &scores[index.min(rows - 1) * vocabulary..][..vocabulary];
            let shift = log_sum_exp(cpu, row);
            weights.clear();
            weights.extend(row.iter().map(|score| score / temperature));
            kernels::softmax_in_place(cpu, &mut weights);
            let mut point = self.draw();
            let drawn = weights.iter().position(|weight| {
                point -= weight;
                point <= 0.0 && *weight > 0.0
            });
            let token = drawn.map_or(rules.end_of_text, |token| token as Token);
            let log_probability = row[token as usize] - shift;
            hypothesis.sum += log_probability;
            hypothesis.log_probabilities.push(log_probability);
            if token == rules.end_of_text {
                self.finished.push(hypothesis);
            } else {
                hypothesis.tokens.push(token);
                self.live.push(hypothesis);
            }
        }
    }

    /// The next of a fixed sequence of numbers in 0..1 (splitmix64), so that hearing again hears the same.
    fn draw(&mut self) -> f32 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.random;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) >> 40) as f32 / (1_u64 << 24) as f32
    }

    /// True once nothing is left to extend.
    pub fn done(&self) -> bool {
        self.live.is_empty()
    }

    /// The likeliest finished text, loops last.
    pub fn best(self) -> Option<Hypothesis> {
        self.finished.into_iter().max_by(|one, other| {
            (one.loop_at.is_none(), one.mean())
                .partial_cmp(&(other.loop_at.is_none(), other.mean()))
                .unwrap_or(std::cmp::Ordering::Equal)
        })
    }
}

/// Number of tokens before the first repetition, when the text ends in a phrase said over and over.
///
/// A phrase of one token must come eight times, of two six times, a longer one four times: people do say "no, no, no, no".
pub(crate) fn loop_begin(tokens: &[Token]) -> Option<usize> {
    const LONGEST_PHRASE: usize = 24;
    for phrase in 1..=LONGEST_PHRASE.min(tokens.len() / 4) {
        let needed = match phrase {
            1 => 8,
            2 => 6,
            _ => 4,
        };
        let mut begin = tokens.len() - phrase;
        while begin > 0 && tokens[begin - 1] == tokens[begin - 1 + phrase] {
            begin -= 1;
        }
        if (tokens.len() - begin) / phrase >= needed {
            return Some(begin + phrase);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::loop_begin;

    #[test]
    fn loops_are_found_where_they_begin_to_repeat() {
        let cases: [(&[u32], Option<usize>); 7] = [
            (&[1, 2, 3, 4, 5], None),
            (&[9, 7, 7, 7, 7, 7, 7, 7], None),
            (&[9, 7, 7, 7, 7, 7, 7, 7, 7], Some(2)),
            (&[9, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2], None),
            (&[9, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2], Some(3)),
            (&[9, 8, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3], Some(5)),
            // A chorus that is sung three times is no loop.
            (&[1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4], None),
        ];
        for (tokens, expected) in cases {
            assert_eq!(loop_begin(tokens), expected, "{tokens:?}");
        }
    }
}
