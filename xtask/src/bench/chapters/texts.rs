//! Texts whose true boundaries are known: excerpts from the middles of unrelated transcripts, joined.

use crate::bench::bootstrap::Random;
use model::{Millis, Timing, Transcript, Word};
use std::ops::RangeInclusive;

/// A transcript made by people: its paragraphs, without the names of the speakers.
pub struct Source {
    pub show: String,
    pub paragraphs: Vec<String>,
}

/// A joined text. Boundaries are indices of first words of the excerpts but the first.
pub struct Joined {
    pub transcript: Transcript,
    pub boundaries: Vec<usize>,
}

/// Milliseconds from word to word: the texts have no times of their own, so they are given even ones, from which
/// nothing can be learnt.
pub const PACE: u64 = 400;

/// Excerpts of a text.
const EXCERPTS: RangeInclusive<u64> = 5..=10;

/// The paragraphs of a page, without labels of speakers, time marks and marks of Markdown.
pub fn paragraphs(page: &str) -> Vec<String> {
    page.split("\n\n").map(plain).filter(|paragraph| !paragraph.is_empty()).collect()
}

fn plain(paragraph: &str) -> String {
    let text = paragraph.trim();
    let text = match text.strip_prefix("**").and_then(|rest| rest.split_once(":**")) {
        Some((_, said)) => said,
        None => text,
    };
    let mut plain = String::new();
    let mut rest = text;
    while let Some(open) = rest.find(['[', '\\', '*', '_']) {
        plain.push_str(&rest[..open]);
        let mark = &rest[open..];
        // \[laughs\] and \[03:58\] go, [words](address) leaves the words.
        if let Some(end) = mark.starts_with("\\[").then(|| mark.find("\\]")).flatten() {
            rest = &mark[end + 2..];
        } else if let Some((words, after)) = mark
            .strip_prefix('[')
            .and_then(|rest| rest.split_once("]("))
            .filter(|(words, _)| words.len() < 200)
        {
            plain.push_str(words);
            rest = after.split_once(')').map_or("", |(_, after)| after);
        } else {
            rest = &mark[1..];
        }
    }
    plain.push_str(rest);
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Makes texts from sources, each excerpt of a text from another one, of so many words.
pub fn joined(sources: &[Source], texts: usize, words_each: RangeInclusive<u64>, seed: u64) -> Vec<Joined> {
    let mut random = Random(seed);
    let mut within =
        |range: RangeInclusive<u64>| range.start() + random.next() % (range.end() - range.start() + 1);
    let mut made = Vec::new();
    while made.len() < texts {
        let count = within(EXCERPTS);
        let mut used: Vec<usize> = Vec::new();
        let (mut words, mut boundaries) = (Vec::new(), Vec::new());
        while (used.len() as u64) < count {
            let index = within(0..=sources.len() as u64 - 1) as usize;
            if used.contains(&index) {
                continue;
            }
            used.push(index);
            let own = &sources[index].paragraphs;
            // From the middle half, so that nobody is greeted.
            let begin = own.len() / 4 + within(0..=own.len() as u64 / 2) as usize;
            let wanted = within(words_each.clone()) as usize;
            let mut excerpt: Vec<&str> = Vec::new();
            for paragraph in &own[begin.min(own.len())..own.len() * 9 / 10] {
                excerpt.extend(paragraph.split(' '));
                if excerpt.len() >= wanted {
                    break;
                }
            }
            if excerpt.len() < *words_each.start() as usize {
                continue;
            }
            if !words.is_empty() {
                boundaries.push(words.len());
            }
            words.extend(excerpt);
        }
        made.push(Joined { transcript: timed(&words), boundaries });
    }
    made
}

fn timed(words: &[&str]) -> Transcript {
    let word = |(index, text): (u64, &&str)| Word {
        text: (*text).to_owned(),
        start: Millis(index * PACE),
        end: Millis(index * PACE + PACE),
        confidence: 1.0,
        joined: false,
        timing: Timing::Measured,
    };
    Transcript {
        language: Some("en".into()),
        duration: Millis(words.len() as u64 * PACE),
        words: (0..).zip(words).map(word).collect(),
        complete: true,
        ..Transcript::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_said_is_left_of_a_page() {
        let page = "**Ann Lee:** \\[laughs\\] So *this* is [a page](https://example.org/x) of it.\n\n\\[03:58\\] And more.\n\n";
        assert_eq!(paragraphs(page), ["So this is a page of it.", "And more."]);
    }

    #[test]
    fn texts_are_the_same_every_time_and_know_their_boundaries() {
        let source = |name: &str| Source {
            show: name.into(),
            paragraphs: vec![format!("{name} ").repeat(100).trim().to_owned(); 100],
        };
        let sources: Vec<Source> = (0..12).map(|index| source(&format!("word{index}"))).collect();
        let texts = joined(&sources, 3, 300..=1_500, 1);
        for text in &texts {
            let words = &text.transcript.words;
            assert!((4..=9).contains(&text.boundaries.len()));
            assert!(text.boundaries.iter().all(|at| words[*at].text != words[at - 1].text));
            let changes = words.windows(2).filter(|pair| pair[0].text != pair[1].text).count();
            assert_eq!(changes, text.boundaries.len());
        }
        assert_eq!(texts[2].transcript, joined(&sources, 3, 300..=1_500, 1)[2].transcript);
    }
}
