//! The recordings that are measured on, each with the words that were said in it.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use super::Place;
use super::peer::Peer;
use super::sound;

/// Silence between joined excerpts, in seconds.
const PAUSE: f64 = 1.0;

/// One recording and what was said in it.
pub struct Recording {
    pub name: String,
    pub file: PathBuf,
    /// Length in seconds.
    pub seconds: f64,
    /// Time in which somebody speaks, as far as the reference knows.
    pub speech: f64,
    /// What was said, in order, cut into utterances: the units of the bootstrap.
    pub utterances: Vec<String>,
    /// The recording cut in two at a pause, for programs that share it out to two processes.
    pub halves: Option<[PathBuf; 2]>,
}

/// LibriSpeech excerpts joined with pauses, as one recording; `None` where they are not at hand.
pub fn librispeech(place: &Place, peer: &Peer) -> anyhow::Result<Option<Recording>> {
    let Some(excerpts) = librispeech_excerpts(place, peer)? else { return Ok(None) };
    let file = place.work.join("librispeech.wav");
    let mut out = sound::WavWriter::create(&file)?;
    let (mut speech, mut utterances) = (0.0, Vec::new());
    for Excerpt { samples, text } in excerpts {
        speech += samples.len() as f64 / sound::RATE as f64;
        out.write(&samples)?;
        out.write(&sound::silence(PAUSE))?;
        utterances.push(text);
    }
    let seconds = out.seconds();
    out.finish()?;
    Ok(Some(Recording { name: "librispeech".into(), file, seconds, speech, utterances, halves: None }))
}

/// One sentence or two, read aloud.
pub struct Excerpt {
    pub samples: Vec<f32>,
    pub text: String,
}

/// The excerpts one by one; `None` where they are not at hand.
pub fn librispeech_excerpts(place: &Place, peer: &Peer) -> anyhow::Result<Option<Vec<Excerpt>>> {
    let Some(files) = files_in(&place.data.join("librispeech-excerpts"), "flac")? else { return Ok(None) };
    let folder = place.fresh("librispeech")?;
    let wav = |index: usize| folder.join(format!("{index}.wav"));
    let pairs: Vec<_> = files.iter().enumerate().map(|(index, file)| (file.clone(), wav(index))).collect();
    peer.decode(&pairs)?;
    let mut excerpts = Vec::new();
    for (source, target) in pairs {
        let lines = read(&source.with_extension("txt"))?;
        let text =
            lines.lines().filter(|line| !line.starts_with("rare words:")).collect::<Vec<_>>().join(" ");
        excerpts.push(Excerpt { samples: sound::read_wav(&target)?, text });
    }
    Ok(Some(excerpts))
}

/// Podcasts with synthetic voices, their scripts as reference; none where they are not at hand.
pub fn podcasts(place: &Place, peer: &Peer) -> anyhow::Result<Vec<Recording>> {
    let folder = place.data.join("synthetic-podcasts");
    let Some(files) = files_in(&folder.join("audio"), "mp3")? else { return Ok(Vec::new()) };
    let lengths = peer.lengths(&files)?;
    let mut recordings = Vec::new();
    for (file, seconds) in files.into_iter().zip(lengths) {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let script = folder.join("transcripts").join(&name);
        let lines = read(&script.with_extension("txt"))?;
        let lines = spoken_lines(&lines);
        let turns = turn_lengths(&read(&script.with_extension("rttm"))?);
        let changes = lines.chunk_by(|(before, _), (after, _)| before == after).count();
        ensure!(
            changes == turns.len(),
            "{name}: speakers change {changes} times in the script but {} times in the RTTM: one is read wrongly",
            turns.len()
        );
        let utterances = lines.iter().map(|(_, said)| (*said).to_owned()).collect();
        let speech = turns.iter().sum();
        recordings.push(Recording { name, file, seconds, speech, utterances, halves: None });
    }
    Ok(recordings)
}

/// The sample episode of the project.
pub fn sample(place: &Place, peer: &Peer) -> anyhow::Result<Recording> {
    let file = place.root.join("samples/the-open-line.mp3");
    let utterances = sample_utterances(place)?;
    let wav = place.work.join("sample.wav");
    peer.decode(&[(file.clone(), wav.clone())])?;
    let samples = sound::read_wav(&wav)?;
    // Cut at the longest pause of the middle third.
    let third = samples.len() as f64 / sound::RATE as f64 / 3.0;
    let pause = utterances
        .windows(2)
        .filter(|pair| (third..2.0 * third).contains(&pair[0].end))
        .max_by(|a, b| (a[1].start - a[0].end).total_cmp(&(b[1].start - b[0].end)))
        .context("the sample has no pause in its middle")?;
    let cut = ((pause[0].end + pause[1].start) / 2.0 * sound::RATE as f64) as usize;
    let halves = [place.work.join("sample-1.wav"), place.work.join("sample-2.wav")];
    sound::write_wav(&halves[0], &samples[..cut])?;
    sound::write_wav(&halves[1], &samples[cut..])?;
    Ok(Recording {
        name: "the-open-line".into(),
        file,
        seconds: samples.len() as f64 / sound::RATE as f64,
        speech: utterances.iter().map(|utterance| utterance.end - utterance.start).sum(),
        utterances: utterances.into_iter().map(|utterance| utterance.text).collect(),
        halves: Some(halves),
    })
}

