//! Deciding: repaired, offered, or left.

use std::ops::Range;

use crate::evidence::Evidence;
use crate::features::F;
use crate::heard::Heard;
use crate::index::Known;
use crate::known::Rank;
use crate::model::{Model, Settings};
use crate::reading::{Candidate, Reading};
use crate::rules::{Rule, Rules};
use crate::sound::Speech;

/// What else is known while an episode is repaired.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// What people said about words in this show: always, never.
    pub rules: Vec<Rule>,
    /// Language of the episode (BCP 47), where it is known. Sounds and cues are those of English: in another language nothing is
    /// repaired but by rules; the rest is offered at most.
    pub language: Option<String>,
}

/// One repair, or offer of one.
#[derive(Clone, Debug)]
pub struct Repair {
    /// The words that change.
    pub words: Range<usize>,
    /// The words that take their place, with the punctuation and the endings of the heard ones.
    pub text: Vec<String>,
    /// Probability that it is right, 0 to 1.
    pub score: f32,
    /// Why.
    pub evidence: Evidence,
}

/// What to do with a transcript.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Certain enough to be done; sorted, apart from each other.
    pub repairs: Vec<Repair>,
    /// To be shown as a suggestion; sorted, apart from each other and from the repairs.
    pub offers: Vec<Repair>,
}

/// Finds what to repair and what to offer. The same arguments give the same outcome.
pub fn repair(words: &[Heard], known: &Known, context: &Context, speech: &Speech, model: &Model) -> Outcome {
    let rules = Rules::new(&context.rules);
    let (words, ruled) = rules.apply(words);
    let reading = Reading::new(&words, known, speech);
    let (candidates, scores) = opinions(&reading, speech, model);
    let mut settings = model.settings;
    if context.language.as_deref().is_some_and(|language| !language.starts_with("en")) {
        settings.repair_at = f32::INFINITY;
    }
    let allowed = candidates
        .into_iter()
        .zip(scores)
        .filter(|(candidate, _)| !rules.forbid(&words[candidate.words.clone()], &candidate.text));
    let (candidates, scores): (Vec<_>, Vec<_>) = allowed.unzip();
    let mut outcome = decide(&reading, candidates, &scores, &settings);
    outcome.repairs.extend(ruled);
    outcome.repairs.sort_by_key(|repair| repair.words.start);
    outcome
}

/// All candidates with the probability of each.
pub fn opinions(reading: &Reading, speech: &Speech, model: &Model) -> (Vec<Candidate>, Vec<f32>) {
    let candidates = reading.candidates(&model.cues, speech);
    let scores = candidates.iter().map(|candidate| model.opinion.probability(&candidate.features)).collect();
    (candidates, scores)
}

/// Nats a phone by which two forms must differ to be told apart by ear.
const TOLD_APART: f32 = 0.3;

/// Takes the best, leaves what overlaps it, and so on.
pub fn decide(reading: &Reading, candidates: Vec<Candidate>, scores: &[f32], settings: &Settings) -> Outcome {
    let least = settings.offer_at.min(settings.repair_at);
    let mut order: Vec<usize> = (0..candidates.len()).filter(|&at| scores[at] >= least).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
    // Of a name and a part of it, both certain, the whole is repaired.
    let certain: Vec<usize> = order.iter().copied().filter(|&at| scores[at] >= settings.repair_at).collect();
    let name = |at: usize| &reading.name(candidates[at].entry).spelling;
    order.retain(|&at| {
        let own = &candidates[at].words;
        !certain.iter().any(|&other| {
            let words = &candidates[other].words;
            words.len() > own.len()
                && words.start <= own.start
                && words.end >= own.end
                && name(other) == name(at)
        })
    });
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
            evidence: Evidence::of(reading, candidate),
        };
        if scores[at] >= settings.repair_at && !may_be_another(reading, candidate) {
            outcome.repairs.push(repair);
        } else {
            outcome.offers.push(repair);
        }
    }
    outcome.repairs.sort_by_key(|repair| repair.words.start);
    outcome.offers.sort_by_key(|repair| repair.words.start);
    outcome
}

/// Whether another person may well have been named, whatever the probability: names that cannot be told apart by ear are never swapped by
/// ear, and what is a well-known word or a usual name of a person is not made one that only a glossary holds unless it sounds the same.
fn may_be_another(reading: &Reading, candidate: &Candidate) -> bool {
    let value = |feature: F| candidate.features[feature as usize];
    let alone = value(F::Exact) == 0.0 && candidate.text.len() == 1;
    let twins = alone && value(F::Twin) < TOLD_APART;
    let from_afar = reading.name(candidate.entry).source.rank > Rank::Neighbour;
    let usual = value(F::PersonLike) > 0.0 || reading.has_well_known(candidate.words.clone());
    twins || (from_afar && usual && value(F::SoundChanged) > TOLD_APART)
}

/// The new words with the punctuation and the possessive ending of the heard ones.
fn dressed(reading: &Reading, candidate: &Candidate) -> Vec<String> {
    let mut text = candidate.text.clone();
    let heard = &reading.tokens[candidate.words.clone()];
    if let (Some(first), Some(begin)) = (heard.first(), text.first_mut())
        && !first.unknown
    {
        begin.insert_str(0, &first.lead);
    }
    if let (Some(last), Some(end)) = (heard.last(), text.last_mut()) {
        if !candidate.swallows_ending {
            end.push_str(&last.possessive);
        }
        end.push_str(&last.tail);
    }
    text
}
