//! Transcripts with what was really said: calls as recognisers heard them, and transcripts that people wrote.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use names::{Heard, Known, Layer, Name, Rank, Source, Speech};

use super::alignment::align;
use super::plain;
use crate::earnings;
use crate::train::names::{Lesson, Truth};

/// A word of the reference.
pub struct Said {
    /// As [`plain`] leaves it.
    pub plain: String,
    /// The mention of a person that it belongs to.
    pub person: Option<u32>,
}

/// One call, its reference in plain words.
pub struct Call {
    pub id: String,
    pub said: Vec<Said>,
    /// In the order of [`earnings::RECOGNISERS`].
    pub heard: Vec<Vec<Heard>>,
    /// The file of participants: a line a person, `Name - role`.
    pub participants: String,
}

/// Reads all calls.
///
/// # Errors
/// They are not there, or not as they were.
pub fn calls(data: &Path) -> anyhow::Result<Vec<Call>> {
    let calls = earnings::calls(data)?.context("Earnings-21 does not lie beside the project")?;
    let call = |call: earnings::Call| {
        let words = |(token, person): &(String, Option<u32>)| {
            let person = *person;
            plain(token).into_iter().map(move |plain| Said { plain, person })
        };
        let said = call.said.iter().flat_map(words).collect();
        Call { id: call.id, said, heard: call.heard, participants: call.participants }
    };
    Ok(calls.into_iter().map(call).collect())
}

/// Where the names are known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Participants as the episode's names, ten thousand others in the archive's glossary.
    Main,
    /// Participants as the episode's names, nobody else.
    Alone,
    /// Participants in the archive's glossary only, among ten thousand others.
    Archive,
    /// The surnames of participants alone in the archive's glossary, among ten thousand others. Only learnt from: many glossaries hold
    /// single words.
    Surnames,
}

/// The names of a file with a line each: `Name - role`.
pub fn names_of(text: &str, rank: Rank, file: &str) -> Vec<Name> {
    let (names, _) = names::read_list(text.as_bytes(), file, rank);
    names
}

/// Ten thousand people who are in none of the recordings.
///
/// # Errors
/// The file is missing.
pub fn distractors(data: &Path) -> anyhow::Result<Vec<Name>> {
    let path = data.join("distractor-names.txt");
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(names_of(&text, Rank::ArchiveGlossary, "distractor-names.txt"))
}

/// What is known of names when a call is repaired.
pub fn known(call: &Call, condition: Condition, others: &Arc<Layer>, speech: &Speech) -> Known {
    let far = matches!(condition, Condition::Archive | Condition::Surnames);
    let rank = if far { Rank::ArchiveGlossary } else { Rank::Episode };
    let mut names = names_of(&call.participants, rank, "participants.txt");
    if condition == Condition::Surnames {
        for name in &mut names {
            name.spelling = name.spelling.split(' ').next_back().unwrap_or_default().to_owned();
            name.role = None;
        }
    }
    let own = match condition {
        Condition::Archive | Condition::Surnames => Layer::background(names, speech),
        Condition::Main | Condition::Alone => Layer::expected(names, speech),
    };
    let mut layers = vec![Arc::new(own)];
    if condition != Condition::Alone {
        layers.push(others.clone());
    }
    Known::new(layers)
}

/// Every so manieth transcript that people wrote is learnt from.
const PEOPLE_STEP: usize = 16;

/// All that is learnt from: every call as each recogniser heard it, with its participants expected and others in the glossary; as
/// some heard it also with its participants in the glossary only; transcripts that people wrote.
///
/// # Errors
/// Something is missing.
pub fn all(data: &Path, speech: &Speech) -> anyhow::Result<Vec<Lesson>> {
    let others = Arc::new(Layer::background(distractors(data)?, speech));
    let mut lessons = Vec::new();
    for call in &calls(data)? {
        let main = known(call, Condition::Main, &others, speech);
        for words in &call.heard {
            lessons.push(Lesson { counts: true, ..of_call(call, words, main.clone(), &main, speech) });
        }
        let archive = known(call, Condition::Archive, &others, speech);
        for words in call.heard.iter().take(2) {
            lessons.push(of_call(call, words, archive.clone(), &main, speech));
        }
        let surnames = known(call, Condition::Surnames, &others, speech);
        for words in call.heard.iter().skip(2).take(2) {
            lessons.push(of_call(call, words, surnames.clone(), &main, speech));
        }
    }
    for (show, file) in human_files(data)?.iter().step_by(PEOPLE_STEP) {
        lessons.push(of_people(show, file, &others, speech)?);
    }
    Ok(lessons)
}

/// The half that a lesson belongs to: calls, and shows, alternate in the order of their names.
///
/// # Errors
/// A folder cannot be listed.
pub fn halves(data: &Path) -> anyhow::Result<impl Fn(&Lesson) -> usize + Sync + use<>> {
    let mut groups = Vec::new();
    for folder in ["earnings21", "human-transcripts"] {
        let root = data.join(folder);
        let entries = std::fs::read_dir(&root).with_context(|| format!("cannot list {}", root.display()))?;
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.ok().filter(|entry| entry.path().is_dir()))
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        groups.push(names);
    }
    Ok(move |lesson: &Lesson| {
        groups.iter().find_map(|groups| groups.iter().position(|group| *group == lesson.group)).unwrap_or(0)
            % 2
    })
}

