//! How well the words of a person's text are placed in its recording.

use std::ops::Range;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, ensure};
use model::{Millis, Stretch, Timing, Transcript, Word};
use serde_json::json;
use transcript::{About, Aligned, Format, align};

use super::bootstrap::{Random, percentile};
use super::ours::{Quality, Readout};
use super::{Place, busy_remark, corpus, load, machine};

#[derive(clap::Args)]
pub struct Options {
    /// Hear the recordings again instead of taking what an earlier run heard
    #[arg(long)]
    again: bool,
    /// Leave docs/benchmarks.md as it is
    #[arg(long)]
    dry: bool,
}

/// A recording that was heard, and the text of it that people wrote.
struct Set {
    name: &'static str,
    parts: Vec<Part>,
}

/// One recording of a set.
struct Part {
    /// Paragraphs of the text: each an utterance or a turn whose time is known.
    paragraphs: Vec<Paragraph>,
    heard: Vec<Word>,
    stretches: Vec<Stretch>,
    length: Millis,
}

struct Paragraph {
    text: String,
    /// Where it is in the sound, in milliseconds.
    known: Range<u64>,
}

/// How far outside of its paragraph's known time a word may begin, in milliseconds: the times of the references are
/// those of files that were joined, with their silence.
const MARGIN: u64 = 250;

/// Hears what was not heard before, aligns, compares.
///
/// # Errors
/// The program fails, or there is nothing to measure with.
pub fn run(place: &Place, options: &Options) -> anyhow::Result<()> {
    let started = load();
    let mut rows = Vec::new();
    let mut figures = Vec::new();
    for set in sets(place, options.again)? {
        let measured = measure(&set);
        rows.push(measured.0);
        figures.push(measured.1);
    }
    if let Some((row, figure)) = ten_hours(place)? {
        rows.push(row);
        figures.push(figure);
    }
    let page = format!(
        "{}{} The recogniser is Whisper base, int8, greedy. *Placed*: words that have a time, found or estimated; *found*: with \
         a counterpart among the words heard. *In its paragraph*: words that begin within the known time of the utterance \
         (LibriSpeech, sample) or turn (podcasts) that they belong to, ±{MARGIN} ms. *Own words*: how far the starts of words \
         that the recogniser heard the same are from its own, in milliseconds. *A fifth misheard*: the same after every fifth word of what was heard \
         was taken away or replaced: starts of all words against the recogniser's own. *Edited text*: every fourth paragraph taken \
         out and every seventh followed by one of another text: words of the rest that are placed, their starts against those \
         of the whole text, and words of the foreign paragraphs that are wrongly given time. Wanted: 99 % placed, 100 ms at the \
         median, 100 times real time.\n\n\
         | set | words | placed % | found % | in its paragraph % | own words: median, 95 % | a fifth misheard: median, 95 % | edited text: placed %, median ms, foreign words given time % | × real time |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n{}",
        machine(),
        busy_remark(started),
        rows.concat()
    );
    place.publish(
        "align",
        options.dry,
        &page,
        &json!({ "machine": machine(), "load": started, "sets": figures }),
    )
}

fn untimed(text: &str) -> Vec<Word> {
    let word = |text: &str| Word {
        text: text.into(),
        start: Millis(0),
        end: Millis(0),
        confidence: 1.0,
        joined: false,
        timing: Timing::Estimated,
    };
    text.split_whitespace().map(word).collect()
}

