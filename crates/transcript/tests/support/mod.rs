#![expect(dead_code, reason = "each test file uses a part of it")]
//! Transcripts of every kind, and the ways out and in again.

use model::{Cue, Millis, Stretch, StretchKind, Timing, Transcript, Turn, Word};
use proptest::prelude::*;
use transcript::{About, Format, Import, Limits, export, import};

/// Formats that can be read back.
pub const BOTH_WAYS: [Format; 8] = [
    Format::Txt,
    Format::Md,
    Format::Html,
    Format::Srt,
    Format::Vtt,
    Format::Json,
    Format::Ctm,
    Format::Readout,
];

pub fn text(format: Format, about: &About, transcript: &Transcript) -> String {
    String::from_utf8(export(format, about, transcript).expect("it suits the format")).expect("text")
}

pub fn read(bytes: &[u8], name: &str) -> Import {
    import(bytes, name, &Limits::default()).unwrap_or_else(|error| {
        panic!("{name}: {error}: {:?}", String::from_utf8_lossy(&bytes[..bytes.len().min(300)]))
    })
}

/// What holds of every text that was read.
pub fn is_sound(transcript: &Transcript) {
    for pair in transcript.words.windows(2) {
        assert!(pair[0].end <= pair[1].start, "{pair:?}");
    }
    for word in &transcript.words {
        assert!(
            word.start <= word.end && !word.text.is_empty() && !word.text.contains(char::is_whitespace),
            "{word:?}"
        );
        assert!((0.0..=1.0).contains(&word.confidence));
    }
    assert!(transcript.turns.windows(2).all(|pair| pair[0].first < pair[1].first));
    assert!(
        transcript
            .cues
            .windows(2)
            .all(|pair| pair[0].first < pair[1].first && pair[0].start <= pair[1].start)
    );
    assert!(transcript.paragraphs.windows(2).all(|pair| pair[0] < pair[1]));
}

pub fn word_text() -> impl Strategy<Value = String> {
    prop_oneof![
        12 => "[a-zA-Z]{1,12}[.,?!]?",
        2 => "[0-9]{1,4}",
        2 => "[\\u{4e00}-\\u{4e20}\\u{627}-\\u{63a}é。「」]{1,5}",
        2 => "[!-~]{1,10}",
        1 => "[a-z]{40,90}",
        // What importers look for.
        2 => prop::sample::select(vec![
            "Ann:", "12:30", "[00:12:30]", "(1:02)", "-", "–", ">>", "-->", "->", "Note:", "#", "1.", "+", "***", "<v", "<i>", "</p>",
            "&amp;", "{\\an8}", "[music]", "[Music]", "♪", "Title:", "Date:", "2024-04-06", "WEBVTT", "NOTE", "STYLE", "记者：", "你：好",
            "Speaker", "**", "\\", "00:00:01,000", "http://a.b/c:d", "[x](y)", "`", "=", "|", ";;", "Unknown", "speaker:", "From", "7",
        ]).prop_map(str::to_owned),
    ]
}

pub fn name() -> impl Strategy<Value = Option<String>> {
    let names = [
        "Ann Lee",
        "Bob",
        "SPEAKER_01",
        "Speaker 2",
        "Dr. J. van der Berg",
        "Šimić",
        "记者",
        "ann",
        "A: B",
        "Ann (0:12)",
        "12:30 Ann",
        "<b>x</b>",
        "R&D",
        "a * b",
        "Note",
        "-",
        "Title",
        "O'Brien \"Bob\"",
        "x → y",
        "[0:12]",
        "Who?!",
        "a\nb",
        "Unknown speaker",
        "",
    ];
    prop_oneof![4 => prop::sample::select(names.to_vec()).prop_map(|name| Some(name.to_owned())), 1 => Just(None)]
}

