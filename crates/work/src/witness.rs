//! The sound is asked where names are in doubt: which of two wordings does the recogniser hear there?
//!
//! Only doubtful places are looked at, and the places of half a minute together. A wording that the sound clearly speaks for is
//! put in, one that it clearly speaks against is taken out and offered; what it says is kept with the evidence, so that the
//! next repair needs no sound.

use crate::Hearer;
use crate::hearing::{Ended, media_trouble, sound_of};
use crate::repair;
use crate::run::Options;
use crate::sound::{Blocks, Decoder};
use archive::{
    Archive, AuthorKind, Change, Claim, EpisodeEntry, Error, Evidence, NameRule, NewOffer, OfferState,
    Priority, Repairable, Repaired, Sound, Stage, WordId, WordSource, respelled,
};
use media::MediaError;
use model::{HearingId, Millis, Origin, Word};
use speech::{Question, Testimony};
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Version of the stage: counts up when the same sound would be understood otherwise.
const TOOL: &str = "witness/1";

/// How much a nat a token of the sound counts beside a nat of what the text says, when both are weighed for a wording that is only
/// offered, and the nats from which on it is put in. These and the bounds below were chosen on the sample and on the talk of
/// seed 7 of `samples/make/dialogue.py`.
const SOUND_COUNTS: f32 = 2.0;
const ENOUGH: f32 = 0.5;
/// Nats a token by which the sound must speak against a wording that was put in, so that it is only offered.
const CONTRADICTS: f32 = 4.5;
/// Nats by which the sound must hold a heard word beside a name, so that the word stays.
const HOLDS: f32 = 3.0;
/// Heard words that may stay on a side.
const MOST_STAYING: u32 = 2;
/// Less probable offers are not put in, whatever the sound says: two wrong wordings may be told apart as well.
const LEAST_SCORE: f32 = 0.25;
/// More probable repairs need no witness: what people ordered.
const CERTAIN: f32 = 0.9999;

/// Places of one episode that are weighed.
const MOST_DOUBTS: usize = 400;
/// Milliseconds of sound before and after a doubtful place that are wanted with it; at a pause, within these bounds.
const BEFORE: Range<u64> = 3_000..9_000;
const AFTER: Range<u64> = 2_000..7_000;
/// Milliseconds between the first and the last doubtful place of one clip: with what is around them it stays under 30 s.
const TOGETHER: u64 = 12_000;
/// Silence kept around a clip, in milliseconds.
const EDGE: u64 = 200;

/// A place where a wording is in doubt.
pub(crate) struct Doubt {
    /// Words of the text.
    pub words: Range<usize>,
    /// What would stand in their place.
    pub wording: String,
}

/// What decides whether a wording is put in or offered.
#[derive(Clone, Copy)]
pub(crate) struct Standing {
    /// By the text alone it was put in.
    pub done: bool,
    /// Probability that it is right, by the text alone.
    pub score: f32,
    /// The text speaks for it and something else forbids it: another person may be meant, who sounds the same.
    pub held: bool,
}

impl Standing {
    /// Whether the sound could change anything.
    pub fn is_doubtful(self) -> bool {
        match self.done {
            true => self.score < CERTAIN,
            false => !self.held && self.score >= LEAST_SCORE,
        }
    }

    /// Whether it is put in, with what the sound says.
    pub fn is_done(self, sound: Option<&Sound>) -> bool {
        let Some(sound) = sound.filter(|_| self.is_doubtful()) else { return self.done };
        if self.done {
            return sound.margin > -CONTRADICTS;
        }
        let by_text = (self.score / (1.0 - self.score).max(1e-3)).ln();
        by_text + SOUND_COUNTS * sound.margin >= ENOUGH
    }
}

/// Nats a token by which the sound speaks for the second wording rather than the first: what it says of the wordings less what habit
/// says, and what it says of the words right after, which a wrong wording makes unlikely.
fn margin(heard: &Testimony, right: &Testimony) -> f32 {
    let own = |one: &Testimony| one.sound - one.habit + one.sound_after;
    (own(right) - own(heard)) / heard.tokens.max(right.tokens).max(1) as f32
}

/// How many heard words may stay before and after the new ones: where a name took words with it that were no part of it.
fn stays(doubt: &Doubt) -> Vec<(u32, u32)> {
    let spare = doubt.words.len().saturating_sub(doubt.wording.split_whitespace().count()) as u32;
    let most = spare.min(MOST_STAYING).min(doubt.words.len() as u32 - 1);
    let sides = (1..=most).flat_map(|count| [(count, 0), (0, count)]);
    std::iter::once((0, 0)).chain(sides).collect()
}

