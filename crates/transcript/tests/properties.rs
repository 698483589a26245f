//! Any transcript: each export is read back by a small strict reader, its times are in order, no word is lost.

use model::{Millis, Stretch, StretchKind, Transcript, Word};
use proptest::prelude::*;
use transcript::{About, Format, Paragraph, import_complete, paragraphs};

fn export(format: Format, about: &About, transcript: &Transcript) -> String {
    String::from_utf8(transcript::export(format, about, transcript).expect("it suits the format"))
        .expect("text")
}

fn word_text() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[a-zA-Z]{1,12}[.,?!]?",
        1 => "[0-9]{1,4}",
        1 => "[\\u{4e00}-\\u{4e20}\\u{627}-\\u{63a}é]{1,5}",
        1 => "[!-~]{1,10}",
        1 => "[a-z]{40,90}",
    ]
}

fn any_transcript() -> impl Strategy<Value = Transcript> {
    let step = prop_oneof![8 => 0u64..300, 1 => 300u64..9_000];
    let word = (word_text(), step, 0u64..900, 0.0f32..=1.0, prop::bool::weighted(0.1));
    let stretch = (0u64..40_000, 1u64..20_000, 0usize..4);
    (prop::collection::vec(word, 0..260), prop::collection::vec(stretch, 0..6), any::<bool>()).prop_map(
        |(words, stretches, complete)| {
            let mut now = 0;
            let words: Vec<Word> = words
                .into_iter()
                .map(|(text, pause, length, confidence, joined)| {
                    let (start, end) = (Millis(now + pause), Millis(now + pause + length));
                    now = end.0;
                    Word { text, start, end, confidence, joined, timing: model::Timing::Measured }
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

/// Seconds as a caption writes them, in milliseconds.
fn millis(stamp: &str, mark: char) -> u64 {
    let (clock, millis) = stamp.split_once(mark).expect("a fraction");
    assert_eq!(millis.len(), 3, "{stamp}");
    let parts: Vec<u64> = clock.split(':').map(|part| part.parse().expect("digits")).collect();
    let [hours, minutes, seconds] = parts[..] else { panic!("not hh:mm:ss: {stamp}") };
    assert!(minutes < 60 && seconds < 60);
    ((hours * 60 + minutes) * 60 + seconds) * 1000 + millis.parse::<u64>().expect("digits")
}

/// Text of all captions but those that stand for stretches, in order; checks what players rely on.
fn captions(blocks: &[&str], mark: char, numbered: bool) -> String {
    let mut now = 0;
    let mut text = String::new();
    for (index, block) in blocks.iter().enumerate() {
        let mut lines = block.lines();
        if numbered {
            assert_eq!(lines.next(), Some((index + 1).to_string().as_str()));
        }
        let (start, end) = lines.next().and_then(|line| line.split_once(" --> ")).expect("times");
        let (start, end) = (millis(start, mark), millis(end, mark));
        assert!(start >= now && end > start, "{block}");
        now = end;
        let lines: Vec<&str> = lines.collect();
        assert!((1..=2).contains(&lines.len()), "{block}");
        for line in &lines {
            let unescaped = line.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
            assert!(!line.contains("-->"), "{line}");
            // The strategy makes single words longer than a line; those stand alone.
            // A dash does not begin a line: two such lines would be a dialogue.
            let breakable = unescaped.split(' ').skip(1).any(|word| !word.starts_with('-'));
            assert!(unescaped.chars().count() <= 42 || !breakable, "{line}");
        }
        if !matches!(lines[..], ["[music]" | "[speech here was not understood]"]) {
            lines.iter().for_each(|line| text.push_str(line));
        }
    }
    text.retain(|c| c != ' ');
    text
}

fn blocks(text: &str) -> Vec<&str> {
    text.split("\n\n").filter(|block| !block.is_empty()).collect()
}

fn letters(transcript: &Transcript) -> String {
    transcript.words.iter().map(|word| word.text.as_str()).collect()
}

fn without_notes(text: &str) -> String {
    blocks(text).into_iter().map(str::trim).filter(|block| !is_note(block)).collect::<Vec<_>>().join("\n\n")
}

fn is_note(block: &str) -> bool {
    ["[music, ", "[silence, ", "[other sound, ", "[speech here was not", "[not all of the rec"]
        .iter()
        .any(|start| block.starts_with(start))
        && block.ends_with(']')
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn paragraphs_keep_every_word_and_stretch_in_order(transcript in any_transcript()) {
        let pieces = paragraphs(&transcript);
        let mut words = Vec::new();
        let mut stretches = Vec::new();
        for (index, piece) in pieces.iter().enumerate() {
            match piece {
                Paragraph::Spoken(spoken) => {
                    prop_assert!((1..=110).contains(&spoken.words.len()));
                    words.extend_from_slice(spoken.words);
                    if let Some(Paragraph::Unspoken(next)) = pieces.get(index + 1) {
                        prop_assert!(spoken.words.iter().all(|word| word.start < next.start));
                    }
                }
                Paragraph::Unspoken(stretch) => stretches.push((*stretch).clone()),
            }
        }
        prop_assert_eq!(&words, &transcript.words);
        prop_assert_eq!(&stretches, &transcript.stretches);
    }

    #[test]
    fn paragraphs_stay_while_words_are_added(transcript in any_transcript(), share in 0.0f64..1.0) {
        let mut earlier = transcript.clone();
        earlier.stretches.clear();
        let later = Transcript { stretches: Vec::new(), ..transcript.clone() };
        earlier.words.truncate((earlier.words.len() as f64 * share) as usize);
        // All but those within the last two paragraphs' length.
        let settled = earlier.words.len().saturating_sub(220);
        let starts = |transcript: &Transcript| -> Vec<Millis> {
            paragraphs(transcript).iter().filter_map(|piece| match piece {
                Paragraph::Spoken(spoken) => Some(spoken.words[0].start),
                Paragraph::Unspoken(_) => None,
            }).collect()
        };
        let limit = earlier.words.get(settled).map_or(Millis(0), |word| word.start);
        let settled = |starts: Vec<Millis>| -> Vec<Millis> {
            starts.into_iter().filter(|start| *start < limit).collect()
        };
        prop_assert_eq!(settled(starts(&earlier)), settled(starts(&later)));
    }

    #[test]
    fn captions_are_strict_and_whole(transcript in any_transcript()) {
        let srt = export(Format::Srt, &About::default(), &transcript);
        let expected = letters(&transcript).replace("-->", "→").replace('<', "‹").replace('>', "›");
        // What would be taken for a colon after a name, or for a tag, is written with another sign.
        let plain = |text: &str| text.replace("{\\", "{＼").replace(':', "∶");
        prop_assert_eq!(plain(&captions(&blocks(&srt), ',', true)), plain(&expected));

        let vtt = export(Format::Vtt, &About::default(), &transcript);
        let mut blocks = blocks(&vtt);
        prop_assert_eq!(blocks.remove(0), "WEBVTT");
        blocks.retain(|block| !block.starts_with("NOTE"));
        let text = captions(&blocks, '.', false);
        prop_assert!(!text.contains('<') && !text.contains('>'));
        let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        prop_assert_eq!(text, letters(&transcript));
    }

    #[test]
    fn prose_is_whole(transcript in any_transcript()) {
        let text = export(Format::Txt, &About::default(), &transcript);
        let mut text = without_notes(&text);
        text.retain(|c| !c.is_whitespace());
        prop_assert_eq!(text.replace(':', "∶"), letters(&transcript).replace(':', "∶"));

        let markdown = export(Format::Md, &About::default(), &transcript);
        let mut text = String::new();
        for block in blocks(&markdown) {
            if let Some((_, words)) = block.strip_prefix("**").and_then(|block| block.split_once("** ")) {
                if words.starts_with("*\\[") {
                    continue;
                }
                let mut chars = words.trim_end().chars();
                while let Some(c) = chars.next() {
                    text.extend(if c == '\\' { chars.next() } else { Some(c) });
                }
            }
        }
        text.retain(|c| c != ' ');
        prop_assert_eq!(text, letters(&transcript));
    }

    #[test]
    fn word_lists_are_whole(transcript in any_transcript()) {
        let ctm = export(Format::Ctm, &About { file: "a b.mp3".into(), ..About::default() }, &transcript);
        let lines: Vec<Vec<&str>> =
            ctm.lines().filter(|line| !line.starts_with(";;")).map(|line| line.split(' ').collect()).collect();
        prop_assert_eq!(lines.len(), transcript.words.len());
        for (line, word) in lines.iter().zip(&transcript.words) {
            let [file, channel, begin, duration, text, confidence] = line[..] else { panic!("{line:?}") };
            prop_assert_eq!((file, channel, text), ("a_b", "1", word.text.as_str()));
            let begin: f64 = begin.parse().expect("seconds");
            let duration: f64 = duration.parse().expect("seconds");
            prop_assert_eq!(Millis::from_seconds(begin), word.start);
            prop_assert_eq!(Millis::from_seconds(begin + duration), word.end);
            prop_assert!((confidence.parse::<f32>().expect("confidence") - word.confidence).abs() < 0.001);
        }

        let json: serde_json::Value =
            serde_json::from_str(&export(Format::Json, &About::default(), &transcript)).expect("JSON");
        let segments = json["segments"].as_array().expect("segments");
        prop_assert_eq!(segments.len(), transcript.words.len());
        for (segment, word) in segments.iter().zip(&transcript.words) {
            prop_assert_eq!(segment["body"].as_str(), Some(word.text.as_str()));
            prop_assert_eq!(Millis::from_seconds(segment["startTime"].as_f64().expect("seconds")), word.start);
            prop_assert_eq!(Millis::from_seconds(segment["endTime"].as_f64().expect("seconds")), word.end);
        }
    }

    #[test]
    fn export_import_export_is_identical(transcript in any_transcript(), title in ".{0,20}") {
        let about = About { title, ..About::default() };
        let first = export(Format::Readout, &about, &transcript);
        let (about_again, again) = import_complete(&first).expect("imports");
        prop_assert_eq!(&again, &transcript);
        prop_assert_eq!(export(Format::Readout, &about_again, &again), first);
    }

    #[test]
    fn words_that_break_every_rule_lose_nothing_and_panic_nowhere(
        items in prop::collection::vec((".{0,12}", any::<u64>(), any::<u64>(), any::<f32>(), any::<bool>()), 0..30),
    ) {
        let bound = u64::MAX / 4;
        let words = items.into_iter().map(|(text, start, end, confidence, joined)| Word {
            text, start: Millis(start % bound), end: Millis(end % bound), confidence, joined, timing: model::Timing::Measured,
        }).collect();
        let transcript = Transcript { words, ..Transcript::default() };
        for format in Format::ALL.into_iter().filter(|format| *format != Format::Docx) {
            if format.suits(&transcript).is_ok() {
                prop_assert!(!export(format, &About::default(), &transcript).contains('\0'));
            }
        }
    }
}
