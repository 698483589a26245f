//! What matches a query, by episode: the best passages of each, and how many there are.

use std::collections::HashMap;
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::Column;
use tantivy::{DocAddress, DocId, Score, SegmentOrdinal, SegmentReader};

/// Collects passages by episode, with counts over all of them.
pub(crate) struct ByEpisode {
    /// Most passages of an episode that are kept.
    pub most: usize,
}

#[derive(Default)]
pub(crate) struct Collected {
    /// Passages in all.
    pub total: u64,
    /// Passages by day, in days since 1970.
    pub days: HashMap<i64, u64>,
    /// By the key of the episode.
    pub episodes: Vec<(u64, Group)>,
}

/// The passages of an episode.
#[derive(Clone, Default)]
pub(crate) struct Group {
    pub best: f32,
    pub count: u32,
    pub day: i64,
    /// The best, best first.
    pub top: Vec<(Score, DocAddress)>,
}

impl Group {
    /// Several passages are better than one.
    pub fn rank(&self) -> f32 {
        self.best * (1.0 + 0.1 * (self.count as f32).ln())
    }
}

pub(crate) struct InSegment {
    segment: SegmentOrdinal,
    most: usize,
    keys: Column<u64>,
    days: Column<i64>,
    groups: HashMap<u64, Group>,
    counts: HashMap<i64, u64>,
    total: u64,
}

impl Collector for ByEpisode {
    type Fruit = Collected;
    type Child = InSegment;

    fn for_segment(&self, segment: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<InSegment> {
        Ok(InSegment {
            segment,
            most: self.most,
            keys: reader.fast_fields().u64("key")?,
            days: reader.fast_fields().i64("day")?,
            groups: HashMap::new(),
            counts: HashMap::new(),
            total: 0,
        })
    }

    fn requires_scoring(&self) -> bool {
        true
    }

    fn merge_fruits(&self, segments: Vec<Collected>) -> tantivy::Result<Collected> {
        let mut merged = Collected::default();
        for segment in segments {
            merged.total += segment.total;
            for (day, count) in segment.days {
                *merged.days.entry(day).or_default() += count;
            }
            // All documents of an episode are written together, so each is in one segment.
            merged.episodes.extend(segment.episodes);
        }
        Ok(merged)
    }
}

impl SegmentCollector for InSegment {
    type Fruit = Collected;

    fn collect(&mut self, doc: DocId, score: Score) {
        self.total += 1;
        let day = self.days.first(doc);
        if let Some(day) = day {
            *self.counts.entry(day).or_default() += 1;
        }
        let group = self.groups.entry(self.keys.first(doc).unwrap_or_default()).or_default();
        group.count += 1;
        group.best = group.best.max(score);
        group.day = day.unwrap_or(i64::MIN);
        if group.top.len() < self.most || group.top.last().is_some_and(|(least, _)| *least < score) {
            let place = group.top.partition_point(|(better, _)| *better >= score);
            group.top.insert(place, (score, DocAddress::new(self.segment, doc)));
            group.top.truncate(self.most);
        }
    }

    fn harvest(self) -> Collected {
        Collected { total: self.total, days: self.counts, episodes: self.groups.into_iter().collect() }
    }
}