/// The heard words, and the new ones with as many heard words as may stay.
fn wordings(words: &[Word], doubt: &Doubt, stays: &[(u32, u32)]) -> Vec<String> {
    let heard = &words[doubt.words.clone()];
    let with = |&(before, after): &(u32, u32)| {
        let (first, last) = (&heard[..before as usize], &heard[heard.len() - after as usize..]);
        [text(first), doubt.wording.clone(), text(last)].join(" ").trim().to_owned()
    };
    std::iter::once(text(heard)).chain(stays.iter().map(with)).collect()
}

/// What the sound says, from what it says of each of the [`wordings`].
fn judged(said: &[Testimony], stays: &[(u32, u32)], engine: &str) -> Option<Sound> {
    let (heard, rights) = said.split_first()?;
    let sum = |one: &Testimony| one.sound + one.sound_after;
    let mut best = (*stays.first()?, rights.first()?);
    for (stay, right) in stays.iter().zip(rights).skip(1) {
        if sum(right) > sum(best.1) + if best.0 == (0, 0) { HOLDS } else { 0.0 } {
            best = (*stay, right);
        }
    }
    let margin = margin(heard, best.1);
    margin.is_finite().then(|| Sound { margin, by: engine.to_owned(), stay: best.0 })
}

/// A wording for some words of a text, and why.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// The words that go.
    pub words: Range<usize>,
    /// Those that come.
    pub produces: Vec<Word>,
    pub evidence: Evidence,
}

impl Found {
    /// What decides by the text alone.
    pub fn standing(&self) -> Standing {
        let Evidence { score, held, done, .. } = &self.evidence;
        Standing { done: *done, score: score.unwrap_or(1.0), held: *held }
    }

    /// Whether it is put in rather than offered.
    pub fn is_done(&self) -> bool {
        self.standing().is_done(self.evidence.sound.as_ref())
    }

    pub fn doubt(&self) -> Doubt {
        Doubt { words: self.words.clone(), wording: text(&self.produces) }
    }

    /// Takes what the sound says; words that it holds stay as they were heard.
    pub fn take(&mut self, words: &[Word], sound: Sound) {
        let (before, after) = (sound.stay.0 as usize, sound.stay.1 as usize);
        let narrow = self.words.start + before..self.words.end.saturating_sub(after);
        let span = if sound.stay == (0, 0) { None } else { words.get(narrow.clone()) };
        if let Some(span) = span.filter(|span| !span.is_empty()) {
            self.produces = respelled(span, &self.evidence.right);
            self.evidence.heard = text(span);
            self.words = narrow;
        }
        self.evidence.sound = Some(sound);
    }
}

/// A clip: its words, its begin and end, and the doubts in it.
#[derive(Debug, PartialEq)]
struct Part {
    words: Range<usize>,
    start: Millis,
    end: Millis,
    doubts: Range<usize>,
}

/// Cuts a text into clips around doubtful places, which are sorted.
fn parts(words: &[Word], doubts: &[Doubt]) -> Vec<Part> {
    let start = |doubt: &Doubt| words[doubt.words.start].start;
    let end = |doubt: &Doubt| words[doubt.words.end - 1].end;
    let pause = |at: usize| match at.checked_sub(1) {
        Some(before) => words.get(at).map_or(u64::MAX, |word| word.start.since(words[before].end).0),
        None => u64::MAX,
    };
    let mut parts = Vec::new();
    let mut first = 0;
    while first < doubts.len() {
        let begin = start(&doubts[first]);
        let count = doubts[first..].iter().take_while(|doubt| end(doubt).since(begin).0 <= TOGETHER).count();
        let last = first + count.max(1);
        let finish = end(&doubts[last - 1]);
        // Where the longest pause is, within bounds; where there is none, at the place itself.
        let from = (0..=doubts[first].words.start)
            .rev()
            .take_while(|at| begin.since(words[*at].start).0 <= BEFORE.end)
            .filter(|at| *at == 0 || begin.since(words[*at].start).0 >= BEFORE.start)
            .max_by_key(|at| pause(*at))
            .unwrap_or(doubts[first].words.start);
        let to = (doubts[last - 1].words.end..=words.len())
            .take_while(|at| words[*at - 1].end.since(finish).0 <= AFTER.end)
            .filter(|at| *at == words.len() || words[*at - 1].end.since(finish).0 >= AFTER.start)
            .max_by_key(|at| pause(*at))
            .unwrap_or(doubts[last - 1].words.end);
        let begin = Millis(words[from].start.0.saturating_sub(EDGE.min(pause(from))));
        let end = Millis(words[to - 1].end.0 + EDGE.min(pause(to)));
        parts.push(Part { words: from..to, start: begin, end, doubts: first..last });
        first = last;
    }
    parts
}

