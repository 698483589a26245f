//! Deciding: repaired, offered, or left.

use std::ops::Range;

use crate::around::Cues;
use crate::heard::Heard;
use crate::index::Known;
use crate::reading::{Candidate, Reading};
use crate::sound::Speech;
use crate::trees::Trees;

/// What was learnt.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// Words around names.
    pub cues: Cues,
    /// The opinion on a candidate by itself.
    pub first: Trees,
    /// The opinion after all others in the episode are known.
    pub second: Trees,
}

/// From which probability on a candidate is repaired, or offered.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Repaired from here on.
    pub repair_at: f32,
    /// Offered from here on.
    pub offer_at: f32,
}

/// One repair, or offer of one.
#[derive(Clone, Debug)]
pub struct Repair {
    /// The words that change.
    pub words: Range<usize>,
    /// The words that take their place, with the punctuation of the heard ones.
    pub text: Vec<String>,
    /// Probability that it is right.
    pub score: f32,
    /// What was found.
    pub candidate: Candidate,
}

/// What to do with a transcript.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Certain enough to be done; sorted, apart from each other.
    pub repairs: Vec<Repair>,
    /// To be shown as a suggestion; sorted, apart from each other and from the repairs.
    pub offers: Vec<Repair>,
}

/// Finds what to repair and what to offer.
pub fn repair(words: &[Heard], known: &Known, speech: &Speech, model: &Model, settings: &Settings) -> Outcome {
    let reading = Reading::new(words, known, speech);
    let mut candidates = reading.candidates(&model.cues, speech);
    let first: Vec<f32> = candidates.iter().map(|candidate| model.first.probability(&candidate.features)).collect();
    reading.reconsider(&mut candidates, &first);
    let scores: Vec<f32> = candidates.iter().map(|candidate| model.second.probability(&candidate.features)).collect();
    decide(&reading, candidates, &scores, settings)
}

/// Takes the best, leaves what overlaps it, and so on.
pub fn decide(reading: &Reading, candidates: Vec<Candidate>, scores: &[f32], settings: &Settings) -> Outcome {
    let mut order: Vec<usize> = (0..candidates.len()).filter(|&at| scores[at] >= settings.offer_at.min(settings.repair_at)).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
    let mut taken = vec![false; reading.tokens.len()];
    let mut outcome = Outcome::default();
    for at in order {
        let candidate = &candidates[at];
        if taken[candidate.words.clone()].contains(&true) {
            continue;
        }
        taken[candidate.words.clone()].fill(true);
        let repair = Repair {
            words: candidate.words.clone(),
            text: dressed(reading, candidate),
            score: scores[at],
            candidate: candidate.clone(),
        };
        if scores[at] >= settings.repair_at { outcome.repairs.push(repair) } else { outcome.offers.push(repair) }
    }
    outcome.repairs.sort_by_key(|repair| repair.words.start);
    outcome.offers.sort_by_key(|repair| repair.words.start);
    outcome
}

/// The new words with the punctuation and the possessive ending of the heard ones.
fn dressed(reading: &Reading, candidate: &Candidate) -> Vec<String> {
    let mut text = candidate.text.clone();
    let heard = &reading.tokens[candidate.words.clone()];
    if let (Some(first), Some(begin)) = (heard.first(), text.first_mut()) {
        if !first.unknown {
            begin.insert_str(0, &first.lead);
        }
    }
    if let (Some(last), Some(end)) = (heard.last(), text.last_mut()) {
        if !candidate.swallows_ending {
            end.push_str(&last.possessive);
        }
        end.push_str(&last.tail);
    }
    text
}
