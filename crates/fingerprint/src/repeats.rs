//! Stretches that come again in the episodes of a show: jingles, advertisements, reruns.

use std::collections::BTreeMap;

use model::Millis;

use crate::extend::{BEST, Run, extend};
use crate::frames::{frames_in, middle, seconds};
use crate::{Fingerprint, keys};

/// What repeats for less than this, in seconds, is not told: a greeting, a laugh, a door.
const SHORTEST: f64 = 4.0;
/// Between two places of one recording, in seconds, for them to be told: a beat and a refrain's line come again sooner.
const LEAST_APART: f64 = 15.0;
/// The shortest beat, in seconds: what is nearer together is one sound.
const BEAT: f64 = 1.0;
/// The evidence for a repeat, at least: 2 s that agree in all bits.
const LEAST_SCORE: i64 = 62 * BEST as i64;
/// Keys that are kept of all episodes together: 50 MB. Of a larger show only each second key is looked at, each fourth …
const MOST_KEYS: usize = 4_000_000;
/// Pairs of frames that are looked at, at most: some seconds of work, where a hundred hours need one.
const MOST_WORK: usize = 2_000_000_000;
/// A place is compared with this many that follow it in the list of a key. Each copy need only be linked to some others.
const LINKS: usize = 4;
/// Ends of repeats that lie nearer together than this, in seconds, are one.
const SAME_END: f64 = 1.5;
/// Rounds in which ends are carried over from one occurrence to the others.
const ROUNDS: usize = 4;
/// The most stretches that two recordings are taken to have in common; those with the most evidence.
const MOST_OF_TWO: usize = 1000;
/// The most pairs of stretches that are grouped; those with the most evidence.
const MOST_PAIRS: usize = 50_000;

/// Of the places of one thing, how many (in fifths) must be followed by another for the two to be one.
const FOLLOWED: usize = 4;

/// From this on, in seconds, what repeats may be an advertisement.
const SHORTEST_ADVERTISEMENT: f64 = 10.0;
/// Up to this, in seconds, what repeats is a jingle when half of the episodes have it.
const LONGEST_JINGLE: f64 = 20.0;
/// From this on, in seconds, it is programme that was broadcast again.
const LONGEST_ADVERTISEMENT: f64 = 150.0;
/// What begins within this of the beginning or ends within this of the end, in seconds, opens or closes the episode.
const AT_THE_EDGE: f64 = 60.0;

/// A stretch of sound that comes again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeat<Id> {
    /// Where, by episode in the order they were given and by time; two at least.
    pub occurrences: Vec<Occurrence<Id>>,
    /// What it may be.
    pub kind: RepeatKind,
}

/// One place of a repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occurrence<Id> {
    /// The episode.
    pub id: Id,
    /// Where it begins in it.
    pub start: Millis,
    /// Where it ends.
    pub end: Millis,
}

/// What a repeat may be, by its length, how many episodes have it and where in them. A guess that says on what it
/// rests, not a finding: nothing is known of what is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RepeatKind {
    /// Up to 20 s in at least half of the episodes; or up to 150 s, at the beginning or the end of at least half of them:
    /// signature tune, opening, closing.
    Jingle,
    /// 10 to 150 s, in some of the episodes, or anywhere in them: advertisement, trailer, appeal.
    Advertisement,
    /// More than 150 s: programme that was broadcast again.
    Rerun,
    /// Anything else: a short sound in some episodes, or what comes again in a single one, such as a scene that is
    /// played before the opening too.
    Passage,
}

/// A stretch of one recording that is the same sound as one of another, or as another of its own.
#[derive(Clone, Copy, Debug)]
struct Pair {
    one: usize,
    two: usize,
    run: Run,
}

/// The stretches of 4 s and more that come again, in these episodes of one show or within one of them; by the first
/// occurrence. Copies of an episode should not be among the episodes: all of them would repeat.
pub fn repeats<Id: Copy>(episodes: &[(Id, &Fingerprint)]) -> Vec<Repeat<Id>> {
    let frames: Vec<&[u16]> = episodes.iter().map(|(_, own)| own.frames.as_slice()).collect();
    let pairs = pairs(&frames);
    groups(&pairs, frames.len())
        .into_iter()
        .map(|places| {
            let kind = kind(&places, episodes);
            let occurrence = |place: &Place| {
                let (id, own) = episodes[place.episode];
                let half = seconds(0.5);
                let end = if place.end >= own.frames.len() {
                    own.duration()
                } else {
                    Millis::from_seconds(middle(place.end as f64) - half)
                };
                let start = if place.start == 0 { 0.0 } else { middle(place.start as f64) - half };
                Occurrence { id, start: Millis::from_seconds(start), end }
            };
            Repeat { occurrences: places.iter().map(occurrence).collect(), kind }
        })
        .collect()
}