/// One sentence of the sample, in seconds from its beginning.
pub struct Utterance {
    pub start: f64,
    pub end: f64,
    pub text: String,
}

pub fn sample_utterances(place: &Place) -> anyhow::Result<Vec<Utterance>> {
    let path = place.root.join("samples/utterances.tsv");
    let text = read(&path)?;
    let parse = |line: &str| {
        let mut fields = line.split('\t');
        let (start, end) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        Some(Utterance { start, end, text: fields.nth(1)?.to_owned() })
    };
    text.lines()
        .skip(1)
        .map(|line| parse(line).with_context(|| format!("{}: '{line}' is no utterance", path.display())))
        .collect()
}

/// Who says what in a script: every line `Name: text` after the first time mark.
pub fn spoken_lines(script: &str) -> Vec<(&str, &str)> {
    let lines =
        script.lines().skip_while(|line| !line.starts_with('[')).filter(|line| !line.starts_with('['));
    lines.filter_map(|line| line.split_once(": ")).map(|(who, said)| (who, said.trim())).collect()
}

/// The turns of a podcast with synthetic voices: from and to in seconds, and what is said, as words in small letters.
/// `script` is the path of its script and RTTM without their endings.
pub fn turns(script: &Path) -> anyhow::Result<Vec<(f64, f64, Vec<String>)>> {
    let lines = read(&script.with_extension("txt"))?;
    let lines = spoken_lines(&lines);
    let lengths = turn_lengths(&read(&script.with_extension("rttm"))?);
    let mut start = 0.0;
    let spoken =
        lines.chunk_by(|(before, _), (after, _)| before == after).zip(lengths).map(|(lines, length)| {
            let text = lines.iter().map(|(_, said)| *said).collect::<Vec<_>>().join(" ").to_lowercase();
            let words =
                text.split(|own: char| !own.is_alphanumeric() && own != '\'').filter(|own| !own.is_empty());
            start += length;
            (start - length, start, words.map(str::to_owned).collect())
        });
    Ok(spoken.collect())
}

/// Seconds of each turn of an RTTM file.
pub fn turn_lengths(rttm: &str) -> Vec<f64> {
    let speakers = rttm.lines().filter(|line| line.starts_with("SPEAKER "));
    speakers.filter_map(|line| line.split(' ').nth(4)?.parse().ok()).collect()
}

/// Files of a folder with an ending, by name; `None` with a message where there is no such folder.
pub fn files_in(folder: &Path, ending: &str) -> anyhow::Result<Option<Vec<PathBuf>>> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        println!("skipped: {} is not here", folder.display());
        return Ok(None);
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|own| own == ending) {
            files.push(path);
        }
    }
    files.sort();
    Ok(Some(files))
}

pub fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Shares recordings out to two processes by length, the longest first: (indices, seconds) of each.
pub fn shared_out(lengths: &[f64]) -> [(Vec<usize>, f64); 2] {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by(|a, b| lengths[*b].total_cmp(&lengths[*a]));
    let mut shares = [(Vec::new(), 0.0), (Vec::new(), 0.0)];
    for index in order {
        let lighter = usize::from(shares[1].1 < shares[0].1);
        shares[lighter].0.push(index);
        shares[lighter].1 += lengths[index];
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_spoken_is_read_from_a_script() {
        let script =
            "# Show — Episode\nHost: Ada\n\n[00:00]\nAda: Hello: and welcome.\n\n[03:00]\nBo: Thanks.\n";
        assert_eq!(spoken_lines(script), [("Ada", "Hello: and welcome."), ("Bo", "Thanks.")]);
        assert_eq!(turn_lengths("SPEAKER a 1 0.000 1.500 <NA> <NA> Ada <NA> <NA>\n"), [1.5]);
    }

    #[test]
    fn shares_are_even() {
        let [(first, a), (second, b)] = shared_out(&[5.0, 4.0, 3.0, 3.0, 2.0, 1.0]);
        assert_eq!((a, b), (9.0, 9.0));
        let mut all = [first, second].concat();
        all.sort_unstable();
        assert_eq!(all, [0, 1, 2, 3, 4, 5]);
    }
}