fn text(words: &[Word]) -> String {
    words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
}

/// What the sound says of each doubt, which are sorted by their place; `None` for all where this recogniser is no witness, for
/// some where the sound ended early or it was told to stop.
///
/// # Errors
/// The file gives no sound.
pub(crate) fn weigh(
    decoder: &Decoder,
    path: &Path,
    words: &[Word],
    doubts: &[Doubt],
    language: &str,
    hearer: &dyn Hearer,
    stop: &dyn Fn() -> bool,
) -> Result<Vec<Option<Sound>>, MediaError> {
    let mut sounds = vec![None; doubts.len()];
    let Some(mut witness) = hearer.witness() else { return Ok(sounds) };
    let engine = hearer.engine();
    let sample = |at: Millis| (at.0 * u64::from(media::SAMPLE_RATE) / 1000) as usize;
    let opened = decoder.open(path)?;
    let mut blocks = Blocks::new(opened.reader, true);
    let mut waiting = parts(words, doubts).into_iter().peekable();
    // Sound from sample `base` on.
    let (mut kept, mut base): (Vec<f32>, usize) = (Vec::new(), 0);
    while let Some(part) = waiting.peek() {
        let (from, to) = (sample(part.start), sample(part.end));
        let ended = if base + kept.len() >= to {
            false
        } else if let Some(block) = blocks.next() {
            kept.extend(block?.samples);
            let old = from.min(base + kept.len()).saturating_sub(base);
            kept.drain(..old);
            base += old;
            continue;
        } else {
            true
        };
        let samples = kept.get(from.saturating_sub(base)..to.saturating_sub(base).min(kept.len()));
        if let Some(samples) = samples.filter(|samples| !samples.is_empty() && !stop()) {
            let stays: Vec<Vec<(u32, u32)>> = doubts[part.doubts.clone()].iter().map(stays).collect();
            let questions: Vec<Question> = doubts[part.doubts.clone()]
                .iter()
                .zip(&stays)
                .map(|(doubt, stays)| Question {
                    before: text(&words[part.words.start..doubt.words.start]),
                    wordings: wordings(words, doubt, stays),
                    after: text(&words[doubt.words.end..part.words.end]),
                })
                .collect();
            let said = witness.weigh(samples, language, &questions);
            for ((number, sound), said) in (0..).zip(&mut sounds[part.doubts.clone()]).zip(said) {
                *sound = judged(&said, &stays[number], &engine);
            }
        }
        if ended || stop() {
            break;
        }
        waiting.next();
    }
    Ok(sounds)
}

/// Words that would go, and what would come, without punctuation.
pub(crate) type Key = (Range<usize>, String);

pub(crate) fn key(words: &Range<usize>, right: &str) -> Key {
    (words.clone(), NameRule::key(right))
}

/// The program's own repairs that stand and the offers that are open, over [`Archive::repairable`].
fn generation(archive: &Archive, hearing: HearingId, words: &[Repairable]) -> Result<Vec<Found>, Error> {
    let live: HashSet<WordId> = archive.live_words(hearing)?.into_iter().map(|word| word.id).collect();
    let at: HashMap<WordId, usize> = words.iter().zip(0..).map(|(word, at)| (word.live.id, at)).collect();
    let mut found = Vec::new();
    let mut add = |consumes: &[WordId], produces: Vec<Word>, evidence: &str| {
        let Some(start) = consumes.first().and_then(|first| at.get(first).copied()) else { return };
        let words = start..start + consumes.len();
        if consumes.iter().zip(words.clone()).all(|(id, place)| at.get(id) == Some(&place)) {
            found.push(Found { words, produces, evidence: Evidence::read(evidence) });
        }
    };
    for revision in archive.revisions(hearing)? {
        let source = WordSource::Revision(revision.id);
        let mut words = (0..revision.produces.len() as u32).map(|ordinal| WordId { source, ordinal });
        // What a person kept or put back is no longer the program's.
        if revision.author.kind == AuthorKind::Machine && words.all(|word| live.contains(&word)) {
            add(&revision.consumes, revision.produces, &revision.evidence);
        }
    }
    for offer in archive.offers(hearing)?.into_iter().filter(|offer| offer.state == OfferState::Open) {
        add(&offer.consumes, offer.produces, &offer.evidence);
    }
    Ok(found)
}