/// One call as one recogniser heard it.
pub fn of_call(call: &Call, words: &[Heard], known: Known, listed: &Known, speech: &Speech) -> Lesson {
    let said: Vec<&str> = call.said.iter().map(|said| said.plain.as_str()).collect();
    let parts: Vec<(usize, String)> = words
        .iter()
        .enumerate()
        .flat_map(|(at, word)| plain(&word.text).into_iter().map(move |part| (at, part)))
        .collect();
    let texts: Vec<&str> = parts.iter().map(|(_, part)| part.as_str()).collect();
    let found = align(&said, &texts);
    let mut aligned = vec![None; words.len()];
    for (place, (at, _)) in parts.iter().enumerate() {
        aligned[*at] = found.back[place];
    }
    let names = named(&aligned, call);
    Lesson {
        human: false,
        counts: false,
        group: call.id.clone(),
        words: words.to_vec(),
        known,
        truth: Truth { said: spelt_as_listed(call, listed, speech), aligned, names },
    }
}

/// The reference with the names of people spelt as in the list where they sound the same: the list is the authority for spelling, and the
/// reference writes one person in several ways. Only for learning; figures are taken from the reference as it is.
fn spelt_as_listed(call: &Call, listed: &Known, speech: &Speech) -> Vec<String> {
    call.said
        .iter()
        .map(|said| {
            let listed = said.person.and_then(|_| listed.homophone(&said.plain, speech));
            listed.and_then(|listed| plain(&listed).into_iter().next()).unwrap_or_else(|| said.plain.clone())
        })
        .collect()
}

/// Which heard words stand where a person is named in the reference.
fn named(aligned: &[Option<usize>], call: &Call) -> Vec<bool> {
    let mut out = vec![false; aligned.len()];
    let mut at = 0;
    while at < aligned.len() {
        if let Some(said) = aligned[at] {
            out[at] = call.said[said].person.is_some();
            at += 1;
            continue;
        }
        let end = (at..aligned.len()).find(|at| aligned[*at].is_some()).unwrap_or(aligned.len());
        let from = at.checked_sub(1).and_then(|before| aligned[before]).map_or(0, |said| said + 1);
        let to = aligned.get(end).copied().flatten().unwrap_or(call.said.len());
        let persons: Vec<bool> =
            call.said[from..to.max(from)].iter().map(|said| said.person.is_some()).collect();
        // The words of the reference are spread evenly over those heard.
        for (place, named) in out[at..end].iter_mut().enumerate() {
            *named = persons.get(place * persons.len() / (end - at)) == Some(&true);
        }
        at = end;
    }
    out
}

/// The transcripts that people wrote: the show, and the file.
///
/// # Errors
/// A folder cannot be listed.
pub fn human_files(data: &Path) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let root = data.join("human-transcripts");
    let mut files = Vec::new();
    for show in std::fs::read_dir(&root).with_context(|| format!("cannot list {}", root.display()))? {
        let show = show?;
        for file in std::fs::read_dir(show.path())? {
            files.push((show.file_name().to_string_lossy().into_owned(), file?.path()));
        }
    }
    files.sort();
    Ok(files)
}

/// A transcript that people wrote, as if it had been heard without an error; its speakers are the episode's names.
///
/// # Errors
/// The file cannot be read.
pub fn of_people(show: &str, file: &Path, others: &Arc<Layer>, speech: &Speech) -> anyhow::Result<Lesson> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut speakers = BTreeSet::new();
    let mut words = Vec::new();
    for line in text.lines() {
        let spoken = match line.strip_prefix("**").and_then(|line| line.split_once(":**")) {
            Some((speaker, spoken)) => {
                speakers.insert(speaker.trim().to_owned());
                spoken
            }
            None => line,
        };
        // What people add in brackets was not said.
        let mut aside = false;
        for word in spoken.split_whitespace() {
            aside |= word.starts_with("\\[") || word.starts_with('[');
            if !aside && !plain(word).is_empty() {
                words.push(Heard { text: word.to_owned(), ..Heard::default() });
            }
            aside &= !word.contains(']');
        }
    }
    let source = |line| Source { rank: Rank::Episode, cite: format!("speakers, line {line}"), date: None };
    let names: Vec<Name> =
        (1..).zip(&speakers).map(|(line, name)| Name::new(name.as_str(), source(line))).collect();
    let parts: BTreeSet<String> = speakers.iter().flat_map(|name| plain(name)).collect();
    let named = words
        .iter()
        .map(|word| {
            word.text.starts_with(char::is_uppercase)
                && plain(&word.text).iter().any(|part| parts.contains(part))
        })
        .collect();
    let mut said = Vec::new();
    let mut aligned = Vec::new();
    for word in &words {
        aligned.push(Some(said.len()));
        said.extend(plain(&word.text));
    }
    let known = Known::new(vec![Arc::new(Layer::expected(names, speech)), others.clone()]);
    Ok(Lesson {
        human: true,
        counts: false,
        group: show.to_owned(),
        words,
        known,
        truth: Truth { said, aligned, names: named },
    })
}
