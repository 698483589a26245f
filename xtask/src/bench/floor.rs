//! The least that must hold on the project's own sample, so that a change that makes hearing worse does not pass.
//!
//! Needs no recordings beside the project and no other program. The bounds are a little worse than what was measured,
//! so that a fall shows and chance does not; raise them when the program gets better.

use anyhow::ensure;
use model::Transcript;

use super::bootstrap::percentile;
use super::corpus::{Utterance, sample_utterances};
use super::ours::{self, Quality, Readout};
use super::score::{Errors, Step, align, by_utterance, plain};
use super::{Place, quiet, sound};

/// Bounds of the two qualities. Word errors are counted on plain words, without Whisper's normaliser: "twelfth" heard as
/// "12" counts, so these figures are higher than those in docs/benchmarks.md.
struct Bounds {
    quality: Quality,
    word_error_percent: f64,
    lost_words: f64,
}

const BOUNDS: [Bounds; 2] = [
    Bounds { quality: Quality::Fast, word_error_percent: 15.5, lost_words: 20.0 },
    Bounds { quality: Quality::Accurate, word_error_percent: 15.0, lost_words: 20.0 },
];
const UNDERSTOOD_PERCENT: f64 = 97.0;
const MEDIAN_MILLIS: f64 = 80.0;
const MOST_MILLIS: f64 = 250.0;
/// Seconds of each sound without speech.
const QUIET_SECONDS: f64 = 20.0;
/// Before this nobody speaks in the sample, and a second after its last word nobody does any more.
const JINGLE_SECONDS: f64 = 6.0;

/// Everything that was checked so far.
#[derive(Default)]
struct Verdict {
    checked: usize,
    failed: usize,
}

impl Verdict {
    fn at_most(&mut self, what: &str, found: f64, bound: f64) {
        self.judge(what, found, "at most", bound, found <= bound);
    }

    fn at_least(&mut self, what: &str, found: f64, bound: f64) {
        self.judge(what, found, "at least", bound, found >= bound);
    }

    fn judge(&mut self, what: &str, found: f64, relation: &str, bound: f64, holds: bool) {
        let mark = if holds { "ok" } else { "FAILED" };
        println!("{mark:<7} {what:<52} {found:>8.2}, {relation} {bound}");
        self.checked += 1;
        self.failed += usize::from(!holds);
    }
}

/// Hears the sample and sounds without speech, and compares with the bounds; returns how much was checked.
///
/// # Errors
/// A bound does not hold, or the program fails.
pub fn run(place: &Place) -> anyhow::Result<usize> {
    let readout = Readout::prepare(place)?;
    let said = sample_utterances(place)?;
    let mut verdict = Verdict::default();
    for bounds in &BOUNDS {
        let file = place.root.join("samples/the-open-line.mp3");
        let (transcript, _) = readout.transcribe(&file, bounds.quality)?;
        judge_sample(&mut verdict, bounds, &said, &transcript);
    }
    let file = place.work.join("floor.wav");
    for (name, samples) in quiet::sounds(QUIET_SECONDS) {
        sound::write_wav(&file, &samples)?;
        let (transcript, _) = readout.transcribe(&file, Quality::Fast)?;
        verdict.at_most(&format!("{name}: words"), transcript.words.len() as f64, 0.0);
    }
    ensure!(verdict.failed == 0, "{} of {} figures do not hold", verdict.failed, verdict.checked);
    Ok(verdict.checked)
}

fn judge_sample(verdict: &mut Verdict, bounds: &Bounds, said: &[Utterance], transcript: &Transcript) {
    let name = |what: &str| format!("sample, {}: {what}", bounds.quality.name());
    let plain_said: Vec<String> = said.iter().map(|utterance| plain(&utterance.text)).collect();
    let errors: Errors = by_utterance(&plain_said, &plain(&ours::text(transcript))).into_iter().sum();
    verdict.at_most(&name("word error %"), 100.0 * errors.rate(), bounds.word_error_percent);
    verdict.at_most(&name("words lost"), errors.deletions as f64, bounds.lost_words);
    verdict.at_least(&name("speech understood, %"), 100.0 * transcript.coverage(), UNDERSTOOD_PERCENT);
    verdict.at_most(&name("gaps"), transcript.gaps().count() as f64, 0.0);
    let last = said.last().map_or(0.0, |utterance| utterance.end);
    let stray = transcript.words.iter().filter(|word| {
        let (start, end) = (word.start.seconds(), word.end.seconds());
        end < JINGLE_SECONDS || start > last + 1.0
    });
    verdict.at_most(&name("words where only music is"), stray.count() as f64, 0.0);
    let (mut starts, mut ends) = ends_of_utterances(said, transcript);
    let enough = said.len() as f64 / 2.0;
    verdict.at_least(&name("utterances whose start was heard"), starts.len() as f64, enough);
    verdict.at_least(&name("utterances whose end was heard"), ends.len() as f64, enough);
    verdict.at_most(&name("start off by ms, median"), percentile(&mut starts, 50.0), MEDIAN_MILLIS);
    verdict.at_most(&name("start off by ms, 95 %"), percentile(&mut starts, 95.0), MOST_MILLIS);
    verdict.at_most(&name("end off by ms, median"), percentile(&mut ends, 50.0), MEDIAN_MILLIS);
    verdict.at_most(&name("end off by ms, 95 %"), percentile(&mut ends, 95.0), MOST_MILLIS);
}

/// How far (ms) utterances start and end from where they should, for those whose first or last word was heard right.
fn ends_of_utterances(said: &[Utterance], transcript: &Transcript) -> (Vec<f64>, Vec<f64>) {
    let mut reference = Vec::new();
    for (index, utterance) in said.iter().enumerate() {
        let words = plain(&utterance.text);
        let count = words.split(' ').count();
        for (place, word) in words.split(' ').enumerate() {
            reference.push((word.to_owned(), index, place == 0, place + 1 == count));
        }
    }
    let mut heard = Vec::new();
    for word in &transcript.words {
        heard.extend(plain(&word.text).split_whitespace().map(|part| (part.to_owned(), word)));
    }
    let texts: (Vec<&str>, Vec<&str>) = (
        reference.iter().map(|word| word.0.as_str()).collect(),
        heard.iter().map(|word| word.0.as_str()).collect(),
    );
    let (mut starts, mut ends) = (Vec::new(), Vec::new());
    let (mut row, mut column) = (0, 0);
    for step in align(&texts.0, &texts.1) {
        if step == Step::Same {
            let ((_, index, first, last), (_, word)) = (&reference[row], &heard[column]);
            if *first {
                starts.push(1000.0 * (word.start.seconds() - said[*index].start).abs());
            }
            if *last {
                ends.push(1000.0 * (word.end.seconds() - said[*index].end).abs());
            }
        }
        row += usize::from(step != Step::Inserted);
        column += usize::from(step != Step::Deleted);
    }
    (starts, ends)
}