fn measure(set: &Set) -> (String, serde_json::Value) {
    let mut tally = Tally::default();
    let (mut plain, mut misheard, mut edited) = (Vec::new(), Vec::new(), Vec::new());
    let mut random = Random(7);
    for (index, part) in set.parts.iter().enumerate() {
        let paragraphs: Vec<Vec<Word>> = part.paragraphs.iter().map(|own| untimed(&own.text)).collect();
        let text = paragraphs.concat();
        let begun = Instant::now();
        let aligned = align(&text, &part.heard, &part.stretches);
        tally.spent += begun.elapsed().as_secs_f64();
        tally.length += part.length.seconds();
        tally.words += aligned.speakable;
        tally.found += aligned.found;
        tally.estimated += aligned.estimated;
        let placed = is_placed(&aligned);
        // Lone dashes stand with the words before them.
        let mut own_words = aligned
            .words
            .iter()
            .zip(&placed)
            .map(|(word, placed)| (word, *placed && word.text.contains(char::is_alphanumeric)));
        for paragraph in &part.paragraphs {
            let known = paragraph.known.start.saturating_sub(MARGIN)..paragraph.known.end + MARGIN;
            for (word, placed) in own_words.by_ref().take(paragraph.text.split_whitespace().count()) {
                tally.inside += usize::from(placed && known.contains(&word.start.0));
            }
        }
        plain.extend(against_own(&aligned.words, &part.heard));
        // Fewer words heard, some of them wrongly.
        let mut worse = part.heard.clone();
        worse.retain_mut(|word| {
            let lot = random.unit();
            if lot < 0.1 {
                word.text = "blurred".into();
            }
            !(0.1..0.2).contains(&lot)
        });
        let again = align(&text, &worse, &part.stretches);
        let placed_again = is_placed(&again);
        misheard.extend(differences(&aligned.words, &again.words, |index| {
            aligned.words[index].timing.is_measured() && placed_again[index]
        }));
        // Another edition: paragraphs of another part of the set come in.
        let foreign = untimed(&set.foreign(index));
        let (mut edition, mut from) = (Vec::new(), Vec::new());
        let mut first = 0;
        for (number, paragraph) in paragraphs.iter().enumerate() {
            if number % 4 != 1 {
                edition.extend(paragraph.iter().cloned());
                from.extend((first..first + paragraph.len()).map(Some));
            }
            if number % 7 == 3 {
                let begin = (number * 40) % foreign.len().max(1);
                let piece = foreign.iter().cycle().skip(begin).take(40.min(foreign.len()));
                edition.extend(piece.cloned());
                from.resize(edition.len(), None);
            }
            first += paragraph.len();
        }
        let other = align(&edition, &part.heard, &part.stretches);
        let placed_there = is_placed(&other);
        for (index, from) in from.iter().enumerate() {
            match from {
                None => {
                    tally.foreign += 1;
                    tally.foreign_placed += usize::from(placed_there[index]);
                }
                Some(from) if placed[*from] => {
                    tally.kept += 1;
                    tally.kept_placed += usize::from(placed_there[index]);
                    if placed_there[index] {
                        let (own, whole) = (&other.words[index], &aligned.words[*from]);
                        edited.push(own.start.0.abs_diff(whole.start.0) as f64);
                    }
                }
                Some(_) => {}
            }
        }
    }
    let share = |part: usize, whole: usize| 100.0 * part as f64 / whole.max(1) as f64;
    let percent = |list: &mut Vec<f64>, of: f64| if list.is_empty() { 0.0 } else { percentile(list, of) };
    let figures = json!({
        "set": set.name, "words": tally.words, "found": tally.found, "estimated": tally.estimated,
        "inside": tally.inside, "plain": [percent(&mut plain, 50.0), percent(&mut plain, 95.0)],
        "misheard": [percent(&mut misheard, 50.0), percent(&mut misheard, 95.0)],
        "edited": [percent(&mut edited, 50.0), percent(&mut edited, 95.0)],
        "kept": tally.kept, "kept_placed": tally.kept_placed,
        "foreign": tally.foreign, "foreign_placed": tally.foreign_placed,
        "spent": tally.spent, "length": tally.length,
    });
    let row = format!(
        "| {} | {} | {:.2} | {:.1} | {:.1} | {:.0}, {:.0} | {:.0}, {:.0} | {:.2}, {:.0}, {:.1} | {:.0} |\n",
        set.name,
        tally.words,
        share(tally.found + tally.estimated, tally.words),
        share(tally.found, tally.words),
        share(tally.inside, tally.found + tally.estimated),
        percent(&mut plain, 50.0),
        percent(&mut plain, 95.0),
        percent(&mut misheard, 50.0),
        percent(&mut misheard, 95.0),
        share(tally.kept_placed, tally.kept),
        percent(&mut edited, 50.0),
        share(tally.foreign_placed, tally.foreign),
        tally.length / tally.spent.max(1e-9),
    );
    println!("{row}");
    (row, figures)
}

#[derive(Default)]
struct Tally {
    words: usize,
    found: usize,
    estimated: usize,
    inside: usize,
    kept: usize,
    kept_placed: usize,
    foreign: usize,
    foreign_placed: usize,
    spent: f64,
    length: f64,
}

/// Which words have a place.
fn is_placed(aligned: &Aligned) -> Vec<bool> {
    let mut placed = vec![true; aligned.words.len()];
    for range in &aligned.unplaced {
        placed[range.clone()].fill(false);
    }
    placed
}