/// All pairs of stretches that follow from the keys the recordings share.
fn pairs(recordings: &[&[u16]]) -> Vec<Pair> {
    let total: usize = recordings.iter().map(|frames| frames.len()).sum();
    // Each key, or each second one, each fourth …, the same ones everywhere.
    let sparing = total.div_ceil(MOST_KEYS).max(1).next_power_of_two() as u32;
    let mut places: Vec<(u32, u32, u32)> = Vec::new();
    for (index, frames) in (0..).zip(recordings) {
        let own = keys::seeds(frames).filter(|(key, _)| keys::mixed(*key).is_multiple_of(sparing));
        places.extend(own.map(|(key, frame)| (key, index, frame)));
    }
    places.sort_unstable();
    let beat = frames_in(BEAT);
    // Of each pair of recordings the runs found so far, by diagonal.
    let mut found: BTreeMap<(u32, u32), BTreeMap<i64, Vec<Run>>> = BTreeMap::new();
    let mut work = 0;
    for same in places.chunk_by(|one, two| one.0 == two.0) {
        for (at, (_, one, in_one)) in same.iter().enumerate() {
            let later = same[at + 1..].iter();
            let later = later.filter(|(_, two, in_two)| one != two || (*in_two - *in_one) as usize >= beat);
            for (_, two, in_two) in later.take(LINKS) {
                let diagonal = i64::from(*in_two) - i64::from(*in_one);
                let known = found.get(&(*one, *two)).is_some_and(|runs| {
                    let mut near = runs.range(diagonal - 2..=diagonal + 2).flat_map(|(_, runs)| runs);
                    near.any(|run| (run.a..run.a_end()).contains(&(*in_one as usize)))
                });
                if known || work > MOST_WORK {
                    continue;
                }
                let (a, b) = (recordings[*one as usize], recordings[*two as usize]);
                let run = extend(a, b, *in_one as usize, *in_two as usize);
                work += run.len + 2 * frames_in(1.0);
                if run.score >= LEAST_SCORE {
                    // What is kept costs memory, so it counts as work too.
                    work += 1000;
                    found.entry((*one, *two)).or_default().entry(diagonal).or_default().push(run);
                }
            }
        }
    }
    let mut pairs = Vec::new();
    for ((one, two), runs) in found {
        let told = best(runs.into_values().flatten().collect()).into_iter().filter(|run| {
            // What lies on itself but a little later is a loop.
            let loops = one == two && (run.a_end() > run.b || run.b - run.a < frames_in(LEAST_APART));
            run.len >= frames_in(SHORTEST) && !loops
        });
        pairs.extend(told.map(|run| Pair { one: one as usize, two: two as usize, run }));
    }
    pairs.sort_unstable_by_key(|pair| (-pair.run.score, pair.one, pair.two, pair.run.a, pair.run.b));
    pairs.truncate(MOST_PAIRS);
    pairs
}

/// Leaves out each run that says for the most part of the same two stretches what one with more evidence says otherwise: a
/// beat lies on itself four, eight and twelve bars later too.
fn best(mut runs: Vec<Run>) -> Vec<Run> {
    runs.sort_unstable_by_key(|run| (-run.score, run.a, run.b));
    runs.truncate(MOST_OF_TWO);
    let mut kept: Vec<Run> = Vec::new();
    for run in runs {
        let half_inside = |better: &Run| {
            let in_a = run.a_end().min(better.a_end()).saturating_sub(run.a.max(better.a));
            let in_b = run.b_end().min(better.b_end()).saturating_sub(run.b.max(better.b));
            2 * in_a.min(in_b) >= run.len
        };
        if !kept.iter().any(half_inside) {
            kept.push(run);
        }
    }
    kept
}

/// A stretch of frames of an episode, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    episode: usize,
    start: usize,
    end: usize,
}

