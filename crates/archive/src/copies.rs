//! The same recording in several places, and what comes again in a show.
//!
//! Two episodes of one recording are linked: the *copy* leads to the *main* episode, which is the one that lists show and
//! that is heard. Nothing of the copy is lost: its notes, people, texts and outlets stay its own. A person can take a link
//! back, and it does not come again. What a fingerprint is, its maker knows; here it is bytes and keys.

use crate::sqlite::{copies as sql, ledger, repeats};
use crate::{Archive, Claim, Outlet, Result};
use model::{BlobHash, EpisodeId, Millis, Repeat, RepeatKind, ShowId};
use serde::{Deserialize, Serialize};

/// A stretch of time that is the same sound in two recordings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(u64, u64, u64)", into = "(u64, u64, u64)")]
pub struct Same {
    /// Where it begins in the one.
    pub here: Millis,
    /// Where it begins in the other.
    pub there: Millis,
    /// How long it is.
    pub length: Millis,
}

impl From<(u64, u64, u64)> for Same {
    fn from((here, there, length): (u64, u64, u64)) -> Self {
        Self { here: Millis(here), there: Millis(there), length: Millis(length) }
    }
}

impl From<Same> for (u64, u64, u64) {
    fn from(same: Same) -> Self {
        (same.here.0, same.there.0, same.length.0)
    }
}

/// Which time of one recording is which time of another: stretches in order of time in both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TimeMap(pub Vec<Same>);

impl TimeMap {
    /// The time there of a time here; `None` where it is not there.
    pub fn map(&self, here: Millis) -> Option<Millis> {
        let after = self.0.partition_point(|same| same.here <= here);
        let same = self.0.get(after.checked_sub(1)?)?;
        let inside = here.since(same.here);
        (inside < same.length).then_some(Millis(same.there.0.saturating_add(inside.0)))
    }

    /// The same with the recordings exchanged.
    #[must_use]
    pub fn reversed(&self) -> Self {
        Self(self.0.iter().map(|same| Same { here: same.there, there: same.here, ..*same }).collect())
    }

    /// From here to where `next` leads from there.
    #[must_use]
    pub fn then(&self, next: &Self) -> Self {
        let mut through = Vec::new();
        for one in &self.0 {
            let end = one.there.0.saturating_add(one.length.0);
            let first = next.0.partition_point(|two| two.here.0.saturating_add(two.length.0) <= one.there.0);
            for two in next.0[first..].iter().take_while(|two| two.here.0 < end) {
                let from = one.there.max(two.here);
                let until = end.min(two.here.0.saturating_add(two.length.0));
                through.push(Same {
                    here: Millis(one.here.0.saturating_add(from.since(one.there).0)),
                    there: Millis(two.there.0.saturating_add(from.since(two.here).0)),
                    length: Millis(until.saturating_sub(from.0)),
                });
            }
        }
        Self(through)
    }
}

/// Another place of an episode's recording.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Copy {
    /// The episode that stands for that place.
    pub episode: EpisodeId,
    /// Its title there.
    pub title: String,
    /// Title of its show.
    pub show: String,
    /// True when it is the one that lists show and that is heard.
    pub main: bool,
    /// Which time of the episode that was asked for is which of this one.
    pub times: TimeMap,
    /// Where it was found.
    pub outlets: Vec<Outlet>,
}

/// An episode whose recording was found to be that of another one.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundCopy {
    /// The other one.
    pub episode: EpisodeId,
    /// Which time of the one is which of the other.
    pub times: TimeMap,
}

/// A sound that comes again in a show.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRepeat {
    /// What it may be.
    pub kind: RepeatKind,
    /// Where: episode, begin, end.
    pub places: Vec<(EpisodeId, Millis, Millis)>,
}

impl Archive {
    /// Keeps the fingerprint of an episode's recording with the keys it is found by; an earlier one is replaced. The stage
    /// `fingerprint` goes on: from here on others find it.
    pub fn store_fingerprint(
        &self,
        claim: &Claim,
        blob: &BlobHash,
        bytes: &[u8],
        keys: &[u32],
    ) -> Result<()> {
        self.store.write(|tx| {
            ledger::held_now(tx, claim)?;
            sql::store(tx, claim.episode(), blob, bytes, keys)
        })
    }

    /// The fingerprint of an episode's recording.
    pub fn fingerprint(&self, episode: EpisodeId) -> Result<Option<Vec<u8>>> {
        self.store.read(|tx| sql::fingerprint(tx, episode))
    }

    /// A fingerprint that was made of these very bytes, for whatever episode.
    pub fn fingerprint_of(&self, blob: &BlobHash) -> Result<Option<Vec<u8>>> {
        self.store.read(|tx| sql::fingerprint_of(tx, blob))
    }

