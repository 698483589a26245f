//! How words sound here: the ways to say them that are likely enough, and how well one explains another.

use pronounce::{Distance, Phones, Pronouncer, Pronunciation, join};

/// How words and names sound. Made once and shared; a few megabytes.
pub struct Speech {
    pronouncer: Pronouncer,
    pub(crate) distance: Distance,
}

/// Ways to say a name that are looked at.
const WAYS: usize = 6;
/// Ways to say what was heard: the recogniser wrote the words that it knew, so their first pronunciation is the likeliest.
const HEARD_WAYS: usize = 3;
/// Ways less likely than this, in nats beside the likeliest, are left out.
const UNLIKELY: f32 = 2.5;

impl Default for Speech {
    fn default() -> Self {
        Self::new()
    }
}

impl Speech {
    /// Unpacks the pronunciations that are built in.
    pub fn new() -> Self {
        Self { pronouncer: Pronouncer::new(), distance: Distance::new() }
    }

    /// The ways to say a word.
    pub(crate) fn word(&self, word: &str) -> Vec<Pronunciation> {
        self.pronouncer.word(word)
    }

    /// The ways to say a name.
    pub(crate) fn name(&self, words: &[String]) -> Vec<Phones> {
        let parts: Vec<_> = words.iter().map(|word| self.word(word)).collect();
        let parts: Vec<_> = parts.iter().map(Vec::as_slice).collect();
        ways(&parts, WAYS)
    }

    /// Whether a lexicon of English knows the word.
    pub(crate) fn knows(&self, word: &str) -> bool {
        self.pronouncer.knows(word)
    }

    /// The best explanation of what was heard by what may have been said.
    pub(crate) fn likeness(&self, said: &[Phones], heard: &[Phones]) -> Likeness {
        let pairs = said.iter().flat_map(|said| heard.iter().map(move |heard| (said, heard)));
        pairs
            .map(|(said, heard)| Likeness {
                cost: self.distance.between(said, heard),
                per_phone: self.distance.per_phone(said, heard),
                evidence: self.distance.evidence(said, heard),
                phones: said.len(),
            })
            .min_by(|a, b| a.cost.total_cmp(&b.cost))
            .unwrap_or(Likeness { cost: 99.0, per_phone: 9.0, evidence: -99.0, phones: 0 })
    }
}

/// How well one sequence of sounds explains another; see [`Distance`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Likeness {
    pub cost: f32,
    pub per_phone: f32,
    pub evidence: f32,
    pub phones: usize,
}

/// The ways in which heard words sound one after another.
pub(crate) fn heard(words: &[&[Pronunciation]]) -> Vec<Phones> {
    ways(words, if words.len() == 1 { HEARD_WAYS } else { 1 })
}

fn ways(words: &[&[Pronunciation]], most: usize) -> Vec<Phones> {
    let likely = join(words, most).into_iter().filter(|way| way.cost <= UNLIKELY && !way.phones.is_empty());
    likely.map(|way| way.phones).collect()
}