/// The places of each thing that repeats.
///
/// Two episodes may share a jingle with the advertisement after it, others only the jingle. So the recordings are cut
/// at every end of a pair, the cuts are carried over along the pairs, and what lies between two cuts is one thing with
/// what the pairs say it is the same as.
fn groups(pairs: &[Pair], recordings: usize) -> Vec<Vec<Place>> {
    let same_end = frames_in(SAME_END);
    let cuts = cuts(pairs, recordings, same_end);
    // The pieces between cuts, and which of them some pair covers.
    let mut pieces: Vec<Place> = Vec::new();
    let mut first_piece = Vec::with_capacity(recordings);
    for (episode, cuts) in cuts.iter().enumerate() {
        first_piece.push(pieces.len());
        pieces.extend(cuts.windows(2).map(|pair| Place { episode, start: pair[0], end: pair[1] }));
    }
    first_piece.push(pieces.len());
    let mut parent: Vec<usize> = (0..pieces.len()).collect();
    let mut repeats = vec![false; pieces.len()];
    for pair in pairs {
        // The pieces of an episode that reach into a stretch of it.
        let within = |episode: usize, start: usize, end: usize| {
            let own = first_piece[episode]..first_piece[episode + 1];
            let pieces = &pieces[own.clone()];
            let first = pieces.partition_point(|piece| piece.end <= start);
            let last = pieces.partition_point(|piece| piece.start < end);
            own.start + first..own.start + last.max(first)
        };
        for own in within(pair.one, pair.run.a, pair.run.a_end()) {
            let piece = pieces[own];
            let inside = piece.end.min(pair.run.a_end()) - piece.start.max(pair.run.a);
            if 5 * inside < 4 * (piece.end - piece.start) {
                continue;
            }
            let carried = |frame: usize| (frame as i64 + pair.run.diagonal()).max(0) as usize;
            let (start, end) = (carried(piece.start), carried(piece.end));
            let common = |other: &Place| other.end.min(end).saturating_sub(other.start.max(start));
            let best = within(pair.two, start, end).max_by_key(|index| common(&pieces[*index]));
            let Some(other) = best else { continue };
            let longer = (end - start).max(pieces[other].end - pieces[other].start);
            if 3 * common(&pieces[other]) >= 2 * longer {
                repeats[own] = true;
                repeats[other] = true;
                let (one, two) = (root(&mut parent, own), root(&mut parent, other));
                parent[one.max(two)] = one.min(two);
            }
        }
    }
    let thing: Vec<Option<usize>> =
        (0..pieces.len()).map(|index| repeats[index].then(|| root(&mut parent, index))).collect();
    joined(&pieces, &thing)
}

/// The places of each thing, where two of which one nearly always follows the other are one: a cut that a single bad copy
/// made is taken back.
fn joined(pieces: &[Place], thing: &[Option<usize>]) -> Vec<Vec<Place>> {
    let next = |index: usize| {
        let touches = pieces.get(index + 1)?.episode == pieces[index].episode;
        thing[index + 1].filter(|_| touches)
    };
    let mut count: BTreeMap<usize, usize> = BTreeMap::new();
    let mut follows: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for (index, own) in thing.iter().enumerate() {
        let Some(own) = own else { continue };
        *count.entry(*own).or_default() += 1;
        if let Some(other) = next(index).filter(|other| other != own) {
            *follows.entry((*own, other)).or_default() += 1;
        }
    }
    let mut parent: Vec<usize> = (0..pieces.len()).collect();
    let mut after: BTreeMap<usize, usize> = BTreeMap::new();
    for ((own, other), times) in follows {
        if 5 * times >= FOLLOWED * count[&own].max(count[&other]) {
            after.insert(own, other);
            let (one, two) = (root(&mut parent, own), root(&mut parent, other));
            parent[one.max(two)] = one.min(two);
        }
    }
    let mut groups: BTreeMap<usize, Vec<Place>> = BTreeMap::new();
    let mut index = 0;
    while index < pieces.len() {
        if let Some(mut own) = thing[index] {
            let mut place = pieces[index];
            while let Some(other) = next(index).filter(|other| after.get(&own) == Some(other)) {
                index += 1;
                own = other;
                place.end = pieces[index].end;
            }
            if place.end - place.start >= frames_in(SHORTEST) - frames_in(SAME_END) / 2 {
                groups.entry(root(&mut parent, own)).or_default().push(place);
            }
        }
        index += 1;
    }
    let mut groups: Vec<Vec<Place>> = groups.into_values().filter(|places| places.len() >= 2).collect();
    groups.sort();
    groups
}