/// Differences of starts, in milliseconds, between two alignments of one text.
fn differences<'a>(
    a: &'a [Word],
    b: &'a [Word],
    counts: impl Fn(usize) -> bool + 'a,
) -> impl Iterator<Item = f64> + 'a {
    let each = a.iter().zip(b).enumerate().filter(move |(index, _)| counts(*index));
    each.map(|(_, (a, b))| a.start.0.abs_diff(b.start.0) as f64)
}

/// How far words are from the nearest word that was heard the same, in milliseconds, in reading order.
fn against_own(words: &[Word], heard: &[Word]) -> Vec<f64> {
    let plain = |word: &Word| word.text.to_lowercase().replace(|c: char| !c.is_alphanumeric(), "");
    let mut errors = Vec::new();
    for word in words.iter().filter(|word| word.timing.is_measured()) {
        let near = heard.partition_point(|own| own.start.0 + 3_000 < word.start.0);
        let own = heard[near..].iter().take_while(|own| own.start.0 < word.start.0 + 3_000);
        let same = own.filter(|own| plain(own) == plain(word)).map(|own| own.start.0.abs_diff(word.start.0));
        errors.extend(same.min().map(|error| error as f64));
    }
    errors
}

impl Set {
    /// Text of the part after this one; of a set with one part, a text about nothing in it.
    fn foreign(&self, index: usize) -> String {
        let other = &self.parts[(index + 1) % self.parts.len()];
        if self.parts.len() > 1 {
            return other.paragraphs.iter().map(|own| own.text.as_str()).collect::<Vec<_>>().join(" ");
        }
        "A narrow path went up from the mill to the upper pasture, where the shepherds kept a hut of stone. In \
         summer they cooked cheese there and sold it to people who came from the town with mules; in winter the door \
         was shut with a beam, and nobody went near it before the snow had gone from the northern slope of the hill."
            .into()
    }
}

/// The recordings at hand, heard now or by an earlier run.
fn sets(place: &Place, again: bool) -> anyhow::Result<Vec<Set>> {
    let excerpts = corpus::files_in(&place.data.join("librispeech-excerpts"), "flac")?.unwrap_or_default();
    let podcasts = corpus::files_in(&place.data.join("synthetic-podcasts/audio"), "mp3")?.unwrap_or_default();
    let sample = place.root.join("samples/the-open-line.mp3");
    let all: Vec<&PathBuf> = excerpts.iter().chain(&podcasts).chain([&sample]).collect();
    let heard = heard(place, &all, again)?;
    let (of_excerpts, rest) = heard.split_at(excerpts.len());
    let (of_podcasts, of_sample) = rest.split_at(podcasts.len());
    let mut sets = Vec::new();
    if !excerpts.is_empty() {
        // Five recordings of ten excerpts, the hearings joined as their sound would be, a second apart.
        let parts: anyhow::Result<Vec<Part>> = excerpts
            .chunks(10)
            .zip(of_excerpts.chunks(10))
            .map(|(files, heard)| joined(files, heard))
            .collect();
        sets.push(Set { name: "LibriSpeech, joined", parts: parts? });
    }
    if !podcasts.is_empty() {
        let parts: anyhow::Result<Vec<Part>> =
            podcasts.iter().zip(of_podcasts).map(|(file, heard)| podcast(file, heard)).collect();
        sets.push(Set { name: "synthetic podcasts", parts: parts? });
    }
    let utterances = corpus::sample_utterances(place)?;
    let known = |time: f64| (time * 1000.0) as u64;
    let paragraphs = utterances
        .into_iter()
        .map(|own| Paragraph { known: known(own.start)..known(own.end), text: own.text })
        .collect();
    let heard = of_sample.first().context("the sample was not heard")?;
    sets.push(Set { name: "the sample episode", parts: vec![part(paragraphs, heard)] });
    Ok(sets)
}

fn part(paragraphs: Vec<Paragraph>, heard: &Transcript) -> Part {
    Part {
        paragraphs,
        heard: heard.words.clone(),
        stretches: heard.stretches.clone(),
        length: heard.duration,
    }
}

fn joined(files: &[PathBuf], heard: &[Transcript]) -> anyhow::Result<Part> {
    const PAUSE: u64 = 1_000;
    let mut part =
        Part { paragraphs: Vec::new(), heard: Vec::new(), stretches: Vec::new(), length: Millis(0) };
    for (file, heard) in files.iter().zip(heard) {
        let later = |time: Millis| Millis(time.0 + part.length.0);
        part.heard.extend(heard.words.iter().map(|word| Word {
            start: later(word.start),
            end: later(word.end),
            ..word.clone()
        }));
        part.stretches.extend(heard.stretches.iter().map(|stretch| Stretch {
            start: later(stretch.start),
            end: later(stretch.end),
            ..stretch.clone()
        }));
        let end = later(heard.duration);
        let lines = corpus::read(&file.with_extension("txt"))?;
        let text =
            lines.lines().filter(|line| !line.starts_with("rare words:")).collect::<Vec<_>>().join(" ");
        part.paragraphs.push(Paragraph { text, known: part.length.0..end.0 });
        part.length = Millis(end.0 + PAUSE);
    }
    Ok(part)
}