    /// The episodes whose recordings share at least `enough` of these keys, most first, at most `limit`; without `episode`
    /// itself and those that a person set apart from it. No more is read than what the keys lead to.
    pub fn alike(
        &self,
        episode: EpisodeId,
        keys: &[u32],
        enough: usize,
        limit: usize,
    ) -> Result<Vec<EpisodeId>> {
        self.store.read(|tx| sql::alike(tx, episode, keys, enough, limit))
    }

    /// Links an episode with those whose recording it has, finishes the stage `fingerprint` and makes `repeats` of its show
    /// due, at once. What was heard stays main, else the elder one; a copy need not be heard. Returns the main episode,
    /// when there is another than this one or it has copies now.
    pub fn finish_fingerprint(
        &self,
        claim: &Claim,
        found: &[FoundCopy],
        tool: &str,
    ) -> Result<Option<EpisodeId>> {
        self.store.write(|tx| {
            ledger::finish(tx, claim, tool)?;
            let linked = sql::link(tx, claim.episode(), found)?;
            repeats::require(tx, claim.episode())?;
            Ok(linked)
        })
    }

    /// The other places of an episode's recording: the main one first, then as they were found.
    pub fn copies(&self, episode: EpisodeId) -> Result<Vec<Copy>> {
        self.store.read(|tx| sql::copies(tx, episode))
    }

    /// The episode that stands for this one in lists: itself, unless it is a copy.
    pub fn main_of(&self, episode: EpisodeId) -> Result<EpisodeId> {
        self.store.read(|tx| sql::main_of(tx, episode))
    }

    /// The time in one place of a recording of a time in another; `None` where that has other sound, or when the two are not
    /// known to be one recording.
    pub fn time_in(&self, from: EpisodeId, to: EpisodeId, time: Millis) -> Result<Option<Millis>> {
        if from == to {
            return Ok(Some(time));
        }
        let copies = self.copies(from)?;
        Ok(copies.iter().find(|copy| copy.episode == to).and_then(|copy| copy.times.map(time)))
    }

    /// A person says that a copy is another programme: it is an episode of its own again, is heard, and stays apart from
    /// those it was linked with. Of a main episode with one copy the same is said. Returns those it was parted from.
    ///
    /// # Errors
    /// [`crate::Error::Invalid`] when it has no copy, or several and is the main one.
    pub fn split(&self, episode: EpisodeId) -> Result<Vec<EpisodeId>> {
        self.store.write(|tx| sql::split(tx, episode))
    }

    /// The fingerprints of a show's episodes, newest first and without copies of each other, as many as are compared with each other.
    pub fn fingerprints_of_show(&self, show: ShowId) -> Result<Vec<(EpisodeId, Vec<u8>)>> {
        self.store.read(|tx| repeats::fingerprints(tx, show))
    }

    /// Stores what comes again in these episodes, in the place of what was known of them, and finishes the stage `repeats`.
    pub fn store_repeats(
        &self,
        claim: &Claim,
        episodes: &[EpisodeId],
        found: &[NewRepeat],
        tool: &str,
    ) -> Result<()> {
        self.store.write(|tx| {
            ledger::finish(tx, claim, tool)?;
            repeats::store(tx, episodes, found)
        })
    }

    /// What comes again of an episode, in order of time.
    pub fn repeats(&self, episode: EpisodeId) -> Result<Vec<Repeat>> {
        self.store.read(|tx| repeats::of_episode(tx, episode))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(stretches: &[(u64, u64, u64)]) -> TimeMap {
        TimeMap(stretches.iter().map(|same| Same::from(*same)).collect())
    }

    #[test]
    fn times_are_mapped_there_and_back_and_on() {
        // Thirty seconds were inserted after a minute.
        let one = map(&[(0, 0, 60_000), (60_000, 90_000, 60_000)]);
        let at = |map: &TimeMap, time| map.map(Millis(time)).map(|time| time.0);
        assert_eq!(
            [0, 59_999, 60_000, 119_999].map(|time| at(&one, time)),
            [0, 59_999, 90_000, 149_999].map(Some)
        );
        assert_eq!(at(&one, 120_000), None);
        assert_eq!(
            [60_000, 89_999, 90_000].map(|time| at(&one.reversed(), time)),
            [None, None, Some(60_000)]
        );
        // And ten before the beginning, in a third.
        let two = map(&[(0, 10_000, 75_000), (80_000, 90_000, 70_000)]);
        let through = one.then(&two);
        assert_eq!(through, map(&[(0, 10_000, 60_000), (60_000, 100_000, 60_000)]));
        for time in (0..130_000).step_by(997) {
            let expected = one.map(Millis(time)).and_then(|time| two.map(time));
            assert_eq!(through.map(Millis(time)), expected, "{time}");
        }
        assert_eq!(one.then(&TimeMap::default()), TimeMap::default());
    }
}
