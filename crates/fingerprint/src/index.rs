//! Which of many recordings are worth comparing.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use crate::{Fingerprint, enough_shared, keys};

/// A key that more recordings have than this says nothing: a jingle of a whole network.
const MOST_OF_A_KEY: usize = 500;

/// Recordings by their keys, in memory: about 6 kB an hour of recording.
///
/// Whoever keeps [`keys`] in a table asks the same of the table.
#[derive(Clone, Debug)]
pub struct Index<Id> {
    by_key: HashMap<u32, Vec<Id>>,
}

/// A recording that may hold the same sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate<Id> {
    /// The recording.
    pub id: Id,
    /// How many keys it shares with what was asked for.
    pub shared: usize,
}

impl<Id> Default for Index<Id> {
    fn default() -> Self {
        Self { by_key: HashMap::new() }
    }
}

impl<Id: Copy + Eq + Hash + Ord> Index<Id> {
    /// An index of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a recording.
    pub fn insert(&mut self, id: Id, fingerprint: &Fingerprint) {
        for key in keys(fingerprint) {
            let ids = self.by_key.entry(key).or_default();
            // One more than says anything, so that a key that says nothing stays known as such.
            if ids.len() <= MOST_OF_A_KEY && !ids.contains(&id) {
                ids.push(id);
            }
        }
    }

    /// The recordings that share [`enough_shared`] keys with this one, most first, at most `limit`.
    pub fn candidates(&self, fingerprint: &Fingerprint, limit: usize) -> Vec<Candidate<Id>> {
        let mut shared: BTreeMap<Id, usize> = BTreeMap::new();
        let mut asked = 0;
        for key in keys(fingerprint) {
            asked += 1;
            let ids = self.by_key.get(&key).filter(|ids| ids.len() <= MOST_OF_A_KEY);
            ids.into_iter().flatten().for_each(|id| *shared.entry(*id).or_default() += 1);
        }
        let enough = enough_shared(asked);
        let mut found: Vec<Candidate<Id>> = shared
            .into_iter()
            .filter(|(_, shared)| *shared >= enough)
            .map(|(id, shared)| Candidate { id, shared })
            .collect();
        found.sort_by_key(|candidate| std::cmp::Reverse(candidate.shared));
        found.truncate(limit);
        found
    }
}