/// What the sound said of the wordings of the generation that stands.
pub(crate) fn said_before(
    archive: &Archive,
    hearing: HearingId,
    words: &[Repairable],
) -> Result<HashMap<Key, Sound>, Error> {
    let found = generation(archive, hearing, words)?.into_iter();
    let said = found.filter_map(|found| {
        let sound = found.evidence.sound?;
        // As the text alone had it.
        let start = found.words.start.checked_sub(sound.stay.0 as usize)?;
        let whole = start..found.words.end + sound.stay.1 as usize;
        Some((key(&whole, &found.evidence.right), sound))
    });
    Ok(said.collect())
}

/// The archive's form of a generation: what is put in, what is offered.
pub(crate) fn stored(found: Vec<Found>, words: &[Repairable]) -> (Vec<Change>, Vec<NewOffer>) {
    let (mut repairs, mut offers) = (Vec::new(), Vec::new());
    for found in found {
        let done = found.is_done();
        let Found { words: span, produces, evidence } = found;
        let consumes = words[span].iter().map(|word| word.live.id).collect();
        let (text, score) = (evidence.text(), evidence.score.unwrap_or_default());
        if done {
            repairs.push(Change { author: repair::author(), evidence: text, consumes, produces });
        } else {
            offers.push(NewOffer { consumes, produces, evidence: text, score });
        }
    }
    (repairs, offers)
}

/// Makes it due to ask the sound, where there is one and something is in doubt.
pub(crate) fn require(archive: &Archive, episode: &EpisodeEntry) -> Result<(), Error> {
    let Some(hearing) = &episode.hearing else { return Ok(()) };
    // What a text from elsewhere was made from nobody knows, and without the sound nobody can be asked.
    let kept = episode.recording.as_ref().is_some_and(|recording| recording.blob.is_some());
    let understood = hearing.language.as_deref().is_some_and(|language| language.starts_with("en"));
    if !kept || !understood || hearing.origin != Origin::Heard {
        return Ok(());
    }
    let words = archive.repairable(hearing.id)?;
    let mut input = blake3::Hasher::new();
    let mut open = false;
    for found in generation(archive, hearing.id, &words)? {
        if found.evidence.sound.is_none() && found.standing().is_doubtful() {
            open = true;
            let consumes: Vec<WordId> = words[found.words].iter().map(|word| word.live.id).collect();
            let wanted = serde_json::to_string(&(consumes, &found.evidence.right)).unwrap_or_default();
            input.update(wanted.as_bytes());
        }
    }
    if open {
        let input = input.finalize().to_hex().to_string();
        archive.require(episode.episode.id, &Stage::WITNESS, &input, Priority::Newest)?;
    }
    Ok(())
}

