//! What goes out comes in again: export, import, export gives the same bytes in every format that can be read.

mod support;

use proptest::prelude::*;
use support::{BOTH_WAYS, read, rich_transcript, text};
use transcript::{About, Format};

fn about() -> impl Strategy<Value = About> {
    let line = prop_oneof![
        Just(String::new()),
        Just("A show: \"the\" *one*, 6 April 2024".to_owned()),
        "[!-~é ]{0,20}"
    ];
    (line.clone(), line, any::<bool>()).prop_map(|(show, title, dated)| About {
        show,
        title,
        date: dated.then(|| jiff::civil::date(2024, 4, 6)),
        file: "a talk.of two.mp3".into(),
        engine: "whisper-base/int8/1".into(),
        ..About::default()
    })
}

/// The first lines that differ.
fn difference(first: &str, second: &str, transcript: &model::Transcript) -> String {
    if std::env::var_os("WORDS").is_some() {
        for (at, word) in transcript.words.iter().enumerate() {
            eprintln!("{at} {:?} {}-{} {:?}", word.text, word.start.0, word.end.0, word.timing);
        }
        eprintln!("{:?} {:?}", transcript.stretches, transcript.paragraphs);
    }
    let (a, b): (Vec<&str>, Vec<&str>) = (first.lines().collect(), second.lines().collect());
    let at = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let around =
        |lines: &[&str]| lines[at.saturating_sub(2).min(lines.len())..(at + 3).min(lines.len())].join("\n");
    format!("line {}\n--- first\n{}\n--- second\n{}\n---", at + 1, around(&a), around(&b))
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn export_import_export_is_identical(transcript in rich_transcript(), about in about()) {
        for format in BOTH_WAYS {
            if transcript.words.is_empty() || format.suits(&transcript).is_err() {
                continue;
            }
            let first = text(format, &about, &transcript);
            let import = read(first.as_bytes(), &format!("talk.{format}"));
            prop_assert_eq!(import.format, format, "{:.300}", first);
            let second = text(format, &import.about, &import.transcript);
            prop_assert!(first == second, "{format}: {}", difference(&first, &second, &import.transcript));
            let said = |transcript: &model::Transcript| -> String {
                transcript.words.iter().map(|word| letters(&word.text)).collect()
            };
            // Marks of plain text aside, no letter is lost.
            if matches!(format, Format::Json | Format::Ctm | Format::Readout | Format::Html) {
                prop_assert_eq!(said(&import.transcript), said(&transcript), "{}", format);
            }
        }
    }
}