fn podcast(file: &std::path::Path, heard: &Transcript) -> anyhow::Result<Part> {
    let script = file.with_file_name("").join("../transcripts").join(file.file_stem().unwrap_or_default());
    let lines = corpus::read(&script.with_extension("txt"))?;
    let lines = corpus::spoken_lines(&lines);
    let turns = corpus::turn_lengths(&corpus::read(&script.with_extension("rttm"))?);
    let mut paragraphs = Vec::new();
    let mut now = 0.0;
    for (said, length) in lines.chunk_by(|(before, _), (after, _)| before == after).zip(turns) {
        let text = said.iter().map(|(_, said)| *said).collect::<Vec<_>>().join(" ");
        let end = now + length;
        paragraphs.push(Paragraph { text, known: (now * 1000.0) as u64..(end * 1000.0) as u64 });
        now = end;
    }
    Ok(part(paragraphs, heard))
}

/// What the program hears in files, kept from run to run.
fn heard(place: &Place, files: &[&PathBuf], again: bool) -> anyhow::Result<Vec<Transcript>> {
    let kept = place.work.join("align-heard");
    std::fs::create_dir_all(&kept).with_context(|| format!("cannot make {}", kept.display()))?;
    let name = |file: &PathBuf| file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let path = |file: &PathBuf| kept.join(name(file)).with_extension("readout");
    let missing: Vec<&PathBuf> = files.iter().copied().filter(|file| again || !path(file).exists()).collect();
    if !missing.is_empty() {
        let readout = Readout::prepare(place)?;
        let archive = place.fresh("align-archive")?;
        let named: Vec<_> = missing.iter().map(|file| (name(file), *file)).collect();
        let named: Vec<_> = named.iter().map(|(name, file)| (name.as_str(), file.as_path())).collect();
        readout.store(&archive, &named, Quality::Fast)?;
        for (name, file) in named {
            let transcript = readout.stored(&archive, name)?;
            let text = transcript::export(Format::Readout, &About::default(), &transcript)?;
            std::fs::write(path(&file.to_owned()), text)?;
        }
        std::fs::remove_dir_all(&archive)?;
    }
    let read = |file: &&PathBuf| {
        let (_, transcript) = transcript::import_complete(&corpus::read(&path(file))?)?;
        ensure!(transcript.complete, "{} was not heard to its end", file.display());
        Ok(transcript)
    };
    files.iter().map(read).collect()
}

/// Ten hours of transcripts by people, heard by a made-up recogniser that errs in one word of eight: speed alone.
fn ten_hours(place: &Place) -> anyhow::Result<Option<(String, serde_json::Value)>> {
    const WORDS: usize = 100_000;
    let folder = place.data.join("human-transcripts/gotime");
    let Some(files) = corpus::files_in(&folder, "md")? else { return Ok(None) };
    let mut words = Vec::new();
    for file in files {
        words.extend(untimed(&corpus::read(&file)?));
        if words.len() >= WORDS {
            break;
        }
    }
    words.truncate(WORDS);
    let mut random = Random(3);
    let mut heard = Vec::new();
    for (index, word) in (0..).zip(&words) {
        let lot = random.unit();
        let text = if lot < 0.06 { "blurred".into() } else { word.text.clone() };
        if lot < 0.94 {
            let (start, end) = (Millis(index * 360), Millis(index * 360 + 350));
            heard.push(Word { text, start, end, timing: Timing::Measured, ..word.clone() });
        }
    }
    let begun = Instant::now();
    let aligned = align(&words, &heard, &[]);
    let (spent, length) = (begun.elapsed().as_secs_f64(), words.len() as f64 * 0.36);
    let row = format!(
        "| ten hours, made up | {} | {:.2} | {:.1} | – | – | – | – | {:.0} |\n",
        aligned.speakable,
        100.0 * aligned.placed(),
        100.0 * aligned.share_found(),
        length / spent
    );
    Ok(Some((
        row,
        json!({ "set": "ten hours", "spent": spent, "length": length, "words": aligned.speakable }),
    )))
}