/// The stage `witness`.
pub(crate) fn ask(
    archive: &Archive,
    claim: &Claim,
    options: &Options,
    hearer: &dyn Hearer,
    stop: &AtomicBool,
    episode: &EpisodeEntry,
) -> Result<Repaired, Ended> {
    let hearing = episode.hearing.as_ref().filter(|hearing| hearing.complete);
    let Some(hearing) = hearing.filter(|hearing| hearing.origin == Origin::Heard) else {
        // Another text is shown since the work became due.
        archive.finish(claim, TOOL)?;
        return Ok(Repaired::default());
    };
    let language = hearing.language.clone().unwrap_or_default();
    let stopping = || stop.load(Ordering::Relaxed);
    let mut known: HashMap<Key, Option<Sound>> = HashMap::new();
    for _ in 0..repair::READS {
        let base = archive.repairable(hearing.id)?;
        let words: Vec<Word> = base.iter().map(|word| word.live.word.clone()).collect();
        let mut found = generation(archive, hearing.id, &base)?;
        found.sort_by_key(|found| (found.words.start, found.words.end));
        let own = |found: &Found| key(&found.words, &found.evidence.right);
        let unasked = |found: &&Found| {
            found.evidence.sound.is_none()
                && found.standing().is_doubtful()
                && !known.contains_key(&own(found))
        };
        let asked: Vec<&Found> = found.iter().filter(unasked).take(MOST_DOUBTS).collect();
        if !asked.is_empty() {
            let keys: Vec<Key> = asked.iter().map(|found| own(found)).collect();
            let doubts: Vec<Doubt> = asked.iter().map(|found| found.doubt()).collect();
            let (recording, path) = sound_of(archive, episode)?;
            let sounds = weigh(&options.decoder, &path, &words, &doubts, &language, hearer, &stopping)
                .map_err(|error| media_trouble(archive, recording, &error))?;
            known.extend(keys.into_iter().zip(sounds));
        }
        if stopping() {
            return Err(Ended::Stopped);
        }
        for found in &mut found {
            if let Some(Some(sound)) = known.get(&own(found)).filter(|_| found.evidence.sound.is_none()) {
                found.take(&words, sound.clone());
            }
        }
        let (repairs, offers) = stored(found, &base);
        match archive.store_repairs(claim, hearing.id, TOOL, &repairs, &offers) {
            // A person was faster.
            Err(Error::Conflict) => {}
            done => return Ok(done?),
        }
    }
    Err(Ended::Failed { reason: "its words are being changed all the time".into(), again: true })
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Timing;

    fn words(count: u64) -> Vec<Word> {
        let word = |at: u64| Word {
            text: format!("w{at}"),
            // A word a second, with a longer pause after every tenth.
            start: Millis(at * 1000 + if at.is_multiple_of(10) { 300 } else { 0 }),
            end: Millis(at * 1000 + 900),
            confidence: 0.9,
            joined: false,
            timing: Timing::Measured,
        };
        (0..count).map(word).collect()
    }

    fn doubt(at: usize) -> Doubt {
        Doubt { words: at..at + 1, wording: "x".into() }
    }

    #[test]
    fn doubts_near_each_other_share_a_clip_that_is_cut_at_pauses() {
        let words = words(100);
        let doubts = [doubt(0), doubt(45), doubt(50), doubt(99)];
        let parts = parts(&words, &doubts);
        let cut: Vec<_> = parts.iter().map(|part| (part.words.clone(), part.doubts.clone())).collect();
        assert_eq!(cut, [(0..8, 0..1), (40..58, 1..3), (90..100, 3..4)]);
        for part in &parts {
            assert!(part.end.since(part.start) <= Millis(30_000), "{part:?}");
        }
        assert_eq!(super::parts(&words, &[]), []);
    }

    #[test]
    fn words_that_the_sound_holds_stay() {
        let words = words(6);
        let doubt = Doubt { words: 1..4, wording: "Dashiell".into() };
        let stays = stays(&doubt);
        assert_eq!(stays, [(0, 0), (1, 0), (0, 1), (2, 0), (0, 2)]);
        let wordings = wordings(&words, &doubt, &stays);
        assert_eq!(wordings[0], "w1 w2 w3");
        assert_eq!(wordings[3].split_whitespace().collect::<Vec<_>>(), ["Dashiell", "w3"]);
        let said = |sound| Testimony { tokens: 4, sound, habit: -10.0, ..Testimony::default() };
        let judge = |sounds: &[f32]| {
            let said: Vec<Testimony> = sounds.iter().map(|sound| said(*sound)).collect();
            judged(&said, &stays, "test").unwrap()
        };
        assert_eq!(judge(&[-8.0, -20.0, -6.0, -19.0, -30.0, -30.0]).stay, (1, 0));
        assert_eq!(judge(&[-8.0, -7.0, -6.0, -19.0, -30.0, -30.0]).stay, (0, 0), "not by a hair");
        let sound = judge(&[-8.0, -20.0, -6.0, -19.0, -30.0, -30.0]);
        assert!((sound.margin - 0.5).abs() < 1e-6);
        let evidence = Evidence { right: "Dashiell".into(), ..Evidence::default() };
        let mut found = Found { words: 1..4, produces: Vec::new(), evidence };
        found.take(&words, sound);
        assert_eq!((found.words.clone(), found.evidence.heard.as_str()), (2..4, "w2 w3"));
        assert_eq!(text(&found.produces), "Dashiell");
        assert!(judged(&[], &stays, "test").is_none());
    }

    #[test]
    fn the_sound_decides_only_what_is_in_doubt() {
        let sound = |margin| Sound { margin, by: "test".into(), stay: (0, 0) };
        let standing = |done, score, held| Standing { done, score, held };
        for (standing, margin, expected) in [
            (standing(false, 0.5, false), ENOUGH / SOUND_COUNTS + 0.1, true),
            (standing(false, 0.5, false), ENOUGH / SOUND_COUNTS - 0.1, false),
            (standing(false, 0.85, false), 0.0, true),
            (standing(false, 0.85, false), -0.8, false),
            (standing(false, 0.5, true), 9.0, false),
            (standing(false, 0.1, false), 9.0, false),
            (standing(true, 0.95, false), -CONTRADICTS - 0.1, false),
            (standing(true, 0.95, false), -CONTRADICTS + 0.1, true),
            (standing(true, 1.0, false), -9.0, true),
        ] {
            assert_eq!(standing.is_done(Some(&sound(margin))), expected, "{margin}");
            assert_eq!(standing.is_done(None), standing.done);
        }
    }
}
