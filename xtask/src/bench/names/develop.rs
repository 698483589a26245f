//! The calls that are learnt from, judged by themselves: each by what was learnt on others of them. By this, settings are chosen and
//! engines improved; the other calls are only reported on.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use names::{FormKind, Known, Layer, Rank, Settings, Speech};
use pronounce::{Distance, Phones, Pronouncer};

use super::lessons::{self, Call, Condition};
use super::measure::{Change, Figures, Pieces, changes, measure, wrong};
use super::{CURVE, Judged, plain};
use crate::train::names::{Course, Lesson};

/// Prints figures over the probability from which on is repaired, and why names stay wrong.
///
/// # Errors
/// The data cannot be read.
pub fn run(place: &super::Place, speech: &Speech, show: bool) -> anyhow::Result<()> {
    let half = lessons::halves(&place.data)?;
    let lessons: Vec<Lesson> =
        lessons::all(&place.data, speech)?.into_iter().filter(|lesson| half(lesson) == 0).collect();
    let course = Course::new(&lessons, speech);
    let calls = lessons::calls(&place.data)?;
    let others = Arc::new(Layer::background(lessons::distractors(&place.data)?, speech));
    let settings = course.settings();
    println!("{settings:?}");
    let judged: Vec<(Judged, &Call, Pieces)> = course
        .reads
        .iter()
        .zip(&course.scores)
        .filter(|(read, _)| read.lesson.counts)
        .filter_map(|(read, scores)| {
            let call = calls.iter().find(|call| call.id == read.lesson.group)?;
            let pieces = Pieces::new(&read.lesson.words, call.said.len(), &read.lesson.truth.aligned);
            Some((Judged { read, scores: scores.clone(), half: 0, settings }, call, pieces))
        })
        .collect();
    for repair_at in CURVE.into_iter().chain([settings.repair_at]) {
        let mut total = Figures::default();
        for (judged, call, pieces) in &judged {
            let outcome = judged.outcome(&Settings { repair_at, ..settings });
            total.listed += outcome.repairs.iter().filter(|repair| judged.read.is_right(repair)).count();
            total.add(&measure(call, &judged.read.lesson.words, pieces, &changes(&outcome), &mut |line| {
                if show && repair_at == settings.repair_at {
                    println!("{line}");
                }
            }));
        }
        println!("{repair_at}: {}", total.cells());
    }
    let mut why: BTreeMap<String, usize> = BTreeMap::new();
    for (judged, call, pieces) in &judged {
        let known = lessons::known(call, Condition::Alone, &others, speech);
        classify(judged, call, pieces, &known, speech, &mut |class, line| {
            if show {
                println!("WHY {class}: {line}");
            }
            *why.entry(class).or_default() += 1;
        });
    }
    for (class, count) in why {
        println!("{count:6} words still wrong: {class}");
    }
    Ok(())
}

/// Tells why each word of a person's name that is still wrong is so.
fn classify(
    judged: &Judged,
    call: &Call,
    pieces: &Pieces,
    known: &Known,
    speech: &Speech,
    tell: &mut dyn FnMut(String, String),
) {
    let words = &judged.read.lesson.words;
    let [repairs, offers] = changes(&judged.outcome(&judged.settings));
    let sounds = Sounds::new(call);
    wrong(call, pieces, &repairs, &mut |at, piece, gap| {
        let said = &call.said[at].plain;
        let around = &call.said[at.saturating_sub(4)..(at + 4).min(call.said.len())];
        let around: Vec<&str> = around.iter().map(|said| said.plain.as_str()).collect();
        let heard: Vec<&str> = words[piece.clone()].iter().map(|word| word.text.as_str()).collect();
        let line = format!("{} *{said}* {} | {}", call.id, around.join(" "), heard.join(" "));
        if !sounds.forms.iter().any(|(form, _)| form.contains(said)) {
            let spelt = known.homophone(said, speech).is_some();
            let class = if spelt { "a spelt otherwise in the list" } else { "a not in the list" };
            return tell(class.into(), line);
        }
        let has = |text: &[String]| text.iter().flat_map(|word| plain(word)).any(|word| word == *said);
        let inside = |range: &Range<usize>| range.start >= piece.start && range.end <= piece.end;
        let right = judged.read.candidates.iter().zip(&judged.read.labels).zip(&judged.scores);
        let best = right
            .filter(|((candidate, label), _)| **label && inside(&candidate.words) && has(&candidate.text))
            .map(|((candidate, _), score)| (*score, &candidate.words))
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let class = match best {
            Some((score, _)) if score >= judged.settings.repair_at => {
                "d certain, but something else was".into()
            }
            Some((score, range)) => {
                let offered = |offer: &Change| offer.words == *range && has(&offer.text);
                let tenths = (score * 5.0).floor() / 5.0;
                let what = if offers.iter().any(offered) { "d offered" } else { "c scored too low" };
                format!("{what}, from {tenths:.1}")
            }
            None if gap.is_empty() => "b nothing was heard there".into(),
            None => {
                let heard: Vec<String> = words[gap]
                    .iter()
                    .map(|word| plain(&word.text).concat())
                    .filter(|word| !word.is_empty())
                    .collect();
                let evidence = sounds.evidence(&heard, said);
                let bin = if evidence < -1.0 {
                    "against it"
                } else if evidence < 5.0 {
                    "up to 5 nats for it"
                } else {
                    "5 nats and more for it"
                };
                format!("b no candidate, sounds {bin}")
            }
        };
        tell(class, line);
    });
}

/// How the forms of a call's participants sound.
struct Sounds {
    pronouncer: Pronouncer,
    distance: Distance,
    /// Plain words, and the ways to say them.
    forms: Vec<(Vec<String>, Vec<Phones>)>,
}

impl Sounds {
    fn new(call: &Call) -> Self {
        const WAYS: usize = 4;
        let pronouncer = Pronouncer::new();
        let forms = lessons::names_of(&call.participants, Rank::Episode, "participants.txt")
            .iter()
            .flat_map(names::forms)
            .filter(|form| form.what != FormKind::Initials)
            .map(|form| {
                let words = plain(&form.text);
                let texts: Vec<&str> = words.iter().map(String::as_str).collect();
                let ways = pronouncer.phrase(&texts).into_iter().take(WAYS).map(|way| way.phones).collect();
                (words, ways)
            })
            .collect();
        Self { pronouncer, distance: Distance::new(), forms }
    }

    /// The most evidence, in nats, that some of these words were heard for a form with the word `said`.
    fn evidence(&self, heard: &[String], said: &String) -> f32 {
        const MOST_WORDS: usize = 4;
        let mut best = f32::NEG_INFINITY;
        for start in 0..heard.len() {
            for end in start + 1..=(start + MOST_WORDS).min(heard.len()) {
                let texts: Vec<&str> = heard[start..end].iter().map(String::as_str).collect();
                let Some(span) = self.pronouncer.phrase(&texts).into_iter().next() else { continue };
                for way in
                    self.forms.iter().filter(|(form, _)| form.contains(said)).flat_map(|(_, ways)| ways)
                {
                    best = best.max(self.distance.evidence(way, &span.phones));
                }
            }
        }
        best
    }
}