/// Where each recording is cut, in order.
fn cuts(pairs: &[Pair], recordings: usize, same_end: usize) -> Vec<Vec<usize>> {
    let mut ends: Vec<Vec<usize>> = vec![Vec::new(); recordings];
    for Pair { one, two, run } in pairs {
        ends[*one].extend([run.a, run.a_end()]);
        ends[*two].extend([run.b, run.b_end()]);
    }
    let mut cuts: Vec<Vec<usize>> = ends
        .into_iter()
        .map(|mut ends| {
            ends.sort_unstable();
            // Each pair's end is a little off: of those that mean the same the median is taken.
            let mut cuts = Vec::new();
            let mut rest = ends.as_slice();
            while let Some(first) = rest.first() {
                let (same, later) = rest.split_at(rest.partition_point(|end| *end <= first + same_end));
                cuts.push(same[same.len() / 2]);
                rest = later;
            }
            cuts
        })
        .collect();
    let add = |cuts: &mut Vec<usize>, cut: usize| {
        let at = cuts.partition_point(|own| *own < cut);
        let near = |index: Option<usize>| {
            index.and_then(|index| cuts.get(index)).is_some_and(|own| own.abs_diff(cut) <= same_end)
        };
        let new = !near(Some(at)) && !near(at.checked_sub(1));
        if new {
            cuts.insert(at, cut);
        }
        new
    };
    for _ in 0..ROUNDS {
        let mut changed = false;
        for pair in pairs {
            let run = pair.run;
            let inside = |cuts: &[usize], start: usize, other: usize| -> Vec<usize> {
                let first = cuts.partition_point(|cut| *cut <= start + same_end);
                let cuts = cuts[first..].iter().take_while(|cut| **cut + same_end < start + run.len);
                cuts.map(|cut| cut - start + other).collect()
            };
            let to_two = inside(&cuts[pair.one], run.a, run.b);
            let to_one = inside(&cuts[pair.two], run.b, run.a);
            for cut in to_two {
                changed |= add(&mut cuts[pair.two], cut);
            }
            for cut in to_one {
                changed |= add(&mut cuts[pair.one], cut);
            }
        }
        if !changed {
            break;
        }
    }
    cuts
}

/// The one that stands for the set of `index`.
fn root(parent: &mut [usize], mut index: usize) -> usize {
    while parent[index] != index {
        parent[index] = parent[parent[index]];
        index = parent[index];
    }
    index
}

fn kind<Id>(places: &[Place], episodes: &[(Id, &Fingerprint)]) -> RepeatKind {
    let mut lengths: Vec<usize> = places.iter().map(|place| place.end - place.start).collect();
    lengths.sort_unstable();
    let length = seconds(lengths[lengths.len() / 2] as f64);
    let edge = frames_in(AT_THE_EDGE);
    let at_the_edge =
        |place: &&Place| place.start <= edge || place.end + edge >= episodes[place.episode].1.frames.len();
    let count = |places: &mut dyn Iterator<Item = &Place>| {
        let mut episodes: Vec<usize> = places.map(|place| place.episode).collect();
        episodes.dedup();
        episodes.len()
    };
    let half = |count: usize| count >= 2 && 2 * count >= episodes.len();
    let all = count(&mut places.iter());
    if length > LONGEST_ADVERTISEMENT {
        RepeatKind::Rerun
    } else if length <= LONGEST_JINGLE && half(all) || half(count(&mut places.iter().filter(at_the_edge))) {
        RepeatKind::Jingle
    } else if length >= SHORTEST_ADVERTISEMENT && all >= 2 {
        RepeatKind::Advertisement
    } else {
        RepeatKind::Passage
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(one: usize, a: usize, two: usize, b: usize, len: usize) -> Pair {
        Pair { one, two, run: Run { a, b, len, score: len as i64 * 500 } }
    }

    #[test]
    fn a_cut_that_one_bad_copy_made_is_taken_back() {
        // The same 300 frames in three episodes; between the second and the third half a second is missing.
        let pairs = [pair(0, 100, 1, 500, 300), pair(1, 500, 2, 0, 130), pair(1, 646, 2, 146, 154)];
        let place = |episode, start, end| Place { episode, start, end };
        let all = [place(0, 100, 400), place(1, 500, 800), place(2, 0, 300)];
        assert_eq!(groups(&pairs, 3), [all]);
    }

    #[test]
    fn what_follows_only_in_some_places_is_another_thing() {
        // A jingle of 200 frames in four episodes, an advertisement of 600 right after it in two of them.
        let pairs = [pair(0, 100, 1, 500, 800), pair(0, 100, 2, 900, 200), pair(0, 100, 3, 40, 200)];
        let place = |episode, start, end| Place { episode, start, end };
        let jingle = vec![place(0, 100, 300), place(1, 500, 700), place(2, 900, 1100), place(3, 40, 240)];
        let advertisement = vec![place(0, 300, 900), place(1, 700, 1300)];
        assert_eq!(groups(&pairs, 4), [jingle, advertisement]);
    }

    #[test]
    fn of_many_ways_to_lay_a_beat_on_itself_the_longest_stays() {
        let run = |a, b, len| Run { a, b, len, score: len as i64 * 500 };
        let runs = vec![run(0, 64, 600), run(0, 128, 536), run(64, 0, 600), run(2000, 5000, 100)];
        assert_eq!(best(runs), [run(0, 64, 600), run(2000, 5000, 100)]);
    }
}
