//! What is known of names, made ready to be looked up: by spelling, and by sound.

use std::collections::HashMap;
use std::sync::Arc;

use pronounce::{Phones, SoundIndex};

use crate::forms::{FormKind, forms};
use crate::known::Name;
use crate::sound::Speech;
use crate::words::fold;

/// Names that were made ready. Building takes some tens of microseconds a name; a layer is shared between episodes.
pub struct Layer {
    pub(crate) names: Vec<Name>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) by_text: HashMap<Box<str>, Vec<u32>>,
    /// By sound, forms of one word, of two …: the fewer there are, the further it can be looked.
    pub(crate) sounds: [SoundIndex; MOST_WORDS],
    /// How many forms have one word, two …
    pub(crate) by_length: [usize; MOST_WORDS],
    /// Whether its names are looked for in every form.
    pub(crate) expected: bool,
}

/// One form of one name.
pub(crate) struct Entry {
    pub name: u32,
    pub what: FormKind,
    pub weight: f32,
    /// As it is to be written, a word each.
    pub words: Box<[Box<str>]>,
    /// The ways to say it; only for what is expected, which is looked at often.
    pub ways: Vec<Phones>,
}

impl Entry {
    /// Folded, a word each.
    pub fn cores(&self) -> Vec<String> {
        self.words.iter().map(|word| core(word)).collect()
    }
}

impl Layer {
    /// The forms that sound like what was heard, of any number of words, with what the sounds cost.
    pub(crate) fn near<'l>(
        &'l self,
        speech: &'l Speech,
        heard: &'l Phones,
        farthest: f32,
        limit: usize,
    ) -> impl Iterator<Item = (u32, f32)> + 'l {
        self.sounds.iter().flat_map(move |sounds| sounds.near(&speech.distance, heard, farthest, limit))
    }

    /// Makes `names` ready with all their forms: those that are expected in an episode, some hundreds at most. Of thousands, which notes
    /// may be stuffed with, none is expected more than in a glossary, and they are treated so.
    pub fn expected(names: Vec<Name>, speech: &Speech) -> Self {
        let few = names.len() <= MOST_EXPECTED;
        Self::build(names, speech, few)
    }

    /// Makes `names` ready in full only: a glossary, a list. Such a name is looked for in its other forms once it was said in full.
    pub fn background(names: Vec<Name>, speech: &Speech) -> Self {
        Self::build(names, speech, false)
    }

    fn build(names: Vec<Name>, speech: &Speech, expected: bool) -> Self {
        // Initials sound like ordinary words too often to be told by ear.
        let keep = |what: FormKind| {
            what != FormKind::Initials && (expected || matches!(what, FormKind::Full | FormKind::Alias))
        };
        let mut entries = Vec::new();
        let mut by_text: HashMap<Box<str>, Vec<u32>> = HashMap::new();
        let mut sounds = Vec::new();
        for (number, name) in names.iter().enumerate() {
            for form in forms(name).into_iter().filter(|form| keep(form.what)) {
                let words: Box<[Box<str>]> = form.text.split_whitespace().map(Into::into).collect();
                let cores: Vec<String> = words.iter().map(|word| core(word)).collect();
                if words.is_empty() || words.len() > MOST_WORDS || cores.iter().any(String::is_empty) {
                    continue;
                }
                let id = entries.len() as u32;
                let text = cores.join(" ");
                if text.contains('-') {
                    by_text.entry(text.replace('-', " ").into()).or_default().push(id);
                }
                by_text.entry(text.into()).or_default().push(id);
                let ways = speech.name(&cores);
                sounds.extend(ways.iter().map(|phones| (id, phones.clone())));
                let ways = if expected { ways } else { Vec::new() };
                entries.push(Entry {
                    name: number as u32,
                    what: form.what,
                    weight: form.weight,
                    words,
                    ways,
                });
            }
        }
        let length = |id: u32| entries.get(id as usize).map_or(0, |entry: &Entry| entry.words.len());
        let sounds = std::array::from_fn(|at| {
            SoundIndex::build(
                sounds.iter().filter(|(id, _)| length(*id) == at + 1).map(|(id, phones)| (*id, phones)),
            )
        });
        let by_length =
            std::array::from_fn(|at| entries.iter().filter(|entry| entry.words.len() == at + 1).count());
        Self { names, entries, by_text, sounds, by_length, expected }
    }
}

/// More names are not expected in one episode.
const MOST_EXPECTED: usize = 500;

/// Longer names are not looked for.
pub(crate) const MOST_WORDS: usize = 4;

/// Folded, without punctuation at the ends.
pub(crate) fn core(word: &str) -> String {
    fold(word.trim_matches(|c: char| !c.is_alphanumeric()))
}

/// All that is known of names while one episode is repaired: layers of which each may be shared with other episodes.
#[derive(Clone, Default)]
pub struct Known {
    pub(crate) layers: Vec<Arc<Layer>>,
}

impl Known {
    /// Layers in any order; how strong a name is its source says.
    pub fn new(layers: Vec<Arc<Layer>>) -> Self {
        Self { layers }
    }

    /// The only expected word that sounds exactly like this one and is spelt otherwise, when the word itself is not expected.
    pub fn homophone(&self, word: &str, speech: &Speech) -> Option<String> {
        let layers = || self.layers.iter().filter(|layer| layer.expected);
        if layers().any(|layer| layer.by_text.contains_key(word)) {
            return None;
        }
        let ways = speech.name(&[word.to_owned()]);
        let mut found: Vec<&str> = ways
            .iter()
            .flat_map(|way| {
                layers().flat_map(move |layer| {
                    layer.near(speech, way, 0.1, 8).map(move |(entry, _)| &layer.entries[entry as usize])
                })
            })
            .filter(|entry| entry.words.len() == 1)
            .filter_map(|entry| entry.words.first().map(|word| &**word))
            .collect();
        found.sort_unstable();
        found.dedup();
        (found.len() == 1).then(|| found[0].to_owned())
    }
}