/// Words that follow each other, with stretches between.
pub fn any_transcript() -> impl Strategy<Value = Transcript> {
    let step = prop_oneof![8 => 0u64..300, 1 => 300u64..9_000];
    let word = (word_text(), step, 0u64..900, 0.0f32..=1.0, prop::bool::weighted(0.1));
    let stretch = (0u64..40_000, 1u64..20_000, 0usize..4);
    (prop::collection::vec(word, 0..160), prop::collection::vec(stretch, 0..6), any::<bool>()).prop_map(
        |(words, stretches, complete)| {
            let mut now = 0;
            let words: Vec<Word> = words
                .into_iter()
                .map(|(text, pause, length, confidence, joined)| {
                    let (start, end) = (Millis(now + pause), Millis(now + pause + length));
                    now = end.0;
                    Word { text, start, end, confidence, joined, timing: Timing::Measured }
                })
                .collect();
            let mut now = 0;
            let kinds = [StretchKind::Gap, StretchKind::Music, StretchKind::Silence, StretchKind::Noise];
            let stretches = stretches
                .into_iter()
                .map(|(pause, length, kind)| {
                    let (start, end) = (Millis(now + pause), Millis(now + pause + length));
                    now = end.0;
                    Stretch { start, end, kind: kinds[kind], reason: "r".repeat(kind) }
                })
                .collect();
            Transcript { words, stretches, complete, duration: Millis(now), ..Transcript::default() }
        },
    )
}

/// Which of the times of a transcript a source states.
#[derive(Clone, Copy, Debug)]
pub enum Known {
    All,
    Most,
    Begins,
    None,
}

/// The same with speakers, paragraphs, captions, and times that are known in part or not at all.
pub fn rich_transcript() -> impl Strategy<Value = Transcript> {
    let known = prop::sample::select(vec![Known::All, Known::All, Known::Most, Known::Begins, Known::None]);
    let turns = prop::collection::vec((0usize..200, name()), 0..8);
    let marks = prop::collection::vec(0usize..200, 0..12);
    let cues = prop::collection::vec(1usize..9, 0..60);
    let about = (any::<bool>(), any::<bool>(), any::<bool>());
    (any_transcript(), known, turns, marks, cues, about, any::<prop::sample::Index>()).prop_map(
        |(mut transcript, known, turns, marks, cues, (has_paragraphs, has_cues, partial), seed)| {
            let count = transcript.words.len();
            let mut turns: Vec<(usize, Option<String>)> =
                turns.into_iter().filter(|(at, _)| *at < count).collect();
            turns.sort_by_key(|(at, _)| *at);
            turns.dedup_by_key(|(at, _)| *at);
            transcript.turns =
                turns.into_iter().map(|(at, speaker)| Turn { first: at as u32, speaker }).collect();
            if has_paragraphs && count > 0 {
                transcript.paragraphs =
                    marks.into_iter().filter(|at| *at < count).map(|at| at as u32).chain([0]).collect();
                transcript.paragraphs.sort_unstable();
                transcript.paragraphs.dedup();
            }
            match known {
                Known::All => {}
                Known::Most => {
                    for (at, word) in transcript.words.iter_mut().enumerate() {
                        if (at + seed.index(7)) % 5 == 0 {
                            word.timing = Timing::Estimated;
                        }
                    }
                }
                Known::Begins => {
                    let firsts: Vec<u32> = transcript.paragraphs.clone();
                    for (at, word) in transcript.words.iter_mut().enumerate() {
                        let begins = firsts.contains(&(at as u32)) || at % 17 == 3;
                        word.timing = if begins { Timing::Begin } else { Timing::Estimated };
                    }
                }
                Known::None => {
                    transcript.stretches.clear();
                    transcript.duration = Millis(0);
                    for word in &mut transcript.words {
                        (word.start, word.end, word.timing) = (Millis(0), Millis(0), Timing::Estimated);
                    }
                }
            }
            if has_cues && !matches!(known, Known::None) {
                let mut first = 0;
                for length in cues {
                    if first >= count {
                        break;
                    }
                    let last = (first + length).min(count) - 1;
                    let (start, end) = (transcript.words[first].start, transcript.words[last].end);
                    transcript.cues.push(Cue { first: first as u32, start, end });
                    if !matches!(known, Known::All) {
                        transcript.words[first].timing = Timing::Begin;
                    }
                    first += length;
                }
            }
            transcript.partial = partial.then(|| "it ends early".to_owned());
            transcript
        },
    )
}
