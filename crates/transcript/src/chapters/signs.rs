//! What beside the words speaks for a new chapter: music, pauses, new voices, phrases that announce one.

use super::terms::{Terms, Tongue};
use model::{StretchKind, Transcript};
use std::collections::HashSet;

/// Evidence, in natural logarithms: by judgement, each far less than what a change of subject weighs in the words.
const MUSIC: f64 = 8.0;
const SECOND_OF_PAUSE: f64 = 1.5;
const LONGEST_PAUSE: f64 = 4.0;
const PHRASE: f64 = 6.0;
const PARAGRAPH: f64 = 2.0;
const NEW_VOICE: f64 = 4.0;

/// Shortest music that counts, in milliseconds.
const JINGLE: u64 = 1_500;
/// Words within which a voice must not have spoken to be new.
const SILENT_FOR: usize = 500;
/// Words of a unit in which a phrase that announces something is looked for.
const BEGIN: usize = 14;

/// English phrases that begin something new.
const PHRASES: [&str; 26] = [
    "let's turn to",
    "let's move on",
    "let's talk about",
    "let's get into",
    "let's switch",
    "let's change gears",
    "let's shift",
    "let us turn",
    "moving on",
    "next up",
    "up next",
    "welcome back",
    "we're back",
    "and we are back",
    "our next",
    "my next question",
    "the next question",
    "turning to",
    "in other news",
    "coming up",
    "another topic",
    "on another note",
    "before we go",
    "to wrap up",
    "that's it for",
    "after the break",
];

/// How much speaks for a new chapter at each unit.
pub(super) fn bonus(transcript: &Transcript, terms: &Terms) -> Vec<f64> {
    let Transcript { words, stretches, turns, paragraphs, .. } = transcript;
    let turn_starts: HashSet<usize> = turns.iter().map(|turn| turn.first as usize).collect();
    let breaks: HashSet<usize> = paragraphs.iter().map(|first| *first as usize).collect();
    let new_voices = new_voices(transcript);
    let mut music = stretches
        .iter()
        .filter(|own| own.kind == StretchKind::Music && own.end.since(own.start).0 >= JINGLE)
        .peekable();
    let mut bonus = vec![0.0; terms.units.len()];
    for (unit, value) in terms.units.iter().zip(&mut bonus).skip(1) {
        let (Some(before), Some(word)) = (words.get(unit.first - 1), words.get(unit.first)) else { continue };
        while music.next_if(|own| own.end <= before.start).is_some() {}
        let jingle = music.peek().is_some_and(|own| own.start < word.end && own.end > before.start);
        if jingle {
            *value += MUSIC;
        }
        let pause = word.start.since(before.end).seconds();
        *value += (SECOND_OF_PAUSE * (pause - 1.0).max(0.0)).min(LONGEST_PAUSE);
        if !turn_starts.is_empty() || !breaks.is_empty() {
            let at_break = turn_starts.contains(&unit.first) || breaks.contains(&unit.first);
            *value += if at_break { PARAGRAPH } else { -PARAGRAPH };
        }
        if new_voices.contains(&unit.first) {
            *value += NEW_VOICE;
        }
        let begin =
            words[unit.first..].iter().take(BEGIN).map(|word| Tongue::plain_with_apostrophe(&word.text));
        let begin = begin.collect::<Vec<_>>().join(" ");
        if PHRASES.iter().any(|phrase| begin.contains(phrase)) {
            *value += PHRASE;
        }
    }
    bonus
}

/// First words of turns whose speaker was not heard for long.
fn new_voices(transcript: &Transcript) -> HashSet<usize> {
    let mut last: std::collections::HashMap<&str, usize> = std::collections::HashMap::new();
    let ends =
        transcript.turns.iter().skip(1).map(|turn| turn.first as usize).chain([transcript.words.len()]);
    let mut new = HashSet::new();
    for (turn, end) in transcript.turns.iter().zip(ends) {
        let Some(speaker) = turn.speaker.as_deref() else { continue };
        let first = turn.first as usize;
        let silent = last.get(speaker).is_none_or(|last| first.saturating_sub(*last) >= SILENT_FOR);
        if silent {
            new.insert(first);
        }
        last.insert(speaker, end);
    }
    new
}
